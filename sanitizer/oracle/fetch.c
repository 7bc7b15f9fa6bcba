/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "fetch.h"

struct state {
	uint8_t done[FETCH_PES], acted[FETCH_PES]; /* masks of operations: executed; maintenance that took effect */
	uint8_t writes[FETCH_LOCATIONS];           /* how many, after what was there at first */
	uint8_t written[FETCH_LOCATIONS][FETCH_WRITES + 1];
	uint8_t unified[FETCH_LOCATIONS];           /* the oldest write that a miss may find */
	uint8_t oldest[FETCH_PES][FETCH_LOCATIONS]; /* ... that the PE may fetch */
	struct fetch_outcome outcome;
};

struct search {
	const struct fetch_program *program;
	struct state *all;
	size_t count, room, buckets;
	uint32_t *bucket; /* number of a state + 1, 0: empty */
	bool failed;
};

static bool is_access(unsigned operation)
{
	return operation == FETCH_STORE || operation == FETCH_LOAD;
}

static bool is_maintenance(unsigned operation)
{
	return operation >= FETCH_CVAU && operation <= FETCH_IALLU;
}

/* Is there one of these operations between? */
static bool between(const struct fetch_program *p, unsigned pe, unsigned i, unsigned j, unsigned operation)
{
	for (unsigned k = i + 1; k < j; k++)
		if (p->op[pe][k].operation == operation)
			return true;
	return false;
}

/* Does operation @j wait for the earlier @i? */
static bool ordered(const struct fetch_program *p, unsigned pe, unsigned i, unsigned j)
{
	const struct fetch_op *a = &p->op[pe][i], *b = &p->op[pe][j];

	/* Fetches are in order, and nothing is executed before what comes earlier is decoded. */
	if (a->operation == FETCH_EXECUTE)
		return true;
	if (b->operation == FETCH_EXECUTE)
		return a->operation == FETCH_ISB;
	if (a->operation == FETCH_ISB || a->operation == FETCH_DSB || b->operation == FETCH_DSB)
		return true;
	if (b->operation == FETCH_ISB)
		return a->operation == FETCH_LOAD && between(p, pe, i, j, FETCH_CONTROL);
	/* A DMB orders accesses and DC, not IC. */
	if (a->operation == FETCH_DMB || b->operation == FETCH_DMB || a->operation == FETCH_CONTROL ||
		b->operation == FETCH_CONTROL)
		return false;
	if ((is_access(a->operation) || a->operation == FETCH_CVAU) &&
		(is_access(b->operation) || b->operation == FETCH_CVAU) &&
		(a->location == b->location || between(p, pe, i, j, FETCH_DMB)))
		return true;
	return a->operation == FETCH_LOAD && b->operation != FETCH_LOAD && between(p, pe, i, j, FETCH_CONTROL);
}

static uint64_t hash(const struct state *s)
{
	const uint8_t *bytes = (const uint8_t *)s;
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < sizeof(*s); i++)
		h = (h ^ bytes[i]) * 0x100000001b3;
	return h ^ h >> 31;
}

static bool grow(struct search *s)
{
	size_t buckets = s->buckets ? 2 * s->buckets : 1024;
	uint32_t *bucket = calloc(buckets, sizeof(*bucket));
	struct state *all = realloc(s->all, buckets / 2 * sizeof(*all));

	if (all) {
		s->all = all;
		s->room = buckets / 2;
	}
	if (!bucket || !all) {
		free(bucket);
		return false;
	}
	for (size_t i = 0; i < s->count; i++) {
		size_t at = hash(&s->all[i]) & (buckets - 1);

		while (bucket[at])
			at = (at + 1) & (buckets - 1);
		bucket[at] = (uint32_t)i + 1;
	}
	free(s->bucket);
	s->bucket = bucket;
	s->buckets = buckets;
	return true;
}

