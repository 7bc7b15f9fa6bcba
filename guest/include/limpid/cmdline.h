/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmdline.h - the guest's command line: what the user and the command asked for.
 *
 * Words KEY=VALUE, separated by white space, from bootargs, the UEFI load options or limpid.txt on the ESP:
 *
 *     run=PATTERN[,PATTERN...]      tests to run: see pattern.h; default all
 *     page=4k|16k|64k               translation granule; default 4k, or the smallest that the CPU has
 *     el=1|2                        exception level to run tests at; default: see boot
 *     hw=dt|acpi                    hardware description to use where there are both
 *     expect.cpus=N expect.mem=MIB expect.el=1|2 expect.gic=2|3 expect.page=4k|16k|64k expect.hw=dt|acpi
 *     expect.boot=linux|efi         what the machine should be: only the boot tests compare
 *     expect.cpi=N                  each instruction takes exactly N cycles, as in an emulator that counts them
 *     bench=0|1                     what is measured is measured for longer
 *     tcg=0|1                       QEMU's TCG executes us: what is known to be wrong with it at times is skipped
 *     migrate=0|1                   whoever started the machine migrates it when a test asks: see migrate.h
 *     check=0|1                     the sanitizer watches: all CPUs run in one thread of an emulator
 *
 * A later word wins. Unknown keys and bad values change nothing and are kept as complaints: boot loaders add words of
 * their own, and there is no console yet when the line is read. Invariant: everything points into the caller's text,
 * which must outlive the options. Usable anywhere.
 */
#ifndef LIMPID_CMDLINE_H
#define LIMPID_CMDLINE_H

#include <limpid/types.h>

enum option_hw { HW_ANY, HW_DT, HW_ACPI };
enum option_boot { BOOT_ANY, BOOT_LINUX, BOOT_EFI };

/* Some bytes of the text; not NUL-terminated. */
struct text {
	const char *start;
	size_t length;
};

struct complaint {
	struct text word;
	const char *why; /* "unknown key", "not a number", ... */
};

#define OPTIONS_COMPLAINTS 8

struct options {
	struct text run;    /* the patterns; length 0 with a NULL start: not given, so all tests */
	uint32_t page_size; /* bytes: 4096, 16384 or 65536; 0: not given */
	uint32_t el;        /* 1 or 2; 0: not given */
	enum option_hw hw;
	bool bench;
	bool migrate;
	bool check;
	bool tcg;
	struct {
		uint32_t cpus; /* 0: not given, as in all of these */
		uint32_t mem_mib;
		uint32_t el;
		uint32_t gic;
		uint32_t page_size; /* bytes */
		uint32_t cpi;
		enum option_hw hw;
		enum option_boot boot;
	} expect;
	unsigned complaint_count; /* may exceed OPTIONS_COMPLAINTS: only the first ones are kept */
	struct complaint complaints[OPTIONS_COMPLAINTS];
};

/* The options that an empty command line means. */
void options_init(struct options *options);

/* Adds the words of `text` (NULL: none), at most `size` bytes and up to a NUL; a UTF-8 byte order mark is skipped. May
 * be called again for another text, whose words win. */
void options_parse(struct options *options, const char *text, size_t size);

/* Prints each complaint as a comment line of the console protocol. */
void options_report(const struct options *options);

/* Whether the options select the test called `name`. */
bool options_select(const struct options *options, const char *name);

/* Reads the whole of `text` as an unsigned number, decimal or 0x hexadecimal, with no sign, space or suffix; false, and
 * *value unchanged, if it is none or exceeds `max`. */
bool parse_number(struct text text, uint64_t max, uint64_t *value);

/* Turns UTF-16 (little endian, of any alignment, `size` bytes, ending there or at a NUL) into ASCII: what is not ASCII
 * becomes '?', one for a surrogate pair. Writes at most `out_size` bytes including a NUL; returns the length of the
 * whole result, so `out_size` or more means that it was cut. NULL is an empty text. Source: UEFI
 * Specification 2.10, 9.1 EFI Loaded Image Protocol (LoadOptions), 2.3.1 Data Types (CHAR16). */
size_t utf16_to_ascii(char *out, size_t out_size, const void *utf16, size_t size);

#endif
