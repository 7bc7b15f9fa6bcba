/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Non-cacheable stores that nothing has ordered yet. Until a full DMB or a DSB of its CPU such a store may reach memory
 * later than a DC of the line, than a cacheable access of the same bytes, or than a cache loads the line (rules C8, M4,
 * X3). Behind the DMB the first two of that CPU come after it; the third may still come first, if the store was made
 * with the MMU off, until a DSB: the MSR that switches it on is ordered by no DMB (H2). Other CPUs are taken to have
 * synchronized with it before they look: weak ordering as such is out of scope (X6).
 */
#include <stdlib.h>

#include "internal.h"

static struct open_store *open_array(struct model *m, unsigned cpu)
{
	struct cpu *c = model_cpu_of(m, cpu);

	if (!c->open)
		c->open = calloc(OPEN_STORES, sizeof(*c->open));
	return c->open;
}

static bool same_line(struct ref a, struct ref b)
{
	return a.block == b.block && a.index == b.index;
}

struct open_store *open_of(struct model *m, struct ref ref, unsigned *cpu)
{
	uint32_t link = ref_line(ref)->link;

	*cpu = link / OPEN_STORES;
	return &m->cpus[*cpu]->open[link % OPEN_STORES];
}

/* All stores of the line by @cpu have arrived. */
static void arrive(struct model *m, struct ref ref, unsigned cpu)
{
	struct cloud *cloud;

	if (ref_page(ref)->shares)
		exercised(m, RULE_X3);
	if (!(ref_line(ref)->slow & LINE_CLOUD)) {
		unsigned owner;
		struct open_store *open = open_of(m, ref, &owner);

		/* Whatever could load the line while the store was on its way may have loaded the old bytes. */
		if (!ram_allocatable_since(m, ref, open->clock)) {
			line_unmark(ref, LINE_OPEN);
			ref_line(ref)->link = 0;
			return;
		}
		if (!line_to_cloud(m, ref))
			return;
	}
	cloud = line_cloud(m, ref);
	if (cloud->flight_cpu != (int)cpu)
		return;
	line_catch_up(m, ref, cloud);
	workset_load(m->work, cloud);
	cloud_require_arrived(m->work, cloud);
	cloud->flight_cpu = -1;
	line_close(m, ref, cloud, false);
}

static struct open_store *open_entry(struct model *m, unsigned cpu)
{
	struct cpu *c = model_cpu_of(m, cpu);
	struct open_store *open = open_array(m, cpu);

	if (!open)
		return NULL;
	open += c->open_next;
	c->open_next = (c->open_next + 1) % OPEN_STORES;
	if (open->used) {
		open->used = false;
		arrive(m, open->ref, cpu);
	}
	open->used = true;
	open->ordered = false;
	c->open_any = true;
	return open;
}

void open_add(struct model *m, struct ref ref, unsigned cpu, uint64_t mask, const uint8_t *value, bool off)
{
	struct line *line = ref_line(ref);
	uint8_t *memory = ref_memory(ref);
	struct open_store *open;

	if (line->slow & LINE_OPEN) {
		unsigned owner;

		open = open_of(m, ref, &owner);
	} else {
		open = open_entry(m, cpu);
		if (open) {
			open->ref = ref;
			open->mask = 0;
			open->exact = 0;
			open->clock = ram_now(m);
			open->off = off;
			line_mark(ref, LINE_OPEN);
			line->link = (uint32_t)(cpu * OPEN_STORES + (open - m->cpus[cpu]->open));
		}
	}
	for (uint64_t rest = mask; rest; rest &= rest - 1) {
		unsigned i = (unsigned)__builtin_ctzll(rest);

		if (open) {
			open->old[i] = memory[i];
			open->mask |= 1ull << i;
			open->exact |= ref_bytes(ref)->exact & 1ull << i;
		}
		memory[i] = value[i];
	}
	ref_bytes(ref)->exact |= mask;
}

