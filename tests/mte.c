/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory tagging: tags of memory, tags of pointers, and what a mismatch does: synchronous, asynchronous and asymmetric.
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/feature.h>
#include <arch/sysreg.h>
#include <arch/upper.h>
#include <limpid/bitops.h>
#include <limpid/boot.h>
#include <limpid/cache.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/smp.h>
#include <limpid/test.h>
#include "access.h"

#define SOURCE_CHECK "Arm ARM (DDI 0487), Tag Checked memory accesses; SCTLR_EL1, TCF"
#define SOURCE_TAGS  "Arm ARM (DDI 0487), The Memory Tagging Extension, Allocation Tags"

/* Assemblers know the instructions as a part of Armv8.5; registers by encoding. */
#define MTE ".arch armv8.5-a+memtag\n\t"

#define TCO      S3_3_C4_C2_7
#define TCO_BIT  (1ull << 25)
#define TFSR_EL1 S3_0_C5_C6_0
#define GCR_EL1  S3_0_C1_C0_6
#define RGSR_EL1 S3_0_C1_C0_5

#define SCTLR_ATA       (1ull << 43)
#define SCTLR_TCF_SYNC  (1ull << 40)
#define SCTLR_TCF_ASYNC (2ull << 40)
#define SCTLR_TCF_ASYMM (3ull << 40)
#define SCTLR_ATA0      (1ull << 42)
#define SCTLR_TCF0_SYNC (1ull << 38)

#define TFSR_TF1      2ull /* addresses with bit 55 set */
#define FSC_TAG_CHECK 0x11u

/* A tagged page in the upper half, whose top byte is ignored. */
struct place {
	struct upper upper;
	pa_t page;
	uint64_t va; /* with tag 0: the bits are those of the address itself, which are ones */
};

static uint64_t with_tag(uint64_t va, unsigned int tag)
{
	return field_set(va, GENMASK(59, 56), tag);
}

static void set_tag(uint64_t tagged_va)
{
	asm volatile(MTE "stg %0, [%0]" ::"r"(tagged_va) : "memory");
}

static unsigned int get_tag(uint64_t va)
{
	uint64_t tagged = va;

	asm volatile(MTE "ldg %0, [%0]" : "+r"(tagged)::"memory");
	return FIELD_GET(GENMASK(59, 56), tagged);
}

static void sctlr_set(uint64_t bits)
{
	write_sysreg((read_sysreg(sctlr_el1) & ~GENMASK(43, 38)) | bits, sctlr_el1);
	/* Checks are as they are asked for from the next access on. */
	isb();
}

static void place_open(struct place *place, uint64_t sctlr)
{
	unsigned int shift = mmu_granule_supported(KIB(4)) ? 12 : mmu_granule_supported(KIB(16)) ? 14 : 16;

	if (options.check)
		SKIP("QEMU has no tags while a plugin watches memory accesses: docs/findings.md");
	place->page = get_page();
	/* From write-back to write-back and tagged: the same cacheability, so only the zeroes must be there for all. */
	dcache_clean_invalidate_poc(phys_to_virt(place->page), page_size());
	upper_open(&place->upper, shift, 48, TCR_TBI1);
	place->va = with_tag(upper_start(&place->upper), 0);
	upper_write(upper_entry(&place->upper, upper_start(&place->upper), 3),
		upper_leaf(&place->upper, place->page, 3,
			DESC_VALID | DESC_AF | DESC_SH_ISH | DESC_ATTR(MEM_NORMAL_TAGGED) | DESC_PXN | DESC_UXN |
				DESC_USER));
	sctlr_set(SCTLR_ATA | sctlr);
	write_sysreg_s(0, TFSR_EL1);
	write_sysreg_s(0, TCO);
	/* Tags of the page's first 128 bytes: 5. */
	for (unsigned int i = 0; i < 8; i++)
		set_tag(with_tag(place->va, 5) + 16 * i);
	isb();
}

static void place_close(struct place *place)
{
	for (unsigned int i = 0; i < 8; i++)
		set_tag(place->va + 16 * i);
	sctlr_set(0);
	upper_close(&place->upper);
	page_free(place->page, 0);
}

static void *pointer(const struct place *place, unsigned int tag)
{
	return va_ptr(va_make(with_tag(place->va, tag)));
}

/* The tag fault status, once what was asynchronous is synchronized. */
static uint64_t tfsr(void)
{
	dsb(ish);
	isb();
	return read_sysreg_s(TFSR_EL1);
}

