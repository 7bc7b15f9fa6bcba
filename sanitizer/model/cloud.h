/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cloud.h - the set of states that memory and caches may be in for the bytes of one line. Internal to the model.
 *
 * For one byte a *state* is: what memory (the PoC) holds; whether the caches of the domain hold a copy, with which
 * value, and whether it was written there (dirty); whether other bytes of the copy are dirty (`near`: then the copy may
 * be written back with them, stale or not), or other lines of the granule (`far`); a non-cacheable store that has not
 * arrived (`flight`); and which of the pending DCs have executed.
 *
 *                      allocate (rule C2)                cacheable store
 *            absent  ------------------->  clean v  ---------------------->  dirty v
 *              ^    <-------------------     |   <------------------------
 *              |         drop               near: may be written back    written back: memory = v
 *              +------- IVAC (any) ----------+----------------------------------+
 *
 * What hardware does by itself (allocate, write back, drop, let a store arrive, execute a DC) is a move that may be
 * made or not, so the set is closed under these moves (cloud_close). What a program does maps each state to its
 * successor. A barrier makes nothing happen: it excludes the states in which something has not happened.
 *
 * This is exact for each byte, since what can happen to one depends on the rest of its line by `near` only. Bytes with
 * the same history share an entry of the set: a typical cloud has three to ten.
 */
#ifndef MODEL_CLOUD_H
#define MODEL_CLOUD_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

/* Values are named by slots: three that have a value for each byte, and one for "another, unknown". */
#define SLOTS      4
#define SLOT_OTHER 3

enum copy { COPY_ABSENT, COPY_CLEAN, COPY_DIRTY };

/* Fields of a state. */
#define STATE_BITS 14
#define STATES     (1u << STATE_BITS)

static inline unsigned state_make(unsigned memory, enum copy copy, unsigned slot)
{
	return memory | copy << 2 | slot << 4;
}
static inline unsigned state_memory(unsigned state)
{
	return state & 3;
}
static inline unsigned state_copy(unsigned state)
{
	return state >> 2 & 3;
}
static inline unsigned state_slot(unsigned state) /* of the copy */
{
	return state >> 4 & 3;
}
#define STATE_NEAR     (1u << 6)
#define STATE_FAR      (1u << 7)
#define STATE_FLIGHT   (7u << 8) /* 0: nothing, 1 + slot: a store that has not arrived */
#define STATE_EXECUTED (7u << 11)

static inline unsigned state_flight(unsigned state) /* 0, or 1 + slot */
{
	return state >> 8 & 7;
}

static inline unsigned state_with_memory(unsigned state, unsigned slot)
{
	return (state & ~3u) | slot;
}
/* The copy changes; with it goes what was known of its other bytes. */
static inline unsigned state_with_copy(unsigned state, enum copy copy, unsigned slot)
{
	return (state & ~(3u << 2 | 3u << 4 | STATE_NEAR)) | copy << 2 | slot << 4;
}
static inline unsigned state_with_flight(unsigned state, unsigned flight)
{
	return (state & ~STATE_FLIGHT) | flight << 8;
}

struct possibility {
	uint64_t bytes;
	uint16_t state;
};

#define CLOUD_OPS 3
struct cloud_op {
	uint8_t op; /* enum dc_op: IVAC, CVAC or CIVAC */
	uint8_t cpu;
	uint32_t clock; /* at its issue */
	uint32_t who;
	uint64_t mask;      /* bytes of the record that it covers */
	uint64_t overtakes; /* those whose store it may come before, although that is earlier in the program */
	uint32_t seq;
};

struct cloud {
	uint8_t value[SLOT_OTHER][64];
	uint64_t current[2]; /* the slot of the newest value of each byte, as two planes */
	struct possibility *set;
	uint32_t count, room;
	uint32_t checked;      /* clock of the last look */
	bool closed_allocated; /* the set is closed under allocation too */
	uint32_t discard;      /* IVACs of other lines of the granule with no barrier since: it may be lost with them */
	int16_t flight_cpu;    /* whose store has not arrived, -1: nobody's */
	bool flight_ordered;   /* by a DMB since, see struct open_store */
	/* Bytes with older stores of that CPU, by slot, that may still arrive before the one that a state names. */
	uint64_t queued[SLOTS];
	uint8_t op_count;
	struct cloud_op ops[CLOUD_OPS];

