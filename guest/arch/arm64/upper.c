/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/barrier.h>
#include <arch/sysreg.h>
#include <arch/upper.h>
#include <limpid/bitops.h>
#include <limpid/check.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/string.h>
#include "mmu.h"

#define TCR_T1SZ(n) ((uint64_t)(n) << 16)
#define TCR_EPD1    (1ull << 23)
#define TCR_WALK1   (1ull << 24 | 1ull << 26 | 3ull << 28) /* IRGN1, ORGN1 write-back, SH1 inner shareable */
#define TCR_TG1     GENMASK(31, 30)

#define DESC_PA GENMASK(47, 12)

static uint64_t tg1(unsigned int granule_shift)
{
	return granule_shift == 14 ? 1 : granule_shift == 12 ? 2 : 3;
}

static unsigned int table_order(const struct upper *upper)
{
	return page_order(BIT(upper->granule_shift));
}

static pa_t new_table(struct upper *upper)
{
	pa_t table = page_alloc_zeroed(table_order(upper));

	CHECK_MSG(!pa_is_none(table), "no memory for a table");
	CHECK(upper->table_count < UPPER_TABLES);
	upper->tables[upper->table_count++] = table;
	return table;
}

void upper_enter(const struct upper *upper)
{
	write_sysreg(upper->ttbr, ttbr1_el1);
	/* The root is there before EPD1=0 lets a walk use it. */
	isb();
	write_sysreg(upper->tcr, tcr_el1);
	/* No TLBI: nothing of the half is in a TLB by another TCR, and what it does to the lower half upper.h says. */
	isb();
}

void upper_leave(void)
{
	struct mmu_regs regs = mmu_regs();

	write_sysreg(regs.tcr, tcr_el1);
	/* EPD1=1: no walk of the upper half from here on, so that what a TLBI takes away does not come back. */
	isb();
}

void upper_open(struct upper *upper, unsigned int granule_shift, unsigned int va_bits, uint64_t tcr)
{
	uint64_t own = mmu_regs().tcr & ~(TCR_TG1 | TCR_EPD1 | TCR_T1SZ(0x3f));

	memset(upper, 0, sizeof(*upper));
	upper->granule_shift = granule_shift;
	upper->va_bits = va_bits;
	upper->tcr = own | TCR_T1SZ(64 - va_bits) | TCR_WALK1 | FIELD_PREP(TCR_TG1, tg1(granule_shift)) | tcr;
	upper->ttbr = new_table(upper).pa;
	/* The zeroes of the root are there before EPD1=0 lets a walk by any CPU find it. */
	dsb(ishst);
	upper_enter(upper);
}

void upper_close(struct upper *upper)
{
	upper_leave();
	asm volatile("tlbi vmalle1is" ::: "memory");
	/* No CPU's TLB holds a table or page of them when their memory gets another use; nobody uses the half itself.
	 */
	dsb(ish);
	for (unsigned int i = 0; i < upper->table_count; i++)
		page_free(upper->tables[i], table_order(upper));
	upper->table_count = 0;
}

uint64_t upper_start(const struct upper *upper)
{
	return ~UINT64_C(0) << upper->va_bits;
}

static unsigned int level_shift(const struct upper *upper, unsigned int level)
{
	return upper->granule_shift + (3 - level) * (upper->granule_shift - 3);
}

uint64_t upper_level_size(const struct upper *upper, unsigned int level)
{
	return BIT(level_shift(upper, level));
}

/* Source: Arm ARM (DDI 0487), "The VMSAv8-64 address translation system": how many levels resolve so many bits. */
unsigned int upper_first_level(const struct upper *upper)
{
	unsigned int bits = upper->va_bits - upper->granule_shift, each = upper->granule_shift - 3;

	CHECK(bits <= 4 * each);
	return 4 - (bits + each - 1) / each;
}

uint64_t *upper_entry(struct upper *upper, uint64_t va, unsigned int level)
{
	unsigned int at = upper_first_level(upper), each = upper->granule_shift - 3;
	uint64_t offset = va & GENMASK(upper->va_bits - 1, 0);
	uint64_t *table = phys_to_virt(upper->tables[0]);

	for (;; at++) {
		uint64_t *entry = &table[offset >> level_shift(upper, at) & GENMASK(each - 1, 0)];
		/* The first table may have fewer entries, or with 52 bits more, than the others. */
		if (at == upper_first_level(upper))
			entry = &table[offset >> level_shift(upper, at)];
		if (at == level)
			return entry;

		uint64_t desc = *(volatile uint64_t *)entry;

		CHECK(!(desc & DESC_VALID) || (desc & DESC_TABLE));
		if (!(desc & DESC_VALID)) {
			pa_t next = new_table(upper);

			/* The new table's zeroes before the entry that leads to it, for the walks of all CPUs. */
			dmb(ishst);
			desc = next.pa | DESC_VALID | DESC_TABLE;
			upper_write(entry, desc);
		}
		table = phys_to_virt(pa_make(desc & DESC_PA));
	}
}

uint64_t upper_leaf(const struct upper *upper, pa_t pa, unsigned int level, uint64_t attrs)
{
	return ALIGN_DOWN(pa.pa, upper_level_size(upper, level)) | attrs | (level == 3 ? DESC_TABLE : 0);
}

__attribute__((noinline)) void upper_write(uint64_t *entry, uint64_t descriptor)
{
	*(volatile uint64_t *)entry = descriptor;
	/* The entry is written before a walk by any CPU for an access after this; the ISB: for this CPU's accesses too.
	 */
	dsb(ishst);
	isb();
}
