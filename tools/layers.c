/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layers - checks that the parts of the project know only what they may: each file's includes against a table.
 *
 * Prints TAP: a test for each row. Run in the top folder.
 */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct layer {
	const char *folder;
	const char *why;
	const char *forbidden[6]; /* how an include may not begin */
};

static const struct layer layers[] = {
	{"guest/core", "portable", {"arch/", "../arch", "../../arch", "glib"}},
	{"guest/firmware", "portable", {"arch/", "../arch", "../../arch", "glib"}},
	{"guest/mmu", "portable", {"arch/", "../arch", "../../arch", "glib"}},
	{"guest/include", "what a test includes is no part of the runtime's inside", {"../", "glib", "stdlib", "stdio"}},
	{"guest/arch/arm64", "the guest knows nothing of the host", {"glib", "../../../cli", "../../../sanitizer"}},
	{"tests", "tests use the public headers", {"../", "guest/", "glib", "stdlib", "stdio"}},
	{"cli", "the command knows the guest by its console and its ELF file", {"limpid/", "../guest", "guest/", "arch/"}},
	{"sanitizer/model", "plain C, without QEMU and the guest", {"limpid/", "arch/", "glib", "../qemu", "qemu"}},
};

static unsigned int tests;
static gboolean failed;

/* The name in a line that includes something, or NULL. */
static char *included(const char *line)
{
	const char *start, *end;

	if (!g_str_has_prefix(line, "#include"))
		return NULL;
	start = strpbrk(line, "<\"");
	end = start ? strpbrk(start + 1, ">\"") : NULL;
	return end ? g_strndup(start + 1, end - start - 1) : NULL;
}

static unsigned int check_file(const struct layer *layer, const char *path)
{
	g_autofree char *content = NULL;
	g_auto(GStrv) lines = NULL;
	unsigned int wrong = 0;

	if (!g_file_get_contents(path, &content, NULL, NULL))
		return 0;
	lines = g_strsplit(content, "\n", -1);
	for (int n = 0; lines[n]; n++) {
		g_autofree char *name = included(lines[n]);

		for (unsigned int i = 0; name && i < G_N_ELEMENTS(layer->forbidden) && layer->forbidden[i]; i++)
			if (g_str_has_prefix(name, layer->forbidden[i])) {
				printf("# %s:%d: includes %s\n", path, n + 1, name);
				wrong++;
			}
	}
	return wrong;
}

/* All files below a folder; *files counts them. */
static unsigned int check_folder(const struct layer *layer, const char *folder, unsigned int *files)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;
	unsigned int wrong = 0;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		/* The tests of a part may use what they like. */
		if (!strcmp(name, "tests"))
			continue;
		if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
			wrong += check_folder(layer, path, files);
		} else if (g_str_has_suffix(name, ".c") || g_str_has_suffix(name, ".h")) {
			(*files)++;
			wrong += check_file(layer, path);
		}
	}
	if (dir)
		g_dir_close(dir);
	return wrong;
}

int main(void)
{
	printf("TAP version 13\n1..%zu\n", G_N_ELEMENTS(layers));
	for (size_t i = 0; i < G_N_ELEMENTS(layers); i++) {
		unsigned int files = 0, wrong = check_folder(&layers[i], layers[i].folder, &files);
		gboolean ok = !wrong && files;

		failed |= !ok;
		if (!files)
			printf("# %s: no source files: is this the top folder?\n", layers[i].folder);
		printf("%sok %u layers/%s: %s\n", ok ? "" : "not ", ++tests, layers[i].folder, layers[i].why);
	}
	return failed;
}
