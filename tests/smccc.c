/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SMC Calling Convention, and the services beside PSCI that firmware or a hypervisor may offer by it.
 *
 * Source of all: SMC Calling Convention (DEN 0028).
 */
#include <arch/barrier.h>
#include <arch/sysreg.h>
#include <limpid/bitops.h>
#include <limpid/boot.h>
#include <limpid/delay.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/phys.h>
#include <limpid/psci.h>
#include <limpid/smccc.h>
#include <limpid/string.h>
#include <limpid/test.h>

#define VERSION_1_1 0x10001

/* W0 of the answer to an SMC32 call, sign-extended; X0 of one to an SMC64 call. */
static int64_t status_of(uint32_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
	uint64_t x0 = smccc_call(function, a1, a2, a3).x[0];

	return function & SMCCC_64 ? (int64_t)x0 : (int32_t)x0;
}

/* SMCCC_VERSION, or 1.0 where there is none. PSCI_FEATURES says whether it may be called. Source: DEN 0028, "Discovery
 * of Arm Architecture Service functions". */
static uint32_t version(void)
{
	if (psci_call(PSCI_VERSION, 0, 0, 0) < 0x10000 || psci_call(PSCI_FEATURES, SMCCC_VERSION, 0, 0) < 0)
		return 0x10000;
	return status_of(SMCCC_VERSION, 0, 0, 0);
}

static void need_1_1(void)
{
	uint32_t found = version();

	if (found < VERSION_1_1)
		SKIP("needs SMCCC 1.1: this firmware has %u.%u (PSCI_FEATURES(SMCCC_VERSION) is %ld)", found >> 16,
			found & 0xffff, psci_call(PSCI_FEATURES, SMCCC_VERSION, 0, 0));
}

TEST(smccc, version, .doc = "SMCCC_VERSION is there where PSCI_FEATURES says so, and is 1.1 to 1.x", .needs = "psci",
	.source = "SMCCC (DEN 0028), SMCCC_VERSION")
{
	uint32_t found = version();

	INFO("SMCCC %u.%u", found >> 16, found & 0xffff);
	need_1_1();
	EXPECT_EQ(found >> 16, 1u);
	EXPECT_GE(found & 0xffff, 1u);
}

TEST(smccc, arch_features, .doc = "SMCCC_ARCH_FEATURES says NOT_SUPPORTED of a function that does not exist",
	.needs = "psci", .source = "SMCCC (DEN 0028), SMCCC_ARCH_FEATURES")
{
	need_1_1();
	/* Firmware differs in whether it names these two. */
	INFO("SMCCC_ARCH_FEATURES of SMCCC_VERSION is %ld, of itself %ld",
		status_of(SMCCC_ARCH_FEATURES, SMCCC_VERSION, 0, 0),
		status_of(SMCCC_ARCH_FEATURES, SMCCC_ARCH_FEATURES, 0, 0));
	EXPECT_EQ(status_of(SMCCC_ARCH_FEATURES, 0x80000fff, 0, 0), -1);
}

/* A number that no service of any owner uses, as far as the convention reserves it. */
#define UNUSED SMCCC_FN(0xfe7f)

static void expect_unknown(uint32_t kind)
{
	static const unsigned int owners[] = {SMCCC_OWNER_ARCH, SMCCC_OWNER_CPU, SMCCC_OWNER_SIP, SMCCC_OWNER_OEM,
		SMCCC_OWNER_STD, SMCCC_OWNER_HYP, SMCCC_OWNER_VHYP, 7, 31, 47};

	for (size_t i = 0; i < ARRAY_SIZE(owners); i++) {
		uint32_t function = kind | SMCCC_OWNER(owners[i]) | UNUSED;

		if (!EXPECT_EQ(status_of(function, 0, 0, 0), (int64_t)SMCCC_NOT_SUPPORTED))
			INFO("function 0x%x", function);
	}
}

