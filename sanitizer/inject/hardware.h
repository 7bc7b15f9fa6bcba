/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hardware.h - RAM with a cache before it that does its worst: of all that the architecture lets memory and caches do,
 * one thing after the other, chosen by a policy. It knows neither QEMU nor the model.
 *
 * The bytes are those of the machine that runs (`host`), which knows one value of each. Per line of 64 bytes:
 *
 *      plain         host has the value of memory, and of each copy that a cache may hold
 *      SPLIT         a cache holds a copy: host has that, `memory` has the value at the PoC
 *      SPLIT, DIRTY  the same, and the copy may be written back
 *      SHADOW        a reader may be given something else than what was written last: `newest` has that
 *
 * For each access the caller says which line it goes to and whether through the cache (before), lets it happen, and
 * says what was really read or written (after). In between host shows what this access sees. At rest it shows what a
 * cacheable access sees: that is what table walks, instruction fetches and devices get.
 *
 * The domain of all CPUs has one copy of a line: what is written back or dropped is that.
 *
 * A clean or invalidate takes effect when its CPU's DSB completes it, or, where the policy likes that better, before.
 */
#ifndef INJECT_HARDWARE_H
#define INJECT_HARDWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum policy {
	POLICY_NONE,   /* what an emulator does: the newest value, always */
	POLICY_WORST,  /* what differs from the newest value wherever that is permitted */
	POLICY_RANDOM, /* allocates, evicts, drops and delays by the seed */
	POLICIES
};
const char *policy_name(enum policy policy);

#define HARDWARE_CPUS 256
#define HARDWARE_LINE 64u

/* How an access goes to memory; several as a set where more than one is permitted. */
enum way { WAY_BACK = 1, WAY_THROUGH = 2, WAY_UNCACHED = 4 };

enum hardware_op { HARDWARE_CLEAN, HARDWARE_INVALIDATE, HARDWARE_CLEAN_INVALIDATE };

struct hardware_config {
	enum policy policy;
	uint64_t seed;
	uint8_t *host; /* of RAM */
	uint64_t size; /* a multiple of a line */
	void *context;
	/* May a cache hold a copy of this line, which is plain, now? (Rules C2, C4.) Offsets are from the start of RAM.
	 */
	bool (*may_be_cached)(void *context, uint64_t offset);
};

struct hardware;
struct hardware *hardware_new(const struct hardware_config *config); /* NULL: no memory */
void hardware_free(struct hardware *hardware);

/*
 * CPU @cpu is about to read or write [offset, offset + size), within a line. Several lines may be prepared before the
 * first after(); hardware_rest() ends them all.
 */
void hardware_before(
	struct hardware *hardware, unsigned cpu, uint64_t offset, unsigned size, unsigned ways, bool write);
/* That happened. False: what was read is not the newest value. @way for a line that was not prepared. */
bool hardware_after(struct hardware *hardware, uint64_t offset, unsigned size, bool write, enum way way);
void hardware_rest(struct hardware *hardware);

/* The newest value of bytes within a line, whatever host shows. */
void hardware_newest(const struct hardware *hardware, uint64_t offset, unsigned size, uint8_t *value);

/* What a line holds at rest: of @size bytes, memory's value, and that of a copy if there is one: then true. */
bool hardware_look(
	const struct hardware *hardware, uint64_t offset, unsigned size, uint8_t *memory, uint8_t *copy, bool *dirty);

void hardware_maintain(struct hardware *hardware, unsigned cpu, uint64_t offset, enum hardware_op op);
/* By set and way: cleans and invalidates all at the CPU's next barrier that completes it, which is more than it
 * promises. */
void hardware_maintain_all(struct hardware *hardware, unsigned cpu);
/* A DMB of all types, or a DSB: that one completes the maintenance of the CPU. */
void hardware_barrier(struct hardware *hardware, unsigned cpu, bool completes);

#endif
