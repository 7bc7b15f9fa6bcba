/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What only a GICv2 has: senders of SGIs, banked registers, targets as masks of CPU interfaces.
 *
 * Source of all: GICv2 architecture (IHI 0048).
 */
#include <arch/io.h>
#include <limpid/bitops.h>
#include <limpid/boot.h>
#include <limpid/string.h>
#include <limpid/test.h>
#include "gic.h"

#define SGI 4

#define IAR_SENDER(iar) ((iar) >> 10 & 7)

static void be_known(void *arg)
{
	(void)arg;
	gic_enable_irq(SGI);
}

/* All CPUs have used the interrupt controller: their masks are known. */
static uint8_t all_masks(void)
{
	uint8_t mask = 0;

	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++) {
		on_cpu(cpu, be_known, NULL);
		mask |= gic_interface_mask(cpu);
	}
	return mask;
}

static void send(uint32_t sgir)
{
	io_write32(gic_distributor() + GICD_SGIR, sgir);
	/* It has reached the distributor before the CPU interface is asked. */
	dsb(sy);
}

static void send_from(void *arg)
{
	send(*(uint32_t *)arg);
}

TEST(gic.v2, typer_cpus, .doc = "GICD_TYPER counts as many CPU interfaces as there are CPUs", .needs = "gicv2",
	.source = "GICv2 (IHI 0048), GICD_TYPER, CPUNumber")
{
	unsigned int cpus = (io_read32(gic_distributor() + GICD_TYPER) >> 5 & 7) + 1;

	EXPECT_EQ(cpus, machine.cpu_count);
}

TEST(gic.v2, interface_iidr, .doc = "GICC_IIDR tells version 2, and is read-only", .needs = "gicv2",
	.source = "GICv2 (IHI 0048), GICC_IIDR, Architecture version")
{
	uint64_t iidr;
	uint32_t before;

	gic_enable_irq(SGI);
	iidr = gic_cpu_interface() + GICC_IIDR;
	before = io_read32(iidr);
	EXPECT_EQ(before >> 16 & 15, 2u);
	io_write32(iidr, ~before);
	EXPECT_EQ(io_read32(iidr), before);
}

TEST(gic.v2, sgi_filter_self, .doc = "TargetListFilter 0b10 sends to the writer alone", .needs = "gicv2",
	.source = "GICv2 (IHI 0048), GICD_SGIR")
{
	uint32_t iar;

	gic_enable_irq(SGI);
	/* The list is ignored. */
	send(2u << 24 | 0xffu << 16 | SGI);
	iar = EXPECT_TAKES(SGI);
	gic_end(iar);
	EXPECT_TAKES_NOTHING();
}

TEST(gic.v2, sgi_empty_list, .doc = "an empty target list sends to nobody", .needs = "gicv2",
	.source = "GICv2 (IHI 0048), GICD_SGIR, CPUTargetList")
{
	gic_enable_irq(SGI);
	send(SGI);
	EXPECT_FALSE(gic_pending(SGI));
	EXPECT_TAKES_NOTHING();
}

static uint32_t taken_iar[MACHINE_MAX_CPUS][2];

static void take_two(void *arg)
{
	(void)arg;
	for (int i = 0; i < 2; i++) {
		uint32_t iar = i ? acknowledge_late() : acknowledge_soon();

		taken_iar[cpu_index()][i] = iar;
		if (gic_intid(iar) < INTID_SPECIAL)
			gic_end(iar);
	}
}

static void take_late(void *arg)
{
	(void)arg;
	taken_iar[cpu_index()][0] = acknowledge_late();
	if (gic_intid(taken_iar[cpu_index()][0]) < INTID_SPECIAL)
		gic_end(taken_iar[cpu_index()][0]);
}

TEST(gic.v2, sgi_list, .doc = "one write sends to all CPUs of its list, and to no other", .needs = "gicv2", .cpus = 3,
	.source = "GICv2 (IHI 0048), GICD_SGIR, CPUTargetList")
{
	uint8_t mask = all_masks() & ~gic_interface_mask(1);

	send((uint32_t)mask << 16 | SGI);
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++) {
		memset(taken_iar[cpu], 0, sizeof(taken_iar[cpu]));
		if (cpu == 1)
			continue;
		on_cpu(cpu, take_two, NULL);
		EXPECT_EQ(taken_iar[cpu][0] & 0x3ff, (uint32_t)SGI);
		EXPECT_EQ(taken_iar[cpu][1] & 0x3ff, (uint32_t)INTID_NONE);
	}
	on_cpu(1, take_late, NULL);
	EXPECT_EQ(taken_iar[1][0] & 0x3ff, (uint32_t)INTID_NONE);
}

