/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * alloc.h - bytes from the heap, over page_alloc.
 *
 * Blocks are aligned to 16 bytes. Each has a header in front and a guard behind: writing past an end, freeing twice and
 * freeing what is no block panics at the next free of it. Small blocks come from pages cut into powers of two, which
 * are never given back to the page allocator; large ones are whole pages. One lock: usable on any CPU where spinlocks
 * work, not in interrupt handlers.
 */
#ifndef LIMPID_ALLOC_H
#define LIMPID_ALLOC_H

#include <limpid/types.h>

#ifdef LIMPID_HOST
#define malloc   limpid_malloc
#define calloc   limpid_calloc
#define memalign limpid_memalign
#define free     limpid_free
#endif

/* At least `size` bytes of undefined content (0 gives a block too), or NULL when there is no memory. */
void *malloc(size_t size);

/* `count` elements of `size` zeroed bytes, or NULL; also when their product overflows. */
void *calloc(size_t count, size_t size);

/* `size` bytes at a multiple of `align`, a power of two up to the largest page block, or NULL. */
void *memalign(size_t align, size_t size);

/* Gives a block back; NULL does nothing. */
void free(void *block);

/* Forgets all blocks: after page_alloc_init has started anew. */
void alloc_reset(void);

#endif