static void expect_tag_fault(void (*fn)(void *), struct place *place, unsigned int tag, bool write)
{
	struct exception_frame frame;

	ASSERT_TRUE(exception_catch(fn, pointer(place, tag), &frame));
	EXPECT_EQ(ESR_EC(frame.esr), EC_DATA_ABORT_SAME);
	EXPECT_EQ(ESR_FSC(frame.esr), FSC_TAG_CHECK);
	EXPECT_EQ(!!(frame.esr & ESR_WNR), write);
	/* FAR[63:60] are UNKNOWN for this fault. */
	EXPECT_EQ(frame.far & GENMASK(59, 0), with_tag(place->va, tag) & GENMASK(59, 0));
}

TEST(mte, store_and_load_tag, .doc = "STG gives 16 bytes a tag, LDG reads it back, and neighbours and data stay",
	.needs = "mte", .source = SOURCE_TAGS)
{
	struct place place;
	volatile uint64_t *words;

	place_open(&place, 0);
	words = pointer(&place, 0);
	words[2] = 0x1234;
	for (unsigned int tag = 0; tag < 16; tag++) {
		set_tag(with_tag(place.va, tag) + 16);
		EXPECT_EQ(get_tag(place.va + 16), tag);
		EXPECT_EQ(get_tag(place.va + 24), tag);
		EXPECT_EQ(get_tag(place.va), 5u);
		EXPECT_EQ(get_tag(place.va + 32), 5u);
	}
	EXPECT_EQ(words[2], 0x1234u);
	place_close(&place);
}

TEST(mte, store_tag_pair_zero, .doc = "STZ2G tags and zeroes two granules", .needs = "mte", .source = SOURCE_TAGS)
{
	struct place place;
	volatile uint64_t *words;

	place_open(&place, 0);
	words = pointer(&place, 0);
	for (unsigned int i = 0; i < 8; i++)
		words[i] = ~0ul;
	asm volatile(MTE "stz2g %0, [%0]" ::"r"(with_tag(place.va, 9) + 16) : "memory");
	EXPECT_EQ(get_tag(place.va + 16), 9u);
	EXPECT_EQ(get_tag(place.va + 32), 9u);
	EXPECT_EQ(get_tag(place.va + 48), 5u);
	EXPECT_EQ(words[1], ~0ul);
	for (unsigned int i = 2; i < 6; i++)
		EXPECT_EQ(words[i], 0u);
	EXPECT_EQ(words[6], ~0ul);
	place_close(&place);
}

TEST(mte, sync,
	.doc = "TCF=sync: a wrong tag is a tag check fault with FAR and WnR, and the store is not done; the right one "
	       "works",
	.needs = "mte", .source = SOURCE_CHECK)
{
	struct place place;

	place_open(&place, SCTLR_TCF_SYNC);
	load(pointer(&place, 5));
	*(volatile uint64_t *)pointer(&place, 5) = 0x77;
	expect_tag_fault(load, &place, 6, false);
	expect_tag_fault(store, &place, 4, true);
	EXPECT_EQ(*(volatile uint64_t *)pointer(&place, 5), 0x77u);
	EXPECT_EQ(tfsr(), 0u);
	place_close(&place);
}

TEST(mte, async, .doc = "TCF=async: a wrong tag sets TFSR_EL1, and the access is done", .needs = "mte",
	.source = SOURCE_CHECK "; TFSR_EL1")
{
	struct exception_frame frame;
	struct place place;

	place_open(&place, SCTLR_TCF_ASYNC);
	EXPECT_FALSE(exception_catch(store, pointer(&place, 5), &frame));
	EXPECT_EQ(tfsr(), 0u);
	EXPECT_FALSE(exception_catch(store, pointer(&place, 3), &frame));
	EXPECT_EQ(tfsr(), (uint64_t)TFSR_TF1);
	EXPECT_EQ(*(volatile uint64_t *)pointer(&place, 5), 0x5a5au);
	write_sysreg_s(0, TFSR_EL1);
	EXPECT_FALSE(exception_catch(load, pointer(&place, 3), &frame));
	EXPECT_EQ(tfsr(), (uint64_t)TFSR_TF1);
	write_sysreg_s(0, TFSR_EL1);
	place_close(&place);
}

