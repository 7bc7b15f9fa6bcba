/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * translation.h - one page, translated by two levels of tables with a TLB: what an access may get, by brute force.
 *
 * There is one descriptor of a table (0: invalid, 1 or 2: this leaf table) and one in each leaf table (0: invalid, 1 or
 * 2: this page). A PE may walk at any time, and keep what it finds for as long as it likes: valid descriptors of the
 * first level, and whole translations. So the state of a TLB is two sets, and they hold at any time all that they may:
 * an entry is never missed, since a walk may be made instead. An access uses any of them, or walks, perhaps from a
 * table that it knew before. It is translated as early as it likes, but not before an ISB that comes earlier; with
 * FEAT_ETS2 not before a DSB either.
 *
 * Source: DDI 0487, "Translation table maintenance", "TLB maintenance instructions", "Ordering and completion of TLB
 * maintenance instructions".
 */
#ifndef ORACLE_TRANSLATION_H
#define ORACLE_TRANSLATION_H

#include "pes.h"

enum translation_operation {
	TRANSLATION_STORE,
	TRANSLATION_LOAD,       /* of the flag */
	TRANSLATION_ACCESS,     /* of the page: 0 is a fault, 1 and 2 are the pages */
	TRANSLATION_TLBI,       /* VAE1IS: every level, every PE */
	TRANSLATION_TLBI_LAST,  /* VALE1IS: the last level only */
	TRANSLATION_TLBI_LOCAL, /* VAE1 */
	TRANSLATION_DSB,
	TRANSLATION_DSB_STORES, /* ISHST */
	TRANSLATION_DMB,
	TRANSLATION_CONTROL, /* a branch that depends on all loads before */
	TRANSLATION_ISB,
};

/* What a store writes to. */
enum translation_location { LOCATION_TABLE, LOCATION_LEAF_1, LOCATION_LEAF_2, LOCATION_FLAG, TRANSLATION_LOCATIONS };

/*
 * In an interleaved program the PEs have told each other: all comes after what other PEs did before it, as if by an ISB
 * (rule X6). But what another PE wrote is before a TLBI only if a DSB of either is between.
 *
 * Of the operations an access may be ignored.
 */
struct translation_program {
	struct pes_program pes; /* first */
	uint8_t initial[TRANSLATION_LOCATIONS];
	bool ets2;
};

/* Calls @found for each outcome, maybe several times for one. @reached: any. False when memory is short. */
bool translation_explore(struct reached *reached, const struct translation_program *program,
	void (*found)(void *, const struct pes_outcome *), void *context);

#endif
