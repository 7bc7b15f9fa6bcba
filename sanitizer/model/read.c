/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a load may read that QEMU did not: rules C5, V1, V2, C8.
 */
#include "access.h"

/* What a read of bytes in @state returns: a slot. */
static unsigned read_slot(unsigned state, bool cacheable, bool own_flight)
{
	if (cacheable)
		return state_copy(state) == COPY_ABSENT ? state_memory(state) : state_slot(state);
	/* A CPU sees its own store, arrived or not. */
	return own_flight && state_flight(state) ? state_flight(state) - 1 : state_memory(state);
}

/*
 * Can a cacheable access of @cpu not find the line in this state, because of what force_ops() says? A load proves
 * nothing for other CPUs' caches, and the fast path does not see it: it is judged by this and changes nothing.
 */
static bool may_not_be(const struct cloud *cloud, unsigned cpu, unsigned state)
{
	unsigned executed = state >> 11;

	if (~executed & own_ops(cloud, cpu, DC_IVAC, UINT32_MAX))
		return true;
	return state_copy(state) == COPY_CLEAN && !(state & STATE_NEAR) &&
	       ~executed & own_ops(cloud, cpu, DC_CIVAC, UINT32_MAX);
}

/*
 * Which bytes of @mask may read as something else than the newest value, in states that have all bits of @executed and,
 * with @arrived, no store on its way. The reasons, when @e is given.
 */
static uint64_t wrong_bytes(const struct cloud *cloud, const struct access *a, uint64_t mask, bool cacheable,
	bool arrived, unsigned executed, struct evidence *e, uint64_t by_slot[SLOTS])
{
	bool own = cloud->flight_cpu == a->at.cpu;
	uint64_t current[SLOTS], wrong = 0;

	for (unsigned k = 0; k < SLOTS; k++)
		current[k] = cloud_current(cloud, k);
	for (unsigned i = 0; i < cloud->count; i++) {
		unsigned state = cloud->set[i].state, slot = read_slot(state, cacheable, own);
		/* Of RAM that nobody wrote nothing is expected (rule V6). */
		uint64_t bytes = cloud->set[i].bytes & mask & ~current[slot] & ~current[SLOT_OTHER];

		if (!bytes || (arrived && state_flight(state)) || (state >> 11 & executed) != executed)
			continue;
		if (cacheable && may_not_be(cloud, a->at.cpu, state))
			continue;
		wrong |= bytes;
		if (!e)
			continue;
		by_slot[slot] |= bytes;
		if (cacheable && state_copy(state) != COPY_ABSENT) {
			e->stale |= bytes & current[state_memory(state)];
			if (state_flight(state))
				e->stale |= bytes & current[state_flight(state) - 1];
		} else if (!cacheable && state_copy(state) != COPY_ABSENT) {
			e->unwritten |= bytes & current[state_slot(state)];
		}
	}
	return wrong;
}

static void add_candidates(struct evidence *e, const struct cloud *cloud, const struct access *a, uint64_t mask,
	const uint64_t by_slot[SLOTS])
{
	unsigned offset = a->pa & (LINE_SIZE - 1);

	for (unsigned k = 0; k < SLOTS; k++) {
		struct candidate *c = &e->candidate[e->candidates];

		if (!by_slot[k] || e->candidates == FINDING_CANDIDATES)
			continue;
		memcpy(c->bytes, a->value, a->size);
		c->known = ~0ull;
		for (uint64_t rest = by_slot[k] & mask; rest; rest &= rest - 1) {
			unsigned i = (unsigned)__builtin_ctzll(rest);

			if (k == SLOT_OTHER)
				c->known &= ~(1ull << (i - offset));
			else
				c->bytes[i - offset] = cloud->value[k][i];
		}
		e->candidates++;
	}
}

static void cloud_read(
	struct model *m, struct ref ref, struct cloud *cloud, const struct access *a, bool cacheable, bool both)
{
	uint64_t mask = access_mask(a), by_slot[SLOTS] = {0};
	unsigned all_ops = (1u << cloud->op_count) - 1;
	struct evidence e = {0};

	line_catch_up(m, ref, cloud);
	exercised(m, RULE_C5);
	e.wrong = wrong_bytes(cloud, a, mask, cacheable, false, 0, &e, by_slot);
	if (both) {
		uint64_t other = wrong_bytes(cloud, a, mask, !cacheable, false, 0, &e, by_slot);

		e.alternative = other & ~e.wrong;
		e.wrong |= other;
	}
	if (e.wrong) {
		e.gone = e.wrong & ~e.unwritten & ~e.stale;
		e.in_flight = e.wrong & ~wrong_bytes(cloud, a, mask, cacheable, true, 0, NULL, NULL);
		if (both)
			e.in_flight = 0;
		e.discarded = cloud->discarded;
		e.raced = cloud->raced;
		e.unwaited = cloud->unwaited;
		e.disordered = cloud->disordered;
		e.overtaken = cloud->overtaken | (ref_line(ref)->hints & HINT_OVERTAKEN ? e.unwritten : 0);
		e.doubtful = cloud->doubtful;
		e.assumed = cloud->assumed;
		e.lost_power = cloud->cut;
		if (cloud->op_count && !wrong_bytes(cloud, a, mask, cacheable, false, all_ops, NULL, NULL)) {
			e.who = cloud->ops[0].who;
			e.op = cloud->ops[0].op;
			e.dmb_only = cloud->ops[0].cpu == a->at.cpu && cloud->ops[0].seq < m->cpus[a->at.cpu]->dmb_seq;
		}
		e.before = cloud->before[__builtin_ctzll(e.wrong) / 8];
		add_candidates(&e, cloud, a, mask, by_slot);
		judge_read(m, ref, a, &e);
	}
	if (cacheable && !cloud->closed_allocated) {
		workset_load(m->work, cloud);
		line_close(m, ref, cloud, true);
	}
}

