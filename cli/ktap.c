/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <string.h>

#include "ktap.h"
#include "outcome.h"
#include "text.h"

/* A line that is longer keeps its start; no line of the protocol comes near it. */
#define LINE_MAX_BYTES 4096

/* What the test in progress said that it does to the machine. */
enum ending { ENDING_NONE, ENDING_OFF, ENDING_RESET };

struct ktap {
	enum ktap_dialect dialect;
	gboolean live;
	ktap_result_fn on_result;
	void *data;
	char *log_name;

	GPtrArray *expected; /* names in order, or NULL */
	GHashTable *asked;   /* the same names as a set */
	GHashTable *seen;    /* names with a result in this session */

	GString *line; /* the line that is being received */
	gsize beyond;  /* bytes of it that were dropped */
	struct transcript *console;
	guint64 bytes, given;
	guint migrations;

	/* A session begins with a header line. */
	gboolean header, planned, ended, dead;
	guint64 plan, numbers;           /* results that the plan promises; numbers used up */
	guint64 passed, failed, skipped; /* as the machine said */
	gboolean lost;                   /* a test ended without a result: the end line's counts cannot be right */
	char *problem;

	struct result *current; /* in progress: the verdict is not there yet */
	char *crash;            /* what an exception or a panic in it said first */
	enum ending ending;     /* that the test in progress announced */
	gboolean reborn;        /* the machine has been reset by it, as announced */
	gboolean complete;      /* nothing more is read */
	struct result *held;    /* reported, but the machine has not gone on yet */
};

struct ktap *ktap_new(enum ktap_dialect dialect, const char *const *expected, const char *log_name, gboolean live,
	ktap_result_fn on_result, void *data)
{
	struct ktap *k = g_new0(struct ktap, 1);

	k->dialect = dialect;
	k->live = live;
	k->on_result = on_result;
	k->data = data;
	k->log_name = g_strdup(log_name);
	k->line = g_string_new(NULL);
	k->console = transcript_new();
	k->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (expected) {
		k->expected = g_ptr_array_new_with_free_func(g_free);
		k->asked = g_hash_table_new(g_str_hash, g_str_equal);
		for (; *expected; expected++) {
			char *name = g_strdup(*expected);

			g_ptr_array_add(k->expected, name);
			g_hash_table_add(k->asked, name);
		}
	}
	return k;
}

void ktap_free(struct ktap *k)
{
	if (!k)
		return;
	g_clear_pointer(&k->asked, g_hash_table_unref);
	g_clear_pointer(&k->expected, g_ptr_array_unref);
	g_hash_table_unref(k->seen);
	g_string_free(k->line, TRUE);
	transcript_free(k->console);
	result_free(k->current);
	result_free(k->held);
	g_free(k->problem);
	g_free(k->crash);
	g_free(k->log_name);
	g_free(k);
}

static gint64 now(const struct ktap *k)
{
	return k->live ? g_get_monotonic_time() : 0;
}

static void give_held(struct ktap *k)
{
	struct result *r = g_steal_pointer(&k->held);

	if (r) {
		k->given++;
		k->on_result(r, k->data);
	}
}

static void hold(struct ktap *k, struct result *r)
{
	give_held(k);
	r->ended_us = now(k);
	g_hash_table_add(k->seen, g_strdup(r->name));
	k->held = r;
}

/* Ends the test in progress. */
static void conclude(struct ktap *k, enum verdict verdict, const char *reason)
{
	struct result *r = g_steal_pointer(&k->current);

	/* An exception says more than that the machine stopped after it. */
	result_set(r, verdict, verdict == VERDICT_ERROR && k->crash ? k->crash : reason);
	g_clear_pointer(&k->crash, g_free);
	k->ending = ENDING_NONE;
	hold(k, r);
}

