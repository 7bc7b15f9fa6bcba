/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * twin.h - what the files of twins share.
 *
 * Twins: for a kind of the sanitizer's findings a `bad_` test that makes the mistake once, and a `good_` one that
 * differs by the missing instruction. A bad one passes whatever it reads, on any machine: it is for the sanitizer to
 * find it, at the marked line, and to find nothing in the good one.
 *
 * The name of a bad twin is bad_ and the kind, with a word behind it where a kind has several.
 */
#ifndef TESTS_TWIN_H
#define TESTS_TWIN_H

#include <arch/barrier.h>
#include <arch/sysreg.h>
#include <limpid/cache.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/test.h>

/* One page at two addresses: write-back as all memory, and with another type. */
struct alias {
	pa_t page;
	va_t va;
	volatile uint64_t *cached;
	volatile uint64_t *other;
};

/* Both agree at the start: memory has zeros, and no cache holds a copy. */
void alias_open(struct alias *alias, enum mem_type type);
void alias_close(struct alias *alias);

/*
 * The read that the sanitizer is to report. What a bad twin reads is not expected to be anything. A machine that shows
 * the mistake is worth a line.
 */
#define OBSERVED(got, want)                                                                                            \
	do {                                                                                                           \
		if ((got) != (want))                                                                                   \
			INFO("read 0x%lx, written 0x%lx: this machine has caches", (uint64_t)(got), (uint64_t)(want)); \
	} while (0)

#define OBSERVE(got, want)                  \
	do {                                \
		uint64_t got_;              \
                                            \
		FINDING_HERE(got_ = (got)); \
		OBSERVED(got_, want);       \
	} while (0)

#define DC(op, address) asm volatile("dc " #op ", %0" ::"r"(address) : "memory")

/* The largest line that the architecture has: what is declared so shares its line with nothing. */
#define LINE_MAX   2048
#define OWN_LINE   __attribute__((aligned(LINE_MAX)))
#define LINE_WORDS (LINE_MAX / 8)

#endif
