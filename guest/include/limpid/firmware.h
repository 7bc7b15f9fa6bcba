/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * firmware.h - the readers that turn what firmware handed over into struct machine.
 *
 * All read in place, byte by byte or aligned, keep nothing but pointers to strings, allocate nothing, and bound every
 * loop by the size of the input: tables are not trusted. What is wrong with a part of the input becomes a note of the
 * machine and the part is left out; what makes the rest unreadable is a result code. Usable with the MMU off.
 */
#ifndef LIMPID_FIRMWARE_H
#define LIMPID_FIRMWARE_H

#include <limpid/acpi.h>
#include <limpid/fdt.h>
#include <limpid/machine.h>

/* Under UEFI the memory map is the truth: leave /memory and the reservation block of the device tree alone. */
#define FDT_NO_MEMORY 0x1u

/* Reads the device tree in one pass. The range of the blob itself is not reserved: the caller knows where it lies. The
 * initrd is. On an error the machine holds what came before it, and fdt->error_offset tells where it is. Source:
 * Devicetree Specification v0.4; bindings of the Linux kernel: arm/cpus, arm/psci, interrupt-controller/arm,gic(-v3),
 * timer/arm,arch_timer, serial/pl011, serial/8250, pci/host-generic-pci, chosen (dt-schema). */
enum fdt_result machine_read_fdt(struct machine *machine, struct fdt *fdt, unsigned flags);

/* Reads the ACPI tables of the RSDP at this physical address, by phys_window: FADT (PSCI), MADT (CPUs, GIC), GTDT
 * (timers), SPCR (console), MCFG (PCIe). A table other than these is not touched. Source: ACPI Specification 6.5, 5.2
 * ACPI System Description Tables; Microsoft, Serial Port Console Redirection Table; PCI Firmware Specification, 4.1.2.
 */
enum acpi_result machine_read_acpi(struct machine *machine, uint64_t rsdp);

enum efi_map_result {
	EFI_MAP_OK,
	EFI_MAP_BAD_DESCRIPTOR_SIZE, /* smaller than the descriptor of version 1, or larger than the map */
	EFI_MAP_BAD_VERSION,
	EFI_MAP_EMPTY,
};

/* Adds the regions of a UEFI memory map of `size` bytes, whose descriptors lie `descriptor_size` bytes apart. They may
 * overlap, be unsorted, empty or wrap. Source: UEFI Specification 2.10, 7.2.3 EFI_BOOT_SERVICES.GetMemoryMap(). */
enum efi_map_result machine_read_efi_map(
	struct machine *machine, const void *map, size_t size, size_t descriptor_size, uint32_t version);

/* The code in words. */
const char *efi_map_result_text(enum efi_map_result result);

#endif
