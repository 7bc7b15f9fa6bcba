/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The instruction side (rules I1 to I9) as twins: a bad program and what must be said of it, and a good one that
 * differs by what was missing. Each is run by events, by the fast paths, and from a recorded log; the three must agree.
 */
#include "script.h"

#define MAINTAIN "cvau x; dsb ish; ivau x; dsb ish; isb"
/* B .+4 and NOP, as 8 bytes with a NOP behind. */
#define BRANCH "0xd503201f14000001"
#define NOP    "0xd503201fd503201f"
#define MOV    "0xd503201fd2800020"

static const struct rule rules[] = {
	{"i1/maintained/good", "", "on!; st x 1; " MAINTAIN "; exec x", ""},
	{"i1/nothing/bad", "", "on!; st x 1; exec x", "error stale-fetch I1"},
	{"i1/not-cleaned/bad", "", "on!; st x 1; ivau x; dsb ish; isb; exec x", "error stale-fetch I1"},
	{"i1/not-invalidated/bad", "", "on!; st x 1; cvau x; dsb ish; isb; exec x", "error stale-fetch I1/I3"},
	{"i1/no-dsb-between/bad", "", "on!; st x 1; cvau x; ivau x; dsb ish; isb; exec x", "error stale-fetch I1/I3"},
	{"i1/no-dsb-after/bad", "", "on!; st x 1; cvau x; dsb ish; ivau x; isb; exec x",
		"error incomplete-maintenance I3/C8"},
	{"i1/no-dsb-at-all/bad", "", "on!; st x 1; cvau x; ivau x; isb; exec x", "error incomplete-maintenance I3/C8"},
	{"i1/no-isb/bad", "", "on!; st x 1; cvau x; dsb ish; ivau x; dsb ish; exec x",
		"error unsynchronized-fetch I2/I4"},
	{"i1/exception-for-isb/good", "", "on!; st x 1; cvau x; dsb ish; ivau x; dsb ish; eret; exec x", ""},
	{"i1/dmb-for-dsb/bad", "", "on!; st x 1; cvau x; dsb ish; ivau x; dmb ish; isb; exec x",
		"error incomplete-maintenance I3/C8"},
	{"i1/poc-clean/good", "", "on!; st x 1; cvac x; dsb ish; ivau x; dsb ish; isb; exec x", ""},
	{"i1/civac-clean/good", "", "on!; st x 1; civac x; dsb sy; ialluis; dsb ish; isb; exec x", ""},
	{"i1/written-again/bad", "", "on!; st x 1; " MAINTAIN "; exec x; st x 2; exec x", "error stale-fetch I1"},
	{"i1/written-again/good", "", "on!; st x 1; " MAINTAIN "; exec x; st x 2; " MAINTAIN "; exec x", ""},
	{"i1/written-after-clean/bad", "", "on!; st x 1; cvau x; dsb ish; st x 2; ivau x; dsb ish; isb; exec x",
		"error stale-fetch I1"},
	{"i1/written-after-ic/bad", "", "on!; st x 1; cvau x; dsb ish; ivau x; st x 2; cvau x; dsb ish; isb; exec x",
		"error stale-fetch I1/I3"},
	/*
	 * Empty instruction caches can have nothing of what was written before anybody could fetch it: with the MMU off
	 * fetches go no further than the next 4 KiB.
	 */
	{"i1/relocated-mmu-off/good", "", "st x 1; dsb sy; isb; exec x", ""},
	{"i1/relocated-initial-clean/bad", "initial=clean", "st x 1; dsb sy; isb; exec x", "error stale-fetch I1/I3"},
	{"i1/relocated-after-mmu-on/bad", "", "on!; off; isb; st x 1; dsb sy; isb; exec x", "error stale-fetch I1/I3"},
	{"i1/relocated-into-page-that-runs/bad", "", "exec z; st x 1; dsb sy; isb; exec x", "error stale-fetch I1/I3"},
	{"i1/relocated-again/bad", "", "st x 1; dsb sy; isb; exec x; st x 2; dsb sy; isb; exec x",
		"error stale-fetch I1/I3"},
	/* What acts on this CPU only is complete with a DSB that does. */
	{"i3/local-nsh/good", "", "1:on!; on!; st x 1; cvau x; dsb ish; iallu; dsb nsh; isb; exec x", ""},
	/* Executed for the first time with the MMU off: the feeder is to ask each time. */
	{"i7/first-off/bad", "", "on!; st x 1; cvau x; dsb ish; ivau x; dsb ish; off; isb; exec x",
		"error stale-fetch I7/H1"},
	{"i7/first-off/good", "", "on!; st x 1; cvac x; dsb ish; ivau x; dsb ish; off; isb; exec x", ""},
	{"i1/loaded/good", "", "image x 1; on!; exec x", ""},
	{"i1/loaded-mmu-off/good", "", "image x 1; exec x", ""},

	/* CTR_EL0.IDC and DIC, and whether they are believed. */
	{"i1/idc/good", "idc", "on!; st x 1; dsb ish; ivau x; dsb ish; isb; exec x", ""},
	{"i1/idc-no-dsb/bad", "idc", "on!; exec x; st x 1; ivau x; dsb ish; isb; exec x", "error stale-fetch I1/I3"},
	{"i1/idc-no-ic/bad", "idc", "on!; st x 1; dsb ish; isb; exec x", "error stale-fetch I1/I3"},
	{"i1/idc-not-trusted/bad", "idc trust-ids=off", "on!; st x 1; dsb ish; ivau x; dsb ish; isb; exec x",
		"error stale-fetch I1"},
	{"i1/dic/good", "idc dic", "on!; exec x; st x 1; dsb ish; isb; exec x", ""},
	{"i1/dic-no-dsb/bad", "idc dic", "on!; exec x; st x 1; isb; exec x", "error stale-fetch I1"},
	{"i1/dic-no-isb/bad", "idc dic", "on!; exec x; st x 1; dsb ish; exec x", "error unsynchronized-fetch I2/I4"},

	/* Whole invalidations, of lines that have no record yet and of such that have. */
	{"i3/iallu/good", "", "on!; st x 1; cvac x; dsb sy; iallu; dsb nsh; isb; exec x", ""},
	{"i3/iallu-first/bad", "", "on!; iallu; dsb nsh; st x 1; cvac x; dsb sy; isb; exec x",
		"error stale-fetch I1/I3"},
	{"i3/iallu-before-clean/bad", "", "on!; st x 1; iallu; dsb nsh; cvac x; dsb sy; isb; exec x",
		"error stale-fetch I1/I3"},
	{"i3/iallu-not-cleaned/bad", "", "on!; st x 1; iallu; dsb nsh; isb; exec x", "error stale-fetch I1"},
	{"i3/iallu-no-dsb/bad", "", "on!; exec x; st x 1; cvac x; dsb sy; iallu; isb; exec x",
		"error incomplete-maintenance I3/C8"},
	/* The record of the line is made when it is executed, after the IC. */
	{"i3/ialluis-no-dsb/bad", "", "on!; st x 1; cvac x; dsb sy; ialluis; isb; exec x",
		"error incomplete-maintenance I3/C8"},
	{"i3/ialluis-late-dsb/good", "", "on!; st x 1; cvac x; dsb sy; ialluis; ld y; dsb sy; isb; exec x", ""},
	{"i3/ialluis-late-dsb/bad", "", "on!; st x 1; cvac x; dsb sy; ialluis; isb; exec x; dsb sy; isb; exec x",
		"error incomplete-maintenance I3/C8"},
	/* A DSB NSH is enough for the CPU's own. */
	{"i3/iallu-nsh/good", "", "on!; 1:on!; exec x; st x 1; cvac x; dsb sy; iallu; dsb nsh; isb; exec x", ""},
	{"i3/ivau-nsh-other-cpu/bad", "",
		"on!; 1:on!; 1:exec x; st x 1; cvac x; dsb sy; ivau x; dsb nsh; 1:isb; 1:exec x",
		"error incomplete-maintenance I3/C8"},
	{"i3/iallu-is-local/bad", "", "on!; 1:on!; st x 1; cvac x; dsb sy; iallu; dsb sy; isb; 1:isb; 1:exec x",
		"error stale-fetch I1/I3"},
	{"i3/iallu-is-local-ran/bad", "",
		"on!; 1:on!; 1:exec x; st x 1; cvac x; dsb sy; iallu; dsb sy; isb; exec x; 1:isb; 1:exec x",
		"error stale-fetch I1/I3"},
	{"i3/ialluis/good", "", "on!; 1:on!; 1:exec x; st x 1; cvac x; dsb sy; ialluis; dsb sy; 1:isb; 1:exec x", ""},
	{"i3/iallu-broadcast/good", "",
		"el 2; msr HCR 0 0x200; isb; el 1; on!; 1:on!; 1:exec x; st x 1; cvac x; dsb sy; iallu; dsb sy; 1:isb; "
		"1:exec x",
		""},
	{"i3/iallu-each/good", "", "on!; 1:on!; 1:exec x; st x 1; cvac x; dsb sy; 1:iallu; 1:dsb sy; 1:isb; 1:exec x",
		""},
	{"i3/partly-rewritten/bad", "", "on!; st x 1; st v 1; cvac x; dsb sy; iallu; dsb nsh; st v 2; isb; exec v",
		"error stale-fetch I1"},
	{"i3/data-beside-code/good", "", "on!; st x 1; cvac x; dsb sy; iallu; dsb nsh; st v 2; isb; exec x", ""},

	/* Found by the oracle: what a whole invalidation has made safe is to be synchronized with like the rest. */
	{"i3/iallu-no-isb/bad", "", "on!; st x 1; cvac x; dsb sy; iallu; dsb nsh; exec x",
		"error unsynchronized-fetch I2/I4"},
	{"i3/iallu-no-isb-ran/bad", "", "on!; exec x; st x 1; cvac x; dsb sy; iallu; dsb nsh; exec x",
		"error unsynchronized-fetch I2/I4"},
	{"i3/ialluis-no-isb/bad", "", "on!; st x 1; cvac x; dsb sy; ialluis; dsb ish; exec x",
		"error unsynchronized-fetch I2/I4"},
	/* Another invalidation puts nothing in doubt that was made safe, and synchronized with, before. */
	{"i3/ialluis-again/good", "", "on!; st x 1; cvac x; dsb sy; ialluis; dsb ish; isb; ialluis; dsb ish; exec x",
		""},
	{"i3/ialluis-other-line/bad", "",
		"on!; st z 1; cvac z; dsb sy; ialluis; dsb ish; isb; st x 1; cvac x; dsb sy; ialluis; dsb ish; exec z; "
		"exec x",
		"error unsynchronized-fetch I2/I4"},
	/* Its DSB comes after the line is known. */
	{"i3/ialluis-then-known/good", "", "on!; st x 1; cvac x; dsb sy; ialluis; cvau x; dsb ish; isb; exec x", ""},
	/* DSB NSH is enough for what acts on this CPU only. */
	{"i3/iallu-nsh-ran/good", "", "on!; 1:on!; 1:exec x; st x 1; cvac x; dsb sy; iallu; dsb nsh; isb; exec x", ""},
	{"i3/ivau-nsh/bad", "", "on!; 1:on!; 1:exec x; st x 1; cvac x; dsb sy; ivau x; dsb nsh; isb; 1:isb; 1:exec x",
		"error incomplete-maintenance I3/C8"},
	/* A store of another CPU that a DSB of this one comes after. */
	{"i1/idc-other-dsb/good", "idc", "on!; 1:on!; exec x; st x 1; 1:dsb ish; 1:ivau x; 1:dsb ish; 1:isb; 1:exec x",
		""},
	{"i1/idc-other-no-dsb/bad", "idc", "on!; 1:on!; exec x; st x 1; 1:ivau x; 1:dsb ish; 1:isb; 1:exec x",
		"error stale-fetch I1/I3"},
	/* Each has its own time. */
	{"i2/neighbour-later/good", "",
		"on!; exec x; exec y; st x 1; " MAINTAIN "; st y 1; cvau x; dsb ish; ivau x; dsb ish; exec x", ""},
	{"i2/neighbour-later/bad", "",
		"on!; exec x; exec y; st x 1; " MAINTAIN "; st y 1; cvau x; dsb ish; ivau x; dsb ish; exec y",
		"error unsynchronized-fetch I2/I4"},
	{"i4/twice-no-isb/bad", "", "on!; 1:on!; 1:exec x; st x 1; " MAINTAIN "; st x 2; " MAINTAIN "; 1:exec x",
		"error unsynchronized-fetch I2/I4"},

	/* Another CPU executes. */
	{"i4/other-cpu/good", "", "on!; 1:on!; 1:exec x; st x 1; " MAINTAIN "; 1:isb; 1:exec x", ""},
	{"i4/other-cpu-no-isb/bad", "", "on!; 1:on!; 1:exec x; st x 1; " MAINTAIN "; 1:exec x",
		"error unsynchronized-fetch I2/I4"},
	/* It cannot have fetched what was never executed before it was told of it. */
	{"i4/other-cpu-new-code/good", "", "on!; 1:on!; st x 1; " MAINTAIN "; 1:exec x", ""},
	/* What one CPU has synchronized with is not in doubt again because another one has not, and more was changed.
	 */
	{"i4/patched-beside/good", "",
		"on!; 1:on!; 2:on!; 1:exec x; 1:exec y; 2:exec y; st y 1; st4 x 0x14000001; " MAINTAIN
		"; 1:isb; 1:exec y; st4 x 0xd503201f; " MAINTAIN "; 1:exec y",
		""},
	{"i4/patched-beside/bad", "",
		"on!; 1:on!; 2:on!; 1:exec x; 1:exec y; 2:exec y; st y 1; st4 x 0x14000001; " MAINTAIN
		"; 1:isb; 1:exec y; st4 x 0xd503201f; " MAINTAIN "; 2:exec y",
		"error unsynchronized-fetch I2/I4"},
	{"i4/dsb-is-not-isb/bad", "", "on!; st x 1; cvau x; dsb ish; ivau x; dsb ish; dsb sy; exec x",
		"error unsynchronized-fetch I2/I4"},

	/* I5: instructions that may be exchanged by one store. */
	{"i5/nop-to-branch/good", "", "image x " NOP "; on!; 1:on!; 1:exec x; st4 x 0x14000001; 1:exec x", ""},
	{"i5/nop-to-branch/note", "notes=on", "image x " NOP "; on!; 1:on!; 1:exec x; st4 x 0x14000001; 1:exec x",
		"note stale-fetch I1"},
	{"i5/nop-to-mov/bad", "", "image x " NOP "; on!; 1:on!; 1:exec x; st4 x 0xd2800020; 1:exec x",
		"error stale-fetch I1"},
	/* What was there before is known from its execution. */
	{"i5/unknown-memory/good", "unknown", "hide x " NOP "; on!; exec x; st4 x 0x14000001; exec x", ""},
	{"i5/two-stores/bad", "", "image x " NOP "; on!; 1:on!; 1:exec x; st x " BRANCH "; 1:exec x",
		"error stale-fetch I1"},

	/* I8: byte by byte, and by value. */
	{"i8/identical/good", "", "image x " MOV "; on!; exec x; st x " MOV "; exec x", ""},
	{"i8/neighbour/good", "", "image x " MOV "; on!; exec x; st y 7; exec x", ""},
	{"i8/and-back/bad", "", "image x " MOV "; on!; exec x; st x 1; st x " MOV "; exec x", "error stale-fetch I1"},

	/* I6, I7, H1, H7: non-cacheable stores and fetches. */
	{"i6/uncached-store/good", "", "on!; alias off; st.nc x 1; dsb sy; ivau x; dsb sy; isb; exec x", ""},
	{"i6/uncached-store-no-ic/bad", "", "on!; alias off; exec x; st.nc x 1; dsb sy; isb; exec x",
		"error stale-fetch I1/I3"},
	{"i7/mmu-off-pou-only/bad", "", "on!; st x 1; " MAINTAIN "; off; isb; exec x", "error stale-fetch I7/H1"},
	{"i7/mmu-off/good", "", "on!; st x 1; " MAINTAIN "; cvac x; dsb sy; off; isb; exec x", ""},
	{"i7/mmu-off-loader/good", "", "st x 1; dsb sy; ivau x; dsb sy; isb; exec x", ""},
	{"h7/secondary-code/bad", "", "on!; st x 1; " MAINTAIN "; 1:exec x", "error stale-fetch I7/H1"},
	{"i1/set-way-clean/good", "", "on!; st x 1; exc; off; isb; csw all; dsb sy; iallu; dsb sy; isb; exec x", ""},
};

int main(int argc, char **argv)
{
	return rules_run(argc, argv, "/code", rules, G_N_ELEMENTS(rules));
}
