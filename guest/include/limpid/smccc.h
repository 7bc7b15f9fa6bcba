/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls to firmware or a hypervisor by the SMC Calling Convention, through the conduit (HVC or SMC) that the firmware's
 * tables name for PSCI.
 *
 * Source: SMC Calling Convention (DEN 0028).
 */
#ifndef LIMPID_SMCCC_H
#define LIMPID_SMCCC_H

#include <stdint.h>

/* Function identifiers: bit 31 a fast call, bit 30 64-bit arguments, bits 29 to 24 the owning service. Source: DEN
 * 0028, "SMC and HVC Function Identifiers". */
#define SMCCC_FAST       (1u << 31)
#define SMCCC_64         (1u << 30)
#define SMCCC_OWNER(n)   ((uint32_t)(n) << 24)
#define SMCCC_FN(n)      ((uint32_t)(n)&0xffff)
#define SMCCC_OWNER_ARCH 0
#define SMCCC_OWNER_CPU  1
#define SMCCC_OWNER_SIP  2
#define SMCCC_OWNER_OEM  3
#define SMCCC_OWNER_STD  4 /* PSCI, TRNG */
#define SMCCC_OWNER_HYP  5 /* standard hypervisor services: PV time */
#define SMCCC_OWNER_VHYP 6

enum smccc_function {
	SMCCC_VERSION = 0x80000000,
	SMCCC_ARCH_FEATURES = 0x80000001,
	SMCCC_ARCH_SOC_ID = 0x80000002,
	SMCCC_ARCH_WORKAROUND_1 = 0x80008000,
	SMCCC_ARCH_WORKAROUND_2 = 0x80007fff,
	SMCCC_ARCH_WORKAROUND_3 = 0x80003fff,
};

#define SMCCC_NOT_SUPPORTED -1

struct smccc_result {
	uint64_t x[4]; /* X0 to X3 */
};

/* Any call. X0 is NOT_SUPPORTED, sign-extended, where the machine has no conduit. An SMC32 function's results are the
 * low halves. */
struct smccc_result smccc_call(uint32_t function, uint64_t a1, uint64_t a2, uint64_t a3);

#endif
