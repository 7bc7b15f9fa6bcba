/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runner.h - runs the selected tests in order and reports each: the last thing that the boot CPU does.
 *
 * Called once, on the boot CPU, with the MMU on. The functions at the end are the architecture's part.
 */
#ifndef LIMPID_RUNNER_H
#define LIMPID_RUNNER_H

#include <limpid/cmdline.h>
#include <limpid/ktap.h>
#include <limpid/machine.h>
#include <limpid/test.h>

/* Prints the plan, runs those of the tests from `first` up to `last` that the options select, skips those whose needs
 * the machine does not meet, prints the results and the end line, and returns the counts. ktap_begin comes first. */
struct ktap_counts runner_run(const struct test *first, const struct test *last, const struct options *options,
	const struct machine *machine);

/* The name of the running test; NULL before the first and after the last one. For the "Bail out!" line. */
const char *runner_current_test(void);

/* Provided by the architecture. Whether the machine has what `word` of a test's needs names; if not, *reason is a short
 * text such as "the machine has GICv2" ("unknown need" for a word that it does not know). */
bool machine_meets(const char *word, const char **reason);

/* Calls `fn`; returns true when it has returned, false when test_abort ended it. Restores what a test must not leave
 * behind: interrupt masks, handlers. */
bool arch_run_test(void (*fn)(void));

/* Microseconds since some fixed moment; never goes back. */
uint64_t arch_time_us(void);

#endif
