/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rule S1: what a direct write of a system register changes is seen by indirect reads only after a context
 * synchronization event. A table per register: coarse classes give false alarms.
 */
#include <stdio.h>

#include "tables.h"

#define USES(use) (1u << (use))

struct register_info {
	uint16_t reg;
	const char *name;
	uint32_t uses;
	uint64_t bits; /* those that the use looks at */
	uint8_t to_el; /* whose accesses it governs: 1 also means EL0; 0: everyone's */
	uint8_t severity;
	uint16_t depends[3]; /* of USE_READ and USE_WRITE */
	uint8_t family;      /* enum family: what depends on it is said by code */
	uint16_t mask;       /* bits of the encoding that tell the register from its like; 0: all */
};

enum family {
	FAMILY_NONE,
	FAMILY_SRE,
	FAMILY_GIC,       /* a register of the CPU interface that bears on which interrupt it gives */
	FAMILY_SGI,       /* generates interrupts */
	FAMILY_PMU,       /* what is counted */
	FAMILY_PMU_EVENT, /* PMEVTYPERn_EL0 */
	FAMILY_DEBUG,
};

#define ALL (~0ull)
/* SCTLR: M, A, C, SA, WXN, EE. Bits that govern EL0 only wait for the ERET anyway. */
#define SCTLR_BITS (1ull << 0 | 1ull << 1 | 1ull << 2 | 1ull << 3 | 1ull << 19 | 1ull << 25)
/* SCTLR: EnIA, EnIB, EnDA, EnDB. */
#define SCTLR_PAC (1ull << 31 | 1ull << 30 | 1ull << 27 | 1ull << 13)
/* HCR_EL2: VM, FB excluded, DC, CD, ID, RW excluded, E2H, TGE, FWB. */
#define HCR_BITS (1ull << 0 | 1ull << 12 | 1ull << 32 | 1ull << 33 | 1ull << 34 | 1ull << 27 | 1ull << 46)
#define HCR_BANK (HCR_E2H | HCR_TGE)

/* TCR: NFD0, NFD1, E0PD0, E0PD1 govern EL0 only, which an ERET leads to. */
#define TCR_EL0 (1ull << 53 | 1ull << 54 | 1ull << 55 | 1ull << 56)

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

#define CCSIDR  SYSREG(3, 1, 0, 0, 0)
#define CCSIDR2 SYSREG(3, 1, 0, 0, 2)

/* ISR_EL1, ICC_HPPIR1_EL1: is it pending? Not ICC_IAR1_EL1: who acknowledges takes whatever there is. */
#define TIMER_READS SYSREG(3, 0, 12, 1, 0), SYSREG(3, 0, 12, 12, 2)
#define TIMER_USES  (USES(USE_WAIT) | USES(USE_READ))

/* PMCR_EL0: E, P, C, D, X, DP, LC, LP, FZO. */
#define PMCR_BITS 0x2ffull
#define PMU_USES  (USES(USE_READ) | USES(USE_COUNT))
#define PMCR_E    (1ull << 0)
#define PMCR_P    (1ull << 1)
#define PMCR_C    (1ull << 2)

/* MDSCR_EL1: SS, KDE, MDE. */
#define MDSCR_SS   (1ull << 0)
#define MDSCR_BITS (MDSCR_SS | 1ull << 13 | 1ull << 15)

