/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records of lines that hold instructions, and what writes and maintenance do to them: rules I1, I3, I6, I8.
 */
#include <stdlib.h>

#include "code.h"

#define BUCKETS (1u << 15)
/* A page that was code and is data now: after so many stores to a line nobody asks any more. */
#define REWRITES 32
/* In `pending`. */
#define STORED MODEL_CPUS

/*
 * Pages that fetches could look at since some CPU executed there with its MMU off: its own, and the next (DDI 0487,
 * "The effect of the MMU being off on instruction fetches"). With an MMU on they may look anywhere.
 */
#define OFF_PAGES 256
struct off_page {
	struct block *block;
	uint64_t page;
	uint32_t since; /* m->epoch */
};

struct code_table {
	uint32_t buckets[BUCKETS]; /* number + 1 */
	struct off_page off[OFF_PAGES];
	unsigned off_count;
	bool anywhere;
	uint32_t anywhere_since; /* m->epoch */
	struct code **all;
	uint32_t count, room;
	uint32_t vacant; /* chained by next, number + 1 */
	/* Lines that were made safe, in order: their records go when every CPU has synchronized. */
	uint32_t *cured;
	uint32_t cured_first, cured_count, cured_room;
	/* Lines with an operation that no DSB has completed, by CPU; those with CODE_STORED. */
	struct numbers pending[MODEL_CPUS + 1];
};

struct code_table *code_new(void)
{
	return calloc(1, sizeof(struct code_table));
}

void code_free(struct code_table *t)
{
	if (!t)
		return;
	for (uint32_t i = 0; i < t->count; i++)
		free(t->all[i]);
	for (unsigned i = 0; i <= STORED; i++)
		free(t->pending[i].all);
	free(t->all);
	free(t->cured);
	free(t);
}

static uint32_t bucket_of(struct ref ref)
{
	uint64_t h = (ref.index ^ (uint64_t)ref.block->number << 48) * 0x9e3779b97f4a7c15;

	return h >> 49;
}

static uint32_t number_of(struct model *m, struct ref ref)
{
	struct code_table *t = m->code;

	for (uint32_t n = t->buckets[bucket_of(ref)]; n; n = t->all[n - 1]->next) {
		if (t->all[n - 1]->ref.index == ref.index && t->all[n - 1]->ref.block == ref.block)
			return n;
	}
	return 0;
}

struct code *code_of(struct model *m, struct ref ref)
{
	uint32_t n = line_is_code(ref) ? number_of(m, ref) : 0;

	return n ? m->code->all[n - 1] : NULL;
}

/* Bytes that were written by a CPU: 8 of them share a writer. */
static uint64_t written(struct ref ref)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < 8; i++)
		if (ref_writers(ref)[i])
			mask |= 0xffull << 8 * i;
	return mask;
}

bool code_is_written(struct ref ref)
{
	return written(ref);
}

void code_fetched_anywhere(struct model *m)
{
	if (m->code->anywhere)
		return;
	m->code->anywhere = true;
	/* Of nothing written so far there is nothing to be told apart. */
	m->code->anywhere_since = writers_count(m->writers) ? ++m->epoch : m->epoch;
}

static struct off_page *off_page(struct model *m, struct block *block, uint64_t page)
{
	for (unsigned i = 0; i < m->code->off_count; i++)
		if (m->code->off[i].page == page && m->code->off[i].block == block)
			return &m->code->off[i];
	return NULL;
}

void code_fetched_off(struct model *m, struct ref ref)
{
	struct code_table *t = m->code;
	uint64_t page = ref.index / LINES_PER_PAGE;
	uint32_t since = 0;

	for (uint64_t i = page; i <= page + 1 && !t->anywhere; i++) {
		if (off_page(m, ref.block, i))
			continue;
		if (t->off_count == OFF_PAGES) {
			code_fetched_anywhere(m);
			break;
		}
		if (!since)
			since = ++m->epoch;
		t->off[t->off_count++] = (struct off_page){ref.block, i, since};
	}
}

/* A fetch could have brought the line into an instruction cache at m->epoch *since. */
static bool is_fetchable(struct model *m, struct ref ref, uint32_t *since)
{
	const struct off_page *off = off_page(m, ref.block, ref.index / LINES_PER_PAGE);

	*since = off ? off->since : m->code->anywhere_since;
	return off || m->code->anywhere;
}

