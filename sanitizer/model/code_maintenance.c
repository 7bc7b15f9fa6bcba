/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What writes and maintenance do to lines that hold instructions: rules I1, I3, I6, I8.
 */
#include "code_table.h"

/* A page that was code and is data now: after so many stores to a line nobody asks any more. */
#define REWRITES 32

void code_issue(struct model *m, struct code *code, unsigned kind, unsigned cpu, uint32_t who, uint64_t mask)
{
	struct code_op *op;
	bool queued = false;

	if (!mask)
		return;
	for (unsigned i = 0; i < code->op_count; i++) {
		op = &code->ops[i];
		queued |= op->cpu == cpu && (op->kind == CODE_STORED) == (kind == CODE_STORED);
		if (op->cpu == cpu && op->kind == kind) {
			op->mask |= mask;
			op->who = who;
			return;
		}
	}
	/* No program needs so many: the first counts as done, so that what is missed is a finding, not the truth. */
	if (code->op_count == CODE_OPS) {
		memmove(code->ops, code->ops + 1, sizeof(code->ops) - sizeof(code->ops[0]));
		code->op_count--;
	}
	code->ops[code->op_count++] = (struct code_op){(uint8_t)kind, (uint8_t)cpu, who, mask};
	/* For a DSB to complete. */
	if (!queued)
		numbers_add(&m->code->pending[kind == CODE_STORED ? PENDING_STORED : cpu], code_number(m, code->ref));
}

void code_written(struct model *m, struct ref ref, uint64_t mask, const uint8_t *value, int cpu, bool cached)
{
	struct code *code = code_of(m, ref);
	uint64_t changed = 0;
	uint32_t since;
	bool word = mask && mask == 0xfull << (__builtin_ctzll(mask) & ~3);

	if (!code) {
		code = code_get(m, ref);
		if (!code)
			return;
	}
	if (!code->executed && !code->op_count && ++code->rewrites == REWRITES) {
		code_forget(m, code);
		return;
	}
	for (uint64_t rest = mask; rest; rest &= rest - 1) {
		unsigned i = (unsigned)__builtin_ctzll(rest);
		uint64_t bit = 1ull << i;

		if (code->cur_known & bit && code->cur[i] == value[i])
			continue;
		changed |= bit;
		/* The value before, which may have been fetched, or what may have been before that. */
		code->old[i] = code->cur[i];
		code->old_known = (code->old_known & ~bit) | (code->cur_known & bit);
		code->cur[i] = value[i];
	}
	code->cur_known |= mask;
	if (!changed)
		return;
	if (!cached && m->config.options.initial == INITIAL_INVALID && !code_is_fetchable(m, ref, &since))
		return;
	code->single = word ? code->single | mask : code->single & ~mask;
	code->ran |= changed & (code->executed | code->fresh_ran);
	code->stale |= changed;
	code->executed &= ~changed;
	code->fresh &= ~changed;
	code->fresh_ran &= ~changed;
	code->early &= ~changed;
	if (cached)
		code->unclean |= changed;
	memset(&code->local, 0, sizeof(code->local));
	for (unsigned i = 0; i < code->op_count; i++)
		code->ops[i].mask &= ~changed;
	/* DSB is all that it takes to be seen at the PoU; or at all, for a store that no cache holds. */
	if ((m->idc || !cached) && cpu >= 0) {
		code->unclean |= changed;
		code_issue(m, code, CODE_STORED, (unsigned)cpu, 0, changed);
	}
}

void code_dc(struct model *m, struct ref ref, unsigned op, unsigned cpu, uint32_t who, uint64_t mask)
{
	struct code *code = code_of(m, ref);

	if (!code && op == DC_CVAU && code_bytes_written(ref))
		code = code_get(m, ref);
	if (!code || op == DC_IVAC)
		return;
	code->rewrites = 0;
	if (code->unclean & mask)
		code_issue(m, code, CODE_CLEAN, cpu, who, code->unclean & mask);
}

static void invalidate(struct model *m, struct code *code, unsigned kind, unsigned cpu, uint32_t who)
{
	uint64_t mask = code->stale & ~code->unclean;

	if (code->stale)
		exercised(m, RULE_I3);
	code->rewrites = 0;
	code->early |= code->stale & code->unclean;
	if (mask)
		code_issue(m, code, kind, cpu, who, mask);
}

static uint64_t ic_lines(const struct model *m)
{
	return 4u << (m->config.ids.ctr & 15);
}

