/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ESR_ELx in words.
 *
 * Source: Arm ARM (DDI 0487), "ESR_EL1, Exception Syndrome Register (EL1)".
 */
#include <limpid/printf.h>
#include <limpid/types.h>
#include <arch/exception.h>
#include "esr.h"

static const char *const class_names[EC_COUNT] = {
	[0x00] = "unknown reason (undefined instruction)",
	[0x01] = "trapped WFI or WFE",
	[0x07] = "trapped SVE, SIMD or floating point",
	[0x09] = "trapped pointer authentication",
	[0x0d] = "branch target exception",
	[0x0e] = "illegal execution state",
	[0x11] = "SVC from AArch32",
	[0x15] = "SVC",
	[0x16] = "HVC",
	[0x17] = "SMC",
	[0x18] = "trapped MSR, MRS or system instruction",
	[0x19] = "trapped SVE",
	[0x1c] = "pointer authentication failure",
	[0x1d] = "trapped SME",
	[0x20] = "instruction abort, lower EL",
	[0x21] = "instruction abort, same EL",
	[0x22] = "PC alignment fault",
	[0x24] = "data abort, lower EL",
	[0x25] = "data abort, same EL",
	[0x26] = "SP alignment fault",
	[0x27] = "memory operation exception",
	[0x2c] = "floating-point exception",
	[0x2f] = "SError interrupt",
	[0x30] = "breakpoint, lower EL",
	[0x31] = "breakpoint, same EL",
	[0x32] = "software step, lower EL",
	[0x33] = "software step, same EL",
	[0x34] = "watchpoint, lower EL",
	[0x35] = "watchpoint, same EL",
	[0x3c] = "BRK",
};

static void fault_text(unsigned int fsc, char *text, size_t size)
{
	static const char *const kinds[] = {
		"address size fault", "translation fault", "access flag fault", "permission fault"};

	if (fsc < 0x10)
		snprintf(text, size, "%s, level %u", kinds[fsc >> 2], fsc & 3);
	else if (fsc == 0x10)
		snprintf(text, size, "synchronous external abort");
	else if (fsc == 0x11)
		snprintf(text, size, "tag check fault");
	else if (fsc >= 0x14 && fsc <= 0x17)
		snprintf(text, size, "external abort on a table walk, level %u", fsc & 3);
	else if (fsc == 0x21)
		snprintf(text, size, "alignment fault");
	else if (fsc == 0x30)
		snprintf(text, size, "TLB conflict abort");
	else if (fsc == 0x35)
		snprintf(text, size, "unsupported exclusive or atomic access");
	else
		snprintf(text, size, "fault status 0x%x", fsc);
}

void esr_describe(uint64_t esr, char *text, size_t size)
{
	unsigned int ec = ESR_EC(esr);
	const char *name = class_names[ec];
	char fault[48];

	if (!name) {
		snprintf(text, size, "exception class 0x%x", ec);
		return;
	}
	switch (ec) {
	case EC_INSTRUCTION_ABORT_LOWER:
	case EC_INSTRUCTION_ABORT_SAME:
		fault_text(ESR_FSC(esr), fault, sizeof(fault));
		snprintf(text, size, "%s: %s", name, fault);
		break;
	case EC_DATA_ABORT_LOWER:
	case EC_DATA_ABORT_SAME:
		fault_text(ESR_FSC(esr), fault, sizeof(fault));
		snprintf(text, size, "%s: %s, %s", name, fault, esr & ESR_WNR ? "write" : "read");
		break;
	case EC_SVC64:
	case EC_HVC64:
	case EC_SMC64:
	case EC_BRK:
		snprintf(text, size, "%s #0x%x", name, (unsigned int)(esr & 0xffff));
		break;
	case EC_MSR_TRAP:
		snprintf(text, size, "%s: op0 %u, op1 %u, CRn %u, CRm %u, op2 %u, %s", name,
			(unsigned int)(esr >> 20) & 3, (unsigned int)(esr >> 14) & 7, (unsigned int)(esr >> 10) & 15,
			(unsigned int)(esr >> 1) & 15, (unsigned int)(esr >> 17) & 7, esr & 1 ? "read" : "write");
		break;
	default:
		snprintf(text, size, "%s", name);
		break;
	}
}
