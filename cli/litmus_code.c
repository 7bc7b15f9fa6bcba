/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "litmus_code.h"

/* WZR and XZR. */
#define ZERO LITMUS_REGISTERS

gboolean litmus_register(const struct token *token, guint *number)
{
	guint n = 0;

	if (token->kind != TOKEN_WORD || token->len < 2 || token->len > 3)
		return FALSE;
	if (token_is(token, "wzr") || token_is(token, "xzr")) {
		*number = ZERO;
		return TRUE;
	}
	if (!strchr("wWxX", token->text[0]))
		return FALSE;
	for (gsize i = 1; i < token->len; i++) {
		if (!g_ascii_isdigit(token->text[i]))
			return FALSE;
		n = n * 10 + (guint)(token->text[i] - '0');
	}
	*number = n;
	return n < LITMUS_REGISTERS;
}

guint litmus_name(const struct litmus_test *test, const struct token *token)
{
	for (guint i = 0; i < test->program.names; i++)
		if (token->kind == TOKEN_WORD && strlen(test->name_of[i]) == token->len &&
			memcmp(test->name_of[i], token->text, token->len) == 0)
			return i;
	return PROGRAM_NAMES;
}

static gboolean take(struct tokens *t, const char *sign, GError **error)
{
	if (!token_is(&t->token, sign))
		return tokens_expected(t, error, "'%s'", sign);
	tokens_next(t);
	return TRUE;
}

gboolean litmus_value(struct tokens *t, guint8 *value, GError **error)
{
	if (token_is(&t->token, "#"))
		tokens_next(t);
	if (t->token.kind != TOKEN_NUMBER || t->token.number >= PROGRAM_VALUES)
		return tokens_expected(t, error, "a number from 0 to %d", PROGRAM_VALUES - 1);
	*value = (guint8)t->token.number;
	tokens_next(t);
	return TRUE;
}

gboolean litmus_sctlr(struct tokens *t, guint8 *sctlr, GError **error)
{
	*sctlr = 0;
	if (token_is(&t->token, "#"))
		tokens_next(t);
	if (t->token.kind == TOKEN_NUMBER && t->token.number != G_MAXUINT64) {
		*sctlr = (guint8)((t->token.number & 1 ? SCTLR_M : 0) | (t->token.number & 4 ? SCTLR_C : 0));
		tokens_next(t);
		return TRUE;
	}
	for (;;) {
		if (token_is(&t->token, "M"))
			*sctlr |= SCTLR_M;
		else if (token_is(&t->token, "C"))
			*sctlr |= SCTLR_C;
		else if (!token_is(&t->token, "I"))
			return tokens_expected(t, error, "bits of SCTLR: a number, or M, C and I with + between");
		tokens_next(t);
		if (!token_is(&t->token, "+"))
			return TRUE;
		tokens_next(t);
	}
}

static struct content content_of(const struct agent_code *code, guint reg)
{
	return reg == ZERO ? (struct content){CONTENT_NUMBER, 0, 0} : code->reg[reg];
}

static gboolean take_register(struct tokens *t, guint *reg, GError **error)
{
	if (!litmus_register(&t->token, reg))
		return tokens_expected(t, error, "a register, W0 to W30 or X0 to X30, or WZR");
	tokens_next(t);
	return TRUE;
}

/* A register that is written. */
static gboolean take_target(struct tokens *t, guint *reg, GError **error)
{
	if (!litmus_register(&t->token, reg) || *reg == ZERO)
		return tokens_expected(t, error, "a register to write, W0 to W30 or X0 to X30");
	tokens_next(t);
	return TRUE;
}

/* A name, or a register that holds the address of one. */
static gboolean take_address(
	struct tokens *t, const struct litmus_test *test, const struct agent_code *code, struct op *op, GError **error)
{
	guint reg, name = litmus_name(test, &t->token);

