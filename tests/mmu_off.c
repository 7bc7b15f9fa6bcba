/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every way to switch the MMU off that was on the table when the maintainers of a well-known test suite argued about
 * it, and ours: docs/explanation/mmu-off.md tells the story and has the verdicts.
 *
 * Each test is one sequence of mmu_off_sequences.S: C code stores the bounds of what is to be cleaned and a word; the
 * sequence switches off; with the MMU off the word is read, another written and read; on again, both are read. What the
 * sanitizer is to find is in the descriptors. Without caches, as in an emulator, all pass: `limpid check --inject`
 * gives the guest what hardware may give, and then those fail that the sanitizer calls wrong.
 *
 * Nothing is printed and no lock is taken before the MMU is on again.
 */
#include <stddef.h>
#include <arch/barrier.h>
#include <arch/sysreg.h>
#include <limpid/cache.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/smp.h>
#include <limpid/test.h>
#include "mmu_off.h"

struct story {
	volatile uint64_t bounds[2] __attribute__((aligned(128))); /* phys_offset, phys_end */
	volatile uint64_t before __attribute__((aligned(128)));
	volatile uint64_t during __attribute__((aligned(128)));
	volatile uint64_t after __attribute__((aligned(128)));
};
_Static_assert(offsetof(struct story, bounds) == STORY_BOUNDS, "mmu_off_sequences.S");
_Static_assert(offsetof(struct story, before) == STORY_BEFORE, "mmu_off_sequences.S");
_Static_assert(offsetof(struct story, during) == STORY_DURING, "mmu_off_sequences.S");
_Static_assert(offsetof(struct story, after) == STORY_AFTER, "mmu_off_sequences.S");
_Static_assert(sizeof(struct story) == STORY_SIZE, "mmu_off_sequences.S");

struct outcome {
	uint64_t off_before, off_during, off_frame; /* read with the MMU off */
	uint64_t on_before, on_during, on_after;    /* and when it was on again */
};
_Static_assert(offsetof(struct outcome, off_before) == OUTCOME_OFF_BEFORE, "mmu_off_sequences.S");
_Static_assert(offsetof(struct outcome, off_frame) == OUTCOME_OFF_FRAME, "mmu_off_sequences.S");
_Static_assert(offsetof(struct outcome, on_during) == OUTCOME_ON_DURING, "mmu_off_sequences.S");

typedef void sequence(struct story *story, struct outcome *outcome, uint64_t on, uintptr_t start, uintptr_t end);
sequence mmu_off_a, mmu_off_b, mmu_off_c, mmu_off_d, mmu_off_e, mmu_off_g, mmu_off_h, mmu_off_i, mmu_off_k, mmu_off_l;

/*
 * The "RAM" between the bounds: all that the sequences touch but for their frames. That it is not more costs no
 * generality, since a line has no effect on another, and saves some million DCs a run.
 */
static struct story story;

/* Memory has the older values, and no cache has anything. */
static void story_open(void)
{
	story.bounds[0] = story.bounds[1] = 0;
	story.before = story.during = story.after = OLDER;
	dcache_clean_invalidate_poc(&story, sizeof(story));
}

static void write_bounds(void)
{
	story.bounds[0] = (uintptr_t)&story;
	story.bounds[1] = (uintptr_t)(&story + 1);
}

static void judge(const struct outcome *outcome)
{
	EXPECT_EQ(outcome->off_before, (uint64_t)BEFORE_WRITES);
	EXPECT_EQ(outcome->off_during, (uint64_t)DURING_WRITES);
	EXPECT_EQ(outcome->off_frame, (uint64_t)FRAME_WRITES);
	EXPECT_EQ(outcome->on_before, (uint64_t)BEFORE_WRITES);
	EXPECT_EQ(outcome->on_during, (uint64_t)DURING_WRITES);
	EXPECT_EQ(outcome->on_after, (uint64_t)AFTER_WRITES);
}

/*
 * The stores up to here come before the DCs of a sequence that has no barrier before its switch: with the MMU off their
 * addresses are Device, and order them behind nothing. One mistake at a time; twins.bad_maintenance_order_mmu_off makes
 * this one.
 */
static void stores_first(void)
{
	dsb(sy);
}

static void run(sequence *sequence, unsigned int on)
{
	struct outcome outcome = {0};

	story_open();
	write_bounds();
	story.before = BEFORE_WRITES;
	stores_first();
	sequence(&story, &outcome, on, (uintptr_t)&story, (uintptr_t)(&story + 1));
	judge(&outcome);
}

