/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two headers of the image, and its three entries.
 *
 *   linux_entry      Linux boot protocol: MMU off, x0 = FDT, EL1 or EL2
 *   efi_entry        UEFI application: MMU on, x0 = image handle, x1 = system table, on the firmware's stack
 *   secondary_entry  PSCI CPU_ON: MMU off, x0 = a struct secondary_boot, EL1 or EL2
 *
 * Source: Linux, Documentation/arch/arm64/booting.rst; Microsoft PE Format; UEFI 2.10, 2.3.6 "AArch64 Platforms";
 * PSCI (DEN 0022), "CPU_ON", "Initial core configuration".
 */
#include "asm.h"

	.section .head, "ax"
head:
	/* "MZ" for UEFI; for a CPU an instruction that changes only the flags. */
	ccmp	x18, #0, #0xd, pl
	b	linux_entry
	.quad	0				/* text_offset: load at any 2 MiB boundary */
	.quad	_pe_image_size			/* image_size, BSS included */
	.quad	0xa				/* little endian, 4 KiB pages, anywhere in RAM */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	.Lpe - head

	.balign	8
.Lpe:
	.ascii	"PE\0\0"
	.short	0xaa64				/* machine: ARM64 */
	.short	2				/* sections */
	.long	0, 0, 0				/* time, symbols */
	.short	.Lsections - .Loptional
	.short	0x206				/* executable, line numbers and debug stripped; not relocs stripped */
.Loptional:
	.short	0x20b				/* PE32+ */
	.byte	2, 20				/* linker version */
	.long	_pe_text_size
	.long	_pe_data_raw_size
	.long	0
	.long	_pe_entry_rva
	.long	0x1000				/* base of code */
	.quad	0				/* image base */
	.long	0x1000				/* section alignment: EDK2 protects sections page by page */
	.long	0x200				/* file alignment */
	.long	0				/* OS version */
	.long	0				/* image version */
	.long	0				/* subsystem version */
	.long	0
	.long	_pe_image_size
	.long	0x1000				/* size of headers */
	.long	0				/* checksum */
	.short	10				/* subsystem: EFI application */
	.short	0x100				/* NX compatible: sections are either W or X */
	.quad	0, 0, 0, 0			/* stack and heap: unused by UEFI */
	.long	0
	.long	6				/* data directories: EDK2 refuses an image without them */
	.quad	0, 0, 0, 0, 0, 0
.Lsections:
	.ascii	".text\0\0\0"
	.long	_pe_text_size, 0x1000, _pe_text_size, 0x1000
	.long	0, 0
	.short	0, 0
	.long	0x60000020			/* code, executable, readable */
	.ascii	".data\0\0\0"
	.long	_pe_data_size, _pe_data_rva, _pe_data_raw_size, _pe_data_rva
	.long	0, 0
	.short	0, 0
	.long	0xc0000040			/* initialized data, readable, writable */

/*
 * linux_entry: the Linux boot protocol.
 *
 * Entry: MMU off, so data accesses are Device-nGnRnE. The loaded bytes of the image are clean to the PoC, but any line of
 * it may still sit in a cache, and a line of .bss, which was not loaded, may even be dirty.
 *
 * What is written here with the MMU off is bracketed: a dirty line of .bss may not be evicted over it later (clean and
 * invalidate before), and a clean line that a cache still holds may not be read instead of it (invalidate after).
 */
	.section .text.entry, "ax"
	fdt	.req x19
	start	.req x20
	end	.req x21

linux_entry:
	mrs	x27, daif
	msr	daifset, #0xf
	msr	spsel, #1
	msr	tpidr_el1, xzr			/* no struct cpu yet */
	mov	fdt, x0
	mrs	x28, cntpct_el0			/* the virtual counter may still have an offset */
	/* What the boot loader left in the registers that mmu_install changes: struct entry_state, in x22 to x28. */
	mrs	x22, CurrentEL
	lsr	x22, x22, #2
	cmp	x22, #2
	b.eq	1f
	mrs	x23, sctlr_el1
	mrs	x24, tcr_el1
	mrs	x25, mair_el1
	mrs	x26, ttbr0_el1
	b	2f
1:	mrs	x23, sctlr_el2
	mrs	x24, tcr_el2
	mrs	x25, mair_el2
	mrs	x26, ttbr0_el2
