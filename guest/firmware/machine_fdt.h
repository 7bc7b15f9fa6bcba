/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine_fdt.h - what the parts of the device tree's reader share: machine_fdt.c walks the tree, machine_fdt_devices.c
 * reads devices. Not for others.
 */
#ifndef FIRMWARE_MACHINE_FDT_H
#define FIRMWARE_MACHINE_FDT_H

#include <limpid/firmware.h>

/* An interrupt to be read when the GIC is known. */
struct wire {
	struct fdt_prop prop;
	uint32_t parent; /* phandle of the interrupt parent; 0: not said */
	bool extended;   /* the property is interrupts-extended */
};

#define MAX_UARTS 16

struct uart_node {
	uint32_t node;
	struct machine_uart uart;
	struct wire wire;
};

struct reader {
	struct machine *machine;
	struct fdt_walk walk;
	unsigned flags;
	struct fdt_prop stdout_path;
	bool has_usable_range;
	struct mem_range usable_range;
	bool has_timer;
	struct wire timer;
	struct fdt_prop timer_names;
	bool timer_always_on;
	uint32_t gic_phandle;
	uint32_t gic_cells;
	struct wire gic_maintenance;
	struct wire pmu;
	struct wire rtc;
	struct wire watchdog;
	struct wire virtio[MACHINE_MAX_VIRTIO];
	unsigned uart_count;
	struct uart_node uarts[MAX_UARTS];
};

static inline struct fdt_prop reader_prop(const struct reader *reader, enum fdt_prop_id id)
{
	return fdt_walk_prop(&reader->walk, id);
}

static inline uint32_t reader_cell(const struct reader *reader, enum fdt_prop_id id, uint32_t otherwise)
{
	return fdt_prop_cell(reader_prop(reader, id), 0, otherwise);
}

static inline const struct fdt_level *reader_level(const struct reader *reader)
{
	return &reader->walk.levels[reader->walk.depth];
}

static inline void reader_note(struct reader *reader, const char *what)
{
	machine_note(reader->machine, what, reader_level(reader)->node);
}

/* Entry `index` of reg; empty if there is none. */
struct mem_range reader_reg(const struct reader *reader, unsigned index);

/* Reads a PCIe host bridge: in machine_fdt_pci.c. */
void reader_ecam(struct reader *reader);

/* Reads a property of one or two cells. */
bool reader_number(struct fdt_prop value, uint64_t *result);

/* Reads the current node if its compatible list names a device that limpid knows. */
void reader_device(struct reader *reader);

/* Reads what had to wait for the whole tree: interrupts, and which UART is the console. */
void reader_finish_devices(struct reader *reader);

#endif
