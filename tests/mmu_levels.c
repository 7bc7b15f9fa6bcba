/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every granule that the CPU has and every level of it, whatever the runtime's own granule is: in the upper half, by
 * descriptors of our own.
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/feature.h>
#include <arch/sysreg.h>
#include <arch/upper.h>
#include <limpid/bitops.h>
#include <limpid/cache.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/test.h>
#include "access.h"

#define SOURCE_FORMAT "Arm ARM (DDI 0487), Translation table descriptor formats"

static void need_granule(unsigned int shift)
{
	if (!mmu_granule_supported(BIT(shift)))
		SKIP("the CPU has no granule of %lu KiB", BIT(shift) >> 10);
}

/*
 * A leaf of this level maps the memory round one page. As Device: the block may reach over what is no RAM, and nothing
 * is read there unless a program does.
 */
static void check_leaf(unsigned int shift, unsigned int level)
{
	struct upper upper;
	uint64_t size, offset, base;

	need_granule(shift);

	pa_t page = get_page();
	volatile uint64_t *words = phys_to_virt(page);

	words[0] = 0x1122334455667788;
	words[511] = 0x99aabbccddeeff00;
	/* The values before they are read as Device, and no copy to hide what is written so. */
	dcache_clean_invalidate_poc(words, page_size());

	upper_open(&upper, shift, 48, 0);
	size = upper_level_size(&upper, level);
	offset = page.pa & (size - 1);
	/* The second entry of its table: an index that is ignored would find the first. */
	base = upper_start(&upper) + size;
	upper_write(upper_entry(&upper, base, level), upper_leaf(&upper, page, level, DESC_DEVICE));

	volatile uint64_t *there = va_ptr(va_make(base + offset));

	EXPECT_EQ(there[0], 0x1122334455667788u);
	EXPECT_EQ(there[511], 0x99aabbccddeeff00u);
	there[1] = 0x5a5a;
	/* Both neighbours are not there, and the fault's level is that of the invalid entry. */
	expect_fault_at(load, va_make(base - 8), EC_DATA_ABORT_SAME, FSC_TRANSLATION, level, false);
	expect_fault_at(load, va_make(base + size), EC_DATA_ABORT_SAME, FSC_TRANSLATION, level, false);
	upper_close(&upper);
	/* The Device store is in memory, and no copy that a cache may have taken meanwhile hides it. */
	dcache_invalidate_poc(words, page_size());
	EXPECT_EQ(words[1], 0x5a5au);
	page_free(page, 0);
}

TEST(mmu, page_4k, .doc = "a page of 4 KiB maps what its descriptor says and nothing else", .source = SOURCE_FORMAT)
{
	check_leaf(12, 3);
}

TEST(mmu, block_2m, .doc = "a block of level 2, granule 4 KiB, maps what its descriptor says and nothing else",
	.source = SOURCE_FORMAT)
{
	check_leaf(12, 2);
}

TEST(mmu, block_1g, .doc = "a block of level 1, granule 4 KiB, maps what its descriptor says and nothing else",
	.source = SOURCE_FORMAT)
{
	check_leaf(12, 1);
}

TEST(mmu, page_16k, .doc = "a page of 16 KiB maps what its descriptor says and nothing else", .source = SOURCE_FORMAT)
{
	check_leaf(14, 3);
}

TEST(mmu, block_32m, .doc = "a block of level 2, granule 16 KiB, maps what its descriptor says and nothing else",
	.source = SOURCE_FORMAT)
{
	check_leaf(14, 2);
}

TEST(mmu, page_64k, .doc = "a page of 64 KiB maps what its descriptor says and nothing else", .source = SOURCE_FORMAT)
{
	check_leaf(16, 3);
}

TEST(mmu, block_512m, .doc = "a block of level 2, granule 64 KiB, maps what its descriptor says and nothing else",
	.source = SOURCE_FORMAT)
{
	check_leaf(16, 2);
}

