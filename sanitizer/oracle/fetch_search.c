/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../model/model.h"
#include "fetch.h"
#include "fetch_search.h"

#define PROGRAMS 512
#define BASE     0x40000000ull
#define WATCH_PC 0x100000ull
#define SHOWN    12

enum code_letter {
	CODE_OLD, /* the instruction that was there at first */
	CODE_NEW,
	CODE_NEWER,
	CODE_CVAU,
	CODE_CVAC,
	CODE_IVAU,
	CODE_IALLU,
	CODE_IALLUIS,
	CODE_DMB,
	CODE_DSB,
	CODE_DSB_NSH,
	CODE_ISB,
	CODE_EXECUTE,
	CODE_LETTERS
};

static const char *const names[CODE_LETTERS] = {"store old", "store new", "store newer", "dc cvau", "dc cvac",
	"ic ivau", "ic iallu", "ic ialluis", "dmb ish", "dsb ish", "dsb nsh", "isb", "execute"};

/* What each letter is for the oracle: a clean to the PoC is one to the PoU, too; there is one location. */
static const uint8_t operations[CODE_LETTERS] = {FETCH_STORE, FETCH_STORE, FETCH_STORE, FETCH_CVAU, FETCH_CVAU,
	FETCH_IVAU, FETCH_IALLU, FETCH_IVAU, FETCH_DMB, FETCH_DSB, FETCH_DSB_NSH, FETCH_ISB, FETCH_EXECUTE};

struct step {
	uint8_t letter, pe;
};

struct fetch_search {
	unsigned pes, length;
	bool idc, dic;
	bool ran; /* each PE has executed the instruction that was there at first */
	struct reached reached;
	struct step program[FETCH_SEARCH_LENGTH];
	unsigned asked_pe, asked_op, values; /* see ask_oracle() */

	struct model *model;
	unsigned used;
	uint64_t line;
	bool translated, look; /* of the line: as the feeder has it */
	uint64_t watch;
	bool error;
	char said[256];

	uint64_t programs, permitted, disagreements, exempt;
};

static void on_outcome(void *context, const struct pes_outcome *outcome)
{
	struct fetch_search *s = context;

	s->values |= 1u << outcome->value[s->asked_pe][s->asked_op];
}

/* What @pe may execute after the first @length letters, and an ISB if @synchronized. Bit n: value n. */
static unsigned ask_oracle(struct fetch_search *s, unsigned length, unsigned pe, bool synchronized)
{
	struct fetch_program p = {.pes = {.pes = (uint8_t)s->pes, .interleaved = true}, .idc = s->idc, .dic = s->dic};
	bool known = !s->idc || s->ran, stored = false;
	uint8_t at = 0;

	for (unsigned i = 0; i < length; i++) {
		const struct step *x = &s->program[i];
		struct pes_op *op = &p.pes.op[x->pe][p.pes.ops[x->pe]++];

		op->operation = operations[x->letter];
		/* For one PE alone they are the same. */
		if (s->pes == 1 && op->operation == FETCH_DSB_NSH)
			op->operation = FETCH_DSB;
		op->value = x->letter <= CODE_NEWER ? x->letter : 0;
		op->at = at++;
		op->ignored = true;
		/* With IDC the model does not see that a DSB is missing behind a store to what it does not know as
		 * code. */
		op->completed = !known && op->operation == FETCH_STORE;
		stored = stored || op->operation == FETCH_STORE;
		known = known || x->letter == CODE_EXECUTE ||
			(stored && (x->letter == CODE_CVAU || x->letter == CODE_IVAU));
	}
	if (synchronized)
		p.pes.op[pe][p.pes.ops[pe]++] = (struct pes_op){.operation = FETCH_ISB, .at = at++};
	s->asked_pe = pe;
	s->asked_op = p.pes.ops[pe]++;
	p.pes.op[pe][s->asked_op] = (struct pes_op){.operation = FETCH_EXECUTE, .at = at};
	s->values = 0;
	if (!fetch_explore(&s->reached, &p, on_outcome, s))
		abort();
	return s->values;
}

/* ---- The model. */

static void found(void *context, const struct finding *f)
{
	struct fetch_search *s = context;

	if (f->pc != s->watch)
		return;
	if (f->severity == SEVERITY_ERROR)
		s->error = true;
	snprintf(s->said, sizeof(s->said), "%s (%s, %s)", kind_name(f->kind), severity_name(f->severity), f->rule);
}

/* MOVZ X0, #value: none of those that may be exchanged while they are executed (rule I5). */
static void instruction(uint8_t bytes[4], unsigned value)
{
	uint32_t opcode = 0xd2800000 | (value + 1) << 5;

	memcpy(bytes, &opcode, 4);
}

