/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which memory is a translation table: what walks went through. Its descriptors are kept, so that a store says what it
 * replaced.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tables.h"

#define BUCKETS (1u << 12)

/* A table is found by each 4 KiB page that it touches. */
struct link {
	uint64_t page;
	uint32_t table, next; /* numbers + 1 */
	uint8_t space;
};

/* The last walks that had nothing to tell: through tables that are all known, by this CPU, in this address space. */
#define QUIET 256
struct quiet {
	uint64_t table, va; /* the last level; what its entry 0 translates */
	uint32_t generation;
	uint16_t asid, vmid;
	uint8_t cpu, regime;
};

struct table_set {
	struct quiet quiet[QUIET];
	uint32_t generation; /* of the tables that are known */
	uint32_t buckets[BUCKETS];
	struct link *links;
	uint32_t link_count, link_room, link_vacant;
	struct table **all;
	uint32_t count, room, vacant;
};

struct table_set *tables_new(void)
{
	return calloc(1, sizeof(struct table_set));
}

void tables_free(struct table_set *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->count; i++) {
		free(s->all[i]->value);
		free(s->all[i]);
	}
	free(s->all);
	free(s->links);
	free(s);
}

static uint32_t bucket_of(unsigned space, uint64_t page)
{
	return (page ^ (uint64_t)space << 40) * 0x9e3779b97f4a7c15 >> 52;
}

uint64_t descriptor_address(const struct table *t, uint64_t value, unsigned shift)
{
	uint64_t low = value & ~((1ull << shift) - 1);

	if (t->format == TABLES_LPA2)
		return (low & 0x0003ffffffffffff) | (value >> 8 & 3) << 50;
	low &= 0x0000ffffffffffff;
	return t->format == TABLES_WIDE ? low | (value >> 12 & 15) << 48 : low;
}

struct table *tables_find(struct model *m, unsigned space, uint64_t pa)
{
	struct table_set *s = m->tables;

	for (uint32_t n = s->buckets[bucket_of(space, pa >> 12)]; n; n = s->links[n - 1].next) {
		struct table *t = s->all[s->links[n - 1].table - 1];

		if (t->pa == pa && t->space == space)
			return t;
	}
	return NULL;
}

static bool link_pages(struct table_set *s, struct table *t, uint32_t number)
{
	for (uint64_t page = t->pa >> 12; page <= (t->pa + t->entries * 8ull - 1) >> 12; page++) {
		uint32_t bucket = bucket_of(t->space, page), n = s->link_vacant;

		if (n) {
			s->link_vacant = s->links[n - 1].next;
		} else {
			if (s->link_count == s->link_room) {
				uint32_t room = s->link_room ? s->link_room * 2 : 256;
				struct link *links = realloc(s->links, room * sizeof(*links));

				if (!links)
					return false;
				s->links = links;
				s->link_room = room;
			}
			n = ++s->link_count;
		}
		s->links[n - 1] = (struct link){page, number, s->buckets[bucket], t->space};
		s->buckets[bucket] = n;
	}
	return true;
}

static void mark(struct model *m, const struct table *t, bool on)
{
	struct ref ref;

	for (uint64_t pa = t->pa & ~(uint64_t)(LINE_SIZE - 1); pa < t->pa + t->entries * 8ull; pa += LINE_SIZE) {
		if (!ram_find(m, t->space, pa, &ref))
			continue;
		ram_use(ref);
		if (on)
			line_mark(ref, LINE_TABLE);
		else
			line_unmark(ref, LINE_TABLE);
	}
}

