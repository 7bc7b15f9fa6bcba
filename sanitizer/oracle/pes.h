/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pes.h - programs of a few PEs whose operations wait for each other only where something says so, and maintenance
 * takes effect some time after it was executed: every order that this leaves, by brute force. What fetch.c and
 * translation.c have in common.
 *
 * All is inline, so that the compiler makes a search for each set of rules.
 */
#ifndef ORACLE_PES_H
#define ORACLE_PES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "reached.h"

#define PES_MAX 3
#define PES_OPS 8

struct pes_op {
	uint8_t operation, location, value;
	uint8_t at;     /* in an interleaved program: its place in the order of all PEs' operations */
	bool ignored;   /* what it gives is not asked for */
	bool completed; /* of a store: as if a DSB came after it */
};

struct pes_program {
	uint8_t pes;
	uint8_t ops[PES_MAX];
	struct pes_op op[PES_MAX][PES_OPS];
	bool interleaved; /* an operation comes after those of other PEs that is_told() says */
};

/* What each operation gave that asked for something. */
struct pes_outcome {
	uint8_t value[PES_MAX][PES_OPS];
};

/* The beginning of a state. Masks of operations: executed; maintenance that took effect. */
struct pes_state {
	uint8_t done[PES_MAX], acted[PES_MAX];
	struct pes_outcome outcome;
};

struct pes_search {
	const struct pes_program *program;
	struct reached *reached;
};

struct pes_rules {
	/* Does operation @j wait for the earlier @i of its PE? */
	bool (*ordered)(const struct pes_program *program, unsigned pe, unsigned i, unsigned j);
	/* In an interleaved program: does @b wait for the earlier @a of another PE? */
	bool (*is_told)(const struct pes_op *a, const struct pes_op *b);
	/* Has it an effect of its own after it was executed? */
	bool (*is_maintenance)(unsigned operation);
	/* These add the states that follow. */
	void (*execute)(struct pes_search *s, const struct pes_state *state, unsigned pe, unsigned op);
	void (*take_effect)(struct pes_search *s, const struct pes_state *state, unsigned pe, unsigned op);
};

/* Is there one of these operations between? */
static inline bool pes_between(const struct pes_program *p, unsigned pe, unsigned i, unsigned j, unsigned operation)
{
	for (unsigned k = i + 1; k < j; k++)
		if (p->op[pe][k].operation == operation)
			return true;
	return false;
}

static inline bool pes_is_ready(const struct pes_rules *rules, const struct pes_program *p,
	const struct pes_state *state, unsigned pe, unsigned op)
{
	for (unsigned i = 0; i < op; i++)
		if (!(state->done[pe] >> i & 1) && rules->ordered(p, pe, i, op))
			return false;
	for (unsigned other = 0; p->interleaved && other < p->pes; other++) {
		for (unsigned i = 0; other != pe && i < p->ops[other]; i++)
			if (!(state->done[other] >> i & 1) && p->op[other][i].at <= p->op[pe][op].at &&
				rules->is_told(&p->op[other][i], &p->op[pe][op]))
				return false;
	}
	return true;
}

static inline void pes_follow(const struct pes_rules *rules, struct pes_search *s, const struct pes_state *state)
{
	const struct pes_program *p = s->program;

	for (unsigned pe = 0; pe < p->pes; pe++) {
		for (unsigned op = 0; op < p->ops[pe]; op++) {
			if (state->done[pe] >> op & 1) {
				if (rules->is_maintenance(p->op[pe][op].operation) && !(state->acted[pe] >> op & 1))
					rules->take_effect(s, state, pe, op);
				continue;
			}
			if (pes_is_ready(rules, p, state, pe, op))
				rules->execute(s, state, pe, op);
		}
	}
}

/*
 * Calls @found for each outcome, maybe several times for one. @state: at first, of @size bytes; it is used up. False
 * when memory is short.
 */
static inline bool pes_explore(const struct pes_rules *rules, const struct pes_program *p, struct reached *reached,
	struct pes_state *state, size_t size, void (*found)(void *, const struct pes_outcome *), void *context)
{
	struct pes_search s = {p, reached};

	reached_begin(reached, size);
	reached_add(reached, state);
	for (size_t i = 0; i < reached->count && !reached->failed; i++) {
		bool over = true;

		memcpy(state, reached_state(reached, i), size);
		for (unsigned pe = 0; pe < p->pes; pe++)
			over = over && state->done[pe] == (1u << p->ops[pe]) - 1;
		if (over)
			found(context, &state->outcome);
		pes_follow(rules, &s, state);
	}
	return !reached->failed;
}

#endif
