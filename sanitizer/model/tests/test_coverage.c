/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each rule counts as exercised: programs that are right, or nearly, and the rules that had something to decide in
 * them. That no rule complains without having counted is seen to in script.c, for every script of every test.
 */
#include <string.h>

#include "script.h"

static const struct {
	const char *name, *options, *script, *exercised;
} cases[] = {
	{"nothing", "", "on!; st x 1; ld x", "M5"},
	{"clean", "", "on!; st x 1; cvac x; dsb sy; ld x", "C5 C8 M5"},
	/* What is clean already is no occasion for C5, but its DC waits for a DSB. */
	{"clean-of-clean", "", "on!; ld x; cvac x; dsb sy", "M5"},
	{"no-dsb", "", "on!; st x 1; cvac x", "M5"},
	{"discard", "", "on!; st x 1; ivac x; dsb sy", "C7 C8 M5"},
	{"discard-clean", "", "on!; ld x; ivac x; dsb sy", "C8 M5"},
	{"off", "", "on!; st x 1; cvac x; dsb sy; off; isb; ld x", "C5 C8 H1 M5 X2"},
	{"off-written-off", "", "st x 1; dmb sy; ld x", "X2"},
	{"on", "", "st x 1; dmb sy; ivac x; dsb sy; on; isb; ld x", "C8 H2 H3 M5 X2"},
	{"on-unwritten", "", "ivac x; dsb sy; on; isb; ld x", "C8 H3 M5"},
	{"alias", "", "on!; st x 1; cvac x; dsb sy; ld.nc x", "C5 C8 M4 M5"},
	{"alias-barrier", "", "on!; ld x; civac x; dsb sy; alias off; st.nc x 1; dmb sy", "C8 M4 M5 X3"},
	{"set-way", "", "csw all; dsb sy", "C11"},
	{"set-way-unfinished", "", "csw most; dsb sy", ""},
	{"device", "", "ld d", "X2"},
	{"exclusive", "", "on!; ldx x; stx x 1", "M5 X1"},
	{"register", "", "msr TTBR0 1 2; isb", "S1"},
	{"register-same", "", "msr TTBR0 1 1; isb", ""},
	{"register-not-listed", "", "msr TPIDR 0 1; isb", ""},
	{"register-used", "", "msr CPACR 0 0x300000; use fp", "S1"},
	{"register-pending", "", "msr CPACR 0 0x300000", ""},
	{"code", "", "on!; exec x; st4 x 1; cvau x; dsb sy; ivau x; dsb sy; isb; exec x", "C8 I1 I2 I3 M5"},
	{"code-other-cpu", "", "on!; 1:on!; 1:exec x; st4 x 1; cvau x; dsb sy; ivau x; dsb sy; 1:isb; 1:exec x",
		"C8 I1 I2 I3 I4 M5"},
	{"code-loaded", "", "on!; exec x; exec x", ""},
	{"code-off", "", "on!; st4 x 1; cvac x; dsb sy; off; iallu; dsb sy; isb; exec.nc x", "C5 C8 H1 I7 M5"},
	{"cut", "", "on!; 1:on!; 1:cut", "X5"},
	{"tlb-empty", "", "on!; map 2 0; use 2", "M5"},
};

static void test_case(gconstpointer data)
{
	const typeof(cases[0]) *c = data;
	g_autofree char *exercised = script_exercised(c->options, c->script);

	g_assert_cmpstr(exercised, ==, c->exercised);
}

static void test_json(void)
{
	uint64_t times[RULE_COUNT] = {1, 2};
	char buffer[RULES_JSON_SIZE], small[20];

	for (unsigned i = 2; i < RULE_COUNT; i++)
		times[i] = UINT64_MAX;
	g_assert_cmpuint(rules_json(times, buffer, sizeof(buffer)), ==, strlen(buffer));
	g_assert_true(g_str_has_prefix(buffer, "{\"C5\":1,\"C7\":2,\"C8\":18446744073709551615,"));
	g_assert_true(g_str_has_suffix(buffer, "\"X13\":18446744073709551615}"));
	g_assert_cmpuint(rules_json(times, small, sizeof(small)), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/coverage/%s", cases[i].name);

		g_test_add_data_func(path, &cases[i], test_case);
	}
	g_test_add_func("/coverage/json", test_json);
	return g_test_run();
}
