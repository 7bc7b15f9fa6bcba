/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Caches: what the registers say of them is consistent, and data is handed over between cacheable and non-cacheable
 * eyes and between CPUs with the maintenance that the architecture asks for, and no more.
 *
 * On a machine without caches, as an emulator is, the second part passes whatever it does. Each of those tests has a
 * bad twin in twins_cache.c, which the sanitizer reports.
 */
#include <arch/barrier.h>
#include <arch/feature.h>
#include <arch/sysreg.h>
#include <limpid/bitops.h>
#include <limpid/cache.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/smp.h>
#include <limpid/string.h>
#include <limpid/test.h>
#include "twin.h"

#define SOURCE_CTR   "Arm ARM (DDI 0487), CTR_EL0, Cache Type Register"
#define SOURCE_CLIDR "Arm ARM (DDI 0487), CLIDR_EL1, Cache Level ID Register"
#define SOURCE_DC    "Arm ARM (DDI 0487), The AArch64 cache maintenance functionality"
#define SOURCE_ALIAS "Arm ARM (DDI 0487), Mismatched memory attributes"

#define CTR_IMINLINE GENMASK(3, 0)
#define CTR_L1IP     GENMASK(15, 14)
#define CTR_DMINLINE GENMASK(19, 16)
#define CTR_ERG      GENMASK(23, 20)
#define CTR_CWG      GENMASK(27, 24)
#define CTR_IDC      BIT(28)
#define CTR_DIC      BIT(29)

#define CLIDR_CTYPE(clidr, level) ((clidr) >> (3 * ((level)-1)) & 7)
#define CLIDR_LOUIS               GENMASK(23, 21)
#define CLIDR_LOC                 GENMASK(26, 24)
#define CLIDR_LOUU                GENMASK(29, 27)

enum { CTYPE_NONE, CTYPE_I, CTYPE_D, CTYPE_BOTH, CTYPE_UNIFIED, CTYPE_COUNT };

TEST(cache, ctr, .doc = "CTR_EL0: lines are no longer than the granules, policies are those of Armv8",
	.source = SOURCE_CTR)
{
	uint64_t ctr = read_sysreg(ctr_el0), cwg = FIELD_GET(CTR_CWG, ctr), erg = FIELD_GET(CTR_ERG, ctr);

	INFO("CTR_EL0 0x%lx: data line %zu, instruction line %zu, IDC %u, DIC %u", ctr, dcache_line_size(),
		icache_line_size(), !!(ctr & CTR_IDC), !!(ctr & CTR_DIC));
	EXPECT_EQ(ctr >> 31 & 1, 1u);
	/* VIPT or PIPT. */
	EXPECT_GE(FIELD_GET(CTR_L1IP, ctr), 2u);
	/* Words, as log2; 0 says that the register does not tell: 512 words are the most. */
	EXPECT_LE(cwg, 9u);
	EXPECT_LE(erg, 9u);
	if (cwg)
		EXPECT_LE(FIELD_GET(CTR_DMINLINE, ctr), cwg);
	EXPECT_GE(dcache_line_size(), 16u);
	EXPECT_GE(icache_line_size(), 16u);
}

TEST(cache, clidr, .doc = "CLIDR_EL1: levels without a gap, of known types; LoUU and LoUIS are not above LoC",
	.source = SOURCE_CLIDR)
{
	uint64_t clidr = read_sysreg(clidr_el1), loc = FIELD_GET(CLIDR_LOC, clidr);
	unsigned int levels = 0;

	INFO("CLIDR_EL1 0x%lx", clidr);
	for (unsigned int level = 1; level <= 7; level++) {
		EXPECT_LT(CLIDR_CTYPE(clidr, level), (uint64_t)CTYPE_COUNT);
		if (CLIDR_CTYPE(clidr, level)) {
			EXPECT_EQ(levels, level - 1);
			levels = level;
		}
	}
	EXPECT_LE(loc, (uint64_t)levels);
	EXPECT_LE(FIELD_GET(CLIDR_LOUU, clidr), loc);
	EXPECT_LE(FIELD_GET(CLIDR_LOUIS, clidr), loc);
}

