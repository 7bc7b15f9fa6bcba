/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interrupt controller, what versions 2 and 3 have in common: SGIs, the states of an interrupt, priorities, the
 * distributor's registers. That an SGI arrives where it is sent is in irq.c already.
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/io.h>
#include <limpid/bitops.h>
#include <limpid/boot.h>
#include <limpid/smp.h>
#include <limpid/string.h>
#include <limpid/test.h>
#include "gic.h"

#define GIC "GIC architecture (IHI 0048, IHI 0069), "

static uint32_t arrived[MACHINE_MAX_CPUS];
static uint32_t arrived_id[MACHINE_MAX_CPUS];

static void count(unsigned int intid, void *arg)
{
	(void)arg;
	arrived_id[cpu_index()] = intid;
	__atomic_fetch_add(&arrived[cpu_index()], 1, __ATOMIC_RELEASE);
}

static uint32_t ready, done;

/* Takes interrupts until the test says that it is enough. */
static void listen(void *arg)
{
	unsigned int intid = *(unsigned int *)arg;

	gic_enable_irq(intid);
	irq_enable();
	__atomic_fetch_add(&ready, 1, __ATOMIC_RELEASE);
	while (!load_acquire(&done))
		cpu_relax();
	irq_disable();
}

static void listen_everywhere(unsigned int *intid)
{
	memset(arrived, 0, sizeof(arrived));
	ready = done = 0;
	gic_set_handler(*intid, count, NULL);
	gic_enable_irq(*intid);
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		on_cpu_async(cpu, listen, intid);
	while (load_acquire(&ready) < cpu_count() - 1)
		cpu_relax();
	irq_enable();
}

static void listen_no_more(void)
{
	/* What comes too late, or twice, has its time. */
	udelay(QUIET_US);
	store_release(&done, 1);
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		cpu_wait(cpu);
	irq_disable();
}

static uint32_t all_arrived(void)
{
	uint32_t sum = 0;

	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		sum += load_acquire(&arrived[cpu]);
	return sum;
}

TEST(gic, sgi_to_others, .doc = "an SGI to all but self arrives once at every other CPU, and not at the sender",
	.needs = "gic", .cpus = 2, .source = GIC "GICD_SGIR, TargetListFilter; ICC_SGI1R_EL1, IRM")
{
	unsigned int intid = 7;

	listen_everywhere(&intid);
	gic_send_sgi_to_others(intid);
	WAIT_FOR(all_arrived() >= cpu_count() - 1);
	listen_no_more();
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		EXPECT_EQ(arrived[cpu], cpu ? 1u : 0u);
}

static void send_to_others(void *arg)
{
	(void)arg;
	gic_send_sgi_to_others(7);
}

TEST(gic, sgi_to_others_from_secondary, .doc = "the same sent by a CPU that takes interrupts itself", .needs = "gic",
	.cpus = 2, .source = GIC "GICD_SGIR, TargetListFilter; ICC_SGI1R_EL1, IRM")
{
	unsigned int intid = 7;

	memset(arrived, 0, sizeof(arrived));
	gic_set_handler(intid, count, NULL);
	gic_enable_irq(intid);
	irq_enable();
	on_cpu(1, send_to_others, NULL);
	WAIT_FOR(load_acquire(&arrived[0]));
	udelay(QUIET_US);
	irq_disable();
	EXPECT_EQ(arrived[0], 1u);
	EXPECT_EQ(arrived[1], 0u);
}

TEST(gic, sgi_each_id, .doc = "each of the 16 SGIs arrives with its own INTID", .needs = "gic",
	.source = GIC "Software Generated Interrupts")
{
	for (unsigned int intid = 0; intid < 16; intid++) {
		uint32_t iar;

		gic_enable_irq(intid);
		gic_send_sgi(0, intid);
		iar = EXPECT_TAKES(intid);
		gic_end(iar);
	}
	EXPECT_TAKES_NOTHING();
}

TEST(gic, sgi_once, .doc = "an SGI sent twice before it is taken is taken once", .needs = "gic",
	.source = GIC "Software Generated Interrupts: edge-triggered")
{
	uint32_t iar;

	gic_enable_irq(3);
	gic_send_sgi(0, 3);
	gic_send_sgi(0, 3);
	iar = EXPECT_TAKES(3);
	gic_end(iar);
	EXPECT_TAKES_NOTHING();
}

