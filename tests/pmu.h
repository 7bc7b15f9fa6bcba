/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of the PMU share: work of a known number of instructions, and the usual ways to set counters up. All
 * of it on the calling CPU.
 */
#ifndef TESTS_PMU_H
#define TESTS_PMU_H

#include <arch/pmu.h>

/* Two instructions a round. */
static inline void pmu_work(uint64_t rounds)
{
	asm volatile("1: subs %0, %0, #1\n b.ne 1b" : "+r"(rounds)::"cc", "memory");
}

static inline void pmu_loop(uint64_t rounds)
{
	pmu_work(rounds);
	/* Whoever reads a counter now reads what these did. */
	isb();
}

/* The cycle counter runs, 64 bits wide, from 0. */
static inline void pmu_count_cycles(void)
{
	write_sysreg(pmu_filter_here(), pmccfiltr_el0);
	write_sysreg(PMU_CYCLES_BIT, pmcntenset_el0);
	isb();
	write_sysreg(PMCR_E | PMCR_C | PMCR_LC, pmcr_el0);
	/* It counts what follows. */
	isb();
}

/* Works from enabling to disabling, so that what is counted besides the loop is always the same. */
static inline void pmu_measure(uint64_t control, uint64_t rounds)
{
	asm volatile("	isb\n"
		     "	msr	pmcr_el0, %[on]\n"
		     "	isb\n"
		     "1:	subs	%[rounds], %[rounds], #1\n"
		     "	b.ne	1b\n"
		     "	msr	pmcr_el0, %[off]\n"
		     "	isb\n"
		     : [rounds] "+r"(rounds)
		     : [on] "r"(control | PMCR_E), [off] "r"(control)
		     : "cc", "memory");
}

static inline uint64_t pmu_cycles_of_loop(uint64_t rounds)
{
	write_sysreg(pmu_filter_here(), pmccfiltr_el0);
	write_sysreg(PMU_CYCLES_BIT, pmcntenset_el0);
	write_sysreg(PMCR_LC, pmcr_el0);
	write_sysreg(0, pmccntr_el0);
	pmu_measure(PMCR_LC, rounds);
	return read_sysreg(pmccntr_el0);
}

/* Counter 0's count of an event. */
static inline uint64_t pmu_events_of_loop(unsigned int event, uint64_t rounds)
{
	write_sysreg(0, pmcr_el0);
	pmu_write_type(0, event | pmu_filter_here());
	pmu_write_counter(0, 0);
	write_sysreg(1, pmcntenset_el0);
	pmu_measure(0, rounds);
	return pmu_read_counter(0);
}

/* All counters from 0 with the event SW_INCR, those of the bit map enabled. */
static inline void pmu_prepare_sw_incr(uint32_t enabled, uint64_t control)
{
	for (unsigned int n = 0; n < pmu_counters(); n++) {
		pmu_write_type(n, PMU_SW_INCR | pmu_filter_here());
		pmu_write_counter(n, 0);
	}
	write_sysreg(enabled, pmcntenset_el0);
	write_sysreg(control, pmcr_el0);
	/* Increments count from here on. */
	isb();
}

static inline void pmu_sw_incr(uint32_t counters, unsigned int times)
{
	for (unsigned int i = 0; i < times; i++)
		write_sysreg(counters, pmswinc_el0);
	/* They have been counted. */
	isb();
}

#endif
