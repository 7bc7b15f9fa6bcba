/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "register_table.h"

#include <stdio.h>

#include "internal.h"

/* SCTLR: M, A, C, SA, WXN, EE. Bits that govern EL0 only wait for the ERET anyway. */
#define SCTLR_BITS (1ull << 0 | 1ull << 1 | 1ull << 2 | 1ull << 3 | 1ull << 19 | 1ull << 25)
/* SCTLR: EnIA, EnIB, EnDA, EnDB. */
#define SCTLR_PAC (1ull << 31 | 1ull << 30 | 1ull << 27 | 1ull << 13)
/* HCR_EL2: VM, FB excluded, DC, CD, ID, RW excluded, E2H, TGE, FWB. */
#define HCR_BITS (1ull << 0 | 1ull << 12 | 1ull << 32 | 1ull << 33 | HCR_E2H | HCR_TGE | 1ull << 46)

/* TCR: NFD0, NFD1, E0PD0, E0PD1 govern EL0 only, which an ERET leads to. */
#define TCR_EL0 (1ull << 53 | 1ull << 54 | 1ull << 55 | 1ull << 56)

/* SCR_EL3: NS, RW, EEL2, NSE. */
#define SCR_RW   (1ull << 10)
#define SCR_BITS (1ull << 0 | SCR_RW | 1ull << 18 | 1ull << 62)

#define TTBR_CNP   (1ull << 0)
#define VTTBR_VMID (0xffffull << 48)

/*
 * CPACR_EL1, and CPTR_EL2 with E2H: the lower bit of FPEN, ZEN and SMEN; the higher one governs EL0 only. Otherwise
 * CPTR has traps, in bits that are RES0 there.
 */
#define CPACR_FP  (1ull << 20)
#define CPACR_SVE (1ull << 16)
#define CPACR_SME (1ull << 24)
#define CPTR_FP   (1ull << 10)
#define CPTR_SVE  (1ull << 8)
#define CPTR_SME  (1ull << 12)

/* PMCR_EL0: E, P, C, D, X, DP, LC, LP, FZO. */
#define PMCR_BITS 0x2ffull

#define ICC_SRE_SRE (1ull << 0)
#define OSLAR_OSLK  (1ull << 0)

#define READ_WRITE (USES(USE_READ) | USES(USE_WRITE))
#define READ_WAIT  (USES(USE_READ) | USES(USE_WAIT))
#define READ_COUNT (USES(USE_READ) | USES(USE_COUNT))

/* A register by the end of SYSREG_...; one of several that have a number, by the first of them and a format. */
#define ROW(sysreg, ...)                                             \
	{                                                            \
		.name = #sysreg, .reg = SYSREG_##sysreg, __VA_ARGS__ \
	}
#define ROWS(format, first, but, ...)                                  \
	{                                                              \
		.name = format, .reg = first, .mask = but, __VA_ARGS__ \
	}

#define TRANSLATION(sysreg, el, which) \
	ROW(sysreg, .uses = USES(USE_TRANSLATION), .bits = which, .to_el = el, .severity = SEVERITY_WARNING)
/* What is walked while a TLBI takes entries away, and which it takes. */
#define REFILL(sysreg, el, which) \
	ROW(sysreg, .uses = USES(USE_TLBI), .bits = which, .to_el = el, .severity = SEVERITY_WARNING)
#define SCOPE(sysreg, which) REFILL(sysreg, 0, which)
#define TRAP(sysreg, el, use, which) \
	ROW(sysreg, .uses = USES(use), .bits = which, .to_el = el, .severity = SEVERITY_ERROR)
#define PAC_ENABLE(sysreg, el) TRAP(sysreg, el, USE_PAC, SCTLR_PAC)
#define BANK(sysreg, which)    TRAP(sysreg, 0, USE_BANK, which)
#define KEY_HALF(sysreg)       TRAP(sysreg, 0, USE_PAC, ALL_BITS)
#define KEY(name)              KEY_HALF(name##KeyLo_EL1), KEY_HALF(name##KeyHi_EL1)
/* The registers behind @use are those that are read. */
#define READ_BY(sysreg, use, ...) \
	ROW(sysreg, .uses = use, .bits = ALL_BITS, .severity = SEVERITY_ERROR, .depends = {__VA_ARGS__})
