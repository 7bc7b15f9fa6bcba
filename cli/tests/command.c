/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "command.h"
#include "fixture.h"

static const struct fixture_test tests[] = {
	{.name = "a.one", .doc = "the first"},
	{.name = "a.two", .doc = "the second", .cpus = 2},
	{.name = "b.three", .doc = "the third", .flags = 1},
	{NULL},
};

char *dir, *tmp, *limpid, *fake, *image, *flat, *pids;

int status;
char *out, *err;

char **environment(const char *play)
{
	char **env = g_get_environ();

	env = g_environ_setenv(env, "FAKE_QEMU", play, TRUE);
	env = g_environ_setenv(env, "FAKE_QEMU_PIDS", pids, TRUE);
	env = g_environ_setenv(env, "LIMPID_QEMU", fake, TRUE);
	env = g_environ_setenv(env, "LIMPID_IMAGE", image, TRUE);
	env = g_environ_setenv(env, "FAKE_QEMU_IMAGE", flat, TRUE);
	env = g_environ_setenv(env, "XDG_STATE_HOME", dir, TRUE);
	env = g_environ_setenv(env, "XDG_CONFIG_HOME", dir, TRUE);
	env = g_environ_setenv(env, "TMPDIR", tmp, TRUE);
	env = g_environ_unsetenv(env, "TEST_SHARD_INDEX");
	env = g_environ_unsetenv(env, "TEST_TOTAL_SHARDS");
	return env;
}

static gboolean is_alive(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid), *text = NULL;

	/* A zombie is no longer a process, only nobody has asked for its status. */
	return g_file_get_contents(path, &text, NULL, NULL) && !strstr(text, ") Z ");
}

void check_nothing_left(void)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (g_file_get_contents(pids, &text, NULL, NULL)) {
		lines = g_strsplit(text, "\n", -1);
		for (char **line = lines; *line && **line; line++) {
			/* A killed process may take a moment to go. */
			for (guint i = 0; i < 100 && is_alive(atoi(*line)); i++)
				g_usleep(10000);
			g_assert_false(is_alive(atoi(*line)));
		}
	}
	g_unlink(pids);
	g_assert_cmpuint(fixture_count(tmp), ==, 0);
}

void call(const char *play, const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", -1), env = environment(play);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	int wait_status;

	g_ptr_array_add(argv, limpid);
	for (char **w = words; *w && **w; w++)
		g_ptr_array_add(argv, *w);
	g_ptr_array_add(argv, NULL);
	g_clear_pointer(&out, g_free);
	g_clear_pointer(&err, g_free);
	g_spawn_sync(dir, (char **)argv->pdata, env, G_SPAWN_DEFAULT, NULL, NULL, &out, &err, &wait_status, &error);
	g_assert_no_error(error);
	g_assert_true(WIFEXITED(wait_status));
	status = WEXITSTATUS(wait_status);
	g_assert_null(strchr(out, '\033'));
	g_assert_null(strchr(err, '\033'));
	check_nothing_left();
}

void expect(int want, const char *in_out, const char *in_err)
{
	if (status != want || (in_out && !strstr(out, in_out)) || (in_err && !strstr(err, in_err)))
		g_error("status %d (want %d)\nstdout, which must have '%s':\n%s\nstderr, which must have '%s':\n%s",
			status, want, in_out ? in_out : "", out, in_err ? in_err : "", err);
}

void expect_last_line(const char *want)
{
	g_autofree char *text = g_strchomp(g_strdup(out));
	const char *newline = strrchr(text, '\n');

	g_assert_cmpstr(newline ? newline + 1 : text, ==, want);
}

char *read_file(const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

void command_init(void)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL), *build = g_path_get_dirname(self);

	fake = g_build_filename(build, "fake-qemu", NULL);
	limpid = g_canonicalize_filename("../../limpid", build);
	dir = fixture_dir();
	tmp = g_build_filename(dir, "tmp", NULL);
	pids = g_build_filename(dir, "pids", NULL);
	g_assert_cmpint(g_mkdir(tmp, 0700), ==, 0);
	image = fixture_image(dir, tests);
	flat = g_build_filename(dir, "limpid.img", NULL);
}

void command_fini(void)
{
	fixture_remove(dir);
}
