// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The devices of a device tree that limpid uses itself, known by their compatible lists: interrupt controller, timer,
 * PSCI, console, PCIe. Each is read when the walk is at its node. Sources: see machine_fdt.c.
 */
#include <limpid/bitops.h>
#include <limpid/string.h>
#include "machine_fdt.h"

static struct wire wire(const struct reader *reader)
{
	bool extended = fdt_walk_has(&reader->walk, FDT_PROP_INTERRUPTS_EXTENDED);

	return (struct wire){
		.prop = reader_prop(reader, extended ? FDT_PROP_INTERRUPTS_EXTENDED : FDT_PROP_INTERRUPTS),
		.parent = reader_level(reader)->interrupt_parent,
		.extended = extended,
	};
}

/* Source: bindings/arm/psci.yaml. */
static void read_psci(struct reader *reader, uint32_t version)
{
	struct machine_psci *psci = &reader->machine->psci;
	const char *method = fdt_prop_string(reader_prop(reader, FDT_PROP_METHOD));

	if (!reader_level(reader)->enabled)
		return;
	psci->version = version;
	if (method && !strcmp(method, "hvc"))
		psci->conduit = PSCI_HVC;
	else if (method && !strcmp(method, "smc"))
		psci->conduit = PSCI_SMC;
	else
		reader_note(reader, "device tree: PSCI with neither method hvc nor smc, node at offset");
	psci->cpu_on = reader_cell(reader, FDT_PROP_CPU_ON, 0);
	psci->cpu_off = reader_cell(reader, FDT_PROP_CPU_OFF, 0);
	psci->cpu_suspend = reader_cell(reader, FDT_PROP_CPU_SUSPEND, 0);
	psci->migrate = reader_cell(reader, FDT_PROP_MIGRATE, 0);
}

struct mem_range reader_reg(const struct reader *reader, unsigned index)
{
	struct mem_range range;

	return fdt_walk_reg(&reader->walk, index, &range) == FDT_OK ? range : (struct mem_range){0, 0};
}

/*
 * Source: bindings/interrupt-controller/arm,gic.yaml: reg is distributor, CPU interface, GICH, GICV; arm,gic-v3.yaml:
 * reg is distributor, #redistributor-regions redistributor regions, then CPU interface, GICH and GICV where there are
 * any.
 */
static void read_gic(struct reader *reader, unsigned version)
{
	struct machine_gic *gic = &reader->machine->gic;
	unsigned regions = version == 3 ? reader_cell(reader, FDT_PROP_REDIST_REGIONS, 1) : 0;
	unsigned next = 1;
	uint64_t stride;

	if (!reader_level(reader)->enabled)
		return;
	if (gic->version) {
		reader_note(reader, "device tree: a second GIC is left out, node at offset");
		return;
	}
	gic->dist = reader_reg(reader, 0);
	if (!gic->dist.size) {
		reader_note(reader, "device tree: a GIC without a distributor's address, node at offset");
		return;
	}
	gic->version = version;
	reader->gic_phandle = reader_cell(reader, FDT_PROP_PHANDLE, reader_cell(reader, FDT_PROP_LINUX_PHANDLE, 0));
	reader->gic_cells = reader_cell(reader, FDT_PROP_INTERRUPT_CELLS, 3);
	reader->gic_maintenance = wire(reader);
	if (regions > MACHINE_MAX_REDISTS) {
		reader_note(reader, "device tree: too many redistributor regions, node at offset");
		regions = MACHINE_MAX_REDISTS;
	}
	for (; next <= regions; next++) {
		gic->redist[gic->redist_count] = reader_reg(reader, next);
		if (!gic->redist[gic->redist_count].size) {
			reader_note(reader, "device tree: a redistributor region without an address, node at offset");
			break;
		}
		gic->redist_count++;
	}
	if (reader_number(reader_prop(reader, FDT_PROP_REDIST_STRIDE), &stride))
		gic->redist_stride = stride;
	gic->cpu = reader_reg(reader, next);
	gic->hyp = reader_reg(reader, next + 1);
	gic->vcpu = reader_reg(reader, next + 2);
}

/* Source: bindings/interrupt-controller/arm,gic-v3.yaml, the children. */
static void read_its(struct reader *reader)
{
	struct machine_gic *gic = &reader->machine->gic;
	struct mem_range range = reader_reg(reader, 0);

	if (!reader_level(reader)->enabled)
		return;
	if (!range.size || gic->its_count == MACHINE_MAX_ITS) {
		reader_note(reader, "device tree: an ITS is left out, node at offset");
		return;
	}
	gic->its[gic->its_count] = (struct machine_its){range.base, gic->its_count};
	gic->its_count++;
}

