/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cache that does its worst against the machine of oracle/caches.h: whatever a load is given must be among the
 * values that the oracle permits, for small programs (a part of those of four letters), under every policy. And where
 * another value than the newest is permitted the worst policy gives one, but for what hardware.h says that it does not
 * do.
 */
#include <glib.h>
#include <string.h>

#include "../model/model.h"
#include "../oracle/caches.h"
#include "address.h"
#include "hardware.h"

#define BASE     0x40000000ull
#define PROGRAMS 2048 /* each has a page of its own, so that a model serves many */
#define SEEDS    2

struct bench {
	struct setting setting;
	struct model *model;
	struct hardware *hardware;
	enum policy policy;
	uint8_t *host;
	unsigned used;
	uint64_t page; /* offset */
	bool mmu[2], was_on[2], was_off[2];
	uint64_t seed;
};

static bool may_allocate(void *context, enum space space, uint64_t pa)
{
	const struct bench *b = context;

	(void)space;
	(void)pa;
	return b->mmu[0] || b->mmu[1];
}

static bool may_be_cached(void *context, uint64_t offset)
{
	struct bench *b = context;

	return model_may_be_cached(b->model, SPACE_NONSECURE, BASE + offset);
}

static void bench_end(struct bench *b)
{
	model_free(b->model);
	hardware_free(b->hardware);
	b->model = NULL;
	b->hardware = NULL;
}

static void bench_begin(struct bench *b)
{
	struct model_config config;
	struct model_hooks hooks = {.context = b, .may_allocate = may_allocate};
	struct ram ram = {BASE, (PROGRAMS + 1) * 4096ull, SPACE_NONSECURE, 0};
	struct hardware_config worst = {.policy = b->policy,
		.seed = b->seed++,
		.host = b->host,
		.size = ram.size,
		.context = b,
		.may_be_cached = may_be_cached};

	bench_end(b);
	model_config_defaults(&config);
	config.options.initial = (int)b->setting.start;
	config.ids.ctr = (config.ids.ctr & ~(15ull << 24)) | 4ull << 24;
	b->model = model_new(&config, &hooks);
	b->hardware = hardware_new(&worst);
	g_assert_nonnull(b->model);
	g_assert_nonnull(b->hardware);
	g_assert_true(model_add_ram(b->model, &ram));
	b->used = 0;
	b->page = 0;
}

static void set_mmu(struct bench *b, unsigned pe, bool on, bool synchronized)
{
	struct place at = {0x1000, 0, (uint8_t)pe, 1};

	if (!on && b->mmu[pe])
		model_was_allocatable(b->model, &(struct allocatable){BASE + b->page, 4096, SPACE_NONSECURE});
	if (on != b->mmu[pe] && !synchronized) {
		b->was_on[pe] |= b->mmu[pe];
		b->was_off[pe] |= !b->mmu[pe];
	}
	b->mmu[pe] = on;
	model_regime_switch(b->model, &(struct regime_switch){at, on, on, synchronized});
}

static uint64_t offset_of(const struct bench *b, unsigned location)
{
	static const unsigned distance[LAYOUTS] = {8, 64, 128};

	return b->page + location * distance[b->setting.layout];
}

/* Both at once, as the plugin does it. The value that a load is given. */
static uint8_t access_both(struct bench *b, const struct letter *x)
{
	bool nc = x->kind == LETTER_STORE_NC || x->kind == LETTER_LOAD_NC;
	bool store = x->kind == LETTER_STORE || x->kind == LETTER_STORE_NC;
	uint64_t offset = offset_of(b, x->location);
	unsigned ways = b->mmu[x->pe] && !nc ? WAY_BACK : WAY_UNCACHED;
	struct access a = {
		.at = {0x1000, 0, x->pe, 1},
		.va = BASE + offset,
		.pa = BASE + offset,
		.size = 1,
		.flags = store ? ACCESS_WRITE : 0,
		.attributes = !b->mmu[x->pe] ? ATTRIBUTES_MMU_OFF
			      : nc           ? ATTRIBUTES_NC
					     : ATTRIBUTES_WB_INNER,
	};
	uint8_t given;

	if (!nc && ways == WAY_UNCACHED && b->was_on[x->pe] && may_be_cached(b, offset))
		ways |= WAY_BACK;
	else if (!nc && ways == WAY_BACK && b->was_off[x->pe])
		ways |= WAY_UNCACHED;
	hardware_before(b->hardware, x->pe, offset, 1, ways, store);
	if (store)
		b->host[offset] = x->value;
	hardware_after(b->hardware, offset, 1, store, ways & WAY_BACK ? WAY_BACK : WAY_UNCACHED);
	given = b->host[offset];
	hardware_newest(b->hardware, offset, 1, a.value);
	model_access(b->model, &a);
	hardware_rest(b->hardware);
	return given;
}

