/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GICv3 with affinity routing and system registers. Source: IHI 0069, "Programmers' Model".
 */
#include <arch/barrier.h>
#include <arch/io.h>
#include <arch/sysreg.h>
#include <limpid/boot.h>
#include <limpid/check.h>
#include <limpid/gic.h>
#include <limpid/mmu.h>
#include <limpid/smp.h>
#include "irq.h"

static uint64_t dist;
static uint64_t redist[MACHINE_MAX_CPUS];

static void wait_rwp(uint64_t ctlr, uint32_t bit)
{
	while (io_read32(ctlr) & bit)
		cpu_relax();
}

/* Disables 32 interrupts, and what the firmware left pending or active of them. */
static void forget(uint64_t registers)
{
	io_write32(registers + GICD_ICENABLER, ~0u);
	io_write32(registers + GICD_ICPENDR, ~0u);
	io_write32(registers + GICD_ICACTIVER, ~0u);
}

static uint64_t init(void)
{
	dist = io_map(pa_make(machine.gic.dist.base), GICR_FRAME);

	unsigned int lines = ((io_read32(dist + GICD_TYPER) & 0x1f) + 1) * 32;

	io_write32(dist + GICD_CTLR, 0);
	wait_rwp(dist + GICD_CTLR, GICD_CTLR_RWP);
	for (unsigned int intid = 32; intid < MIN(lines, 1020u); intid += 32) {
		forget(dist + intid / 8);
		io_write32(dist + GICD_IGROUPR + intid / 8, ~0u);
	}
	for (unsigned int intid = 32; intid < MIN(lines, 1020u); intid += 4)
		io_write32(dist + GICD_IPRIORITYR + intid, PRIORITY * 0x01010101u);
	/* ARE before the groups: to change it while a group is enabled is unpredictable. */
	io_write32(dist + GICD_CTLR, GICD_CTLR_ARE_NS);
	wait_rwp(dist + GICD_CTLR, GICD_CTLR_RWP);
	io_write32(dist + GICD_CTLR, GICD_CTLR_ARE_NS | GICD_CTLR_ENABLE_G1A | GICD_CTLR_ENABLE_G1);
	wait_rwp(dist + GICD_CTLR, GICD_CTLR_RWP);
	return dist;
}

static void shut(void)
{
	io_write32(dist + GICD_CTLR, GICD_CTLR_ARE_NS);
	wait_rwp(dist + GICD_CTLR, GICD_CTLR_RWP);
}

/* The affinity as GICR_TYPER, IROUTER and SGI1R want its parts. */
static uint32_t affinity32(uint64_t mpidr)
{
	return (mpidr & 0xffffff) | (mpidr >> 32 & 0xff) << 24;
}

/* The calling CPU's redistributor in a range of consecutive ones; 0: not there. */
static uint64_t find_in(struct mem_range range)
{
	uint64_t stride = machine.gic.redist_stride, base = range.base;

	do {
		uint64_t step = stride ? stride : 2 * GICR_FRAME;

		io_map(pa_make(base), 2 * GICR_FRAME);

		uint64_t typer = io_read64(base + GICR_TYPER);

		if (typer >> 32 == affinity32(cpu_read_mpidr()))
			return base;
		if (typer & GICR_TYPER_LAST)
			break;
		if (!stride && typer & GICR_TYPER_VLPIS)
			step *= 2;
		base += step;
	} while (base + 2 * GICR_FRAME <= range.base + range.size);
	return 0;
}

/* No priority is active any more: there are as many registers as the preemption bits need. */
static void forget_priorities(void)
{
	unsigned int bits = sysreg_field(read_sysreg_s(ICC_CTLR_EL1), 8, 3) + 1;

	if (bits > 6) {
		write_sysreg_s(0, ICC_AP1R3_EL1);
		write_sysreg_s(0, ICC_AP1R2_EL1);
	}
	if (bits > 5)
		write_sysreg_s(0, ICC_AP1R1_EL1);
	write_sysreg_s(0, ICC_AP1R0_EL1);
}

