/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * litmus_token.h - the words of a litmus test, and where each stands, for messages.
 *
 * Spaces and line ends separate; (* comments *) and // comments are skipped. The text may be any bytes.
 */
#ifndef CLI_LITMUS_TOKEN_H
#define CLI_LITMUS_TOKEN_H

#include <glib.h>

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,   /* a letter or _, then also digits . - */
	TOKEN_NUMBER, /* decimal, or 0x... */
	TOKEN_STRING, /* "..." */
	TOKEN_SIGN,   /* one character, or /\ or \/ */
};

struct token {
	enum token_kind kind;
	const char *text; /* in the tokens' text, not ended by 0; of a string what is inside */
	gsize len;
	guint64 number; /* G_MAXUINT64 when it is too large */
	guint line, column;
};

struct tokens {
	const char *file;
	const char *at, *end;
	guint line, column;
	struct token token; /* the one that is looked at */
};

/* Begins with the first token of @text. @file and @text stay the caller's. */
void tokens_init(struct tokens *t, const char *file, const char *text, gsize len);

/* On to the next token. */
void tokens_next(struct tokens *t);

/* Is the token this sign, or this word in capitals or small letters? */
gboolean token_is(const struct token *token, const char *text);

char *token_text(const struct token *token);

/*
 * The rest of the line in which the token before the one looked at ends, without comments taken out, and trimmed; the
 * token looked at becomes the first one of a later line. To be freed.
 */
char *tokens_rest_of_line(struct tokens *t, const char *from, guint line);

/* "FILE:LINE:COLUMN: expected ..., got ...": about the token looked at, or about another. Always FALSE. */
gboolean tokens_expected(const struct tokens *t, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);
gboolean tokens_expected_at(const struct tokens *t, const struct token *token, GError **error, const char *format, ...)
	G_GNUC_PRINTF(4, 5);

#define LITMUS_ERROR litmus_error_quark()
GQuark litmus_error_quark(void);
enum litmus_error { LITMUS_ERROR_SYNTAX };

#endif