static uint64_t ccsidr_of(unsigned int level, bool instruction)
{
	write_sysreg((uint64_t)(level - 1) << 1 | instruction, csselr_el1);
	/* The selection before the read. */
	isb();
	return read_sysreg(ccsidr_el1);
}

TEST(cache, ccsidr, .doc = "CCSIDR_EL1 of each cache: no line is shorter than CTR_EL0 says",
	.source = "Arm ARM (DDI 0487), CCSIDR_EL1, Current Cache Size ID Register")
{
	uint64_t ctr = read_sysreg(ctr_el0), clidr = read_sysreg(clidr_el1);
	bool ccidx = sysreg_field(read_sysreg_s(ID_AA64MMFR2_EL1), 20, 4);

	for (unsigned int level = 1; level <= 7; level++) {
		unsigned int type = CLIDR_CTYPE(clidr, level);

		for (unsigned int instruction = 0; instruction < 2; instruction++) {
			uint64_t ccsidr, line, ways, sets;

			if (instruction ? type != CTYPE_I && type != CTYPE_BOTH : type < CTYPE_D)
				continue;
			ccsidr = ccsidr_of(level, instruction);
			line = 16ul << (ccsidr & 7);
			ways = (ccidx ? FIELD_GET(GENMASK(23, 3), ccsidr) : FIELD_GET(GENMASK(12, 3), ccsidr)) + 1;
			sets = (ccidx ? FIELD_GET(GENMASK(55, 32), ccsidr) : FIELD_GET(GENMASK(27, 13), ccsidr)) + 1;
			INFO("level %u, %s: %lu bytes x %lu ways x %lu sets", level,
				instruction             ? "instructions"
				: type == CTYPE_UNIFIED ? "unified"
							: "data",
				line, ways, sets);
			EXPECT_GE(line, 4ul << FIELD_GET(CTR_DMINLINE, ctr) * !instruction);
			if (instruction)
				EXPECT_GE(line, 4ul << FIELD_GET(CTR_IMINLINE, ctr));
		}
	}
}

static uint64_t ctrs[64];

static void note_ctr(void *arg)
{
	(void)arg;
	ctrs[cpu_index()] = read_sysreg(ctr_el0);
}

TEST(cache, ctr_each_cpu, .doc = "a loop by the boot CPU's line sizes does for all CPUs", .cpus = 2,
	.source = SOURCE_CTR)
{
	on_each_cpu(note_ctr, NULL);
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++) {
		/* A longer line on another CPU is maintained in full by any address in it; a shorter one is not. */
		EXPECT_GE(FIELD_GET(CTR_DMINLINE, ctrs[cpu]), FIELD_GET(CTR_DMINLINE, ctrs[0]));
		EXPECT_GE(FIELD_GET(CTR_IMINLINE, ctrs[cpu]), FIELD_GET(CTR_IMINLINE, ctrs[0]));
		EXPECT_EQ(ctrs[cpu] & (CTR_IDC | CTR_DIC), ctrs[0] & (CTR_IDC | CTR_DIC));
	}
}

/*
 * Data.
 */

#define WORDS 64

static void fill(volatile uint64_t *words, uint64_t seed)
{
	for (unsigned int i = 0; i < WORDS; i++)
		words[i] = seed + i;
}

static unsigned int first_difference(const volatile uint64_t *words, uint64_t seed)
{
	for (unsigned int i = 0; i < WORDS; i++)
		if (words[i] != seed + i)
			return i;
	return WORDS;
}

