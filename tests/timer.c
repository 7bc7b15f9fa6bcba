/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generic timers: the same checks for each that the exception level can program, and the counters.
 *
 * Never early is exact. How late is another matter: an emulator on a busy host may be late by any amount, so the waits
 * below are hang detectors, not bounds.
 *
 * Source of all: Arm ARM (DDI 0487), "The Generic Timer in AArch64 state".
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/sysreg.h>
#include <limpid/bitops.h>
#include <limpid/boot.h>
#include <limpid/delay.h>
#include <limpid/expect.h>
#include <limpid/gic.h>
#include <limpid/smp.h>
#include <limpid/string.h>
#include <limpid/test.h>
#include <limpid/timer.h>

/* A day, and then some: what shall not expire. */
#define FAR_US (100000ull * 1000000)

static const struct timer *timer;
static unsigned int intid;

static void use(enum machine_timer which)
{
	timer = timer_of(which);
	if (!timer)
		SKIP("EL%u has no such timer", current_el());
	intid = machine.timer[which].intid;
	if (!intid)
		SKIP("the machine's description has no interrupt for the %s timer", timer->name);
	timer->write_ctl(0);
}

/* Waits until a condition holds, or patience is at its end. */
#define WAIT_FOR(condition)                                                                              \
	({                                                                                               \
		uint64_t start_ = counter_read();                                                        \
		bool held_;                                                                              \
                                                                                                         \
		while (!(held_ = (condition)) && counter_read() - start_ < counter_from_us(PATIENCE_US)) \
			cpu_relax();                                                                     \
		held_;                                                                                   \
	})

static uint64_t fired_at;
static uint32_t fired;

static void on_timer(unsigned int id, void *arg)
{
	(void)id;
	(void)arg;
	fired_at = timer->counter();
	timer->write_ctl(TIMER_CTL_ENABLE | TIMER_CTL_IMASK);
	__atomic_fetch_add(&fired, 1, __ATOMIC_RELEASE);
}

static void listen(void)
{
	fired = 0;
	fired_at = 0;
	gic_set_handler(intid, on_timer, NULL);
	gic_enable_irq(intid);
}

static void not_early(enum machine_timer which)
{
	uint64_t cval;

	use(which);
	listen();
	for (int i = 0; i < 5; i++) {
		fired = 0;
		cval = timer->counter() + counter_from_us(500 + 700 * i);
		timer->write_cval(cval);
		timer->write_ctl(TIMER_CTL_ENABLE);
		irq_enable();
		ASSERT_TRUE(WAIT_FOR(load_acquire(&fired)));
		irq_disable();
		EXPECT_GE(fired_at, cval);
		EXPECT_EQ(fired, 1u);
		timer->write_ctl(0);
	}
}

static void status(enum machine_timer which)
{
	uint64_t cval, seen, ctl;

	use(which);
	cval = timer->counter() + counter_from_us(2000);
	timer->write_cval(cval);
	timer->write_ctl(TIMER_CTL_ENABLE | TIMER_CTL_IMASK);
	WAIT_FOR((ctl = timer->read_ctl()) & TIMER_CTL_ISTATUS);
	seen = timer->counter();
	EXPECT_EQ(ctl, (uint64_t)(TIMER_CTL_ENABLE | TIMER_CTL_IMASK | TIMER_CTL_ISTATUS));
	/* `seen` was read after the status, so a status that came early is not hidden by it, if it was early by more.
	 */
	EXPECT_GE(seen, cval);
	/* It is the condition, no latch. */
	timer->write_cval(timer->counter() + counter_from_us(FAR_US));
	EXPECT_EQ(timer->read_ctl() & TIMER_CTL_ISTATUS, 0u);
}

static void far_away(enum machine_timer which)
{
	use(which);
	listen();
	timer->write_cval(timer->counter() + counter_from_us(FAR_US));
	timer->write_ctl(TIMER_CTL_ENABLE);
	irq_enable();
	udelay(500);
	irq_disable();
	EXPECT_EQ(timer->read_ctl(), (uint64_t)TIMER_CTL_ENABLE);
	EXPECT_FALSE(gic_pending(intid));
	EXPECT_EQ(fired, 0u);
}

