/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Physical addresses of more than 48 bits: RAM there, by descriptors of our own in the upper half. `limpid run` gives
 * QEMU's machine a gigabyte as far above 48 bits as its RAM begins above 0, which no table of firmware's names: so a
 * walk that loses the upper bits ends in the page below.
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/feature.h>
#include <arch/sysreg.h>
#include <arch/upper.h>
#include <limpid/bitops.h>
#include <limpid/boot.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/test.h>
#include "access.h"

#define SOURCE_LPA  "Arm ARM (DDI 0487), FEAT_LPA; Translation table descriptor formats, 52-bit output address"
#define SOURCE_LPA2 "Arm ARM (DDI 0487), FEAT_LPA2; TCR_EL1, DS"

#define TCR_IPS     GENMASK(34, 32)
#define IPS_52      6
#define PAR_PA(par) ((par)&GENMASK(51, 12))
#define NEAR        0x1111111111111111ul
#define FAR(i)      (0xf00df00d00000000ul + (i))

/* The descriptor of a page: bits 51 to 48 are in 15 to 12 with a granule of 64 KiB, else 51 and 50 in 9 and 8. */
static uint64_t far_leaf(unsigned int shift, uint64_t pa, uint64_t attrs)
{
	pa = ALIGN_DOWN(pa, BIT(shift));
	if (shift == 16)
		return (pa & GENMASK(47, 16)) | (pa >> 48 & 15) << 12 | attrs | DESC_TABLE;
	return (pa & GENMASK(49, 12)) | (pa >> 50 & 3) << 8 | (attrs & ~DESC_SH_ISH) | DESC_TABLE;
}

/* An access that nothing answers there is an external abort: then QEMU was started by somebody else. */
static bool is_there(volatile uint64_t *address)
{
	struct exception_frame frame;

	if (!exception_catch(load, (void *)address, &frame))
		return true;
	EXPECT_EQ(ESR_EC(frame.esr), EC_DATA_ABORT_SAME);
	EXPECT_EQ(ESR_FSC(frame.esr), FSC_EXTERNAL);
	return false;
}

/* A page of RAM, and the far one whose address has the same lower bits, twice in the upper half. */
struct place {
	struct upper upper;
	pa_t near, far;
	uint64_t base; /* of what maps the far page first; the second follows */
	volatile uint64_t *first, *second;
};

static void place_close(struct place *place)
{
	upper_close(&place->upper);
	page_free(place->near, 0);
}

static void place_open(struct place *place, unsigned int shift, uint64_t tcr)
{
	struct upper *upper = &place->upper;
	uint64_t offset;

	/* Elsewhere nobody knows what a load from there does. */
	if (!options.tcg)
		SKIP("only QEMU's machine is known to have RAM above 48 bits");
	place->near = get_page();
	place->far = pa_make(BIT(48) | place->near.pa);
	offset = place->far.pa & (BIT(shift) - 1);
	upper_open(upper, shift, 48, tcr);
	upper->tcr = field_set(upper->tcr, TCR_IPS, IPS_52);
	upper_enter(upper);
	place->base = upper_start(upper);
	for (unsigned int i = 0; i < 2; i++)
		upper_write(
			upper_entry(upper, place->base + (i << shift), 3), far_leaf(shift, place->far.pa, DESC_DATA));
	place->first = va_ptr(va_make(place->base + offset));
	place->second = va_ptr(va_make(place->base + BIT(shift) + offset));
	if (!is_there(place->first)) {
		place_close(place);
		SKIP("there is no RAM at 0x%lx", place->far.pa);
	}
}

static void check_far(unsigned int shift, uint64_t tcr)
{
	unsigned int words = KIB(4) / 8;
	volatile uint64_t *near;
	struct place place;
	uint64_t par;

	place_open(&place, shift, tcr);
	near = phys_to_virt(place.near);
	*near = NEAR;
	for (unsigned int i = 0; i < words; i++)
		place.first[i] = FAR(i);
	/* What is far is one memory, and not the near page. */
	EXPECT_EQ(*near, NEAR);
	*near = ~NEAR;
	for (unsigned int i = 0; i < words; i++) {
		if (!EXPECT_EQ(place.second[i], FAR(i)))
			break;
	}
	asm volatile("at s1e1r, %1\n\tisb\n\tmrs %0, par_el1" : "=r"(par) : "r"(place.first) : "memory");
	EXPECT_EQ(par & 1, 0u);
	EXPECT_EQ(PAR_PA(par), ALIGN_DOWN(place.far.pa, KIB(4)));
	place_close(&place);
}

TEST(mmu, far_64k, .doc = "granule 64 KiB: RAM above 48 bits of address is mapped, and is what AT says", .needs = "lpa",
	.source = SOURCE_LPA)
{
	if (!mmu_granule_supported(KIB(64)))
		SKIP("the CPU has no granule of 64 KiB");
	check_far(16, 0);
}

/* TCR_EL1.DS suits no lower half but of 64 KiB: see mmu_levels.c. */
static void check_far_lpa2(unsigned int shift, unsigned int tgran_lsb, unsigned int least)
{
	uint64_t field = sysreg_field(read_sysreg(id_aa64mmfr0_el1), tgran_lsb, 4);

	if (field < least || field == 0xf)
		SKIP("the CPU has no 52-bit addresses (FEAT_LPA2) with a granule of %lu KiB", BIT(shift) >> 10);
	check_far(shift, TCR_DS);
}

TEST(mmu, far_4k, .doc = "granule 4 KiB and TCR_EL1.DS: RAM above 48 bits of address is mapped", .needs = "lpa 64k",
	.source = SOURCE_LPA2)
{
	check_far_lpa2(12, 28, 1);
}

TEST(mmu, far_16k, .doc = "granule 16 KiB and TCR_EL1.DS: RAM above 48 bits of address is mapped", .needs = "lpa 64k",
	.source = SOURCE_LPA2)
{
	check_far_lpa2(14, 20, 2);
}

TEST(mmu, far_table, .doc = "granule 64 KiB: a table above 48 bits of address is walked, and ends in the near page",
	.needs = "lpa", .source = SOURCE_LPA)
{
	volatile uint64_t *table, *there;
	struct place place;
	uint64_t base, *entry;

	if (!mmu_granule_supported(KIB(64)))
		SKIP("the CPU has no granule of 64 KiB");
	place_open(&place, 16, 0);
	*(volatile uint64_t *)phys_to_virt(place.near) = NEAR;
	table = va_ptr(va_make(place.base));
	base = place.base + upper_level_size(&place.upper, 2);
	for (unsigned int i = 0; i < KIB(64) / 8; i++)
		table[i] = 0;
	/* The fourth entry: what walks past the table does not find it. */
	table[3] = upper_leaf(&place.upper, place.near, 3, DESC_DATA);
	/* The table's entries are there before a walk by what leads to it. */
	dmb(ishst);
	entry = upper_entry(&place.upper, base, 2);
	upper_write(entry, far_leaf(16, place.far.pa, DESC_VALID));
	there = va_ptr(va_make(base + 3 * KIB(64) + (place.near.pa & (KIB(64) - 1))));
	EXPECT_EQ(*there, NEAR);
	*there = ~NEAR;
	EXPECT_EQ(*(volatile uint64_t *)phys_to_virt(place.near), ~NEAR);
	expect_fault_at(load, va_make(base), EC_DATA_ABORT_SAME, FSC_TRANSLATION, 3, false);
	place_close(&place);
}
