/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of litmus tests and what the machine says of them. Run in the top folder: the project's tests are read. */
#include <string.h>

#include "../../litmus_show.h"
#include "../../litmus_token.h"

#define LIMIT 1000000

static struct litmus_test *read_text(const char *text)
{
	g_autoptr(GError) error = NULL;
	struct litmus_test *test = litmus_test_read("f", text, strlen(text), &error);

	g_assert_no_error(error);
	return test;
}

static void check_error(const char *text, const char *message)
{
	g_autoptr(GError) error = NULL;
	struct litmus_test *test = litmus_test_read("f", text, strlen(text), &error);

	g_assert_null(test);
	g_assert_nonnull(error);
	g_assert_cmpstr(error->message, ==, message);
}

static void errors(void)
{
	check_error("", "f:1:1: expected AArch64 and the name of the test, got the end of the file");
	check_error("PPC t\n", "f:1:1: expected AArch64 and the name of the test, got 'PPC'");
	check_error("AArch64 t\nx\n{}\n", "f:2:1: expected '{', or a line such as Source=..., got 'x'");
	check_error("AArch64 t\nExpected=maybe\n{}\n", "f:2:1: expected allowed or forbidden (of exists and ~exists), "
						       "required or violated (of forall), behind "
						       "Expected=, got 'Expected'");
	check_error("AArch64 t\n{ x=64; }\n", "f:2:5: expected a number from 0 to 63, got '64'");
	check_error("AArch64 t\n{ x 1; }\n", "f:2:5: expected '=', got '1'");
	check_error("AArch64 t\n{ attr x = XB; }\n",
		"f:2:12: expected WB, WT (with -ISH, -OSH or -NSH; ISH when nothing is said), NC or Device, got 'XB'");
	check_error("AArch64 t\n{ alias n = y; }\n",
		"f:2:13: expected the name of a location that is declared before, got 'y'");
	check_error("AArch64 t\n{ x=0; y=0; z=0; line x y; line z y; }\n",
		"f:2:35: expected a location that is in no line yet, got 'y'");
	check_error("AArch64 t\n{ 3:X1=x; }\n", "f:2:3: expected the number of a column, 0 to 2, got '3'");
	check_error("AArch64 t\n{ 1:X1=x; }\nP0 ;\n",
		"f:3:4: expected 2 columns, since the declarations name number 1, got ';'");
	check_error("AArch64 t\n{}\nP0|P1|P2|P3;\n", "f:3:10: expected at most 3 columns, got 'P3'");
	check_error("AArch64 t\n{}\nP0 ;\n LDX W0 ;\n", "f:4:2: expected an instruction: LDR, LDAR, LDAPR, STR, STLR, "
							"DC, DMB, DSB, ISB, MSR, MOV, EOR, CBZ, CBNZ, "
							"NOP, got 'LDX'");
	check_error("AArch64 t\n{}\nP0 ;\n LDR W0,[X1] ;\n",
		"f:4:10: expected a register that holds the address of a location, got 'X1'");
	check_error("AArch64 t\n{x=0}\nP0 ;\n LDR W31,[x] ;\n",
		"f:4:6: expected a register to write, W0 to W30 or X0 to X30, got 'W31'");
	check_error("AArch64 t\n{x=0}\nP0 ;\n DMB ISHLDX ;\n",
		"f:4:6: expected SY, ISH, OSH or NSH, perhaps with LD or ST, got 'ISHLDX'");
	check_error("AArch64 t\n{x=0}\nP0 ;\n DC IVAC,x | ISB ;\n", "f:4:12: expected ';' after 1 columns, got '|'");
	check_error("AArch64 t\n{x=0}\nP0 ;\n CBZ W0,L ;\n NOP ;\n",
		"f:5:2: expected 'L:', since a branch may only lead to the next line, got 'NOP'");
	check_error("AArch64 t\n{x=0}\nP0 ;\n ISB;ISB;ISB;ISB;ISB;ISB;ISB;\n",
		"f:4:26: expected at most 6 operations in a column, MOV, EOR and branches not counted, got 'ISB'");
	check_error("AArch64 t\n{x=0;0:agent=DMA}\nDMA ;\n ISB ;\n",
		"f:4:2: expected a load, a store, DMB or DSB: DMA is no PE, got 'ISB'");
	check_error("AArch64 t\n{x=0;0:SCTLR=0}\nP0 ;\n DC ZVA,x ;\nexists (x=0)\n",
		"f:4:2: expected Normal memory for DC ZVA: on Device memory (with the MMU off all is) it faults, got "
		"'DC'");
	check_error("AArch64 t\n{x=0}\nP0 ;\n NOP ;\nexists (z=0)\n",
		"f:5:9: expected a register such as 0:W1, or the name of a location, got 'z'");
	check_error("AArch64 t\n{x=0}\nP0 ;\n NOP ;\nexists (x=0\n",
		"f:6:1: expected ')', /\\ or \\/, got the end of the file");
	check_error("AArch64 t\n{x=0}\nP0 ;\n NOP ;\nexists (x=0) y\n",
		"f:5:14: expected /\\, \\/ or the end of the file, got 'y'");
	check_error("AArch64 t\nExpected=required\n{x=0}\nP0 ;\n NOP ;\nexists (x=0)\n",
		"f:6:1: expected forall, for what stands behind Expected=, got 'exists'");
	/* What could do something to a terminal is shown, and a column is a character. */
	check_error("AArch64 t\n{ (* \xc3\xa9 *) \x1b }\n",
		"f:2:11: expected a declaration, such as x=0, 0:X1=x or attr x = NC, or '}', got '\\x1b'");
}

