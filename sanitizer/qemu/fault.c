/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fault.c - accesses and fetches that ended in a fault of stage 1. QEMU's walk found what the tables say now; a TLB of
 * hardware may have let the access through (rules T4, T7), so the model is told of the walk. So may a register's old
 * value that still applies (rule S1).
 *
 * Source: DDI 0487, "ISS encoding for an exception from a Data Abort", "... from an Instruction Abort".
 */
#include "feed.h"

#define ESR_CLASS(esr)  ((esr) >> 26 & 63)
#define CLASS_FETCH     0x20 /* from a lower exception level; the next one: from the same */
#define CLASS_DATA      0x24
#define ESR_STATUS(esr) ((esr)&63)
#define ESR_WRITE       (1u << 6)
#define ESR_STAGE1_WALK (1u << 7) /* the fault is stage 2's, on a walk of stage 1 */
#define ESR_MAINTENANCE (1u << 8)
#define ESR_NO_ADDRESS  (1u << 10)
#define ESR_VNCR        (1u << 13)

/* By the fault status: translation, access flag and permission faults at any level. FAULT_NONE: another one. */
static enum walk_fault fault_of(uint64_t esr, bool *translates)
{
	unsigned status = ESR_STATUS(esr);
	bool fetch = (ESR_CLASS(esr) & ~1u) == CLASS_FETCH;

	if (!fetch && (ESR_CLASS(esr) & ~1u) != CLASS_DATA)
		return FAULT_NONE;
	if (esr & (ESR_STAGE1_WALK | ESR_NO_ADDRESS) || (!fetch && esr & ESR_VNCR))
		return FAULT_NONE;
	*translates = status >= 8 && status < 16;
	if (status >= 8 && status < 12)
		return FAULT_ACCESS_FLAG;
	if (status != 0x2b && (status < 4 || status >= 16))
		return FAULT_NONE;
	if (fetch)
		return FAULT_EXECUTE;
	/* Of cache maintenance the bit says nothing: most of it needs the right to read. */
	return esr & ESR_WRITE && !(esr & ESR_MAINTENANCE) ? FAULT_WRITE : FAULT_READ;
}

/* Of a regime whose tables the exception's target looks after: what else comes to EL2 is stage 2's. */
static bool is_stage1(const struct vcpu *vcpu, unsigned to)
{
	enum regime regime = regime_of(vcpu->regs.value, vcpu->el);

	return to == 1 ? regime == REGIME_EL10 : regime == REGIME_EL2 || regime == REGIME_EL20;
}

void fault_taken(struct vcpu *vcpu, unsigned to)
{
	static const uint8_t esrs[3] = {R_COUNT, R_ESR_EL1, R_ESR_EL2};
	static const uint8_t elrs[3] = {R_COUNT, R_ELR_EL1, R_ELR_EL2};
	static const uint8_t fars[3] = {R_COUNT, R_FAR_EL1, R_FAR_EL2};
	enum walk_fault fault;
	struct insn insn = {0};
	bool translates;
	uint64_t va;

	if (to < 1 || to > 2 || !vcpu->mmu || (!model_tlbs_differ(model) && !vcpu->changed) ||
		!sysregs_have(esrs[to]) || !sysregs_have(elrs[to]) || !sysregs_have(fars[to]) || !is_stage1(vcpu, to))
		return;
	fault = fault_of(sysreg_read(esrs[to]), &translates);
	if (fault == FAULT_NONE)
		return;
	va = sysreg_read(fars[to]);
	insn.pc = sysreg_read(elrs[to]);
	insn.el = vcpu->el;
	insn.tag = regime_of(vcpu->regs.value, vcpu->el) + 1;
	/* Bits above those that tables translate: a tag, or why it is no address at all. */
	if ((int64_t)(va << 8) >> 8 != (int64_t)va)
		return;
	/* Of fetches S1 says nothing: whoever switches the MMU on under code that goes on in its vector is right. */
	if (vcpu->changed && fault != FAULT_EXECUTE) {
		struct place at = place_of(vcpu, &insn);

		outcome_tell(vcpu, &insn, va, 0);
		feed_use(&at, USE_TRANSLATION, 0);
	}
	if (model_tlbs_differ(model))
		tlb_fault(vcpu, &insn, va, fault, translates);
}
