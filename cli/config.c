/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "config.h"
#include "expected_failures.h"
#include "pattern.h"
#include "text.h"

#define PROFILE "profile "

struct config {
	char *path; /* NULL: no file */
	char *text;
	GKeyFile *keys;
	const struct option *table;
	GPtrArray *expectations; /* struct expected_failure */
};

void config_free(struct config *c)
{
	if (!c)
		return;
	g_free(c->path);
	g_free(c->text);
	g_key_file_unref(c->keys);
	g_ptr_array_unref(c->expectations);
	g_free(c);
}

const char *config_path(const struct config *c)
{
	return c->path;
}

/* The line of a key, or of the group's header when @key is NULL. GKeyFile does not say, so look again. */
static guint line_of(const struct config *c, const char *group, const char *key)
{
	g_auto(GStrv) lines = g_strsplit(c->text, "\n", -1);
	g_autofree char *header = g_strdup_printf("[%s]", group);
	gboolean inside = FALSE;
	guint found = 0;

	for (guint i = 0; lines[i]; i++) {
		char *line = g_strstrip(lines[i]), *equals;

		if (*line == '[') {
			inside = strcmp(line, header) == 0;
			if (inside && !key)
				return i + 1;
			continue;
		}
		equals = strchr(line, '=');
		if (!inside || !key || *line == '#' || !equals)
			continue;
		*equals = '\0';
		/* The last one counts. */
		if (strcmp(g_strchomp(line), key) == 0)
			found = i + 1;
	}
	return found;
}

/* The line that GKeyFile could not parse: it comes first where the text no longer loads up to there. */
static guint bad_line(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GString) so_far = g_string_new(NULL);

	for (guint i = 0; lines[i]; i++) {
		g_autoptr(GKeyFile) keys = g_key_file_new();

		g_string_append_printf(so_far, "%s\n", lines[i]);
		if (!g_key_file_load_from_data(keys, so_far->str, so_far->len, G_KEY_FILE_NONE, NULL))
			return i + 1;
	}
	return 1;
}