/* Bit 1 of an entry where that level has no block: reserved, and so invalid. */
static void check_no_block(unsigned int shift, unsigned int level)
{
	struct upper upper;
	uint64_t base, *entry;

	need_granule(shift);

	pa_t page = get_page();

	upper_open(&upper, shift, 48, 0);
	base = upper_start(&upper);
	entry = upper_entry(&upper, base, level);
	upper_write(entry, level == 3 ? page.pa | DESC_DEVICE : upper_leaf(&upper, page, level, DESC_DEVICE));
	expect_fault_at(load, va_make(base), EC_DATA_ABORT_SAME, FSC_TRANSLATION, level, false);
	upper_close(&upper);
	page_free(page, 0);
}

TEST(mmu, reserved_level3, .doc = "at level 3 a descriptor with bit 1 clear is invalid", .source = SOURCE_FORMAT)
{
	check_no_block(12, 3);
}

TEST(mmu, reserved_level1_16k, .doc = "at level 1 of 16 KiB there is no block without LPA2: the descriptor is invalid",
	.source = SOURCE_FORMAT)
{
	check_no_block(14, 1);
}

/* One address per level whose walk ends there. */
static void check_fault_levels(unsigned int shift)
{
	struct upper upper;
	unsigned int level;

	need_granule(shift);
	upper_open(&upper, shift, 48, 0);
	for (level = upper_first_level(&upper); level <= 3; level++) {
		uint64_t va = upper_start(&upper) + 8;

		/* Adds the tables above; an invalid entry is in no TLB, so there is none to invalidate. */
		upper_entry(&upper, va, level);
		expect_fault_at(load, va_make(va), EC_DATA_ABORT_SAME, FSC_TRANSLATION, level, false);
		expect_fault_at(store, va_make(va), EC_DATA_ABORT_SAME, FSC_TRANSLATION, level, true);
		expect_fault_at(call, va_make(va & ~7ul), EC_INSTRUCTION_ABORT_SAME, FSC_TRANSLATION, level, false);
	}
	upper_close(&upper);
}

TEST(mmu, fault_levels_4k, .doc = "granule 4 KiB: a translation fault names the level whose entry is invalid",
	.source = "Arm ARM (DDI 0487), Translation fault; ESR_EL1, DFSC")
{
	check_fault_levels(12);
}

TEST(mmu, fault_levels_16k, .doc = "granule 16 KiB: a translation fault names the level whose entry is invalid",
	.source = "Arm ARM (DDI 0487), Translation fault; ESR_EL1, DFSC")
{
	check_fault_levels(14);
}

TEST(mmu, fault_levels_64k, .doc = "granule 64 KiB: a translation fault names the level whose entry is invalid",
	.source = "Arm ARM (DDI 0487), Translation fault; ESR_EL1, DFSC")
{
	check_fault_levels(16);
}

/* With fewer bits of VA the walk begins further down, and what is above them is a fault of level 0. */
static void check_va_bits(unsigned int shift, unsigned int va_bits, unsigned int first)
{
	struct upper upper;
	uint64_t base;

	need_granule(shift);

	pa_t page = get_page();

	upper_open(&upper, shift, va_bits, 0);
	EXPECT_EQ(upper_first_level(&upper), first);
	base = upper_start(&upper);
	*(uint64_t *)phys_to_virt(page) = 0x4711;
	upper_write(upper_entry(&upper, base, 3), upper_leaf(&upper, page, 3, DESC_DATA));
	EXPECT_EQ(*(volatile uint64_t *)va_ptr(va_make(base + (page.pa & (BIT(shift) - 1)))), 0x4711u);
	expect_fault_at(load, va_make(base - 8), EC_DATA_ABORT_SAME, FSC_TRANSLATION, 0, false);
	upper_close(&upper);
	page_free(page, 0);
}

TEST(mmu, va_39_bits,
	.doc = "T1SZ for 39 bits, granule 4 KiB: the walk begins at level 1, and beyond is a level 0 fault",
	.source = "Arm ARM (DDI 0487), TCR_EL1, T1SZ; Translation fault")
{
	check_va_bits(12, 39, 1);
}

