/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limpid list: what tests there are and what each needs, from the ELF file, without booting it. */
#include <stdio.h>

#include "catalog.h"
#include "jsonl.h"
#include "paths.h"
#include "terminal.h"
#include "verb.h"

const struct option list_options[] = {
	{"image", 0, OPTION_TEXT, "FILE", OPTION_CONFIG, NULL, "LIMPID_IMAGE", 0, 0,
		"the image's ELF file; default: that of this limpid"},
	{"json", 0, OPTION_FLAG, NULL, 0, "false", NULL, 0, 0, "JSON, an object a line"},
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
	} else {
		show(tests);
	}
	catalog_free(catalog);
	return tests ? STATUS_PASSED : STATUS_NOTHING;
}