void tables_forget(struct model *m, struct table *t)
{
	struct table_set *s = m->tables;
	uint32_t number = 0;

	for (uint64_t page = t->pa >> 12; page <= (t->pa + t->entries * 8ull - 1) >> 12; page++) {
		for (uint32_t *link = &s->buckets[bucket_of(t->space, page)]; *link;) {
			struct link *l = &s->links[*link - 1];
			uint32_t n = *link;

			if (s->all[l->table - 1] != t) {
				link = &l->next;
				continue;
			}
			number = l->table;
			*link = l->next;
			l->next = s->link_vacant;
			s->link_vacant = n;
			break;
		}
	}
	s->generation++;
	/* Another table in the same line keeps its mark by being walked again. */
	mark(m, t, false);
	free(t->value);
	memset(t, 0, sizeof(*t));
	t->next = s->vacant;
	s->vacant = number;
}

static struct table *make(struct model *m, unsigned space, uint64_t pa, unsigned entries)
{
	struct table_set *s = m->tables;
	struct table *t;
	uint32_t number;

	if (s->vacant) {
		number = s->vacant;
		s->vacant = s->all[number - 1]->next;
	} else {
		if (s->count == s->room) {
			uint32_t room = s->room ? s->room * 2 : 64;
			struct table **all = realloc(s->all, room * sizeof(*all));

			if (!all)
				return NULL;
			s->all = all;
			s->room = room;
		}
		s->all[s->count] = calloc(1, sizeof(*t));
		if (!s->all[s->count])
			return NULL;
		number = ++s->count;
	}
	t = s->all[number - 1];
	*t = (struct table){.pa = pa, .entries = (uint16_t)entries, .space = (uint8_t)space};
	t->value = calloc(entries, 8);
	if (!t->value || !link_pages(s, t, number)) {
		free(t->value);
		*t = (struct table){.next = s->vacant};
		s->vacant = number;
		return NULL;
	}
	mark(m, t, true);
	s->generation++;
	return t;
}

static bool is_like(const struct table *t, const struct table_walk *w, const struct walk_step *step, bool high)
{
	return t->entries == step->entries && t->shift == step->shift && t->level == step->level &&
	       t->regime == w->regime && t->high == high && t->granule == w->granule && t->format == w->format;
}

static void set_value(struct table *t, unsigned index, uint64_t value)
{
	t->valid += (value & DESCRIPTOR_VALID) - (t->value[index] & DESCRIPTOR_VALID);
	t->value[index] = value;
}

static struct quiet quiet_of(const struct model *m, const struct table_walk *w)
{
	const struct walk_step *last = &w->step[w->count - 1];
	struct quiet quiet;

	memset(&quiet, 0, sizeof(quiet)); /* they are compared as bytes */
	quiet.table = last->pa - last->index * 8ull;
	quiet.va = w->va >> last->shift & ~(uint64_t)(last->entries - 1);
	quiet.generation = m->tables->generation;
	quiet.asid = w->asid;
	quiet.vmid = w->vmid;
	quiet.cpu = w->at.cpu;
	quiet.regime = w->regime;
	return quiet;
}

