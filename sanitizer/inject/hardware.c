/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hardware.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LINE HARDWARE_LINE

enum { SPLIT = 1, DIRTY = 2, SHADOW = 4, PENDING = 8 };

struct pending {
	uint64_t line;
	uint8_t op;
	bool done;
};

struct queue {
	struct pending *entries;
	size_t count, room;
	size_t ordered; /* how many a DMB has ordered */
	bool all;       /* and everything, by set and way */
};

/* A line that an access was prepared for. */
struct prepared {
	uint64_t line;
	enum way way;
	bool shows_memory; /* host has memory's value, `copy` that of the cache */
	uint8_t copy[LINE];
};
#define PREPARED 16

#define RECENT 256 /* lines that the random policy may do something to at any time */

struct hardware {
	struct hardware_config config;
	uint8_t *memory, *newest; /* as large as RAM, and mostly never touched */
	uint8_t *flags;           /* of each line */
	struct queue queues[HARDWARE_CPUS];
	unsigned waiting; /* how many of them have entries */
	struct prepared prepared[PREPARED];
	unsigned prepared_count;
	uint64_t recent[RECENT];
	unsigned recent_count;
	uint64_t random;
};

const char *policy_name(enum policy policy)
{
	static const char *const names[POLICIES] = {"none", "worst", "random"};

	return names[policy];
}

