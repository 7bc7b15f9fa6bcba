/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "picture.h"

#define ROW        46
#define TOP        86
#define MARGIN     24
#define CPU_WIDTH  330
#define LANE_WIDTH 190
#define LANE_GAP   50 /* for arrows between cache and memory */
#define STEPS_MAX  40

struct drawing {
	FILE *file;
	const struct story *story;
	struct loaded *loaded;
	guint cpus[8], cpu_count; /* those that have steps, in the order of their lanes */
	guint width, cache_x, memory_x;
	guint y;
	guint64 newest;
};

/* Where a missing operation belongs, and how it is drawn. */
struct missing {
	const char *kind, *text;
	enum { BEFORE_OFF, BEFORE_ON, BEFORE_STORE, BEFORE_LAST_DC, AFTER_DC, AFTER_SWITCH } where;
	gboolean cleans, drops;
};

static const struct missing missing[] = {
	{"stale-memory-read", "DC CVAC; DSB", BEFORE_OFF, TRUE, FALSE},
	{"stale-cache-read", "DC CIVAC; DSB", BEFORE_ON, FALSE, TRUE},
	{"lost-write", "DC CIVAC; DSB", BEFORE_STORE, TRUE, TRUE},
	{"discarded-write", "DC CVAC; DSB", BEFORE_LAST_DC, TRUE, FALSE},
	{"incomplete-maintenance", "DSB", AFTER_DC, TRUE, FALSE},
	{"unsynchronized-register", "ISB", AFTER_SWITCH, FALSE, FALSE},
};

static const struct missing *missing_of(const struct story *story)
{
	for (guint i = 0; i < G_N_ELEMENTS(missing); i++)
		if (strcmp(missing[i].kind, story->kind) == 0)
			return &missing[i];
	return NULL;
}

static const struct step *step_at(const struct story *s, guint i)
{
	return &g_array_index(s->steps, struct step, i);
}

static gboolean is_dc(const struct step *s)
{
	return s->kind >= STEP_CLEAN && s->kind <= STEP_CLEAN_POU;
}

/* The step that the missing operation comes before; the number of steps: nowhere. */
static guint missing_before(const struct story *story, const struct missing *m)
{
	guint last = story->steps->len - 1, store = last;

	while (store > 0 && step_at(story, store)->kind != STEP_STORE)
		store--;
	for (guint i = last + 1; i-- > 0;) {
		const struct step *s = step_at(story, i);

		if ((m->where == BEFORE_LAST_DC && is_dc(s)) || (m->where == BEFORE_STORE && i == store))
			return i;
		if ((m->where == AFTER_DC && is_dc(s)) ||
			(m->where == AFTER_SWITCH && (s->kind == STEP_OFF || s->kind == STEP_ON)))
			return i + 1;
		if (i > store && ((m->where == BEFORE_OFF && s->kind == STEP_OFF) ||
					 (m->where == BEFORE_ON && s->kind == STEP_ON)))
			return i;
	}
	return m->where == BEFORE_OFF || m->where == BEFORE_ON ? last : story->steps->len;
}

static guint lane_of(struct drawing *d, guint cpu)
{
	for (guint i = 0; i < d->cpu_count; i++)
		if (d->cpus[i] == cpu)
			return MARGIN + i * CPU_WIDTH;
	return MARGIN;
}

static void put_text(struct drawing *d, guint x, guint y, const char *class, const char *anchor, const char *text)
{
	g_autofree char *safe = g_markup_escape_text(text, -1);

	fprintf(d->file, "<text x=\"%u\" y=\"%u\" class=\"%s\" text-anchor=\"%s\">%s</text>\n", x, y, class, anchor,
		safe);
}

static void put_arrow(struct drawing *d, guint from, guint to, guint y, const char *class)
{
	int back = from < to ? -1 : 1;

	fprintf(d->file, "<line x1=\"%u\" y1=\"%u\" x2=\"%d\" y2=\"%u\" class=\"%s\"/>\n", from, y, (int)to + 7 * back,
		y, class);
	fprintf(d->file, "<path d=\"M%u %u l%d -4 v8 z\" class=\"head %s\"/>\n", to, y, 9 * back, class);
}

static void put_cross(struct drawing *d, guint x, guint y, const char *class)
{
	fprintf(d->file, "<path d=\"M%d %d l12 12 m0 -12 l-12 12\" class=\"%s\"/>\n", (int)x - 6, (int)y - 6, class);
}

