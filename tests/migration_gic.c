/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Migration of interrupt controllers: what was configured, pending and active is so on the target, and goes on from
 * there.
 *
 * Source: GIC architecture, v2 (IHI 0048), v3 and v4 (IHI 0069).
 */
#include <arch/barrier.h>
#include <arch/io.h>
#include <limpid/delay.h>
#include <limpid/expect.h>
#include <limpid/gic.h>
#include <limpid/gic_registers.h>
#include <limpid/its.h>
#include <limpid/migrate.h>
#include <limpid/smp.h>
#include <limpid/string.h>
#include <limpid/test.h>
#include "gic.h"

#define SGI    5
#define SPIS   6
#define SOURCE "GIC architecture (IHI 0048, IHI 0069), Interrupt handling and prioritization"

/* --- every register of the states and the configuration --- */

static struct {
	uint64_t before, after;
	unsigned int offset, cpu;
} words[1200];
static unsigned int count;
static bool later;

static void note(unsigned int cpu, unsigned int offset, uint64_t value)
{
	if (count < ARRAY_SIZE(words)) {
		words[count].offset = offset;
		words[count].cpu = cpu;
		*(later ? &words[count].after : &words[count].before) = value;
	}
	count++;
}

static void note_interrupts(unsigned int intid)
{
	static const unsigned int bits[] = {GICD_IGROUPR, GICD_ISENABLER, GICD_ISPENDR, GICD_ISACTIVER};
	uint64_t base = gic_registers(intid);
	unsigned int cpu = cpu_index();

	for (unsigned int i = 0; i < ARRAY_SIZE(bits); i++)
		note(cpu, bits[i] + intid / 8, io_read32(base + bits[i] + intid / 8));
	for (unsigned int i = 0; i < 32; i += 4)
		note(cpu, GICD_IPRIORITYR + intid + i, io_read32(base + GICD_IPRIORITYR + intid + i));
	for (unsigned int i = 0; i < 32; i += 16)
		note(cpu, GICD_ICFGR + (intid + i) / 4, io_read32(base + GICD_ICFGR + (intid + i) / 4));
	if (intid < 32)
		return;
	for (unsigned int i = 0; i < 32; i++) {
		if (gic_version() == 2 && i % 4 == 0)
			note(cpu, GICD_ITARGETSR + intid + i, io_read32(base + GICD_ITARGETSR + intid + i));
		else if (gic_version() == 3)
			note(cpu, GICD_IROUTER + 8 * (intid + i), io_read64(base + GICD_IROUTER + 8 * (intid + i)));
	}
}

/* What a CPU has for itself. The numbers are no offsets of registers: 1 to 2 of the interface. */
static void note_own(void *arg)
{
	(void)arg;
	note_interrupts(0);
	note(cpu_index(), 1, gic_priority_mask());
	note(cpu_index(), 2, gic_binary_point());
}

static void note_all(bool is_later)
{
	later = is_later;
	count = 0;
	note(0, GICD_CTLR, io_read32(gic_distributor() + GICD_CTLR));
	for (unsigned int intid = 32; intid + 32 <= gic_lines(); intid += 32)
		note_interrupts(intid);
	for (unsigned int cpu = 0; cpu < 2; cpu++)
		on_cpu(cpu, note_own, NULL);
}

/* Different on each CPU. */
static void configure_own(void *arg)
{
	unsigned int cpu = cpu_index();

	(void)arg;
	gic_enable_irq(SGI + cpu);
	gic_set_priority(SGI, 0x40 + 0x20 * cpu);
	gic_set_priority_mask(0xb0 + 0x10 * cpu);
	gic_set_binary_point(3 + cpu);
}

static unsigned int spis[SPIS];

static void find_spis(void)
{
	for (unsigned int i = 0; i < SPIS; i++) {
		spis[i] = gic_spare_spi(i);
		if (!spis[i])
			SKIP("the machine has fewer than %u spare SPIs", SPIS);
	}
}

static void registers(void)
{
	unsigned int wrong = 0;

	find_spis();
	configure_own(NULL);
	on_cpu(1, configure_own, NULL);
	for (unsigned int i = 0; i < SPIS; i++) {
		gic_set_edge(spis[i], i & 1);
		gic_set_priority(spis[i], 0x20 + 0x10 * i);
		gic_set_target(spis[i], i / 2 & 1);
		gic_set_pending(spis[i], i < 3);
		gic_set_active(spis[i], i == 2 || i == 4);
		/* One that is pending is not enabled, so that it stays. */
		if (i >= 3)
			gic_enable_irq(spis[i]);
	}
	note_all(false);
	migrate();
	note_all(true);
	ASSERT_LE(count, ARRAY_SIZE(words));
	for (unsigned int i = 0; i < count; i++)
		if (words[i].before != words[i].after && wrong++ < 20)
			FAIL("register 0x%x of CPU %u: got 0x%lx, want 0x%lx", words[i].offset, words[i].cpu,
				words[i].after, words[i].before);
	EXPECT_EQ(wrong, 0u);
	/* It is no comparison of zeroes. */
	EXPECT_TRUE(gic_pending(spis[0]));
	EXPECT_TRUE(gic_active(spis[2]));
	EXPECT_TRUE(gic_active(spis[4]));
	EXPECT_EQ(gic_priority(spis[5]), 0x70u);
}

