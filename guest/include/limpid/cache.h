/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cache maintenance by address.
 *
 * Each function acts on every line that [start, start + size) touches, and is complete for all CPUs when it returns: it
 * ends in a DSB. The sizes of lines come from CTR_EL0. Earlier stores of this CPU to the range come before it.
 *
 * Source: Arm ARM (DDI 0487), "The AArch64 cache maintenance functionality", "Ordering and completion of data and
 * instruction cache instructions".
 */
#ifndef LIMPID_CACHE_H
#define LIMPID_CACHE_H

#include <stddef.h>
#include <stdint.h>

/* DC CVAC: memory (the Point of Coherency) has what was written through the cache. */
void dcache_clean_poc(const volatile void *start, size_t size);

/* DC CVAU: the Point of Unification has it, where instruction fetches look. */
void dcache_clean_pou(const volatile void *start, size_t size);

/*
 * DC IVAC: no cache holds a copy. Bytes that were written through the cache and not cleaned may be lost, and lines at
 * either end that are shared with other data too: those are cleaned first.
 */
void dcache_invalidate_poc(volatile void *start, size_t size);

/* DC CIVAC: memory has the newest value, and no cache holds a copy. */
void dcache_clean_invalidate_poc(const volatile void *start, size_t size);

/*
 * Makes code that was stored to [start, start + size) executable, on every CPU that does an ISB after this returned;
 * this CPU has done it. Leaves out what CTR_EL0.IDC and DIC say is not needed.
 */
void icache_sync(const void *start, size_t size);

/* Bytes of the smallest data or instruction cache line of this CPU, and of the write-back granule (CWG; 2048 when
 * unknown). */
size_t dcache_line_size(void);
size_t icache_line_size(void);
size_t cache_writeback_granule(void);

#endif
