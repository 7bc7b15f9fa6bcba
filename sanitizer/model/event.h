/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event.h - what the model is fed. Each event is a struct of its own; struct event holds any of them, for the log.
 *
 * Events come in the order in which QEMU did things, after it did them, except where said. Byte order is that of
 * memory, lowest address first. Numbers of CPUs are below MODEL_CPUS. What an event leaves unknown is zero.
 */
#ifndef MODEL_EVENT_H
#define MODEL_EVENT_H

#include <stdint.h>

#include "attributes.h"
#include "line.h"
#include "registers.h"
#include "sets.h"

/* Physical address spaces. Where the machine lets Secure accesses reach Non-secure RAM the feeder says which. */
enum space { SPACE_NONSECURE, SPACE_SECURE, SPACE_ROOT, SPACE_REALM, SPACES };

/* The registers and the place of an instruction: common to all events that a CPU causes. */
struct place {
	uint64_t pc;
	uint64_t link; /* return address, for reports */
	uint8_t cpu, el;
};

enum access_flags {
	ACCESS_WRITE = 1 << 0,
	ACCESS_EXCLUSIVE = 1 << 1, /* LDXR, STXR and kin */
	ACCESS_ATOMIC = 1 << 2,    /* LSE: a read, then a write */
	ACCESS_WALK = 1 << 3,      /* read of a descriptor by the table walker (emulated by the feeder) */
	ACCESS_ZVA = 1 << 4,       /* DC ZVA and kin: a write of zeros */
	ACCESS_UNALIGNED = 1 << 5, /* the instruction's access was not aligned to its element size */
	ACCESS_FETCH = 1 << 6,     /* execution: `value` are the instructions, `attributes` those of the fetch */
	ACCESS_RELEASE = 1 << 7, /* a store-release; of one that leads to a translation table, others need not say so */
};

/*
 * A load or store within one line: the feeder splits what crosses a multiple of 64 bytes. A read-modify-write is a
 * read, then a write. The failing half of a store exclusive is no event.
 */
struct access {
	struct place at;
	uint64_t va, pa;
	uint8_t space, size; /* size: 1 to 64 */
	uint8_t flags;       /* enum access_flags */
	struct attributes attributes;
	uint8_t value[LINE_SIZE]; /* what was read or written */
};

/* What has ordered a store: nothing; DMB ST; a full DMB; a DSB for this CPU only, and its walker; a DSB. */
enum store_order { ORDER_NONE, ORDER_DMB_ST, ORDER_DMB, ORDER_DSB_SELF, ORDER_DSB, STORE_ORDERS };

/*
 * A cacheable store that took the fast path (line.h) and changed what was there, with no DSB of its CPU since that
 * waits for stores. Told before a DC by address of any CPU (rule C8), before an SGI (X8) and a SEV (X9), before a
 * device is told to read (X10), and before a store to a table that leads to another one (T1): which of them a feeder
 * remembers, the last ones, is its choice, and what it forgets is taken for done.
 */
struct stored {
	uint64_t pa;
	uint8_t cpu, space, size; /* size: 1 to 64, within a line */
	uint8_t order;            /* enum store_order, by the barriers since */
};

/* How software makes an interrupt pending for another CPU: by a system register, or by stores to the controller. */
enum sgi_by { SGI_BY_ICC_SGI1R, SGI_BY_GICD_SGIR, SGI_BY_GICD_ISPENDR, SGI_BY_GICR_ISPENDR, SGI_BY };

/* A software generated interrupt is sent, or another one made pending as if it came: before it is. */
struct sgi {
	struct place at;
	uint8_t by;        /* enum sgi_by */
	struct cpu_set to; /* the CPUs that it may go to */
};

/* SEV, before it. */
struct sev {
	struct place at;
	struct cpu_set
		asleep; /* the CPUs whose last instruction was a WFE. The others keep the event for their next one */
};

/* A WFE. A feeder need not tell those of CPUs that were sent no event since the last two. */
struct wfe {
	struct place at;
};

/* How a device is told to read memory: see struct device_read. */
enum device_told {
	DEVICE_INDEX,  /* the index of the available ring is stored, which the device may look at at any time */
	DEVICE_NOTIFY, /* a register is written */
	DEVICE_READY,  /* a register is written, and gives it the queue */
	DEVICE_TOLD
};

/*
 * A device reads this memory from now on, because of a store of the CPU to something else. Told before that store, and
 * behind what model_stored() wants to hear of it.
 */
struct device_read {
	struct place at;
	uint64_t pa;
	uint32_t size;
	uint8_t space, told; /* told: enum device_told */
};

/*
 * A virtqueue that a device may read, or not any more. Stores to the line of the available ring's index and loads of
 * the used ring are accesses from then on.
 */
struct queue {
	uint64_t available, used; /* rings */
	uint32_t num;             /* of entries */
	uint8_t space, open;
};

/* A load of the used ring of a queue that is open, behind it. */
enum used_part {
	USED_INDEX,     /* of the index, without acquire */
	USED_ENTRY,     /* of an entry, at an address that does not depend on a USED_INDEX of the same CPU */
	USED_DEPENDENT, /* of an entry, at one that may */
	USED_PARTS
};

