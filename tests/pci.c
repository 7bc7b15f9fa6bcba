/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Express: configuration space of whatever is there, and accesses to a device that is made for tests.
 */
#include <arch/io.h>
#include <limpid/boot.h>
#include <limpid/expect.h>
#include <limpid/pci.h>
#include <limpid/test.h>
#include "machines.h"

#define PCIE "PCI Express Base Specification, "
#define PCI  "PCI Local Bus Specification 3.0, "

TEST(pci, scan, .doc = "report: the functions that are there; at least one is", .needs = "pci", .flags = TEST_REPORT,
	.source = PCIE "7.2.2 Enhanced Configuration Access Mechanism")
{
	struct pci_scan scan = {0};
	unsigned int count = 0;

	while (pci_next(&scan)) {
		const struct pci_function *f = &scan.at;

		INFO("%04x:%02x:%02x.%u  %04x:%04x  class %04x", f->ecam->segment, f->bus, f->device, f->function,
			pci_read16(f, PCI_VENDOR_ID), pci_read16(f, PCI_DEVICE_ID), pci_read16(f, PCI_CLASS));
		count++;
	}
	EXPECT_GT(count, 0u);
}

TEST(pci, absent, .doc = "where there is no function, configuration space reads as ones", .needs = "pci",
	.source = PCIE "2.3.2 Completion Handling Rules; 7.5.1.1.1 Vendor ID Register")
{
	struct pci_function f = {&machine.ecam[0], machine.ecam[0].bus_start, 31, 0};

	while (f.device && pci_read16(&f, PCI_VENDOR_ID) != 0xffff)
		f.device--;
	if (!f.device)
		SKIP("the first bus is full");
	for (unsigned int offset = 0; offset < 0x40; offset += 4)
		EXPECT_EQ(pci_read32(&f, offset), ~0u);
}

TEST(pci, widths, .doc = "bytes, halfwords and words of configuration space agree", .needs = "pci",
	.source = PCIE "7.2.2 Enhanced Configuration Access Mechanism")
{
	struct pci_scan scan = {0};

	while (pci_next(&scan)) {
		for (unsigned int offset = 0; offset < 0x40; offset += 4) {
			uint32_t word = pci_read32(&scan.at, offset);

			EXPECT_EQ(pci_read16(&scan.at, offset), word & 0xffff);
			EXPECT_EQ(pci_read16(&scan.at, offset + 2), word >> 16);
			for (unsigned int i = 0; i < 4; i++)
				EXPECT_EQ(pci_read8(&scan.at, offset + i), word >> 8 * i & 0xff);
		}
	}
}

TEST(pci, identity, .doc = "vendor, device, class and header type are read-only, and the header is of a known type",
	.needs = "pci", .source = PCIE "7.5.1.1 Type 0/1 Common Configuration Space")
{
	struct pci_scan scan = {0};

	while (pci_next(&scan)) {
		uint32_t id = pci_read32(&scan.at, PCI_VENDOR_ID), class = pci_read32(&scan.at, 8);
		uint8_t header = pci_read8(&scan.at, PCI_HEADER_TYPE);

		pci_write32(&scan.at, PCI_VENDOR_ID, ~id);
		pci_write32(&scan.at, 8, ~class);
		pci_write8(&scan.at, PCI_HEADER_TYPE, ~header);
		EXPECT_EQ(pci_read32(&scan.at, PCI_VENDOR_ID), id);
		EXPECT_EQ(pci_read32(&scan.at, 8), class);
		EXPECT_EQ(pci_read8(&scan.at, PCI_HEADER_TYPE), header);
		EXPECT_LE(header & 0x7f, 1);
	}
}

TEST(pci, bars, .doc = "a BAR's size is a power of two, and its type and low bits are what the specification allows",
	.needs = "pci", .qemu = QEMU_DEVICES, .source = PCI "6.2.5.1 Address Maps")
{
	struct pci_scan scan = {0};
	unsigned int count = 0;

	while (pci_next(&scan)) {
		for (unsigned int n = 0; n < pci_bar_count(&scan.at); n++) {
			uint32_t before = pci_read32(&scan.at, PCI_BAR(n));
			struct pci_bar bar = pci_read_bar(&scan.at, n);

			EXPECT_EQ(pci_read32(&scan.at, PCI_BAR(n)), before);
			if (!bar.size)
				continue;
			count++;
			EXPECT_EQ(bar.size & (bar.size - 1), 0u);
			EXPECT_GE(bar.size, bar.space == PCI_IO ? 4u : 16u);
			EXPECT_EQ(bar.bus & (bar.size - 1), 0u);
			if (bar.space == PCI_IO)
				EXPECT_LE(bar.size, 256u);
			else
				EXPECT_NE(before >> 1 & 3, 3u);
		}
	}
	EXPECT_GT(count, 0u);
}

TEST(pci, capabilities, .doc = "the list of capabilities is aligned, above the header, and ends", .needs = "pci",
	.source = PCI "6.7 Capabilities List")
{
	struct pci_scan scan = {0};

	while (pci_next(&scan)) {
		unsigned int at = 0, count = 0;

		if (!(pci_read16(&scan.at, PCI_STATUS) & PCI_STATUS_CAPS))
			continue;
		for (at = pci_read8(&scan.at, PCI_CAPABILITIES); at && count < 48; count++) {
			EXPECT_EQ(at & 3, 0u);
			EXPECT_GE(at, 0x40u);
			at = pci_read8(&scan.at, (at & ~3u) + 1);
		}
		EXPECT_EQ(at, 0u);
	}
}

