/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "text.h"

/* Characters that change what is shown elsewhere on the line: C1 controls, bidirectional marks, line separators. */
static gboolean misleads(gunichar c)
{
	return (c >= 0x80 && c < 0xa0) || c == 0x061c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || (c & 0xfffe) == 0xfffe ||
	       (c >= 0xe0000 && c <= 0xe0fff);
}

char *text_neutral(const char *bytes, gsize len)
{
	GString *out = g_string_sized_new(len);
	const char *p = bytes, *end = bytes + len;

	while (p < end) {
		guchar byte = *p;

		if (byte == '\t') {
			g_string_append_c(out, ' ');
			p++;
		} else if (byte >= 0x20 && byte < 0x7f) {
			g_string_append_c(out, byte);
			p++;
		} else {
			gunichar c = byte < 0x80 ? (gunichar)-1 : g_utf8_get_char_validated(p, end - p);

			if (c == (gunichar)-1 || c == (gunichar)-2) {
				g_string_append_printf(out, "\\x%02x", byte);
				p++;
				continue;
			}
			if (misleads(c))
				g_string_append_printf(out, "\\u{%x}", c);
			else
				g_string_append_unichar(out, c);
			p = g_utf8_next_char(p);
		}
	}
	return g_string_free(out, FALSE);
}

char *text_neutral_lines(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		gsize len = strlen(*line);
		char *safe = text_neutral(*line, len && (*line)[len - 1] == '\r' ? len - 1 : len);

		g_free(*line);
		*line = safe;
	}
	return g_strchomp(g_strjoinv("\n", lines));
}

/* Insertions, deletions, replacements and swaps of neighbours that turn @a into @b. */
static guint edit_distance(const char *a, const char *b)
{
	gsize la = strlen(a), lb = strlen(b), width = lb + 1;
	g_autofree guint *d = g_new(guint, (la + 1) * width);

	for (gsize j = 0; j <= lb; j++)
		d[j] = j;
	for (gsize i = 1; i <= la; i++) {
		d[i * width] = i;
		for (gsize j = 1; j <= lb; j++) {
			guint best = d[(i - 1) * width + j - 1] + (a[i - 1] != b[j - 1]);

			best = MIN(best, d[(i - 1) * width + j] + 1);
			best = MIN(best, d[i * width + j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = MIN(best, d[(i - 2) * width + j - 2] + 1);
			d[i * width + j] = best;
		}
	}
	return d[la * width + lb];
}

const char *text_nearest(const char *word, const char *const *candidates)
{
	const char *best = NULL;
	gsize len = strlen(word);
	guint limit = MAX(1, len / 3);

	if (len > 200)
		return NULL;
	/* What somebody began to type is nearer than anything that merely looks alike. */
	for (const char *const *c = candidates; len >= 3 && *c; c++)
		if (g_str_has_prefix(*c, word))
			return *c;
	for (; *candidates; candidates++) {
		guint distance = edit_distance(word, *candidates);

		if (distance <= limit) {
			best = *candidates;
			limit = distance - 1;
			if (distance <= 1)
				break;
		}
	}
	return best;
}

gboolean text_to_uint(const char *text, guint64 min, guint64 max, guint64 *value)
{
	return g_ascii_isdigit(text[0]) && g_ascii_string_to_unsigned(text, 10, min, max, value, NULL);
}

gboolean text_to_mib(const char *text, guint64 *mib)
{
	gsize len = strlen(text);
	guint64 unit = 1;
	g_autofree char *number = g_strdup(text);

	if (len > 1 && strchr("mMgG", text[len - 1])) {
		unit = g_ascii_tolower(text[len - 1]) == 'g' ? 1024 : 1;
		number[len - 1] = '\0';
	}
	if (!text_to_uint(number, 1, 16 << 20, mib))
		return FALSE;
	*mib *= unit;
	return TRUE;
}

gboolean text_has_word(const char *list, char separator, const char *word)
{
	gsize len = strlen(word);

	while (list && *list) {
		const char *end = strchr(list, separator);
		gsize n = end ? (gsize)(end - list) : strlen(list);

		if (n == len && memcmp(list, word, n) == 0)
			return TRUE;
		list = end ? end + 1 : NULL;
	}
	return FALSE;
}

char *text_command_line(const char *const *argv)
{
	GString *line = g_string_new(NULL);

	for (; *argv; argv++) {
		static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./:,@%";
		gboolean quote = **argv == '\0' || (*argv)[strspn(*argv, plain)] != '\0';
		g_autofree char *word = quote ? g_shell_quote(*argv) : g_strdup(*argv);

		if (line->len)
			g_string_append_c(line, ' ');
		g_string_append(line, word);
	}
	return g_string_free(line, FALSE);
}
