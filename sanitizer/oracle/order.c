/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "order.h"

bool operation_is_access(unsigned operation)
{
	return operation <= OPERATION_ZVA;
}

bool operation_is_dc(unsigned operation)
{
	return operation >= OPERATION_CVAC && operation <= OPERATION_CIVAC;
}

bool mapping_is_cacheable(struct mapping m)
{
	return m.type == TYPE_WB || m.type == TYPE_WT;
}

static bool names_memory(const struct op *o)
{
	return operation_is_access(o->operation) || operation_is_dc(o->operation);
}

static bool is_load(const struct op *o)
{
	return o->operation == OPERATION_LOAD;
}

static bool is_store(const struct op *o)
{
	return o->operation == OPERATION_STORE || o->operation == OPERATION_ZVA;
}

struct mapping order_attributes(const struct program *p, unsigned pe, unsigned op, unsigned sctlr)
{
	struct mapping m = p->mapping[pe][p->op[pe][op].name];

	switch (p->agent[pe]) {
	case AGENT_DMA:
		return (struct mapping){m.type == TYPE_DEVICE ? TYPE_DEVICE : TYPE_NC, SHARE_OUTER};
	case AGENT_DMA_COHERENT:
		break;
	default:
		if (!(sctlr & SCTLR_M))
			return (struct mapping){TYPE_DEVICE, SHARE_OUTER};
		if (!(sctlr & SCTLR_C) && mapping_is_cacheable(m))
			return (struct mapping){TYPE_NC, SHARE_OUTER};
	}
	if (!mapping_is_cacheable(m))
		m.share = SHARE_OUTER;
	return m;
}

unsigned order_regimes(const struct program *p, unsigned pe, unsigned op)
{
	unsigned set = 0;

	/* Backwards to the last ISB, and from there to the value that it made the only one. */
	for (unsigned i = op; i--;) {
		const struct op *o = &p->op[pe][i];

		if (o->operation == OPERATION_SCTLR) {
			set |= 1u << o->sctlr;
		} else if (o->operation == OPERATION_ISB) {
			while (i-- > 0)
				if (p->op[pe][i].operation == OPERATION_SCTLR)
					return set | 1u << p->op[pe][i].sctlr;
			break;
		}
	}
	return set | 1u << p->sctlr[pe];
}

static unsigned line_of(const struct program *p, const struct op *o)
{
	return p->line_of[p->cell_of[o->name]];
}

/* Does agent @pe access or maintain the line? */
static bool touches(const struct program *p, unsigned pe, unsigned line)
{
	for (unsigned i = 0; i < p->ops[pe]; i++)
		if (names_memory(&p->op[pe][i]) && line_of(p, &p->op[pe][i]) == line)
			return true;
	return false;
}

/* Does a barrier of this domain reach every other agent that has to do with the line? */
static bool reaches(const struct program *p, unsigned pe, unsigned domain, unsigned line)
{
	for (unsigned other = 0; other < p->pes; other++) {
		if (other == pe || !touches(p, other, line))
			continue;
		if (domain == BARRIER_NSH || (domain == BARRIER_ISH && p->domain[pe] != p->domain[other]))
			return false;
	}
	return true;
}

/* Is there a DMB or DSB of loads and stores between? */
static bool fully_separated(const struct program *p, unsigned pe, unsigned i, unsigned j)
{
	for (unsigned k = i + 1; k < j; k++) {
		const struct op *b = &p->op[pe][k];

		if ((b->operation == OPERATION_DMB || b->operation == OPERATION_DSB) && b->types == TYPES_FULL &&
			reaches(p, pe, b->domain, line_of(p, &p->op[pe][i])) &&
			reaches(p, pe, b->domain, line_of(p, &p->op[pe][j])))
			return true;
	}
	return false;
}

