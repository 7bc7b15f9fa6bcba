/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "translation.h"

struct state {
	struct pes_state pes; /* first */
	uint8_t memory[TRANSLATION_LOCATIONS];
	uint8_t tables[PES_MAX]; /* bit n: descriptor n of the first level may be cached */
	uint8_t pages[PES_MAX];  /* bit n: a translation to page n may be */
};

static bool is_tlbi(unsigned operation)
{
	return operation >= TRANSLATION_TLBI && operation <= TRANSLATION_TLBI_LOCAL;
}

static bool is_dsb(unsigned operation)
{
	return operation == TRANSLATION_DSB || operation == TRANSLATION_DSB_STORES;
}

static bool is_data(unsigned operation)
{
	return operation == TRANSLATION_STORE || operation == TRANSLATION_LOAD;
}

static bool ordered(const struct pes_program *p, unsigned pe, unsigned i, unsigned j)
{
	const struct pes_op *a = &p->op[pe][i], *b = &p->op[pe][j];

	if (b->operation == TRANSLATION_ACCESS)
		return a->operation == TRANSLATION_ISB ||
		       (((const struct translation_program *)p)->ets2 && is_dsb(a->operation));
	if (a->operation == TRANSLATION_ISB || is_dsb(a->operation) || b->operation == TRANSLATION_DSB)
		return true;
	if (b->operation == TRANSLATION_DSB_STORES)
		return a->operation == TRANSLATION_STORE;
	if (b->operation == TRANSLATION_ISB)
		return a->operation == TRANSLATION_LOAD && pes_between(p, pe, i, j, TRANSLATION_CONTROL);
	/* An access that may fault comes before stores are made. */
	if (a->operation == TRANSLATION_ACCESS)
		return b->operation == TRANSLATION_STORE;
	/* A TLBI is ordered by DSB only. */
	if (is_data(a->operation) && is_data(b->operation))
		return a->location == b->location || pes_between(p, pe, i, j, TRANSLATION_DMB) ||
		       (a->operation == TRANSLATION_LOAD && b->operation == TRANSLATION_STORE &&
			       pes_between(p, pe, i, j, TRANSLATION_CONTROL));
	return false;
}

static unsigned leaf(const struct state *s, unsigned table)
{
	return s->memory[table == 1 ? LOCATION_LEAF_1 : LOCATION_LEAF_2];
}

/* All that TLBs may hold now. */
static void walk(const struct pes_program *p, struct state *n)
{
	for (unsigned pe = 0; pe < p->pes; pe++) {
		if (n->memory[LOCATION_TABLE])
			n->tables[pe] |= (uint8_t)(1u << n->memory[LOCATION_TABLE]);
		for (unsigned table = 1; table <= 2; table++)
			if (n->tables[pe] >> table & 1 && leaf(n, table))
				n->pages[pe] |= (uint8_t)(1u << leaf(n, table));
	}
}

static void reach(struct pes_search *s, struct state *n)
{
	walk(s->program, n);
	reached_add(s->reached, n);
}

static void take_effect(struct pes_search *s, const struct pes_state *head, unsigned pe, unsigned op)
{
	const struct state *state = (const struct state *)head;
	unsigned operation = s->program->op[pe][op].operation;
	struct state n = *state;

	n.pes.acted[pe] |= (uint8_t)(1u << op);
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

static void execute(struct pes_search *s, const struct pes_state *head, unsigned pe, unsigned op)
{
	const struct state *state = (const struct state *)head;
	const struct pes_op *o = &s->program->op[pe][op];
	struct state n = *state;

	n.pes.done[pe] |= (uint8_t)(1u << op);
	switch (o->operation) {
	case TRANSLATION_STORE:
		n.memory[o->location] = o->value;
		break;
	case TRANSLATION_LOAD:
		n.pes.outcome.value[pe][op] = n.memory[o->location];
		break;
	case TRANSLATION_ACCESS:
		if (o->ignored)
			break;
		for (unsigned value = 0; value <= 2; value++) {
			struct state one = n;

			if (!(results(state, pe) >> value & 1))
				continue;
			one.pes.outcome.value[pe][op] = (uint8_t)value;
			reach(s, &one);
		}
		return;
	case TRANSLATION_DSB:
		for (unsigned i = 0; i < op; i++)
			if (is_tlbi(s->program->op[pe][i].operation) && !(state->pes.acted[pe] >> i & 1))
				return;
		break;
	default:
		break;
	}
	reach(s, &n);
}

static bool is_told(const struct pes_op *a, const struct pes_op *b)
{
	/* An access whose outcome is not asked for tells nobody. */
	if (a->operation == TRANSLATION_ACCESS)
		return false;
	/* A write of a descriptor is before a TLBI when a DSB of either PE says so. */
	return a->operation != TRANSLATION_STORE || is_data(b->operation) || is_dsb(b->operation) ||
	       b->operation == TRANSLATION_ACCESS;
}

static const struct pes_rules rules = {.ordered = ordered,
	.is_told = is_told,
	.is_maintenance = is_tlbi,
	.execute = execute,
	.take_effect = take_effect};

bool translation_explore(struct reached *reached, const struct translation_program *p,
	void (*found)(void *, const struct pes_outcome *), void *context)
{
	struct state state;

	memset(&state, 0, sizeof(state));
	memcpy(state.memory, p->initial, sizeof(state.memory));
	walk(&p->pes, &state);
	return pes_explore(&rules, &p->pes, reached, &state.pes, sizeof(state), found, context);
}