static void cpu_init(void)
{
	unsigned int cpu = cpu_index();

	for (unsigned int i = 0; i < machine.gic.redist_count && !redist[cpu]; i++)
		redist[cpu] = find_in(machine.gic.redist[i]);
	CHECK_MSG(redist[cpu], "CPU %u (MPIDR 0x%lx) has no redistributor", cpu, cpu_read_mpidr());

	uint64_t base = redist[cpu], sgi = base + GICR_SGI;

	io_write32(base + GICR_WAKER, io_read32(base + GICR_WAKER) & ~GICR_WAKER_SLEEP);
	while (io_read32(base + GICR_WAKER) & GICR_WAKER_CHILDREN)
		cpu_relax();
	forget(sgi);
	wait_rwp(base + GICR_CTLR, GICR_CTLR_RWP);
	io_write32(sgi + GICD_IGROUPR, ~0u);
	for (unsigned int intid = 0; intid < 32; intid += 4)
		io_write32(sgi + GICD_IPRIORITYR + intid, PRIORITY * 0x01010101u);

	write_sysreg_s(read_sysreg_s(ICC_SRE_EL1) | 1, ICC_SRE_EL1);
	/* SRE=1 before the other registers of the interface, which exist only with it. */
	isb();
	forget_priorities();
	write_sysreg_s(0xf0, ICC_PMR_EL1);
	write_sysreg_s(0, ICC_BPR1_EL1);
	write_sysreg_s(0, ICC_CTLR_EL1); /* EOImode 0: EOIR drops the priority and deactivates */
	write_sysreg_s(1, ICC_IGRPEN1_EL1);
	/* The interface takes interrupts from here on. */
	isb();
}

static uint64_t registers(unsigned int intid)
{
	return intid < 32 ? redist[cpu_index()] + GICR_SGI : dist;
}

uint64_t gic_redistributor(unsigned int cpu)
{
	CHECK_MSG(redist[cpu], "CPU %u has not used the interrupt controller yet", cpu);
	return redist[cpu];
}

static void wait_writes(void)
{
	wait_rwp(redist[cpu_index()] + GICR_CTLR, GICR_CTLR_RWP);
	wait_rwp(dist + GICD_CTLR, GICD_CTLR_RWP);
}

static void set_target(unsigned int intid, unsigned int cpu)
{
	io_write64(dist + GICD_IROUTER + 8 * intid, cpu_mpidr(cpu));
}

static void send_sgi(unsigned int cpu, unsigned int intid)
{
	uint64_t mpidr = cpu_mpidr(cpu), aff0 = mpidr & 0xff;

	/* What was written before is visible to the target when the interrupt arrives; a system register is no memory
	 * access. */
	dsb(ishst);
	write_sysreg_s((mpidr >> 32 & 0xff) << 48 | (aff0 >> 4) << 44 | (mpidr >> 16 & 0xff) << 32 |
			       (uint64_t)intid << 24 | (mpidr >> 8 & 0xff) << 16 | 1ull << (aff0 & 15),
		ICC_SGI1R_EL1);
	/* The SGI is generated before what follows, which may wait for it. */
	isb();
}

static void send_sgi_to_others(unsigned int intid)
{
	/* As above, and below. */
	dsb(ishst);
	write_sysreg_s(1ull << 40 | (uint64_t)intid << 24, ICC_SGI1R_EL1);
	isb();
}

static uint32_t acknowledge(void)
{
	uint32_t iar = read_sysreg_s(ICC_IAR1_EL1);

	/*
	 * The CPU interface takes effect at once, but Distributor and Redistributor observe it only behind a DSB: before
	 * the handler asks for the interrupt's state, or makes a device lower its line.
	 */
	dsb(sy);
	return iar;
}

static void end(uint32_t iar)
{
	write_sysreg_s(iar, ICC_EOIR1_EL1);
	/* The drop of priority is seen before interrupts are unmasked. */
	isb();
}

static void deactivate(uint32_t iar)
{
	write_sysreg_s(iar, ICC_DIR_EL1);
	/* The interrupt is inactive for what follows. */
	isb();
}

static void set_split_end(bool split)
{
	write_sysreg_s(split ? 2 : 0, ICC_CTLR_EL1);
	/* The mode holds for the next end of interrupt. */
	isb();
}

static uint32_t highest_pending(void)
{
	/* Whoever has written to the CPU interface before has synchronized it. */
	return read_sysreg_s(ICC_HPPIR1_EL1);
}

static uint8_t running_priority(void)
{
	return read_sysreg_s(ICC_RPR_EL1);
}

static void set_priority_mask(uint8_t mask)
{
	/* Self-synchronizing: the mask holds for the next acknowledge. */
	write_sysreg_s(mask, ICC_PMR_EL1);
}

static uint8_t priority_mask(void)
{
	return read_sysreg_s(ICC_PMR_EL1);
}

static void set_binary_point(unsigned int point)
{
	write_sysreg_s(point, ICC_BPR1_EL1);
	/* It holds for the next acknowledge. */
	isb();
}

static unsigned int binary_point(void)
{
	return read_sysreg_s(ICC_BPR1_EL1);
}

const struct gic_driver gicv3 = {init, cpu_init, shut, registers, wait_writes, set_target, send_sgi, send_sgi_to_others,
	acknowledge, end, deactivate, set_split_end, highest_pending, running_priority, set_priority_mask,
	priority_mask, set_binary_point, binary_point};
