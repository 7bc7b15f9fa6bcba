/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "litmus_show.h"

const char *litmus_verdict_name(enum litmus_verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_UNKNOWN] = "unknown",
		[VERDICT_ALLOWED] = "allowed",
		[VERDICT_FORBIDDEN] = "forbidden",
		[VERDICT_REQUIRED] = "required",
		[VERDICT_VIOLATED] = "violated",
	};

	return names[verdict];
}

char *litmus_outcome(const struct litmus_test *test, const struct outcome_values *outcome)
{
	GString *s = g_string_new(NULL);

	for (guint i = 0; i < test->program.observeds; i++)
		g_string_append_printf(s, "%s%s=%u;", i ? " " : "", test->observed_name[i], outcome->value[i]);
	return g_string_free(s, FALSE);
}

/* The cells of a cache that changed, or all that it holds when there is no state before. */
static void append_cache(GString *s, const struct litmus_test *test, const guint8 *copy, const guint8 *before, guint pe)
{
	gboolean first = TRUE;

	for (guint c = 0; c < test->program.cells; c++) {
		if (before ? copy[c] == before[c] : COPY_KIND(copy[c]) == COPY_ABSENT)
			continue;
		if (first)
			g_string_append_printf(s, "%s%s's cache", s->len ? "; " : "", test->column[pe]);
		first = FALSE;
		if (COPY_KIND(copy[c]) == COPY_ABSENT)
			g_string_append_printf(s, " %s gone", test->cell_name[c]);
		else
			g_string_append_printf(s, " %s=%u%s", test->cell_name[c], COPY_VALUE(copy[c]),
				COPY_KIND(copy[c]) == COPY_DIRTY ? " dirty" : "");
	}
}

static char *changes(const struct litmus_test *test, const struct state *state, const struct state *before)
{
	GString *s = g_string_new(NULL);
	gboolean first = TRUE;

	for (guint c = 0; c < test->program.cells; c++) {
		if (before && state->memory[c] == before->memory[c])
			continue;
		g_string_append_printf(s, "%s %s=%u", first ? "memory" : "", test->cell_name[c], state->memory[c]);
		first = FALSE;
	}
	for (guint pe = 0; pe < test->program.pes; pe++)
		append_cache(s, test, state->copy[pe], before ? before->copy[pe] : NULL, pe);
	return g_string_free(s, FALSE);
}

/* The locations of a line, for "writes x y back". */
static char *line_name(const struct litmus_test *test, guint line)
{
	GString *s = g_string_new(NULL);

	for (guint c = 0; c < test->program.cells; c++)
		if (test->program.line_of[c] == line)
			g_string_append_printf(s, "%s%s", s->len ? " " : "", test->cell_name[c]);
	return g_string_free(s, FALSE);
}

/* The attributes of an access where they are not those that its name is declared with. */
static const char *effective(const struct litmus_test *test, const struct exploration *e, guint pe, guint op)
{
	const struct op *o = &test->program.op[pe][op];
	guint type = e->as[pe][op].type;

	if (o->operation > OPERATION_CIVAC || test->program.agent[pe] != AGENT_PE ||
		type == test->program.mapping[pe][o->name].type)
		return "";
	return type == TYPE_DEVICE ? " (as Device)" : " (as NC)";
}

static char *happening(const struct litmus_test *test, const struct exploration *e, const struct scene *scene)
{
	const struct step *step = &scene->step;
	const char *agent = test->column[step->pe], *text = test->text[step->pe][step->op];
	const struct op *o = &test->program.op[step->pe][step->op];
	g_autofree char *line = NULL;

	switch ((enum step_kind)step->kind) {
	case STEP_START:
		return g_strdup("at first");
	case STEP_EXECUTE:
		if (o->operation == OPERATION_LOAD)
			return g_strdup_printf("%s: %s%s gives %u", agent, text, effective(test, e, step->pe, step->op),
				scene->state.value[step->pe][step->op]);
		return g_strdup_printf("%s: %s%s", agent, text, effective(test, e, step->pe, step->op));
	case STEP_FORWARD:
		return g_strdup_printf(
			"%s: %s gives %u, of its own store", agent, text, scene->state.value[step->pe][step->op]);
	case STEP_EFFECT:
		return g_strdup_printf("%s: %s takes effect", agent, text);
	case STEP_EVICT:
		line = line_name(test, step->line);
		return g_strdup_printf("%s's cache evicts %s", agent, line);
	case STEP_EXCHANGE:
		line = line_name(test, step->line);
		return g_strdup_printf("%s's cache drops %s and allocates it", agent, line);
	}
	return NULL;
}

GPtrArray *litmus_witness(const struct litmus_test *test, const struct exploration *e)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

	for (gsize i = 0; i < e->scenes; i++) {
		const struct scene *scene = &e->witness[i];
		g_autofree char *what = happening(test, e, scene);
		g_autofree char *changed = changes(test, &scene->state, i ? &scene[-1].state : NULL);

		g_ptr_array_add(lines, *changed ? g_strdup_printf("%-42s %s", what, changed) : g_strdup(what));
	}
	return lines;
}
