/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MMU switches. All of these are leaves that live in registers: between the moment the MMU goes off and the moment the
 * caches agree with memory again, not one byte of memory is accessed, so no byte can be seen in two versions.
 *
 * The names SCTLR_EL1, TTBR0_EL1, TCR_EL1, MAIR_EL1 mean the registers of the current regime at EL1, and at EL2 with E2H=1,
 * where the architecture redirects them (Arm ARM, "HCR_EL2.E2H"). The runtime never stays at EL2 with E2H=0.
 */
#include "asm.h"

	.text

/*
 * mmu_install(ttbr0, tcr, mair, sctlr, el): takes this CPU, from whatever regime it runs in, to ours.
 *
 * In:  x0-x3 = TTBR0, TCR, MAIR, SCTLR (with M and C set)
 *      x4 = 1: go to EL1; otherwise stay at EL2 when it has VHE; nothing goes up
 *      SP and LR are kept, SPSel is 1; the tables map this code at its own address
 * Entry: EL1, EL2 (E2H 0 or 1), MMU on or off. This code is clean to the PoC. Exceptions masked.
 * Exit: MMU on, EL1 or EL2&0 with E2H=TGE=1, exceptions masked. Clobbers x5-x8.
 *
 * The firmware's tables and ours may map one address by blocks of different sizes, and to go from the one to the other in a
 * live regime would want break-before-make of everything (Arm ARM, "Using break-before-make when updating translation
 * table entries"). Off, TLBI, on has no such moment.
 */
	ttbr	.req x0
	tcr	.req x1
	mair	.req x2
	sctlr	.req x3
	el	.req x4

function mmu_install
	/*
	 * The stores to the tables are complete before a walk reads them (after M=1), and all stores of the caller before
	 * the accesses of the new regime to the same memory: Arm ARM, "Translation table walk properties".
	 */
	dsb	ish
	mrs	x5, CurrentEL
	cmp	x5, #(2 << 2)
	b.eq	.Lfrom_el2

	mrs	x6, sctlr_el1
	bic	x6, x6, #SCTLR_M
	bic	x6, x6, #SCTLR_C
	msr	sctlr_el1, x6
	/* M=0 takes effect before the regime's other registers change under it. */
	isb
	b	.Lconfigure

.Lfrom_el2:
	mrs	x6, sctlr_el2
	bic	x6, x6, #SCTLR_M
	bic	x6, x6, #SCTLR_C
	msr	sctlr_el2, x6
	/* M=0 takes effect before E2H moves the regime from EL2 to EL2&0. */
	isb

	/*
	 * What of EL2's registers applies at EL2 and at EL1 alike. Those of features that the CPU does not have would be undefined.
	 */
	msr	hstr_el2, xzr
	mrs	x6, id_aa64dfr0_el1
	ubfx	x7, x6, #8, #4			/* PMUVer: 0 and 0xf have no architected PMU */
	sub	x7, x7, #1
	cmp	x7, #14
	mov	x8, #0
	b.hs	1f
	mrs	x8, pmcr_el0
	ubfx	x8, x8, #11, #5			/* MDCR_EL2.HPMN: EL1 has all PMCR_EL0.N counters */
1:	ubfx	x7, x6, #32, #4			/* PMSVer: statistical profiling */
	cbz	x7, 2f
	orr	x8, x8, #(3 << 12)		/* MDCR_EL2.E2PB: EL1 owns the buffer, no trap */
2:	ubfx	x7, x6, #44, #4			/* TraceBuffer */
	cbz	x7, 3f
	orr	x8, x8, #(3 << 24)		/* MDCR_EL2.E2TB: the same */
3:	msr	mdcr_el2, x8
	mrs	x6, id_aa64mmfr1_el1
	ubfx	x7, x6, #40, #4			/* HCX */
	cbz	x7, 4f
	msr	s3_4_c1_c2_2, xzr		/* HCRX_EL2 */
4:	mrs	x6, id_aa64mmfr0_el1
	ubfx	x7, x6, #56, #4			/* FGT: no fine-grained traps; two of the bits enable */
	cbz	x7, 6f
	mrs	x6, id_aa64pfr1_el1
	ubfx	x7, x6, #24, #4			/* SME */
	mov	x8, #0
	cbz	x7, 5f
	mov	x8, #(3 << 54)			/* nTPIDR2_EL0, nSMPRI_EL1 */
5:	msr	s3_4_c1_c1_4, x8		/* HFGRTR_EL2 */
	msr	s3_4_c1_c1_5, x8		/* HFGWTR_EL2 */
	msr	s3_4_c1_c1_6, xzr		/* HFGITR_EL2 */
	msr	s3_4_c3_c1_4, xzr		/* HDFGRTR_EL2 */
	msr	s3_4_c3_c1_5, xzr		/* HDFGWTR_EL2 */