	if (name == PROGRAM_NAMES) {
		struct content held;

		if (!litmus_register(&t->token, &reg))
			return tokens_expected(
				t, error, "the name of a location, or a register that holds its address");
		held = content_of(code, reg);
		if (held.kind != CONTENT_ADDRESS)
			return tokens_expected(t, error, "a register that holds the address of a location");
		name = held.number;
		op->address_from = held.from;
	}
	op->name = (guint8)name;
	tokens_next(t);
	return TRUE;
}

/* [X1], [x], or [X1,W2,SXTW] with a W2 that is 0: a dependency. */
static gboolean take_memory(
	struct tokens *t, const struct litmus_test *test, const struct agent_code *code, struct op *op, GError **error)
{
	guint reg;
	struct content offset;

	if (!take(t, "[", error) || !take_address(t, test, code, op, error))
		return FALSE;
	if (token_is(&t->token, ",")) {
		tokens_next(t);
		if (!litmus_register(&t->token, &reg))
			return tokens_expected(t, error, "a register with the offset");
		offset = content_of(code, reg);
		if (offset.kind != CONTENT_NUMBER || offset.number)
			return tokens_expected(t, error, "an offset register that holds 0");
		op->address_from |= offset.from;
		tokens_next(t);
		if (token_is(&t->token, ",")) {
			tokens_next(t);
			if (!token_is(&t->token, "SXTW") && !token_is(&t->token, "UXTW"))
				return tokens_expected(t, error, "SXTW or UXTW");
			tokens_next(t);
		}
	}
	return take(t, "]", error);
}

static gboolean read_load(struct tokens *t, const struct litmus_test *test, struct agent_code *code, struct op *op,
	guint number, GError **error)
{
	guint reg;

	if (!take_target(t, &reg, error) || !take(t, ",", error) || !take_memory(t, test, code, op, error))
		return FALSE;
	code->reg[reg] = (struct content){CONTENT_LOADED, (guint8)number, (guint8)(1u << number)};
	return TRUE;
}

static gboolean read_store(
	struct tokens *t, const struct litmus_test *test, struct agent_code *code, struct op *op, GError **error)
{
	struct content data;
	guint reg;

	if (!litmus_register(&t->token, &reg))
		return tokens_expected(t, error, "a register, W0 to W30 or X0 to X30, or WZR");
	data = content_of(code, reg);
	if (data.kind == CONTENT_ADDRESS)
		return tokens_expected(t, error, "a register that holds a number, not an address");
	op->value_of = data.kind == CONTENT_LOADED ? data.number : NO_OP;
	op->value = data.kind == CONTENT_LOADED ? 0 : data.number;
	op->data_from = data.from;
	tokens_next(t);
	return take(t, ",", error) && take_memory(t, test, code, op, error);
}

static gboolean read_dc(
	struct tokens *t, const struct litmus_test *test, struct agent_code *code, struct op *op, GError **error)
{
	static const struct {
		const char *name;
		guint8 operation;
	} dcs[] = {
		{"CVAC", OPERATION_CVAC},
		{"CVAU", OPERATION_CVAU},
		{"IVAC", OPERATION_IVAC},
		{"CIVAC", OPERATION_CIVAC},
		{"ZVA", OPERATION_ZVA},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(dcs); i++) {
		if (!token_is(&t->token, dcs[i].name))
			continue;
		op->operation = dcs[i].operation;
		tokens_next(t);
		return take(t, ",", error) && take_address(t, test, code, op, error);
	}
	return tokens_expected(t, error, "CVAC, CVAU, IVAC, CIVAC or ZVA");
}