void open_add_cloud(struct model *m, struct ref ref, unsigned cpu, bool off)
{
	struct open_store *open;

	if (line_cloud(m, ref)->flight_cpu == (int)cpu)
		return;
	/* Making room may end another store of this very line: say it is ours only then. */
	open = open_entry(m, cpu);
	if (!open)
		return;
	open->ref = ref;
	open->mask = 0;
	open->clock = ram_now(m);
	open->off = off;
	line_cloud(m, ref)->flight_cpu = (int16_t)cpu;
	line_cloud(m, ref)->flight_ordered = false;
}

bool open_is_before(struct model *m, struct ref ref, unsigned cpu)
{
	const struct cloud *cloud = line_cloud(m, ref);
	const struct open_store *open;
	unsigned owner;

	if (cloud)
		return cloud->flight_cpu >= 0 && (cloud->flight_cpu != (int)cpu || cloud->flight_ordered);
	if (!(ref_line(ref)->slow & LINE_OPEN))
		return false;
	open = open_of(m, ref, &owner);
	return owner != cpu || open->ordered;
}

void open_forget(struct model *m, struct ref ref)
{
	struct line *line = ref_line(ref);
	struct cloud *cloud = line_cloud(m, ref);
	unsigned cpu;

	if (cloud) {
		if (cloud->flight_cpu < 0)
			return;
		cpu = (unsigned)cloud->flight_cpu;
		cloud->flight_cpu = -1;
	} else if (line->slow & LINE_OPEN) {
		open_of(m, ref, &cpu);
		line_unmark(ref, LINE_OPEN);
	} else {
		return;
	}
	for (unsigned i = 0; i < OPEN_STORES; i++)
		if (m->cpus[cpu]->open[i].used && same_line(m->cpus[cpu]->open[i].ref, ref))
			m->cpus[cpu]->open[i].used = false;
}

void open_settle_line(struct model *m, struct ref ref)
{
	struct cloud *cloud = line_cloud(m, ref);
	unsigned cpu;

	if (cloud && cloud->flight_cpu >= 0)
		cpu = (unsigned)cloud->flight_cpu;
	else if (!cloud && ref_line(ref)->slow & LINE_OPEN)
		open_of(m, ref, &cpu);
	else
		return;
	for (unsigned i = 0; i < OPEN_STORES; i++) {
		struct open_store *open = &m->cpus[cpu]->open[i];

		if (open->used && same_line(open->ref, ref)) {
			arrive(m, ref, cpu);
			open->used = false;
		}
	}
}

void open_order(struct model *m, unsigned cpu)
{
	struct cpu *c = m->cpus[cpu];

	for (unsigned i = 0; i < OPEN_STORES && c->open_any; i++) {
		struct cloud *cloud;

		if (!c->open[i].used)
			continue;
		/* Another mapping is a store, too, which comes after it. */
		if (!c->open[i].off) {
			arrive(m, c->open[i].ref, cpu);
			c->open[i].used = false;
			continue;
		}
		if (ref_page(c->open[i].ref)->shares)
			exercised(m, RULE_X3);
		c->open[i].ordered = true;
		cloud = line_cloud(m, c->open[i].ref);
		if (cloud && cloud->flight_cpu == (int)cpu)
			cloud->flight_ordered = true;
	}
}

void open_settle_others(struct model *m, unsigned cpu)
{
	for (unsigned n = 0; n < m->cpu_end; n++) {
		struct cpu *c = m->cpus[n];

		for (unsigned i = 0; c && n != cpu && c->open_any && i < OPEN_STORES; i++) {
			if (!c->open[i].used || !c->open[i].ordered)
				continue;
			arrive(m, c->open[i].ref, n);
			c->open[i].used = false;
		}
	}
}

void open_settle(struct model *m, unsigned cpu)
{
	struct cpu *c = m->cpus[cpu];

	if (!c || !c->open_any)
		return;
	for (unsigned i = 0; i < OPEN_STORES; i++) {
		if (!c->open[i].used)
			continue;
		arrive(m, c->open[i].ref, cpu);
		c->open[i].used = false;
	}
	c->open_any = false;
	c->open_next = 0;
}
