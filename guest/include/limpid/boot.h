/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the boot found: the machine, the options, and what the firmware or boot loader handed over. Filled once, before
 * the first test; read-only afterwards.
 */
#ifndef LIMPID_BOOT_H
#define LIMPID_BOOT_H

#include <limpid/cmdline.h>
#include <limpid/machine.h>

extern struct machine machine;
extern struct options options;

/* The registers as the entry point found them, of the regime that it was entered in. */
struct entry_state {
	uint64_t el;
	uint64_t sctlr;
	uint64_t tcr;
	uint64_t mair;
	uint64_t ttbr0;
	uint64_t daif;
	uint64_t counter; /* CNTPCT_EL0: when that was */
};

/* One row of the table of UEFI's own mappings: all addresses of one use that are mapped alike. */
struct handover_row {
	uint64_t first, end; /* from the lowest to the highest: others may lie between */
	uint64_t size;       /* together, bytes */
	uint64_t attributes; /* the descriptor without its address, restrictions of the tables above included; 0: not
				mapped */
	uint32_t pieces;     /* runs of neighbouring addresses */
	uint8_t level;       /* of the descriptors: 3 is a page */
	uint8_t use;         /* enum region_type, or one of HANDOVER_... */
};

#define HANDOVER_IMAGE_TEXT 0x80 /* our code and constants */
#define HANDOVER_IMAGE_DATA 0x81
#define HANDOVER_UART       0x82
#define HANDOVER_GIC        0x83
#define HANDOVER_ROWS       64

struct handover {
	bool efi;
	struct entry_state entry;
	struct mem_range image;
	uint64_t fdt; /* address of the device tree; 0: none */
	uint64_t fdt_size;
	uint64_t rsdp;     /* of ACPI's root pointer; 0: none */
	enum option_hw hw; /* the one that was used */
	uint64_t efi_system_table;
	const char *efi_vendor; /* ASCII */
	uint32_t efi_revision;
	unsigned int exit_attempts; /* of ExitBootServices() */
	uint64_t ready_counter;     /* CNTPCT_EL0 when the first test could start */
	unsigned int row_count;     /* may exceed HANDOVER_ROWS */
	struct handover_row rows[HANDOVER_ROWS];
};

extern struct handover handover;

/* The names of the boot protocols in messages and options: "linux", "efi". */
const char *boot_protocol(void);

/* Turns the machine off: PSCI, else UEFI, else a last line and WFI. */
_Noreturn void power_off(void);

#endif
