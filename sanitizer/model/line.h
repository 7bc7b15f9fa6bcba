/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * line.h - what is kept for each 64 bytes of RAM, and the two fast paths that a feeder inlines.
 *
 * A line is *simple* while every copy that a cache may hold equals the newest value (`cur`, which is also what QEMU
 * has). Then a byte is in one of two states:
 *
 *      dirty = 0    memory equals cur
 *      dirty = 1    memory holds the value that it had when the byte was last cleaned (`poc`), or cur, or one in
 *                   between, since an eviction may have happened at any time; with `exact` = 1 no value in between
 *                   differed from its successor, and poc is known
 *
 * A cacheable write of a simple line keeps it simple, and a cacheable read of it is always right: these are the fast
 * paths. Whatever breaks the invariant (a non-cacheable write while a copy may exist, IVAC of dirty bytes) turns the
 * line into a *cloud*: the set of states that memory and caches may be in (cloud.h). Both end when maintenance
 * completes.
 *
 * A zero-filled record is that of RAM whose contents nobody knows (rule V6): clean, not exact.
 *
 * The arrays are reserved, not allocated: pages of them that nothing was stored to cost nothing.
 */
#ifndef MODEL_LINE_H
#define MODEL_LINE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define LINE_SHIFT     6
#define LINE_SIZE      (1u << LINE_SHIFT)
#define PAGE_SHIFT_4K  12
#define PAGE_SIZE_4K   (1u << PAGE_SHIFT_4K)
#define LINES_PER_PAGE (1u << (PAGE_SHIFT_4K - LINE_SHIFT))

/* Why a line is not on the fast path. Changed by line_mark() and line_unmark() only, which keep struct slow. */
enum line_slow {
	LINE_CLOUD = 1 << 0,   /* `link` is the number of its cloud */
	LINE_OPEN = 1 << 1,    /* a non-cacheable store of it may not have reached memory yet (no DSB since) */
	LINE_PENDING = 1 << 2, /* `link` is the number of its DC that no DSB has completed yet */
	LINE_NOTED = 1 << 3,   /* `hints` say what was done to it: a write makes them history */
	LINE_TABLE = 1 << 4,   /* translation tables are in it (tables.h) */
	LINE_MESSAGE = 1 << 5, /* a CPU that was sent an interrupt may read it too early (message.c) */
	LINE_QUEUE = 1 << 6,   /* the index of an available ring is in it, which a device reads (device.c) */
	LINE_USED = 1 << 7,    /* of a used ring, which a device writes */
};
/* A cacheable read of a line with only a pending DC reads what QEMU reads. */
#define LINE_SLOW_READ (LINE_CLOUD | LINE_OPEN | LINE_MESSAGE | LINE_USED)

/* What was done since the last write, and once more than was needed to make it harmless. */
enum line_hint {
	HINT_POU = 1 << 0,       /* cleaned to the PoU only */
	HINT_REWRITTEN = 1 << 1, /* cleaned to the PoC, then written again */
	HINT_SET_WAY = 1 << 2,   /* a set/way loop went over it and earned no credit (rule C11) */
	HINT_CLEANED = 1 << 3,   /* cleaned to the PoC */
	HINT_SWEPT = 1 << 8,     /* dirty since a set/way loop began that has not ended yet */
	HINT_TOUCHED = 1 << 4,   /* some DC by address has completed: what caches held at the start is history */
	HINT_OVERTAKEN = 1 << 6, /* by a DC that may have come before a cacheable store of the line */
	HINT_NEVER_RAN = 1 << 5, /* of code without a record: was maintained, has not been executed since */
	HINT_EPOCH_SHIFT = 16,   /* with HINT_CLEANED: how many invalidations of whole instruction caches there were */
};

struct line {
	uint32_t slow;        /* enum line_slow */
	uint32_t link;        /* see there */
	uint32_t invalidated; /* clock when the last completed invalidation was issued (rule C5: P is lazy) */
	uint32_t hints;       /* enum line_hint: what was done to it, for reports */
};

/* Bit n: byte n of the line. See above. */
struct bytes {
	uint64_t dirty; /* may be newer in a cache than in memory */
	uint64_t exact;
};

/* Which lines of a page are not on the fast path: bit n is line n's. */
struct slow {
	uint64_t reads;
	uint64_t writes;
};

/* Who wrote each 8 bytes of a line last: numbers of interned struct writers, 0: nobody. */
#define WRITERS_PER_LINE (LINE_SIZE / 8)

/*
 * What the fast paths need of one page of 4 KiB. In arrays of their own, since most pages have some of it only: a load
 * needs one word, and what no DC was issued to has no struct line.
 */
struct shadow {
	const struct slow *slow;
	struct bytes *bytes; /* LINES_PER_PAGE of them */
	uint32_t *writers;   /* WRITERS_PER_LINE for each */
	uint8_t *values;     /* 4096 bytes: what the model keeps as current values of dirty bytes */
};

/* Bits @offset to @offset + @size - 1; @size is 1 to 64. */
static inline uint64_t line_mask(unsigned offset, unsigned size)
{
	return (~0ull >> (64 - size)) << offset;
}

/*
 * May a cacheable read at @offset in the page go on without the model? If not: model_access(). It lies within a line.
 */
static inline bool line_read_is_fast(const struct shadow *shadow, unsigned offset)
{
	return __builtin_expect(!(shadow->slow->reads >> (offset >> LINE_SHIFT) & 1), 1);
}