bool code_is_assumed(struct model *m, struct ref ref, uint64_t bytes)
{
	uint32_t since;

	if (m->config.options.initial == INITIAL_INVALID)
		return false;
	if (!is_fetchable(m, ref, &since))
		return true;
	for (unsigned i = 0; i < 8; i++)
		if (bytes >> 8 * i & 0xff && writers_get(m->writers, ref_writers(ref)[i])->epoch >= since)
			return false;
	return true;
}

/* Of @bytes: those that were written, and cleaned, before m->epoch was @epoch. */
static uint64_t before(struct model *m, struct ref ref, uint64_t bytes, uint32_t epoch)
{
	uint32_t cleaned = m->idc ? 0 : ref_line(ref)->hints >> HINT_EPOCH_SHIFT;
	uint64_t mask = 0;

	if (cleaned >= epoch)
		return 0;
	for (unsigned i = 0; i < 8; i++)
		if (bytes >> 8 * i & 0xff && writers_get(m->writers, ref_writers(ref)[i])->epoch < epoch)
			mask |= 0xffull << 8 * i & bytes;
	return mask;
}

/* What was written and is not clean, or was not before m->epoch was @epoch. */
static uint64_t newer(struct model *m, struct ref ref, uint32_t epoch, uint64_t *unclean)
{
	uint32_t since;
	uint64_t stale = written(ref);

	*unclean = 0;
	if (!stale || m->dic)
		return 0;
	if (!m->idc)
		*unclean = line_dirty(m, ref) & stale; /* the PoU may hold something older */
	/* Instruction caches that were empty have nothing of what nobody could fetch. */
	if (m->config.options.initial == INITIAL_INVALID) {
		if (!is_fetchable(m, ref, &since))
			since = UINT32_MAX;
		if (since > epoch)
			epoch = since;
	}
	return stale & ~before(m, ref, stale & ~*unclean, epoch);
}

static uint32_t ic_all(const struct model *m, unsigned cpu)
{
	return m->ic_all > m->cpus[cpu]->ic_all ? m->ic_all : m->cpus[cpu]->ic_all;
}

uint64_t code_stale(struct model *m, struct ref ref, unsigned cpu, uint64_t *unclean)
{
	return newer(m, ref, ic_all(m, cpu), unclean);
}

void code_synchronized(struct model *m, unsigned cpu)
{
	m->cpus[cpu]->synchronized = m->tick;
	m->cpus[cpu]->ic_before = ic_all(m, cpu);
}

static void learn_values(struct model *m, struct code *code)
{
	const struct line *line = ref_line(code->ref);
	const struct bytes *bytes = ref_bytes(code->ref);
	uint64_t known = bytes->dirty | (line->slow & (LINE_CLOUD | LINE_OPEN) ? 0 : bytes->exact);

	if (line->slow & LINE_CLOUD)
		return;
	(void)m;
	for (unsigned i = 0; i < LINE_SIZE; i++)
		code->cur[i] = bytes->dirty >> i & 1 ? ref_values(code->ref)[i] : ref_memory(code->ref)[i];
	code->cur_known = known;
}

static void issue(struct model *m, struct code *code, unsigned kind, unsigned cpu, uint32_t who, uint64_t mask);

/* @bytes were cured when the line was last. */
static void date_words(struct code *code, uint64_t bytes)
{
	for (unsigned i = 0; i < LINE_SIZE / 4; i++)
		if (bytes >> 4 * i & 0xf)
			code->word_cured[i] = code->cured;
}

/*
 * A whole invalidation before there was a record: what it has made safe, a CPU that has not synchronized since may have
 * fetched before; and its DSB may still be to come.
 */
static void invalidated(struct model *m, struct code *code)
{
	uint64_t unclean;

	for (unsigned i = 0; i < MODEL_CPUS; i++) {
		const struct cpu *c = m->cpus[i];

		if (c && c->ic_issued[1] > m->ic_all)
			issue(m, code, CODE_INVALIDATE, i, c->ic_who[1],
				code->stale & ~newer(m, code->ref, c->ic_issued[1], &unclean));
		if (c && c->ic_issued[0] > c->ic_all)
			issue(m, code, CODE_INVALIDATE_LOCAL, i, c->ic_who[0],
				code->stale & ~newer(m, code->ref, c->ic_issued[0], &unclean));
	}
	for (unsigned i = 0; i < MODEL_CPUS; i++) {
		uint64_t fresh;

		if (!m->cpus[i] || m->cpus[i]->ic_done <= m->cpus[i]->synchronized ||
			m->cpus[i]->ic_done <= code->cured)
			continue;
		/* Not what an invalidation before its last synchronization has made safe. */
		fresh = newer(m, code->ref, m->cpus[i]->ic_before, &unclean) & ~code_stale(m, code->ref, i, &unclean);
		if (!fresh)
			continue;
		code->fresh = fresh;
		code->cured = m->cpus[i]->ic_done;
		date_words(code, code->fresh);
		code->cured_by = (uint8_t)i;
	}
}

