/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <sys/stat.h>

#include "cpio.h"

static void pad(FILE *out, gsize written)
{
	static const char zeros[4];

	fwrite(zeros, 1, -written % 4, out);
}

static void entry(FILE *out, const char *path, guint mode, const void *bytes, gsize size)
{
	static guint inode;
	gsize name = strlen(path) + 1;

	/* magic, ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
	 */
	fprintf(out, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", ++inode, mode, 0, 0, 1, 0, size, 0,
		0, 0, 0, name, 0);
	fwrite(path, 1, name, out);
	pad(out, 110 + name);
	if (size)
		fwrite(bytes, 1, size, out);
	pad(out, size);
}

void cpio_directory(FILE *out, const char *path)
{
	entry(out, path, S_IFDIR | 0755, NULL, 0);
}

void cpio_bytes(FILE *out, const char *path, guint mode, const void *bytes, gsize size)
{
	entry(out, path, S_IFREG | mode, bytes, size);
}

gboolean cpio_file(FILE *out, const char *path, guint mode, const char *source, GError **error)
{
	GMappedFile *file = g_mapped_file_new(source, FALSE, error);

	if (!file)
		return FALSE;
	cpio_bytes(out, path, mode, g_mapped_file_get_contents(file), g_mapped_file_get_length(file));
	g_mapped_file_unref(file);
	return TRUE;
}

void cpio_end(FILE *out)
{
	entry(out, "TRAILER!!!", 0, NULL, 0);
}
