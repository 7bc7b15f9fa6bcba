/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Twins of a message by interrupt or event: one CPU stores and sends an SGI, or makes an SPI pending, the handler on
 * another one reads; or it executes SEV, and one that sleeps in WFE reads. Without a DSB the interrupt or the event may
 * arrive before the store. twin.h says what twins are.
 */
#include <arch/exception.h>
#include <arch/io.h>
#include <limpid/delay.h>
#include <limpid/gic.h>
#include <limpid/gic_registers.h>
#include <limpid/string.h>
#include <limpid/smp.h>
#include "gic.h"
#include "twin.h"

#define SGI 6

static struct {
	uint64_t word OWN_LINE;
	uint64_t got OWN_LINE;
	unsigned int intid;
	uint32_t ready, handled;
} letter;

static void read_letter(unsigned int intid, void *arg)
{
	volatile uint64_t *word = &letter.word;

	(void)intid;
	(void)arg;
	FINDING_HERE_OF(bad_maintenance_order_sgi, FINDING_HERE_OF(bad_maintenance_order_pending, letter.got = *word));
	store_release(&letter.handled, 1);
}

static void listen(void *unused)
{
	(void)unused;
	gic_enable_irq(letter.intid);
	irq_enable();
	store_release(&letter.ready, 1);
	while (!load_acquire(&letter.handled))
		cpu_relax();
	irq_disable();
}

static void open_letter_by(unsigned int intid)
{
	memset(&letter, 0, sizeof(letter));
	letter.intid = intid;
	gic_set_handler(intid, read_letter, NULL);
	gic_enable_irq(intid);
	on_cpu_async(1, listen, NULL);
	while (!load_acquire(&letter.ready))
		cpu_relax();
}

static void open_letter(void)
{
	open_letter_by(SGI);
}

/* As gic_send_sgi(), but for its barrier. */
static void send_at_once(void)
{
	uint64_t mpidr = cpu_mpidr(1);

	if (gic_version() == 2)
		io_write32(gic_distributor() + GICD_SGIR, (uint32_t)gic_interface_mask(1) << 16 | SGI);
	else
		write_sysreg_s((mpidr >> 16 & 0xff) << 32 | (uint64_t)SGI << 24 | (mpidr >> 8 & 0xff) << 16 |
				       1ull << (mpidr & 15),
			ICC_SGI1R_EL1);
	isb();
}

TEST(twins, bad_maintenance_order_sgi, .doc = "stored, then an SGI with no DSB between, whose handler reads it",
	.finding = "maintenance-order", .needs = "gic", .cpus = 2)
{
	open_letter();
	*(volatile uint64_t *)&letter.word = 7;
	send_at_once();
	cpu_wait(1);
	OBSERVED(letter.got, 7u);
}

TEST(twins, good_maintenance_order_sgi, .doc = "the same by gic_send_sgi(), which has the DSB", .needs = "gic",
	.cpus = 2)
{
	open_letter();
	*(volatile uint64_t *)&letter.word = 7;
	gic_send_sgi(1, SGI);
	cpu_wait(1);
	EXPECT_EQ(letter.got, 7u);
}

TEST(twins, good_maintenance_order_sgi_to_others, .doc = "and by gic_send_sgi_to_others()", .needs = "gic", .cpus = 2)
{
	open_letter();
	*(volatile uint64_t *)&letter.word = 7;
	gic_send_sgi_to_others(SGI);
	cpu_wait(1);
	EXPECT_EQ(letter.got, 7u);
}

/* The same by an SPI that CPU 1 has enabled for itself. */
static unsigned int open_letter_by_spi(void)
{
	unsigned int spi = spare_spi(0);

	open_letter_by(spi);
	return spi;
}

TEST(twins, bad_maintenance_order_pending,
	.doc = "stored, then an SPI of another CPU made pending with no barrier between, whose handler reads it",
	.finding = "maintenance-order", .needs = "gic", .cpus = 2)
{
	unsigned int spi = open_letter_by_spi();
	uint64_t ispendr = gic_distributor() + GICD_ISPENDR + spi / 32 * 4;

	*(volatile uint64_t *)&letter.word = 7;
	io_write32(ispendr, 1u << spi % 32);
	cpu_wait(1);
	OBSERVED(letter.got, 7u);
}

TEST(twins, good_maintenance_order_pending, .doc = "the same by gic_set_pending(), which has a DSB", .needs = "gic",
	.cpus = 2)
{
	unsigned int spi = open_letter_by_spi();

	*(volatile uint64_t *)&letter.word = 7;
	gic_set_pending(spi, true);
	cpu_wait(1);
	EXPECT_EQ(letter.got, 7u);
}

/* The same by an event. */
static struct {
	uint64_t flag OWN_LINE;
	uint32_t ready OWN_LINE;
} bell;

static void sleep_until_called(void *unused)
{
	uint64_t got;

	(void)unused;
	store_release(&bell.ready, 1);
	for (;;) {
		FINDING_HERE_OF(bad_maintenance_order_sev, got = *(volatile uint64_t *)&bell.flag);
		if (got)
			return;
		wfe();
	}
}

static void start_sleeper(void)
{
	memset(&bell, 0, sizeof(bell));
	on_cpu_async(1, sleep_until_called, NULL);
	while (!load_acquire(&bell.ready))
		cpu_relax();
	/* It sleeps by now, as far as one can tell. */
	udelay(100);
}