/* A non-cacheable read of a simple line: only what is dirty is in danger. */
static void simple_read_uncached(struct model *m, struct ref ref, const struct access *a)
{
	struct line *line = ref_line(ref);
	const uint8_t *memory = ref_memory(ref);
	unsigned offset = a->pa & (LINE_SIZE - 1);
	uint64_t dirty = ref_bytes(ref)->dirty & access_mask(a), older = 0;
	struct evidence e = {0};
	struct candidate *c;

	for (uint64_t rest = dirty & ref_bytes(ref)->exact; rest; rest &= rest - 1) {
		unsigned i = (unsigned)__builtin_ctzll(rest);

		if (access_differs(memory, a, i))
			older |= 1ull << i;
	}
	e.wrong = older | (dirty & ~ref_bytes(ref)->exact);
	if (dirty)
		exercised(m, RULE_C5);
	if (!e.wrong)
		return;
	e.unwritten = e.wrong;
	e.overtaken = line->hints & HINT_OVERTAKEN ? e.wrong : 0;
	if (line->slow & LINE_PENDING) {
		struct pending *p = pending_of(m, ref);

		if (p->op == DC_CVAC || p->op == DC_CIVAC) {
			e.who = p->who;
			e.op = p->op;
			e.dmb_only = p->cpu == a->at.cpu && p->seq < m->cpus[p->cpu]->dmb_seq;
		}
	}
	if (older || ref_page(ref)->known) {
		c = &e.candidate[e.candidates++];
		memcpy(c->bytes, a->value, a->size);
		c->known = ~0ull;
		for (uint64_t rest = e.wrong; rest; rest &= rest - 1) {
			unsigned i = (unsigned)__builtin_ctzll(rest);

			c->bytes[i - offset] = memory[i];
		}
		if (!memcmp(c->bytes, a->value, a->size))
			e.candidates = 0;
	}
	if (e.wrong & ~ref_bytes(ref)->exact) {
		c = &e.candidate[e.candidates++];
		memcpy(c->bytes, a->value, a->size);
		c->known = ~((e.wrong & ~ref_bytes(ref)->exact) >> offset);
	}
	judge_read(m, ref, a, &e);
}

/* Who wrote the first byte that is read. */
static const struct writer *writer_of_read(struct model *m, struct ref ref, const struct access *a)
{
	return writers_get(m->writers, ref_writers(ref)[(a->pa & (LINE_SIZE - 1)) / 8]);
}

void access_read(struct model *m, struct ref ref, const struct access *a, bool cacheable, bool both)
{
	struct line *line = ref_line(ref);
	uint64_t changed = 0;
	struct cloud *cloud;
	uint8_t bytes[LINE_SIZE];

	if (attributes_are_by_switch(a->attributes) && attributes_are_cacheable(writer_of_read(m, ref, a)->attributes))
		exercised(m, RULE_H1);

	/* What an atomic access or a store exclusive has read its own store has overwritten. */
	if (!(a->flags & (ACCESS_ATOMIC | ACCESS_EXCLUSIVE)))
		changed = access_changed(m, ref, access_mask(a), access_line(a, bytes));
	if (changed) {
		/*
		 * Whoever wrote this wrote more, some of it with the values that were there: a buffer that was
		 * discarded for a device to fill is filled.
		 */
		cloud = line_cloud(m, ref);
		if (cloud)
			changed |= cloud->discarded & access_mask(a);
		access_external(m, ref, changed, bytes, m->config.options.dma == DMA_COHERENT);
	}
	if (line->slow & LINE_MESSAGE)
		message_read(m, ref, a);
	if (line->slow & LINE_OPEN) {
		if (open_is_before(m, ref, a->at.cpu))
			open_settle_line(m, ref);
		else if (cacheable || both || m->granule_bytes > LINE_SIZE)
			line_to_cloud(m, ref);
		if (cacheable)
			exercised(m, RULE_X3);
	}
	line_settle_maintenance(m, ref, a->at.cpu);
	cloud = line_cloud(m, ref);
	if (cloud && open_is_before(m, ref, a->at.cpu))
		open_settle_line(m, ref);
	if (both && ref_bytes(ref)->dirty)
		line_to_cloud(m, ref);
	cloud = line_cloud(m, ref);
	if (cloud && cacheable && attributes_are_by_switch(writer_of_read(m, ref, a)->attributes))
		exercised(m, RULE_H2);
	if (cloud)
		cloud_read(m, ref, cloud, a, cacheable, both);
	else if (!cacheable)
		simple_read_uncached(m, ref, a);
}
