/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu_test.c - the parts of the plugin that need no QEMU: decoding, and translation over a small synthetic memory.
 * Prints TAP.
 */
#include <stdio.h>
#include <string.h>

#include "caches.h"
#include "decode.h"
#include "depend.h"
#include "gic.h"
#include "model/event.h"
#include "translate.h"

static unsigned tests, failures;

static void check(bool ok, const char *name)
{
	printf("%sok %u %s\n", ok ? "" : "not ", ++tests, name);
	failures += !ok;
}

/* decode */

static const struct {
	uint32_t opcode;
	uint8_t op, sub, rt;
	const char *text;
} instructions[] = {
	{0xd5087623, OP_DC, DC_IVAC, 3, "dc ivac, x3"},
	{0xd50b7a23, OP_DC, DC_CVAC, 3, "dc cvac, x3"},
	{0xd50b7e22, OP_DC, DC_CIVAC, 2, "dc civac, x2"},
	{0xd50b7b20, OP_DC, DC_CVAU, 0, "dc cvau, x0"},
	{0xd50b7c20, OP_DC, DC_CVAP, 0, "dc cvap, x0"},
	{0xd50b7d20, OP_DC, DC_CVADP, 0, "dc cvadp, x0"},
	{0xd5087645, OP_SET_WAY, SET_WAY_ISW, 5, "dc isw, x5"},
	{0xd5087a45, OP_SET_WAY, SET_WAY_CSW, 5, "dc csw, x5"},
	{0xd5087e45, OP_SET_WAY, SET_WAY_CISW, 5, "dc cisw, x5"},
	{0xd50b7427, OP_ZVA, 0, 7, "dc zva, x7"},
	{0xd508751f, OP_IC, IC_IALLU, 31, "ic iallu"},
	{0xd508711f, OP_IC, IC_IALLUIS, 31, "ic ialluis"},
	{0xd50b7520, OP_IC, IC_IVAU, 0, "ic ivau, x0"},
	{0xd508871f, OP_TLBI, 0, 31, "tlbi vmalle1"},
	{0xd5088321, OP_TLBI, 0, 1, "tlbi vae1is, x1"},
	{0xd5087800, OP_AT, 0, 0, "at s1e1r, x0"},
	{0xd5033f9f, OP_BARRIER, BARRIER_DSB | DOMAIN_SYSTEM << 2 | BARRIER_FULL << 4, 31, "dsb sy"},
	{0xd5033b9f, OP_BARRIER, BARRIER_DSB | DOMAIN_INNER << 2 | BARRIER_FULL << 4, 31, "dsb ish"},
	{0xd5033a9f, OP_BARRIER, BARRIER_DSB | DOMAIN_INNER << 2 | BARRIER_STORES << 4, 31, "dsb ishst"},
	{0xd503379f, OP_BARRIER, BARRIER_DSB | DOMAIN_NONE << 2 | BARRIER_FULL << 4, 31, "dsb nsh"},
	{0xd50339bf, OP_BARRIER, BARRIER_DMB | DOMAIN_INNER << 2 | BARRIER_LOADS << 4, 31, "dmb ishld"},
	{0xd50331bf, OP_BARRIER, BARRIER_DMB | DOMAIN_OUTER << 2 | BARRIER_LOADS << 4, 31, "dmb oshld"},
	{0xd503309f, OP_OTHER, 0, 31, "ssbb"},
	{0xd5033fdf, OP_ISB, 0, 31, "isb"},
	{0xd5181000, OP_MSR, 0, 0, "msr sctlr_el1, x0"},
	{0xd5381000, OP_MRS, 0, 0, "mrs x0, sctlr_el1"},
	{0xd50342df, OP_OTHER, 0, 31, "msr daifset, #2"},
	{0xd69f03e0, OP_ERET, 0, 31, "eret"},
	{0xd4000002, OP_HVC, 0, 31, "hvc #0"},
	{0xd4000003, OP_SMC, 0, 31, "smc #0"},
	{0xd4000001, OP_SVC, 0, 31, "svc #0"},
	{0xd503207f, OP_WAIT, 0, 31, "wfi"},
	{0xd503205f, OP_WFE, 0, 31, "wfe"},
	{0xd5031001, OP_WFE, 0, 1, "wfet x1"},
	{0xd503209f, OP_SEV, 0, 31, "sev"},
	{0xd50320bf, OP_OTHER, 0, 31, "sevl"},
	{0xd5031020, OP_WAIT, 0, 0, "wfit x0"},
	{0xd503201f, OP_OTHER, 0, 31, "nop"},
	{0x91000400, OP_OTHER, 0, 31, "add x0, x0, #1"},
};

