/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocks of RAM with their records, and rule C2: which pages may be brought into a cache, and since when not.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "internal.h"

/* Ranges at least this long are not marked page by page. */
#define LONG_RANGE 64

/*
 * The arrays of a block are used in step. At like offsets in pages of their own they would contend for the same lines
 * of the host's cache, and stores to one would look like stores to the other: so each begins a little later.
 */
#define SKEW(n) ((n) * (5 * 4096ull + 17 * 64))

static void *reserve(uint64_t size, uint64_t skew)
{
	char *memory =
		mmap(NULL, size + skew, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory + skew;
}

static void unreserve(void *memory, uint64_t size, uint64_t skew)
{
	if (memory)
		munmap((char *)memory - skew, size + skew);
}

static uint64_t block_lines(const struct block *block)
{
	return block->ram.size >> LINE_SHIFT;
}

/* Pages that a set/way loop must look at are found by chunks of 2 MiB. */
#define CHUNK_PAGES 512

static uint64_t block_chunks(const struct block *block)
{
	return (block->ram.size >> PAGE_SHIFT_4K) / CHUNK_PAGES + 1;
}

static uint64_t block_pages(const struct block *block)
{
	return block->ram.size >> PAGE_SHIFT_4K;
}

static void block_free(struct block *block)
{
	unreserve(block->lines, block_lines(block) * sizeof(*block->lines), SKEW(0));
	unreserve(block->values, block->ram.size, SKEW(1));
	unreserve(block->memory, block->ram.size, SKEW(2));
	unreserve(block->writers, block_lines(block) * WRITERS_PER_LINE * sizeof(*block->writers), SKEW(4));
	unreserve(block->bytes, block_lines(block) * sizeof(*block->bytes), SKEW(5));
	unreserve(block->pages, block_pages(block) * sizeof(*block->pages), SKEW(3));
	free(block->untouched);
	unreserve(block->chunks, block_chunks(block), SKEW(0));
	free(block);
}

void ram_free(struct model *m)
{
	for (unsigned i = 0; i < m->block_count; i++)
		block_free(m->blocks[i]);
}

bool model_add_ram(struct model *m, const struct ram *ram)
{
	struct block *block;

	if (!ram->size || (ram->base | ram->size) & 0xfff || ram->size - 1 > UINT64_MAX - ram->base ||
		ram->size > 1ull << 46 || ram->space >= SPACES || m->block_count == BLOCKS)
		return false;
	for (unsigned i = 0; i < m->block_count; i++) {
		const struct ram *other = &m->blocks[i]->ram;

		if (other->space == ram->space && ram->base <= other->base + (other->size - 1) &&
			other->base <= ram->base + (ram->size - 1))
			return false;
	}
	block = calloc(1, sizeof(*block));
	if (!block)
		return false;
	block->ram = *ram;
	block->lines = reserve(block_lines(block) * sizeof(*block->lines), SKEW(0));
	block->values = reserve(ram->size, SKEW(1));
	block->memory = reserve(ram->size, SKEW(2));
	block->writers = reserve(block_lines(block) * WRITERS_PER_LINE * sizeof(*block->writers), SKEW(4));
	block->bytes = reserve(block_lines(block) * sizeof(*block->bytes), SKEW(5));
	block->pages = reserve(block_pages(block) * sizeof(*block->pages), SKEW(3));
	block->chunks = reserve(block_chunks(block), SKEW(0));
	if (!block->lines || !block->values || !block->memory || !block->writers || !block->bytes || !block->pages ||
		!block->chunks) {
		block_free(block);
		return false;
	}
	block->number = m->block_count;
	m->blocks[m->block_count++] = block;
	m->generation++;
	return true;
}

bool ram_find(struct model *m, unsigned space, uint64_t pa, struct ref *ref)
{
	for (unsigned i = 0; i < m->block_count; i++) {
		unsigned at = (m->block_hit + i) % m->block_count;
		struct block *block = m->blocks[at];

		if (block->ram.space == space && pa - block->ram.base < block->ram.size) {
			m->block_hit = at;
			ref->block = block;
			ref->index = (pa - block->ram.base) >> LINE_SHIFT;
			return true;
		}
	}
	return false;
}

void ram_use(struct ref ref)
{
	struct page *page = ref_page(ref);

	if (page->used)
		return;
	page->used = 1;
	ref.block->chunks[ref.index / LINES_PER_PAGE / CHUNK_PAGES] = 1;
}

void ram_each_line(struct model *m, void (*visit)(struct model *m, struct ref ref, void *data), void *data)
{
	for (unsigned i = 0; i < m->block_count; i++) {
		struct block *block = m->blocks[i];

		for (uint64_t page = 0; page < block_pages(block); page++) {
			if (!block->chunks[page / CHUNK_PAGES]) {
				page |= CHUNK_PAGES - 1;
				continue;
			}
			if (!block->pages[page].used)
				continue;
			for (unsigned n = 0; n < LINES_PER_PAGE; n++)
				visit(m, (struct ref){block, page * LINES_PER_PAGE + n}, data);
		}
	}
}

uint32_t ram_now(struct model *m)
{
	/* Near the end of its range the clock stops rather than start again: then too much counts as allocatable. */
	if (m->stamped && !m->lingering && m->clock < UINT32_MAX - 4) {
		m->clock += 2;
		m->stamped = false;
	}
	return m->clock;
}

void ram_stamp(struct model *m, struct ref ref)
{
	ref_page(ref)->allocatable = m->clock + 1;
	m->stamped = true;
}

static uint32_t range_clock(struct ref ref)
{
	uint64_t page = ref.index / LINES_PER_PAGE;
	uint32_t clock = 0;

	for (unsigned i = 0; i < ref.block->range_count; i++) {
		const struct range *range = &ref.block->ranges[i];

		if (page >= range->first && page <= range->last && range->clock > clock)
			clock = range->clock;
	}
	return clock;
}

/* The clock of the last moment that is known. */
static uint32_t last_allocatable(struct ref ref)
{
	uint32_t page = ref_page(ref)->allocatable, range = range_clock(ref);

	return page > range ? page : range;
}

bool ram_allocatable_now(struct model *m, struct ref ref)
{
	struct page *page = ref_page(ref);

	/* A CPU that switched off and has not synchronized yet may use what it had mapped. */
	if (m->lingering && last_allocatable(ref) > m->clock)
		return true;
	if (!m->cached_cpus)
		return false;
	if (!m->hooks.may_allocate)
		return true;
	if (page->asked != m->mappings) {
		page->answer = m->hooks.may_allocate(m->hooks.context, ref.block->ram.space, ref_pa(ref) & ~0xfffull);
		page->asked = m->mappings;
	}
	return page->answer;
}

bool ram_allocatable_since(struct model *m, struct ref ref, uint32_t clock)
{
	return last_allocatable(ref) > clock || ram_allocatable_now(m, ref);
}

static void mark_pages(struct block *block, uint64_t first, uint64_t last, uint32_t clock)
{
	for (uint64_t page = first; page <= last; page++)
		if (block->pages[page].allocatable < clock)
			block->pages[page].allocatable = clock;
}

static void mark_range(struct block *block, uint64_t first, uint64_t last, uint32_t clock)
{
	struct range *range = block->ranges;
	unsigned small = 0;

	for (unsigned i = 0; i < block->range_count; i++) {
		if (first <= range[i].first && last >= range[i].last) {
			range[i] = (struct range){first, last, clock};
			return;
		}
	}
	if (block->range_count < BLOCK_RANGES) {
		range[block->range_count++] = (struct range){first, last, clock};
		return;
	}
	for (unsigned i = 1; i < BLOCK_RANGES; i++)
		if (range[i].last - range[i].first < range[small].last - range[small].first)
			small = i;
	if (last - first < range[small].last - range[small].first) {
		mark_pages(block, first, last, clock);
		return;
	}
	mark_pages(block, range[small].first, range[small].last, range[small].clock);
	range[small] = (struct range){first, last, clock};
}

void model_was_allocatable(struct model *m, const struct allocatable *a)
{
	uint64_t last = a->size ? a->pa + (a->size - 1) : 0;

	m->counts.events++;
	if (!a->size || last < a->pa)
		return;
	for (unsigned i = 0; i < m->block_count; i++) {
		struct block *block = m->blocks[i];
		uint64_t base = block->ram.base, end = base + (block->ram.size - 1);
		uint64_t from = a->pa > base ? a->pa : base, to = last < end ? last : end;

		if (block->ram.space != a->space || from > to)
			continue;
		from = (from - base) >> PAGE_SHIFT_4K;
		to = (to - base) >> PAGE_SHIFT_4K;
		if (to - from < LONG_RANGE)
			mark_pages(block, from, to, m->clock + 1);
		else
			mark_range(block, from, to, m->clock + 1);
		m->stamped = true;
	}
}

void model_mappings_changed(struct model *m)
{
	m->counts.events++;
	m->mappings++;
}

bool model_view(struct model *m, enum space space, uint64_t pa, const struct place *at, struct attributes attributes,
	struct view *view)
{
	struct ref ref;

	if (!ram_find(m, space, pa & ~0xfffull, &ref))
		return false;
	/* Of an untouched page nothing is read here before its first store, which is slow. */
	view->shadow =
		(struct shadow){&ref_page(ref)->slow, &ref.block->bytes[ref.index], ref_writers(ref), ref_values(ref)};
	view->memory = &ref.block->memory[ref.index * LINE_SIZE];
	view->fast = attributes_are_write_back(attributes) && !ref.block->ram.rom;
	/* Nothing needs maintenance: no state at all, and every access may pass. */
	if (m->coherent || ref.block->ram.rom)
		return true;
	if (attributes_are_cacheable(attributes)) {
		ram_stamp(m, ref);
		access_share(m, ref, at, attributes);
		ram_use(ref);
	}
	return true;
}