6:	mrs	x6, id_aa64pfr0_el1
	ubfx	x7, x6, #40, #4			/* MPAM */
	cbz	x7, 7f
	msr	s3_4_c10_c5_0, xzr		/* MPAM2_EL2: no traps, default partition */
7:	ubfx	x7, x6, #24, #4			/* GIC: system register interface */
	cbz	x7, 8f
	mrs	x6, s3_4_c12_c9_5		/* ICC_SRE_EL2 */
	mov	x7, #9				/* Enable, SRE */
	orr	x6, x6, x7
	msr	s3_4_c12_c9_5, x6
	/* SRE=1 before ICH_HCR_EL2, which exists only with it. */
	isb
	mrs	x6, s3_4_c12_c9_5
	tbz	x6, #0, 8f			/* EL3 or the machine does not allow it */
	msr	s3_4_c12_c11_0, xzr		/* ICH_HCR_EL2 */
8:
	mrs	x6, id_aa64mmfr1_el1
	ubfx	x6, x6, #8, #4			/* VH */
	cbz	x6, .Lto_el1
	cmp	el, #1
	b.eq	.Lto_el1

.Lstay_at_el2:
	mov_imm	x6, ((1 << 34) | (1 << 31) | (1 << 27))	/* HCR_EL2.E2H, RW, TGE */
	msr	hcr_el2, x6
	/* E2H redirects the _EL1 names from here on. */
	isb
	b	.Lconfigure

/* Nothing of EL1 that EL2 controls may be trapped, offset or left as reset found it. */
.Lto_el1:
	mov_imm	x6, ((1 << 56) | (1 << 41) | (1 << 40) | (1 << 31))	/* HCR_EL2.ATA, API, APK, RW; no stage 2 */
	msr	hcr_el2, x6
	/* E2H=0 before CPTR_EL2 and CNTHCTL_EL2 are written: their layouts depend on it. */
	isb
	mrs	x6, hcr_el2
	tbnz	x6, #34, .Lstay_at_el2		/* E2H is fixed to 1: this CPU cannot leave EL2&0 this way */
	mrs	x6, id_aa64mmfr1_el1
	ubfx	x6, x6, #40, #4			/* HCX */
	cbz	x6, 8f
	mov	x6, #(1 << 11)			/* HCRX_EL2.MSCEn: memory copies and sets are not undefined */
	msr	s3_4_c1_c2_2, x6
8:
	mov	x6, #0x33ff			/* CPTR_EL2: RES1 */
	mrs	x7, id_aa64pfr0_el1
	ubfx	x7, x7, #32, #4			/* SVE */
	cbz	x7, 9f
	bic	x6, x6, #(1 << 8)		/* TZ: no trap */
	msr	cptr_el2, x6
	/* The trap is gone before ZCR_EL2 is written. */
	isb
	mov	x7, #0xf
	msr	s3_4_c1_c2_0, x7		/* ZCR_EL2.LEN: the longest vectors */
9:	mrs	x7, id_aa64pfr1_el1
	ubfx	x7, x7, #24, #4			/* SME */
	cbz	x7, 10f
	bic	x6, x6, #(1 << 12)		/* TSM: no trap */
	msr	cptr_el2, x6
	/* The trap is gone before SMCR_EL2 is written. */
	isb
	mov	x7, #0xf
	msr	s3_4_c1_c2_6, x7		/* SMCR_EL2.LEN */
10:	msr	cptr_el2, x6
	msr	vttbr_el2, xzr
	mov	x6, #3				/* CNTHCTL_EL2: EL1 may use the physical counter and timer */
	msr	cnthctl_el2, x6
	msr	cntvoff_el2, xzr
	mrs	x6, midr_el1
	msr	vpidr_el2, x6
	mrs	x6, mpidr_el1
	msr	vmpidr_el2, x6
	adrp	x6, hyp_stub_vectors
	add	x6, x6, :lo12:hyp_stub_vectors
	msr	vbar_el2, x6

