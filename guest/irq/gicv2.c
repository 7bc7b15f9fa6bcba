/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GICv2. Source: IHI 0048, "Programmers' Model".
 */
#include <arch/barrier.h>
#include <arch/io.h>
#include <limpid/boot.h>
#include <limpid/check.h>
#include <limpid/mmu.h>
#include <limpid/smp.h>
#include "irq.h"

#define GICC_CTLR 0x00
#define GICC_PMR  0x04
#define GICC_BPR  0x08
#define GICC_IAR  0x0c
#define GICC_EOIR 0x10

static uint64_t dist, cpu_interface;
/* The CPU interfaces' numbers, which the architecture gives no way to tell from MPIDR: each CPU asks for its own. */
static uint8_t interface_mask[MACHINE_MAX_CPUS];

/* Disables 32 interrupts, and what the firmware left pending or active of them. */
static void forget(unsigned int intid, uint32_t mask)
{
	io_write32(dist + GICD_ICENABLER + intid / 8, mask);
	io_write32(dist + GICD_ICPENDR + intid / 8, mask);
	io_write32(dist + GICD_ICACTIVER + intid / 8, mask);
}

static void init(void)
{
	dist = io_map(pa_make(machine.gic.dist.base), KIB(4));
	cpu_interface = io_map(pa_make(machine.gic.cpu.base), KIB(8));

	unsigned int lines = ((io_read32(dist + GICD_TYPER) & 0x1f) + 1) * 32;

	for (unsigned int intid = 32; intid < lines; intid += 32)
		forget(intid, ~0u);
	io_write32(dist + GICD_CTLR, 1);
}

static void cpu_init(void)
{
	/* ITARGETSR0 to 7 are read-only and give the reader's own mask; 0 on a uniprocessor. */
	uint8_t mask = io_read32(dist + GICD_ITARGETSR) & 0xff;

	interface_mask[cpu_index()] = mask ? mask : 1;
	forget(0, 0xffff0000);
	for (unsigned int intid = 0; intid < 32; intid += 4)
		io_write32(dist + GICD_IPRIORITYR + intid, PRIORITY * 0x01010101u);
	io_write32(cpu_interface + GICC_PMR, 0xf0);
	io_write32(cpu_interface + GICC_BPR, 0);
	io_write32(cpu_interface + GICC_CTLR, 1);
}

static void enable(unsigned int intid, bool on)
{
	if (intid >= 32 && on) {
		io_write8(dist + GICD_IPRIORITYR + intid, PRIORITY);
		io_write8(dist + GICD_ITARGETSR + intid, interface_mask[cpu_index()]);
	}
	io_write32(dist + (on ? GICD_ISENABLER : GICD_ICENABLER) + intid / 32 * 4, 1u << intid % 32);
}

static bool pending(unsigned int intid)
{
	return io_read32(dist + GICD_ISPENDR + intid / 32 * 4) >> intid % 32 & 1;
}

static void send_sgi(unsigned int cpu, unsigned int intid)
{
	CHECK_MSG(interface_mask[cpu], "CPU %u has not used the interrupt controller yet", cpu);
	/* What was written before is visible to the target when the interrupt arrives. */
	dsb(ishst);
	io_write32(dist + GICD_SGIR, (uint32_t)interface_mask[cpu] << 16 | intid);
}

static uint32_t acknowledge(void)
{
	return io_read32(cpu_interface + GICC_IAR);
}

static void end(uint32_t iar)
{
	io_write32(cpu_interface + GICC_EOIR, iar);
}

const struct gic_driver gicv2 = {init, cpu_init, enable, pending, send_sgi, acknowledge, end};