TEST(mmu, va_47_bits,
	.doc = "T1SZ for 47 bits, granule 16 KiB: the walk begins at level 1, and beyond is a level 0 fault",
	.source = "Arm ARM (DDI 0487), TCR_EL1, T1SZ; Translation fault")
{
	check_va_bits(14, 47, 1);
}

TEST(mmu, va_42_bits,
	.doc = "T1SZ for 42 bits, granule 64 KiB: the walk begins at level 2, and beyond is a level 0 fault",
	.source = "Arm ARM (DDI 0487), TCR_EL1, T1SZ; Translation fault")
{
	check_va_bits(16, 42, 2);
}

TEST(mmu, va_52_bits_64k, .doc = "T1SZ for 52 bits, granule 64 KiB: addresses below those of 48 bits are mapped",
	.needs = "lva", .source = "Arm ARM (DDI 0487), FEAT_LVA; TCR_EL1, T1SZ")
{
	check_va_bits(16, 52, 1);
}

/* LPA2's descriptors keep two bits of the address where others have SH, so TCR_EL1.DS suits no lower half but of 64
 * KiB. */
static void check_lpa2(unsigned int shift, unsigned int tgran_lsb, unsigned int least, unsigned int level)
{
	struct upper upper;
	uint64_t base, size, field = sysreg_field(read_sysreg(id_aa64mmfr0_el1), tgran_lsb, 4);

	if (field < least || field == 0xf)
		SKIP("the CPU has no 52-bit addresses (FEAT_LPA2) with a granule of %lu KiB", BIT(shift) >> 10);

	pa_t page = get_page();
	volatile uint64_t *words = phys_to_virt(page);

	*words = 0x4712;
	dcache_clean_invalidate_poc(words, page_size());
	upper_open(&upper, shift, 48, TCR_DS);
	size = upper_level_size(&upper, level);
	base = upper_start(&upper);
	upper_write(upper_entry(&upper, base, level), upper_leaf(&upper, page, level, DESC_DEVICE));
	EXPECT_EQ(*(volatile uint64_t *)va_ptr(va_make(base + (page.pa & (size - 1)))), 0x4712u);
	upper_close(&upper);
	page_free(page, 0);
}

TEST(mmu, lpa2_block_512g, .doc = "with TCR_EL1.DS a block of level 0, granule 4 KiB, maps", .needs = "64k",
	.source = "Arm ARM (DDI 0487), FEAT_LPA2; TCR_EL1, DS")
{
	check_lpa2(12, 28, 1, 0);
}

TEST(mmu, lpa2_block_64g, .doc = "with TCR_EL1.DS a block of level 1, granule 16 KiB, maps", .needs = "64k",
	.source = "Arm ARM (DDI 0487), FEAT_LPA2; TCR_EL1, DS")
{
	check_lpa2(14, 20, 2, 1);
}

/* The contiguous bit: `count` entries, alike but for their addresses, which a TLB may hold as one. */
static void check_contiguous(unsigned int shift, unsigned int count)
{
	struct upper upper;
	uint64_t page = BIT(shift), base;
	unsigned int order = page_order(count * page);
	pa_t memory;

	need_granule(shift);
	memory = page_alloc(order);
	ASSERT_FALSE(pa_is_none(memory));
	upper_open(&upper, shift, 48, 0);
	base = upper_start(&upper) + count * page;
	for (unsigned int i = 0; i < count; i++) {
		*(uint64_t *)phys_to_virt(pa_add(memory, i * page)) = 0x1000 + i;
		/* One store after the other; published by the last. */
		*(volatile uint64_t *)upper_entry(&upper, base + i * page, 3) =
			upper_leaf(&upper, pa_add(memory, i * page), 3, DESC_DATA | DESC_CONT);
	}
	/* The entries are written before the walks of the loads below. */
	dsb(ishst);
	isb();
	for (unsigned int i = 0; i < count; i++)
		ASSERT_EQ(*(volatile uint64_t *)va_ptr(va_make(base + i * page)), 0x1000ul + i);
	expect_fault_at(load, va_make(base - 8), EC_DATA_ABORT_SAME, FSC_TRANSLATION, 3, false);
	expect_fault_at(load, va_make(base + count * page), EC_DATA_ABORT_SAME, FSC_TRANSLATION, 3, false);

	/* Away with all of them: each is invalid and each address is invalidated, whatever size the TLB has them in. */
	for (unsigned int i = 0; i < count; i++)
		*(volatile uint64_t *)upper_entry(&upper, base + i * page, 3) = 0;
	/* Before the TLBIs, or a walk could bring an old entry back after one. */
	dsb(ishst);
	for (unsigned int i = 0; i < count; i++)
		asm volatile("tlbi vae1is, %0" ::"r"((base + i * page) >> 12 & GENMASK(43, 0)) : "memory");
	/* Complete before the loads. */
	dsb(ish);
	isb();
	for (unsigned int i = 0; i < count; i += count - 1)
		expect_fault_at(load, va_make(base + i * page), EC_DATA_ABORT_SAME, FSC_TRANSLATION, 3, false);
	upper_close(&upper);
	page_free(memory, order);
}

