/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mmu_off.h - what mmu_off.c and mmu_off_sequences.S share.
 */
#ifndef TESTS_MMU_OFF_H
#define TESTS_MMU_OFF_H

/* struct story: each on a line of its own, whatever the size of a line is (up to 128 bytes). */
#define STORY_BOUNDS 0
#define STORY_BEFORE 128
#define STORY_DURING 256
#define STORY_AFTER  384
#define STORY_SIZE   512

/* struct outcome */
#define OUTCOME_OFF_BEFORE 0
#define OUTCOME_OFF_DURING 8
#define OUTCOME_OFF_FRAME  16
#define OUTCOME_ON_BEFORE  24
#define OUTCOME_ON_DURING  32
#define OUTCOME_ON_AFTER   40

/* What memory holds at first, and what is written over it. */
#define OLDER         0x01de
#define BEFORE_WRITES 0xbef0
#define DURING_WRITES 0xd0c1
#define AFTER_WRITES  0xaf7e
#define FRAME_WRITES  0xf4a3

/* How the MMU is switched on again. */
#define ON_PLAIN      0 /* TLBI; M = C = 1; ISB: what was cleaned and invalidated on the way down is to be enough */
#define ON_INVALIDATE 1 /* before that DMB; DC CIVAC of what was written; DSB */

#endif
