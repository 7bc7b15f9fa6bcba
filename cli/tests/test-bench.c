/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of --bench: which lines are measurements, and what is printed of them. */
#include "../bench.h"
#include "../terminal.h"

static void take(struct bench *b, const char *label, const char *line)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new();

	g_ptr_array_add(lines, (char *)line);
	bench_take(b, label, lines);
}

static void printed(void)
{
	if (g_test_subprocess()) {
		struct bench *b = bench_new();

		terminal_init("never", FALSE);
		bench_add_column(b, "ns");
		bench_add_column(b, "instructions");
		take(b, "ns", "#  bench hvc 120.5 ns");
		take(b, "ns", "#  bench hvc 110.25 ns"); /* the least counts */
		take(b, "ns", "#  bench hvc 130 ns");
		take(b, "instructions", "#  bench eoi 4.0 ns");
		take(b, "elsewhere", "#  bench hvc 1 ns");
		take(b, "ns", "#  bench smc x1 ns");
		take(b, "ns", "#  bench smc 1 ms");
		take(b, "ns", "#  bench smc");
		take(b, "ns", "#  workbench smc 1 ns");
		bench_take(b, "ns", NULL);
		bench_print(b);
		bench_free(b);
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
	g_test_trap_assert_stdout("*                 ns    instructions\n"
				  "hvc           110.2               -\n"
				  "eoi               -             4.0\n*");
	g_test_trap_assert_stdout_unmatched("*smc*");
}

static void empty(void)
{
	if (g_test_subprocess()) {
		struct bench *b = bench_new();

		bench_add_column(b, "ns");
		bench_print(b);
		bench_free(b);
		bench_free(NULL);
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
	g_test_trap_assert_stdout_unmatched("*hvc*");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bench/printed", printed);
	g_test_add_func("/bench/empty", empty);
	return g_test_run();
}
