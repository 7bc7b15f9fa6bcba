/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A new table, and the descriptor or the register that leads to it (rule T1). The walker of any CPU, that of the one
 * which stores among them, may follow the descriptor as soon as it is stored, and nothing but a barrier puts the stores
 * of the table's entries before it for a walk: until then it may find in the table what its memory held before, and a
 * TLB may keep that. DMB ISHST is enough, or a store-release.
 *
 * Told at the store of the descriptor, if the table that it is in is in use. What the memory held before is known where
 * it was clean; then entries that are invalid either way, or the same, say nothing. An entry that was invalid, and is
 * not yet valid for the walk, gives a fault that was not needed.
 *
 * A TTBR, or a TCR that opens its half, leads to a first table. No DMB orders an MSR: there it takes a DSB.
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

/* Has @number stored to the table of @size bytes at @table, with not even an @order behind it? @space: -1: any. */
static bool stored_in(struct model *m, unsigned number, int space, uint64_t table, uint64_t size,
	enum store_order order, uint32_t *writer)
{
	const struct cpu *cpu = m->cpus[number];

	for (unsigned i = 0; i < RECENT_STORES && cpu->recent_any; i++) {
		const struct recent *recent = &cpu->recent[i];
		uint64_t mask = recent->mask, stored;

		if (!mask || recent->order >= order || (space >= 0 && recent->ref.block->ram.space != space))
			continue;
		/* A root may be less than a line. */
		for (unsigned word = 0; word < 8; word++)
			if (ref_pa(recent->ref) + 8 * word - table >= size)
				mask &= ~(0xffull << 8 * word);
		if (!mask)
			continue;
		stored = recent_written_by(m, recent->ref, number, matters(m, recent->ref, mask));
		if (!stored)
			continue;
		*writer = ref_writers(recent->ref)[__builtin_ctzll(stored) / 8];
		return true;
	}
	return false;
}

static void report(struct model *m, struct finding *f, uint64_t pc, uint32_t writer)
{
	f->writer = *writers_get(m->writers, writer);
	snprintf(f->root, sizeof(f->root), "table@0x%" PRIx64, pc);
	judge_emit(m, f, writer);
}

void table_linked(struct model *m, const struct table *t, uint64_t new, const struct access *a)
{
	uint64_t table = descriptor_address(t, new, t->granule);
	uint32_t writer;

	/* One that leads to itself is no new one. */
	if (table == t->pa || !is_walked(m, t))
		return;
	exercised(m, RULE_T1);
	if (a->flags & ACCESS_RELEASE)
		return;
	if (stored_in(m, a->at.cpu, t->space, table, 1ull << t->granule, ORDER_DMB_ST, &writer))
		report(m,
			judge_begin(m, KIND_UNORDERED_TABLE_WRITE, SEVERITY_WARNING, &a->at, a, RULE(T1),
				"a descriptor is written that leads to a new table, and no barrier has put the stores "
				"to that table before it: a walk may find in the table what its memory held before",
				"DMB ISHST (or DSB ISHST) between the stores to the new table and that of the "
				"descriptor"),
			a->at.pc, writer);
}

void table_rooted(struct model *m, struct cpu *cpu, const struct place *at, unsigned regime, unsigned high)
{
	/* No register says in which space it is. Of a root that nobody has told the size of: what any has. */
	uint64_t size = cpu->root_size[regime][high] ? cpu->root_size[regime][high] : 8;
	uint32_t writer;

	exercised(m, RULE_T1);
	if (stored_in(m, at->cpu, -1, cpu->root[regime][high], size, ORDER_DSB_SELF, &writer))
		report(m,
			judge_begin(m, KIND_UNORDERED_TABLE_WRITE, SEVERITY_WARNING, at, NULL, RULE(T1),
				"a table becomes the first that is walked, and no DSB has completed the stores to it: "
				"a walk may find in the table what its memory held before",
				"DSB ISHST (a DMB orders no MSR) between the stores to the table and the MSR that lets "
				"it be walked"),
			at->pc, writer);
}
