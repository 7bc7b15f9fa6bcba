/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model of translation against what the manual says of table and TLB maintenance, section by section. The published
 * tables of tests of virtual memory are still to be compared.
 */
#include <glib.h>
#include <string.h>

#include "translation.h"
#include "test_pes.h"

/*
 * A program as text, as in test_fetch.c: "st t 2" writes the descriptor of the table, "st a 1" and "st b 1" that of
 * leaf tables 1 and 2, "st x 1" the flag; "acc" accesses the page. tlbi, tlbi-last, tlbi-local. At first table 1 is
 * linked, leaf table 1 has @first, and leaf table 2 page 2.
 */
struct expected {
	const char *name, *program, *outcome;
	guint8 first;
	gboolean allowed, ets2;
};

static const struct expected tests[] = {
	/* "Translation table maintenance": a write is seen by walks after a DSB and a context synchronization event. */
	{"map", "st a 1; acc", "0", 0, TRUE, FALSE},
	{"map+dsb", "st a 1; dsb; acc", "0", 0, TRUE, FALSE},
	{"map+dsb, ETS2", "st a 1; dsb; acc", "0", 0, FALSE, TRUE},
	{"map+isb", "st a 1; isb; acc", "0", 0, TRUE, FALSE},
	{"map+dsb-isb", "st a 1; dsb; isb; acc", "0", 0, FALSE, FALSE},
	/* An invalid descriptor is not cached: no TLBI is needed, also on another PE. */
	{"map+message", "st a 1; dsb; st x 1 | ld x; ctrl; isb; acc", "1 0", 0, FALSE, FALSE},
	{"map+message, no isb", "st a 1; dsb; st x 1 | ld x; ctrl; acc", "1 0", 0, TRUE, FALSE},
	/* "General TLB maintenance requirements" */
	{"unmap+dsb-isb", "st a 0; dsb; isb; acc", "1", 1, TRUE, FALSE},
	{"unmap+dsb-tlbi-dsb-isb", "st a 0; dsb; tlbi; dsb; isb; acc", "1", 1, FALSE, FALSE},
	{"unmap+tlbi-dsb-isb", "st a 0; tlbi; dsb; isb; acc", "1", 1, TRUE, FALSE},
	{"unmap+dsb-tlbi-isb", "st a 0; dsb; tlbi; isb; acc", "1", 1, TRUE, FALSE},
	{"unmap+dsb-tlbi-dsb", "st a 0; dsb; tlbi; dsb; acc", "1", 1, TRUE, FALSE},
	{"unmap+dsb-tlbi-dsb, ETS2", "st a 0; dsb; tlbi; dsb; acc", "1", 1, FALSE, TRUE},
	{"unmap+dmb-tlbi-dsb-isb", "st a 0; dmb; tlbi; dsb; isb; acc", "1", 1, TRUE, FALSE},
	/* "TLB maintenance instructions": those without IS act on this PE. */
	{"unmap+local+message", "st a 0; dsb; tlbi-local; dsb; st x 1 | ld x; ctrl; isb; acc", "1 1", 1, TRUE, FALSE},
	{"unmap+broadcast+message", "st a 0; dsb; tlbi; dsb; st x 1 | ld x; ctrl; isb; acc", "1 1", 1, FALSE, FALSE},
	{"unmap+local", "st a 0; dsb; tlbi-local; dsb; isb; acc", "1", 1, FALSE, FALSE},
	/* ... and VALE1 on the last level only. */
	{"last level", "st a 0; dsb; tlbi-last; dsb; isb; acc", "1", 1, FALSE, FALSE},
	{"table changed, last level", "st t 2; dsb; tlbi-last; dsb; isb; acc", "1", 1, TRUE, FALSE},
	{"table changed, all levels", "st t 2; dsb; tlbi; dsb; isb; acc", "1", 1, FALSE, FALSE},
	{"table reused, last level", "st t 0; dsb; tlbi-last; dsb; st a 2; dsb; isb; acc", "2", 1, TRUE, FALSE},
	{"table reused, all levels", "st t 0; dsb; tlbi; dsb; st a 2; dsb; isb; acc", "2", 1, FALSE, FALSE},
	/* "Using break-before-make when updating translation table entries" */
	{"no break", "st a 2; dsb; isb; acc; acc", "2 1", 1, TRUE, FALSE},
	{"break before make", "st a 0; dsb; tlbi; dsb; st a 2; dsb; isb; acc", "1", 1, FALSE, FALSE},
	{"break without TLBI", "st a 0; dsb; st a 2; dsb; isb; acc", "1", 1, TRUE, FALSE},
};

static struct pes_op parse_op(const char *text)
{
	static const char *const names[] = {
		"st", "ld", "acc", "tlbi", "tlbi-last", "tlbi-local", "dsb", "dsb-st", "dmb", "ctrl", "isb"};
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	struct pes_op op = {.operation = operation_named(words[0], names, G_N_ELEMENTS(names))};

	if (words[1])
		op.location = (uint8_t)(strchr("tabx", words[1][0]) - "tabx");
	if (words[1] && words[2])
		op.value = (uint8_t)g_ascii_strtoull(words[2], NULL, 10);
	return op;
}

static void test_expected(gconstpointer data)
{
	const struct expected *t = data;
	struct translation_program p = {
		.initial = {[LOCATION_TABLE] = 1, [LOCATION_LEAF_1] = t->first, [LOCATION_LEAF_2] = 2},
		.ets2 = t->ets2};
	struct reached reached = {0};
	struct question q = {&p.pes, 1u << TRANSLATION_LOAD | 1u << TRANSLATION_ACCESS, t->outcome, 0, FALSE};

	pes_parse(&p.pes, t->program, parse_op);
	g_assert_true(translation_explore(&reached, &p, question_answer, &q));
	question_check(&q, t->program, t->allowed);
	reached_free(&reached);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strdup_printf("/translation/%s", tests[i].name);

		g_test_add_data_func(path, &tests[i], test_expected);
	}
	return g_test_run();
}
