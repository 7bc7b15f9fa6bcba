// SPDX-License-Identifier: GPL-2.0-or-later
/* Regions against a map of single units, and the table when it is full. */
#include <glib.h>
#include <string.h>

#include "fake.h"

#include <limpid/machine.h>

static struct machine machine;

static void check_invariant(void)
{
	for (unsigned i = 0; i < machine.region_count; i++) {
		const struct region *region = &machine.regions[i];

		g_assert_cmpuint(region->size, >, 0);
		g_assert_cmpuint(region->size, <=, UINT64_MAX - region->base);
		if (i + 1 == machine.region_count)
			break;
		g_assert_cmphex(region->base + region->size, <=, region[1].base);
		if (region->base + region->size == region[1].base)
			g_assert_true(region->type != region[1].type || region->flags != region[1].flags);
	}
}

#define UNITS 64
#define UNIT  0x1000u
#define HOLE  0xffff

static void test_against_units(void)
{
	for (unsigned round = 0; round < 3000; round++) {
		unsigned type[UNITS], flags[UNITS];

		for (unsigned i = 0; i < UNITS; i++)
			type[i] = HOLE;
		machine_init(&machine);
		for (unsigned claim = 0; claim < 12; claim++) {
			unsigned first = (unsigned)g_test_rand_int_range(0, UNITS);
			unsigned count = (unsigned)g_test_rand_int_range(0, (int)(UNITS - first) + 1);
			unsigned what = (unsigned)g_test_rand_int_range(REGION_RAM, REGION_MMIO + 1);
			unsigned how = (unsigned)g_test_rand_int_range(0, 4);

			machine_add_region(&machine, first * UNIT, count * UNIT, what, how);
			check_invariant();
			for (unsigned i = first; i < first + count; i++) {
				if (type[i] == HOLE || what > type[i]) {
					type[i] = what;
					flags[i] = how;
				} else if (what == type[i]) {
					flags[i] |= how;
				}
			}
		}
		for (unsigned i = 0; i < UNITS; i++) {
			const struct region *region = machine_find_region(&machine, i * UNIT + i);

			if (type[i] == HOLE) {
				g_assert_null(region);
				continue;
			}
			g_assert_nonnull(region);
			g_assert_cmpuint(region->type, ==, type[i]);
			g_assert_cmpuint(region->flags, ==, flags[i]);
		}
	}
	g_assert_cmpuint(machine.note_count, ==, 0);
}

static void test_extremes(void)
{
	machine_init(&machine);
	machine_add_region(&machine, 0x1000, 0, REGION_RAM, 0);
	g_assert_cmpuint(machine.region_count, ==, 0);
	machine_add_region(&machine, UINT64_MAX - 0xfff, 0x10000, REGION_RAM, 0);
	machine_add_region(&machine, 0, UINT64_MAX, REGION_RESERVED, 0);
	machine_add_region(&machine, 0, 0x1000, REGION_MMIO, 0);
	machine_add_region(&machine, UINT64_MAX, UINT64_MAX, REGION_MMIO, 0);
	check_invariant();
	g_assert_cmpuint(machine.region_count, ==, 2);
	g_assert_null(machine_find_region(&machine, UINT64_MAX));
	g_assert_cmpint(machine_find_region(&machine, UINT64_MAX - 1)->type, ==, REGION_RESERVED);
}

/* However many claims there are, what was reserved last is not free RAM. */
static void test_full_table(void)
{
	for (unsigned round = 0; round < 20; round++) {
		GHashTable *reserved = g_hash_table_new(NULL, NULL);
		GHashTableIter iter;
		gpointer key;

		machine_init(&machine);
		machine_add_region(&machine, 0, GIB(1), REGION_RAM, 0);
		for (unsigned i = 0; i < 2000; i++) {
			unsigned page = (unsigned)g_test_rand_int_range(1, GIB(1) >> 12);

			machine_reserve(&machine, (uint64_t)page << 12, 0x1000);
			g_hash_table_add(reserved, GUINT_TO_POINTER(page));
			g_assert_cmpuint(machine.region_count, <=, MACHINE_MAX_REGIONS);
		}
		check_invariant();
		g_hash_table_iter_init(&iter, reserved);
		while (g_hash_table_iter_next(&iter, &key, NULL)) {
			const struct region *region =
				machine_find_region(&machine, (uint64_t)GPOINTER_TO_UINT(key) << 12);

			g_assert_true(!region || region->type != REGION_RAM);
		}
		g_assert_cmpuint(machine.note_count, >, 0);
		/* And there still is some. */
		g_assert_cmpuint(machine_largest_ram(&machine).size, >=, MIB(1));
		g_hash_table_unref(reserved);
	}
	fake_console_clear();
	machine_report_notes(&machine);
	g_assert_nonnull(strstr(fake_console(), "#  firmware: no room for another memory region; left out (0x"));
	g_assert_nonnull(strstr(fake_console(), " more such notes\n"));
	fake_console_clear();
}

