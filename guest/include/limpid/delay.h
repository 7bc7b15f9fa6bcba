/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time, from the virtual counter, which runs at CNTFRQ_EL0 hertz on all CPUs alike.
 *
 * Source: Arm ARM (DDI 0487), "The Generic Timer in AArch64 state".
 */
#ifndef LIMPID_DELAY_H
#define LIMPID_DELAY_H

#include <stdbool.h>
#include <stdint.h>

/* The counter now, in ticks, read neither early nor late in program order. */
uint64_t counter_read(void);

/* Ticks in a second. */
uint64_t counter_frequency(void);

/* Ticks to microseconds and back; no overflow below 2^64 / frequency. */
uint64_t counter_to_us(uint64_t ticks);
uint64_t counter_from_us(uint64_t us);

/* How long to wait for what must come, in microseconds: a host that is busy may stop a machine for seconds. */
#define PATIENCE_US 10000000

void udelay(uint64_t us);
void mdelay(uint64_t ms);

#endif