/* Which bytes of @size (1, 2, 4 or 8) at @a and @b differ, as a mask from bit 0. */
static inline uint64_t line_difference(const uint8_t *a, const uint8_t *b, unsigned size)
{
	uint64_t x = 0, y = 0;

	switch (size) { /* constant sizes: no calls */
	case 8:
		memcpy(&x, a, 8), memcpy(&y, b, 8);
		break;
	case 4:
		memcpy(&x, a, 4), memcpy(&y, b, 4);
		break;
	case 2:
		memcpy(&x, a, 2), memcpy(&y, b, 2);
		break;
	default:
		x = *a, y = *b;
	}
	x ^= y;
	x |= x >> 4;
	x |= x >> 2;
	x |= x >> 1;
	x &= 0x0101010101010101;
	return (x * 0x0102040810204080) >> 56;
}

/*
 * A cacheable write-back write of @size = 1, 2, 4, 8 or 16 bytes at @offset in the page, within a line and at most two
 * of its writers. @writer is from model_writer(). Returns false, having done nothing, when the line is not simple: then
 * model_access(). line_write_is_plain() also when bytes are written for a second time: then line_write_is_fast().
 *
 * *@changes: it is one that model_stored() wants to hear of. Not if it writes what a cache holds dirty already: then a
 * DC that comes before it leaves the same in memory as one that comes after it.
 */
static inline __attribute__((always_inline)) bool line_write_is_plain(
	const struct shadow *shadow, unsigned offset, unsigned size, const void *value, uint32_t writer, bool *changes)
{
	unsigned line = offset >> LINE_SHIFT;
	struct bytes *bytes = &shadow->bytes[line];
	uint64_t mask = line_mask(offset & (LINE_SIZE - 1), size);
	uint8_t *before = shadow->values + offset;

	if (__builtin_expect(shadow->slow->writes >> line & 1 || bytes->dirty & bytes->exact & mask, 0))
		return false;
	*changes = ((~bytes->dirty & mask) != 0) | (memcmp(before, value, size) != 0);
	bytes->dirty |= mask;
	memcpy(before, value, size);
	shadow->writers[offset >> 3] = writer;
	if (size > 1)
		shadow->writers[(offset + size - 1) >> 3] = writer;
	return true;
}

static inline bool line_write_is_fast(
	const struct shadow *shadow, unsigned offset, unsigned size, const void *value, uint32_t writer, bool *changes)
{
	unsigned line = offset >> LINE_SHIFT;
	struct bytes *bytes = &shadow->bytes[line];
	uint64_t mask = line_mask(offset & (LINE_SIZE - 1), size), again = bytes->dirty & bytes->exact & mask, differs;
	uint8_t *before = shadow->values + offset;

	if (shadow->slow->writes >> line & 1)
		return false;
	/* Only what is written a second time with no clean between can leave a value in memory that is neither. */
	if (again) {
		differs = line_difference(before, value, size < 8 ? size : 8);
		if (size == 16)
			differs |= line_difference(before + 8, (const uint8_t *)value + 8, 8) << 8;
		bytes->exact &= ~(again & (differs << (offset & (LINE_SIZE - 1))));
	}
	*changes = (~bytes->dirty & mask) != 0 || memcmp(before, value, size) != 0;
	bytes->dirty |= mask;
	memcpy(before, value, size);
	shadow->writers[offset >> 3] = writer;
	shadow->writers[(offset + size - 1) >> 3] = writer;
	return true;
}

/* The same for a whole line of zeros (DC ZVA). Values that are zero are left alone: memory that was never used is. */
static inline bool line_zero_is_fast(const struct shadow *shadow, unsigned offset, uint32_t writer, bool *changes)
{
	static const uint8_t zeros[8];
	unsigned line = offset >> LINE_SHIFT;
	struct bytes *bytes = &shadow->bytes[line];
	uint8_t *values = shadow->values + line * LINE_SIZE;
	uint32_t *writers = shadow->writers + line * WRITERS_PER_LINE;
	uint64_t word[LINE_SIZE / 8], any = 0, differs = 0;

	if (shadow->slow->writes >> line & 1)
		return false;
	memcpy(word, values, LINE_SIZE);
	for (unsigned i = 0; i < LINE_SIZE / 8; i++)
		any |= word[i];
	if (any) {
		for (unsigned i = 0; i < LINE_SIZE; i += 8)
			differs |= line_difference(values + i, zeros, 8) << i;
		memset(values, 0, LINE_SIZE);
	}
	*changes = ~bytes->dirty || differs;
	bytes->exact &= ~(bytes->dirty & differs);
	bytes->dirty = ~0ull;
	for (unsigned i = 0; i < WRITERS_PER_LINE; i++)
		writers[i] = writer;
	return true;
}

/*
 * Does RAM hold what the model takes for the newest value? @now: what was read, @size as above; @memory: of struct
 * view. If not, a device has written it, which model_access() then sees; only a feeder to which that matters need ask.
 */
static inline bool line_read_is_current(
	const struct shadow *shadow, const uint8_t *memory, unsigned offset, unsigned size, const void *now)
{
	const struct bytes *bytes = &shadow->bytes[offset >> LINE_SHIFT];
	unsigned step = size < 8 ? size : 8;

	for (unsigned done = 0; done < size; done += step) {
		const uint8_t *value = (const uint8_t *)now + done;
		unsigned at = offset + done;
		uint64_t dirty = bytes->dirty >> (at & (LINE_SIZE - 1)), exact = bytes->exact >> (at & (LINE_SIZE - 1));

		if (line_difference(shadow->values + at, value, step) & dirty ||
			line_difference(memory + at, value, step) & exact & ~dirty)
			return false;
	}
	return true;
}

#endif
