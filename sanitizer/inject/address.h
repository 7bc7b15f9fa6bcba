/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * address.h - where a load or store will go, from its bits and the registers before it. No QEMU.
 *
 * Source: DDI 0487, "A64 Instruction Set Encoding", "Loads and Stores".
 */
#ifndef INJECT_ADDRESS_H
#define INJECT_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

struct operand {
	uint64_t va;
	unsigned size; /* bytes, all registers of the instruction together */
	bool store;    /* it writes, or may: a read-modify-write does */
};

/*
 * @x: X0 to X30 and SP. Of DC ZVA the 64 bytes at its operand: how many it zeroes is the CPU's. False: no load or
 * store, a prefetch, or one that is not covered: SVE, SME, FEAT_MOPS, tags.
 */
bool address_of(uint32_t opcode, uint64_t pc, const uint64_t *x, struct operand *operand);

#endif
