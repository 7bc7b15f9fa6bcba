/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "fetch.h"

struct state {
	/* Masks of operations: executed; maintenance that took effect, and on its own PE at least. */
	uint8_t done[FETCH_PES], acted[FETCH_PES], acted_here[FETCH_PES];
	uint8_t writes[FETCH_LOCATIONS]; /* how many, after what was there at first */
	uint8_t written[FETCH_LOCATIONS][FETCH_WRITES + 1];
	uint8_t unified[FETCH_LOCATIONS];           /* the oldest write that a miss may find */
	uint8_t oldest[FETCH_PES][FETCH_LOCATIONS]; /* ... that the PE may fetch */
	struct fetch_outcome outcome;
};

struct search {
	const struct fetch_program *program;
	struct reached *reached;
};

static bool is_access(unsigned operation)
{
	return operation == FETCH_STORE || operation == FETCH_LOAD;
}

static bool is_maintenance(unsigned operation)
{
	return operation >= FETCH_CVAU && operation <= FETCH_IALLU;
}

static bool is_dsb(unsigned operation)
{
	return operation == FETCH_DSB || operation == FETCH_DSB_NSH;
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
	if (a->completed && b->operation != FETCH_EXECUTE)
		return true;
	if (b->operation == FETCH_EXECUTE)
		return a->operation == FETCH_ISB;
	if (a->operation == FETCH_ISB || is_dsb(a->operation) || b->operation == FETCH_DSB)
		return true;
	/* For the stores and the maintenance that others see it is a DMB (rule C9). */
	if (b->operation == FETCH_DSB_NSH)
		return a->operation == FETCH_IALLU || a->operation == FETCH_IVAU || a->operation == FETCH_LOAD;
	if (b->operation == FETCH_ISB)
		return a->operation == FETCH_LOAD && between(p, pe, i, j, FETCH_CONTROL);
	/* A DMB orders accesses and DC, not IC. */
	if (a->operation == FETCH_DMB || b->operation == FETCH_DMB || a->operation == FETCH_CONTROL ||
		b->operation == FETCH_CONTROL)
		return false;
	if ((is_access(a->operation) || a->operation == FETCH_CVAU) &&
		(is_access(b->operation) || b->operation == FETCH_CVAU) &&
		(a->location == b->location || between(p, pe, i, j, FETCH_DMB) || between(p, pe, i, j, FETCH_DSB_NSH)))
		return true;
	return a->operation == FETCH_LOAD && b->operation != FETCH_LOAD && between(p, pe, i, j, FETCH_CONTROL);
}

static void invalidate(struct state *n, unsigned pe, const struct fetch_op *o)
{
	for (unsigned l = 0; l < FETCH_LOCATIONS; l++)
		if (o->operation == FETCH_IALLU || l == o->location)
			n->oldest[pe][l] = n->unified[l];
}

static void take_effect(struct search *s, const struct state *state, unsigned pe, unsigned op)
{
	const struct fetch_op *o = &s->program->op[pe][op];
	struct state n = *state;

	n.acted_here[pe] |= (uint8_t)(1u << op);
	if (o->operation == FETCH_IVAU && !(state->acted_here[pe] >> op & 1)) {
		invalidate(&n, pe, o);
		reached_add(s->reached, &n);
	}
	n.acted[pe] |= (uint8_t)(1u << op);
	if (o->operation == FETCH_CVAU)
		n.unified[o->location] = n.writes[o->location];
	else if (o->operation == FETCH_IALLU)
		invalidate(&n, pe, o);
	else
		for (unsigned other = 0; other < s->program->pes; other++)
			if (other != pe || !(state->acted_here[pe] >> op & 1))
				invalidate(&n, other, o);
	reached_add(s->reached, &n);
}

/* DSB NSH is for this PE's instruction cache alone. */
static bool is_completed(
	const struct state *state, const struct fetch_program *p, unsigned pe, unsigned op, unsigned dsb)
{
	unsigned maintenance = p->op[pe][op].operation;

	if (!is_maintenance(maintenance) || state->acted[pe] >> op & 1)
		return true;
	return dsb == FETCH_DSB_NSH && (maintenance == FETCH_CVAU || state->acted_here[pe] >> op & 1);
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
		if (o->ignored)
			break;
		for (unsigned w = p->dic ? n.unified[l] : n.oldest[pe][l]; w <= n.writes[l]; w++) {
			n.outcome.value[pe][op] = n.written[l][w];
			reached_add(s->reached, &n);
		}
		return;
	case FETCH_DSB:
	case FETCH_DSB_NSH:
		for (unsigned i = 0; i < op; i++)
			if (!is_completed(state, p, pe, i, o->operation))
				return;
		break;
	default:
		break;
	}
	reached_add(s->reached, &n);
}

/* In an interleaved program: does @b wait for the earlier @a of another PE? */
static bool is_told(const struct fetch_op *a, const struct fetch_op *b)
{
	if (a->at > b->at || b->operation == FETCH_EXECUTE)
		return false;
	/* A store is before fetches when a DSB of either PE says so. */
	return (a->operation != FETCH_STORE && a->operation != FETCH_CVAU) || a->completed || is_access(b->operation) ||
	       b->operation == FETCH_DSB || b->operation == FETCH_CVAU;
}

static bool is_ready(const struct fetch_program *p, const struct state *state, unsigned pe, unsigned op)
{
	for (unsigned i = 0; i < op; i++)
		if (!(state->done[pe] >> i & 1) && ordered(p, pe, i, op))
			return false;
	for (unsigned other = 0; p->interleaved && other < p->pes; other++) {
		for (unsigned i = 0; other != pe && i < p->ops[other]; i++)
			if (!(state->done[other] >> i & 1) && is_told(&p->op[other][i], &p->op[pe][op]))
				return false;
	}
	return true;
}

static void follow(struct search *s, const struct state *state)
{
	const struct fetch_program *p = s->program;

	for (unsigned pe = 0; pe < p->pes; pe++) {
		for (unsigned op = 0; op < p->ops[pe]; op++) {
			if (state->done[pe] >> op & 1) {
				if (is_maintenance(p->op[pe][op].operation) && !(state->acted[pe] >> op & 1))
					take_effect(s, state, pe, op);
				continue;
			}
			if (is_ready(p, state, pe, op))
				execute(s, state, pe, op);
		}
	}
}

bool fetch_explore(struct reached *reached, const struct fetch_program *p,
	void (*found)(void *, const struct fetch_outcome *), void *context)
{
	struct search s = {p, reached};
	struct state state;

	reached_begin(reached, sizeof(state));
	memset(&state, 0, sizeof(state));
	reached_add(reached, &state);
	for (size_t i = 0; i < reached->count && !reached->failed; i++) {
		bool over = true;

		memcpy(&state, reached_state(reached, i), sizeof(state));
		for (unsigned pe = 0; pe < p->pes; pe++)
			over = over && state.done[pe] == (1u << p->ops[pe]) - 1;
		if (over)
			found(context, &state.outcome);
		follow(&s, &state);
	}
	return !reached->failed;
}