TEST(gic, irq_masked, .doc = "an interrupt waits while PSTATE.I is set, and is taken when it is cleared",
	.needs = "gic", .source = "Arm ARM (DDI 0487), Asynchronous exception masking")
{
	memset(arrived, 0, sizeof(arrived));
	gic_set_handler(3, count, NULL);
	gic_enable_irq(3);
	gic_send_sgi(0, 3);
	EXPECT_TRUE(WAIT_FOR(gic_pending(3)));
	udelay(QUIET_US);
	EXPECT_EQ(arrived[0], 0u);
	irq_enable();
	EXPECT_TRUE(WAIT_FOR(load_acquire(&arrived[0])));
	irq_disable();
	EXPECT_EQ(arrived[0], 1u);
	EXPECT_EQ(arrived_id[0], 3u);
}

TEST(gic, wfi, .doc = "a pending interrupt ends WFI although PSTATE.I is set", .needs = "gic",
	.source = "Arm ARM (DDI 0487), Wait for Interrupt mechanism")
{
	uint32_t iar;

	gic_enable_irq(3);
	gic_send_sgi(0, 3);
	EXPECT_TRUE(WAIT_FOR(gic_pending(3)));
	/* Hangs if it does not. */
	wfi();
	iar = EXPECT_TAKES(3);
	gic_end(iar);
}

TEST(gic, nothing_pending, .doc = "an acknowledge with nothing pending gives 1023, as does the highest pending",
	.needs = "gic", .source = GIC "GICC_IAR, GICC_HPPIR; ICC_IAR1_EL1, ICC_HPPIR1_EL1; Spurious interrupts")
{
	EXPECT_EQ(gic_intid(gic_acknowledge()), (unsigned int)INTID_NONE);
	EXPECT_EQ(gic_highest_pending(), (unsigned int)INTID_NONE);
}

/*
 * The states of an interrupt. Source: "Interrupt handling state machine".
 */
#define STATES GIC "Interrupt handling state machine"

/* Both halves of an interrupt's state at once: "inactive", "pending", "active", "active and pending". */
static unsigned int state(unsigned int intid)
{
	return gic_pending(intid) | (unsigned int)gic_active(intid) << 1;
}

enum { INACTIVE, PENDING, ACTIVE, ACTIVE_PENDING };

TEST(gic, spi_by_software,
	.doc = "an SPI set pending by software: pending, active when acknowledged, inactive when ended", .needs = "gic",
	.source = STATES "; GICD_ISPENDR")
{
	unsigned int intid = spare_spi(0);
	uint32_t iar;

	gic_enable_irq(intid);
	EXPECT_EQ(state(intid), (unsigned int)INACTIVE);
	gic_set_pending(intid, true);
	EXPECT_EQ(state(intid), (unsigned int)PENDING);
	EXPECT_TRUE(WAIT_FOR(gic_highest_pending() == intid));
	iar = EXPECT_TAKES(intid);
	EXPECT_EQ(state(intid), (unsigned int)ACTIVE);
	gic_end(iar);
	EXPECT_EQ(state(intid), (unsigned int)INACTIVE);
	EXPECT_TAKES_NOTHING();
}

TEST(gic, ppi_by_software, .doc = "a PPI set pending by software is taken by this CPU", .needs = "gic",
	.source = STATES "; GICD_ISPENDR0, GICR_ISPENDR0")
{
	/* One that nothing is known to be wired to. */
	unsigned int intid = 31;
	uint32_t iar;

	gic_enable_irq(intid);
	gic_set_pending(intid, true);
	EXPECT_EQ(state(intid), (unsigned int)PENDING);
	iar = EXPECT_TAKES(intid);
	EXPECT_TRUE(gic_active(intid));
	gic_end(iar);
	EXPECT_EQ(state(intid), (unsigned int)INACTIVE);
	EXPECT_TAKES_NOTHING();
}

