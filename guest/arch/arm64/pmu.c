/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/pmu.h>
#include <limpid/check.h>

unsigned int pmu_version(void)
{
	unsigned int version = sysreg_field(read_sysreg(id_aa64dfr0_el1), 8, 4);

	return version == 0xf ? 0 : version;
}

unsigned int pmu_counters(void)
{
	return PMCR_N(read_sysreg(pmcr_el0));
}

bool pmu_has_event(unsigned int event)
{
	uint64_t set = event < 32 ? read_sysreg(pmceid0_el0) : read_sysreg(pmceid1_el0);

	return event < 64 && (set >> event % 32 & 1);
}

uint32_t pmu_filter_here(void)
{
	return PMU_FILTER_U | (current_el() == 2 ? PMU_FILTER_P | PMU_FILTER_NSH : 0);
}

/* The number of a register is part of the instruction. */
#define EACH_COUNTER(X)                                                                                                \
	X(0)                                                                                                           \
	X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) \
		X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30)

#define READ_COUNTER(n) \
	case n:         \
		return read_sysreg(pmevcntr##n##_el0);
#define WRITE_COUNTER(n)                                \
	case n:                                         \
		write_sysreg(value, pmevcntr##n##_el0); \
		break;
#define READ_TYPE(n) \
	case n:      \
		return read_sysreg(pmevtyper##n##_el0);
#define WRITE_TYPE(n)                                    \
	case n:                                          \
		write_sysreg(value, pmevtyper##n##_el0); \
		break;

uint64_t pmu_read_counter(unsigned int n)
{
	/* What was to be counted has been counted. */
	isb();
	switch (n) {
		EACH_COUNTER(READ_COUNTER)
	}
	panic("PMU: there is no event counter %u", n);
}

void pmu_write_counter(unsigned int n, uint64_t value)
{
	switch (n) {
		EACH_COUNTER(WRITE_COUNTER)
	default:
		panic("PMU: there is no event counter %u", n);
	}
	/* The counter has the value for whatever counts next. */
	isb();
}

uint64_t pmu_read_type(unsigned int n)
{
	switch (n) {
		EACH_COUNTER(READ_TYPE)
	}
	panic("PMU: there is no event counter %u", n);
}

void pmu_write_type(unsigned int n, uint64_t value)
{
	switch (n) {
		EACH_COUNTER(WRITE_TYPE)
	default:
		panic("PMU: there is no event counter %u", n);
	}
	/* The counter counts this for whatever comes next. */
	isb();
}

bool pmu_in_use(void)
{
	return pmu_version() &&
	       ((read_sysreg(pmcr_el0) & PMCR_E) | read_sysreg(pmcntenset_el0) | read_sysreg(pmintenset_el1) |
		       read_sysreg(pmovsset_el0) | read_sysreg(pmuserenr_el0));
}

void pmu_reset(void)
{
	unsigned int counters;

	if (!pmu_version())
		return;
	counters = pmu_counters();
	write_sysreg(PMCR_P | PMCR_C, pmcr_el0);
	write_sysreg(~0u, pmcntenclr_el0);
	write_sysreg(~0u, pmintenclr_el1);
	write_sysreg(0, pmuserenr_el0);
	write_sysreg(0, pmselr_el0);
	write_sysreg(0, pmccfiltr_el0);
	/*
	 * Nothing counts, so nothing overflows any more, before overflows are forgotten; and the interrupt, disabled, is low
	 * from here on, whatever has overflowed.
	 */
	isb();
	write_sysreg(~0u, pmovsclr_el0);
	write_sysreg(0, pmccntr_el0);
	for (unsigned int i = 0; i < counters; i++) {
		pmu_write_type(i, 0);
		pmu_write_counter(i, 0);
	}
}
