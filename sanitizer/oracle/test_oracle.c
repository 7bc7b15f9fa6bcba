/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A part of what `oracle --full` compares, and a sample of what is longer, in about half a minute. */
#include <glib.h>

#include "fetch_search.h"
#include "search.h"
#include "translation_search.h"

static void agree(unsigned pes, unsigned length, unsigned whole, unsigned rate, uint64_t at_least)
{
	struct totals totals = {0};

	g_assert_true(search_run(pes, length, whole, rate, -1, &totals));
	g_assert_cmpuint(totals.disagreements, ==, 0);
	/* That nothing disagrees means something only if much was asked. */
	g_assert_cmpuint(totals.programs, >, at_least);
	g_assert_cmpuint(totals.permitted, >, at_least / 20);
}

static void test_one(void)
{
	agree(1, 4, 4, 1, 500000);
}

static void test_one_longer(void)
{
	agree(1, 6, 2, 6, 20000);
}

static void test_two(void)
{
	agree(2, 3, 3, 1, 200000);
}

static void test_two_longer(void)
{
	agree(2, 5, 2, 11, 20000);
}

static void check(const struct totals *totals, uint64_t at_least)
{
	g_assert_cmpuint(totals->disagreements, ==, 0);
	g_assert_cmpuint(totals->programs, >, at_least);
	g_assert_cmpuint(totals->permitted, >, at_least / 5);
}

static void test_fetch(void)
{
	struct totals totals = {0};

	g_assert_true(fetch_search_run(1, 5, &totals));
	g_assert_true(fetch_search_run(2, 4, &totals));
	check(&totals, 100000);
}

static void test_translation(void)
{
	struct totals totals = {0};

	g_assert_true(translation_search_run(1, 4, &totals));
	g_assert_true(translation_search_run(2, 4, &totals));
	check(&totals, 100000);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/oracle/one-pe", test_one);
	g_test_add_func("/oracle/one-pe-longer", test_one_longer);
	g_test_add_func("/oracle/two-pes", test_two);
	g_test_add_func("/oracle/two-pes-longer", test_two_longer);
	g_test_add_func("/oracle/fetch", test_fetch);
	g_test_add_func("/oracle/translation", test_translation);
	return g_test_run();
}
