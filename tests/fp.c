/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FP and SIMD registers: they keep their values across exceptions, interrupts, EL0, the hypervisor and other CPUs, and
 * trap when they are to.
 */
#include <arch/exception.h>
#include <arch/feature.h>
#include <limpid/delay.h>
#include <limpid/expect.h>
#include <limpid/gic.h>
#include <limpid/psci.h>
#include <limpid/smp.h>
#include <limpid/string.h>
#include <limpid/test.h>
#include "cpu_state.h"

#define SOURCE_TRAP "Arm ARM (DDI 0487), CPACR_EL1, FPEN; ESR_EL1, EC 0x07"

struct fp_state {
	uint64_t q[32][2];
	uint64_t fpsr, fpcr;
} __attribute__((aligned(16)));

/* clang-format off */
#define ALL_Q(insn)                                                                                             \
	insn "	q0, q1, [%0]\n"         insn "	q2, q3, [%0, #32]\n"    insn "	q4, q5, [%0, #64]\n"            \
	insn "	q6, q7, [%0, #96]\n"    insn "	q8, q9, [%0, #128]\n"   insn "	q10, q11, [%0, #160]\n"         \
	insn "	q12, q13, [%0, #192]\n" insn "	q14, q15, [%0, #224]\n" insn "	q16, q17, [%0, #256]\n"         \
	insn "	q18, q19, [%0, #288]\n" insn "	q20, q21, [%0, #320]\n" insn "	q22, q23, [%0, #352]\n"         \
	insn "	q24, q25, [%0, #384]\n" insn "	q26, q27, [%0, #416]\n" insn "	q28, q29, [%0, #448]\n"         \
	insn "	q30, q31, [%0, #480]\n"
/* clang-format on */

#define FP_ASM ".arch_extension fp\n\t.arch_extension simd\n\t"

static void fp_load(const struct fp_state *state)
{
	asm volatile(FP_ASM ALL_Q("ldp") "msr fpsr, %1\n\tmsr fpcr, %2" ::"r"(state), "r"(state->fpsr), "r"(state->fpcr)
		     : "memory");
}

static void fp_store(struct fp_state *state)
{
	uint64_t fpsr, fpcr;

	asm volatile(FP_ASM ALL_Q("stp")::"r"(state) : "memory");
	asm volatile("mrs %0, fpsr\n\tmrs %1, fpcr" : "=r"(fpsr), "=r"(fpcr));
	state->fpsr = fpsr;
	state->fpcr = fpcr;
}

/* Another value for each byte of each register. */
static void fp_fill(struct fp_state *state, uint64_t seed)
{
	for (unsigned int i = 0; i < 32; i++) {
		state->q[i][0] = (seed + 2 * i + 1) * 0x9e3779b97f4a7c15;
		state->q[i][1] = (seed + 2 * i + 2) * 0xc2b2ae3d27d4eb4f;
	}
	state->fpsr = 0x08000010 | (seed & 1); /* QC, IXC */
	state->fpcr = 0x00c00000;              /* round towards zero */
}

static void expect_state(const struct fp_state *want)
{
	struct fp_state got;

	fp_store(&got);
	for (unsigned int i = 0; i < 32; i++)
		if (got.q[i][0] != want->q[i][0] || got.q[i][1] != want->q[i][1]) {
			INFO("Q%u differs", i);
			EXPECT_EQ(got.q[i][0], want->q[i][0]);
			EXPECT_EQ(got.q[i][1], want->q[i][1]);
		}
	EXPECT_EQ(got.fpsr, want->fpsr);
	EXPECT_EQ(got.fpcr, want->fpcr);
}

static void fp_clear(void)
{
	asm volatile("msr fpcr, xzr\n\tmsr fpsr, xzr");
}

static void nothing(struct exception_frame *frame)
{
	(void)frame;
}

TEST(fp, exception, .doc = "all registers survive an exception and its return", .needs = "fp",
	.source = "Arm ARM (DDI 0487), The SIMD and floating-point registers")
{
	struct fp_state state;

	fp_fill(&state, 1);
	exception_set_handler(VECTOR_SYNC, EC_SVC64, nothing);
	fp_load(&state);
	asm volatile("svc #0" ::: "memory");
	expect_state(&state);
	fp_clear();
}

