/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - where the architecture or its experts leave a choice (docs/reference/sanitizer.md), as one table that
 * gives parsing, defaults and help.
 */
#ifndef MODEL_OPTIONS_H
#define MODEL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum initial { INITIAL_INVALID, INITIAL_CLEAN, INITIAL_DIRTY };
enum initial_tlb { INITIAL_TLB_EMPTY, INITIAL_TLB_UNKNOWN };
enum dma { DMA_COHERENT, DMA_NONCOHERENT };
enum doorbell { DOORBELL_DMB, DOORBELL_DSB };
enum set_way { SET_WAY_CREDIT, SET_WAY_PRIVATE, SET_WAY_NEVER };
enum cwg0 { CWG0_DMINLINE, CWG0_2048 };
enum share_mismatch { SHARE_MISMATCH_STRICT, SHARE_MISMATCH_PRACTICAL };
enum spurious { SPURIOUS_OFF, SPURIOUS_WARN };

struct options {
	int initial;
	int initial_tlb;
	int dma;
	int doorbell;
	int trust_ids;
	int set_way;
	int cwg0;
	int higher_el_allocates;
	int af0_allocates;
	int shareability_mismatch;
	int spurious_faults;
	int vipt;
	int hw_coherent_power_down;
	int notes;
};

struct option_info {
	const char *name;
	const char *const *values; /* NULL-terminated; the number in struct options is the index */
	int initially;             /* index of the default */
	size_t offset;             /* in struct options */
	const char *help;
};

/* "initial" first, NULL-named entry last. */
extern const struct option_info option_table[];

void options_defaults(struct options *options);

/*
 * "name=value" into @options. Returns true, or false with a message in @error that names the known options, or the
 * known values of this one.
 */
bool options_parse(struct options *options, const char *text, char *error, size_t size);

/* "off", "on", ... of option @info in @options. */
const char *options_value(const struct options *options, const struct option_info *info);

#endif
