/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/io.h>
#include <limpid/boot.h>
#include <limpid/check.h>
#include <limpid/gic.h>
#include <limpid/its.h>
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
static uint64_t dist;

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
		dist = driver->init();
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

/* One of the registers with a bit for each interrupt. */
static uint64_t bit_register(const struct gic_driver *gic, unsigned int offset, unsigned int intid)
{
	return gic->registers(intid) + offset + intid / 32 * 4;
}

static void write_bit(unsigned int offset, unsigned int intid)
{
	io_write32(bit_register(driver(), offset, intid), 1u << intid % 32);
}

static bool read_bit(unsigned int offset, unsigned int intid)
{
	return io_read32(bit_register(driver(), offset, intid)) >> intid % 32 & 1;
}

void gic_enable_irq(unsigned int intid)
{
	const struct gic_driver *gic = driver();

	if (intid >= 32)
		gic->set_target(intid, cpu_index());
	write_bit(GICD_ISENABLER, intid);
}

void gic_disable_irq(unsigned int intid)
{
	write_bit(GICD_ICENABLER, intid);
	driver()->wait_writes();
}

bool gic_pending(unsigned int intid)
{
	return read_bit(GICD_ISPENDR, intid);
}

bool gic_active(unsigned int intid)
{
	return read_bit(GICD_ISACTIVER, intid);
}

void gic_set_pending(unsigned int intid, bool on)
{
	/* What was written before is visible to who takes the interrupt. */
	dsb(ishst);
	write_bit(on ? GICD_ISPENDR : GICD_ICPENDR, intid);
	/* The write has reached the distributor before a system register of the CPU interface is read. */
	dsb(sy);
}

void gic_set_active(unsigned int intid, bool on)
{
	write_bit(on ? GICD_ISACTIVER : GICD_ICACTIVER, intid);
	/* As above. */
	dsb(sy);
}

void gic_set_priority(unsigned int intid, uint8_t priority)
{
	io_write8(driver()->registers(intid) + GICD_IPRIORITYR + intid, priority);
	/* As above. */
	dsb(sy);
}

uint8_t gic_priority(unsigned int intid)
{
	return io_read8(driver()->registers(intid) + GICD_IPRIORITYR + intid);
}

void gic_set_edge(unsigned int intid, bool edge)
{
	uint64_t icfgr = driver()->registers(intid) + GICD_ICFGR + intid / 16 * 4;
	uint32_t bit = 2u << intid % 16 * 2, old = io_read32(icfgr);

	io_write32(icfgr, edge ? old | bit : old & ~bit);
}

void gic_set_target(unsigned int intid, unsigned int cpu)
{
	CHECK(intid >= 32 && cpu < cpu_count());
	driver()->set_target(intid, cpu);
}

void gic_send_sgi(unsigned int cpu, unsigned int intid)
{
	CHECK(cpu < cpu_count() && intid < 16);
	driver()->send_sgi(cpu, intid);
}

void gic_send_sgi_to_others(unsigned int intid)
{
	CHECK(intid < 16);
	driver()->send_sgi_to_others(intid);
}

uint32_t gic_acknowledge(void)
{
	return driver()->acknowledge();
}

unsigned int gic_intid(uint32_t iar)
{
	return iar & (machine.gic.version == 2 ? 0x3ff : 0xffffff);
}

void gic_end(uint32_t iar)
{
	driver()->end(iar);
}

void gic_deactivate(uint32_t iar)
{
	driver()->deactivate(iar);
}

void gic_set_split_end(bool split)
{
	driver()->set_split_end(split);
}

unsigned int gic_highest_pending(void)
{
	return gic_intid(driver()->highest_pending());
}

uint8_t gic_running_priority(void)
{
	return driver()->running_priority();
}

void gic_set_priority_mask(uint8_t mask)
{
	driver()->set_priority_mask(mask);
}

uint8_t gic_priority_mask(void)
{
	return driver()->priority_mask();
}

void gic_set_binary_point(unsigned int point)
{
	driver()->set_binary_point(point);
}

unsigned int gic_binary_point(void)
{
	return driver()->binary_point();
}

uint64_t gic_distributor(void)
{
	driver();
	return dist;
}

uint64_t gic_registers(unsigned int intid)
{
	return driver()->registers(intid);
}

unsigned int gic_lines(void)
{
	unsigned int lines = ((io_read32(gic_distributor() + GICD_TYPER) & 0x1f) + 1) * 32;

	return lines < INTID_SPECIAL ? lines : INTID_SPECIAL;
}

unsigned int gic_spare_spi(unsigned int n)
{
	unsigned int lines = gic_lines();

	return lines > 32 + n ? lines - 1 - n : 0;
}

void gic_wait_writes(void)
{
	driver()->wait_writes();
}

void gic_cpu_stopped(unsigned int cpu)
{
	cpu_initialized[cpu] = false;
}

void gic_shut(void)
{
	gic_reset_handlers();
	if (!initialized)
		return;
	its_stop();
	driver()->shut();
	initialized = false;
	memset(cpu_initialized, 0, sizeof(cpu_initialized));
}

bool gic_dispatch(void)
{
	const struct gic_driver *gic = driver();
	uint32_t iar = gic->acknowledge();
	unsigned int intid = gic_intid(iar);

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
