/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From evidence to a finding: which kind, what was done and what is missing, what else stems from the same root.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

#define FINDINGS_LIMIT 65536

struct found {
	struct finding finding;
	uint32_t key;
	uint64_t announced; /* its count when it was given last */
};

struct finding_table {
	struct found **all;
	uint32_t count, room;
	uint32_t buckets[1 << 14]; /* heads of chains, by number + 1 */
	uint32_t *next;
	struct finding scratch;
};

struct finding_table *findings_new(void)
{
	return calloc(1, sizeof(struct finding_table));
}

void findings_free(struct finding_table *t)
{
	if (!t)
		return;
	for (uint32_t i = 0; i < t->count; i++)
		free(t->all[i]);
	free(t->all);
	free(t->next);
	free(t);
}

static uint32_t bucket_of(const struct finding *f, uint32_t key)
{
	uint64_t h = (f->pc ^ (uint64_t)key << 32 ^ (uint64_t)f->kind << 56) * 0x9e3779b97f4a7c15;

	return h >> 50;
}

static bool has_room(struct finding_table *t)
{
	uint32_t room = t->room ? t->room * 2 : 64;
	struct found **all;
	uint32_t *next;

	if (t->count < t->room)
		return true;
	if (t->count >= FINDINGS_LIMIT)
		return false;
	all = realloc(t->all, room * sizeof(*all));
	if (!all)
		return false;
	t->all = all;
	next = realloc(t->next, room * sizeof(*next));
	if (!next)
		return false;
	t->next = next;
	t->room = room;
	return true;
}

void judge_emit(struct model *m, struct finding *finding, uint32_t key)
{
	struct finding_table *t = m->findings;
	uint32_t bucket;
	struct found *found;

	m->counts.observations++;
	if (finding->severity == SEVERITY_NOTE && !m->config.options.notes)
		return;
	key = writers_base(m->writers, key);
	bucket = bucket_of(finding, key);
	for (uint32_t i = t->buckets[bucket]; i; i = t->next[i - 1]) {
		found = t->all[i - 1];
		if (found->finding.kind == finding->kind && found->finding.pc == finding->pc && found->key == key) {
			found->finding.count++;
			return;
		}
	}
	if (!has_room(t))
		return;
	found = calloc(1, sizeof(*found));
	if (!found)
		return;
	found->finding = *finding;
	found->finding.id = t->count + 1;
	found->finding.count = 1;
	found->announced = 1;
	found->key = key;
	t->next[t->count] = t->buckets[bucket];
	t->all[t->count++] = found;
	t->buckets[bucket] = t->count;
	m->counts.findings++;
	rules_broken(finding->rule, m->counts.exercised);
	m->counts.errors += finding->severity == SEVERITY_ERROR;
	if (m->hooks.found)
		m->hooks.found(m->hooks.context, &found->finding);
}

void findings_finish(struct model *m)
{
	for (uint32_t i = 0; i < m->findings->count; i++) {
		struct found *found = m->findings->all[i];

		if (found->finding.count == found->announced)
			continue;
		found->announced = found->finding.count;
		if (m->hooks.found)
			m->hooks.found(m->hooks.context, &found->finding);
	}
}

struct finding *judge_begin(struct model *m, enum kind kind, enum severity severity, const struct place *at,
	const struct access *access, const char *rule, const char *text, const char *remedy)
{
	struct finding *f = &m->findings->scratch;

	memset(f, 0, sizeof(*f));
	f->kind = kind;
	f->severity = severity;
	f->rule = rule;
	f->text = text;
	f->remedy = remedy;
	f->cpu = at->cpu;
	f->el = at->el;
	f->pc = at->pc;
	f->link = at->link;
	if (access) {
		f->va = access->va;
		f->pa = access->pa;
		f->space = access->space;
		f->size = access->size;
		f->attributes = access->attributes;
		f->is_write = (access->flags & ACCESS_WRITE) != 0;
		f->is_walk = (access->flags & ACCESS_WALK) != 0;
		f->is_fetch = (access->flags & ACCESS_FETCH) != 0;
		memcpy(f->got, access->value, sizeof(f->got));
	}
	snprintf(f->root, sizeof(f->root), "%s@0x%" PRIx64, kind_name(kind), at->pc);
	return f;
}

void judge_other(struct model *m, enum kind kind, enum severity severity, const struct place *at,
	const struct access *access, const char *rule, const char *text, const char *remedy)
{
	judge_emit(m, judge_begin(m, kind, severity, at, access, rule, text, remedy), 0);
}

