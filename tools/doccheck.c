/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doccheck - runs the examples of a Markdown page and compares what they print with what the page shows.
 *
 *   ```c FILE          the block is written to FILE
 *   ```console         lines that start with "$ " are run by sh, in order; the lines below each are its output
 *   ```console norun   shown only
 *
 * All of a page runs in one new directory, with the project's limpid.conf in it, the built command first in PATH and,
 * as $SRC, the source tree. In expected output "..." stands for any text within a line, and a line that is only "..."
 * for any lines. A trailing "[exit N]" line is the exit status when it is not 0.
 *
 * Prints TAP: a test for each command. Usage: doccheck BUILD-DIR PAGE.md...
 */
#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned int tests;
static gboolean failed;

/* Whether text matches pattern, in which "..." stands for anything. */
static gboolean line_matches(const char *pattern, const char *text)
{
	g_auto(GStrv) parts = g_strsplit(pattern, "...", -1);
	unsigned int count = g_strv_length(parts);

	if (count <= 1)
		return !strcmp(pattern, text);
	if (!g_str_has_prefix(text, parts[0]))
		return FALSE;
	text += strlen(parts[0]);
	for (unsigned int i = 1; i + 1 < count; i++) {
		const char *found = strstr(text, parts[i]);

		if (!found)
			return FALSE;
		text = found + strlen(parts[i]);
	}
	return g_str_has_suffix(text, parts[count - 1]);
}

static gboolean lines_match(char **pattern, char **text)
{
	for (; *pattern; pattern++, text++) {
		if (!strcmp(*pattern, "...")) {
			for (char **rest = text;; rest++) {
				if (lines_match(pattern + 1, rest))
					return TRUE;
				if (!*rest)
					return FALSE;
			}
		}
		if (!*text || !line_matches(*pattern, *text))
			return FALSE;
	}
	return !*text;
}

static char **split_lines(const char *text)
{
	g_autofree char *copy = g_strdup(text);

	g_strchomp(copy);
	if (!*copy)
		return g_new0(char *, 1);
	return g_strsplit(copy, "\n", -1);
}

static void print_comment(const char *title, const char *text)
{
	g_auto(GStrv) lines = split_lines(text);

	printf("# %s\n", title);
	for (char **line = lines; *line; line++)
		printf("#   %s\n", *line);
}

static void run_command(const char *page, int line, const char *dir, const char *command, const char *expected)
{
	g_autofree char *redirected = g_strdup_printf("exec 2>&1\n%s", command);
	const char *argv[] = {"sh", "-c", redirected, NULL};
	g_autofree char *output = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);

	g_subprocess_launcher_set_cwd(launcher, dir);

	GSubprocess *child = g_subprocess_launcher_spawnv(launcher, argv, &error);

	if (!child || !g_subprocess_communicate_utf8(child, NULL, NULL, &output, NULL, &error)) {
		printf("Bail out! sh: %s\n", error->message);
		exit(1);
	}

	int status = g_subprocess_get_if_exited(child) ? g_subprocess_get_exit_status(child) : 128;
	g_autofree char *with_status = status ? g_strdup_printf("%s%s[exit %d]\n", output,
							*output && !g_str_has_suffix(output, "\n") ? "\n" : "", status)
					      : g_strdup(output);
	g_auto(GStrv) want = split_lines(expected), got = split_lines(with_status);
	gboolean ok = lines_match(want, got);

	g_object_unref(child);
	tests++;
	if (!ok) {
		failed = TRUE;
		print_comment("the page shows", expected);
		print_comment("it printed", with_status);
	}
	printf("%sok %u %s:%d %s\n", ok ? "" : "not ", tests, page, line, command);
	fflush(stdout);
}

static void remove_tree(const char *path)
{
	const char *argv[] = {"rm", "-rf", path, NULL};
	g_autoptr(GSubprocess) child = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_NONE, NULL);

	if (child)
		g_subprocess_wait(child, NULL, NULL);
}

enum block { BLOCK_NONE, BLOCK_FILE, BLOCK_CONSOLE, BLOCK_OTHER };

struct page {
	const char *name;
	char *dir;
	enum block block;
	char *file;
	GString *text; /* of the file, or of the expected output */
	char *command; /* NULL: none yet */
	int command_line;
};

static void finish_command(struct page *page)
{
	if (page->command)
		run_command(page->name, page->command_line, page->dir, page->command, page->text->str);
	g_clear_pointer(&page->command, g_free);
	g_string_truncate(page->text, 0);
}

static void close_block(struct page *page)
{
	if (page->block == BLOCK_CONSOLE)
		finish_command(page);
	if (page->block == BLOCK_FILE) {
		g_autofree char *path = g_build_filename(page->dir, page->file, NULL);
		g_autoptr(GError) error = NULL;

		if (!g_file_set_contents(path, page->text->str, page->text->len, &error)) {
			printf("Bail out! %s\n", error->message);
			exit(1);
		}
	}
	g_string_truncate(page->text, 0);
	page->block = BLOCK_NONE;
}

static void open_block(struct page *page, const char *info)
{
	g_auto(GStrv) words = g_strsplit(info, " ", -1);

	page->block = BLOCK_OTHER;
	if (!words[0])
		return;
	if (!strcmp(words[0], "console") && !words[1])
		page->block = BLOCK_CONSOLE;
	if (words[1] && strcmp(words[0], "console")) {
		page->block = BLOCK_FILE;
		g_free(page->file);
		page->file = g_strdup(words[1]);
	}
}

static void read_line(struct page *page, const char *line, int number)
{
	if (g_str_has_prefix(line, "```")) {
		if (page->block == BLOCK_NONE)
			open_block(page, line + 3);
		else
			close_block(page);
	} else if (page->block == BLOCK_CONSOLE && g_str_has_prefix(line, "$ ")) {
		finish_command(page);
		page->command = g_strdup(line + 2);
		page->command_line = number;
	} else if (page->block == BLOCK_CONSOLE || page->block == BLOCK_FILE) {
		g_string_append_printf(page->text, "%s\n", line);
	}
}

