/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The performance monitors: which there are, how they are configured, and that they count what, where and when they are
 * told to. Overflow is in pmu_overflow.c.
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/pmu.h>
#include <limpid/boot.h>
#include <limpid/expect.h>
#include <limpid/smp.h>
#include <limpid/test.h>
#include "machines.h"
#include "pmu.h"

#define ARM_ARM "Arm ARM (DDI 0487), "

/* --- what there is --- */

static uint64_t implemented_bits(void)
{
	return PMU_CYCLES_BIT | ((1ull << pmu_counters()) - 1);
}

TEST(pmu, enable_bits, .doc = "PMCNTENSET and PMCNTENCLR have a bit for each counter that PMCR.N says, and no other",
	.needs = "pmu", .source = ARM_ARM "PMCNTENSET_EL0, PMCR_EL0.N")
{
	write_sysreg(~0u, pmcntenset_el0);
	isb();
	EXPECT_EQ(read_sysreg(pmcntenset_el0), implemented_bits());
	EXPECT_EQ(read_sysreg(pmcntenclr_el0), implemented_bits());
	write_sysreg(1, pmcntenclr_el0);
	isb();
	EXPECT_EQ(read_sysreg(pmcntenset_el0), pmu_counters() ? implemented_bits() & ~1ull : PMU_CYCLES_BIT);
	write_sysreg(~0u, pmcntenclr_el0);
	isb();
	EXPECT_EQ(read_sysreg(pmcntenset_el0), 0u);
}

TEST(pmu, interrupt_bits, .doc = "PMINTENSET and PMINTENCLR have a bit for each counter, and no other", .needs = "pmu",
	.source = ARM_ARM "PMINTENSET_EL1")
{
	write_sysreg(~0u, pmintenset_el1);
	isb();
	EXPECT_EQ(read_sysreg(pmintenset_el1), implemented_bits());
	EXPECT_EQ(read_sysreg(pmintenclr_el1), implemented_bits());
	write_sysreg(PMU_CYCLES_BIT, pmintenclr_el1);
	isb();
	EXPECT_EQ(read_sysreg(pmintenset_el1), implemented_bits() & ~PMU_CYCLES_BIT);
}

TEST(pmu, overflow_bits, .doc = "PMOVSSET and PMOVSCLR have a bit for each counter, and no other", .needs = "pmu",
	.source = ARM_ARM "PMOVSSET_EL0")
{
	write_sysreg(~0u, pmovsset_el0);
	isb();
	EXPECT_EQ(read_sysreg(pmovsset_el0), implemented_bits());
	EXPECT_EQ(read_sysreg(pmovsclr_el0), implemented_bits());
	write_sysreg(PMU_CYCLES_BIT, pmovsclr_el0);
	isb();
	EXPECT_EQ(read_sysreg(pmovsset_el0), implemented_bits() & ~PMU_CYCLES_BIT);
}

TEST(pmu, control_bits, .doc = "PMCR keeps E, DP and LC, reads C and P as 0, and does not let N change", .needs = "pmu",
	.source = ARM_ARM "PMCR_EL0")
{
	const uint64_t kept = PMCR_E | PMCR_DP | PMCR_LC;
	uint64_t before = read_sysreg(pmcr_el0);

	write_sysreg((before ^ 0x1full << 11) | kept | PMCR_P | PMCR_C, pmcr_el0);
	isb();
	EXPECT_EQ(read_sysreg(pmcr_el0) & (kept | PMCR_P | PMCR_C), kept);
	EXPECT_EQ(PMCR_N(read_sysreg(pmcr_el0)), PMCR_N(before));
	write_sysreg(PMCR_LC, pmcr_el0);
	isb();
	EXPECT_EQ(read_sysreg(pmcr_el0) & PMCR_E, 0u);
}

TEST(pmu, long_counter_bit, .doc = "PMCR.LP can be set and cleared", .needs = "pmuv3p5",
	.source = ARM_ARM "PMCR_EL0.LP, FEAT_PMUv3p5")
{
	write_sysreg(PMCR_LP, pmcr_el0);
	isb();
	EXPECT_EQ(read_sysreg(pmcr_el0) & PMCR_LP, (uint64_t)PMCR_LP);
	write_sysreg(0, pmcr_el0);
	isb();
	EXPECT_EQ(read_sysreg(pmcr_el0) & PMCR_LP, 0u);
}