static void clobber(struct exception_frame *frame)
{
	struct fp_state other;

	(void)frame;
	fp_fill(&other, 77);
	fp_load(&other);
}

TEST(fp, no_hidden_copy, .doc = "what a handler changes is changed: there is one set of registers for all levels",
	.needs = "fp", .source = "Arm ARM (DDI 0487), The SIMD and floating-point registers")
{
	struct fp_state state, other;

	fp_fill(&state, 2);
	fp_fill(&other, 77);
	exception_set_handler(VECTOR_SYNC, EC_SVC64, clobber);
	fp_load(&state);
	asm volatile("svc #0" ::: "memory");
	expect_state(&other);
	fp_clear();
}

/* X0 points to nothing that EL0 has, so by values: V1 and V2 made of X0. */
USER_ASM(user_fp, ".arch_extension fp\n\t.arch_extension simd\n\t"
		  "mov x3, v5.d[1]\n\tmov v1.d[0], x0\n\tmov v1.d[1], x0\n\tadd v2.2d, v1.2d, v1.2d\n\tsvc #0xffff");

TEST(fp, el0, .doc = "EL0 sees the registers as we left them, and we see what it wrote", .needs = "fp",
	.source = "Arm ARM (DDI 0487), The SIMD and floating-point registers")
{
	struct exception_frame frame;
	struct fp_state state;

	fp_fill(&state, 3);
	fp_load(&state);
	el0_run(user_fp, 0x1122334455667788, &frame);
	EXPECT_EQ(ESR_EC(frame.esr), EC_SVC64);
	EXPECT_EQ(frame.regs[3], state.q[5][1]);
	state.q[1][0] = state.q[1][1] = 0x1122334455667788;
	state.q[2][0] = state.q[2][1] = 0x22446688aaccef10;
	expect_state(&state);
	fp_clear();
}

TEST(fp, hypervisor, .doc = "the registers survive calls of the hypervisor or firmware", .needs = "fp psci",
	.source = "SMC Calling Convention (DEN 0028), Register use in AArch64")
{
	struct fp_state state;

	fp_fill(&state, 4);
	fp_load(&state);
	for (int i = 0; i < 100; i++)
		psci_call(PSCI_VERSION, 0, 0, 0);
	expect_state(&state);
	fp_clear();
}

static uint32_t interrupts;

static void count(unsigned int intid, void *arg)
{
	(void)intid;
	(void)arg;
	interrupts++;
}

TEST(fp, interrupts, .doc = "the registers survive interrupts and their handlers", .needs = "fp gic",
	.source = "Arm ARM (DDI 0487), The SIMD and floating-point registers")
{
	struct fp_state state;

	fp_fill(&state, 5);
	interrupts = 0;
	gic_set_handler(4, count, NULL);
	gic_enable_irq(4);
	irq_enable();
	fp_load(&state);
	for (uint32_t i = 0; i < 50; i++) {
		gic_send_sgi(cpu_index(), 4);
		while (*(volatile uint32_t *)&interrupts <= i)
			cpu_relax();
	}
	expect_state(&state);
	irq_disable();
	fp_clear();
}

/* Under KVM a host that restores the wrong CPU's registers shows here. */
static void keep_own(void *arg)
{
	struct fp_state state;

	(void)arg;
	fp_fill(&state, 1000 * (cpu_index() + 1));
	fp_load(&state);
	for (int i = 0; i < 50; i++) {
		if (psci_available())
			psci_call(PSCI_VERSION, 0, 0, 0);
		expect_state(&state);
	}
	fp_clear();
}

TEST(fp, each_cpu, .doc = "every CPU keeps its own registers while the others use theirs and call the hypervisor",
	.needs = "fp", .cpus = 2, .source = "Arm ARM (DDI 0487), The SIMD and floating-point registers")
{
	on_each_cpu(keep_own, NULL);
}

static void use_fp(void *arg)
{
	(void)arg;
	asm volatile(FP_ASM "fmov d0, xzr");
}

