// SPDX-License-Identifier: GPL-2.0-or-later
/* printf.h against the C library, and what it does where that has no answer. */
#include <glib.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fake.h"

int limpid_snprintf(char *buffer, size_t size, const char *fmt, ...);
int limpid_vsnprintf(char *buffer, size_t size, const char *fmt, va_list args);
int limpid_printf(const char *fmt, ...);

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-truncation"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

#define SAME(...)                                                                     \
	do {                                                                          \
		char ours_[300], theirs_[300];                                        \
		int our_length_ = limpid_snprintf(ours_, sizeof(ours_), __VA_ARGS__); \
		int their_length_ = snprintf(theirs_, sizeof(theirs_), __VA_ARGS__);  \
		g_assert_cmpstr(ours_, ==, theirs_);                                  \
		g_assert_cmpint(our_length_, ==, their_length_);                      \
	} while (0)

static void test_integers(void)
{
	static const char *const flags[] = {"", "-", "0", "+", " ", "#", "-0", "#0", "+0", "-#", "+-", "# "};
	static const char *const widths[] = {"", "1", "5", "12", "20"};
	static const char *const precisions[] = {"", ".", ".0", ".1", ".3", ".15"};
	static const char conversions[] = "diuxXo";
	static const long long values[] = {0, 1, -1, 7, 10, 255, 256, -128, 32767, -32768, INT_MAX, INT_MIN, UINT_MAX,
		LLONG_MAX, LLONG_MIN, 0xdeadbeefcafe};

	for (unsigned f = 0; f < G_N_ELEMENTS(flags); f++)
		for (unsigned w = 0; w < G_N_ELEMENTS(widths); w++)
			for (unsigned p = 0; p < G_N_ELEMENTS(precisions); p++)
				for (const char *c = conversions; *c; c++)
					for (unsigned v = 0; v < G_N_ELEMENTS(values); v++) {
						char fmt[32];

#define WITH_LENGTH(length, type)                                                                     \
	snprintf(fmt, sizeof(fmt), "<%%%s%s%s" length "%c>", flags[f], widths[w], precisions[p], *c); \
	SAME(fmt, (type)values[v])
						WITH_LENGTH("hh", int);
						WITH_LENGTH("h", int);
						WITH_LENGTH("", int);
						WITH_LENGTH("l", long);
						WITH_LENGTH("ll", long long);
						WITH_LENGTH("z", size_t);
						WITH_LENGTH("t", ptrdiff_t);
						WITH_LENGTH("j", intmax_t);
					}
}

static void test_strings(void)
{
	char *exact = g_malloc(3);

	SAME("%s|%10s|%-10s|%.2s|%10.2s|%-10.2s|%.0s|%s", "abc", "abc", "abc", "abc", "abc", "abc", "abc", "");
	SAME("%c%c%5c%-5c|", 'a', 'b', 'c', 'd');
	SAME("%*d|%-*d|%*d|%.*d|%.*d", 5, 1, 5, 2, -5, 3, 4, 5, -1, 6);
	SAME("%.*s|%.*s", 2, "abcdef", -1, "abcdef");
	SAME("100%%|no conversion at all");
	SAME("%#x %#X %#o %08lx %" PRIx64 " %" PRIu64, 0x12, 0x12, 8, 0x1234ul, UINT64_MAX, UINT64_MAX);
	/* A precision bounds what is read, so the string needs no NUL. */
	memcpy(exact, "xyz", 3);
	SAME("%.3s", exact);
	g_free(exact);
}

static void test_ours(void)
{
	char buffer[64];

	limpid_snprintf(buffer, sizeof(buffer), "%p", (void *)0x1234);
	g_assert_cmpstr(buffer, ==, "0x0000000000001234");
	limpid_snprintf(buffer, sizeof(buffer), "%s", (char *)NULL);
	g_assert_cmpstr(buffer, ==, "(null)");
	/* Unknown, or cut short: shown. */
	limpid_snprintf(buffer, sizeof(buffer), "%y %-5lq %");
	g_assert_cmpstr(buffer, ==, "%y %-5lq %");
	limpid_snprintf(buffer, sizeof(buffer), "%5");
	g_assert_cmpstr(buffer, ==, "%5");
	/* A wild width does not print for hours. */
	g_assert_cmpint(limpid_snprintf(buffer, sizeof(buffer), "%999999999d", 1), <=, 4096);
	g_assert_cmpint(limpid_snprintf(buffer, sizeof(buffer), "%*d", INT_MIN, 1), <=, 4096);
	g_assert_cmpint(limpid_snprintf(buffer, sizeof(buffer), "%.999999999d", 1), <=, 4096);
}

static void test_bounds(void)
{
	for (size_t size = 0; size < 12; size++) {
		char *buffer = g_malloc(size ? size : 1);
		char expected[12];

		g_assert_cmpint(limpid_snprintf(buffer, size, "%d %s", 12345, "abc"), ==, 9);
		snprintf(expected, size, "%d %s", 12345, "abc");
		if (size)
			g_assert_cmpstr(buffer, ==, expected);
		g_free(buffer);
	}
}

static void test_console(void)
{
	GString *expected = g_string_new(NULL);

	fake_console_clear();
	/* More than the buffer inside, so that it is flushed in the middle. */
	for (int i = 0; i < 50; i++) {
		g_assert_cmpint(limpid_printf("line %d of fifty, which is %s\n", i, "long"), >, 0);
		g_string_append_printf(expected, "line %d of fifty, which is %s\n", i, "long");
	}
	limpid_printf("%300s|", "x");
	g_string_append_printf(expected, "%300s|", "x");
	g_assert_cmpstr(fake_console(), ==, expected->str);
	g_string_free(expected, TRUE);
	fake_console_clear();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/printf/integers", test_integers);
	g_test_add_func("/printf/strings", test_strings);
	g_test_add_func("/printf/ours", test_ours);
	g_test_add_func("/printf/bounds", test_bounds);
	g_test_add_func("/printf/console", test_console);
	return g_test_run();
}
