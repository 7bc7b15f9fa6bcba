/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LPIs and the ITS. The tests trigger by the INT command, which does what a device's write to GITS_TRANSLATER does.
 *
 * Source of all: GICv3 and GICv4 architecture (IHI 0069).
 */
#include <arch/exception.h>
#include <arch/io.h>
#include <limpid/bitops.h>
#include <limpid/boot.h>
#include <limpid/its.h>
#include <limpid/string.h>
#include <limpid/test.h>
#include "gic.h"

#define ITS   "GICv3 (IHI 0069), "
#define LPI   (INTID_LPI + 7)
#define OTHER (INTID_LPI + 300)

#define DEVICE       2
#define OTHER_DEVICE 7
#define EVENT        5
#define EVENT_BITS   5
#define PRIORITY     0xa0

/* One device with one event, an enabled LPI on this CPU, by collection 0. */
static void map_one(void)
{
	start_its();
	lpi_configure(LPI, PRIORITY, true);
	its_mapd(DEVICE, EVENT_BITS, true);
	its_mapc(0, 0, true);
	its_mapti(DEVICE, EVENT, LPI, 0);
	its_invall(0);
	its_sync(0);
}

static void trigger(uint32_t device, uint32_t event, unsigned int cpu)
{
	its_int(device, event);
	its_sync(cpu);
}

/* The next interrupt of this CPU is this LPI, and there is no more. */
#define EXPECT_LPI(lpi)                     \
	do {                                \
		gic_end(EXPECT_TAKES(lpi)); \
		EXPECT_TAKES_NOTHING();     \
	} while (0)

static uint32_t taken[MACHINE_MAX_CPUS];

static void take_late(void *arg)
{
	uint32_t iar = acknowledge_late();

	(void)arg;
	taken[cpu_index()] = gic_intid(iar);
	if (gic_intid(iar) < INTID_SPECIAL || gic_intid(iar) >= INTID_LPI)
		gic_end(iar);
}

static void take_soon(void *arg)
{
	uint32_t iar = acknowledge_soon();

	(void)arg;
	taken[cpu_index()] = gic_intid(iar);
	if (gic_intid(iar) < INTID_SPECIAL || gic_intid(iar) >= INTID_LPI)
		gic_end(iar);
}

/* That CPU takes this LPI next; it may be INTID_NONE. */
#define EXPECT_CPU_TAKES(cpu, lpi)                                              \
	do {                                                                    \
		on_cpu(cpu, (lpi) == INTID_NONE ? take_late : take_soon, NULL); \
		if (!EXPECT_EQ(taken[cpu], (uint32_t)(lpi)))                    \
			INFO("on CPU %u", (unsigned int)(cpu));                 \
	} while (0)

TEST(gic.its, typer, .doc = "GITS_TYPER is read-only; physical LPIs, and widths that make sense", .needs = "its",
	.source = ITS "GITS_TYPER")
{
	uint64_t address = its_registers() + GITS_TYPER, typer = io_read64(address);

	INFO("GITS_TYPER 0x%lx: %lu event bits, %lu device bits, ITT entries of %lu bytes, %lu collections inside",
		typer, (typer >> 8 & 31) + 1, (typer >> 13 & 31) + 1, (typer >> 4 & 15) + 1, typer >> 24 & 255);
	EXPECT_TRUE(typer & GITS_TYPER_PHYSICAL);
	EXPECT_GE((typer >> 13 & 31) + 1, 1u);
	EXPECT_EQ(io_read32(address), (uint32_t)typer);
	EXPECT_EQ(io_read32(address + 4), (uint32_t)(typer >> 32));
	io_write64(address, ~typer);
	EXPECT_EQ(io_read64(address), typer);
}

TEST(gic.its, identification, .doc = "GITS_IIDR and PIDR2 are read-only; the architecture is the distributor's",
	.needs = "its", .source = ITS "GITS_IIDR, GITS_PIDR2")
{
	uint64_t its = its_registers();
	uint32_t iidr = io_read32(its + GITS_IIDR), pidr2 = io_read32(its + GICD_PIDR2);

	io_write32(its + GITS_IIDR, ~iidr);
	io_write32(its + GICD_PIDR2, ~pidr2);
	EXPECT_EQ(io_read32(its + GITS_IIDR), iidr);
	EXPECT_EQ(io_read32(its + GICD_PIDR2), pidr2);
	EXPECT_EQ(pidr2 >> 4 & 15, io_read32(gic_distributor() + GICD_PIDR2) >> 4 & 15);
}

