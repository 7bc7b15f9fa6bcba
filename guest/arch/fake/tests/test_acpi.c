// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ACPI tables to struct machine. With --write-seeds DIR DIR it writes inputs for the ACPI and memory map fuzzers
 * instead.
 */
#include <glib.h>
#include <string.h>

#include "acpi_writer.h"
#include "fake.h"

#include <limpid/firmware.h>

static struct machine machine;
static struct acpi_writer writer;
static guint8 *memory;
static uint64_t rsdp;

/* Starts an empty set of tables. */
static void begin(void)
{
	memset(&writer, 0, sizeof(writer));
}

/* Finishes them and makes them readable, in an exact copy. */
static void finish(unsigned entry_bytes)
{
	rsdp = acpi_finish(&writer, entry_bytes);
	fake_window_clear();
	g_free(memory);
	memory = g_memdup2(writer.bytes, writer.used);
	fake_window_add(ACPI_BASE, memory, writer.used);
}

static enum acpi_result read_tables(void)
{
	machine_init(&machine);
	return machine_read_acpi(&machine, rsdp);
}

/* ---- bodies, that is without the header of 36 bytes ---- */

static void add_fadt(uint16_t arm_flags)
{
	guint8 body[276 - 36] = {0};

	put_le(body + 112 - 36, 1 << 20, 4);
	put_le(body + 129 - 36, arm_flags, 2);
	acpi_table(&writer, "FACP", 6, body, sizeof(body));
}

static void add_gtdt(void)
{
	/* Behind the timers a secure watchdog, which is not ours, and one that is. */
	guint8 body[104 + 2 * 28 - 36] = {0};
	guint8 *secure = body + 104 - 36, *watchdog = secure + 28;

	put_le(body + 88 - 36, 2, 4);
	put_le(body + 92 - 36, 104, 4);
	put_le(secure, 1, 1);
	put_le(secure + 1, 28, 2);
	put_le(secure + 4, 0x1000, 8);
	put_le(secure + 12, 0x2000, 8);
	put_le(secure + 24, 4, 4);
	put_le(watchdog, 1, 1);
	put_le(watchdog + 1, 28, 2);
	put_le(watchdog + 4, 0x50010000, 8);
	put_le(watchdog + 12, 0x50011000, 8);
	put_le(watchdog + 20, 48, 4);
	put_le(watchdog + 24, 1, 4);

	put_le(body + 48 - 36, 29, 4);
	put_le(body + 56 - 36, 30, 4);
	put_le(body + 60 - 36, 4, 4);
	put_le(body + 64 - 36, 27, 4);
	put_le(body + 68 - 36, 2, 4);
	put_le(body + 72 - 36, 26, 4);
	put_le(body + 76 - 36, 1, 4);
	put_le(body + 96 - 36, 28, 4);
	acpi_table(&writer, "GTDT", 3, body, sizeof(body));
}

static GByteArray *madt_begin(void)
{
	GByteArray *madt = g_byte_array_new();

	g_byte_array_set_size(madt, 8);
	memset(madt->data, 0, 8);
	return madt;
}

static guint8 *madt_add(GByteArray *madt, unsigned type, unsigned length)
{
	guint at = madt->len;

	g_byte_array_set_size(madt, at + length);
	memset(madt->data + at, 0, length);
	madt->data[at] = (guint8)type;
	madt->data[at + 1] = (guint8)length;
	return madt->data + at;
}

static void madt_gicc(GByteArray *madt, unsigned length, uint32_t uid, uint64_t mpidr, uint32_t flags, uint64_t gicr)
{
	guint8 *gicc = madt_add(madt, 0x0b, length);

	put_le(gicc + 8, uid, 4);
	put_le(gicc + 12, flags, 4);
	put_le(gicc + 20, 23, 4);
	put_le(gicc + 32, 0x8010000, 8);
	put_le(gicc + 40, 0x8040000, 8);
	put_le(gicc + 48, 0x8030000, 8);
	put_le(gicc + 56, 25, 4);
	put_le(gicc + 60, gicr, 8);
	put_le(gicc + 68, mpidr, 8);
}

static void madt_gicd(GByteArray *madt, unsigned version)
{
	guint8 *gicd = madt_add(madt, 0x0c, 24);

	put_le(gicd + 8, 0x8000000, 8);
	gicd[20] = (guint8)version;
}

static void madt_gicr(GByteArray *madt, uint64_t base, uint32_t length)
{
	guint8 *gicr = madt_add(madt, 0x0e, 16);

	put_le(gicr + 4, base, 8);
	put_le(gicr + 12, length, 4);
}

