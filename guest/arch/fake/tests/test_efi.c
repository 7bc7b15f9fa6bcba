// SPDX-License-Identifier: GPL-2.0-or-later
/* The UEFI application against a firmware that is as unhelpful as the specification lets it be. */
#include <glib.h>
#include <setjmp.h>
#include <string.h>

#include "fake.h"

#include "../../../boot/boot.h"
#include "../../../boot/efi.h"

#include <limpid/cache.h>
#include <limpid/mmu.h>

/* What the rest of the boot has. */
struct machine machine;
struct options options;
struct handover handover;
char _image_start[64], _text_end[1], _data_start[1], _image_end[1];

static jmp_buf left;
static gboolean exited;

void smp_early_init(void)
{
}

_Noreturn void boot_main(void)
{
	abort();
}

_Noreturn void boot_on_stack(void (*fn)(void))
{
	(void)fn;
	longjmp(left, 1);
}

void mask_exceptions(void)
{
	/* Not before the firmware has let go: its timer events run on interrupts. */
	g_assert_true(exited);
}

void entry_state_read(struct entry_state *state)
{
	*state = (struct entry_state){.el = 1};
}

void dcache_clean_poc(const volatile void *start, size_t size)
{
	(void)start;
	(void)size;
	g_assert_false(exited);
}

uint64_t io_map(pa_t base, uint64_t size)
{
	(void)size;
	return base.pa;
}

/* The firmware. */
static unsigned int stale_keys; /* how often ExitBootServices() will say that the key is stale */
static unsigned int map_growth; /* descriptors by which the map has grown when it is taken the second time */
static unsigned int maps_taken, allocations;
static unsigned int calls_after_exit_attempt;
static gboolean exit_attempted;
static struct efi_loaded_image image;
static struct efi_file_system file_system;
static const char *file_text;
static const uint16_t *file_path; /* where the file is */
static char spoken[256];
static void *pool;

#define DESCRIPTOR 48 /* more than the structure has, as firmware does */

struct descriptor {
	uint32_t type, padding;
	uint64_t physical, virtual_start, pages, attributes;
};

static efi_status get_memory_map(
	uint64_t *size, void *map, uint64_t *key, uint64_t *descriptor_size, uint32_t *descriptor_version)
{
	uint64_t count = 2 + (maps_taken++ ? map_growth : 0), room = *size;

	g_assert_false(exited);
	*size = count * DESCRIPTOR;
	*descriptor_size = DESCRIPTOR;
	*descriptor_version = 1;
	if (room < *size)
		return EFI_BUFFER_TOO_SMALL;
	memset(map, 0, *size);
	for (uint64_t i = 0; i < count; i++) {
		struct descriptor *d = (struct descriptor *)((char *)map + i * DESCRIPTOR);

		*d = (struct descriptor){7, 0, 0x40000000 + i * 0x1000000, 0, 0x1000, 8};
	}
	*key = maps_taken;
	return EFI_SUCCESS;
}

static efi_status allocate_pool(uint32_t type, uint64_t size, void **buffer)
{
	g_assert_cmpuint(type, ==, EFI_LOADER_DATA);
	/* After the first ExitBootServices() only GetMemoryMap() and ExitBootServices() may be called. */
	if (exit_attempted)
		calls_after_exit_attempt++;
	allocations++;
	/* Just as much as was asked for, so that a byte more is seen; it lives until the next start. */
	g_free(pool);
	pool = g_malloc(size);
	*buffer = pool;
	return EFI_SUCCESS;
}

static efi_status exit_boot_services(efi_handle handle, uint64_t key)
{
	g_assert_true(handle == (efi_handle)0x1234);
	exit_attempted = TRUE;
	if (stale_keys) {
		stale_keys--;
		return EFI_INVALID_PARAMETER;
	}
	g_assert_cmpuint(key, ==, maps_taken);
	exited = TRUE;
	return EFI_SUCCESS;
}

static efi_status file_close(struct efi_file *this)
{
	(void)this;
	return EFI_SUCCESS;
}

