/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What only a GICv3 has: affinity routing, redistributors, system registers.
 *
 * Source of all: GICv3 and GICv4 architecture (IHI 0069).
 */
#include <arch/exception.h>
#include <arch/io.h>
#include <arch/sysreg.h>
#include <limpid/bitops.h>
#include <limpid/boot.h>
#include <limpid/string.h>
#include <limpid/test.h>
#include "gic.h"

#define SGI   4
#define GICV3 "GICv3 (IHI 0069), "

static void be_known(void *arg)
{
	(void)arg;
	gic_enable_irq(SGI);
}

/* All CPUs have used the interrupt controller: their redistributors are known. */
static void all_known(void)
{
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		on_cpu(cpu, be_known, NULL);
}

static uint32_t affinity32(uint64_t mpidr)
{
	return (mpidr & 0xffffff) | (mpidr >> 32 & 0xff) << 24;
}

/*
 * The distributor.
 */

TEST(gic.v3, affinity_routing, .doc = "affinity routing is on; where there is no other it cannot be switched off",
	.needs = "gicv3", .source = GICV3 "GICD_CTLR, ARE_NS; Legacy operation")
{
	uint64_t ctlr = gic_distributor() + GICD_CTLR;
	uint32_t before = io_read32(ctlr);

	INFO("GICD_CTLR 0x%x: %s", before, before & GICD_CTLR_DS ? "one Security state" : "two Security states");
	EXPECT_TRUE(before & GICD_CTLR_ARE_NS);
	/* Groups off: else the change is unpredictable. */
	io_write32(ctlr, before & ~3u);
	gic_wait_writes();
	io_write32(ctlr, before & ~3u & ~GICD_CTLR_ARE_NS);
	gic_wait_writes();
	if (!(io_read32(ctlr) & GICD_CTLR_ARE_NS))
		INFO("this GIC supports legacy operation");
	io_write32(ctlr, before & ~3u);
	gic_wait_writes();
	io_write32(ctlr, before);
	gic_wait_writes();
	EXPECT_EQ(io_read32(ctlr), before);
}

TEST(gic.v3, typer_fields, .doc = "GICD_TYPER: INTIDs of 10 to 24 bits, 14 or more with LPIs", .needs = "gicv3",
	.source = GICV3 "GICD_TYPER, IDbits, LPIS")
{
	uint32_t typer = io_read32(gic_distributor() + GICD_TYPER);
	unsigned int bits = (typer >> 19 & 0x1f) + 1;

	INFO("GICD_TYPER 0x%x: %u bits, LPIs %u, message-based SPIs %u, A3V %u, No1N %u", typer, bits, typer >> 17 & 1,
		typer >> 16 & 1, typer >> 24 & 1, typer >> 25 & 1);
	EXPECT_GE(bits, typer & GICD_TYPER_LPIS ? 14u : 10u);
	EXPECT_LE(bits, 24u);
	/* The CPU interface has as many: ICC_CTLR_EL1.IDbits is 0 for 16, 1 for 24. */
	gic_enable_irq(SGI);
	EXPECT_LE(bits, sysreg_field(read_sysreg_s(ICC_CTLR_EL1), 11, 3) ? 24u : 16u);
}

TEST(gic.v3, private_separate, .doc = "the distributor's registers of INTIDs below 32 do not reach the redistributor's",
	.needs = "gicv3",
	.source = GICV3 "GICD_ISENABLER0, GICD_ICENABLER0, GICD_IPRIORITYR<n>: reserved when ARE is 1")
{
	uint64_t dist = gic_distributor();

	gic_enable_irq(SGI);
	gic_set_priority(SGI, 0x40);
	io_write32(dist + GICD_ICENABLER, ~0u);
	gic_wait_writes();
	EXPECT_EQ(io_read32(gic_registers(0) + GICD_ISENABLER), 1u << SGI);
	io_write32(dist + GICD_ISENABLER, ~0u);
	EXPECT_EQ(io_read32(gic_registers(0) + GICD_ISENABLER), 1u << SGI);
	io_write32(dist + GICD_IPRIORITYR + SGI, 0xc0c0c0c0);
	EXPECT_EQ(gic_priority(SGI), (uint8_t)0x40);
	io_write32(dist + GICD_ISPENDR, 1u << SGI);
	EXPECT_FALSE(gic_pending(SGI));
}

