/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * foreign.h - one machine whose command line is the user's, under the sanitizer. Its console, monitor and standard
 * input go where that command line says; what we have to say comes at its end, and on a terminal a line a finding
 * before.
 */
#ifndef CLI_FOREIGN_H
#define CLI_FOREIGN_H

#include "verb.h"

/* @command is the words after --, NULL-terminated; the settings of @call are those of `limpid check`. */
enum status foreign_check(const struct invocation *call, const char *const *command);

/* The same of a machine that ran before: its events are in @record. */
enum status foreign_replay(const struct invocation *call, const char *record);

#endif
