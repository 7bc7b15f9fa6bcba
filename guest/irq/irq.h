/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between gic.c and the drivers of its two versions.
 */
#ifndef IRQ_IRQ_H
#define IRQ_IRQ_H

#include <stdbool.h>
#include <stdint.h>
#include <limpid/gic_registers.h>

#define PRIORITY 0xa0

struct gic_driver {
	uint64_t (*init)(void); /* the distributor, once; its address */
	void (*cpu_init)(void); /* the calling CPU's part */
	void (*shut)(void);
	uint64_t (*registers)(unsigned int intid);
	void (*wait_writes)(void);
	void (*set_target)(unsigned int intid, unsigned int cpu);
	void (*send_sgi)(unsigned int cpu, unsigned int intid);
	void (*send_sgi_to_others)(unsigned int intid);
	uint32_t (*acknowledge)(void); /* the IAR's value */
	void (*end)(uint32_t iar);
	void (*deactivate)(uint32_t iar);
	void (*set_split_end)(bool split);
	uint32_t (*highest_pending)(void);
	uint8_t (*running_priority)(void);
	void (*set_priority_mask)(uint8_t mask);
	uint8_t (*priority_mask)(void);
	void (*set_binary_point)(unsigned int point);
	unsigned int (*binary_point)(void);
};

extern const struct gic_driver gicv2, gicv3;

/* A CPU went off: its interface is to be set up anew when it comes back. */
void gic_cpu_stopped(unsigned int cpu);

/* Called for an IRQ that has no exception handler. False: nobody wanted it. */
bool gic_dispatch(void);

#endif
