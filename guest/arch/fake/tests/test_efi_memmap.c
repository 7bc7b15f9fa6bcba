// SPDX-License-Identifier: GPL-2.0-or-later
/* UEFI memory maps to regions. */
#include <glib.h>
#include <string.h>

#include "fake.h"

#include <limpid/firmware.h>

static struct machine machine;
static GByteArray *map;

static void put(guint8 *to, uint64_t value, unsigned bytes)
{
	for (; bytes; bytes--, value >>= 8)
		*to++ = (guint8)value;
}

#define WB 8u

static void add(unsigned stride, uint32_t type, uint64_t base, uint64_t pages, uint64_t attribute)
{
	guint at = map->len;

	g_byte_array_set_size(map, at + stride);
	/* What is beyond the descriptor that we know is not zero. */
	memset(map->data + at, 0xff, stride);
	put(map->data + at, type, 4);
	put(map->data + at + 8, base, 8);
	put(map->data + at + 24, pages, 8);
	put(map->data + at + 32, attribute, 8);
}

static enum efi_map_result read_map(unsigned stride)
{
	/* At an odd address, and of just that size. */
	guint8 *exact = g_malloc(map->len + 1);
	enum efi_map_result result;

	memcpy(exact + 1, map->data, map->len);
	machine_init(&machine);
	result = machine_read_efi_map(&machine, exact + 1, map->len, stride, 1);
	g_free(exact);
	g_byte_array_set_size(map, 0);
	return result;
}

static void assert_region(unsigned index, uint64_t base, uint64_t size, enum region_type type, unsigned flags)
{
	g_assert_cmpuint(index, <, machine.region_count);
	g_assert_cmphex(machine.regions[index].base, ==, base);
	g_assert_cmphex(machine.regions[index].size, ==, size);
	g_assert_cmpint(machine.regions[index].type, ==, type);
	g_assert_cmphex(machine.regions[index].flags, ==, flags);
}

static void test_types(void)
{
	static const enum region_type wanted[] = {REGION_RESERVED, REGION_LOADER, REGION_LOADER, REGION_BOOT,
		REGION_BOOT, REGION_RUNTIME, REGION_RUNTIME, REGION_RAM, REGION_RESERVED, REGION_ACPI, REGION_RUNTIME,
		REGION_MMIO, REGION_MMIO, REGION_RESERVED, REGION_RESERVED, REGION_RESERVED, REGION_RESERVED};

	for (uint32_t type = 0; type < G_N_ELEMENTS(wanted); type++) {
		add(40, type, 0x40000000, 16, WB);
		g_assert_cmpint(read_map(40), ==, EFI_MAP_OK);
		g_assert_cmpuint(machine.region_count, ==, 1);
		assert_region(0, 0x40000000, 0x10000, wanted[type], 0);
	}
	add(40, 0xffffffff, 0, 1, WB);
	read_map(40);
	assert_region(0, 0, 0x1000, REGION_RESERVED, 0);
}

static void test_attributes(void)
{
	add(40, 7, 0x1000, 1, WB | 1ull << 63);
	add(40, 7, 0x4000, 1, WB | 1u << 18);
	add(40, 7, 0x8000, 1, 1);
	add(40, 4, 0xc000, 1, 0);
	add(40, 11, 0x10000, 1, 1ull << 63);
	read_map(40);
	assert_region(0, 0x1000, 0x1000, REGION_RUNTIME, 0);
	assert_region(1, 0x4000, 0x1000, REGION_RESERVED, 0);
	assert_region(2, 0x8000, 0x1000, REGION_RAM, REGION_NOT_WB);
	assert_region(3, 0xc000, 0x1000, REGION_BOOT, REGION_NOT_WB);
	assert_region(4, 0x10000, 0x1000, REGION_MMIO, 0);
	g_assert_cmpuint(machine_largest_ram(&machine).size, ==, 0);
}