TEST(mte, asymmetric, .doc = "TCF=asymmetric: a load with a wrong tag faults, a store sets TFSR_EL1 and is done",
	.needs = "mte mte3", .source = SOURCE_CHECK "; FEAT_MTE3")
{
	struct exception_frame frame;
	struct place place;

	place_open(&place, SCTLR_TCF_ASYMM);
	expect_tag_fault(load, &place, 3, false);
	EXPECT_EQ(tfsr(), 0u);
	EXPECT_FALSE(exception_catch(store, pointer(&place, 3), &frame));
	EXPECT_EQ(tfsr(), (uint64_t)TFSR_TF1);
	EXPECT_EQ(*(volatile uint64_t *)pointer(&place, 5), 0x5a5au);
	write_sysreg_s(0, TFSR_EL1);
	place_close(&place);
}

TEST(mte, no_checks, .doc = "TCF=0: a wrong tag does nothing", .needs = "mte", .source = SOURCE_CHECK)
{
	struct exception_frame frame;
	struct place place;

	place_open(&place, 0);
	EXPECT_FALSE(exception_catch(load, pointer(&place, 3), &frame));
	EXPECT_FALSE(exception_catch(store, pointer(&place, 3), &frame));
	EXPECT_EQ(tfsr(), 0u);
	place_close(&place);
}

TEST(mte, override, .doc = "PSTATE.TCO suspends the checks", .needs = "mte", .source = "Arm ARM (DDI 0487), PSTATE.TCO")
{
	struct exception_frame frame;
	struct place place;

	place_open(&place, SCTLR_TCF_SYNC);
	write_sysreg_s(TCO_BIT, TCO);
	EXPECT_FALSE(exception_catch(load, pointer(&place, 3), &frame));
	write_sysreg_s(0, TCO);
	expect_tag_fault(load, &place, 3, false);
	place_close(&place);
}

static uint64_t tco_in_handler;

static void note_tco(struct exception_frame *frame)
{
	(void)frame;
	tco_in_handler = read_sysreg_s(TCO);
}

TEST(mte, override_in_handler, .doc = "an exception sets PSTATE.TCO, and its return restores it", .needs = "mte",
	.source = "Arm ARM (DDI 0487), PSTATE.TCO; Exception entry")
{
	exception_set_handler(VECTOR_SYNC, EC_SVC64, note_tco);
	write_sysreg_s(0, TCO);
	asm volatile("svc #0" ::: "memory");
	EXPECT_EQ(tco_in_handler, (uint64_t)TCO_BIT);
	EXPECT_EQ(read_sysreg_s(TCO), 0u);
}

TEST(mte, untagged_memory, .doc = "memory that is not Tagged is not checked, and its tags read as zero", .needs = "mte",
	.source = SOURCE_TAGS)
{
	struct exception_frame frame;
	struct place place;
	uint64_t other;

	place_open(&place, SCTLR_TCF_SYNC);
	other = upper_start(&place.upper) + BIT(place.upper.granule_shift);
	upper_write(upper_entry(&place.upper, other, 3), upper_leaf(&place.upper, place.page, 3, DESC_DATA));
	EXPECT_FALSE(exception_catch(load, va_ptr(va_make(with_tag(other, 3))), &frame));
	EXPECT_EQ(get_tag(with_tag(other, 3)), 0u);
	place_close(&place);
}

TEST(mte, stack_pointer, .doc = "an access by SP and an immediate is not checked", .needs = "mte",
	.source = "Arm ARM (DDI 0487), Tag Unchecked accesses")
{
	struct place place;
	uint64_t got;

	place_open(&place, SCTLR_TCF_SYNC);
	*(volatile uint64_t *)pointer(&place, 5) = 0x99;
	asm volatile("msr sp_el0, %1\n\tmsr spsel, #0\n\tldr %0, [sp]\n\tmsr spsel, #1"
		     : "=&r"(got)
		     : "r"(pointer(&place, 3))
		     : "memory");
	EXPECT_EQ(got, 0x99u);
	place_close(&place);
}

TEST(mte, random_tags, .doc = "IRG gives all tags but those that GCR_EL1 and its operand exclude", .needs = "mte",
	.source = "Arm ARM (DDI 0487), IRG, Insert Random Tag; GCR_EL1, Exclude")
{
	uint64_t seen = 0, gcr = read_sysreg_s(GCR_EL1), rgsr = read_sysreg_s(RGSR_EL1);

	sctlr_set(SCTLR_ATA);
	/* Exclude 0 to 3; RRND=0: by the seed. */
	write_sysreg_s(0x000f, GCR_EL1);
	write_sysreg_s(0x1234 << 8, RGSR_EL1);
	isb();
	for (int i = 0; i < 400; i++) {
		uint64_t tagged;

		asm volatile(MTE "irg %0, %1, %2" : "=r"(tagged) : "r"(0ul), "r"(0x8000ul));
		seen |= BIT(FIELD_GET(GENMASK(59, 56), tagged));
		EXPECT_EQ(tagged & ~GENMASK(59, 56), 0u);
	}
	EXPECT_EQ(seen, 0x7ff0u);
	write_sysreg_s(gcr, GCR_EL1);
	write_sysreg_s(rgsr, RGSR_EL1);
	sctlr_set(0);
}

