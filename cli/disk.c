/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "process.h"

G_DEFINE_QUARK(limpid - disk, disk_error)

#define SECTOR          512u
#define PARTITION_START 2048u       /* sectors: 1 MiB, as every partitioning tool has it */
#define FILE_SYSTEM_MIN (64u << 20) /* bytes; FAT32 needs 65525 clusters, so 33 MiB at the least */
#define LABEL           "LIMPID"
#define VOLUME_ID       "4c696d70" /* "Limp": fixed, for images that are the same bytes */

static gboolean fail(GError **error, enum disk_error code, const char *what, const char *why)
{
	g_set_error(error, DISK_ERROR, code, "%s: %s", what, why);
	return FALSE;
}

static void put_le32(guchar *at, guint32 value)
{
	value = GUINT32_TO_LE(value);
	memcpy(at, &value, 4);
}

/* A partition table with one entry. Source: UEFI Specification 2.10, section 5.2, "LBA 0 Format". */
static gboolean write_partition(int fd, guint32 sectors)
{
	guchar mbr[SECTOR] = {0};
	guchar *entry = mbr + 446;

	put_le32(mbr + 440, 0x706d694c); /* the disk's signature, which UEFI device paths name */
	entry[0] = 0x80;                 /* active: U-Boot looks at such partitions first */
	memcpy(entry + 1, "\xfe\xff\xff", 3);
	entry[4] = 0xef; /* EFI system partition */
	memcpy(entry + 5, "\xfe\xff\xff", 3);
	put_le32(entry + 8, PARTITION_START);
	put_le32(entry + 12, sectors);
	mbr[510] = 0x55;
	mbr[511] = 0xaa;
	return pwrite(fd, mbr, sizeof(mbr), 0) == sizeof(mbr);
}

static gboolean run(GError **error, const char *const *argv)
{
	g_autofree char *why = NULL;
	gboolean missing;

	if (tool_run(argv, &why, &missing))
		return TRUE;
	if (missing)
		return fail(error, DISK_ERROR_TOOLS, argv[0], "not found: install the package mtools");
	return fail(error, DISK_ERROR_TOOLS, argv[0], why);
}

/* Copies text into the file system, by way of a file beside the disk. */
static gboolean add_text(const char *device, const char *path, const char *text, const char *to, GError **error)
{
	g_autofree char *from = g_strconcat(path, ".txt", NULL);
	FILE *file = fopen(from, "wxe");
	gboolean ok = file && fputs(text, file) >= 0;

	if (!file || fclose(file) != 0 || !ok)
		return fail(error, DISK_ERROR_FILE, from, g_strerror(errno));
	ok = run(error, (const char *[]){"mcopy", "-i", device, from, to, NULL});
	g_unlink(from);
	return ok;
}

static gboolean fill(const char *path, guint32 start, guint32 sectors, const char *img, const char *bootargs,
	gboolean extlinux, GError **error)
{
	g_autofree char *device = g_strdup_printf("%s@@%u", path, start * SECTOR);
	g_autofree char *size = g_strdup_printf("%u", sectors);
	g_autofree char *hidden = g_strdup_printf("%u", start);
	g_autofree char *line = g_strconcat(bootargs, "\n", NULL);
	g_autofree char *conf = g_strdup_printf(
		"default limpid\ntimeout 1\nlabel limpid\n\tlinux /EFI/BOOT/BOOTAA64.EFI\n\tappend %s\n", bootargs);

	if (!run(error, (const char *[]){"mformat", "-i", device, "-F", "-T", size, "-H", hidden, "-h", "64", "-s",
				"32", "-v", LABEL, "-N", VOLUME_ID, "::", NULL}) ||
		!run(error, (const char *[]){"mmd", "-i", device, "::/EFI", "::/EFI/BOOT", NULL}) ||
		!run(error, (const char *[]){"mcopy", "-i", device, img, "::/EFI/BOOT/BOOTAA64.EFI", NULL}) ||
		!add_text(device, path, line, "::/EFI/BOOT/limpid.txt", error))
		return FALSE;
	return !extlinux || (run(error, (const char *[]){"mmd", "-i", device, "::/extlinux", NULL}) &&
				    add_text(device, path, conf, "::/extlinux/extlinux.conf", error));
}

gboolean disk_write(const char *path, const char *img, const char *bootargs, enum disk_flags flags, GError **error)
{
	g_autofree char *temporary = g_strconcat(path, ".XXXXXX", NULL);
	guint32 start = flags & DISK_PARTITIONED ? PARTITION_START : 0, sectors;
	GStatBuf file;
	gboolean ok;
	int fd;

	/* mtools take the time of the files from it. FAT's first day. */
	g_setenv("SOURCE_DATE_EPOCH", "315532800", FALSE);
	if (g_stat(img, &file) != 0 || access(img, R_OK) != 0)
		return fail(error, DISK_ERROR_FILE, img, g_strerror(errno));
	if (file.st_size > 1 << 30)
		return fail(error, DISK_ERROR_FILE, img, "larger than 1 GiB: that is not an image of tests");
	sectors = (FILE_SYSTEM_MIN + file.st_size / (1 << 20) * (1 << 20)) / SECTOR;
	fd = g_mkstemp(temporary);
	if (fd < 0)
		return fail(error, DISK_ERROR_FILE, path, g_strerror(errno));
	ok = ftruncate(fd, (off_t)(start + sectors) * SECTOR) == 0 && (!start || write_partition(fd, sectors)) &&
	     fchmod(fd, 0644) == 0;
	if (!ok)
		fail(error, DISK_ERROR_FILE, path, g_strerror(errno));
	close(fd);
	ok = ok && fill(temporary, start, sectors, img, bootargs, flags & DISK_EXTLINUX, error);
	if (ok && g_rename(temporary, path) != 0)
		ok = fail(error, DISK_ERROR_FILE, path, g_strerror(errno));
	if (!ok)
		g_unlink(temporary);
	return ok;
}
