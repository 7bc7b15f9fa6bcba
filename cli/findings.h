/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findings.h - what the sanitizer found, of one machine or of many: with symbols, without what is suppressed, each
 * thing once, and grouped by its root (rule V5: one root, one report).
 */
#ifndef CLI_FINDINGS_H
#define CLI_FINDINGS_H

#include <glib.h>

#include "finding.h"
#include "loaded.h"
#include "suppress.h"

struct place {
	const GPtrArray *frames; /* struct frame, innermost first; NULL when nothing is known */
	GPtrArray *stack;        /* char *: the callers, innermost first; empty when none is known */
};

/* One finding, however often it was seen. */
struct known {
	struct finding *finding; /* as it was seen first; its count is that of all machines */
	struct place access, writer, before;
	char *object, *writer_object; /* "stack+0x18", or NULL */
	char *root;                   /* the name of its root, which has others too */
	char *fingerprint;            /* 16 hexadecimal digits, the same for other builds and load addresses */
	char *identity;               /* what makes it another finding than the next one, of this build */
	GPtrArray *tests;             /* char *: where it was seen; empty for a machine that runs no test of ours */
	gboolean expected;            /* the test is there to make it */
	const struct suppression *suppressed;
};

/* Findings that one mistake brings about: the first is shown, the others are counted. */
struct root {
	char *name;         /* "cpu0.off at mmu_disable+0x10 (guest/mmu/off.S:12)" */
	GPtrArray *members; /* struct known, in the order in which they were seen; at least one */
};

struct tally {
	guint errors, warnings, notes; /* that count */
	guint suppressed, expected;    /* that do not */
};

/* The finding that a test is there to make. */
struct expectation {
	const char *kind;            /* "" for any, NULL for none */
	const char *function, *file; /* of the innermost function and its line; NULL and 0: anywhere */
	guint line;
};

struct findings;

/* @suppressions may be NULL, and is not freed. */
struct findings *findings_new(struct suppressions *suppressions);
void findings_free(struct findings *findings);

/*
 * Takes those of a machine out of @evidence. @test is the test that it ran, or NULL. @expected may be NULL. @seen, if
 * not NULL, gets a line (char *) for each that is not a note and not suppressed. The answer tells what this machine
 * had.
 */
struct tally findings_take(struct findings *findings, struct evidence *evidence, struct loaded *loaded,
	const char *test, const struct expectation *expected, GPtrArray *seen);

/* Of all: how many different findings there are. */
struct tally findings_tally(const struct findings *findings);

/*
 * struct root, in the order in which they were seen; what is suppressed is not among them. @expected: those that tests
 * are there to make, else the others.
 */
const GPtrArray *findings_roots(const struct findings *findings, gboolean expected);

/* All struct known, with those that are suppressed or expected. */
const GPtrArray *findings_all(const struct findings *findings);

/* "N findings (E errors, W warnings)", and what else there is to say in one line. */
char *findings_summary(const struct findings *findings);

/* "mmu_map+0x34 (guest/mmu/map.c:120)", or "0x40081234". */
char *place_describe(const struct place *place, guint64 pc);

/* The frame whose line is the place's: the innermost one. NULL when nothing is known. */
const struct frame *place_frame(const struct place *place);

#endif
