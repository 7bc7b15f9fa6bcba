/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Twins of translations that are taken away: an access goes on by the old one, or takes a fault that hardware may not
 * take. twin.h says what twins are.
 */
#include <arch/exception.h>
#include "twin_window.h"

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
