/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts as exceptions: IRQ and FIQ, pending and masked, at our level, in a handler and at EL0.
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/io.h>
#include <arch/sysreg.h>
#include <limpid/boot.h>
#include <limpid/expect.h>
#include <limpid/gic.h>
#include <limpid/mmu.h>
#include <limpid/smp.h>
#include <limpid/test.h>

#define SOURCE_MASK "Arm ARM (DDI 0487), Asynchronous exception masking"
#define SGI         6
#define FIQ_SGI     7

#define ISR_F    (1ull << 6)
#define ISR_I    (1ull << 7)
#define PSTATE_F 0x40

/* By encoding: no names without an architecture flag. */
#define ICC_IGRPEN0_EL1 S3_0_C12_C12_6
#define ICC_SGI0R_EL1   S3_0_C12_C11_7
#define ICC_IAR0_EL1    S3_0_C12_C8_0
#define ICC_EOIR0_EL1   S3_0_C12_C8_1

static struct exception_frame taken;
static uint32_t interrupts, frames;

static void count(unsigned int intid, void *arg)
{
	(void)intid;
	(void)arg;
	interrupts++;
}

/* Leaves the interrupt pending, and masked behind the return: the GIC's handler gets it later. */
static void take_and_mask(struct exception_frame *frame)
{
	taken = *frame;
	frames++;
	frame->pstate |= PSTATE_I;
}

static void wait_for_isr(uint64_t bit)
{
	/* The interrupt is on its way from the GIC; a thousand times longer than any that was seen. */
	for (unsigned int i = 0; i < 1000000 && !(read_sysreg(isr_el1) & bit); i++)
		cpu_relax();
}

/* An SGI to this CPU, which has IRQs masked, is pending. */
static void make_pending(void)
{
	interrupts = 0;
	frames = 0;
	gic_set_handler(SGI, count, NULL);
	gic_enable_irq(SGI);
	gic_send_sgi(cpu_index(), SGI);
	wait_for_isr(ISR_I);
}

static void drain(void)
{
	irq_enable();
	for (unsigned int i = 0; i < 1000000 && !*(volatile uint32_t *)&interrupts; i++)
		cpu_relax();
	irq_disable();
}

TEST(exceptions, irq_masked,
	.doc = "a pending IRQ is in ISR_EL1 and waits while PSTATE.I is set, and is then taken once", .needs = "gic",
	.source = SOURCE_MASK "; ISR_EL1")
{
	EXPECT_EQ(read_sysreg(isr_el1) & ISR_I, 0u);
	make_pending();
	EXPECT_EQ(read_sysreg(isr_el1) & ISR_I, (uint64_t)ISR_I);
	isb();
	EXPECT_EQ(*(volatile uint32_t *)&interrupts, 0u);
	drain();
	EXPECT_EQ(interrupts, 1u);
	EXPECT_EQ(read_sysreg(isr_el1) & ISR_I, 0u);
}

TEST(exceptions, irq_frame,
	.doc = "an IRQ is taken behind the instruction that unmasks it: vector, address, state, registers",
	.needs = "gic", .source = "Arm ARM (DDI 0487), Exception entry; Exception vectors")
{
	uint64_t at, sp, x20;

	make_pending();
	exception_set_handler(VECTOR_IRQ, 0, take_and_mask);
	asm volatile("	adr	%0, 1f\n"
		     "	mov	%1, sp\n"
		     "	mov	x20, #0x2020\n"
		     "	mov	x21, #0xa0000000\n"
		     "	msr	nzcv, x21\n"
		     "	msr	daifclr, #2\n"
		     /* The unmasking is self-synchronizing, but the interrupt may come some instructions later. */
		     "1:	isb\n"
		     "	mov	%2, x20\n"
		     : "=&r"(at), "=&r"(sp), "=&r"(x20)::"x20", "x21", "cc", "memory");
	irq_disable();
	exception_set_handler(VECTOR_IRQ, 0, NULL);
	EXPECT_EQ(frames, 1u);
	EXPECT_EQ(taken.vector, (uint64_t)VECTOR_IRQ);
	EXPECT_GE(taken.pc, at);
	EXPECT_LE(taken.pc, at + 8);
	EXPECT_EQ(taken.sp, sp);
	EXPECT_EQ(taken.regs[20], 0x2020u);
	EXPECT_EQ(taken.pstate & (PSTATE_NZCV | PSTATE_I), 0xa0000000ul);
	EXPECT_EQ(x20, 0x2020u);
	EXPECT_EQ(interrupts, 0u);
	drain();
	EXPECT_EQ(interrupts, 1u);
}