static void *reserve(uint64_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

struct hardware *hardware_new(const struct hardware_config *config)
{
	struct hardware *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->config = *config;
	h->memory = reserve(config->size);
	h->newest = reserve(config->size);
	h->flags = reserve(config->size / LINE);
	h->random = config->seed;
	if (h->memory && h->newest && h->flags)
		return h;
	hardware_free(h);
	return NULL;
}

void hardware_free(struct hardware *h)
{
	if (!h)
		return;
	if (h->memory)
		munmap(h->memory, h->config.size);
	if (h->newest)
		munmap(h->newest, h->config.size);
	if (h->flags)
		munmap(h->flags, h->config.size / LINE);
	for (unsigned i = 0; i < HARDWARE_CPUS; i++)
		free(h->queues[i].entries);
	free(h);
}

/* SplitMix64: the same numbers for the same seed everywhere. */
static uint64_t next_random(struct hardware *h)
{
	uint64_t z = h->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* True once in @n times, under the random policy. */
static bool chance(struct hardware *h, unsigned n)
{
	return h->config.policy == POLICY_RANDOM && next_random(h) % n == 0;
}

static bool is_worst(const struct hardware *h)
{
	return h->config.policy == POLICY_WORST;
}

static uint8_t *host_of(struct hardware *h, uint64_t line)
{
	return h->config.host + line * LINE;
}

static uint8_t *memory_of(struct hardware *h, uint64_t line)
{
	return h->memory + line * LINE;
}

static uint8_t *newest_of(struct hardware *h, uint64_t line)
{
	return h->newest + line * LINE;
}

/*
 * What a line does. At rest all of them: host shows the cache.
 */

static void tidy(struct hardware *h, uint64_t line)
{
	uint8_t *flags = &h->flags[line];

	if ((*flags & (SPLIT | SHADOW)) == SHADOW && !memcmp(newest_of(h, line), host_of(h, line), LINE))
		*flags &= ~SHADOW;
}

static void remember(struct hardware *h, uint64_t line)
{
	if (h->recent_count < RECENT)
		h->recent[h->recent_count++] = line;
	else
		h->recent[next_random(h) % RECENT] = line;
}

/* A cache gets a copy, which is memory's value. */
static void split(struct hardware *h, uint64_t line)
{
	if (h->flags[line] & SPLIT)
		return;
	memcpy(memory_of(h, line), host_of(h, line), LINE);
	h->flags[line] |= SPLIT;
	if (h->config.policy == POLICY_RANDOM)
		remember(h, line);
}

static void shade(struct hardware *h, uint64_t line)
{
	if (h->flags[line] & SHADOW)
		return;
	memcpy(newest_of(h, line), host_of(h, line), LINE);
	h->flags[line] |= SHADOW;
}

/* A dirty copy is written back, all of it. */
static void clean(struct hardware *h, uint64_t line)
{
	if ((h->flags[line] & (SPLIT | DIRTY)) != (SPLIT | DIRTY))
		return;
	h->flags[line] &= ~(SPLIT | DIRTY);
	tidy(h, line);
}

/* The copy goes, written back or not. */
static void drop(struct hardware *h, uint64_t line)
{
	if (!(h->flags[line] & SPLIT))
		return;
	if (h->flags[line] & DIRTY)
		shade(h, line);
	memcpy(host_of(h, line), memory_of(h, line), LINE);
	h->flags[line] &= ~(SPLIT | DIRTY);
	tidy(h, line);
}

static bool differs(struct hardware *h, uint64_t line, const uint8_t *value)
{
	return h->flags[line] & SHADOW ? memcmp(value, newest_of(h, line), LINE) != 0
				       : memcmp(value, host_of(h, line), LINE) != 0;
}

/* IVAC of dirty bytes loses them, or a write-back came before it. */
static void invalidate(struct hardware *h, uint64_t line)
{
	bool cleans = false;

	if (h->flags[line] & DIRTY) {
		if (is_worst(h))
			cleans = !differs(h, line, memory_of(h, line)) && differs(h, line, host_of(h, line));
		else
			cleans = chance(h, 2);
	}
	if (cleans)
		clean(h, line);
	else
		drop(h, line);
}

static void execute(struct hardware *h, uint64_t line, enum hardware_op op)
{
	switch (op) {
	case HARDWARE_CLEAN:
		clean(h, line);
		break;
	case HARDWARE_INVALIDATE:
		invalidate(h, line);
		break;
	case HARDWARE_CLEAN_INVALIDATE:
		clean(h, line);
		drop(h, line);
		break;
	}
}

/*
 * Maintenance that waits for its DSB.
 */

/* How far back an early execution looks: a queue may hold millions. */
#define LOOK_BACK 256

/* The DCs of a CPU to one line execute in their order: all up to number @end. */
static void execute_until(struct hardware *h, struct queue *q, uint64_t line, size_t end)
{
	for (size_t i = end > LOOK_BACK ? end - LOOK_BACK : 0; i < end; i++) {
		struct pending *p = &q->entries[i];

		if (p->line != line || p->done)
			continue;
		execute(h, line, p->op);
		p->done = true;
	}
}

/*
 * An access of the same CPU comes after its DC in program order. A cacheable store says that an invalidation has
 * happened; a cacheable load that the copy it was to drop is gone, unless that is dirty; of a clean neither says
 * anything, but to have it before a store is the worse. A non-cacheable store says nothing unless a DMB came between.
 * (Rule C8.) An access of another CPU comes after the DCs that have a DMB behind them.
 */
static void force(struct hardware *h, unsigned cpu, uint64_t line, enum way way, bool write)
{
	struct queue *q = &h->queues[cpu];
	size_t end = 0;

	if (!(h->flags[line] & PENDING))
		return;
	for (size_t i = q->count > LOOK_BACK ? q->count - LOOK_BACK : 0; i < q->count; i++) {
		const struct pending *p = &q->entries[i];

		if (p->line != line || p->done)
			continue;
		if (way == WAY_UNCACHED ? write && i < q->ordered
					: write || (p->op != HARDWARE_CLEAN && !(h->flags[line] & DIRTY)))
			end = i + 1;
	}
	execute_until(h, q, line, end);
	for (unsigned other = 0; h->waiting > (q->count > 0) && other < HARDWARE_CPUS; other++)
		if (other != cpu)
			execute_until(h, &h->queues[other], line, h->queues[other].ordered);
}

void hardware_maintain(struct hardware *h, unsigned cpu, uint64_t offset, enum hardware_op op)
{
	uint64_t line = offset / LINE;
	struct queue *q;

	hardware_rest(h);
	if (cpu >= HARDWARE_CPUS || offset >= h->config.size || h->config.policy == POLICY_NONE)
		return;
	/* What cannot matter need not wait: no copy that is not memory's. */
	if (!(h->flags[line] & SPLIT))
		return;
	q = &h->queues[cpu];
	if (chance(h, 2)) {
		execute_until(h, q, line, q->count);
		execute(h, line, op);
		return;
	}
	if (q->count == q->room) {
		size_t room = q->room ? q->room * 2 : 256;
		struct pending *entries = realloc(q->entries, room * sizeof(*entries));

		if (!entries) {
			execute_until(h, q, line, q->count);
			execute(h, line, op);
			return;
		}
		q->entries = entries;
		q->room = room;
	}
	h->waiting += !q->count;
	q->entries[q->count++] = (struct pending){line, op, false};
	h->flags[line] |= PENDING;
}

/* A loop has thousands of them. */
void hardware_maintain_all(struct hardware *h, unsigned cpu)
{
	if (cpu < HARDWARE_CPUS)
		h->queues[cpu].all = true;
}

static void execute_all(struct hardware *h)
{
	for (uint64_t line = 0; line < h->config.size / LINE; line++) {
		if (h->flags[line] & SPLIT)
			execute(h, line, HARDWARE_CLEAN_INVALIDATE);
	}
}

void hardware_barrier(struct hardware *h, unsigned cpu, bool completes)
{
	struct queue *q;

	if (cpu >= HARDWARE_CPUS)
		return;
	hardware_rest(h);
	q = &h->queues[cpu];
	q->ordered = q->count;
	if (!completes)
		return;
	h->waiting -= q->count > 0;
	for (size_t i = 0; i < q->count; i++) {
		struct pending *p = &q->entries[i];

		if (!p->done)
			execute(h, p->line, p->op);
		/* It may have one of another CPU as well. */
		if (!h->waiting)
			h->flags[p->line] &= ~PENDING;
	}
	q->count = q->ordered = 0;
	if (q->all)
		execute_all(h);
	q->all = false;
}

/*
 * Accesses.
 */

static bool differs_at(struct hardware *h, uint64_t offset, unsigned size, const uint8_t *line_value)
{
	uint64_t line = offset / LINE;
	const uint8_t *newest = h->flags[line] & SHADOW ? newest_of(h, line) : host_of(h, line);
	unsigned at = offset % LINE;

	return memcmp(line_value + at, newest + at, size) != 0;
}

/* Can a read this way be given something else than the newest value? Then, with @make, it will. */
static bool mislead(struct hardware *h, uint64_t offset, unsigned size, enum way way, bool make)
{
	uint64_t line = offset / LINE;
	unsigned flags = h->flags[line];
	bool memory_differs, copy_differs;

	if (!(flags & SPLIT))
		return flags & SHADOW && differs_at(h, offset, size, host_of(h, line));
	memory_differs = differs_at(h, offset, size, memory_of(h, line));
	copy_differs = differs_at(h, offset, size, host_of(h, line));
	if (way == WAY_UNCACHED) {
		if (memory_differs)
			return true;
		if (flags & DIRTY && copy_differs) {
			if (make)
				clean(h, line);
			return true;
		}
		return false;
	}
	if (copy_differs)
		return true;
	if (!(flags & DIRTY) && memory_differs) {
		if (make)
			drop(h, line);
		return true;
	}
	return false;
}

static enum way choose_way(struct hardware *h, uint64_t offset, unsigned size, unsigned ways, bool write)
{
	unsigned cached = ways & (WAY_BACK | WAY_THROUGH);

	if (!cached || cached == ways)
		return cached ? cached & WAY_BACK ? WAY_BACK : WAY_THROUGH : WAY_UNCACHED;
	if (is_worst(h)) {
		if (!write && mislead(h, offset, size, WAY_UNCACHED, false))
			return WAY_UNCACHED;
		return WAY_BACK;
	}
	return chance(h, 2) ? WAY_UNCACHED : WAY_BACK;
}

/* What caches do by themselves. */
static void act(struct hardware *h, uint64_t line)
{
	if (!(h->flags[line] & SPLIT))
		return;
	if (h->flags[line] & DIRTY)
		clean(h, line);
	else
		drop(h, line);
}

static void wander(struct hardware *h)
{
	if (h->config.policy != POLICY_RANDOM || !h->recent_count || !chance(h, 16))
		return;
	unsigned i = next_random(h) % h->recent_count;

	act(h, h->recent[i]);
	h->recent[i] = h->recent[--h->recent_count];
}

static struct prepared *find_prepared(struct hardware *h, uint64_t line)
{
	for (unsigned i = 0; i < h->prepared_count; i++)
		if (h->prepared[i].line == line)
			return &h->prepared[i];
	return NULL;
}

static void before_uncached(struct hardware *h, uint64_t offset, unsigned size, bool write, struct prepared *p)
{
	uint64_t line = p->line;

	if (write && !(h->flags[line] & SPLIT) && h->config.may_be_cached(h->config.context, offset) && !chance(h, 2))
		split(h, line);
	if (!(h->flags[line] & SPLIT)) {
		return;
	}
	if (write)
		shade(h, line);
	else if (is_worst(h))
		mislead(h, offset, size, WAY_UNCACHED, true);
	if (!(h->flags[line] & SPLIT))
		return;
	memcpy(p->copy, host_of(h, line), LINE);
	memcpy(host_of(h, line), memory_of(h, line), LINE);
	p->shows_memory = true;
}

void hardware_before(struct hardware *h, unsigned cpu, uint64_t offset, unsigned size, unsigned ways, bool write)
{
	uint64_t line = offset / LINE;
	struct prepared *p;
	enum way way;

	if (h->config.policy == POLICY_NONE || offset >= h->config.size || cpu >= HARDWARE_CPUS)
		return;
	wander(h);
	if (!write && !(h->flags[line] & (SPLIT | SHADOW)))
		return;
	if (find_prepared(h, line) || h->prepared_count == PREPARED)
		return;
	way = choose_way(h, offset, size, ways, write);
	force(h, cpu, line, way, write);
	if (chance(h, 2))
		act(h, line);
	p = &h->prepared[h->prepared_count++];
	p->line = line;
	p->way = way;
	p->shows_memory = false;
	if (way == WAY_UNCACHED)
		before_uncached(h, offset, size, write, p);
	else if (write)
		split(h, line);
	else if (is_worst(h))
		mislead(h, offset, size, way, true);
}

bool hardware_after(struct hardware *h, uint64_t offset, unsigned size, bool write, enum way way)
{
	uint64_t line = offset / LINE;
	unsigned at = offset % LINE;
	struct prepared *p;
	uint8_t *host;

	if (offset >= h->config.size || !(h->flags[line] & (SPLIT | SHADOW)))
		return true;
	p = find_prepared(h, line);
	host = host_of(h, line) + at;
	if (p)
		way = p->way;
	if (!write)
		return !(h->flags[line] & SHADOW ? memcmp(host, newest_of(h, line) + at, size)
			 : p && p->shows_memory  ? memcmp(host, p->copy + at, size)
						 : 0);
	if (h->flags[line] & SHADOW)
		memcpy(newest_of(h, line) + at, host, size);
	if (!(h->flags[line] & SPLIT))
		tidy(h, line);
	else if (way == WAY_BACK)
		h->flags[line] |= DIRTY;
	else if (way == WAY_THROUGH)
		memcpy(memory_of(h, line) + at, host, size);
	return true;
}

void hardware_rest(struct hardware *h)
{
	for (unsigned i = 0; i < h->prepared_count; i++) {
		struct prepared *p = &h->prepared[i];

		if (p->shows_memory) {
			memcpy(memory_of(h, p->line), host_of(h, p->line), LINE);
			memcpy(host_of(h, p->line), p->copy, LINE);
		}
		/* Prepared for a store that did not come. */
		if ((h->flags[p->line] & (SPLIT | DIRTY)) == SPLIT &&
			!memcmp(memory_of(h, p->line), host_of(h, p->line), LINE)) {
			h->flags[p->line] &= ~SPLIT;
			tidy(h, p->line);
		}
	}
	h->prepared_count = 0;
}

void hardware_newest(const struct hardware *h, uint64_t offset, unsigned size, uint8_t *value)
{
	uint64_t line = offset / LINE;
	const uint8_t *from = h->config.host + line * LINE;

	if (offset >= h->config.size)
		return;
	if (h->flags[line] & SHADOW)
		from = h->newest + line * LINE;
	else
		for (unsigned i = 0; i < h->prepared_count; i++)
			if (h->prepared[i].line == line && h->prepared[i].shows_memory)
				from = h->prepared[i].copy;
	memcpy(value, from + offset % LINE, size);
}

bool hardware_look(
	const struct hardware *h, uint64_t offset, unsigned size, uint8_t *memory, uint8_t *copy, bool *dirty)
{
	unsigned flags = h->flags[offset / LINE];

	*dirty = flags & DIRTY;
	memcpy(copy, h->config.host + offset, size);
	memcpy(memory, (flags & SPLIT ? h->memory : h->config.host) + offset, size);
	return flags & SPLIT;
}
