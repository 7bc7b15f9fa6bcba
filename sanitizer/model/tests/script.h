/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script.h - a few instructions as text, fed to the model as a feeder would: the tests' language.
 *
 *      "on!; st x 1; civac x; dsb sy; off; isb; ld x"
 *
 * Statements are separated by ";"; "1:" before one names its CPU (0 otherwise). Places are 8 bytes each:
 *
 *      x, y    in one line         z    in the next line        w    in another page
 *      v       in the second half of x's line       f    in flash (ROM)       d    a device, no memory
 *
 *      ld P, st P N      load, store: as the CPU's M and C say
 *         .nc .wt .nsh .osh .dev      by a mapping of this kind instead
 *      ldx, stx, swp     exclusive, atomic          zva P     DC ZVA of the whole line
 *      ldu, stu          not aligned                walk P    of a table walker, also walk.nc
 *      ivac cvac civac cvau cvap P (.nc .nsh)       dc by address
 *      ivau P, iallu, ialluis                       IC
 *      st4 P N                                      an aligned store of 4 bytes
 *      exec P (.nc)                                 translate and execute the instruction at P: 4 bytes
 *      map N D, link D                              a descriptor of page N; the one of the table: at the two levels of
 *                                                   the script's tables. D: "0", or flags and the number of a page:
 *                                                   r read-only, p EL0's too, x not executed, d device, a AF = 0,
 *                                                   n not global, c contiguous, s software bit, b block (link), t back
 *                                                   to the table (link), u to another table, of which fill N D writes
 *                                                   an entry; linkr: link by a store-release
 *      use N                                        an access to page N, with its walk
 *      fault N r         an access to page N, a read, takes a fault; w a write, x executes, f for its access flag
 *      asid N                                       from here on, of this CPU
 *      tlbi FORM [N] [ASID]                         vae1is 2, ...: N is a page
 *      csw cisw isw all|most|far                    dc by set and way: the whole cache, all but one, or level 1 of 2
 *      dmb, dsb  sy|osh|ish|nsh|ld|st               isb  eret  exc
 *      on, off, con, coff                           M, C by MSR: not synchronized. With "!": by a synchronized way
 *      msr REG OLD NEW   at PAR                     use fp|sve|sme|pac|bank|vector|wait|fetch, read REG, write REG
 *      use count REG                                PMSWINC_EL0, for the counter REG
 *      use debug CLASS                              an exception of debug, 0x30 to 0x35
 *      use same|otherwise|elsewhere REG             what REG is to the access that follows: enum register_use
 *      el N              the EL from here on
 *      dma P N, image P N                           written by a device, by a loader
 *      sgi N, sgi        a software generated interrupt to CPU N, to all others; .mem: by a store to the distributor
 *      sgi.pend N        an interrupt is made pending that CPU N takes; .pend0: in that CPU's redistributor
 *      sev N, sev        an event is sent, while CPU N sleeps in WFE, or none; wfe
 *      device.index P N  a device reads N bytes at P (or 8), told by an index; .notify, .ready: by a register
 *      queue P           an available ring of 4 is there, the used ring is at z; queue P off
 *      iar, hppir        an interrupt is acknowledged; which is the highest pending one is read
 *      isactive          the state of interrupts is read; setpend: it is written; priority: their priorities are; rwp:
 *                        another register of the Distributor is read
 *      used.index N      its index is loaded, and is N; used.entry N, used.dependent N: entry N of it is
 *      irq               an interrupt is taken; eret ends it
 *      told P            what a feeder tells of a store that took the fast path, which here is told at once
 *      hide P N, seen P                             written by a device unseen; what P's line holds is shown
 *      alias off, alias on                          whether anything but the access itself is mapped cacheable
 *      cut, cpuoff, cpuon                           reset: of the whole machine
 */
#ifndef TESTS_SCRIPT_H
#define TESTS_SCRIPT_H

#include <glib.h>

#include "../log.h"

enum script_mode {
	SCRIPT_SLOW, /* every access as an event */
	SCRIPT_FAST, /* the inlined paths wherever a feeder may */
	SCRIPT_LOG,  /* as SLOW, recorded; the log is replayed, and what that finds is returned */
};

/*
 * Runs @text under @options ("name=value ...", and "unknown" for RAM of unknown contents, "cwg128", "loc0", "dmin32",
 * "levels2", "beyond-loc", "idc", "dic"). Returns the findings, "severity kind rule" each, separated by "; " and in
 * order; "" for none. With @json not NULL, also as JSON lines.
 */
char *script_run(const char *options, const char *text, enum script_mode mode, GString *json);

/* A program, and what script_run() must say of it. */
struct rule {
	const char *name, *options, *script, *said;
};

/*
 * The main() of a test program: a test for each of @rules, named @prefix/name, in all three modes, and @prefix/replay:
 * what a replay finds is what the run found, to the byte.
 */
int rules_run(int argc, char **argv, const char *prefix, const struct rule *rules, unsigned count);

/* The rules that it exercises, in the order of rules.def, separated by spaces. */
char *script_exercised(const char *options, const char *text);

/* The log that SCRIPT_LOG makes. */
GBytes *script_log(const char *options, const char *text);

#endif