/* QEMU without -icount counts no instructions, and says so in PMCEID: docs/findings.md. */
TEST(pmu, events_required, .doc = "SW_INCR, CPU_CYCLES, and INST_RETIRED or INST_SPEC are implemented", .needs = "pmu",
	.qemu = QEMU_COUNTING, .source = ARM_ARM "Required events; PMCEID0_EL0")
{
	EXPECT_TRUE(pmu_has_event(PMU_SW_INCR));
	EXPECT_TRUE(pmu_has_event(PMU_CPU_CYCLES));
	EXPECT_TRUE(pmu_has_event(PMU_INST_RETIRED) || pmu_has_event(PMU_INST_SPEC));
}

TEST(pmu, events_v8_1, .doc = "STALL_FRONTEND and STALL_BACKEND are implemented from Armv8.1 on", .needs = "pmu",
	.source = ARM_ARM "Required events; PMCEID1_EL0")
{
	if (pmu_version() < PMU_V3P1)
		SKIP("PMUVer is %u: FEAT_PMUv3p1 has 4 or more", pmu_version());
	EXPECT_TRUE(pmu_has_event(PMU_STALL_FRONTEND));
	EXPECT_TRUE(pmu_has_event(PMU_STALL_BACKEND));
}

/* --- both views of the configuration --- */

static void need_counters(unsigned int count)
{
	if (pmu_counters() < count)
		SKIP("the PMU has %u event counters, this needs %u", pmu_counters(), count);
}

static void select_counter(unsigned int n)
{
	write_sysreg(n, pmselr_el0);
	/* PMXEVTYPER and PMXEVCNTR mean that counter from here on. */
	isb();
}

TEST(pmu, type_by_selection, .doc = "a type written through PMSELR and PMXEVTYPER is read in its own PMEVTYPER<n>",
	.needs = "pmu", .source = ARM_ARM "PMXEVTYPER_EL0, PMSELR_EL0")
{
	need_counters(1);
	for (unsigned int n = 0; n < pmu_counters(); n++) {
		select_counter(n);
		write_sysreg(PMU_FILTER_P | (n % 2 ? PMU_CPU_CYCLES : PMU_SW_INCR), pmxevtyper_el0);
		isb();
	}
	for (unsigned int n = 0; n < pmu_counters(); n++)
		EXPECT_EQ(pmu_read_type(n), (uint64_t)(PMU_FILTER_P | (n % 2 ? PMU_CPU_CYCLES : PMU_SW_INCR)));
}

TEST(pmu, type_by_name, .doc = "a type written to PMEVTYPER<n> is read through PMSELR and PMXEVTYPER", .needs = "pmu",
	.source = ARM_ARM "PMEVTYPER<n>_EL0, PMSELR_EL0")
{
	need_counters(1);
	for (unsigned int n = 0; n < pmu_counters(); n++)
		pmu_write_type(n, PMU_FILTER_U | (n % 2 ? PMU_SW_INCR : PMU_CPU_CYCLES));
	for (unsigned int n = 0; n < pmu_counters(); n++) {
		select_counter(n);
		EXPECT_EQ(
			read_sysreg(pmxevtyper_el0), (uint64_t)(PMU_FILTER_U | (n % 2 ? PMU_SW_INCR : PMU_CPU_CYCLES)));
	}
}

TEST(pmu, counter_by_selection, .doc = "a count written through PMSELR and PMXEVCNTR is read in its own PMEVCNTR<n>",
	.needs = "pmu", .source = ARM_ARM "PMXEVCNTR_EL0, PMSELR_EL0")
{
	need_counters(1);
	for (unsigned int n = 0; n < pmu_counters(); n++) {
		select_counter(n);
		write_sysreg(0x1000 + n, pmxevcntr_el0);
		isb();
	}
	for (unsigned int n = 0; n < pmu_counters(); n++)
		EXPECT_EQ(pmu_read_counter(n), 0x1000u + n);
}