static gboolean read_barrier(struct tokens *t, struct op *op, GError **error)
{
	static const struct {
		const char *name;
		guint8 domain, types;
	} options[] = {
		{"SY", BARRIER_SY, TYPES_FULL},
		{"ST", BARRIER_SY, TYPES_STORE},
		{"LD", BARRIER_SY, TYPES_LOAD},
		{"ISH", BARRIER_ISH, TYPES_FULL},
		{"ISHST", BARRIER_ISH, TYPES_STORE},
		{"ISHLD", BARRIER_ISH, TYPES_LOAD},
		{"OSH", BARRIER_OSH, TYPES_FULL},
		{"OSHST", BARRIER_OSH, TYPES_STORE},
		{"OSHLD", BARRIER_OSH, TYPES_LOAD},
		{"NSH", BARRIER_NSH, TYPES_FULL},
		{"NSHST", BARRIER_NSH, TYPES_STORE},
		{"NSHLD", BARRIER_NSH, TYPES_LOAD},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
		if (!token_is(&t->token, options[i].name))
			continue;
		op->domain = options[i].domain;
		op->types = options[i].types;
		tokens_next(t);
		return TRUE;
	}
	return tokens_expected(t, error, "SY, ISH, OSH or NSH, perhaps with LD or ST");
}

/* MOV and EOR are of no operation: they say what a register holds. */
static gboolean read_mov(struct tokens *t, struct agent_code *code, GError **error)
{
	guint target, from;
	struct content held = {CONTENT_NUMBER, 0, 0};

	if (!take_target(t, &target, error) || !take(t, ",", error))
		return FALSE;
	if (litmus_register(&t->token, &from)) {
		held = content_of(code, from);
		tokens_next(t);
	} else if (!token_is(&t->token, "#") && t->token.kind != TOKEN_NUMBER) {
		return tokens_expected(t, error, "a register, or # and a number");
	} else if (!litmus_value(t, &held.number, error)) {
		return FALSE;
	}
	code->reg[target] = held;
	return TRUE;
}

static gboolean read_eor(struct tokens *t, struct agent_code *code, GError **error)
{
	guint target, first, second;

	if (!take_target(t, &target, error) || !take(t, ",", error) || !take_register(t, &first, error) ||
		!take(t, ",", error))
		return FALSE;
	if (!litmus_register(&t->token, &second) || second != first)
		return tokens_expected(t, error, "the same register once more: EOR is there for dependencies only");
	tokens_next(t);
	code->reg[target] = (struct content){CONTENT_NUMBER, 0, content_of(code, first).from};
	return TRUE;
}

/* CBZ or CBNZ to the next line: a control dependency of all that follows, and no more. */
static gboolean read_branch(struct tokens *t, struct agent_code *code, GError **error)
{
	guint reg;

	if (!take_register(t, &reg, error) || !take(t, ",", error))
		return FALSE;
	if (t->token.kind != TOKEN_WORD)
		return tokens_expected(t, error, "a label");
	code->control |= content_of(code, reg).from;
	g_free(code->label);
	code->label = token_text(&t->token);
	code->label_wanted = t->token;
	tokens_next(t);
	return TRUE;
}

static gboolean read_msr(struct tokens *t, struct agent_code *code, struct op *op, GError **error)
{
	guint reg;

	if (!token_is(&t->token, "SCTLR_EL1") && !token_is(&t->token, "SCTLR_EL2") && !token_is(&t->token, "SCTLR_EL3"))
		return tokens_expected(t, error, "SCTLR_EL1, SCTLR_EL2 or SCTLR_EL3");
	tokens_next(t);
	if (!take(t, ",", error))
		return FALSE;
	if (!litmus_register(&t->token, &reg))
		return litmus_sctlr(t, &op->sctlr, error);
	if (content_of(code, reg).kind != CONTENT_NUMBER)
		return tokens_expected(t, error, "a register that holds a number, or the bits themselves");
	op->sctlr = (guint8)((content_of(code, reg).number & 1 ? SCTLR_M : 0) |
			     (content_of(code, reg).number & 4 ? SCTLR_C : 0));
	tokens_next(t);
	return TRUE;
}

