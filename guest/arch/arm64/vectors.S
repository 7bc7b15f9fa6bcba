/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exception vectors and the frame; context switching by hand.
 *
 * Source: Arm ARM (DDI 0487), "Exception vectors". The frame is struct exception_frame of arch/exception.h.
 */
#include "asm.h"

	.text

.macro vector number
	.balign	128
.if \number == 4
	check_stack
.endif
	sub	sp, sp, #FRAME_SIZE
	stp	x0, x1, [sp, #FRAME_REGS]
	mov	x0, #\number
	b	save_frame
.endm

/*
 * A stack pointer that cannot be used, after an overflow for one, makes the vector itself fault, for ever. Then ELR points into
 * the vectors: seen before anything is pushed, with a place in struct cpu and TPIDRRO_EL0 for two registers. What the first
 * exception was is lost.
 */
.macro check_stack
	msr	tpidrro_el0, x0
	mrs	x0, tpidr_el1
	cbz	x0, 5003f
	str	x1, [x0, #CPU_SCRATCH]
	adr	x0, vectors
	mrs	x1, elr_el1
	sub	x1, x1, x0
	lsr	x1, x1, #11
	cbz	x1, stack_broken
	mrs	x0, tpidr_el1
	ldr	x1, [x0, #CPU_SCRATCH]
5003:	mrs	x0, tpidrro_el0
.endm

/* Vectors need 2 KiB of alignment, which the image's 4 KiB gives. */
	.balign	2048
	.globl	vectors
vectors:
	.altmacro
	.set	i, 0
	.rept	16
	vector	%i
	.set	i, i + 1
	.endr
	.noaltmacro

stack_broken:
	add	x0, sp, #FRAME_SIZE		/* as it was */
	mov	x1, x30
	mov	x2, x29
	adrp	x3, emergency_stack + EMERGENCY_STACK_SIZE
	add	x3, x3, :lo12:emergency_stack + EMERGENCY_STACK_SIZE
	mov	sp, x3
	mov	x29, #0
	bl	exception_bad_stack

save_frame:
	stp	x2, x3, [sp, #FRAME_REGS + 16]
	stp	x4, x5, [sp, #FRAME_REGS + 32]
	stp	x6, x7, [sp, #FRAME_REGS + 48]
	stp	x8, x9, [sp, #FRAME_REGS + 64]
	stp	x10, x11, [sp, #FRAME_REGS + 80]
	stp	x12, x13, [sp, #FRAME_REGS + 96]
	stp	x14, x15, [sp, #FRAME_REGS + 112]
	stp	x16, x17, [sp, #FRAME_REGS + 128]
	stp	x18, x19, [sp, #FRAME_REGS + 144]
	stp	x20, x21, [sp, #FRAME_REGS + 160]
	stp	x22, x23, [sp, #FRAME_REGS + 176]
	stp	x24, x25, [sp, #FRAME_REGS + 192]
	stp	x26, x27, [sp, #FRAME_REGS + 208]
	stp	x28, x29, [sp, #FRAME_REGS + 224]

	/* The SP that was interrupted: SP_EL0 when it came from EL0 or with SPSel=0, else ours before the frame. */
	add	x1, sp, #FRAME_SIZE
	cmp	x0, #4
	b.lo	1f
	cmp	x0, #8
	b.lo	2f
1:	mrs	x1, sp_el0
2:	stp	x30, x1, [sp, #FRAME_REGS + 240]
	mrs	x2, elr_el1
	mrs	x3, spsr_el1
	stp	x2, x3, [sp, #FRAME_PC]
	mrs	x4, esr_el1
	mrs	x5, far_el1
	stp	x4, x5, [sp, #FRAME_ESR]
	str	x0, [sp, #FRAME_VECTOR]

	/* A frame record for the unwinder: the interrupted function is the caller. */
	mov	x21, sp
	cmp	x0, #8
	csel	x29, xzr, x29, hs
	stp	x29, x2, [sp, #-16]!
	mov	x29, sp
	mov	x0, x21
	bl	exception_dispatch
	mov	sp, x21

	/* ELR, SPSR and SP_EL0 are what the handler left in the frame. */
	ldp	x2, x3, [sp, #FRAME_PC]
	msr	elr_el1, x2
	msr	spsr_el1, x3
	ldr	x0, [sp, #FRAME_VECTOR]
	ldr	x1, [sp, #FRAME_SP]
	cmp	x0, #4
	b.lo	3f
	cmp	x0, #8
	b.lo	4f
3:	msr	sp_el0, x1
4:	ldp	x28, x29, [sp, #FRAME_REGS + 224]
	ldp	x26, x27, [sp, #FRAME_REGS + 208]
	ldp	x24, x25, [sp, #FRAME_REGS + 192]
	ldp	x22, x23, [sp, #FRAME_REGS + 176]
	ldp	x20, x21, [sp, #FRAME_REGS + 160]
	ldp	x18, x19, [sp, #FRAME_REGS + 144]
	ldp	x16, x17, [sp, #FRAME_REGS + 128]
	ldp	x14, x15, [sp, #FRAME_REGS + 112]
	ldp	x12, x13, [sp, #FRAME_REGS + 96]
	ldp	x10, x11, [sp, #FRAME_REGS + 80]
	ldp	x8, x9, [sp, #FRAME_REGS + 64]
	ldp	x6, x7, [sp, #FRAME_REGS + 48]
	ldp	x4, x5, [sp, #FRAME_REGS + 32]
	ldp	x2, x3, [sp, #FRAME_REGS + 16]
	ldp	x0, x1, [sp, #FRAME_REGS]
	ldr	x30, [sp, #FRAME_REGS + 240]
	add	sp, sp, #FRAME_SIZE
	eret

/*
 * int context_save(struct context *): returns 0, and 1 again each time context_restore() comes here.
 * _Noreturn void context_restore(struct context *): the function that saved must not have returned. Restores DAIF too, so it may
 * be called from an exception handler.
 */
function context_save
	stp	x19, x20, [x0]
	stp	x21, x22, [x0, #16]
	stp	x23, x24, [x0, #32]
	stp	x25, x26, [x0, #48]
	stp	x27, x28, [x0, #64]
	stp	x29, x30, [x0, #80]
	mov	x1, sp
	mrs	x2, daif
	stp	x1, x2, [x0, #96]
	mov	x0, #0
	ret
end_function context_save

function context_restore
	ldp	x19, x20, [x0]
	ldp	x21, x22, [x0, #16]
	ldp	x23, x24, [x0, #32]
	ldp	x25, x26, [x0, #48]
	ldp	x27, x28, [x0, #64]
	ldp	x29, x30, [x0, #80]
	ldp	x1, x2, [x0, #96]
	mov	sp, x1
	msr	daif, x2
	mov	x0, #1
	ret
end_function context_restore

/*
 * el0_enter(entry, arg, sp): ERET to EL0; comes back by context_restore() only. Out: nothing.
 */
function el0_enter
	/* An exception from here on would leave its own ELR and SPSR. */
	msr	daifset, #0xf
	msr	elr_el1, x0
	msr	sp_el0, x2
	msr	spsr_el1, xzr			/* EL0t, nothing masked */
	mov	x0, x1
	eret
end_function el0_enter

/* For last words only: of whichever CPU comes first. */
	.section .bss
	.balign	16
emergency_stack:
	.skip	EMERGENCY_STACK_SIZE
