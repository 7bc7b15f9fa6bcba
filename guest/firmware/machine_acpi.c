// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From ACPI tables to struct machine. Sources: ACPI Specification 6.5, sections named at each function; Microsoft,
 * Serial Port Console Redirection Table (SPCR); PCI Firmware Specification 3.3, 4.1.2 MCFG Table Description.
 */
#include <limpid/bitops.h>
#include <limpid/firmware.h>
#include <limpid/string.h>

/* 5.2.9 Fixed ACPI Description Table (FADT); 5.2.9.4 ARM Architecture Boot Flags. */
#define FADT_FLAGS          112
#define FADT_HW_REDUCED     BIT(20)
#define FADT_ARM_BOOT       129
#define FADT_PSCI_COMPLIANT BIT(0)
#define FADT_PSCI_USE_HVC   BIT(1)

static void read_fadt(struct machine *machine, const struct acpi_table *fadt)
{
	uint16_t flags = acpi_u16(fadt, FADT_ARM_BOOT);

	if (!(acpi_u32(fadt, FADT_FLAGS) & FADT_HW_REDUCED))
		machine_note(machine, "ACPI: FADT without the hardware-reduced flag, at", fadt->address);
	if (!(flags & FADT_PSCI_COMPLIANT)) {
		machine_note(machine, "ACPI: FADT says that there is no PSCI, flags", flags);
		return;
	}
	machine->psci.conduit = flags & FADT_PSCI_USE_HVC ? PSCI_HVC : PSCI_SMC;
	/* ACPI knows nothing older than 0.2, whose identifiers are fixed. */
	machine->psci.version = 2;
}

/* 5.2.12 Multiple APIC Description Table (MADT): the header, then structures of type and length. */
#define MADT_STRUCTURES 44

#define MADT_GICC      0x0b /* 5.2.12.14 GIC CPU Interface (GICC) Structure */
#define GICC_UID       8
#define GICC_FLAGS     12
#define GICC_PMU_IRQ   20
#define GICC_BASE      32
#define GICC_GICV      40
#define GICC_GICH      48
#define GICC_VGIC_IRQ  56
#define GICC_GICR      60
#define GICC_MPIDR     68
#define GICC_SIZE      76 /* of ACPI 5.1; later ones are longer */
#define GICC_ENABLED   BIT(0)
#define GICC_PMU_EDGE  BIT(1)
#define GICC_VGIC_EDGE BIT(2)

#define MADT_GICD    0x0c /* 5.2.12.15 GIC Distributor (GICD) Structure */
#define GICD_BASE    8
#define GICD_VERSION 20
#define GICD_SIZE    24

#define MADT_GICR   0x0e /* 5.2.12.17 GIC Redistributor (GICR) Structure */
#define GICR_BASE   4
#define GICR_LENGTH 12
#define GICR_SIZE   16

#define MADT_ITS 0x0f /* 5.2.12.18 GIC Interrupt Translation Service (ITS) Structure */
#define ITS_ID   4
#define ITS_BASE 8
#define ITS_SIZE 20

/* What the tables leave to the architecture. Source: Arm GIC architecture specification, memory-mapped register maps.
 */
#define GICD_FRAME 0x10000
#define GICC_FRAME 0x2000
#define GICH_FRAME 0x2000
#define GICV_FRAME 0x2000

struct madt {
	struct machine *machine;
	unsigned gicd_version;
	bool has_gicr; /* structures of their own, so that those in GICC structures do not count */
};

static void add_redist(struct machine *machine, uint64_t base, uint64_t size)
{
	struct machine_gic *gic = &machine->gic;

	if (gic->redist_count == MACHINE_MAX_REDISTS)
		machine_note(machine, "ACPI: too many redistributors; left out, at", base);
	else
		gic->redist[gic->redist_count++] = (struct mem_range){base, size};
}

/* A frame at `base`, unless that is 0: there is none. */
static struct mem_range frame(uint64_t base, uint64_t size)
{
	return (struct mem_range){base, base ? size : 0};
}

