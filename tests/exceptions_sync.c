/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each synchronous exception that a test can raise at our own level and at EL0: its class, its syndrome, its address.
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/feature.h>
#include <arch/sysreg.h>
#include <limpid/bitops.h>
#include <limpid/boot.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/phys.h>
#include <limpid/smp.h>
#include <limpid/test.h>
#include "access.h"

#define SOURCE_ESR "Arm ARM (DDI 0487), ESR_EL1, Exception Syndrome Register (EL1)"

#define SCTLR_NTWI (1ull << 16)
#define SCTLR_NTWE (1ull << 18)
#define SCTLR_UCT  (1ull << 15)
#define SCTLR_UCI  (1ull << 26)
#define SCTLR_DZE  (1ull << 14)
#define PSTATE_IL  (1ull << 20)

/* The fields of ISS that name a trapped system register, as read_sysreg's operand would. */
#define ISS_SYSREG(op0, op1, crn, crm, op2) \
	((uint64_t)(op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (crm) << 1)
#define ISS_SYSREG_MASK 0x3ffc1eul
#define ISS_READ        1ul

static void expect_class(const struct exception_frame *frame, enum exception_class ec)
{
	EXPECT_EQ(ESR_EC(frame->esr), ec);
	/* All instructions of AArch64 have 32 bits. */
	EXPECT_EQ(frame->esr & ESR_IL, (uint64_t)ESR_IL);
}

static void undefined(void *arg)
{
	(void)arg;
	asm volatile("udf #0x1");
}

TEST(exceptions, syndrome_undefined, .doc = "an undefined instruction: class 0, IL, and nothing else in ESR",
	.source = SOURCE_ESR)
{
	struct exception_frame frame;

	ASSERT_TRUE(exception_catch(undefined, NULL, &frame));
	expect_class(&frame, EC_UNKNOWN);
	EXPECT_EQ(ESR_ISS(frame.esr), 0u);
}

static void hypervisor_call(void *arg)
{
	(void)arg;
	asm volatile("hvc #0x77" ::: "x0", "x1", "x2", "x3", "memory");
}

TEST(exceptions, hvc_at_el2, .doc = "HVC at EL2 is taken at EL2: class, immediate, return address after it",
	.needs = "el2", .source = "Arm ARM (DDI 0487), HVC; ESR_EL2, EC 0x16")
{
	struct exception_frame frame;

	/* Unless QEMU's firmware has taken it: PSCI by HVC is for machines without EL2. */
	ASSERT_TRUE(exception_catch(hypervisor_call, NULL, &frame));
	expect_class(&frame, EC_HVC64);
	EXPECT_EQ(ESR_ISS(frame.esr) & 0xffff, 0x77u);
	EXPECT_EQ(*(uint32_t *)(frame.pc - 4), 0xd4000002u | 0x77u << 5);
	EXPECT_EQ(frame.pstate & PSTATE_MODE, (uint64_t)PSTATE_EL2h);
}

static void secure_monitor_call(void *arg)
{
	register uint64_t x0 asm("x0") = 0xc6000001; /* a vendor's function that nobody has */

	asm volatile("smc #0"
		     : "+r"(x0)::"x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
		     "x14", "x15", "x16", "x17", "memory");
	*(int64_t *)arg = x0;
}

TEST(exceptions, smc_unknown,
	.doc = "an SMC of an unknown function returns NOT_SUPPORTED, or is undefined where there is no EL3",
	.source = "SMC Calling Convention (DEN 0028), Unknown Function Identifier; Arm ARM (DDI 0487), SMC")
{
	struct exception_frame frame;
	int64_t result = 0;

	if (!exception_catch(secure_monitor_call, &result, &frame)) {
		EXPECT_EQ(result, (int64_t)-1);
		return;
	}
	INFO("undefined: nobody is there who would take it");
	expect_class(&frame, EC_UNKNOWN);
	EXPECT_EQ(*(uint32_t *)frame.pc, 0xd4000003u);
}

static void branch_to(void *target)
{
	((void (*)(void))target)();
}

TEST(exceptions, pc_alignment, .doc = "a branch to an address that is no multiple of 4: class 0x22, FAR and ELR are it",
	.source = "Arm ARM (DDI 0487), PC alignment checking; ESR_EL1, EC 0x22")
{
	uintptr_t odd = (uintptr_t)branch_to + 2;
	struct exception_frame frame;

	ASSERT_TRUE(exception_catch(branch_to, (void *)odd, &frame));
	expect_class(&frame, EC_PC_ALIGNMENT);
	EXPECT_EQ(frame.far, (uint64_t)odd);
	EXPECT_EQ(frame.pc, (uint64_t)odd);
}

TEST(exceptions, pc_alignment_first,
	.doc = "a branch to an address that is misaligned and not mapped: the alignment fault comes before the abort",
	.source = "Arm ARM (DDI 0487), Synchronous exception prioritization for exceptions taken to AArch64 state")
{
	va_t nowhere = mmu_reserve_va(page_size());
	struct exception_frame frame;

	ASSERT_TRUE(exception_catch(branch_to, va_ptr(va_add(nowhere, 2)), &frame));
	expect_class(&frame, EC_PC_ALIGNMENT);
	EXPECT_EQ(frame.far, nowhere.va + 2);
}

USER_ASM(user_branch_odd, "adr x0, 1f\n\tadd x0, x0, #2\n\tbr x0\n1:\tsvc #0xffff");
USER_ASM(user_sp_misaligned, "add sp, sp, #-24\n\tldr x1, [sp]\n\tsvc #0xffff");

TEST(exceptions, el0_pc_alignment, .doc = "the same at EL0", .source = "Arm ARM (DDI 0487), PC alignment checking")
{
	struct exception_frame frame;

	el0_run(user_branch_odd, 0, &frame);
	expect_class(&frame, EC_PC_ALIGNMENT);
	EXPECT_EQ(frame.vector, (uint64_t)VECTOR_EL0_SYNC);
	EXPECT_EQ(frame.far, frame.regs[0]);
	EXPECT_EQ(frame.pc, (uintptr_t)user_branch_odd + 3 * 4 + 2);
}

TEST(exceptions, el0_sp_alignment,
	.doc = "an access at EL0 by an SP that is no multiple of 16: class 0x26, at that instruction",
	.source = "Arm ARM (DDI 0487), SP alignment checking; SCTLR_EL1, SA0")
{
	struct exception_frame frame;

	el0_run(user_sp_misaligned, 0, &frame);
	expect_class(&frame, EC_SP_ALIGNMENT);
	EXPECT_EQ(frame.pc, (uintptr_t)user_sp_misaligned + 4);
	EXPECT_EQ(frame.sp & 15, 8u);
}

/*
 * With SP_EL0 at our own level. The frame is pushed by SP_ELx, which stays where it was.
 */
static struct exception_frame taken;

static void take_and_return(struct exception_frame *frame)
{
	taken = *frame;
	/* To the instruction behind, for all but an SVC, which returns there anyway. */
	if (ESR_EC(frame->esr) != EC_SVC64)
		frame->pc += 4;
}

TEST(exceptions, from_sp0,
	.doc = "an exception with SPSel=0 comes by the vectors for SP0, on our stack, and returns to SP0",
	.source = "Arm ARM (DDI 0487), Exception vectors; The stack pointer registers")
{
	uint64_t stack[8] __attribute__((aligned(16))), after_sp, after_sel, before_sel;

	exception_set_handler(VECTOR_SP0_SYNC, EC_SVC64, take_and_return);
	asm volatile("	mrs	%2, spsel\n"
		     "	msr	sp_el0, %3\n"
		     "	msr	spsel, #0\n"
		     "	svc	#0x55\n"
		     "	mov	%0, sp\n"
		     "	mrs	%1, spsel\n"
		     "	msr	spsel, #1\n"
		     : "=&r"(after_sp), "=&r"(after_sel), "=&r"(before_sel)
		     : "r"(stack + 8)
		     : "memory");
	EXPECT_EQ(before_sel, 1u);
	EXPECT_EQ(taken.vector, (uint64_t)VECTOR_SP0_SYNC);
	EXPECT_EQ(ESR_ISS(taken.esr) & 0xffff, 0x55u);
	EXPECT_EQ(taken.sp, (uint64_t)(uintptr_t)(stack + 8));
	EXPECT_EQ(taken.pstate & PSTATE_MODE, current_el() == 2 ? (uint64_t)PSTATE_EL2t : (uint64_t)PSTATE_EL1t);
	EXPECT_EQ(after_sp, (uint64_t)(uintptr_t)(stack + 8));
	EXPECT_EQ(after_sel, 0u);
}

TEST(exceptions, sp_alignment, .doc = "an access at our level by an SP that is no multiple of 16: class 0x26",
	.source = "Arm ARM (DDI 0487), SP alignment checking; SCTLR_EL1, SA")
{
	uint64_t stack[8] __attribute__((aligned(16))), at;

	exception_set_handler(VECTOR_SP0_SYNC, EC_SP_ALIGNMENT, take_and_return);
	taken.vector = VECTOR_COUNT;
	asm volatile("	msr	sp_el0, %1\n"
		     "	adr	%0, 1f\n"
		     "	msr	spsel, #0\n"
		     "1:	ldr	xzr, [sp]\n"
		     "	msr	spsel, #1\n"
		     : "=&r"(at)
		     : "r"((char *)stack + 8)
		     : "memory");
	ASSERT_EQ(taken.vector, (uint64_t)VECTOR_SP0_SYNC);
	expect_class(&taken, EC_SP_ALIGNMENT);
	EXPECT_EQ(taken.pc, at);
}

/* Legal again: without it the return would be illegal too. */
static void take_illegal(struct exception_frame *frame)
{
	taken = *frame;
	frame->pstate &= ~PSTATE_IL;
}

TEST(exceptions, illegal_return, .doc = "an ERET to a level that cannot be: PSTATE.IL, and class 0x0e at the target",
	.source = "Arm ARM (DDI 0487), Illegal exception returns from AArch64 state; ESR_EL1, EC 0x0e")
{
	/* EL3h, from which nobody here has come. */
	uint64_t spsr = PSTATE_DAIF | 0xd, target;

	exception_set_handler(VECTOR_SYNC, EC_ILLEGAL_STATE, take_illegal);
	taken.vector = VECTOR_COUNT;
	asm volatile("	adr	%0, 1f\n"
		     "	msr	daifset, #0xf\n"
		     "	msr	elr_el1, %0\n"
		     "	msr	spsr_el1, %1\n"
		     "	eret\n"
		     "1:	nop\n"
		     "	msr	daifclr, #4\n"
		     : "=&r"(target)
		     : "r"(spsr)
		     : "memory");
	ASSERT_EQ(taken.vector, (uint64_t)VECTOR_SYNC);
	expect_class(&taken, EC_ILLEGAL_STATE);
	EXPECT_EQ(taken.pc, target);
	EXPECT_EQ(taken.pstate & PSTATE_IL, (uint64_t)PSTATE_IL);
	/* The level and the stack pointer are those of before. */
	EXPECT_EQ(taken.pstate & PSTATE_MODE, current_el() == 2 ? (uint64_t)PSTATE_EL2h : (uint64_t)PSTATE_EL1h);
}

TEST(exceptions, illegal_return_aarch32, .doc = "an ERET to EL1 in AArch32, our own level being AArch64, is illegal",
	.needs = "el1", .source = "Arm ARM (DDI 0487), Illegal exception returns from AArch64 state")
{
	uint64_t spsr = PSTATE_DAIF | 0x13, target; /* M[4]: AArch32; Supervisor */

	exception_set_handler(VECTOR_SYNC, EC_ILLEGAL_STATE, take_illegal);
	taken.vector = VECTOR_COUNT;
	asm volatile("	adr	%0, 1f\n"
		     "	msr	daifset, #0xf\n"
		     "	msr	elr_el1, %0\n"
		     "	msr	spsr_el1, %1\n"
		     "	eret\n"
		     "1:	nop\n"
		     "	msr	daifclr, #4\n"
		     : "=&r"(target)
		     : "r"(spsr)
		     : "memory");
	ASSERT_EQ(taken.vector, (uint64_t)VECTOR_SYNC);
	expect_class(&taken, EC_ILLEGAL_STATE);
	EXPECT_EQ(taken.pc, target);
}

/*
 * Traps of what EL0 does. X1 is the register that is read, so ISS.Rt is 1.
 */
USER_ASM(user_read_ctr, "mrs x1, ctr_el0\n\tsvc #0xffff");
USER_ASM(user_clean, "dc cvau, x0\n\tsvc #0xffff");
USER_ASM(user_zva, "dc zva, x0\n\tsvc #0xffff");
USER_ASM(user_mask, "msr daifset, #2\n\tsvc #0xffff");
USER_ASM(user_read_daif, "mrs x1, daif\n\tsvc #0xffff");
USER_ASM(user_wfi, "wfi\n\tsvc #0xffff");
USER_ASM(user_wfe, "sevl\n\twfe\n\twfe\n\tsvc #0xffff");
USER_ASM(user_read_counter, "mrs x1, cntvct_el0\n\tsvc #0xffff");
USER_ASM(user_read_sctlr, "mrs x1, sctlr_el1\n\tsvc #0xffff");
USER_ASM(user_id_register, "mrs x1, id_aa64pfr0_el1\n\tsvc #0xffff");

static void expect_sysreg_trap(const struct exception_frame *frame, uint64_t pc, uint64_t iss)
{
	expect_class(frame, EC_MSR_TRAP);
	EXPECT_EQ(frame->pc, pc);
	EXPECT_EQ(ESR_ISS(frame->esr) & (ISS_SYSREG_MASK | ISS_READ), iss);
}

/* What SCTLR_EL1 forbids EL0 when the bits are clear, and allows when they are set. */
static void check_trap(void (*fn)(uint64_t), uint64_t bits, uint64_t iss)
{
	static uint64_t word __attribute__((aligned(64)));
	uint64_t sctlr = read_sysreg(sctlr_el1);
	struct exception_frame frame;

	write_sysreg(sctlr & ~bits, sctlr_el1);
	isb();
	el0_run(fn, (uintptr_t)&word, &frame);
	expect_sysreg_trap(&frame, (uintptr_t)fn, iss);
	write_sysreg(sctlr | bits, sctlr_el1);
	isb();
	el0_run(fn, (uintptr_t)&word, &frame);
	EXPECT_NE(ESR_EC(frame.esr), EC_MSR_TRAP);
	write_sysreg(sctlr, sctlr_el1);
	isb();
}

TEST(exceptions, el0_trap_ctr,
	.doc = "SCTLR_EL1.UCT=0: EL0 reading CTR_EL0 traps, with the register's number and target",
	.source = "Arm ARM (DDI 0487), SCTLR_EL1, UCT; ESR_EL1, EC 0x18")
{
	check_trap(user_read_ctr, SCTLR_UCT, ISS_SYSREG(3, 3, 0, 0, 1) | ISS_READ);
}

TEST(exceptions, el0_trap_clean, .doc = "SCTLR_EL1.UCI=0: DC CVAU at EL0 traps",
	.source = "Arm ARM (DDI 0487), SCTLR_EL1, UCI")
{
	check_trap(user_clean, SCTLR_UCI, ISS_SYSREG(1, 3, 7, 11, 1));
}

TEST(exceptions, el0_trap_zva, .doc = "SCTLR_EL1.DZE=0: DC ZVA at EL0 traps",
	.source = "Arm ARM (DDI 0487), SCTLR_EL1, DZE")
{
	check_trap(user_zva, SCTLR_DZE, ISS_SYSREG(1, 3, 7, 4, 1));
}

TEST(exceptions, el0_trap_daif, .doc = "SCTLR_EL1.UMA=0: EL0 cannot read the interrupt masks",
	.source = "Arm ARM (DDI 0487), SCTLR_EL1, UMA")
{
	struct exception_frame frame;

	el0_run(user_read_daif, 0, &frame);
	expect_sysreg_trap(&frame, (uintptr_t)user_read_daif, ISS_SYSREG(3, 3, 4, 2, 1) | ISS_READ);
}

TEST(exceptions, el0_trap_daif_write,
	.doc = "SCTLR_EL1.UMA=0: MSR DAIFSet at EL0 traps with its encoding, and masks nothing",
	.source = "Arm ARM (DDI 0487), SCTLR_EL1, UMA; ESR_EL1, ISS encoding for an exception from MSR, MRS")
{
	struct exception_frame frame;

	el0_run(user_mask, 0, &frame);
	/* MSR (immediate): op0 0, op1 3, CRn 4, CRm the immediate, op2 6. */
	expect_sysreg_trap(&frame, (uintptr_t)user_mask, ISS_SYSREG(0, 3, 4, 2, 6));
	EXPECT_EQ(frame.pstate & PSTATE_DAIF, 0u);
}

TEST(exceptions, el0_trap_counter, .doc = "CNTKCTL_EL1.EL0VCTEN=0: EL0 reading the virtual counter traps",
	.source = "Arm ARM (DDI 0487), CNTKCTL_EL1, EL0VCTEN")
{
	uint64_t cntkctl = read_sysreg(cntkctl_el1);
	struct exception_frame frame;

	write_sysreg(cntkctl & ~3ul, cntkctl_el1);
	isb();
	el0_run(user_read_counter, 0, &frame);
	write_sysreg(cntkctl, cntkctl_el1);
	isb();
	expect_sysreg_trap(&frame, (uintptr_t)user_read_counter, ISS_SYSREG(3, 3, 14, 0, 2) | ISS_READ);
	el0_run(user_read_counter, 0, &frame);
	EXPECT_EQ(ESR_EC(frame.esr), EC_SVC64);
	EXPECT_NE(frame.regs[1], 0u);
}

TEST(exceptions, el0_trap_wfi, .doc = "SCTLR_EL1.nTWI=0: WFI at EL0 traps, as WFI",
	.source = "Arm ARM (DDI 0487), SCTLR_EL1, nTWI")
{
	uint64_t sctlr = read_sysreg(sctlr_el1);
	struct exception_frame frame;

	write_sysreg(sctlr & ~SCTLR_NTWI, sctlr_el1);
	isb();
	el0_run(user_wfi, 0, &frame);
	write_sysreg(sctlr, sctlr_el1);
	isb();
	expect_class(&frame, EC_WFX);
	EXPECT_EQ(frame.pc, (uintptr_t)user_wfi);
	EXPECT_EQ(ESR_ISS(frame.esr) & 3, 0u);
}

TEST(exceptions, el0_trap_wfe, .doc = "SCTLR_EL1.nTWE=0: a WFE at EL0 that would wait traps, as WFE",
	.source = "Arm ARM (DDI 0487), SCTLR_EL1, nTWE")
{
	uint64_t sctlr = read_sysreg(sctlr_el1);
	struct exception_frame frame;

	write_sysreg(sctlr & ~SCTLR_NTWE, sctlr_el1);
	isb();
	el0_run(user_wfe, 0, &frame);
	write_sysreg(sctlr, sctlr_el1);
	isb();
	if (ESR_EC(frame.esr) == EC_SVC64)
		SKIP("no WFE waited: the architecture allows that, and then there is no trap");
	expect_class(&frame, EC_WFX);
	/* The first WFE finds the event of SEVL, the second waits. Which of them traps is the machine's. */
	EXPECT_GE(frame.pc, (uintptr_t)user_wfe + 4);
	EXPECT_LE(frame.pc, (uintptr_t)user_wfe + 8);
	EXPECT_EQ(ESR_ISS(frame.esr) & 3, 1u);
}

TEST(exceptions, el0_register_of_el1, .doc = "a register of EL1 is undefined at EL0: class 0, and no value",
	.source = SOURCE_ESR)
{
	struct exception_frame frame;

	el0_run(user_read_sctlr, 0, &frame);
	expect_class(&frame, EC_UNKNOWN);
	EXPECT_EQ(frame.pc, (uintptr_t)user_read_sctlr);
}

/* With FEAT_IDST the ID registers trap as what they are; without it they are undefined. */
TEST(exceptions, el0_id_register, .doc = "an ID register at EL0 traps with its number (FEAT_IDST), or is undefined",
	.source = "Arm ARM (DDI 0487), FEAT_IDST")
{
	bool idst = sysreg_field(read_sysreg_s(ID_AA64MMFR2_EL1), 36, 4);
	struct exception_frame frame;

	el0_run(user_id_register, 0, &frame);
	EXPECT_EQ(frame.pc, (uintptr_t)user_id_register);
	if (idst)
		expect_sysreg_trap(&frame, frame.pc, ISS_SYSREG(3, 0, 0, 4, 0) | ISS_READ);
	else
		expect_class(&frame, EC_UNKNOWN);
}

/*
 * Data aborts: what ISS says of the access. The syndrome is valid (ISV) for EL2 only, WnR and CM always.
 */
static void clean_line(void *address)
{
	asm volatile("dc cvac, %0" ::"r"(address) : "memory");
}

static void invalidate_line(void *address)
{
	asm volatile("dc ivac, %0" ::"r"(address) : "memory");
}

TEST(exceptions, abort_cache_maintenance,
	.doc = "a DC to an address that is not mapped: a data abort of a write, with CM",
	.source = "Arm ARM (DDI 0487), ESR_EL1, ISS encoding for an exception from a Data Abort, CM, WnR")
{
	va_t nowhere = mmu_reserve_va(page_size());
	struct exception_frame frame;
	void (*const operations[])(void *) = {clean_line, invalidate_line};

	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		ASSERT_TRUE(exception_catch(operations[i], va_ptr(nowhere), &frame));
		expect_abort(&frame, nowhere.va, EC_DATA_ABORT_SAME, FSC_TRANSLATION, -1);
		EXPECT_EQ(frame.esr & 1ul << 8, 1ul << 8);
		EXPECT_EQ(frame.esr & ESR_WNR, (uint64_t)ESR_WNR);
	}
}