uint32_t model_walk(struct model *m, const struct table_walk *w)
{
	struct cpu *cpu = model_cpu_of(m, w->at.cpu);
	bool high = w->regime <= WALK_EL20 && w->va >> 55 & 1;
	uint32_t wanted = 0;
	struct ref ref;

	struct quiet *quiet, now;

	m->counts.events++;
	if (!cpu || !w->count || w->count > WALK_STEPS || w->regime >= WALK_REGIMES)
		return 0;
	if (m->config.options.initial_tlb == INITIAL_TLB_UNKNOWN && !(cpu->tlb_known >> w->regime & 1))
		translation_unknown(m, cpu, w);
	now = quiet_of(m, w);
	quiet = &m->tables->quiet[(now.table >> 12 ^ now.table >> 20) % QUIET];
	if (w->translates && !memcmp(quiet, &now, sizeof(now))) {
		translation_used(m, w);
		return 0;
	}
	for (unsigned i = 0; i < w->count; i++) {
		const struct walk_step *step = &w->step[i];
		uint64_t pa = step->pa - step->index * 8ull, base;
		struct table *t;

		if (!step->entries || step->entries > 8192 || step->index >= step->entries || step->shift > 55 ||
			step->level > 3 || !ram_find(m, w->space, pa, &ref) || ref.block->ram.rom)
			return wanted;
		base = w->va & ~((uint64_t)step->entries * (1ull << step->shift) - 1);
		t = tables_find(m, w->space, pa);
		if (t && !is_like(t, w, step, high)) {
			tables_forget(m, t);
			t = NULL;
		}
		if (!t) {
			t = make(m, w->space, pa, step->entries);
			if (!t)
				return wanted;
			t->shift = step->shift;
			t->level = step->level;
			t->regime = w->regime;
			t->high = high;
			t->granule = w->granule;
			t->format = w->format;
			t->base = base;
			t->asid = w->asid;
			t->vmid = w->vmid;
			t->parent = i ? w->step[i - 1].pa : 0;
		}
		t->shared |= t->base != base;
		t->parent = i ? w->step[i - 1].pa : 0;
		t->asid = w->asid;
		t->vmid = w->vmid;
		cpu_set_add(&t->cpus, w->at.cpu);
		if (!i)
			cpu->root[w->regime][high] = pa, cpu->no_walks[w->regime][high] = false;
		if (!t->known)
			wanted |= 1u << i;
		else
			set_value(t, step->index, step->value); /* the walker's own update of AF, or a device's */
	}
	translation_used(m, w);
	if (!wanted && w->translates) {
		now.generation = m->tables->generation;
		*quiet = now;
	}
	return wanted;
}

void model_table(struct model *m, const struct table_content *c)
{
	struct table *t = tables_find(m, c->space, c->pa);

	m->counts.events++;
	if (!t || t->entries != c->entries)
		return;
	memcpy(t->value, c->bytes, c->entries * 8ull);
	t->known = true;
	t->valid = 0;
	for (unsigned i = 0; i < t->entries; i++)
		t->valid += t->value[i] & DESCRIPTOR_VALID;
}

bool tables_leaf(struct model *m, const struct table *t, uint64_t va, uint64_t *output, uint64_t *value)
{
	for (unsigned i = 0; i < WALK_STEPS; i++) {
		uint64_t entry;

		if (!t->known)
			return false;
		entry = t->value[va >> t->shift & (t->entries - 1)];
		*value = entry;
		if (is_leaf(t, entry)) {
			*output = descriptor_address(t, entry, t->shift) | (va & ((1ull << t->shift) - 1));
			return true;
		}
		if (!is_table(t, entry))
			return false;
		t = tables_find(m, t->space, descriptor_address(t, entry, t->granule));
		if (!t)
			return false;
	}
	return false;
}

/* The table that holds descriptor @pa. */
static struct table *holder(struct model *m, unsigned space, uint64_t pa)
{
	struct table_set *s = m->tables;

	for (uint32_t n = s->buckets[bucket_of(space, pa >> 12)]; n; n = s->links[n - 1].next) {
		struct table *t = s->all[s->links[n - 1].table - 1];

		if (t->space == space && s->links[n - 1].page == pa >> 12 && pa - t->pa < t->entries * 8ull)
			return t;
	}
	return NULL;
}

bool model_may_link(struct model *m, enum space space, uint64_t pa)
{
	const struct table *t = holder(m, space, pa);

	return t && t->level < 3;
}

/* Does a root lead there still? */
static bool is_linked(struct model *m, const struct table *t)
{
	struct table *parent;

	if (!t->parent)
		return true;
	parent = holder(m, t->space, t->parent);
	return parent && parent->known && is_table(parent, parent->value[(t->parent - parent->pa) / 8]) &&
	       descriptor_address(parent, parent->value[(t->parent - parent->pa) / 8], t->granule) ==
		       (t->pa & ~((1ull << t->granule) - 1));
}

