/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PSCI: versions and features, CPUs on and off, suspend, the machine off and reset.
 *
 * Source of all: Power State Coordination Interface (DEN 0022).
 */
#include <arch/barrier.h>
#include <arch/sysreg.h>
#include <limpid/boot.h>
#include <limpid/cache.h>
#include <limpid/delay.h>
#include <limpid/expect.h>
#include <limpid/gic.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/psci.h>
#include <limpid/smccc.h>
#include <limpid/smp.h>
#include <limpid/string.h>
#include <limpid/test.h>

#define VERSION_1_0 0x10000
#define VERSION_1_1 0x10001

/* The status comes with its name, since nobody knows the numbers by heart. */
#define EXPECT_STATUS(got, want)                                                                          \
	({                                                                                                \
		int64_t status_ = (got);                                                                  \
		bool held_ = EXPECT_EQ(status_, (int64_t)(want));                                         \
                                                                                                          \
		if (!held_)                                                                               \
			INFO("%s: %s, want %s", #got, psci_status_name(status_), psci_status_name(want)); \
		held_;                                                                                    \
	})

static uint32_t version(void)
{
	return psci_call(PSCI_VERSION, 0, 0, 0);
}

/* 0.1 has no PSCI_VERSION, and its functions' numbers are the device tree's. */
static void need_version(uint32_t least)
{
	uint32_t found = machine.psci.version == 1 ? 1 : version();

	if (found < least)
		SKIP("needs PSCI %u.%u: this is %u.%u", least >> 16, least & 0xffff, found >> 16, found & 0xffff);
}

TEST(psci, version, .doc = "PSCI_VERSION is at least what the firmware's tables promise, and 0.2 to 1.x",
	.needs = "psci", .source = "PSCI (DEN 0022), PSCI_VERSION")
{
	uint32_t found;

	need_version(2);
	found = version();
	INFO("PSCI %u.%u", found >> 16, found & 0xffff);
	EXPECT_GE(found, machine.psci.version);
	EXPECT_LE(found >> 16, 1u);
	EXPECT_EQ(found >> 31, 0u);
}

TEST(psci, features_mandatory, .doc = "PSCI_FEATURES knows each function that is mandatory", .needs = "psci",
	.source = "PSCI (DEN 0022), PSCI_FEATURES; Implementation responsibilities, mandatory functions")
{
	static const struct {
		uint32_t function;
		const char *name;
	} mandatory[] = {
		{PSCI_VERSION, "PSCI_VERSION"},
		{PSCI_CPU_SUSPEND, "CPU_SUSPEND"},
		{PSCI_CPU_OFF, "CPU_OFF"},
		{PSCI_CPU_ON, "CPU_ON"},
		{PSCI_AFFINITY_INFO, "AFFINITY_INFO"},
		{PSCI_SYSTEM_OFF, "SYSTEM_OFF"},
		{PSCI_SYSTEM_RESET, "SYSTEM_RESET"},
		{PSCI_FEATURES, "PSCI_FEATURES"},
	};

	need_version(VERSION_1_0);
	for (size_t i = 0; i < ARRAY_SIZE(mandatory); i++) {
		int64_t flags = psci_call(PSCI_FEATURES, mandatory[i].function, 0, 0);

		if (!EXPECT_GE(flags, 0))
			INFO("%s (0x%x): %s", mandatory[i].name, mandatory[i].function, psci_status_name(flags));
		/* Only CPU_SUSPEND has flags: bit 0 OS initiated mode, bit 1 the extended StateID. */
		EXPECT_EQ(flags & ~(mandatory[i].function == PSCI_CPU_SUSPEND ? 3 : 0) & 0xffffffff,
			flags < 0 ? flags & 0xffffffff : 0);
	}
}

TEST(psci, features_unknown, .doc = "PSCI_FEATURES says NOT_SUPPORTED of a function that does not exist",
	.needs = "psci", .source = "PSCI (DEN 0022), PSCI_FEATURES")
{
	need_version(VERSION_1_0);
	EXPECT_STATUS(psci_call(PSCI_FEATURES, 0x8400001f, 0, 0), PSCI_NOT_SUPPORTED);
	EXPECT_STATUS(psci_call(PSCI_FEATURES, 0xc400001f, 0, 0), PSCI_NOT_SUPPORTED);
	/* CPU_OFF is there as an SMC32 function only. */
	EXPECT_STATUS(psci_call(PSCI_FEATURES, PSCI_CPU_OFF | SMCCC_64, 0, 0), PSCI_NOT_SUPPORTED);
}

TEST(psci, unknown_function, .doc = "a function of PSCI's range that does not exist gives NOT_SUPPORTED",
	.needs = "psci", .source = "PSCI (DEN 0022), Return error codes; SMCCC (DEN 0028), Unknown Function Identifier")
{
	EXPECT_STATUS(psci_call(0x8400001f, 0, 0, 0), PSCI_NOT_SUPPORTED);
	EXPECT_STATUS(psci_call(0xc400001f, 0, 0, 0), PSCI_NOT_SUPPORTED);
}

TEST(psci, migrate_info_type, .doc = "MIGRATE_INFO_TYPE is one of its four values", .needs = "psci",
	.source = "PSCI (DEN 0022), MIGRATE_INFO_TYPE")
{
	int64_t type;

	need_version(2);
	type = psci_call(PSCI_MIGRATE_INFO_TYPE, 0, 0, 0);
	INFO("MIGRATE_INFO_TYPE is %ld", type);
	EXPECT_GE(type, -1);
	EXPECT_LE(type, 2);
}

TEST(psci, affinity_info_on, .doc = "AFFINITY_INFO says that a running CPU is on", .needs = "psci",
	.source = "PSCI (DEN 0022), AFFINITY_INFO")
{
	need_version(2);
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++) {
		if (cpu)
			ASSERT_EQ(cpu_start(cpu), PSCI_SUCCESS);
		EXPECT_EQ(psci_call(PSCI_AFFINITY_INFO, cpu_mpidr(cpu), 0, 0), (int64_t)PSCI_ON);
	}
}

