/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * code_table.h - all records of lines that hold instructions: for code.c and code_maintenance.c.
 */
#ifndef MODEL_CODE_TABLE_H
#define MODEL_CODE_TABLE_H

#include "code.h"

#define CODE_BUCKETS   (1u << 15)
#define PENDING_STORED MODEL_CPUS

/*
 * Pages that fetches could look at since some CPU executed there with its MMU off: its own, and the next (DDI 0487,
 * "The effect of the MMU being off on instruction fetches"). With an MMU on they may look anywhere.
 */
#define OFF_PAGES 256
struct off_page {
	struct block *block;
	uint64_t page;
	uint32_t since; /* m->epoch */
};

struct code_table {
	uint32_t buckets[CODE_BUCKETS]; /* number + 1 */
	struct off_page off[OFF_PAGES];
	unsigned off_count;
	bool anywhere;
	uint32_t anywhere_since; /* m->epoch */
	struct code **all;
	uint32_t count, room;
	uint32_t vacant; /* chained by next, number + 1 */
	/* Lines that were made safe, in order: their records go when every CPU has synchronized. */
	uint32_t *cured;
	uint32_t cured_first, cured_count, cured_room;
	/* Lines with an operation that no DSB has completed, by CPU; those with CODE_STORED at PENDING_STORED. */
	struct numbers pending[MODEL_CPUS + 1];
};

/* code.c */
/* The number of the line's record + 1, 0: it has none. */
uint32_t code_number(struct model *m, struct ref ref);
/* Bytes that were written by a CPU: 8 of them share a writer. */
uint64_t code_bytes_written(struct ref ref);
/* A fetch could have brought the line into an instruction cache at m->epoch *since. */
bool code_is_fetchable(struct model *m, struct ref ref, uint32_t *since);
/* @bytes were cured when the line was last. */
void code_date(struct code *code, uint64_t bytes);
/* The line holds no instructions any more. */
void code_forget(struct model *m, struct code *code);
/* The record with this number was made safe; such go when every CPU has synchronized. */
void code_cured(struct code_table *t, uint32_t number);
void code_retire(struct model *m);

/* code_maintenance.c; an operation that a DSB has to complete. */
void code_issue(struct model *m, struct code *code, unsigned kind, unsigned cpu, uint32_t who, uint64_t mask);

#endif
