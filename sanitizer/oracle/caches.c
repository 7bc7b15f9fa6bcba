/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A state:
 *      bits 0-3    memory: a value for each location
 *      bits 4-19   copies: for each PE and location 4 bits: kind (absent, clean, dirty) and value
 *      bits 20-25  DCs that have not executed, by number in the past
 *      bits 26-37  stores that have not arrived, likewise
 */
#include <stdlib.h>
#include <string.h>

#include "caches.h"

enum { ABSENT, CLEAN, DIRTY };

#define OPS_SHIFT    20
#define STORES_SHIFT 26
#define OPS          6
#define STORES       12
#define BIT(n)       (1ull << (n))

/* The closure's set: open addressing, emptied by a new round number. */
#define BUCKETS (1u << 18)

struct caches {
	uint64_t key[BUCKETS];
	uint32_t round[BUCKETS];
	uint32_t now;
	struct states *out;
};

struct caches *caches_new(void)
{
	return calloc(1, sizeof(struct caches));
}

void caches_free(struct caches *c)
{
	free(c);
}

void states_free(struct states *s)
{
	free(s->all);
	memset(s, 0, sizeof(*s));
}

static void round_begin(struct caches *c, struct states *out)
{
	c->now++;
	c->out = out;
	out->count = 0;
}

static void reach(struct caches *c, uint64_t state)
{
	uint32_t at = (uint32_t)((state * 0x9e3779b97f4a7c15u) >> 46);

	while (c->round[at] == c->now) {
		if (c->key[at] == state)
			return;
		at = (at + 1) & (BUCKETS - 1);
	}
	c->round[at] = c->now;
	c->key[at] = state;
	if (c->out->count == c->out->room) {
		c->out->room = c->out->room ? c->out->room * 2 : 64;
		c->out->all = realloc(c->out->all, c->out->room * sizeof(uint64_t));
		if (!c->out->all)
			abort();
	}
	/* The hash table must stay sparse. */
	if (c->out->count > BUCKETS / 2)
		abort();
	c->out->all[c->out->count++] = state;
}

static unsigned memory(uint64_t s, unsigned location)
{
	return s >> 2 * location & 3;
}

static uint64_t with_memory(uint64_t s, unsigned location, unsigned value)
{
	return (s & ~(uint64_t)(3u << 2 * location)) | (uint64_t)value << 2 * location;
}

static unsigned copy_shift(unsigned pe, unsigned location)
{
	return 4 + 8 * pe + 4 * location;
}

static unsigned kind(uint64_t s, unsigned pe, unsigned location)
{
	return s >> copy_shift(pe, location) & 3;
}

static unsigned held(uint64_t s, unsigned pe, unsigned location)
{
	return s >> (copy_shift(pe, location) + 2) & 3;
}

static uint64_t with_copy(uint64_t s, unsigned pe, unsigned location, unsigned copy, unsigned value)
{
	unsigned shift = copy_shift(pe, location);

	return (s & ~(uint64_t)(15u << shift)) | (uint64_t)(copy | (copy == ABSENT ? 0 : value) << 2) << shift;
}

static unsigned line_of(const struct setting *t, unsigned location)
{
	return t->layout == LAYOUT_LINE ? 0 : location;
}

static bool in_line(const struct setting *t, unsigned location, unsigned line)
{
	return line_of(t, location) == line;
}

static unsigned lines(const struct setting *t)
{
	return t->layout == LAYOUT_LINE ? 1 : 2;
}

static bool present(const struct setting *t, uint64_t s, unsigned pe, unsigned line)
{
	return kind(s, pe, t->layout == LAYOUT_LINE ? 0 : line) != ABSENT;
}

static bool dirty(const struct setting *t, uint64_t s, unsigned pe, unsigned line)
{
	for (unsigned l = 0; l < 2; l++)
		if (in_line(t, l, line) && kind(s, pe, l) == DIRTY)
			return true;
	return false;
}

static uint64_t drop(const struct setting *t, uint64_t s, unsigned pe, unsigned line)
{
	for (unsigned l = 0; l < 2; l++)
		if (in_line(t, l, line))
			s = with_copy(s, pe, l, ABSENT, 0);
	return s;
}

/* A PE's line is written back: its dirty bytes, and with @all its clean ones. It stays, clean. */
static uint64_t write_back(const struct setting *t, uint64_t s, unsigned pe, unsigned line, bool all)
{
	for (unsigned l = 0; l < 2; l++) {
		if (!in_line(t, l, line) || kind(s, pe, l) == ABSENT)
			continue;
		if (all || kind(s, pe, l) == DIRTY)
			s = with_memory(s, l, held(s, pe, l));
		s = with_copy(s, pe, l, CLEAN, held(s, pe, l));
	}
	return s;
}

