/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locks under contention: ours, and a ticket lock. What a critical section must guarantee is checked by the same code
 * in each test, and two more tests show that this code notices a lock that is broken.
 *
 * Bounded in time rather than in rounds: on an emulator with more CPUs than its host the holder of a lock may not run
 * for milliseconds. Each CPU gets the lock a few times all the same.
 */
#include <arch/barrier.h>
#include <limpid/delay.h>
#include <limpid/expect.h>
#include <limpid/smp.h>
#include <limpid/spinlock.h>
#include <limpid/test.h>
#include <limpid/types.h>

#define ROUNDS_MAX 1000000
#define ROUNDS_MIN 2
#define PAUSES     4
#define TIME_US    30000
/* For what happens in any case, sooner or later. */
#define NOBODY      0xffffffffu
#define CPUS_MAX    64

struct lock {
	void (*take)(struct lock *lock);
	void (*give)(struct lock *lock);
	struct spinlock spin;
	uint32_t next, serving; /* tickets */
	uint32_t last_served;
	bool unordered;  /* a ticket was served out of turn */
	uint32_t looked; /* CPUs that found the broken lock free */
};

/* What the lock protects: plain variables, so that only the lock orders the accesses. */
static struct {
	uint32_t owner;
	uint64_t count;
	uint64_t copies[8];
	struct lock *lock;
	bool meet;
	uint64_t deadline;
	uint32_t arrived;
	uint32_t inside; /* atomic, but a lock needs none of that: to see who else is in */
	uint32_t overlaps, torn;
	uint64_t done[CPUS_MAX];
} shared;

/* Waits until another CPU is, or has been, inside as well. */
static void meet_others(void)
{
	uint64_t start = counter_read(), ticks = counter_from_us(PATIENCE_US);

	while (!load_acquire(&shared.overlaps) && counter_read() - start < ticks)
		cpu_relax();
}

static void critical_section(void)
{
	uint32_t me = cpu_index();
	uint64_t count = *(volatile uint64_t *)&shared.count;

	if (__atomic_fetch_add(&shared.inside, 1, __ATOMIC_ACQ_REL))
		__atomic_fetch_add(&shared.overlaps, 1, __ATOMIC_RELAXED);
	if (*(volatile uint32_t *)&shared.owner != NOBODY)
		__atomic_fetch_add(&shared.overlaps, 1, __ATOMIC_RELAXED);
	*(volatile uint32_t *)&shared.owner = me;
	/* What the last holder wrote is all there. */
	for (unsigned int i = 0; i < ARRAY_SIZE(shared.copies); i++)
		if (((volatile uint64_t *)shared.copies)[i] != count)
			__atomic_fetch_add(&shared.torn, 1, __ATOMIC_RELAXED);
	/* Most of the time is spent in here, so that a CPU that is interrupted is, and others have a chance to intrude.
	 */
	for (unsigned int i = 0; i < PAUSES; i++)
		cpu_relax();
	if (shared.meet)
		meet_others();
	for (unsigned int i = 0; i < ARRAY_SIZE(shared.copies); i++)
		((volatile uint64_t *)shared.copies)[i] = count + 1;
	*(volatile uint64_t *)&shared.count = count + 1;
	*(volatile uint32_t *)&shared.owner = NOBODY;
	__atomic_fetch_sub(&shared.inside, 1, __ATOMIC_ACQ_REL);
}

static void contend(void *arg)
{
	uint64_t rounds = 0, most = *(uint64_t *)arg;

	/* One that begins alone may be through before the next one begins. */
	if (__atomic_add_fetch(&shared.arrived, 1, __ATOMIC_ACQ_REL) == cpu_count())
		store_release(&shared.deadline, counter_read() + counter_from_us(TIME_US));
	while (!load_acquire(&shared.deadline))
		cpu_relax();
	while (rounds < most && (rounds < ROUNDS_MIN || counter_read() < shared.deadline)) {
		shared.lock->take(shared.lock);
		critical_section();
		shared.lock->give(shared.lock);
		rounds++;
	}
	shared.done[cpu_index()] = rounds;
}

/* Lets all CPUs at the lock; returns how often it was held, all together. */
static uint64_t contend_for(struct lock *lock, bool meet, uint64_t rounds)
{
	uint64_t held = 0;

	shared = (typeof(shared)){.owner = NOBODY, .lock = lock, .meet = meet};
	/* They start at once, so start them before. */
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		cpu_start(cpu);
	on_each_cpu(contend, &rounds);
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		held += shared.done[cpu];
	return held;
}

