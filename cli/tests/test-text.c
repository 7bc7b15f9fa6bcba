/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <string.h>

#include "../pattern.h"
#include "../selection.h"
#include "../text.h"

static void check_neutral(const char *bytes, gsize len, const char *want)
{
	g_autofree char *text = text_neutral(bytes, len);

	g_assert_cmpstr(text, ==, want);
}

static void neutral(void)
{
	check_neutral("plain \xc3\xa9", 8, "plain \xc3\xa9");
	check_neutral("\x1b[31mred\x1b[0m", 12, "\\x1b[31mred\\x1b[0m");
	check_neutral("a\0b", 3, "a\\x00b");
	check_neutral("a\tb\rc\nd\x7f", 8, "a b\\x0dc\\x0ad\\x7f");
	check_neutral("\xff\xfe", 2, "\\xff\\xfe");
	/* Cut in the middle of a character. */
	check_neutral("\xe2\x82", 2, "\\xe2\\x82");
	/* U+009B is a control sequence introducer in one character, U+202E turns the direction of text. */
	check_neutral("\xc2\x9b", 2, "\\u{9b}");
	check_neutral("\xe2\x80\xae", 3, "\\u{202e}");
	/* UTF-16 surrogates and overlong forms are no UTF-8. */
	check_neutral("\xed\xa0\x80", 3, "\\xed\\xa0\\x80");
	check_neutral("\xc0\x9b", 2, "\\xc0\\x9b");
}

static void neutral_is_always_safe(void)
{
	GRand *rand = g_rand_new_with_seed(1);

	for (guint round = 0; round < 2000; round++) {
		char bytes[64];
		g_autofree char *text = NULL;

		for (guint i = 0; i < sizeof(bytes); i++)
			bytes[i] = g_rand_int(rand);
		text = text_neutral(bytes, sizeof(bytes));
		g_assert_true(g_utf8_validate(text, -1, NULL));
		for (const char *p = text; *p; p = g_utf8_next_char(p))
			g_assert_false(g_unichar_iscntrl(g_utf8_get_char(p)));
	}
	g_rand_free(rand);
}

static void nearest(void)
{
	static const char *const words[] = {"list", "run", "parse", "firmware", "timeout", NULL};

	g_assert_cmpstr(text_nearest("lsit", words), ==, "list");
	g_assert_cmpstr(text_nearest("rum", words), ==, "run");
	g_assert_cmpstr(text_nearest("firmwre", words), ==, "firmware");
	g_assert_cmpstr(text_nearest("time", words), ==, "timeout");
	g_assert_null(text_nearest("zzzzzz", words));
}

static void numbers(void)
{
	guint64 n;

	g_assert_true(text_to_uint("10", 1, 10, &n) && n == 10);
	g_assert_false(text_to_uint("11", 1, 10, &n));
	g_assert_false(text_to_uint("", 0, 10, &n));
	g_assert_false(text_to_uint("+1", 0, 10, &n));
	g_assert_false(text_to_uint(" 1", 0, 10, &n));
	g_assert_false(text_to_uint("1 ", 0, 10, &n));
	g_assert_false(text_to_uint("99999999999999999999", 0, G_MAXUINT64, &n));
	g_assert_true(text_to_mib("64", &n) && n == 64);
	g_assert_true(text_to_mib("64M", &n) && n == 64);
	g_assert_true(text_to_mib("2G", &n) && n == 2048);
	g_assert_false(text_to_mib("0", &n));
	g_assert_false(text_to_mib("G", &n));
	g_assert_false(text_to_mib("1T", &n));
}

static void command_line(void)
{
	const char *argv[] = {"a", "b c", "it's", "", "$x", "run=*", NULL};
	g_autofree char *line = text_command_line(argv);
	g_auto(GStrv) again = NULL;

	g_assert_true(g_shell_parse_argv(line, NULL, &again, NULL));
	g_assert_cmpuint(g_strv_length(again), ==, 6);
	for (guint i = 0; again[i]; i++)
		g_assert_cmpstr(again[i], ==, argv[i]);
	/* A shell would expand these. */
	g_assert_nonnull(strstr(line, "'$x'"));
	g_assert_nonnull(strstr(line, "'run=*'"));
}

