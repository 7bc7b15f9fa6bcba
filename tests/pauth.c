/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pointer authentication: signing, authenticating, keys, modifiers, and what enables and traps them.
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/feature.h>
#include <arch/sysreg.h>
#include <limpid/bitops.h>
#include <limpid/expect.h>
#include <limpid/smp.h>
#include <limpid/test.h>

#define SOURCE "Arm ARM (DDI 0487), Pointer authentication"

/* All by .arch: assemblers know them as a part of Armv8.3. */
#define PAUTH ".arch armv8.3-a+pauth\n\t"

#define SCTLR_ENIA (1ull << 31)
#define SCTLR_ENIB (1ull << 30)
#define SCTLR_ENDA (1ull << 27)
#define SCTLR_ENDB (1ull << 13)
#define SCTLR_KEYS (SCTLR_ENIA | SCTLR_ENIB | SCTLR_ENDA | SCTLR_ENDB)

#define EC_PAC_FAIL 0x1c

#define APIAKEYLO S3_0_C2_C1_0
#define APIAKEYHI S3_0_C2_C1_1
#define APIBKEYLO S3_0_C2_C1_2
#define APIBKEYHI S3_0_C2_C1_3
#define APDAKEYLO S3_0_C2_C2_0
#define APDAKEYHI S3_0_C2_C2_1
#define APDBKEYLO S3_0_C2_C2_2
#define APDBKEYHI S3_0_C2_C2_3
#define APGAKEYLO S3_0_C2_C3_0
#define APGAKEYHI S3_0_C2_C3_1

static void keys_open(uint64_t seed)
{
	write_sysreg_s(seed * 3 + 1, APIAKEYLO);
	write_sysreg_s(seed * 5 + 2, APIAKEYHI);
	write_sysreg_s(seed * 7 + 3, APIBKEYLO);
	write_sysreg_s(seed * 11 + 4, APIBKEYHI);
	write_sysreg_s(seed * 13 + 5, APDAKEYLO);
	write_sysreg_s(seed * 17 + 6, APDAKEYHI);
	write_sysreg_s(seed * 19 + 7, APDBKEYLO);
	write_sysreg_s(seed * 23 + 8, APDBKEYHI);
	write_sysreg_s(seed * 29 + 9, APGAKEYLO);
	write_sysreg_s(seed * 31 + 10, APGAKEYHI);
	write_sysreg(read_sysreg(sctlr_el1) | SCTLR_KEYS, sctlr_el1);
	/* Keys and enables for the instructions that follow. */
	isb();
}

static void keys_close(void)
{
	write_sysreg(read_sysreg(sctlr_el1) & ~SCTLR_KEYS, sctlr_el1);
	isb();
}

#define OPERATION(name, insn)                                                       \
	static uint64_t name(uint64_t pointer, uint64_t modifier)                   \
	{                                                                           \
		asm volatile(PAUTH insn " %0, %1" : "+r"(pointer) : "r"(modifier)); \
		return pointer;                                                     \
	}

/* clang-format off */
OPERATION(pacia, "pacia") OPERATION(pacib, "pacib") OPERATION(pacda, "pacda") OPERATION(pacdb, "pacdb")
OPERATION(autia, "autia") OPERATION(autib, "autib") OPERATION(autda, "autda") OPERATION(autdb, "autdb")
	/* clang-format on */

	static const struct {
	uint64_t (*sign)(uint64_t, uint64_t), (*authenticate)(uint64_t, uint64_t);
	uint64_t enable;
} pairs[] = {
	{pacia, autia, SCTLR_ENIA},
	{pacib, autib, SCTLR_ENIB},
	{pacda, autda, SCTLR_ENDA},
	{pacdb, autdb, SCTLR_ENDB},
};

static uint64_t strip(uint64_t pointer)
{
	asm volatile(PAUTH "xpaci %0" : "+r"(pointer));
	return pointer;
}

/* Eight pointers: with a code of seven bits or more that all of them look unsigned is one in 2^56. */
#define POINTERS   8
#define POINTER(i) (0x0000123456780000ul + 0x1008ul * (i))

