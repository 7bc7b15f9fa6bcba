/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * litmus_test.h - a litmus test as it was read: the program for the oracle, and what is to be said about it.
 */
#ifndef CLI_LITMUS_TEST_H
#define CLI_LITMUS_TEST_H

#include <glib.h>

#include "../sanitizer/oracle/program.h"

enum quantifier { EXISTS, NOT_EXISTS, FORALL };

/* Of exists and ~exists: allowed or forbidden; of forall: required (all outcomes are so) or not. */
enum litmus_verdict { VERDICT_UNKNOWN, VERDICT_ALLOWED, VERDICT_FORBIDDEN, VERDICT_REQUIRED, VERDICT_VIOLATED };

enum node_kind { NODE_TRUE, NODE_FALSE, NODE_EQUALS, NODE_NOT, NODE_AND, NODE_OR };

#define LITMUS_NODES 64

struct node {
	guint8 kind;
	guint8 left, right; /* nodes */
	guint8 observed;    /* NODE_EQUALS: number in the program, */
	guint8 value;       /* has this value */
};

struct litmus_test {
	char *name, *description, *source, *why; /* all but the name may be NULL */
	enum litmus_verdict expected;
	struct program program;
	char *cell_name[PROGRAM_CELLS];
	char *name_of[PROGRAM_NAMES];
	char *column[PROGRAM_PES];
	char *text[PROGRAM_PES][PROGRAM_OPS];
	char *observed_name[PROGRAM_OBSERVED];
	enum quantifier quantifier;
	struct node node[LITMUS_NODES];
	guint nodes, root;
	char *condition; /* as it is written */
};

/* Reads @len bytes; @file is for messages: "FILE:LINE:COLUMN: expected ..., got ...". */
struct litmus_test *litmus_test_read(const char *file, const char *text, gsize len, GError **error);
void litmus_test_free(struct litmus_test *test);

/* Does an outcome satisfy the condition? @value has one for each program->observed. */
gboolean litmus_test_satisfies(const struct litmus_test *test, const guint8 *value);

#endif
