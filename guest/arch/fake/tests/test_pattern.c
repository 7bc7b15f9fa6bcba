// SPDX-License-Identifier: GPL-2.0-or-later
#include <glib.h>
#include <string.h>

#include <limpid/bitops.h>
#include <limpid/pattern.h>

static void test_matches(void)
{
	static const struct {
		const char *pattern, *name;
		bool matches;
	} cases[] = {
		{"boot.cpus", "boot.cpus", true},
		{"boot.cpus", "boot.cpus2", false},
		{"boot", "boot.cpus", true},
		{"gic", "gic.v3.sgi", true},
		{"gic.v3", "gic.v3.sgi", true},
		{"gic", "gicv3.sgi", false},
		{"gic.", "gic.v3", false},
		{"gic.v3.sgi.x", "gic.v3.sgi", false},
		{"", "boot.cpus", false},
		{"*", "boot.cpus", true},
		{"boot.*", "boot.cpus", true},
		{"*.cpus", "boot.cpus", true},
		{"*cpu*", "boot.cpus", true},
		{"b?ot.cpus", "boot.cpus", true},
		{"b?ot", "boot.cpus", false}, /* a glob is no prefix */
		{"boot.cpus?", "boot.cpus", false},
		{"boot.cpus*", "boot.cpus", true},
		{"*a*b", "xaxbxb", true},
		{"*a*b", "xaxbxbx", false},
		{"**", "", true},
		{"?", "", false},
		{"a*a", "a", false},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		/* Exact copies: the pattern is not NUL-terminated. */
		size_t length = strlen(cases[i].pattern);
		char *pattern = g_memdup2(cases[i].pattern, length);

		if (pattern_matches(pattern, length, cases[i].name) != cases[i].matches)
			g_error("'%s' and '%s'", cases[i].pattern, cases[i].name);
		g_free(pattern);
	}
}

/* A pattern with a NUL in it matches nothing, and nothing past the name's end is read. */
static void test_nul(void)
{
	char *name = g_strdup("ab");

	g_assert_false(pattern_matches("ab\0\0cd", 6, name));
	g_assert_false(pattern_matches("\0\0", 2, name));
	g_assert_false(pattern_matches("ab\0*", 4, name));
	g_free(name);
}

static bool list(const char *patterns, const char *name)
{
	return pattern_list_matches(patterns, strlen(patterns), name);
}

static void test_list(void)
{
	g_assert_true(list("a,b.c", "b.c"));
	g_assert_true(list("a,b.c", "a.x"));
	g_assert_false(list("a,b.c", "b.d"));
	g_assert_true(list(",,x", "x"));
	g_assert_false(list(",,", "x"));
	g_assert_false(list("", "x"));
	g_assert_true(list("x,", "x"));
}

/* Would take longer than the universe has been there if each star were tried at each place. */
static void test_no_blow_up(void)
{
	GString *pattern = g_string_new(NULL), *name = g_string_new(NULL);
	gint64 start_us = g_get_monotonic_time();

	for (int i = 0; i < 500; i++)
		g_string_append(pattern, "*a");
	for (int i = 0; i < 5000; i++)
		g_string_append_c(name, 'a');
	g_string_append_c(name, 'b');
	g_assert_false(pattern_matches(pattern->str, pattern->len, name->str));
	g_assert_cmpint(g_get_monotonic_time() - start_us, <, 5 * G_USEC_PER_SEC);
	g_string_free(pattern, TRUE);
	g_string_free(name, TRUE);
}

static void test_bits(void)
{
	uint64_t map[3] = {0};
	unsigned n, sum = 0;

	g_assert_cmphex(GENMASK(7, 4), ==, 0xf0);
	g_assert_cmphex(GENMASK(63, 0), ==, UINT64_MAX);
	g_assert_cmphex(GENMASK(63, 63), ==, BIT(63));
	g_assert_cmpuint(FIELD_GET(GENMASK(15, 8), 0xabcd), ==, 0xab);
	g_assert_cmphex(FIELD_PREP(GENMASK(15, 8), 0xab), ==, 0xab00);
	g_assert_cmphex(FIELD_PREP(GENMASK(63, 60), 0xf), ==, 0xf000000000000000);
	g_assert_cmphex(field_set(0xffff, GENMASK(11, 4), 0), ==, 0xf00f);
	g_assert_cmpuint(FIELD_MAX(GENMASK(11, 4)), ==, 0xff);
	g_assert_cmpuint(ffs64(0), ==, 0);
	g_assert_cmpuint(ffs64(0x10), ==, 5);
	g_assert_cmpuint(fls64(0), ==, 0);
	g_assert_cmpuint(fls64(UINT64_MAX), ==, 64);
	g_assert_cmpuint(popcount64(0x8000000000000101), ==, 3);
	g_assert_cmpuint(popcount64(UINT64_MAX), ==, 64);
	for (unsigned i = 1; i < 200; i++) {
		g_assert_cmpuint(1u << log2_floor(i), <=, i);
		g_assert_cmpuint(2u << log2_floor(i), >, i);
		g_assert_cmpuint(1u << log2_ceil(i), >=, i);
		g_assert_true(i == 1 || (1u << log2_ceil(i)) / 2 < i);
	}
	set_bit(0, map);
	set_bit(63, map);
	set_bit(64, map);
	set_bit(150, map);
	set_bit(160, map);
	clear_bit(63, map);
	g_assert_true(test_bit(64, map));
	g_assert_false(test_bit(63, map));
	for_each_set_bit(n, map, 160) sum += n;
	g_assert_cmpuint(sum, ==, 0 + 64 + 150);
	g_assert_cmpuint(ALIGN_UP(5u, 4), ==, 8);
	g_assert_cmphex(ALIGN_UP(UINT64_C(0x100000001), 0x1000), ==, 0x100001000);
	g_assert_cmphex(ALIGN_DOWN(UINT64_C(0x100001fff), 0x1000), ==, 0x100001000);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pattern/matches", test_matches);
	g_test_add_func("/pattern/nul", test_nul);
	g_test_add_func("/pattern/list", test_list);
	g_test_add_func("/pattern/no_blow_up", test_no_blow_up);
	g_test_add_func("/bitops/all", test_bits);
	return g_test_run();
}
