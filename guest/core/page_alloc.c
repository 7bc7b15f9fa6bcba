// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The buddy allocator.
 *
 *     zone:  | state, 1 byte a page | pages: touched ...........| never touched ............ |
 *                                   ^ first                     ^ first + touched            ^ first + pages
 *
 * The state byte of a page says what begins there: a free block, an allocated block, or nothing (the page lies inside
 * of a block). It means something below the touched limit only, so nothing has to be initialised beforehand. A block of
 * order n is aligned to 2^n pages of the physical address space; its buddy differs from it in that bit alone. Free
 * blocks are on a list for each order, linked through their first bytes.
 */
#include <limpid/bitops.h>
#include <limpid/check.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/spinlock.h>
#include <limpid/string.h>

#define STATE_INSIDE    0x00
#define STATE_FREE      0x80 /* | order */
#define STATE_ALLOCATED 0x40 /* | order */
#define STATE_ORDER     0x3f

#define ORDERS   (PAGE_ALLOC_MAX_ORDER + 1)
#define NO_FRAME UINT64_MAX

/* At the start of each free block. Frame numbers, not pointers: they fit whatever the mapping is. */
struct free_block {
	uint64_t previous;
	uint64_t next;
};

struct zone {
	uint64_t state_base; /* physical address of the state bytes */
	uint64_t first;      /* frame number */
	uint64_t pages;
	uint64_t touched;
	uint64_t nonempty; /* bit n: there are free blocks of order n */
	uint64_t free[ORDERS];
};

static struct {
	struct spinlock lock;
	unsigned page_shift;
	unsigned zone_count;
	uint64_t allocated;
	struct zone zones[PAGE_ALLOC_ZONES];
} pages;

static uint8_t *state_of(const struct zone *zone, uint64_t frame)
{
	return (uint8_t *)phys_to_virt(pa_make(zone->state_base)) + (frame - zone->first);
}

static struct free_block *free_block(uint64_t frame)
{
	return phys_to_virt(pa_make(frame << pages.page_shift));
}

static void list_push(struct zone *zone, uint64_t frame, unsigned order)
{
	struct free_block *block = free_block(frame);

	*state_of(zone, frame) = (uint8_t)(STATE_FREE | order);
	block->previous = NO_FRAME;
	block->next = zone->free[order];
	if (block->next != NO_FRAME)
		free_block(block->next)->previous = frame;
	zone->free[order] = frame;
	zone->nonempty |= BIT(order);
}

static bool is_touched(const struct zone *zone, uint64_t frame)
{
	return frame >= zone->first && frame - zone->first < zone->touched;
}

/* Whether the links of a free block lead to blocks of its list that lead back. */
static bool links_are_whole(const struct zone *zone, uint64_t frame, unsigned order)
{
	const struct free_block *block = free_block(frame);

	if (block->previous == NO_FRAME
			? zone->free[order] != frame
			: !is_touched(zone, block->previous) || free_block(block->previous)->next != frame)
		return false;
	return block->next == NO_FRAME || (is_touched(zone, block->next) && free_block(block->next)->previous == frame);
}

/* Takes a block off its list; its state byte is the caller's to set. */
static void list_remove(struct zone *zone, uint64_t frame, unsigned order)
{
	struct free_block *block = free_block(frame);

	/* A write into a freed page ends here, rather than in a list that leads anywhere. */
	CHECK_MSG(links_are_whole(zone, frame, order), "free block 0x%llx was overwritten",
		(unsigned long long)(frame << pages.page_shift));
	if (block->previous == NO_FRAME)
		zone->free[order] = block->next;
	else
		free_block(block->previous)->next = block->next;
	if (block->next != NO_FRAME)
		free_block(block->next)->previous = block->previous;
	if (zone->free[order] == NO_FRAME)
		zone->nonempty &= ~BIT(order);
}

/* Puts a block on the lists, joined with its buddy as long as that is free too. */
static void give(struct zone *zone, uint64_t frame, unsigned order)
{
	while (order < PAGE_ALLOC_MAX_ORDER) {
		uint64_t buddy = frame ^ BIT(order);

		if (buddy < zone->first || buddy + BIT(order) > zone->first + zone->touched)
			break;
		if (*state_of(zone, buddy) != (STATE_FREE | order))
			break;
		list_remove(zone, buddy, order);
		*state_of(zone, MAX(frame, buddy)) = STATE_INSIDE;
		frame = MIN(frame, buddy);
		order++;
	}
	list_push(zone, frame, order);
}

/* Takes a free block, splitting a larger one if need be; NO_FRAME if there is none. */
static uint64_t take_freed(struct zone *zone, unsigned order)
{
	uint64_t large_enough = zone->nonempty & ~(BIT(order) - 1);
	uint64_t frame;
	unsigned have;

	if (!large_enough)
		return NO_FRAME;
	have = ffs64(large_enough) - 1;
	frame = zone->free[have];
	list_remove(zone, frame, have);
	while (have > order) {
		have--;
		list_push(zone, frame + BIT(have), have);
	}
	return frame;
}

