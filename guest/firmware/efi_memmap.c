// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The UEFI memory map. Firmware's descriptors may be longer than ours: the stride is what it says.
 *
 * Source: UEFI Specification 2.10, 7.2.3 EFI_BOOT_SERVICES.GetMemoryMap(): EFI_MEMORY_DESCRIPTOR; 7.2 Memory Allocation
 * Services, Tables "Memory Type Usage before / after ExitBootServices()".
 */
#include <limpid/bitops.h>
#include <limpid/firmware.h>

#define DESCRIPTOR_TYPE      0
#define DESCRIPTOR_PHYSICAL  8
#define DESCRIPTOR_PAGES     24
#define DESCRIPTOR_ATTRIBUTE 32
#define DESCRIPTOR_SIZE      40
#define DESCRIPTOR_VERSION   1
#define PAGE_SHIFT           12 /* of EFI, whatever the granule */

#define EFI_MEMORY_WB      BIT(3)
#define EFI_MEMORY_SP      BIT(18)
#define EFI_MEMORY_RUNTIME BIT(63)

/* EFI_MEMORY_TYPE, in its order; what is beyond the table is reserved. */
static const uint8_t types[] = {
	REGION_RESERVED, /* EfiReservedMemoryType */
	REGION_LOADER,   /* EfiLoaderCode: our own image among others */
	REGION_LOADER,   /* EfiLoaderData */
	REGION_BOOT,     /* EfiBootServicesCode */
	REGION_BOOT,     /* EfiBootServicesData */
	REGION_RUNTIME,  /* EfiRuntimeServicesCode */
	REGION_RUNTIME,  /* EfiRuntimeServicesData */
	REGION_RAM,      /* EfiConventionalMemory */
	REGION_RESERVED, /* EfiUnusableMemory: errors were found in it */
	REGION_ACPI,     /* EfiACPIReclaimMemory */
	REGION_RUNTIME,  /* EfiACPIMemoryNVS */
	REGION_MMIO,     /* EfiMemoryMappedIO */
	REGION_MMIO,     /* EfiMemoryMappedIOPortSpace */
	REGION_RESERVED, /* EfiPalCode */
	REGION_RESERVED, /* EfiPersistentMemory: somebody's data */
	REGION_RESERVED, /* EfiUnacceptedMemoryType: not usable before it is accepted */
};

const char *efi_map_result_text(enum efi_map_result result)
{
	switch (result) {
	case EFI_MAP_OK:
		return "no error";
	case EFI_MAP_BAD_DESCRIPTOR_SIZE:
		return "a UEFI memory map with descriptors of an impossible size";
	case EFI_MAP_BAD_VERSION:
		return "a UEFI memory map with descriptors of another version than 1";
	case EFI_MAP_EMPTY:
		return "an empty UEFI memory map";
	}
	return "unknown error";
}

static uint64_t field(const uint8_t *descriptor, unsigned offset, unsigned bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | descriptor[offset + bytes];
	return value;
}

static void add_descriptor(struct machine *machine, const uint8_t *descriptor)
{
	uint64_t type = field(descriptor, DESCRIPTOR_TYPE, 4);
	uint64_t base = field(descriptor, DESCRIPTOR_PHYSICAL, 8);
	uint64_t pages = field(descriptor, DESCRIPTOR_PAGES, 8);
	uint64_t attribute = field(descriptor, DESCRIPTOR_ATTRIBUTE, 8);
	enum region_type region = type < ARRAY_SIZE(types) ? types[type] : REGION_RESERVED;
	uint64_t size = pages << PAGE_SHIFT;
	unsigned flags = 0;

	if (!pages)
		return;
	if (pages > UINT64_MAX >> PAGE_SHIFT || size - 1 > UINT64_MAX - base) {
		machine_note(machine, "UEFI: a memory descriptor wraps round the address space, at", base);
		size = UINT64_MAX - base;
	}
	/* Special-purpose memory is somebody's by configuration; so is what runtime services keep a mapping of. */
	if (attribute & EFI_MEMORY_SP && region == REGION_RAM)
		region = REGION_RESERVED;
	if (attribute & EFI_MEMORY_RUNTIME && region < REGION_RUNTIME)
		region = REGION_RUNTIME;
	if (region <= REGION_RUNTIME && !(attribute & EFI_MEMORY_WB))
		flags |= REGION_NOT_WB;
	machine_add_region(machine, base, size, region, flags);
}

enum efi_map_result machine_read_efi_map(
	struct machine *machine, const void *map, size_t size, size_t descriptor_size, uint32_t version)
{
	const uint8_t *bytes = map;

	if (version != DESCRIPTOR_VERSION)
		return EFI_MAP_BAD_VERSION;
	if (!map || !size)
		return EFI_MAP_EMPTY;
	if (descriptor_size < DESCRIPTOR_SIZE || descriptor_size > size)
		return EFI_MAP_BAD_DESCRIPTOR_SIZE;
	for (; size >= descriptor_size; size -= descriptor_size, bytes += descriptor_size)
		add_descriptor(machine, bytes);
	if (size)
		machine_note(machine, "UEFI: the memory map ends in the middle of a descriptor; bytes left over", size);
	return EFI_MAP_OK;
}
