/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * initramfs ROOT OUT INIT EXIT-STATUS - the file system of the emulated host: QEMU with the libraries that it needs and
 * no others, and busybox, from the packages unpacked in ROOT; the script INIT, and EXIT-STATUS, which it ends the
 * machine with.
 */
#include <fcntl.h>
#include <gelf.h>
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#include "cpio.h"

static const char *const library_dirs[] = {"lib/aarch64-linux-gnu", "usr/lib/aarch64-linux-gnu"};

static void G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("initramfs: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static void put(FILE *out, const char *path, const char *source)
{
	g_autoptr(GError) error = NULL;

	if (!cpio_file(out, path, 0755, source, &error))
		die("%s", error->message);
}

static char *find_library(const char *root, const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(library_dirs); i++) {
		char *path = g_build_filename(root, library_dirs[i], name, NULL);

		if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
			return path;
		g_free(path);
	}
	die("no %s in the packages under %s", name, root);
}

/* Adds the names that @path asks for (DT_NEEDED) to @wanted, each once. */
static void add_needed(const char *path, GPtrArray *wanted)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ, NULL);
	Elf_Scn *section = NULL;

	if (!elf || elf_kind(elf) != ELF_K_ELF)
		die("%s is not an ELF file", path);
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		Elf_Data *data;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_DYNAMIC || !header.sh_entsize)
			continue;
		data = elf_getdata(section, NULL);
		for (gsize i = 0; data && i < data->d_size / header.sh_entsize; i++) {
			GElf_Dyn dynamic;
			const char *name;

			if (!gelf_getdyn(data, i, &dynamic) || dynamic.d_tag != DT_NEEDED)
				continue;
			name = elf_strptr(elf, header.sh_link, dynamic.d_un.d_val);
			if (!name)
				die("%s: %s", path, elf_errmsg(-1));
			if (!g_ptr_array_find_with_equal_func(wanted, name, g_str_equal, NULL))
				g_ptr_array_add(wanted, g_strdup(name));
		}
	}
	elf_end(elf);
	close(fd);
}

int main(int argc, char **argv)
{
	static const char *const directories[] = {"bin", "dev", "lib", "proc", "sys", "tmp"};
	g_autoptr(GPtrArray) wanted = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *qemu = NULL, *busybox = NULL;
	FILE *out;

	if (argc != 5)
		die("usage: initramfs ROOT OUT INIT EXIT-STATUS");
	out = fopen(argv[2], "we");
	if (!out)
		die("cannot write %s", argv[2]);
	elf_version(EV_CURRENT);
	qemu = g_build_filename(argv[1], "usr/bin/qemu-system-aarch64", NULL);
	busybox = g_build_filename(argv[1], "bin/busybox", NULL);
	for (guint i = 0; i < G_N_ELEMENTS(directories); i++)
		cpio_directory(out, directories[i]);
	put(out, "init", argv[3]);
	put(out, "bin/exit-status", argv[4]);
	put(out, "bin/busybox", busybox);
	put(out, "bin/qemu-system-aarch64", qemu);
	add_needed(qemu, wanted);
	/* All in /lib, under the names that are asked for: the loader looks there last, and finds the loader there too.
	 */
	for (guint i = 0; i < wanted->len; i++) {
		g_autofree char *path = find_library(argv[1], wanted->pdata[i]);
		g_autofree char *inside = g_build_filename("lib", wanted->pdata[i], NULL);

		put(out, inside, path);
		add_needed(path, wanted);
	}
	cpio_end(out);
	if (ferror(out) || fclose(out) != 0)
		die("cannot write %s: is the disk full?", argv[2]);
	return 0;
}
