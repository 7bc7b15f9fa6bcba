/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers of one translation regime that are written one behind another. Each takes effect by itself, at some time
 * until a context synchronization event; the next instructions are fetched, and tables walked ahead, by whatever has by
 * then. So what a walk needs comes before what permits it (rule H3): TTBR, TCR and MAIR before SCTLR.M, a TTBR before
 * its TCR.EPDn is cleared, and SCTLR.M = 0 before all of them; and of a TTBR and a TCR that says otherwise how its half
 * is walked one is in force before the other is written.
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

/* What says how a half is walked: TnSZ, TGn, DS. */
#define TCR_LOWER (0x3full | 3ull << 14 | 1ull << 59)
#define TCR_UPPER (0x3full << 16 | 3ull << 30 | 1ull << 59)
/* Where there is one range only. */
#define TCR_SINGLE (0x3full | 3ull << 14 | 1ull << 32)

static const char exchange_text[] = "a TTBR and the TCR of its half are written with no context synchronization "
				    "between: a table may be walked as the other's TCR says";
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

static uint16_t tcr_of(unsigned regime)
{
	return regime == 1 ? SYSREG_TCR_EL1 : regime == 2 ? SYSREG_TCR_EL2 : SYSREG_TCR_EL3;
}

static bool has_halves(const struct cpu *cpu, unsigned regime)
{
	return regime == 1 || (regime == 2 && cpu->hcr & HCR_E2H);
}

static uint64_t geometry(bool halves, unsigned half)
{
	return !halves ? TCR_SINGLE : half ? TCR_UPPER : TCR_LOWER;
}

/* The TTBR of @regime's @half that is not synchronized. */
static struct register_pending *pending_root(struct cpu *cpu, unsigned regime, unsigned half)
{
	for (unsigned n = 0; n < cpu->register_count; n++) {
		struct register_pending *pending = &cpu->registers[n];
		bool high;

		if (!pending->reported && is_root(regime, pending->reg, &high) && high == half &&
			(pending->old_value ^ pending->new_value) & TTBR_BADDR)
			return pending;
	}
	return NULL;
}

static struct register_pending *pending_tcr(struct cpu *cpu, unsigned regime)
{
	for (unsigned n = 0; n < cpu->register_count; n++)
		if (!cpu->registers[n].reported && cpu->registers[n].reg == tcr_of(regime))
			return &cpu->registers[n];
	return NULL;
}

/* TCR.EPDn = 0: walks of that half begin. */
static void half_opened(
	struct model *m, struct cpu *cpu, const struct register_pending *written, unsigned regime, unsigned half)
{
	struct register_pending *root = pending_root(cpu, regime, half);

	exercised(m, RULE_H3);
	if (root)
		registers_report(m, root,
			judge_begin(m, KIND_UNSYNCHRONIZED_REGISTER, SEVERITY_WARNING, &written->at, NULL, RULE(H3),
				open_text, "ISB between the MSR of TTBR and that of TCR"));
	table_rooted(m, cpu, &written->at, walk_regime(cpu, regime), half);
}

/* The half stays open: the old of the one may be walked by the new of the other. */
static void half_exchanged(struct model *m, struct register_pending *pending, const struct place *at)
{
	exercised(m, RULE_H3);
	registers_report(m, pending,
		judge_begin(m, KIND_UNSYNCHRONIZED_REGISTER, SEVERITY_WARNING, at, NULL, RULE(H3), exchange_text,
			"ISB between the two MSRs"));
}

static void root_written(
	struct model *m, struct cpu *cpu, const struct register_pending *written, unsigned regime, bool high)
{
	struct register_pending *tcr = pending_tcr(cpu, regime);
	bool halves = has_halves(cpu, regime);
	uint64_t epd = !halves ? 0 : high ? TCR_EPD1 : TCR_EPD0;

	/* By the old TCR the half was open, and may be yet. */
	if (tcr && !(tcr->old_value & epd) && (tcr->old_value ^ tcr->new_value) & (geometry(halves, high) | epd))
		half_exchanged(m, tcr, &written->at);
	if (!cpu->no_walks[walk_regime(cpu, regime)][high])
		table_rooted(m, cpu, &written->at, walk_regime(cpu, regime), high);
}

static void tcr_written(struct model *m, struct cpu *cpu, const struct register_pending *written, unsigned regime)
{
	bool halves = has_halves(cpu, regime);

	for (unsigned half = 0; half < (halves ? 2 : 1); half++) {
		uint64_t epd = !halves ? 0 : half ? TCR_EPD1 : TCR_EPD0;
		struct register_pending *root = pending_root(cpu, regime, half);

		if (written->old_value & ~written->new_value & epd)
			half_opened(m, cpu, written, regime, half);
		else if (root && !(written->new_value & epd) &&
			 (written->old_value ^ written->new_value) & geometry(halves, half))
			half_exchanged(m, root, &written->at);
	}
}

void registers_ordered(struct model *m, struct cpu *cpu, const struct register_pending *written)
{
	unsigned regime = registers_regime(cpu, written->at.el);
	bool high;

	disable(m, cpu, written);
	if (!cpu->mmu)
		return;
	if (is_root(regime, written->reg, &high)) {
		if ((written->old_value ^ written->new_value) & TTBR_BADDR)
			root_written(m, cpu, written, regime, high);
	} else if (written->reg == tcr_of(regime)) {
		tcr_written(m, cpu, written, regime);
	}
}
