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
	vcpu->large = 0;
}

/* Of an address, whatever its tag is. */
#define VA_PAGE 0x00fffffffffff000ull

static uint64_t large_bit(uint64_t va)
{
	return 1ull << (va >> 30 & 63);
}

void tlb_flush_page(uint64_t va)
{
	for (unsigned i = 0; i < vcpu_count(); i++) {
		struct vcpu *vcpu = vcpu_get(i);
		struct tlb_entry *entry = tlb_slot(vcpu, va);

		if (vcpu->large & large_bit(va))
			tlb_flush(vcpu);
		else if (!((entry->tag ^ va) & VA_PAGE))
			entry->generation = entry->fast = 0;
	}
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

/* The steps of stage 1, and of the last walk of stage 2. */
static struct event walk_events[2] = {{.kind = EVENT_WALK}, {.kind = EVENT_WALK}};

static uint32_t attributes_key(struct attributes a)
{
	return a.type | a.inner << 3 | a.outer << 5 | a.share << 7 | a.why << 9;
}

/* Kept for the model, which wants them as a whole. */
static void add_step(const struct walked *step, const struct memory_block *block)
{
	struct table_walk *w = &walk_events[step->stage2].walk;
	const struct geometry *g = step->geometry;

	if (w->count && (w->va != step->input || w->count == WALK_STEPS))
		w->count = 0;
	w->va = step->input;
	w->space = block->space;
	w->granule = g->granule;
	w->format = g->lpa2 ? TABLES_LPA2 : g->wide ? TABLES_WIDE : TABLES_PLAIN;
	w->step[w->count++] = (struct walk_step){step->pa, step->value, (uint16_t)step->index, (uint16_t)step->entries,
		(uint8_t)geometry_shift(g, step->level), (uint8_t)(step->level < 0 ? 0 : step->level)};
}

static void feed_walk(
	struct walk *walk, enum walk_regime regime, uint64_t output, bool translates, enum walk_fault fault)
{
	const uint64_t *v = walk->vcpu->regs.value;
	struct event *event = &walk_events[regime == WALK_STAGE2];
	struct table_walk *w = &event->walk;
	uint64_t tcr = v[regime == WALK_EL10 ? R_TCR_EL1 : R_TCR_EL2];
	uint32_t wanted;

	if (!w->count)
		return;
	w->at = place_of(walk->vcpu, walk->insn);
	w->regime = regime;
	w->output = output;
	w->translates = translates;
	w->fault = fault;
	if (regime == WALK_EL10)
		w->asid = v[tcr >> 22 & 1 ? R_TTBR1_EL1 : R_TTBR0_EL1] >> 48;
	else if (regime == WALK_EL20)
		w->asid = v[tcr >> 22 & 1 ? R_TTBR1_EL2 : R_TTBR0_EL2] >> 48;
	if (regime == WALK_EL10 || regime == WALK_STAGE2)
		w->vmid = v[R_VTTBR_EL2] >> 48;
	feed_record(event);
	wanted = model_walk(model, w);
	for (unsigned i = 0; i < w->count && wanted; i++) {
		uint64_t pa = w->step[i].pa - w->step[i].index * 8ull;
		const struct memory_block *block = memory_block(pa);

		if (!(wanted >> i & 1) || !block || pa - block->base > block->size - w->step[i].entries * 8ull)
			continue;
		feed_event(&(struct event){.kind = EVENT_TABLE,
			.table = {pa, block->host + (pa - block->base), w->step[i].entries, w->space}});
	}
}

/* @made: the access was made, so that what does not translate now has been translated by an older table. */
static void feed_walks(struct walk *walk, enum regime regime, uint64_t output, bool translates, bool made)
{
	if (!translates && !made)
		return;
	feed_walk(walk, (enum walk_regime)regime, output, translates, FAULT_NONE);
	feed_walk(walk, WALK_STAGE2, output, translates, FAULT_NONE);
	feed_settle(walk->vcpu);
}

static void walked(void *context, const struct walked *step)
{
	uint64_t va = step->va, pa = step->pa, value = step->value;
	struct attributes attributes = step->attributes;
	struct walk *walk = context;
	const struct memory_block *block = memory_block(pa);
	unsigned slot = pa >> 12 & (WALK_PAGES - 1);
	struct event event;
	struct access *access = &event.access;
	struct view view;

	if (!block || block->rom)
		return;
	add_step(step, block);
	if (walk->vcpu->fast_generation != FAST_NEVER && attributes_are_cacheable(attributes)) {
		uint32_t key = attributes_key(attributes) + 1;

		if (walk_pages[slot].page != pa >> 12 || walk_pages[slot].key != key ||
			walk_pages[slot].generation != model_generation(model)) {
			struct place at = place_of(walk->vcpu, walk->insn);

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
	event.kind = EVENT_ACCESS;
	*access = (struct access){.at = place_of(walk->vcpu, walk->insn),
		.va = va,
		.pa = pa,
		.space = block->space,
		.size = 8,
		.flags = ACCESS_WALK,
		.attributes = attributes};
	memcpy(access->value, &value, 8);
	feed_event(&event);
}

#define DESCRIPTOR_CONTIGUOUS (1ull << 52)

/* Has one descriptor of stage 1 and nothing else said where the page is, and no other page? */
static bool is_page_of_its_own(void)
{
	const struct table_walk *w = &walk_events[0].walk;
	const struct walk_step *last;

	if (!w->count || walk_events[1].walk.count)
		return false;
	last = &w->step[w->count - 1];
	return last->shift == 12 && !(last->value & DESCRIPTOR_CONTIGUOUS);
}

static struct tlb_entry *fill(struct vcpu *vcpu, struct insn *insn, uint64_t va, bool made)
{
	struct tlb_entry *entry = tlb_slot(vcpu, va);
	struct walk walk = {vcpu, insn};
	bool translates;
	struct walker walker = {&walk, memory_read, walked};
	const struct memory_block *block;
	struct translation t;
	struct place at;
	struct view view;
	uint64_t pa;

	walk_events[0].walk.count = walk_events[1].walk.count = 0;
	translates = translate(vcpu->regs.value, insn->tag - 1, va, &walker, &t);
	feed_walks(&walk, insn->tag - 1, translates ? t.pa : 0, translates, made);
	if (!translates)
		return NULL;
	if (!is_page_of_its_own())
		vcpu->large |= large_bit(va);
	entry->tag = (va & ~(uint64_t)(PAGE_SIZE - 1)) | insn->tag;
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

struct tlb_entry *tlb_get(struct vcpu *vcpu, struct insn *insn, uint64_t va, bool made)
{
	struct tlb_entry *entry = tlb_slot(vcpu, va);
	uint64_t tag = (va & ~(uint64_t)(PAGE_SIZE - 1)) | insn->tag;

	return entry->tag == tag && entry->generation == vcpu->generation ? entry : fill(vcpu, insn, va, made);
}

void tlb_fault(struct vcpu *vcpu, struct insn *insn, uint64_t va, enum walk_fault fault, bool translates)
{
	struct walk walk = {vcpu, insn};
	struct walker walker = {&walk, memory_read, walked};
	struct table_walk *w = &walk_events[0].walk;
	struct translation t = {0};

	w->count = walk_events[1].walk.count = 0;
	translate(vcpu->regs.value, insn->tag - 1, va, &walker, &t);
	if (w->count && (w->step[w->count - 1].value & 1) == translates)
		feed_walk(&walk, (enum walk_regime)(insn->tag - 1), t.pa, translates, fault);
	feed_settle(vcpu);
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