static void root_write(struct finding *f)
{
	if (f->writer.pc)
		snprintf(f->root, sizeof(f->root), "write@0x%" PRIx64, f->writer.pc);
}

static void root_switch(struct finding *f, const struct model *m, unsigned cpu, bool on)
{
	const struct place *at = on ? &m->cpus[cpu]->turned_on : &m->cpus[cpu]->off;

	if (at->pc)
		snprintf(f->root, sizeof(f->root), "cpu%u.%s@0x%" PRIx64, cpu, on ? "on" : "off", at->pc);
	else
		root_write(f);
}

static void set(struct finding *f, enum kind kind, const char *rule, const char *text, const char *remedy)
{
	f->kind = kind;
	f->rule = rule;
	f->text = text;
	f->remedy = remedy;
}

static void stale_memory(struct model *m, struct finding *f, uint32_t hints)
{
	const char *done = NULL;

	/* The loop has had its DSB, and has left something out: whoever reads now takes it for complete. */
	if (hints & HINT_SWEPT && m->cpus[f->cpu]->set_way.dsbs)
		hints |= HINT_SET_WAY;
	switch (f->attributes.why) {
	case WHY_MMU_OFF:
		set(f, KIND_STALE_MEMORY_READ, RULES(C5, H1),
			"read with the MMU off of bytes whose newest value may still be only in a cache",
			"clean the line to the PoC (DC CVAC or CIVAC, then DSB) after its last write and before the "
			"MMU goes off");
		break;
	case WHY_CACHES_OFF:
		set(f, KIND_STALE_MEMORY_READ, RULES(C5, H1),
			"read with the caches off (SCTLR.C = 0) of bytes whose newest value may still be only in a "
			"cache",
			"clean the line to the PoC (DC CVAC or CIVAC, then DSB) after its last write and before C goes "
			"off");
		break;
	default:
		set(f, KIND_STALE_MEMORY_READ, RULE(C5),
			f->is_walk ? "non-cacheable table walk of a descriptor whose newest value may still be only in "
				     "a cache"
				   : "non-cacheable read of bytes whose newest value may still be only in a cache",
			"clean the line to the PoC (DC CVAC or CIVAC, then DSB) between the write and this read");
	}
	if (hints & HINT_SET_WAY)
		done = "a set/way loop went over the caches, which guarantees nothing here";
	else if (hints & HINT_REWRITTEN)
		done = "the line was cleaned to the PoC, but written again after that";
	else if (hints & HINT_POU)
		done = "the line was cleaned to the PoU only (DC CVAU), which says nothing about the PoC";
	f->done = done;
	if (hints & HINT_SET_WAY)
		set(f, KIND_SET_WAY_RELIANCE, RULE(C11),
			"read of bytes that only set/way maintenance has cleaned, where it guarantees nothing",
			"clean the line by address (DC CVAC or CIVAC, then DSB)");
	if (attributes_are_by_switch(f->attributes))
		root_switch(f, m, f->cpu, false);
	else
		root_write(f);
}

/* @unwaited: only because the write may have arrived behind a DMB that came after it. */
static void stale_cache(struct model *m, struct finding *f, bool unwaited)
{
	bool by_off = attributes_are_by_switch(f->writer.attributes) && f->writer.pc;

	set(f, KIND_STALE_CACHE_READ, by_off ? RULES(C5, H2) : RULES(C5, M4),
		f->is_walk ? "cacheable table walk of a descriptor that is newer in memory than a copy that may be in "
			     "a cache"
			   : "cacheable read of bytes that are newer in memory than a copy that may be in a cache",
		unwaited ? "DSB between the write and what lets the line be loaded: the MSR or the exception return"
		: by_off ? "after the write: DMB SY, DC IVAC or CIVAC of the line, DSB, and only then the MMU on"
			 : "after the write: DMB SY, DC IVAC or CIVAC of the line, DSB, before this read");
	if (unwaited)
		f->done = "a DMB came behind the write: no MSR and no exception return waits for what it orders";
	if (by_off)
		root_switch(f, m, f->writer.cpu, true);
	else
		root_write(f);
}

