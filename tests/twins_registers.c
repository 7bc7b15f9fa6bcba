/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Twins of unsynchronized-register: what a direct write of a system register governs follows with no context
 * synchronization event between. twin.h says what twins are.
 */
#include <arch/exception.h>
#include <arch/feature.h>
#include <limpid/gic.h>
#include <limpid/smp.h>
#include "twin.h"

#define ISB "	isb\n"

static uint64_t word = 9;

/* Without exceptions between, which would synchronize. */
#define MASKED(code) "	msr	daifset, #0xf\n" code "	msr	daifclr, #4\n"

/* AT writes PAR_EL1. */
#define TRANSLATE(address, between)                                                             \
	({                                                                                      \
		uint64_t par_;                                                                  \
		asm volatile(MASKED("	at	s1e1r, %1\n" between "	mrs	%0, par_el1\n") \
			     : "=r"(par_)                                                       \
			     : "r"(address)                                                     \
			     : "memory");                                                       \
		par_ & 1;                                                                       \
	})

TEST(twins, bad_unsynchronized_register, .doc = "PAR_EL1 is read behind AT without a context synchronization event",
	.finding = "unsynchronized-register")
{
	OBSERVE(TRANSLATE((uintptr_t)&word, ""), 0u);
}

TEST(twins, good_unsynchronized_register, .doc = "PAR_EL1 is read behind AT and an ISB")
{
	EXPECT_EQ(TRANSLATE((uintptr_t)&word, ISB), 0u);
}

/* CSSELR_EL1 selects the cache whose size CCSIDR_EL1 gives. */
#define SIZE_OF_LEVEL(n, between)                                                                          \
	({                                                                                                 \
		uint64_t ccsidr_;                                                                          \
		write_sysreg(0, csselr_el1);                                                               \
		isb();                                                                                     \
		asm volatile(MASKED("	msr	csselr_el1, %1\n" between "	mrs	%0, ccsidr_el1\n") \
			     : "=r"(ccsidr_)                                                               \
			     : "r"(((n)-1) << 1)                                                           \
			     : "memory");                                                                  \
		ccsidr_;                                                                                   \
	})

static uint64_t size_of_level2(void)
{
	write_sysreg(1 << 1, csselr_el1);
	isb();
	return read_sysreg(ccsidr_el1);
}

static bool has_level2(void)
{
	return sysreg_field(read_sysreg(clidr_el1), 3, 3) != 0;
}

TEST(twins, bad_unsynchronized_register_csselr, .doc = "CCSIDR_EL1 is read behind the write of CSSELR_EL1",
	.finding = "unsynchronized-register")
{
	if (!has_level2())
		SKIP("the caches have one level");
	OBSERVE(SIZE_OF_LEVEL(2ul, ""), size_of_level2());
}

TEST(twins, good_unsynchronized_register_csselr, .doc = "CCSIDR_EL1 is read behind CSSELR_EL1 and an ISB")
{
	if (!has_level2())
		SKIP("the caches have one level");
	EXPECT_EQ(SIZE_OF_LEVEL(2ul, ISB), size_of_level2());
}

/* VBAR_EL1: an exception goes where it says. Nobody but the SVC takes one while it points elsewhere. */
#define VECTOR_ELSEWHERE(between)                                                \
	asm volatile("	msr	daifset, #0xf\n"                                      \
		     "	mrs	x0, vbar_el1\n"                                       \
		     "	add	x1, x0, #0x800\n"                                     \
		     "	msr	vbar_el1, x1\n"                                       \
		     "	isb\n"                                                    \
		     "	msr	vbar_el1, x0\n" between "	svc	#0\n" :: \
			     : "x0", "x1", "memory")

static void svc_at_once(void *arg)
{
	(void)arg;
	VECTOR_ELSEWHERE("");
}

static void svc_after_isb(void *arg)
{
	(void)arg;
	VECTOR_ELSEWHERE(ISB);
}

