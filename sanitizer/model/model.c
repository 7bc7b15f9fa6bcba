/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "code.h"
#include "tables.h"

#define CLOUD_LIMIT (1u << 18)

/* CTR_EL0: DminLine and IminLine 64 bytes, CWG 64 bytes, IDC and DIC 0. CLIDR_EL1: LoC 1 with a data cache. */
#define DEFAULT_CTR   0x84448004
#define DEFAULT_CLIDR 0x09000003

void model_config_defaults(struct model_config *config)
{
	memset(config, 0, sizeof(*config));
	options_defaults(&config->options);
	config->ids.ctr = DEFAULT_CTR;
	config->ids.clidr = DEFAULT_CLIDR;
	config->cloud_limit = CLOUD_LIMIT;
}

/* CTR_EL0 counts in words of 4 bytes. */
static unsigned ctr_bytes(uint64_t ctr, unsigned shift)
{
	return 4u << (ctr >> shift & 15);
}

static void read_ids(struct model *m)
{
	uint64_t ctr = m->config.ids.ctr;
	unsigned line = ctr_bytes(ctr, 16), granule = ctr_bytes(ctr, 24);

	if (!(ctr >> 24 & 15))
		granule = m->config.options.cwg0 == CWG0_2048 ? 2048 : line;
	m->line_bytes = line < 2048 ? line : 2048;
	m->granule_bytes = granule < 2048 ? granule : 2048;
	if (m->granule_bytes < m->line_bytes)
		m->granule_bytes = m->line_bytes;
	if (m->granule_bytes < LINE_SIZE)
		m->granule_bytes = LINE_SIZE;
	/* LoC = 0: no cache lies before the PoC, so nothing can be stale (rule C10); unless that is not believed. */
	m->coherent = m->config.options.trust_ids && !(m->config.ids.clidr >> 24 & 7);
	/* IDC, or LoUU = LoUIS = 0: the PoU needs no clean. DIC: instruction caches need no invalidation. */
	m->idc = m->config.options.trust_ids &&
		 (ctr >> 28 & 1 || !(m->config.ids.clidr >> 27 & 7 || m->config.ids.clidr >> 21 & 7));
	m->dic = m->config.options.trust_ids && ctr >> 29 & 1;
}

struct model *model_new(const struct model_config *config, const struct model_hooks *hooks)
{
	struct model *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->config = *config;
	if (!m->config.cloud_limit)
		m->config.cloud_limit = CLOUD_LIMIT;
	m->hooks = *hooks;
	m->clock = 2;
	m->mappings = 1;
	m->generation = 1;
	read_ids(m);
	m->work = workset_new();
	m->alternative = workset_new();
	m->writers = writers_new();
	m->findings = findings_new();
	m->code = code_new();
	m->tables = tables_new();
	m->stale = stale_new();
	if (!m->code || !m->tables || !m->stale || !m->work || !m->alternative || !m->writers || !m->findings) {
		model_free(m);
		return NULL;
	}
	return m;
}

void model_free(struct model *m)
{
	if (!m)
		return;
	ram_free(m);
	lines_free(m);
	workset_free(m->work);
	workset_free(m->alternative);
	writers_free(m->writers);
	findings_free(m->findings);
	code_free(m->code);
	tables_free(m->tables);
	stale_free(m->stale);
	free(m->pending);
	for (unsigned i = 0; i < MODEL_CPUS; i++) {
		if (!m->cpus[i])
			continue;
		free(m->cpus[i]->open);
		for (unsigned level = 0; level < 7; level++)
			free(m->cpus[i]->set_way.seen[level]);
		free(m->cpus[i]);
	}
	free(m);
}

bool model_reset(struct model *m)
{
	struct model *fresh = model_new(&m->config, &m->hooks), old;

	if (!fresh)
		return false;
	for (unsigned i = 0; i < m->block_count; i++) {
		if (!model_add_ram(fresh, &m->blocks[i]->ram)) {
			model_free(fresh);
			return false;
		}
	}
	/* What waits for the end of the run: it has come for the tables of this life. */
	translation_finish(m);
	m->counts.events++;
	fresh->counts = m->counts;
	fresh->noticed_clouds = m->noticed_clouds;
	/* Writers carry the epoch, and feeders what these two were. */
	fresh->epoch = m->epoch + 1;
	fresh->generation = m->generation + 1;
	old = *m;
	*m = *fresh;
	*fresh = old;
	fresh->writers = m->writers;
	m->writers = old.writers;
	fresh->findings = m->findings;
	m->findings = old.findings;
	model_free(fresh);
	return true;
}