static void gone(struct model *m, struct finding *f, const struct evidence *e)
{
	if (e->lost_power & e->wrong) {
		set(f, KIND_DISCARDED_WRITE, RULE(X5),
			"read of bytes that were dirty in the caches of a CPU when its power was cut",
			"clean the CPU's caches by address before it powers itself down");
		root_write(f);
		return;
	}
	if (e->discarded & e->wrong) {
		exercised(m, RULE_C7);
		set(f, KIND_DISCARDED_WRITE, RULE(C7),
			"read of bytes that were dirty when DC IVAC hit their line: it may have lost them",
			"use DC CIVAC, or clean the line before DC IVAC");
		root_write(f);
		return;
	}
	set(f, KIND_LOST_WRITE, RULE(C5),
		"read of bytes that were written past the caches while a cache may have held the line dirty: its "
		"eviction may undo the write",
		"before the write: DC CIVAC (or CVAC) of the line, DSB");
	if (attributes_are_by_switch(f->writer.attributes) && f->writer.pc)
		root_switch(f, m, f->writer.cpu, false);
	else
		root_write(f);
}

/* An MSR that changes them waits for no DMB. */
static const char *between_attributes(const struct finding *f)
{
	return attributes_are_by_switch(f->writer.attributes)
		       ? "DSB between the write and the MSR that switches the MMU or the caches on"
		       : "DMB SY between accesses of one location under different attributes";
}

void judge_read(struct model *m, struct ref ref, const struct access *a, const struct evidence *e)
{
	const struct line *line = ref_line(ref);
	unsigned first = (unsigned)__builtin_ctzll(e->wrong);
	struct finding *f = judge_begin(m, KIND_STALE_MEMORY_READ, SEVERITY_ERROR, &a->at, a, NULL, NULL, NULL);
	uint32_t number = ref_writers(ref)[first / 8];

	f->writer = *writers_get(m->writers, number);
	f->before = *writers_get(m->writers, e->before);
	f->candidates = e->candidates;
	memcpy(f->may_be, e->candidate, sizeof(f->may_be));

	if (!(e->wrong & ~(e->alternative | e->doubtful))) {
		set(f, KIND_UNSYNCHRONIZED_REGISTER, RULES(S1, H3),
			"access between the switch of the MMU or the caches and its context synchronization: under the "
			"other setting the read gives another value",
			"ISB after the MSR of SCTLR, before the access; and maintenance as for that switch");
		f->reg = a->at.el == 3 ? SYSREG_SCTLR_EL3 : a->at.el == 2 ? SYSREG_SCTLR_EL2 : SYSREG_SCTLR_EL1;
		root_switch(f, m, a->at.cpu, attributes_are_cacheable(a->attributes));
	} else if (e->who) {
		exercised(m, RULE_C8);
		f->before = *writers_get(m->writers, e->who);
		set(f, KIND_INCOMPLETE_MAINTENANCE, RULE(C8),
			"read that relies on cache maintenance which no DSB has completed",
			"DSB (SY or ISH, loads and stores) between the DC and this read");
		if (e->dmb_only)
			f->done = "a DMB orders the DC, but only a DSB completes it";
		snprintf(f->root, sizeof(f->root), "dc@0x%" PRIx64, f->before.pc);
	} else if (!(e->wrong & ~e->in_flight)) {
		set(f, KIND_MISMATCHED_ATTRIBUTES, RULES(X3, M4),
			"cacheable read of bytes written non-cacheable, with no barrier between: the write may not "
			"have arrived",
			between_attributes(f));
		root_write(f);
	} else if (e->disordered & e->wrong) {
		set(f, KIND_MAINTENANCE_ORDER, RULE(C8),
			"read of bytes written non-cacheable and then maintained with no full DMB between: the DC may "
			"have come first",
			"DMB SY (not ST) or DSB between the write and the DC");
		root_write(f);
	} else if (e->overtaken & e->wrong) {
		set(f, KIND_MAINTENANCE_ORDER, RULE(C8),
			"read of bytes that were stored cacheable and then maintained by a DC whose address was not "
			"cacheable, with no full DMB between: the DC may have come first",
			"DMB SY or DSB between the store and the switch that makes the DC's address Device or "
			"non-cacheable");
		root_write(f);
	} else if (e->unwritten & e->wrong) {
		stale_memory(m, f, line->hints);
	} else if (e->raced & e->wrong) {
		set(f, KIND_MISMATCHED_ATTRIBUTES, RULES(X3, M4),
			"read of bytes written non-cacheable and accessed cacheable with no DMB between: the write may "
			"have come last",
			between_attributes(f));
		root_write(f);
	} else if (e->stale & e->wrong) {
		stale_cache(m, f, !(e->wrong & ~e->unwaited));
		if (!(e->wrong & ~e->assumed))
			f->assumption = m->config.options.initial == INITIAL_DIRTY ? "initial=dirty" : "initial=clean";
	} else {
		gone(m, f, e);
	}
	judge_emit(m, f, number);
}
