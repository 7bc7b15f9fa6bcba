// SPDX-License-Identifier: GPL-2.0-or-later
/* From device trees to struct machine: what QEMU hands over, a machine unlike it, and nonsense. */
#include <glib.h>
#include <string.h>

#include "fake.h"
#include "fdt_writer.h"

#include <limpid/firmware.h>

static struct machine machine;
static guint8 *blob;

/* Reads a golden tree; its blob stays until the next one, for the machine points into it. */
static void read_tree(const char *name, unsigned flags)
{
	char *path = g_test_build_filename(G_TEST_BUILT, "dtb", name, NULL), *text;
	GError *error = NULL;
	struct fdt fdt;
	gsize size;

	g_file_get_contents(path, &text, &size, &error);
	g_assert_no_error(error);
	g_free(blob);
	blob = exact_copy(text, size);
	g_free(text);
	g_free(path);
	machine_init(&machine);
	g_assert_cmpint(fdt_init(&fdt, blob, size), ==, FDT_OK);
	g_assert_cmpint(machine_read_fdt(&machine, &fdt, flags), ==, FDT_OK);
}

/* Reads what a writer made. */
static enum fdt_result read_made(struct writer *w)
{
	struct fdt fdt;
	gsize size;
	guint8 *made = writer_end(w, &size);

