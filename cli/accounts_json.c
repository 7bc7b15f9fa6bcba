/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings as JSON lines and as SARIF. */
#include <errno.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "accounts.h"
#include "kinds.h"

#ifndef LIMPID_VERSION
#define LIMPID_VERSION "0"
#endif

static void add_text(JsonBuilder *b, const char *name, const char *text)
{
	if (!text || !*text)
		return;
	json_builder_set_member_name(b, name);
	json_builder_add_string_value(b, text);
}

static void add_int(JsonBuilder *b, const char *name, gint64 value)
{
	json_builder_set_member_name(b, name);
	json_builder_add_int_value(b, value);
}

static void add_flag(JsonBuilder *b, const char *name, gboolean value)
{
	json_builder_set_member_name(b, name);
	json_builder_add_boolean_value(b, value);
}

static void add_address(JsonBuilder *b, const char *name, guint64 address)
{
	g_autofree char *text = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", address);

	add_text(b, name, text);
}

static void begin(JsonBuilder *b, const char *name)
{
	if (name)
		json_builder_set_member_name(b, name);
	json_builder_begin_object(b);
}

static void begin_list(JsonBuilder *b, const char *name)
{
	json_builder_set_member_name(b, name);
	json_builder_begin_array(b);
}

static void add_texts(JsonBuilder *b, const char *name, const GPtrArray *texts)
{
	if (!texts->len)
		return;
	begin_list(b, name);
	for (guint i = 0; i < texts->len; i++)
		json_builder_add_string_value(b, texts->pdata[i]);
	json_builder_end_array(b);
}

/* Ends the object, and gives its text. */
static char *finish(JsonBuilder *b, gboolean pretty)
{
	g_autoptr(JsonGenerator) generator = json_generator_new();
	JsonNode *root;
	char *text;

	json_builder_end_object(b);
	root = json_builder_get_root(b);
	json_generator_set_root(generator, root);
	json_generator_set_pretty(generator, pretty);
	text = json_generator_to_data(generator, NULL);
	json_node_unref(root);
	g_object_unref(b);
	return text;
}

/* --- lines --- */

/* pc, symbol, file, line, cpu, el, mmu, va, attributes, stack */
static void add_actor(JsonBuilder *b, const struct actor *actor, const struct place *place)
{
	const struct frame *frame = place_frame(place);

	add_int(b, "cpu", actor->cpu);
	add_int(b, "el", actor->el);
	add_address(b, "pc", actor->pc);
	if (frame) {
		const struct frame *outer = place->frames->pdata[place->frames->len - 1];
		g_autofree char *symbol =
			g_strdup_printf("%s+0x%" G_GINT64_MODIFIER "x", outer->function, outer->offset);

		add_text(b, "symbol", symbol);
		if (frame != outer)
			add_text(b, "inlined", frame->function);
		add_text(b, "file", frame->file);
		if (frame->line)
			add_int(b, "line", frame->line);
	}
	add_flag(b, "mmu", actor->mmu);
	if (actor->va)
		add_address(b, "va", actor->va);
	add_text(b, "attributes", actor->attributes);
	add_texts(b, "stack", place->stack);
}

static void add_known(JsonBuilder *b, const struct known *k)
{
	const struct finding *f = k->finding;

	add_text(b, "type", "finding");
	add_text(b, "kind", f->kind);
	add_text(b, "severity", level_name(f->level));
	add_actor(b, &f->access, &k->access);
	if (f->how) {
		add_text(b, "access", f->how);
		/* A translation has no size, and none that leads nowhere has a PA. */
		if (f->pa || f->size)
			add_address(b, "pa", f->pa);
		add_text(b, "space", f->space);
		if (f->size)
			add_int(b, "size", f->size);
	}
	add_text(b, "object", k->object);
	add_text(b, "got", f->got);
	add_texts(b, "may_be", f->may_be);
	if (f->may_be_pa)
		add_address(b, "may_be_pa", f->may_be_pa);
	if (f->writer.known) {
		begin(b, "writer");
		add_actor(b, &f->writer, &k->writer);
		add_text(b, "object", k->writer_object);
		json_builder_end_object(b);
	}
	if (f->before.known) {
		begin(b, "before");
		add_actor(b, &f->before, &k->before);
		json_builder_end_object(b);
	}
	add_text(b, "register", f->reg);
	add_text(b, "text", f->text);
	add_text(b, "done", f->done);
	add_text(b, "remedy", f->remedy);
	add_text(b, "rule", f->rule);
	add_text(b, "assumption", f->assumption);
	add_text(b, "root", k->root);
	add_text(b, "fingerprint", k->fingerprint);
	add_int(b, "count", f->count);
	add_texts(b, "tests", k->tests);
	if (k->expected)
		add_flag(b, "expected", TRUE);
	if (k->suppressed) {
		add_text(b, "suppressed", k->suppressed->name);
		add_text(b, "reason", k->suppressed->reason);
	}
}

static void put_line(FILE *file, JsonBuilder *b)
{
	g_autofree char *text = finish(b, FALSE);

	fprintf(file, "%s\n", text);
	fflush(file);
}

void account_json(const struct findings *findings, FILE *file)
{
	const GPtrArray *all = findings_all(findings);

	for (guint i = 0; i < all->len; i++) {
		JsonBuilder *b = json_builder_new();

		json_builder_begin_object(b);
		add_known(b, all->pdata[i]);
		put_line(file, b);
	}
}

