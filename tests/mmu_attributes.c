/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What memory types do to accesses, as architected: alignment, DC ZVA, exclusives.
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/feature.h>
#include <arch/sysreg.h>
#include <limpid/boot.h>
#include <limpid/cache.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/string.h>
#include <limpid/test.h>
#include "access.h"

#define SOURCE_ALIGNMENT "Arm ARM (DDI 0487), Alignment of data accesses"
#define SOURCE_ZVA       "Arm ARM (DDI 0487), DC ZVA, Data Cache Zero by VA"

#define SCTLR_A (1ull << 1)

/* One page, write-back where it lies, at another address with another type. */
struct place {
	pa_t page;
	va_t va;
};

static void place_open(struct place *place, enum mem_type type)
{
	place->page = get_page();
	dcache_clean_invalidate_poc(phys_to_virt(place->page), page_size());
	place->va = mmu_reserve_va(page_size());
	mmu_map(place->va, place->page, page_size(), type, PROT_WRITE);
}

static void place_close(struct place *place)
{
	dcache_clean_invalidate_poc(phys_to_virt(place->page), page_size());
	mmu_unmap(place->va, page_size());
	page_free(place->page, 0);
}

static void expect_alignment_fault(void (*fn)(void *), va_t va)
{
	struct exception_frame frame;

	ASSERT_TRUE(exception_catch(fn, va_ptr(va), &frame));
	EXPECT_EQ(ESR_EC(frame.esr), EC_DATA_ABORT_SAME);
	EXPECT_EQ(ESR_FSC(frame.esr), (uint64_t)FSC_ALIGNMENT);
	EXPECT_EQ(frame.far, va.va);
}

TEST(mmu, unaligned_normal, .doc = "with SCTLR_EL1.A=0 unaligned accesses to Normal memory work, across a page too",
	.source = SOURCE_ALIGNMENT)
{
	uint64_t got, twice = 2 * page_size();
	unsigned int order = page_order(twice);
	pa_t pages = page_alloc_zeroed(order);

	ASSERT_FALSE(pa_is_none(pages));

	uint8_t *bytes = phys_to_virt(pages), *middle = bytes + page_size() - 3;

	for (unsigned int i = 0; i < 8; i++)
		middle[i] = i + 1;
	asm volatile("ldr %0, [%1]" : "=r"(got) : "r"(middle) : "memory");
	EXPECT_EQ(got, 0x0807060504030201u);
	asm volatile("str %0, [%1]" ::"r"(0x1112131415161718ul), "r"(bytes + 1) : "memory");
	EXPECT_EQ(bytes[1], 0x18);
	EXPECT_EQ(bytes[8], 0x11);
	page_free(pages, order);
}

TEST(mmu, alignment_check, .doc = "with SCTLR_EL1.A=1 an unaligned access to Normal memory is an alignment fault",
	.source = "Arm ARM (DDI 0487), SCTLR_EL1, A; Alignment of data accesses")
{
	uint64_t words[2] = {0}, sctlr = read_sysreg(sctlr_el1);
	va_t odd = va_of((char *)words + 4);

	write_sysreg(sctlr | SCTLR_A, sctlr_el1);
	isb();
	expect_alignment_fault(load, odd);
	expect_alignment_fault(store, odd);
	load(words);
	write_sysreg(sctlr, sctlr_el1);
	isb();
	load(va_ptr(odd));
	EXPECT_EQ(words[0] | words[1], 0u);
}

static void load_exclusive(void *address)
{
	uint64_t value;

	asm volatile("ldxr %0, [%1]\n\tclrex" : "=r"(value) : "r"(address) : "memory");
}

static void load_acquire_insn(void *address)
{
	uint64_t value;

	asm volatile("ldar %0, [%1]" : "=r"(value) : "r"(address) : "memory");
}

TEST(mmu, unaligned_exclusive,
	.doc = "an exclusive that crosses 16 bytes is an alignment fault, whatever SCTLR_EL1.A says",
	.source = SOURCE_ALIGNMENT)
{
	uint64_t words[4] __attribute__((aligned(32))) = {0};

	expect_alignment_fault(load_exclusive, va_of((char *)words + 12));
}

TEST(mmu, unaligned_acquire, .doc = "a load-acquire that crosses 16 bytes is an alignment fault, FEAT_LSE2 or not",
	.source = SOURCE_ALIGNMENT)
{
	uint64_t words[4] __attribute__((aligned(32))) = {0};

	/* With SCTLR_EL1.nAA=0, as the runtime has it. */
	expect_alignment_fault(load_acquire_insn, va_of((char *)words + 12));
}