static bool separated_by_dmb(const struct program *p, unsigned pe, unsigned i, unsigned j)
{
	const struct op *a = &p->op[pe][i], *c = &p->op[pe][j];

	if (fully_separated(p, pe, i, j))
		return true;
	/* What orders loads or stores only does not order DC. */
	if (!operation_is_access(a->operation) || !operation_is_access(c->operation))
		return false;
	for (unsigned k = i + 1; k < j; k++) {
		const struct op *b = &p->op[pe][k];

		if (b->operation != OPERATION_DMB || !reaches(p, pe, b->domain, line_of(p, a)) ||
			!reaches(p, pe, b->domain, line_of(p, c)))
			continue;
		if (b->types == TYPES_LOAD && is_load(a))
			return true;
		if (b->types == TYPES_STORE && is_store(a) && is_store(c))
			return true;
	}
	return false;
}

static bool has(unsigned mask, unsigned op)
{
	return mask >> op & 1;
}

/* An address that depends on load @i, of an access between @i and @j. */
static bool address_between(const struct program *p, unsigned pe, unsigned i, unsigned j)
{
	for (unsigned k = i + 1; k < j; k++)
		if (has(p->op[pe][k].address_from, i))
			return true;
	return false;
}

static bool depends(const struct program *p, unsigned pe, unsigned i, unsigned j)
{
	const struct op *o = &p->op[pe][j];

	if (has(o->data_from | o->address_from, i))
		return true;
	switch (o->operation) {
	case OPERATION_STORE:
	case OPERATION_ZVA:
		return has(o->control_from, i) || address_between(p, pe, i, j);
	case OPERATION_ISB:
		return has(o->control_from, i) || address_between(p, pe, i, j);
	case OPERATION_LOAD:
		return false;
	default:
		/* Nothing that cannot be undone is done on a guess. */
		return has(o->control_from, i);
	}
}

static bool same_cells(const struct program *p, const struct op *a, const struct op *b)
{
	if (a->operation == OPERATION_ZVA || b->operation == OPERATION_ZVA)
		return line_of(p, a) == line_of(p, b);
	return p->cell_of[a->name] == p->cell_of[b->name];
}

/* The order of two operations that name memory, as far as they themselves, and not what is between, make it. */
static bool memory_ordered(const struct program *p, const struct order *order, unsigned pe, unsigned i, unsigned j)
{
	const struct op *a = &p->op[pe][i], *b = &p->op[pe][j];
	struct mapping am = order->as[pe][i], bm = order->as[pe][j];
	bool a_is_dc = operation_is_dc(a->operation), b_is_dc = operation_is_dc(b->operation);

	if (a_is_dc || b_is_dc) {
		if (line_of(p, a) != line_of(p, b))
			return false;
		return (a_is_dc && b_is_dc) || (mapping_is_cacheable(am) && am.type == bm.type);
	}
	/* Acquire and release: not for DC. */
	if (a->semantics == ACQUIRE || a->semantics == ACQUIRE_PC || b->semantics == RELEASE)
		return true;
	if (a->semantics == RELEASE && b->semantics == ACQUIRE)
		return true;
	/* Mismatched attributes lose the order of one location, too. */
	if (mapping_is_cacheable(am) != mapping_is_cacheable(bm) ||
		(am.type == TYPE_DEVICE) != (bm.type == TYPE_DEVICE))
		return false;
	if (am.type == TYPE_DEVICE)
		return line_of(p, a) == line_of(p, b);
	/* A store before a load of the location: see order_derive(). */
	return same_cells(p, a, b) && !(a->operation == OPERATION_STORE && is_load(b));
}

