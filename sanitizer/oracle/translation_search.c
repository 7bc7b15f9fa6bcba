/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../model/model.h"
#include "translation_search.h"

#define PROGRAMS 64
#define BASE     0x40000000ull
#define SHOWN    12
#define VA       0x40002000ull
#define INDEX    2 /* of VA in the last level */
#define ASID     5

/* Each program has tables of its own: a page for each of the two levels. */
#define RAM_SIZE (PROGRAMS * 0x2000ull)

enum change {
	CHANGE_UNMAP,
	CHANGE_MAP_1,
	CHANGE_MAP_2,
	CHANGE_UNLINK,
	CHANGE_LINK,
	CHANGE_VA,       /* TLBI VAE1IS */
	CHANGE_LAST,     /* TLBI VALE1IS */
	CHANGE_LOCAL,    /* TLBI VMALLE1 */
	CHANGE_OTHER_VA, /* TLBI VAE1IS of another page, not below the same entry of the first level */
	CHANGE_OTHER_ASID,
	CHANGE_DSB_STORES,
	CHANGE_DSB,
	CHANGE_DMB,
	CHANGE_ISB,
	CHANGE_ACCESS,
	CHANGES
};

static const char *const names[CHANGES] = {"unmap", "map 1", "map 2", "unlink", "link", "tlbi vae1is", "tlbi vale1is",
	"tlbi vmalle1", "tlbi vae1is other", "tlbi vae1is asid", "dsb ishst", "dsb ish", "dmb ish", "isb", "access"};

struct step {
	uint8_t letter, pe;
};

struct translation_search {
	unsigned pes, length;
	bool ets2, global;
	struct reached reached;
	struct step program[TRANSLATION_SEARCH_LENGTH];
	unsigned asked_op, values;

	struct model *model;
	unsigned used;
	uint64_t table;
	uint64_t root[512], last[512];
	uint64_t from; /* number of the first step's pc; each step of each program has one of its own */
	bool error[TRANSLATION_SEARCH_LENGTH], warning[TRANSLATION_SEARCH_LENGTH], broke[TRANSLATION_SEARCH_LENGTH];
	char said[256];

	uint64_t programs, permitted, disagreements;
};

/* ---- The oracle. */

static void on_outcome(void *context, const struct pes_outcome *outcome)
{
	struct translation_search *s = context;
	unsigned pe = s->program[s->length].pe;

	s->values |= 1u << outcome->value[pe][s->asked_op];
}

static struct pes_op operation_of(const struct translation_search *s, const struct step *x)
{
	switch (x->letter) {
	case CHANGE_UNMAP:
	case CHANGE_MAP_1:
	case CHANGE_MAP_2:
		return (struct pes_op){
			.operation = TRANSLATION_STORE, .location = LOCATION_LEAF_1, .value = x->letter - CHANGE_UNMAP};
	case CHANGE_UNLINK:
	case CHANGE_LINK:
		return (struct pes_op){
			.operation = TRANSLATION_STORE, .location = LOCATION_TABLE, .value = x->letter - CHANGE_UNLINK};
	case CHANGE_VA:
		return (struct pes_op){.operation = TRANSLATION_TLBI};
	case CHANGE_LAST:
		return (struct pes_op){.operation = TRANSLATION_TLBI_LAST};
	case CHANGE_OTHER_ASID:
		/* Global entries are of all; those that lead to tables are of one. */
		return (struct pes_op){.operation = s->global ? TRANSLATION_TLBI_LAST : TRANSLATION_DMB};
	case CHANGE_LOCAL:
		return (struct pes_op){.operation = TRANSLATION_TLBI_LOCAL};
	case CHANGE_DSB_STORES:
		return (struct pes_op){.operation = TRANSLATION_DSB_STORES};
	case CHANGE_DSB:
		return (struct pes_op){.operation = TRANSLATION_DSB};
	case CHANGE_ISB:
		return (struct pes_op){.operation = TRANSLATION_ISB};
	case CHANGE_ACCESS:
		return (struct pes_op){.operation = TRANSLATION_ACCESS};
	default:
		return (struct pes_op){.operation = TRANSLATION_DMB};
	}
}

/* What the last of @length letters may access. Bit n: page n; bit 0: it may fault. */
static unsigned ask_oracle(struct translation_search *s, unsigned length)
{
	struct translation_program p = {
		.pes = {.pes = (uint8_t)s->pes, .interleaved = true}, .ets2 = s->ets2, .initial = {1, 1, 0}};
	unsigned depth = s->length;

	for (unsigned i = 0; i < length; i++) {
		const struct step *x = &s->program[i];
		struct pes_op *op = &p.pes.op[x->pe][p.pes.ops[x->pe]++];

		*op = operation_of(s, x);
		op->at = (uint8_t)i;
		op->ignored = i + 1 < length;
		s->asked_op = p.pes.ops[x->pe] - 1u;
	}
	s->values = 0;
	s->length = length - 1;
	if (!translation_explore(&s->reached, &p, on_outcome, s))
		abort();
	s->length = depth;
	return s->values;
}

