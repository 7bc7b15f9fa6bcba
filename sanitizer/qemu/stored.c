/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stored.c - the last stores of each CPU that took the fast path, as long as no barrier has ordered them: the model is
 * told of them when something comes that may overtake them.
 */
#include "feed.h"

#include "memory.h"

static void tell(const struct vcpu *vcpu, uint64_t store)
{
	const uint8_t *host = (const uint8_t *)(store & ((1ull << STORED_SIZE_SHIFT) - 1));
	const struct memory_block *block = memory_block_of_host(host);
	struct event event = {.kind = EVENT_STORED};

	if (!block)
		return;
	event.stored = (struct stored){
		.pa = block->base + (uint64_t)(host - block->host),
		.cpu = (uint8_t)vcpu->index,
		.space = block->space,
		.size = (uint8_t)(store >> STORED_SIZE_SHIFT),
	};
	feed_event(&event);
}

void stored_tell(void)
{
	for (unsigned i = 0; i < vcpu_count(); i++) {
		struct vcpu *vcpu = vcpu_get(i);
		uint32_t left = vcpu->stored - vcpu->stored_ordered;

		if (left > STORED)
			left = STORED;
		for (; left; left--)
			tell(vcpu, vcpu->store[(vcpu->stored - left) % STORED]);
		stored_forget(vcpu);
	}
}

void stored_forget(struct vcpu *vcpu)
{
	vcpu->stored_ordered = vcpu->stored;
}
