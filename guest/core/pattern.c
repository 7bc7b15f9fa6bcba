// SPDX-License-Identifier: GPL-2.0-or-later
#include <limpid/pattern.h>
#include <limpid/string.h>

/*
 * The glob of `length` bytes against the whole name. Only the last '*' is ever taken up again: if an earlier one could
 * take more and still match, so could the last one. That bounds the time by the product of the lengths.
 */
static bool glob_matches(const char *pattern, size_t length, const char *name)
{
	size_t p = 0;
	size_t after_star = SIZE_MAX;
	const char *star_end = NULL; /* where the text that the star takes ends */

	while (*name) {
		if (p < length && pattern[p] == '*') {
			after_star = ++p;
			star_end = name;
		} else if (p < length && (pattern[p] == '?' || pattern[p] == *name)) {
			p++;
			name++;
		} else if (after_star != SIZE_MAX) {
			p = after_star;
			name = ++star_end;
		} else {
			return false;
		}
	}
	while (p < length && pattern[p] == '*')
		p++;
	return p == length;
}

bool pattern_matches(const char *pattern, size_t length, const char *name)
{
	if (!length)
		return false;
	if (memchr(pattern, '*', length) || memchr(pattern, '?', length))
		return glob_matches(pattern, length, name);
	/* Not by comparing `length` bytes: the name may be shorter, and the pattern have a NUL in it. */
	for (; length && *name && *name == *pattern; length--) {
		name++;
		pattern++;
	}
	return !length && (*name == 0 || *name == '.');
}

bool pattern_list_matches(const char *list, size_t length, const char *name)
{
	const char *end = list + length;

	while (list < end) {
		const char *comma = memchr(list, ',', (size_t)(end - list));

		if (!comma)
			comma = end;
		if (pattern_matches(list, (size_t)(comma - list), name))
			return true;
		list = comma + 1;
	}
	return false;
}
