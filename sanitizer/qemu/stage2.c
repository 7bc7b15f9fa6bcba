/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stage2.c - stage 2 of the EL1&0 regime, and how its attributes combine with those of stage 1.
 *
 *                    FWB = 0                                    FWB = 1
 *      MemAttr 00tt  Device of kind tt                   00tt   Device
 *              ooii  outer oo, inner ii:                 0101   NC, unless stage 1 is Device
 *                    1 NC, 2 WT, 3 WB                    0110   WB, whatever stage 1 says
 *              the weaker of both stages wins            0111   as stage 1
 *
 * Source: DDI 0487, "Combining stage 1 and stage 2 memory type attributes", "Stage 2 memory type and Cacheability
 * attributes when FEAT_S2FWB is enabled"; rules A4, A6, A7.
 */
#include "translate.h"

static uint64_t bits(uint64_t value, unsigned low, unsigned count)
{
	return value >> low & (~0ull >> (64 - count));
}

bool stage2_applies(const uint64_t *v, enum regime regime)
{
	uint64_t hcr = regime_hcr(v);

	return regime == REGIME_EL10 && hcr & (HCR_VM | HCR_DC) && !(hcr & HCR_TGE) && v[R_VTTBR_EL2];
}

struct geometry geometry_stage2(const uint64_t *v)
{
	static const uint8_t granules[4] = {12, 16, 14, 12};
	static const int8_t levels_4k[4] = {2, 1, 0, 3}, levels_large[4] = {3, 2, 1, 0};
	uint64_t vtcr = v[R_VTCR_EL2], vttbr = v[R_VTTBR_EL2];
	struct geometry g = {.enabled = true};
	unsigned size = bits(vtcr, 0, 6), width;

	g.granule = granules[bits(vtcr, 14, 2)];
	g.lpa2 = vtcr >> 32 & 1 && g.granule != 16;
	g.wide = g.granule == 16 && bits(vtcr, 16, 3) >= 6;
	g.input = 64 - size;
	g.level = g.granule == 12 ? levels_4k[bits(vtcr, 6, 2)] : levels_large[bits(vtcr, 6, 2)];
	if (g.granule == 12 && g.lpa2 && vtcr >> 33 & 1)
		g.level = -1;
	g.share = bits(vtcr, 12, 2);
	g.walk = attributes_of_walk(bits(vtcr, 8, 2), bits(vtcr, 10, 2), g.share);
	/* Rule A4, and the C bit of EL2. */
	if (regime_hcr(v) & HCR_CD || !(v[R_SCTLR_EL2] & SCTLR_C)) {
		g.walk = ATTRIBUTES_NC;
		g.walk.why = WHY_STAGE2;
	}
	if (size < 12 || g.input > 52 || g.input <= geometry_shift(&g, g.level)) {
		g.enabled = false;
		return g;
	}
	width = g.input - geometry_shift(&g, g.level); /* up to 4 more bits than a table: concatenated */
	if (width > geometry_stride(&g) + 4) {
		g.enabled = false;
		return g;
	}
	g.root = vttbr & 0x0000fffffffffffe;
	if (g.lpa2 || g.wide)
		g.root = (g.root & ~0x3full) | bits(vttbr, 2, 4) << 48;
	g.root &= ~((8ull << width) - 1);
	return g;
}

static uint8_t weaker(uint8_t a, uint8_t b)
{
	return a < b ? a : b;
}

/* SHARE_* are not in order of strength. */
static uint8_t wider(uint8_t a, uint8_t b)
{
	if (a == SHARE_OUTER || b == SHARE_OUTER)
		return SHARE_OUTER;
	return a == SHARE_INNER || b == SHARE_INNER ? SHARE_INNER : SHARE_NONE;
}

static struct attributes combine(struct attributes one, unsigned memattr, unsigned sh, bool fwb)
{
	static const uint8_t shares[4] = {SHARE_NONE, SHARE_OUTER, SHARE_OUTER, SHARE_INNER};
	static const uint8_t caches[4] = {CACHE_NONE, CACHE_NONE, CACHE_WT, CACHE_WB};
	struct attributes a = one;
	bool device = (memattr & 0xc) == 0;
	uint8_t inner = caches[memattr & 3], outer = caches[memattr >> 2];

	a.share = wider(one.share, shares[sh & 3]);
	if (fwb && memattr == 6) {
		a.type = MEMORY_NORMAL;
		a.inner = a.outer = CACHE_WB;
		if (one.type == MEMORY_NORMAL && !one.inner && !one.outer)
			a.share = SHARE_OUTER;
		a.why = WHY_MAPPED;
		return a;
	}
	if (fwb && memattr == 7)
		inner = outer = CACHE_WB;
	if (fwb && memattr == 5)
		inner = outer = CACHE_NONE;
	if (device) {
		if (one.type == MEMORY_NORMAL || (memattr & 3) < one.type) {
			a = (struct attributes){memattr & 3, 0, 0, SHARE_OUTER, WHY_STAGE2};
		}
	} else if (one.type == MEMORY_NORMAL) {
		a.inner = weaker(one.inner, inner);
		a.outer = weaker(one.outer, outer);
		if (!a.inner && !a.outer && attributes_are_cacheable(one))
			a.why = WHY_STAGE2;
	}
	if (a.type != MEMORY_NORMAL || (!a.inner && !a.outer))
		a.share = SHARE_OUTER;
	return a;
}

bool stage2_translate(const uint64_t *v, uint64_t va, const struct walker *walker, struct translation *result)
{
	struct geometry g = geometry_stage2(v);
	uint64_t ipa = result->pa, table = g.root, value, hcr = regime_hcr(v), size;
	enum descriptor kind;
	int level = g.level;

	if (!g.enabled || ipa >> g.input)
		return false;
	for (;; level++) {
		unsigned shift = geometry_shift(&g, level);
		unsigned width = level == g.level ? g.input - shift : geometry_stride(&g);
		unsigned index = (unsigned)bits(ipa, shift, width);
		uint64_t pa = table + index * 8;

		if (!walker->read(walker->context, pa, &value))
			return false;
		if (walker->walked)
			walker->walked(walker->context,
				&(struct walked){va, ipa, pa, value, g.walk, &g, index, 1u << width, level, true});
		kind = descriptor_kind(&g, level, value);
		if (kind == DESCRIPTOR_INVALID)
			return false;
		if (kind == DESCRIPTOR_LEAF)
			break;
		table = descriptor_table(&g, value);
	}
	size = 1ull << geometry_shift(&g, level);
	result->pa = descriptor_output(&g, level, value) | (ipa & (size - 1));
	result->attributes =
		combine(result->attributes, bits(value, 2, 4), g.lpa2 ? g.share : bits(value, 8, 2), hcr & HCR_FWB);
	if (hcr & HCR_CD && attributes_are_cacheable(result->attributes)) {
		result->attributes = ATTRIBUTES_NC;
		result->attributes.why = WHY_STAGE2;
	}
	if (size < result->size)
		result->size = size;
	return true;
}