#define VECTORS(sysreg) READ_BY(sysreg, USES(USE_VECTOR), SYSREG_##sysreg)
/* Is it pending? Not ICC_IAR1_EL1: who acknowledges takes whatever there is. */
#define TIMER_PART(sysreg)                                                             \
	ROW(sysreg, .uses = READ_WAIT, .bits = ALL_BITS, .severity = SEVERITY_WARNING, \
		.depends = {SYSREG_ISR_EL1, SYSREG_ICC_HPPIR1_EL1})
#define TIMER(name, el) TIMER_PART(name##_TVAL_##el), TIMER_PART(name##_CTL_##el), TIMER_PART(name##_CVAL_##el)
#define SRE(sysreg) \
	ROW(sysreg, .uses = READ_WRITE, .bits = ICC_SRE_SRE, .severity = SEVERITY_ERROR, .family = FAMILY_SRE)
#define ICC(sysreg, use, which) \
	ROW(sysreg, .uses = use, .bits = ALL_BITS, .severity = SEVERITY_WARNING, .family = which)
#define PMU(sysreg, which)                                                                             \
	ROW(sysreg, .uses = READ_COUNT | USES(USE_WRITE), .bits = which, .severity = SEVERITY_WARNING, \
		.family = FAMILY_PMU)
#define PMU_EVENTS(name, use)                                                                         \
	ROWS(#name "%u_EL0", SYSREG_##name##_EL0(0), SYSREG_BUT_EVENT, .uses = use, .bits = ALL_BITS, \
		.severity = SEVERITY_WARNING, .family = FAMILY_PMU_EVENT)
#define DEBUG(sysreg, which) \
	ROW(sysreg, .uses = USES(USE_DEBUG), .bits = which, .severity = SEVERITY_ERROR, .family = FAMILY_DEBUG)
#define DEBUG_POINTS(name)                                                                                        \
	ROWS(#name "%u_EL1", SYSREG_##name##_EL1(0), SYSREG_BUT_DEBUG, .uses = USES(USE_DEBUG), .bits = ALL_BITS, \
		.severity = SEVERITY_ERROR, .family = FAMILY_DEBUG)

