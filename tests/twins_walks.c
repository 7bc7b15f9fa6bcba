/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Twins of what walks start at and of what permits them: TTBR, TCR, and the TLBI that ends what they have brought. All
 * in the upper half, where nobody else walks. twin.h says what twins are.
 */
#include <arch/exception.h>
#include <arch/upper.h>
#include <limpid/bitops.h>
#include "access.h"
#include "twin.h"

#define ISB "	isb\n"

/* An empty upper half, and another table that may be its root. */
struct walks {
	struct upper upper;
	pa_t page;
	volatile uint64_t *root;
	uint64_t flags;
};

static void walks_open(struct walks *w)
{
	unsigned int shift = mmu_granule_supported(KIB(4)) ? 12 : mmu_granule_supported(KIB(16)) ? 14 : 16;

	if (BIT(shift) > page_size())
		SKIP("the CPU has no granule as small as the runtime's");
	w->page = get_page();
	w->root = phys_to_virt(w->page);
	w->root[0] = 0;
	upper_open(&w->upper, shift, 48, 0);
	/* Any entry that is valid, the root of the runtime's own: nobody accesses what it maps. */
	w->root[1] = w->upper.ttbr | DESC_VALID | DESC_TABLE;
	/* That is what memory held. */
	dsb(ish);
	/* An interrupt would synchronize. */
	w->flags = irq_save();
}

static void walks_close(struct walks *w)
{
	irq_restore(w->flags);
	upper_close(&w->upper);
	page_free(w->page, 0);
}

/*
 * unordered-table-write: the first table.
 */

TEST(twins, bad_unordered_table_write_root, .doc = "a table is cleared and becomes the root, with no DSB between",
	.finding = "unordered-table-write")
{
	struct walks w;

	walks_open(&w);
	w.root[1] = 0;
	FINDING_HERE(write_sysreg(w.page.pa, ttbr1_el1));
	isb();
	walks_close(&w);
}

TEST(twins, good_unordered_table_write_root, .doc = "a table is cleared, DSB, and it becomes the root")
{
	struct walks w;

	walks_open(&w);
	w.root[1] = 0;
	/* The zero is there before a walk finds the table. */
	dsb(ishst);
	write_sysreg(w.page.pa, ttbr1_el1);
	isb();
	walks_close(&w);
}

/* No walk starts there while EPD1 = 1. */
static void walks_forbid(struct walks *w)
{
	upper_leave();
	w->root[1] = 0;
	write_sysreg(w->page.pa, ttbr1_el1);
	isb();
}

TEST(twins, bad_unordered_table_write_half, .doc = "a root is cleared and its half opened, with a DMB between",
	.finding = "unordered-table-write")
{
	struct walks w;

	walks_open(&w);
	walks_forbid(&w);
	dmb(ish);
	FINDING_HERE(write_sysreg(w.upper.tcr, tcr_el1));
	isb();
	walks_close(&w);
}

TEST(twins, good_unordered_table_write_half, .doc = "a root is cleared, DSB, and its half opened")
{
	struct walks w;

	walks_open(&w);
	walks_forbid(&w);
	/* The zero is there before a walk finds the table. */
	dsb(ishst);
	write_sysreg(w.upper.tcr, tcr_el1);
	isb();
	walks_close(&w);
}

/*
 * unsynchronized-register: H3, and S1 of a TLBI.
 */

#define OPEN_BEHIND_TTBR(w, between)                                          \
	asm volatile("	msr	ttbr1_el1, %0\n" between "	msr	tcr_el1, %1\n" \
		     "	isb\n" ::"r"((w).page.pa),                            \
		     "r"((w).upper.tcr)                                       \
		     : "memory")

static void walks_ready(struct walks *w)
{
	walks_open(w);
	w->root[1] = 0;
	/* The zero is there before a walk finds the table. */
	dsb(ishst);
	upper_leave();
}

TEST(twins, bad_unsynchronized_register_half, .doc = "TCR_EL1.EPD1 is cleared behind the write of TTBR1_EL1",
	.finding = "unsynchronized-register")
{
	struct walks w;

	walks_ready(&w);
	FINDING_HERE(OPEN_BEHIND_TTBR(w, ""));
	walks_close(&w);
}

