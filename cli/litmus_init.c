/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "litmus_init.h"

/* An agent's number, or all of them. */
#define ALL PROGRAM_PES

struct init {
	struct tokens *t;
	struct litmus_test *test;
	struct agent_code *code;
	gboolean empty; /* caches hold nothing at the start, where nothing is said of them */
	/* What is said of them. */
	gboolean told[PROGRAM_PES][PROGRAM_CELLS];
};

static gboolean take(struct tokens *t, const char *sign, GError **error)
{
	if (!token_is(&t->token, sign))
		return tokens_expected(t, error, "'%s'", sign);
	tokens_next(t);
	return TRUE;
}

/* Words that declare something, and so name no location. */
static gboolean is_keyword(const struct token *token)
{
	static const char *const words[] = {"attr", "alias", "line", "granule", "cache", "caches", "agent", "domain",
		"SCTLR", "exists", "forall", "not", "true", "false"};
	guint reg;

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		if (token_is(token, words[i]))
			return TRUE;
	return litmus_register(token, &reg);
}

static gboolean add_name(struct init *in, const struct token *token, guint cell, guint *name, GError **error)
{
	struct program *p = &in->test->program;

	if (p->names == PROGRAM_NAMES)
		return tokens_expected_at(in->t, token, error, "at most %d names of memory", PROGRAM_NAMES);
	*name = p->names++;
	in->test->name_of[*name] = token_text(token);
	p->cell_of[*name] = (guint8)cell;
	for (guint pe = 0; pe < PROGRAM_PES; pe++)
		p->mapping[pe][*name] = (struct mapping){TYPE_WB, SHARE_INNER};
	return TRUE;
}

static gboolean add_cell(struct init *in, const struct token *token, guint *name, GError **error)
{
	struct program *p = &in->test->program;
	guint cell = p->cells;

	if (token->kind != TOKEN_WORD || is_keyword(token))
		return tokens_expected_at(
			in->t, token, error, "the name of a location, which is no keyword or register");
	if (cell == PROGRAM_CELLS)
		return tokens_expected_at(in->t, token, error, "at most %d locations", PROGRAM_CELLS);
	if (!add_name(in, token, cell, name, error))
		return FALSE;
	p->cells++;
	in->test->cell_name[cell] = token_text(token);
	p->line_of[cell] = (guint8)cell;
	p->granule_of[cell] = (guint8)cell;
	return TRUE;
}

/* A name, which is a location of its own when it is new. */
static gboolean take_name(struct init *in, guint *name, GError **error)
{
	struct token token = in->t->token;

	*name = litmus_name(in->test, &token);
	if (*name == PROGRAM_NAMES && !add_cell(in, &token, name, error))
		return FALSE;
	tokens_next(in->t);
	return TRUE;
}

static gboolean read_mapping(struct tokens *t, struct mapping *m, GError **error)
{
	static const struct {
		const char *name;
		struct mapping mapping;
	} mappings[] = {
		{"WB", {TYPE_WB, SHARE_INNER}},
		{"WB-ISH", {TYPE_WB, SHARE_INNER}},
		{"WB-OSH", {TYPE_WB, SHARE_OUTER}},
		{"WB-NSH", {TYPE_WB, SHARE_NONE}},
		{"WT", {TYPE_WT, SHARE_INNER}},
		{"WT-ISH", {TYPE_WT, SHARE_INNER}},
		{"WT-OSH", {TYPE_WT, SHARE_OUTER}},
		{"WT-NSH", {TYPE_WT, SHARE_NONE}},
		{"NC", {TYPE_NC, SHARE_OUTER}},
		{"Device", {TYPE_DEVICE, SHARE_OUTER}},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(mappings); i++) {
		if (!token_is(&t->token, mappings[i].name))
			continue;
		*m = mappings[i].mapping;
		tokens_next(t);
		return TRUE;
	}
	return tokens_expected(t, error, "WB, WT (with -ISH, -OSH or -NSH; ISH when nothing is said), NC or Device");
}

static gboolean read_attr(struct init *in, guint pe, GError **error)
{
	struct mapping m;
	guint name;

	if (!take_name(in, &name, error) || !take(in->t, "=", error) || !read_mapping(in->t, &m, error))
		return FALSE;
	for (guint i = 0; i < PROGRAM_PES; i++)
		if (pe == ALL || i == pe)
			in->test->program.mapping[i][name] = m;
	return TRUE;
}

static gboolean read_alias(struct init *in, GError **error)
{
	struct token alias = in->t->token;
	guint of, name;

	if (alias.kind != TOKEN_WORD || is_keyword(&alias) || litmus_name(in->test, &alias) != PROGRAM_NAMES)
		return tokens_expected(in->t, error, "a new name for a location");
	tokens_next(in->t);
	if (!take(in->t, "=", error))
		return FALSE;
	of = litmus_name(in->test, &in->t->token);
	if (of == PROGRAM_NAMES)
		return tokens_expected(in->t, error, "the name of a location that is declared before");
	tokens_next(in->t);
	return add_name(in, &alias, in->test->program.cell_of[of], &name, error);
}

