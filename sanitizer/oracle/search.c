/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "judge.h"
#include "search.h"

#define LENGTH_MAX PROGRAM_MAX
#define SHOWN      12

struct search {
	struct setting setting;
	struct caches *caches;
	struct judge *judge;
	unsigned length;
	/* Of the programs longer than this only one in `rate` prefixes is followed. */
	unsigned whole;
	unsigned rate;
	uint64_t random;
	struct letter program[LENGTH_MAX];
	struct past past[LENGTH_MAX + 1];
	struct states states[LENGTH_MAX + 1];
	uint64_t programs, disagreements, permitted;
	size_t largest;
};

static unsigned alphabet(const struct setting *t, struct letter letters[128])
{
	unsigned n = 0;

	for (uint8_t pe = 0; pe < t->pes; pe++) {
		for (uint8_t l = 0; l < 2; l++) {
			for (uint8_t v = 1; v <= 2; v++) {
				letters[n++] = (struct letter){LETTER_STORE, pe, l, v};
				letters[n++] = (struct letter){LETTER_STORE_NC, pe, l, v};
			}
			letters[n++] = (struct letter){LETTER_LOAD, pe, l, 0};
			letters[n++] = (struct letter){LETTER_LOAD_NC, pe, l, 0};
			for (uint8_t k = LETTER_CVAC; k <= LETTER_CIVAC; k++)
				letters[n++] = (struct letter){k, pe, l, 0};
		}
		for (uint8_t k = LETTER_DMB_SY; k <= LETTER_ISB; k++)
			letters[n++] = (struct letter){k, pe, 0, 0};
	}
	return n;
}

static bool names_location(const struct letter *x)
{
	return x->kind <= LETTER_CIVAC;
}

static bool is_store(const struct letter *x)
{
	return x->kind == LETTER_STORE || x->kind == LETTER_STORE_NC;
}

static bool is_load(const struct letter *x)
{
	return x->kind == LETTER_LOAD || x->kind == LETTER_LOAD_NC;
}

/* Is there a program of the same meaning that is tried anyhow? */
static bool is_mirrored(const struct search *s, unsigned depth, const struct letter *x)
{
	bool located = false, stored = false, other_pe = false;

	for (unsigned i = 0; i < depth; i++) {
		located = located || names_location(&s->program[i]);
		stored = stored || is_store(&s->program[i]);
		other_pe = other_pe || s->program[i].pe;
	}
	if (!located && names_location(x) && x->location)
		return true;
	if (!stored && is_store(x) && x->value == 2 && s->setting.initially != 1)
		return true;
	return depth == 0 && x->pe == 1 && s->setting.pes == 2 && s->setting.mmu[0] == s->setting.mmu[1];
}

static void print_letter(const struct letter *x, const struct setting *t)
{
	static const char *const names[] = {"store", "load", "store-nc", "load-nc", "dc cvac", "dc cvau", "dc ivac",
		"dc civac", "dmb sy", "dsb sy", "dsb ish", "mmu on", "mmu off", "isb"};

	if (t->pes == 2)
		printf("P%u:", x->pe);
	printf("%s", names[x->kind]);
	if (names_location(x))
		printf(" %c", "xy"[x->location]);
	if (is_store(x))
		printf("=%u", x->value);
}

static void print_setting(const struct setting *t)
{
	static const char *const layouts[] = {"one line", "one granule", "apart"};
	static const char *const starts[] = {"invalid", "clean", "dirty"};

	printf("%s, initial=%s, memory %s%u, mmu %s", layouts[t->layout], starts[t->start],
		t->unknown ? "unknown " : "", t->initially, t->mmu[0] ? "on" : "off");
	if (t->pes == 2)
		printf("/%s", t->mmu[1] ? "on" : "off");
}

static void disagree(struct search *s, unsigned length, unsigned values, unsigned newest, bool fast)
{
	if (s->disagreements++ >= SHOWN)
		return;
	printf("#   [");
	print_setting(&s->setting);
	printf("]%s ", fast ? " fast" : "");
	for (unsigned i = 0; i < length; i++) {
		printf(i ? "; " : "");
		print_letter(&s->program[i], &s->setting);
	}
	printf("\n#       machine without caches: %u; permitted:", newest);
	for (unsigned v = 0; v < 4; v++)
		if (values >> v & 1)
			printf(" %u", v);
	printf("; the model says: %s\n", judge_said(s->judge));
}

