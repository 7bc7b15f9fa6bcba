/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who wrote: interned, so that a record of 8 bytes needs a number only. Bounded; number 0 is nobody in particular.
 */
#include <stdlib.h>

#include "internal.h"

#define WRITERS_LIMIT (1u << 22)

struct writer_table {
	struct writer *all;
	uint32_t count, room;
	uint32_t *buckets; /* open addressing, a power of two, at most half full */
	uint32_t bucket_count;
};

struct writer_table *writers_new(void)
{
	struct writer_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->room = 1024;
	t->bucket_count = 4096;
	t->all = calloc(t->room, sizeof(*t->all));
	t->buckets = calloc(t->bucket_count, sizeof(*t->buckets));
	t->count = 1;
	if (!t->all || !t->buckets) {
		writers_free(t);
		return NULL;
	}
	return t;
}

void writers_free(struct writer_table *t)
{
	if (!t)
		return;
	free(t->all);
	free(t->buckets);
	free(t);
}

static bool same(const struct writer *a, const struct writer *b)
{
	return a->pc == b->pc && a->cpu == b->cpu && a->el == b->el && a->attributes.type == b->attributes.type &&
	       a->attributes.inner == b->attributes.inner && a->attributes.outer == b->attributes.outer &&
	       a->attributes.share == b->attributes.share && a->attributes.why == b->attributes.why &&
	       a->epoch == b->epoch;
}

static uint32_t hash(const struct writer *w)
{
	uint64_t h = w->pc * 0x9e3779b97f4a7c15;

	h ^= (uint64_t)w->cpu << 40 | (uint64_t)w->el << 32 | (uint32_t)w->attributes.type << 16 |
	     (uint32_t)w->attributes.inner << 12 | (uint32_t)w->attributes.outer << 8 |
	     (uint32_t)w->attributes.share << 4 | w->attributes.why;
	h ^= (uint64_t)w->epoch << 48;
	h ^= h >> 32; /* the epoch must reach the low bits: an instruction may have thousands */
	h *= 0xff51afd7ed558ccd;
	return (uint32_t)(h >> 32);
}

static bool grow(struct writer_table *t)
{
	if (t->count == t->room) {
		struct writer *all = realloc(t->all, 2 * (size_t)t->room * sizeof(*all));

		if (!all)
			return false;
		t->all = all;
		t->room *= 2;
	}
	if (t->count * 2 >= t->bucket_count) {
		uint32_t count = t->bucket_count * 2;
		uint32_t *buckets = calloc(count, sizeof(*buckets));

		if (!buckets)
			return false;
		for (uint32_t i = 1; i < t->count; i++) {
			uint32_t at = hash(&t->all[i]) & (count - 1);

			while (buckets[at])
				at = (at + 1) & (count - 1);
			buckets[at] = i;
		}
		free(t->buckets);
		t->buckets = buckets;
		t->bucket_count = count;
	}
	return true;
}

uint32_t writers_intern(struct writer_table *t, const struct writer *w)
{
	uint32_t at = hash(w) & (t->bucket_count - 1);

	for (; t->buckets[at]; at = (at + 1) & (t->bucket_count - 1))
		if (same(&t->all[t->buckets[at]], w))
			return t->buckets[at];
	if (t->count >= WRITERS_LIMIT || !grow(t))
		return 0;
	for (at = hash(w) & (t->bucket_count - 1); t->buckets[at]; at = (at + 1) & (t->bucket_count - 1))
		;
	t->all[t->count] = *w;
	t->buckets[at] = t->count;
	return t->count++;
}

const struct writer *writers_get(const struct writer_table *t, uint32_t number)
{
	return &t->all[number < t->count ? number : 0];
}

uint64_t writers_count(const struct writer_table *t)
{
	return t->count - 1;
}

/* Near the end of its range it stops: then too much counts as written since. */
static uint16_t epoch_of(const struct model *m)
{
	return m->epoch < UINT16_MAX ? (uint16_t)m->epoch : UINT16_MAX;
}

uint32_t writers_base(struct writer_table *t, uint32_t number)
{
	struct writer w = *writers_get(t, number);

	if (!w.epoch)
		return number;
	w.epoch = 0;
	return writers_intern(t, &w);
}

uint32_t writer_of_place(struct model *m, const struct place *at, uint64_t va, struct attributes attributes)
{
	struct writer w = {at->pc, va, at->link, at->cpu, at->el, attributes, 0};

	return writers_intern(m->writers, &w);
}

uint32_t writer_of_access(struct model *m, const struct access *a)
{
	struct writer w = {a->at.pc, a->va, a->at.link, a->at.cpu, a->at.el, a->attributes, epoch_of(m)};

	return writers_intern(m->writers, &w);
}

uint32_t model_writer(struct model *m, const struct writer *writer)
{
	struct writer w = *writer;

	w.epoch = epoch_of(m);
	return writers_intern(m->writers, &w);
}
