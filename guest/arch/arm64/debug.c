/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/barrier.h>
#include <arch/debug.h>
#include <limpid/check.h>

unsigned int debug_breakpoints(void)
{
	return sysreg_field(read_sysreg(id_aa64dfr0_el1), 12, 4) + 1;
}

unsigned int debug_watchpoints(void)
{
	return sysreg_field(read_sysreg(id_aa64dfr0_el1), 20, 4) + 1;
}

unsigned int debug_context_breakpoints(void)
{
	return sysreg_field(read_sysreg(id_aa64dfr0_el1), 28, 4) + 1;
}

/* The number of a register is part of the instruction. */
#define EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

#define READER(function, type, reg)                         \
	type function(unsigned int n)                       \
	{                                                   \
		switch (n) {                                \
			EACH(reg)                           \
		}                                           \
		panic("debug: there is no register %u", n); \
	}

#define READ_BVR(n) \
	case n:     \
		return read_sysreg(dbgbvr##n##_el1);
#define READ_BCR(n) \
	case n:     \
		return read_sysreg(dbgbcr##n##_el1);
#define READ_WVR(n) \
	case n:     \
		return read_sysreg(dbgwvr##n##_el1);
#define READ_WCR(n) \
	case n:     \
		return read_sysreg(dbgwcr##n##_el1);

READER(debug_breakpoint_address, uint64_t, READ_BVR)
READER(debug_breakpoint_control, uint32_t, READ_BCR)
READER(debug_watchpoint_address, uint64_t, READ_WVR)
READER(debug_watchpoint_control, uint32_t, READ_WCR)

/* Disabled while the address changes. */
#define SET_BREAKPOINT(n)                               \
	case n:                                         \
		write_sysreg(0, dbgbcr##n##_el1);       \
		write_sysreg(address, dbgbvr##n##_el1); \
		write_sysreg(control, dbgbcr##n##_el1); \
		break;
#define SET_WATCHPOINT(n)                               \
	case n:                                         \
		write_sysreg(0, dbgwcr##n##_el1);       \
		write_sysreg(address, dbgwvr##n##_el1); \
		write_sysreg(control, dbgwcr##n##_el1); \
		break;

void debug_set_breakpoint(unsigned int n, uint64_t address, uint32_t control)
{
	switch (n) {
		EACH(SET_BREAKPOINT)
	default:
		panic("debug: there is no breakpoint %u", n);
	}
	/* It matches, or does not any more, from the next instruction on. */
	isb();
}

void debug_set_watchpoint(unsigned int n, uint64_t address, uint32_t control)
{
	switch (n) {
		EACH(SET_WATCHPOINT)
	default:
		panic("debug: there is no watchpoint %u", n);
	}
	/* It matches, or does not any more, from the next access on. */
	isb();
}

/*
 * Without HMC nothing matches at EL2; with it, EL2 and by PMC EL1 do. Of the combinations that the table allows, this
 * one with SSC=1 is the one that needs neither EL3 nor an extension.
 */
uint32_t debug_here(void)
{
	return current_el() == 2 ? DBG_HMC | DBG_SSC_NS | DBG_EL1 : DBG_EL1;
}

static void write_mdscr(uint32_t bits)
{
	write_sysreg((read_sysreg(mdscr_el1) & ~(uint64_t)(MDSCR_SS | MDSCR_KDE | MDSCR_MDE)) | bits, mdscr_el1);
}

void debug_set_mdscr(uint32_t bits)
{
	write_mdscr(bits);
	/* Exceptions are generated, or not any more, from the next instruction on. */
	isb();
}

void debug_enable(uint32_t mdscr)
{
	/* The ISB of the next line is for both: nothing is trapped before PSTATE.D is clear. */
	write_sysreg(0, oslar_el1);
	debug_set_mdscr(mdscr);
	asm volatile("msr daifclr, #8" ::: "memory");
}

bool debug_in_use(void)
{
	return read_sysreg(mdscr_el1) & (MDSCR_SS | MDSCR_KDE | MDSCR_MDE);
}

void debug_reset(void)
{
	/*
	 * Nothing is trapped from here on. What is written needs to be in force when PSTATE.D is clear again: by an
	 * exception return, or by debug_enable(), which has an ISB.
	 */
	asm volatile("msr daifset, #8" ::: "memory");
	write_sysreg(0, oslar_el1);
	write_mdscr(0);
	for (unsigned int n = 0; n < debug_breakpoints(); n++)
		debug_set_breakpoint(n, 0, 0);
	for (unsigned int n = 0; n < debug_watchpoints(); n++)
		debug_set_watchpoint(n, 0, 0);
}
