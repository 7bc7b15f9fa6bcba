/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address space, from the first table to the running system; pgtable.c has the tables' format, mmu.S the switches.
 */
#include <arch/barrier.h>
#include <arch/sysreg.h>
#include <limpid/bitops.h>
#include <limpid/cache.h>
#include <limpid/check.h>
#include <limpid/mmu.h>
#include <limpid/phys.h>
#include <limpid/smp.h>
#include <limpid/spinlock.h>
#include <limpid/string.h>
#include "../../boot/boot.h"
#include "../../mmu/pgtable.h"
#include "asm.h"
#include "cpu.h"
#include "mmu.h"

/* Those of the running regime: the early ones, then ours. */
static struct pgtable tables;
static uint64_t next_va;

/* Whoever changes the tables, so that a fault on the way is not waited for by the one who would end the wait. */
#define NOBODY UINT32_MAX
static struct spinlock lock;
static uint32_t lock_owner = NOBODY;

static void lock_tables(void)
{
	spin_lock(&lock);
	store_release(&lock_owner, cpus_known ? cpu_index() : 0);
}

static void unlock_tables(void)
{
	store_release(&lock_owner, NOBODY);
	spin_unlock(&lock);
}

void pgtable_order(void)
{
	/* A new table's entries before the entry that leads to it, for the walks of all CPUs. */
	dmb(ishst);
}

void pgtable_published(void)
{
	/* The entry is written before a walk by any CPU for an access after this; the ISB: for this CPU's accesses too.
	 */
	dsb(ishst);
	isb();
}

void pgtable_invalidate(uint64_t va)
{
	/* The entry is written before the TLBI, or a walk could bring the old one back after it. */
	dsb(ishst);
	asm volatile("tlbi vae1is, %0" ::"r"(va >> 12 & GENMASK(43, 0)) : "memory");
	/* The invalidation is complete on all CPUs, and accesses that used the old entry too. */
	dsb(ish);
	/* This CPU's later accesses translate anew. */
	isb();
}

bool mmu_granule_supported(uint64_t size)
{
	uint64_t mmfr0 = read_sysreg(id_aa64mmfr0_el1);

	switch (size) {
	case KIB(4):
		return sysreg_field(mmfr0, 28, 4) != 0xf;
	case KIB(16):
		return sysreg_field(mmfr0, 20, 4) != 0;
	case KIB(64):
		return sysreg_field(mmfr0, 24, 4) != 0xf;
	default:
		return false;
	}
}

/* Source: Arm ARM (DDI 0487), "ID_AA64MMFR0_EL1", PARange; more than 48 bits need another descriptor format. */
uint64_t mmu_reachable(void)
{
	static const uint8_t bits[] = {32, 36, 40, 42, 44, 48};
	uint64_t parange = sysreg_field(read_sysreg(id_aa64mmfr0_el1), 0, 4);

	return BIT(bits[MIN(parange, (uint64_t)ARRAY_SIZE(bits) - 1)]);
}

/* Source: Arm ARM (DDI 0487), "TCR_EL1, Translation Control Register (EL1)". */
static uint64_t tcr_value(unsigned int granule_shift)
{
	uint64_t mmfr0 = read_sysreg(id_aa64mmfr0_el1);
	/* Output addresses of more than 48 bits need another descriptor format. */
	uint64_t ips = MIN(sysreg_field(mmfr0, 0, 4), (uint64_t)5);
	uint64_t tg0 = granule_shift == 12 ? 0 : granule_shift == 16 ? 1 : 2;

	return (64 - PGTABLE_VA_BITS)            /* T0SZ */
	       | 1ull << 8 | 1ull << 10          /* IRGN0, ORGN0: write-back write-allocate */
	       | 3ull << 12                      /* SH0: inner shareable */
	       | tg0 << 14 | 1ull << 23          /* TG0; EPD1: nothing in the upper half */
	       | (64ull - PGTABLE_VA_BITS) << 16 /* T1SZ, TG1: valid though unused */
	       | 2ull << 30 | ips << 32;
}

struct mmu_regs mmu_regs(void)
{
	return (struct mmu_regs){(uintptr_t)tables.root, tcr_value(tables.granule_shift)};
}

/* The early tables: for the image, the device tree and the UART. */
#define EARLY_TABLES 13 /* the root, and four times two levels below it, when each of the four straddles a boundary */
static uint64_t early_tables[EARLY_TABLES][512] __attribute__((aligned(4096)));
static unsigned int early_count;

