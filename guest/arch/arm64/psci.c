/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <limpid/boot.h>
#include <limpid/psci.h>
#include <limpid/types.h>

/* SMCCC before 1.1 lets the callee change X4 to X17. */
#define SMCCC_CALL(insn)                                                                                         \
	asm volatile(insn " #0"                                                                                  \
		     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", \
		     "x12", "x13", "x14", "x15", "x16", "x17", "memory")

bool psci_available(void)
{
	return machine.psci.conduit != PSCI_NONE;
}

int64_t psci_call(uint32_t function, uint64_t a0, uint64_t a1, uint64_t a2)
{
	register uint64_t x0 asm("x0") = function;
	register uint64_t x1 asm("x1") = a0;
	register uint64_t x2 asm("x2") = a1;
	register uint64_t x3 asm("x3") = a2;

	switch (machine.psci.conduit) {
	case PSCI_HVC:
		SMCCC_CALL("hvc");
		break;
	case PSCI_SMC:
		SMCCC_CALL("smc");
		break;
	default:
		return PSCI_NOT_SUPPORTED;
	}
	/* SMC32 functions return 32 bits, and their errors are negative in those. */
	return function & (1u << 30) ? (int64_t)x0 : (int32_t)x0;
}

/* Version 0.1 leaves the numbers to the device tree. */
uint32_t psci_cpu_on_function(void)
{
	return machine.psci.cpu_on ? machine.psci.cpu_on : PSCI_CPU_ON;
}

uint32_t psci_cpu_off_function(void)
{
	return machine.psci.cpu_off ? machine.psci.cpu_off : PSCI_CPU_OFF;
}

const char *psci_status_name(int64_t status)
{
	static const char *const names[] = {"SUCCESS", "NOT_SUPPORTED", "INVALID_PARAMETERS", "DENIED", "ALREADY_ON",
		"ON_PENDING", "INTERNAL_FAILURE", "NOT_PRESENT", "DISABLED", "INVALID_ADDRESS"};

	return status <= 0 && -status < (int64_t)ARRAY_SIZE(names) ? names[-status] : "an unknown status";
}