TEST(pauth, sign_and_authenticate, .doc = "each key: a signed pointer differs, and authenticates to what it was",
	.needs = "pauth", .source = SOURCE)
{
	keys_open(1);
	for (size_t k = 0; k < ARRAY_SIZE(pairs); k++) {
		unsigned int changed = 0;

		for (unsigned int i = 0; i < POINTERS; i++) {
			uint64_t signed_pointer = pairs[k].sign(POINTER(i), i);

			changed += signed_pointer != POINTER(i);
			EXPECT_EQ(strip(signed_pointer), POINTER(i));
			EXPECT_EQ(pairs[k].authenticate(signed_pointer, i), POINTER(i));
		}
		EXPECT_GT(changed, 0u);
	}
	keys_close();
}

struct attempt {
	uint64_t (*authenticate)(uint64_t, uint64_t);
	uint64_t pointer, modifier, result;
};

static void authenticate(void *arg)
{
	struct attempt *a = arg;

	a->result = a->authenticate(a->pointer, a->modifier);
}

/* With FEAT_FPAC an exception, else a pointer that cannot be used. Returns whether it was refused. */
static bool is_refused(uint64_t (*how)(uint64_t, uint64_t), uint64_t pointer, uint64_t modifier)
{
	struct attempt a = {how, pointer, modifier, 0};
	struct exception_frame frame;

	if (!exception_catch(authenticate, &a, &frame))
		return a.result != strip(pointer);
	EXPECT_EQ(ESR_EC(frame.esr), (uint64_t)EC_PAC_FAIL);
	return true;
}

/* A code of n bits is right by chance once in 2^n: of eight wrong ones at least one is refused, to all intents. */
static void expect_refused(unsigned int refused)
{
	EXPECT_GE(refused, POINTERS - 2u);
}

TEST(pauth, wrong_modifier, .doc = "authentication with another modifier fails", .needs = "pauth", .source = SOURCE)
{
	keys_open(2);
	for (size_t k = 0; k < ARRAY_SIZE(pairs); k++) {
		unsigned int refused = 0;

		for (unsigned int i = 0; i < POINTERS; i++)
			refused += is_refused(pairs[k].authenticate, pairs[k].sign(POINTER(i), i), i + 100);
		expect_refused(refused);
	}
	keys_close();
}

TEST(pauth, wrong_key, .doc = "authentication with another key fails: each of the four is its own", .needs = "pauth",
	.source = SOURCE)
{
	keys_open(3);
	for (size_t k = 0; k < ARRAY_SIZE(pairs); k++) {
		unsigned int refused = 0;

		for (unsigned int i = 0; i < POINTERS; i++)
			refused += is_refused(pairs[(k + 1) % 4].authenticate, pairs[k].sign(POINTER(i), i), i);
		expect_refused(refused);
	}
	keys_close();
}

TEST(pauth, changed_key, .doc = "authentication after the key has changed fails, and with the old key again works",
	.needs = "pauth", .source = SOURCE)
{
	uint64_t signed_pointers[POINTERS];
	unsigned int refused = 0;

	keys_open(4);
	for (unsigned int i = 0; i < POINTERS; i++)
		signed_pointers[i] = pacia(POINTER(i), 9);
	keys_open(5);
	for (unsigned int i = 0; i < POINTERS; i++)
		refused += is_refused(autia, signed_pointers[i], 9);
	expect_refused(refused);
	keys_open(4);
	for (unsigned int i = 0; i < POINTERS; i++)
		EXPECT_EQ(autia(signed_pointers[i], 9), POINTER(i));
	keys_close();
}

TEST(pauth, disabled, .doc = "with its enable in SCTLR_EL1 clear a key's instructions leave pointers as they are",
	.needs = "pauth", .source = "Arm ARM (DDI 0487), SCTLR_EL1, EnIA, EnIB, EnDA, EnDB")
{
	keys_open(6);
	for (size_t k = 0; k < ARRAY_SIZE(pairs); k++) {
		write_sysreg((read_sysreg(sctlr_el1) | SCTLR_KEYS) & ~pairs[k].enable, sctlr_el1);
		isb();
		for (unsigned int i = 0; i < POINTERS; i++) {
			EXPECT_EQ(pairs[k].sign(POINTER(i), i), POINTER(i));
			EXPECT_EQ(pairs[k].authenticate(POINTER(i), i), POINTER(i));
		}
	}
	keys_close();
}

