/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SVE: vector lengths, registers across exceptions, EL0, the hypervisor and CPUs, and traps.
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

#define SOURCE_STATE "Arm ARM (DDI 0487), The SVE registers"

#define SVE ".arch_extension sve\n\t"

#define VL_MAX 256

/* Of the longest vectors; what a shorter one does not have is not compared. */
struct sve_state {
	uint8_t z[32][VL_MAX];
	uint8_t p[16][VL_MAX / 8];
	uint8_t ffr[VL_MAX / 8];
} __attribute__((aligned(16)));

/* A state for each CPU, and one more for what is read back: had from the heap when first asked for, and kept. */
static struct sve_state *state_of(unsigned int cpu, bool read_back)
{
	static struct sve_state *states[64][2];
	struct sve_state **state = &states[cpu][read_back];

	if (!*state)
		*state = memalign(16, sizeof(**state));
	ASSERT_NE(*state, NULL);
	return *state;
}

static size_t sve_length(void)
{
	uint64_t bytes;

	asm volatile(SVE "rdvl %0, #1" : "=r"(bytes));
	return bytes;
}

/* SVE does not trap, and vectors are as long as LEN allows. Returns their bytes. */
static size_t sve_enable(unsigned int len)
{
	cpacr_write(CPACR_FP | CPACR_SVE);
	write_sysreg_s(len, ZCR_EL1);
	/* The length is the new one for the next instruction. */
	isb();
	return sve_length();
}

/* clang-format off */
#define FOR_EACH_Z(insn) \
	insn(0) insn(1) insn(2) insn(3) insn(4) insn(5) insn(6) insn(7) insn(8) insn(9) insn(10) insn(11) insn(12) insn(13) \
	insn(14) insn(15) insn(16) insn(17) insn(18) insn(19) insn(20) insn(21) insn(22) insn(23) insn(24) insn(25) insn(26) \
	insn(27) insn(28) insn(29) insn(30) insn(31)
#define FOR_EACH_P(insn) \
	insn(0) insn(1) insn(2) insn(3) insn(4) insn(5) insn(6) insn(7) insn(8) insn(9) insn(10) insn(11) insn(12) insn(13) \
	insn(14) insn(15)
/* clang-format on */

#define LOAD_Z(n)  "ldr z" #n ", [%0]\n\tadd %0, %0, %1\n\t"
#define STORE_Z(n) "str z" #n ", [%0]\n\tadd %0, %0, %1\n\t"
#define LOAD_P(n)  "ldr p" #n ", [%0]\n\tadd %0, %0, %1\n\t"
#define STORE_P(n) "str p" #n ", [%0]\n\tadd %0, %0, %1\n\t"

static void sve_load(const struct sve_state *state)
{
	const void *at = state->ffr;

	/* FFR by way of a predicate, which gets its own value afterwards. */
	asm volatile(SVE "ldr p0, [%0]\n\twrffr p0.b" ::"r"(at) : "memory");
	at = state->z;
	asm volatile(SVE FOR_EACH_Z(LOAD_Z) : "+r"(at) : "r"((uint64_t)VL_MAX) : "memory");
	at = state->p;
	asm volatile(SVE FOR_EACH_P(LOAD_P) : "+r"(at) : "r"((uint64_t)VL_MAX / 8) : "memory");
}

static void sve_store(struct sve_state *state)
{
	void *at = state->z;

	asm volatile(SVE FOR_EACH_Z(STORE_Z) : "+r"(at) : "r"((uint64_t)VL_MAX) : "memory");
	at = state->p;
	asm volatile(SVE FOR_EACH_P(STORE_P) : "+r"(at) : "r"((uint64_t)VL_MAX / 8) : "memory");
	at = state->ffr;
	/* By way of a predicate, which gets its own value back. */
	asm volatile(SVE "rdffr p0.b\n\tstr p0, [%0]\n\tldr p0, [%1]" ::"r"(at), "r"(state->p) : "memory");
}

