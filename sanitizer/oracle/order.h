/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * order.h - which operations of an agent wait for which earlier ones, once it is known under which attributes each
 * accesses memory.
 *
 * Source: DDI 0487, "Definition of the Arm memory model" (dependency-, barrier- and location-ordered-before) for loads
 * and stores; "Ordering and completion of data and instruction cache instructions" for DC.
 */
#ifndef ORACLE_ORDER_H
#define ORACLE_ORDER_H

#include "program.h"

struct order {
	/* What an access or DC is in effect: M=0 makes it Device, C=0 Non-cacheable. */
	struct mapping as[PROGRAM_PES][PROGRAM_OPS];
	/* Masks of earlier operations of the same agent: those that come first ... */
	uint8_t after[PROGRAM_PES][PROGRAM_OPS];
	/* ... the store that a load may take its value from before that store is seen by anybody, or NO_OP ... */
	uint8_t forward[PROGRAM_PES][PROGRAM_OPS];
	/* ... DCs that must have taken effect, and take none later ... */
	uint8_t closes[PROGRAM_PES][PROGRAM_OPS];
	/* ... invalidations that must have taken effect, on what this access sees at least. */
	uint8_t sees[PROGRAM_PES][PROGRAM_OPS];
};

/* The attributes under which agent @pe makes its operation @op with SCTLR.M and C as in @sctlr. */
struct mapping order_attributes(const struct program *p, unsigned pe, unsigned op, unsigned sctlr);

/* The set (bit n: value n of M and C) under which @op may be executed: both, between the MSR and its ISB. */
unsigned order_regimes(const struct program *p, unsigned pe, unsigned op);

/* Fills in everything but @order->as, from it. */
void order_derive(const struct program *p, struct order *order);

bool operation_is_access(unsigned operation);
bool operation_is_dc(unsigned operation);
bool mapping_is_cacheable(struct mapping m);

#endif
