/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FP, SVE and SME registers for tests. The runtime is compiled without them, so what a test loads stays until it, or a
 * machine that is wrong, changes it. All by encodings that an assembler of 2022 accepts after .arch_extension.
 */
#ifndef TESTS_CPU_STATE_H
#define TESTS_CPU_STATE_H

#include <arch/barrier.h>
#include <arch/sysreg.h>

#define ZCR_EL1  S3_0_C1_C2_0
#define SMCR_EL1 S3_0_C1_C2_6
#define SVCR     S3_3_C4_C2_2

#define CPACR_FP  (3ull << 20)
#define CPACR_SVE (3ull << 16)
#define CPACR_SME (3ull << 24)

/* The traps of these registers at our level and EL0: only what is named does not trap. */
static inline void cpacr_write(uint64_t value)
{
	write_sysreg(value, cpacr_el1);
	/* The traps are there, or gone, for the next instruction. */
	isb();
}

#endif
