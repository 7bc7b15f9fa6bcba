/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explore.h - all outcomes of a litmus test, and the shortest way to one of them.
 */
#ifndef ORACLE_EXPLORE_H
#define ORACLE_EXPLORE_H

#include "machine.h"

struct outcome_values {
	uint8_t value[PROGRAM_OBSERVED];
};

/* A step and the state after it. */
struct scene {
	struct step step;
	struct state state;
};

enum explored_status { EXPLORED, EXPLORED_TOO_LARGE, EXPLORED_NO_MEMORY };

struct exploration {
	struct outcome_values *outcome; /* each once, sorted */
	size_t outcomes;
	size_t states;
	/* The way to the first wanted outcome; NULL when there is none. */
	struct scene *witness;
	size_t scenes;
	/* The attributes under which the witness's operations are executed. */
	struct mapping as[PROGRAM_PES][PROGRAM_OPS];
};

/*
 * Explores @program in at most @limit states. @wanted, which may be NULL, says whether a way to an outcome is wanted.
 * What is in @out is given back by exploration_free(), whatever the status.
 */
enum explored_status explore(const struct program *program, size_t limit,
	bool (*wanted)(void *context, const struct outcome_values *outcome), void *context, struct exploration *out);

void exploration_free(struct exploration *e);

#endif
