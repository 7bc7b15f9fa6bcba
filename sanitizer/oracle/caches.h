/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * caches.h - caches as a machine that does what it is told, and whatever the architecture allows besides, by brute
 * force: all states that memory and the caches of each PE may be in after a program, jointly.
 *
 * It shares no code and no representation with the model: whole states of the machine here, sets for each byte there.
 *
 * Two locations (one byte each), in one line, in two lines of one write-back granule, or in two granules; one or two
 * PEs whose caches are coherent with each other. At any time, and in any number, hardware may
 *
 *      bring a line into the cache of a PE whose regime maps it cacheable (from another cache, or from memory if no
 *      other cache has it dirty), write a dirty line back and keep it, drop a clean one;
 *      when it writes back: write what is clean in that line, and what else is cached of the granule, or not;
 *      let a store arrive that was issued before: in memory, or in the cache if it is cacheable;
 *      execute a DC that was issued before (in the order of issue for one PE and line);
 *      drop, dirty or not, what shares the granule with a line that IVAC was issued for, until a DMB or DSB.
 *
 * What a program does forces only this:
 *
 *      DMB, DSB     the PE's own stores have arrived
 *      DSB          the PE's own DCs have executed
 *      cacheable store to the line by the PE that issued IVAC: it has executed; CIVAC: no clean copy is left. A load
 *      does not read what these should have removed, but proves nothing for the caches of others
 *      non-cacheable store by the PE that issued a DC and a DMB after it: the DC has executed
 *      another PE's access of, or DC to, the line: earlier non-cacheable stores to it have arrived
 *      DC to the line by the PE that stored cacheable, if the DC's operand is cacheable, DC by another PE, or another
 * PE's store of the location: earlier cacheable stores have arrived. A load of another PE reads them, but proves
 * nothing of when they arrived: a DC may come before the load in its own PE another PE's access of the line of a DC
 * with a DMB after it: the DC has executed
 *
 * See DECISIONS.md for why.
 */
#ifndef ORACLE_CACHES_H
#define ORACLE_CACHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum layout { LAYOUT_LINE, LAYOUT_GRANULE, LAYOUT_APART, LAYOUTS };

enum letter_kind {
	LETTER_STORE,
	LETTER_LOAD,
	LETTER_STORE_NC, /* by an alias that is mapped non-cacheable */
	LETTER_LOAD_NC,
	LETTER_CVAC,
	LETTER_CVAU,
	LETTER_IVAC,
	LETTER_CIVAC,
	LETTER_DMB_SY,
	LETTER_DSB_SY,
	LETTER_DSB_ISH,
	LETTER_MMU_ON,
	LETTER_MMU_OFF,
	LETTER_ISB,
};

struct letter {
	uint8_t kind, pe, location, value;
};

/* What may be in memory and caches before the program. */
enum start { START_INVALID, START_CLEAN, START_DIRTY };

/* Values. */
#define VALUE_OLD   0 /* what memory holds at first, unless it is 1 */
#define VALUE_STALE 3 /* what a dirty line holds at first: neither 1, nor 2, nor what memory holds */

struct setting {
	enum layout layout;
	enum start start;
	uint8_t initially; /* value of both locations in memory: VALUE_OLD or 1 */
	bool unknown;      /* nobody knows it: loads of a location that was not written are not judged */
	uint8_t pes;
	bool mmu[2];
};

#define PROGRAM_MAX 8

/* Everything about the past that is certain. */
struct past {
	bool mmu[2], was_on[2], was_off[2]; /* was: and not synchronized since */
	struct {
		uint8_t kind, pe, line;
		bool ordered; /* a DMB of its PE since */
	} op[PROGRAM_MAX];
	unsigned ops;
	struct {
		uint8_t pe, location, value;
		bool cached, off, ordered; /* off: not cached because the MMU was off; ordered: by a DMB */
	} store[2 * PROGRAM_MAX];
	unsigned stores;
	uint8_t newest[2]; /* what a machine without caches would read */
	bool written[2];
	/* Lines that an IVAC of another line of the granule may take with it, until a barrier of these PEs. */
	uint8_t at_risk[2];
};

/* A state of the machine, see caches.c. */
struct states {
	uint64_t *all;
	size_t count, room;
};

struct caches;

struct caches *caches_new(void);
void caches_free(struct caches *caches);

void caches_begin(struct caches *c, const struct setting *setting, struct past *past, struct states *states);

/*
 * One more letter: from @before and @past_before to @after and @past_after. Returns the set of values (bit n: value n)
 * that a load may give, 0 for other letters.
 */
unsigned caches_step(struct caches *c, const struct setting *setting, const struct letter *letter,
	const struct past *past_before, const struct states *before, struct past *past_after, struct states *after);

void states_free(struct states *states);

/* Does nothing that another letter would not do as well (NC alias with the MMU off, MMU on twice...)? */
bool letter_is_redundant(const struct past *past, const struct letter *letter);

#endif
