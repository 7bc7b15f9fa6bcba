/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SME: streaming mode and ZA, across exceptions, EL0, the hypervisor and CPUs, and traps. Instructions by encoding:
 * assemblers of 2022 do not agree about SME.
 */
#include <arch/exception.h>
#include <arch/feature.h>
#include <limpid/alloc.h>
#include <limpid/expect.h>
#include <limpid/psci.h>
#include <limpid/smp.h>
#include <limpid/string.h>
#include <limpid/test.h>
#include "cpu_state.h"

#define SOURCE_SME  "Arm ARM (DDI 0487), The Scalable Matrix Extension, Streaming SVE mode and ZA storage"
#define SOURCE_TRAP "Arm ARM (DDI 0487), ESR_EL1, ISS encoding for an exception due to SME functionality"

#define SVCR_SM 1ull
#define SVCR_ZA 2ull

#define EC_SME             0x1d
#define SMTC_TRAP          0u /* CPACR_EL1.SMEN */
#define SMTC_STREAMING     1u
#define SMTC_NOT_STREAMING 2u
#define SMTC_ZA_OFF        3u

#define SVE ".arch_extension sve\n\t"

/* RDSVL X0, #1; LDR and STR ZA[W12, 0], [X0]; ZERO {ZA}. */
#define RDSVL_X0  ".inst 0x04bf5820\n\t"
#define LDR_ZA_X0 ".inst 0xe1000000\n\t"
#define STR_ZA_X0 ".inst 0xe1200000\n\t"
#define ZERO_ZA   ".inst 0xc00800ff\n\t"

static size_t streaming_length(void)
{
	register uint64_t x0 asm("x0");

	asm volatile(RDSVL_X0 : "=r"(x0));
	return x0;
}

static void svcr_write(uint64_t value)
{
	write_sysreg_s(value, SVCR);
	isb();
}

/* SME, SVE and FP do not trap; not in streaming mode, ZA off; vectors as long as LEN allows, whose bytes are returned.
 */
static size_t sme_enable(unsigned int len)
{
	cpacr_write(CPACR_FP | CPACR_SVE | CPACR_SME);
	svcr_write(0);
	write_sysreg_s(len, SMCR_EL1);
	/* The length is the new one for the next instruction. */
	isb();
	return streaming_length();
}

static void za_row(unsigned int row, void *bytes, bool load)
{
	register uint64_t w12 asm("x12") = row;
	register void *x0 asm("x0") = bytes;

	if (load)
		asm volatile(LDR_ZA_X0 ::"r"(w12), "r"(x0) : "memory");
	else
		asm volatile(STR_ZA_X0 ::"r"(w12), "r"(x0) : "memory");
}

static void fill_row(uint8_t *bytes, size_t length, unsigned int row, uint8_t seed)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = seed + 37 * row + i;
}

static void za_fill(size_t length, uint8_t seed)
{
	uint8_t bytes[256] __attribute__((aligned(16)));

	for (unsigned int row = 0; row < length; row++) {
		fill_row(bytes, length, row, seed);
		za_row(row, bytes, true);
	}
}

static void expect_za(size_t length, uint8_t seed)
{
	uint8_t want[256], got[256] __attribute__((aligned(16)));

	for (unsigned int row = 0; row < length; row++) {
		fill_row(want, length, row, seed);
		za_row(row, got, false);
		if (!EXPECT_MEMEQ(got, want, length))
			INFO("row %u", row);
	}
}

TEST(fp.sme, lengths,
	.doc = "for each SMCR_EL1.LEN streaming vectors are no longer than it, if the CPU has such; powers of two only",
	.needs = "sme", .source = "Arm ARM (DDI 0487), SMCR_EL1, LEN")
{
	size_t shortest = sme_enable(0), before = 0;

	for (unsigned int len = 0; len < 16; len++) {
		size_t length = sme_enable(len);

		/* There need not be one of 16 bytes: then the shortest that there is. */
		EXPECT_LE(length, MAX(16ul * (len + 1), shortest));
		EXPECT_GE(length, before);
		EXPECT_EQ(length & (length - 1), 0u);
		before = length;
	}
	INFO("from %zu to %zu bytes", shortest, before);
}

