/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * translate.h - from a virtual address to the physical one and its attributes, as the hardware's walker would do it
 * from the registers and tables as they are now. Pure: no QEMU, no TLB.
 *
 * QEMU is not asked: qemu_plugin_get_hwaddr() aborts it on some accesses to flash, and does not say the attributes.
 *
 * Permissions are not looked at: an access that was made was allowed. FEAT_NV2, FEAT_S1PIE, FEAT_AIE, 128-bit
 * descriptors and the stage 2 of the Secure state are not followed.
 *
 * Source: DDI 0487, "The AArch64 Virtual Memory System Architecture"; rules A1-A8.
 */
#ifndef PLUGIN_TRANSLATE_H
#define PLUGIN_TRANSLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/attributes.h"
#include "sysregs.h"

struct geometry;

/* Translation regimes. */
enum regime { REGIME_EL10, REGIME_EL20, REGIME_EL2, REGIME_EL3, REGIMES };

#define HCR_VM  (1ull << 0)
#define HCR_DC  (1ull << 12)
#define HCR_TGE (1ull << 27)
#define HCR_CD  (1ull << 32)
#define HCR_ID  (1ull << 33)
#define HCR_E2H (1ull << 34)
#define HCR_FWB (1ull << 46)

#define SCTLR_M (1ull << 0)
#define SCTLR_C (1ull << 2)
#define SCTLR_I (1ull << 12)

/* One descriptor that a walk used. */
struct walked {
	uint64_t va;        /* that is being translated */
	uint64_t input;     /* of this stage: va, or the intermediate physical address */
	uint64_t pa, value; /* of the descriptor */
	struct attributes attributes;
	const struct geometry *geometry;
	unsigned index, entries;
	int level;
	bool stage2;
};

/* Where descriptors are read. */
struct walker {
	void *context;
	/* 8 bytes at @pa, aligned. False: no memory there that can be read. */
	bool (*read)(void *context, uint64_t pa, uint64_t *value);
	/* Told of each descriptor that was used; may be NULL. */
	void (*walked)(void *context, const struct walked *step);
};

struct translation {
	uint64_t pa;
	uint64_t size; /* of the mapping around it that is known to be uniform, a power of two */
	struct attributes attributes;
};

/* @v: values of the registers by enum sysreg. HCR_EL2 as it takes effect: see regime_hcr(). */
enum regime regime_of(const uint64_t *v, unsigned el);

/* SCTLR.M (or HCR_EL2.DC), and whether data accesses may be cacheable, of @regime. */
bool regime_mmu(const uint64_t *v, enum regime regime);
bool regime_cache(const uint64_t *v, enum regime regime);
/* HCR_EL2, or 0 where EL2 is not enabled: in Secure state. */
uint64_t regime_hcr(const uint64_t *v);

/* False: the translation faults, or a descriptor cannot be read. */
bool translate(
	const uint64_t *v, enum regime regime, uint64_t va, const struct walker *walker, struct translation *result);

/*
 * Each mapping of @regime that is Normal Cacheable, as if M and C were 1, in ascending order of virtual addresses,
 * neighbours joined as far as that is easy. @af0: also with AF = 0. Ends early, and returns false, when @visit does or
 * when tables are absurdly many. With the MMU off nothing is cacheable, unless HCR_EL2.DC.
 */
bool translate_each(const uint64_t *v, enum regime regime, bool af0, const struct walker *walker,
	bool (*visit)(void *context, uint64_t pa, uint64_t size), void *context);

/* Shared with stage2.c and tables.c. */
struct geometry {
	unsigned granule; /* log2: 12, 14, 16 */
	unsigned input;   /* bits of the address that tables translate */
	int level;        /* of the root */
	uint64_t root;
	bool lpa2;    /* descriptors have TCR.DS's layout */
	bool wide;    /* 64K granule with 52 bits of output */
	bool enabled; /* not EPD, sizes valid */
	struct attributes walk;
	uint8_t share; /* TCR.SH, which is that of leaves under lpa2 */
	uint64_t mair;
};

/* Stage 1 tables of @regime for the half of the address space with bit 55 = @high. */
struct geometry geometry_stage1(const uint64_t *v, enum regime regime, bool high);
struct geometry geometry_stage2(const uint64_t *v);

static inline unsigned geometry_stride(const struct geometry *g)
{
	return g->granule - 3;
}
/* log2 of what one descriptor of @level maps. */
static inline unsigned geometry_shift(const struct geometry *g, int level)
{
	return g->granule + geometry_stride(g) * (3 - level);
}

enum descriptor { DESCRIPTOR_INVALID, DESCRIPTOR_TABLE, DESCRIPTOR_LEAF };
enum descriptor descriptor_kind(const struct geometry *g, int level, uint64_t value);
/* The address that a table descriptor or leaf of @level holds. */
uint64_t descriptor_table(const struct geometry *g, uint64_t value);
uint64_t descriptor_output(const struct geometry *g, int level, uint64_t value);
struct attributes descriptor_attributes(const struct geometry *g, uint64_t value);
struct attributes attributes_of_mair(uint8_t byte, unsigned sh);
/* IRGN, ORGN, SH fields of TCR. */
struct attributes attributes_of_walk(unsigned irgn, unsigned orgn, unsigned sh);

bool stage2_applies(const uint64_t *v, enum regime regime);
/* Intermediate to physical address, attributes combined with those of stage 1 in *@result. */
bool stage2_translate(const uint64_t *v, uint64_t va, const struct walker *walker, struct translation *result);

#endif