TEST(psci, affinity_info_off, .doc = "AFFINITY_INFO says that a CPU that was stopped is off, and only that one",
	.needs = "psci", .cpus = 2, .source = "PSCI (DEN 0022), AFFINITY_INFO, CPU_OFF")
{
	need_version(2);
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		ASSERT_EQ(cpu_start(cpu), PSCI_SUCCESS);
	for (unsigned int off = 1; off < cpu_count(); off++) {
		cpu_stop(off);
		for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
			EXPECT_EQ(psci_call(PSCI_AFFINITY_INFO, cpu_mpidr(cpu), 0, 0),
				(int64_t)(cpu == off ? PSCI_OFF : PSCI_ON));
		ASSERT_EQ(cpu_start(off), PSCI_SUCCESS);
	}
}

/* An MPIDR that no CPU has. */
static uint64_t absent_mpidr(void)
{
	uint64_t mpidr = 0xff00ffffffull;

	while (cpu_of_mpidr(mpidr) >= 0)
		mpidr--;
	return mpidr;
}

TEST(psci, affinity_info_absent, .doc = "AFFINITY_INFO of a CPU that does not exist gives INVALID_PARAMETERS",
	.needs = "psci", .source = "PSCI (DEN 0022), AFFINITY_INFO")
{
	need_version(2);
	EXPECT_STATUS(psci_call(PSCI_AFFINITY_INFO, absent_mpidr(), 0, 0), PSCI_INVALID_PARAMETERS);
}

TEST(psci, affinity_info_level, .doc = "AFFINITY_INFO of an affinity level above 3 gives INVALID_PARAMETERS",
	.needs = "psci", .source = "PSCI (DEN 0022), AFFINITY_INFO, lowest_affinity_level")
{
	need_version(2);
	EXPECT_STATUS(psci_call(PSCI_AFFINITY_INFO, cpu_mpidr(0), 4, 0), PSCI_INVALID_PARAMETERS);
}