static void madt_its(GByteArray *madt, uint32_t id, uint64_t base)
{
	guint8 *its = madt_add(madt, 0x0f, 20);

	put_le(its + 4, id, 4);
	put_le(its + 8, base, 8);
}

static void madt_end(GByteArray *madt)
{
	acpi_table(&writer, "APIC", 5, madt->data, madt->len);
	g_byte_array_unref(madt);
}

static void add_spcr(unsigned revision, unsigned type, unsigned bits, unsigned access, unsigned baud)
{
	guint8 body[90 - 36] = {0};

	body[0] = (guint8)type;
	body[5] = (guint8)bits;
	body[7] = (guint8)access;
	put_le(body + 8, 0x9000000, 8);
	body[52 - 36] = 8;
	put_le(body + 54 - 36, 33, 4);
	body[58 - 36] = (guint8)baud;
	put_le(body + 76 - 36, 1843200, 4);
	put_le(body + 80 - 36, 1500000, 4);
	acpi_table(&writer, "SPCR", (guint8)revision, body, sizeof(body));
}

static void add_mcfg(unsigned start, unsigned end)
{
	guint8 body[8 + 16] = {0};

	put_le(body + 8, 0x4010000000, 8);
	put_le(body + 16, 3, 2);
	body[18] = (guint8)start;
	body[19] = (guint8)end;
	acpi_table(&writer, "MCFG", 1, body, sizeof(body));
}

/* Like QEMU's virt machine with GICv3. */
static void make_v3(unsigned entry_bytes)
{
	GByteArray *madt = madt_begin();

	begin();
	madt_gicd(madt, 3);
	madt_gicc(madt, 80, 0, 0x0, 1, 0x7000000); /* does not count: there are GICR structures */
	madt_gicc(madt, 82, 1, 0x100000001, 1, 0);
	madt_gicc(madt, 76, 2, 0x2, 8, 0); /* online capable only */
	madt_add(madt, 0x20, 9);           /* of the future: skipped */
	madt_gicr(madt, 0x80a0000, 0xf60000);
	madt_gicr(madt, 0x4000000000, 0x4000000);
	madt_its(madt, 5, 0x8080000);
	acpi_table(&writer, "BGRT", 1, "picture", 7);
	add_fadt(3);
	madt_end(madt);
	add_gtdt();
	add_spcr(2, 3, 32, 0, 3);
	add_mcfg(0, 255);
	finish(entry_bytes);
}

#define ASSERT_RANGE(range, wanted_base, wanted_size)           \
	do {                                                    \
		g_assert_cmphex((range).base, ==, wanted_base); \
		g_assert_cmphex((range).size, ==, wanted_size); \
	} while (0)

#define ASSERT_IRQ(line, wanted_intid, wanted_flags)              \
	do {                                                      \
		g_assert_cmpuint((line).intid, ==, wanted_intid); \
		g_assert_cmphex((line).flags, ==, wanted_flags);  \
	} while (0)

