/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSI-X through the ITS, of an NVMe controller: a real device, that reads its commands from memory, writes their
 * completions there, and then sends a message. Commands that need no namespace, one at a time.
 *
 * Source: NVM Express Base Specification 1.4, 3.1 Register Definition, 4.2 Submission Queue Entry, 4.6 Completion Queue
 * Entry, 5.14 Get Features command.
 */
#include <arch/io.h>
#include <limpid/boot.h>
#include <limpid/cache.h>
#include <limpid/its.h>
#include <limpid/page_alloc.h>
#include <limpid/pci.h>
#include <limpid/phys.h>
#include <limpid/test.h>
#include "gic.h"
#include "machines.h"

#define MSIX "PCI Express Base Specification, 7.7.2 MSI-X Capability and Table Structure"

#define CLASS_NVME 0x0108

#define REG_CAP   0x00
#define REG_CC    0x14
#define REG_CSTS  0x1c
#define REG_AQA   0x24
#define REG_ASQ   0x28
#define REG_ACQ   0x30
#define REG_BELLS 0x1000

#define CC_ON      1u
#define CC_SIZES   (6u << 16 | 4u << 20) /* entries of 64 and 16 bytes; pages of 4 KiB */
#define CSTS_READY 1u

#define ENTRIES      8u
#define SQ_ENTRY     64
#define CQ_ENTRY     16
#define GET_FEATURES 0x0au
#define QUEUES       7u /* the feature "Number of Queues" */
#define CQ_PHASE     (1u << 16)
#define CQ_STATUS    (0x7fffu << 17)

#define LPI        (INTID_LPI + 31)
#define OTHER      (INTID_LPI + 32)
#define EVENT      2
#define EVENT_BITS 5
#define PRIORITY   0xa0
#define LATE_US    200000

static struct nvme {
	struct pci_function f;
	struct pci_msix msix;
	uint64_t registers;
	pa_t queues; /* two pages of 4 KiB: submissions, completions */
	volatile uint32_t *sq, *cq;
	unsigned int done; /* commands */
} nvme;

static bool find(struct pci_function *f)
{
	struct pci_scan scan = {0};

	while (pci_next(&scan)) {
		if (pci_read16(&scan.at, PCI_CLASS) != CLASS_NVME)
			continue;
		*f = scan.at;
		return true;
	}
	return false;
}

static bool wait_ready(bool ready)
{
	return WAIT_FOR((io_read32(nvme.registers + REG_CSTS) & CSTS_READY) == ready);
}

/*
 * The controller with its administrative queues, whose completions are message 0: masked as yet. MSI-X is on before the
 * controller, or behind it.
 */
static void open_with(bool late)
{
	uint32_t id;

	start_its();
	if (!find(&nvme.f))
		SKIP("there is no NVMe controller");
	nvme.registers = pci_map_bar(&nvme.f, 0);
	if (!nvme.registers || !pci_msix_open(&nvme.msix, &nvme.f))
		SKIP("firmware has not assigned the controller's BARs, and the windows of the bridge are not known");
	id = pci_requester(&nvme.f);
	pci_write16(&nvme.f, PCI_COMMAND, pci_read16(&nvme.f, PCI_COMMAND) | PCI_COMMAND_MASTER | PCI_COMMAND_NOINTX);
	nvme.queues = page_alloc_zeroed(page_order(KIB(8)));
	ASSERT_FALSE(pa_is_none(nvme.queues));
	nvme.sq = phys_to_virt(nvme.queues);
	nvme.cq = nvme.sq + KIB(4) / 4;
	nvme.done = 0;
	/* The device reads memory; and nothing that it writes over may be dirty in a cache. */
	dcache_clean_invalidate_poc((void *)nvme.sq, KIB(8));

	io_write32(nvme.registers + REG_CC, 0);
	ASSERT_TRUE(wait_ready(false));
	io_write32(nvme.registers + REG_AQA, (ENTRIES - 1) << 16 | (ENTRIES - 1));
	io_write64(nvme.registers + REG_ASQ, nvme.queues.pa);
	io_write64(nvme.registers + REG_ACQ, nvme.queues.pa + KIB(4));
	if (!late)
		pci_msix_enable(&nvme.msix, true, true);
	io_write32(nvme.registers + REG_CC, CC_SIZES | CC_ON);
	ASSERT_TRUE(wait_ready(true));

	lpi_configure(LPI, PRIORITY, true);
	lpi_configure(OTHER, PRIORITY, true);
	its_mapd(id, EVENT_BITS, true);
	its_mapc(0, 0, true);
	its_mapti(id, EVENT, LPI, 0);
	its_mapti(id, EVENT + 1, OTHER, 0);
	its_invall(0);
	its_sync(0);
	pci_msix_set(&nvme.msix, 0, its_translater().pa, EVENT);
	pci_msix_enable(&nvme.msix, true, false);
}

static void open(void)
{
	open_with(false);
}

static void close(void)
{
	/* In this order, or QEMU keeps for the next test what it takes from enabled_late. */
	io_write32(nvme.registers + REG_CC, 0);
	EXPECT_TRUE(wait_ready(false));
	pci_msix_enable(&nvme.msix, false, true);
	pci_write16(&nvme.f, PCI_COMMAND, pci_read16(&nvme.f, PCI_COMMAND) & ~PCI_COMMAND_MASTER);
	dcache_clean_invalidate_poc((void *)nvme.sq, KIB(8));
	page_free(nvme.queues, page_order(KIB(8)));
}

