/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "machine.h"

static bool in_line(const struct machine *m, unsigned cell, unsigned line)
{
	return m->program->line_of[cell] == line;
}

/* Lines are numbered as cells are, with gaps: @line is one if some cell is in it. */
static bool is_line(const struct machine *m, unsigned line)
{
	for (unsigned c = 0; c < m->program->cells; c++)
		if (in_line(m, c, line))
			return true;
	return false;
}

/* The strongest kind of copy that a cache has of the line. */
static unsigned line_kind(const struct machine *m, const struct state *s, unsigned pe, unsigned line)
{
	unsigned kind = COPY_ABSENT;

	for (unsigned c = 0; c < m->program->cells; c++)
		if (in_line(m, c, line) && COPY_KIND(s->copy[pe][c]) > kind)
			kind = COPY_KIND(s->copy[pe][c]);
	return kind;
}

static bool may_allocate(const struct machine *m, const struct state *s, unsigned pe, unsigned line)
{
	return m->allocates[pe][line] & s->regimes[pe];
}

static bool coherent(const struct machine *m, unsigned pe, unsigned other, unsigned share)
{
	const struct program *p = m->program;

	if (pe == other)
		return true;
	if (p->agent[pe] == AGENT_DMA || p->agent[other] == AGENT_DMA)
		return false;
	return share == SHARE_OUTER || (share == SHARE_INNER && p->domain[pe] == p->domain[other]);
}

static bool snoops(const struct machine *m, unsigned pe, unsigned other, unsigned line)
{
	return coherent(m, pe, other, m->share[pe][line]);
}

static void drop(const struct machine *m, struct state *s, unsigned pe, unsigned line)
{
	for (unsigned c = 0; c < m->program->cells; c++)
		if (in_line(m, c, line))
			s->copy[pe][c] = COPY(COPY_ABSENT, 0);
}

/* The line's dirty bytes go to memory, with @all its clean ones, too. It stays, clean. */
static void write_back(const struct machine *m, struct state *s, unsigned pe, unsigned line, bool all)
{
	for (unsigned c = 0; c < m->program->cells; c++) {
		uint8_t copy = s->copy[pe][c];

		if (!in_line(m, c, line) || COPY_KIND(copy) == COPY_ABSENT)
			continue;
		if (all || COPY_KIND(copy) == COPY_DIRTY)
			s->memory[c] = COPY_VALUE(copy);
		s->copy[pe][c] = COPY(COPY_CLEAN, COPY_VALUE(copy));
	}
}

/* Where a cache may get a line from: a PE's number, or this. */
#define FROM_MEMORY PROGRAM_PES

static void fill(const struct machine *m, struct state *s, unsigned pe, unsigned line, unsigned from)
{
	for (unsigned c = 0; c < m->program->cells; c++) {
		if (!in_line(m, c, line))
			continue;
		s->copy[pe][c] = COPY(COPY_CLEAN, from == FROM_MEMORY ? s->memory[c] : COPY_VALUE(s->copy[from][c]));
	}
}

/* The other cache of the domain in which the line is dirty, or memory. */
static unsigned newest_source(const struct machine *m, const struct state *s, unsigned pe, unsigned line)
{
	for (unsigned other = 0; other < m->program->pes; other++)
		if (other != pe && snoops(m, pe, other, line) && line_kind(m, s, other, line) == COPY_DIRTY)
			return other;
	return FROM_MEMORY;
}

/* Every place from where an access may get the line: a mask, bit @pe for the PE's own cache. */
static unsigned sources(const struct machine *m, const struct state *s, unsigned pe, unsigned line)
{
	unsigned own = line_kind(m, s, pe, line), newest, mask;

	if (own == COPY_DIRTY)
		return 1u << pe;
	newest = newest_source(m, s, pe, line);
	mask = 1u << newest | (own != COPY_ABSENT ? 1u << pe : 0);
	if (newest != FROM_MEMORY)
		return mask;
	for (unsigned other = 0; other < m->program->pes; other++)
		if (other != pe && snoops(m, pe, other, line) && line_kind(m, s, other, line) == COPY_CLEAN)
			mask |= 1u << other;
	return mask;
}

static void emit(struct machine *m, struct state *s)
{
	const struct program *p = m->program;

	for (unsigned pe = 0; pe < p->pes; pe++)
		for (unsigned line = 0; line < p->cells; line++)
			if (is_line(m, line) && may_allocate(m, s, pe, line) &&
				line_kind(m, s, pe, line) == COPY_ABSENT)
				fill(m, s, pe, line, newest_source(m, s, pe, line));
	m->reach(m->context, s, m->step);
}