TEST(pmu, counter_by_name, .doc = "a count written to PMEVCNTR<n> is read through PMSELR and PMXEVCNTR", .needs = "pmu",
	.source = ARM_ARM "PMEVCNTR<n>_EL0, PMSELR_EL0")
{
	need_counters(1);
	for (unsigned int n = 0; n < pmu_counters(); n++)
		pmu_write_counter(n, 0x80002000 + n);
	for (unsigned int n = 0; n < pmu_counters(); n++) {
		select_counter(n);
		EXPECT_EQ(read_sysreg(pmxevcntr_el0), 0x80002000u + n);
	}
}

TEST(pmu, filter_by_selection, .doc = "with PMSELR 31, PMXEVTYPER is PMCCFILTR", .needs = "pmu",
	.source = ARM_ARM "PMXEVTYPER_EL0")
{
	select_counter(PMU_CYCLES);
	write_sysreg(PMU_FILTER_U, pmxevtyper_el0);
	isb();
	EXPECT_EQ(read_sysreg(pmccfiltr_el0), (uint64_t)PMU_FILTER_U);
	write_sysreg(PMU_FILTER_P, pmccfiltr_el0);
	isb();
	EXPECT_EQ(read_sysreg(pmxevtyper_el0), (uint64_t)PMU_FILTER_P);
}

/* --- counting --- */

TEST(pmu, cycles_increase, .doc = "ten reads of PMCCNTR in a row increase", .needs = "pmu",
	.source = ARM_ARM "PMCCNTR_EL0")
{
	uint64_t counts[10];

	pmu_count_cycles();
	for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++) {
		isb();
		counts[i] = read_sysreg(pmccntr_el0);
	}
	for (unsigned int i = 1; i < ARRAY_SIZE(counts); i++)
		EXPECT_GT(counts[i], counts[i - 1]);
}

TEST(pmu, cycles_disabled, .doc = "the cycle counter holds its value while PMCR.E is 0", .needs = "pmu",
	.source = ARM_ARM "PMCR_EL0.E")
{
	pmu_count_cycles();
	pmu_loop(100);
	EXPECT_GT(read_sysreg(pmccntr_el0), 0u);
	write_sysreg(PMCR_LC, pmcr_el0);
	isb();

	uint64_t stopped = read_sysreg(pmccntr_el0);

	pmu_work(100);
	EXPECT_EQ(read_sysreg(pmccntr_el0), stopped);
}

TEST(pmu, cycles_not_enabled, .doc = "the cycle counter holds its value while its bit in PMCNTENSET is 0",
	.needs = "pmu", .source = ARM_ARM "PMCNTENCLR_EL0.C")
{
	pmu_count_cycles();
	write_sysreg(PMU_CYCLES_BIT, pmcntenclr_el0);
	isb();

	uint64_t stopped = read_sysreg(pmccntr_el0);

	pmu_work(100);
	EXPECT_EQ(read_sysreg(pmccntr_el0), stopped);
}

TEST(pmu, cycles_reset, .doc = "PMCR.C sets the cycle counter to 0 and leaves event counters alone", .needs = "pmu",
	.source = ARM_ARM "PMCR_EL0.C")
{
	need_counters(1);
	pmu_write_counter(0, 77);
	write_sysreg(0x12345678, pmccntr_el0);
	isb();
	EXPECT_EQ(read_sysreg(pmccntr_el0), 0x12345678u);
	write_sysreg(PMCR_C, pmcr_el0);
	isb();
	EXPECT_EQ(read_sysreg(pmccntr_el0), 0u);
	EXPECT_EQ(pmu_read_counter(0), 77u);
}

TEST(pmu, counters_reset, .doc = "PMCR.P sets all event counters to 0 and leaves the cycle counter alone",
	.needs = "pmu", .source = ARM_ARM "PMCR_EL0.P")
{
	need_counters(1);
	for (unsigned int n = 0; n < pmu_counters(); n++)
		pmu_write_counter(n, 100 + n);
	write_sysreg(0x12345678, pmccntr_el0);
	isb();
	write_sysreg(PMCR_P, pmcr_el0);
	isb();
	for (unsigned int n = 0; n < pmu_counters(); n++)
		EXPECT_EQ(pmu_read_counter(n), 0u);
	EXPECT_EQ(read_sysreg(pmccntr_el0), 0x12345678u);
}

