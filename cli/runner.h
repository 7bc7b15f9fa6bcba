/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runner.h - runs selected tests: makes jobs (one boot each), schedules them, and reports what they come to.
 *
 * A boot that ends before all of its tests have results has the rest run in a fresh boot, as long as each boot gives
 * at least one result: so it ends.
 */
#ifndef CLI_RUNNER_H
#define CLI_RUNNER_H

#include <glib.h>

#include "catalog.h"
#include "options.h"
#include "report.h"
#include "sanitizer.h"
#include "symbolize.h"

/* One way to run the tests: a profile, or the command line alone. */
struct lane {
	char *label;               /* the profile's name, or NULL */
	struct settings *settings; /* of `limpid run` */
	char *options;             /* the words that make the same lane on a command line, for reproductions */
	gboolean broken;           /* its VMM refuses to start: no use in trying again */
};

struct runner_config {
	const char *program; /* how to call limpid */
	const char *verb;    /* with what: "run" or "check" */
	const struct catalog *catalog;
	const GPtrArray *expected_failures; /* struct expected_failure */
	struct report *report;
	struct symbols *symbols;
	struct sanitizer *sanitizer; /* NULL: the tests run plainly */
	const char *record;          /* a file for the machine's events, or NULL */
	GPtrArray *failures;         /* see selection.h; what fails is added */
	guint slots, rounds;
	gboolean fail_fast, verbose, gdb;
	gboolean bench; /* the guest measures for longer */
};

struct runner;

struct runner *runner_new(const struct runner_config *config);
void runner_free(struct runner *runner);

/* Plans @tests (const struct test *) on a lane, which must outlive the runner. */
gboolean runner_plan(struct runner *runner, struct lane *lane, const GPtrArray *tests, GError **error);

guint runner_planned(const struct runner *runner);

/* How many of those planned have no result. */
guint runner_not_run(const struct runner *runner);

/* Prints a command line for each machine, instead of running it. */
void runner_print(const struct runner *runner);

/* Runs everything, and answers with STATUS_PASSED, STATUS_INFRASTRUCTURE or STATUS_INTERRUPTED. */
enum status runner_run(struct runner *runner);

#endif
