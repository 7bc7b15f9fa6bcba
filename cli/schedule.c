/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "schedule.h"

struct waiting {
	void *job;
	guint weight;
};

struct schedule {
	guint slots, used, running;
	GQueue waiting; /* struct waiting */
	void (*start)(void *job, void *data);
	void *data;
};

struct schedule *schedule_new(guint slots, void (*start)(void *job, void *data), void *data)
{
	struct schedule *s = g_new0(struct schedule, 1);

	s->slots = slots;
	s->start = start;
	s->data = data;
	g_queue_init(&s->waiting);
	return s;
}

void schedule_free(struct schedule *s)
{
	if (!s)
		return;
	g_queue_clear_full(&s->waiting, g_free);
	g_free(s);
}

void schedule_add(struct schedule *s, void *job, guint weight, gboolean front)
{
	struct waiting *w = g_new(struct waiting, 1);

	*w = (struct waiting){job, weight};
	if (front)
		g_queue_push_head(&s->waiting, w);
	else
		g_queue_push_tail(&s->waiting, w);
}

static struct waiting *take_next(struct schedule *s)
{
	for (GList *node = s->waiting.head; node; node = node->next) {
		struct waiting *w = node->data;

		if (s->running == 0 || s->used + w->weight <= s->slots) {
			g_queue_delete_link(&s->waiting, node);
			return w;
		}
	}
	return NULL;
}

void schedule_run(struct schedule *s)
{
	struct waiting *w;

	while ((w = take_next(s))) {
		void *job = w->job;

		s->used += w->weight;
		s->running++;
		g_free(w);
		s->start(job, s->data);
	}
}

void schedule_done(struct schedule *s, guint weight)
{
	s->used -= weight;
	s->running--;
}

void schedule_drop(struct schedule *s, gboolean (*unwanted)(void *job, void *data), void (*drop)(void *job, void *data),
	void *data)
{
	GList *next;

	for (GList *node = s->waiting.head; node; node = next) {
		struct waiting *w = node->data;

		next = node->next;
		if (unwanted && !unwanted(w->job, data))
			continue;
		g_queue_delete_link(&s->waiting, node);
		drop(w->job, data);
		g_free(w);
	}
}

gboolean schedule_is_idle(const struct schedule *s)
{
	return s->running == 0 && g_queue_is_empty((GQueue *)&s->waiting);
}
