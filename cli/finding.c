/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

#include "finding.h"
#include "text.h"

#define LINE_MAX_BYTES (64u << 10)
#define FILE_MAX_BYTES (256u << 20)
#define FINDINGS_MAX   100000u
#define NESTING_MAX    8
#define TEXT_MAX       2000 /* bytes kept of a text */
#define TEXTS_MAX      64
#define STACK_MAX      64

const char *level_name(enum severity_level level)
{
	static const char *const names[] = {"note", "warning", "error"};

	return names[level];
}

static void actor_clear(struct actor *actor)
{
	g_free(actor->attributes);
}

void finding_free(struct finding *f)
{
	if (!f)
		return;
	g_free(f->kind);
	g_free(f->rule);
	g_free(f->text);
	g_free(f->remedy);
	g_free(f->done);
	g_free(f->assumption);
	g_free(f->reg);
	g_free(f->root);
	g_free(f->how);
	g_free(f->space);
	g_free(f->got);
	actor_clear(&f->access);
	actor_clear(&f->writer);
	actor_clear(&f->before);
	g_ptr_array_unref(f->may_be);
	g_array_unref(f->stack);
	g_free(f);
}

/* --- values; the first thing that is wrong stays in @problem --- */

static void complain(char **problem, const char *name, const char *want)
{
	if (!*problem)
		*problem = g_strdup_printf("\"%s\" is not %s", name, want);
}

static JsonNode *member(JsonObject *o, const char *name)
{
	return o ? json_object_get_member(o, name) : NULL;
}

static char *neutral(const char *text)
{
	return text_neutral(text, MIN(strlen(text), TEXT_MAX));
}

static char *text_of(JsonObject *o, const char *name, char **problem)
{
	JsonNode *node = member(o, name);

	if (!node || JSON_NODE_HOLDS_NULL(node))
		return NULL;
	if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING)
		return neutral(json_node_get_string(node));
	complain(problem, name, "a text");
	return NULL;
}

/* A number, or its hexadecimal text "0x..."; 0 when there is none. */
static guint64 number_in(JsonNode *node, const char *name, guint64 max, char **problem)
{
	guint64 value = 0;
	gboolean ok = FALSE;

	if (!node || JSON_NODE_HOLDS_NULL(node))
		return 0;
	if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64) {
		gint64 number = json_node_get_int(node);

		ok = number >= 0;
		value = number;
	} else if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING) {
		const char *text = json_node_get_string(node);

		ok = g_str_has_prefix(text, "0x") &&
		     g_ascii_string_to_unsigned(text + 2, 16, 0, G_MAXUINT64, &value, NULL);
	}
	if (ok && value <= max)
		return value;
	complain(problem, name, "a number that makes sense");
	return 0;
}

static guint64 number_of(JsonObject *o, const char *name, guint64 max, char **problem)
{
	return number_in(member(o, name), name, max, problem);
}

static gboolean flag_of(JsonObject *o, const char *name, gboolean otherwise, char **problem)
{
	JsonNode *node = member(o, name);

	if (!node)
		return otherwise;
	if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_BOOLEAN)
		return json_node_get_boolean(node);
	complain(problem, name, "true or false");
	return otherwise;
}

static JsonArray *array_of(JsonObject *o, const char *name, char **problem)
{
	JsonNode *node = member(o, name);

	if (!node)
		return NULL;
	if (JSON_NODE_HOLDS_ARRAY(node))
		return json_node_get_array(node);
	complain(problem, name, "a list");
	return NULL;
}

static void read_texts(JsonObject *o, const char *name, GPtrArray *texts, char **problem)
{
	JsonArray *array = array_of(o, name, problem);

	for (guint i = 0; array && i < MIN(json_array_get_length(array), TEXTS_MAX); i++) {
		JsonNode *node = json_array_get_element(array, i);

		if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING)
			g_ptr_array_add(texts, neutral(json_node_get_string(node)));
		else
			complain(problem, name, "a list of texts");
	}
}

/* Pairs of hexadecimal digits, or of question marks. */
static gboolean is_bytes(const char *text)
{
	for (; *text; text += 2)
		if (!(g_ascii_isxdigit(text[0]) && g_ascii_isxdigit(text[1])) && !(text[0] == '?' && text[1] == '?'))
			return FALSE;
	return TRUE;
}

static void read_actor(JsonObject *o, struct actor *actor, char **problem)
{
	actor->known = TRUE;
	actor->pc = number_of(o, "pc", G_MAXUINT64, problem);
	actor->va = number_of(o, "va", G_MAXUINT64, problem);
	actor->link = number_of(o, "link", G_MAXUINT64, problem);
	actor->cpu = number_of(o, "cpu", 4095, problem);
	actor->el = number_of(o, "el", 3, problem);
	actor->mmu = flag_of(o, "mmu", TRUE, problem);
	actor->attributes = text_of(o, "attributes", problem);
}

