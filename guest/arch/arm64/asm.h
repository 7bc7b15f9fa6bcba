/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What assembly and C of arm64 share: constants, and macros for assembly. Layouts of structures are checked by
 * static_assert in the C file that declares them.
 */
#ifndef ARM64_ASM_H
#define ARM64_ASM_H

#define BOOT_STACK_SIZE      0x8000
#define EMERGENCY_STACK_SIZE 0x2000
#define STACK_GUARD          0x1000 /* below each stack: not mapped where pages are as small */

/* struct cpu, cpu.h */
#define CPU_SCRATCH 0

#define R_AARCH64_RELATIVE 1027

/* struct secondary_boot, smp.c */
#define SECONDARY_TTBR  0
#define SECONDARY_TCR   8
#define SECONDARY_MAIR  16
#define SECONDARY_SCTLR 24
#define SECONDARY_EL    32
#define SECONDARY_STACK 40
#define SECONDARY_CPU   48

/* struct exception_frame, arch/exception.h */
#define FRAME_REGS   0
#define FRAME_SP     248
#define FRAME_PC     256
#define FRAME_PSTATE 264
#define FRAME_ESR    272
#define FRAME_FAR    280
#define FRAME_VECTOR 288
#define FRAME_SIZE   304

/*
 * SCTLR_EL1, which is SCTLR_EL2's layout too when HCR_EL2.E2H is 1. Every field is written: under KVM the register
 * holds garbage at reset. LSMAOE nTLSMD SPAN EIS TSCXT EOS as RES1, UCI nTWE nTWI UCT DZE I SA0 SA C M. Source: Arm ARM
 * (DDI 0487), "SCTLR_EL1, System Control Register (EL1)".
 */
#define SCTLR_M       0x1
#define SCTLR_A       0x2
#define SCTLR_C       0x4
#define SCTLR_I       0x1000
#define SCTLR_MMU_OFF (0x30d00800 | 0x4000000 | 0x40000 | 0x10000 | 0x8000 | 0x4000 | SCTLR_I | 0x10 | 0x8)
#define SCTLR_INIT    (SCTLR_MMU_OFF | SCTLR_C | SCTLR_M)

/*
 * MAIR_EL1: the index is the value of MEM_* in limpid/mmu.h.
 * 0 Device-nGnRnE, 1 Device-nGnRE, 2 Normal NC, 3 Normal WT RW-allocate, 4 Normal WB RW-allocate, 5 the same and Tagged.
 */
#define MAIR_INIT 0x0000f0ffbb440400

#ifdef __ASSEMBLER__
/* clang-format off */

/* A 64-bit constant, without a literal pool: that would be a memory access with the MMU off. */
.macro mov_imm reg, value
	movz	\reg, #((\value) & 0xffff)
	movk	\reg, #(((\value) >> 16) & 0xffff), lsl #16
	movk	\reg, #(((\value) >> 32) & 0xffff), lsl #32
	movk	\reg, #(((\value) >> 48) & 0xffff), lsl #48
.endm

/*
 * Data cache operation by VA on every line that [start, end) touches. start and end are kept; addr and line are scratch. Touches
 * no memory. Completes nothing: the DSB is the caller's.
 */
.macro dcache_by_va op, start, end, addr, line
	mrs	\line, ctr_el0
	ubfx	\line, \line, #16, #4		/* DminLine: log2 of words */
	mov	\addr, #4
	lsl	\line, \addr, \line
	sub	\addr, \line, #1
	bic	\addr, \start, \addr
5001:	cmp	\addr, \end
	b.hs	5002f
	dc	\op, \addr
	add	\addr, \addr, \line
	b	5001b
5002:
.endm

.macro function name
	.globl	\name
	.type	\name, %function
\name:
.endm

.macro end_function name
	.size	\name, . - \name
.endm

#endif
#endif
