/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the two forms of a line: simple records and clouds.
 */
#include <stdlib.h>

#include "internal.h"

struct cloud *line_cloud(struct model *m, struct ref ref)
{
	struct line *line = ref_line(ref);

	return line->slow & LINE_CLOUD ? m->clouds[line->link] : NULL;
}

void lines_free(struct model *m)
{
	for (uint32_t i = 1; i <= m->cloud_last; i++)
		cloud_free(m->clouds[i]);
	free(m->clouds);
	free(m->cloud_free);
}

static uint32_t cloud_number(struct model *m)
{
	if (m->cloud_vacant)
		return m->cloud_free[--m->cloud_vacant];
	if (m->cloud_last + 1 >= m->cloud_room) {
		uint32_t room = m->cloud_room ? m->cloud_room * 2 : 64;
		struct cloud **clouds = realloc(m->clouds, room * sizeof(*clouds));
		uint32_t *vacant;

		if (!clouds)
			return 0;
		m->clouds = clouds;
		vacant = realloc(m->cloud_free, room * sizeof(*vacant));
		if (!vacant)
			return 0;
		m->cloud_free = vacant;
		m->cloud_room = room;
	}
	m->clouds[++m->cloud_last] = NULL;
	return m->cloud_last;
}

static void cloud_release(struct model *m, uint32_t number)
{
	cloud_free(m->clouds[number]);
	m->clouds[number] = NULL;
	m->cloud_free[m->cloud_vacant++] = number;
	m->counts.clouds--;
}

bool line_may_be_cached(struct model *m, struct ref ref, bool *assumed)
{
	const struct line *line = ref_line(ref);
	uint32_t invalidated = line->invalidated > m->swept ? line->invalidated : m->swept;
	bool since = ram_allocatable_since(m, ref, invalidated);
	bool initially = m->config.options.initial != INITIAL_INVALID && !invalidated;

	*assumed = initially && !since && !ref_bytes(ref)->dirty;
	return ref_bytes(ref)->dirty || since || initially;
}

bool model_may_be_cached(struct model *m, enum space space, uint64_t pa)
{
	struct cloud *cloud;
	struct ref ref;
	bool assumed;

	if (m->coherent || !ram_find(m, space, pa, &ref) || ref.block->ram.rom)
		return false;
	cloud = line_cloud(m, ref);
	if (!cloud)
		return line_may_be_cached(m, ref, &assumed);
	line_catch_up(m, ref, cloud);
	for (unsigned i = 0; i < cloud->count; i++)
		if (state_copy(cloud->set[i].state) != COPY_ABSENT)
			return true;
	return false;
}

void line_history(struct ref ref)
{
	struct line *line = ref_line(ref);

	line->hints =
		(line->hints & HINT_TOUCHED) | (line->hints & (HINT_CLEANED | HINT_REWRITTEN) ? HINT_REWRITTEN : 0);
	line_unmark(ref, LINE_NOTED);
}

uint32_t line_cleaned(const struct model *m)
{
	return HINT_CLEANED | (m->epoch < UINT16_MAX ? m->epoch : UINT16_MAX) << HINT_EPOCH_SHIFT;
}

void line_neighbours(
	struct model *m, struct ref ref, void (*visit)(struct model *m, struct ref ref, void *data), void *data)
{
	uint64_t lines = m->granule_bytes >> LINE_SHIFT, granule = ~(uint64_t)(m->granule_bytes - 1);
	uint64_t end = ref.block->ram.size >> LINE_SHIFT;

	if (lines <= 1)
		return;
	/* A block of RAM need not begin with a granule. */
	for (uint64_t i = ref.index < lines ? 0 : ref.index - lines; i < end && i < ref.index + lines; i++) {
		struct ref other = {ref.block, i};

		if (i != ref.index && !((ref_pa(other) ^ ref_pa(ref)) & granule))
			visit(m, other, data);
	}
}

bool line_may_be_junk(const struct model *m, struct ref ref)
{
	const struct line *line = ref_line(ref);

	return m->config.options.initial == INITIAL_DIRTY && !line->invalidated && !m->swept &&
	       !(line->hints & HINT_TOUCHED) && ~(ref_bytes(ref)->exact | ref_bytes(ref)->dirty);
}

uint64_t line_dirty(struct model *m, struct ref ref)
{
	const struct cloud *cloud = line_cloud(m, ref);
	uint64_t bytes = 0;

	if (!cloud)
		return ref_bytes(ref)->dirty;
	for (unsigned i = 0; i < cloud->count; i++)
		if (state_copy(cloud->set[i].state) == COPY_DIRTY)
			bytes |= cloud->set[i].bytes;
	return bytes;
}

/* May some byte of the line be dirty? */
static bool is_dirty(struct model *m, struct ref ref)
{
	return line_dirty(m, ref) || (!line_cloud(m, ref) && line_may_be_junk(m, ref));
}

static void see_dirty(struct model *m, struct ref ref, void *data)
{
	if (is_dirty(m, ref))
		*(bool *)data = true;
}

