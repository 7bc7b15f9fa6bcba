/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Litmus tests: the classical shapes of two to four CPUs and one or two variables, each many times. Where barriers,
 * acquire and release, or a dependency forbid an outcome, it must not be seen; without them it may be, and the test
 * reports how often it was. An emulator on a strongly ordered host shows little: these are for hardware.
 *
 * Names and shapes as in Alglave, Maranget, Tautschnig, "Herding Cats".
 */
#include <arch/barrier.h>
#include <limpid/alloc.h>
#include <limpid/boot.h>
#include <limpid/delay.h>
#include <limpid/expect.h>
#include <limpid/smp.h>
#include <limpid/string.h>
#include <limpid/test.h>
#include <limpid/types.h>

#define SHOTS    1024 /* in a row, between two meetings of the CPUs */
#define BATCHES  4
#define TIME_US  30000
#define CPUS_MAX 4

#define MEMORY_MODEL "Arm ARM (DDI 0487), Definition of the Armv8 memory model"

/* Each variable in a line of its own, and so are the results. */
struct shot {
	uint64_t x __attribute__((aligned(64)));
	uint64_t y __attribute__((aligned(64)));
	uint64_t r[CPUS_MAX] __attribute__((aligned(64)));
};

typedef void (*thread)(struct shot *shot);

struct shape {
	unsigned int cpus;
	thread threads[CPUS_MAX];
	bool (*relaxed)(const struct shot *shot); /* the outcome in question */
};

static struct {
	const struct shape *shape;
	struct shot *shots;
	uint32_t arrived, go; /* of the meeting */
	uint32_t batches;
	uint64_t deadline;
	uint64_t seen, runs;
	uint64_t abreast; /* shots that CPU 0 found CPU 1 at */
} run;

/* How far each CPU is, in a line of its own. */
static struct {
	uint32_t shot __attribute__((aligned(64)));
} progress[CPUS_MAX];

/* The fewer instructions lie between the CPUs, the more outcomes are seen. A CPU that does not run is not waited for.
 */
#define WAIT_MAX 30

static void approach(unsigned int me, uint32_t shot)
{
	unsigned int wait = WAIT_MAX;

	*(volatile uint32_t *)&progress[me].shot = shot;
	for (unsigned int cpu = 0; cpu < run.shape->cpus; cpu++)
		while (wait && *(volatile uint32_t *)&progress[cpu].shot < shot)
			wait--;
	if (!me && *(volatile uint32_t *)&progress[1].shot == shot)
		run.abreast++;
}

/* All CPUs of the shape leave together. */
static void meet(uint32_t batch)
{
	if (__atomic_add_fetch(&run.arrived, 1, __ATOMIC_ACQ_REL) == run.shape->cpus * (batch + 1))
		store_release(&run.go, batch + 1);
	while (load_acquire(&run.go) != batch + 1)
		cpu_relax();
}

static void count_outcomes(void)
{
	for (unsigned int i = 0; i < SHOTS; i++)
		run.seen += run.shape->relaxed(&run.shots[i]);
	run.runs += SHOTS;
	memset(progress, 0, sizeof(progress));
	memset(run.shots, 0, SHOTS * sizeof(*run.shots));
}

static void one_shot(unsigned int me, unsigned int i)
{
	thread thread = run.shape->threads[me];

	approach(me, i + 1);
	thread(&run.shots[i]);
}

static void shoot(void *arg)
{
	unsigned int me = cpu_index();
	uint32_t meeting = 0;

	(void)arg;
	if (me >= run.shape->cpus)
		return;
	for (;;) {
		meet(meeting++);
		if (load_acquire(&run.batches) == BATCHES)
			return;
		for (unsigned int i = 0; i < SHOTS; i++)
			one_shot(me, i);
		meet(meeting++);
		if (me)
			continue;
		count_outcomes();
		store_release(&run.batches, counter_read() < run.deadline ? run.batches + 1 : BATCHES);
	}
}

