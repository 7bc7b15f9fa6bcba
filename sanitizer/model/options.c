/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "options.h"

static const char *const on_off[] = {"off", "on", NULL};
static const char *const initial[] = {"invalid", "clean", "dirty", NULL};
static const char *const initial_tlb[] = {"empty", "unknown", NULL};
static const char *const dma[] = {"coherent", "noncoherent", NULL};
static const char *const doorbell[] = {"dmb", "dsb", NULL};
static const char *const set_way[] = {"credit", "private", "never", NULL};
static const char *const cwg0[] = {"dminline", "2048", NULL};
static const char *const mismatch[] = {"strict", "practical", NULL};
static const char *const spurious[] = {"off", "warn", NULL};

#define OPTION(name, field, values, initially, help)                           \
	{                                                                      \
		name, values, initially, offsetof(struct options, field), help \
	}

const struct option_info option_table[] = {
	OPTION("initial", initial, initial, INITIAL_INVALID,
		"what caches may hold at the start: nothing, copies of anything, or dirty lines too"),
	OPTION("initial-tlb", initial_tlb, initial_tlb, INITIAL_TLB_EMPTY, "what TLBs may hold at the start"),
	OPTION("dma", dma, dma, DMA_COHERENT, "whether devices see the caches"),
	OPTION("doorbell", doorbell, doorbell, DOORBELL_DMB, "what must order data before a doorbell"),
	OPTION("trust-ids", trust_ids, on_off, 1, "believe the guest-visible CTR and CLIDR, or assume the worst"),
	OPTION("set-way", set_way, set_way, SET_WAY_CREDIT,
		"set/way maintenance: credit where it can work, none beyond private caches, or none"),
	OPTION("cwg0", cwg0, cwg0, CWG0_DMINLINE, "write-back granule when CTR_EL0.CWG is 0"),
	OPTION("higher-el-allocates", higher_el_allocates, on_off, 0,
		"a cacheable mapping of a higher EL allows allocation"),
	OPTION("af0-allocates", af0_allocates, on_off, 0,
		"a mapping with AF = 0 allows allocation; off: only where hardware manages the access flag"),
	OPTION("shareability-mismatch", shareability_mismatch, mismatch, SHARE_MISMATCH_PRACTICAL,
		"whether MMU-off accesses count as outer shareable against inner shareable ones"),
	OPTION("spurious-faults", spurious_faults, spurious, SPURIOUS_WARN, "report what can only fault spuriously"),
	OPTION("vipt", vipt, on_off, 0, "instruction maintenance by address covers only the address used"),
	OPTION("hw-coherent-power-down", hw_coherent_power_down, on_off, 0,
		"hardware cleans the caches of a CPU that loses power"),
	OPTION("notes", notes, on_off, 0, "report notes, too"),
	{NULL, NULL, 0, 0, NULL},
};

static int *field(struct options *options, const struct option_info *info)
{
	return (int *)((char *)options + info->offset);
}

void options_defaults(struct options *options)
{
	memset(options, 0, sizeof(*options));
	for (const struct option_info *info = option_table; info->name; info++)
		*field(options, info) = info->initially;
}

const char *options_value(const struct options *options, const struct option_info *info)
{
	return info->values[*(const int *)((const char *)options + info->offset)];
}

static void say(char *error, size_t size, const char *text)
{
	size_t length = strlen(error);

	if (length < size)
		snprintf(error + length, size - length, "%s", text);
}

bool options_parse(struct options *options, const char *text, char *error, size_t size)
{
	const char *equals = strchr(text, '=');
	size_t length = equals ? (size_t)(equals - text) : strlen(text);

	if (size)
		*error = 0;
	for (const struct option_info *info = option_table; info->name; info++) {
		if (strlen(info->name) != length || memcmp(info->name, text, length))
			continue;
		for (int i = 0; equals && info->values[i]; i++) {
			if (!strcmp(info->values[i], equals + 1)) {
				*field(options, info) = i;
				return true;
			}
		}
		snprintf(error, size, "%s: known values are", info->name);
		for (int i = 0; info->values[i]; i++) {
			say(error, size, i ? ", " : " ");
			say(error, size, info->values[i]);
		}
		return false;
	}
	snprintf(error, size, "unknown option '%.*s': known are", (int)length, text);
	for (const struct option_info *info = option_table; info->name; info++) {
		say(error, size, info == option_table ? " " : ", ");
		say(error, size, info->name);
	}
	return false;
}
