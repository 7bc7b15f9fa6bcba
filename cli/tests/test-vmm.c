/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine that migrates, or does not, with the fake QEMU on both sides. */
#include <string.h>

#include "../vmm.h"

static struct {
	GMainLoop *loop;
	struct vmm *vmm;
	GString *output, *why;
	int status;
	gboolean killed;
} seen;

static void on_output(const char *bytes, gsize len, void *data)
{
	(void)data;
	g_string_append_len(seen.output, bytes, len);
	if (g_str_has_suffix(seen.output->str, "asks\n"))
		vmm_migrate(seen.vmm);
}

static void on_not_migrated(const char *why, void *data)
{
	(void)data;
	g_string_append(seen.why, why);
	vmm_kill(seen.vmm);
}

static void on_exited(const struct process_exit *exit, void *data)
{
	(void)data;
	seen.status = exit->status;
	seen.killed = exit->killed;
	g_main_loop_quit(seen.loop);
}

static gboolean on_time(gpointer data)
{
	(void)data;
	vmm_kill(seen.vmm);
	return G_SOURCE_REMOVE;
}

/* What was printed; and in @why what kept it from moving. */
static void expect(const char *play, gboolean migratable, guint kill_ms, const char *output, const char *why)
{
	static const struct vmm_ops ops = {on_output, on_not_migrated, on_exited};
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL), *here = g_path_get_dirname(self);
	g_autofree char *fake = g_build_filename(here, "fake-qemu", NULL);
	const char *argv[] = {fake, "-append", "run=a.one", NULL};
	guint timer = kill_ms ? g_timeout_add(kill_ms, on_time, NULL) : 0;

	g_setenv("FAKE_QEMU", play, TRUE);
	seen.loop = g_main_loop_new(NULL, FALSE);
	seen.output = g_string_new(NULL);
	seen.why = g_string_new(NULL);
	seen.vmm = vmm_start(argv, migratable, &ops, NULL, NULL);
	g_assert_nonnull(seen.vmm);
	g_main_loop_run(seen.loop);
	g_assert_cmpstr(seen.output->str, ==, output);
	g_assert_cmpstr(seen.why->str, ==, why);
	g_assert_cmpint(seen.killed, ==, *why || timer);
	if (!seen.killed)
		g_assert_cmpint(seen.status, ==, 0);
	g_main_loop_unref(seen.loop);
	g_string_free(seen.output, TRUE);
	g_string_free(seen.why, TRUE);
}

static void arrives(void)
{
	expect("migrate", TRUE, 0, "asks\nleaves\narrives\n", "");
}

static void does_not(void)
{
	expect("migrate-not", TRUE, 0, "asks\n", "the machine did not migrate: not today");
	expect("migrate-dead-target", TRUE, 0, "asks\n",
		"the machine did not migrate: the target QEMU exited with status 3: fake: no such device");
	expect("migrate", FALSE, 0, "asks\n", "the machine did not migrate: it was not told that it may ask for that");
}

static void is_killed(void)
{
	expect("migrate-silent-target", TRUE, 300, "asks\n", "");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/vmm/arrives", arrives);
	g_test_add_func("/vmm/does_not", does_not);
	g_test_add_func("/vmm/is_killed", is_killed);
	return g_test_run();
}