	/* For the reports: why. */
	uint64_t discarded;  /* dirty when an IVAC hit */
	uint64_t raced;      /* accessed cacheable while a non-cacheable store had not arrived */
	uint64_t unwaited;   /* the same, for lack of a DSB: there was a DMB */
	uint64_t doubtful;   /* written between a switch of M or C and its synchronization */
	uint64_t disordered; /* a DC was issued while such a store had not arrived */
	uint64_t overtaken;  /* in the reach of a DC that may have come before a cacheable store of the line */
	uint64_t assumed;    /* stale only if a copy was in the caches at the start */
	uint64_t cut;        /* dirty in a CPU that lost power */
	uint32_t before[8];  /* who wrote the value that a stale copy may hold */
};

/* The working form of a set: by state. One is enough for a model. */
struct workset;
struct workset *workset_new(void);
void workset_free(struct workset *work);

void workset_load(struct workset *work, const struct cloud *cloud);
/* False when memory is short or the set is absurdly large: the cloud is unchanged. */
bool workset_store(const struct workset *work, struct cloud *cloud);
void workset_clear(struct workset *work);
void workset_add(struct workset *work, unsigned state, uint64_t bytes);

/* Adds all that hardware may do by itself. @allocate: the line may be brought into a cache (rule C2). */
void workset_close(struct workset *work, const struct cloud *cloud, bool allocate);

struct cloud *cloud_new(void);
void cloud_free(struct cloud *cloud);

/* Bytes whose newest value is in @slot. */
static inline uint64_t cloud_current(const struct cloud *cloud, unsigned slot)
{
	return (slot & 1 ? cloud->current[0] : ~cloud->current[0]) &
	       (slot & 2 ? cloud->current[1] : ~cloud->current[1]);
}
void cloud_set_current(struct cloud *cloud, unsigned slot, uint64_t bytes);

/*
 * Makes room for a new value of the bytes @mask and makes it current: @slots[k] are the bytes that got slot k. @value
 * holds the line's 64 bytes, of which those in @mask count.
 */
void cloud_new_value(struct cloud *cloud, uint64_t mask, const uint8_t *value, uint64_t slots[SLOTS]);

/* Events; each needs workset_close() afterwards. */
void cloud_store_uncached(struct workset *work, struct cloud *cloud, const uint64_t slots[SLOTS]);
void cloud_store_cached(struct workset *work, const uint64_t slots[SLOTS]);
void cloud_store_through(struct workset *work, const uint64_t slots[SLOTS]);
/* Memory and every copy hold the value: a coherent device wrote. */
void cloud_store_coherent(struct workset *work, const uint64_t slots[SLOTS]);
/* Memory holds it, a copy keeps what it held: a device that is not coherent wrote. */
void cloud_store_memory(struct workset *work, const uint64_t slots[SLOTS]);
/* Another line of the granule may have become dirty; none is any more. */
void cloud_far_dirty(struct workset *work);
void cloud_far_clean(struct workset *work);
/* Whatever a cache held of it is lost. */
void cloud_may_lose(struct workset *work, uint64_t bytes);

/* Excludes states. @ops is a mask of pending DCs. */
void cloud_require_arrived(struct workset *work, struct cloud *cloud);
void cloud_require_executed(struct workset *work, unsigned ops);
/* The same for a CIVAC, as far as it concerns a copy that is not dirty. */
void cloud_require_dropped(struct workset *work, unsigned ops);
/* Forgets DCs: the bits of the others move down. */
void cloud_drop_ops(struct workset *work, struct cloud *cloud, unsigned ops);

/* Whether they have executed is not known any more, as when they had just been issued. */
void workset_forget_executed(struct workset *work, unsigned ops);

/* The set joined with that of @other. */
void workset_join(struct workset *work, const struct workset *other);

#endif