/* Source: bindings/timer/arm,arch_timer.yaml. */
static void read_timer(struct reader *reader)
{
	if (reader->has_timer || !reader_level(reader)->enabled)
		return;
	reader->has_timer = true;
	reader->timer = wire(reader);
	reader->timer_names = reader_prop(reader, FDT_PROP_INTERRUPT_NAMES);
	reader->timer_always_on = fdt_walk_has(&reader->walk, FDT_PROP_ALWAYS_ON);
	reader->machine->timer_hz = reader_cell(reader, FDT_PROP_CLOCK_FREQUENCY, 0);
}

/* Source: bindings/serial/pl011.yaml, arm,sbsa-uart.yaml, 8250.yaml, snps-dw-apb-uart.yaml. */
static void read_uart(struct reader *reader, enum uart_type type)
{
	struct uart_node *found = &reader->uarts[reader->uart_count];
	uint32_t shift = reader_cell(reader, FDT_PROP_REG_SHIFT, 0);
	uint32_t width = reader_cell(reader, FDT_PROP_REG_IO_WIDTH, type == UART_16550 ? 1 : 4);
	uint32_t offset = reader_cell(reader, FDT_PROP_REG_OFFSET, 0);
	struct mem_range range = reader_reg(reader, 0);

	if (!reader_level(reader)->enabled)
		return;
	if (reader->uart_count == MAX_UARTS) {
		reader_note(reader, "device tree: too many UARTs; left out, node at offset");
		return;
	}
	if (!range.size || offset >= range.size || shift > 4 || (width != 1 && width != 2 && width != 4)) {
		reader_note(reader, "device tree: a UART with impossible properties is left out, node at offset");
		return;
	}
	*found = (struct uart_node){
		.node = reader_level(reader)->node,
		.uart =
			{
				.type = type,
				.base = range.base + offset,
				.size = range.size - offset,
				.reg_shift = (uint8_t)shift,
				.io_width = (uint8_t)width,
				.clock_hz = reader_cell(reader, FDT_PROP_CLOCK_FREQUENCY, 0),
				.baud = reader_cell(reader, FDT_PROP_CURRENT_SPEED, 0),
			},
		.wire = wire(reader),
	};
	reader->uart_count++;
}

/* Source: bindings/arm/pmu.yaml. A node per cluster, each with the same PPI; PMUs with an SPI per CPU are not used. */
static void read_pmu(struct reader *reader)
{
	if (reader_level(reader)->enabled && !reader->pmu.prop.length)
		reader->pmu = wire(reader);
}

/* Source: bindings/rtc/arm,pl031.yaml. */
static void read_rtc(struct reader *reader)
{
	if (!reader_level(reader)->enabled || reader->machine->rtc)
		return;
	reader->machine->rtc = reader_reg(reader, 0).base;
	reader->rtc = wire(reader);
}

/* Source: bindings/watchdog/arm,sbsa-gwdt.yaml: reg is the control frame, then the refresh frame. */
static void read_watchdog(struct reader *reader)
{
	struct machine_watchdog *watchdog = &reader->machine->watchdog;
	struct mem_range control = reader_reg(reader, 0), refresh = reader_reg(reader, 1);

	if (!reader_level(reader)->enabled || watchdog->control)
		return;
	if (!control.size || !refresh.size) {
		reader_note(reader, "device tree: a watchdog without both frames is left out, node at offset");
		return;
	}
	watchdog->control = control.base;
	watchdog->refresh = refresh.base;
	reader->watchdog = wire(reader);
}

/* Source: bindings/virtio/mmio.yaml. */
static void read_virtio(struct reader *reader)
{
	struct machine *machine = reader->machine;
	struct mem_range range = reader_reg(reader, 0);

	if (!reader_level(reader)->enabled)
		return;
	if (range.size < 0x100 || machine->virtio_count == MACHINE_MAX_VIRTIO) {
		reader_note(reader, "device tree: a virtio device is left out, node at offset");
		return;
	}
	machine->virtio[machine->virtio_count].base = range.base;
	reader->virtio[machine->virtio_count++] = wire(reader);
}

enum device {
	DEVICE_NONE,
	DEVICE_GICV2,
	DEVICE_GICV3,
	DEVICE_ITS,
	DEVICE_TIMER,
	DEVICE_PSCI_0_1,
	DEVICE_PSCI_0_2,
	DEVICE_PSCI_1_0,
	DEVICE_PL011,
	DEVICE_SBSA_UART,
	DEVICE_16550,
	DEVICE_ECAM,
	DEVICE_PL031,
	DEVICE_PMU,
	DEVICE_WATCHDOG,
	DEVICE_VIRTIO,
};