static bool skip(struct search *s, unsigned depth)
{
	if (depth < s->whole)
		return false;
	s->random = s->random * 6364136223846793005 + 1442695040888963407;
	return (s->random >> 33) % s->rate != 0;
}

static void search(struct search *s, unsigned depth)
{
	struct letter letters[128];
	unsigned n = alphabet(&s->setting, letters);

	for (unsigned i = 0; i < n; i++) {
		const struct letter *x = &letters[i];
		const struct past *past = &s->past[depth];
		unsigned values;

		if (letter_is_redundant(past, x) || is_mirrored(s, depth, x))
			continue;
		/* A program is judged by its last letter. */
		if (depth + 1 == s->length && !is_load(x))
			continue;
		if (skip(s, depth + 1))
			continue;
		s->program[depth] = *x;
		values = caches_step(
			s->caches, &s->setting, x, past, &s->states[depth], &s->past[depth + 1], &s->states[depth + 1]);
		if (s->states[depth + 1].count > s->largest)
			s->largest = s->states[depth + 1].count;
		if (is_load(x)) {
			unsigned newest = past->newest[x->location];
			bool other = past->written[x->location] && values & ~(1u << newest);
			/* Both ways into the model in turn. */
			bool fast = s->programs & 1;
			bool error = judge_program(s->judge, s->program, depth + 1, fast);

			s->programs++;
			s->permitted += other;
			if (error != other)
				disagree(s, depth + 1, values, newest, fast);
		}
		if (depth + 1 < s->length)
			search(s, depth + 1);
	}
}

static unsigned settings(unsigned pes, struct setting out[128])
{
	unsigned n = 0;

	for (unsigned layout = 0; layout < LAYOUTS; layout++) {
		for (unsigned start = 0; start <= START_DIRTY; start++) {
			for (unsigned content = 0; content < 3; content++) {
				/* A dirty line of nobody knows what lies over memory of nobody knows what. */
				if (start == START_DIRTY && content != 2)
					continue;
				for (unsigned mmu = 0; mmu < (pes == 2 ? 3 : 2); mmu++)
					out[n++] = (struct setting){
						.layout = layout,
						.start = start,
						.initially = content == 1 ? 1 : VALUE_OLD,
						.unknown = content == 2,
						.pes = (uint8_t)pes,
						.mmu = {mmu >= 1, mmu >= 2},
					};
			}
		}
	}
	return n;
}

bool search_run(unsigned pes, unsigned length, unsigned whole, unsigned rate, int only, struct totals *totals)
{
	struct setting all[128];
	unsigned n = settings(pes, all);
	struct totals sum = {0};
	clock_t began = clock();
	size_t largest = 0;
	struct caches *caches = caches_new();

	if (!caches)
		return false;
	for (unsigned i = 0; i < n; i++) {
		struct search s = {.setting = all[i],
			.caches = caches,
			.length = length,
			.whole = whole,
			.rate = rate,
			.random = i};

		if (only >= 0 && (unsigned)only != i)
			continue;
		s.judge = judge_new(&s.setting);
		if (!s.judge)
			return false;
		caches_begin(caches, &s.setting, &s.past[0], &s.states[0]);
		search(&s, 0);
		for (unsigned d = 0; d <= LENGTH_MAX; d++)
			states_free(&s.states[d]);
		judge_free(s.judge);
		sum.programs += s.programs;
		sum.disagreements += s.disagreements;
		sum.permitted += s.permitted;
		if (s.largest > largest)
			largest = s.largest;
		if (s.disagreements) {
			printf("#   %llu disagreements with ", (unsigned long long)s.disagreements);
			print_setting(&s.setting);
			printf(" (setting %u)\n", i);
		}
		fflush(stdout);
	}
	caches_free(caches);
	printf("# %u PE%s, length up to %u%s: %llu programs, %llu of them with another permitted value, %llu "
	       "disagreements (%.1f s; at most %zu states)\n",
		pes, pes == 1 ? "" : "s", length, whole < length ? " (a sample of the longest)" : "",
		(unsigned long long)sum.programs, (unsigned long long)sum.permitted,
		(unsigned long long)sum.disagreements, (double)(clock() - began) / CLOCKS_PER_SEC, largest);
	totals->programs += sum.programs;
	totals->disagreements += sum.disagreements;
	totals->permitted += sum.permitted;
	return true;
}
