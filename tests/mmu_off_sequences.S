/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways to switch the MMU off that mmu_off.c judges. Each is
 *
 *      mmu_off_X(story, outcome, on, start, end): x0, x1, x2 = ON_*, x3 and x4: bounds for who takes them in registers
 *
 * Entry: MMU on, at EL1 or EL2&0; this code is clean to the PoC. Exit: the same. Clobbers x5-x17.
 *
 * Between the switch off and the switch on each touches memory only where it says so: *story, and those with a frame one line
 * of the stack. So whatever goes wrong there, C code, its stack and its console are none the worse when the MMU is on again.
 *
 * The mistakes are the point: what an instruction is missing here is missing on purpose.
 */
#include "asm.h"
#include "mmu_off.h"

	story	.req x0
	outcome	.req x1
	how	.req x2
	start	.req x3
	end	.req x4
	sctlr	.req x16

	.text

.macro begin
	mrs	x17, daif
	msr	daifset, #0xf
	mrs	sctlr, sctlr_el1
.endm

/* M goes off. C stays: with M = 0 data accesses are Device-nGnRnE whatever C is. */
.macro clear_m
	bic	x5, sctlr, #SCTLR_M
	msr	sctlr_el1, x5
.endm

/* x3, x4 = phys_offset, phys_end from memory */
.macro load_bounds
	ldp	start, end, [story, #STORY_BOUNDS]
.endm

.macro clean_invalidate_all
	dcache_by_va civac, start, end, x5, x6
.endm

/* What the image does with the MMU off: reads what was written before, writes, reads that. */
.macro work_while_off
	ldr	x9, [story, #STORY_BEFORE]
	mov	x5, #DURING_WRITES
	str	x5, [story, #STORY_DURING]
	ldr	x10, [story, #STORY_DURING]
.endm

.macro switch_on
	cbz	how, 1f
	/* The Device stores are in memory before the old lines are dropped. */
	dmb	sy
	add	x5, story, #STORY_SIZE
	dcache_by_va civac, story, x5, x6, x7
1:	/* Stores and maintenance before the first access that looks into the cache. */
	dsb	sy
	tlbi	vmalle1
	/* The invalidation before M=1. */
	dsb	nsh
	msr	sctlr_el1, sctlr
	isb
.endm

/* Back on: reads both, writes and reads once more. */
.macro work_when_on
	ldr	x11, [story, #STORY_BEFORE]
	ldr	x12, [story, #STORY_DURING]
	mov	x5, #AFTER_WRITES
	str	x5, [story, #STORY_AFTER]
	ldr	x13, [story, #STORY_AFTER]
.endm

.macro finish
	msr	daif, x17
	stp	x9, x10, [outcome, #OUTCOME_OFF_BEFORE]
	stp	x14, x11, [outcome, #OUTCOME_OFF_FRAME]
	stp	x12, x13, [outcome, #OUTCOME_ON_DURING]
	ret
.endm

/* A, and J: what differs is who wrote the bounds, and how. */
function mmu_off_a
	begin
	clear_m
	isb
	load_bounds
	clean_invalidate_all
	dsb	sy
	mov	x14, #FRAME_WRITES		/* no frame to read */
	work_while_off
	switch_on
	work_when_on
	finish
end_function mmu_off_a

/* B: everything first, then the switch. */
function mmu_off_b
	begin
	load_bounds
	clean_invalidate_all
	dsb	sy
	mov	x6, #(SCTLR_M | SCTLR_C)
	orr	x6, x6, #SCTLR_I
	bic	x5, sctlr, x6
	msr	sctlr_el1, x5
	isb
	ic	iallu
	tlbi	vmalle1
	dsb	sy
	isb
	mov	x14, #FRAME_WRITES		/* no frame to read */
	work_while_off
	switch_on
	work_when_on
	finish
end_function mmu_off_b

.macro clean_bounds op
	add	x5, story, #STORY_BOUNDS
	dc	\op, x5
	add	x5, story, #(STORY_BOUNDS + 8)
	dc	\op, x5
.endm

/* C: A, the bounds cleaned before it, but to the Point of Unification. */
function mmu_off_c
	begin
	clean_bounds cvau
	dsb	sy
	clear_m
	isb
	load_bounds
	clean_invalidate_all
	dsb	sy
	mov	x14, #FRAME_WRITES		/* no frame to read */
	work_while_off
	switch_on
	work_when_on
	finish
end_function mmu_off_c

/* D: to the Point of Coherency. */
function mmu_off_d
	begin
	clean_bounds cvac
	dsb	sy
	clear_m
	isb
	load_bounds
	clean_invalidate_all
	dsb	sy
	mov	x14, #FRAME_WRITES		/* no frame to read */
	work_while_off
	switch_on
	work_when_on
	finish
end_function mmu_off_d

/* E: B, and the loop once more where nothing can be allocated any more, by the bounds in registers. */
function mmu_off_e
	begin
	load_bounds
	clean_invalidate_all
	dsb	sy
	mov	x6, #(SCTLR_M | SCTLR_C)
	orr	x6, x6, #SCTLR_I
	bic	x5, sctlr, x6
	msr	sctlr_el1, x5
	isb
	ic	iallu
	tlbi	vmalle1
	dsb	sy
	isb
	clean_invalidate_all
	dsb	sy
	mov	x14, #FRAME_WRITES		/* no frame to read */
	work_while_off
	switch_on
	work_when_on
	finish
end_function mmu_off_e

/* G: D, and nobody waits for the clean. */
function mmu_off_g
	begin
	clean_bounds cvac
	clear_m
	isb
	load_bounds
	clean_invalidate_all
	dsb	sy
	mov	x14, #FRAME_WRITES		/* no frame to read */
	work_while_off
	switch_on
	work_when_on
	finish
end_function mmu_off_g

/* H: D, and the switch is not synchronized: until an ISB accesses may go the old way or the new. */
function mmu_off_h
	begin
	clean_bounds cvac
	dsb	sy
	clear_m
	load_bounds
	clean_invalidate_all
	dsb	sy
	mov	x14, #FRAME_WRITES		/* no frame to read */
	work_while_off
	switch_on
	work_when_on
	finish
end_function mmu_off_h

/*
 * I: the runtime's order, the bounds in registers, but between the switch and the loop runs a function with a stack frame. x8 is
 * where the frame will be: a line that a function before has left dirty.
 */
function mmu_off_i
	begin
	sub	x8, sp, #128
	bic	x8, x8, #127
	mov	x5, #OLDER
	str	x5, [x8]
	/* The stores before the DCs, which have Device attributes. */
	dsb	sy
	clear_m
	isb
	mov	x5, #FRAME_WRITES
	str	x5, [x8]
	/* The frame is in memory before the DCs: even so. */
	dmb	sy
	clean_invalidate_all
	dc	civac, x8
	dsb	sy
	ldr	x14, [x8]
	work_while_off
	switch_on
	work_when_on
	finish
end_function mmu_off_i

/* K: the other way round: the loop, a function with a stack frame, the switch. */
function mmu_off_k
	begin
	sub	x8, sp, #128
	bic	x8, x8, #127
	mov	x5, #OLDER
	str	x5, [x8]
	clean_invalidate_all
	dc	civac, x8
	dsb	sy
	mov	x5, #FRAME_WRITES
	str	x5, [x8]
	clear_m
	isb
	ldr	x14, [x8]
	work_while_off
	switch_on
	work_when_on
	finish
end_function mmu_off_k

/* L: A, and all that it takes: the bounds are loaded while the cache can still be read. */
function mmu_off_l
	begin
	load_bounds
	/* The stores before the DCs, which have Device attributes. */
	dsb	sy
	clear_m
	isb
	clean_invalidate_all
	dsb	sy
	mov	x14, #FRAME_WRITES		/* no frame to read */
	work_while_off
	switch_on
	work_when_on
	finish
end_function mmu_off_l
