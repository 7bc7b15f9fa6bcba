/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FAKE_PGTABLE_H
#define FAKE_PGTABLE_H

#include <stdint.h>

#include "../../mmu/pgtable.h"

/* Called at each TLB invalidation, with the tables as a walker would see them at that moment; NULL: nobody. */
extern void (*fake_invalidated)(uint64_t va);

/* How often new entries were made visible. */
extern unsigned int fake_published;

#endif
