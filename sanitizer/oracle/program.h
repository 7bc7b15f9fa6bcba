/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * program.h - a litmus test as the machine of machine.h takes it: what each agent executes, and in what memory.
 *
 * A cell is one byte of memory. A name is a mapping of a cell: several names of one cell are aliases, each with its own
 * attributes for each agent. Registers are gone: what a store writes is a constant or what an earlier load of the same
 * agent gave, and dependencies are sets of operations.
 */
#ifndef ORACLE_PROGRAM_H
#define ORACLE_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#define PROGRAM_PES      3
#define PROGRAM_OPS      6 /* for each agent; a mask of them is a byte */
#define PROGRAM_CELLS    6
#define PROGRAM_NAMES    8
#define PROGRAM_OBSERVED 12
#define PROGRAM_VALUES   64 /* values are below this */

enum memory_type { TYPE_WB, TYPE_WT, TYPE_NC, TYPE_DEVICE };
enum sharing { SHARE_NONE, SHARE_INNER, SHARE_OUTER };

struct mapping {
	uint8_t type, share;
};

enum agent {
	AGENT_PE,
	AGENT_DMA,          /* sees memory, never a cache */
	AGENT_DMA_COHERENT, /* looks into the caches of its domain, and keeps nothing */
};

enum operation {
	OPERATION_LOAD,
	OPERATION_STORE,
	OPERATION_ZVA, /* zero into every cell of the line */
	OPERATION_CVAC,
	OPERATION_CVAU,
	OPERATION_IVAC,
	OPERATION_CIVAC,
	OPERATION_DMB,
	OPERATION_DSB,
	OPERATION_ISB,
	OPERATION_SCTLR,
};

/* Load-acquire, load-acquirePC, store-release. */
enum semantics { PLAIN, ACQUIRE, ACQUIRE_PC, RELEASE };

enum access_types { TYPES_FULL, TYPES_LOAD, TYPES_STORE };
enum barrier_domain { BARRIER_NSH, BARRIER_ISH, BARRIER_OSH, BARRIER_SY };

/* SCTLR_ELx.M and C, as a number below 4. */
#define SCTLR_M 1u
#define SCTLR_C 2u

#define NO_OP 0xff

struct op {
	uint8_t operation;
	uint8_t name;      /* what a load, store or DC names */
	uint8_t semantics; /* enum semantics */
	uint8_t types, domain;
	uint8_t sctlr;
	uint8_t value;        /* what a store writes, unless it is what a load gave: */
	uint8_t value_of;     /* that load, or NO_OP */
	uint8_t data_from;    /* masks of loads that the value ... */
	uint8_t address_from; /* ... the address ... */
	uint8_t control_from; /* ... and a branch before this operation depend on */
};

/* What a copy in a cache is. */
enum copy_kind { COPY_ABSENT, COPY_CLEAN, COPY_DIRTY };

/* One thing that an outcome tells: what a load gave, or what memory holds in the end. */
struct observed {
	bool is_memory;
	uint8_t pe, op, cell;
};

struct program {
	uint8_t pes, cells, names;
	uint8_t agent[PROGRAM_PES];
	uint8_t domain[PROGRAM_PES]; /* number of its inner shareable domain */
	uint8_t sctlr[PROGRAM_PES];  /* at the start */
	uint8_t cell_of[PROGRAM_NAMES];
	struct mapping mapping[PROGRAM_PES][PROGRAM_NAMES];
	uint8_t line_of[PROGRAM_CELLS];    /* line n < cells */
	uint8_t granule_of[PROGRAM_CELLS]; /* of a line */
	uint8_t initial[PROGRAM_CELLS];
	/* At the start: what a cache holds of a cell; a line is there with all of its cells or not at all. */
	uint8_t copy_kind[PROGRAM_PES][PROGRAM_CELLS], copy_value[PROGRAM_PES][PROGRAM_CELLS];
	uint8_t ops[PROGRAM_PES];
	struct op op[PROGRAM_PES][PROGRAM_OPS];
	uint8_t observeds;
	struct observed observed[PROGRAM_OBSERVED];
};

#endif