TEST(psci, cpu_on_self, .doc = "CPU_ON of the calling CPU gives ALREADY_ON", .needs = "psci",
	.source = "PSCI (DEN 0022), CPU_ON")
{
	/* Nothing will run there, but the address must not be the reason for an error. */
	uint64_t entry = handover.image.base;

	EXPECT_STATUS(psci_call(psci_cpu_on_function(), cpu_mpidr(0), entry, 0), PSCI_ALREADY_ON);
}

TEST(psci, cpu_on_running, .doc = "CPU_ON of a CPU that runs gives ALREADY_ON, and it runs on", .needs = "psci",
	.cpus = 2, .source = "PSCI (DEN 0022), CPU_ON")
{
	ASSERT_EQ(cpu_start(1), PSCI_SUCCESS);
	EXPECT_STATUS(psci_call(psci_cpu_on_function(), cpu_mpidr(1), handover.image.base, 0), PSCI_ALREADY_ON);
	cpu_stop(1);
	ASSERT_EQ(cpu_start(1), PSCI_SUCCESS);
}

TEST(psci, cpu_on_twice, .doc = "CPU_ON right after a CPU_ON that succeeded gives ON_PENDING or ALREADY_ON",
	.needs = "psci", .cpus = 2,
	.source = "PSCI (DEN 0022), CPU_ON and CPU_OFF races; Return error codes, ON_PENDING")
{
	for (int round = 0; round < 5; round++) {
		struct cpu_start_call call;
		int64_t first, second;

		cpu_stop(1);
		call = cpu_start_prepare(1);
		first = psci_call(psci_cpu_on_function(), call.mpidr, call.entry, call.context);
		second = psci_call(psci_cpu_on_function(), call.mpidr, call.entry, call.context);
		/* A firmware that says SUCCESS twice may start it twice: let that pass before it is given work. */
		if (second == PSCI_SUCCESS)
			mdelay(5);
		if (first == PSCI_SUCCESS || second == PSCI_SUCCESS)
			cpu_start_wait(1);
		else
			cpu_start_renounce(1);
		EXPECT_STATUS(first, PSCI_SUCCESS);
		if (second != PSCI_ALREADY_ON)
			EXPECT_STATUS(second, PSCI_ON_PENDING);
	}
}

TEST(psci, cpu_on_absent, .doc = "CPU_ON of a CPU that does not exist gives INVALID_PARAMETERS", .needs = "psci",
	.source = "PSCI (DEN 0022), CPU_ON")
{
	need_version(2);
	EXPECT_STATUS(psci_call(PSCI_CPU_ON, absent_mpidr(), handover.image.base, 0), PSCI_INVALID_PARAMETERS);
}

static struct cpu_start_call race_call;
static uint32_t racers;
static int64_t race_status[MACHINE_MAX_CPUS];

static void race(void *arg)
{
	uint32_t count = *(uint32_t *)arg;

	__atomic_fetch_add(&racers, 1, __ATOMIC_ACQ_REL);
	/* All of them call as near to the same moment as can be. */
	while (load_acquire(&racers) < count)
		cpu_relax();
	race_status[cpu_index()] =
		psci_call(psci_cpu_on_function(), race_call.mpidr, race_call.entry, race_call.context);
}