2:
	adrp	start, _data_start
	adrp	end, _image_end

	dcache_by_va civac, start, end, x2, x3
	/* The write-backs above reach memory before the Device stores below do. */
	dsb	sy

	bl	clear_bss
	bl	relocate
	adrp	x0, boot_stack
	add	sp, x0, #BOOT_STACK_SIZE
	mov	x29, #0
	mov	x0, fdt
	bl	early_tables_build		/* x0 = TTBR0, x1 = TCR: nothing of the stack is used after it */

	/* The Device stores above reach memory before the lines are dropped. */
	dmb	sy
	dcache_by_va ivac, start, end, x2, x3
	/* The lines are gone before an access through the cache can hit one: M is set after this. */
	dsb	sy

	mov_imm	x2, MAIR_INIT
	mov_imm	x3, SCTLR_INIT
	mov	x4, #0				/* EL2 with VHE, else EL1 */
	bl	mmu_install
	adrp	x0, boot_stack
	add	sp, x0, #BOOT_STACK_SIZE
	stp	x22, x23, [sp, #-64]!
	stp	x24, x25, [sp, #16]
	stp	x26, x27, [sp, #32]
	str	x28, [sp, #48]
	mov	x29, #0
	mov	x0, fdt
	mov	x1, sp
	bl	linux_main
	b	.

	.unreq	fdt
	.unreq	start
	.unreq	end

/*
 * clear_bss, relocate: make the image what C expects, wherever it is. Clobber x0-x5. With the MMU off or on.
 */
clear_bss:
	adrp	x0, _bss_start
	adrp	x1, _image_end			/* both page aligned */
1:	stp	xzr, xzr, [x0], #16
	cmp	x0, x1
	b.lo	1b
	ret

/* Elf64_Rela {offset, info, addend}; the image is linked at 0, so its load address is the bias. */
relocate:
	adrp	x0, _image_start
	adrp	x1, _rela_start
	add	x1, x1, :lo12:_rela_start
	adrp	x2, _rela_end
	add	x2, x2, :lo12:_rela_end
1:	cmp	x1, x2
	b.hs	2f
	ldp	x3, x4, [x1]
	ldr	x5, [x1, #16]
	add	x1, x1, #24
	cmp	w4, #R_AARCH64_RELATIVE
	b.ne	1b				/* GNU ld leaves R_AARCH64_NONE at the end */
	add	x5, x5, x0
	str	x5, [x0, x3]
	b	1b
2:	ret

/*
 * efi_entry: MMU and caches on, on the firmware's stack, with 128 KiB of it (UEFI 2.10, 2.3.6). All writes here go through
 * the cache. Returns to the firmware only with an error from before ExitBootServices().
 */
	.globl	efi_entry
efi_entry:
	stp	x29, x30, [sp, #-32]!
	mov	x29, sp
	stp	x0, x1, [sp, #16]
	bl	clear_bss
	bl	relocate
	ldp	x0, x1, [sp, #16]
	bl	efi_main
	ldp	x29, x30, [sp], #32
	ret

/*
 * secondary_entry: PSCI CPU_ON.
 *
 * In: x0 = struct secondary_boot, which smp.c cleaned to the PoC, and this code is clean to the PoC too. Writes nothing until
 * the MMU is on, so there is nothing to invalidate.
 */
	.globl	secondary_entry
secondary_entry:
	msr	daifset, #0xf
	msr	spsel, #1
	msr	tpidr_el1, xzr
	ldp	x5, x6, [x0, #SECONDARY_STACK]		/* stack top, struct cpu */
	ldr	x4, [x0, #SECONDARY_EL]
	ldp	x2, x3, [x0, #SECONDARY_MAIR]		/* MAIR, SCTLR */
	ldp	x0, x1, [x0, #SECONDARY_TTBR]		/* TTBR0, TCR */
	mov	x20, x6
	mov	sp, x5
	bl	mmu_install
	mov	x29, #0
	mov	x0, x20
	bl	secondary_main
	b	.

/*
 * boot_on_stack(fn): goes on with fn(), which does not return, on the boot stack.
 */
	.globl	boot_on_stack
boot_on_stack:
	msr	spsel, #1
	adrp	x1, boot_stack
	add	sp, x1, #BOOT_STACK_SIZE
	mov	x29, #0
	blr	x0
	b	.

	.section .bss
	.balign	4096
	.globl	boot_stack_guard
boot_stack_guard:
	.skip	STACK_GUARD
boot_stack:
	.skip	BOOT_STACK_SIZE
