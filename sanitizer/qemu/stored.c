/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stored.c - the last stores of each CPU that took the fast path, until a DSB: the model is told of them when
 * something comes that may overtake them.
 */
#include "feed.h"

#include "memory.h"

static void tell(const struct vcpu *vcpu, uint32_t number)
{
	uint64_t store = vcpu->store[number % STORED];
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
		.order = (int32_t)(number - vcpu->stored_dsb_self) < 0 ? ORDER_DSB_SELF
			 : (int32_t)(number - vcpu->stored_dmb) < 0    ? ORDER_DMB
			 : (int32_t)(number - vcpu->stored_dmb_st) < 0 ? ORDER_DMB_ST
								       : ORDER_NONE,
	};
	feed_event(&event);
}

void stored_tell(struct vcpu *vcpu)
{
	uint32_t number = vcpu->stored_told;

	if (vcpu->stored - number > STORED_LATE)
		number = vcpu->stored - STORED_LATE;
	for (; number != vcpu->stored; number++)
		tell(vcpu, number);
	vcpu->stored_told = vcpu->stored;
}

void stored_tell_range(struct vcpu *vcpu, uint64_t pa, uint64_t size, enum store_order order)
{
	uint32_t number = order == ORDER_DSB        ? vcpu->stored_dsb
			  : order == ORDER_DSB_SELF ? vcpu->stored_dsb_self
						    : vcpu->stored_dmb_st;
	const struct memory_block *block = memory_block(pa);
	uintptr_t first;

	if (!block)
		return;
	first = (uintptr_t)(block->host + (pa - block->base));
	if (vcpu->stored - number > STORED)
		number = vcpu->stored - STORED;
	for (; number != vcpu->stored; number++) {
		uint64_t store = vcpu->store[number % STORED];
		uintptr_t at = store & ((1ull << STORED_SIZE_SHIFT) - 1);

		if (at < first + size && at + (store >> STORED_SIZE_SHIFT) > first)
			tell(vcpu, number);
	}
}

void stored_tell_all(void)
{
	for (unsigned i = 0; i < vcpu_count(); i++)
		stored_tell(vcpu_get(i));
}

void stored_order(struct vcpu *vcpu, enum store_order order)
{
	if (order >= ORDER_DMB_ST)
		vcpu->stored_dmb_st = vcpu->stored;
	if (order >= ORDER_DMB)
		vcpu->stored_dmb = vcpu->stored;
	if (order >= ORDER_DSB_SELF)
		vcpu->stored_dsb_self = vcpu->stored;
	if (order == ORDER_DSB)
		vcpu->stored_told = vcpu->stored_dsb = vcpu->stored;
}
