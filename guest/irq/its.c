/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever the CPUs write for the GIC is cleaned to the PoC: it need not look into their caches, and then says so in
 * the shareability of its registers. That is cheaper than to ask, and right in both cases.
 */
#include <arch/barrier.h>
#include <arch/io.h>
#include <limpid/bitops.h>
#include <limpid/boot.h>
#include <limpid/cache.h>
#include <limpid/check.h>
#include <limpid/delay.h>
#include <limpid/expect.h>
#include <limpid/gic.h>
#include <limpid/gic_registers.h>
#include <limpid/its.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/smp.h>
#include <limpid/string.h>

#define TABLE       KIB(64) /* each table and the queue: what the largest alignment asks for */
#define BASERS      8
#define DEVICES_MAX 256

enum {
	MOVI = 0x01,
	INT = 0x03,
	CLEAR = 0x04,
	SYNC = 0x05,
	MAPD = 0x08,
	MAPC = 0x09,
	MAPTI = 0x0a,
	MAPI = 0x0b,
	INV = 0x0c,
	INVALL = 0x0d,
	MOVALL = 0x0e,
	DISCARD = 0x0f,
};

static uint64_t its;
static bool started;
static uint64_t queue_at;
/* Memory of the GIC's, kept from one start to the next. */
static pa_t queue, properties, baser_tables[BASERS], pending[MACHINE_MAX_CPUS];
static struct {
	pa_t block;
	size_t size;
} itts[DEVICES_MAX];

bool its_available(void)
{
	return machine.gic.version == 3 && machine.gic.its_count;
}

uint64_t its_registers(void)
{
	CHECK(its_available());
	if (!its)
		its = io_map(pa_make(machine.gic.its[0].base), GITS_FRAMES);
	return its;
}

pa_t its_translater(void)
{
	CHECK(its_available());
	return pa_make(machine.gic.its[0].base + GITS_TRANSLATER);
}

/* Zeroed, allocated at the first time, aligned to its size. */
static pa_t fresh(pa_t *block, size_t size)
{
	if (!block->pa) {
		*block = page_alloc(page_order(size));
		CHECK(!pa_is_none(*block));
	}
	memset(phys_to_virt(*block), 0, size);
	dcache_clean_poc(phys_to_virt(*block), size);
	return *block;
}

static bool wait_register(uint64_t address, uint32_t mask, uint32_t value)
{
	uint64_t start = counter_read();

	while ((io_read32(address) & mask) != value) {
		if (counter_read() - start > counter_from_us(PATIENCE_US))
			return false;
		cpu_relax();
	}
	return true;
}

static void switch_lpis(unsigned int cpu, bool on)
{
	uint64_t ctlr = gic_redistributor(cpu) + GICR_CTLR;
	uint32_t value = io_read32(ctlr) & ~GICR_CTLR_LPIS;

	io_write32(ctlr, value | (on ? GICR_CTLR_LPIS : 0));
	if (!wait_register(ctlr, GICR_CTLR_RWP, 0))
		FAIL("GICR_CTLR.RWP of CPU %u stays 1", cpu);
}

void lpi_disable(unsigned int cpu)
{
	switch_lpis(cpu, false);
}

void lpi_enable(unsigned int cpu)
{
	switch_lpis(cpu, true);
}

void lpi_write_pending(unsigned int cpu, uint32_t lpi, bool on)
{
	uint8_t *byte = (uint8_t *)phys_to_virt(pending[cpu]) + lpi / 8;

	CHECK(pending[cpu].pa && lpi >= INTID_LPI && lpi < 1u << ITS_LPI_BITS);
	/* The redistributor has written it when its LPIs were disabled: what a cache has of it is out of date. */
	dcache_invalidate_poc(byte, 1);
	*byte = on ? *byte | 1 << lpi % 8 : *byte & ~(1 << lpi % 8);
	dcache_clean_poc(byte, 1);
}

void lpi_configure(uint32_t lpi, uint8_t priority, bool enabled)
{
	uint8_t *byte = (uint8_t *)phys_to_virt(properties) + lpi - INTID_LPI;

	CHECK(properties.pa && lpi >= INTID_LPI && lpi < 1u << ITS_LPI_BITS);
	/* Bit 1 is reserved as one, bit 0 the enable. */
	*byte = (priority & 0xfc) | 2 | enabled;
	dcache_clean_poc(byte, 1);
}