static uint64_t daif_in_handler;

static void note_daif(struct exception_frame *frame)
{
	daif_in_handler = read_sysreg(daif);
	take_and_mask(frame);
}

TEST(exceptions, entry_masks, .doc = "in a handler all of DAIF is masked, whatever the interrupted code had",
	.needs = "gic", .source = "Arm ARM (DDI 0487), Exception entry")
{
	make_pending();
	exception_set_handler(VECTOR_IRQ, 0, note_daif);
	daif_in_handler = 0;
	asm volatile("msr daifclr, #0xf\n\tisb\n\tmsr daifset, #0xb" ::: "memory");
	exception_set_handler(VECTOR_IRQ, 0, NULL);
	EXPECT_EQ(daif_in_handler & PSTATE_DAIF, (uint64_t)PSTATE_DAIF);
	EXPECT_EQ(frames, 1u);
	drain();
}

static uint32_t seen_in_handler;

static void unmask_in_handler(struct exception_frame *frame)
{
	(void)frame;
	seen_in_handler = interrupts;
	drain();
	seen_in_handler |= interrupts << 8;
}

TEST(exceptions, irq_in_handler, .doc = "a handler that unmasks takes the pending IRQ, and the code below goes on",
	.needs = "gic", .source = SOURCE_MASK)
{
	uint64_t x19;

	make_pending();
	exception_set_handler(VECTOR_SYNC, EC_SVC64, unmask_in_handler);
	asm volatile("mov x19, #0x1919\n\tsvc #0\n\tmov %0, x19" : "=r"(x19)::"x19", "memory");
	EXPECT_EQ(seen_in_handler, 0x100u);
	EXPECT_EQ(x19, 0x1919u);
	EXPECT_EQ(interrupts, 1u);
}

USER_ASM(user_after_irq, "mov x5, #0x55\n\tmov x6, #0x66\n\tsvc #0xffff");

TEST(exceptions, el0_irq, .doc = "an IRQ at EL0: the vector for a lower level, EL0's state and stack, and EL0 goes on",
	.needs = "gic", .source = "Arm ARM (DDI 0487), Exception vectors; " SOURCE_MASK)
{
	struct exception_frame end;

	make_pending();
	exception_set_handler(VECTOR_EL0_IRQ, 0, take_and_mask);
	el0_run(user_after_irq, 0x4711, &end);
	exception_set_handler(VECTOR_EL0_IRQ, 0, NULL);
	ASSERT_EQ(frames, 1u);
	EXPECT_EQ(taken.vector, (uint64_t)VECTOR_EL0_IRQ);
	EXPECT_EQ(taken.pstate & (PSTATE_MODE | PSTATE_DAIF), (uint64_t)PSTATE_EL0t);
	EXPECT_EQ(taken.regs[0], 0x4711u);
	EXPECT_EQ(taken.sp, end.sp);
	EXPECT_EQ(ESR_EC(end.esr), EC_SVC64);
	EXPECT_EQ(end.regs[5], 0x55u);
	EXPECT_EQ(end.regs[6], 0x66u);
	drain();
	EXPECT_EQ(interrupts, 1u);
}

/*
 * FIQ: what a GICv3 with one security state does with Group 0. The runtime uses Group 1, so the one SGI is set up here.
 */
#define GICD_CTLR            0x0
#define GICD_CTLR_DS         (1u << 6)
#define GICR_TYPER           0x8
#define GICR_IGROUPR         0x10080
#define GICR_ISENABLER       0x10100
#define GICR_ICPENDR         0x10280
#define GICR_PRIORITY(intid) (0x10400 + (intid))

static uint64_t redistributor;

