/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "../sanitizer/model/log.h"
#include "replay.h"

#include <string.h>

#include "../sanitizer/inject/hardware.h"

G_DEFINE_QUARK(limpid - replay, replay_error)

struct replayed {
	FILE *file;
	char rules[RULES_JSON_SIZE];
};

static void on_found(void *context, const struct finding *finding)
{
	const struct replayed *replayed = context;
	char line[FINDING_JSON_SIZE];

	if (finding_json(finding, line, sizeof(line)))
		fputs(line, replayed->file);
}

/* What the plugin says in its end line, as far as a record knows. */
static void on_finished(void *context, const struct model_counts *counts)
{
	struct replayed *replayed = context;

	if (!rules_json(counts->exercised, replayed->rules, sizeof(replayed->rules)))
		replayed->rules[0] = 0;
}

gboolean replay_events(const char *record, const char *findings, GError **error)
{
	g_autoptr(GError) why = NULL;
	GMappedFile *map = g_mapped_file_new(record, FALSE, &why);
	struct log_error wrong = {0};
	struct replayed replayed = {NULL, "{}"};
	struct model_hooks hooks = {.context = &replayed, .found = on_found, .finished = on_finished};
	gboolean ok;
	FILE *file;

	if (!map) {
		g_set_error(error, REPLAY_ERROR, REPLAY_ERROR_RECORD, "--replay: %s", why->message);
		return FALSE;
	}
	file = fopen(findings, "we");
	if (!file) {
		g_set_error(error, REPLAY_ERROR, REPLAY_ERROR_FINDINGS, "%s: %s", findings, g_strerror(errno));
		g_mapped_file_unref(map);
		return FALSE;
	}
	replayed.file = file;
	/* An empty file has no address. */
	ok = log_replay(g_mapped_file_get_contents(map) ?: "", g_mapped_file_get_length(map), &hooks, &wrong);
	if (ok)
		fprintf(file, "{\"end\":true,\"rules\":%s}\n", replayed.rules);
	else
		g_set_error(error, REPLAY_ERROR, REPLAY_ERROR_RECORD, "--replay: %s: at byte %" G_GUINT64_FORMAT ": %s",
			record, (guint64)wrong.offset, wrong.text);
	if (fclose(file) != 0 && ok) {
		g_set_error(error, REPLAY_ERROR, REPLAY_ERROR_FINDINGS, "%s: %s", findings, g_strerror(errno));
		ok = FALSE;
	}
	g_mapped_file_unref(map);
	return ok;
}

/* --- the story of one finding --- */

struct telling {
	struct model *model; /* of the event that is told */
	struct finding finding;
	gboolean found;
	guint64 seen;  /* events */
	guint64 where; /* number of the event that made the finding, 0: not known yet */
	struct story *story;
	struct hardware *hardware;
	guint8 host[HARDWARE_LINE];
	guint64 line, offset; /* physical address, and where in it the bytes are */
	gboolean cached[MODEL_CPUS];
};

static void tell_found(void *context, const struct finding *finding)
{
	struct telling *t = context;

	if (t->where && (t->finding.severity == SEVERITY_ERROR || finding->severity != SEVERITY_ERROR))
		return;
	if (t->found && finding->severity <= t->finding.severity)
		return;
	t->finding = *finding;
	t->found = TRUE;
	t->where = 0;
}

static void tell_where(void *context, struct model *model, const struct event *event)
{
	struct telling *t = context;

	(void)model;
	(void)event;
	t->seen++;
	if (t->found && !t->where)
		t->where = t->seen;
}

static bool tell_may_be_cached(void *context, uint64_t offset)
{
	struct telling *t = context;

	(void)offset;
	return model_may_be_cached(t->model, t->finding.space, t->line);
}

static guint64 number(const guint8 *bytes, guint size)
{
	guint64 value = 0;

	for (guint i = size; i--;)
		value = value << 8 | bytes[i];
	return value;
}

static struct step *add_step(struct telling *t, enum step_kind kind, const char *text, const struct place *at)
{
	struct step step = {.kind = kind, .text = text, .cpu = at->cpu, .pc = at->pc};

