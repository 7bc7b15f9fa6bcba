/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may read, write and execute: by a descriptor, by the tables above it, and by what PSTATE and SCTLR_EL1 add.
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/feature.h>
#include <arch/sysreg.h>
#include <arch/upper.h>
#include <limpid/cache.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/test.h>
#include "access.h"

#define SOURCE_DATA "Arm ARM (DDI 0487), Data accesses permissions"
#define SOURCE_EXEC "Arm ARM (DDI 0487), Instruction execution permissions"
#define SOURCE_HIER "Arm ARM (DDI 0487), Hierarchical control of data access permissions"

#define PAN       S3_0_C4_C2_3
#define PAN_BIT   (1ull << 22)
#define UAO       S3_0_C4_C2_4
#define UAO_BIT   (1ull << 23)
#define SCTLR_WXN (1ull << 19)

USER_ASM(user_read, "ldr x1, [x0]\n\tsvc #0xffff");
USER_ASM(user_write, "str x0, [x0]\n\tsvc #0xffff");
/* Back by the SVC whether the target returns or not. */
USER_ASM(user_execute, "blr x0\n\tsvc #0xffff");

/* A page in the upper half, granule 4 KiB, that holds a RET. */
struct place {
	struct upper upper;
	pa_t page;
	va_t va;
};

static void place_open(struct place *place, uint64_t attrs, uint64_t tcr)
{
	unsigned int shift = mmu_granule_supported(KIB(4)) ? 12 : mmu_granule_supported(KIB(16)) ? 14 : 16;

	place->page = get_page();
	*(uint32_t *)phys_to_virt(place->page) = INSN_RET;
	icache_sync(phys_to_virt(place->page), 4);
	upper_open(&place->upper, shift, 48, tcr);
	place->va = va_make(upper_start(&place->upper));
	upper_write(upper_entry(&place->upper, place->va.va, 3), upper_leaf(&place->upper, place->page, 3, attrs));
}

/* Other attributes: permissions, so there is no break-before-make. */
static void place_change(struct place *place, unsigned int level, uint64_t set)
{
	uint64_t *entry = upper_entry(&place->upper, place->va.va, level);

	upper_write(entry, *(volatile uint64_t *)entry | set);
	asm volatile("tlbi vmalle1" ::: "memory");
	/* No entry with the old permissions is left for this CPU's next access. */
	dsb(nsh);
	isb();
}

static void place_close(struct place *place)
{
	upper_close(&place->upper);
	page_free(place->page, 0);
}

static void expect_allowed(void (*fn)(void *), struct place *place)
{
	struct exception_frame frame;

	if (!EXPECT_FALSE(exception_catch(fn, va_ptr(place->va), &frame)))
		INFO("ESR 0x%lx, FAR 0x%lx", frame.esr, frame.far);
}

static void expect_denied(void (*fn)(void *), struct place *place)
{
	expect_fault_at(fn, place->va, fn == call ? EC_INSTRUCTION_ABORT_SAME : EC_DATA_ABORT_SAME, FSC_PERMISSION, 3,
		fn == store);
}

static void expect_user(void (*fn)(uint64_t), struct place *place, bool allowed)
{
	struct exception_frame frame;

	el0_run(fn, place->va.va, &frame);
	if (allowed) {
		EXPECT_EQ(ESR_EC(frame.esr), EC_SVC64);
		return;
	}
	expect_abort(&frame, place->va.va, fn == user_execute ? EC_INSTRUCTION_ABORT_LOWER : EC_DATA_ABORT_LOWER,
		FSC_PERMISSION, 3);
}

TEST(mmu, ap_read_write, .doc = "AP 0b00: we read and write, EL0 does neither", .source = SOURCE_DATA)
{
	struct place place;

	place_open(&place, DESC_DATA, 0);
	expect_allowed(load, &place);
	expect_allowed(store, &place);
	expect_user(user_read, &place, false);
	expect_user(user_write, &place, false);
	place_close(&place);
}

TEST(mmu, ap_read_write_user, .doc = "AP 0b01: EL0 reads and writes, and so do we", .source = SOURCE_DATA)
{
	struct place place;

	place_open(&place, DESC_DATA | DESC_USER, 0);
	expect_allowed(load, &place);
	expect_allowed(store, &place);
	expect_user(user_read, &place, true);
	expect_user(user_write, &place, true);
	place_close(&place);
}

