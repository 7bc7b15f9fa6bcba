/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages by interrupt: a CPU writes, sends a software generated interrupt, and the CPU that takes it reads (rule X8).
 * A write of ICC_SGI1R_EL1 is no access to memory: only a DSB orders it behind stores. One of GICD_SGIR is a store, to
 * Device memory: a DMB of stores is enough; and so is one of GICD_ISPENDRn or GICR_ISPENDR0, which makes an interrupt
 * pending that another CPU takes. Without it the interrupt may arrive first. And by event: it executes SEV, no access
 * to memory either, and the CPU that sleeps in WFE reads whether it is meant (rule X9). If the event arrives first it
 * reads that it is not, and sleeps on.
 *
 * A message is what its sender had stored since its last such barrier, in lines that then take the slow path. It ends
 * for a CPU with the first interrupt that it takes after the SGI: with what the handler reads, or with its return. What
 * is written again is no message any more. An exclusive or atomic access of the handler to what was stored is no
 * finding, for it may take a lock, and ends the message, for whoever takes the lock sees what came before its release.
 *
 * An event counts for the WFE that a CPU sleeps in, or else for its next one. It ends with the next WFE, with an
 * exception, with an exclusive, since the monitor then wakes the CPU without SEV, with the sender's next SEV, and after
 * WOKEN_READS: what comes later a CPU has not waited for.
 *
 * Source: IHI 0069, "Software Generated Interrupts"; DDI 0487, appendix "Barrier Litmus Tests", "Using a mailbox to
 * send an interrupt"; "Wait for Event mechanism and Send event".
 */
#include <inttypes.h>
#include <stdio.h>

#include "access.h"

/* A loop around WFE reads a flag, and perhaps where it is. */
#define WOKEN_READS 8

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

/* NULL: there is nothing that may arrive later. */
static struct message *send(
	struct model *m, const struct place *at, unsigned by, const struct cpu_set *to, enum store_order enough)
{
	struct cpu *cpu = m->cpus[at->cpu];
	struct message *message = &m->message[m->message_next];

	if (!cpu->recent_any)
		return NULL;
	end(m, message);
	message->to = *to;
	cpu_set_remove(&message->to, at->cpu); /* it sees its own stores */
	for (unsigned i = 0; i < RECENT_STORES; i++) {
		struct recent *recent = &cpu->recent[i];

		if (!recent->mask || recent->order >= enough)
			continue;
		message->stored[message->count++] = *recent;
		line_mark(recent->ref, LINE_MESSAGE);
	}
	if (!message->count)
		return NULL;
	message->at = *at;
	message->by = (uint8_t)by;
	message->sent = ++m->interrupts;
	m->message_next = (m->message_next + 1) % MESSAGES;
	return message;
}

void model_sgi(struct model *m, const struct sgi *sgi)
{
	m->counts.events++;
	exercised(m, RULE_X8);
	if (!model_cpu_of(m, sgi->at.cpu) || sgi->by >= SGI_BY)
		return;
	send(m, &sgi->at, sgi->by, &sgi->to, sgi->by == SGI_BY_ICC_SGI1R ? ORDER_DSB : ORDER_DMB_ST);
}

/* Those whose event the CPU has been woken by. */
static void end_woken(struct model *m, unsigned number)
{
	struct cpu *cpu = m->cpus[number];

	if (!cpu->woken_reads)
		return;
	cpu->woken_reads = 0;
	for (unsigned i = 0; i < MESSAGES; i++) {
		struct message *message = &m->message[i];

		if (message->count && message->by == BY_SEV && message->sent <= cpu->woken &&
			cpu_set_has(&message->to, number))
			end_for(m, message, number);
	}
}

static void wake(struct model *m, unsigned number)
{
	m->cpus[number]->woken = ++m->interrupts;
	m->cpus[number]->woken_reads = WOKEN_READS;
}

void model_sev(struct model *m, const struct sev *sev)
{
	struct cpu_set to = {0};

	m->counts.events++;
	exercised(m, RULE_X9);
	if (!model_cpu_of(m, sev->at.cpu))
		return;
	/* Whoever slept on for this CPU's last event wakes for this one. */
	for (unsigned i = 0; i < MESSAGES; i++)
		if (m->message[i].count && m->message[i].by == BY_SEV && m->message[i].at.cpu == sev->at.cpu)
			end(m, &m->message[i]);
	for (unsigned i = 0; i < MODEL_CPUS; i++)
		if (m->cpus[i] && m->cpus[i]->on)
			cpu_set_add(&to, i);
	if (!send(m, &sev->at, BY_SEV, &to, ORDER_DSB))
		return;
	for (unsigned i = 0; i < MODEL_CPUS; i++)
		if (m->cpus[i] && i != sev->at.cpu && cpu_set_has(&sev->asleep, i))
			wake(m, i);
}

