/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The allocators on the real machine. Their corner cases are tested on the host.
 */
#include <limpid/alloc.h>
#include <limpid/boot.h>
#include <limpid/expect.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/smp.h>
#include <limpid/string.h>
#include <limpid/test.h>

TEST(memory, pages, .doc = "pages are aligned, in RAM, distinct, writable, and come back")
{
	pa_t pages[16];
	struct page_stats before = page_alloc_stats();

	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		unsigned int order = i % 4;

		pages[i] = page_alloc_zeroed(order);
		ASSERT_FALSE(pa_is_none(pages[i]));
		EXPECT_TRUE(IS_ALIGNED(pages[i].pa, page_size() << order));

		const struct region *region = machine_find_region(&machine, pages[i].pa);

		ASSERT_NE(region, NULL);
		EXPECT_EQ(region->type, (uint16_t)REGION_RAM);
		EXPECT_EQ(*(uint64_t *)phys_to_virt(pages[i]), 0u);
		memset(phys_to_virt(pages[i]), i + 1, page_size() << order);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		const uint8_t *bytes = phys_to_virt(pages[i]);
		size_t size = page_size() << (i % 4);

		EXPECT_EQ(bytes[0], i + 1);
		EXPECT_EQ(bytes[size - 1], i + 1);
		page_free(pages[i], i % 4);
	}
	EXPECT_EQ(page_alloc_stats().allocated_pages, before.allocated_pages);
}

TEST(memory, highest_page, .doc = "the end of the largest range of RAM can be used")
{
	struct mem_range ram = machine_largest_ram(&machine);
	volatile uint64_t *last = phys_to_virt(pa_make(ALIGN_DOWN(ram.base + ram.size, page_size()) - 8));

	*last = 0x123456789abcdef0;
	EXPECT_EQ(*last, 0x123456789abcdef0u);
}

TEST(memory, bytes, .doc = "malloc, calloc and memalign give distinct, aligned memory that keeps its content")
{
	static const size_t sizes[] = {1, 8, 100, 4000, 5000, 100000};
	uint8_t *blocks[ARRAY_SIZE(sizes)];

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		blocks[i] = malloc(sizes[i]);
		ASSERT_NE(blocks[i], NULL);
		memset(blocks[i], i + 1, sizes[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_EQ(blocks[i][0], i + 1);
		EXPECT_EQ(blocks[i][sizes[i] - 1], i + 1);
		free(blocks[i]);
	}

	uint8_t *zeroed = calloc(10, 100), *aligned = memalign(4096, 10);

	ASSERT_NE(zeroed, NULL);
	ASSERT_NE(aligned, NULL);
	for (size_t i = 0; i < 1000; i++)
		ASSERT_EQ(zeroed[i], 0);
	EXPECT_TRUE(IS_ALIGNED((uintptr_t)aligned, 4096));
	free(zeroed);
	free(aligned);
}

static void allocate_and_free(void *arg)
{
	uint32_t *wrong = arg;

	for (int i = 0; i < 200; i++) {
		size_t size = 16 + i * 7;
		uint8_t *block = malloc(size);

		memset(block, cpu_index(), size);
		for (size_t at = 0; at < size; at++)
			if (block[at] != cpu_index())
				__atomic_fetch_add(wrong, 1, __ATOMIC_RELAXED);
		free(block);
	}
}

TEST(memory, all_cpus, .doc = "all CPUs allocate at the same time, and no two get the same memory", .cpus = 2)
{
	uint32_t wrong = 0;

	on_each_cpu(allocate_and_free, &wrong);
	EXPECT_EQ(wrong, 0u);
}

TEST(memory, window, .doc = "phys_window() gives what is mapped as memory: no device, nothing without a mapping")
{
	pa_t page = page_alloc(0);
	size_t size = page_size();

	ASSERT_FALSE(pa_is_none(page));
	EXPECT_EQ((uintptr_t)phys_window(page.pa, size), (uintptr_t)phys_to_virt(page));
	EXPECT_EQ((uintptr_t)phys_window(machine.uart.base, 4), 0u);
	EXPECT_EQ((uintptr_t)phys_window(~0ull - 7, 8), 0u);
	EXPECT_EQ((uintptr_t)phys_window(~0ull - 7, 16), 0u);
	page_free(page, 0);
}
