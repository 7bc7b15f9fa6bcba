/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PSCI: starting and stopping CPUs and the machine, by whatever conduit the firmware's tables name.
 *
 * Source: Arm Power State Coordination Interface (DEN 0022), "Function prototypes"; SMC Calling Convention (DEN 0028).
 */
#ifndef LIMPID_PSCI_H
#define LIMPID_PSCI_H

#include <stdbool.h>
#include <stdint.h>

enum psci_function {
	PSCI_VERSION = 0x84000000,
	PSCI_CPU_SUSPEND = 0xc4000001,
	PSCI_CPU_OFF = 0x84000002,
	PSCI_CPU_ON = 0xc4000003,
	PSCI_AFFINITY_INFO = 0xc4000004,
	PSCI_MIGRATE_INFO_TYPE = 0x84000006,
	PSCI_SYSTEM_OFF = 0x84000008,
	PSCI_SYSTEM_RESET = 0x84000009,
	PSCI_FEATURES = 0x8400000a,
	PSCI_SYSTEM_RESET2 = 0xc4000012,
};

enum psci_status {
	PSCI_SUCCESS = 0,
	PSCI_NOT_SUPPORTED = -1,
	PSCI_INVALID_PARAMETERS = -2,
	PSCI_DENIED = -3,
	PSCI_ALREADY_ON = -4,
	PSCI_ON_PENDING = -5,
	PSCI_INTERNAL_FAILURE = -6,
	PSCI_NOT_PRESENT = -7,
	PSCI_DISABLED = -8,
	PSCI_INVALID_ADDRESS = -9,
};

/* AFFINITY_INFO's answers. */
enum psci_affinity { PSCI_ON = 0, PSCI_OFF = 1, PSCI_ON_IS_PENDING = 2 };

/* Whether the machine has PSCI. */
bool psci_available(void);

/* Any call, by the machine's conduit; NOT_SUPPORTED where there is none. */
int64_t psci_call(uint32_t function, uint64_t a0, uint64_t a1, uint64_t a2);

/* The numbers of CPU_ON and CPU_OFF on this machine. */
uint32_t psci_cpu_on_function(void);
uint32_t psci_cpu_off_function(void);

/* A status by name, for messages. */
const char *psci_status_name(int64_t status);

#endif
