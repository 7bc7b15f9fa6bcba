/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory.h - where the guest's memory is in this process, to read descriptors, values and images.
 *
 * RAM is the mapping of the machine's memory backend (memory-backend-memfd), found by its name in /proc/self/maps.
 * What else code runs from (flash, Secure RAM) is learnt from the host address of translated instructions: QEMU says
 * that of code only. Secure and Non-secure accesses to the backend reach the same bytes and count as one space.
 */
#ifndef PLUGIN_MEMORY_H
#define PLUGIN_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory_block {
	uint64_t base, size; /* guest physical */
	uint8_t *host;
	uint8_t space; /* enum space */
	bool rom;
};

/* False with a message in @error. When vCPUs exist, not before. */
bool memory_find(char *error, size_t size);
/*
 * The first instruction is at @pa and @host. Places the backend: by it, when it is in there, else where the virt
 * machine has it.
 */
void memory_place(uint64_t pa, const void *host);

/* An instruction is at @pa and @host. The block that this taught, or NULL. *@moved: the backend is not where we put it.
 */
const struct memory_block *memory_learn(uint64_t pa, const void *host, bool *moved);

/* The block of @pa, or NULL: nothing that is known to be memory. */
const struct memory_block *memory_block(uint64_t pa);
const struct memory_block *memory_backend(void);
/* By the address in this process. */
const struct memory_block *memory_block_of_host(const void *host);

/* For struct walker. */
bool memory_read(void *context, uint64_t pa, uint64_t *value);

typedef void memory_visit(uint64_t pa, uint64_t size, const uint8_t *bytes);

/* Each run of pages of the backend that hold something but zeros: when nothing has run yet, once. */
void memory_find_images(memory_visit *visit);
/* The same ranges again, with what they hold now: QEMU loads them anew at each reset. */
void memory_each_image(memory_visit *visit);

#endif
