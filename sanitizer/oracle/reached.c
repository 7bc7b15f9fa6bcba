/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "reached.h"

static uint64_t hash(const struct reached *r, const uint8_t *bytes)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < r->size; i++)
		h = (h ^ bytes[i]) * 0x100000001b3;
	return h ^ h >> 31;
}

static bool grow(struct reached *r)
{
	size_t buckets = r->buckets ? 2 * r->buckets : 256;
	uint32_t *bucket = calloc(buckets, sizeof(*bucket));
	uint8_t *all = realloc(r->all, buckets / 2 * r->size);

	if (all) {
		r->all = all;
		r->room = buckets / 2;
	}
	if (!bucket || !all) {
		free(bucket);
		return false;
	}
	for (size_t i = 0; i < r->count; i++) {
		size_t at = hash(r, r->all + i * r->size) & (buckets - 1);

		while (bucket[at])
			at = (at + 1) & (buckets - 1);
		bucket[at] = (uint32_t)i + 1;
	}
	free(r->bucket);
	r->bucket = bucket;
	r->buckets = buckets;
	return true;
}

void reached_add(struct reached *r, const void *state)
{
	size_t at;

	if (r->failed || (r->count == r->room && !grow(r))) {
		r->failed = true;
		return;
	}
	for (at = hash(r, state) & (r->buckets - 1); r->bucket[at]; at = (at + 1) & (r->buckets - 1))
		if (memcmp(r->all + (r->bucket[at] - 1) * r->size, state, r->size) == 0)
			return;
	memcpy(r->all + r->count++ * r->size, state, r->size);
	r->bucket[at] = (uint32_t)r->count;
}

void reached_begin(struct reached *r, size_t size)
{
	if (size != r->size)
		reached_free(r);
	r->size = size;
	r->count = 0;
	if (r->bucket)
		memset(r->bucket, 0, r->buckets * sizeof(*r->bucket));
}

void reached_free(struct reached *r)
{
	free(r->all);
	free(r->bucket);
	memset(r, 0, sizeof(*r));
}
