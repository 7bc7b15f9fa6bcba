/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Execution of what was written: is it what the architecture says will be fetched? Rules I1 to I9, H1, H7.
 */
#include <inttypes.h>
#include <stdio.h>

#include "access.h"
#include "code.h"

/*
 * May be exchanged for each other by one aligned store while another CPU executes them: B, B.cond, BL, BRK, CBZ, CBNZ,
 * TBZ, TBNZ, HVC, ISB, NOP, SMC, SVC (rule I5; DDI 0487, "Concurrent modification and execution of instructions").
 */
static bool is_patchable(uint32_t opcode)
{
	return (opcode & 0x7c000000) == 0x14000000 || /* B, BL */
	       (opcode & 0xff000010) == 0x54000000 || /* B.cond */
	       (opcode & 0x7e000000) == 0x34000000 || /* CBZ, CBNZ */
	       (opcode & 0x7e000000) == 0x36000000 || /* TBZ, TBNZ */
	       (opcode & 0xffe0001c) == 0xd4000000 || /* SVC, HVC, SMC, and what is not allocated */
	       (opcode & 0xffe0001f) == 0xd4200000 || /* BRK */
	       opcode == 0xd503201f ||                /* NOP */
	       (opcode & 0xfffff0ff) == 0xd50330df;   /* ISB */
}