TEST(gic.its, tables, .doc = "there is a table for devices, and one for collections unless the ITS keeps some inside",
	.needs = "its", .source = ITS "GITS_BASER<n>, Type, Entry_Size; GITS_TYPER.HCC")
{
	uint64_t its = its_registers(), typer = io_read64(its + GITS_TYPER);
	unsigned int devices = 0, collections = 0;

	for (unsigned int n = 0; n < 8; n++) {
		uint64_t baser = io_read64(its + GITS_BASER + 8 * n);
		unsigned int type = baser >> 56 & 7;

		if (!type)
			continue;
		INFO("GITS_BASER%u 0x%lx: type %u, entries of %lu bytes", n, baser, type, (baser >> 48 & 31) + 1);
		devices += type == GITS_BASER_DEVICES;
		collections += type == GITS_BASER_COLLECTIONS;
		/* Type and entry size are read-only. */
		io_write64(its + GITS_BASER + 8 * n, ~baser & ~GIC_BASER_VALID);
		EXPECT_EQ(io_read64(its + GITS_BASER + 8 * n) & (7ull << 56 | 31ull << 48),
			baser & (7ull << 56 | 31ull << 48));
		io_write64(its + GITS_BASER + 8 * n, baser);
	}
	EXPECT_EQ(devices, 1u);
	if (!(typer >> 24 & 255))
		EXPECT_EQ(collections, 1u);
	else
		EXPECT_LE(collections, 1u);
}

TEST(gic.its, quiescent, .doc = "GITS_CTLR.Quiescent is 1 with the ITS off, and the enable keeps what is written",
	.needs = "its", .source = ITS "GITS_CTLR")
{
	uint64_t ctlr;

	start_its();
	ctlr = its_registers() + GITS_CTLR;
	EXPECT_TRUE(io_read32(ctlr) & GITS_CTLR_ON);
	io_write32(ctlr, io_read32(ctlr) & ~GITS_CTLR_ON);
	EXPECT_TRUE(WAIT_FOR(io_read32(ctlr) & GITS_CTLR_QUIET));
	EXPECT_FALSE(io_read32(ctlr) & GITS_CTLR_ON);
	io_write32(ctlr, io_read32(ctlr) | GITS_CTLR_ON);
	EXPECT_TRUE(io_read32(ctlr) & GITS_CTLR_ON);
}

TEST(gic.its, trigger, .doc = "INT of a mapped event: its LPI arrives, once", .needs = "its",
	.source = ITS "MAPD, MAPC, MAPTI, INT")
{
	map_one();
	for (int i = 0; i < 3; i++) {
		trigger(DEVICE, EVENT, 0);
		EXPECT_LPI(LPI);
	}
}

static volatile uint32_t handled, handled_id;

static void on_lpi(unsigned int intid, void *arg)
{
	(void)arg;
	handled_id = intid;
	handled++;
}

TEST(gic.its, trigger_irq, .doc = "an LPI is taken as an IRQ", .needs = "its", .source = ITS "INT; LPIs are in Group 1")
{
	map_one();
	handled = 0;
	gic_set_handler(LPI, on_lpi, NULL);
	irq_enable();
	trigger(DEVICE, EVENT, 0);
	EXPECT_TRUE(WAIT_FOR(handled));
	udelay(QUIET_US);
	irq_disable();
	EXPECT_EQ(handled, 1u);
	EXPECT_EQ(handled_id, (uint32_t)LPI);
}

TEST(gic.its, no_active_state, .doc = "an LPI that comes while it is handled is taken again at once after its end",
	.needs = "its", .source = ITS "LPIs: no active state")
{
	uint32_t iar;

	map_one();
	trigger(DEVICE, EVENT, 0);
	iar = EXPECT_TAKES(LPI);
	trigger(DEVICE, EVENT, 0);
	trigger(DEVICE, EVENT, 0);
	gic_end(iar);
	EXPECT_LPI(LPI);
}

