/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page-table builder's contract on the host: nobody walks the tables but the test, which may look at each
 * invalidation.
 */
#include <stddef.h>

#include "fake_pgtable.h"

void (*fake_invalidated)(uint64_t va);
unsigned int fake_published;

void pgtable_order(void)
{
}

void pgtable_published(void)
{
	fake_published++;
}

void pgtable_invalidate(uint64_t va)
{
	if (fake_invalidated)
		fake_invalidated(va);
}

bool mmu_enabled(void)
{
	return true;
}
