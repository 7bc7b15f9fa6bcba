/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * translate.c - stage 1. Descriptors:
 *
 *      63        52 51 50 49                 g 16 15  12 11 10 9  8  7     5 4   2 1 0
 *      | upper     | .. |  output or table     | wide   |nG|AF| SH | AP,NS | Attr|T|V|      TCR.DS = 0
 *      | upper     |      output or table      |        |nG|AF|50,51|      | Attr|T|V|      TCR.DS = 1
 *
 * "wide" is bits 51..48 of the address with 64K granules and 52 bits of output.
 */
#include "translate.h"

#include <stddef.h>

static uint64_t bits(uint64_t value, unsigned low, unsigned count)
{
	return value >> low & (~0ull >> (64 - count));
}

uint64_t regime_hcr(const uint64_t *v)
{
	/* SCR_EL3.NS = 0 and no FEAT_SEL2 enabled (EEL2, bit 18). Without EL3 the register reads 0: then RW (bit 10) is
	 * 0 too. */
	bool secure = v[R_SCR_EL3] && !(v[R_SCR_EL3] & 1) && !(v[R_SCR_EL3] >> 18 & 1);

	return secure ? 0 : v[R_HCR_EL2];
}

enum regime regime_of(const uint64_t *v, unsigned el)
{
	uint64_t hcr = regime_hcr(v);

	if (el == 3)
		return REGIME_EL3;
	if (el == 2)
		return hcr & HCR_E2H ? REGIME_EL20 : REGIME_EL2;
	if (el == 0 && (hcr & (HCR_E2H | HCR_TGE)) == (HCR_E2H | HCR_TGE))
		return REGIME_EL20;
	return REGIME_EL10;
}

static uint64_t regime_sctlr(const uint64_t *v, enum regime regime)
{
	uint64_t hcr = regime_hcr(v);

	switch (regime) {
	case REGIME_EL3:
		return v[R_SCTLR_EL3];
	case REGIME_EL2:
	case REGIME_EL20:
		return v[R_SCTLR_EL2];
	default:
		/* With DC, or with TGE and no E2H, M counts as 0. */
		return hcr & HCR_DC || (hcr & HCR_TGE && !(hcr & HCR_E2H)) ? v[R_SCTLR_EL1] & ~SCTLR_M : v[R_SCTLR_EL1];
	}
}

static bool default_cacheable(const uint64_t *v, enum regime regime)
{
	uint64_t hcr = regime_hcr(v);

	return regime == REGIME_EL10 && hcr & HCR_DC && !(hcr & HCR_TGE);
}

bool regime_mmu(const uint64_t *v, enum regime regime)
{
	return regime_sctlr(v, regime) & SCTLR_M || default_cacheable(v, regime);
}

bool regime_cache(const uint64_t *v, enum regime regime)
{
	if (stage2_applies(v, regime) && regime_hcr(v) & HCR_CD)
		return false;
	/* Stage 2 with FWB may make accesses cacheable that stage 1 does not: the guest's own switches say nothing
	 * then. */
	if (stage2_applies(v, regime) && regime_hcr(v) & HCR_FWB)
		return true;
	return default_cacheable(v, regime) || regime_sctlr(v, regime) & SCTLR_C;
}

struct attributes attributes_of_mair(uint8_t byte, unsigned sh)
{
	static const uint8_t shares[4] = {SHARE_NONE, SHARE_OUTER, SHARE_OUTER, SHARE_INNER};
	struct attributes a = {.type = MEMORY_NORMAL, .share = shares[sh & 3], .why = WHY_MAPPED};
	uint8_t nibble[2] = {byte & 15, byte >> 4}, cache[2];