static void test_v3(gconstpointer entry_bytes)
{
	make_v3(GPOINTER_TO_UINT(entry_bytes));
	g_assert_cmpint(read_tables(), ==, ACPI_OK);
	g_assert_cmpuint(machine.note_count, ==, 0);
	g_assert_cmpint(machine.psci.conduit, ==, PSCI_HVC);
	g_assert_cmpuint(machine.psci.version, ==, 2);
	g_assert_cmpuint(machine.cpu_count, ==, 3);
	g_assert_cmpuint(machine_enabled_cpus(&machine), ==, 2);
	g_assert_cmphex(machine.cpus[1].mpidr, ==, 0x100000001);
	g_assert_cmpuint(machine.cpus[1].uid, ==, 1);
	g_assert_cmpuint(machine.gic.version, ==, 3);
	ASSERT_RANGE(machine.gic.dist, 0x8000000, 0x10000);
	g_assert_cmpuint(machine.gic.redist_count, ==, 2);
	ASSERT_RANGE(machine.gic.redist[1], 0x4000000000, 0x4000000);
	g_assert_cmpuint(machine.gic.its_count, ==, 1);
	g_assert_cmphex(machine.gic.its[0].base, ==, 0x8080000);
	g_assert_cmpuint(machine.gic.its[0].id, ==, 5);
	ASSERT_IRQ(machine.gic.maintenance, 25, 0);
	ASSERT_IRQ(machine.timer[TIMER_SEC_PHYS], 29, 0);
	ASSERT_IRQ(machine.timer[TIMER_PHYS], 30, IRQ_ALWAYS_ON);
	ASSERT_IRQ(machine.timer[TIMER_VIRT], 27, IRQ_ACTIVE_LOW);
	ASSERT_IRQ(machine.timer[TIMER_HYP_PHYS], 26, IRQ_EDGE);
	ASSERT_IRQ(machine.timer[TIMER_HYP_VIRT], 28, 0);
	g_assert_cmpint(machine.uart.type, ==, UART_PL011);
	g_assert_cmphex(machine.uart.base, ==, 0x9000000);
	g_assert_cmpuint(machine.uart.io_width, ==, 4);
	g_assert_cmpuint(machine.uart.baud, ==, 9600);
	g_assert_cmpuint(machine.uart.clock_hz, ==, 0); /* not in revision 2 */
	g_assert_true(machine.uart.chosen);
	ASSERT_IRQ(machine.uart.irq, 33, 0);
	g_assert_cmpuint(machine.ecam_count, ==, 1);
	g_assert_cmphex(machine.ecam[0].base, ==, 0x4010000000);
	g_assert_cmpuint(machine.ecam[0].segment, ==, 3);
	ASSERT_IRQ(machine.pmu, 23, 0);
	g_assert_cmphex(machine.watchdog.refresh, ==, 0x50010000);
	g_assert_cmphex(machine.watchdog.control, ==, 0x50011000);
	ASSERT_IRQ(machine.watchdog.irq, 48, IRQ_EDGE);
}

/* GICv2; GICv3 with redistributors in the GICC structures; a version left open. */
static void test_gic(void)
{
	for (unsigned version = 0; version < 6; version++) {
		for (unsigned with_gicr = 0; with_gicr < 2; with_gicr++) {
			GByteArray *madt = madt_begin();

			begin();
			madt_gicc(madt, 80, 0, 0, 1, with_gicr ? 0x80a0000 : 0);
			madt_gicc(madt, 80, 1, 1, 0, with_gicr ? 0x80c0000 : 0);
			madt_gicc(madt, 80, 2, 2, 1, with_gicr ? 0x80e0000 : 0);
			madt_gicd(madt, version);
			madt_end(madt);
			finish(8);
			g_assert_cmpint(read_tables(), ==, ACPI_OK);
			g_assert_cmpuint(machine.gic.version, ==,
				version == 0   ? with_gicr + 2
				: version == 2 ? 2
				: version == 3 ? 3
				: version == 4 ? 3
					       : 0);
			g_assert_cmpuint(machine.gic.redist_count, ==, with_gicr ? 2 : 0);
			if (with_gicr)
				ASSERT_RANGE(machine.gic.redist[1], 0x80e0000, 0);
			ASSERT_RANGE(machine.gic.cpu, 0x8010000, 0x2000);
			ASSERT_RANGE(machine.gic.hyp, 0x8030000, 0x2000);
			ASSERT_RANGE(machine.gic.vcpu, 0x8040000, 0x2000);
		}
	}
}

static void test_consoles(void)
{
	static const struct {
		unsigned revision, type, bits, access, baud;
		enum uart_type want;
		unsigned shift, width, rate, clock;
	} cases[] = {
		{2, 0x03, 32, 3, 7, UART_PL011, 0, 4, 115200, 0},
		{2, 0x03, 16, 2, 0, UART_PL011, 0, 2, 0, 0},
		{3, 0x0e, 32, 0, 6, UART_SBSA, 0, 4, 57600, 1843200},
		{4, 0x0d, 32, 3, 4, UART_SBSA, 0, 4, 1500000, 1843200},
		{2, 0x00, 8, 1, 4, UART_16550, 0, 1, 19200, 0},
		{2, 0x01, 8, 0, 99, UART_16550, 0, 1, 0, 0},
		{2, 0x12, 32, 1, 7, UART_16550, 2, 1, 115200, 0},
		{2, 0x12, 32, 3, 7, UART_16550, 2, 4, 115200, 0},
		{2, 0x12, 8, 3, 7, UART_16550, 2, 4, 115200, 0},
		{2, 0x12, 16, 0, 7, UART_16550, 1, 2, 115200, 0},
		{2, 0x10, 32, 3, 7, UART_NONE, 0, 0, 0, 0},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		begin();
		add_spcr(cases[i].revision, cases[i].type, cases[i].bits, cases[i].access, cases[i].baud);
		finish(8);
		g_assert_cmpint(read_tables(), ==, ACPI_OK);
		g_assert_cmpint(machine.uart.type, ==, cases[i].want);
		g_assert_cmpuint(machine.uart.reg_shift, ==, cases[i].shift);
		g_assert_cmpuint(machine.uart.io_width, ==, cases[i].width);
		g_assert_cmpuint(machine.uart.baud, ==, cases[i].rate);
		g_assert_cmpuint(machine.uart.clock_hz, ==, cases[i].clock);
		g_assert_cmpuint(machine.note_count, ==, cases[i].want == UART_NONE);
	}
	/* In I/O space: not on Arm. */
	begin();
	add_spcr(2, 0, 8, 1, 7);
	writer.bytes[40] = 1;
	fix_checksum(writer.bytes, 90, 9);
	finish(8);
	read_tables();
	g_assert_cmpint(machine.uart.type, ==, UART_NONE);
}