void account_json_summary(const struct findings *findings, const char *initial, const struct seen *seen, FILE *file)
{
	struct tally t = findings_tally(findings);
	JsonBuilder *b = json_builder_new();

	json_builder_begin_object(b);
	add_text(b, "type", "summary");
	add_int(b, "findings", t.errors + t.warnings);
	add_int(b, "errors", t.errors);
	add_int(b, "warnings", t.warnings);
	add_int(b, "notes", t.notes);
	add_int(b, "suppressed", t.suppressed);
	if (initial)
		add_text(b, "initial", initial);
	if (seen->known) {
		begin(b, "seen");
		add_int(b, "switches", seen->switches);
		add_int(b, "dc", seen->dc);
		add_int(b, "set_way", seen->set_way);
		add_int(b, "ic", seen->ic);
		add_int(b, "tlbi", seen->tlbi);
		add_int(b, "barriers", seen->barriers);
		add_int(b, "register_writes", seen->register_writes);
		json_builder_end_object(b);
	}
	put_line(file, b);
}

/* --- SARIF --- */

static void add_message(JsonBuilder *b, const char *name, const char *text)
{
	begin(b, name);
	add_text(b, "text", text);
	json_builder_end_object(b);
}

static void add_location(JsonBuilder *b, const struct actor *actor, const struct place *place, const char *message)
{
	const struct frame *frame = place_frame(place);
	g_autofree char *where = place_describe(place, actor->pc);

	begin(b, NULL);
	if (frame && frame->file) {
		/* A relative reference, in which nothing but the characters of paths stands for itself. */
		g_autofree char *uri = g_uri_escape_string(frame->file, "/", FALSE);
		g_autofree char *whole = *frame->file == '/' ? g_strconcat("file://", uri, NULL) : g_strdup(uri);

		begin(b, "physicalLocation");
		begin(b, "artifactLocation");
		add_text(b, "uri", whole);
		json_builder_end_object(b);
		if (frame->line > 0) {
			begin(b, "region");
			add_int(b, "startLine", frame->line);
			json_builder_end_object(b);
		}
		json_builder_end_object(b);
	}
	begin_list(b, "logicalLocations");
	begin(b, NULL);
	add_text(b, "fullyQualifiedName", where);
	if (frame) {
		add_text(b, "name", frame->function);
		add_text(b, "kind", "function");
	}
	json_builder_end_object(b);
	json_builder_end_array(b);
	if (message)
		add_message(b, "message", message);
	json_builder_end_object(b);
}

static void add_result(JsonBuilder *b, const struct known *k)
{
	const struct finding *f = k->finding;
	g_autofree char *text =
		g_strdup_printf("%s%s%s", f->text ?: f->kind, f->remedy ? ". Missing: " : "", f->remedy ?: "");

	begin(b, NULL);
	add_text(b, "ruleId", f->kind);
	for (gint64 i = 0; kinds[i].name; i++)
		if (strcmp(kinds[i].name, f->kind) == 0)
			add_int(b, "ruleIndex", i);
	add_text(b, "level", level_name(f->level));
	add_message(b, "message", text);
	begin_list(b, "locations");
	add_location(b, &f->access, &k->access, NULL);
	json_builder_end_array(b);
	if (f->writer.known) {
		begin_list(b, "relatedLocations");
		add_location(b, &f->writer, &k->writer,
			f->reg ? "the register was written here" : "the value was written here");
		json_builder_end_array(b);
	}
	begin(b, "partialFingerprints");
	add_text(b, "limpid/v1", k->fingerprint);
	json_builder_end_object(b);
	if (f->count)
		add_int(b, "occurrenceCount", MIN(f->count, G_MAXINT32));
	if (k->suppressed || k->expected) {
		begin_list(b, "suppressions");
		begin(b, NULL);
		add_text(b, "kind", "external");
		add_text(b, "justification", k->suppressed ? k->suppressed->reason : "the test is there to make it");
		json_builder_end_object(b);
		json_builder_end_array(b);
	}
	begin(b, "properties");
	add_known(b, k);
	json_builder_end_object(b);
	json_builder_end_object(b);
}

static void add_rule(JsonBuilder *b, const struct kind *k)
{
	g_autofree char *help = g_strdup_printf("%s\n\nWrong:\n%s\n\nRight:\n%s\n\nRemedy: %s\n\nSource: %s", k->why,
		k->bad, k->good, k->remedy, k->source);

	begin(b, NULL);
	add_text(b, "id", k->name);
	add_message(b, "shortDescription", k->summary);
	add_message(b, "fullDescription", k->hardware);
	add_message(b, "help", help);
	json_builder_end_object(b);
}

static gboolean write_file(const char *path, const char *text, GError **error)
{
	FILE *file = fopen(path, "we");
	gboolean ok = file && fputs(text, file) >= 0;

	ok = file && fclose(file) == 0 && ok;
	if (!ok)
		g_set_error(
			error, ACCOUNTS_ERROR, ACCOUNTS_ERROR_FILE, "%s: cannot write it: %s", path, g_strerror(errno));
	return ok;
}

gboolean account_sarif(const struct findings *findings, const char *path, GError **error)
{
	JsonBuilder *b = json_builder_new();
	const GPtrArray *all = findings_all(findings);
	g_autofree char *text = NULL;

	json_builder_begin_object(b);
	add_text(b, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	add_text(b, "version", "2.1.0");
	begin_list(b, "runs");
	begin(b, NULL);
	begin(b, "tool");
	begin(b, "driver");
	add_text(b, "name", "limpid");
	add_text(b, "semanticVersion", LIMPID_VERSION);
	begin_list(b, "rules");
	for (const struct kind *k = kinds; k->name; k++)
		add_rule(b, k);
	json_builder_end_array(b);
	json_builder_end_object(b);
	json_builder_end_object(b);
	begin_list(b, "results");
	for (guint i = 0; i < all->len; i++)
		add_result(b, all->pdata[i]);
	json_builder_end_array(b);
	json_builder_end_object(b);
	json_builder_end_array(b);
	text = finish(b, TRUE);
	return write_file(path, text, error);
}