static uint64_t *early_new_table(void)
{
	CHECK(early_count < EARLY_TABLES);
	return early_tables[early_count++]; /* in .bss, so zero */
}

/* Maps the 2 MiB blocks that [base, base + size) touches, where they are not yet. */
static void early_map_blocks(uint64_t base, uint64_t size, enum mem_type type, unsigned int prot)
{
	struct mmu_translation unused;

	for (uint64_t block = ALIGN_DOWN(base, MIB(2)); block < base + size; block += MIB(2))
		if (!pgtable_walk(&tables, block, &unused))
			pgtable_map(&tables, block, block, MIB(2), type, prot, PGTABLE_BLOCKS);
}

struct mmu_regs early_tables_build(uint64_t fdt)
{
	pgtable_init(&tables, 12, early_new_table);
	early_map_blocks((uintptr_t)_image_start, _image_end - _image_start, MEM_NORMAL_WB, PROT_WRITE | PROT_EXEC);
	/* Of the device tree the header; its size is to be read through the cache, where it may still be. */
	if (fdt)
		early_map_blocks(fdt, 40, MEM_NORMAL_WB, PROT_WRITE);
	return mmu_regs();
}

void early_map(uint64_t base, uint64_t size, enum early_type type)
{
	if (handover.efi)
		return;
	early_map_blocks(base, size, type == EARLY_DEVICE ? MEM_DEVICE_nGnRE : MEM_NORMAL_WB, PROT_WRITE);
	pgtable_published();
}

static uint64_t *core_new_table(void)
{
	uint64_t *table = core_alloc(page_size());

	memset(table, 0, page_size());
	return table;
}

/* Firmware's RAM is mapped too: its tables are read, and runtime services may be called to end. */
static bool is_ram(const struct region *region)
{
	return region->type <= REGION_RUNTIME && !(region->flags & (REGION_NO_MAP | REGION_NOT_WB));
}

/* The first address after va, up to end, where the way of mapping changes: blocks or pages. */
static uint64_t map_piece_end(uint64_t start, uint64_t end, bool *by_pages)
{
	uint64_t block = pgtable_level_size(&tables, 2);
	const struct mem_range zones[] = {handover.image, core_range()};

	*by_pages = false;
	for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
		uint64_t zone_start = ALIGN_DOWN(zones[i].base, block);
		uint64_t zone_end = ALIGN_UP(zones[i].base + zones[i].size, block);

		if (start >= zone_start && start < zone_end) {
			*by_pages = true;
			return MIN(end, zone_end);
		}
		if (start < zone_start)
			end = MIN(end, zone_start);
	}
	return end;
}

static void map_ram(uint64_t start, uint64_t end)
{
	start = ALIGN_UP(start, page_size());
	end = ALIGN_DOWN(end, page_size());
	while (start < end) {
		bool by_pages;
		uint64_t next = map_piece_end(start, end, &by_pages);

		pgtable_map(&tables, start, start, next - start, MEM_NORMAL_WB, PROT_WRITE,
			by_pages ? PGTABLE_PAGES : PGTABLE_BLOCKS);
		start = next;
	}
}

/* Runs of RAM of any kind: with large pages two kinds may share a page. */
static void map_all_ram(void)
{
	uint64_t start = 0, end = 0;

	for (unsigned int i = 0; i < machine.region_count; i++) {
		const struct region *region = &machine.regions[i];

		if (!is_ram(region))
			continue;
		if (region->base != end) {
			map_ram(start, end);
			start = region->base;
		}
		end = region->base + region->size;
	}
	map_ram(start, end);
}

/*
 * What must be mapped although the memory map may not say so: the edges of the image, where pages are large and a
 * neighbour is reserved; the device tree, which a boot loader may have reserved.
 */
static void map_missing(struct mem_range range)
{
	struct mmu_translation unused;
	uint64_t end = ALIGN_UP(range.base + range.size, page_size());

	for (uint64_t page = ALIGN_DOWN(range.base, page_size()); page < end; page += page_size())
		if (!pgtable_walk(&tables, page, &unused))
			pgtable_map(&tables, page, page, page_size(), MEM_NORMAL_WB, PROT_WRITE, PGTABLE_PAGES);
}

