/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * golden - the sanitizer's reports of the bad twins, compared with those that are kept.
 *
 *   golden [--update] LIMPID IMAGE.elf DIR
 *
 * Runs all twins.bad_* under `limpid check`, those that the default CPU skips on an older one, masks in each report
 * what a build or a place in memory decides (addresses, offsets, who called, lines of the runtime), and compares it
 * with DIR/NAME.txt. Prints TAP, with a diff for what differs. --update writes the files in place of that.
 */
#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static G_NORETURN void die(const char *what, const GError *error)
{
	fprintf(stderr, "golden: %s%s%s\n", what, error ? ": " : "", error ? error->message : "");
	exit(2);
}

/* Standard output, in a locale of no surprises; @ok: it exited with 0. */
static char *run(const char *const *argv, gboolean *ok)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GSubprocess) child = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
	char *output = NULL;

	if (!child || !g_subprocess_communicate_utf8(child, NULL, NULL, &output, NULL, &error))
		die(argv[0], error);
	*ok = g_subprocess_get_if_exited(child) && g_subprocess_get_exit_status(child) == 0;
	return output;
}

/* Replaced in their order. */
static const struct {
	const char *pattern, *by;
} masks[] = {
	/* Who called depends on what the compiler inlines. */
	{"^ +(called from|  from) .*\\n", ""},
	{" = PA 0x[0-9a-f]+", " = PA 0x..."},
	{"\\+0x[0-9a-f]+", "+0x..."},
	{"\\b0x[0-9a-f]+", "0x..."},
	/* Descriptors. */
	{"^( +written: +)[0-9a-f]{2}( [0-9a-f]{2})*$", "\\1..."},
	{"(guest/[^:)]*):[0-9]+", "\\1"},
};

static char *normalize(const char *report)
{
	char *text = g_strdup(report);

	for (guint i = 0; i < G_N_ELEMENTS(masks); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GRegex) regex = g_regex_new(masks[i].pattern, G_REGEX_MULTILINE, 0, &error);
		char *next = regex ? g_regex_replace(regex, text, -1, 0, masks[i].by, 0, &error) : NULL;

		if (!next)
			die("a mask", error);
		g_free(text);
		text = next;
	}
	return text;
}

/* The reports by the name of the test that they are of, "" when it is of none or several. */
static GHashTable *reports_of(const char *output)
{
	static const char mark[] = "\n    in test:     ";
	GHashTable *reports = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_auto(GStrv) blocks = g_strsplit(output, "\n\n", -1);

	for (char **block = blocks; *block; block++) {
		const char *test = strstr(*block, mark);
		g_autofree char *body = NULL, *name = NULL, *old = NULL;

		if (!g_str_has_prefix(*block, "error: ") && !g_str_has_prefix(*block, "warning: "))
			continue;
		name = test ? g_strndup(test + strlen(mark), strcspn(test + strlen(mark), "\n")) : g_strdup("");
		body = normalize(*block);
		old = g_strdup(g_hash_table_lookup(reports, name) ?: "");
		g_hash_table_insert(reports, g_steal_pointer(&name), g_strconcat(old, body, "\n", NULL));
	}
	return reports;
}

/* The bad twins that have one of these results, "PASS|FAIL": those that were not skipped. */
static GPtrArray *twins_of(const char *output, const char *results)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *pattern = g_strdup_printf("^(?:%s) (twins\\.bad_\\w+)", results);
	g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_MULTILINE, 0, NULL);
	GMatchInfo *match;

	for (g_regex_match(regex, output, 0, &match); g_match_info_matches(match); g_match_info_next(match, NULL)) {
		char *name = g_match_info_fetch(match, 1);

		if (g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
			g_free(name);
		else
			g_ptr_array_add(names, name);
	}
	g_match_info_free(match);
	return names;
}

static char *file_of(const char *dir, const char *test)
{
	g_autofree char *base = g_strconcat(strrchr(test, '.') + 1, ".txt", NULL);

	return g_build_filename(dir, base, NULL);
}

static void print_diff(const char *path, const char *report)
{
	g_autofree char *new = NULL, *diff = NULL;
	g_auto(GStrv) lines = NULL;
	gboolean ok;
	int fd = g_file_open_tmp("golden-XXXXXX", &new, NULL);

	close(fd);
	g_file_set_contents(new, report, -1, NULL);
	diff = run((const char *[]){"diff", "-u", "--label", path, "--label", "now", path, new, NULL}, &ok);
	remove(new);
	lines = g_strsplit(g_strchomp(diff), "\n", -1);
	for (char **line = lines; *line; line++)
		printf("# %s\n", *line);
}

