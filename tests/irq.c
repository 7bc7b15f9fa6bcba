/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts, as far as the runtime needs them: an SGI arrives where it is sent, the timer interrupts.
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/sysreg.h>
#include <limpid/boot.h>
#include <limpid/delay.h>
#include <limpid/expect.h>
#include <limpid/gic.h>
#include <limpid/smp.h>
#include <limpid/test.h>

#define SGI 5

static uint32_t arrived[64];

static void count_sgi(unsigned int intid, void *arg)
{
	(void)intid;
	(void)arg;
	__atomic_fetch_add(&arrived[cpu_index()], 1, __ATOMIC_RELAXED);
}

/* Takes interrupts until one arrived, or patience is at its end. */
static void wait_for_sgi(void *arg)
{
	uint32_t *ready = arg;
	uint64_t start = counter_read(), patience = counter_from_us(PATIENCE_US);

	gic_enable_irq(SGI);
	irq_enable();
	store_release(ready, 1);
	while (!load_acquire(&arrived[cpu_index()]) && counter_read() - start < patience)
		cpu_relax();
	irq_disable();
}

TEST(irq, sgi_to_self, .doc = "an SGI that a CPU sends itself arrives once", .needs = "gic",
	.source = "GIC architecture (IHI 0048, IHI 0069), Software Generated Interrupts")
{
	uint32_t ready = 0;

	arrived[0] = 0;
	gic_set_handler(SGI, count_sgi, NULL);
	gic_enable_irq(SGI);
	gic_send_sgi(0, SGI);
	wait_for_sgi(&ready);
	EXPECT_EQ(arrived[0], 1u);
}

TEST(irq, sgi_to_each, .doc = "an SGI arrives at the CPU that it is sent to, once, and at no other", .needs = "gic",
	.cpus = 2, .source = "GIC architecture (IHI 0048, IHI 0069), Software Generated Interrupts")
{
	gic_set_handler(SGI, count_sgi, NULL);
	gic_enable_irq(SGI);
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++) {
		uint32_t ready = 0;

		for (unsigned int i = 0; i < cpu_count(); i++)
			arrived[i] = 0;
		on_cpu_async(cpu, wait_for_sgi, &ready);
		while (!load_acquire(&ready))
			cpu_relax();
		gic_send_sgi(cpu, SGI);
		cpu_wait(cpu);
		for (unsigned int i = 0; i < cpu_count(); i++)
			EXPECT_EQ(arrived[i], i == cpu ? 1u : 0u);
	}
}

TEST(irq, sgi_after_cpu_on, .doc = "a CPU that went off and came back takes interrupts again", .needs = "gic psci",
	.cpus = 2, .source = "PSCI (DEN 0022), CPU_ON, Initial core configuration")
{
	gic_set_handler(SGI, count_sgi, NULL);
	gic_enable_irq(SGI);
	for (int i = 0; i < 2; i++) {
		uint32_t ready = 0;

		arrived[1] = 0;
		on_cpu_async(1, wait_for_sgi, &ready);
		while (!load_acquire(&ready))
			cpu_relax();
		gic_send_sgi(1, SGI);
		cpu_wait(1);
		EXPECT_EQ(arrived[1], 1u);
		cpu_stop(1);
	}
}

#define CTL_ENABLE 1u
#define CTL_IMASK  2u

static uint64_t fired_at;

static void stop_timer(unsigned int intid, void *arg)
{
	(void)intid;
	(void)arg;
	fired_at = counter_read();
	write_sysreg(CTL_IMASK, cntv_ctl_el0);
	/* The timer's line is low before the interrupt is ended, or it would be taken again. */
	isb();
}

TEST(irq, virtual_timer, .doc = "the virtual timer interrupts, not early", .needs = "gic",
	.source = "Arm ARM (DDI 0487), The Generic Timer in AArch64 state")
{
	/* At EL2 with E2H the name CNTV_* means the EL2 virtual timer. */
	unsigned int which = current_el() == 2 ? TIMER_HYP_VIRT : TIMER_VIRT;
	unsigned int intid = machine.timer[which].intid;
	uint64_t start, deadline, wait = counter_from_us(10000);

	if (!intid)
		SKIP("the machine's description has no interrupt for this timer");
	fired_at = 0;
	gic_set_handler(intid, stop_timer, NULL);
	gic_enable_irq(intid);
	start = counter_read();
	deadline = start + wait;
	write_sysreg(deadline, cntv_cval_el0);
	write_sysreg(CTL_ENABLE, cntv_ctl_el0);
	/* The timer runs before the wait for it begins. */
	isb();
	irq_enable();
	while (!*(volatile uint64_t *)&fired_at && counter_read() - start < 100 * wait)
		cpu_relax();
	irq_disable();
	gic_disable_irq(intid);
	ASSERT_NE(fired_at, 0u);
	EXPECT_GE(fired_at, deadline);
}

static uint32_t ticks;

static void tick(unsigned int intid, void *arg)
{
	(void)intid;
	(void)arg;
	ticks++;
	/* Soon again, at changing distances. */
	write_sysreg(counter_read() + counter_from_us(3 + ticks % 11), cntv_cval_el0);
	/* The line is low before the interrupt is ended. */
	isb();
}

USER_ASM(user_exit, "svc #0xffff");

TEST(irq, during_el0, .doc = "interrupts on the way to EL0 and back lose nothing", .needs = "gic",
	.source = "Arm ARM (DDI 0487), Exception entry")
{
	unsigned int intid = machine.timer[current_el() == 2 ? TIMER_HYP_VIRT : TIMER_VIRT].intid;
	struct exception_frame frame;

	if (!intid)
		SKIP("the machine's description has no interrupt for this timer");
	ticks = 0;
	gic_set_handler(intid, tick, NULL);
	gic_enable_irq(intid);
	write_sysreg(counter_read() + counter_from_us(20), cntv_cval_el0);
	write_sysreg(CTL_ENABLE, cntv_ctl_el0);
	/* The timer runs before its interrupt is waited for. */
	isb();
	irq_enable();
	for (int i = 0; i < 600; i++) {
		el0_run(user_exit, 0, &frame);
		if (ESR_EC(frame.esr) != EC_SVC64 || (ESR_ISS(frame.esr) & 0xffff) != EL0_EXIT)
			break;
	}
	irq_disable();
	write_sysreg(0, cntv_ctl_el0);
	gic_disable_irq(intid);
	EXPECT_EQ(ESR_EC(frame.esr), EC_SVC64);
	EXPECT_GT(ticks, 0u);
}
