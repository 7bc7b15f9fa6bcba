/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pattern.h - which tests a pattern selects.
 *
 * A pattern is the name of a test, or a dotted prefix of whole components ("gic" selects gic.v3.sgi, not gicv3.sgi),
 * or, if it contains '*' (any text, dots included) or '?' (one character), a glob that must match the whole name. An
 * empty pattern selects nothing. Time is at most the product of the lengths. Pure functions, usable anywhere.
 */
#ifndef LIMPID_PATTERN_H
#define LIMPID_PATTERN_H

#include <limpid/types.h>

/* Whether the `length` bytes at `pattern` select `name`. */
bool pattern_matches(const char *pattern, size_t length, const char *name);

/* Whether one of the comma separated patterns in the `length` bytes at `list` selects `name`. */
bool pattern_list_matches(const char *list, size_t length, const char *name);

#endif
