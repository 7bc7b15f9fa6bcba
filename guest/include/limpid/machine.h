/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine.h - what machine this is: found at run time from the device tree or ACPI and the UEFI memory map.
 *
 * The readers of firmware.h fill it; drivers and tests read it; nothing else writes it. Invariant: regions are sorted
 * by base, not empty, do not overlap, and neighbours that touch differ in type or flags. Where two sources speak about
 * the same addresses the stronger type wins (see the enumeration), so the order in which they are read does not matter.
 * What found no room is left out on the safe side and said in the notes. Strings point into the firmware's tables.
 */
#ifndef LIMPID_MACHINE_H
#define LIMPID_MACHINE_H

#include <limpid/types.h>

#define MACHINE_MAX_CPUS    64 /* that limpid runs; tables may describe 512 and more */
#define MACHINE_MAX_REGIONS 256
#define MACHINE_MAX_REDISTS 64
#define MACHINE_MAX_ITS     16
#define MACHINE_MAX_ECAMS   8
#define MACHINE_MAX_VIRTIO  64
#define MACHINE_MAX_NOTES   16

/* What addresses hold, weakest claim first. */
enum region_type {
	REGION_RAM,  /* free to use */
	REGION_BOOT, /* RAM that UEFI boot services use: free once they have ended and we have left their tables, stack
		      */
	REGION_LOADER,   /* RAM with what boot loaders loaded, such as ourselves, the initrd and our own allocations */
	REGION_ACPI,     /* RAM with ACPI tables, free when nobody reads them any more */
	REGION_RUNTIME,  /* code and data of firmware that lives on, ACPI non-volatile storage: leave alone */
	REGION_RESERVED, /* leave alone; may not even be RAM */
	REGION_MMIO,     /* device registers, as far as the memory map tells */
};

#define REGION_NO_MAP 0x1u /* must not be mapped, so that no CPU reads it speculatively */
#define REGION_NOT_WB 0x2u /* RAM that firmware does not declare usable as Normal Write-Back memory */

struct region {
	uint64_t base;
	uint64_t size;
	uint16_t type;  /* enum region_type */
	uint16_t flags; /* REGION_... */
};

struct machine_cpu {
	uint64_t mpidr; /* affinity fields only, as PSCI wants them */
	uint32_t uid;   /* ACPI processor UID; on a device tree the number of the cpu node */
	bool enabled;   /* false: described, but firmware says not to use it */
};

/* How an interrupt is wired. INTID 0 cannot be wired, so it means that there is none. */
struct irq_line {
	uint32_t intid;
	uint32_t flags; /* IRQ_... */
};

#define IRQ_EDGE       0x1u /* else level-sensitive */
#define IRQ_ACTIVE_LOW 0x2u /* or falling edge */
#define IRQ_ALWAYS_ON  0x4u /* of a timer: runs in every low-power state */

enum uart_type { UART_NONE, UART_PL011, UART_SBSA, UART_16550 };

struct machine_uart {
	enum uart_type type;
	uint64_t base;
	uint64_t size;     /* bytes; 0: unknown */
	uint8_t reg_shift; /* registers lie 1 << reg_shift bytes apart (16550) */
	uint8_t io_width;  /* bytes of an access: 1, 2 or 4 */
	bool chosen;       /* firmware says that this is the console (stdout-path, SPCR) */
	uint32_t clock_hz; /* 0: not given */
	uint32_t baud;     /* 0: not given, so leave it as it is */
	struct irq_line irq;
};

enum psci_conduit { PSCI_NONE, PSCI_HVC, PSCI_SMC };

struct machine_psci {
	enum psci_conduit conduit;
	uint32_t version; /* at least this: major << 16 | minor, as PSCI_VERSION has it; 1 is 0.1 */
	/* Function identifiers, which only version 0.1 leaves to the device tree; 0: not given. */
	uint32_t cpu_on;
	uint32_t cpu_off;
	uint32_t cpu_suspend;
	uint32_t migrate;
};

struct machine_its {
	uint64_t base;
	uint32_t id; /* ACPI GIC ITS ID; on a device tree counted from 0 */
};

struct machine_gic {
	unsigned version; /* 2 or 3 (4 counts as 3); 0: no GIC that limpid knows */
	struct mem_range dist;
	struct mem_range cpu;  /* CPU interface of version 2; of 3 only with legacy support */
	struct mem_range hyp;  /* GICH */
	struct mem_range vcpu; /* GICV */
	struct irq_line maintenance;
	unsigned redist_count;
	/* Each holds one or more redistributors of consecutive frames, the last one marked in GICR_TYPER.Last. From
	 * ACPI's GICC structures: one redistributor each, size 0. */
	struct mem_range redist[MACHINE_MAX_REDISTS];
	uint64_t redist_stride; /* bytes between redistributors; 0: as GICR_TYPER tells */
	unsigned its_count;
	struct machine_its its[MACHINE_MAX_ITS];
};

