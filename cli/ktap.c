/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "ktap_session.h"

/* A line that is longer keeps its start; no line of the protocol comes near it. */
#define LINE_MAX_BYTES 4096

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
	if (k->dialect == KTAP_LIMPID && k->beyond == 0 && ktap_line_is_header(k->line->str, len)) {
		ktap_line_header(k);
	} else if (clean) {
		if (k->dialect == KTAP_PLAIN)
			ktap_line_plain(k, k->line->str, len);
		else
			ktap_line_limpid(k, k->line->str, len);
	} else {
		ktap_keep(k, k->line->str, len);
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

void ktap_stopped(struct ktap *k)
{
	if (!k->current || k->dead || k->crash)
		return;
	if (k->ending == ENDING_OFF)
		session_conclude_ending(k, VERDICT_PASS, NULL);
	else if (k->ending == ENDING_RESET || k->reborn)
		session_conclude_ending(k, VERDICT_FAIL, "the machine stopped: it was to start again");
}

gboolean ktap_is_complete(const struct ktap *k)
{
	return k->complete;
}

void ktap_finish(struct ktap *k, enum verdict verdict, const char *why)
{
	if (k->line->len || k->beyond)
		take_line(k);
	session_finish(k, verdict, why);
}

void ktap_spoil(struct ktap *k, const char *reason)
{
	session_blame(k, VERDICT_ERROR, reason);
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