static void read_gicc(struct madt *madt, const struct acpi_table *gicc)
{
	struct machine *machine = madt->machine;
	struct machine_gic *gic = &machine->gic;
	uint32_t flags = acpi_u32(gicc, GICC_FLAGS);
	bool enabled = flags & GICC_ENABLED;

	machine_add_cpu(machine, acpi_u64(gicc, GICC_MPIDR), acpi_u32(gicc, GICC_UID), enabled);
	if (!enabled)
		return;
	/* The frames are banked, so any CPU's addresses are everybody's. */
	if (!gic->cpu.base)
		gic->cpu = frame(acpi_u64(gicc, GICC_BASE), GICC_FRAME);
	if (!gic->vcpu.base)
		gic->vcpu = frame(acpi_u64(gicc, GICC_GICV), GICV_FRAME);
	if (!gic->hyp.base)
		gic->hyp = frame(acpi_u64(gicc, GICC_GICH), GICH_FRAME);
	if (!gic->maintenance.intid)
		gic->maintenance =
			(struct irq_line){acpi_u32(gicc, GICC_VGIC_IRQ), flags & GICC_VGIC_EDGE ? IRQ_EDGE : 0};
	if (!machine->pmu.intid)
		machine->pmu = (struct irq_line){acpi_u32(gicc, GICC_PMU_IRQ), flags & GICC_PMU_EDGE ? IRQ_EDGE : 0};
	if (!madt->has_gicr && acpi_u64(gicc, GICC_GICR))
		add_redist(machine, acpi_u64(gicc, GICC_GICR), 0);
}

static void read_gicd(struct madt *madt, const struct acpi_table *gicd)
{
	struct machine_gic *gic = &madt->machine->gic;

	if (gic->dist.base) {
		machine_note(
			madt->machine, "ACPI: a second GIC distributor is left out, at", acpi_u64(gicd, GICD_BASE));
		return;
	}
	gic->dist = frame(acpi_u64(gicd, GICD_BASE), GICD_FRAME);
	madt->gicd_version = acpi_u8(gicd, GICD_VERSION);
}

static void read_its(struct madt *madt, const struct acpi_table *its)
{
	struct machine_gic *gic = &madt->machine->gic;

	if (gic->its_count == MACHINE_MAX_ITS) {
		machine_note(madt->machine, "ACPI: too many ITSs; left out, at", acpi_u64(its, ITS_BASE));
		return;
	}
	gic->its[gic->its_count++] = (struct machine_its){acpi_u64(its, ITS_BASE), acpi_u32(its, ITS_ID)};
}

/* The structure at `offset` as a table of its own; its length is 0 after the last. */
static struct acpi_table structure(const struct acpi_table *madt, uint32_t offset)
{
	struct acpi_table part = {0};

	if (madt->length < 2 || offset > madt->length - 2)
		return part;
	part.length = acpi_u8(madt, offset + 1);
	if (part.length < 2 || part.length > madt->length - offset)
		part.length = 0;
	part.data = madt->data + offset;
	part.address = madt->address + offset;
	return part;
}

/* The least length of the structures that are read; 0 for others. */
static uint32_t structure_size(unsigned type)
{
	switch (type) {
	case MADT_GICC:
		return GICC_SIZE;
	case MADT_GICD:
		return GICD_SIZE;
	case MADT_GICR:
		return GICR_SIZE;
	case MADT_ITS:
		return ITS_SIZE;
	default:
		return 0;
	}
}

static void read_structure(struct madt *madt, const struct acpi_table *part)
{
	switch (part->data[0]) {
	case MADT_GICC:
		read_gicc(madt, part);
		break;
	case MADT_GICD:
		read_gicd(madt, part);
		break;
	case MADT_GICR:
		add_redist(madt->machine, acpi_u64(part, GICR_BASE), acpi_u32(part, GICR_LENGTH));
		break;
	case MADT_ITS:
		read_its(madt, part);
		break;
	}
}

