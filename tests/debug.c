/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Self-hosted debug: the registers, breakpoints and single step, at the EL that the tests run at and at EL0.
 * Watchpoints are in debug_watchpoint.c.
 */
#include <arch/barrier.h>
#include <arch/debug.h>
#include <arch/exception.h>
#include <limpid/boot.h>
#include <limpid/expect.h>
#include <limpid/smp.h>
#include <limpid/test.h>
#include <limpid/types.h>

#define ARM_ARM "Arm ARM (DDI 0487), "

/* Targets of breakpoints and steps: instructions of known addresses. */
void debug_nops(void) __attribute__((visibility("hidden")));
extern const char debug_nop[] __attribute__((visibility("hidden")));
asm(".pushsection .text, \"ax\"\n"
    ".balign 4\n"
    ".type debug_nops, %function\n"
    "debug_nops:\n"
    "debug_nop:\n"
    ".rept 18\n"
    "	nop\n"
    ".endr\n"
    "	ret\n"
    ".size debug_nops, . - debug_nops\n"
    ".popsection\n");

static uint64_t nop(unsigned int n)
{
	return (uint64_t)(uintptr_t)debug_nop + 4 * n;
}

#define HITS_MAX 32

static struct {
	uint64_t pc;
	uint32_t esr;
} hits[HITS_MAX];
static volatile unsigned int hit_count;

static void note(const struct exception_frame *frame)
{
	if (hit_count < HITS_MAX) {
		hits[hit_count].pc = frame->pc;
		hits[hit_count].esr = frame->esr;
	}
	hit_count++;
}

/* Notes the hit, and disables what was hit so that the return does not hit it again. */
static void take_breakpoint(struct exception_frame *frame)
{
	note(frame);
	for (unsigned int n = 0; n < debug_breakpoints(); n++)
		if (debug_breakpoint_address(n) == frame->pc)
			debug_set_breakpoint(n, frame->pc, 0);
	if (hit_count > HITS_MAX)
		debug_set_mdscr(0);
}

static void arm_breakpoints(void)
{
	hit_count = 0;
	exception_set_handler(VECTOR_SYNC, EC_BREAKPOINT_SAME, take_breakpoint);
}

TEST(debug, breakpoint_registers, .doc = "each breakpoint keeps its own address and control, and there are two or more",
	.source = ARM_ARM "DBGBVR<n>_EL1, DBGBCR<n>_EL1; ID_AA64DFR0_EL1.BRPs")
{
	unsigned int count = debug_breakpoints();

	EXPECT_GE(count, 2u);
	for (unsigned int n = 0; n < count; n++)
		debug_set_breakpoint(n, 0x123456789000 + 4 * n, DBGBCR_BAS | (n % 2 ? DBG_EL1 : DBG_EL0));
	for (unsigned int n = 0; n < count; n++) {
		EXPECT_EQ(debug_breakpoint_address(n), 0x123456789000 + 4 * n);
		EXPECT_EQ(debug_breakpoint_control(n), DBGBCR_BAS | (n % 2 ? DBG_EL1 : DBG_EL0));
	}
	debug_reset();
}

TEST(debug, watchpoint_registers, .doc = "each watchpoint keeps its own address and control, and there are two or more",
	.source = ARM_ARM "DBGWVR<n>_EL1, DBGWCR<n>_EL1; ID_AA64DFR0_EL1.WRPs")
{
	unsigned int count = debug_watchpoints();

	EXPECT_GE(count, 2u);
	for (unsigned int n = 0; n < count; n++)
		debug_set_watchpoint(n, 0x123456789000 + 8 * n, DBGWCR_BAS(1u << n % 8) | DBGWCR_LOAD | DBG_EL0);
	for (unsigned int n = 0; n < count; n++) {
		EXPECT_EQ(debug_watchpoint_address(n), 0x123456789000 + 8 * n);
		EXPECT_EQ(debug_watchpoint_control(n), DBGWCR_BAS(1u << n % 8) | DBGWCR_LOAD | DBG_EL0);
	}
	debug_reset();
}

/* --- breakpoints --- */