/* No other CPU runs: one that a test before has started is off. */
static void alone(void)
{
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		cpu_stop(cpu);
}

/* Another CPU runs, its MMU and caches on, and so may bring anything into a cache at any time. */
static uint32_t stop_running __attribute__((aligned(128)));

static void keep_running(void *unused)
{
	(void)unused;
	while (!load_acquire(&stop_running))
		cpu_relax();
}

static void accompanied(void)
{
	store_release(&stop_running, 0);
	on_cpu_async(1, keep_running, NULL);
}

static void leave(void)
{
	store_release(&stop_running, 1);
	cpu_wait(1);
}

static void run_alone(sequence *sequence, unsigned int on)
{
	alone();
	run(sequence, on);
}

static void run_accompanied(sequence *sequence, unsigned int on)
{
	accompanied();
	run(sequence, on);
	leave();
}

#define SOURCE "Arm ARM (DDI 0487), \"Mismatched memory attributes\", \"The AArch64 cache maintenance functionality\""

/* One CPU, and then the same with a second one running. */
#define SEQUENCE(name, letter, on_, ...)                   \
	TEST(mmu_off, name, .source = SOURCE, __VA_ARGS__) \
	{                                                  \
		run_alone(mmu_off_##letter, on_);          \
	}
#define SEQUENCE_2CPUS(name, letter, on_, ...)                        \
	TEST(mmu_off, name, .source = SOURCE, .cpus = 2, __VA_ARGS__) \
	{                                                             \
		run_accompanied(mmu_off_##letter, on_);               \
	}

SEQUENCE(a_load_after, a, ON_PLAIN, .flags = TEST_TELLS, .finding = "stale-memory-read",
	.doc = "M off, ISB, bounds from memory, DC CIVAC, DSB: the bounds are still in the cache")
SEQUENCE(b_clean_before, b, ON_PLAIN, .flags = TEST_TELLS, .finding = "stale-cache-read",
	.doc = "bounds, DC CIVAC, DSB, M off: lines come back before the switch")
SEQUENCE(c_cvau, c, ON_PLAIN, .flags = TEST_TELLS, .finding = "stale-memory-read",
	.doc = "A behind DC CVAU of the bounds and DSB: they are at the PoU, not at the PoC")
SEQUENCE(d_cvac, d, ON_PLAIN, .doc = "A behind DC CVAC of the bounds and DSB")
SEQUENCE(e_clean_twice, e, ON_PLAIN, .doc = "B, and the loop again after the switch, bounds in registers")
SEQUENCE(g_no_dsb, g, ON_PLAIN, .flags = TEST_TELLS, .finding = "incomplete-maintenance",
	.doc = "D without the DSB behind DC CVAC")
SEQUENCE(h_no_isb, h, ON_PLAIN, .flags = TEST_TELLS, .finding = "unsynchronized-register",
	.doc = "D without the ISB behind the switch")
SEQUENCE(i_frame_between, i, ON_PLAIN, .flags = TEST_TELLS, .finding = "lost-write",
	.doc = "switch, a function with a stack frame, DC CIVAC: the old line is written back over the frame")
SEQUENCE(k_frame_after_clean, k, ON_INVALIDATE, .flags = TEST_TELLS, .finding = "stale-memory-read",
	.doc = "DC CIVAC, a function with a stack frame, switch: the frame is in the cache")

SEQUENCE(l_bounds_before, l, ON_PLAIN, .doc = "A with the bounds loaded before the switch: the patch")

static void run_ours(void)
{
	struct outcome outcome;

	story_open();
	write_bounds();
	story.before = BEFORE_WRITES;
	mmu_disable();
	outcome.off_before = story.before;
	story.during = DURING_WRITES;
	outcome.off_during = story.during;
	outcome.off_frame = FRAME_WRITES;
	mmu_enable();
	outcome.on_before = story.before;
	outcome.on_during = story.during;
	story.after = AFTER_WRITES;
	outcome.on_after = story.after;
	judge(&outcome);
}

TEST(mmu_off, f_mmu_disable, .source = SOURCE, .doc = "mmu_disable() and mmu_enable() of this runtime")
{
	alone();
	run_ours();
}

/* J: the bounds were written before the MMU was ever on, as the boot protocol of Linux has it. */
static void run_boot_protocol(unsigned int on)
{
	struct outcome outcome = {0};

	story_open();
	mmu_disable();
	write_bounds();
	mmu_enable();
	story.before = BEFORE_WRITES;
	stores_first();
	mmu_off_a(&story, &outcome, on, 0, 0);
	judge(&outcome);
}

TEST(mmu_off, j_bounds_written_off, .source = SOURCE, .doc = "A, the bounds written with the MMU off")
{
	alone();
	run_boot_protocol(ON_PLAIN);
}

/*
 * With a second CPU running. It may allocate what the sequence has invalidated, so that who was right with one CPU has
 * to invalidate again before he switches on (ON_INVALIDATE), or reads his own writes' predecessors (ON_PLAIN).
 */
SEQUENCE_2CPUS(a_load_after_2cpus, a, ON_INVALIDATE, .flags = TEST_TELLS, .finding = "stale-memory-read",
	.doc = "A, invalidated before the MMU is on again")
SEQUENCE_2CPUS(b_clean_before_2cpus, b, ON_PLAIN, .flags = TEST_TELLS, .finding = "stale-cache-read", .doc = "B")
SEQUENCE_2CPUS(c_cvau_2cpus, c, ON_INVALIDATE, .flags = TEST_TELLS, .finding = "stale-memory-read",
	.doc = "C, invalidated before the MMU is on again")
SEQUENCE_2CPUS(d_cvac_2cpus, d, ON_PLAIN, .flags = TEST_TELLS, .finding = "stale-cache-read",
	.doc = "D: the other CPU allocates")
SEQUENCE_2CPUS(d_cvac_2cpus_on, d, ON_INVALIDATE, .doc = "D, invalidated before the MMU is on again")
SEQUENCE_2CPUS(e_clean_twice_2cpus, e, ON_PLAIN, .flags = TEST_TELLS, .finding = "stale-cache-read",
	.doc = "E: the other CPU allocates")
SEQUENCE_2CPUS(e_clean_twice_2cpus_on, e, ON_INVALIDATE, .doc = "E, invalidated before the MMU is on again")
SEQUENCE_2CPUS(g_no_dsb_2cpus, g, ON_INVALIDATE, .flags = TEST_TELLS, .finding = "incomplete-maintenance",
	.doc = "G, invalidated before the MMU is on again")
SEQUENCE_2CPUS(h_no_isb_2cpus, h, ON_INVALIDATE, .flags = TEST_TELLS, .finding = "unsynchronized-register",
	.doc = "H, invalidated before the MMU is on again")
SEQUENCE_2CPUS(i_frame_between_2cpus, i, ON_INVALIDATE, .flags = TEST_TELLS, .finding = "lost-write",
	.doc = "I, invalidated before the MMU is on again")

SEQUENCE_2CPUS(l_bounds_before_2cpus, l, ON_PLAIN, .flags = TEST_TELLS, .finding = "stale-cache-read",
	.doc = "L: the other CPU allocates")
SEQUENCE_2CPUS(l_bounds_before_2cpus_on, l, ON_INVALIDATE, .doc = "L, invalidated before the MMU is on again")

TEST(mmu_off, f_mmu_disable_2cpus, .source = SOURCE, .cpus = 2, .doc = "F")
{
	accompanied();
	run_ours();
	leave();
}

TEST(mmu_off, j_bounds_written_off_2cpus, .source = SOURCE, .cpus = 2, .flags = TEST_TELLS,
	.finding = "stale-cache-read", .doc = "J: the other CPU allocates")
{
	accompanied();
	run_boot_protocol(ON_PLAIN);
	leave();
}

/* Of the linker script: the image's code and constants. */
extern const uint64_t _image_start[], _text_end[];

static uint64_t sum_of_text(void)
{
	uint64_t sum = 0;

	for (const volatile uint64_t *word = _image_start; word < _text_end; word++)
		sum = sum * 31 + *word;
	return sum;
}

/*
 * What is fetched with the MMU off must be in memory. A fetch cannot be compared, so the text is read as data. UEFI
 * does not promise it: the runtime has to clean its text when it was loaded (guest/boot/efi.c).
 */
TEST(mmu_off, text, .source = "UEFI 2.10, 2.3.6 \"AArch64 Platforms\"",
	.doc = "the image's text is in memory, where a fetch with the MMU off may look")
{
	uint64_t on = sum_of_text(), off;

	mmu_disable();
	off = sum_of_text();
	mmu_enable();
	EXPECT_EQ(off, on);
}
