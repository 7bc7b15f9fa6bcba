/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts that a device makes by writing GITS_TRANSLATER: who wrote is the DeviceID, what the EventID. A CPU cannot
 * stand in for one: what DeviceID it has is nobody's business.
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/io.h>
#include <limpid/boot.h>
#include <limpid/cache.h>
#include <limpid/its.h>
#include <limpid/page_alloc.h>
#include <limpid/pattern.h>
#include <limpid/phys.h>
#include <limpid/test.h>
#include "edu.h"
#include "gic.h"
#include "machines.h"

#define ITS  "GICv3 (IHI 0069), "
#define PCIE "PCI Express Base Specification, "

#define LPI        (INTID_LPI + 21)
#define OTHER      (INTID_LPI + 22)
#define EVENT      3
#define EVENT_BITS 5
#define PRIORITY   0xa0

/* The ITS with nothing mapped but collection 0, on this CPU; LPIs that are enabled. */
static void start(void)
{
	start_its();
	lpi_configure(LPI, PRIORITY, true);
	lpi_configure(OTHER, PRIORITY, true);
	its_mapc(0, 0, true);
}

static void map(uint32_t device, uint32_t event, uint32_t lpi)
{
	its_mapti(device, event, lpi, 0);
	its_invall(0);
	its_sync(0);
}

static struct edu open_mapped(void)
{
	struct edu edu;

	start();
	edu = edu_open(EVENT);
	its_mapd(edu.id, EVENT_BITS, true);
	map(edu.id, EVENT, LPI);
	return edu;
}

#define EXPECT_LPI(lpi)                     \
	do {                                \
		gic_end(EXPECT_TAKES(lpi)); \
		EXPECT_TAKES_NOTHING();     \
	} while (0)

TEST(gic.msi, arrives, .doc = "a device's message is the LPI of its DeviceID and EventID, once each time",
	.needs = "its pci", .qemu = QEMU_EDU, .source = ITS "GITS_TRANSLATER")
{
	struct edu edu = open_mapped();

	for (int i = 0; i < 16; i++) {
		edu_raise(&edu);
		EXPECT_LPI(LPI);
	}
	edu_close(&edu);
}

static volatile uint32_t handled, handled_id;

static void on_lpi(unsigned int intid, void *arg)
{
	(void)arg;
	handled_id = intid;
	handled++;
}

TEST(gic.msi, arrives_irq, .doc = "a device's message is taken as an IRQ", .needs = "its pci", .qemu = QEMU_EDU,
	.source = ITS "GITS_TRANSLATER; LPIs are in Group 1")
{
	struct edu edu = open_mapped();

	handled = 0;
	gic_set_handler(LPI, on_lpi, NULL);
	irq_enable();
	edu_raise(&edu);
	EXPECT_TRUE(WAIT_FOR(handled));
	udelay(QUIET_US);
	irq_disable();
	EXPECT_EQ(handled, 1u);
	EXPECT_EQ(handled_id, (uint32_t)LPI);
	edu_close(&edu);
}

TEST(gic.msi, each_event, .doc = "the data of the message say which event it is", .needs = "its pci", .qemu = QEMU_EDU,
	.source = ITS "GITS_TRANSLATER, EventID")
{
	struct edu edu = open_mapped();

	map(edu.id, EVENT + 1, OTHER);
	ASSERT_TRUE(pci_msi_enable(&edu.f, its_translater().pa, EVENT + 1));
	edu_raise(&edu);
	EXPECT_LPI(OTHER);
	ASSERT_TRUE(pci_msi_enable(&edu.f, its_translater().pa, EVENT));
	edu_raise(&edu);
	EXPECT_LPI(LPI);
	edu_close(&edu);
}

TEST(gic.msi, unmapped_event, .doc = "a message of an event that is not mapped is nothing, and the ITS goes on",
	.needs = "its pci", .qemu = QEMU_EDU, .source = ITS "The ITS: translation errors")
{
	struct edu edu = open_mapped();

	ASSERT_TRUE(pci_msi_enable(&edu.f, its_translater().pa, EVENT + 1));
	edu_raise(&edu);
	EXPECT_TAKES_NOTHING();
	/* More bits than the device's table has. */
	ASSERT_TRUE(pci_msi_enable(&edu.f, its_translater().pa, 1 << EVENT_BITS | EVENT));
	edu_raise(&edu);
	EXPECT_TAKES_NOTHING();
	ASSERT_TRUE(pci_msi_enable(&edu.f, its_translater().pa, EVENT));
	edu_raise(&edu);
	EXPECT_LPI(LPI);
	edu_close(&edu);
}

TEST(gic.msi, own_device, .doc = "a device's message does not trigger another device's event", .needs = "its pci",
	.qemu = QEMU_EDU, .source = ITS "GITS_TRANSLATER, DeviceID")
{
	struct edu edu;

	start();
	edu = edu_open(EVENT);
	for (unsigned int bit = 0; bit < 8; bit++) {
		its_mapd(edu.id ^ 1 << bit, EVENT_BITS, true);
		map(edu.id ^ 1 << bit, EVENT, OTHER);
	}
	edu_raise(&edu);
	EXPECT_TAKES_NOTHING();
	its_mapd(edu.id, EVENT_BITS, true);
	map(edu.id, EVENT, LPI);
	edu_raise(&edu);
	EXPECT_LPI(LPI);
	edu_close(&edu);
}

