/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ktap.h - the judge: reads what a machine prints, a piece at a time, and gives verdicts.
 *
 *      firmware noise
 *      KTAP version 1
 *      # limpid VERSION: image at 0xBASE
 *      1..3
 *      # start boot.cpus
 *      # tests/boot.c:42: EXPECT_EQ(cpu_count(), 2): got 1 (0x1), want 2 (0x2)
 *      # time boot.cpus 123 us
 *      not ok 1 boot.cpus
 *      # start timer.migrated
 *      # migrate timer.migrated
 *      # time timer.migrated 123456 us
 *      ok 2 timer.migrated
 *      # start gic.v3.sgi
 *      ok 3 gic.v3.sgi # SKIP needs gicv3: the machine has GICv2
 *      # limpid: end 1 passed, 1 failed, 1 skipped
 *
 * A test that switches the machine off or resets it says so before, and has no result line:
 *
 *      # start psci.system_off
 *      # limpid: expect off
 *
 * It passes when the machine stops; one that expects a reset, when the machine starts again, and the same test comes as
 * far as the same line: the machine may be stopped then. (A log does not tell whether a machine went off: a skip.)
 *
 * It does not trust the machine. A test passes when its `ok` line follows its `# start` line, was asked for, comes
 * once, carries the next number, and is followed by another test or by an end line whose counts are right; whatever
 * else happens makes an ERROR of the test in progress, or of the one that was reported last. That is why a result is
 * held back until the machine has gone on.
 */
#ifndef CLI_KTAP_H
#define CLI_KTAP_H

#include <glib.h>

#include "result.h"

enum ktap_dialect {
	KTAP_LIMPID, /* as above */
	KTAP_PLAIN,  /* TAP of any program: no start and end lines, the plan says when it is whole */
};

/* Takes the ownership of @result. */
typedef void (*ktap_result_fn)(struct result *result, void *data);

struct ktap;

/*
 * @expected are the names that the machine was asked to run, NULL-terminated, or NULL for a log of which nothing is
 * known; then what concerns no test is reported as a result called @log_name. @live: stamp the results with the time.
 */
struct ktap *ktap_new(enum ktap_dialect dialect, const char *const *expected, const char *log_name, gboolean live,
	ktap_result_fn on_result, void *data);
void ktap_free(struct ktap *ktap);

void ktap_feed(struct ktap *ktap, const char *bytes, gsize len);

/*
 * The machine has stopped, or the log ends. Unless the end line has been seen @why becomes the reason of the test in
 * progress or reported last, with @verdict (ERROR or TIMEOUT). All results that were held back have been given then.
 */
void ktap_finish(struct ktap *ktap, enum verdict verdict, const char *why);

/* The machine is not to be believed for @reason, although it may have printed its end line: its program crashed. */
void ktap_spoil(struct ktap *ktap, const char *reason);

/* The machine has stopped by itself and in order: for the test that expects just that. Before ktap_finish(). */
void ktap_stopped(struct ktap *ktap);

/* The test that expected a reset has had it: the machine has nothing more to say. */
gboolean ktap_is_complete(const struct ktap *ktap);

/* The machine broke the rules or gave up: nothing more can be believed, it may be stopped. */
gboolean ktap_is_dead(const struct ktap *ktap);
/* The end line was there. */
gboolean ktap_has_ended(const struct ktap *ktap);
gboolean ktap_has_header(const struct ktap *ktap);
/* The test in progress, or NULL. */
const char *ktap_current(const struct ktap *ktap);
/* When the test in progress began; 0 when there is none. */
gint64 ktap_began_us(const struct ktap *ktap);
/* Bytes since the test in progress began, or since the machine started. */
guint64 ktap_bytes(const struct ktap *ktap);
/* Everything that was printed, the middle left out. */
const struct transcript *ktap_console(const struct ktap *ktap);
/* What was wrong and concerned no test, or NULL. Not neutralised. */
const char *ktap_problem(const struct ktap *ktap);
/* The names that were asked for and have no result (NULL-terminated; free the array only). */
char **ktap_missing(const struct ktap *ktap);
/* How often tests have asked to be migrated. */
guint ktap_migrations(const struct ktap *ktap);
/* How many results have been given. */
guint64 ktap_given(const struct ktap *ktap);

#endif
