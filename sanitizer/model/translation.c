/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What TLBs may hold that tables do not say any more, and descriptors that no barrier has made visible yet: rules T1 to
 * T7, T12.
 *
 * A descriptor that was valid, with its access flag set, in a table that some CPU has walked, may be in that CPU's TLB.
 * When it changes it leaves an entry here, which goes when a TLBI that covers it, issued after the DSB of the change,
 * is complete for every CPU that may hold it. A walk by such a CPU that gives something else than the entry did is a
 * finding: at once on the CPU that made the change; on another, which may rightly use the old one until it is told,
 * once the first has gone on: to a lower exception level with no TLBI, or to making the same descriptor valid again.
 *
 * Of an access that was made existence, output address and memory attributes are compared. One that took a fault is a
 * finding if the old entry would have let it through, which hardware may still do. Of what belongs to an address space
 * that is told only when the descriptor is valid again: the thread that took the fault may have got this CPU while the
 * kernel was about to send the TLBI, and the program is to blame.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tables.h"

/*
 * By 2 MiB of the address and by ASID, since a kernel forgets an address space with all that TLBs hold of it: thousands
 * of entries whose ASID nobody uses. Larger ones, and those of shared tables, by ASID.
 */
#define BUCKETS     (1u << 12)
#define LARGE       (1u << 6)
#define NO_ASID     (1u << 16) /* for what is global */
#define SPAN_SHIFT  21
#define SPAN_MASK   ((1ull << SPAN_SHIFT) - 1)
#define STALE_LIMIT (1u << 18)

struct tlbi_pending {
	uint8_t cpu;
	bool local;
	uint32_t who;
};
#define TLBIS 3

struct stale {
	uint32_t next;       /* number + 1 */
	uint64_t base, size; /* what it translates */
	uint64_t pa;         /* of the descriptor */
	uint64_t old;
	uint64_t tick;
	struct cpu_set cpus; /* may hold it */
	struct cpu_set late; /* await nothing but a context synchronization: have executed the TLBI and the DSB */
	uint16_t asid, vmid;
	uint8_t space, regime, level, granule, shift, format, writer_cpu;
	bool high, global, leaf, shared, ordered, early, used;
	bool bears;   /* the suspicion is no matter of the writer's going on to a lower exception level */
	bool gone_on; /* its writer has made the descriptor valid again: it takes this for invalidated everywhere */
	uint32_t writer, early_who;
	uint8_t tlbi_count;
	struct tlbi_pending tlbi[TLBIS];
	struct finding *suspicion; /* of another CPU, until the writer has gone on */
};

/* A descriptor made valid, that its CPU may not see yet. */
struct fresh {
	bool used, dsb;
	uint64_t base, size;
	uint8_t regime;
	bool high;
	uint32_t writer;
};
#define FRESH 32

struct stale_set {
	uint32_t buckets[BUCKETS], large[LARGE];
	struct stale *all;
	uint32_t count, room, vacant, alive;
	uint32_t high_with_asid; /* of them */
	uint32_t suspicions;
	bool noticed;
	struct numbers unordered; /* entries, number + 1, whose change no DSB has ordered */
	struct {
		struct fresh fresh[FRESH];
		unsigned next;
		bool any;
		bool awaits;                /* some entry does */
		bool tlbi_pending;          /* of this CPU's: its DSB has something to do */
		struct tlbi_scope flush[4]; /* whole TLBIs that no DSB has completed */
		unsigned flushes;
		struct numbers touched; /* entries, number + 1, that its next DSB may change */
		struct tlbi last;       /* TLBI that it executed */
		uint64_t last_tick;
	} cpu[MODEL_CPUS];
};

struct stale_set *stale_new(void)
{
	return calloc(1, sizeof(struct stale_set));
}

void stale_free(struct stale_set *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->count; i++)
		free(s->all[i].suspicion);
	for (unsigned i = 0; i < MODEL_CPUS; i++)
		free(s->cpu[i].touched.all);
	free(s->unordered.all);
	free(s->all);
	free(s);
}

static uint32_t *bucket_for(struct stale_set *s, uint64_t va, uint32_t asid)
{
	return &s->buckets[((va >> SPAN_SHIFT) ^ (uint64_t)asid << 44) * 0x9e3779b97f4a7c15 >> 52];
}

static uint32_t *large_for(struct stale_set *s, uint32_t asid)
{
	return &s->large[asid == NO_ASID ? 0 : 1 + asid % (LARGE - 1)];
}

static uint32_t *list_of(struct stale_set *s, const struct stale *e)
{
	uint32_t asid = e->global ? NO_ASID : e->asid;

	return e->size > 1ull << SPAN_SHIFT || e->shared ? large_for(s, asid) : bucket_for(s, e->base, asid);
}

static void end_suspicion(struct stale_set *s, struct stale *e)
{
	s->suspicions -= e->suspicion != NULL;
	free(e->suspicion);
	e->suspicion = NULL;
}

