/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rule S1: what a direct write of a system register changes is seen by indirect reads only after a context
 * synchronization event. A table per register: coarse classes give false alarms.
 */
#include <stdio.h>

#include "register_table.h"
#include "tables.h"

/* What there is only once SRE is set: all but the SRE registers themselves. */
static bool depends_on_sre(uint16_t reg)
{
	return !sysreg_is_icc_sre(reg) && (reg == SYSREG_ICC_PMR_EL1 || sysreg_is_icc(reg));
}

static bool is_followed(uint16_t reg)
{
	for (unsigned i = 0; i < register_table_size; i++)
		if (register_is(&register_table[i], reg))
			return true;
	return false;
}

static bool is_translation(uint16_t reg)
{
	for (unsigned i = 0; i < register_table_size; i++)
		if (register_table[i].reg == reg && register_table[i].uses & USES(USE_TRANSLATION))
			return true;
	return false;
}

void registers_synchronized(struct model *m, unsigned cpu)
{
	struct cpu *c = m->cpus[cpu];

	for (unsigned i = 0; i < c->register_count; i++)
		if (!c->registers[i].reported)
			exercised(m, RULE_S1);
	c->register_count = 0;
}

unsigned registers_regime(const struct cpu *cpu, unsigned el)
{
	if (el == 0 && cpu_is_host(cpu))
		return 2;
	return el ? el : 1;
}

/* Does the counter, or the register of overflows, @reg depend on what changed in @pending? */
static bool is_counted_by(const struct register_pending *pending, unsigned use, uint16_t reg)
{
	uint64_t changed = pending->old_value ^ pending->new_value;
	bool cycles = reg == SYSREG_PMCCNTR_EL0;

	/* What has been disabled may overflow once more. */
	if (reg == SYSREG_PMOVSCLR_EL0 || reg == SYSREG_PMOVSSET_EL0)
		return use == USE_READ ||
		       pending->old_value & ~pending->new_value & (pending->reg == SYSREG_PMCR_EL0 ? PMCR_E : ~0ull);
	/* Whoever writes a counter takes into account that it counts. */
	if (use == USE_WRITE || (!cycles && !sysreg_is_event_counter(reg)))
		return false;
	if (pending->reg == SYSREG_PMCR_EL0)
		return changed & (PMCR_E | (cycles ? PMCR_C : PMCR_P));
	return changed >> (cycles ? 31 : sysreg_number(reg)) & 1;
}

/* An exception of debug, of class @ec, at @pc: does it come only because of the new value? */
static bool is_trapped_by(const struct register_pending *pending, uint16_t ec, uint64_t pc)
{
	enum { BREAKPOINT = 0x18, STEP = 0x19, WATCHPOINT = 0x1a } class = ec >> 1;

	if (pending->reg == SYSREG_OSLAR_EL1)
		return !(pending->new_value & 1);
	if (pending->reg == SYSREG_MDSCR_EL1)
		return pending->new_value & ~pending->old_value & (class == STEP ? MDSCR_SS : MDSCR_BITS & ~MDSCR_SS);
	switch (pending->reg & SYSREG_BUT_DEBUG) {
	case SYSREG_DBGBVR_EL1(0):
		return class == BREAKPOINT && !((pending->new_value ^ pc) & 0xfffffffffffc);
	case SYSREG_DBGBCR_EL1(0):
		return class == BREAKPOINT && pending->new_value & 1;
	case SYSREG_DBGWVR_EL1(0):
		return class == WATCHPOINT;
	default:
		return class == WATCHPOINT && pending->new_value & 1;
	}
}

/* Says which interrupt is pending. */
static bool gives_interrupt(uint16_t reg)
{
	return reg == SYSREG_ICC_IAR0_EL1 || reg == SYSREG_ICC_IAR1_EL1 || reg == SYSREG_ICC_HPPIR0_EL1 ||
	       reg == SYSREG_ICC_HPPIR1_EL1;
}

