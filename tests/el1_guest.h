/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A piece of code at EL1, seen from EL2 with VHE: with its MMU off, in registers only, until it comes back by an HVC or
 * takes an exception, which its vectors turn into one.
 *
 * For tests that need "el2". The code is assembly in the image, which is clean to the PoC and mapped at its own
 * address.
 */
#ifndef TESTS_EL1_GUEST_H
#define TESTS_EL1_GUEST_H

#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/sysreg.h>
#include <limpid/expect.h>

#define HCR_VSE   (1ull << 8)
#define HCR_AMO   (1ull << 5)
#define HCR_TWI   (1ull << 13)
#define HCR_TSC   (1ull << 19)
#define HCR_TVM   (1ull << 26)
#define HCR_HOST  (1ull << 34 | 1ull << 31 | 1ull << 27) /* E2H, RW, TGE: as the runtime has it */
#define HCR_GUEST (1ull << 34 | 1ull << 31)

#define SCTLR_EL12 S3_5_C1_C0_0
#define VBAR_EL12  S3_5_C12_C0_0
#define SCTLR_RES1 0x30d00800ull

/* HVC numbers: the code's own are below. */
#define GUEST_EXCEPTION 0x100 /* and the vector's number; X1 = ESR_EL1 */

/* Such code. It may use X0 to X7. */
#define GUEST_ASM(name, code)                                    \
	void name(void) __attribute__((visibility("hidden")));   \
	asm(".pushsection .text, \"ax\"\n"                       \
	    ".balign 4\n"                                        \
	    ".type " #name ", %function\n" #name ":\n" code "\n" \
	    ".size " #name ", . - " #name "\n"                   \
	    ".popsection\n")

struct guest_call {
	void (*code)(void);
	uint64_t hcr, spsr;
};

static inline void guest_enter(void *arg)
{
	const struct guest_call *call = arg;

	extern const char guest_vectors[];

	write_sysreg_s(SCTLR_RES1, SCTLR_EL12);
	write_sysreg_s((uintptr_t)guest_vectors, VBAR_EL12);
	asm volatile("	msr	daifset, #0xf\n"
		     "	msr	hcr_el2, %0\n"
		     /* TGE=0 before the ERET, which would be illegal with it. */
		     "	isb\n"
		     "	msr	elr_el2, %1\n"
		     "	msr	spsr_el2, %2\n"
		     "	eret\n" ::"r"(call->hcr),
		     "r"(call->code), "r"(call->spsr)
		     : "memory");
}

/* Runs code at EL1h with this much of DAIF masked and these bits of HCR_EL2; the frame is that of what came to EL2.
 * Returns the HVC's number. */
static inline uint64_t guest_run(
	void (*code)(void), uint64_t hcr, uint64_t daif, struct exception_frame *frame, uint64_t *hcr_after)
{
	struct guest_call call = {code, HCR_GUEST | hcr, daif | PSTATE_EL1h};
	bool caught = exception_catch(guest_enter, &call, frame);

	if (hcr_after)
		*hcr_after = read_sysreg(hcr_el2);
	write_sysreg(HCR_HOST, hcr_el2);
	/* TGE=1 again before anything at EL0, or an interrupt. */
	isb();
	EXPECT_TRUE(caught);
	EXPECT_EQ(frame->vector, (uint64_t)VECTOR_EL0_SYNC);
	return ESR_EC(frame->esr) == EC_HVC64 ? ESR_ISS(frame->esr) & 0xffff : UINT64_MAX;
}

#endif