static void load_pair_across(void *address)
{
	uint64_t a, b;

	asm volatile("ldp %0, %1, [%2]" : "=&r"(a), "=&r"(b) : "r"(address) : "memory");
}

TEST(exceptions, abort_second_page,
	.doc = "an access that crosses into an unmapped page faults with an address of that page",
	.source = "Arm ARM (DDI 0487), FAR_EL1")
{
	va_t va = mmu_reserve_va(2 * page_size());
	struct exception_frame frame;
	pa_t page = get_page();

	mmu_map(va, page, page_size(), MEM_NORMAL_WB, PROT_WRITE);
	ASSERT_TRUE(exception_catch(load_pair_across, va_ptr(va_add(va, page_size() - 8)), &frame));
	expect_abort(&frame, va.va + page_size(), EC_DATA_ABORT_SAME, FSC_TRANSLATION, 3);
	mmu_unmap(va, page_size());
	page_free(page, 0);
}

static void load_external(void *address)
{
	uint32_t value;

	asm volatile("ldr %w0, [%1]\n\tdsb sy" : "=r"(value) : "r"(address) : "memory");
}

/* The gigabyte behind the highest RAM or device of the memory map. */
static uint64_t above_ram(void)
{
	const struct region *last = &machine.regions[machine.region_count - 1];

	return ALIGN_UP(last->base + last->size, GIB(1));
}

