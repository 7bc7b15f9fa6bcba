// SPDX-License-Identifier: GPL-2.0-or-later
/* Device trees: the look-ups and the machine reader. The input is the blob. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

#include <limpid/firmware.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {"/chosen", "serial0", "/soc/serial@9000:115200", "/a/b/c/d", ""};
	static struct machine machine;
	struct fdt fdt;
	struct fdt_prop prop;
	uint32_t node;

	machine_init(&machine);
	if (fdt_init(&fdt, data, size) != FDT_OK)
		return 0;
	for (unsigned i = 0; i < ARRAY_SIZE(paths); i++)
		if (fdt_find_node(&fdt, paths[i], SIZE_MAX, &node) == FDT_OK &&
			fdt_find_prop(&fdt, node, "compatible", &prop) == FDT_OK)
			fdt_prop_has_string(prop, "x");
	machine_read_fdt(&machine, &fdt, size & 1 ? FDT_NO_MEMORY : 0);
	if (fdt.error_offset > size)
		abort();
	/* What the machine points to lies in the blob and ends there. */
	if (machine.bootargs && (const uint8_t *)machine.bootargs + strlen(machine.bootargs) >= data + size)
		abort();
	return 0;
}