static void maintain(struct bench *b, const struct letter *x)
{
	static const struct {
		uint8_t dc, op;
	} ops[] = {
		[LETTER_CVAC] = {DC_CVAC, HARDWARE_CLEAN},
		[LETTER_CVAU] = {DC_CVAU, HARDWARE_CLEAN},
		[LETTER_IVAC] = {DC_IVAC, HARDWARE_INVALIDATE},
		[LETTER_CIVAC] = {DC_CIVAC, HARDWARE_CLEAN_INVALIDATE},
	};
	uint64_t offset = offset_of(b, x->location);

	model_dc(b->model, &(struct dc){{0x1000, 0, x->pe, 1}, BASE + offset, BASE + offset, SPACE_NONSECURE,
				   ops[x->kind].dc, b->mmu[x->pe] ? ATTRIBUTES_WB_INNER : ATTRIBUTES_MMU_OFF});
	if (x->kind != LETTER_CVAU)
		hardware_maintain(b->hardware, x->pe, offset, ops[x->kind].op);
}

static void barrier(struct bench *b, unsigned pe, unsigned kind, unsigned domain)
{
	model_barrier(b->model, &(struct barrier){{0x1000, 0, (uint8_t)pe, 1}, kind, domain, BARRIER_FULL});
	hardware_barrier(b->hardware, pe, kind == BARRIER_DSB);
}

static void synchronize(struct bench *b, unsigned pe)
{
	model_sync(b->model, &(struct sync){{0x1000, 0, (uint8_t)pe, 1}, SYNC_ISB, 1});
	b->was_on[pe] = b->was_off[pe] = false;
}

/* What the last letter, a load, is given. */
static uint8_t run_program(struct bench *b, const struct letter *program, unsigned length)
{
	uint8_t bytes[256], given = 0;

	if (b->used++ % PROGRAMS == 0)
		bench_begin(b);
	b->page += 4096;
	for (unsigned pe = 0; pe < b->setting.pes; pe++)
		set_mmu(b, pe, b->setting.mmu[pe], true);
	memset(bytes, b->setting.initially, sizeof(bytes));
	memcpy(b->host + b->page, bytes, sizeof(bytes));
	model_external_write(b->model,
		&(struct external_write){BASE + b->page, sizeof(bytes), bytes, SPACE_NONSECURE, EXTERNAL_IMAGE, false});
	for (unsigned i = 0; i < length; i++) {
		const struct letter *x = &program[i];

		switch (x->kind) {
		case LETTER_STORE:
		case LETTER_LOAD:
		case LETTER_STORE_NC:
		case LETTER_LOAD_NC:
			given = access_both(b, x);
			break;
		case LETTER_CVAC:
		case LETTER_CVAU:
		case LETTER_IVAC:
		case LETTER_CIVAC:
			maintain(b, x);
			break;
		case LETTER_DMB_SY:
			barrier(b, x->pe, BARRIER_DMB, DOMAIN_SYSTEM);
			break;
		case LETTER_DSB_SY:
			barrier(b, x->pe, BARRIER_DSB, DOMAIN_SYSTEM);
			break;
		case LETTER_DSB_ISH:
			barrier(b, x->pe, BARRIER_DSB, DOMAIN_INNER);
			break;
		case LETTER_MMU_ON:
		case LETTER_MMU_OFF:
			set_mmu(b, x->pe, x->kind == LETTER_MMU_ON, false);
			break;
		default:
			synchronize(b, x->pe);
		}
	}
	for (unsigned pe = 0; pe < b->setting.pes; pe++) {
		barrier(b, pe, BARRIER_DSB, DOMAIN_SYSTEM);
		synchronize(b, pe);
	}
	for (unsigned pe = 0; pe < b->setting.pes; pe++)
		set_mmu(b, pe, false, true);
	return given;
}

/* --- every program --- */

