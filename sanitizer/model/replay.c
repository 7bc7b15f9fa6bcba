/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replay: answers of the may_allocate hook come before the event that asked for them.
 */
#include <stdlib.h>

#include "log_format.h"

static void fail(struct log_error *error, uint64_t offset, const char *text)
{
	error->offset = offset;
	snprintf(error->text, sizeof(error->text), "%s", text);
}

struct replay {
	struct model_hooks hooks;
	struct answer *answers;
	size_t count, room, used;
};

static bool replay_may_allocate(void *context, enum space space, uint64_t pa)
{
	struct replay *replay = context;

	for (size_t i = replay->used; i < replay->count; i++) {
		if (replay->answers[i].space == space && replay->answers[i].pa == pa) {
			replay->used = i + 1;
			return replay->answers[i].yes;
		}
	}
	return false;
}

static void replay_found(void *context, const struct finding *finding)
{
	const struct replay *replay = context;

	if (replay->hooks.found)
		replay->hooks.found(replay->hooks.context, finding);
}

static void replay_notice(void *context, const char *text)
{
	const struct replay *replay = context;

	if (replay->hooks.notice)
		replay->hooks.notice(replay->hooks.context, text);
}

static void replay_finished(void *context, const struct model_counts *counts)
{
	const struct replay *replay = context;

	if (replay->hooks.finished)
		replay->hooks.finished(replay->hooks.context, counts);
}

static bool keep_answer(struct replay *replay, const struct answer *answer)
{
	if (replay->count == replay->room) {
		size_t room = replay->room ? replay->room * 2 : 16;
		struct answer *answers = realloc(replay->answers, room * sizeof(*answers));

		if (!answers)
			return false;
		replay->answers = answers;
		replay->room = room;
	}
	replay->answers[replay->count++] = *answer;
	return true;
}

bool log_replay(const void *bytes, size_t size, const struct model_hooks *hooks, struct log_error *error)
{
	return log_replay_watched(bytes, size, hooks, NULL, NULL, error);
}

bool log_replay_watched(const void *bytes, size_t size, const struct model_hooks *hooks, log_watch *watch,
	void *watch_context, struct log_error *error)
{
	struct replay replay = {.hooks = *hooks};
	struct model_hooks own = {.context = &replay,
		.may_allocate = replay_may_allocate,
		.found = replay_found,
		.notice = replay_notice,
		.finished = replay_finished};
	struct model_config config;
	struct log_reader *r = log_reader_new(bytes, size, &config, error);
	struct model *m;
	struct event event;
	int status;

	if (!r)
		return false;
	m = model_new(&config, &own);
	if (!m) {
		fail(error, 0, "out of memory");
		log_reader_free(r);
		return false;
	}
	while ((status = log_read(r, &event, error)) == 1) {
		if (event.kind == EVENT_ANSWER) {
			if (keep_answer(&replay, &event.answer))
				continue;
			fail(error, log_offset(r), "out of memory");
			status = -1;
			break;
		}
		if (event.kind == EVENT_RAM) {
			if (model_add_ram(m, &event.ram))
				continue;
			fail(error, log_offset(r), "RAM that overlaps, is not aligned, or cannot be reserved");
			status = -1;
			break;
		}
		if (event.kind == EVENT_RESET ? !model_reset(m) : !model_feed(m, &event)) {
			fail(error, log_offset(r), "out of memory");
			status = -1;
			break;
		}
		if (watch)
			watch(watch_context, m, &event);
		replay.count = replay.used = 0;
	}
	model_finish(m);
	model_free(m);
	log_reader_free(r);
	free(replay.answers);
	return status == 0;
}
