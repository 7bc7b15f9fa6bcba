/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A letter as the events that a feeder would send for it. One model serves some thousand programs: each has a page of
 * its own, and ends with a DSB, so that nothing of it is left.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../model/model.h"
#include "judge.h"

#define PROGRAMS 2048
#define BASE     0x40000000ull
#define LOAD_PC  0x100000ull

struct judge {
	struct setting setting;
	struct model *model;
	unsigned used;
	uint64_t page;
	bool mmu[2];
	uint64_t watch; /* pc of the load that is judged */
	bool error;
	char said[256];
};

static bool may_allocate(void *context, enum space space, uint64_t pa)
{
	const struct judge *j = context;

	(void)space;
	(void)pa;
	return j->mmu[0] || j->mmu[1];
}

static void found(void *context, const struct finding *f)
{
	struct judge *j = context;

	if (f->pc != j->watch)
		return;
	if (f->severity == SEVERITY_ERROR)
		j->error = true;
	snprintf(j->said, sizeof(j->said), "%s (%s, %s)", kind_name(f->kind), severity_name(f->severity), f->rule);
}

static bool begin(struct judge *j)
{
	struct model_config config;
	struct model_hooks hooks = {.context = j, .may_allocate = may_allocate, .found = found};
	struct ram ram = {BASE, (PROGRAMS + 1) * 4096ull, SPACE_NONSECURE, 0};

	model_free(j->model);
	model_config_defaults(&config);
	config.options.initial = (int)j->setting.start;
	/* CWG: 128 bytes where two lines share a granule. */
	config.ids.ctr = (config.ids.ctr & ~(15ull << 24)) | (uint64_t)(j->setting.layout == LAYOUT_GRANULE ? 5 : 4)
								     << 24;
	j->model = model_new(&config, &hooks);
	j->used = 0;
	j->page = BASE;
	j->mmu[0] = j->mmu[1] = false;
	return j->model && model_add_ram(j->model, &ram);
}

struct judge *judge_new(const struct setting *setting)
{
	struct judge *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->setting = *setting;
	if (!begin(j)) {
		judge_free(j);
		return NULL;
	}
	return j;
}

void judge_free(struct judge *j)
{
	if (j)
		model_free(j->model);
	free(j);
}

static void set_mmu(struct judge *j, unsigned pe, bool on, bool synchronized, uint64_t pc)
{
	struct place at = {pc, 0, (uint8_t)pe, 1};

	if (!on && j->mmu[pe])
		model_was_allocatable(j->model, &(struct allocatable){j->page, 4096, SPACE_NONSECURE});
	j->mmu[pe] = on;
	model_regime_switch(j->model, &(struct regime_switch){at, on, on, synchronized});
}

static uint64_t address(const struct judge *j, unsigned location)
{
	static const unsigned offset[LAYOUTS] = {8, 64, 128};

	return j->page + location * offset[j->setting.layout];
}

static void access(struct judge *j, const struct letter *x, const struct past *past, uint64_t pc, bool fast)
{
	bool nc = x->kind == LETTER_STORE_NC || x->kind == LETTER_LOAD_NC;
	bool store = x->kind == LETTER_STORE || x->kind == LETTER_STORE_NC;
	uint64_t pa = address(j, x->location);
	struct access a = {
		.at = {pc, 0, x->pe, 1},
		.va = pa,
		.pa = pa,
		.size = 1,
		.flags = store ? ACCESS_WRITE : 0,
		.attributes = !j->mmu[x->pe] ? ATTRIBUTES_MMU_OFF
			      : nc           ? ATTRIBUTES_NC
					     : ATTRIBUTES_WB_INNER,
		.value = {store ? x->value : past->newest[x->location]},
	};
	struct view view;

	if (fast && !model_is_unsettled(j->model, x->pe) &&
		model_view(j->model, SPACE_NONSECURE, pa, &a.at, a.attributes, &view) && view.fast) {
		struct writer w = {pc, pa, 0, x->pe, 1, a.attributes, 0};
		bool changes = false;

		if (store ? line_write_is_fast(
				    &view.shadow, pa & 4095, 1, a.value, model_writer(j->model, &w), &changes)
			  : line_read_is_fast(&view.shadow, pa & 4095)) {
			if (changes)
				model_stored(j->model, &(struct stored){pa, x->pe, SPACE_NONSECURE, 1, ORDER_NONE});
			return;
		}
	}
	model_access(j->model, &a);
}