/* All 64 bits count: 32 would have it expire at once. */
static void wide(enum machine_timer which)
{
	static const uint64_t distances[] = {BIT(32), BIT(40), BIT(48)};

	use(which);
	for (size_t i = 0; i < ARRAY_SIZE(distances); i++) {
		timer->write_cval(timer->counter() - 1 + distances[i]);
		timer->write_ctl(TIMER_CTL_ENABLE | TIMER_CTL_IMASK);
		EXPECT_EQ(timer->read_ctl() & TIMER_CTL_ISTATUS, 0u);
	}
	timer->write_cval(0x5a5aa5a512345678);
	EXPECT_EQ(timer->read_cval(), 0x5a5aa5a512345678ull);
}

static void past(enum machine_timer which)
{
	use(which);
	gic_enable_irq(intid);
	timer->write_cval(timer->counter() - 1);
	EXPECT_FALSE(gic_pending(intid));
	timer->write_ctl(TIMER_CTL_ENABLE);
	EXPECT_TRUE(timer->read_ctl() & TIMER_CTL_ISTATUS);
	/* The line takes its time to the interrupt controller. */
	EXPECT_TRUE(WAIT_FOR(gic_pending(intid)));
	timer->write_cval(0);
	EXPECT_TRUE(timer->read_ctl() & TIMER_CTL_ISTATUS);
}

static void disabled(enum machine_timer which)
{
	use(which);
	gic_enable_irq(intid);
	timer->write_cval(0);
	timer->write_ctl(TIMER_CTL_ENABLE);
	ASSERT_TRUE(WAIT_FOR(gic_pending(intid)));
	timer->write_ctl(0);
	EXPECT_TRUE(WAIT_FOR(!gic_pending(intid)));
	timer->write_ctl(TIMER_CTL_ENABLE);
	EXPECT_TRUE(WAIT_FOR(gic_pending(intid)));
}

static void masked(enum machine_timer which)
{
	use(which);
	listen();
	timer->write_cval(0);
	timer->write_ctl(TIMER_CTL_ENABLE | TIMER_CTL_IMASK);
	irq_enable();
	udelay(200);
	irq_disable();
	EXPECT_EQ(timer->read_ctl(), (uint64_t)(TIMER_CTL_ENABLE | TIMER_CTL_IMASK | TIMER_CTL_ISTATUS));
	EXPECT_FALSE(gic_pending(intid));
	EXPECT_EQ(fired, 0u);
	timer->write_ctl(TIMER_CTL_ENABLE);
	EXPECT_TRUE(WAIT_FOR(gic_pending(intid)));
}

/* TVAL is CVAL - counter, 32 bits of it, signed. */
static void relative(enum machine_timer which)
{
	static const int32_t values[] = {0, 1, -1, 1000000, -1000000, INT32_MAX, INT32_MIN};

	use(which);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		uint64_t before, after, cval;
		int32_t tval;

		before = timer->counter();
		timer->write_tval(values[i]);
		after = timer->counter();
		cval = timer->read_cval();
		if (!EXPECT_GE((int64_t)(cval - before), (int64_t)values[i]) ||
			!EXPECT_LE((int64_t)(cval - after), (int64_t)values[i]))
			INFO("TVAL %d: CVAL 0x%lx, counter 0x%lx to 0x%lx", values[i], cval, before, after);

		before = timer->counter();
		tval = timer->read_tval();
		after = timer->counter();
		/* In 32 bits, as differences may wrap. */
		EXPECT_LE(tval - (int32_t)(uint32_t)(cval - before), 0);
		EXPECT_GE(tval - (int32_t)(uint32_t)(cval - after), 0);
	}
}

static void relative_past(enum machine_timer which)
{
	use(which);
	gic_enable_irq(intid);
	for (int32_t tval = 0; tval >= -1; tval--) {
		timer->write_tval(tval);
		timer->write_ctl(TIMER_CTL_ENABLE);
		EXPECT_TRUE(timer->read_ctl() & TIMER_CTL_ISTATUS);
		EXPECT_TRUE(WAIT_FOR(gic_pending(intid)));
		timer->write_ctl(0);
		EXPECT_TRUE(WAIT_FOR(!gic_pending(intid)));
	}
}

