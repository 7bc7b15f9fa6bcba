/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * suppress.h - findings that are known and not to be reported again. A file of blocks:
 *
 *     # a comment
 *     { firmware-stack
 *       kind: stale-memory-read
 *       access: ArmDisableMmu*
 *       writer: file:*MdePkg*
 *       reason: reported upstream as #1234
 *     }
 *
 * The name comes first; the } may end the last line. `kind` and `reason` must be there, and one at least of `access`,
 * `writer` and `fingerprint`. `access` and `writer` are globs for a function, inlined ones included, or for a source
 * file with file: before them; * also matches what has no symbol. All that a block names must match.
 */
#ifndef CLI_SUPPRESS_H
#define CLI_SUPPRESS_H

#include <glib.h>

struct suppression {
	char *name, *kind, *access, *writer, *fingerprint, *reason;
	char *where; /* "FILE:LINE" */
	guint64 used;
};

struct suppressions;

struct suppressions *suppressions_new(void);
void suppressions_free(struct suppressions *suppressions);

/* Adds the blocks of a file; false with FILE:LINE and what is wrong. */
gboolean suppressions_read(struct suppressions *suppressions, const char *path, GError **error);

/*
 * The first block that matches, or NULL; it then counts as used. @access and @writer are frames as symbolize.h has
 * them, or NULL.
 */
const struct suppression *suppressions_match(struct suppressions *suppressions, const char *kind,
	const GPtrArray *access, const GPtrArray *writer, const char *fingerprint);

/* Names those that matched nothing, on stderr. */
void suppressions_tell_unused(const struct suppressions *suppressions);

/* A block for a finding; the reason is left for the user, who must give one. */
char *suppression_for(
	const char *kind, const GPtrArray *access, const GPtrArray *writer, const char *fingerprint, guint number);

#define SUPPRESS_ERROR suppress_error_quark()
GQuark suppress_error_quark(void);
enum suppress_error { SUPPRESS_ERROR_FILE };

#endif