static const struct {
	uint32_t opcode;
	uint8_t access, element;
	const char *text;
} accesses[] = {
	{0xf9400020, 0, 0, "ldr x0, [x1]"},
	{0xa9400440, 0, 8, "ldp x0, x1, [x2]"},
	{0x29400440, 0, 4, "ldp w0, w1, [x2]"},
	{0xad400440, 0, 16, "ldp q0, q1, [x2]"},
	{0xc85f7c20, ACCESS_EXCLUSIVE, 0, "ldxr x0, [x1]"},
	{0xc8027c20, ACCESS_EXCLUSIVE, 0, "stxr w2, x0, [x1]"},
	{0xc8dffc20, 0, 0, "ldar x0, [x1]"},
	{0xc89ffc20, 0, 0, "stlr x0, [x1]"},
	{0xf8200041, ACCESS_ATOMIC, 0, "ldadd x0, x1, [x2]"},
	{0xf8bfc020, 0, 0, "ldapr x0, [x1]"},
	{0xc8a07c41, ACCESS_ATOMIC, 0, "cas x0, x1, [x2]"},
	{0x48207c82, ACCESS_ATOMIC, 16, "casp x0, x1, x2, x3, [x4]"},
};

static const struct {
	uint32_t opcode;
	uint8_t use;
	uint16_t reg;
	const char *text;
} uses[] = {
	{0xd503233f, USE_PAC + 1, SYSREG(3, 0, 2, 1, 0), "paciasp"},
	{0xd503237f, USE_PAC + 1, SYSREG(3, 0, 2, 1, 2), "pacibsp"},
	{0xd50323bf, USE_PAC + 1, SYSREG(3, 0, 2, 1, 0), "autiasp"},
	{0xd65f0bff, USE_PAC + 1, SYSREG(3, 0, 2, 1, 0), "retaa"},
	{0xdac10820, USE_PAC + 1, SYSREG(3, 0, 2, 2, 0), "pacda x0, x1"},
	{0x1e602820, USE_FP + 1, 0, "fadd d0, d1, d0"},
	{0xfd400020, USE_FP + 1, 0, "ldr d0, [x1]"},
	{0x04bf5020, USE_SVE + 1, 0, "rdvl x0, #1"},
	{0xd503477f, USE_SME + 1, 0, "smstart"},
	{0xd51b425f, USE_SME + 1, 0, "msr svcr, xzr"},
	{0xdac143e0, 0, 0, "xpaci x0"},
};

static const struct {
	uint32_t opcode;
	bool releases;
	const char *text;
} stores[] = {
	{0xf9000020, false, "str x0, [x1]"},
	{0xc89ffc20, true, "stlr x0, [x1]"},
	{0xc89f7c20, false, "stllr x0, [x1]"},
	{0xc8027c20, false, "stxr w2, x0, [x1]"},
	{0xc802fc20, true, "stlxr w2, x0, [x1]"},
	{0xd9000020, true, "stlur x0, [x1]"},
	{0xc8a07c41, false, "cas x0, x1, [x2]"},
	{0xc8a0fc41, true, "casl x0, x1, [x2]"},
	{0xc8e07c41, false, "casa x0, x1, [x2]"},
	{0xf8208041, false, "swp x0, x1, [x2]"},
	{0xf8608041, true, "swpl x0, x1, [x2]"},
};