/* How often the outcome was seen. */
static uint64_t shoot_all(const struct shape *shape)
{
	run = (typeof(run)){.shape = shape};
	run.shots = memalign(64, SHOTS * sizeof(*run.shots));
	ASSERT_NE(run.shots, NULL);
	memset(run.shots, 0, SHOTS * sizeof(*run.shots));
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		cpu_start(cpu);
	run.deadline = counter_read() + counter_from_us(TIME_US);
	on_each_cpu(shoot, NULL);
	free(run.shots);
	EXPECT_GE(run.runs, (uint64_t)SHOTS);
	return run.seen;
}

static void expect_never(const struct shape *shape)
{
	if (!EXPECT_EQ(shoot_all(shape), 0u))
		INFO("in %lu shots; in %lu the CPUs ran side by side", run.runs, run.abreast);
}

static void report(const struct shape *shape)
{
	uint64_t seen = shoot_all(shape);

	INFO("the relaxed outcome was seen in %lu of %lu; in %lu the CPUs ran side by side", seen, run.runs,
		run.abreast);
}

/* --- the accesses: single instructions, so that a compiler has no say --- */

#define LOAD(insn, v, address)  asm volatile(insn " %0, [%1]" : "=r"(v) : "r"(address) : "memory")
#define STORE(insn, v, address) asm volatile(insn " %0, [%1]" ::"r"((uint64_t)(v)), "r"(address) : "memory")

#define THREAD(name, ...)                \
	static void name(struct shot *s) \
	{                                \
		uint64_t a = 0, b = 0;   \
		(void)a;                 \
		(void)b;                 \
		__VA_ARGS__;             \
	}

#define WRITE_X           STORE("str", 1, &s->x)
#define WRITE_Y           STORE("str", 1, &s->y)
#define WRITE_X2          STORE("str", 2, &s->x)
#define WRITE_Y2          STORE("str", 2, &s->y)
#define WRITE_X_RELEASE   STORE("stlr", 1, &s->x)
#define WRITE_Y_RELEASE   STORE("stlr", 1, &s->y)
#define READ_X(v)         LOAD("ldr", v, &s->x)
#define READ_Y(v)         LOAD("ldr", v, &s->y)
#define READ_X_ACQUIRE(v) LOAD("ldar", v, &s->x)
#define READ_Y_ACQUIRE(v) LOAD("ldar", v, &s->y)

/* --- MP, message passing: x is the message, y the flag --- */

THREAD(mp_send_plain, WRITE_X; WRITE_Y)
THREAD(mp_send_dmb, WRITE_X; dmb(ish); WRITE_Y)
THREAD(mp_send_dmbst, WRITE_X; dmb(ishst); WRITE_Y)
THREAD(mp_send_release, WRITE_X; WRITE_Y_RELEASE)
THREAD(mp_get_plain, READ_Y(a); READ_X(b); s->r[0] = a; s->r[1] = b)
THREAD(mp_get_dmb, READ_Y(a); dmb(ish); READ_X(b); s->r[0] = a; s->r[1] = b)
THREAD(mp_get_dmbld, READ_Y(a); dmb(ishld); READ_X(b); s->r[0] = a; s->r[1] = b)
THREAD(mp_get_acquire, READ_Y_ACQUIRE(a); READ_X(b); s->r[0] = a; s->r[1] = b)
/* The address of the second load is made of the first one's value. */
THREAD(mp_get_address, READ_Y(a); asm volatile("eor %0, %1, %1\n\tldr %0, [%2, %0]"
					       : "=&r"(b)
					       : "r"(a), "r"(&s->x)
					       : "memory");
	s->r[0] = a; s->r[1] = b)
/* A branch that depends on the flag, and an ISB behind it. */
THREAD(mp_get_control_isb, READ_Y(a); asm volatile("cbnz %0, 1f\n1:\tisb" ::"r"(a)
						   : "memory");
	READ_X(b); s->r[0] = a; s->r[1] = b)

static bool mp_relaxed(const struct shot *s)
{
	return s->r[0] == 1 && s->r[1] == 0;
}

#define SHAPE_TEST(test, what, how, count, outcome, citation, flag, ...)                  \
	TEST(litmus, test, .doc = what, .cpus = count, .source = citation, .flags = flag) \
	{                                                                                 \
		static const struct shape shape = {count, {__VA_ARGS__}, outcome};        \
		struct shape copy = shape;                                                \
		how(&copy);                                                               \
	}

