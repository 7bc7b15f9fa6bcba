/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Twins of unsynchronized-register: what a direct write of a system register governs follows with no context
 * synchronization event between. twin.h says what twins are.
 */
#include <arch/exception.h>
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

/* TTBR0_EL1's ASID tags what walks bring in. */
#define LOAD_BEHIND_ASID(address, between)                                                 \
	({                                                                                 \
		uint64_t loaded_, ttbr_, other_;                                           \
		asm volatile(MASKED("	mrs	%1, ttbr0_el1\n"                                 \
				    "	eor	%2, %1, #(1 << 48)\n"                            \
				    "	msr	ttbr0_el1, %2\n" between "	ldr	%0, [%3]\n" \
				    "	msr	ttbr0_el1, %1\n"                                 \
				    "	isb\n"                                               \
				    "	tlbi	vmalle1\n"                                      \
				    "	dsb	nsh\n"                                           \
				    "	isb\n")                                            \
			     : "=&r"(loaded_), "=&r"(ttbr_), "=&r"(other_)                 \
			     : "r"(address)                                                \
			     : "memory");                                                  \
		loaded_;                                                                   \
	})

TEST(twins, bad_unsynchronized_register_ttbr, .doc = "a load behind the write of TTBR0_EL1",
	.finding = "unsynchronized-register")
{
	OBSERVE(LOAD_BEHIND_ASID(&word, ""), 9u);
}

TEST(twins, good_unsynchronized_register_ttbr, .doc = "a load behind TTBR0_EL1 and an ISB")
{
	EXPECT_EQ(LOAD_BEHIND_ASID(&word, ISB), 9u);
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