static void sve_fill(struct sve_state *state, uint8_t seed)
{
	for (unsigned int i = 0; i < 32; i++)
		for (unsigned int j = 0; j < VL_MAX; j++)
			state->z[i][j] = seed + 31 * i + j;
	for (unsigned int i = 0; i < 16; i++)
		for (unsigned int j = 0; j < VL_MAX / 8; j++)
			state->p[i][j] = seed + 29 * i + j;
	/* FFR is monotonic: the first elements, and no others. */
	memset(state->ffr, 0, sizeof(state->ffr));
	state->ffr[0] = (1u << (seed & 7)) - 1;
}

static void expect_state(const struct sve_state *want, size_t length)
{
	struct sve_state *got = state_of(cpu_index(), true);

	sve_store(got);
	for (unsigned int i = 0; i < 32; i++)
		EXPECT_MEMEQ(got->z[i], want->z[i], length);
	for (unsigned int i = 0; i < 16; i++)
		EXPECT_MEMEQ(got->p[i], want->p[i], length / 8);
	EXPECT_MEMEQ(got->ffr, want->ffr, length / 8);
}

TEST(fp.sve, lengths,
	.doc = "for each ZCR_EL1.LEN the vectors are as long as the CPU can, and not longer; 16 bytes always",
	.needs = "sve", .source = "Arm ARM (DDI 0487), ZCR_EL1, LEN")
{
	size_t longest = sve_enable(0), length;

	EXPECT_EQ(longest, 16u);
	for (unsigned int len = 1; len < 16; len++) {
		length = sve_enable(len);
		EXPECT_LE(length, 16ul * (len + 1));
		EXPECT_GE(length, longest);
		EXPECT_EQ(length % 16, 0u);
		/* Powers of two up to the longest are not optional. */
		if ((len & (len + 1)) == 0 && sve_enable(15) >= 16ul * (len + 1))
			EXPECT_EQ(length, 16ul * (len + 1));
		longest = length;
	}
	INFO("longest: %zu bytes", longest);
}

static void nothing(struct exception_frame *frame)
{
	(void)frame;
}

TEST(fp.sve, exception, .doc = "Z, P and FFR survive an exception and its return", .needs = "sve",
	.source = SOURCE_STATE)
{
	struct sve_state *state = state_of(0, false);
	size_t length = sve_enable(15);

	sve_fill(state, 1);
	exception_set_handler(VECTOR_SYNC, EC_SVC64, nothing);
	sve_load(state);
	asm volatile("svc #0" ::: "memory");
	expect_state(state, length);
}

USER_ASM(user_sve, SVE "rdvl x1, #1\n\tdup z3.b, w0\n\tsvc #0xffff");

TEST(fp.sve, el0, .doc = "EL0 has our vector length, and we see what it wrote", .needs = "sve", .source = SOURCE_STATE)
{
	struct sve_state *state = state_of(0, false);
	size_t length = sve_enable(15);
	struct exception_frame frame;

	sve_fill(state, 2);
	sve_load(state);
	el0_run(user_sve, 0x5a, &frame);
	EXPECT_EQ(ESR_EC(frame.esr), EC_SVC64);
	EXPECT_EQ(frame.regs[1], length);
	memset(state->z[3], 0x5a, VL_MAX);
	expect_state(state, length);
}

static void keep_own(void *arg)
{
	/* Each CPU another length, where there are several. */
	size_t length = sve_enable(15 - cpu_index() % 4);
	struct sve_state *state = state_of(cpu_index(), false);

	(void)arg;
	sve_fill(state, 10 * cpu_index() + 3);
	sve_load(state);
	for (int i = 0; i < 5; i++) {
		if (psci_available())
			psci_call(PSCI_VERSION, 0, 0, 0);
		expect_state(state, length);
		EXPECT_EQ(sve_length(), length);
	}
	cpacr_write(CPACR_FP);
}

