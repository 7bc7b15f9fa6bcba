/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Twins of unsynchronized-register, for registers that govern what happens rather than what memory gives: timers, the
 * interrupt controller, the PMU, debug. The good ones use the runtime, whose context synchronization they rely on.
 */
#include <arch/debug.h>
#include <arch/exception.h>
#include <arch/pmu.h>
#include <limpid/boot.h>
#include <limpid/delay.h>
#include <limpid/gic.h>
#include <limpid/gic_registers.h>
#include <limpid/smp.h>
#include <limpid/timer.h>
#include "twin.h"

#define ISB "	isb\n"
#define SGI 4

/* Interrupts are masked in tests: what is pending ends WFI, and is taken by hand. */

/* --- timers --- */

static void prepare_timer(void)
{
	const struct timer *timer = timer_own();

	if (!timer || !machine.timer[timer->which].intid)
		SKIP("there is no timer with an interrupt");
	timer->write_ctl(0);
	timer->write_cval(0);
	gic_enable_irq(machine.timer[timer->which].intid);
}

TEST(twins, bad_unsynchronized_register_timer, .doc = "WFI behind the write that enables a timer", .needs = "gic",
	.finding = "unsynchronized-register")
{
	prepare_timer();
	FINDING_HERE(asm volatile("	msr	cntv_ctl_el0, %0\n	wfi\n" ::"r"(1ul) : "memory"));
	timer_own()->write_ctl(0);
}

TEST(twins, good_unsynchronized_register_timer,
	.doc = "WFI behind the write that enables a timer and a read of the counter", .needs = "gic")
{
	prepare_timer();
	write_sysreg(1, cntv_ctl_el0);

	uint64_t start = counter_read();

	asm volatile("wfi" ::: "memory");
	EXPECT_GE(counter_read(), start);
	timer_own()->write_ctl(0);
}

/* --- the interrupt controller --- */

TEST(twins, bad_unsynchronized_register_sgi, .doc = "WFI behind the write that generates an SGI", .needs = "gicv3",
	.finding = "unsynchronized-register")
{
	uint64_t mpidr = cpu_mpidr(cpu_index());

	gic_enable_irq(SGI);
	FINDING_HERE(asm volatile("	msr	s3_0_c12_c11_5, %0\n	wfi\n" ::"r"(
		(mpidr >> 16 & 0xff) << 32 | (uint64_t)SGI << 24 | (mpidr >> 8 & 0xff) << 16 | 1ull << (mpidr & 15))
				  : "memory"));
	gic_end(gic_acknowledge());
}

TEST(twins, good_unsynchronized_register_sgi, .doc = "WFI behind an SGI that is synchronized", .needs = "gicv3")
{
	gic_enable_irq(SGI);
	gic_send_sgi(cpu_index(), SGI);
	asm volatile("wfi" ::: "memory");

	uint32_t iar = gic_acknowledge();

	EXPECT_EQ(gic_intid(iar), (unsigned int)SGI);
	gic_end(iar);
}

static uint32_t take_sgi(void)
{
	gic_enable_irq(SGI);
	gic_send_sgi(cpu_index(), SGI);
	return gic_acknowledge();
}

TEST(twins, bad_unsynchronized_register_eoi, .doc = "the running priority is read behind the end of an interrupt",
	.needs = "gicv3", .finding = "unsynchronized-register")
{
	uint32_t iar = take_sgi();
	uint64_t priority;

	FINDING_HERE(asm volatile("	msr	s3_0_c12_c12_1, %1\n	mrs	%0, s3_0_c12_c11_3\n"
				  : "=r"(priority)
				  : "r"((uint64_t)iar)
				  : "memory"));
	OBSERVED(priority, 0xffu);
}

TEST(twins, good_unsynchronized_register_eoi, .doc = "the running priority is read behind an end that is synchronized",
	.needs = "gicv3")
{
	gic_end(take_sgi());
	EXPECT_EQ(read_sysreg_s(ICC_RPR_EL1), 0xffu);
}