TEST(gic.v2, sgi_sender, .doc = "the acknowledge of an SGI names the sending CPU interface", .needs = "gicv2",
	.cpus = 2, .source = "GICv2 (IHI 0048), GICC_IAR, CPUID")
{
	uint32_t sgir, iar;

	all_masks();
	sgir = (uint32_t)gic_interface_mask(0) << 16 | SGI;
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++) {
		on_cpu(cpu, send_from, &sgir);
		iar = EXPECT_TAKES(SGI);
		EXPECT_EQ(BIT(IAR_SENDER(iar)), (uint64_t)gic_interface_mask(cpu));
		gic_end(iar);
	}
}

TEST(gic.v2, sgi_two_senders, .doc = "one SGI from two CPUs is taken twice, once from each", .needs = "gicv2",
	.cpus = 3,
	.source = "GICv2 (IHI 0048), Software Generated Interrupts: each source has a pending state of its own")
{
	uint32_t sgir, first, second;

	all_masks();
	sgir = (uint32_t)gic_interface_mask(0) << 16 | SGI;
	on_cpu(1, send_from, &sgir);
	on_cpu(2, send_from, &sgir);
	first = EXPECT_TAKES(SGI);
	gic_end(first);
	second = EXPECT_TAKES(SGI);
	gic_end(second);
	EXPECT_EQ(BIT(IAR_SENDER(first)) | BIT(IAR_SENDER(second)),
		(uint64_t)(gic_interface_mask(1) | gic_interface_mask(2)));
	EXPECT_TAKES_NOTHING();
}

TEST(gic.v2, sgi_pending_registers, .doc = "SPENDSGIR sets an SGI pending as from a given CPU, CPENDSGIR clears it",
	.needs = "gicv2", .source = "GICv2 (IHI 0048), GICD_SPENDSGIRn, GICD_CPENDSGIRn")
{
	uint64_t dist = gic_distributor();
	uint8_t self;
	uint32_t iar;

	gic_enable_irq(SGI);
	self = gic_interface_mask(0);
	io_write8(dist + GICD_SPENDSGIR + SGI, self);
	dsb(sy);
	EXPECT_EQ(io_read8(dist + GICD_SPENDSGIR + SGI), self);
	EXPECT_EQ(io_read8(dist + GICD_CPENDSGIR + SGI), self);
	EXPECT_TRUE(gic_pending(SGI));
	iar = EXPECT_TAKES(SGI);
	EXPECT_EQ(BIT(IAR_SENDER(iar)), (uint64_t)self);
	gic_end(iar);
	io_write8(dist + GICD_SPENDSGIR + SGI, self);
	io_write8(dist + GICD_CPENDSGIR + SGI, self);
	dsb(sy);
	EXPECT_EQ(io_read8(dist + GICD_SPENDSGIR + SGI), 0u);
	EXPECT_TAKES_NOTHING();
}

TEST(gic.v2, own_mask, .doc = "ITARGETSR0 to 7 give each CPU a bit of its own, and are read-only", .needs = "gicv2",
	.cpus = 2, .source = "GICv2 (IHI 0048), GICD_ITARGETSRn")
{
	uint64_t targets = gic_distributor() + GICD_ITARGETSR;
	uint32_t before;

	EXPECT_EQ(popcount64(all_masks()), cpu_count());
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		EXPECT_EQ(popcount64(gic_interface_mask(cpu)), 1u);
	before = io_read32(targets);
	EXPECT_EQ(before, gic_interface_mask(0) * 0x01010101u);
	io_write32(targets, ~before);
	EXPECT_EQ(io_read32(targets), before);
}

TEST(gic.v2, targets, .doc = "each SPI's targets keep what is written, of the CPUs that are there", .needs = "gicv2",
	.cpus = 2, .source = "GICv2 (IHI 0048), GICD_ITARGETSRn")
{
	uint64_t base = gic_distributor() + GICD_ITARGETSR;
	uint32_t all = all_masks() * 0x01010101u;
	unsigned int lines = gic_lines(), wrong = 0;

	for (unsigned int intid = 32; intid + 3 < lines; intid += 4) {
		static const uint32_t patterns[] = {0x01020103, 0, 0x03000201};

		for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
			uint32_t got;

			io_write32(base + intid, patterns[i] & all);
			got = io_read32(base + intid);
			if (got != (patterns[i] & all) && wrong++ < 3) {
				INFO("INTIDs from %u", intid);
				EXPECT_EQ(got, patterns[i] & all);
			}
		}
	}
	EXPECT_EQ(wrong, 0u);
}

TEST(gic.v2, targets_absent, .doc = "the target bits of CPUs that are not there are RAZ/WI", .needs = "gicv2",
	.cpus = 2, .source = "GICv2 (IHI 0048), GICD_ITARGETSRn: unimplemented CPU interfaces' bits are RAZ/WI")
{
	uint64_t target = gic_distributor() + GICD_ITARGETSR + spare_spi(0);
	uint8_t all = all_masks();

	if (all == 0xff)
		SKIP("all eight CPU interfaces are there");
	io_write8(target, 0xff);
	EXPECT_EQ(io_read8(target), all);
}

