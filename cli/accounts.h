/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * accounts.h - findings on their way out: as text for people, JSON lines, SARIF, a page of HTML, and suppressions.
 */
#ifndef CLI_ACCOUNTS_H
#define CLI_ACCOUNTS_H

#include <stdio.h>

#include "findings.h"

/*
 * Text on stdout: the first finding of each root in full, the others counted. @expected: those that tests are there to
 * make.
 */
void account_print(const struct findings *findings, gboolean expected);

/* "error: stale-memory-read at mmu_disable+0x10 (guest/mmu/off.S:12)": one line for a finding, to be freed. */
char *account_headline(const struct known *known);

/* Each finding as a line of JSON; jsonl.h has the results. */
void account_json(const struct findings *findings, FILE *file);
/*
 * The line after them, of a machine that runs no tests: {"type":"summary","findings":N,"errors":N,"warnings":N,
 * "initial":"clean"}, with what was @seen. @initial: what caches were taken to hold at the start; NULL when that is not known.
 */
void account_json_summary(
	const struct findings *findings, const char *initial, const struct seen *seen, FILE *file);

/* SARIF 2.1.0, for code review tools. */
gboolean account_sarif(const struct findings *findings, const char *path, GError **error);

/* One page that needs nothing else: no script, no font, no image. */
gboolean account_html(const struct findings *findings, const char *title, const char *path, GError **error);

/* Blocks for everything that is reported, on stdout. */
void account_suppressions(const struct findings *findings);

/* "DE AD BE EF": bytes as one reads them, from the finding's form. */
char *account_bytes(const char *hex);

#define ACCOUNTS_ERROR accounts_error_quark()
GQuark accounts_error_quark(void);
enum accounts_error { ACCOUNTS_ERROR_FILE };

#endif