static gboolean is_in_a_line(const struct program *p, guint cell)
{
	for (guint c = 0; c < p->cells; c++)
		if (c != cell && p->line_of[c] == p->line_of[cell])
			return TRUE;
	return FALSE;
}

/* "line x y": of one cache line; "granule x y": their lines are of one write-back granule. */
static gboolean read_together(struct init *in, gboolean line, GError **error)
{
	struct program *p = &in->test->program;
	guint first, count = 0;

	if (!take_name(in, &first, error))
		return FALSE;
	first = p->cell_of[first];
	while (!token_is(&in->t->token, ";") && !token_is(&in->t->token, "}")) {
		struct token place = in->t->token;
		guint name, cell;

		if (!take_name(in, &name, error))
			return FALSE;
		cell = p->cell_of[name];
		if (line && is_in_a_line(p, cell))
			return tokens_expected_at(in->t, &place, error, "a location that is in no line yet");
		if (line) {
			p->line_of[cell] = p->line_of[first];
		} else {
			guint from = p->granule_of[p->line_of[cell]], to = p->granule_of[p->line_of[first]];

			for (guint l = 0; l < PROGRAM_CELLS; l++)
				if (p->granule_of[l] == from)
					p->granule_of[l] = (guint8)to;
		}
		count++;
	}
	if (!count)
		return tokens_expected(in->t, error, "one more location");
	return TRUE;
}

static gboolean read_cache(struct init *in, guint pe, GError **error)
{
	struct program *p = &in->test->program;
	guint name, cell;
	guint8 kind, value = 0;

	if (!take_name(in, &name, error) || !take(in->t, "=", error))
		return FALSE;
	cell = p->cell_of[name];
	if (token_is(&in->t->token, "empty"))
		kind = COPY_ABSENT;
	else if (token_is(&in->t->token, "clean"))
		kind = COPY_CLEAN;
	else if (token_is(&in->t->token, "dirty"))
		kind = COPY_DIRTY;
	else
		return tokens_expected(in->t, error, "empty, clean N or dirty N");
	tokens_next(in->t);
	if (kind != COPY_ABSENT && !litmus_value(in->t, &value, error))
		return FALSE;
	for (guint i = 0; i < PROGRAM_PES; i++) {
		if (pe != ALL && i != pe)
			continue;
		in->told[i][cell] = TRUE;
		p->copy_kind[i][cell] = kind;
		p->copy_value[i][cell] = value;
	}
	return TRUE;
}

static gboolean read_caches(struct init *in, GError **error)
{
	if (!take(in->t, "=", error))
		return FALSE;
	if (!token_is(&in->t->token, "empty") && !token_is(&in->t->token, "clean"))
		return tokens_expected(in->t, error, "empty or clean");
	in->empty = token_is(&in->t->token, "empty");
	tokens_next(in->t);
	return TRUE;
}

static gboolean read_agent(struct init *in, guint pe, GError **error)
{
	static const char *const agents[] = {
		[AGENT_PE] = "PE", [AGENT_DMA] = "DMA", [AGENT_DMA_COHERENT] = "DMA-coherent"};

	if (!take(in->t, "=", error))
		return FALSE;
	for (guint8 i = 0; i < G_N_ELEMENTS(agents); i++) {
		if (!token_is(&in->t->token, agents[i]))
			continue;
		in->test->program.agent[pe] = i;
		tokens_next(in->t);
		return TRUE;
	}
	return tokens_expected(in->t, error, "PE, DMA or DMA-coherent");
}

/* "0:X1=x", "0:W2=1", "0:SCTLR=M+C", "0:attr x = NC", "0:cache x = dirty 1", "0:agent=DMA", "0:domain=1" */
static gboolean read_of_agent(struct init *in, GError **error)
{
	struct tokens *t = in->t;
	struct program *p = &in->test->program;
	guint pe, reg, name;

	if (t->token.number >= PROGRAM_PES)
		return tokens_expected(t, error, "the number of a column, 0 to %d", PROGRAM_PES - 1);
	pe = (guint)t->token.number;
	p->pes = MAX(p->pes, (guint8)(pe + 1));
	tokens_next(t);
	if (!take(t, ":", error))
		return FALSE;
	if (litmus_register(&t->token, &reg) && reg < LITMUS_REGISTERS) {
		struct content *held = &in->code[pe].reg[reg];

		tokens_next(t);
		if (!take(t, "=", error))
			return FALSE;
		if (t->token.kind == TOKEN_WORD) {
			if (!take_name(in, &name, error))
				return FALSE;
			*held = (struct content){CONTENT_ADDRESS, (guint8)name, 0};
			return TRUE;
		}
		held->kind = CONTENT_NUMBER;
		return litmus_value(t, &held->number, error);
	}
	if (token_is(&t->token, "SCTLR")) {
		tokens_next(t);
		return take(t, "=", error) && litmus_sctlr(t, &p->sctlr[pe], error);
	}
	if (token_is(&t->token, "attr")) {
		tokens_next(t);
		return read_attr(in, pe, error);
	}
	if (token_is(&t->token, "cache")) {
		tokens_next(t);
		return read_cache(in, pe, error);
	}
	if (token_is(&t->token, "agent")) {
		tokens_next(t);
		return read_agent(in, pe, error);
	}
	if (token_is(&t->token, "domain")) {
		tokens_next(t);
		return take(t, "=", error) && litmus_value(t, &p->domain[pe], error);
	}
	return tokens_expected(t, error, "a register, attr, cache, SCTLR, agent or domain");
}

