/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gic.h"

#include <string.h>

#define FRAME  0x10000u
#define FRAMES ((VIRT_GICR_END - VIRT_GICR) / FRAME)

#define GICR_TYPER_AFFINITY 0xc /* the upper word */

#define PRIVATE 32u /* SGIs and PPIs: each CPU has its own */
#define INTIDS  1020u

#define IROUTER_IRM      (1ull << 31) /* any CPU */
#define IROUTER_AFFINITY 0x1fu        /* the bytes that affinity is in, and IRM */
#define AFFINITY         0xff00ffffffull

static struct {
	uint64_t router;
	uint8_t router_bytes; /* which of them are known */
	uint8_t target;       /* 0: not known */
	bool enabled;
} spis[INTIDS];

/* By the first frame of a redistributor: how many it has, and so which CPU's it is, depends on the GIC's version. */
static struct redistributor {
	uint32_t affinity;
	uint8_t affinity_bytes;
	uint32_t enabled;
} redistributors[FRAMES + (VIRT_GICR2_END - VIRT_GICR2) / FRAME];

/* There are redistributors: GICD_ITARGETSRn has no effect. */
static bool affinity_routing;

static unsigned frame_of(uint64_t pa)
{
	return pa < VIRT_GICR_END ? (unsigned)((pa - VIRT_GICR) / FRAME)
				  : FRAMES + (unsigned)((pa - VIRT_GICR2) / FRAME);
}

/* Whose frame of SGIs and PPIs @pa is in; NULL: that is not known. */
static struct redistributor *sgi_frame(uint64_t pa)
{
	struct redistributor *r;

	if (!gic_is_redistributor(pa) || !frame_of(pa))
		return NULL;
	r = &redistributors[frame_of(pa) - 1];
	return r->affinity_bytes == 0xf ? r : NULL;
}

/* Registers with a bit for each interrupt. */
static bool is_in(unsigned offset, unsigned base)
{
	return offset >= base && offset < base + 0x80;
}

static void distributor_stored(unsigned offset, const uint8_t *byte)
{
	if (is_in(offset, GIC_ISENABLER) || is_in(offset, GIC_ICENABLER)) {
		bool on = is_in(offset, GIC_ISENABLER);
		unsigned bits = byte ? *byte : on ? 0 : 0xff, first = offset % 0x80 * 8;

		for (unsigned i = 0; i < 8 && first + i < INTIDS; i++)
			if (bits >> i & 1)
				spis[first + i].enabled = on;
	} else if (offset >= GICD_ITARGETSR && offset < GICD_ITARGETSR + INTIDS) {
		spis[offset - GICD_ITARGETSR].target = byte ? *byte : 0;
	} else if (offset >= GICD_IROUTER && offset < GICD_IROUTER + INTIDS * 8) {
		unsigned intid = (offset - GICD_IROUTER) / 8, n = offset % 8;

		spis[intid].router &= ~(0xffull << n * 8);
		spis[intid].router_bytes &= ~(1u << n);
		if (byte) {
			spis[intid].router |= (uint64_t)*byte << n * 8;
			spis[intid].router_bytes |= 1u << n;
		}
	}
}

static void redistributor_stored(uint64_t pa, const uint8_t *byte)
{
	struct redistributor *r = sgi_frame(pa);
	unsigned offset = pa % FRAME, shift = offset % 4 * 8;

	if (!r)
		return;
	if (offset - GIC_ISENABLER < 4u && byte)
		r->enabled |= (uint32_t)*byte << shift;
	else if (offset - GIC_ICENABLER < 4u)
		r->enabled &= ~((byte ? *byte : 0xffu) << shift);
}

void gic_stored(uint64_t pa, unsigned size, const uint64_t *value)
{
	if (!gic_is_distributor(pa) && !gic_is_redistributor(pa))
		return;
	for (unsigned i = 0; i < size; i++) {
		uint8_t byte = value ? (uint8_t)(*value >> i * 8) : 0;

		if (gic_is_distributor(pa))
			distributor_stored((unsigned)(pa - VIRT_GICD) + i, value ? &byte : NULL);
		else
			redistributor_stored(pa + i, value ? &byte : NULL);
	}
}

void gic_loaded(uint64_t pa, unsigned size, const uint64_t *value)
{
	if (!gic_is_redistributor(pa) || !value)
		return;
	for (unsigned i = 0; i < size; i++) {
		struct redistributor *r = &redistributors[frame_of(pa)];
		unsigned n = (unsigned)(pa % FRAME) + i - GICR_TYPER_AFFINITY;

		if (n >= 4)
			continue;
		r->affinity &= ~(0xffu << n * 8);
		r->affinity |= (uint32_t)(*value >> i * 8 & 0xff) << n * 8;
		r->affinity_bytes |= 1u << n;
		affinity_routing = true;
	}
}

bool gic_is_pend(uint64_t pa)
{
	if (gic_is_distributor(pa))
		return is_in((unsigned)(pa - VIRT_GICD), GIC_ISPENDR) && pa - VIRT_GICD >= GIC_ISPENDR + PRIVATE / 8;
	return gic_is_redistributor(pa) && pa % FRAME - GIC_ISPENDR < 4 && sgi_frame(pa);
}

static bool goes_to(unsigned intid, uint64_t affinity)
{
	if (!affinity_routing)
		return affinity < 8 && spis[intid].target == 1u << affinity;
	return (spis[intid].router_bytes & IROUTER_AFFINITY) == IROUTER_AFFINITY &&
	       !(spis[intid].router & IROUTER_IRM) && (spis[intid].router & AFFINITY) == affinity;
}

bool gic_pends(uint64_t pa, unsigned size, uint64_t value, uint64_t mpidr)
{
	uint64_t affinity = mpidr & AFFINITY;

	if (gic_is_redistributor(pa)) {
		const struct redistributor *r = sgi_frame(pa);

		return r && r->affinity == ((affinity & 0xffffff) | affinity >> 32 << 24) &&
		       r->enabled & (uint32_t)value << pa % 4 * 8;
	}
	for (unsigned i = 0; i < size * 8; i++) {
		unsigned intid = ((unsigned)(pa - VIRT_GICD) - GIC_ISPENDR) * 8 + i;

		if (value >> i & 1 && intid >= PRIVATE && intid < INTIDS && spis[intid].enabled &&
			goes_to(intid, affinity))
			return true;
	}
	return false;
}

void gic_forget(void)
{
	memset(spis, 0, sizeof(spis));
	memset(redistributors, 0, sizeof(redistributors));
	affinity_routing = false;
}
