/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Twins of one memory at two addresses, with different types: twin.h says what twins are. */
#include <arch/exception.h>
#include <limpid/smp.h>
#include "twin.h"

void alias_open(struct alias *alias, enum mem_type type)
{
	alias->page = page_alloc_zeroed(0);
	ASSERT_FALSE(pa_is_none(alias->page));
	alias->cached = phys_to_virt(alias->page);
	dcache_clean_invalidate_poc(alias->cached, page_size());
	alias->va = mmu_reserve_va(page_size());
	mmu_map(alias->va, alias->page, page_size(), type, PROT_WRITE);
	alias->other = va_ptr(alias->va);
}

void alias_close(struct alias *alias)
{
	dcache_clean_invalidate_poc(alias->cached, page_size());
	mmu_unmap(alias->va, page_size());
	page_free(alias->page, 0);
}

/*
 * stale-memory-read: written through the cache, read beside it.
 */

TEST(twins, bad_stale_memory_read, .doc = "no clean between a cacheable write and a non-cacheable read",
	.finding = "stale-memory-read")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	*a.cached = 1;
	dsb(sy);
	OBSERVE(*a.other, 1u);
	alias_close(&a);
}

TEST(twins, good_stale_memory_read, .doc = "clean to the PoC between a cacheable write and a non-cacheable read")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	*a.cached = 1;
	DC(cvac, a.cached);
	dsb(sy);
	EXPECT_EQ(*a.other, 1u);
	alias_close(&a);
}

TEST(twins, bad_stale_memory_read_pou,
	.doc = "a clean to the Point of Unification is not one to the Point of Coherency",
	.finding = "stale-memory-read")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	*a.cached = 1;
	DC(cvau, a.cached);
	dsb(sy);
	OBSERVE(*a.other, 1u);
	alias_close(&a);
}

/*
 * stale-cache-read: written beside the cache, read through it.
 */

TEST(twins, bad_stale_cache_read, .doc = "no invalidate between a non-cacheable write and a cacheable read",
	.finding = "stale-cache-read")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	EXPECT_EQ(*a.cached, 0u);
	*a.other = 2;
	dsb(sy);
	OBSERVE(*a.cached, 2u);
	alias_close(&a);
}

TEST(twins, good_stale_cache_read, .doc = "invalidate between a non-cacheable write and a cacheable read")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	EXPECT_EQ(*a.cached, 0u);
	*a.other = 2;
	dsb(sy);
	DC(ivac, a.cached);
	dsb(sy);
	EXPECT_EQ(*a.cached, 2u);
	alias_close(&a);
}

/*
 * lost-write: written beside a dirty line, whose eviction undoes it.
 */

TEST(twins, bad_lost_write, .doc = "a non-cacheable write to a line that is dirty in a cache", .finding = "lost-write")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	*a.cached = 1;
	dsb(sy);
	*a.other = 2;
	dsb(sy);
	OBSERVE(*a.other, 2u);
	alias_close(&a);
}

TEST(twins, good_lost_write, .doc = "clean and invalidate before the non-cacheable write")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	*a.cached = 1;
	DC(civac, a.cached);
	dsb(sy);
	*a.other = 2;
	dsb(sy);
	EXPECT_EQ(*a.other, 2u);
	alias_close(&a);
}

/*
 * discarded-write: invalidated without a clean.
 */

TEST(twins, bad_discarded_write, .doc = "an invalidate of a line that is dirty", .finding = "discarded-write")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_WB);
	*a.cached = 3;
	DC(ivac, a.cached);
	dsb(sy);
	OBSERVE(*a.cached, 3u);
	alias_close(&a);
}

TEST(twins, good_discarded_write, .doc = "a clean and invalidate of a line that is dirty")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_WB);
	*a.cached = 3;
	DC(civac, a.cached);
	dsb(sy);
	EXPECT_EQ(*a.cached, 3u);
	alias_close(&a);
}

/*
 * incomplete-maintenance: relied on before the DSB that completes it.
 */

