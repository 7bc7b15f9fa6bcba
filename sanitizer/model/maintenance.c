/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DC by VA, and the barriers that order and complete it: rules C5 to C9.
 */
#include <stdlib.h>

#include "code.h"
#include "tables.h"

/*
 * ---- The array of DCs that no DSB has completed. An image may queue millions.
 */

static uint32_t pending_number(struct model *m)
{
	uint32_t room = m->pending_room ? m->pending_room + m->pending_room / 2 : 256;
	struct pending *pending;

	if (m->pending_free)
		return m->pending_free;
	pending = realloc(m->pending, (size_t)room * sizeof(*pending));
	if (!pending)
		return 0;
	/* Number 0 is nobody. */
	for (uint32_t i = m->pending_room ? m->pending_room : 1; i < room; i++) {
		pending[i].next = m->pending_free;
		m->pending_free = i;
	}
	m->pending = pending;
	m->pending_room = room;
	return m->pending_free;
}

/* The array of an image that queued millions is not kept. */
static void pending_release(struct model *m)
{
	if (m->pending_count || m->pending_room < 1 << 16)
		return;
	free(m->pending);
	m->pending = NULL;
	m->pending_room = m->pending_free = 0;
}

struct pending *pending_of(struct model *m, struct ref ref)
{
	return &m->pending[ref_line(ref)->link];
}

struct ref pending_ref(const struct model *m, const struct pending *p)
{
	return (struct ref){m->blocks[p->where >> 48], p->where & ((1ull << 48) - 1)};
}

uint64_t pending_mask(const struct model *m, const struct pending *p)
{
	return m->line_bytes < LINE_SIZE ? line_mask(p->part * m->line_bytes, m->line_bytes) : ~0ull;
}

static uint32_t pending_add(struct model *m, struct ref ref, unsigned cpu, const struct cloud_op *op)
{
	uint32_t number = pending_number(m);
	struct pending *p;

	if (!number)
		return 0;
	p = &m->pending[number];
	m->pending_free = p->next;
	*p = (struct pending){
		.where = (uint64_t)ref.block->number << 48 | ref.index,
		.next = m->cpus[cpu]->pending,
		.clock = op->clock,
		.who = op->who,
		.seq = op->seq,
		.op = op->op,
		.cpu = op->cpu,
		.part = op->mask ? (uint8_t)((unsigned)__builtin_ctzll(op->mask) / m->line_bytes) : 0,
	};
	m->cpus[cpu]->pending = number;
	m->pending_count++;
	return number;
}

/* Does a DC @op after @earlier of the same CPU, with no access between, do all that both do? */
static bool covers(unsigned op, unsigned earlier)
{
	return op == earlier || (op == DC_CIVAC && earlier == DC_CVAC);
}

static void note(struct ref ref, uint32_t hints)
{
	ref_line(ref)->hints |= hints;
	line_mark(ref, LINE_NOTED);
}

/*
 * ---- Issue.
 */

/* Bytes whose newest value may be in a dirty copy. */
static uint64_t copy_dirty(const struct cloud *cloud)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < cloud->count; i++)
		if (state_copy(cloud->set[i].state) == COPY_DIRTY)
			bytes |= cloud->set[i].bytes & cloud_current(cloud, state_slot(cloud->set[i].state));
	return bytes;
}

