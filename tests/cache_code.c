/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Code that changes: with the maintenance that CTR_EL0.IDC and DIC ask for and no more, on this CPU and for others.
 *
 * Their bad twins are in twins_cache.c.
 */
#include <arch/barrier.h>
#include <arch/sysreg.h>
#include <limpid/bitops.h>
#include <limpid/boot.h>
#include <limpid/smp.h>
#include <limpid/test.h>
#include "code.h"
#include "twin.h"

#define SOURCE "Arm ARM (DDI 0487), Concurrent modification and execution of instructions; CTR_EL0, IDC, DIC"

#define ROUNDS 64
/* Each wants two CPUs to run in turn, which threads of an emulator may take milliseconds for. */
#define PAIR_ROUNDS 12

TEST(cache, code, .doc = "code that is patched is what runs, each time", .source = SOURCE)
{
	struct code code;

	code_open(&code);
	for (uint32_t i = 1; i <= ROUNDS; i++) {
		code.words[0] = INSN_MOVZ(i);
		icache_sync(va_ptr(code.va), 4);
		ASSERT_EQ(code.run(), i);
	}
	code_close(&code);
}

/* The whole instruction cache instead of one address. */
#define SYNC_ALL(name, ic, shareability)                                                             \
	static void name(struct code *code)                                                          \
	{                                                                                            \
		/* The store is where fetches look before the instruction cache is emptied. */       \
		if (!(read_sysreg(ctr_el0) & BIT(28)))                                               \
			DC(cvau, code->words);                                                       \
		dsb(ish);                                                                            \
		/* It is empty before the next fetch, and what was fetched before is thrown away. */ \
		asm volatile("ic " #ic "\n\tdsb " #shareability "\n\tisb" ::: "memory");             \
	}

SYNC_ALL(sync_iallu, iallu, nsh)
SYNC_ALL(sync_ialluis, ialluis, ish)

static void check_sync(void (*sync)(struct code *))
{
	struct code code;

	code_open(&code);
	for (uint32_t i = 1; i <= ROUNDS; i++) {
		code.words[0] = INSN_MOVZ(i);
		sync(&code);
		ASSERT_EQ(code.run(), i);
	}
	code_close(&code);
}

TEST(cache, code_iallu, .doc = "IC IALLU: code that is patched is what this CPU runs", .source = SOURCE)
{
	check_sync(sync_iallu);
}

TEST(cache, code_ialluis, .doc = "IC IALLUIS: code that is patched is what runs", .source = SOURCE)
{
	check_sync(sync_ialluis);
}

static void sync_clean_pou(struct code *code)
{
	if (read_sysreg(ctr_el0) & BIT(28))
		dsb(ish); /* the store is in memory as instruction fetches see it: IDC asks for no more */
	else
		dcache_clean_pou(code->words, 4);
	/* The IC is done before the next fetch, and what was fetched before is thrown away. */
	asm volatile("ic ivau, %0\n\tdsb ish\n\tisb" ::"r"(code->va.va) : "memory");
}

TEST(cache, code_clean_pou, .doc = "dcache_clean_pou() and IC IVAU: code that is patched is what runs",
	.source = SOURCE)
{
	check_sync(sync_clean_pou);
}

TEST(cache, code_each_cpu, .doc = "every CPU patches and runs code of its own", .source = SOURCE)
{
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		on_cpu(cpu, (void (*)(void *))test_code, NULL);
}

/* One CPU writes and tells, the other one runs. */
struct pair {
	struct code code;
	uint32_t told, done, result;
};

static void run_when_told(void *arg)
{
	struct pair *p = arg;

	for (uint32_t i = 1; i <= PAIR_ROUNDS; i++) {
		while (load_acquire(&p->told) != i)
			cpu_relax();
		/* What this CPU fetched before it was told is thrown away: the writer's IC cannot do that. */
		isb();
		p->result = p->code.run();
		store_release(&p->done, i);
	}
}

static void check_pair(void (*sync)(struct code *))
{
	struct pair p = {.told = 0};

	code_open(&p.code);
	on_cpu_async(1, run_when_told, &p);
	for (uint32_t i = 1; i <= PAIR_ROUNDS; i++) {
		p.code.words[0] = INSN_MOVZ(i * 3);
		sync(&p.code);
		store_release(&p.told, i);
		while (load_acquire(&p.done) != i)
			cpu_relax();
		EXPECT_EQ(p.result, i * 3);
	}
	cpu_wait(1);
	code_close(&p.code);
}

static void sync_by_va(struct code *code)
{
	icache_sync(va_ptr(code->va), 4);
}

TEST(cache, code_other_cpu, .doc = "code that one CPU patches is what another runs, after an ISB of its own", .cpus = 2,
	.source = SOURCE)
{
	check_pair(sync_by_va);
}

TEST(cache, code_other_cpu_ialluis, .doc = "the same, with IC IALLUIS", .cpus = 2, .source = SOURCE)
{
	check_pair(sync_ialluis);
}

/*
 * A branch and a NOP may be exchanged under a CPU that runs them. An odd number says that a change is under way, an
 * even one that it is complete.
 */
struct race {
	struct code code;
	uint32_t change, seen, stop, strange, stale;
};

static void keep_running(void *arg)
{
	struct race *r = arg;

	while (!load_acquire(&r->stop)) {
		uint32_t change = load_acquire(&r->change), got;

		/* A change that is complete is what runs from here on. */
		isb();
		got = r->code.run();
		if (got != 1 && got != 2)
			r->strange = got;
		if (change & 1 || change == r->seen)
			continue;
		r->stale += got != 1 + (change / 2 & 1);
		store_release(&r->seen, change);
	}
}

TEST(cache, code_while_it_runs,
	.doc = "a NOP and a branch are exchanged while another CPU runs them: it does one or the other, and then the "
	       "new one",
	.cpus = 2, .source = "Arm ARM (DDI 0487), Concurrent modification and execution of instructions")
{
	static struct race r;

	r = (struct race){.change = 0};
	code_open(&r.code);
	r.code.words[0] = INSN_NOP;
	r.code.words[1] = INSN_MOVZ(1);
	r.code.words[2] = INSN_RETURN;
	r.code.words[3] = INSN_MOVZ(2);
	r.code.words[4] = INSN_RETURN;
	icache_sync(va_ptr(r.code.va), 20);
	on_cpu_async(1, keep_running, &r);
	for (uint32_t i = 1; i <= PAIR_ROUNDS; i++) {
		store_release(&r.change, 2 * i - 1);
		r.code.words[0] = i & 1 ? INSN_B(3) : INSN_NOP;
		icache_sync(va_ptr(r.code.va), 4);
		store_release(&r.change, 2 * i);
		while (load_acquire(&r.seen) != 2 * i)
			cpu_relax();
	}
	store_release(&r.stop, 1);
	cpu_wait(1);
	EXPECT_EQ(r.strange, 0u);
	EXPECT_EQ(r.stale, 0u);
	code_close(&r.code);
}

TEST(cache, code_from_memory,
	.doc = "code that was written beside the cache is what runs: invalidated to the PoC first", .source = SOURCE)
{
	struct alias a;
	va_t va = mmu_reserve_va(page_size());

	alias_open(&a, MEM_NORMAL_NC);
	mmu_map(va, a.page, page_size(), MEM_NORMAL_WB, PROT_EXEC);
	for (uint32_t i = 1; i <= 8; i++) {
		volatile uint32_t *words = (volatile uint32_t *)a.other;

		words[0] = INSN_MOVZ(i);
		words[1] = INSN_RETURN;
		/* No data or unified cache has an old copy of it, for the instruction cache to be filled from. */
		dcache_invalidate_poc(a.cached, dcache_line_size());
		icache_sync(va_ptr(va), 8);
		EXPECT_EQ(((uint32_t(*)(void))va.va)(), i);
	}
	mmu_unmap(va, page_size());
	alias_close(&a);
}

TEST(cache, code_two_addresses, .doc = "code that is at two addresses is patched at both by maintenance of each",
	.source = SOURCE)
{
	struct code code;
	va_t second = mmu_reserve_va(page_size());

	code_open(&code);
	mmu_map(second, code.page, page_size(), MEM_NORMAL_WB, PROT_EXEC);
	for (uint32_t i = 1; i <= 8; i++) {
		code.words[0] = INSN_MOVZ(i);
		/* A VIPT instruction cache may have a copy for each address. */
		icache_sync(va_ptr(code.va), 4);
		icache_sync(va_ptr(second), 4);
		EXPECT_EQ(code.run(), i);
		EXPECT_EQ(((uint32_t(*)(void))second.va)(), i);
	}
	mmu_unmap(second, page_size());
	code_close(&code);
}