	if (byte < 0x10 || (byte == 0x40) || (byte == 0xa0)) {
		/* 0x40 and 0xa0: FEAT_XS: Normal NC and WT. */
		if (byte == 0x40) {
			a.share = SHARE_OUTER;
			return a;
		}
		if (byte == 0xa0) {
			a.inner = a.outer = CACHE_WT;
			return a;
		}
		return (struct attributes){byte >> 2 & 3, 0, 0, SHARE_OUTER, WHY_MAPPED};
	}
	if (byte == 0xf0)
		nibble[0] = 15; /* tagged */
	for (unsigned i = 0; i < 2; i++) {
		if (nibble[i] == 4)
			cache[i] = CACHE_NONE;
		else
			cache[i] = nibble[i] & 4 ? CACHE_WB : CACHE_WT;
	}
	a.inner = cache[0];
	a.outer = cache[1];
	if (!a.inner && !a.outer)
		a.share = SHARE_OUTER;
	return a;
}

struct attributes attributes_of_walk(unsigned irgn, unsigned orgn, unsigned sh)
{
	static const uint8_t caches[4] = {CACHE_NONE, CACHE_WB, CACHE_WT, CACHE_WB};
	static const uint8_t shares[4] = {SHARE_NONE, SHARE_OUTER, SHARE_OUTER, SHARE_INNER};
	struct attributes a = {MEMORY_NORMAL, caches[irgn & 3], caches[orgn & 3], shares[sh & 3], WHY_MAPPED};

	if (!a.inner && !a.outer)
		a.share = SHARE_OUTER;
	return a;
}

struct geometry geometry_stage1(const uint64_t *v, enum regime regime, bool high)
{
	static const uint8_t granules0[4] = {12, 16, 14, 12}, granules1[4] = {12, 14, 12, 16};
	bool two = regime == REGIME_EL10 || regime == REGIME_EL20;
	uint64_t tcr = v[regime == REGIME_EL10 ? R_TCR_EL1 : regime == REGIME_EL3 ? R_TCR_EL3 : R_TCR_EL2];
	uint64_t ttbr;
	struct geometry g = {0};
	unsigned size, ps, field = high ? 16 : 0;

	if (regime == REGIME_EL10)
		ttbr = v[high ? R_TTBR1_EL1 : R_TTBR0_EL1];
	else if (regime == REGIME_EL3)
		ttbr = v[R_TTBR0_EL3];
	else
		ttbr = v[high ? R_TTBR1_EL2 : R_TTBR0_EL2];
	if (high && !two)
		return g;
	g.enabled = !(two && tcr >> (high ? 23 : 7) & 1);
	g.granule = high ? granules1[bits(tcr, 30, 2)] : granules0[bits(tcr, 14, 2)];
	ps = two ? bits(tcr, 32, 3) : bits(tcr, 16, 3);
	g.lpa2 = tcr >> (two ? 59 : 32) & 1 && g.granule != 16;
	g.wide = g.granule == 16 && ps >= 6;
	size = bits(tcr, field, 6);
	g.input = 64 - size;
	if (size < 12 || g.input < g.granule + 1 || g.input > 52)
		g.enabled = false;
	else
		g.level = 4 - (int)((g.input - 4) / geometry_stride(&g));
	g.share = bits(tcr, field + 12, 2);
	g.walk = attributes_of_walk(bits(tcr, field + 8, 2), bits(tcr, field + 10, 2), g.share);
	if (!(regime_sctlr(v, regime) & SCTLR_C))
		g.walk = ATTRIBUTES_C_OFF;
	g.root = ttbr & 0x0000fffffffffffe;
	if (g.lpa2 || g.wide)
		g.root = (g.root & ~0x3full) | bits(ttbr, 2, 4) << 48;
	if (g.enabled)
		g.root &= ~((1ull << (g.input - geometry_shift(&g, g.level) + 3)) - 1);
	g.mair = v[regime == REGIME_EL10 ? R_MAIR_EL1 : regime == REGIME_EL3 ? R_MAIR_EL3 : R_MAIR_EL2];
	return g;
}

enum descriptor descriptor_kind(const struct geometry *g, int level, uint64_t value)
{
	int first_block = g->granule == 12   ? (g->lpa2 ? 0 : 1)
			  : g->granule == 14 ? (g->lpa2 ? 1 : 2)
					     : (g->wide ? 1 : 2);