TEST(twins, bad_unsynchronized_register_group, .doc = "an acknowledge behind the write that enables its group",
	.needs = "gicv3", .finding = "unsynchronized-register")
{
	uint64_t iar;

	gic_enable_irq(SGI);
	write_sysreg_s(0, ICC_IGRPEN1_EL1);
	isb();
	FINDING_HERE(asm volatile("	msr	s3_0_c12_c12_7, %1\n	mrs	%0, s3_0_c12_c12_0\n"
				  : "=r"(iar)
				  : "r"(1ul)
				  : "memory"));
	OBSERVED(iar, (uint64_t)INTID_NONE);
}

TEST(twins, good_unsynchronized_register_group, .doc = "an acknowledge behind the CPU interface's initialization",
	.needs = "gicv3")
{
	gic_enable_irq(SGI);
	EXPECT_EQ(gic_intid(gic_acknowledge()), (unsigned int)INTID_NONE);
}

/* --- the PMU --- */

static void prepare_counter(void)
{
	if (!pmu_version() || pmu_counters() < 1)
		SKIP("the CPU has no event counter");
	pmu_reset();
	pmu_write_type(0, PMU_SW_INCR | pmu_filter_here());
	write_sysreg(PMCR_E, pmcr_el0);
	isb();
}

TEST(twins, bad_unsynchronized_register_pmcnten, .doc = "a counter is read behind the write that enables it",
	.needs = "pmu", .finding = "unsynchronized-register")
{
	uint64_t count;

	prepare_counter();
	FINDING_HERE(asm volatile("	msr	pmcntenset_el0, %1\n	mrs	%0, pmevcntr0_el0\n"
				  : "=r"(count)
				  : "r"(1ul)
				  : "memory"));
	OBSERVED(count, 0u);
	pmu_reset();
}

TEST(twins, good_unsynchronized_register_pmcnten, .doc = "a counter is read behind its enabling and an ISB",
	.needs = "pmu")
{
	prepare_counter();
	write_sysreg(1, pmcntenset_el0);
	EXPECT_EQ(pmu_read_counter(0), 0u);
	pmu_reset();
}

TEST(twins, bad_unsynchronized_register_pmevtyper, .doc = "PMSWINC_EL0 behind the write that has a counter count it",
	.needs = "pmu", .finding = "unsynchronized-register")
{
	prepare_counter();
	pmu_write_type(0, 0x3f);
	write_sysreg(1, pmcntenset_el0);
	isb();
	FINDING_HERE(asm volatile("	msr	pmevtyper0_el0, %0\n	msr	pmswinc_el0, %1\n" ::"r"(
					  (uint64_t)(PMU_SW_INCR | pmu_filter_here())),
				  "r"(1ul)
				  : "memory"));
	OBSERVED(pmu_read_counter(0), 1u);
	pmu_reset();
}

TEST(twins, good_unsynchronized_register_pmevtyper,
	.doc = "PMSWINC_EL0 behind the counter's type and value, synchronized", .needs = "pmu")
{
	prepare_counter();
	pmu_write_type(0, 0x3f);
	write_sysreg(1, pmcntenset_el0);
	isb();
	pmu_write_type(0, PMU_SW_INCR | pmu_filter_here());
	write_sysreg(1, pmswinc_el0);
	EXPECT_EQ(pmu_read_counter(0), 1u);
	pmu_write_counter(0, 5);
	write_sysreg(1, pmswinc_el0);
	EXPECT_EQ(pmu_read_counter(0), 6u);
	pmu_reset();
}

/* --- debug --- */

static volatile unsigned int hits;

static void take_breakpoint(struct exception_frame *frame)
{
	(void)frame;
	hits++;
	debug_set_breakpoint(0, 0, 0);
}

static void take_watchpoint(struct exception_frame *frame)
{
	(void)frame;
	hits++;
	debug_set_watchpoint(0, 0, 0);
}

