/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LSE: each atomic instruction once, and under contention; LSE2: what is single-copy atomic without being aligned.
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/feature.h>
#include <arch/sysreg.h>
#include <limpid/boot.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/smp.h>
#include <limpid/test.h>
#include "access.h"

#define SOURCE_LSE  "Arm ARM (DDI 0487), FEAT_LSE, Large System Extensions; Atomic instructions"
#define SOURCE_LSE2 "Arm ARM (DDI 0487), FEAT_LSE2; Changes to single-copy atomicity in Armv8.4"

#define LSE ".arch_extension lse\n\t"

/* One instruction on a word: what it returned. */
#define ATOMIC(insn, word, operand)                                                                                    \
	({                                                                                                             \
		uint64_t old_;                                                                                         \
		asm volatile(LSE insn " %1, %0, [%2]" : "=&r"(old_) : "r"((uint64_t)(operand)), "r"(word) : "memory"); \
		old_;                                                                                                  \
	})

struct operation {
	uint64_t (*run)(uint64_t *word, uint64_t operand);
	uint64_t before, operand, after;
};

#define OPERATION(name, insn)                                  \
	static uint64_t name(uint64_t *word, uint64_t operand) \
	{                                                      \
		return ATOMIC(insn, word, operand);            \
	}

/* clang-format off */
OPERATION(ldadd, "ldadd") OPERATION(ldadda, "ldadda") OPERATION(ldaddl, "ldaddl") OPERATION(ldaddal, "ldaddal")
OPERATION(ldclr, "ldclr") OPERATION(ldeor, "ldeor") OPERATION(ldset, "ldset") OPERATION(ldsmax, "ldsmax")
OPERATION(ldsmin, "ldsmin") OPERATION(ldumax, "ldumax") OPERATION(ldumin, "ldumin") OPERATION(swp, "swp")
OPERATION(swpal, "swpal")
	/* clang-format on */

	TEST(lse, operations, .doc = "each atomic returns the old value and leaves the new one", .needs = "lse",
		.source = SOURCE_LSE)
{
	static const uint64_t minus = ~UINT64_C(0);
	static const struct operation operations[] = {
		{ldadd, 5, 3, 8},
		{ldadda, minus, 1, 0},
		{ldaddl, 5, minus, 4},
		{ldaddal, 0x7fffffffffffffff, 1, 0x8000000000000000},
		{ldclr, 0xff, 0x0f, 0xf0},
		{ldeor, 0xff00ff00, 0xffff, 0xff0000ff},
		{ldset, 0xf0, 0x0f, 0xff},
		{ldsmax, 1, minus, 1},
		{ldsmin, 1, minus, minus},
		{ldumax, 1, minus, minus},
		{ldumin, 1, minus, 1},
		{swp, 0x1111, 0x2222, 0x2222},
		{swpal, 0x1111, 0x2222, 0x2222},
	};

	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		const struct operation *o = &operations[i];
		uint64_t word = o->before;
		bool good = EXPECT_EQ(o->run(&word, o->operand), o->before);

		if (!EXPECT_EQ(*(volatile uint64_t *)&word, o->after) || !good)
			INFO("operation %zu of the table", i);
	}
}

TEST(lse, narrow, .doc = "a byte or halfword atomic changes its own bytes and no others", .needs = "lse",
	.source = SOURCE_LSE)
{
	uint64_t word = 0x1122334455667788, old;

	asm volatile(LSE "ldaddb %w1, %w0, [%2]" : "=&r"(old) : "r"(0xff), "r"((char *)&word + 2) : "memory");
	EXPECT_EQ(old, 0x66u);
	EXPECT_EQ(*(volatile uint64_t *)&word, 0x1122334455657788u);
	asm volatile(LSE "swph %w1, %w0, [%2]" : "=&r"(old) : "r"(0xabcd), "r"((char *)&word + 4) : "memory");
	EXPECT_EQ(old, 0x3344u);
	EXPECT_EQ(*(volatile uint64_t *)&word, 0x1122abcd55657788u);
}

TEST(lse, compare_and_swap, .doc = "CAS swaps when the value is the one expected, and returns what it found",
	.needs = "lse", .source = SOURCE_LSE)
{
	uint64_t word = 10, expected = 10;

	asm volatile(LSE "casal %0, %1, [%2]" : "+r"(expected) : "r"(20ul), "r"(&word) : "memory");
	EXPECT_EQ(expected, 10u);
	EXPECT_EQ(*(volatile uint64_t *)&word, 20u);
	expected = 10;
	asm volatile(LSE "casal %0, %1, [%2]" : "+r"(expected) : "r"(30ul), "r"(&word) : "memory");
	EXPECT_EQ(expected, 20u);
	EXPECT_EQ(*(volatile uint64_t *)&word, 20u);
}