TEST(mte, pointer_arithmetic, .doc = "ADDG, SUBG, SUBP and GMI compute with tags as the manual says", .needs = "mte",
	.source = "Arm ARM (DDI 0487), ADDG; SUBP; GMI")
{
	uint64_t gcr = read_sysreg_s(GCR_EL1), sum, difference, distance, mask;

	sctlr_set(SCTLR_ATA);
	write_sysreg_s(0, GCR_EL1);
	isb();
	asm volatile(MTE "addg %0, %1, #32, #3" : "=r"(sum) : "r"(0x0e00000000001000ul));
	EXPECT_EQ(sum, 0x0100000000001020u);
	asm volatile(MTE "subg %0, %1, #16, #1" : "=r"(difference) : "r"(0x0100000000001020ul));
	EXPECT_EQ(difference, 0x0200000000001010u);
	asm volatile(MTE "subp %0, %1, %2" : "=r"(distance) : "r"(0x0500000000002000ul), "r"(0x0900000000001ff0ul));
	EXPECT_EQ(distance, 16u);
	asm volatile(MTE "gmi %0, %1, %2" : "=r"(mask) : "r"(0x0400000000000000ul), "r"(1ul));
	EXPECT_EQ(mask, 0x11u);
	write_sysreg_s(gcr, GCR_EL1);
	sctlr_set(0);
}

USER_ASM(user_load_tagged, "ldr x1, [x0]\n\tsvc #0xffff");

TEST(mte, el0, .doc = "TCF0=sync: EL0's access with a wrong tag faults, with the right one it works", .needs = "mte",
	.source = "Arm ARM (DDI 0487), SCTLR_EL1, TCF0, ATA0")
{
	struct exception_frame frame;
	struct place place;

	place_open(&place, SCTLR_ATA0 | SCTLR_TCF0_SYNC);
	el0_run(user_load_tagged, with_tag(place.va, 5), &frame);
	EXPECT_EQ(ESR_EC(frame.esr), EC_SVC64);
	el0_run(user_load_tagged, with_tag(place.va, 2), &frame);
	EXPECT_EQ(ESR_EC(frame.esr), EC_DATA_ABORT_LOWER);
	EXPECT_EQ(ESR_FSC(frame.esr), FSC_TAG_CHECK);
	place_close(&place);
}

struct shared {
	struct place *place;
	unsigned int tag;
};

static void read_tag(void *arg)
{
	struct shared *shared = arg;

	upper_enter(&shared->place->upper);
	sctlr_set(SCTLR_ATA);
	shared->tag = get_tag(shared->place->va);
	sctlr_set(0);
	upper_leave();
}

TEST(mte, other_cpu, .doc = "tags are memory's: another CPU sees what this one stored", .needs = "mte", .cpus = 2,
	.source = SOURCE_TAGS)
{
	struct place place;
	struct shared shared = {.place = &place};

	place_open(&place, 0);
	for (unsigned int tag = 1; tag < 16; tag += 5) {
		set_tag(with_tag(place.va, tag));
		on_cpu(1, read_tag, &shared);
		EXPECT_EQ(shared.tag, tag);
	}
	place_close(&place);
}

TEST(mte, ata_off, .doc = "SCTLR_EL1.ATA=0: tags read as zero, writes of them are ignored, and nothing is checked",
	.needs = "mte", .source = "Arm ARM (DDI 0487), SCTLR_EL1, ATA")
{
	struct exception_frame frame;
	struct place place;

	place_open(&place, SCTLR_TCF_SYNC);
	EXPECT_EQ(get_tag(place.va), 5u);
	sctlr_set(SCTLR_TCF_SYNC);
	EXPECT_EQ(get_tag(place.va), 0u);
	set_tag(with_tag(place.va, 9));
	EXPECT_FALSE(exception_catch(load, pointer(&place, 3), &frame));
	sctlr_set(SCTLR_ATA);
	EXPECT_EQ(get_tag(place.va), 5u);
	place_close(&place);
}
