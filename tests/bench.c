/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measurements. Each prints lines "bench NAME VALUE ns", for one operation. Under `-icount shift=0` QEMU's clock
 * advances one nanosecond with each instruction, so a time in nanoseconds is a number of instructions; otherwise it is
 * a time. `limpid run 'bench.*' --bench` shows both, and has each measured for longer.
 *
 * What is measured includes the loop around it, of two instructions a round.
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/io.h>
#include <arch/sysreg.h>
#include <limpid/alloc.h>
#include <limpid/boot.h>
#include <limpid/cache.h>
#include <limpid/delay.h>
#include <limpid/expect.h>
#include <limpid/gic.h>
#include <limpid/gic_registers.h>
#include <limpid/its.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/psci.h>
#include <limpid/smp.h>
#include <limpid/test.h>
#include "edu.h"
#include "gic.h"
#include "machines.h"

static uint64_t to_ns(uint64_t ticks)
{
	uint64_t hz = counter_frequency();

	return ticks / hz * 1000000000 + ticks % hz * 1000000000 / hz;
}

/* Few in an ordinary run, where the result is nobody's business. */
static unsigned int rounds(void)
{
	return options.bench ? 4096 : 64;
}

static void report(const char *name, uint64_t ticks, unsigned int count)
{
	uint64_t tenths = to_ns(ticks) * 10 / count;

	INFO("bench %s %lu.%lu ns", name, tenths / 10, tenths % 10);
}

/* What stands in the braces, so many times. */
#define MEASURE(name, count, ...)                              \
	({                                                     \
		unsigned int count_ = (count);                 \
		uint64_t start_ = counter_read();              \
		for (unsigned int i = 0; i < count_; i++)      \
			__VA_ARGS__                            \
		report(name, counter_read() - start_, count_); \
	})

TEST(bench, boot, .doc = "report: time, or instructions, from the entry point to the first test", .flags = TEST_REPORT)
{
	report("boot", handover.ready_counter - handover.entry.counter, 1);
}

#define SWITCHES 16

TEST(bench, mmu_off_on, .doc = "report: time, or instructions, of mmu_disable() and mmu_enable() together",
	.flags = TEST_REPORT)
{
	MEASURE("mmu_off_on", SWITCHES, {
		mmu_disable();
		mmu_enable();
	});
}

/* --- to the hypervisor and the firmware --- */

static void measure_call(const char *name, enum psci_conduit conduit)
{
	if (machine.psci.conduit != conduit)
		SKIP("PSCI is not called that way here");
	EXPECT_GT(psci_call(PSCI_VERSION, 0, 0, 0), 0);
	MEASURE(name, rounds(), { psci_call(PSCI_VERSION, 0, 0, 0); });
}

TEST(bench, hvc, .doc = "report: PSCI_VERSION by HVC", .flags = TEST_REPORT, .needs = "psci")
{
	measure_call("hvc", PSCI_HVC);
}

TEST(bench, smc, .doc = "report: PSCI_VERSION by SMC", .flags = TEST_REPORT, .needs = "psci")
{
	measure_call("smc", PSCI_SMC);
}

/* --- devices: of the VMM's process, and the interrupt controller --- */

#define PL011_FR    0x18
#define NS16550_IER 1

TEST(bench, mmio_user, .doc = "report: a read of the console's flags, which a VMM answers in user space",
	.flags = TEST_REPORT)
{
	uint64_t at = machine.uart.base;

	switch (machine.uart.type) {
	case UART_PL011:
	case UART_SBSA:
		MEASURE("mmio_user", rounds(), { io_read32(at + PL011_FR); });
		break;
	case UART_16550:
		at += NS16550_IER << machine.uart.reg_shift;
		MEASURE("mmio_user", rounds(), { io_read8(at); });
		break;
	default:
		SKIP("the machine has no console that limpid knows");
	}
}

#define GICD_SIZE KIB(4)

TEST(bench, mmio_gic, .doc = "report: a read of GICD_TYPER", .flags = TEST_REPORT, .needs = "gic")
{
	uint64_t dist = io_map(pa_make(machine.gic.dist.base), GICD_SIZE);

	EXPECT_NE(io_read32(dist + GICD_TYPER), 0u);
	MEASURE("mmio_gic", rounds(), { io_read32(dist + GICD_TYPER); });
}

/* --- interrupts --- */

#define SGI       7
#define GICC_SIZE KIB(8)

