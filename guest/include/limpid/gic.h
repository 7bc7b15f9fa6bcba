/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interrupt controller: GICv2 or GICv3, whichever the machine has. It is set up when the first of these functions
 * is called, and each CPU's part when that CPU calls one. All interrupts get the same priority and are in the
 * Non-secure Group 1 (v3).
 *
 * Source: Arm Generic Interrupt Controller Architecture Specification, v2 (IHI 0048), v3 and v4 (IHI 0069).
 */
#ifndef LIMPID_GIC_H
#define LIMPID_GIC_H

#include <stdbool.h>
#include <stdint.h>

/* 2 or 3; 0: the machine has none that limpid knows. */
unsigned int gic_version(void);

typedef void (*irq_handler)(unsigned int intid, void *arg);

/* Sets the function that is called, on whichever CPU, when an interrupt was acknowledged; it is ended afterwards. NULL
 * removes. */
void gic_set_handler(unsigned int intid, irq_handler handler, void *arg);
void gic_reset_handlers(void);

/* Enables an interrupt: an SGI or PPI (below 32) of the calling CPU, an SPI for the calling CPU. */
void gic_enable_irq(unsigned int intid);
void gic_disable_irq(unsigned int intid);

/* Sends an SGI (0 to 15) to a CPU. What the sender wrote before is seen by the handler. */
void gic_send_sgi(unsigned int cpu, unsigned int intid);

/* Whether an interrupt is pending, as seen by the calling CPU. */
bool gic_pending(unsigned int intid);

#endif