/* Nobody holds it any more. */
static bool awaits(const struct stale *e)
{
	return cpu_set_empty(&e->cpus);
}

static uint32_t number_of(const struct stale_set *s, const struct stale *e)
{
	return (uint32_t)(e - s->all) + 1;
}

static void drop(struct stale_set *s, struct stale *e)
{
	uint32_t number = number_of(s, e), *link = list_of(s, e);

	while (*link != number)
		link = &s->all[*link - 1].next;
	*link = e->next;
	end_suspicion(s, e);
	s->high_with_asid -= e->high && !e->global;
	memset(e, 0, sizeof(*e));
	e->next = s->vacant;
	s->vacant = number;
	s->alive--;
}

static struct stale *add(struct model *m, const struct stale *like)
{
	struct stale_set *s = m->stale;
	uint32_t number, *head = list_of(s, like);

	if (s->alive >= STALE_LIMIT) {
		if (!s->noticed)
			model_notice(m,
				"more translations are in doubt than the model can follow: some findings will be "
				"missing");
		s->noticed = true;
		return NULL;
	}
	if (s->vacant) {
		number = s->vacant;
		s->vacant = s->all[number - 1].next;
	} else {
		if (s->count == s->room) {
			uint32_t room = s->room ? s->room * 2 : 64;
			struct stale *all = realloc(s->all, room * sizeof(*all));

			if (!all)
				return NULL;
			s->all = all;
			s->room = room;
		}
		number = ++s->count;
	}
	s->all[number - 1] = *like;
	s->all[number - 1].next = *head;
	s->all[number - 1].used = true;
	*head = number;
	s->alive++;
	s->high_with_asid += like->high && !like->global;
	numbers_add(&s->unordered, number);
	return &s->all[number - 1];
}

/* ---- A descriptor changes. */

#define LEAF_IGNORED  (0x1full << 59 | 0xfull << 55) /* PBHA and software's bits */
#define TABLE_IGNORED (0x7full << 52 | 0x3ffull << 2)
#define BIT(n)        (1ull << (n))
#define CONTIGUOUS    BIT(52)
#define NO_TLB        BIT(16) /* nT, of a block */

static uint64_t relevant(const struct table *t, uint64_t old, uint64_t new)
{
	return (old ^ new) & ~(is_leaf(t, old) ? LEAF_IGNORED : TABLE_IGNORED);
}

/* A leaf that only allows more: what a TLB holds of it gives a fault that was not needed, and nothing else. */
static bool is_relaxed(const struct table *t, uint64_t old, uint64_t new)
{
	uint64_t diff = relevant(t, old, new);
	uint64_t dbm = BIT(51), access = BIT(6) | BIT(7), never = BIT(53) | BIT(54);

	if (!is_leaf(t, old) || !is_leaf(t, new))
		return false;
	/* S2AP: set allows. AP[2]: set forbids; AP[1]: set allows EL0. */
	if (t->regime == WALK_STAGE2 ? diff & access & old : diff & BIT(7) & new || diff &BIT(6) & old)
		return false;
	return !(diff & ~(access | dbm | never)) && !(diff & never & new);
}

static bool is_writable(const struct table *t, uint64_t value)
{
	return t->regime == WALK_STAGE2 ? value & BIT(7) : !(value & BIT(7)) || value & BIT(51);
}

/* FEAT_BBM: level 2 needs nothing, level 1 that the block, or the one with the contiguous bit, says nT. */
static bool may_change_size(const struct model *m, const struct table *t, uint64_t block)
{
	return m->config.ids.bbm >= 2 || (m->config.ids.bbm && t->level < 3 && block & NO_TLB);
}

/* Why a change from valid to valid needs break-before-make (rule T5), or NULL. */
static const char *needs_break(const struct model *m, const struct table *t, uint64_t old, uint64_t new)
{
	uint64_t diff = relevant(t, old, new), attributes = t->regime == WALK_STAGE2 ? 0xfull << 2 : 7ull << 2;

	if (is_leaf(t, old) != is_leaf(t, new) && may_change_size(m, t, is_leaf(t, old) ? old : new))
		return NULL;
	if (is_leaf(t, old) != is_leaf(t, new))
		return "the size of the mapping changes (a block for a table, or a table for a block)";
	if (!is_leaf(t, old))
		return NULL;
	if (diff & attributes || (t->format != TABLES_LPA2 && diff & (3ull << 8)))
		return "the memory type, the cacheability or the shareability changes";
	if (descriptor_address(t, old, t->shift) != descriptor_address(t, new, t->shift) &&
		(is_writable(t, old) || is_writable(t, new)))
		return "the output address changes, and one of the two is writable";
	if (diff & CONTIGUOUS && !may_change_size(m, t, old & CONTIGUOUS ? old : new))
		return "the contiguous bit changes";
	if (t->regime <= WALK_EL20 && old & DESCRIPTOR_NG && !(new &DESCRIPTOR_NG))
		return "a global mapping takes the place of one with an ASID";
	return NULL;
}