TEST(gic, active_and_pending, .doc = "an interrupt that comes while it is active is taken once more, after its end",
	.needs = "gic", .source = STATES)
{
	unsigned int intid = spare_spi(0);
	uint32_t iar;

	gic_enable_irq(intid);
	gic_set_pending(intid, true);
	iar = EXPECT_TAKES(intid);
	gic_set_pending(intid, true);
	EXPECT_EQ(state(intid), (unsigned int)ACTIVE_PENDING);
	EXPECT_TAKES_NOTHING();
	gic_end(iar);
	EXPECT_EQ(state(intid), (unsigned int)PENDING);
	iar = EXPECT_TAKES(intid);
	gic_end(iar);
	EXPECT_TAKES_NOTHING();
}

TEST(gic, clear_pending, .doc = "an interrupt whose pending state is cleared is not taken", .needs = "gic",
	.source = GIC "GICD_ICPENDR")
{
	unsigned int intid = spare_spi(0);

	gic_enable_irq(intid);
	gic_set_pending(intid, true);
	gic_set_pending(intid, false);
	EXPECT_EQ(state(intid), (unsigned int)INACTIVE);
	EXPECT_TAKES_NOTHING();
}

TEST(gic, clear_active, .doc = "an active interrupt made inactive by ICACTIVER: one delivery, and the next one comes",
	.needs = "gic", .source = GIC "GICD_ICACTIVER")
{
	unsigned int intid = spare_spi(0);
	uint32_t iar;

	gic_set_split_end(true);
	gic_enable_irq(intid);
	gic_set_pending(intid, true);
	iar = EXPECT_TAKES(intid);
	/* With the split mode this drops the priority only. */
	gic_end(iar);
	EXPECT_EQ(state(intid), (unsigned int)ACTIVE);
	gic_set_active(intid, false);
	EXPECT_EQ(state(intid), (unsigned int)INACTIVE);
	EXPECT_TAKES_NOTHING();
	gic_set_pending(intid, true);
	iar = EXPECT_TAKES(intid);
	gic_end(iar);
	gic_deactivate(iar);
}

static uint64_t sgi_taken;

static void clear_active_in_handler(unsigned int intid, void *arg)
{
	(void)arg;
	sgi_taken++;
	gic_set_active(intid, false);
}

TEST(gic, clear_active_sgi, .doc = "an SGI whose handler clears its active state, then ends it, is delivered once",
	.needs = "gic", .source = GIC "GICD_ICACTIVER0, GICR_ICACTIVER0")
{
	sgi_taken = 0;
	gic_set_handler(3, clear_active_in_handler, NULL);
	gic_enable_irq(3);
	irq_enable();
	gic_send_sgi(0, 3);
	EXPECT_TRUE(WAIT_FOR(*(volatile uint64_t *)&sgi_taken));
	udelay(QUIET_US);
	irq_disable();
	EXPECT_EQ(sgi_taken, 1u);
	EXPECT_EQ(state(3), (unsigned int)INACTIVE);
}

TEST(gic, set_active,
	.doc = "an interrupt made active by software is not taken when it comes, until it is inactive again",
	.needs = "gic", .source = GIC "GICD_ISACTIVER")
{
	unsigned int intid = spare_spi(0);
	uint32_t iar;

	gic_enable_irq(intid);
	gic_set_active(intid, true);
	EXPECT_EQ(state(intid), (unsigned int)ACTIVE);
	gic_set_pending(intid, true);
	EXPECT_EQ(state(intid), (unsigned int)ACTIVE_PENDING);
	EXPECT_TAKES_NOTHING();
	gic_set_active(intid, false);
	iar = EXPECT_TAKES(intid);
	gic_end(iar);
}

TEST(gic, disabled, .doc = "a disabled interrupt stays pending and is not taken; enabled it is", .needs = "gic",
	.source = GIC "GICD_ISENABLER, GICD_ICENABLER")
{
	unsigned int intid = spare_spi(0);
	uint32_t iar;

	gic_enable_irq(intid);
	gic_disable_irq(intid);
	gic_set_pending(intid, true);
	EXPECT_EQ(state(intid), (unsigned int)PENDING);
	EXPECT_TAKES_NOTHING();
	gic_enable_irq(intid);
	iar = EXPECT_TAKES(intid);
	gic_end(iar);
}