static void test_psci(void)
{
	begin();
	add_fadt(1);
	finish(8);
	read_tables();
	g_assert_cmpint(machine.psci.conduit, ==, PSCI_SMC);
	begin();
	add_fadt(2);
	finish(8);
	read_tables();
	g_assert_cmpint(machine.psci.conduit, ==, PSCI_NONE);
	g_assert_cmpuint(machine.note_count, ==, 1);
}

/* The root: what is wrong, and where. */
static void test_broken_root(void)
{
	uint32_t at;

#define BROKEN(expected, change)                              \
	do {                                                  \
		make_v3(8);                                   \
		at = (uint32_t)(rsdp - ACPI_BASE);            \
		change;                                       \
		g_assert_cmpint(read_tables(), ==, expected); \
		g_assert_cmpuint(machine.cpu_count, ==, 0);   \
		g_assert_cmpuint(machine.note_count, ==, 1);  \
	} while (0)
#define REFIX (fix_checksum(memory + at, 20, 8), fix_checksum(memory + at, 36, 32))
	BROKEN(ACPI_UNREADABLE, rsdp = 0);
	BROKEN(ACPI_UNREADABLE, rsdp = UINT64_MAX - 8);
	BROKEN(ACPI_UNREADABLE, rsdp++);
	BROKEN(ACPI_BAD_SIGNATURE, rsdp--);
	BROKEN(ACPI_BAD_CHECKSUM, memory[at + 8] ^= 1);
	BROKEN(ACPI_BAD_CHECKSUM, memory[at + 32] ^= 1);
	BROKEN(ACPI_BAD_REVISION, memory[at + 15] = 0; REFIX);
	BROKEN(ACPI_BAD_LENGTH, memory[at + 20] = 35; REFIX);
	BROKEN(ACPI_BAD_LENGTH, memory[at + 23] = 0xff; REFIX);
	BROKEN(ACPI_UNREADABLE, memory[at + 20] = 37; REFIX);
	BROKEN(ACPI_UNREADABLE, memory[at + 31] = 0xff; REFIX);         /* XSDT beyond everything */
	BROKEN(ACPI_UNREADABLE, memset(memory + at + 24, 0, 8); REFIX); /* neither XSDT nor RSDT */
	BROKEN(ACPI_BAD_SIGNATURE, memory[at + 24]++; REFIX);
}

/* One table is broken: that is said, and the others count. */
static void test_broken_table(void)
{
	make_v3(8);
	/* The FADT is the second table, after BGRT's 43 bytes. */
	memory[43 + 40] ^= 1;
	g_assert_cmpint(read_tables(), ==, ACPI_OK);
	g_assert_cmpint(machine.psci.conduit, ==, PSCI_NONE);
	g_assert_cmpuint(machine.cpu_count, ==, 3);
	g_assert_cmpuint(machine.note_count, ==, 1);
	g_assert_cmpstr(machine.notes[0].what, ==, "ACPI: FADT is broken, at");
	g_assert_cmphex(machine.notes[0].where, ==, ACPI_BASE + 43);
	make_v3(8);
	put_le(memory + 43 + 4, 35, 4);
	g_assert_cmpint(read_tables(), ==, ACPI_OK);
	g_assert_cmpuint(machine.note_count, ==, 1);
	make_v3(8);
	put_le(memory + 43 + 4, 0x300000, 4);
	g_assert_cmpint(read_tables(), ==, ACPI_OK);
	g_assert_cmpuint(machine.note_count, ==, 1);
}

