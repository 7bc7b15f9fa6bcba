/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <limpid/boot.h>
#include <limpid/smccc.h>

/* SMCCC before 1.1 lets the callee change X4 to X17. */
#define SMCCC_CALL(insn)                                                                                         \
	asm volatile(insn " #0"                                                                                  \
		     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", \
		     "x12", "x13", "x14", "x15", "x16", "x17", "memory")

struct smccc_result smccc_call(uint32_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
	register uint64_t x0 asm("x0") = function;
	register uint64_t x1 asm("x1") = a1;
	register uint64_t x2 asm("x2") = a2;
	register uint64_t x3 asm("x3") = a3;

	switch (machine.psci.conduit) {
	case PSCI_HVC:
		SMCCC_CALL("hvc");
		break;
	case PSCI_SMC:
		SMCCC_CALL("smc");
		break;
	default:
		x0 = (uint64_t)SMCCC_NOT_SUPPORTED;
		break;
	}
	return (struct smccc_result){{x0, x1, x2, x3}};
}
