/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The UEFI application: takes what the firmware has for us, ends its boot services, and goes on as the master of the
 * machine.
 *
 * Until ExitBootServices() the firmware's tables, stack, vectors and interrupts are in use, and an error goes back to
 * the firmware as a status with a line on its console. UEFI promises RAM mapped Normal write-back, and does not promise
 * that the image is clean to the PoC (2.3.6); all our code is cleaned here, since parts of it will be fetched with the
 * MMU off.
 */
#include <limpid/cache.h>
#include <limpid/firmware.h>
#include <limpid/mmu.h>
#include <limpid/string.h>
#include "boot.h"
#include "efi.h"

/* The most that LoadOptions or limpid.txt may hold. */
#define TEXT_MAX 16384

static char load_options[TEXT_MAX], file_options[TEXT_MAX], vendor[64];

/* The memory map is taken with room for the entries that taking it makes. */
#define MAP_SLACK 16

static void say(struct efi_system_table *system, const uint16_t *text)
{
	static const uint16_t prefix[] = u"limpid: ", end[] = u"\r\n";

	if (!system->console_out)
		return;
	system->console_out->output_string(system->console_out, prefix);
	system->console_out->output_string(system->console_out, text);
	system->console_out->output_string(system->console_out, end);
}

static efi_status handle_protocol(
	struct efi_system_table *system, efi_handle handle, struct efi_guid guid, void **interface)
{
	*interface = NULL;
	return system->boot->handle_protocol(handle, &guid, interface);
}

/*
 * limpid.txt beside the image: in the folder that the image's own path names, else where a boot medium has it.
 */

#define PATH_MAX_CHARS 256
static const uint16_t file_name[] = u"limpid.txt", default_path[] = u"\\EFI\\BOOT\\limpid.txt";

/* The path of the file in the folder of the image; false: its path is not a file's, or too long. */
static bool path_beside(const struct efi_device_path *path, uint16_t *out)
{
	const uint8_t *node = (const uint8_t *)path, *text;
	size_t length, chars = 0, folder = 0;

	if (!node)
		return false;
	/* Nodes lie at any alignment. A path is a handful of nodes: more is garbage. */
	for (int i = 0; i < 32; i++, node += length) {
		length = node[2] | node[3] << 8;
		if (length < sizeof(struct efi_device_path) || node[0] == EFI_PATH_END)
			break;
		if (node[0] != EFI_PATH_MEDIA || node[1] != EFI_PATH_FILE)
			continue;
		text = node + sizeof(struct efi_device_path);
		for (size_t at = 0; at + 2 <= length - sizeof(struct efi_device_path); at += 2) {
			uint16_t c = text[at] | text[at + 1] << 8;

			if (!c)
				break;
			if (chars + ARRAY_SIZE(file_name) + 1 >= PATH_MAX_CHARS)
				return false;
			out[chars++] = c == '/' ? '\\' : c;
			if (out[chars - 1] == '\\')
				folder = chars;
		}
	}
	if (!chars)
		return false;
	memcpy(out + folder, file_name, sizeof(file_name));
	return true;
}

static size_t read_file(struct efi_file *root, const uint16_t *path, char *buffer, size_t room)
{
	struct efi_file *file;
	uint64_t size = room;

	if (root->open(root, &file, path, EFI_FILE_READ, 0) != EFI_SUCCESS)
		return 0;
	if (file->read(file, &size, buffer) != EFI_SUCCESS)
		size = 0;
	file->close(file);
	return size;
}

static size_t read_options_file(struct efi_system_table *system, const struct efi_loaded_image *image)
{
	struct efi_file_system *volume;
	struct efi_file *root;
	uint16_t path[PATH_MAX_CHARS];
	size_t size = 0;

	if (!image->device || handle_protocol(system, image->device, (struct efi_guid)EFI_SIMPLE_FILE_SYSTEM_GUID,
				      (void **)&volume) != EFI_SUCCESS)
		return 0;
	if (volume->open_volume(volume, &root) != EFI_SUCCESS)
		return 0;
	if (path_beside(image->path, path))
		size = read_file(root, path, file_options, TEXT_MAX);
	if (!size)
		size = read_file(root, default_path, file_options, TEXT_MAX);
	root->close(root);
	return size;
}

/* The file first: what is said at the start has the last word. */
static void read_options(struct efi_system_table *system, const struct efi_loaded_image *image)
{
	options_init(&options);
	options_parse(&options, file_options, read_options_file(system, image));
	if (image->options) {
		utf16_to_ascii(load_options, TEXT_MAX, image->options, image->options_size);
		options_parse(&options, load_options, TEXT_MAX);
	}
}