TEST(lse, compare_and_swap_pair, .doc = "CASP swaps two words when both are the ones expected", .needs = "lse",
	.source = SOURCE_LSE)
{
	uint64_t words[2] __attribute__((aligned(16))) = {1, 2};
	register uint64_t x0 asm("x0") = 1, x1 asm("x1") = 2, x2 asm("x2") = 3, x3 asm("x3") = 4;

	asm volatile(LSE "caspal x0, x1, x2, x3, [%4]" : "+r"(x0), "+r"(x1) : "r"(x2), "r"(x3), "r"(words) : "memory");
	EXPECT_EQ(((volatile uint64_t *)words)[0], 3u);
	EXPECT_EQ(((volatile uint64_t *)words)[1], 4u);

	register uint64_t y0 asm("x0") = 3, y1 asm("x1") = 5, y2 asm("x2") = 7, y3 asm("x3") = 8;

	asm volatile(LSE "caspal x0, x1, x2, x3, [%4]" : "+r"(y0), "+r"(y1) : "r"(y2), "r"(y3), "r"(words) : "memory");
	EXPECT_EQ(((volatile uint64_t *)words)[0], 3u);
	EXPECT_EQ(((volatile uint64_t *)words)[1], 4u);
}

#define WINDOWS 4

/* Long enough for two CPUs to be at it at once, also where they are threads of an emulator; but not longer with many.
 */
static unsigned int window_size(void)
{
	return 40000 / cpu_count();
}

static uint64_t counter;
static uint32_t arrived;

/* All CPUs begin each window together, or the first may be done before the last one starts. No YIELD: that takes an
 * emulator long. */
static void meet(unsigned int window)
{
	__atomic_fetch_add(&arrived, 1, __ATOMIC_ACQ_REL);
	while (load_acquire(&arrived) < (window + 1) * cpu_count())
		options.check ? cpu_relax() : (void)0;
}

static void count(void *arg)
{
	unsigned int size = window_size();

	(void)arg;
	for (unsigned int window = 0; window < WINDOWS; window++) {
		meet(window);
		for (unsigned int i = 0; i < size; i++)
			ATOMIC("ldadd", &counter, 1);
	}
}

TEST(lse, contention, .doc = "all CPUs add to one word, and no addition is lost", .needs = "lse", .cpus = 2,
	.source = SOURCE_LSE)
{
	counter = 0;
	arrived = 0;
	on_each_cpu(count, NULL);
	EXPECT_EQ(counter, (uint64_t)WINDOWS * window_size() * cpu_count());
}

static void count_exclusive(void *arg)
{
	unsigned int size = window_size();

	(void)arg;
	for (unsigned int window = 0; window < WINDOWS; window++) {
		meet(window);
		for (unsigned int i = 0; i < size; i++)
			asm volatile("1:	ldxr	x0, [%0]\n"
				     "	add	x0, x0, #1\n"
				     "	stxr	w1, x0, [%0]\n"
				     "	cbnz	w1, 1b\n" ::"r"(&counter)
				     : "x0", "x1", "memory");
	}
}

static void count_either(void *arg)
{
	if (cpu_index() & 1)
		count(arg);
	else
		count_exclusive(arg);
}

TEST(lse, with_exclusives, .doc = "atomics and exclusives on one word: no addition is lost", .needs = "lse", .cpus = 2,
	.source = SOURCE_LSE)
{
	counter = 0;
	arrived = 0;
	on_each_cpu(count_either, NULL);
	EXPECT_EQ(counter, (uint64_t)WINDOWS * window_size() * cpu_count());
}

static void atomic_add(void *address)
{
	ATOMIC("ldadd", address, 1);
}

TEST(lse, unaligned, .doc = "an atomic that crosses 16 bytes is an alignment fault", .needs = "lse",
	.source = "Arm ARM (DDI 0487), Alignment of data accesses")
{
	uint64_t words[4] __attribute__((aligned(32))) = {0};
	struct exception_frame frame;

	/* WnR is left out: whether a read would have faulted in the same way depends on which kind of read. */
	ASSERT_TRUE(exception_catch(atomic_add, (char *)words + 12, &frame));
	EXPECT_EQ(ESR_EC(frame.esr), EC_DATA_ABORT_SAME);
	EXPECT_EQ(ESR_FSC(frame.esr), (uint64_t)FSC_ALIGNMENT);
	EXPECT_EQ(frame.far, (uint64_t)(uintptr_t)((char *)words + 12));
	EXPECT_EQ(words[1] | words[2], 0u);
}

