/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model.h - the coherence model: is fed what a machine did, says where the architecture lets hardware give another
 * value than QEMU did.
 *
 * How a feeder uses it:
 *
 *      model_new()
 *      model_add_ram() for each block of RAM, model_external_write(EXTERNAL_IMAGE) for what was loaded into it
 *      model_cpu(CPU_ON) for each CPU that runs
 *      every event, in order (event.h); for ordinary cacheable accesses the fast path instead:
 *              on a fill of its own TLB     model_view(): the page's records, and whether the fast path may be used
 *              read                         line_read_is_fast() or model_access()
 *              write                        line_write_is_fast() or model_access()
 *              DC by address, SGI, SEV, device_read, a descriptor of a table
 *                                           first model_stored() for the fast writes of late
 *      model_finish(), model_free()
 *
 * Fast views are valid until model_generation() changes or model_remapped() names their page, and must not be used for
 * a CPU while model_is_unsettled() says so: ask after each register_write, regime_switch, sync and wfe of that CPU,
 * after a sev of any, and while it says so after each access.
 *
 * Not thread-safe: one caller at a time.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "finding.h"
#include "options.h"
#include "rules.h"

/* What the guest's identification registers say of its caches. */
struct cache_level {
	uint32_t sets, ways; /* 0: no data or unified cache at this level */
	uint8_t line_shift;  /* log2 of its line in bytes */
};

struct cache_ids {
	uint64_t ctr;   /* CTR_EL0 */
	uint64_t clidr; /* CLIDR_EL1 */
	struct cache_level level[7];
	uint8_t ets2; /* FEAT_ETS2: a walk sees what a DSB completed, without ISB */
	uint8_t bbm;  /* FEAT_BBM: 1: the size of a block may change while its nT is set; 2: any time */
};

struct model_config {
	struct options options;
	struct cache_ids ids;
	size_t cloud_limit; /* lines in doubt at a time, beyond which lines are given up; 0: a default (1 << 18) */
};

struct model_counts;

struct model_hooks {
	void *context;

	/*
	 * Is the page of @pa mapped Normal Cacheable in the regime of the current EL of any CPU, now? (Rule C2; the
	 * feeder applies the options higher-el-allocates and af0-allocates.) Asked at most once a page between two
	 * calls of model_mappings_changed(). NULL: always when some CPU has its caches on.
	 */
	bool (*may_allocate)(void *context, enum space space, uint64_t pa);

	/* The first observation of a finding; by model_finish() again those that were seen more than once. */
	void (*found)(void *context, const struct finding *finding);

	/* Something that the user should know once: memory, limits. @text is one line without newline. */
	void (*notice)(void *context, const char *text);

	/* From model_finish(), behind the findings. */
	void (*finished)(void *context, const struct model_counts *counts);
};

struct model;

/* Fills in defaults: options_defaults(), a CTR_EL0 with 64-byte lines, no geometry (so no credit for set/way). */
void model_config_defaults(struct model_config *config);

/* NULL when memory cannot be reserved. Both arguments are copied. */
struct model *model_new(const struct model_config *config, const struct model_hooks *hooks);
void model_free(struct model *model);

/*
 * RAM (or ROM) of @size bytes at @base, both multiples of 4096. Contents unknown until said. False when it overlaps
 * another block, is not aligned, or cannot be reserved.
 */
bool model_add_ram(struct model *model, const struct ram *ram);

struct view {
	struct shadow shadow;
	const uint8_t *memory; /* 4096 bytes, for line_read_is_current() */
	bool fast;             /* cacheable write-back, and nothing about the page calls for the slow path */
};

/*
 * The page at @pa (any address in it) for accesses with @attributes, and by that the news that it is mapped so: with
 * cacheable attributes the page counts as allocatable now. Call it on each fill of the feeder's TLB. False when there
 * is no RAM: then only model_access() for Device memory misuse remains.
 */
bool model_view(struct model *model, enum space space, uint64_t pa, const struct place *at,
	struct attributes attributes, struct view *view);

/* What model_writer() gives depends on it: changes when whole instruction caches are invalidated. */
uint32_t model_epoch(const struct model *model);

/* Changes when views must be fetched again. */
uint32_t model_generation(const struct model *model);

/*
 * How many descriptors of a page of 4 KiB of stage 1 were changed since this was asked last, and the page of the last
 * one: views of it must be fetched again, by all CPUs and in all address spaces. What maps more, or is used at several
 * addresses, changes model_generation().
 */
