/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * catalog.h - the tests that an image holds, read from its ELF file without booting it.
 */
#ifndef CLI_CATALOG_H
#define CLI_CATALOG_H

#include <glib.h>

enum test_flags {
	TEST_REPORT = 1, /* what it prints is the point: show it always */
	TEST_SLOW = 2,
	TEST_ENDS = 8, /* switches the machine off or resets it: has one of its own, which may start again */
	TEST_TELLS = 16,  /* its mistake shows in what it reads: given that, it fails */
	TEST_FINDING = 4, /* makes a mistake on purpose: under the sanitizer it passes when that is found */
};

struct test {
	char *name;   /* a dotted path of letters, digits, _ and -, unique in the catalog */
	char *file;   /* where it is written; "" when unknown, like the next ones */
	char *doc;    /* what it checks, one line */
	char *source; /* the manual that says so */
	char *needs;  /* words, separated by single spaces */
	char *qemu;   /* more QEMU arguments, shell quoted */
	guint line;
	guint cpus; /* least number, at least 1 */
	guint timeout_s;
	guint mem_mib; /* least RAM, 0: any */
	guint flags;   /* enum test_flags */
	char *finding; /* the kind of finding that it is there to make; NULL: as flags and name say */
	/* Where that is to be; NULL and 0: anywhere. */
	char *finding_function, *finding_file;
	guint finding_line;
};

/*
 * The kind of finding that a test is there to make: "" for any, NULL when it is to make none. Those are the tests that
 * say so, and those whose last component begins with bad_; bad_KIND and bad_KIND_MORE, with _ for -, name the kind.
 */
const char *test_finding(const struct test *test);

struct catalog {
	char *elf_path;   /* limpid.elf: descriptors, symbols, lines */
	char *img_path;   /* limpid.img: what a machine boots */
	GPtrArray *tests; /* struct test, in the order of the image, which is that of the runs */
};

/*
 * Reads the tests of @path: an ELF file with the flat image beside it (x.elf, x.img), or either's name. A file that is
 * missing, truncated, of another machine or without tests gives an error that says what to do.
 */
struct catalog *catalog_read(const char *path, GError **error);
void catalog_free(struct catalog *catalog);

const struct test *catalog_find(const struct catalog *catalog, const char *name);

/*
 * The tests that one of @patterns (separate or joined with commas; none: everything) matches, in the catalog's order.
 * When a pattern matches nothing the answer is NULL and @unmatched is set to a message for the user.
 */
GPtrArray *catalog_select(const struct catalog *catalog, const GPtrArray *patterns, char **unmatched);

/*
 * Patterns, joined with commas, that match exactly @tests of the catalog: their names, or when these are many the
 * suites of which all tests are wanted; "*" for everything. Boot loaders do not take command lines of any length.
 */
char *catalog_patterns(const struct catalog *catalog, const GPtrArray *tests);

#define CATALOG_ERROR catalog_error_quark()
GQuark catalog_error_quark(void);
enum catalog_error { CATALOG_ERROR_FILE };

#endif
