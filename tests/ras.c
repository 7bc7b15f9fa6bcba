/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RAS: the error synchronization barrier, deferred SErrors, and what the error records say.
 */
#include <arch/feature.h>
#include <limpid/test.h>
#include "el1_guest.h"

#define SOURCE_ESB "Arm ARM (DDI 0487), ESB, Error Synchronization Barrier; DISR_EL1"
#define SOURCE_ERR "Arm Reliability, Availability, and Serviceability (RAS) System Architecture (DDI 0587), ERRIDR_EL1"

#define DISR_EL1   S3_0_C12_C1_1
#define VDISR_EL2  S3_4_C12_C1_1
#define VSESR_EL2  S3_4_C5_C2_3
#define ERRIDR_EL1 S3_0_C5_C3_0
#define ERRSELR    S3_0_C5_C3_1
#define DISR_A     (1ull << 31)

/* ESB is HINT #16: a NOP without FEAT_RAS. */
#define ESB "hint #16\n\t"

TEST(ras, esb_nothing_pending, .doc = "ESB with no SError pending leaves DISR_EL1 as it is", .needs = "ras",
	.source = SOURCE_ESB)
{
	write_sysreg_s(0, DISR_EL1);
	asm volatile(ESB "isb" ::: "memory");
	EXPECT_EQ(read_sysreg_s(DISR_EL1), 0u);
}

TEST(ras, disr, .doc = "DISR_EL1 keeps A and a syndrome that are written to it", .needs = "ras", .source = SOURCE_ESB)
{
	write_sysreg_s(DISR_A | 0x11, DISR_EL1);
	isb();
	EXPECT_EQ(read_sysreg_s(DISR_EL1) & (DISR_A | 0x3f), (uint64_t)DISR_A | 0x11);
	write_sysreg_s(0, DISR_EL1);
	isb();
	EXPECT_EQ(read_sysreg_s(DISR_EL1), 0u);
}

TEST(ras, esb_masked, .doc = "ESB with SErrors masked and unmasked is no exception of its own", .needs = "ras",
	.source = SOURCE_ESB)
{
	asm volatile("msr daifset, #4\n\t" ESB "msr daifclr, #4\n\t" ESB ::: "memory");
	EXPECT_EQ(read_sysreg_s(DISR_EL1) & DISR_A, 0u);
}

static void read_record(void *arg)
{
	*(uint64_t *)arg = read_sysreg_s(S3_0_C5_C4_0); /* ERXFR_EL1 */
}

TEST(ras, records, .doc = "ERRIDR_EL1 says how many error records there are, and each can be selected and read",
	.needs = "ras", .source = SOURCE_ERR)
{
	uint64_t count = read_sysreg_s(ERRIDR_EL1) & 0xffff, feature;
	struct exception_frame frame;

	INFO("%lu error records", count);
	EXPECT_LE(count, 128u);
	for (uint64_t i = 0; i < count; i++) {
		write_sysreg_s(i, ERRSELR);
		isb();
		EXPECT_EQ(read_sysreg_s(ERRSELR) & 0xffff, i);
		EXPECT_FALSE(exception_catch(read_record, &feature, &frame));
	}
}

/*
 * An SError that is deferred: a virtual one, with us at EL2.
 */
GUEST_ASM(guest_esb, "hint #16\n\tisb\n\tmrs x0, S3_0_C12_C1_1\n\tmrs x1, isr_el1\n\thvc #0x31");
GUEST_ASM(guest_esb_unmasked, "msr daifclr, #4\n\thint #16\n\tisb\n\tmrs x0, S3_0_C12_C1_1\n\thvc #0x32");

TEST(ras, esb_defers,
	.doc = "ESB with a masked virtual SError pending: DISR_EL1 gets A and its syndrome, and it is pending no more",
	.needs = "ras el2", .source = SOURCE_ESB "; VSESR_EL2; VDISR_EL2")
{
	struct exception_frame frame;
	uint64_t hcr;

	write_sysreg_s(0, VDISR_EL2);
	write_sysreg_s(0x456, VSESR_EL2);
	EXPECT_EQ(guest_run(guest_esb, HCR_AMO | HCR_VSE, PSTATE_DAIF, &frame, &hcr), 0x31u);
	EXPECT_EQ(frame.regs[0], (uint64_t)DISR_A | 0x456);
	EXPECT_EQ(frame.regs[1] & 1ull << 8, 0u);
	EXPECT_EQ(hcr & HCR_VSE, 0u);
	write_sysreg_s(0, VDISR_EL2);
}

TEST(ras, esb_takes,
	.doc = "a virtual SError that is pending and not masked is taken, before or at the ESB, with its syndrome",
	.needs = "ras el2", .source = SOURCE_ESB "; VSESR_EL2")
{
	struct exception_frame frame;

	write_sysreg_s(0, VDISR_EL2);
	write_sysreg_s(0x789, VSESR_EL2);
	EXPECT_EQ(guest_run(guest_esb_unmasked, HCR_AMO | HCR_VSE, PSTATE_DAIF, &frame, NULL),
		GUEST_EXCEPTION + (uint64_t)VECTOR_SERROR);
	EXPECT_EQ(ESR_EC(frame.regs[1]), EC_SERROR);
	EXPECT_EQ(ESR_ISS(frame.regs[1]), 0x789u);
	EXPECT_LE(frame.regs[2], (uintptr_t)guest_esb_unmasked + 8);
	EXPECT_EQ(read_sysreg_s(VDISR_EL2), 0u);
}

TEST(ras, absent, .doc = "without FEAT_RAS ESB is a NOP", .source = SOURCE_ESB)
{
	uint64_t x0;

	if (cpu_has("ras"))
		SKIP("the CPU has FEAT_RAS");
	asm volatile("mov x0, #0x77\n\t" ESB "mov %0, x0" : "=r"(x0)::"x0", "memory");
	EXPECT_EQ(x0, 0x77u);
}
