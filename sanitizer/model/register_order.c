/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers of one translation regime that are written one behind another. Each takes effect by itself, at some time
 * until a context synchronization event; the next instructions are fetched, and tables walked ahead, by whatever has by
 * then. So what a walk needs comes before what permits it (rule H3): TTBR, TCR and MAIR before SCTLR.M, a TTBR before
 * its TCR.EPDn is cleared, and SCTLR.M = 0 before all of them.
 *
 * Source: DDI 0487, "Synchronization requirements for AArch64 System registers".
 */
#include "register_table.h"
#include "tables.h"

#define HCR_BANK (HCR_E2H | HCR_TGE)

#define TTBR_BADDR 0x0000fffffffffffeull

bool register_governs_without_mmu(uint16_t reg)
{
	return reg == SYSREG_SCTLR_EL1 || reg == SYSREG_SCTLR_EL2 || reg == SYSREG_SCTLR_EL3 || reg == SYSREG_HCR_EL2 ||
	       reg == SYSREG_VTTBR_EL2 || reg == SYSREG_VTCR_EL2;
}

static const char enable_text[] = "the MMU is switched on while a register of its translation is not synchronized: "
				  "what is fetched and walked next may be by the old one";

void registers_enable(struct model *m, const struct place *at)
{
	struct cpu *cpu = m->cpus[at->cpu];

	exercised(m, RULE_H3);
	for (unsigned n = 0; n < cpu->register_count; n++) {
		struct register_pending *pending = &cpu->registers[n];

		for (unsigned i = 0; i < register_table_size && !pending->reported; i++) {
			const struct register_info *info = &register_table[i];

			if (info->reg != pending->reg || !(info->uses & USES(USE_TRANSLATION)) ||
				info->to_el != registers_regime(cpu, at->el) ||
				register_governs_without_mmu(info->reg) ||
				!((pending->old_value ^ pending->new_value) & info->bits))
				continue;
			registers_report(m, pending,
				judge_begin(m, KIND_UNSYNCHRONIZED_REGISTER, info->severity, at, NULL, RULE(H3),
					enable_text, "ISB between the MSR and that of SCTLR"));
		}
	}
}

static const char disable_text[] = "a register of the translation is written while the MMU's switching off is not "
				   "synchronized: what is fetched next may be translated, and by the new one";

/* @written changes what the regime is made of. No load or store is needed: the next instructions are fetched. */
static void disable(struct model *m, struct cpu *cpu, const struct register_pending *written)
{
	unsigned regime = registers_regime(cpu, written->at.el);
	const struct register_info *info = NULL;

	if (written->reg == SYSREG_HCR_EL2) {
		if (!((written->old_value ^ written->new_value) & HCR_BANK) || regime != 2)
			return;
	} else {
		for (unsigned i = 0; i < register_table_size && !info; i++)
			if (register_table[i].reg == written->reg)
				info = &register_table[i];
		if (!info || info->to_el != regime || register_governs_without_mmu(written->reg) ||
			!((written->old_value ^ written->new_value) & info->bits))
			return;
	}
	for (unsigned n = 0; n < cpu->register_count; n++) {
		struct register_pending *pending = &cpu->registers[n];
		uint16_t sctlr = regime == 3 ? SYSREG_SCTLR_EL3 : regime == 2 ? SYSREG_SCTLR_EL2 : SYSREG_SCTLR_EL1;

		if (pending->reg == sctlr && pending->old_value & ~pending->new_value & 1 && !pending->reported) {
			exercised(m, RULE_H3);
			registers_report(m, pending,
				judge_begin(m, KIND_UNSYNCHRONIZED_REGISTER, SEVERITY_WARNING, &written->at, NULL,
					RULE(H3), disable_text, "ISB between the MSR of SCTLR and this one"));
		}
	}
}

static const char open_text[] = "the walks of a half of the address space begin while its TTBR is not synchronized: "
				"they may start at the old table";

/* The index of @regime's registers in a cpu's roots. */
static unsigned walk_regime(const struct cpu *cpu, unsigned regime)
{
	return regime == 1 ? WALK_EL10 : regime == 3 ? WALK_EL3 : cpu->hcr & HCR_E2H ? WALK_EL20 : WALK_EL2;
}

/* Whose tables @reg says, or whose walks: false if none of @regime's. */
static bool is_root(unsigned regime, uint16_t reg, bool *high)
{
	static const uint16_t roots[3][2] = {
		{SYSREG_TTBR0_EL1, SYSREG_TTBR1_EL1},
		{SYSREG_TTBR0_EL2, SYSREG_TTBR1_EL2},
		{SYSREG_TTBR0_EL3, SYSREG_TTBR0_EL3},
	};

	*high = regime < 3 && reg == roots[regime - 1][1];
	return *high || reg == roots[regime - 1][0];
}

static bool has_halves(const struct cpu *cpu, unsigned regime, uint16_t reg)
{
	return regime == 1 ? reg == SYSREG_TCR_EL1 : regime == 2 && reg == SYSREG_TCR_EL2 && cpu->hcr & HCR_E2H;
}

/* TCR.EPDn = 0: walks of that half begin. */
static void half_opened(
	struct model *m, struct cpu *cpu, const struct register_pending *written, unsigned regime, unsigned half)
{
	exercised(m, RULE_H3);
	for (unsigned n = 0; n < cpu->register_count; n++) {
		struct register_pending *pending = &cpu->registers[n];
		bool high;

		if (!pending->reported && is_root(regime, pending->reg, &high) && high == half &&
			(pending->old_value ^ pending->new_value) & TTBR_BADDR)
			registers_report(m, pending,
				judge_begin(m, KIND_UNSYNCHRONIZED_REGISTER, SEVERITY_WARNING, &written->at, NULL,
					RULE(H3), open_text, "ISB between the MSR of TTBR and that of TCR"));
	}
	table_rooted(m, cpu, &written->at, walk_regime(cpu, regime), half);
}

void registers_ordered(struct model *m, struct cpu *cpu, const struct register_pending *written)
{
	unsigned regime = registers_regime(cpu, written->at.el);
	uint64_t changed = written->old_value ^ written->new_value;
	bool high;

	disable(m, cpu, written);
	if (!cpu->mmu)
		return;
	if (is_root(regime, written->reg, &high)) {
		if (changed & TTBR_BADDR && !cpu->no_walks[walk_regime(cpu, regime)][high])
			table_rooted(m, cpu, &written->at, walk_regime(cpu, regime), high);
	} else if (has_halves(cpu, regime, written->reg)) {
		if (written->old_value & ~written->new_value & TCR_EPD0)
			half_opened(m, cpu, written, regime, 0);
		if (written->old_value & ~written->new_value & TCR_EPD1)
			half_opened(m, cpu, written, regime, 1);
	}
}
