/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * acknowledge.c - reads of ICC_IARn_EL1, and accesses to the registers of the Distributor and of Redistributors that
 * say which interrupts are pending and active. Where these are is known for QEMU's machine `virt` only.
 *
 * Source: IHI 0069, ICC_IAR1_EL1; GICD_ISPENDR<n> to GICD_ICACTIVER<n>E; GICR_ISPENDR0 to GICR_ICACTIVER<n>E.
 */
#include "feed.h"
#include "gic.h"

void acknowledge_read(const struct place *at, uint16_t code)
{
	struct event event = {.kind = EVENT_ACKNOWLEDGE, .acknowledge.at = *at};

	if (code == SYSREG(3, 0, 12, 12, 0) || code == SYSREG(3, 0, 12, 8, 0) || code == SYSREG(3, 0, 12, 9, 5))
		feed_event(&event); /* ICC_IAR1_EL1, ICC_IAR0_EL1, ICC_NMIAR1_EL1 */
}

static bool says_state(uint64_t pa)
{
	uint64_t offset;

	if (gic_is_distributor(pa)) {
		offset = pa - VIRT_GICD;
		return (offset >= GIC_ISPENDR && offset < GIC_STATE_END) || (offset >= 0x1600 && offset < 0x1e00);
	}
	offset = pa & 0x1ffff; /* SGI_base is the second frame */
	return gic_is_redistributor(pa) && offset >= 0x10000 + GIC_ISPENDR && offset < 0x10000 + GIC_STATE_END;
}

void acknowledge_state(struct vcpu *vcpu, const struct insn *insn, uint64_t va, uint64_t pa, unsigned size,
	unsigned flags, struct attributes attributes)
{
	struct event event = {.kind = EVENT_INTERRUPT_STATE};

	/* A GICv2's Distributor is there, too: without system registers nobody reads ICC_IARn_EL1. */
	if (!says_state(pa))
		return;
	event.access = (struct access){.at = place_of(vcpu, insn),
		.va = va,
		.pa = pa,
		.size = (uint8_t)size,
		.flags = (uint8_t)(flags & ACCESS_WRITE),
		.attributes = attributes};
	feed_event(&event);
}
