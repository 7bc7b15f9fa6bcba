/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions between EL1 and EL2, with us at EL2: calls, traps, and the virtual SError, the only one that a test can
 * raise.
 */
#include <arch/feature.h>
#include <limpid/test.h>
#include "el1_guest.h"

#define ISR_A (1ull << 8)

#define VSESR_EL2 S3_4_C5_C2_3

/* What every vector of the guest does: says which it is, and what ESR_EL1 has. */
asm(".pushsection .text, \"ax\"\n"
    ".balign 2048\n"
    ".globl guest_vectors\n"
    ".hidden guest_vectors\n"
    "guest_vectors:\n"
    ".altmacro\n"
    ".macro guest_vector number\n"
    ".balign 128\n"
    "	mrs	x1, esr_el1\n"
    "	mrs	x2, elr_el1\n"
    "	hvc	#0x100 + \\number\n"
    ".endm\n"
    ".set guest_i, 0\n"
    ".rept 16\n"
    "guest_vector %guest_i\n"
    ".set guest_i, guest_i + 1\n"
    ".endr\n"
    ".noaltmacro\n"
    ".balign 128\n"
    ".popsection\n");

GUEST_ASM(guest_hvc, "mov x3, #0x3333\n\thvc #0x21");
GUEST_ASM(guest_smc, "smc #0x22\n\thvc #0x23");
GUEST_ASM(guest_write_sctlr, "mrs x0, sctlr_el1\n\tmsr sctlr_el1, x0\n\thvc #0x24");
GUEST_ASM(guest_wfi, "wfi\n\thvc #0x25");
GUEST_ASM(guest_wait, "isb\n\tnop\n\tmrs x0, isr_el1\n\thvc #0x26");
GUEST_ASM(guest_svc, "svc #0x27");

TEST(exceptions, el1_hvc, .doc = "HVC at EL1 comes to EL2: vector for a lower level, class, immediate, registers, EL1h",
	.needs = "el2", .source = "Arm ARM (DDI 0487), HVC; ESR_EL2, EC 0x16")
{
	struct exception_frame frame;

	EXPECT_EQ(guest_run(guest_hvc, 0, PSTATE_DAIF, &frame, NULL), 0x21u);
	EXPECT_EQ(frame.pc, (uintptr_t)guest_hvc + 8);
	EXPECT_EQ(frame.regs[3], 0x3333u);
	EXPECT_EQ(frame.pstate & PSTATE_MODE, (uint64_t)PSTATE_EL1h);
}

TEST(exceptions, el1_svc, .doc = "SVC at EL1 with HCR_EL2.TGE=0 is EL1's own, by its vectors", .needs = "el2",
	.source = "Arm ARM (DDI 0487), SVC; Exception levels and routing")
{
	struct exception_frame frame;

	EXPECT_EQ(guest_run(guest_svc, 0, PSTATE_DAIF, &frame, NULL), GUEST_EXCEPTION + (uint64_t)VECTOR_SYNC);
	EXPECT_EQ(ESR_EC(frame.regs[1]), EC_SVC64);
	EXPECT_EQ(ESR_ISS(frame.regs[1]) & 0xffff, 0x27u);
	EXPECT_EQ(frame.regs[2], (uintptr_t)guest_svc + 4);
}

TEST(exceptions, el1_trap_smc, .doc = "HCR_EL2.TSC: SMC at EL1 traps to EL2, at the SMC, or is undefined without EL3",
	.needs = "el2", .source = "Arm ARM (DDI 0487), HCR_EL2, TSC; ESR_EL2, EC 0x17")
{
	struct exception_frame frame;

	if (guest_run(guest_smc, HCR_TSC, PSTATE_DAIF, &frame, NULL) == GUEST_EXCEPTION + (uint64_t)VECTOR_SYNC) {
		INFO("undefined");
		EXPECT_EQ(ESR_EC(frame.regs[1]), EC_UNKNOWN);
		EXPECT_EQ(frame.regs[2], (uintptr_t)guest_smc);
		return;
	}
	EXPECT_EQ(ESR_EC(frame.esr), EC_SMC64);
	EXPECT_EQ(ESR_ISS(frame.esr) & 0xffff, 0x22u);
	EXPECT_EQ(frame.pc, (uintptr_t)guest_smc);
}

