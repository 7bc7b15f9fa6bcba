/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "pattern.h"

/* Going back to the last star only is enough: an earlier one could match nothing that the last one cannot. */
static gboolean glob_match(const char *pattern, const char *name)
{
	const char *star = NULL, *star_name = NULL;

	while (*name) {
		if (*pattern == '*') {
			star = pattern++;
			star_name = name;
		} else if (*pattern == '?' || *pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star + 1;
			name = ++star_name;
		} else {
			return FALSE;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

gboolean pattern_match(const char *pattern, const char *name)
{
	gsize len = strlen(pattern);

	if (strpbrk(pattern, "*?"))
		return glob_match(pattern, name);
	return len > 0 && strncmp(pattern, name, len) == 0 && (name[len] == '\0' || name[len] == '.');
}
