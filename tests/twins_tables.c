/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Twins of tables that lead to tables: the TLB holds what leads to the last level as well. twin.h says what twins are.
 */
#include <limpid/string.h>
#include "twin_window.h"

struct branch {
	struct window w;
	pa_t copy;               /* another last level table, which maps the other page */
	volatile uint64_t *link; /* the entry that leads to the last level */
	uint64_t old, new;
};

/* In a last level table, what maps the window. */
static volatile uint64_t *entry_in(pa_t table, const struct window *w)
{
	return (volatile uint64_t *)phys_to_virt(table) + w->va.va / page_size() % (page_size() / 8);
}

static void branch_open(struct branch *b)
{
	volatile uint64_t *table;

	window_open(&b->w);
	b->link = entry_of(b->w.va, 2);
	b->old = *b->link;
	b->copy = page_alloc_zeroed(0);
	ASSERT_FALSE(pa_is_none(b->copy));
	table = phys_to_virt(b->copy);
	memcpy((void *)table, (void *)(b->old & GENMASK(47, 12) & ~(page_size() - 1)), page_size());
	*entry_in(b->copy, &b->w) = b->w.second;
	b->new = (b->old & ~GENMASK(47, 12)) | b->copy.pa;
	/* The table before the entry that leads to it. */
	dsb(ish);
}

static void branch_close(struct branch *b)
{
	*b->link = 0;
	flush(b->w.va);
	*b->link = b->old;
	dsb(ish);
	isb();
	window_close(&b->w);
	page_free(b->copy, 0);
}

#define REPLACE(b, flush_)            \
	do {                          \
		*(b).link = 0;        \
		flush_;               \
		*(b).link = (b).new;  \
		/* before the walk */ \
		dsb(ish);             \
		isb();                \
	} while (0)

TEST(twins, bad_stale_translation_table, .doc = "another table, and a TLBI of last levels only",
	.finding = "stale-translation")
{
	struct branch b;

	branch_open(&b);
	REPLACE(b, FLUSHED_BY(TLBI(vaale1is, PAGE_OF(b.w.va))));
	OBSERVE(*b.w.word, 2u);
	branch_close(&b);
}

TEST(twins, good_stale_translation_table, .doc = "another table, and a TLBI of all levels")
{
	struct branch b;

	branch_open(&b);
	REPLACE(b, FLUSHED_BY(TLBI(vaae1is, PAGE_OF(b.w.va))));
	EXPECT_EQ(*b.w.word, 2u);
	branch_close(&b);
}

/*
 * table-page-reuse.
 */

TEST(twins, bad_table_page_reuse, .doc = "a page that was a table is written, with no TLBI before",
	.finding = "table-page-reuse")
{
	struct branch b;
	volatile uint64_t *table;

	branch_open(&b);
	REPLACE(b, flush(b.w.va));
	EXPECT_EQ(*b.w.word, 2u);
	/* Back to the runtime's own table; the copy is free. */
	*b.link = 0;
	dsb(ish);
	table = phys_to_virt(b.copy);
	FINDING_HERE(table[0] = 0x1234567);
	branch_close(&b);
}

TEST(twins, good_table_page_reuse, .doc = "a page that was a table is written after the TLBI")
{
	struct branch b;
	volatile uint64_t *table;

	branch_open(&b);
	REPLACE(b, flush(b.w.va));
	EXPECT_EQ(*b.w.word, 2u);
	*b.link = 0;
	flush(b.w.va);
	table = phys_to_virt(b.copy);
	table[0] = 0x1234567;
	branch_close(&b);
}

/*
 * break-before-make, unordered-table-write.
 */

/* The size: a block in place of the table, over memory of ours whose pages are where the block has them. */
TEST(twins, bad_break_before_make_size, .doc = "a block in place of a table, at once", .needs = "4k",
	.finding = "break-before-make")
{
	struct branch b;
	uint64_t block;

	if (size_may_change())
		SKIP("it may change at once (FEAT_BBM, level 2)");
	branch_open(&b);
	/* What it would map is not used. */
	block = (b.w.first & ~(DESC_ADDRESS | BIT(1))) | (b.w.page.pa & ~(MIB(2) - 1));
	FINDING_HERE(*b.link = block);
	branch_close(&b);
}

/* A table that is filled, and then led to, where nothing was. */
static void branch_grow(struct branch *b)
{
	branch_open(b);
	*entry_in(b->copy, &b->w) = 0;
	*b->link = 0;
	flush(b->w.va);
	*entry_in(b->copy, &b->w) = b->w.second;
}

TEST(twins, bad_unordered_table_write_table,
	.doc = "a new table's entry and the entry that leads to it, with no DMB between",
	.finding = "unordered-table-write")
{
	struct branch b;

	branch_grow(&b);
	FINDING_HERE(*b.link = b.new);
	/* before the walk */
	dsb(ish);
	isb();
	OBSERVED(*b.w.word, 2u);
	branch_close(&b);
}

TEST(twins, good_unordered_table_write_table, .doc = "a new table's entry, DMB, and the entry that leads to it")
{
	struct branch b;

	branch_grow(&b);
	/* The table's entry before what leads to it, for the walks of all CPUs. */
	dmb(ishst);
	*b.link = b.new;
	/* before the walk */
	dsb(ish);
	isb();
	EXPECT_EQ(*b.w.word, 2u);
	branch_close(&b);
}

TEST(twins, good_unordered_table_write_release,
	.doc = "a new table's entry, and the entry that leads to it by a store-release")
{
	struct branch b;

	branch_grow(&b);
	store_release(b.link, b.new);
	/* before the walk */
	dsb(ish);
	isb();
	EXPECT_EQ(*b.w.word, 2u);
	branch_close(&b);
}