TEST(twins, bad_maintenance_order_sev,
	.doc = "stored, then SEV with no DSB between; another CPU waits for it in a loop around WFE",
	.finding = "maintenance-order", .cpus = 2)
{
	start_sleeper();
	*(volatile uint64_t *)&bell.flag = 1;
	sev();
	/* On a machine where the event came first: this one wakes it. */
	dsb(ish);
	udelay(100);
	sev();
	cpu_wait(1);
}

TEST(twins, good_maintenance_order_sev, .doc = "the same with the DSB", .cpus = 2)
{
	start_sleeper();
	*(volatile uint64_t *)&bell.flag = 1;
	dsb(ishst);
	sev();
	cpu_wait(1);
}

/* What the interrupt controller has observed of an acknowledge: by GICv3's CPU interface, which is no memory. */
static volatile uint32_t *make_pending(void)
{
	if (gic_version() == 2)
		SKIP("a GICv2 is acknowledged by a load");
	irq_disable();
	gic_enable_irq(SGI);
	gic_set_pending(SGI, true);
	EXPECT_TRUE(WAIT_FOR(gic_highest_pending() == SGI));
	/* In the second frame of 64 KiB. */
	return (volatile uint32_t *)(gic_redistributor(0) + 0x10000 + GICD_ISACTIVER);
}

static void end_acknowledged(uint32_t iar)
{
	EXPECT_EQ(iar, (uint32_t)SGI);
	gic_end(iar);
	gic_disable_irq(SGI);
}

TEST(twins, bad_maintenance_order_acknowledge,
	.doc = "an interrupt is acknowledged, and whether it is active asked with no DSB between",
	.finding = "maintenance-order", .needs = "gic")
{
	volatile uint32_t *active = make_pending();
	uint32_t got, iar = read_sysreg_s(ICC_IAR1_EL1);

	FINDING_HERE(got = *active);
	OBSERVED(got & 1u << SGI, 1u << SGI);
	end_acknowledged(iar);
}

TEST(twins, good_maintenance_order_acknowledge, .doc = "the same by gic_acknowledge(), which has the DSB",
	.needs = "gic")
{
	volatile uint32_t *active = make_pending();
	uint32_t iar = gic_acknowledge();

	EXPECT_EQ(*active & 1u << SGI, 1u << SGI);
	end_acknowledged(iar);
}

/* And what a CPU has observed of the interrupt controller: stores to a GICv3's Redistributor, then what is the highest.
 */
static void set_pending_at_once(void)
{
	irq_disable();
	gic_enable_irq(SGI);
	*(volatile uint32_t *)(gic_redistributor(0) + 0x10000 + GICD_ISPENDR) = 1u << SGI;
}

TEST(twins, bad_maintenance_order_highest,
	.doc = "an SGI is made pending, and the highest pending interrupt asked for with no DSB between",
	.finding = "maintenance-order", .needs = "gicv3")
{
	uint64_t got;

	set_pending_at_once();
	FINDING_HERE(got = read_sysreg_s(ICC_HPPIR1_EL1));
	OBSERVED(got, (uint64_t)SGI);
	end_acknowledged(acknowledge_soon());
}

TEST(twins, bad_maintenance_order_poll,
	.doc = "an SGI is made pending, and an interrupt acknowledged with no DSB between, with interrupts masked",
	.finding = "maintenance-order", .needs = "gicv3")
{
	uint32_t iar;

	set_pending_at_once();
	FINDING_HERE(iar = read_sysreg_s(ICC_IAR1_EL1));
	OBSERVED(iar, (uint32_t)SGI);
	dsb(sy);
	end_acknowledged(iar == SGI ? iar : acknowledge_soon());
}

TEST(twins, good_maintenance_order_highest, .doc = "the same by gic_set_pending(), which has the DSB", .needs = "gicv3")
{
	irq_disable();
	gic_enable_irq(SGI);
	gic_set_pending(SGI, true);
	EXPECT_TRUE(WAIT_FOR(gic_highest_pending() == SGI));
	end_acknowledged(acknowledge_soon());
}

TEST(twins, good_maintenance_order_active,
	.doc = "a pending SGI is made active by gic_set_active(), which has the DSB, "
	       "and is not the highest pending interrupt any more",
	.needs = "gicv3")
{
	irq_disable();
	gic_enable_irq(SGI);
	gic_set_pending(SGI, true);
	EXPECT_TRUE(WAIT_FOR(gic_highest_pending() == SGI));
	gic_set_active(SGI, true);
	EXPECT_TRUE(WAIT_FOR(gic_highest_pending() == INTID_NONE));
	gic_set_active(SGI, false);
	EXPECT_TRUE(WAIT_FOR(gic_highest_pending() == SGI));
	end_acknowledged(acknowledge_soon());
}

TEST(twins, good_maintenance_order_priority,
	.doc = "the second of two pending SGIs gets the higher priority by gic_set_priority(), which has the DSB",
	.needs = "gicv3")
{
	const unsigned int second = SGI + 1;
	uint8_t priority = gic_priority(second);

	irq_disable();
	gic_set_priority(SGI, 0x40);
	gic_set_priority(second, 0x80);
	gic_enable_irq(SGI);
	gic_enable_irq(second);
	gic_set_pending(SGI, true);
	gic_set_pending(second, true);
	EXPECT_TRUE(WAIT_FOR(gic_highest_pending() == SGI));
	gic_set_priority(second, 0x20);
	EXPECT_TRUE(WAIT_FOR(gic_highest_pending() == second));
	gic_end(EXPECT_TAKES(second));
	gic_disable_irq(second);
	gic_set_priority(second, priority);
	end_acknowledged(EXPECT_TAKES(SGI));
	gic_set_priority(SGI, priority);
}