/* A lower EL writes what was a table of EL2 or EL3: the memory was given away, by somebody who is not here to walk it.
 */
static bool is_given_away(const struct table *t, const struct access *a)
{
	return (t->regime == WALK_EL2 && a->at.el < 2) || (t->regime == WALK_EL3 && a->at.el < 3);
}

/*
 * A host (HCR_EL2.E2H and TGE), or a program of its, writes what was a table of EL1: left over from before it was one,
 * or a guest's, that does not run here. No CPU walks for EL1 then, and before one does the registers change.
 */
static bool is_out_of_context(const struct model *m, const struct table *t, const struct access *a)
{
	return t->regime == WALK_EL10 && a->at.el != 1 && cpu_is_host(m->cpus[a->at.cpu]);
}

/*
 * The first valid descriptor of a table that had none: who does not walk there now holds nothing of what comes. The
 * page may have been freed since, and be a table of another address space that nobody has walked.
 */
static void begin_anew(struct model *m, struct table *t)
{
	for (unsigned i = 0; i < MODEL_CPUS; i++)
		if (cpu_set_has(&t->cpus, i) && !tables_current(m, t, i))
			cpu_set_remove(&t->cpus, i);
	m->tables->generation++;
}

/* @t hangs on nothing any more, and is data from now on. */
static void reused(struct model *m, const struct table *t, const struct access *a)
{
	uint32_t writer = translation_pending(m, t->parent, t);
	struct finding *f;

	if (!writer)
		return;
	f = judge_begin(m, KIND_TABLE_PAGE_REUSE, SEVERITY_WARNING, &a->at, a, RULE(T12),
		"a page that was a translation table is written as data, while a TLB may still hold the descriptor "
		"that led to it: hardware may walk through the data",
		"after the descriptor is made invalid: DSB, TLBI by VA (not last level only), DSB, before the page is "
		"used again");
	f->before = *writers_get(m->writers, writer);
	snprintf(f->root, sizeof(f->root), "table@0x%" PRIx64, f->before.pc);
	judge_emit(m, f, writer);
}

static void written(
	struct model *m, struct table *t, struct ref ref, uint64_t mask, const uint8_t *value, const struct access *a)
{
	uint64_t line = ref_pa(ref);

	for (unsigned i = 0; i < 8; i++) {
		uint64_t bytes = mask >> 8 * i & 0xff, pa = line + 8 * i, old, new;
		unsigned index;

		if (!bytes || pa - t->pa >= t->entries * 8ull)
			continue;
		index = (unsigned)((pa - t->pa) / 8);
		old = new = t->value[index];
		for (unsigned n = 0; n < 8; n++)
			if (bytes >> n & 1)
				new = (new & ~(0xffull << 8 * n)) | (uint64_t)value[8 * i + n] << 8 * n;
		if (old == new)
			continue;
		if (a && is_out_of_context(m, t, a)) {
			tables_forget(m, t);
			return;
		}
		if (!is_linked(m, t)) {
			exercised(m, RULE_T12);
			if (new &DESCRIPTOR_VALID && a && !is_given_away(t, a))
				reused(m, t, a);
			tables_forget(m, t);
			return;
		}
		if (new &DESCRIPTOR_VALID && !t->valid)
			begin_anew(m, t);
		set_value(t, index, new);
		if (!a)
			continue;
		if (is_table(t, new) && (!is_table(t, old) || descriptor_address(t, old, t->granule) !=
								      descriptor_address(t, new, t->granule)))
			table_linked(m, t, new, a);
		translation_changed(m, t, index, old, a);
	}
}

void tables_written(struct model *m, struct ref ref, uint64_t mask, const uint8_t *value, const struct access *a)
{
	uint64_t pa = ref_pa(ref);
	struct table *t;

	/* Small tables share a line. */
	for (unsigned i = 0; i < 8; i++) {
		uint64_t group = 0xffull << 8 * i & mask;

		if (!group)
			continue;
		t = holder(m, ref.block->ram.space, pa + 8 * i);
		if (t && t->known)
			written(m, t, ref, group, value, a);
	}
}

