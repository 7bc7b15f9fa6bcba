/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The performance monitors: what happens when a counter overflows, at 32 and at 64 bits; chained counters; interrupts.
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <limpid/boot.h>
#include <limpid/delay.h>
#include <limpid/expect.h>
#include <limpid/gic.h>
#include <limpid/test.h>
#include "machines.h"
#include "pmu.h"

#define ARM_ARM "Arm ARM (DDI 0487), "

#define ALL_ONES_32 0xffffffffull
#define ALL_ONES_64 0xffffffffffffffffull

static void need_counters(unsigned int count)
{
	if (pmu_counters() < count)
		SKIP("the PMU has %u event counters, this needs %u", pmu_counters(), count);
}

TEST(pmu.overflow, none, .doc = "an increment from 0 sets no overflow flag", .needs = "pmu",
	.source = ARM_ARM "PMOVSSET_EL0")
{
	need_counters(2);
	pmu_prepare_sw_incr(3, PMCR_E);
	pmu_sw_incr(3, 1);
	EXPECT_EQ(read_sysreg(pmovsset_el0), 0u);
}

TEST(pmu.overflow, counter_alone, .doc = "a counter that passes 2^32 - 1 sets its own overflow flag alone",
	.needs = "pmu", .source = ARM_ARM "PMOVSSET_EL0; Behavior on overflow")
{
	need_counters(2);
	pmu_prepare_sw_incr(3, PMCR_E);
	pmu_write_counter(0, ALL_ONES_32);
	pmu_sw_incr(3, 1);
	EXPECT_EQ(read_sysreg(pmovsset_el0), 1u);
	EXPECT_EQ(pmu_read_counter(0) & ALL_ONES_32, 0u);
	EXPECT_EQ(pmu_read_counter(1), 1u);
}

TEST(pmu.overflow, each_counter, .doc = "each event counter sets its own flag", .needs = "pmu",
	.source = ARM_ARM "PMOVSSET_EL0")
{
	need_counters(1);
	for (unsigned int n = 0; n < pmu_counters(); n++) {
		pmu_prepare_sw_incr(1u << n, PMCR_E);
		pmu_write_counter(n, ALL_ONES_32);
		pmu_sw_incr(1u << n, 1);
		EXPECT_EQ(read_sysreg(pmovsset_el0), 1ull << n);
		write_sysreg(~0u, pmovsclr_el0);
		isb();
	}
}

TEST(pmu.overflow, goes_on, .doc = "after an overflow a counter counts on from 0, and its flag stays", .needs = "pmu",
	.source = ARM_ARM "Behavior on overflow")
{
	need_counters(1);
	pmu_prepare_sw_incr(1, PMCR_E);
	pmu_write_counter(0, ALL_ONES_32 - 9);
	pmu_sw_incr(1, 100);
	EXPECT_EQ(pmu_read_counter(0) & ALL_ONES_32, 90u);
	EXPECT_EQ(read_sysreg(pmovsset_el0), 1u);
}

TEST(pmu.overflow, cleared, .doc = "PMOVSCLR clears the flags that are written, and no other", .needs = "pmu",
	.source = ARM_ARM "PMOVSCLR_EL0")
{
	need_counters(2);
	pmu_prepare_sw_incr(3, PMCR_E);
	pmu_write_counter(0, ALL_ONES_32);
	pmu_write_counter(1, ALL_ONES_32);
	pmu_sw_incr(3, 1);
	EXPECT_EQ(read_sysreg(pmovsset_el0), 3u);
	write_sysreg(1, pmovsclr_el0);
	isb();
	EXPECT_EQ(read_sysreg(pmovsset_el0), 2u);
	write_sysreg(2, pmovsclr_el0);
	isb();
	EXPECT_EQ(read_sysreg(pmovsclr_el0), 0u);
}

TEST(pmu.overflow, wide_low_half, .doc = "with PMCR.LP set a counter passes 2^32 - 1 without overflow",
	.needs = "pmuv3p5", .source = ARM_ARM "PMCR_EL0.LP, FEAT_PMUv3p5")
{
	need_counters(1);
	pmu_prepare_sw_incr(1, PMCR_E | PMCR_LP);
	pmu_write_counter(0, ALL_ONES_32);
	EXPECT_EQ(pmu_read_counter(0), ALL_ONES_32);
	pmu_sw_incr(1, 2);
	EXPECT_EQ(pmu_read_counter(0), ALL_ONES_32 + 2);
	EXPECT_EQ(read_sysreg(pmovsset_el0), 0u);
}