TEST(gic.v3, targets_unused, .doc = "with affinity routing GICD_ITARGETSR routes nothing", .needs = "gicv3", .cpus = 2,
	.source = GICV3 "GICD_ITARGETSR<n>: reserved when ARE is 1")
{
	unsigned int intid = spare_spi(0);
	uint32_t iar;

	gic_enable_irq(intid);
	io_write8(gic_distributor() + GICD_ITARGETSR + intid, 2);
	gic_set_pending(intid, true);
	iar = EXPECT_TAKES(intid);
	gic_end(iar);
}

TEST(gic.v3, routes, .doc = "each SPI's route keeps what is written", .needs = "gicv3",
	.source = GICV3 "GICD_IROUTER<n>")
{
	uint64_t base = gic_distributor() + GICD_IROUTER;
	unsigned int lines = gic_lines(), wrong = 0;

	for (unsigned int intid = 32; intid < lines; intid++) {
		/* Affinities of CPUs that are there: others may be kept or not. */
		uint64_t want = cpu_mpidr(intid % cpu_count());
		uint64_t got;

		io_write64(base + 8 * intid, want);
		got = io_read64(base + 8 * intid);
		if (got != want && wrong++ < 3) {
			INFO("INTID %u", intid);
			EXPECT_EQ(got, want);
		}
	}
	EXPECT_EQ(wrong, 0u);
}

TEST(gic.v3, routes_by_halves, .doc = "the halves of a route are written and read alone", .needs = "gicv3",
	.source = GICV3 "GICD_IROUTER<n>: 32-bit accesses")
{
	uint64_t route = gic_distributor() + GICD_IROUTER + 8 * spare_spi(0), mpidr = cpu_mpidr(cpu_count() - 1);

	io_write64(route, 0);
	io_write32(route, (uint32_t)mpidr);
	io_write32(route + 4, mpidr >> 32);
	EXPECT_EQ(io_read64(route), mpidr);
	EXPECT_EQ(io_read32(route), (uint32_t)mpidr);
	EXPECT_EQ(io_read32(route + 4), (uint32_t)(mpidr >> 32));
}

static uint32_t taken_by[MACHINE_MAX_CPUS], listening, enough;

static void count(unsigned int intid, void *arg)
{
	(void)intid;
	(void)arg;
	__atomic_fetch_add(&taken_by[cpu_index()], 1, __ATOMIC_RELEASE);
}

static void listen(void *arg)
{
	unsigned int intid = *(unsigned int *)arg;

	gic_enable_irq(intid);
	irq_enable();
	__atomic_fetch_add(&listening, 1, __ATOMIC_RELEASE);
	while (!load_acquire(&enough))
		cpu_relax();
	irq_disable();
}

static void listen_everywhere(unsigned int *intid)
{
	memset(taken_by, 0, sizeof(taken_by));
	listening = enough = 0;
	gic_enable_irq(*intid);
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		on_cpu_async(cpu, listen, intid);
	while (load_acquire(&listening) < cpu_count() - 1)
		cpu_relax();
	irq_enable();
}

static void listen_no_more(void)
{
	udelay(QUIET_US);
	store_release(&enough, 1);
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		cpu_wait(cpu);
	irq_disable();
}

static uint32_t taken_together(void)
{
	uint32_t sum = 0;

	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		sum += load_acquire(&taken_by[cpu]);
	return sum;
}

TEST(gic.v3, route_any, .doc = "an SPI routed to any CPU is handled by exactly one, each time", .needs = "gicv3",
	.cpus = 2, .source = GICV3 "GICD_IROUTER<n>, Interrupt_Routing_Mode; GICD_TYPER.No1N")
{
	static unsigned int sgi = SGI;
	unsigned int intid = spare_spi(0);
	uint64_t route = gic_distributor() + GICD_IROUTER + 8 * intid;

	if (io_read32(gic_distributor() + GICD_TYPER) >> 25 & 1)
		SKIP("GICD_TYPER.No1N: this GIC does not route to any CPU");
	gic_set_handler(intid, count, NULL);
	gic_enable_irq(intid);
	io_write64(route, GICD_IROUTER_ANY);
	if (!(io_read64(route) & GICD_IROUTER_ANY)) {
		FAIL("GICD_TYPER.No1N is 0, and Interrupt_Routing_Mode is RAZ/WI");
		return;
	}
	listen_everywhere(&sgi);
	for (uint32_t i = 1; i <= 10; i++) {
		gic_set_pending(intid, true);
		EXPECT_TRUE(WAIT_FOR(taken_together() >= i && !gic_active(intid)));
	}
	listen_no_more();
	EXPECT_EQ(taken_together(), 10u);
}

