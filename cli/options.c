/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GOption is not used: it has no -j4, no "near" names, no origins, and the help, the configuration file and the
 * reproduction lines need the table anyway.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "options.h"
#include "text.h"

G_DEFINE_QUARK(limpid - options, options_error)

struct settings {
	const struct option *table;
	GPtrArray **values; /* for each entry of the table, of struct value */
};

static void value_free(gpointer data)
{
	struct value *value = data;

	g_free(value->text);
	g_free(value->where);
	g_free(value);
}

static void append(struct settings *s, gsize index, const char *text, enum origin origin, const char *where)
{
	struct value *value = g_new(struct value, 1);

	*value = (struct value){g_strdup(text), origin, g_strdup(where)};
	g_ptr_array_add(s->values[index], value);
}

static gsize table_length(const struct option *table)
{
	gsize n = 0;

	while (table[n].name)
		n++;
	return n;
}

struct settings *settings_new(const struct option *table)
{
	struct settings *s = g_new(struct settings, 1);
	gsize n = table_length(table);

	*s = (struct settings){table, g_new(GPtrArray *, n)};
	for (gsize i = 0; i < n; i++) {
		s->values[i] = g_ptr_array_new_with_free_func(value_free);
		if (table[i].initial)
			append(s, i, table[i].initial, ORIGIN_BUILT_IN, NULL);
	}
	return s;
}

struct settings *settings_copy(const struct settings *from)
{
	struct settings *s = settings_new(from->table);

	for (gsize i = 0; from->table[i].name; i++) {
		g_ptr_array_set_size(s->values[i], 0);
		for (guint v = 0; v < from->values[i]->len; v++) {
			const struct value *value = from->values[i]->pdata[v];

			append(s, i, value->text, value->origin, value->where);
		}
	}
	return s;
}

void settings_free(struct settings *s)
{
	if (!s)
		return;
	for (gsize i = 0; s->table[i].name; i++)
		g_ptr_array_unref(s->values[i]);
	g_free(s->values);
	g_free(s);
}

const struct option *settings_table(const struct settings *s)
{
	return s->table;
}

