/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * encodings.h - system registers by name.
 *
 * A register is named by bits 20..5 of its MSR instruction (op0 op1 CRn CRm op2), so that a feeder takes the name
 * straight from the opcode: SYSREG(3, 0, 1, 0, 0) is SCTLR_EL1. Here are those that are said more than once.
 */
#ifndef MODEL_ENCODINGS_H
#define MODEL_ENCODINGS_H

#include <stdbool.h>
#include <stdint.h>

#define SYSREG(op0, op1, crn, crm, op2) ((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
#define SYSREG_OF_OPCODE(opcode)        ((uint16_t)((opcode) >> 5 & 0xffff))
#define SYSREG_OP0(reg)                 ((reg) >> 14 & 3)
#define SYSREG_OP1(reg)                 ((reg) >> 11 & 7)
#define SYSREG_CRN(reg)                 ((reg) >> 7 & 15)
#define SYSREG_CRM(reg)                 ((reg) >> 3 & 15)
#define SYSREG_OP2(reg)                 ((reg)&7)

#define SYSREG_SCTLR_EL1 SYSREG(3, 0, 1, 0, 0)
#define SYSREG_SCTLR_EL2 SYSREG(3, 4, 1, 0, 0)
#define SYSREG_SCTLR_EL3 SYSREG(3, 6, 1, 0, 0)
#define SYSREG_TTBR0_EL1 SYSREG(3, 0, 2, 0, 0)
#define SYSREG_TTBR1_EL1 SYSREG(3, 0, 2, 0, 1)
#define SYSREG_TCR_EL1   SYSREG(3, 0, 2, 0, 2)
#define SYSREG_MAIR_EL1  SYSREG(3, 0, 10, 2, 0)
#define SYSREG_TTBR0_EL2 SYSREG(3, 4, 2, 0, 0)
#define SYSREG_TTBR1_EL2 SYSREG(3, 4, 2, 0, 1)
#define SYSREG_TCR_EL2   SYSREG(3, 4, 2, 0, 2)
#define SYSREG_MAIR_EL2  SYSREG(3, 4, 10, 2, 0)
#define SYSREG_TTBR0_EL3 SYSREG(3, 6, 2, 0, 0)
#define SYSREG_TCR_EL3   SYSREG(3, 6, 2, 0, 2)
#define SYSREG_MAIR_EL3  SYSREG(3, 6, 10, 2, 0)
#define SYSREG_VTTBR_EL2 SYSREG(3, 4, 2, 1, 0)
#define SYSREG_VTCR_EL2  SYSREG(3, 4, 2, 1, 2)
#define SYSREG_HCR_EL2   SYSREG(3, 4, 1, 1, 0)
#define SYSREG_SCR_EL3   SYSREG(3, 6, 1, 1, 0)
#define SYSREG_PAR_EL1   SYSREG(3, 0, 7, 4, 0)

#define SYSREG_CPACR_EL1 SYSREG(3, 0, 1, 0, 2)
#define SYSREG_CPTR_EL2  SYSREG(3, 4, 1, 1, 2)
#define SYSREG_CPTR_EL3  SYSREG(3, 6, 1, 1, 2)
#define SYSREG_VBAR_EL1  SYSREG(3, 0, 12, 0, 0)
#define SYSREG_VBAR_EL2  SYSREG(3, 4, 12, 0, 0)
#define SYSREG_VBAR_EL3  SYSREG(3, 6, 12, 0, 0)

#define SYSREG_CSSELR_EL1  SYSREG(3, 2, 0, 0, 0)
#define SYSREG_CCSIDR_EL1  SYSREG(3, 1, 0, 0, 0)
#define SYSREG_CCSIDR2_EL1 SYSREG(3, 1, 0, 0, 2)

#define SYSREG_APIAKeyLo_EL1 SYSREG(3, 0, 2, 1, 0)
#define SYSREG_APIAKeyHi_EL1 SYSREG(3, 0, 2, 1, 1)
#define SYSREG_APIBKeyLo_EL1 SYSREG(3, 0, 2, 1, 2)
#define SYSREG_APIBKeyHi_EL1 SYSREG(3, 0, 2, 1, 3)
#define SYSREG_APDAKeyLo_EL1 SYSREG(3, 0, 2, 2, 0)
#define SYSREG_APDAKeyHi_EL1 SYSREG(3, 0, 2, 2, 1)
#define SYSREG_APDBKeyLo_EL1 SYSREG(3, 0, 2, 2, 2)
#define SYSREG_APDBKeyHi_EL1 SYSREG(3, 0, 2, 2, 3)
#define SYSREG_APGAKeyLo_EL1 SYSREG(3, 0, 2, 3, 0)
#define SYSREG_APGAKeyHi_EL1 SYSREG(3, 0, 2, 3, 1)

