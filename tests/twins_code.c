/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Twins of instructions that are written and then executed: twin.h says what twins are.
 *
 * The code is a function of two instructions that returns a number. What is written is another number, and either is
 * harmless: a machine that executes the old one returns the old one. The finding is in memory that the test has got,
 * where no line is; so that of the call is marked.
 */
#include <limpid/smp.h>
#include <limpid/string.h>
#include "twin.h"

/* MOVZ W0, #n; RET */
#define RETURNS(n) (0xd65f03c0ull << 32 | 0x52800000u | (n) << 5)

#define IC_IVAU(address) asm volatile("ic ivau, %0" ::"r"(address) : "memory")

/* One page of code at two addresses: where it is written, and where it is executed. */
struct patch {
	pa_t page;
	va_t va;
	volatile uint64_t *code;
	uint64_t (*run)(void);
};

/* Returns 1, as every CPU may see, and as this one has. */
static void patch_open(struct patch *p)
{
	p->page = page_alloc_zeroed(0);
	ASSERT_FALSE(pa_is_none(p->page));
	p->code = phys_to_virt(p->page);
	p->va = mmu_reserve_va(page_size());
	mmu_map(p->va, p->page, page_size(), MEM_NORMAL_WB, PROT_EXEC);
	p->run = (uint64_t(*)(void))va_ptr(p->va);
	p->code[0] = RETURNS(1);
	icache_sync(va_ptr(p->va), sizeof(*p->code));
	EXPECT_EQ(p->run(), 1u);
}

static void patch_close(struct patch *p)
{
	mmu_unmap(p->va, page_size());
	page_free(p->page, 0);
}

/* A CPU whose caches tell each other needs less: what these twins leave out. Source: CTR_EL0. */
static bool needs_clean(void)
{
	return !sysreg_field(read_sysreg(ctr_el0), 28, 1); /* IDC */
}

static bool needs_invalidate(void)
{
	return !sysreg_field(read_sysreg(ctr_el0), 29, 1); /* DIC */
}

/*
 * stale-fetch: each of the steps in turn.
 */

TEST(twins, bad_stale_fetch, .doc = "code is written and executed", .finding = "stale-fetch")
{
	struct patch p;

	patch_open(&p);
	p.code[0] = RETURNS(2);
	OBSERVE(p.run(), 2u);
	patch_close(&p);
}

TEST(twins, good_stale_fetch, .doc = "code is written, made visible to fetches step by step, and executed")
{
	struct patch p;

	patch_open(&p);
	p.code[0] = RETURNS(2);
	DC(cvau, p.code);
	dsb(ish);
	IC_IVAU(va_ptr(p.va));
	dsb(ish);
	isb();
	EXPECT_EQ(p.run(), 2u);
	patch_close(&p);
}

/*
 * Instructions that may be exchanged at any time, by one aligned store, and such as may not: MOVZ W0, #1; NOP;
 * MOVZ W0, #2; RET, of which the NOP becomes B or RET, so that the number is 1. Either number is right for B.
 */
#define NOP         0xd503201fu
#define BRANCH_OVER 0x14000002u
#define RETURN      0xd65f03c0u

static volatile uint32_t *exchange_open(struct patch *p)
{
	volatile uint32_t *code;

	patch_open(p);
	p->code[0] = (uint64_t)NOP << 32 | (uint32_t)RETURNS(1);
	p->code[1] = RETURNS(2);
	icache_sync(va_ptr(p->va), 2 * sizeof(*p->code));
	EXPECT_EQ(p->run(), 2u);
	code = (volatile uint32_t *)p->code;
	return code + 1;
}

TEST(twins, bad_stale_fetch_exchange, .doc = "NOP becomes RET by one store, and is executed", .finding = "stale-fetch")
{
	struct patch p;

	*exchange_open(&p) = RETURN;
	OBSERVE(p.run(), 1u);
	patch_close(&p);
}

TEST(twins, good_stale_fetch_exchange, .doc = "NOP becomes B by one store, and is executed: the one or the other")
{
	struct patch p;
	uint64_t got;

	*exchange_open(&p) = BRANCH_OVER;
	got = p.run();
	EXPECT_TRUE(got == 1 || got == 2);
	patch_close(&p);
}

TEST(twins, bad_stale_fetch_clean, .doc = "the instruction cache is invalidated, the data cache not cleaned",
	.finding = "stale-fetch")
{
	struct patch p;

	if (!needs_clean())
		SKIP("stores are at the Point of Unification at once (CTR_EL0.IDC)");
	patch_open(&p);
	p.code[0] = RETURNS(2);
	dsb(ish);
	IC_IVAU(va_ptr(p.va));
	dsb(ish);
	isb();
	OBSERVE(p.run(), 2u);
	patch_close(&p);
}