void model_wfe(struct model *m, const struct wfe *wfe)
{
	m->counts.events++;
	if (!model_cpu_of(m, wfe->at.cpu))
		return;
	end_woken(m, wfe->at.cpu);
	for (unsigned i = 0; i < MESSAGES; i++)
		if (m->message[i].count && m->message[i].by == BY_SEV && cpu_set_has(&m->message[i].to, wfe->at.cpu)) {
			wake(m, wfe->at.cpu);
			return;
		}
}

void message_looked(struct model *m, const struct access *a)
{
	struct cpu *cpu = m->cpus[a->at.cpu];

	if (cpu->woken_reads == 1 || a->flags & (ACCESS_EXCLUSIVE | ACCESS_ATOMIC))
		end_woken(m, a->at.cpu);
	else
		cpu->woken_reads--;
}

void message_interrupted(struct model *m, const struct sync *s)
{
	struct cpu *cpu = m->cpus[s->at.cpu];

	if (s->kind != SYNC_ISB)
		end_woken(m, s->at.cpu);
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
		if (m->message[i].count && m->message[i].by != BY_SEV && m->message[i].sent < cpu->interrupted &&
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

/* By enum sgi_by, and BY_SEV. */
#define STORED_BEFORE "the handler of an interrupt reads what the CPU that sent it had stored before, "
static const struct {
	const char *rule, *text, *remedy, *root;
} reports[] = {
	[SGI_BY_ICC_SGI1R] = {RULE(X8), STORED_BEFORE "with no DSB between: the interrupt may arrive before the store",
		"DSB ISHST between the store and the write of ICC_SGI1R_EL1", "sgi"},
	[SGI_BY_GICD_SGIR] = {RULE(X8),
		STORED_BEFORE "with no DMB or DSB between: the interrupt may arrive before the store",
		"DMB ISHST or DSB ISHST between the store and the write of GICD_SGIR", "sgi"},
	[SGI_BY_GICD_ISPENDR] = {RULE(X8),
		STORED_BEFORE "with no DMB or DSB between: the interrupt may arrive before the store",
		"DMB ISHST or DSB ISHST between the store and the write of GICD_ISPENDR<n>", "sgi"},
	[SGI_BY_GICR_ISPENDR] = {RULE(X8),
		STORED_BEFORE "with no DMB or DSB between: the interrupt may arrive before the store",
		"DMB ISHST or DSB ISHST between the store and the write of GICR_ISPENDR0", "sgi"},
	[BY_SEV] = {RULE(X9),
		"a CPU that SEV has woken from WFE reads what the sender had stored before, with no DSB between: the "
		"event "
		"may arrive before the store, and the CPU then sleeps on",
		"DSB ISHST between the store and SEV", "sev"},
};

static void report(
	struct model *m, struct ref ref, const struct access *a, const struct message *message, uint64_t bytes)
{
	uint32_t number = ref_writers(ref)[__builtin_ctzll(bytes) / 8];
	struct finding *f = judge_begin(m, KIND_MAINTENANCE_ORDER, SEVERITY_WARNING, &a->at, a,
		reports[message->by].rule, reports[message->by].text, reports[message->by].remedy);

	f->writer = *writers_get(m->writers, number);
	f->before = *writers_get(m->writers, writer_of_place(m, &message->at, 0, ATTRIBUTES_NONE));
	snprintf(f->root, sizeof(f->root), "%s@0x%" PRIx64, reports[message->by].root, message->at.pc);
	judge_emit(m, f, number);
}

/* May the CPU read it because of the message alone? */
static bool has_come(const struct cpu *cpu, const struct message *message)
{
	if (message->by == BY_SEV)
		return cpu->woken_reads && message->sent <= cpu->woken;
	return cpu->interrupted && message->sent <= cpu->interrupted;
}

void message_read(struct model *m, struct ref ref, const struct access *a)
{
	const struct cpu *cpu = m->cpus[a->at.cpu];
	uint64_t mask = access_mask(a);

	if (a->flags & ACCESS_WALK)
		return;
	for (unsigned i = 0; i < MESSAGES; i++) {
		struct message *message = &m->message[i];
		uint64_t bytes = 0;

		if (!message->count || !has_come(cpu, message) || !cpu_set_has(&message->to, a->at.cpu))
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
	m->cpus[cpu]->woken_reads = 0;
	for (unsigned i = 0; i < MESSAGES; i++)
		if (m->message[i].count)
			end_for(m, &m->message[i], cpu);
}