TEST(smccc, unknown_fast32, .doc = "an unknown SMC32 fast call gives NOT_SUPPORTED in W0, whoever owns its range",
	.needs = "psci", .source = "SMCCC (DEN 0028), Unknown Function Identifier")
{
	expect_unknown(SMCCC_FAST);
}

TEST(smccc, unknown_fast64, .doc = "an unknown SMC64 fast call gives NOT_SUPPORTED in X0, whoever owns its range",
	.needs = "psci", .source = "SMCCC (DEN 0028), Unknown Function Identifier")
{
	expect_unknown(SMCCC_FAST | SMCCC_64);
}

TEST(smccc, unknown_yielding, .doc = "an unknown yielding call gives NOT_SUPPORTED", .needs = "psci",
	.source = "SMCCC (DEN 0028), Unknown Function Identifier; Yielding Calls")
{
	/* 0x02000000 to 0x1fffffff are Trusted OS calls in Armv7 style; 50 to 63 Trusted OS yielding calls. */
	EXPECT_EQ(status_of(0x0000fe7f, 0, 0, 0), (int64_t)SMCCC_NOT_SUPPORTED);
	EXPECT_EQ(status_of(SMCCC_64 | SMCCC_OWNER(49) | UNUSED, 0, 0, 0), (int64_t)SMCCC_NOT_SUPPORTED);
}

TEST(smccc, upper_half_of_x0, .doc = "the upper half of X0 is not part of the function identifier", .needs = "psci",
	.source = "SMCCC (DEN 0028), Argument passing: the Function Identifier is passed in W0")
{
	uint64_t plain = smccc_call(PSCI_VERSION, 0, 0, 0).x[0];
	register uint64_t x0 asm("x0") = PSCI_VERSION | 0x5555555500000000;
	register uint64_t x1 asm("x1") = 0;
	register uint64_t x2 asm("x2") = 0;
	register uint64_t x3 asm("x3") = 0;

	if (machine.psci.conduit == PSCI_HVC)
		asm volatile("hvc #0"
			     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
			     "x12", "x13", "x14", "x15", "x16", "x17", "memory");
	else
		asm volatile("smc #0"
			     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
			     "x12", "x13", "x14", "x15", "x16", "x17", "memory");
	EXPECT_EQ((uint32_t)x0, (uint32_t)plain);
}

/*
 * Calls with a pattern in every register, and gives back all of them. regs: X0 to X30, SP; in: X0 to X3 are the call's.
 */