static bool is_live(const struct model *m, const struct table *t)
{
	for (unsigned i = 0; i < MODEL_CPUS; i++) {
		if (!m->cpus[i] || !m->cpus[i]->on || !m->cpus[i]->mmu)
			continue;
		if (cpu_set_has(&t->cpus, i))
			return true;
	}
	return false;
}

/* Some CPU walks it now: a table of an address space that is not in use may be anything. */
static bool is_current(struct model *m, const struct table *t)
{
	for (unsigned i = 0; i < MODEL_CPUS; i++)
		if (tables_current(m, t, i))
			return true;
	return false;
}

static void note_fresh(struct model *m, const struct table *t, uint64_t base, uint64_t new, const struct access *a)
{
	struct stale_set *s = m->stale;
	typeof(&s->cpu[0]) c = &s->cpu[a->at.cpu];
	struct fresh *f;

	/* A fault too many at EL0 is an everyday thing, which kernels repair; for their own memory they do not. */
	if (t->regime <= WALK_EL20 && is_leaf(t, new) && new &DESCRIPTOR_NG)
		return;
	if (!(new &DESCRIPTOR_AF) && is_leaf(t, new))
		return;
	exercised(m, RULE_T1);
	f = &c->fresh[c->next++ % FRESH];
	*f = (struct fresh){true, false, base, 1ull << t->shift, t->regime, t->high,
		writer_of_place(m, &a->at, a->va, a->attributes)};
	c->any = true;
}

/* What another CPU did is a mistake after all. */
static void let_out(struct model *m, struct stale *e)
{
	judge_emit(m, e->suspicion, e->writer);
	end_suspicion(m->stale, e);
}

/* @cpu makes descriptor @pa valid: what it left behind there is old to every CPU from now on. */
static void go_on(struct model *m, const struct table *t, uint64_t pa, uint64_t base, unsigned cpu)
{
	struct stale_set *s = m->stale;
	uint32_t heads[] = {*bucket_for(s, base, NO_ASID), *bucket_for(s, base, t->asid), *large_for(s, NO_ASID),
		*large_for(s, t->asid)};

	for (unsigned i = 0; i < sizeof(heads) / sizeof(heads[0]) && s->alive; i++) {
		for (uint32_t n = heads[i]; n; n = s->all[n - 1].next) {
			struct stale *e = &s->all[n - 1];

			if (e->pa != pa || e->space != t->space || e->writer_cpu != cpu || e->tlbi_count || awaits(e))
				continue;
			e->gone_on = true;
			if (e->suspicion)
				let_out(m, e);
		}
	}
}

void translation_changed(struct model *m, const struct table *t, unsigned index, uint64_t old, const struct access *a)
{
	uint64_t new = t->value[index], base = t->base + ((uint64_t)index << t->shift), size = 1ull << t->shift;
	const char *why;
	struct stale entry;

	if (new &DESCRIPTOR_VALID)
		go_on(m, t, t->pa + index * 8ull, base, a->at.cpu);
	/* Not cached: invalid, or without its access flag. */
	if (!(old & DESCRIPTOR_VALID) || (is_leaf(t, old) && !(old & DESCRIPTOR_AF))) {
		if (new &DESCRIPTOR_VALID && is_current(m, t))
			note_fresh(m, t, base, new, a);
		return;
	}
	if (!is_leaf(t, old) && !is_table(t, old))
		return;
	if (!relevant(t, old, new) || is_relaxed(t, old, new) || cpu_set_empty(&t->cpus))
		return;
	if (new &DESCRIPTOR_VALID)
		exercised(m, RULE_T5);
	if (new &DESCRIPTOR_VALID && is_live(m, t) && is_current(m, t) && (why = needs_break(m, t, old, new))) {
		struct finding *f = judge_begin(m, KIND_BREAK_BEFORE_MAKE, SEVERITY_ERROR, &a->at, a, RULE(T5),
			"a descriptor that a TLB may hold is changed from one valid value to another that needs "
			"break-before-make",
			"write an invalid descriptor; DSB ISH; TLBI by VA, inner shareable; DSB ISH; write the new "
			"one; "
			"DSB ISH; ISB");

		snprintf(f->detail, sizeof(f->detail), "%s: 0x%" PRIx64 " to 0x%" PRIx64, why, old, new);
		judge_emit(m, f, writer_of_place(m, &a->at, a->va, a->attributes));
	}
	if (is_leaf(t, old) && old & CONTIGUOUS) {
		/* The TLB may hold all of the run as one. */
		unsigned run = t->granule == 12 ? 4 : t->granule == 14 ? (t->level == 3 ? 7 : 5) : 5;

		size <<= run;
		base &= ~(size - 1);
	}
	entry = (struct stale){
		.base = base,
		.size = size,
		.pa = t->pa + index * 8ull,
		.space = t->space,
		.old = old,
		.tick = ++m->tick,
		.cpus = t->cpus,
		.asid = t->asid,
		.vmid = t->vmid,
		.regime = t->regime,
		.level = t->level,
		.granule = t->granule,
		.shift = t->shift,
		.format = t->format,
		.high = t->high,
		.shared = t->shared,
		.leaf = is_leaf(t, old),
		/* What is above the last level belongs to the address space that walked there. */
		.global = t->regime > WALK_EL20 || (is_leaf(t, old) ? !(old & DESCRIPTOR_NG) : t->high),
		.writer = writer_of_place(m, &a->at, a->va, a->attributes),
		.writer_cpu = a->at.cpu,
	};
	exercised(m, RULE_T4);
	if (!add(m, &entry))
		return;
	/* Views of the feeder may go on with the old translation, as a TLB may. */
	if (size == PAGE_SIZE_4K && !t->shared && t->regime != WALK_STAGE2) {
		m->remapped = base;
		m->remapped_count++;
	} else {
		m->generation++;
	}
}

