/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules.h - the rules by which the sanitizer judges, as text: the table is the model's (sanitizer/model/rules.def), so
 * that a rule is there once. What `limpid explain RULE` prints, docs/reference/rules.md has, and --coverage counts.
 */
#ifndef CLI_RULES_H
#define CLI_RULES_H

#include <glib.h>
#include <stdio.h>

struct rule {
	const char *id;        /* as findings name it: "C5" */
	const char *statement; /* what must hold: a sentence without its full stop */
	const char *counted;   /* the situation in which it decides */
	const char *kinds;     /* of findings, separated by spaces */
	const char *twins;     /* rule_twins() */
	const char *source;
	const char *blind; /* what it cannot see */
};

enum {
#define X(id, statement, counted, kinds, twins, source, blind) RULE_INDEX_##id,
#include "../sanitizer/model/rules.def"
#undef X
	RULES
};

/* RULES of them. */
extern const struct rule rules[];

/* Upper or lower case. NULL when there is none. */
const struct rule *rule_find(const char *id);

/* Tests of the suite `twins` that break or keep it; to be freed. *@without: what has none, and why; NULL: nothing. */
char **rule_twins(const struct rule *rule, const char **without);

/* docs/reference/rules.md */
void rules_markdown(FILE *file);

/* How often each came up in a run, or in several. */
struct coverage {
	gboolean known; /* somebody has counted */
	guint64 times[RULES];
};

void coverage_add(struct coverage *sum, const struct coverage *more);
/* A compact table: what came up and how often, and what never did. */
void coverage_print(const struct coverage *coverage);
/* {"type":"coverage","rules":{"C5":12,...}} */
void coverage_json(const struct coverage *coverage, FILE *file);

#endif
