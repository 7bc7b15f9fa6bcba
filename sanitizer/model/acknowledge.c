/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Acknowledged interrupts (rule X12): a read of ICC_IARn_EL1 makes an interrupt active, which only a DSB lets the
 * Redistributor and the Distributor observe. Until then an access to the registers that say whether the interrupt is
 * pending or active finds it as it was, and what it writes may be undone.
 *
 * Source: IHI 0069, "Observability of the effects of accesses to the GIC registers".
 */
#include <inttypes.h>
#include <stdio.h>

#include "internal.h"

void model_acknowledge(struct model *m, const struct acknowledge *a)
{
	struct cpu *cpu = model_cpu_of(m, a->at.cpu);

	m->counts.events++;
	if (!cpu)
		return;
	cpu->acknowledges = true;
	cpu->acknowledged_at = a->at;
}

void model_interrupt_state(struct model *m, const struct access *a)
{
	struct cpu *cpu = model_cpu_of(m, a->at.cpu);
	struct finding *f;

	m->counts.events++;
	exercised(m, RULE_X12);
	if (!cpu || !cpu->acknowledges)
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
