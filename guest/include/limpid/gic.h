/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interrupt controller: GICv2 or GICv3, whichever the machine has. It is set up when the first of these functions
 * is called, and each CPU's part when that CPU calls one: every interrupt disabled, neither pending nor active, of one
 * priority, in the Non-secure Group 1 (v3). After each test the runner shuts it, and the next one finds it so again.
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

/* Sends an SGI (0 to 15) to a CPU; to all but the calling one. What the sender wrote before is seen by the handler. */
void gic_send_sgi(unsigned int cpu, unsigned int intid);
void gic_send_sgi_to_others(unsigned int intid);

/* The state of an SGI, PPI or SPI, as seen by the calling CPU, and its change by software. */
bool gic_pending(unsigned int intid);
bool gic_active(unsigned int intid);
void gic_set_pending(unsigned int intid, bool on);
void gic_set_active(unsigned int intid, bool on);

/* 0 is the highest priority; the low bits may not be there. */
void gic_set_priority(unsigned int intid, uint8_t priority);
uint8_t gic_priority(unsigned int intid);

/* Edge-triggered or level-sensitive. An SGI is edge-triggered, other interrupts may be fixed. */
void gic_set_edge(unsigned int intid, bool edge);

/* Where an SPI goes: a CPU that has used the interrupt controller. */
void gic_set_target(unsigned int intid, unsigned int cpu);

/*
 * The calling CPU's interface, for tests that take interrupts by hand, with IRQs masked: the acknowledge gives the
 * IAR's value, whose INTID is gic_intid() of it. With the split mode gic_end() only drops the running priority.
 */
uint32_t gic_acknowledge(void);
unsigned int gic_intid(uint32_t iar);
void gic_end(uint32_t iar);
void gic_deactivate(uint32_t iar);
void gic_set_split_end(bool split);
unsigned int gic_highest_pending(void);
uint8_t gic_running_priority(void);
void gic_set_priority_mask(uint8_t mask);
uint8_t gic_priority_mask(void);
void gic_set_binary_point(unsigned int point);
unsigned int gic_binary_point(void);

/* The INTIDs below this are SGIs, PPIs and SPIs. */
unsigned int gic_lines(void);

/* Number n (from 0) of the SPIs that tests may use: no device has them, as far as the highest are spare. 0: there are
 * not so many. */
unsigned int gic_spare_spi(unsigned int n);

/* Registers' addresses: the distributor; the CPU interface (v2); a CPU's redistributor, once it has used the interrupt
 * controller (v3); and, for an INTID, where the distributor's offsets lead to the calling CPU's registers. */
uint64_t gic_distributor(void);
uint64_t gic_cpu_interface(void);
uint64_t gic_redistributor(unsigned int cpu);
uint64_t gic_registers(unsigned int intid);

/* v2: the calling CPU's bit in GICD_ITARGETSR and GICD_SGIR. */
uint8_t gic_interface_mask(unsigned int cpu);

/* v3: waits until the writes to GICD_CTLR and GICD_ICENABLER, and to the calling CPU's, have taken effect. */
void gic_wait_writes(void);

/* Shuts the distributor: nothing is signalled any more. The next use sets all up again. */
void gic_shut(void);

#endif