static void read_other_actor(JsonObject *o, const char *name, struct actor *actor, char **problem)
{
	JsonNode *node = member(o, name);

	if (node && JSON_NODE_HOLDS_OBJECT(node))
		read_actor(json_node_get_object(node), actor, problem);
	else if (node && !JSON_NODE_HOLDS_NULL(node))
		complain(problem, name, "an object");
}

static void read_values(JsonObject *o, struct finding *f, char **problem)
{
	JsonArray *stack = array_of(o, "stack", problem);

	f->got = text_of(o, "got", problem);
	if (f->got && !is_bytes(f->got))
		complain(problem, "got", "bytes");
	read_texts(o, "may_be", f->may_be, problem);
	for (guint i = 0; i < f->may_be->len; i++)
		if (!is_bytes(f->may_be->pdata[i]))
			complain(problem, "may_be", "a list of bytes");
	for (guint i = 0; stack && i < MIN(json_array_get_length(stack), STACK_MAX); i++) {
		guint64 address = number_in(json_array_get_element(stack, i), "stack", G_MAXUINT64, problem);

		g_array_append_val(f->stack, address);
	}
}

static gboolean read_level(const char *name, enum severity_level *level)
{
	for (*level = LEVEL_NOTE; *level <= LEVEL_ERROR; (*level)++)
		if (g_strcmp0(name, level_name(*level)) == 0)
			return TRUE;
	return FALSE;
}

static struct finding *read_object(JsonObject *o, char **problem)
{
	struct finding *f = g_new0(struct finding, 1);
	g_autofree char *severity = text_of(o, "severity", problem);

	f->may_be = g_ptr_array_new_with_free_func(g_free);
	f->stack = g_array_new(FALSE, FALSE, sizeof(guint64));
	f->kind = text_of(o, "kind", problem);
	if (!f->kind || !*f->kind || f->kind[strspn(f->kind, "abcdefghijklmnopqrstuvwxyz-")])
		complain(problem, "kind", "a name in small letters");
	if (!read_level(severity, &f->level))
		complain(problem, "severity", "error, warning or note");
	f->id = number_of(o, "id", G_MAXUINT32, problem);
	f->count = member(o, "count") ? number_of(o, "count", G_MAXINT64, problem) : 1;
	f->rule = text_of(o, "rule", problem);
	f->text = text_of(o, "text", problem);
	f->remedy = text_of(o, "remedy", problem);
	f->done = text_of(o, "done", problem);
	f->assumption = text_of(o, "assumption", problem);
	f->reg = text_of(o, "register", problem);
	f->root = text_of(o, "root", problem);
	f->how = text_of(o, "access", problem);
	f->space = text_of(o, "space", problem);
	f->pa = number_of(o, "pa", G_MAXUINT64, problem);
	f->size = number_of(o, "size", 4096, problem);
	f->may_be_pa = number_of(o, "may_be_pa", G_MAXUINT64, problem);
	read_actor(o, &f->access, problem);
	read_other_actor(o, "writer", &f->writer, problem);
	read_other_actor(o, "before", &f->before, problem);
	read_values(o, f, problem);
	if (!*problem)
		return f;
	finding_free(f);
	return NULL;
}

/* The parser recurses: it must not be led deep down. */
static gboolean is_shallow(const char *line)
{
	gint depth = 0;
	gboolean in_string = FALSE;

	for (; *line; line++) {
		if (in_string && *line == '\\' && line[1])
			line++;
		else if (*line == '"')
			in_string = !in_string;
		else if (!in_string && (*line == '{' || *line == '['))
			depth++;
		else if (!in_string && (*line == '}' || *line == ']'))
			depth--;
		if (depth > NESTING_MAX)
			return FALSE;
	}
	return TRUE;
}

static JsonNode *read_json(const char *line, gsize len, char **problem)
{
	g_autoptr(GError) error = NULL;
	JsonNode *node;

	/* What is valid has no NUL either. */
	if (len > LINE_MAX_BYTES || !g_utf8_validate(line, len, NULL) || !is_shallow(line)) {
		*problem = g_strdup("it is no line that the plugin writes");
		return NULL;
	}
	node = json_from_string(line, &error);
	if (node && JSON_NODE_HOLDS_OBJECT(node))
		return node;
	*problem = error ? neutral(error->message) : g_strdup("it is not a JSON object");
	if (node)
		json_node_unref(node);
	return NULL;
}

struct finding *finding_read(const char *line, gsize len, char **problem)
{
	g_autofree char *copy = g_strndup(line, len);
	JsonNode *node;
	struct finding *f;

	*problem = NULL;
	if (!(node = read_json(copy, len, problem)))
		return NULL;
	f = read_object(json_node_get_object(node), problem);
	json_node_unref(node);
	return f;
}

/* --- files --- */

struct reader {
	struct evidence *evidence;
	GHashTable *by_id; /* id to index in findings, plus 1 */
	guint line;
};

