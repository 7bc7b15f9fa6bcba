/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who gets which RAM: core memory at the bottom of the largest range, the page allocator everything else.
 */
#include <limpid/check.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include "boot.h"

/*
 * Core memory for the tables of 8 GiB and more, what tests map, and the stacks of 64 CPUs: in pages, so that it is 2, 4
 * and 8 MiB with granules of 4, 16 and 64 KiB.
 */
static uint64_t core_size(unsigned int granule_shift)
{
	return MIB(2) << (granule_shift - 12) / 2;
}

static struct mem_range core;
static uint64_t core_next;

void memory_plan(unsigned int granule_shift)
{
	struct mem_range ranges[PAGE_ALLOC_ZONES];
	size_t count = machine_ram(&machine, granule_shift, ranges, ARRAY_SIZE(ranges));
	uint64_t size = core_size(granule_shift);

	CHECK_MSG(count && ranges[0].size > 2 * size, "not enough RAM: %zu free ranges, the largest %llu KiB", count,
		count ? (unsigned long long)ranges[0].size >> 10 : 0);
	core = (struct mem_range){ranges[0].base, size};
	core_next = core.base;
	ranges[0].base += size;
	ranges[0].size -= size;
	page_alloc_init(granule_shift, ranges, count);
}

void *core_alloc(size_t size)
{
	CHECK_MSG(mmu_enabled(), "memory is handed out through the cache: not with the MMU off");

	uint64_t align = 1ull << (64 - __builtin_clzll(size - 1));
	uint64_t base = ALIGN_UP(core_next, align);

	CHECK_MSG(base + size <= core.base + core.size, "no core memory left for tables and stacks");
	core_next = base + size;
	return phys_to_virt(pa_make(base));
}

struct mem_range core_used(void)
{
	return (struct mem_range){core.base, core_next - core.base};
}

struct mem_range core_range(void)
{
	return core;
}
