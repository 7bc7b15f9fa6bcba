/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages of a loaded image that no CPU has written yet. Most of a kernel stays so, and what memory holds of it is in
 * RAM: a copy, and a record for each byte, are made when somebody first needs them.
 *
 * That is mostly the first store, which is seen after it was made. The line that it replaced is found again by parity:
 * the exclusive or of all lines of the page is kept, as of a row of disks, and a sum that says whether it was found. If
 * not, more than one store has gone by unseen, and nothing is known of the page.
 */
#include <stdlib.h>

#include "internal.h"

/* As they were loaded. */
struct untouched {
	const uint8_t *ram; /* of the feeder; goes on showing what the guest sees */
	uint64_t sum;
	uint8_t parity[LINE_SIZE];
};

static uint64_t sum_of(const uint8_t *page)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < PAGE_SIZE_4K; i += 8) {
		uint64_t word;

		memcpy(&word, page + i, 8);
		sum = (sum ^ word) * 0x9e3779b97f4a7c15;
		sum ^= sum >> 32;
	}
	return sum;
}

static void add_parity(const uint8_t *page, uint8_t parity[LINE_SIZE])
{
	uint64_t sum[LINE_SIZE / 8], word[LINE_SIZE / 8];

	memcpy(sum, parity, LINE_SIZE);
	for (unsigned line = 0; line < PAGE_SIZE_4K; line += LINE_SIZE) {
		memcpy(word, page + line, LINE_SIZE);
		for (unsigned i = 0; i < LINE_SIZE / 8; i++)
			sum[i] ^= word[i];
	}
	memcpy(parity, sum, LINE_SIZE);
}

static bool has_room(struct block *block)
{
	uint32_t room = block->untouched_room ? block->untouched_room * 2 : 64;
	struct untouched *all;

	if (block->untouched_count < block->untouched_room)
		return true;
	all = realloc(block->untouched, room * sizeof(*all));
	if (!all)
		return false;
	block->untouched = all;
	block->untouched_room = room;
	return true;
}

bool untouched_add(struct ref ref, const uint8_t *ram)
{
	struct block *block = ref.block;
	struct page *page = ref_page(ref);
	struct untouched *u;

	if (page->used || page->untouched || page->slow.writes || !has_room(block))
		return false;
	u = &block->untouched[block->untouched_count++];
	*u = (struct untouched){.ram = ram, .sum = sum_of(ram)};
	add_parity(ram, u->parity);
	page->untouched = block->untouched_count;
	page->known = 1;
	ram_use(ref);
	page->slow.writes = ~0ull;
	return true;
}

/*
 * @memory is a page as it is after a store of up to a line, seen at @offset, which may have been split there: makes of
 * it what it was before.
 */
static bool undo(const struct untouched *u, uint8_t *memory, unsigned offset)
{
	unsigned line = offset & ~(LINE_SIZE - 1), column = offset & (LINE_SIZE - 1);
	uint8_t delta[LINE_SIZE];

	memcpy(delta, u->parity, sizeof(delta));
	add_parity(memory, delta);
	for (unsigned i = column; i < LINE_SIZE; i++)
		memory[line + i] ^= delta[i];
	for (unsigned i = 0; i < column && line + LINE_SIZE < PAGE_SIZE_4K; i++)
		memory[line + LINE_SIZE + i] ^= delta[i];
	return sum_of(memory) == u->sum;
}

static bool is_zero(const uint8_t *page)
{
	return !page[0] && !memcmp(page, page + 1, PAGE_SIZE_4K - 1);
}

void untouched_unfold(struct ref ref)
{
	struct block *block = ref.block;
	struct page *page = ref_page(ref);
	const struct untouched *u = &block->untouched[page->untouched - 1];
	struct ref first = {block, ref.index & ~(uint64_t)(LINES_PER_PAGE - 1)};
	uint8_t copy[PAGE_SIZE_4K];
	uint64_t touched = (block->touched >> PAGE_SHIFT_4K) * LINES_PER_PAGE;
	bool found;

	page->untouched = 0;
	page->slow.writes = page->code;
	for (unsigned i = 0; i < LINES_PER_PAGE; i++)
		if (ref_line((struct ref){block, first.index + i})->slow)
			page->slow.writes |= 1ull << i;
	memcpy(copy, u->ram, sizeof(copy));
	found = sum_of(copy) == u->sum ||
		(touched == first.index && undo(u, copy, block->touched & (PAGE_SIZE_4K - 1)));
	if (!found) {
		page->known = 0;
		return;
	}
	/* What was reserved is zero. */
	if (!is_zero(copy))
		memcpy(ref_memory(first), copy, sizeof(copy));
	for (unsigned i = 0; i < LINES_PER_PAGE; i++)
		ref_bytes((struct ref){block, first.index + i})->exact = ~0ull;
}
