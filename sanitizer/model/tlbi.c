/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a TLBI covers, by its opcode and operand: rule T6. Source: DDI 0487, "A64 System instructions for TLB
 * maintenance".
 */
#include <stdio.h>

#include "tables.h"

#define OP1(op) ((op) >> 11 & 7)
#define CRN(op) ((op) >> 7 & 15)
#define CRM(op) ((op) >> 3 & 15)
#define OP2(op) ((op)&7)

#define HCR_FB (1ull << 9)

enum reach { REACH_LOCAL, REACH_INNER, REACH_OUTER };

/* CRm says who and whether a range is named: 0, 4: stage 2 forms. */
static bool reach_of(unsigned crm, enum reach *reach, bool *range)
{
	static const struct {
		uint8_t crm, reach;
		bool range;
	} forms[] = {
		{1, REACH_OUTER, false},
		{2, REACH_INNER, true},
		{3, REACH_INNER, false},
		{5, REACH_OUTER, true},
		{6, REACH_LOCAL, true},
		{7, REACH_LOCAL, false},
	};

	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (forms[i].crm != crm)
			continue;
		*reach = forms[i].reach;
		*range = forms[i].range;
		return true;
	}
	return false;
}

static uint64_t sign_extended(uint64_t value, unsigned bits)
{
	return (uint64_t)((int64_t)(value << (64 - bits)) >> (64 - bits));
}

static void name_va(struct tlbi_scope *scope, uint64_t operand, bool range, bool stage2)
{
	static const uint8_t granules[4] = {12, 12, 14, 16};
	unsigned granule = granules[operand >> 46 & 3];

	scope->by_va = true;
	if (range) {
		unsigned count = operand >> 39 & 31, scale = operand >> 44 & 3;

		scope->va = sign_extended(operand & ((1ull << 37) - 1), 37) << granule;
		scope->size = ((uint64_t)(count + 1) << (5 * scale + 1)) << granule;
	} else {
		scope->va = sign_extended(operand & ((1ull << 44) - 1), 44) << 12;
		scope->size = 1ull << 12;
		scope->ttl = operand >> 44 & 15;
		if (!(scope->ttl >> 2))
			scope->ttl = 0;
	}
	if (stage2)
		scope->va &= (1ull << 52) - 1;
	else
		scope->asid = (uint16_t)(operand >> 48);
}

static bool decode_stage2(unsigned crm, unsigned op2, uint64_t operand, struct tlbi_scope *scope)
{
	bool range, local;

	if (crm == 0 && (op2 & 3) && (op2 & 3) != 3) { /* IPAS2(L)E1IS: 1, 5; RIPAS2(L)E1IS: 2, 6 */
		range = (op2 & 3) == 2;
		local = false;
	} else if (crm == 4) { /* 0, 4: OS; 1, 5: local; 2, 6: local range; 3, 7: OS range */
		range = (op2 & 3) >= 2;
		local = (op2 & 3) == 1 || (op2 & 3) == 2;
	} else {
		return false;
	}
	scope->stage2 = true;
	scope->local = local;
	scope->last_level = op2 >> 2;
	scope->any_asid = true;
	name_va(scope, operand, range, true);
	return true;
}

bool tlbi_decode(const struct cpu *cpu, const struct tlbi *t, struct tlbi_scope *scope)
{
	unsigned op1 = OP1(t->opcode), crm = CRM(t->opcode), op2 = OP2(t->opcode);
	bool host = cpu_is_host(cpu), range;
	enum reach reach;

	*scope = (struct tlbi_scope){0};
	if ((CRN(t->opcode) != 8 && CRN(t->opcode) != 9) || (op1 != 0 && op1 != 4 && op1 != 6))
		return false;
	if (op1 == 4 && (crm == 0 || crm == 4))
		return decode_stage2(crm, op2, t->operand, scope);
	if (!reach_of(crm, &reach, &range))
		return false;
	if (op1 == 0)
		*(t->at.el >= 2 && host ? &scope->el20 : &scope->el10) = true;
	else if (op1 == 4)
		*(cpu->hcr & HCR_E2H ? &scope->el20 : &scope->el2) = true;
	else
		scope->el3 = true;
	scope->local = reach == REACH_LOCAL && !(t->at.el == 1 && cpu->hcr & HCR_FB);
	switch (op2) {
	case 0: /* VMALLE1, ALLE2, ALLE3 */
		return !range;
	case 1: /* VAEx */
	case 5: /* VALEx */
		name_va(scope, t->operand, range, false);
		scope->any_asid = op1 == 6 || (op1 == 4 && !(cpu->hcr & HCR_E2H));
		break;
	case 2: /* ASIDE1 */
		scope->by_asid = true;
		scope->asid = (uint16_t)(t->operand >> 48);
		return op1 == 0 && !range;
	case 3: /* VAAE1 */
	case 7: /* VAALE1 */
		name_va(scope, t->operand, range, false);
		scope->any_asid = true;
		break;
	case 4: /* ALLE1 */
	case 6: /* VMALLS12E1 */
		*scope = (struct tlbi_scope){.el10 = true, .stage2 = true, .local = scope->local};
		return op1 == 4 && !range;
	}
	scope->last_level = op2 >> 2;
	return true;
}

const char *tlbi_name(uint16_t opcode, char buffer[TLBI_NAME])
{
	static const char *const el1[8] = {"VMALL", "VA", "ASID", "VAA", "?", "VAL", "?", "VAAL"};
	static const char *const el23[8] = {"ALL", "VA", "?", "?", "ALLE1", "VAL", "VMALLS12", "?"};
	unsigned op1 = OP1(opcode), crm = CRM(opcode), op2 = OP2(opcode);
	enum reach reach = REACH_LOCAL;
	bool range = false;
	const char *nxs = CRN(opcode) == 9 ? "nXS" : "";

	if (op1 == 4 && (crm == 0 || crm == 4)) {
		range = crm ? (op2 & 3) >= 2 : (op2 & 3) == 2;
		snprintf(buffer, TLBI_NAME, "%sIPAS2%sE1%s%s", range ? "R" : "", op2 & 4 ? "L" : "",
			!crm                               ? "IS"
			: (op2 & 3) == 0 || (op2 & 3) == 3 ? "OS"
							   : "",
			nxs);
		return buffer;
	}
	reach_of(crm, &reach, &range);
	snprintf(buffer, TLBI_NAME, "%s%sE%c%s%s", range ? "R" : "", op1 ? el23[op2] : el1[op2],
		op1 == 6                           ? '3'
		: op1 == 4 && op2 != 4 && op2 != 6 ? '2'
						   : '1',
		reach == REACH_INNER   ? "IS"
		: reach == REACH_OUTER ? "OS"
				       : "",
		nxs);
	if (op1 == 4 && op2 == 4)
		snprintf(buffer, TLBI_NAME, "ALLE1%s%s",
			reach == REACH_INNER   ? "IS"
			: reach == REACH_OUTER ? "OS"
					       : "",
			nxs);
	return buffer;
}