TEST(gic, split_end, .doc = "with EOImode 1 an end drops the priority, and the interrupt is active until deactivated",
	.needs = "gic", .source = GIC "GICC_CTLR.EOImode, GICC_DIR; ICC_CTLR_EL1.EOImode, ICC_DIR_EL1")
{
	unsigned int first = spare_spi(0), second = spare_spi(1);
	uint8_t idle = gic_running_priority();
	uint32_t iar, other;

	gic_set_split_end(true);
	gic_enable_irq(first);
	gic_enable_irq(second);
	gic_set_pending(first, true);
	iar = EXPECT_TAKES(first);
	EXPECT_NE(gic_running_priority(), idle);
	gic_end(iar);
	EXPECT_EQ(gic_running_priority(), idle);
	EXPECT_EQ(state(first), (unsigned int)ACTIVE);
	/* It does not come again yet; another one of its priority does. */
	gic_set_pending(first, true);
	EXPECT_TAKES_NOTHING();
	gic_set_pending(second, true);
	other = EXPECT_TAKES(second);
	gic_end(other);
	gic_deactivate(other);
	gic_deactivate(iar);
	EXPECT_EQ(state(second), (unsigned int)INACTIVE);
	iar = EXPECT_TAKES(first);
	gic_end(iar);
	gic_deactivate(iar);
	EXPECT_EQ(state(first), (unsigned int)INACTIVE);
	gic_set_split_end(false);
}

/*
 * Priorities. 0x40, 0x80 and 0xc0 differ with the least number of bits that a GIC may have, and with the Non-secure
 * view of it.
 */
#define PRIORITIES GIC "Interrupt prioritization"

/* SPIs of these priorities, enabled. */
static void set_up(unsigned int *spis, const uint8_t *priorities, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		spis[i] = spare_spi(i);
		gic_set_priority(spis[i], priorities[i]);
		gic_enable_irq(spis[i]);
	}
}

TEST(gic, priority_order, .doc = "of pending interrupts the one of highest priority is taken first, whatever its INTID",
	.needs = "gic", .source = PRIORITIES)
{
	static const uint8_t rising[] = {0x80, 0x40, 0x20}, falling[] = {0x20, 0x40, 0x80};

	for (int turn = 0; turn < 2; turn++) {
		unsigned int spis[3];

		set_up(spis, turn ? rising : falling, 3);
		/* Nothing is signalled while all three become pending. */
		gic_set_priority_mask(0);
		for (int i = 0; i < 3; i++)
			gic_set_pending(spis[i], true);
		gic_set_priority_mask(0xf0);
		for (int i = 0; i < 3; i++) {
			unsigned int due = spis[turn ? 2 - i : i];
			uint32_t iar;

			EXPECT_TRUE(WAIT_FOR(gic_highest_pending() == due));
			iar = EXPECT_TAKES(due);
			gic_end(iar);
		}
	}
}

TEST(gic, priority_mask, .doc = "an interrupt is signalled only if its priority is higher than the mask",
	.needs = "gic", .source = PRIORITIES "; GICC_PMR, ICC_PMR_EL1")
{
	static const uint8_t priority[] = {0x80};
	unsigned int spi;
	uint32_t iar;

	set_up(&spi, priority, 1);
	gic_set_pending(spi, true);
	gic_set_priority_mask(0);
	EXPECT_TAKES_NOTHING();
	gic_set_priority_mask(0x40);
	EXPECT_TAKES_NOTHING();
	/* Equal is not higher. */
	gic_set_priority_mask(0x80);
	EXPECT_TAKES_NOTHING();
	gic_set_priority_mask(0xc0);
	iar = EXPECT_TAKES(spi);
	gic_end(iar);
}

TEST(gic, running_priority,
	.doc = "the running priority is that of the interrupt being handled, 0xff when there is none", .needs = "gic",
	.source = GIC "GICC_RPR, ICC_RPR_EL1")
{
	static const uint8_t priorities[] = {0x80, 0x40};
	unsigned int spis[2];
	uint32_t outer, inner;

	set_up(spis, priorities, 2);
	EXPECT_EQ(gic_running_priority(), (uint8_t)0xff);
	gic_set_pending(spis[0], true);
	outer = EXPECT_TAKES(spis[0]);
	EXPECT_EQ(gic_running_priority(), (uint8_t)0x80);
	gic_set_pending(spis[1], true);
	inner = EXPECT_TAKES(spis[1]);
	EXPECT_EQ(gic_running_priority(), (uint8_t)0x40);
	gic_end(inner);
	EXPECT_EQ(gic_running_priority(), (uint8_t)0x80);
	gic_end(outer);
	EXPECT_EQ(gic_running_priority(), (uint8_t)0xff);
}