static void test_decode(void)
{
	for (unsigned i = 0; i < sizeof(instructions) / sizeof(instructions[0]); i++) {
		struct decoded d = decode(instructions[i].opcode);

		check(d.op == instructions[i].op && (!d.op || d.sub == instructions[i].sub) &&
				(!d.op || d.op == OP_ERET || d.op == OP_SVC || d.op == OP_HVC || d.op == OP_SMC ||
					d.rt == instructions[i].rt) &&
				!d.memory,
			instructions[i].text);
	}
	for (unsigned i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
		struct decoded d = decode(accesses[i].opcode);

		check(d.memory && d.access == accesses[i].access && d.element == accesses[i].element, accesses[i].text);
	}
	for (unsigned i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		struct decoded d = decode(uses[i].opcode);

		check(d.use == uses[i].use && (d.use != USE_PAC + 1 || d.reg == uses[i].reg), uses[i].text);
	}
	for (unsigned i = 0; i < sizeof(stores) / sizeof(stores[0]); i++)
		check(decode_releases(stores[i].opcode) == stores[i].releases, stores[i].text);
	check(decode(0xd5181000).reg == SYSREG_SCTLR_EL1, "the register of msr sctlr_el1");
	check(decode_redirect(SYSREG_SCTLR_EL1, 2, true) == SYSREG_SCTLR_EL2, "SCTLR_EL1 at EL2 with E2H");
	check(decode_redirect(SYSREG_SCTLR_EL1, 2, false) == SYSREG_SCTLR_EL1, "SCTLR_EL1 at EL2 without E2H");
	check(decode_redirect(SYSREG(3, 5, 1, 0, 0), 2, true) == SYSREG_SCTLR_EL1, "SCTLR_EL12");
	check(decode_redirect(SYSREG(3, 5, 14, 3, 1), 2, true) == SYSREG(3, 3, 14, 3, 1), "CNTV_CTL_EL02");
	check(decode_redirect(SYSREG(3, 0, 1, 0, 2), 2, true) == SYSREG(3, 4, 1, 1, 2),
		"CPACR_EL1 is CPTR_EL2 with E2H");
	check(decode_redirect(SYSREG_SCTLR_EL1, 1, true) == SYSREG_SCTLR_EL1, "no redirection at EL1");
}

/* translate */

#define MEMORY (1u << 20)
static uint8_t memory[MEMORY];
static uint64_t v[R_COUNT];
static unsigned walks;
static struct attributes walk_attributes;

static bool memory_get(void *context, uint64_t pa, uint64_t *value)
{
	(void)context;
	if (pa > MEMORY - 8)
		return false;
	memcpy(value, memory + pa, 8);
	return true;
}

static void walked(void *context, const struct walked *step)
{
	(void)context;
	walks++;
	walk_attributes = step->attributes;
}

static const struct walker walker = {NULL, memory_get, walked};

static void put(uint64_t pa, uint64_t value)
{
	memcpy(memory + pa, &value, 8);
}

#define MAIR           0x00000000004404ffull /* 0: WB, 1: Device-nGnRE, 2: NC */
#define LEAF(attr, sh) ((attr) << 2 | (sh) << 8 | 1 << 10 | 1)
#define ISH            3

static void clear(void)
{
	memset(memory, 0, sizeof(memory));
	memset(v, 0, sizeof(v));
	v[R_MAIR_EL1] = v[R_MAIR_EL2] = v[R_MAIR_EL3] = MAIR;
	walks = 0;
}

static bool is(struct attributes a, unsigned type, unsigned cache, unsigned share, unsigned why)
{
	return a.type == type && a.inner == cache && a.outer == cache && a.share == share && a.why == why;
}

#define WALK_WB (1ull << 8 | 1ull << 10 | 3ull << 12)

