/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <limpid/boot.h>
#include <limpid/psci.h>
#include <limpid/smccc.h>
#include <limpid/types.h>

bool psci_available(void)
{
	return machine.psci.conduit != PSCI_NONE;
}

int64_t psci_call(uint32_t function, uint64_t a0, uint64_t a1, uint64_t a2)
{
	uint64_t x0 = smccc_call(function, a0, a1, a2).x[0];

	/* SMC32 functions return 32 bits, and their errors are negative in those. */
	return function & SMCCC_64 ? (int64_t)x0 : (int32_t)x0;
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
