/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reached.h - the states that a search has come to, each once, in the order in which it came to them.
 */
#ifndef ORACLE_REACHED_H
#define ORACLE_REACHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reached {
	size_t size; /* of one state, in bytes; padding must be zero */
	uint8_t *all;
	size_t count, room, buckets;
	uint32_t *bucket; /* number of a state + 1, 0: empty */
	bool failed;      /* out of memory: the search is worth nothing */
};

void reached_add(struct reached *r, const void *state);
/* Empties it, and keeps its memory for the next search of states of this size. */
void reached_begin(struct reached *r, size_t size);
void reached_free(struct reached *r);

static inline const void *reached_state(const struct reached *r, size_t number)
{
	return r->all + number * r->size;
}

#endif
