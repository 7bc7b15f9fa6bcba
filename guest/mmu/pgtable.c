/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pgtable.h"
#include <limpid/check.h>

#define DESC_VALID   (1ull << 0)
#define DESC_TABLE   (1ull << 1) /* at level 3: a page */
#define DESC_ATTR(i) ((uint64_t)(i) << 2)
#define DESC_AP_USER (1ull << 6)
#define DESC_AP_RO   (1ull << 7)
#define DESC_SH(sh)  ((uint64_t)(sh) << 8)
#define DESC_AF      (1ull << 10)
#define DESC_PXN     (1ull << 53)
#define DESC_UXN     (1ull << 54)
#define DESC_ADDRESS 0x0000fffffffff000ull
#define SH_OUTER     2
#define SH_INNER     3

/* What may change in a live valid entry without break-before-make: permissions and nothing else. */
#define DESC_PERMISSIONS (DESC_AP_USER | DESC_AP_RO | DESC_PXN | DESC_UXN)

/* The change of an entry must be one single-copy atomic store: a walk may read it at any moment. */
static void entry_write(uint64_t *entry, uint64_t value)
{
	*(volatile uint64_t *)entry = value;
}

static uint64_t entry_read(const uint64_t *entry)
{
	return *(const volatile uint64_t *)entry;
}

static unsigned int level_shift(const struct pgtable *pt, unsigned int level)
{
	return pt->granule_shift + (3 - level) * (pt->granule_shift - 3);
}

uint64_t pgtable_level_size(const struct pgtable *pt, unsigned int level)
{
	return 1ull << level_shift(pt, level);
}

/* 48 bits of VA: 4 and 16 KiB granules start at level 0, 64 KiB at level 1. */
static unsigned int start_level(const struct pgtable *pt)
{
	return pt->granule_shift == 16 ? 1 : 0;
}

/* Blocks: levels 1 and 2 with 4 KiB, 2 with the others (level 1 of 64 KiB needs 52-bit addresses). */
static bool level_has_leaf(const struct pgtable *pt, unsigned int level)
{
	return level >= 2 || (level == 1 && pt->granule_shift == 12);
}

static bool is_table(uint64_t desc, unsigned int level)
{
	return level < 3 && (desc & (DESC_VALID | DESC_TABLE)) == (DESC_VALID | DESC_TABLE);
}

static uint64_t *table_of(uint64_t desc)
{
	return (uint64_t *)(uintptr_t)(desc & DESC_ADDRESS);
}

static uint64_t attributes(enum mem_type type, unsigned int prot)
{
	uint64_t desc = DESC_VALID | DESC_AF | DESC_ATTR(type);

	/* Device and non-cacheable memory is outer shareable whatever SH says: say so. */
	desc |= DESC_SH(type >= MEM_NORMAL_WT ? SH_INNER : SH_OUTER);
	if (!(prot & PROT_WRITE))
		desc |= DESC_AP_RO;
	if (prot & PROT_USER)
		desc |= DESC_AP_USER;
	if (!(prot & PROT_EXEC) || (prot & PROT_USER))
		desc |= DESC_PXN;
	if (!(prot & PROT_EXEC) || !(prot & PROT_USER))
		desc |= DESC_UXN;
	return desc;
}

static uint64_t leaf(unsigned int level, uint64_t pa, uint64_t attrs)
{
	return pa | attrs | (level == 3 ? DESC_TABLE : 0);
}

void pgtable_init(struct pgtable *pt, unsigned int granule_shift, uint64_t *(*new_table)(void))
{
	*pt = (struct pgtable){.granule_shift = granule_shift, .new_table = new_table};
	pt->root = new_table();
}

/* A valid entry gets another output address, type or size: no CPU may ever have both in its TLB. The caller publishes.
 */
static void break_before_make(struct pgtable *pt, uint64_t *entry, uint64_t va, uint64_t desc)
{
	if (pt->live) {
		entry_write(entry, 0);
		pgtable_invalidate(va);
	}
	entry_write(entry, desc);
}

