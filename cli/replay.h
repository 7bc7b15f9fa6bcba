/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay.h - a machine's events, as --record has written them, into the model again.
 *
 * The only part of the command that is linked with the model. Its result comes by the same way as the plugin's, a file
 * of findings, so that nothing else has to know of it.
 */
#ifndef CLI_REPLAY_H
#define CLI_REPLAY_H

#include <glib.h>

/*
 * Reads the events of @record and writes the findings to @findings, with the end line. False with what is wrong; what
 * was found before has been written then, without the end line.
 */
gboolean replay_events(const char *record, const char *findings, GError **error);

/*
 * What happened to the bytes of one finding, step by step, in a machine whose cache does its worst
 * (sanitizer/inject/hardware.h).
 */
enum step_kind {
	STEP_STORE,
	STEP_LOAD,
	STEP_CLEAN,
	STEP_INVALIDATE,
	STEP_CLEAN_INVALIDATE,
	STEP_CLEAN_POU,
	STEP_BARRIER,
	STEP_ISB,
	STEP_OFF,
	STEP_ON
};

struct step {
	enum step_kind kind;
	const char *text; /* "STR", "DC CIVAC", "DSB", ...: static */
	guint cpu;
	guint64 pc;
	gboolean cacheable;          /* of an access */
	guint64 value;               /* that was written, or read */
	guint64 newest;              /* that was to be read */
	gboolean has_copy, is_dirty; /* afterwards */
	guint64 copy, memory;
};

struct story {
	GArray *steps; /* struct step: the last is the observation */
	char *kind, *text, *remedy;
	guint64 pa; /* of the bytes that are shown */
	guint size; /* how many: at most 8 */
};

/* Of the first error of @record, else of the first finding. NULL with what is wrong, or without when there is none. */
struct story *replay_story(const char *record, GError **error);
void story_free(struct story *story);

#define REPLAY_ERROR replay_error_quark()
GQuark replay_error_quark(void);
enum replay_error {
	REPLAY_ERROR_RECORD,   /* it is not what --record writes, or cannot be read */
	REPLAY_ERROR_FINDINGS, /* they cannot be written */
};

#endif