static unsigned line_named(const struct machine *m, unsigned pe, unsigned op)
{
	return m->program->line_of[m->program->cell_of[m->program->op[pe][op].name]];
}

/* The caches that a DC acts on: those of the domain that its address is shared in. */
static bool in_scope(const struct machine *m, unsigned pe, unsigned op, unsigned other)
{
	return coherent(m, pe, other, m->order.as[pe][op].share);
}

/* IVAC: every choice of what else of the granule goes with the line. */
static void invalidate(struct machine *m, const struct state *s, unsigned pe, unsigned op)
{
	const struct program *p = m->program;
	unsigned line = line_named(m, pe, op), neighbours[PROGRAM_CELLS], count = 0;

	for (unsigned l = 0; l < p->cells; l++)
		if (l != line && is_line(m, l) && p->granule_of[l] == p->granule_of[line])
			neighbours[count++] = l;
	for (unsigned choice = 0; choice < 1u << count; choice++) {
		struct state n = *s;

		n.acted[pe] |= (uint8_t)(1u << op);
		for (unsigned other = 0; other < p->pes; other++) {
			if (!in_scope(m, pe, op, other))
				continue;
			drop(m, &n, other, line);
			for (unsigned i = 0; i < count; i++)
				if (choice >> i & 1)
					drop(m, &n, other, neighbours[i]);
		}
		emit(m, &n);
	}
}

static void clean(struct machine *m, const struct state *s, unsigned pe, unsigned op)
{
	unsigned line = line_named(m, pe, op);

	for (unsigned all = 0; all < 2; all++) {
		struct state n = *s;

		n.acted[pe] |= (uint8_t)(1u << op);
		n.open[pe] &= (uint8_t) ~(1u << op);
		for (unsigned other = 0; other < m->program->pes; other++) {
			if (!in_scope(m, pe, op, other))
				continue;
			if (line_kind(m, &n, other, line) == COPY_DIRTY)
				write_back(m, &n, other, line, all);
			if (m->program->op[pe][op].operation == OPERATION_CIVAC)
				drop(m, &n, other, line);
		}
		emit(m, &n);
	}
}

static void take_effect(struct machine *m, const struct state *s, unsigned pe, unsigned op)
{
	/* In order with the DCs that it is ordered after. */
	if (m->order.sees[pe][op] & ~s->acted[pe])
		return;
	m->step = (struct step){STEP_EFFECT, (uint8_t)pe, (uint8_t)op, 0};
	if (m->program->op[pe][op].operation == OPERATION_IVAC)
		invalidate(m, s, pe, op);
	else
		clean(m, s, pe, op);
}

/* Has everything happened that an access must see of the invalidations before it? */
static bool sees_maintenance(const struct machine *m, const struct state *s, unsigned pe, unsigned op)
{
	unsigned missing = (m->order.sees[pe][op] | m->order.closes[pe][op]) & ~s->acted[pe];
	unsigned line = line_named(m, pe, op);

	for (unsigned i = 0; i < op; i++) {
		if (!(missing >> i & 1))
			continue;
		if (m->order.closes[pe][op] >> i & 1 || m->program->op[pe][i].operation == OPERATION_IVAC)
			return false;
		/* A dirty line is what a CIVAC leaves to be read until it is written back. */
		if (line_kind(m, s, pe, line) != COPY_DIRTY && newest_source(m, s, pe, line) == FROM_MEMORY)
			return false;
	}
	return true;
}

static unsigned value_stored(const struct machine *m, const struct state *s, unsigned pe, unsigned op)
{
	const struct op *o = &m->program->op[pe][op];

	return o->value_of == NO_OP ? o->value : s->value[pe][o->value_of];
}

static void executed(struct state *s, unsigned pe, unsigned op)
{
	s->done[pe] |= (uint8_t)(1u << op);
}

static void load(struct machine *m, const struct state *s, unsigned pe, unsigned op)
{
	const struct op *o = &m->program->op[pe][op];
	unsigned cell = m->program->cell_of[o->name], line = m->program->line_of[cell], from = m->order.forward[pe][op];
	struct state n = *s;

	executed(&n, pe, op);
	if (from != NO_OP && !(s->done[pe] >> from & 1)) {
		const struct op *store = &m->program->op[pe][from];

		if ((store->data_from | store->address_from) & ~s->done[pe])
			return;
		m->step.kind = STEP_FORWARD;
		n.value[pe][op] = (uint8_t)value_stored(m, s, pe, from);
		emit(m, &n);
		return;
	}
	if (!mapping_is_cacheable(m->order.as[pe][op])) {
		n.value[pe][op] = s->memory[cell];
		emit(m, &n);
		return;
	}
	for (unsigned mask = sources(m, s, pe, line), source = 0; source <= FROM_MEMORY; source++) {
		if (!(mask >> source & 1))
			continue;
		n = *s;
		executed(&n, pe, op);
		if (source != pe)
			fill(m, &n, pe, line, source);
		n.value[pe][op] = COPY_VALUE(n.copy[pe][cell]);
		if (m->program->agent[pe] != AGENT_PE)
			drop(m, &n, pe, line);
		emit(m, &n);
	}
}