TEST(bench, eoi, .doc = "report: a write of EOIR, of the INTID that means none", .flags = TEST_REPORT, .needs = "gic",
	.source = "GIC architecture (IHI 0048, IHI 0069), End of interrupt")
{
	uint64_t cpu_interface;

	/* Sets the interface up. */
	gic_enable_irq(SGI);
	if (gic_version() == 3) {
		MEASURE("eoi", rounds(), { write_sysreg_s(INTID_NONE, ICC_EOIR1_EL1); });
		return;
	}
	cpu_interface = io_map(pa_make(machine.gic.cpu.base), GICC_SIZE);
	MEASURE("eoi", rounds(), { io_write32(cpu_interface + GICC_EOIR, INTID_NONE); });
}

static uint32_t arrived;

static void count_arrival(unsigned int intid, void *arg)
{
	(void)intid;
	(void)arg;
	__atomic_fetch_add(&arrived, 1, __ATOMIC_RELEASE);
}

TEST(bench, sgi_to_self, .doc = "report: an SGI to oneself, to the end of its handler", .flags = TEST_REPORT,
	.needs = "gic")
{
	arrived = 0;
	gic_set_handler(SGI, count_arrival, NULL);
	gic_enable_irq(SGI);
	irq_enable();
	MEASURE("sgi_to_self", rounds(), {
		gic_send_sgi(0, SGI);
		while (load_acquire(&arrived) != i + 1)
			;
	});
	irq_disable();
}

static uint32_t stop;

static void take_interrupts(void *arg)
{
	uint32_t *ready = arg;

	gic_enable_irq(SGI);
	irq_enable();
	store_release(ready, 1);
	while (!load_acquire(&stop))
		cpu_relax();
	irq_disable();
}

TEST(bench, ipi, .doc = "report: an SGI to another CPU, until its handler has told", .flags = TEST_REPORT,
	.needs = "gic", .cpus = 2)
{
	uint32_t ready = 0;

	arrived = 0;
	stop = 0;
	gic_set_handler(SGI, count_arrival, NULL);
	gic_enable_irq(SGI);
	on_cpu_async(1, take_interrupts, &ready);
	while (!load_acquire(&ready))
		cpu_relax();
	MEASURE("ipi", options.bench ? 512 : 4, {
		gic_send_sgi(1, SGI);
		while (load_acquire(&arrived) != i + 1)
			cpu_relax();
	});
	store_release(&stop, 1);
	cpu_wait(1);
}

#define LPI          INTID_LPI
#define LPI_DEVICE   1
#define LPI_EVENT    0
#define LPI_PRIORITY 0xa0

/* Its event is an LPI of this CPU's, which is counted from here on. */
static void map_lpi(uint32_t device)
{
	lpi_configure(LPI, LPI_PRIORITY, true);
	its_mapd(device, 1, true);
	its_mapc(0, 0, true);
	its_mapti(device, LPI_EVENT, LPI, 0);
	its_invall(0);
	its_sync(0);
	arrived = 0;
	gic_set_handler(LPI, count_arrival, NULL);
	irq_enable();
}

TEST(bench, lpi, .doc = "report: the ITS's command INT, to the end of its LPI's handler", .flags = TEST_REPORT,
	.needs = "its", .source = "GICv3 (IHI 0069), INT")
{
	start_its();
	map_lpi(LPI_DEVICE);
	MEASURE("lpi", options.bench ? 512 : 4, {
		its_int(LPI_DEVICE, LPI_EVENT);
		while (load_acquire(&arrived) != i + 1)
			;
	});
	irq_disable();
}

TEST(bench, msi, .doc = "report: a device's message to the ITS, to the end of its LPI's handler", .flags = TEST_REPORT,
	.needs = "its pci", .qemu = QEMU_EDU, .source = "GICv3 (IHI 0069), GITS_TRANSLATER")
{
	struct edu edu;

	start_its();
	edu = edu_open(LPI_EVENT);
	map_lpi(edu.id);
	MEASURE("msi", options.bench ? 512 : 4, {
		io_write32(edu.registers + EDU_RAISE, 1);
		while (load_acquire(&arrived) != i + 1)
			;
	});
	irq_disable();
	edu_close(&edu);
}

static void take_timer(unsigned int intid, void *arg)
{
	(void)intid;
	(void)arg;
	write_sysreg(0, cntv_ctl_el0);
	/* The line is low before the interrupt is ended. */
	isb();
	store_release(&arrived, arrived + 1);
}