/* The first entry of a register names it; a register may have several. */
static const struct register_info table[] = {
	{SYSREG_SCTLR_EL1, "SCTLR_EL1", USES(USE_TRANSLATION), SCTLR_BITS, 1, SEVERITY_WARNING, {0}, 0, 0},
	{SYSREG_SCTLR_EL2, "SCTLR_EL2", USES(USE_TRANSLATION), SCTLR_BITS, 2, SEVERITY_WARNING, {0}, 0, 0},
	{SYSREG_SCTLR_EL3, "SCTLR_EL3", USES(USE_TRANSLATION), SCTLR_BITS, 3, SEVERITY_WARNING, {0}, 0, 0},
	{SYSREG_SCTLR_EL1, "SCTLR_EL1", USES(USE_PAC), SCTLR_PAC, 1, SEVERITY_ERROR, {0}, 0, 0},
	{SYSREG_SCTLR_EL2, "SCTLR_EL2", USES(USE_PAC), SCTLR_PAC, 2, SEVERITY_ERROR, {0}, 0, 0},
	{SYSREG_SCTLR_EL3, "SCTLR_EL3", USES(USE_PAC), SCTLR_PAC, 3, SEVERITY_ERROR, {0}, 0, 0},
	{SYSREG(3, 0, 2, 0, 0), "TTBR0_EL1", USES(USE_TRANSLATION), ALL, 1, SEVERITY_WARNING, {0}, 0, 0},
	{SYSREG(3, 0, 2, 0, 1), "TTBR1_EL1", USES(USE_TRANSLATION), ALL, 1, SEVERITY_WARNING, {0}, 0, 0},
	{SYSREG(3, 0, 2, 0, 2), "TCR_EL1", USES(USE_TRANSLATION), ~TCR_EL0, 1, SEVERITY_WARNING, {0}, 0, 0},
	{SYSREG(3, 0, 10, 2, 0), "MAIR_EL1", USES(USE_TRANSLATION), ALL, 1, SEVERITY_WARNING, {0}, 0, 0},
	{SYSREG(3, 4, 2, 0, 0), "TTBR0_EL2", USES(USE_TRANSLATION), ALL, 2, SEVERITY_WARNING, {0}, 0, 0},
	{SYSREG(3, 4, 2, 0, 1), "TTBR1_EL2", USES(USE_TRANSLATION), ALL, 2, SEVERITY_WARNING, {0}, 0, 0},
	{SYSREG(3, 4, 2, 0, 2), "TCR_EL2", USES(USE_TRANSLATION), ~TCR_EL0, 2, SEVERITY_WARNING, {0}, 0, 0},
	{SYSREG(3, 4, 10, 2, 0), "MAIR_EL2", USES(USE_TRANSLATION), ALL, 2, SEVERITY_WARNING, {0}, 0, 0},
	{SYSREG(3, 6, 2, 0, 0), "TTBR0_EL3", USES(USE_TRANSLATION), ALL, 3, SEVERITY_WARNING, {0}, 0, 0},
	{SYSREG(3, 6, 2, 0, 2), "TCR_EL3", USES(USE_TRANSLATION), ALL, 3, SEVERITY_WARNING, {0}, 0, 0},
	{SYSREG(3, 6, 10, 2, 0), "MAIR_EL3", USES(USE_TRANSLATION), ALL, 3, SEVERITY_WARNING, {0}, 0, 0},
	/* Not CONTEXTIDR_ELx: in AArch64 no translation depends on it, only trace and comparators of debug do. */
	{SYSREG(3, 4, 2, 1, 0), "VTTBR_EL2", USES(USE_TRANSLATION), ALL, 1, SEVERITY_WARNING, {0}, 0, 0},
	{SYSREG(3, 4, 2, 1, 2), "VTCR_EL2", USES(USE_TRANSLATION), ALL, 1, SEVERITY_WARNING, {0}, 0, 0},
	{SYSREG(3, 4, 1, 1, 0), "HCR_EL2", USES(USE_TRANSLATION), HCR_BITS, 1, SEVERITY_WARNING, {0}, 0, 0},
	{SYSREG(3, 4, 1, 1, 0), "HCR_EL2", USES(USE_TRANSLATION), 1ull << 34, 2, SEVERITY_WARNING, {0}, 0, 0}, /* E2H */
	/*
	 * Not USE_ERET: AArch64.ExceptionReturn() synchronizes first, and asks HCR_EL2 and SCR_EL3 where to after that.
	 * What ERET reads before, HCR_EL2.NV, it reads at EL1. TF-A's el3_exit() and KVM with VHE rely on it.
	 */
	{SYSREG(3, 4, 1, 1, 0), "HCR_EL2", USES(USE_BANK), HCR_E2H, 0, SEVERITY_ERROR, {0}, 0, 0},
	/* SCR_EL3: NS, RW, EEL2, NSE. */
	{SYSREG(3, 6, 1, 1, 0), "SCR_EL3", USES(USE_BANK), 1 | 1ull << 10 | 1ull << 18 | 1ull << 62, 0, SEVERITY_ERROR,
		{0}, 0, 0},
	{SYSREG(3, 0, 1, 0, 2), "CPACR_EL1", USES(USE_FP), CPACR_FP, 1, SEVERITY_ERROR, {0}, 0, 0},
	{SYSREG(3, 0, 1, 0, 2), "CPACR_EL1", USES(USE_SVE), CPACR_FP | CPACR_SVE, 1, SEVERITY_ERROR, {0}, 0, 0},
	{SYSREG(3, 0, 1, 0, 2), "CPACR_EL1", USES(USE_SME), CPACR_FP | CPACR_SME, 1, SEVERITY_ERROR, {0}, 0, 0},
	{SYSREG(3, 4, 1, 1, 2), "CPTR_EL2", USES(USE_FP), CPACR_FP | CPTR_FP, 0, SEVERITY_ERROR, {0}, 0, 0},
	{SYSREG(3, 4, 1, 1, 2), "CPTR_EL2", USES(USE_SVE), CPACR_FP | CPACR_SVE | CPTR_FP | CPTR_SVE, 0, SEVERITY_ERROR,
		{0}, 0, 0},
	{SYSREG(3, 4, 1, 1, 2), "CPTR_EL2", USES(USE_SME), CPACR_FP | CPACR_SME | CPTR_FP | CPTR_SME, 0, SEVERITY_ERROR,
		{0}, 0, 0},
	{SYSREG(3, 6, 1, 1, 2), "CPTR_EL3", USES(USE_FP), CPTR_FP, 0, SEVERITY_ERROR, {0}, 0, 0},
	{SYSREG(3, 6, 1, 1, 2), "CPTR_EL3", USES(USE_SVE), CPTR_FP | CPTR_SVE, 0, SEVERITY_ERROR, {0}, 0, 0},
	{SYSREG(3, 6, 1, 1, 2), "CPTR_EL3", USES(USE_SME), CPTR_FP | CPTR_SME, 0, SEVERITY_ERROR, {0}, 0, 0},
	/* Not ZCR_ELx and SMCR_ELx: their LEN is read as if in program order (DDI 0487, "ZCR_EL1"). */
	{SYSREG(3, 0, 2, 1, 0), "APIAKeyLo_EL1", USES(USE_PAC), ALL, 0, SEVERITY_ERROR, {0}, 0, 0},
	{SYSREG(3, 0, 2, 1, 1), "APIAKeyHi_EL1", USES(USE_PAC), ALL, 0, SEVERITY_ERROR, {0}, 0, 0},
	{SYSREG(3, 0, 2, 1, 2), "APIBKeyLo_EL1", USES(USE_PAC), ALL, 0, SEVERITY_ERROR, {0}, 0, 0},
	{SYSREG(3, 0, 2, 1, 3), "APIBKeyHi_EL1", USES(USE_PAC), ALL, 0, SEVERITY_ERROR, {0}, 0, 0},
	{SYSREG(3, 0, 2, 2, 0), "APDAKeyLo_EL1", USES(USE_PAC), ALL, 0, SEVERITY_ERROR, {0}, 0, 0},
	{SYSREG(3, 0, 2, 2, 1), "APDAKeyHi_EL1", USES(USE_PAC), ALL, 0, SEVERITY_ERROR, {0}, 0, 0},
	{SYSREG(3, 0, 2, 2, 2), "APDBKeyLo_EL1", USES(USE_PAC), ALL, 0, SEVERITY_ERROR, {0}, 0, 0},
	{SYSREG(3, 0, 2, 2, 3), "APDBKeyHi_EL1", USES(USE_PAC), ALL, 0, SEVERITY_ERROR, {0}, 0, 0},
	{SYSREG(3, 0, 2, 3, 0), "APGAKeyLo_EL1", USES(USE_PAC), ALL, 0, SEVERITY_ERROR, {0}, 0, 0},
	{SYSREG(3, 0, 2, 3, 1), "APGAKeyHi_EL1", USES(USE_PAC), ALL, 0, SEVERITY_ERROR, {0}, 0, 0},
	{SYSREG_PAR_EL1, "PAR_EL1", USES(USE_READ), ALL, 0, SEVERITY_ERROR, {SYSREG_PAR_EL1}, 0, 0},
	{SYSREG(3, 2, 0, 0, 0), "CSSELR_EL1", USES(USE_READ), ALL, 0, SEVERITY_ERROR, {CCSIDR, CCSIDR2}, 0, 0},
	{SYSREG(3, 0, 12, 0, 0), "VBAR_EL1", USES(USE_VECTOR), ALL, 0, SEVERITY_ERROR, {SYSREG(3, 0, 12, 0, 0)}, 0, 0},
	{SYSREG(3, 4, 12, 0, 0), "VBAR_EL2", USES(USE_VECTOR), ALL, 0, SEVERITY_ERROR, {SYSREG(3, 4, 12, 0, 0)}, 0, 0},
	{SYSREG(3, 6, 12, 0, 0), "VBAR_EL3", USES(USE_VECTOR), ALL, 0, SEVERITY_ERROR, {SYSREG(3, 6, 12, 0, 0)}, 0, 0},
	{SYSREG(3, 3, 14, 2, 0), "CNTP_TVAL_EL0", TIMER_USES, ALL, 0, SEVERITY_WARNING, {TIMER_READS}, 0, 0},
	{SYSREG(3, 3, 14, 2, 1), "CNTP_CTL_EL0", TIMER_USES, ALL, 0, SEVERITY_WARNING, {TIMER_READS}, 0, 0},
	{SYSREG(3, 3, 14, 2, 2), "CNTP_CVAL_EL0", TIMER_USES, ALL, 0, SEVERITY_WARNING, {TIMER_READS}, 0, 0},
	{SYSREG(3, 3, 14, 3, 0), "CNTV_TVAL_EL0", TIMER_USES, ALL, 0, SEVERITY_WARNING, {TIMER_READS}, 0, 0},
	{SYSREG(3, 3, 14, 3, 1), "CNTV_CTL_EL0", TIMER_USES, ALL, 0, SEVERITY_WARNING, {TIMER_READS}, 0, 0},
	{SYSREG(3, 3, 14, 3, 2), "CNTV_CVAL_EL0", TIMER_USES, ALL, 0, SEVERITY_WARNING, {TIMER_READS}, 0, 0},
	{SYSREG(3, 4, 14, 0, 3), "CNTVOFF_EL2", USES(USE_WAIT), ALL, 0, SEVERITY_WARNING, {0}, 0, 0},
	{SYSREG(3, 4, 14, 0, 3), "CNTVOFF_EL2", USES(USE_READ), ALL, 0, SEVERITY_ERROR,
		{SYSREG(3, 3, 14, 0, 2), SYSREG(3, 3, 14, 0, 6)}, 0, 0}, /* CNTVCT_EL0, CNTVCTSS_EL0 */
	{SYSREG(3, 4, 14, 0, 6), "CNTPOFF_EL2", USES(USE_READ), ALL, 0, SEVERITY_ERROR,
		{SYSREG(3, 3, 14, 0, 1), SYSREG(3, 3, 14, 0, 5)}, 0, 0}, /* CNTPCT_EL0, CNTPCTSS_EL0 */
	{SYSREG(3, 4, 14, 3, 0), "CNTHV_TVAL_EL2", TIMER_USES, ALL, 0, SEVERITY_WARNING, {TIMER_READS}, 0, 0},
	{SYSREG(3, 4, 14, 3, 1), "CNTHV_CTL_EL2", TIMER_USES, ALL, 0, SEVERITY_WARNING, {TIMER_READS}, 0, 0},
	{SYSREG(3, 4, 14, 3, 2), "CNTHV_CVAL_EL2", TIMER_USES, ALL, 0, SEVERITY_WARNING, {TIMER_READS}, 0, 0},
	{SYSREG(3, 7, 14, 2, 0), "CNTPS_TVAL_EL1", TIMER_USES, ALL, 0, SEVERITY_WARNING, {TIMER_READS}, 0, 0},
	{SYSREG(3, 7, 14, 2, 1), "CNTPS_CTL_EL1", TIMER_USES, ALL, 0, SEVERITY_WARNING, {TIMER_READS}, 0, 0},
	{SYSREG(3, 7, 14, 2, 2), "CNTPS_CVAL_EL1", TIMER_USES, ALL, 0, SEVERITY_WARNING, {TIMER_READS}, 0, 0},
	{SYSREG(3, 4, 14, 2, 0), "CNTHP_TVAL_EL2", TIMER_USES, ALL, 0, SEVERITY_WARNING, {TIMER_READS}, 0, 0},
	{SYSREG(3, 4, 14, 2, 1), "CNTHP_CTL_EL2", TIMER_USES, ALL, 0, SEVERITY_WARNING, {TIMER_READS}, 0, 0},
	{SYSREG(3, 4, 14, 2, 2), "CNTHP_CVAL_EL2", TIMER_USES, ALL, 0, SEVERITY_WARNING, {TIMER_READS}, 0, 0},
	/* PMSELR_EL0 selects what PMXEVTYPER_EL0 and PMXEVCNTR_EL0 are. */
	{SYSREG(3, 3, 9, 12, 5), "PMSELR_EL0", USES(USE_READ) | USES(USE_WRITE), ALL, 0, SEVERITY_ERROR,
		{SYSREG(3, 3, 9, 13, 1), SYSREG(3, 3, 9, 13, 2)}, 0, 0},
	/* The system register interface of the GIC exists once SRE is set: IAR1, EOIR1, PMR, IGRPEN1 stand for all. */
	{SYSREG(3, 0, 12, 12, 5), "ICC_SRE_EL1", USES(USE_READ) | USES(USE_WRITE), 1, 0, SEVERITY_ERROR, {0},
		FAMILY_SRE, 0},
	{SYSREG(3, 4, 12, 9, 5), "ICC_SRE_EL2", USES(USE_READ) | USES(USE_WRITE), 1, 0, SEVERITY_ERROR, {0}, FAMILY_SRE,
		0},
	{SYSREG(3, 6, 12, 12, 5), "ICC_SRE_EL3", USES(USE_READ) | USES(USE_WRITE), 1, 0, SEVERITY_ERROR, {0},
		FAMILY_SRE, 0},
	/*
	 * Of the CPU interface: what is acknowledged, and whether an interrupt is signalled at all. Not ICC_PMR_EL1,
	 * which is self-synchronizing (IHI 0069, "Observability of the effects of accesses to the GIC registers").
	 */
	{SYSREG(3, 0, 12, 8, 1), "ICC_EOIR0_EL1", USES(USE_READ), ALL, 0, SEVERITY_WARNING, {0}, FAMILY_GIC, 0},
	{SYSREG(3, 0, 12, 12, 1), "ICC_EOIR1_EL1", USES(USE_READ), ALL, 0, SEVERITY_WARNING, {0}, FAMILY_GIC, 0},
	{SYSREG(3, 0, 12, 11, 1), "ICC_DIR_EL1", USES(USE_READ), ALL, 0, SEVERITY_WARNING, {0}, FAMILY_GIC, 0},
	{SYSREG(3, 0, 12, 8, 3), "ICC_BPR0_EL1", USES(USE_READ), ALL, 0, SEVERITY_WARNING, {0}, FAMILY_GIC, 0},
	{SYSREG(3, 0, 12, 12, 3), "ICC_BPR1_EL1", USES(USE_READ), ALL, 0, SEVERITY_WARNING, {0}, FAMILY_GIC, 0},
	{SYSREG(3, 0, 12, 12, 6), "ICC_IGRPEN0_EL1", USES(USE_READ) | USES(USE_WAIT), ALL, 0, SEVERITY_WARNING, {0},
		FAMILY_GIC, 0},
	{SYSREG(3, 0, 12, 12, 7), "ICC_IGRPEN1_EL1", USES(USE_READ) | USES(USE_WAIT), ALL, 0, SEVERITY_WARNING, {0},
		FAMILY_GIC, 0},
	{SYSREG(3, 0, 12, 11, 5), "ICC_SGI1R_EL1", USES(USE_READ) | USES(USE_WAIT), ALL, 0, SEVERITY_WARNING, {0},
		FAMILY_SGI, 0},
	{SYSREG(3, 0, 12, 11, 6), "ICC_ASGI1R_EL1", USES(USE_READ) | USES(USE_WAIT), ALL, 0, SEVERITY_WARNING, {0},
		FAMILY_SGI, 0},
	{SYSREG(3, 0, 12, 11, 7), "ICC_SGI0R_EL1", USES(USE_READ) | USES(USE_WAIT), ALL, 0, SEVERITY_WARNING, {0},
		FAMILY_SGI, 0},
	/*
	 * What is counted, against the counters. That the code that is to be counted comes behind the event is not
	 * seen: nothing says which code that is.
	 */
	{SYSREG_PMCR_EL0, "PMCR_EL0", PMU_USES | USES(USE_WRITE), PMCR_BITS, 0, SEVERITY_WARNING, {0}, FAMILY_PMU, 0},
	{SYSREG_PMCNTENSET_EL0, "PMCNTENSET_EL0", PMU_USES | USES(USE_WRITE), ALL, 0, SEVERITY_WARNING, {0}, FAMILY_PMU,
		0},
	{SYSREG_PMCCFILTR_EL0, "PMCCFILTR_EL0", USES(USE_READ), ALL, 0, SEVERITY_WARNING, {SYSREG_PMCCNTR_EL0}, 0, 0},
	{SYSREG(3, 3, 14, 12, 0), "PMEVTYPER%u_EL0", PMU_USES, ALL, 0, SEVERITY_WARNING, {0}, FAMILY_PMU_EVENT,
		(uint16_t)~SYSREG(0, 0, 0, 3, 7)},
	{SYSREG(3, 3, 14, 8, 0), "PMEVCNTR%u_EL0", USES(USE_COUNT), ALL, 0, SEVERITY_WARNING, {0}, FAMILY_PMU_EVENT,
		(uint16_t)~SYSREG(0, 0, 0, 3, 7)},
	/* What is trapped: seen at the exception that may not come. */
	{SYSREG(2, 0, 0, 2, 2), "MDSCR_EL1", USES(USE_DEBUG), MDSCR_BITS, 0, SEVERITY_ERROR, {0}, FAMILY_DEBUG, 0},
	{SYSREG(2, 0, 1, 0, 4), "OSLAR_EL1", USES(USE_DEBUG), 1, 0, SEVERITY_ERROR, {0}, FAMILY_DEBUG, 0},
	{SYSREG(2, 0, 0, 0, 4), "DBGBVR%u_EL1", USES(USE_DEBUG), ALL, 0, SEVERITY_ERROR, {0}, FAMILY_DEBUG,
		(uint16_t)~SYSREG(0, 0, 0, 15, 0)},
	{SYSREG(2, 0, 0, 0, 5), "DBGBCR%u_EL1", USES(USE_DEBUG), ALL, 0, SEVERITY_ERROR, {0}, FAMILY_DEBUG,
		(uint16_t)~SYSREG(0, 0, 0, 15, 0)},
	{SYSREG(2, 0, 0, 0, 6), "DBGWVR%u_EL1", USES(USE_DEBUG), ALL, 0, SEVERITY_ERROR, {0}, FAMILY_DEBUG,
		(uint16_t)~SYSREG(0, 0, 0, 15, 0)},
	{SYSREG(2, 0, 0, 0, 7), "DBGWCR%u_EL1", USES(USE_DEBUG), ALL, 0, SEVERITY_ERROR, {0}, FAMILY_DEBUG,
		(uint16_t)~SYSREG(0, 0, 0, 15, 0)},
};
#define TABLE (sizeof(table) / sizeof(table[0]))