/* Every state in which PE has a copy of the line that it may get from elsewhere. */
static unsigned fetch(const struct setting *t, uint64_t s, unsigned pe, unsigned line, uint64_t out[4])
{
	unsigned count = 0;

	for (unsigned from = 0; from < t->pes; from++) {
		uint64_t n = s;

		if (from == pe || !present(t, s, from, line))
			continue;
		for (unsigned l = 0; l < 2; l++)
			if (in_line(t, l, line))
				n = with_copy(n, pe, l, CLEAN, held(s, from, l));
		out[count++] = n;
		if (dirty(t, s, from, line))
			return count;
	}
	for (unsigned l = 0; l < 2; l++)
		if (in_line(t, l, line))
			s = with_copy(s, pe, l, CLEAN, memory(s, l));
	out[count++] = s;
	return count;
}

static bool may_allocate(const struct past *p, unsigned pe)
{
	return p->mmu[pe] || p->was_on[pe];
}

static void execute(struct caches *c, const struct setting *t, const struct past *p, uint64_t s, unsigned op)
{
	unsigned line = p->op[op].line;

	s &= ~BIT(OPS_SHIFT + op);
	switch (p->op[op].kind) {
	case LETTER_IVAC:
		for (unsigned pe = 0; pe < t->pes; pe++)
			s = drop(t, s, pe, line);
		reach(c, s);
		return;
	default:
		for (unsigned all = 0; all < 2; all++) {
			uint64_t n = s;

			for (unsigned pe = 0; pe < t->pes; pe++) {
				if (dirty(t, n, pe, line))
					n = write_back(t, n, pe, line, all);
				if (p->op[op].kind == LETTER_CIVAC)
					n = drop(t, n, pe, line);
			}
			reach(c, n);
		}
	}
}

/* A cacheable store is made: in the only copy from now on, with what was dirty elsewhere. */
static void write_cached(
	struct caches *c, const struct setting *t, uint64_t s, unsigned pe, unsigned location, unsigned value)
{
	unsigned line = line_of(t, location), count = 1;
	uint64_t out[4] = {s};

	if (!present(t, s, pe, line))
		count = fetch(t, s, pe, line, out);
	for (unsigned n = 0; n < count; n++) {
		uint64_t next = out[n];

		for (unsigned other = 0; other < t->pes; other++) {
			if (other == pe)
				continue;
			for (unsigned l = 0; l < 2; l++)
				if (in_line(t, l, line) && kind(next, other, l) == DIRTY)
					next = with_copy(next, pe, l, DIRTY, held(next, other, l));
			next = drop(t, next, other, line);
		}
		reach(c, with_copy(next, pe, location, DIRTY, value));
	}
}

/* Is a cacheable store by the PE on its way that one of @location does not overtake: to the same granule? */
static bool is_late(const struct setting *t, const struct past *p, uint64_t s, unsigned pe, unsigned location)
{
	for (unsigned i = 0; i < p->stores; i++)
		if (s >> (STORES_SHIFT + i) & 1 && p->store[i].pe == pe && p->store[i].cached &&
			(p->store[i].location == location || t->layout != LAYOUT_APART))
			return true;
	return false;
}

/* The last store of a location by a PE that is still on its way, -1: none. */
static int last_store(const struct past *p, uint64_t s, unsigned pe, unsigned location, bool cached)
{
	for (unsigned i = p->stores; i--;)
		if (s >> (STORES_SHIFT + i) & 1 && p->store[i].pe == pe && p->store[i].location == location &&
			p->store[i].cached == cached)
			return (int)i;
	return -1;
}