TEST(psci, cpu_on_race, .doc = "all CPUs start the same one: one SUCCESS, the others ALREADY_ON or ON_PENDING",
	.needs = "psci", .cpus = 3, .source = "PSCI (DEN 0022), CPU_ON, CPU_ON and CPU_OFF races")
{
	unsigned int last = cpu_count() - 1;

	for (int round = 0; round < 3; round++) {
		unsigned int successes = 0, refusals = 0;
		uint32_t count = last;

		for (unsigned int cpu = 1; cpu < last; cpu++)
			ASSERT_EQ(cpu_start(cpu), PSCI_SUCCESS);
		cpu_stop(last);
		racers = 0;
		race_call = cpu_start_prepare(last);
		for (unsigned int cpu = 1; cpu < last; cpu++)
			on_cpu_async(cpu, race, &count);
		race(&count);
		for (unsigned int cpu = 1; cpu < last; cpu++)
			cpu_wait(cpu);
		for (unsigned int cpu = 0; cpu < last; cpu++) {
			successes += race_status[cpu] == PSCI_SUCCESS;
			refusals += race_status[cpu] == PSCI_ALREADY_ON || race_status[cpu] == PSCI_ON_PENDING;
			if (race_status[cpu] != PSCI_SUCCESS && race_status[cpu] != PSCI_ALREADY_ON &&
				race_status[cpu] != PSCI_ON_PENDING)
				INFO("CPU %u was told %s", cpu, psci_status_name(race_status[cpu]));
		}
		/* A firmware that said SUCCESS twice may start it twice: let that pass before it is given work. */
		if (successes > 1)
			mdelay(5);
		if (successes)
			cpu_start_wait(last);
		else
			cpu_start_renounce(last);
		EXPECT_EQ(successes, 1u);
		EXPECT_EQ(refusals, last - 1);
	}
}

TEST(psci, affinity_info_pending, .doc = "AFFINITY_INFO after a CPU_ON that succeeded does not say that the CPU is off",
	.needs = "psci", .cpus = 2, .source = "PSCI (DEN 0022), AFFINITY_INFO, ON_PENDING; CPU_ON and CPU_OFF races")
{
	need_version(2);
	for (int round = 0; round < 5; round++) {
		struct cpu_start_call call;
		int64_t status, info;

		cpu_stop(1);
		call = cpu_start_prepare(1);
		status = psci_call(psci_cpu_on_function(), call.mpidr, call.entry, call.context);
		info = psci_call(PSCI_AFFINITY_INFO, call.mpidr, 0, 0);
		if (status == PSCI_SUCCESS)
			cpu_start_wait(1);
		else
			cpu_start_renounce(1);
		EXPECT_STATUS(status, PSCI_SUCCESS);
		EXPECT_NE(info, (int64_t)PSCI_OFF);
	}
}

TEST(psci, cpu_off_all, .doc = "all secondaries go off, each is reported off, none comes back by itself",
	.needs = "psci", .cpus = 2, .source = "PSCI (DEN 0022), CPU_OFF")
{
	need_version(2);
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		ASSERT_EQ(cpu_start(cpu), PSCI_SUCCESS);
	/* Panics when one returns from CPU_OFF, or is not reported off. */
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		cpu_stop(cpu);
	/* An event is no reason to come back. */
	dsb(ish);
	sev();
	mdelay(2);
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		EXPECT_EQ(psci_call(PSCI_AFFINITY_INFO, cpu_mpidr(cpu), 0, 0), (int64_t)PSCI_OFF);
}

/*
 * What a CPU finds where CPU_ON sends it. It runs with its MMU off: `found` is its own cache line or more, cleaned and
 * invalidated before, so that nothing hides what it writes to memory.
 */
struct found {
	uint64_t x0, el, sctlr, daif, mpidr, sp_sel, done;
	uint64_t hvc; /* in: the conduit for CPU_OFF; 1 HVC, 0 SMC */
	uint64_t cpu_off;
};

#define FOUND(member, offset) _Static_assert(offsetof(struct found, member) == (offset), "on_entry: " #member)
FOUND(el, 8);
FOUND(sctlr, 16);
FOUND(daif, 24);
FOUND(mpidr, 32);
FOUND(sp_sel, 40);
FOUND(done, 48);
FOUND(hvc, 56);
FOUND(cpu_off, 64);

void on_entry(void);
/*
 * Entry: MMU off, X0 the context, which is struct found's physical address. Touches nothing but that structure: no
 * stack, no literal. Ends in CPU_OFF.
 */
