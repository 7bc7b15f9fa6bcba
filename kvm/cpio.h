/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpio.h - writes what the kernel unpacks into its first file system: the "newc" format, uncompressed, as it costs an
 * emulated kernel more to inflate than to copy. Several archives may follow each other in one file.
 * Source: The Linux Kernel documentation, "initramfs buffer format".
 */
#ifndef KVM_CPIO_H
#define KVM_CPIO_H

#include <glib.h>
#include <stdio.h>

/* @path is without a leading slash; its directories must have been written before. Errors stay in @out's flag. */
void cpio_directory(FILE *out, const char *path);
void cpio_bytes(FILE *out, const char *path, guint mode, const void *bytes, gsize size);

/* A copy of the file @source. */
gboolean cpio_file(FILE *out, const char *path, guint mode, const char *source, GError **error);

/* The trailer; the file then has a multiple of four bytes, as the next archive's beginning wants. */
void cpio_end(FILE *out);

#endif