struct used_read {
	struct place at;
	uint64_t va, pa; /* of what is loaded */
	uint64_t used;   /* of struct queue */
	uint16_t value;  /* the index */
	uint8_t part;    /* enum used_part */
	struct attributes attributes;
};

/* A read of ICC_IARn_EL1, which acknowledges an interrupt, or of ICC_HPPIRn_EL1, which does not: before it. */
struct pending_read {
	struct place at;
	uint8_t acknowledges;
};

/* An access to registers of the Distributor or a Redistributor; `value` does not count. */
enum interrupt_part {
	INTERRUPT_STATE,    /* which interrupts are pending, and which active */
	INTERRUPT_PRIORITY, /* of interrupts */
	INTERRUPT_OTHER,    /* others: stores to them need not be told */
	INTERRUPT_PARTS
};

struct interrupt_access {
	struct access access;
	uint8_t part; /* enum interrupt_part */
};

/* DC by VA. ZVA, GVA and GZVA are stores (ACCESS_ZVA). */
enum dc_op { DC_IVAC, DC_CVAC, DC_CIVAC, DC_CVAU, DC_CVAP, DC_CVADP, DC_OPS };

/*
 * Once for each instruction, before or after it executes; the model derives the line. `space` and `pa` of the operand
 * by the current translation. An IVAC that acts as CIVAC (EL1 with HCR_EL2.VM = 1, rule C7) is given as CIVAC.
 */
struct dc {
	struct place at;
	uint64_t va, pa;
	uint8_t space, op; /* op: enum dc_op */
	struct attributes attributes;
};

/* DC by set and way. */
enum set_way_op { SET_WAY_ISW, SET_WAY_CSW, SET_WAY_CISW, SET_WAY_OPS };

struct dc_set_way {
	struct place at;
	uint64_t operand; /* of the instruction: way, set and level as CCSIDR lays them out */
	uint8_t op;       /* enum set_way_op */
};

/* TLBI: accepted, not judged yet. */
enum ic_op { IC_IALLU, IC_IALLUIS, IC_IVAU, IC_OPS };

struct ic {
	struct place at;
	uint64_t va, pa;
	uint8_t space, op; /* op: enum ic_op */
};

struct tlbi {
	struct place at;
	uint64_t operand;
	uint16_t opcode; /* as a register: bits 20..5 of the instruction */
};

enum barrier_kind { BARRIER_DMB, BARRIER_DSB };
enum barrier_domain { DOMAIN_OUTER, DOMAIN_NONE, DOMAIN_INNER, DOMAIN_SYSTEM }; /* CRm<3:2>; NONE: non-shareable */
enum barrier_types { BARRIER_FULL, BARRIER_LOADS, BARRIER_STORES };

struct barrier {
	struct place at;
	uint8_t kind, domain, types;
};

/*
 * How it orders the stores before it. Behind a DSB nothing executes until they are complete, be it of stores only; a
 * DMB of stores orders them before stores, which DCs are not.
 */
static inline enum store_order barrier_orders_stores(const struct barrier *b)
{
	if (b->types == BARRIER_LOADS)
		return ORDER_NONE;
	if (b->kind == BARRIER_DSB)
		return b->domain == DOMAIN_NONE ? ORDER_DSB_SELF : ORDER_DSB;
	return b->types == BARRIER_FULL ? ORDER_DMB : ORDER_DMB_ST;
}

/* Context synchronization events. */
enum sync_kind {
	SYNC_ISB,
	SYNC_ENTRY,
	SYNC_RETURN,
	SYNC_INTERRUPT, /* an entry, by IRQ or FIQ */
	SYNC_KINDS
};

struct sync {
	struct place at; /* el: before an exception entry or return */
	uint8_t kind;    /* enum sync_kind */
	uint8_t to_el;
};

/* MSR (or AT, as a write of PAR_EL1 with reg = SYSREG_PAR_EL1). */
struct register_write {
	struct place at;
	uint16_t reg;
	uint64_t old_value, new_value;
};

struct register_used {
	struct place at;
	uint16_t reg; /* for USE_READ, USE_WRITE and USE_VECTOR; for USE_PAC the key's AP*KeyLo, or 0 */
	uint8_t use;  /* enum register_use */
};

/*
 * What governs a CPU's data accesses has changed: M or C of its current regime, by an MSR or because it went to
 * another EL. Unless the same event was caused by a context synchronization (`synchronized`), old and new may apply
 * until the next one.
 *
 * When cacheable accesses end (mmu && cache becomes false) the feeder calls model_was_allocatable() for each range that
 * was mapped cacheable until then, before this event.
 */
struct regime_switch {
	struct place at;
	uint8_t mmu;          /* SCTLR.M, or HCR_EL2.DC */
	uint8_t cache;        /* may data accesses be cacheable: SCTLR.C and not HCR_EL2.CD */
	uint8_t synchronized; /* by exception entry or return: no doubt between old and new */
};