TEST(exceptions, el1_trap_msr, .doc = "HCR_EL2.TVM: a write of SCTLR_EL1 at EL1 traps to EL2, a read does not",
	.needs = "el2", .source = "Arm ARM (DDI 0487), HCR_EL2, TVM; ESR_EL2, EC 0x18")
{
	struct exception_frame frame;

	guest_run(guest_write_sctlr, HCR_TVM, PSTATE_DAIF, &frame, NULL);
	EXPECT_EQ(ESR_EC(frame.esr), EC_MSR_TRAP);
	EXPECT_EQ(frame.pc, (uintptr_t)guest_write_sctlr + 4);
	/* S3_0_C1_C0_0, X0, a write. */
	EXPECT_EQ(ESR_ISS(frame.esr), 3ul << 20 | 1ul << 10);
	EXPECT_EQ(guest_run(guest_write_sctlr, 0, PSTATE_DAIF, &frame, NULL), 0x24u);
}

TEST(exceptions, el1_trap_wfi, .doc = "HCR_EL2.TWI: WFI at EL1 traps to EL2", .needs = "el2",
	.source = "Arm ARM (DDI 0487), HCR_EL2, TWI; ESR_EL2, EC 0x01")
{
	struct exception_frame frame;

	guest_run(guest_wfi, HCR_TWI, PSTATE_DAIF, &frame, NULL);
	EXPECT_EQ(ESR_EC(frame.esr), EC_WFX);
	EXPECT_EQ(ESR_ISS(frame.esr) & 3, 0u);
	EXPECT_EQ(frame.pc, (uintptr_t)guest_wfi);
}

TEST(exceptions, serror_masked, .doc = "a virtual SError is pending at EL1 while PSTATE.A is set, and is not taken",
	.needs = "el2", .source = "Arm ARM (DDI 0487), Virtual exceptions; ISR_EL1, A")
{
	struct exception_frame frame;
	uint64_t hcr;

	EXPECT_EQ(guest_run(guest_wait, HCR_AMO | HCR_VSE, PSTATE_DAIF, &frame, &hcr), 0x26u);
	EXPECT_EQ(frame.regs[0] & ISR_A, (uint64_t)ISR_A);
	EXPECT_EQ(hcr & HCR_VSE, (uint64_t)HCR_VSE);
	EXPECT_EQ(guest_run(guest_wait, HCR_AMO, PSTATE_DAIF, &frame, &hcr), 0x26u);
	EXPECT_EQ(frame.regs[0] & ISR_A, 0u);
}

TEST(exceptions, serror_taken,
	.doc = "a virtual SError is taken at EL1 with PSTATE.A clear, once: vector, class; VSE goes", .needs = "el2",
	.source = "Arm ARM (DDI 0487), Virtual exceptions; HCR_EL2, VSE; ESR_EL1, EC 0x2f")
{
	struct exception_frame frame;
	uint64_t hcr;

	if (cpu_has("ras"))
		write_sysreg_s(0x123, VSESR_EL2);
	EXPECT_EQ(guest_run(guest_wait, HCR_AMO | HCR_VSE, PSTATE_DAIF & ~0x100ul, &frame, &hcr),
		GUEST_EXCEPTION + (uint64_t)VECTOR_SERROR);
	EXPECT_EQ(ESR_EC(frame.regs[1]), EC_SERROR);
	if (cpu_has("ras"))
		EXPECT_EQ(ESR_ISS(frame.regs[1]), 0x123u);
	/* Taken before an instruction of the guest, or behind one of its first. */
	EXPECT_GE(frame.regs[2], (uintptr_t)guest_wait);
	EXPECT_LE(frame.regs[2], (uintptr_t)guest_wait + 12);
	EXPECT_EQ(hcr & HCR_VSE, 0u);
}
