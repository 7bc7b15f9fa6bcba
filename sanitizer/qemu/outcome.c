/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outcome.c - of a register of the translation that was written, and not synchronized since: would an access end
 * elsewhere, or under other attributes, if its old value applied? (Rule S1.) So what changes nothing for the access is
 * told from what does.
 *
 * Each of several such registers may apply as it was or as it is. One matters if it does beside the new values of all
 * others or beside their old ones.
 */
#include "feed.h"

#include <string.h>

#include "memory.h"

#define SCTLR_A  (1ull << 1)
#define SCTLR_EE (1ull << 25)

#define DESCRIPTOR_NG (1ull << 11)

/* What a translation gives, and what it took. */
struct outcome {
	bool translates;
	struct translation translation;
	bool tagged; /* the leaf is not global: which ASID it is held under matters */
	uint16_t asid;
	uint64_t walks; /* a bit for each set of attributes that descriptors were read under */
};

static void walked(void *context, const struct walked *step)
{
	struct outcome *o = context;
	struct attributes a = step->attributes;

	o->walks |= 1ull << (a.inner | a.outer << 2 | (a.share & 3) << 4);
	if (!step->stage2)
		o->tagged = step->value & DESCRIPTOR_NG;
}

static struct outcome outcome_of(const uint64_t *v, unsigned el, uint64_t va)
{
	enum regime regime = regime_of(v, el);
	struct outcome o = {0};
	struct walker walker = {&o, memory_read, walked};

	o.translates = translate(v, regime, va, &walker, &o.translation);
	if (regime == REGIME_EL10)
		o.asid = v[v[R_TCR_EL1] >> 22 & 1 ? R_TTBR1_EL1 : R_TTBR0_EL1] >> 48;
	else if (regime == REGIME_EL20)
		o.asid = v[v[R_TCR_EL2] >> 22 & 1 ? R_TTBR1_EL2 : R_TTBR0_EL2] >> 48;
	else
		o.tagged = false;
	if (!regime_mmu(v, regime))
		o.tagged = false;
	return o;
}

static enum register_use compare(const struct outcome *a, const struct outcome *b)
{
	if (!a->translates && !b->translates)
		return USE_SAME;
	if (a->translates != b->translates || a->translation.pa != b->translation.pa)
		return USE_ELSEWHERE;
	if (memcmp(&a->translation.attributes, &b->translation.attributes, sizeof(struct attributes)) != 0 ||
		a->walks != b->walks || ((a->tagged || b->tagged) && a->asid != b->asid))
		return USE_OTHERWISE;
	return USE_SAME;
}

/* What SCTLR does besides: byte order, and alignment checks of what is not aligned. */
static bool changes_data(const struct vcpu *vcpu, unsigned reg, unsigned flags)
{
	uint64_t changed = vcpu->old[reg] ^ vcpu->regs.value[reg];

	if (reg != R_SCTLR_EL1 && reg != R_SCTLR_EL2 && reg != R_SCTLR_EL3)
		return false;
	return changed & (SCTLR_EE | (flags & ACCESS_UNALIGNED ? SCTLR_A : 0));
}

void outcome_tell(struct vcpu *vcpu, const struct insn *insn, uint64_t va, unsigned flags)
{
	uint64_t then[R_COUNT], now[R_COUNT];
	struct outcome is, was, other;
	struct place at;

	if (!vcpu->changed)
		return;
	at = place_of(vcpu, insn);
	memcpy(now, vcpu->regs.value, sizeof(now));
	memcpy(then, now, sizeof(then));
	for (uint64_t rest = vcpu->changed; rest; rest &= rest - 1)
		then[__builtin_ctzll(rest)] = vcpu->old[__builtin_ctzll(rest)];
	is = outcome_of(now, insn->el, va);
	was = outcome_of(then, insn->el, va);
	for (uint64_t rest = vcpu->changed; rest; rest &= rest - 1) {
		unsigned reg = __builtin_ctzll(rest);
		enum register_use use, more;

		now[reg] = vcpu->old[reg];
		other = outcome_of(now, insn->el, va);
		use = compare(&is, &other);
		now[reg] = then[reg] = vcpu->regs.value[reg];
		other = outcome_of(then, insn->el, va);
		more = compare(&was, &other);
		then[reg] = vcpu->old[reg];
		if (more > use)
			use = more;
		if (use == USE_SAME && changes_data(vcpu, reg, flags))
			use = USE_OTHERWISE;
		feed_use(&at, use, sysreg_code(reg));
	}
}
