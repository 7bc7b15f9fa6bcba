/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <unistd.h>

#include "accounts.h"
#include "paths.h"
#include "sanitizer.h"
#include "terminal.h"

struct sanitizer {
	char *plugin;
	GPtrArray *options; /* char *: "initial=clean" */
	GPtrArray *symbols; /* const char *: --symbols */
	const char *sarif, *html;
	const char *inject;
	guint64 seed;
	gboolean gen_suppressions;
	gboolean wants_coverage;
	struct coverage coverage; /* of all machines */
	int exit_code;
	GString *initial;    /* what end lines said of it, each once */
	GHashTable *notices; /* what was told: how many machines had it to say */
	struct suppressions *suppressions;
	struct findings *findings;
};

static gboolean find_plugin(struct sanitizer *s, const struct settings *settings, GError **error)
{
	const char *chosen = settings_text(settings, "plugin");
	g_autofree char *found = paths_plugin();
	g_autofree char *path = g_canonicalize_filename(chosen ? chosen : found, NULL);

	if (access(path, R_OK) == 0) {
		s->plugin = g_steal_pointer(&path);
		return TRUE;
	}
	g_set_error(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE,
		"no plugin at %s: build it with `make`, or name it with --plugin FILE or LIMPID_PLUGIN", path);
	return FALSE;
}

/* The options that somebody chose; the plugin knows best about the others. */
static void take_options(struct sanitizer *s, const struct settings *settings)
{
	static const struct option model_options[] = {MODEL_OPTIONS, {NULL}};

	for (const struct option *o = model_options; o->name; o++) {
		const char *value = settings_text(settings, o->name);

		if (value)
			g_ptr_array_add(s->options, g_strdup_printf("%s=%s", o->name, value));
	}
}

struct sanitizer *sanitizer_new(const struct settings *settings, GError **error)
{
	struct sanitizer *s = g_new0(struct sanitizer, 1);
	const GPtrArray *files = settings_values(settings, "suppress"), *symbols = settings_values(settings, "symbols");
	gboolean ok;

	s->options = g_ptr_array_new_with_free_func(g_free);
	s->symbols = g_ptr_array_new_with_free_func(g_free);
	s->notices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	s->suppressions = suppressions_new();
	s->findings = findings_new(s->suppressions);
	s->sarif = settings_text(settings, "sarif");
	s->html = settings_text(settings, "html");
	s->gen_suppressions = settings_flag(settings, "gen-suppressions");
	s->wants_coverage = settings_flag(settings, "coverage");
	s->inject = settings_text(settings, "inject");
	s->seed = settings_uint(settings, "seed", 1);
	s->exit_code = settings_uint(settings, "error-exitcode", STATUS_FINDINGS);
	take_options(s, settings);
	for (guint i = 0; i < symbols->len; i++)
		g_ptr_array_add(s->symbols, g_strdup(((struct value *)symbols->pdata[i])->text));
	ok = find_plugin(s, settings, error);
	for (guint i = 0; ok && i < files->len; i++)
		ok = suppressions_read(s->suppressions, ((struct value *)files->pdata[i])->text, error);
	/* Now, and not after a long run. */
	if (ok) {
		struct loaded *loaded = sanitizer_loaded(s, error);

		ok = loaded != NULL;
		loaded_free(loaded);
	}
	if (ok)
		return s;
	sanitizer_free(s);
	return NULL;
}

void sanitizer_free(struct sanitizer *s)
{
	if (!s)
		return;
	findings_free(s->findings);
	suppressions_free(s->suppressions);
	g_ptr_array_unref(s->options);
	g_ptr_array_unref(s->symbols);
	g_hash_table_unref(s->notices);
	if (s->initial)
		g_string_free(s->initial, TRUE);
	g_free(s->plugin);
	g_free(s);
}

const char *sanitizer_inject(const struct sanitizer *s)
{
	return s->inject;
}

gboolean sanitizer_instrument(const struct sanitizer *s, const char *const *argv, const char *findings,
	const char *record, guint round, struct instrumented *out, GError **error)
{
	g_autoptr(GPtrArray) options = g_ptr_array_new_with_free_func(g_free);
	struct plugin plugin = {s->plugin, findings, record, options};

	for (guint i = 0; i < s->options->len; i++)
		g_ptr_array_add(options, g_strdup(s->options->pdata[i]));
	if (strcmp(s->inject, "none") != 0) {
		g_ptr_array_add(options, g_strdup_printf("inject=%s", s->inject));
		g_ptr_array_add(options, g_strdup_printf("seed=%" G_GUINT64_FORMAT, s->seed + round - 1));
	}
	return instrument(argv, &plugin, out, error);
}