static bool is_of(const struct register_info *info, uint16_t reg)
{
	return info->mask ? (reg & info->mask) == info->reg : reg == info->reg;
}

static bool is_icc_sre(uint16_t reg)
{
	return reg == SYSREG(3, 0, 12, 12, 5) || reg == SYSREG(3, 4, 12, 9, 5) || reg == SYSREG(3, 6, 12, 12, 5);
}

/* ICC_PMR_EL1 and what has CRn 12, CRm 8 and up, but the SRE registers themselves. */
static bool is_icc(uint16_t reg)
{
	return !is_icc_sre(reg) &&
	       (reg == SYSREG(3, 0, 4, 6, 0) ||
		       ((reg & SYSREG(3, 0, 15, 0, 0)) == SYSREG(3, 0, 12, 0, 0) && (reg >> 3 & 15) >= 8));
}

/* Which of its like: DBGBCR3_EL1 has it in CRm, PMEVTYPER3_EL0 in CRm<1:0> and op2. */
static unsigned number_of(uint16_t reg)
{
	return reg >> 14 == 2 ? reg >> 3 & 15 : (reg >> 3 & 3) << 3 | (reg & 7);
}

const char *register_name(uint16_t reg, char buffer[REGISTER_NAME])
{
	for (unsigned i = 0; i < TABLE; i++) {
		if (!is_of(&table[i], reg))
			continue;
		if (!table[i].mask)
			return table[i].name;
			/* The name is a format of ours. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(buffer, REGISTER_NAME, table[i].name, number_of(reg));
#pragma GCC diagnostic pop
		return buffer;
	}
	snprintf(buffer, REGISTER_NAME, "s%u_%u_c%u_c%u_%u", reg >> 14 & 3, reg >> 11 & 7, reg >> 7 & 15, reg >> 3 & 15,
		reg & 7);
	return buffer;
}

static bool is_followed(uint16_t reg)
{
	for (unsigned i = 0; i < TABLE; i++)
		if (is_of(&table[i], reg))
			return true;
	return false;
}

static bool is_translation(uint16_t reg)
{
	for (unsigned i = 0; i < TABLE; i++)
		if (table[i].reg == reg && table[i].uses & USES(USE_TRANSLATION))
			return true;
	return false;
}

void registers_synchronized(struct model *m, unsigned cpu)
{
	struct cpu *c = m->cpus[cpu];

	for (unsigned i = 0; i < c->register_count; i++)
		if (!c->registers[i].reported)
			exercised(m, RULE_S1);
	c->register_count = 0;
}

/* Whose translation regime governs accesses made at @el. */
static unsigned regime_of(const struct cpu *cpu, unsigned el)
{
	if (el == 0 && cpu_is_host(cpu))
		return 2;
	return el ? el : 1;
}

/* Does the counter, or the register of overflows, @reg depend on what changed in @pending? */
static bool is_counted_by(const struct register_pending *pending, unsigned use, uint16_t reg)
{
	uint64_t changed = pending->old_value ^ pending->new_value, counters = changed;
	bool cycles = reg == SYSREG_PMCCNTR_EL0;

	/* PMOVSCLR_EL0, PMOVSSET_EL0: what has been disabled may overflow once more. */
	if (reg == SYSREG(3, 3, 9, 12, 3) || reg == SYSREG(3, 3, 9, 14, 3))
		return use == USE_READ ||
		       pending->old_value & ~pending->new_value & (pending->reg == SYSREG_PMCR_EL0 ? PMCR_E : ~0ull);
	/* Whoever writes a counter takes into account that it counts. */
	if (use == USE_WRITE || (!cycles && (reg & (uint16_t)~SYSREG(0, 0, 0, 3, 7)) != SYSREG(3, 3, 14, 8, 0)))
		return false;
	if (pending->reg == SYSREG_PMCR_EL0)
		return changed & (PMCR_E | (cycles ? PMCR_C : PMCR_P));
	return counters >> (cycles ? 31 : number_of(reg)) & 1;
}

/* An exception of debug, of class @ec, at @pc: does it come only because of the new value? */
static bool is_trapped_by(const struct register_pending *pending, uint16_t ec, uint64_t pc)
{
	enum { BREAKPOINT = 0x18, STEP = 0x19, WATCHPOINT = 0x1a } class = ec >> 1;

	if (pending->reg == SYSREG(2, 0, 1, 0, 4)) /* OSLAR_EL1 */
		return !(pending->new_value & 1);
	if (pending->reg == SYSREG(2, 0, 0, 2, 2)) /* MDSCR_EL1 */
		return pending->new_value & ~pending->old_value & (class == STEP ? MDSCR_SS : MDSCR_BITS & ~MDSCR_SS);
	switch (pending->reg & 7) {
	case 4:
		return class == BREAKPOINT && !((pending->new_value ^ pc) & 0xfffffffffffc);
	case 5:
		return class == BREAKPOINT && pending->new_value & 1;
	case 6:
		return class == WATCHPOINT;
	default:
		return class == WATCHPOINT && pending->new_value & 1;
	}
}

static bool depends_on(const struct register_info *info, const struct register_pending *pending, unsigned use,
	uint16_t reg, const struct place *at)
{
	if (use == USE_DEBUG)
		return is_trapped_by(pending, reg, at->pc);
	if (use != USE_READ && use != USE_WRITE && use != USE_VECTOR && use != USE_COUNT)
		return true;
	switch (info->family) {
	case FAMILY_SRE:
		return is_icc(reg);
	case FAMILY_GIC: /* ICC_RPR_EL1, and as of an SGI */
		if (reg == SYSREG(3, 0, 12, 11, 3))
			return true;
		__attribute__((fallthrough));
	case FAMILY_SGI: /* ICC_IAR0_EL1, ICC_IAR1_EL1, ICC_HPPIR0_EL1, ICC_HPPIR1_EL1 */
		return reg == SYSREG(3, 0, 12, 8, 0) || reg == SYSREG(3, 0, 12, 12, 0) ||
		       reg == SYSREG(3, 0, 12, 8, 2) || reg == SYSREG(3, 0, 12, 12, 2);
	case FAMILY_PMU:
		return is_counted_by(pending, use, reg);
	case FAMILY_PMU_EVENT:
		return (reg & (uint16_t)~SYSREG(0, 0, 0, 3, 7)) == SYSREG(3, 3, 14, 8, 0) &&
		       number_of(reg) == number_of(pending->reg);
	}
	for (unsigned i = 0; i < 3; i++)
		if (info->depends[i] && info->depends[i] == reg)
			return true;
	return false;
}

/* AT translates for the EL that its registers belong to: op1 says which. */
static unsigned named_regime(uint16_t reg)
{
	unsigned op1 = reg >> 11 & 7;

	return op1 == 6 ? 3 : op1 == 4 ? 2 : 1;
}

/* SCTLR says whether there is translation; HCR_EL2 has DC and stage 2. */
static bool governs_without_mmu(uint16_t reg)
{
	return reg == SYSREG_SCTLR_EL1 || reg == SYSREG_SCTLR_EL2 || reg == SYSREG_SCTLR_EL3 ||
	       reg == SYSREG(3, 4, 1, 1, 0) || reg == SYSREG(3, 4, 2, 1, 0) || reg == SYSREG(3, 4, 2, 1, 2);
}

/*
 * Which bits of @info an instruction looks at that signs or authenticates with the key whose AP*KeyLo is @key (0: not
 * known): the key's own registers, and its enable in SCTLR.
 */
static uint64_t pac_bits(const struct register_info *info, uint16_t key)
{
	static const struct {
		uint16_t key;
		uint8_t enable;
	} keys[] = {
		{SYSREG(3, 0, 2, 1, 0), 31},
		{SYSREG(3, 0, 2, 1, 2), 30},
		{SYSREG(3, 0, 2, 2, 0), 27},
		{SYSREG(3, 0, 2, 2, 2), 13},
	};

	if (!key)
		return info->bits;
	if (info->bits == ALL)
		return (info->reg & ~1) == key ? ALL : 0;
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].key == key)
			return info->bits & 1ull << keys[i].enable;
	return 0; /* the generic key has no enable */
}