static void wakes(enum machine_timer which)
{
	uint64_t start, wait = counter_from_us(3000);
	unsigned int wakes = 0;

	use(which);
	gic_enable_irq(intid);
	start = timer->counter();
	timer->write_tval(wait);
	timer->write_ctl(TIMER_CTL_ENABLE);
	/* IRQs are masked: WFI ends all the same when one is pending. It may also end without a reason. */
	do {
		/* What was written is done before the CPU sleeps. */
		dsb(sy);
		wfi();
		wakes++;
	} while (!(timer->read_ctl() & TIMER_CTL_ISTATUS));
	EXPECT_GE(timer->counter() - start, wait);
	EXPECT_TRUE(WAIT_FOR(gic_pending(intid)));
	INFO("WFI ended %u times", wakes);
}

static uint32_t taken;

static void leave_high(unsigned int id, void *arg)
{
	(void)id;
	(void)arg;
	/* The third time the line goes low. */
	if (++taken == 3)
		timer->write_ctl(0);
}

/* Level-sensitive: it comes again until its cause is gone. */
static void level(enum machine_timer which)
{
	use(which);
	taken = 0;
	gic_set_handler(intid, leave_high, NULL);
	gic_enable_irq(intid);
	timer->write_cval(0);
	timer->write_ctl(TIMER_CTL_ENABLE);
	irq_enable();
	EXPECT_TRUE(WAIT_FOR(*(volatile uint32_t *)&taken == 3));
	udelay(100);
	irq_disable();
	EXPECT_EQ(taken, 3u);
}

/* Another CPU's timer is its own. */
static uint64_t other_ctl, other_cval;

static void on_other_cpu(void *arg)
{
	(void)arg;
	gic_enable_irq(intid);
	timer->write_cval(timer->counter() + counter_from_us(FAR_US));
	timer->write_ctl(TIMER_CTL_ENABLE);
	udelay(200);
	other_ctl = timer->read_ctl();
	other_cval = gic_pending(intid);
	timer->write_ctl(0);
	gic_disable_irq(intid);
}

static void per_cpu(enum machine_timer which)
{
	use(which);
	gic_enable_irq(intid);
	timer->write_cval(0);
	timer->write_ctl(TIMER_CTL_ENABLE);
	ASSERT_TRUE(WAIT_FOR(gic_pending(intid)));
	on_cpu(1, on_other_cpu, NULL);
	EXPECT_EQ(other_ctl, (uint64_t)TIMER_CTL_ENABLE);
	EXPECT_EQ(other_cval, 0u);
	EXPECT_TRUE(gic_pending(intid));
}

