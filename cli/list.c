/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limpid list: what tests there are and what each needs, from the ELF file, without booting it. */
#include <stdio.h>
#include <string.h>

#include "catalog.h"
#include "jsonl.h"
#include "paths.h"
#include "terminal.h"
#include "verb.h"

const struct option list_options[] = {
	{"image", 0, OPTION_TEXT, "FILE", OPTION_CONFIG, NULL, "LIMPID_IMAGE", 0, 0,
		"the image's ELF file; default: that of this limpid"},
	{"json", 0, OPTION_FLAG, NULL, 0, "false", NULL, 0, 0, "JSON, an object a line"},
	{"markdown", 0, OPTION_FLAG, NULL, 0, "false", NULL, 0, 0,
		"tables with the sources, as in docs/reference/tests.md"},
	COMMON_OPTIONS,
};

static char *requirements(const struct test *t)
{
	GString *text = g_string_new(t->needs);

	if (t->cpus > 1)
		g_string_append_printf(text, "%scpus=%u", text->len ? " " : "", t->cpus);
	if (t->mem_mib)
		g_string_append_printf(text, "%smem=%uM", text->len ? " " : "", t->mem_mib);
	if (t->flags & TEST_SLOW)
		g_string_append_printf(text, "%sslow", text->len ? " " : "");
	if (t->flags & TEST_ENDS)
		g_string_append_printf(text, "%sends", text->len ? " " : "");
	return g_string_free(text, FALSE);
}

static void show(const GPtrArray *tests)
{
	guint name_width = 0, needs_width = 0;

	for (guint i = 0; i < tests->len; i++) {
		const struct test *t = tests->pdata[i];
		g_autofree char *needs = requirements(t);

		name_width = MAX(name_width, g_utf8_strlen(t->name, -1));
		needs_width = MAX(needs_width, g_utf8_strlen(needs, -1));
	}
	for (guint i = 0; i < tests->len; i++) {
		const struct test *t = tests->pdata[i];
		g_autofree char *needs = requirements(t);
		g_autofree char *line =
			g_strdup_printf("%-*s  %-*s  %s", (int)name_width, t->name, (int)needs_width, needs, t->doc);

		terminal_print(stdout, "%s\n", g_strchomp(line));
	}
}

/* --- as a page --- */

/* Text for a cell: nothing of it is markup. */
static char *cell_text(const char *text)
{
	GString *out = g_string_new(NULL);

	for (; *text; text++) {
		if (strchr("|<>*`[]\\", *text))
			g_string_append_c(out, '\\');
		g_string_append_c(out, *text);
	}
	return g_string_free(out, FALSE);
}

static guint machine_number(GPtrArray *machines, const char *qemu)
{
	guint index;

	if (!g_ptr_array_find_with_equal_func(machines, qemu, g_str_equal, &index)) {
		index = machines->len;
		g_ptr_array_add(machines, (char *)qemu);
	}
	return index + 1;
}

static void show_row(const struct test *t, GPtrArray *machines)
{
	g_autofree char *needs = requirements(t), *doc = cell_text(t->doc), *source = cell_text(t->source);

	terminal_print(stdout, "| `%s` | %s | %s", t->name, doc, needs);
	if (*t->qemu)
		terminal_print(stdout, "%smachine %u", *needs ? ", " : "", machine_number(machines, t->qemu));
	terminal_print(stdout, " | %s |\n", source);
}

/* A suite is what stands in one file; its title is the first part of its names. */
static void show_markdown(const GPtrArray *tests)
{
	g_autoptr(GPtrArray) machines = g_ptr_array_new();
	const char *file = NULL;

	terminal_print(stdout, "# The tests\n\n"
			       "Written by `limpid list --markdown` from the image; `make tests-page` writes it anew. "
			       "What a test needs and "
			       "the\nmachine has not is a skip with the reason.\n");
	for (guint i = 0; i < tests->len; i++) {
		const struct test *t = tests->pdata[i];

		if (g_strcmp0(file, t->file) != 0)
			terminal_print(
				stdout, "\n## %s\n\n| test | holds | needs | source |\n|---|---|---|---|\n", t->file);
		file = t->file;
		show_row(t, machines);
	}
	if (machines->len)
		terminal_print(stdout, "\n## Machines\n\nWhat such a test has on QEMU's command line besides:\n\n");
	for (guint i = 0; i < machines->len; i++)
		terminal_print(stdout, "%u. `%s`\n", i + 1, (char *)machines->pdata[i]);
}

enum status verb_list(const struct invocation *call)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *fallback = paths_image(), *unmatched = NULL;
	const char *image = settings_text(call->settings, "image");
	struct catalog *catalog = catalog_read(image ? image : fallback, &error);
	g_autoptr(GPtrArray) tests = NULL;

	if (!catalog) {
		terminal_complain("%s", error->message);
		return STATUS_USAGE;
	}
	tests = catalog_select(catalog, call->operands, &unmatched);
	if (!tests) {
		terminal_complain("%s", unmatched);
	} else if (settings_flag(call->settings, "json")) {
		for (guint i = 0; i < tests->len; i++)
			jsonl_test(stdout, tests->pdata[i]);
	} else if (settings_flag(call->settings, "markdown")) {
		show_markdown(tests);
	} else {
		show(tests);
	}
	catalog_free(catalog);
	return tests ? STATUS_PASSED : STATUS_NOTHING;
}
