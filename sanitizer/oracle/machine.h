/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine.h - one to three agents and their caches, executing a litmus test: the states that may follow a state.
 *
 * The caches are those of caches.h, for whole states and not for sets of values. What differs: operations of an agent
 * are executed in any order that order.h permits, so a store that arrives late is one that is executed late; several
 * lines, domains of coherency, DMA, and registers.
 *
 * Two things keep the number of states down and lose no outcome. A line that a PE may allocate is always in its cache:
 * having a copy permits all that having none does, since a clean one can be exchanged at any time. And a DC that cleans
 * acts once: what it may do after that an eviction may do as well.
 */
#ifndef ORACLE_MACHINE_H
#define ORACLE_MACHINE_H

#include <stddef.h>

#include "order.h"

struct state {
	uint8_t memory[PROGRAM_CELLS];
	uint8_t copy[PROGRAM_PES][PROGRAM_CELLS]; /* enum copy_kind << 6 | value */
	uint8_t done[PROGRAM_PES];                /* masks of operations: executed, */
	uint8_t open[PROGRAM_PES];                /* DCs that may (still, or once more) take effect, */
	uint8_t acted[PROGRAM_PES];               /* DCs that have */
	uint8_t regimes[PROGRAM_PES];             /* bit n: value n of SCTLR.M and C may be in use */
	uint8_t value[PROGRAM_PES][PROGRAM_OPS];  /* what the loads gave */
};

#define COPY(kind, value) ((uint8_t)((kind) << 6 | (value)))
#define COPY_KIND(copy)   ((copy) >> 6)
#define COPY_VALUE(copy)  ((copy)&63)

enum step_kind {
	STEP_START,
	STEP_EXECUTE,  /* operation @op of @pe */
	STEP_FORWARD,  /* load @op of @pe gets the value of its agent's own store, which nobody else sees yet */
	STEP_EFFECT,   /* DC @op of @pe takes effect */
	STEP_EVICT,    /* @pe's cache writes line @line back */
	STEP_EXCHANGE, /* @pe's cache drops line @line and gets it anew */
};

struct step {
	uint8_t kind, pe, op, line;
};

struct machine {
	const struct program *program;
	struct order order;
	/* Bit n: with value n of M and C the PE has a cacheable mapping of the line. */
	uint8_t allocates[PROGRAM_PES][PROGRAM_CELLS];
	uint8_t share[PROGRAM_PES][PROGRAM_CELLS];
	/* Where the next states go. */
	void (*reach)(void *context, const struct state *state, struct step step);
	void *context;
	struct step step;
};

/* @sctlr: under which value of M and C each operation is executed, out of order_regimes(). */
void machine_init(struct machine *m, const struct program *program, uint8_t sctlr[PROGRAM_PES][PROGRAM_OPS]);

/* Calls m->reach for the first states, or for each state that may come next after @s. */
void machine_start(struct machine *m);
void machine_next(struct machine *m, const struct state *s);

bool machine_is_done(const struct machine *m, const struct state *s);

#endif
