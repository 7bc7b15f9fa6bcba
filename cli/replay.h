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

#define REPLAY_ERROR replay_error_quark()
GQuark replay_error_quark(void);
enum replay_error {
	REPLAY_ERROR_RECORD,   /* it is not what --record writes, or cannot be read */
	REPLAY_ERROR_FINDINGS, /* they cannot be written */
};

#endif