uint32_t translation_pending(struct model *m, uint64_t pa, const struct table *t)
{
	struct stale_set *s = m->stale;

	for (uint32_t i = 0; i < s->count && s->alive; i++)
		if (s->all[i].used && s->all[i].pa == pa && !s->all[i].leaf && !awaits(&s->all[i]) &&
			descriptor_address(t, s->all[i].old, t->granule) == (t->pa & ~((1ull << t->granule) - 1)))
			return s->all[i].writer;
	return 0;
}

/* ---- TLBI and barriers. */

static bool in_scope(const struct tlbi_scope *t, const struct stale *e)
{
	static const uint8_t granules[4] = {0, 12, 14, 16};
	const bool regimes[WALK_REGIMES] = {t->el10, t->el20, t->el2, t->el3, t->stage2};

	if (!regimes[e->regime])
		return false;
	if (t->by_asid)
		return !e->global && e->asid == t->asid;
	if (!t->by_va)
		return true;
	if (t->last_level && !e->leaf)
		return false;
	if (!t->any_asid && !e->global && e->asid != t->asid)
		return false;
	/* TTL is a promise about the level of the leaf. */
	if (t->ttl && e->leaf && (granules[t->ttl >> 2] != e->granule || (t->ttl & 3) != e->level))
		return false;
	/* Which of its places is meant is not known: what is below them decides. */
	if (e->shared)
		return ((t->va - e->base) & SPAN_MASK) < e->size || ((e->base - t->va) & SPAN_MASK) < t->size;
	return t->va < e->base + e->size && e->base < t->va + t->size;
}

static void issue(struct model *m, struct stale *e, const struct tlbi *t, const struct tlbi_scope *scope, uint32_t who)
{
	exercised(m, RULE_T6);
	/* Before the DSB of the change a walk may still bring the old one in again (rule T7). */
	if (!e->ordered) {
		e->early = true;
		e->early_who = who;
		return;
	}
	for (unsigned i = 0; i < e->tlbi_count; i++) {
		if (e->tlbi[i].cpu == t->at.cpu) {
			e->tlbi[i].local &= scope->local;
			return;
		}
	}
	numbers_add(&m->stale->cpu[t->at.cpu].touched, number_of(m->stale, e));
	if (e->tlbi_count < TLBIS)
		e->tlbi[e->tlbi_count++] = (struct tlbi_pending){t->at.cpu, scope->local, who};
	m->stale->cpu[t->at.cpu].tlbi_pending = true;
}

static void issue_list(
	struct model *m, uint32_t number, const struct tlbi *t, const struct tlbi_scope *scope, uint32_t who)
{
	for (; number; number = m->stale->all[number - 1].next)
		if (!awaits(&m->stale->all[number - 1]) && in_scope(scope, &m->stale->all[number - 1]))
			issue(m, &m->stale->all[number - 1], t, scope, who);
}

/* Those that a TLBI by VA may name, where they are few: false: look at all. */
static bool issue_by_va(struct model *m, const struct tlbi *t, const struct tlbi_scope *scope, uint32_t who)
{
	struct stale_set *s = m->stale;
	bool asid = (scope->el10 || scope->el20) && !scope->any_asid;

	if (!scope->by_va || scope->size > 16ull << SPAN_SHIFT)
		return false;
	if ((scope->el10 || scope->el20) && scope->any_asid && (s->high_with_asid || !(scope->va >> 63)))
		return false;
	issue_list(m, *large_for(s, NO_ASID), t, scope, who);
	if (asid)
		issue_list(m, *large_for(s, scope->asid), t, scope, who);
	for (uint64_t span = scope->va >> SPAN_SHIFT; span <= (scope->va + scope->size - 1) >> SPAN_SHIFT; span++) {
		uint32_t global = *bucket_for(s, span << SPAN_SHIFT, NO_ASID);
		uint32_t own = asid ? *bucket_for(s, span << SPAN_SHIFT, scope->asid) : 0;

		issue_list(m, global, t, scope, who);
		if (own != global)
			issue_list(m, own, t, scope, who);
	}
	return true;
}