static void take_finding(struct reader *r, struct finding *f)
{
	GPtrArray *findings = r->evidence->findings;
	guint known = f->id ? GPOINTER_TO_UINT(g_hash_table_lookup(r->by_id, GUINT_TO_POINTER((guint)f->id))) : 0;

	if (known) {
		struct finding *first = findings->pdata[known - 1];

		/* The stack is that of the first time: later there is none. */
		if (!f->stack->len) {
			g_array_unref(f->stack);
			f->stack = g_array_ref(first->stack);
		}
		finding_free(first);
		findings->pdata[known - 1] = f;
		return;
	}
	g_ptr_array_add(findings, f);
	g_hash_table_insert(r->by_id, GUINT_TO_POINTER((guint)f->id), GUINT_TO_POINTER(findings->len));
}

static void read_seen(struct seen *seen, JsonObject *end, char **problem)
{
	JsonNode *node = member(end, "seen");
	JsonObject *o = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;

	if (node && !o)
		complain(problem, "seen", "an object");
	seen->known = o != NULL;
	seen->switches = number_of(o, "switches", G_MAXINT64, problem);
	seen->dc = number_of(o, "dc", G_MAXINT64, problem);
	seen->set_way = number_of(o, "set_way", G_MAXINT64, problem);
	seen->ic = number_of(o, "ic", G_MAXINT64, problem);
	seen->tlbi = number_of(o, "tlbi", G_MAXINT64, problem);
	seen->barriers = number_of(o, "barriers", G_MAXINT64, problem);
	seen->register_writes = number_of(o, "register_writes", G_MAXINT64, problem);
}

/* Rules that we do not know are a newer plugin's. */
static void read_coverage(struct coverage *coverage, JsonObject *end, char **problem)
{
	JsonNode *node = member(end, "rules");
	JsonObject *o = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;

	if (node && !o)
		complain(problem, "rules", "an object");
	coverage->known = o != NULL;
	for (guint i = 0; i < RULES; i++)
		coverage->times[i] = number_of(o, rules[i].id, G_MAXINT64, problem);
}

/* False: the rest is not worth reading. */
static gboolean take_line(struct reader *r, const char *line, gsize len)
{
	struct evidence *e = r->evidence;
	g_autofree char *problem = NULL;
	g_autofree char *copy = g_strndup(line, len);
	JsonNode *node = e->whole ? NULL : read_json(copy, len, &problem);
	JsonObject *o = node ? json_node_get_object(node) : NULL;

	r->line++;
	if (e->whole) {
		problem = g_strdup("it comes after the end line");
	} else if (o && flag_of(o, "end", FALSE, &problem)) {
		e->whole = TRUE;
		e->initial = text_of(o, "initial", &problem);
		read_seen(&e->seen, o, &problem);
		read_coverage(&e->coverage, o, &problem);
		read_texts(o, "notices", e->notices, &problem);
	} else if (o && !problem) {
		struct finding *f = read_object(o, &problem);

		if (f && e->findings->len >= FINDINGS_MAX) {
			finding_free(f);
			problem = g_strdup_printf("there are more than %u findings", FINDINGS_MAX);
		} else if (f) {
			take_finding(r, f);
		}
	}
	if (node)
		json_node_unref(node);
	if (problem)
		e->problem = g_strdup_printf("line %u: %s", r->line, problem);
	return !problem;
}

struct evidence *evidence_read(const char *path)
{
	struct evidence *e = g_new0(struct evidence, 1);
	struct reader reader = {e, g_hash_table_new(NULL, NULL), 0};
	g_autoptr(GString) line = g_string_new(NULL);
	FILE *file = fopen(path, "re");
	guint64 total = 0;
	gboolean going = TRUE;
	char buffer[65536];
	gsize n;

	e->findings = g_ptr_array_new_with_free_func((GDestroyNotify)finding_free);
	e->notices = g_ptr_array_new_with_free_func(g_free);
	if (!file)
		e->problem = g_strdup(g_strerror(errno));
	while (file && going && (n = fread(buffer, 1, sizeof(buffer), file)) > 0) {
		const char *p = buffer, *end = buffer + n;

		total += n;
		while (going && p < end) {
			const char *newline = memchr(p, '\n', end - p);
			const char *stop = newline ? newline : end;

			/* One byte more than may be, so that what is too long is seen to be. */
			g_string_append_len(line, p, MIN((gsize)(stop - p), LINE_MAX_BYTES + 1 - line->len));
			p = stop + 1;
			if (!newline)
				break;
			going = take_line(&reader, line->str, line->len);
			g_string_truncate(line, 0);
		}
		if (going && total > FILE_MAX_BYTES) {
			e->problem = g_strdup_printf("it is longer than %u MiB", FILE_MAX_BYTES >> 20);
			going = FALSE;
		}
	}
	if (file && going && ferror(file))
		e->problem = g_strdup(g_strerror(errno));
	/* A line without its end is one that was being written when the machine was killed: that is not whole. */
	if (file && going && line->len)
		e->whole = FALSE;
	if (file)
		fclose(file);
	g_hash_table_unref(reader.by_id);
	return e;
}

void evidence_free(struct evidence *e)
{
	if (!e)
		return;
	g_ptr_array_unref(e->findings);
	g_free(e->initial);
	g_ptr_array_unref(e->notices);
	g_free(e->problem);
	g_free(e);
}