static void reach(struct search *s, const struct state *state)
{
	size_t at;

	if (s->failed || (s->count == s->room && !grow(s))) {
		s->failed = true;
		return;
	}
	for (at = hash(state) & (s->buckets - 1); s->bucket[at]; at = (at + 1) & (s->buckets - 1))
		if (memcmp(&s->all[s->bucket[at] - 1], state, sizeof(*state)) == 0)
			return;
	s->all[s->count++] = *state;
	s->bucket[at] = (uint32_t)s->count;
}

static void invalidate(const struct search *s, struct state *n, unsigned pe, const struct fetch_op *o)
{
	for (unsigned other = 0; other < s->program->pes; other++) {
		if (o->operation == FETCH_IALLU && other != pe)
			continue;
		for (unsigned l = 0; l < FETCH_LOCATIONS; l++)
			if (o->operation == FETCH_IALLU || l == o->location)
				n->oldest[other][l] = n->unified[l];
	}
}

static void take_effect(struct search *s, const struct state *state, unsigned pe, unsigned op)
{
	const struct fetch_op *o = &s->program->op[pe][op];
	struct state n = *state;

	n.acted[pe] |= (uint8_t)(1u << op);
	if (o->operation == FETCH_CVAU)
		n.unified[o->location] = n.writes[o->location];
	else
		invalidate(s, &n, pe, o);
	reach(s, &n);
}

static void execute(struct search *s, const struct state *state, unsigned pe, unsigned op)
{
	const struct fetch_program *p = s->program;
	const struct fetch_op *o = &p->op[pe][op];
	unsigned l = o->location;
	struct state n = *state;

	n.done[pe] |= (uint8_t)(1u << op);
	switch (o->operation) {
	case FETCH_STORE:
		n.writes[l]++;
		n.written[l][n.writes[l]] = o->value;
		/* IDC: what is written is unified; DIC: and instruction caches follow. */
		if (p->idc)
			n.unified[l] = n.writes[l];
		break;
	case FETCH_LOAD:
		n.outcome.value[pe][op] = n.written[l][n.writes[l]];
		break;
	case FETCH_EXECUTE:
		for (unsigned w = p->dic ? n.unified[l] : n.oldest[pe][l]; w <= n.writes[l]; w++) {
			n.outcome.value[pe][op] = n.written[l][w];
			reach(s, &n);
		}
		return;
	case FETCH_DSB:
		for (unsigned i = 0; i < op; i++)
			if (is_maintenance(p->op[pe][i].operation) && !(state->acted[pe] >> i & 1))
				return;
		break;
	default:
		break;
	}
	reach(s, &n);
}

static void follow(struct search *s, const struct state *state)
{
	const struct fetch_program *p = s->program;

	for (unsigned pe = 0; pe < p->pes; pe++) {
		for (unsigned op = 0; op < p->ops[pe]; op++) {
			bool ready = true;

			if (state->done[pe] >> op & 1) {
				if (is_maintenance(p->op[pe][op].operation) && !(state->acted[pe] >> op & 1))
					take_effect(s, state, pe, op);
				continue;
			}
			for (unsigned i = 0; i < op; i++)
				ready = ready && ((state->done[pe] >> i & 1) || !ordered(p, pe, i, op));
			if (ready)
				execute(s, state, pe, op);
		}
	}
}

bool fetch_explore(const struct fetch_program *p, void (*found)(void *, const struct fetch_outcome *), void *context)
{
	struct search s = {.program = p};
	struct state state;

	memset(&state, 0, sizeof(state));
	reach(&s, &state);
	for (size_t i = 0; i < s.count && !s.failed; i++) {
		bool over = true;

		state = s.all[i];
		for (unsigned pe = 0; pe < p->pes; pe++)
			over = over && state.done[pe] == (1u << p->ops[pe]) - 1;
		if (over)
			found(context, &state.outcome);
		follow(&s, &state);
	}
	free(s.all);
	free(s.bucket);
	return !s.failed;
}
