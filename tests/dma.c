/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device that writes memory: QEMU's fw_cfg, whose DMA reads an item into a buffer. It is coherent, and so is every
 * real device that a device tree calls so; what a device that is not needs is in read_after_invalidate, and what it
 * does not forgive in read_without_invalidate (`limpid check --dma noncoherent` finds it).
 */
#include <arch/barrier.h>
#include <limpid/boot.h>
#include <limpid/cache.h>
#include <limpid/expect.h>
#include <limpid/fdt.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/string.h>
#include <limpid/test.h>

/* Source: QEMU, docs/specs/fw_cfg.rst. All is big-endian. */
#define FW_CFG_DMA_ADDRESS 16
#define CONTROL_ERROR      0x1u
#define CONTROL_READ       0x2u
#define CONTROL_SELECT     0x8u
#define KEY_SIGNATURE      0u

struct fw_cfg_dma {
	uint32_t control;
	uint32_t length;
	uint64_t address;
};

/* A page of the device's, and one of memory: the descriptor, then from the middle on the buffer. */
struct fw_cfg {
	va_t registers;
	pa_t page;
	volatile struct fw_cfg_dma *dma;
	volatile uint8_t *buffer;
};

/* Where the device tree says that it is; 0: nowhere. */
static uint64_t find(void)
{
	static struct fdt_walk walk;
	struct fdt fdt;

	if (!handover.fdt || fdt_init(&fdt, phys_to_virt(pa_make(handover.fdt)), SIZE_MAX) != FDT_OK)
		return 0;
	fdt_walk_init(&walk, &fdt);
	while (fdt_walk_next(&walk) == FDT_OK) {
		struct mem_range range;

		if (fdt_walk_compatible(&walk, "qemu,fw-cfg-mmio") && fdt_walk_reg(&walk, 0, &range) == FDT_OK)
			return range.base;
	}
	return 0;
}

static void open(struct fw_cfg *device)
{
	uint64_t base = find();

	if (!base)
		SKIP("no fw_cfg in the device tree");
	device->page = page_alloc_zeroed(0);
	ASSERT_FALSE(pa_is_none(device->page));
	device->dma = phys_to_virt(device->page);
	device->buffer = (volatile uint8_t *)device->dma + page_size() / 2;
	device->registers = mmu_reserve_va(page_size());
	mmu_map(device->registers, pa_make(base & ~(page_size() - 1)), page_size(), MEM_DEVICE_nGnRE, PROT_WRITE);
	device->registers = va_add(device->registers, base & (page_size() - 1));
	/* Nothing that the device writes over may be dirty in a cache, or an eviction would undo it. */
	dcache_clean_invalidate_poc(device->dma, page_size());
}

static void close(struct fw_cfg *device)
{
	dcache_clean_invalidate_poc(device->dma, page_size());
	mmu_unmap(va_make(device->registers.va & ~(page_size() - 1)), page_size());
	page_free(device->page, 0);
}

/* The device writes the four letters of its signature to the buffer. QEMU has done it when the store returns. */
static void read_signature(struct fw_cfg *device)
{
	uint64_t buffer = virt_to_phys(device->buffer).pa;
	uint32_t *trigger = va_ptr(va_add(device->registers, FW_CFG_DMA_ADDRESS + 4));

	device->dma->control = __builtin_bswap32(KEY_SIGNATURE << 16 | CONTROL_SELECT | CONTROL_READ);
	device->dma->length = __builtin_bswap32(4);
	device->dma->address = __builtin_bswap64(buffer);
	/* The device reads memory: the descriptor must be there, and before the store that tells it so. */
	dcache_clean_poc(device->dma, sizeof(*device->dma));
	asm volatile("str %w0, [%1]" ::"r"(__builtin_bswap32((uint32_t)device->page.pa)), "r"(trigger) : "memory");
	/* The loads of what it wrote come after the store, whose completion is the end of the transfer. */
	dsb(sy);
}

static void check_signature(const struct fw_cfg *device)
{
	EXPECT_EQ(device->buffer[0], 'Q');
	EXPECT_EQ(device->buffer[3], 'U');
}

TEST(dma, read_after_invalidate,
	.doc = "what a device wrote is read behind an invalidate, as a device that is not coherent needs",
	.source = "QEMU, docs/specs/fw_cfg.rst")
{
	struct fw_cfg device;

	open(&device);
	/* The buffer is known, and may be loaded into a cache at any time. */
	EXPECT_EQ(device.buffer[0], 0);
	read_signature(&device);
	dcache_invalidate_poc(device.buffer, 64);
	check_signature(&device);
	dcache_invalidate_poc(device.dma, sizeof(*device.dma));
	EXPECT_EQ(device.dma->control & __builtin_bswap32(CONTROL_ERROR), 0u);
	close(&device);
}

TEST(dma, read_without_invalidate, .doc = "what a coherent device wrote is there without maintenance",
	.source = "QEMU, docs/specs/fw_cfg.rst")
{
	struct fw_cfg device;

	open(&device);
	EXPECT_EQ(device.buffer[0], 0);
	read_signature(&device);
	check_signature(&device);
	close(&device);
}