#define SYSREG_CNTPCT_EL0     SYSREG(3, 3, 14, 0, 1)
#define SYSREG_CNTVCT_EL0     SYSREG(3, 3, 14, 0, 2)
#define SYSREG_CNTPCTSS_EL0   SYSREG(3, 3, 14, 0, 5)
#define SYSREG_CNTVCTSS_EL0   SYSREG(3, 3, 14, 0, 6)
#define SYSREG_CNTVOFF_EL2    SYSREG(3, 4, 14, 0, 3)
#define SYSREG_CNTPOFF_EL2    SYSREG(3, 4, 14, 0, 6)
#define SYSREG_CNTP_TVAL_EL0  SYSREG(3, 3, 14, 2, 0)
#define SYSREG_CNTP_CTL_EL0   SYSREG(3, 3, 14, 2, 1)
#define SYSREG_CNTP_CVAL_EL0  SYSREG(3, 3, 14, 2, 2)
#define SYSREG_CNTV_TVAL_EL0  SYSREG(3, 3, 14, 3, 0)
#define SYSREG_CNTV_CTL_EL0   SYSREG(3, 3, 14, 3, 1)
#define SYSREG_CNTV_CVAL_EL0  SYSREG(3, 3, 14, 3, 2)
#define SYSREG_CNTHP_TVAL_EL2 SYSREG(3, 4, 14, 2, 0)
#define SYSREG_CNTHP_CTL_EL2  SYSREG(3, 4, 14, 2, 1)
#define SYSREG_CNTHP_CVAL_EL2 SYSREG(3, 4, 14, 2, 2)
#define SYSREG_CNTHV_TVAL_EL2 SYSREG(3, 4, 14, 3, 0)
#define SYSREG_CNTHV_CTL_EL2  SYSREG(3, 4, 14, 3, 1)
#define SYSREG_CNTHV_CVAL_EL2 SYSREG(3, 4, 14, 3, 2)
#define SYSREG_CNTPS_TVAL_EL1 SYSREG(3, 7, 14, 2, 0)
#define SYSREG_CNTPS_CTL_EL1  SYSREG(3, 7, 14, 2, 1)
#define SYSREG_CNTPS_CVAL_EL1 SYSREG(3, 7, 14, 2, 2)

#define SYSREG_ISR_EL1         SYSREG(3, 0, 12, 1, 0)
#define SYSREG_ICC_PMR_EL1     SYSREG(3, 0, 4, 6, 0)
#define SYSREG_ICC_IAR0_EL1    SYSREG(3, 0, 12, 8, 0)
#define SYSREG_MPIDR_EL1       SYSREG(3, 0, 0, 0, 5)
#define SYSREG_ICC_EOIR0_EL1   SYSREG(3, 0, 12, 8, 1)
#define SYSREG_ICC_HPPIR0_EL1  SYSREG(3, 0, 12, 8, 2)
#define SYSREG_ICC_BPR0_EL1    SYSREG(3, 0, 12, 8, 3)
#define SYSREG_SVCR            SYSREG(3, 3, 4, 2, 2)
#define SYSREG_ICC_DIR_EL1     SYSREG(3, 0, 12, 11, 1)
#define SYSREG_ICC_RPR_EL1     SYSREG(3, 0, 12, 11, 3)
#define SYSREG_ICC_SGI1R_EL1   SYSREG(3, 0, 12, 11, 5)
#define SYSREG_ICC_ASGI1R_EL1  SYSREG(3, 0, 12, 11, 6)
#define SYSREG_ICC_SGI0R_EL1   SYSREG(3, 0, 12, 11, 7)
#define SYSREG_ICC_IAR1_EL1    SYSREG(3, 0, 12, 12, 0)
#define SYSREG_ICC_EOIR1_EL1   SYSREG(3, 0, 12, 12, 1)
#define SYSREG_ICC_HPPIR1_EL1  SYSREG(3, 0, 12, 12, 2)
#define SYSREG_ICC_BPR1_EL1    SYSREG(3, 0, 12, 12, 3)
#define SYSREG_ICC_CTLR_EL1    SYSREG(3, 0, 12, 12, 4)
#define SYSREG_ICC_SRE_EL1     SYSREG(3, 0, 12, 12, 5)
#define SYSREG_ICC_SRE_EL2     SYSREG(3, 4, 12, 9, 5)
#define SYSREG_ICC_SRE_EL3     SYSREG(3, 6, 12, 12, 5)
#define SYSREG_ICC_IGRPEN0_EL1 SYSREG(3, 0, 12, 12, 6)
#define SYSREG_ICC_IGRPEN1_EL1 SYSREG(3, 0, 12, 12, 7)

