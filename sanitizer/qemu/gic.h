/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gic.h - the interrupt controller of QEMU's machine `virt`: where it is, and to which CPU an interrupt goes that a
 * store to it makes pending, known from what its driver has stored and loaded there before.
 *
 * Nothing is said of an interrupt that is not known to be enabled, or that more than one CPU may take.
 *
 * Source: IHI 0069, GICD_ISPENDR<n>, GICD_IROUTER<n>, GICR_ISPENDR0, GICR_TYPER; IHI 0048, GICD_ITARGETSRn.
 */
#ifndef PLUGIN_GIC_H
#define PLUGIN_GIC_H

#include <stdbool.h>
#include <stdint.h>

#define VIRT_GICD      0x08000000u
#define VIRT_GICD_END  0x08010000u
#define VIRT_GICR      0x080a0000u
#define VIRT_GICR_END  0x09000000u
#define VIRT_GICR2     0x4000000000u
#define VIRT_GICR2_END 0x4004000000u

/* Offsets, of the distributor and of a redistributor's second frame. */
#define GIC_ISENABLER  0x100
#define GIC_ICENABLER  0x180
#define GIC_ISPENDR    0x200
#define GIC_STATE_END  0x400 /* of pending and active state, from GIC_ISPENDR on */
#define GICD_ITARGETSR 0x800
#define GICD_SGIR      0xf00
#define GICD_IROUTER   0x6000

static inline bool gic_is_distributor(uint64_t pa)
{
	return pa >= VIRT_GICD && pa < VIRT_GICD_END;
}

static inline bool gic_is_redistributor(uint64_t pa)
{
	return (pa >= VIRT_GICR && pa < VIRT_GICR_END) || (pa >= VIRT_GICR2 && pa < VIRT_GICR2_END);
}

/* An access to @pa, which is anywhere: @value is of @size bytes, at most 8; NULL: it is not known. */
void gic_stored(uint64_t pa, unsigned size, const uint64_t *value);
void gic_loaded(uint64_t pa, unsigned size, const uint64_t *value);

/* Is this a store to a register that makes interrupts pending? */
bool gic_is_pend(uint64_t pa);
/* Does it make one pending that the CPU of this affinity takes, and no other? */
bool gic_pends(uint64_t pa, unsigned size, uint64_t value, uint64_t mpidr);

/* The machine starts again. */
void gic_forget(void);

#endif