static void follow(struct caches *c, const struct setting *t, const struct past *p, uint64_t s)
{
	for (unsigned pe = 0; pe < t->pes; pe++) {
		for (unsigned line = 0; line < lines(t); line++) {
			uint64_t out[4];

			if (p->at_risk[line])
				reach(c, drop(t, s, pe, line));
			if (!present(t, s, pe, line)) {
				if (!may_allocate(p, pe))
					continue;
				for (unsigned n = fetch(t, s, pe, line, out); n--;)
					reach(c, out[n]);
				continue;
			}
			if (!dirty(t, s, pe, line)) {
				reach(c, drop(t, s, pe, line));
				continue;
			}
			for (unsigned all = 0; all < 2; all++) {
				uint64_t n = write_back(t, s, pe, line, all);

				reach(c, n);
				if (t->layout != LAYOUT_GRANULE)
					continue;
				for (unsigned other = 0; other < t->pes; other++)
					if (present(t, n, other, !line))
						reach(c, write_back(t, n, other, !line, true));
			}
		}
	}
	for (unsigned i = 0; i < p->stores; i++) {
		bool first = true;

		if (!(s >> (STORES_SHIFT + i) & 1))
			continue;
		for (unsigned j = 0; j < i; j++)
			if (s >> (STORES_SHIFT + j) & 1 && p->store[j].pe == p->store[i].pe &&
				(p->store[j].location == p->store[i].location ||
					(p->store[j].cached && t->layout != LAYOUT_APART)))
				first = false;
		if (!first)
			continue;
		if (p->store[i].cached)
			write_cached(c, t, s & ~BIT(STORES_SHIFT + i), p->store[i].pe, p->store[i].location,
				p->store[i].value);
		else
			reach(c, with_memory(s & ~BIT(STORES_SHIFT + i), p->store[i].location, p->store[i].value));
	}
	for (unsigned i = 0; i < p->ops; i++) {
		bool first = true;

		if (!(s >> (OPS_SHIFT + i) & 1))
			continue;
		for (unsigned j = 0; j < i; j++)
			if (s >> (OPS_SHIFT + j) & 1 && p->op[j].pe == p->op[i].pe && p->op[j].line == p->op[i].line)
				first = false;
		if (first)
			execute(c, t, p, s, i);
	}
}

static void close_set(struct caches *c, const struct setting *t, const struct past *p)
{
	for (size_t i = 0; i < c->out->count; i++)
		follow(c, t, p, c->out->all[i]);
}

void caches_begin(struct caches *c, const struct setting *t, struct past *p, struct states *states)
{
	uint64_t s = 0;

	memset(p, 0, sizeof(*p));
	for (unsigned pe = 0; pe < t->pes; pe++)
		p->mmu[pe] = t->mmu[pe];
	for (unsigned l = 0; l < 2; l++) {
		s = with_memory(s, l, t->initially);
		p->newest[l] = t->initially;
		p->written[l] = !t->unknown;
	}
	round_begin(c, states);
	reach(c, s);
	if (t->start != START_INVALID) {
		/* Any line in any cache, as if everybody could allocate before the program. */
		struct past before = *p;

		before.was_on[0] = before.was_on[1] = true;
		if (t->start == START_DIRTY) {
			for (unsigned pe = 0; pe < t->pes; pe++) {
				uint64_t both = s;

				for (unsigned line = 0; line < lines(t); line++) {
					uint64_t one = s;

					for (unsigned l = 0; l < 2; l++) {
						if (!in_line(t, l, line))
							continue;
						one = with_copy(one, pe, l, DIRTY, VALUE_STALE);
						both = with_copy(both, pe, l, DIRTY, VALUE_STALE);
					}
					reach(c, one);
				}
				reach(c, both);
			}
		}
		close_set(c, t, &before);
	}
	close_set(c, t, p);
}

static bool is_access(unsigned k)
{
	return k <= LETTER_LOAD_NC;
}

static bool is_dc(unsigned k)
{
	return k >= LETTER_CVAC && k <= LETTER_CIVAC;
}

/* Stores and DCs that must be over before this letter happens in its PE, under @cacheable attributes. */
static uint64_t must_be_over(const struct setting *t, const struct past *p, const struct letter *x, bool cacheable)
{
	uint64_t over = 0;

	for (unsigned i = 0; i < p->stores; i++) {
		bool dc = is_dc(x->kind) && x->kind != LETTER_CVAU &&
			  line_of(t, p->store[i].location) == line_of(t, x->location);

		if (p->store[i].pe == x->pe) {
			/* A DMB puts one with the MMU off before what the PE does with the line, not before an MSR. */
			if (x->kind == LETTER_DSB_SY || x->kind == LETTER_DSB_ISH ||
				(x->kind == LETTER_DMB_SY && !p->store[i].off) ||
				(p->store[i].ordered &&
					(is_access(x->kind) || (is_dc(x->kind) && x->kind != LETTER_CVAU)) &&
					line_of(t, p->store[i].location) == line_of(t, x->location)))
				over |= BIT(STORES_SHIFT + i);
			/* The DC's operand is cacheable for certain. */
			if (p->store[i].cached && dc && p->mmu[x->pe] && !p->was_off[x->pe])
				over |= BIT(STORES_SHIFT + i);
		} else if (p->store[i].ordered && p->store[i].off && x->kind == LETTER_MMU_ON) {
			over |= BIT(STORES_SHIFT + i);
		} else if (p->store[i].cached) {
			if (dc || ((x->kind == LETTER_STORE || x->kind == LETTER_STORE_NC) &&
					  (p->store[i].location == x->location || t->layout != LAYOUT_APART)))
				over |= BIT(STORES_SHIFT + i);
		} else if ((is_access(x->kind) || is_dc(x->kind)) && x->kind != LETTER_CVAU &&
			   line_of(t, p->store[i].location) == line_of(t, x->location)) {
			over |= BIT(STORES_SHIFT + i);
		}
	}
	for (unsigned i = 0; i < p->ops; i++) {
		bool store = x->kind == LETTER_STORE || x->kind == LETTER_STORE_NC;

		if (p->op[i].pe != x->pe) {
			if (p->op[i].ordered && is_access(x->kind) && p->op[i].line == line_of(t, x->location))
				over |= BIT(OPS_SHIFT + i);
			continue;
		}
		if (x->kind == LETTER_DSB_SY || x->kind == LETTER_DSB_ISH)
			over |= BIT(OPS_SHIFT + i);
		if (!is_access(x->kind) || p->op[i].line != line_of(t, x->location))
			continue;
		if (!cacheable && store && p->op[i].ordered)
			over |= BIT(OPS_SHIFT + i);
	}
	return over;
}