TEST(twins, bad_stale_fetch_invalidate, .doc = "the data cache is cleaned, the instruction cache not invalidated",
	.finding = "stale-fetch")
{
	struct patch p;

	if (!needs_invalidate())
		SKIP("instruction caches follow the Point of Unification (CTR_EL0.DIC)");
	patch_open(&p);
	p.code[0] = RETURNS(2);
	DC(cvau, p.code);
	dsb(ish);
	isb();
	OBSERVE(p.run(), 2u);
	patch_close(&p);
}

TEST(twins, bad_stale_fetch_order, .doc = "no DSB between the clean and the invalidation of the instruction cache",
	.finding = "stale-fetch")
{
	struct patch p;

	if (!needs_clean() || !needs_invalidate())
		SKIP("this machine needs no clean, or no invalidation (CTR_EL0.IDC, DIC)");
	patch_open(&p);
	p.code[0] = RETURNS(2);
	DC(cvau, p.code);
	IC_IVAU(va_ptr(p.va));
	dsb(ish);
	isb();
	OBSERVE(p.run(), 2u);
	patch_close(&p);
}

/* The line of the code that was asked for is the one behind that which was changed. */
TEST(twins, bad_stale_fetch_line, .doc = "the wrong line is invalidated", .finding = "stale-fetch")
{
	struct patch p;

	if (!needs_invalidate())
		SKIP("instruction caches follow the Point of Unification (CTR_EL0.DIC)");
	patch_open(&p);
	p.code[0] = RETURNS(2);
	DC(cvau, p.code);
	dsb(ish);
	IC_IVAU((char *)va_ptr(p.va) + LINE_MAX);
	dsb(ish);
	isb();
	OBSERVE(p.run(), 2u);
	patch_close(&p);
}

TEST(twins, good_stale_fetch_same, .doc = "code is overwritten by the same")
{
	struct patch p;

	patch_open(&p);
	p.code[0] = RETURNS(1);
	EXPECT_EQ(p.run(), 1u);
	patch_close(&p);
}

TEST(twins, good_stale_fetch_data, .doc = "data in the line of code is written")
{
	struct patch p;

	patch_open(&p);
	p.code[1] = 5;
	EXPECT_EQ(p.run(), 1u);
	EXPECT_EQ(p.code[1], 5u);
	patch_close(&p);
}

/*
 * incomplete-maintenance: the DSB behind.
 */

TEST(twins, bad_incomplete_maintenance_ic, .doc = "no DSB behind the invalidation of the instruction cache",
	.finding = "incomplete-maintenance")
{
	struct patch p;

	if (!needs_invalidate())
		SKIP("instruction caches follow the Point of Unification (CTR_EL0.DIC)");
	patch_open(&p);
	p.code[0] = RETURNS(2);
	DC(cvau, p.code);
	dsb(ish);
	IC_IVAU(va_ptr(p.va));
	isb();
	OBSERVE(p.run(), 2u);
	patch_close(&p);
}

/*
 * unsynchronized-fetch: the ISB behind that.
 */

/* Nothing that synchronizes comes between: the call is part of it. */
TEST(twins, bad_unsynchronized_fetch, .doc = "no context synchronization behind the maintenance",
	.finding = "unsynchronized-fetch")
{
	struct patch p;

	patch_open(&p);
	p.code[0] = RETURNS(2);
	DC(cvau, p.code);
	dsb(ish);
	IC_IVAU(va_ptr(p.va));
	dsb(ish);
	OBSERVE(p.run(), 2u);
	patch_close(&p);
}

/*
 * Another CPU.
 */

static volatile uint64_t turn, returned;

static void wait_for(uint64_t number)
{
	while (load_acquire(&turn) != number)
		cpu_relax();
}

/* It has executed the old code, and waits for the new one: no exception comes, which would synchronize. */
static void run_without_isb(void *arg)
{
	struct patch *p = arg;
	uint64_t got;

	/* The page may have been code before: of that nothing is left here. */
	isb();
	p->run();
	store_release(&turn, 1);
	wait_for(2);
	FINDING_HERE_OF(bad_unsynchronized_fetch_smp, got = p->run());
	returned = got;
}

static void run_with_isb(void *arg)
{
	struct patch *p = arg;
	uint64_t got;

	/* The page may have been code before: of that nothing is left here. */
	isb();
	p->run();
	store_release(&turn, 1);
	wait_for(2);
	/* What this CPU fetched before CPU 0 said that the code has changed is thrown away. */
	isb();
	FINDING_HERE_OF(bad_stale_fetch_local, got = p->run());
	returned = got;
}