/* The outcomes of a test as one text, with its verdict in front. */
static char *outcomes(const char *text)
{
	struct litmus_test *test = read_text(text);
	GString *s = g_string_new(NULL);
	struct exploration e;

	g_assert_cmpint(explore(&test->program, LIMIT, NULL, NULL, &e), ==, EXPLORED);
	for (gsize i = 0; i < e.outcomes; i++) {
		g_autofree char *outcome = litmus_outcome(test, &e.outcome[i]);

		g_string_append_printf(s, "%s%s", i ? " | " : "", outcome);
	}
	exploration_free(&e);
	litmus_test_free(test);
	return g_string_free(s, FALSE);
}

static void check_outcomes(const char *text, const char *want)
{
	g_autofree char *got = outcomes(text);

	g_assert_cmpstr(got, ==, want);
}

static void what_is_said_counts(void)
{
	/* A dirty line at first: what memory holds is not what a load gives. */
	check_outcomes("AArch64 t\n{x=0; 0:cache x = dirty 3}\nP0 ;\n LDR W0,[x] ;\nexists (0:W0=0)\n", "0:W0=3;");
	check_outcomes(
		"AArch64 t\n{x=0; 0:cache x = clean 3}\nP0 ;\n LDR W0,[x] ;\nexists (0:W0=0)\n", "0:W0=0; | 0:W0=3;");
	check_outcomes("AArch64 t\n{x=0; 0:cache x = empty}\nP0 ;\n LDR W0,[x] ;\nexists (0:W0=0)\n", "0:W0=0;");
	check_outcomes(
		"AArch64 t\n{x=1; 0:cache x = clean 0; 0:SCTLR=0}\nP0 ;\n LDR W0,[x] ;\nexists (0:W0=0)\n", "0:W0=1;");
	/* Attributes of a column. */
	check_outcomes("AArch64 t\n{x=1; 0:cache x = clean 0; 0:attr x = NC}\nP0 ;\n LDR W0,[x] ;\nexists (0:W0=0)\n",
		"0:W0=1;");
	/* Eviction, seen in memory in the end; write-through is there at once. */
	check_outcomes("AArch64 t\n{x=0}\nP0 ;\n MOV W0,#1 ;\n STR W0,[x] ;\nexists (x=1)\n", "[x]=0; | [x]=1;");
	check_outcomes("AArch64 t\n{x=0; attr x = WT}\nP0 ;\n MOV W0,#1 ;\n STR W0,[x] ;\nexists (x=1)\n", "[x]=1;");
	/* ZVA takes the line, and no other. */
	check_outcomes(
		"AArch64 t\n{x=1; y=1; z=1; line x y; attr x = NC; attr y = NC; attr z = NC}\nP0 ;\n DC ZVA,x ;\n"
		"exists (x=1 /\\ y=1 /\\ z=1)\n",
		"[x]=0; [y]=0; [z]=1;");
	/* A register that no load has written is a number. */
	check_outcomes("AArch64 t\n{0:W1=7}\nP0 ;\n NOP ;\nforall (0:W1=7 /\\ 0:W2=0)\n", "");
}