/* ---- The model. */

static void found(void *context, const struct finding *f)
{
	struct translation_search *s = context;
	uint64_t step = f->pc / 4 - s->from;

	if (f->pc / 4 < s->from || step >= TRANSLATION_SEARCH_LENGTH)
		return;
	switch (f->kind) {
	case KIND_STALE_TRANSLATION:
	case KIND_MAINTENANCE_ORDER:
	case KIND_INCOMPLETE_MAINTENANCE:
		s->error[step] = true;
		break;
	case KIND_UNORDERED_TABLE_WRITE:
		s->warning[step] = true;
		break;
	case KIND_BREAK_BEFORE_MAKE:
		s->broke[step] = true;
		return;
	default:
		return;
	}
	snprintf(s->said, sizeof(s->said), "%s (%s, %s)", kind_name(f->kind), severity_name(f->severity), f->rule);
}

static void write_descriptor(struct translation_search *s, struct place at, uint64_t pa, uint64_t value)
{
	struct access a = {
		.at = at, .va = pa, .pa = pa, .size = 8, .flags = ACCESS_WRITE, .attributes = ATTRIBUTES_WB_INNER};

	memcpy(a.value, &value, 8);
	model_access(s->model, &a);
	if (pa < s->table + 0x1000)
		s->root[(pa - s->table) / 8] = value;
	else
		s->last[(pa - s->table - 0x1000) / 8] = value;
}

static void access(struct translation_search *s, struct place at)
{
	struct table_walk w = {.at = at, .va = VA, .asid = ASID, .granule = 12};
	uint32_t wanted;

	w.step[w.count++] = (struct walk_step){s->table, s->root[0], 0, 512, 21, 2};
	if (s->root[0]) {
		w.step[w.count++] =
			(struct walk_step){s->table + 0x1000 + 8 * INDEX, s->last[INDEX], INDEX, 512, 12, 3};
		w.translates = s->last[INDEX] & 1;
		w.output = s->last[INDEX] & 0xfffffffff000;
	}
	/* What belongs to an address space is not told of an access that faults, so there it was made all the same. */
	w.fault = s->global && !w.translates ? FAULT_READ : FAULT_NONE;
	wanted = model_walk(s->model, &w);
	for (unsigned i = 0; i < 2; i++)
		if (wanted >> i & 1)
			model_table(s->model, &(struct table_content){s->table + 0x1000 * i,
						      (const uint8_t *)(i ? s->last : s->root), 512, SPACE_NONSECURE});
}

static void tlbi(struct translation_search *s, struct place at, unsigned letter)
{
	static const uint16_t forms[CHANGES] = {
		[CHANGE_VA] = SYSREG(1, 0, 8, 3, 1),
		[CHANGE_LAST] = SYSREG(1, 0, 8, 3, 5),
		[CHANGE_LOCAL] = SYSREG(1, 0, 8, 7, 0),
		[CHANGE_OTHER_VA] = SYSREG(1, 0, 8, 3, 1),
		[CHANGE_OTHER_ASID] = SYSREG(1, 0, 8, 3, 1),
	};
	uint64_t operand = VA >> 12 | (uint64_t)ASID << 48;

	if (letter == CHANGE_OTHER_VA)
		operand += 0x10000;
	if (letter == CHANGE_OTHER_ASID)
		operand += 1ull << 48;
	model_tlbi(s->model, &(struct tlbi){at, letter == CHANGE_LOCAL ? 0 : operand, forms[letter]});
}

static uint64_t leaf(const struct translation_search *s, unsigned page)
{
	/* Normal, AF, inner shareable, writable. */
	return page ? 3 | 3 << 8 | 1 << 10 | (s->global ? 0 : 1 << 11) | (uint64_t)page << 12 | 0x80000000 : 0;
}

static void feed(struct translation_search *s, const struct step *x, uint64_t pc)
{
	struct place at = {pc, 0, x->pe, 1};

	switch (x->letter) {
	case CHANGE_UNMAP:
	case CHANGE_MAP_1:
	case CHANGE_MAP_2:
		write_descriptor(s, at, s->table + 0x1000 + 8 * INDEX, leaf(s, x->letter - CHANGE_UNMAP));
		break;
	case CHANGE_UNLINK:
	case CHANGE_LINK:
		write_descriptor(s, at, s->table, x->letter == CHANGE_LINK ? (s->table + 0x1000) | 3 : 0);
		break;
	case CHANGE_DSB_STORES:
		model_barrier(s->model, &(struct barrier){at, BARRIER_DSB, DOMAIN_INNER, BARRIER_STORES});
		break;
	case CHANGE_DSB:
	case CHANGE_DMB:
		model_barrier(s->model, &(struct barrier){at, x->letter == CHANGE_DSB ? BARRIER_DSB : BARRIER_DMB,
						DOMAIN_INNER, BARRIER_FULL});
		break;
	case CHANGE_ISB:
		model_sync(s->model, &(struct sync){at, SYNC_ISB, 1});
		break;
	case CHANGE_ACCESS:
		access(s, at);
		break;
	default:
		tlbi(s, at, x->letter);
	}
}

