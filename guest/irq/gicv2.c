/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GICv2. Source: IHI 0048, "Programmers' Model".
 */
#include <arch/barrier.h>
#include <arch/io.h>
#include <limpid/boot.h>
#include <limpid/check.h>
#include <limpid/gic.h>
#include <limpid/mmu.h>
#include <limpid/smp.h>
#include "irq.h"

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

static uint64_t init(void)
{
	dist = io_map(pa_make(machine.gic.dist.base), KIB(4));
	cpu_interface = io_map(pa_make(machine.gic.cpu.base), KIB(8));

	unsigned int lines = ((io_read32(dist + GICD_TYPER) & 0x1f) + 1) * 32;

	for (unsigned int intid = 32; intid < lines; intid += 32)
		forget(intid, ~0u);
	for (unsigned int intid = 32; intid < MIN(lines, (unsigned int)INTID_SPECIAL); intid += 4)
		io_write32(dist + GICD_IPRIORITYR + intid, PRIORITY * 0x01010101u);
	io_write32(dist + GICD_CTLR, 1);
	return dist;
}

static void cpu_init(void)
{
	/* ITARGETSR0 to 7 are read-only and give the reader's own mask; 0 on a uniprocessor. */
	uint8_t mask = io_read32(dist + GICD_ITARGETSR) & 0xff;

	interface_mask[cpu_index()] = mask ? mask : 1;
	/* SGIs too: their pending state has a register of its own, and a source. */
	forget(0, ~0u);
	for (unsigned int intid = 0; intid < 16; intid += 4)
		io_write32(dist + GICD_CPENDSGIR + intid, ~0u);
	for (unsigned int intid = 0; intid < 32; intid += 4)
		io_write32(dist + GICD_IPRIORITYR + intid, PRIORITY * 0x01010101u);
	io_write32(cpu_interface + GICC_PMR, 0xf0);
	io_write32(cpu_interface + GICC_BPR, 0);
	io_write32(cpu_interface + GICC_APR, 0);
	io_write32(cpu_interface + GICC_CTLR, GICC_CTLR_ENABLE);
}

static void shut(void)
{
	io_write32(dist + GICD_CTLR, 0);
}

static uint64_t registers(unsigned int intid)
{
	(void)intid;
	return dist;
}

static void wait_writes(void)
{
}

uint8_t gic_interface_mask(unsigned int cpu)
{
	CHECK_MSG(interface_mask[cpu], "CPU %u has not used the interrupt controller yet", cpu);
	return interface_mask[cpu];
}

static void set_target(unsigned int intid, unsigned int cpu)
{
	io_write8(dist + GICD_ITARGETSR + intid, gic_interface_mask(cpu));
}

static void send_sgi(unsigned int cpu, unsigned int intid)
{
	/* What was written before is visible to the target when the interrupt arrives. */
	dsb(ishst);
	io_write32(dist + GICD_SGIR, (uint32_t)gic_interface_mask(cpu) << 16 | intid);
}

static void send_sgi_to_others(unsigned int intid)
{
	/* As above. */
	dsb(ishst);
	io_write32(dist + GICD_SGIR, 1u << 24 | intid);
}

uint64_t gic_cpu_interface(void)
{
	CHECK(cpu_interface);
	return cpu_interface;
}

static uint32_t acknowledge(void)
{
	return io_read32(cpu_interface + GICC_IAR);
}

static void end(uint32_t iar)
{
	io_write32(cpu_interface + GICC_EOIR, iar);
}

static void deactivate(uint32_t iar)
{
	io_write32(cpu_interface + GICC_DIR, iar);
}

static void set_split_end(bool split)
{
	io_write32(cpu_interface + GICC_CTLR, GICC_CTLR_ENABLE | (split ? GICC_CTLR_EOI_MODE : 0));
}

static uint32_t highest_pending(void)
{
	return io_read32(cpu_interface + GICC_HPPIR);
}

static uint8_t running_priority(void)
{
	return io_read32(cpu_interface + GICC_RPR);
}

static void set_priority_mask(uint8_t mask)
{
	io_write32(cpu_interface + GICC_PMR, mask);
}

static uint8_t priority_mask(void)
{
	return io_read32(cpu_interface + GICC_PMR);
}

static void set_binary_point(unsigned int point)
{
	io_write32(cpu_interface + GICC_BPR, point);
}

static unsigned int binary_point(void)
{
	return io_read32(cpu_interface + GICC_BPR) & 7;
}

const struct gic_driver gicv2 = {init, cpu_init, shut, registers, wait_writes, set_target, send_sgi, send_sgi_to_others,
	acknowledge, end, deactivate, set_split_end, highest_pending, running_priority, set_priority_mask,
	priority_mask, set_binary_point, binary_point};