/* Where the finding is, no line of ours is: at the vector. On hardware the SVC may well go astray, for good. */
TEST(twins, bad_unsynchronized_register_vbar, .doc = "an exception behind the write of VBAR_EL1",
	.finding = "unsynchronized-register")
{
	struct exception_frame frame;

	EXPECT_TRUE(exception_catch(svc_at_once, NULL, &frame));
	EXPECT_EQ(ESR_EC(frame.esr), EC_SVC64);
}

TEST(twins, good_unsynchronized_register_vbar, .doc = "an exception behind VBAR_EL1 and an ISB")
{
	struct exception_frame frame;

	EXPECT_TRUE(exception_catch(svc_after_isb, NULL, &frame));
	EXPECT_EQ(ESR_EC(frame.esr), EC_SVC64);
}

/* CPACR_EL1.FPEN, of CPTR_EL2 under that name at EL2: whether FP and SIMD instructions trap. FMOV X, D0 */
#define FP_ENABLED(between)                                                    \
	asm volatile("	mrs	x1, cpacr_el1\n"                                    \
		     "	bic	x2, x1, #(3 << 20)\n"                               \
		     "	msr	cpacr_el1, x2\n"                                    \
		     "	isb\n"                                                  \
		     "	msr	cpacr_el1, x1\n" between "	.inst	0x9e660000\n" \
		     "	isb\n" ::                                              \
			     : "x0", "x1", "x2", "memory")

static void fp_at_once(void *arg)
{
	(void)arg;
	FINDING_HERE_OF(bad_unsynchronized_register_cpacr, FP_ENABLED(""));
}

static void fp_after_isb(void *arg)
{
	(void)arg;
	FP_ENABLED(ISB);
}

TEST(twins, bad_unsynchronized_register_cpacr, .doc = "an FP instruction behind the write of CPACR_EL1",
	.finding = "unsynchronized-register")
{
	struct exception_frame frame;

	if (exception_catch(fp_at_once, NULL, &frame))
		INFO("trapped, with ESR 0x%lx: this machine takes its time", frame.esr);
	isb();
}

TEST(twins, good_unsynchronized_register_cpacr, .doc = "an FP instruction behind CPACR_EL1 and an ISB")
{
	struct exception_frame frame;

	EXPECT_FALSE(exception_catch(fp_after_isb, NULL, &frame));
}

/*
 * TTBR0_EL1: a table that has the same memory at one more address, which the table in use has not.
 */
struct other_table {
	pa_t page;
	uint64_t ttbr;
	uint64_t va; /* of `word`, there */
};

static void other_table_open(struct other_table *other)
{
	static const uint8_t granules[4] = {12, 16, 14, 12};
	uint64_t tcr = read_sysreg(tcr_el1), ttbr = read_sysreg(ttbr0_el1), address = (uintptr_t)&word;
	unsigned int granule = granules[sysreg_field(tcr, 14, 2)], bits = 64 - sysreg_field(tcr, 0, 6);
	unsigned int shift = granule, entries;
	const uint64_t *table = phys_to_virt(pa_make(ttbr & 0x0000fffffffffffe));
	uint64_t *copy;

	while (bits - shift > granule - 3)
		shift += granule - 3;
	entries = 1u << (bits - shift);
	while (entries && table[entries - 1])
		entries--;
	if (!entries)
		SKIP("the table has no free entry");
	other->page = page_alloc(0);
	copy = phys_to_virt(other->page);
	for (unsigned int i = 0; i < entries; i++)
		copy[i] = table[i];
	copy[entries - 1] = table[address >> shift];
	/* The table is complete before a walk may read it, which an ISB has to allow besides. */
	dsb(ishst);
	other->va = (uint64_t)(entries - 1) << shift | (address & ((1ull << shift) - 1));
	other->ttbr = (ttbr & ~0x0000fffffffffffeull) | other->page.pa;
}

