/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Twins of translation tables whose last level is written by hand. twin.h says what twins are, twin_window.h what a
 * window is, twins_tables.c has tables of tables, twins_fault.c accesses that fault.
 */
#include <limpid/smp.h>
#include "twin_window.h"

/*
 * stale-translation: the page behind an address changes, and the TLB may hold the old one.
 */

TEST(twins, bad_stale_translation, .doc = "another page at an address, and no TLBI", .finding = "stale-translation")
{
	struct window w;

	window_open(&w);
	MOVE(w, dsb(ish));
	OBSERVE(*w.word, 2u);
	window_close(&w);
}

TEST(twins, good_stale_translation, .doc = "another page at an address: break, TLBI, make")
{
	struct window w;

	window_open(&w);
	MOVE(w, flush(w.va));
	EXPECT_EQ(*w.word, 2u);
	window_close(&w);
}

TEST(twins, bad_stale_translation_address, .doc = "the TLBI is given the next page's address",
	.finding = "stale-translation")
{
	struct window w;

	window_open(&w);
	MOVE(w, FLUSHED_BY(TLBI(vaae1is, PAGE_OF(w.va) + (page_size() >> 12))));
	OBSERVE(*w.word, 2u);
	window_close(&w);
}

TEST(twins, bad_stale_translation_unshifted, .doc = "the TLBI is given the address where its bits 55 to 12 belong",
	.finding = "stale-translation")
{
	struct window w;

	window_open(&w);
	MOVE(w, FLUSHED_BY(TLBI(vaae1is, w.va.va & GENMASK(43, 0))));
	OBSERVE(*w.word, 2u);
	window_close(&w);
}

/* FEAT_TTL: bits 47 to 44 say at which level the entry is. Without it they are ignored. */
static bool has_ttl(void)
{
	return sysreg_field(read_sysreg_s(ID_AA64MMFR2_EL1), 48, 4) != 0;
}

static uint64_t ttl(unsigned int level)
{
	uint64_t granule = page_size() == KIB(4) ? 1 : page_size() == KIB(16) ? 2 : 3;

	return (granule << 2 | level) << 44;
}

TEST(twins, bad_stale_translation_level, .doc = "the TLBI says that the entry is at another level",
	.finding = "stale-translation")
{
	struct window w;

	if (!has_ttl())
		SKIP("TLBI does not take a level (FEAT_TTL)");
	window_open(&w);
	MOVE(w, FLUSHED_BY(TLBI(vaae1is, PAGE_OF(w.va) | ttl(2))));
	OBSERVE(*w.word, 2u);
	window_close(&w);
}

TEST(twins, good_stale_translation_level, .doc = "the TLBI says at which level the entry is")
{
	struct window w;

	window_open(&w);
	MOVE(w, FLUSHED_BY(TLBI(vaae1is, PAGE_OF(w.va) | ttl(3))));
	EXPECT_EQ(*w.word, 2u);
	window_close(&w);
}

TEST(twins, good_stale_translation_last_level, .doc = "for a page the TLBI of last levels is enough")
{
	struct window w;

	window_open(&w);
	MOVE(w, FLUSHED_BY(TLBI(vaale1is, PAGE_OF(w.va))));
	EXPECT_EQ(*w.word, 2u);
	window_close(&w);
}

TEST(twins, good_stale_translation_all, .doc = "the TLBI of everything")
{
	struct window w;

	window_open(&w);
	MOVE(w, FLUSHED_BY(TLBI_ALL(vmalle1is)));
	EXPECT_EQ(*w.word, 2u);
	window_close(&w);
}

/* A mapping that belongs to the address space in TTBR0_EL1: not global. */
#define DESC_NG BIT(11)

static void window_own(struct window *w)
{
	*w->entry = 0;
	flush(w->va);
	w->second |= DESC_NG;
	*w->entry = w->first | DESC_NG;
	/* The entry before the walk. */
	dsb(ish);
	isb();
	EXPECT_EQ(*w->word, 1u);
}