SHAPE_TEST(mp_dmb, "MP: with DMB ISH on both sides the flag is not seen without the message", expect_never, 2,
	mp_relaxed, MEMORY_MODEL, 0, mp_send_dmb, mp_get_dmb)
SHAPE_TEST(mp_dmb_st_ld, "MP: with DMB ISHST and DMB ISHLD the flag is not seen without the message", expect_never, 2,
	mp_relaxed, MEMORY_MODEL, 0, mp_send_dmbst, mp_get_dmbld)
SHAPE_TEST(mp_release_acquire, "MP: with STLR and LDAR the flag is not seen without the message", expect_never, 2,
	mp_relaxed, MEMORY_MODEL, 0, mp_send_release, mp_get_acquire)
SHAPE_TEST(mp_address, "MP: with DMB and an address dependency the flag is not seen without the message", expect_never,
	2, mp_relaxed, MEMORY_MODEL, 0, mp_send_dmb, mp_get_address)
SHAPE_TEST(mp_control_isb, "MP: with DMB, and a branch and ISB, the flag is not seen without the message", expect_never,
	2, mp_relaxed, MEMORY_MODEL, 0, mp_send_dmb, mp_get_control_isb)
SHAPE_TEST(mp_plain, "report: MP with nothing between: how often the flag is seen without the message", report, 2,
	mp_relaxed, MEMORY_MODEL, TEST_REPORT, mp_send_plain, mp_get_plain)

/* In the first shot of a batch made to happen: x is read before it is written, y after. */
static void send_when_asked(struct shot *s)
{
	if (s == run.shots)
		while (!load_acquire(&s->r[2]))
			cpu_relax();
	STORE("str", 1, &s->x);
	dmb(ish);
	STORE("str", 1, &s->y);
}

static void get_too_early(struct shot *s)
{
	LOAD("ldr", s->r[1], &s->x);
	if (s == run.shots) {
		store_release(&s->r[2], 1);
		while (!load_acquire(&s->y))
			cpu_relax();
	}
	LOAD("ldr", s->r[0], &s->y);
}

static void expect_seen(const struct shape *shape)
{
	EXPECT_GT(shoot_all(shape), 0u);
}

SHAPE_TEST(outcome_is_noticed, "the counting of these tests sees a forbidden outcome that is made to happen",
	expect_seen, 2, mp_relaxed, NULL, 0, send_when_asked, get_too_early)

/* --- SB, store buffering --- */

THREAD(sb_0_plain, WRITE_X; READ_Y(a); s->r[0] = a)
THREAD(sb_1_plain, WRITE_Y; READ_X(a); s->r[1] = a)
THREAD(sb_0_dmb, WRITE_X; dmb(ish); READ_Y(a); s->r[0] = a)
THREAD(sb_1_dmb, WRITE_Y; dmb(ish); READ_X(a); s->r[1] = a)
THREAD(sb_0_ordered, WRITE_X_RELEASE; READ_Y_ACQUIRE(a); s->r[0] = a)
THREAD(sb_1_ordered, WRITE_Y_RELEASE; READ_X_ACQUIRE(a); s->r[1] = a)

static bool sb_relaxed(const struct shot *s)
{
	return s->r[0] == 0 && s->r[1] == 0;
}

SHAPE_TEST(sb_dmb, "SB: with DMB ISH between store and load at least one load sees the other's store", expect_never, 2,
	sb_relaxed, MEMORY_MODEL, 0, sb_0_dmb, sb_1_dmb)
SHAPE_TEST(sb_release_acquire, "SB: STLR then LDAR: at least one load sees the other's store", expect_never, 2,
	sb_relaxed, "Arm ARM (DDI 0487), Load-Acquire, Load-AcquirePC, and Store-Release; Barrier-ordered-before", 0,
	sb_0_ordered, sb_1_ordered)
SHAPE_TEST(sb_plain, "report: SB with nothing between: how often neither load sees the other's store", report, 2,
	sb_relaxed, MEMORY_MODEL, TEST_REPORT, sb_0_plain, sb_1_plain)

