/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "translation.h"

struct state {
	uint8_t done[TRANSLATION_PES], acted[TRANSLATION_PES];
	uint8_t memory[TRANSLATION_LOCATIONS];
	uint8_t tables[TRANSLATION_PES]; /* bit n: descriptor n of the first level may be cached */
	uint8_t pages[TRANSLATION_PES];  /* bit n: a translation to page n may be */
	struct translation_outcome outcome;
};

struct search {
	const struct translation_program *program;
	struct reached *reached;
};

static bool is_tlbi(unsigned operation)
{
	return operation >= TRANSLATION_TLBI && operation <= TRANSLATION_TLBI_LOCAL;
}

static bool is_dsb(unsigned operation)
{
	return operation == TRANSLATION_DSB || operation == TRANSLATION_DSB_STORES;
}

static bool between(const struct translation_program *p, unsigned pe, unsigned i, unsigned j, unsigned operation)
{
	for (unsigned k = i + 1; k < j; k++)
		if (p->op[pe][k].operation == operation)
			return true;
	return false;
}

static bool is_data(unsigned operation)
{
	return operation == TRANSLATION_STORE || operation == TRANSLATION_LOAD;
}

/* Does operation @j wait for the earlier @i? */
static bool ordered(const struct translation_program *p, unsigned pe, unsigned i, unsigned j)
{
	const struct translation_op *a = &p->op[pe][i], *b = &p->op[pe][j];

	if (b->operation == TRANSLATION_ACCESS)
		return a->operation == TRANSLATION_ISB || (p->ets2 && is_dsb(a->operation));
	if (a->operation == TRANSLATION_ISB || is_dsb(a->operation) || b->operation == TRANSLATION_DSB)
		return true;
	if (b->operation == TRANSLATION_DSB_STORES)
		return a->operation == TRANSLATION_STORE;
	if (b->operation == TRANSLATION_ISB)
		return a->operation == TRANSLATION_LOAD && between(p, pe, i, j, TRANSLATION_CONTROL);
	/* An access that may fault comes before stores are made. */
	if (a->operation == TRANSLATION_ACCESS)
		return b->operation == TRANSLATION_STORE;
	/* A TLBI is ordered by DSB only. */
	if (is_data(a->operation) && is_data(b->operation))
		return a->location == b->location || between(p, pe, i, j, TRANSLATION_DMB) ||
		       (a->operation == TRANSLATION_LOAD && b->operation == TRANSLATION_STORE &&
			       between(p, pe, i, j, TRANSLATION_CONTROL));
	return false;
}

static unsigned leaf(const struct state *s, unsigned table)
{
	return s->memory[table == 1 ? LOCATION_LEAF_1 : LOCATION_LEAF_2];
}

/* All that TLBs may hold now. */
static void walk(const struct search *s, struct state *n)
{
	for (unsigned pe = 0; pe < s->program->pes; pe++) {
		if (n->memory[LOCATION_TABLE])
			n->tables[pe] |= (uint8_t)(1u << n->memory[LOCATION_TABLE]);
		for (unsigned table = 1; table <= 2; table++)
			if (n->tables[pe] >> table & 1 && leaf(n, table))
				n->pages[pe] |= (uint8_t)(1u << leaf(n, table));
	}
}

static void reach(struct search *s, struct state *n)
{
	walk(s, n);
	reached_add(s->reached, n);
}

static void take_effect(struct search *s, const struct state *state, unsigned pe, unsigned op)
{
	unsigned operation = s->program->op[pe][op].operation;
	struct state n = *state;

	n.acted[pe] |= (uint8_t)(1u << op);
	for (unsigned other = 0; other < s->program->pes; other++) {
		if (operation == TRANSLATION_TLBI_LOCAL && other != pe)
			continue;
		n.pages[other] = 0;
		if (operation != TRANSLATION_TLBI_LAST)
			n.tables[other] = 0;
	}
	reach(s, &n);
}

/* Every page, or fault, that an access may be translated to now. */
static unsigned results(const struct state *s, unsigned pe)
{
	unsigned mask = s->pages[pe];

	if (!s->memory[LOCATION_TABLE])
		mask |= 1;
	for (unsigned table = 1; table <= 2; table++)
		if (s->tables[pe] >> table & 1)
			mask |= 1u << leaf(s, table);
	return mask;
}

static void execute(struct search *s, const struct state *state, unsigned pe, unsigned op)
{
	const struct translation_op *o = &s->program->op[pe][op];
	struct state n = *state;

	n.done[pe] |= (uint8_t)(1u << op);
	switch (o->operation) {
	case TRANSLATION_STORE:
		n.memory[o->location] = o->value;
		break;
	case TRANSLATION_LOAD:
		n.outcome.value[pe][op] = n.memory[o->location];
		break;
	case TRANSLATION_ACCESS:
		if (o->ignored)
			break;
		for (unsigned value = 0; value <= 2; value++) {
			struct state one = n;

			if (!(results(state, pe) >> value & 1))
				continue;
			one.outcome.value[pe][op] = (uint8_t)value;
			reach(s, &one);
		}
		return;
	case TRANSLATION_DSB:
		for (unsigned i = 0; i < op; i++)
			if (is_tlbi(s->program->op[pe][i].operation) && !(state->acted[pe] >> i & 1))
				return;
		break;
	default:
		break;
	}
	reach(s, &n);
}

/* In an interleaved program: does @b wait for the earlier @a of another PE? */
static bool is_told(const struct translation_op *a, const struct translation_op *b)
{
	/* An access whose outcome is not asked for tells nobody. */
	if (a->at > b->at || a->operation == TRANSLATION_ACCESS)
		return false;
	/* A write of a descriptor is before a TLBI when a DSB of either PE says so. */
	return a->operation != TRANSLATION_STORE || is_data(b->operation) || is_dsb(b->operation) ||
	       b->operation == TRANSLATION_ACCESS;
}

static bool is_ready(const struct translation_program *p, const struct state *state, unsigned pe, unsigned op)
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
	const struct translation_program *p = s->program;

	for (unsigned pe = 0; pe < p->pes; pe++) {
		for (unsigned op = 0; op < p->ops[pe]; op++) {
			if (state->done[pe] >> op & 1) {
				if (is_tlbi(p->op[pe][op].operation) && !(state->acted[pe] >> op & 1))
					take_effect(s, state, pe, op);
				continue;
			}
			if (is_ready(p, state, pe, op))
				execute(s, state, pe, op);
		}
	}
}

bool translation_explore(struct reached *reached, const struct translation_program *p,
	void (*found)(void *, const struct translation_outcome *), void *context)
{
	struct search s = {p, reached};
	struct state state;

	reached_begin(reached, sizeof(state));
	memset(&state, 0, sizeof(state));
	memcpy(state.memory, p->initial, sizeof(state.memory));
	reach(&s, &state);
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
