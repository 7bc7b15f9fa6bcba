/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report.h - results on their way out: text on stdout, and JUnit, JSON lines and KTAP into files.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <glib.h>
#include <stdio.h>

#include "bench.h"
#include "catalog.h"
#include "ktap.h"
#include "options.h"
#include "status.h"

/* One result with everything that is known about it. Whoever reports it keeps it. */
struct entry {
	const char *label; /* the profile or the file, or NULL */
	const struct result *result;
	const struct test *test; /* NULL when it is not known */
	const GPtrArray *lines;  /* of its console, addresses resolved */
	double seconds;          /* that it took, or below 0 */
	guint round, rounds;     /* of --repeat; rounds 1: not shown */
	const char *reproduce;   /* a command line that runs it again, or NULL */
	const char *same_boot;   /* one that runs it after the tests that it ran after, or NULL */
	const char *command;     /* that of the machine, or NULL */
};

struct report;

/* The options of verbs that report. */
#define REPORT_OPTIONS                                                                                        \
	{"junit", 0, OPTION_TEXT, "FILE", OPTION_CONFIG, NULL, NULL, 0, 0, "write the results as JUnit XML"}, \
		{"json", 0, OPTION_TEXT, "FILE", OPTION_CONFIG, NULL, NULL, 0, 0,                             \
			"write the results as JSON, an object a line"},                                       \
		{"verbose", 'v', OPTION_FLAG, NULL, OPTION_CONFIG, "false", NULL, 0, 0,                       \
			"show the console of all tests"},                                                     \
	{                                                                                                     \
		"quiet", 'q', OPTION_FLAG, NULL, OPTION_CONFIG, "false", NULL, 0, 0,                          \
			"show only what failed, and the totals"                                               \
	}

/* Opens the files that the settings name (junit, json, and tap where the table has it). */
struct report *report_new(const struct settings *settings, gboolean has_tap, GError **error);

/* Results with this label will come: the table has its columns in this order. */
void report_expect_label(struct report *report, const char *label);

/* Measurements in the results' consoles are for this table, which stays the caller's; it is printed at the end. */
void report_measure(struct report *report, struct bench *bench);

void report_add(struct report *report, const struct entry *entry);

struct findings;

/* Findings for the file of --junit, which has no other place for them. */
void report_add_findings(struct report *report, const struct findings *findings);

/* The file of --json, for who has more to say there; NULL without it. */
FILE *report_json(const struct report *report);

/*
 * Prints the failures again, @remark (may be NULL) as a line, and the totals as the last line, and completes the files.
 * @not_run tests have no result: who reads the KTAP must not take it for whole.
 */
void report_finish(struct report *report, guint not_run, const char *remark);
void report_free(struct report *report);

guint report_count(const struct report *report, enum verdict verdict);
guint report_passed(const struct report *report);
guint report_failed(const struct report *report);
guint report_skipped(const struct report *report);
guint report_expected(const struct report *report); /* failed, as expected_failures.h says */

/* What the results alone make the exit status: STATUS_PASSED, STATUS_FAILED, or STATUS_NOTHING. */
enum status report_status(const struct report *report);

/* "profile: name [2/3]" */
char *entry_title(const struct entry *entry);

#define REPORT_ERROR report_error_quark()
GQuark report_error_quark(void);
enum report_error { REPORT_ERROR_FILE };

#endif
