/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cache maintenance by address: what limpid/cache.h promises. The sanitizer knows whether it is kept; without it these
 * pass on any machine that has no caches.
 */
#include <limpid/smp.h>
#include "twin.h"

/* Words of the alias's second line, whatever its size. */
static unsigned int line_words(void)
{
	return dcache_line_size() / sizeof(uint64_t);
}

/* First, while nothing was had from the page allocator: then mmu_enable() has no maintenance before that of its leaf.
 */
static volatile uint64_t word[LINE_WORDS] OWN_LINE;

static void write_while_off(void *arg)
{
	(void)arg;
	mmu_disable();
	word[0] = 2;
	mmu_enable();
}

TEST(cache, write_before_enable, .doc = "mmu_enable() drops lines behind the last write of before", .cpus = 2)
{
	word[0] = 1;
	on_cpu(1, write_while_off, NULL);
	EXPECT_EQ(word[0], 2u);
}

TEST(cache, clean, .doc = "dcache_clean_poc() cleans the first and the last line of a range")
{
	struct alias a;
	unsigned int n = line_words();

	alias_open(&a, MEM_NORMAL_NC);
	for (unsigned int i = 0; i < 4 * n; i++)
		a.cached[i] = 0x100 + i;
	dcache_clean_poc(&a.cached[n - 1], (2 * n + 2) * sizeof(uint64_t));
	for (unsigned int i = 0; i < 4 * n; i++)
		EXPECT_EQ(a.other[i], 0x100ul + i);
	alias_close(&a);
}

TEST(cache, clean_invalidate, .doc = "dcache_clean_invalidate_poc() comes behind non-cacheable writes")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	EXPECT_EQ(*a.cached, 0u);
	*a.other = 1;
	dcache_clean_invalidate_poc(a.cached, sizeof(*a.cached));
	EXPECT_EQ(*a.cached, 1u);
	*a.cached = 2;
	dcache_clean_invalidate_poc(a.cached, sizeof(*a.cached));
	*a.other = 3;
	dmb(sy);
	EXPECT_EQ(*a.other, 3u);
	alias_close(&a);
}

TEST(cache, invalidate, .doc = "dcache_invalidate_poc() drops whole lines, behind non-cacheable writes")
{
	struct alias a;

	alias_open(&a, MEM_NORMAL_NC);
	EXPECT_EQ(*a.cached, 0u);
	*a.other = 1;
	dcache_invalidate_poc(a.cached, dcache_line_size());
	EXPECT_EQ(*a.cached, 1u);
	/* What is dirty is gone for good before somebody writes to memory. */
	*a.cached = 2;
	dcache_invalidate_poc(a.cached, dcache_line_size());
	*a.other = 3;
	dmb(sy);
	EXPECT_EQ(*a.other, 3u);
	alias_close(&a);
}

/* The range begins in the middle of the first line and ends in the middle of the third. */
TEST(cache, invalidate_edges, .doc = "dcache_invalidate_poc() keeps what others wrote to the lines at its edges")
{
	struct alias a;
	unsigned int n = line_words();

	alias_open(&a, MEM_NORMAL_NC);
	a.cached[0] = 4;
	a.cached[3 * n - 1] = 5;
	dcache_invalidate_poc(&a.cached[n / 2], 2 * n * sizeof(uint64_t));
	EXPECT_EQ(a.cached[0], 4u);
	EXPECT_EQ(a.cached[3 * n - 1], 5u);
	EXPECT_EQ(a.other[0], 4u);
	EXPECT_EQ(a.other[3 * n - 1], 5u);
	/* The buffer's own part of these lines is dropped, too. */
	a.other[n / 2] = 6;
	a.other[2 * n] = 7;
	dcache_invalidate_poc(&a.cached[n / 2], 2 * n * sizeof(uint64_t));
	EXPECT_EQ(a.cached[n / 2], 6u);
	EXPECT_EQ(a.cached[2 * n], 7u);
	alias_close(&a);
}