	if (!(value & 1))
		return DESCRIPTOR_INVALID;
	if (level == 3)
		return value & 2 ? DESCRIPTOR_LEAF : DESCRIPTOR_INVALID;
	if (value & 2)
		return DESCRIPTOR_TABLE;
	return level >= first_block ? DESCRIPTOR_LEAF : DESCRIPTOR_INVALID;
}

static uint64_t descriptor_address(const struct geometry *g, uint64_t value, unsigned low)
{
	uint64_t pa;

	if (g->lpa2)
		return (bits(value, low, 50 - low) << low) | bits(value, 8, 2) << 50;
	pa = bits(value, low, 48 - low) << low;
	return g->wide ? pa | bits(value, 12, 4) << 48 : pa;
}

uint64_t descriptor_table(const struct geometry *g, uint64_t value)
{
	return descriptor_address(g, value, g->granule);
}

uint64_t descriptor_output(const struct geometry *g, int level, uint64_t value)
{
	return descriptor_address(g, value, geometry_shift(g, level));
}

struct attributes descriptor_attributes(const struct geometry *g, uint64_t value)
{
	return attributes_of_mair(g->mair >> (bits(value, 2, 3) * 8), g->lpa2 ? g->share : bits(value, 8, 2));
}

static struct attributes caches_off(struct attributes a)
{
	return attributes_are_cacheable(a) ? ATTRIBUTES_C_OFF : a;
}

/* @step has all but the physical address, the value and the attributes. */
static bool read_descriptor(
	const uint64_t *v, enum regime regime, uint64_t pa, const struct walker *walker, struct walked *step)
{
	struct translation t = {pa, 1ull << 52, step->geometry->walk};

	if (stage2_applies(v, regime) && !stage2_translate(v, step->va, walker, &t))
		return false;
	if (!walker->read(walker->context, t.pa, &step->value))
		return false;
	step->pa = t.pa;
	step->attributes = t.attributes;
	if (walker->walked)
		walker->walked(walker->context, step);
	return true;
}

bool translate(
	const uint64_t *v, enum regime regime, uint64_t va, const struct walker *walker, struct translation *result)
{
	bool two = regime == REGIME_EL10 || regime == REGIME_EL20;
	uint64_t sctlr = regime_sctlr(v, regime);

	if (!(sctlr & SCTLR_M)) {
		result->pa = va & 0x00ffffffffffffff; /* a tag, if there is one, is not part of it */
		result->size = 1ull << 52;
		result->attributes = ATTRIBUTES_MMU_OFF;
		if (default_cacheable(v, regime)) {
			result->attributes =
				(struct attributes){MEMORY_NORMAL, CACHE_WB, CACHE_WB, SHARE_NONE, WHY_HCR_DC};
		}
	} else {
		struct geometry g = geometry_stage1(v, regime, two && va >> 55 & 1);
		uint64_t table = g.root, value;
		enum descriptor kind;
		int level = g.level;

		if (!g.enabled)
			return false;
		/* Bits above the input must be copies of bit 55; those of the tag are ignored, whether TBI says so or
		 * not. */
		if (g.input < 56 && ((va >> g.input ^ (two && va >> 55 & 1 ? ~0ull : 0)) & (~0ull >> (8 + g.input))))
			return false;
		for (;; level++) {
			unsigned shift = geometry_shift(&g, level);
			unsigned width = level == g.level ? g.input - shift : geometry_stride(&g);

			struct walked step = {
				va, va, 0, 0, g.walk, &g, (unsigned)bits(va, shift, width), 1u << width, level, false};

			if (!read_descriptor(v, regime, table + step.index * 8, walker, &step))
				return false;
			value = step.value;
			kind = descriptor_kind(&g, level, value);
			if (kind == DESCRIPTOR_INVALID)
				return false;
			if (kind == DESCRIPTOR_LEAF)
				break;
			table = descriptor_table(&g, value);
		}
		result->size = 1ull << geometry_shift(&g, level);
		result->pa = descriptor_output(&g, level, value) | (va & (result->size - 1));
		result->attributes = descriptor_attributes(&g, value);
		if (!(sctlr & SCTLR_C))
			result->attributes = caches_off(result->attributes);
	}
	return !stage2_applies(v, regime) || stage2_translate(v, va, walker, result);
}