TEST(gic, no_preemption, .doc = "an interrupt of equal or lower priority waits for the end of the one being handled",
	.needs = "gic", .source = PRIORITIES ", Preemption")
{
	static const uint8_t priorities[] = {0x80, 0x80, 0xc0};
	unsigned int spis[3];
	uint32_t iar;

	set_up(spis, priorities, 3);
	gic_set_pending(spis[0], true);
	iar = EXPECT_TAKES(spis[0]);
	gic_set_pending(spis[1], true);
	EXPECT_TAKES_NOTHING();
	gic_set_pending(spis[2], true);
	EXPECT_TAKES_NOTHING();
	gic_end(iar);
	iar = EXPECT_TAKES(spis[1]);
	gic_end(iar);
	iar = EXPECT_TAKES(spis[2]);
	gic_end(iar);
}

static unsigned int nested_spis[3];
static uint32_t nested[16];
static unsigned int nested_count;

/* Notes when each began and ended, and lets others in meanwhile. */
static void let_others_in(unsigned int intid, void *arg)
{
	(void)arg;
	nested[nested_count++ % ARRAY_SIZE(nested)] = intid;
	if (intid == nested_spis[0]) {
		/* A lower one, which waits, and a higher one, which does not. */
		gic_set_pending(nested_spis[1], true);
		gic_set_pending(nested_spis[2], true);
	}
	irq_enable();
	udelay(QUIET_US);
	irq_disable();
	nested[nested_count++ % ARRAY_SIZE(nested)] = intid;
}

TEST(gic, preemption, .doc = "a handler that lets interrupts in is interrupted by a higher one, not by a lower one",
	.needs = "gic", .source = PRIORITIES ", Preemption")
{
	static const uint8_t priorities[] = {0x80, 0xc0, 0x40};

	nested_count = 0;
	set_up(nested_spis, priorities, 3);
	for (int i = 0; i < 3; i++)
		gic_set_handler(nested_spis[i], let_others_in, NULL);
	irq_enable();
	gic_set_pending(nested_spis[0], true);
	EXPECT_TRUE(WAIT_FOR(*(volatile unsigned int *)&nested_count >= 6));
	irq_disable();
	ASSERT_EQ(nested_count, 6u);
	EXPECT_EQ(nested[0], nested_spis[0]);
	EXPECT_EQ(nested[1], nested_spis[2]);
	EXPECT_EQ(nested[2], nested_spis[2]);
	EXPECT_EQ(nested[3], nested_spis[0]);
	EXPECT_EQ(nested[4], nested_spis[1]);
	EXPECT_EQ(nested[5], nested_spis[1]);
}

TEST(gic, binary_point, .doc = "priorities of one group, as the binary point makes them, do not preempt each other",
	.needs = "gic", .source = PRIORITIES ", Priority grouping; GICC_BPR, ICC_BPR1_EL1")
{
	static const uint8_t priorities[] = {0xb0, 0xa0, 0x20};
	unsigned int spis[3], old = gic_binary_point();
	uint32_t outer, inner;

	set_up(spis, priorities, 3);
	if (gic_priority(spis[0]) == gic_priority(spis[1]))
		SKIP("these priorities have no bit to tell 0xb0 from 0xa0");
	/* The group is bits 7 to 5 for GICC_BPR 4; ICC_BPR1_EL1 counts the same in the Non-secure view, one more. */
	gic_set_binary_point(gic_version() == 2 ? 4 : 5);
	gic_set_pending(spis[0], true);
	outer = EXPECT_TAKES(spis[0]);
	gic_set_pending(spis[1], true);
	EXPECT_TAKES_NOTHING();
	gic_set_pending(spis[2], true);
	inner = EXPECT_TAKES(spis[2]);
	gic_end(inner);
	gic_end(outer);
	outer = EXPECT_TAKES(spis[1]);
	gic_end(outer);
	/* With all bits in the group the higher one does preempt. */
	gic_set_binary_point(0);
	gic_set_pending(spis[0], true);
	outer = EXPECT_TAKES(spis[0]);
	gic_set_pending(spis[1], true);
	inner = EXPECT_TAKES(spis[1]);
	gic_end(inner);
	gic_end(outer);
	gic_set_binary_point(old);
}