static const char access_text[] = "memory access after a write of a register that governs it, with no context "
				  "synchronization between: old or new may apply";
static const char use_text[] = "use of what a register governs after it was written, with no context synchronization "
			       "between: old or new may apply";

static const char elsewhere_text[] =
	"memory access after a write of a register that governs it, with no context synchronization between: by its "
	"old value the address leads elsewhere, or nowhere";
static const char otherwise_text[] = "memory access after a write of a register that governs it, with no context "
				     "synchronization between: by its old value it has other attributes";
static const char trap_text[] = "an exception of debug that a register has made possible, with no context "
				"synchronization since: it may not come";

/* AT, of which nobody has compared the outcomes, has a @reg. */
static bool is_compared(const struct register_pending *pending, unsigned use, uint16_t reg)
{
	return use == USE_TRANSLATION && !reg && pending->outcome;
}

static enum severity severity_of(
	const struct register_info *info, const struct register_pending *pending, unsigned use, uint16_t reg)
{
	return is_compared(pending, use, reg) && pending->outcome == USE_ELSEWHERE ? SEVERITY_ERROR : info->severity;
}

static const char *text_of(const struct register_pending *pending, unsigned use, uint16_t reg)
{
	if (is_compared(pending, use, reg))
		return pending->outcome == USE_ELSEWHERE ? elsewhere_text : otherwise_text;
	return use == USE_TRANSLATION ? access_text : use == USE_DEBUG ? trap_text : use_text;
}

