/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Twins: for a kind of the sanitizer's findings a `bad_` test that makes the mistake once, and a `good_` one that
 * differs by the missing instruction. A bad one passes whatever it reads, on any machine: it is for the sanitizer to
 * find it, at the right line, and to find nothing in the good one.
 *
 * The name of a bad twin is bad_ and the kind, with a word behind it where a kind has several.
 */
#include <arch/barrier.h>
#include <arch/sysreg.h>
#include <limpid/cache.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/test.h>

/* One page at two addresses: write-back as all memory, and with another type. */
struct alias {
	pa_t page;
	va_t va;
	volatile uint64_t *cached;
	volatile uint64_t *other;
};

static void alias_open(struct alias *alias, enum mem_type type)
{
	alias->page = page_alloc_zeroed(0);
	ASSERT_FALSE(pa_is_none(alias->page));
	alias->cached = phys_to_virt(alias->page);
	/* Both agree at the start: memory has the zeros, and no cache holds a copy. */
	dcache_clean_invalidate_poc(alias->cached, page_size());
	alias->va = mmu_reserve_va(page_size());
	mmu_map(alias->va, alias->page, page_size(), type, PROT_WRITE);
	alias->other = va_ptr(alias->va);
}

static void alias_close(struct alias *alias)
{
	dcache_clean_invalidate_poc(alias->cached, page_size());
	mmu_unmap(alias->va, page_size());
	page_free(alias->page, 0);
}

/* What a bad twin reads is not expected to be anything. A machine that shows the mistake is worth a line. */
#define OBSERVE(got, written)                                                                            \
	do {                                                                                             \
		uint64_t got_ = (got);                                                                   \
                                                                                                         \
		if (got_ != (written))                                                                   \
			INFO(#got " is 0x%lx, " #written " was written: this machine has caches", got_); \
	} while (0)

#define DC(op, address) asm volatile("dc " #op ", %0" ::"r"(address) : "memory")

/*
 * stale-memory-read: written through the cache, read beside it.
 */

TEST(twins, bad_stale_memory_read, .doc = "no clean between a cacheable write and a non-cacheable read")
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
	.doc = "a clean to the Point of Unification is not one to the Point of Coherency")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	*a.cached = 1;
	DC(cvau, a.cached);
	dsb(sy);
	OBSERVE(*a.other, 1u);
	alias_close(&a);
}

/* Stores, switches the MMU off, does what is given, loads, and switches it on again: in registers. */
#define STORE_OFF_LOAD_ON(address, value, maintenance)                    \
	({                                                                \
		uint64_t loaded_, sctlr_, off_;                           \
		asm volatile("	mrs	%1, sctlr_el1\n"                       \
			     "	bic	%2, %1, #1\n"                          \
			     "	msr	daifset, #0xf\n"                       \
			     "	str	%4, [%3]\n"                            \
			     "	dsb	sy\n"                                  \
			     "	msr	sctlr_el1, %2\n"                       \
			     "	isb\n" maintenance "	ldr	%0, [%3]\n"      \
			     "	msr	sctlr_el1, %1\n"                       \
			     "	isb\n"                                     \
			     "	msr	daifclr, #4\n"                         \
			     : "=&r"(loaded_), "=&r"(sctlr_), "=&r"(off_) \
			     : "r"(address), "r"(value)                   \
			     : "memory");                                 \
		loaded_;                                                  \
	})

TEST(twins, bad_stale_memory_read_mmu_off, .doc = "read with the MMU off what was written with it on, and not cleaned")
{
	static uint64_t word __attribute__((aligned(64)));

	word = 0;
	dcache_clean_invalidate_poc(&word, sizeof(word));
	OBSERVE(STORE_OFF_LOAD_ON(&word, 1ul, ""), 1u);
}

TEST(twins, good_stale_memory_read_mmu_off, .doc = "the same, cleaned after the switch and before the read")
{
	static uint64_t word __attribute__((aligned(64)));

	word = 0;
	dcache_clean_invalidate_poc(&word, sizeof(word));
	EXPECT_EQ(STORE_OFF_LOAD_ON(&word, 1ul, "	dc	civac, %3\n	dsb	sy\n"), 1u);
}

/*
 * stale-cache-read: written beside the cache, read through it.
 */

TEST(twins, bad_stale_cache_read, .doc = "no invalidate between a non-cacheable write and a cacheable read")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	OBSERVE(*a.cached, 0u);
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

TEST(twins, bad_lost_write, .doc = "a non-cacheable write to a line that is dirty in a cache")
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

TEST(twins, bad_discarded_write, .doc = "an invalidate of a line that is dirty")
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

TEST(twins, bad_incomplete_maintenance, .doc = "no DSB between the clean and the read that relies on it")
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
 * exclusive-on-uncached: exclusives are guaranteed on Normal write-back memory.
 */

static void increment(volatile uint64_t *word)
{
	uint64_t value, failed;

	asm volatile("1:	ldxr	%0, %2\n"
		     "	add	%0, %0, #1\n"
		     "	stxr	%w1, %0, %2\n"
		     "	cbnz	%w1, 1b\n"
		     : "=&r"(value), "=&r"(failed), "+Q"(*word));
}

TEST(twins, bad_exclusive_on_uncached, .doc = "LDXR and STXR on non-cacheable memory")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	increment(a.other);
	OBSERVE(*a.other, 1u);
	alias_close(&a);
}

TEST(twins, good_exclusive_on_uncached, .doc = "LDXR and STXR on write-back memory")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_WB);
	increment(a.other);
	EXPECT_EQ(*a.other, 1u);
	alias_close(&a);
}

/*
 * device-memory-misuse: DC ZVA on Device memory is an alignment fault, which QEMU does not raise.
 */

TEST(twins, bad_device_memory_misuse, .doc = "DC ZVA on Device memory")
{
	struct alias a;

	if (read_sysreg(dczid_el0) & 0x10)
		SKIP("DC ZVA is not permitted");
	alias_open(&a, MEM_DEVICE_nGnRE);
	DC(zva, a.other);
	OBSERVE(*a.other, 0u);
	alias_close(&a);
}

TEST(twins, good_device_memory_misuse, .doc = "DC ZVA on Normal memory")
{
	struct alias a;

	if (read_sysreg(dczid_el0) & 0x10)
		SKIP("DC ZVA is not permitted");
	alias_open(&a, MEM_NORMAL_WB);
	DC(zva, a.other);
	EXPECT_EQ(*a.other, 0u);
	alias_close(&a);
}

/*
 * unsynchronized-register: a result is read before the write of its register is synchronized.
 */

TEST(twins, bad_unsynchronized_register, .doc = "PAR_EL1 is read behind AT without a context synchronization event")
{
	uint64_t par, address = (uintptr_t)test_bad_unsynchronized_register;

	asm volatile("at s1e1r, %1\n\tmrs %0, par_el1" : "=r"(par) : "r"(address) : "memory");
	OBSERVE(par & 1, 0u);
}

TEST(twins, good_unsynchronized_register, .doc = "PAR_EL1 is read behind AT and an ISB")
{
	uint64_t par, address = (uintptr_t)test_good_unsynchronized_register;

	asm volatile("at s1e1r, %1\n\tisb\n\tmrs %0, par_el1" : "=r"(par) : "r"(address) : "memory");
	EXPECT_EQ(par & 1, 0u);
}
