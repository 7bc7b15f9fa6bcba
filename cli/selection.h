/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * selection.h - which of the tests run: a shard of them, or those that failed last time.
 */
#ifndef CLI_SELECTION_H
#define CLI_SELECTION_H

#include <glib.h>

/* Part @index (from 1) of @count. */
struct shard {
	guint index, count;
};

/* Reads "2/5"; false when it is none. */
gboolean shard_parse(const char *text, struct shard *shard);

/*
 * The shard that a batch system asks for by TEST_SHARD_INDEX (from 0) and TEST_TOTAL_SHARDS, as Bazel does; it is told
 * that we know of them by touching TEST_SHARD_STATUS_FILE. Without them it is 1 of 1; false: they make no sense.
 */
gboolean shard_from_environment(struct shard *shard);

/* Does the test belong to it? That depends on the name alone: other tests that come or go do not move it. */
gboolean shard_has(const struct shard *shard, const char *name);

/*
 * The failures of the last run with an image, kept in limpid/failed in the XDG state directory: lines of
 * "PROFILE<TAB>NAME". failures_read() gives an empty array when nothing is known.
 */
GPtrArray *failures_read(const char *elf_path);
gboolean failures_has(const GPtrArray *failures, const char *profile, const char *name);
void failures_add(GPtrArray *failures, const char *profile, const char *name);
/* Not being able to keep them is no reason to fail. */
void failures_write(const char *elf_path, const GPtrArray *failures);

#endif