TEST(twins, bad_stale_translation_asid, .doc = "the TLBI is given another address space's number",
	.finding = "stale-translation")
{
	struct window w;
	uint64_t asid = read_sysreg(ttbr0_el1) >> 48;

	window_open(&w);
	window_own(&w);
	MOVE(w, FLUSHED_BY(TLBI(vae1is, PAGE_OF(w.va) | (asid + 1) << 48)));
	OBSERVE(*w.word, 2u);
	window_close(&w);
}

TEST(twins, good_stale_translation_asid, .doc = "the TLBI is given the address space's number")
{
	struct window w;
	uint64_t asid = read_sysreg(ttbr0_el1) >> 48;

	window_open(&w);
	window_own(&w);
	MOVE(w, FLUSHED_BY(TLBI(vae1is, PAGE_OF(w.va) | asid << 48)));
	EXPECT_EQ(*w.word, 2u);
	window_close(&w);
}

TEST(twins, bad_stale_translation_asid_global, .doc = "the TLBI of an address space leaves what is global",
	.finding = "stale-translation")
{
	struct window w;

	window_open(&w);
	MOVE(w, FLUSHED_BY(TLBI(aside1is, read_sysreg(ttbr0_el1) & GENMASK(63, 48))));
	OBSERVE(*w.word, 2u);
	window_close(&w);
}

/*
 * incomplete-maintenance, maintenance-order.
 */

TEST(twins, bad_incomplete_maintenance_tlbi, .doc = "no DSB behind the TLBI", .finding = "incomplete-maintenance")
{
	struct window w;

	window_open(&w);
	*w.entry = w.second & ~DESC_VALID;
	dsb(ishst);
	TLBI(vaae1is, PAGE_OF(w.va));
	*w.entry = w.second;
	/* For stores only: it does not complete a TLBI. */
	dsb(ishst);
	isb();
	OBSERVE(*w.word, 2u);
	window_close(&w);
}

TEST(twins, bad_maintenance_order_tlbi, .doc = "no DSB between the write of the entry and the TLBI",
	.finding = "maintenance-order")
{
	struct window w;

	window_open(&w);
	*w.entry = 0;
	TLBI(vaae1is, PAGE_OF(w.va));
	dsb(ish);
	*w.entry = w.second;
	dsb(ish);
	isb();
	OBSERVE(*w.word, 2u);
	window_close(&w);
}

/*
 * break-before-make. The finding is at the write, whether anybody uses the address or not.
 */

/* The entry at once, and then as well as can be: nothing is left to be found. */
#define AT_ONCE(w, value)                          \
	do {                                       \
		uint64_t value_ = (value);         \
                                                   \
		FINDING_HERE(*(w).entry = value_); \
		flush((w).va);                     \
	} while (0)

TEST(twins, bad_break_before_make, .doc = "another output address, at once", .finding = "break-before-make")
{
	struct window w;

	window_open(&w);
	AT_ONCE(w, w.second);
	window_close(&w);
}

TEST(twins, good_break_before_make, .doc = "another output address by way of an invalid entry")
{
	struct window w;

	window_open(&w);
	MOVE(w, flush(w.va));
	window_close(&w);
}

TEST(twins, bad_break_before_make_type, .doc = "another memory type, at once", .finding = "break-before-make")
{
	struct window w;

	window_open(&w);
	AT_ONCE(w, (w.first & ~(7ull << 2)) | MEM_NORMAL_NC << 2);
	window_close(&w);
}

TEST(twins, bad_break_before_make_contiguous, .doc = "the contiguous bit, at once", .finding = "break-before-make")
{
	struct window w;

	if (size_may_change())
		SKIP("it may change at once (FEAT_BBM, level 2)");
	window_open(&w);
	AT_ONCE(w, w.first | DESC_CONTIGUOUS);
	window_close(&w);
}