/* Whoever has walked there is made to forget it before the page is used again. */
static void other_table_close(struct other_table *other)
{
	asm volatile("	tlbi	vmalle1\n	dsb	nsh\n	isb\n" ::: "memory");
	page_free(other->page, 0);
}

#define LOAD_BEHIND_TTBR(other, between)                                                   \
	({                                                                                 \
		uint64_t loaded_, ttbr_;                                                   \
		asm volatile(MASKED("	mrs	%1, ttbr0_el1\n"                                 \
				    "	msr	ttbr0_el1, %2\n" between "	ldr	%0, [%3]\n" \
				    "	msr	ttbr0_el1, %1\n"                                 \
				    "	isb\n")                                            \
			     : "=&r"(loaded_), "=&r"(ttbr_)                                \
			     : "r"((other)->ttbr), "r"((other)->va)                        \
			     : "memory");                                                  \
		loaded_;                                                                   \
	})

TEST(twins, bad_unsynchronized_register_ttbr,
	.doc = "a load behind the write of TTBR0_EL1, from where only its table leads",
	.finding = "unsynchronized-register")
{
	struct other_table other;

	other_table_open(&other);
	OBSERVE(LOAD_BEHIND_TTBR(&other, ""), 9u);
	other_table_close(&other);
}

TEST(twins, good_unsynchronized_register_ttbr, .doc = "a load behind TTBR0_EL1 and an ISB")
{
	struct other_table other;

	other_table_open(&other);
	EXPECT_EQ(LOAD_BEHIND_TTBR(&other, ISB), 9u);
	other_table_close(&other);
}

TEST(twins, good_unsynchronized_register_same,
	.doc = "a load behind the write of TTBR0_EL1 from where both tables lead alike")
{
	struct other_table other;

	other_table_open(&other);
	other.va = (uintptr_t)&word;
	EXPECT_EQ(LOAD_BEHIND_TTBR(&other, ""), 9u);
	other_table_close(&other);
}

/* MAIR_EL1: the type that a mapping's index means. Write-back at first, and the page clean: what is read is the same.
 */
#define LOAD_BEHIND_MAIR(address, other, between)                                         \
	({                                                                                \
		uint64_t loaded_, mair_;                                                  \
		asm volatile(MASKED("	mrs	%1, mair_el1\n"                                 \
				    "	msr	mair_el1, %2\n"                                 \
				    "	isb\n"                                              \
				    "	msr	mair_el1, %1\n" between "	ldr	%0, [%3]\n" \
				    "	isb\n")                                           \
			     : "=&r"(loaded_), "=&r"(mair_)                               \
			     : "r"(other), "r"(address)                                   \
			     : "memory");                                                 \
		loaded_;                                                                  \
	})

/* With write-back for non-cacheable. */
static uint64_t other_mair(void)
{
	return read_sysreg(mair_el1) | 0xffull << (8 * MEM_NORMAL_NC);
}

TEST(twins, bad_unsynchronized_register_mair, .doc = "a load behind the write of MAIR_EL1 that changes its type",
	.finding = "unsynchronized-register")
{
	struct alias alias;

	alias_open(&alias, MEM_NORMAL_NC);
	OBSERVE(LOAD_BEHIND_MAIR(alias.other, other_mair(), ""), 0u);
	alias_close(&alias);
}

TEST(twins, good_unsynchronized_register_mair, .doc = "a load behind MAIR_EL1 and an ISB")
{
	struct alias alias;

	alias_open(&alias, MEM_NORMAL_NC);
	EXPECT_EQ(LOAD_BEHIND_MAIR(alias.other, other_mair(), ISB), 0u);
	alias_close(&alias);
}