TEST(pmu.overflow, wide, .doc = "with PMCR.LP set a counter overflows when it passes 2^64 - 1", .needs = "pmuv3p5",
	.source = ARM_ARM "PMCR_EL0.LP, FEAT_PMUv3p5")
{
	need_counters(2);
	pmu_prepare_sw_incr(3, PMCR_E | PMCR_LP);
	pmu_write_counter(0, ALL_ONES_64);
	EXPECT_EQ(pmu_read_counter(0), ALL_ONES_64);
	pmu_sw_incr(3, 1);
	EXPECT_EQ(pmu_read_counter(0), 0u);
	EXPECT_EQ(pmu_read_counter(1), 1u);
	EXPECT_EQ(read_sysreg(pmovsset_el0), 1u);
}

TEST(pmu.overflow, narrow_of_wide, .doc = "with PMCR.LP clear a 64-bit counter overflows at bit 31, and counts on",
	.needs = "pmuv3p5", .source = ARM_ARM "PMCR_EL0.LP; PMEVCNTR<n>_EL0")
{
	need_counters(1);
	pmu_prepare_sw_incr(1, PMCR_E);
	pmu_write_counter(0, 5ull << 32 | ALL_ONES_32);
	pmu_sw_incr(1, 1);
	EXPECT_EQ(pmu_read_counter(0), 6ull << 32);
	EXPECT_EQ(read_sysreg(pmovsset_el0), 1u);
}

/* Runs the cycle counter from a value until it has passed 0 in its low half. */
static void overflow_cycles(uint64_t control, uint64_t from)
{
	write_sysreg(pmu_filter_here(), pmccfiltr_el0);
	write_sysreg(PMU_CYCLES_BIT, pmcntenset_el0);
	write_sysreg(control, pmcr_el0);
	isb();
	write_sysreg(from, pmccntr_el0);
	pmu_measure(control, 2000);
}

TEST(pmu.overflow, cycles_narrow, .doc = "with PMCR.LC clear the cycle counter overflows when it passes 2^32 - 1",
	.needs = "pmu", .source = ARM_ARM "PMCR_EL0.LC")
{
	write_sysreg(0, pmcr_el0);
	isb();
	if (read_sysreg(pmcr_el0) & PMCR_LC)
		SKIP("PMCR.LC is RES1: no EL here can use AArch32");
	overflow_cycles(0, ALL_ONES_32 - 10);
	EXPECT_EQ(read_sysreg(pmovsset_el0), PMU_CYCLES_BIT);
	EXPECT_GE(read_sysreg(pmccntr_el0), ALL_ONES_32);
}

TEST(pmu.overflow, cycles_low_half, .doc = "with PMCR.LC set the cycle counter passes 2^32 - 1 without overflow",
	.needs = "pmu", .source = ARM_ARM "PMCR_EL0.LC")
{
	overflow_cycles(PMCR_LC, ALL_ONES_32 - 10);
	EXPECT_GT(read_sysreg(pmccntr_el0), ALL_ONES_32);
	EXPECT_EQ(read_sysreg(pmovsset_el0), 0u);
}

TEST(pmu.overflow, cycles_wide, .doc = "with PMCR.LC set the cycle counter overflows when it passes 2^64 - 1",
	.needs = "pmu", .source = ARM_ARM "PMCR_EL0.LC")
{
	overflow_cycles(PMCR_LC, ALL_ONES_64 - 10);
	EXPECT_EQ(read_sysreg(pmovsset_el0), PMU_CYCLES_BIT);
	EXPECT_LT(read_sysreg(pmccntr_el0), 1ull << 63);
}

