/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader of litmus tests:
 *
 *      AArch64 NAME
 *      "description"
 *      Source=...                      to the end of the line; also Why= and Expected=
 *      { declarations; }               litmus_init.c
 *      P0 | P1 ;
 *      instruction | instruction ;     litmus_code.c
 *      exists (condition)              or ~exists, or forall
 */
#include <string.h>

#include "../sanitizer/oracle/order.h"
#include "litmus_code.h"
#include "litmus_init.h"
#include "litmus_test.h"

#define DEPTH_MAX 32

struct reader {
	struct tokens t;
	struct litmus_test *test;
	struct agent_code code[PROGRAM_PES];
	guint depth;
};

static gboolean read_expected(struct reader *r, const struct token *place, const char *text, GError **error)
{
	static const struct {
		const char *name;
		enum litmus_verdict verdict;
	} verdicts[] = {
		{"allowed", VERDICT_ALLOWED},
		{"forbidden", VERDICT_FORBIDDEN},
		{"required", VERDICT_REQUIRED},
		{"violated", VERDICT_VIOLATED},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(verdicts); i++) {
		if (strcmp(text, verdicts[i].name) != 0)
			continue;
		r->test->expected = verdicts[i].verdict;
		return TRUE;
	}
	return tokens_expected_at(&r->t, place, error,
		"allowed or forbidden (of exists and ~exists), required or violated (of forall), behind Expected=");
}

static gboolean read_head(struct reader *r, GError **error)
{
	struct tokens *t = &r->t;
	struct token place;

	if (!token_is(&t->token, "AArch64"))
		return tokens_expected(t, error, "AArch64 and the name of the test");
	r->test->name = tokens_rest_of_line(t, t->token.text + t->token.len, t->token.line);
	if (!*r->test->name || strlen(r->test->name) > 100)
		return tokens_expected(t, error, "a name of at most 100 characters behind AArch64");
	if (t->token.kind == TOKEN_STRING) {
		g_autofree char *text = token_text(&t->token);
		g_auto(GStrv) words = g_strsplit_set(g_strstrip(text), " \t\r\n", -1);
		GString *line = g_string_new(NULL);

		for (char **w = words; *w; w++)
			if (**w)
				g_string_append_printf(line, "%s%s", line->len ? " " : "", *w);
		r->test->description = g_string_free(line, FALSE);
		tokens_next(t);
	}
	while (t->token.kind == TOKEN_WORD) {
		g_autofree char *text = NULL;
		const char *rest;
		guint line;

		place = t->token;
		rest = place.text + place.len;
		line = place.line;
		tokens_next(t);
		if (!token_is(&t->token, "="))
			return tokens_expected_at(t, &place, error, "'{', or a line such as Source=...");
		rest = t->token.text + 1;
		line = t->token.line;
		text = tokens_rest_of_line(t, rest, line);
		if (token_is(&place, "Expected")) {
			if (!read_expected(r, &place, text, error))
				return FALSE;
		} else if (token_is(&place, "Source")) {
			g_free(r->test->source);
			r->test->source = g_steal_pointer(&text);
		} else if (token_is(&place, "Why")) {
			/* A long reason may stand in several lines. */
			char *more = r->test->why ? g_strconcat(r->test->why, " ", text, NULL) : g_steal_pointer(&text);

			g_free(r->test->why);
			r->test->why = more;
		}
	}
	return TRUE;
}

static gboolean read_columns(struct reader *r, GError **error)
{
	struct tokens *t = &r->t;
	struct program *p = &r->test->program;
	guint highest = p->pes;

	p->pes = 0;
	for (;;) {
		if (t->token.kind != TOKEN_WORD)
			return tokens_expected(t, error, "the name of a column: P0 | P1 ;");
		if (p->pes == PROGRAM_PES)
			return tokens_expected(t, error, "at most %d columns", PROGRAM_PES);
		r->test->column[p->pes++] = token_text(&t->token);
		tokens_next(t);
		if (token_is(&t->token, ";"))
			break;
		if (!token_is(&t->token, "|"))
			return tokens_expected(t, error, "'|' or ';'");
		tokens_next(t);
	}
	if (highest > p->pes)
		return tokens_expected(
			t, error, "%u columns, since the declarations name number %u", highest, highest - 1);
	tokens_next(t);
	return TRUE;
}

