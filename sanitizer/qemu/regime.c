/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * regime.c - which regime governs each CPU's accesses, and what may be brought into caches because of it (rule C2).
 *
 * Tables are enumerated only when they must be: when cacheable accesses end, and when the model asks for a page that
 * does not show itself at a likely address. The answer is kept until a translation may have changed.
 */
#include "feed.h"

#include <stdlib.h>

#include "memory.h"

struct range {
	uint64_t pa, size;
};

static struct {
	struct range *ranges;
	size_t count, room;
	bool valid;
	int64_t offset; /* of the virtual address from the physical one, where it was found last */
} maps[MODEL_CPUS][REGIMES];

static const struct walker quiet = {NULL, memory_read, NULL};

static bool af0_allocates(const struct vcpu *vcpu, enum regime regime)
{
	const uint64_t *v = vcpu->regs.value;
	uint64_t tcr = v[regime == REGIME_EL10 ? R_TCR_EL1 : regime == REGIME_EL3 ? R_TCR_EL3 : R_TCR_EL2];
	bool two = regime == REGIME_EL10 || regime == REGIME_EL20;

	return model_config.options.af0_allocates || tcr >> (two ? 39 : 21) & 1;
}

static bool keep_range(void *context, uint64_t pa, uint64_t size)
{
	typeof(&maps[0][0]) map = context;

	if (map->count == map->room) {
		size_t room = map->room ? map->room * 2 : 64;
		struct range *ranges = realloc(map->ranges, room * sizeof(*ranges));

		if (!ranges)
			return false;
		map->ranges = ranges;
		map->room = room;
	}
	map->ranges[map->count++] = (struct range){pa, size};
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->pa < y->pa ? -1 : x->pa > y->pa;
}

/* Sorts and joins. */
static void tidy(struct range *ranges, size_t *count)
{
	size_t kept = 0;

	qsort(ranges, *count, sizeof(*ranges), compare);
	for (size_t i = 0; i < *count; i++) {
		if (kept && ranges[i].pa <= ranges[kept - 1].pa + ranges[kept - 1].size) {
			uint64_t end = ranges[i].pa + ranges[i].size;

			if (end > ranges[kept - 1].pa + ranges[kept - 1].size)
				ranges[kept - 1].size = end - ranges[kept - 1].pa;
		} else {
			ranges[kept++] = ranges[i];
		}
	}
	*count = kept;
}

static void enumerate(struct vcpu *vcpu, enum regime regime)
{
	typeof(&maps[0][0]) map = &maps[vcpu->index][regime];

	if (map->valid)
		return;
	map->count = 0;
	translate_each(vcpu->regs.value, regime, af0_allocates(vcpu, regime), &quiet, keep_range, map);
	tidy(map->ranges, &map->count);
	map->valid = true;
}

static bool maps_page(struct vcpu *vcpu, enum regime regime, uint64_t pa)
{
	typeof(&maps[0][0]) map = &maps[vcpu->index][regime];
	struct translation t;
	size_t low, high;

	for (int i = 0; i < 2 && !map->valid; i++) {
		if (translate(vcpu->regs.value, regime, i ? pa + map->offset : pa, &quiet, &t) && t.pa == pa &&
			attributes_are_cacheable(t.attributes))
			return true;
	}
	enumerate(vcpu, regime);
	for (low = 0, high = map->count; low < high;) {
		size_t middle = (low + high) / 2;

		if (pa < map->ranges[middle].pa)
			high = middle;
		else if (pa - map->ranges[middle].pa >= map->ranges[middle].size)
			low = middle + 1;
		else
			return true;
	}
	return false;
}

bool regime_may_allocate(void *context, enum space space, uint64_t pa)
{
	(void)context;
	(void)space;
	for (unsigned i = 0; i < vcpu_count(); i++) {
		struct vcpu *vcpu = vcpu_get(i);

		if (!vcpu->on)
			continue;
		if (vcpu->mmu && vcpu->cache && maps_page(vcpu, vcpu->regime, pa))
			return true;
		if (!vcpu->mmu) {
			for (unsigned n = 0; n < vcpu->fetch_count; n++) {
				if (pa - vcpu->fetch_pages[n] < 2 * PAGE_SIZE)
					return true;
			}
		}
		for (unsigned r = REGIME_EL20; model_config.options.higher_el_allocates && r < REGIMES; r++) {
			if (r != vcpu->regime && regime_mmu(vcpu->regs.value, r) && regime_cache(vcpu->regs.value, r) &&
				maps_page(vcpu, r, pa))
				return true;
		}
	}
	return false;
}

void regime_mappings_changed(void)
{
	tlb_flush_all();
	regime_page_changed();
}