/* clang-format off */
asm(	".pushsection .text, \"ax\"\n"
	".balign 64\n"
	".type on_entry, %function\n"
	"on_entry:\n"
	"	mrs	x1, CurrentEL\n"
	"	lsr	x1, x1, #2\n"
	"	mrs	x3, daif\n"
	"	cmp	x1, #2\n"
	"	b.eq	1f\n"
	"	mrs	x2, sctlr_el1\n"
	"	b	2f\n"
	"1:	mrs	x2, sctlr_el2\n"
	"2:	mrs	x4, mpidr_el1\n"
	"	mrs	x5, spsel\n"
	"	stp	x0, x1, [x0]\n"
	"	stp	x2, x3, [x0, #16]\n"
	"	stp	x4, x5, [x0, #32]\n"
	"	mov	x6, #1\n"
	/* Device accesses of one PE to one location's neighbourhood, but memory may be anything: `done` after the rest. */
	"	dmb	sy\n"
	"	str	x6, [x0, #48]\n"
	"	ldr	x7, [x0, #56]\n"
	"	ldr	x0, [x0, #64]\n"
	/* `done` is in memory before this CPU is gone. */
	"	dsb	sy\n"
	"	cbz	x7, 3f\n"
	"	hvc	#0\n"
	"	b	4f\n"
	"3:	smc	#0\n"
	"4:	wfi\n"
	"	b	4b\n"
	".size on_entry, . - on_entry\n"
	".popsection\n");
/* clang-format on */

TEST(psci, cpu_on_state,
	.doc = "a CPU enters with its context in X0, MMU and data cache off, DAIF set, at our EL with its SP",
	.needs = "psci", .cpus = 2, .source = "PSCI (DEN 0022), Initial core configuration; CPU_ON, context_id")
{
	pa_t page;
	struct found *found;
	uint64_t start;
	/* Which EL a firmware starts a CPU at is that of the caller's, which is not this one's if the image left EL2.
	 */
	bool same_el = handover.entry.el == current_el();

	need_version(2);
	cpu_stop(1);
	page = page_alloc_zeroed(0);
	ASSERT_FALSE(pa_is_none(page));
	found = phys_to_virt(page);
	found->hvc = machine.psci.conduit == PSCI_HVC;
	found->cpu_off = psci_cpu_off_function();
	/* The CPU reads and writes it with its MMU off: memory is up to date, and no cache has a copy that could be
	 * written back over what it writes. */
	dcache_clean_invalidate_poc(found, page_size());
	ASSERT_EQ(psci_call(psci_cpu_on_function(), cpu_mpidr(1), virt_to_phys(on_entry).pa, page.pa),
		(int64_t)PSCI_SUCCESS);
	/* First that it came, then that it is gone: a firmware may be late in saying that it is on. */
	start = counter_read();
	do {
		/* What it wrote is in memory; what this CPU may have read in advance is out of date. */
		dcache_invalidate_poc(found, page_size());
	} while (!*(volatile uint64_t *)&found->done && counter_read() - start < counter_from_us(5000000));
	while (psci_call(PSCI_AFFINITY_INFO, cpu_mpidr(1), 0, 0) != PSCI_OFF &&
		counter_read() - start < counter_from_us(5000000))
		cpu_relax();
	if (EXPECT_EQ(found->done, 1u)) {
		EXPECT_EQ(found->x0, page.pa);
		if (same_el)
			EXPECT_EQ(found->el, (uint64_t)current_el());
		EXPECT_EQ(found->sctlr & 5, 0u); /* M and C */
		EXPECT_EQ(found->daif, 0x3c0u);
		EXPECT_EQ(found->mpidr & 0xff00ffffffull, cpu_mpidr(1));
		EXPECT_EQ(found->sp_sel, 1u);
	}
	page_free(page, 0);
}

static struct cpu_start_call again;

static void start_again(void *arg)
{
	*(int64_t *)arg = psci_call(psci_cpu_on_function(), again.mpidr, again.entry, again.context);
}

TEST(psci, cpu_on_off_cycles, .doc = "ten times off and on: CPU_ON after AFFINITY_INFO said OFF always succeeds",
	.needs = "psci", .cpus = 2, .source = "PSCI (DEN 0022), CPU_ON; AFFINITY_INFO, OFF")
{
	unsigned int last = cpu_count() - 1;

	for (int round = 0; round < 10; round++) {
		int64_t status;

		cpu_stop(last);
		again = cpu_start_prepare(last);
		start_again(&status);
		if (!EXPECT_STATUS(status, PSCI_SUCCESS)) {
			cpu_start_renounce(last);
			return;
		}
		cpu_start_wait(last);
	}
}