struct cpu *model_cpu_of(struct model *m, unsigned number)
{
	if (number >= MODEL_CPUS)
		return NULL;
	if (!m->cpus[number]) {
		m->cpus[number] = calloc(1, sizeof(*m->cpus[number]));
		if (m->cpus[number]) {
			m->cpus[number]->on = true;
			if (number >= m->cpu_end)
				m->cpu_end = number + 1;
		}
	}
	return m->cpus[number];
}

void model_notice(struct model *m, const char *text)
{
	if (m->hooks.notice)
		m->hooks.notice(m->hooks.context, text);
}

uint32_t model_epoch(const struct model *m)
{
	return m->epoch;
}

unsigned model_remapped(struct model *m, uint64_t *va)
{
	unsigned count = m->remapped_count;

	*va = m->remapped;
	m->remapped_count = 0;
	return count;
}

uint32_t model_generation(const struct model *m)
{
	return m->generation;
}

bool model_is_unsettled(const struct model *m, unsigned cpu)
{
	return cpu < MODEL_CPUS && m->cpus[cpu] && (m->cpus[cpu]->unsettled || m->cpus[cpu]->woken_reads);
}

bool model_feed(struct model *m, const struct event *event)
{
	switch (event->kind) {
	case EVENT_ACCESS:
		model_access(m, &event->access);
		return true;
	case EVENT_DC:
		model_dc(m, &event->dc);
		return true;
	case EVENT_DC_SET_WAY:
		model_dc_set_way(m, &event->dc_set_way);
		return true;
	case EVENT_IC:
		model_ic(m, &event->ic);
		return true;
	case EVENT_TLBI:
		model_tlbi(m, &event->tlbi);
		return true;
	case EVENT_BARRIER:
		model_barrier(m, &event->barrier);
		return true;
	case EVENT_SYNC:
		model_sync(m, &event->sync);
		return true;
	case EVENT_REGISTER_WRITE:
		model_register_write(m, &event->register_write);
		return true;
	case EVENT_REGISTER_USED:
		model_register_used(m, &event->register_used);
		return true;
	case EVENT_REGIME_SWITCH:
		model_regime_switch(m, &event->regime_switch);
		return true;
	case EVENT_CPU:
		model_cpu(m, &event->cpu);
		return true;
	case EVENT_EXTERNAL_WRITE:
		model_external_write(m, &event->external_write);
		return true;
	case EVENT_WAS_ALLOCATABLE:
		model_was_allocatable(m, &event->allocatable);
		return true;
	case EVENT_MAPPINGS_CHANGED:
		model_mappings_changed(m);
		return true;
	case EVENT_RAM:
		model_add_ram(m, &event->ram);
		return true;
	case EVENT_ANSWER:
		return true;
	case EVENT_WALK:
		model_walk(m, &event->walk);
		return true;
	case EVENT_STORED:
		model_stored(m, &event->stored);
		return true;
	case EVENT_SGI:
		model_sgi(m, &event->sgi);
		return true;
	case EVENT_SEV:
		model_sev(m, &event->sev);
		return true;
	case EVENT_WFE:
		model_wfe(m, &event->wfe);
		return true;
	case EVENT_DEVICE_READ:
		model_device_read(m, &event->device_read);
		return true;
	case EVENT_QUEUE:
		model_queue(m, &event->queue);
		return true;
	case EVENT_USED_READ:
		model_used_read(m, &event->used_read);
		return true;
	case EVENT_PENDING_READ:
		model_pending_read(m, &event->pending_read);
		return true;
	case EVENT_INTERRUPT_ACCESS:
		model_interrupt_access(m, &event->interrupt_access);
		return true;
	case EVENT_TABLE:
		model_table(m, &event->table);
		return true;
	case EVENT_CODE:
		model_code(m, &event->access);
		return true;
	case EVENT_RESET:
		model_reset(m);
		return true;
	default:
		return false;
	}
}

void model_finish(struct model *m)
{
	if (m->coherent)
		model_notice(m,
			"CLIDR_EL1.LoC is 0: the CPU says that no cache lies before memory, so no data was judged; "
			"--trust-ids off assumes otherwise");
	translation_finish(m);
	findings_finish(m);
	if (m->hooks.finished) {
		struct model_counts counts;

		model_counts(m, &counts);
		m->hooks.finished(m->hooks.context, &counts);
	}
}

void model_counts(const struct model *m, struct model_counts *counts)
{
	*counts = m->counts;
	counts->writers = writers_count(m->writers);
}