TEST(fp, trap, .doc = "CPACR_EL1.FPEN=0: an FP instruction traps with class 0x07, at it, and with FPEN=3 does not",
	.needs = "fp", .source = SOURCE_TRAP)
{
	struct exception_frame frame;

	cpacr_write(0);
	ASSERT_TRUE(exception_catch(use_fp, NULL, &frame));
	EXPECT_EQ(ESR_EC(frame.esr), EC_FP_TRAP);
	/* CV, COND 0xe, as every trap from AArch64 has. */
	EXPECT_EQ(ESR_ISS(frame.esr), 1ul << 24 | 0xeul << 20);
	EXPECT_EQ(*(uint32_t *)frame.pc, 0x9e6703e0u);
	cpacr_write(CPACR_FP);
	EXPECT_FALSE(exception_catch(use_fp, NULL, &frame));
}

TEST(fp, trap_el0, .doc = "CPACR_EL1.FPEN=1: FP traps at EL0 and not at our level", .needs = "fp",
	.source = SOURCE_TRAP)
{
	struct exception_frame frame;

	cpacr_write(1ull << 20);
	EXPECT_FALSE(exception_catch(use_fp, NULL, &frame));
	el0_run(user_fp, 0, &frame);
	EXPECT_EQ(ESR_EC(frame.esr), EC_FP_TRAP);
	EXPECT_EQ(frame.pc, (uintptr_t)user_fp);
	cpacr_write(CPACR_FP);
}

TEST(fp, trap_keeps, .doc = "registers keep their values while they trap", .needs = "fp", .source = SOURCE_TRAP)
{
	struct exception_frame frame;
	struct fp_state state;

	fp_fill(&state, 6);
	fp_load(&state);
	cpacr_write(0);
	EXPECT_TRUE(exception_catch(use_fp, NULL, &frame));
	cpacr_write(CPACR_FP);
	expect_state(&state);
	fp_clear();
}

TEST(fp, rounding, .doc = "FPCR.RMode decides how 1/3 is rounded", .needs = "fp",
	.source = "Arm ARM (DDI 0487), FPCR, Floating-point Control Register")
{
	static const struct {
		uint64_t mode, third;
	} cases[] = {
		{0, 0x3fd5555555555555}, /* nearest */
		{1, 0x3fd5555555555556}, /* towards plus infinity */
		{2, 0x3fd5555555555555}, /* towards minus infinity */
		{3, 0x3fd5555555555555}, /* towards zero */
	};
	/* And -2/3, where the directions part. */
	static const uint64_t minus_two_thirds[] = {
		0xbfe5555555555555, 0xbfe5555555555555, 0xbfe5555555555556, 0xbfe5555555555555};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t third, minus;

		write_sysreg(cases[i].mode << 22, fpcr);
		asm volatile(FP_ASM "fmov d0, #1.0\n\tfmov d1, #3.0\n\tfdiv d2, d0, d1\n\tfmov %0, d2\n\t"
				    "fmov d0, #-2.0\n\tfdiv d2, d0, d1\n\tfmov %1, d2"
			     : "=&r"(third), "=&r"(minus));
		EXPECT_EQ(third, cases[i].third);
		EXPECT_EQ(minus, minus_two_thirds[i]);
	}
	fp_clear();
}

TEST(fp, flags, .doc = "FPSR gets what an operation did: inexact, overflow, divide by zero, invalid, and keeps it",
	.needs = "fp", .source = "Arm ARM (DDI 0487), FPSR, Floating-point Status Register")
{
	uint64_t fpsr;

	fp_clear();
	asm volatile(FP_ASM "fmov d0, #1.0\n\tfmov d1, #2.0\n\tfdiv d2, d0, d1\n\tmrs %0, fpsr" : "=r"(fpsr));
	EXPECT_EQ(fpsr & 0x9f, 0u);
	asm volatile(FP_ASM "fmov d1, #3.0\n\tfdiv d2, d0, d1\n\tmrs %0, fpsr" : "=r"(fpsr));
	EXPECT_EQ(fpsr & 0x9f, 0x10u); /* IXC */
	asm volatile(FP_ASM "fmov d1, xzr\n\tfdiv d2, d0, d1\n\tmrs %0, fpsr" : "=r"(fpsr));
	EXPECT_EQ(fpsr & 0x9f, 0x12u); /* DZC */
	asm volatile(FP_ASM "fdiv d2, d1, d1\n\tmrs %0, fpsr" : "=r"(fpsr));
	EXPECT_EQ(fpsr & 0x9f, 0x13u); /* IOC */
	fp_clear();
}
