/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Twins of translation tables that are written by hand: twin.h says what twins are.
 *
 * A window is an address that the runtime has mapped to a page, and the descriptor that maps it, which the tests write
 * themselves. Both pages of a window are ours, so that an access by the old translation and one by the new do no harm.
 * A test leaves the window as it was, with all barriers, so that the runtime goes on with tables that it knows.
 */
#include <arch/exception.h>
#include <limpid/bitops.h>
#include <limpid/smp.h>
#include <limpid/string.h>
#include "twin.h"

#define DESC_VALID      1ull
#define DESC_RO         BIT(7)
#define DESC_CONTIGUOUS BIT(52)
#define DESC_ADDRESS    0x0000fffffffff000ull

struct window {
	pa_t page, other;
	va_t va;
	volatile uint64_t *word;  /* at va */
	volatile uint64_t *entry; /* what maps it */
	uint64_t first, second;   /* its value for the one page and for the other */
};

/* Without EL2's own registers: at EL2 TTBR0_EL1 is TTBR0_EL2. 48 bits of VA, as the runtime has them. */
static volatile uint64_t *entry_of(va_t va, unsigned int level)
{
	unsigned int page_shift = (unsigned int)__builtin_ctzl(page_size()), bits = page_shift - 3;
	volatile uint64_t *table = (uint64_t *)(read_sysreg(ttbr0_el1) & GENMASK(47, 12));

	for (unsigned int at = page_shift == 16 ? 1 : 0;; at++) {
		unsigned int shift = page_shift + (3 - at) * bits;
		unsigned int width = MIN(bits, 48 - shift);
		volatile uint64_t *entry = table + (va.va >> shift & ((1ul << width) - 1));

		if (at == level)
			return entry;
		table = (uint64_t *)(*entry & GENMASK(47, page_shift));
	}
}

/* What the sequences are made of. Operand of TLBI: VA[55:12], whatever the granule. */
#define TLBI(op, operand) asm volatile("tlbi " #op ", %0" ::"r"((uint64_t)(operand)) : "memory")
#define TLBI_ALL(op)      asm volatile("tlbi " #op ::: "memory")
#define PAGE_OF(address)  ((address).va >> 12)

/* The entry is written before the TLBI; the TLBI is done on all CPUs, then what follows here uses it. */
static void flush(va_t va)
{
	dsb(ishst);
	TLBI(vaae1is, PAGE_OF(va));
	dsb(ish);
	isb();
}

/* The same page is mapped; its line has the number 1, that of the other page 2. */
static void window_open(struct window *w)
{
	w->page = page_alloc_zeroed(0);
	w->other = page_alloc_zeroed(0);
	ASSERT_FALSE(pa_is_none(w->page) || pa_is_none(w->other));
	*(uint64_t *)phys_to_virt(w->page) = 1;
	*(uint64_t *)phys_to_virt(w->other) = 2;
	w->va = mmu_reserve_va(page_size());
	mmu_map(w->va, w->page, page_size(), MEM_NORMAL_WB, PROT_WRITE);
	w->word = va_ptr(w->va);
	w->entry = entry_of(w->va, 3);
	w->first = *w->entry;
	w->second = w->first - w->page.pa + w->other.pa;
	EXPECT_EQ(*w->word, 1u);
}

static void window_close(struct window *w)
{
	*w->entry = 0;
	flush(w->va);
	*w->entry = w->first;
	/* The entry before the walks of the unmapping. */
	dsb(ish);
	isb();
	mmu_unmap(w->va, page_size());
	page_free(w->page, 0);
	page_free(w->other, 0);
}

/* From the old page to the other by way of nothing; `flush_` is what is done in between. */
#define MOVE(w, flush_)                  \
	do {                             \
		*(w).entry = 0;          \
		flush_;                  \
		*(w).entry = (w).second; \
		/* before the walk */    \
		dsb(ish);                \
		isb();                   \
	} while (0)

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

/* A TLBI between barriers that are right. */
#define FLUSHED_BY(tlbi)    \
	({                  \
		dsb(ishst); \
		tlbi;       \
		dsb(ish);   \
		isb();      \
	})

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
 * Unmapped. Where the access does not fault, which under QEMU means that its own TLB has the entry, the old page is
 * what is read.
 */

struct unmapped {
	volatile uint64_t *word;
	uint64_t got;
};

static void load_unmapped(void *arg)
{
	struct unmapped *u = arg;
	uint64_t got;

	FINDING_HERE_OF(bad_stale_translation_unmapped, got = *u->word);
	u->got = got;
}

