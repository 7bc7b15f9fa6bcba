// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a device tree to struct machine, in one pass.
 *
 * Each node is classified by where it is or by its compatible list, and read at once. Two things wait for the end, as the
 * node that they need may come later: interrupts (how the GIC counts its cells) and the choice of the console.
 *
 * Sources: Devicetree Specification v0.4, 3 Device Node Requirements, and the bindings named at each function, which are
 * Documentation/devicetree/bindings of the Linux kernel.
 */
#include <limpid/bitops.h>
#include <limpid/firmware.h>
#include <limpid/string.h>

/* What a parent is to its children; in struct fdt_level. */
enum kind { KIND_OTHER, KIND_CPUS, KIND_RESERVED_MEMORY };

/* An interrupt to be read when the GIC is known. */
struct wire {
	struct fdt_prop prop;
	uint32_t parent; /* phandle of the interrupt parent; 0: not said */
	bool extended;	 /* the property is interrupts-extended */
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
	unsigned uart_count;
	struct uart_node uarts[MAX_UARTS];
};

static struct fdt_prop prop(const struct reader *reader, enum fdt_prop_id id)
{
	return fdt_walk_prop(&reader->walk, id);
}

static uint32_t cell(const struct reader *reader, enum fdt_prop_id id, uint32_t otherwise)
{
	return fdt_prop_cell(prop(reader, id), 0, otherwise);
}

static const struct fdt_level *level(const struct reader *reader)
{
	return &reader->walk.levels[reader->walk.depth];
}

static void note(struct reader *reader, const char *what)
{
	machine_note(reader->machine, what, level(reader)->node);
}

/* A property of one or two cells. */
static bool number(struct fdt_prop value, uint64_t *result)
{
	if (value.length != 4 && value.length != 8)
		return false;
	*result = value.length == 8 ? fdt_be64(value.value) : fdt_be32(value.value);
	return true;
}

static bool node_is(const struct reader *reader, const char *name)
{
	return fdt_name_matches(level(reader)->name, name, strlen(name));
}

static bool compatible_with(const struct reader *reader, const char (*list)[28], unsigned count)
{
	struct fdt_prop compatible = prop(reader, FDT_PROP_COMPATIBLE);

	for (unsigned i = 0; i < count; i++)
		if (fdt_prop_has_string(compatible, list[i]))
			return true;
	return false;
}

static struct wire wire(const struct reader *reader)
{
	bool extended = fdt_walk_has(&reader->walk, FDT_PROP_INTERRUPTS_EXTENDED);

	return (struct wire){
		.prop = prop(reader, extended ? FDT_PROP_INTERRUPTS_EXTENDED : FDT_PROP_INTERRUPTS),
		.parent = level(reader)->interrupt_parent,
		.extended = extended,
	};
}

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
		note(reader, "device tree: memory with an impossible reg property, node at offset");
}

/* Source: Devicetree Specification v0.4, 3.4 /memory node; Linux, drivers/of: linux,usable-memory. */
static void read_memory(struct reader *reader)
{
	bool usable = fdt_walk_has(&reader->walk, FDT_PROP_USABLE_MEMORY);

	if (reader->flags & FDT_NO_MEMORY || !level(reader)->enabled)
		return;
	add_regions(reader, prop(reader, usable ? FDT_PROP_USABLE_MEMORY : FDT_PROP_REG), REGION_RAM, 0);
}

/* Those without reg ask for memory of their users' choice: nothing to keep away from. Source: Devicetree
 * Specification v0.4, 3.5 /reserved-memory Node. */
static void read_reserved_memory(struct reader *reader)
{
	if (!level(reader)->enabled)
		return;
	add_regions(reader, prop(reader, FDT_PROP_REG), REGION_RESERVED,
		fdt_walk_has(&reader->walk, FDT_PROP_NO_MAP) ? REGION_NO_MAP : 0);
}