static void zero(void *address)
{
	asm volatile("dc zva, %0" ::"r"(address) : "memory");
}

static size_t zva_size(void)
{
	uint64_t dczid = read_sysreg(dczid_el0);

	if (dczid & 0x10)
		SKIP("DC ZVA is prohibited here (DCZID_EL0.DZP)");
	return 4ul << (dczid & 0xf);
}

TEST(mmu, zva_device, .doc = "DC ZVA to Device memory is an alignment fault", .source = SOURCE_ZVA)
{
	struct place place;

	zva_size();
	if (options.check)
		SKIP("QEMU does it instead, and the sanitizer reports that: twins.bad_device_memory_misuse");
	place_open(&place, MEM_DEVICE_nGnRE);
	expect_alignment_fault(zero, place.va);
	place_close(&place);
}

TEST(mmu, zva_non_cacheable, .doc = "DC ZVA to Normal Non-cacheable memory zeroes, and memory has it",
	.source = SOURCE_ZVA)
{
	struct place place;
	size_t size = zva_size();
	uint8_t *bytes, *cached;

	place_open(&place, MEM_NORMAL_NC);
	bytes = va_ptr(place.va);
	cached = phys_to_virt(place.page);
	memset(bytes, 0x77, 3 * size);
	zero(bytes + size + size / 2);
	EXPECT_EQ(bytes[size - 1], 0x77);
	EXPECT_EQ(bytes[size], 0);
	EXPECT_EQ(bytes[2 * size - 1], 0);
	EXPECT_EQ(bytes[2 * size], 0x77);
	/* No copy of the zeroed page that was there before hides it. */
	dcache_invalidate_poc(cached, 3 * size);
	EXPECT_EQ(cached[size - 1], 0x77);
	EXPECT_EQ(cached[size], 0);
	place_close(&place);
}

TEST(mmu, zva_read_only,
	.doc = "DC ZVA to a read-only page is a permission fault of a write, with FAR within the block",
	.source = SOURCE_ZVA)
{
	struct exception_frame frame;
	struct place place;
	size_t size = zva_size();

	place_open(&place, MEM_NORMAL_WB);
	mmu_protect(place.va, page_size(), MEM_NORMAL_WB, PROT_READ);
	ASSERT_TRUE(exception_catch(zero, va_ptr(va_add(place.va, size + 5)), &frame));
	EXPECT_EQ(ESR_EC(frame.esr), EC_DATA_ABORT_SAME);
	EXPECT_EQ(ESR_FSC(frame.esr), (uint64_t)FSC_PERMISSION | 3);
	EXPECT_EQ(frame.esr & ESR_WNR, (uint64_t)ESR_WNR);
	EXPECT_EQ(frame.far & ~(size - 1), place.va.va + size);
	place_close(&place);
}

static void exclusive_pair(void *address)
{
	uint64_t value;
	uint32_t failed;

	asm volatile("ldxr %0, [%2]\n\tadd %0, %0, #1\n\tstxr %w1, %0, [%2]\n\tclrex"
		     : "=&r"(value), "=&r"(failed)
		     : "r"(address)
		     : "memory");
}

/* The architecture leaves it open whether they work: if not, the fault has a status of its own. */
static void check_exclusive(enum mem_type type)
{
	struct exception_frame frame;
	struct place place;

	if (options.check)
		SKIP("the sanitizer reports the access: twins.bad_exclusive_on_uncached");
	place_open(&place, type);
	if (exception_catch(exclusive_pair, va_ptr(place.va), &frame)) {
		INFO("exclusives are not supported there");
		EXPECT_EQ(ESR_EC(frame.esr), EC_DATA_ABORT_SAME);
		EXPECT_EQ(ESR_FSC(frame.esr), 0x35ul);
		EXPECT_EQ(frame.far, place.va.va);
	} else {
		INFO("they are carried out, and the value is %lu", *(volatile uint64_t *)va_ptr(place.va));
		EXPECT_LE(*(volatile uint64_t *)va_ptr(place.va), 1u);
	}
	place_close(&place);
}

TEST(mmu, exclusive_device, .doc = "exclusives to Device memory are carried out, or fault as unsupported",
	.source = "Arm ARM (DDI 0487), Exclusive access instructions and Shareable memory locations")
{
	check_exclusive(MEM_DEVICE_nGnRE);
}

TEST(mmu, exclusive_non_cacheable,
	.doc = "exclusives to Normal Non-cacheable memory are carried out, or fault as unsupported",
	.source = "Arm ARM (DDI 0487), Exclusive access instructions and Shareable memory locations")
{
	check_exclusive(MEM_NORMAL_NC);
}
