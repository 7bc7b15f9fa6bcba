/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Twins of unsynchronized-register: TCR_EL1, and VTTBR_EL2 with an AT of EL1's translation from EL2. twin.h says what
 * twins are; tests/twins_registers.c has the other registers.
 */
#include <arch/exception.h>
#include "el1_guest.h"
#include "twin.h"

#define ISB "	isb\n"

/* Without exceptions between, which would synchronize. */
#define MASKED(code) "	msr	daifset, #0xf\n" code "	msr	daifclr, #4\n"

static uint64_t word = 9;

/*
 * TCR_EL1.SH0: the shareability of walks. It is outer for a moment in which nothing is loaded or stored, and as good as
 * inner for all that may be fetched.
 */
#define LOAD_BEHIND_TCR(other, between)                                                  \
	({                                                                               \
		uint64_t loaded_, tcr_;                                                  \
		asm volatile(MASKED("	mrs	%1, tcr_el1\n"                                 \
				    "	msr	tcr_el1, %2\n"                                 \
				    "	isb\n"                                             \
				    "	msr	tcr_el1, %1\n" between "	ldr	%0, [%3]\n" \
				    "	isb\n")                                          \
			     : "=&r"(loaded_), "=&r"(tcr_)                               \
			     : "r"(other), "r"(&word)                                    \
			     : "memory");                                                \
		loaded_;                                                                 \
	})

#define TCR_SH0_INNER (1ull << 12) /* in place of outer */

TEST(twins, bad_unsynchronized_register_tcr,
	.doc = "a load behind the write of TCR_EL1 that changes how walks are made",
	.finding = "unsynchronized-register")
{
	OBSERVE(LOAD_BEHIND_TCR(read_sysreg(tcr_el1) ^ TCR_SH0_INNER, ""), 9u);
}

TEST(twins, good_unsynchronized_register_tcr, .doc = "a load behind TCR_EL1 and an ISB")
{
	EXPECT_EQ(LOAD_BEHIND_TCR(read_sysreg(tcr_el1) ^ TCR_SH0_INNER, ISB), 9u);
}

/*
 * VTTBR_EL2: the tables of stage 2, which an AT of EL1's translation goes through. One that maps nothing, and one that
 * maps the first 4 GiB to themselves.
 */

/* 32 bits of input from level 1 of 4 KiB granules, walked write-back inner shareable; 32 bits of output. RES1: bit 31.
 */
#define VTCR (1ull << 31 | 3ull << 12 | 1ull << 10 | 1ull << 8 | 1ull << 6 | 32)
#define BLOCK_1G \
	(1ull << 10 | 3ull << 8 | 3ull << 6 | 0xfull << 2 | 1) /* AF, inner shareable, all access, write-back */
#define HCR_VM    1ull
#define AT_FAILED 1ull /* PAR_EL1.F */

struct stage2 {
	pa_t none, all;
};

static void stage2_open(struct stage2 *s)
{
	uint64_t *table;

	if (!mmu_granule_supported(KIB(4)))
		SKIP("no granules of 4 KiB");
	if ((uintptr_t)&word >> 32)
		SKIP("the image is beyond 4 GiB");
	s->none = page_alloc_zeroed(0);
	s->all = page_alloc_zeroed(0);
	ASSERT_FALSE(pa_is_none(s->none) || pa_is_none(s->all));
	table = phys_to_virt(s->all);
	for (uint64_t i = 0; i < 4; i++)
		table[i] = i << 30 | BLOCK_1G;
	/* The tables before a walk. */
	dsb(ishst);
	write_sysreg_s(SCTLR_RES1, SCTLR_EL12);
	write_sysreg(VTCR, vtcr_el2);
	isb();
}

static void stage2_close(struct stage2 *s)
{
	write_sysreg(0, vttbr_el2);
	isb();
	/* Whoever has walked there forgets it before the pages are used again. */
	asm volatile("	tlbi	alle1\n	dsb	nsh\n	isb\n" ::: "memory");
	page_free(s->none, 0);
	page_free(s->all, 0);
}

/* With TGE=0 AT at EL2 translates for EL1. Its stage 1 is off. */
#define TRANSLATED_BEHIND_VTTBR(stage2, between)                                                                  \
	({                                                                                                        \
		uint64_t par_, hcr_;                                                                              \
		asm volatile(MASKED("	mrs	%1, hcr_el2\n"                                                          \
				    "	msr	hcr_el2, %2\n"                                                          \
				    "	msr	vttbr_el2, %3\n"                                                        \
				    "	isb\n"                                                                      \
				    "	msr	vttbr_el2, %4\n" between "	at	s12e1r, %5\n"                       \
				    "	isb\n"                                                                      \
				    "	mrs	%0, par_el1\n"                                                          \
				    "	msr	hcr_el2, %1\n"                                                          \
				    "	isb\n")                                                                   \
			     : "=&r"(par_), "=&r"(hcr_)                                                           \
			     : "r"(HCR_GUEST | HCR_VM), "r"((stage2)->none.pa), "r"((stage2)->all.pa), "r"(&word) \
			     : "memory");                                                                         \
		par_ &AT_FAILED;                                                                                  \
	})

TEST(twins, bad_unsynchronized_register_vttbr, .doc = "AT S12E1R behind the write of VTTBR_EL2", .needs = "el2",
	.finding = "unsynchronized-register")
{
	struct stage2 s;

	stage2_open(&s);
	OBSERVE(TRANSLATED_BEHIND_VTTBR(&s, ""), 0u);
	stage2_close(&s);
}

TEST(twins, good_unsynchronized_register_vttbr, .doc = "AT S12E1R behind VTTBR_EL2 and an ISB", .needs = "el2")
{
	struct stage2 s;

	stage2_open(&s);
	EXPECT_EQ(TRANSLATED_BEHIND_VTTBR(&s, ISB), 0u);
	stage2_close(&s);
}
