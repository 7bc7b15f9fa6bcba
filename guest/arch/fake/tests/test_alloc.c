// SPDX-License-Identifier: GPL-2.0-or-later
/* Page and byte allocators: against a list of what is allocated, and against misuse. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

#include <limpid/alloc.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/types.h>

#define BASE 0x40000000u

static void start(unsigned page_shift, uint64_t size)
{
	struct mem_range range = {BASE, size};

	fake_ram_init(BASE, size);
	/* RAM holds anything: here what looks like the states of free pages. */
	memset(phys_to_virt(pa_make(BASE)), 0x80, MIN(size, MIB(8)));
	page_alloc_init(page_shift, &range, 1);
	alloc_reset();
}

struct block {
	uint64_t pa;
	unsigned order;
	uint8_t mark;
};

static void test_random(gconstpointer data)
{
	unsigned shift = GPOINTER_TO_UINT(data);
	struct block blocks[300];
	unsigned count = 0;
	uint64_t pages = 0;
	struct mem_range used[4];

	start(shift, (uint64_t)1200 << shift);
	for (unsigned step = 0; step < 20000; step++) {
		if (count < G_N_ELEMENTS(blocks) && g_test_rand_int_range(0, 100) < (step / 2000 % 2 ? 30 : 60)) {
			unsigned order = (unsigned)g_test_rand_int_range(0, 3) * (unsigned)g_test_rand_int_range(0, 3);
			pa_t pa = page_alloc(order);

			if (pa_is_none(pa))
				continue;
			g_assert_cmphex(pa.pa & ((page_size() << order) - 1), ==, 0);
			g_assert_cmphex(pa.pa, >=, BASE);
			g_assert_cmphex(pa.pa + (page_size() << order), <=, BASE + ((uint64_t)1200 << shift));
			for (unsigned i = 0; i < count; i++)
				g_assert_true(pa.pa + (page_size() << order) <= blocks[i].pa ||
					      blocks[i].pa + (page_size() << blocks[i].order) <= pa.pa);
			/* First and last bytes: nobody else may write there. */
			blocks[count] = (struct block){pa.pa, order, (uint8_t)g_test_rand_int()};
			memset(phys_to_virt(pa), blocks[count].mark, 64);
			memset((char *)phys_to_virt(pa) + (page_size() << order) - 64, blocks[count].mark, 64);
			pages += 1u << order;
			count++;
		} else if (count) {
			unsigned which = (unsigned)g_test_rand_int_range(0, (int)count);
			struct block block = blocks[which];
			uint8_t *bytes = phys_to_virt(pa_make(block.pa));

			for (unsigned i = 0; i < 64; i++)
				g_assert_true(bytes[i] == block.mark &&
					      bytes[(page_size() << block.order) - 1 - i] == block.mark);
			page_free(pa_make(block.pa), block.order);
			pages -= 1u << block.order;
			blocks[which] = blocks[--count];
		}
		g_assert_cmpuint(page_alloc_stats().allocated_pages, ==, pages);
	}
	while (count--)
		page_free(pa_make(blocks[count].pa), blocks[count].order);
	g_assert_cmpuint(page_alloc_used(used, 4), ==, 2);
	/* All has grown together again: the largest block that fits can be had at once. */
	for (unsigned order = 10;; order--) {
		if (1u << order > page_alloc_stats().touched_pages)
			continue;
		if (!pa_is_none(page_alloc(order)))
			break;
		g_assert_cmpuint(order, >, 8);
	}
}

static void test_bottom_up(void)
{
	struct mem_range used[4];
	pa_t first, second;

	/* Eight GiB, of which a handful of pages is touched: this takes no time and no memory. */
	start(12, GIB(8));
	g_assert_cmpuint(page_alloc_used(used, 4), ==, 0);
	first = page_alloc(0);
	second = page_alloc(0);
	g_assert_cmphex(second.pa, ==, first.pa + 0x1000);
	g_assert_cmpuint(page_alloc_used(used, 4), ==, 2);
	g_assert_cmphex(used[0].base, ==, BASE);
	g_assert_cmpuint(used[0].size, ==, 2);
	g_assert_cmphex(used[1].base, ==, first.pa);
	g_assert_cmpuint(used[1].size, ==, 0x2000);
	/* What is freed is used again before anything new. */
	page_free(first, 0);
	g_assert_cmphex(page_alloc(0).pa, ==, first.pa);
	g_assert_cmpuint(page_alloc_stats().touched_pages, ==, 2);
	g_assert_cmpuint(page_alloc_stats().total_pages, ==, (GIB(8) >> 12) - (GIB(8) >> 24));
	g_assert_cmpuint(page_alloc_used(used, 1), ==, 2);
	/* What alignment skips is not lost. */
	g_assert_cmphex(page_alloc(9).pa & 0x1fffff, ==, 0);
	g_assert_cmphex(page_alloc(0).pa, ==, second.pa + 0x1000);
}