TEST(fp.sve, each_cpu,
	.doc = "every CPU keeps its own registers and length while the others use theirs and call the hypervisor",
	.needs = "sve", .cpus = 2, .source = SOURCE_STATE)
{
	/* The other CPUs may not have it in a machine of two kinds; then they trap, and that is a finding. */
	on_each_cpu(keep_own, NULL);
}

TEST(fp.sve, simd_alias, .doc = "Q registers are the low 16 bytes of Z, and a write of Q zeroes the rest",
	.needs = "sve", .source = SOURCE_STATE)
{
	struct sve_state *state = state_of(0, false), *got = state_of(0, true);
	size_t length = sve_enable(15);
	uint8_t zero[VL_MAX] = {0}, q[16] __attribute__((aligned(16)));

	sve_fill(state, 4);
	sve_load(state);
	asm volatile(".arch_extension simd\n\tstr q7, [%0]" ::"r"(q) : "memory");
	EXPECT_MEMEQ(q, state->z[7], 16);
	memset(q, 0xee, 16);
	asm volatile(".arch_extension simd\n\tldr q7, [%0]" ::"r"(q) : "memory");
	sve_store(got);
	EXPECT_MEMEQ(got->z[7], q, 16);
	EXPECT_MEMEQ(got->z[7] + 16, zero, length - 16);
	EXPECT_MEMEQ(got->z[8], state->z[8], length);
}

TEST(fp.sve, shorter, .doc = "with a shorter vector length the low bytes stay what they were", .needs = "sve",
	.source = "Arm ARM (DDI 0487), ZCR_EL1, LEN")
{
	struct sve_state *state = state_of(0, false), *got = state_of(0, true);
	sve_enable(15);
	sve_fill(state, 5);
	sve_load(state);
	EXPECT_EQ(sve_enable(0), 16u);
	sve_store(got);
	for (unsigned int i = 0; i < 32; i++)
		EXPECT_MEMEQ(got->z[i], state->z[i], 16);
}

static void use_sve(void *arg)
{
	(void)arg;
	asm volatile(SVE "dup z0.b, #0");
}

TEST(fp.sve, trap, .doc = "CPACR_EL1.ZEN=0: an SVE instruction traps with class 0x19, and with ZEN=3 does not",
	.needs = "sve", .source = "Arm ARM (DDI 0487), CPACR_EL1, ZEN; ESR_EL1, EC 0x19")
{
	struct exception_frame frame;

	cpacr_write(CPACR_FP);
	ASSERT_TRUE(exception_catch(use_sve, NULL, &frame));
	EXPECT_EQ(ESR_EC(frame.esr), 0x19u);
	EXPECT_EQ(ESR_ISS(frame.esr), 0u);
	sve_enable(15);
	EXPECT_FALSE(exception_catch(use_sve, NULL, &frame));
}

TEST(fp.sve, trap_el0, .doc = "CPACR_EL1.ZEN=1: SVE traps at EL0 and not at our level", .needs = "sve",
	.source = "Arm ARM (DDI 0487), CPACR_EL1, ZEN")
{
	struct exception_frame frame;

	cpacr_write(CPACR_FP | 1ull << 16);
	EXPECT_FALSE(exception_catch(use_sve, NULL, &frame));
	el0_run(user_sve, 0, &frame);
	EXPECT_EQ(ESR_EC(frame.esr), 0x19u);
	EXPECT_EQ(frame.pc, (uintptr_t)user_sve);
}

TEST(fp.sve, trap_as_fp, .doc = "CPACR_EL1.FPEN=0, ZEN=3: an SVE instruction traps as FP does", .needs = "sve",
	.source = "Arm ARM (DDI 0487), CPACR_EL1, FPEN; ESR_EL1, EC 0x07")
{
	struct exception_frame frame;

	cpacr_write(CPACR_SVE);
	ASSERT_TRUE(exception_catch(use_sve, NULL, &frame));
	EXPECT_EQ(ESR_EC(frame.esr), EC_FP_TRAP);
}