	g_free(blob);
	blob = exact_copy(made, size);
	g_free(made);
	machine_init(&machine);
	g_assert_cmpint(fdt_init(&fdt, blob, size), ==, FDT_OK);
	return machine_read_fdt(&machine, &fdt, 0);
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

static void assert_region(unsigned index, uint64_t base, uint64_t size, enum region_type type, unsigned flags)
{
	g_assert_cmpuint(index, <, machine.region_count);
	ASSERT_RANGE(machine.regions[index], base, size);
	g_assert_cmpint(machine.regions[index].type, ==, type);
	g_assert_cmphex(machine.regions[index].flags, ==, flags);
}

static void test_qemu_v3(void)
{
	read_tree("qemu-v3.dtb", 0);
	g_assert_cmpuint(machine.note_count, ==, 0);
	g_assert_cmpstr(machine.model, ==, "linux,dummy-virt");
	g_assert_cmpstr(machine.bootargs, ==, "run=boot expect.cpus=4");
	g_assert_cmpuint(machine.region_count, ==, 1);
	assert_region(0, 0x40000000, MIB(512), REGION_RAM, 0);
	g_assert_cmpuint(machine_enabled_cpus(&machine), ==, 4);
	for (unsigned i = 0; i < 4; i++)
		g_assert_cmphex(machine.cpus[i].mpidr, ==, i);
	g_assert_cmpint(machine.uart.type, ==, UART_PL011);
	g_assert_true(machine.uart.chosen);
	g_assert_cmphex(machine.uart.base, ==, 0x9000000);
	g_assert_cmphex(machine.uart.size, ==, 0x1000);
	g_assert_cmpuint(machine.uart.io_width, ==, 4);
	ASSERT_IRQ(machine.uart.irq, 33, 0);
	g_assert_cmpint(machine.psci.conduit, ==, PSCI_HVC);
	g_assert_cmphex(machine.psci.version, ==, 0x10000);
	g_assert_cmpuint(machine.gic.version, ==, 3);
	ASSERT_RANGE(machine.gic.dist, 0x8000000, 0x10000);
	g_assert_cmpuint(machine.gic.redist_count, ==, 1);
	ASSERT_RANGE(machine.gic.redist[0], 0x80a0000, 0xf60000);
	g_assert_cmpuint(machine.gic.its_count, ==, 1);
	g_assert_cmphex(machine.gic.its[0].base, ==, 0x8080000);
	ASSERT_IRQ(machine.timer[TIMER_SEC_PHYS], 29, IRQ_ALWAYS_ON);
	ASSERT_IRQ(machine.timer[TIMER_PHYS], 30, IRQ_ALWAYS_ON);
	ASSERT_IRQ(machine.timer[TIMER_VIRT], 27, IRQ_ALWAYS_ON);
	ASSERT_IRQ(machine.timer[TIMER_HYP_PHYS], 26, IRQ_ALWAYS_ON);
	g_assert_cmphex(machine.rtc, ==, 0x9010000);
	ASSERT_IRQ(machine.rtc_irq, 34, 0);
	g_assert_cmphex(machine.watchdog.control, ==, 0);
	g_assert_cmpuint(machine.virtio_count, ==, 32);
	for (unsigned i = 0; i < 32; i++) {
		unsigned slot = (unsigned)(machine.virtio[i].base - 0xa000000) / 0x200;

		g_assert_cmpuint(slot, <, 32);
		ASSERT_IRQ(machine.virtio[i].irq, 48 + slot, IRQ_EDGE);
	}
	g_assert_cmpuint(machine.ecam_count, ==, 1);
	g_assert_cmphex(machine.ecam[0].base, ==, 0x4010000000);
	g_assert_cmpuint(machine.ecam[0].bus_end, ==, 255);
	g_assert_cmphex(machine.ecam[0].window[PCI_IO].cpu, ==, 0x3eff0000);
	g_assert_cmphex(machine.ecam[0].window[PCI_IO].bus, ==, 0);
	g_assert_cmphex(machine.ecam[0].window[PCI_IO].size, ==, 0x10000);
	g_assert_cmphex(machine.ecam[0].window[PCI_MEM32].cpu, ==, 0x10000000);
	g_assert_cmphex(machine.ecam[0].window[PCI_MEM32].size, ==, 0x2eff0000);
	g_assert_cmphex(machine.ecam[0].window[PCI_MEM64].bus, ==, 0x8000000000);
	g_assert_cmpuint(machine.initrd.size, ==, 0);
}

static void test_qemu_v2(void)
{
	read_tree("qemu-v2.dtb", 0);
	g_assert_cmpuint(machine.note_count, ==, 0);
	g_assert_null(machine.bootargs);
	g_assert_cmpint(machine.psci.conduit, ==, PSCI_SMC);
	g_assert_cmpuint(machine.gic.version, ==, 2);
	ASSERT_RANGE(machine.gic.dist, 0x8000000, 0x10000);
	ASSERT_RANGE(machine.gic.cpu, 0x8010000, 0x10000);
	ASSERT_RANGE(machine.gic.hyp, 0x8030000, 0x10000);
	ASSERT_RANGE(machine.gic.vcpu, 0x8040000, 0x10000);
	ASSERT_IRQ(machine.gic.maintenance, 25, 0);
	ASSERT_IRQ(machine.pmu, 23, 0);
	g_assert_cmpuint(machine.gic.redist_count, ==, 0);
	g_assert_cmpuint(machine_enabled_cpus(&machine), ==, 2);
	/* The UEFI memory map is the truth: nothing from here. */
	read_tree("qemu-v2.dtb", FDT_NO_MEMORY);
	g_assert_cmpuint(machine.region_count, ==, 0);
	g_assert_cmpuint(machine.gic.version, ==, 2);
}

static void test_qemu_big(void)
{
	read_tree("qemu-big.dtb", 0);
	g_assert_cmpuint(machine.cpu_count, ==, MACHINE_MAX_CPUS);
	g_assert_cmpuint(machine.cpus_dropped, ==, 130 - MACHINE_MAX_CPUS);
	/* Sixteen a cluster. */
	g_assert_cmphex(machine.cpus[17].mpidr, ==, 0x101);
	assert_region(0, 0x40000000, GIB(8), REGION_RAM, 0);
	g_assert_cmpuint(machine.gic.redist_count, ==, 2);
	ASSERT_RANGE(machine.gic.redist[1], 0x4000000000, 0x4000000);
}

static void test_soc(void)
{
	const struct machine_gic *gic = &machine.gic;

	read_tree("soc.dtb", 0);
	g_assert_cmpstr(machine.model, ==, "Limpid SoC");
	g_assert_cmpstr(machine.bootargs, ==, "run=boot el=1");

	g_assert_cmpuint(machine.region_count, ==, 6);
	assert_region(0, 0x80000000, 0x10000, REGION_RESERVED, 0);
	assert_region(1, 0x80010000, 0x7ff0000, REGION_RAM, 0);
	assert_region(2, 0x88000000, 0x100000, REGION_RESERVED, 0);
	assert_region(3, 0x88100000, 0x6f00000, REGION_RAM, 0);
	assert_region(4, 0x8f000000, 0x1000000, REGION_RESERVED, REGION_NO_MAP);
	assert_region(5, 0x880000000, 0x40000000, REGION_RAM, 0);
	ASSERT_RANGE(machine.initrd, 0x88000000, 0x100000);

	g_assert_cmpuint(machine.cpu_count, ==, 3);
	g_assert_cmpuint(machine_enabled_cpus(&machine), ==, 2);
	g_assert_cmphex(machine.cpus[1].mpidr, ==, 0x100);
	g_assert_false(machine.cpus[1].enabled);
	g_assert_cmphex(machine.cpus[2].mpidr, ==, 0x101);

	/* Through two buses, chosen by its alias, at the rate of its path's options. */
	g_assert_cmpint(machine.uart.type, ==, UART_16550);
	g_assert_true(machine.uart.chosen);
	g_assert_cmphex(machine.uart.base, ==, 0xf0001200);
	g_assert_cmphex(machine.uart.size, ==, 0x100);
	g_assert_cmpuint(machine.uart.reg_shift, ==, 2);
	g_assert_cmpuint(machine.uart.io_width, ==, 4);
	g_assert_cmpuint(machine.uart.clock_hz, ==, 24000000);
	g_assert_cmpuint(machine.uart.baud, ==, 1500000);
	ASSERT_IRQ(machine.uart.irq, 65, IRQ_EDGE);

	g_assert_cmpint(machine.psci.conduit, ==, PSCI_SMC);
	g_assert_cmphex(machine.psci.version, ==, 1);
	g_assert_cmphex(machine.psci.cpu_on, ==, 0x95c1ba60);
	g_assert_cmphex(machine.psci.cpu_off, ==, 0x95c1ba5f);

	/* By name, not by place; and by a GIC that comes after it. */
	ASSERT_IRQ(machine.timer[TIMER_SEC_PHYS], 0, 0);
	ASSERT_IRQ(machine.timer[TIMER_PHYS], 30, IRQ_ALWAYS_ON);
	ASSERT_IRQ(machine.timer[TIMER_VIRT], 27, IRQ_ALWAYS_ON | IRQ_ACTIVE_LOW);
	ASSERT_IRQ(machine.timer[TIMER_HYP_PHYS], 26, IRQ_ALWAYS_ON | IRQ_EDGE);
	g_assert_cmpuint(machine.timer_hz, ==, 24000000);

	g_assert_cmpuint(gic->version, ==, 3);
	ASSERT_RANGE(gic->dist, 0xf000b000, 0x1000);
	g_assert_cmpuint(gic->redist_count, ==, 2);
	ASSERT_RANGE(gic->redist[0], 0xf000c000, 0x800);
	ASSERT_RANGE(gic->redist[1], 0xf000d000, 0x800);
	g_assert_cmphex(gic->redist_stride, ==, 0x40000);
	ASSERT_RANGE(gic->cpu, 0xf000e000, 0x100);
	ASSERT_RANGE(gic->hyp, 0xf000e100, 0x100);
	ASSERT_RANGE(gic->vcpu, 0xf000e200, 0x100);
	ASSERT_IRQ(gic->maintenance, 25, 0);
	g_assert_cmpuint(gic->its_count, ==, 1);
	g_assert_cmphex(gic->its[0].base, ==, 0xf0007000);

	/* The one whose configuration space does not fit into its bus has no address. */
	g_assert_cmpuint(machine.ecam_count, ==, 1);
	g_assert_cmphex(machine.ecam[0].base, ==, 0x3fff000000);
	g_assert_cmpuint(machine.ecam[0].segment, ==, 7);
	g_assert_cmpuint(machine.ecam[0].bus_start, ==, 0x10);
	g_assert_cmpuint(machine.ecam[0].bus_end, ==, 0x13);

	/* What has no address for us was left out, and said so: a UART on a bus without ranges, a bridge, and a virtio
	 * device that is too small. */
	g_assert_cmphex(machine.rtc, ==, 0);
	g_assert_cmpuint(machine.virtio_count, ==, 0);
	g_assert_cmpuint(machine.note_count, ==, 3);
	ASSERT_IRQ(machine.pmu, 23, 0);
	g_assert_cmphex(machine.watchdog.control, ==, 0x51000000);
	g_assert_cmphex(machine.watchdog.refresh, ==, 0x51001000);
	ASSERT_IRQ(machine.watchdog.irq, 59, IRQ_EDGE);
}

static void root(struct writer *w, guint32 address_cells, guint32 size_cells)
{
	node(w, "");
	prop_cells(w, "#address-cells", 1, address_cells);
	prop_cells(w, "#size-cells", 1, size_cells);
}

static void pl011(struct writer *w, const char *name, guint32 base)
{
	node(w, name);
	prop_string(w, "compatible", "arm,pl011");
	prop_cells(w, "reg", 2, base, 0x1000u);
	end_node(w);
}

/* Without a choice, or with an impossible one, the first UART is better than none. */
static void test_console_choice(void)
{
	static const char *const paths[] = {NULL, "/serial@3000", "/nothing", "serial9", "", "/serial@2000x", "/"};

	for (unsigned i = 0; i < G_N_ELEMENTS(paths); i++) {
		struct writer w = writer_begin();

		root(&w, 1, 1);
		pl011(&w, "serial@1000", 0x1000);
		pl011(&w, "serial@2000", 0x2000);
		pl011(&w, "serial@3000", 0x3000);
		node(&w, "chosen");
		if (paths[i])
			prop_string(&w, "stdout-path", paths[i]);
		end_node(&w);
		end_node(&w);
		g_assert_cmpint(read_made(&w), ==, FDT_OK);
		g_assert_cmpint(machine.uart.chosen, ==, i == 1);
		g_assert_cmphex(machine.uart.base, ==, i == 1 ? 0x3000 : 0x1000);
		g_assert_cmpuint(machine.note_count, ==, i > 1);
	}
}

static void test_usable_range(void)
{
	struct writer w = writer_begin();

	root(&w, 1, 1);
	node(&w, "chosen");
	prop_cells(&w, "linux,usable-memory-range", 2, 0x40100000u, 0x100000u);
	end_node(&w);
	node(&w, "memory");
	prop_string(&w, "device_type", "memory");
	prop_cells(&w, "reg", 2, 0x40000000u, 0x1000000u);
	end_node(&w);
	end_node(&w);
	g_assert_cmpint(read_made(&w), ==, FDT_OK);
	ASSERT_RANGE(machine_largest_ram(&machine), 0x40100000, 0x100000);
}

/* An interrupt of another controller is no INTID, and one of an earlier controller's form cannot be counted past. */
static void test_other_controller(void)
{
	for (unsigned i = 0; i < 4; i++) {
		struct writer w = writer_begin();

		root(&w, 1, 1);
		node(&w, "intc");
		prop_string(&w, "compatible", "arm,gic-400");
		prop_cells(&w, "#interrupt-cells", 1, 3u);
		prop_cells(&w, "phandle", 1, 7u);
		prop_cells(&w, "reg", 4, 0x1000u, 0x1000u, 0x2000u, 0x1000u);
		end_node(&w);
		node(&w, "serial");
		prop_string(&w, "compatible", "ns16550a");
		prop_cells(&w, "reg", 2, 0x3000u, 0x100u);
		if (i < 2) {
			prop_cells(&w, "interrupt-parent", 1, i ? 8u : 7u);
			prop_cells(&w, "interrupts", 3, 0u, 1u, 4u);
		} else {
			prop_cells(&w, "interrupts-extended", 4, i == 3 ? 8u : 7u, 0u, 1u, 4u);
		}
		end_node(&w);
		end_node(&w);
		g_assert_cmpint(read_made(&w), ==, FDT_OK);
		g_assert_cmpuint(machine.gic.version, ==, 2);
		g_assert_cmphex(machine.uart.base, ==, 0x3000);
		g_assert_cmpuint(machine.uart.irq.intid, ==, i % 2 ? 0 : 33);
	}
}

/* Only so many entries of a ranges are looked at: that bounds the time that a hostile tree takes. */
static void test_many_ranges(void)
{
	for (unsigned i = 254; i < 258; i++) {
		struct writer w = writer_begin();
		GByteArray *ranges = g_byte_array_new();

		for (unsigned j = 0; j < i; j++) {
			put32(ranges, 0x10000 * (j + 1));
			put32(ranges, 0);
			put32(ranges, 0x10000);
		}
		put32(ranges, 0x1000);
		put32(ranges, 0x80000000);
		put32(ranges, 0x1000);
		root(&w, 1, 1);
		node(&w, "bus");
		prop_cells(&w, "#address-cells", 1, 1u);
		prop_cells(&w, "#size-cells", 1, 1u);
		prop(&w, "ranges", ranges->data, ranges->len);
		pl011(&w, "serial", 0x1000);
		end_node(&w);
		end_node(&w);
		g_assert_cmpint(read_made(&w), ==, FDT_OK);
		g_assert_cmphex(machine.uart.base, ==, i < 256 ? 0x80000000 : 0);
		g_byte_array_unref(ranges);
	}
}

static void test_nonsense(void)
{
	struct writer w = writer_begin();

	root(&w, 3, 7);
	node(&w, "memory");
	prop_string(&w, "device_type", "memory");
	prop_cells(&w, "reg", 2, 1u, 2u);
	end_node(&w);
	node(&w, "cpus");
	prop_cells(&w, "#address-cells", 1, 0u);
	node(&w, "cpu@0");
	prop_string(&w, "device_type", "cpu");
	prop_cells(&w, "reg", 1, 0u);
	end_node(&w);
	end_node(&w);
	node(&w, "psci");
	prop_string(&w, "compatible", "arm,psci-0.2");
	prop_string(&w, "method", "smoke");
	end_node(&w);
	node(&w, "intc");
	prop_string(&w, "compatible", "arm,gic-v3");
	prop_cells(&w, "#redistributor-regions", 1, 0xffffffffu);
	prop_cells(&w, "reg", 4, 0u, 0u, 0u, 0u);
	end_node(&w);
	node(&w, "timer");
	prop_string(&w, "compatible", "arm,armv8-timer");
	prop_cells(&w, "interrupts", 3, 9u, 0xffffffffu, 0xffffffffu);
	end_node(&w);
	pl011(&w, "serial", 1);
	node(&w, "chosen");
	prop(&w, "bootargs", "no end", 6);
	prop_cells(&w, "linux,initrd-start", 1, 0x2000u);
	prop_cells(&w, "linux,initrd-end", 1, 0x1000u);
	end_node(&w);
	end_node(&w);
	g_assert_cmpint(read_made(&w), ==, FDT_OK);
	g_assert_cmpuint(machine.region_count, ==, 0);
	g_assert_cmpuint(machine.cpu_count, ==, 0);
	g_assert_cmpint(machine.psci.conduit, ==, PSCI_NONE);
	g_assert_cmpuint(machine.gic.version, ==, 0);
	g_assert_cmpuint(machine.timer[0].intid, ==, 0);
	g_assert_cmpint(machine.uart.type, ==, UART_NONE);
	g_assert_null(machine.bootargs);
	g_assert_cmpuint(machine.initrd.size, ==, 0);
	g_assert_cmpuint(machine.note_count, ==, 6);
}

/* What was read before the tree broke is kept: a console to complain on. */
static void test_broken_end(void)
{
	struct writer w = writer_begin();

	root(&w, 1, 1);
	pl011(&w, "serial@1000", 0x1000);
	token(&w, 77);
	g_assert_cmpint(read_made(&w), ==, FDT_BAD_STRUCTURE);
	g_assert_cmphex(machine.uart.base, ==, 0x1000);
}

/* Many nodes under many long `ranges`, all of them to be searched to the end. */
static void test_no_blow_up(void)
{
	struct writer w = writer_begin();
	gint64 start_us = g_get_monotonic_time();
	guint8 *ranges = g_malloc0(12 * 5000);

	root(&w, 1, 1);
	for (int i = 0; i < 20; i++) {
		node(&w, "bus");
		prop_cells(&w, "#address-cells", 1, 1u);
		prop_cells(&w, "#size-cells", 1, 1u);
		prop(&w, "ranges", ranges, 12 * 5000);
	}
	for (int i = 0; i < 10000; i++)
		pl011(&w, "s", 0x1000);
	for (int i = 0; i < 21; i++)
		end_node(&w);
	g_assert_cmpint(read_made(&w), ==, FDT_OK);
	g_assert_cmpint(g_get_monotonic_time() - start_us, <, 5 * G_USEC_PER_SEC);
	g_free(ranges);
}

static void test_mutated(gconstpointer name)
{
	char *path = g_test_build_filename(G_TEST_BUILT, "dtb", name, NULL), *text;
	gsize size;

	g_assert_true(g_file_get_contents(path, &text, &size, NULL));
	size = MIN(size, (gsize)16384);
	text[4] = text[5] = 0;
	text[6] = (char)(size >> 8);
	text[7] = (char)size;
	for (unsigned round = 0; round < 3000; round++) {
		guint8 *bad = exact_copy(text, size);
		struct fdt fdt;

		for (int changes = g_test_rand_int_range(1, 5); changes; changes--) {
			gsize at = (gsize)g_test_rand_int_range(40, (int)size - 4) & ~(gsize)3;
			guint32 value =
				g_test_rand_bit() ? (guint32)g_test_rand_int() : 1u << g_test_rand_int_range(0, 32);

			memcpy(bad + at, &value, 4);
		}
		machine_init(&machine);
		if (fdt_init(&fdt, bad, size) == FDT_OK)
			machine_read_fdt(&machine, &fdt, 0);
		g_free(bad);
	}
	g_free(text);
	g_free(path);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/machine_fdt/qemu_v3", test_qemu_v3);
	g_test_add_func("/machine_fdt/qemu_v2", test_qemu_v2);
	g_test_add_func("/machine_fdt/qemu_big", test_qemu_big);
	g_test_add_func("/machine_fdt/soc", test_soc);
	g_test_add_func("/machine_fdt/console_choice", test_console_choice);
	g_test_add_func("/machine_fdt/usable_range", test_usable_range);
	g_test_add_func("/machine_fdt/other_controller", test_other_controller);
	g_test_add_func("/machine_fdt/many_ranges", test_many_ranges);
	g_test_add_func("/machine_fdt/nonsense", test_nonsense);
	g_test_add_func("/machine_fdt/broken_end", test_broken_end);
	g_test_add_func("/machine_fdt/no_blow_up", test_no_blow_up);
	g_test_add_data_func("/machine_fdt/mutated/qemu", "qemu-v3.dtb", test_mutated);
	g_test_add_data_func("/machine_fdt/mutated/soc", "soc.dtb", test_mutated);
	status = g_test_run();
	g_free(blob);
	return status;
}
