/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outcome.h - one result line of KTAP or TAP: "ok 3 name # SKIP reason", "not ok 3 - name".
 */
#ifndef CLI_OUTCOME_H
#define CLI_OUTCOME_H

#include <glib.h>

struct outcome {
	gboolean ok;
	guint64 number; /* 0: none */
	char *name;
	char *directive; /* "SKIP reason", "TODO reason", or NULL */
};

/*
 * Reads a line. False when it is not of that form; nothing is to be freed then. @plain: TAP of any program, which may
 * leave out the number and use spaces in names.
 */
gboolean outcome_read(const char *line, gboolean plain, struct outcome *outcome);
void outcome_clear(struct outcome *outcome);

/* Is the directive this one, in any case of letters? */
gboolean outcome_has_directive(const struct outcome *outcome, const char *word);

/* What follows the directive; there must be one. */
char *outcome_reason(const struct outcome *outcome);

#endif