TEST(fp.sme, streaming_mode,
	.doc = "entering and leaving streaming mode zeroes the vector registers, and SVCR says where we are",
	.needs = "sme sve", .source = SOURCE_SME)
{
	size_t length = sme_enable(15);
	uint64_t inside, low, before, after;

	asm volatile(SVE "dup z4.d, %1\n\t.arch_extension simd\n\tumov %0, v4.d[0]"
		     : "=r"(before)
		     : "r"(0x1234567890ul));
	EXPECT_EQ(before, 0x1234567890u);
	svcr_write(SVCR_SM);
	EXPECT_EQ(read_sysreg_s(SVCR), (uint64_t)SVCR_SM);
	asm volatile(SVE "rdvl %0, #1" : "=r"(inside));
	EXPECT_EQ(inside, length);
	asm volatile(".arch_extension fp\n\tfmov %0, d4" : "=r"(low));
	EXPECT_EQ(low, 0u);
	asm volatile(SVE "dup z4.d, %0" ::"r"(0x777ul));
	svcr_write(0);
	asm volatile(".arch_extension fp\n\tfmov %0, d4" : "=r"(after));
	EXPECT_EQ(after, 0u);
	EXPECT_EQ(read_sysreg_s(SVCR), 0u);
}

TEST(fp.sme, za, .doc = "ZA holds a value for each byte, is zero when it is switched on, and zero again the next time",
	.needs = "sme", .source = SOURCE_SME)
{
	uint8_t zero[256] = {0}, got[256] __attribute__((aligned(16)));
	size_t length = sme_enable(15);

	svcr_write(SVCR_ZA);
	za_row(length - 1, got, false);
	EXPECT_MEMEQ(got, zero, length);
	za_fill(length, 1);
	expect_za(length, 1);
	svcr_write(0);
	svcr_write(SVCR_ZA);
	for (unsigned int row = 0; row < length; row += length / 4) {
		za_row(row, got, false);
		EXPECT_MEMEQ(got, zero, length);
	}
	svcr_write(0);
}

static uint64_t svcr_in_handler;

static void note_svcr(struct exception_frame *frame)
{
	(void)frame;
	svcr_in_handler = read_sysreg_s(SVCR);
}

TEST(fp.sme, exception,
	.doc = "ZA, streaming mode and its registers survive an exception, and the handler is in the mode too",
	.needs = "sme", .source = SOURCE_SME)
{
	size_t length = sme_enable(15);
	uint64_t z9;

	exception_set_handler(VECTOR_SYNC, EC_SVC64, note_svcr);
	svcr_write(SVCR_SM | SVCR_ZA);
	za_fill(length, 2);
	asm volatile(SVE "dup z9.d, %0" ::"r"(0x99aabbul));
	asm volatile("svc #0" ::: "memory");
	EXPECT_EQ(svcr_in_handler, SVCR_SM | SVCR_ZA);
	EXPECT_EQ(read_sysreg_s(SVCR), SVCR_SM | SVCR_ZA);
	asm volatile(".arch_extension fp\n\tfmov %0, d9" : "=r"(z9));
	EXPECT_EQ(z9, 0x99aabbu);
	expect_za(length, 2);
	svcr_write(0);
}

USER_ASM(user_sme, "mrs x2, S3_3_C4_C2_2\n\t" RDSVL_X0 "mov x1, x0\n\tsvc #0xffff");

TEST(fp.sme, el0, .doc = "EL0 has our streaming vector length, and is in the mode that we left", .needs = "sme",
	.source = SOURCE_SME)
{
	size_t length = sme_enable(15);
	struct exception_frame frame;

	svcr_write(SVCR_ZA);
	za_fill(length, 3);
	el0_run(user_sme, 0, &frame);
	EXPECT_EQ(ESR_EC(frame.esr), EC_SVC64);
	EXPECT_EQ(frame.regs[1], length);
	EXPECT_EQ(frame.regs[2], (uint64_t)SVCR_ZA);
	expect_za(length, 3);
	svcr_write(0);
}

static void keep_own(void *arg)
{
	size_t length = sme_enable(15);

	(void)arg;
	svcr_write(SVCR_ZA);
	za_fill(length, 11 * cpu_index());
	for (int i = 0; i < 2; i++) {
		if (psci_available())
			psci_call(PSCI_VERSION, 0, 0, 0);
		expect_za(length, 11 * cpu_index());
	}
	svcr_write(0);
	cpacr_write(CPACR_FP);
}

