/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the steps of the boot. The order is the one of the functions.
 */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include <limpid/boot.h>

/* The image, by the linker script. */
extern char _image_start[], _text_end[], _data_start[], _image_end[];

/* head.S: the page below the boot stack. */
extern char boot_stack_guard[];

/*
 * The common part: the MMU is on with somebody's tables, handover is filled, boot services have ended, exceptions are
 * masked and the stack is ours. Reads the machine, takes over the MMU, runs the tests, powers off.
 */
_Noreturn void boot_main(void);

/* Chooses which RAM is whose; machine has its regions. */
void memory_plan(unsigned int granule_shift);

/*
 * Core memory: tables and stacks. Mapped by pages and never freed; its contents are undefined, and it is aligned to its
 * size rounded up to a power of two. Works before memory_plan() for what little the early tables need.
 */
void *core_alloc(size_t size);
struct mem_range core_used(void);
struct mem_range core_range(void);

/* Builds our tables for all RAM and takes the CPU over to them, at the exception level that the options ask for. */
void mmu_init(unsigned int granule_shift);

/* CPU 0 has its place, so that exceptions find it; then all that the machine has. */
void smp_early_init(void);
void smp_init(void);

/*
 * Until mmu_init(): what the early tables, of a boot by the Linux protocol, must have besides the image. Under UEFI
 * everything is mapped already, and this does nothing.
 */
enum early_type { EARLY_NORMAL, EARLY_DEVICE };
void early_map(uint64_t base, uint64_t size, enum early_type type);

/* The first physical address that our tables cannot map. */
uint64_t mmu_reachable(void);

/* Masks all exceptions of this CPU; lets SErrors through again. */
void mask_exceptions(void);
void unmask_serror(void);

/* The registers of the regime that this CPU is in, whoever set it up. */
void entry_state_read(struct entry_state *state);

/* Records how UEFI's tables, which are in use, map what we know of. */
void handover_record(void);

/* head.S: goes on with fn() on the boot stack. */
_Noreturn void boot_on_stack(void (*fn)(void));

/* Ends through UEFI's runtime services, if there are any. */
void efi_reset(void);

#endif
