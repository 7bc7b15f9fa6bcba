/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * acknowledge.c - reads of ICC_IARn_EL1 and ICC_HPPIRn_EL1, and accesses to the registers of the Distributor and of
 * Redistributors that say which interrupts are pending and active, and of which priority. Where these are is known for
 * QEMU's machine `virt` only.
 *
 * Source: IHI 0069, ICC_IAR1_EL1, ICC_HPPIR1_EL1; GICD_ISPENDR<n> to GICD_IPRIORITYR<n>E; GICR_ISPENDR0 to
 * GICR_IPRIORITYR<n>E.
 */
#include "feed.h"
#include "gic.h"

void acknowledge_read(const struct place *at, uint16_t code)
{
	struct event event = {.kind = EVENT_PENDING_READ, .pending_read.at = *at};

	/* ICC_IAR1_EL1, ICC_IAR0_EL1, ICC_NMIAR1_EL1 */
	event.pending_read.acknowledges =
		code == SYSREG(3, 0, 12, 12, 0) || code == SYSREG(3, 0, 12, 8, 0) || code == SYSREG(3, 0, 12, 9, 5);
	/* ICC_HPPIR1_EL1, ICC_HPPIR0_EL1 */
	if (event.pending_read.acknowledges || code == SYSREG(3, 0, 12, 12, 2) || code == SYSREG(3, 0, 12, 8, 2))
		feed_event(&event);
}

/* INTERRUPT_PARTS: it is of neither. */
static enum interrupt_part part_of(uint64_t pa)
{
	uint64_t offset;

	if (gic_is_distributor(pa)) {
		offset = pa - VIRT_GICD;
		if ((offset >= GIC_ISPENDR && offset < GIC_STATE_END) || (offset >= 0x1600 && offset < 0x1e00))
			return INTERRUPT_STATE;
		if ((offset >= 0x400 && offset < 0x800) || (offset >= 0x2000 && offset < 0x2400))
			return INTERRUPT_PRIORITY;
		return INTERRUPT_OTHER;
	}
	if (!gic_is_redistributor(pa))
		return INTERRUPT_PARTS;
	offset = pa & 0x1ffff; /* SGI_base is the second frame */
	if (offset >= 0x10000 + GIC_ISPENDR && offset < 0x10000 + GIC_STATE_END)
		return INTERRUPT_STATE;
	return offset >= 0x10400 && offset < 0x10460 ? INTERRUPT_PRIORITY : INTERRUPT_OTHER;
}

void acknowledge_state(struct vcpu *vcpu, const struct insn *insn, uint64_t va, uint64_t pa, unsigned size,
	unsigned flags, struct attributes attributes)
{
	struct event event = {.kind = EVENT_INTERRUPT_ACCESS};
	enum interrupt_part part = part_of(pa);

	/* A GICv2's Distributor is there, too: without system registers nobody reads ICC_IARn_EL1. */
	if (part == INTERRUPT_PARTS || (part == INTERRUPT_OTHER && flags & ACCESS_WRITE))
		return;
	event.interrupt_access.part = (uint8_t)part;
	event.interrupt_access.access = (struct access){.at = place_of(vcpu, insn),
		.va = va,
		.pa = pa,
		.size = (uint8_t)size,
		.flags = (uint8_t)(flags & ACCESS_WRITE),
		.attributes = attributes};
	feed_event(&event);
}