TEST(exceptions, external_abort_data, .doc = "a load from an address that nothing answers is an external abort",
	.source = "Arm ARM (DDI 0487), ESR_EL1, DFSC 0x10; External aborts")
{
	uint64_t pa = above_ram();
	unsigned int parange = sysreg_field(read_sysreg(id_aa64mmfr0_el1), 0, 4);
	static const unsigned int pa_bits[] = {32, 36, 40};
	struct exception_frame frame;
	va_t va;

	if (parange < ARRAY_SIZE(pa_bits) && pa >= BIT(pa_bits[parange]))
		SKIP("no physical addresses above RAM");
	va = mmu_reserve_va(page_size());
	mmu_map(va, pa_make(pa), page_size(), MEM_DEVICE_nGnRnE, PROT_WRITE);
	ASSERT_TRUE(exception_catch(load_external, va_ptr(va), &frame));
	EXPECT_EQ(ESR_EC(frame.esr), EC_DATA_ABORT_SAME);
	EXPECT_EQ(ESR_FSC(frame.esr), FSC_EXTERNAL);
	/* FnV: FAR may be invalid; if it is not, it is the address. */
	if (!(frame.esr & 1ul << 10))
		EXPECT_EQ(frame.far, va.va);
	mmu_unmap(va, page_size());
}