TEST(pmu, cycles_per_instruction, .doc = "n instructions take n times as many cycles as the machine says: for 4 to 292",
	.needs = "pmu", .qemu = QEMU_COUNTING, .source = ARM_ARM "PMCCNTR_EL0")
{
	unsigned int cpi = options.expect.cpi;
	uint64_t least;

	if (!cpi)
		SKIP("the command line has no expect.cpi: only a machine that counts instructions has one");
	least = pmu_cycles_of_loop(2);
	for (uint64_t rounds = 3; rounds <= 146; rounds++) {
		uint64_t cycles = pmu_cycles_of_loop(rounds);

		if (!EXPECT_EQ(cycles - least, (rounds - 2) * 2 * cpi))
			break;
	}
}

TEST(pmu, cycles_plausible, .doc = "a loop of 4 to 292 instructions takes at least one cycle, and less than 2^32",
	.needs = "pmu", .source = ARM_ARM "PMCCNTR_EL0")
{
	for (uint64_t rounds = 2; rounds <= 146; rounds += 12) {
		uint64_t cycles = pmu_cycles_of_loop(rounds);

		EXPECT_GE(cycles, 1u);
		EXPECT_LT(cycles, 1ull << 32);
	}
}

TEST(pmu, cycles_divided, .doc = "with PMCR.D set and LC clear the cycle counter counts each 64th cycle",
	.needs = "pmu", .qemu = QEMU_COUNTING, .source = ARM_ARM "PMCR_EL0.D")
{
	if (!options.expect.cpi)
		SKIP("the command line has no expect.cpi: only a machine that counts instructions has one");
	write_sysreg(pmu_filter_here(), pmccfiltr_el0);
	write_sysreg(PMU_CYCLES_BIT, pmcntenset_el0);
	write_sysreg(PMCR_D, pmcr_el0);
	isb();
	if (!(read_sysreg(pmcr_el0) & PMCR_D) || (read_sysreg(pmcr_el0) & PMCR_LC))
		SKIP("PMCR reads 0x%lx: without AArch32 at EL1, D can be RES0 and LC RES1", read_sysreg(pmcr_el0));
	write_sysreg(PMCR_D | PMCR_E | PMCR_C, pmcr_el0);
	isb();
	pmu_work(32 * 100); /* two instructions a round */
	write_sysreg(PMCR_D, pmcr_el0);
	isb();
	EXPECT_GE(read_sysreg(pmccntr_el0), 100u * options.expect.cpi);
	EXPECT_LE(read_sysreg(pmccntr_el0), 101u * options.expect.cpi);
}

static void need_event(unsigned int event, const char *name)
{
	if (!pmu_has_event(event))
		SKIP("PMCEID says that %s (0x%02x) is not implemented", name, event);
}

TEST(pmu, instructions_exact, .doc = "INST_RETIRED counts a loop's instructions exactly", .needs = "pmu",
	.qemu = QEMU_COUNTING, .source = ARM_ARM "INST_RETIRED")
{
	uint64_t least;

	need_counters(1);
	need_event(PMU_INST_RETIRED, "INST_RETIRED");
	least = pmu_events_of_loop(PMU_INST_RETIRED, 1);
	for (uint64_t rounds = 2; rounds <= 1000; rounds += 37)
		EXPECT_EQ(pmu_events_of_loop(PMU_INST_RETIRED, rounds) - least, (rounds - 1) * 2);
}

TEST(pmu, cycles_as_event, .doc = "CPU_CYCLES in an event counter counts what PMCCNTR counts", .needs = "pmu",
	.qemu = QEMU_COUNTING, .source = ARM_ARM "CPU_CYCLES")
{
	uint64_t both, cycles;

	need_counters(1);
	need_event(PMU_CPU_CYCLES, "CPU_CYCLES");
	pmu_write_type(0, PMU_CPU_CYCLES | pmu_filter_here());
	write_sysreg(pmu_filter_here(), pmccfiltr_el0);
	write_sysreg(PMU_CYCLES_BIT | 1, pmcntenset_el0);
	isb();
	write_sysreg(PMCR_E | PMCR_C | PMCR_P | PMCR_LC, pmcr_el0);
	isb();
	pmu_work(1000);
	write_sysreg(PMCR_LC, pmcr_el0);
	isb();
	both = pmu_read_counter(0);
	cycles = read_sysreg(pmccntr_el0);
	EXPECT_GT(both, 0u);
	/* Where cycles are a clock's, the two counters may read it one after the other. */
	if (options.expect.cpi) {
		EXPECT_EQ(both, cycles);
	} else {
		EXPECT_GE(both + cycles / 8 + 1000, cycles);
		EXPECT_LE(both, cycles + cycles / 8 + 1000);
	}
}