TEST(gic.v2, targets_one_cpu, .doc = "with one CPU all targets are RAZ/WI", .needs = "gicv2",
	.source = "GICv2 (IHI 0048), GICD_ITARGETSRn: RAZ/WI in a uniprocessor implementation")
{
	uint64_t target = gic_distributor() + GICD_ITARGETSR + spare_spi(0);

	if (machine.cpu_count > 1)
		SKIP("the machine has %u CPUs", machine.cpu_count);
	EXPECT_EQ(io_read8(target), 0u);
	io_write8(target, 0xff);
	EXPECT_EQ(io_read8(target), 0u);
	EXPECT_EQ(io_read32(gic_distributor() + GICD_ITARGETSR), 0u);
}

TEST(gic.v2, targets_by_byte, .doc = "a byte of the targets is written and read alone", .needs = "gicv2", .cpus = 2,
	.source = "GICv2 (IHI 0048), GICD_ITARGETSRn: byte-accessible")
{
	uint64_t base = gic_distributor() + GICD_ITARGETSR + 32;

	all_masks();
	io_write32(base, 0);
	for (unsigned int byte = 0; byte < 4; byte++) {
		uint8_t mask = gic_interface_mask(byte & 1);

		io_write8(base + byte, mask);
		EXPECT_EQ(io_read8(base + byte), mask);
		EXPECT_EQ(io_read32(base) >> (8 * byte), (uint32_t)mask);
	}
}

TEST(gic.v2, targets_beyond, .doc = "targets beyond the last INTID are RAZ/WI", .needs = "gicv2",
	.source = "GICv2 (IHI 0048), GICD_ITARGETSRn, GICD_TYPER.ITLinesNumber")
{
	uint64_t target = gic_distributor() + GICD_ITARGETSR + gic_lines();

	if (gic_lines() >= INTID_SPECIAL)
		SKIP("all INTIDs are there");
	io_write32(target, ~0u);
	EXPECT_EQ(io_read32(target), 0u);
}

TEST(gic.v2, pending_without_target,
	.doc = "an SPI that has no target is pending all the same, and is taken when it gets one", .needs = "gicv2",
	.cpus = 2,
	.source = "GICv2 (IHI 0048), GICD_ISPENDRn; GICD_ITARGETSRn: changes of a pending interrupt's targets")
{
	unsigned int intid = spare_spi(0);
	uint32_t iar;

	gic_enable_irq(intid);
	io_write8(gic_distributor() + GICD_ITARGETSR + intid, 0);
	gic_set_pending(intid, true);
	EXPECT_TRUE(gic_pending(intid));
	EXPECT_TAKES_NOTHING();
	gic_set_target(intid, 0);
	/* Else this waits for what never comes. */
	if (!gic_pending(intid)) {
		FAIL("it is not pending any more");
		return;
	}
	iar = EXPECT_TAKES(intid);
	gic_end(iar);
}

static uint32_t enabled_there, pending_there;

static void read_banked(void *arg)
{
	unsigned int intid = *(unsigned int *)arg;

	enabled_there = io_read32(gic_distributor() + GICD_ISENABLER) >> intid & 1;
	pending_there = gic_pending(intid);
}

TEST(gic.v2, banked, .doc = "a PPI's enable and pending state are each CPU's own", .needs = "gicv2", .cpus = 2,
	.source = "GICv2 (IHI 0048), Banked registers")
{
	static unsigned int ppi = 31;

	all_masks();
	gic_enable_irq(ppi);
	gic_set_pending(ppi, true);
	enabled_there = pending_there = 2;
	on_cpu(1, read_banked, &ppi);
	EXPECT_EQ(enabled_there, 0u);
	EXPECT_EQ(pending_there, 0u);
	EXPECT_TRUE(gic_pending(ppi));
	gic_set_pending(ppi, false);
}

TEST(gic.v2, one_of_n, .doc = "an SPI for all CPUs that one has acknowledged is taken by no other", .needs = "gicv2",
	.cpus = 2, .source = "GICv2 (IHI 0048), Models for handling interrupts: the 1-N model, which SPIs have")
{
	unsigned int intid = spare_spi(0);
	uint8_t mask = all_masks();
	uint32_t iar;

	gic_enable_irq(intid);
	io_write8(gic_distributor() + GICD_ITARGETSR + intid, mask);
	gic_set_pending(intid, true);
	iar = EXPECT_TAKES(intid);
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++) {
		on_cpu(cpu, take_late, NULL);
		if (!EXPECT_EQ(taken_iar[cpu][0] & 0x3ff, (uint32_t)INTID_NONE))
			INFO("CPU %u took it while it was active on CPU 0", cpu);
	}
	gic_end(iar);
	/* Nor afterwards. */
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++) {
		on_cpu(cpu, take_late, NULL);
		EXPECT_EQ(taken_iar[cpu][0] & 0x3ff, (uint32_t)INTID_NONE);
	}
}
