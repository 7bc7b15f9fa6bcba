/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Breadth first, so that the first way to a state is a shortest one. */
#include <stdlib.h>
#include <string.h>

#include "explore.h"

#define NOWHERE UINT32_MAX

struct node {
	struct state state;
	struct step step;
	uint32_t parent;
};

struct explorer {
	struct machine machine;
	struct node *node;
	size_t nodes, room, limit;
	uint32_t *bucket; /* a power of two of them; NOWHERE is empty */
	size_t buckets;
	uint32_t parent;
	enum explored_status status;
	struct exploration *out;
	size_t outcome_room;
	bool (*wanted)(void *context, const struct outcome_values *outcome);
	void *context;
};

static uint64_t hash(const struct state *s)
{
	const uint8_t *bytes = (const uint8_t *)s;
	uint64_t h = 0x9e3779b97f4a7c15;

	for (size_t i = 0; i < sizeof(*s); i++)
		h = (h ^ bytes[i]) * 0x100000001b3;
	return h ^ h >> 29;
}

static bool rehash(struct explorer *e)
{
	size_t buckets = e->buckets ? e->buckets * 2 : 4096;
	uint32_t *bucket = malloc(buckets * sizeof(*bucket));

	if (!bucket)
		return false;
	memset(bucket, 0xff, buckets * sizeof(*bucket));
	for (size_t i = 0; i < e->nodes; i++) {
		size_t at = hash(&e->node[i].state) & (buckets - 1);

		while (bucket[at] != NOWHERE)
			at = (at + 1) & (buckets - 1);
		bucket[at] = (uint32_t)i;
	}
	free(e->bucket);
	e->bucket = bucket;
	e->buckets = buckets;
	return true;
}

static bool make_room(struct explorer *e)
{
	size_t room = e->room ? e->room * 2 : 1024;
	struct node *node;

	if (e->nodes < e->room)
		return true;
	node = realloc(e->node, room * sizeof(*node));
	if (!node)
		return false;
	e->node = node;
	e->room = room;
	return true;
}

static void reach(void *context, const struct state *s, struct step step)
{
	struct explorer *e = context;
	size_t at;

	if (e->status != EXPLORED)
		return;
	if (e->nodes * 2 >= e->buckets && !rehash(e)) {
		e->status = EXPLORED_NO_MEMORY;
		return;
	}
	for (at = hash(s) & (e->buckets - 1); e->bucket[at] != NOWHERE; at = (at + 1) & (e->buckets - 1))
		if (memcmp(&e->node[e->bucket[at]].state, s, sizeof(*s)) == 0)
			return;
	if (e->out->states + e->nodes >= e->limit || e->nodes == NOWHERE) {
		e->status = EXPLORED_TOO_LARGE;
		return;
	}
	if (!make_room(e)) {
		e->status = EXPLORED_NO_MEMORY;
		return;
	}
	e->bucket[at] = (uint32_t)e->nodes;
	e->node[e->nodes++] = (struct node){*s, step, e->parent};
}

static void tell_witness(struct explorer *e, uint32_t last)
{
	struct exploration *out = e->out;
	size_t length = 0;

	for (uint32_t i = last; i != NOWHERE; i = e->node[i].parent)
		length++;
	out->witness = malloc(length * sizeof(*out->witness));
	if (!out->witness) {
		e->status = EXPLORED_NO_MEMORY;
		return;
	}
	out->scenes = length;
	for (uint32_t i = last; i != NOWHERE; i = e->node[i].parent)
		out->witness[--length] = (struct scene){e->node[i].step, e->node[i].state};
	memcpy(out->as, e->machine.order.as, sizeof(out->as));
}

static void outcome(struct explorer *e, uint32_t last)
{
	const struct program *p = e->machine.program;
	const struct state *s = &e->node[last].state;
	struct outcome_values values = {{0}};
	struct exploration *out = e->out;

	for (unsigned i = 0; i < p->observeds; i++) {
		const struct observed *o = &p->observed[i];

		values.value[i] = o->is_memory ? s->memory[o->cell] : s->value[o->pe][o->op];
	}
	if (!out->witness && e->wanted && e->wanted(e->context, &values))
		tell_witness(e, last);
	for (size_t i = 0; i < out->outcomes; i++)
		if (memcmp(&out->outcome[i], &values, sizeof(values)) == 0)
			return;
	if (out->outcomes == e->outcome_room) {
		size_t room = e->outcome_room ? e->outcome_room * 2 : 16;
		struct outcome_values *more = realloc(out->outcome, room * sizeof(*more));

		if (!more) {
			e->status = EXPLORED_NO_MEMORY;
			return;
		}
		out->outcome = more;
		e->outcome_room = room;
	}
	out->outcome[out->outcomes++] = values;
}

static void search(struct explorer *e, uint8_t sctlr[PROGRAM_PES][PROGRAM_OPS], const struct program *p)
{
	e->machine.reach = reach;
	e->machine.context = e;
	e->nodes = 0;
	if (e->bucket)
		memset(e->bucket, 0xff, e->buckets * sizeof(*e->bucket));
	e->parent = NOWHERE;
	machine_init(&e->machine, p, sctlr);
	machine_start(&e->machine);
	for (size_t i = 0; i < e->nodes && e->status == EXPLORED; i++) {
		struct state s = e->node[i].state;

		e->parent = (uint32_t)i;
		if (machine_is_done(&e->machine, &s))
			outcome(e, (uint32_t)i);
		machine_next(&e->machine, &s);
	}
	e->out->states += e->nodes;
}

/* Every choice of a regime for each operation that may be executed under several. */
static void choose(struct explorer *e, uint8_t sctlr[PROGRAM_PES][PROGRAM_OPS], const struct program *p, unsigned n)
{
	unsigned pe = n / PROGRAM_OPS, op = n % PROGRAM_OPS, set;

	if (e->status != EXPLORED)
		return;
	if (pe == p->pes) {
		search(e, sctlr, p);
		return;
	}
	if (op >= p->ops[pe]) {
		choose(e, sctlr, p, n + 1);
		return;
	}
	set = order_regimes(p, pe, op);
	/* Where it makes no difference one is as good as another. */
	if (!operation_is_access(p->op[pe][op].operation) && !operation_is_dc(p->op[pe][op].operation))
		set &= -set;
	for (unsigned value = 0; value < 4; value++) {
		if (!(set >> value & 1))
			continue;
		sctlr[pe][op] = (uint8_t)value;
		choose(e, sctlr, p, n + 1);
	}
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct outcome_values));
}

enum explored_status explore(const struct program *p, size_t limit,
	bool (*wanted)(void *context, const struct outcome_values *outcome), void *context, struct exploration *out)
{
	struct explorer e = {.limit = limit, .out = out, .wanted = wanted, .context = context};
	uint8_t sctlr[PROGRAM_PES][PROGRAM_OPS] = {{0}};

	memset(out, 0, sizeof(*out));
	choose(&e, sctlr, p, 0);
	free(e.node);
	free(e.bucket);
	if (out->outcomes)
		qsort(out->outcome, out->outcomes, sizeof(*out->outcome), compare);
	return e.status;
}

void exploration_free(struct exploration *e)
{
	free(e->outcome);
	free(e->witness);
	memset(e, 0, sizeof(*e));
}
