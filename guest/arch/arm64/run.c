/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The runner's contract: how a test is called, and what the machine has.
 */
#include <arch/feature.h>
#include <arch/debug.h>
#include <arch/pmu.h>
#include <arch/sysreg.h>
#include <limpid/boot.h>
#include <limpid/delay.h>
#include <limpid/gic.h>
#include <limpid/its.h>
#include <limpid/mmu.h>
#include <limpid/printf.h>
#include <limpid/psci.h>
#include <limpid/rtc.h>
#include <limpid/runner.h>
#include <limpid/smp.h>
#include <limpid/string.h>
#include <limpid/timer.h>
#include "cpu.h"

bool arch_run_test(void (*fn)(void))
{
	struct cpu *cpu = this_cpu();
	struct context context;
	volatile bool returned = false; /* read behind a second return of context_save() */

	if (!context_save(&context)) {
		cpu->abort = &context;
		fn();
		returned = true;
	}
	cpu->abort = NULL;
	/* An assertion may have failed with the MMU off or interrupts on: the next test finds neither. */
	mmu_enable();
	irq_disable();
	cpu_settle();
	exception_reset();
	timers_stop();
	gic_shut();
	if (debug_in_use())
		debug_reset();
	if (pmu_in_use())
		pmu_reset();
	return returned;
}

uint64_t arch_time_us(void)
{
	return counter_to_us(counter_read());
}

static bool has_gic2(void)
{
	return machine.gic.version == 2;
}

static bool has_gic3(void)
{
	return machine.gic.version == 3;
}

static bool has_gic(void)
{
	return machine.gic.version != 0;
}

static bool has_its(void)
{
	return its_available();
}

static bool at_el1(void)
{
	return current_el() == 1;
}

static bool at_el2(void)
{
	return current_el() == 2;
}

static bool booted_efi(void)
{
	return handover.efi;
}

static bool booted_linux(void)
{
	return !handover.efi;
}

static bool uses_dt(void)
{
	return handover.hw == HW_DT;
}

static bool uses_acpi(void)
{
	return handover.hw == HW_ACPI;
}

static bool has_smp(void)
{
	return cpu_count() > 1;
}

static bool page_4k(void)
{
	return page_size() == KIB(4);
}

static bool page_16k(void)
{
	return page_size() == KIB(16);
}

static bool page_64k(void)
{
	return page_size() == KIB(64);
}

static bool has_pmu(void)
{
	return pmu_version();
}

static bool has_pmu_v3p5(void)
{
	return pmu_version() >= PMU_V3P5;
}

static bool has_pci(void)
{
	return machine.ecam_count;
}

static bool has_watchdog(void)
{
	return machine.watchdog.control;
}

static bool has_virtio_mmio(void)
{
	return machine.virtio_count;
}

static bool is_migrated(void)
{
	return options.migrate;
}

static const struct {
	const char *word;
	bool (*met)(void);
	const char *otherwise;
} needs[] = {
	{"gic", has_gic, "the machine has no GIC that limpid knows"},
	{"gicv2", has_gic2, "the machine has no GICv2"},
	{"gicv3", has_gic3, "the machine has no GICv3"},
	{"its", has_its, "the machine has no ITS"},
	{"el1", at_el1, "tests run at EL2"},
	{"el2", at_el2, "tests run at EL1"},
	{"efi", booted_efi, "booted by the Linux boot protocol"},
	{"linux-boot", booted_linux, "booted by UEFI"},
	{"dt", uses_dt, "the machine is described by ACPI"},
	{"acpi", uses_acpi, "the machine is described by a device tree"},
	{"psci", psci_available, "the firmware has no PSCI"},
	{"smp", has_smp, "the machine has one CPU"},
	{"4k", page_4k, "pages are not 4 KiB"},
	{"16k", page_16k, "pages are not 16 KiB"},
	{"64k", page_64k, "pages are not 64 KiB"},
	{"pmu", has_pmu, "the CPU has no PMUv3"},
	{"pmuv3p5", has_pmu_v3p5, "the CPU has no FEAT_PMUv3p5"},
	{"pci", has_pci, "the machine's description names no PCI Express host bridge"},
	{"watchdog", has_watchdog, "the machine's description names no SBSA Generic Watchdog"},
	{"virtio-mmio", has_virtio_mmio,
		"the machine's description names no virtio-mmio device (ACPI has no table of them)"},
	{"pl031", rtc_present, "the machine's description names no PL031 (ACPI has no table of it)"},
	{"migration", is_migrated,
		"nobody promised to migrate the machine (migrate=1); the sanitizer cannot follow to another process"},
};

static bool feature_is_there(const char *word, const char **reason)
{
	static char text[64];
	bool has = false;
	const char *name = cpu_feature(word, &has);

	snprintf(text, sizeof(text), "the CPU has no %s", name ? name : "");
	*reason = name ? text : "unknown need";
	return has;
}

bool machine_meets(const char *word, const char **reason)
{
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		if (strcmp(word, needs[i].word))
			continue;
		*reason = needs[i].otherwise;
		return needs[i].met();
	}
	return feature_is_there(word, reason);
}