unsigned model_remapped(struct model *model, uint64_t *va);

/* A register write of @cpu is not synchronized yet: each of its accesses must come by model_access(). */
bool model_is_unsettled(const struct model *model, unsigned cpu);

/*
 * The number of @writer for line_write_is_fast(): equal ones (but for va and link, of which the first are kept) get
 * the same. 0 when the table is full. Worth keeping per instruction and CPU.
 */
uint32_t model_writer(struct model *model, const struct writer *writer);

/* May a cache hold a copy of the line at @pa now, dirty or not, stale or not? (Rules C2, C4, C5.) */
bool model_may_be_cached(struct model *model, enum space space, uint64_t pa);

/* May some TLB hold a translation that tables do not give any more? If not, a walk for a fault need not be told. */
bool model_tlbs_differ(const struct model *model);

/* Is what @pa holds a descriptor that may lead to another table? Before a store of one that does: model_stored(). */
bool model_may_link(struct model *model, enum space space, uint64_t pa);

/* The events (event.h). Out-of-range fields make an event without effect, never a crash. */
/*
 * Instructions of a line were translated, are about to execute for the first time since it changed. True: each
 * execution of them must come by model_access() with ACCESS_FETCH.
 */
bool model_code(struct model *model, const struct access *access);
/* Bit n of the answer: the table of step n is new; model_table() must give its descriptors before they can change. */
uint32_t model_walk(struct model *model, const struct table_walk *walk);
void model_table(struct model *model, const struct table_content *content);
void model_access(struct model *model, const struct access *access);
void model_sgi(struct model *model, const struct sgi *sgi);
void model_sev(struct model *model, const struct sev *sev);
void model_wfe(struct model *model, const struct wfe *wfe);
void model_device_read(struct model *model, const struct device_read *read);
void model_queue(struct model *model, const struct queue *queue);
void model_pending_read(struct model *model, const struct pending_read *read);
void model_interrupt_access(struct model *model, const struct interrupt_access *access);
void model_used_read(struct model *model, const struct used_read *read);
void model_stored(struct model *model, const struct stored *stored);
void model_dc(struct model *model, const struct dc *dc);
void model_dc_set_way(struct model *model, const struct dc_set_way *dc);
void model_ic(struct model *model, const struct ic *ic);
void model_tlbi(struct model *model, const struct tlbi *tlbi);
void model_barrier(struct model *model, const struct barrier *barrier);
void model_sync(struct model *model, const struct sync *sync);
void model_register_write(struct model *model, const struct register_write *write);
void model_register_used(struct model *model, const struct register_used *used);
void model_regime_switch(struct model *model, const struct regime_switch *change);
void model_cpu(struct model *model, const struct cpu_state *state);
void model_external_write(struct model *model, const struct external_write *write);

/* Up to this moment [@pa, @pa + @size) was mapped Normal Cacheable in the current regime of a CPU. */
void model_was_allocatable(struct model *model, const struct allocatable *range);

/* Translation tables or registers changed: answers of may_allocate are void (TLBI, TTBR, TCR, M, C, change of EL). */
void model_mappings_changed(struct model *model);

/*
 * The machine is reset: all is as when the model was made, with the same RAM, whose contents are unknown until said.
 * What was found and the numbers of writers remain. False, and nothing has changed, when memory cannot be reserved.
 */
bool model_reset(struct model *model);

/* Any of the above. EVENT_ANSWER is for the reader of the log; here it is ignored. False: unknown kind. */
bool model_feed(struct model *model, const struct event *event);

/* Gives findings with a count above 1 again. May be called more than once. */
void model_finish(struct model *model);

struct model_counts {
	uint64_t events;     /* that came by functions, not by the fast path */
	uint64_t findings;   /* distinct */
	uint64_t errors;     /* distinct findings that are errors */
	uint64_t clouds;     /* lines in doubt now */
	uint64_t clouds_max; /* most at a time */
	uint64_t given_up;   /* lines not followed any more, because of cloud_limit or cloud size */
	uint64_t writers;
	uint64_t observations;          /* that findings come from, each time */
	uint64_t exercised[RULE_COUNT]; /* how often the situation came up in which a rule decides: see rules.def */
};
void model_counts(const struct model *model, struct model_counts *counts);

#endif