static gboolean apply(
	const struct config *c, const char *group, struct settings *settings, enum origin origin, GError **error)
{
	g_auto(GStrv) keys = g_key_file_get_keys(c->keys, group, NULL, NULL);

	for (char **key = keys; key && *key; key++) {
		const struct option *option = option_find(settings_table(settings), *key);
		g_autofree char *where = g_strdup_printf("%s:%u [%s]", c->path, line_of(c, group, *key), group);
		g_autofree char *text = g_key_file_get_string(c->keys, group, *key, error);

		if (!text) {
			g_prefix_error(error, "%s: ", where);
			return FALSE;
		}
		if (option && !settings_set(settings, option, g_strstrip(text), origin, where, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean read_expected_failure(const struct config *c, const char *group, GError **error)
{
	g_auto(GStrv) keys = g_key_file_get_keys(c->keys, group, NULL, NULL);
	struct expected_failure *e = g_new0(struct expected_failure, 1);

	g_ptr_array_add(c->expectations, e);
	e->pattern = g_strdup(group + strlen(EXPECTED_FAILURE));
	e->where = g_strdup_printf("%s:%u", c->path, line_of(c, group, NULL));
	for (char **key = keys; *key; key++) {
		g_autofree char *text = g_key_file_get_string(c->keys, group, *key, error), *wrong = NULL;

		if (!text)
			return FALSE;
		if (!expected_failure_set(e, *key, g_strstrip(text), &wrong)) {
			g_set_error(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE, "%s:%u: %s", c->path,
				line_of(c, group, *key), wrong);
			return FALSE;
		}
	}
	if (e->reason)
		return TRUE;
	g_set_error(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE, "%s: [%s] gives no reason", e->where, group);
	return FALSE;
}

const GPtrArray *config_expected_failures(const struct config *c)
{
	return c->expectations;
}

static gboolean check_group(const struct config *c, const char *group, GError **error)
{
	gboolean profile = g_str_has_prefix(group, PROFILE);
	g_auto(GStrv) keys = g_key_file_get_keys(c->keys, group, NULL, NULL);

	if (g_str_has_prefix(group, EXPECTED_FAILURE))
		return read_expected_failure(c, group, error);
	if (!profile && strcmp(group, "run") != 0) {
		g_set_error(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE,
			"%s:%u: unknown group [%s]: there are [run], [profile NAME] and [expected-failure TEST]",
			c->path, line_of(c, group, NULL), group);
		return FALSE;
	}
	for (char **key = keys; *key; key++) {
		const struct option *option = option_find(c->table, *key);
		const char *near = option ? NULL : option_nearest(c->table, *key);

		if (!option || !(option->flags & OPTION_CONFIG)) {
			g_set_error(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE, "%s:%u: unknown key '%s'%s%s%s", c->path,
				line_of(c, group, *key), *key, near ? ": did you mean " : "", near ? near : "",
				near ? "?" : "");
			return FALSE;
		}
		if (profile && !(option->flags & OPTION_MACHINE)) {
			g_set_error(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE,
				"%s:%u: '%s' is no property of a machine: it belongs in [run]", c->path,
				line_of(c, group, *key), *key);
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean check(const struct config *c, GError **error)
{
	g_auto(GStrv) groups = g_key_file_get_groups(c->keys, NULL);

	for (char **group = groups; *group; group++) {
		struct settings *scratch = settings_new(c->table);
		gboolean ok =
			check_group(c, *group, error) && (g_str_has_prefix(*group, EXPECTED_FAILURE) ||
								 apply(c, *group, scratch, ORIGIN_RUN_GROUP, error));

		settings_free(scratch);
		if (!ok)
			return FALSE;
	}
	return TRUE;
}

static char *find_file(void)
{
	g_autofree char *home = g_build_filename(g_get_user_config_dir(), "limpid", "limpid.conf", NULL);

	if (g_file_test("limpid.conf", G_FILE_TEST_EXISTS))
		return g_strdup("limpid.conf");
	return g_file_test(home, G_FILE_TEST_EXISTS) ? g_steal_pointer(&home) : NULL;
}

struct config *config_read(const char *path, const struct option *table, GError **error)
{
	struct config *c = g_new0(struct config, 1);
	gsize len = 0;
	GError *bad = NULL;

	c->path = path ? g_strdup(path) : find_file();
	c->keys = g_key_file_new();
	c->table = table;
	c->expectations = g_ptr_array_new_with_free_func(expected_failure_free);
	if (!c->path)
		return c;
	if (!g_file_get_contents(c->path, &c->text, &len, error)) {
		config_free(c);
		return NULL;
	}
	if (!g_key_file_load_from_data(c->keys, c->text, len, G_KEY_FILE_NONE, &bad)) {
		/* An empty file is no error. */
		if (g_error_matches(bad, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_NOT_FOUND)) {
			g_clear_error(&bad);
			return c;
		}
		g_set_error(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE, "%s:%u: %s", c->path, bad_line(c->text),
			bad->message);
		g_clear_error(&bad);
		config_free(c);
		return NULL;
	}
	if (check(c, error))
		return c;
	config_free(c);
	return NULL;
}

gboolean config_apply_run(const struct config *c, struct settings *settings, GError **error)
{
	return apply(c, "run", settings, ORIGIN_RUN_GROUP, error);
}

gboolean config_apply_profile(const struct config *c, const char *profile, struct settings *settings, GError **error)
{
	g_autofree char *group = g_strconcat(PROFILE, profile, NULL);

	return apply(c, group, settings, ORIGIN_PROFILE, error);
}

GPtrArray *config_profiles(const struct config *c, const char *pattern, GError **error)
{
	GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_auto(GStrv) groups = g_key_file_get_groups(c->keys, NULL);
	const char *near;
	g_autofree char *shown = NULL;

	for (char **group = groups; *group; group++) {
		const char *name = *group + strlen(PROFILE);

		if (!g_str_has_prefix(*group, PROFILE))
			continue;
		g_ptr_array_add(names, (char *)name);
		if (strpbrk(pattern, "*?") ? pattern_match(pattern, name) : strcmp(pattern, name) == 0)
			g_ptr_array_add(found, g_strdup(name));
	}
	if (found->len)
		return found;
	g_ptr_array_unref(found);
	g_ptr_array_add(names, NULL);
	near = text_nearest(pattern, (const char *const *)names->pdata);
	shown = text_neutral(pattern, strlen(pattern));
	if (!c->path)
		g_set_error(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE,
			"no profile '%s': there is no limpid.conf here nor in %s/limpid", shown,
			g_get_user_config_dir());
	else
		g_set_error(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE, "no profile '%s' in %s%s%s%s", shown, c->path,
			near ? ": did you mean " : "", near ? near : "", near ? "?" : "");
	return NULL;
}