struct walk {
	struct setting setting;
	struct caches *caches;
	struct bench bench[1 + SEEDS]; /* the worst, and some by chance */
	unsigned length, rate;         /* of the longest programs one in `rate` is asked */
	uint64_t random;
	struct letter program[PROGRAM_MAX];
	struct past past[PROGRAM_MAX + 1];
	struct states states[PROGRAM_MAX + 1];
	uint64_t programs, permitted, shown, chanced;
};

static bool is_load(const struct letter *x)
{
	return x->kind == LETTER_LOAD || x->kind == LETTER_LOAD_NC;
}

static void ask(struct walk *w, unsigned length, unsigned values)
{
	const struct letter *x = &w->program[length - 1];
	const struct past *past = &w->past[length - 1];
	unsigned newest = past->newest[x->location];
	bool other = past->written[x->location] && values & ~(1u << newest);

	w->programs++;
	w->permitted += other;
	for (unsigned i = 0; i < 1 + SEEDS; i++) {
		uint8_t given = run_program(&w->bench[i], w->program, length);

		if (!(values >> given & 1)) {
			for (unsigned k = 0; k < length; k++)
				g_test_message("letter %u of PE %u: location %u, value %u", w->program[k].kind,
					w->program[k].pe, w->program[k].location, w->program[k].value);
			g_error("%s gave %u, permitted is the set 0x%x, the newest is %u (layout %u, start %u, mmu %u "
				"%u)",
				policy_name(w->bench[i].policy), given, values, newest, w->setting.layout,
				w->setting.start, w->setting.mmu[0], w->setting.mmu[1]);
		}
		if (other && given != newest)
			*(i ? &w->chanced : &w->shown) += 1;
	}
}

static void walk(struct walk *w, unsigned depth)
{
	for (uint8_t pe = 0; pe < w->setting.pes; pe++) {
		for (uint8_t kind = 0; kind <= LETTER_ISB; kind++) {
			bool store = kind == LETTER_STORE || kind == LETTER_STORE_NC, named = kind <= LETTER_CIVAC;

			for (uint8_t n = 0; n < (store ? 4 : named ? 2 : 1); n++) {
				struct letter x = {
					kind, pe, (uint8_t)(store ? n >> 1 : n), (uint8_t)(store ? 1 + (n & 1) : 0)};
				unsigned values;

				if (letter_is_redundant(&w->past[depth], &x) ||
					(depth + 1 == w->length && !is_load(&x)))
					continue;
				w->random = w->random * 6364136223846793005 + 1442695040888963407;
				if (depth + 1 == w->length && (w->random >> 33) % w->rate)
					continue;
				w->program[depth] = x;
				values = caches_step(w->caches, &w->setting, &x, &w->past[depth], &w->states[depth],
					&w->past[depth + 1], &w->states[depth + 1]);
				if (is_load(&x))
					ask(w, depth + 1, values);
				if (depth + 1 < w->length)
					walk(w, depth + 1);
			}
		}
	}
}

static void every_program(unsigned pes, unsigned length, unsigned rate, double least)
{
	uint64_t programs = 0, permitted = 0, shown = 0, chanced = 0;
	struct caches *caches = caches_new();

	for (unsigned layout = 0; layout < LAYOUTS; layout += 2) { /* a granule is a line here */
		for (unsigned start = START_INVALID; start <= START_CLEAN; start++) {
			for (unsigned mmu = 0; mmu <= pes; mmu++) {
				struct walk w = {.setting = {.layout = layout,
							 .start = start,
							 .initially = VALUE_OLD,
							 .pes = (uint8_t)pes,
							 .mmu = {mmu >= 1, mmu >= 2}},
					.caches = caches,
					.length = length,
					.rate = rate,
					.random = mmu};

				for (unsigned i = 0; i < 1 + SEEDS; i++) {
					w.bench[i].setting = w.setting;
					w.bench[i].policy = i ? POLICY_RANDOM : POLICY_WORST;
					w.bench[i].seed = 1000 * i;
					w.bench[i].host = g_malloc0((PROGRAMS + 1) * 4096);
				}
				caches_begin(caches, &w.setting, &w.past[0], &w.states[0]);
				walk(&w, 0);
				for (unsigned d = 0; d <= PROGRAM_MAX; d++)
					states_free(&w.states[d]);
				for (unsigned i = 0; i < 1 + SEEDS; i++) {
					bench_end(&w.bench[i]);
					g_free(w.bench[i].host);
				}
				programs += w.programs;
				permitted += w.permitted;
				shown += w.shown;
				chanced += w.chanced;
			}
		}
	}
	caches_free(caches);
	g_test_message("%u PE, length up to %u: %" G_GUINT64_FORMAT
		       " programs, another value is permitted in %" G_GUINT64_FORMAT
		       "; worst gives it in %" G_GUINT64_FORMAT ", chance in %" G_GUINT64_FORMAT " of %u times that",
		pes, length, programs, permitted, shown, chanced, SEEDS);
	g_assert_cmpuint(permitted, >, 100);
	g_assert_cmpfloat((double)shown / permitted, >=, least);
	g_assert_cmpuint(chanced, >, permitted / 20);
}