static void open_group0(void)
{
	uint64_t dist = machine.gic.dist.base, mpidr = cpu_read_mpidr();

	/* Sets the GIC up, if nobody has. */
	gic_enable_irq(SGI);
	if (!(io_read32(dist + GICD_CTLR) & GICD_CTLR_DS))
		SKIP("the GIC has two security states: Group 0 is the other one's");
	redistributor = machine.gic.redist[0].base;
	if (io_read64(redistributor + GICR_TYPER) >> 32 != ((mpidr & 0xffffff) | (mpidr >> 32 & 0xff) << 24))
		SKIP("the first redistributor is another CPU's");
	io_write32(redistributor + GICR_IGROUPR, io_read32(redistributor + GICR_IGROUPR) & ~(1u << FIQ_SGI));
	io_write8(redistributor + GICR_PRIORITY(FIQ_SGI), 0x80);
	io_write32(redistributor + GICR_ISENABLER, 1u << FIQ_SGI);
	write_sysreg_s(1, ICC_IGRPEN0_EL1);
	/* The group is enabled before the SGI is sent. */
	isb();
}

static void close_group0(void)
{
	write_sysreg_s(0, ICC_IGRPEN0_EL1);
	isb();
	io_write32(redistributor + GICR_ICPENDR, 1u << FIQ_SGI);
	io_write32(redistributor + GICR_IGROUPR, io_read32(redistributor + GICR_IGROUPR) | 1u << FIQ_SGI);
}

static void send_group0(void)
{
	uint64_t mpidr = cpu_read_mpidr();

	write_sysreg_s((mpidr >> 32 & 0xff) << 48 | (mpidr >> 4 & 0xf) << 44 | (mpidr >> 16 & 0xff) << 32 |
			       (uint64_t)FIQ_SGI << 24 | (mpidr >> 8 & 0xff) << 16 | 1ull << (mpidr & 15),
		ICC_SGI0R_EL1);
	isb();
	wait_for_isr(ISR_F);
}

static uint32_t acknowledged;

static void take_fiq(struct exception_frame *frame)
{
	taken = *frame;
	frames++;
	acknowledged = read_sysreg_s(ICC_IAR0_EL1);
	dsb(sy);
	write_sysreg_s(acknowledged, ICC_EOIR0_EL1);
	isb();
}

TEST(exceptions, fiq, .doc = "an interrupt of Group 0 is an FIQ: its vector, masked by PSTATE.F and not by PSTATE.I",
	.needs = "gicv3", .source = SOURCE_MASK "; GIC architecture (IHI 0069), Interrupt grouping")
{
	open_group0();
	frames = 0;
	exception_set_handler(VECTOR_FIQ, 0, take_fiq);
	send_group0();
	EXPECT_EQ(read_sysreg(isr_el1) & (ISR_F | ISR_I), (uint64_t)ISR_F);
	irq_enable();
	isb();
	irq_disable();
	EXPECT_EQ(*(volatile uint32_t *)&frames, 0u);
	asm volatile("msr daifclr, #1\n\tisb\n\tmsr daifset, #1" ::: "memory");
	EXPECT_EQ(*(volatile uint32_t *)&frames, 1u);
	EXPECT_EQ(acknowledged, (uint32_t)FIQ_SGI);
	EXPECT_EQ(taken.vector, (uint64_t)VECTOR_FIQ);
	EXPECT_EQ(taken.pstate & (PSTATE_F | PSTATE_I), (uint64_t)PSTATE_I);
	EXPECT_EQ(read_sysreg(isr_el1) & ISR_F, 0u);
	close_group0();
}

TEST(exceptions, el0_fiq, .doc = "an FIQ at EL0 comes by the vector for a lower level, and EL0 goes on",
	.needs = "gicv3", .source = "Arm ARM (DDI 0487), Exception vectors")
{
	struct exception_frame end;

	open_group0();
	frames = 0;
	exception_set_handler(VECTOR_EL0_FIQ, 0, take_fiq);
	send_group0();
	el0_run(user_after_irq, 0, &end);
	EXPECT_EQ(frames, 1u);
	EXPECT_EQ(taken.vector, (uint64_t)VECTOR_EL0_FIQ);
	EXPECT_EQ(taken.pstate & PSTATE_MODE, (uint64_t)PSTATE_EL0t);
	EXPECT_EQ(end.regs[6], 0x66u);
	close_group0();
}
