/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A new table and the descriptor that leads to it (rule T1). The walker of any CPU, that of the one which stores among
 * them, may follow the descriptor as soon as it is stored, and nothing but a barrier puts the stores of the table's
 * entries before it for a walk: until then it may find in the table what its memory held before, and a TLB may keep
 * that. DMB ISHST is enough, or a store-release.
 *
 * Told at the store of the descriptor, if the table that it is in is in use. What the memory held before is known where
 * it was clean; then entries that are invalid either way, or the same, say nothing. An entry that was invalid, and is
 * not yet valid for the walk, gives a fault that was not needed.
 *
 * Source: DDI 0487, "Ordering of memory accesses from translation table walks".
 */
#include <inttypes.h>
#include <stdio.h>

#include "tables.h"

/* An entry as it is, and as it was before bytes of it were @stored. False: it is not known. */
static bool entry_known(struct model *m, struct ref ref, unsigned word, uint64_t stored, uint64_t *old, uint64_t *new)
{
	const struct bytes *bytes = ref_bytes(ref);
	uint64_t mask = 0xffull << 8 * word;

	/* What was stored once since it was clean: memory still has what it was. */
	if (line_cloud(m, ref) || mask & ~(bytes->dirty | bytes->exact) ||
		mask & stored & ~(bytes->dirty & bytes->exact))
		return false;
	*old = *new = 0;
	for (unsigned i = 0; i < 8; i++) {
		unsigned at = 8 * word + i;
		uint64_t now = (bytes->dirty >> at & 1 ? ref_values(ref) : ref_memory(ref))[at];

		*new |= now << 8 * i;
		*old |= (stored >> at & 1 ? ref_memory(ref)[at] : now) << 8 * i;
	}
	return true;
}

/* Those of the line's @stored bytes that may make a difference to a walk. */
static uint64_t matters(struct model *m, struct ref ref, uint64_t stored)
{
	for (unsigned word = 0; word < 8; word++) {
		uint64_t mask = stored & 0xffull << 8 * word, old, new;

		if (mask && entry_known(m, ref, word, stored, &old, &new) &&
			(old == new || !((old | new) & DESCRIPTOR_VALID)))
			stored &= ~mask;
	}
	return stored;
}

static bool is_walked(struct model *m, const struct table *t)
{
	for (unsigned i = 0; i < m->cpu_end; i++)
		if (tables_current(m, t, i) && m->cpus[i]->mmu)
			return true;
	return false;
}

void table_linked(struct model *m, const struct table *t, uint64_t new, const struct access *a)
{
	uint64_t table = descriptor_address(t, new, t->granule);
	struct cpu *cpu = m->cpus[a->at.cpu];

	/* One that leads to itself is no new one. */
	if (table == t->pa || !is_walked(m, t))
		return;
	exercised(m, RULE_T1);
	if (a->flags & ACCESS_RELEASE)
		return;
	for (unsigned i = 0; i < RECENT_STORES && cpu->recent_any; i++) {
		const struct recent *recent = &cpu->recent[i];
		struct finding *f;
		uint64_t stored;
		uint32_t writer;

		if (!recent->mask || recent->order >= ORDER_DMB_ST || recent->ref.block->ram.space != t->space ||
			ref_pa(recent->ref) - table >= 1ull << t->granule)
			continue;
		stored = recent_written_by(m, recent->ref, a->at.cpu, matters(m, recent->ref, recent->mask));
		if (!stored)
			continue;
		writer = ref_writers(recent->ref)[__builtin_ctzll(stored) / 8];
		f = judge_begin(m, KIND_UNORDERED_TABLE_WRITE, SEVERITY_WARNING, &a->at, a, RULE(T1),
			"a descriptor is written that leads to a new table, and no barrier has put the stores to that "
			"table before it: a walk may find in the table what its memory held before",
			"DMB ISHST (or DSB ISHST) between the stores to the new table and that of the descriptor");
		f->writer = *writers_get(m->writers, writer);
		snprintf(f->root, sizeof(f->root), "table@0x%" PRIx64, a->at.pc);
		judge_emit(m, f, writer);
		return;
	}
}
