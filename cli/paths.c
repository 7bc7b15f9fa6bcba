/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib.h>

#include "paths.h"

#ifndef LIMPID_PREFIX
#define LIMPID_PREFIX "/usr/local"
#endif

/* The first of the places of @in_tree and @installed that exists. */
static char *find(const char *in_tree, const char *installed)
{
	g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *dir = program ? g_path_get_dirname(program) : g_strdup(".");
	g_autofree char *prefix = g_path_get_dirname(dir);
	/* The prefix that it runs from comes before the one that it was configured for: packages get moved. */
	char *places[] = {
		g_build_filename(dir, in_tree, NULL),
		g_build_filename(prefix, "lib", "limpid", installed, NULL),
		g_build_filename(LIMPID_PREFIX, "lib", "limpid", installed, NULL),
	};
	char *found = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
		if (!found && g_file_test(places[i], G_FILE_TEST_EXISTS))
			found = g_strdup(places[i]);
	}
	if (!found)
		found = g_strdup(places[0]);
	for (guint i = 0; i < G_N_ELEMENTS(places); i++)
		g_free(places[i]);
	return found;
}

char *paths_image(void)
{
	return find("arm64/limpid.elf", "limpid.elf");
}

char *paths_plugin(void)
{
	return find("sanitizer/liblimpid-check.so", "liblimpid-check.so");
}

char *paths_sdk(void)
{
	return find("arm64/sdk", "sdk");
}