TEST(mmu, ap_read_only, .doc = "AP 0b10: we read and do not write, EL0 does neither", .source = SOURCE_DATA)
{
	struct place place;

	place_open(&place, DESC_DATA | DESC_RO, 0);
	expect_allowed(load, &place);
	expect_denied(store, &place);
	expect_user(user_read, &place, false);
	expect_user(user_write, &place, false);
	place_close(&place);
}

TEST(mmu, ap_read_only_user, .doc = "AP 0b11: EL0 and we read, and nobody writes", .source = SOURCE_DATA)
{
	struct place place;

	place_open(&place, DESC_DATA | DESC_RO | DESC_USER, 0);
	expect_allowed(load, &place);
	expect_denied(store, &place);
	expect_user(user_read, &place, true);
	expect_user(user_write, &place, false);
	place_close(&place);
}

TEST(mmu, pxn, .doc = "PXN: EL0 executes, we do not", .source = SOURCE_EXEC)
{
	struct place place;

	place_open(&place, DESC_MEMORY | DESC_RO | DESC_USER | DESC_PXN, 0);
	expect_denied(call, &place);
	expect_user(user_execute, &place, true);
	place_close(&place);
}

TEST(mmu, uxn, .doc = "UXN: we execute, EL0 does not", .source = SOURCE_EXEC)
{
	struct place place;

	place_open(&place, DESC_MEMORY | DESC_RO | DESC_USER | DESC_UXN, 0);
	expect_allowed(call, &place);
	expect_user(user_execute, &place, false);
	place_close(&place);
}

TEST(mmu, user_writable_not_executable, .doc = "what EL0 may write we cannot execute, whatever PXN says",
	.source = SOURCE_EXEC)
{
	struct place place;

	place_open(&place, DESC_MEMORY | DESC_USER, 0);
	expect_denied(call, &place);
	expect_user(user_execute, &place, true);
	place_close(&place);
}

TEST(mmu, wxn, .doc = "SCTLR_EL1.WXN: what can be written cannot be executed", .needs = "4k",
	.source = "Arm ARM (DDI 0487), SCTLR_EL1, WXN")
{
	struct place writable, read_only;
	uint64_t sctlr = read_sysreg(sctlr_el1);

	place_open(&writable, DESC_MEMORY | DESC_UXN, 0);
	expect_allowed(call, &writable);
	write_sysreg(sctlr | SCTLR_WXN, sctlr_el1);
	isb();
	/* WXN may be cached in a TLB. */
	asm volatile("tlbi vmalle1" ::: "memory");
	dsb(nsh);
	isb();
	expect_denied(call, &writable);
	expect_allowed(store, &writable);
	place_close(&writable);
	place_open(&read_only, DESC_CODE, 0);
	expect_allowed(call, &read_only);
	place_close(&read_only);
	write_sysreg(sctlr, sctlr_el1);
	isb();
	asm volatile("tlbi vmalle1" ::: "memory");
	/* No entry made under WXN is left. */
	dsb(nsh);
	isb();
}

TEST(mmu, pan, .doc = "PSTATE.PAN: we cannot access what EL0 may, and can again without", .needs = "pan",
	.source = "Arm ARM (DDI 0487), About PSTATE.PAN")
{
	struct place user, ours;

	place_open(&user, DESC_DATA | DESC_USER, 0);
	write_sysreg_s(PAN_BIT, PAN);
	expect_denied(load, &user);
	expect_denied(store, &user);
	EXPECT_EQ(read_sysreg_s(PAN), (uint64_t)PAN_BIT);
	write_sysreg_s(0, PAN);
	expect_allowed(load, &user);
	expect_allowed(store, &user);
	place_close(&user);

	place_open(&ours, DESC_DATA, 0);
	write_sysreg_s(PAN_BIT, PAN);
	expect_allowed(load, &ours);
	expect_allowed(store, &ours);
	write_sysreg_s(0, PAN);
	place_close(&ours);
}

