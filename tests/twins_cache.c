/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bad twins of cache.c and cache_code.c: each makes one mistake that those avoid. They pass whatever they read, and
 * the sanitizer is to find them: see twins.c, which has the kinds in their simplest form. The comments name the good
 * ones.
 */
#include <limpid/boot.h>
#include <limpid/smp.h>
#include "code.h"
#include "twin.h"

struct hand_over {
	struct alias alias;
	uint32_t ready;
};

/* cache.other_cpu_cleans, cache.clean_for_other_cpu */

static void only_write(void *arg)
{
	struct hand_over *h = arg;

	*h->alias.cached = 0x4000;
	store_release(&h->ready, 1);
}

TEST(twins.cache, bad_stale_memory_read_other_cpu, .doc = "another CPU writes through its cache, and nobody cleans",
	.cpus = 2, .finding = "stale-memory-read")
{
	struct hand_over h = {.ready = 0};

	alias_open(&h.alias, MEM_NORMAL_NC);
	on_cpu_async(1, only_write, &h);
	while (!load_acquire(&h.ready))
		cpu_relax();
	OBSERVE(*h.alias.other, 0x4000u);
	cpu_wait(1);
	alias_close(&h.alias);
}

static void write_and_clean_without_dsb(void *arg)
{
	struct hand_over *h = arg;

	*h->alias.cached = 0x4100;
	DC(cvac, h->alias.cached);
	store_release(&h->ready, 1);
	while (load_acquire(&h->ready) != 2)
		cpu_relax();
}

TEST(twins.cache, bad_incomplete_maintenance_other_cpu,
	.doc = "another CPU cleans and tells without a DSB: a store-release does not wait for a DC", .cpus = 2,
	.finding = "incomplete-maintenance")
{
	struct hand_over h = {.ready = 0};

	alias_open(&h.alias, MEM_NORMAL_NC);
	on_cpu_async(1, write_and_clean_without_dsb, &h);
	while (!load_acquire(&h.ready))
		cpu_relax();
	OBSERVE(*h.alias.other, 0x4100u);
	store_release(&h.ready, 2);
	cpu_wait(1);
	alias_close(&h.alias);
}

/* cache.to_memory: the last line is forgotten. */

TEST(twins.cache, bad_stale_memory_read_last_line, .doc = "a clean that ends one line too early",
	.finding = "stale-memory-read")
{
	struct alias a;
	size_t line = dcache_line_size();

	alias_open(&a, MEM_NORMAL_NC);
	a.cached[0] = 0x7001;
	a.cached[line / 8] = 0x7002;
	dcache_clean_poc(a.cached, line);
	EXPECT_EQ(a.other[0], 0x7001u);
	OBSERVE(a.other[line / 8], 0x7002u);
	alias_close(&a);
}

/* cache.from_memory: invalidated before the write instead of behind it. */

TEST(twins.cache, bad_stale_cache_read_too_early,
	.doc = "an invalidation before the non-cacheable write: the line may come back", .finding = "stale-cache-read")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	EXPECT_EQ(*a.cached, 0u);
	dcache_invalidate_poc(a.cached, 8);
	*a.other = 0x7100;
	dsb(sy);
	OBSERVE(*a.cached, 0x7100u);
	alias_close(&a);
}

/* cache.ping_pong: a clean keeps the line; but it is clean, so that it can only be stale. */

TEST(twins.cache, bad_stale_cache_read_clean_only, .doc = "a buffer is cleaned where it should be invalidated too",
	.finding = "stale-cache-read")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	*a.cached = 0x7200;
	dcache_clean_poc(a.cached, 8);
	*a.other = 0x7201;
	dsb(sy);
	OBSERVE(*a.cached, 0x7201u);
	alias_close(&a);
}

TEST(twins.cache, bad_lost_write_neighbour, .doc = "a non-cacheable write beside dirty bytes of the same line",
	.finding = "lost-write")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	a.cached[1] = 0x7300;
	a.other[0] = 0x7301;
	dsb(sy);
	OBSERVE(a.other[0], 0x7301u);
	alias_close(&a);
}

/* cache.edges */

TEST(twins.cache, bad_discarded_write_edge,
	.doc = "an invalidation of a part of a line throws away what lies beside it", .finding = "discarded-write")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	a.cached[0] = 0x7400;
	a.cached[1] = 0x7401;
	DC(ivac, &a.cached[1]);
	dsb(sy);
	OBSERVE(a.cached[0], 0x7400u);
	alias_close(&a);
}

/* cache.zva, cache.persistence */

TEST(twins.cache, bad_stale_memory_read_zva,
	.doc = "DC ZVA is a write through the cache: memory has the zeroes after a clean",
	.finding = "stale-memory-read")
{
	struct alias a;

	if (read_sysreg(dczid_el0) & 0x10)
		SKIP("DC ZVA is prohibited here (DCZID_EL0.DZP)");
	alias_open(&a, MEM_NORMAL_NC);
	*a.cached = 0x7500;
	dcache_clean_poc(a.cached, 8);
	DC(zva, a.cached);
	dsb(sy);
	OBSERVE(*a.other, 0u);
	alias_close(&a);
}

/*
 * Code. What is wrong depends on the CPU: CTR_EL0.IDC says that nothing is to be cleaned for fetches, DIC that nothing
 * is to be invalidated. The finding is at the code that the test wrote, which has no line.
 */

