/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fetch.c - execution: what the model is told of the instructions of a block, and when.
 *
 * A block is looked at when QEMU translates it; a store into it makes QEMU translate it anew, so that each change is
 * seen. Where the model says that somebody may fetch something else, each execution is an event too. With the MMU off
 * fetches look further out, in blocks that may have been translated before: there each instruction that has a callback
 * anyway stands for its line.
 */
#include "feed.h"

#include <string.h>

#include "memory.h"

static struct attributes fetch_attributes(const uint64_t *v, enum regime regime)
{
	uint64_t sctlr = v[regime == REGIME_EL10 ? R_SCTLR_EL1 : regime == REGIME_EL3 ? R_SCTLR_EL3 : R_SCTLR_EL2];

	if (!regime_mmu(v, regime))
		return ATTRIBUTES_FETCH_OFF;
	return sctlr & SCTLR_I ? ATTRIBUTES_WB_INNER : ATTRIBUTES_NC;
}

static bool feed_code(struct event *event)
{
	event->kind = EVENT_CODE;
	feed_record(event);
	return model_code(model, &event->access);
}

bool fetch_translated(struct insn *insn, const void *host, const uint64_t *v, unsigned size)
{
	struct event event;
	struct access *access = &event.access;
	const struct memory_block *block = memory_block_of_host(host);

	if (!block || block->rom)
		return false;
	memset(access, 0, sizeof(*access));
	access->at.pc = insn->pc;
	access->at.cpu = vcpu_running ? vcpu_running->index : 0;
	access->at.el = insn->el;
	access->va = insn->pc;
	access->pa = block->base + ((const uint8_t *)host - block->host);
	access->space = block->space;
	access->size = size;
	access->flags = ACCESS_FETCH;
	access->attributes = fetch_attributes(v, insn->tag - 1);
	memcpy(access->value, host, size);
	insn->fetch_size = size;
	insn->doubt = feed_code(&event);
	return insn->doubt;
}

static bool fetch_event(struct vcpu *vcpu, struct insn *insn, unsigned size, struct event *event)
{
	struct access *access = &event->access;
	const struct memory_block *block;
	struct translation t;

	if (!tlb_peek(vcpu, insn->pc, &t))
		return false;
	block = memory_block(t.pa);
	if (!block || block->rom)
		return false;
	event->kind = EVENT_ACCESS;
	memset(access, 0, sizeof(*access));
	access->at = place_of(vcpu, insn);
	access->va = insn->pc;
	access->pa = t.pa;
	access->space = block->space;
	access->size = size;
	access->flags = ACCESS_FETCH;
	access->attributes = fetch_attributes(vcpu->regs.value, vcpu->regime);
	memcpy(access->value, block->host + (t.pa - block->base), size);
	return true;
}

void feed_fetch(unsigned index, struct insn *insn, const void *env)
{
	struct vcpu *vcpu = vcpu_now(index, env, true);
	struct event event;

	if (!vcpu || !insn->doubt)
		return;
	system_catch_up(vcpu, insn);
	if (!fetch_event(vcpu, insn, insn->fetch_size, &event))
		return;
	feed_event(&event);
	/* Cured, and everybody has synchronized: until it is written, and so translated again. */
	insn->doubt = feed_code(&event);
}

void fetch_uncached(struct vcpu *vcpu, struct insn *insn)
{
	struct event event;

	if (insn->pc >> LINE_SHIFT == vcpu->fetch_line && vcpu->fetch_line_events == feed_events)
		return;
	vcpu->fetch_line = insn->pc >> LINE_SHIFT;
	if (fetch_event(vcpu, insn, 4, &event))
		feed_event(&event);
	vcpu->fetch_line_events = feed_events;
}
