/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System registers by name: read_sysreg(sctlr_el1), write_sysreg(value, sctlr_el1). A write takes effect for what
 * follows only after an isb() (Arm ARM, "Synchronization requirements for AArch64 System registers"), which the caller
 * places.
 *
 * At EL2 the runtime has E2H=1, so the _EL1 names mean the registers of the current regime at either level.
 */
#ifndef ARCH_SYSREG_H
#define ARCH_SYSREG_H

#include <stdint.h>

#define read_sysreg(reg)                                      \
	({                                                    \
		uint64_t value_;                              \
		asm volatile("mrs %0, " #reg : "=r"(value_)); \
		value_;                                       \
	})

#define write_sysreg(value, reg)                                             \
	({                                                                   \
		uint64_t value_ = (value);                                   \
		asm volatile("msr " #reg ", %x0" ::"rZ"(value_) : "memory"); \
	})

/* Names that an assembler of 2022 does not know without an architecture flag. */
#define ID_AA64MMFR2_EL1 S3_0_C0_C7_2
#define ICC_SRE_EL1      S3_0_C12_C12_5
#define ICC_PMR_EL1      S3_0_C4_C6_0
#define ICC_IAR1_EL1     S3_0_C12_C12_0
#define ICC_EOIR1_EL1    S3_0_C12_C12_1
#define ICC_BPR1_EL1     S3_0_C12_C12_3
#define ICC_CTLR_EL1     S3_0_C12_C12_4
#define ICC_IGRPEN1_EL1  S3_0_C12_C12_7
#define ICC_SGI1R_EL1    S3_0_C12_C11_5
#define ICC_AP1R0_EL1    S3_0_C12_C9_0
#define ICC_AP1R1_EL1    S3_0_C12_C9_1
#define ICC_AP1R2_EL1    S3_0_C12_C9_2
#define ICC_AP1R3_EL1    S3_0_C12_C9_3
#define ICC_DIR_EL1      S3_0_C12_C11_1
#define ICC_RPR_EL1      S3_0_C12_C11_3
#define ICC_HPPIR1_EL1   S3_0_C12_C12_2
#define ICC_IAR0_EL1     S3_0_C12_C8_0
#define ICC_EOIR0_EL1    S3_0_C12_C8_1
#define ICC_IGRPEN0_EL1  S3_0_C12_C12_6
#define CNTP_TVAL_EL02   S3_5_C14_C2_0
#define CNTP_CTL_EL02    S3_5_C14_C2_1
#define CNTP_CVAL_EL02   S3_5_C14_C2_2
#define CNTV_TVAL_EL02   S3_5_C14_C3_0
#define CNTV_CTL_EL02    S3_5_C14_C3_1
#define CNTV_CVAL_EL02   S3_5_C14_C3_2
#define CNTPCTSS_EL0     S3_3_C14_C0_5
#define CNTVCTSS_EL0     S3_3_C14_C0_6

/* read_sysreg() of one of the names above: expands it first. */
#define read_sysreg_s(reg)         read_sysreg(reg)
#define write_sysreg_s(value, reg) write_sysreg(value, reg)

static inline uint64_t sysreg_field(uint64_t value, unsigned int lsb, unsigned int bits)
{
	return (value >> lsb) & ((1ull << bits) - 1);
}

/* The current exception level, 1 or 2. */
static inline unsigned int current_el(void)
{
	return (read_sysreg(CurrentEL) >> 2) & 3;
}

#endif