static void load_unprivileged(void *address)
{
	uint64_t value;

	asm volatile("ldtr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
}

static void store_unprivileged(void *address)
{
	asm volatile("sttr xzr, [%0]" ::"r"(address) : "memory");
}

static void expect_unprivileged(struct place *place, bool may_load, bool may_store)
{
	struct exception_frame frame;

	EXPECT_EQ(!exception_catch(load_unprivileged, va_ptr(place->va), &frame), may_load);
	if (!may_load)
		expect_abort(&frame, place->va.va, EC_DATA_ABORT_SAME, FSC_PERMISSION, 3);
	EXPECT_EQ(!exception_catch(store_unprivileged, va_ptr(place->va), &frame), may_store);
	if (!may_store)
		expect_abort(&frame, place->va.va, EC_DATA_ABORT_SAME, FSC_PERMISSION, 3);
}

TEST(mmu, unprivileged_access, .doc = "LDTR and STTR have EL0's permissions",
	.source = "Arm ARM (DDI 0487), Load/store unprivileged")
{
	struct place place;

	place_open(&place, DESC_DATA, 0);
	expect_unprivileged(&place, false, false);
	place_change(&place, 3, DESC_USER);
	expect_unprivileged(&place, true, true);
	place_change(&place, 3, DESC_RO);
	expect_unprivileged(&place, true, false);
	place_close(&place);
}

TEST(mmu, pan_not_for_unprivileged, .doc = "PSTATE.PAN does not stop LDTR and STTR", .needs = "pan",
	.source = "Arm ARM (DDI 0487), About PSTATE.PAN")
{
	struct place place;

	place_open(&place, DESC_DATA | DESC_USER, 0);
	write_sysreg_s(PAN_BIT, PAN);
	expect_unprivileged(&place, true, true);
	write_sysreg_s(0, PAN);
	place_close(&place);
}

static void load_with_uao(void *address)
{
	write_sysreg_s(UAO_BIT, UAO);
	load_unprivileged(address);
	write_sysreg_s(0, UAO);
}

TEST(mmu, uao, .doc = "PSTATE.UAO: LDTR has our permissions", .needs = "uao",
	.source = "Arm ARM (DDI 0487), About PSTATE.UAO")
{
	struct place place;

	place_open(&place, DESC_DATA, 0);
	expect_denied(load_unprivileged, &place);
	expect_allowed(load_with_uao, &place);
	place_close(&place);
}

/* A restriction in a table's descriptor, at each level that has one, takes effect on the page below. */
static void check_hierarchical(uint64_t attrs, uint64_t restriction, void (*fn)(void *), void (*user)(uint64_t))
{
	for (unsigned int level = 0; level < 3; level++) {
		struct place place;

		place_open(&place, attrs, 0);
		if (level >= upper_first_level(&place.upper)) {
			INFO("table descriptor of level %u", level);
			if (fn)
				expect_allowed(fn, &place);
			else
				expect_user(user, &place, true);
			place_change(&place, level, restriction);
			if (fn)
				expect_denied(fn, &place);
			else
				expect_user(user, &place, false);
		}
		place_close(&place);
	}
}

TEST(mmu, aptable_read_only, .doc = "APTable[1] of any level makes what is below read-only", .source = SOURCE_HIER)
{
	check_hierarchical(DESC_DATA, DESC_TABLE_RO, store, NULL);
}

TEST(mmu, aptable_no_user, .doc = "APTable[0] of any level takes what is below away from EL0", .source = SOURCE_HIER)
{
	check_hierarchical(DESC_DATA | DESC_USER, DESC_TABLE_NO_USER, NULL, user_read);
}

TEST(mmu, pxntable, .doc = "PXNTable of any level forbids us to execute what is below", .source = SOURCE_HIER)
{
	check_hierarchical(DESC_CODE, DESC_TABLE_PXN, call, NULL);
}

TEST(mmu, uxntable, .doc = "UXNTable of any level forbids EL0 to execute what is below", .source = SOURCE_HIER)
{
	check_hierarchical(DESC_MEMORY | DESC_RO | DESC_USER, DESC_TABLE_UXN, NULL, user_execute);
}

TEST(mmu, hpd, .doc = "TCR_EL1.HPD1: what table descriptors restrict is ignored", .needs = "hpds",
	.source = "Arm ARM (DDI 0487), TCR_EL1, HPD1")
{
	struct place place;

	place_open(&place, DESC_MEMORY | DESC_UXN, TCR_HPD1);
	place_change(&place, 2, DESC_TABLE_RO | DESC_TABLE_PXN);
	expect_allowed(call, &place);
	expect_allowed(store, &place);
	upper_write(upper_entry(&place.upper, place.va.va, 3), upper_leaf(&place.upper, place.page, 3, DESC_DATA));
	place_change(&place, 3, DESC_RO);
	expect_denied(store, &place);
	place_close(&place);
}

TEST(mmu, e0pd, .doc = "TCR_EL1.E0PD1: EL0's access to the upper half is a fault of level 0, ours is none",
	.needs = "e0pd", .source = "Arm ARM (DDI 0487), TCR_EL1, E0PD1")
{
	struct exception_frame frame;
	struct place place;

	place_open(&place, DESC_DATA | DESC_USER, TCR_E0PD1);
	expect_allowed(load, &place);
	el0_run(user_read, place.va.va, &frame);
	expect_abort(&frame, place.va.va, EC_DATA_ABORT_LOWER, FSC_TRANSLATION, 0);
	place_close(&place);
}

/*
 * The access flag and dirty state.
 */

TEST(mmu, access_flag, .doc = "AF=0: an access is an access flag fault, data and instruction",
	.source = "Arm ARM (DDI 0487), The Access flag")
{
	struct place place;

	place_open(&place, DESC_CODE & ~DESC_AF, 0);
	expect_fault_at(load, place.va, EC_DATA_ABORT_SAME, FSC_ACCESS_FLAG, 3, false);
	expect_fault_at(store, place.va, EC_DATA_ABORT_SAME, FSC_ACCESS_FLAG, 3, true);
	expect_fault_at(call, place.va, EC_INSTRUCTION_ABORT_SAME, FSC_ACCESS_FLAG, 3, false);
	EXPECT_EQ(*upper_entry(&place.upper, place.va.va, 3) & DESC_AF, 0u);
	/* An entry with AF=0 is in no TLB: it may be set without a TLBI. */
	upper_write(upper_entry(&place.upper, place.va.va, 3), upper_leaf(&place.upper, place.page, 3, DESC_CODE));
	expect_allowed(load, &place);
	expect_allowed(call, &place);
	place_close(&place);
}

static uint64_t descriptor_of(struct place *place)
{
	/* The hardware's update, of an access before this, is seen by this load. */
	dsb(ish);
	return *(volatile uint64_t *)upper_entry(&place->upper, place->va.va, 3);
}

TEST(mmu, access_flag_by_hardware, .doc = "TCR_EL1.HA: an access sets AF in the descriptor, and nothing else of it",
	.needs = "hafdbs", .source = "Arm ARM (DDI 0487), Hardware management of the Access flag")
{
	struct place place;
	uint64_t before;

	place_open(&place, DESC_DATA & ~DESC_AF, TCR_HA);
	before = descriptor_of(&place);
	EXPECT_EQ(before & DESC_AF, 0u);
	expect_allowed(load, &place);
	EXPECT_EQ(descriptor_of(&place), before | DESC_AF);
	place_close(&place);
}

TEST(mmu, dirty_by_hardware, .doc = "TCR_EL1.HD: a store to a page with DBM makes it writable, a load does not",
	.needs = "dirty", .source = "Arm ARM (DDI 0487), Hardware management of the dirty state")
{
	struct place place;
	uint64_t before;

	place_open(&place, DESC_DATA | DESC_DBM | DESC_RO, TCR_HA | TCR_HD);
	before = descriptor_of(&place);
	expect_allowed(load, &place);
	EXPECT_EQ(descriptor_of(&place), before);
	expect_allowed(store, &place);
	EXPECT_EQ(descriptor_of(&place), before & ~DESC_RO);
	EXPECT_EQ(*(volatile uint64_t *)phys_to_virt(place.page), 0x5a5au);
	place_close(&place);
}

TEST(mmu, dirty_without_dbm, .doc = "TCR_EL1.HD: a read-only page without DBM stays so", .needs = "dirty",
	.source = "Arm ARM (DDI 0487), Hardware management of the dirty state")
{
	struct place place;
	uint64_t before;

	place_open(&place, DESC_DATA | DESC_RO, TCR_HA | TCR_HD);
	before = descriptor_of(&place);
	expect_denied(store, &place);
	EXPECT_EQ(descriptor_of(&place), before);
	place_close(&place);
}