static void test_stage1(void)
{
	struct translation t;

	clear();
	check(translate(v, REGIME_EL10, 0x80000123, &walker, &t) && t.pa == 0x80000123 && !walks &&
			is(t.attributes, MEMORY_DEVICE_nGnRnE, 0, SHARE_OUTER, WHY_MMU_OFF),
		"MMU off is flat and Device");

	/* 4K, 39 bits: level 1 at 0x1000 */
	v[R_SCTLR_EL1] = SCTLR_M | SCTLR_C;
	v[R_TCR_EL1] = 25 | WALK_WB | 1 << 23;
	v[R_TTBR0_EL1] = 0x1000;
	put(0x1000, 0x2003);                      /* table */
	put(0x1008, 0x40000000 | LEAF(0, ISH));   /* 1 GiB */
	put(0x2000, 0x3003);                      /* table */
	put(0x2008, 0x08000000 | LEAF(1, 0));     /* 2 MiB Device */
	put(0x3028, 0x55555000 | LEAF(2, 0) | 2); /* page 5: NC */
	check(translate(v, REGIME_EL10, 0x40123456, &walker, &t) && t.pa == 0x40123456 && t.size == 1 << 30 &&
			walks == 1 && is(t.attributes, MEMORY_NORMAL, CACHE_WB, SHARE_INNER, WHY_MAPPED) &&
			attributes_are_write_back(walk_attributes),
		"4K: a block of level 1");
	check(translate(v, REGIME_EL10, 0x212345, &walker, &t) && t.pa == 0x8012345 && t.size == 1 << 21 &&
			is(t.attributes, MEMORY_DEVICE_nGnRE, 0, SHARE_OUTER, WHY_MAPPED),
		"4K: a Device block of level 2");
	check(translate(v, REGIME_EL10, 0x5678, &walker, &t) && t.pa == 0x55555678 && t.size == 4096 &&
			is(t.attributes, MEMORY_NORMAL, CACHE_NONE, SHARE_OUTER, WHY_MAPPED),
		"4K: a non-cacheable page");
	check(!translate(v, REGIME_EL10, 0x6000, &walker, &t), "an invalid descriptor");
	check(!translate(v, REGIME_EL10, 1ull << 39, &walker, &t), "beyond TCR.T0SZ");
	check(!translate(v, REGIME_EL10, ~0xfffull, &walker, &t), "TCR.EPD1");
	check(translate(v, REGIME_EL10, 0xab00000000005678, &walker, &t) && t.pa == 0x55555678, "a tagged address");
	v[R_SCTLR_EL1] = SCTLR_M;
	check(translate(v, REGIME_EL10, 0x40123456, &walker, &t) &&
			is(t.attributes, MEMORY_NORMAL, CACHE_NONE, SHARE_OUTER, WHY_CACHES_OFF) &&
			!attributes_are_cacheable(walk_attributes),
		"C=0 makes accesses and walks non-cacheable");
	check(translate(v, REGIME_EL10, 0x212345, &walker, &t) && t.attributes.why == WHY_MAPPED,
		"C=0 leaves Device alone");

	/* the high half, 16K, 47 bits: level 1 at 0x8000 */
	v[R_SCTLR_EL1] = SCTLR_M | SCTLR_C;
	v[R_TCR_EL1] = 25 | 17ull << 16 | 1ull << 30 | WALK_WB << 16;
	v[R_TTBR1_EL1] = 0x8000;
	put(0x8000 + 2047 * 8, 0xc003);
	put(0xc000 + 2047 * 8, 0x10003);
	put(0x10000 + 2047 * 8, 0x7c000 | LEAF(0, ISH) | 2);
	check(translate(v, REGIME_EL10, 0xffffffffffffc010, &walker, &t) && t.pa == 0x7c010 && t.size == 16384,
		"16K: a page in the high half");

	/* 64K with 52 bits of output: level 2 at 0x20000, 42 bits */
	v[R_TCR_EL1] = 22 | 1 << 14 | 6ull << 32 | 1 << 23;
	v[R_TTBR0_EL1] = 0x20000;
	put(0x20000, 0x30003);
	put(0x30008, 0x0000123400000000 | 0xf000 | LEAF(0, ISH) | 2);
	check(translate(v, REGIME_EL10, 0x1abcd, &walker, &t) && t.pa == 0xf12340000abcd, "64K: 52 bits of output");

	/* 4K with LPA2: 52 bits, level -1 */
	v[R_TCR_EL1] = 12 | 1ull << 59 | WALK_WB | 1 << 23;
	v[R_TTBR0_EL1] = 0x40000;
	put(0x40000, 0x41003);
	put(0x41000, 0x42003);
	put(0x42008, 0x0002000040000000 | LEAF(0, 1)); /* SH is 01 = address bits 50 under DS */
	check(translate(v, REGIME_EL10, 0x40000123, &walker, &t) && t.pa == 0x6000040000123 &&
			t.attributes.share == SHARE_INNER,
		"4K, LPA2: from level -1, shareability from TCR");

	/* EL2 and EL3 have one half; EL2&0 has two. */
	v[R_SCTLR_EL3] = SCTLR_M | SCTLR_C;
	v[R_TCR_EL3] = 25 | WALK_WB;
	v[R_TTBR0_EL3] = 0x1000;
	check(translate(v, REGIME_EL3, 0x5678, &walker, &t) && t.pa == 0x55555678, "EL3");
	check(regime_of(v, 0) == REGIME_EL10 && regime_of(v, 2) == REGIME_EL2, "regimes without E2H");
	v[R_HCR_EL2] = HCR_E2H | HCR_TGE;
	check(regime_of(v, 0) == REGIME_EL20 && regime_of(v, 1) == REGIME_EL10 && regime_of(v, 2) == REGIME_EL20,
		"regimes with E2H and TGE");
	v[R_SCTLR_EL2] = SCTLR_M | SCTLR_C;
	v[R_TCR_EL2] = 25 | WALK_WB | 1 << 23;
	v[R_TTBR0_EL2] = 0x1000;
	check(translate(v, REGIME_EL20, 0x5678, &walker, &t) && t.pa == 0x55555678, "EL2&0");
}