TEST(pmu.overflow, instructions, .doc = "INST_RETIRED overflows exactly when that many instructions have retired",
	.needs = "pmu", .qemu = QEMU_COUNTING, .source = ARM_ARM "INST_RETIRED; Behavior on overflow")
{
	uint64_t counted;

	need_counters(1);
	if (!pmu_has_event(PMU_INST_RETIRED))
		SKIP("PMCEID says that INST_RETIRED (0x08) is not implemented");
	counted = pmu_events_of_loop(PMU_INST_RETIRED, 100);
	EXPECT_EQ(read_sysreg(pmovsset_el0), 0u);
	/* One too few to reach the end, then just enough. */
	pmu_write_counter(0, ALL_ONES_32 - counted);
	pmu_measure(0, 100);
	EXPECT_EQ(pmu_read_counter(0), ALL_ONES_32);
	EXPECT_EQ(read_sysreg(pmovsset_el0), 0u);
	pmu_write_counter(0, ALL_ONES_32 - counted + 1);
	pmu_measure(0, 100);
	EXPECT_EQ(pmu_read_counter(0) & ALL_ONES_32, 0u);
	EXPECT_EQ(read_sysreg(pmovsset_el0), 1u);
}

/* --- chains: an odd counter counts the overflows of the even one below it --- */

static void prepare_chain(uint32_t enabled)
{
	need_counters(2);
	if (!pmu_has_event(PMU_CHAIN))
		SKIP("PMCEID says that CHAIN (0x1e) is not implemented");
	pmu_prepare_sw_incr(enabled, 0);
	pmu_write_type(1, PMU_CHAIN | pmu_filter_here());
	write_sysreg(PMCR_E, pmcr_el0);
	isb();
}

TEST(pmu.overflow, chain_counts, .doc = "the overflow of the even counter increments the odd one of event CHAIN",
	.needs = "pmu", .source = ARM_ARM "CHAIN; Cycle and event counter chaining")
{
	prepare_chain(3);
	pmu_sw_incr(1, 1);
	EXPECT_EQ(pmu_read_counter(1), 0u);
	pmu_write_counter(0, ALL_ONES_32);
	pmu_sw_incr(1, 1);
	EXPECT_EQ(pmu_read_counter(1), 1u);
	EXPECT_EQ(read_sysreg(pmovsset_el0), 1u);
}

TEST(pmu.overflow, chain_wraps, .doc = "a chain that wraps sets the flags of both its counters", .needs = "pmu",
	.source = ARM_ARM "CHAIN; Behavior on overflow")
{
	prepare_chain(3);
	pmu_write_counter(0, ALL_ONES_32);
	pmu_write_counter(1, ALL_ONES_32);
	pmu_sw_incr(1, 1);
	EXPECT_EQ(pmu_read_counter(1) & ALL_ONES_32, 0u);
	EXPECT_EQ(read_sysreg(pmovsset_el0), 3u);
}

TEST(pmu.overflow, chain_disabled, .doc = "a chained counter that is not enabled holds its value", .needs = "pmu",
	.source = ARM_ARM "CHAIN; PMCNTENSET_EL0")
{
	prepare_chain(1);
	pmu_write_counter(0, ALL_ONES_32);
	pmu_sw_incr(1, 1);
	EXPECT_EQ(pmu_read_counter(1), 0u);
	EXPECT_EQ(read_sysreg(pmovsset_el0), 1u);
}

TEST(pmu.overflow, chain_promoted, .doc = "a counter that becomes a chain while the even one runs counts from then on",
	.needs = "pmu", .source = ARM_ARM "CHAIN")
{
	prepare_chain(3);
	pmu_write_type(1, PMU_SW_INCR | pmu_filter_here());
	pmu_write_counter(0, ALL_ONES_32);
	pmu_sw_incr(1, 1);
	EXPECT_EQ(pmu_read_counter(1), 0u);
	pmu_write_type(1, PMU_CHAIN | pmu_filter_here());
	pmu_write_counter(0, ALL_ONES_32);
	pmu_sw_incr(1, 1);
	EXPECT_EQ(pmu_read_counter(1), 1u);
}

/* --- interrupts --- */

static volatile uint32_t interrupts;
static volatile uint64_t interrupt_flags;

