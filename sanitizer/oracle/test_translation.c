/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model of translation against what the manual says of table and TLB maintenance, section by section. The published
 * tables of tests of virtual memory are still to be compared.
 */
#include <glib.h>
#include <string.h>

#include "translation.h"

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

static struct translation_op parse_op(const char *text)
{
	static const char *const names[] = {
		"st", "ld", "acc", "tlbi", "tlbi-last", "tlbi-local", "dsb", "dsb-st", "dmb", "ctrl", "isb"};
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	struct translation_op op = {0};

	for (op.operation = 0; strcmp(names[op.operation], words[0]) != 0; op.operation++)
		g_assert_cmpuint(op.operation + 1u, <, G_N_ELEMENTS(names));
	if (words[1])
		op.location = (uint8_t)(strchr("tabx", words[1][0]) - "tabx");
	if (words[1] && words[2])
		op.value = (uint8_t)g_ascii_strtoull(words[2], NULL, 10);
	return op;
}

struct question {
	const struct translation_program *program;
	const char *outcome;
	guint outcomes;
	gboolean found;
};

static void on_outcome(void *context, const struct translation_outcome *outcome)
{
	struct question *q = context;
	g_autoptr(GString) s = g_string_new(NULL);

	for (guint pe = 0; pe < q->program->pes; pe++)
		for (guint op = 0; op < q->program->ops[pe]; op++)
			if (q->program->op[pe][op].operation == TRANSLATION_LOAD ||
				q->program->op[pe][op].operation == TRANSLATION_ACCESS)
				g_string_append_printf(s, "%s%u", s->len ? " " : "", outcome->value[pe][op]);
	q->outcomes++;
	q->found = q->found || strcmp(s->str, q->outcome) == 0;
}

static void test_expected(gconstpointer data)
{
	const struct expected *t = data;
	g_auto(GStrv) columns = g_strsplit(t->program, " | ", -1);
	struct translation_program p = {
		.initial = {[LOCATION_TABLE] = 1, [LOCATION_LEAF_1] = t->first, [LOCATION_LEAF_2] = 2},
		.ets2 = t->ets2};
	struct reached reached = {0};
	struct question q = {&p, t->outcome, 0, FALSE};

	for (char **c = columns; *c; c++) {
		g_auto(GStrv) ops = g_strsplit(*c, "; ", -1);

		for (char **o = ops; *o; o++) {
			g_assert_cmpuint(p.ops[p.pes], <, TRANSLATION_OPS);
			p.op[p.pes][p.ops[p.pes]++] = parse_op(*o);
		}
		p.pes++;
	}
	g_assert_true(translation_explore(&reached, &p, on_outcome, &q));
	g_assert_cmpuint(q.outcomes, >, 0);
	g_test_message("%s: %s is %s", t->program, t->outcome, q.found ? "allowed" : "forbidden");
	g_assert_cmpint(q.found, ==, t->allowed);
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