TEST(pmu, unimplemented_event, .doc = "a counter of an event that is not implemented holds its value", .needs = "pmu",
	.source = ARM_ARM "PMEVTYPER<n>_EL0.evtCount")
{
	unsigned int event = 0x3f;

	need_counters(1);
	while (event && pmu_has_event(event))
		event--;
	if (!event)
		SKIP("PMCEID says that all common events below 0x40 are implemented");
	pmu_write_type(0, event | pmu_filter_here());
	pmu_write_counter(0, 1234);
	write_sysreg(1, pmcntenset_el0);
	write_sysreg(PMCR_E, pmcr_el0);
	isb();
	pmu_work(100);
	EXPECT_EQ(pmu_read_counter(0), 1234u);
	EXPECT_EQ(pmu_read_type(0) & 0x3ff, (uint64_t)event);
}

static uint64_t cycles_of[64];

static void count_here(void *arg)
{
	(void)arg;
	if (cpu_index() >= ARRAY_SIZE(cycles_of))
		return;
	pmu_reset();
	pmu_count_cycles();
	pmu_loop(1000);
	cycles_of[cpu_index()] = read_sysreg(pmccntr_el0);
	pmu_reset();
}

TEST(pmu, each_cpu, .doc = "each CPU has a cycle counter of its own, which runs while it is enabled there",
	.needs = "pmu", .cpus = 2, .source = ARM_ARM "PMCCNTR_EL0, PMCNTENSET_EL0")
{
	uint64_t own;

	for (unsigned int cpu = 0; cpu < ARRAY_SIZE(cycles_of); cpu++)
		cycles_of[cpu] = 0;
	/* Ours is off, and holds its value while the others count. */
	pmu_reset();
	write_sysreg(77, pmccntr_el0);
	isb();
	for (unsigned int cpu = 1; cpu < cpu_count() && cpu < ARRAY_SIZE(cycles_of); cpu++) {
		on_cpu(cpu, count_here, NULL);
		EXPECT_GT(cycles_of[cpu], 0u);
	}
	own = read_sysreg(pmccntr_el0);
	EXPECT_EQ(own, 77u);
	pmu_reset();
}

/* --- software increments --- */

TEST(pmu, sw_incr_disabled, .doc = "PMSWINC does nothing while PMCR.E is 0", .needs = "pmu",
	.source = ARM_ARM "PMSWINC_EL0, SW_INCR")
{
	need_counters(2);
	pmu_prepare_sw_incr(3, 0);
	pmu_sw_incr(3, 100);
	EXPECT_EQ(pmu_read_counter(0), 0u);
	EXPECT_EQ(pmu_read_counter(1), 0u);
}

TEST(pmu, sw_incr_enabled, .doc = "PMSWINC increments each counter whose bit is written, and no other", .needs = "pmu",
	.source = ARM_ARM "PMSWINC_EL0, SW_INCR")
{
	unsigned int counters = pmu_counters();

	need_counters(2);
	pmu_prepare_sw_incr((1u << counters) - 1, PMCR_E);
	pmu_sw_incr(3, 100);
	pmu_sw_incr(2, 7);
	EXPECT_EQ(pmu_read_counter(0), 100u);
	EXPECT_EQ(pmu_read_counter(1), 107u);
	for (unsigned int n = 2; n < counters; n++)
		EXPECT_EQ(pmu_read_counter(n), 0u);
}

