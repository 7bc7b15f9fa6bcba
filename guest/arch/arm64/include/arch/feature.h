/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Optional features of the CPU, by the words that a test's .needs uses too; the table in feature.c has them all. A word
 * stands for what the ID registers of the calling CPU say.
 *
 * Source: Arm ARM (DDI 0487), "Principles of the ID scheme for fields in ID registers".
 */
#ifndef ARCH_FEATURE_H
#define ARCH_FEATURE_H

#include <stdbool.h>

/* Whether the CPU has the feature. A word that is not in the table is a bug of the caller. */
bool cpu_has(const char *word);

/* NULL when the word is no feature's; else Arm's name of it, and *has says whether the CPU has it. */
const char *cpu_feature(const char *word, bool *has);

/*
 * Takes back what a test may have changed in this CPU's own registers and not restored: SCTLR_EL1, CPACR_EL1, HCR_EL2,
 * TCR_EL1 and the TTBRs, PSTATE's PAN, UAO, TCO, SM and ZA. The runner calls it after each test, and whoever has ended
 * what a failed assertion left half done. With the MMU on.
 */
void cpu_settle(void);

#endif
