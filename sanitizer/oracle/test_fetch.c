/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model of instruction fetch against published verdicts: those of Simner et al., "ARMv8-A System Semantics:
 * Instruction Fetch in Relaxed Architectures" (ESOP 2020), sections 3.2 to 3.6, and of the manual for CTR_EL0.IDC and
 * DIC.
 */
#include <glib.h>
#include <string.h>

#include "fetch.h"
#include "test_pes.h"

/*
 * A program as text: "|" between PEs, ";" between operations. f and g are code, x and y data, all 0 at first; g and y
 * are one location.
 *
 *      st f 1   ld x   ex f   dc f   ic f   icall   dsb   dmb   ctrl   isb
 *
 * @outcome: what loads and fetches give, in program order, PE by PE.
 */
struct published {
	const char *name, *program, *outcome;
	gboolean allowed;
	const char *ids; /* idc, dic */
};

#define CACHESYNC "st f 1; dc f; dsb; ic f; dsb"

static const struct published tests[] = {
	{"CoFF", "st f 1 | ex f; ex f", "1 0", TRUE, ""},
	{"CoFR", "st f 1 | ex f; ld f", "1 0", FALSE, ""},
	{"CoRF+ctrl-isb", "st f 1 | ld f; ctrl; isb; ex f", "1 0", TRUE, ""},
	{"SM", "st f 1; ex f", "0", TRUE, ""},
	{"SM+cachesync-isb", CACHESYNC "; isb; ex f", "0", FALSE, ""},
	/* DDI 0487, K11.5.2: the ISB is needed, and another PE's is not enough. */
	{"SM+cachesync", CACHESYNC "; ex f", "0", TRUE, ""},
	{"MP.RF+dmb+ctrl-isb", "st f 1; dmb; st x 1 | ld x; ctrl; isb; ex f", "1 0", TRUE, ""},
	{"MP.RF+cachesync+ctrl-isb", CACHESYNC "; st x 1 | ld x; ctrl; isb; ex f", "1 0", FALSE, ""},
	{"MP.RF+cachesync+ctrl", CACHESYNC "; st x 1 | ld x; ctrl; ex f", "1 0", TRUE, ""},
	{"MP.FR+dmb+fpo-fe", "st x 1; dmb; st f 1 | ex f; ld x", "1 0", FALSE, ""},
	{"MP.FF+dmb+fpo", "st f 1; dmb; st g 1 | ex g; ex f", "1 0", TRUE, ""},
	{"MP.FF+cachesync+fpo", CACHESYNC "; st g 1 | ex g; ex f", "1 0", FALSE, ""},
	{"ISA2.F+dc+ic+ctrl-isb", "st f 1; dc f; dsb; st x 1 | ld x; dsb; ic f; dsb; st y 1 | ld y; ctrl; isb; ex f",
		"1 1 0", FALSE, ""},
	{"SM.F+ic", "st f 1; ld x; ctrl; isb; ex f | ex f; ic f; dsb; st x 1", "1 0 1", TRUE, ""},
	{"FOW", "st f 1; st f 2; dsb; ic f; dsb; st x 1 | ld x; ctrl; isb; ex f | ld x; ctrl; isb; ex f", "1 1 1 0",
		TRUE, ""},
	{"MP.RF+dc+ctrl-isb-isb", "st f 1; st f 2; dc f; dsb; st x 1 | ld x; ctrl; isb; ex f; isb; ex f; isb; ex f",
		"1 2 1 0", TRUE, ""},
	/* DDI 0487, K11.5.2: a DSB is needed between the two, and after the second. */
	{"no DSB between DC and IC", "st f 1; dc f; ic f; dsb; isb; ex f", "0", TRUE, ""},
	{"no DSB after IC", "st f 1; dc f; dsb; ic f; isb; ex f", "0", TRUE, ""},
	{"DMB in place of the DSB", "st f 1; dc f; dmb; ic f; dsb; isb; ex f", "0", TRUE, ""},
	{"IC IALLU is local", "st f 1; dc f; dsb; icall; dsb; st x 1 | ld x; ctrl; isb; ex f", "1 0", TRUE, ""},
	{"IC IALLU on the PE itself", "st f 1; dc f; dsb; icall; dsb; isb; ex f", "0", FALSE, ""},
	/* CTR_EL0: without IDC the clean is needed, without DIC the invalidate. */
	{"no DC", "st f 1; dsb; ic f; dsb; isb; ex f", "0", TRUE, ""},
	{"no DC, IDC", "st f 1; dsb; ic f; dsb; isb; ex f", "0", FALSE, "idc"},
	{"no IC, IDC", "st f 1; dsb; isb; ex f", "0", TRUE, "idc"},
	{"no IC, IDC and DIC", "st f 1; dsb; isb; ex f", "0", FALSE, "idc dic"},
	{"no DSB, IDC and DIC", "st f 1; isb; ex f", "0", TRUE, "idc dic"},
	{"no ISB, IDC and DIC", "st f 1; dsb; ex f", "0", TRUE, "idc dic"},
};

static struct pes_op parse_op(const char *text)
{
	static const char *const names[] = {
		"st", "ld", "ex", "dc", "ic", "icall", "dsb", "dsb-nsh", "dmb", "ctrl", "isb"};
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	struct pes_op op = {.operation = operation_named(words[0], names, G_N_ELEMENTS(names))};

	if (words[1])
		op.location = words[1][0] == 'f' ? 0 : words[1][0] == 'y' || words[1][0] == 'g' ? 1 : 2;
	if (words[1] && words[2])
		op.value = (uint8_t)g_ascii_strtoull(words[2], NULL, 10);
	return op;
}

static void test_published(gconstpointer data)
{
	const struct published *t = data;
	struct fetch_program p = {.idc = strstr(t->ids, "idc") != NULL, .dic = strstr(t->ids, "dic") != NULL};
	struct reached reached = {0};
	struct question q = {&p.pes, 1u << FETCH_LOAD | 1u << FETCH_EXECUTE, t->outcome, 0, FALSE};

	pes_parse(&p.pes, t->program, parse_op);
	g_assert_true(fetch_explore(&reached, &p, question_answer, &q));
	question_check(&q, t->program, t->allowed);
	reached_free(&reached);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strdup_printf("/fetch/%s", tests[i].name);

		g_test_add_data_func(path, &tests[i], test_published);
	}
	return g_test_run();
}