/* --- LB, load buffering --- */

THREAD(lb_0_plain, READ_X(a); WRITE_Y; s->r[0] = a)
THREAD(lb_1_plain, READ_Y(a); WRITE_X; s->r[1] = a)
THREAD(lb_0_dmb, READ_X(a); dmb(ish); WRITE_Y; s->r[0] = a)
THREAD(lb_1_dmb, READ_Y(a); dmb(ish); WRITE_X; s->r[1] = a)
/* The value that is stored is made of the one that was loaded. */
THREAD(lb_0_data, READ_X(a); asm volatile("eor %0, %1, %1\n\tadd %0, %0, #1"
					  : "=&r"(b)
					  : "r"(a));
	STORE("str", b, &s->y); s->r[0] = a)
THREAD(lb_1_data, READ_Y(a); asm volatile("eor %0, %1, %1\n\tadd %0, %0, #1"
					  : "=&r"(b)
					  : "r"(a));
	STORE("str", b, &s->x); s->r[1] = a)

static bool lb_relaxed(const struct shot *s)
{
	return s->r[0] == 1 && s->r[1] == 1;
}

SHAPE_TEST(lb_dmb, "LB: with DMB ISH not both loads see the other's later store", expect_never, 2, lb_relaxed,
	MEMORY_MODEL, 0, lb_0_dmb, lb_1_dmb)
SHAPE_TEST(lb_data, "LB: with data dependencies not both loads see the other's later store", expect_never, 2,
	lb_relaxed, MEMORY_MODEL, 0, lb_0_data, lb_1_data)
SHAPE_TEST(lb_plain, "report: LB with nothing between: how often both loads see the other's later store", report, 2,
	lb_relaxed, MEMORY_MODEL, TEST_REPORT, lb_0_plain, lb_1_plain)

/* --- coherence: one variable --- */

THREAD(co_write, WRITE_X; WRITE_X2)
THREAD(co_read, READ_X(a); READ_X(b); s->r[0] = a; s->r[1] = b)

static bool co_backwards(const struct shot *s)
{
	return s->r[0] > s->r[1];
}

SHAPE_TEST(coherence_reads, "CoRR: two loads of one variable never see its values in the wrong order", expect_never, 2,
	co_backwards, MEMORY_MODEL, 0, co_write, co_read)

/* --- 2+2W: stores of both to both --- */

THREAD(ww_0, WRITE_X2; dmb(ishst); WRITE_Y)
THREAD(ww_1, WRITE_Y2; dmb(ishst); WRITE_X)

static bool ww_relaxed(const struct shot *s)
{
	return s->x == 2 && s->y == 2;
}

SHAPE_TEST(stores_dmb, "2+2W: with DMB ISHST not both first stores end up last", expect_never, 2, ww_relaxed,
	MEMORY_MODEL, 0, ww_0, ww_1)

/* --- WRC: the message is passed on; IRIW: two readers see two stores in one order --- */

THREAD(wrc_0, WRITE_X)
THREAD(wrc_1, READ_X(a); dmb(ish); STORE("str", a, &s->y))

SHAPE_TEST(passed_on, "WRC: whoever sees what was passed on sees the original too", expect_never, 3, mp_relaxed,
	MEMORY_MODEL, 0, wrc_0, wrc_1, mp_get_dmb)

THREAD(iriw_1, WRITE_Y)
THREAD(iriw_2, READ_X(a); dmb(ish); READ_Y(b); s->r[0] = a; s->r[1] = b)
THREAD(iriw_3, READ_Y(a); dmb(ish); READ_X(b); s->r[2] = a; s->r[3] = b)

static bool iriw_relaxed(const struct shot *s)
{
	return s->r[0] == 1 && s->r[1] == 0 && s->r[2] == 1 && s->r[3] == 0;
}

SHAPE_TEST(two_readers, "IRIW: two readers with DMB ISH see two CPUs' stores in the same order", expect_never, 4,
	iriw_relaxed, MEMORY_MODEL, 0, wrc_0, iriw_1, iriw_2, iriw_3)
