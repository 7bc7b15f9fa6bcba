/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of the protocol; each function takes what follows its keyword.
 */
#include <string.h>

#include "ktap_session.h"
#include "outcome.h"
#include "text.h"

static void line_plan(struct ktap *k, const char *rest)
{
	g_auto(GStrv) words = g_strsplit(rest, " ", 2);
	guint64 plan;

	if (!words[0] || !text_to_uint(words[0], 0, 1000000, &plan)) {
		session_reject(k, "the plan '1..%s' is not one", rest);
		return;
	}
	if (k->planned) {
		session_reject(k, "there is a second plan, 1..%" G_GUINT64_FORMAT, plan);
		return;
	}
	k->planned = TRUE;
	k->plan = plan;
	if (k->dialect == KTAP_LIMPID && (k->current || k->held) && !k->reborn)
		session_reject(k, "the plan comes after the first test");
	else if (k->expected && plan != k->expected->len)
		session_reject(k,
			"the machine plans %" G_GUINT64_FORMAT " tests, but was asked for %u: is the .img file older "
			"than the .elf file?",
			plan, k->expected->len);
}

static void line_start(struct ktap *k, const char *name)
{
	/* After the reset that it announced the test starts again: its second life. */
	if (k->reborn && k->current && k->ending == ENDING_RESET) {
		if (!k->planned)
			session_reject(k, "a test starts before the plan");
		else if (strcmp(name, k->current->name) != 0)
			session_reject(k, "after the reset %s started instead of it", name);
		else
			k->ending = ENDING_NONE;
		return;
	}
	if (k->current) {
		k->numbers++; /* its line with the number was lost */
		session_blame(k, VERDICT_ERROR, "it ended without a result: another test started");
	}
	if (!k->planned) {
		session_reject(k, "a test starts before the plan");
	} else if (!session_was_asked(k, name)) {
		session_reject_unasked(k, name);
	} else if (g_hash_table_contains(k->seen, name)) {
		session_reject(k, "%s starts a second time", name);
	} else {
		session_give_held(k);
		k->current = result_new(name, VERDICT_ERROR, NULL);
		k->current->began_us = session_now(k);
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
		session_reject(k, "there is a result before the plan");
		return;
	}
	if (o->number != k->numbers + 1) {
		session_reject(k, "its result has number %" G_GUINT64_FORMAT ", but %" G_GUINT64_FORMAT " was due",
			o->number, k->numbers + 1);
		return;
	}
	k->numbers++;
	if (k->current && strcmp(k->current->name, o->name) != 0) {
		session_reject(k, "the result of %s came instead of its own", o->name);
		return;
	}
	if (!session_was_asked(k, o->name)) {
		session_reject_unasked(k, o->name);
		return;
	}
	if (!k->current) {
		if (g_hash_table_contains(k->seen, o->name)) {
			session_reject(k, "%s has two results", o->name);
			return;
		}
		if (!o->ok || !outcome_has_directive(o, "SKIP")) {
			session_give_held(k);
			session_hold(k, result_new(o->name, VERDICT_ERROR, "it has a result, but never started"));
			k->dead = TRUE;
			return;
		}
		/* A skip needs no start: nothing ran. */
		session_give_held(k);
		k->current = result_new(o->name, VERDICT_SKIP, NULL);
		k->current->began_us = session_now(k);
	}
	verdict = verdict_of(k, o, &reason);
	if (k->ending != ENDING_NONE && verdict != VERDICT_FAIL)
		session_reject(k, "it announced that the machine ends, and has a result: '%s'", verdict_name(verdict));
	else if (k->crash)
		session_reject(k, "it has a result after an exception");
	else
		session_conclude(k, verdict, reason);
}