static void cloud_issue(struct model *m, struct ref ref, const struct cloud_op *op)
{
	struct cloud *cloud;
	bool queued = false;
	int last = -1;

	if (!line_to_cloud(m, ref))
		return;
	cloud = line_cloud(m, ref);
	line_catch_up(m, ref, cloud);
	if (open_is_before(m, ref, op->cpu)) {
		open_settle_line(m, ref);
		if (!line_to_cloud(m, ref))
			return;
		cloud = line_cloud(m, ref);
	}
	if (cloud->flight_cpu == op->cpu)
		for (unsigned i = 0; i < cloud->count; i++)
			if (state_flight(cloud->set[i].state))
				cloud->disordered |= cloud->set[i].bytes & op->mask;
	if (op->overtakes) {
		cloud->overtaken |= op->mask;
		ref_line(ref)->hints |= HINT_OVERTAKEN;
		m->cpus[op->cpu]->overtaking = true;
	}
	if (op->op == DC_IVAC)
		cloud->discarded |= copy_dirty(cloud) & op->mask;
	for (unsigned i = 0; i < cloud->op_count; i++) {
		if (cloud->ops[i].cpu == op->cpu) {
			queued = true;
			last = (int)i;
		}
	}
	workset_load(m->work, cloud);
	/* A DMB since says more of the earlier one: keep it while there is room. */
	if (last >= 0 && covers(op->op, cloud->ops[last].op) && cloud->ops[last].mask == op->mask &&
		(cloud->ops[last].seq > m->cpus[op->cpu]->dmb_seq || cloud->op_count == CLOUD_OPS)) {
		/* The same place in the order, but nothing of it is known to have executed any more. */
		struct cloud_op earlier = cloud->ops[last];

		workset_forget_executed(m->work, 1u << last);
		cloud->ops[last] = *op;
		if (earlier.op == DC_CIVAC || earlier.op == DC_IVAC)
			cloud->ops[last].clock = op->op == DC_CVAC ? earlier.clock : op->clock;
	} else {
		/* No program needs so many: take the first as executed, so that what is missed is a finding, not the
		 * truth. */
		if (cloud->op_count == CLOUD_OPS) {
			cloud_require_executed(m->work, 1);
			cloud_drop_ops(m->work, cloud, 1);
		}
		cloud->ops[cloud->op_count++] = *op;
	}
	if (!queued)
		pending_add(m, ref, op->cpu, op);
	line_close(m, ref, cloud, false);
}

/* IVAC may take more of a larger granule with it. */
static void discard_neighbour(struct model *m, struct ref ref, void *data)
{
	unsigned cpu = *(unsigned *)data;
	struct cloud_op op = {.op = PENDING_DISCARD, .cpu = (uint8_t)cpu};
	/* A clean one too: it may become dirty before the DSB. */
	struct cloud *cloud = line_to_cloud(m, ref);

	if (!cloud)
		return;
	line_catch_up(m, ref, cloud);
	cloud->discarded |= copy_dirty(cloud);
	workset_load(m->work, cloud);
	if (pending_add(m, ref, cpu, &op)) {
		m->cpus[cpu]->discards = true;
		cloud->discard++;
	}
	line_close(m, ref, cloud, false);
}

static void line_issue(struct model *m, struct ref ref, const struct cloud_op *op)
{
	struct line *line = ref_line(ref);
	uint32_t number;
	bool assumed;

	ram_use(ref);
	if (op->op == DC_IVAC && line_dirty(m, ref) & op->mask)
		exercised(m, RULE_C7);
	if (op->op == DC_IVAC)
		line_neighbours(m, ref, discard_neighbour, (void *)&(unsigned){op->cpu});
	if (line->slow & LINE_OPEN && !(line->slow & LINE_CLOUD)) {
		if (open_is_before(m, ref, op->cpu))
			open_settle_line(m, ref);
		else
			line_to_cloud(m, ref);
	}
	line->hints &= ~(uint32_t)HINT_OVERTAKEN;
	if (line->slow & LINE_CLOUD || (op->op == DC_IVAC && ref_bytes(ref)->dirty & op->mask) || op->overtakes ||
		line_may_be_junk(m, ref)) {
		cloud_issue(m, ref, op);
		return;
	}
	/* Nothing to clean, and no copy to drop: what other CPUs do before the DSB it promises nothing about. */
	if (!(line->slow & ~(LINE_TABLE | LINE_MESSAGE | LINE_QUEUE | LINE_USED)) && !ref_bytes(ref)->dirty &&
		(op->op == DC_CVAC || (op->op == DC_CIVAC && !line_may_be_cached(m, ref, &assumed))))
		return;
	if (line->slow & LINE_PENDING) {
		struct pending *p = pending_of(m, ref);

		/* With nothing dirty a clean adds nothing to what is queued. */
		if (p->cpu == op->cpu && pending_mask(m, p) == op->mask && !ref_bytes(ref)->dirty && op->op == DC_CVAC)
			return;
		/*
		 * IVAC must not be forgotten for CIVAC, since another CPU may write the line before it executes; nor
		 * one that a DMB has ordered for one that it has not.
		 */
		if (p->cpu == op->cpu && pending_mask(m, p) == op->mask &&
			((covers(op->op, p->op) && p->seq > m->cpus[op->cpu]->dmb_seq) ||
				(!ref_bytes(ref)->dirty && op->op == DC_IVAC))) {
			p->op = op->op;
			p->clock = op->clock;
			p->who = op->who;
			p->seq = op->seq;
			return;
		}
		cloud_issue(m, ref, op);
		return;
	}
	number = pending_add(m, ref, op->cpu, op);
	if (!number)
		return;
	line_mark(ref, LINE_PENDING);
	line->link = number;
}

