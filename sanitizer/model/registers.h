/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * registers.h - which indirect reads a direct write of a system register must be synchronized with (rule S1). With
 * HCR_EL2.E2H = 1 the feeder names the register that is really accessed.
 */
#ifndef MODEL_REGISTERS_H
#define MODEL_REGISTERS_H

#include "encodings.h"

/* What reads registers without naming them. */
enum register_use {
	USE_TRANSLATION, /* a load or store that is translated, AT: the model takes it from every access in doubt */
	USE_FETCH,       /* fetch of an instruction */
	USE_FP,          /* FP or SIMD instruction */
	USE_SVE,
	USE_SME,
	USE_PAC,    /* PAC*, AUT*, and the branches that authenticate */
	USE_BANK,   /* access to a register that SCR_EL3 or HCR_EL2 redirects */
	USE_ERET,   /* about to execute ERET: nothing depends on it, see register_table.c */
	USE_READ,   /* MRS of `reg`, which depends on a register written before: CCSIDR, PAR, PM*, ICC_* */
	USE_WRITE,  /* MSR of `reg`, likewise */
	USE_VECTOR, /* exception taken to `reg` = the VBAR that it used */
	USE_WAIT,   /* WFI */
	USE_DEBUG, /* an exception by a breakpoint, a watchpoint or a step was taken: place.pc is where, `reg` its class
		    */
	USE_COUNT, /* an event is counted by software: `reg` is the counter, PMEVCNTRn_EL0 */
	/*
	 * No use, but what `reg`, written and not synchronized, is to the access that is told next: with its old value
	 * in place of its new one the address leads to the same, to the same under other attributes, or elsewhere.
	 * Without any of these the model does not know.
	 */
	USE_SAME,
	USE_OTHERWISE,
	USE_ELSEWHERE,
	USE_TLBI, /* nor this: what a TLBI takes, which the model sees for itself */
	REGISTER_USES
};

/* "SCTLR_EL1", or "s3_0_c1_c0_0" for one that is not in the table. Returns a static string or @buffer. */
#define REGISTER_NAME 20
const char *register_name(uint16_t reg, char buffer[REGISTER_NAME]);

#endif