	g_array_append_val(t->story->steps, step);
	return &g_array_index(t->story->steps, struct step, t->story->steps->len - 1);
}

/* Of the line: all of it is done, what touches the bytes is a step. */
static struct step *tell_access(struct telling *t, const struct access *a)
{
	gboolean write = a->flags & ACCESS_WRITE, cacheable = attributes_are_cacheable(a->attributes);
	guint offset = a->pa & (HARDWARE_LINE - 1), size = MIN(a->size, HARDWARE_LINE - offset);
	enum way way = attributes_are_write_back(a->attributes) ? WAY_BACK : cacheable ? WAY_THROUGH : WAY_UNCACHED;
	struct step *step = NULL;
	guint8 newest[HARDWARE_LINE];

	if ((a->pa & ~(guint64)(HARDWARE_LINE - 1)) != t->line || a->space != t->finding.space)
		return NULL;
	if (offset < t->offset + t->story->size && t->offset < offset + size) {
		step = add_step(t, write ? STEP_STORE : STEP_LOAD,
			a->flags & ACCESS_WALK ? "walk"
			: write                ? "STR"
					       : "LDR",
			&a->at);
		step->cacheable = cacheable;
	}
	hardware_before(t->hardware, a->at.cpu, offset, size, way, write);
	if (write)
		memcpy(t->host + offset, a->value, size);
	hardware_after(t->hardware, offset, size, write, way);
	if (step) {
		step->value = number(t->host + t->offset, t->story->size);
		hardware_newest(t->hardware, t->offset, t->story->size, newest);
		step->newest = number(newest, t->story->size);
	}
	hardware_rest(t->hardware);
	return step;
}

static struct step *tell_dc(struct telling *t, const struct dc *dc)
{
	static const struct {
		const char *text;
		enum step_kind kind;
		enum hardware_op op;
	} ops[DC_OPS] = {
		[DC_IVAC] = {"DC IVAC", STEP_INVALIDATE, HARDWARE_INVALIDATE},
		[DC_CVAC] = {"DC CVAC", STEP_CLEAN, HARDWARE_CLEAN},
		[DC_CIVAC] = {"DC CIVAC", STEP_CLEAN_INVALIDATE, HARDWARE_CLEAN_INVALIDATE},
		[DC_CVAU] = {"DC CVAU", STEP_CLEAN_POU, HARDWARE_CLEAN},
		[DC_CVAP] = {"DC CVAP", STEP_CLEAN, HARDWARE_CLEAN},
		[DC_CVADP] = {"DC CVADP", STEP_CLEAN, HARDWARE_CLEAN},
	};

	if ((dc->pa & ~(guint64)(HARDWARE_LINE - 1)) != t->line)
		return NULL;
	if (dc->op != DC_CVAU)
		hardware_maintain(t->hardware, dc->at.cpu, 0, ops[dc->op].op);
	return add_step(t, ops[dc->op].kind, ops[dc->op].text, &dc->at);
}

static void tell_external(struct telling *t, const struct external_write *w)
{
	for (guint i = 0; i < HARDWARE_LINE; i++)
		if (t->line + i - w->pa < w->size)
			t->host[i] = w->bytes[t->line + i - w->pa];
}

static struct step *tell_switch(struct telling *t, const struct regime_switch *s)
{
	gboolean now = s->mmu && s->cache, before = t->cached[s->at.cpu];

	t->cached[s->at.cpu] = now;
	if (now == before || s->synchronized)
		return NULL;
	return add_step(t, now ? STEP_ON : STEP_OFF, now ? "MSR SCTLR: MMU on" : "MSR SCTLR: MMU off", &s->at);
}