static void need_clean(void)
{
	if (read_sysreg(ctr_el0) >> 28 & 1)
		SKIP("this CPU's fetches see what was stored (CTR_EL0.IDC): there is no mistake to make");
}

static void need_invalidate(void)
{
	if (read_sysreg(ctr_el0) >> 29 & 1)
		SKIP("this CPU's instruction caches follow by themselves (CTR_EL0.DIC): there is no mistake to make");
}

/* cache.code */

TEST(twins.cache, bad_stale_fetch_no_clean, .doc = "code is patched and not cleaned to the PoU",
	.finding = "stale-fetch")
{
	struct code code;
	uint32_t got;

	need_clean();
	code_open(&code);
	code.words[0] = INSN_MOVZ(1);
	dsb(ish);
	asm volatile("ic ivau, %0\n\tdsb ish\n\tisb" ::"r"(code.va.va) : "memory");
	got = code.run();
	OBSERVED(got, 1u);
	code_close(&code);
}

TEST(twins.cache, bad_stale_fetch_no_ic, .doc = "code is patched and cleaned, and the instruction cache keeps the old",
	.finding = "stale-fetch")
{
	struct code code;
	uint32_t got;

	need_invalidate();
	code_open(&code);
	EXPECT_EQ(code.run(), 0u);
	code.words[0] = INSN_MOVZ(1);
	dcache_clean_pou(code.words, 4);
	isb();
	got = code.run();
	OBSERVED(got, 1u);
	code_close(&code);
}

TEST(twins.cache, bad_stale_fetch_no_dsb,
	.doc = "the IC is not behind a DSB: the instruction cache may be filled with the old", .finding = "stale-fetch")
{
	struct code code;
	uint32_t got;

	need_clean();
	need_invalidate();
	code_open(&code);
	EXPECT_EQ(code.run(), 0u);
	code.words[0] = INSN_MOVZ(1);
	DC(cvau, code.words);
	asm volatile("ic ivau, %0\n\tdsb ish\n\tisb" ::"r"(code.va.va) : "memory");
	got = code.run();
	OBSERVED(got, 1u);
	code_close(&code);
}

TEST(twins.cache, bad_unsynchronized_fetch_no_isb,
	.doc = "code is patched and maintained, without an ISB before it runs", .finding = "unsynchronized-fetch")
{
	struct code code;
	uint32_t got;

	code_open(&code);
	EXPECT_EQ(code.run(), 0u);
	code.words[0] = INSN_MOVZ(1);
	dcache_clean_pou(code.words, 4);
	asm volatile("ic ivau, %0\n\tdsb ish" ::"r"(code.va.va) : "memory");
	got = code.run();
	OBSERVED(got, 1u);
	code_close(&code);
}

/* cache.code_other_cpu, cache.code_iallu */

struct pair {
	struct code code;
	uint32_t told, result;
};

static void run_when_told(void *arg)
{
	struct pair *p = arg;

	p->result = p->code.run();
	store_release(&p->told, 1);
	while (load_acquire(&p->told) != 2)
		cpu_relax();
	p->result = p->code.run();
}

static void check_pair(void (*sync)(struct pair *))
{
	struct pair p = {.told = 0};

	code_open(&p.code);
	on_cpu_async(1, run_when_told, &p);
	while (!load_acquire(&p.told))
		cpu_relax();
	p.code.words[0] = INSN_MOVZ(9);
	sync(&p);
	store_release(&p.told, 2);
	cpu_wait(1);
	OBSERVED(p.result, 9u);
	code_close(&p.code);
}

static void sync_here(struct pair *p)
{
	icache_sync(va_ptr(p->code.va), 4);
}

TEST(twins.cache, bad_unsynchronized_fetch_other_cpu,
	.doc = "the CPU that runs patched code does no ISB: the writer's is no help", .cpus = 2,
	.finding = "unsynchronized-fetch")
{
	check_pair(sync_here);
}

static void sync_local(struct pair *p)
{
	dcache_clean_pou(p->code.words, 4);
	/* IALLU is for this CPU alone. */
	asm volatile("ic iallu\n\tdsb ish\n\tisb" ::: "memory");
}

TEST(twins.cache, bad_stale_fetch_local,
	.doc = "the instruction cache of the CPU that writes is emptied, and not the other's", .cpus = 2,
	.finding = "stale-fetch")
{
	need_invalidate();
	check_pair(sync_local);
}

/* cache.code_from_memory */

TEST(twins.cache, bad_stale_fetch_beside_cache,
	.doc = "code is written beside the cache, whose old copy fills the instruction cache", .finding = "stale-fetch")
{
	struct alias a;
	va_t va = mmu_reserve_va(page_size());
	volatile uint32_t *words;
	uint32_t got;

	if (options.check)
		SKIP("the sanitizer does not yet judge fetches of what was written beside the cache");
	alias_open(&a, MEM_NORMAL_NC);
	words = (volatile uint32_t *)a.cached;
	words[0] = INSN_MOVZ(0);
	words[1] = INSN_RETURN;
	dcache_clean_poc(words, 8);
	mmu_map(va, a.page, page_size(), MEM_NORMAL_WB, PROT_EXEC);
	*(volatile uint32_t *)a.other = INSN_MOVZ(1);
	dsb(sy);
	asm volatile("ic ivau, %0\n\tdsb ish\n\tisb" ::"r"(va.va) : "memory");
	got = ((uint32_t(*)(void))va.va)();
	OBSERVED(got, 1u);
	mmu_unmap(va, page_size());
	alias_close(&a);
}