static efi_status file_read(struct efi_file *this, uint64_t *size, void *buffer)
{
	(void)this;
	*size = MIN(*size, strlen(file_text));
	memcpy(buffer, file_text, *size);
	return EFI_SUCCESS;
}

static gboolean same_text(const uint16_t *a, const uint16_t *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static efi_status file_open(
	struct efi_file *this, struct efi_file **file, const uint16_t *name, uint64_t mode, uint64_t attributes)
{
	static struct efi_file opened = {.close = file_close, .read = file_read};

	(void)this;
	(void)attributes;
	g_assert_cmpuint(mode, ==, EFI_FILE_READ);
	if (!file_path || !same_text(name, file_path))
		return EFI_ERROR(14);
	*file = &opened;
	return EFI_SUCCESS;
}

static efi_status open_volume(struct efi_file_system *this, struct efi_file **root)
{
	static struct efi_file directory = {.open = file_open, .close = file_close};

	(void)this;
	*root = &directory;
	return EFI_SUCCESS;
}

static efi_status handle_protocol(efi_handle handle, const struct efi_guid *guid, void **interface)
{
	if (handle == (efi_handle)0x1234 && guid->a == 0x5b1b31a1)
		*interface = &image;
	else if (handle == (efi_handle)0x5678 && guid->a == 0x964e5b22)
		*interface = &file_system;
	else
		return EFI_ERROR(3);
	return EFI_SUCCESS;
}

static efi_status output_string(struct efi_text_output *this, const uint16_t *text)
{
	(void)this;
	for (; *text; text++)
		spoken[strlen(spoken)] = (char)*text;
	return EFI_SUCCESS;
}

static struct efi_boot_services boot_services = {
	.get_memory_map = get_memory_map,
	.allocate_pool = allocate_pool,
	.exit_boot_services = exit_boot_services,
	.handle_protocol = handle_protocol,
};
static struct efi_text_output console = {.output_string = output_string};
static struct efi_configuration_table tables[] = {{EFI_DTB_TABLE_GUID, (void *)0x48000000}};
static struct efi_system_table firmware;

efi_status efi_main(efi_handle handle, struct efi_system_table *system);

static void start(void)
{
	static uint16_t vendor[] = u"Fake";

	memset(&handover, 0, sizeof(handover));
	memset(spoken, 0, sizeof(spoken));
	exited = exit_attempted = FALSE;
	stale_keys = map_growth = maps_taken = allocations = calls_after_exit_attempt = 0;
	image = (struct efi_loaded_image){.device = (efi_handle)0x5678};
	file_system.open_volume = open_volume;
	file_path = NULL;
	file_text = "";
	firmware = (struct efi_system_table){
		.vendor = vendor, .console_out = &console, .boot = &boot_services, .table_count = 1, .tables = tables};
	firmware.header.revision = 2 << 16 | 70;
}

/* True when it went on to the rest of the boot; else *status. */
static gboolean run(efi_status *status)
{
	if (setjmp(left))
		return TRUE;
	*status = efi_main((efi_handle)0x1234, &firmware);
	return FALSE;
}

static void test_boots(void)
{
	efi_status status;

	start();
	g_assert_true(run(&status));
	g_assert_true(exited && handover.efi);
	g_assert_cmpuint(handover.exit_attempts, ==, 1);
	g_assert_cmphex(handover.fdt, ==, 0x48000000);
	g_assert_cmpstr(handover.efi_vendor, ==, "Fake");
	g_assert_cmpuint(machine_ram_total(&machine), ==, 2 * 0x1000000);
}

static void test_stale_key(void)
{
	efi_status status;

	start();
	stale_keys = 3;
	map_growth = 4;
	g_assert_true(run(&status));
	g_assert_cmpuint(handover.exit_attempts, ==, 4);
	g_assert_cmpuint(allocations, ==, 1);
	g_assert_cmpuint(calls_after_exit_attempt, ==, 0);
	g_assert_cmpuint(machine_ram_total(&machine), ==, 6 * 0x1000000);
}

static void test_never_exits(void)
{
	efi_status status;

	start();
	stale_keys = 1000;
	g_assert_false(run(&status));
	g_assert_cmphex(status, ==, EFI_INVALID_PARAMETER);
	g_assert_nonnull(strstr(spoken, "limpid: ExitBootServices() failed"));
}

static void test_no_tables(void)
{
	efi_status status;

	start();
	firmware.table_count = 0;
	g_assert_false(run(&status));
	g_assert_cmphex(status, ==, EFI_LOAD_ERROR);
	g_assert_false(exit_attempted);
	g_assert_nonnull(strstr(spoken, "neither a device tree nor ACPI"));
}

static void expect_run(const char *pattern)
{
	g_assert_cmpuint(options.run.length, ==, strlen(pattern));
	g_assert_cmpmem(options.run.start, options.run.length, pattern, strlen(pattern));
}

static void test_load_options(void)
{
	efi_status status;
	static uint16_t text[] = u"limpid.efi run=boot.image page=64k";

	start();
	image.options = text;
	image.options_size = sizeof(text);
	g_assert_true(run(&status));
	expect_run("boot.image");
	g_assert_cmpuint(options.page_size, ==, 65536);
}

/* A path of two nodes: the first a disk's, the second a file's. */
static const struct efi_device_path *make_path(const uint16_t *name, size_t bytes)
{
	static uint8_t path[4096];

	memset(path, 0, sizeof(path));
	memcpy(path, (uint8_t[]){4, 1, 42, 0}, 4);
	memcpy(path + 42, (uint8_t[]){4, 4, (uint8_t)(bytes + 4), (uint8_t)((bytes + 4) >> 8)}, 4);
	memcpy(path + 46, name, bytes);
	memcpy(path + 46 + bytes, (uint8_t[]){0x7f, 0xff, 4, 0}, 4);
	return (const struct efi_device_path *)path;
}

static void test_file_beside(void)
{
	efi_status status;
	static const uint16_t name[] = u"\\vendor\\limpid.efi";

	start();
	image.path = make_path(name, sizeof(name));
	file_path = u"\\vendor\\limpid.txt";
	file_text = "run=mmu el=2\r\n";
	g_assert_true(run(&status));
	expect_run("mmu");
	g_assert_cmpuint(options.el, ==, 2);

	/* As U-Boot writes it; and the place of a boot medium where the path helps nothing. */
	static const uint16_t slashes[] = u"/vendor/limpid.efi";

	start();
	image.path = make_path(slashes, sizeof(slashes));
	file_path = u"\\vendor\\limpid.txt";
	file_text = "run=smp";
	g_assert_true(run(&status));
	expect_run("smp");

	start();
	file_path = u"\\EFI\\BOOT\\limpid.txt";
	file_text = "run=irq";
	g_assert_true(run(&status));
	expect_run("irq");
}

static void test_hostile_path(void)
{
	efi_status status;
	uint16_t name[1000];

	/* Longer than any buffer; without an end; nodes of length 0 and 3. */
	for (size_t i = 0; i < G_N_ELEMENTS(name); i++)
		name[i] = 'a';
	start();
	image.path = make_path(name, sizeof(name));
	g_assert_true(run(&status));
	for (uint8_t length = 0; length < 5; length++) {
		uint8_t node[64] = {4, 4, length, 0};

		start();
		image.path = (const struct efi_device_path *)node;
		g_assert_true(run(&status));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/efi/boots", test_boots);
	g_test_add_func("/efi/stale_key", test_stale_key);
	g_test_add_func("/efi/never_exits", test_never_exits);
	g_test_add_func("/efi/no_tables", test_no_tables);
	g_test_add_func("/efi/load_options", test_load_options);
	g_test_add_func("/efi/file_beside", test_file_beside);
	g_test_add_func("/efi/hostile_path", test_hostile_path);

	int status = g_test_run();

	g_free(pool);
	return status;
}