/* Something is wrong: blames the test in progress, else the one reported last, else nobody. */
static void blame(struct ktap *k, enum verdict verdict, const char *reason)
{
	if (k->current) {
		k->lost = TRUE;
		conclude(k, verdict, reason);
	} else if (k->held) {
		if (!verdict_is_failure(k->held->verdict))
			result_set(k->held, verdict, k->crash ? k->crash : reason);
	} else if (!k->problem) {
		k->problem = g_strdup(k->crash ? k->crash : reason);
	}
}

/* A rule of the protocol is broken in a way after which nothing can be believed. */
static void G_GNUC_PRINTF(2, 3) reject(struct ktap *k, const char *format, ...)
{
	g_autofree char *reason = NULL;
	va_list args;

	va_start(args, format);
	reason = g_strdup_vprintf(format, args);
	va_end(args);
	blame(k, VERDICT_ERROR, reason);
	k->dead = TRUE;
}

static void begin_session(struct ktap *k)
{
	k->header = TRUE;
	k->planned = k->ended = k->dead = k->lost = FALSE;
	k->plan = k->numbers = k->passed = k->failed = k->skipped = 0;
	g_clear_pointer(&k->problem, g_free);
	g_clear_pointer(&k->crash, g_free);
	k->ending = ENDING_NONE;
	k->reborn = FALSE;
	g_hash_table_remove_all(k->seen);
}

/* The test in progress ends with the machine: there is no result line to come, and no end line. */
static void conclude_ending(struct ktap *k, enum verdict verdict, const char *reason)
{
	k->numbers++;
	conclude(k, verdict, reason);
	k->ended = TRUE;
	k->ending = ENDING_NONE;
}

/* A result that was not asked for is an error under its own name, so that it shows up somewhere. */
static void reject_unasked(struct ktap *k, const char *name)
{
	give_held(k);
	hold(k, result_new(name, VERDICT_ERROR, "the machine reports a test that it was not asked to run"));
	k->dead = TRUE;
}

static gboolean was_asked(const struct ktap *k, const char *name)
{
	return !k->asked || g_hash_table_contains(k->asked, name);
}

/* --- lines of the protocol; each takes what follows its keyword --- */

static void line_plan(struct ktap *k, const char *rest)
{
	g_auto(GStrv) words = g_strsplit(rest, " ", 2);
	guint64 plan;

	if (!words[0] || !text_to_uint(words[0], 0, 1000000, &plan)) {
		reject(k, "the plan '1..%s' is not one", rest);
		return;
	}
	if (k->planned) {
		reject(k, "there is a second plan, 1..%" G_GUINT64_FORMAT, plan);
		return;
	}
	k->planned = TRUE;
	k->plan = plan;
	if (k->dialect == KTAP_LIMPID && (k->current || k->held) && !k->reborn)
		reject(k, "the plan comes after the first test");
	else if (k->expected && plan != k->expected->len)
		reject(k,
			"the machine plans %" G_GUINT64_FORMAT " tests, but was asked for %u: is the .img file older "
			"than the .elf file?",
			plan, k->expected->len);
}

static void line_start(struct ktap *k, const char *name)
{
	/* After the reset that it announced the test starts again: its second life. */
	if (k->reborn && k->current && k->ending == ENDING_RESET) {
		if (!k->planned)
			reject(k, "a test starts before the plan");
		else if (strcmp(name, k->current->name) != 0)
			reject(k, "after the reset %s started instead of it", name);
		else
			k->ending = ENDING_NONE;
		return;
	}
	if (k->current) {
		k->numbers++; /* its line with the number was lost */
		blame(k, VERDICT_ERROR, "it ended without a result: another test started");
	}
	if (!k->planned) {
		reject(k, "a test starts before the plan");
	} else if (!was_asked(k, name)) {
		reject_unasked(k, name);
	} else if (g_hash_table_contains(k->seen, name)) {
		reject(k, "%s starts a second time", name);
	} else {
		give_held(k);
		k->current = result_new(name, VERDICT_ERROR, NULL);
		k->current->began_us = now(k);
		k->bytes = 0;
	}
}