static gboolean is_condition(const struct token *token)
{
	return token_is(token, "exists") || token_is(token, "forall") || token_is(token, "~");
}

static gboolean read_rows(struct reader *r, GError **error)
{
	struct tokens *t = &r->t;
	guint pe = 0;

	while (pe || !is_condition(&t->token)) {
		if (!token_is(&t->token, "|") && !token_is(&t->token, ";") &&
			!litmus_instruction(t, r->test, pe, &r->code[pe], error))
			return FALSE;
		if (token_is(&t->token, ";")) {
			pe = 0;
		} else if (!token_is(&t->token, "|")) {
			return tokens_expected(t, error, "'|' or ';' after an instruction%s",
				pe ? "" : ", or exists, ~exists or forall");
		} else if (++pe == r->test->program.pes) {
			return tokens_expected(t, error, "';' after %u columns", pe);
		}
		tokens_next(t);
	}
	for (pe = 0; pe < r->test->program.pes; pe++)
		if (r->code[pe].label)
			return tokens_expected_at(
				t, &r->code[pe].label_wanted, error, "a label that stands in the next line");
	return TRUE;
}

/* What no memory of the kind permits. */
static gboolean check_operations(struct reader *r, GError **error)
{
	const struct program *p = &r->test->program;

	for (guint pe = 0; pe < p->pes; pe++) {
		for (guint op = 0; op < p->ops[pe]; op++) {
			guint set = order_regimes(p, pe, op);

			if (p->op[pe][op].operation != OPERATION_ZVA)
				continue;
			for (guint sctlr = 0; sctlr < 4; sctlr++)
				if (set >> sctlr & 1 && order_attributes(p, pe, op, sctlr).type == TYPE_DEVICE)
					return tokens_expected_at(&r->t, &r->code[pe].place[op], error,
						"Normal memory for DC ZVA: on Device memory (with the MMU off all is) "
						"it faults");
		}
	}
	return TRUE;
}

static gboolean add_node(struct reader *r, struct node node, guint8 *number, GError **error)
{
	if (r->test->nodes == LITMUS_NODES)
		return tokens_expected(&r->t, error, "a condition of at most %d parts", LITMUS_NODES);
	*number = (guint8)r->test->nodes;
	r->test->node[r->test->nodes++] = node;
	return TRUE;
}

static gboolean find_observed(struct reader *r, struct observed o, const char *name, const struct token *place,
	guint8 *number, GError **error)
{
	struct program *p = &r->test->program;

	for (guint8 i = 0; i < p->observeds; i++) {
		if (strcmp(r->test->observed_name[i], name) == 0) {
			*number = i;
			return TRUE;
		}
	}
	if (p->observeds == PROGRAM_OBSERVED)
		return tokens_expected_at(
			&r->t, place, error, "at most %d registers and locations in a condition", PROGRAM_OBSERVED);
	*number = p->observeds;
	p->observed[p->observeds] = o;
	r->test->observed_name[p->observeds++] = g_strdup(name);
	return TRUE;
}

/* "0:W1" or "P0:W1": the column is taken already. */
static gboolean read_register(struct reader *r, guint pe, guint8 *node, GError **error)
{
	struct tokens *t = &r->t;
	struct token place = t->token;
	g_autofree char *text = NULL, *name = NULL;
	struct content held;
	guint8 number = 0, value;
	guint reg;

	if (!litmus_register(&t->token, &reg) || reg == LITMUS_REGISTERS)
		return tokens_expected(t, error, "a register, W0 to W30 or X0 to X30");
	text = token_text(&t->token);
	name = g_strdup_printf("%u:%s", pe, text);
	held = r->code[pe].reg[reg];
	if (held.kind == CONTENT_ADDRESS)
		return tokens_expected(t, error, "a register that holds a number, not an address");
	if (held.kind == CONTENT_LOADED &&
		!find_observed(r, (struct observed){FALSE, (guint8)pe, held.number, 0}, name, &place, &number, error))
		return FALSE;
	tokens_next(t);
	if (!token_is(&t->token, "="))
		return tokens_expected(t, error, "'='");
	tokens_next(t);
	if (!litmus_value(t, &value, error))
		return FALSE;
	if (held.kind == CONTENT_NUMBER)
		return add_node(r, (struct node){.kind = held.number == value ? NODE_TRUE : NODE_FALSE}, node, error);
	return add_node(r, (struct node){.kind = NODE_EQUALS, .observed = number, .value = value}, node, error);
}