/* Tables that unmapping emptied, linked by their first entries, are taken before new ones. */
static uint64_t *take_table(struct pgtable *pt)
{
	uint64_t *table = pt->spare;

	if (!table)
		return pt->new_table();
	pt->spare = (uint64_t *)(uintptr_t)table[0];
	entry_write(table, 0);
	return table;
}

static bool is_empty(const struct pgtable *pt, const uint64_t *table)
{
	for (unsigned int i = 0; i < 1u << (pt->granule_shift - 3); i++)
		if (entry_read(&table[i]))
			return false;
	return true;
}

/* Takes an empty table out. Once the TLBI is complete no CPU walks it any more, nor remembers the way to it. */
static void unlink_table(struct pgtable *pt, uint64_t *entry, uint64_t va)
{
	uint64_t *table = table_of(entry_read(entry));

	entry_write(entry, 0);
	if (pt->live)
		pgtable_invalidate(va);
	entry_write(table, (uint64_t)(uintptr_t)pt->spare);
	pt->spare = table;
}

/* The table below an entry; an invalid one gets an empty table, a block one that maps the same. */
static uint64_t *descend(struct pgtable *pt, uint64_t *entry, unsigned int level, uint64_t va)
{
	uint64_t desc = entry_read(entry);

	if (is_table(desc, level))
		return table_of(desc);

	uint64_t *table = take_table(pt);
	uint64_t link = (uint64_t)(uintptr_t)table | DESC_VALID | DESC_TABLE;

	if (!(desc & DESC_VALID)) {
		if (pt->live)
			pgtable_order();
		entry_write(entry, link);
		return table;
	}

	uint64_t step = pgtable_level_size(pt, level + 1);
	uint64_t attrs = desc & ~DESC_ADDRESS, pa = desc & DESC_ADDRESS;

	for (unsigned int i = 0; i < 1u << (pt->granule_shift - 3); i++)
		table[i] = leaf(level + 1, pa + i * step, attrs);
	break_before_make(pt, entry, va, link);
	return table;
}

struct change {
	enum { CHANGE_MAP, CHANGE_PROTECT, CHANGE_UNMAP } kind;
	uint64_t pa_minus_va;
	uint64_t attrs;
	unsigned int largest; /* level of the largest block to use */
};

static void change_leaf(
	struct pgtable *pt, uint64_t *entry, unsigned int level, uint64_t va, const struct change *change)
{
	uint64_t old = entry_read(entry), new;

	switch (change->kind) {
	case CHANGE_MAP:
		return; /* map_leaves() */
	case CHANGE_UNMAP:
		if (!(old & DESC_VALID))
			return;
		entry_write(entry, 0);
		if (pt->live)
			pgtable_invalidate(va);
		return;
	case CHANGE_PROTECT:
		CHECK(old & DESC_VALID);
		new = leaf(level, old & DESC_ADDRESS, change->attrs);
		if (new == old)
			return;
		if ((new ^ old) & ~DESC_PERMISSIONS) {
			break_before_make(pt, entry, va, new);
			return;
		}
		entry_write(entry, new);
		if (pt->live)
			pgtable_invalidate(va);
		return;
	}
}

/*
 * Fills the entries from `entry` on, to the end of its table, of [va, end), or to one that is in use; returns where it
 * stopped. All of RAM goes through this loop, so it does nothing else.
 */
static uint64_t map_leaves(uint64_t *entry, const uint64_t *table_end, unsigned int level, uint64_t va, uint64_t end,
	uint64_t size, const struct change *change)
{
	uint64_t desc = leaf(level, va + change->pa_minus_va, change->attrs);

	for (; entry < table_end && end - va >= size && !(entry_read(entry) & DESC_VALID); entry++) {
		entry_write(entry, desc);
		desc += size;
		va += size;
	}
	return va;
}

