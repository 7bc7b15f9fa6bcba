/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode.h - what of an A64 instruction matters here, from its bits alone. No state, no QEMU.
 *
 * Source: DDI 0487, "A64 Instruction Set Encoding"; rules A*, C6, S1.
 */
#ifndef PLUGIN_DECODE_H
#define PLUGIN_DECODE_H

#include <stdbool.h>
#include <stdint.h>

enum op {
	OP_OTHER,
	OP_DC,      /* by VA: sub = enum dc_op */
	OP_SET_WAY, /* sub = enum set_way_op */
	OP_ZVA,     /* DC ZVA and GZVA: a store that QEMU makes no callback for. GVA writes tags only */
	OP_IC,      /* sub = enum ic_op */
	OP_TLBI,
	OP_AT,
	OP_BARRIER, /* sub = barrier kind | domain << 2 | types << 4 */
	OP_ISB,
	OP_MSR,
	OP_MRS,
	OP_ERET,
	OP_SVC,
	OP_HVC,
	OP_SMC,
	OP_WAIT, /* WFI, WFIT */
	OP_WFE,  /* WFE, WFET */
	OP_SEV,  /* not SEVL, which only this CPU hears */
	OP_COPY, /* FEAT_MOPS: the prologue of a memory copy */
	OP_SET,  /* FEAT_MOPS: the prologue of a memory set */
};

struct decoded {
	uint8_t op; /* enum op */
	uint8_t sub;
	uint8_t rt;      /* Xt of a system instruction; 31: XZR. Xd of OP_COPY and OP_SET */
	uint8_t rs, rn;  /* OP_COPY, OP_SET */
	uint16_t reg;    /* SYSREG() of MSR, MRS, AT, TLBI, as encoded; the low half of the key of USE_PAC, 0: none */
	uint8_t access;  /* ACCESS_EXCLUSIVE, ACCESS_ATOMIC */
	uint8_t element; /* bytes of one element of a load or store, 0: that of the access */
	uint8_t use;     /* enum register_use + 1 of FP, SVE, SME and PAC instructions, 0: none */
	bool memory;     /* a load or store */
};

struct decoded decode(uint32_t opcode);

/* Is @opcode, which stores, a store-release? Not STLLR, which orders within its region only. */
bool decode_releases(uint32_t opcode);

/*
 * The register that an MSR or MRS with encoding @reg accesses at @el when HCR_EL2.E2H is @e2h: at EL2 the names of EL1
 * mean those of EL2, and the names with _EL12 and _EL02 those of EL1.
 */
uint16_t decode_redirect(uint16_t reg, unsigned el, bool e2h);

#endif