static bool depends_on(const struct register_info *info, const struct register_pending *pending, unsigned use,
	uint16_t reg, const struct place *at)
{
	if (use == USE_DEBUG)
		return is_trapped_by(pending, reg, at->pc);
	if (use != USE_READ && use != USE_WRITE && use != USE_VECTOR && use != USE_COUNT)
		return true;
	switch (info->family) {
	case FAMILY_SRE:
		return depends_on_sre(reg);
	case FAMILY_GIC:
		return reg == SYSREG_ICC_RPR_EL1 || gives_interrupt(reg);
	case FAMILY_SGI:
		return gives_interrupt(reg);
	case FAMILY_PMU:
		return is_counted_by(pending, use, reg);
	case FAMILY_PMU_EVENT:
		return sysreg_is_event_counter(reg) && sysreg_number(reg) == sysreg_number(pending->reg);
	}
	for (unsigned i = 0; i < 3; i++)
		if (info->depends[i] && info->depends[i] == reg)
			return true;
	return false;
}

/*
 * AT translates for the EL that its registers belong to: op1 says which, but for S12E1R and its like (op2 from 4 on),
 * which are EL1's. A host that names EL1 means itself.
 */
static unsigned named_regime(const struct cpu *cpu, uint16_t reg)
{
	unsigned op1 = SYSREG_OP1(reg);

	if (op1 == 6)
		return 3;
	return (op1 == 4 && !(SYSREG_OP2(reg) & 4)) || cpu_is_host(cpu) ? 2 : 1;
}

/*
 * Which bits of @info an instruction looks at that signs or authenticates with the key whose AP*KeyLo is @key (0: not
 * known): the key's own registers, and its enable in SCTLR.
 */
static uint64_t pac_bits(const struct register_info *info, uint16_t key)
{
	static const struct {
		uint16_t key;
		uint8_t enable;
	} keys[] = {
		{SYSREG_APIAKeyLo_EL1, 31},
		{SYSREG_APIBKeyLo_EL1, 30},
		{SYSREG_APDAKeyLo_EL1, 27},
		{SYSREG_APDBKeyLo_EL1, 13},
	};

	if (!key)
		return info->bits;
	if (info->bits == ALL_BITS)
		return (info->reg & ~1) == key ? ALL_BITS : 0;
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].key == key)
			return info->bits & 1ull << keys[i].enable;
	return 0; /* the generic key has no enable */
}

static const char access_text[] = "memory access after a write of a register that governs it, with no context "
				  "synchronization between: old or new may apply";
static const char use_text[] = "use of what a register governs after it was written, with no context synchronization "
			       "between: old or new may apply";

static const char elsewhere_text[] =
	"memory access after a write of a register that governs it, with no context synchronization between: by its "
	"old value the address leads elsewhere, or nowhere";
static const char otherwise_text[] = "memory access after a write of a register that governs it, with no context "
				     "synchronization between: by its old value it has other attributes";
static const char trap_text[] = "an exception of debug that a register has made possible, with no context "
				"synchronization since: it may not come";

/* AT, of which nobody has compared the outcomes, has a @reg. */
static bool is_compared(const struct register_pending *pending, unsigned use, uint16_t reg)
{
	return use == USE_TRANSLATION && !reg && pending->outcome;
}

static enum severity severity_of(
	const struct register_info *info, const struct register_pending *pending, unsigned use, uint16_t reg)
{
	return is_compared(pending, use, reg) && pending->outcome == USE_ELSEWHERE ? SEVERITY_ERROR : info->severity;
}

static const char *text_of(const struct register_pending *pending, unsigned use, uint16_t reg)
{
	if (is_compared(pending, use, reg))
		return pending->outcome == USE_ELSEWHERE ? elsewhere_text : otherwise_text;
	return use == USE_TRANSLATION && !reg ? access_text : use == USE_DEBUG ? trap_text : use_text;
}

void registers_report(struct model *m, struct register_pending *pending, struct finding *finding)
{
	char name[REGISTER_NAME];

	pending->reported = 1;
	finding->reg = pending->reg;
	finding->writer.pc = pending->at.pc;
	finding->writer.link = pending->at.link;
	finding->writer.cpu = pending->at.cpu;
	finding->writer.el = pending->at.el;
	snprintf(finding->root, sizeof(finding->root), "%s@0x%llx", register_name(pending->reg, name),
		(unsigned long long)pending->at.pc);
	judge_emit(m, finding, writer_of_place(m, &pending->at, 0, ATTRIBUTES_NONE));
}