/* Source: Devicetree Specification v0.4, 3.6 /chosen Node; dt-schema, chosen.yaml. */
static void read_chosen(struct reader *reader)
{
	struct machine *machine = reader->machine;
	uint64_t start, end;

	machine->bootargs = fdt_prop_string(prop(reader, FDT_PROP_BOOTARGS));
	reader->stdout_path = prop(reader, fdt_walk_has(&reader->walk, FDT_PROP_STDOUT_PATH)
						   ? FDT_PROP_STDOUT_PATH
						   : FDT_PROP_LINUX_STDOUT_PATH);
	if (number(prop(reader, FDT_PROP_INITRD_START), &start) && number(prop(reader, FDT_PROP_INITRD_END), &end)) {
		if (end >= start)
			machine->initrd = (struct mem_range){start, end - start};
		else
			note(reader, "device tree: an initrd that ends before it starts, node at offset");
	}
	if (fdt_walk_has(&reader->walk, FDT_PROP_USABLE_MEMORY_RANGE))
		reader->has_usable_range = fdt_walk_reg_prop(&reader->walk, prop(reader, FDT_PROP_USABLE_MEMORY_RANGE),
						   0, &reader->usable_range) == FDT_OK;
}

/* Source: bindings/arm/cpus.yaml: reg is MPIDR_EL1's Aff2 to Aff0, with #address-cells 2 preceded by Aff3. */
static void read_cpu(struct reader *reader)
{
	const char *type = fdt_prop_string(prop(reader, FDT_PROP_DEVICE_TYPE));
	uint32_t cells = level(reader)[-1].address_cells;
	struct fdt_prop reg = prop(reader, FDT_PROP_REG);

	/* The node also holds cpu-map, idle-states and caches. */
	if (type ? strcmp(type, "cpu") : !node_is(reader, "cpu") || !fdt_walk_has(&reader->walk, FDT_PROP_REG))
		return;
	if ((cells != 1 && cells != 2) || reg.length != 4 * cells) {
		note(reader, "device tree: a CPU with an impossible reg property, node at offset");
		return;
	}
	machine_add_cpu(reader->machine, cells == 2 ? fdt_be64(reg.value) : fdt_be32(reg.value),
		reader->machine->cpu_count, level(reader)->enabled);
}

/* Source: bindings/arm/psci.yaml. */
static void read_psci(struct reader *reader)
{
	struct machine_psci *psci = &reader->machine->psci;
	const char *method = fdt_prop_string(prop(reader, FDT_PROP_METHOD));

	psci->version = fdt_walk_compatible(&reader->walk, "arm,psci-1.0")   ? 0x10000
			: fdt_walk_compatible(&reader->walk, "arm,psci-0.2") ? 2
									     : 1;
	if (method && !strcmp(method, "hvc"))
		psci->conduit = PSCI_HVC;
	else if (method && !strcmp(method, "smc"))
		psci->conduit = PSCI_SMC;
	else
		note(reader, "device tree: PSCI with neither method hvc nor smc, node at offset");
	psci->cpu_on = cell(reader, FDT_PROP_CPU_ON, 0);
	psci->cpu_off = cell(reader, FDT_PROP_CPU_OFF, 0);
	psci->cpu_suspend = cell(reader, FDT_PROP_CPU_SUSPEND, 0);
	psci->migrate = cell(reader, FDT_PROP_MIGRATE, 0);
}

/* Entry `index` of reg; empty if there is none. */
static struct mem_range reg(const struct reader *reader, unsigned index)
{
	struct mem_range range;

	return fdt_walk_reg(&reader->walk, index, &range) == FDT_OK ? range : (struct mem_range){0, 0};
}

/*
 * Source: bindings/interrupt-controller/arm,gic.yaml: reg is distributor, CPU interface, GICH, GICV; arm,gic-v3.yaml: reg
 * is distributor, #redistributor-regions redistributor regions, then CPU interface, GICH and GICV where there are any.
 */
static void read_gic(struct reader *reader, unsigned version)
{
	struct machine_gic *gic = &reader->machine->gic;
	unsigned regions = version == 3 ? cell(reader, FDT_PROP_REDIST_REGIONS, 1) : 0;
	unsigned next = 1;
	uint64_t stride;

	if (!level(reader)->enabled)
		return;
	if (gic->version) {
		note(reader, "device tree: a second GIC is left out, node at offset");
		return;
	}
	gic->dist = reg(reader, 0);
	if (!gic->dist.size) {
		note(reader, "device tree: a GIC without a distributor's address, node at offset");
		return;
	}
	gic->version = version;
	reader->gic_phandle =
		cell(reader, FDT_PROP_PHANDLE, cell(reader, FDT_PROP_LINUX_PHANDLE, 0));
	reader->gic_cells = cell(reader, FDT_PROP_INTERRUPT_CELLS, 3);
	reader->gic_maintenance = wire(reader);
	if (regions > MACHINE_MAX_REDISTS) {
		note(reader, "device tree: too many redistributor regions, node at offset");
		regions = MACHINE_MAX_REDISTS;
	}
	for (; next <= regions; next++) {
		gic->redist[gic->redist_count] = reg(reader, next);
		if (!gic->redist[gic->redist_count].size) {
			note(reader, "device tree: a redistributor region without an address, node at offset");
			break;
		}
		gic->redist_count++;
	}
	if (number(prop(reader, FDT_PROP_REDIST_STRIDE), &stride))
		gic->redist_stride = stride;
	gic->cpu = reg(reader, next);
	gic->hyp = reg(reader, next + 1);
	gic->vcpu = reg(reader, next + 2);
}

