/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "expected_failures.h"
#include "pattern.h"
#include "text.h"

void expected_failure_free(gpointer data)
{
	struct expected_failure *e = data;

	g_free(e->pattern);
	g_strfreev(e->qemu);
	g_free(e->accel);
	g_free(e->cpu);
	g_free(e->reason);
	g_free(e->where);
	g_free(e);
}

static void take(char **member, const char *value)
{
	g_free(*member);
	*member = g_strdup(value);
}

gboolean expected_failure_set(struct expected_failure *e, const char *key, const char *value, char **wrong)
{
	if (strcmp(key, "qemu") == 0) {
		g_strfreev(e->qemu);
		e->qemu = g_strsplit(value, " ", -1);
	} else if (strcmp(key, "accel") == 0) {
		take(&e->accel, value);
	} else if (strcmp(key, "cpu") == 0) {
		take(&e->cpu, value);
	} else if (strcmp(key, "reason") == 0) {
		take(&e->reason, value);
	} else if (strcmp(key, "cpus") == 0) {
		if (!text_to_uint(value, 1, 512, &e->cpus)) {
			*wrong = g_strdup_printf("'cpus': '%s' is not a number from 1 to 512", value);
			return FALSE;
		}
	} else if (strcmp(key, "sometimes") == 0) {
		e->sometimes = strcmp(value, "true") == 0;
		if (!e->sometimes && strcmp(value, "false") != 0) {
			*wrong = g_strdup_printf("'sometimes': '%s' is not true or false", value);
			return FALSE;
		}
	} else {
		*wrong = g_strdup_printf(
			"unknown key '%s': there are qemu, accel, cpu, cpus, sometimes and reason", key);
		return FALSE;
	}
	return TRUE;
}

/* "10.0.2" of "QEMU emulator version 10.0.2 (Debian ...)"; "" when that program says something else. Asked once each.
 */
static const char *qemu_version(const char *qemu)
{
	static GHashTable *known;
	static const char mark[] = "QEMU emulator version ";
	g_autofree char *said = NULL;
	char *version;

	if (!known)
		known = g_hash_table_new(g_str_hash, g_str_equal);
	version = g_hash_table_lookup(known, qemu);
	if (version)
		return version;
	if (g_spawn_sync(NULL, (char *[]){(char *)qemu, "--version", NULL}, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
		    &said, NULL, NULL, NULL) &&
		said && g_str_has_prefix(said, mark)) {
		const char *at = said + strlen(mark);

		version = g_strndup(at, strspn(at, "0123456789."));
	} else {
		version = g_strdup("");
	}
	g_hash_table_insert(known, g_strdup(qemu), version);
	return version;
}

/* 10.0 is 10.0 and 10.0.2, but not 10.01. */
static gboolean is_version(const char *version, char **wanted)
{
	for (; *wanted; wanted++) {
		gsize len = strlen(*wanted);

		if (len && strncmp(version, *wanted, len) == 0 && (version[len] == '\0' || version[len] == '.'))
			return TRUE;
	}
	return FALSE;
}

static gboolean is_model(const char *cpu, const char *wanted)
{
	gsize len = strlen(wanted);

	return strncmp(cpu, wanted, len) == 0 && (cpu[len] == '\0' || cpu[len] == ',');
}

/* The version last: it costs a process. */
static gboolean applies(const struct expected_failure *e, const struct machine *m, const char *test)
{
	return pattern_match(e->pattern, test) && (!e->accel || strcmp(e->accel, m->accel) == 0) &&
	       (!e->cpus || e->cpus == m->cpus) && (!e->cpu || is_model(m->cpu, e->cpu)) &&
	       (!e->qemu || is_version(qemu_version(m->qemu), e->qemu));
}

void expected_failures_judge(const GPtrArray *expectations, const struct machine *machine, struct result *result)
{
	for (guint i = 0; expectations && i < expectations->len; i++) {
		const struct expected_failure *e = expectations->pdata[i];
		g_autofree char *reason = NULL;

		if (result->verdict != VERDICT_FAIL && result->verdict != VERDICT_PASS)
			return;
		if (!applies(e, machine, result->name))
			continue;
		if (result->verdict == VERDICT_FAIL) {
			result_set(result, VERDICT_XFAIL, e->reason);
			return;
		}
		if (e->sometimes)
			return;
		reason = g_strdup_printf("it passed, but %s expects it to fail: %s", e->where, e->reason);
		result_set(result, VERDICT_FAIL, reason);
		return;
	}
}