static void test_stage2(void)
{
	struct translation t;

	clear();
	/* 4K, 32 bits, level 1 at 0x1000: identity but for the attributes */
	v[R_HCR_EL2] = HCR_VM;
	v[R_SCTLR_EL2] = SCTLR_M | SCTLR_C;
	v[R_VTCR_EL2] = 32 | 1 << 6 | WALK_WB;
	v[R_VTTBR_EL2] = 0x1000;
	put(0x1000, 0x00000000 | 15 << 2 | ISH << 8 | 1 << 10 | 1); /* WB */
	put(0x1008, 0x80000000 | 5 << 2 | ISH << 8 | 1 << 10 | 1);  /* NC */
	put(0x1010, 0x80000000 | 1 << 2 | 1 << 10 | 1);             /* Device-nGnRE */
	check(translate(v, REGIME_EL10, 0x40001234, &walker, &t) && t.pa == 0x80001234 &&
			t.attributes.type == MEMORY_DEVICE_nGnRnE && t.attributes.why == WHY_MMU_OFF,
		"stage 2: Device of stage 1 stays");
	/* stage 1: 4K, 39 bits, level 1 at 0x2000, in the first, cacheable GiB */
	v[R_SCTLR_EL1] = SCTLR_M | SCTLR_C;
	v[R_TCR_EL1] = 25 | WALK_WB | 1 << 23;
	v[R_TTBR0_EL1] = 0x2000;
	put(0x2000, 0x00000000 | LEAF(0, ISH));
	put(0x2008, 0x40000000 | LEAF(0, ISH));
	put(0x2010, 0x80000000 | LEAF(0, ISH));
	put(0x2018, 0xc0000000 | LEAF(0, ISH));
	check(translate(v, REGIME_EL10, 0x1234, &walker, &t) && t.pa == 0x1234 &&
			is(t.attributes, MEMORY_NORMAL, CACHE_WB, SHARE_INNER, WHY_MAPPED),
		"stage 2: WB and WB");
	check(translate(v, REGIME_EL10, 0x40001234, &walker, &t) && t.pa == 0x80001234 &&
			is(t.attributes, MEMORY_NORMAL, CACHE_NONE, SHARE_OUTER, WHY_STAGE2),
		"stage 2: NC beats WB");
	check(translate(v, REGIME_EL10, 0x80001234, &walker, &t) &&
			is(t.attributes, MEMORY_DEVICE_nGnRE, 0, SHARE_OUTER, WHY_STAGE2),
		"stage 2: Device beats WB");
	check(!translate(v, REGIME_EL10, 0xc0001234, &walker, &t), "stage 2: a fault");
	v[R_HCR_EL2] = HCR_VM | HCR_CD;
	check(translate(v, REGIME_EL10, 0x1234, &walker, &t) &&
			is(t.attributes, MEMORY_NORMAL, CACHE_NONE, SHARE_OUTER, WHY_STAGE2) &&
			!regime_cache(v, REGIME_EL10),
		"HCR_EL2.CD");
	v[R_HCR_EL2] = HCR_DC;
	check(translate(v, REGIME_EL10, 0x1234, &walker, &t) && t.attributes.type == MEMORY_NORMAL &&
			t.attributes.inner == CACHE_WB && regime_mmu(v, REGIME_EL10),
		"HCR_EL2.DC: cacheable with stage 1 off");
	v[R_HCR_EL2] = HCR_VM | HCR_FWB;
	v[R_SCTLR_EL1] = 0;
	put(0x1000, 0x00000000 | 6 << 2 | ISH << 8 | 1 << 10 | 1);
	put(0x1008, 0x40000000 | 7 << 2 | ISH << 8 | 1 << 10 | 1);
	put(0x1010, 0x80000000 | 5 << 2 | ISH << 8 | 1 << 10 | 1);
	check(translate(v, REGIME_EL10, 0x1234, &walker, &t) && t.attributes.type == MEMORY_NORMAL &&
			attributes_are_write_back(t.attributes),
		"FWB forces WB over a stage 1 that is off");
	check(translate(v, REGIME_EL10, 0x40001234, &walker, &t) && attributes_are_device(t.attributes),
		"FWB passes stage 1 on");
	check(translate(v, REGIME_EL10, 0x80001234, &walker, &t) && attributes_are_device(t.attributes),
		"FWB: NC leaves Device alone");
}

