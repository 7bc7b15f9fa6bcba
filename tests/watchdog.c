/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SBSA Generic Watchdog, where the firmware names one: registers, refresh, and the first signal. The second signal,
 * which resets the machine as long after it, is avoided: the watchdog is switched off at once.
 */
#include <arch/barrier.h>
#include <arch/io.h>
#include <arch/sysreg.h>
#include <limpid/boot.h>
#include <limpid/delay.h>
#include <limpid/expect.h>
#include <limpid/gic.h>
#include <limpid/mmu.h>
#include <limpid/test.h>

#define BSA "Arm Base System Architecture (DEN 0094), Generic Watchdog"

#define FRAME_SIZE KIB(4)
#define WRR        0x000 /* refresh frame: any write refreshes */
#define WCS        0x000 /* control frame */
#define WCS_EN     (1u << 0)
#define WCS_WS0    (1u << 1)
#define WCS_WS1    (1u << 2)
#define WOR        0x008 /* ticks of the system counter to each signal */
#define WCV        0x010 /* when the next one is due */
#define W_IIDR     0xfcc

static uint64_t control, refresh;

static void find(void)
{
	control = io_map(pa_make(machine.watchdog.control), FRAME_SIZE);
	refresh = io_map(pa_make(machine.watchdog.refresh), FRAME_SIZE);
}

/* The counter that the watchdog compares with is the physical one. */
static uint64_t system_counter(void)
{
	/* Not before what came before. */
	isb();
	return read_sysreg(cntpct_el0);
}

TEST(watchdog, identity, .doc = "both frames identify the same watchdog, of a known version", .needs = "watchdog",
	.source = BSA ", W_IIDR")
{
	find();
	EXPECT_EQ(io_read32(refresh + W_IIDR), io_read32(control + W_IIDR));
	EXPECT_LE(io_read32(control + W_IIDR) >> 16 & 0xf, 1u);
}

TEST(watchdog, off, .doc = "firmware has handed the watchdog over switched off, and with no signal",
	.needs = "watchdog", .source = BSA ", WCS; UEFI 2.10, SetWatchdogTimer")
{
	find();
	EXPECT_EQ(io_read32(control + WCS) & (WCS_EN | WCS_WS0 | WCS_WS1), 0u);
}

TEST(watchdog, offset_register, .doc = "WOR keeps what is written while the watchdog is off", .needs = "watchdog",
	.source = BSA ", WOR")
{
	find();
	io_write32(control + WCS, 0);
	io_write32(control + WOR, 0x12345678);
	EXPECT_EQ(io_read32(control + WOR), 0x12345678u);
	io_write32(control + WOR, 0x7fffffff);
	EXPECT_EQ(io_read32(control + WOR), 0x7fffffffu);
}

TEST(watchdog, refresh, .doc = "enabling and each refresh set the next signal WOR ticks from now", .needs = "watchdog",
	.source = BSA ", WRR, WCV")
{
	const uint32_t offset = 0x7fffffff; /* seconds away */
	uint64_t before, after, due;

	find();
	io_write32(control + WCS, 0);
	io_write32(control + WOR, offset);
	before = system_counter();
	io_write32(control + WCS, WCS_EN);
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ(io_read32(control + WCS) & (WCS_EN | WCS_WS0), WCS_EN);
		due = io_read32(control + WCV) | (uint64_t)io_read32(control + WCV + 4) << 32;
		after = system_counter();
		EXPECT_GE(due, before + offset);
		EXPECT_LE(due, after + offset);
		before = system_counter();
		io_write32(refresh + WRR, 1);
	}
	io_write32(control + WCS, 0);
	EXPECT_EQ(io_read32(control + WCS) & WCS_EN, 0u);
}

TEST(watchdog, first_signal, .doc = "WS0 comes WOR ticks after the refresh, not early, and interrupts",
	.flags = TEST_SLOW, .needs = "watchdog gic", .source = BSA ", WS0")
{
	/* Long, since the machine is reset when we are that late. */
	uint64_t ticks = counter_frequency(), start, at;
	bool pending;

	find();
	if (ticks > UINT32_MAX)
		SKIP("a second is more than WOR can hold");
	gic_enable_irq(machine.watchdog.irq.intid);
	io_write32(control + WCS, 0);
	io_write32(control + WOR, ticks);
	start = system_counter();
	io_write32(control + WCS, WCS_EN);
	do
		at = system_counter();
	while (!(io_read32(control + WCS) & WCS_WS0) && at - start < 3 * ticks / 2);
	pending = gic_pending(machine.watchdog.irq.intid);
	io_write32(control + WCS, 0);
	gic_disable_irq(machine.watchdog.irq.intid);
	EXPECT_GE(system_counter() - start, ticks);
	EXPECT_LT(at - start, 3 * ticks / 2);
	EXPECT_TRUE(pending);
	EXPECT_EQ(io_read32(control + WCS) & WCS_WS0, 0u);
}