void call_with_pattern(uint64_t *regs, uint64_t hvc);
/* clang-format off */
asm(	".pushsection .text, \"ax\"\n"
	".balign 4\n"
	".type call_with_pattern, %function\n"
	"call_with_pattern:\n"
	"	stp	x29, x30, [sp, #-112]!\n"
	"	stp	x19, x20, [sp, #16]\n"
	"	stp	x21, x22, [sp, #32]\n"
	"	stp	x23, x24, [sp, #48]\n"
	"	stp	x25, x26, [sp, #64]\n"
	"	stp	x27, x28, [sp, #80]\n"
	"	str	x18, [sp, #104]\n"
	"	str	x0, [sp, #96]\n"
	"	mov	x30, x0\n"
	/* NZCV decides which instruction: it is the callee's to change. */
	"	cmp	x1, #0\n"
	"	ldp	x0, x1, [x30]\n"
	"	ldp	x2, x3, [x30, #16]\n"
	"	ldp	x4, x5, [x30, #32]\n"
	"	ldp	x6, x7, [x30, #48]\n"
	"	ldp	x8, x9, [x30, #64]\n"
	"	ldp	x10, x11, [x30, #80]\n"
	"	ldp	x12, x13, [x30, #96]\n"
	"	ldp	x14, x15, [x30, #112]\n"
	"	ldp	x16, x17, [x30, #128]\n"
	"	ldp	x18, x19, [x30, #144]\n"
	"	ldp	x20, x21, [x30, #160]\n"
	"	ldp	x22, x23, [x30, #176]\n"
	"	ldp	x24, x25, [x30, #192]\n"
	"	ldp	x26, x27, [x30, #208]\n"
	"	ldp	x28, x29, [x30, #224]\n"
	"	ldr	x30, [x30, #240]\n"
	"	b.eq	1f\n"
	"	hvc	#0\n"
	"	b	2f\n"
	"1:	smc	#0\n"
	/* If SP is not what it was, this faults or brings back nonsense: then X30 and X0 in the array show it. */
	"2:	stp	x0, x30, [sp, #-16]!\n"
	"	ldr	x30, [sp, #112]\n"
	"	ldr	x0, [sp]\n"
	"	stp	x0, x1, [x30]\n"
	"	stp	x2, x3, [x30, #16]\n"
	"	stp	x4, x5, [x30, #32]\n"
	"	stp	x6, x7, [x30, #48]\n"
	"	stp	x8, x9, [x30, #64]\n"
	"	stp	x10, x11, [x30, #80]\n"
	"	stp	x12, x13, [x30, #96]\n"
	"	stp	x14, x15, [x30, #112]\n"
	"	stp	x16, x17, [x30, #128]\n"
	"	stp	x18, x19, [x30, #144]\n"
	"	stp	x20, x21, [x30, #160]\n"
	"	stp	x22, x23, [x30, #176]\n"
	"	stp	x24, x25, [x30, #192]\n"
	"	stp	x26, x27, [x30, #208]\n"
	"	stp	x28, x29, [x30, #224]\n"
	"	ldr	x1, [sp, #8]\n"
	"	str	x1, [x30, #240]\n"
	"	add	sp, sp, #16\n"
	"	ldr	x18, [sp, #104]\n"
	"	ldp	x27, x28, [sp, #80]\n"
	"	ldp	x25, x26, [sp, #64]\n"
	"	ldp	x23, x24, [sp, #48]\n"
	"	ldp	x21, x22, [sp, #32]\n"
	"	ldp	x19, x20, [sp, #16]\n"
	"	ldp	x29, x30, [sp], #112\n"
	"	ret\n"
	".size call_with_pattern, . - call_with_pattern\n"
	".popsection\n");
/* clang-format on */

/* The registers from `first` on keep their values over a call. */
static void expect_kept(uint32_t function, unsigned int first)
{
	uint64_t regs[31], want[31];

	for (unsigned int i = 0; i < 31; i++)
		want[i] = 0xa5a5000000000000 + 0x0101010101 * i;
	want[0] = function;
	want[1] = want[2] = want[3] = 0;
	memcpy(regs, want, sizeof(regs));
	call_with_pattern(regs, machine.psci.conduit == PSCI_HVC);
	for (unsigned int i = first; i < 31; i++)
		if (!EXPECT_EQ(regs[i], want[i]))
			INFO("X%u after function 0x%x", i, function);
}

TEST(smccc, preserves_x18_to_x30, .doc = "a call preserves X18 to X30 and SP", .needs = "psci",
	.source = "SMCCC (DEN 0028), Register use in AArch64 SMC and HVC calls")
{
	expect_kept(PSCI_VERSION, 18);
	expect_kept(PSCI_AFFINITY_INFO, 18);
	expect_kept(SMCCC_FAST | SMCCC_64 | SMCCC_OWNER(SMCCC_OWNER_STD) | UNUSED, 18);
}

TEST(smccc, preserves_x4_to_x17, .doc = "from SMCCC 1.1 on a call preserves X4 to X17 too", .needs = "psci",
	.source = "SMCCC (DEN 0028), Register use in AArch64 SMC and HVC calls")
{
	need_1_1();
	expect_kept(SMCCC_VERSION, 4);
	expect_kept(PSCI_VERSION, 4);
	expect_kept(SMCCC_FAST | SMCCC_64 | SMCCC_OWNER(SMCCC_OWNER_STD) | UNUSED, 4);
}

