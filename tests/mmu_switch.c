/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MMU off and on: data and stack stay what they are, in both directions, whatever the caches hold.
 *
 * Without caches, as in an emulator, such a test passes whatever mmu_disable() does. It is the sanitizer that judges
 * it.
 */
#include <arch/barrier.h>
#include <arch/sysreg.h>
#include <limpid/alloc.h>
#include <limpid/cache.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/smp.h>
#include <limpid/string.h>
#include <limpid/test.h>

#define WORDS 512

static uint64_t in_image[WORDS];

static void fill(volatile uint64_t *words, uint64_t seed)
{
	for (size_t i = 0; i < WORDS; i++)
		words[i] = seed + i;
}

/* The index of the first word that differs, or WORDS. */
static size_t first_difference(const volatile uint64_t *words, uint64_t seed)
{
	for (size_t i = 0; i < WORDS; i++)
		if (words[i] != seed + i)
			return i;
	return WORDS;
}

TEST(mmu_switch, state, .doc = "SCTLR.M and C follow the switch", .source = "Arm ARM (DDI 0487), SCTLR_EL1")
{
	uint64_t off, on;

	EXPECT_TRUE(mmu_enabled());
	mmu_disable();
	off = read_sysreg(sctlr_el1);
	mmu_enable();
	on = read_sysreg(sctlr_el1);
	EXPECT_EQ(off & 5, 0u);
	EXPECT_EQ(on & 5, 5u);
}

TEST(mmu_switch, dirty_data, .doc = "what was written with the MMU on is read with it off: image, stack and heap")
{
	uint64_t on_stack[WORDS], *on_heap = malloc(sizeof(on_stack));
	size_t image, stack, heap;

	ASSERT_NE(on_heap, NULL);
	fill(in_image, 1000);
	fill(on_stack, 2000);
	fill(on_heap, 3000);
	mmu_disable();
	image = first_difference(in_image, 1000);
	stack = first_difference(on_stack, 2000);
	heap = first_difference(on_heap, 3000);
	mmu_enable();
	EXPECT_EQ(image, (size_t)WORDS);
	EXPECT_EQ(stack, (size_t)WORDS);
	EXPECT_EQ(heap, (size_t)WORDS);
	free(on_heap);
}

TEST(mmu_switch, written_while_off,
	.doc = "what was written with the MMU off is read with it on: image, stack and heap")
{
	uint64_t on_stack[WORDS], *on_heap = malloc(sizeof(on_stack));

	ASSERT_NE(on_heap, NULL);
	/* Old values, dirty; then old values, clean and in the cache: either may hide the new ones. */
	for (int clean = 0; clean < 2; clean++) {
		fill(in_image, 1);
		fill(on_stack, 2);
		fill(on_heap, 3);
		if (clean) {
			dcache_clean_poc(in_image, sizeof(in_image));
			dcache_clean_poc(on_stack, sizeof(on_stack));
			dcache_clean_poc(on_heap, sizeof(on_stack));
		}
		mmu_disable();
		fill(in_image, 1001);
		fill(on_stack, 2001);
		fill(on_heap, 3001);
		mmu_enable();
		EXPECT_EQ(first_difference(in_image, 1001), (size_t)WORDS);
		EXPECT_EQ(first_difference(on_stack, 2001), (size_t)WORDS);
		EXPECT_EQ(first_difference(on_heap, 3001), (size_t)WORDS);
	}
	free(on_heap);
}

__attribute__((noinline)) static uint64_t recurse(unsigned int depth, bool off)
{
	volatile uint64_t mine = depth;

	if (!depth) {
		if (off)
			mmu_disable();
		else
			mmu_enable();
		return 0;
	}
	return recurse(depth - 1, off) + mine;
}

TEST(mmu_switch, deep_stack, .doc = "frames made before the switch are returned through after it, in both directions")
{
	uint64_t off = recurse(50, true), on = recurse(50, false);

	EXPECT_EQ(off, 50u * 51 / 2);
	EXPECT_EQ(on, 50u * 51 / 2);
	EXPECT_TRUE(mmu_enabled());
}

TEST(mmu_switch, repeated, .doc = "a value that is counted up in turns, on and off, loses nothing")
{
	static volatile uint64_t counter;

	counter = 0;
	for (int i = 0; i < 20; i++) {
		counter++;
		mmu_disable();
		counter++;
		mmu_enable();
	}
	EXPECT_EQ(counter, 40u);
}

TEST(mmu_switch, nothing_to_do, .doc = "disabling what is off and enabling what is on does nothing")
{
	mmu_enable();
	EXPECT_TRUE(mmu_enabled());
	mmu_disable();
	mmu_disable();
	mmu_enable();
	EXPECT_TRUE(mmu_enabled());
}

static uint64_t shared[WORDS];

struct secondary {
	size_t read_off, read_on;
};

static void switch_on_secondary(void *arg)
{
	struct secondary *result = arg;

	mmu_disable();
	result->read_off = first_difference(shared, 5000);
	fill(shared, 6000);
	mmu_enable();
	result->read_on = first_difference(shared, 6000);
}

TEST(mmu_switch, on_secondary, .doc = "the same on another CPU, with data that this one wrote and reads back",
	.cpus = 2)
{
	struct secondary result = {0};

	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++) {
		fill(shared, 5000);
		on_cpu(cpu, switch_on_secondary, &result);
		EXPECT_EQ(result.read_off, (size_t)WORDS);
		EXPECT_EQ(result.read_on, (size_t)WORDS);
		EXPECT_EQ(first_difference(shared, 6000), (size_t)WORDS);
	}
}

/* Every CPU switches by itself; the others wait with theirs on. */
TEST(mmu_switch, each_cpu, .doc = "every CPU in turn switches off and on while the others run with their caches on",
	.cpus = 2)
{
	struct secondary result;

	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++) {
		fill(shared, 5000);
		on_cpu(cpu, switch_on_secondary, &result);
		EXPECT_EQ(result.read_off, (size_t)WORDS);
		EXPECT_EQ(result.read_on, (size_t)WORDS);
	}
}
