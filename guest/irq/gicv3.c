/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GICv3 with affinity routing and system registers. Source: IHI 0069, "Programmers' Model".
 */
#include <arch/barrier.h>
#include <arch/io.h>
#include <arch/sysreg.h>
#include <limpid/boot.h>
#include <limpid/check.h>
#include <limpid/mmu.h>
#include <limpid/smp.h>
#include "irq.h"

#define GICD_CTLR_RWP        (1u << 31)
#define GICD_CTLR_ARE_NS     (1u << 4)
#define GICD_CTLR_ENABLE_G1A (1u << 1)
#define GICD_CTLR_ENABLE_G1  (1u << 0)

#define GICR_CTLR           0x0000
#define GICR_CTLR_RWP       (1u << 3)
#define GICR_TYPER          0x0008
#define GICR_TYPER_VLPIS    (1u << 1)
#define GICR_TYPER_LAST     (1u << 4)
#define GICR_WAKER          0x0014
#define GICR_WAKER_SLEEP    (1u << 1)
#define GICR_WAKER_CHILDREN (1u << 2)
#define GICR_FRAME          KIB(64)
#define GICR_SGI            GICR_FRAME /* SGIs' and PPIs' registers, at the distributor's offsets */

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

static void init(void)
{
	dist = io_map(pa_make(machine.gic.dist.base), GICR_FRAME);

	unsigned int lines = ((io_read32(dist + GICD_TYPER) & 0x1f) + 1) * 32;

	io_write32(dist + GICD_CTLR, 0);
	wait_rwp(dist + GICD_CTLR, GICD_CTLR_RWP);
	for (unsigned int intid = 32; intid < MIN(lines, 1020u); intid += 32) {
		forget(dist + intid / 8);
		io_write32(dist + GICD_IGROUPR + intid / 8, ~0u);
	}
	/* ARE before the groups: to change it while a group is enabled is unpredictable. */
	io_write32(dist + GICD_CTLR, GICD_CTLR_ARE_NS);
	wait_rwp(dist + GICD_CTLR, GICD_CTLR_RWP);
	io_write32(dist + GICD_CTLR, GICD_CTLR_ARE_NS | GICD_CTLR_ENABLE_G1A | GICD_CTLR_ENABLE_G1);
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
	write_sysreg_s(0xf0, ICC_PMR_EL1);
	write_sysreg_s(0, ICC_BPR1_EL1);
	write_sysreg_s(0, ICC_CTLR_EL1); /* EOImode 0: EOIR drops the priority and deactivates */
	write_sysreg_s(1, ICC_IGRPEN1_EL1);
	/* The interface takes interrupts from here on. */
	isb();
}

static uint64_t registers_of(unsigned int intid)
{
	return intid < 32 ? redist[cpu_index()] + GICR_SGI : dist;
}

static void enable(unsigned int intid, bool on)
{
	uint64_t base = registers_of(intid);

	if (intid >= 32 && on) {
		uint64_t mpidr = cpu_read_mpidr();

		io_write8(dist + GICD_IPRIORITYR + intid, PRIORITY);
		io_write64(dist + GICD_IROUTER + 8 * intid, mpidr);
	}
	io_write32(base + (on ? GICD_ISENABLER : GICD_ICENABLER) + intid / 32 * 4, 1u << intid % 32);
	if (!on && intid < 32)
		wait_rwp(redist[cpu_index()] + GICR_CTLR, GICR_CTLR_RWP);
	else if (!on)
		wait_rwp(dist + GICD_CTLR, GICD_CTLR_RWP);
}

static bool pending(unsigned int intid)
{
	return io_read32(registers_of(intid) + GICD_ISPENDR + intid / 32 * 4) >> intid % 32 & 1;
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

static uint32_t acknowledge(void)
{
	uint32_t iar = read_sysreg_s(ICC_IAR1_EL1);

	/* The acknowledge has taken effect before the handler touches the device. */
	dsb(sy);
	return iar;
}

static void end(uint32_t iar)
{
	write_sysreg_s(iar, ICC_EOIR1_EL1);
	/* The drop of priority is seen before interrupts are unmasked. */
	isb();
}

const struct gic_driver gicv3 = {init, cpu_init, enable, pending, send_sgi, acknowledge, end};