static void memory_model(void)
{
	static const struct {
		const char *file;
		gsize outcomes; /* all combinations but those that the memory model forbids */
	} tests[] = {
		{"mp", 4},
		{"mp-dmbs", 3},
		{"mp-dmb.st-dmb.ld", 3},
		{"mp-dmb.ld-dmb.ld", 4},
		{"mp-dmb-po", 4},
		{"mp-rel-acq", 3},
		{"mp-dmb-addr", 3},
		{"mp-dmb-ctrl", 4},
		{"mp-dmb-ctrlisb", 3},
		{"sb", 4},
		{"sb-dmbs", 3},
		{"sb-dmb.sts", 4},
		{"sb-rel-acq", 3},
		{"lb", 4},
		{"lb-datas", 1},
		{"lb-ctrls", 3},
		{"corr", 3},
		{"wrc-data-addr", 5},
		{"wrc-po-addr", 8},
		{"isa2-rel-acq", 7},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strdup_printf("litmus/%s.litmus", tests[i].file);
		g_autofree char *text = NULL;
		struct litmus_test *test;
		struct exploration e;

		g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
		test = read_text(text);
		g_assert_cmpint(explore(&test->program, LIMIT, NULL, NULL, &e), ==, EXPLORED);
		g_test_message("%s: %zu outcomes", tests[i].file, e.outcomes);
		g_assert_cmpuint(e.outcomes, ==, tests[i].outcomes);
		exploration_free(&e);
		litmus_test_free(test);
	}
}

static bool satisfies(void *context, const struct outcome_values *outcome)
{
	const struct litmus_test *test = context;

	return litmus_test_satisfies(test, outcome->value) != (test->quantifier == FORALL);
}

/* Every test of the project: what it expects, with a reason, and a witness where there is one. */
static void ours(void)
{
	GDir *dir = g_dir_open("litmus", 0, NULL);
	const char *name;
	guint count = 0;

	g_assert_nonnull(dir);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename("litmus", name, NULL);
		g_autofree char *text = NULL;
		struct litmus_test *test;
		struct exploration e;
		gboolean is_said;

		g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
		test = read_text(text);
		g_assert_cmpint(explore(&test->program, LIMIT, satisfies, test, &e), ==, EXPLORED);
		is_said = test->expected == VERDICT_ALLOWED || test->expected == VERDICT_VIOLATED;
		g_test_message("%s: %s", name, e.witness ? "there is a way" : "there is none");
		g_assert_true((e.witness != NULL) == is_said);
		g_assert_true(test->expected != VERDICT_UNKNOWN && test->source && test->why && test->description);
		if (e.witness) {
			GPtrArray *lines = litmus_witness(test, &e);

			g_assert_cmpuint(lines->len, ==, e.scenes);
			g_ptr_array_unref(lines);
		}
		exploration_free(&e);
		litmus_test_free(test);
		count++;
	}
	g_dir_close(dir);
	g_assert_cmpuint(count, >=, 40);
}

static void limits(void)
{
	struct litmus_test *test = read_text("AArch64 t\n{x=0}\nP0 ;\n LDR W0,[x] ;\nexists (0:W0=0)\n");
	struct exploration e;

	g_assert_cmpint(explore(&test->program, 1, NULL, NULL, &e), ==, EXPLORED_TOO_LARGE);
	exploration_free(&e);
	litmus_test_free(test);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/litmus/errors", errors);
	g_test_add_func("/litmus/declarations", what_is_said_counts);
	g_test_add_func("/litmus/memory-model", memory_model);
	g_test_add_func("/litmus/ours", ours);
	g_test_add_func("/litmus/limits", limits);
	return g_test_run();
}
