/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysregs.h - the guest's registers as QEMU's plugin interface gives them, by name, kept per CPU.
 *
 * A register changes by an MSR of its own CPU only (or a reset), so its value is read when it is first wanted, and
 * again after an MSR has named it. Reading works for the CPU that runs only: that is the caller's to see to. Of another
 * CPU the last known value is given.
 */
#ifndef PLUGIN_SYSREGS_H
#define PLUGIN_SYSREGS_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/registers.h"

/* Symbol, encoding, QEMU's name. Those that translation depends on come first, up to R_TRANSLATION. */
#define SYSREGS(X)                                                  \
	X(SCTLR_EL1, SYSREG(3, 0, 1, 0, 0), "SCTLR")                \
	X(TTBR0_EL1, SYSREG(3, 0, 2, 0, 0), "TTBR0_EL1")            \
	X(TTBR1_EL1, SYSREG(3, 0, 2, 0, 1), "TTBR1_EL1")            \
	X(TCR_EL1, SYSREG(3, 0, 2, 0, 2), "TCR_EL1")                \
	X(MAIR_EL1, SYSREG(3, 0, 10, 2, 0), "MAIR_EL1")             \
	X(SCTLR_EL2, SYSREG(3, 4, 1, 0, 0), "SCTLR_EL2")            \
	X(TTBR0_EL2, SYSREG(3, 4, 2, 0, 0), "TTBR0_EL2")            \
	X(TTBR1_EL2, SYSREG(3, 4, 2, 0, 1), "TTBR1_EL2")            \
	X(TCR_EL2, SYSREG(3, 4, 2, 0, 2), "TCR_EL2")                \
	X(MAIR_EL2, SYSREG(3, 4, 10, 2, 0), "MAIR_EL2")             \
	X(SCTLR_EL3, SYSREG(3, 6, 1, 0, 0), "SCTLR_EL3")            \
	X(TTBR0_EL3, SYSREG(3, 6, 2, 0, 0), "TTBR0_EL3")            \
	X(TCR_EL3, SYSREG(3, 6, 2, 0, 2), "TCR_EL3")                \
	X(MAIR_EL3, SYSREG(3, 6, 10, 2, 0), "MAIR_EL3")             \
	X(HCR_EL2, SYSREG(3, 4, 1, 1, 0), "HCR_EL2")                \
	X(VTCR_EL2, SYSREG(3, 4, 2, 1, 2), "VTCR_EL2")              \
	X(VTTBR_EL2, SYSREG(3, 4, 2, 1, 0), "VTTBR_EL2")            \
	X(SCR_EL3, SYSREG(3, 6, 1, 1, 0), "SCR_EL3")                \
	X(VBAR_EL1, SYSREG(3, 0, 12, 0, 0), "VBAR")                 \
	X(VBAR_EL2, SYSREG(3, 4, 12, 0, 0), "VBAR_EL2")             \
	X(VBAR_EL3, SYSREG(3, 6, 12, 0, 0), "VBAR_EL3")             \
	X(CPACR_EL1, SYSREG(3, 0, 1, 0, 2), "CPACR")                \
	X(CPTR_EL2, SYSREG(3, 4, 1, 1, 2), "CPTR_EL2")              \
	X(CPTR_EL3, SYSREG(3, 6, 1, 1, 2), "CPTR_EL3")              \
	X(ZCR_EL1, SYSREG(3, 0, 1, 2, 0), "ZCR_EL1")                \
	X(ZCR_EL2, SYSREG(3, 4, 1, 2, 0), "ZCR_EL2")                \
	X(ZCR_EL3, SYSREG(3, 6, 1, 2, 0), "ZCR_EL3")                \
	X(SMCR_EL1, SYSREG(3, 0, 1, 2, 6), "SMCR_EL1")              \
	X(SMCR_EL2, SYSREG(3, 4, 1, 2, 6), "SMCR_EL2")              \
	X(SMCR_EL3, SYSREG(3, 6, 1, 2, 6), "SMCR_EL3")              \
	X(CONTEXTIDR_EL1, SYSREG(3, 0, 13, 0, 1), "CONTEXTIDR_EL1") \
	X(CONTEXTIDR_EL2, SYSREG(3, 4, 13, 0, 1), "CONTEXTIDR_EL2") \
	X(CSSELR_EL1, SYSREG(3, 2, 0, 0, 0), "CSSELR")              \
	X(PAR_EL1, SYSREG(3, 0, 7, 4, 0), "PAR_EL1")                \
	X(CNTKCTL_EL1, SYSREG(3, 0, 14, 1, 0), "CNTKCTL")           \
	X(CNTHCTL_EL2, SYSREG(3, 4, 14, 1, 0), "CNTHCTL_EL2")       \
	X(CNTVOFF_EL2, SYSREG(3, 4, 14, 0, 3), "CNTVOFF_EL2")       \
	X(CNTP_CTL_EL0, SYSREG(3, 3, 14, 2, 1), "CNTP_CTL_EL0")     \
	X(CNTP_CVAL_EL0, SYSREG(3, 3, 14, 2, 2), "CNTP_CVAL_EL0")   \
	X(CNTV_CTL_EL0, SYSREG(3, 3, 14, 3, 1), "CNTV_CTL_EL0")     \
	X(CNTV_CVAL_EL0, SYSREG(3, 3, 14, 3, 2), "CNTV_CVAL_EL0")   \
	X(CNTHP_CTL_EL2, SYSREG(3, 4, 14, 2, 1), "CNTHP_CTL_EL2")   \
	X(CNTHP_CVAL_EL2, SYSREG(3, 4, 14, 2, 2), "CNTHP_CVAL_EL2") \
	X(PMCR_EL0, SYSREG(3, 3, 9, 12, 0), "PMCR_EL0")             \
	X(PMCNTENSET_EL0, SYSREG(3, 3, 9, 12, 1), "PMCNTENSET_EL0") \
	X(PMSELR_EL0, SYSREG(3, 3, 9, 12, 5), "PMSELR_EL0")         \
	X(MDSCR_EL1, SYSREG(2, 0, 0, 2, 2), "MDSCR_EL1")            \
	X(MDCR_EL2, SYSREG(3, 4, 1, 1, 1), "MDCR_EL2")              \
	X(MDCR_EL3, SYSREG(3, 6, 1, 3, 1), "MDCR_EL3")              \
	X(SPSR_EL1, SYSREG(3, 0, 4, 0, 0), "SPSR_EL1")              \
	X(SPSR_EL2, SYSREG(3, 4, 4, 0, 0), "SPSR_EL2")              \
	X(SPSR_EL3, SYSREG(3, 6, 4, 0, 0), "SPSR_EL3")              \
	X(ELR_EL1, SYSREG(3, 0, 4, 0, 1), "ELR_EL1")                \
	X(ELR_EL2, SYSREG(3, 4, 4, 0, 1), "ELR_EL2")                \
	X(ESR_EL1, SYSREG(3, 0, 5, 2, 0), "ESR_EL1")                \
	X(ESR_EL2, SYSREG(3, 4, 5, 2, 0), "ESR_EL2")                \
	X(FAR_EL1, SYSREG(3, 0, 6, 0, 0), "FAR_EL1")                \
	X(FAR_EL2, SYSREG(3, 4, 6, 0, 0), "FAR_EL2")                \
	X(CTR_EL0, SYSREG(3, 3, 0, 0, 1), "CTR_EL0")                \
	X(CLIDR_EL1, SYSREG(3, 1, 0, 0, 1), "CLIDR")                \
	X(ID_AA64MMFR1, SYSREG(3, 0, 0, 7, 1), "ID_AA64MMFR1_EL1")  \
	X(ID_AA64MMFR2, SYSREG(3, 0, 0, 7, 2), "ID_AA64MMFR2_EL1")  \
	X(VMPIDR_EL2, SYSREG(3, 4, 0, 0, 5), "VMPIDR_EL2")          \
	X(CPSR, 0xffff, "cpsr")

