/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot, from the first C code on a sane stack to the last line.
 */
#include <arch/barrier.h>
#include <arch/sysreg.h>
#include <limpid/check.h>
#include <limpid/console.h>
#include <limpid/firmware.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/psci.h>
#include <limpid/runner.h>
#include <limpid/smp.h>
#include <limpid/string.h>
#include "boot.h"

struct machine machine;
struct options options;
struct handover handover;

const char *boot_protocol(void)
{
	return handover.efi ? "efi" : "linux";
}

static void read_fdt(unsigned int flags)
{
	struct fdt fdt;
	enum fdt_result result = fdt_init(&fdt, phys_to_virt(pa_make(handover.fdt)), SIZE_MAX);

	if (result == FDT_OK)
		result = machine_read_fdt(&machine, &fdt, flags);
	if (result != FDT_OK)
		machine_note(&machine, fdt_result_text(result), fdt.error_offset);
	handover.fdt_size = fdt.size;
}

static void read_hardware(void)
{
	bool want_acpi = options.hw == HW_ACPI || !handover.fdt;

	if (handover.rsdp && want_acpi) {
		enum acpi_result result = machine_read_acpi(&machine, handover.rsdp);

		if (result == ACPI_OK) {
			handover.hw = HW_ACPI;
			return;
		}
		machine_note(&machine, acpi_result_text(result), handover.rsdp);
	}
	if (handover.fdt) {
		read_fdt(handover.efi ? FDT_NO_MEMORY : 0);
		handover.hw = HW_DT;
	}
}

/* Under the Linux boot protocol the command line is in the device tree; under UEFI it was read before. */
static void read_options(void)
{
	if (!handover.efi && machine.bootargs)
		options_parse(&options, machine.bootargs, SIZE_MAX);
}

static unsigned int choose_granule(void)
{
	static const uint64_t sizes[] = {KIB(4), KIB(16), KIB(64)};
	uint64_t size = options.page_size;

	if (size && !mmu_granule_supported(size)) {
		machine_note(&machine, "this CPU does not have the page size that was asked for, bytes", size);
		size = 0;
	}
	for (size_t i = 0; !size && i < ARRAY_SIZE(sizes); i++)
		if (mmu_granule_supported(sizes[i]))
			size = sizes[i];
	return __builtin_ctzll(size);
}

static void reserve_ours(void)
{
	handover.image = (struct mem_range){(uintptr_t)_image_start, _image_end - _image_start};
	machine_add_region(&machine, handover.image.base, handover.image.size, REGION_LOADER, 0);
	if (handover.fdt)
		machine_add_region(&machine, handover.fdt, handover.fdt_size, REGION_LOADER, 0);
}

/* RAM that our tables cannot reach does not exist for us. */
static void limit_ram(void)
{
	struct mem_range reachable = {0, mmu_reachable()};

	if (machine.region_count && machine.regions[machine.region_count - 1].base >= reachable.size)
		machine_note(&machine, "RAM above the reach of the tables is not used, from", reachable.size);
	machine_limit_ram(&machine, reachable);
}

static void print_header(void)
{
	ktap_begin("%s: image at 0x%lx, booted by %s at EL%lu, %s, running at EL%u", LIMPID_VERSION,
		(uintptr_t)_image_start, handover.efi ? "UEFI" : "the Linux boot protocol", handover.entry.el,
		handover.hw == HW_ACPI ? "ACPI" : "device tree", current_el());
	ktap_comment("%s: %u of %u CPUs, %llu MiB of RAM, GICv%u, pages of %llu KiB",
		machine.model ? machine.model : "machine", cpu_count(), machine.cpu_count + machine.cpus_dropped,
		(unsigned long long)machine_ram_total(&machine) >> 20, machine.gic.version,
		(unsigned long long)page_size() >> 10);
	options_report(&options);
	machine_report_notes(&machine);
}

_Noreturn void boot_main(void)
{
	unsigned int granule_shift;

	read_hardware();
	read_options();
	if (machine.uart.type != UART_NONE)
		early_map(machine.uart.base, 1, EARLY_DEVICE);
	console_init();
	if (handover.efi)
		handover_record();
	CHECK_MSG(handover.hw != HW_ANY, "neither a device tree nor ACPI tables were handed over");
	reserve_ours();
	limit_ram();
	granule_shift = choose_granule();
	memory_plan(granule_shift);
	early_map(core_range().base, core_range().size, EARLY_NORMAL);
	mmu_init(granule_shift);
	unmask_serror();
	smp_init();
	print_header();
	handover.ready_counter = read_sysreg(cntpct_el0);
	runner_run(limpid_tests_start, limpid_tests_end, &options, &machine);
	power_off();
}

_Noreturn void power_off(void)
{
	console_flush();
	psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
	efi_reset();
	ktap_comment("limpid: this machine cannot be switched off by software: do it by hand");
	console_flush();
	for (;;)
		wfi();
}
