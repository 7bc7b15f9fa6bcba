/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fetch.h - instructions that are written and executed: which of the values that a location had may be fetched, by
 * brute force.
 *
 * The writes of a location are in one order, which all PEs agree on (data accesses are coherent and multi-copy atomic).
 * A fetch that misses every instruction cache may find any write that is not older than the one that was cleaned to the
 * Point of Unification last: there may be several points of unification. An instruction cache may hold any number of
 * older ones. So for each location and PE there is an oldest write that it may still fetch, and that is all the state:
 *
 *      DC CVAU takes effect      the newest write of now is the oldest that a miss may find
 *      IC takes effect           what a miss may find is all that the instruction cache may have
 *
 * A PE fetches in program order, as early as it likes, but not before an ISB that comes earlier; what it executes comes
 * after all fetches before it.
 *
 * Source: DDI 0487, "Synchronization and coherency issues between data and instruction accesses", and Simner et al.,
 * "ARMv8-A System Semantics: Instruction Fetch in Relaxed Architectures" (ESOP 2020), whose tests are test_fetch.c.
 */
#ifndef ORACLE_FETCH_H
#define ORACLE_FETCH_H

#include "pes.h"

#define FETCH_LOCATIONS 3
#define FETCH_WRITES    3 /* of a location, after what it held at first */

enum fetch_operation {
	FETCH_STORE,
	FETCH_LOAD,
	FETCH_EXECUTE, /* a fetch of the location, and a branch that depends on it */
	FETCH_CVAU,
	FETCH_IVAU,    /* every PE's instruction cache */
	FETCH_IALLU,   /* this PE's, all locations */
	FETCH_DSB,     /* ISH */
	FETCH_DSB_NSH, /* of several PEs: completes IC for this one, and is a DMB else */
	FETCH_DMB,
	FETCH_CONTROL, /* a branch that depends on all loads before */
	FETCH_ISB,
};

/*
 * In an interleaved program the PEs have told each other: an operation comes after those that other PEs did before it
 * (rule X6). Not so a fetch, which may be early: of that only an ISB tells. And what another PE stored is before an ISB
 * or an IC only if a DSB of either is between.
 *
 * Of the operations a fetch may be ignored, and a store completed.
 */
struct fetch_program {
	struct pes_program pes; /* first */
	bool idc, dic;          /* CTR_EL0: no clean is needed, no invalidate is needed */
};

/* Calls @found for each outcome, maybe several times for one. @reached: any. False when memory is short. */
bool fetch_explore(struct reached *reached, const struct fetch_program *program,
	void (*found)(void *, const struct pes_outcome *), void *context);

#endif