struct code *code_get(struct model *m, struct ref ref)
{
	struct code_table *t = m->code;
	struct code *code = code_of(m, ref);
	uint32_t number, bucket = bucket_of(ref);
	uint64_t unclean;

	if (code)
		return code;
	if (t->vacant) {
		number = t->vacant;
		t->vacant = t->all[number - 1]->next;
	} else {
		if (t->count == t->room) {
			uint32_t room = t->room ? t->room * 2 : 256;
			struct code **all = realloc(t->all, room * sizeof(*all));

			if (!all)
				return NULL;
			t->all = all;
			t->room = room;
		}
		t->all[t->count] = calloc(1, sizeof(struct code));
		if (!t->all[t->count])
			return NULL;
		number = ++t->count;
	}
	code = t->all[number - 1];
	memset(code, 0, sizeof(*code));
	code->ref = ref;
	code->next = t->buckets[bucket];
	t->buckets[bucket] = number;
	learn_values(m, code);
	/* Executed, and safe: see retire(). */
	if (line_is_code(ref)) {
		/* Fetches bring whole lines. */
		code->executed = ref_line(ref)->hints & HINT_NEVER_RAN ? 0 : ~0ull;
		ref_line(ref)->hints &= ~HINT_NEVER_RAN;
		return code;
	}
	/* For whom it is least safe, and who is better off. */
	for (unsigned i = 0; i < MODEL_CPUS; i++) {
		if (!m->cpus[i])
			continue;
		code->stale |= code_stale(m, ref, i, &unclean);
		code->unclean |= unclean;
	}
	for (unsigned i = 0; i < MODEL_CPUS; i++)
		if (m->cpus[i] && code->stale && !code_stale(m, ref, i, &unclean))
			cpu_set_add(&code->local, i);
	code->local_mask = code->stale;
	invalidated(m, code);
	line_mark_code(ref);
	ram_use(ref);
	return code;
}

static void unlink_record(struct model *m, struct code *code)
{
	struct code_table *t = m->code;
	uint32_t *link = &t->buckets[bucket_of(code->ref)], number;

	while (t->all[*link - 1] != code)
		link = &t->all[*link - 1]->next;
	number = *link;
	*link = code->next;
	code->next = t->vacant;
	code->ref.block = NULL;
	t->vacant = number;
}

static void forget(struct model *m, struct code *code)
{
	line_unmark_code(code->ref);
	unlink_record(m, code);
}

/*
 * Nothing is in doubt about the line any more: without a record it counts as loaded so. A kernel patches tens of
 * thousands of lines when it starts.
 */
static void retire(struct model *m)
{
	struct code_table *t = m->code;
	uint64_t oldest = UINT64_MAX;

	for (unsigned i = 0; i < MODEL_CPUS; i++)
		if (m->cpus[i] && m->cpus[i]->on && m->cpus[i]->synchronized < oldest)
			oldest = m->cpus[i]->synchronized;
	while (t->cured_count) {
		struct code *code = t->all[t->cured[t->cured_first % t->cured_room] - 1];

		if (code->ref.block && code->cured > oldest)
			return;
		t->cured_first++;
		t->cured_count--;
		if (!code->ref.block || code->stale || code->unclean || code->op_count)
			continue; /* it changed again */
		if (!code->executed)
			ref_line(code->ref)->hints |= HINT_NEVER_RAN;
		unlink_record(m, code);
	}
}

static void cured(struct code_table *t, uint32_t number)
{
	if (t->cured_count == t->cured_room) {
		uint32_t room = t->cured_room ? t->cured_room * 2 : 256, *queue = malloc(room * sizeof(*queue));

		if (!queue)
			return;
		for (uint32_t i = 0; i < t->cured_count; i++)
			queue[i] = t->cured[(t->cured_first + i) % t->cured_room];
		free(t->cured);
		t->cured = queue;
		t->cured_room = room;
		t->cured_first = 0;
	}
	t->cured[(t->cured_first + t->cured_count++) % t->cured_room] = number;
}

