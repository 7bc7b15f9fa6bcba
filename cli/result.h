/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * result.h - what a test has come to.
 */
#ifndef CLI_RESULT_H
#define CLI_RESULT_H

#include <glib.h>

#include "transcript.h"

enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_SKIP, VERDICT_ERROR, VERDICT_TIMEOUT, VERDICT_XFAIL };
#define VERDICTS 6

/* "PASS", "FAIL", "SKIP", "ERROR", "TIMEOUT", "XFAIL": it failed, as expected_failures.h says that it must */
const char *verdict_name(enum verdict verdict);

/* Does it count as failed in the totals? */
gboolean verdict_is_failure(enum verdict verdict);

struct result {
	char *name;
	enum verdict verdict;
	char *reason;               /* neutral text, or NULL */
	struct transcript *console; /* what was printed from the test's start to the next one's */
	gint64 began_us, ended_us;  /* monotonic clock of the host; 0 when the log was not read live */
	gint64 guest_us;            /* what the guest measured, or -1 */
};

/* Name and reason (may be NULL) may be a machine's text: neutral copies are kept. */
struct result *result_new(const char *name, enum verdict verdict, const char *reason);
void result_set(struct result *result, enum verdict verdict, const char *reason);
void result_free(struct result *result);

#endif
