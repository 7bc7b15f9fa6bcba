/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ktap.h - what the guest says to whoever judges it: KTAP version 1 on the console.
 *
 *     KTAP version 1
 *     # limpid VERSION: image at 0xBASE, ...        ktap_begin
 *     1..2                                          ktap_plan
 *     # start boot.cpus                             ktap_start
 *     # tests/boot.c:42: EXPECT_EQ(a, b): ...       expectations that failed, and INFO
 *     # time boot.cpus 123 us                       ktap_result
 *     not ok 1 boot.cpus
 *     # start gic.v3.sgi
 *     ok 2 gic.v3.sgi # SKIP needs gicv3
 *     # migrate timer.migrated                      ktap_migrate, within a test
 *     # limpid: end 0 passed, 1 failed, 1 skipped   ktap_end
 *
 * Invariant: each call makes whole lines, and text that comes from tests, firmware or the user cannot make one: in it,
 * control characters are written as \n, \t, \xNN. Lines of several CPUs do not mix: a lock is held for each line, but
 * not by ktap_bail_out, which must speak when the holder is dead. Numbering and counting are the runner's CPU's alone.
 * Source: The Linux Kernel documentation, "The Kernel Test Anything Protocol (KTAP), version 1".
 */
#ifndef LIMPID_KTAP_H
#define LIMPID_KTAP_H

#include <limpid/printf.h>
#include <limpid/types.h>

enum ktap_outcome { KTAP_PASS, KTAP_FAIL, KTAP_SKIP };

struct ktap_counts {
	unsigned passed;
	unsigned failed;
	unsigned skipped;
};

/* Prints the version line and "# limpid " with the text, and sets all counts to 0. */
void ktap_begin(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Prints the plan. For no tests it prints "1..0 # SKIP " and `why_none`. */
void ktap_plan(unsigned tests, const char *why_none);

/* Prints "# migrate NAME". */
void ktap_migrate(const char *name);

/* Prints "# start NAME". */
void ktap_start(const char *name);

/* Prints "# time NAME N us" unless the test was skipped before it began (time_us is KTAP_NO_TIME), then the numbered
 * result; `reason` (may be NULL) is that of a skip, and ignored otherwise. Counts the outcome. */
void ktap_result(const char *name, enum ktap_outcome outcome, uint64_t time_us, const char *reason);
#define KTAP_NO_TIME UINT64_MAX

/* Prints "#  " and the text; each newline in it but a last one begins another such line. The second space tells it from
 * the protocol's own comments, so that no text can pass for "# start" or "# limpid: end". */
void ktap_comment(const char *fmt, ...) PRINTF_LIKE(1, 2);
void ktap_vcomment(const char *fmt, va_list args) PRINTF_LIKE(1, 0);

/* Prints "# FILE:LINE: " and the text, in one line. */
void ktap_diagnostic(const char *file, unsigned line, const char *fmt, ...) PRINTF_LIKE(3, 4);
void ktap_vdiagnostic(const char *file, unsigned line, const char *fmt, va_list args) PRINTF_LIKE(3, 0);

/* Prints "# limpid: expect " and "off" or "reset". See test_ends_machine() in expect.h. */
void ktap_expect(const char *ending);

/* Prints "# limpid: end N passed, N failed, N skipped". */
void ktap_end(void);

/* Prints "Bail out! " and the text, without taking the lock. */
void ktap_bail_out(const char *fmt, ...) PRINTF_LIKE(1, 2);

struct ktap_counts ktap_counts(void);

#endif