static gboolean read_location(struct init *in, GError **error)
{
	guint name;

	return take_name(in, &name, error) && take(in->t, "=", error) &&
	       litmus_value(in->t, &in->test->program.initial[in->test->program.cell_of[name]], error);
}

static gboolean read_one(struct init *in, GError **error)
{
	struct tokens *t = in->t;

	if (t->token.kind == TOKEN_NUMBER)
		return read_of_agent(in, error);
	if (t->token.kind != TOKEN_WORD)
		return tokens_expected(t, error, "a declaration, such as x=0, 0:X1=x or attr x = NC, or '}'");
	if (token_is(&t->token, "attr")) {
		tokens_next(t);
		return read_attr(in, ALL, error);
	}
	if (token_is(&t->token, "alias")) {
		tokens_next(t);
		return read_alias(in, error);
	}
	if (token_is(&t->token, "line") || token_is(&t->token, "granule")) {
		gboolean line = token_is(&t->token, "line");

		tokens_next(t);
		return read_together(in, line, error);
	}
	if (token_is(&t->token, "cache")) {
		tokens_next(t);
		return read_cache(in, ALL, error);
	}
	if (token_is(&t->token, "caches")) {
		tokens_next(t);
		return read_caches(in, error);
	}
	return read_location(in, error);
}

/* Does the agent have a cache that may hold the line? */
static gboolean caches_line(const struct program *p, guint pe, guint line)
{
	if (p->agent[pe] != AGENT_PE)
		return FALSE;
	for (guint name = 0; name < p->names; name++)
		if (p->line_of[p->cell_of[name]] == line && p->mapping[pe][name].type <= TYPE_WT)
			return TRUE;
	return FALSE;
}

static gboolean line_has_cell(const struct program *p, guint line)
{
	for (guint c = 0; c < p->cells; c++)
		if (p->line_of[c] == line)
			return TRUE;
	return FALSE;
}

/* What caches hold where nothing is said: copies of memory, unless somebody's cache is said to hold something newer. */
static void complete_caches(struct init *in)
{
	struct program *p = &in->test->program;

	for (guint line = 0; line < p->cells; line++) {
		gboolean told[PROGRAM_PES] = {FALSE}, somebody = FALSE;

		if (!line_has_cell(p, line))
			continue;
		for (guint pe = 0; pe < PROGRAM_PES; pe++) {
			for (guint c = 0; c < p->cells; c++)
				if (p->agent[pe] == AGENT_PE && p->line_of[c] == line && in->told[pe][c] &&
					p->copy_kind[pe][c] != COPY_ABSENT)
					told[pe] = somebody = TRUE;
		}
		for (guint pe = 0; pe < PROGRAM_PES; pe++) {
			gboolean holds = told[pe] || (!somebody && !in->empty && caches_line(p, pe, line));

			for (guint c = 0; c < p->cells; c++) {
				if (p->line_of[c] != line)
					continue;
				if (!told[pe] && in->told[pe][c])
					holds = FALSE;
				if (told[pe] && in->told[pe][c] && p->copy_kind[pe][c] != COPY_ABSENT)
					continue;
				p->copy_kind[pe][c] = holds ? COPY_CLEAN : COPY_ABSENT;
				p->copy_value[pe][c] = p->initial[c];
			}
		}
	}
}

gboolean litmus_init_read(
	struct tokens *t, struct litmus_test *test, struct agent_code code[PROGRAM_PES], GError **error)
{
	struct init in = {.t = t, .test = test, .code = code};

	for (guint pe = 0; pe < PROGRAM_PES; pe++)
		test->program.sctlr[pe] = SCTLR_M | SCTLR_C;
	if (!take(t, "{", error))
		return FALSE;
	while (!token_is(&t->token, "}")) {
		if (token_is(&t->token, ";")) {
			tokens_next(t);
			continue;
		}
		if (!read_one(&in, error))
			return FALSE;
		if (!token_is(&t->token, ";") && !token_is(&t->token, "}"))
			return tokens_expected(t, error, "';' or '}'");
	}
	tokens_next(t);
	complete_caches(&in);
	return TRUE;
}
