// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PCIe host bridges of a device tree: configuration space, and the windows through which BARs are seen.
 *
 * Source: bindings/pci/host-generic-pci.yaml; IEEE 1275, PCI Bus Binding, 2.2.1.1 "Numerical Representation" (phys.hi).
 */
#include "machine_fdt.h"

#define PHYS_HI_SPACE(hi) ((hi) >> 24 & 3) /* 0 configuration, 1 I/O, 2 and 3 memory with 32 and 64 bits */

/* Each entry of ranges: three cells of PCI address, as many of ours as the parent counts, two of size. The first window
 * of a kind counts. Not below a bus that translates addresses itself. */
static void read_windows(struct reader *reader, struct machine_ecam *ecam)
{
	struct fdt_prop ranges = reader_prop(reader, FDT_PROP_RANGES);
	uint32_t cells = reader_level(reader)[-1].address_cells, entry = 4 * (3 + cells + 2);

	if (reader->walk.depth != 1 || (cells != 1 && cells != 2))
		return;
	for (uint32_t at = 0; at + entry <= ranges.length; at += entry) {
		const uint8_t *value = ranges.value + at;
		unsigned space = PHYS_HI_SPACE(fdt_be32(value));
		struct pci_window window = {
			.cpu = cells == 2 ? fdt_be64(value + 12) : fdt_be32(value + 12),
			.bus = fdt_be64(value + 4),
			.size = fdt_be64(value + 12 + 4 * cells),
		};

		if (space && !ecam->window[space - 1].size && window.size - 1 <= UINT64_MAX - window.cpu &&
			window.size - 1 <= UINT64_MAX - window.bus)
			ecam->window[space - 1] = window;
	}
}

/* reg corresponds to the first bus of bus-range. */
void reader_ecam(struct reader *reader)
{
	struct machine *machine = reader->machine;
	struct fdt_prop buses = reader_prop(reader, FDT_PROP_BUS_RANGE);
	struct mem_range range = reader_reg(reader, 0);
	uint32_t first = fdt_prop_cell(buses, 0, 0), last = fdt_prop_cell(buses, 1, 255);
	uint64_t room = range.size >> 20;

	if (!reader_level(reader)->enabled)
		return;
	if (!room || first > 255 || last < first || range.base < (uint64_t)first << 20 ||
		machine->ecam_count == MACHINE_MAX_ECAMS) {
		reader_note(reader, "device tree: a PCIe host bridge is left out, node at offset");
		return;
	}
	last = (uint32_t)MIN((uint64_t)MIN(last, 255u), first + room - 1);
	machine->ecam[machine->ecam_count] = (struct machine_ecam){
		.base = range.base - ((uint64_t)first << 20),
		.segment = (uint16_t)reader_cell(reader, FDT_PROP_PCI_DOMAIN, machine->ecam_count),
		.bus_start = (uint8_t)first,
		.bus_end = (uint8_t)last,
	};
	read_windows(reader, &machine->ecam[machine->ecam_count]);
	machine->ecam_count++;
}
