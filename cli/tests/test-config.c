/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "../config.h"
#include "../options.h"
#include "fixture.h"

static const struct option table[] = {
	{"boot", 0, OPTION_CHOICE, "direct|efi|FILE", OPTION_CONFIG | OPTION_MACHINE, "direct", NULL, 0, 0, "x"},
	{"jobs", 'j', OPTION_UINT, "N", OPTION_CONFIG, "3", NULL, 1, 64, "x"},
	{"qemu", 0, OPTION_TEXT, "PATH", OPTION_CONFIG | OPTION_MACHINE, "qemu", "LIMPID_TEST_QEMU", 0, 0, "x"},
	{"arg", 0, OPTION_TEXT, "ARG", OPTION_CONFIG | OPTION_MACHINE | OPTION_REPEAT, NULL, NULL, 0, 0, "x"},
	{"mem", 0, OPTION_MIB, "SIZE", OPTION_CONFIG | OPTION_MACHINE, NULL, NULL, 0, 0, "x"},
	{"timeout", 0, OPTION_SECONDS, "S", OPTION_CONFIG | OPTION_MACHINE, "60", NULL, 0, 0, "x"},
	{"together", 't', OPTION_FLAG, NULL, OPTION_CONFIG | OPTION_MACHINE, "false", NULL, 0, 0, "x"},
	{"failed", 0, OPTION_FLAG, NULL, 0, "false", NULL, 0, 0, "x"},
	{NULL},
};

/* Reads options; answers with the message of the error, or NULL. */
static char *parse(struct settings *s, GPtrArray *operands, const char *line)
{
	g_auto(GStrv) argv = g_strsplit(line, " ", -1);
	g_autoptr(GError) error = NULL;

	return settings_read_argv(s, argv, operands, NULL, &error) ? NULL : g_strdup(error->message);
}

static void command_line(void)
{
	struct settings *s = settings_new(table);
	g_autoptr(GPtrArray) operands = g_ptr_array_new_with_free_func(g_free);

	g_assert_null(parse(s, operands, "a -j4 --mem 2G b --timeout=0.5 --arg x --arg=y -t -- --boot"));
	g_assert_cmpuint(settings_uint(s, "jobs", 0), ==, 4);
	g_assert_cmpuint(settings_mib(s, "mem", 0), ==, 2048);
	g_assert_true(settings_seconds(s, "timeout") == 0.5);
	g_assert_true(settings_flag(s, "together"));
	g_assert_cmpuint(settings_values(s, "arg")->len, ==, 2);
	g_assert_cmpuint(operands->len, ==, 3);
	g_assert_cmpstr(operands->pdata[2], ==, "--boot");
	g_assert_null(parse(s, operands, "--no-together -j 5 --arg -device"));
	g_assert_false(settings_flag(s, "together"));
	g_assert_cmpuint(settings_uint(s, "jobs", 0), ==, 5);
	g_assert_cmpuint(settings_values(s, "jobs")->len, ==, 1);
	g_assert_cmpstr(settings_text(s, "arg"), ==, "-device");
	settings_free(s);
}

