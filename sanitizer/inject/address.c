/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address.h"

#include <stddef.h>

static unsigned field(uint32_t opcode, unsigned lsb, unsigned width)
{
	return opcode >> lsb & ((1u << width) - 1);
}

static int64_t signed_field(uint32_t opcode, unsigned lsb, unsigned width)
{
	return (int64_t)((uint64_t)field(opcode, lsb, width) << (64 - width)) >> (64 - width);
}

static uint64_t base(uint32_t opcode, const uint64_t *x)
{
	return x[field(opcode, 5, 5)]; /* 31 is SP */
}

static bool exclusive(uint32_t opcode, const uint64_t *x, struct operand *o)
{
	unsigned size = field(opcode, 30, 2);
	bool o2 = opcode >> 23 & 1, load = opcode >> 22 & 1, o1 = opcode >> 21 & 1;

	o->va = base(opcode, x);
	o->size = 1u << size;
	o->store = !load;
	if (!o2 && o1) { /* pairs: LDXP, STXP; CASP where size < 2 */
		o->size = size & 1 ? 16 : 8;
		o->store |= size < 2;
	} else if (o2 && o1) { /* CAS */
		o->store = true;
	}
	return true;
}

static bool literal(uint32_t opcode, uint64_t pc, struct operand *o)
{
	unsigned opc = field(opcode, 30, 2);
	bool vector = opcode >> 26 & 1;

	if (opc == 3) /* PRFM */
		return false;
	o->va = pc + (uint64_t)(signed_field(opcode, 5, 19) * 4);
	o->size = vector ? 4u << opc : opc == 1 ? 8 : 4;
	o->store = false;
	return true;
}

static bool pair(uint32_t opcode, const uint64_t *x, struct operand *o)
{
	unsigned opc = field(opcode, 30, 2), mode = field(opcode, 23, 2);
	bool vector = opcode >> 26 & 1, load = opcode >> 22 & 1;
	unsigned scale = vector ? 4u << opc : opc == 2 ? 8 : 4;

	if (!vector && opc == 1 && !load) /* STGP */
		return false;
	o->va = base(opcode, x);
	if (mode != 1) /* not post-indexed */
		o->va += (uint64_t)(signed_field(opcode, 15, 7) * (int64_t)scale);
	o->size = 2 * scale;
	o->store = !load;
	return true;
}

static uint64_t extended(uint32_t opcode, const uint64_t *x, unsigned scale)
{
	unsigned rm = field(opcode, 16, 5), option = field(opcode, 13, 3);
	uint64_t value = rm == 31 ? 0 : x[rm];

	if (option == 2)
		value = (uint32_t)value;
	else if (option == 6)
		value = (uint64_t)(int64_t)(int32_t)value;
	return opcode >> 12 & 1 ? value << scale : value;
}

static bool single(uint32_t opcode, const uint64_t *x, struct operand *o)
{
	unsigned size = field(opcode, 30, 2), opc = field(opcode, 22, 2), scale = size;
	bool vector = opcode >> 26 & 1;

	o->va = base(opcode, x);
	o->store = opc == 0;
	if (vector) {
		scale |= (opc & 2) << 1;
		o->store = !(opc & 1);
	} else if (size == 3 && opc == 2 && (opcode >> 24 & 1 || (opcode >> 21 & 1) == (opcode >> 11 & 1))) {
		return false; /* PRFM: immediate, register; PRFUM: unscaled */
	}
	o->size = 1u << scale;
	if (opcode >> 24 & 1) {
		o->va += (uint64_t)field(opcode, 10, 12) << scale;
		return true;
	}
	if (!(opcode >> 21 & 1)) {
		if (field(opcode, 10, 2) != 1) /* not post-indexed */
			o->va += (uint64_t)signed_field(opcode, 12, 9);
		return true;
	}
	switch (field(opcode, 10, 2)) {
	case 0: /* atomics, and LDAPR */
		o->store = (opcode & 0x3ffffc00) != 0x38bfc000;
		o->size = 1u << size;
		return !vector;
	case 2:
		o->va += extended(opcode, x, scale);
		return true;
	default: /* LDRAA, LDRAB: the address is authenticated first */
		return false;
	}
}

/* LDAPUR, STLUR. */
static bool unscaled(uint32_t opcode, const uint64_t *x, struct operand *o)
{
	unsigned size = field(opcode, 30, 2), opc = field(opcode, 22, 2);

	if (opcode & 0x00200c00 || opcode >> 26 & 1)
		return false;
	o->va = base(opcode, x) + (uint64_t)signed_field(opcode, 12, 9);
	o->size = 1u << size;
	o->store = opc == 0;
	return true;
}

static bool vectors(uint32_t opcode, const uint64_t *x, struct operand *o)
{
	static const uint8_t registers[16] = {4, 0, 4, 0, 3, 0, 3, 1, 2, 0, 2, 0, 0, 0, 0, 0};

	o->va = base(opcode, x);
	o->store = !(opcode >> 22 & 1);
	if (!(opcode >> 24 & 1)) { /* multiple structures */
		o->size = registers[field(opcode, 12, 4)] * (opcode >> 30 & 1 ? 16 : 8);
	} else {
		unsigned scale = field(opcode, 14, 2), count = (field(opcode, 13, 1) << 1 | field(opcode, 21, 1)) + 1;

		if (scale == 3) /* one element to all lanes */
			scale = field(opcode, 10, 2);
		else if (scale == 2 && opcode >> 10 & 1)
			scale = 3;
		o->size = count << scale;
	}
	return o->size;
}

bool address_of(uint32_t opcode, uint64_t pc, const uint64_t *x, struct operand *o)
{
	if ((opcode & 0xfffffff0) == 0 || !x)
		return false;
	if ((opcode & 0xffffffe0) == 0xd50b7420 || (opcode & 0xffffffe0) == 0xd50b7480) { /* DC ZVA, GZVA */
		unsigned rt = opcode & 31;

		o->va = (rt == 31 ? 0 : x[rt]) & ~63ull; /* DCZID_EL0.BS of all the CPUs that QEMU models but A64FX */
		o->size = 64;
		o->store = true;
		return true;
	}
	if ((opcode & 5u << 25) != 4u << 25)
		return false;
	if ((opcode & 0x3f000000) == 0x08000000)
		return exclusive(opcode, x, o);
	if ((opcode & 0xbe000000) == 0x0c000000)
		return vectors(opcode, x, o);
	switch (opcode & 0x3b000000) {
	case 0x18000000:
		return literal(opcode, pc, o);
	case 0x19000000:
		return unscaled(opcode, x, o);
	case 0x28000000:
	case 0x29000000:
		return pair(opcode, x, o);
	case 0x38000000:
	case 0x39000000:
		return single(opcode, x, o);
	}
	return false;
}
