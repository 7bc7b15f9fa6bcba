/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fixture.h - what several host tests need: a temporary directory, and images of tests that need no cross compiler.
 */
#ifndef CLI_TESTS_FIXTURE_H
#define CLI_TESTS_FIXTURE_H

#include <glib.h>

struct fixture_test {
	const char *name, *needs, *qemu, *doc;
	guint cpus, mem_mib, timeout_s, flags;
	const char *finding;
	const char *finding_function; /* that of a mark for its finding, in line 50 of tests/fixture.c */
};

/* The bytes of an ELF file for AArch64 with these tests (the last one's name is NULL) in .limpid.tests. */
GByteArray *fixture_elf(const struct fixture_test *tests);

/* Writes limpid.elf and a limpid.img to @dir; returns the path of the former. */
char *fixture_image(const char *dir, const struct fixture_test *tests);

/* Not g_file_set_contents(), which waits for the disk. */
void fixture_write(const char *path, const void *bytes, gsize len);

char *fixture_dir(void);
/* Removes a directory and what is in it. */
void fixture_remove(const char *dir);
/* The number of files in a directory. */
guint fixture_count(const char *dir);

#endif