/* The verdict of a result line, and the reason with it. */
static enum verdict verdict_of(struct ktap *k, const struct outcome *o, char **reason)
{
	if (o->ok && outcome_has_directive(o, "SKIP")) {
		k->skipped++;
		*reason = outcome_reason(o);
		return VERDICT_SKIP;
	}
	if (k->dialect == KTAP_PLAIN && outcome_has_directive(o, "TODO")) {
		*reason = g_strconcat("TODO ", o->directive + MIN(5, strlen(o->directive)), NULL);
		return VERDICT_SKIP;
	}
	if (o->ok)
		k->passed++;
	else
		k->failed++;
	return o->ok ? VERDICT_PASS : VERDICT_FAIL;
}

static void line_result(struct ktap *k, const struct outcome *o)
{
	g_autofree char *reason = NULL;
	enum verdict verdict;

	if (!k->planned) {
		reject(k, "there is a result before the plan");
		return;
	}
	if (o->number != k->numbers + 1) {
		reject(k, "its result has number %" G_GUINT64_FORMAT ", but %" G_GUINT64_FORMAT " was due", o->number,
			k->numbers + 1);
		return;
	}
	k->numbers++;
	if (k->current && strcmp(k->current->name, o->name) != 0) {
		reject(k, "the result of %s came instead of its own", o->name);
		return;
	}
	if (!was_asked(k, o->name)) {
		reject_unasked(k, o->name);
		return;
	}
	if (!k->current) {
		if (g_hash_table_contains(k->seen, o->name)) {
			reject(k, "%s has two results", o->name);
			return;
		}
		if (!o->ok || !outcome_has_directive(o, "SKIP")) {
			give_held(k);
			hold(k, result_new(o->name, VERDICT_ERROR, "it has a result, but never started"));
			k->dead = TRUE;
			return;
		}
		/* A skip needs no start: nothing ran. */
		give_held(k);
		k->current = result_new(o->name, VERDICT_SKIP, NULL);
		k->current->began_us = now(k);
	}
	verdict = verdict_of(k, o, &reason);
	if (k->ending != ENDING_NONE && verdict != VERDICT_FAIL)
		reject(k, "it announced that the machine ends, and has a result: '%s'", verdict_name(verdict));
	else if (k->crash)
		reject(k, "it has a result after an exception");
	else
		conclude(k, verdict, reason);
}

static void line_expect(struct ktap *k, const char *rest)
{
	enum ending ending = strcmp(rest, "off") == 0     ? ENDING_OFF
			     : strcmp(rest, "reset") == 0 ? ENDING_RESET
							  : ENDING_NONE;

	if (ending == ENDING_NONE)
		reject(k, "'limpid: expect %s' is neither off nor reset", rest);
	else if (!k->current || k->ending != ENDING_NONE)
		reject(k, "'limpid: expect %s' belongs to no test, or is its second", rest);
	else if (!k->reborn)
		k->ending = ending;
	else if (ending != ENDING_RESET)
		reject(k, "it expected a reset, and after that another end");
	else
		conclude_ending(k, VERDICT_PASS, NULL);
	k->complete = k->ended;
}

static void line_time(struct ktap *k, const char *rest)
{
	g_auto(GStrv) words = g_strsplit(rest, " ", -1);
	guint64 us;

	if (g_strv_length(words) == 3 && k->current && strcmp(words[0], k->current->name) == 0 &&
		text_to_uint(words[1], 0, G_MAXINT64 / 2, &us))
		k->current->guest_us = us;
}

static void line_migrate(struct ktap *k, const char *name)
{
	if (k->current && strcmp(name, k->current->name) == 0)
		k->migrations++;
	else
		reject(k, "the machine asks to be migrated for %s, which is not running", name);
}

