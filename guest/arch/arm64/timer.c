/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/barrier.h>
#include <arch/sysreg.h>
#include <limpid/timer.h>

/* A counter, or what is relative to one, may be read before earlier instructions finished: not so behind an ISB. */
static __attribute__((noinline)) void come_after(void)
{
	isb();
}

/* The timer has its new value before what follows. */
static __attribute__((noinline)) void take_effect(void)
{
	isb();
}

static uint64_t count_physical(void)
{
	come_after();
	return read_sysreg(cntpct_el0);
}

static uint64_t count_virtual(void)
{
	come_after();
	return read_sysreg(cntvct_el0);
}

/* At EL2 CNTVCT_EL0 leaves CNTVOFF_EL2 out, which the EL1 virtual timer does not. */
static uint64_t count_offset(void)
{
	come_after();
	return read_sysreg(cntpct_el0) - read_sysreg(cntvoff_el2);
}

/* The functions of one timer by the names of its registers. */
#define TIMER(id, ctl, cval, tval, text, number, count)                                                               \
	static uint64_t id##_read_ctl(void)                                                                           \
	{                                                                                                             \
		return read_sysreg_s(ctl);                                                                            \
	}                                                                                                             \
	static void id##_write_ctl(uint64_t value)                                                                    \
	{                                                                                                             \
		write_sysreg_s(value, ctl);                                                                           \
		take_effect();                                                                                        \
	}                                                                                                             \
	static uint64_t id##_read_cval(void)                                                                          \
	{                                                                                                             \
		return read_sysreg_s(cval);                                                                           \
	}                                                                                                             \
	static void id##_write_cval(uint64_t value)                                                                   \
	{                                                                                                             \
		write_sysreg_s(value, cval);                                                                          \
		take_effect();                                                                                        \
	}                                                                                                             \
	static int32_t id##_read_tval(void)                                                                           \
	{                                                                                                             \
		come_after();                                                                                         \
		return (int32_t)read_sysreg_s(tval);                                                                  \
	}                                                                                                             \
	static void id##_write_tval(int32_t value)                                                                    \
	{                                                                                                             \
		write_sysreg_s((uint64_t)(uint32_t)value, tval);                                                      \
		take_effect();                                                                                        \
	}                                                                                                             \
	static const struct timer id = {text, number, id##_read_ctl, id##_write_ctl, id##_read_cval, id##_write_cval, \
		id##_read_tval, id##_write_tval, count}

/* At EL2 with E2H the plain names are those of the hypervisor's timers. */
TIMER(el1_phys, cntp_ctl_el0, cntp_cval_el0, cntp_tval_el0, "physical", TIMER_PHYS, count_physical);
TIMER(el1_virt, cntv_ctl_el0, cntv_cval_el0, cntv_tval_el0, "virtual", TIMER_VIRT, count_virtual);
TIMER(el02_phys, CNTP_CTL_EL02, CNTP_CVAL_EL02, CNTP_TVAL_EL02, "physical", TIMER_PHYS, count_physical);
TIMER(el02_virt, CNTV_CTL_EL02, CNTV_CVAL_EL02, CNTV_TVAL_EL02, "virtual", TIMER_VIRT, count_offset);
TIMER(el2_phys, cntp_ctl_el0, cntp_cval_el0, cntp_tval_el0, "EL2 physical", TIMER_HYP_PHYS, count_physical);
TIMER(el2_virt, cntv_ctl_el0, cntv_cval_el0, cntv_tval_el0, "EL2 virtual", TIMER_HYP_VIRT, count_virtual);

const struct timer *timer_of(enum machine_timer which)
{
	bool el2 = current_el() == 2;

	switch (which) {
	case TIMER_PHYS:
		return el2 ? &el02_phys : &el1_phys;
	case TIMER_VIRT:
		return el2 ? &el02_virt : &el1_virt;
	case TIMER_HYP_PHYS:
		return el2 ? &el2_phys : NULL;
	case TIMER_HYP_VIRT:
		return el2 ? &el2_virt : NULL;
	default:
		return NULL;
	}
}

const struct timer *timer_own(void)
{
	return timer_of(current_el() == 2 ? TIMER_HYP_VIRT : TIMER_VIRT);
}

void timers_stop(void)
{
	for (int i = 0; i < TIMER_COUNT; i++) {
		const struct timer *timer = timer_of(i);

		if (timer)
			timer->write_ctl(0);
	}
}
