/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "../sanitizer/model/log.h"
#include "replay.h"

G_DEFINE_QUARK(limpid - replay, replay_error)

static void on_found(void *context, const struct finding *finding)
{
	char line[FINDING_JSON_SIZE];

	if (finding_json(finding, line, sizeof(line)))
		fputs(line, context);
}

gboolean replay_events(const char *record, const char *findings, GError **error)
{
	g_autoptr(GError) why = NULL;
	GMappedFile *map = g_mapped_file_new(record, FALSE, &why);
	struct log_error wrong = {0};
	struct model_hooks hooks = {.found = on_found};
	gboolean ok;
	FILE *file;

	if (!map) {
		g_set_error(error, REPLAY_ERROR, REPLAY_ERROR_RECORD, "--replay: %s", why->message);
		return FALSE;
	}
	file = fopen(findings, "we");
	if (!file) {
		g_set_error(error, REPLAY_ERROR, REPLAY_ERROR_FINDINGS, "%s: %s", findings, g_strerror(errno));
		g_mapped_file_unref(map);
		return FALSE;
	}
	hooks.context = file;
	/* An empty file has no address. */
	ok = log_replay(g_mapped_file_get_contents(map) ?: "", g_mapped_file_get_length(map), &hooks, &wrong);
	if (ok)
		fputs("{\"end\":true}\n", file);
	else
		g_set_error(error, REPLAY_ERROR, REPLAY_ERROR_RECORD, "--replay: %s: at byte %" G_GUINT64_FORMAT ": %s",
			record, (guint64)wrong.offset, wrong.text);
	if (fclose(file) != 0 && ok) {
		g_set_error(error, REPLAY_ERROR, REPLAY_ERROR_FINDINGS, "%s: %s", findings, g_strerror(errno));
		ok = FALSE;
	}
	g_mapped_file_unref(map);
	return ok;
}