static void test_exhaustion(void)
{
	struct mem_range ranges[] = {
		{BASE + 0x800, 0x4000},   /* three whole pages: one for the states */
		{BASE + 0x10000, 0x800},  /* none */
		{BASE + 0x20000, 0x1000}, /* none left beside the states */
		{BASE + 0x30000, 0x5000},
		{UINT64_MAX - 0x100, 0x1000},
	};
	pa_t pa;

	fake_ram_init(BASE, MIB(1));
	page_alloc_init(12, ranges, G_N_ELEMENTS(ranges));
	g_assert_cmpuint(page_alloc_stats().total_pages, ==, 2 + 4);
	g_assert_true(pa_is_none(page_alloc(3)));
	g_assert_true(pa_is_none(page_alloc(PAGE_ALLOC_MAX_ORDER + 1)));
	g_assert_cmphex(page_alloc(0).pa, ==, BASE + 0x2000);
	g_assert_cmphex(page_alloc(0).pa, ==, BASE + 0x3000);
	for (unsigned i = 0; i < 4; i++) {
		pa = page_alloc(0);
		g_assert_cmphex(pa.pa, ==, BASE + 0x31000 + i * 0x1000);
	}
	g_assert_true(pa_is_none(page_alloc(0)));
	page_free(PA_NONE, 0);
	page_free(pa, 0);
	memset(phys_to_virt(pa), 0xff, 0x1000 - 16);
	fake_ram_init(BASE, MIB(1));
	page_alloc_init(12, NULL, 0);
	g_assert_true(pa_is_none(page_alloc(0)));
	g_assert_null(malloc(1));
}

static void test_zeroed(void)
{
	pa_t pa;
	const uint8_t *bytes;

	start(14, MIB(4));
	pa = page_alloc(1);
	memset(phys_to_virt(pa), 0xa5, page_size() * 2);
	page_free(pa, 1);
	pa = page_alloc_zeroed(1);
	bytes = phys_to_virt(pa);
	for (size_t i = 0; i < page_size() * 2; i++)
		g_assert_cmpuint(bytes[i], ==, 0);
	g_assert_cmpuint(page_order(0), ==, 0);
	g_assert_cmpuint(page_order(16384), ==, 0);
	g_assert_cmpuint(page_order(16385), ==, 1);
	g_assert_cmpuint(page_order(5 * 16384), ==, 3);
}

static void test_page_misuse(void)
{
	pa_t a, b;

	start(12, MIB(4));
	a = page_alloc(1);
	b = page_alloc(0);
	page_free(a, 1);
	g_assert_true(FAKE_PANICS(page_free(a, 1)));
	g_assert_nonnull(strstr(fake_panic_text, "is free already"));

	start(12, MIB(4));
	a = page_alloc(1);
	g_assert_true(FAKE_PANICS(page_free(a, 0)));
	g_assert_nonnull(strstr(fake_panic_text, "has order 1, not 0"));

	start(12, MIB(4));
	a = page_alloc(1);
	g_assert_true(FAKE_PANICS(page_free(pa_add(a, 0x1000), 0)));
	g_assert_nonnull(strstr(fake_panic_text, "lies inside of a block"));

	/* Joined with its buddy, it is free all the same. */
	start(12, MIB(4));
	a = page_alloc(0);
	if (a.pa & 0x1000)
		a = page_alloc(0);
	b = page_alloc(0);
	g_assert_cmphex(a.pa ^ b.pa, ==, 0x1000);
	page_free(a, 0);
	page_free(b, 0);
	g_assert_true(FAKE_PANICS(page_free(b, 0)));
	g_assert_nonnull(strstr(fake_panic_text, "free"));

	for (unsigned i = 0; i < 5; i++) {
		/* Below, the states, never handed out, above, and not a page's start. */
		start(12, MIB(4));
		a = page_alloc(0);
		g_assert_true(FAKE_PANICS(page_free(i == 0   ? pa_make(BASE - 0x1000)
						    : i == 1 ? pa_make(BASE)
						    : i == 2 ? pa_add(a, 0x1000)
						    : i == 3 ? pa_make(BASE + MIB(4))
							     : pa_add(a, 8),
			0)));
		g_assert_nonnull(strstr(fake_panic_text, "is no block of page_alloc"));
	}

	/* A write into a freed page. */
	start(12, MIB(4));
	a = page_alloc(0);
	b = page_alloc(0);
	page_free(a, 0);
	memset(phys_to_virt(a), 0x11, 16);
	g_assert_true(FAKE_PANICS(page_alloc(0)) || FAKE_PANICS(page_free(b, 0)));
}

struct bytes {
	uint8_t *at;
	size_t size;
	uint8_t mark;
};