TEST(debug, breakpoint_each, .doc = "all breakpoints, on instructions in a row, are hit in order, each before its own",
	.source = ARM_ARM "Breakpoint exceptions; ESR_ELx, EC 0x31")
{
	unsigned int count = debug_breakpoints();

	arm_breakpoints();
	for (unsigned int n = 0; n < count; n++)
		debug_set_breakpoint(n, nop(n), DBG_ENABLE | DBGBCR_BAS | debug_here());
	debug_enable(MDSCR_MDE | MDSCR_KDE);
	debug_nops();
	debug_reset();
	EXPECT_EQ(hit_count, count);
	for (unsigned int n = 0; n < MIN(count, hit_count); n++) {
		EXPECT_EQ(hits[n].pc, nop(n));
		EXPECT_EQ(ESR_EC(hits[n].esr), (uint32_t)EC_BREAKPOINT_SAME);
		EXPECT_EQ(ESR_FSC(hits[n].esr), (uint32_t)FSC_DEBUG);
	}
}

/* Hits of one breakpoint that is set up like this. */
static unsigned int hits_of(uint32_t control, uint32_t mdscr)
{
	arm_breakpoints();
	debug_set_breakpoint(0, nop(3), control);
	debug_enable(mdscr);
	debug_nops();
	debug_reset();
	return hit_count;
}

#define USUAL (DBG_ENABLE | DBGBCR_BAS | debug_here())

TEST(debug, breakpoint_enabled, .doc = "a breakpoint with DBGBCR.E is hit, without it is not",
	.source = ARM_ARM "DBGBCR<n>_EL1.E")
{
	EXPECT_EQ(hits_of(USUAL, MDSCR_MDE | MDSCR_KDE), 1u);
	EXPECT_EQ(hits_of(USUAL & ~DBG_ENABLE, MDSCR_MDE | MDSCR_KDE), 0u);
}

TEST(debug, breakpoint_needs_mde, .doc = "no breakpoint is hit while MDSCR_EL1.MDE is 0",
	.source = ARM_ARM "MDSCR_EL1.MDE")
{
	EXPECT_EQ(hits_of(USUAL, MDSCR_KDE), 0u);
}

TEST(debug, breakpoint_needs_kde, .doc = "no breakpoint is hit at the EL that takes them while MDSCR_EL1.KDE is 0",
	.source = ARM_ARM "MDSCR_EL1.KDE; Enabling debug exceptions from the current Exception level")
{
	EXPECT_EQ(hits_of(USUAL, MDSCR_MDE), 0u);
}

TEST(debug, breakpoint_masked, .doc = "no breakpoint is hit while PSTATE.D is 1", .source = ARM_ARM "PSTATE.D")
{
	arm_breakpoints();
	debug_set_breakpoint(0, nop(3), USUAL);
	debug_enable(MDSCR_MDE | MDSCR_KDE);
	asm volatile("msr daifset, #8" ::: "memory");
	debug_nops();
	EXPECT_EQ(hit_count, 0u);
	asm volatile("msr daifclr, #8" ::: "memory");
	debug_nops();
	EXPECT_EQ(hit_count, 1u);
}

TEST(debug, breakpoint_other_level, .doc = "a breakpoint for EL0 alone is not hit at our EL",
	.source = ARM_ARM "DBGBCR<n>_EL1, PMC")
{
	EXPECT_EQ(hits_of(DBG_ENABLE | DBGBCR_BAS | DBG_EL0, MDSCR_MDE | MDSCR_KDE), 0u);
}

TEST(debug, os_lock_bit, .doc = "OSLSR_EL1.OSLK is what was written to OSLAR_EL1",
	.source = ARM_ARM "OSLAR_EL1, OSLSR_EL1")
{
	write_sysreg(1, oslar_el1);
	isb();
	EXPECT_EQ(read_sysreg(oslsr_el1) & 2, 2u);
	write_sysreg(0, oslar_el1);
	isb();
	EXPECT_EQ(read_sysreg(oslsr_el1) & 2, 0u);
}

TEST(debug, os_lock, .doc = "no breakpoint is hit while the OS lock is set",
	.source = ARM_ARM "The OS Lock; Enabling debug exceptions")
{
	arm_breakpoints();
	debug_set_breakpoint(0, nop(3), USUAL);
	debug_enable(MDSCR_MDE | MDSCR_KDE);
	write_sysreg(1, oslar_el1);
	isb();
	debug_nops();
	write_sysreg(0, oslar_el1);
	isb();
	EXPECT_EQ(hit_count, 0u);
}

static void run_nops(void *arg)
{
	(void)arg;
	debug_nops();
}

static void hit_here(void *arg)
{
	*(unsigned int *)arg = hits_of(USUAL, MDSCR_MDE | MDSCR_KDE);
}

