// SPDX-License-Identifier: GPL-2.0-or-later
/* UEFI memory maps. The input: descriptor size, version, then the map. */
#include <stdint.h>
#include <stdlib.h>

#include "fake.h"

#include <limpid/firmware.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct machine machine;
	struct mem_range ranges[4];
	uint64_t end = 0;

	if (size < 2)
		return 0;
	machine_init(&machine);
	machine_read_efi_map(&machine, data + 2, size - 2, data[0], data[1]);
	for (unsigned step = 0; step < 3; step++, end = 0) {
		for (unsigned i = 0; i < machine.region_count; i++) {
			const struct region *region = &machine.regions[i];

			/* The invariant of machine.h. */
			if (!region->size || region->base < end || region->size > UINT64_MAX - region->base)
				abort();
			if (i && region->base == end && region->type == region[-1].type &&
				region->flags == region[-1].flags)
				abort();
			end = region->base + region->size;
			if (machine_find_region(&machine, region->base) != region)
				abort();
		}
		machine_ram(&machine, 16, ranges, 4);
		if (step == 0)
			machine_reclaim_boot(&machine);
		else if (size >= 18)
			machine_limit_ram(&machine,
				(struct mem_range){(uint64_t)data[10] << (data[11] % 64), 1u << (data[12] % 32)});
	}
	return 0;
}