TEST(gic.msi, its_off, .doc = "with the ITS off a message is ignored, and not remembered", .needs = "its pci",
	.qemu = QEMU_EDU, .source = ITS "GITS_CTLR.Enabled")
{
	struct edu edu = open_mapped();
	uint64_t ctlr = its_registers() + GITS_CTLR;

	io_write32(ctlr, io_read32(ctlr) & ~GITS_CTLR_ON);
	EXPECT_TRUE(WAIT_FOR(io_read32(ctlr) & GITS_CTLR_QUIET));
	edu_raise(&edu);
	EXPECT_TAKES_NOTHING();
	io_write32(ctlr, io_read32(ctlr) | GITS_CTLR_ON);
	EXPECT_TAKES_NOTHING();
	edu_raise(&edu);
	EXPECT_LPI(LPI);
	edu_close(&edu);
}

TEST(gic.msi, msi_off, .doc = "with MSI off in the device, and its line too, no message comes", .needs = "its pci",
	.qemu = QEMU_EDU, .source = PCIE "7.7.1 MSI Capability Structures, MSI Enable; 7.5.1.1.3 Interrupt Disable")
{
	struct edu edu = open_mapped();

	pci_msi_disable(&edu.f);
	edu_raise(&edu);
	EXPECT_TAKES_NOTHING();
	io_write32(edu.registers + EDU_ACKNOWLEDGE, ~0u);
	EXPECT_TRUE(pci_msi_enable(&edu.f, its_translater().pa, EVENT));
	EXPECT_TAKES_NOTHING();
	edu_raise(&edu);
	EXPECT_LPI(LPI);
	edu_close(&edu);
}

TEST(gic.msi, master_off, .doc = "a device that is no bus master sends no message", .needs = "its pci",
	.qemu = QEMU_EDU, .source = PCIE "7.5.1.1.3 Command Register, Bus Master Enable")
{
	struct edu edu = open_mapped();

	pci_write16(&edu.f, PCI_COMMAND, pci_read16(&edu.f, PCI_COMMAND) & ~PCI_COMMAND_MASTER);
	edu_raise(&edu);
	EXPECT_TAKES_NOTHING();
	pci_write16(&edu.f, PCI_COMMAND, pci_read16(&edu.f, PCI_COMMAND) | PCI_COMMAND_MASTER);
	edu_raise(&edu);
	EXPECT_LPI(LPI);
	edu_close(&edu);
}

static uint32_t taken;

static void take_on_cpu(void *arg)
{
	uint32_t iar = acknowledge_soon();

	(void)arg;
	taken = gic_intid(iar);
	if (taken < INTID_SPECIAL || taken >= INTID_LPI)
		gic_end(iar);
}

TEST(gic.msi, movi, .doc = "after MOVI a device's message is the other CPU's LPI", .needs = "its pci", .qemu = QEMU_EDU,
	.cpus = 2, .source = ITS "MOVI")
{
	struct edu edu = open_mapped();

	its_mapc(1, 1, true);
	its_invall(1);
	its_movi(edu.id, EVENT, 1);
	its_sync(0);
	its_sync(1);
	edu_raise(&edu);
	on_cpu(1, take_on_cpu, NULL);
	EXPECT_EQ(taken, (uint32_t)LPI);
	EXPECT_TAKES_NOTHING();
	its_movi(edu.id, EVENT, 0);
	its_sync(0);
	its_sync(1);
	edu_raise(&edu);
	EXPECT_LPI(LPI);
	edu_close(&edu);
}

/* Half a page each way. The device takes a tenth of a second for each. */
#define COPY_SIZE 2048

static void copy(const struct edu *edu, uint64_t from, uint64_t to, uint32_t command)
{
	io_write64(edu->registers + EDU_DMA_FROM, from);
	io_write64(edu->registers + EDU_DMA_TO, to);
	io_write64(edu->registers + EDU_DMA_COUNT, COPY_SIZE);
	io_write64(edu->registers + EDU_DMA_COMMAND, EDU_DMA_START | EDU_DMA_RAISE | command);
}

TEST(gic.msi, after_data,
	.doc = "what a device wrote to memory is there when the message arrives that it sent after it",
	.needs = "its pci", .qemu = QEMU_EDU,
	.source = PCIE "2.4.1 Transaction Ordering Rules: posted requests stay in order")
{
	struct edu edu = open_mapped();
	pa_t page = page_alloc_zeroed(0);
	uint8_t *bytes;

	ASSERT_FALSE(pa_is_none(page));
	bytes = phys_to_virt(page);
	for (unsigned int i = 0; i < COPY_SIZE; i++)
		bytes[i] = i * 7 + 1;
	/* The device reads memory; and nothing that it writes over may be dirty in a cache. */
	dcache_clean_invalidate_poc(bytes, 2 * COPY_SIZE);
	copy(&edu, page.pa, EDU_BUFFER, 0);
	gic_end(EXPECT_TAKES(LPI));
	EXPECT_EQ(io_read32(edu.registers + EDU_STATUS), EDU_DMA_DONE);
	io_write32(edu.registers + EDU_ACKNOWLEDGE, EDU_DMA_DONE);
	copy(&edu, EDU_BUFFER, page.pa + COPY_SIZE, EDU_DMA_TO_RAM);
	gic_end(EXPECT_TAKES(LPI));
	/* The loads come after the acknowledge; a copy that a cache has loaded meanwhile goes. */
	dsb(sy);
	dcache_invalidate_poc(bytes + COPY_SIZE, COPY_SIZE);
	for (unsigned int i = 0; i < COPY_SIZE; i++) {
		if (!EXPECT_EQ(bytes[COPY_SIZE + i], bytes[i])) {
			INFO("byte %u of %u", i, COPY_SIZE);
			break;
		}
	}
	edu_close(&edu);
	page_free(page, 0);
}