static void read_madt(struct machine *machine, const struct acpi_table *table)
{
	struct madt madt = {.machine = machine};
	struct machine_gic *gic = &machine->gic;
	struct acpi_table part;
	uint32_t offset = MADT_STRUCTURES;

	/* Whether there are GICR structures decides how GICC structures are read, and they may come later. */
	for (; (part = structure(table, offset)).length; offset += part.length)
		madt.has_gicr |= part.data[0] == MADT_GICR && part.length >= GICR_SIZE;
	if (offset != table->length)
		machine_note(machine, "ACPI: MADT structures end in the middle, at", table->address + offset);
	for (offset = MADT_STRUCTURES; (part = structure(table, offset)).length; offset += part.length) {
		if (part.length >= structure_size(part.data[0]))
			read_structure(&madt, &part);
		else
			machine_note(machine, "ACPI: a MADT structure is too short, at", part.address);
	}
	if (!gic->dist.base)
		return;
	/* 0: to be found out from the hardware; redistributors tell as much. */
	if (madt.gicd_version == 0)
		gic->version = gic->redist_count ? 3 : 2;
	else if (madt.gicd_version == 3 || madt.gicd_version == 4)
		gic->version = 3;
	else if (madt.gicd_version == 2)
		gic->version = 2;
	else
		machine_note(machine, "ACPI: a GIC of an unknown version", madt.gicd_version);
}

/* 5.2.25 Generic Timer Description Table (GTDT): GSIV and flags of each timer. */
#define GTDT_SEC_PHYS        48
#define GTDT_PHYS            56
#define GTDT_VIRT            64
#define GTDT_HYP_PHYS        72
#define GTDT_HYP_VIRT        96 /* from revision 3 */
#define GTDT_TIMER_FLAGS     4  /* after the GSIV */
#define GTDT_FLAG_EDGE       BIT(0)
#define GTDT_FLAG_ACTIVE_LOW BIT(1)
#define GTDT_FLAG_ALWAYS_ON  BIT(2)

/* 5.2.25.2 SBSA Generic Watchdog (GTDT_WD) Structure, one of those behind the timers. */
#define GTDT_PLATFORM_COUNT  88
#define GTDT_PLATFORM_OFFSET 92
#define GTDT_WD              1
#define GTDT_WD_SIZE         28
#define GTDT_WD_REFRESH      4
#define GTDT_WD_CONTROL      12
#define GTDT_WD_GSIV         20
#define GTDT_WD_FLAGS        24
#define GTDT_WD_SECURE       BIT(2)

/* The first watchdog that is not the secure world's. */
static void read_watchdog(struct machine *machine, const struct acpi_table *gtdt)
{
	uint32_t count = acpi_u32(gtdt, GTDT_PLATFORM_COUNT), at = acpi_u32(gtdt, GTDT_PLATFORM_OFFSET);

	for (; count && at < gtdt->length; count--) {
		uint32_t length = acpi_u16(gtdt, at + 1), flags = acpi_u32(gtdt, at + GTDT_WD_FLAGS);

		if (length < 3 || length > gtdt->length - at) {
			machine_note(machine, "ACPI: a GTDT structure of a wrong length, at", gtdt->address + at);
			return;
		}
		if (acpi_u8(gtdt, at) == GTDT_WD && length >= GTDT_WD_SIZE && !(flags & GTDT_WD_SECURE)) {
			machine->watchdog = (struct machine_watchdog){
				.control = acpi_u64(gtdt, at + GTDT_WD_CONTROL),
				.refresh = acpi_u64(gtdt, at + GTDT_WD_REFRESH),
				.irq = {acpi_u32(gtdt, at + GTDT_WD_GSIV),
					(flags & GTDT_FLAG_EDGE ? IRQ_EDGE : 0) |
						(flags & GTDT_FLAG_ACTIVE_LOW ? IRQ_ACTIVE_LOW : 0)},
			};
			return;
		}
		at += length;
	}
}