static bool written(const struct machine *m, unsigned pe, unsigned op, unsigned cell)
{
	const struct op *o = &m->program->op[pe][op];

	if (o->operation == OPERATION_ZVA)
		return m->program->line_of[cell] == line_named(m, pe, op);
	return m->program->cell_of[o->name] == cell;
}

static void store(struct machine *m, const struct state *s, unsigned pe, unsigned op)
{
	const struct program *p = m->program;
	struct mapping as = m->order.as[pe][op];
	unsigned line = line_named(m, pe, op), value = value_stored(m, s, pe, op);
	struct state n = *s;

	executed(&n, pe, op);
	n.open[pe] &= (uint8_t)~m->order.closes[pe][op];
	if (!mapping_is_cacheable(as)) {
		for (unsigned c = 0; c < p->cells; c++)
			if (written(m, pe, op, c))
				n.memory[c] = (uint8_t)value;
		emit(m, &n);
		return;
	}
	for (unsigned mask = sources(m, s, pe, line), source = 0; source <= FROM_MEMORY; source++) {
		struct state one = n;

		if (!(mask >> source & 1))
			continue;
		if (source != pe)
			fill(m, &one, pe, line, source);
		/* The only copy from now on, with what was dirty elsewhere. */
		for (unsigned other = 0; other < p->pes; other++) {
			if (other == pe || !snoops(m, pe, other, line))
				continue;
			for (unsigned c = 0; c < p->cells; c++)
				if (in_line(m, c, line) && COPY_KIND(one.copy[other][c]) == COPY_DIRTY)
					one.copy[pe][c] = one.copy[other][c];
			drop(m, &one, other, line);
		}
		for (unsigned c = 0; c < p->cells; c++)
			if (written(m, pe, op, c))
				one.copy[pe][c] = COPY(COPY_DIRTY, value);
		if (p->agent[pe] != AGENT_PE) {
			write_back(m, &one, pe, line, false);
			drop(m, &one, pe, line);
		} else if (as.type == TYPE_WT) {
			for (unsigned c = 0; c < p->cells; c++) {
				if (!written(m, pe, op, c))
					continue;
				one.memory[c] = (uint8_t)value;
				one.copy[pe][c] = COPY(COPY_CLEAN, value);
			}
		}
		emit(m, &one);
	}
}

static void execute(struct machine *m, const struct state *s, unsigned pe, unsigned op)
{
	const struct op *o = &m->program->op[pe][op];
	struct state n = *s;

	m->step = (struct step){STEP_EXECUTE, (uint8_t)pe, (uint8_t)op, 0};
	executed(&n, pe, op);
	switch (o->operation) {
	case OPERATION_LOAD:
	case OPERATION_STORE:
	case OPERATION_ZVA:
		if (!sees_maintenance(m, s, pe, op))
			return;
		if (o->operation == OPERATION_LOAD)
			load(m, s, pe, op);
		else
			store(m, s, pe, op);
		return;
	case OPERATION_CVAC:
	case OPERATION_IVAC:
	case OPERATION_CIVAC:
		n.open[pe] |= (uint8_t)(1u << op);
		break;
	case OPERATION_DSB:
		if (m->order.closes[pe][op] & ~s->acted[pe])
			return;
		n.open[pe] &= (uint8_t)~m->order.closes[pe][op];
		break;
	case OPERATION_SCTLR:
		n.regimes[pe] |= (uint8_t)(1u << o->sctlr);
		break;
	case OPERATION_ISB:
		n.regimes[pe] = (uint8_t)order_regimes(m->program, pe, op);
		/* Of those before the ISB the last one is in force after it. */
		for (unsigned i = op; i--;) {
			if (m->program->op[pe][i].operation != OPERATION_SCTLR)
				continue;
			n.regimes[pe] = (uint8_t)(1u << m->program->op[pe][i].sctlr);
			break;
		}
		break;
	default:
		/* CVAU: nothing at the Point of Coherency. */
		break;
	}
	emit(m, &n);
}

