/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cacheable stores that no barrier has ordered yet. A DC by address whose operand is cacheable comes after the stores
 * to its line. One whose operand is not - the MMU has gone off since the store - may overtake them until a full DMB or
 * a DSB: the store then arrives in a cache that has just been cleaned (rule C8).
 *
 * They are also what a software generated interrupt may arrive before: message.c.
 *
 * Source: DDI 0487, "Ordering and completion of data and instruction cache instructions".
 */
#include "access.h"

void recent_add(struct model *m, struct ref ref, unsigned number, uint64_t mask, enum store_order order)
{
	struct cpu *cpu = m->cpus[number];
	struct recent *last = &cpu->recent[(cpu->recent_next + RECENT_STORES - 1) % RECENT_STORES];

	if (recent_is_of(last, ref) && last->order == order) {
		last->mask |= mask;
		return;
	}
	cpu->recent[cpu->recent_next] = (struct recent){ref, mask, order};
	cpu->recent_next = (cpu->recent_next + 1) % RECENT_STORES;
	cpu->recent_any = true;
}

void model_stored(struct model *m, const struct stored *s)
{
	struct ref ref;

	m->counts.events++;
	if (!model_cpu_of(m, s->cpu) || !s->size || s->order >= STORE_ORDERS ||
		(s->pa & (LINE_SIZE - 1)) + s->size > LINE_SIZE)
		return;
	if (!m->coherent && ram_find(m, s->space, s->pa, &ref) && !ref.block->ram.rom)
		recent_add(m, ref, s->cpu, line_mask(s->pa & (LINE_SIZE - 1), s->size), s->order);
}

/* Later DCs come after the stores to the line. */
static void order_line(struct cpu *cpu, struct ref ref)
{
	for (unsigned i = 0; i < RECENT_STORES; i++)
		if (recent_is_of(&cpu->recent[i], ref) && cpu->recent[i].order < ORDER_DMB)
			cpu->recent[i].order = ORDER_DMB;
}

uint64_t recent_written_by(const struct model *m, struct ref ref, unsigned number, uint64_t bytes)
{
	const uint32_t *writers = ref_writers(ref);

	for (unsigned i = 0; i < WRITERS_PER_LINE; i++) {
		const struct writer *writer = writers_get(m->writers, writers[i]);

		if (bytes >> 8 * i & 0xff && writer->pc && writer->cpu != number)
			bytes &= ~(0xffull << 8 * i);
	}
	return bytes;
}

uint64_t recent_overtaken(struct model *m, struct ref ref, unsigned number, bool ordered)
{
	struct cpu *cpu = m->cpus[number];
	uint64_t bytes = 0;

	if (cpu->recent_any && !ordered) {
		for (unsigned i = 0; i < RECENT_STORES; i++)
			if (recent_is_of(&cpu->recent[i], ref) && cpu->recent[i].order < ORDER_DMB)
				bytes |= cpu->recent[i].mask;
		bytes &= line_dirty(m, ref);
		if (bytes)
			bytes = recent_written_by(m, ref, number, bytes);
	}
	/* Stores of others come before it: they are taken to have synchronized (X6). */
	for (unsigned i = 0; i < m->cpu_end; i++)
		if (m->cpus[i] && m->cpus[i]->recent_any && (i != number || ordered))
			order_line(m->cpus[i], ref);
	return bytes;
}

void recent_order(struct model *m, unsigned number, enum store_order order)
{
	struct cpu *cpu = m->cpus[number];

	if (order == ORDER_DSB) {
		for (unsigned i = 0; i < RECENT_STORES && cpu->recent_any; i++)
			cpu->recent[i].mask = 0;
		cpu->recent_any = false;
	}
	for (unsigned i = 0; i < RECENT_STORES && cpu->recent_any; i++)
		if (cpu->recent[i].order < order)
			cpu->recent[i].order = (uint8_t)order;
	if (!cpu->overtaking || order < ORDER_DMB)
		return;
	/* A DC that has not executed by now comes after them. */
	cpu->overtaking = false;
	for (uint32_t n = cpu->pending; n; n = m->pending[n].next) {
		struct cloud *cloud = line_cloud(m, pending_ref(m, &m->pending[n]));

		for (unsigned i = 0; cloud && i < cloud->op_count; i++)
			if (cloud->ops[i].cpu == number)
				cloud->ops[i].overtakes = 0;
	}
}