#define OF(prefix, which, need)                                                                                       \
	TEST(timer, prefix##_not_early,                                                                               \
		.doc = "its interrupt comes, once, and not before the counter has reached CVAL", .needs = need,       \
		.source = "Arm ARM (DDI 0487), Operation of the CompareValue views of the timers")                    \
	{                                                                                                             \
		not_early(which);                                                                                     \
	}                                                                                                             \
	TEST(timer, prefix##_status, .doc = "ISTATUS comes with the condition, masked or not, and goes with it",      \
		.needs = need, .source = "Arm ARM (DDI 0487), CNTP_CTL_EL0, ISTATUS")                                 \
	{                                                                                                             \
		status(which);                                                                                        \
	}                                                                                                             \
	TEST(timer, prefix##_far, .doc = "a CVAL in the future: no status, not pending, no interrupt", .needs = need, \
		.source = "Arm ARM (DDI 0487), Operation of the CompareValue views of the timers")                    \
	{                                                                                                             \
		far_away(which);                                                                                      \
	}                                                                                                             \
	TEST(timer, prefix##_wide, .doc = "CVAL is compared and kept in all of its 64 bits", .needs = need,           \
		.source = "Arm ARM (DDI 0487), CNTP_CVAL_EL0")                                                        \
	{                                                                                                             \
		wide(which);                                                                                          \
	}                                                                                                             \
	TEST(timer, prefix##_past, .doc = "a CVAL in the past: pending in the interrupt controller", .needs = need,   \
		.source = "Arm ARM (DDI 0487), Operation of the CompareValue views of the timers")                    \
	{                                                                                                             \
		past(which);                                                                                          \
	}                                                                                                             \
	TEST(timer, prefix##_disable, .doc = "ENABLE=0 makes the interrupt not pending, ENABLE=1 pending again",      \
		.needs = need, .source = "Arm ARM (DDI 0487), CNTP_CTL_EL0, ENABLE")                                  \
	{                                                                                                             \
		disabled(which);                                                                                      \
	}                                                                                                             \
	TEST(timer, prefix##_mask, .doc = "IMASK=1 hides the interrupt, not the status; IMASK=0 lets it through",     \
		.needs = need, .source = "Arm ARM (DDI 0487), CNTP_CTL_EL0, IMASK")                                   \
	{                                                                                                             \
		masked(which);                                                                                        \
	}                                                                                                             \
	TEST(timer, prefix##_tval, .doc = "TVAL written and read is CVAL less the counter, signed, in 32 bits",       \
		.needs = need, .source = "Arm ARM (DDI 0487), Operation of the TimerValue views of the timers")       \
	{                                                                                                             \
		relative(which);                                                                                      \
	}                                                                                                             \
	TEST(timer, prefix##_tval_past, .doc = "a TVAL of 0 and of -1: the condition holds at once", .needs = need,   \
		.source = "Arm ARM (DDI 0487), Operation of the TimerValue views of the timers")                      \
	{                                                                                                             \
		relative_past(which);                                                                                 \
	}                                                                                                             \
	TEST(timer, prefix##_wfi, .doc = "its interrupt ends WFI with IRQs masked, and the time has passed then",     \
		.needs = need, .source = "Arm ARM (DDI 0487), Wait for Interrupt mechanism")                          \
	{                                                                                                             \
		wakes(which);                                                                                         \
	}                                                                                                             \
	TEST(timer, prefix##_level, .doc = "its interrupt is taken again until its cause is gone", .needs = need,     \
		.source = "Arm ARM (DDI 0487), Timer interrupts: level-sensitive")                                    \
	{                                                                                                             \
		level(which);                                                                                         \
	}                                                                                                             \
	TEST(timer, prefix##_per_cpu, .doc = "each CPU has one of its own", .needs = need, .cpus = 2,                 \
		.source = "Arm ARM (DDI 0487), About the Generic Timer: timers of each PE")                           \
	{                                                                                                             \
		per_cpu(which);                                                                                       \
	}

OF(physical, TIMER_PHYS, "gic")
OF(virtual, TIMER_VIRT, "gic")
OF(el2_physical, TIMER_HYP_PHYS, "gic el2")
OF(el2_virtual, TIMER_HYP_VIRT, "gic el2")

/*
 * The counters.
 */

static uint64_t physical_counter(void)
{
	/* Reads are in program order. */
	isb();
	return read_sysreg(cntpct_el0);
}

static void never_back(uint64_t (*read)(void))
{
	uint64_t last = read(), start = last;
	unsigned int reads = 0;

	while (reads < 2000 || read() - start < counter_from_us(1000)) {
		uint64_t now = read();

		if (now < last) {
			EXPECT_GE(now, last);
			break;
		}
		last = now;
		reads++;
	}
	EXPECT_GT(last, start);
}

TEST(timer, counter_virtual_monotonic, .doc = "CNTVCT_EL0 runs, and never goes back",
	.source = "Arm ARM (DDI 0487), The virtual counter")
{
	never_back(counter_read);
}

TEST(timer, counter_physical_monotonic, .doc = "CNTPCT_EL0 runs, and never goes back",
	.source = "Arm ARM (DDI 0487), The physical counter")
{
	never_back(physical_counter);
}

static uint64_t synchronized_virtual(void)
{
	return read_sysreg_s(CNTVCTSS_EL0);
}

static uint64_t synchronized_physical(void)
{
	return read_sysreg_s(CNTPCTSS_EL0);
}