TEST(pmu, sw_incr_not_enabled, .doc = "PMSWINC does nothing to a counter that PMCNTENSET does not enable",
	.needs = "pmu", .source = ARM_ARM "PMCNTENSET_EL0")
{
	need_counters(2);
	pmu_prepare_sw_incr(2, PMCR_E);
	pmu_sw_incr(3, 5);
	EXPECT_EQ(pmu_read_counter(0), 0u);
	EXPECT_EQ(pmu_read_counter(1), 5u);
}

TEST(pmu, sw_incr_other_event, .doc = "PMSWINC does nothing to a counter of another event", .needs = "pmu",
	.source = ARM_ARM "PMSWINC_EL0")
{
	need_counters(2);
	pmu_prepare_sw_incr(3, 0);
	pmu_write_type(0, 0x3f | pmu_filter_here());
	write_sysreg(PMCR_E, pmcr_el0);
	isb();
	pmu_sw_incr(3, 5);
	if (!pmu_has_event(0x3f))
		EXPECT_EQ(pmu_read_counter(0), 0u);
	EXPECT_EQ(pmu_read_counter(1), 5u);
}

/* --- where it counts --- */

static uint64_t sw_incr_filtered(uint32_t filter)
{
	pmu_prepare_sw_incr(1, 0);
	pmu_write_type(0, PMU_SW_INCR | filter);
	write_sysreg(PMCR_E, pmcr_el0);
	isb();
	pmu_sw_incr(1, 10);
	return pmu_read_counter(0);
}

TEST(pmu, filter_own_level, .doc = "a counter with our level filtered out counts nothing here", .needs = "pmu",
	.source = ARM_ARM "PMEVTYPER<n>_EL0, P and NSH")
{
	need_counters(1);
	EXPECT_EQ(sw_incr_filtered(pmu_filter_here()), 10u);
	EXPECT_EQ(sw_incr_filtered(current_el() == 2 ? 0 : PMU_FILTER_P), 0u);
}

TEST(pmu, filter_cycles, .doc = "PMCCFILTR with our level filtered out stops the cycle counter here", .needs = "pmu",
	.source = ARM_ARM "PMCCFILTR_EL0")
{
	pmu_count_cycles();
	pmu_work(10);
	EXPECT_GT(read_sysreg(pmccntr_el0), 0u);
	write_sysreg(current_el() == 2 ? 0 : PMU_FILTER_P, pmccfiltr_el0);
	write_sysreg(0, pmccntr_el0);
	isb();
	pmu_work(100);
	EXPECT_EQ(read_sysreg(pmccntr_el0), 0u);
}

USER_ASM(user_loop, "1: subs x0, x0, #1\n b.ne 1b\n svc #0xffff");

/* Instructions that were counted while EL0 went round that often. */
static uint64_t instructions_with_el0(uint32_t filter, uint64_t rounds)
{
	struct exception_frame frame;

	pmu_write_type(0, PMU_INST_RETIRED | filter);
	pmu_write_counter(0, 0);
	write_sysreg(1, pmcntenset_el0);
	write_sysreg(PMCR_E, pmcr_el0);
	isb();
	el0_run(user_loop, rounds, &frame);
	write_sysreg(0, pmcr_el0);
	isb();
	EXPECT_EQ(ESR_EC(frame.esr), EC_SVC64);
	return pmu_read_counter(0);
}

TEST(pmu, filter_el0_alone, .doc = "a counter of EL0 alone counts exactly the instructions of EL0", .needs = "pmu",
	.qemu = QEMU_COUNTING, .source = ARM_ARM "PMEVTYPER<n>_EL0, P and U; INST_RETIRED")
{
	uint64_t one, thousand;

	need_counters(1);
	need_event(PMU_INST_RETIRED, "INST_RETIRED");
	one = instructions_with_el0(PMU_FILTER_P, 1);
	thousand = instructions_with_el0(PMU_FILTER_P, 1000);
	/* Whether the SVC that traps is retired is for the implementation: it is the same in both. */
	EXPECT_EQ(thousand - one, 999u * 2);
	EXPECT_GE(one, 2u);
	EXPECT_LE(one, 3u);
}

USER_ASM(user_read_cycles, "mrs x1, pmccntr_el0\n svc #0xffff");
USER_ASM(user_sw_incr, "mov x1, #1\n msr pmswinc_el0, x1\n svc #0xffff");
USER_ASM(user_read_control, "mrs x1, pmcr_el0\n svc #0xffff");