static void patch_for_another(void (*fn)(void *), bool local)
{
	struct patch p;

	patch_open(&p);
	turn = 0;
	returned = 0;
	on_cpu_async(1, fn, &p);
	wait_for(1);
	p.code[0] = RETURNS(2);
	DC(cvau, p.code);
	dsb(ish);
	if (local)
		asm volatile("ic iallu" ::: "memory");
	else
		IC_IVAU(va_ptr(p.va));
	/* The new code is there for all, or for this CPU, before the other one is told. */
	dsb(ish);
	isb();
	store_release(&turn, 2);
	cpu_wait(1);
	patch_close(&p);
}

TEST(twins, bad_unsynchronized_fetch_smp, .doc = "another CPU executes the new code without an ISB of its own",
	.cpus = 2, .finding = "unsynchronized-fetch")
{
	patch_for_another(run_without_isb, false);
	OBSERVED(returned, 2u);
}

TEST(twins, good_unsynchronized_fetch_smp, .doc = "another CPU executes an ISB, then the new code", .cpus = 2)
{
	patch_for_another(run_with_isb, false);
	EXPECT_EQ(returned, 2u);
}

TEST(twins, bad_stale_fetch_local, .doc = "IC IALLU acts on the CPU that executes it, and on no other", .cpus = 2,
	.finding = "stale-fetch")
{
	if (!needs_invalidate())
		SKIP("instruction caches follow the Point of Unification (CTR_EL0.DIC)");
	patch_for_another(run_with_isb, true);
	OBSERVED(returned, 2u);
}

TEST(twins, good_stale_fetch_local, .doc = "IC IALLU is enough for the CPU that executes it")
{
	struct patch p;

	patch_open(&p);
	p.code[0] = RETURNS(2);
	DC(cvau, p.code);
	dsb(ish);
	asm volatile("ic iallu" ::: "memory");
	dsb(nsh);
	isb();
	EXPECT_EQ(p.run(), 2u);
	patch_close(&p);
}

TEST(twins, good_stale_fetch_broadcast, .doc = "IC IALLUIS acts on all", .cpus = 2)
{
	struct patch p;

	patch_open(&p);
	p.code[0] = RETURNS(2);
	DC(cvau, p.code);
	dsb(ish);
	asm volatile("ic ialluis" ::: "memory");
	dsb(ish);
	isb();
	EXPECT_EQ(p.run(), 2u);
	patch_close(&p);
}

/*
 * With the MMU off fetches come from memory.
 */

/* Calls the function at its physical address with the MMU off. */
#define RUN_OFF()                                                                      \
	({                                                                             \
		register uint64_t result_ asm("x0") = p.page.pa;                       \
		uint64_t link_, sctlr_, off_;                                          \
		asm volatile("	msr	daifset, #0xf\n	mov	%1, x30\n	mrs	%2, sctlr_el1\n"  \
			     "	bic	%3, %2, #1\n"                                       \
			     "	msr	sctlr_el1, %3\n"                                    \
			     "	isb\n"                                                  \
			     "	blr	x0\n"                                               \
			     "	msr	sctlr_el1, %2\n"                                    \
			     "	isb\n"                                                  \
			     "	mov	x30, %1\n	msr	daifclr, #4\n"                        \
			     : "+r"(result_), "=&r"(link_), "=&r"(sctlr_), "=&r"(off_) \
			     :                                                         \
			     : "x30", "memory");                                       \
		result_;                                                               \
	})

TEST(twins, bad_stale_fetch_mmu_off, .doc = "code cleaned to the Point of Unification is executed with the MMU off",
	.finding = "stale-fetch")
{
	struct patch p;

	patch_open(&p);
	dcache_clean_poc(p.code, sizeof(*p.code));
	p.code[0] = RETURNS(2);
	DC(cvau, p.code);
	dsb(ish);
	IC_IVAU(va_ptr(p.va));
	dsb(ish);
	isb();
	OBSERVE(RUN_OFF(), 2u);
	patch_close(&p);
}

TEST(twins, good_stale_fetch_mmu_off, .doc = "the same, cleaned to the Point of Coherency")
{
	struct patch p;

	patch_open(&p);
	p.code[0] = RETURNS(2);
	DC(cvac, p.code);
	dsb(ish);
	IC_IVAU(va_ptr(p.va));
	dsb(ish);
	isb();
	EXPECT_EQ(RUN_OFF(), 2u);
	patch_close(&p);
}