TEST(gic.v3, message_spi, .doc = "a write to GICD_SETSPI_NSR makes an SPI pending, one to CLRSPI_NSR not pending",
	.needs = "gicv3", .source = GICV3 "GICD_SETSPI_NSR, GICD_CLRSPI_NSR")
{
	uint64_t dist = gic_distributor();
	unsigned int intid = spare_spi(0);
	uint32_t iar;

	if (!(io_read32(dist + GICD_TYPER) & GICD_TYPER_MBIS))
		SKIP("GICD_TYPER.MBIS: this GIC has no message-based SPIs");
	gic_enable_irq(intid);
	io_write32(dist + GICD_SETSPI_NSR, intid);
	dsb(sy);
	iar = EXPECT_TAKES(intid);
	gic_end(iar);
	io_write32(dist + GICD_SETSPI_NSR, intid);
	io_write32(dist + GICD_CLRSPI_NSR, intid);
	dsb(sy);
	EXPECT_TAKES_NOTHING();
}

/*
 * Redistributors.
 */

TEST(gic.v3, redist_typer, .doc = "each CPU has a redistributor with its affinity, and a processor number of its own",
	.needs = "gicv3", .source = GICV3 "GICR_TYPER, Affinity_Value, Processor_Number")
{
	uint64_t seen[BITMAP_WORDS(65536)] = {0};

	all_known();
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++) {
		uint64_t typer = io_read64(gic_redistributor(cpu) + GICR_TYPER);
		unsigned int number = typer >> 8 & 0xffff;

		EXPECT_EQ((uint32_t)(typer >> 32), affinity32(cpu_mpidr(cpu)));
		if (!EXPECT_FALSE(test_bit(number, seen)))
			INFO("processor number %u a second time, on CPU %u", number, cpu);
		set_bit(number, seen);
	}
}

TEST(gic.v3, redist_typer_halves, .doc = "GICR_TYPER reads alike by 64 bits and by halves, and is read-only",
	.needs = "gicv3", .source = GICV3 "GICR_TYPER: 32-bit accesses")
{
	uint64_t address, before;

	gic_enable_irq(SGI);
	address = gic_redistributor(0) + GICR_TYPER;
	before = io_read64(address);
	EXPECT_EQ(io_read32(address), (uint32_t)before);
	EXPECT_EQ(io_read32(address + 4), (uint32_t)(before >> 32));
	io_write64(address, ~before);
	EXPECT_EQ(io_read64(address), before);
}

TEST(gic.v3, redist_last, .doc = "redistributors of a range: the last one, and no other, says that it is",
	.needs = "gicv3", .source = GICV3 "GICR_TYPER, Last")
{
	unsigned int last = 0, ranges = 0;

	all_known();
	for (unsigned int i = 0; i < machine.gic.redist_count; i++)
		ranges += machine.gic.redist[i].size != 0;
	if (!ranges)
		SKIP("the machine's description has no ranges of redistributors");
	if (cpu_count() < machine.cpu_count)
		SKIP("%u of %u CPUs are used", cpu_count(), machine.cpu_count);
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		last += io_read64(gic_redistributor(cpu) + GICR_TYPER) >> 4 & 1;
	EXPECT_GE(last, 1u);
	EXPECT_LE(last, ranges);
}

TEST(gic.v3, redist_identification, .doc = "GICR_IIDR and PIDR2 are read-only, and agree with the distributor's",
	.needs = "gicv3", .source = GICV3 "GICR_IIDR, GICR_PIDR2")
{
	uint64_t base;
	uint32_t iidr, pidr2;

	gic_enable_irq(SGI);
	base = gic_redistributor(0);
	iidr = io_read32(base + GICR_IIDR);
	pidr2 = io_read32(base + GICD_PIDR2);
	io_write32(base + GICR_IIDR, ~iidr);
	io_write32(base + GICD_PIDR2, ~pidr2);
	EXPECT_EQ(io_read32(base + GICR_IIDR), iidr);
	EXPECT_EQ(io_read32(base + GICD_PIDR2), pidr2);
	EXPECT_EQ(pidr2 >> 4 & 15, io_read32(gic_distributor() + GICD_PIDR2) >> 4 & 15);
}