enum cpu_change {
	CPU_ON,        /* first instruction, or out of reset: MMU and caches off until a regime_switch says otherwise */
	CPU_OFF,       /* by a firmware that cleans its caches, as PSCI promises */
	CPU_POWER_CUT, /* by the guest's own doing: what is dirty in its caches is lost (rule X5) */
};

struct cpu_state {
	struct place at;
	uint8_t change; /* enum cpu_change */
};

/* RAM was written by something else than a CPU: DMA, or QEMU loading an image. Any length. */
enum external_kind {
	EXTERNAL_IMAGE, /* by a loader, before the start: at the PoC */
	EXTERNAL_DMA,   /* treated as the option dma says */
	EXTERNAL_SEEN,  /* what RAM holds now: where that is not what was written last, EXTERNAL_DMA */
};

struct external_write {
	uint64_t pa;
	uint64_t size;
	const uint8_t *bytes;
	uint8_t space, kind;
	/*
	 * Of an image: @bytes are the RAM itself, which goes on showing what the guest sees, and there is no DMA that
	 * the model is not told of. Then it need not copy them before they are written. Not in records.
	 */
	bool lasting;
};

/* See model_was_allocatable(), model_mappings_changed(). */
struct allocatable {
	uint64_t pa, size;
	uint8_t space;
};

/*
 * A walk of the tables for an access that was made, of one stage; or of stage 1 for one that took a fault: because it
 * does not translate, or is not permitted, or because the access flag is clear. Told before the exception is.
 */
enum walk_fault { FAULT_NONE, FAULT_READ, FAULT_WRITE, FAULT_EXECUTE, FAULT_ACCESS_FLAG, WALK_FAULTS };
enum walk_regime { WALK_EL10, WALK_EL20, WALK_EL2, WALK_EL3, WALK_STAGE2, WALK_REGIMES };
/* Layout of the output address: 48 bits; bits 51..48 in 15..12 (64K granule); TCR.DS. */
enum table_format { TABLES_PLAIN, TABLES_WIDE, TABLES_LPA2, TABLE_FORMATS };

struct walk_step {
	uint64_t pa, value; /* of the descriptor */
	uint16_t index, entries;
	uint8_t shift; /* log2 of what one descriptor maps */
	uint8_t level;
};
#define WALK_STEPS 5

struct table_walk {
	struct place at;
	uint64_t va;     /* stage 2: the intermediate physical address */
	uint64_t output; /* when it translates */
	uint16_t asid, vmid;
	uint8_t regime, space, format; /* enum walk_regime, space, table_format */
	uint8_t granule;               /* log2 */
	uint8_t translates;
	uint8_t fault; /* enum walk_fault; with `translates` and not the access flag: for want of permission */
	uint8_t count;
	struct walk_step step[WALK_STEPS];
};

/* All descriptors of a table. */
struct table_content {
	uint64_t pa;
	const uint8_t *bytes;
	uint16_t entries;
	uint8_t space;
};

enum event_kind {
	EVENT_ACCESS = 1,
	EVENT_DC,
	EVENT_DC_SET_WAY,
	EVENT_IC,
	EVENT_TLBI,
	EVENT_BARRIER,
	EVENT_SYNC,
	EVENT_REGISTER_WRITE,
	EVENT_REGISTER_USED,
	EVENT_REGIME_SWITCH,
	EVENT_CPU,
	EVENT_EXTERNAL_WRITE,
	EVENT_WAS_ALLOCATABLE,
	EVENT_MAPPINGS_CHANGED,
	EVENT_RAM,    /* model_add_ram() */
	EVENT_ANSWER, /* of the may_allocate hook, for the event that follows */
	EVENT_CODE,   /* model_code() */
	EVENT_WALK,   /* model_walk() */
	EVENT_TABLE,  /* model_table() */
	EVENT_STORED, /* model_stored() */
	EVENT_RESET,  /* model_reset() */
	EVENT_SGI,
	EVENT_SEV,
	EVENT_WFE,
	EVENT_DEVICE_READ,
	EVENT_QUEUE,
	EVENT_USED_READ,
	EVENT_PENDING_READ,
	EVENT_INTERRUPT_ACCESS,
	EVENT_KINDS
};

struct ram {
	uint64_t base, size;
	uint8_t space, rom;
};

struct answer {
	uint64_t pa;
	uint8_t space, yes;
};

struct event {
	uint8_t kind; /* enum event_kind */
	union {
		struct access access;
		struct dc dc;
		struct dc_set_way dc_set_way;
		struct ic ic;
		struct tlbi tlbi;
		struct barrier barrier;
		struct sync sync;
		struct register_write register_write;
		struct register_used register_used;
		struct regime_switch regime_switch;
		struct cpu_state cpu;
		struct external_write external_write;
		struct allocatable allocatable;
		struct ram ram;
		struct table_walk walk;
		struct table_content table;
		struct answer answer;
		struct stored stored;
		struct sgi sgi;
		struct sev sev;
		struct wfe wfe;
		struct device_read device_read;
		struct queue queue;
		struct used_read used_read;
		struct pending_read pending_read;
		struct interrupt_access interrupt_access;
	};
};

#endif
