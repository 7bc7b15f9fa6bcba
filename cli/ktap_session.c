/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>

#include "ktap_session.h"

gint64 session_now(const struct ktap *k)
{
	return k->live ? g_get_monotonic_time() : 0;
}

void session_give_held(struct ktap *k)
{
	struct result *r = g_steal_pointer(&k->held);

	if (r) {
		k->given++;
		k->on_result(r, k->data);
	}
}

void session_hold(struct ktap *k, struct result *r)
{
	session_give_held(k);
	r->ended_us = session_now(k);
	g_hash_table_add(k->seen, g_strdup(r->name));
	k->held = r;
}

void session_conclude(struct ktap *k, enum verdict verdict, const char *reason)
{
	struct result *r = g_steal_pointer(&k->current);

	/* An exception says more than that the machine stopped after it. */
	result_set(r, verdict, verdict == VERDICT_ERROR && k->crash ? k->crash : reason);
	g_clear_pointer(&k->crash, g_free);
	k->ending = ENDING_NONE;
	session_hold(k, r);
}

void session_blame(struct ktap *k, enum verdict verdict, const char *reason)
{
	if (k->current) {
		k->lost = TRUE;
		session_conclude(k, verdict, reason);
	} else if (k->held) {
		if (!verdict_is_failure(k->held->verdict))
			result_set(k->held, verdict, k->crash ? k->crash : reason);
	} else if (!k->problem) {
		k->problem = g_strdup(k->crash ? k->crash : reason);
	}
}

void session_reject(struct ktap *k, const char *format, ...)
{
	g_autofree char *reason = NULL;
	va_list args;

	va_start(args, format);
	reason = g_strdup_vprintf(format, args);
	va_end(args);
	session_blame(k, VERDICT_ERROR, reason);
	k->dead = TRUE;
}

void session_begin(struct ktap *k)
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

void session_conclude_ending(struct ktap *k, enum verdict verdict, const char *reason)
{
	k->numbers++;
	session_conclude(k, verdict, reason);
	k->ended = TRUE;
	k->ending = ENDING_NONE;
}

void session_reject_unasked(struct ktap *k, const char *name)
{
	session_give_held(k);
	session_hold(k, result_new(name, VERDICT_ERROR, "the machine reports a test that it was not asked to run"));
	k->dead = TRUE;
}

gboolean session_was_asked(const struct ktap *k, const char *name)
{
	return !k->asked || g_hash_table_contains(k->asked, name);
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

void session_finish(struct ktap *k, enum verdict verdict, const char *why)
{
	g_autofree char *complaint = NULL;

	if (k->dialect == KTAP_PLAIN) {
		/* Text after the last result belongs to no test. */
		g_clear_pointer(&k->current, result_free);
	} else if (k->header && !k->ended) {
		if (k->current && k->ending == ENDING_OFF && !k->dead && !k->live) {
			session_conclude_ending(
				k, VERDICT_SKIP, "a log does not tell whether the machine switched off");
		} else if (k->current) {
			k->numbers++;
			session_blame(k, verdict, why);
		} else if (k->held && !k->dead) {
			session_blame(k, verdict, why);
		}
	}
	session_give_held(k);
	if (!k->expected && k->header && (complaint = log_complaint(k, why))) {
		k->given++;
		k->on_result(result_new(k->log_name, VERDICT_ERROR, complaint), k->data);
	}
}
