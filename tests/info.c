/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the firmware handed over: reports, for people to read.
 */
#include <arch/sysreg.h>
#include <limpid/boot.h>
#include <limpid/cache.h>
#include <limpid/expect.h>
#include <limpid/ktap.h>
#include <limpid/page_alloc.h>
#include <limpid/printf.h>
#include <limpid/smp.h>
#include <limpid/test.h>

static const char *use_name(uint8_t use)
{
	switch (use) {
	case HANDOVER_IMAGE_TEXT:
		return "our text";
	case HANDOVER_IMAGE_DATA:
		return "our data";
	case HANDOVER_UART:
		return "UART";
	case HANDOVER_GIC:
		return "GIC";
	default:
		return region_type_name(use);
	}
}

/* An attribute byte of MAIR. Source: Arm ARM (DDI 0487), "MAIR_EL1". */
static const char *memory_name(uint8_t attr)
{
	static const char *const device[] = {"Device-nGnRnE", "Device-nGnRE", "Device-nGRE", "Device-GRE"};
	static const char *const policy[] = {"?", "NC", "WT", "WB"};
	static char text[32];
	unsigned int outer = attr >> 4, inner = attr & 15;

	if (!outer)
		return device[attr >> 2 & 3];
	/* 0b0100 is non-cacheable; otherwise bit 2 tells write-back from write-through, bit 3 that it is not transient.
	 */
	unsigned int o = outer == 4 ? 1 : outer & 4 ? 3 : 2, i = inner == 4 ? 1 : inner & 4 ? 3 : 2;

	if (o == i)
		snprintf(text, sizeof(text), "Normal %s", policy[o]);
	else
		snprintf(text, sizeof(text), "Normal o%s i%s", policy[o], policy[i]);
	return text;
}

static void attributes_text(char *text, size_t size, uint64_t attributes)
{
	static const char *const shareability[] = {"non-sh", "reserved", "outer", "inner"};
	unsigned int index = attributes >> 2 & 7;
	uint8_t attr = handover.entry.mair >> (8 * index);
	bool read_only = attributes & (1 << 7), uxn = attributes >> 54 & 1, pxn = attributes >> 53 & 1;
	/* EL2 without E2H has one XN, in UXN's place. */
	bool xn = handover.entry.el == 2 ? uxn : pxn;

	if (!attributes) {
		snprintf(text, size, "not mapped");
		return;
	}
	snprintf(text, size, "%-14s %-6s %s%s%s", memory_name(attr),
		attr >> 4 ? shareability[attributes >> 8 & 3] : "-", "R", read_only ? "-" : "W", xn ? "-" : "X");
}

static void print_rows(void)
{
	unsigned int count = MIN(handover.row_count, (unsigned int)HANDOVER_ROWS);
	char text[64];

	ktap_comment("%-10s %-12s %-12s %6s %9s %s  %-14s %-6s %s", "use", "first", "end", "pieces", "KiB", "level",
		"memory", "share", "access");
	for (unsigned int i = 0; i < count; i++) {
		const struct handover_row *row = &handover.rows[i];

		attributes_text(text, sizeof(text), row->attributes);
		ktap_comment("%-10s 0x%010lx 0x%010lx %6u %9lu %u      %s", use_name(row->use), row->first, row->end,
			row->pieces, row->size >> 10, row->level, text);
	}
	if (handover.row_count > count)
		ktap_comment("and %u more", handover.row_count - count);
}

TEST(info, handover, .doc = "report: what the firmware handed over, and how it maps our image, RAM and devices",
	.flags = TEST_REPORT,
	.source = "UEFI 2.10, 2.3.6 AArch64 Platforms; Linux, Documentation/arch/arm64/booting.rst")
{
	const struct entry_state *entry = &handover.entry;

	if (handover.efi)
		ktap_comment("entered by UEFI %u.%u, \"%s\"; ExitBootServices took %u", handover.efi_revision >> 16,
			(handover.efi_revision & 0xffff) / 10, handover.efi_vendor, handover.exit_attempts);
	else
		ktap_comment("entered by the Linux boot protocol");
	ktap_comment("EL%lu, M=%lu C=%lu I=%lu, DAIF 0x%lx, SCTLR 0x%lx, TCR 0x%lx, MAIR 0x%lx", entry->el,
		entry->sctlr & 1, entry->sctlr >> 2 & 1, entry->sctlr >> 12 & 1, entry->daif, entry->sctlr, entry->tcr,
		entry->mair);
	if (entry->sctlr & 1)
		ktap_comment("TTBR0 0x%lx, T0SZ %lu, granule %s", entry->ttbr0, entry->tcr & 0x3f,
			(const char *const[]){"4 KiB", "64 KiB", "16 KiB", "?"}[entry->tcr >> 14 & 3]);
	ktap_comment("device tree at 0x%lx, ACPI at 0x%lx; used: %s", handover.fdt, handover.rsdp,
		handover.hw == HW_ACPI ? "ACPI" : "device tree");
	if (handover.row_count)
		print_rows();
}

TEST(info, memory_map, .doc = "report: the machine's memory map as we understand it", .flags = TEST_REPORT)
{
	for (unsigned int i = 0; i < machine.region_count; i++) {
		const struct region *region = &machine.regions[i];

		ktap_comment("0x%010lx 0x%010lx %9lu KiB %s%s%s", region->base, region->base + region->size,
			region->size >> 10, region_type_name(region->type),
			region->flags & REGION_NO_MAP ? ", not to be mapped" : "",
			region->flags & REGION_NOT_WB ? ", not write-back" : "");
	}
	EXPECT_GT(machine.region_count, 0u);
}

TEST(info, machine, .doc = "report: CPUs, interrupt controller, timers, console, caches", .flags = TEST_REPORT)
{
	static const char *const conduits[] = {"none", "HVC", "SMC"};
	static const char *const uarts[] = {"none", "PL011", "SBSA", "16550"};
	uint64_t ctr = read_sysreg(ctr_el0);

	ktap_comment("%u CPUs of %u, this one MIDR 0x%lx MPIDR 0x%lx", cpu_count(), machine.cpu_count,
		read_sysreg(midr_el1), cpu_read_mpidr());
	ktap_comment("PSCI by %s; GICv%u at 0x%lx; %s at 0x%lx", conduits[machine.psci.conduit], machine.gic.version,
		machine.gic.dist.base, uarts[machine.uart.type], machine.uart.base);
	ktap_comment("timer interrupts: physical %u, virtual %u, hypervisor %u and %u", machine.timer[TIMER_PHYS].intid,
		machine.timer[TIMER_VIRT].intid, machine.timer[TIMER_HYP_PHYS].intid,
		machine.timer[TIMER_HYP_VIRT].intid);
	ktap_comment("CTR_EL0 0x%lx: data lines %lu, instruction lines %lu, CWG %lu bytes, IDC=%lu DIC=%lu", ctr,
		dcache_line_size(), icache_line_size(), cache_writeback_granule(), ctr >> 28 & 1, ctr >> 29 & 1);
	ktap_comment("pages of %lu KiB, running at EL%u", page_size() >> 10, current_el());
}
