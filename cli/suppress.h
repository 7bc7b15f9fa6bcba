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
 * `writer`, `root` and `fingerprint`. `access` and `writer` are globs for a function, inlined ones included, or for a
 * source file with file: before them; * also matches what has no symbol. `root` is a glob for the root as it is
 * printed. All that a block names must match.
 */
#ifndef CLI_SUPPRESS_H
#define CLI_SUPPRESS_H

#include <glib.h>

struct suppression {
	char *name, *kind, *access, *writer, *root, *fingerprint, *reason;
	char *where; /* "FILE:LINE" */
	guint64 used;
};

struct suppressions;

struct suppressions *suppressions_new(void);
void suppressions_free(struct suppressions *suppressions);

/* Adds the blocks of a file; false with FILE:LINE and what is wrong. */
gboolean suppressions_read(struct suppressions *suppressions, const char *path, GError **error);

/*
 * What blocks are about. @access and @writer are frames as symbolize.h has them, or NULL; @root and @fingerprint may be
 * NULL when a block is to be made.
 */
struct suppressible {
	const char *kind;
	const GPtrArray *access, *writer;
	const char *root, *fingerprint;
};

/* The first block that matches, or NULL; it then counts as used. */
const struct suppression *suppressions_match(struct suppressions *suppressions, const struct suppressible *finding);

/* Names those that matched nothing, on stderr. */
void suppressions_tell_unused(const struct suppressions *suppressions);

/*
 * A block by the root if there is one, else by the functions, else by the fingerprint; the reason is left for the user,
 * who must give one.
 */
char *suppression_for(const struct suppressible *finding, guint number);

#define SUPPRESS_ERROR suppress_error_quark()
GQuark suppress_error_quark(void);
enum suppress_error { SUPPRESS_ERROR_FILE };

#endif