/* By a CPU whose MMU or caches were off. */
static bool is_written_uncached(const struct model *m, struct ref ref, uint64_t mask)
{
	for (unsigned i = 0; i < WRITERS_PER_LINE; i++)
		if (mask >> 8 * i & 0xff &&
			attributes_are_by_switch(writers_get(m->writers, ref_writers(ref)[i])->attributes))
			return true;
	return false;
}

void model_dc(struct model *m, const struct dc *dc)
{
	struct cpu *cpu = model_cpu_of(m, dc->at.cpu);
	uint64_t base = dc->pa & ~(uint64_t)(m->line_bytes - 1);
	struct cloud_op op;
	struct ref ref;
	bool ordered;

	m->counts.events++;
	if (!cpu || dc->op >= DC_OPS)
		return;
	if (cpu->unsettled)
		registers_used(m, &dc->at, USE_TRANSLATION, 0, NULL);
	if (m->coherent)
		return;
	op = (struct cloud_op){
		.op = dc->op == DC_CVAP || dc->op == DC_CVADP ? DC_CVAC : dc->op,
		.cpu = dc->at.cpu,
		.clock = ram_now(m),
		.who = writer_of_place(m, &dc->at, dc->va, dc->attributes),
		.mask = ~0ull,
		.seq = ++cpu->seq,
	};
	/* Until the switch is synchronized the operand may be what it was before it. */
	ordered = attributes_are_cacheable(dc->attributes) && !cpu->was_uncached;
	for (uint64_t pa = base; pa < base + m->line_bytes; pa += LINE_SIZE) {
		if (!ram_find(m, dc->space, pa, &ref) || ref.block->ram.rom)
			continue;
		if (m->line_bytes < LINE_SIZE)
			op.mask = line_mask(base & (LINE_SIZE - 1), m->line_bytes);
		if (!m->dic || !m->idc)
			code_dc(m, ref, dc->op, dc->at.cpu, op.who, op.mask);
		if (op.op == DC_CVAU) {
			/* Says nothing about the PoC (rule C6), which is what most people expect of it. */
			if (ref_bytes(ref)->dirty && !(ref_line(ref)->hints & HINT_CLEANED))
				note(ref, HINT_POU);
			continue;
		}
		/* Non-shareable: this CPU's caches only, which is all there is as long as no other had its own on. */
		if (attributes_are_cacheable(dc->attributes) && dc->attributes.share == SHARE_NONE &&
			model_others_cached(m, dc->at.cpu))
			continue;
		op.overtakes = recent_overtaken(m, ref, dc->at.cpu, ordered) & op.mask;
		if (op.op != DC_CVAC && is_written_uncached(m, ref, op.mask))
			exercised(m, RULE_H2);
		line_issue(m, ref, &op);
	}
}

/*
 * ---- Completion.
 */

static void simple_complete(struct model *m, struct ref ref, const struct pending *p)
{
	struct line *line = ref_line(ref);
	uint64_t mask = pending_mask(m, p), dirty = ref_bytes(ref)->dirty & mask;

	line_unmark(ref, LINE_PENDING);
	line->link = 0;
	if (p->op == DC_CVAC || p->op == DC_CIVAC) {
		uint8_t *memory = ref_memory(ref);
		const uint8_t *values = ref_values(ref);

		if (dirty == ~0ull) {
			memcpy(memory, values, LINE_SIZE);
		} else {
			for (uint64_t rest = dirty; rest; rest &= rest - 1) {
				unsigned i = (unsigned)__builtin_ctzll(rest);

				memory[i] = values[i];
			}
		}
		ref_bytes(ref)->exact |= dirty;
		ref_bytes(ref)->dirty &= ~dirty;
		/* A later write of it is the classic mistake: cleaned too early. */
		if (dirty) {
			exercised(m, RULE_C5);
			line->hints = line_cleaned(m) | (line->hints & HINT_OVERTAKEN);
			line_mark(ref, LINE_NOTED);
		}
	}
	line->hints |= HINT_TOUCHED;
	if ((p->op == DC_IVAC || p->op == DC_CIVAC) && mask == ~0ull)
		line->invalidated = p->clock;
}

