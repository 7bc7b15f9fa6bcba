/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page_alloc.h - physical pages, in blocks of 2^order pages aligned to their size.
 *
 * A buddy allocator over a few zones (ranges of RAM). A page is the translation granule chosen at init. Each zone is
 * handed out from its bottom, so what may be dirty in the caches is a short contiguous range: page_alloc_used tells it
 * to mmu_disable. One byte a page of bookkeeping lies at the bottom of the zone, and is only touched as far as pages
 * have been handed out, so neither init nor the cost of cleaning depends on the size of RAM. Freed pages hold list
 * links.
 *
 * Freeing what is free already, what was never handed out, with another order, or from the middle of a block panics.
 * Contents of pages are whatever was there, unless zeroed. One lock: usable on any CPU where spinlocks work.
 */
#ifndef LIMPID_PAGE_ALLOC_H
#define LIMPID_PAGE_ALLOC_H

#include <limpid/types.h>

#define PAGE_ALLOC_ZONES     8
#define PAGE_ALLOC_MAX_ORDER 20

/* Takes over `count` ranges of RAM, used in that order (the first PAGE_ALLOC_ZONES that hold a page); whole pages of
 * 1 << page_shift bytes (12, 14 or 16). Touches none of it. May be called again to start anew. */
void page_alloc_init(unsigned page_shift, const struct mem_range *ranges, size_t count);

/* Bytes of a page. */
size_t page_size(void);

/* A block of 2^order pages, aligned to its size, or PA_NONE. */
pa_t page_alloc(unsigned order);

/* The same filled with zeroes. */
pa_t page_alloc_zeroed(unsigned order);

/* Gives back a block of page_alloc of that order; PA_NONE does nothing. */
void page_free(pa_t block, unsigned order);

/* The least order whose block holds `bytes`. */
unsigned page_order(size_t bytes);

/* Lists the ranges that the allocator and its users may have written since init: at most `count` are stored, and the
 * number that there are is returned. At most two a zone. */
size_t page_alloc_used(struct mem_range *ranges, size_t count);

struct page_stats {
	uint64_t total_pages;     /* that can be handed out */
	uint64_t allocated_pages; /* that are handed out now */
	uint64_t touched_pages;   /* that ever were */
};

struct page_stats page_alloc_stats(void);

#endif
