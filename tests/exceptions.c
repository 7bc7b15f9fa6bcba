/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exception frames: what a handler is given is what the interrupted code had, and what it leaves is what that code gets
 * back.
 */
#include <arch/exception.h>
#include <arch/sysreg.h>
#include <limpid/boot.h>
#include <limpid/bitops.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/smp.h>
#include <limpid/string.h>
#include <limpid/test.h>

/* Registers before the faulting instruction, in the order of struct exception_frame. */
struct registers {
	uint64_t regs[31];
	uint64_t sp, pc, pstate;
};

static struct exception_frame taken;
static struct registers before;
static unsigned int handled;
static uint64_t skip_bytes;

static void take(struct exception_frame *frame)
{
	taken = *frame;
	handled++;
	frame->pc += skip_bytes;
}

/*
 * Fills X0 to X28 with values of their own, notes all registers in `before`, and executes one instruction. X29 and X30
 * keep their values: the compiler's frame. The address of the instruction is local label 2.
 */
/* clang-format off */
#define EXECUTE(instruction, operand)                                                                                  \
	asm volatile("	sub	sp, sp, #16\n"                                                                         \
		     "	stp	x19, x30, [sp]\n"                                                                     \
		     "	mov	x0, %0\n"                                                                              \
		     "	mov	x1, %1\n"                                                                              \
		     "	stp	x1, xzr, [x0]\n"                                                                      \
		     "	mov	x2, #0x0202\n	mov x3, #0x0303\n	mov x4, #0x0404\n	mov x5, #0x0505\n"   \
		     "	mov	x6, #0x0606\n	mov x7, #0x0707\n	mov x8, #0x0808\n	mov x9, #0x0909\n"   \
		     "	mov	x10, #0x0a0a\n	mov x11, #0x0b0b\n	mov x12, #0x0c0c\n	mov x13, #0x0d0d\n"   \
		     "	mov	x14, #0x0e0e\n	mov x15, #0x0f0f\n	mov x16, #0x1010\n	mov x17, #0x1111\n"   \
		     "	mov	x19, #0x1313\n	mov x20, #0x1414\n	mov x21, #0x1515\n	mov x22, #0x1616\n"   \
		     "	mov	x23, #0x1717\n	mov x24, #0x1818\n	mov x25, #0x1919\n	mov x26, #0x1a1a\n"   \
		     "	mov	x27, #0x1b1b\n	mov x28, #0x1c1c\n"                                                    \
		     "	stp	x0, x1, [x0]\n"                                                                       \
		     "	stp	x2, x3, [x0, #16]\n	stp x4, x5, [x0, #32]\n	stp x6, x7, [x0, #48]\n"               \
		     "	stp	x8, x9, [x0, #64]\n	stp x10, x11, [x0, #80]\n	stp x12, x13, [x0, #96]\n"     \
		     "	stp	x14, x15, [x0, #112]\n	stp x16, x17, [x0, #128]\n	stp x18, x19, [x0, #144]\n"   \
		     "	stp	x20, x21, [x0, #160]\n	stp x22, x23, [x0, #176]\n	stp x24, x25, [x0, #192]\n"   \
		     "	stp	x26, x27, [x0, #208]\n	stp x28, x29, [x0, #224]\n	str x30, [x0, #240]\n"        \
		     "	mov	x2, sp\n	str	x2, [x0, #248]\n"                                              \
		     "	adr	x2, 2f\n	str	x2, [x0, #256]\n"                                              \
		     /* A pattern in NZCV, and all of PSTATE that can be read. */                                          \
		     "	mov	x2, #0xa0000000\n	msr	nzcv, x2\n"                                            \
		     "	mrs	x3, daif\n	orr	x2, x2, x3\n"                                                  \
		     "	mrs	x3, CurrentEL\n	orr	x2, x2, x3\n	mrs	x3, spsel\n	orr	x2, x2, x3\n"  \
		     "	str	x2, [x0, #264]\n	mov	x2, #0x0202\n	mov	x3, #0x0303\n"                 \
		     "2:	" instruction "\n"                                                                     \
		     "	ldp	x19, x30, [sp]\n"                                                                      \
		     "	add	sp, sp, #16\n" ::"r"(&before),                                                        \
		     "r"((uint64_t)(operand))                                                                                      \
		     : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",  \
		     "x15", "x16", "x17", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "memory",     \
		     "cc")

/* clang-format on */

/* SPSR bits that EXECUTE predicts: NZCV, DAIF and the mode. */
#define PREDICTED (PSTATE_NZCV | PSTATE_DAIF | PSTATE_MODE)

static void expect_frame(uint64_t pc_offset)
{
	ASSERT_EQ(handled, 1u);
	for (unsigned int i = 0; i < 31; i++)
		if (taken.regs[i] != before.regs[i]) {
			INFO("X%u differs", i);
			EXPECT_EQ(taken.regs[i], before.regs[i]);
		}
	EXPECT_EQ(taken.sp, before.sp);
	EXPECT_EQ(taken.pc, before.pc + pc_offset);
	EXPECT_EQ(taken.pstate & PREDICTED, before.pstate & PREDICTED);
}

static void expect_from(enum exception_class ec, uint64_t skip)
{
	handled = 0;
	skip_bytes = skip;
	exception_set_handler(VECTOR_SYNC, ec, take);
}

TEST(exceptions, frame_undefined, .doc = "an undefined instruction: the handler's frame equals the registers before it",
	.source = "Arm ARM (DDI 0487), Exception entry; ESR_EL1, EC 0x00")
{
	expect_from(EC_UNKNOWN, 4);
	EXECUTE("udf #0x123", 0);
	expect_frame(0);
	EXPECT_EQ(ESR_EC(taken.esr), EC_UNKNOWN);
	EXPECT_EQ(taken.vector, (uint64_t)VECTOR_SYNC);
}

TEST(exceptions, frame_el3_register, .doc = "reading a register of EL3 is undefined, and the frame is right",
	.source = "Arm ARM (DDI 0487), SCTLR_EL3, accessibility")
{
	expect_from(EC_UNKNOWN, 4);
	EXECUTE("mrs x2, sctlr_el3", 0);
	expect_frame(0);
}

TEST(exceptions, frame_svc, .doc = "SVC from our own level: class, immediate, return address after it",
	.source = "Arm ARM (DDI 0487), SVC; ESR_EL1, EC 0x15")
{
	expect_from(EC_SVC64, 0);
	EXECUTE("svc #123", 0);
	expect_frame(4);
	EXPECT_EQ(ESR_EC(taken.esr), EC_SVC64);
	EXPECT_EQ(ESR_ISS(taken.esr) & 0xffff, 123u);
}

TEST(exceptions, frame_brk, .doc = "BRK: class, comment, return address at it", .source = "Arm ARM (DDI 0487), BRK")
{
	expect_from(EC_BRK, 4);
	EXECUTE("brk #0x456", 0);
	expect_frame(0);
	EXPECT_EQ(ESR_ISS(taken.esr) & 0xffff, 0x456u);
}

TEST(exceptions, frame_data_abort, .doc = "a load from an unmapped address: FAR, fault status and frame",
	.source = "Arm ARM (DDI 0487), ESR_EL1, ISS encoding for an exception from a Data Abort")
{
	va_t nowhere = mmu_reserve_va(page_size());

	expect_from(EC_DATA_ABORT_SAME, 4);
	EXECUTE("ldr x2, [x1]", nowhere.va);
	expect_frame(0);
	EXPECT_EQ(taken.far, nowhere.va);
	EXPECT_EQ(ESR_FSC(taken.esr) & ~3u, FSC_TRANSLATION);
	EXPECT_EQ(taken.esr & ESR_WNR, 0u);
}

TEST(exceptions, frame_changed, .doc = "what a handler changes in the frame is what the interrupted code finds")
{
	uint64_t result;

	handled = 0;
	skip_bytes = 0;
	exception_set_handler(VECTOR_SYNC, EC_SVC64, take);
	asm volatile("mov x2, #1\n\tsvc #0\n\tmov %0, x2" : "=r"(result)::"x2", "memory");
	EXPECT_EQ(result, 1u);
	EXPECT_EQ(handled, 1u);
}

static void branch_to(void *arg)
{
	((void (*)(void))arg)();
}

TEST(exceptions, instruction_abort, .doc = "a branch to an unmapped address: class 0x21, FAR and ELR are the target",
	.source = "Arm ARM (DDI 0487), ESR_EL1, EC 0x21")
{
	va_t nowhere = mmu_reserve_va(page_size());
	struct exception_frame frame;

	ASSERT_TRUE(exception_catch(branch_to, va_ptr(nowhere), &frame));
	EXPECT_EQ(ESR_EC(frame.esr), EC_INSTRUCTION_ABORT_SAME);
	EXPECT_EQ(frame.far, nowhere.va);
	EXPECT_EQ(frame.pc, nowhere.va);
	EXPECT_EQ(ESR_FSC(frame.esr) & ~3u, FSC_TRANSLATION);
}

/* The gigabyte behind the highest RAM or device of the memory map. */
static uint64_t above_ram(void)
{
	const struct region *last = &machine.regions[machine.region_count - 1];

	return ALIGN_UP(last->base + last->size, GIB(1));
}

TEST(exceptions, external_abort, .doc = "a fetch from an address that nothing answers is an external abort",
	.source = "Arm ARM (DDI 0487), ESR_EL1, IFSC 0x10")
{
	uint64_t pa = above_ram();
	va_t va = mmu_reserve_va(page_size());
	struct exception_frame frame;
	unsigned int parange = sysreg_field(read_sysreg(id_aa64mmfr0_el1), 0, 4);
	static const unsigned int pa_bits[] = {32, 36, 40};

	if (parange < ARRAY_SIZE(pa_bits) && pa >= BIT(pa_bits[parange]))
		SKIP("no physical addresses above RAM");
	mmu_map(va, pa_make(pa), page_size(), MEM_NORMAL_NC, PROT_EXEC);
	ASSERT_TRUE(exception_catch(branch_to, va_ptr(va), &frame));
	EXPECT_EQ(ESR_EC(frame.esr), EC_INSTRUCTION_ABORT_SAME);
	EXPECT_EQ(ESR_FSC(frame.esr), FSC_EXTERNAL);
	EXPECT_EQ(frame.pc, va.va);
	mmu_unmap(va, page_size());
}

static void nest_inner(void *arg)
{
	(void)arg;
	asm volatile("brk #1");
}

static void nest_outer(void *arg)
{
	bool *inner = arg;
	struct exception_frame frame;

	*inner = exception_catch(nest_inner, NULL, &frame);
	asm volatile("brk #2");
}

TEST(exceptions, catch_nests, .doc = "an exception is caught by the innermost catcher, and the outer one still works")
{
	struct exception_frame frame;
	bool inner = false;

	ASSERT_TRUE(exception_catch(nest_outer, &inner, &frame));
	EXPECT_TRUE(inner);
	EXPECT_EQ(ESR_ISS(frame.esr) & 0xffff, 2u);
	EXPECT_FALSE(exception_catch(branch_to, (void *)exception_reset, &frame));
}

/*
 * From EL0. The code runs from a copy in memory that EL0 may execute: self-contained, in assembly.
 */

USER_ASM(user_svc, "mov x1, #0x1111\n\tmov x2, sp\n\tmov x28, #0x2828\n\tmov x29, #0x2929\n\tmov x30, #0x3030\n\t"
		   "mov x3, #0x60000000\n\tmsr nzcv, x3\n\tsvc #123");
USER_ASM(user_el3_register, "mrs x0, sctlr_el3");
USER_ASM(user_load, "ldr x1, [x0]\n\tsvc #0xffff");
USER_ASM(user_store, "str x0, [x0]\n\tsvc #0xffff");

TEST(exceptions, el0_svc, .doc = "SVC from EL0: class, immediate, return address, registers and mode",
	.source = "Arm ARM (DDI 0487), Exception entry; SVC")
{
	struct exception_frame frame;

	el0_run(user_svc, 0xabcd, &frame);
	EXPECT_EQ(frame.vector, (uint64_t)VECTOR_EL0_SYNC);
	EXPECT_EQ(ESR_EC(frame.esr), EC_SVC64);
	EXPECT_EQ(ESR_ISS(frame.esr) & 0xffff, 123u);
	/* The SVC is the eighth instruction. */
	EXPECT_EQ(frame.pc, (uintptr_t)user_svc + 8 * 4);
	EXPECT_EQ(frame.regs[0], 0xabcdu);
	EXPECT_EQ(frame.regs[1], 0x1111u);
	EXPECT_EQ(frame.sp, frame.regs[2]);
	EXPECT_EQ(frame.regs[28], 0x2828u);
	EXPECT_EQ(frame.regs[29], 0x2929u);
	EXPECT_EQ(frame.regs[30], 0x3030u);
	EXPECT_EQ(frame.pstate & (PSTATE_NZCV | PSTATE_MODE), (uint64_t)0x60000000);
}

TEST(exceptions, el0_undefined, .doc = "reading a register of EL3 at EL0 is undefined, with the right return address",
	.source = "Arm ARM (DDI 0487), SCTLR_EL3, accessibility")
{
	struct exception_frame frame;

	el0_run(user_el3_register, 0, &frame);
	EXPECT_EQ(ESR_EC(frame.esr), EC_UNKNOWN);
	EXPECT_EQ(frame.pc, (uintptr_t)user_el3_register);
	EXPECT_EQ(frame.pstate & PSTATE_MODE, (uint64_t)PSTATE_EL0t);
}

static uint64_t kernel_data = 42;

TEST(exceptions, el0_no_kernel_data, .doc = "EL0 can neither read nor write what is ours",
	.source = "Arm ARM (DDI 0487), Data accesses permissions, AP[1]")
{
	struct exception_frame frame;

	el0_run(user_load, (uintptr_t)&kernel_data, &frame);
	EXPECT_EQ(ESR_EC(frame.esr), EC_DATA_ABORT_LOWER);
	EXPECT_EQ(ESR_FSC(frame.esr), FSC_PERMISSION | 3u);
	EXPECT_EQ(frame.far, (uintptr_t)&kernel_data);
	EXPECT_EQ(frame.pc, (uintptr_t)user_load);

	el0_run(user_store, (uintptr_t)&kernel_data, &frame);
	EXPECT_EQ(ESR_EC(frame.esr), EC_DATA_ABORT_LOWER);
	EXPECT_EQ(frame.esr & ESR_WNR, (uint64_t)ESR_WNR);
	EXPECT_EQ(kernel_data, 42u);
}

static void call_hypervisor(void *arg)
{
	register uint64_t x0 asm("x0") = 0xc6000001; /* a vendor's function that nobody has */

	asm volatile("hvc #0"
		     : "+r"(x0)::"x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
		     "x14", "x15", "x16", "x17", "memory");
	*(int64_t *)arg = x0;
}

/* Behind an HVC is QEMU, KVM, or what the boot left at EL2. */
TEST(exceptions, hvc_unknown,
	.doc = "an HVC of an unknown function returns NOT_SUPPORTED on every CPU, and the stack is intact",
	.needs = "el1", .source = "SMC Calling Convention (DEN 0028), Unknown Function Identifier")
{
	uint64_t canary[4] = {0x1111, 0x2222, 0x3333, 0x4444};
	int64_t result;

	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++) {
		result = 0;
		on_cpu(cpu, call_hypervisor, &result);
		EXPECT_EQ(result, (int64_t)-1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(canary); i++)
		EXPECT_EQ(((volatile uint64_t *)canary)[i], 0x1111 * (i + 1));
}