TEST(twins, bad_incomplete_maintenance, .doc = "no DSB between the clean and the read that relies on it",
	.finding = "incomplete-maintenance")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	*a.cached = 4;
	DC(cvac, a.cached);
	OBSERVE(*a.other, 4u);
	dsb(sy);
	alias_close(&a);
}

TEST(twins, good_incomplete_maintenance, .doc = "a DSB between the clean and the read that relies on it")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	*a.cached = 4;
	DC(cvac, a.cached);
	dsb(sy);
	EXPECT_EQ(*a.other, 4u);
	alias_close(&a);
}

/*
 * The same mistakes, otherwise made.
 */

/* DC ZVA zeroes the whole of its block. */
static bool has_zva(void)
{
	return !(read_sysreg(dczid_el0) & 0x10);
}

TEST(twins, bad_stale_memory_read_zva, .doc = "DC ZVA is a store: its zeros may be in a cache only",
	.finding = "stale-memory-read")
{
	struct alias a;

	if (!has_zva())
		SKIP("DC ZVA is not permitted");
	alias_open(&a, MEM_NORMAL_NC);
	*a.cached = 5;
	DC(civac, a.cached);
	dsb(sy);
	DC(zva, a.cached);
	dsb(sy);
	OBSERVE(*a.other, 0u);
	dsb(sy);
	alias_close(&a);
}

TEST(twins, good_stale_memory_read_zva, .doc = "the zeros of DC ZVA are cleaned to the PoC")
{
	struct alias a;

	if (!has_zva())
		SKIP("DC ZVA is not permitted");
	alias_open(&a, MEM_NORMAL_NC);
	*a.cached = 5;
	DC(civac, a.cached);
	dsb(sy);
	DC(zva, a.cached);
	DC(cvac, a.cached);
	dsb(sy);
	EXPECT_EQ(*a.other, 0u);
	alias_close(&a);
}

TEST(twins, bad_stale_memory_read_early, .doc = "cleaned before the last write of the line",
	.finding = "stale-memory-read")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	*a.cached = 1;
	DC(cvac, a.cached);
	dsb(sy);
	*a.cached = 2;
	OBSERVE(*a.other, 2u);
	dsb(sy);
	alias_close(&a);
}

TEST(twins, good_stale_memory_read_early, .doc = "cleaned after the last write of the line")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	*a.cached = 1;
	*a.cached = 2;
	DC(cvac, a.cached);
	dsb(sy);
	EXPECT_EQ(*a.other, 2u);
	alias_close(&a);
}

TEST(twins, bad_stale_cache_read_clean, .doc = "a clean does not drop an old copy", .finding = "stale-cache-read")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	EXPECT_EQ(*a.cached, 0u);
	*a.other = 2;
	dsb(sy);
	DC(cvac, a.cached);
	dsb(sy);
	OBSERVE(*a.cached, 2u);
	dsb(sy);
	alias_close(&a);
}

TEST(twins, good_stale_cache_read_clean, .doc = "an invalidate drops an old copy")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	EXPECT_EQ(*a.cached, 0u);
	*a.other = 2;
	dsb(sy);
	DC(ivac, a.cached);
	dsb(sy);
	EXPECT_EQ(*a.cached, 2u);
	alias_close(&a);
}

TEST(twins, bad_stale_cache_read_before, .doc = "invalidated before the write: the line may come back until then",
	.finding = "stale-cache-read")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	DC(ivac, a.cached);
	dsb(sy);
	*a.other = 2;
	dsb(sy);
	OBSERVE(*a.cached, 2u);
	dsb(sy);
	alias_close(&a);
}

TEST(twins, good_stale_cache_read_before, .doc = "invalidated after the write")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	*a.other = 2;
	dsb(sy);
	DC(ivac, a.cached);
	dsb(sy);
	EXPECT_EQ(*a.cached, 2u);
	alias_close(&a);
}

TEST(twins, bad_lost_write_neighbour, .doc = "a non-cacheable write beside bytes of its line that are dirty",
	.finding = "lost-write")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	a.cached[1] = 1;
	dsb(sy);
	*a.other = 2;
	dsb(sy);
	OBSERVE(*a.other, 2u);
	dsb(sy);
	alias_close(&a);
}

