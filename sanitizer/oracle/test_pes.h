/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_pes.h - programs of several PEs as text, and outcomes that they may have or may not: "|" between PEs, ";"
 * between operations; what is asked for in program order, PE by PE.
 */
#ifndef ORACLE_TEST_PES_H
#define ORACLE_TEST_PES_H

#include <glib.h>

#include "pes.h"

static inline uint8_t operation_named(const char *name, const char *const *names, guint count)
{
	guint n = 0;

	while (n < count && strcmp(names[n], name) != 0)
		n++;
	g_assert_cmpuint(n, <, count);
	return (uint8_t)n;
}

static inline void pes_parse(struct pes_program *p, const char *text, struct pes_op (*parse)(const char *op))
{
	g_auto(GStrv) columns = g_strsplit(text, " | ", -1);

	for (char **c = columns; *c; c++) {
		g_auto(GStrv) ops = g_strsplit(*c, "; ", -1);

		g_assert_cmpuint(p->pes, <, PES_MAX);
		for (char **o = ops; *o; o++) {
			g_assert_cmpuint(p->ops[p->pes], <, PES_OPS);
			p->op[p->pes][p->ops[p->pes]++] = parse(*o);
		}
		p->pes++;
	}
}

struct question {
	const struct pes_program *program;
	guint asked; /* a bit for each operation that gives something */
	const char *outcome;
	guint outcomes;
	gboolean found;
};

static inline void question_answer(void *context, const struct pes_outcome *outcome)
{
	struct question *q = context;
	g_autoptr(GString) s = g_string_new(NULL);

	for (guint pe = 0; pe < q->program->pes; pe++)
		for (guint op = 0; op < q->program->ops[pe]; op++)
			if (q->asked >> q->program->op[pe][op].operation & 1)
				g_string_append_printf(s, "%s%u", s->len ? " " : "", outcome->value[pe][op]);
	q->outcomes++;
	q->found = q->found || strcmp(s->str, q->outcome) == 0;
}

static inline void question_check(const struct question *q, const char *program, gboolean allowed)
{
	g_assert_cmpuint(q->outcomes, >, 0);
	g_test_message("%s: %s is %s", program, q->outcome, q->found ? "allowed" : "forbidden");
	g_assert_cmpint(q->found, ==, allowed);
}

#endif