static const struct {
	char name[27]; /* in place: pointers would have to be relocated */
	uint8_t device;
} devices[] = {
	{"arm,gic-v3", DEVICE_GICV3},
	{"arm,gic-v3-its", DEVICE_ITS},
	{"arm,cortex-a15-gic", DEVICE_GICV2},
	{"arm,gic-400", DEVICE_GICV2},
	{"arm,cortex-a9-gic", DEVICE_GICV2},
	{"arm,cortex-a7-gic", DEVICE_GICV2},
	{"arm,pl390", DEVICE_GICV2},
	{"qcom,msm-qgic2", DEVICE_GICV2},
	{"brcm,brahma-b15-gic", DEVICE_GICV2},
	{"arm,armv8-timer", DEVICE_TIMER},
	{"arm,armv7-timer", DEVICE_TIMER},
	{"arm,psci-1.0", DEVICE_PSCI_1_0},
	{"arm,psci-0.2", DEVICE_PSCI_0_2},
	{"arm,psci", DEVICE_PSCI_0_1},
	{"arm,pl011", DEVICE_PL011},
	{"arm,sbsa-uart", DEVICE_SBSA_UART},
	{"ns16550a", DEVICE_16550},
	{"ns16550", DEVICE_16550},
	{"ns8250", DEVICE_16550},
	{"ns16450", DEVICE_16550},
	{"ns16850", DEVICE_16550},
	{"snps,dw-apb-uart", DEVICE_16550},
	{"nvidia,tegra20-uart", DEVICE_16550},
	{"pci-host-ecam-generic", DEVICE_ECAM},
	{"arm,pl031", DEVICE_PL031},
	{"arm,armv8-pmuv3", DEVICE_PMU},
	{"arm,cortex-a35-pmu", DEVICE_PMU},
	{"arm,cortex-a53-pmu", DEVICE_PMU},
	{"arm,cortex-a55-pmu", DEVICE_PMU},
	{"arm,cortex-a57-pmu", DEVICE_PMU},
	{"arm,cortex-a72-pmu", DEVICE_PMU},
	{"arm,cortex-a73-pmu", DEVICE_PMU},
	{"arm,cortex-a75-pmu", DEVICE_PMU},
	{"arm,cortex-a76-pmu", DEVICE_PMU},
	{"arm,cortex-a78-pmu", DEVICE_PMU},
	{"arm,neoverse-n1-pmu", DEVICE_PMU},
	{"arm,neoverse-n2-pmu", DEVICE_PMU},
	{"arm,neoverse-v1-pmu", DEVICE_PMU},
	{"arm,sbsa-gwdt", DEVICE_WATCHDOG},
	{"virtio,mmio", DEVICE_VIRTIO},
};

/* The device of the first string that is known: a compatible list begins with the most specific one. Each string is
 * looked at once, as most nodes are none of ours and this is the greater part of reading a tree. */
static enum device device_of(struct fdt_prop compatible)
{
	const char *string = (const char *)compatible.value;
	size_t left = compatible.length;

	while (left) {
		size_t length = strnlen(string, left);

		if (length == left)
			break;
		for (unsigned i = 0; i < ARRAY_SIZE(devices); i++)
			if (devices[i].name[0] == string[0] && !strcmp(devices[i].name, string))
				return devices[i].device;
		string += length + 1;
		left -= length + 1;
	}
	return DEVICE_NONE;
}

void reader_device(struct reader *reader)
{
	switch (device_of(reader_prop(reader, FDT_PROP_COMPATIBLE))) {
	case DEVICE_NONE:
		break;
	case DEVICE_GICV2:
		read_gic(reader, 2);
		break;
	case DEVICE_GICV3:
		read_gic(reader, 3);
		break;
	case DEVICE_ITS:
		read_its(reader);
		break;
	case DEVICE_TIMER:
		read_timer(reader);
		break;
	case DEVICE_PSCI_0_1:
		read_psci(reader, 1);
		break;
	case DEVICE_PSCI_0_2:
		read_psci(reader, 2);
		break;
	case DEVICE_PSCI_1_0:
		read_psci(reader, 0x10000);
		break;
	case DEVICE_PL011:
		read_uart(reader, UART_PL011);
		break;
	case DEVICE_SBSA_UART:
		read_uart(reader, UART_SBSA);
		break;
	case DEVICE_16550:
		read_uart(reader, UART_16550);
		break;
	case DEVICE_ECAM:
		reader_ecam(reader);
		break;
	case DEVICE_PL031:
		read_rtc(reader);
		break;
	case DEVICE_PMU:
		read_pmu(reader);
		break;
	case DEVICE_WATCHDOG:
		read_watchdog(reader);
		break;
	case DEVICE_VIRTIO:
		read_virtio(reader);
		break;
	}
}

/*
 * One interrupt as the GIC's bindings write it: type (0 SPI, 1 PPI, 2 extended SPI, 3 extended PPI), number, and flags
 * (1 rising, 2 falling edge, 4 high, 8 low level). INTID 0 if it is none. Source:
 * bindings/interrupt-controller/arm,gic.yaml and arm,gic-v3.yaml; Arm GIC architecture specification, INTIDs.
 */
