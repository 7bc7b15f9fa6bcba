/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tables.c - all that a regime maps cacheable, for rule C2: what may be brought into a cache at any time.
 */
#include "translate.h"

/* Tables may be shared or contain themselves: beyond this many descriptors we give up. */
#define DESCRIPTORS_MAX (64u << 20)

struct tour {
	const uint64_t *v;
	enum regime regime;
	const struct walker *walker;
	bool af0, stage2;
	uint32_t left;
	uint64_t first, end; /* joined so far */
	bool (*visit)(void *context, uint64_t pa, uint64_t size);
	void *context;
};

static bool tour_add(struct tour *tour, uint64_t pa, uint64_t size)
{
	if (tour->end == pa) {
		tour->end += size;
		return true;
	}
	if (tour->end > tour->first && !tour->visit(tour->context, tour->first, tour->end - tour->first))
		return false;
	tour->first = pa;
	tour->end = pa + size;
	return true;
}

static bool tour_leaf(struct tour *tour, uint64_t pa, uint64_t size, struct attributes attributes)
{
	if (!tour->stage2)
		return !attributes_are_cacheable(attributes) || tour_add(tour, pa, size);
	for (uint64_t done = 0; done < size;) {
		struct translation t = {pa + done, size - done < 4096 ? 4096 : size, attributes};
		uint64_t step;

		if (!stage2_translate(tour->v, 0, tour->walker, &t)) {
			/* Nothing there: on by the smallest step, but do not spend an age in a large hole. */
			done += size > 1 << 30 ? 1 << 21 : 1 << 12;
			continue;
		}
		step = t.size - ((pa + done) & (t.size - 1));
		if (step > size - done)
			step = size - done;
		if (attributes_are_cacheable(t.attributes) && !tour_add(tour, t.pa, step))
			return false;
		done += step;
	}
	return true;
}

static bool tour_table(struct tour *tour, const struct geometry *g, uint64_t table, int level, unsigned width)
{
	for (uint64_t i = 0; i < 1ull << width; i++) {
		struct translation t = {table + i * 8, 1ull << 52, g->walk};
		uint64_t value;

		if (!tour->left--)
			return false;
		if (tour->stage2 && !stage2_translate(tour->v, 0, tour->walker, &t))
			return true;
		if (!tour->walker->read(tour->walker->context, t.pa, &value))
			return true; /* nor will its neighbours be */
		switch (descriptor_kind(g, level, value)) {
		case DESCRIPTOR_INVALID:
			break;
		case DESCRIPTOR_TABLE:
			if (!tour_table(tour, g, descriptor_table(g, value), level + 1, geometry_stride(g)))
				return false;
			break;
		case DESCRIPTOR_LEAF:
			if (!tour->af0 && !(value >> 10 & 1))
				break;
			if (!tour_leaf(tour, descriptor_output(g, level, value), 1ull << geometry_shift(g, level),
				    descriptor_attributes(g, value)))
				return false;
			break;
		}
	}
	return true;
}

bool translate_each(const uint64_t *v, enum regime regime, bool af0, const struct walker *walker,
	bool (*visit)(void *context, uint64_t pa, uint64_t size), void *context)
{
	struct walker quiet = {walker->context, walker->read, 0};
	struct tour tour = {v, regime, &quiet, af0, stage2_applies(v, regime), DESCRIPTORS_MAX, 0, 0, visit, context};

	for (int high = 0; high < 2; high++) {
		struct geometry g = geometry_stage1(v, regime, high);

		if (g.enabled && !tour_table(&tour, &g, g.root, g.level, g.input - geometry_shift(&g, g.level)))
			return false;
	}
	return tour.end == tour.first || visit(context, tour.first, tour.end - tour.first);
}