TEST(twins, good_lost_write_neighbour, .doc = "the dirty neighbour is cleaned before the write")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	a.cached[1] = 1;
	DC(cvac, a.cached);
	dsb(sy);
	*a.other = 2;
	dsb(sy);
	EXPECT_EQ(*a.other, 2u);
	alias_close(&a);
}

TEST(twins, bad_discarded_write_neighbour, .doc = "DC IVAC takes the whole line, and what a neighbour wrote to it",
	.finding = "discarded-write")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	a.cached[1] = 3;
	DC(ivac, a.cached);
	dsb(sy);
	OBSERVE(a.cached[1], 3u);
	dsb(sy);
	alias_close(&a);
}

TEST(twins, good_discarded_write_neighbour, .doc = "the neighbour's line is cleaned as well")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	a.cached[1] = 3;
	DC(civac, a.cached);
	dsb(sy);
	EXPECT_EQ(a.cached[1], 3u);
	alias_close(&a);
}

TEST(twins, bad_incomplete_maintenance_dmb, .doc = "a DMB orders a clean, and does not complete it",
	.finding = "incomplete-maintenance")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	*a.cached = 4;
	DC(cvac, a.cached);
	dmb(sy);
	OBSERVE(*a.other, 4u);
	dsb(sy);
	alias_close(&a);
}

TEST(twins, good_incomplete_maintenance_dmb, .doc = "a DSB completes the clean")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	*a.cached = 4;
	DC(cvac, a.cached);
	dsb(sy);
	EXPECT_EQ(*a.other, 4u);
	alias_close(&a);
}

TEST(twins, bad_incomplete_maintenance_dsb_st, .doc = "a DSB of stores alone does not complete a clean",
	.finding = "incomplete-maintenance")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	*a.cached = 4;
	DC(cvac, a.cached);
	dsb(ishst);
	OBSERVE(*a.other, 4u);
	dsb(sy);
	alias_close(&a);
}

TEST(twins, good_incomplete_maintenance_dsb_st, .doc = "a DSB of loads and stores completes it")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	*a.cached = 4;
	DC(cvac, a.cached);
	dsb(ish);
	EXPECT_EQ(*a.other, 4u);
	alias_close(&a);
}

static void nothing(void *arg)
{
	(void)arg;
}

TEST(twins, bad_incomplete_maintenance_domain, .doc = "a DSB of this CPU alone, when another one has its caches on",
	.cpus = 2, .finding = "incomplete-maintenance")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	on_cpu(1, nothing, NULL);
	*a.cached = 4;
	DC(cvac, a.cached);
	dsb(nsh);
	OBSERVE(*a.other, 4u);
	dsb(sy);
	alias_close(&a);
}

TEST(twins, good_incomplete_maintenance_domain, .doc = "a DSB that reaches the other CPU", .cpus = 2)
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	on_cpu(1, nothing, NULL);
	*a.cached = 4;
	DC(cvac, a.cached);
	dsb(ish);
	EXPECT_EQ(*a.other, 4u);
	alias_close(&a);
}

/*
 * maintenance-order: a DC is ordered after a non-cacheable write by a DMB of loads and stores, or a DSB.
 */

TEST(twins, bad_maintenance_order, .doc = "nothing between a non-cacheable write and the DC of its line",
	.finding = "maintenance-order")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	EXPECT_EQ(*a.cached, 0u);
	*a.other = 2;
	DC(ivac, a.cached);
	dsb(sy);
	OBSERVE(*a.cached, 2u);
	dsb(sy);
	alias_close(&a);
}

TEST(twins, good_maintenance_order, .doc = "a DMB between a non-cacheable write and the DC of its line")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	EXPECT_EQ(*a.cached, 0u);
	*a.other = 2;
	dmb(sy);
	DC(ivac, a.cached);
	dsb(sy);
	EXPECT_EQ(*a.cached, 2u);
	alias_close(&a);
}

