/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages by interrupt: a CPU writes, sends a software generated interrupt, and the CPU that takes it reads (rule X8).
 * A write of ICC_SGI1R_EL1 is no access to memory: only a DSB orders it behind stores. One of GICD_SGIR is a store, to
 * Device memory: a DMB of stores is enough. Without it the interrupt may arrive first.
 *
 * A message is what its sender had stored since its last such barrier, in lines that then take the slow path. It ends
 * for a CPU with the first interrupt that it takes after the SGI: with what the handler reads, or with its return. What
 * is written again is no message any more. An exclusive or atomic access of the handler to what was stored is no
 * finding, for it may take a lock, and ends the message, for whoever takes the lock sees what came before its release.
 *
 * Source: IHI 0069, "Software Generated Interrupts"; DDI 0487, appendix "Barrier Litmus Tests", "Using a mailbox to
 * send an interrupt".
 */
#include <inttypes.h>
#include <stdio.h>

#include "access.h"

/* Is the line of no message any more? */
static void unmark(struct model *m, struct ref ref)
{
	for (unsigned i = 0; i < MESSAGES; i++)
		for (unsigned n = 0; n < m->message[i].count; n++)
			if (recent_is_of(&m->message[i].stored[n], ref))
				return;
	line_unmark(ref, LINE_MESSAGE);
}

static void end(struct model *m, struct message *message)
{
	unsigned count = message->count;

	message->count = 0;
	for (unsigned i = 0; i < count; i++)
		unmark(m, message->stored[i].ref);
}

/* For this receiver. */
static void end_for(struct model *m, struct message *message, unsigned cpu)
{
	cpu_set_remove(&message->to, cpu);
	if (cpu_set_empty(&message->to))
		end(m, message);
}

void model_sgi(struct model *m, const struct sgi *sgi)
{
	struct cpu *cpu = model_cpu_of(m, sgi->at.cpu);
	struct message *message = &m->message[m->message_next];

	m->counts.events++;
	exercised(m, RULE_X8);
	if (!cpu || !cpu->recent_any)
		return;
	end(m, message);
	message->to = sgi->to;
	cpu_set_remove(&message->to, sgi->at.cpu); /* it sees its own stores */
	for (unsigned i = 0; i < RECENT_STORES; i++) {
		struct recent *recent = &cpu->recent[i];

		if (!recent->mask || recent->order > (sgi->by_store ? ORDER_NONE : ORDER_DMB))
			continue;
		message->stored[message->count++] = *recent;
		line_mark(recent->ref, LINE_MESSAGE);
	}
	if (!message->count)
		return;
	message->at = sgi->at;
	message->by_store = sgi->by_store;
	message->sent = ++m->interrupts;
	m->message_next = (m->message_next + 1) % MESSAGES;
}

void message_interrupted(struct model *m, const struct sync *s)
{
	struct cpu *cpu = m->cpus[s->at.cpu];

	if (s->kind == SYNC_INTERRUPT && !cpu->interrupted) {
		cpu->interrupted = ++m->interrupts;
		cpu->depth = 0;
	}
	if (!cpu->interrupted || s->kind == SYNC_ISB)
		return;
	if (s->kind != SYNC_RETURN) {
		cpu->depth++;
		return;
	}
	if (--cpu->depth)
		return;
	for (unsigned i = 0; i < MESSAGES; i++)
		if (m->message[i].count && m->message[i].sent < cpu->interrupted &&
			cpu_set_has(&m->message[i].to, s->at.cpu))
			end_for(m, &m->message[i], s->at.cpu);
	cpu->interrupted = 0;
}

void message_written(struct model *m, struct ref ref, uint64_t mask)
{
	for (unsigned i = 0; i < MESSAGES; i++)
		for (unsigned n = 0; n < m->message[i].count; n++)
			if (recent_is_of(&m->message[i].stored[n], ref))
				m->message[i].stored[n].mask &= ~mask;
	unmark(m, ref);
}

static void report(
	struct model *m, struct ref ref, const struct access *a, const struct message *message, uint64_t bytes)
{
	uint32_t number = ref_writers(ref)[__builtin_ctzll(bytes) / 8];
	struct finding *f = judge_begin(m, KIND_MAINTENANCE_ORDER, SEVERITY_WARNING, &a->at, a, RULE(X8),
		"the handler of an interrupt reads what the CPU that sent it had stored before, with no DSB between: "
		"the interrupt may arrive before the store",
		message->by_store ? "DMB ISHST or DSB ISHST between the store and the write of GICD_SGIR"
				  : "DSB ISHST between the store and the write of ICC_SGI1R_EL1");

	f->writer = *writers_get(m->writers, number);
	f->before = *writers_get(m->writers, writer_of_place(m, &message->at, 0, ATTRIBUTES_NONE));
	snprintf(f->root, sizeof(f->root), "sgi@0x%" PRIx64, message->at.pc);
	judge_emit(m, f, number);
}

void message_read(struct model *m, struct ref ref, const struct access *a)
{
	const struct cpu *cpu = m->cpus[a->at.cpu];
	uint64_t mask = access_mask(a);

	if (!cpu->interrupted || a->flags & ACCESS_WALK)
		return;
	for (unsigned i = 0; i < MESSAGES; i++) {
		struct message *message = &m->message[i];
		uint64_t bytes = 0;

		if (!message->count || message->sent > cpu->interrupted || !cpu_set_has(&message->to, a->at.cpu))
			continue;
		for (unsigned n = 0; n < message->count; n++)
			if (recent_is_of(&message->stored[n], ref))
				bytes |= message->stored[n].mask & mask;
		bytes = recent_written_by(m, ref, message->at.cpu, bytes);
		if (!bytes)
			continue;
		if (!(a->flags & (ACCESS_EXCLUSIVE | ACCESS_ATOMIC)))
			report(m, ref, a, message, bytes);
		end_for(m, message, a->at.cpu);
	}
}

void message_forget(struct model *m, unsigned cpu)
{
	m->cpus[cpu]->interrupted = 0;
	for (unsigned i = 0; i < MESSAGES; i++)
		if (m->message[i].count)
			end_for(m, &m->message[i], cpu);
}