static void test_one(void)
{
	every_program(1, 4, 24, 0.85);
}

static void test_two(void)
{
	every_program(2, 3, 8, 0.85);
}

/* --- where an access goes --- */

static void test_address(void)
{
	static const struct {
		uint32_t opcode;
		int64_t from_x1; /* or, for literals, from the pc */
		unsigned size;
		bool store;
	} cases[] = {
		{0xf9400820, 16, 8, false},        /* ldr x0, [x1, #16] */
		{0xb9000820, 8, 4, true},          /* str w0, [x1, #8] */
		{0xf8408420, 0, 8, false},         /* ldr x0, [x1], #8 */
		{0xf81f8c20, -8, 8, true},         /* str x0, [x1, #-8]! */
		{0xf85f8020, -8, 8, false},        /* ldur x0, [x1, #-8] */
		{0xf8627820, 0x100 * 8, 8, false}, /* ldr x0, [x1, x2, lsl #3] */
		{0xb862d820, -4 * 4, 4, false},    /* ldr w0, [x1, w2, sxtw #2] with w2 = -4: see below */
		{0xa9410820, 16, 16, false},       /* ldp x0, x2, [x1, #16] */
		{0xa9bf0820, -16, 16, true},       /* stp x0, x2, [x1, #-16]! */
		{0xa8c10820, 0, 16, false},        /* ldp x0, x2, [x1], #16 */
		{0x3dc00420, 16, 16, false},       /* ldr q0, [x1, #16] */
		{0xad000820, 0, 32, true},         /* stp q0, q2, [x1] */
		{0x4c407020, 0, 16, false},        /* ld1 {v0.16b}, [x1] */
		{0x4c9f2020, 0, 64, true},         /* st1 {v0.16b-v3.16b}, [x1], #64 */
		{0xc85f7c20, 0, 8, false},         /* ldxr x0, [x1] */
		{0xc8007c22, 0, 8, true},          /* stxr w0, x2, [x1] */
		{0xf8220020, 0, 8, true},          /* ldadd x2, x0, [x1] */
		{0xc8a07c22, 0, 8, true},          /* cas x0, x2, [x1] */
		{0xc8dffc20, 0, 8, false},         /* ldar x0, [x1] */
		{0xd50b7421, 0, 64, true},         /* dc zva, x1 */
	};
	uint64_t x[32] = {0};

	x[1] = 0x10000;
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct operand o;

		x[2] = cases[i].from_x1 == -16 && cases[i].size == 4 ? 0xfffffffc : 0x100;
		g_assert_true(address_of(cases[i].opcode, 0x8000, x, &o));
		g_test_message("0x%08x", cases[i].opcode);
		g_assert_cmphex(o.va, ==, x[1] + cases[i].from_x1);
		g_assert_cmpuint(o.size, ==, cases[i].size);
		g_assert_cmpint(o.store, ==, cases[i].store);
	}
	struct operand o;

	g_assert_true(address_of(0x58000040, 0x8000, x, &o)); /* ldr x0, pc + 8 */
	g_assert_cmphex(o.va, ==, 0x8008);
	g_assert_false(address_of(0xf9800020, 0x8000, x, &o)); /* prfm */
	g_assert_false(address_of(0xd503201f, 0x8000, x, &o)); /* nop */
	g_assert_false(address_of(0x8b020020, 0x8000, x, &o)); /* add */
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/inject/one-pe", test_one);
	g_test_add_func("/inject/two-pes", test_two);
	g_test_add_func("/inject/address", test_address);
	return g_test_run();
}
