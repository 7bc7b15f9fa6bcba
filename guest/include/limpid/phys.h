/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * phys.h - from physical addresses to pointers: the seam between portable code and the architecture's mappings.
 *
 * The architecture implements all three. On arm64 they are the identity, with the MMU on and off.
 */
#ifndef LIMPID_PHYS_H
#define LIMPID_PHYS_H

#include <limpid/types.h>

/* The pointer by which RAM at `address` is read and written. */
void *phys_to_virt(pa_t address);

/* The inverse, for pointers into RAM. */
pa_t virt_to_phys(const volatile void *pointer);

/* A pointer to `length` readable bytes at `address`, of any alignment, or NULL if not all of them are readable. It is
 * for what firmware left in memory, so it must not be trusted to be where firmware says; reads by bytes only. */
const void *phys_window(uint64_t address, size_t length);

#endif