static void test_bytes_random(gconstpointer data)
{
	struct bytes blocks[200];
	unsigned count = 0;

	start(GPOINTER_TO_UINT(data), MIB(32));
	for (unsigned step = 0; step < 30000; step++) {
		if (count < G_N_ELEMENTS(blocks) && g_test_rand_int_range(0, 100) < (step / 3000 % 2 ? 30 : 60)) {
			size_t size = (size_t)g_test_rand_int_range(0, 1 << g_test_rand_int_range(0, 15));
			size_t align = (size_t)1 << g_test_rand_int_range(0, 14);
			unsigned how = (unsigned)g_test_rand_int_range(0, 3);
			struct bytes new = {how == 0   ? malloc(size)
					    : how == 1 ? calloc(size, 1)
						       : memalign(align, size),
				size, (uint8_t)g_test_rand_int()};

			g_assert_nonnull(new.at);
			g_assert_cmpuint((uintptr_t) new.at % (how == 2 && align > 16 ? align : 16), ==, 0);
			for (size_t i = 0; how == 1 && i < size; i++)
				g_assert_cmpuint(new.at[i], ==, 0);
			memset(new.at, new.mark, size);
			blocks[count++] = new;
		} else if (count) {
			unsigned which = (unsigned)g_test_rand_int_range(0, (int)count);

			for (size_t i = 0; i < blocks[which].size; i++)
				g_assert_cmpuint(blocks[which].at[i], ==, blocks[which].mark);
			free(blocks[which].at);
			blocks[which] = blocks[--count];
		}
	}
	while (count--)
		free(blocks[count].at);
	/* Large blocks go back to the page allocator; small ones keep some pages. */
	g_assert_cmpuint(page_alloc_stats().allocated_pages * page_size(), <=, MIB(4));
}

static void test_byte_limits(void)
{
	void *block;

	start(12, MIB(1));
	g_assert_null(malloc(SIZE_MAX));
	g_assert_null(malloc(SIZE_MAX / 2));
	g_assert_null(malloc(MIB(2)));
	g_assert_null(calloc(SIZE_MAX / 2, 3));
	g_assert_null(calloc((size_t)1 << 33, (size_t)1 << 33));
	g_assert_null(memalign(4096, SIZE_MAX / 2));
	g_assert_null(memalign((size_t)1 << 40, 1));
	block = malloc(0);
	g_assert_nonnull(block);
	free(block);
	free(NULL);
	g_assert_true(FAKE_PANICS(memalign(3, 1)));
	g_assert_true(FAKE_PANICS(memalign(0, 1)));
}

static void test_byte_misuse(void)
{
	static const size_t sizes[] = {0, 1, 8, 9, 40, 100, 2000, 2024, 2025, 5000, 20000};

	for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
		for (unsigned aligned = 0; aligned < 2; aligned++) {
			char *block, *other;

#define FRESH                                                         \
	start(12, MIB(4));                                            \
	other = malloc(sizes[i]);                                     \
	block = aligned ? memalign(256, sizes[i]) : malloc(sizes[i]); \
	g_assert_true(block &&other)
			FRESH;
			free(block);
			g_assert_true(FAKE_PANICS(free(block)));
			FRESH;
			block[sizes[i]] ^= 1;
			g_assert_true(FAKE_PANICS(free(block)));
			g_assert_nonnull(strstr(fake_panic_text, "wrote past the end of block"));
			FRESH;
			block[sizes[i] + 7] ^= 0x80;
			g_assert_true(FAKE_PANICS(free(block)));
			FRESH;
			block[-1] ^= 1;
			g_assert_true(FAKE_PANICS(free(block)));
			g_assert_nonnull(strstr(fake_panic_text, "wrote in front of it"));
			FRESH;
			block[-16] ^= 1; /* its size */
			g_assert_true(FAKE_PANICS(free(block)));
			FRESH;
			g_assert_true(FAKE_PANICS(free(block + 16)));
			g_assert_true(FAKE_PANICS(free(block + 1)));
			free(block);
			free(other);
		}
	}
	start(12, MIB(4));
	char *block = malloc(100);
	free(block);
	g_assert_true(FAKE_PANICS(free(block)));
	g_assert_nonnull(strstr(fake_panic_text, "is free already"));
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/page_alloc/random/4k", GUINT_TO_POINTER(12), test_random);
	g_test_add_data_func("/page_alloc/random/16k", GUINT_TO_POINTER(14), test_random);
	g_test_add_data_func("/page_alloc/random/64k", GUINT_TO_POINTER(16), test_random);
	g_test_add_func("/page_alloc/bottom_up", test_bottom_up);
	g_test_add_func("/page_alloc/exhaustion", test_exhaustion);
	g_test_add_func("/page_alloc/zeroed", test_zeroed);
	g_test_add_func("/page_alloc/misuse", test_page_misuse);
	g_test_add_data_func("/alloc/random/4k", GUINT_TO_POINTER(12), test_bytes_random);
	g_test_add_data_func("/alloc/random/64k", GUINT_TO_POINTER(16), test_bytes_random);
	g_test_add_func("/alloc/limits", test_byte_limits);
	g_test_add_func("/alloc/misuse", test_byte_misuse);
	status = g_test_run();
	fake_ram_fini();
	return status;
}