/* Structures of the MADT that are too short, too long, or end nowhere. */
static void test_broken_madt(void)
{
	static const guint8 lengths[] = {0, 1, 2, 8, 75, 81, 255};
	guint8 ones[1000];

	for (unsigned i = 0; i < G_N_ELEMENTS(lengths); i++) {
		GByteArray *madt = madt_begin();

		begin();
		madt_gicc(madt, 80, 0, 7, 1, 0);
		madt_gicc(madt, 80, 1, 8, 1, 0);
		madt->data[8 + 80 + 1] = lengths[i];
		madt_end(madt);
		finish(8);
		g_assert_cmpint(read_tables(), ==, ACPI_OK);
		g_assert_cmphex(machine.cpus[0].mpidr, ==, 7);
		g_assert_cmpuint(machine.cpu_count, ==, 1);
		g_assert_cmpuint(machine.note_count, >, 0);
	}
	memset(ones, 0xff, sizeof(ones));
	for (uint32_t size = 0; size < 10; size++) {
		begin();
		acpi_table(&writer, "APIC", 5, "\0\0\0\0\0\0\0\0\0", size);
		acpi_table(&writer, "SPCR", 2, "\0\0\0\0\0\0\0\0\0", size);
		acpi_table(&writer, "MCFG", 2, "\0\0\0\0\0\0\0\0\0", size);
		acpi_table(&writer, "GTDT", 2, "\0\0\0\0\0\0\0\0\0", size);
		acpi_table(&writer, "FACP", 2, "\0\0\0\0\0\0\0\0\0", size);
		/* What lies behind a table is not read as if it were its own. */
		acpi_table(&writer, "BGRT", 1, ones, sizeof(ones));
		finish(8);
		g_assert_cmpint(read_tables(), ==, ACPI_OK);
		g_assert_cmpint(machine.psci.conduit, ==, PSCI_NONE);
		g_assert_cmpint(machine.uart.type, ==, UART_NONE);
		g_assert_cmpuint(machine.cpu_count, ==, 0);
		g_assert_cmpuint(machine.ecam_count, ==, 0);
		for (unsigned i = 0; i < TIMER_COUNT; i++)
			g_assert_cmpuint(machine.timer[i].intid, ==, 0);
	}
}

static void test_many_cpus(void)
{
	GByteArray *madt = madt_begin();

	begin();
	for (unsigned i = 0; i < 512; i++)
		madt_gicc(madt, 80, i, i % 16 | i / 16 << 8, 1, 0x80000000 + i * 0x20000);
	madt_gicd(madt, 3);
	madt_end(madt);
	finish(8);
	g_assert_cmpint(read_tables(), ==, ACPI_OK);
	g_assert_cmpuint(machine.cpu_count, ==, 64);
	g_assert_cmpuint(machine.cpus_dropped, ==, 448);
	g_assert_cmphex(machine.cpus[63].mpidr, ==, 0x30f);
	g_assert_cmpuint(machine.gic.redist_count, ==, 64);
}

/* A list as long as may be, whose entries are one bad table of the greatest length, or the list itself. */
static void test_no_blow_up(void)
{
	gsize size = (4u << 20) - 36, listed = 500000 * 8;
	guint8 *big = g_malloc0(size), *list = g_malloc0(36 + listed), root[36] = "RSD PTR ";
	gint64 start_us = g_get_monotonic_time();

	memcpy(big, "APIC", 4);
	put_le(big + 4, size, 4);
	memcpy(list, "XSDT", 4);
	put_le(list + 4, 36 + listed, 4);
	for (gsize i = 0; i < listed; i += 8)
		put_le(list + 36 + i, i % 16 ? 0x10000000 : 0x20000000, 8);
	fix_checksum(list, (uint32_t)(36 + listed), 9);
	root[15] = 2;
	put_le(root + 20, 36, 4);
	put_le(root + 24, 0x20000000, 8);
	fix_checksum(root, 20, 8);
	fix_checksum(root, 36, 32);
	big[100] = 1;
	fake_window_clear();
	fake_window_add(0x1000, root, 36);
	fake_window_add(0x10000000, big, size);
	fake_window_add(0x20000000, list, 36 + listed);
	rsdp = 0x1000;
	g_assert_cmpint(read_tables(), ==, ACPI_OK);
	g_assert_cmpuint(machine.note_count, ==, 2);
	g_assert_cmpint(g_get_monotonic_time() - start_us, <, 2 * G_USEC_PER_SEC);
	g_free(big);
	g_free(list);
}

