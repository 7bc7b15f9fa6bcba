/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "result.h"
#include "text.h"

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[VERDICTS] = {"PASS", "FAIL", "SKIP", "ERROR", "TIMEOUT", "XFAIL"};

	return names[verdict];
}

gboolean verdict_is_failure(enum verdict verdict)
{
	return verdict != VERDICT_PASS && verdict != VERDICT_SKIP && verdict != VERDICT_XFAIL;
}

struct result *result_new(const char *name, enum verdict verdict, const char *reason)
{
	struct result *r = g_new0(struct result, 1);

	r->name = text_neutral(name, strlen(name));
	result_set(r, verdict, reason);
	r->console = transcript_new();
	r->guest_us = -1;
	return r;
}

void result_set(struct result *r, enum verdict verdict, const char *reason)
{
	r->verdict = verdict;
	g_free(r->reason);
	r->reason = reason ? text_neutral(reason, strlen(reason)) : NULL;
}

void result_free(struct result *r)
{
	if (!r)
		return;
	g_free(r->name);
	g_free(r->reason);
	transcript_free(r->console);
	g_free(r);
}
