/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limpid image: a bootable disk image. */
#include <stdio.h>
#include <string.h>

#include "disk.h"
#include "paths.h"
#include "terminal.h"
#include "text.h"
#include "verb.h"

const struct option image_options[] = {
	{"output", 'o', OPTION_TEXT, "FILE", 0, NULL, NULL, 0, 0, "the disk image to write"},
	{"image", 0, OPTION_TEXT, "FILE", 0, NULL, "LIMPID_IMAGE", 0, 0,
		"the image of tests (x.img, or its x.elf); default: that of\nthis limpid"},
	{"cmdline", 0, OPTION_TEXT, "WORDS", 0, "run=*", NULL, 0, 0,
		"the guest's command line, for example \"run=gic page=16k\""},
	{"no-extlinux", 0, OPTION_FLAG, NULL, 0, "false", NULL, 0, 0,
		"leave out extlinux.conf: U-Boot then uses its EFI loader"},
	{"partition", 0, OPTION_FLAG, NULL, 0, "false", NULL, 0, 0,
		"put the file system into a partition, for firmware that wants\none; otherwise it begins with the "
		"disk"},
	COMMON_OPTIONS,
};

/* A line that ends early would cut the file that it is written to. */
static gboolean is_one_line(const char *text)
{
	for (; *text; text++)
		if ((guchar)*text < 0x20 || *text == 0x7f)
			return FALSE;
	return TRUE;
}

enum status verb_image(const struct invocation *call)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *fallback = paths_image(), *img = NULL;
	const char *output = settings_text(call->settings, "output"), *named = settings_text(call->settings, "image");
	const char *cmdline = settings_text(call->settings, "cmdline"), *from = named ? named : fallback;
	enum disk_flags flags = settings_flag(call->settings, "partition") ? DISK_PARTITIONED : 0;

	if (!output)
		return usage("image", "where to? Name the disk image with -o FILE");
	if (call->operands->len)
		return usage("image", "what is '%s'? The image of tests is named with --image",
			(char *)call->operands->pdata[0]);
	if (!is_one_line(cmdline))
		return usage("image", "--cmdline must be one line of text");
	img = g_str_has_suffix(from, ".elf") ? g_strdup_printf("%.*s.img", (int)strlen(from) - 4, from)
					     : g_strdup(from);
	if (!settings_flag(call->settings, "no-extlinux"))
		flags |= DISK_EXTLINUX;
	if ((flags & DISK_EXTLINUX) && strlen(cmdline) > DISK_EXTLINUX_MAX) {
		terminal_complain("the command line has more than %d characters, which U-Boot cannot read from "
				  "extlinux.conf: it is left out, so U-Boot will use its EFI loader",
			DISK_EXTLINUX_MAX);
		flags &= ~DISK_EXTLINUX;
	}
	if (disk_write(output, img, cmdline, flags, &error))
		return STATUS_PASSED;
	terminal_complain("%s", error->message);
	return g_error_matches(error, DISK_ERROR, DISK_ERROR_TOOLS) ? STATUS_INFRASTRUCTURE : STATUS_USAGE;
}
