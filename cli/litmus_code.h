/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * litmus_code.h - the instructions of a litmus test, one at a time, and what its registers hold in between.
 */
#ifndef CLI_LITMUS_CODE_H
#define CLI_LITMUS_CODE_H

#include "litmus_test.h"
#include "litmus_token.h"

#define LITMUS_REGISTERS 31

enum content_kind { CONTENT_NUMBER, CONTENT_ADDRESS, CONTENT_LOADED };

/* What a register holds: a number, the address of a name, or what an operation loads. */
struct content {
	guint8 kind;
	guint8 number; /* or of a name, or of an operation */
	guint8 from;   /* mask of loads that it depends on */
};

struct agent_code {
	struct content reg[LITMUS_REGISTERS];
	guint8 control; /* mask of loads that a branch so far depends on */
	char *label;    /* that a branch has named and that has to come next, or NULL */
	struct token label_wanted;
	/* Where each operation stands, for what is found out later. */
	struct token place[PROGRAM_OPS];
};

/* Is the token a register, x0-x30 or w0-w30? */
gboolean litmus_register(const struct token *token, guint *number);

/* The name of memory that the token is, or PROGRAM_NAMES. */
guint litmus_name(const struct litmus_test *test, const struct token *token);

/* A number below PROGRAM_VALUES, perhaps behind #: takes it. */
gboolean litmus_value(struct tokens *t, guint8 *value, GError **error);

/* SCTLR_ELx as M, C, M|C, or a number; I and the bits between are accepted and mean nothing: takes it. */
gboolean litmus_sctlr(struct tokens *t, guint8 *sctlr, GError **error);

/* Reads one instruction of agent @pe, up to the | or ; after it. */
gboolean litmus_instruction(
	struct tokens *t, struct litmus_test *test, guint pe, struct agent_code *code, GError **error);

#endif