TEST(debug, breakpoint_each_cpu, .doc = "a breakpoint is hit on the CPU that it is set on, and on no other", .cpus = 2,
	.source = ARM_ARM "Breakpoint exceptions; MDSCR_EL1")
{
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++) {
		unsigned int hits = 0;

		on_cpu(cpu, hit_here, &hits);
		EXPECT_EQ(hits, 1u);
	}
	/* Set on this CPU, for the others to run into. */
	arm_breakpoints();
	debug_set_breakpoint(0, nop(3), USUAL);
	debug_enable(MDSCR_MDE | MDSCR_KDE);
	on_cpu(1, run_nops, NULL);
	EXPECT_EQ(hit_count, 0u);
	debug_nops();
	EXPECT_EQ(hit_count, 1u);
	debug_reset();
}

static unsigned int hits_in_context(uint64_t context)
{
	unsigned int aware = debug_breakpoints() - 1;

	arm_breakpoints();
	debug_set_breakpoint(aware, 0x1234, DBG_ENABLE | DBGBCR_BAS | DBGBCR_CONTEXT | debug_here());
	debug_set_breakpoint(0, nop(3), USUAL | DBGBCR_LINKED | DBG_LINK(aware));
	write_sysreg(context, contextidr_el1);
	/* The context is the one of what follows. */
	isb();
	debug_enable(MDSCR_MDE | MDSCR_KDE);
	debug_nops();
	debug_reset();
	write_sysreg(0, contextidr_el1);
	isb();
	return hit_count;
}

TEST(debug, breakpoint_in_context, .doc = "a breakpoint linked to a Context ID is hit in that context alone",
	.source = ARM_ARM "Context breakpoints; DBGBCR<n>_EL1.BT and LBN")
{
	EXPECT_EQ(hits_in_context(0x1234), 1u);
	EXPECT_EQ(hits_in_context(0x1235), 0u);
}

/* --- EL0: an SVC tells where the code was copied to --- */

USER_ASM(user_targets, "svc #1\n nop\n nop\n svc #0xffff");

static uint64_t user_base;
static uint32_t user_control;

static void set_user_breakpoint(struct exception_frame *frame)
{
	user_base = frame->pc;
	debug_set_breakpoint(0, frame->pc + 4, user_control);
}

static uint32_t class_of_user_breakpoint(uint32_t control, struct exception_frame *frame)
{
	user_control = control;
	exception_set_handler(VECTOR_EL0_SYNC, EC_SVC64, set_user_breakpoint);
	/* KDE and PSTATE.D do not matter for a lower EL. */
	debug_enable(MDSCR_MDE);
	asm volatile("msr daifset, #8" ::: "memory");
	el0_run(user_targets, 0, frame);
	debug_reset();
	return ESR_EC(frame->esr);
}

TEST(debug, breakpoint_at_el0, .doc = "a breakpoint for EL0 is hit there, with KDE 0 and PSTATE.D set at our EL",
	.source = ARM_ARM "Breakpoint exceptions; ESR_ELx, EC 0x30")
{
	struct exception_frame frame;

	EXPECT_EQ(class_of_user_breakpoint(DBG_ENABLE | DBGBCR_BAS | DBG_EL0, &frame), (uint32_t)EC_BREAKPOINT_LOWER);
	EXPECT_EQ(frame.pc, (uint64_t)(uintptr_t)user_targets + 8);
	EXPECT_EQ(class_of_user_breakpoint(USUAL, &frame), (uint32_t)EC_SVC64);
}

/* --- single step --- */

static unsigned int steps_wanted;

/* Returns so that one instruction executes. */
static void step_next(struct exception_frame *frame)
{
	frame->pstate |= PSTATE_SS;
	frame->pstate &= ~(uint64_t)PSTATE_D;
}

static void begin_steps(struct exception_frame *frame)
{
	if ((ESR_ISS(frame->esr) & 0xffff) == 2)
		return;
	debug_set_mdscr(MDSCR_SS | MDSCR_KDE);
	step_next(frame);
}

static void take_step(struct exception_frame *frame)
{
	note(frame);
	if (hit_count < steps_wanted) {
		step_next(frame);
	} else {
		debug_set_mdscr(0);
		frame->pstate &= ~(uint64_t)PSTATE_SS;
	}
}

static void arm_steps(unsigned int count)
{
	hit_count = 0;
	steps_wanted = count;
	exception_set_handler(VECTOR_SYNC, EC_SVC64, begin_steps);
	exception_set_handler(VECTOR_SYNC, EC_STEP_SAME, take_step);
	debug_enable(0);
}

