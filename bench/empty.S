/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The least image that starts by the Linux boot protocol and by UEFI: it switches the machine off. What it takes is what QEMU, or
 * QEMU and the firmware, take for themselves.
 */
	.section .head, "ax"
head:
	ccmp	x18, #0, #0xd, pl	/* "MZ" */
	b	off
	.quad	0, image_end - head, 0xa
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	pe - head
pe:
	.ascii	"PE\0\0"
	.short	0xaa64, 1
	.long	0, 0, 0
	.short	sections - optional
	.short	0x206
optional:
	.short	0x20b, 0
	.long	0x1000, 0, 0		/* sizes of code and data */
	.long	0x1000, 0x1000		/* entry, base of code */
	.quad	0
	.long	0x1000, 0x200
	.long	0, 0, 0, 0
	.long	0x2000, 0x1000, 0	/* sizes of image and headers, checksum */
	.short	10, 0
	.quad	0, 0, 0, 0
	.long	0, 6
	.quad	0, 0, 0, 0, 0, 0
sections:
	.ascii	".text\0\0\0"
	.long	0x1000, 0x1000, 0x1000, 0x1000
	.long	0, 0, 0
	.long	0x60000020

	.org	0x1000
off:
	movz	w0, #0x8400, lsl #16	/* PSCI SYSTEM_OFF */
	movk	w0, #0x0008
	hvc	#0
	b	.
	.org	0x2000
image_end:
