/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sev.c - SEV, and WFE of the CPUs that it wakes. QEMU takes a WFE for a yield, whatever the event register has: a CPU
 * is taken to be asleep when it has executed nothing since its WFE.
 *
 * Source: DDI 0487, "Wait for Event mechanism and Send event".
 */
#include "feed.h"

void sev_execute(struct vcpu *vcpu, const struct place *at)
{
	struct event event = {.kind = EVENT_SEV, .sev.at = *at};

	for (unsigned i = 0; i < vcpu_count(); i++) {
		struct vcpu *to = vcpu_get(i);

		if (to == vcpu)
			continue;
		/* The next one ends what this event begins; or begins it, and the one behind it ends it. */
		if (!to->waits)
			to->wfes = 2;
		else if (!to->wfes)
			to->wfes = 1;
		if (to->waits)
			cpu_set_add(&event.sev.asleep, to->index);
	}
	stored_tell(vcpu);
	feed_event(&event);
	for (unsigned i = 0; i < vcpu_count(); i++)
		feed_settle(vcpu_get(i));
}

void wfe_execute(struct vcpu *vcpu, const struct place *at)
{
	if (vcpu->wfes) {
		struct event event = {.kind = EVENT_WFE, .wfe.at = *at};

		vcpu->wfes--;
		feed_event(&event);
	}
	vcpu_wait(vcpu);
}