const struct register_info register_table[] = {
	TRANSLATION(SCTLR_EL1, 1, SCTLR_BITS),
	TRANSLATION(SCTLR_EL2, 2, SCTLR_BITS),
	TRANSLATION(SCTLR_EL3, 3, SCTLR_BITS),
	PAC_ENABLE(SCTLR_EL1, 1),
	PAC_ENABLE(SCTLR_EL2, 2),
	PAC_ENABLE(SCTLR_EL3, 3),
	TRANSLATION(TTBR0_EL1, 1, ALL_BITS),
	TRANSLATION(TTBR1_EL1, 1, ALL_BITS),
	TRANSLATION(TCR_EL1, 1, ~TCR_EL0),
	TRANSLATION(MAIR_EL1, 1, ALL_BITS),
	TRANSLATION(TTBR0_EL2, 2, ALL_BITS),
	TRANSLATION(TTBR1_EL2, 2, ALL_BITS),
	TRANSLATION(TCR_EL2, 2, ~TCR_EL0),
	TRANSLATION(MAIR_EL2, 2, ALL_BITS),
	TRANSLATION(TTBR0_EL3, 3, ALL_BITS),
	TRANSLATION(TCR_EL3, 3, ALL_BITS),
	TRANSLATION(MAIR_EL3, 3, ALL_BITS),
	/* Not CONTEXTIDR_ELx: in AArch64 no translation depends on it, only trace and comparators of debug do. */
	TRANSLATION(VTTBR_EL2, 1, ALL_BITS),
	TRANSLATION(VTCR_EL2, 1, ALL_BITS),
	TRANSLATION(HCR_EL2, 1, HCR_BITS),
	TRANSLATION(HCR_EL2, 2, HCR_E2H),
	/* Not SCTLR_ELx.M: what comes back while the MMU goes off matters only to who switches it on with no TLBI. */
	REFILL(TTBR0_EL1, 1, ~TTBR_CNP),
	REFILL(TTBR1_EL1, 1, ~TTBR_CNP),
	REFILL(TCR_EL1, 1, ~TCR_EL0),
	REFILL(MAIR_EL1, 1, ALL_BITS),
	REFILL(TTBR0_EL2, 2, ~TTBR_CNP),
	REFILL(TTBR1_EL2, 2, ~TTBR_CNP),
	REFILL(TCR_EL2, 2, ~TCR_EL0),
	REFILL(MAIR_EL2, 2, ALL_BITS),
	REFILL(TTBR0_EL3, 3, ~TTBR_CNP),
	REFILL(TCR_EL3, 3, ALL_BITS),
	REFILL(MAIR_EL3, 3, ALL_BITS),
	SCOPE(VTTBR_EL2, VTTBR_VMID),
	SCOPE(HCR_EL2, HCR_E2H | HCR_TGE),
	SCOPE(SCR_EL3, SCR_BITS & ~SCR_RW),
	/*
	 * Not USE_ERET: AArch64.ExceptionReturn() synchronizes first, and asks HCR_EL2 and SCR_EL3 where to after that.
	 * What ERET reads before, HCR_EL2.NV, it reads at EL1. TF-A's el3_exit() and KVM with VHE rely on it.
	 */
	BANK(HCR_EL2, HCR_E2H),
	BANK(SCR_EL3, SCR_BITS),
	TRAP(CPACR_EL1, 1, USE_FP, CPACR_FP),
	TRAP(CPACR_EL1, 1, USE_SVE, CPACR_FP | CPACR_SVE),
	TRAP(CPACR_EL1, 1, USE_SME, CPACR_FP | CPACR_SME),
	TRAP(CPTR_EL2, 0, USE_FP, CPACR_FP | CPTR_FP),
	TRAP(CPTR_EL2, 0, USE_SVE, CPACR_FP | CPACR_SVE | CPTR_FP | CPTR_SVE),
	TRAP(CPTR_EL2, 0, USE_SME, CPACR_FP | CPACR_SME | CPTR_FP | CPTR_SME),
	TRAP(CPTR_EL3, 0, USE_FP, CPTR_FP),
	TRAP(CPTR_EL3, 0, USE_SVE, CPTR_FP | CPTR_SVE),
	TRAP(CPTR_EL3, 0, USE_SME, CPTR_FP | CPTR_SME),
	/* Not ZCR_ELx and SMCR_ELx: their LEN is read as if in program order (DDI 0487, "ZCR_EL1"). */
	KEY(APIA),
	KEY(APIB),
	KEY(APDA),
	KEY(APDB),
	KEY(APGA),
	READ_BY(PAR_EL1, USES(USE_READ), SYSREG_PAR_EL1),
	READ_BY(CSSELR_EL1, USES(USE_READ), SYSREG_CCSIDR_EL1, SYSREG_CCSIDR2_EL1),
	VECTORS(VBAR_EL1),
	VECTORS(VBAR_EL2),
	VECTORS(VBAR_EL3),
	TIMER(CNTP, EL0),
	TIMER(CNTV, EL0),
	ROW(CNTVOFF_EL2, .uses = USES(USE_WAIT), .bits = ALL_BITS, .severity = SEVERITY_WARNING),
	READ_BY(CNTVOFF_EL2, USES(USE_READ), SYSREG_CNTVCT_EL0, SYSREG_CNTVCTSS_EL0),
	READ_BY(CNTPOFF_EL2, USES(USE_READ), SYSREG_CNTPCT_EL0, SYSREG_CNTPCTSS_EL0),
	TIMER(CNTHV, EL2),
	TIMER(CNTPS, EL1),
	TIMER(CNTHP, EL2),
	/* PMSELR_EL0 selects what PMXEVTYPER_EL0 and PMXEVCNTR_EL0 are. */
	READ_BY(PMSELR_EL0, READ_WRITE, SYSREG_PMXEVTYPER_EL0, SYSREG_PMXEVCNTR_EL0),
	/* The system register interface of the GIC exists once SRE is set. */
	SRE(ICC_SRE_EL1),
	SRE(ICC_SRE_EL2),
	SRE(ICC_SRE_EL3),
	/*
	 * Of the CPU interface: what is acknowledged, and whether an interrupt is signalled at all. Not ICC_PMR_EL1,
	 * which is self-synchronizing (IHI 0069, "Observability of the effects of accesses to the GIC registers").
	 */
	ICC(ICC_EOIR0_EL1, USES(USE_READ), FAMILY_GIC),
	ICC(ICC_EOIR1_EL1, USES(USE_READ), FAMILY_GIC),
	/* EOImode: whether the end of an interrupt drops the priority alone. */
	ROW(ICC_CTLR_EL1, .uses = USES(USE_WRITE), .bits = 1ull << 1, .severity = SEVERITY_WARNING,
		.depends = {SYSREG_ICC_EOIR0_EL1, SYSREG_ICC_EOIR1_EL1, SYSREG_ICC_DIR_EL1}),
	ICC(ICC_DIR_EL1, USES(USE_READ), FAMILY_GIC),
	ICC(ICC_BPR0_EL1, USES(USE_READ), FAMILY_GIC),
	ICC(ICC_BPR1_EL1, USES(USE_READ), FAMILY_GIC),
	ICC(ICC_IGRPEN0_EL1, READ_WAIT, FAMILY_GIC),
	ICC(ICC_IGRPEN1_EL1, READ_WAIT, FAMILY_GIC),
	ICC(ICC_SGI1R_EL1, READ_WAIT, FAMILY_SGI),
	ICC(ICC_ASGI1R_EL1, READ_WAIT, FAMILY_SGI),
	ICC(ICC_SGI0R_EL1, READ_WAIT, FAMILY_SGI),
	/*
	 * What is counted, against the counters. That the code that is to be counted comes behind the event is not
	 * seen: nothing says which code that is.
	 */
	PMU(PMCR_EL0, PMCR_BITS),
	PMU(PMCNTENSET_EL0, ALL_BITS),
	ROW(PMCCFILTR_EL0, .uses = USES(USE_READ), .bits = ALL_BITS, .severity = SEVERITY_WARNING,
		.depends = {SYSREG_PMCCNTR_EL0}),
	PMU_EVENTS(PMEVTYPER, READ_COUNT),
	PMU_EVENTS(PMEVCNTR, USES(USE_COUNT)),
	/* What is trapped: seen at the exception that may not come. */
	DEBUG(MDSCR_EL1, MDSCR_BITS),
	DEBUG(OSLAR_EL1, OSLAR_OSLK),
	DEBUG_POINTS(DBGBVR),
	DEBUG_POINTS(DBGBCR),
	DEBUG_POINTS(DBGWVR),
	DEBUG_POINTS(DBGWCR),
};
const unsigned register_table_size = sizeof(register_table) / sizeof(register_table[0]);

const char *register_name(uint16_t reg, char buffer[REGISTER_NAME])
{
	for (unsigned i = 0; i < register_table_size; i++) {
		const struct register_info *info = &register_table[i];

		if (!register_is(info, reg))
			continue;
		if (!info->mask)
			return info->name;
			/* The name is a format of ours. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(buffer, REGISTER_NAME, info->name, sysreg_number(reg));
#pragma GCC diagnostic pop
		return buffer;
	}
	snprintf(buffer, REGISTER_NAME, "s%u_%u_c%u_c%u_%u", SYSREG_OP0(reg), SYSREG_OP1(reg), SYSREG_CRN(reg),
		SYSREG_CRM(reg), SYSREG_OP2(reg));
	return buffer;
}
