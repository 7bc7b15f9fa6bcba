/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exit-status N: a program for Linux that ends the emulator it runs in, with status N, by a semihosting call.
 * Source: Semihosting for AArch32 and AArch64 (Arm, 2024Q1), SYS_EXIT_EXTENDED.
 */
#define SYS_EXIT_EXTENDED            0x20
#define ADP_STOPPED_APPLICATION_EXIT 0x20026

	.globl	_start
_start:
	ldr	x2, [sp, #16]		/* argv[1], behind argc and argv[0] */
	mov	x3, #0
	mov	x5, #10
1:	ldrb	w4, [x2], #1
	cbz	w4, 2f
	sub	w4, w4, #'0'
	madd	x3, x3, x5, x4
	b	1b
2:	ldr	x2, =ADP_STOPPED_APPLICATION_EXIT
	stp	x2, x3, [sp, #-16]!	/* the block of two words that the call reads */
	mov	x1, sp
	mov	w0, #SYS_EXIT_EXTENDED
	hlt	#0xf000
	b	.			/* not reached: the emulator has ended */
