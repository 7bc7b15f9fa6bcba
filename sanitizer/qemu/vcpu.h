/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vcpu.h - what is known of each CPU, and which one runs.
 *
 * The index that QEMU gives to callbacks is that of the CPU which translated the block, when all CPUs run in one thread
 * (accel tcg,thread=single, which we need: it is what makes the order of callbacks the order of accesses). So the CPU
 * is told by TCG's env pointer, which generated code keeps in a fixed register of the host; callbacks go through stubs
 * (stubs.c) that pass it on. A callback that comes from a helper in C (some vector and atomic accesses) finds something
 * else in that register, but there QEMU's index is right.
 *
 * A new env pointer is believed only if X0 to X30 lie where it says.
 */
#ifndef PLUGIN_VCPU_H
#define PLUGIN_VCPU_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/model.h"
#include "qemu_api.h"
#include "sysregs.h"
#include "translate.h"

#define TLB_SHIFT 12
#define TLB_SIZE  (1u << TLB_SHIFT)
#define PAGE_SIZE 4096u

/* All that the fast path needs of a page is in one line of the host's cache. */
struct tlb_entry {
	uint64_t tag;         /* page | regime + 1 */
	uint32_t generation;  /* the CPU's at the fill */
	uint32_t fast;        /* the same if the fast path may be used, else 0 */
	struct shadow shadow; /* all NULL: no RAM */
	const uint8_t *host;  /* the page's bytes as QEMU has them; NULL: not known */
	struct attributes attributes;
	uint8_t space;
	uint16_t key; /* of the attributes, for struct insn */
};
static_assert(sizeof(struct tlb_entry) == 64, "see above");

#define FAST_NEVER UINT32_MAX

#define FETCH_PAGES 64
#define LAST_WRITES 256

/* How many stores are remembered; a power of two. Those of a device's memory; of all others the last few. */
#define STORED 512
#define STORED_LATE 32
/* Above it is the size: addresses of this process are shorter. */
#define STORED_SIZE_SHIFT 56

struct vcpu {
	uint32_t fast_generation; /* = generation, or FAST_NEVER: each access must go to the model */
	uint32_t writer_base;     /* what struct site's writer_key has of the CPU and the model's epoch */
	uint32_t stored;          /* how many stores there were; the last STORED of them are in `store` */
	uint64_t store[STORED];   /* where in this process, and size << STORED_SIZE_SHIFT */
	/* How many of them a DMB of stores has ordered, a full one, a DSB; how many the model was told of, or need not be. */
	uint32_t stored_dmb_st, stored_dmb, stored_dsb_self, stored_dsb, stored_told;
	uint32_t generation; /* neither 0 nor FAST_NEVER */
	uint64_t large; /* a bit for each GiB, by VA<35:30>: a translation that is kept is not of one page */
	const void *env;
	unsigned index; /* the model's number */
	uint64_t mpidr; /* affinity */
	bool mpidr_known;
	uint8_t mpidr_rt;  /* its last instruction was a read of MPIDR_EL1 to this register, below 31 */
	uint64_t mpidr_pc; /* where the next one is; 0: there was none */
	const uint64_t *x; /* X0 to X30 in QEMU's memory, up to date in callbacks of loads and stores; NULL: unknown */
	bool on;
	uint8_t el;
	enum regime regime;
	bool mmu, cache; /* as the model was told */
	bool waits;      /* its last instruction was a WFE */
	uint8_t wfes;    /* how many of its next ones the model wants to hear of */
	const struct insn *used_index; /* the last load of the index of a used ring */
	bool pending;                  /* some register write has not been synchronized */
	uint8_t call;    /* enum op of an HVC or SMC that was the last thing seen, 0: none */
	uint32_t call_function;
	struct sysregs regs;
	/* Since the last context synchronization: registers of the translation that were written, and what they had. */
	uint64_t changed;
	uint64_t old[R_TRANSLATION];
	/* What was last written to registers that QEMU does not show, by a hash of their names; 0: none. */
	struct {
		uint16_t code;
		uint64_t value;
	} last[LAST_WRITES];
	unsigned fetch_count;                   /* pages that code ran from with M = 0 and I = 1 (rule C2) */
	uint64_t fetch_line, fetch_line_events; /* looked at last with the MMU off */
	uint64_t fetch_pages[FETCH_PAGES];
	uint64_t tlb_pa[TLB_SIZE];           /* physical address of the entry's page */
	const uint8_t *tlb_memory[TLB_SIZE]; /* of struct view */
	struct tlb_entry tlb[TLB_SIZE] __attribute__((aligned(64)));
};

/* The CPU that runs, and its env: NULL when there is none yet. Set by vcpu_switch() only. */
extern struct vcpu *vcpu_running __attribute__((visibility("hidden")));
extern const void *vcpu_running_env __attribute__((visibility("hidden")));

/*
 * Slow half of vcpu_now(). @certain: the callback is one that only generated code makes, so that env must be right.
 * NULL before any CPU is known.
 */
struct vcpu *vcpu_switch(unsigned index, const void *env, bool certain);

/* @vcpu, which runs, may give way to another CPU: its next callback is the end of its `waits`. */
void vcpu_wait(struct vcpu *vcpu);

/* The CPU that a callback is of. */
static inline struct vcpu *vcpu_now(unsigned index, const void *env, bool certain)
{
	return __builtin_expect(vcpu_running_env == env, 1) ? vcpu_running : vcpu_switch(index, env, certain);
}

/* Each CPU that has been seen, by number from 0; NULL after the last. */
struct vcpu *vcpu_get(unsigned number);
unsigned vcpu_count(void);
/* Instructions must intern their writers anew: model_epoch() is another one. */
void vcpu_set_epoch(uint32_t epoch);

#endif
