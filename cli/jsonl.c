/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-glib/json-glib.h>

#include "jsonl.h"

static void member_text(JsonBuilder *b, const char *name, const char *text)
{
	if (!text || !*text)
		return;
	json_builder_set_member_name(b, name);
	json_builder_add_string_value(b, text);
}

static void member_int(JsonBuilder *b, const char *name, gint64 value)
{
	json_builder_set_member_name(b, name);
	json_builder_add_int_value(b, value);
}

/* Ends the object, writes it as a line and frees the builder. */
static void write_line(FILE *file, JsonBuilder *b)
{
	g_autoptr(JsonGenerator) generator = json_generator_new();
	JsonNode *root;
	g_autofree char *text = NULL;

	json_builder_end_object(b);
	root = json_builder_get_root(b);
	json_generator_set_root(generator, root);
	text = json_generator_to_data(generator, NULL);
	fprintf(file, "%s\n", text);
	fflush(file);
	json_node_unref(root);
	g_object_unref(b);
}

static JsonBuilder *begin(const char *type)
{
	JsonBuilder *b = json_builder_new();

	json_builder_begin_object(b);
	member_text(b, "type", type);
	return b;
}

static void member_place(JsonBuilder *b, const struct test *t)
{
	if (!t || !*t->file)
		return;
	member_text(b, "file", t->file);
	member_int(b, "line", t->line);
}

void jsonl_add(FILE *file, const struct entry *e)
{
	JsonBuilder *b = begin("result");

	member_text(b, "name", e->result->name);
	member_text(b, "verdict", verdict_name(e->result->verdict));
	member_text(b, "reason", e->result->reason);
	member_text(b, "profile", e->label);
	if (e->seconds >= 0)
		member_int(b, "time_us", (gint64)(e->seconds * 1e6));
	if (e->result->guest_us >= 0)
		member_int(b, "guest_us", e->result->guest_us);
	if (e->rounds > 1)
		member_int(b, "round", e->round);
	member_place(b, e->test);
	if (e->lines && e->lines->len) {
		json_builder_set_member_name(b, "output");
		json_builder_begin_array(b);
		for (guint i = 0; i < e->lines->len; i++)
			json_builder_add_string_value(b, e->lines->pdata[i]);
		json_builder_end_array(b);
	}
	member_text(b, "reproduce", e->reproduce);
	member_text(b, "same_boot", e->same_boot);
	member_text(b, "command", e->command);
	write_line(file, b);
}

void jsonl_finish(FILE *file, const struct report *report)
{
	JsonBuilder *b = begin("summary");

	member_int(b, "passed", report_passed(report));
	member_int(b, "failed", report_failed(report));
	member_int(b, "skipped", report_skipped(report));
	member_int(b, "fail", report_count(report, VERDICT_FAIL));
	member_int(b, "error", report_count(report, VERDICT_ERROR));
	member_int(b, "timeout", report_count(report, VERDICT_TIMEOUT));
	member_int(b, "xfail", report_expected(report));
	write_line(file, b);
}

void jsonl_test(FILE *file, const struct test *t)
{
	JsonBuilder *b = begin("test");

	member_text(b, "name", t->name);
	member_text(b, "doc", t->doc);
	member_text(b, "needs", t->needs);
	member_int(b, "cpus", t->cpus);
	if (t->mem_mib)
		member_int(b, "mem_mib", t->mem_mib);
	if (t->timeout_s)
		member_int(b, "timeout_s", t->timeout_s);
	member_text(b, "qemu", t->qemu);
	member_text(b, "source", t->source);
	json_builder_set_member_name(b, "slow");
	json_builder_add_boolean_value(b, (t->flags & TEST_SLOW) != 0);
	json_builder_set_member_name(b, "report");
	json_builder_add_boolean_value(b, (t->flags & TEST_REPORT) != 0);
	json_builder_set_member_name(b, "ends");
	json_builder_add_boolean_value(b, (t->flags & TEST_ENDS) != 0);
	member_place(b, t);
	write_line(file, b);
}
