/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "accounts.h"
#include "jsonl.h"
#include "junit.h"
#include "report.h"
#include "table.h"
#include "terminal.h"

#define SHOWN_AT_ONCE 60 /* lines of a failed test's console */
#define SHOWN_AT_END  20

G_DEFINE_QUARK(limpid - report, report_error)

/* A failure, kept to be shown again. */
struct failure {
	char *line;
	char *reason;
	GPtrArray *console;
	char *reproduce, *same_boot;
};

struct report {
	struct junit *junit;
	FILE *json, *tap;
	gboolean verbose, quiet;
	guint counts[VERDICTS], number;
	guint findings; /* points of them in the TAP file */
	GPtrArray *failures;
	struct table *table; /* of results that have a label */
	struct bench *bench; /* or NULL */
};

static void failure_free(gpointer data)
{
	struct failure *failure = data;

	g_free(failure->line);
	g_free(failure->reason);
	g_ptr_array_unref(failure->console);
	g_free(failure->reproduce);
	g_free(failure->same_boot);
	g_free(failure);
}

static gboolean open_file(const char *path, FILE **file, GError **error)
{
	*file = path ? fopen(path, "we") : NULL;
	if (!path || *file)
		return TRUE;
	g_set_error(error, REPORT_ERROR, REPORT_ERROR_FILE, "%s: cannot write it: %s", path, g_strerror(errno));
	return FALSE;
}

struct report *report_new(const struct settings *s, gboolean has_tap, GError **error)
{
	struct report *r = g_new0(struct report, 1);
	const char *junit = settings_text(s, "junit");

	r->verbose = settings_flag(s, "verbose");
	r->quiet = settings_flag(s, "quiet");
	r->failures = g_ptr_array_new_with_free_func(failure_free);
	r->table = table_new();
	if (open_file(settings_text(s, "json"), &r->json, error) &&
		open_file(has_tap ? settings_text(s, "tap") : NULL, &r->tap, error) &&
		(!junit || (r->junit = junit_open(junit, error)))) {
		if (r->tap)
			fputs("KTAP version 1\n", r->tap);
		return r;
	}
	report_free(r);
	return NULL;
}

void report_free(struct report *r)
{
	if (!r)
		return;
	if (r->json)
		fclose(r->json);
	if (r->tap)
		fclose(r->tap);
	g_ptr_array_unref(r->failures);
	table_free(r->table);
	g_free(r);
}

guint report_count(const struct report *r, enum verdict verdict)
{
	return r->counts[verdict];
}

guint report_passed(const struct report *r)
{
	return r->counts[VERDICT_PASS];
}

guint report_failed(const struct report *r)
{
	return r->counts[VERDICT_FAIL] + r->counts[VERDICT_ERROR] + r->counts[VERDICT_TIMEOUT];
}

guint report_expected(const struct report *r)
{
	return r->counts[VERDICT_XFAIL];
}

guint report_skipped(const struct report *r)
{
	return r->counts[VERDICT_SKIP];
}

enum status report_status(const struct report *r)
{
	if (report_failed(r))
		return STATUS_FAILED;
	return report_passed(r) + report_skipped(r) + report_expected(r) ? STATUS_PASSED : STATUS_NOTHING;
}

char *entry_title(const struct entry *e)
{
	GString *title = g_string_new(NULL);

	if (e->label)
		g_string_append_printf(title, "%s: ", e->label);
	g_string_append(title, e->result->name);
	if (e->rounds > 1)
		g_string_append_printf(title, " [%u/%u]", e->round, e->rounds);
	return g_string_free(title, FALSE);
}

/* "FAIL boot.cpus (0.12 s)", "SKIP gic.v2: needs gicv2" */
static char *result_line(const struct entry *e)
{
	GString *line = g_string_new(NULL);
	g_autofree char *title = entry_title(e);
	enum verdict verdict = e->result->verdict;
	enum colour colour = verdict == VERDICT_PASS       ? COLOUR_GOOD
			     : verdict_is_failure(verdict) ? COLOUR_BAD
							   : COLOUR_WARN;

	g_string_append_printf(line, "%s%s%s %s", terminal_colour(stdout, colour), verdict_name(verdict),
		terminal_plain(stdout), title);
	if (e->result->reason && verdict != VERDICT_PASS)
		g_string_append_printf(line, ": %s", e->result->reason);
	else if (e->seconds >= 0)
		g_string_append_printf(line, " (%.2f s)", e->seconds);
	return g_string_free(line, FALSE);
}