/* Pages that hold only code are read-only, pages that hold code and data, where pages are large, are both. */
static void protect_image(void)
{
	uint64_t start = (uintptr_t)_image_start, end = (uintptr_t)_text_end, page = page_size();
	uint64_t outer_start = ALIGN_DOWN(start, page), outer_end = ALIGN_UP(end, page);
	uint64_t inner_start = ALIGN_UP(start, page), inner_end = ALIGN_DOWN(end, page);

	pgtable_protect(&tables, outer_start, outer_end - outer_start, MEM_NORMAL_WB, PROT_WRITE | PROT_EXEC);
	if (inner_start < inner_end)
		pgtable_protect(&tables, inner_start, inner_end - inner_start, MEM_NORMAL_WB, PROT_EXEC);
}

static void protect_runtime_services(void)
{
	struct mmu_translation unused;

	for (unsigned int i = 0; i < machine.region_count; i++) {
		const struct region *region = &machine.regions[i];
		uint64_t end = region->base + region->size;

		if (region->type != REGION_RUNTIME || !is_ram(region))
			continue;
		for (uint64_t page = ALIGN_DOWN(region->base, page_size()); page < end; page += page_size())
			if (pgtable_walk(&tables, page, &unused))
				pgtable_protect(&tables, page, page_size(), MEM_NORMAL_WB, PROT_WRITE | PROT_EXEC);
	}
}

void mmu_init(unsigned int granule_shift)
{
	const struct region *last = &machine.regions[machine.region_count - 1];

	/* Above what is mapped at its own address: RAM, and the devices that a machine puts close behind it. */
	next_va = MAX(BIT(46), ALIGN_UP(last->base + last->size, BIT(42)));
	pgtable_init(&tables, granule_shift, core_new_table);
	map_all_ram();
	map_missing(handover.image);
	if (page_size() == STACK_GUARD)
		pgtable_unmap(&tables, (uintptr_t)boot_stack_guard, STACK_GUARD);
	protect_image();
	if (handover.fdt)
		map_missing((struct mem_range){handover.fdt, handover.fdt_size});
	protect_runtime_services();
	if (machine.uart.type != UART_NONE)
		io_map(pa_make(machine.uart.base), MAX(machine.uart.size, (uint64_t)KIB(4)));
	tables.live = true;

	struct mmu_regs regs = mmu_regs();

	mmu_install(regs.ttbr0, regs.tcr, MAIR_INIT, SCTLR_INIT, options.el);
}

/*
 * The public functions.
 */

void mmu_map(va_t va, pa_t pa, uint64_t size, enum mem_type type, unsigned int prot)
{
	lock_tables();
	pgtable_map(&tables, va.va, pa.pa, size, type, prot, PGTABLE_BLOCKS);
	unlock_tables();
}

void mmu_protect(va_t va, uint64_t size, enum mem_type type, unsigned int prot)
{
	lock_tables();
	pgtable_protect(&tables, va.va, size, type, prot);
	unlock_tables();
}

void mmu_unmap(va_t va, uint64_t size)
{
	lock_tables();
	pgtable_unmap(&tables, va.va, size);
	unlock_tables();
}

/*
 * Another CPU may have been in the middle of a break-before-make of the block that holds va, of which the caller uses
 * another part. The change is over when the lock is free.
 */
bool mmu_fault_was_transient(uint64_t va)
{
	struct mmu_translation unused;
	bool mapped;

	if (!mmu_enabled() || load_acquire(&lock_owner) == cpu_index())
		return false;
	spin_lock(&lock);
	mapped = pgtable_walk(&tables, va, &unused);
	spin_unlock(&lock);
	return mapped;
}

bool mmu_walk(va_t va, struct mmu_translation *out)
{
	return pgtable_walk(&tables, va.va, out);
}

va_t mmu_reserve_va(uint64_t size)
{
	lock_tables();

	uint64_t va = ALIGN_UP(next_va, pgtable_level_size(&tables, 2));

	next_va = va + ALIGN_UP(size, page_size());
	unlock_tables();
	CHECK_MSG(next_va < BIT(PGTABLE_VA_BITS), "no virtual addresses left");
	return va_make(va);
}