TEST(psci, cpu_on_from_secondary, .doc = "a secondary starts another CPU, or the same one again after it went off",
	.needs = "psci", .cpus = 3, .source = "PSCI (DEN 0022), CPU_ON")
{
	unsigned int last = cpu_count() - 1;
	int64_t status = 1;

	cpu_stop(last);
	again = cpu_start_prepare(last);
	on_cpu(1, start_again, &status);
	if (EXPECT_STATUS(status, PSCI_SUCCESS))
		cpu_start_wait(last);
	else
		cpu_start_renounce(last);
}

/*
 * An entry point that cannot be one. The firmware may say so; one that does not starts a CPU that nobody gets back, so
 * the machine is given up afterwards.
 */
static void invalid_address(uint64_t entry)
{
	int64_t status;

	need_version(VERSION_1_0);
	cpu_stop(1);
	status = psci_call(psci_cpu_on_function(), cpu_mpidr(1), entry, 0);
	if (status == PSCI_SUCCESS)
		SKIP("this firmware does not check entry points: CPU_ON to 0x%lx gave SUCCESS, which is allowed",
			entry);
	if (status != PSCI_INVALID_PARAMETERS)
		EXPECT_STATUS(status, PSCI_INVALID_ADDRESS);
	EXPECT_EQ(psci_call(PSCI_AFFINITY_INFO, cpu_mpidr(1), 0, 0), (int64_t)PSCI_OFF);
}

TEST(psci, cpu_on_unaligned, .doc = "CPU_ON to an odd address is refused", .needs = "psci", .cpus = 2,
	.flags = TEST_ENDS, .source = "PSCI (DEN 0022), CPU_ON, entry_point_address")
{
	invalid_address(virt_to_phys(on_entry).pa + 1);
}

TEST(psci, cpu_on_nowhere, .doc = "CPU_ON to an address beyond the physical address space is refused", .needs = "psci",
	.cpus = 2, .flags = TEST_ENDS, .source = "PSCI (DEN 0022), CPU_ON, INVALID_ADDRESS")
{
	invalid_address(0xfff0000000000000ull);
}

/* Arms the timer that wakes this CPU while interrupts are masked; and disarms it. */
static unsigned int wake_up_in(uint64_t us)
{
	unsigned int intid = machine.timer[current_el() == 2 ? TIMER_HYP_VIRT : TIMER_VIRT].intid;

	if (!intid)
		SKIP("the machine's description has no interrupt for this timer");
	gic_enable_irq(intid);
	write_sysreg(counter_read() + counter_from_us(us), cntv_cval_el0);
	write_sysreg(1, cntv_ctl_el0);
	/* The timer runs before this CPU sleeps. */
	isb();
	return intid;
}

TEST(psci, suspend_standby,
	.doc = "CPU_SUSPEND to standby returns SUCCESS when a timer interrupt is pending, not before",
	.needs = "psci gic", .source = "PSCI (DEN 0022), CPU_SUSPEND, power_state StateType standby")
{
	uint64_t start = counter_read(), wait = counter_from_us(5000);
	unsigned int intid;
	int64_t status;
	bool pending;

	if (version() >= VERSION_1_0 && psci_call(PSCI_FEATURES, PSCI_CPU_SUSPEND, 0, 0) < 0)
		SKIP("this firmware has no CPU_SUSPEND");
	intid = wake_up_in(5000);
	do {
		status = psci_call(PSCI_CPU_SUSPEND, 0, 0, 0);
		/* A standby may end early, for an event that is none of ours: but not for ever. */
		pending = gic_pending(intid);
	} while (status == PSCI_SUCCESS && !pending && counter_read() - start < 100 * wait);
	EXPECT_STATUS(status, PSCI_SUCCESS);
	EXPECT_TRUE(pending);
	EXPECT_GE(counter_read() - start, wait);
	write_sysreg(0, cntv_ctl_el0);
	/* The line is low before the interrupt is enabled by anybody else. */
	isb();
	gic_disable_irq(intid);
}