/* APIAKeyLo_EL1 and PACIA X0, X1. */
#define SIGNED_BEHIND_KEY(between)                                                                \
	({                                                                                        \
		uint64_t key_, signed_;                                                           \
		asm volatile(MASKED("	mrs	%0, s3_0_c2_c1_0\n"                                     \
				    "	mvn	x1, %0\n"                                               \
				    "	mov	x0, xzr\n"                                              \
				    "	msr	s3_0_c2_c1_0, x1\n" between "	.inst	0xdac10020\n" \
				    "	mov	%1, x0\n"                                               \
				    "	msr	s3_0_c2_c1_0, %0\n"                                     \
				    "	isb\n")                                                   \
			     : "=&r"(key_), "=&r"(signed_)                                        \
			     :                                                                    \
			     : "x0", "x1", "memory");                                             \
		signed_;                                                                          \
	})

TEST(twins, bad_unsynchronized_register_key, .doc = "PACIA behind the write of its key", .needs = "pauth",
	.finding = "unsynchronized-register")
{
	uint64_t pac;

	FINDING_HERE(pac = SIGNED_BEHIND_KEY(""));
	OBSERVED(pac, SIGNED_BEHIND_KEY(ISB));
}

TEST(twins, good_unsynchronized_register_key, .doc = "PACIA behind its key and an ISB", .needs = "pauth")
{
	EXPECT_EQ(SIGNED_BEHIND_KEY(ISB), SIGNED_BEHIND_KEY(ISB));
}

/*
 * H3: TTBR0_EL1 is to be in force when the MMU goes on. It gets another ASID, with the MMU off and in registers, and
 * its own back when that is done.
 */
#define ENABLE_BEHIND_TTBR(between)                                                             \
	do {                                                                                    \
		uint64_t sctlr_, off_, ttbr_;                                                   \
		asm volatile(MASKED("	mrs	%0, sctlr_el1\n"                                      \
				    "	bic	%1, %0, #1\n"                                         \
				    "	mrs	%2, ttbr0_el1\n"                                      \
				    "	msr	sctlr_el1, %1\n"                                      \
				    "	isb\n"                                                    \
				    "	eor	%1, %2, #(1 << 48)\n"                                 \
				    "	msr	ttbr0_el1, %1\n" between "	msr	sctlr_el1, %0\n" \
				    "	isb\n"                                                    \
				    "	msr	ttbr0_el1, %2\n"                                      \
				    "	isb\n"                                                    \
				    "	tlbi	vmalle1\n"                                           \
				    "	dsb	nsh\n"                                                \
				    "	isb\n")                                                 \
			     : "=&r"(sctlr_), "=&r"(off_), "=&r"(ttbr_)                         \
			     :                                                                  \
			     : "memory");                                                       \
	} while (0)

TEST(twins, bad_unsynchronized_register_enable, .doc = "the MMU goes on behind the write of TTBR0_EL1",
	.finding = "unsynchronized-register")
{
	FINDING_HERE(ENABLE_BEHIND_TTBR(""));
}

TEST(twins, good_unsynchronized_register_enable, .doc = "the MMU goes on behind TTBR0_EL1 and an ISB")
{
	ENABLE_BEHIND_TTBR(ISB);
}

/* SCTLR.M: with the line clean either way of reading it gives the same, but who would rely on that? */
#define LOAD_BEHIND_M(address, between)                                                    \
	({                                                                                 \
		uint64_t loaded_, sctlr_, off_;                                            \
		asm volatile(MASKED("	mrs	%1, sctlr_el1\n"                                 \
				    "	bic	%2, %1, #1\n"                                    \
				    "	msr	sctlr_el1, %2\n" between "	ldr	%0, [%3]\n" \
				    "	msr	sctlr_el1, %1\n"                                 \
				    "	isb\n")                                            \
			     : "=&r"(loaded_), "=&r"(sctlr_), "=&r"(off_)                  \
			     : "r"(address)                                                \
			     : "memory");                                                  \
		loaded_;                                                                   \
	})