TEST(timer, counter_self_synchronized,
	.doc = "CNTVCTSS_EL0 and CNTPCTSS_EL0 are the counters, in program order without ISB",
	.source = "Arm ARM (DDI 0487), FEAT_ECV, Self-synchronized counter views")
{
	uint64_t before, between, after;

	if (!sysreg_field(read_sysreg(id_aa64mmfr0_el1), 60, 4))
		SKIP("the CPU has no FEAT_ECV");
	never_back(synchronized_virtual);
	never_back(synchronized_physical);
	before = counter_read();
	between = synchronized_virtual();
	after = counter_read();
	EXPECT_GE(between, before);
	EXPECT_LE(between, after);
	before = physical_counter();
	between = synchronized_physical();
	after = physical_counter();
	EXPECT_GE(between, before);
	EXPECT_LE(between, after);
}

/* A ball that the CPUs throw round: whose turn it is, and the latest counter. */
static struct {
	uint32_t turn;
	uint64_t last;
	uint32_t backwards;
	uint64_t now, before;
	uint64_t (*read)(void);
} ball;

static void throw_on(void *arg)
{
	unsigned int rounds = *(unsigned int *)arg;

	for (unsigned int i = 0; i < rounds; i++) {
		uint64_t now;

		while (load_acquire(&ball.turn) % cpu_count() != cpu_index())
			cpu_relax();
		now = ball.read();
		if (now < ball.last) {
			if (!ball.backwards++) {
				ball.now = now;
				ball.before = ball.last;
			}
		}
		ball.last = now;
		/* The next CPU sees the value, and reads its counter after that. */
		store_release(&ball.turn, ball.turn + 1);
	}
}

static void across_cpus(uint64_t (*read)(void))
{
	/* Few, as each turn may cost a time slice of a busy host. */
	unsigned int rounds = MAX(12 / cpu_count(), 2u);

	memset(&ball, 0, sizeof(ball));
	ball.read = read;
	on_each_cpu(throw_on, &rounds);
	EXPECT_EQ(ball.turn, rounds * cpu_count());
	if (!EXPECT_EQ(ball.backwards, 0u))
		INFO("first 0x%lx after 0x%lx on the CPU before", ball.now, ball.before);
}

TEST(timer, counter_virtual_across_cpus, .doc = "CNTVCT_EL0 never goes back from one CPU to the next", .cpus = 2,
	.source = "Arm ARM (DDI 0487), The system counter: seen alike by all PEs")
{
	across_cpus(counter_read);
}

TEST(timer, counter_physical_across_cpus, .doc = "CNTPCT_EL0 never goes back from one CPU to the next", .cpus = 2,
	.source = "Arm ARM (DDI 0487), The system counter: seen alike by all PEs")
{
	across_cpus(physical_counter);
}

static uint64_t frequencies[MACHINE_MAX_CPUS];

static void read_frequency(void *arg)
{
	(void)arg;
	frequencies[cpu_index()] = read_sysreg(cntfrq_el0);
}

TEST(timer, frequency, .doc = "CNTFRQ_EL0 is set, fits 32 bits, is the same on all CPUs, and that of the device tree",
	.source = "Arm ARM (DDI 0487), CNTFRQ_EL0; device tree binding arm,arch_timer, clock-frequency")
{
	on_each_cpu(read_frequency, NULL);
	INFO("%lu Hz", frequencies[0]);
	EXPECT_GT(frequencies[0], 0u);
	EXPECT_EQ(frequencies[0] >> 32, 0u);
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		EXPECT_EQ(frequencies[cpu], frequencies[0]);
	if (machine.timer_hz)
		EXPECT_EQ(frequencies[0], (uint64_t)machine.timer_hz);
}

/* Bounds of CNTPCT - CNTVCT as this CPU sees it. */
struct offset {
	uint64_t least, most;
};

static struct offset offsets[MACHINE_MAX_CPUS];

static void measure_offset(void *arg)
{
	uint64_t before, physical, after;

	(void)arg;
	before = counter_read();
	physical = physical_counter();
	after = counter_read();
	offsets[cpu_index()] = (struct offset){physical - after, physical - before};
}