static gboolean read_operation(struct tokens *t, const struct litmus_test *test, const struct token *mnemonic,
	struct agent_code *code, guint number, struct op *op, GError **error)
{
	static const struct {
		const char *name;
		guint8 operation, semantics;
	} accesses[] = {
		{"LDR", OPERATION_LOAD, PLAIN},
		{"LDAR", OPERATION_LOAD, ACQUIRE},
		{"LDAPR", OPERATION_LOAD, ACQUIRE_PC},
		{"STR", OPERATION_STORE, PLAIN},
		{"STLR", OPERATION_STORE, RELEASE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(accesses); i++) {
		if (!token_is(mnemonic, accesses[i].name))
			continue;
		op->operation = accesses[i].operation;
		op->semantics = accesses[i].semantics;
		return op->operation == OPERATION_LOAD ? read_load(t, test, code, op, number, error)
						       : read_store(t, test, code, op, error);
	}
	if (token_is(mnemonic, "DC"))
		return read_dc(t, test, code, op, error);
	if (token_is(mnemonic, "DMB") || token_is(mnemonic, "DSB")) {
		op->operation = token_is(mnemonic, "DMB") ? OPERATION_DMB : OPERATION_DSB;
		return read_barrier(t, op, error);
	}
	if (token_is(mnemonic, "ISB")) {
		op->operation = OPERATION_ISB;
		return TRUE;
	}
	if (token_is(mnemonic, "MSR")) {
		op->operation = OPERATION_SCTLR;
		return read_msr(t, code, op, error);
	}
	return tokens_expected_at(t, mnemonic, error,
		"an instruction: LDR, LDAR, LDAPR, STR, STLR, DC, DMB, DSB, ISB, MSR, MOV, EOR, CBZ, CBNZ, NOP");
}

gboolean litmus_instruction(
	struct tokens *t, struct litmus_test *test, guint pe, struct agent_code *code, GError **error)
{
	struct program *p = &test->program;
	struct token mnemonic = t->token;
	guint number = p->ops[pe];
	struct op op = {.value_of = NO_OP, .control_from = code->control};
	g_autofree char *text = NULL;

	if (mnemonic.kind != TOKEN_WORD)
		return tokens_expected(t, error, "an instruction");
	tokens_next(t);
	if (token_is(&t->token, ":")) {
		if (!code->label || strlen(code->label) != mnemonic.len ||
			memcmp(code->label, mnemonic.text, mnemonic.len) != 0)
			return tokens_expected_at(
				t, &mnemonic, error, "a label that the branch just before it has named");
		g_clear_pointer(&code->label, g_free);
		tokens_next(t);
		if (token_is(&t->token, "|") || token_is(&t->token, ";"))
			return TRUE;
		return litmus_instruction(t, test, pe, code, error);
	}
	if (code->label)
		return tokens_expected_at(
			t, &mnemonic, error, "'%s:', since a branch may only lead to the next line", code->label);
	if (token_is(&mnemonic, "NOP"))
		return TRUE;
	if (token_is(&mnemonic, "MOV"))
		return read_mov(t, code, error);
	if (token_is(&mnemonic, "EOR"))
		return read_eor(t, code, error);
	if (token_is(&mnemonic, "CBZ") || token_is(&mnemonic, "CBNZ"))
		return read_branch(t, code, error);
	if (number == PROGRAM_OPS)
		return tokens_expected_at(t, &mnemonic, error,
			"at most %d operations in a column, MOV, EOR and branches not counted", PROGRAM_OPS);
	if (!read_operation(t, test, &mnemonic, code, number, &op, error))
		return FALSE;
	if (p->agent[pe] != AGENT_PE && op.operation != OPERATION_LOAD && op.operation != OPERATION_STORE &&
		op.operation != OPERATION_DMB && op.operation != OPERATION_DSB)
		return tokens_expected_at(
			t, &mnemonic, error, "a load, a store, DMB or DSB: %s is no PE", test->column[pe]);
	code->place[number] = mnemonic;
	p->op[pe][number] = op;
	text = g_strndup(mnemonic.text, t->token.text - mnemonic.text);
	test->text[pe][number] = g_strdelimit(g_strchomp(g_strdup(text)), "\t\r\n", ' ');
	p->ops[pe]++;
	return TRUE;
}