TEST(mmu, contiguous_4k, .doc = "16 contiguous pages of 4 KiB: each maps its own memory, and all go away",
	.source = "Arm ARM (DDI 0487), The Contiguous bit")
{
	check_contiguous(12, 16);
}

TEST(mmu, contiguous_16k, .doc = "128 contiguous pages of 16 KiB: each maps its own memory, and all go away",
	.source = "Arm ARM (DDI 0487), The Contiguous bit")
{
	check_contiguous(14, 128);
}

TEST(mmu, contiguous_64k, .doc = "32 contiguous pages of 64 KiB: each maps its own memory, and all go away",
	.source = "Arm ARM (DDI 0487), The Contiguous bit")
{
	check_contiguous(16, 32);
}

/* An output address above TCR_EL1.IPS, which may be set below what the CPU has: RAM must still fit. */
TEST(mmu, address_size, .doc = "an output address above TCR_EL1.IPS is an address size fault",
	.source = "Arm ARM (DDI 0487), Address size fault; TCR_EL1, IPS")
{
	struct upper upper;
	uint64_t base, tcr;

	need_granule(12);
	upper_open(&upper, 12, 48, 0);
	base = upper_start(&upper);
	/* 40 bits, or what the CPU has if that is less. */
	tcr = field_set(upper.tcr, 7ull << 32, MIN(FIELD_GET(7ull << 32, upper.tcr), (uint64_t)2));
	upper.tcr = tcr;
	upper_enter(&upper);
	upper_write(upper_entry(&upper, base, 3), upper_leaf(&upper, pa_make(BIT(44)), 3, DESC_DEVICE));
	upper_write(upper_entry(&upper, base + KIB(4), 3),
		upper_leaf(&upper, pa_make(BIT(44)), 3, (DESC_DEVICE | DESC_RO) & ~DESC_PXN));
	expect_fault_at(load, va_make(base), EC_DATA_ABORT_SAME, FSC_ADDRESS_SIZE, 3, false);
	expect_fault_at(store, va_make(base), EC_DATA_ABORT_SAME, FSC_ADDRESS_SIZE, 3, true);
	expect_fault_at(call, va_make(base + KIB(4)), EC_INSTRUCTION_ABORT_SAME, FSC_ADDRESS_SIZE, 3, false);
	upper_close(&upper);
}

TEST(mmu, address_size_table, .doc = "an address above TCR_EL1.IPS in a table's descriptor is an address size fault",
	.source = "Arm ARM (DDI 0487), Address size fault; TCR_EL1, IPS")
{
	struct upper upper;
	uint64_t base;

	need_granule(12);
	upper_open(&upper, 12, 48, 0);
	base = upper_start(&upper);
	upper.tcr = field_set(upper.tcr, 7ull << 32, MIN(FIELD_GET(7ull << 32, upper.tcr), (uint64_t)2));
	upper_enter(&upper);
	upper_write(upper_entry(&upper, base, 2), BIT(44) | DESC_VALID | DESC_TABLE);
	expect_fault_at(load, va_make(base), EC_DATA_ABORT_SAME, FSC_ADDRESS_SIZE, 2, false);
	upper_close(&upper);
}