/*
 * Would a cacheable access in this state come before an IVAC or CIVAC that its PE issued earlier? For IVAC: unless it
 * has executed. For CIVAC: if there is a copy that it should have dropped and that does not have to be written back.
 */
static bool comes_before(const struct setting *t, const struct past *p, const struct letter *x, uint64_t s)
{
	unsigned line = line_of(t, x->location);
	bool held = false, is_dirty = false;

	for (unsigned pe = 0; pe < t->pes; pe++) {
		held = held || present(t, s, pe, line);
		is_dirty = is_dirty || dirty(t, s, pe, line);
	}
	for (unsigned i = 0; i < p->ops; i++)
		if (s >> (OPS_SHIFT + i) & 1 && p->op[i].pe == x->pe && p->op[i].line == line &&
			(p->op[i].kind == LETTER_IVAC || (p->op[i].kind == LETTER_CIVAC && held && !is_dirty)))
			return true;
	return false;
}

/* A load or store of one PE in one state, under attributes that are certain. Returns the values of a load. */
static unsigned make_access(struct caches *c, const struct setting *t, const struct past *p, const struct letter *x,
	bool cacheable, uint64_t s)
{
	unsigned line = line_of(t, x->location), values = 0;
	bool seen = !cacheable || !comes_before(t, p, x, s), load = x->kind == LETTER_LOAD || x->kind == LETTER_LOAD_NC;
	int own = last_store(p, s, x->pe, x->location, cacheable);
	uint64_t out[4] = {s};
	unsigned count = 1;

	if (!cacheable) {
		unsigned value = memory(s, x->location);

		if (!load) {
			unsigned open = p->stores - 1;

			while (p->store[open].cached)
				open--;
			reach(c, s | BIT(STORES_SHIFT + open));
			return 0;
		}
		if (own >= 0)
			value = p->store[own].value;
		reach(c, s);
		return 1u << value;
	}
	if (!load) {
		unsigned late = p->stores - 1;

		/* It may be made now, unless one that comes before it is late, or later. */
		while (!p->store[late].cached)
			late--;
		if (!is_late(t, p, s, x->pe, x->location))
			write_cached(c, t, s, x->pe, x->location, x->value);
		reach(c, s | BIT(STORES_SHIFT + late));
		return 0;
	}
	if (own >= 0) {
		reach(c, s);
		return 1u << p->store[own].value;
	}
	for (unsigned pe = 0; pe < t->pes; pe++)
		if (pe != x->pe && last_store(p, s, pe, x->location, true) >= 0)
			seen = false;
	if (!present(t, s, x->pe, line))
		count = fetch(t, s, x->pe, line, out);
	for (unsigned n = 0; n < count; n++) {
		if (seen)
			values |= 1u << held(out[n], x->pe, x->location);
		reach(c, out[n]);
	}
	return values;
}

bool letter_is_redundant(const struct past *p, const struct letter *x)
{
	switch (x->kind) {
	case LETTER_STORE_NC:
	case LETTER_LOAD_NC:
		return !p->mmu[x->pe];
	case LETTER_MMU_ON:
		return p->mmu[x->pe];
	case LETTER_MMU_OFF:
		return !p->mmu[x->pe];
	default:
		return false;
	}
}