static void read_gtdt(struct machine *machine, const struct acpi_table *gtdt)
{
	static const uint8_t offsets[TIMER_COUNT] = {
		[TIMER_SEC_PHYS] = GTDT_SEC_PHYS,
		[TIMER_PHYS] = GTDT_PHYS,
		[TIMER_VIRT] = GTDT_VIRT,
		[TIMER_HYP_PHYS] = GTDT_HYP_PHYS,
		[TIMER_HYP_VIRT] = GTDT_HYP_VIRT,
	};

	for (unsigned i = 0; i < TIMER_COUNT; i++) {
		uint32_t intid = acpi_u32(gtdt, offsets[i]);
		uint32_t flags = acpi_u32(gtdt, offsets[i] + GTDT_TIMER_FLAGS);

		if (!intid)
			continue;
		machine->timer[i].intid = intid;
		machine->timer[i].flags = (flags & GTDT_FLAG_EDGE ? IRQ_EDGE : 0) |
					  (flags & GTDT_FLAG_ACTIVE_LOW ? IRQ_ACTIVE_LOW : 0) |
					  (flags & GTDT_FLAG_ALWAYS_ON ? IRQ_ALWAYS_ON : 0);
	}
	if (gtdt->length > GTDT_PLATFORM_OFFSET)
		read_watchdog(machine, gtdt);
}

/* Microsoft, SPCR, and Debug Port Table 2 (DBG2) for the interface types. */
#define SPCR_TYPE 36
/* ACPI 5.2.3.2 Generic Address Structure: space, bit width, bit offset, access size, address. */
#define SPCR_GAS      40
#define SPCR_IRQ_TYPE 52
#define SPCR_GSIV     54
#define SPCR_BAUD     58
#define SPCR_CLOCK    76 /* from revision 3 */
#define SPCR_RATE     80 /* from revision 4 */
#define SPCR_IRQ_GIC  BIT(3)

#define TYPE_16550        0x00
#define TYPE_16550_SUBSET 0x01
#define TYPE_PL011        0x03
#define TYPE_SBSA_32BIT   0x0d
#define TYPE_SBSA         0x0e
#define TYPE_16550_GAS    0x12

static enum uart_type uart_type(unsigned interface)
{
	switch (interface) {
	case TYPE_16550:
	case TYPE_16550_SUBSET:
	case TYPE_16550_GAS:
		return UART_16550;
	case TYPE_PL011:
		return UART_PL011;
	case TYPE_SBSA_32BIT:
	case TYPE_SBSA:
		return UART_SBSA;
	default:
		return UART_NONE;
	}
}

static uint32_t spcr_baud(const struct acpi_table *spcr)
{
	uint32_t rate = spcr->revision >= 4 ? acpi_u32(spcr, SPCR_RATE) : 0;

	if (rate)
		return rate;
	switch (acpi_u8(spcr, SPCR_BAUD)) {
	case 3:
		return 9600;
	case 4:
		return 19200;
	case 6:
		return 57600;
	case 7:
		return 115200;
	default:
		return 0;
	}
}

