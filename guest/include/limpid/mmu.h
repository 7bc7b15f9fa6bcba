/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MMU: one address space, identity mapped at boot, that tests may change; and the switch.
 *
 * RAM is mapped Normal write-back inner shareable by the largest blocks, except for the image, the stacks and the
 * tables, which are mapped by pages: a block that a test splits never holds what splits it. Devices are mapped
 * Device-nGnRE where a driver asks. Everything else is invalid.
 *
 * Changes are made on any one CPU at a time and hold for all of them.
 */
#ifndef LIMPID_MMU_H
#define LIMPID_MMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <limpid/page_alloc.h>
#include <limpid/types.h>

/* Memory types; the value is the index into MAIR. Source: Arm ARM (DDI 0487), "Memory types and attributes". */
enum mem_type {
	MEM_DEVICE_nGnRnE,
	MEM_DEVICE_nGnRE,
	MEM_NORMAL_NC,
	MEM_NORMAL_WT,
	MEM_NORMAL_WB,
	MEM_NORMAL_TAGGED, /* write-back, with allocation tags: only where the CPU has FEAT_MTE2 */
};

/* Permissions. Reading at our own level is always allowed. */
#define PROT_READ  0u
#define PROT_WRITE (1u << 0)
#define PROT_EXEC  (1u << 1)
#define PROT_USER  (1u << 2) /* EL0 has the same access; memory that it may write we cannot execute */

struct mmu_translation {
	pa_t pa;
	enum mem_type type;
	unsigned int prot;
	unsigned int level; /* of the descriptor: 1 and 2 are blocks, 3 a page */
	uint64_t size;      /* of the block or page, bytes */
	uint64_t descriptor;
};

/* Maps [va, va + size) to pa. All page aligned. Nothing may be mapped there. Out of table memory: panics. */
void mmu_map(va_t va, pa_t pa, uint64_t size, enum mem_type type, unsigned int prot);

/* Changes type and permissions of what is mapped in [va, va + size); splits blocks; break-before-make where wanted. */
void mmu_protect(va_t va, uint64_t size, enum mem_type type, unsigned int prot);

/* Makes [va, va + size) invalid. No TLB holds it any more on return. */
void mmu_unmap(va_t va, uint64_t size);

/* Translates by walking the tables. False: nothing is mapped at va. */
bool mmu_walk(va_t va, struct mmu_translation *out);

/* An address range of at least size bytes that nothing is mapped at and no RAM or device has, page aligned; never given
 * twice. */
va_t mmu_reserve_va(uint64_t size);

/* Maps a device at its own address, page by page; what is mapped as a device already stays. Returns the address. */
uint64_t io_map(pa_t base, uint64_t size);

/* Whether the machine has this granule. Source: Arm ARM (DDI 0487), "ID_AA64MMFR0_EL1", TGran4, TGran16, TGran64. */
bool mmu_granule_supported(uint64_t size);

/* Whether this CPU's MMU is on. */
bool mmu_enabled(void);

/*
 * Switches this CPU's MMU and data cache off; the caller, its stack and its variables carry on in memory.
 *
 * On return, the image, all stacks, and all memory that the allocators ever handed out have their newest value in
 * memory and no copy in a cache. Other memory (the device tree, say) has whatever was cleaned by hand. The cost grows
 * with the memory in use and not with the size of RAM. Memory that another CPU goes on writing through its cache is
 * that CPU's to clean.
 *
 * While the MMU is off: locks do not exclude, since exclusives need Normal memory; no memory can be had from the
 * allocators, whose bookkeeping is shared through the cache; and no other CPU can be called. An EXPECT prints, and
 * works.
 *
 * Already off: does nothing.
 */
void mmu_disable(void);

/* The way back: what was written with the MMU off is what is read with it on. Already on: does nothing. */
void mmu_enable(void);

#endif