static void cloud_complete(struct model *m, struct ref ref, unsigned cpu)
{
	struct cloud *cloud = line_cloud(m, ref);
	struct line *line = ref_line(ref);
	unsigned ops = 0;

	line_catch_up(m, ref, cloud);
	for (unsigned i = 0; i < cloud->op_count; i++) {
		const struct cloud_op *op = &cloud->ops[i];

		if (op->cpu != cpu)
			continue;
		ops |= 1u << i;
		if (op->op == DC_CVAC || op->op == DC_CIVAC) {
			exercised(m, RULE_C5);
			line->hints = line_cleaned(m) | (line->hints & HINT_OVERTAKEN);
			line_mark(ref, LINE_NOTED);
		}
		line->hints |= HINT_TOUCHED;
		if (op->op != DC_CVAC && op->mask == ~0ull && op->clock > line->invalidated)
			line->invalidated = op->clock;
	}
	workset_load(m->work, cloud);
	cloud_require_executed(m->work, ops);
	cloud_drop_ops(m->work, cloud, ops);
	line_close(m, ref, cloud, false);
}

/* What shares a granule with a line that was invalidated is safe from now on, as a later access is: a full barrier. */
static void end_discards(struct model *m, unsigned cpu)
{
	if (!m->cpus[cpu]->discards)
		return;
	m->cpus[cpu]->discards = false;
	for (uint32_t number = m->cpus[cpu]->pending; number; number = m->pending[number].next) {
		struct pending *p = &m->pending[number];
		struct ref ref = pending_ref(m, p);
		struct cloud *cloud = line_cloud(m, ref);

		if (p->op != PENDING_DISCARD)
			continue;
		p->op = PENDING_NOTHING;
		if (!cloud || !cloud->discard)
			continue;
		line_catch_up(m, ref, cloud);
		cloud->discard--;
		workset_load(m->work, cloud);
		line_close(m, ref, cloud, false);
	}
}

static void complete(struct model *m, unsigned cpu)
{
	uint32_t number = m->cpus[cpu]->pending;

	m->cpus[cpu]->pending = 0;
	while (number) {
		struct pending p = m->pending[number];
		struct ref ref = pending_ref(m, &p);
		struct line *line = ref_line(ref);

		exercised(m, RULE_C8);
		m->pending[number].next = m->pending_free;
		m->pending_free = number;
		m->pending_count--;
		line_before_clean(m, ref);
		if (line->slow & LINE_CLOUD)
			cloud_complete(m, ref, cpu);
		else if (line->slow & LINE_PENDING && line->link == number)
			simple_complete(m, ref, &p);
		line_after_clean(m, ref);
		number = p.next;
	}
	pending_release(m);
}

bool model_others_cached(const struct model *m, unsigned cpu)
{
	for (unsigned i = 0; i < m->cpu_end; i++)
		if (i != cpu && m->cpus[i] && m->cpus[i]->ever_cached)
			return true;
	return false;
}

void model_barrier(struct model *m, const struct barrier *b)
{
	struct cpu *cpu = model_cpu_of(m, b->at.cpu);

	m->counts.events++;
	if (cpu)
		translation_barrier(m, b);
	if (!cpu)
		return;
	recent_order(m, b->at.cpu, barrier_orders_stores(b));
	interrupts_barrier(cpu, b);
	if (b->types != BARRIER_STORES)
		device_loads_ordered(m, b->at.cpu);
	if (barrier_orders_stores(b) >= ORDER_DMB) {
		if (b->kind == BARRIER_DSB)
			open_settle(m, b->at.cpu);
		else
			open_order(m, b->at.cpu);
	}
	/* Loads only and stores only order nothing else that matters here (rule C8). */
	if (b->types != BARRIER_FULL)
		return;
	cpu->seq++;
	end_discards(m, b->at.cpu);
	if (b->domain != DOMAIN_NONE)
		cpu->told_seq = cpu->seq;
	if (b->kind == BARRIER_DMB) {
		cpu->dmb_seq = cpu->seq;
		return;
	}
	/* Rule C9: other CPUs' caches were never in use, or the barrier reaches them. */
	if (b->domain == DOMAIN_NONE && model_others_cached(m, b->at.cpu)) {
		cpu->dmb_seq = cpu->seq;
		code_complete(m, b->at.cpu, true);
		return;
	}
	complete(m, b->at.cpu);
	code_complete(m, b->at.cpu, false);
	set_way_barrier(m, b);
}
