/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <limpid/boot.h>
#include <limpid/check.h>
#include <limpid/gic.h>
#include <limpid/printf.h>
#include <limpid/smp.h>
#include <limpid/string.h>
#include "irq.h"

#define HANDLERS_MAX 16

static struct {
	irq_handler handler;
	void *arg;
	unsigned int intid;
} handlers[HANDLERS_MAX];

static bool initialized, cpu_initialized[MACHINE_MAX_CPUS];

unsigned int gic_version(void)
{
	return machine.gic.version;
}

static const struct gic_driver *driver(void)
{
	const struct gic_driver *driver = machine.gic.version == 2 ? &gicv2 : &gicv3;
	unsigned int cpu = cpu_index();

	CHECK_MSG(machine.gic.version, "the machine has no interrupt controller that limpid knows");
	if (!initialized) {
		CHECK_MSG(cpu == 0, "CPU 0 must use the interrupt controller first");
		driver->init();
		initialized = true;
	}
	if (!cpu_initialized[cpu]) {
		driver->cpu_init();
		cpu_initialized[cpu] = true;
	}
	return driver;
}

void gic_set_handler(unsigned int intid, irq_handler handler, void *arg)
{
	unsigned int free = HANDLERS_MAX;

	for (unsigned int i = 0; i < HANDLERS_MAX; i++) {
		if (handlers[i].handler && handlers[i].intid == intid) {
			free = i;
			break;
		}
		if (!handlers[i].handler && free == HANDLERS_MAX)
			free = i;
	}
	CHECK(free < HANDLERS_MAX || !handler);
	if (free < HANDLERS_MAX) {
		handlers[free].intid = intid;
		handlers[free].arg = arg;
		store_release(&handlers[free].handler, handler);
	}
}

void gic_reset_handlers(void)
{
	memset(handlers, 0, sizeof(handlers));
}

void gic_enable_irq(unsigned int intid)
{
	driver()->enable(intid, true);
}

void gic_disable_irq(unsigned int intid)
{
	driver()->enable(intid, false);
}

bool gic_pending(unsigned int intid)
{
	return driver()->pending(intid);
}

void gic_send_sgi(unsigned int cpu, unsigned int intid)
{
	CHECK(cpu < cpu_count() && intid < 16);
	driver()->send_sgi(cpu, intid);
}

void gic_cpu_stopped(unsigned int cpu)
{
	cpu_initialized[cpu] = false;
}

bool gic_dispatch(void)
{
	const struct gic_driver *gic = driver();
	uint32_t iar = gic->acknowledge();
	unsigned int intid = iar & 0xffffff;

	if (gic == &gicv2)
		intid &= 0x3ff;
	if (intid >= INTID_SPECIAL && intid < 1024)
		return true;
	for (unsigned int i = 0; i < HANDLERS_MAX; i++) {
		irq_handler handler = load_acquire(&handlers[i].handler);

		if (!handler || handlers[i].intid != intid)
			continue;
		handler(intid, handlers[i].arg);
		gic->end(iar);
		return true;
	}
	printf("# interrupt %u has no handler\n", intid);
	return false;
}
