/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <limpid/cache.h>
#include <limpid/types.h>
#include <arch/barrier.h>
#include <arch/sysreg.h>

/* Source: Arm ARM (DDI 0487), "CTR_EL0, Cache Type Register": sizes are log2 of 4-byte words. */
static size_t ctr_size(unsigned int lsb)
{
	return 4ul << sysreg_field(read_sysreg(ctr_el0), lsb, 4);
}

size_t dcache_line_size(void)
{
	return ctr_size(16);
}

size_t icache_line_size(void)
{
	return ctr_size(0);
}

size_t cache_writeback_granule(void)
{
	return sysreg_field(read_sysreg(ctr_el0), 24, 4) ? ctr_size(24) : 2048;
}

#define FOR_EACH_LINE(line, start, size, stride)                                                                 \
	for (uintptr_t line = (uintptr_t)(start) & ~((uintptr_t)(stride)-1); line < (uintptr_t)(start) + (size); \
		line += (stride))

#define DC(op, address) asm volatile("dc " #op ", %0" ::"r"(address) : "memory")

/*
 * A DC is ordered after this CPU's earlier accesses to its line if they have the same cacheability as its operand. What
 * cleans only needs no more: non-cacheable stores are in memory anyway. What invalidates must not come before the
 * non-cacheable store whose old copy it drops: the barrier before those loops.
 */

void dcache_clean_poc(const volatile void *start, size_t size)
{
	size_t stride = dcache_line_size();

	FOR_EACH_LINE(line, start, size, stride)
	DC(cvac, line);
	/* The cleaning before whatever reads memory behind the cache: a CPU with its MMU off, a device. */
	dsb(sy);
}

void dcache_clean_pou(const volatile void *start, size_t size)
{
	size_t stride = dcache_line_size();

	FOR_EACH_LINE(line, start, size, stride)
	DC(cvau, line);
	/* The cleaning before an IC, or before another CPU fetches. */
	dsb(ish);
}

void dcache_clean_invalidate_poc(const volatile void *start, size_t size)
{
	size_t stride = dcache_line_size();

	/* Non-cacheable stores, with the MMU off for one, reach memory before the line that hides them is dropped. */
	dmb(sy);
	FOR_EACH_LINE(line, start, size, stride)
	DC(civac, line);
	/* Both before an access that must find memory, or bring memory's content into the cache. */
	dsb(sy);
}

void dcache_invalidate_poc(volatile void *start, size_t size)
{
	size_t stride = dcache_line_size();
	uintptr_t first = (uintptr_t)start, end = first + size;
	uintptr_t line = ALIGN_UP(first, stride), last = ALIGN_DOWN(end, stride);

	/* Non-cacheable stores, a device's or ours, before the line that hides them is dropped. */
	dmb(sy);
	if (first & (stride - 1))
		DC(civac, first);
	/* Not again when both ends lie in the first line. */
	if ((end & (stride - 1)) && last >= line)
		DC(civac, end);
	for (; line < last; line += stride)
		DC(ivac, line);
	/* The line is gone before a cacheable read allocates it anew. */
	dsb(sy);
}

void icache_sync(const void *start, size_t size)
{
	uint64_t ctr = read_sysreg(ctr_el0);

	/* IDC: a store is at the PoU once it is complete; without it, once its line is cleaned. */
	if (!sysreg_field(ctr, 28, 1)) {
		dcache_clean_pou(start, size);
	} else {
		/* The stores before the IC, or before the fetch of another CPU. */
		dsb(ish);
	}
	/* DIC: instruction caches follow the PoU by themselves. */
	if (!sysreg_field(ctr, 29, 1)) {
		size_t stride = icache_line_size();

		FOR_EACH_LINE(line, start, size, stride)
		asm volatile("ic ivau, %0" ::"r"(line) : "memory");
		/* The invalidation, on all CPUs, before the fetch. */
		dsb(ish);
	}
	/* Instructions that this CPU fetched before are thrown away. */
	isb();
}