TEST(pauth, generic, .doc = "PACGA makes a code in the upper half of a register that depends on both operands",
	.needs = "pauth", .source = "Arm ARM (DDI 0487), PACGA, Pointer Authentication Code, using Generic key")
{
	uint64_t a, b, c, again, gpa = read_sysreg_s(S3_0_C0_C6_1), gpa3 = read_sysreg_s(S3_0_C0_C6_2);

	if (!sysreg_field(gpa, 24, 8) && !sysreg_field(gpa3, 8, 4))
		SKIP("the CPU has no generic authentication");
	keys_open(7);
	asm volatile(PAUTH "pacga %0, %1, %2" : "=r"(a) : "r"(1ul), "r"(2ul));
	asm volatile(PAUTH "pacga %0, %1, %2" : "=r"(b) : "r"(1ul), "r"(3ul));
	asm volatile(PAUTH "pacga %0, %1, %2" : "=r"(c) : "r"(4ul), "r"(2ul));
	asm volatile(PAUTH "pacga %0, %1, %2" : "=r"(again) : "r"(1ul), "r"(2ul));
	EXPECT_EQ(a & GENMASK(31, 0), 0u);
	EXPECT_EQ(a, again);
	EXPECT_NE(a, b);
	EXPECT_NE(a, c);
	keys_close();
}

TEST(pauth, hints, .doc = "PACIASP and AUTIASP sign and authenticate LR with SP", .needs = "pauth", .source = SOURCE)
{
	uint64_t lr, back;

	keys_open(8);
	asm volatile(PAUTH "	mov	x9, x30\n"
			   "	mov	x30, %2\n"
			   "	paciasp\n"
			   "	mov	%0, x30\n"
			   "	autiasp\n"
			   "	mov	%1, x30\n"
			   "	mov	x30, x9\n"
		     : "=&r"(lr), "=&r"(back)
		     : "r"(POINTER(1))
		     : "x9", "x30");
	EXPECT_EQ(back, POINTER(1));
	EXPECT_EQ(strip(lr), POINTER(1));
	keys_close();
}

static void return_authenticated(void *arg)
{
	/* LR signed with one SP, authenticated with another. */
	(void)arg;
	asm volatile(PAUTH "	mov	x9, x30\n"
			   "	adr	x30, 1f\n"
			   "	paciasp\n"
			   "	sub	sp, sp, #16\n"
			   "	retaa\n"
			   "1:	add	sp, sp, #16\n"
			   "	mov	x30, x9\n" ::
				   : "x9", "x30", "memory");
}

TEST(pauth, return_refused, .doc = "RETAA with an LR that was signed with another SP faults", .needs = "pauth",
	.source = "Arm ARM (DDI 0487), RETAA; Faulting on pointer authentication")
{
	struct exception_frame frame;
	unsigned int faulted = 0;

	/* By chance the code is right once in some hundreds, so with a few keys. */
	for (uint64_t seed = 10; seed < 14; seed++) {
		keys_open(seed);
		if (exception_catch(return_authenticated, NULL, &frame)) {
			faulted++;
			/* FEAT_FPAC's own class, or the fetch from a pointer that is no address. */
			EXPECT_TRUE(ESR_EC(frame.esr) == EC_PAC_FAIL || ESR_EC(frame.esr) == EC_INSTRUCTION_ABORT_SAME);
		}
		keys_close();
	}
	EXPECT_GE(faulted, 3u);
}

USER_ASM(user_sign, PAUTH "pacia x0, x1\n\tmov x2, x0\n\tautia x0, x1\n\tsvc #0xffff");

TEST(pauth, el0, .doc = "EL0 signs and authenticates with our keys", .needs = "pauth", .source = SOURCE)
{
	struct exception_frame frame;

	keys_open(15);
	for (unsigned int i = 0; i < POINTERS; i++) {
		el0_run(user_sign, POINTER(i), &frame);
		ASSERT_EQ(ESR_EC(frame.esr), EC_SVC64);
		EXPECT_EQ(frame.regs[0], POINTER(i));
		EXPECT_EQ(frame.regs[2], pacia(POINTER(i), frame.regs[1]));
	}
	keys_close();
}

static uint64_t signed_by[64];

static void sign_on_cpu(void *arg)
{
	(void)arg;
	keys_open(20);
	signed_by[cpu_index()] = pacda(POINTER(3), 33);
	keys_close();
}

TEST(pauth, each_cpu, .doc = "all CPUs with one key make one code: what one signed another authenticates",
	.needs = "pauth", .cpus = 2, .source = SOURCE)
{
	on_each_cpu(sign_on_cpu, NULL);
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		EXPECT_EQ(signed_by[cpu], signed_by[0]);
}
