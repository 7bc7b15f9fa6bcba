// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a device tree to struct machine, in one pass.
 *
 * Each node is classified by where it is, here, or by its compatible list, in machine_fdt_devices.c, and read at once.
 * Two things wait for the end, as the node that they need may come later: interrupts (how the GIC counts its cells) and
 * the choice of the console.
 *
 * Sources: Devicetree Specification v0.4, 3 Device Node Requirements, and the bindings named at each function, which
 * are Documentation/devicetree/bindings of the Linux kernel.
 */
#include <limpid/string.h>
#include "machine_fdt.h"

/* What a parent is to its children; in struct fdt_level. */
enum kind { KIND_OTHER, KIND_CPUS, KIND_RESERVED_MEMORY };

bool reader_number(struct fdt_prop value, uint64_t *result)
{
	if (value.length != 4 && value.length != 8)
		return false;
	*result = value.length == 8 ? fdt_be64(value.value) : fdt_be32(value.value);
	return true;
}

static bool node_is(const struct reader *reader, const char *name, size_t length)
{
	return fdt_name_matches(reader_level(reader)->name, name, length);
}

#define NODE_IS(reader, name) node_is(reader, name, sizeof(name) - 1)

/* Adds all entries of a property of reg's form as regions. */
static void add_regions(struct reader *reader, struct fdt_prop value, enum region_type type, unsigned flags)
{
	struct mem_range range;
	enum fdt_result result;

	for (unsigned i = 0;; i++) {
		result = fdt_walk_reg_prop(&reader->walk, value, i, &range);
		if (result != FDT_OK)
			break;
		machine_add_region(reader->machine, range.base, range.size, type, flags);
	}
	if (result == FDT_BAD_VALUE)
		reader_note(reader, "device tree: memory with an impossible reg property, node at offset");
}

/* Source: Devicetree Specification v0.4, 3.4 /memory node; Linux, drivers/of: linux,usable-memory. */
static void read_memory(struct reader *reader)
{
	bool usable = fdt_walk_has(&reader->walk, FDT_PROP_USABLE_MEMORY);

	if (reader->flags & FDT_NO_MEMORY || !reader_level(reader)->enabled)
		return;
	add_regions(reader, reader_prop(reader, usable ? FDT_PROP_USABLE_MEMORY : FDT_PROP_REG), REGION_RAM, 0);
}

/* Those without reg ask for memory of their users' choice: nothing to keep away from. Source: Devicetree
 * Specification v0.4, 3.5 /reserved-memory Node. */
static void read_reserved_memory(struct reader *reader)
{
	if (!reader_level(reader)->enabled)
		return;
	add_regions(reader, reader_prop(reader, FDT_PROP_REG), REGION_RESERVED,
		fdt_walk_has(&reader->walk, FDT_PROP_NO_MAP) ? REGION_NO_MAP : 0);
}

/* Source: Devicetree Specification v0.4, 3.6 /chosen Node; dt-schema, chosen.yaml. */
static void read_chosen(struct reader *reader)
{
	struct machine *machine = reader->machine;
	uint64_t start, end;

	machine->bootargs = fdt_prop_string(reader_prop(reader, FDT_PROP_BOOTARGS));
	reader->stdout_path = reader_prop(reader,
		fdt_walk_has(&reader->walk, FDT_PROP_STDOUT_PATH) ? FDT_PROP_STDOUT_PATH : FDT_PROP_LINUX_STDOUT_PATH);
	if (reader_number(reader_prop(reader, FDT_PROP_INITRD_START), &start) &&
		reader_number(reader_prop(reader, FDT_PROP_INITRD_END), &end)) {
		if (end >= start)
			machine->initrd = (struct mem_range){start, end - start};
		else
			reader_note(reader, "device tree: an initrd that ends before it starts, node at offset");
	}
	if (fdt_walk_has(&reader->walk, FDT_PROP_USABLE_MEMORY_RANGE))
		reader->has_usable_range =
			fdt_walk_reg_prop(&reader->walk, reader_prop(reader, FDT_PROP_USABLE_MEMORY_RANGE), 0,
				&reader->usable_range) == FDT_OK;
}

/* Source: bindings/arm/cpus.yaml: reg is MPIDR_EL1's Aff2 to Aff0, with #address-cells 2 preceded by Aff3. */
static void read_cpu(struct reader *reader)
{
	const char *type = fdt_prop_string(reader_prop(reader, FDT_PROP_DEVICE_TYPE));
	uint32_t cells = reader_level(reader)[-1].address_cells;
	struct fdt_prop reg = reader_prop(reader, FDT_PROP_REG);

	/* The node also holds cpu-map, idle-states and caches. */
	if (type ? strcmp(type, "cpu") : !NODE_IS(reader, "cpu") || !fdt_walk_has(&reader->walk, FDT_PROP_REG))
		return;
	if ((cells != 1 && cells != 2) || reg.length != 4 * cells) {
		reader_note(reader, "device tree: a CPU with an impossible reg property, node at offset");
		return;
	}
	machine_add_cpu(reader->machine, cells == 2 ? fdt_be64(reg.value) : fdt_be32(reg.value),
		reader->machine->cpu_count, reader_level(reader)->enabled);
}

static void read_node(struct reader *reader)
{
	int depth = reader->walk.depth;
	struct fdt_level *here = &reader->walk.levels[depth];
	const char *type;

	if (depth == 0) {
		reader->machine->model = fdt_prop_string(reader_prop(reader, FDT_PROP_MODEL));
		return;
	}
	if (depth == 2 && here[-1].kind == KIND_CPUS) {
		read_cpu(reader);
		return;
	}
	if (depth == 2 && here[-1].kind == KIND_RESERVED_MEMORY) {
		read_reserved_memory(reader);
		return;
	}
	if (depth == 1) {
		type = fdt_prop_string(reader_prop(reader, FDT_PROP_DEVICE_TYPE));
		if (type && !strcmp(type, "memory"))
			read_memory(reader);
		else if (NODE_IS(reader, "cpus"))
			here->kind = KIND_CPUS;
		else if (NODE_IS(reader, "reserved-memory"))
			here->kind = KIND_RESERVED_MEMORY;
		else if (NODE_IS(reader, "chosen"))
			read_chosen(reader);
	}
	reader_device(reader);
}

static void finish_memory(struct reader *reader)
{
	struct machine *machine = reader->machine;
	struct mem_range range;

	if (!(reader->flags & FDT_NO_MEMORY))
		for (unsigned i = 0; fdt_reservation(reader->walk.cursor.fdt, i, &range); i++)
			machine_reserve(machine, range.base, range.size);
	machine_reserve(machine, machine->initrd.base, machine->initrd.size);
	if (reader->has_usable_range)
		machine_limit_ram(machine, reader->usable_range);
}

enum fdt_result machine_read_fdt(struct machine *machine, struct fdt *fdt, unsigned flags)
{
	struct reader reader = {.machine = machine, .flags = flags, .gic_cells = 3};
	enum fdt_result result;

	fdt_walk_init(&reader.walk, fdt);
	while ((result = fdt_walk_next(&reader.walk)) == FDT_OK)
		read_node(&reader);
	/* Also after an error: what was found is worth having, for the console above all. */
	finish_memory(&reader);
	reader_finish_devices(&reader);
	return result == FDT_NOT_FOUND ? FDT_OK : result;
}
