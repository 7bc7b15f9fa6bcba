/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * register_table.h - the registers that rule S1 follows, and what looks at each without naming it. The first entry of a
 * register names it; a register may have several.
 */
#ifndef MODEL_REGISTER_TABLE_H
#define MODEL_REGISTER_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "encodings.h"

#define USES(use) (1u << (use))

/* What depends on a register is said by code, in registers.c. */
enum family {
	FAMILY_NONE,
	FAMILY_SRE,
	FAMILY_GIC,       /* a register of the CPU interface that bears on which interrupt it gives */
	FAMILY_SGI,       /* generates interrupts */
	FAMILY_PMU,       /* what is counted */
	FAMILY_PMU_EVENT, /* PMEVTYPERn_EL0 */
	FAMILY_DEBUG,
};

struct register_info {
	const char *name;
	uint64_t bits; /* those that the use looks at */
	uint32_t uses; /* USES() of enum register_use */
	uint16_t reg;
	uint16_t mask;       /* bits of the encoding that tell the register from its like; 0: all */
	uint16_t depends[3]; /* of USE_READ, USE_WRITE and USE_VECTOR; in FAMILY_NONE */
	uint8_t to_el;       /* whose accesses it governs: 1 also means EL0; 0: everyone's */
	uint8_t severity;    /* enum severity */
	uint8_t family;      /* enum family */
};

extern const struct register_info register_table[];
extern const unsigned register_table_size;

static inline bool register_is(const struct register_info *info, uint16_t reg)
{
	return info->mask ? (reg & info->mask) == info->reg : reg == info->reg;
}

#define ALL_BITS (~0ull)

#define PMCR_E (1ull << 0)
#define PMCR_P (1ull << 1)
#define PMCR_C (1ull << 2)

#define MDSCR_SS   (1ull << 0)
#define MDSCR_KDE  (1ull << 13)
#define MDSCR_MDE  (1ull << 15)
#define MDSCR_BITS (MDSCR_SS | MDSCR_KDE | MDSCR_MDE)

#endif