TEST(gic.v3, redist_waker, .doc = "a redistributor put to sleep says that its CPU sleeps, woken that it is awake",
	.needs = "gicv3", .source = GICV3 "GICR_WAKER, ProcessorSleep, ChildrenAsleep")
{
	uint64_t waker;
	uint32_t iar;

	gic_enable_irq(SGI);
	waker = gic_redistributor(0) + GICR_WAKER;
	EXPECT_EQ(io_read32(waker) & (GICR_WAKER_SLEEP | GICR_WAKER_CHILDREN), 0u);
	/* The CPU interface's groups must be off before. */
	write_sysreg_s(0, ICC_IGRPEN1_EL1);
	isb();
	io_write32(waker, io_read32(waker) | GICR_WAKER_SLEEP);
	if (!(io_read32(waker) & GICR_WAKER_SLEEP)) {
		write_sysreg_s(1, ICC_IGRPEN1_EL1);
		SKIP("GICR_WAKER is RAZ/WI: with two Security states it is the Secure one's, and a hypervisor never "
		     "sleeps");
	}
	EXPECT_TRUE(WAIT_FOR(io_read32(waker) & GICR_WAKER_CHILDREN));
	io_write32(waker, io_read32(waker) & ~GICR_WAKER_SLEEP);
	EXPECT_TRUE(WAIT_FOR(!(io_read32(waker) & GICR_WAKER_CHILDREN)));
	write_sysreg_s(1, ICC_IGRPEN1_EL1);
	/* The group is on before the SGI is sent. */
	isb();
	gic_send_sgi(0, SGI);
	iar = EXPECT_TAKES(SGI);
	gic_end(iar);
}

TEST(gic.v3, redist_priorities,
	.doc = "priorities of SGIs and PPIs are each redistributor's own, and keep what is written", .needs = "gicv3",
	.cpus = 2, .source = GICV3 "GICR_IPRIORITYR<n>")
{
	all_known();
	/* From one CPU, through the others' redistributors. */
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		for (unsigned int intid = 0; intid < 32; intid += 4)
			io_write32(gic_redistributor(cpu) + GICR_SGI + GICD_IPRIORITYR + intid,
				(cpu & 7) * 0x10101010u + 0x10305070);
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		for (unsigned int intid = 0; intid < 32; intid += 4)
			EXPECT_EQ(io_read32(gic_redistributor(cpu) + GICR_SGI + GICD_IPRIORITYR + intid),
				(cpu & 7) * 0x10101010u + 0x10305070);
}

TEST(gic.v3, redist_enables, .doc = "enables of SGIs and PPIs are each redistributor's own", .needs = "gicv3",
	.cpus = 2, .source = GICV3 "GICR_ISENABLER0, GICR_ICENABLER0")
{
	all_known();
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		io_write32(gic_redistributor(cpu) + GICR_SGI + GICD_ICENABLER, ~0u);
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		io_write32(gic_redistributor(cpu) + GICR_SGI + GICD_ISENABLER, 1u << (cpu & 15));
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++) {
		EXPECT_EQ(io_read32(gic_redistributor(cpu) + GICR_SGI + GICD_ISENABLER), 1u << (cpu & 15));
		io_write32(gic_redistributor(cpu) + GICR_SGI + GICD_ICENABLER, ~0u);
	}
}

TEST(gic.v3, redist_group, .doc = "the groups of SGIs and PPIs are each redistributor's own", .needs = "gicv3",
	.cpus = 2, .source = GICV3 "GICR_IGROUPR0")
{
	uint64_t first, second;

	if (!(io_read32(gic_distributor() + GICD_CTLR) & GICD_CTLR_DS))
		SKIP("with two Security states groups are the Secure one's");
	all_known();
	first = gic_redistributor(0) + GICR_SGI + GICD_IGROUPR;
	second = gic_redistributor(1) + GICR_SGI + GICD_IGROUPR;
	io_write32(first, 0x0000ffff);
	io_write32(second, 0xffff0000);
	EXPECT_EQ(io_read32(first), 0x0000ffffu);
	EXPECT_EQ(io_read32(second), 0xffff0000u);
	io_write32(first, ~0u);
	io_write32(second, ~0u);
}

static uint32_t remote_iar;

static void take_one(void *arg)
{
	gic_enable_irq(*(unsigned int *)arg);
	remote_iar = acknowledge_soon();
	if (gic_intid(remote_iar) < INTID_SPECIAL)
		gic_end(remote_iar);
}