/* The shareability and cacheability of PROPBASER and PENDBASER, whose inner cacheability is in bits 9 to 7. */
static void write_redist_base(uint64_t address, uint64_t value)
{
	io_write64(address, value | GIC_BASER_SHARE_INNER | GIC_BASER_RAWAWB << 7);
	/* A GIC that does not look into caches says non-shareable: then it is to be told non-cacheable too. */
	if (!(io_read64(address) & GIC_BASER_SHARE_MASK))
		io_write64(address, value | GIC_BASER_NC << 7);
}

static const char *start_cpu(unsigned int cpu)
{
	uint64_t base = gic_redistributor(cpu);
	uint32_t ctlr = io_read32(base + GICR_CTLR);

	if (!(io_read64(base + GICR_TYPER) & GICR_TYPER_PLPIS))
		return "GICR_TYPER.PLPIS: a redistributor has no LPIs";
	if (ctlr & GICR_CTLR_LPIS) {
		if (!(ctlr & GICR_CTLR_CES))
			return "GICR_CTLR.CES: LPIs were enabled before, and cannot be disabled on this GIC";
		switch_lpis(cpu, false);
	}
	fresh(&pending[cpu], TABLE);
	write_redist_base(base + GICR_PROPBASER, properties.pa | (ITS_LPI_BITS - 1));
	write_redist_base(base + GICR_PENDBASER, pending[cpu].pa | GICR_PENDBASER_PTZ);
	switch_lpis(cpu, true);
	return NULL;
}

/* A table of the ITS's own: of pages as large as this GITS_BASER has them. */
static void start_baser(unsigned int n)
{
	uint64_t address = its + GITS_BASER + 8 * n, value = io_read64(address);
	static const uint64_t sizes[] = {KIB(4), KIB(16), KIB(64)};

	if (!(value >> 56 & 7))
		return;
	/* The memory is ours again, and what the ITS knows of it void: KVM keeps the mappings of a table that stays. */
	io_write64(address, value & ~GIC_BASER_VALID);
	fresh(&baser_tables[n], TABLE);
	for (uint64_t page = 0; page < ARRAY_SIZE(sizes); page++) {
		uint64_t base = GIC_BASER_VALID | baser_tables[n].pa | page << 8 | (TABLE / sizes[page] - 1);

		io_write64(address, base | GIC_BASER_SHARE_INNER | GIC_BASER_RAWAWB << 59);
		value = io_read64(address);
		if (!(value & GIC_BASER_SHARE_MASK)) {
			io_write64(address, base | GIC_BASER_NC << 59);
			value = io_read64(address);
		}
		if ((value >> 8 & 3) == page)
			return;
	}
}

static void start_queue(void)
{
	uint64_t base;

	fresh(&queue, TABLE);
	base = GIC_BASER_VALID | queue.pa | (TABLE / KIB(4) - 1);
	io_write64(its + GITS_CBASER, base | GIC_BASER_SHARE_INNER | GIC_BASER_RAWAWB << 59);
	if (!(io_read64(its + GITS_CBASER) & GIC_BASER_SHARE_MASK))
		io_write64(its + GITS_CBASER, base | GIC_BASER_NC << 59);
	io_write64(its + GITS_CWRITER, 0);
	queue_at = 0;
}

static void be_known(void *arg)
{
	(void)arg;
	/* Any use sets up the calling CPU's part. */
	gic_disable_irq(0);
}

const char *its_start(void)
{
	const char *why = NULL;

	its_registers();
	io_write32(its + GITS_CTLR, io_read32(its + GITS_CTLR) & ~GITS_CTLR_ON);
	if (!wait_register(its + GITS_CTLR, GITS_CTLR_QUIET, GITS_CTLR_QUIET))
		return "GITS_CTLR.Quiescent stays 0";
	fresh(&properties, BIT(ITS_LPI_BITS) - INTID_LPI);
	for (unsigned int cpu = 0; cpu < cpu_count() && !why; cpu++) {
		on_cpu(cpu, be_known, NULL);
		why = start_cpu(cpu);
	}
	if (why)
		return why;
	for (unsigned int n = 0; n < BASERS; n++)
		start_baser(n);
	start_queue();
	io_write32(its + GITS_CTLR, io_read32(its + GITS_CTLR) | GITS_CTLR_ON);
	started = true;
	return NULL;
}

