/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a TLB may keep: each TLBI of the regime that we run in, on this CPU and broadcast; ASIDs; break-before-make.
 *
 * Each test lets the TLB learn an entry, changes it, invalidates in its own way, and must see the change. That a TLB
 * still had the old one is not promised by anybody, so that is not tested.
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/feature.h>
#include <arch/sysreg.h>
#include <arch/upper.h>
#include <limpid/bitops.h>
#include <limpid/cache.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/smp.h>
#include <limpid/test.h>
#include "access.h"

#define SOURCE_TLBI "Arm ARM (DDI 0487), TLB maintenance instructions"
#define SOURCE_ASID "Arm ARM (DDI 0487), Use of ASIDs and VMIDs to reduce TLB maintenance requirements"
#define SOURCE_BBM  "Arm ARM (DDI 0487), Using break-before-make when updating translation table entries"

/* A page of the upper half that leads to one of two pages of memory. */
struct place {
	struct upper upper;
	pa_t a, b;
	uint64_t va, *entry;
	void (*invalidate)(struct place *place);
};

static void place_open_with(struct place *place, uint64_t tcr)
{
	unsigned int shift = mmu_granule_supported(KIB(4)) ? 12 : mmu_granule_supported(KIB(16)) ? 14 : 16;
	/* Pages of 64 KiB hold those of the lesser granules, and are aligned to them; not the other way round. */
	pa_t a = get_page(), b = get_page();

	if (BIT(shift) > page_size())
		SKIP("the CPU has no granule as small as the runtime's");
	upper_open(&place->upper, shift, 48, tcr);
	place->a = a;
	place->b = b;
	*(uint64_t *)phys_to_virt(a) = 0xa;
	*(uint64_t *)phys_to_virt(b) = 0xb;
	place->va = upper_start(&place->upper) + 5 * BIT(shift);
	place->entry = upper_entry(&place->upper, place->va, 3);
	upper_write(place->entry, upper_leaf(&place->upper, a, 3, DESC_DATA));
}

static void place_open(struct place *place)
{
	place_open_with(place, 0);
}

static void place_close(struct place *place)
{
	upper_close(&place->upper);
	page_free(place->a, 0);
	page_free(place->b, 0);
}

static uint64_t read_place(const struct place *place)
{
	return *(volatile uint64_t *)va_ptr(va_make(place->va));
}

/* Loads until another value is there, or the entry faults; both CPUs' parts of a broadcast. */
struct observer {
	struct place *place;
	uint64_t first, last;
	bool faulted;
	uint32_t learnt, changed;
};

static void observer_load(void *arg)
{
	struct observer *observer = arg;

	observer->last = read_place(observer->place);
}

static void observe(void *arg)
{
	struct observer *observer = arg;
	struct exception_frame frame;

	upper_enter(&observer->place->upper);
	observer->first = read_place(observer->place);
	store_release(&observer->learnt, 1);
	while (!load_acquire(&observer->changed))
		cpu_relax();
	/* What is executed from here on is behind the DSB of the CPU that invalidated. */
	isb();
	observer->faulted = exception_catch(observer_load, observer, &frame);
	upper_leave();
}

/* A to B by break-before-make, the break invalidated in the way under test. */
static void check_local(void (*invalidate)(struct place *))
{
	struct place place;

	place_open(&place);
	EXPECT_EQ(read_place(&place), 0xau);
	upper_write(place.entry, 0);
	invalidate(&place);
	expect_fault_at(load, va_make(place.va), EC_DATA_ABORT_SAME, FSC_TRANSLATION, 3, false);
	upper_write(place.entry, upper_leaf(&place.upper, place.b, 3, DESC_DATA));
	EXPECT_EQ(read_place(&place), 0xbu);
	place_close(&place);
}

