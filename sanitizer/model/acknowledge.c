/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPU interface of a GICv3, which is system registers, and the Distributor and Redistributors, which are memory:
 * what the one does the other observes behind a DSB.
 *
 * A read of ICC_IARn_EL1 makes an interrupt active (rule X12). Until a DSB an access to the registers that say whether
 * the interrupt is pending or active finds it as it was, and what it writes may be undone.
 *
 * A store to those registers, or to those of priorities, may change which interrupt is the highest pending one (rule
 * X13). Until a DSB a read of ICC_HPPIRn_EL1 may give what was, and behind a store to the state one of ICC_IARn_EL1
 * with interrupts masked. Who has taken an interrupt in between reads what has been signalled, and so does what its
 * handler calls: nothing is said of them. Nor behind a load from the Distributor or a Redistributor, which comes behind
 * the store: waiting for what it gives, as who polls GICR_CTLR.RWP does, is waiting for the store.
 *
 * Source: IHI 0069, "Observability of the effects of accesses to the GIC registers".
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

static void forget_changes(struct cpu *cpu)
{
	memset(cpu->changes, 0, sizeof(cpu->changes));
}

static void read_early(struct model *m, struct cpu *cpu, const struct pending_read *r)
{
	uint32_t change = cpu->changes[INTERRUPT_STATE];
	struct finding *f;

	/* Who acknowledges behind the initialization of priorities has nothing pending yet, as a rule. */
	if (!r->acknowledges && !change)
		change = cpu->changes[INTERRUPT_PRIORITY];
	if (!change)
		return;
	forget_changes(cpu);
	f = judge_begin(m, KIND_MAINTENANCE_ORDER, SEVERITY_WARNING, &r->at, NULL, RULE(X13),
		r->acknowledges
			? "an interrupt is acknowledged with no DSB behind a store that may have changed which one is "
			  "due: ICC_IARn_EL1 may not show it yet"
			: "the highest priority pending interrupt is asked for with no DSB behind a store that may "
			  "have "
			  "changed it: ICC_HPPIRn_EL1 may not show it yet",
		r->acknowledges ? "DSB SY between the store and the read of ICC_IARn_EL1"
				: "DSB SY between the store and the read of ICC_HPPIRn_EL1");
	f->writer = *writers_get(m->writers, change);
	snprintf(f->root, sizeof(f->root), "interrupt@0x%" PRIx64, f->writer.pc);
	judge_emit(m, f, 0);
}

void model_pending_read(struct model *m, const struct pending_read *r)
{
	struct cpu *cpu = model_cpu_of(m, r->at.cpu);

	m->counts.events++;
	if (!cpu)
		return;
	if (!r->acknowledges || !cpu->interrupted) {
		exercised(m, RULE_X13);
		read_early(m, cpu, r);
	}
	if (!r->acknowledges)
		return;
	cpu->acknowledges = true;
	cpu->acknowledged_at = r->at;
}

static void judge_state(struct model *m, struct cpu *cpu, const struct access *a)
{
	struct finding *f;

	exercised(m, RULE_X12);
	if (!cpu->acknowledges)
		return;
	cpu->acknowledges = false;
	f = judge_begin(m, KIND_MAINTENANCE_ORDER, SEVERITY_WARNING, &a->at, a, RULE(X12),
		"whether interrupts are pending or active is asked or changed with no DSB behind the read of "
		"ICC_IARn_EL1 that "
		"made one active: the interrupt controller may not have observed that",
		"DSB SY between the read of ICC_IARn_EL1 and the access");
	f->size = 0; /* what it gave is not known */
	f->before = *writers_get(m->writers, writer_of_place(m, &cpu->acknowledged_at, 0, ATTRIBUTES_NONE));
	snprintf(f->root, sizeof(f->root), "acknowledge@0x%" PRIx64, cpu->acknowledged_at.pc);
	judge_emit(m, f, 0);
}

void model_interrupt_access(struct model *m, const struct interrupt_access *i)
{
	const struct access *a = &i->access;
	struct cpu *cpu = model_cpu_of(m, a->at.cpu);

	m->counts.events++;
	if (!cpu || i->part >= INTERRUPT_PARTS)
		return;
	if (i->part == INTERRUPT_STATE)
		judge_state(m, cpu, a);
	if (!(a->flags & ACCESS_WRITE))
		forget_changes(cpu);
	else if (i->part != INTERRUPT_OTHER)
		cpu->changes[i->part] = writer_of_access(m, a);
}

void interrupts_synchronized(struct cpu *cpu, const struct sync *s)
{
	/* What happens behind the handler is no matter of it. */
	if (s->kind == SYNC_RETURN)
		cpu->acknowledges = false;
	if (s->kind != SYNC_ISB)
		forget_changes(cpu);
}

void interrupts_barrier(struct cpu *cpu, const struct barrier *b)
{
	if (b->kind != BARRIER_DSB)
		return;
	cpu->acknowledges = false;
	/* Of whatever domain: registers are in none. */
	if (b->types != BARRIER_LOADS)
		forget_changes(cpu);
}

void interrupts_forget(struct cpu *cpu)
{
	cpu->acknowledges = false;
	forget_changes(cpu);
}