TEST(gic.its, unmapped_event, .doc = "INT of an event that is not mapped triggers nothing, and the ITS goes on",
	.needs = "its", .source = ITS "INT, command errors")
{
	map_one();
	its_int(DEVICE, EVENT + 1);
	its_int(OTHER_DEVICE, EVENT);
	EXPECT_TAKES_NOTHING();
	trigger(DEVICE, EVENT, 0);
	EXPECT_LPI(LPI);
}

TEST(gic.its, each_event, .doc = "events of two devices go to their own LPIs", .needs = "its", .source = ITS "MAPTI")
{
	map_one();
	lpi_configure(OTHER, PRIORITY, true);
	lpi_configure(OTHER + 1, PRIORITY, true);
	its_mapd(OTHER_DEVICE, EVENT_BITS, true);
	its_mapti(OTHER_DEVICE, EVENT, OTHER, 0);
	its_mapti(DEVICE, (1 << EVENT_BITS) - 1, OTHER + 1, 0);
	its_invall(0);
	trigger(OTHER_DEVICE, EVENT, 0);
	EXPECT_LPI(OTHER);
	trigger(DEVICE, (1 << EVENT_BITS) - 1, 0);
	EXPECT_LPI(OTHER + 1);
	trigger(DEVICE, EVENT, 0);
	EXPECT_LPI(LPI);
}

TEST(gic.its, mapi, .doc = "MAPI maps an event to the LPI of the same number", .needs = "its", .source = ITS "MAPI")
{
	uint64_t typer = io_read64(its_registers() + GITS_TYPER);

	/* The event is as large as the INTID of an LPI. */
	if ((typer >> 8 & 31) + 1 < ITS_LPI_BITS)
		SKIP("this ITS has events of %lu bits only", (typer >> 8 & 31) + 1);
	start_its();
	lpi_configure(LPI, PRIORITY, true);
	its_mapd(DEVICE, ITS_LPI_BITS, true);
	its_mapc(0, 0, true);
	its_mapi(DEVICE, LPI, 0);
	its_invall(0);
	trigger(DEVICE, LPI, 0);
	EXPECT_LPI(LPI);
}

TEST(gic.its, disabled,
	.doc = "an LPI disabled in its property, after INV, does not arrive; enabled, after INVALL, it does",
	.needs = "its", .source = ITS "LPI Configuration tables; INV, INVALL")
{
	map_one();
	lpi_configure(LPI, PRIORITY, false);
	its_inv(DEVICE, EVENT);
	trigger(DEVICE, EVENT, 0);
	EXPECT_TAKES_NOTHING();
	lpi_configure(LPI, PRIORITY, true);
	its_invall(0);
	its_sync(0);
	EXPECT_LPI(LPI);
}

TEST(gic.its, enabled_by_inv, .doc = "a pending LPI enabled in its property arrives after INV", .needs = "its",
	.source = ITS "LPI Configuration tables; INV")
{
	map_one();
	lpi_configure(LPI, PRIORITY, false);
	its_inv(DEVICE, EVENT);
	trigger(DEVICE, EVENT, 0);
	EXPECT_TAKES_NOTHING();
	lpi_configure(LPI, PRIORITY, true);
	its_inv(DEVICE, EVENT);
	its_sync(0);
	EXPECT_LPI(LPI);
}

TEST(gic.its, priority, .doc = "of two pending LPIs the one of higher priority is taken first", .needs = "its",
	.source = ITS "LPI Configuration tables, Priority")
{
	map_one();
	lpi_configure(LPI, 0xa0, true);
	lpi_configure(OTHER, 0x40, true);
	its_mapti(DEVICE, EVENT + 1, OTHER, 0);
	its_invall(0);
	gic_set_priority_mask(0);
	trigger(DEVICE, EVENT, 0);
	trigger(DEVICE, EVENT + 1, 0);
	gic_set_priority_mask(0xf0);
	EXPECT_TRUE(WAIT_FOR(gic_highest_pending() == OTHER));
	gic_end(EXPECT_TAKES(OTHER));
	EXPECT_LPI(LPI);
}