static unsigned int class_at_el0(void (*fn)(uint64_t), uint64_t enable)
{
	struct exception_frame frame;

	write_sysreg(enable, pmuserenr_el0);
	isb();
	el0_run(fn, 0, &frame);
	write_sysreg(0, pmuserenr_el0);
	isb();
	return ESR_EC(frame.esr);
}

TEST(pmu, el0_forbidden, .doc = "with PMUSERENR 0, EL0's accesses trap", .needs = "pmu",
	.source = ARM_ARM "PMUSERENR_EL0")
{
	EXPECT_EQ(class_at_el0(user_read_cycles, 0), EC_MSR_TRAP);
	EXPECT_EQ(class_at_el0(user_sw_incr, 0), EC_MSR_TRAP);
	EXPECT_EQ(class_at_el0(user_read_control, 0), EC_MSR_TRAP);
}

TEST(pmu, el0_allowed, .doc = "PMUSERENR.EN allows EL0 all, CR the cycle counter alone, SW software increments alone",
	.needs = "pmu", .source = ARM_ARM "PMUSERENR_EL0")
{
	EXPECT_EQ(class_at_el0(user_read_cycles, PMUSERENR_EN), EC_SVC64);
	EXPECT_EQ(class_at_el0(user_sw_incr, PMUSERENR_EN), EC_SVC64);
	EXPECT_EQ(class_at_el0(user_read_control, PMUSERENR_EN), EC_SVC64);
	EXPECT_EQ(class_at_el0(user_read_cycles, PMUSERENR_CR), EC_SVC64);
	EXPECT_EQ(class_at_el0(user_sw_incr, PMUSERENR_CR), EC_MSR_TRAP);
	EXPECT_EQ(class_at_el0(user_sw_incr, PMUSERENR_SW), EC_SVC64);
	EXPECT_EQ(class_at_el0(user_read_cycles, PMUSERENR_SW), EC_MSR_TRAP);
	EXPECT_EQ(class_at_el0(user_read_control, PMUSERENR_SW | PMUSERENR_CR | PMUSERENR_ER), EC_MSR_TRAP);
}

/* --- accesses --- */

static uint64_t words[4];

static void load(uint64_t count)
{
	asm volatile("1: ldr x9, [%1]\n subs %0, %0, #1\n b.ne 1b" : "+r"(count) : "r"(words) : "x9", "cc", "memory");
}

TEST(pmu, accesses_counted, .doc = "MEM_ACCESS in two counters: both count the same 20 loads, without overflow",
	.needs = "pmu", .source = ARM_ARM "MEM_ACCESS")
{
	need_counters(2);
	need_event(PMU_MEM_ACCESS, "MEM_ACCESS");
	pmu_write_type(0, PMU_MEM_ACCESS | pmu_filter_here());
	pmu_write_type(1, PMU_MEM_ACCESS | pmu_filter_here());
	write_sysreg(3, pmcntenset_el0);
	write_sysreg(PMCR_E | PMCR_P, pmcr_el0);
	isb();
	load(20);
	write_sysreg(0, pmcr_el0);
	isb();
	EXPECT_GE(pmu_read_counter(0), 20u);
	EXPECT_EQ(pmu_read_counter(0), pmu_read_counter(1));
	EXPECT_EQ(read_sysreg(pmovsset_el0), 0u);
}

TEST(pmu, accesses_reliable, .doc = "250 loads from 350 below the overflow never overflow, 100 times", .needs = "pmu",
	.source = ARM_ARM "MEM_ACCESS; Accuracy of the Performance Monitors")
{
	need_counters(1);
	need_event(PMU_MEM_ACCESS, "MEM_ACCESS");
	pmu_write_type(0, PMU_MEM_ACCESS | pmu_filter_here());
	write_sysreg(1, pmcntenset_el0);
	for (unsigned int i = 0; i < 100; i++) {
		pmu_write_counter(0, 0xffffffff - 350);
		write_sysreg(PMCR_E, pmcr_el0);
		isb();
		load(250);
		write_sysreg(0, pmcr_el0);
		isb();
		if (!EXPECT_EQ(read_sysreg(pmovsset_el0), 0u))
			break;
	}
}
