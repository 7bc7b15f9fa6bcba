/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * search.h - every program up to a length, by the machine of caches.h and by the model: they must agree on each load.
 *
 * What is left out because something else stands for it: the two locations are alike, so the first to be named is x;
 * the two PEs are alike where they start alike; stored values have no meaning but their order of appearance, unless
 * memory holds one of them; a non-cacheable alias is the same as any access with the MMU off.
 */
#ifndef ORACLE_SEARCH_H
#define ORACLE_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "caches.h"

/* The longest program that a state has room for. */
#define SEARCH_LENGTH (PROGRAM_MAX - 2)

struct totals {
	uint64_t programs;  /* that end in a load: each is one question */
	uint64_t permitted; /* of them with another permitted value than a machine without caches gives */
	uint64_t disagreements;
};

/*
 * All programs up to @whole letters, and up to @length with one letter in @rate followed beyond that, in each setting,
 * or in number @only when that is not negative. Adds to @totals, prints a line of it and the first disagreements to
 * stdout (as comments of TAP). False when memory is short.
 */
bool search_run(unsigned pes, unsigned length, unsigned whole, unsigned rate, int only, struct totals *totals);

#endif