/*
 * The machine off, and reset. Before, all must be as after a reset; a test that resets the machine runs twice, so its
 * second run says so of what the reset left.
 */
static void expect_fresh(void)
{
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		EXPECT_EQ(psci_call(PSCI_AFFINITY_INFO, cpu_mpidr(cpu), 0, 0), (int64_t)PSCI_OFF);
	EXPECT_EQ(handover.entry.sctlr & 5, handover.efi ? 5u : 0u); /* M and C */
	EXPECT_EQ(read_sysreg(cntv_ctl_el0) & 1, 0u);
}

static void be_busy(void *arg)
{
	(void)arg;
	for (;;)
		cpu_relax();
}

/* Other CPUs run, and do not go off by themselves. */
static void start_others(void)
{
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		on_cpu_async(cpu, be_busy, NULL);
}

TEST(psci, system_off, .doc = "SYSTEM_OFF with all CPUs running switches the machine off", .needs = "psci", .cpus = 2,
	.flags = TEST_ENDS, .source = "PSCI (DEN 0022), SYSTEM_OFF")
{
	need_version(2);
	start_others();
	test_ends_machine(MACHINE_OFF);
	FAIL("SYSTEM_OFF returned %s", psci_status_name(psci_call(PSCI_SYSTEM_OFF, 0, 0, 0)));
}

static void call_off(void *arg)
{
	(void)arg;
	FAIL("SYSTEM_OFF returned %s", psci_status_name(psci_call(PSCI_SYSTEM_OFF, 0, 0, 0)));
}

TEST(psci, system_off_secondary, .doc = "SYSTEM_OFF by another CPU than the first switches the machine off",
	.needs = "psci", .cpus = 2, .flags = TEST_ENDS, .source = "PSCI (DEN 0022), SYSTEM_OFF")
{
	need_version(2);
	test_ends_machine(MACHINE_OFF);
	on_cpu(1, call_off, NULL);
}

TEST(psci, system_reset, .doc = "SYSTEM_RESET with all CPUs running starts the machine again, with the others off",
	.needs = "psci", .cpus = 2, .flags = TEST_ENDS, .source = "PSCI (DEN 0022), SYSTEM_RESET")
{
	need_version(2);
	expect_fresh();
	start_others();
	test_ends_machine(MACHINE_RESET);
	FAIL("SYSTEM_RESET returned %s", psci_status_name(psci_call(PSCI_SYSTEM_RESET, 0, 0, 0)));
}

static void call_reset(void *arg)
{
	(void)arg;
	FAIL("SYSTEM_RESET returned %s", psci_status_name(psci_call(PSCI_SYSTEM_RESET, 0, 0, 0)));
}

TEST(psci, system_reset_secondary, .doc = "SYSTEM_RESET by another CPU than the first starts the machine again",
	.needs = "psci", .cpus = 2, .flags = TEST_ENDS, .source = "PSCI (DEN 0022), SYSTEM_RESET")
{
	need_version(2);
	expect_fresh();
	test_ends_machine(MACHINE_RESET);
	on_cpu(1, call_reset, NULL);
}

TEST(psci, system_reset2, .doc = "SYSTEM_RESET2, an architectural warm reset, starts the machine again",
	.needs = "psci", .flags = TEST_ENDS, .source = "PSCI (DEN 0022), SYSTEM_RESET2, SYSTEM_WARM_RESET")
{
	need_version(VERSION_1_1);
	if (psci_call(PSCI_FEATURES, PSCI_SYSTEM_RESET2, 0, 0) < 0)
		SKIP("this firmware has no SYSTEM_RESET2, which is optional");
	expect_fresh();
	test_ends_machine(MACHINE_RESET);
	FAIL("SYSTEM_RESET2 returned %s", psci_status_name(psci_call(PSCI_SYSTEM_RESET2, 0, 0, 0)));
}
