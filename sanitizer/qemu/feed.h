/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * feed.h - from what QEMU calls to what the model is fed.
 *
 *      plugin.c     the plugin's options, translation of blocks: which instruction needs which callback
 *      stubs.c      the callbacks, with the CPU that really runs
 *      access.c     loads and stores; the fast path
 *      stored.c     the last of those stores, for the model to hear of when it matters
 *      sgi.c        interrupts that software sends
 *      gic.c        to which CPU they go
 *      acknowledge.c  acknowledged interrupts
 *      virtio.c     what devices read
 *      sev.c        SEV and WFE
 *      system.c     system instructions, exceptions
 *      regime.c     M, C and EL of each CPU; what is mapped cacheable
 *      fault.c      accesses that ended in a fault
 *      outcome.c    what registers that are not synchronized are to an access
 *      fetch.c      execution
 *      reset.c      the machine starts again
 *      tlb.c        translation with attributes, kept
 *      output.c     findings and the record
 *      inject.c     what hardware may give, given to the guest
 */
#ifndef PLUGIN_FEED_H
#define PLUGIN_FEED_H

#include "decode.h"
#include "model/log.h"
#include "model/model.h"
#include "qemu_api.h"
#include "vcpu.h"

/* One instruction, in one regime. */
struct insn {
	uint64_t pc;
	struct site *site; /* NULL: it accesses no memory */
	struct insn *next; /* with the same hash */
	uint32_t opcode;
	uint8_t tag; /* regime + 1, as in struct tlb_entry */
	uint8_t el;
	uint8_t fetch_size; /* bytes from here to the end of the line or block */
	bool doubt;         /* executing them is an event */
	struct decoded decoded;
};

/*
 * What callbacks of loads and stores are given: little, since there are many and all are in use, and with the tag in
 * the low bits of the address, so that most loads need not look at it at all.
 */
#define SITE_ALIGN 16
struct site {
	uint32_t writer;     /* model_writer() of the instruction for writer_key */
	uint32_t writer_key; /* CPU and attributes + 1, 0: none yet */
	struct insn *insn;
} __attribute__((aligned(SITE_ALIGN)));

static inline void *site_tagged(struct site *site)
{
	return (char *)site + site->insn->tag;
}

static inline unsigned site_tag(const void *tagged)
{
	return (uintptr_t)tagged & (SITE_ALIGN - 1);
}

static inline struct site *site_of(const void *tagged)
{
	return (struct site *)((char *)tagged - site_tag(tagged));
}

static inline struct insn *insn_of(const void *tagged)
{
	return site_of(tagged)->insn;
}

/* QEMU calls these. */
void stub_read(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, void *tagged);
void stub_write(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, void *tagged);
void stub_read_special(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, void *tagged);
/* Loads when writes of devices must be seen (dma=noncoherent). */
void stub_read_compared(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, void *tagged);
void stub_write_special(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, void *tagged);
void stub_execute(unsigned index, void *insn);
void stub_block(unsigned index, void *insn);
void stub_fetch(unsigned index, void *insn);
/* inject.c */
void stub_inject_before(unsigned index, void *insn);
void stub_inject_read(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, void *insn);
void stub_inject_write(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, void *insn);

/* The stubs call these. */
void feed_read(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, void *tagged, const void *env);
void feed_write(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, void *tagged, const void *env);
void feed_read_compared(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, void *tagged, const void *env);
/* Exclusives and atomics: always looked at by their attributes. */
void feed_read_special(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, void *tagged, const void *env);
void feed_write_special(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, void *tagged, const void *env);
/* Before an instruction that decode() names, or that uses FP, PAC, ... */
void feed_execute(unsigned index, struct insn *insn, const void *env);
/* The first instruction of a block at a multiple of 0x80, maybe a vector. */
void feed_block(unsigned index, struct insn *insn, const void *env);
/* Before instructions that somebody may fetch otherwise. */
void feed_fetch(unsigned index, struct insn *insn, const void *env);

/* access.c: a store that QEMU tells nobody of: @size bytes at @va, read back from memory when @value is NULL */
void access_store(
	struct vcpu *vcpu, struct insn *insn, uint64_t va, uint64_t size, const uint8_t *value, unsigned flags);
void access_load(struct vcpu *vcpu, struct insn *insn, uint64_t va, uint64_t size);

/* stored.c */
/*
 * Tells the model what the CPU has stored since its last DSB. Before it sends an interrupt or an event, or links a
 * table.
 */
void stored_tell(struct vcpu *vcpu);
/* The same of each CPU. Before a DC by address. */
void stored_tell_all(void);
/* What it has stored to this memory with no DSB, or no barrier of stores, since; as long ago as is known. */
void stored_tell_range(struct vcpu *vcpu, uint64_t pa, uint64_t size, enum store_order order);
/* A barrier of this CPU has ordered them. */
void stored_order(struct vcpu *vcpu, enum store_order order);

/* sgi.c */
/* Before an MSR. */
void sgi_written(struct vcpu *vcpu, const struct place *at, uint16_t code, uint64_t value);
/* An access to Device memory that was made: @info is the callback's, NULL: there was none. */
void sgi_access(struct vcpu *vcpu, const struct insn *insn, uint64_t pa, const qemu_plugin_meminfo_t *info,
	unsigned size, bool write);

/* acknowledge.c */
/* Before an MRS. */
void acknowledge_read(const struct place *at, uint16_t code);
/* An access to Device memory. */
void acknowledge_state(struct vcpu *vcpu, const struct insn *insn, uint64_t va, uint64_t pa, unsigned size,
	unsigned flags, struct attributes attributes);

