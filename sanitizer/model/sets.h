/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sets.h - a set of CPUs, and a list of numbers that grows.
 */
#ifndef MODEL_SETS_H
#define MODEL_SETS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define MODEL_CPUS 256

struct cpu_set {
	uint64_t word[MODEL_CPUS / 64];
};

static inline void cpu_set_add(struct cpu_set *set, unsigned cpu)
{
	set->word[cpu / 64] |= 1ull << cpu % 64;
}
static inline void cpu_set_remove(struct cpu_set *set, unsigned cpu)
{
	set->word[cpu / 64] &= ~(1ull << cpu % 64);
}
static inline bool cpu_set_has(const struct cpu_set *set, unsigned cpu)
{
	return set->word[cpu / 64] >> cpu % 64 & 1;
}
static inline bool cpu_set_empty(const struct cpu_set *set)
{
	return !(set->word[0] | set->word[1] | set->word[2] | set->word[3]);
}

struct numbers {
	uint32_t *all;
	uint32_t count, room;
};

/* When memory is short the number is left out. */
static inline void numbers_add(struct numbers *list, uint32_t number)
{
	if (list->count == list->room) {
		uint32_t room = list->room ? list->room * 2 : 64;
		uint32_t *all = realloc(list->all, room * sizeof(*all));

		if (!all)
			return;
		list->all = all;
		list->room = room;
	}
	list->all[list->count++] = number;
}

#endif
