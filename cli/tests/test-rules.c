/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of rules against what is there: its kinds, the tests of the built image, and the sanitizer's reports of the
 * deliberate mistakes, tests/golden. Runs where the sources are.
 */
#include <string.h>

#include "../catalog.h"
#include "../kinds.h"
#include "../rules.h"

#define GOLDEN "tests/golden"

static struct catalog *catalog;

static void words_exist(gconstpointer data)
{
	const struct rule *r = data;
	const char *without;
	g_auto(GStrv) kind = g_strsplit(r->kinds, " ", -1), twin = rule_twins(r, &without);

	g_assert_true(*r->statement && !g_str_has_suffix(r->statement, "."));
	g_assert_true(*r->counted && *r->source && *kind);
	for (char **k = kind; *k; k++)
		if (!kind_find(*k))
			g_error("%s: there is no kind '%s'", r->id, *k);
	for (char **t = twin; *t; t++) {
		g_autofree char *name = g_strconcat("twins.", *t, NULL);

		if (!catalog_find(catalog, name))
			g_error("%s: there is no test %s", r->id, name);
	}
	if (!*twin && !without)
		g_error("%s: neither twins nor why there are none", r->id);
}

static gboolean has_twin(const struct rule *r, const char *name)
{
	const char *without;
	g_auto(GStrv) all = rule_twins(r, &without);

	return g_strv_contains((const char *const *)all, name);
}

static gboolean has_word(const char *words, const char *word)
{
	g_auto(GStrv) all = g_strsplit(words, " ", -1);

	return g_strv_contains((const char *const *)all, word);
}

/* Between @before and one of @ends, behind @from; to be freed. NULL: it is not there. */
static char *between(const char *from, const char *before, const char *ends)
{
	const char *at = strstr(from, before);

	return at ? g_strndup(at + strlen(before), strcspn(at + strlen(before), ends)) : NULL;
}

/* A report names rules: those say that this test breaks them, with this kind. */
static void report_is_known(const char *name, const char *text)
{
	g_autofree char *kind = between(text, ": ", ":"), *named = between(text, "    rule:        ", ";");
	g_auto(GStrv) ids = g_strsplit(named ? named : "none", "/", -1);

	for (char **id = ids; *id; id++) {
		const struct rule *r = rule_find(*id);

		if (!r)
			g_error("%s: rule %s is not in the table", name, *id);
		if (!has_twin(r, name))
			g_error("%s: the twins of rule %s are without it", name, *id);
		if (!has_word(r->kinds, kind))
			g_error("%s: the kinds of rule %s are without %s", name, *id, kind);
	}
}

static void reports_are_known(void)
{
	g_autoptr(GDir) files = g_dir_open(GOLDEN, 0, NULL);
	const char *file;
	guint count = 0;

	g_assert_nonnull(files);
	while ((file = g_dir_read_name(files))) {
		g_autofree char *path = g_build_filename(GOLDEN, file, NULL), *text = NULL;
		g_autofree char *name = g_strndup(file, strcspn(file, "."));

		g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
		report_is_known(name, text);
		count++;
	}
	g_assert_cmpuint(count, >, 60);
}

/* Whoever is there to make a mistake breaks some rule. */
static void mistakes_are_known(void)
{
	for (guint i = 0; i < catalog->tests->len; i++) {
		const struct test *t = catalog->tests->pdata[i];
		gboolean found = !g_str_has_prefix(t->name, "twins.bad_");

		for (guint k = 0; k < RULES && !found; k++)
			found = has_twin(&rules[k], t->name + strlen("twins."));
		if (!found)
			g_error("%s: no rule of sanitizer/model/rules.def names it", t->name);
	}
}

int main(int argc, char **argv)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL), *here = g_path_get_dirname(self);
	g_autofree char *image = g_canonicalize_filename("../../arm64/limpid.elf", here);
	g_autoptr(GError) error = NULL;
	int result;

	g_test_init(&argc, &argv, NULL);
	catalog = catalog_read(image, &error);
	g_assert_no_error(error);
	for (guint i = 0; i < RULES; i++) {
		g_autofree char *path = g_strdup_printf("/rules/%s", rules[i].id);

		g_test_add_data_func(path, &rules[i], words_exist);
	}
	g_test_add_func("/rules/reports", reports_are_known);
	g_test_add_func("/rules/mistakes", mistakes_are_known);
	result = g_test_run();
	catalog_free(catalog);
	return result;
}
