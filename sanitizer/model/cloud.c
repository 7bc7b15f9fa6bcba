/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "cloud.h"

/* A set larger than this is no description any more; real lines stay below forty. */
#define SET_LIMIT 2048

struct workset {
	uint64_t bytes[STATES]; /* of each state */
	uint64_t todo[STATES];  /* those that cloud_close has not followed yet */
	uint16_t list[STATES];  /* states that were ever added */
	uint16_t stack[STATES];
	uint8_t listed[STATES];
	unsigned count;
};

struct workset *workset_new(void)
{
	return calloc(1, sizeof(struct workset));
}

void workset_free(struct workset *work)
{
	free(work);
}

void workset_clear(struct workset *work)
{
	for (unsigned i = 0; i < work->count; i++) {
		work->bytes[work->list[i]] = 0;
		work->listed[work->list[i]] = 0;
	}
	work->count = 0;
}

void workset_add(struct workset *work, unsigned state, uint64_t bytes)
{
	if (!bytes)
		return;
	if (!work->listed[state]) {
		work->listed[state] = 1;
		work->list[work->count++] = (uint16_t)state;
	}
	work->bytes[state] |= bytes;
}

void workset_load(struct workset *work, const struct cloud *cloud)
{
	workset_clear(work);
	for (unsigned i = 0; i < cloud->count; i++)
		workset_add(work, cloud->set[i].state, cloud->set[i].bytes);
}

void workset_join(struct workset *work, const struct workset *other)
{
	for (unsigned i = 0; i < other->count; i++)
		workset_add(work, other->list[i], other->bytes[other->list[i]]);
}

bool workset_store(const struct workset *work, struct cloud *cloud)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < work->count; i++)
		count += work->bytes[work->list[i]] != 0;
	if (count > SET_LIMIT)
		return false;
	if (count > cloud->room) {
		uint32_t room = count + 4;
		struct possibility *set = realloc(cloud->set, room * sizeof(*set));

		if (!set)
			return false;
		cloud->set = set;
		cloud->room = room;
	}
	cloud->count = 0;
	for (unsigned i = 0; i < work->count; i++) {
		uint16_t state = work->list[i];

		if (work->bytes[state])
			cloud->set[cloud->count++] = (struct possibility){work->bytes[state], state};
	}
	return true;
}

struct cloud *cloud_new(void)
{
	struct cloud *cloud = calloc(1, sizeof(*cloud));

	if (cloud)
		cloud->flight_cpu = -1;
	return cloud;
}

void cloud_free(struct cloud *cloud)
{
	if (cloud)
		free(cloud->set);
	free(cloud);
}

void cloud_set_current(struct cloud *cloud, unsigned slot, uint64_t bytes)
{
	for (unsigned plane = 0; plane < 2; plane++) {
		if (slot >> plane & 1)
			cloud->current[plane] |= bytes;
		else
			cloud->current[plane] &= ~bytes;
	}
}

/* What hardware may do next with bytes in one state. */
struct closing {
	struct workset *work;
	const struct cloud *cloud;
	bool allocate;
	unsigned depth;
};

static void reach(struct closing *c, unsigned state, uint64_t bytes)
{
	uint64_t fresh = bytes & ~c->work->bytes[state];

	if (!fresh)
		return;
	workset_add(c->work, state, fresh);
	if (!c->work->todo[state])
		c->work->stack[c->depth++] = (uint16_t)state;
	c->work->todo[state] |= fresh;
}

/* The DCs that must have executed before @op: those of the same CPU are in program order for one line (rule C8). */
static unsigned earlier_ops(const struct cloud *cloud, unsigned op)
{
	unsigned earlier = 0;

	for (unsigned i = 0; i < op; i++)
		if (cloud->ops[i].cpu == cloud->ops[op].cpu)
			earlier |= 1u << i;
	return earlier << 11;
}

