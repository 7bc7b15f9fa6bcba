/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "litmus_token.h"
#include "text.h"

G_DEFINE_QUARK(limpid - litmus, litmus_error)

/* What is shown of a token in a message. */
#define SHOWN 40

static void advance(struct tokens *t)
{
	if (*t->at == '\n') {
		t->line++;
		t->column = 1;
	} else if (((guchar)*t->at & 0xc0) != 0x80) {
		/* A character of UTF-8 is one column. */
		t->column++;
	}
	t->at++;
}

static gboolean starts(const struct tokens *t, const char *with)
{
	gsize len = strlen(with);

	return (gsize)(t->end - t->at) >= len && memcmp(t->at, with, len) == 0;
}

static void skip_to(struct tokens *t, const char *what)
{
	while (t->at < t->end && !starts(t, what))
		advance(t);
}

static void skip_space(struct tokens *t)
{
	while (t->at < t->end) {
		if (starts(t, "(*")) {
			skip_to(t, "*)");
			for (guint i = 0; i < 2 && t->at < t->end; i++)
				advance(t);
		} else if (starts(t, "//")) {
			skip_to(t, "\n");
		} else if (g_ascii_isspace(*t->at)) {
			advance(t);
		} else {
			return;
		}
	}
}

static gboolean in_word(char c)
{
	return g_ascii_isalnum(c) || c == '_' || c == '.' || c == '-';
}

static guint64 number(const char *text, gsize len)
{
	g_autofree char *copy = g_strndup(text, len);
	char *end;
	guint64 value = g_ascii_strtoull(copy, &end, g_str_has_prefix(copy, "0x") ? 16 : 10);

	return *end ? G_MAXUINT64 : value;
}

void tokens_next(struct tokens *t)
{
	const char *start;

	skip_space(t);
	start = t->at;
	t->token = (struct token){TOKEN_END, start, 0, 0, t->line, t->column};
	if (t->at == t->end)
		return;
	if (*t->at == '"') {
		advance(t);
		start = t->at;
		while (t->at < t->end && *t->at != '"')
			advance(t);
		t->token.kind = TOKEN_STRING;
		t->token.text = start;
		t->token.len = t->at - start;
		if (t->at < t->end)
			advance(t);
		return;
	}
	if (g_ascii_isalpha(*t->at) || *t->at == '_') {
		t->token.kind = TOKEN_WORD;
		while (t->at < t->end && in_word(*t->at))
			advance(t);
	} else if (g_ascii_isdigit(*t->at)) {
		t->token.kind = TOKEN_NUMBER;
		while (t->at < t->end && g_ascii_isalnum(*t->at))
			advance(t);
		t->token.number = number(start, t->at - start);
	} else {
		t->token.kind = TOKEN_SIGN;
		if (starts(t, "/\\") || starts(t, "\\/"))
			advance(t);
		advance(t);
		/* A character that is not ASCII is one token. */
		while (t->at < t->end && ((guchar)*t->at & 0xc0) == 0x80)
			advance(t);
	}
	t->token.len = t->at - start;
}

void tokens_init(struct tokens *t, const char *file, const char *text, gsize len)
{
	*t = (struct tokens){.file = file, .at = text, .end = text + len, .line = 1, .column = 1};
	tokens_next(t);
}

gboolean token_is(const struct token *token, const char *text)
{
	return token->kind != TOKEN_END && token->kind != TOKEN_STRING && token->len == strlen(text) &&
	       g_ascii_strncasecmp(token->text, text, token->len) == 0;
}

char *token_text(const struct token *token)
{
	return g_strndup(token->text, token->len);
}

char *tokens_rest_of_line(struct tokens *t, const char *from, guint line)
{
	const char *end = memchr(from, '\n', t->end - from);

	if (!end)
		end = t->end;
	t->at = from;
	t->line = line;
	while (t->at < end)
		advance(t);
	tokens_next(t);
	return g_strstrip(g_strndup(from, end - from));
}

static gboolean complain(
	const struct tokens *t, const struct token *token, GError **error, const char *format, va_list args)
{
	g_autofree char *expected = g_strdup_vprintf(format, args);
	g_autofree char *got = text_neutral(token->text, MIN(token->len, SHOWN));

	if (token->kind == TOKEN_END)
		g_set_error(error, LITMUS_ERROR, LITMUS_ERROR_SYNTAX, "%s:%u:%u: expected %s, got the end of the file",
			t->file, token->line, token->column, expected);
	else
		g_set_error(error, LITMUS_ERROR, LITMUS_ERROR_SYNTAX, "%s:%u:%u: expected %s, got '%s%s'", t->file,
			token->line, token->column, expected, got, token->len > SHOWN ? "..." : "");
	return FALSE;
}

gboolean tokens_expected(const struct tokens *t, GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(t, &t->token, error, format, args);
	va_end(args);
	return FALSE;
}

gboolean tokens_expected_at(const struct tokens *t, const struct token *token, GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(t, token, error, format, args);
	va_end(args);
	return FALSE;
}