static void check_broadcast(void (*invalidate)(struct place *))
{
	struct place place;

	place_open(&place);
	for (unsigned int cpu = 1; cpu < MIN(cpu_count(), 3u); cpu++) {
		struct observer observer = {.place = &place};

		upper_write(place.entry, upper_leaf(&place.upper, place.a, 3, DESC_DATA));
		on_cpu_async(cpu, observe, &observer);
		while (!load_acquire(&observer.learnt))
			cpu_relax();
		upper_write(place.entry, 0);
		invalidate(&place);
		upper_write(place.entry, upper_leaf(&place.upper, place.b, 3, DESC_DATA));
		store_release(&observer.changed, 1);
		cpu_wait(cpu);
		EXPECT_EQ(observer.first, 0xau);
		EXPECT_FALSE(observer.faulted);
		EXPECT_EQ(observer.last, 0xbu);
		upper_write(place.entry, 0);
		invalidate(&place);
	}
	place_close(&place);
}

/* The operand of a TLBI by VA: the page's number and an ASID, which is 0 for the whole of the runtime. */
#define BY_VA(place)   ((place)->va >> 12 & GENMASK(43, 0))
#define BY_ASID(place) 0ul

/* By range: BaseADDR in units of the granule, TG, and NUM=0 SCALE=0, which is two of them. */
static uint64_t by_range(const struct place *place)
{
	unsigned int shift = place->upper.granule_shift;

	return (place->va >> shift & GENMASK(36, 0)) | (uint64_t)((shift - 10) / 2) << 46;
}

/*
 * The TLBI, and the DSB that waits for it: the invalidation, and accesses of the CPUs concerned that used the old
 * entry, before what follows. The ISB: this CPU's next instructions translate anew.
 */