static void take_overflow(unsigned int intid, void *arg)
{
	uint64_t flags = read_sysreg(pmovsset_el0);

	(void)intid;
	(void)arg;
	interrupts++;
	interrupt_flags |= flags;
	write_sysreg(flags, pmovsclr_el0);
	/* The line is low before the interrupt is ended, or it would be taken again. */
	isb();
}

static void open_interrupt(void)
{
	if (!machine.pmu.intid)
		SKIP("the machine's description has no interrupt for the PMU");
	interrupts = 0;
	interrupt_flags = 0;
	gic_set_handler(machine.pmu.intid, take_overflow, NULL);
	gic_enable_irq(machine.pmu.intid);
	irq_enable();
}

static void close_interrupt(void)
{
	/* Long enough for one that comes twice. */
	udelay(100);
	irq_disable();
	gic_disable_irq(machine.pmu.intid);
}

static void wait_for_interrupt(void)
{
	uint64_t start = counter_read(), patience = counter_from_us(PATIENCE_US);

	while (!interrupts && counter_read() - start < patience)
		cpu_relax();
}

TEST(pmu.overflow, interrupt_masked, .doc = "no interrupt while PMINTENSET has not the overflowing counter's bit",
	.needs = "pmu gic", .source = ARM_ARM "PMINTENSET_EL1; Generating overflow interrupt requests")
{
	need_counters(2);
	open_interrupt();
	pmu_prepare_sw_incr(3, PMCR_E);
	write_sysreg(2, pmintenset_el1);
	pmu_write_counter(0, ALL_ONES_32);
	pmu_sw_incr(1, 1);
	close_interrupt();
	EXPECT_EQ(interrupts, 0u);
	EXPECT_EQ(read_sysreg(pmovsset_el0), 1u);
}

TEST(pmu.overflow, interrupt_once, .doc = "one interrupt for each overflow, with the flag of its counter",
	.needs = "pmu gic", .source = ARM_ARM "Generating overflow interrupt requests")
{
	need_counters(2);
	open_interrupt();
	pmu_prepare_sw_incr(3, PMCR_E);
	write_sysreg(3, pmintenset_el1);
	for (unsigned int i = 0; i < 10; i++) {
		interrupts = 0;
		interrupt_flags = 0;
		pmu_write_counter(i % 2, ALL_ONES_32);
		pmu_sw_incr(1u << i % 2, 1);
		wait_for_interrupt();
		pmu_sw_incr(1u << i % 2, 3);
		udelay(10);
		EXPECT_EQ(interrupts, 1u);
		EXPECT_EQ(interrupt_flags, 1ull << i % 2);
	}
	close_interrupt();
	EXPECT_EQ(read_sysreg(pmovsset_el0), 0u);
}

TEST(pmu.overflow, interrupt_by_flag, .doc = "a flag set by PMOVSSET interrupts as one set by an overflow",
	.needs = "pmu gic", .source = ARM_ARM "PMOVSSET_EL0")
{
	need_counters(1);
	open_interrupt();
	write_sysreg(PMCR_E, pmcr_el0);
	write_sysreg(1, pmintenset_el1);
	write_sysreg(1, pmovsset_el0);
	isb();
	wait_for_interrupt();
	close_interrupt();
	EXPECT_EQ(interrupts, 1u);
	EXPECT_EQ(interrupt_flags, 1u);
}

TEST(pmu.overflow, interrupt_of_cycles, .doc = "the cycle counter's overflow interrupts a CPU that does something else",
	.needs = "pmu gic", .source = ARM_ARM "Generating overflow interrupt requests; PMCCNTR_EL0")
{
	open_interrupt();
	write_sysreg(pmu_filter_here(), pmccfiltr_el0);
	write_sysreg(PMU_CYCLES_BIT, pmintenset_el1);
	write_sysreg(PMU_CYCLES_BIT, pmcntenset_el0);
	write_sysreg(ALL_ONES_64 - 20000, pmccntr_el0);
	isb();
	write_sysreg(PMCR_E | PMCR_LC, pmcr_el0);
	isb();
	wait_for_interrupt();
	close_interrupt();
	EXPECT_EQ(interrupts, 1u);
	EXPECT_EQ(interrupt_flags, PMU_CYCLES_BIT);
	EXPECT_LT(read_sysreg(pmccntr_el0), 1ull << 63);
}
