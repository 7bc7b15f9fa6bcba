/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * twin_window.h - for twins of translation tables that are written by hand.
 *
 * A window is an address that the runtime has mapped to a page, and the descriptor that maps it, which the tests write
 * themselves. Both pages of a window are ours, so that an access by the old translation and one by the new do no harm.
 * A test leaves the window as it was, with all barriers, so that the runtime goes on with tables that it knows.
 */
#ifndef TESTS_TWIN_WINDOW_H
#define TESTS_TWIN_WINDOW_H

#include <limpid/bitops.h>
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
static inline volatile uint64_t *entry_of(va_t va, unsigned int level)
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
static inline void flush(va_t va)
{
	dsb(ishst);
	TLBI(vaae1is, PAGE_OF(va));
	dsb(ish);
	isb();
}

/* The same page is mapped; its line has the number 1, that of the other page 2. */
static inline void window_open(struct window *w)
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

static inline void window_close(struct window *w)
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

/* A TLBI between barriers that are right. */
#define FLUSHED_BY(tlbi)    \
	({                  \
		dsb(ishst); \
		tlbi;       \
		dsb(ish);   \
		isb();      \
	})

static inline bool size_may_change(void)
{
	return sysreg_field(read_sysreg(id_aa64mmfr2_el1), 52, 4) >= 2;
}

#endif