/* EDK2 has 48, U-Boot 40. */
static void test_strides(void)
{
	static const unsigned strides[] = {40, 41, 48, 64, 4096};

	for (unsigned i = 0; i < G_N_ELEMENTS(strides); i++) {
		add(strides[i], 7, 0x40100000, 0x100, WB);
		add(strides[i], 4, 0x40000000, 0x100, WB);
		add(strides[i], 7, 0x40200000, 0, WB);
		add(strides[i], 3, 0x40200000, 0x100, WB);
		g_assert_cmpint(read_map(strides[i]), ==, EFI_MAP_OK);
		g_assert_cmpuint(machine.region_count, ==, 3);
		assert_region(0, 0x40000000, 0x100000, REGION_BOOT, 0);
		assert_region(1, 0x40100000, 0x100000, REGION_RAM, 0);
		assert_region(2, 0x40200000, 0x100000, REGION_BOOT, 0);
		machine_reclaim_boot(&machine);
		g_assert_cmpuint(machine.region_count, ==, 1);
	}
}

static void test_overlap_and_wrap(void)
{
	add(40, 7, 0x40000000, 0x1000, WB);
	add(40, 5, 0x40100000, 1, WB);
	add(40, 7, 0x40100000, 2, WB);
	add(40, 7, 0xfffffffffffff000, 2, WB);
	add(40, 0, 0x8000000000000000, UINT64_MAX, WB);
	read_map(40);
	assert_region(0, 0x40000000, 0x100000, REGION_RAM, 0);
	assert_region(1, 0x40100000, 0x1000, REGION_RUNTIME, 0);
	assert_region(2, 0x40101000, 0xeff000, REGION_RAM, 0);
	assert_region(3, 0x8000000000000000, 0x7fffffffffffffff, REGION_RESERVED, 0);
	g_assert_cmpuint(machine.region_count, ==, 4);
	g_assert_cmpuint(machine.note_count, ==, 2);
}

static void test_errors(void)
{
	guint8 bytes[48] = {0};

	machine_init(&machine);
	g_assert_cmpint(machine_read_efi_map(&machine, bytes, 48, 39, 1), ==, EFI_MAP_BAD_DESCRIPTOR_SIZE);
	g_assert_cmpint(machine_read_efi_map(&machine, bytes, 48, 0, 1), ==, EFI_MAP_BAD_DESCRIPTOR_SIZE);
	g_assert_cmpint(machine_read_efi_map(&machine, bytes, 48, 49, 1), ==, EFI_MAP_BAD_DESCRIPTOR_SIZE);
	g_assert_cmpint(machine_read_efi_map(&machine, bytes, 48, SIZE_MAX, 1), ==, EFI_MAP_BAD_DESCRIPTOR_SIZE);
	g_assert_cmpint(machine_read_efi_map(&machine, bytes, 48, 48, 2), ==, EFI_MAP_BAD_VERSION);
	g_assert_cmpint(machine_read_efi_map(&machine, NULL, 48, 48, 1), ==, EFI_MAP_EMPTY);
	g_assert_cmpint(machine_read_efi_map(&machine, bytes, 0, 48, 1), ==, EFI_MAP_EMPTY);
	g_assert_cmpuint(machine.note_count, ==, 0);
	g_assert_cmpint(machine_read_efi_map(&machine, bytes, 48, 40, 1), ==, EFI_MAP_OK);
	g_assert_cmpuint(machine.note_count, ==, 1);
	for (int i = 0; i <= EFI_MAP_EMPTY + 1; i++)
		g_assert_nonnull(efi_map_result_text((enum efi_map_result)i));
}

/* Very many descriptors, each apart from the others. */
static void test_no_blow_up(void)
{
	gint64 start_us = g_get_monotonic_time();

	for (unsigned i = 0; i < 100000; i++)
		add(40, i % 16, (uint64_t)(i * 7919u % 100000) << 13, 1, WB);
	g_assert_cmpint(read_map(40), ==, EFI_MAP_OK);
	g_assert_cmpint(g_get_monotonic_time() - start_us, <, 5 * G_USEC_PER_SEC);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	map = g_byte_array_new();
	g_test_add_func("/efi_memmap/types", test_types);
	g_test_add_func("/efi_memmap/attributes", test_attributes);
	g_test_add_func("/efi_memmap/strides", test_strides);
	g_test_add_func("/efi_memmap/overlap_and_wrap", test_overlap_and_wrap);
	g_test_add_func("/efi_memmap/errors", test_errors);
	g_test_add_func("/efi_memmap/no_blow_up", test_no_blow_up);
	status = g_test_run();
	g_byte_array_unref(map);
	return status;
}
