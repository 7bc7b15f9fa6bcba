/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpio.h"

#include <string.h>

static void pad(GString *archive)
{
	while (archive->len % 4)
		g_string_append_c(archive, 0);
}

static void add(GString *archive, const char *path, guint mode, const char *content, gsize size)
{
	gsize name = strlen(path) + 1;

	/* Magic; inode, mode, owner, group, links, time, size, 4 numbers of devices, length of the name, checksum. */
	g_string_append_printf(archive, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		(guint)archive->len + 1, mode, 0, 0, 1, 0, (guint)size, 0, 0, 0, 0, (guint)name, 0);
	g_string_append_len(archive, path, (gssize)name);
	pad(archive);
	g_string_append_len(archive, content, (gssize)size);
	pad(archive);
}

void cpio_add(GString *archive, const char *path, enum cpio_mode mode, const char *content, gsize size)
{
	add(archive, path, mode, content, size);
}

void cpio_end(GString *archive)
{
	add(archive, "TRAILER!!!", 0, NULL, 0);
}
