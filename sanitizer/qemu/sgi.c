/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sgi.c - software generated interrupts: by a write of ICC_SGI1R_EL1 and its like (GICv3), or by a store to GICD_SGIR
 * (GICv2), whose address is known for QEMU's machine `virt` only.
 *
 * Source: IHI 0069, ICC_SGI1R_EL1; IHI 0048, GICD_SGIR.
 */
#include "feed.h"

#define VIRT_GICD_SGIR 0x08000f00u

static bool is_sgi_register(uint16_t code)
{
	return code == SYSREG_ICC_SGI1R_EL1 || code == SYSREG_ICC_ASGI1R_EL1 || code == SYSREG_ICC_SGI0R_EL1;
}

/* Aff3.Aff2.Aff1 and a list of 16 from Aff0 = 16 * RS on; or with IRM all but the sender. */
static bool register_names(uint64_t value, uint64_t mpidr)
{
	uint64_t aff0 = mpidr & 0xff, first = (value >> 44 & 15) * 16;

	if (value >> 40 & 1)
		return true;
	return (value >> 48 & 0xff) == (mpidr >> 32 & 0xff) && (value >> 32 & 0xff) == (mpidr >> 16 & 0xff) &&
	       (value >> 16 & 0xff) == (mpidr >> 8 & 0xff) && aff0 - first < 16 && value >> (aff0 - first) & 1;
}

/* Filter 0: a list of CPU interfaces, which on `virt` are numbered as the CPUs; 1: all others; 2: the sender. */
static bool store_names(uint64_t value, uint64_t mpidr)
{
	unsigned filter = value >> 24 & 3;

	return filter == 1 || (!filter && (mpidr & 0xff) < 8 && value >> (16 + (mpidr & 0xff)) & 1);
}

static void send(struct vcpu *vcpu, const struct place *at, bool by_store, uint64_t value)
{
	struct event event = {.kind = EVENT_SGI, .sgi = {.at = *at, .by_store = by_store}};
	bool any = false;

	/* Who has not run yet takes no interrupt. */
	for (unsigned i = 0; i < vcpu_count(); i++) {
		const struct vcpu *to = vcpu_get(i);

		if (to == vcpu || (to->mpidr_known && !(by_store ? store_names(value, to->mpidr)
								 : register_names(value, to->mpidr))))
			continue;
		cpu_set_add(&event.sgi.to, to->index);
		any = true;
	}
	if (!any)
		return;
	stored_tell(vcpu);
	feed_event(&event);
}

void sgi_written(struct vcpu *vcpu, const struct place *at, uint16_t code, uint64_t value)
{
	if (is_sgi_register(code))
		send(vcpu, at, false, value);
}

void sgi_stored(struct vcpu *vcpu, const struct insn *insn, uint64_t pa, unsigned size)
{
	unsigned rt = insn->opcode & 31;
	struct place at;

	if (pa != VIRT_GICD_SGIR || size != 4 || !vcpu->x)
		return;
	at = place_of(vcpu, insn);
	send(vcpu, &at, true, rt == 31 ? 0 : vcpu->x[rt]);
}
