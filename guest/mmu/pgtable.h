/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Translation tables: building, changing and walking them. Portable: it also runs in a host program.
 *
 * Table memory is identity mapped: a table's address is its physical address. It stays table memory for good: a table
 * that unmapping has emptied is used for the next one that is wanted.
 *
 * Source: Arm ARM (DDI 0487), "The VMSAv8-64 translation table format descriptors".
 */
#ifndef MMU_PGTABLE_H
#define MMU_PGTABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <limpid/mmu.h>

#define PGTABLE_VA_BITS 48

struct pgtable {
	uint64_t *root;
	unsigned int granule_shift;   /* 12, 14 or 16 */
	bool live;                    /* a CPU may be walking it: a change wants TLBIs and break-before-make */
	uint64_t *spare;              /* tables that are in no use, linked by their first entries */
	uint64_t *(*new_table)(void); /* a zeroed, aligned table of one granule; does not fail */
};

/* Maps by blocks only up to this level: 1 for the largest, 3 for pages. */
enum pgtable_largest { PGTABLE_BLOCKS = 1, PGTABLE_PAGES = 3 };

void pgtable_init(struct pgtable *pt, unsigned int granule_shift, uint64_t *(*new_table)(void));

/* What mmu.h says of mmu_map(), mmu_protect(), mmu_unmap() and mmu_walk(). */
void pgtable_map(struct pgtable *pt, uint64_t va, uint64_t pa, uint64_t size, enum mem_type type, unsigned int prot,
	enum pgtable_largest largest);
void pgtable_protect(struct pgtable *pt, uint64_t va, uint64_t size, enum mem_type type, unsigned int prot);
void pgtable_unmap(struct pgtable *pt, uint64_t va, uint64_t size);
bool pgtable_walk(const struct pgtable *pt, uint64_t va, struct mmu_translation *out);

/* Bytes that one entry of a level maps. */
uint64_t pgtable_level_size(const struct pgtable *pt, unsigned int level);

/*
 * Contract with the architecture.
 * order: whoever sees an entry written after it sees those written before.
 * published: new valid entries are seen by the walks of all CPUs from here on.
 * invalidate: a changed or removed entry that maps va is seen, and no TLB holds the old one any more; what was written
 * before it is seen by whoever sees an entry written after it.
 */
void pgtable_order(void);
void pgtable_published(void);
void pgtable_invalidate(uint64_t va);

#endif
