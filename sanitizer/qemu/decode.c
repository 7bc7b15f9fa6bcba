/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode.h"

#include "model/event.h"

/* SYS instructions, as SYSREG(1, op1, CRn, CRm, op2). */
static const struct {
	uint16_t code;
	uint8_t op, sub;
} sys_table[] = {
	{SYSREG(1, 0, 7, 1, 0), OP_IC, IC_IALLUIS},
	{SYSREG(1, 0, 7, 5, 0), OP_IC, IC_IALLU},
	{SYSREG(1, 3, 7, 5, 1), OP_IC, IC_IVAU},
	{SYSREG(1, 0, 7, 6, 1), OP_DC, DC_IVAC},
	{SYSREG(1, 0, 7, 6, 2), OP_SET_WAY, SET_WAY_ISW},
	{SYSREG(1, 0, 7, 10, 2), OP_SET_WAY, SET_WAY_CSW},
	{SYSREG(1, 0, 7, 14, 2), OP_SET_WAY, SET_WAY_CISW},
	{SYSREG(1, 3, 7, 10, 1), OP_DC, DC_CVAC},
	{SYSREG(1, 3, 7, 11, 1), OP_DC, DC_CVAU},
	{SYSREG(1, 3, 7, 12, 1), OP_DC, DC_CVAP},
	{SYSREG(1, 3, 7, 13, 1), OP_DC, DC_CVADP},
	{SYSREG(1, 3, 7, 14, 1), OP_DC, DC_CIVAC},
	{SYSREG(1, 3, 7, 4, 1), OP_ZVA, 0},
	{SYSREG(1, 3, 7, 4, 4), OP_ZVA, 0}, /* GZVA */
	/* FEAT_MTE: data and tags; those of tags alone do nothing to data. */
	{SYSREG(1, 0, 7, 6, 5), OP_DC, DC_IVAC},
	{SYSREG(1, 3, 7, 10, 5), OP_DC, DC_CVAC},
	{SYSREG(1, 3, 7, 12, 5), OP_DC, DC_CVAP},
	{SYSREG(1, 3, 7, 13, 5), OP_DC, DC_CVADP},
	{SYSREG(1, 3, 7, 14, 5), OP_DC, DC_CIVAC},
	{SYSREG(1, 0, 7, 6, 6), OP_SET_WAY, SET_WAY_ISW},
	{SYSREG(1, 0, 7, 10, 6), OP_SET_WAY, SET_WAY_CSW},
	{SYSREG(1, 0, 7, 14, 6), OP_SET_WAY, SET_WAY_CISW},
};

/* AP*KeyLo_EL1: instruction keys A and B, data keys A and B. */
static const uint16_t keys[4] = {
	SYSREG_APIAKeyLo_EL1, SYSREG_APIBKeyLo_EL1, SYSREG_APDAKeyLo_EL1, SYSREG_APDBKeyLo_EL1};
#define KEY_GENERIC SYSREG_APGAKeyLo_EL1

static void decode_pac(struct decoded *d, uint16_t key)
{
	d->use = USE_PAC + 1;
	d->reg = key;
}

static void decode_sys(struct decoded *d)
{
	unsigned crn = SYSREG_CRN(d->reg), crm = SYSREG_CRM(d->reg);

	if (crn == 8 || crn == 9) {
		d->op = OP_TLBI;
	} else if (crn == 7 && (crm == 8 || crm == 9)) {
		d->op = OP_AT;
	} else {
		for (unsigned i = 0; i < sizeof(sys_table) / sizeof(sys_table[0]); i++) {
			if (sys_table[i].code == d->reg) {
				d->op = sys_table[i].op;
				d->sub = sys_table[i].sub;
			}
		}
	}
}

static void decode_barrier(struct decoded *d, uint32_t opcode)
{
	unsigned crm = opcode >> 8 & 15, op2 = opcode >> 5 & 7;
	unsigned kind = op2 == 5 ? BARRIER_DMB : BARRIER_DSB;
	unsigned types = (crm & 3) == 1 ? BARRIER_LOADS : (crm & 3) == 2 ? BARRIER_STORES : BARRIER_FULL;

	if (op2 == 6) {
		d->op = OP_ISB;
		return;
	}
	if (op2 == 1) /* DSB nXS: always of loads and stores */
		types = BARRIER_FULL;
	else if (op2 != 4 && op2 != 5)
		return;
	else if (op2 == 4 && (crm == 0 || crm == 4)) /* SSBB, PSSBB */
		return;
	d->op = OP_BARRIER;
	d->sub = kind | (crm >> 2) << 2 | types << 4;
}