static void find_tables(const struct efi_system_table *system)
{
	static const struct efi_guid acpi = EFI_ACPI_20_TABLE_GUID, dtb = EFI_DTB_TABLE_GUID;

	for (uint64_t i = 0; i < system->table_count; i++) {
		const struct efi_configuration_table *entry = &system->tables[i];

		if (!memcmp(&entry->guid, &acpi, sizeof(acpi)))
			handover.rsdp = (uintptr_t)entry->table;
		if (!memcmp(&entry->guid, &dtb, sizeof(dtb)))
			handover.fdt = (uintptr_t)entry->table;
	}
	utf16_to_ascii(vendor, sizeof(vendor), system->vendor, 2 * sizeof(vendor));
	handover.efi_vendor = vendor;
	handover.efi_revision = system->header.revision;
	handover.efi_system_table = (uintptr_t)system;
}

struct memory_map {
	void *data;
	uint64_t size, key, descriptor_size;
	uint32_t version;
};

static efi_status get_memory_map(struct efi_system_table *system, struct memory_map *map, uint64_t room)
{
	map->size = room;
	return system->boot->get_memory_map(&map->size, map->data, &map->key, &map->descriptor_size, &map->version);
}

/*
 * Takes the map and ends the boot services. The key of the map is stale when anything was allocated in between, an
 * event's handler will do: then the map is taken again, into the same memory, since nothing else may be called
 * (UEFI 2.10, 7.4.6).
 */
static efi_status exit_boot_services(efi_handle image, struct efi_system_table *system, struct memory_map *map)
{
	uint64_t room;
	efi_status status;

	map->data = NULL;
	status = get_memory_map(system, map, 0);
	if (status != EFI_BUFFER_TOO_SMALL)
		return status;
	room = map->size + MAP_SLACK * map->descriptor_size;
	status = system->boot->allocate_pool(EFI_LOADER_DATA, room, &map->data);
	if (status != EFI_SUCCESS)
		return status;
	do {
		status = get_memory_map(system, map, room);
		if (status != EFI_SUCCESS)
			return status;
		handover.exit_attempts++;
		status = system->boot->exit_boot_services(image, map->key);
	} while (status == EFI_INVALID_PARAMETER && handover.exit_attempts < 8);
	return status;
}

static _Noreturn void continue_on_our_stack(void)
{
	smp_early_init();
	boot_main();
}

efi_status efi_main(efi_handle image_handle, struct efi_system_table *system);
efi_status efi_main(efi_handle image_handle, struct efi_system_table *system)
{
	struct efi_loaded_image *image;
	struct memory_map map = {0};
	efi_status status;

	entry_state_read(&handover.entry);
	status = handle_protocol(system, image_handle, (struct efi_guid)EFI_LOADED_IMAGE_GUID, (void **)&image);
	if (status != EFI_SUCCESS) {
		say(system, u"the firmware has no Loaded Image protocol for this image");
		return status;
	}
	handover.efi = true;
	machine_init(&machine);
	read_options(system, image);
	find_tables(system);
	if (!handover.fdt && !handover.rsdp) {
		say(system, u"the firmware hands over neither a device tree nor ACPI 2.0 tables");
		return EFI_LOAD_ERROR;
	}
	/* Some of it is fetched with the MMU off: by the switch to our tables, by CPUs that start, by whoever asks for
	 * it. */
	dcache_clean_poc(_image_start, _text_end - _image_start);

	status = exit_boot_services(image_handle, system, &map);
	if (status != EFI_SUCCESS) {
		say(system, u"ExitBootServices() failed");
		return status;
	}
	mask_exceptions();
	if (machine_read_efi_map(&machine, map.data, map.size, map.descriptor_size, map.version) != EFI_MAP_OK)
		machine_note(&machine, "the UEFI memory map is not readable, bytes", map.size);
	boot_on_stack(continue_on_our_stack);
}

void efi_reset(void)
{
	struct efi_system_table *system = (struct efi_system_table *)handover.efi_system_table;

	/* Once: a failure on the way comes here again. */
	handover.efi_system_table = 0;
	if (!system)
		return;
	/* Its drivers may want any device that the memory map names. */
	for (unsigned int i = 0; i < machine.region_count; i++)
		if (machine.regions[i].type == REGION_MMIO)
			io_map(pa_make(machine.regions[i].base), machine.regions[i].size);
	system->runtime->reset_system(EFI_RESET_SHUTDOWN, EFI_SUCCESS, 0, NULL);
}