TEST(gic.v3, redist_pending_remote, .doc = "a PPI set pending through another CPU's redistributor is taken by that CPU",
	.needs = "gicv3", .cpus = 2, .source = GICV3 "GICR_ISPENDR0")
{
	static unsigned int ppi = 31;

	all_known();
	gic_enable_irq(ppi);
	io_write32(gic_redistributor(1) + GICR_SGI + GICD_ISPENDR, 1u << ppi);
	dsb(sy);
	EXPECT_FALSE(gic_pending(ppi));
	EXPECT_TAKES_NOTHING();
	remote_iar = 0;
	on_cpu(1, take_one, &ppi);
	EXPECT_EQ(remote_iar, ppi);
}

/*
 * SGIs by system register.
 */

static void send_sgi1r(uint64_t value)
{
	write_sysreg_s(value, ICC_SGI1R_EL1);
	/* The SGI is generated before what follows. */
	isb();
}

/* The fields of a CPU's cluster. */
static uint64_t cluster(uint64_t mpidr)
{
	return (mpidr >> 32 & 0xff) << 48 | (mpidr >> 16 & 0xff) << 32 | (mpidr >> 8 & 0xff) << 16 |
	       (mpidr >> 4 & 15) << 44;
}

TEST(gic.v3, sgi_target_list, .doc = "one write sends to all CPUs of its list, and to no other", .needs = "gicv3",
	.cpus = 3, .source = GICV3 "ICC_SGI1R_EL1, TargetList")
{
	static unsigned int sgi = SGI;
	uint64_t home = cluster(cpu_mpidr(0)), list = 0;
	unsigned int want = 0;

	for (unsigned int cpu = 0; cpu < cpu_count(); cpu += 2)
		if (cluster(cpu_mpidr(cpu)) == home) {
			list |= BIT(cpu_mpidr(cpu) & 15);
			want++;
		}
	gic_set_handler(SGI, count, NULL);
	listen_everywhere(&sgi);
	send_sgi1r(home | SGI << 24 | list);
	EXPECT_TRUE(WAIT_FOR(taken_together() >= want));
	listen_no_more();
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		EXPECT_EQ(
			taken_by[cpu], cluster(cpu_mpidr(cpu)) == home && list >> (cpu_mpidr(cpu) & 15) & 1 ? 1u : 0u);
}

TEST(gic.v3, sgi_absent, .doc = "an SGI to a CPU, or a cluster, that does not exist arrives nowhere", .needs = "gicv3",
	.source = GICV3 "ICC_SGI1R_EL1")
{
	static unsigned int sgi = SGI;
	uint64_t absent = 0;

	gic_set_handler(SGI, count, NULL);
	listen_everywhere(&sgi);
	/* This cluster's number in another one, and a number that no CPU has in this one. */
	send_sgi1r((cluster(cpu_mpidr(0)) ^ 0xffull << 32) | SGI << 24 | 1);
	send_sgi1r((cluster(cpu_mpidr(0)) ^ 0xffull << 16) | SGI << 24 | 1);
	for (unsigned int bit = 0; bit < 16; bit++)
		if (cpu_of_mpidr((cpu_mpidr(0) & ~15ull) | bit) < 0)
			absent |= BIT(bit);
	send_sgi1r(cluster(cpu_mpidr(0)) | SGI << 24 | absent);
	/* And to nobody. */
	send_sgi1r(cluster(cpu_mpidr(0)) | SGI << 24);
	listen_no_more();
	EXPECT_EQ(taken_together(), 0u);
}

static void send_to_first(void *arg)
{
	(void)arg;
	gic_send_sgi(0, SGI);
}

TEST(gic.v3, sgi_two_senders, .doc = "one SGI from two CPUs, not taken in between, is taken once: there is no sender",
	.needs = "gicv3", .cpus = 3, .source = GICV3 "Software Generated Interrupts: with affinity routing, no source")
{
	uint32_t iar;

	all_known();
	on_cpu(1, send_to_first, NULL);
	on_cpu(2, send_to_first, NULL);
	EXPECT_TRUE(WAIT_FOR(gic_pending(SGI)));
	iar = EXPECT_TAKES(SGI);
	/* Nothing above the INTID. */
	EXPECT_EQ(iar, (uint32_t)SGI);
	gic_end(iar);
	EXPECT_TAKES_NOTHING();
}