static bool begin(struct translation_search *s)
{
	struct model_config config;
	struct model_hooks hooks = {.context = s, .found = found};
	struct ram ram = {BASE, RAM_SIZE, SPACE_NONSECURE, 0};

	model_free(s->model);
	model_config_defaults(&config);
	config.ids.ets2 = s->ets2;
	s->model = model_new(&config, &hooks);
	s->used = 0;
	s->table = BASE - 0x2000;
	if (!s->model || !model_add_ram(s->model, &ram))
		return false;
	for (unsigned pe = 0; pe < s->pes; pe++)
		model_regime_switch(s->model, &(struct regime_switch){{0, 0, (uint8_t)pe, 1}, 1, 1, 1});
	return true;
}

static void ask_model(struct translation_search *s, unsigned length)
{
	if (s->used == PROGRAMS && !begin(s))
		abort();
	s->used++;
	s->table += 0x2000;
	s->from += 2 * TRANSLATION_SEARCH_LENGTH;
	memset(s->error, 0, sizeof(s->error));
	memset(s->warning, 0, sizeof(s->warning));
	memset(s->broke, 0, sizeof(s->broke));
	strcpy(s->said, "nothing");
	memset(s->root, 0, sizeof(s->root));
	memset(s->last, 0, sizeof(s->last));
	s->root[0] = (s->table + 0x1000) | 3;
	s->last[INDEX] = leaf(s, 1);
	/* A model knows of tables by the walks through them (rule T3 knows none that is not walked). */
	for (unsigned pe = 0; pe < s->pes; pe++)
		access(s, (struct place){4, 0, (uint8_t)pe, 1});
	for (unsigned i = 0; i < length; i++)
		feed(s, &s->program[i], 4 * (s->from + i));
	/* Now the one that made a change has had all time to tell the others. */
	model_finish(s->model);
	for (unsigned pe = 0; pe < s->pes; pe++) {
		model_barrier(
			s->model, &(struct barrier){{8, 0, (uint8_t)pe, 1}, BARRIER_DSB, DOMAIN_INNER, BARRIER_FULL});
		tlbi(s, (struct place){8, 0, (uint8_t)pe, 1}, CHANGE_LOCAL);
		model_barrier(
			s->model, &(struct barrier){{8, 0, (uint8_t)pe, 1}, BARRIER_DSB, DOMAIN_INNER, BARRIER_FULL});
		model_sync(s->model, &(struct sync){{8, 0, (uint8_t)pe, 1}, SYNC_ISB, 1});
	}
}

/* ---- Both. */

struct tables {
	unsigned page;
	bool linked;
};

static struct tables tables_after(const struct translation_search *s, unsigned length)
{
	struct tables t = {1, true};

	for (unsigned i = 0; i < length; i++) {
		unsigned letter = s->program[i].letter;

		if (letter <= CHANGE_MAP_2)
			t.page = letter - CHANGE_UNMAP;
		if (letter == CHANGE_UNLINK || letter == CHANGE_LINK)
			t.linked = letter == CHANGE_LINK;
	}
	return t;
}

static void disagree(
	struct translation_search *s, unsigned length, unsigned values, unsigned page, const char *expected)
{
	if (s->disagreements++ >= SHOWN)
		return;
	printf("#   [%s%s] ", s->global ? "global" : "asid", s->ets2 ? ", ets2" : "");
	for (unsigned i = 0; i < length; i++) {
		printf(i ? "; " : "");
		if (s->pes == 2)
			printf("P%u:", s->program[i].pe);
		printf("%s", names[s->program[i].letter]);
	}
	printf("\n#       tables: %u; permitted:", page);
	for (unsigned v = 0; v <= 2; v++)
		if (values >> v & 1)
			printf(" %u", v);
	printf("; expected: %s; the model says: %s\n", expected, s->said);
}

/* A fault that was not needed is told once for each write. */
static bool is_warned(const struct translation_search *s, unsigned length)
{
	for (unsigned i = 0; i < length; i++)
		if (s->warning[i])
			return true;
	return false;
}

