/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The performance monitors of the calling CPU. Writes are followed by an ISB, so that they have taken effect when the
 * function returns; what runs between two calls is counted with the callers' instructions around it.
 *
 * The runner resets CPU 0's after each test that touched them.
 *
 * Source: Arm ARM (DDI 0487), "The Performance Monitors Extension".
 */
#ifndef ARCH_PMU_H
#define ARCH_PMU_H

#include <stdbool.h>
#include <stdint.h>
#include <arch/barrier.h>
#include <arch/sysreg.h>

#define PMCR_E    (1u << 0) /* enable */
#define PMCR_P    (1u << 1) /* reset event counters */
#define PMCR_C    (1u << 2) /* reset the cycle counter */
#define PMCR_D    (1u << 3) /* cycles divided by 64 */
#define PMCR_X    (1u << 4)
#define PMCR_DP   (1u << 5)
#define PMCR_LC   (1u << 6) /* the cycle counter overflows at 64 bits */
#define PMCR_LP   (1u << 7) /* event counters do (FEAT_PMUv3p5) */
#define PMCR_N(v) (((v) >> 11) & 0x1f)

#define PMU_CYCLES     31 /* the cycle counter's number in the bit maps and in PMSELR_EL0 */
#define PMU_CYCLES_BIT (1ull << PMU_CYCLES)

/* PMEVTYPER<n>_EL0 and PMCCFILTR_EL0. */
#define PMU_FILTER_P   (1u << 31) /* not at EL1 */
#define PMU_FILTER_U   (1u << 30) /* not at EL0 */
#define PMU_FILTER_NSH (1u << 27) /* also at EL2 */

/* Events. Source: Arm ARM (DDI 0487), "Common event numbers". */
#define PMU_SW_INCR        0x00
#define PMU_INST_RETIRED   0x08
#define PMU_CPU_CYCLES     0x11
#define PMU_MEM_ACCESS     0x13
#define PMU_INST_SPEC      0x1b
#define PMU_CHAIN          0x1e
#define PMU_STALL_FRONTEND 0x23
#define PMU_STALL_BACKEND  0x24

/* PMUSERENR_EL0: what EL0 may do. */
#define PMUSERENR_EN (1u << 0)
#define PMUSERENR_SW (1u << 1)
#define PMUSERENR_CR (1u << 2)
#define PMUSERENR_ER (1u << 3)

/* ID_AA64DFR0_EL1.PMUVer: 0 where there is no PMUv3 (none, or one of somebody's own); 6: FEAT_PMUv3p5. */
unsigned int pmu_version(void);
#define PMU_V3P1 4
#define PMU_V3P5 6

/* The number of event counters. */
unsigned int pmu_counters(void);

/* Whether PMCEID says that a common event (below 0x40) is implemented. */
bool pmu_has_event(unsigned int event);

/* The filter that counts at the current EL, and not at EL0 when we are at EL1 or EL2. */
uint32_t pmu_filter_here(void);

/* Event counters and their types by the registers' own names, PMEVCNTR<n>_EL0 and PMEVTYPER<n>_EL0. */
uint64_t pmu_read_counter(unsigned int n);
void pmu_write_counter(unsigned int n, uint64_t value);
uint64_t pmu_read_type(unsigned int n);
void pmu_write_type(unsigned int n, uint64_t value);

/* Whether any counter or interrupt is enabled, an overflow is noted, or EL0 has access. */
bool pmu_in_use(void);

/* Everything off, zero, and unreachable from EL0; overflows forgotten. */
void pmu_reset(void);

#endif