static const char tlbi_text[] = "TLBI after a write of a register that says which entries it takes, or whose old value "
				"may bring them back by a walk, with no context synchronization between";

static bool selects_host(uint64_t hcr)
{
	return (hcr & HCR_E2H) && (hcr & HCR_TGE);
}

/* A walk of the other half than @scope's address would tag what it brings with the same ASID, if that is of this TTBR.
 */
static bool is_of_other_half(const struct register_pending *pending, const struct tlbi_scope *scope)
{
	bool high = scope->va >> 55 & 1, upper = pending->reg == SYSREG_TTBR1_EL1 || pending->reg == SYSREG_TTBR1_EL2;

	if (!upper && pending->reg != SYSREG_TTBR0_EL1 && pending->reg != SYSREG_TTBR0_EL2)
		return false;
	return scope->by_va && high != upper && !((pending->old_value ^ pending->new_value) >> 48);
}

/*
 * Does what @t does depend on @pending? On what says which entries it takes: the VMID, the regime that HCR_EL2 selects,
 * the security state. Or on what is walked at the time, for the CPU's own regime.
 */
static bool is_invalidated_by(const struct cpu *cpu, const struct register_pending *pending, const struct tlbi *t,
	const struct tlbi_scope *scope)
{
	unsigned op1 = SYSREG_OP1(t->opcode), op2 = SYSREG_OP2(t->opcode);
	bool one_vmid = scope->stage2 && (scope->by_va || op2 == 6), host = cpu_is_host(cpu);

	switch (pending->reg) {
	case SYSREG_VTTBR_EL2:
		return one_vmid || (op1 == 0 && t->at.el >= 2 && !host);
	case SYSREG_HCR_EL2:
		if (op1 == 0)
			return selects_host(pending->old_value) != selects_host(pending->new_value);
		return (scope->el2 || scope->el20) && (pending->old_value ^ pending->new_value) & HCR_E2H;
	case SYSREG_SCR_EL3:
		return op1 != 6;
	}
	if (!cpu->mmu || is_of_other_half(pending, scope))
		return false;
	switch (registers_regime(cpu, t->at.el)) {
	case 1:
		return scope->el10;
	case 2:
		return scope->el2 || scope->el20;
	default:
		return scope->el3;
	}
}

void registers_invalidated(struct model *m, const struct tlbi *t, const struct tlbi_scope *scope)
{
	struct cpu *cpu = m->cpus[t->at.cpu];

	for (unsigned n = 0; n < cpu->register_count; n++) {
		struct register_pending *pending = &cpu->registers[n];

		for (unsigned i = 0; i < register_table_size && !pending->reported; i++) {
			const struct register_info *info = &register_table[i];

			if (info->reg != pending->reg || !(info->uses & USES(USE_TLBI)) ||
				!((pending->old_value ^ pending->new_value) & info->bits) ||
				(info->to_el && info->to_el != registers_regime(cpu, t->at.el)) ||
				!is_invalidated_by(cpu, pending, t, scope))
				continue;
			exercised(m, RULE_S1);
			registers_report(m, pending,
				judge_begin(m, KIND_UNSYNCHRONIZED_REGISTER, info->severity, &t->at, NULL, RULE(S1),
					tlbi_text, "ISB after the MSR"));
		}
	}
}