/* DC @op executes on bytes that it covers. */
static void execute(struct closing *c, unsigned state, unsigned op, uint64_t bytes)
{
	unsigned slot = state_slot(state);
	unsigned done = state | 1u << (11 + op);
	unsigned absent = state_with_copy(done, COPY_ABSENT, 0);
	unsigned clean = state_with_copy(done, COPY_CLEAN, slot);

	if (state_copy(state) == COPY_ABSENT) {
		reach(c, done, bytes);
		return;
	}
	switch (c->cloud->ops[op].op) {
	case DC_IVAC:
		/* Nothing says that dirty bytes are written back first: that they were is reached by another way. */
		reach(c, absent, bytes);
		break;
	case DC_CIVAC:
		if (state_copy(state) == COPY_DIRTY) {
			reach(c, state_with_memory(absent, slot), bytes);
			break;
		}
		reach(c, absent, bytes);
		if (state & STATE_NEAR)
			reach(c, state_with_memory(absent, slot), bytes);
		break;
	default:
		if (state_copy(state) == COPY_DIRTY) {
			reach(c, state_with_memory(clean, slot), bytes);
			break;
		}
		reach(c, clean, bytes);
		if (state & STATE_NEAR)
			reach(c, state_with_memory(clean, slot), bytes);
	}
}

/*
 * DC @op has executed, and only then does the store arrive that it has overtaken: with it the line is in the cache
 * again, dirty. Which bytes the store has written is the caller's business.
 */
static void store_late(struct closing *c, unsigned state, uint64_t bytes)
{
	if (state_copy(state) == COPY_ABSENT)
		reach(c, state_with_copy(state, COPY_CLEAN, state_memory(state)) | STATE_NEAR, bytes);
	else if (state_copy(state) == COPY_CLEAN)
		reach(c, state | STATE_NEAR, bytes);
}

static void follow(struct closing *c, unsigned state, uint64_t bytes)
{
	unsigned slot = state_slot(state);

	switch (state_copy(state)) {
	case COPY_ABSENT:
		if (c->allocate)
			reach(c, state_with_copy(state, COPY_CLEAN, state_memory(state)), bytes);
		break;
	case COPY_CLEAN:
		/* An eviction writes what was written there; whether the rest of the line goes with it is open (C3). */
		if (state & STATE_NEAR) {
			reach(c, state_with_copy(state, COPY_CLEAN, slot), bytes);
			reach(c, state_with_memory(state_with_copy(state, COPY_CLEAN, slot), slot), bytes);
		} else {
			reach(c, state_with_copy(state, COPY_ABSENT, 0), bytes);
		}
		if (state & STATE_FAR)
			reach(c, state_with_memory(state_with_copy(state, COPY_CLEAN, slot), slot), bytes);
		break;
	default:
		reach(c, state_with_memory(state_with_copy(state, COPY_CLEAN, slot), slot), bytes);
	}
	if (state & STATE_FAR)
		reach(c, state & ~STATE_FAR, bytes);
	if (c->cloud->discard && state_copy(state) != COPY_ABSENT)
		reach(c, state_with_copy(state, COPY_ABSENT, 0), bytes);
	if (state_flight(state)) {
		reach(c, state_with_memory(state_with_flight(state, 0), state_flight(state) - 1), bytes);
		for (unsigned k = 0; k < SLOTS; k++)
			if (c->cloud->queued[k] & bytes)
				reach(c, state_with_memory(state, k), c->cloud->queued[k] & bytes);
	}
	for (unsigned op = 0; op < c->cloud->op_count; op++) {
		unsigned bit = 1u << (11 + op);
		unsigned earlier = earlier_ops(c->cloud, op);
		uint64_t overtakes = c->cloud->ops[op].overtakes;

		if (overtakes && state & bit)
			store_late(c, state, bytes & ~overtakes);
		if (state & bit || (state & earlier) != earlier)
			continue;
		/* What the store has written is as it was before the DC. */
		if (state_copy(state) == COPY_DIRTY)
			reach(c, state | bit, bytes & overtakes);
		execute(c, state, op, bytes & c->cloud->ops[op].mask);
		reach(c, state | bit, bytes & ~c->cloud->ops[op].mask);
	}
}