uint64_t io_map(pa_t base, uint64_t size)
{
	struct mmu_translation found;

	uint64_t start = ALIGN_DOWN(base.pa, page_size()), end = ALIGN_UP(base.pa + size, page_size());

	CHECK_MSG(end <= mmu_reachable(), "device registers at 0x%lx are out of reach", base.pa);
	lock_tables();
	while (start < end) {
		uint64_t run = start;

		while (run < end && !pgtable_walk(&tables, run, &found))
			run += page_size();
		if (run > start)
			pgtable_map(&tables, start, start, run - start, MEM_DEVICE_nGnRE, PROT_WRITE, PGTABLE_BLOCKS);
		else
			run += page_size();
		CHECK_MSG(run == end || found.type <= MEM_DEVICE_nGnRE, "device registers at 0x%lx lie in RAM", run);
		start = run;
	}
	unlock_tables();
	return base.pa;
}

bool mmu_enabled(void)
{
	/* At EL2 by EL2's own name: firmware may have E2H=0. */
	return (current_el() == 2 ? read_sysreg(sctlr_el2) : read_sysreg(sctlr_el1)) & SCTLR_M;
}

/* Memory of the allocators beside core memory; what is not listed was never handed out. */
#define USED_MAX (2 * PAGE_ALLOC_ZONES)

static void clean_invalidate_ranges(const struct mem_range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		dcache_clean_invalidate_poc(phys_to_virt(pa_make(ranges[i].base)), ranges[i].size);
}

/*
 * What this function and its callers need to go on, the image's data and all stacks, is the leaf's; the rest is a
 * matter of C, which already runs from memory and touches nothing of it.
 */
void mmu_disable(void)
{
	struct mem_range used[USED_MAX], core = core_used();
	uint64_t daif = read_sysreg(daif);
	size_t count;

	if (!mmu_enabled())
		return;
	/* A handler that ran before all is clean would read memory behind the cache's back. */
	mask_exceptions();
	count = MIN(page_alloc_used(used, USED_MAX), (size_t)USED_MAX);
	mmu_off_leaf(_data_start, _image_end, core.base, core.base + core.size);
	clean_invalidate_ranges(used, count);
	write_sysreg(daif, daif);
}

void mmu_enable(void)
{
	struct mem_range used[USED_MAX], core;
	uint64_t daif = read_sysreg(daif);

	if (mmu_enabled())
		return;
	/* What a handler wrote after its line was invalidated could be hidden again by another CPU's copy. */
	mask_exceptions();
	clean_invalidate_ranges(used, MIN(page_alloc_used(used, USED_MAX), (size_t)USED_MAX));
	core = core_used();
	mmu_on_leaf(_data_start, _image_end, core.base, core.base + core.size);
	write_sysreg(daif, daif);
}

void mask_exceptions(void)
{
	asm volatile("msr daifset, #0xf" ::: "memory");
}

void entry_state_read(struct entry_state *state)
{
	*state =
		(struct entry_state){.el = current_el(), .daif = read_sysreg(daif), .counter = read_sysreg(cntpct_el0)};
	if (state->el == 2) {
		state->sctlr = read_sysreg(sctlr_el2);
		state->tcr = read_sysreg(tcr_el2);
		state->mair = read_sysreg(mair_el2);
		state->ttbr0 = read_sysreg(ttbr0_el2);
	} else {
		state->sctlr = read_sysreg(sctlr_el1);
		state->tcr = read_sysreg(tcr_el1);
		state->mair = read_sysreg(mair_el1);
		state->ttbr0 = read_sysreg(ttbr0_el1);
	}
}

/*
 * Physical addresses are virtual addresses.
 */

void *phys_to_virt(pa_t address)
{
	return (void *)(uintptr_t)address.pa;
}

pa_t virt_to_phys(const volatile void *pointer)
{
	return pa_make((uintptr_t)pointer);
}

__attribute__((noinline)) bool address_is_normal(uint64_t address)
{
	uint64_t par;

	/* At EL2 with E2H=0, as firmware may run, the EL1 stage is not ours. */
	if (current_el() == 2 && !(read_sysreg(hcr_el2) & BIT(34)))
		asm volatile("at s1e2r, %0" ::"r"(address) : "memory");
	else
		asm volatile("at s1e1r, %0" ::"r"(address) : "memory");
	/* PAR_EL1 has the result of the AT only after it. */
	isb();
	par = read_sysreg(par_el1);
	/* F: no translation; ATTR 0x0n: Device. */
	return !(par & 1) && par >> 60;
}

const void *phys_window(uint64_t address, size_t length)
{
	if (length > ~address)
		return NULL;
	for (uint64_t page = ALIGN_DOWN(address, KIB(4)); page < address + length; page += KIB(4))
		if (!address_is_normal(page))
			return NULL;
	return phys_to_virt(pa_make(address));
}