static void expect_exclusive(struct lock *lock)
{
	uint64_t held = contend_for(lock, false, ROUNDS_MAX);

	EXPECT_EQ(shared.count, held);
	EXPECT_EQ(shared.overlaps, 0u);
	EXPECT_EQ(shared.torn, 0u);
	/* All have had it, or nothing was contended for. */
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		EXPECT_GT(shared.done[cpu], 0u);
}

static void take_spin(struct lock *lock)
{
	spin_lock(&lock->spin);
}

static void give_spin(struct lock *lock)
{
	spin_unlock(&lock->spin);
}

TEST(locks, spin, .doc = "spin_lock() excludes, and hands on what the last holder wrote", .cpus = 2,
	.source = "Arm ARM (DDI 0487), Load-Exclusive, Store-Exclusive; Load-Acquire, Store-Release")
{
	struct lock lock = {.take = take_spin, .give = give_spin};

	expect_exclusive(&lock);
}

/* A ticket lock: the exclusives take the ticket, acquire and release order the critical sections. */
static void take_ticket(struct lock *lock)
{
	uint32_t mine, next, failed;

	asm volatile("1:	ldxr	%w0, %3\n"
		     "	add	%w1, %w0, #1\n"
		     "	stxr	%w2, %w1, %3\n"
		     "	cbnz	%w2, 1b\n"
		     : "=&r"(mine), "=&r"(next), "=&r"(failed), "+Q"(lock->next)::"memory");
	while (load_acquire(&lock->serving) != mine)
		cpu_relax();
	if (mine != lock->last_served)
		lock->unordered = true;
	lock->last_served = mine + 1;
}

static void give_ticket(struct lock *lock)
{
	store_release(&lock->serving, lock->serving + 1);
}

TEST(locks, ticket, .doc = "a ticket lock excludes, hands on what the last holder wrote, and serves in turn", .cpus = 2,
	.source = "Arm ARM (DDI 0487), Load-Exclusive, Store-Exclusive; Load-Acquire, Store-Release")
{
	struct lock lock = {.take = take_ticket, .give = give_ticket};

	expect_exclusive(&lock);
	EXPECT_FALSE(lock.unordered);
	EXPECT_EQ(lock.next, lock.serving);
	EXPECT_EQ(lock.next, (uint32_t)shared.count);
}

/* Looks, waits until the other CPU has looked as well, and takes: a lock whose load and store are not one. */
static void take_broken(struct lock *lock)
{
	uint64_t start = counter_read(), ticks = counter_from_us(PATIENCE_US);

	while (*(volatile uint32_t *)&lock->spin.v)
		cpu_relax();
	__atomic_fetch_add(&lock->looked, 1, __ATOMIC_RELAXED);
	while (load_acquire(&lock->looked) < 2 && counter_read() - start < ticks)
		cpu_relax();
	*(volatile uint32_t *)&lock->spin.v = 1;
}

static void give_broken(struct lock *lock)
{
	*(volatile uint32_t *)&lock->spin.v = 0;
}

TEST(locks, broken_is_noticed, .doc = "the checks of these tests notice a lock that tests and sets in two steps",
	.cpus = 2)
{
	struct lock lock = {.take = take_broken, .give = give_broken};
	uint64_t held = contend_for(&lock, true, 1);

	EXPECT_GT(shared.overlaps, 0u);
	EXPECT_LT(shared.count, held);
}

static void nothing(struct lock *lock)
{
	(void)lock;
}

TEST(locks, missing_is_noticed, .doc = "the checks of these tests notice that there is no lock", .cpus = 2)
{
	struct lock lock = {.take = nothing, .give = nothing};
	uint64_t held = contend_for(&lock, true, 1);

	EXPECT_GT(shared.overlaps, 0u);
	EXPECT_LT(shared.count, held);
}

/* --- exclusives by themselves --- */

static uint64_t sum;

static void add_many(void *arg)
{
	uint64_t added = 0, value;
	uint32_t failed;

	while (added < ROUNDS_MAX && (added < ROUNDS_MIN || counter_read() < *(uint64_t *)arg)) {
		do
			asm volatile("ldxr %0, %2\n"
				     "add %0, %0, #1\n"
				     "stxr %w1, %0, %2"
				     : "=&r"(value), "=&r"(failed), "+Q"(sum)::"memory");
		while (failed);
		added++;
	}
	shared.done[cpu_index()] = added;
}

TEST(locks, exclusive_add, .doc = "increments by LDXR and STXR of all CPUs are all counted", .cpus = 2,
	.source = "Arm ARM (DDI 0487), Synchronization and semaphores")
{
	uint64_t deadline, added = 0;

	sum = 0;
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		cpu_start(cpu);
	deadline = counter_read() + counter_from_us(TIME_US);
	on_each_cpu(add_many, &deadline);
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		added += shared.done[cpu];
	EXPECT_EQ(sum, added);
	EXPECT_GT(added, 0u);
}