TEST(gic.its, clear, .doc = "CLEAR makes a pending LPI not pending", .needs = "its", .source = ITS "CLEAR")
{
	map_one();
	gic_set_priority_mask(0);
	trigger(DEVICE, EVENT, 0);
	its_clear(DEVICE, EVENT);
	its_sync(0);
	gic_set_priority_mask(0xf0);
	EXPECT_TAKES_NOTHING();
	trigger(DEVICE, EVENT, 0);
	EXPECT_LPI(LPI);
}

TEST(gic.its, discard, .doc = "DISCARD takes an event's mapping and its pending state away", .needs = "its",
	.source = ITS "DISCARD")
{
	map_one();
	gic_set_priority_mask(0);
	trigger(DEVICE, EVENT, 0);
	its_discard(DEVICE, EVENT);
	its_sync(0);
	gic_set_priority_mask(0xf0);
	EXPECT_TAKES_NOTHING();
	its_int(DEVICE, EVENT);
	EXPECT_TAKES_NOTHING();
	its_mapti(DEVICE, EVENT, LPI, 0);
	trigger(DEVICE, EVENT, 0);
	EXPECT_LPI(LPI);
}

TEST(gic.its, unmap_device, .doc = "MAPD with V 0: the device's events trigger nothing", .needs = "its",
	.source = ITS "MAPD")
{
	map_one();
	its_mapd(DEVICE, EVENT_BITS, false);
	its_int(DEVICE, EVENT);
	EXPECT_TAKES_NOTHING();
}

TEST(gic.its, unmap_collection,
	.doc = "MAPC with V 0: events of the collection trigger nothing until it is mapped again", .needs = "its",
	.source = ITS "MAPC")
{
	map_one();
	its_mapc(0, 0, false);
	its_int(DEVICE, EVENT);
	EXPECT_TAKES_NOTHING();
	its_mapc(0, 0, true);
	its_invall(0);
	trigger(DEVICE, EVENT, 0);
	EXPECT_LPI(LPI);
}

TEST(gic.its, map_before_collection, .doc = "an event mapped to a collection that is mapped later arrives from then on",
	.needs = "its", .source = ITS "MAPTI, MAPC: the collection need not be mapped")
{
	start_its();
	lpi_configure(LPI, PRIORITY, true);
	its_mapd(DEVICE, EVENT_BITS, true);
	its_mapti(DEVICE, EVENT, LPI, 3);
	its_mapc(3, 0, true);
	its_invall(3);
	trigger(DEVICE, EVENT, 0);
	EXPECT_LPI(LPI);
}

TEST(gic.its, collections, .doc = "each collection's events go to its CPU", .needs = "its", .cpus = 2,
	.source = ITS "MAPC, RDbase")
{
	start_its();
	its_mapd(DEVICE, EVENT_BITS, true);
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++) {
		lpi_configure(LPI + cpu, PRIORITY, true);
		its_mapc(cpu, cpu, true);
		its_mapti(DEVICE, cpu, LPI + cpu, cpu);
		its_invall(cpu);
	}
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		trigger(DEVICE, cpu, cpu);
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++) {
		EXPECT_CPU_TAKES(cpu, LPI + cpu);
		EXPECT_CPU_TAKES(cpu, INTID_NONE);
	}
}

/* The same event by collection 0 on this CPU and collection 1 on the next. */
static void map_two(void)
{
	map_one();
	its_mapc(1, 1, true);
	its_invall(1);
	its_sync(1);
}

TEST(gic.its, movi, .doc = "MOVI sends an event to another collection's CPU", .needs = "its", .cpus = 2,
	.source = ITS "MOVI")
{
	map_two();
	its_movi(DEVICE, EVENT, 1);
	its_sync(0);
	trigger(DEVICE, EVENT, 1);
	EXPECT_CPU_TAKES(1, LPI);
	EXPECT_CPU_TAKES(0, INTID_NONE);
	its_movi(DEVICE, EVENT, 0);
	its_sync(1);
	trigger(DEVICE, EVENT, 0);
	EXPECT_CPU_TAKES(0, LPI);
	EXPECT_CPU_TAKES(1, INTID_NONE);
}