static bool begin(struct fetch_search *s)
{
	struct model_config config;
	struct model_hooks hooks = {.context = s, .found = found};
	struct ram ram = {BASE, (PROGRAMS * 64 + 4095) & ~4095ull, SPACE_NONSECURE, 0};

	model_free(s->model);
	model_config_defaults(&config);
	config.ids.ctr |= (uint64_t)s->idc << 28 | (uint64_t)s->dic << 29;
	s->model = model_new(&config, &hooks);
	s->used = 0;
	s->line = BASE - 64;
	if (!s->model || !model_add_ram(s->model, &ram))
		return false;
	for (unsigned pe = 0; pe < s->pes; pe++) {
		struct place at = {0, 0, (uint8_t)pe, 1};

		model_regime_switch(s->model, &(struct regime_switch){at, 1, 1, 1});
	}
	return true;
}

static void access(struct fetch_search *s, struct place at, unsigned flags, unsigned value)
{
	struct access a = {.at = at,
		.va = s->line,
		.pa = s->line,
		.size = 4,
		.flags = (uint8_t)flags,
		.attributes = ATTRIBUTES_WB_INNER};

	instruction(a.value, value);
	if (!(flags & ACCESS_FETCH)) {
		model_access(s->model, &a);
		return;
	}
	/* As the plugin does it: told when the line is translated, which is once for all PEs, and at each execution. */
	if (!s->translated)
		s->look = model_code(s->model, &a);
	s->translated = true;
	if (s->look)
		model_access(s->model, &a);
}

static unsigned feed(struct fetch_search *s, const struct step *x, unsigned newest, uint64_t pc)
{
	struct place at = {pc, 0, x->pe, 1};

	switch (x->letter) {
	case CODE_OLD:
	case CODE_NEW:
	case CODE_NEWER:
		s->translated = false;
		access(s, at, ACCESS_WRITE, x->letter);
		return x->letter;
	case CODE_CVAU:
	case CODE_CVAC:
		model_dc(s->model, &(struct dc){at, s->line, s->line, SPACE_NONSECURE,
					   x->letter == CODE_CVAU ? DC_CVAU : DC_CVAC, ATTRIBUTES_WB_INNER});
		break;
	case CODE_IVAU:
		model_ic(s->model, &(struct ic){at, s->line, s->line, SPACE_NONSECURE, IC_IVAU});
		break;
	case CODE_IALLU:
	case CODE_IALLUIS:
		model_ic(s->model,
			&(struct ic){at, 0, 0, SPACE_NONSECURE, x->letter == CODE_IALLU ? IC_IALLU : IC_IALLUIS});
		break;
	case CODE_DMB:
		model_barrier(s->model, &(struct barrier){at, BARRIER_DMB, DOMAIN_INNER, BARRIER_FULL});
		break;
	case CODE_DSB:
	case CODE_DSB_NSH:
		model_barrier(s->model, &(struct barrier){at, BARRIER_DSB,
						x->letter == CODE_DSB ? DOMAIN_INNER : DOMAIN_NONE, BARRIER_FULL});
		break;
	case CODE_ISB:
		model_sync(s->model, &(struct sync){at, SYNC_ISB, 1});
		break;
	default:
		access(s, at, ACCESS_FETCH, newest);
	}
	return newest;
}

/* Does the model call the last letter an error? */
static bool ask_model(struct fetch_search *s, unsigned length)
{
	static const uint8_t cure[] = {CODE_CVAU, CODE_DSB, CODE_IALLUIS, CODE_DSB};
	uint8_t bytes[64];
	unsigned newest = CODE_OLD;

	if (s->used == PROGRAMS && !begin(s))
		abort();
	s->used++;
	s->line += 64;
	s->error = s->translated = s->look = false;
	s->watch = 0;
	strcpy(s->said, "nothing");
	for (unsigned i = 0; i < sizeof(bytes); i += 4)
		instruction(bytes + i, CODE_OLD);
	model_external_write(s->model,
		&(struct external_write){s->line, sizeof(bytes), bytes, SPACE_NONSECURE, EXTERNAL_IMAGE, false});
	for (unsigned pe = 0; s->ran && pe < s->pes; pe++)
		feed(s, &(struct step){CODE_EXECUTE, (uint8_t)pe}, newest, 0x1000);
	for (unsigned i = 0; i < length; i++) {
		/* Findings are given once for each pc: this one is new. */
		s->watch = i + 1 == length ? WATCH_PC + s->line : 0;
		newest = feed(s, &s->program[i], newest, s->watch ? s->watch : 0x1000 + 4 * i);
	}
	s->watch = 0;
	/* Nothing of it is left for the next one. */
	for (unsigned i = 0; i < sizeof(cure); i++)
		for (unsigned pe = 0; pe < s->pes; pe++)
			feed(s, &(struct step){cure[i], (uint8_t)pe}, newest, 0x2000);
	for (unsigned pe = 0; pe < s->pes; pe++)
		feed(s, &(struct step){CODE_ISB, (uint8_t)pe}, newest, 0x2000);
	return s->error;
}

/* ---- Both. */

static unsigned newest_of(const struct fetch_search *s, unsigned length)
{
	unsigned newest = CODE_OLD;

	for (unsigned i = 0; i < length; i++)
		if (s->program[i].letter <= CODE_NEWER)
			newest = s->program[i].letter;
	return newest;
}