/* Source: bindings/interrupt-controller/arm,gic-v3.yaml, the children. */
static void read_its(struct reader *reader)
{
	struct machine_gic *gic = &reader->machine->gic;
	struct mem_range range = reg(reader, 0);

	if (!level(reader)->enabled)
		return;
	if (!range.size || gic->its_count == MACHINE_MAX_ITS) {
		note(reader, "device tree: an ITS is left out, node at offset");
		return;
	}
	gic->its[gic->its_count] = (struct machine_its){range.base, gic->its_count};
	gic->its_count++;
}

/* Source: bindings/timer/arm,arch_timer.yaml. */
static void read_timer(struct reader *reader)
{
	if (reader->has_timer || !level(reader)->enabled)
		return;
	reader->has_timer = true;
	reader->timer = wire(reader);
	reader->timer_names = prop(reader, FDT_PROP_INTERRUPT_NAMES);
	reader->timer_always_on = fdt_walk_has(&reader->walk, FDT_PROP_ALWAYS_ON);
	reader->machine->timer_hz = cell(reader, FDT_PROP_CLOCK_FREQUENCY, 0);
}

/* Source: bindings/serial/pl011.yaml, arm,sbsa-uart.yaml, 8250.yaml, snps-dw-apb-uart.yaml. */
static void read_uart(struct reader *reader, enum uart_type type)
{
	struct uart_node *found = &reader->uarts[reader->uart_count];
	uint32_t shift = cell(reader, FDT_PROP_REG_SHIFT, 0);
	uint32_t width = cell(reader, FDT_PROP_REG_IO_WIDTH, type == UART_16550 ? 1 : 4);
	uint32_t offset = cell(reader, FDT_PROP_REG_OFFSET, 0);
	struct mem_range range = reg(reader, 0);

	if (!level(reader)->enabled)
		return;
	if (reader->uart_count == MAX_UARTS) {
		note(reader, "device tree: too many UARTs; left out, node at offset");
		return;
	}
	if (!range.size || offset >= range.size || shift > 4 || (width != 1 && width != 2 && width != 4)) {
		note(reader, "device tree: a UART with impossible properties is left out, node at offset");
		return;
	}
	*found = (struct uart_node){
		.node = level(reader)->node,
		.uart = {
			.type = type,
			.base = range.base + offset,
			.size = range.size - offset,
			.reg_shift = (uint8_t)shift,
			.io_width = (uint8_t)width,
			.clock_hz = cell(reader, FDT_PROP_CLOCK_FREQUENCY, 0),
			.baud = cell(reader, FDT_PROP_CURRENT_SPEED, 0),
		},
		.wire = wire(reader),
	};
	reader->uart_count++;
}

/* Source: bindings/pci/host-generic-pci.yaml: reg corresponds to the first bus of bus-range. */
static void read_ecam(struct reader *reader)
{
	struct machine *machine = reader->machine;
	struct fdt_prop buses = prop(reader, FDT_PROP_BUS_RANGE);
	struct mem_range range = reg(reader, 0);
	uint32_t first = fdt_prop_cell(buses, 0, 0), last = fdt_prop_cell(buses, 1, 255);
	uint64_t room = range.size >> 20;

	if (!level(reader)->enabled)
		return;
	if (!room || first > 255 || last < first || range.base < (uint64_t)first << 20 ||
		machine->ecam_count == MACHINE_MAX_ECAMS) {
		note(reader, "device tree: a PCIe host bridge is left out, node at offset");
		return;
	}
	last = (uint32_t)MIN((uint64_t)MIN(last, 255u), first + room - 1);
	machine->ecam[machine->ecam_count] = (struct machine_ecam){
		.base = range.base - ((uint64_t)first << 20),
		.segment = (uint16_t)cell(reader, FDT_PROP_PCI_DOMAIN, machine->ecam_count),
		.bus_start = (uint8_t)first,
		.bus_end = (uint8_t)last,
	};
	machine->ecam_count++;
}