TEST(migration, registers_gicv2, .doc = "configuration and states of all interrupts are kept",
	.needs = "migration gicv2", .cpus = 2, .source = SOURCE)
{
	registers();
}

TEST(migration, registers_gicv3, .doc = "configuration and states of all interrupts are kept",
	.needs = "migration gicv3", .cpus = 2, .source = SOURCE)
{
	registers();
}

/* --- what is pending and active goes on --- */

static void pend(unsigned int intid, uint8_t priority)
{
	gic_set_edge(intid, true);
	gic_set_priority(intid, priority);
	gic_set_target(intid, 0);
	gic_enable_irq(intid);
	gic_set_pending(intid, true);
}

/* Acknowledges what comes. */
static uint32_t acknowledge(void)
{
	uint64_t start = counter_read(), patience = counter_from_us(PATIENCE_US);
	uint32_t iar;

	do
		iar = gic_acknowledge();
	while (gic_intid(iar) == INTID_NONE && counter_read() - start < patience);
	return iar;
}

static void order(void)
{
	static const uint8_t priorities[] = {0x80, 0x40, 0x60};
	static const unsigned int want[] = {1, 2, 0};

	find_spis();
	for (unsigned int i = 0; i < ARRAY_SIZE(priorities); i++)
		pend(spis[i], priorities[i]);
	migrate();
	for (unsigned int i = 0; i < ARRAY_SIZE(want); i++) {
		uint32_t iar = acknowledge();

		EXPECT_EQ(gic_intid(iar), spis[want[i]]);
		if (gic_intid(iar) < INTID_SPECIAL)
			gic_end(iar);
	}
	EXPECT_EQ(gic_intid(gic_acknowledge()), (unsigned int)INTID_NONE);
}

TEST(migration, pending_order_gicv2, .doc = "SPIs that are pending are taken on the target, by priority",
	.needs = "migration gicv2", .source = SOURCE)
{
	order();
}

TEST(migration, pending_order_gicv3, .doc = "SPIs that are pending are taken on the target, by priority",
	.needs = "migration gicv3", .source = SOURCE)
{
	order();
}

static void running(void)
{
	uint32_t iar, above;
	uint8_t idle = gic_running_priority();

	find_spis();
	pend(spis[0], 0x60);
	iar = acknowledge();
	ASSERT_EQ(gic_intid(iar), spis[0]);
	migrate();
	EXPECT_EQ(gic_running_priority(), 0x60u);
	EXPECT_TRUE(gic_active(spis[0]));
	/* One of lower priority waits, one of higher does not. */
	pend(spis[1], 0x80);
	EXPECT_EQ(gic_intid(gic_acknowledge()), (unsigned int)INTID_NONE);
	pend(spis[2], 0x20);
	above = acknowledge();
	EXPECT_EQ(gic_intid(above), spis[2]);
	if (gic_intid(above) < INTID_SPECIAL)
		gic_end(above);
	gic_end(iar);
	EXPECT_FALSE(gic_active(spis[0]));
	EXPECT_EQ(gic_running_priority(), idle);
	iar = acknowledge();
	EXPECT_EQ(gic_intid(iar), spis[1]);
	if (gic_intid(iar) < INTID_SPECIAL)
		gic_end(iar);
}

TEST(migration, running_priority_gicv2, .doc = "an active interrupt keeps those of its priority and below away",
	.needs = "migration gicv2", .source = SOURCE)
{
	running();
}

TEST(migration, running_priority_gicv3, .doc = "an active interrupt keeps those of its priority and below away",
	.needs = "migration gicv3", .source = SOURCE)
{
	running();
}

/* --- LPIs --- */

#define DEVICE 3
#define LPI    (INTID_LPI + 7)

/* Three events of a device: of LPIs on CPU 0, 0 and 1. */
static void map(void)
{
	start_its();
	its_mapd(DEVICE, 4, true);
	its_mapc(0, 0, true);
	its_mapc(1, 1, true);
	for (uint32_t event = 0; event < 3; event++) {
		lpi_configure(LPI + event, 0x80, true);
		its_mapti(DEVICE, event, LPI + event, event / 2);
	}
	its_invall(0);
	its_invall(1);
	its_sync(0);
	its_sync(1);
}

