/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpio.h - an archive as Linux unpacks it into its first root file system: "newc" of cpio(5), Linux'
 * Documentation/driver-api/early-userspace/buffer-format.rst.
 */
#ifndef FOREIGN_CPIO_H
#define FOREIGN_CPIO_H

#include <glib.h>

enum cpio_mode { CPIO_FOLDER = 040755, CPIO_PROGRAM = 0100755 };

/* Folders come before what is in them. */
void cpio_add(GString *archive, const char *path, enum cpio_mode mode, const char *content, gsize size);
void cpio_end(GString *archive);

#endif