TEST(timer, offset_same, .doc = "CNTPCT_EL0 less CNTVCT_EL0 is the same on all CPUs, and stays",
	.source = "Arm ARM (DDI 0487), CNTVOFF_EL2; The virtual counter")
{
	struct offset first;

	measure_offset(NULL);
	first = offsets[0];
	INFO("CNTVCT is behind CNTPCT by %ld to %ld ticks", (int64_t)first.least, (int64_t)first.most);
	udelay(500);
	on_each_cpu(measure_offset, NULL);
	/* The intervals overlap, or no one value is in all of them. */
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++) {
		EXPECT_GE((int64_t)(offsets[cpu].most - first.least), (int64_t)0);
		EXPECT_GE((int64_t)(first.most - offsets[cpu].least), (int64_t)0);
	}
}

TEST(timer, offset_of_virtual_timer, .doc = "CNTVOFF_EL2 moves the EL1 virtual timer, not the counter that EL2 reads",
	.needs = "el2", .source = "Arm ARM (DDI 0487), CNTVOFF_EL2; CNTVCT_EL0 with HCR_EL2.E2H 1")
{
	uint64_t old = read_sysreg(cntvoff_el2), offset = physical_counter() / 2, before, virtual, after, ctl;

	use(TIMER_VIRT);
	/* Half of the time since the start, which must be more than the wait below. */
	ASSERT_GT(offset, counter_from_us(2000));
	write_sysreg(offset, cntvoff_el2);
	/* The offset holds for what follows. */
	isb();
	before = physical_counter();
	virtual = counter_read();
	after = physical_counter();
	/* At EL2 with E2H the offset is taken as zero. */
	EXPECT_GE(virtual, before);
	EXPECT_LE(virtual, after);
	/* Without the offset the condition would hold. */
	timer->write_cval(after);
	timer->write_ctl(TIMER_CTL_ENABLE | TIMER_CTL_IMASK);
	EXPECT_EQ(timer->read_ctl() & TIMER_CTL_ISTATUS, 0u);
	timer->write_cval(physical_counter() - offset + counter_from_us(2000));
	WAIT_FOR((ctl = timer->read_ctl()) & TIMER_CTL_ISTATUS);
	after = physical_counter();
	EXPECT_TRUE(ctl & TIMER_CTL_ISTATUS);
	EXPECT_GE(after - offset, timer->read_cval());
	timer->write_ctl(0);
	write_sysreg(old, cntvoff_el2);
	/* The old offset holds again. */
	isb();
}

/*
 * CNTKCTL_EL1: what EL0 may do, and the event stream. At EL2 with E2H the name means CNTHCTL_EL2, which has these bits
 * at the same places.
 */
#define CNTKCTL_EL0PCTEN BIT(0)
#define CNTKCTL_EL0VCTEN BIT(1)
#define CNTKCTL_EVNTEN   BIT(2)
#define CNTKCTL_EVNTDIR  BIT(3)
#define CNTKCTL_EVNTI(n) ((uint64_t)(n) << 4)
#define CNTKCTL_EVNTIS   BIT(17)
#define CNTKCTL_EL0VTEN  BIT(8)
#define CNTKCTL_EL0PTEN  BIT(9)

USER_ASM(user_reads_virtual, "mrs x0, cntvct_el0\n svc #0xffff");
USER_ASM(user_reads_physical, "mrs x0, cntpct_el0\n svc #0xffff");
USER_ASM(user_reads_frequency, "mrs x0, cntfrq_el0\n svc #0xffff");
USER_ASM(user_reads_virtual_timer, "mrs x0, cntv_ctl_el0\n svc #0xffff");

static unsigned int class_at_el0(void (*user)(uint64_t), uint64_t cntkctl)
{
	struct exception_frame frame;
	uint64_t old = read_sysreg(cntkctl_el1);

	write_sysreg((old & ~(CNTKCTL_EL0PCTEN | CNTKCTL_EL0VCTEN | CNTKCTL_EL0VTEN | CNTKCTL_EL0PTEN)) | cntkctl,
		cntkctl_el1);
	/* Not needed before the ERET, which synchronizes; but el0_run() may be called on the way by anything. */
	isb();
	el0_run(user, 0, &frame);
	write_sysreg(old, cntkctl_el1);
	isb();
	return ESR_EC(frame.esr);
}