static void line_end(struct ktap *k, const char *rest)
{
	guint64 passed = 0, failed = 0, skipped = 0;
	g_auto(GStrv) parts = g_strsplit(rest, ", ", -1);
	gboolean readable = g_strv_length(parts) >= 2;

	for (char **part = parts; *part; part++) {
		g_auto(GStrv) words = g_strsplit(*part, " ", -1);
		guint64 n, *into = NULL;

		if (g_strv_length(words) == 2) {
			into = strcmp(words[1], "passed") == 0    ? &passed
			       : strcmp(words[1], "failed") == 0  ? &failed
			       : strcmp(words[1], "skipped") == 0 ? &skipped
								  : NULL;
		}
		if (!into || !text_to_uint(words[0], 0, 1000000, &n))
			readable = FALSE;
		else
			*into = n;
	}
	if (k->current)
		reject(k, "it ended without a result: the machine says that it is done");
	else if (!readable)
		reject(k, "the end line 'limpid: end %s' cannot be read", rest);
	else if (!k->planned)
		reject(k, "the end comes before the plan");
	else if (k->numbers != k->plan)
		reject(k, "the plan promises %" G_GUINT64_FORMAT " results, but there are %" G_GUINT64_FORMAT, k->plan,
			k->numbers);
	else if (!k->lost && (passed != k->passed || failed != k->failed || skipped != k->skipped))
		reject(k,
			"the end line counts %" G_GUINT64_FORMAT " passed, %" G_GUINT64_FORMAT
			" failed, %" G_GUINT64_FORMAT " skipped, but the results are %" G_GUINT64_FORMAT
			", %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT,
			passed, failed, skipped, k->passed, k->failed, k->skipped);
	else
		k->ended = TRUE;
}

static void line_bail_out(struct ktap *k, const char *rest)
{
	g_autofree char *reason = g_strconcat("Bail out!", *rest ? " " : "", rest, NULL);

	blame(k, VERDICT_ERROR, reason);
	k->dead = TRUE;
}

static const char *after(const char *line, const char *prefix)
{
	return g_str_has_prefix(line, prefix) ? line + strlen(prefix) : NULL;
}

/* Adds a line to the console of the test that it belongs to. */
static void keep(struct ktap *k, const char *line, gsize len)
{
	struct result *r = k->current ? k->current : k->held;

	if (r)
		transcript_add(r->console, line, len, k->beyond);
	/* Plain TAP has diagnostics before the result line or after it, as the program likes. */
	if (k->dialect == KTAP_PLAIN && k->current && k->held && k->held->verdict == VERDICT_FAIL)
		transcript_add(k->held->console, line, len, k->beyond);
}

/* A header may follow firmware's escape sequences, or a serial line's garbage, on the same line. */
static gboolean is_header(const char *line, gsize len)
{
	static const char header[] = "KTAP version 1";
	gsize n = sizeof(header) - 1;

	return len >= n && memcmp(line + len - n, header, n) == 0 && line[0] != '#';
}

static void finish_session(struct ktap *k, enum verdict verdict, const char *why);

static void line_header(struct ktap *k)
{
	if (k->header && !k->dead && k->current && k->ending == ENDING_OFF) {
		conclude_ending(k, VERDICT_FAIL, "the machine started again: it was to switch off");
		k->complete = TRUE;
		return;
	}
	if (k->header && !k->dead && k->current && k->ending == ENDING_RESET && !k->reborn) {
		k->reborn = TRUE;
		k->planned = FALSE;
		k->numbers = 0;
		return;
	}
	if (k->header && k->expected) {
		reject(k, "the machine started again");
		return;
	}
	if (k->header)
		finish_session(k, VERDICT_ERROR, "the machine started again");
	begin_session(k);
}