static uint64_t visited[8][2];
static unsigned visits;

static bool visit(void *context, uint64_t pa, uint64_t size)
{
	(void)context;
	if (visits < 8) {
		visited[visits][0] = pa;
		visited[visits][1] = size;
	}
	visits++;
	return true;
}

static void test_tables(void)
{
	clear();
	v[R_TCR_EL1] = 25 | WALK_WB | 1 << 23;
	v[R_TTBR0_EL1] = 0x1000;
	put(0x1000, 0x2003);
	put(0x1008, 0x40000000 | LEAF(0, ISH));
	put(0x1010, 0x80000000 | LEAF(0, ISH));
	put(0x1018, 0xc0000000 | LEAF(2, ISH));
	put(0x2008, 0x08000000 | LEAF(1, 0));
	put(0x2010, 0x100000000 | LEAF(0, ISH));
	put(0x2018, 0x100200000 | (LEAF(0, ISH) & ~(1 << 10)));
	check(translate_each(v, REGIME_EL10, false, &walker, visit, NULL) && visits == 2 &&
			visited[0][0] == 0x100000000 && visited[0][1] == 0x200000 && visited[1][0] == 0x40000000 &&
			visited[1][1] == 0x80000000,
		"each cacheable mapping, neighbours joined");
	visits = 0;
	check(translate_each(v, REGIME_EL10, true, &walker, visit, NULL) && visited[0][1] == 0x400000,
		"with those whose access flag is clear");
}

