/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/io.h>
#include <limpid/boot.h>
#include <limpid/check.h>
#include <limpid/mmu.h>
#include <limpid/rtc.h>

#define RTC_SIZE KIB(4)

bool rtc_present(void)
{
	return machine.rtc;
}

static uint64_t base(void)
{
	CHECK_MSG(machine.rtc, "the machine has no PL031 that limpid knows");
	return io_map(pa_make(machine.rtc), RTC_SIZE);
}

uint32_t rtc_read(unsigned int offset)
{
	return io_read32(base() + offset);
}

void rtc_write(unsigned int offset, uint32_t value)
{
	io_write32(base() + offset, value);
}