static void line_expect(struct ktap *k, const char *rest)
{
	enum ending ending = strcmp(rest, "off") == 0     ? ENDING_OFF
			     : strcmp(rest, "reset") == 0 ? ENDING_RESET
							  : ENDING_NONE;

	if (ending == ENDING_NONE)
		session_reject(k, "'limpid: expect %s' is neither off nor reset", rest);
	else if (!k->current || k->ending != ENDING_NONE)
		session_reject(k, "'limpid: expect %s' belongs to no test, or is its second", rest);
	else if (!k->reborn)
		k->ending = ending;
	else if (ending != ENDING_RESET)
		session_reject(k, "it expected a reset, and after that another end");
	else
		session_conclude_ending(k, VERDICT_PASS, NULL);
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
		session_reject(k, "the machine asks to be migrated for %s, which is not running", name);
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
		session_reject(k, "it ended without a result: the machine says that it is done");
	else if (!readable)
		session_reject(k, "the end line 'limpid: end %s' cannot be read", rest);
	else if (!k->planned)
		session_reject(k, "the end comes before the plan");
	else if (k->numbers != k->plan)
		session_reject(k, "the plan promises %" G_GUINT64_FORMAT " results, but there are %" G_GUINT64_FORMAT,
			k->plan, k->numbers);
	else if (!k->lost && (passed != k->passed || failed != k->failed || skipped != k->skipped))
		session_reject(k,
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

	session_blame(k, VERDICT_ERROR, reason);
	k->dead = TRUE;
}

static const char *after(const char *line, const char *prefix)
{
	return g_str_has_prefix(line, prefix) ? line + strlen(prefix) : NULL;
}

void ktap_keep(struct ktap *k, const char *line, gsize len)
{
	struct result *r = k->current ? k->current : k->held;

	if (r)
		transcript_add(r->console, line, len, k->beyond);
	/* Plain TAP has diagnostics before the result line or after it, as the program likes. */
	if (k->dialect == KTAP_PLAIN && k->current && k->held && k->held->verdict == VERDICT_FAIL)
		transcript_add(k->held->console, line, len, k->beyond);
}

gboolean ktap_line_is_header(const char *line, gsize len)
{
	static const char header[] = "KTAP version 1";
	gsize n = sizeof(header) - 1;

	return len >= n && memcmp(line + len - n, header, n) == 0 && line[0] != '#';
}

void ktap_line_header(struct ktap *k)
{
	if (k->header && !k->dead && k->current && k->ending == ENDING_OFF) {
		session_conclude_ending(k, VERDICT_FAIL, "the machine started again: it was to switch off");
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
		session_reject(k, "the machine started again");
		return;
	}
	if (k->header)
		session_finish(k, VERDICT_ERROR, "the machine started again");
	session_begin(k);
}

void ktap_line_limpid(struct ktap *k, const char *line, gsize len)
{
	struct outcome o = {0};
	const char *rest;

	if (!k->header || k->dead) {
		ktap_keep(k, line, len);
	} else if (k->ended) {
		if (outcome_read(line, FALSE, &o) || after(line, "# start "))
			session_reject(k, "results come after the end line");
		else if (after(line, "Bail out!") || after(line, "# exception:") || after(line, "# panic:"))
			session_reject(k, "after the end line: %s", line);
		else
			ktap_keep(k, line, len);
	} else if ((rest = after(line, "1.."))) {
		line_plan(k, rest);
	} else if ((rest = after(line, "# start "))) {
		line_start(k, rest);
	} else if ((rest = after(line, "# time "))) {
		line_time(k, rest);
	} else if ((rest = after(line, "# migrate "))) {
		ktap_keep(k, line, len);
		line_migrate(k, rest);
	} else if ((rest = after(line, "# limpid: end "))) {
		line_end(k, rest);
	} else if ((rest = after(line, "# limpid: expect "))) {
		line_expect(k, rest);
	} else if ((rest = after(line, "Bail out!"))) {
		ktap_keep(k, line, len);
		line_bail_out(k, rest + strspn(rest, " "));
	} else if (outcome_read(line, FALSE, &o)) {
		line_result(k, &o);
	} else {
		if (!k->crash && (after(line, "# exception: ") || after(line, "# panic: ")))
			k->crash = g_strdup(line + 2);
		ktap_keep(k, line, len);
	}
	outcome_clear(&o);
}

void ktap_line_plain(struct ktap *k, const char *line, gsize len)
{
	struct outcome o = {0};
	const char *rest;

	k->header = TRUE;
	if (!k->current && !k->dead)
		k->current = result_new("", VERDICT_ERROR, NULL);
	if (k->dead || *line == ' ' || *line == '\t') {
		ktap_keep(k, line, len);
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
			session_reject(k,
				"its result has number %" G_GUINT64_FORMAT ", but %" G_GUINT64_FORMAT " was due",
				o.number, k->numbers);
		else
			session_conclude(k, verdict, reason);
	} else {
		ktap_keep(k, line, len);
	}
	outcome_clear(&o);
}