static void print_program(const struct fetch_search *s, unsigned length)
{
	for (unsigned i = 0; i < length; i++) {
		printf(i ? "; " : "");
		if (s->pes == 2)
			printf("P%u:", s->program[i].pe);
		printf("%s", names[s->program[i].letter]);
	}
}

/*
 * Only an ISB is missing. The model takes it that nobody has fetched ahead what nobody has executed, but for the PE
 * whose DSB ended the maintenance.
 */
static bool may_be_ahead(struct fetch_search *s, unsigned length)
{
	unsigned pe = s->program[length - 1].pe, newest = newest_of(s, length), end = length - 1;
	bool ran = s->ran, changed = false;

	for (unsigned i = 0; i + 1 < length; i++) {
		ran = ran || s->program[i].letter == CODE_EXECUTE;
		if (s->program[i].letter <= CODE_NEWER)
			changed = ran;
	}
	while (end && ask_oracle(s, end - 1, pe, true) == 1u << newest)
		end--;
	return changed || (end && s->program[end - 1].pe == pe);
}

static void judge(struct fetch_search *s, unsigned length)
{
	unsigned newest = newest_of(s, length), pe = s->program[length - 1].pe;
	unsigned values = ask_oracle(s, length - 1, pe, false);
	bool other = values & ~(1u << newest), error = ask_model(s, length);

	if (other && s->pes == 2 && ask_oracle(s, length - 1, pe, true) == 1u << newest)
		other = may_be_ahead(s, length);
	s->programs++;
	s->permitted += other;
	if (other == error || s->disagreements++ >= SHOWN)
		return;
	printf("#   [idc %u dic %u%s] ", s->idc, s->dic, s->ran ? " ran" : "");
	print_program(s, length);
	printf("\n#       newest: %u; permitted:", newest);
	for (unsigned v = 0; v <= CODE_NEWER; v++)
		if (values >> v & 1)
			printf(" %u", v);
	printf("; the model says: %s\n", s->said);
}

/* Is there a program of the same meaning that is tried anyhow, or none that needs to be? */
static bool is_left_out(const struct fetch_search *s, unsigned depth, const struct step *x)
{
	unsigned newest = newest_of(s, depth);
	bool ran = s->ran, stored = false, new = false;

	for (unsigned i = 0; i < depth; i++) {
		ran = ran || s->program[i].letter == CODE_EXECUTE;
		stored = stored || s->program[i].letter <= CODE_NEWER;
		new = new || s->program[i].letter == CODE_NEW;
	}
	/* The two new ones have no meaning but their order. */
	if (x->letter == CODE_NEWER && !new)
		return true;
	if (x->letter <= CODE_NEWER && x->letter == newest && stored)
		return true;
	/* The model knows of no instruction what it was before, unless it has been executed. */
	if (x->letter == CODE_OLD && !stored && !ran)
		return true;
	/* The PEs are alike. */
	if (depth == 0)
		return x->pe == 1;
	/* Twice the same of one PE. */
	return s->program[depth - 1].pe == x->pe && s->program[depth - 1].letter == x->letter;
}

static void search(struct fetch_search *s, unsigned depth)
{
	for (unsigned n = 0; n < CODE_LETTERS * s->pes; n++) {
		struct step x = {(uint8_t)(n % CODE_LETTERS), (uint8_t)(n / CODE_LETTERS)};

		/* A program is judged by its last letter. */
		if ((depth + 1 == s->length && x.letter != CODE_EXECUTE) || is_left_out(s, depth, &x))
			continue;
		s->program[depth] = x;
		if (x.letter == CODE_EXECUTE)
			judge(s, depth + 1);
		if (depth + 1 < s->length)
			search(s, depth + 1);
	}
}

bool fetch_search_run(unsigned pes, unsigned length, struct totals *totals)
{
	/* With DIC the model has nothing to go by, unless it has been executed. */
	static const struct {
		bool idc, dic, ran;
	} settings[] = {{false, false, false}, {false, false, true}, {true, false, false}, {true, false, true},
		{true, true, true}};
	clock_t began = clock();

	for (unsigned i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		struct fetch_search *s = calloc(1, sizeof(*s));

		if (!s)
			return false;
		s->pes = pes;
		s->length = length;
		s->idc = settings[i].idc;
		s->dic = settings[i].dic;
		s->ran = settings[i].ran;
		if (!begin(s))
			return false;
		search(s, 0);
		totals->programs += s->programs;
		totals->permitted += s->permitted;
		totals->disagreements += s->disagreements;
		printf("# fetch, IDC %u, DIC %u%s, %u PE%s, length up to %u: %llu programs, %llu of them with another "
		       "permitted value, %llu disagreements (%.1f s)\n",
			s->idc, s->dic, s->ran ? ", executed before" : "", pes, pes == 1 ? "" : "s", length,
			(unsigned long long)s->programs, (unsigned long long)s->permitted,
			(unsigned long long)s->disagreements, (double)(clock() - began) / CLOCKS_PER_SEC);
		fflush(stdout);
		model_free(s->model);
		reached_free(&s->reached);
		free(s);
	}
	return true;
}
