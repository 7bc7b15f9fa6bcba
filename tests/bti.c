/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Branch target identification: which branch may land where, in a guarded page and beside one.
 */
#include <arch/exception.h>
#include <arch/feature.h>
#include <arch/sysreg.h>
#include <arch/upper.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/test.h>
#include "access.h"
#include "code.h"

#define SOURCE "Arm ARM (DDI 0487), Branch Target Identification; ESR_EL1, EC 0x0d"

#define EC_BTI             0x0d
#define DESC_GP            (1ull << 50)
#define PSTATE_BTYPE_SHIFT 10

#define INSN_BTI    0xd503241fu
#define INSN_BTI_C  0xd503245fu
#define INSN_BTI_J  0xd503249fu
#define INSN_BTI_JC 0xd50324dfu

/* The three kinds of indirect branches, by what PSTATE.BTYPE they leave at a guarded target. X16 and X17 may be used
 * for calls by stubs. */
static void by_blr(void *target)
{
	asm volatile("blr %0" ::"r"(target) : "x0", "x30", "memory");
}

static void by_br(void *target)
{
	asm volatile("adr x30, 1f\n\tmov x9, %0\n\tbr x9\n1:" ::"r"(target) : "x0", "x9", "x30", "memory");
}

static void by_br_x16(void *target)
{
	asm volatile("adr x30, 1f\n\tmov x16, %0\n\tbr x16\n1:" ::"r"(target) : "x0", "x16", "x30", "memory");
}

static void by_ret(void *target)
{
	asm volatile("adr x10, 1f\n\tmov x30, %0\n\tret\n1:" ::"r"(target) : "x0", "x10", "x30", "memory");
}

/* BTYPE after BR to a guarded page from one that is not: 1, as X16's and X17's. */
struct landing {
	uint32_t insn;
	void (*branch)(void *);
	unsigned int btype; /* in SPSR when it faults; 0: it must not */
};

/* A page with one landing instruction and a return, guarded or not. */
static void check(const struct landing *l, bool guarded, bool allowed)
{
	unsigned int shift = mmu_granule_supported(KIB(4)) ? 12 : mmu_granule_supported(KIB(16)) ? 14 : 16;
	struct exception_frame frame;
	struct upper upper;
	pa_t page = get_page();
	uint32_t *words = phys_to_virt(page);
	uint64_t va;
	bool faulted;

	words[0] = l->insn;
	words[1] = INSN_RETURN;
	icache_sync(words, 8);
	upper_open(&upper, shift, 48, 0);
	va = upper_start(&upper);
	upper_write(upper_entry(&upper, va, 3), upper_leaf(&upper, page, 3, DESC_CODE | (guarded ? DESC_GP : 0)));
	icache_sync(va_ptr(va_make(va)), 8);
	faulted = exception_catch(l->branch, va_ptr(va_make(va)), &frame);
	EXPECT_EQ(faulted, !allowed);
	if (faulted && !allowed) {
		EXPECT_EQ(ESR_EC(frame.esr), (uint64_t)EC_BTI);
		EXPECT_EQ(frame.pc, va);
		EXPECT_EQ(frame.pstate >> PSTATE_BTYPE_SHIFT & 3, (uint64_t)l->btype);
		EXPECT_EQ(ESR_ISS(frame.esr), (uint64_t)l->btype);
	}
	upper_close(&upper);
	page_free(page, 0);
}

static void check_table(const struct landing *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		INFO("row %zu", i);
		check(&table[i], true, !table[i].btype);
		/* The page decides: without GP everything is allowed. */
		check(&table[i], false, true);
	}
}

TEST(bti, call, .doc = "BLR may land on BTI C and BTI JC, not on BTI J, BTI or a NOP", .needs = "bti", .source = SOURCE)
{
	static const struct landing table[] = {
		{INSN_BTI_C, by_blr, 0},
		{INSN_BTI_JC, by_blr, 0},
		{INSN_BTI_J, by_blr, 2},
		{INSN_BTI, by_blr, 2},
		{INSN_NOP, by_blr, 2},
	};

	check_table(table, ARRAY_SIZE(table));
}

TEST(bti, jump_from_unguarded,
	.doc = "BR from a page that is not guarded may land as a call by X16 does: on BTI C, J and JC", .needs = "bti",
	.source = SOURCE)
{
	static const struct landing table[] = {
		{INSN_BTI_C, by_br, 0},
		{INSN_BTI_J, by_br, 0},
		{INSN_BTI_JC, by_br, 0},
		{INSN_BTI, by_br, 1},
		{INSN_NOP, by_br, 1},
		{INSN_BTI_C, by_br_x16, 0},
		{INSN_NOP, by_br_x16, 1},
	};

	check_table(table, ARRAY_SIZE(table));
}