static void decode_system(struct decoded *d, uint32_t opcode)
{
	unsigned op0 = opcode >> 19 & 3;
	bool read = opcode >> 21 & 1;

	d->rt = opcode & 31;
	d->reg = SYSREG_OF_OPCODE(opcode);
	if ((opcode & 0xfffff01f) == 0xd503301f) {
		decode_barrier(d, opcode);
	} else if ((opcode & 0xfffff01f) == 0xd503201f) {
		unsigned hint = opcode >> 5 & 127;

		/* WFE waits for somebody's store or SEV, in a loop that may wake for nothing: it is not as WFI. */
		if (hint == 2)
			d->op = OP_WFE;
		else if (hint == 3)
			d->op = OP_WAIT;
		else if (hint == 4)
			d->op = OP_SEV;
		else if (hint == 8 || hint == 10 || hint == 12 || hint == 14 || (hint >= 24 && hint < 32))
			decode_pac(d, keys[hint >> 1 & 1]);
	} else if ((opcode & 0xffffffe0) == 0xd5031000) {
		d->op = OP_WFE; /* WFET */
	} else if ((opcode & 0xffffffe0) == 0xd5031020) {
		d->op = OP_WAIT; /* WFIT */
	} else if (op0 == 1 && !read) {
		decode_sys(d);
	} else if (op0 >= 2) {
		d->op = read ? OP_MRS : OP_MSR;
		if (d->reg == SYSREG_SVCR)
			d->use = USE_SME + 1;
	} else if ((opcode & 0xfffff0ff) == 0xd503407f) {
		d->use = USE_SME + 1; /* SMSTART, SMSTOP */
	}
}

static void decode_memory(struct decoded *d, uint32_t opcode)
{
	unsigned size = opcode >> 30;
	bool vector = opcode >> 26 & 1;

	if ((opcode & 0x3b200c00) == 0x19000400 && size == 0) { /* FEAT_MOPS */
		unsigned stage = opcode >> 22 & 3;

		d->rt = opcode & 31;
		d->rn = opcode >> 5 & 31;
		d->rs = opcode >> 16 & 31;
		if (stage == 0)
			d->op = OP_COPY;
		else if (stage == 3 && (opcode >> 14 & 3) == 0)
			d->op = OP_SET;
		return;
	}
	d->memory = true;
	if (vector)
		d->use = USE_FP + 1;
	if ((opcode & 0x3f000000) == 0x08000000) {
		bool o2 = opcode >> 23 & 1, o1 = opcode >> 21 & 1;

		if (!o2 && o1 && size < 2) {
			d->access = ACCESS_ATOMIC; /* CASP */
			d->element = size ? 16 : 8;
		} else if (!o2) {
			d->access = ACCESS_EXCLUSIVE;
			if (o1)
				d->element = size & 1 ? 16 : 8;
		} else if (o1) {
			d->access = ACCESS_ATOMIC; /* CAS */
		}
	} else if ((opcode & 0x3b200c00) == 0x38200000 && !vector) {
		if ((opcode & 0x3ffffc00) != 0x38bfc000) /* LDAPR */
			d->access = ACCESS_ATOMIC;
	} else if ((opcode & 0x3a000000) == 0x28000000) { /* pairs */
		d->element = vector ? 4 << size : size == 2 ? 8 : 4;
	} else if ((opcode & 0xbe000000) == 0x0c000000) { /* LD1 to LD4 */
		d->element = 1 << (opcode >> 10 & 3);
	} else if ((opcode & 0x3b200400) == 0x38200400 && !vector) {
		decode_pac(d, keys[2 + (opcode >> 23 & 1)]); /* LDRAA, LDRAB */
	}
}

struct decoded decode(uint32_t opcode)
{
	struct decoded d = {.rt = 31};
	unsigned group = opcode >> 25 & 15;

	if ((opcode & 0xffc00000) == 0xd5000000) {
		decode_system(&d, opcode);
	} else if ((opcode & 5 << 25) == 4u << 25) {
		decode_memory(&d, opcode);
	} else if ((group & 7) == 7) {
		d.use = USE_FP + 1;
	} else if (group == 2) {
		d.use = USE_SVE + 1;
		d.memory = opcode >> 31; /* SVE's loads and stores */
	} else if (group == 0 && opcode >> 31) {
		d.use = USE_SME + 1;
		d.memory = true;
	} else if ((opcode & 0xffe0001c) == 0xd4000000 && (opcode & 3)) {
		d.op = (opcode & 3) == 1 ? OP_SVC : (opcode & 3) == 2 ? OP_HVC : OP_SMC;
	} else if (opcode == 0xd69f03e0 || (opcode & 0xfffffbff) == 0xd69f0bff) {
		d.op = OP_ERET;
		if (opcode != 0xd69f03e0)
			decode_pac(&d, keys[opcode >> 10 & 1]);
	} else if ((opcode & 0xffffc000) == 0xdac10000) {
		decode_pac(&d, keys[opcode >> 10 & 3]);
	} else if ((opcode & 0xfe9ff800) == 0xd61f0800) {
		decode_pac(&d, keys[opcode >> 10 & 1]); /* BRAA, BLRAA, RETAA and kin */
	} else if ((opcode & 0xffe0fc00) == 0x9ac03000) {
		decode_pac(&d, KEY_GENERIC);
	}
	return d;
}