TEST(twins, good_break_before_make_read_only, .doc = "from one read-only page to another with the same content")
{
	struct window w;

	window_open(&w);
	*w.entry = 0;
	flush(w.va);
	*w.entry = w.first | DESC_RO;
	dsb(ish);
	isb();
	EXPECT_EQ(*w.word, 1u);
	*(volatile uint64_t *)phys_to_virt(w.other) = 1;
	*w.entry = w.second | DESC_RO;
	flush(w.va);
	EXPECT_EQ(*w.word, 1u);
	window_close(&w);
}

TEST(twins, good_break_before_make_permissions, .doc = "permissions may change at once")
{
	struct window w;

	window_open(&w);
	*w.entry = w.first | DESC_RO;
	flush(w.va);
	EXPECT_EQ(*w.word, 1u);
	*w.entry = w.first;
	flush(w.va);
	window_close(&w);
}

/*
 * unordered-table-write: from nothing to something.
 */

#define UNMAPPED_FIRST(w)        \
	do {                     \
		window_open(&w); \
		*w.entry = 0;    \
		flush(w.va);     \
	} while (0)

TEST(twins, bad_unordered_table_write, .doc = "a new entry is used with no DSB", .finding = "unordered-table-write")
{
	struct window w;

	UNMAPPED_FIRST(w);
	*w.entry = w.first;
	isb();
	OBSERVE(*w.word, 1u);
	window_close(&w);
}

TEST(twins, good_unordered_table_write, .doc = "a new entry, DSB, ISB, and its use")
{
	struct window w;

	UNMAPPED_FIRST(w);
	*w.entry = w.first;
	dsb(ishst);
	isb();
	EXPECT_EQ(*w.word, 1u);
	window_close(&w);
}

/* FEAT_ETS2: the DSB is enough. Source: ID_AA64MMFR1_EL1.ETS. */
TEST(twins, bad_unordered_table_write_isb, .doc = "a new entry is used with a DSB and no ISB",
	.finding = "unordered-table-write")
{
	struct window w;

	if (sysreg_field(read_sysreg(id_aa64mmfr1_el1), 36, 4) >= 2)
		SKIP("the DSB is enough (FEAT_ETS2)");
	UNMAPPED_FIRST(w);
	*w.entry = w.first;
	dsb(ishst);
	OBSERVE(*w.word, 1u);
	window_close(&w);
}

/*
 * Other CPUs.
 */

static volatile uint64_t turn, seen_there;

static void wait_for(uint64_t number)
{
	while (load_acquire(&turn) != number)
		cpu_relax();
}

static void use_twice(void *arg)
{
	struct window *w = arg;
	uint64_t got;

	EXPECT_EQ(*w->word, 1u);
	store_release(&turn, 1);
	wait_for(2);
	/* The walk anew, if there is one, comes after what CPU 0 has done. */
	isb();
	FINDING_HERE_OF(bad_stale_translation_local, got = *w->word);
	seen_there = got;
}

static void move_under(struct window *w, bool local)
{
	window_open(w);
	turn = 0;
	seen_there = 0;
	on_cpu_async(1, use_twice, w);
	wait_for(1);
	if (local)
		MOVE(*w, FLUSHED_BY(TLBI(vaae1, PAGE_OF(w->va))));
	else
		MOVE(*w, flush(w->va));
	store_release(&turn, 2);
	cpu_wait(1);
	window_close(w);
}

TEST(twins, bad_stale_translation_local, .doc = "a TLBI of its own CPU only, while another one uses the address",
	.cpus = 2, .finding = "stale-translation")
{
	struct window w;

	move_under(&w, true);
	OBSERVED(seen_there, 2u);
}

TEST(twins, good_stale_translation_local, .doc = "a TLBI that reaches the other CPU", .cpus = 2)
{
	struct window w;

	move_under(&w, false);
	EXPECT_EQ(seen_there, 2u);
}

TEST(twins, good_stale_translation_alone, .doc = "a TLBI of its own CPU only, which alone has used the address")
{
	struct window w;

	if (cpu_count() > 1)
		SKIP("another CPU may have walked the table");
	window_open(&w);
	MOVE(w, FLUSHED_BY(TLBI(vaae1, PAGE_OF(w.va))));
	EXPECT_EQ(*w.word, 2u);
	window_close(&w);
}
