/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table, and nothing else: its length is that of what there is to explain. */
#include <string.h>

#include "kinds.h"
#include "text.h"

const struct kind kinds[] = {
	{
		"stale-memory-read",
		"A read that goes past the caches, of bytes whose newest value may still be only in a cache",
		"A write through a write-back mapping ends in the cache. A read with the MMU off, with SCTLR.C = 0, or "
		"through a Device or non-cacheable mapping goes to memory and does not look there. Until the line has "
		"been cleaned to the Point of Coherency, and a DSB has completed that, memory may hold the old value. "
		"Cleaning to the Point of Unification (DC CVAU) is not enough: it may be nearer than memory.\n\n"
		"The usual place is a function that switches the MMU off and then uses its stack, its literal pool or "
		"a variable that was written before. So are secondary CPUs, which enter with the MMU off, and page "
		"tables that are walked non-cacheable.",
		"The read may return any value that memory held before: what was there at boot, or an older content of "
		"the same variable. An eviction at the right moment makes it work, so it fails one time in many.",
		"str     x1, [x0]                // MMU on: the line is dirty\n"
		"msr     sctlr_el1, x2           // MMU off\n"
		"isb\n"
		"ldr     x3, [x0]                // memory: perhaps the old value",
		"str     x1, [x0]\n"
		"dc      cvac, x0                // to the Point of Coherency\n"
		"dsb     sy                      // the DC is done before M=0\n"
		"msr     sctlr_el1, x2\n"
		"isb\n"
		"ldr     x3, [x0]",
		"DC CVAC (or CIVAC) of every line that is read afterwards, then DSB SY; keep the rest in registers",
		"DDI 0487, \"Mismatched memory attributes\"; \"Behavior of caches at reset\"; \"Data cache maintenance "
		"instructions (DC*)\"",
		"--initial --trust-ids --set-way",
	},
	{
		"stale-cache-read",
		"A read through the cache of bytes that are newer in memory than a copy that a cache may hold",
		"A write that goes past the caches (MMU off, Device or non-cacheable mapping, a device's DMA) changes "
		"memory and leaves copies in caches as they are. A cache may hold a copy of any memory that is, or "
		"was, mapped Normal Cacheable: it may have been fetched speculatively, long before and without any "
		"access by the program. The copy has to be invalidated after the write and before the read.\n\n"
		"The usual place is what early boot code writes with the MMU off (page tables, the device tree, BSS) "
		"and reads when it is on. An invalidation before the write is as good when nothing can allocate in "
		"between.",
		"The read may hit the old copy, and go on doing so until the line happens to be evicted.",
		"str     x1, [x0]                // MMU off: to memory\n"
		"msr     sctlr_el1, x2           // MMU and caches on\n"
		"isb\n"
		"ldr     x3, [x0]                // perhaps the old copy",
		"str     x1, [x0]\n"
		"dmb     sy                      // orders the write before the DC\n"
		"dc      ivac, x0\n"
		"dsb     sy                      // completes it before the caches are on\n"
		"msr     sctlr_el1, x2\n"
		"isb\n"
		"ldr     x3, [x0]",
		"DMB SY, DC IVAC (or CIVAC) of the line, DSB SY between the write and the first cacheable read",
		"DDI 0487, \"Mismatched memory attributes\"; \"Behavior of caches at reset\"; Linux "
		"Documentation/arch/arm64/booting.rst",
		"--initial --dma --higher-el-allocates --af0-allocates",
	},
	{
		"lost-write",
		"A write past the caches, to a line that a cache may hold dirty: its eviction may undo the write",
		"A dirty line is written back whole, whenever the cache likes, and by more than the line where "
		"CTR_EL0.CWG says so. If somebody has written to the same memory past the caches in the meantime, the "
		"old bytes land on top of the new ones. The write has to find the line clean.\n\n"
		"The usual place is a variable that is written with the MMU on, then with the MMU off; or two "
		"variables in one line, one of them used by a CPU whose caches are off.",
		"The write is there at first, and gone later.",
		"str     x1, [x0]                // cacheable: the line is dirty\n"
		"msr     sctlr_el1, x2           // MMU off\n"
		"isb\n"
		"str     x3, [x0]                // to memory\n"
		"...                             // the line is evicted: x1 again\n"
		"ldr     x4, [x0]",
		"str     x1, [x0]\n"
		"dc      civac, x0               // nothing is left to evict\n"
		"dsb     sy\n"
		"msr     sctlr_el1, x2\n"
		"isb\n"
		"str     x3, [x0]\n"
		"ldr     x4, [x0]",
		"DC CIVAC (or CVAC) of the line, then DSB SY, before the write that goes past the caches",
		"DDI 0487, \"Mismatched memory attributes\"; \"Cache identification\" (CTR_EL0.CWG)",
		"--initial --cwg0",
	},
	{
		"discarded-write",
		"A read of bytes that were dirty when their line was invalidated, or their CPU lost its power",
		"DC IVAC throws a line away, with what was written to it and not cleaned yet. It may also have cleaned "
		"it first: both are permitted, and under a hypervisor it always does. What counts is the whole line, "
		"and for what may be lost with it the Cache Write-back Granule: a variable that happens to be the "
		"buffer's neighbour goes, too. A CPU that is powered down takes its dirty lines with it.\n\n"
		"A buffer that is cleared and then invalidated, because a device is about to fill it, is fine: only "
		"what is read later counts.",
		"The read may return what memory held before the write.",
		"str     x1, [x0]\n"
		"dc      ivac, x0                // may throw the store away\n"
		"dsb     sy\n"
		"ldr     x2, [x0]",
		"str     x1, [x0]\n"
		"dc      civac, x0               // cleans first\n"
		"dsb     sy\n"
		"ldr     x2, [x0]",
		"DC CIVAC in place of DC IVAC, at least for the lines at the edges of a buffer",
		"DDI 0487, \"Data cache maintenance instructions (DC*)\"; \"Cache identification\" (CTR_EL0.CWG)",
		"--cwg0 --hw-coherent-power-down",
	},
	{
		"incomplete-maintenance",
		"Something relies on a DC, IC or TLBI that no DSB has completed yet",
		"Maintenance instructions only begin. They are complete when a DSB of the same CPU, for loads and "
		"stores, has ended: DSB ISH or SY, not DSB LD or ST. A DMB orders a DC with accesses, but it does not "
		"complete it; neither does ISB, an acquire or a release. Until then a clean may not have happened, and "
		"an invalidation may have happened already.",
		"As if the instruction had not been there, or had come at another time.",
		"dc      cvac, x0\n"
		"msr     sctlr_el1, x1           // MMU off, with the clean under way\n"
		"isb\n"
		"ldr     x2, [x0]",
		"dc      cvac, x0\n"
		"dsb     sy\n"
		"msr     sctlr_el1, x1\n"
		"isb\n"
		"ldr     x2, [x0]",
		"DSB (ISH or SY, loads and stores) after the last maintenance instruction",
		"DDI 0487, \"Ordering and completion of data and instruction cache instructions\"; \"Ordering and "
		"completion of TLB maintenance instructions\"; \"Data Synchronization Barrier (DSB)\"",
		"",
	},
	{
		"stale-fetch",
		"An instruction was executed that had been written, but not cleaned or invalidated on its way to the "
		"fetch",
		"Instruction caches do not see stores. New code must be cleaned from the data cache to the Point of "
		"Unification (with CTR_EL0.IDC = 1 a DSB does it), the old one invalidated in the instruction caches "
		"(not with CTR_EL0.DIC = 1), each step completed by a DSB, and the executing CPU needs a context "
		"synchronization after it. Code that is fetched with the MMU off comes from the Point of Coherency. "
		"SCTLR.I = 0 does not mean that there is nothing in the instruction caches.",
		"The CPU may execute the old instructions, new ones, or a mixture: each line on its own.",
		"str     w1, [x0]                // the new instruction\n"
		"blr     x0",
		"str     w1, [x0]\n"
		"dc      cvau, x0                // to where the fetch looks\n"
		"dsb     ish\n"
		"ic      ivau, x0\n"
		"dsb     ish\n"
		"isb\n"
		"blr     x0",
		"DC CVAU; DSB ISH; IC IVAU; DSB ISH; then ISB on each CPU that executes it",
		"DDI 0487, \"Synchronization and coherency issues between data and instruction accesses\"; "
		"\"Concurrent modification and execution of instructions\"",
		"--initial --trust-ids",
	},
	{
		"unsynchronized-fetch",
		"An instruction was executed that had been written and maintained, but without a context "
		"synchronization on this CPU",
		"A CPU may have fetched instructions long before it executes them. Cache maintenance does not reach "
		"what is already in its pipeline: a context synchronization event does, which is ISB, the entry to an "
		"exception or the return from one. It acts on the CPU that executes it alone, so that code which "
		"another CPU has written needs one here.\n\n"
		"Where one aligned store exchanges B, BL, NOP, BRK, SVC and their like for each other, either is what "
		"the writer meant, and it is a note.",
		"The CPU may execute the old instruction once more.",
		"str     w1, [x0]\n"
		"dc      cvau, x0\n"
		"dsb     ish\n"
		"ic      ivau, x0\n"
		"dsb     ish\n"
		"blr     x0                      // perhaps fetched before all that",
		"str     w1, [x0]\n"
		"dc      cvau, x0\n"
		"dsb     ish\n"
		"ic      ivau, x0\n"
		"dsb     ish\n"
		"isb\n"
		"blr     x0",
		"ISB after the DSB, on each CPU that executes the new code",
		"DDI 0487, \"Synchronization and coherency issues between data and instruction accesses\"; \"Context "
		"synchronization event\" (glossary)",
		"",
	},
	{
		"unsynchronized-register",
		"Something depends on a system register that was written with no context synchronization since",
		"A write to a system register by MSR takes effect on what follows only after a context synchronization "
		"event: ISB, the entry to an exception or the return from one. Before that old and new value both "
		"apply, and not necessarily to all uses alike. Reading back the same register needs nothing.\n\n"
		"What is followed: SCTLR, TCR, TTBR, MAIR, HCR, VTCR and VTTBR against memory accesses and AT; CPACR "
		"and CPTR against FP, SIMD, SVE and SME; keys and their enables against PAC instructions; HCR_EL2.E2H "
		"and SCR_EL3 against the registers that they redirect; VBAR against the exception; AT against PAR, "
		"CSSELR against CCSIDR, PMSELR against what it selects; timers against WFI, ISR_EL1 and ICC_HPPIR1; "
		"CNTVOFF against the counter; ICC_SRE, EOIR, DIR, BPR, IGRPEN and SGI1R against IAR, HPPIR, RPR and "
		"WFI; PMCR, PMCNTEN, PMEVTYPER and PMCCFILTR against the counters, PMSWINC and PMOVSCLR; MDSCR, OSLAR "
		"and the breakpoint and watchpoint registers against the exception that they have made possible. "
		"TPIDR, SP, ELR, SPSR, PSTATE, ICC_PMR and the LEN of ZCR and SMCR need nothing.\n\n"
		"A TLBI needs them, too: of TTBR, TCR and MAIR, since a walk by the old value may bring back what it "
		"takes; of VTTBR's VMID, HCR_EL2.E2H and TGE, and SCR_EL3, since they say whose entries it takes. So "
		"does a write of SCTLR.M or TCR.EPDn that lets walks begin.\n\n"
		"A memory access is translated by the old value and by the new one. Where both lead to the same, "
		"nothing is said; where attributes or those of the walk differ it is a warning; where the address "
		"leads elsewhere, or nowhere, an error. If the MMU or the caches were switched, the values that may be "
		"read decide.",
		"The access may be made with the old setting, as if the MSR came later: at another place, trapped, not "
		"counted, not signalled.",
		"msr     cpacr_el1, x0           // FP and SIMD on\n"
		"fmov    d0, x1                  // may still trap",
		"msr     cpacr_el1, x0\n"
		"isb\n"
		"fmov    d0, x1",
		"ISB between the MSR and what depends on it",
		"DDI 0487, \"Synchronization requirements for AArch64 System registers\"; IHI 0069, \"Observability of "
		"the effects of accesses to the GIC registers\"",
		"",
	},
	{
		"unordered-table-write",
		"A translation table descriptor was written and relied on with no DSB and ISB between",
		"The table walker is an observer of its own: it sees a store to a table in no particular order with "
		"the accesses that follow in the program. A DSB (ST is enough) makes the new descriptor visible to "
		"walks; an ISB keeps what follows from having been translated earlier.\n\n"
		"A walk may follow a descriptor that leads to a new table as soon as it is stored: the stores that "
		"filled that table come before it only if a DMB of stores is between. A TTBR leads to a table as well, "
		"at once where its half is open, else when TCR.EPDn is cleared: no DMB orders an MSR, so it takes a "
		"DSB.",
		"From invalid to valid: a translation fault that nobody expects. From valid to another: the old "
		"translation. Of a new table: whatever its memory held before, taken for descriptors.",
		"str     x1, [x0]                // maps the page at x2\n"
		"ldr     x3, [x2]                // may fault",
		"str     x1, [x0]\n"
		"dsb     ishst                   // the walk sees the descriptor\n"
		"isb                             // no earlier translation is used\n"
		"ldr     x3, [x2]",
		"DSB ISHST, then ISB, between the write of the descriptor and its use; DMB ISHST before it leads to a "
		"new table, DSB ISHST before a TTBR does",
		"DDI 0487, \"Ordering of memory accesses from translation table walks\"; \"TLB maintenance "
		"requirements and the TLB maintenance instructions\"",
		"--spurious-faults",
	},
	{
		"stale-translation",
		"An access for which an old translation that was not invalidated may still be used, with another "
		"outcome",
		"Any translation that does not fault may be in a TLB, from the time when its descriptor was in memory, "
		"whether it was used or not. It stays until a TLBI that covers it (its address, ASID, VMID, level and "
		"regime, on all CPUs that matter) is complete. A TLBI with the address unshifted, or an ASID in the "
		"wrong bits, covers something else. Entries survive the MMU being off.\n\n"
		"Another CPU may use the old translation until it is told. So what it does is reported only if the CPU "
		"that changed the descriptor goes on, to a lower exception level or to a new valid descriptor, without "
		"a TLBI that reaches the other one.\n\n"
		"An access that takes a fault here may go through on hardware, if the old translation would let it: "
		"that is reported at the instruction that took the fault.",
		"The access may go to the old address, with the old permissions and attributes.",
		"str     xzr, [x0]               // unmaps the page at x2\n"
		"dsb     ishst\n"
		"isb\n"
		"ldr     x3, [x2]                // may still succeed",
		"str     xzr, [x0]\n"
		"dsb     ishst                   // the walker sees it first\n"
		"ubfx    x4, x2, #12, #44        // bits 55:12 of the address\n"
		"tlbi    vae1is, x4              // and the ASID in bits 63:48, here 0\n"
		"dsb     ish                     // on all CPUs\n"
		"isb\n"
		"ldr     x3, [x2]",
		"DSB ISHST; TLBI of that address, ASID and level; DSB ISH; ISB",
		"DDI 0487, \"TLB maintenance requirements and the TLB maintenance instructions\"; \"Using "
		"break-before-make when updating translation table entries\"",
		"--initial-tlb",
	},
	{
		"break-before-make",
		"A live descriptor was changed in a way that needs an invalid one in between",
		"When the memory type, shareability, cacheability, the size or the contiguous bit of a mapping "
		"changes, or its output address while either is writable or the contents differ, or a global mapping "
		"takes the place of one with an ASID, then two different translations of one address must not be in a "
		"TLB at a time. So the old descriptor is made invalid, and invalidated in the TLBs, before the new one "
		"is written. FEAT_BBM lifts that for the size alone; the sanitizer does not read its level, and does "
		"not compare contents.",
		"A TLB conflict abort, or a mixture of both translations; coherency and ordering may be lost for the "
		"memory.",
		"str     x1, [x0]                // another output address, at once\n"
		"dsb     ishst\n"
		"tlbi    vae1is, x4\n"
		"dsb     ish\n"
		"isb",
		"str     xzr, [x0]               // break\n"
		"dsb     ishst\n"
		"tlbi    vae1is, x4\n"
		"dsb     ish\n"
		"str     x1, [x0]                // make\n"
		"dsb     ishst\n"
		"isb",
		"write an invalid descriptor; DSB; broadcast TLBI; DSB; then write the new one; DSB",
		"DDI 0487, \"Using break-before-make when updating translation table entries\"",
		"",
	},
	{
		"table-page-reuse",
		"A page that a walk may still reach as a translation table was written as data",
		"TLBs keep the upper levels of a walk as well. When a table is taken out of the tree, walks may go on "
		"using it until a TLBI for all levels (not the last-level forms VALE1, VAALE1, ...) has completed. "
		"Only then may its page be used for something else.",
		"The walker may take data for descriptors: an access may go anywhere, with any attributes.",
		"str     xzr, [x0]               // takes the table out\n"
		"dsb     ishst\n"
		"str     x1, [x2]                // x2 is in it: data from now on",
		"str     xzr, [x0]\n"
		"dsb     ishst\n"
		"tlbi    vae1is, x4              // all levels, not vale1is\n"
		"dsb     ish\n"
		"str     x1, [x2]",
		"TLBI for all levels, then DSB, before the page is used again",
		"DDI 0487, \"TLB maintenance requirements and the TLB maintenance instructions\"",
		"",
	},
	{
		"mismatched-attributes",
		"One location was accessed with different memory attributes, without what the architecture prescribes "
		"then",
		"When a location is accessed under different types, cacheability or shareability, uniprocessor order "
		"and coherency are lost for it, unless the software does by hand what hardware then does not: clean or "
		"invalidate before and after, and a DMB SY between accesses of different attributes, even when the "
		"maintenance was right; a DSB where the switch of the MMU is between them. Exclusives may lose their "
		"monitor.",
		"Accesses of one CPU to one location may be seen out of order, or not at all.",
		"str     x1, [x0]                // x0: non-cacheable alias\n"
		"ldr     x2, [x3]                // x3: cacheable alias of the same\n"
		"                                // location: may come first",
		"str     x1, [x0]\n"
		"dmb     sy                      // the attributes change here\n"
		"dc      ivac, x3                // no old copy\n"
		"dsb     sy\n"
		"ldr     x2, [x3]",
		"one set of attributes for a location; else DMB SY and maintenance between the accesses",
		"DDI 0487, \"Mismatched memory attributes\"",
		"--shareability-mismatch --initial",
	},
	{
		"exclusive-on-uncached",
		"An exclusive or atomic access to memory that is not Normal write-back shareable",
		"Load-exclusive, store-exclusive and the atomics of FEAT_LSE are guaranteed to work only on Normal "
		"Inner and Outer Write-Back memory that is Shareable. Elsewhere, also with the MMU off, when all data "
		"accesses are Device accesses, it depends on the system whether there is a monitor. A spin lock in "
		"boot code is the usual place.",
		"An external abort or a data abort, a store-exclusive that never succeeds, or one that succeeds on two "
		"CPUs at once.",
		"1:      ldaxr   w1, [x0]        // MMU off\n"
		"        add     w1, w1, #1\n"
		"        stlxr   w2, w1, [x0]\n"
		"        cbnz    w2, 1b          // perhaps for ever",
		"        msr     sctlr_el1, x3   // MMU and caches on first\n"
		"        isb\n"
		"1:      ldaxr   w1, [x0]        // Normal WB, Inner Shareable\n"
		"        add     w1, w1, #1\n"
		"        stlxr   w2, w1, [x0]\n"
		"        cbnz    w2, 1b",
		"use exclusives and atomics only once the MMU and the caches are on; before that, one writer a "
		"variable",
		"DDI 0487, \"Synchronization and semaphores\"; \"Atomic instructions\" (requirements on memory types)",
		"",
	},
	{
		"device-memory-misuse",
		"An unaligned access, or DC ZVA, on Device memory, which hardware faults",
		"With the MMU off all data accesses are Device-nGnRnE. On Device memory every unaligned access takes "
		"an alignment fault, whatever SCTLR.A says, and so does DC ZVA. Compilers produce both: pass "
		"-mstrict-align to code that runs before the MMU is on, and do not call a memset() that uses DC ZVA "
		"there. Emulators let some of them pass.",
		"An alignment fault.",
		"msr     sctlr_el1, x2           // MMU off\n"
		"isb\n"
		"ldur    x1, [x0, #1]            // faults",
		"msr     sctlr_el1, x2\n"
		"isb\n"
		"ldrb    w1, [x0, #1]            // by bytes, or aligned",
		"aligned accesses only (-mstrict-align), and no DC ZVA, on Device memory and with the MMU off",
		"DDI 0487, \"Alignment of data accesses\"; \"Device memory\"",
		"",
	},
	{
		"set-way-reliance",
		"Something is correct only because of cache maintenance by set and way, which guarantees nothing here",
		"DC ISW, CSW and CISW act on the caches of one CPU, on lines that may move while the loop runs. They "
		"do not reach system caches, and no other CPU's. The loop is good for what happens at reset or before "
		"power is cut: every set and way of every level, with the caches of this CPU off, no other CPU that "
		"has cacheable mappings, and a DSB at its end. Everything else needs maintenance by address.",
		"Dirty lines stay behind, in another CPU's cache or a system cache, or come back between two steps of "
		"the loop.",
		"bl      clean_all_by_set_way    // caches on, another CPU running\n"
		"msr     sctlr_el1, x2           // MMU off\n"
		"isb\n"
		"ldr     x1, [x0]",
		"dc      cvac, x0                // by address, for every line needed\n"
		"dsb     sy\n"
		"msr     sctlr_el1, x2\n"
		"isb\n"
		"ldr     x1, [x0]",
		"maintenance by address (DC CVAC, CIVAC, IVAC) of the memory that matters, then DSB SY",
		"DDI 0487, \"Performing cache maintenance instructions\"; \"Data cache maintenance instructions "
		"(DC*)\"",
		"--set-way",
	},
	{
		"maintenance-order",
		"Maintenance was issued in an order that the architecture does not keep",
		"A DC is ordered with an access to the same line only if that access and the DC's own address are "
		"cacheable. After a store with the MMU off or through a non-cacheable mapping, and after a cacheable "
		"one if the MMU is off when the DC comes, a full DMB or DSB must come before the DC: DMB ST is not "
		"enough, and neither are acquire and release. IC is ordered with nothing but a DSB. A TLBI that comes "
		"before the DSB of its table write may be done before the write is seen, so that the old descriptor "
		"comes back. An SGI is no access to memory either: without a DSB before the write of ICC_SGI1R_EL1 (or "
		"a DMB before that of GICD_SGIR, or of GICD_ISPENDR<n>, which makes an SPI pending) its handler may "
		"run before it can see what the sender stored. Nor is SEV: without a DSB before it the CPU that it "
		"wakes may read its flag before the store arrives, and sleep on. A doorbell is a store, and the index "
		"of a ring is one: without a DMB of stores before it the device may read what was in the buffer "
		"before. And what it says by an index is there only for loads that are ordered behind that of the "
		"index: a DMB of loads orders them, a condition does not. The interrupt controller observes an "
		"acknowledge by ICC_IAR1_EL1 only behind a DSB: what it says of the interrupt before is how it was. "
		"And what "
		"a store made pending ICC_HPPIR1_EL1 may show only behind a DSB.",
		"The maintenance may be done before what it was to follow, and then has no effect on it.",
		"str     x1, [x0]                // MMU off\n"
		"dmb     st                      // does not order a DC\n"
		"dc      ivac, x0\n"
		"dsb     sy",
		"str     x1, [x0]\n"
		"dmb     sy\n"
		"dc      ivac, x0\n"
		"dsb     sy",
		"DMB SY or DSB between the access and the DC; DSB between the table write and the TLBI",
		"DDI 0487, \"Ordering and completion of data and instruction cache instructions\"; \"Ordering and "
		"completion of TLB maintenance instructions\"",
		"",
	},
	{NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL},
};

const struct kind *kind_find(const char *name)
{
	for (const struct kind *k = kinds; k->name; k++)
		if (strcmp(k->name, name) == 0)
			return k;
	return NULL;
}

const char *kind_nearest(const char *name)
{
	const char *names[G_N_ELEMENTS(kinds)] = {NULL};

	for (guint i = 0; kinds[i].name; i++)
		names[i] = kinds[i].name;
	return text_nearest(name, names);
}