/* The lines, at most @max of them: what is at both ends matters more. */
static void show_console(const GPtrArray *lines, guint max)
{
	guint n = lines ? lines->len : 0, head = n > max ? max / 2 : n, tail = n > max ? n - (max - head) : n;

	for (guint i = 0; i < n; i++) {
		if (i == head && tail > head)
			terminal_print(stdout, "    ... [%u lines left out; see -v, --json]\n", tail - head);
		if (i < head || i >= tail)
			terminal_print(stdout, "    %s\n", (char *)lines->pdata[i]);
	}
}

static void keep_failure(struct report *r, const struct entry *e, const char *line)
{
	struct failure *failure = g_new(struct failure, 1);

	failure->line = g_strdup(line);
	failure->reason = g_strdup(e->result->reason);
	failure->console = g_ptr_array_new_with_free_func(g_free);
	/* Without the registers of an exception: they have been shown, and the stack matters more. */
	for (guint i = 0; e->lines && i < e->lines->len; i++)
		if (!g_str_has_prefix(e->lines->pdata[i], "#   x"))
			g_ptr_array_add(failure->console, g_strdup(e->lines->pdata[i]));
	failure->reproduce = g_strdup(e->reproduce);
	failure->same_boot = g_strdup(e->same_boot);
	g_ptr_array_add(r->failures, failure);
}

static void tap_add(struct report *r, const struct entry *e)
{
	g_autofree char *title = entry_title(e);
	gboolean failure = verdict_is_failure(e->result->verdict);

	/* A # in a name would begin a directive. */
	g_strdelimit(title, "#", '_');
	for (guint i = 0; failure && e->lines && i < e->lines->len; i++) {
		const char *text = e->lines->pdata[i];

		text += strspn(text, "# ");
		fprintf(r->tap, "# %s\n", text);
	}
	if (failure && e->result->reason)
		fprintf(r->tap, "# %s: %s\n", verdict_name(e->result->verdict), e->result->reason);
	fprintf(r->tap, "%sok %u %s", failure || e->result->verdict == VERDICT_XFAIL ? "not " : "", r->number, title);
	if (e->result->verdict == VERDICT_XFAIL)
		fprintf(r->tap, " # TODO expected failure: %s", e->result->reason);
	if (e->result->verdict == VERDICT_SKIP)
		fprintf(r->tap, " # SKIP %s", e->result->reason ? e->result->reason : "");
	fputc('\n', r->tap);
	fflush(r->tap);
}

void report_expect_label(struct report *r, const char *label)
{
	table_add_column(r->table, label);
}

void report_measure(struct report *r, struct bench *bench)
{
	r->bench = bench;
}

void report_add(struct report *r, const struct entry *e)
{
	g_autofree char *line = result_line(e);
	gboolean failure = verdict_is_failure(e->result->verdict);
	gboolean is_report = e->test && (e->test->flags & TEST_REPORT) && e->result->verdict == VERDICT_PASS;

	r->counts[e->result->verdict]++;
	r->number++;
	if (r->junit)
		junit_add(r->junit, e);
	if (r->json)
		jsonl_add(r->json, e);
	if (r->tap)
		tap_add(r, e);
	if (failure)
		keep_failure(r, e, line);
	if (r->bench && !failure) {
		bench_take(r->bench, e->label, e->lines);
		is_report = FALSE;
	}
	if (e->label) {
		/* As the tests stand in their files. */
		g_autofree char *order =
			e->test ? g_strdup_printf("%s %6u", e->test->file, e->test->line) : g_strdup("");

		table_add(r->table, e->label, e->result->name, order, e->result->verdict);
	}
	if (r->quiet && !failure)
		return;
	terminal_print(stdout, "%s\n", line);
	if (r->verbose && e->command)
		terminal_print(stdout, "    %s$ %s%s\n", terminal_colour(stdout, COLOUR_DIM), e->command,
			terminal_plain(stdout));
	if (r->verbose || is_report)
		show_console(e->lines, G_MAXUINT);
	else if (failure)
		show_console(e->lines, SHOWN_AT_ONCE);
}

