/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "kinds.h"
#include "suppress.h"
#include "symbolize.h"
#include "terminal.h"
#include "text.h"

G_DEFINE_QUARK(limpid - suppress, suppress_error)

struct suppressions {
	GPtrArray *all; /* struct suppression */
};

static void suppression_free(gpointer data)
{
	struct suppression *s = data;

	g_free(s->name);
	g_free(s->kind);
	g_free(s->access);
	g_free(s->writer);
	g_free(s->root);
	g_free(s->fingerprint);
	g_free(s->reason);
	g_free(s->where);
	g_free(s);
}

struct suppressions *suppressions_new(void)
{
	struct suppressions *s = g_new0(struct suppressions, 1);

	s->all = g_ptr_array_new_with_free_func(suppression_free);
	return s;
}

void suppressions_free(struct suppressions *s)
{
	if (!s)
		return;
	g_ptr_array_unref(s->all);
	g_free(s);
}

/* --- reading --- */

struct parser {
	struct suppressions *to;
	const char *path;
	guint line;
	struct suppression *open; /* the block that the line is in */
};

static gboolean wrong(const struct parser *p, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

static gboolean wrong(const struct parser *p, GError **error, const char *format, ...)
{
	g_autofree char *text = NULL, *safe = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	safe = text_neutral(text, strlen(text));
	g_set_error(error, SUPPRESS_ERROR, SUPPRESS_ERROR_FILE, "%s:%u: %s", p->path, p->line, safe);
	return FALSE;
}

static gboolean kind_exists(const char *glob)
{
	for (const struct kind *k = kinds; k->name; k++)
		if (g_pattern_match_simple(glob, k->name))
			return TRUE;
	return FALSE;
}

static gboolean close_block(struct parser *p, GError **error)
{
	const struct suppression *s = p->open;

	if (!s->name)
		return wrong(p, error, "the block has no name: it follows the {");
	if (!s->kind)
		return wrong(p, error, "'%s' has no kind", s->name);
	if (!s->access && !s->writer && !s->root && !s->fingerprint)
		return wrong(
			p, error, "'%s' has none of access, writer, root, fingerprint: * matches everything", s->name);
	if (!s->reason)
		return wrong(p, error, "'%s' has no reason: say why the finding is not to be reported", s->name);
	p->open = NULL;
	return TRUE;
}

static gboolean take_kind(struct parser *p, const char *value, GError **error)
{
	const char *near;

	if (kind_exists(value))
		return TRUE;
	near = kind_nearest(value);
	return wrong(p, error, "there is no kind '%s'%s%s%s", value, near ? ": did you mean " : "", near ? near : "",
		near ? "?" : "; see limpid explain");
}

static gboolean take_line(struct parser *p, char *line, GError **error)
{
	struct suppression *s = p->open;
	const struct {
		const char *key;
		char **to;
	} keys[] = {{"kind", &s->kind}, {"access", &s->access}, {"writer", &s->writer}, {"root", &s->root},
		{"fingerprint", &s->fingerprint}, {"reason", &s->reason}};
	char *colon = strchr(line, ':'), *value;

	if (!s->name) {
		s->name = text_neutral(line, strlen(line));
		return TRUE;
	}
	if (!colon)
		return wrong(p, error, "'%s' is not of the form 'key: value'", line);
	*colon = '\0';
	value = g_strstrip(colon + 1);
	g_strchomp(line);
	for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
		if (strcmp(keys[i].key, line) != 0)
			continue;
		if (*keys[i].to)
			return wrong(p, error, "'%s' is there twice", line);
		if (!*value)
			return strcmp(line, "reason") != 0
				       ? wrong(p, error, "'%s' has no value", line)
				       : wrong(p, error,
						 "'%s' has no reason: say why the finding is not to be reported",
						 s->name);
		if (strcmp(line, "kind") == 0 && !take_kind(p, value, error))
			return FALSE;
		*keys[i].to = text_neutral(value, strlen(value));
		return TRUE;
	}
	return wrong(p, error, "unknown key '%s': known are kind, access, writer, root, fingerprint, reason", line);
}