void model_ic(struct model *m, const struct ic *ic)
{
	struct cpu *cpu = model_cpu_of(m, ic->at.cpu);
	bool local = ic->op == IC_IALLU && !(ic->at.el <= 1 && cpu && cpu->hcr >> 9 & 1); /* HCR_EL2.FB */
	uint32_t who;
	struct ref ref;

	m->counts.events++;
	if (!cpu || ic->op >= IC_OPS)
		return;
	who = writer_of_place(m, &ic->at, ic->va, ATTRIBUTES_NONE);
	if (ic->op == IC_IVAU) {
		uint64_t base = ic->pa & ~(ic_lines(m) - 1);

		for (uint64_t pa = base; pa < base + ic_lines(m); pa += LINE_SIZE) {
			struct code *code;

			if (!ram_find(m, ic->space, pa, &ref) || ref.block->ram.rom)
				continue;
			code = code_of(m, ref);
			if (!code && code_bytes_written(ref))
				code = code_get(m, ref);
			if (code)
				invalidate(m, code, CODE_INVALIDATE, ic->at.cpu, who);
		}
		return;
	}
	for (uint32_t i = 0; i < m->code->count; i++) {
		struct code *code = m->code->all[i];

		if (code->ref.block && code->stale)
			invalidate(m, code, local ? CODE_INVALIDATE_LOCAL : CODE_INVALIDATE, ic->at.cpu, who);
	}
	/* Lines without a record tell by this number whether they were written before. */
	cpu->ic_issued[!local] = ++m->epoch;
	cpu->ic_who[!local] = who;
}

/* What CPUs have synchronized with since: the next cure has a time of its own. */
static void forget_fresh(const struct model *m, struct code *code, unsigned cpu)
{
	bool all = true;

	for (unsigned i = 0; i < m->cpu_end; i++)
		all = all && !(m->cpus[i] && m->cpus[i]->on && m->cpus[i]->synchronized < code->cured);
	if (all)
		code->fresh_ran = 0;
	if (m->cpus[cpu]->synchronized >= code->cured)
		code->fresh = 0;
}

static void cure(struct model *m, struct code *code, unsigned cpu, uint64_t mask)
{
	uint64_t safe = mask & code->stale;

	if (!safe)
		return;
	forget_fresh(m, code, cpu);
	code->fresh |= safe;
	code->fresh_ran |= safe & code->ran;
	code->ran &= ~safe;
	code->stale &= ~safe;
	code->cured = ++m->tick;
	code_date(code, safe);
	code->cured_by = (uint8_t)cpu;
	code_cured(m->code, code_number(m, code->ref));
}

static void finish(struct model *m, struct code *code, const struct code_op *op, unsigned cpu)
{
	if (op->kind != CODE_STORED)
		exercised(m, RULE_C8);
	switch (op->kind) {
	case CODE_CLEAN:
	case CODE_STORED:
		code->unclean &= ~op->mask;
		if (m->dic)
			cure(m, code, cpu, op->mask);
		break;
	case CODE_INVALIDATE:
		cure(m, code, op->cpu, op->mask);
		break;
	default:
		if (!(code->stale & ~op->mask)) {
			cpu_set_add(&code->local, op->cpu);
			code->local_mask = code->stale;
			code->local_cured = ++m->tick;
			code->local_by = op->cpu;
		}
	}
}

/* @local: for this one's own instruction cache, whatever the IC was meant for. */
static void complete(struct model *m, unsigned which, unsigned cpu, bool local)
{
	struct code_table *t = m->code;
	struct numbers *pending = &t->pending[which];
	uint32_t left = 0;

	for (uint32_t i = 0; i < pending->count; i++) {
		struct code *code = t->all[pending->all[i] - 1];
		unsigned kept = 0;
		bool more = false;

		if (!code->ref.block)
			continue;
		for (unsigned n = 0; n < code->op_count; n++) {
			struct code_op op = code->ops[n];
			bool here = which == PENDING_STORED ? op.kind == CODE_STORED
							    : op.cpu == cpu && op.kind != CODE_STORED;

			if (here && (!local || op.kind == CODE_INVALIDATE_LOCAL)) {
				finish(m, code, &op, cpu);
				continue;
			}
			code->ops[kept++] = op;
			more |= here;
			if (here && op.kind != CODE_CLEAN) {
				op.kind = CODE_INVALIDATE_LOCAL;
				finish(m, code, &op, cpu);
			}
		}
		code->op_count = (uint8_t)kept;
		if (more)
			pending->all[left++] = pending->all[i];
	}
	pending->count = left;
}

void code_complete(struct model *m, unsigned cpu, bool local)
{
	struct cpu *c = m->cpus[cpu];

	complete(m, cpu, cpu, local);
	if (!local)
		complete(m, PENDING_STORED, cpu, false);
	code_retire(m);
	for (unsigned i = 0; i < 2; i++) {
		if (c->ic_issued[i] <= c->ic_all)
			continue;
		c->ic_all = c->ic_issued[i];
		c->ic_done = ++m->tick;
	}
	if (!local && c->ic_issued[1] > m->ic_all)
		m->ic_all = c->ic_issued[1];
}

void code_cleaned(struct model *m)
{
	for (uint32_t i = 0; i < m->code->count; i++)
		m->code->all[i]->unclean = 0;
}
