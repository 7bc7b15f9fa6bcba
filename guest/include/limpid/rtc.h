/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real-time clock, a PL031: seconds, and an interrupt when they reach a number. A device tree names it; ACPI has it
 * in byte code only, so there is none for us.
 *
 * Source: PrimeCell Real Time Clock (PL031) Technical Reference Manual (DDI 0224), "Register descriptions".
 */
#ifndef LIMPID_RTC_H
#define LIMPID_RTC_H

#include <stdbool.h>
#include <stdint.h>

#define RTC_DR   0x00  /* seconds now, read-only */
#define RTC_MR   0x04  /* seconds of the alarm */
#define RTC_LR   0x08  /* sets the seconds */
#define RTC_CR   0x0c  /* bit 0: runs */
#define RTC_IMSC 0x10  /* bit 0, as in all of these: the interrupt is let through */
#define RTC_RIS  0x14  /* it is pending */
#define RTC_MIS  0x18  /* both */
#define RTC_ICR  0x1c  /* write: clears it */
#define RTC_ID   0xfe0 /* eight bytes, a word apart */

/* Whether the machine has one that limpid finds. */
bool rtc_present(void);

uint32_t rtc_read(unsigned int offset);
void rtc_write(unsigned int offset, uint32_t value);

#endif
