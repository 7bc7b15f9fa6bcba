/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sieve of Eratosthenes: a program that does a lot with memory and has one known answer, with the MMU on, off, and
 * on all CPUs at once.
 */
#include <limpid/alloc.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/smp.h>
#include <limpid/string.h>
#include <limpid/test.h>

/* Primes below a power of two. Source: OEIS A007053. */
#define BITS_ON    17
#define BELOW_ON   12251
#define BITS_OFF   12
#define BELOW_OFF  564
#define BITS_EACH  14
#define BELOW_EACH 1900

static unsigned int primes_below(volatile uint8_t *composite, uint32_t end)
{
	unsigned int primes = 0;

	for (uint32_t i = 0; i < end; i++)
		composite[i] = 0;
	for (uint32_t i = 2; i < end; i++) {
		if (composite[i])
			continue;
		primes++;
		for (uint64_t multiple = (uint64_t)i * i; multiple < end; multiple += i)
			composite[multiple] = 1;
	}
	return primes;
}

TEST(sieve, cached, .doc = "the sieve finds the 12,251 primes below 2^17")
{
	uint8_t *composite = malloc(1u << BITS_ON);

	ASSERT_NE(composite, NULL);
	EXPECT_EQ(primes_below(composite, 1u << BITS_ON), (unsigned int)BELOW_ON);
	free(composite);
}

TEST(sieve, mmu_off,
	.doc = "with the MMU off the sieve finds the 564 primes below 2^12; the memory is the same after it",
	.source = "Arm ARM (DDI 0487), The effects of disabling a stage of address translation")
{
	uint8_t *composite = malloc(1u << BITS_OFF), *copy = malloc(1u << BITS_OFF);
	unsigned int found;

	ASSERT_NE(composite, NULL);
	ASSERT_NE(copy, NULL);
	mmu_disable();
	found = primes_below(composite, 1u << BITS_OFF);
	mmu_enable();
	EXPECT_EQ(found, (unsigned int)BELOW_OFF);
	EXPECT_EQ(primes_below(copy, 1u << BITS_OFF), (unsigned int)BELOW_OFF);
	EXPECT_MEMEQ(composite, copy, 1u << BITS_OFF);
	free(composite);
	free(copy);
}

static void sieve_here(void *arg)
{
	uint8_t *composite = malloc(1u << BITS_EACH);

	(void)arg;
	ASSERT_NE(composite, NULL);
	EXPECT_EQ(primes_below(composite, 1u << BITS_EACH), (unsigned int)BELOW_EACH);
	free(composite);
}

TEST(sieve, each_cpu, .doc = "all CPUs at once find the 1,900 primes below 2^14", .cpus = 2)
{
	on_each_cpu(sieve_here, NULL);
}