static void limpid_line(struct ktap *k, const char *line, gsize len)
{
	struct outcome o = {0};
	const char *rest;

	if (!k->header || k->dead) {
		keep(k, line, len);
	} else if (k->ended) {
		if (outcome_read(line, FALSE, &o) || after(line, "# start "))
			reject(k, "results come after the end line");
		else if (after(line, "Bail out!") || after(line, "# exception:") || after(line, "# panic:"))
			reject(k, "after the end line: %s", line);
		else
			keep(k, line, len);
	} else if ((rest = after(line, "1.."))) {
		line_plan(k, rest);
	} else if ((rest = after(line, "# start "))) {
		line_start(k, rest);
	} else if ((rest = after(line, "# time "))) {
		line_time(k, rest);
	} else if ((rest = after(line, "# migrate "))) {
		keep(k, line, len);
		line_migrate(k, rest);
	} else if ((rest = after(line, "# limpid: end "))) {
		line_end(k, rest);
	} else if ((rest = after(line, "# limpid: expect "))) {
		line_expect(k, rest);
	} else if ((rest = after(line, "Bail out!"))) {
		keep(k, line, len);
		line_bail_out(k, rest + strspn(rest, " "));
	} else if (outcome_read(line, FALSE, &o)) {
		line_result(k, &o);
	} else {
		if (!k->crash && (after(line, "# exception: ") || after(line, "# panic: ")))
			k->crash = g_strdup(line + 2);
		keep(k, line, len);
	}
	outcome_clear(&o);
}

/* In plain TAP what was printed since the last result belongs to the next one. */
static void plain_line(struct ktap *k, const char *line, gsize len)
{
	struct outcome o = {0};
	const char *rest;

	k->header = TRUE;
	if (!k->current && !k->dead)
		k->current = result_new("", VERDICT_ERROR, NULL);
	if (k->dead || *line == ' ' || *line == '\t') {
		keep(k, line, len);
	} else if ((rest = after(line, "1.."))) {
		g_clear_pointer(&k->current, result_free);
		line_plan(k, rest);
	} else if ((rest = after(line, "Bail out!"))) {
		g_free(k->current->name);
		k->current->name = text_neutral(k->log_name, strlen(k->log_name));
		line_bail_out(k, rest + strspn(rest, " "));
	} else if (outcome_read(line, TRUE, &o)) {
		g_autofree char *reason = NULL;
		enum verdict verdict = verdict_of(k, &o, &reason);

		k->numbers++;
		g_free(k->current->name);
		k->current->name = *o.name ? text_neutral(o.name, strlen(o.name))
					   : g_strdup_printf("test %" G_GUINT64_FORMAT, k->numbers);
		if (o.number && o.number != k->numbers)
			reject(k, "its result has number %" G_GUINT64_FORMAT ", but %" G_GUINT64_FORMAT " was due",
				o.number, k->numbers);
		else
			conclude(k, verdict, reason);
	} else {
		keep(k, line, len);
	}
	outcome_clear(&o);
}

static void take_line(struct ktap *k)
{
	gsize len = k->line->len;
	gboolean clean;

	if (len && k->line->str[len - 1] == '\r')
		g_string_truncate(k->line, --len);
	transcript_add(k->console, k->line->str, len, k->beyond);
	if (k->complete)
		goto done;
	/* A line that is cut, or no text (one with a NUL is none), is noise whatever else it says. */
	clean = k->beyond == 0 && g_utf8_validate(k->line->str, len, NULL);
	if (k->dialect == KTAP_LIMPID && k->beyond == 0 && is_header(k->line->str, len)) {
		line_header(k);
	} else if (clean) {
		if (k->dialect == KTAP_PLAIN)
			plain_line(k, k->line->str, len);
		else
			limpid_line(k, k->line->str, len);
	} else {
		keep(k, k->line->str, len);
	}
done:
	g_string_truncate(k->line, 0);
	k->beyond = 0;
}

void ktap_feed(struct ktap *k, const char *bytes, gsize len)
{
	const char *end = bytes + len;

	k->bytes += len;
	while (bytes < end) {
		const char *newline = memchr(bytes, '\n', end - bytes);
		gsize n = (newline ? newline : end) - bytes;
		gsize room = LINE_MAX_BYTES - k->line->len;

		g_string_append_len(k->line, bytes, MIN(n, room));
		k->beyond += n - MIN(n, room);
		if (!newline)
			return;
		take_line(k);
		bytes = newline + 1;
	}
}