static uint32_t word(const uint8_t *bytes)
{
	return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* All that is in doubt may be one instruction or the other, and either is what the writer meant. */
static bool only_patches(const struct code *code, uint64_t bytes)
{
	for (unsigned i = 0; i < LINE_SIZE; i += 4) {
		uint64_t mask = 0xfull << i;

		if (!(bytes & mask))
			continue;
		/* Unchanged bytes of the instruction are the same in both. */
		uint8_t old[4];

		for (unsigned n = 0; n < 4; n++)
			old[n] = bytes >> (i + n) & 1 ? code->old[i + n] : code->cur[i + n];
		if (bytes & mask & ~(code->single & code->old_known) || !is_patchable(word(old)) ||
			!is_patchable(word(code->cur + i)))
			return false;
	}
	return true;
}

static bool is_local(const struct code *code, unsigned cpu)
{
	return cpu_set_has(&code->local, cpu) && !(code->stale & ~code->local_mask);
}

/* Where memory may hold something else than the newest value. */
static uint64_t not_in_memory(struct model *m, struct ref ref)
{
	const struct bytes *known = ref_bytes(ref);
	const struct cloud *cloud = line_cloud(m, ref);
	uint64_t bytes = 0;

	if (cloud) {
		for (unsigned i = 0; i < cloud->count; i++) {
			unsigned state = cloud->set[i].state;

			if (state_copy(state) == COPY_DIRTY)
				bytes |= cloud->set[i].bytes & ~cloud_current(cloud, state_memory(state));
		}
		return bytes;
	}
	for (uint64_t rest = known->dirty; rest; rest &= rest - 1) {
		unsigned i = (unsigned)__builtin_ctzll(rest);

		if (!(known->exact >> i & 1) || ref_memory(ref)[i] != ref_values(ref)[i])
			bytes |= 1ull << i;
	}
	return bytes;
}

static struct finding *begin(struct model *m, struct ref ref, const struct access *a, uint64_t bad, enum kind kind,
	enum severity severity, const char *rule, const char *text, const char *remedy)
{
	struct finding *f = judge_begin(m, kind, severity, &a->at, a, rule, text, remedy);
	uint32_t who = ref_writers(ref)[__builtin_ctzll(bad) / 8];

	f->writer = *writers_get(m->writers, who);
	if (f->writer.pc)
		snprintf(f->root, sizeof(f->root), "code@0x%" PRIx64, f->writer.pc);
	return f;
}

/* What may be fetched instead of @bad: @line's bytes, as far as they are @known. */
static void candidate(struct finding *f, const uint8_t *line, uint64_t known, const struct access *a, uint64_t bad)
{
	unsigned offset = a->pa & (LINE_SIZE - 1);

	f->candidates = 1;
	for (unsigned i = 0; i < a->size; i++) {
		uint64_t bit = 1ull << (offset + i);

		f->may_be[0].bytes[i] = bad & bit ? line[offset + i] : a->value[i];
		if (!(bad & bit) || known & bit)
			f->may_be[0].known |= 1ull << i;
	}
}

static void judge_stale(struct model *m, struct code *code, const struct access *a, uint64_t bad)
{
	enum severity severity = only_patches(code, bad) ? SEVERITY_NOTE : SEVERITY_ERROR;
	const struct code_op *pending = NULL;
	struct finding *f;

	exercised(m, RULE_I5);
	for (unsigned i = 0; i < code->op_count; i++) {
		const struct code_op *op = &code->ops[i];

		/* What the DSB would complete must be enough for this fetch. */
		if (op->mask & bad && op->who && (op->kind == CODE_CLEAN || !(bad & code->unclean)))
			pending = op;
	}
	if (pending && (pending->kind == CODE_INVALIDATE || pending->cpu == a->at.cpu || pending->kind == CODE_CLEAN)) {
		f = begin(m, code->ref, a, bad, KIND_INCOMPLETE_MAINTENANCE, severity, RULES(I3, C8),
			pending->kind == CODE_CLEAN
				? "execution of instructions whose clean to the PoU no DSB has completed"
				: "execution of instructions whose instruction cache invalidation no DSB has completed",
			pending->kind == CODE_CLEAN ? "DSB ISH after the DC; then IC IVAU, DSB ISH, ISB"
						    : "DSB ISH between the IC and the ISB");
		f->before = *writers_get(m->writers, pending->who);
	} else if (bad & code->unclean) {
		f = begin(m, code->ref, a, bad, KIND_STALE_FETCH, severity, RULE(I1),
			m->idc ? "execution of instructions whose store no DSB has completed"
			       : "execution of instructions that were written and not cleaned to the PoU, where "
				 "instruction fetches look",
			m->dic   ? "DSB ISH after the store, then ISB"
			: m->idc ? "DSB ISH after the store; then IC IVAU, DSB ISH, ISB"
				 : "after the store: DC CVAU of the line, DSB ISH, IC IVAU, DSB ISH, ISB");
		if (code->early & bad)
			f->done = "instruction caches were invalidated, but before the clean was complete";
	} else {
		exercised(m, RULE_I3);
		f = begin(m, code->ref, a, bad, KIND_STALE_FETCH, severity, RULES(I1, I3),
			"execution of instructions that were written, while an instruction cache may still hold the "
			"old ones",
			"after the clean and its DSB: IC IVAU of the line (or IC IALLUIS), DSB ISH, ISB");
		if (!cpu_set_empty(&code->local))
			f->done = "IC IALLU was executed, but it acts on the instruction caches of its own CPU only";
		else if (code->early & bad)
			f->done = "an IC was executed, but before the DSB that completes the clean";
		else if (!m->idc && !m->coherent)
			f->done = "the line was cleaned, no IC invalidated it in the instruction caches";
	}
	if (code_is_assumed(m, code->ref, bad))
		f->assumption = "initial=clean";
	candidate(f, code->old, code->old_known, a, bad);
	judge_emit(m, f, ref_writers(code->ref)[__builtin_ctzll(bad) / 8]);
}

static uint64_t mask_of(const struct access *a)
{
	return line_mask(a->pa & (LINE_SIZE - 1), a->size);
}

/* Of @fresh: what this CPU may have fetched before it was cured, and not thrown away since. */
static uint64_t unsynchronized(const struct model *m, const struct code *code, unsigned cpu, uint64_t mask)
{
	uint64_t local = 0;

	if (is_local(code, cpu) && code->local_by == cpu && m->cpus[cpu]->synchronized < code->local_cured)
		local = mask & code->stale;
	if (m->cpus[cpu]->synchronized >= code->cured)
		return local;
	/* Another CPU cannot have fetched what it did not know of; one that may run there must synchronize. */
	mask &= code->cured_by == cpu ? code->fresh : code->fresh_ran;
	/* It may have synchronized with what was cured before the last. */
	for (unsigned i = 0; i < LINE_SIZE / 4; i++)
		if (m->cpus[cpu]->synchronized >= code->word_cured[i])
			mask &= ~(0xfull << 4 * i);
	return local | mask;
}

void model_fetch(struct model *m, const struct access *a)
{
	uint64_t mask = mask_of(a), bad;
	struct code *code;
	struct finding *f;
	struct ref ref;

	if (m->coherent || !ram_find(m, a->space, a->pa, &ref) || ref.block->ram.rom)
		return;
	code = code_of(m, ref);
	if (code && code->stale & mask && !is_local(code, a->at.cpu)) {
		judge_stale(m, code, a, code->stale & mask);
		return;
	}
	if (!attributes_are_cacheable(a->attributes)) {
		bad = not_in_memory(m, ref) & mask;
		if (bad) {
			f = begin(m, ref, a, bad, KIND_STALE_FETCH, SEVERITY_ERROR, RULES(I7, H1),
				a->attributes.why == WHY_MMU_OFF
					? "execution with the MMU off of instructions whose newest value may still be "
					  "only in a data cache"
					: "execution of non-cacheable instructions whose newest value may still be "
					  "only in a data cache",
				"clean them to the PoC (DC CVAC or CIVAC, then DSB) before the MMU goes off");
			/* Memory; where the line is in doubt it holds one thing or another. */
			candidate(f, ref_memory(ref), line_cloud(m, ref) ? 0 : ref_bytes(ref)->exact, a, bad);
			judge_emit(m, f, ref_writers(ref)[__builtin_ctzll(bad) / 8]);
			return;
		}
	}
	bad = code ? unsynchronized(m, code, a->at.cpu, mask) : 0;
	if (bad) {
		exercised(m, RULE_I5);
		f = begin(m, ref, a, bad, KIND_UNSYNCHRONIZED_FETCH,
			only_patches(code, bad) ? SEVERITY_NOTE : SEVERITY_ERROR, RULES(I2, I4),
			"execution of instructions that were changed and maintained, with no context synchronization "
			"on this CPU since",
			"ISB on the CPU that executes them, after the DSB that completes the maintenance");
		candidate(f, code->old, code->old_known, a, bad);
		judge_emit(m, f, ref_writers(ref)[__builtin_ctzll(bad) / 8]);
	}
}

/* What is fetched of a line that no store has touched is what memory holds: the old value, when somebody patches it. */
static void learn_memory(struct ref ref, const struct access *a)
{
	struct bytes *bytes;
	uint64_t rest;

	if (ref_page(ref)->known || ref_line(ref)->slow & (LINE_CLOUD | LINE_OPEN))
		return;
	bytes = ref_bytes(ref);
	rest = mask_of(a) & ~(bytes->dirty | bytes->exact);
	if (!rest)
		return;
	bytes->exact |= rest;
	for (; rest; rest &= rest - 1) {
		unsigned i = (unsigned)__builtin_ctzll(rest);

		ref_memory(ref)[i] = a->value[i - (a->pa & (LINE_SIZE - 1))];
	}
}

/*
 * The feeder has translated instructions of a line. True when executing them calls for a look each time
 * (ACCESS_FETCH): someone may execute something else.
 */
bool model_code(struct model *m, const struct access *a)
{
	struct ref ref;
	struct code *code;
	uint64_t mask;
	bool doubt;

	m->counts.events++;
	if (m->coherent || !model_cpu_of(m, a->at.cpu) || !a->size || (a->pa & (LINE_SIZE - 1)) + a->size > LINE_SIZE ||
		!ram_find(m, a->space, a->pa, &ref) || ref.block->ram.rom)
		return false;
	if (a->attributes.why == WHY_MMU_OFF)
		code_fetched_off(m, ref);
	doubt = !attributes_are_cacheable(a->attributes) && not_in_memory(m, ref) & mask_of(a);
	if (!attributes_are_cacheable(a->attributes) &&
		attributes_are_cacheable(
			writers_get(m->writers, ref_writers(ref)[(a->pa & (LINE_SIZE - 1)) / 8])->attributes)) {
		exercised(m, RULE_H1);
		exercised(m, RULE_I7);
	}
	/* As it was loaded, or as good: most code. Its record is made when somebody writes it. */
	if (!code_of(m, ref) && (line_is_code(ref) || !code_is_written(ref))) {
		line_mark_code(ref);
		if (ref_line(ref)->hints & HINT_NEVER_RAN) {
			exercised(m, RULE_I1);
			exercised(m, RULE_I2);
			ref_line(ref)->hints &= ~HINT_NEVER_RAN;
		}
		ram_use(ref);
		learn_memory(ref, a);
		return doubt;
	}
	code = code_get(m, ref);
	if (!code)
		return doubt;
	mask = mask_of(a);
	if (mask & ~code->executed & (code->stale | code->fresh | code->unclean))
		exercised(m, RULE_I1);
	if (mask & code->fresh) {
		exercised(m, RULE_I2);
		if (code->cured_by != a->at.cpu)
			exercised(m, RULE_I4);
	}
	for (unsigned i = 0; i < a->size; i++)
		code->cur[(a->pa & (LINE_SIZE - 1)) + i] = a->value[i];
	code->cur_known |= mask;
	code->executed |= mask;
	code->rewrites = 0;
	doubt |= (code->stale | code->unclean) & mask;
	for (unsigned i = 0; i < m->cpu_end && !doubt; i++)
		doubt = m->cpus[i] && m->cpus[i]->on && unsynchronized(m, code, i, mask);
	return doubt;
}