void workset_close(struct workset *work, const struct cloud *cloud, bool allocate)
{
	struct closing c = {work, cloud, allocate, 0};

	for (unsigned i = 0; i < work->count; i++) {
		unsigned state = work->list[i];

		if (!work->bytes[state])
			continue;
		work->todo[state] = work->bytes[state];
		work->stack[c.depth++] = (uint16_t)state;
	}
	while (c.depth) {
		unsigned state = work->stack[--c.depth];
		uint64_t bytes = work->todo[state];

		work->todo[state] = 0;
		follow(&c, state, bytes);
	}
}

/*
 * Takes all states out, so that successors can be put in. The caller's array holds them; a state that has no successor
 * simply does not come back.
 */
struct taken {
	unsigned count;
	struct possibility each[SET_LIMIT * 2];
};

static void take(struct workset *work, struct taken *taken)
{
	taken->count = 0;
	for (unsigned i = 0; i < work->count && taken->count < SET_LIMIT * 2; i++)
		if (work->bytes[work->list[i]])
			taken->each[taken->count++] = (struct possibility){work->bytes[work->list[i]], work->list[i]};
	workset_clear(work);
}

/* The events are never nested, and the model has one caller at a time; but keep it off a plugin's small stack. */
static __thread struct taken taken;

static uint64_t all_slots(const uint64_t slots[SLOTS])
{
	return slots[0] | slots[1] | slots[2] | slots[3];
}

void cloud_store_uncached(struct workset *work, struct cloud *cloud, const uint64_t slots[SLOTS])
{
	uint64_t mask = all_slots(slots);

	take(work, &taken);
	for (unsigned i = 0; i < taken.count; i++) {
		struct possibility *p = &taken.each[i];

		workset_add(work, p->state, p->bytes & ~mask);
		if (state_flight(p->state))
			cloud->queued[state_flight(p->state) - 1] |= p->bytes & mask;
		for (unsigned k = 0; k < SLOTS; k++)
			workset_add(work, state_with_flight(p->state, 1 + k), p->bytes & slots[k]);
	}
}

void cloud_store_cached(struct workset *work, const uint64_t slots[SLOTS])
{
	uint64_t mask = all_slots(slots);

	take(work, &taken);
	for (unsigned i = 0; i < taken.count; i++) {
		struct possibility *p = &taken.each[i];
		unsigned state = p->state;

		/* The line is there with the bytes written; those beside them are what the cache held or loads now. */
		for (unsigned k = 0; k < SLOTS; k++)
			workset_add(work, state_with_copy(state, COPY_DIRTY, k), p->bytes & slots[k]);
		if (state_copy(state) == COPY_ABSENT)
			state = state_with_copy(state, COPY_CLEAN, state_memory(state));
		if (state_copy(state) == COPY_CLEAN)
			state |= STATE_NEAR;
		workset_add(work, state, p->bytes & ~mask);
	}
}

void cloud_store_through(struct workset *work, const uint64_t slots[SLOTS])
{
	uint64_t mask = all_slots(slots);

	take(work, &taken);
	for (unsigned i = 0; i < taken.count; i++) {
		struct possibility *p = &taken.each[i];

		workset_add(work, p->state, p->bytes & ~mask);
		for (unsigned k = 0; k < SLOTS; k++) {
			unsigned state = state_with_memory(p->state, k);

			if (state_copy(state) != COPY_ABSENT)
				state = (state & ~(3u << 4)) | k << 4;
			workset_add(work, state, p->bytes & slots[k]);
		}
	}
}