/* virtio.c */
/* An access of Device memory that was made: @info is the callback's. */
void virtio_access(
	struct vcpu *vcpu, const struct insn *insn, uint64_t pa, qemu_plugin_meminfo_t info, unsigned size, bool write);
/* A store to RAM in a line that the model watches, of which the model is not told yet. */
void virtio_stored(struct vcpu *vcpu, const struct insn *insn, uint64_t pa, unsigned size);
/* A load, of which the model has been told. */
void virtio_loaded(struct vcpu *vcpu, const struct insn *insn, const struct access *access);
bool virtio_is_watching(void);
/* The machine starts again. */
void virtio_forget(void);

/* sev.c: before these instructions */
void sev_execute(struct vcpu *vcpu, const struct place *at);
void wfe_execute(struct vcpu *vcpu, const struct place *at);

/* system.c */
void feed_use(const struct place *at, enum register_use use, uint16_t reg);
/* Brings a CPU up to what it has done since: the registers, a call of firmware that QEMU played itself. */
void system_catch_up(struct vcpu *vcpu, const struct insn *insn);

/* reset.c */
void reset_begins(uint64_t pc); /* where the first instruction is */
bool reset_is_at(uint64_t pc);  /* executing what is there must be told */
/* Before anything else is done for an instruction that reset_is_at() named. */
void reset_execute(struct vcpu *vcpu);

/* fault.c: a synchronous exception has been taken to EL @to, and nothing has been told of it. */
void fault_taken(struct vcpu *vcpu, unsigned to);

/* outcome.c: before an access at @va: what the registers that are not synchronized are to it. */
void outcome_tell(struct vcpu *vcpu, const struct insn *insn, uint64_t va, unsigned flags);

/* regime.c */
/* M, C or EL may have changed: tells the model. */
void regime_update(struct vcpu *vcpu, const struct place *at, bool synchronized);
/* Before M or C go from 1 to 0 in the registers. */
void regime_ends(struct vcpu *vcpu);
/* Translation may give something else from now on, for all CPUs. */
void regime_mappings_changed(void);
/* By a write of @reg: the bits of it that are others now. */
void regime_register_changed(enum sysreg reg, uint64_t changed);
/* The same as the first, but the feeder's TLB has been seen to. */
void regime_page_changed(void);
bool regime_may_allocate(void *context, enum space space, uint64_t pa);
/* Code at @pa is executed or translated with M = 0 and I = 1. */
void regime_fetched_uncached(struct vcpu *vcpu, uint64_t pa);

/* fetch.c */
/* @size bytes of a block, within a line, were translated: they are at @host. True: executing them must be told. */
bool fetch_translated(struct insn *insn, const void *host, const uint64_t *registers, unsigned size);
/* @insn is executed with the MMU off. */
void fetch_uncached(struct vcpu *vcpu, struct insn *insn);

/* tlb.c */
/*
 * The entry for @va, filled if need be, with the reads of the walker as events. @made: for an access that was made, not
 * one that may fault. NULL: it does not translate.
 */
struct tlb_entry *tlb_get(struct vcpu *vcpu, struct insn *insn, uint64_t va, bool made);
/*
 * The walk for an access that took a fault, as an event, if the tables agree: that stage 1 translates @va, or does not.
 */
void tlb_fault(struct vcpu *vcpu, struct insn *insn, uint64_t va, enum walk_fault fault, bool translates);
/* Without events. */
bool tlb_peek(struct vcpu *vcpu, uint64_t va, struct translation *result);
void tlb_flush(struct vcpu *vcpu);
void tlb_flush_all(void);
/* Of all CPUs, what the descriptor of the last level for @va says; and more. */
void tlb_flush_page(uint64_t va);

static inline struct tlb_entry *tlb_slot(struct vcpu *vcpu, uint64_t va)
{
	return &vcpu->tlb[va >> 12 & (TLB_SIZE - 1)];
}

/* The physical address of @va, which @entry is of. */
static inline uint64_t tlb_address(const struct vcpu *vcpu, const struct tlb_entry *entry, uint64_t va)
{
	return vcpu->tlb_pa[entry - vcpu->tlb] + (va & (PAGE_SIZE - 1));
}

/* feeding, output.c */
extern struct model *model;
extern struct model_config model_config;
extern bool recording; /* each access must be an event then */

/* With dma=noncoherent what RAM holds is compared with what the model knows, at each load and DC by address. */
static inline bool comparing(void)
{
	return model_config.options.dma == DMA_NONCOHERENT;
}

/* Feeds and records. */
void feed_event(struct event *event);
/* What a loader wrote, as QEMU has it in RAM. */
void feed_image(uint64_t pa, uint64_t size, const uint8_t *bytes);
/* Records only. */
void feed_record(struct event *event);
extern uint64_t feed_events; /* how many there were */
/* After an event that may change what the fast path may do for @vcpu. */
void feed_settle(struct vcpu *vcpu);
struct place place_of(struct vcpu *vcpu, const struct insn *insn);
/* A code address without the pointer authentication code that a return address may carry. */
static inline uint64_t code_address(const struct vcpu *vcpu, uint64_t address)
{
	/* 52 bits of address if either half may be larger than 48. */
	uint64_t tcr = vcpu->regs.value[R_TCR_EL1], high = (tcr >> 16 & 63) < 16 ? ~0ull << 52 : ~0ull << 48;

	return address >> 55 & 1 ? address | high : address & ~high;
}
static inline uint64_t vcpu_link(const struct vcpu *vcpu)
{
	return vcpu->x ? code_address(vcpu, vcpu->x[30]) : 0;
}

bool output_open(const char *findings, const char *record);
bool output_start(void); /* when the configuration is final */
void output_end(void);

#endif
