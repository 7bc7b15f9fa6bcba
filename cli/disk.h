/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disk.h - bootable disk images: a FAT32 file system, and on it
 *
 *     /EFI/BOOT/BOOTAA64.EFI      the image: what UEFI firmware starts from a removable disk
 *     /EFI/BOOT/limpid.txt        its command line
 *     /extlinux/extlinux.conf     the same for U-Boot, which then uses booti and not its EFI loader
 *
 * The file system begins at the disk's first sector, as UEFI allows for removable disks and U-Boot understands; for
 * firmware that wants a partition it can be in one instead. Two images of the same contents are the same bytes.
 */
#ifndef CLI_DISK_H
#define CLI_DISK_H

#include <glib.h>

/* U-Boot 2023.01 cannot take a longer command line from extlinux.conf (a buffer of 512 bytes with other words in it).
 */
#define DISK_EXTLINUX_MAX 440

#define DISK_ERROR disk_error_quark()
GQuark disk_error_quark(void);
enum disk_error {
	DISK_ERROR_TOOLS, /* mtools are missing or failed */
	DISK_ERROR_FILE,  /* a file cannot be read or written */
};

enum disk_flags {
	DISK_EXTLINUX = 1,    /* with extlinux.conf */
	DISK_PARTITIONED = 2, /* in a partition, of type EFI system, of an MBR */
};

/* Writes @path, whole or not at all. */
gboolean disk_write(const char *path, const char *img, const char *bootargs, enum disk_flags flags, GError **error);

#endif
