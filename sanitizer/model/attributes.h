/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attributes.h - the memory attributes of one access as the hardware combines them: stage 1, stage 2, HCR_EL2.CD/DC/FWB
 * and the C bit have been applied. "Cacheable" means inner or outer write-through or write-back; what the inner and the
 * outer attribute say separately matters only to exclusives.
 *
 * `why` tells a report which switch or mapping made an access non-cacheable: the remedy differs.
 *
 * Source: DDI 0487, "Memory types and attributes", "Combining stage 1 and stage 2 attributes"; rules A1-A8.
 */
#ifndef MODEL_ATTRIBUTES_H
#define MODEL_ATTRIBUTES_H

#include <stdbool.h>
#include <stdint.h>

enum memory_type {
	MEMORY_DEVICE_nGnRnE,
	MEMORY_DEVICE_nGnRE,
	MEMORY_DEVICE_nGRE,
	MEMORY_DEVICE_GRE,
	MEMORY_NORMAL,
};

enum cacheability { CACHE_NONE, CACHE_WT, CACHE_WB };

enum shareability { SHARE_NONE, SHARE_OUTER, SHARE_INNER };

enum attributes_why {
	WHY_MAPPED,     /* the stage 1 mapping says so */
	WHY_MMU_OFF,    /* SCTLR.M = 0 (rule A1) */
	WHY_CACHES_OFF, /* SCTLR.C = 0 with M = 1 (rule A2) */
	WHY_STAGE2,     /* stage 2 or HCR_EL2.CD turned it non-cacheable */
	WHY_HCR_DC,     /* HCR_EL2.DC: cacheable although stage 1 is off (rule A4) */
};

struct attributes {
	uint8_t type;  /* enum memory_type */
	uint8_t inner; /* enum cacheability, of MEMORY_NORMAL */
	uint8_t outer;
	uint8_t share; /* enum shareability; SHARE_OUTER for Device and for inner and outer non-cacheable memory */
	uint8_t why;   /* enum attributes_why */
};

/* Of what is no access to memory (IC, TLBI): Device memory has SHARE_OUTER. */
#define ATTRIBUTES_NONE ((struct attributes){0})
/* SCTLR.M = 0, HCR_EL2.DC = 0. */
#define ATTRIBUTES_MMU_OFF ((struct attributes){MEMORY_DEVICE_nGnRnE, CACHE_NONE, CACHE_NONE, SHARE_OUTER, WHY_MMU_OFF})
/* Of a fetch then; what the instruction cache holds (SCTLR.I) is beside the question. */
#define ATTRIBUTES_FETCH_OFF ((struct attributes){MEMORY_NORMAL, CACHE_NONE, CACHE_NONE, SHARE_OUTER, WHY_MMU_OFF})
#define ATTRIBUTES_NC        ((struct attributes){MEMORY_NORMAL, CACHE_NONE, CACHE_NONE, SHARE_OUTER, WHY_MAPPED})
#define ATTRIBUTES_C_OFF     ((struct attributes){MEMORY_NORMAL, CACHE_NONE, CACHE_NONE, SHARE_OUTER, WHY_CACHES_OFF})
#define ATTRIBUTES_WB_INNER  ((struct attributes){MEMORY_NORMAL, CACHE_WB, CACHE_WB, SHARE_INNER, WHY_MAPPED})
#define ATTRIBUTES_WT_INNER  ((struct attributes){MEMORY_NORMAL, CACHE_WT, CACHE_WT, SHARE_INNER, WHY_MAPPED})

static inline bool attributes_are_none(struct attributes a)
{
	return a.type != MEMORY_NORMAL && a.share == SHARE_NONE;
}

static inline bool attributes_are_device(struct attributes a)
{
	return a.type != MEMORY_NORMAL;
}

static inline bool attributes_are_cacheable(struct attributes a)
{
	return a.type == MEMORY_NORMAL && (a.inner != CACHE_NONE || a.outer != CACHE_NONE);
}

/* As they are because the MMU or the caches are off. */
static inline bool attributes_are_by_switch(struct attributes a)
{
	return a.why == WHY_MMU_OFF || a.why == WHY_CACHES_OFF;
}

/* A write may stay in a cache. */
static inline bool attributes_are_write_back(struct attributes a)
{
	return a.type == MEMORY_NORMAL && (a.inner == CACHE_WB || a.outer == CACHE_WB);
}

/* "Device-nGnRnE (MMU off)", "Normal NC (C=0)", "Normal WB ISH", ... Returns @buffer. */
#define ATTRIBUTES_TEXT 48
const char *attributes_text(struct attributes attributes, char buffer[ATTRIBUTES_TEXT]);

#endif