TEST(gic, priority_mask_bits,
	.doc = "the priority mask keeps as many bits as the priorities have, the low ones are zero", .needs = "gic",
	.source = GIC "GICC_PMR, ICC_PMR_EL1")
{
	uint8_t bits;

	gic_set_priority_mask(0xff);
	bits = gic_priority_mask();
	INFO("priority mask 0xff reads 0x%x", bits);
	/* At least 16 levels, from the top bit down without a gap. */
	EXPECT_EQ(bits & 0xf0, 0xf0);
	EXPECT_EQ((uint8_t)(bits | (bits - 1)), (uint8_t)0xff);
	gic_set_priority_mask(0x50);
	EXPECT_EQ(gic_priority_mask(), (uint8_t)0x50);
	gic_set_priority_mask(0);
	EXPECT_EQ(gic_priority_mask(), (uint8_t)0);
}

/*
 * The distributor's registers.
 */

static void expect_read_only(unsigned int offset, const char *name)
{
	uint64_t address = gic_distributor() + offset;
	uint32_t before = io_read32(address);

	io_write32(address, ~before);
	if (!EXPECT_EQ(io_read32(address), before))
		io_write32(address, before);
	INFO("%s is 0x%x", name, before);
}

TEST(gic, typer_read_only, .doc = "GICD_TYPER is read-only", .needs = "gic", .source = GIC "GICD_TYPER")
{
	expect_read_only(GICD_TYPER, "GICD_TYPER");
}

TEST(gic, iidr_read_only, .doc = "GICD_IIDR is read-only", .needs = "gic", .source = GIC "GICD_IIDR")
{
	expect_read_only(GICD_IIDR, "GICD_IIDR");
}

TEST(gic, architecture,
	.doc = "the distributor's PIDR2 is read-only, and tells the architecture that firmware's tables tell",
	.needs = "gic", .source = GIC "ICPIDR2, GICD_PIDR2, ArchRev")
{
	unsigned int offset = gic_version() == 2 ? GICD_ICPIDR2 : GICD_PIDR2, revision;

	expect_read_only(offset, "PIDR2");
	revision = io_read32(gic_distributor() + offset) >> 4 & 15;
	if (gic_version() == 2)
		EXPECT_EQ(revision, 2u);
	else
		EXPECT_TRUE(revision == 3 || revision == 4);
}

TEST(gic, priorities, .doc = "each SPI's priority has the same bits, at least four, and keeps what is written",
	.needs = "gic", .source = GIC "GICD_IPRIORITYR")
{
	unsigned int lines = gic_lines(), wrong = 0;
	uint64_t base = gic_distributor() + GICD_IPRIORITYR;
	uint32_t mask;

	if (lines <= 32)
		SKIP("there are no SPIs");
	io_write32(base + 32, 0xffffffff);
	mask = io_read32(base + 32);
	INFO("%u INTIDs, priority bits 0x%x", lines, mask);
	EXPECT_EQ(mask & 0xf0f0f0f0, 0xf0f0f0f0);
	EXPECT_EQ(mask, (mask & 0xff) * 0x01010101);
	for (unsigned int intid = 32; intid + 3 < lines; intid += 4) {
		static const uint32_t patterns[] = {0xffffffff, 0, 0x10305070, 0xa0c0e0f0};

		for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
			uint32_t got;

			io_write32(base + intid, patterns[i]);
			got = io_read32(base + intid);
			if (got != (patterns[i] & mask) && wrong++ < 3) {
				INFO("INTIDs from %u", intid);
				EXPECT_EQ(got, patterns[i] & mask);
			}
		}
	}
	EXPECT_EQ(wrong, 0u);
}

