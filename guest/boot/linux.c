/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Linux boot protocol's entry in C: the MMU is on with the early tables, which have the image and the first page of
 * the device tree.
 *
 * Source: Linux, Documentation/arch/arm64/booting.rst.
 */
#include <limpid/fdt.h>
#include <limpid/machine.h>
#include "boot.h"

_Noreturn void linux_main(uint64_t fdt, const struct entry_state *entry);
_Noreturn void linux_main(uint64_t fdt, const struct entry_state *entry)
{
	handover.entry = *entry;
	smp_early_init();
	machine_init(&machine);
	options_init(&options);
	handover.fdt = fdt;
	if (fdt) {
		const uint8_t *header = (const uint8_t *)fdt;

		/* The total size is the header's second word; the reader checks the rest. */
		early_map(fdt, MIN(fdt_be32(header + 4), FDT_MAX_SIZE), EARLY_NORMAL);
	}
	boot_main();
}