void cloud_store_coherent(struct workset *work, const uint64_t slots[SLOTS])
{
	uint64_t mask = all_slots(slots);

	take(work, &taken);
	for (unsigned i = 0; i < taken.count; i++) {
		struct possibility *p = &taken.each[i];

		workset_add(work, p->state, p->bytes & ~mask);
		for (unsigned k = 0; k < SLOTS; k++) {
			unsigned state = state_with_copy(state_with_flight(p->state, 0), COPY_ABSENT, 0);

			workset_add(work, state_with_memory(state, k), p->bytes & slots[k]);
		}
	}
}

void cloud_store_memory(struct workset *work, const uint64_t slots[SLOTS])
{
	uint64_t mask = all_slots(slots);

	take(work, &taken);
	for (unsigned i = 0; i < taken.count; i++) {
		struct possibility *p = &taken.each[i];

		workset_add(work, p->state, p->bytes & ~mask);
		for (unsigned k = 0; k < SLOTS; k++)
			workset_add(work, state_with_memory(state_with_flight(p->state, 0), k), p->bytes & slots[k]);
	}
}

void cloud_far_dirty(struct workset *work)
{
	take(work, &taken);
	for (unsigned i = 0; i < taken.count; i++) {
		workset_add(work, taken.each[i].state, taken.each[i].bytes);
		workset_add(work, taken.each[i].state | STATE_FAR, taken.each[i].bytes);
	}
}

void cloud_far_clean(struct workset *work)
{
	take(work, &taken);
	for (unsigned i = 0; i < taken.count; i++)
		workset_add(work, taken.each[i].state & ~STATE_FAR, taken.each[i].bytes);
}

void cloud_may_lose(struct workset *work, uint64_t bytes)
{
	take(work, &taken);
	for (unsigned i = 0; i < taken.count; i++) {
		workset_add(work, taken.each[i].state, taken.each[i].bytes);
		workset_add(work, state_with_copy(taken.each[i].state, COPY_ABSENT, 0), taken.each[i].bytes & bytes);
	}
}

void cloud_require_arrived(struct workset *work, struct cloud *cloud)
{
	memset(cloud->queued, 0, sizeof(cloud->queued));
	for (unsigned i = 0; i < work->count; i++)
		if (state_flight(work->list[i]))
			work->bytes[work->list[i]] = 0;
}

void cloud_require_executed(struct workset *work, unsigned ops)
{
	unsigned bits = ops << 11;

	for (unsigned i = 0; i < work->count; i++)
		if ((work->list[i] & bits) != bits)
			work->bytes[work->list[i]] = 0;
}

void cloud_require_dropped(struct workset *work, unsigned ops)
{
	unsigned bits = ops << 11;

	for (unsigned i = 0; i < work->count; i++)
		if ((work->list[i] & bits) != bits && state_copy(work->list[i]) == COPY_CLEAN &&
			!(work->list[i] & STATE_NEAR))
			work->bytes[work->list[i]] = 0;
}

void workset_forget_executed(struct workset *work, unsigned ops)
{
	take(work, &taken);
	for (unsigned i = 0; i < taken.count; i++)
		workset_add(work, taken.each[i].state & ~(ops << 11), taken.each[i].bytes);
}

void cloud_drop_ops(struct workset *work, struct cloud *cloud, unsigned ops)
{
	unsigned kept[CLOUD_OPS], count = 0;

	for (unsigned op = 0; op < cloud->op_count; op++)
		if (!(ops >> op & 1))
			kept[count++] = op;
	take(work, &taken);
	for (unsigned i = 0; i < taken.count; i++) {
		unsigned state = taken.each[i].state & ~STATE_EXECUTED;

		for (unsigned op = 0; op < count; op++)
			if (taken.each[i].state >> (11 + kept[op]) & 1)
				state |= 1u << (11 + op);
		workset_add(work, state, taken.each[i].bytes);
	}
	for (unsigned op = 0; op < count; op++)
		cloud->ops[op] = cloud->ops[kept[op]];
	cloud->op_count = (uint8_t)count;
}

