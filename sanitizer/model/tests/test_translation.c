/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The translation side (rules T1 to T7, T12) as twins: a bad program and what must be said of it, and a good one that
 * differs by what was missing. Each is run by events, by the fast paths, and from a recorded log; the three must agree.
 */
#include "script.h"

/* Pages 1 to 3 are mapped; each was used, so that the tables are known. */
#define START "link t; map 1 1; map 2 2; map 3 3; dsb sy; isb; on!; use 1; use 2; use 3; "
/* Nothing is in place of the last table. */
#define UNLINKED START "link 0; dsb ishst; tlbi vae1is 0; dsb ish; isb; "
#define ROOT_NEW "msr TTBR0 0x40004000 0x40005000; "
#define FLUSH    "dsb ishst; tlbi vae1is 2; dsb ish; isb; "

static const struct rule rules[] = {
	/* ---- T4: valid to invalid, and to something else. */
	{"t4/unmapped/bad", "", START "map 2 0; dsb ish; isb; use 2", "error stale-translation T4"},
	{"t4/unmapped/good", "", START "map 2 0; " FLUSH "use 2", ""},
	{"t4/remapped/bad", "", START "map 2 0; dsb ish; map 2 5; dsb ish; isb; use 2", "error stale-translation T4"},
	{"t4/remapped/good", "", START "map 2 0; " FLUSH "map 2 5; dsb ish; isb; use 2", ""},
	{"t4/same-again/good", "", START "map 2 0; dsb ish; map 2 2; dsb ish; isb; use 2", ""},
	{"t4/other-page/good", "", START "map 2 0; dsb ish; isb; use 1; use 3", ""},
	{"t4/rewritten/good", "", START "map 2 2; use 2", ""},
	{"t4/software-bit/good", "", START "map 2 s2; use 2", ""},
	{"t4/relaxed/good", "", "link t; map 2 r2; dsb sy; isb; on!; use 2; map 2 2; use 2", ""},
	{"t4/restricted/good", "", START "map 2 r2; dsb ish; isb; use 2", ""},
	/* Without the access flag it is in no TLB. */
	{"t4/access-flag/good", "", "link t; map 1 1; map 2 a2; dsb sy; isb; on!; use 1; map 2 5; dsb ish; isb; use 2",
		""},
	{"t4/never-walked/good", "", "link t; map 2 2; map 2 5; dsb sy; isb; on!; use 2", ""},
	{"t4/each-place/bad", "", START "map 2 0; use 2; use 2",
		"error stale-translation T4; error stale-translation T4"},
	{"t4/table/bad", "", START "link 0; dsb ish; isb; use 2", "error stale-translation T4"},
	{"t4/table/good", "", START "link 0; dsb ishst; tlbi vae1is 0; dsb ish; isb; use 2", ""},

	/* ---- T7: the CPU that invalidates has its own pipeline. */
	{"t7/no-isb-remapped/bad", "", START "map 2 0; dsb ishst; tlbi vae1is 2; dsb ish; map 2 5; dsb ish; use 2",
		"warning stale-translation T7; warning unordered-table-write T1"},
	{"t7/no-isb-remapped-ets2/good", "ets2",
		START "map 2 0; dsb ishst; tlbi vae1is 2; dsb ish; map 2 5; dsb ish; use 2", ""},
	{"t7/exception-for-isb/good", "",
		START "map 2 0; dsb ishst; tlbi vae1is 2; dsb ish; eret; map 2 5; dsb ish; isb; use 2", ""},
	{"t7/isb-at-the-end/good", "", START "map 2 0; dsb ishst; tlbi vae1is 2; dsb ish; map 2 5; dsb ish; isb; use 2",
		""},
	{"t7/other-cpu-no-isb/good", "",
		START "1:on!; 1:use 2; map 2 0; dsb ishst; tlbi vae1is 2; dsb ish; isb; map 2 5; dsb ish; isb; 1:use 2",
		""},

	/* ---- T4, T7: what takes a fault may go through. */
	{"t4/fault/bad", "", START "map 2 0; dsb ish; isb; fault 2 r", "error stale-translation T4"},
	{"t4/fault/good", "", START "map 2 0; " FLUSH "fault 2 r", ""},
	{"t4/fault-write/bad", "", START "map 2 0; dsb ish; isb; fault 2 w", "error stale-translation T4"},
	/* The old one does not permit it either. */
	{"t4/fault-write-to-read-only/good", "",
		"link t; map 2 r2; dsb sy; isb; on!; use 2; map 2 0; dsb ish; isb; fault 2 w", ""},
	{"t4/fault-execute/bad", "", START "map 2 0; dsb ish; isb; fault 2 x", "error stale-translation T4"},
	{"t4/fault-execute-never/good", "",
		"link t; map 2 x2; dsb sy; isb; on!; use 2; map 2 0; dsb ish; isb; fault 2 x", ""},
	{"t4/fault-of-el0/good", "", START "el 0; map 2 0; dsb ish; isb; fault 2 r", ""},
	{"t4/fault-of-el0/bad", "", "link t; map 2 p2; dsb sy; isb; on!; use 2; map 2 0; dsb ish; el 0; fault 2 r",
		"error stale-translation T4"},
	{"t4/fault-table/bad", "", START "link 0; dsb ish; isb; fault 2 r", "error stale-translation T4"},
	{"t4/fault-elsewhere/good", "", START "map 2 0; dsb ish; isb; fault 1 r", ""},
	{"t4/fault-never-mapped/good", "", START "fault 5 r", ""},
	/* Permissions. */
	{"t4/restricted-fault/bad", "", START "map 2 r2; dsb ish; isb; fault 2 w", "error stale-translation T4"},
	{"t4/restricted-fault/good", "", START "map 2 r2; " FLUSH "fault 2 w", ""},
	{"t4/restricted-not-by-this/good", "", START "map 2 x2; dsb ish; isb; fault 2 w", ""},
	{"t4/restricted-execute/bad", "", START "map 2 x2; dsb ish; isb; fault 2 x", "error stale-translation T4"},
	{"t4/restricted-el0/bad", "", "link t; map 2 p2; dsb sy; isb; on!; use 2; map 2 2; dsb ish; el 0; fault 2 r",
		"error stale-translation T4"},
	{"t4/relaxed-fault/good", "", "link t; map 2 r2; dsb sy; isb; on!; use 2; map 2 2; fault 2 w", ""},
	/* Linux clears the access flag of what is old, and sends no TLBI: it is the same page. */
	{"t4/aged-fault/good", "", START "map 2 a2; fault 2 f", ""},
	{"t4/aged-elsewhere/bad", "", START "map 2 0; dsb ish; map 2 a5; fault 2 f", "error stale-translation T4"},
	{"t7/fault-no-isb/bad", "", START "map 2 0; dsb ishst; tlbi vae1is 2; dsb ish; fault 2 r",
		"warning stale-translation T7"},
	{"t7/fault-no-isb-ets2/good", "ets2", START "map 2 0; dsb ishst; tlbi vae1is 2; dsb ish; fault 2 r", ""},
	{"t7/fault-exception/good", "", START "map 2 0; dsb ishst; tlbi vae1is 2; dsb ish; exc; fault 2 r", ""},
	{"t7/fault-no-dsb-after/bad", "", START "map 2 0; dsb ishst; tlbi vae1is 2; isb; fault 2 r",
		"error incomplete-maintenance T7"},
	{"t7/fault-no-dsb-before/bad", "", START "map 2 0; tlbi vae1is 2; dsb ish; isb; fault 2 r",
		"error maintenance-order T7"},
	{"t6/fault-other-cpu/bad", "", START "1:on!; 1:use 2; map 2 0; dsb ish; tlbi vae1 2; dsb ish; isb; 1:fault 2 r",
		"error stale-translation T4/T6"},
	{"t6/fault-other-cpu-meanwhile/good", "",
		START "1:on!; 1:use 2; map 2 0; dsb ish; 1:fault 2 r; tlbi vae1is 2; dsb ish; isb", ""},
	/* A descriptor that is valid now is seen, or the fault was not needed and has been. */
	{"t1/fault/good", "", START "map 4 r4; fault 4 w", ""},
	/* A thread of the program, while the kernel is about to send the TLBI. */
	{"t4/fault-own/good", "",
		"asid 5; link t; map 2 np2; dsb sy; isb; on!; use 2; map 2 0; dsb ishst; eret; el 0; fault 2 r; el 1; "
		"tlbi vae1is 2 5; dsb ish; map 2 n5; dsb ish; isb; use 2",
		""},
	{"t4/fault-own-and-reused/bad", "",
		"asid 5; link t; map 2 np2; dsb sy; isb; on!; use 2; map 2 0; dsb ishst; eret; el 0; fault 2 r; el 1; "
		"map 2 n5",
		"error stale-translation T4"},
	{"t4/fault-own-to-the-end/good", "",
		"asid 5; link t; map 2 np2; dsb sy; isb; on!; use 2; map 2 0; dsb ishst; eret; el 0; fault 2 r", ""},

	/* ---- T8: what TLBs hold after reset. */
	{"t8/nothing/bad", "initial-tlb=unknown", "link t; map 2 2; dsb sy; isb; on!; use 2; use 2",
		"warning stale-translation T8"},
	{"t8/flushed/good", "initial-tlb=unknown", "link t; map 2 2; dsb sy; tlbi vmalle1; dsb nsh; isb; on!; use 2",
		""},
	{"t8/no-dsb/bad", "initial-tlb=unknown", "link t; map 2 2; dsb sy; tlbi vmalle1; isb; on!; use 2",
		"warning stale-translation T8"},
	{"t8/by-address/bad", "initial-tlb=unknown", "link t; map 2 2; dsb sy; tlbi vae1 2; dsb nsh; isb; on!; use 2",
		"warning stale-translation T8"},
	{"t8/other-cpu/bad", "initial-tlb=unknown",
		"link t; map 2 2; dsb sy; 1:tlbi vmalle1; 1:dsb nsh; 1:isb; on!; use 2",
		"warning stale-translation T8"},
	{"t8/empty/good", "", "link t; map 2 2; dsb sy; isb; on!; use 2", ""},

	/* ---- T5: break-before-make. */
	{"t5/output/bad", "", START "map 2 5", "error break-before-make T5"},
	{"t5/output-read-only/good", "", "link t; map 2 r2; dsb sy; isb; on!; use 2; map 2 r5; " FLUSH, ""},
	{"t5/type/bad", "", START "map 2 d2", "error break-before-make T5"},
	{"t5/contiguous/bad", "", START "map 2 c2", "error break-before-make T5"},
	{"t5/block-for-table/bad", "", START "link b0", "error break-before-make T5"},
	{"t5/bbm-level-2/good", "bbm2", START "link b0", ""},
	{"t5/bbm-level-2-contiguous/good", "bbm2", START "map 2 c2", ""},
	{"t5/bbm-level-2-output/bad", "bbm2", START "map 2 5", "error break-before-make T5"},
	{"t5/bbm-level-1-without-nt/bad", "bbm1", START "link b0", "error break-before-make T5"},
	{"t5/global/bad", "", "link t; map 2 n2; dsb sy; isb; on!; use 2; map 2 2", "error break-before-make T5"},
	/* A host's program has the page now, where a table of EL1 was before there was a host. */
	{"t5/host/good", "", START "el 2; msr HCR 0 0x408000000; isb; el 0; map 2 5", ""},
	{"t5/no-host/bad", "", START "el 2; msr HCR 0 0x400000000; isb; map 2 5", "error break-before-make T5"},
	{"t5/broken/good", "", START "map 2 0; " FLUSH "map 2 d5; dsb ish; isb; use 2", ""},
	/* The one that was made invalid may still be there. */
	{"t5/broken-not-flushed/bad", "", START "map 2 0; dsb ish; map 2 d5; dsb ish; isb; use 2",
		"error stale-translation T4"},
	{"t5/permissions/good", "", START "map 2 r2", ""},
	{"t5/mmu-off/good", "",
		START "link t; civac x; dsb sy; off; isb; map 2 5; dsb sy; tlbi vmalle1; dsb nsh; isb; use 2", ""},

	/* ---- T6: what a TLBI covers. */
	{"t6/all/good", "", START "map 2 0; dsb ishst; tlbi vmalle1is; dsb ish; isb; use 2", ""},
	{"t6/local/good", "", START "map 2 0; dsb ishst; tlbi vae1 2; dsb nsh; isb; use 2", ""},
	{"t6/wrong-address/bad", "", START "map 2 0; dsb ishst; tlbi vae1is 3; dsb ish; isb; use 2",
		"error stale-translation T4"},
	/* The address where its page number belongs. */
	{"t6/unshifted/bad", "", START "map 2 0; dsb ishst; tlbi vae1is 0x2000; dsb ish; isb; use 2",
		"error stale-translation T4"},
	{"t6/last-level/good", "", START "map 2 0; dsb ishst; tlbi vale1is 2; dsb ish; isb; use 2", ""},
	{"t6/last-level-of-table/bad", "", START "link 0; dsb ishst; tlbi vale1is 2; dsb ish; isb; use 2",
		"error stale-translation T4"},
	{"t6/asid/good", "",
		"asid 5; link t; map 2 n2; dsb sy; isb; on!; use 2; map 2 0; dsb ishst; tlbi vae1is 2 5; dsb ish; isb; "
		"use 2",
		""},
	{"t6/wrong-asid/bad", "",
		"asid 5; link t; map 2 n2; dsb sy; isb; on!; use 2; map 2 0; dsb ishst; tlbi vae1is 2 6; dsb ish; isb; "
		"use 2",
		"error stale-translation T4"},
	{"t6/any-asid/good", "",
		"asid 5; link t; map 2 n2; dsb sy; isb; on!; use 2; map 2 0; dsb ishst; tlbi vaae1is 2; dsb ish; isb; "
		"use 2",
		""},
	{"t6/by-asid/good", "",
		"asid 5; link t; map 2 n2; dsb sy; isb; on!; use 2; map 2 0; dsb ishst; tlbi aside1is 5; dsb ish; isb; "
		"use 2",
		""},
	{"t6/by-asid-of-global/bad", "",
		"asid 5; link t; map 2 2; dsb sy; isb; on!; use 2; map 2 0; dsb ishst; tlbi aside1is 5; dsb ish; isb; "
		"use 2",
		"error stale-translation T4"},
	{"t6/other-asid-does-not-see/good", "",
		"asid 5; link t; map 2 n2; dsb sy; isb; on!; use 2; map 2 0; dsb ish; isb; asid 6; use 2", ""},
	{"t6/ttl/good", "", START "map 2 0; dsb ishst; tlbi vae1is 0x700000000002; dsb ish; isb; use 2", ""},
	{"t6/ttl-level/bad", "", START "map 2 0; dsb ishst; tlbi vae1is 0x600000000002; dsb ish; isb; use 2",
		"error stale-translation T4"},
	{"t6/ttl-granule/bad", "", START "map 2 0; dsb ishst; tlbi vae1is 0xf00000000002; dsb ish; isb; use 2",
		"error stale-translation T4"},
	{"t6/range/good", "", START "map 2 0; dsb ishst; tlbi rvae1is 1; dsb ish; isb; use 2", ""},
	{"t6/range-short/bad", "", START "map 3 0; dsb ishst; tlbi rvae1is 1; dsb ish; isb; use 3",
		"error stale-translation T4"},
	{"t6/outer/good", "", START "map 2 0; dsb ishst; tlbi vae1os 2; dsb osh; isb; use 2", ""},
	{"t6/nxs/good", "", START "map 2 0; dsb ishst; tlbi vae1isnxs 2; dsb ish; isb; use 2", ""},
	{"t6/other-regime/bad", "", START "map 2 0; dsb ishst; el 2; tlbi vae2is 2; dsb ish; isb; el 1; use 2",
		"error stale-translation T4"},
	{"t6/from-el2/good", "", START "map 2 0; dsb ishst; el 2; tlbi alle1is; dsb ish; isb; el 1; use 2", ""},
	{"t6/stage2-only/bad", "", START "map 2 0; dsb ishst; el 2; tlbi ipas2e1is 2; dsb ish; isb; el 1; use 2",
		"error stale-translation T4"},

	/* ---- T7: order and completion. */
	{"t7/no-dsb-before/bad", "", START "map 2 0; tlbi vae1is 2; dsb ish; isb; use 2", "error maintenance-order T7"},
	{"t7/no-dsb-after/bad", "", START "map 2 0; dsb ishst; tlbi vae1is 2; isb; use 2",
		"error incomplete-maintenance T7"},
	{"t7/dsb-stores-after/bad", "", START "map 2 0; dsb ishst; tlbi vae1is 2; dsb st; isb; use 2",
		"error incomplete-maintenance T7"},
	{"t7/dmb-after/bad", "", START "map 2 0; dsb ishst; tlbi vae1is 2; dmb ish; isb; use 2",
		"error incomplete-maintenance T7"},

	/* Found by the oracle. */
	{"t7/no-isb/bad", "", START "map 2 0; dsb ishst; tlbi vae1is 2; dsb ish; use 2",
		"warning stale-translation T7"},
	{"t7/no-isb-ets2/good", "ets2", START "map 2 0; dsb ishst; tlbi vae1is 2; dsb ish; use 2", ""},
	{"t7/no-isb-entry/good", "", START "map 2 0; dsb ishst; tlbi vae1is 2; dsb ish; exc; use 2", ""},
	{"t7/no-isb-other-cpu/good", "",
		START "1:on!; 1:use 2; map 2 0; dsb ishst; tlbi vae1is 2; dsb ish; 1:use 2; isb; use 2", ""},
	{"t7/other-cpu-flushes/good", "",
		START "1:on!; 1:use 2; map 2 0; 1:dsb ish; 1:tlbi vae1is 2; 1:dsb ish; 1:isb; 1:use 2; use 2", ""},

	/* ---- Other CPUs: what they hold matters once the one that changed it has gone on. */
	{"t6/other-cpu/bad", "", START "1:on!; 1:use 2; map 2 0; dsb ish; isb; 1:use 2",
		"error stale-translation T4/T6"},
	{"t6/other-cpu-meanwhile/good", "",
		START "1:on!; 1:use 2; map 2 0; dsb ish; 1:use 2; tlbi vae1is 2; dsb ish; isb", ""},
	{"t6/other-cpu-local/bad", "",
		START "1:on!; 1:use 2; map 2 0; dsb ish; tlbi vae1 2; dsb ish; isb; use 2; 1:use 2",
		"error stale-translation T4/T6"},
	/* What it was told later does not help: the descriptor was made valid before that. */
	{"t6/other-cpu-made/bad", "",
		START "1:on!; 1:use 2; map 2 0; dsb ish; tlbi vae1 2; dsb ish; map 2 5; dsb ish; isb; 1:use 2; map 2 "
		      "0; " FLUSH,
		"error stale-translation T4/T6"},
	{"t6/other-cpu-made-before/bad", "",
		START "1:on!; 1:use 2; map 2 0; dsb ish; tlbi vae1 2; dsb ish; 1:use 2; map 2 5; dsb ish; isb; map 2 "
		      "0; " FLUSH,
		"error stale-translation T4/T6"},
	{"t6/other-cpu-itself/good", "",
		START "1:on!; 1:use 2; map 2 0; dsb ish; tlbi vae1 2; dsb ish; isb; 1:tlbi vae1 2; 1:dsb ish; 1:isb; "
		      "use 2; 1:use 2",
		""},
	{"t6/other-cpu-never-walked/good", "", START "1:on!; map 2 0; dsb ish; tlbi vae1 2; dsb ish; isb; 1:use 2", ""},

	/* ---- T1, T2: invalid to valid. */
	{"t1/no-dsb/bad", "", START "map 4 4; isb; use 4", "warning unordered-table-write T1"},
	{"t1/no-isb/bad", "", START "map 4 4; dsb ishst; use 4", "warning unordered-table-write T1"},
	{"t1/ets2-no-isb/good", "ets2", START "map 4 4; dsb ishst; use 4", ""},
	{"t1/ordered/good", "", START "map 4 4; dsb ishst; isb; use 4", ""},
	{"t1/for-el0/good", "", START "map 4 n4; use 4", ""},
	{"t1/off/good", "spurious-faults=off", START "map 4 4; use 4", ""},

	/* ---- T1: a new table before what leads to it. */
	{"t1/table/bad", "", UNLINKED "fill 2 2; link u", "warning unordered-table-write T1"},
	{"t1/table/good", "", UNLINKED "fill 2 2; dmb ishst; link u", ""},
	{"t1/table-dmb/good", "", UNLINKED "fill 2 2; dmb ish; link u", ""},
	{"t1/table-dsb/good", "", UNLINKED "fill 2 2; dsb ishst; link u", ""},
	{"t1/table-dmb-loads/bad", "", UNLINKED "fill 2 2; dmb ld; link u", "warning unordered-table-write T1"},
	{"t1/table-isb/bad", "", UNLINKED "fill 2 2; isb; link u", "warning unordered-table-write T1"},
	{"t1/table-release/good", "", UNLINKED "fill 2 2; linkr u", ""},
	/* Each is told once. */
	{"t1/table-entries/bad", "", UNLINKED "fill 2 2; fill 100 3; link u", "warning unordered-table-write T1"},
	{"t1/table-rest/bad", "", UNLINKED "fill 2 2; dmb ishst; fill 100 3; link u",
		"warning unordered-table-write T1"},
	/* Invalid before and after: memory of a program, or the link of a list. */
	{"t1/table-invalid/good", "", "fill 2 2; fill 2 0; dsb sy; civac x; " UNLINKED "link u", ""},
	{"t1/table-zeros/good", "", UNLINKED "fill 2 0; link u", ""},
	{"t1/table-garbage/bad", "unknown", UNLINKED "fill 2 0; link u", "warning unordered-table-write T1"},
	{"t1/table-cleared/bad", "", "fill 2 2; dsb sy; " UNLINKED "fill 2 0; link u",
		"warning unordered-table-write T1"},
	/* What leads to it is a register, which no DMB orders. Without a TCR a root is taken to have one entry. */
	{"t1/root/bad", "", START "fill 0 2; " ROOT_NEW "isb", "warning unordered-table-write T1"},
	{"t1/root/good", "", START "fill 0 2; dsb ishst; " ROOT_NEW "isb", ""},
	/* Its own walker: the domain does not matter. */
	{"t1/root-nsh/good", "", START "fill 0 2; dsb nsh; " ROOT_NEW "isb", ""},
	{"t1/root-nsh-and-dc/good", "", START "fill 0 2; dsb nsh; 1:on!; 1:cvac x; " ROOT_NEW "isb", ""},
	{"t1/root-dmb/bad", "", START "fill 0 2; dmb ish; " ROOT_NEW "isb", "warning unordered-table-write T1"},
	{"t1/root-isb/bad", "", START "fill 0 2; isb; " ROOT_NEW "isb", "warning unordered-table-write T1"},
	{"t1/root-behind/good", "", START "fill 100 2; " ROOT_NEW "isb", ""},
	{"t1/root-size/bad", "", START "msr TCR 0 0x10; isb; fill 100 2; " ROOT_NEW "isb",
		"warning unordered-table-write T1"},
	{"t1/root-same/good", "", START "fill 0 2; msr TTBR0 0x40005000 0x40005000; isb", ""},
	{"t1/root-asid/good", "", START "fill 0 2; msr TTBR0 0x40005000 0x1000040005000; isb", ""},
	{"t1/root-mmu-off/good", "", "link t; map 1 1; dsb sy; isb; fill 0 2; " ROOT_NEW "isb", ""},
	{"t1/root-closed/good", "", START "msr TCR 0x10 0x90; isb; fill 0 2; " ROOT_NEW "isb", ""},
	{"t1/root-opened/bad", "", START "msr TCR 0x10 0x90; isb; fill 0 2; " ROOT_NEW "isb; msr TCR 0x90 0x10; isb",
		"warning unordered-table-write T1"},
	{"t1/root-opened/good", "",
		START "msr TCR 0x10 0x90; isb; fill 0 2; " ROOT_NEW "dsb ishst; isb; msr TCR 0x90 0x10; isb", ""},
	{"t1/root-of-another-el/good", "", START "fill 0 2; el 2; " ROOT_NEW "isb", ""},
	/* Somebody else's, who has synchronized (X6). */
	{"t1/table-of-other/good", "", UNLINKED "1:on!; 1:fill 2 2; link u", ""},
	/* Nobody walks. */
	{"t1/table-mmu-off/good", "", "link t; map 1 1; dsb sy; isb; fill 2 2; link u", ""},
	{"t1/table-not-current/good", "", UNLINKED "msr TTBR0 0 0x7000; isb; fill 2 2; link u", ""},
	{"t1/table-other-cpu-walks/bad", "",
		START
		"1:on!; 1:use 2; msr TTBR0 0 0x7000; isb; link 0; dsb ishst; tlbi vae1is 0; dsb ish; isb; fill 2 2; "
		"link u",
		"warning unordered-table-write T1"},
	{"t1/table-itself/good", "", UNLINKED "fill 2 2; link 0", ""},

	/* ---- T12: a table that is not one any more. */
	{"t12/reused/bad", "", START "link 0; dsb ish; map 2 5", "warning table-page-reuse T12"},
	{"t12/reused/good", "", START "link 0; dsb ish; tlbi vae1is 0; dsb ish; map 2 5", ""},
	/* EL1 fills a page from which a loader ran at EL2. */
	{"t12/given-away/good", "", "el 2; " START "link 0; dsb ish; el 1; map 2 5", ""},
	/* A table that its register does not point to any more is nobody's: data. */
	{"t1/not-current/good", "", START "msr TTBR0 0 0x7000; isb; map 4 4; use 4", ""},
	/* A page that was a table, is freed when it is empty, and filled for an address space that nobody walks yet. */
	{"t4/table-of-another-life/good", "",
		START "map 1 0; map 2 0; map 3 0; dsb ishst; tlbi vmalle1is; dsb ish; isb; msr TTBR0 0 0x7000; isb; "
		      "map 2 5; dsb ishst; map 2 0; dsb ish; isb; use 2",
		""},
	{"t12/cleared/good", "", START "link 0; dsb ish; map 2 0", ""},
};

int main(int argc, char **argv)
{
	return rules_run(argc, argv, "/translation", rules, G_N_ELEMENTS(rules));
}