static char *describe(struct drawing *d, guint64 pc)
{
	const GPtrArray *frames = loaded_frames(d->loaded, pc, FALSE);
	const struct frame *frame = frames && frames->len ? frames->pdata[0] : NULL;
	g_autofree char *base = frame && frame->file ? g_path_get_basename(frame->file) : NULL;

	if (!frame)
		return g_strdup_printf("0x%" G_GINT64_MODIFIER "x", pc);
	return base ? g_strdup_printf("%s, %s:%d", frame->function, base, frame->line) : g_strdup(frame->function);
}

static void put_value(struct drawing *d, guint x, const char *text, const char *class)
{
	fprintf(d->file, "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"24\" rx=\"3\" class=\"%s\"/>\n",
		x - LANE_WIDTH / 2 + 10, d->y - 12, LANE_WIDTH - 20, class);
	put_text(d, x, d->y + 5, "value", "middle", text);
}

static void put_state(struct drawing *d, const struct step *s)
{
	g_autofree char *memory = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", s->memory);
	g_autofree char *copy = g_strdup_printf("0x%" G_GINT64_MODIFIER "x%s", s->copy, s->is_dirty ? "  dirty" : "");

	put_value(d, d->memory_x, memory, s->memory == d->newest ? "new" : "old");
	if (s->has_copy)
		put_value(d, d->cache_x, copy, s->copy == d->newest ? "new" : "old");
	else
		put_text(d, d->cache_x, d->y + 5, "faint", "middle", "as memory, or none");
}

/* The arrow of a step: from the CPU's lane, or between cache and memory. Arrows end beside the values. */
static void put_move(struct drawing *d, const struct step *s, guint lane)
{
	guint cpu = lane + CPU_WIDTH - 40, cache_left = d->cache_x - LANE_WIDTH / 2 + 8,
	      cache_right = d->cache_x + LANE_WIDTH / 2 - 8, memory_left = d->memory_x - LANE_WIDTH / 2 + 8;
	guint y = d->y + 17;

	switch (s->kind) {
	case STEP_STORE:
		put_arrow(d, cpu, s->cacheable ? cache_left : memory_left, y, "move");
		break;
	case STEP_LOAD:
		put_arrow(d, s->cacheable ? cache_left : memory_left, cpu, y, s->value == s->newest ? "move" : "wrong");
		break;
	case STEP_CLEAN:
	case STEP_CLEAN_INVALIDATE:
		put_arrow(d, cache_right, memory_left, y, "move");
		if (s->kind == STEP_CLEAN)
			break;
		/* fall through */
	case STEP_INVALIDATE:
		put_cross(d, d->cache_x, y, "move");
		break;
	default:
		break;
	}
}

static void put_step(struct drawing *d, const struct step *s, gboolean is_last)
{
	guint lane = lane_of(d, s->cpu);
	g_autofree char *place = describe(d, s->pc);
	g_autoptr(GString) text = g_string_new(s->text);

	if (s->kind == STEP_STORE || s->kind == STEP_LOAD)
		g_string_append_printf(
			text, " 0x%" G_GINT64_MODIFIER "x%s", s->value, s->cacheable ? "" : " (not cacheable)");
	if (s->kind == STEP_STORE)
		d->newest = s->value;
	if (s->kind == STEP_LOAD && s->value != s->newest)
		g_string_append_printf(text, ", not 0x%" G_GINT64_MODIFIER "x", s->newest);
	put_text(d, lane, d->y,
		s->kind == STEP_LOAD && s->value != s->newest ? "op bad"
		: is_last                                     ? "op last"
							      : "op",
		"start", text->str);
	put_text(d, lane, d->y + 15, "place", "start", place);
	put_state(d, s);
	put_move(d, s, lane);
	d->y += ROW;
}

static void put_missing(struct drawing *d, const struct missing *m, guint cpu)
{
	guint lane = lane_of(d, cpu), right = d->cache_x + LANE_WIDTH / 2 - 8, left = d->memory_x - LANE_WIDTH / 2 + 8;

	put_text(d, lane, d->y, "op absent", "start", m->text);
	put_text(d, lane, d->y + 15, "place", "start", "missing");
	fprintf(d->file, "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"4\" class=\"absent\"/>\n", lane - 8,
		d->y - 18, d->width - lane - MARGIN + 16, ROW - 6);
	if (m->cleans)
		put_arrow(d, right, left, d->y, "absent");
	if (m->drops)
		put_cross(d, d->cache_x, d->y, "absent");
	d->y += ROW;
}