static void test_caches(void)
{
	static const char line[] = "qemu-system-aarch64\0-M\0virt\0-cpu\0cortex-a57,pmu=off\0-m\0"
				   "512M";
	char name[32];

	check(caches_cpu_name(line, sizeof(line), name, sizeof(name)) && !strcmp(name, "cortex-a57"),
		"the CPU of a command line");
	check(!caches_cpu_name("x\0-cpu", 7, name, sizeof(name)), "-cpu without a name");

	static const char pi[] = "qemu\0-machine\0memory-backend=ram\0-M\0type=raspi3b,usb=on";
	static const char both[] = "qemu\0-M\0sbsa-ref\0-cpu\0max";

	check(caches_cpu_name(pi, sizeof(pi), name, sizeof(name)) && !strcmp(name, "cortex-a53"),
		"the CPU that a machine has");
	check(caches_cpu_name(both, sizeof(both), name, sizeof(name)) && !strcmp(name, "max"), "-cpu comes first");
	check(!caches_cpu_name("-M\0raspi3bx", 12, name, sizeof(name)), "another machine");
}

static const struct {
	bool may;
	unsigned count;
	uint32_t code[8];
	const char *text;
} dependencies[] = {
	{false, 7, {0x79400483, 0x6b23201f, 0x54000140, 0x79404043, 0xd37d0463, 0x8b030084, 0xb9400883},
		"a loop's counter is not the index"},
	{true, 5, {0x79400483, 0x51000463, 0x12000463, 0x8b234c84, 0xb9400480}, "the entry before the index"},
	{true, 2, {0x79400483, 0xb86378a0}, "a register offset"},
	{true, 4, {0x79400483, 0x34000049, 0x52800003, 0xb86378a0}, "overwritten, but perhaps jumped over"},
	{false, 5, {0x79400483, 0x34000049, 0xd503201f, 0x52800003, 0xb86378a0}, "overwritten on all ways"},
	{false, 4, {0x79400483, 0x6b09007f, 0x54ffffc1, 0xb94004a0}, "a comparison is control"},
	{true, 4, {0x79400483, 0x6b09007f, 0x9a8700c5, 0xb94004a0}, "a selection is data"},
	{true, 4, {0x79400483, 0xb9000be3, 0xb9400be7, 0xb86768a0}, "through memory"},
	{false, 4, {0x79400483, 0xb9000be9, 0xa940a3e7, 0xb86768a0}, "another value in memory"},
	{true, 3, {0x79400483, 0xca030067, 0xa94024e8}, "a pair by it"},
	{true, 3, {0x79400483, 0x94000001, 0xb94004a0}, "a call"},
	{true, 3, {0x79400483, 0xb8210062, 0xb94004a0}, "an atomic"},
};

static void test_depend(void)
{
	for (unsigned i = 0; i < sizeof(dependencies) / sizeof(dependencies[0]); i++)
		check(may_depend(dependencies[i].code, dependencies[i].count) == dependencies[i].may,
			dependencies[i].text);
}

static void store(uint64_t pa, unsigned size, uint64_t value)
{
	gic_stored(pa, size, &value);
}

static void load(uint64_t pa, unsigned size, uint64_t value)
{
	gic_loaded(pa, size, &value);
}

/* Does a store that makes INTID 40 pending make it so for this CPU? */
static bool pends(uint64_t mpidr)
{
	return gic_is_pend(VIRT_GICD + 0x204) && gic_pends(VIRT_GICD + 0x204, 4, 1 << 8, mpidr);
}