TEST(gic, priorities_beyond, .doc = "priorities beyond the last INTID are RAZ/WI", .needs = "gic",
	.source = GIC "GICD_IPRIORITYR, GICD_TYPER.ITLinesNumber")
{
	unsigned int lines = gic_lines();
	uint64_t address = gic_distributor() + GICD_IPRIORITYR + lines;

	if (lines >= INTID_SPECIAL)
		SKIP("all INTIDs are there");
	EXPECT_EQ(io_read32(address), 0u);
	io_write32(address, 0xffffffff);
	EXPECT_EQ(io_read32(address), 0u);
}

TEST(gic, priorities_by_byte, .doc = "a byte of the priorities is written and read alone", .needs = "gic",
	.source = GIC "GICD_IPRIORITYR: byte-accessible")
{
	uint64_t base = gic_distributor() + GICD_IPRIORITYR + 32;

	io_write32(base, 0);
	for (unsigned int byte = 0; byte < 4; byte++) {
		io_write8(base + byte, 0x10 * (byte + 10));
		EXPECT_EQ(io_read8(base + byte), (uint8_t)(0x10 * (byte + 10)));
		EXPECT_EQ(io_read32(base), (uint32_t)(0xd0c0b0a0 & (BIT(8 * byte + 8) - 1)));
	}
}

/* A set and a clear register: writing ones changes, writing zeros does nothing, both read the same. */
static void set_and_clear(unsigned int set, unsigned int clear, unsigned int intid)
{
	uint64_t base = gic_registers(intid) + intid / 32 * 4;
	uint32_t bit = 1u << intid % 32, before = io_read32(base + set);

	EXPECT_EQ(before & bit, 0u);
	EXPECT_EQ(io_read32(base + clear), before);
	io_write32(base + set, bit);
	EXPECT_EQ(io_read32(base + set), before | bit);
	EXPECT_EQ(io_read32(base + clear), before | bit);
	io_write32(base + set, 0);
	io_write32(base + clear, 0);
	EXPECT_EQ(io_read32(base + set), before | bit);
	io_write32(base + clear, bit);
	gic_wait_writes();
	EXPECT_EQ(io_read32(base + set), before);
	EXPECT_EQ(io_read32(base + clear), before);
}

TEST(gic, enable_registers,
	.doc = "GICD_ISENABLER and ICENABLER: ones set and clear, zeros do nothing, both read alike", .needs = "gic",
	.source = GIC "GICD_ISENABLER, GICD_ICENABLER")
{
	set_and_clear(GICD_ISENABLER, GICD_ICENABLER, spare_spi(0));
	set_and_clear(GICD_ISENABLER, GICD_ICENABLER, spare_spi(33));
	set_and_clear(GICD_ISENABLER, GICD_ICENABLER, 31);
}

TEST(gic, pending_registers, .doc = "GICD_ISPENDR and ICPENDR: ones set and clear, zeros do nothing, both read alike",
	.needs = "gic", .source = GIC "GICD_ISPENDR, GICD_ICPENDR")
{
	set_and_clear(GICD_ISPENDR, GICD_ICPENDR, spare_spi(0));
	set_and_clear(GICD_ISPENDR, GICD_ICPENDR, spare_spi(33));
	set_and_clear(GICD_ISPENDR, GICD_ICPENDR, 31);
}

TEST(gic, active_registers,
	.doc = "GICD_ISACTIVER and ICACTIVER: ones set and clear, zeros do nothing, both read alike", .needs = "gic",
	.source = GIC "GICD_ISACTIVER, GICD_ICACTIVER")
{
	set_and_clear(GICD_ISACTIVER, GICD_ICACTIVER, spare_spi(0));
	set_and_clear(GICD_ISACTIVER, GICD_ICACTIVER, spare_spi(33));
	set_and_clear(GICD_ISACTIVER, GICD_ICACTIVER, 31);
}

TEST(gic, enable_beyond, .doc = "enables beyond the last INTID are RAZ/WI", .needs = "gic",
	.source = GIC "GICD_ISENABLER, GICD_TYPER.ITLinesNumber")
{
	unsigned int lines = ((io_read32(gic_distributor() + GICD_TYPER) & 0x1f) + 1) * 32;

	if (lines >= 1024)
		SKIP("all INTIDs are there");
	io_write32(gic_distributor() + GICD_ISENABLER + lines / 8, ~0u);
	EXPECT_EQ(io_read32(gic_distributor() + GICD_ISENABLER + lines / 8), 0u);
}