/* Ops and stores that are over in every state need no number any more. */
static void forget(struct past *p, struct states *states)
{
	uint64_t alive = 0;
	unsigned op_to[PROGRAM_MAX], store_to[PROGRAM_MAX], ops = 0, stores = 0;

	for (size_t i = 0; i < states->count; i++)
		alive |= states->all[i];
	for (unsigned i = 0; i < p->ops; i++) {
		op_to[i] = ops;
		if (alive >> (OPS_SHIFT + i) & 1)
			p->op[ops++] = p->op[i];
	}
	for (unsigned i = 0; i < p->stores; i++) {
		store_to[i] = stores;
		if (alive >> (STORES_SHIFT + i) & 1)
			p->store[stores++] = p->store[i];
	}
	if (ops == p->ops && stores == p->stores)
		return;
	for (size_t i = 0; i < states->count; i++) {
		uint64_t s = states->all[i], n = s & (BIT(OPS_SHIFT) - 1);

		for (unsigned k = 0; k < p->ops; k++)
			if (s >> (OPS_SHIFT + k) & 1)
				n |= BIT(OPS_SHIFT + op_to[k]);
		for (unsigned k = 0; k < p->stores; k++)
			if (s >> (STORES_SHIFT + k) & 1)
				n |= BIT(STORES_SHIFT + store_to[k]);
		states->all[i] = n;
	}
	p->ops = ops;
	p->stores = stores;
}

unsigned caches_step(struct caches *c, const struct setting *t, const struct letter *x, const struct past *past_before,
	const struct states *before, struct past *p, struct states *after)
{
	bool regular = x->kind == LETTER_STORE || x->kind == LETTER_LOAD;
	bool cacheable = regular && past_before->mmu[x->pe];
	bool both = regular && (cacheable ? past_before->was_off[x->pe] : past_before->was_on[x->pe]);
	bool store = x->kind == LETTER_STORE || x->kind == LETTER_STORE_NC;
	unsigned values = 0;

	*p = *past_before;
	if (store) {
		p->newest[x->location] = x->value;
		p->written[x->location] = true;
		for (unsigned cached = 0; cached < 2; cached++) {
			if (cacheable != cached && !both)
				continue;
			p->store[p->stores].pe = x->pe;
			p->store[p->stores].location = x->location;
			p->store[p->stores].cached = cached;
			p->store[p->stores].off = !cached && !past_before->mmu[x->pe];
			p->store[p->stores].ordered = false;
			p->store[p->stores++].value = x->value;
		}
	}
	if (is_dc(x->kind) && x->kind != LETTER_CVAU) {
		p->op[p->ops].kind = x->kind;
		p->op[p->ops].pe = x->pe;
		p->op[p->ops].line = (uint8_t)line_of(t, x->location);
		p->op[p->ops++].ordered = false;
		if (x->kind == LETTER_IVAC && t->layout == LAYOUT_GRANULE)
			p->at_risk[!line_of(t, x->location)] |= (uint8_t)(1u << x->pe);
	}
	if (p->ops > OPS || p->stores > STORES)
		abort();
	switch (x->kind) {
	case LETTER_DMB_SY:
	case LETTER_DSB_SY:
	case LETTER_DSB_ISH:
		for (unsigned i = 0; i < p->ops; i++)
			if (p->op[i].pe == x->pe)
				p->op[i].ordered = true;
		for (unsigned i = 0; i < p->stores; i++)
			if (p->store[i].pe == x->pe)
				p->store[i].ordered = true;
		for (unsigned line = 0; line < 2; line++)
			p->at_risk[line] &= (uint8_t) ~(1u << x->pe);
		break;
	case LETTER_MMU_ON:
		p->was_off[x->pe] = true;
		p->mmu[x->pe] = true;
		break;
	case LETTER_MMU_OFF:
		p->was_on[x->pe] = true;
		p->mmu[x->pe] = false;
		break;
	case LETTER_ISB:
		p->was_on[x->pe] = p->was_off[x->pe] = false;
		break;
	default:
		break;
	}

	round_begin(c, after);
	for (size_t i = 0; i < before->count; i++) {
		uint64_t s = before->all[i];

		for (unsigned way = 0; way <= both; way++) {
			bool cached = way ? !cacheable : cacheable;

			if (s & must_be_over(t, past_before, x, cached))
				continue;
			if (store && cached && comes_before(t, past_before, x, s))
				continue;
			if (is_access(x->kind))
				values |= make_access(c, t, p, x, cached, s);
			else if (is_dc(x->kind) && x->kind != LETTER_CVAU)
				reach(c, s | BIT(OPS_SHIFT + p->ops - 1));
			else
				reach(c, s);
		}
	}
	close_set(c, t, p);
	forget(p, after);
	return values;
}