static void maintain(void *arg)
{
	struct alias *a = arg;

	fill(a->cached, 0x100 * cpu_index());
	DC(cvau, a->cached);
	DC(cvac, a->cached);
	DC(civac, a->cached);
	dsb(sy);
	EXPECT_EQ(first_difference(a->cached, 0x100 * cpu_index()), (unsigned int)WORDS);
	/* Nobody needs the lines any more: memory has their bytes, for the next CPU. */
	dcache_clean_invalidate_poc(a->cached, WORDS * 8);
	EXPECT_EQ(first_difference(a->other, 0x100 * cpu_index()), (unsigned int)WORDS);
}

TEST(cache, by_va_each_cpu, .doc = "DC by VA on each CPU: no byte changes, and memory has what was written",
	.source = SOURCE_DC)
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		on_cpu(cpu, maintain, &a);
	alias_close(&a);
}

TEST(cache, to_memory, .doc = "DC CVAC: what was written through the cache is read beside it", .source = SOURCE_ALIAS)
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	for (uint64_t round = 1; round <= 4; round++) {
		fill(a.cached, round * 1000);
		dcache_clean_poc(a.cached, WORDS * 8);
		EXPECT_EQ(first_difference(a.other, round * 1000), (unsigned int)WORDS);
	}
	alias_close(&a);
}

TEST(cache, from_memory, .doc = "DC IVAC: what was written beside the cache is read through it", .source = SOURCE_ALIAS)
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	for (uint64_t round = 1; round <= 4; round++) {
		/* A copy of the old value, which must not be read below. */
		*a.cached;
		fill(a.other, round * 1000);
		dcache_invalidate_poc(a.cached, WORDS * 8);
		EXPECT_EQ(first_difference(a.cached, round * 1000), (unsigned int)WORDS);
	}
	alias_close(&a);
}

TEST(cache, ping_pong, .doc = "a buffer changes hands between cacheable and non-cacheable writers, and nothing is lost",
	.source = SOURCE_ALIAS)
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	for (uint64_t round = 1; round <= 8; round++) {
		fill(a.cached, round * 1000);
		/* Not dirty any more, or its eviction would undo what is written below. */
		dcache_clean_invalidate_poc(a.cached, WORDS * 8);
		EXPECT_EQ(first_difference(a.other, round * 1000), (unsigned int)WORDS);
		fill(a.other, round * 2000);
		dcache_invalidate_poc(a.cached, WORDS * 8);
		EXPECT_EQ(first_difference(a.cached, round * 2000), (unsigned int)WORDS);
	}
	alias_close(&a);
}

struct hand_over {
	struct alias alias;
	uint32_t ready;
};

static void write_and_clean(void *arg)
{
	struct hand_over *h = arg;

	fill(h->alias.cached, 0x4000);
	dcache_clean_poc(h->alias.cached, WORDS * 8);
	store_release(&h->ready, 1);
}

TEST(cache, other_cpu_cleans, .doc = "another CPU writes through its cache and cleans; this one reads beside the cache",
	.cpus = 2, .source = SOURCE_DC)
{
	struct hand_over h = {.ready = 0};

	alias_open(&h.alias, MEM_NORMAL_NC);
	on_cpu_async(1, write_and_clean, &h);
	while (!load_acquire(&h.ready))
		cpu_relax();
	EXPECT_EQ(first_difference(h.alias.other, 0x4000), (unsigned int)WORDS);
	cpu_wait(1);
	alias_close(&h.alias);
}

static void only_write(void *arg)
{
	struct hand_over *h = arg;

	fill(h->alias.cached, 0x5000);
	store_release(&h->ready, 1);
}

TEST(cache, clean_for_other_cpu,
	.doc = "another CPU writes through its cache; this one cleans, since DC by VA to the PoC is for all", .cpus = 2,
	.source = SOURCE_DC)
{
	struct hand_over h = {.ready = 0};

	alias_open(&h.alias, MEM_NORMAL_NC);
	on_cpu_async(1, only_write, &h);
	while (!load_acquire(&h.ready))
		cpu_relax();
	dcache_clean_poc(h.alias.cached, WORDS * 8);
	EXPECT_EQ(first_difference(h.alias.other, 0x5000), (unsigned int)WORDS);
	cpu_wait(1);
	alias_close(&h.alias);
}

