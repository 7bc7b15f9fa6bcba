/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of results: a row a test, a column a profile. */
#include "../table.h"

static void print_two(void)
{
	struct table *t = table_new();

	if (!g_test_subprocess()) {
		g_test_trap_subprocess(NULL, 0, 0);
		g_test_trap_assert_passed();
		g_test_trap_assert_stdout("*\n       a        b\nx.one  PASS     FAIL\nx.two  -        SKIP\n\n*");
		table_free(t);
		return;
	}
	table_add_column(t, "a");
	table_add(t, "b", "x.two", "2", VERDICT_SKIP);
	table_add(t, "a", "x.one", "1", VERDICT_PASS);
	table_add(t, "b", "x.one", "1", VERDICT_FAIL);
	/* A later success does not hide a failure. */
	table_add(t, "b", "x.one", "1", VERDICT_PASS);
	table_print(t);
	table_free(t);
}

static void print_one(void)
{
	struct table *t = table_new();

	if (!g_test_subprocess()) {
		g_test_trap_subprocess(NULL, 0, 0);
		g_test_trap_assert_passed();
		g_test_trap_assert_stdout_unmatched("*x.one*");
		table_free(t);
		return;
	}
	table_add(t, "a", "x.one", "", VERDICT_PASS);
	table_print(t);
	table_free(t);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/table/two_columns", print_two);
	g_test_add_func("/table/one_column_is_no_table", print_one);
	return g_test_run();
}