static const char gic_v2[][28] = {"arm,cortex-a15-gic", "arm,gic-400", "arm,cortex-a9-gic", "arm,cortex-a7-gic",
	"arm,pl390", "qcom,msm-qgic2", "brcm,brahma-b15-gic"};
static const char uart_16550[][28] = {
	"ns16550a", "ns16550", "ns8250", "ns16450", "ns16850", "snps,dw-apb-uart", "nvidia,tegra20-uart"};
static const char psci[][28] = {"arm,psci-1.0", "arm,psci-0.2", "arm,psci"};
static const char timer[][28] = {"arm,armv8-timer", "arm,armv7-timer"};

/* Reads a node that is recognised by its compatible list. */
static void read_device(struct reader *reader)
{
	const struct fdt_walk *walk = &reader->walk;

	if (!fdt_walk_has(walk, FDT_PROP_COMPATIBLE))
		return;
	if (fdt_walk_compatible(walk, "arm,gic-v3"))
		read_gic(reader, 3);
	else if (fdt_walk_compatible(walk, "arm,gic-v3-its"))
		read_its(reader);
	else if (compatible_with(reader, gic_v2, ARRAY_SIZE(gic_v2)))
		read_gic(reader, 2);
	else if (compatible_with(reader, timer, ARRAY_SIZE(timer)))
		read_timer(reader);
	else if (compatible_with(reader, psci, ARRAY_SIZE(psci)))
		read_psci(reader);
	else if (fdt_walk_compatible(walk, "arm,pl011"))
		read_uart(reader, UART_PL011);
	else if (fdt_walk_compatible(walk, "arm,sbsa-uart"))
		read_uart(reader, UART_SBSA);
	else if (compatible_with(reader, uart_16550, ARRAY_SIZE(uart_16550)))
		read_uart(reader, UART_16550);
	else if (fdt_walk_compatible(walk, "pci-host-ecam-generic"))
		read_ecam(reader);
	else if (fdt_walk_compatible(walk, "arm,pl031") && level(reader)->enabled && !reader->machine->rtc)
		reader->machine->rtc = reg(reader, 0).base;
}

static void read_node(struct reader *reader)
{
	int depth = reader->walk.depth;
	struct fdt_level *here = &reader->walk.levels[depth];
	const char *type;

	if (depth == 0) {
		reader->machine->model = fdt_prop_string(prop(reader, FDT_PROP_MODEL));
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
		type = fdt_prop_string(prop(reader, FDT_PROP_DEVICE_TYPE));
		if (type && !strcmp(type, "memory"))
			read_memory(reader);
		else if (node_is(reader, "cpus"))
			here->kind = KIND_CPUS;
		else if (node_is(reader, "reserved-memory"))
			here->kind = KIND_RESERVED_MEMORY;
		else if (node_is(reader, "chosen"))
			read_chosen(reader);
	}
	read_device(reader);
}

/*
 * One interrupt as the GIC's bindings write it: type (0 SPI, 1 PPI, 2 extended SPI, 3 extended PPI), number, and flags (1
 * rising, 2 falling edge, 4 high, 8 low level). INTID 0 if it is none.
 * Source: bindings/interrupt-controller/arm,gic.yaml and arm,gic-v3.yaml; Arm GIC architecture specification, INTIDs.
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
	const uint8_t *specifier = from->prop.value + index * stride;

	if (!reader->machine->gic.version || reader->gic_cells < 3 || reader->gic_cells > 4 ||
		index >= from->prop.length / stride)
		return (struct irq_line){0, 0};
	/* All entries before must lead to the GIC too: those of another controller have another length. */
	for (unsigned i = 0; from->extended && i <= index; i++)
		if (fdt_be32(from->prop.value + i * stride) != reader->gic_phandle)
			return (struct irq_line){0, 0};
	if (!from->extended && from->parent && reader->gic_phandle && from->parent != reader->gic_phandle)
		return (struct irq_line){0, 0};
	return irq_from_cells(specifier + (from->extended ? 4 : 0));
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
	reader.machine->gic.maintenance = irq_of(&reader, &reader.gic_maintenance, 0);
	finish_timer(&reader);
	finish_uart(&reader);
	return result == FDT_NOT_FOUND ? FDT_OK : result;
}