TEST(cache, edges, .doc = "an invalidation of a part of a line keeps what lies beside it in the line",
	.source = SOURCE_DC)
{
	struct alias a;
	size_t line = cache_writeback_granule();
	volatile uint8_t *bytes;

	alias_open(&a, MEM_NORMAL_NC);
	bytes = (volatile uint8_t *)a.cached;
	memset((void *)bytes, 0x11, 3 * line);
	/* What the range touches at its edges is cleaned, not thrown away. */
	dcache_invalidate_poc(bytes + line / 2, line);
	EXPECT_EQ(bytes[line / 2 - 1], 0x11);
	EXPECT_EQ(bytes[line / 2 + line], 0x11);
	alias_close(&a);
}

static size_t zva_size(void)
{
	uint64_t dczid = read_sysreg(dczid_el0);

	if (dczid & 0x10)
		SKIP("DC ZVA is prohibited here (DCZID_EL0.DZP)");
	return 4ul << (dczid & 0xf);
}

TEST(cache, zva,
	.doc = "DC ZVA zeroes the block that its address is in, and no other byte; memory has it after a clean",
	.source = "Arm ARM (DDI 0487), DC ZVA, Data Cache Zero by VA; DCZID_EL0")
{
	struct alias a;
	size_t size = zva_size();
	uint8_t *bytes;

	EXPECT_GE(size, 16u);
	EXPECT_LE(size, 2048u);
	alias_open(&a, MEM_NORMAL_NC);
	bytes = (uint8_t *)a.cached;
	for (size_t offset = 0; offset < size; offset += size - 1) {
		memset(bytes, 0x33, 3 * size);
		DC(zva, bytes + size + offset);
		for (size_t i = 0; i < 3 * size; i++)
			ASSERT_EQ(bytes[i], i / size == 1 ? 0 : 0x33);
	}
	dcache_clean_poc(bytes, 3 * size);
	EXPECT_EQ(((volatile uint8_t *)a.other)[size - 1], 0x33);
	EXPECT_EQ(((volatile uint8_t *)a.other)[size], 0);
	EXPECT_EQ(((volatile uint8_t *)a.other)[2 * size - 1], 0);
	EXPECT_EQ(((volatile uint8_t *)a.other)[2 * size], 0x33);
	alias_close(&a);
}

static uint64_t dczids[64];

static void note_dczid(void *arg)
{
	(void)arg;
	dczids[cpu_index()] = read_sysreg(dczid_el0);
}

TEST(cache, zva_each_cpu,
	.doc = "DCZID_EL0 is the same on all CPUs, or code that goes from one to another zeroes too much or too little",
	.cpus = 2, .source = "Arm ARM (DDI 0487), DCZID_EL0, Data Cache Zero ID register")
{
	on_each_cpu(note_dczid, NULL);
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		EXPECT_EQ(dczids[cpu], dczids[0]);
}

TEST(cache, persistence, .doc = "DC CVAP leaves data as it is, and memory has it", .needs = "dpb",
	.source = "Arm ARM (DDI 0487), DC CVAP, Data or unified Cache line Clean by VA to PoP")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	*a.cached = 0x6000;
	/* By encoding: SYS #3, C7, C12, #1. */
	asm volatile("sys #3, c7, c12, #1, %0" ::"r"(a.cached) : "memory");
	dsb(sy);
	EXPECT_EQ(*a.cached, 0x6000u);
	/* The PoP is at the PoC or behind it, but only a clean to the PoC says so of any cache on the way. */
	DC(cvac, a.cached);
	dsb(sy);
	EXPECT_EQ(*a.other, 0x6000u);
	alias_close(&a);
}
