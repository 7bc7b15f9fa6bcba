/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between gic.c and the drivers of its two versions.
 */
#ifndef IRQ_IRQ_H
#define IRQ_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#define INTID_SPECIAL 1020 /* from here on an acknowledge says that there is nothing */
#define PRIORITY      0xa0

struct gic_driver {
	void (*init)(void);     /* the distributor, once */
	void (*cpu_init)(void); /* the calling CPU's part */
	void (*enable)(unsigned int intid, bool on);
	bool (*pending)(unsigned int intid);
	void (*send_sgi)(unsigned int cpu, unsigned int intid);
	uint32_t (*acknowledge)(void); /* the IAR's value */
	void (*end)(uint32_t iar);
};

extern const struct gic_driver gicv2, gicv3;

/* Distributor registers, the same in both; those of INTIDs below 32 are banked, or in the redistributor. */
#define GICD_CTLR       0x000
#define GICD_TYPER      0x004
#define GICD_IGROUPR    0x080
#define GICD_ISENABLER  0x100
#define GICD_ICENABLER  0x180
#define GICD_ISPENDR    0x200
#define GICD_ICPENDR    0x280
#define GICD_ICACTIVER  0x380
#define GICD_IPRIORITYR 0x400
#define GICD_ITARGETSR  0x800
#define GICD_SGIR       0xf00
#define GICD_IROUTER    0x6000

/* A CPU went off: its interface is to be set up anew when it comes back. */
void gic_cpu_stopped(unsigned int cpu);

/* Called for an IRQ that has no exception handler. False: nobody wanted it. */
bool gic_dispatch(void);

#endif
