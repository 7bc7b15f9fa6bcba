/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/barrier.h>
#include <arch/sysreg.h>
#include <limpid/delay.h>

/* Firmware that forgot CNTFRQ_EL0 leaves 0: a wrong scale is better than a division by it. */
#define FREQUENCY_UNKNOWN 62500000

/* Out of line also in this file: the ISB that all rely on is one. */
__attribute__((noinline)) uint64_t counter_read(void)
{
	/* The counter may be read before earlier instructions finished: not so behind an ISB. */
	isb();
	return read_sysreg(cntvct_el0);
}

uint64_t counter_frequency(void)
{
	uint64_t hz = read_sysreg(cntfrq_el0) & 0xffffffff;

	return hz ? hz : FREQUENCY_UNKNOWN;
}

uint64_t counter_to_us(uint64_t ticks)
{
	uint64_t hz = counter_frequency();

	return ticks / hz * 1000000 + ticks % hz * 1000000 / hz;
}

uint64_t counter_from_us(uint64_t us)
{
	uint64_t hz = counter_frequency();

	return us / 1000000 * hz + us % 1000000 * hz / 1000000;
}

void udelay(uint64_t us)
{
	uint64_t start = counter_read(), ticks = counter_from_us(us);

	while (counter_read() - start < ticks)
		cpu_relax();
}

void mdelay(uint64_t ms)
{
	udelay(ms * 1000);
}