/* Takes a block from the part that was never touched; what alignment skips goes on the lists. */
static uint64_t take_untouched(struct zone *zone, unsigned order)
{
	uint64_t next = zone->first + zone->touched;
	uint64_t end = zone->first + zone->pages;
	uint64_t frame = ALIGN_UP(next, BIT(order));

	if (frame >= end || end - frame < BIT(order))
		return NO_FRAME;
	memset(state_of(zone, next), STATE_INSIDE, frame + BIT(order) - next);
	while (next < frame) {
		/* The largest block that may begin here ends before `frame`, which is aligned to more. */
		unsigned skipped = ffs64(next) - 1;

		zone->touched += BIT(skipped);
		give(zone, next, skipped);
		next += BIT(skipped);
	}
	zone->touched += BIT(order);
	return frame;
}

void page_alloc_init(unsigned page_shift, const struct mem_range *ranges, size_t count)
{
	uint64_t page = BIT(page_shift);

	CHECK(page_shift == 12 || page_shift == 14 || page_shift == 16);
	memset(&pages, 0, sizeof(pages));
	pages.page_shift = page_shift;
	for (size_t i = 0; i < count && pages.zone_count < PAGE_ALLOC_ZONES; i++) {
		struct zone *zone = &pages.zones[pages.zone_count];
		uint64_t base, end, frames, state_frames;

		if (ranges[i].base > UINT64_MAX - page || ranges[i].size > UINT64_MAX - ranges[i].base)
			continue;
		base = ALIGN_UP(ranges[i].base, page);
		end = ALIGN_DOWN(ranges[i].base + ranges[i].size, page);
		if (base >= end)
			continue;
		frames = (end - base) >> page_shift;
		state_frames = (frames + page - 1) >> page_shift;
		if (frames <= state_frames)
			continue;
		zone->state_base = base;
		zone->first = (base >> page_shift) + state_frames;
		zone->pages = frames - state_frames;
		for (unsigned order = 0; order < ORDERS; order++)
			zone->free[order] = NO_FRAME;
		pages.zone_count++;
	}
}

size_t page_size(void)
{
	return (size_t)1 << pages.page_shift;
}

unsigned page_order(size_t bytes)
{
	size_t count = bytes ? ((bytes - 1) >> pages.page_shift) + 1 : 1;

	return log2_ceil(count);
}

pa_t page_alloc(unsigned order)
{
	pa_t block = PA_NONE;

	CHECK_MSG(mmu_enabled(), "memory is handed out through the cache: not with the MMU off");
	if (order > PAGE_ALLOC_MAX_ORDER)
		return block;
	spin_lock(&pages.lock);
	/* All freed blocks before any new page: what is touched stays small. */
	for (unsigned step = 0; step < 2 && pa_is_none(block); step++) {
		for (unsigned i = 0; i < pages.zone_count && pa_is_none(block); i++) {
			struct zone *zone = &pages.zones[i];
			uint64_t frame = step == 0 ? take_freed(zone, order) : take_untouched(zone, order);

			if (frame == NO_FRAME)
				continue;
			*state_of(zone, frame) = (uint8_t)(STATE_ALLOCATED | order);
			pages.allocated += BIT(order);
			block = pa_make(frame << pages.page_shift);
		}
	}
	spin_unlock(&pages.lock);
	return block;
}

pa_t page_alloc_zeroed(unsigned order)
{
	pa_t block = page_alloc(order);

	if (!pa_is_none(block))
		memset(phys_to_virt(block), 0, page_size() << order);
	return block;
}

void page_free(pa_t block, unsigned order)
{
	uint64_t frame = block.pa >> pages.page_shift;
	struct zone *zone = NULL;
	uint8_t state;

	if (pa_is_none(block))
		return;
	spin_lock(&pages.lock);
	for (unsigned i = 0; i < pages.zone_count; i++)
		if (is_touched(&pages.zones[i], frame))
			zone = &pages.zones[i];
	CHECK_MSG(zone && IS_ALIGNED(block.pa, page_size()), "0x%llx is no block of page_alloc",
		(unsigned long long)block.pa);
	state = *state_of(zone, frame);
	CHECK_MSG(!(state & STATE_FREE), "0x%llx is free already", (unsigned long long)block.pa);
	CHECK_MSG(state != STATE_INSIDE, "0x%llx lies inside of a block, or of one that is free already",
		(unsigned long long)block.pa);
	CHECK_MSG(state == (STATE_ALLOCATED | order), "0x%llx has order %u, not %u", (unsigned long long)block.pa,
		state & STATE_ORDER, order);
	pages.allocated -= BIT(order);
	give(zone, frame, order);
	spin_unlock(&pages.lock);
}

size_t page_alloc_used(struct mem_range *ranges, size_t count)
{
	size_t found = 0;

	for (unsigned i = 0; i < pages.zone_count; i++) {
		const struct zone *zone = &pages.zones[i];
		struct mem_range used[2] = {
			{zone->state_base, zone->touched},
			{zone->first << pages.page_shift, zone->touched << pages.page_shift},
		};

		for (unsigned j = 0; j < 2 && zone->touched; j++)
			if (found++ < count)
				ranges[found - 1] = used[j];
	}
	return found;
}

struct page_stats page_alloc_stats(void)
{
	struct page_stats stats = {.allocated_pages = pages.allocated};

	for (unsigned i = 0; i < pages.zone_count; i++) {
		stats.total_pages += pages.zones[i].pages;
		stats.touched_pages += pages.zones[i].touched;
	}
	return stats;
}