/* A store that a load of the same agent may take its value from: the nearest of its location, under its attributes. */
static unsigned forwarding(const struct program *p, const struct order *order, unsigned pe, unsigned j)
{
	const struct op *load = &p->op[pe][j];

	if (!is_load(load) || order->as[pe][j].type == TYPE_DEVICE || p->agent[pe] != AGENT_PE)
		return NO_OP;
	for (unsigned i = j; i--;) {
		const struct op *o = &p->op[pe][i];

		if (!is_store(o) || !same_cells(p, o, load) ||
			mapping_is_cacheable(order->as[pe][i]) != mapping_is_cacheable(order->as[pe][j]) ||
			order->as[pe][i].type == TYPE_DEVICE)
			continue;
		return o->operation == OPERATION_STORE ? i : NO_OP;
	}
	return NO_OP;
}

static bool ordered(const struct program *p, const struct order *order, unsigned pe, unsigned i, unsigned j)
{
	const struct op *a = &p->op[pe][i], *b = &p->op[pe][j];

	/* A DMB is what it does to the pairs around it. */
	if (a->operation == OPERATION_DMB || b->operation == OPERATION_DMB)
		return false;
	if (a->operation == OPERATION_DSB || a->operation == OPERATION_ISB)
		return true;
	if (depends(p, pe, i, j))
		return true;
	if (b->operation == OPERATION_DSB) {
		if (!names_memory(a))
			return true;
		if (!reaches(p, pe, b->domain, line_of(p, a)))
			return false;
		if (operation_is_dc(a->operation))
			return b->types == TYPES_FULL;
		return b->types == TYPES_FULL || (b->types == TYPES_LOAD) == is_load(a);
	}
	if (!names_memory(b))
		return !names_memory(a);
	if (!names_memory(a))
		return false;
	return memory_ordered(p, order, pe, i, j) || separated_by_dmb(p, pe, i, j);
}

/* DC @i and the later operation @j: what of @i must have happened before @j does. */
static void maintenance(const struct program *p, struct order *order, unsigned pe, unsigned i, unsigned j)
{
	const struct op *dc = &p->op[pe][i], *o = &p->op[pe][j];
	uint8_t bit = (uint8_t)(1u << i);
	bool same_line, invalidates = dc->operation == OPERATION_IVAC || dc->operation == OPERATION_CIVAC;

	if (o->operation == OPERATION_DSB) {
		if (o->types == TYPES_FULL && reaches(p, pe, o->domain, line_of(p, dc)))
			order->closes[pe][j] |= bit;
		return;
	}
	if (!names_memory(o))
		return;
	same_line = line_of(p, dc) == line_of(p, o);
	/* Its effects are observed before any store that comes after a DMB: "Message passing to non-caching observers".
	 */
	if (is_store(o) && fully_separated(p, pe, i, j))
		order->closes[pe][j] |= bit;
	/* It is in order with later DCs of the line, and behind a DMB with all. */
	if (operation_is_dc(o->operation) && (same_line || fully_separated(p, pe, i, j)))
		order->sees[pe][j] |= bit;
	if (invalidates && same_line && operation_is_access(o->operation) && mapping_is_cacheable(order->as[pe][j]) &&
		has(order->after[pe][j], i)) {
		if (is_store(o) && dc->operation == OPERATION_IVAC)
			order->closes[pe][j] |= bit;
		else
			order->sees[pe][j] |= bit;
	}
}

void order_derive(const struct program *p, struct order *order)
{
	memset(order->after, 0, sizeof(order->after));
	memset(order->closes, 0, sizeof(order->closes));
	memset(order->sees, 0, sizeof(order->sees));
	for (unsigned pe = 0; pe < p->pes; pe++) {
		for (unsigned j = 0; j < p->ops[pe]; j++) {
			for (unsigned i = 0; i < j; i++)
				if (ordered(p, order, pe, i, j))
					order->after[pe][j] |= (uint8_t)(1u << i);
			order->forward[pe][j] = (uint8_t)forwarding(p, order, pe, j);
			/* A clean to the PoU does nothing that an access could see. */
			for (unsigned i = 0; i < j; i++)
				if (operation_is_dc(p->op[pe][i].operation) && p->op[pe][i].operation != OPERATION_CVAU)
					maintenance(p, order, pe, i, j);
		}
	}
}