/* The last free entry goes to the second half of the RAM that is split, not to what splits it. */
static void test_last_entry(void)
{
	machine_init(&machine);
	for (unsigned i = 0; i < MACHINE_MAX_REGIONS - 2; i++)
		machine_add_region(&machine, i * 0x2000, 0x1000, REGION_RESERVED, 0);
	machine_add_region(&machine, GIB(1), GIB(1), REGION_RAM, 0);
	machine_reserve(&machine, GIB(1) + MIB(256), MIB(1));
	g_assert_cmpuint(machine.region_count, ==, MACHINE_MAX_REGIONS);
	g_assert_cmpint(machine_find_region(&machine, GIB(1))->type, ==, REGION_RAM);
	g_assert_null(machine_find_region(&machine, GIB(1) + MIB(256)));
	g_assert_cmpint(machine_find_region(&machine, GIB(1) + MIB(257))->type, ==, REGION_RAM);
	g_assert_cmpuint(machine.note_count, ==, 1);
	check_invariant();
}

static void test_limit(void)
{
	machine_init(&machine);
	machine_add_region(&machine, MIB(1), MIB(1), REGION_RAM, 0);
	machine_add_region(&machine, MIB(4), MIB(8), REGION_RAM, 0);
	machine_add_region(&machine, MIB(12), MIB(1), REGION_LOADER, 0);
	machine_add_region(&machine, MIB(20), MIB(1), REGION_RAM, 0);
	machine_limit_ram(&machine, (struct mem_range){MIB(5), MIB(3)});
	check_invariant();
	g_assert_cmpint(machine_find_region(&machine, MIB(1))->type, ==, REGION_RESERVED);
	g_assert_cmpint(machine_find_region(&machine, MIB(4))->type, ==, REGION_RESERVED);
	g_assert_cmpint(machine_find_region(&machine, MIB(5))->type, ==, REGION_RAM);
	g_assert_cmpint(machine_find_region(&machine, MIB(8))->type, ==, REGION_RESERVED);
	g_assert_cmpint(machine_find_region(&machine, MIB(12))->type, ==, REGION_LOADER);
	g_assert_cmpint(machine_find_region(&machine, MIB(20))->type, ==, REGION_RESERVED);
	g_assert_cmpuint(machine_largest_ram(&machine).size, ==, MIB(3));
}

static void test_ram(void)
{
	struct mem_range ranges[3];

	machine_init(&machine);
	g_assert_cmpuint(machine_largest_ram(&machine).size, ==, 0);
	machine_add_region(&machine, 0x1800, 0x3000, REGION_RAM, 0);
	machine_add_region(&machine, 0x10000, 0x10000, REGION_RAM, 0);
	machine_add_region(&machine, 0x30000, 0x8000, REGION_RAM, 0);
	machine_add_region(&machine, 0x40000, 0x80, REGION_RAM, 0);
	machine_add_region(&machine, 0x50000, 0x4000, REGION_RAM, 0);
	machine_add_region(&machine, 0x60000, 0x90000, REGION_RAM, REGION_NOT_WB);
	machine_add_region(&machine, 0x100000, 0x90000, REGION_BOOT, 0);
	g_assert_cmpuint(machine_ram(&machine, 12, ranges, 3), ==, 3);
	g_assert_cmphex(ranges[0].base, ==, 0x10000);
	g_assert_cmphex(ranges[1].base, ==, 0x30000);
	g_assert_cmphex(ranges[2].base, ==, 0x50000);
	g_assert_cmpuint(machine_ram(&machine, 16, ranges, 3), ==, 1);
	g_assert_cmphex(machine_largest_ram(&machine).base, ==, 0x10000);
	machine_reclaim_boot(&machine);
	g_assert_cmphex(machine_largest_ram(&machine).base, ==, 0x100000);
	check_invariant();
}

static void test_cpus(void)
{
	machine_init(&machine);
	machine_add_cpu(&machine, 0x80000000, 0, true);
	machine_add_cpu(&machine, 0, 1, true);
	g_assert_cmpuint(machine.cpu_count, ==, 1);
	g_assert_cmpuint(machine.note_count, ==, 1);
	for (unsigned i = 1; i < MACHINE_MAX_CPUS; i++)
		machine_add_cpu(&machine, 0x8100000000 + i, i, i != 5);
	g_assert_cmpuint(machine.cpu_count, ==, MACHINE_MAX_CPUS);
	g_assert_cmphex(machine.cpus[1].mpidr, ==, 0x8100000001);
	g_assert_cmpuint(machine_enabled_cpus(&machine), ==, MACHINE_MAX_CPUS - 1);
	/* One that may run takes the place of one that may not. */
	machine_add_cpu(&machine, 0x1234, 99, true);
	g_assert_cmpuint(machine_enabled_cpus(&machine), ==, MACHINE_MAX_CPUS);
	machine_add_cpu(&machine, 0x1235, 100, true);
	g_assert_cmpuint(machine_enabled_cpus(&machine), ==, MACHINE_MAX_CPUS);
	g_assert_cmpuint(machine.cpus_dropped, ==, 2);
	fake_console_clear();
	machine_report_notes(&machine);
	g_assert_nonnull(strstr(fake_console(), "2 CPUs left out: limpid runs at most 64\n"));
	fake_console_clear();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/machine/against_units", test_against_units);
	g_test_add_func("/machine/extremes", test_extremes);
	g_test_add_func("/machine/full_table", test_full_table);
	g_test_add_func("/machine/last_entry", test_last_entry);
	g_test_add_func("/machine/limit", test_limit);
	g_test_add_func("/machine/ram", test_ram);
	g_test_add_func("/machine/cpus", test_cpus);
	return g_test_run();
}