static void tell(void *context, struct model *model, const struct event *event)
{
	struct telling *t = context;
	struct step *step = NULL;
	guint8 memory[8], copy[8];
	bool dirty;

	if (t->seen++ >= t->where)
		return;
	t->model = model;
	switch (event->kind) {
	case EVENT_ACCESS:
		step = tell_access(t, &event->access);
		break;
	case EVENT_DC:
		step = tell_dc(t, &event->dc);
		break;
	case EVENT_EXTERNAL_WRITE:
		tell_external(t, &event->external_write);
		break;
	case EVENT_BARRIER:
		if (event->barrier.types != BARRIER_FULL)
			break;
		hardware_barrier(t->hardware, event->barrier.at.cpu, event->barrier.kind == BARRIER_DSB);
		step = add_step(
			t, STEP_BARRIER, event->barrier.kind == BARRIER_DSB ? "DSB" : "DMB", &event->barrier.at);
		break;
	case EVENT_SYNC:
		if (event->sync.kind == SYNC_ISB)
			step = add_step(t, STEP_ISB, "ISB", &event->sync.at);
		break;
	case EVENT_REGIME_SWITCH:
		step = tell_switch(t, &event->regime_switch);
		break;
	}
	if (!step)
		return;
	step->has_copy = hardware_look(t->hardware, t->offset, t->story->size, memory, copy, &dirty);
	step->is_dirty = dirty;
	step->memory = number(memory, t->story->size);
	step->copy = number(copy, t->story->size);
}

/* The eight bytes in which what may be read differs first. */
static void choose_bytes(struct telling *t)
{
	const struct finding *f = &t->finding;
	guint first = 0;

	for (guint i = f->size; i--;)
		for (guint k = 0; k < f->candidates; k++)
			if (!(f->may_be[k].known >> i & 1) || f->may_be[k].bytes[i] != f->got[i])
				first = i;
	first &= ~7u;
	t->line = f->pa & ~(guint64)(HARDWARE_LINE - 1);
	t->offset = (f->pa & (HARDWARE_LINE - 1)) + first;
	t->story->size = MIN(MIN(f->size - first, 8), HARDWARE_LINE - t->offset);
	t->story->pa = t->line + t->offset;
}

/* From the store before the last one on: what was there before, and what became of it. */
static void cut(GArray *steps)
{
	guint stores = 0, from = 0;

	for (guint i = steps->len; i--;) {
		const struct step *s = &g_array_index(steps, struct step, i);

		if (s->kind != STEP_STORE)
			continue;
		from = i;
		if (++stores == 2)
			break;
	}
	g_array_remove_range(steps, 0, from);
}

struct story *replay_story(const char *record, GError **error)
{
	g_autoptr(GError) why = NULL;
	GMappedFile *map = g_mapped_file_new(record, FALSE, &why);
	struct telling t = {0};
	struct model_hooks hooks = {.found = tell_found, .context = &t}, quiet = {0};
	struct hardware_config config = {.policy = POLICY_WORST,
		.host = t.host,
		.size = HARDWARE_LINE,
		.context = &t,
		.may_be_cached = tell_may_be_cached};
	struct log_error wrong = {0};
	const char *bytes;
	gsize size;
	gboolean ok;

	if (!map) {
		g_set_error(error, REPLAY_ERROR, REPLAY_ERROR_RECORD, "%s", why->message);
		return NULL;
	}
	bytes = g_mapped_file_get_contents(map) ?: "";
	size = g_mapped_file_get_length(map);
	ok = log_replay_watched(bytes, size, &hooks, tell_where, &t, &wrong);
	if (ok && t.where && t.finding.size) {
		t.story = g_new0(struct story, 1);
		t.story->steps = g_array_new(FALSE, FALSE, sizeof(struct step));
		t.story->kind = g_strdup(kind_name(t.finding.kind));
		t.story->text = g_strdup(t.finding.text);
		t.story->remedy = g_strdup(t.finding.remedy);
		choose_bytes(&t);
		t.seen = 0;
		t.hardware = hardware_new(&config);
		if (t.hardware)
			ok = log_replay_watched(bytes, size, &quiet, tell, &t, &wrong);
		hardware_free(t.hardware);
		cut(t.story->steps);
	}
	g_mapped_file_unref(map);
	if (!ok) {
		g_set_error(error, REPLAY_ERROR, REPLAY_ERROR_RECORD, "%s: at byte %" G_GUINT64_FORMAT ": %s", record,
			(guint64)wrong.offset, wrong.text);
		story_free(t.story);
		return NULL;
	}
	return t.story;
}

void story_free(struct story *story)
{
	if (!story)
		return;
	g_array_unref(story->steps);
	g_free(story->kind);
	g_free(story->text);
	g_free(story->remedy);
	g_free(story);
}
