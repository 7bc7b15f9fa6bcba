/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * M and C go on and off, CPUs come and go: rules H1, H2, C2, X5.
 */
#include "code.h"
#include "tables.h"

static void linger(struct model *m, struct cpu *cpu, bool lingers)
{
	if (cpu->lingering == lingers)
		return;
	cpu->lingering = lingers;
	m->lingering += lingers ? 1 : -1u;
}

static void set_regime(struct model *m, struct cpu *cpu, bool mmu, bool cache, const struct place *at)
{
	bool before = cpu->mmu && cpu->cache, after = mmu && cache;

	cpu->mmu = mmu;
	cpu->cache = cache;
	if (before == after)
		return;
	m->cached_cpus += after ? 1 : -1u;
	m->mappings++;
	if (after) {
		cpu->ever_cached = true;
		cpu->turned_on = *at;
	} else {
		cpu->off = *at;
		m->era += !m->cached_cpus;
	}
}

void model_regime_switch(struct model *m, const struct regime_switch *s)
{
	struct cpu *cpu = model_cpu_of(m, s->at.cpu);
	bool before, after;

	m->counts.events++;
	if (!cpu)
		return;
	before = cpu->mmu && cpu->cache;
	after = s->mmu && s->cache;
	if (s->mmu)
		code_fetched_anywhere(m);
	if (s->mmu && !cpu->mmu && !s->synchronized)
		registers_enable(m, &s->at);
	/* Who switches on has synchronized with what others have put behind a DMB (X6). */
	if (after && !before)
		open_settle_others(m, s->at.cpu);
	set_regime(m, cpu, s->mmu, s->cache, &s->at);
	if (before == after || s->synchronized)
		return;
	/* Until it synchronizes the CPU may use the one or the other (rule S1). */
	if (before)
		cpu->was_cached = true;
	else
		cpu->was_uncached = true;
	cpu->unsettled = true;
	if (before)
		linger(m, cpu, true);
}

void model_sync(struct model *m, const struct sync *s)
{
	struct cpu *cpu = model_cpu_of(m, s->at.cpu);

	m->counts.events++;
	if (!cpu)
		return;
	if (s->kind == SYNC_RETURN)
		registers_used(m, &s->at, USE_ERET, 0, NULL);
	message_interrupted(m, s);
	device_loads_ordered(m, s->at.cpu);
	interrupts_synchronized(cpu, s);
	translation_synchronized(m, s);
	linger(m, cpu, false);
	cpu->was_cached = false;
	cpu->was_uncached = false;
	cpu->unsettled = false;
	registers_synchronized(m, s->at.cpu);
	code_synchronized(m, s->at.cpu);
}

static void cut(struct model *m, struct ref ref, void *data)
{
	const uint32_t *writers = ref_writers(ref);
	unsigned number = *(unsigned *)data;
	uint64_t mask = 0, dirty = line_dirty(m, ref);
	struct cloud *cloud;

	for (unsigned i = 0; i < 8; i++) {
		const struct writer *writer = writers_get(m->writers, writers[i]);

		if (writers[i] && writer->cpu == number)
			mask |= 0xffull << 8 * i & dirty;
	}
	if (!mask)
		return;
	cloud = line_to_cloud(m, ref);
	if (!cloud)
		return;
	line_catch_up(m, ref, cloud);
	cloud->cut |= mask;
	workset_load(m->work, cloud);
	cloud_may_lose(m->work, mask);
	line_close(m, ref, cloud, false);
}

void model_cpu(struct model *m, const struct cpu_state *s)
{
	struct cpu *cpu = model_cpu_of(m, s->at.cpu);

	m->counts.events++;
	if (!cpu)
		return;
	/* Its stores arrive and its maintenance ends, if only because nobody is left to wait for it. */
	open_settle(m, s->at.cpu);
	recent_order(m, s->at.cpu, ORDER_DSB);
	message_forget(m, s->at.cpu);
	cpu->used = 0;
	interrupts_forget(cpu);
	linger(m, cpu, false);
	cpu->was_cached = cpu->was_uncached = cpu->unsettled = false;
	registers_synchronized(m, s->at.cpu);
	code_synchronized(m, s->at.cpu);
	set_regime(m, cpu, false, false, &s->at);
	cpu->on = s->change == CPU_ON;
	if (!cpu->on)
		exercised(m, RULE_X5);
	translation_reset(m, s->at.cpu);
	memset(cpu->root, 0, sizeof(cpu->root));
	cpu->tlb_known = 0;
	if (s->change == CPU_POWER_CUT && !m->config.options.hw_coherent_power_down)
		ram_each_line(m, cut, &(unsigned){s->at.cpu});
}