static void feed(struct judge *j, const struct letter *x, const struct past *past, uint64_t pc, bool fast)
{
	static const uint8_t dc_of[] = {
		[LETTER_CVAC] = DC_CVAC,
		[LETTER_CVAU] = DC_CVAU,
		[LETTER_IVAC] = DC_IVAC,
		[LETTER_CIVAC] = DC_CIVAC,
	};
	struct place at = {pc, 0, x->pe, 1};

	switch (x->kind) {
	case LETTER_STORE:
	case LETTER_LOAD:
	case LETTER_STORE_NC:
	case LETTER_LOAD_NC:
		access(j, x, past, pc, fast);
		break;
	case LETTER_CVAC:
	case LETTER_CVAU:
	case LETTER_IVAC:
	case LETTER_CIVAC:
		model_dc(j->model, &(struct dc){at, address(j, x->location), address(j, x->location), SPACE_NONSECURE,
					   dc_of[x->kind], j->mmu[x->pe] ? ATTRIBUTES_WB_INNER : ATTRIBUTES_MMU_OFF});
		break;
	case LETTER_DMB_SY:
		model_barrier(j->model, &(struct barrier){at, BARRIER_DMB, DOMAIN_SYSTEM, BARRIER_FULL});
		break;
	case LETTER_DSB_SY:
		model_barrier(j->model, &(struct barrier){at, BARRIER_DSB, DOMAIN_SYSTEM, BARRIER_FULL});
		break;
	case LETTER_DSB_ISH:
		model_barrier(j->model, &(struct barrier){at, BARRIER_DSB, DOMAIN_INNER, BARRIER_FULL});
		break;
	case LETTER_MMU_ON:
	case LETTER_MMU_OFF:
		set_mmu(j, x->pe, x->kind == LETTER_MMU_ON, false, pc);
		break;
	default:
		model_sync(j->model, &(struct sync){at, SYNC_ISB, 1});
	}
}

bool judge_program(struct judge *j, const struct letter *program, unsigned length, bool fast)
{
	struct past past = {0};

	if (j->used == PROGRAMS && !begin(j))
		abort();
	j->used++;
	j->page += 4096;
	j->error = false;
	strcpy(j->said, "nothing");
	j->watch = 0;
	for (unsigned pe = 0; pe < j->setting.pes; pe++)
		set_mmu(j, pe, j->setting.mmu[pe], true, 0);
	past.newest[0] = past.newest[1] = j->setting.initially;
	if (!j->setting.unknown) {
		uint8_t bytes[256];

		memset(bytes, j->setting.initially, sizeof(bytes));
		model_external_write(j->model, &(struct external_write){j->page, sizeof(bytes), bytes, SPACE_NONSECURE,
						       EXTERNAL_IMAGE, false});
	}
	for (unsigned i = 0; i < length; i++) {
		uint64_t pc = 0x1000 + 4 * i;

		/* Findings are given once for each pc: this one is new. */
		if (i + 1 == length)
			pc = j->watch = LOAD_PC + j->page;
		feed(j, &program[i], &past, pc, fast);
		if (program[i].kind == LETTER_STORE || program[i].kind == LETTER_STORE_NC)
			past.newest[program[i].location] = program[i].value;
	}
	j->watch = 0;
	for (unsigned pe = 0; pe < j->setting.pes; pe++) {
		feed(j, &(struct letter){LETTER_DSB_SY, (uint8_t)pe, 0, 0}, &past, 0x2000, fast);
		feed(j, &(struct letter){LETTER_ISB, (uint8_t)pe, 0, 0}, &past, 0x2000, fast);
	}
	for (unsigned pe = 0; pe < j->setting.pes; pe++)
		set_mmu(j, pe, false, true, 0);
	return j->error;
}

const char *judge_said(const struct judge *j)
{
	return j->said;
}