#define LOCAL(name, insn, operand, needs_, doc_)                                                    \
	static void local_##name(struct place *place)                                               \
	{                                                                                           \
		(void)place;                                                                        \
		asm volatile(insn "\n\tdsb nsh\n\tisb" ::"r"(operand) : "memory");                  \
	}                                                                                           \
	TEST(mmu, tlbi_##name, .doc = doc_ ", on this CPU", .needs = needs_, .source = SOURCE_TLBI) \
	{                                                                                           \
		check_local(local_##name);                                                          \
	}

#define BROADCAST(name, insn, operand, needs_, doc_)                                                           \
	static void broadcast_##name(struct place *place)                                                      \
	{                                                                                                      \
		(void)place;                                                                                   \
		asm volatile(insn "\n\tdsb ish\n\tisb" ::"r"(operand) : "memory");                             \
	}                                                                                                      \
	TEST(mmu, tlbi_##name, .doc = doc_ ", on all CPUs", .cpus = 2, .needs = needs_, .source = SOURCE_TLBI) \
	{                                                                                                      \
		check_local(broadcast_##name);                                                                 \
		check_broadcast(broadcast_##name);                                                             \
	}

/* clang-format off */
LOCAL(vmalle1, "tlbi vmalle1 // %0", 0ul, NULL, "TLBI VMALLE1 invalidates everything")
LOCAL(vae1, "tlbi vae1, %0", BY_VA(place), NULL, "TLBI VAE1 invalidates a page")
LOCAL(vale1, "tlbi vale1, %0", BY_VA(place), NULL, "TLBI VALE1 invalidates a page's last level")
LOCAL(vaae1, "tlbi vaae1, %0", BY_VA(place), NULL, "TLBI VAAE1 invalidates a page of any ASID")
LOCAL(vaale1, "tlbi vaale1, %0", BY_VA(place), NULL, "TLBI VAALE1 invalidates the last level of any ASID")
BROADCAST(vmalle1is, "tlbi vmalle1is // %0", 0ul, NULL, "TLBI VMALLE1IS invalidates everything")
BROADCAST(vae1is, "tlbi vae1is, %0", BY_VA(place), NULL, "TLBI VAE1IS invalidates a page")
BROADCAST(vale1is, "tlbi vale1is, %0", BY_VA(place), NULL, "TLBI VALE1IS invalidates a page's last level")
BROADCAST(vaae1is, "tlbi vaae1is, %0", BY_VA(place), NULL, "TLBI VAAE1IS invalidates a page of any ASID")
BROADCAST(vaale1is, "tlbi vaale1is, %0", BY_VA(place), NULL, "TLBI VAALE1IS invalidates the last level of any ASID")
/* By encoding, SYS #0, C8, Cm, #op2: what Armv8.4 added. */
BROADCAST(vmalle1os, "sys #0, c8, c1, #0 // %0", 0ul, "tlbi-os", "TLBI VMALLE1OS invalidates everything")
BROADCAST(vae1os, "sys #0, c8, c1, #1, %0", BY_VA(place), "tlbi-os", "TLBI VAE1OS invalidates a page")
BROADCAST(vale1os, "sys #0, c8, c1, #5, %0", BY_VA(place), "tlbi-os", "TLBI VALE1OS invalidates a page's last level")
LOCAL(rvae1, "sys #0, c8, c6, #1, %0", by_range(place), "tlbi-range", "TLBI RVAE1 invalidates a range")
LOCAL(rvale1, "sys #0, c8, c6, #5, %0", by_range(place), "tlbi-range", "TLBI RVALE1 invalidates a range's last level")
LOCAL(rvaae1, "sys #0, c8, c6, #3, %0", by_range(place), "tlbi-range", "TLBI RVAAE1 invalidates a range of any ASID")
BROADCAST(rvae1is, "sys #0, c8, c2, #1, %0", by_range(place), "tlbi-range", "TLBI RVAE1IS invalidates a range")
BROADCAST(rvale1is, "sys #0, c8, c2, #5, %0", by_range(place), "tlbi-range", "TLBI RVALE1IS invalidates a range's last level")
BROADCAST(rvae1os, "sys #0, c8, c5, #1, %0", by_range(place), "tlbi-range", "TLBI RVAE1OS invalidates a range")
/* clang-format on */

/* By ASID: entries that are not global, of the ASID that TTBR0_EL1 has. */
static void check_by_asid(void (*invalidate)(void))
{
	struct place place;
	uint64_t ttbr0 = read_sysreg(ttbr0_el1);

	place_open(&place);
	write_sysreg(ttbr0 | 7ull << 48, ttbr0_el1);
	/* ASID 7 is what the next access is looked up with. */
	isb();
	upper_write(place.entry, 0);
	local_vmalle1(&place);
	upper_write(place.entry, upper_leaf(&place.upper, place.a, 3, DESC_DATA | DESC_NG));
	EXPECT_EQ(read_place(&place), 0xau);
	upper_write(place.entry, 0);
	invalidate();
	expect_fault_at(load, va_make(place.va), EC_DATA_ABORT_SAME, FSC_TRANSLATION, 3, false);
	upper_write(place.entry, upper_leaf(&place.upper, place.b, 3, DESC_DATA | DESC_NG));
	EXPECT_EQ(read_place(&place), 0xbu);
	write_sysreg(ttbr0, ttbr0_el1);
	isb();
	place_close(&place);
}

static void invalidate_asid(void)
{
	asm volatile("tlbi aside1, %0\n\tdsb nsh\n\tisb" ::"r"(7ull << 48) : "memory");
}

static void invalidate_asid_broadcast(void)
{
	asm volatile("tlbi aside1is, %0\n\tdsb ish\n\tisb" ::"r"(7ull << 48) : "memory");
}

TEST(mmu, tlbi_aside1, .doc = "TLBI ASIDE1 invalidates what is not global of an ASID", .source = SOURCE_TLBI)
{
	check_by_asid(invalidate_asid);
}

TEST(mmu, tlbi_aside1is, .doc = "TLBI ASIDE1IS invalidates what is not global of an ASID", .source = SOURCE_TLBI)
{
	check_by_asid(invalidate_asid_broadcast);
}

/* Two tables with different pages at one address, and an ASID each: a switch between them needs no TLBI. */
static void check_asids(uint64_t tcr, uint64_t one, uint64_t other)
{
	unsigned int shift = mmu_granule_supported(page_size()) ? __builtin_ctzll(page_size()) : 12;
	struct upper first, second;
	pa_t a = get_page(), b = get_page();
	uint64_t va;

	*(uint64_t *)phys_to_virt(a) = 0xa;
	*(uint64_t *)phys_to_virt(b) = 0xb;
	upper_open(&first, shift, 48, TCR_A1 | tcr);
	va = upper_start(&first);
	upper_write(upper_entry(&first, va, 3), upper_leaf(&first, a, 3, DESC_DATA | DESC_NG));
	upper_open(&second, shift, 48, TCR_A1 | tcr);
	upper_write(upper_entry(&second, va, 3), upper_leaf(&second, b, 3, DESC_DATA | DESC_NG));
	for (int i = 0; i < 6; i++) {
		write_sysreg(i & 1 ? second.ttbr | other << 48 : first.ttbr | one << 48, ttbr1_el1);
		/* The other table and the other ASID, in one write, from the next access on. */
		isb();
		EXPECT_EQ(*(volatile uint64_t *)va_ptr(va_make(va)), i & 1 ? 0xbu : 0xau);
	}
	upper_close(&second);
	upper_close(&first);
	page_free(a, 0);
	page_free(b, 0);
}

TEST(mmu, asids, .doc = "two ASIDs see their own pages at one address, without a TLBI between them",
	.source = SOURCE_ASID)
{
	check_asids(0, 1, 2);
}

TEST(mmu, asids_16_bits, .doc = "with TCR_EL1.AS ASIDs that differ in the upper eight bits are different",
	.needs = "asid16", .source = "Arm ARM (DDI 0487), TCR_EL1, AS")
{
	check_asids(TCR_AS, 0x0101, 0x8001);
}

TEST(mmu, asid_global, .doc = "an entry that is global is there for every ASID", .source = SOURCE_ASID)
{
	struct place place;
	uint64_t ttbr0 = read_sysreg(ttbr0_el1);

	place_open(&place);
	for (uint64_t asid = 0; asid < 4; asid++) {
		write_sysreg(ttbr0 | asid << 48, ttbr0_el1);
		isb();
		EXPECT_EQ(read_place(&place), 0xau);
	}
	write_sysreg(ttbr0, ttbr0_el1);
	isb();
	place_close(&place);
}

TEST(mmu, both_halves,
	.doc = "the lower and the upper half are translated by TTBR0 and TTBR1, and what is between by neither",
	.source = "Arm ARM (DDI 0487), Selection between TTBR0_ELx and TTBR1_ELx")
{
	struct place place;
	pa_t page = get_page();
	uint64_t low;

	place_open(&place);
	/* The same low bits in both halves, so that who ignores the high ones finds the wrong page. */
	low = mmu_reserve_va(page_size()).va;
	*(uint64_t *)phys_to_virt(page) = 0xc;
	mmu_map(va_make(low), page, page_size(), MEM_NORMAL_WB, PROT_WRITE);
	upper_write(upper_entry(&place.upper, low | upper_start(&place.upper), 3),
		upper_leaf(&place.upper, place.b, 3, DESC_DATA));
	EXPECT_EQ(*(volatile uint64_t *)va_ptr(va_make(low)), 0xcu);
	EXPECT_EQ(*(volatile uint64_t *)va_ptr(va_make(low | upper_start(&place.upper))), 0xbu);
	expect_fault_at(load, va_make(low | 0x0100ull << 48), EC_DATA_ABORT_SAME, FSC_TRANSLATION, 0, false);
	expect_fault_at(load, va_make(low | 0x7fffull << 48), EC_DATA_ABORT_SAME, FSC_TRANSLATION, 0, false);
	expect_fault_at(load, va_make(low | 0x8000ull << 48), EC_DATA_ABORT_SAME, FSC_TRANSLATION, 0, false);
	mmu_unmap(va_make(low), page_size());
	page_free(page, 0);
	place_close(&place);
}

TEST(mmu, epd1, .doc = "TCR_EL1.EPD1: no walk of the upper half, a translation fault of level 0",
	.source = "Arm ARM (DDI 0487), TCR_EL1, EPD1")
{
	struct place place;

	place_open(&place);
	EXPECT_EQ(read_place(&place), 0xau);
	/* The runtime's TCR_EL1 has EPD1. */
	upper_leave();
	expect_fault_at(load, va_make(place.va), EC_DATA_ABORT_SAME, FSC_TRANSLATION, 0, false);
	upper_enter(&place.upper);
	EXPECT_EQ(read_place(&place), 0xau);
	place_close(&place);
}

TEST(mmu, top_byte_ignored, .doc = "TCR_EL1.TBI1: the top byte of an address is no part of it, and FAR has it",
	.source = "Arm ARM (DDI 0487), Address tagging")
{
	struct place place;
	uint64_t tagged;

	place_open(&place);
	tagged = (place.va & GENMASK(55, 0)) | 0x5aull << 56;
	expect_fault_at(load, va_make(tagged), EC_DATA_ABORT_SAME, FSC_TRANSLATION, 0, false);
	place_close(&place);
	place_open_with(&place, TCR_TBI1);
	EXPECT_EQ(*(volatile uint64_t *)va_ptr(va_make(tagged)), 0xau);
	tagged += 8 * page_size();
	expect_fault_at(load, va_make(tagged), EC_DATA_ABORT_SAME, FSC_TRANSLATION, 3, false);
	place_close(&place);
}

/*
 * Break-before-make under way: another CPU sees the old page, a fault, or the new one, in this order, and never
 * anything else.
 */

struct watcher {
	struct place *place;
	uint32_t ready, done, wrong, faults;
	uint64_t value;
};

static void watcher_load(void *arg)
{
	struct watcher *watcher = arg;

	watcher->value = read_place(watcher->place);
}

static void watch(void *arg)
{
	struct watcher *watcher = arg;
	struct exception_frame frame;
	uint64_t last = 0;

	upper_enter(&watcher->place->upper);
	do {
		if (exception_catch(watcher_load, watcher, &frame)) {
			watcher->faults++;
			watcher->wrong += (ESR_FSC(frame.esr) & ~3u) != FSC_TRANSLATION;
			store_release(&watcher->ready, 1);
			continue;
		}
		watcher->wrong += watcher->value != 0xa && watcher->value != 0xb;
		last = watcher->value;
		store_release(&watcher->ready, 1);
	} while (!load_acquire(&watcher->done));
	(void)last;
	/* Behind the DSB of the CPU that made the change. */
	isb();
	watcher_load(watcher);
	upper_leave();
}

TEST(mmu, break_before_make,
	.doc = "a page is exchanged while another CPU reads it: old, a fault, or new, and then new", .cpus = 2,
	.source = SOURCE_BBM)
{
	struct place place;

	place_open(&place);
	for (int i = 0; i < 4; i++) {
		struct watcher watcher = {.place = &place};

		upper_write(place.entry, upper_leaf(&place.upper, place.a, 3, DESC_DATA));
		on_cpu_async(1, watch, &watcher);
		while (!load_acquire(&watcher.ready))
			cpu_relax();
		upper_write(place.entry, 0);
		broadcast_vae1is(&place);
		upper_write(place.entry, upper_leaf(&place.upper, place.b, 3, DESC_DATA));
		store_release(&watcher.done, 1);
		cpu_wait(1);
		EXPECT_EQ(watcher.wrong, 0u);
		EXPECT_EQ(watcher.value, 0xbu);
		upper_write(place.entry, 0);
		broadcast_vae1is(&place);
	}
	place_close(&place);
}

TEST(mmu, block_to_table, .doc = "a block becomes a table by break-before-make, and back: the same memory each time",
	.source = SOURCE_BBM)
{
	unsigned int shift = mmu_granule_supported(KIB(4)) ? 12 : 16;
	struct upper upper;
	pa_t page = get_page();
	volatile uint64_t *words = phys_to_virt(page);
	uint64_t va, size, offset, *entry;

	*words = 0xd;
	/* Read below as Device: as in mmu.block_2m. */
	dcache_clean_invalidate_poc(words, page_size());
	upper_open(&upper, shift, 48, 0);
	size = upper_level_size(&upper, 2);
	va = upper_start(&upper);
	offset = page.pa & (size - 1);
	entry = upper_entry(&upper, va, 2);
	for (int i = 0; i < 4; i++) {
		upper_write(entry, 0);
		asm volatile("tlbi vae1is, %0" ::"r"(va >> 12 & GENMASK(43, 0)) : "memory");
		/* The break is complete on all CPUs before the make. */
		dsb(ish);
		isb();
		if (i & 1)
			upper_write(upper_entry(&upper, va + offset, 3), upper_leaf(&upper, page, 3, DESC_DEVICE));
		else
			upper_write(entry, upper_leaf(&upper, page, 2, DESC_DEVICE));
		EXPECT_EQ(*(volatile uint64_t *)va_ptr(va_make(va + offset)), 0xdu);
	}
	upper_close(&upper);
	page_free(page, 0);
}
