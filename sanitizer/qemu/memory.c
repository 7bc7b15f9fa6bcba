/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "model/event.h"

#define PAGE         4096u
#define VIRT_RAM     0x40000000ull
#define BLOCKS       16
#define BACKEND_NAME "/memfd:memory-backend-memfd"

/* What the virt machine has below its RAM, so that neighbours in the host's address space are not taken for it. */
static const struct {
	uint64_t base, size;
	bool rom;
} virt_windows[] = {
	{0, 0x08000000, true},           /* flash */
	{0x0e000000, 0x01000000, false}, /* Secure RAM */
};

static struct memory_block blocks[BLOCKS]; /* [0] is the backend */
static unsigned count, hit;

static bool maps_next(FILE *maps, uintptr_t *start, uintptr_t *end, char *rest, size_t size)
{
	char line[512];
	unsigned long a, b;
	int at;

	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %n", &a, &b, &at) == 2) {
			*start = a;
			*end = b;
			snprintf(rest, size, "%s", line + at);
			return true;
		}
	}
	return false;
}

bool memory_find(char *error, size_t size)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	uintptr_t start, end;
	char rest[400];
	unsigned found = 0;

	if (!maps) {
		snprintf(error, size, "cannot open /proc/self/maps");
		return false;
	}
	while (maps_next(maps, &start, &end, rest, sizeof(rest))) {
		if (!strstr(rest, BACKEND_NAME))
			continue;
		if (found++ && start == (uintptr_t)blocks[0].host + blocks[0].size) {
			blocks[0].size += end - start;
			found--;
			continue;
		}
		blocks[0] = (struct memory_block){0, end - start, (uint8_t *)start, SPACE_NONSECURE, false};
	}
	fclose(maps);
	if (found == 1) {
		count = 1;
		return true;
	}
	snprintf(error, size,
		"%s: start QEMU with -object memory-backend-memfd,id=ram,share=on,size=SIZE "
		"-machine memory-backend=ram, SIZE as -m says",
		found ? "there is more than one memory backend" : "the guest's RAM cannot be found");
	return false;
}

static bool in_backend(const void *host)
{
	return (const uint8_t *)host >= blocks[0].host && (const uint8_t *)host < blocks[0].host + blocks[0].size;
}

void memory_place(uint64_t pa, const void *host)
{
	blocks[0].base = host && in_backend(host) ? pa - ((const uint8_t *)host - blocks[0].host) : VIRT_RAM;
}

const struct memory_block *memory_backend(void)
{
	return &blocks[0];
}

const struct memory_block *memory_block(uint64_t pa)
{
	if (pa - blocks[hit].base < blocks[hit].size)
		return &blocks[hit];
	for (unsigned i = 0; i < count; i++) {
		if (pa - blocks[i].base < blocks[i].size)
			return &blocks[hit = i];
	}
	return NULL;
}

const struct memory_block *memory_block_of_host(const void *host)
{
	for (unsigned i = 0; i < count; i++) {
		if ((uintptr_t)host - (uintptr_t)blocks[i].host < blocks[i].size)
			return &blocks[i];
	}
	return NULL;
}

const struct memory_block *memory_learn(uint64_t pa, const void *host, bool *moved)
{
	const struct memory_block *known = memory_block(pa);
	struct memory_block new;
	uintptr_t start, end;
	char rest[400];
	FILE *maps;

	*moved = in_backend(host) && pa - blocks[0].base != (uint64_t)((const uint8_t *)host - blocks[0].host);
	if (known || in_backend(host) || count == BLOCKS)
		return NULL;
	maps = fopen("/proc/self/maps", "r");
	if (!maps)
		return NULL;
	new.size = 0;
	while (maps_next(maps, &start, &end, rest, sizeof(rest))) {
		uint64_t before, after;

		if ((uintptr_t)host < start || (uintptr_t)host >= end)
			continue;
		before = (uintptr_t)host - start;
		after = end - (uintptr_t)host;
		new.rom = false;
		for (unsigned i = 0; i < 2; i++) {
			uint64_t offset = pa - virt_windows[i].base;

			if (offset >= virt_windows[i].size)
				continue;
			new.rom = virt_windows[i].rom;
			before = offset < before ? offset : before;
			after = virt_windows[i].size - offset < after ? virt_windows[i].size - offset : after;
		}
		if (before > pa)
			before = pa;
		new.base = pa - before;
		new.size = before + after;
		new.host = (uint8_t *)host - before;
		new.space = SPACE_SECURE; /* only Secure code is known to run outside the backend */
		if (new.rom)
			new.space = SPACE_NONSECURE;
	}
	fclose(maps);
	if (!new.size)
		return NULL;
	blocks[count] = new;
	return &blocks[count++];
}

bool memory_read(void *context, uint64_t pa, uint64_t *value)
{
	const struct memory_block *block = memory_block(pa);

	(void)context;
	if (!block || pa - block->base > block->size - 8)
		return false;
	memcpy(value, block->host + (pa - block->base), 8);
	return true;
}

static bool zero(const uint8_t *page)
{
	return !page[0] && !memcmp(page, page + 1, PAGE - 1);
}

/* What was loaded: from the start of the backend. */
static struct {
	uint64_t offset, size;
} * images;
static size_t image_count;

static void add_image(uint64_t offset, uint64_t size)
{
	void *more = realloc(images, (image_count + 1) * sizeof(*images));

	if (!more)
		return;
	images = more;
	images[image_count].offset = offset;
	images[image_count++].size = size;
}

/*
 * What a loader wrote: its first and last page with data, and all between that it touched. An image has pages of zeros,
 * for tables, which are as much at the PoC as the rest of it. Without knowing what was touched (@resident NULL, or all
 * is, because the backend is preallocated) zeros are nobody's.
 */
void memory_find_images(memory_visit *visit)
{
	const struct memory_block *ram = &blocks[0];
	uint64_t pages = ram->size / PAGE, first = 0, last = 0, touched = 0;
	unsigned char *resident = malloc(pages);
	bool run = false;

	if (resident && mincore(ram->host, ram->size, resident)) {
		free(resident);
		resident = NULL;
	}
	for (uint64_t i = 0; resident && i < pages; i++)
		touched += resident[i] & 1;
	for (uint64_t i = 0; i <= pages; i++) {
		/* Pages that nobody touched need no look: looking would make them. */
		bool there = i < pages && (!resident || resident[i] & 1);
		bool full = there && !zero(ram->host + i * PAGE);

		if (full) {
			first = run ? first : i;
			last = i;
			run = true;
		} else if (run && (!there || !resident || touched == pages)) {
			add_image(first * PAGE, (last + 1 - first) * PAGE);
			run = false;
		}
	}
	free(resident);
	memory_each_image(visit);
}

void memory_each_image(memory_visit *visit)
{
	const struct memory_block *ram = &blocks[0];

	for (size_t i = 0; i < image_count; i++)
		visit(ram->base + images[i].offset, images[i].size, ram->host + images[i].offset);
}
