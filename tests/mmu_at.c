/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AT: translation by instruction, and what PAR_EL1 says of it.
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/feature.h>
#include <arch/sysreg.h>
#include <arch/upper.h>
#include <limpid/bitops.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/test.h>
#include "access.h"

#define SOURCE_AT "Arm ARM (DDI 0487), Address translation instructions; PAR_EL1"

#define PAR_F(par)    ((par)&1)
#define PAR_FST(par)  ((par) >> 1 & 0x3f)
#define PAR_PA(par)   ((par)&GENMASK(47, 12))
#define PAR_ATTR(par) ((par) >> 56)
#define PAR_SH(par)   ((par) >> 7 & 3)

/* The result is there after a context synchronization event. */
#define AT(op, va)                                                                                          \
	({                                                                                                  \
		uint64_t par_;                                                                              \
		asm volatile("at " #op ", %1\n\tisb\n\tmrs %0, par_el1" : "=r"(par_) : "r"(va) : "memory"); \
		par_;                                                                                       \
	})

struct place {
	struct upper upper;
	pa_t page;
	uint64_t va;
};

static void place_open(struct place *place, unsigned int shift, unsigned int level, uint64_t attrs)
{
	place->page = get_page();
	upper_open(&place->upper, shift, 48, 0);
	place->va = upper_start(&place->upper);
	upper_write(upper_entry(&place->upper, place->va, level), upper_leaf(&place->upper, place->page, level, attrs));
}

static void place_close(struct place *place)
{
	upper_close(&place->upper);
	page_free(place->page, 0);
}

static unsigned int any_granule(void)
{
	return mmu_granule_supported(KIB(4)) ? 12 : mmu_granule_supported(KIB(16)) ? 14 : 16;
}

static void expect_translated(uint64_t par, const struct place *place)
{
	EXPECT_EQ(PAR_F(par), 0u);
	EXPECT_EQ(PAR_PA(par), ALIGN_DOWN(place->page.pa, BIT(place->upper.granule_shift)));
}

static void expect_not_translated(uint64_t par, enum fault_status status, unsigned int level)
{
	EXPECT_EQ(PAR_F(par), 1u);
	EXPECT_EQ(PAR_FST(par), (uint64_t)status | level);
}

TEST(mmu, at_user, .doc = "AT S1E0R and S1E0W have EL0's permissions", .source = SOURCE_AT)
{
	struct place place;

	place_open(&place, any_granule(), 3, DESC_DATA);
	expect_translated(AT(s1e1r, place.va), &place);
	expect_translated(AT(s1e1w, place.va), &place);
	expect_not_translated(AT(s1e0r, place.va), FSC_PERMISSION, 3);
	expect_not_translated(AT(s1e0w, place.va), FSC_PERMISSION, 3);
	place_close(&place);
	place_open(&place, any_granule(), 3, DESC_DATA | DESC_USER | DESC_RO);
	expect_translated(AT(s1e1r, place.va), &place);
	expect_not_translated(AT(s1e1w, place.va), FSC_PERMISSION, 3);
	expect_translated(AT(s1e0r, place.va), &place);
	expect_not_translated(AT(s1e0w, place.va), FSC_PERMISSION, 3);
	place_close(&place);
}

TEST(mmu, at_pan, .doc = "AT S1E1RP and S1E1WP obey PSTATE.PAN, S1E1R does not", .needs = "pan2", .source = SOURCE_AT)
{
	struct place place;

	place_open(&place, any_granule(), 3, DESC_DATA | DESC_USER);
	write_sysreg(1ull << 22, S3_0_C4_C2_3);
	/* By encoding: SYS #0, C7, C9, #0 and #1. */
	uint64_t read, write, plain;

	asm volatile("sys #0, c7, c9, #0, %1\n\tisb\n\tmrs %0, par_el1" : "=r"(read) : "r"(place.va) : "memory");
	asm volatile("sys #0, c7, c9, #1, %1\n\tisb\n\tmrs %0, par_el1" : "=r"(write) : "r"(place.va) : "memory");
	plain = AT(s1e1r, place.va);
	write_sysreg(0, S3_0_C4_C2_3);
	expect_not_translated(read, FSC_PERMISSION, 3);
	expect_not_translated(write, FSC_PERMISSION, 3);
	expect_translated(plain, &place);
	/* Without PAN they are as the others. */
	asm volatile("sys #0, c7, c9, #0, %1\n\tisb\n\tmrs %0, par_el1" : "=r"(read) : "r"(place.va) : "memory");
	expect_translated(read, &place);
	place_close(&place);
}

TEST(mmu, at_levels, .doc = "AT of what is not mapped: a translation fault of the level, and no exception",
	.source = SOURCE_AT)
{
	struct upper upper;
	uint64_t va;

	upper_open(&upper, any_granule(), 48, 0);
	va = upper_start(&upper);
	for (unsigned int level = upper_first_level(&upper); level <= 3; level++) {
		upper_entry(&upper, va, level);
		expect_not_translated(AT(s1e1r, va), FSC_TRANSLATION, level);
		expect_not_translated(AT(s1e0w, va), FSC_TRANSLATION, level);
	}
	upper_close(&upper);
}

TEST(mmu, at_access_flag, .doc = "AT of a page with AF=0: an access flag fault", .source = SOURCE_AT)
{
	struct place place;

	place_open(&place, any_granule(), 3, DESC_DATA & ~DESC_AF);
	expect_not_translated(AT(s1e1r, place.va), FSC_ACCESS_FLAG, 3);
	place_close(&place);
}

TEST(mmu, at_block, .doc = "AT inside of a block gives the page within it", .source = SOURCE_AT)
{
	unsigned int shift = any_granule();
	struct place place;
	uint64_t size, offset;

	place_open(&place, shift, 2, DESC_DEVICE);
	size = upper_level_size(&place.upper, 2);
	offset = place.page.pa & (size - 1);
	expect_translated(AT(s1e1r, place.va + offset), &place);
	EXPECT_EQ(PAR_PA(AT(s1e1r, place.va + size - 8)), ALIGN_DOWN(place.page.pa, size) + size - KIB(4));
	place_close(&place);
}

TEST(mmu, at_attributes, .doc = "PAR_EL1 has the memory attributes of MAIR_EL1 and the shareability of the descriptor",
	.source = SOURCE_AT)
{
	static const struct {
		enum mem_type type;
		uint8_t attr, sh;
	} cases[] = {
		/* Device and Non-cacheable memory is outer shareable, whatever SH says. */
		{MEM_DEVICE_nGnRnE, 0x00, 2},
		{MEM_DEVICE_nGnRE, 0x04, 2},
		{MEM_NORMAL_NC, 0x44, 2},
		{MEM_NORMAL_WT, 0xbb, 3},
		{MEM_NORMAL_WB, 0xff, 3},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct place place;
		uint64_t par;

		place_open(&place, any_granule(), 3,
			DESC_VALID | DESC_AF | DESC_SH_ISH | DESC_PXN | DESC_UXN | DESC_ATTR(cases[i].type));
		par = AT(s1e1r, place.va);
		EXPECT_EQ(PAR_F(par), 0u);
		EXPECT_EQ(PAR_ATTR(par), (uint64_t)cases[i].attr);
		EXPECT_EQ(PAR_SH(par), (uint64_t)cases[i].sh);
		place_close(&place);
	}
}