TEST(bench, timer, .doc = "report: a timer that is set to now, to the end of its handler", .flags = TEST_REPORT,
	.needs = "gic")
{
	unsigned int intid = machine.timer[current_el() == 2 ? TIMER_HYP_VIRT : TIMER_VIRT].intid;

	if (!intid)
		SKIP("the machine's description has no interrupt for this timer");
	arrived = 0;
	gic_set_handler(intid, take_timer, NULL);
	gic_enable_irq(intid);
	write_sysreg(0, cntv_cval_el0);
	irq_enable();
	MEASURE("timer", rounds(), {
		write_sysreg(1, cntv_ctl_el0);
		/* The timer runs from here on. */
		isb();
		while (load_acquire(&arrived) != i + 1)
			;
	});
	irq_disable();
	gic_disable_irq(intid);
}

/* --- the CPU itself --- */

static void return_at_once(struct exception_frame *frame)
{
	(void)frame;
}

TEST(bench, exception, .doc = "report: an SVC at our own level, its handler, and the return", .flags = TEST_REPORT)
{
	exception_set_handler(VECTOR_SYNC, EC_SVC64, return_at_once);
	MEASURE("exception", rounds(), { asm volatile("svc #1" ::: "memory"); });
}

TEST(bench, tlbi, .doc = "report: TLBI of a page for all CPUs, and its DSB", .flags = TEST_REPORT,
	.source = "Arm ARM (DDI 0487), TLBI VAE1IS")
{
	uint64_t page = (uintptr_t)&arrived >> 12;

	MEASURE("tlbi", rounds(), {
		asm volatile("tlbi vae1is, %0" ::"r"(page) : "memory");
		/* The invalidation is complete on all CPUs: what a user of it waits for. */
		dsb(ish);
	});
	isb();
}

TEST(bench, tlbi_local, .doc = "report: TLBI of a page for this CPU, and its DSB", .flags = TEST_REPORT,
	.source = "Arm ARM (DDI 0487), TLBI VAE1")
{
	uint64_t page = (uintptr_t)&arrived >> 12;

	MEASURE("tlbi_local", rounds(), {
		asm volatile("tlbi vae1, %0" ::"r"(page) : "memory");
		/* The invalidation is complete on this CPU. */
		dsb(nsh);
	});
	isb();
}

/* A page of lines, dirty at first. */
static uint8_t *dirty_page(void)
{
	pa_t page = page_alloc(0);

	ASSERT_FALSE(pa_is_none(page));
	for (size_t at = 0; at < page_size(); at += 8)
		*(volatile uint64_t *)((uint8_t *)phys_to_virt(page) + at) = at;
	return phys_to_virt(page);
}

#define MEASURE_LINES(name, line_size, operation)                                                                  \
	({                                                                                                         \
		uint8_t *page = dirty_page();                                                                      \
		size_t line = line_size;                                                                           \
		MEASURE(name, page_size() / line, { asm volatile(operation ::"r"(page + i * line) : "memory"); }); \
		/* All of them complete before the page is somebody else's. */                                     \
		dsb(ish);                                                                                          \
		isb();                                                                                             \
		page_free(virt_to_phys(page), 0);                                                                  \
	})

TEST(bench, dc_cvac, .doc = "report: DC CVAC of a dirty line, without DSB", .flags = TEST_REPORT)
{
	MEASURE_LINES("dc_cvac", dcache_line_size(), "dc cvac, %0");
}

TEST(bench, dc_civac, .doc = "report: DC CIVAC of a dirty line, without DSB", .flags = TEST_REPORT)
{
	MEASURE_LINES("dc_civac", dcache_line_size(), "dc civac, %0");
}

TEST(bench, ic_ivau, .doc = "report: IC IVAU of a line, without DSB", .flags = TEST_REPORT)
{
	MEASURE_LINES("ic_ivau", icache_line_size(), "ic ivau, %0");
}

TEST(bench, dc_zva, .doc = "report: DC ZVA of a block", .flags = TEST_REPORT, .source = "Arm ARM (DDI 0487), DCZID_EL0")
{
	uint64_t dczid = read_sysreg(dczid_el0);

	if (dczid >> 4 & 1)
		SKIP("DCZID_EL0.DZP is set");
	MEASURE_LINES("dc_zva", 4ul << (dczid & 15), "dc zva, %0");
}