TEST(twins, bad_maintenance_order_dmb_st, .doc = "DMB ST orders stores, and a DC is none",
	.finding = "maintenance-order")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	EXPECT_EQ(*a.cached, 0u);
	*a.other = 2;
	dmb(ishst);
	DC(ivac, a.cached);
	dsb(sy);
	OBSERVE(*a.cached, 2u);
	dsb(sy);
	alias_close(&a);
}

TEST(twins, good_maintenance_order_dmb_st, .doc = "DMB SY orders a DC, too")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	EXPECT_EQ(*a.cached, 0u);
	*a.other = 2;
	dmb(ish);
	DC(ivac, a.cached);
	dsb(sy);
	EXPECT_EQ(*a.cached, 2u);
	alias_close(&a);
}

/*
 * exclusive-on-uncached: exclusives and atomics are guaranteed on Normal write-back memory; elsewhere they may fault.
 * Here a bad twin and its good one have their instruction in common: it is the memory that they differ by.
 */

#define LOAD_EXCLUSIVE(word) asm volatile("ldxr x0, [%0]\n\tclrex" ::"r"(word) : "x0", "memory")
/* LDADD X1, X0, [X2], of FEAT_LSE, which the assembler is not told of. */
#define ADD_ATOMICALLY(word) \
	asm volatile("mov x2, %0\n\tmov x1, #1\n\t.inst 0xf8210040" ::"r"(word) : "x0", "x1", "x2", "memory")

static void load_exclusive(void *word)
{
	FINDING_HERE_OF(bad_exclusive_on_uncached, LOAD_EXCLUSIVE(word));
}

static void add_atomically(void *word)
{
	FINDING_HERE_OF(bad_exclusive_on_uncached_atomic, ADD_ATOMICALLY(word));
}

static bool has_atomics(void)
{
	return sysreg_field(read_sysreg(id_aa64isar0_el1), 20, 4) >= 2;
}

static void access_page(void (*access)(void *), enum mem_type type)
{
	struct exception_frame frame;
	struct alias a;

	alias_open(&a, type);
	/* That it faults is one of the things that may happen. */
	if (exception_catch(access, (void *)a.other, &frame) && type == MEM_NORMAL_WB)
		FAIL("an exception with ESR 0x%lx", frame.esr);
	alias_close(&a);
}

TEST(twins, bad_exclusive_on_uncached, .doc = "LDXR of non-cacheable memory", .finding = "exclusive-on-uncached")
{
	access_page(load_exclusive, MEM_NORMAL_NC);
}

TEST(twins, good_exclusive_on_uncached, .doc = "LDXR of write-back memory")
{
	access_page(load_exclusive, MEM_NORMAL_WB);
}

TEST(twins, bad_exclusive_on_uncached_atomic, .doc = "an atomic instruction on non-cacheable memory",
	.finding = "exclusive-on-uncached")
{
	if (!has_atomics())
		SKIP("the CPU has no FEAT_LSE");
	access_page(add_atomically, MEM_NORMAL_NC);
}

TEST(twins, good_exclusive_on_uncached_atomic, .doc = "an atomic instruction on write-back memory")
{
	if (!has_atomics())
		SKIP("the CPU has no FEAT_LSE");
	access_page(add_atomically, MEM_NORMAL_WB);
}

/*
 * device-memory-misuse: DC ZVA on Device memory is an alignment fault, which QEMU does not raise.
 */

static void zero_block(void *block)
{
	FINDING_HERE_OF(bad_device_memory_misuse, DC(zva, block));
}

TEST(twins, bad_device_memory_misuse, .doc = "DC ZVA on Device memory", .finding = "device-memory-misuse")
{
	if (!has_zva())
		SKIP("DC ZVA is not permitted");
	access_page(zero_block, MEM_DEVICE_nGnRE);
}

TEST(twins, good_device_memory_misuse, .doc = "DC ZVA on Normal memory")
{
	if (!has_zva())
		SKIP("DC ZVA is not permitted");
	access_page(zero_block, MEM_NORMAL_WB);
}
