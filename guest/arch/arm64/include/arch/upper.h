/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The upper half of the address space (TTBR1) for tests that write descriptors themselves, of any granule that the CPU
 * has, whatever the runtime's own is. The runtime has nothing there: a mistake costs no more than the test.
 *
 *     struct upper upper;
 *
 *     upper_open(&upper, 12, 48);                           on this CPU; upper_enter() on others
 *     uint64_t *entry = upper_entry(&upper, va, 3);         with the tables that lead to it
 *     upper_write(entry, upper_leaf(&upper, pa, 3, DESC_DATA));
 *     ...
 *     upper_close(&upper);
 *
 * One is open at a time. All in it is the test's: its TLBIs, its break-before-make. What a test that was aborted left
 * is taken back by cpu_settle(); its tables' memory is lost.
 *
 * Source: Arm ARM (DDI 0487), "Translation table descriptor formats", "TCR_EL1".
 */
#ifndef ARCH_UPPER_H
#define ARCH_UPPER_H

#include <stdint.h>
#include <limpid/mmu.h>
#include <limpid/types.h>

#define DESC_VALID   (1ull << 0)
#define DESC_TABLE   (1ull << 1) /* at level 3: a page */
#define DESC_ATTR(i) ((uint64_t)(i) << 2)
#define DESC_USER    (1ull << 6) /* AP[1] */
#define DESC_RO      (1ull << 7) /* AP[2] */
#define DESC_SH_ISH  (3ull << 8)
#define DESC_AF      (1ull << 10)
#define DESC_NG      (1ull << 11)
#define DESC_DBM     (1ull << 51)
#define DESC_CONT    (1ull << 52)
#define DESC_PXN     (1ull << 53)
#define DESC_UXN     (1ull << 54)

/* In the descriptor of a table: what restricts everything below it. */
#define DESC_TABLE_PXN     (1ull << 59)
#define DESC_TABLE_UXN     (1ull << 60)
#define DESC_TABLE_NO_USER (1ull << 61) /* APTable[0] */
#define DESC_TABLE_RO      (1ull << 62) /* APTable[1] */

/* What most tests want: Normal write-back memory that we read and write, or execute; and EL0 too. */
#define DESC_MEMORY (DESC_VALID | DESC_AF | DESC_SH_ISH | DESC_ATTR(MEM_NORMAL_WB))
#define DESC_DATA   (DESC_MEMORY | DESC_PXN | DESC_UXN)
#define DESC_CODE   (DESC_MEMORY | DESC_RO | DESC_UXN)
#define DESC_DEVICE (DESC_VALID | DESC_AF | DESC_ATTR(MEM_DEVICE_nGnRnE) | DESC_PXN | DESC_UXN)

/*
 * TCR_EL1's fields that a test may want. HA, HD, AS, IPS and DS count for the lower half too: what the runtime maps
 * there has AF = 1, no DBM, no nG and addresses below any IPS, and with pages of 64 KiB, of which alone a test sets DS,
 * is translated alike.
 */
#define TCR_A1    (1ull << 22)
#define TCR_AS    (1ull << 36)
#define TCR_TBI1  (1ull << 38)
#define TCR_HA    (1ull << 39)
#define TCR_HD    (1ull << 40)
#define TCR_HPD1  (1ull << 42)
#define TCR_E0PD1 (1ull << 56)
#define TCR_DS    (1ull << 59)

#define UPPER_TABLES 16

struct upper {
	unsigned int granule_shift; /* 12, 14, 16 */
	unsigned int va_bits;
	uint64_t tcr, ttbr;
	unsigned int table_count;
	pa_t tables[UPPER_TABLES]; /* the first is the root */
};

/* An empty half of va_bits bits; this CPU's TCR_EL1 and TTBR1_EL1 have it on return. tcr: more of TCR's bits to set. */
void upper_open(struct upper *upper, unsigned int granule_shift, unsigned int va_bits, uint64_t tcr);

/*
 * The same registers on another CPU, and away with them. upper_enter() also gives an open half another TCR, as long as
 * nothing in it has been mapped: its fields may be cached in a TLB.
 */
void upper_enter(const struct upper *upper);
void upper_leave(void);

/* Leaves on this CPU, and frees the tables; no TLB of any CPU holds anything of them then. */
void upper_close(struct upper *upper);

/* The lowest address. */
uint64_t upper_start(const struct upper *upper);

/* Bytes that an entry of a level maps; the level of the first table. */
uint64_t upper_level_size(const struct upper *upper, unsigned int level);
unsigned int upper_first_level(const struct upper *upper);

/* The entry of a level for va; tables that are missing on the way are added. None of the entries on it may be a block.
 */
uint64_t *upper_entry(struct upper *upper, uint64_t va, unsigned int level);

/* A descriptor of a block or page. attrs: DESC_... */
uint64_t upper_leaf(const struct upper *upper, pa_t pa, unsigned int level, uint64_t attrs);

/* Writes a descriptor, and all CPUs' later walks see it. Removes nothing from a TLB. */
void upper_write(uint64_t *entry, uint64_t descriptor);

#endif