bool line_far_dirty(struct model *m, struct ref ref)
{
	bool dirty = false;

	line_neighbours(m, ref, see_dirty, &dirty);
	return dirty;
}

static void see_clean(struct model *m, struct ref ref, void *data)
{
	struct cloud *cloud = line_cloud(m, ref);
	bool before = *(bool *)data;

	if (!cloud)
		return;
	if (before) {
		line_catch_up(m, ref, cloud);
	} else if (!line_far_dirty(m, ref)) {
		workset_load(m->work, cloud);
		cloud_far_clean(m->work);
		line_close(m, ref, cloud, false);
	}
}

void line_before_clean(struct model *m, struct ref ref)
{
	line_neighbours(m, ref, see_clean, &(bool){true});
}

void line_after_clean(struct model *m, struct ref ref)
{
	line_neighbours(m, ref, see_clean, &(bool){false});
}

/* Leaves the line alone from now on, as RAM of which nothing is known. */
void line_give_up(struct model *m, struct ref ref)
{
	struct line *line = ref_line(ref);

	m->counts.given_up++;
	open_forget(m, ref);
	if (line->slow & LINE_CLOUD)
		cloud_release(m, line->link);
	else if (line->slow & LINE_PENDING)
		pending_of(m, ref)->op = PENDING_NOTHING;
	line_unmark(ref, LINE_CLOUD | LINE_OPEN | LINE_PENDING);
	ref_bytes(ref)->dirty = 0;
	ref_bytes(ref)->exact = 0;
	if (!m->noticed_clouds) {
		m->noticed_clouds = true;
		model_notice(m, "more memory is in doubt than the model can follow: some findings will be missing");
	}
}

struct cloud *line_to_cloud(struct model *m, struct ref ref)
{
	struct line *line = ref_line(ref);
	const uint8_t *values = ref_values(ref), *memory = ref_memory(ref);
	struct cloud *cloud = line_cloud(m, ref);
	struct workset *work = m->work;
	uint64_t dirty = ref_bytes(ref)->dirty, exact = ref_bytes(ref)->exact, known, same = 0, flight = 0;
	struct open_store *open = NULL;
	unsigned open_cpu = 0;
	bool allocate, assumed = false;
	uint32_t number;

	if (cloud)
		return cloud;
	if (m->counts.clouds >= m->config.cloud_limit) {
		line_give_up(m, ref);
		return NULL;
	}
	cloud = cloud_new();
	number = cloud ? cloud_number(m) : 0;
	if (!number) {
		cloud_free(cloud);
		line_give_up(m, ref);
		return NULL;
	}
	if (++m->counts.clouds > m->counts.clouds_max)
		m->counts.clouds_max = m->counts.clouds;
	ram_use(ref);

	/* Slot 0: the newest value; slot 1: what memory holds where that is another one. */
	known = dirty | exact;
	for (unsigned i = 0; i < LINE_SIZE; i++) {
		cloud->value[0][i] = dirty >> i & 1 ? values[i] : memory[i];
		cloud->value[1][i] = memory[i];
		same |= (uint64_t)(cloud->value[0][i] == memory[i]) << i;
	}
	cloud_set_current(cloud, 0, known);
	cloud_set_current(cloud, SLOT_OTHER, ~known);
	if (line->slow & LINE_OPEN) {
		open = open_of(m, ref, &open_cpu);
		flight = open->mask;
		cloud->flight_cpu = (int16_t)open_cpu;
		cloud->flight_ordered = open->ordered;
		allocate = ram_allocatable_since(m, ref, open->clock);
	} else {
		allocate = line_may_be_cached(m, ref, &assumed);
	}

