/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "selection.h"
#include "text.h"

gboolean shard_parse(const char *text, struct shard *shard)
{
	g_auto(GStrv) parts = g_strsplit(text, "/", -1);
	guint64 index, count;

	if (g_strv_length(parts) != 2 || !text_to_uint(parts[1], 1, 1000000, &count) ||
		!text_to_uint(parts[0], 1, count, &index))
		return FALSE;
	*shard = (struct shard){index, count};
	return TRUE;
}

gboolean shard_from_environment(struct shard *shard)
{
	const char *index_text = g_getenv("TEST_SHARD_INDEX"), *count_text = g_getenv("TEST_TOTAL_SHARDS");
	const char *status_file = g_getenv("TEST_SHARD_STATUS_FILE");
	guint64 index, count;

	*shard = (struct shard){1, 1};
	if (!index_text || !*index_text || !count_text || !*count_text)
		return TRUE;
	if (!text_to_uint(count_text, 1, 1000000, &count) || !text_to_uint(index_text, 0, count - 1, &index))
		return FALSE;
	*shard = (struct shard){index + 1, count};
	if (status_file && *status_file)
		g_file_set_contents(status_file, "", 0, NULL);
	return TRUE;
}

gboolean shard_has(const struct shard *shard, const char *name)
{
	/* FNV-1a, 32 bits: an interface, since a change would move every test to another shard. */
	guint32 hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (guchar)*name) * 16777619u;
	return hash % shard->count == shard->index - 1;
}

/* A file for each image, so that two trees do not mix. */
static char *failures_path(const char *elf_path)
{
	g_autofree char *absolute = g_canonicalize_filename(elf_path, NULL);
	g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, absolute, -1);
	g_autofree char *name = g_strndup(digest, 16);

	return g_build_filename(g_get_user_state_dir(), "limpid", "failed", name, NULL);
}

static char *failure_line(const char *profile, const char *name)
{
	return g_strdup_printf("%s\t%s", profile ? profile : "", name);
}

GPtrArray *failures_read(const char *elf_path)
{
	GPtrArray *failures = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *path = failures_path(elf_path), *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return failures;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++)
		if (strchr(*line, '\t'))
			g_ptr_array_add(failures, g_strdup(*line));
	return failures;
}

gboolean failures_has(const GPtrArray *failures, const char *profile, const char *name)
{
	g_autofree char *line = failure_line(profile, name);

	for (guint i = 0; i < failures->len; i++)
		if (strcmp(failures->pdata[i], line) == 0)
			return TRUE;
	return FALSE;
}

void failures_add(GPtrArray *failures, const char *profile, const char *name)
{
	if (!failures_has(failures, profile, name))
		g_ptr_array_add(failures, failure_line(profile, name));
}

void failures_write(const char *elf_path, const GPtrArray *failures)
{
	g_autofree char *path = failures_path(elf_path);
	g_autofree char *dir = g_path_get_dirname(path);
	/* Not g_file_set_contents(): it waits for the disk, or (2.74, without its flags) leaves the end of an old file.
	 */
	FILE *file = g_mkdir_with_parents(dir, 0700) == 0 ? fopen(path, "we") : NULL;

	for (guint i = 0; file && i < failures->len; i++)
		fprintf(file, "%s\n", (char *)failures->pdata[i]);
	if (file)
		fclose(file);
}