static void evict(struct machine *m, const struct state *s, unsigned pe, unsigned line)
{
	const struct program *p = m->program;

	m->step = (struct step){STEP_EVICT, (uint8_t)pe, 0, (uint8_t)line};
	for (unsigned all = 0; all < 2; all++) {
		struct state n = *s, more;

		write_back(m, &n, pe, line, all);
		more = n;
		emit(m, &n);
		/* And what else of the write-back granule some cache holds. */
		for (unsigned l = 0; l < p->cells; l++) {
			if (l == line || !is_line(m, l) || p->granule_of[l] != p->granule_of[line])
				continue;
			for (unsigned other = 0; other < p->pes; other++) {
				n = more;
				write_back(m, &n, other, l, true);
				emit(m, &n);
			}
		}
	}
}

/* A clean line is dropped, and what may be had elsewhere takes its place. */
static void exchange(struct machine *m, const struct state *s, unsigned pe, unsigned line)
{
	m->step = (struct step){STEP_EXCHANGE, (uint8_t)pe, 0, (uint8_t)line};
	for (unsigned mask = sources(m, s, pe, line), source = 0; source <= FROM_MEMORY; source++) {
		struct state n = *s;

		if (source == pe || !(mask >> source & 1))
			continue;
		fill(m, &n, pe, line, source);
		if (memcmp(n.copy, s->copy, sizeof(n.copy)) != 0)
			emit(m, &n);
	}
}

void machine_next(struct machine *m, const struct state *s)
{
	const struct program *p = m->program;

	for (unsigned pe = 0; pe < p->pes; pe++) {
		for (unsigned op = 0; op < p->ops[pe]; op++) {
			if (!(s->done[pe] >> op & 1) && !(m->order.after[pe][op] & ~s->done[pe]))
				execute(m, s, pe, op);
			if (s->open[pe] >> op & 1)
				take_effect(m, s, pe, op);
		}
		for (unsigned line = 0; line < p->cells; line++) {
			unsigned kind = is_line(m, line) ? line_kind(m, s, pe, line) : COPY_ABSENT;

			if (kind == COPY_DIRTY)
				evict(m, s, pe, line);
			else if (kind == COPY_CLEAN && may_allocate(m, s, pe, line))
				exchange(m, s, pe, line);
		}
	}
}

bool machine_is_done(const struct machine *m, const struct state *s)
{
	for (unsigned pe = 0; pe < m->program->pes; pe++)
		if (s->done[pe] != (1u << m->program->ops[pe]) - 1)
			return false;
	return true;
}

void machine_init(struct machine *m, const struct program *p, uint8_t sctlr[PROGRAM_PES][PROGRAM_OPS])
{
	memset(m->allocates, 0, sizeof(m->allocates));
	memset(&m->order, 0, sizeof(m->order));
	m->program = p;
	for (unsigned pe = 0; pe < p->pes; pe++) {
		for (unsigned op = 0; op < p->ops[pe]; op++)
			m->order.as[pe][op] = order_attributes(p, pe, op, sctlr[pe][op]);
		for (unsigned line = 0; line < PROGRAM_CELLS; line++)
			m->share[pe][line] = SHARE_OUTER;
		for (unsigned name = 0; name < p->names; name++) {
			unsigned line = p->line_of[p->cell_of[name]];

			if (!mapping_is_cacheable(p->mapping[pe][name]) || p->agent[pe] == AGENT_DMA)
				continue;
			m->share[pe][line] = p->mapping[pe][name].share;
			if (p->agent[pe] == AGENT_PE)
				m->allocates[pe][line] = 1u << (SCTLR_M | SCTLR_C);
		}
	}
	order_derive(p, &m->order);
}

void machine_start(struct machine *m)
{
	const struct program *p = m->program;
	struct state s;

	memset(&s, 0, sizeof(s));
	for (unsigned pe = 0; pe < p->pes; pe++) {
		s.regimes[pe] = (uint8_t)(1u << p->sctlr[pe]);
		for (unsigned c = 0; c < p->cells; c++)
			s.copy[pe][c] = COPY(p->copy_kind[pe][c], p->copy_kind[pe][c] ? p->copy_value[pe][c] : 0);
		/* A DMB is over when it begins: order.c has what it does. */
		for (unsigned op = 0; op < p->ops[pe]; op++)
			if (p->op[pe][op].operation == OPERATION_DMB)
				executed(&s, pe, op);
	}
	memcpy(s.memory, p->initial, sizeof(s.memory));
	m->step = (struct step){STEP_START, 0, 0, 0};
	emit(m, &s);
}
