/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules, as twins: a bad program and what must be said of it, and a good one that differs by what was missing and
 * must be silent. Each is run by events, by the fast paths, and from a recorded log; the three must agree.
 */
#include "script.h"

struct rule {
	const char *name, *options, *script, *said;
};

static const struct rule rules[] = {
	/* ---- H1: the MMU goes off. */
	{"h1/dirty/bad", "", "on!; st x 1; off; isb; ld x", "error stale-memory-read C5/H1"},
	{"h1/dirty/good", "", "on!; st x 1; cvac x; dsb sy; off; isb; ld x", ""},
	{"h1/civac/good", "", "on!; st x 1; civac x; dsb sy; off; isb; ld x", ""},
	{"h1/cvap/good", "", "on!; st x 1; cvap x; dsb sy; off; isb; ld x", ""},
	{"h1/caches-off/bad", "", "on!; st x 1; coff; isb; ld x", "error stale-memory-read C5/H1"},
	{"h1/caches-off/good", "", "on!; st x 1; cvac x; dsb sy; coff; isb; ld x", ""},
	{"h1/pou-only/bad", "", "on!; st x 1; cvau x; dsb sy; off; isb; ld x", "error stale-memory-read C5/H1"},
	{"h1/window/bad", "", "on!; st x 1; cvac x; dsb sy; st x 2; off; isb; ld x", "error stale-memory-read C5/H1"},
	{"h1/window-neighbour/good", "", "on!; st x 1; cvac x; dsb sy; st y 2; off; isb; ld x", ""},
	{"h1/clean-after/good", "", "on!; st x 1; dsb sy; off; isb; cvac x; dsb sy; ld x", ""},
	{"h1/clean-after-too-late/bad", "", "on!; st x 1; off; isb; ld x; cvac x; dsb sy",
		"error stale-memory-read C5/H1"},
	{"h1/read-only/good", "", "on!; ld x; off; isb; ld x", ""},
	/* An invalidation before the switch is void: the line may come back until then. */
	{"h1/invalidate-before/bad", "", "on!; ld x; civac x; dsb sy; off; isb; st x 1; dmb sy; on; isb; ld x",
		"error stale-cache-read C5/H2"},
	{"h1/invalidate-after/good", "", "on!; ld x; off; isb; civac x; dsb sy; st x 1; dmb sy; on; isb; ld x", ""},
	/* Until the ISB the old regime may be used: an invalidation before it does not count. */
	{"h1/invalidate-before-isb/bad", "", "on!; off; civac x; dsb sy; isb; st x 1; dmb sy; on; isb; ld x",
		"error stale-cache-read C5/H2"},
	{"h1/another-cpu/bad", "", "on!; 1:ld w; st x 1; 1:ld x", "error stale-memory-read C5/H1"},
	{"h1/walk/bad", "", "on!; st x 1; walk.nc x", "error stale-memory-read C5"},
	{"h1/walk/good", "", "on!; st x 1; cvac x; dsb sy; walk.nc x", ""},
	{"h1/mapped/bad", "", "on!; st x 1; ld.nc x", "error stale-memory-read C5"},
	{"h1/mapped/good", "", "on!; st x 1; cvac x; dsb sy; ld.nc x", ""},
	{"h1/device/bad", "", "on!; st x 1; ld.dev x", "error stale-memory-read C5"},

	/* ---- H2: the MMU comes on. */
	{"h2/stale-copy/bad", "initial=clean", "st x 1; dmb sy; on; isb; ld x", "error stale-cache-read C5/H2"},
	{"h2/stale-copy/good", "initial=clean", "st x 1; dmb sy; ivac x; dsb sy; on; isb; ld x", ""},
	{"h2/stale-copy-civac/good", "initial=clean", "st x 1; dmb sy; civac x; dsb sy; on; isb; ld x", ""},
	/* Nothing can allocate: an invalidation before the write is enough. */
	{"h2/invalidate-before/good", "initial=clean", "ivac x; dsb sy; st x 1; dmb sy; on; isb; ld x", ""},
	{"h2/invalid-caches/good", "initial=invalid", "st x 1; dmb sy; on; isb; ld x", ""},
	{"h2/dirty-eviction/bad", "initial=dirty unknown", "st x 1; dmb sy; ld x", "error lost-write C5"},
	{"h2/dirty-eviction/good", "initial=dirty unknown", "ivac x; dsb sy; st x 1; dmb sy; ld x", ""},
	{"h2/dirty-invalidated-after/bad", "initial=dirty unknown", "st x 1; dmb sy; ivac x; dsb sy; on; isb; ld x",
		"error lost-write C5"},
	{"h2/other-cpu-allocates/bad", "", "1:on!; st x 1; dmb sy; on; isb; ld x", "error stale-cache-read C5/H2"},
	{"h2/other-cpu-allocates/good", "", "1:on!; st x 1; dmb sy; ivac x; dsb sy; on; isb; ld x", ""},
	/* Before is not enough when somebody can allocate meanwhile. */
	{"h2/other-cpu-before/bad", "", "1:on!; ivac x; dsb sy; st x 1; dmb sy; on; isb; ld x",
		"error stale-cache-read C5/H2"},
	{"h2/walk/bad", "initial=clean", "st x 1; dmb sy; on; isb; walk x", "error stale-cache-read C5/H2"},
	{"h2/hand-over/good", "initial=clean", "image x 1; on!; ld x", ""},

	/* ---- C5, transition by transition. */
	{"c5/cached-write-read/good", "", "on!; st x 1; ld x; st x 2; ld x", ""},
	{"c5/write-through/good", "", "on!; st.wt x 1; ld.nc x", ""},
	{"c5/write-through-memory/good", "dma=noncoherent", "on!; st.wt x 1; ld.nc x; ld x", ""},
	{"c5/clean-memory/good", "dma=noncoherent", "on!; st x 1; cvac x; dsb sy; ld.nc x; ld x", ""},
	{"c5/write-through-not-dirty/good", "", "on!; st.wt x 1; st.nc y 2; dmb sy; ld.nc x; ld.nc y", ""},
	{"c5/write-through-hits/good", "", "on!; ld x; st.nc y 5; dmb sy; st.wt x 1; ld x", ""},
	{"c5/nc-write-clean-copy/bad", "", "on!; ld x; st.nc x 1; dmb sy; ld x", "error stale-cache-read C5/M4"},
	{"c5/nc-write-clean-copy/good", "", "on!; ld x; st.nc x 1; dmb sy; ivac x; dsb sy; ld x", ""},
	{"c5/nc-write-no-copy/good", "", "st x 1; dmb sy; ld x", ""},
	{"c5/nc-write-dirty/bad", "", "on!; st x 1; st.nc x 2; dmb sy; ld.nc x", "error lost-write C5"},
	{"c5/nc-write-dirty/good", "", "on!; st x 1; cvac x; dsb sy; st.nc x 2; dmb sy; ld.nc x", ""},
	{"c5/nc-write-dirty-neighbour/bad", "", "on!; st y 1; st.nc x 2; dmb sy; ld.nc x", "error lost-write C5"},
	{"c5/nc-write-dirty-neighbour/good", "", "on!; st y 1; cvac y; dsb sy; st.nc x 2; dmb sy; ld.nc x", ""},
	{"c5/nc-write-other-line/good", "", "on!; st z 1; st.nc x 2; dmb sy; ld.nc x", ""},
	{"c5/granule/bad", "cwg128", "on!; ld x; st z 1; st.nc x 2; dmb sy; ld.nc x", "error lost-write C5"},
	{"c5/granule/good", "cwg128", "on!; ld x; st z 1; cvac z; dsb sy; st.nc x 2; dmb sy; ld.nc x", ""},
	/* A stale copy beside a byte written cacheable may be written back with it. */
	{"c5/stale-neighbour-written/bad", "", "on!; ld x; st.nc x 1; dmb sy; st y 2; ld.nc x", "error lost-write C5"},
	{"c5/stale-neighbour-written/good", "", "on!; ld x; st.nc x 1; dmb sy; ivac x; dsb sy; st y 2; ld.nc x", ""},
	/* A clean does not cure a stale copy, nor what it may have overwritten. */
	{"c5/clean-keeps-stale/bad", "", "on!; ld x; st.nc x 1; dmb sy; cvac x; dsb sy; ld x",
		"error stale-cache-read C5/M4"},
	{"c5/clean-overwrites/bad", "", "on!; st x 1; st.nc x 2; dmb sy; cvac x; dsb sy; off; isb; ld x",
		"error lost-write C5"},
	{"c5/overwrite-cures/good", "", "on!; ld x; st.nc x 1; dmb sy; st x 3; ld x", ""},
	{"c5/intermediate/bad", "", "on!; st x 1; st x 0; ld.nc x", "error stale-memory-read C5"},
	{"c5/intermediate-in-cloud/bad", "", "on!; st x 1; st x 2; st.nc y 1; dmb sy; ld.nc x",
		"error stale-memory-read C5"},
	{"c5/no-intermediate/good", "", "on!; st x 0; st x 0; ld.nc x", ""},
	{"c5/intermediate-cleaned/good", "", "on!; st x 1; st x 0; cvac x; dsb sy; ld.nc x", ""},
	{"c5/alias-removed/good", "",
		"on!; ld x; alias off; civac.nc x; dsb sy; st.nc x 1; dmb sy; ld.nc x; alias on; ld x", ""},

	/* ---- V1: values. V6: RAM that nobody filled. */
	{"v1/same-value/good", "", "on!; st x 0; off; isb; ld x", ""},
	{"v1/same-value-nc/good", "initial=clean", "st x 0; dmb sy; on; isb; ld x", ""},
	{"v1/only-bytes-read/good", "", "on!; st x 1; off; isb; ld y", ""},
	{"v6/unknown-zeroed/bad", "unknown", "on!; st x 0; off; isb; ld x", "error stale-memory-read C5/H1"},
	{"v6/unknown-zeroed-off/bad", "unknown initial=clean", "st x 0; dmb sy; on; isb; ld x",
		"error stale-cache-read C5/H2"},
	{"v6/unknown-unwritten/good", "unknown initial=clean", "ld x; on!; ld x; off; isb; ld x", ""},
	{"v6/unwritten-neighbour/good", "unknown initial=clean", "st y 1; dmb sy; on; isb; ld x", ""},
	{"v6/image-later/good", "unknown", "image x 5; on!; st x 5; off; isb; ld x", ""},
	/* One place, one finding; another writer, another. */
	{"v5/once/bad", "", "on!; st x 1; st y 1; off; isb; ld x; ld x",
		"error stale-memory-read C5/H1; error stale-memory-read C5/H1"},

	/* ---- C7: IVAC of dirty lines. */
	{"c7/discard/bad", "", "on!; st x 1; ivac x; dsb sy; ld x", "error discarded-write C7"},
	{"c7/discard/good", "", "on!; st x 1; civac x; dsb sy; ld x", ""},
	{"c7/discard-neighbour/bad", "", "on!; st y 1; ivac x; dsb sy; ld y", "error discarded-write C7"},
	{"c7/overwritten/good", "", "on!; st x 1; ivac x; dsb sy; st x 2; ld x", ""},
	{"c7/dma-buffer/good", "", "on!; st x 1; ivac x; dsb sy; dma x 7; ld x", ""},
	{"c7/granule/bad", "cwg128", "on!; st z 1; ivac x; dsb sy; ld z", "error discarded-write C7"},
	{"c7/granule/good", "", "on!; st z 1; ivac x; dsb sy; ld z", ""},
	{"c7/uncached-read/bad", "", "on!; st x 1; ivac x; dsb sy; ld.nc x", "error discarded-write C7"},

	/* ---- C8: completion and order. */
	{"c8/no-dsb/bad", "", "on!; st x 1; cvac x; ld.nc x", "error incomplete-maintenance C8"},
	{"c8/dmb-only/bad", "", "on!; st x 1; cvac x; dmb sy; ld.nc x", "error incomplete-maintenance C8"},
	/* DDI 0487, "Message passing to non-caching observers": the flag comes after the effects of the clean. */
	{"c8/dmb-then-other-cpu/good", "", "on!; st x 1; cvac x; dmb ish; 1:ld x", ""},
	{"c8/dmb-then-other-cpu-civac/good", "", "on!; st x 1; civac x; dmb sy; 1:ld x", ""},
	{"c8/dmb-nsh-then-other-cpu/bad", "", "on!; st x 1; cvac x; dmb nsh; 1:ld x",
		"error incomplete-maintenance C8"},
	{"c8/no-dmb-then-other-cpu/bad", "", "on!; st x 1; cvac x; 1:ld x", "error incomplete-maintenance C8"},
	{"c8/dmb-then-other-cpu-invalidated/good", "", "1:on!; 1:ld x; st x 1; dmb sy; ivac x; dmb sy; 1:ld x", ""},
	{"c8/dmb-st-then-other-cpu/bad", "", "on!; st x 1; cvac x; dmb st; 1:ld x", "error incomplete-maintenance C8"},
	{"c8/dmb-before-then-other-cpu/bad", "", "on!; st x 1; dmb sy; cvac x; 1:ld x",
		"error incomplete-maintenance C8"},
	/* A DC whose operand is not cacheable is not ordered with cacheable stores of the line. */
	{"c8/overtaken/bad", "", "on!; st x 1; off; isb; cvac x; dsb sy; ld x", "error maintenance-order C8"},
	{"c8/overtaken/good", "", "on!; st x 1; dmb sy; off; isb; cvac x; dsb sy; ld x", ""},
	{"c8/overtaken-dmb-after-switch/good", "", "on!; st x 1; off; isb; dmb nsh; cvac x; dsb sy; ld x", ""},
	{"c8/overtaken-civac/bad", "", "on!; st x 1; off; isb; civac x; dsb sy; ld x", "error maintenance-order C8"},
	{"c8/overtaken-civac/good", "", "on!; st x 1; dsb nsh; off; isb; civac x; dsb sy; ld x", ""},
	{"c8/overtaken-dmb-st/bad", "", "on!; st x 1; dmb st; off; isb; cvac x; dsb sy; ld x",
		"error maintenance-order C8"},
	/* Nothing behind a DSB executes until what it waits for is complete. */
	{"c8/overtaken-dsb-st/good", "", "on!; st x 1; dsb ishst; off; isb; cvac x; dsb sy; ld x", ""},
	{"c8/overtaken-dsb-ld/bad", "", "on!; st x 1; dsb ld; off; isb; cvac x; dsb sy; ld x",
		"error maintenance-order C8"},
	{"c8/overtaken-no-isb/bad", "", "on!; st x 1; off; cvac x; dsb sy; isb; ld x", "error maintenance-order C8"},
	{"c8/overtaken-dmb-after-dc/bad", "", "on!; st x 1; off; isb; cvac x; dmb sy; dsb sy; ld x",
		"error maintenance-order C8"},
	{"c8/overtaken-caches-off/bad", "", "on!; st x 1; coff; isb; cvac x; dsb sy; ld x",
		"error maintenance-order C8"},
	{"c8/overtaken-by-alias/bad", "", "on!; st x 1; cvac.nc x; dsb sy; ld.nc x", "error maintenance-order C8"},
	{"c8/overtaken-by-alias/good", "", "on!; st x 1; cvac x; dsb sy; ld.nc x", ""},
	{"c8/overtaken-then-written/bad", "", "on!; st x 1; off; isb; ivac x; dsb sy; st x 2; dmb sy; ld x",
		"error lost-write C5"},
	{"c8/overtaken-then-written/good", "", "on!; st x 1; dsb sy; off; isb; ivac x; dsb sy; st x 2; dmb sy; ld x",
		""},
	{"c8/overtaken-neighbour-later/bad", "", "on!; st x 1; off; isb; civac x; dsb sy; st y 2; dmb sy; ld y",
		"error lost-write C5"},
	{"c8/overtaken-other-bytes/good", "", "on!; st y 1; dsb sy; st x 1; off; isb; cvac x; dsb sy; ld y", ""},
	/* The second DC comes after the barrier of the first. */
	{"c8/overtaken-twice/good", "", "on!; st x 1; off; isb; cvac x; dsb sy; cvac x; dsb sy; ld x", ""},
	{"c8/overtaken-cleaned-before/good", "", "on!; st x 1; cvac x; off; isb; cvac x; dsb sy; ld x", ""},
	{"c8/overtaken-other-cpu/good", "", "on!; 1:on!; st x 1; 1:cvac x; 1:dsb sy; off; isb; cvac x; dsb sy; ld x",
		""},
	/* What was dirty with the same value is clean either way. */
	{"c8/overtaken-same-value/good", "", "on!; st x 1; dsb sy; st x 1; off; isb; cvac x; dsb sy; ld x", ""},
	{"c8/overtaken-rewritten/bad", "", "on!; st x 1; dsb sy; st x 2; off; isb; cvac x; dsb sy; ld x",
		"error maintenance-order C8"},
	{"c8/overtaken-same-as-memory/good", "", "on!; st x 0; off; isb; cvac x; dsb sy; ld x", ""},
	{"c8/overtaken-zva/bad", "", "on!; st x 1; dsb sy; zva x; off; isb; cvac x; dsb sy; ld x",
		"error maintenance-order C8"},
	/* A write-through store goes to memory by itself. */
	{"c8/overtaken-write-through/good", "", "on!; st.wt x 1; off; isb; cvac x; dsb sy; ld x", ""},
	{"c8/dsb-ld/bad", "", "on!; st x 1; cvac x; dsb ld; ld.nc x", "error incomplete-maintenance C8"},
	{"c8/dsb-st/bad", "", "on!; st x 1; cvac x; dsb st; ld.nc x", "error incomplete-maintenance C8"},
	{"c8/dsb-ish/good", "", "on!; st x 1; cvac x; dsb ish; ld.nc x", ""},
	{"c8/dsb-osh/good", "", "on!; st x 1; cvac x; dsb osh; ld.nc x", ""},
	{"c8/other-cpu-dsb/bad", "", "on!; 1:on!; st x 1; cvac x; 1:dsb sy; ld.nc x",
		"error incomplete-maintenance C8"},
	{"c8/isb-is-no-dsb/bad", "", "on!; st x 1; cvac x; isb; ld.nc x", "error incomplete-maintenance C8"},
	{"c8/no-dsb-off/bad", "", "on!; st x 1; cvac x; off; isb; ld x", "error incomplete-maintenance C8"},
	{"c8/invalidate-no-dsb/bad", "initial=clean", "st x 1; dmb sy; ivac x; 1:on!; 1:ld x",
		"error incomplete-maintenance C8"},
	{"c8/write-after-clean/bad", "", "on!; st x 1; cvac x; st x 2; dsb sy; ld.nc x", "error stale-memory-read C5"},
	{"c8/unordered-but-nothing-allocates/good", "initial=clean", "st x 1; ivac x; dsb sy; on; isb; ld x", ""},
	{"c8/unordered/bad", "", "on!; ld x; st.nc x 1; ivac x; dsb sy; ld x", "error maintenance-order C8"},
	{"c8/dsb-ishst/good", "", "on!; ld x; st.nc x 1; dsb ishst; ivac x; dsb sy; ld x", ""},
	{"c8/dmb-st/bad", "", "on!; ld x; st.nc x 1; dmb st; ivac x; dsb sy; ld x", "error maintenance-order C8"},
	{"c8/ordered/good", "", "on!; ld x; st.nc x 1; dmb sy; ivac x; dsb sy; ld x", ""},
	{"c8/dsb-orders/good", "", "on!; ld x; st.nc x 1; dsb sy; ivac x; dsb sy; ld x", ""},
	{"c8/program-order/good", "", "on!; ld x; st.nc x 1; dmb sy; ivac x; ld x", ""},
	{"c8/clean-then-invalidate/good", "", "on!; st x 1; cvac x; ivac x; dsb sy; ld x", ""},
	{"c8/queued-twice/good", "", "on!; st x 1; cvac x; st y 2; cvac x; dsb sy; ld.nc x; ld.nc y", ""},

	{"c8/civac-rewritten/good", "", "on!; st x 1; civac x; st y 2; dsb sy; ld.nc x", ""},
	{"c8/civac-program-order/good", "", "on!; ld x; st.nc x 1; dmb sy; civac x; st y 1; ld x", ""},
	{"c8/ivac-program-order/good", "", "on!; st x 1; civac x; dsb sy; ivac x; st x 2; dsb sy; ld x", ""},
	{"c8/rewritten-while-pending/bad", "", "on!; st x 1; cvac x; st x 2; st x 3; dsb sy; st x 1; ld.nc x",
		"error stale-memory-read C5"},
	{"c8/unordered-store/good", "initial=clean", "ivac x; st x 1; dsb sy; on; isb; ld x", ""},

	/* ---- C6, C9: whom it reaches. */
	{"c6/cvau/bad", "", "on!; st x 1; cvau x; dsb sy; ld.nc x", "error stale-memory-read C5"},
	{"c6/other-cpus-dirt/good", "", "on!; 1:on!; 1:st x 1; cvac x; dsb sy; ld.nc x", ""},
	{"c6/nsh-other-cpu/bad", "", "on!; 1:on!; 1:st x 1; cvac.nsh x; dsb sy; ld.nc x", "error stale-memory-read C5"},
	{"c6/nsh-alone/good", "", "on!; st.nsh x 1; cvac.nsh x; dsb sy; ld.nc x", ""},
	{"c6/dmin32/bad", "dmin32", "on!; st x 1; st z 2; cvac x; dsb sy; ld.nc x; ld.nc z",
		"error stale-memory-read C5"},
	{"c6/dmin32-half/bad", "dmin32", "on!; st x 1; st v 2; cvac x; dsb sy; ld.nc x; ld.nc v",
		"error stale-memory-read C5"},
	{"c6/dmin32-half/good", "dmin32", "on!; st x 1; st v 2; cvac x; cvac v; dsb sy; ld.nc x; ld.nc v", ""},
	{"c6/dmin128/good", "dmin128", "on!; st x 1; st z 2; cvac x; dsb sy; ld.nc x; ld.nc z", ""},
	{"c6/dmin64/bad", "", "on!; st z 2; cvac x; dsb sy; ld.nc z", "error stale-memory-read C5"},
	{"c9/nsh-with-others/bad", "", "on!; 1:on!; st x 1; cvac x; dsb nsh; ld.nc x",
		"error incomplete-maintenance C8"},
	{"c9/nsh-alone/good", "", "on!; st x 1; cvac x; dsb nsh; ld.nc x", ""},
	/* The other CPU had its caches on once: its copies are there still. */
	{"c9/nsh-others-once/bad", "", "1:on!; 1:off!; on!; st x 1; cvac x; dsb nsh; ld.nc x",
		"error incomplete-maintenance C8"},
	{"c10/loc0/good", "loc0", "on!; st x 1; off; isb; ld x", ""},
	{"c10/loc0-not-trusted/bad", "loc0 trust-ids=off", "on!; st x 1; off; isb; ld x",
		"error stale-memory-read C5/H1"},

	/* ---- C2: what may be allocated. */
	{"c2/unmapped/good", "", "alias off; on!; st.nc x 1; dmb sy; ld.nc x; alias on; ld x", ""},
	{"c2/mapped/bad", "", "on!; st.nc x 1; dmb sy; ld x", "error stale-cache-read C5/M4"},
	{"c2/read-through-nc/good", "", "on!; st x 1; civac x; dsb sy; ld.nc x; ld.nc x", ""},

	/* ---- C4, V5: the least assumption is named. */
	{"c4/initial-invalid/good", "initial=invalid", "st x 1; dmb sy; on; isb; ld x", ""},

	/* ---- C11: set and way. */
	{"c11/off/good", "", "on!; st x 1; off; isb; csw all; dsb sy; ld x", ""},
	{"c11/not-all/bad", "", "on!; st x 1; off; isb; csw most; dsb sy; ld x", "error set-way-reliance C11"},
	{"c11/never-all/bad", "",
		"on!; st x 1; off; isb; csw most; dsb sy; dsb sy; dsb sy; dsb sy; dsb sy; dsb sy; dsb sy; dsb sy; ld x",
		"error set-way-reliance C11"},
	{"c11/beyond-loc/good", "beyond-loc", "on!; st x 1; off; isb; csw far; dsb sy; ld x", ""},
	{"c11/no-dsb/bad", "", "on!; st x 1; off; isb; csw all; ld x", "error stale-memory-read C5/H1"},
	{"c11/level-missing/bad", "levels2", "on!; st x 1; off; isb; csw far; dsb sy; ld x",
		"error set-way-reliance C11"},
	/* It has nothing to do with what was written after it. */
	{"c11/level-missing-rewritten/bad", "levels2", "on!; st x 1; csw far; dsb sy; st x 2; off; isb; ld x",
		"error stale-memory-read C5/H1"},
	{"c11/levels/good", "levels2", "on!; st x 1; off; isb; csw all; dsb sy; ld x", ""},
	{"c11/dsb-per-level/good", "levels2", "on!; st x 1; off; isb; csw far; dsb sy; csw all; dsb sy; ld x", ""},
	{"c11/other-cpu/bad", "", "on!; 1:on!; st x 1; off; isb; csw all; dsb sy; ld x", "error set-way-reliance C11"},
	{"c11/never/bad", "set-way=never", "on!; st x 1; off; isb; csw all; dsb sy; ld x",
		"error set-way-reliance C11"},
	{"c11/private/bad", "set-way=private", "on!; st x 1; off; isb; csw all; dsb sy; ld x",
		"error set-way-reliance C11"},
	{"c11/geometry-unknown/bad", "nogeometry", "on!; st x 1; off; isb; csw all; dsb sy; ld x",
		"error set-way-reliance C11"},
	{"c11/invalidate-at-boot/good", "initial=clean", "isw all; dsb sy; st x 1; dmb sy; on; isb; ld x", ""},
	{"c11/dirty-at-boot/good", "initial=dirty unknown", "isw all; dsb sy; st x 1; dmb sy; ld x", ""},
	{"c11/clean-does-not-invalidate/bad", "initial=clean", "csw all; dsb sy; st x 1; dmb sy; on; isb; ld x",
		"error stale-cache-read C5/H2"},
	{"c11/invalidate-while-on/bad", "", "on!; ld x; cisw all; dsb sy; st.nc x 1; dmb sy; ld x",
		"error stale-cache-read C5/M4"},
	{"c11/clean-while-on/good", "", "on!; st x 1; csw all; dsb sy; off; isb; ld x", ""},
	/* What was written while the loop ran earns nothing. */
	{"c11/written-meanwhile/bad", "", "on!; st x 1; csw most; st x 2; csw all; dsb sy; off; isb; ld x",
		"error stale-memory-read C5/H1"},
	{"c11/invalidate-discards/bad", "", "on!; st x 1; off; isb; isw all; dsb sy; ld x", "error discarded-write C7"},
	{"c11/note", "set-way=never notes=on", "csw all; dsb sy", "note set-way-reliance C11"},

	/* ---- Section 4. */
	{"m4/dmb-missing/bad", "", "st x 1; on; isb; ld x", "error mismatched-attributes X3/M4"},
	{"m4/dmb/good", "", "st x 1; dmb sy; on; isb; ld x", ""},
	{"m4/dmb-too-late/bad", "", "st x 1; on; dmb sy; isb; ld x", "error mismatched-attributes X3/M4"},
	{"m4/dmb-st/bad", "", "st x 1; dmb st; on; isb; ld x", "error mismatched-attributes X3/M4"},
	{"m4/race/bad", "", "alias off; on!; st.nc x 1; alias on; st x 2; ld x", "error mismatched-attributes X3/M4"},
	{"m4/race/good", "", "alias off; on!; st.nc x 1; dmb sy; alias on; st x 2; ld x", ""},
	{"m3/nc-and-device/good", "", "on!; alias off; st.nc x 1; ld.dev x", ""},
	{"m5/shareability/bad", "", "on!; st x 1; ld.osh x", "warning mismatched-attributes M5"},
	{"m5/shareability/good", "", "on!; st x 1; ld x", ""},
	{"m5/another-era/good", "", "on!; st x 1; civac x; dsb sy; off; isb; on; isb; ld.osh x", ""},
	{"m5/mmu-off/good", "", "st x 1; dmb sy; on; isb; ld x", ""},
	{"m5/mmu-off-strict/bad", "shareability-mismatch=strict", "st x 1; dmb sy; on; isb; ld x",
		"warning mismatched-attributes M5"},

	/* ---- H10 and other things that are right. */
	{"h10/good", "initial=clean",
		"on!; st x 1; civac x; dsb nsh; off; isb; st x 2; dmb sy; ivac x; dsb nsh; on; isb; ld x", ""},
	{"h10/no-invalidate/bad", "initial=clean",
		"on!; st x 1; civac x; dsb nsh; off; isb; st x 2; dmb sy; on; isb; ld x",
		"error stale-cache-read C5/H2"},
	{"h10/no-clean/bad", "initial=clean", "on!; st x 1; off; isb; st x 2; dmb sy; ivac x; dsb nsh; on; isb; ld x",
		"error lost-write C5"},
	{"h10/flash/good", "initial=dirty unknown", "ld f; on!; ld f; off; isb; ld f", ""},
	{"h10/flash-written/good", "dma=noncoherent", "on!; st f 1; ld.nc f", ""},
	{"h7/secondary-before-enable/bad", "", "on!; st x 1; 1:ld x", "error stale-memory-read C5/H1"},
	{"h7/secondary-after-enable/good", "", "on!; st x 1; 1:on; 1:isb; 1:ld x", ""},
	{"h7/secondary-writes/bad", "", "on!; ld x; 1:st x 1; 1:dmb sy; 1:on; 1:isb; 1:ld x",
		"error stale-cache-read C5/H2"},
	{"h7/secondary-writes/good", "", "on!; ld x; 1:st x 1; 1:dmb sy; 1:ivac x; 1:dsb sy; 1:on; 1:isb; 1:ld x", ""},

	/* ---- Section 11: what is right and must stay silent. */
	{"silent/secondary-reads-after-enable/good", "initial=clean", "on!; st x 1; 1:on; 1:isb; 1:ld x", ""},
	{"silent/loader-invalidates-before/good", "initial=clean",
		"civac x; dsb sy; st x 1; st y 2; dmb sy; on; isb; ld x; ld y", ""},
	{"silent/set-way-at-boot/good", "initial=dirty unknown levels2",
		"isw all; dsb sy; st x 1; dmb sy; on; isb; ld x", ""},
	{"silent/execute-in-place/good", "initial=clean", "ld f; walk f; on; isb; ld f; walk.nc f", ""},
	{"silent/linear-alias-of-nc/good", "initial=clean",
		"on!; st x 1; cvac x; dsb sy; ld.nc x; ld x; ld.nc x; ld.nc y", ""},
	{"silent/one-cpu-nsh/good", "", "on!; st x 1; cvac x; dsb nsh; off; isb; ld x", ""},
	{"silent/rewritten-same/good", "", "image x 5; on!; st x 5; off; isb; ld x; st x 5; dmb sy; on; isb; ld x", ""},
	{"silent/overwritten-before-read/good", "initial=clean",
		"on!; st x 1; dsb sy; off; isb; civac x; dsb sy; st x 2; ld x", ""},

	/* ---- S1. */
	{"s1/mmu-on-same-value/good", "", "st x 1; dmb sy; on; ld x", ""},
	{"s1/mmu-on-dirty/bad", "", "on; st x 1; ld x", "error unsynchronized-register S1/H3"},
	{"s1/mmu-on-dirty/good", "", "on; isb; st x 1; ld x", ""},
	{"s1/mmu-off/bad", "", "on!; ld x; st.nc x 1; dmb sy; off; ld x", "error unsynchronized-register S1/H3"},
	{"s1/ttbr/bad", "", "on!; msr TTBR0 1 2; ld x", "warning unsynchronized-register S1"},
	{"s1/ttbr-mmu-off/good", "", "msr TTBR0 1 2; ld x", ""},
	{"s1/hcr-mmu-off/bad", "", "msr HCR 0 0x1000; ld x", "warning unsynchronized-register S1"},
	{"s1/ttbr/good", "", "on!; msr TTBR0 1 2; isb; ld x", ""},
	{"h3/enable/bad", "", "msr TTBR0 1 2; on; isb; ld x", "warning unsynchronized-register H3"},
	{"h3/enable/good", "", "msr TTBR0 1 2; isb; on; isb; ld x", ""},
	{"h3/enable-same-value/good", "", "msr TTBR0 2 2; on; isb; ld x", ""},
	{"h3/disable/bad", "", "on!; msr SCTLR 1 0; msr TTBR0 1 2; isb", "warning unsynchronized-register H3"},
	{"h3/disable/good", "", "on!; msr SCTLR 1 0; isb; msr TTBR0 1 2; isb", ""},
	{"h3/disable-c/good", "", "on!; msr SCTLR 5 1; isb; msr TTBR0 1 2; isb", ""},
	{"h3/disable-other/good", "", "on!; msr SCTLR 1 0; msr CPACR 1 2; isb", ""},
	{"h3/enable-other-el/good", "", "el 2; msr TTBR0 1 2; on; isb; ld x", ""},
	{"s1/exception/good", "", "on!; msr TTBR0 1 2; exc; ld x", ""},
	{"s1/eret/good", "", "on!; msr TTBR0 1 2; eret; ld x", ""},
	{"s1/dsb-is-no-isb/bad", "", "on!; msr TTBR0 1 2; dsb sy; ld x", "warning unsynchronized-register S1"},
	{"s1/same-value/good", "", "on!; msr TTBR0 1 1; ld x", ""},
	{"s1/other-el/good", "", "on!; el 2; msr TTBR0 1 2; ld x", ""},
	{"s1/own-el/bad", "", "on!; el 2; msr SCTLR2 0 1; ld x", "warning unsynchronized-register S1"},
	{"s1/once/bad", "", "on!; msr TTBR0 1 2; ld x; ld y", "warning unsynchronized-register S1"},
	{"s1/irrelevant-bits/good", "", "on!; msr SCTLR 0 0x10000; ld x", ""},
	{"s1/other-cpu/good", "", "on!; msr TTBR0 1 2; 1:ld x", ""},
	{"s1/fp/bad", "", "msr CPACR 0 0x300000; use fp", "error unsynchronized-register S1"},
	{"s1/sve-for-fp/good", "", "msr CPACR 0 0x10000; use fp", ""},
	{"s1/fp-for-sve/bad", "", "msr CPACR 0 0x100000; use sve", "error unsynchronized-register S1"},
	{"s1/fp-of-el0/good", "", "msr CPACR 0x100000 0x300000; use fp", ""},
	{"s1/fp/good", "", "msr CPACR 0 0x300000; isb; use fp", ""},
	{"s1/pac/bad", "", "msr APIAKEY 0 5; use pac", "error unsynchronized-register S1"},
	/* A key is its two halves and its enable in SCTLR_EL1: EnIA is bit 31, EnIB bit 30. */
	{"s1/pac-high/bad", "", "msr APIAKEYHI 0 5; use pac APIAKEY", "error unsynchronized-register S1"},
	{"s1/pac-other-key/good", "", "msr APIBKEY 0 5; use pac APIAKEY", ""},
	{"s1/pac-enable/bad", "", "msr SCTLR 0 0x80000000; use pac APIAKEY", "error unsynchronized-register S1"},
	{"s1/pac-other-enable/good", "", "msr SCTLR 0 0x40000000; use pac APIAKEY", ""},
	{"s1/pac-generic-enable/good", "", "msr SCTLR 0 0xc8002000; use pac APGAKEY", ""},
	/* NFD and E0PD govern EL0, which an ERET leads to. */
	{"s1/tcr-el0-bits/good", "", "on!; msr TCR 0 0x01e0000000000000; ld x", ""},
	{"s1/tcr/bad", "", "on!; msr TCR 0 0x10; ld x", "warning unsynchronized-register S1"},
	/* LEN is read as if in program order. */
	{"s1/zcr/good", "", "msr ZCR 0 15; use sve", ""},
	{"s1/smcr/good", "", "msr SMCR 0 15; use sme", ""},
	{"s1/csselr/bad", "", "msr CSSELR 0 2; read CCSIDR", "error unsynchronized-register S1"},
	{"s1/csselr-itself/good", "", "msr CSSELR 0 2; read CSSELR", ""},
	{"s1/par/bad", "", "msr PAR 0 0; read PAR", "error unsynchronized-register S1"},
	{"s1/par/good", "", "msr PAR 0 0; isb; read PAR", ""},
	{"s1/vbar/bad", "", "msr VBAR 0 0x800; use vector VBAR", "error unsynchronized-register S1"},
	{"s1/timer-off/good", "", "msr CNTV_CTL 1 0; use wait", ""},
	{"s1/timer-masked/good", "", "msr CNTV_CTL 1 3; use wait", ""},
	{"s1/timer/bad", "", "msr CNTV_CTL 0 1; use wait", "warning unsynchronized-register S1"},
	{"s1/pmselr/bad", "", "msr PMSELR 0 1; write PMXEVTYPER", "error unsynchronized-register S1"},
	/* What the outcomes are by the old value and the new is known: nothing, a warning, an error. */
	{"s1/outcome-same/good", "", "on!; msr TTBR0 1 2; use same TTBR0; ld x", ""},
	{"s1/outcome-otherwise/bad", "", "on!; msr TTBR0 1 2; use otherwise TTBR0; ld x",
		"warning unsynchronized-register S1"},
	{"s1/outcome-elsewhere/bad", "", "on!; msr TTBR0 1 2; use elsewhere TTBR0; ld x",
		"error unsynchronized-register S1"},
	{"s1/outcome-later/bad", "", "on!; msr TTBR0 1 2; use same TTBR0; ld x; use elsewhere TTBR0; ld w",
		"error unsynchronized-register S1"},
	{"s1/outcome-of-one-access/bad", "", "on!; msr TTBR0 1 2; use same TTBR0; ld x; ld w",
		"warning unsynchronized-register S1"},
	{"s1/outcome-of-each/bad", "", "on!; msr TTBR0 1 2; msr MAIR 1 2; use elsewhere TTBR0; use same MAIR; ld x",
		"error unsynchronized-register S1"},
	{"s1/outcome-synchronized/good", "", "on!; msr TTBR0 1 2; use elsewhere TTBR0; isb; ld x", ""},
	{"s1/outcome-dc/bad", "", "on!; msr TTBR0 1 2; use elsewhere TTBR0; cvac x",
		"error unsynchronized-register S1"},
	{"s1/outcome-rewritten/bad", "", "on!; msr TTBR0 1 2; use same TTBR0; msr TTBR0 2 3; ld x",
		"warning unsynchronized-register S1"},
	/* The walk is for the access that comes. */
	{"s1/walk/good", "", "on!; msr TTBR0 1 2; walk x; use same TTBR0; ld x", ""},
	{"s1/e2h/bad", "", "on!; el 2; msr HCR 0 0x400000000; use elsewhere HCR; ld x",
		"error unsynchronized-register S1"},
	{"s1/e2h/good", "", "on!; el 2; msr HCR 0 0x400000000; isb; ld x", ""},
	{"s1/tge/good", "", "on!; el 2; msr HCR 0 0x8000000; ld x", ""},
	/* Timers. */
	{"s1/timer-isr/bad", "", "msr CNTV_CVAL 0 1; read ISR", "warning unsynchronized-register S1"},
	{"s1/timer-isr/good", "", "msr CNTV_CVAL 0 1; isb; read ISR", ""},
	{"s1/timer-isr-off/good", "", "msr CNTV_CTL 1 0; read ISR", ""},
	{"s1/timer-hppir/bad", "", "msr CNTV_CTL 0 1; read ICC_HPPIR1", "warning unsynchronized-register S1"},
	/* Who acknowledges takes whatever there is. */
	{"s1/timer-iar/good", "", "msr CNTV_CVAL 0 1; read ICC_IAR1", ""},
	{"s1/cntvoff/bad", "", "el 2; msr CNTVOFF 0 1; read CNTVCT", "error unsynchronized-register S1"},
	{"s1/cntvoff/good", "", "el 2; msr CNTVOFF 0 1; isb; read CNTVCT", ""},
	{"s1/cntvoff-e2h/good", "", "el 2; msr HCR 0 0x400000000; isb; msr CNTVOFF 0 1; read CNTVCT", ""},
	{"s1/cntvoff-other/good", "", "el 2; msr CNTVOFF 0 1; read CNTPCT", ""},
	/* The interrupt controller. */
	{"s1/sgi/bad", "", "msr ICC_SGI1R 0 1; use wait", "warning unsynchronized-register S1"},
	{"s1/sgi-iar/bad", "", "msr ICC_SGI1R 0 1; read ICC_IAR1", "warning unsynchronized-register S1"},
	{"s1/sgi/good", "", "msr ICC_SGI1R 0 1; isb; use wait", ""},
	{"s1/sgi-rpr/good", "", "msr ICC_SGI1R 0 1; read ICC_RPR", ""},
	{"s1/eoir/bad", "", "msr ICC_EOIR1 0 1; read ICC_RPR", "warning unsynchronized-register S1"},
	{"s1/eoir-iar/bad", "", "msr ICC_EOIR1 0 1; read ICC_IAR1", "warning unsynchronized-register S1"},
	{"s1/eoir-wait/good", "", "msr ICC_EOIR1 0 1; use wait", ""},
	{"s1/igrpen/bad", "", "msr ICC_IGRPEN1 0 1; use wait", "warning unsynchronized-register S1"},
	{"s1/pmr-is-self-synchronizing/good", "", "msr ICC_PMR 0 0xf0; read ICC_IAR1; use wait", ""},
	/* The PMU: the counter that is concerned, and no other. */
	{"s1/pmcnten/bad", "", "msr PMCNTENSET 0 1; read PMEVCNTR0", "warning unsynchronized-register S1"},
	{"s1/pmcnten/good", "", "msr PMCNTENSET 0 1; isb; read PMEVCNTR0", ""},
	{"s1/pmcnten-other/good", "", "msr PMCNTENSET 0 1; read PMEVCNTR9; read PMCCNTR", ""},
	{"s1/pmcnten-nine/bad", "", "msr PMCNTENSET 1 0x201; read PMEVCNTR9", "warning unsynchronized-register S1"},
	{"s1/pmcnten-cycles/bad", "", "msr PMCNTENSET 0 0x80000000; read PMCCNTR",
		"warning unsynchronized-register S1"},
	{"s1/pmcnten-same/good", "", "msr PMCNTENSET 1 1; read PMEVCNTR0", ""},
	{"s1/pmcr/bad", "", "msr PMCR 0 1; read PMCCNTR", "warning unsynchronized-register S1"},
	{"s1/pmcr-reset-cycles/bad", "", "msr PMCR 0x40 0x44; read PMCCNTR", "warning unsynchronized-register S1"},
	{"s1/pmcr-reset-events/good", "", "msr PMCR 0x40 0x42; read PMCCNTR", ""},
	{"s1/pmcr-lc/good", "", "msr PMCR 0 0x40; read PMCCNTR", ""},
	{"s1/pmccfiltr/bad", "", "msr PMCCFILTR 0 1; read PMCCNTR", "warning unsynchronized-register S1"},
	{"s1/pmccfiltr/good", "", "msr PMCCFILTR 0 1; read PMEVCNTR0", ""},
	{"s1/pmevtyper/bad", "", "msr PMEVTYPER9 0 1; read PMEVCNTR9", "warning unsynchronized-register S1"},
	{"s1/pmevtyper-other/good", "", "msr PMEVTYPER9 0 1; read PMEVCNTR0", ""},
	/* Whoever writes a counter knows that it counts; what overflows once more is another matter. */
	{"s1/pmcnten-write/good", "", "msr PMCNTENSET 1 0; write PMEVCNTR0", ""},
	{"s1/pmovs-disabled/bad", "", "msr PMCNTENSET 1 0; write PMOVSCLR", "warning unsynchronized-register S1"},
	{"s1/pmovs-stopped/bad", "", "msr PMCR 1 0; write PMOVSCLR", "warning unsynchronized-register S1"},
	{"s1/pmovs-enabled/good", "", "msr PMCNTENSET 0 1; write PMOVSCLR", ""},
	/* PMSWINC_EL0 says which code is to be counted. */
	{"s1/pmswinc-type/bad", "", "msr PMEVTYPER9 0 1; use count PMEVCNTR9", "warning unsynchronized-register S1"},
	{"s1/pmswinc-type/good", "", "msr PMEVTYPER9 0 1; isb; use count PMEVCNTR9", ""},
	{"s1/pmswinc-other/good", "", "msr PMEVTYPER9 0 1; use count PMEVCNTR0", ""},
	{"s1/pmswinc-counter/bad", "", "msr PMEVCNTR0 0 5; use count PMEVCNTR0", "warning unsynchronized-register S1"},
	{"s1/pmswinc-counter-read/good", "", "msr PMEVCNTR0 0 5; read PMEVCNTR0", ""},
	{"s1/pmswinc-enable/bad", "", "msr PMCNTENSET 0 1; use count PMEVCNTR0", "warning unsynchronized-register S1"},
	{"s1/pmswinc-start/bad", "", "msr PMCR 0 1; use count PMEVCNTR0", "warning unsynchronized-register S1"},
	/* Debug: an exception comes that need not have. */
	{"s1/breakpoint/bad", "", "msr DBGBCR3 0 1; use debug 0x31", "error unsynchronized-register S1"},
	{"s1/breakpoint/good", "", "msr DBGBCR3 0 1; isb; use debug 0x31", ""},
	{"s1/breakpoint-disabled/good", "", "msr DBGBCR3 1 0; use debug 0x31", ""},
	{"s1/breakpoint-elsewhere/good", "", "msr DBGBVR3 0 0x1000; use debug 0x31", ""},
	{"s1/breakpoint-for-watchpoint/good", "", "msr DBGBCR3 0 1; use debug 0x35", ""},
	{"s1/watchpoint/bad", "", "msr DBGWCR0 0 1; use debug 0x35", "error unsynchronized-register S1"},
	{"s1/mdscr/bad", "", "msr MDSCR 0 0x8000; use debug 0x35", "error unsynchronized-register S1"},
	{"s1/mdscr-off/good", "", "msr MDSCR 0xa000 0x8000; use debug 0x35", ""},
	{"s1/mdscr-step/bad", "", "msr MDSCR 0 1; use debug 0x33", "error unsynchronized-register S1"},
	{"s1/mdscr-step-for-breakpoint/good", "", "msr MDSCR 0 1; use debug 0x31", ""},
	{"s1/oslar/bad", "", "msr OSLAR 1 0; use debug 0x31", "error unsynchronized-register S1"},
	{"s1/oslar-locked/good", "", "msr OSLAR 0 1; use debug 0x31", ""},
	{"s1/icc-sre/bad", "", "msr ICC_SRE 0 1; read ICC_IAR1", "error unsynchronized-register S1"},
	{"s1/icc-pmr/bad", "", "msr ICC_SRE 0 1; write ICC_PMR", "error unsynchronized-register S1"},
	{"s1/icc-itself/good", "", "msr ICC_SRE 0 1; read ICC_SRE", ""},
	/* E2H says what the names mean at EL2, TGE does not: KVM with VHE changes it, and then writes CPACR_EL1. */
	{"s1/bank-e2h/bad", "", "el 2; msr HCR 0 0x400000000; use bank", "error unsynchronized-register S1"},
	{"s1/bank-tge/good", "", "el 2; msr HCR 0x400000000 0x408000000; use bank", ""},
	{"s1/unknown-register/good", "", "msr TPIDR 0 1; ld x; use fp", ""},
	/* What TF-A's el3_exit() and KVM with VHE do. */
	{"s4/eret-synchronizes-hcr/good", "", "el 2; msr HCR 0 0x8000000; eret", ""},
	{"s4/eret-synchronizes-scr/good", "", "el 3; msr SCR 0 0x401; eret", ""},
	{"s5/host-el0/bad", "", "on!; el 2; msr HCR 0 0x408000000; isb; el 0; msr SCTLR2 0 1; ld x",
		"warning unsynchronized-register S1"},

	/* ---- Section 9. */
	{"x1/mmu-off/bad", "", "ldx x", "warning exclusive-on-uncached X1"},
	{"x1/mmu-on/good", "", "on!; ldx x; stx x 1; swp x 2", ""},
	{"x1/atomic-nc/bad", "", "on!; alias off; swp.nc x 1", "warning exclusive-on-uncached X1"},
	{"x1/non-shareable/bad", "", "on!; ldx.nsh x", "warning exclusive-on-uncached X1"},
	{"x2/zva-off/bad", "", "zva x", "error device-memory-misuse X2"},
	{"x2/zva-on/good", "", "on!; zva x; ld x", ""},
	{"x2/unaligned-off/bad", "", "ldu x", "error device-memory-misuse X2"},
	{"x2/unaligned-device/bad", "", "on!; stu.dev d 1", "error device-memory-misuse X2"},
	{"x2/unaligned-on/good", "", "on!; ldu x", ""},
	{"x2/unaligned-nc/good", "", "on!; ldu.nc x", ""},
	/* ---- X8: an interrupt may arrive before what was stored before it. */
	{"x8/no-barrier/bad", "", "on!; 1:on!; st x 1; sgi 1; 1:irq; 1:ld x", "warning maintenance-order X8"},
	{"x8/dsb/good", "", "on!; 1:on!; st x 1; dsb ishst; sgi 1; 1:irq; 1:ld x", ""},
	{"x8/dsb-full/good", "", "on!; 1:on!; st x 1; dsb sy; sgi 1; 1:irq; 1:ld x", ""},
	{"x8/dsb-nsh/bad", "", "on!; 1:on!; st x 1; dsb nsh; sgi 1; 1:irq; 1:ld x", "warning maintenance-order X8"},
	{"x8/dsb-ld/bad", "", "on!; 1:on!; st x 1; dsb ld; sgi 1; 1:irq; 1:ld x", "warning maintenance-order X8"},
	/* A system register is no access to memory, a register of the distributor is. */
	{"x8/dmb/bad", "", "on!; 1:on!; st x 1; dmb sy; sgi 1; 1:irq; 1:ld x", "warning maintenance-order X8"},
	{"x8/memory-no-barrier/bad", "", "on!; 1:on!; st x 1; sgi.mem; 1:irq; 1:ld x", "warning maintenance-order X8"},
	{"x8/memory-dmb-st/good", "", "on!; 1:on!; st x 1; dmb ishst; sgi.mem; 1:irq; 1:ld x", ""},
	{"x8/memory-dmb-ld/bad", "", "on!; 1:on!; st x 1; dmb ld; sgi.mem; 1:irq; 1:ld x",
		"warning maintenance-order X8"},
	{"x8/too-late/bad", "", "on!; 1:on!; st x 1; sgi 1; dsb sy; 1:irq; 1:ld x", "warning maintenance-order X8"},
	{"x8/isb-is-no-dsb/bad", "", "on!; 1:on!; st x 1; isb; sgi 1; 1:irq; 1:ld x", "warning maintenance-order X8"},
	{"x8/part/good", "", "on!; 1:on!; st x 1; dsb sy; st y 1; sgi 1; 1:irq; 1:ld x", ""},
	{"x8/part/bad", "", "on!; 1:on!; st x 1; dsb sy; st y 1; sgi 1; 1:irq; 1:ld y", "warning maintenance-order X8"},
	{"x8/receivers-barrier/bad", "", "on!; 1:on!; st x 1; sgi 1; 1:irq; 1:dsb sy; 1:ld x",
		"warning maintenance-order X8"},
	/* Only what the handler reads, of the interrupt that was sent. */
	{"x8/not-taken/good", "", "on!; 1:on!; st x 1; sgi 1; 1:ld x", ""},
	{"x8/other-target/good", "", "on!; 1:on!; 2:on!; st x 1; sgi 2; 1:irq; 1:ld x", ""},
	{"x8/to-self/good", "", "on!; 1:on!; st x 1; sgi; irq; ld x", ""},
	{"x8/to-all/bad", "", "on!; 1:on!; 2:on!; st x 1; sgi; 1:irq; 1:eret; 2:irq; 2:ld x",
		"warning maintenance-order X8"},
	{"x8/before-the-sgi/good", "", "on!; 1:on!; st x 1; 1:irq; sgi 1; 1:ld x", ""},
	{"x8/after-the-handler/good", "", "on!; 1:on!; st x 1; sgi 1; 1:irq; 1:eret; 1:ld x", ""},
	{"x8/nested/bad", "", "on!; 1:on!; st x 1; sgi 1; 1:irq; 1:exc; 1:eret; 1:ld x",
		"warning maintenance-order X8"},
	{"x8/next-interrupt/good", "", "on!; 1:on!; st x 1; sgi 1; 1:irq; 1:eret; 1:irq; 1:ld x", ""},
	/* A lock, and what comes behind it. */
	{"x8/lock/good", "", "on!; 1:on!; st x 1; stx y 1; sgi 1; 1:irq; 1:ldx y; 1:stx y 2; 1:ld x", ""},
	{"x8/written-again/good", "", "on!; 1:on!; st x 1; sgi 1; dsb sy; st x 2; 1:irq; 1:ld x", ""},
	{"x8/written-by-another/good", "", "on!; 1:on!; 2:on!; st x 1; 2:st x 2; sgi 1; 1:irq; 1:ld x", ""},
	{"x8/written-by-the-handler/good", "", "on!; 1:on!; st x 1; sgi 1; 1:irq; 1:st x 5; 1:ld x", ""},
	{"x8/once/bad", "", "on!; 1:on!; st x 1; st y 1; sgi 1; 1:irq; 1:ld x; 1:ld y", "warning maintenance-order X8"},
	{"x8/restarted/good", "", "on!; 1:on!; st x 1; sgi 1; 1:irq; 1:cpuoff; 1:cpuon; 1:on!; 1:ld x", ""},

	{"x2/zva-is-a-store/bad", "", "image x 5; on!; zva x; ld.nc x", "error stale-memory-read C5"},
	{"x5/cut/bad", "", "on!; 1:on!; 1:st x 1; 1:cut; ld x", "error discarded-write X5"},
	{"x5/cut-after-clean/good", "", "on!; 1:on!; 1:st x 1; 1:cvac x; 1:dsb sy; 1:cut; ld x", ""},
	{"x5/psci/good", "", "on!; 1:on!; 1:st x 1; 1:cpuoff; ld x", ""},
	{"x5/other-cpus-dirt/good", "", "on!; 1:on!; st x 1; 1:cut; ld x", ""},
	{"x5/hw-coherent/good", "hw-coherent-power-down=on", "on!; 1:on!; 1:st x 1; 1:cut; ld x", ""},

	/* ---- The machine is reset: nothing of the life before is left, and what was assumed at first is assumed
	   again. */
	{"reset/unknown/good", "", "on!; st x 1; reset; ld x", ""},
	{"reset/register/good", "", "on!; msr CPACR 0 0x300000; reset; use fp", ""},
	{"reset/assumed/bad", "initial=clean", "ivac x; dsb sy; reset; image x 1; st x 2; dmb sy; on!; ld x",
		"error stale-cache-read C5/H2"},
	{"reset/assumed/good", "initial=clean", "reset; image x 1; ivac x; dsb sy; st x 2; dmb sy; on!; ld x", ""},
	{"reset/twice/bad", "", "on!; st x 1; reset; reset; on!; st x 1; off; isb; ld x",
		"error stale-memory-read C5/H1"},
	{"reset/code/bad", "", "on!; ialluis; dsb ish; isb; reset; on!; st x 1; cvau x; dsb ish; isb; exec x",
		"error stale-fetch I1/I3"},
	{"reset/code/good", "",
		"on!; st x 1; reset; image x 2; on!; exec x; st x 1; cvau x; dsb ish; ialluis; dsb ish; isb; exec x",
		""},
	{"reset/table/good", "",
		"link t; map 1 1; dsb sy; isb; on!; use 1; reset; link t; map 1 2; dsb sy; isb; on!; use 1", ""},

	/* ---- V3, C12: devices. */
	{"v3/coherent/good", "", "on!; st x 1; dma x 2; ld x; off; isb; ld x", ""},
	{"v3/noncoherent-dirty/bad", "dma=noncoherent", "on!; st x 1; dma x 2; ld.nc x", "error lost-write C5"},
	{"v3/noncoherent-clean/bad", "dma=noncoherent", "on!; ld x; dma x 2; ld x", "error stale-cache-read C5/M4"},
	{"v3/noncoherent-clean/good", "dma=noncoherent", "on!; ld x; dma x 2; ivac x; dsb sy; ld x", ""},
	{"v3/unseen-coherent/good", "", "on!; ld x; st x 1; hide x 2; ld x; off; isb; ld x", ""},
	{"v3/unseen-dirty/bad", "dma=noncoherent", "on!; st x 1; hide x 2; ld x", "error stale-cache-read C5/M4"},
	{"v3/unseen-clean/bad", "dma=noncoherent", "on!; ld x; hide x 2; ld x", "error stale-cache-read C5/M4"},
	{"v3/unseen-invalidated/good", "dma=noncoherent", "on!; ld x; hide x 2; seen x; ivac x; dsb sy; ld x", ""},
	{"v3/unseen-early-invalidate/bad", "dma=noncoherent", "on!; ld x; seen x; ivac x; dsb sy; hide x 2; ld x",
		"error stale-cache-read C5/M4"},
	{"v3/unseen-atomic/good", "dma=noncoherent", "on!; st x 1; hide x 2; swp x 3", ""},
	{"v3/unseen-same/good", "dma=noncoherent", "on!; st x 1; hide x 1; seen x; ld x", ""},
	{"v3/image/good", "dma=noncoherent initial=clean", "image x 5; on!; ld x", ""},
	{"v3/discarded-and-filled/good", "", "on!; st x 0x101; ivac x; dsb sy; sneak x 0x201; ld x", ""},
	{"v3/unseen/good", "", "on!; st x 1; sneak x 2; ld.nc x", ""},
	{"v3/unseen-clean/good", "", "off!; sneak x 2; ld x; on!; ld x", ""},
};

static void test_rule(gconstpointer data)
{
	const struct rule *rule = data;

	for (enum script_mode mode = SCRIPT_SLOW; mode <= SCRIPT_LOG; mode++) {
		g_autofree char *said = script_run(rule->options, rule->script, mode, NULL);

		g_assert_cmpstr(said, ==, rule->said);
	}
}

/* What a replay finds is what the run found, to the byte. */
static void test_replay(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++) {
		g_autoptr(GString) live = g_string_new(NULL), replayed = g_string_new(NULL);

		g_free(script_run(rules[i].options, rules[i].script, SCRIPT_SLOW, live));
		g_free(script_run(rules[i].options, rules[i].script, SCRIPT_LOG, replayed));
		g_assert_cmpstr(live->str, ==, replayed->str);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++) {
		g_autofree char *path = g_strdup_printf("/model/%s", rules[i].name);

		g_test_add_data_func(path, &rules[i], test_rule);
	}
	g_test_add_func("/model/replay", test_replay);
	return g_test_run();
}