static void wrong_command_lines(void)
{
	static const struct {
		const char *line, *words;
	} cases[] = {
		{"--bot x", "unknown option --bot: did you mean --boot?"},
		{"--zzzzzzz", "unknown option --zzzzzzz"},
		{"-x", "unknown option -x"},
		{"--boot", "--boot needs a value: direct|efi|FILE"},
		{"-j", "-j needs a value: N"},
		{"-j0", "--jobs: '0' is not a number from 1 to 64"},
		{"-j 4x", "--jobs: '4x' is not a number"},
		{"--mem=x", "--mem: 'x' is not a size"},
		{"--timeout 0", "--timeout: '0' is not a number of seconds above 0"},
		{"--timeout nan", "--timeout: 'nan' is not"},
		{"--together=maybe", "--together: 'maybe' is not true or false"},
		{"--no-boot", "unknown option --no-boot"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct settings *s = settings_new(table);
		g_autoptr(GPtrArray) operands = g_ptr_array_new_with_free_func(g_free);
		g_autofree char *message = parse(s, operands, cases[i].line);

		g_assert_nonnull(message);
		if (!strstr(message, cases[i].words))
			g_error("'%s' gives '%s', without '%s'", cases[i].line, message, cases[i].words);
		settings_free(s);
	}
}

static struct config *read_text(const char *text, char **path, GError **error)
{
	g_autofree char *dir = fixture_dir();

	*path = g_build_filename(dir, "limpid.conf", NULL);
	fixture_write(*path, text, strlen(text));
	return config_read(*path, table, error);
}

static void forget(const char *path)
{
	g_autofree char *dir = g_path_get_dirname(path);

	fixture_remove(dir);
}

static void check_value(const struct settings *s, const char *name, const char *text, enum origin origin)
{
	g_assert_cmpstr(settings_text(s, name), ==, text);
	g_assert_cmpint(settings_origin(s, name), ==, origin);
}

/* built in < [run] < profile < environment < command line */
static void precedence(void)
{
	g_autofree char *path = NULL;
	struct config *c = read_text("[run]\njobs=7\nboot=efi\nqemu=r\narg=1\nmem=64\n\n"
				     "[profile p]\nboot=x\nqemu=p\narg=2\ntimeout=5\n",
		&path, NULL);
	struct settings *s = settings_new(table);
	g_autoptr(GPtrArray) operands = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *text = NULL, *where = NULL;

	g_assert_nonnull(c);
	check_value(s, "jobs", "3", ORIGIN_BUILT_IN);
	g_assert_true(config_apply_run(c, s, NULL));
	check_value(s, "jobs", "7", ORIGIN_RUN_GROUP);
	check_value(s, "boot", "efi", ORIGIN_RUN_GROUP);
	g_assert_true(config_apply_profile(c, "p", s, NULL));
	check_value(s, "boot", "x", ORIGIN_PROFILE);
	check_value(s, "qemu", "p", ORIGIN_PROFILE);
	g_setenv("LIMPID_TEST_QEMU", "e", TRUE);
	g_assert_true(settings_read_environment(s, NULL));
	check_value(s, "qemu", "e", ORIGIN_ENVIRONMENT);
	g_assert_null(parse(s, operands, "--boot direct --arg 3"));
	check_value(s, "boot", "direct", ORIGIN_COMMAND_LINE);
	check_value(s, "jobs", "7", ORIGIN_RUN_GROUP);
	check_value(s, "timeout", "5", ORIGIN_PROFILE);
	/* Values that may be given several times add up. */
	g_assert_cmpuint(settings_values(s, "arg")->len, ==, 3);
	text = settings_describe(s, OPTION_CONFIG);
	where = g_strdup_printf("# %s:11 [profile p]", path);
	g_assert_nonnull(strstr(text, where));
	g_assert_nonnull(strstr(text, "# LIMPID_TEST_QEMU"));
	g_assert_nonnull(strstr(text, "# command line"));
	g_unsetenv("LIMPID_TEST_QEMU");
	settings_free(s);
	config_free(c);
	forget(path);
}

static void wrong_files(void)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{"[run]\njobs=2\n# x\nbot=efi\n", ":4: unknown key 'bot': did you mean boot?"},
		{"[run]\nfailed=true\n", ":2: unknown key 'failed'"},
		{"[run]\n\njobs=0\n", ":3 [run]: jobs: '0' is not a number from 1 to 64"},
		{"[profile x]\nboot=efi\n[profile y]\nmem=lots\n", ":4 [profile y]: mem: 'lots'"},
		{"[profile x]\njobs=2\n", ":2: 'jobs' is no property of a machine: it belongs in [run]"},
		{"\n[Run]\n", ":2: unknown group [Run]"},
		{"[expected-failure a.b]\nqemu=10.0\n", ":1: [expected-failure a.b] gives no reason"},
		{"[expected-failure a.b]\nreason=x\nqmu=10.0\n", ":3: unknown key 'qmu'"},
		{"[expected-failure a.b]\nreason=x\nsometimes=maybe\n", ":3: 'sometimes': 'maybe' is not true"},
		{"[expected-failure a.b]\nreason=x\ncpus=0\n", ":3: 'cpus': '0' is not a number from 1"},
		{"[expected-failure a.b]\nreason=x\nsometimes=1\n", ":3: 'sometimes': '1' is not true or false"},
		{"[run]\njobs=2\nthis is no line\n", ":3: "},
		{"jobs=2\n", ":1: "},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = NULL;
		g_autoptr(GError) error = NULL;
		struct config *c = read_text(cases[i].text, &path, &error);

		g_assert_null(c);
		if (!strstr(error->message, cases[i].words) || !g_str_has_prefix(error->message, path))
			g_error("'%s' gives '%s'", cases[i].text, error->message);
		forget(path);
	}
}

static void profiles(void)
{
	g_autofree char *path = NULL;
	g_autoptr(GError) error = NULL;
	struct config *c = read_text("[profile edk2-dt]\n[profile edk2-acpi]\n[profile other]\n", &path, NULL);
	GPtrArray *names = config_profiles(c, "edk2-*", NULL);

	g_assert_cmpuint(names->len, ==, 2);
	g_assert_cmpstr(names->pdata[0], ==, "edk2-dt");
	g_ptr_array_unref(names);
	g_assert_null(config_profiles(c, "othr", &error));
	g_assert_nonnull(strstr(error->message, "did you mean other?"));
	config_free(c);
	forget(path);
	g_clear_pointer(&path, g_free);
	c = read_text("", &path, NULL);
	g_assert_nonnull(c);
	config_free(c);
	forget(path);
	g_clear_error(&error);
	g_assert_null(config_read("/nonexistent/limpid.conf", table, &error));
	g_assert_nonnull(strstr(error->message, "/nonexistent/limpid.conf"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/config/command_line", command_line);
	g_test_add_func("/config/wrong_command_lines", wrong_command_lines);
	g_test_add_func("/config/precedence", precedence);
	g_test_add_func("/config/wrong_files", wrong_files);
	g_test_add_func("/config/profiles", profiles);
	return g_test_run();
}
