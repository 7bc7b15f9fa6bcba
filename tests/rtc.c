/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real-time clock. Each test leaves the time as it would be, and no alarm.
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/sysreg.h>
#include <limpid/boot.h>
#include <limpid/delay.h>
#include <limpid/expect.h>
#include <limpid/gic.h>
#include <limpid/rtc.h>
#include <limpid/test.h>
#include "machines.h"

#define PL031 "PrimeCell Real Time Clock (DDI 0224), "

static void no_alarm(void)
{
	rtc_write(RTC_IMSC, 0);
	/* Half of its range away: 68 years. */
	rtc_write(RTC_MR, rtc_read(RTC_DR) - 0x80000000);
	rtc_write(RTC_ICR, 1);
}

TEST(rtc, identity, .doc = "the identification registers are those of a PL031", .needs = "pl031",
	.source = PL031 "RTCPeriphID0-3, RTCPCellID0-3")
{
	static const uint8_t want[8] = {0x31, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

	for (unsigned int i = 0; i < 8; i++) {
		uint8_t got = rtc_read(RTC_ID + 4 * i);

		/* The revision may change. */
		EXPECT_EQ(i == 2 ? got & 0x0f : got, want[i]);
	}
}

TEST(rtc, runs, .doc = "the clock runs, and cannot be stopped", .needs = "pl031", .source = PL031 "RTCCR")
{
	EXPECT_EQ(rtc_read(RTC_CR) & 1, 1u);
	rtc_write(RTC_CR, 0);
	EXPECT_EQ(rtc_read(RTC_CR) & 1, 1u);
}

TEST(rtc, load, .doc = "the time is what is loaded, and RTCLR reads as it was written", .needs = "pl031",
	.source = PL031 "RTCLR, RTCDR")
{
	static const uint32_t times[] = {0, 1, 0x12345678, 0x7fffffff, 0x80000000, 0xfffffff0};
	uint32_t before = rtc_read(RTC_DR);
	uint64_t start = counter_read();

	for (unsigned int i = 0; i < ARRAY_SIZE(times); i++) {
		rtc_write(RTC_LR, times[i]);
		/* A second may end in between. */
		EXPECT_GE(rtc_read(RTC_DR), times[i]);
		EXPECT_LE(rtc_read(RTC_DR), times[i] + 2);
		EXPECT_EQ(rtc_read(RTC_LR), times[i]);
	}
	rtc_write(RTC_LR, before + counter_to_us(counter_read() - start) / 1000000);
	no_alarm();
}

TEST(rtc, match_register, .doc = "RTCMR reads as it was written", .needs = "pl031", .source = PL031 "RTCMR")
{
	uint32_t later = rtc_read(RTC_DR) + 1000;

	rtc_write(RTC_MR, later);
	EXPECT_EQ(rtc_read(RTC_MR), later);
	rtc_write(RTC_MR, later + 0x55555555);
	EXPECT_EQ(rtc_read(RTC_MR), later + 0x55555555);
	no_alarm();
}

TEST(rtc, no_match, .doc = "an alarm in the future is not pending", .needs = "pl031", .source = PL031 "RTCMR, RTCRIS")
{
	no_alarm();
	rtc_write(RTC_MR, rtc_read(RTC_DR) + 1000);
	EXPECT_EQ(rtc_read(RTC_RIS), 0u);
	no_alarm();
}

/*
 * Sleeps until the alarm is pending, or so many seconds have passed. Interrupts stay masked: one that is pending ends
 * WFI all the same.
 */
static bool alarm_within(unsigned int seconds)
{
	unsigned int timer = machine.timer[current_el() == 2 ? TIMER_HYP_VIRT : TIMER_VIRT].intid;
	uint64_t deadline = counter_read() + seconds * counter_frequency();

	if (!timer || !machine.rtc_irq.intid)
		SKIP("the machine's description lacks the interrupt of the clock or of the timer");
	gic_enable_irq(timer);
	gic_enable_irq(machine.rtc_irq.intid);
	write_sysreg(deadline, cntv_cval_el0);
	write_sysreg(1, cntv_ctl_el0);
	/* The timer runs before anything sleeps. */
	isb();
	rtc_write(RTC_IMSC, 1);
	while (!rtc_read(RTC_RIS) && counter_read() < deadline)
		wfi();
	write_sysreg(0, cntv_ctl_el0);
	/* The timer's line is low before anybody unmasks interrupts. */
	isb();
	gic_disable_irq(timer);
	return rtc_read(RTC_RIS) & 1;
}

TEST(rtc, alarm, .doc = "an alarm of now is pending within two seconds; RTCICR ends it", .needs = "pl031 gic",
	.qemu = QEMU_COUNTING, .source = PL031 "RTCMR, RTCRIS, RTCICR")
{
	no_alarm();
	rtc_write(RTC_MR, rtc_read(RTC_DR) + 1);
	EXPECT_TRUE(alarm_within(3));
	EXPECT_TRUE(gic_pending(machine.rtc_irq.intid));
	rtc_write(RTC_ICR, 1);
	EXPECT_EQ(rtc_read(RTC_RIS), 0u);
	EXPECT_FALSE(gic_pending(machine.rtc_irq.intid));
	gic_disable_irq(machine.rtc_irq.intid);
	no_alarm();
}

TEST(rtc, mask, .doc = "RTCMIS shows a pending alarm while RTCIMSC lets it through, and the line follows",
	.needs = "pl031 gic", .qemu = QEMU_COUNTING, .source = PL031 "RTCIMSC, RTCMIS")
{
	no_alarm();
	rtc_write(RTC_MR, rtc_read(RTC_DR) + 1);
	EXPECT_TRUE(alarm_within(3));
	EXPECT_EQ(rtc_read(RTC_MIS), 1u);
	rtc_write(RTC_IMSC, 0);
	EXPECT_EQ(rtc_read(RTC_MIS), 0u);
	EXPECT_EQ(rtc_read(RTC_RIS), 1u);
	EXPECT_FALSE(gic_pending(machine.rtc_irq.intid));
	gic_disable_irq(machine.rtc_irq.intid);
	no_alarm();
}

static volatile uint32_t alarms;

static void take_alarm(unsigned int intid, void *arg)
{
	(void)intid;
	(void)arg;
	alarms++;
	rtc_write(RTC_ICR, 1);
	/* The line is low before the interrupt is ended: the read comes back after the write took effect. */
	rtc_read(RTC_RIS);
}

TEST(rtc, interrupt, .doc = "the alarm interrupts, once", .needs = "pl031 gic", .qemu = QEMU_COUNTING,
	.source = PL031 "RTCINTR")
{
	no_alarm();
	alarms = 0;
	gic_set_handler(machine.rtc_irq.intid, take_alarm, NULL);
	rtc_write(RTC_MR, rtc_read(RTC_DR) + 1);
	alarm_within(3);
	irq_enable();
	udelay(100);
	irq_disable();
	EXPECT_EQ(alarms, 1u);
	gic_disable_irq(machine.rtc_irq.intid);
	no_alarm();
}

/* From one alarm to the next, in microseconds; 0: the second had its time before it was set, or did not come. */
static uint64_t between_alarms(void)
{
	uint64_t first = 0, second = 0;
	uint32_t start;
	bool came;

	no_alarm();
	start = rtc_read(RTC_DR);
	rtc_write(RTC_MR, start + 1);
	came = alarm_within(3);
	first = counter_read();
	rtc_write(RTC_MR, start + 2);
	rtc_write(RTC_ICR, 1);
	came = came && rtc_read(RTC_DR) < start + 2 && alarm_within(3);
	second = counter_read();
	came = came && rtc_read(RTC_DR) == start + 2;
	gic_disable_irq(machine.rtc_irq.intid);
	no_alarm();
	return came ? counter_to_us(second - first) : 0;
}

TEST(rtc, second,
	.doc = "from one alarm to the next is a second: within a thousandth where nobody else uses the host's CPU",
	.needs = "pl031 gic", .qemu = QEMU_COUNTING, .source = PL031 "RTCDR, CLK1HZ")
{
	/* On a host that lets us wait, either alarm may be seen late: once in some rounds neither is. */
	uint64_t tolerance_us = options.expect.cpi ? 1000 : 500000, us = 0;
	unsigned int rounds = options.expect.cpi ? 1 : 5;

	for (unsigned int i = 0; i < rounds; i++) {
		us = between_alarms();
		if (us >= 1000000 - tolerance_us && us <= 1000000 + tolerance_us)
			return;
	}
	EXPECT_GE(us, 1000000 - tolerance_us);
	EXPECT_LE(us, 1000000 + tolerance_us);
}