/* A timer that is off, or masked: nobody waits for it. */
static bool is_idle_timer(const struct register_pending *pending)
{
	static const uint16_t controls[] = {SYSREG_CNTP_CTL_EL0, SYSREG_CNTV_CTL_EL0, SYSREG_CNTHP_CTL_EL2,
		SYSREG_CNTHV_CTL_EL2, SYSREG_CNTPS_CTL_EL1};

	for (unsigned i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
		if (pending->reg == controls[i])
			return (pending->new_value & 3) != 1;
	return false;
}

void model_register_write(struct model *m, const struct register_write *w)
{
	struct cpu *cpu = model_cpu_of(m, w->at.cpu);
	struct register_pending *pending = NULL;

	m->counts.events++;
	if (!cpu || !is_followed(w->reg))
		return;
	if (w->reg == SYSREG_HCR_EL2)
		cpu->hcr = w->new_value;
	tables_root(cpu, w->reg, w->new_value);
	if (is_translation(w->reg)) {
		m->mappings++;
		cpu->unsettled |= w->old_value != w->new_value;
	}
	for (unsigned i = 0; i < cpu->register_count; i++)
		if (cpu->registers[i].reg == w->reg)
			pending = &cpu->registers[i];
	/* An AT writes PAR_EL1 whatever its value; other registers must change to matter. */
	if (w->old_value == w->new_value && w->reg != SYSREG_PAR_EL1 && !pending)
		return;
	if (!pending) {
		if (cpu->register_count == REGISTERS_PENDING) {
			memmove(cpu->registers, cpu->registers + 1, sizeof(cpu->registers) - sizeof(*cpu->registers));
			cpu->register_count--;
		}
		pending = &cpu->registers[cpu->register_count++];
		*pending = (struct register_pending){.reg = w->reg, .old_value = w->old_value};
	}
	pending->new_value = w->new_value;
	pending->at = w->at;
	pending->reported = 0;
	pending->outcome = 0;
	if (is_translation(w->reg))
		registers_ordered(m, cpu, pending);
}

void registers_used(struct model *m, const struct place *at, unsigned use, uint16_t reg, const struct access *access)
{
	struct cpu *cpu = m->cpus[at->cpu];
	unsigned regime = use == USE_TRANSLATION && reg ? named_regime(cpu, reg) : registers_regime(cpu, at->el);

	for (unsigned n = 0; n < cpu->register_count; n++) {
		struct register_pending *pending = &cpu->registers[n];

		for (unsigned i = 0; i < register_table_size && !pending->reported; i++) {
			const struct register_info *info = &register_table[i];
			uint64_t changed = pending->old_value ^ pending->new_value;

			if (!register_is(info, pending->reg) || !(info->uses & USES(use)))
				continue;
			if (!(changed & (use == USE_PAC ? pac_bits(info, reg) : info->bits)) &&
				pending->reg != SYSREG_PAR_EL1)
				continue;
			if ((info->to_el && info->to_el != regime) || !depends_on(info, pending, use, reg, at))
				continue;
			if ((use == USE_WAIT || use == USE_READ) && is_idle_timer(pending))
				continue;
			/* With E2H the virtual counter has no offset for EL2, and with TGE none for its EL0. */
			if (pending->reg == SYSREG_CNTVOFF_EL2 && use == USE_READ && regime == 2 && cpu->hcr & HCR_E2H)
				continue;
			/* Nothing is translated yet: tables, their attributes and their tags do not matter. */
			if (use == USE_TRANSLATION && !reg && !cpu->mmu && !register_governs_without_mmu(pending->reg))
				continue;
			if (use == USE_TRANSLATION && !reg && pending->outcome == USE_SAME)
				continue;
			exercised(m, RULE_S1);
			registers_report(m, pending,
				judge_begin(m, KIND_UNSYNCHRONIZED_REGISTER, severity_of(info, pending, use, reg), at,
					access, RULE(S1), text_of(pending, use, reg), "ISB after the MSR"));
		}
		/* It was about this access. */
		if (use == USE_TRANSLATION)
			pending->outcome = 0;
	}
}

void model_register_used(struct model *m, const struct register_used *u)
{
	struct cpu *cpu = model_cpu_of(m, u->at.cpu);

	m->counts.events++;
	if (!cpu || u->use >= REGISTER_USES)
		return;
	if (u->use == USE_SAME || u->use == USE_OTHERWISE || u->use == USE_ELSEWHERE) {
		for (unsigned i = 0; i < cpu->register_count; i++)
			if (cpu->registers[i].reg == u->reg)
				cpu->registers[i].outcome = u->use;
		return;
	}
	registers_used(m, &u->at, u->use, u->reg, NULL);
}
