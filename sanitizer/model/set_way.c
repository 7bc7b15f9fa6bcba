/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DC by set and way (rule C11): acts on one CPU's caches, promises nothing while lines can move. A loop earns credit
 * only when it names every set and way of every level up to the level of coherency, on a machine whose other CPUs are
 * out of the way; then its DSB cleans (and, when this CPU's caches were off, invalidates) everything.
 */
#include <stdlib.h>

#include "code.h"

#define WAYS_LIMIT (1ull << 22)

static unsigned log2_up(uint32_t n)
{
	return n <= 1 ? 0 : 32 - (unsigned)__builtin_clz(n - 1);
}

static unsigned level_of_coherency(const struct model *m)
{
	return m->config.ids.clidr >> 24 & 7;
}

static bool level_counts(const struct model *m, unsigned level)
{
	unsigned type = m->config.ids.clidr >> 3 * level & 7;

	/* Data, separate, or unified. */
	return level < level_of_coherency(m) && type >= 2 && type <= 4;
}

static uint64_t level_size(const struct model *m, unsigned level)
{
	const struct cache_level *l = &m->config.ids.level[level];

	return (uint64_t)l->sets * l->ways;
}

static bool geometry_is_known(const struct model *m)
{
	unsigned levels = 0;

	for (unsigned i = 0; i < 7; i++) {
		if (!level_counts(m, i))
			continue;
		levels++;
		if (!level_size(m, i) || level_size(m, i) > WAYS_LIMIT)
			return false;
	}
	return levels != 0;
}

/*
 * Lines that are dirty when a loop begins are marked: a write takes the mark away (LINE_NOTED sends it the slow way),
 * so that the loop earns credit only for what was in the caches all the time. Its own stack frame is not.
 */
static void mark_swept(struct model *m, struct ref ref, void *data)
{
	struct line *line = ref_line(ref);

	(void)m;
	(void)data;
	if (ref_bytes(ref)->dirty || line->slow & LINE_CLOUD) {
		line->hints |= HINT_SWEPT;
		line_mark(ref, LINE_NOTED);
	}
}

static void loop_begin(struct model *m, struct cpu *cpu, const struct place *at)
{
	struct set_way_loop *loop = &cpu->set_way;

	for (unsigned i = 0; i < 7; i++) {
		free(loop->seen[i]);
		loop->seen[i] = NULL;
		loop->left[i] = 0;
		if (!level_counts(m, i) || !geometry_is_known(m))
			continue;
		loop->left[i] = level_size(m, i);
		loop->seen[i] = calloc(1, (loop->left[i] + 7) / 8);
	}
	loop->started = true;
	loop->cleans = loop->invalidates = true;
	loop->cached = cpu->mmu && cpu->cache;
	loop->at = *at;
	ram_each_line(m, mark_swept, NULL);
}

void model_dc_set_way(struct model *m, const struct dc_set_way *dc)
{
	struct cpu *cpu = model_cpu_of(m, dc->at.cpu);
	unsigned level = dc->operand >> 1 & 7;
	struct set_way_loop *loop;
	uint64_t set, way, number;
	const struct cache_level *l;

	m->counts.events++;
	if (!cpu || dc->op >= SET_WAY_OPS || m->coherent)
		return;
	loop = &cpu->set_way;
	if (!loop->started)
		loop_begin(m, cpu, &dc->at);
	loop->cleans = loop->cleans && dc->op != SET_WAY_ISW;
	loop->invalidates = loop->invalidates && dc->op != SET_WAY_CSW;
	loop->cached = loop->cached || (cpu->mmu && cpu->cache);
	if (level >= 7 || !loop->seen[level])
		return;
	l = &m->config.ids.level[level];
	way = log2_up(l->ways) ? (dc->operand & 0xffffffff) >> (32 - log2_up(l->ways)) : 0;
	set = (dc->operand & 0xffffffff) >> l->line_shift;
	set &= (1ull << log2_up(l->sets)) - 1;
	if (way >= l->ways || set >= l->sets)
		return;
	number = way * l->sets + set;
	if (!(loop->seen[level][number / 8] >> number % 8 & 1)) {
		loop->seen[level][number / 8] |= (uint8_t)(1u << number % 8);
		loop->left[level]--;
	}
}

static bool loop_is_complete(const struct model *m, const struct set_way_loop *loop)
{
	if (!geometry_is_known(m))
		return false;
	for (unsigned i = 0; i < 7; i++)
		if (level_counts(m, i) && (!loop->seen[i] || loop->left[i]))
			return false;
	return true;
}

/* What the loop did to the lines that were marked. */
struct sweep {
	bool credit, clean, invalidate, discard;
	uint32_t clock;
};

static void sweep_cloud(struct model *m, struct ref ref, struct cloud *cloud, const struct sweep *sweep)
{
	unsigned count = cloud->op_count;

	line_catch_up(m, ref, cloud);
	if (count == CLOUD_OPS)
		return;
	workset_load(m->work, cloud);
	if (!sweep->clean && !sweep->invalidate) {
		cloud_may_lose(m->work, ~0ull);
		line_close(m, ref, cloud, false);
		return;
	}
	/* As one more DC that completes at once. */
	cloud->ops[count] = (struct cloud_op){
		.op = !sweep->clean       ? DC_IVAC
		      : sweep->invalidate ? DC_CIVAC
					  : DC_CVAC,
		.cpu = 255,
		.clock = sweep->clock,
		.mask = ~0ull,
	};
	cloud->op_count++;
	workset_close(m->work, cloud, ram_allocatable_now(m, ref));
	cloud_require_executed(m->work, 1u << count);
	cloud_drop_ops(m->work, cloud, 1u << count);
	if (sweep->invalidate && sweep->clock > ref_line(ref)->invalidated)
		ref_line(ref)->invalidated = sweep->clock;
	line_close(m, ref, cloud, false);
}

static void sweep_line(struct model *m, struct ref ref, void *data)
{
	const struct sweep *sweep = data;
	struct line *line = ref_line(ref);
	bool swept = line->hints & HINT_SWEPT;
	struct cloud *cloud;

	line->hints &= ~HINT_SWEPT;
	if (!sweep->credit) {
		if (swept && (ref_bytes(ref)->dirty || line->slow & LINE_CLOUD))
			line->hints |= HINT_SET_WAY;
		return;
	}
	cloud = line_cloud(m, ref);
	if (!cloud && ref_bytes(ref)->dirty && sweep->discard)
		cloud = line_to_cloud(m, ref);
	if (cloud) {
		if (sweep->discard)
			cloud->discarded |= line_dirty(m, ref);
		/* Only an invalidation of caches that nothing fills meanwhile reaches lines that changed in between. */
		if (swept || sweep->invalidate || sweep->discard)
			sweep_cloud(m, ref, cloud, sweep);
		return;
	}
	if (sweep->clean && ref_bytes(ref)->dirty && (swept || sweep->invalidate)) {
		for (uint64_t rest = ref_bytes(ref)->dirty; rest; rest &= rest - 1) {
			unsigned i = (unsigned)__builtin_ctzll(rest);

			ref_memory(ref)[i] = ref_values(ref)[i];
		}
		ref_bytes(ref)->exact |= ref_bytes(ref)->dirty;
		ref_bytes(ref)->dirty = 0;
		line->hints = line_cleaned(m);
		line_mark(ref, LINE_NOTED);
	}
	if (sweep->invalidate)
		line->invalidated = sweep->clock;
}

/* Pages without records are cached only as far as they were at the start. */
static void sweep_start(struct model *m, const struct sweep *sweep)
{
	if (sweep->invalidate && m->config.options.initial != INITIAL_INVALID)
		m->swept = sweep->clock;
}

void set_way_barrier(struct model *m, const struct barrier *b)
{
	struct cpu *cpu = model_cpu_of(m, b->at.cpu);
	struct set_way_loop *loop = &cpu->set_way;
	struct sweep sweep = {0};
	const char *why = NULL;
	bool complete;

	if (!loop->started)
		return;
	complete = loop_is_complete(m, loop);
	/* Loops with a DSB after each level are usual: go on until all is seen. */
	if (!complete && b->kind == BARRIER_DSB && geometry_is_known(m) && loop->dsbs++ < 7)
		return;
	exercised(m, RULE_C11);
	loop->dsbs = 0;
	loop->started = false;
	if (!complete)
		why = "the set/way loop does not cover every set and way of every level up to the level of coherency";
	else if (m->config.options.set_way == SET_WAY_NEVER)
		why = "set/way maintenance earns no credit (set-way=never)";
	else if (m->config.options.set_way == SET_WAY_PRIVATE)
		why = "set/way maintenance does not reach a system cache (set-way=private)";
	for (unsigned i = 0; !why && i < m->cpu_end; i++)
		if (i != b->at.cpu && m->cpus[i] && m->cpus[i]->on && m->cpus[i]->mmu && m->cpus[i]->cache)
			why = "set/way maintenance while another CPU has its caches on: lines move between them";
	sweep.credit = !why;
	sweep.clean = loop->cleans;
	/* With its own caches on, lines come back behind the loop. */
	sweep.invalidate = loop->invalidates && !loop->cached;
	sweep.discard = loop->invalidates && !loop->cleans;
	sweep.clock = ram_now(m);
	ram_each_line(m, sweep_line, &sweep);
	if (sweep.credit)
		sweep_start(m, &sweep);
	if (sweep.credit && sweep.clean)
		code_cleaned(m);
	if (why)
		judge_other(m, KIND_SET_WAY_RELIANCE, SEVERITY_NOTE, &loop->at, NULL, RULE(C11), why,
			"maintain memory by address (DC CVAC, DC CIVAC)");
}
