/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fetch.h"

struct state {
	struct pes_state pes;            /* first */
	uint8_t acted_here[PES_MAX];     /* maintenance that took effect on its own PE at least */
	uint8_t writes[FETCH_LOCATIONS]; /* how many, after what was there at first */
	uint8_t written[FETCH_LOCATIONS][FETCH_WRITES + 1];
	uint8_t unified[FETCH_LOCATIONS];         /* the oldest write that a miss may find */
	uint8_t oldest[PES_MAX][FETCH_LOCATIONS]; /* ... that the PE may fetch */
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

static bool ordered(const struct pes_program *p, unsigned pe, unsigned i, unsigned j)
{
	const struct pes_op *a = &p->op[pe][i], *b = &p->op[pe][j];

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
		return a->operation == FETCH_LOAD && pes_between(p, pe, i, j, FETCH_CONTROL);
	/* A DMB orders accesses and DC, not IC. */
	if (a->operation == FETCH_DMB || b->operation == FETCH_DMB || a->operation == FETCH_CONTROL ||
		b->operation == FETCH_CONTROL)
		return false;
	if ((is_access(a->operation) || a->operation == FETCH_CVAU) &&
		(is_access(b->operation) || b->operation == FETCH_CVAU) &&
		(a->location == b->location || pes_between(p, pe, i, j, FETCH_DMB) ||
			pes_between(p, pe, i, j, FETCH_DSB_NSH)))
		return true;
	return a->operation == FETCH_LOAD && b->operation != FETCH_LOAD && pes_between(p, pe, i, j, FETCH_CONTROL);
}

static void invalidate(struct state *n, unsigned pe, const struct pes_op *o)
{
	for (unsigned l = 0; l < FETCH_LOCATIONS; l++)
		if (o->operation == FETCH_IALLU || l == o->location)
			n->oldest[pe][l] = n->unified[l];
}

static void take_effect(struct pes_search *s, const struct pes_state *head, unsigned pe, unsigned op)
{
	const struct state *state = (const struct state *)head;
	const struct pes_op *o = &s->program->op[pe][op];
	struct state n = *state;

	n.acted_here[pe] |= (uint8_t)(1u << op);
	if (o->operation == FETCH_IVAU && !(state->acted_here[pe] >> op & 1)) {
		invalidate(&n, pe, o);
		reached_add(s->reached, &n);
	}
	n.pes.acted[pe] |= (uint8_t)(1u << op);
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
static bool is_completed(const struct state *state, const struct pes_program *p, unsigned pe, unsigned op, unsigned dsb)
{
	unsigned maintenance = p->op[pe][op].operation;

	if (!is_maintenance(maintenance) || state->pes.acted[pe] >> op & 1)
		return true;
	return dsb == FETCH_DSB_NSH && (maintenance == FETCH_CVAU || state->acted_here[pe] >> op & 1);
}

static void execute(struct pes_search *s, const struct pes_state *head, unsigned pe, unsigned op)
{
	const struct state *state = (const struct state *)head;
	const struct pes_program *p = s->program;
	const struct fetch_program *fetch = (const struct fetch_program *)p;
	const struct pes_op *o = &p->op[pe][op];
	unsigned l = o->location;
	struct state n = *state;

	n.pes.done[pe] |= (uint8_t)(1u << op);
	switch (o->operation) {
	case FETCH_STORE:
		n.writes[l]++;
		n.written[l][n.writes[l]] = o->value;
		/* IDC: what is written is unified; DIC: and instruction caches follow. */
		if (fetch->idc)
			n.unified[l] = n.writes[l];
		break;
	case FETCH_LOAD:
		n.pes.outcome.value[pe][op] = n.written[l][n.writes[l]];
		break;
	case FETCH_EXECUTE:
		if (o->ignored)
			break;
		for (unsigned w = fetch->dic ? n.unified[l] : n.oldest[pe][l]; w <= n.writes[l]; w++) {
			n.pes.outcome.value[pe][op] = n.written[l][w];
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

static bool is_told(const struct pes_op *a, const struct pes_op *b)
{
	if (b->operation == FETCH_EXECUTE)
		return false;
	/* A store is before fetches when a DSB of either PE says so. */
	return (a->operation != FETCH_STORE && a->operation != FETCH_CVAU) || a->completed || is_access(b->operation) ||
	       b->operation == FETCH_DSB || b->operation == FETCH_CVAU;
}

static const struct pes_rules rules = {.ordered = ordered,
	.is_told = is_told,
	.is_maintenance = is_maintenance,
	.execute = execute,
	.take_effect = take_effect};

bool fetch_explore(struct reached *reached, const struct fetch_program *p,
	void (*found)(void *, const struct pes_outcome *), void *context)
{
	struct state state;

	memset(&state, 0, sizeof(state));
	return pes_explore(&rules, &p->pes, reached, &state.pes, sizeof(state), found, context);
}