static void submit(void)
{
	volatile uint32_t *entry = nvme.sq + nvme.done % ENTRIES * (SQ_ENTRY / 4);

	entry[0] = GET_FEATURES | (0x100 + nvme.done) << 16;
	entry[10] = QUEUES;
	/* The command is in memory before the controller is told of it. */
	dcache_clean_poc((void *)entry, SQ_ENTRY);
	io_write32(nvme.registers + REG_BELLS, (nvme.done + 1) % ENTRIES);
}

/* The phase bit of completions turns over with each round of the queue. */
static bool is_complete(void)
{
	volatile uint32_t *entry = nvme.cq + nvme.done % ENTRIES * (CQ_ENTRY / 4);

	dcache_invalidate_poc((void *)entry, CQ_ENTRY);
	return (entry[3] & CQ_PHASE) == (nvme.done / ENTRIES % 2 ? 0 : CQ_PHASE);
}

/* The controller has written the completion before its message. */
static void expect_completion(void)
{
	volatile uint32_t *entry = nvme.cq + nvme.done % ENTRIES * (CQ_ENTRY / 4);
	unsigned int stride = 4u << (io_read64(nvme.registers + REG_CAP) >> 32 & 15);

	EXPECT_TRUE(is_complete());
	EXPECT_EQ(entry[3] & CQ_STATUS, 0u);
	EXPECT_EQ(entry[3] & 0xffff, 0x100 + nvme.done);
	nvme.done++;
	io_write32(nvme.registers + REG_BELLS + stride, nvme.done % ENTRIES);
}

#define EXPECT_LPI(lpi)                     \
	do {                                \
		gic_end(EXPECT_TAKES(lpi)); \
		EXPECT_TAKES_NOTHING();     \
	} while (0)

TEST(gic.msix, arrives,
	.doc = "a controller's message arrives as the LPI of its entry's data, and the completion is in memory before",
	.needs = "its pci", .qemu = QEMU_NVME, .source = MSIX "; GICv3 (IHI 0069), GITS_TRANSLATER")
{
	open();
	pci_msix_mask(&nvme.msix, 0, false);
	for (unsigned int i = 0; i < 2 * ENTRIES + 3; i++) {
		submit();
		EXPECT_LPI(LPI);
		expect_completion();
	}
	close();
}

TEST(gic.msix, each_entry, .doc = "another event in the entry is another LPI", .needs = "its pci", .qemu = QEMU_NVME,
	.source = MSIX ", Message Data for MSI-X Table Entries")
{
	open();
	pci_msix_set(&nvme.msix, 0, its_translater().pa, EVENT + 1);
	pci_msix_mask(&nvme.msix, 0, false);
	submit();
	EXPECT_LPI(OTHER);
	expect_completion();
	pci_msix_set(&nvme.msix, 0, its_translater().pa, EVENT);
	pci_msix_mask(&nvme.msix, 0, false);
	submit();
	EXPECT_LPI(LPI);
	expect_completion();
	close();
}

/* A message whose sending something forbids is pending, and is sent, once, when nothing does any more. */
static void check_masked(void (*mask)(bool masked))
{
	open();
	pci_msix_mask(&nvme.msix, 0, false);
	mask(true);
	EXPECT_FALSE(pci_msix_pending(&nvme.msix, 0));
	submit();
	EXPECT_TRUE(WAIT_FOR(pci_msix_pending(&nvme.msix, 0)));
	EXPECT_TAKES_NOTHING();
	mask(false);
	EXPECT_LPI(LPI);
	EXPECT_FALSE(pci_msix_pending(&nvme.msix, 0));
	expect_completion();
	submit();
	EXPECT_LPI(LPI);
	expect_completion();
	close();
}

static void mask_entry(bool masked)
{
	pci_msix_mask(&nvme.msix, 0, masked);
}

static void mask_function(bool masked)
{
	pci_msix_enable(&nvme.msix, true, masked);
}

TEST(gic.msix, entry_masked, .doc = "a message whose entry is masked is pending, and is sent when it is not any more",
	.needs = "its pci", .qemu = QEMU_NVME, .source = MSIX ", Vector Control, Mask Bit; Pending Bits")
{
	check_masked(mask_entry);
}

TEST(gic.msix, function_masked,
	.doc = "a message of a function that is masked is pending, and is sent when it is not any more",
	.needs = "its pci", .qemu = QEMU_NVME, .source = MSIX ", Message Control, Function Mask; Pending Bits")
{
	check_masked(mask_function);
}

TEST(gic.msix, enabled_late,
	.doc = "messages of a controller are sent when MSI-X is switched on behind it, as its specification has it",
	.needs = "its pci", .qemu = QEMU_NVME, .source = "NVM Express Base Specification 1.4, 7.6.1 Initialization")
{
	uint32_t iar;

	open_with(true);
	pci_msix_mask(&nvme.msix, 0, false);
	submit();
	EXPECT_TRUE(WAIT_FOR(is_complete()));
	/* What follows at once has come long before. */
	udelay(LATE_US);
	iar = gic_acknowledge();
	if (EXPECT_EQ(gic_intid(iar), (unsigned int)LPI))
		gic_end(iar);
	expect_completion();
	close();
}