static void report_pending(struct model *m, struct register_pending *pending, struct finding *finding)
{
	char name[REGISTER_NAME];

	pending->reported = 1;
	finding->reg = pending->reg;
	finding->writer.pc = pending->at.pc;
	finding->writer.link = pending->at.link;
	finding->writer.cpu = pending->at.cpu;
	finding->writer.el = pending->at.el;
	snprintf(finding->root, sizeof(finding->root), "%s@0x%llx", register_name(pending->reg, name),
		(unsigned long long)pending->at.pc);
	judge_emit(m, finding, writer_of_place(m, &pending->at, 0, ATTRIBUTES_NONE));
}

static const char enable_text[] = "the MMU is switched on while a register of its translation is not synchronized: "
				  "what is fetched and walked next may be by the old one";

void registers_enable(struct model *m, const struct place *at)
{
	struct cpu *cpu = m->cpus[at->cpu];

	exercised(m, RULE_H3);
	for (unsigned n = 0; n < cpu->register_count; n++) {
		struct register_pending *pending = &cpu->registers[n];

		for (unsigned i = 0; i < TABLE && !pending->reported; i++) {
			const struct register_info *info = &table[i];

			if (info->reg != pending->reg || !(info->uses & USES(USE_TRANSLATION)) ||
				info->to_el != regime_of(cpu, at->el) || governs_without_mmu(info->reg) ||
				!((pending->old_value ^ pending->new_value) & info->bits))
				continue;
			report_pending(m, pending,
				judge_begin(m, KIND_UNSYNCHRONIZED_REGISTER, info->severity, at, NULL, RULE(H3),
					enable_text, "ISB between the MSR and that of SCTLR"));
		}
	}
}

