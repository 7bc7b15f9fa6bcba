/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Self-hosted debug of the calling CPU: breakpoints, watchpoints and single step, taken at the EL that the tests run
 * at. Writes are followed by an ISB. Debug exceptions from our own EL are masked by PSTATE.D, which is set unless a
 * test clears it, and in every handler.
 *
 * The runner resets CPU 0's after each test that touched them.
 *
 * Source: Arm ARM (DDI 0487), "AArch64 Self-hosted Debug".
 */
#ifndef ARCH_DEBUG_H
#define ARCH_DEBUG_H

#include <stdbool.h>
#include <stdint.h>
#include <arch/sysreg.h>

#define MDSCR_SS  (1u << 0)  /* software step */
#define MDSCR_KDE (1u << 13) /* debug exceptions from the EL that takes them */
#define MDSCR_MDE (1u << 15) /* breakpoints and watchpoints */

/* DBGBCR<n>_EL1 and DBGWCR<n>_EL1. */
#define DBG_ENABLE          (1u << 0)
#define DBG_EL1             (1u << 1) /* PMC or PAC */
#define DBG_EL0             (2u << 1)
#define DBG_HMC             (1u << 13) /* and with it the higher levels */
#define DBG_SSC_NS          (1u << 14) /* Non-secure state only */
#define DBG_LINK(n)         ((uint32_t)(n) << 16)
#define DBGBCR_BAS          (0xfu << 5)
#define DBGBCR_LINKED       (1u << 20) /* BT: address match, linked to a context breakpoint */
#define DBGBCR_CONTEXT      (3u << 20) /* BT: Context ID match, linked */
#define DBGWCR_LOAD         (1u << 3)
#define DBGWCR_STORE        (2u << 3)
#define DBGWCR_BAS(bytes)   ((uint32_t)(bytes) << 5)
#define DBGWCR_LINKED       (1u << 20)
#define DBGWCR_MASK(bits)   ((uint32_t)(bits) << 24)
#define DEBUG_REGISTERS_MAX 16

/* Exception classes, and what is in the syndrome. */
#define EC_BREAKPOINT_LOWER 0x30
#define EC_BREAKPOINT_SAME  0x31
#define EC_STEP_LOWER       0x32
#define EC_STEP_SAME        0x33
#define EC_WATCHPOINT_LOWER 0x34
#define EC_WATCHPOINT_SAME  0x35
#define FSC_DEBUG           0x22
#define ESR_STEP_ISV        (1u << 24) /* EX says whether a Load-Exclusive was stepped */
#define ESR_STEP_EX         (1u << 6)

#define PSTATE_SS     (1u << 21)
#define PSTATE_D      (1u << 9)
#define DAIFSET_DEBUG 8

/* Their numbers, and that of the breakpoints that can match contexts: the last ones. */
unsigned int debug_breakpoints(void);
unsigned int debug_watchpoints(void);
unsigned int debug_context_breakpoints(void);

void debug_set_breakpoint(unsigned int n, uint64_t address, uint32_t control);
void debug_set_watchpoint(unsigned int n, uint64_t address, uint32_t control);
uint64_t debug_breakpoint_address(unsigned int n);
uint64_t debug_watchpoint_address(unsigned int n);
uint32_t debug_breakpoint_control(unsigned int n);
uint32_t debug_watchpoint_control(unsigned int n);

/* The bits of both kinds of control that match at the current EL. */
uint32_t debug_here(void);

/* Opens the OS lock, allows debug exceptions with these bits of MDSCR, and clears PSTATE.D. */
void debug_enable(uint32_t mdscr);

/* Sets the bits of MDSCR and leaves the rest. */
void debug_set_mdscr(uint32_t bits);

/* Whether MDSCR allows any debug exception. */
bool debug_in_use(void);

/* Nothing matches, nothing steps, PSTATE.D is set, the OS lock is open. */
void debug_reset(void);

#endif