.Lconfigure:
	adrp	x6, vectors
	add	x6, x6, :lo12:vectors
	msr	vbar_el1, x6
	mov	x6, #(3 << 20)			/* CPACR_EL1.FPEN (CPTR_EL2.FPEN with E2H): no trap of FP and SIMD */
	msr	cpacr_el1, x6
	mov	x6, #3				/* CNTKCTL_EL1: EL0 may read the counters, no event stream */
	msr	cntkctl_el1, x6
	msr	mdscr_el1, xzr
	msr	oslar_el1, xzr			/* debug registers and exceptions are not locked */
	msr	contextidr_el1, xzr
	msr	amair_el1, xzr
	msr	mair_el1, mair
	msr	tcr_el1, tcr
	msr	ttbr0_el1, ttbr
	/* The new tables and attributes, not the old, are what a walk after M=1 uses. */
	isb
	/* The old regime's entries, and what the TLB may hold after reset, must not be hit by it. */
	tlbi	vmalle1
	/* The invalidation is complete before M=1; only this CPU's TLB matters. */
	dsb	nsh
	mrs	x7, CurrentEL
	cmp	x7, #(2 << 2)
	b.ne	.Lenable
	mrs	x8, hcr_el2
	tbz	x8, #34, .Ldrop
.Lenable:
	msr	sctlr_el1, sctlr
	/* M=1 applies from the next instruction on, fetched from the same physical address. */
	isb
	ret

/* At EL2 with E2H=0: SCTLR_EL1 is out of context until the ERET, which synchronizes it. */
.Ldrop:
	msr	sctlr_el1, sctlr
	mov	x8, sp
	msr	sp_el1, x8
	msr	elr_el2, x30
	mov	x8, #0x3c5			/* EL1h, DAIF masked */
	msr	spsr_el2, x8
	eret
end_function mmu_install

	.unreq	ttbr
	.unreq	tcr
	.unreq	mair
	.unreq	sctlr
	.unreq	el

/*
 * mmu_off_leaf(start0, end0, start1, end1): switches the MMU and the data cache off, then brings memory up to date for
 * [start, end) of each range, and leaves no copy of it in any cache.
 *
 * In: x0-x3; ranges may be empty. Clobbers x4, x5. Entry: MMU on, exceptions masked; this code is clean to the PoC.
 *
 * To clean before the switch would be wrong: what is stored between the clean and the switch is dirty when the MMU goes off,
 * the stack frame of whoever calls among it; and to invalidate before it is void, since a line can be allocated again at
 * any time until the switch. After the switch nothing of this CPU can become dirty or be allocated, so one pass is enough,
 * as long as the loop itself has its bounds in registers.
 */
function mmu_off_leaf
	/*
	 * The caller's cacheable stores come before the DCs below. Those have Device attributes, the MMU being off, so that not
	 * even an address in common would order them: Arm ARM, "Ordering and completion of data and instruction cache instructions".
	 */
	dsb	sy
	mrs	x4, sctlr_el1
	bic	x4, x4, #SCTLR_M
	bic	x4, x4, #SCTLR_C
	msr	sctlr_el1, x4
	/* From here on no access of this CPU goes to the cache, and it can allocate no line. */
	isb
	dcache_by_va civac, x0, x1, x4, x5
	dcache_by_va civac, x2, x3, x4, x5
	/* Memory is up to date before the first access with the MMU off, which is the caller's. */
	dsb	sy
	ret
end_function mmu_off_leaf

/*
 * mmu_on_leaf(start0, end0, start1, end1): drops what any cache may hold of the ranges, whose bytes were written with the MMU
 * off, and switches the MMU and the data cache on.
 *
 * In: x0-x3. Clobbers x4, x5. Entry: MMU off, exceptions masked, the regime's other registers as they were when it was on.
 *
 * CIVAC, not IVAC: another CPU that runs with its caches on may have dirty lines here, and they are its own data.
 */
function mmu_on_leaf
	/* The Device stores before reach memory before their lines are dropped, so that no old byte is allocated after. */
	dmb	sy
	dcache_by_va civac, x0, x1, x4, x5
	dcache_by_va civac, x2, x3, x4, x5
	/* The lines are gone before the first access that looks into the cache. */
	dsb	sy
	mrs	x4, sctlr_el1
	orr	x4, x4, #SCTLR_M
	orr	x4, x4, #SCTLR_C
	msr	sctlr_el1, x4
	/* M=1 and C=1 apply to the caller's first access. */
	isb
	ret
end_function mmu_on_leaf

/*
 * What is left at EL2 when the runtime went to EL1: an HVC is answered with NOT_SUPPORTED (SMCCC), anything else stops. It has no
 * stack: SP_EL2 is what EL2 had, which is memory that EL1 uses now.
 */
	.balign	2048
hyp_stub_vectors:
	.rept	8
	.balign	128
	b	.
	.endr
	.balign	128
	msr	tpidr_el2, x1
	mrs	x1, esr_el2
	lsr	x1, x1, #26
	cmp	x1, #0x16			/* HVC from AArch64 */
	b.ne	.
	mrs	x1, tpidr_el2
	mov	x0, #-1
	eret
	.rept	7
	.balign	128
	b	.
	.endr