static gboolean read_location(struct reader *r, guint8 *node, GError **error)
{
	struct tokens *t = &r->t;
	gboolean bracket = token_is(&t->token, "[");
	g_autofree char *name = NULL;
	struct token place;
	guint8 number, value;
	guint found;

	if (bracket)
		tokens_next(t);
	place = t->token;
	found = litmus_name(r->test, &t->token);
	if (found == PROGRAM_NAMES)
		return tokens_expected(t, error, "a register such as 0:W1, or the name of a location");
	name = g_strdup_printf("[%s]", r->test->cell_name[r->test->program.cell_of[found]]);
	if (!find_observed(
		    r, (struct observed){TRUE, 0, 0, r->test->program.cell_of[found]}, name, &place, &number, error))
		return FALSE;
	tokens_next(t);
	if (bracket) {
		if (!token_is(&t->token, "]"))
			return tokens_expected(t, error, "']'");
		tokens_next(t);
	}
	if (!token_is(&t->token, "="))
		return tokens_expected(t, error, "'='");
	tokens_next(t);
	return litmus_value(t, &value, error) &&
	       add_node(r, (struct node){.kind = NODE_EQUALS, .observed = number, .value = value}, node, error);
}

static gboolean read_or(struct reader *r, guint8 *node, GError **error);

static gboolean read_atom(struct reader *r, guint8 *node, GError **error)
{
	struct tokens *t = &r->t;
	guint8 inner;

	if (token_is(&t->token, "~") || token_is(&t->token, "not")) {
		tokens_next(t);
		if (++r->depth > DEPTH_MAX)
			return tokens_expected(t, error, "a condition that is nested less");
		if (!read_atom(r, &inner, error))
			return FALSE;
		r->depth--;
		return add_node(r, (struct node){.kind = NODE_NOT, .left = inner}, node, error);
	}
	if (token_is(&t->token, "(")) {
		tokens_next(t);
		if (!read_or(r, node, error))
			return FALSE;
		if (!token_is(&t->token, ")"))
			return tokens_expected(t, error, "')', /\\ or \\/");
		tokens_next(t);
		return TRUE;
	}
	if (token_is(&t->token, "true") || token_is(&t->token, "false")) {
		struct node constant = {.kind = token_is(&t->token, "true") ? NODE_TRUE : NODE_FALSE};

		tokens_next(t);
		return add_node(r, constant, node, error);
	}
	/* P0:W1; a location may have that name, too, but no colon. */
	for (guint pe = 0; pe < r->test->program.pes; pe++) {
		struct tokens before = *t;

		if (!(t->token.kind == TOKEN_NUMBER && t->token.number == pe) &&
			!token_is(&t->token, r->test->column[pe]))
			continue;
		tokens_next(t);
		if (token_is(&t->token, ":")) {
			tokens_next(t);
			return read_register(r, pe, node, error);
		}
		*t = before;
	}
	return read_location(r, node, error);
}

static gboolean read_chain(struct reader *r, const char *sign, guint8 kind,
	gboolean (*read)(struct reader *, guint8 *, GError **), guint8 *node, GError **error)
{
	guint8 left, right;

	if (!read(r, &left, error))
		return FALSE;
	while (token_is(&r->t.token, sign)) {
		tokens_next(&r->t);
		if (!read(r, &right, error) ||
			!add_node(r, (struct node){.kind = kind, .left = left, .right = right}, &left, error))
			return FALSE;
	}
	*node = left;
	return TRUE;
}

static gboolean read_and(struct reader *r, guint8 *node, GError **error)
{
	return read_chain(r, "/\\", NODE_AND, read_atom, node, error);
}

