/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Twins across a switch of the MMU or of the caches, and on other CPUs: twin.h says what twins are. */
#include <limpid/bitops.h>
#include <limpid/smp.h>
#include <limpid/string.h>
#include "twin.h"

/*
 * In registers: does `before`, clears the given bit of SCTLR, does `off`, sets it again, does `on`. Operands: %0 what
 * was loaded, %2 scratch behind `before`, %3 the address, %4 the value. Exceptions but SError are masked in tests.
 */
#define ACROSS(bit, address, value, before, off, on)                                   \
	({                                                                             \
		uint64_t loaded_, sctlr_, off_;                                        \
		asm volatile("	msr	daifset, #0xf\n" before "	mrs	%1, sctlr_el1\n" \
			     "	bic	%2, %1, #" #bit "\n"                           \
			     "	msr	sctlr_el1, %2\n"                                    \
			     "	isb\n" off "	msr	sctlr_el1, %1\n"                      \
			     "	isb\n" on "	msr	daifclr, #4\n"                         \
			     : "=&r"(loaded_), "=&r"(sctlr_), "=&r"(off_)              \
			     : "r"(address), "r"(value)                                \
			     : "memory");                                              \
		loaded_;                                                               \
	})
#define MMU          1
#define CACHES       4
#define ACROSS_(...) ACROSS(__VA_ARGS__)

#define LOAD  "	ldr	%0, [%3]\n"
#define STORE "	str	%4, [%3]\n	dsb	sy\n"
#define CLEAN "	dc	civac, %3\n	dsb	sy\n"

/* What is switched under: one line of memory, and zero in it, in memory and in no cache. */
static uint64_t line[LINE_WORDS] OWN_LINE;

static uint64_t *zero_line(void)
{
	memset(line, 0, sizeof(line));
	dcache_clean_invalidate_poc(line, sizeof(line));
	return line;
}

/*
 * On to off.
 */

TEST(twins, bad_stale_memory_read_mmu_off, .doc = "read with the MMU off what was written with it on, and not cleaned",
	.finding = "stale-memory-read")
{
	uint64_t *word = zero_line();

	OBSERVE(ACROSS_(MMU, word, 1ul, STORE, LOAD, ""), 1u);
}

TEST(twins, good_stale_memory_read_mmu_off, .doc = "the same, cleaned after the switch and before the read")
{
	uint64_t *word = zero_line();

	EXPECT_EQ(ACROSS_(MMU, word, 1ul, STORE, CLEAN LOAD, ""), 1u);
}

/* With C = 0 walks are non-cacheable, too: the tables must be in memory, and mmu_disable() cleans them. */
static void clean_tables(void)
{
	mmu_disable();
	mmu_enable();
}

TEST(twins, bad_stale_memory_read_c_off, .doc = "read with SCTLR.C = 0 what was written with C = 1, and not cleaned",
	.finding = "stale-memory-read")
{
	uint64_t *word = zero_line();

	clean_tables();
	OBSERVE(ACROSS_(CACHES, word, 1ul, STORE, LOAD, ""), 1u);
}

TEST(twins, good_stale_memory_read_c_off, .doc = "the same, cleaned before C goes off")
{
	uint64_t *word = zero_line();

	clean_tables();
	EXPECT_EQ(ACROSS_(CACHES, word, 1ul, STORE CLEAN, LOAD, ""), 1u);
}

#define PUSH        "	str	%4, [sp, #-16]!\n	dsb	sy\n"
#define POP         "	ldr	%0, [sp], #16\n"
#define CLEAN_STACK "	mov	%2, sp\n	dc	civac, %2\n	dsb	sy\n"

TEST(twins, bad_stale_memory_read_stack, .doc = "what was pushed with the MMU on is popped with it off",
	.finding = "stale-memory-read")
{
	OBSERVE(ACROSS_(MMU, 0ul, 0x5ca1ab1eul, PUSH, POP, ""), 0x5ca1ab1eu);
}

TEST(twins, good_stale_memory_read_stack, .doc = "the same, with the stack's line cleaned")
{
	EXPECT_EQ(ACROSS_(MMU, 0ul, 0x5ca1ab1eul, PUSH, CLEAN_STACK POP, ""), 0x5ca1ab1eu);
}

#define STORE_NEXT "	add	%2, %4, #1\n	str	%2, [%3]\n	dsb	sy\n"