TEST(twins, bad_unsynchronized_register_sctlr, .doc = "a load behind the write of SCTLR_EL1.M",
	.finding = "unsynchronized-register")
{
	dcache_clean_poc(&word, sizeof(word));
	OBSERVE(LOAD_BEHIND_M(&word, ""), 9u);
}

TEST(twins, good_unsynchronized_register_sctlr, .doc = "a load behind SCTLR_EL1.M and an ISB")
{
	dcache_clean_poc(&word, sizeof(word));
	EXPECT_EQ(LOAD_BEHIND_M(&word, ISB), 9u);
}

/* PMSELR_EL0 selects the event counter that PMXEVTYPER_EL0 is about. */
#define TYPE_OF_COUNTER(n, between)                                                                            \
	({                                                                                                     \
		uint64_t type_;                                                                                \
		asm volatile(MASKED("	msr	pmselr_el0, %1\n" between "	mrs	%0, pmxevtyper_el0\n") \
			     : "=r"(type_)                                                                     \
			     : "r"(n)                                                                          \
			     : "memory");                                                                      \
		type_;                                                                                         \
	})

static bool has_counters(void)
{
	uint64_t version = sysreg_field(read_sysreg(id_aa64dfr0_el1), 8, 4);

	return version && version != 0xf && sysreg_field(read_sysreg(pmcr_el0), 11, 5) >= 2;
}

static void prepare_counters(void)
{
	if (!has_counters())
		SKIP("the CPU has no two event counters");
	write_sysreg(0x11, pmevtyper0_el0);
	write_sysreg(0x08, pmevtyper1_el0);
	write_sysreg(0, pmselr_el0);
	isb();
}

TEST(twins, bad_unsynchronized_register_pmselr, .doc = "PMXEVTYPER_EL0 is read behind the write of PMSELR_EL0",
	.finding = "unsynchronized-register")
{
	prepare_counters();
	OBSERVE(TYPE_OF_COUNTER(1ul, ""), 8u);
}

TEST(twins, good_unsynchronized_register_pmselr, .doc = "PMXEVTYPER_EL0 is read behind PMSELR_EL0 and an ISB")
{
	prepare_counters();
	EXPECT_EQ(TYPE_OF_COUNTER(1ul, ISB), 8u);
}

/* The runtime's own: what each of its functions has written is in force when it returns. */

#define SGI 3

TEST(twins, good_unsynchronized_register_gic,
	.doc = "the CPU interface of a GICv3, by polling: each write is in force for what comes next", .needs = "gic")
{
	unsigned int point = gic_binary_point();
	uint64_t flags;
	uint32_t iar;

	if (gic_version() < 3)
		SKIP("a GICv2 has no system registers");
	flags = irq_save();
	gic_enable_irq(SGI);
	gic_send_sgi(cpu_index(), SGI);
	iar = gic_acknowledge();
	EXPECT_EQ(gic_intid(iar), (unsigned int)SGI);
	gic_set_split_end(true);
	gic_end(iar);
	gic_deactivate(iar);
	EXPECT_NE(gic_highest_pending(), (unsigned int)SGI);
	gic_set_split_end(false);
	if (cpu_count() == 1) { /* to nobody */
		gic_send_sgi_to_others(SGI);
		EXPECT_NE(gic_highest_pending(), (unsigned int)SGI);
	}
	gic_set_binary_point(point + 1);
	EXPECT_NE(gic_highest_pending(), (unsigned int)SGI);
	gic_set_binary_point(point);
	irq_restore(flags);
}

TEST(twins, good_unsynchronized_register_settle,
	.doc = "cpu_settle() gives back SIMD and floating point, and what follows may use it", .needs = "fp")
{
	uint64_t flags = irq_save();

	write_sysreg(0, cpacr_el1);
	/* From here on it is trapped. */
	isb();
	cpu_settle();
	asm volatile(".arch_extension fp\n\tfmov	d0, xzr" ::: "memory");
	irq_restore(flags);
}