/*
 * Nested and repeated.
 */
#define DEPTH 12

static struct {
	uint64_t pc[DEPTH + 1], pstate[DEPTH + 1];
	unsigned int depth;
} nest;

/* The one way down again: each level's frame must be what it was when its handler began. */
static void nest_handler(struct exception_frame *frame)
{
	unsigned int depth = nest.depth++;

	nest.pc[depth] = frame->pc;
	nest.pstate[depth] = frame->pstate;
	if (depth < DEPTH)
		asm volatile("brk #7" ::: "memory");
	if (frame->pc != nest.pc[depth] || frame->pstate != nest.pstate[depth] ||
		read_sysreg(CurrentEL) >> 2 != current_el())
		FAIL("the frame of depth %u has changed", depth);
	frame->pc += 4;
}

TEST(exceptions, nested, .doc = "twelve exceptions, each in the handler of the one before, and all return",
	.source = "Arm ARM (DDI 0487), Exception entry; Exception return")
{
	nest.depth = 0;
	exception_set_handler(VECTOR_SYNC, EC_BRK, nest_handler);
	asm volatile("brk #7" ::: "memory");
	EXPECT_EQ(nest.depth, DEPTH + 1u);
	/* The first in this function, the others at the handler's. */
	EXPECT_NE(nest.pc[0], nest.pc[1]);
	EXPECT_EQ(nest.pc[1], nest.pc[DEPTH]);
	EXPECT_EQ(nest.pstate[1] & PSTATE_DAIF, (uint64_t)PSTATE_DAIF);
}

static void one_of_each_cpu(void *arg)
{
	uint32_t *good = arg;
	struct exception_frame frame;

	if (exception_catch(undefined, NULL, &frame) && ESR_EC(frame.esr) == EC_UNKNOWN &&
		frame.sp < (uintptr_t)&frame + KIB(16) && frame.vector == VECTOR_SYNC)
		__atomic_fetch_add(good, 1, __ATOMIC_RELAXED);
}

TEST(exceptions, each_cpu, .doc = "every CPU takes its own exceptions, at the same time, on its own stack", .cpus = 2,
	.source = "Arm ARM (DDI 0487), Exception entry")
{
	uint32_t good = 0;

	on_each_cpu(one_of_each_cpu, &good);
	EXPECT_EQ(good, cpu_count());
}