TEST(twins, bad_lost_write_mmu_off, .doc = "written with the MMU off, while the line is dirty since before",
	.finding = "lost-write")
{
	uint64_t *word = zero_line();

	OBSERVE(ACROSS_(MMU, word, 1ul, STORE, STORE_NEXT LOAD, ""), 2u);
}

TEST(twins, good_lost_write_mmu_off, .doc = "cleaned and invalidated before the write")
{
	uint64_t *word = zero_line();

	EXPECT_EQ(ACROSS_(MMU, word, 1ul, STORE, CLEAN STORE_NEXT LOAD, ""), 2u);
}

/*
 * With the MMU off the operand of a DC is Device memory: no address in common orders it behind a cacheable store.
 */

#define STORE_ONLY "	str	%4, [%3]\n"

TEST(twins, bad_maintenance_order_mmu_off, .doc = "stored with the MMU on, cleaned with it off, and no barrier between",
	.finding = "maintenance-order")
{
	uint64_t *word = zero_line();

	OBSERVE(ACROSS_(MMU, word, 1ul, STORE_ONLY, CLEAN LOAD, ""), 1u);
}

TEST(twins, good_maintenance_order_mmu_off, .doc = "a DMB between the store and the DC")
{
	uint64_t *word = zero_line();

	EXPECT_EQ(ACROSS_(MMU, word, 1ul, STORE_ONLY "	dmb	sy\n", CLEAN LOAD, ""), 1u);
}

/*
 * Off to on.
 */

TEST(twins, bad_stale_cache_read_mmu_off, .doc = "read with the MMU on what was written with it off",
	.finding = "stale-cache-read")
{
	uint64_t *word = zero_line();

	OBSERVE(ACROSS_(MMU, word, 2ul, "", STORE, LOAD), 2u);
}

TEST(twins, good_stale_cache_read_mmu_off, .doc = "the same, invalidated before the MMU is on")
{
	uint64_t *word = zero_line();

	EXPECT_EQ(ACROSS_(MMU, word, 2ul, "", STORE "	dc	ivac, %3\n	dsb	sy\n", LOAD), 2u);
}

/* A remedy of another kind: with the MMU off on the only CPU nothing can bring the line back. */
TEST(twins, good_stale_cache_read_invalidated_before, .doc = "invalidated with the MMU off, then written")
{
	uint64_t *word = zero_line();

	if (cpu_count() > 1)
		SKIP("another CPU could allocate the line meanwhile");
	EXPECT_EQ(ACROSS_(MMU, word, 2ul, "", CLEAN STORE, LOAD), 2u);
}

/* Once it is on, a cache may load the line as long as the write has not arrived. */
TEST(twins, bad_stale_cache_read_dmb, .doc = "the same, with a DMB where the MSR needs a DSB",
	.finding = "stale-cache-read")
{
	uint64_t *word = zero_line();

	if (cpu_count() > 1)
		SKIP("another CPU could allocate the line meanwhile");
	OBSERVE(ACROSS_(MMU, word, 2ul, "", CLEAN STORE_ONLY "	dmb	sy\n", LOAD), 2u);
}

/*
 * mismatched-attributes: a barrier between accesses of one location under different attributes; one shareability.
 */

TEST(twins, bad_mismatched_attributes, .doc = "no barrier between a write with the MMU off and a read with it on",
	.finding = "mismatched-attributes")
{
	uint64_t *word = zero_line();

	if (cpu_count() > 1)
		SKIP("another CPU could allocate the line meanwhile");
	OBSERVE(ACROSS_(MMU, word, 2ul, "", CLEAN STORE_ONLY, LOAD), 2u);
}

TEST(twins, good_mismatched_attributes, .doc = "a DSB between them")
{
	uint64_t *word = zero_line();

	if (cpu_count() > 1)
		SKIP("another CPU could allocate the line meanwhile");
	EXPECT_EQ(ACROSS_(MMU, word, 2ul, "", CLEAN STORE, LOAD), 2u);
}

/*
 * A second mapping by tables of our own, for addresses with the upper bits set: one table of one level, of blocks.
 */

struct upper {
	uint64_t *table; /* of 512 blocks of 1 GiB, from the lowest such address on */
	uint64_t tcr;
	uint64_t *word; /* the line's address there */
};

#define UPPER_BASE 0xffffff8000000000ul /* T1SZ = 25 */
#define SH_OUTER   2ul
#define SH_INNER   3ul
#define WALK_NC    0ul
#define WALK_WB    1ul