TEST(bti, return, .doc = "RET may land anywhere", .needs = "bti", .source = SOURCE)
{
	unsigned int shift = mmu_granule_supported(KIB(4)) ? 12 : mmu_granule_supported(KIB(16)) ? 14 : 16;
	struct exception_frame frame;
	struct upper upper;
	pa_t page = get_page();
	uint32_t *words = phys_to_virt(page);
	uint64_t va;

	words[0] = INSN_NOP;
	words[1] = 0xd61f0140; /* BR X10 */
	icache_sync(words, 8);
	upper_open(&upper, shift, 48, 0);
	va = upper_start(&upper);
	upper_write(upper_entry(&upper, va, 3), upper_leaf(&upper, page, 3, DESC_CODE | DESC_GP));
	icache_sync(va_ptr(va_make(va)), 8);
	EXPECT_FALSE(exception_catch(by_ret, va_ptr(va_make(va)), &frame));
	upper_close(&upper);
	page_free(page, 0);
}

/* Within a guarded page a BR by another register than X16 and X17 leaves BTYPE 3. */
static void check_inside(uint32_t landing, unsigned int btype)
{
	unsigned int shift = mmu_granule_supported(KIB(4)) ? 12 : mmu_granule_supported(KIB(16)) ? 14 : 16;
	struct exception_frame frame;
	struct upper upper;
	pa_t page = get_page();
	uint32_t *words = phys_to_virt(page);
	uint64_t va;

	words[0] = INSN_BTI_C;
	words[1] = 0x10000049; /* ADR X9, + 8 */
	words[2] = 0xd61f0120; /* BR X9 */
	words[3] = landing;
	words[4] = INSN_RETURN;
	icache_sync(words, 20);
	upper_open(&upper, shift, 48, 0);
	va = upper_start(&upper);
	upper_write(upper_entry(&upper, va, 3), upper_leaf(&upper, page, 3, DESC_CODE | DESC_GP));
	icache_sync(va_ptr(va_make(va)), 20);
	if (exception_catch(by_blr, va_ptr(va_make(va)), &frame)) {
		EXPECT_EQ(ESR_EC(frame.esr), (uint64_t)EC_BTI);
		EXPECT_EQ(frame.pc, va + 12);
		EXPECT_EQ(ESR_ISS(frame.esr), (uint64_t)btype);
	} else {
		EXPECT_EQ(btype, 0u);
	}
	upper_close(&upper);
	page_free(page, 0);
}

TEST(bti, jump, .doc = "BR within guarded pages may land on BTI J and JC, not on BTI C", .needs = "bti",
	.source = SOURCE)
{
	check_inside(INSN_BTI_J, 0);
	check_inside(INSN_BTI_JC, 0);
	check_inside(INSN_BTI_C, 3);
	check_inside(INSN_NOP, 3);
}

TEST(bti, exception_clears, .doc = "a handler begins with BTYPE 0, and the return to a landing pad goes on",
	.needs = "bti", .source = "Arm ARM (DDI 0487), Exception entry; PSTATE.BTYPE")
{
	/* A BRK where a BLR lands is a landing pad, and its frame has the branch's BTYPE. */
	static const struct landing brk = {0xd4200020, by_blr, 0};
	unsigned int shift = mmu_granule_supported(KIB(4)) ? 12 : mmu_granule_supported(KIB(16)) ? 14 : 16;
	struct exception_frame frame;
	struct upper upper;
	pa_t page = get_page();
	uint64_t va;

	*(uint32_t *)phys_to_virt(page) = brk.insn;
	icache_sync(phys_to_virt(page), 4);
	upper_open(&upper, shift, 48, 0);
	va = upper_start(&upper);
	upper_write(upper_entry(&upper, va, 3), upper_leaf(&upper, page, 3, DESC_CODE | DESC_GP));
	icache_sync(va_ptr(va_make(va)), 4);
	ASSERT_TRUE(exception_catch(by_blr, va_ptr(va_make(va)), &frame));
	EXPECT_EQ(ESR_EC(frame.esr), EC_BRK);
	EXPECT_EQ(frame.pstate >> PSTATE_BTYPE_SHIFT & 3, 2u);
	upper_close(&upper);
	page_free(page, 0);
}