/*
 * The CPU interface.
 */

TEST(gic.v3, system_registers, .doc = "ICC_SRE_EL1.SRE is 1: the system registers are used, on every CPU",
	.needs = "gicv3", .source = GICV3 "ICC_SRE_EL1")
{
	gic_enable_irq(SGI);
	EXPECT_EQ(read_sysreg_s(ICC_SRE_EL1) & 1, 1u);
}

TEST(gic.v3, priority_bits, .doc = "ICC_CTLR_EL1.PRIbits tells how many bits of priority there are", .needs = "gicv3",
	.source = GICV3 "ICC_CTLR_EL1, PRIbits")
{
	unsigned int bits;
	uint8_t mask;

	gic_enable_irq(SGI);
	bits = sysreg_field(read_sysreg_s(ICC_CTLR_EL1), 8, 3) + 1;
	gic_set_priority_mask(0xff);
	mask = gic_priority_mask();
	INFO("PRIbits %u, ICC_PMR_EL1 0x%x", bits, mask);
	if (!(io_read32(gic_distributor() + GICD_CTLR) & GICD_CTLR_DS))
		SKIP("with two Security states the Non-secure mask has a bit less");
	EXPECT_EQ(popcount64(mask), bits);
	EXPECT_GE(bits, 4u);
}

static volatile uint32_t fiq_intid, fiqs, irqs;

static void on_fiq(struct exception_frame *frame)
{
	(void)frame;
	fiq_intid = read_sysreg_s(ICC_IAR0_EL1);
	/* The acknowledge has taken effect before its end. */
	dsb(sy);
	write_sysreg_s(fiq_intid, ICC_EOIR0_EL1);
	/* The drop of priority is seen before interrupts are unmasked. */
	isb();
	fiqs++;
}

static void on_irq(struct exception_frame *frame)
{
	(void)frame;
	gic_end(gic_acknowledge());
	irqs++;
}

TEST(gic.v3, group0_is_fiq, .doc = "an interrupt of Group 0 is taken as an FIQ, with ICC_IAR0_EL1", .needs = "gicv3",
	.source = GICV3 "Interrupt grouping and security; ICC_IAR0_EL1, ICC_IGRPEN0_EL1")
{
	uint64_t group, dist = gic_distributor();
	unsigned int intid = spare_spi(0);

	if (!(io_read32(dist + GICD_CTLR) & GICD_CTLR_DS))
		SKIP("with two Security states Group 0 is Secure");
	fiqs = irqs = 0;
	group = dist + GICD_IGROUPR + intid / 32 * 4;
	gic_enable_irq(intid);
	io_write32(group, io_read32(group) & ~(1u << intid % 32));
	exception_set_handler(VECTOR_FIQ, 0, on_fiq);
	exception_set_handler(VECTOR_IRQ, 0, on_irq);
	write_sysreg_s(1, ICC_IGRPEN0_EL1);
	/* The group is on before the interrupt comes. */
	isb();
	gic_set_pending(intid, true);
	irq_enable();
	asm volatile("msr daifclr, #1" ::: "memory");
	EXPECT_TRUE(WAIT_FOR(fiqs));
	asm volatile("msr daifset, #1" ::: "memory");
	irq_disable();
	EXPECT_EQ(fiqs, 1u);
	EXPECT_EQ(irqs, 0u);
	EXPECT_EQ(fiq_intid, intid);
	EXPECT_FALSE(gic_active(intid));
	write_sysreg_s(0, ICC_IGRPEN0_EL1);
	/* The group is off again. */
	isb();
}

TEST(gic.v3, group_disabled, .doc = "with ICC_IGRPEN1_EL1 off nothing of Group 1 is signalled; on again it is",
	.needs = "gicv3", .source = GICV3 "ICC_IGRPEN1_EL1")
{
	uint32_t iar;

	gic_enable_irq(SGI);
	write_sysreg_s(0, ICC_IGRPEN1_EL1);
	/* The group is off before the SGI is sent. */
	isb();
	gic_send_sgi(0, SGI);
	EXPECT_TRUE(WAIT_FOR(gic_pending(SGI)));
	EXPECT_TAKES_NOTHING();
	write_sysreg_s(1, ICC_IGRPEN1_EL1);
	/* The group is on before the acknowledge. */
	isb();
	iar = EXPECT_TAKES(SGI);
	gic_end(iar);
}