/* What another PE does with a translation while it is changed is told once for each change, of the first access. */
static bool is_suspected(const struct translation_search *s, unsigned length)
{
	unsigned pe = s->program[length - 1].pe;
	bool other = false, error = false;

	for (unsigned i = 0; i < length; i++) {
		other = other || (s->program[i].letter <= CHANGE_LINK && s->program[i].pe != pe);
		error = error || (s->error[i] && s->program[i].pe == pe);
	}
	return error && other;
}

/*
 * Has no other PE done anything since the first write of this one that it has not synchronized with? If so, the oracle
 * takes it that all have synchronized.
 */
static bool is_alone(const struct translation_search *s, unsigned length)
{
	unsigned pe = s->program[length - 1].pe;
	bool written = false, dsb = false, alone = true;

	for (unsigned i = 0; i < length; i++) {
		const struct step *x = &s->program[i];

		if (x->pe != pe) {
			alone = alone && !written;
		} else if (x->letter <= CHANGE_LINK) {
			written = true;
			dsb = false;
		} else if (x->letter == CHANGE_DSB_STORES || x->letter == CHANGE_DSB) {
			dsb = true;
		} else if (x->letter == CHANGE_ISB && dsb) {
			written = false;
			alone = true;
		}
	}
	return alone;
}

static void judge_access(struct translation_search *s, unsigned length)
{
	struct tables now = tables_after(s, length);
	unsigned page = now.linked ? now.page : 0, values = ask_oracle(s, length), others = values & ~(1u << page);

	ask_model(s, length);
	s->programs++;
	s->permitted += others != 0;
	if (others & ~1u) {
		if (!s->error[length - 1] && !is_suspected(s, length))
			disagree(s, length, values, page, "error");
	} else if (s->error[length - 1]) {
		disagree(s, length, values, page, "no error");
	}
	if (!is_alone(s, length))
		return;
	if (s->warning[length - 1] && !(others & 1))
		disagree(s, length, values, page, "no warning");
	else if (others == 1 && s->global && !is_warned(s, length))
		disagree(s, length, values, page, "warning");
}

static void judge_write(struct translation_search *s, unsigned length)
{
	struct tables before = tables_after(s, length - 1), now = tables_after(s, length);
	bool breaks = before.linked && before.page && now.page && before.page != now.page;

	ask_model(s, length);
	s->programs++;
	if (s->broke[length - 1] != breaks)
		disagree(s, length, 0, now.page, breaks ? "break-before-make" : "no break-before-make");
}

static bool is_left_out(const struct translation_search *s, unsigned depth, const struct step *x)
{
	struct tables now = tables_after(s, depth);

	/* Twice the same; the first PE is the first to do something. */
	if (depth == 0)
		return x->pe == 1;
	if (s->program[depth - 1].pe == x->pe && s->program[depth - 1].letter == x->letter)
		return true;
	/* A table that nobody reaches is memory like any other. */
	return x->letter <= CHANGE_MAP_2 && !now.linked;
}

static void search(struct translation_search *s, unsigned depth)
{
	for (unsigned n = 0; n < CHANGES * s->pes; n++) {
		struct step x = {(uint8_t)(n % CHANGES), (uint8_t)(n / CHANGES)};

		if ((depth + 1 == s->length && x.letter != CHANGE_ACCESS) || is_left_out(s, depth, &x))
			continue;
		s->program[depth] = x;
		if (x.letter == CHANGE_ACCESS)
			judge_access(s, depth + 1);
		else if (x.letter <= CHANGE_MAP_2)
			judge_write(s, depth + 1);
		if (depth + 1 < s->length)
			search(s, depth + 1);
	}
}

bool translation_search_run(unsigned pes, unsigned length, struct totals *totals)
{
	clock_t began = clock();

	for (unsigned i = 0; i < 4; i++) {
		struct translation_search *s = calloc(1, sizeof(*s));

		if (!s)
			return false;
		s->pes = pes;
		s->length = length;
		s->global = i & 1;
		s->ets2 = i & 2;
		s->from = 16;
		if (!begin(s))
			return false;
		search(s, 0);
		totals->programs += s->programs;
		totals->permitted += s->permitted;
		totals->disagreements += s->disagreements;
		printf("# translation, %s%s, %u PE%s, length up to %u: %llu programs, %llu of them with another "
		       "permitted outcome, %llu disagreements (%.1f s)\n",
			s->global ? "global" : "by ASID", s->ets2 ? ", FEAT_ETS2" : "", pes, pes == 1 ? "" : "s",
			length, (unsigned long long)s->programs, (unsigned long long)s->permitted,
			(unsigned long long)s->disagreements, (double)(clock() - began) / CLOCKS_PER_SEC);
		fflush(stdout);
		model_free(s->model);
		reached_free(&s->reached);
		free(s);
	}
	return true;
}