static struct irq_line irq_from_cells(const uint8_t *specifier)
{
	static const struct {
		uint32_t first, count;
	} types[] = {{32, 988}, {16, 16}, {4096, 1024}, {1056, 64}};
	uint32_t type = fdt_be32(specifier), interrupt = fdt_be32(specifier + 4), how = fdt_be32(specifier + 8);
	struct irq_line line = {0, 0};

	if (type >= ARRAY_SIZE(types) || interrupt >= types[type].count)
		return line;
	line.intid = types[type].first + interrupt;
	if (how & 3)
		line.flags |= IRQ_EDGE;
	if (how & (2 | 8))
		line.flags |= IRQ_ACTIVE_LOW;
	return line;
}

/* Interrupt number `index` of a property, if the GIC is the one that it leads to. */
static struct irq_line irq_of(const struct reader *reader, const struct wire *from, unsigned index)
{
	uint32_t stride = 4 * (reader->gic_cells + from->extended);

	if (!reader->machine->gic.version || reader->gic_cells < 3 || reader->gic_cells > 4 ||
		index >= from->prop.length / stride)
		return (struct irq_line){0, 0};
	/* All entries before must lead to the GIC too: those of another controller have another length. */
	for (unsigned i = 0; from->extended && i <= index; i++)
		if (fdt_be32(from->prop.value + i * stride) != reader->gic_phandle)
			return (struct irq_line){0, 0};
	if (!from->extended && from->parent && reader->gic_phandle && from->parent != reader->gic_phandle)
		return (struct irq_line){0, 0};
	return irq_from_cells(from->prop.value + index * stride + (from->extended ? 4 : 0));
}

static void finish_timer(struct reader *reader)
{
	static const char names[TIMER_COUNT][10] = {"sec-phys", "phys", "virt", "hyp-phys", "hyp-virt"};
	struct irq_line *lines = reader->machine->timer;

	for (unsigned index = 0; reader->has_timer && index < TIMER_COUNT; index++) {
		unsigned which = index;
		const char *name = fdt_prop_string_at(reader->timer_names, index);

		/* Without names the order is that of the binding, which may stop early; with them it is free. */
		if (reader->timer_names.length) {
			for (which = 0; name && which < TIMER_COUNT && strcmp(name, names[which]);)
				which++;
			if (!name || which == TIMER_COUNT)
				continue;
		}
		lines[which] = irq_of(reader, &reader->timer, index);
		if (lines[which].intid && reader->timer_always_on)
			lines[which].flags |= IRQ_ALWAYS_ON;
	}
}

/* The rate in an option string such as "115200n8". */
static uint32_t baud_of(const char *options)
{
	uint32_t baud = 0;

	for (; *options >= '0' && *options <= '9' && baud < 100000000; options++)
		baud = baud * 10 + (uint32_t)(*options - '0');
	return baud;
}

/* Chooses the console: what stdout-path names, else the first UART. */
static void finish_uart(struct reader *reader)
{
	const char *path = fdt_prop_string(reader->stdout_path);
	struct machine_uart *uart = &reader->machine->uart;
	const struct uart_node *found = reader->uarts;
	bool chosen = false;
	uint32_t node;

	if (path && fdt_find_node(reader->walk.cursor.fdt, path, SIZE_MAX, &node) == FDT_OK) {
		for (unsigned i = 0; i < reader->uart_count && !chosen; i++) {
			if (reader->uarts[i].node != node)
				continue;
			found = &reader->uarts[i];
			chosen = true;
		}
	}
	if (path && !chosen)
		machine_note(reader->machine, "device tree: stdout-path names no UART that is known; UARTs found",
			reader->uart_count);
	if (!reader->uart_count)
		return;
	*uart = found->uart;
	uart->chosen = chosen;
	uart->irq = irq_of(reader, &found->wire, 0);
	if (chosen && strchr(path, ':') && baud_of(strchr(path, ':') + 1))
		uart->baud = baud_of(strchr(path, ':') + 1);
}

void reader_finish_devices(struct reader *reader)
{
	struct machine *machine = reader->machine;

	machine->gic.maintenance = irq_of(reader, &reader->gic_maintenance, 0);
	machine->pmu = irq_of(reader, &reader->pmu, 0);
	machine->rtc_irq = irq_of(reader, &reader->rtc, 0);
	machine->watchdog.irq = irq_of(reader, &reader->watchdog, 0);
	for (unsigned i = 0; i < machine->virtio_count; i++)
		machine->virtio[i].irq = irq_of(reader, &reader->virtio[i], 0);
	finish_timer(reader);
	finish_uart(reader);
}