const struct option *option_find(const struct option *table, const char *name)
{
	for (; table->name; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

const char *option_nearest(const struct option *table, const char *name)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (; table->name; table++)
		g_ptr_array_add(names, (char *)table->name);
	g_ptr_array_add(names, NULL);
	return text_nearest(name, (const char *const *)names->pdata);
}

/* What is wrong with @text as a value of @o, or NULL. */
static char *complaint(const struct option *o, const char *text)
{
	guint64 number;

	switch (o->kind) {
	case OPTION_FLAG:
		if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
			return g_strdup("true or false");
		break;
	case OPTION_TEXT:
		break;
	case OPTION_UINT:
		if (!text_to_uint(text, o->min, o->max ? o->max : G_MAXUINT32, &number)) {
			if (o->max)
				return g_strdup_printf(
					"a number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, o->min, o->max);
			return g_strdup_printf("a number, at least %" G_GUINT64_FORMAT, o->min);
		}
		break;
	case OPTION_SECONDS: {
		char *end;
		double seconds = g_ascii_strtod(text, &end);

		if (!g_ascii_isdigit(text[0]) || *end || !isfinite(seconds) || seconds <= 0 || seconds > 1e6)
			return g_strdup("a number of seconds above 0");
		break;
	}
	case OPTION_MIB:
		if (!text_to_mib(text, &number))
			return g_strdup("a size in MiB or with M or G behind it: 256, 64M, 2G");
		break;
	case OPTION_CHOICE: {
		g_auto(GStrv) choices = g_strsplit(o->arg, "|", -1);

		for (char **c = choices; *c; c++)
			if (strcmp(*c, text) == 0 || (g_ascii_isupper(**c) && *text))
				return NULL;
		return g_strdelimit(g_strdup(o->arg), "|", ' ');
	}
	}
	return NULL;
}

gboolean settings_set(struct settings *s, const struct option *o, const char *text, enum origin origin,
	const char *where, GError **error)
{
	GPtrArray *values = s->values[o - s->table];
	g_autofree char *wanted = complaint(o, text);

	if (wanted) {
		g_autofree char *shown = text_neutral(text, strlen(text));
		const char *from = origin == ORIGIN_COMMAND_LINE ? "" : where ? where : "";

		g_set_error(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE, "%s%s%s%s: '%s' is not %s%s", from,
			*from ? ": " : "", origin == ORIGIN_COMMAND_LINE ? "--" : "", o->name, shown,
			o->kind == OPTION_CHOICE ? "one of: " : "", wanted);
		return FALSE;
	}
	if (!(o->flags & OPTION_REPEAT))
		g_ptr_array_set_size(values, 0);
	append(s, o - s->table, text, origin, where);
	return TRUE;
}

gboolean settings_read_environment(struct settings *s, GError **error)
{
	for (const struct option *o = s->table; o->name; o++) {
		const char *text = o->env ? g_getenv(o->env) : NULL;

		if (text && *text && !settings_set(s, o, text, ORIGIN_ENVIRONMENT, o->env, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean read_long(struct settings *s, char ***argv, GError **error)
{
	const char *word = **argv + 2, *equals = strchr(word, '=');
	g_autofree char *name = equals ? g_strndup(word, equals - word) : g_strdup(word);
	const struct option *o = option_find(s->table, name);
	const char *text = equals ? equals + 1 : NULL;

	if (!o && g_str_has_prefix(name, "no-")) {
		o = option_find(s->table, name + 3);
		if (o && o->kind == OPTION_FLAG && !equals)
			return settings_set(s, o, "false", ORIGIN_COMMAND_LINE, NULL, error);
		o = NULL;
	}
	if (!o) {
		const char *near = option_nearest(s->table, name);
		g_autofree char *shown = text_neutral(name, strlen(name));

		g_set_error(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE, "unknown option --%s%s%s%s", shown,
			near ? ": did you mean --" : "", near ? near : "", near ? "?" : "");
		return FALSE;
	}
	if (o->kind == OPTION_FLAG && !text)
		text = "true";
	if (!text) {
		text = (*argv)[1];
		if (!text) {
			g_set_error(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE, "--%s needs a value: %s", name, o->arg);
			return FALSE;
		}
		(*argv)++;
	}
	return settings_set(s, o, text, ORIGIN_COMMAND_LINE, NULL, error);
}

/* A bundle: flags, and at its end perhaps an option with its value, in this word ("-j4") or the next. */
static gboolean read_short(struct settings *s, char ***argv, GError **error)
{
	for (const char *p = **argv + 1; *p; p++) {
		const struct option *o = s->table;
		const char *text = "true";

		while (o->name && o->letter != *p)
			o++;
		if (!o->name) {
			g_autofree char *shown = text_neutral(p, strlen(p));

			g_set_error(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE, "unknown option -%s", shown);
			return FALSE;
		}
		if (o->kind != OPTION_FLAG) {
			text = p[1] ? p + 1 : *++*argv;
			if (!text) {
				(*argv)--;
				g_set_error(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE, "-%c needs a value: %s",
					o->letter, o->arg);
				return FALSE;
			}
			return settings_set(s, o, text, ORIGIN_COMMAND_LINE, NULL, error);
		}
		if (!settings_set(s, o, text, ORIGIN_COMMAND_LINE, NULL, error))
			return FALSE;
	}
	return TRUE;
}

gboolean settings_read_argv(struct settings *s, char **argv, GPtrArray *operands, GPtrArray *rest, GError **error)
{
	for (; *argv; argv++) {
		if (strcmp(*argv, "--") == 0) {
			while (*++argv)
				g_ptr_array_add(rest ? rest : operands, g_strdup(*argv));
			return TRUE;
		}
		if (g_str_has_prefix(*argv, "--")) {
			if (!read_long(s, &argv, error))
				return FALSE;
		} else if (**argv == '-' && (*argv)[1]) {
			if (!read_short(s, &argv, error))
				return FALSE;
		} else {
			g_ptr_array_add(operands, g_strdup(*argv));
		}
	}
	return TRUE;
}

static gsize index_of(const struct settings *s, const char *name)
{
	const struct option *o = option_find(s->table, name);

	if (!o)
		g_error("no option is called %s", name);
	return o - s->table;
}

const GPtrArray *settings_values(const struct settings *s, const char *name)
{
	return s->values[index_of(s, name)];
}

static const struct value *last_value(const struct settings *s, const char *name)
{
	const GPtrArray *values = settings_values(s, name);

	return values->len ? values->pdata[values->len - 1] : NULL;
}

const char *settings_text(const struct settings *s, const char *name)
{
	const struct value *value = last_value(s, name);

	return value ? value->text : NULL;
}

gboolean settings_flag(const struct settings *s, const char *name)
{
	return g_strcmp0(settings_text(s, name), "true") == 0;
}

guint64 settings_uint(const struct settings *s, const char *name, guint64 otherwise)
{
	const char *text = settings_text(s, name);

	return text ? g_ascii_strtoull(text, NULL, 10) : otherwise;
}

double settings_seconds(const struct settings *s, const char *name)
{
	const char *text = settings_text(s, name);

	return text ? g_ascii_strtod(text, NULL) : 0;
}

guint64 settings_mib(const struct settings *s, const char *name, guint64 otherwise)
{
	const char *text = settings_text(s, name);
	guint64 mib = otherwise;

	if (text)
		text_to_mib(text, &mib);
	return mib;
}

enum origin settings_origin(const struct settings *s, const char *name)
{
	const struct value *value = last_value(s, name);

	return value ? value->origin : ORIGIN_BUILT_IN;
}

gboolean settings_is_chosen(const struct settings *s, const char *name)
{
	return settings_origin(s, name) != ORIGIN_BUILT_IN;
}

char *settings_describe(const struct settings *s, unsigned with_flags)
{
	static const char *const names[] = {"built in", "limpid.conf [run]", "profile", "environment", "command line"};
	GString *out = g_string_new(NULL);

	for (gsize i = 0; s->table[i].name; i++) {
		const GPtrArray *values = s->values[i];

		if (!(s->table[i].flags & with_flags))
			continue;
		if (!values->len)
			g_string_append_printf(out, "%-15s                           # not set\n", s->table[i].name);
		for (guint v = 0; v < values->len; v++) {
			const struct value *value = values->pdata[v];
			g_autofree char *text = text_neutral(value->text, strlen(value->text));

			g_string_append_printf(out, "%-15s = %-23s # %s\n", s->table[i].name, text,
				value->where ? value->where : names[value->origin]);
		}
	}
	return g_string_free(out, FALSE);
}

char *options_help(const struct option *table)
{
	GString *out = g_string_new(NULL);

	for (const struct option *o = table; o->name; o++) {
		g_autoptr(GString) left = g_string_new("  ");
		g_auto(GStrv) lines = g_strsplit(o->help, "\n", -1);
		const guint column = 30;

		if (o->letter)
			g_string_append_printf(left, "-%c, ", o->letter);
		else
			g_string_append(left, "    ");
		g_string_append_printf(left, "--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
		g_string_append(out, left->str);
		if (left->len + 2 > column)
			g_string_append_printf(out, "\n%*s", (int)column, "");
		else
			g_string_append_printf(out, "%*s", (int)(column - left->len), "");
		for (guint l = 0; lines[l]; l++)
			g_string_append_printf(out, "%s%*s%s", l ? "\n" : "", l ? (int)column : 0, "", lines[l]);
		if (o->initial && o->kind != OPTION_FLAG)
			g_string_append_printf(out, " [%s]", o->initial);
		if (o->env)
			g_string_append_printf(out, " [$%s]", o->env);
		g_string_append_c(out, '\n');
	}
	return g_string_free(out, FALSE);
}