/* Changes [va, end), which one table of this level covers; recursion is as deep as there are levels. */
static void change_table(
	struct pgtable *pt, uint64_t *table, unsigned int level, uint64_t va, uint64_t end, const struct change *change)
{
	unsigned int shift = level_shift(pt, level);
	uint64_t size = 1ull << shift, mask = (1u << (pt->granule_shift - 3)) - 1;

	while (va < end) {
		uint64_t next = (va & ~(size - 1)) + size;
		uint64_t *entry = &table[(va >> shift) & mask];
		uint64_t desc = entry_read(entry);
		bool whole = !(va & (size - 1)) && next <= end;
		bool as_leaf = whole && level_has_leaf(pt, level) && !is_table(desc, level);

		if (next > end)
			next = end;
		if (change->kind == CHANGE_MAP)
			as_leaf = as_leaf && level >= change->largest && !((va + change->pa_minus_va) & (size - 1));
		if (as_leaf && change->kind == CHANGE_MAP) {
			CHECK(!(desc & DESC_VALID));
			va = map_leaves(entry, table + mask + 1, level, va, end, size, change);
			continue;
		}
		if (as_leaf) {
			change_leaf(pt, entry, level, va, change);
		} else if (change->kind != CHANGE_UNMAP || (desc & DESC_VALID)) {
			uint64_t *below = descend(pt, entry, level, va);

			change_table(pt, below, level + 1, va, next, change);
			if (change->kind == CHANGE_UNMAP && is_empty(pt, below))
				unlink_table(pt, entry, va);
		}
		va = next;
	}
}

static void change_range(struct pgtable *pt, uint64_t va, uint64_t size, const struct change *change)
{
	uint64_t page_mask = (1ull << pt->granule_shift) - 1;

	CHECK(!((va | size | change->pa_minus_va) & page_mask));
	CHECK(size <= 1ull << PGTABLE_VA_BITS && va <= (1ull << PGTABLE_VA_BITS) - size);
	change_table(pt, pt->root, start_level(pt), va, va + size, change);
	/* What was only removed or restricted has been invalidated already. */
	if (pt->live && change->kind != CHANGE_UNMAP)
		pgtable_published();
}

void pgtable_map(struct pgtable *pt, uint64_t va, uint64_t pa, uint64_t size, enum mem_type type, unsigned int prot,
	enum pgtable_largest largest)
{
	change_range(pt, va, size, &(struct change){CHANGE_MAP, pa - va, attributes(type, prot), largest});
}

void pgtable_protect(struct pgtable *pt, uint64_t va, uint64_t size, enum mem_type type, unsigned int prot)
{
	change_range(pt, va, size, &(struct change){CHANGE_PROTECT, 0, attributes(type, prot), PGTABLE_BLOCKS});
}

void pgtable_unmap(struct pgtable *pt, uint64_t va, uint64_t size)
{
	change_range(pt, va, size, &(struct change){CHANGE_UNMAP, 0, 0, PGTABLE_BLOCKS});
}

bool pgtable_walk(const struct pgtable *pt, uint64_t va, struct mmu_translation *out)
{
	const uint64_t *table = pt->root;

	if (va >> PGTABLE_VA_BITS)
		return false;
	for (unsigned int level = start_level(pt);; level++) {
		unsigned int shift = level_shift(pt, level);
		uint64_t desc = entry_read(&table[(va >> shift) & ((1u << (pt->granule_shift - 3)) - 1)]);

		if (!(desc & DESC_VALID))
			return false;
		if (is_table(desc, level)) {
			table = table_of(desc);
			continue;
		}
		uint64_t size = 1ull << shift;
		bool user = desc & DESC_AP_USER;

		*out = (struct mmu_translation){
			.pa = pa_make((desc & DESC_ADDRESS & ~(size - 1)) | (va & (size - 1))),
			.type = (desc >> 2) & 7,
			.prot = (desc & DESC_AP_RO ? 0 : PROT_WRITE) | (user ? PROT_USER : 0) |
				(desc & (user ? DESC_UXN : DESC_PXN) ? 0 : PROT_EXEC),
			.level = level,
			.size = size,
			.descriptor = desc,
		};
		return true;
	}
}