struct loaded *sanitizer_loaded(const struct sanitizer *s, GError **error)
{
	struct loaded *loaded = loaded_new();

	for (guint i = 0; i < s->symbols->len; i++) {
		if (loaded_add(loaded, s->symbols->pdata[i], error))
			continue;
		loaded_free(loaded);
		return NULL;
	}
	return loaded;
}

GArray *evidence_addresses(const struct evidence *evidence)
{
	GArray *addresses = g_array_new(FALSE, FALSE, sizeof(guint64));

	for (guint i = 0; i < evidence->findings->len; i++) {
		const struct finding *f = evidence->findings->pdata[i];

		g_array_append_val(addresses, f->access.pc);
		if (f->writer.known)
			g_array_append_val(addresses, f->writer.pc);
	}
	return addresses;
}

/* Once: of many machines the first is named, the others are counted. What was injected is said of each. */
static void tell_notice(struct sanitizer *s, const char *text, const char *test)
{
	guint before = GPOINTER_TO_UINT(g_hash_table_lookup(s->notices, text));

	if (!before || strcmp(s->inject, "none") != 0)
		terminal_complain("%s%s%s", test ? test : "", test ? ": " : "", text);
	g_hash_table_insert(s->notices, g_strdup(text), GUINT_TO_POINTER(before + 1));
}

static void count_notices(const struct sanitizer *s)
{
	GHashTableIter all;
	gpointer text, times;

	g_hash_table_iter_init(&all, s->notices);
	while (g_hash_table_iter_next(&all, &text, &times))
		if (GPOINTER_TO_UINT(times) > 1 && strcmp(s->inject, "none") == 0)
			terminal_complain("in %u machines: %s", GPOINTER_TO_UINT(times), (char *)text);
}

gboolean sanitizer_take(struct sanitizer *s, struct evidence *evidence, struct loaded *loaded, const char *test,
	const struct expectation *expected, GPtrArray *seen, struct tally *tally)
{
	gboolean good = evidence->whole && !evidence->problem;

	if (evidence->problem)
		terminal_complain("%s%sthe sanitizer's findings cannot be read: %s", test ? test : "", test ? ": " : "",
			evidence->problem);
	else if (!evidence->whole)
		terminal_complain(
			"%s%sthe sanitizer's findings are cut short: the machine ended before the plugin could say "
			"that they are whole",
			test ? test : "", test ? ": " : "");
	if (evidence->initial && !s->initial)
		s->initial = g_string_new(evidence->initial);
	else if (evidence->initial && !strstr(s->initial->str, evidence->initial))
		g_string_append_printf(s->initial, ", %s", evidence->initial);
	for (guint i = 0; i < evidence->notices->len; i++)
		tell_notice(s, evidence->notices->pdata[i], test);
	coverage_add(&s->coverage, &evidence->coverage);
	*tally = findings_take(s->findings, evidence, loaded, test, expected, seen);
	return good;
}

const char *sanitizer_initial(const struct sanitizer *s)
{
	return s->initial ? s->initial->str : NULL;
}

const struct findings *sanitizer_findings(const struct sanitizer *s)
{
	return s->findings;
}

gboolean sanitizer_report(struct sanitizer *s, const char *title, FILE *json, gboolean with_expected)
{
	g_autoptr(GError) error = NULL;
	gboolean ok;

	if (json)
		account_json(s->findings, json);
	if (json && s->wants_coverage)
		coverage_json(&s->coverage, json);
	if (with_expected && findings_roots(s->findings, TRUE)->len) {
		terminal_print(stdout, "\n%sExpected: the test is there to make it.%s\n",
			terminal_colour(stdout, COLOUR_BOLD), terminal_plain(stdout));
		account_print(s->findings, TRUE);
	}
	account_print(s->findings, FALSE);
	if (s->gen_suppressions)
		account_suppressions(s->findings);
	suppressions_tell_unused(s->suppressions);
	count_notices(s);
	if (s->wants_coverage)
		coverage_print(&s->coverage);
	ok = !s->sarif || account_sarif(s->findings, s->sarif, &error);
	ok = ok && (!s->html || account_html(s->findings, title, s->html, &error));
	if (!ok)
		terminal_complain("%s", error->message);
	return ok;
}

int sanitizer_status(const struct sanitizer *s, int status)
{
	struct tally t = findings_tally(s->findings);

	return status == STATUS_PASSED && t.errors + t.warnings ? s->exit_code : status;
}