TEST(fp.sme, each_cpu, .doc = "every CPU keeps its own ZA while the others use theirs and call the hypervisor",
	.needs = "sme", .cpus = 2, .source = SOURCE_SME)
{
	on_each_cpu(keep_own, NULL);
}

static void rdsvl(void *arg)
{
	(void)arg;
	streaming_length();
}

static void zero_za(void *arg)
{
	(void)arg;
	asm volatile(ZERO_ZA);
}

/* An Advanced SIMD instruction that streaming mode does not have (without FEAT_SME_FA64): TBL. */
static void table_lookup(void *arg)
{
	(void)arg;
	asm volatile(".arch_extension simd\n\ttbl v0.16b, {v1.16b}, v2.16b");
}

/* FMOPA ZA0.S, P0/M, P0/M, Z0.S, Z0.S: for streaming mode only. */
static void outer_product(void *arg)
{
	(void)arg;
	asm volatile(".inst 0x80800000");
}

static void expect_sme_trap(void (*fn)(void *), unsigned int smtc)
{
	struct exception_frame frame;

	ASSERT_TRUE(exception_catch(fn, NULL, &frame));
	EXPECT_EQ(ESR_EC(frame.esr), (uint64_t)EC_SME);
	EXPECT_EQ(ESR_ISS(frame.esr) & 7, (uint64_t)smtc);
}

TEST(fp.sme, trap, .doc = "CPACR_EL1.SMEN=0: an SME instruction traps with class 0x1d, and with SMEN=3 does not",
	.needs = "sme", .source = SOURCE_TRAP)
{
	struct exception_frame frame;

	cpacr_write(CPACR_FP | CPACR_SVE);
	expect_sme_trap(rdsvl, SMTC_TRAP);
	sme_enable(15);
	EXPECT_FALSE(exception_catch(rdsvl, NULL, &frame));
}

TEST(fp.sme, trap_el0, .doc = "CPACR_EL1.SMEN=1: SME traps at EL0 and not at our level", .needs = "sme",
	.source = SOURCE_TRAP)
{
	struct exception_frame frame;

	cpacr_write(CPACR_FP | CPACR_SVE | 1ull << 24);
	EXPECT_FALSE(exception_catch(rdsvl, NULL, &frame));
	el0_run(user_sme, 0, &frame);
	EXPECT_EQ(ESR_EC(frame.esr), (uint64_t)EC_SME);
	EXPECT_EQ(frame.pc, (uintptr_t)user_sme);
}

TEST(fp.sme, za_off, .doc = "with PSTATE.ZA=0 an instruction that uses ZA traps, and says why", .needs = "sme",
	.source = SOURCE_TRAP)
{
	struct exception_frame frame;

	sme_enable(15);
	expect_sme_trap(zero_za, SMTC_ZA_OFF);
	svcr_write(SVCR_ZA);
	EXPECT_FALSE(exception_catch(zero_za, NULL, &frame));
	svcr_write(0);
}

TEST(fp.sme, not_in_streaming_mode, .doc = "in streaming mode an instruction that it does not have traps, and says why",
	.needs = "sme", .source = SOURCE_TRAP)
{
	struct exception_frame frame;

	sme_enable(15);
	EXPECT_FALSE(exception_catch(table_lookup, NULL, &frame));
	svcr_write(SVCR_SM);
	/* SMCR_EL1.FA64=0. */
	expect_sme_trap(table_lookup, SMTC_STREAMING);
	svcr_write(0);
}

TEST(fp.sme, only_in_streaming_mode,
	.doc = "outside of streaming mode an instruction that needs it traps, and says why", .needs = "sme",
	.source = SOURCE_TRAP)
{
	struct exception_frame frame;

	sme_enable(15);
	svcr_write(SVCR_ZA);
	expect_sme_trap(outer_product, SMTC_NOT_STREAMING);
	svcr_write(SVCR_SM | SVCR_ZA);
	EXPECT_FALSE(exception_catch(outer_product, NULL, &frame));
	svcr_write(0);
}