void debug_stepped(void) __attribute__((visibility("hidden")));
extern const char debug_step_start[] __attribute__((visibility("hidden")));
extern const char debug_step_target[] __attribute__((visibility("hidden")));
extern const char debug_step_svc[] __attribute__((visibility("hidden")));
asm(".pushsection .text, \"ax\"\n"
    ".balign 4\n"
    ".type debug_stepped, %function\n"
    "debug_stepped:\n"
    "	svc	#1\n"
    "debug_step_start:\n"
    "	nop\n"
    "	b	debug_step_target\n"
    "	nop\n"
    "	nop\n"
    "debug_step_target:\n"
    "	nop\n"
    "debug_step_svc:\n"
    "	svc	#2\n"
    "	nop\n"
    "	sub	x9, sp, #16\n"
    "	ldxr	x10, [x9]\n"
    "	clrex\n"
    "	ret\n"
    ".size debug_stepped, . - debug_stepped\n"
    ".popsection\n");

static uint64_t at(const char *label)
{
	return (uint64_t)(uintptr_t)label;
}

TEST(debug, step_one, .doc = "a single step executes one instruction", .source = ARM_ARM "Software Step exceptions")
{
	arm_steps(1);
	debug_stepped();
	debug_reset();
	EXPECT_EQ(hit_count, 1u);
	EXPECT_EQ(hits[0].pc, at(debug_step_start) + 4);
	EXPECT_EQ(ESR_EC(hits[0].esr), (uint32_t)EC_STEP_SAME);
	EXPECT_EQ(ESR_FSC(hits[0].esr), (uint32_t)FSC_DEBUG);
}

TEST(debug, step_branch, .doc = "steps follow a branch that is taken", .source = ARM_ARM "Software Step exceptions")
{
	arm_steps(3);
	debug_stepped();
	debug_reset();
	EXPECT_EQ(hit_count, 3u);
	EXPECT_EQ(hits[1].pc, at(debug_step_target));
	EXPECT_EQ(hits[2].pc, at(debug_step_target) + 4);
}

TEST(debug, step_exception, .doc = "a step of an SVC stops behind it, after its handler ran unstepped",
	.source = ARM_ARM "Software Step exceptions, exception entry and SPSR_ELx.SS")
{
	arm_steps(4);
	debug_stepped();
	debug_reset();
	EXPECT_EQ(hit_count, 4u);
	EXPECT_EQ(hits[3].pc, at(debug_step_svc) + 4);
}

TEST(debug, step_syndrome, .doc = "the syndrome of a step says whether a Load-Exclusive was stepped",
	.source = ARM_ARM "ISS encoding for an exception from a Software Step, ISV and EX")
{
	arm_steps(7);
	debug_stepped();
	debug_reset();
	EXPECT_EQ(hit_count, 7u);
	EXPECT_EQ(hits[0].esr & (ESR_STEP_ISV | ESR_STEP_EX), (uint32_t)ESR_STEP_ISV);
	EXPECT_EQ(hits[6].pc, at(debug_step_svc) + 16);
	EXPECT_EQ(hits[6].esr & (ESR_STEP_ISV | ESR_STEP_EX), (uint32_t)(ESR_STEP_ISV | ESR_STEP_EX));
}

TEST(debug, step_masked, .doc = "with PSTATE.D set nothing is stepped",
	.source = ARM_ARM "Software Step exceptions; PSTATE.D")
{
	arm_steps(1);
	asm volatile("msr daifset, #8" ::: "memory");
	debug_set_mdscr(MDSCR_SS | MDSCR_KDE);
	debug_nops();
	debug_set_mdscr(0);
	EXPECT_EQ(hit_count, 0u);
}

static void begin_user_step(struct exception_frame *frame)
{
	user_base = frame->pc;
	debug_set_mdscr(MDSCR_SS);
	frame->pstate |= PSTATE_SS;
}

TEST(debug, step_at_el0, .doc = "one instruction of EL0 is stepped, with KDE 0 and PSTATE.D set at our EL",
	.source = ARM_ARM "Software Step exceptions; ESR_ELx, EC 0x32")
{
	struct exception_frame frame;

	exception_set_handler(VECTOR_EL0_SYNC, EC_SVC64, begin_user_step);
	debug_enable(0);
	asm volatile("msr daifset, #8" ::: "memory");
	el0_run(user_targets, 0, &frame);
	debug_reset();
	EXPECT_EQ(ESR_EC(frame.esr), (uint32_t)EC_STEP_LOWER);
	EXPECT_EQ(frame.pc, (uint64_t)(uintptr_t)user_targets + 8);
}
