// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The heap.
 *
 *     | header, 16 bytes | the user's `size` bytes | guard, 8 bytes | rest of the block |
 *
 * A small block is a power of two cut from a page; free ones of a size are on a list, linked through the user's first
 * bytes. A large one is a page block. Which of them it is follows from the size in the header, which a seal protects: a
 * number made of all of it and of its address. memalign puts a second header before the aligned address, which leads
 * back to the block that it lies in.
 */
#include <limpid/alloc.h>
#include <limpid/bitops.h>
#include <limpid/check.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/spinlock.h>
#include <limpid/string.h>

#define ALIGNMENT  16
#define GUARD      8
#define MIN_SHIFT  5 /* header, link and guard */
#define MAX_SHIFT  16
#define SEAL_LIVE  0x4c697665u
#define SEAL_FREED 0x46726565u

struct header {
	uint64_t size; /* that the user asked for */
	uint32_t back; /* bytes from the start of the enclosing block's data; 0: this is no aligned block */
	uint32_t seal;
};

_Static_assert(sizeof(struct header) == ALIGNMENT, "data after a header is aligned");

struct free_chunk {
	struct header header;
	struct free_chunk *next;
};

static struct {
	struct spinlock lock;
	struct free_chunk *free[MAX_SHIFT];
	/* The part of the newest page of each size that was not handed out yet. */
	uintptr_t fresh[MAX_SHIFT];
	uintptr_t fresh_end[MAX_SHIFT];
} heap;

static uint32_t seal(const struct header *header, uint32_t state)
{
	uint64_t mix = (header->size ^ (uint64_t)header->back << 32 ^ (uintptr_t)header) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(mix >> 32) ^ state;
}

static void *data_of(struct header *header)
{
	return header + 1;
}

static size_t whole_size(size_t size)
{
	return sizeof(struct header) + size + GUARD;
}

static bool is_small(size_t size)
{
	return whole_size(size) <= page_size() / 2;
}

static unsigned shift_of(size_t size)
{
	unsigned shift = log2_ceil(whole_size(size));

	return MAX(shift, (unsigned)MIN_SHIFT);
}

/* The guard follows the data directly, so it is not aligned, and differs by position. */
static uint8_t guard_byte(unsigned i)
{
	return (uint8_t)(0xb5 + 29 * i);
}

static void *finish(struct header *header, size_t size, uint32_t back)
{
	uint8_t *end = (uint8_t *)data_of(header) + size;

	header->size = size;
	header->back = back;
	header->seal = seal(header, SEAL_LIVE);
	for (unsigned i = 0; i < GUARD; i++)
		end[i] = guard_byte(i);
	return data_of(header);
}

static struct header *take_small(unsigned shift)
{
	struct free_chunk *chunk;

	spin_lock(&heap.lock);
	chunk = heap.free[shift];
	if (chunk) {
		heap.free[shift] = chunk->next;
	} else {
		if (heap.fresh[shift] == heap.fresh_end[shift]) {
			pa_t page = page_alloc(0);

			if (!pa_is_none(page)) {
				heap.fresh[shift] = (uintptr_t)phys_to_virt(page);
				heap.fresh_end[shift] = heap.fresh[shift] + page_size();
			}
		}
		if (heap.fresh[shift] != heap.fresh_end[shift]) {
			chunk = (struct free_chunk *)heap.fresh[shift];
			heap.fresh[shift] += (uintptr_t)1 << shift;
		}
	}
	spin_unlock(&heap.lock);
	return chunk ? &chunk->header : NULL;
}

static struct header *take_large(size_t size)
{
	pa_t block = page_alloc(page_order(whole_size(size)));

	return pa_is_none(block) ? NULL : phys_to_virt(block);
}

void *malloc(size_t size)
{
	struct header *header;

	if (size > SIZE_MAX / 2)
		return NULL;
	header = is_small(size) ? take_small(shift_of(size)) : take_large(size);
	return header ? finish(header, size, 0) : NULL;
}

void *calloc(size_t count, size_t size)
{
	size_t bytes;
	void *block;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	block = malloc(bytes);
	if (block)
		memset(block, 0, bytes);
	return block;
}

void *memalign(size_t align, size_t size)
{
	uintptr_t start, aligned;

	CHECK_MSG(is_power_of_two(align), "alignment %zu", align);
	if (align <= ALIGNMENT)
		return malloc(size);
	if (align > UINT32_MAX || size > SIZE_MAX / 2 - align - GUARD)
		return NULL;
	/* At least one header's size after `start` and at most `align`: the second header and guard lie inside. */
	start = (uintptr_t)malloc(size + align + GUARD);
	if (!start)
		return NULL;
	aligned = ALIGN_UP(start + sizeof(struct header), align);
	return finish((struct header *)aligned - 1, size, (uint32_t)(aligned - start));
}

/* Panics unless `header` is that of a live block whose guard is whole. */
static void check_block(struct header *header)
{
	const uint8_t *end;

	CHECK_MSG(header->seal != seal(header, SEAL_FREED), "block %p is free already", data_of(header));
	CHECK_MSG(header->seal == seal(header, SEAL_LIVE),
		"%p is no block of the heap, or something wrote in front of it", data_of(header));
	end = (uint8_t *)data_of(header) + header->size;
	for (unsigned i = 0; i < GUARD; i++)
		CHECK_MSG(end[i] == guard_byte(i), "something wrote past the end of block %p of %llu bytes",
			data_of(header), (unsigned long long)header->size);
}

void free(void *block)
{
	struct header *header;

	if (!block)
		return;
	CHECK_MSG(IS_ALIGNED((uintptr_t)block, ALIGNMENT), "%p is no block of the heap", block);
	header = (struct header *)block - 1;
	check_block(header);
	if (header->back) {
		struct header *outer = (struct header *)((uintptr_t)block - header->back) - 1;

		header->seal = seal(header, SEAL_FREED);
		check_block(outer);
		header = outer;
	}
	header->seal = seal(header, SEAL_FREED);
	if (is_small(header->size)) {
		struct free_chunk *chunk = (struct free_chunk *)header;
		unsigned shift = shift_of(header->size);

		spin_lock(&heap.lock);
		chunk->next = heap.free[shift];
		heap.free[shift] = chunk;
		spin_unlock(&heap.lock);
	} else {
		page_free(virt_to_phys(header), page_order(whole_size(header->size)));
	}
}

void alloc_reset(void)
{
	memset(&heap, 0, sizeof(heap));
}