void regime_page_changed(void)
{
	struct event event = {.kind = EVENT_MAPPINGS_CHANGED};

	for (unsigned i = 0; i < vcpu_count(); i++) {
		for (unsigned r = 0; r < REGIMES; r++)
			maps[vcpu_get(i)->index][r].valid = false;
	}
	feed_event(&event);
}

/* Is it EL1&0's translation alone that it is for? Of HCR_EL2: a hypervisor writes it at each entry of its guest. */
static bool is_of_guest(enum sysreg reg, uint64_t changed)
{
	switch (reg) {
	case R_SCTLR_EL1:
	case R_TCR_EL1:
	case R_TTBR0_EL1:
	case R_TTBR1_EL1:
	case R_MAIR_EL1:
	case R_VTTBR_EL2:
	case R_VTCR_EL2:
		return true;
	case R_HCR_EL2:
		return !(changed & HCR_E2H);
	default:
		return false;
	}
}

void regime_register_changed(enum sysreg reg, uint64_t changed)
{
	struct event event = {.kind = EVENT_MAPPINGS_CHANGED};

	if (!is_of_guest(reg, changed)) {
		regime_mappings_changed();
		return;
	}
	tlb_flush_all();
	/* The hypervisor's tables are what they were: to look through them at each entry of a guest is dear. */
	for (unsigned i = 0; i < vcpu_count(); i++)
		maps[vcpu_get(i)->index][REGIME_EL10].valid = false;
	feed_event(&event);
}

static void was_allocatable(uint64_t pa, uint64_t size)
{
	const struct memory_block *ram = memory_backend();
	struct event event = {.kind = EVENT_WAS_ALLOCATABLE};
	const struct memory_block *block = memory_block(pa);

	/* Mappings reach far beyond RAM: what is told is the part in the backend, or in the block where it begins. */
	if (!block && pa < ram->base && pa + size > ram->base) {
		size -= ram->base - pa;
		pa = ram->base;
		block = ram;
	}
	if (!block || block->rom)
		return;
	if (size > block->base + block->size - pa)
		size = block->base + block->size - pa;
	event.allocatable.pa = pa;
	event.allocatable.size = size;
	event.allocatable.space = block->space;
	feed_event(&event);
}

void regime_ends(struct vcpu *vcpu)
{
	typeof(&maps[0][0]) map = &maps[vcpu->index][vcpu->regime];

	if (!vcpu->mmu || !vcpu->cache)
		return;
	enumerate(vcpu, vcpu->regime);
	for (size_t i = 0; i < map->count; i++)
		was_allocatable(map->ranges[i].pa, map->ranges[i].size);
}

void regime_fetched_uncached(struct vcpu *vcpu, uint64_t pa)
{
	const struct memory_block *block = memory_block(pa);

	pa &= ~(uint64_t)(PAGE_SIZE - 1);
	if (!block || block->rom)
		return;
	for (unsigned n = 0; n < vcpu->fetch_count; n++) {
		if (vcpu->fetch_pages[n] == pa)
			return;
	}
	if (vcpu->fetch_count == FETCH_PAGES)
		vcpu->fetch_count--;
	vcpu->fetch_pages[vcpu->fetch_count++] = pa;
	was_allocatable(pa, 2 * PAGE_SIZE);
}

void regime_update(struct vcpu *vcpu, const struct place *at, bool synchronized)
{
	const uint64_t *v = vcpu->regs.value;
	enum regime regime = regime_of(v, vcpu->el);
	bool mmu = regime_mmu(v, regime), cache = regime_cache(v, regime);
	struct event event = {.kind = EVENT_REGIME_SWITCH};
	bool other = regime != vcpu->regime;

	if (!other && mmu == vcpu->mmu && cache == vcpu->cache)
		return;
	if (vcpu->mmu && vcpu->cache && !(mmu && cache))
		regime_ends(vcpu);
	if (mmu && !vcpu->mmu) { /* what code ran from with the MMU off was allocatable until now */
		for (unsigned n = 0; n < vcpu->fetch_count; n++)
			was_allocatable(vcpu->fetch_pages[n], 2 * PAGE_SIZE);
		vcpu->fetch_count = 0;
	}
	vcpu->regime = regime;
	if (mmu != vcpu->mmu || cache != vcpu->cache) {
		vcpu->mmu = mmu;
		vcpu->cache = cache;
		event.regime_switch.at = *at;
		event.regime_switch.mmu = mmu;
		event.regime_switch.cache = cache;
		event.regime_switch.synchronized = synchronized;
		feed_event(&event);
	}
	/* The translations of a regime stay what they are when a CPU leaves it: our TLB's tags tell regimes apart. */
	event.kind = EVENT_MAPPINGS_CHANGED;
	feed_event(&event);
}