static void patterns(void)
{
	g_assert_true(pattern_match("gic", "gic.v3.sgi"));
	g_assert_true(pattern_match("gic.v3", "gic.v3.sgi"));
	g_assert_true(pattern_match("gic.v3.sgi", "gic.v3.sgi"));
	g_assert_false(pattern_match("gic", "gicv2.x"));
	g_assert_false(pattern_match("gic.v", "gic.v3.sgi"));
	g_assert_false(pattern_match("v3", "gic.v3.sgi"));
	g_assert_false(pattern_match("", "gic"));
	g_assert_true(pattern_match("*", "gic.v3.sgi"));
	g_assert_true(pattern_match("*sgi", "gic.v3.sgi"));
	g_assert_true(pattern_match("g?c.*", "gic.v3.sgi"));
	g_assert_true(pattern_match("*.v3.*", "gic.v3.sgi"));
	g_assert_false(pattern_match("*.v2.*", "gic.v3.sgi"));
	g_assert_false(pattern_match("gic?", "gic"));
	/* Would take exponential time if every star were taken up again. */
	g_assert_false(
		pattern_match("*a*a*a*a*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

static void shards(void)
{
	struct shard shard;

	g_assert_true(shard_parse("2/5", &shard) && shard.index == 2 && shard.count == 5);
	g_assert_false(shard_parse("0/5", &shard));
	g_assert_false(shard_parse("6/5", &shard));
	g_assert_false(shard_parse("1/0", &shard));
	g_assert_false(shard_parse("1", &shard));
	g_assert_false(shard_parse("1/2/3", &shard));
	/* Each name is in exactly one part. */
	for (guint n = 1; n <= 7; n++) {
		for (guint t = 0; t < 100; t++) {
			g_autofree char *name = g_strdup_printf("suite.test_%u", t);
			guint parts = 0;

			for (guint i = 1; i <= n; i++)
				parts += shard_has(&(struct shard){i, n}, name);
			g_assert_cmpuint(parts, ==, 1);
		}
	}
}

/* Which part a name is in must never change: batch systems compare runs. */
static void shards_are_stable(void)
{
	static const struct {
		const char *name;
		guint index;
	} known[] = {{"boot.cpus", 4}, {"mmu.map_unmap", 1}, {"gic.v3.sgi_to_self", 5}};

	for (guint i = 0; i < G_N_ELEMENTS(known); i++)
		g_assert_true(shard_has(&(struct shard){known[i].index, 7}, known[i].name));
}

static void shard_environment(void)
{
	struct shard shard;
	g_autofree char *status = g_build_filename(g_get_tmp_dir(), "limpid-shard-status", NULL);

	g_setenv("TEST_SHARD_INDEX", "0", TRUE);
	g_setenv("TEST_TOTAL_SHARDS", "3", TRUE);
	g_setenv("TEST_SHARD_STATUS_FILE", status, TRUE);
	g_assert_true(shard_from_environment(&shard) && shard.index == 1 && shard.count == 3);
	g_assert_true(g_file_test(status, G_FILE_TEST_EXISTS));
	g_setenv("TEST_SHARD_INDEX", "3", TRUE);
	g_assert_false(shard_from_environment(&shard));
	g_unsetenv("TEST_SHARD_INDEX");
	g_assert_true(shard_from_environment(&shard) && shard.index == 1 && shard.count == 1);
	g_unlink(status);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/text/neutral", neutral);
	g_test_add_func("/text/neutral_is_always_safe", neutral_is_always_safe);
	g_test_add_func("/text/nearest", nearest);
	g_test_add_func("/text/numbers", numbers);
	g_test_add_func("/text/command_line", command_line);
	g_test_add_func("/text/patterns", patterns);
	g_test_add_func("/text/shards", shards);
	g_test_add_func("/text/shards_are_stable", shards_are_stable);
	g_test_add_func("/text/shard_environment", shard_environment);
	return g_test_run();
}
