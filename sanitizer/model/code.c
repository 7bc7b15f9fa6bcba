/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records of lines that hold instructions: when one is made, what it begins with, and when it goes.
 */
#include <stdlib.h>

#include "code_table.h"

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
	for (unsigned i = 0; i <= PENDING_STORED; i++)
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

uint32_t code_number(struct model *m, struct ref ref)
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
	uint32_t n = line_is_code(ref) ? code_number(m, ref) : 0;

	return n ? m->code->all[n - 1] : NULL;
}

uint64_t code_bytes_written(struct ref ref)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < 8; i++)
		if (ref_writers(ref)[i])
			mask |= 0xffull << 8 * i;
	return mask;
}

bool code_is_written(struct ref ref)
{
	return code_bytes_written(ref);
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

bool code_is_fetchable(struct model *m, struct ref ref, uint32_t *since)
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
	if (!code_is_fetchable(m, ref, &since))
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
	uint64_t stale = code_bytes_written(ref);

	*unclean = 0;
	if (!stale || m->dic)
		return 0;
	if (!m->idc)
		*unclean = line_dirty(m, ref) & stale; /* the PoU may hold something older */
	/* Instruction caches that were empty have nothing of what nobody could fetch. */
	if (m->config.options.initial == INITIAL_INVALID) {
		if (!code_is_fetchable(m, ref, &since))
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

void code_date(struct code *code, uint64_t bytes)
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

	for (unsigned i = 0; i < m->cpu_end; i++) {
		const struct cpu *c = m->cpus[i];

		if (c && c->ic_issued[1] > m->ic_all)
			code_issue(m, code, CODE_INVALIDATE, i, c->ic_who[1],
				code->stale & ~newer(m, code->ref, c->ic_issued[1], &unclean));
		if (c && c->ic_issued[0] > c->ic_all)
			code_issue(m, code, CODE_INVALIDATE_LOCAL, i, c->ic_who[0],
				code->stale & ~newer(m, code->ref, c->ic_issued[0], &unclean));
	}
	for (unsigned i = 0; i < m->cpu_end; i++) {
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
		code_date(code, code->fresh);
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
	/* Executed, and safe: see code_retire(). */
	if (line_is_code(ref)) {
		/* Fetches bring whole lines. */
		code->executed = ref_line(ref)->hints & HINT_NEVER_RAN ? 0 : ~0ull;
		ref_line(ref)->hints &= ~HINT_NEVER_RAN;
		return code;
	}
	/* For whom it is least safe, and who is better off. */
	for (unsigned i = 0; i < m->cpu_end; i++) {
		if (!m->cpus[i])
			continue;
		code->stale |= code_stale(m, ref, i, &unclean);
		code->unclean |= unclean;
	}
	for (unsigned i = 0; i < m->cpu_end; i++)
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

void code_forget(struct model *m, struct code *code)
{
	line_unmark_code(code->ref);
	unlink_record(m, code);
}

/*
 * Nothing is in doubt about the line any more: without a record it counts as loaded so. A kernel patches tens of
 * thousands of lines when it starts.
 */
void code_retire(struct model *m)
{
	struct code_table *t = m->code;
	uint64_t oldest = UINT64_MAX;

	for (unsigned i = 0; i < m->cpu_end; i++)
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

void code_cured(struct code_table *t, uint32_t number)
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