TEST(twins, good_unsynchronized_register_half, .doc = "TCR_EL1.EPD1 is cleared behind TTBR1_EL1 and an ISB")
{
	struct walks w;

	walks_ready(&w);
	OPEN_BEHIND_TTBR(w, ISB);
	walks_close(&w);
}

#define INVALIDATE_BEHIND_TCR(between)                                   \
	asm volatile("	msr	tcr_el1, %0\n" between "	tlbi	vmalle1\n" \
		     "	dsb	nsh\n"                                        \
		     "	isb\n" ::"r"(read_sysreg(tcr_el1) | BIT(23))     \
		     : "memory")

TEST(twins, bad_unsynchronized_register_tlbi,
	.doc = "TCR_EL1.EPD1 is set and the TLB invalidated: a walk may bring back what the TLBI took",
	.finding = "unsynchronized-register")
{
	struct walks w;

	walks_open(&w);
	FINDING_HERE(INVALIDATE_BEHIND_TCR(""));
	walks_close(&w);
}

TEST(twins, good_unsynchronized_register_tlbi, .doc = "TCR_EL1.EPD1 is set, ISB, and the TLB invalidated")
{
	struct walks w;

	walks_open(&w);
	INVALIDATE_BEHIND_TCR(ISB);
	walks_close(&w);
}

/* The half is closed: what it maps is nowhere, if EPD1 applies yet. */
#define LOAD_BEHIND_EPD1(address, between)                                          \
	asm volatile("	msr	tcr_el1, %0\n" between                              \
		     "	ldr	xzr, [%1]\n" ::"r"(read_sysreg(tcr_el1) | BIT(23)), \
		     "r"(address)                                                   \
		     : "memory")

static void load_at_once(void *address)
{
	FINDING_HERE_OF(bad_unsynchronized_register_fault, LOAD_BEHIND_EPD1(address, ""));
}

static void load_synchronized(void *address)
{
	LOAD_BEHIND_EPD1(address, ISB);
}

static void check_fault(void (*fn)(void *))
{
	struct walks w;
	uint64_t va;

	walks_open(&w);
	va = upper_start(&w.upper);
	upper_write(upper_entry(&w.upper, va, 3), upper_leaf(&w.upper, w.page, 3, DESC_DATA));
	expect_fault(fn, va_make(va), EC_DATA_ABORT_SAME, FSC_TRANSLATION, false);
	walks_close(&w);
}

TEST(twins, bad_unsynchronized_register_fault, .doc = "TCR_EL1.EPD1 is set, and a load that is to fault behind it",
	.finding = "unsynchronized-register")
{
	check_fault(load_at_once);
}

TEST(twins, good_unsynchronized_register_fault, .doc = "TCR_EL1.EPD1 is set, ISB, and a load that faults")
{
	check_fault(load_synchronized);
}

/* VMALLS12E1 is for the VMID in VTTBR_EL2. No guest has ever run. */
#define INVALIDATE_BEHIND_VTTBR(between)                                                \
	do {                                                                            \
		uint64_t flags_ = irq_save(), vttbr_ = read_sysreg(vttbr_el2);          \
                                                                                        \
		asm volatile("	msr	vttbr_el2, %0\n" between "	tlbi	vmalls12e1is\n" \
			     "	dsb	ish\n"                                               \
			     "	msr	vttbr_el2, %1\n"                                     \
			     "	isb\n" ::"r"(vttbr_ ^ BIT(48)),                         \
			     "r"(vttbr_)                                                \
			     : "memory");                                               \
		irq_restore(flags_);                                                    \
	} while (0)

TEST(twins, bad_unsynchronized_register_vmid, .doc = "TLBI VMALLS12E1IS behind the write of VTTBR_EL2's VMID",
	.needs = "el2", .finding = "unsynchronized-register")
{
	FINDING_HERE(INVALIDATE_BEHIND_VTTBR(""));
}

TEST(twins, good_unsynchronized_register_vmid, .doc = "TLBI VMALLS12E1IS behind VTTBR_EL2 and an ISB", .needs = "el2")
{
	INVALIDATE_BEHIND_VTTBR(ISB);
}
