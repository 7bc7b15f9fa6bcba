/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * code.h - lines that instructions were fetched from, or that were maintained for that: rules I1 to I9.
 *
 * A line that nobody executed and nobody maintained by DC CVAU or IC IVAU needs no record: its writers and its dirty
 * bytes say whether a whole invalidation (IC IALLU) since has made it safe. The others have one, and a mark in their page
 * (line_is_code()) that sends stores through code_written(). All is kept by byte and by value: data beside code, and a
 * rewrite of the same, are innocent (I8).
 *
 *      write     stale: a fetch may give the old bytes; unclean: the PoU may hold them
 *      DC        at its DSB: not unclean any more. With CTR_EL0.IDC the DSB after the write does it
 *      IC        of what was clean when it was issued, at its DSB: not stale any more, but `fresh`: a CPU may have
 *                fetched it before, and executes the new bytes for certain only after a context synchronization.
 *                With CTR_EL0.DIC what is clean is fresh at once
 */
#ifndef MODEL_CODE_H
#define MODEL_CODE_H

#include "internal.h"
#include "sets.h"

/* STORED: of what needs no DC, the store itself, which any CPU may complete that knows of it (rule X6). */
enum code_op_kind { CODE_CLEAN, CODE_STORED, CODE_INVALIDATE, CODE_INVALIDATE_LOCAL };

/* Issued, and no DSB of its CPU since. A write of a byte takes it out of the mask: it came too early for that. */
struct code_op {
	uint8_t kind, cpu;
	uint32_t who;
	uint64_t mask;
};
#define CODE_OPS 4

struct code {
	struct ref ref;
	uint32_t next; /* with the same hash, number + 1 */
	uint8_t cur[LINE_SIZE];
	uint64_t cur_known;
	uint8_t old[LINE_SIZE]; /* what a fetch may give instead, where known */
	uint64_t stale, unclean, old_known;
	uint64_t single;                    /* changed by aligned stores of 4 bytes only (rule I5) */
	uint64_t fresh;                     /* cured, at `cured` */
	uint64_t fresh_ran;                 /* of them: were executed before they changed */
	uint64_t executed;                  /* translated since they changed last */
	uint64_t ran;                       /* of stale: executed before they changed */
	uint64_t early;                     /* an IC came before the clean was complete */
	uint64_t cured;                     /* tick; of the last cure */
	uint64_t word_cured[LINE_SIZE / 4]; /* the same for each instruction */
	uint8_t cured_by;                   /* the CPU that did */
	struct cpu_set local;               /* CPUs whose own IC IALLU has made the stale bytes safe for them */
	uint64_t local_mask;                /* the bytes that those were */
	uint64_t local_cured;               /* tick; when the last of them did */
	uint8_t local_by;                   /* that one */
	uint8_t op_count;
	struct code_op ops[CODE_OPS];
	uint8_t rewrites; /* stores since it was executed or maintained */
};

struct code_table;

/* fetch.c */
void model_fetch(struct model *m, const struct access *access);

/* code.c */
struct code_table *code_new(void);
void code_free(struct code_table *table);
/* Did a CPU ever write it? */
bool code_is_written(struct ref ref);
/* The record of a line, NULL: it has none (of one that is marked: it was executed, and never written). */
struct code *code_of(struct model *m, struct ref ref);
/* Makes it, from what is known of the line; NULL when memory is short. */
struct code *code_get(struct model *m, struct ref ref);
/* What of @mask of a line without a record has been written by a CPU and not been made safe for @cpu since. */
uint64_t code_stale(struct model *m, struct ref ref, unsigned cpu, uint64_t *unclean);

/* What instruction caches may have: an MMU went on; @ref was executed with the MMU off. */
void code_fetched_anywhere(struct model *m);
void code_fetched_off(struct model *m, struct ref ref);
/* Only a copy from before the start could be stale there (initial=clean). */
bool code_is_assumed(struct model *m, struct ref ref, uint64_t bytes);

/* A context synchronization. */
void code_synchronized(struct model *m, unsigned cpu);

/* code_maintenance.c: the hooks of the data side. */
void code_written(struct model *m, struct ref ref, uint64_t mask, const uint8_t *value, int cpu, bool cached);
void code_dc(struct model *m, struct ref ref, unsigned op, unsigned cpu, uint32_t who, uint64_t mask);
/* A DSB; @local: that does not reach other CPUs, which there are. */
void code_complete(struct model *m, unsigned cpu, bool local);
/* A set/way loop with credit has cleaned everything. */
void code_cleaned(struct model *m);

#endif
