/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test.h - how a test is declared.
 *
 *     TEST(boot, cpus, .doc = "all CPUs answer", .cpus = 2)
 *     {
 *             EXPECT_EQ(cpu_count(), 2);
 *     }
 *
 * declares the test boot.cpus; the suite may have dots (gic.v3), and each part of it begins with a letter, or
 * clang-format would put a space into the name. That is all that is needed: the descriptor is put in the section
 * .limpid.tests, where the runner finds it in the image and `limpid list` in the ELF file. The order of a file's tests
 * is that of its text.
 *
 * A test that makes a mistake on purpose says which kind of finding that is, and marks the line that the sanitizer is
 * to report:
 *
 *     TEST(mailbox, bad_no_clean, .doc = "...", .finding = "stale-memory-read")
 *     {
 *             ...
 *             FINDING_HERE(value = *beside_the_cache);
 *     }
 *
 * It passes under `limpid check` if that one finding, at that line, is all that there is. Without the mark there may be
 * several, all of that kind.
 */
#ifndef LIMPID_TEST_H
#define LIMPID_TEST_H

#include <limpid/types.h>

#define TEST_REPORT 0x1u /* its output is the point: the command always shows it */
#define TEST_SLOW   0x2u /* takes long; the command says so */
#define TEST_ENDS   0x8u /* switches the machine off, resets it, or leaves it unusable: runs alone; test_ends_machine() */
#define TEST_TELLS  0x10u /* the mistake that it makes on purpose shows in what it reads: given that, it fails */

/* Read by the command from the ELF file, so its layout is an interface. */
struct test {
	uint32_t size; /* sizeof(struct test): the reader's check */
	uint32_t line;
	const char *name;   /* "gic.v3.sgi_to_self" */
	const char *file;   /* "tests/gic.c" */
	const char *doc;    /* one line: what it checks; may be NULL, as may the next three */
	const char *source; /* citation */
	const char *needs;  /* space separated words: what the machine must have */
	const char *qemu;   /* extra QEMU arguments that it wants, shell quoted */
	void (*fn)(void);
	uint16_t cpus;      /* least number of CPUs; 0 means 1 */
	uint16_t timeout_s; /* 0: the command's default */
	uint32_t mem_mib;   /* least RAM; 0: any */
	uint32_t flags;     /* TEST_... */
	uint32_t reserved;
	const char *finding; /* the kind of finding that it is there to make; NULL: it is to make none */
};

#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct test) == 88, "`limpid list` reads descriptors of 88 bytes");
#endif

/* Where a test's finding is to be: in the section .limpid.findings, for the command alone. */
struct finding_mark {
	uint32_t size; /* sizeof(struct finding_mark) */
	uint32_t line;
	const char *test;     /* "test_" and the last part of the test's name */
	const char *function; /* the innermost one, inlined or not */
	const char *file;
};

#ifdef LIMPID_HOST
#define FINDING_MARK(test_, function_)
#else
#define FINDING_MARK(test_, function_)                                                                                \
	static const struct finding_mark finding_mark_ __attribute__((section(".limpid.findings"), retain, used)) = { \
		sizeof(struct finding_mark), __LINE__, test_, function_, __FILE__}
#endif

/* The statement, in one line, is what the sanitizer reports in this test. */
#define FINDING_HERE(statement)                   \
	do {                                      \
		FINDING_MARK(__func__, __func__); \
		statement;                        \
	} while (0)

/* The same in another function of the same file, for the test with that last part of its name. */
#define FINDING_HERE_OF(test_name, statement)               \
	do {                                                \
		FINDING_MARK("test_" #test_name, __func__); \
		statement;                                  \
	} while (0)

/* GCC may emit variables in another order than that of the text unless told not to; clang never does. */
#if defined(__clang__)
#define TEST_IN_ORDER
#else
#define TEST_IN_ORDER , no_reorder
#endif
/* In host builds clang's AddressSanitizer must not pad the array. */
#if defined(LIMPID_HOST) && defined(__clang__)
#define TEST_NO_PADDING , no_sanitize("address")
#else
#define TEST_NO_PADDING
#endif

#define TEST(suite, test_name, ...)                                                                             \
	static void test_##test_name(void);                                                                     \
	static const struct test limpid_test_##test_name __attribute__((section(".limpid.tests"), retain, used, \
		aligned(8) TEST_IN_ORDER TEST_NO_PADDING)) = {.size = sizeof(struct test),                      \
		.line = __LINE__,                                                                               \
		.name = #suite "." #test_name,                                                                  \
		.file = __FILE__,                                                                               \
		.fn = test_##test_name,                                                                         \
		__VA_ARGS__};                                                                                   \
	static void test_##test_name(void)

/* The linker script puts these round the section. */
extern const struct test limpid_tests_start[];
extern const struct test limpid_tests_end[];

#endif
