/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdicts.h - `limpid check --table`: the same tests three times, and their verdicts side by side.
 */
#ifndef CLI_VERDICTS_H
#define CLI_VERDICTS_H

#include "status.h"
#include "verb.h"

/*
 * Runs the tests of @call as `limpid run` does, as `limpid check` does, and as `limpid check --inject worst` does, each
 * time in a process of its own, and prints a row a test. The status is the worst of the three.
 */
enum status verdicts_table(const struct invocation *call);

#endif