static void issue(struct model *m, struct code *code, unsigned kind, unsigned cpu, uint32_t who, uint64_t mask)
{
	struct code_op *op;
	bool queued = false;

	if (!mask)
		return;
	for (unsigned i = 0; i < code->op_count; i++) {
		op = &code->ops[i];
		queued |= op->cpu == cpu && (op->kind == CODE_STORED) == (kind == CODE_STORED);
		if (op->cpu == cpu && op->kind == kind) {
			op->mask |= mask;
			op->who = who;
			return;
		}
	}
	/* No program needs so many: the first counts as done, so that what is missed is a finding, not the truth. */
	if (code->op_count == CODE_OPS) {
		memmove(code->ops, code->ops + 1, sizeof(code->ops) - sizeof(code->ops[0]));
		code->op_count--;
	}
	code->ops[code->op_count++] = (struct code_op){(uint8_t)kind, (uint8_t)cpu, who, mask};
	/* For a DSB to complete. */
	if (!queued)
		numbers_add(&m->code->pending[kind == CODE_STORED ? STORED : cpu], number_of(m, code->ref));
}

void code_written(struct model *m, struct ref ref, uint64_t mask, const uint8_t *value, int cpu, bool cached)
{
	struct code *code = code_of(m, ref);
	uint64_t changed = 0;
	uint32_t since;
	bool word = mask && mask == 0xfull << (__builtin_ctzll(mask) & ~3);

	if (!code) {
		code = code_get(m, ref);
		if (!code)
			return;
	}
	if (!code->executed && !code->op_count && ++code->rewrites == REWRITES) {
		forget(m, code);
		return;
	}
	for (uint64_t rest = mask; rest; rest &= rest - 1) {
		unsigned i = (unsigned)__builtin_ctzll(rest);
		uint64_t bit = 1ull << i;

		if (code->cur_known & bit && code->cur[i] == value[i])
			continue;
		changed |= bit;
		/* The value before, which may have been fetched, or what may have been before that. */
		code->old[i] = code->cur[i];
		code->old_known = (code->old_known & ~bit) | (code->cur_known & bit);
		code->cur[i] = value[i];
	}
	code->cur_known |= mask;
	if (!changed)
		return;
	if (!cached && m->config.options.initial == INITIAL_INVALID && !is_fetchable(m, ref, &since))
		return;
	code->single = word ? code->single | mask : code->single & ~mask;
	code->ran |= changed & (code->executed | code->fresh_ran);
	code->stale |= changed;
	code->executed &= ~changed;
	code->fresh &= ~changed;
	code->fresh_ran &= ~changed;
	code->early &= ~changed;
	if (cached)
		code->unclean |= changed;
	memset(&code->local, 0, sizeof(code->local));
	for (unsigned i = 0; i < code->op_count; i++)
		code->ops[i].mask &= ~changed;
	/* DSB is all that it takes to be seen at the PoU; or at all, for a store that no cache holds. */
	if ((m->idc || !cached) && cpu >= 0) {
		code->unclean |= changed;
		issue(m, code, CODE_STORED, (unsigned)cpu, 0, changed);
	}
}

void code_dc(struct model *m, struct ref ref, unsigned op, unsigned cpu, uint32_t who, uint64_t mask)
{
	struct code *code = code_of(m, ref);

	if (!code && op == DC_CVAU && written(ref))
		code = code_get(m, ref);
	if (!code || op == DC_IVAC)
		return;
	code->rewrites = 0;
	if (code->unclean & mask)
		issue(m, code, CODE_CLEAN, cpu, who, code->unclean & mask);
}

static void invalidate(struct model *m, struct code *code, unsigned kind, unsigned cpu, uint32_t who)
{
	uint64_t mask = code->stale & ~code->unclean;

	if (code->stale)
		exercised(m, RULE_I3);
	code->rewrites = 0;
	code->early |= code->stale & code->unclean;
	if (mask)
		issue(m, code, kind, cpu, who, mask);
}

static uint64_t ic_lines(const struct model *m)
{
	return 4u << (m->config.ids.ctr & 15);
}

