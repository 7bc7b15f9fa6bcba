/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of UEFI's interface as the loader uses. Members that are not used have no type.
 *
 * Source: UEFI Specification 2.10, "EFI System Table", "EFI Boot Services Table", "EFI Runtime Services Table", "EFI
 * Loaded Image Protocol", "Simple File System Protocol", "File Protocol", "Generic Device Path Structures".
 */
#ifndef BOOT_EFI_H
#define BOOT_EFI_H

#include <limpid/types.h>

typedef uint64_t efi_status;
typedef void *efi_handle;

#define EFI_ERROR(n)          ((1ull << 63) | (n))
#define EFI_SUCCESS           0
#define EFI_LOAD_ERROR        EFI_ERROR(1)
#define EFI_INVALID_PARAMETER EFI_ERROR(2)
#define EFI_BUFFER_TOO_SMALL  EFI_ERROR(5)

struct efi_guid {
	uint32_t a;
	uint16_t b, c;
	uint8_t d[8];
};

/* clang-format off */
#define EFI_LOADED_IMAGE_GUID                                                                                          \
	{ 0x5b1b31a1, 0x9562, 0x11d2, { 0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } }
#define EFI_SIMPLE_FILE_SYSTEM_GUID                                                                                    \
	{ 0x964e5b22, 0x6459, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } }
#define EFI_ACPI_20_TABLE_GUID                                                                                         \
	{ 0x8868e871, 0xe4f1, 0x11d3, { 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 } }
#define EFI_DTB_TABLE_GUID                                                                                             \
	{ 0xb1b621d5, 0xf19c, 0x41a5, { 0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0 } }

/* clang-format on */

struct efi_table_header {
	uint64_t signature;
	uint32_t revision, size, crc32, reserved;
};

struct efi_text_output {
	void *reset;
	efi_status (*output_string)(struct efi_text_output *this, const uint16_t *text);
};

/* AllocatePool()'s first argument: the type of memory for an application's own data. */
#define EFI_LOADER_DATA 2

struct efi_boot_services {
	struct efi_table_header header;
	void *raise_tpl, *restore_tpl;
	void *allocate_pages, *free_pages;
	efi_status (*get_memory_map)(
		uint64_t *size, void *map, uint64_t *key, uint64_t *descriptor_size, uint32_t *descriptor_version);
	efi_status (*allocate_pool)(uint32_t type, uint64_t size, void **buffer);
	efi_status (*free_pool)(void *buffer);
	void *create_event, *set_timer, *wait_for_event, *signal_event, *close_event, *check_event;
	void *install_protocol_interface, *reinstall_protocol_interface, *uninstall_protocol_interface;
	efi_status (*handle_protocol)(efi_handle handle, const struct efi_guid *guid, void **interface);
	void *reserved, *register_protocol_notify, *locate_handle, *locate_device_path, *install_configuration_table;
	void *load_image, *start_image, *exit, *unload_image;
	efi_status (*exit_boot_services)(efi_handle image, uint64_t key);
};

#define EFI_RESET_SHUTDOWN 2

struct efi_runtime_services {
	struct efi_table_header header;
	void *get_time, *set_time, *get_wakeup_time, *set_wakeup_time;
	void *set_virtual_address_map, *convert_pointer;
	void *get_variable, *get_next_variable_name, *set_variable;
	void *get_next_high_monotonic_count;
	void (*reset_system)(uint32_t type, efi_status status, uint64_t size, const void *data);
};

struct efi_configuration_table {
	struct efi_guid guid;
	void *table;
};

struct efi_system_table {
	struct efi_table_header header;
	const uint16_t *vendor;
	uint32_t revision, padding;
	efi_handle console_in_handle;
	void *console_in;
	efi_handle console_out_handle;
	struct efi_text_output *console_out;
	efi_handle stderr_handle;
	struct efi_text_output *std_err;
	struct efi_runtime_services *runtime;
	struct efi_boot_services *boot;
	uint64_t table_count;
	struct efi_configuration_table *tables;
};

struct efi_device_path {
	uint8_t type, subtype;
	uint8_t length[2]; /* of this node, header included; not aligned */
};

#define EFI_PATH_MEDIA 4
#define EFI_PATH_FILE  4 /* of MEDIA: a UTF-16 path name follows */
#define EFI_PATH_END   0x7f

struct efi_loaded_image {
	uint32_t revision;
	efi_handle parent;
	struct efi_system_table *system;
	efi_handle device;
	const struct efi_device_path *path;
	void *reserved;
	uint32_t options_size;
	const void *options;
	void *base;
	uint64_t size;
};

struct efi_file {
	uint64_t revision;
	efi_status (*open)(struct efi_file *this, struct efi_file **file, const uint16_t *name, uint64_t mode,
		uint64_t attributes);
	efi_status (*close)(struct efi_file *this);
	void *delete;
	efi_status (*read)(struct efi_file *this, uint64_t *size, void *buffer);
};

#define EFI_FILE_READ 1

struct efi_file_system {
	uint64_t revision;
	efi_status (*open_volume)(struct efi_file_system *this, struct efi_file **root);
};

#endif