#define TRAPS       (MDSCR_MDE | MDSCR_KDE)
#define BREAKPOINT_ (DBG_ENABLE | DBGBCR_BAS | debug_here())
#define WATCHPOINT_ (DBG_ENABLE | DBGWCR_LOAD | DBGWCR_BAS(0xff) | debug_here())

static void prepare_debug(uint32_t mdscr)
{
	hits = 0;
	exception_set_handler(VECTOR_SYNC, EC_BREAKPOINT_SAME, take_breakpoint);
	exception_set_handler(VECTOR_SYNC, EC_WATCHPOINT_SAME, take_watchpoint);
	debug_enable(mdscr);
}

TEST(twins, bad_unsynchronized_register_breakpoint, .doc = "a breakpoint is hit behind the write that enables it",
	.finding = "unsynchronized-register")
{
	uint64_t control = BREAKPOINT_;

	prepare_debug(TRAPS);
	FINDING_HERE(asm volatile("	adr	x0, 1f\n	msr	dbgbvr0_el1, x0\n	isb\n"
				  "	msr	dbgbcr0_el1, %0\n1:	nop\n" ::"r"(control)
				  : "x0", "memory"));
	OBSERVED(hits, 1u);
	debug_reset();
}

void twin_nop(void) __attribute__((visibility("hidden")));
asm(".pushsection .text, \"ax\"\n"
    ".balign 4\n"
    ".type twin_nop, %function\n"
    "twin_nop:\n"
    "	nop\n"
    "	ret\n"
    ".size twin_nop, . - twin_nop\n"
    ".popsection\n");

TEST(twins, good_unsynchronized_register_breakpoint, .doc = "a breakpoint is hit behind its enabling and an ISB")
{
	prepare_debug(TRAPS);
	debug_set_breakpoint(0, (uintptr_t)twin_nop, BREAKPOINT_);
	twin_nop();
	EXPECT_EQ(hits, 1u);
	debug_reset();
}

static volatile uint64_t watched;

TEST(twins, bad_unsynchronized_register_watchpoint, .doc = "a watchpoint is hit behind the write that enables it",
	.finding = "unsynchronized-register")
{
	uint64_t value;

	prepare_debug(TRAPS);
	debug_set_watchpoint(0, (uintptr_t)&watched, 0);
	FINDING_HERE(asm volatile("	msr	dbgwcr0_el1, %1\n	ldr	%0, [%2]\n"
				  : "=&r"(value)
				  : "r"((uint64_t)WATCHPOINT_), "r"(&watched)
				  : "memory"));
	OBSERVED(hits, 1u);
	debug_reset();
}

TEST(twins, good_unsynchronized_register_watchpoint, .doc = "a watchpoint is hit behind its enabling and an ISB")
{
	prepare_debug(TRAPS);
	debug_set_watchpoint(0, (uintptr_t)&watched, WATCHPOINT_);
	(void)watched;
	EXPECT_EQ(hits, 1u);
	debug_reset();
}

TEST(twins, bad_unsynchronized_register_mdscr, .doc = "a watchpoint is hit behind the write of MDSCR_EL1",
	.finding = "unsynchronized-register")
{
	uint64_t value, mdscr;

	prepare_debug(0);
	debug_set_watchpoint(0, (uintptr_t)&watched, WATCHPOINT_);
	mdscr = read_sysreg(mdscr_el1) | TRAPS;
	FINDING_HERE(asm volatile("	msr	mdscr_el1, %1\n	ldr	%0, [%2]\n"
				  : "=&r"(value)
				  : "r"(mdscr), "r"(&watched)
				  : "memory"));
	OBSERVED(hits, 1u);
	debug_reset();
}

TEST(twins, good_unsynchronized_register_mdscr, .doc = "a watchpoint is hit behind MDSCR_EL1 and an ISB")
{
	prepare_debug(0);
	debug_set_watchpoint(0, (uintptr_t)&watched, WATCHPOINT_);
	debug_set_mdscr(TRAPS);
	(void)watched;
	EXPECT_EQ(hits, 1u);
	debug_reset();
}