/* What is wrong with a log as a whole, or NULL. Asked after the last result. */
static char *log_complaint(const struct ktap *k, const char *why)
{
	if (k->problem)
		return g_strdup(k->problem);
	if (k->dialect == KTAP_PLAIN && !k->planned && k->numbers)
		return g_strdup("there is no plan: it may be truncated");
	if (k->planned && k->numbers != k->plan && (k->dialect == KTAP_PLAIN || !k->ended))
		return g_strdup_printf("the plan promises %" G_GUINT64_FORMAT
				       " results, but there are %" G_GUINT64_FORMAT,
			k->plan, k->numbers);
	if (k->dialect == KTAP_LIMPID && !k->ended && k->numbers == 0)
		return g_strdup(why);
	return NULL;
}

static void finish_session(struct ktap *k, enum verdict verdict, const char *why)
{
	g_autofree char *complaint = NULL;

	if (k->dialect == KTAP_PLAIN) {
		/* Text after the last result belongs to no test. */
		g_clear_pointer(&k->current, result_free);
	} else if (k->header && !k->ended) {
		if (k->current && k->ending == ENDING_OFF && !k->dead && !k->live) {
			conclude_ending(k, VERDICT_SKIP, "a log does not tell whether the machine switched off");
		} else if (k->current) {
			k->numbers++;
			blame(k, verdict, why);
		} else if (k->held && !k->dead) {
			blame(k, verdict, why);
		}
	}
	give_held(k);
	if (!k->expected && k->header && (complaint = log_complaint(k, why))) {
		k->given++;
		k->on_result(result_new(k->log_name, VERDICT_ERROR, complaint), k->data);
	}
}

void ktap_stopped(struct ktap *k)
{
	if (!k->current || k->dead || k->crash)
		return;
	if (k->ending == ENDING_OFF)
		conclude_ending(k, VERDICT_PASS, NULL);
	else if (k->ending == ENDING_RESET || k->reborn)
		conclude_ending(k, VERDICT_FAIL, "the machine stopped: it was to start again");
}

gboolean ktap_is_complete(const struct ktap *k)
{
	return k->complete;
}

void ktap_finish(struct ktap *k, enum verdict verdict, const char *why)
{
	if (k->line->len || k->beyond)
		take_line(k);
	finish_session(k, verdict, why);
}

void ktap_spoil(struct ktap *k, const char *reason)
{
	blame(k, VERDICT_ERROR, reason);
	k->dead = TRUE;
}

gboolean ktap_is_dead(const struct ktap *k)
{
	return k->dead;
}

gboolean ktap_has_ended(const struct ktap *k)
{
	return k->ended && !k->dead;
}

gboolean ktap_has_header(const struct ktap *k)
{
	return k->header;
}

const char *ktap_current(const struct ktap *k)
{
	return k->current ? k->current->name : NULL;
}

gint64 ktap_began_us(const struct ktap *k)
{
	return k->current ? k->current->began_us : 0;
}

guint64 ktap_bytes(const struct ktap *k)
{
	return k->bytes;
}

const struct transcript *ktap_console(const struct ktap *k)
{
	return k->console;
}

const char *ktap_problem(const struct ktap *k)
{
	return k->problem;
}

char **ktap_missing(const struct ktap *k)
{
	g_autoptr(GPtrArray) missing = g_ptr_array_new();

	for (guint i = 0; k->expected && i < k->expected->len; i++)
		if (!g_hash_table_contains(k->seen, k->expected->pdata[i]))
			g_ptr_array_add(missing, k->expected->pdata[i]);
	g_ptr_array_add(missing, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&missing), FALSE);
}

guint64 ktap_given(const struct ktap *k)
{
	return k->given;
}

guint ktap_migrations(const struct ktap *k)
{
	return k->migrations;
}
