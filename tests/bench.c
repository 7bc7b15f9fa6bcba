/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measurements. Each prints lines "bench NAME VALUE UNIT". Under `-icount shift=0` QEMU's clock advances one nanosecond
 * with each instruction, so a time in nanoseconds is a number of instructions, exact to a tick of the counter;
 * otherwise it is a time.
 */
#include <limpid/boot.h>
#include <limpid/delay.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/test.h>

static uint64_t to_ns(uint64_t ticks)
{
	return ticks * 1000 / (counter_frequency() / 1000000);
}

TEST(bench, boot, .doc = "report: time, or instructions, from the entry point to the first test", .flags = TEST_REPORT)
{
	INFO("bench boot %lu ns", to_ns(handover.ready_counter - handover.entry.counter));
}

#define ROUNDS 16

TEST(bench, mmu_off_on, .doc = "report: time, or instructions, of mmu_disable() and mmu_enable() together",
	.flags = TEST_REPORT)
{
	uint64_t start = counter_read();

	for (int i = 0; i < ROUNDS; i++) {
		mmu_disable();
		mmu_enable();
	}
	INFO("bench mmu_off_on %lu ns", to_ns(counter_read() - start) / ROUNDS);
}