/* Files of twins that are no more. */
static guint complain_of_strangers(const char *dir, const GPtrArray *twins, gboolean update)
{
	g_autoptr(GDir) files = g_dir_open(dir, 0, NULL);
	const char *file;
	guint strangers = 0;

	while (files && (file = g_dir_read_name(files))) {
		g_autofree char *name = g_strdup_printf("twins.%.*s", (int)strcspn(file, "."), file);
		g_autofree char *path = g_build_filename(dir, file, NULL);

		if (g_ptr_array_find_with_equal_func((GPtrArray *)twins, name, g_str_equal, NULL))
			continue;
		strangers++;
		if (update)
			remove(path);
		else
			printf("# %s: there is no such twin\n", path);
	}
	return strangers;
}

/*
 * Output of `limpid check` on the bad twins; then of those that were skipped, on a CPU that has what they need: one
 * without what newer ones make unnecessary (CTR_EL0.IDC and DIC, FEAT_ETS2).
 */
static char *run_twins(const char *limpid, const char *image)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autoptr(GPtrArray) skipped = NULL;
	g_autofree char *first = NULL, *second = NULL;
	const char *const common[] = {limpid, "check", "--image", image, "--initial", "clean", "-v", "--jobs", "2"};
	gboolean ok;

	for (guint i = 0; i < G_N_ELEMENTS(common); i++)
		g_ptr_array_add(argv, (gpointer)common[i]);
	g_ptr_array_add(argv, (gpointer) "twins.bad_*");
	g_ptr_array_add(argv, NULL);
	first = run((const char *const *)argv->pdata, &ok);
	skipped = twins_of(first, "SKIP");
	if (!skipped->len)
		return g_steal_pointer(&first);
	g_ptr_array_set_size(argv, G_N_ELEMENTS(common));
	g_ptr_array_add(argv, (gpointer) "--cpu");
	g_ptr_array_add(argv, (gpointer) "cortex-a72");
	for (guint i = 0; i < skipped->len; i++)
		g_ptr_array_add(argv, skipped->pdata[i]);
	g_ptr_array_add(argv, NULL);
	second = run((const char *const *)argv->pdata, &ok);
	return g_strconcat(first, "\n\n", second, NULL);
}

int main(int argc, char **argv)
{
	gboolean update = argc > 1 && strcmp(argv[1], "--update") == 0;

	argv += update;
	if (argc - update != 4) {
		fprintf(stderr, "usage: golden [--update] LIMPID IMAGE.elf DIR\n");
		return 2;
	}

	const char *dir = argv[3];
	g_autofree char *output = run_twins(argv[1], argv[2]);
	g_autoptr(GHashTable) reports = reports_of(output);
	g_autoptr(GPtrArray) twins = twins_of(output, "PASS|FAIL");
	guint bad = 0;

	if (!twins->len)
		die("no twin ran", NULL);
	if (update && g_mkdir_with_parents(dir, 0777))
		die(dir, NULL);
	printf("1..%u\n", twins->len + 1);
	for (guint i = 0; i < twins->len; i++) {
		const char *test = twins->pdata[i], *report = g_hash_table_lookup(reports, test) ?: "";
		g_autofree char *path = file_of(dir, test), *kept = NULL;

		if (update && !g_file_set_contents(path, report, -1, NULL))
			die(path, NULL);
		g_file_get_contents(path, &kept, NULL, NULL);
		if (*report && kept && strcmp(kept, report) == 0) {
			printf("ok %u golden.%s\n", i + 1, strrchr(test, '.') + 1);
			continue;
		}
		bad++;
		if (!*report)
			printf("# no report of its own\n");
		else if (!kept)
			printf("# %s is not there: `make golden` writes it\n", path);
		else
			print_diff(path, report);
		printf("not ok %u golden.%s\n", i + 1, strrchr(test, '.') + 1);
	}
	if (complain_of_strangers(dir, twins, update) && !update)
		bad++, printf("not ok %u golden.strangers\n", twins->len + 1);
	else
		printf("ok %u golden.strangers\n", twins->len + 1);
	return bad ? 1 : 0;
}