static void test_mutated(void)
{
	make_v3(8);
	for (unsigned round = 0; round < 5000; round++) {
		guint8 *bad = g_memdup2(writer.bytes, writer.used);
		uint32_t at = 0;

		for (int changes = g_test_rand_int_range(1, 5); changes; changes--)
			bad[g_test_rand_int_range(0, (int)writer.used)] = (guint8)g_test_rand_int();
		/* With right checksums, so that the readers see it. */
		while (at + 36 <= writer.used) {
			uint32_t length = bad[at + 4] | (uint32_t)bad[at + 5] << 8;

			if (length < 36 || length > writer.used - at)
				break;
			fix_checksum(bad + at, length, 9);
			at += length;
		}
		fake_window_clear();
		fake_window_add(ACPI_BASE, bad, writer.used);
		read_tables();
		g_free(bad);
	}
}

/* ---- seeds: see the fuzzers for the forms ---- */

static void write_file(const char *directory, const char *name, const void *bytes, gsize size)
{
	char *path = g_build_filename(directory, name, NULL);
	GError *error = NULL;

	g_file_set_contents(path, bytes, (gssize)size, &error);
	g_assert_no_error(error);
	g_free(path);
}

static void write_seeds(const char *acpi_directory, const char *map_directory)
{
	static const char signatures[][5] = {"FACP", "APIC", "GTDT", "SPCR", "MCFG"};
	GByteArray *tables = g_byte_array_new(), *map = g_byte_array_new();
	guint8 raw = 1;

	make_v3(8);
	/* Kind, revision, length, body. */
	g_byte_array_append(tables, (guint8[]){0}, 1);
	for (uint32_t at = 0; at + 36 < writer.used;) {
		uint32_t length = writer.bytes[at + 4] | (uint32_t)writer.bytes[at + 5] << 8;

		for (unsigned i = 0; i < G_N_ELEMENTS(signatures); i++) {
			if (memcmp(writer.bytes + at, signatures[i], 4))
				continue;
			g_byte_array_append(tables,
				(guint8[]){(guint8)i, writer.bytes[at + 8], (guint8)(length - 36),
					(guint8)((length - 36) >> 8)},
				4);
			g_byte_array_append(tables, writer.bytes + at + 36, length - 36);
		}
		if (length < 36)
			break;
		at += length;
	}
	write_file(acpi_directory, "tables", tables->data, tables->len);
	/* As it lies in memory, with the root's offset in front. */
	g_byte_array_set_size(tables, 0);
	g_byte_array_append(tables, &raw, 1);
	g_byte_array_append(tables, (guint8[]){(guint8)(rsdp - ACPI_BASE), (guint8)((rsdp - ACPI_BASE) >> 8)}, 2);
	g_byte_array_append(tables, writer.bytes, writer.used);
	write_file(acpi_directory, "raw", tables->data, tables->len);
	g_byte_array_unref(tables);

	g_byte_array_append(map, (guint8[]){48, 1}, 2);
	for (unsigned type = 0; type < 17; type++) {
		guint8 descriptor[48] = {0};

		put_le(descriptor, type, 4);
		put_le(descriptor + 8, 0x40000000 + type * 0x100000, 8);
		put_le(descriptor + 24, type % 3 ? 0x100 : 0x1ff, 8);
		put_le(descriptor + 32, 0xf, 8);
		g_byte_array_append(map, descriptor, sizeof(descriptor));
	}
	write_file(map_directory, "map", map->data, map->len);
	g_byte_array_unref(map);
}

int main(int argc, char **argv)
{
	int status;

	if (argc == 4 && !strcmp(argv[1], "--write-seeds")) {
		write_seeds(argv[2], argv[3]);
		g_free(memory);
		return 0;
	}
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/acpi/v3/xsdt", GUINT_TO_POINTER(8), test_v3);
	g_test_add_data_func("/acpi/v3/rsdt", GUINT_TO_POINTER(4), test_v3);
	g_test_add_func("/acpi/gic", test_gic);
	g_test_add_func("/acpi/consoles", test_consoles);
	g_test_add_func("/acpi/psci", test_psci);
	g_test_add_func("/acpi/broken_root", test_broken_root);
	g_test_add_func("/acpi/broken_table", test_broken_table);
	g_test_add_func("/acpi/broken_madt", test_broken_madt);
	g_test_add_func("/acpi/many_cpus", test_many_cpus);
	g_test_add_func("/acpi/no_blow_up", test_no_blow_up);
	g_test_add_func("/acpi/mutated", test_mutated);
	status = g_test_run();
	g_free(memory);
	return status;
}