static gboolean read_or(struct reader *r, guint8 *node, GError **error)
{
	if (++r->depth > DEPTH_MAX)
		return tokens_expected(&r->t, error, "a condition that is nested less");
	if (!read_chain(r, "\\/", NODE_OR, read_and, node, error))
		return FALSE;
	r->depth--;
	return TRUE;
}

static gboolean read_condition(struct reader *r, GError **error)
{
	struct litmus_test *test = r->test;
	struct tokens *t = &r->t;
	struct token start = t->token;
	g_autofree char *text = NULL;
	g_auto(GStrv) words = NULL;
	GString *line;
	gboolean of_all;
	guint8 root;

	if (token_is(&t->token, "~")) {
		tokens_next(t);
		if (!token_is(&t->token, "exists"))
			return tokens_expected(t, error, "exists");
		test->quantifier = NOT_EXISTS;
	} else if (token_is(&t->token, "exists")) {
		test->quantifier = EXISTS;
	} else {
		test->quantifier = FORALL;
	}
	tokens_next(t);
	if (!read_or(r, &root, error))
		return FALSE;
	test->root = root;
	text = g_strndup(start.text, t->token.text - start.text);
	if (t->token.kind != TOKEN_END)
		return tokens_expected(t, error, "/\\, \\/ or the end of the file");
	words = g_strsplit_set(text, " \t\r\n", -1);
	line = g_string_new(NULL);
	for (char **w = words; *w; w++)
		if (**w)
			g_string_append_printf(line, "%s%s", line->len ? " " : "", *w);
	test->condition = g_string_free(line, FALSE);

	of_all = test->quantifier == FORALL;
	if (test->expected == VERDICT_UNKNOWN && test->quantifier != EXISTS)
		test->expected = of_all ? VERDICT_REQUIRED : VERDICT_FORBIDDEN;
	if (test->expected != VERDICT_UNKNOWN &&
		of_all != (test->expected == VERDICT_REQUIRED || test->expected == VERDICT_VIOLATED))
		return tokens_expected_at(t, &start, error,
			"%s, for what stands behind Expected=", of_all ? "exists or ~exists" : "forall");
	return TRUE;
}

struct litmus_test *litmus_test_read(const char *file, const char *text, gsize len, GError **error)
{
	struct reader r = {.test = g_new0(struct litmus_test, 1)};
	gboolean ok;

	tokens_init(&r.t, file, text, len);
	ok = read_head(&r, error) && litmus_init_read(&r.t, r.test, r.code, error) && read_columns(&r, error) &&
	     read_rows(&r, error) && check_operations(&r, error) && read_condition(&r, error);
	for (guint pe = 0; pe < PROGRAM_PES; pe++)
		g_free(r.code[pe].label);
	if (!ok) {
		litmus_test_free(r.test);
		return NULL;
	}
	return r.test;
}

void litmus_test_free(struct litmus_test *test)
{
	if (!test)
		return;
	for (guint i = 0; i < PROGRAM_CELLS; i++)
		g_free(test->cell_name[i]);
	for (guint i = 0; i < PROGRAM_NAMES; i++)
		g_free(test->name_of[i]);
	for (guint pe = 0; pe < PROGRAM_PES; pe++) {
		g_free(test->column[pe]);
		for (guint op = 0; op < PROGRAM_OPS; op++)
			g_free(test->text[pe][op]);
	}
	for (guint i = 0; i < PROGRAM_OBSERVED; i++)
		g_free(test->observed_name[i]);
	g_free(test->name);
	g_free(test->description);
	g_free(test->source);
	g_free(test->why);
	g_free(test->condition);
	g_free(test);
}

static gboolean holds(const struct litmus_test *test, guint number, const guint8 *value)
{
	const struct node *n = &test->node[number];

	switch (n->kind) {
	case NODE_TRUE:
		return TRUE;
	case NODE_FALSE:
		return FALSE;
	case NODE_EQUALS:
		return value[n->observed] == n->value;
	case NODE_NOT:
		return !holds(test, n->left, value);
	case NODE_AND:
		return holds(test, n->left, value) && holds(test, n->right, value);
	default:
		return holds(test, n->left, value) || holds(test, n->right, value);
	}
}

gboolean litmus_test_satisfies(const struct litmus_test *test, const guint8 *value)
{
	return holds(test, test->root, value);
}