void its_stop(void)
{
	if (!started)
		return;
	started = false;
	io_write32(its + GITS_CTLR, io_read32(its + GITS_CTLR) & ~GITS_CTLR_ON);
	wait_register(its + GITS_CTLR, GITS_CTLR_QUIET, GITS_CTLR_QUIET);
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		if (pending[cpu].pa && io_read32(gic_redistributor(cpu) + GICR_CTLR) & GICR_CTLR_CES)
			switch_lpis(cpu, false);
}

static void command(uint64_t dw0, uint64_t dw1, uint64_t dw2, uint64_t dw3)
{
	uint64_t *entry, start = counter_read(), read;

	CHECK(started);
	entry = (uint64_t *)((char *)phys_to_virt(queue) + queue_at);
	entry[0] = dw0;
	entry[1] = dw1;
	entry[2] = dw2;
	entry[3] = dw3;
	/* The command, and whatever tables it speaks of, are in memory before the ITS is told of it. */
	dcache_clean_poc(entry, 32);
	queue_at = (queue_at + 32) % TABLE;
	io_write64(its + GITS_CWRITER, queue_at);
	while (((read = io_read64(its + GITS_CREADR)) & 0xfffe0) != queue_at) {
		if ((read & 1) || counter_read() - start > counter_from_us(PATIENCE_US)) {
			FAIL("the ITS has not executed command 0x%02lx: GITS_CREADR 0x%lx, CWRITER 0x%lx", dw0 & 0xff,
				read, queue_at);
			test_abort();
		}
		cpu_relax();
	}
}

/* How commands name a redistributor: by its number, or by its address. */
static uint64_t rdbase(unsigned int cpu)
{
	uint64_t base = gic_redistributor(cpu);

	if (io_read64(its + GITS_TYPER) & GITS_TYPER_PTA)
		return base;
	return (io_read64(base + GICR_TYPER) >> 8 & 0xffff) << 16;
}

void its_mapd(uint32_t device, unsigned int event_bits, bool valid)
{
	size_t entry = (io_read64(its + GITS_TYPER) >> 4 & 15) + 1, size = MAX(entry << event_bits, page_size());
	uint64_t itt = 0;

	CHECK(device < DEVICES_MAX);
	if (valid) {
		if (itts[device].size < size) {
			if (itts[device].size)
				page_free(itts[device].block, page_order(itts[device].size));
			itts[device].block = pa_make(0);
			itts[device].size = size;
		}
		itt = fresh(&itts[device].block, size).pa;
	} else {
		/* Which does not count, and so must not make the difference. */
		itt = itts[device].block.pa;
	}
	command(MAPD | (uint64_t)device << 32, event_bits - 1, (uint64_t)valid << 63 | itt, 0);
}

void its_mapc(uint16_t collection, unsigned int cpu, bool valid)
{
	command(MAPC, 0, (uint64_t)valid << 63 | rdbase(cpu) | collection, 0);
}

void its_mapti(uint32_t device, uint32_t event, uint32_t lpi, uint16_t collection)
{
	command(MAPTI | (uint64_t)device << 32, event | (uint64_t)lpi << 32, collection, 0);
}

void its_mapi(uint32_t device, uint32_t event, uint16_t collection)
{
	command(MAPI | (uint64_t)device << 32, event, collection, 0);
}

void its_movi(uint32_t device, uint32_t event, uint16_t collection)
{
	command(MOVI | (uint64_t)device << 32, event, collection, 0);
}

void its_movall(unsigned int from_cpu, unsigned int to_cpu)
{
	command(MOVALL, 0, rdbase(from_cpu), rdbase(to_cpu));
}

void its_int(uint32_t device, uint32_t event)
{
	command(INT | (uint64_t)device << 32, event, 0, 0);
}

void its_clear(uint32_t device, uint32_t event)
{
	command(CLEAR | (uint64_t)device << 32, event, 0, 0);
}

void its_discard(uint32_t device, uint32_t event)
{
	command(DISCARD | (uint64_t)device << 32, event, 0, 0);
}

void its_inv(uint32_t device, uint32_t event)
{
	command(INV | (uint64_t)device << 32, event, 0, 0);
}

void its_invall(uint16_t collection)
{
	command(INVALL, 0, collection, 0);
}

void its_sync(unsigned int cpu)
{
	command(SYNC, 0, rdbase(cpu), 0);
}