/* The table's first entry maps the GiB that has the line. */
static uint64_t upper_descriptor(uint64_t shareability)
{
	uint64_t pa = virt_to_phys(line).pa & ~(GIB(1) - 1);

	/* Block, AttrIndx, SH, AF, PXN and UXN */
	return pa | 1 | MEM_NORMAL_WB << 2 | shareability << 8 | BIT(10) | BIT(53) | BIT(54);
}

static bool upper_open(struct upper *upper, uint64_t walks)
{
	uint64_t tcr;
	pa_t page;

	if (!mmu_granule_supported(KIB(4)) || page_size() != KIB(4))
		return false;
	page = page_alloc_zeroed(0);
	ASSERT_FALSE(pa_is_none(page));
	upper->table = phys_to_virt(page);
	dcache_clean_poc(upper->table, page_size());
	upper->word = (uint64_t *)(UPPER_BASE | (virt_to_phys(line).pa & (GIB(1) - 1)));
	upper->tcr = read_sysreg(tcr_el1);
	/* T1SZ, EPD1 = 0, IRGN1, ORGN1, SH1, TG1 = 4 KiB */
	tcr = (upper->tcr & ~GENMASK(31, 16)) | 25ul << 16 | walks << 24 | walks << 26 | 3ul << 28 | 2ul << 30;
	write_sysreg(page.pa, ttbr1_el1);
	/* The new table is in force before EPD1 = 0 lets a walk use it. */
	isb();
	write_sysreg(tcr, tcr_el1);
	/* The new table is what walks for the accesses behind it use. */
	isb();
	return true;
}

static void upper_close(struct upper *upper)
{
	write_sysreg(upper->tcr, tcr_el1);
	/* Nothing can be brought into the TLB any more when it is emptied. */
	isb();
	asm volatile("tlbi vmalle1is" ::: "memory");
	/* What was cached of the table is gone before its page is used anew. */
	dsb(ish);
	isb();
	page_free(virt_to_phys(upper->table), 0);
}

TEST(twins, bad_mismatched_attributes_shareability, .doc = "one line as inner and as outer shareable memory",
	.finding = "mismatched-attributes")
{
	uint64_t *word = zero_line();
	struct upper upper;

	if (!upper_open(&upper, WALK_WB))
		SKIP("pages are not 4 KiB");
	upper.table[0] = upper_descriptor(SH_OUTER);
	/* The entry before the walk. */
	dsb(ishst);
	isb();
	*word = 7;
	OBSERVE(*(volatile uint64_t *)upper.word, 7u);
	upper_close(&upper);
}

TEST(twins, good_mismatched_attributes_shareability, .doc = "one line at two addresses, inner shareable at both")
{
	uint64_t *word = zero_line();
	struct upper upper;

	if (!upper_open(&upper, WALK_WB))
		SKIP("pages are not 4 KiB");
	upper.table[0] = upper_descriptor(SH_INNER);
	/* The entry before the walk. */
	dsb(ishst);
	isb();
	*word = 7;
	EXPECT_EQ(*(volatile uint64_t *)upper.word, 7u);
	upper_close(&upper);
}

/*
 * Others who read past the caches: the walker of tables, a CPU that is not there yet.
 */

TEST(twins, bad_stale_memory_read_walk, .doc = "a descriptor that is not cleaned, for non-cacheable walks",
	.finding = "stale-memory-read")
{
	uint64_t *word = zero_line();
	struct upper upper;

	if (!upper_open(&upper, WALK_NC))
		SKIP("pages are not 4 KiB");
	upper.table[0] = upper_descriptor(SH_INNER);
	/* The entry is written; where it is, this does not say. */
	dsb(ishst);
	isb();
	*word = 7;
	OBSERVE(*(volatile uint64_t *)upper.word, 7u);
	upper_close(&upper);
}

TEST(twins, good_stale_memory_read_walk, .doc = "the descriptor is cleaned to the PoC")
{
	uint64_t *word = zero_line();
	struct upper upper;

	if (!upper_open(&upper, WALK_NC))
		SKIP("pages are not 4 KiB");
	upper.table[0] = upper_descriptor(SH_INNER);
	DC(cvac, upper.table);
	/* The entry is in memory before the walk. */
	dsb(ish);
	isb();
	*word = 7;
	EXPECT_EQ(*(volatile uint64_t *)upper.word, 7u);
	upper_close(&upper);
}

static uint64_t secondary_saw;