bool decode_releases(uint32_t opcode)
{
	if ((opcode & 0x3f000000) == 0x08000000) /* STLR, STLXR, STLXP, CAS, CASP */
		return opcode >> 15 & 1;
	if ((opcode & 0x3b200c00) == 0x38200000 && !(opcode >> 26 & 1)) /* SWP, LDADD and kin */
		return opcode >> 22 & 1;
	return (opcode & 0x3fe00c00) == 0x19000000; /* STLUR */
}

/* (op1 = 0, CRn, CRm, op2) -> EL2's. What is not here keeps CRn, CRm, op2 with op1 = 4. */
static const struct {
	uint16_t el1, el2;
} redirects[] = {
	{SYSREG(3, 0, 1, 0, 0), SYSREG(3, 4, 1, 0, 0)},   /* SCTLR */
	{SYSREG(3, 0, 1, 0, 2), SYSREG(3, 4, 1, 1, 2)},   /* CPACR_EL1 -> CPTR_EL2 */
	{SYSREG(3, 0, 1, 2, 0), SYSREG(3, 4, 1, 2, 0)},   /* ZCR */
	{SYSREG(3, 0, 1, 2, 6), SYSREG(3, 4, 1, 2, 6)},   /* SMCR */
	{SYSREG(3, 0, 2, 0, 0), SYSREG(3, 4, 2, 0, 0)},   /* TTBR0 */
	{SYSREG(3, 0, 2, 0, 1), SYSREG(3, 4, 2, 0, 1)},   /* TTBR1 */
	{SYSREG(3, 0, 2, 0, 2), SYSREG(3, 4, 2, 0, 2)},   /* TCR */
	{SYSREG(3, 0, 2, 0, 3), SYSREG(3, 4, 2, 0, 3)},   /* TCR2 */
	{SYSREG(3, 0, 4, 0, 0), SYSREG(3, 4, 4, 0, 0)},   /* SPSR */
	{SYSREG(3, 0, 4, 0, 1), SYSREG(3, 4, 4, 0, 1)},   /* ELR */
	{SYSREG(3, 0, 5, 1, 0), SYSREG(3, 4, 5, 1, 0)},   /* AFSR0 */
	{SYSREG(3, 0, 5, 1, 1), SYSREG(3, 4, 5, 1, 1)},   /* AFSR1 */
	{SYSREG(3, 0, 5, 2, 0), SYSREG(3, 4, 5, 2, 0)},   /* ESR */
	{SYSREG(3, 0, 6, 0, 0), SYSREG(3, 4, 6, 0, 0)},   /* FAR */
	{SYSREG(3, 0, 10, 2, 0), SYSREG(3, 4, 10, 2, 0)}, /* MAIR */
	{SYSREG(3, 0, 10, 3, 0), SYSREG(3, 4, 10, 3, 0)}, /* AMAIR */
	{SYSREG(3, 0, 12, 0, 0), SYSREG(3, 4, 12, 0, 0)}, /* VBAR */
	{SYSREG(3, 0, 13, 0, 1), SYSREG(3, 4, 13, 0, 1)}, /* CONTEXTIDR */
	{SYSREG(3, 0, 14, 1, 0), SYSREG(3, 4, 14, 1, 0)}, /* CNTKCTL -> CNTHCTL */
};

uint16_t decode_redirect(uint16_t reg, unsigned el, bool e2h)
{
	unsigned op1 = reg >> 11 & 7;

	if (el < 2 || reg >> 14 != 3)
		return reg;
	if (op1 == 5) { /* _EL12, _EL02 */
		uint16_t plain = reg & ~(7 << 11);

		return SYSREG_CRN(reg) == 14 && SYSREG_CRM(reg) >= 2 ? plain | 3 << 11 : plain;
	}
	if (el != 2 || !e2h)
		return reg;
	for (unsigned i = 0; i < sizeof(redirects) / sizeof(redirects[0]); i++) {
		if (redirects[i].el1 == reg)
			return redirects[i].el2;
	}
	if (reg >> 3 == SYSREG(3, 3, 14, 2, 0) >> 3) /* CNTP -> CNTHP */
		return SYSREG(3, 4, 14, 2, 0) | (reg & 7);
	if (reg >> 3 == SYSREG(3, 3, 14, 3, 0) >> 3) /* CNTV -> CNTHV */
		return SYSREG(3, 4, 14, 3, 0) | (reg & 7);
	return reg;
}