void model_ic(struct model *m, const struct ic *ic)
{
	struct cpu *cpu = model_cpu_of(m, ic->at.cpu);
	bool local = ic->op == IC_IALLU && !(ic->at.el <= 1 && cpu && cpu->hcr >> 9 & 1); /* HCR_EL2.FB */
	uint32_t who;
	struct ref ref;

	m->counts.events++;
	if (!cpu || ic->op >= IC_OPS)
		return;
	who = writer_of_place(m, &ic->at, ic->va, ATTRIBUTES_NONE);
	if (ic->op == IC_IVAU) {
		uint64_t base = ic->pa & ~(ic_lines(m) - 1);

		for (uint64_t pa = base; pa < base + ic_lines(m); pa += LINE_SIZE) {
			struct code *code;

			if (!ram_find(m, ic->space, pa, &ref) || ref.block->ram.rom)
				continue;
			code = code_of(m, ref);
			if (!code && written(ref))
				code = code_get(m, ref);
			if (code)
				invalidate(m, code, CODE_INVALIDATE, ic->at.cpu, who);
		}
		return;
	}
	for (uint32_t i = 0; i < m->code->count; i++) {
		struct code *code = m->code->all[i];

		if (code->ref.block && code->stale)
			invalidate(m, code, local ? CODE_INVALIDATE_LOCAL : CODE_INVALIDATE, ic->at.cpu, who);
	}
	/* Lines without a record tell by this number whether they were written before. */
	cpu->ic_issued[!local] = ++m->epoch;
	cpu->ic_who[!local] = who;
}

/* What CPUs have synchronized with since: the next cure has a time of its own. */
static void forget_fresh(const struct model *m, struct code *code, unsigned cpu)
{
	bool all = true;

	for (unsigned i = 0; i < MODEL_CPUS; i++)
		all = all && !(m->cpus[i] && m->cpus[i]->on && m->cpus[i]->synchronized < code->cured);
	if (all)
		code->fresh_ran = 0;
	if (m->cpus[cpu]->synchronized >= code->cured)
		code->fresh = 0;
}

static void cure(struct model *m, struct code *code, unsigned cpu, uint64_t mask)
{
	uint64_t safe = mask & code->stale;

	if (!safe)
		return;
	forget_fresh(m, code, cpu);
	code->fresh |= safe;
	code->fresh_ran |= safe & code->ran;
	code->ran &= ~safe;
	code->stale &= ~safe;
	code->cured = ++m->tick;
	date_words(code, safe);
	code->cured_by = (uint8_t)cpu;
	cured(m->code, number_of(m, code->ref));
}

static void finish(struct model *m, struct code *code, const struct code_op *op, unsigned cpu)
{
	if (op->kind != CODE_STORED)
		exercised(m, RULE_C8);
	switch (op->kind) {
	case CODE_CLEAN:
	case CODE_STORED:
		code->unclean &= ~op->mask;
		if (m->dic)
			cure(m, code, cpu, op->mask);
		break;
	case CODE_INVALIDATE:
		cure(m, code, op->cpu, op->mask);
		break;
	default:
		if (!(code->stale & ~op->mask)) {
			cpu_set_add(&code->local, op->cpu);
			code->local_mask = code->stale;
			code->local_cured = ++m->tick;
			code->local_by = op->cpu;
		}
	}
}

/* @local: for this one's own instruction cache, whatever the IC was meant for. */
static void complete(struct model *m, unsigned which, unsigned cpu, bool local)
{
	struct code_table *t = m->code;
	struct numbers *pending = &t->pending[which];
	uint32_t left = 0;

	for (uint32_t i = 0; i < pending->count; i++) {
		struct code *code = t->all[pending->all[i] - 1];
		unsigned kept = 0;
		bool more = false;

		if (!code->ref.block)
			continue;
		for (unsigned n = 0; n < code->op_count; n++) {
			struct code_op op = code->ops[n];
			bool here = which == STORED ? op.kind == CODE_STORED : op.cpu == cpu && op.kind != CODE_STORED;

			if (here && (!local || op.kind == CODE_INVALIDATE_LOCAL)) {
				finish(m, code, &op, cpu);
				continue;
			}
			code->ops[kept++] = op;
			more |= here;
			if (here && op.kind != CODE_CLEAN) {
				op.kind = CODE_INVALIDATE_LOCAL;
				finish(m, code, &op, cpu);
			}
		}
		code->op_count = (uint8_t)kept;
		if (more)
			pending->all[left++] = pending->all[i];
	}
	pending->count = left;
}

void code_complete(struct model *m, unsigned cpu, bool local)
{
	struct cpu *c = m->cpus[cpu];

	complete(m, cpu, cpu, local);
	if (!local)
		complete(m, STORED, cpu, false);
	retire(m);
	for (unsigned i = 0; i < 2; i++) {
		if (c->ic_issued[i] <= c->ic_all)
			continue;
		c->ic_all = c->ic_issued[i];
		c->ic_done = ++m->tick;
	}
	if (!local && c->ic_issued[1] > m->ic_all)
		m->ic_all = c->ic_issued[1];
}

void code_cleaned(struct model *m)
{
	for (uint32_t i = 0; i < m->code->count; i++)
		m->code->all[i]->unclean = 0;
}
