// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The walk: each node with its known properties, and what its parents say about addresses.
 *
 * It relies on what the specification promises and the cursor checks: a node's properties come before its children. So
 * when a node is handed out all of its properties have been seen, and all of its parents'.
 *
 * Source: Devicetree Specification v0.4, 2.3 Standard Properties (2.3.5 #address-cells and #size-cells, 2.3.6 reg,
 * 2.3.8 ranges), 5.4.1 Lexical structure.
 */
#include <limpid/fdt.h>
#include <limpid/string.h>

/* In place rather than pointers, which would have to be relocated. */
static const char names[FDT_PROP_COUNT][28] = {
	[FDT_PROP_ADDRESS_CELLS] = "#address-cells",
	[FDT_PROP_SIZE_CELLS] = "#size-cells",
	[FDT_PROP_INTERRUPT_CELLS] = "#interrupt-cells",
	[FDT_PROP_RANGES] = "ranges",
	[FDT_PROP_REG] = "reg",
	[FDT_PROP_STATUS] = "status",
	[FDT_PROP_COMPATIBLE] = "compatible",
	[FDT_PROP_DEVICE_TYPE] = "device_type",
	[FDT_PROP_PHANDLE] = "phandle",
	[FDT_PROP_LINUX_PHANDLE] = "linux,phandle",
	[FDT_PROP_MODEL] = "model",
	[FDT_PROP_INTERRUPTS] = "interrupts",
	[FDT_PROP_INTERRUPTS_EXTENDED] = "interrupts-extended",
	[FDT_PROP_INTERRUPT_NAMES] = "interrupt-names",
	[FDT_PROP_INTERRUPT_PARENT] = "interrupt-parent",
	[FDT_PROP_METHOD] = "method",
	[FDT_PROP_CPU_ON] = "cpu_on",
	[FDT_PROP_CPU_OFF] = "cpu_off",
	[FDT_PROP_CPU_SUSPEND] = "cpu_suspend",
	[FDT_PROP_MIGRATE] = "migrate",
	[FDT_PROP_BOOTARGS] = "bootargs",
	[FDT_PROP_STDOUT_PATH] = "stdout-path",
	[FDT_PROP_LINUX_STDOUT_PATH] = "linux,stdout-path",
	[FDT_PROP_INITRD_START] = "linux,initrd-start",
	[FDT_PROP_INITRD_END] = "linux,initrd-end",
	[FDT_PROP_USABLE_MEMORY_RANGE] = "linux,usable-memory-range",
	[FDT_PROP_USABLE_MEMORY] = "linux,usable-memory",
	[FDT_PROP_NO_MAP] = "no-map",
	[FDT_PROP_REG_SHIFT] = "reg-shift",
	[FDT_PROP_REG_IO_WIDTH] = "reg-io-width",
	[FDT_PROP_REG_OFFSET] = "reg-offset",
	[FDT_PROP_CLOCK_FREQUENCY] = "clock-frequency",
	[FDT_PROP_CURRENT_SPEED] = "current-speed",
	[FDT_PROP_REDIST_REGIONS] = "#redistributor-regions",
	[FDT_PROP_REDIST_STRIDE] = "redistributor-stride",
	[FDT_PROP_ALWAYS_ON] = "always-on",
	[FDT_PROP_BUS_RANGE] = "bus-range",
	[FDT_PROP_PCI_DOMAIN] = "linux,pci-domain",
};

_Static_assert(FDT_PROP_COUNT <= 64, "struct fdt_walk has one bit for each");

/* Entries of a `ranges` that are looked at: bounds the cost of translating many addresses of a hostile tree. */
#define MAX_RANGES 256

void fdt_walk_init(struct fdt_walk *walk, struct fdt *fdt)
{
	memset(walk, 0, sizeof(*walk));
	fdt_cursor_init(&walk->cursor, fdt, FDT_ROOT);
	walk->depth = -1;
}

static enum fdt_prop_id prop_id(struct fdt_walk *walk, const char *name)
{
	unsigned slot = ((uintptr_t)name ^ (uintptr_t)name >> 6) % FDT_NAME_CACHE;
	unsigned id = 0;

	if (walk->names[slot].name == name)
		return walk->names[slot].id;
	while (id < FDT_PROP_COUNT && strcmp(name, names[id]))
		id++;
	walk->names[slot].name = name;
	walk->names[slot].id = id;
	return id;
}

struct fdt_prop fdt_walk_prop(const struct fdt_walk *walk, enum fdt_prop_id id)
{
	static const uint8_t nothing[1];

	return fdt_walk_has(walk, id) ? walk->props[id] : (struct fdt_prop){nothing, 0};
}

bool fdt_walk_compatible(const struct fdt_walk *walk, const char *string)
{
	return fdt_prop_has_string(fdt_walk_prop(walk, FDT_PROP_COMPATIBLE), string);
}

/* Only "okay" and its old spelling count: "disabled", "reserved", "fail" and "fail-sss" are all hands off.
 * Source: Devicetree Specification v0.4, 2.3.4 status. */
static bool status_is_okay(struct fdt_prop status)
{
	const char *string = fdt_prop_string(status);

	return string && (!strcmp(string, "okay") || !strcmp(string, "ok"));
}

static void enter_level(struct fdt_walk *walk)
{
	const struct fdt_cursor *cursor = &walk->cursor;
	struct fdt_level *level = &walk->levels[cursor->depth];

	walk->depth = cursor->depth;
	*level = (struct fdt_level){
		.name = cursor->name,
		.node = cursor->event_offset,
		.address_cells = 2,
		.size_cells = 1,
		.enabled = true,
	};
	if (walk->depth) {
		level->interrupt_parent = level[-1].interrupt_parent;
		level->enabled = level[-1].enabled;
	}
	walk->present = 0;
}

