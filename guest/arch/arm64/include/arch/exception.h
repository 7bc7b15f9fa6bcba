/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions on arm64: what a handler is given, and how a test takes one.
 *
 * Handlers belong to the CPU that sets them, and run with exceptions masked as the architecture leaves them. What a
 * handler writes into the frame is what the exception return restores. An exception without a handler ends the test
 * run.
 */
#ifndef ARCH_EXCEPTION_H
#define ARCH_EXCEPTION_H

#include <stdbool.h>
#include <stdint.h>

/* Source: Arm ARM (DDI 0487), "Exception vectors", table of offsets: the number is offset / 0x80. */
enum vector {
	VECTOR_SP0_SYNC,
	VECTOR_SP0_IRQ,
	VECTOR_SP0_FIQ,
	VECTOR_SP0_SERROR,
	VECTOR_SYNC, /* from the current EL, with its own SP: the usual one */
	VECTOR_IRQ,
	VECTOR_FIQ,
	VECTOR_SERROR,
	VECTOR_EL0_SYNC, /* from EL0 in AArch64 */
	VECTOR_EL0_IRQ,
	VECTOR_EL0_FIQ,
	VECTOR_EL0_SERROR,
	VECTOR_EL0_32_SYNC,
	VECTOR_EL0_32_IRQ,
	VECTOR_EL0_32_FIQ,
	VECTOR_EL0_32_SERROR,
	VECTOR_COUNT,
};

/* Source: Arm ARM (DDI 0487), "ESR_EL1, Exception Syndrome Register (EL1)", EC. */
enum exception_class {
	EC_UNKNOWN = 0x00,
	EC_WFX = 0x01,
	EC_FP_TRAP = 0x07,
	EC_ILLEGAL_STATE = 0x0e,
	EC_SVC64 = 0x15,
	EC_HVC64 = 0x16,
	EC_SMC64 = 0x17,
	EC_MSR_TRAP = 0x18,
	EC_INSTRUCTION_ABORT_LOWER = 0x20,
	EC_INSTRUCTION_ABORT_SAME = 0x21,
	EC_PC_ALIGNMENT = 0x22,
	EC_DATA_ABORT_LOWER = 0x24,
	EC_DATA_ABORT_SAME = 0x25,
	EC_SP_ALIGNMENT = 0x26,
	EC_SERROR = 0x2f,
	EC_BRK = 0x3c,
	EC_COUNT = 0x40,
};

#define ESR_EC(esr)    (((esr) >> 26) & 0x3f)
#define ESR_ISS(esr)   ((esr)&0x1ffffff)
#define ESR_FSC(esr)   ((esr)&0x3f)
#define ESR_WNR        (1u << 6)
#define ESR_IL         (1u << 25)
#define FSC_LEVEL(fsc) ((fsc)&3)

/* Fault status codes; the level is in the low two bits. Source: Arm ARM (DDI 0487), ESR_EL1, DFSC. */
enum fault_status {
	FSC_ADDRESS_SIZE = 0x00,
	FSC_TRANSLATION = 0x04,
	FSC_ACCESS_FLAG = 0x08,
	FSC_PERMISSION = 0x0c,
	FSC_EXTERNAL = 0x10,
	FSC_ALIGNMENT = 0x21,
};

#define PSTATE_EL0t   0x0
#define PSTATE_EL1t   0x4
#define PSTATE_EL1h   0x5
#define PSTATE_EL2t   0x8
#define PSTATE_EL2h   0x9
#define PSTATE_MODE   0x1f
#define PSTATE_DAIF   0x3c0
#define PSTATE_NZCV   0xf0000000u
#define PSTATE_I      0x80
#define DAIFSET_IRQ   2
#define DAIFSET_ABORT 4

struct exception_frame {
	uint64_t regs[31]; /* X0 to X30 */
	uint64_t sp;       /* of the interrupted level */
	uint64_t pc;       /* ELR: the preferred return address */
	uint64_t pstate;   /* SPSR */
	uint64_t esr;
	uint64_t far; /* as the hardware left it: of no meaning for an exception without an address */
	uint64_t vector;
	uint64_t reserved;
};

typedef void (*exception_handler)(struct exception_frame *frame);

/* Sets this CPU's handler of a vector, and for a synchronous one of a class; NULL removes it. For others ec is ignored.
 */
void exception_set_handler(enum vector vector, enum exception_class ec, exception_handler handler);

/* Removes every handler of this CPU. The runner does so after each test. */
void exception_reset(void);

/*
 * Calls fn(arg). True when it took an exception that no handler took: *frame has it, fn is abandoned, and its effects
 * stay. False when it returned. Nests.
 */
bool exception_catch(void (*fn)(void *), void *arg, struct exception_frame *frame);

/* Ends the test run with the report of an exception. Called by the dispatcher. */
_Noreturn void exception_fatal(const struct exception_frame *frame);

/*
 * Runs a function of the .user_text section (mark it USER) at EL0, on a stack of its own, until it does an SVC #0xffff
 * or takes any other exception: *frame has it. An SVC with another immediate and no handler ends it too.
 *
 * The function is copied to memory that EL0 may execute: it may use its arguments, registers and stack, and other USER
 * functions, and nothing else of the image.
 */
void el0_run(void (*fn)(uint64_t), uint64_t arg, struct exception_frame *frame);

#define EL0_EXIT 0xffff

#define USER __attribute__((section(".user_text"), noinline, used))

/* Such a function in assembly, for a test that must know every instruction of it. */
#define USER_ASM(name, code)                                           \
	void name(uint64_t arg) __attribute__((visibility("hidden"))); \
	asm(".pushsection .user_text, \"ax\"\n"                        \
	    ".balign 4\n"                                              \
	    ".type " #name ", %function\n" #name ":\n" code "\n"       \
	    ".size " #name ", . - " #name "\n"                         \
	    ".popsection\n")

/* Interrupt masking of this CPU: save returns what restore takes. */
static inline uint64_t irq_save(void)
{
	uint64_t flags;

	asm volatile("mrs %0, daif\n\tmsr daifset, #2" : "=r"(flags)::"memory");
	return flags;
}

static inline void irq_restore(uint64_t flags)
{
	asm volatile("msr daif, %0" ::"r"(flags) : "memory");
}

static inline void irq_enable(void)
{
	asm volatile("msr daifclr, #2" ::: "memory");
}

static inline void irq_disable(void)
{
	asm volatile("msr daifset, #2" ::: "memory");
}

#endif