void model_tlbi(struct model *m, const struct tlbi *t)
{
	struct stale_set *s = m->stale;
	struct cpu *cpu = model_cpu_of(m, t->at.cpu);
	struct tlbi_scope scope;
	uint32_t who;

	m->counts.events++;
	m->mappings++;
	if (!cpu || !tlbi_decode(cpu, t, &scope))
		return;
	registers_invalidated(m, t, &scope);
	s->cpu[t->at.cpu].last = *t;
	s->cpu[t->at.cpu].last_tick = ++m->tick;
	if (!scope.by_va && s->cpu[t->at.cpu].flushes < 4)
		s->cpu[t->at.cpu].flush[s->cpu[t->at.cpu].flushes++] = scope;
	if (!s->alive)
		return;
	who = writer_of_place(m, &t->at, scope.va, ATTRIBUTES_NONE);
	if (issue_by_va(m, t, &scope, who))
		return;
	for (uint32_t i = 0; i < s->count; i++)
		if (s->all[i].used && !awaits(&s->all[i]) && in_scope(&scope, &s->all[i]))
			issue(m, &s->all[i], t, &scope, who);
}

/* Nothing from before the start is in a TLB any more (rule T8). */
static void known(struct model *m, const struct tlbi_scope *scope, unsigned cpu, bool local)
{
	uint8_t regimes = (uint8_t)(scope->el10 << WALK_EL10 | scope->el20 << WALK_EL20 | scope->el2 << WALK_EL2 |
				    scope->el3 << WALK_EL3 | scope->stage2 << WALK_STAGE2);

	for (unsigned i = 0; i < MODEL_CPUS && !scope->by_asid; i++)
		if (m->cpus[i] && m->cpus[i]->on && (i == cpu || !local))
			m->cpus[i]->tlb_known |= regimes;
}

void translation_barrier(struct model *m, const struct barrier *b)
{
	struct stale_set *s = m->stale;
	typeof(&s->cpu[0]) c = &s->cpu[b->at.cpu];
	bool full = b->types == BARRIER_FULL, alone = b->domain != DOMAIN_NONE || !model_others_cached(m, b->at.cpu);
	uint32_t kept_touched = 0;

	if (b->kind != BARRIER_DSB || b->types == BARRIER_LOADS)
		return;
	for (unsigned i = 0; c->any && i < FRESH; i++)
		c->fresh[i].dsb = true;
	for (unsigned i = 0; full && i < c->flushes; i++) {
		if (m->config.options.initial_tlb == INITIAL_TLB_UNKNOWN)
			exercised(m, RULE_T8);
		known(m, &c->flush[i], b->at.cpu, c->flush[i].local || !alone);
		tables_flushed(m, &c->flush[i], c->flush[i].local || !alone ? b->at.cpu : -1);
	}
	if (full)
		c->flushes = 0;
	/* Whose CPU it was: another one that knows of the write orders it as well (rule X6). */
	for (uint32_t i = 0; i < s->unordered.count; i++)
		s->all[s->unordered.all[i] - 1].ordered = true;
	s->unordered.count = 0;
	if (!c->tlbi_pending || !full)
		return;
	c->tlbi_pending = false;
	for (uint32_t i = 0; i < c->touched.count; i++) {
		struct stale *e = &s->all[c->touched.all[i] - 1];
		unsigned kept = 0;

		if (!e->used || awaits(e))
			continue;
		for (unsigned n = 0; n < e->tlbi_count; n++) {
			if (e->tlbi[n].cpu != b->at.cpu) {
				e->tlbi[kept++] = e->tlbi[n];
				continue;
			}
			exercised(m, RULE_T7);
			if (cpu_set_has(&e->cpus, b->at.cpu) && !m->config.ids.ets2) {
				cpu_set_add(&e->late, b->at.cpu);
				c->awaits = true;
			}
			if (e->tlbi[n].local || !alone)
				cpu_set_remove(&e->cpus, b->at.cpu);
			else
				memset(&e->cpus, 0, sizeof(e->cpus));
		}
		e->tlbi_count = (uint8_t)kept;
		if (!cpu_set_empty(&e->cpus))
			continue;
		if (cpu_set_empty(&e->late)) {
			drop(s, e);
			continue;
		}
		end_suspicion(s, e);
	}
	/* What is left to do is a context synchronization. */
	for (uint32_t i = 0; i < c->touched.count; i++)
		if (cpu_set_has(&s->all[c->touched.all[i] - 1].late, b->at.cpu))
			c->touched.all[kept_touched++] = c->touched.all[i];
	c->touched.count = kept_touched;
}

/* What is left for the next DSB are TLBIs that none has completed; or the list would have each entry again and again.
 */
static void end_awaiting(struct stale_set *s, unsigned cpu)
{
	struct numbers *touched = &s->cpu[cpu].touched;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < touched->count; i++) {
		struct stale *e = &s->all[touched->all[i] - 1];

		if (!e->used)
			continue;
		cpu_set_remove(&e->late, cpu);
		if (awaits(e) && cpu_set_empty(&e->late))
			drop(s, e);
		else if (e->tlbi_count)
			touched->all[kept++] = touched->all[i];
	}
	touched->count = kept;
	s->cpu[cpu].awaits = false;
}