/* A timer that is off, or masked: nobody waits for it. */
static bool is_idle_timer(const struct register_pending *pending)
{
	static const uint16_t controls[] = {SYSREG(3, 3, 14, 2, 1), SYSREG(3, 3, 14, 3, 1), SYSREG(3, 4, 14, 2, 1),
		SYSREG(3, 4, 14, 3, 1), SYSREG(3, 7, 14, 2, 1)};

	for (unsigned i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
		if (pending->reg == controls[i])
			return (pending->new_value & 3) != 1;
	return false;
}

static const char disable_text[] = "a register of the translation is written while the MMU's switching off is not "
				   "synchronized: what is fetched next may be translated, and by the new one";

/* @written changes what the regime is made of. Nothing needs to be loaded or stored: the next instructions are fetched.
 */
static void registers_disable(struct model *m, struct cpu *cpu, const struct register_pending *written)
{
	unsigned regime = regime_of(cpu, written->at.el);
	const struct register_info *info = NULL;

	if (written->reg == SYSREG(3, 4, 1, 1, 0)) {
		if (!((written->old_value ^ written->new_value) & HCR_BANK) || regime != 2)
			return;
	} else {
		for (unsigned i = 0; i < TABLE && !info; i++)
			if (table[i].reg == written->reg)
				info = &table[i];
		if (!info || info->to_el != regime || governs_without_mmu(written->reg) ||
			!((written->old_value ^ written->new_value) & info->bits))
			return;
	}
	for (unsigned n = 0; n < cpu->register_count; n++) {
		struct register_pending *pending = &cpu->registers[n];
		uint16_t sctlr = regime == 3 ? SYSREG_SCTLR_EL3 : regime == 2 ? SYSREG_SCTLR_EL2 : SYSREG_SCTLR_EL1;

		if (pending->reg == sctlr && pending->old_value & ~pending->new_value & 1 && !pending->reported) {
			exercised(m, RULE_H3);
			report_pending(m, pending,
				judge_begin(m, KIND_UNSYNCHRONIZED_REGISTER, SEVERITY_WARNING, &written->at, NULL,
					RULE(H3), disable_text, "ISB between the MSR of SCTLR and this one"));
		}
	}
}

void model_register_write(struct model *m, const struct register_write *w)
{
	struct cpu *cpu = model_cpu_of(m, w->at.cpu);
	struct register_pending *pending = NULL;

	m->counts.events++;
	if (!cpu || !is_followed(w->reg))
		return;
	if (w->reg == SYSREG(3, 4, 1, 1, 0))
		cpu->hcr = w->new_value;
	tables_root(m, cpu, w->reg, w->new_value);
	if (is_translation(w->reg)) {
		m->mappings++;
		cpu->unsettled |= w->old_value != w->new_value;
	}
	for (unsigned i = 0; i < cpu->register_count; i++)
		if (cpu->registers[i].reg == w->reg)
			pending = &cpu->registers[i];
	/* An AT writes PAR_EL1 whatever its value; other registers must change to matter. */
	if (w->old_value == w->new_value && w->reg != SYSREG_PAR_EL1 && !pending)
		return;
	if (!pending) {
		if (cpu->register_count == REGISTERS_PENDING) {
			memmove(cpu->registers, cpu->registers + 1, sizeof(cpu->registers) - sizeof(*cpu->registers));
			cpu->register_count--;
		}
		pending = &cpu->registers[cpu->register_count++];
		*pending = (struct register_pending){.reg = w->reg, .old_value = w->old_value};
	}
	pending->new_value = w->new_value;
	pending->at = w->at;
	pending->reported = 0;
	pending->outcome = 0;
	if (is_translation(w->reg))
		registers_disable(m, cpu, pending);
}

void registers_used(struct model *m, const struct place *at, unsigned use, uint16_t reg, const struct access *access)
{
	struct cpu *cpu = m->cpus[at->cpu];
	unsigned regime = use == USE_TRANSLATION && reg ? named_regime(reg) : regime_of(cpu, at->el);

	for (unsigned n = 0; n < cpu->register_count; n++) {
		struct register_pending *pending = &cpu->registers[n];

		for (unsigned i = 0; i < TABLE && !pending->reported; i++) {
			const struct register_info *info = &table[i];
			uint64_t changed = pending->old_value ^ pending->new_value;

			if (!is_of(info, pending->reg) || !(info->uses & USES(use)))
				continue;
			if (!(changed & (use == USE_PAC ? pac_bits(info, reg) : info->bits)) &&
				pending->reg != SYSREG_PAR_EL1)
				continue;
			if ((info->to_el && info->to_el != regime) || !depends_on(info, pending, use, reg, at))
				continue;
			if ((use == USE_WAIT || use == USE_READ) && is_idle_timer(pending))
				continue;
			/* With E2H the virtual counter has no offset for EL2, and with TGE none for its EL0. */
			if (pending->reg == SYSREG(3, 4, 14, 0, 3) && use == USE_READ && regime == 2 &&
				cpu->hcr & 1ull << 34)
				continue;
			/* Nothing is translated yet: tables, their attributes and their tags do not matter. */
			if (use == USE_TRANSLATION && !reg && !cpu->mmu && !governs_without_mmu(pending->reg))
				continue;
			if (use == USE_TRANSLATION && !reg && pending->outcome == USE_SAME)
				continue;
			exercised(m, RULE_S1);
			report_pending(m, pending,
				judge_begin(m, KIND_UNSYNCHRONIZED_REGISTER, severity_of(info, pending, use, reg), at,
					access, RULE(S1), text_of(pending, use, reg), "ISB after the MSR"));
		}
		/* It was about this access. */
		if (use == USE_TRANSLATION)
			pending->outcome = 0;
	}
}

void model_register_used(struct model *m, const struct register_used *u)
{
	struct cpu *cpu = model_cpu_of(m, u->at.cpu);

	m->counts.events++;
	if (!cpu || u->use >= REGISTER_USES)
		return;
	if (u->use == USE_SAME || u->use == USE_OTHERWISE || u->use == USE_ELSEWHERE) {
		for (unsigned i = 0; i < cpu->register_count; i++)
			if (cpu->registers[i].reg == u->reg)
				cpu->registers[i].outcome = u->use;
		return;
	}
	registers_used(m, &u->at, u->use, u->reg, NULL);
}
