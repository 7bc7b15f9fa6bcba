/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cacheable stores that no barrier has ordered yet. A DC by address whose operand is cacheable comes after the stores
 * to its line. One whose operand is not - the MMU has gone off since the store - may overtake them until a full DMB or
 * a DSB: the store then arrives in a cache that has just been cleaned (rule C8).
 *
 * Source: DDI 0487, "Ordering and completion of data and instruction cache instructions".
 */
#include "access.h"

static bool is_of(const struct recent *recent, struct ref ref)
{
	return recent->mask && recent->ref.block == ref.block && recent->ref.index == ref.index;
}

void recent_add(struct model *m, struct ref ref, unsigned number, uint64_t mask)
{
	struct cpu *cpu = m->cpus[number];
	struct recent *last = &cpu->recent[(cpu->recent_next + RECENT_STORES - 1) % RECENT_STORES];

	if (is_of(last, ref)) {
		last->mask |= mask;
		return;
	}
	cpu->recent[cpu->recent_next] = (struct recent){ref, mask};
	cpu->recent_next = (cpu->recent_next + 1) % RECENT_STORES;
	cpu->recent_any = true;
}

void model_stored(struct model *m, const struct stored *s)
{
	struct ref ref;

	m->counts.events++;
	if (!model_cpu_of(m, s->cpu) || !s->size || (s->pa & (LINE_SIZE - 1)) + s->size > LINE_SIZE)
		return;
	if (!m->coherent && ram_find(m, s->space, s->pa, &ref) && !ref.block->ram.rom)
		recent_add(m, ref, s->cpu, line_mask(s->pa & (LINE_SIZE - 1), s->size));
}

static void forget_line(struct cpu *cpu, struct ref ref)
{
	for (unsigned i = 0; i < RECENT_STORES; i++)
		if (is_of(&cpu->recent[i], ref))
			cpu->recent[i].mask = 0;
}

/* Of @bytes, those that this CPU was the last to write. */
static uint64_t written_by(struct model *m, struct ref ref, unsigned number, uint64_t bytes)
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
			if (is_of(&cpu->recent[i], ref))
				bytes |= cpu->recent[i].mask;
		bytes &= line_dirty(m, ref);
		if (bytes)
			bytes = written_by(m, ref, number, bytes);
	}
	/* Stores of others come before it: they are taken to have synchronized (X6). */
	for (unsigned i = 0; i < MODEL_CPUS; i++)
		if (m->cpus[i] && m->cpus[i]->recent_any && (i != number || ordered))
			forget_line(m->cpus[i], ref);
	return bytes;
}

void recent_settle(struct model *m, unsigned number)
{
	struct cpu *cpu = m->cpus[number];

	if (cpu->recent_any)
		memset(cpu->recent, 0, sizeof(cpu->recent));
	cpu->recent_any = false;
	if (!cpu->overtaking)
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