/* With TGE=1 these controls are EL2's own, by the same bits. */
TEST(timer, el0_counter_trap, .doc = "EL0's reads of a counter trap unless CNTKCTL_EL1 allows them",
	.source = "Arm ARM (DDI 0487), CNTKCTL_EL1, EL0PCTEN, EL0VCTEN")
{
	EXPECT_EQ(class_at_el0(user_reads_virtual, CNTKCTL_EL0VCTEN), (unsigned int)EC_SVC64);
	EXPECT_EQ(class_at_el0(user_reads_virtual, CNTKCTL_EL0PCTEN), (unsigned int)EC_MSR_TRAP);
	EXPECT_EQ(class_at_el0(user_reads_physical, CNTKCTL_EL0PCTEN), (unsigned int)EC_SVC64);
	EXPECT_EQ(class_at_el0(user_reads_physical, CNTKCTL_EL0VCTEN), (unsigned int)EC_MSR_TRAP);
	EXPECT_EQ(class_at_el0(user_reads_frequency, 0), (unsigned int)EC_MSR_TRAP);
	EXPECT_EQ(class_at_el0(user_reads_frequency, CNTKCTL_EL0PCTEN), (unsigned int)EC_SVC64);
}

TEST(timer, el0_timer_trap, .doc = "EL0's reads of the virtual timer trap unless CNTKCTL_EL1 allows them",
	.needs = "el1", .source = "Arm ARM (DDI 0487), CNTKCTL_EL1, EL0VTEN")
{
	EXPECT_EQ(class_at_el0(user_reads_virtual_timer, 0), (unsigned int)EC_MSR_TRAP);
	EXPECT_EQ(class_at_el0(user_reads_virtual_timer, CNTKCTL_EL0VTEN), (unsigned int)EC_SVC64);
}

static void arm_guard(uint64_t us)
{
	listen();
	timer->write_tval(counter_from_us(us));
	timer->write_ctl(TIMER_CTL_ENABLE);
}

TEST(timer, event_stream, .doc = "the event stream ends WFE without an interrupt", .needs = "gic",
	.source = "Arm ARM (DDI 0487), Event streams; CNTKCTL_EL1, EVNTEN, EVNTI")
{
	uint64_t old = read_sysreg(cntkctl_el1), start, alone = UINT64_MAX;
	unsigned int bit = log2_ceil(counter_from_us(100));

	use(timer_own()->which);
	/* Without a stream only the guard ends WFE; a machine whose WFE does not wait shows nothing. Three times, as
	 * one may be long by chance. */
	write_sysreg(old & ~CNTKCTL_EVNTEN, cntkctl_el1);
	/* There is no stream from here on. */
	isb();
	for (int i = 0; i < 3; i++) {
		arm_guard(2000);
		irq_enable();
		start = counter_read();
		/* The first one takes away an event that is there already. */
		asm volatile("sevl\n\twfe" ::: "memory");
		wfe();
		alone = MIN(alone, counter_read() - start);
		irq_disable();
		timer->write_ctl(0);
	}
	if (alone < counter_from_us(1000)) {
		write_sysreg(old, cntkctl_el1);
		SKIP("WFE does not wait on this machine (%lu us without an event), so it shows nothing",
			counter_to_us(alone));
	}

	write_sysreg((old & ~(CNTKCTL_EVNTI(15) | CNTKCTL_EVNTDIR | CNTKCTL_EVNTIS)) | CNTKCTL_EVNTEN |
			     CNTKCTL_EVNTI(MIN(bit, 15u)),
		cntkctl_el1);
	/* The stream runs. */
	isb();
	arm_guard(PATIENCE_US);
	irq_enable();
	for (int i = 0; i < 20; i++)
		wfe();
	irq_disable();
	EXPECT_EQ(fired, 0u);
	timer->write_ctl(0);
	write_sysreg(old, cntkctl_el1);
	/* As before. */
	isb();
}