void translation_synchronized(struct model *m, const struct sync *sync)
{
	struct stale_set *s = m->stale;
	typeof(&s->cpu[0]) c = &s->cpu[sync->at.cpu];

	if (c->any) {
		c->any = false;
		for (unsigned i = 0; i < FRESH; i++) {
			/* Still invisible: no DSB. */
			if (c->fresh[i].used && !c->fresh[i].dsb)
				c->any = true;
			else
				c->fresh[i].used = false;
		}
	}
	if (c->awaits)
		end_awaiting(s, sync->at.cpu);
	if (sync->kind != SYNC_RETURN || sync->to_el >= sync->at.el || !s->suspicions)
		return;
	for (uint32_t i = 0; i < s->count; i++) {
		struct stale *e = &s->all[i];

		if (!e->used || e->writer_cpu != sync->at.cpu || !e->suspicion || e->bears || e->tlbi_count)
			continue;
		let_out(m, e);
	}
}

void translation_reset(struct model *m, unsigned cpu)
{
	struct stale_set *s = m->stale;

	free(s->cpu[cpu].touched.all);
	memset(&s->cpu[cpu], 0, sizeof(s->cpu[cpu]));
	for (uint32_t i = 0; i < s->count && s->alive; i++) {
		struct stale *e = &s->all[i];

		if (!e->used)
			continue;
		cpu_set_remove(&e->cpus, cpu);
		cpu_set_remove(&e->late, cpu);
		if (awaits(e) && cpu_set_empty(&e->late))
			drop(s, e);
	}
}

void translation_finish(struct model *m)
{
	struct stale_set *s = m->stale;

	for (uint32_t i = 0; i < s->count && s->alive; i++) {
		struct stale *e = &s->all[i];

		if (!e->used || !e->suspicion || e->bears)
			continue;
		let_out(m, e);
	}
}

/* ---- Somebody translates. */

static bool may_hold(const struct stale *e, const struct table_walk *w, bool high)
{
	if (e->regime != w->regime || e->high != high || e->space != w->space ||
		(!cpu_set_has(&e->cpus, w->at.cpu) && !cpu_set_has(&e->late, w->at.cpu)))
		return false;
	if ((w->regime == WALK_EL10 || w->regime == WALK_STAGE2) && e->vmid != w->vmid)
		return false;
	if (!e->global && e->asid != w->asid)
		return false;
	if (!e->shared)
		return w->va - e->base < e->size;
	for (unsigned i = 0; i < w->count; i++)
		if (w->step[i].pa == e->pa)
			return true;
	return false;
}

/* What the old descriptor makes of @va. */
static bool old_outcome(struct model *m, const struct stale *e, uint64_t va, uint64_t *output, uint64_t *value)
{
	struct table like = {.format = e->format, .granule = e->granule};
	const struct table *below;

	if (e->leaf) {
		*value = e->old;
		*output = descriptor_address(&like, e->old, e->shift) | (va & ((1ull << e->shift) - 1));
		return true;
	}
	below = tables_find(m, e->space, descriptor_address(&like, e->old, e->granule));
	return below && tables_leaf(m, below, va, output, value);
}

/* Would @value let through what @w took a fault for? Not by rights that tables above the last, or registers, take away.
 */
static bool permits(const struct table_walk *w, uint64_t value)
{
	bool two = w->regime <= WALK_EL20, user = two && w->at.el == 0;

	switch (w->fault) {
	case FAULT_READ:
		return !user || value & BIT(6);
	case FAULT_WRITE:
		return !(value & BIT(7)) && (!user || value & BIT(6));
	case FAULT_EXECUTE:
		if (user || !two)
			return !(value & BIT(54));
		/* What EL0 may write, EL1 does not execute. */
		return !(value & BIT(53)) && (value & (BIT(6) | BIT(7))) != BIT(6);
	default:
		return true;
	}
}

/* What a TLB may still make of an address: where it leads, by which leaf. */
struct held {
	uint64_t output, leaf;
};

static bool differs(struct model *m, const struct stale *e, const struct table_walk *w, struct held *held)
{
	uint64_t attributes = 0xfull << 2, output; /* AttrIndx and NS, or MemAttr */
	struct table like = {.format = w->format, .granule = w->granule};
	const struct walk_step *leaf;

	if (!old_outcome(m, e, w->va, &held->output, &held->leaf) || !permits(w, held->leaf))
		return false;
	if (!w->translates || !w->count)
		return true;
	leaf = &w->step[w->count - 1];
	if (w->fault && !permits(w, leaf->value))
		return true;
	output = descriptor_address(&like, leaf->value, leaf->shift) | (w->va & ((1ull << leaf->shift) - 1));
	if (w->format != TABLES_LPA2)
		attributes |= 3ull << 8;
	return output != held->output || (held->leaf ^ leaf->value) & attributes;
}