static void check_page(const char *name)
{
	struct page page = {.name = name, .text = g_string_new(NULL)};
	g_autofree char *content = NULL;
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) lines = NULL;

	page.dir = g_dir_make_tmp("doccheck-XXXXXX", &error);
	if (!page.dir || !g_file_get_contents(name, &content, NULL, &error)) {
		printf("Bail out! %s\n", error->message);
		exit(1);
	}
	g_autofree char *source = g_build_filename(g_getenv("SRC"), "limpid.conf", NULL);
	g_autofree char *target = g_build_filename(page.dir, "limpid.conf", NULL);

	if (symlink(source, target)) {
		printf("Bail out! %s: %s\n", target, g_strerror(errno));
		exit(1);
	}
	lines = g_strsplit(content, "\n", -1);
	for (int i = 0; lines[i]; i++)
		read_line(&page, lines[i], i + 1);
	if (page.block != BLOCK_NONE) {
		printf("Bail out! %s: a code block is not closed\n", name);
		exit(1);
	}
	remove_tree(page.dir);
	g_free(page.dir);
	g_free(page.file);
	g_string_free(page.text, TRUE);
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: doccheck BUILD-DIR PAGE.md...\n");
		return 2;
	}

	g_autofree char *build = g_canonicalize_filename(argv[1], NULL), *here = g_get_current_dir();
	g_autofree char *path = g_strdup_printf("%s:%s", build, g_getenv("PATH"));

	g_setenv("PATH", path, TRUE);
	g_setenv("SRC", here, TRUE);
	g_setenv("NO_COLOR", "1", TRUE);
	printf("TAP version 13\n");
	for (int i = 2; i < argc; i++)
		check_page(argv[i]);
	printf("1..%u\n", tests);
	return failed;
}
