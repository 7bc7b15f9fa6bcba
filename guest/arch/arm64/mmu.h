/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between mmu.c, mmu.S and the code that starts CPUs.
 */
#ifndef ARM64_MMU_H
#define ARM64_MMU_H

#include <stdbool.h>
#include <stdint.h>
#include <limpid/mmu.h>

/* What a CPU loads to use the current tables. In two registers, so that C can return it to code without a stack. */
struct mmu_regs {
	uint64_t ttbr0;
	uint64_t tcr;
};

struct mmu_regs mmu_regs(void);

/* Called by head.S with the MMU off: tables for the image and the header of the device tree. */
struct mmu_regs early_tables_build(uint64_t fdt);

/* Whether the entry that a translation fault at va found invalid was so only while another CPU changed it. */
bool mmu_fault_was_transient(uint64_t va);

/* Whether a read at this address would find Normal memory, in whatever regime this CPU is in. */
bool address_is_normal(uint64_t address);

/* mmu.S */
void mmu_install(uint64_t ttbr0, uint64_t tcr, uint64_t mair, uint64_t sctlr, uint64_t el);
void mmu_off_leaf(const void *start0, const void *end0, uint64_t start1, uint64_t end1);
void mmu_on_leaf(const void *start0, const void *end0, uint64_t start1, uint64_t end1);

#endif