TEST(twins, bad_stale_translation_unmapped, .doc = "an address is used that was unmapped without a TLBI",
	.finding = "stale-translation")
{
	struct exception_frame frame;
	struct unmapped u;
	struct window w;

	window_open(&w);
	u.word = w.word;
	*w.entry = 0;
	dsb(ish);
	isb();
	if (exception_catch(load_unmapped, &u, &frame))
		SKIP("this machine has walked the tables again");
	window_close(&w);
}

TEST(twins, good_stale_translation_unmapped, .doc = "an address is used that was unmapped with a TLBI")
{
	struct exception_frame frame;
	struct unmapped u;
	struct window w;

	window_open(&w);
	u.word = w.word;
	*w.entry = 0;
	flush(w.va);
	EXPECT_TRUE(exception_catch(load_unmapped, &u, &frame));
	EXPECT_EQ(ESR_EC(frame.esr), EC_DATA_ABORT_SAME);
	window_close(&w);
}

/*
 * The same where the access faults: a TLBI that covers nothing of it, which QEMU's own TLB takes for one of everything,
 * or none that is missing but the ISB. On hardware it may fault or not.
 */

/* Each has a size of its own, or the compiler takes them for one function. */
static void load_refused(void *arg)
{
	struct unmapped *u = arg;
	uint64_t got;

	FINDING_HERE_OF(bad_stale_translation_fault, got = *(volatile uint32_t *)u->word);
	u->got = got;
}

static void load_refused_early(void *arg)
{
	struct unmapped *u = arg;
	uint64_t got;

	FINDING_HERE_OF(bad_stale_translation_isb, got = *(volatile uint16_t *)u->word);
	u->got = got;
}

static void store_refused(void *arg)
{
	struct unmapped *u = arg;

	FINDING_HERE_OF(bad_stale_translation_permission, *u->word = 3);
}

static void load_well(void *arg)
{
	struct unmapped *u = arg;

	u->got = *u->word;
}

static void store_well(void *arg)
{
	struct unmapped *u = arg;

	*u->word = 3;
}

/* Was it refused? */
static bool is_refused(const struct window *w, void (*access)(void *))
{
	struct exception_frame frame;
	struct unmapped u = {w->word, 0};

	if (!exception_catch(access, &u, &frame))
		return false;
	EXPECT_EQ(ESR_EC(frame.esr), EC_DATA_ABORT_SAME);
	return true;
}

#define FLUSHED_BY_ASID() FLUSHED_BY(TLBI(aside1is, read_sysreg(ttbr0_el1) & GENMASK(63, 48)))

TEST(twins, bad_stale_translation_fault, .doc = "an address that was unmapped without a TLBI is used, and faults here",
	.finding = "stale-translation")
{
	struct window w;

	window_open(&w);
	*w.entry = 0;
	FLUSHED_BY_ASID();
	if (!is_refused(&w, load_refused))
		INFO("read, through the old entry: this machine has a TLB");
	window_close(&w);
}

TEST(twins, bad_stale_translation_isb, .doc = "an address that was unmapped, TLBI and DSB, is used with no ISB",
	.finding = "stale-translation")
{
	struct window w;

	if (sysreg_field(read_sysreg(id_aa64mmfr1_el1), 36, 4) >= 2)
		SKIP("the DSB is enough (FEAT_ETS2)");
	window_open(&w);
	*w.entry = 0;
	dsb(ishst);
	TLBI(vaae1is, PAGE_OF(w.va));
	dsb(ish);
	if (!is_refused(&w, load_refused_early))
		INFO("read, through the old entry: this machine has a TLB");
	window_close(&w);
}

TEST(twins, good_stale_translation_isb, .doc = "an address that was unmapped, TLBI, DSB and ISB, is used")
{
	struct window w;

	window_open(&w);
	*w.entry = 0;
	flush(w.va);
	EXPECT_TRUE(is_refused(&w, load_well));
	window_close(&w);
}

TEST(twins, bad_stale_translation_permission,
	.doc = "a page that became read-only without a TLBI is written, and faults here",
	.finding = "stale-translation")
{
	struct window w;

	window_open(&w);
	*w.entry = w.first | DESC_RO;
	FLUSHED_BY_ASID();
	if (!is_refused(&w, store_refused))
		INFO("written, through the old entry: this machine has a TLB");
	window_close(&w);
}

TEST(twins, good_stale_translation_permission, .doc = "a page that became read-only with a TLBI is written")
{
	struct window w;

	window_open(&w);
	*w.entry = w.first | DESC_RO;
	flush(w.va);
	EXPECT_TRUE(is_refused(&w, store_well));
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
 * Tables of tables: the TLB holds what leads to the last level as well.
 */

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

static bool size_may_change(void)
{
	return sysreg_field(read_sysreg(id_aa64mmfr2_el1), 52, 4) >= 2;
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