static void put_head(struct drawing *d, guint rows)
{
	guint height = TOP + rows * ROW + 40;
	g_autofree char *title = g_strdup_printf("%s: %u byte%s at 0x%" G_GINT64_MODIFIER "x", d->story->kind,
		d->story->size, d->story->size == 1 ? "" : "s", d->story->pa);

	fprintf(d->file,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %u %u\" width=\"%u\" height=\"%u\" "
		"role=\"img\">\n"
		"<style>\n"
		"text { font: 13px monospace; fill: #222 }\n"
		".title { font: bold 15px sans-serif } .caption { font: 13px sans-serif }\n"
		".lane { font: bold 13px sans-serif } .place { font-size: 11px; fill: #777 } .faint { font-size: 11px; "
		"fill: #999 }\n"
		".op { font-weight: bold } .bad { fill: #b00020 } .op.absent { fill: #b05a00 }\n"
		"line, path { stroke: #555; stroke-width: 1.4; fill: none } .head { fill: #555; stroke: none }\n"
		"line.wrong { stroke: #b00020 } .head.wrong { fill: #b00020 }\n"
		"line.absent, path.absent { stroke: #b05a00; stroke-dasharray: 5 4 } .head.absent { fill: #b05a00; "
		"stroke: none }\n"
		"rect { stroke-width: 1 } rect.new { fill: #e2f2e4; stroke: #7fb98a } rect.old { fill: #fbe6e6; "
		"stroke: #d08a8a }\n"
		"rect.absent { fill: none; stroke: #b05a00; stroke-dasharray: 5 4 } .rail { stroke: #ddd; "
		"stroke-width: 1 }\n"
		"rect.paper { fill: #fff; stroke: none }\n"
		"</style>\n<title>%s</title>\n<rect class=\"paper\" width=\"%u\" height=\"%u\"/>\n",
		d->width, height, d->width, height, title, d->width, height);
	put_text(d, MARGIN, 30, "title", "start", title);
	for (guint i = 0; i < d->cpu_count; i++) {
		g_autofree char *name = g_strdup_printf("CPU %u", d->cpus[i]);

		put_text(d, MARGIN + i * CPU_WIDTH, 60, "lane", "start", name);
	}
	put_text(d, d->cache_x, 60, "lane", "middle", "copy in a cache");
	put_text(d, d->memory_x, 60, "lane", "middle", "memory (PoC)");
	for (guint i = 0; i < 2; i++)
		fprintf(d->file, "<line x1=\"%u\" y1=\"68\" x2=\"%u\" y2=\"%u\" class=\"rail\"/>\n",
			i ? d->memory_x : d->cache_x, i ? d->memory_x : d->cache_x, height - 34);
}

static void find_cpus(struct drawing *d)
{
	for (guint i = 0; i < d->story->steps->len; i++) {
		guint cpu = step_at(d->story, i)->cpu, k = 0;

		while (k < d->cpu_count && d->cpus[k] != cpu)
			k++;
		if (k == d->cpu_count && k < G_N_ELEMENTS(d->cpus))
			d->cpus[d->cpu_count++] = cpu;
	}
}

gboolean picture_write(const struct story *story, struct loaded *loaded, const char *path, GError **error)
{
	struct drawing d = {.story = story, .loaded = loaded, .y = TOP + 14};
	const struct missing *m = missing_of(story);
	guint len = story->steps->len, first = len > STEPS_MAX ? len - STEPS_MAX : 0;
	guint at = m ? missing_before(story, m) : len;

	d.file = fopen(path, "we");
	if (!d.file) {
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", path, g_strerror(errno));
		return FALSE;
	}
	find_cpus(&d);
	d.cache_x = MARGIN + d.cpu_count * CPU_WIDTH + LANE_WIDTH / 2;
	d.memory_x = d.cache_x + LANE_WIDTH + LANE_GAP;
	d.width = d.memory_x + LANE_WIDTH / 2 + MARGIN;
	put_head(&d, len - first + (at < len));
	for (guint i = first; i < len; i++) {
		if (i == at)
			put_missing(&d, m, step_at(story, i)->cpu);
		put_step(&d, step_at(story, i), i + 1 == len);
	}
	put_text(&d, MARGIN, d.y + 6, "caption", "start", story->remedy ? story->remedy : story->text);
	fputs("</svg>\n", d.file);
	if (fclose(d.file) == 0)
		return TRUE;
	g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", path, g_strerror(errno));
	return FALSE;
}
