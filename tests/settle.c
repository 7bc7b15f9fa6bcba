/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a test that was aborted leaves on a CPU is taken back before the next one. Here the test leaves it, calls what
 * the runner calls then, and looks.
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/feature.h>
#include <arch/sysreg.h>
#include <arch/upper.h>
#include <limpid/bitops.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/test.h>
#include "access.h"

#define HCR_TGE (1ull << 27)
#define ASID(n) ((uint64_t)(n) << 48)

struct left {
	struct upper upper;
	uint64_t va, *entry;
	uint64_t tcr, ttbr0;
	pa_t a, b;
};

/* Another ASID, and a page in the upper half that has been read. */
static void leave(struct left *left)
{
	unsigned int shift = mmu_granule_supported(KIB(4)) ? 12 : mmu_granule_supported(KIB(16)) ? 14 : 16;

	if (BIT(shift) > page_size())
		SKIP("the CPU has no granule as small as the runtime's");
	left->tcr = read_sysreg(tcr_el1);
	left->ttbr0 = read_sysreg(ttbr0_el1);
	left->a = get_page();
	left->b = get_page();
	*(uint64_t *)phys_to_virt(left->a) = 0xa;
	*(uint64_t *)phys_to_virt(left->b) = 0xb;
	upper_open(&left->upper, shift, 48, 0);
	left->va = upper_start(&left->upper);
	left->entry = upper_entry(&left->upper, left->va, 3);
	upper_write(left->entry, upper_leaf(&left->upper, left->a, 3, DESC_DATA));
	write_sysreg(left->ttbr0 ^ ASID(1), ttbr0_el1);
	isb();
	EXPECT_EQ(*(volatile uint64_t *)va_ptr(va_make(left->va)), 0xau);
}

static void clear(struct left *left)
{
	upper_close(&left->upper);
	page_free(left->a, 0);
	page_free(left->b, 0);
}

TEST(settle, translation,
	.doc = "cpu_settle() takes back TTBR0 and TCR, and leaves nothing of the test's tables in the TLB",
	.source = "Arm ARM (DDI 0487), TLB maintenance requirements")
{
	struct left left;
	uint64_t tcr, ttbr0, value;

	leave(&left);
	cpu_settle();
	tcr = read_sysreg(tcr_el1);
	ttbr0 = read_sysreg(ttbr0_el1);
	/* Nothing is in the TLB: the page may be another at once. */
	upper_write(left.entry, upper_leaf(&left.upper, left.b, 3, DESC_DATA));
	upper_enter(&left.upper);
	value = *(volatile uint64_t *)va_ptr(va_make(left.va));
	EXPECT_EQ(value, 0xbu);
	EXPECT_EQ(tcr, left.tcr);
	EXPECT_EQ(ttbr0, left.ttbr0);
	clear(&left);
}

TEST(settle, host, .doc = "cpu_settle() takes back HCR_EL2.TGE first, which says whose entries its TLBI takes",
	.needs = "el2", .source = "Arm ARM (DDI 0487), TLBI VMALLE1")
{
	struct left left;
	uint64_t hcr = read_sysreg(hcr_el2), after, value;

	leave(&left);
	write_sysreg(hcr & ~HCR_TGE, hcr_el2);
	isb();
	cpu_settle();
	after = read_sysreg(hcr_el2);
	/* As above. */
	upper_write(left.entry, upper_leaf(&left.upper, left.b, 3, DESC_DATA));
	upper_enter(&left.upper);
	value = *(volatile uint64_t *)va_ptr(va_make(left.va));
	EXPECT_EQ(value, 0xbu);
	EXPECT_EQ(after, hcr);
	clear(&left);
}