static void enable_sgi(void *arg)
{
	(void)arg;
	gic_enable_irq(SGI);
}

/* CPU 0 brings the interrupt controller up, which the others may use after it. */
static void enable_sgi_everywhere(void)
{
	gic_enable_irq(SGI);
	on_each_cpu(enable_sgi, NULL);
}

static uint32_t lpi_on_second;

static void take_on_second(void *arg)
{
	uint32_t iar = acknowledge();

	(void)arg;
	lpi_on_second = gic_intid(iar);
	if (lpi_on_second != INTID_NONE)
		gic_end(iar);
}

static void expect_lpi(uint32_t want)
{
	uint32_t iar = acknowledge();

	EXPECT_EQ(gic_intid(iar), want);
	if (gic_intid(iar) != INTID_NONE)
		gic_end(iar);
}

TEST(migration, lpi_pending, .doc = "LPIs that are pending are taken on the target", .needs = "migration its",
	.cpus = 2, .source = "GIC architecture (IHI 0069), LPI Pending tables")
{
	enable_sgi_everywhere();
	map();
	its_int(DEVICE, 0);
	its_int(DEVICE, 2);
	its_sync(0);
	its_sync(1);
	migrate();
	expect_lpi(LPI);
	EXPECT_EQ(gic_intid(gic_acknowledge()), (unsigned int)INTID_NONE);
	on_cpu(1, take_on_second, NULL);
	EXPECT_EQ(lpi_on_second, LPI + 2u);
}

TEST(migration, lpi_mapped, .doc = "the ITS translates on the target as before, and takes commands",
	.needs = "migration its", .cpus = 2, .source = "GIC architecture (IHI 0069), The ITS tables")
{
	enable_sgi_everywhere();
	map();
	migrate();
	its_int(DEVICE, 1);
	its_sync(0);
	expect_lpi(LPI + 1);
	its_int(DEVICE, 2);
	its_sync(1);
	on_cpu(1, take_on_second, NULL);
	EXPECT_EQ(lpi_on_second, LPI + 2u);
	its_movi(DEVICE, 2, 0);
	its_int(DEVICE, 2);
	its_sync(0);
	expect_lpi(LPI + 2);
}

#define MANY 256

static unsigned int taken[2], strange;

/* Takes all there are; each CPU has every other one. */
static void take_many(void *arg)
{
	unsigned int cpu = cpu_index();

	(void)arg;
	for (;;) {
		uint32_t iar = taken[cpu] < MANY / 2 ? acknowledge() : gic_acknowledge(), intid = gic_intid(iar);

		if (intid == INTID_NONE)
			return;
		taken[cpu]++;
		strange += intid < LPI || intid >= LPI + MANY || (intid - LPI) % 2 != cpu;
		gic_end(iar);
	}
}

TEST(migration, lpi_pending_many, .doc = "256 LPIs pending on two CPUs in turn are all taken on the target",
	.needs = "migration its", .cpus = 2, .source = "GIC architecture (IHI 0069), LPI Pending tables")
{
	enable_sgi_everywhere();
	start_its();
	its_mapd(DEVICE, 8, true);
	for (unsigned int cpu = 0; cpu < 2; cpu++) {
		taken[cpu] = 0;
		its_mapc(cpu, cpu, true);
	}
	strange = 0;
	for (uint32_t event = 0; event < MANY; event++) {
		lpi_configure(LPI + event, 0x80, true);
		its_mapti(DEVICE, event, LPI + event, event % 2);
	}
	for (unsigned int cpu = 0; cpu < 2; cpu++)
		its_invall(cpu);
	for (uint32_t event = 0; event < MANY; event++)
		its_int(DEVICE, event);
	its_sync(0);
	its_sync(1);
	migrate();
	for (unsigned int cpu = 0; cpu < 2; cpu++) {
		on_cpu(cpu, take_many, NULL);
		EXPECT_EQ(taken[cpu], MANY / 2u);
	}
	EXPECT_EQ(strange, 0u);
}

TEST(migration, collection_unmapped, .doc = "an event of a collection that is mapped on the target only arrives there",
	.needs = "migration its", .cpus = 2,
	.source = "GIC architecture (IHI 0069), The Interrupt translation table; MAPC")
{
	enable_sgi_everywhere();
	start_its();
	its_mapd(DEVICE, 4, true);
	lpi_configure(LPI, 0x80, true);
	its_mapti(DEVICE, 0, LPI, 1);
	migrate();
	its_mapc(1, 0, true);
	its_invall(1);
	its_sync(0);
	its_int(DEVICE, 0);
	its_sync(0);
	expect_lpi(LPI);
}