/*
 * Bytes of the first table, from TnSZ and the granule; what is left of the address's bits when each further level has
 * resolved its own. Source: DDI 0487, "The VMSAv8-64 address translation system".
 */
static uint32_t root_size(unsigned tsz, unsigned granule)
{
	unsigned bits = 64 - tsz, each = granule - 3;

	if (bits <= granule)
		return 8;
	bits = (bits - granule) % each;
	return 8u << (bits ? bits : each);
}

static void tables_control(struct cpu *cpu, unsigned regime, uint64_t tcr)
{
	static const uint8_t lower[4] = {12, 16, 14, 12}, upper[4] = {12, 14, 12, 16};

	cpu->root_size[regime][0] = root_size(tcr & 63, lower[tcr >> 14 & 3]);
	if (regime != WALK_EL10 && regime != WALK_EL20)
		return;
	cpu->root_size[regime][1] = root_size(tcr >> 16 & 63, upper[tcr >> 30 & 3]);
	cpu->no_walks[regime][0] = tcr & TCR_EPD0;
	cpu->no_walks[regime][1] = tcr & TCR_EPD1;
}

void tables_root(struct cpu *cpu, uint16_t reg, uint64_t value)
{
	static const struct {
		uint16_t reg;
		uint8_t regime, high;
	} roots[] = {
		{SYSREG_TTBR0_EL1, WALK_EL10, 0},
		{SYSREG_TTBR1_EL1, WALK_EL10, 1},
		{SYSREG_TTBR0_EL2, WALK_EL2, 0},
		{SYSREG_TTBR0_EL2, WALK_EL20, 0},
		{SYSREG_TTBR1_EL2, WALK_EL20, 1},
		{SYSREG_TTBR0_EL3, WALK_EL3, 0},
		{SYSREG_VTTBR_EL2, WALK_STAGE2, 0},
	};

	for (unsigned i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		if (roots[i].reg == reg)
			cpu->root[roots[i].regime][roots[i].high] = value & 0x0000ffffffffffc0;
	if (reg == SYSREG_TCR_EL1)
		tables_control(cpu, WALK_EL10, value);
	if (reg == SYSREG_TCR_EL2)
		tables_control(cpu, cpu->hcr & HCR_E2H ? WALK_EL20 : WALK_EL2, value);
	if (reg == SYSREG_TCR_EL3)
		tables_control(cpu, WALK_EL3, value);
}

static uint64_t root_of(struct model *m, const struct table *t)
{
	for (unsigned depth = 0; t->parent && depth < WALK_STEPS; depth++) {
		t = holder(m, t->space, t->parent);
		if (!t)
			return 0;
	}
	return t->pa;
}

bool tables_current(struct model *m, const struct table *t, unsigned cpu)
{
	const struct cpu *c = m->cpus[cpu];

	return c && c->on && !c->no_walks[t->regime][t->high] && c->root[t->regime][t->high] == root_of(m, t);
}

void tables_flushed(struct model *m, const struct tlbi_scope *scope, int cpu)
{
	const bool regimes[WALK_REGIMES] = {scope->el10, scope->el20, scope->el2, scope->el3, scope->stage2};

	for (uint32_t i = 0; i < m->tables->count; i++) {
		struct table *t = m->tables->all[i];

		if (!t->entries || !regimes[t->regime] || (scope->by_asid && t->asid != scope->asid))
			continue;
		for (unsigned n = 0; n < MODEL_CPUS; n++)
			if ((cpu < 0 || n == (unsigned)cpu) && cpu_set_has(&t->cpus, n) && !tables_current(m, t, n))
				cpu_set_remove(&t->cpus, n);
	}
	m->tables->generation++;
}
