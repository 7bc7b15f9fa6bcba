/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How UEFI maps memory for an application: its tables, which are still in use, walked for every region of the memory
 * map, for our own image, and for the devices that we know.
 *
 * Source: Arm ARM (DDI 0487), "The VMSAv8-64 translation table format descriptors"; UEFI 2.10, 2.3.6, "AArch64
 * Platforms", which promises little of it.
 */
#include <limpid/bitops.h>
#include <limpid/string.h>
#include "boot.h"

/* What of a descriptor is attributes: the restrictions that tables pass down are put in the leaf's own places. */
#define ATTRIBUTES   (GENMASK(63, 52) | GENMASK(11, 2))
#define AP_READ_ONLY BIT(7)
#define PXN          BIT(53)
#define UXN          BIT(54)
#define TABLE_AP_RO  BIT(62)
#define TABLE_UXN    BIT(60)
#define TABLE_PXN    BIT(59)
#define MAPPED       BIT(10) /* the access flag: set in every leaf of firmware that does not manage it */

struct walk {
	uint64_t attributes;
	unsigned int level;
	uint64_t size; /* of the entry that the walk ended at */
};

static struct walk walk_firmware(uint64_t va)
{
	const struct entry_state *entry = &handover.entry;
	unsigned int tg0 = entry->tcr >> 14 & 3, va_bits = 64 - (entry->tcr & 0x3f);
	unsigned int granule = tg0 == 0 ? 12 : tg0 == 1 ? 16 : 14, stride = granule - 3;
	unsigned int level = 4 - (va_bits - granule + stride - 1) / stride;
	uint64_t table = entry->ttbr0 & GENMASK(47, 1), restrictions = 0;

	if (va >> va_bits)
		return (struct walk){0, level, 1ull << 63};
	for (;; level++) {
		unsigned int shift = granule + (3 - level) * stride;
		uint64_t index = va >> shift & (BIT(stride) - 1);
		uint64_t desc = ((const volatile uint64_t *)(uintptr_t)table)[index];

		if (!(desc & 1))
			return (struct walk){0, level, BIT(shift)};
		if (level == 3 || !(desc & 2))
			return (struct walk){(desc & ATTRIBUTES) | restrictions | MAPPED, level, BIT(shift)};
		restrictions |= (desc & TABLE_AP_RO ? AP_READ_ONLY : 0) | (desc & TABLE_UXN ? UXN : 0) |
				(desc & TABLE_PXN ? PXN : 0);
		table = desc & GENMASK(47, granule);
	}
}

static void add_row(uint64_t start, uint64_t size, struct walk walk, uint8_t use)
{
	unsigned int count = MIN(handover.row_count, (unsigned int)HANDOVER_ROWS);

	for (unsigned int i = 0; i < count; i++) {
		struct handover_row *row = &handover.rows[i];

		if (row->use != use || row->attributes != walk.attributes || row->level != walk.level)
			continue;
		row->pieces += row->end != start;
		row->end = start + size;
		row->size += size;
		return;
	}
	if (handover.row_count < HANDOVER_ROWS)
		handover.rows[handover.row_count] =
			(struct handover_row){start, start + size, size, walk.attributes, 1, walk.level, use};
	handover.row_count++;
}

static void record(uint64_t start, uint64_t end, uint8_t use)
{
	while (start < end) {
		struct walk walk = walk_firmware(start);
		uint64_t next = MIN((start & ~(walk.size - 1)) + walk.size, end);

		add_row(start, next - start, walk, use);
		start = next;
	}
}

/* A region without the image, which has rows of its own. */
static void record_region(const struct region *region)
{
	uint64_t start = region->base, end = start + region->size;
	uint64_t text = (uintptr_t)_image_start, data = (uintptr_t)_data_start, after = (uintptr_t)_image_end;

	if (text >= start && text < end) {
		record(start, text, region->type);
		record(text, data, HANDOVER_IMAGE_TEXT);
		record(data, after, HANDOVER_IMAGE_DATA);
		start = after;
	}
	record(start, end, region->type);
}

void handover_record(void)
{
	if (!(handover.entry.sctlr & 1))
		return;
	for (unsigned int i = 0; i < machine.region_count; i++)
		record_region(&machine.regions[i]);
	if (machine.uart.type != UART_NONE)
		record(machine.uart.base, machine.uart.base + KIB(4), HANDOVER_UART);
	if (machine.gic.version)
		record(machine.gic.dist.base, machine.gic.dist.base + KIB(4), HANDOVER_GIC);
}