TEST(gic, configuration_sgi, .doc = "SGIs are edge-triggered, and cannot be changed", .needs = "gic",
	.source = GIC "GICD_ICFGR0, GICR_ICFGR0")
{
	uint64_t icfgr0 = gic_registers(0) + GICD_ICFGR;

	EXPECT_EQ(io_read32(icfgr0), 0xaaaaaaaau);
	io_write32(icfgr0, 0);
	EXPECT_EQ(io_read32(icfgr0), 0xaaaaaaaau);
}

TEST(gic, configuration_spi, .doc = "an SPI's trigger can be written, and its neighbours' stay", .needs = "gic",
	.source = GIC "GICD_ICFGR")
{
	unsigned int intid = spare_spi(0);
	uint64_t icfgr = gic_registers(intid) + GICD_ICFGR + intid / 16 * 4;
	uint32_t bit = 2u << intid % 16 * 2, before = io_read32(icfgr);

	io_write32(icfgr, before & ~bit);
	if (io_read32(icfgr) & bit)
		SKIP("this SPI is edge-triggered for good");
	EXPECT_EQ(io_read32(icfgr), before & ~bit);
	io_write32(icfgr, before | bit);
	EXPECT_EQ(io_read32(icfgr), before | bit);
}

TEST(gic, level_follows_line,
	.doc = "a level-sensitive SPI set pending by software stays so until it is taken or cleared", .needs = "gic",
	.source = GIC "GICD_ISPENDR: control of the pending status of level-sensitive interrupts")
{
	unsigned int intid = spare_spi(0);
	uint32_t iar;

	gic_set_edge(intid, false);
	gic_enable_irq(intid);
	gic_set_pending(intid, true);
	EXPECT_EQ(state(intid), (unsigned int)PENDING);
	gic_set_pending(intid, false);
	EXPECT_EQ(state(intid), (unsigned int)INACTIVE);
	gic_set_pending(intid, true);
	iar = EXPECT_TAKES(intid);
	EXPECT_TRUE(gic_active(intid));
	gic_end(iar);
	EXPECT_EQ(state(intid), (unsigned int)INACTIVE);
	gic_set_edge(intid, true);
}

TEST(gic, spi_target, .doc = "an SPI goes to the CPU that it is routed to, and to no other, each in turn",
	.needs = "gic", .cpus = 2, .source = GIC "GICD_ITARGETSR, GICD_IROUTER")
{
	/* The others listen; what they enable is nobody's matter. */
	static unsigned int sgi = 1;
	unsigned int intid = spare_spi(0);

	memset(arrived, 0, sizeof(arrived));
	ready = done = 0;
	gic_set_handler(intid, count, NULL);
	gic_enable_irq(intid);
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		on_cpu_async(cpu, listen, &sgi);
	while (load_acquire(&ready) < cpu_count() - 1)
		cpu_relax();
	irq_enable();
	for (unsigned int target = 0; target < cpu_count(); target++) {
		gic_set_target(intid, target);
		gic_set_pending(intid, true);
		EXPECT_TRUE(WAIT_FOR(load_acquire(&arrived[target])));
	}
	listen_no_more();
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		EXPECT_EQ(arrived[cpu], 1u);
}

TEST(gic, distributor_off, .doc = "with the distributor's group off nothing is signalled; on again it is",
	.needs = "gic", .source = GIC "GICD_CTLR")
{
	uint64_t ctlr = gic_distributor() + GICD_CTLR;
	unsigned int intid = spare_spi(0);
	uint32_t old = io_read32(ctlr), iar;

	gic_enable_irq(intid);
	io_write32(ctlr, old & ~3u);
	gic_wait_writes();
	gic_set_pending(intid, true);
	EXPECT_EQ(state(intid), (unsigned int)PENDING);
	EXPECT_TAKES_NOTHING();
	io_write32(ctlr, old);
	gic_wait_writes();
	iar = EXPECT_TAKES(intid);
	gic_end(iar);
}