	workset_clear(work);
	workset_add(work, state_make(0, COPY_ABSENT, 0), exact & ~dirty & ~flight);
	workset_add(work, state_make(0, COPY_DIRTY, 0), dirty & exact & same);
	workset_add(work, state_make(1, COPY_DIRTY, 0), dirty & exact & ~same);
	workset_add(work, state_make(SLOT_OTHER, COPY_DIRTY, 0), dirty & ~exact);
	workset_add(work, state_make(SLOT_OTHER, COPY_ABSENT, 0), ~known & ~flight);
	if (line_may_be_junk(m, ref)) {
		workset_add(work, state_make(SLOT_OTHER, COPY_DIRTY, SLOT_OTHER), ~known);
		workset_add(work, state_make(0, COPY_CLEAN, 0) | STATE_NEAR, exact & ~dirty & ~flight);
	}
	if (dirty) {
		workset_add(work, state_make(0, COPY_CLEAN, 0) | STATE_NEAR, exact & ~dirty);
		workset_add(work, state_make(SLOT_OTHER, COPY_CLEAN, SLOT_OTHER) | STATE_NEAR, ~known);
	}
	if (flight) {
		uint64_t old_same = 0;

		for (unsigned i = 0; i < LINE_SIZE; i++) {
			if (flight >> i & 1) {
				cloud->value[1][i] = open->old[i];
				old_same |= (uint64_t)(open->old[i] == cloud->value[0][i]) << i;
			}
		}
		workset_add(work, state_with_flight(state_make(SLOT_OTHER, COPY_ABSENT, 0), 1), flight & ~open->exact);
		workset_add(
			work, state_with_flight(state_make(1, COPY_ABSENT, 0), 1), flight & open->exact & ~old_same);
		/* The same value: no harm as such, but it may still arrive after a later cacheable store. */
		workset_add(work, state_with_flight(state_make(0, COPY_ABSENT, 0), 1), flight & open->exact & old_same);
	}
	if (line_far_dirty(m, ref))
		cloud_far_dirty(work);
	workset_close(work, cloud, allocate);
	if (line->slow & LINE_PENDING) {
		struct pending *p = pending_of(m, ref);

		/* What could be allocated before the DC was issued need not be so after it. */
		cloud->ops[cloud->op_count++] =
			(struct cloud_op){p->op, p->cpu, p->clock, p->who, pending_mask(m, p), 0, p->seq};
		allocate = ram_allocatable_since(m, ref, p->clock);
		workset_close(work, cloud, allocate);
	}
	if (!workset_store(work, cloud)) {
		cloud_free(cloud);
		m->clouds[number] = NULL;
		m->cloud_free[m->cloud_vacant++] = number;
		m->counts.clouds--;
		line_give_up(m, ref);
		return NULL;
	}
	cloud->checked = ram_now(m);
	cloud->closed_allocated = allocate;
	cloud->assumed = assumed ? ~0ull : 0;
	/* There was no copy when the store was made: one of the old value is there only because nothing ordered it. */
	if (open && allocate)
		*(open->ordered ? &cloud->unwaited : &cloud->raced) = flight;
	memcpy(cloud->before, ref_writers(ref), sizeof(cloud->before));
	m->clouds[number] = cloud;
	line_unmark(ref, LINE_OPEN | LINE_PENDING);
	line_mark(ref, LINE_CLOUD);
	line->link = number;
	return cloud;
}

void line_catch_up(struct model *m, struct ref ref, struct cloud *cloud)
{
	bool allocate = ram_allocatable_since(m, ref, cloud->checked);
	bool far = m->granule_bytes > LINE_SIZE && line_far_dirty(m, ref);

	if (!far && (!allocate || cloud->closed_allocated)) {
		cloud->checked = ram_now(m);
		return;
	}
	workset_load(m->work, cloud);
	if (far)
		cloud_far_dirty(m->work);
	workset_close(m->work, cloud, allocate);
	if (workset_store(m->work, cloud))
		cloud->closed_allocated = allocate;
	cloud->checked = ram_now(m);
}

void line_close(struct model *m, struct ref ref, struct cloud *cloud, bool allocate)
{
	allocate = allocate || ram_allocatable_now(m, ref);
	workset_close(m->work, cloud, allocate);
	cloud->closed_allocated = allocate;
	cloud->checked = ram_now(m);
	if (workset_store(m->work, cloud))
		line_settle(m, ref);
	else
		line_give_up(m, ref);
}

void line_settle(struct model *m, struct ref ref)
{
	struct line *line = ref_line(ref);
	struct cloud *cloud = line_cloud(m, ref);
	uint8_t *values = ref_values(ref), *memory = ref_memory(ref);
	uint64_t current[SLOTS], dirty = 0, vague, older[SLOTS] = {0}, several;
	uint32_t number = line->link;

	if (!cloud || cloud->op_count || cloud->flight_cpu >= 0 || cloud->discard)
		return;
	for (unsigned k = 0; k < SLOTS; k++)
		current[k] = cloud_current(cloud, k);
	for (unsigned i = 0; i < cloud->count; i++) {
		unsigned state = cloud->set[i].state;
		uint64_t bytes = cloud->set[i].bytes;

		/* In a simple line every copy is current, and memory is unless the copy is dirty. */
		if (state_copy(state) != COPY_ABSENT && bytes & ~current[state_slot(state)])
			return;
		if (state_copy(state) != COPY_DIRTY) {
			if (bytes & ~current[state_memory(state)])
				return;
			continue;
		}
		dirty |= bytes;
		older[state_memory(state)] |= bytes & ~current[state_memory(state)];
	}
	if (dirty & current[SLOT_OTHER])
		return;
	several = (older[0] & older[1]) | (older[0] & older[2]) | (older[1] & older[2]);
	vague = current[SLOT_OTHER] | older[SLOT_OTHER] | several;
	for (unsigned i = 0; i < LINE_SIZE; i++) {
		uint64_t bit = 1ull << i;

		for (unsigned k = 0; k < SLOT_OTHER; k++) {
			if (current[k] & bit && dirty & bit)
				values[i] = cloud->value[k][i];
			if (older[k] & bit || (current[k] & bit && !((older[0] | older[1] | older[2]) & bit)))
				memory[i] = cloud->value[k][i];
		}
	}
	ref_bytes(ref)->dirty = dirty;
	ref_bytes(ref)->exact = ~vague;
	line_unmark(ref, LINE_CLOUD);
	line->link = 0;
	cloud_release(m, number);
}
