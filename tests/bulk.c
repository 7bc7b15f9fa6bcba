/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions that write much at once: DC ZVA and the memory copy and set instructions (FEAT_MOPS). They are stores
 * like any other, all bytes of them; in pairs as those of twins.c.
 */
#include <arch/barrier.h>
#include <arch/sysreg.h>
#include <limpid/cache.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/string.h>
#include <limpid/test.h>

#define SIZE 1024u

/* A page through the caches and beside them. Memory holds 0x11 everywhere, and no cache has a copy. */
struct area {
	pa_t page;
	va_t va;
	uint8_t *cached;
	volatile uint8_t *other;
};

static void area_open(struct area *area)
{
	area->page = page_alloc(0);
	ASSERT_FALSE(pa_is_none(area->page));
	area->cached = phys_to_virt(area->page);
	memset(area->cached, 0x11, page_size());
	dcache_clean_invalidate_poc(area->cached, page_size());
	area->va = mmu_reserve_va(page_size());
	mmu_map(area->va, area->page, page_size(), MEM_NORMAL_NC, PROT_WRITE);
	area->other = va_ptr(area->va);
}

static void area_close(struct area *area)
{
	dcache_clean_invalidate_poc(area->cached, page_size());
	mmu_unmap(area->va, page_size());
	page_free(area->page, 0);
}

/* What a bad one reads is not expected to be anything. */
static void observe(const struct area *area, uint32_t offset, uint8_t written)
{
	uint8_t got = area->other[offset];

	if (got != written)
		INFO("byte %u is 0x%x, 0x%x was written: this machine has caches", offset, got, written);
}

/* Zeroes one block, and says how large it is. */
static uint32_t zero_block(uint8_t *start)
{
	uint64_t dczid = read_sysreg(dczid_el0);

	if (dczid & 16)
		SKIP("DC ZVA is prohibited here");
	asm volatile("dc zva, %0" ::"r"(start) : "memory");
	return 4u << (dczid & 15);
}

static void need_mops(void)
{
	/* ID_AA64ISAR2_EL1.MOPS */
	if (!(read_sysreg(S3_0_C0_C6_2) >> 16 & 15))
		SKIP("no FEAT_MOPS");
}

/* SETP, SETM, SETE and CPYFP, CPYFM, CPYFE: an assembler of 2022 knows them only with an architecture flag. */
static void set(uint8_t *to, uint8_t value, uint64_t size)
{
	register uint64_t x0 asm("x0") = (uintptr_t)to, x1 asm("x1") = value, x2 asm("x2") = size;

	asm volatile(".inst 0x19c10440, 0x19c14440, 0x19c18440" : "+r"(x0), "+r"(x2) : "r"(x1) : "memory", "cc");
}

static void copy(uint8_t *to, const uint8_t *from, uint64_t size)
{
	register uint64_t x0 asm("x0") = (uintptr_t)to, x1 asm("x1") = (uintptr_t)from, x2 asm("x2") = size;

	asm volatile(".inst 0x19010440, 0x19410440, 0x19810440" : "+r"(x0), "+r"(x1), "+r"(x2)::"memory", "cc");
}

TEST(bulk, bad_stale_memory_read_zva, .doc = "no clean between DC ZVA and a non-cacheable read of its last byte")
{
	struct area a;
	uint32_t size;

	area_open(&a);
	size = zero_block(a.cached);
	dsb(sy);
	observe(&a, size - 1, 0);
	area_close(&a);
}

TEST(bulk, good_stale_memory_read_zva, .doc = "DC ZVA, a clean, and a non-cacheable read of all that it wrote")
{
	struct area a;
	uint32_t size;

	area_open(&a);
	size = zero_block(a.cached);
	dcache_clean_poc(a.cached, size);
	EXPECT_EQ(a.other[0], 0);
	EXPECT_EQ(a.other[size - 1], 0);
	EXPECT_EQ(a.other[size], 0x11);
	area_close(&a);
}

TEST(bulk, bad_stale_memory_read_set, .doc = "no clean between SETP, SETM, SETE and a non-cacheable read")
{
	struct area a;

	need_mops();
	area_open(&a);
	set(a.cached + 3, 0x22, SIZE);
	dsb(sy);
	observe(&a, SIZE + 2, 0x22);
	area_close(&a);
}

TEST(bulk, good_stale_memory_read_set, .doc = "a clean between them; and the bytes on either side are not written")
{
	struct area a;

	need_mops();
	area_open(&a);
	set(a.cached + 3, 0x22, SIZE);
	dcache_clean_poc(a.cached, SIZE + 3);
	EXPECT_EQ(a.other[2], 0x11);
	EXPECT_EQ(a.other[3], 0x22);
	EXPECT_EQ(a.other[SIZE + 2], 0x22);
	EXPECT_EQ(a.other[SIZE + 3], 0x11);
	area_close(&a);
}

TEST(bulk, bad_stale_memory_read_copy, .doc = "no clean between CPYFP, CPYFM, CPYFE and a non-cacheable read")
{
	struct area a;

	need_mops();
	area_open(&a);
	memset(a.cached + 2048, 0x33, SIZE);
	copy(a.cached + 5, a.cached + 2048, SIZE);
	dsb(sy);
	observe(&a, SIZE + 4, 0x33);
	area_close(&a);
}

TEST(bulk, good_stale_memory_read_copy, .doc = "a clean between them; and the bytes on either side are not written")
{
	struct area a;

	need_mops();
	area_open(&a);
	memset(a.cached + 2048, 0x33, SIZE);
	copy(a.cached + 5, a.cached + 2048, SIZE);
	dcache_clean_poc(a.cached, SIZE + 5);
	EXPECT_EQ(a.other[4], 0x11);
	EXPECT_EQ(a.other[5], 0x33);
	EXPECT_EQ(a.other[SIZE + 4], 0x33);
	EXPECT_EQ(a.other[SIZE + 5], 0x11);
	area_close(&a);
}

TEST(bulk, bad_stale_memory_read_copied, .doc = "the source of a copy is read beside the caches, and was not cleaned")
{
	struct area a;

	need_mops();
	area_open(&a);
	a.cached[64] = 0x44;
	dsb(sy);
	copy(a.cached + 2048, (const uint8_t *)a.other + 64, 64);
	area_close(&a);
}