#define SYSREG_PMCR_EL0       SYSREG(3, 3, 9, 12, 0)
#define SYSREG_PMCNTENSET_EL0 SYSREG(3, 3, 9, 12, 1)
#define SYSREG_PMCNTENCLR_EL0 SYSREG(3, 3, 9, 12, 2)
#define SYSREG_PMOVSCLR_EL0   SYSREG(3, 3, 9, 12, 3)
#define SYSREG_PMSWINC_EL0    SYSREG(3, 3, 9, 12, 4)
#define SYSREG_PMSELR_EL0     SYSREG(3, 3, 9, 12, 5)
#define SYSREG_PMCCNTR_EL0    SYSREG(3, 3, 9, 13, 0)
#define SYSREG_PMXEVTYPER_EL0 SYSREG(3, 3, 9, 13, 1)
#define SYSREG_PMXEVCNTR_EL0  SYSREG(3, 3, 9, 13, 2)
#define SYSREG_PMOVSSET_EL0   SYSREG(3, 3, 9, 14, 3)
#define SYSREG_PMCCFILTR_EL0  SYSREG(3, 3, 14, 15, 7)

#define SYSREG_MDSCR_EL1 SYSREG(2, 0, 0, 2, 2)
#define SYSREG_OSLAR_EL1 SYSREG(2, 0, 1, 0, 4)

/* Registers with a number: PMEVTYPER3_EL0 has it in CRm<1:0> and op2, DBGBCR3_EL1 in CRm. */
#define SYSREG_PMEVCNTR_EL0(n)  SYSREG(3, 3, 14, 8 | (n) >> 3, (n)&7)
#define SYSREG_PMEVTYPER_EL0(n) SYSREG(3, 3, 14, 12 | (n) >> 3, (n)&7)
#define SYSREG_DBGBVR_EL1(n)    SYSREG(2, 0, 0, n, 4)
#define SYSREG_DBGBCR_EL1(n)    SYSREG(2, 0, 0, n, 5)
#define SYSREG_DBGWVR_EL1(n)    SYSREG(2, 0, 0, n, 6)
#define SYSREG_DBGWCR_EL1(n)    SYSREG(2, 0, 0, n, 7)
/* What tells one from its like, and from others. */
#define SYSREG_BUT_EVENT ((uint16_t)~SYSREG(0, 0, 0, 3, 7))
#define SYSREG_BUT_DEBUG ((uint16_t)~SYSREG(0, 0, 0, 15, 0))

static inline unsigned sysreg_number(uint16_t reg)
{
	return SYSREG_OP0(reg) == 2 ? SYSREG_CRM(reg) : (SYSREG_CRM(reg) & 3) << 3 | SYSREG_OP2(reg);
}

static inline bool sysreg_is_event_counter(uint16_t reg)
{
	return (reg & SYSREG_BUT_EVENT) == SYSREG_PMEVCNTR_EL0(0);
}

static inline bool sysreg_is_icc_sre(uint16_t reg)
{
	return reg == SYSREG_ICC_SRE_EL1 || reg == SYSREG_ICC_SRE_EL2 || reg == SYSREG_ICC_SRE_EL3;
}

/* Of the interrupt controller's CPU interface; but ICC_PMR_EL1, which lies elsewhere. */
static inline bool sysreg_is_icc(uint16_t reg)
{
	return SYSREG_OP0(reg) == 3 && SYSREG_CRN(reg) == 12 && SYSREG_CRM(reg) >= 8;
}

#endif