static void finish_level(struct fdt_walk *walk)
{
	struct fdt_level *level = &walk->levels[walk->depth];

	level->address_cells = fdt_prop_cell(fdt_walk_prop(walk, FDT_PROP_ADDRESS_CELLS), 0, level->address_cells);
	level->size_cells = fdt_prop_cell(fdt_walk_prop(walk, FDT_PROP_SIZE_CELLS), 0, level->size_cells);
	level->interrupt_parent =
		fdt_prop_cell(fdt_walk_prop(walk, FDT_PROP_INTERRUPT_PARENT), 0, level->interrupt_parent);
	level->has_ranges = fdt_walk_has(walk, FDT_PROP_RANGES);
	level->ranges = fdt_walk_prop(walk, FDT_PROP_RANGES);
	if (fdt_walk_has(walk, FDT_PROP_STATUS) && !status_is_okay(fdt_walk_prop(walk, FDT_PROP_STATUS)))
		level->enabled = false;
}

enum fdt_result fdt_walk_next(struct fdt_walk *walk)
{
	struct fdt_cursor *cursor = &walk->cursor;

	while (!walk->pending) {
		switch (fdt_next(cursor)) {
		case FDT_EVENT_NODE:
			walk->pending = true;
			break;
		case FDT_EVENT_END_NODE:
			break;
		case FDT_EVENT_PROP: /* the properties of a node are taken below */
		case FDT_EVENT_END:
			return FDT_NOT_FOUND;
		case FDT_EVENT_ERROR:
			return cursor->result;
		}
	}
	walk->pending = false;
	enter_level(walk);
	for (;;) {
		enum fdt_prop_id id;

		switch (fdt_next(cursor)) {
		case FDT_EVENT_PROP:
			id = prop_id(walk, cursor->name);
			if (id == FDT_PROP_UNKNOWN)
				break;
			walk->props[id] = cursor->prop;
			walk->present |= UINT64_C(1) << id;
			break;
		case FDT_EVENT_NODE:
			/* Its first child: next time. */
			walk->pending = true;
			finish_level(walk);
			return FDT_OK;
		case FDT_EVENT_END_NODE:
			finish_level(walk);
			return FDT_OK;
		case FDT_EVENT_END:
			return FDT_NOT_FOUND;
		case FDT_EVENT_ERROR:
			return cursor->result;
		}
	}
}

/* A number of 0 to 2 cells. */
static uint64_t cells(const uint8_t *value, uint32_t count)
{
	return count == 2 ? fdt_be64(value) : count == 1 ? fdt_be32(value) : 0;
}

/*
 * Translates an address of the children of levels[depth] into one of its parent's children. False if no entry of its
 * ranges holds all of it.
 */
static bool translate(const struct fdt_walk *walk, int depth, struct mem_range *range)
{
	const struct fdt_level *bus = &walk->levels[depth];
	uint32_t child = bus->address_cells, parent = bus[-1].address_cells, size = bus->size_cells;
	uint32_t entry_bytes, entries;

	if (!bus->has_ranges)
		return false;
	if (!bus->ranges.length)
		return true;
	if (child > 2 || parent > 2 || size > 2 || !child || !parent)
		return false;
	entry_bytes = 4 * (child + parent + size);
	entries = bus->ranges.length / entry_bytes;
	for (uint32_t i = 0; i < entries && i < MAX_RANGES; i++) {
		const uint8_t *entry = bus->ranges.value + i * entry_bytes;
		uint64_t from = cells(entry, child);
		uint64_t to = cells(entry + 4 * child, parent);
		uint64_t length = cells(entry + 4 * (child + parent), size);
		uint64_t offset = range->base - from;

		if (range->base < from || offset >= length || range->size > length - offset)
			continue;
		if (offset > UINT64_MAX - to || range->size > UINT64_MAX - (to + offset))
			return false;
		range->base = to + offset;
		return true;
	}
	return false;
}

enum fdt_result fdt_walk_reg_prop(
	const struct fdt_walk *walk, struct fdt_prop prop, unsigned index, struct mem_range *range)
{
	const struct fdt_level *bus;
	uint32_t address_cells, size_cells, entry_bytes;
	const uint8_t *entry;

	/* The root has no parent whose cells could be counted. */
	if (walk->depth < 1)
		return FDT_NOT_FOUND;
	bus = &walk->levels[walk->depth - 1];
	address_cells = bus->address_cells;
	size_cells = bus->size_cells;
	if (address_cells < 1 || address_cells > 2 || size_cells > 2)
		return FDT_BAD_VALUE;
	entry_bytes = 4 * (address_cells + size_cells);
	if (prop.length % entry_bytes)
		return FDT_BAD_VALUE;
	if (index >= prop.length / entry_bytes)
		return FDT_NOT_FOUND;
	entry = prop.value + index * entry_bytes;
	range->base = cells(entry, address_cells);
	range->size = cells(entry + 4 * address_cells, size_cells);
	if (range->size > UINT64_MAX - range->base)
		return FDT_BAD_VALUE;
	/* The root's children have CPU addresses: the root's own ranges would lead nowhere. */
	for (int depth = walk->depth - 1; depth > 0; depth--)
		if (!translate(walk, depth, range))
			return FDT_NOT_FOUND;
	return FDT_OK;
}

enum fdt_result fdt_walk_reg(const struct fdt_walk *walk, unsigned index, struct mem_range *range)
{
	return fdt_walk_reg_prop(walk, fdt_walk_prop(walk, FDT_PROP_REG), index, range);
}
