/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RNDR and RNDRRS.
 */
#include <arch/exception.h>
#include <arch/feature.h>
#include <arch/sysreg.h>
#include <limpid/bitops.h>
#include <limpid/expect.h>
#include <limpid/smp.h>
#include <limpid/test.h>

#define SOURCE "Arm ARM (DDI 0487), RNDR, Random Number; RNDRRS, Reseeded Random Number"

/* A number and PSTATE.NZCV: Z says that there is none. A few tries, as the manual wants them: it may be short of them
 * for a while. */
#define DRAW_FUNCTION(name, reg)                                                                                   \
	static uint64_t name(void)                                                                                 \
	{                                                                                                          \
		uint64_t value, nzcv;                                                                              \
                                                                                                                   \
		for (int i = 0; i < 1000; i++) {                                                                   \
			asm volatile("mrs %0, " reg "\n\tmrs %1, nzcv" : "=r"(value), "=r"(nzcv)::"cc", "memory"); \
			if (!(nzcv & BIT(30)))                                                                     \
				return value;                                                                      \
			EXPECT_EQ(value, 0u);                                                                      \
		}                                                                                                  \
		FAIL("no number in a thousand tries");                                                             \
		return 0;                                                                                          \
	}

DRAW_FUNCTION(rndr, "S3_3_C2_C4_0")
DRAW_FUNCTION(rndrrs, "S3_3_C2_C4_1")

#define DRAWS 64

/* Two equal numbers in 64 of 64 bits are one in 2^53; half of the bits within 10 standard deviations. */
static void check_numbers(uint64_t (*draw)(void))
{
	uint64_t numbers[DRAWS], ones = 0;

	for (unsigned int i = 0; i < DRAWS; i++) {
		numbers[i] = draw();
		ones += popcount64(numbers[i]);
		for (unsigned int j = 0; j < i; j++)
			ASSERT_NE(numbers[i], numbers[j]);
	}
	EXPECT_GT(ones, (uint64_t)DRAWS * 32 - 320);
	EXPECT_LT(ones, (uint64_t)DRAWS * 32 + 320);
}

TEST(rng, rndr, .doc = "RNDR gives numbers that differ, about half of their bits set", .needs = "rng", .source = SOURCE)
{
	check_numbers(rndr);
}

TEST(rng, rndrrs, .doc = "RNDRRS gives numbers that differ, about half of their bits set", .needs = "rng",
	.source = SOURCE)
{
	check_numbers(rndrrs);
}

TEST(rng, flags, .doc = "a read that succeeds clears all of NZCV", .needs = "rng", .source = SOURCE)
{
	uint64_t value, nzcv = 0xf0000000;

	for (int i = 0; i < 1000 && nzcv; i++)
		asm volatile("msr nzcv, %2\n\tmrs %0, S3_3_C2_C4_0\n\tmrs %1, nzcv"
			     : "=&r"(value), "=&r"(nzcv)
			     : "r"(i & 1 ? 0xb0000000ul : 0xf0000000ul)
			     : "cc");
	EXPECT_EQ(nzcv, 0u);
}

static uint64_t drawn[64];

static void draw_on_cpu(void *arg)
{
	(void)arg;
	drawn[cpu_index()] = rndr();
}

TEST(rng, each_cpu, .doc = "CPUs that draw at the same time get different numbers", .needs = "rng", .cpus = 2,
	.source = SOURCE)
{
	on_each_cpu(draw_on_cpu, NULL);
	for (unsigned int i = 1; i < cpu_count(); i++)
		for (unsigned int j = 0; j < i; j++)
			EXPECT_NE(drawn[i], drawn[j]);
}

USER_ASM(user_rndr, "mrs x1, S3_3_C2_C4_0\n\tmrs x2, nzcv\n\tsvc #0xffff");

TEST(rng, el0, .doc = "EL0 may draw", .needs = "rng", .source = SOURCE)
{
	struct exception_frame frame;

	el0_run(user_rndr, 0, &frame);
	EXPECT_EQ(ESR_EC(frame.esr), EC_SVC64);
	EXPECT_EQ(frame.regs[2] & 0xb0000000, 0u);
}

static void draw(void *arg)
{
	*(uint64_t *)arg = rndr();
}

TEST(rng, absent, .doc = "on a CPU without FEAT_RNG reading RNDR is undefined", .source = SOURCE)
{
	struct exception_frame frame;
	uint64_t value;

	if (cpu_has("rng"))
		SKIP("the CPU has FEAT_RNG");
	ASSERT_TRUE(exception_catch(draw, &value, &frame));
	EXPECT_EQ(ESR_EC(frame.esr), EC_UNKNOWN);
}
