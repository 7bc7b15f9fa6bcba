/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tables.h - translation tables as the walker finds them, and translations that TLBs may still hold after their
 * descriptor changed: rules T1 to T7, T12.
 *
 *      tables.c        which memory is a table, what its descriptors were and become
 *      table_order.c   whether a new table is before the descriptor that leads to it
 *      translation.c   translations that a change leaves behind, until a TLBI and its DSB; who uses one
 *      tlbi.c          what a TLBI covers
 *
 * A table is known from the first walk through it; LINE_TABLE in its lines sends stores through tables_written().
 */
#ifndef MODEL_TABLES_H
#define MODEL_TABLES_H

#include "internal.h"
#include "sets.h"

struct table {
	uint64_t pa;
	uint64_t base;       /* what entry 0 translates: a VA, or an IPA of stage 2 */
	uint64_t parent;     /* address of the descriptor that leads here, 0: a root */
	uint64_t *value;     /* of each descriptor */
	struct cpu_set cpus; /* have walked here: may hold anything that was in it */
	uint32_t next;       /* vacant ones: number + 1 */
	uint16_t entries, asid, vmid;
	uint16_t valid; /* how many of them are; counted when known */
	uint8_t space, shift, level, granule, format, regime;
	bool high;   /* of two ranges the upper one */
	bool shared; /* by several places of the address space: base is one of them */
	bool known;  /* the values have been given */
};

#define TCR_EPD0 (1ull << 7)
#define TCR_EPD1 (1ull << 23)

#define DESCRIPTOR_VALID 1ull
#define DESCRIPTOR_AF    (1ull << 10)
#define DESCRIPTOR_NG    (1ull << 11)

static inline bool is_leaf(const struct table *t, uint64_t value)
{
	return value & DESCRIPTOR_VALID && (t->level == 3) == (value >> 1 & 1);
}
static inline bool is_table(const struct table *t, uint64_t value)
{
	return (value & 3) == 3 && t->level < 3;
}
/* The address in a descriptor, from bit @shift up. */
uint64_t descriptor_address(const struct table *t, uint64_t value, unsigned shift);

/* tlbi.c */
struct tlbi_scope {
	bool el10, el20, el2, el3, stage2; /* regimes */
	bool local;                        /* this CPU only */
	bool by_va, by_asid, any_asid, last_level;
	uint64_t va, size; /* by_va: what the operand names */
	uint16_t asid;
	uint8_t ttl; /* 0: any level; else granule << 2 | level as the operand has them */
};
/* False: not a TLBI that is known. */
bool tlbi_decode(const struct cpu *cpu, const struct tlbi *tlbi, struct tlbi_scope *scope);
/* "VAE1IS", into @buffer. */
#define TLBI_NAME 24
const char *tlbi_name(uint16_t opcode, char buffer[TLBI_NAME]);

/* registers.c: @tlbi, with this @scope, against registers that are not synchronized. */
void registers_invalidated(struct model *m, const struct tlbi *tlbi, const struct tlbi_scope *scope);

/* tables.c */
struct table_set *tables_new(void);
void tables_free(struct table_set *set);
struct table *tables_find(struct model *m, unsigned space, uint64_t pa);
/* Does @cpu walk it now? */
bool tables_current(struct model *m, const struct table *t, unsigned cpu);
/* A TTBR or TCR was written. */
void tables_root(struct cpu *cpu, uint16_t reg, uint64_t value);
/* TLBs of @cpu (-1: of all) hold nothing any more of what a whole TLBI covers, except what can come back at once. */
void tables_flushed(struct model *m, const struct tlbi_scope *scope, int cpu);
/* The leaf for @va under @t, by what is known: false where it is not, or there is none. */
bool tables_leaf(struct model *m, const struct table *t, uint64_t va, uint64_t *output, uint64_t *value);
void tables_forget(struct model *m, struct table *t);
/* A store to a line with LINE_TABLE. @value: the line's bytes, of which @mask count. */
void tables_written(struct model *m, struct ref ref, uint64_t mask, const uint8_t *value, const struct access *access);

/* table_order.c: @value, which leads to a table, is stored in @t. */
void table_linked(struct model *m, const struct table *t, uint64_t value, const struct access *a);
/* The CPU at @at may walk @regime's (enum walk_regime) half @high of the address space from its root, from here on. */
void table_rooted(struct model *m, struct cpu *cpu, const struct place *at, unsigned regime, unsigned high);

/* translation.c */
struct stale_set *stale_new(void);
void stale_free(struct stale_set *set);
/* Entry @index of @t was @old and is what the table says now. */
void translation_changed(struct model *m, const struct table *t, unsigned index, uint64_t old, const struct access *a);
/* May a TLB still hold that descriptor @pa led to @t? Who changed it, or 0. */
uint32_t translation_pending(struct model *m, uint64_t pa, const struct table *t);
/* A walk of an access that was made. */
void translation_used(struct model *m, const struct table_walk *walk);
/* The first walk in a regime of whose TLB nothing is known, under initial-tlb=unknown. */
void translation_unknown(struct model *m, struct cpu *cpu, const struct table_walk *walk);
void translation_barrier(struct model *m, const struct barrier *barrier);
void translation_synchronized(struct model *m, const struct sync *sync);
/* CPU @cpu's TLBs are empty. */
void translation_reset(struct model *m, unsigned cpu);
void translation_finish(struct model *m);

#endif
