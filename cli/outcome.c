/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "outcome.h"
#include "text.h"

void outcome_clear(struct outcome *o)
{
	g_free(o->name);
	g_free(o->directive);
	*o = (struct outcome){0};
}

gboolean outcome_read(const char *line, gboolean plain, struct outcome *o)
{
	const char *p = line, *hash;

	o->ok = !g_str_has_prefix(p, "not ");
	p += o->ok ? 0 : 4;
	if (!g_str_has_prefix(p, "ok") || (p[2] != ' ' && p[2] != '\0'))
		return FALSE;
	p += 2;
	p += strspn(p, " ");
	if (g_ascii_isdigit(*p)) {
		gsize digits = strspn(p, "0123456789");
		g_autofree char *number = g_strndup(p, digits);

		if ((p[digits] != ' ' && p[digits] != '\0') || !text_to_uint(number, 1, 1000000, &o->number))
			return FALSE;
		p += digits;
		p += strspn(p, " ");
	} else if (!plain) {
		return FALSE;
	}
	if (g_str_has_prefix(p, "- "))
		p += 2;
	hash = strstr(p, "# ");
	if (hash && hash != p && hash[-1] != ' ')
		hash = NULL;
	o->name = g_strchomp(hash ? g_strndup(p, hash - p) : g_strdup(p));
	o->directive = hash ? g_strdup(hash + 2) : NULL;
	if (!plain && (!*o->name || strchr(o->name, ' '))) {
		outcome_clear(o);
		return FALSE;
	}
	return TRUE;
}

gboolean outcome_has_directive(const struct outcome *o, const char *word)
{
	const char *directive = o->directive;
	gsize len = strlen(word);

	return directive && g_ascii_strncasecmp(directive, word, len) == 0 &&
	       (directive[len] == ' ' || directive[len] == ':' || directive[len] == '\0');
}

char *outcome_reason(const struct outcome *o)
{
	const char *directive = o->directive, *p = directive + strcspn(directive, " :");

	p += strspn(p, " :");
	return g_strdup(*p ? p : "no reason given");
}