/* V0 to V31 with a pattern before a call, and what they are after it. */
static void call_with_vectors(uint32_t function, uint8_t (*before)[16], uint8_t (*after)[16])
{
/* clang-format off */
#define ALL(op, base) \
	op " q0, q1, [" base "]\n" op " q2, q3, [" base ", #32]\n" op " q4, q5, [" base ", #64]\n" op " q6, q7, [" base ", #96]\n" \
	op " q8, q9, [" base ", #128]\n" op " q10, q11, [" base ", #160]\n" op " q12, q13, [" base ", #192]\n" \
	op " q14, q15, [" base ", #224]\n" op " q16, q17, [" base ", #256]\n" op " q18, q19, [" base ", #288]\n" \
	op " q20, q21, [" base ", #320]\n" op " q22, q23, [" base ", #352]\n" op " q24, q25, [" base ", #384]\n" \
	op " q26, q27, [" base ", #416]\n" op " q28, q29, [" base ", #448]\n" op " q30, q31, [" base ", #480]\n"
	register uint64_t x0 asm("x0") = function;
	register uint64_t x1 asm("x1") = 0;
	register uint64_t x2 asm("x2") = 0;
	register uint64_t x3 asm("x3") = 0;
	register void *from asm("x19") = before;
	register void *to asm("x20") = after;
	register uint64_t hvc asm("x21") = machine.psci.conduit == PSCI_HVC;

	asm volatile(".arch_extension fp\n.arch_extension simd\n"
		     ALL("ldp", "x19")
		     "	cbz	x21, 1f\n"
		     "	hvc	#0\n"
		     "	b	2f\n"
		     "1:	smc	#0\n"
		     "2:\n"
		     ALL("stp", "x20")
		     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
		     : "r"(from), "r"(to), "r"(hvc)
		     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");
	/* clang-format on */
}

#define CPACR_FPEN (3u << 20)

TEST(smccc, preserves_vectors, .doc = "a call preserves V0 to V31", .needs = "psci",
	.source = "SMCCC (DEN 0028), Use of SIMD and floating-point registers")
{
	static uint8_t before[32][16], after[32][16];
	uint64_t cpacr = read_sysreg(cpacr_el1);

	if (sysreg_field(read_sysreg(id_aa64pfr0_el1), 20, 4) == 15)
		SKIP("the CPU has no SIMD");
	write_sysreg(cpacr | CPACR_FPEN, cpacr_el1);
	/* The access is allowed before the registers are used. */
	isb();
	for (unsigned int i = 0; i < sizeof(before); i++)
		before[i / 16][i % 16] = i * 7 + 1;
	call_with_vectors(PSCI_VERSION, before, after);
	EXPECT_MEMEQ(after, before, sizeof(before));
	memset(after, 0, sizeof(after));
	call_with_vectors(SMCCC_FAST | SMCCC_64 | SMCCC_OWNER(SMCCC_OWNER_STD) | UNUSED, before, after);
	EXPECT_MEMEQ(after, before, sizeof(before));
	write_sysreg(cpacr, cpacr_el1);
	/* The access traps again before anything else runs. */
	isb();
}

static void workaround(uint32_t function, const char *name)
{
	int64_t status;

	need_1_1();
	status = status_of(SMCCC_ARCH_FEATURES, function, 0, 0);
	INFO("SMCCC_ARCH_FEATURES(%s) is %ld", name, status);
	/* -1 not there; 0 needed here, or on some CPU; 1 there, and not needed on this CPU (2 the same, of the second).
	 */
	EXPECT_GE(status, function == SMCCC_ARCH_WORKAROUND_2 ? -2 : -1);
	EXPECT_LE(status, 1);
	if (status >= 0)
		expect_kept(function, 4);
}

TEST(smccc, workaround_1, .doc = "SMCCC_ARCH_WORKAROUND_1 (CVE-2017-5715), where there, keeps all registers",
	.needs = "psci", .source = "SMCCC (DEN 0028), SMCCC_ARCH_WORKAROUND_1")
{
	workaround(SMCCC_ARCH_WORKAROUND_1, "SMCCC_ARCH_WORKAROUND_1");
}

TEST(smccc, workaround_2, .doc = "SMCCC_ARCH_WORKAROUND_2 (CVE-2018-3639), where there, keeps all registers",
	.needs = "psci", .source = "SMCCC (DEN 0028), SMCCC_ARCH_WORKAROUND_2")
{
	workaround(SMCCC_ARCH_WORKAROUND_2, "SMCCC_ARCH_WORKAROUND_2");
}

TEST(smccc, workaround_3, .doc = "SMCCC_ARCH_WORKAROUND_3 (CVE-2022-23960), where there, keeps all registers",
	.needs = "psci", .source = "SMCCC (DEN 0028), SMCCC_ARCH_WORKAROUND_3")
{
	workaround(SMCCC_ARCH_WORKAROUND_3, "SMCCC_ARCH_WORKAROUND_3");
}

TEST(smccc, soc_id, .doc = "SMCCC_ARCH_SOC_ID, where there, gives a JEP-106 version and a revision", .needs = "psci",
	.source = "SMCCC (DEN 0028), SMCCC_ARCH_SOC_ID")
{
	int64_t id, revision;

	need_1_1();
	if (status_of(SMCCC_ARCH_FEATURES, SMCCC_ARCH_SOC_ID, 0, 0) < 0)
		SKIP("this firmware has no SMCCC_ARCH_SOC_ID, which is optional");
	id = status_of(SMCCC_ARCH_SOC_ID, 0, 0, 0);
	revision = status_of(SMCCC_ARCH_SOC_ID, 1, 0, 0);
	INFO("SoC version 0x%lx, revision 0x%lx", id, revision);
	EXPECT_GE(id, 0);
	EXPECT_GE(revision, 0);
	EXPECT_EQ(status_of(SMCCC_ARCH_SOC_ID, 99, 0, 0), -3); /* INVALID_PARAMETER */
}

/*
 * Entropy. Source: True Random Number Generator Firmware Interface (DEN 0098).
 */
#define TRNG_VERSION  0x84000050
#define TRNG_FEATURES 0x84000051
#define TRNG_GET_UUID 0x84000052
#define TRNG_RND32    0x84000053
#define TRNG_RND64    0xc4000053

#define TRNG_INVALID_PARAMETER -2
#define TRNG_NO_ENTROPY        -3

static void need_trng(void)
{
	int64_t found = status_of(TRNG_VERSION, 0, 0, 0);

	if (found < 0)
		SKIP("this firmware has no TRNG: TRNG_VERSION is %ld", found);
}

TEST(smccc, trng_version, .doc = "TRNG_VERSION is 1.x, and the mandatory functions are there", .needs = "psci",
	.source = "TRNG firmware interface (DEN 0098), TRNG_VERSION, TRNG_FEATURES")
{
	need_trng();
	EXPECT_EQ(status_of(TRNG_VERSION, 0, 0, 0) >> 16, 1);
	EXPECT_GE(status_of(TRNG_FEATURES, TRNG_VERSION, 0, 0), 0);
	EXPECT_GE(status_of(TRNG_FEATURES, TRNG_FEATURES, 0, 0), 0);
	EXPECT_GE(status_of(TRNG_FEATURES, TRNG_GET_UUID, 0, 0), 0);
	EXPECT_TRUE(status_of(TRNG_FEATURES, TRNG_RND32, 0, 0) >= 0 || status_of(TRNG_FEATURES, TRNG_RND64, 0, 0) >= 0);
	EXPECT_EQ(status_of(TRNG_FEATURES, 0x84000060, 0, 0), -1);
}

/* Waits for entropy, which may take a while to come. */
static struct smccc_result draw(uint64_t bits)
{
	struct smccc_result r;
	uint64_t start = counter_read();

	do {
		r = smccc_call(TRNG_RND64, bits, 0, 0);
	} while ((int64_t)r.x[0] == TRNG_NO_ENTROPY && counter_read() - start < counter_from_us(1000000));
	return r;
}

TEST(smccc, trng_rnd64, .doc = "TRNG_RND64 gives as many bits as asked for, other ones each time, and zeros above them",
	.needs = "psci", .source = "TRNG firmware interface (DEN 0098), TRNG_RND")
{
	struct smccc_result first, second;

	need_trng();
	if (status_of(TRNG_FEATURES, TRNG_RND64, 0, 0) < 0)
		SKIP("this firmware has no TRNG_RND64");
	for (unsigned int bits = 1; bits <= 192; bits += 13) {
		struct smccc_result r = draw(bits);

		ASSERT_EQ((int64_t)r.x[0], 0);
		/* Bits 63:0 are in X3, 127:64 in X2, 191:128 in X1. */
		for (unsigned int word = 0; word < 3; word++) {
			uint64_t allowed = bits >= 64 * (word + 1) ? UINT64_MAX
					   : bits > 64 * word      ? BIT(bits - 64 * word) - 1
								   : 0;

			EXPECT_EQ(r.x[3 - word] & ~allowed, 0u);
		}
	}
	first = draw(192);
	second = draw(192);
	EXPECT_NE(first.x[1], second.x[1]);
	EXPECT_NE(first.x[2], second.x[2]);
	EXPECT_NE(first.x[3], second.x[3]);
	EXPECT_EQ(status_of(TRNG_RND64, 193, 0, 0), (int64_t)TRNG_INVALID_PARAMETER);
}

/*
 * Stolen time. Source: Paravirtualized Time for Arm-based Systems (DEN 0057).
 */
#define PV_TIME_FEATURES 0xc5000020
#define PV_TIME_ST       0xc5000021

struct stolen_time {
	uint32_t revision, attributes;
	uint64_t stolen_ns;
};

TEST(smccc, pvtime, .doc = "stolen time: a structure of revision 0 that only grows", .needs = "psci",
	.source = "Paravirtualized time (DEN 0057), PV_TIME_FEATURES, PV_TIME_ST, Stolen time structure")
{
	int64_t features, address;
	volatile struct stolen_time *st;
	struct mmu_translation found;
	uint64_t before;

	features = status_of(PV_TIME_FEATURES, PV_TIME_ST, 0, 0);
	if (features < 0)
		SKIP("no hypervisor offers stolen time: PV_TIME_FEATURES(PV_TIME_ST) is %ld", features);
	EXPECT_EQ(status_of(PV_TIME_FEATURES, PV_TIME_FEATURES, 0, 0), 0);
	EXPECT_EQ(status_of(PV_TIME_FEATURES, 0xc500002f, 0, 0), -1);
	address = status_of(PV_TIME_ST, 0, 0, 0);
	ASSERT_GT(address, 0);
	EXPECT_EQ(address & 63, 0);
	/* It is Normal write-back memory, beside RAM as the memory map has it. */
	if (!mmu_walk(va_make(address), &found))
		mmu_map(va_make(ALIGN_DOWN((uint64_t)address, page_size())),
			pa_make(ALIGN_DOWN((uint64_t)address, page_size())), page_size(), MEM_NORMAL_WB, PROT_READ);
	st = phys_to_virt(pa_make(address));
	EXPECT_EQ(st->revision, 0u);
	EXPECT_EQ(st->attributes, 0u);
	before = st->stolen_ns;
	mdelay(2);
	EXPECT_GE(st->stolen_ns, before);
	INFO("stolen so far: %lu ns", st->stolen_ns);
}