static void read_uncached(void *word)
{
	uint64_t seen;

	FINDING_HERE_OF(bad_stale_memory_read_secondary, seen = ACROSS_(MMU, word, 0ul, "", LOAD, ""));
	secondary_saw = seen;
}

TEST(twins, bad_stale_memory_read_secondary, .doc = "another CPU reads with its MMU off what we have not cleaned",
	.cpus = 2, .finding = "stale-memory-read")
{
	uint64_t *word = zero_line();

	*word = 6;
	on_cpu(1, read_uncached, word);
	OBSERVED(secondary_saw, 6u);
}

TEST(twins, good_stale_memory_read_secondary, .doc = "it is cleaned before the other CPU reads it", .cpus = 2)
{
	uint64_t *word = zero_line();

	*word = 6;
	dcache_clean_poc(word, sizeof(*word));
	on_cpu(1, read_uncached, word);
	EXPECT_EQ(secondary_saw, 6u);
}

/*
 * set-way-reliance: DC by set and way is for a CPU alone, and works only if it leaves nothing out.
 */

static void clean_level(unsigned int level)
{
	bool wide = sysreg_field(read_sysreg_s(ID_AA64MMFR2_EL1), 20, 4); /* FEAT_CCIDX */

	write_sysreg(level << 1, csselr_el1);
	/* CSSELR selects what CCSIDR is. */
	isb();

	uint64_t ccsidr = read_sysreg(ccsidr_el1);
	uint64_t sets = (wide ? sysreg_field(ccsidr, 32, 24) : sysreg_field(ccsidr, 13, 15)) + 1;
	uint64_t ways = (wide ? sysreg_field(ccsidr, 3, 21) : sysreg_field(ccsidr, 3, 10)) + 1;
	unsigned int set_shift = (ccsidr & 7) + 4, way_shift = 32;

	while (way_shift && (1ull << (32 - way_shift)) < ways)
		way_shift--;
	for (uint64_t way = 0; way < ways; way++)
		for (uint64_t set = 0; set < sets; set++)
			DC(csw, way << way_shift | set << set_shift | level << 1);
}

/* Levels of data and unified caches below the point of coherency, but for the last `missing` ones. */
static void clean_by_set_and_way(unsigned int missing)
{
	uint64_t clidr = read_sysreg(clidr_el1);
	unsigned int levels = sysreg_field(clidr, 24, 3);

	for (unsigned int level = 0; level + missing < levels; level++)
		if (sysreg_field(clidr, 3 * level, 3) >= 2)
			clean_level(level);
	/* The cleaning before what reads memory. */
	dsb(sy);
}

static bool has_levels(unsigned int levels)
{
	return sysreg_field(read_sysreg(clidr_el1), 24, 3) >= levels;
}

TEST(twins, bad_set_way_reliance, .doc = "a set/way loop that leaves the last level out", .finding = "set-way-reliance")
{
	uint64_t *word = zero_line();

	if (!has_levels(2))
		SKIP("the caches have one level");
	*word = 8;
	clean_by_set_and_way(1);
	OBSERVE(ACROSS_(MMU, word, 0ul, "", LOAD, ""), 8u);
}

TEST(twins, good_set_way_reliance, .doc = "a set/way loop over all levels, by the only CPU")
{
	uint64_t *word = zero_line();

	if (!has_levels(2))
		SKIP("the caches have one level");
	if (cpu_count() > 1)
		SKIP("another CPU may have its caches on");
	*word = 8;
	clean_by_set_and_way(0);
	EXPECT_EQ(ACROSS_(MMU, word, 0ul, "", LOAD, ""), 8u);
}

static void nothing(void *arg)
{
	(void)arg;
}

TEST(twins, bad_set_way_reliance_smp, .doc = "a set/way loop while another CPU has its caches on", .cpus = 2,
	.finding = "set-way-reliance")
{
	uint64_t *word = zero_line();

	on_cpu(1, nothing, NULL);
	*word = 8;
	clean_by_set_and_way(0);
	OBSERVE(ACROSS_(MMU, word, 0ul, "", LOAD, ""), 8u);
}

TEST(twins, good_set_way_reliance_smp, .doc = "the other CPU is off before the loop", .cpus = 2, .needs = "psci")
{
	uint64_t *word = zero_line();

	on_cpu(1, nothing, NULL);
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		cpu_stop(cpu);
	*word = 8;
	clean_by_set_and_way(0);
	EXPECT_EQ(ACROSS_(MMU, word, 0ul, "", LOAD, ""), 8u);
}
