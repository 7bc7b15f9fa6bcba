/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reset.c - the whole machine starts again: by PSCI, a watchdog, QEMU's monitor.
 *
 * QEMU does not tell plugins. It shows where the machine began: a CPU executes the first instruction of all once more,
 * and X0 to X30 are zero, as QEMU resets them; a program that jumps there has something in one of them. Before this
 * instruction nothing has touched memory since, but QEMU, which has loaded what it had loaded at first, to the same
 * place.
 */
#include "feed.h"

#include "gic.h"
#include "memory.h"

static uint64_t first_pc;
static bool began;

void reset_begins(uint64_t pc)
{
	first_pc = pc;
}

bool reset_is_at(uint64_t pc)
{
	return pc == first_pc;
}

static bool is_out_of_reset(void)
{
	for (unsigned i = 0; i < 31; i++) {
		if (sysregs_x(i))
			return false;
	}
	return true;
}

/* As vcpu_new() made it, but for who it is. */
static void forget(struct vcpu *vcpu)
{
	vcpu->on = vcpu->mmu = vcpu->cache = vcpu->pending = vcpu->waits = false;
	vcpu->wfes = 0;
	vcpu->call = 0;
	vcpu->fetch_count = 0;
	vcpu->fetch_line_events = 0;
	stored_order(vcpu, ORDER_DSB);
	vcpu->regs.stale = SYSREGS_ALL;
	vcpu->fast_generation = vcpu->generation;
}

void reset_execute(struct vcpu *vcpu)
{
	bool first = !began;

	began = true;
	/* Parked there by a loop in this line, it has not come from elsewhere. */
	if (vcpu->fetch_line == first_pc >> LINE_SHIFT)
		return;
	/* A CPU that was off comes here with the others of a machine that starts them all; the first one alone starts
	 * it. */
	if (first || (!vcpu->on && vcpu != vcpu_get(0)) || !is_out_of_reset())
		return;
	for (unsigned i = 0; i < vcpu_count(); i++)
		forget(vcpu_get(i));
	virtio_forget();
	gic_forget();
	feed_event(&(struct event){.kind = EVENT_RESET});
	vcpu_set_epoch(model_epoch(model));
	memory_each_image(feed_image);
	regime_mappings_changed();
}