/* --- QEMU's pci-testdev. Source: QEMU, docs/specs/pci-testdev --- */

#define TESTDEV_VENDOR 0x1b36
#define TESTDEV_DEVICE 0x0005
#define TEST_SELECT    0
#define TEST_WIDTH     1
#define TEST_OFFSET    4
#define TEST_DATA      8
#define TEST_COUNT     12
#define TEST_NAME      16
#define TESTS_MAX      8
#define WRITES         16

static void write_width(uint64_t address, unsigned int width, uint32_t value)
{
	switch (width) {
	case 1:
		io_write8(address, value);
		break;
	case 2:
		io_write16(address, value);
		break;
	default:
		io_write32(address, value);
	}
}

static struct pci_function testdev(void)
{
	struct pci_function f;

	if (!pci_find(TESTDEV_VENDOR, TESTDEV_DEVICE, &f))
		SKIP("there is no pci-testdev");
	return f;
}

/* Runs the tests that the device offers behind a BAR: what it says to write, where, and counts. Returns how many. */
static unsigned int run_testdev(uint64_t bar)
{
	unsigned int passed = 0;

	for (unsigned int test = 0; test < TESTS_MAX; test++) {
		char name[32] = "";
		unsigned int width;
		uint32_t offset, before;

		io_write8(bar + TEST_SELECT, test);
		width = io_read8(bar + TEST_WIDTH);
		if (!width)
			break;
		for (unsigned int i = 0; i + 1 < sizeof(name); i++)
			name[i] = io_read8(bar + TEST_NAME + i);
		EXPECT_TRUE(width == 1 || width == 2 || width == 4);
		offset = io_read32(bar + TEST_OFFSET);
		before = io_read32(bar + TEST_COUNT);
		EXPECT_EQ(before, 0u);
		for (unsigned int i = 0; i < WRITES; i++)
			write_width(bar + offset, width, io_read8(bar + TEST_DATA));
		/* An event that the host takes elsewhere is not counted by the device. */
		uint32_t count = io_read32(bar + TEST_COUNT);

		INFO("%s: %u of %u writes counted", name, count, WRITES);
		if (EXPECT_TRUE(count == 0 || count == WRITES))
			passed++;
	}
	return passed;
}

TEST(pci, command, .doc = "memory and I/O decoding and bus mastering can be switched on and off", .needs = "pci",
	.qemu = QEMU_DEVICES, .source = PCIE "7.5.1.1.3 Command Register")
{
	struct pci_function f = testdev();
	uint16_t before = pci_read16(&f, PCI_COMMAND), all = PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;

	pci_write16(&f, PCI_COMMAND, before & ~all);
	EXPECT_EQ(pci_read16(&f, PCI_COMMAND) & all, 0u);
	pci_write16(&f, PCI_COMMAND, before | all);
	EXPECT_EQ(pci_read16(&f, PCI_COMMAND) & all, all);
	pci_write16(&f, PCI_COMMAND, before);
}

TEST(pci, testdev_memory, .doc = "the test device counts the writes to its memory BAR", .needs = "pci",
	.qemu = QEMU_DEVICES, .source = "QEMU, docs/specs/pci-testdev")
{
	struct pci_function f = testdev();
	uint64_t bar = pci_map_bar(&f, 0);

	if (!bar)
		SKIP("firmware has not assigned its memory BAR, and the windows of the bridge are not known");
	EXPECT_GE(run_testdev(bar), 3u);
}

TEST(pci, testdev_io, .doc = "the test device counts the writes to its I/O BAR", .needs = "pci", .qemu = QEMU_DEVICES,
	.source = "QEMU, docs/specs/pci-testdev")
{
	struct pci_function f = testdev();
	uint64_t bar = pci_map_bar(&f, 1);

	if (!bar)
		SKIP("where the bridge's I/O window lies is not known: ACPI has it in byte code");
	EXPECT_GE(run_testdev(bar), 3u);
}

TEST(pci, decoding_off, .doc = "with memory decoding off the test device does not see a write", .needs = "pci",
	.qemu = QEMU_DEVICES, .source = PCIE "7.5.1.1.3 Command Register, Memory Space Enable")
{
	struct pci_function f = testdev();
	uint64_t bar = pci_map_bar(&f, 0);

	if (!bar)
		SKIP("firmware has not assigned its memory BAR, and the windows of the bridge are not known");
	/* In QEMU an access that nobody claims reads 0 or ones; elsewhere it may be an external abort. */
	if (!options.tcg)
		SKIP("an access that nobody claims may abort");
	io_write8(bar + TEST_SELECT, 0);

	uint32_t offset = io_read32(bar + TEST_OFFSET);
	unsigned int width = io_read8(bar + TEST_WIDTH);
	uint8_t data = io_read8(bar + TEST_DATA);

	write_width(bar + offset, width, data);
	EXPECT_EQ(io_read32(bar + TEST_COUNT), 1u);
	pci_write16(&f, PCI_COMMAND, pci_read16(&f, PCI_COMMAND) & ~PCI_COMMAND_MEMORY);
	write_width(bar + offset, width, data);
	pci_write16(&f, PCI_COMMAND, pci_read16(&f, PCI_COMMAND) | PCI_COMMAND_MEMORY);
	EXPECT_EQ(io_read32(bar + TEST_COUNT), 1u);
}
