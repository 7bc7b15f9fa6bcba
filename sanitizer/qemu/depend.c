/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "depend.h"

#define FLAGS (1ull << 32) /* beside X0 to X30 */
#define ZERO  (1ull << 31) /* XZR or SP: neither is followed */

/* What an instruction reads that matters and what it writes. */
struct effect {
	uint64_t reads, writes;
	bool loads;   /* the address of a load is what it reads */
	bool unclear; /* or ends everything */
};

static uint64_t field(uint32_t opcode, unsigned shift)
{
	return 1ull << (opcode >> shift & 31) & ~ZERO;
}

static struct effect immediate(uint32_t opcode)
{
	unsigned op = opcode >> 23 & 7;
	struct effect e = {field(opcode, 5), field(opcode, 0), false, false};

	if (op < 2) /* ADR */
		e.reads = 0;
	else if (op == 5) /* MOVN, MOVZ, MOVK */
		e.reads = (opcode >> 29 & 3) == 3 ? field(opcode, 0) : 0;
	else if (op == 6 && (opcode >> 29 & 3) == 1) /* BFM */
		e.reads |= field(opcode, 0);
	else if (op == 7) /* EXTR */
		e.reads |= field(opcode, 16);
	if ((op == 2 && opcode >> 29 & 1) || (op == 4 && (opcode >> 29 & 3) == 3))
		e.writes |= FLAGS;
	return e;
}

static struct effect registers(uint32_t opcode)
{
	struct effect e = {field(opcode, 5) | field(opcode, 16), field(opcode, 0), false, false};

	if ((opcode & 0x1f000000) == 0x1b000000) /* MADD and kin */
		e.reads |= field(opcode, 10);
	else if ((opcode & 0x1e000000) == 0x1a000000 && (opcode >> 21 & 15) != 6) /* ADC, CCMP, CSEL */
		e.reads |= FLAGS;
	/* ADDS, SUBS, ANDS, BICS, ADCS, CCMP, SETF, RMIF */
	if (((opcode & 0x1f000000) == 0x0b000000 && opcode >> 29 & 1) ||
		((opcode & 0x1f000000) == 0x0a000000 && (opcode >> 29 & 3) == 3) ||
		((opcode & 0x1e000000) == 0x1a000000 && opcode >> 29 & 1))
		e.writes |= FLAGS;
	/* CCMP and SETF have no destination there. */
	if ((opcode & 0x1fe00000) == 0x1a400000 || ((opcode & 0x1fe00000) == 0x1a000000 && opcode & 0xfc00))
		e.writes &= FLAGS;
	return e;
}

static struct effect memory(uint32_t opcode)
{
	struct effect e = {field(opcode, 5), 0, true, false};
	bool vector = opcode >> 26 & 1;

	if ((opcode & 0x3a000000) == 0x28000000) { /* pairs */
		uint64_t data = vector ? 0 : field(opcode, 0) | field(opcode, 10);

		if (opcode >> 22 & 1)
			e.writes = data;
		else
			e.reads = data, e.loads = false;
	} else if ((opcode & 0x3b000000) == 0x18000000) { /* literals */
		e.reads = 0;
		e.writes = vector ? 0 : field(opcode, 0);
	} else if ((opcode & 0x3a000000) == 0x38000000) {
		bool indexed = !(opcode >> 24 & 1) && opcode >> 21 & 1;

		if (indexed && (opcode >> 10 & 3) != 2) {
			e.unclear = true; /* atomics, LDAPR, LDRAA */
			return e;
		}
		if (indexed)
			e.reads |= field(opcode, 16);
		if (opcode >> 22 & (vector ? 1 : 3))
			e.writes = vector ? 0 : field(opcode, 0);
		else
			e.reads = vector ? 0 : field(opcode, 0), e.loads = false;
	} else {
		e.unclear = true;
	}
	return e;
}

/* Where a branch within a function leads, in instructions from here; 0: it is none. */
static int64_t branch(uint32_t opcode)
{
	if ((opcode & 0xfc000000) == 0x14000000) /* B */
		return (int32_t)(opcode << 6) >> 6;
	if ((opcode & 0xff000010) == 0x54000000 || (opcode & 0x7e000000) == 0x34000000) /* B.cond, CBZ, CBNZ */
		return (int32_t)(opcode << 8) >> 13;
	if ((opcode & 0x7e000000) == 0x36000000) /* TBZ, TBNZ */
		return (int32_t)(opcode << 13) >> 18;
	return 0;
}

static struct effect effect_of(uint32_t opcode)
{
	static const struct effect none, unclear = {.unclear = true};
	unsigned group = opcode >> 25 & 15;

	if ((group & 14) == 8)
		return immediate(opcode);
	if ((group & 7) == 5)
		return registers(opcode);
	if ((group & 5) == 4)
		return memory(opcode);
	if ((opcode & 0xfff00000) == 0xd5100000 || (opcode & 0xffffe000) == 0xd5032000 ||
		(opcode & 0xfffff000) == 0xd5033000) /* MSR, hints, barriers */
		return none;
	if ((opcode & 0xfff00000) == 0xd5300000) /* MRS */
		return (struct effect){.writes = field(opcode, 0)};
	return branch(opcode) ? none : unclear;
}

bool may_depend(const uint32_t *code, unsigned count)
{
	struct effect first, last;
	uint64_t depends;
	unsigned maybe = 0; /* instructions before this one may have been jumped over */

	if (count < 2)
		return true;
	first = effect_of(code[0]);
	last = effect_of(code[count - 1]);
	if (first.unclear || !first.loads || !first.writes || last.unclear || !last.loads)
		return true;
	depends = first.writes;
	for (unsigned i = 1; i + 1 < count; i++) {
		struct effect e = effect_of(code[i]);
		int64_t target = i + branch(code[i]);

		if (e.unclear)
			return true;
		if (target > maybe && target < count)
			maybe = (unsigned)target;
		if (e.reads & depends) {
			/* A store of it: somebody may load it again. */
			if (!e.writes)
				return true;
			depends |= e.writes;
		} else if (i >= maybe) {
			depends &= ~e.writes;
		}
	}
	return last.reads & depends;
}