TEST(gic.its, movi_pending, .doc = "MOVI takes a pending LPI along", .needs = "its", .cpus = 2, .source = ITS "MOVI")
{
	map_two();
	gic_set_priority_mask(0);
	trigger(DEVICE, EVENT, 0);
	its_movi(DEVICE, EVENT, 1);
	its_sync(0);
	its_sync(1);
	gic_set_priority_mask(0xf0);
	EXPECT_CPU_TAKES(1, LPI);
	EXPECT_CPU_TAKES(0, INTID_NONE);
}

TEST(gic.its, movall, .doc = "MOVALL takes all pending LPIs of a CPU to another", .needs = "its", .cpus = 2,
	.source = ITS "MOVALL")
{
	uint32_t first;

	map_two();
	lpi_configure(OTHER, PRIORITY, true);
	its_mapti(DEVICE, EVENT + 1, OTHER, 0);
	its_invall(0);
	gic_set_priority_mask(0);
	trigger(DEVICE, EVENT, 0);
	trigger(DEVICE, EVENT + 1, 0);
	its_movall(0, 1);
	its_sync(0);
	its_sync(1);
	gic_set_priority_mask(0xf0);
	EXPECT_CPU_TAKES(0, INTID_NONE);
	/* Equal priorities: in either order. */
	on_cpu(1, take_soon, NULL);
	first = taken[1];
	if (!EXPECT_TRUE(first == LPI || first == OTHER))
		INFO("CPU 1 took %u", first);
	EXPECT_CPU_TAKES(1, first == LPI ? OTHER : LPI);
	EXPECT_CPU_TAKES(1, INTID_NONE);
}

TEST(gic.its, remap_collection, .doc = "MAPC of a collection to another CPU: its events go there", .needs = "its",
	.cpus = 2, .source = ITS "MAPC")
{
	map_one();
	its_mapc(0, 1, true);
	its_invall(0);
	its_sync(1);
	trigger(DEVICE, EVENT, 1);
	EXPECT_CPU_TAKES(1, LPI);
	EXPECT_CPU_TAKES(0, INTID_NONE);
}

TEST(gic.its, queue_wraps, .doc = "more commands than the queue holds: it goes on from its start", .needs = "its",
	.source = ITS "The ITS command interface: GITS_CWRITER, GITS_CREADR")
{
	map_one();
	/* 2048 commands fill 64 KiB. */
	for (int i = 0; i < 2100; i++)
		its_sync(0);
	trigger(DEVICE, EVENT, 0);
	EXPECT_LPI(LPI);
}

TEST(gic.its, pending_table,
	.doc = "LPIs whose bits are set in the pending table when LPIs are enabled arrive, and no others",
	.needs = "its", .source = ITS "LPI Pending tables; GICR_PENDBASER, GICR_CTLR.EnableLPIs")
{
	uint32_t seen = 0;

	start_its();
	if (!(io_read32(gic_redistributor(0) + GICR_CTLR) & GICR_CTLR_CES))
		SKIP("GICR_CTLR.CES: this GIC does not let LPIs be disabled");
	its_mapd(DEVICE, EVENT_BITS, true);
	its_mapc(0, 0, true);
	for (unsigned int i = 0; i < 16; i++) {
		lpi_configure(LPI + i, PRIORITY, true);
		its_mapti(DEVICE, i, LPI + i, 0);
	}
	its_invall(0);
	its_sync(0);
	lpi_disable(0);
	/* Every other one; PTZ must not tell that the table is zero. */
	for (unsigned int i = 0; i < 16; i += 2)
		lpi_write_pending(0, LPI + i, true);
	io_write64(gic_redistributor(0) + GICR_PENDBASER,
		io_read64(gic_redistributor(0) + GICR_PENDBASER) & ~GICR_PENDBASER_PTZ);
	lpi_enable(0);
	for (unsigned int i = 0; i < 8; i++) {
		uint32_t iar = acknowledge_soon();

		if (!EXPECT_TRUE(gic_intid(iar) >= LPI && gic_intid(iar) < LPI + 16)) {
			INFO("acknowledged %u", gic_intid(iar));
			return;
		}
		seen |= 1u << (gic_intid(iar) - LPI);
		gic_end(iar);
	}
	EXPECT_EQ(seen, 0x5555u);
	EXPECT_TAKES_NOTHING();
}