enum sysreg {
#define X(name, code, text) R_##name,
	SYSREGS(X)
#undef X
		R_COUNT,
	R_TRANSLATION = R_VBAR_EL1,
};

static_assert(R_COUNT <= 64, "a bit for each");
#define SYSREGS_ALL (~0ull >> (64 - R_COUNT))

struct sysregs {
	uint64_t value[R_COUNT];
	uint64_t stale; /* bit n: value[n] must be read */
};

/* Learns QEMU's handles; in a callback of a CPU. False: this is not a 64-bit Arm CPU as we know them. */
bool sysregs_init(void);
bool sysregs_have(enum sysreg reg);

/* Reads from QEMU, of the CPU that runs. Registers that it does not have read 0. */
uint64_t sysreg_read(enum sysreg reg);
/* X0 to X30 and 31 = SP; in a callback with QEMU_PLUGIN_CB_R_REGS. */
uint64_t sysregs_x(unsigned number);

uint16_t sysreg_code(enum sysreg reg);
/* The register with encoding @code, or R_COUNT. */
enum sysreg sysreg_of(uint16_t code);

static inline uint64_t sysreg(struct sysregs *regs, enum sysreg reg)
{
	if (regs->stale >> reg & 1) {
		regs->value[reg] = sysreg_read(reg);
		regs->stale &= ~(1ull << reg);
	}
	return regs->value[reg];
}

#endif
