/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "text.h"
#include "transcript.h"

struct transcript *transcript_new(void)
{
	struct transcript *t = g_new0(struct transcript, 1);

	t->first = g_ptr_array_new_with_free_func(g_free);
	g_queue_init(&t->last);
	return t;
}

void transcript_free(struct transcript *t)
{
	if (!t)
		return;
	g_ptr_array_unref(t->first);
	g_queue_clear_full(&t->last, g_free);
	g_free(t);
}

void transcript_add(struct transcript *t, const char *line, gsize len, gsize beyond)
{
	gsize kept = MIN(len, TRANSCRIPT_LINE_MAX);
	char *text = text_neutral(line, kept);

	beyond += len - kept;
	if (beyond) {
		char *cut = g_strdup_printf("%s ... [%zu bytes more]", text, beyond);

		g_free(text);
		text = cut;
	}
	if (t->first->len < TRANSCRIPT_FIRST) {
		g_ptr_array_add(t->first, text);
		return;
	}
	g_queue_push_tail(&t->last, text);
	if (t->last.length > TRANSCRIPT_LAST) {
		g_free(g_queue_pop_head(&t->last));
		t->left_out++;
	}
}

GPtrArray *transcript_lines(const struct transcript *t, guint max)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	guint kept = t->first->len + t->last.length;
	guint head = max && kept > max ? max / 2 : t->first->len;
	guint tail_from = max && kept > max ? kept - (max - head) : t->first->len;
	guint64 gap = t->left_out + (tail_from - head);
	GList *node = t->last.head;

	for (guint i = 0; i < head; i++)
		g_ptr_array_add(lines, g_strdup(t->first->pdata[i]));
	if (gap)
		g_ptr_array_add(lines, g_strdup_printf("... [%" G_GUINT64_FORMAT " lines left out]", gap));
	for (guint i = head; i < t->first->len; i++)
		if (i >= tail_from)
			g_ptr_array_add(lines, g_strdup(t->first->pdata[i]));
	for (guint i = t->first->len; node; node = node->next, i++)
		if (i >= tail_from)
			g_ptr_array_add(lines, g_strdup(node->data));
	return lines;
}

const char *transcript_last_line(const struct transcript *t)
{
	for (GList *node = t->last.tail; node; node = node->prev)
		if (*(char *)node->data)
			return node->data;
	for (guint i = t->first->len; i-- > 0;)
		if (*(char *)t->first->pdata[i])
			return t->first->pdata[i];
	return NULL;
}