/* How many failures from @first on have nothing to say but what the one before them said. */
static guint same_as_before(const GPtrArray *failures, guint first)
{
	const struct failure *before = failures->pdata[first - 1];
	guint n = first;

	for (; n < failures->len; n++) {
		const struct failure *failure = failures->pdata[n];

		if (failure->console->len || !failure->reason || g_strcmp0(failure->reason, before->reason))
			break;
	}
	return n - first;
}

static void show_failures(const struct report *r)
{
	if (!r->failures->len)
		return;
	terminal_print(stdout, "\n%sFailures:%s\n", terminal_colour(stdout, COLOUR_BOLD), terminal_plain(stdout));
	for (guint i = 0; i < r->failures->len; i++) {
		const struct failure *failure = r->failures->pdata[i];
		guint same = same_as_before(r->failures, i + 1);

		terminal_print(stdout, "%s\n", failure->line);
		show_console(failure->console, SHOWN_AT_END);
		if (failure->reproduce)
			terminal_print(stdout, "    reproduce: %s\n", failure->reproduce);
		if (failure->same_boot)
			terminal_print(stdout, "    with the tests before it: %s\n", failure->same_boot);
		if (same)
			terminal_print(stdout, "and %u more for the same reason\n", same);
		i += same;
	}
	terminal_print(stdout, "\n");
}

/* A point for each root; who reads nothing but this file must not take the run for a good one. */
static void tap_add_findings(struct report *r, const struct findings *findings)
{
	const GPtrArray *roots = findings_roots(findings, FALSE);

	for (guint i = 0; i < roots->len; i++) {
		const struct root *root = roots->pdata[i];
		const struct known *first = root->members->pdata[0];
		g_autofree char *line = account_headline(first);

		if (first->finding->level == LEVEL_NOTE)
			continue;
		g_strdelimit(line, "#", '_');
		fprintf(r->tap, "# %s\n# root: %s\n", first->finding->text ?: "", root->name);
		for (guint t = 0; t < MIN(first->tests->len, 3); t++)
			fprintf(r->tap, "# seen in %s\n", (char *)first->tests->pdata[t]);
		fprintf(r->tap, "not ok %u sanitizer: %s\n", r->number + ++r->findings, line);
	}
}

void report_add_findings(struct report *r, const struct findings *findings)
{
	if (r->junit)
		junit_add_findings(r->junit, findings);
	if (r->tap)
		tap_add_findings(r, findings);
}

FILE *report_json(const struct report *r)
{
	return r->json;
}

void report_finish(struct report *r, guint not_run, const char *remark)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *skipped =
		report_skipped(r) ? g_strdup_printf(", %u skipped", report_skipped(r)) : g_strdup("");
	g_autofree char *expected =
		report_expected(r) ? g_strdup_printf(", %u failed as expected", report_expected(r)) : g_strdup("");

	if (r->junit && !junit_close(g_steal_pointer(&r->junit), &error))
		terminal_complain("%s", error->message);
	if (r->json)
		jsonl_finish(r->json, r);
	if (r->tap && not_run)
		fprintf(r->tap, "Bail out! %u tests were not run\n", not_run);
	if (r->tap)
		fprintf(r->tap, "1..%u\n", r->number + r->findings + not_run);
	terminal_progress(NULL);
	if (r->bench)
		bench_print(r->bench);
	else if (!r->quiet)
		table_print(r->table);
	show_failures(r);
	if (remark)
		terminal_print(stdout, "%s\n", remark);
	terminal_print(stdout, "%u passed, %u failed%s%s\n", report_passed(r), report_failed(r), skipped, expected);
}
