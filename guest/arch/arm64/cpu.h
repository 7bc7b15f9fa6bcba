/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each CPU has of its own. TPIDR_EL1 points to it, at EL1 and at EL2: that register is not redirected by E2H.
 */
#ifndef ARM64_CPU_H
#define ARM64_CPU_H

#include <stdbool.h>
#include <stdint.h>
#include <arch/exception.h>
#include <arch/sysreg.h>
#include <limpid/types.h>

#define CPU_HANDLERS_MAX 8

/* What context_save() keeps: X19 to X30, SP, DAIF. */
struct context {
	uint64_t regs[12];
	uint64_t sp;
	uint64_t daif;
};

/* The innermost exception_catch(). */
struct catcher {
	struct context context;
	struct exception_frame *frame;
	struct catcher *outer;
	uint64_t tco; /* PSTATE.TCO, which the frame's is not: that is the function's */
};

struct handler_entry {
	exception_handler handler;
	uint8_t vector;
	uint8_t ec;
};

enum cpu_state { CPU_DOWN, CPU_STARTING, CPU_IDLE, CPU_BUSY };

struct cpu {
	uint64_t scratch; /* of the vectors */
	unsigned int index;
	uint32_t state; /* enum cpu_state, by load_acquire and store_release */
	uint64_t mpidr;
	uintptr_t stack_top; /* 0: none yet */
	void (*work)(void *);
	void *work_arg;
	struct catcher *catcher;
	struct context *abort;                /* where test_abort() goes */
	bool dying;                           /* in exception_fatal() or panic() */
	uint64_t transient_pc, transient_far; /* of the last fault that went away by itself */
	struct handler_entry handlers[CPU_HANDLERS_MAX];
};

static inline struct cpu *this_cpu(void)
{
	return (struct cpu *)(uintptr_t)read_sysreg(tpidr_el1);
}

int context_save(struct context *context) __attribute__((returns_twice));
_Noreturn void context_restore(struct context *context);

/* Whether TPIDR_EL1 means anything yet. */
extern bool cpus_known;

/* Makes the calling CPU the one that *cpu describes. */
void cpu_become(struct cpu *cpu);

#endif
