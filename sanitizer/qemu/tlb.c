/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tlb.c - translations with the model's view of the page. Not the hardware's TLB: it is emptied whenever a translation
 * may change, by counting up the CPU's generation.
 */
#include "feed.h"

#include <string.h>

#include "memory.h"

void tlb_flush(struct vcpu *vcpu)
{
	if (++vcpu->generation == FAST_NEVER) {
		memset(vcpu->tlb, 0, sizeof(vcpu->tlb));
		vcpu->generation = 1;
	}
	if (vcpu->fast_generation != FAST_NEVER)
		vcpu->fast_generation = vcpu->generation;
}

void tlb_flush_all(void)
{
	for (unsigned i = 0; i < vcpu_count(); i++)
		tlb_flush(vcpu_get(i));
}

/*
 * Reads of descriptors go to the model, but most of them are cacheable reads of lines that it has nothing to say about:
 * the records of the last pages of tables are kept.
 */
#define WALK_PAGES 64
static struct {
	uint64_t page;
	uint32_t generation, key;
	struct shadow shadow;
} walk_pages[WALK_PAGES];

struct walk {
	struct vcpu *vcpu;
	struct insn *insn;
};

static uint32_t attributes_key(struct attributes a)
{
	return a.type | a.inner << 3 | a.outer << 5 | a.share << 7 | a.why << 9;
}

static void walked(void *context, uint64_t va, uint64_t pa, uint64_t value, struct attributes attributes)
{
	struct walk *walk = context;
	const struct memory_block *block = memory_block(pa);
	struct event event = {.kind = EVENT_ACCESS};
	struct access *access = &event.access;
	struct place at = place_of(walk->vcpu, walk->insn);
	unsigned slot = pa >> 12 & (WALK_PAGES - 1);
	struct view view;

	if (!block || block->rom)
		return;
	if (walk->vcpu->fast_generation != FAST_NEVER && attributes_are_cacheable(attributes)) {
		uint32_t key = attributes_key(attributes) + 1;

		if (walk_pages[slot].page != pa >> 12 || walk_pages[slot].key != key ||
			walk_pages[slot].generation != model_generation(model)) {
			if (model_view(model, block->space, pa, &at, attributes, &view) && view.fast) {
				walk_pages[slot].page = pa >> 12;
				walk_pages[slot].key = key;
				walk_pages[slot].generation = model_generation(model);
				walk_pages[slot].shadow = view.shadow;
			} else {
				walk_pages[slot].key = 0;
			}
		}
		if (walk_pages[slot].key && line_read_is_fast(&walk_pages[slot].shadow, pa & 4095))
			return;
	}
	access->at = at;
	access->va = va;
	access->pa = pa;
	access->space = block->space;
	access->size = 8;
	access->flags = ACCESS_WALK;
	access->attributes = attributes;
	memcpy(access->value, &value, 8);
	feed_event(&event);
}

struct tlb_entry *tlb_get(struct vcpu *vcpu, struct insn *insn, uint64_t va)
{
	struct tlb_entry *entry = tlb_slot(vcpu, va);
	uint64_t tag = (va & ~(uint64_t)(PAGE_SIZE - 1)) | insn->tag;
	struct walk walk = {vcpu, insn};
	struct walker walker = {&walk, memory_read, walked};
	const struct memory_block *block;
	struct translation t;
	struct place at;
	struct view view;
	uint64_t pa;

	if (entry->tag == tag && entry->generation == vcpu->generation)
		return entry;
	if (!translate(vcpu->regs.value, insn->tag - 1, va, &walker, &t))
		return NULL;
	entry->tag = tag;
	entry->generation = vcpu->generation;
	entry->fast = 0;
	entry->shadow = (struct shadow){0};
	entry->host = NULL;
	pa = t.pa & ~(uint64_t)(PAGE_SIZE - 1);
	vcpu->tlb_pa[entry - vcpu->tlb] = pa;
	entry->attributes = t.attributes;
	entry->key = attributes_key(t.attributes);
	entry->space = SPACE_NONSECURE;
	block = memory_block(t.pa);
	if (!block || block->rom)
		return entry;
	entry->host = block->host + (pa - block->base);
	entry->space = block->space;
	if (recording)
		return entry;
	at = place_of(vcpu, insn);
	if (model_view(model, entry->space, pa, &at, entry->attributes, &view)) {
		entry->shadow = view.shadow;
		vcpu->tlb_memory[entry - vcpu->tlb] = view.memory;
		if (view.fast)
			entry->fast = vcpu->generation;
	}
	return entry;
}

static bool tlb_peek_regime(struct vcpu *vcpu, enum regime regime, uint64_t va, struct translation *result)
{
	struct walker walker = {NULL, memory_read, NULL};

	return translate(vcpu->regs.value, regime, va, &walker, result);
}

bool tlb_peek(struct vcpu *vcpu, uint64_t va, struct translation *result)
{
	return tlb_peek_regime(vcpu, regime_of(vcpu->regs.value, vcpu->el), va, result);
}