/* The generic timers, in the order of the device tree's binding. */
enum machine_timer { TIMER_SEC_PHYS, TIMER_PHYS, TIMER_VIRT, TIMER_HYP_PHYS, TIMER_HYP_VIRT, TIMER_COUNT };

/* Where a PCI host bridge passes accesses on to its buses. */
enum pci_space { PCI_IO, PCI_MEM32, PCI_MEM64, PCI_SPACES };

struct pci_window {
	uint64_t cpu;  /* physical address */
	uint64_t bus;  /* what a BAR must say to be there */
	uint64_t size; /* 0: no such window */
};

struct machine_ecam {
	uint64_t base; /* of bus 0's configuration space, also where bus_start is not 0 */
	uint16_t segment;
	uint8_t bus_start;
	uint8_t bus_end;                      /* inclusive */
	struct pci_window window[PCI_SPACES]; /* from a device tree only: ACPI has them in its byte code */
};

/* A virtio device's registers, which a device tree lists whether a device is behind them or not. */
struct machine_virtio {
	uint64_t base;
	struct irq_line irq;
};

/* SBSA Generic Watchdog. */
struct machine_watchdog {
	uint64_t control; /* frame; 0: there is no watchdog */
	uint64_t refresh;
	struct irq_line irq; /* WS0 */
};

/* Something that was odd or left out, for people to read. */
struct machine_note {
	const char *what;
	uint64_t where; /* an address, offset, or number: `what` says which */
};

struct machine {
	const char *model;    /* the machine's name; NULL: not given */
	const char *bootargs; /* the kernel command line of the device tree; NULL: none */

	unsigned region_count;
	struct region regions[MACHINE_MAX_REGIONS];

	unsigned cpu_count;    /* entries of cpus */
	unsigned cpus_dropped; /* CPUs that found no room */
	struct machine_cpu cpus[MACHINE_MAX_CPUS];

	struct machine_uart uart;
	struct machine_psci psci;
	struct machine_gic gic;
	struct irq_line timer[TIMER_COUNT];
	uint32_t timer_hz; /* what a device tree says if firmware did not set CNTFRQ_EL0; 0: not given */
	unsigned ecam_count;
	struct machine_ecam ecam[MACHINE_MAX_ECAMS];
	struct irq_line pmu; /* overflow interrupt of the CPUs' PMUs */
	uint64_t rtc;        /* a PL031's registers; 0: none */
	struct irq_line rtc_irq;
	struct machine_watchdog watchdog;
	unsigned virtio_count;
	struct machine_virtio virtio[MACHINE_MAX_VIRTIO];
	struct mem_range initrd;

	unsigned note_count; /* may exceed MACHINE_MAX_NOTES: only the first ones are kept */
	struct machine_note notes[MACHINE_MAX_NOTES];
};

/* An empty machine. */
void machine_init(struct machine *machine);

/* Claims addresses for a type; a stronger claim on some of them stays, and same types join with their flags ORed. An
 * empty range is ignored, one that wraps is cut at the end of the address space. If there is no room for another
 * region, what cannot be described becomes a hole: never usable RAM. Time: linear in the number of regions. */
void machine_add_region(struct machine *machine, uint64_t base, uint64_t size, enum region_type type, unsigned flags);

/* The same for RESERVED: what is ours or firmware's is taken out of RAM. */
void machine_reserve(struct machine *machine, uint64_t base, uint64_t size);

/* Turns BOOT regions into RAM: once UEFI's boot services have ended and nothing of theirs is in use any more. */
void machine_reclaim_boot(struct machine *machine);

/* Removes what lies outside of `range` from RAM: for linux,usable-memory-range. */
void machine_limit_ram(struct machine *machine, struct mem_range range);

/* The region that holds `address`, or NULL for a hole. */
const struct region *machine_find_region(const struct machine *machine, uint64_t address);

/* The largest RAM region that is Write-Back capable, as a range; size 0 if there is no RAM. */
struct mem_range machine_largest_ram(const struct machine *machine);

/* The RAM regions' whole pages of 1 << page_shift bytes, largest first; stores at most `count`, returns how many. */
size_t machine_ram(const struct machine *machine, unsigned page_shift, struct mem_range *ranges, size_t count);

/* Bytes of RAM of all kinds: free, boot, loader, ACPI and runtime. Less than the machine has by what firmware hides. */
uint64_t machine_ram_total(const struct machine *machine);

/* The number of CPUs that may be used. */
unsigned machine_enabled_cpus(const struct machine *machine);

/* Adds a CPU; a second one of the same MPIDR is refused with a note. When the table is full an enabled CPU replaces a
 * disabled one, else it is counted as dropped. */
void machine_add_cpu(struct machine *machine, uint64_t mpidr, uint32_t uid, bool enabled);

/* Keeps a note; `what` must be a constant text. */
void machine_note(struct machine *machine, const char *what, uint64_t where);

/* Prints notes and counts of what was dropped as comment lines; nothing if all is well. */
void machine_report_notes(const struct machine *machine);

/* "RAM", "boot", "loader", "ACPI", "runtime", "reserved", "MMIO". */
const char *region_type_name(enum region_type type);

#endif