/* Why @scope, by VA, does not cover @e. */
static void name_address(const struct stale *e, const struct tlbi *t, const struct tlbi_scope *scope, char *text,
	size_t size, const char *name)
{
	const uint64_t field = (1ull << 44) - 1;

	if (scope->va >= e->base + e->size || e->base >= scope->va + scope->size) {
		if (((t->operand - e->base) & field) < e->size)
			snprintf(text, size,
				"TLBI %s was executed: its operand 0x%" PRIx64
				" has the address where bits 55 to 12 of it belong",
				name, t->operand);
		else
			snprintf(text, size,
				"TLBI %s was executed: operand 0x%" PRIx64 " covers 0x%" PRIx64
				", the mapping is at 0x%" PRIx64,
				name, t->operand, scope->va, e->base);
	} else if (scope->last_level && !e->leaf) {
		snprintf(text, size, "TLBI %s was executed, which covers the last level only", name);
	} else if (!scope->any_asid && !e->global && scope->asid != e->asid) {
		snprintf(text, size, "TLBI %s was executed for ASID 0x%x, the mapping's is 0x%x", name, scope->asid,
			e->asid);
	} else if (scope->ttl) {
		snprintf(text, size,
			"TLBI %s was executed for level %u of the %u KiB granule (TTL), the mapping is at "
			"level %u of %u KiB",
			name, scope->ttl & 3, 1u << 2 * (scope->ttl >> 2), e->level, 1u << (e->granule - 10));
	}
}

/* What the last TLBI of the CPU that changed the descriptor, if it came after that, did not do. */
static void name_near_miss(struct model *m, const struct stale *e, struct finding *f)
{
	typeof(&m->stale->cpu[0]) c = &m->stale->cpu[e->writer_cpu];
	struct tlbi_scope scope;
	char name[TLBI_NAME];

	if (c->last_tick <= e->tick || !tlbi_decode(m->cpus[e->writer_cpu], &c->last, &scope))
		return;
	const bool regimes[WALK_REGIMES] = {scope.el10, scope.el20, scope.el2, scope.el3, scope.stage2};

	tlbi_name(c->last.opcode, name);
	if (in_scope(&scope, e)) {
		if (scope.local && f->cpu != e->writer_cpu)
			snprintf(f->detail, sizeof(f->detail),
				"TLBI %s was executed, which acts on the TLB of its own CPU only", name);
	} else if (!regimes[e->regime]) {
		snprintf(f->detail, sizeof(f->detail), "TLBI %s was executed, which is for another translation regime",
			name);
	} else if (scope.by_va) {
		name_address(e, &c->last, &scope, f->detail, sizeof(f->detail), name);
	} else if (e->global) {
		snprintf(f->detail, sizeof(f->detail), "TLBI %s was executed, which leaves what is global", name);
	} else {
		snprintf(f->detail, sizeof(f->detail), "TLBI %s was executed for ASID 0x%x, the mapping's is 0x%x",
			name, scope.asid, e->asid);
	}
}

static void report(struct model *m, struct stale *e, const struct table_walk *w, const struct held *held)
{
	bool bears = w->fault && w->regime <= WALK_EL20 && held->leaf & DESCRIPTOR_NG;
	struct access access = {.at = w->at, .va = w->va, .pa = w->output, .space = w->space};
	const struct tlbi_pending *own = NULL;
	struct finding *f;

	for (unsigned i = 0; i < e->tlbi_count; i++)
		own = &e->tlbi[i];
	if (own || e->early || !cpu_set_has(&e->cpus, w->at.cpu))
		exercised(m, RULE_T7);
	if (!cpu_set_has(&e->cpus, w->at.cpu)) {
		f = judge_begin(m, KIND_STALE_TRANSLATION, SEVERITY_WARNING, &w->at, &access, RULE(T7),
			w->fault ? "fault after a TLBI and its DSB, with no context synchronization on this CPU since: "
				   "the access may have been translated before, and go through"
				 : "access after a TLBI and its DSB, with no context synchronization on this CPU "
				   "since: it may have been translated before",
			"ISB after the DSB");
	} else if (own) {
		f = judge_begin(m, KIND_INCOMPLETE_MAINTENANCE, SEVERITY_ERROR, &w->at, &access, RULE(T7),
			w->fault ? "fault that relies on a TLBI which no DSB has completed: the access may go through"
				 : "access that relies on a TLBI which no DSB has completed",
			"DSB (ISH, or SY) between the TLBI and this access, then ISB");
		f->before = *writers_get(m->writers, own->who);
	} else if (e->early) {
		f = judge_begin(m, KIND_MAINTENANCE_ORDER, SEVERITY_ERROR, &w->at, &access, RULE(T7),
			"access through a translation that was invalidated before the DSB of its table's write: a TLB "
			"may have "
			"fetched the old descriptor again",
			"DSB ISHST (or ISH) between the write of the descriptor and the TLBI");
		f->before = *writers_get(m->writers, e->early_who);
	} else {
		if (w->at.cpu != e->writer_cpu)
			exercised(m, RULE_T6);
		f = judge_begin(m, KIND_STALE_TRANSLATION, SEVERITY_ERROR, &w->at, &access,
			w->at.cpu == e->writer_cpu ? RULE(T4) : RULES(T4, T6),
			w->fault ? "fault at an address whose translation was taken away or restricted, while a TLB "
				   "may still hold the old one: the access may go through"
			: w->translates
				? "access to a page whose translation was changed, while a TLB may still hold the "
				  "old one"
				: "access to a page that is not mapped any more, through a translation that a TLB "
				  "still holds",
			"after the write of the descriptor: DSB ISHST, TLBI of this address (inner shareable when "
			"other "
			"CPUs use it), DSB ISH, ISB");
		name_near_miss(m, e, f);
	}
	f->is_translation = true;
	f->writer = *writers_get(m->writers, e->writer);
	f->may_be_pa = held->output;
	snprintf(f->root, sizeof(f->root), "table@0x%" PRIx64, f->writer.pc);
	if (e->gone_on || (w->at.cpu == e->writer_cpu && !bears)) {
		judge_emit(m, f, e->writer);
		return;
	}
	if (e->suspicion)
		return;
	e->bears = bears;
	e->suspicion = malloc(sizeof(*f));
	if (!e->suspicion)
		return;
	*e->suspicion = *f;
	m->stale->suspicions++;
}