static void read_spcr(struct machine *machine, const struct acpi_table *spcr)
{
	struct machine_uart *uart = &machine->uart;
	uint8_t interface = acpi_u8(spcr, SPCR_TYPE);
	uint8_t space = acpi_u8(spcr, SPCR_GAS);
	uint8_t bits = acpi_u8(spcr, SPCR_GAS + 1);
	uint8_t access = acpi_u8(spcr, SPCR_GAS + 3);
	uint64_t base = acpi_u64(spcr, SPCR_GAS + 4);
	enum uart_type type = uart_type(interface);
	unsigned width = access >= 1 && access <= 3 ? 1u << (access - 1) : 0;

	/* A zero base means that redirection is off. */
	if (!base)
		return;
	if (type == UART_NONE || space != 0) {
		machine_note(machine, "ACPI: SPCR names a console that is not known, type", interface);
		return;
	}
	/* "Undefined" access: a 16550 is as wide as its registers, the others are made for words. */
	if (!width)
		width = type != UART_16550 ? 4 : bits == 32 ? 4 : bits == 16 ? 2 : 1;
	*uart = (struct machine_uart){
		.type = type,
		.base = base,
		.io_width = (uint8_t)width,
		.chosen = true,
		.clock_hz = spcr->revision >= 3 ? acpi_u32(spcr, SPCR_CLOCK) : 0,
		.baud = spcr_baud(spcr),
	};
	/* The width of a register is also the distance to the next one, and never less than an access. */
	if (type == UART_16550)
		uart->reg_shift = (uint8_t)log2_floor(MAX(width, bits >= 32 ? 4u : bits >= 16 ? 2u : 1u));
	if (acpi_u8(spcr, SPCR_IRQ_TYPE) & SPCR_IRQ_GIC)
		uart->irq.intid = acpi_u32(spcr, SPCR_GSIV);
}

/* PCI Firmware Specification, 4.1.2. */
#define MCFG_ENTRIES    44
#define MCFG_ENTRY_SIZE 16
#define MCFG_BASE       0
#define MCFG_SEGMENT    8
#define MCFG_BUS_START  10
#define MCFG_BUS_END    11

static void read_mcfg(struct machine *machine, const struct acpi_table *mcfg)
{
	for (uint32_t at = MCFG_ENTRIES; at <= mcfg->length && mcfg->length - at >= MCFG_ENTRY_SIZE;
		at += MCFG_ENTRY_SIZE) {
		struct machine_ecam ecam = {
			.base = acpi_u64(mcfg, at + MCFG_BASE),
			.segment = acpi_u16(mcfg, at + MCFG_SEGMENT),
			.bus_start = acpi_u8(mcfg, at + MCFG_BUS_START),
			.bus_end = acpi_u8(mcfg, at + MCFG_BUS_END),
		};

		if (ecam.bus_end < ecam.bus_start || machine->ecam_count == MACHINE_MAX_ECAMS)
			machine_note(machine, "ACPI: a PCIe host bridge is left out, at", ecam.base);
		else
			machine->ecam[machine->ecam_count++] = ecam;
	}
}

/* For people, as a note: which of the tables is wrong. */
static const char *const wrong[ACPI_TABLE_COUNT] = {
	[ACPI_FADT] = "ACPI: FADT is broken, at",
	[ACPI_MADT] = "ACPI: MADT is broken, at",
	[ACPI_GTDT] = "ACPI: GTDT is broken, at",
	[ACPI_SPCR] = "ACPI: SPCR is broken, at",
	[ACPI_MCFG] = "ACPI: MCFG is broken, at",
};

enum acpi_result machine_read_acpi(struct machine *machine, uint64_t rsdp)
{
	static void (*const readers[ACPI_TABLE_COUNT])(struct machine *, const struct acpi_table *) = {
		[ACPI_FADT] = read_fadt,
		[ACPI_MADT] = read_madt,
		[ACPI_GTDT] = read_gtdt,
		[ACPI_SPCR] = read_spcr,
		[ACPI_MCFG] = read_mcfg,
	};
	struct acpi acpi;
	enum acpi_result result = acpi_init(&acpi, rsdp);

	if (result != ACPI_OK) {
		machine_note(machine, acpi_result_text(result), acpi.error_address);
		return result;
	}
	if (acpi.listed > ACPI_MAX_TABLES)
		machine_note(
			machine, "ACPI: too many tables are listed; only the first ones are looked at", acpi.listed);
	for (unsigned id = 0; id < ACPI_TABLE_COUNT; id++) {
		if (acpi.tables[id].result == ACPI_OK)
			readers[id](machine, &acpi.tables[id].table);
		else if (acpi.tables[id].result != ACPI_NOT_FOUND)
			machine_note(machine, wrong[id], acpi.tables[id].address);
	}
	return ACPI_OK;
}
