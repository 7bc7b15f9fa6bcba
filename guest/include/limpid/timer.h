/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generic timers: each that the running exception level can program has a driver. At EL1 these are the virtual and
 * the physical timer; at EL2 those two as well, by their _EL02 names, and the hypervisor's physical and virtual ones.
 *
 * A timer belongs to the calling CPU. Its condition is counter - CVAL >= 0; its interrupt's level is ENABLE && !IMASK
 * && condition. The runner stops all timers after each test, on the CPU that ran it.
 *
 * Source: Arm ARM (DDI 0487), "The Generic Timer in AArch64 state".
 */
#ifndef LIMPID_TIMER_H
#define LIMPID_TIMER_H

#include <stdbool.h>
#include <stdint.h>
#include <limpid/machine.h>

#define TIMER_CTL_ENABLE  1u
#define TIMER_CTL_IMASK   2u
#define TIMER_CTL_ISTATUS 4u

struct timer {
	const char *name;
	enum machine_timer which; /* its interrupt is machine.timer[which].intid */
	/* Each write is followed by an ISB: the timer has it before what comes next. */
	uint64_t (*read_ctl)(void);
	void (*write_ctl)(uint64_t ctl);
	uint64_t (*read_cval)(void);
	void (*write_cval)(uint64_t cval);
	int32_t (*read_tval)(void);
	void (*write_tval)(int32_t tval);
	/* The counter that it compares with, read neither early nor late in program order. */
	uint64_t (*counter)(void);
};

/* NULL when the running exception level cannot program it. */
const struct timer *timer_of(enum machine_timer which);

/* The timer of this exception level that the CPU itself is meant to use: the virtual one of its own level. */
const struct timer *timer_own(void);

/* Stops every timer of the calling CPU that it can program. */
void timers_stop(void);

#endif