static gboolean parse_line(struct parser *p, char *line, GError **error)
{
	gboolean closes;
	gsize len;

	g_strstrip(line);
	if (!*line || *line == '#')
		return TRUE;
	if (*line == '{') {
		if (p->open)
			return wrong(p, error, "a block within a block: is a } missing before?");
		p->open = g_new0(struct suppression, 1);
		p->open->where = g_strdup_printf("%s:%u", p->path, p->line);
		g_ptr_array_add(p->to->all, p->open);
		line = g_strchug(line + 1);
	} else if (!p->open) {
		return wrong(p, error, "'%s' is outside of a block: { NAME begins one", line);
	}
	len = strlen(line);
	closes = len && line[len - 1] == '}';
	if (closes)
		line[len - 1] = '\0';
	g_strchomp(line);
	return (!*line || take_line(p, line, error)) && (!closes || close_block(p, error));
}

gboolean suppressions_read(struct suppressions *s, const char *path, GError **error)
{
	struct parser p = {.to = s, .path = path};
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	g_autoptr(GError) why = NULL;

	if (!g_file_get_contents(path, &text, NULL, &why)) {
		g_set_error(error, SUPPRESS_ERROR, SUPPRESS_ERROR_FILE, "--suppress: %s", why->message);
		return FALSE;
	}
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		p.line++;
		if (!parse_line(&p, *line, error))
			return FALSE;
	}
	return !p.open || wrong(&p, error, "the block of %s is not closed: } is missing", p.open->where);
}

/* --- matching --- */

static gboolean matches(const char *glob, const GPtrArray *frames)
{
	gboolean file = g_str_has_prefix(glob, "file:");

	if (file)
		glob += strlen("file:");
	for (guint i = 0; frames && i < frames->len; i++) {
		const struct frame *frame = frames->pdata[i];

		if (g_pattern_match_simple(glob, file ? frame->file ?: "" : frame->function))
			return TRUE;
	}
	return !frames && strcmp(glob, "*") == 0;
}

const struct suppression *suppressions_match(struct suppressions *all, const struct suppressible *finding)
{
	for (guint i = 0; all && i < all->all->len; i++) {
		struct suppression *s = all->all->pdata[i];

		if (!g_pattern_match_simple(s->kind, finding->kind) ||
			(s->access && !matches(s->access, finding->access)) ||
			(s->writer && !matches(s->writer, finding->writer)) ||
			(s->root && !g_pattern_match_simple(s->root, finding->root)) ||
			(s->fingerprint && strcmp(s->fingerprint, finding->fingerprint) != 0))
			continue;
		s->used++;
		return s;
	}
	return NULL;
}

void suppressions_tell_unused(const struct suppressions *all)
{
	for (guint i = 0; i < all->all->len; i++) {
		const struct suppression *s = all->all->pdata[i];

		if (!s->used)
			terminal_complain("%s: suppression '%s' matched nothing", s->where, s->name);
	}
}

/* The function itself, not what is inlined in it: compilers change their minds about that. */
static const char *outer_function(const GPtrArray *frames)
{
	return frames ? ((struct frame *)frames->pdata[frames->len - 1])->function : NULL;
}

char *suppression_for(const struct suppressible *finding, guint number)
{
	GString *out = g_string_new(NULL);
	const char *reader = outer_function(finding->access), *by = outer_function(finding->writer);

	g_string_append_printf(out, "{ %s-%u\n  kind: %s\n", finding->kind, number, finding->kind);
	if (finding->root)
		g_string_append_printf(out, "  root: %s\n", finding->root);
	if (!finding->root && reader)
		g_string_append_printf(out, "  access: %s\n", reader);
	if (!finding->root && by)
		g_string_append_printf(out, "  writer: %s\n", by);
	if (!finding->root && !reader && !by)
		g_string_append_printf(out, "  fingerprint: %s\n", finding->fingerprint);
	g_string_append(out, "  reason:\n}\n");
	return g_string_free(out, FALSE);
}