static void test_gicv2(void)
{
	gic_forget();
	store(VIRT_GICD + 0x828, 1, 2);
	check(!pends(0x80000001), "GICv2: an SPI that is not enabled");
	store(VIRT_GICD + 0x104, 4, 0xffffffff);
	check(pends(0x80000001) && !pends(0x80000000), "GICv2: an SPI goes to its target, of a byte");
	check(!gic_pends(VIRT_GICD + 0x204, 4, 1 << 9, 1), "GICv2: an SPI whose target is not known");
	check(gic_pends(VIRT_GICD + 0x205, 1, 1, 1) && !gic_pends(VIRT_GICD + 0x206, 1, 1, 1),
		"GICv2: a byte of GICD_ISPENDRn");
	store(VIRT_GICD + 0x828, 4, 0x08040201);
	check(pends(0) && !pends(1) && gic_pends(VIRT_GICD + 0x204, 4, 1 << 9, 1) &&
			gic_pends(VIRT_GICD + 0x204, 4, 1 << 11, 3),
		"GICv2: the targets of a word");
	store(VIRT_GICD + 0x828, 1, 3);
	check(!pends(0) && !pends(1), "GICv2: one of two CPUs takes it");
	store(VIRT_GICD + 0x828, 1, 2);
	gic_stored(VIRT_GICD + 0x820, 16, NULL);
	check(!pends(1), "GICv2: a store of what is not known");
	store(VIRT_GICD + 0x828, 1, 2);
	store(VIRT_GICD + 0x185, 1, 1);
	check(!pends(1), "GICv2: disabled again, by a byte");
	check(!gic_is_pend(VIRT_GICD + 0x200) && !gic_is_pend(VIRT_GICD + 0x280) && gic_is_pend(VIRT_GICD + 0x27c),
		"the registers that make an SPI pending");
}

#define GICR1 (VIRT_GICR + 0x20000)
#define SGI1  (GICR1 + 0x10000)

static void test_gicv3(void)
{
	gic_forget();
	store(VIRT_GICD + 0x104, 4, 0xffffffff);
	store(VIRT_GICD + 0x828, 1, 1);
	load(VIRT_GICR + 8, 8, 0);
	check(!pends(0), "GICv3: GICD_ITARGETSRn has no effect");
	store(VIRT_GICD + 0x6140, 8, 0x100000203);
	check(pends(0x180000203) && !pends(0x80000203) && !pends(0x80000003), "GICv3: an SPI goes by affinity");
	store(VIRT_GICD + 0x6140, 4, 0x80000203);
	check(!pends(0x180000203), "GICv3: any CPU may take it");
	store(VIRT_GICD + 0x6148, 4, 1);
	check(!gic_pends(VIRT_GICD + 0x204, 4, 1 << 9, 1), "GICv3: half an affinity");
	store(VIRT_GICD + 0x614c, 4, 0);
	check(gic_pends(VIRT_GICD + 0x204, 4, 1 << 9, 1), "GICv3: the other half");

	store(SGI1 + 0x100, 4, 1 << 6);
	check(!gic_is_pend(SGI1 + 0x200), "a redistributor of nobody knows whom");
	load(GICR1 + 8, 8, 0x100000000);
	check(gic_is_pend(SGI1 + 0x200) && !gic_pends(SGI1 + 0x200, 4, 1 << 6, 1),
		"a redistributor's interrupt that is not enabled");
	store(SGI1 + 0x100, 4, 1 << 6);
	check(gic_pends(SGI1 + 0x200, 4, 1 << 6, 1) && !gic_pends(SGI1 + 0x200, 4, 1 << 7, 1) &&
			!gic_pends(SGI1 + 0x200, 4, 1 << 6, 0),
		"a redistributor's interrupt goes to its CPU");
	store(SGI1 + 0x180, 4, 1 << 6);
	check(!gic_pends(SGI1 + 0x200, 4, 1 << 6, 1), "a redistributor's interrupt, disabled again");
	check(!gic_is_pend(GICR1 + 0x200) && !gic_is_pend(SGI1 + 0x280) && !gic_is_pend(SGI1 + 0x204),
		"the register that makes it pending");
	load(VIRT_GICR2 + 0xc, 4, 0x01000203);
	store(VIRT_GICR2 + 0x10100, 4, 1);
	check(gic_pends(VIRT_GICR2 + 0x10200, 4, 1, 0x180000203), "a redistributor of the second region");
	gic_forget();
	check(!pends(0x80000203) && !gic_is_pend(SGI1 + 0x200), "a machine that starts again");
}

int main(void)
{
	test_decode();
	test_depend();
	test_stage1();
	test_stage2();
	test_tables();
	test_caches();
	test_gicv2();
	test_gicv3();
	printf("1..%u\n", tests);
	return failures != 0;
}