static void atomic_in_one_page(void *address)
{
	ATOMIC("ldset", address, 1);
}

TEST(lse, read_only, .doc = "an atomic on a read-only page is a permission fault of a write", .needs = "lse",
	.source = "Arm ARM (DDI 0487), ESR_EL1, ISS encoding for an exception from a Data Abort, WnR")
{
	pa_t page = get_page();
	va_t va = mmu_reserve_va(page_size());

	mmu_map(va, page, page_size(), MEM_NORMAL_WB, PROT_READ);
	expect_fault_at(atomic_in_one_page, va, EC_DATA_ABORT_SAME, FSC_PERMISSION, 3, true);
	mmu_unmap(va, page_size());
	page_free(page, 0);
}

/*
 * LSE2. Two CPUs store and load at an odd address inside of 16 bytes: the loads see all of one store.
 */

struct torn {
	uint8_t bytes[32] __attribute__((aligned(32)));
	uint32_t stop;
};

static void store_patterns(void *arg)
{
	struct torn *t = arg;

	for (uint64_t i = 0; !load_acquire(&t->stop); i++)
		asm volatile("str %0, [%1]" ::"r"(i & 1 ? 0x1111111111111111 : 0x2222222222222222), "r"(t->bytes + 3)
			     : "memory");
}

TEST(lse2, unaligned_atomicity, .doc = "an unaligned 8-byte access within 16 bytes is single-copy atomic",
	.needs = "lse2", .cpus = 2, .source = SOURCE_LSE2)
{
	static struct torn t;
	uint64_t got;

	t.stop = 0;
	asm volatile("str %0, [%1]" ::"r"(0x1111111111111111ul), "r"(t.bytes + 3) : "memory");
	on_cpu_async(1, store_patterns, &t);
	for (int i = 0; i < 20000; i++) {
		asm volatile("ldr %0, [%1]" : "=r"(got) : "r"(t.bytes + 3) : "memory");
		if (got != 0x1111111111111111 && got != 0x2222222222222222) {
			FAIL("read 0x%lx: half of one store and half of another", got);
			break;
		}
	}
	store_release(&t.stop, 1);
	cpu_wait(1);
}

static void store_pairs(void *arg)
{
	struct torn *t = arg;

	for (uint64_t i = 0; !load_acquire(&t->stop); i++)
		asm volatile("stp %0, %0, [%1]" ::"r"(i), "r"(t->bytes) : "memory");
}

TEST(lse2, pair_atomicity, .doc = "LDP and STP of 16 aligned bytes are single-copy atomic", .needs = "lse2", .cpus = 2,
	.source = SOURCE_LSE2)
{
	static struct torn t;
	uint64_t a, b;

	t.stop = 0;
	asm volatile("stp xzr, xzr, [%0]" ::"r"(t.bytes) : "memory");
	on_cpu_async(1, store_pairs, &t);
	for (int i = 0; i < 20000; i++) {
		asm volatile("ldp %0, %1, [%2]" : "=&r"(a), "=&r"(b) : "r"(t.bytes) : "memory");
		if (a != b) {
			FAIL("read 0x%lx and 0x%lx: two stores", a, b);
			break;
		}
	}
	store_release(&t.stop, 1);
	cpu_wait(1);
}

static void load_exclusive(void *address)
{
	uint64_t value;

	asm volatile("ldaxr %0, [%1]\n\tclrex" : "=r"(value) : "r"(address) : "memory");
}

TEST(lse2, exclusive_within_16, .doc = "an unaligned exclusive within 16 bytes works", .needs = "lse2",
	.source = SOURCE_LSE2)
{
	uint64_t words[4] __attribute__((aligned(32))) = {0};
	struct exception_frame frame;

	if (!EXPECT_FALSE(exception_catch(load_exclusive, (char *)words + 4, &frame)))
		INFO("ESR 0x%lx", frame.esr);
}

TEST(lse2, not_aligned_without, .doc = "without FEAT_LSE2 an unaligned exclusive is an alignment fault",
	.source = "Arm ARM (DDI 0487), Alignment of data accesses")
{
	uint64_t words[4] __attribute__((aligned(32))) = {0};

	if (cpu_has("lse2"))
		SKIP("the CPU has FEAT_LSE2");
	struct exception_frame frame;

	ASSERT_TRUE(exception_catch(load_exclusive, (char *)words + 4, &frame));
	EXPECT_EQ(ESR_EC(frame.esr), EC_DATA_ABORT_SAME);
	EXPECT_EQ(ESR_FSC(frame.esr), (uint64_t)FSC_ALIGNMENT);
}