/* Bytes for which some state names @slot. */
static uint64_t used_slot(const struct cloud *cloud, unsigned slot)
{
	uint64_t used = cloud_current(cloud, slot) | cloud->queued[slot];

	for (unsigned i = 0; i < cloud->count; i++) {
		unsigned state = cloud->set[i].state;

		if (state_memory(state) == slot || (state_copy(state) != COPY_ABSENT && state_slot(state) == slot) ||
			state_flight(state) == slot + 1)
			used |= cloud->set[i].bytes;
	}
	return used;
}

/* What was in @slot becomes "another, unknown" for @bytes. */
static void forget_slot(struct cloud *cloud, unsigned slot, uint64_t bytes)
{
	static __thread struct taken old;

	old.count = 0;
	cloud->queued[SLOT_OTHER] |= cloud->queued[slot] & bytes;
	cloud->queued[slot] &= ~bytes;
	for (unsigned i = 0; i < cloud->count; i++)
		old.each[old.count++] = cloud->set[i];
	for (unsigned i = 0; i < old.count; i++) {
		unsigned state = old.each[i].state;
		uint64_t moved = old.each[i].bytes & bytes;

		if (!moved)
			continue;
		if (state_memory(state) == slot)
			state = state_with_memory(state, SLOT_OTHER);
		if (state_copy(state) != COPY_ABSENT && state_slot(state) == slot)
			state |= SLOT_OTHER << 4;
		if (state_flight(state) == slot + 1)
			state = state_with_flight(state, SLOT_OTHER + 1);
		if (state == old.each[i].state)
			continue;
		/* In place where the whole entry moves; else split. Equal states join when the set is loaded. */
		if (moved == cloud->set[i].bytes) {
			cloud->set[i].state = (uint16_t)state;
		} else {
			if (cloud->count == cloud->room) {
				struct possibility *set = realloc(cloud->set, (cloud->room + 8) * sizeof(*set));

				if (!set)
					continue;
				cloud->set = set;
				cloud->room += 8;
			}
			cloud->set[i].bytes &= ~moved;
			cloud->set[cloud->count++] = (struct possibility){moved, (uint16_t)state};
		}
	}
}

void cloud_new_value(struct cloud *cloud, uint64_t mask, const uint8_t *value, uint64_t slots[SLOTS])
{
	uint64_t same[SLOT_OTHER] = {0}, used[SLOT_OTHER], left = mask;

	memset(slots, 0, SLOTS * sizeof(*slots));
	for (unsigned k = 0; k < SLOT_OTHER; k++)
		used[k] = used_slot(cloud, k);
	for (uint64_t rest = mask; rest; rest &= rest - 1) {
		unsigned byte = (unsigned)__builtin_ctzll(rest);

		for (unsigned k = 0; k < SLOT_OTHER; k++)
			if (cloud->value[k][byte] == value[byte])
				same[k] |= 1ull << byte;
	}
	/* Equal values share a slot, or equal ones would look different. */
	for (unsigned k = 0; k < SLOT_OTHER; k++) {
		slots[k] = same[k] & used[k] & left;
		left &= ~slots[k];
	}
	for (unsigned k = 0; k < SLOT_OTHER && left; k++) {
		uint64_t vacant = left & ~used[k];

		slots[k] |= vacant;
		left &= ~vacant;
		for (uint64_t rest = vacant; rest; rest &= rest - 1)
			cloud->value[k][__builtin_ctzll(rest)] = value[__builtin_ctzll(rest)];
	}
	/* More than three values of one byte alive: an old one loses its name. */
	for (unsigned k = 0; k < SLOT_OTHER && left; k++) {
		uint64_t victims = left & ~cloud_current(cloud, k);

		if (!victims)
			continue;
		forget_slot(cloud, k, victims);
		slots[k] |= victims;
		left &= ~victims;
		for (uint64_t rest = victims; rest; rest &= rest - 1)
			cloud->value[k][__builtin_ctzll(rest)] = value[__builtin_ctzll(rest)];
	}
	for (unsigned k = 0; k < SLOT_OTHER; k++)
		cloud_set_current(cloud, k, slots[k]);
}