static void used_stale(struct model *m, uint32_t number, const struct table_walk *w, bool high)
{
	struct stale_set *s = m->stale;

	for (; number; number = s->all[number - 1].next) {
		struct stale *e = &s->all[number - 1];
		struct held held;

		if (may_hold(e, w, high) && differs(m, e, w, &held))
			report(m, e, w, &held);
	}
}

static void used_fresh(struct model *m, const struct table_walk *w, bool high)
{
	typeof(&m->stale->cpu[0]) c = &m->stale->cpu[w->at.cpu];

	if (!w->translates || w->fault || w->at.el == 0 || m->config.options.spurious_faults == SPURIOUS_OFF)
		return;
	for (unsigned i = 0; i < FRESH; i++) {
		struct access access = {.at = w->at, .va = w->va, .pa = w->output, .space = w->space};
		struct fresh *fresh = &c->fresh[i];
		struct finding *f;

		if (!fresh->used || fresh->regime != w->regime || fresh->high != high ||
			w->va - fresh->base >= fresh->size || (fresh->dsb && m->config.ids.ets2))
			continue;
		fresh->used = false;
		f = judge_begin(m, KIND_UNORDERED_TABLE_WRITE, SEVERITY_WARNING, &w->at, &access, RULE(T1),
			fresh->dsb
				? "access through a descriptor that was written with no context synchronization since: "
				  "it may fault"
				: "access through a descriptor that was written with no DSB since: the walk may not "
				  "see "
				  "it, and fault",
			fresh->dsb ? "ISB after the DSB" : "DSB ISHST after the write of the descriptor, then ISB");
		f->is_translation = true;
		f->writer = *writers_get(m->writers, fresh->writer);
		snprintf(f->root, sizeof(f->root), "table@0x%" PRIx64, f->writer.pc);
		judge_emit(m, f, fresh->writer);
	}
}

void translation_unknown(struct model *m, struct cpu *cpu, const struct table_walk *w)
{
	struct access access = {.at = w->at, .va = w->va, .pa = w->output, .space = w->space};
	struct finding *f;

	cpu->tlb_known |= (uint8_t)(1u << w->regime);
	if (w->regime == WALK_STAGE2)
		return;
	exercised(m, RULE_T8);
	f = judge_begin(m, KIND_STALE_TRANSLATION, SEVERITY_WARNING, &w->at, &access, RULE(T8),
		"first access that this CPU translates in this regime, with no TLBI of all of it since its start: "
		"the TLB may hold anything",
		"TLBI VMALLE1 (ALLE2, ALLE3), DSB NSH, ISB before the MMU is switched on");
	f->is_translation = true;
	f->assumption = "initial-tlb=unknown";
	judge_emit(m, f, writer_of_place(m, &w->at, 0, ATTRIBUTES_NONE));
}

bool model_tlbs_differ(const struct model *m)
{
	return m->stale->alive;
}

void translation_used(struct model *m, const struct table_walk *w)
{
	struct stale_set *s = m->stale;
	bool high = w->regime <= WALK_EL20 && w->va >> 55 & 1;

	if (s->alive) {
		uint32_t global = *bucket_for(s, w->va, NO_ASID), own = *bucket_for(s, w->va, w->asid);

		used_stale(m, global, w, high);
		if (own != global)
			used_stale(m, own, w, high);
		used_stale(m, *large_for(s, NO_ASID), w, high);
		used_stale(m, *large_for(s, w->asid), w, high);
	}
	if (s->cpu[w->at.cpu].any)
		used_fresh(m, w, high);
}
