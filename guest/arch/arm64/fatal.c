/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of a run that cannot go on: says why, with registers and stack, and powers off.
 *
 * It must work wherever things went wrong, so it relies on as little as possible: it takes no lock, and a second
 * failure on the way ends in silence rather than in a loop.
 */
#include <stdarg.h>
#include <arch/barrier.h>
#include <arch/sysreg.h>
#include <limpid/boot.h>
#include <limpid/check.h>
#include <limpid/console.h>
#include <limpid/expect.h>
#include <limpid/ktap.h>
#include <limpid/printf.h>
#include <limpid/runner.h>
#include <limpid/smp.h>
#include "../../boot/boot.h"
#include "cpu.h"
#include "esr.h"
#include "mmu.h"

#define STACK_LINES_MAX 32

/* From a return address to its call. */
#define CALL_SIZE 4

static bool in_image(uint64_t pc)
{
	return pc >= (uintptr_t)_image_start && pc < (uintptr_t)_image_end;
}

/* An address of the image as the linker saw it, which is what symbolizes it. */
static void print_pc(const char *prefix, uint64_t pc)
{
	if (in_image(pc))
		printf("%simage+0x%lx", prefix, pc - (uintptr_t)_image_start);
	else
		printf("%s0x%lx", prefix, pc);
}

static bool next_frame(uint64_t *fp, uint64_t *pc)
{
	const uint64_t *record = (const uint64_t *)*fp;

	if (!*fp || *fp & 15 || !address_is_normal(*fp))
		return false;
	/* A stack grows down: anything else is garbage, or a loop. */
	if (record[0] && record[0] <= *fp)
		return false;
	*fp = record[0];
	*pc = record[1];
	return *pc != 0;
}

/*
 * By frame records: the caller's record, and the return address. The first pc is an instruction's own address, the
 * others are return addresses. Source: AAPCS64, "The Frame Pointer".
 */
static void print_stack(uint64_t pc, uint64_t fp)
{
	printf("# stack:\n");
	for (int lines = 0; lines < STACK_LINES_MAX; lines++) {
		uint64_t here = pc;
		unsigned int again = 0;
		bool more;

		print_pc("#   ", here);
		printf("\n");
		while ((more = next_frame(&fp, &pc)) && pc == here)
			again++;
		if (again)
			printf("#   the same %u times more\n", again);
		if (!more)
			return;
	}
	printf("#   ...\n");
}

/* False for the second failure of a CPU, and for the failure of a second CPU. */
static bool first_failure(void)
{
	static uint32_t failed;
	struct cpu *cpu = cpus_known ? this_cpu() : NULL;

	/* Whoever held the console's lock may be the one that failed. */
	console_without_lock();
	if (cpu && cpu->dying)
		power_off();
	if (cpu)
		cpu->dying = true;
	if (!mmu_enabled())
		return !failed++;
	return !__atomic_fetch_add(&failed, 1, __ATOMIC_RELAXED);
}

static _Noreturn void finish(const char *what)
{
	const char *test = runner_current_test();

	if (test)
		ktap_bail_out("%s in %s", what, test);
	else
		ktap_bail_out("%s before the first test", what);
	power_off();
}

static const char *vector_name(unsigned int vector)
{
	static const char *const kinds[] = {"synchronous exception", "IRQ", "FIQ", "SError"};

	return kinds[vector % 4];
}

static const char *vector_origin(unsigned int vector)
{
	static const char *const origins[] = {"the current EL with SP_EL0", "the current EL with SP_ELx",
		"a lower EL in AArch64", "a lower EL in AArch32"};

	return origins[vector / 4 % 4];
}

_Noreturn void exception_fatal(const struct exception_frame *frame)
{
	char text[160];

	if (!first_failure())
		for (;;)
			wfi();
	esr_describe(frame->esr, text, sizeof(text));
	printf("# exception: %s from %s on CPU %u (MPIDR 0x%lx) at EL%u\n", vector_name(frame->vector),
		vector_origin(frame->vector), cpus_known ? cpu_index() : 0, cpu_read_mpidr(), current_el());
	printf("#   esr 0x%lx: %s\n", frame->esr, text);
	printf("#   far 0x%016lx  elr 0x%016lx", frame->far, frame->pc);
	if (in_image(frame->pc))
		print_pc(" ", frame->pc);
	printf("  spsr 0x%lx\n", frame->pstate);
	for (int i = 0; i < 31; i++)
		printf("%sx%-2d 0x%016lx%s", i % 4 ? "  " : "#   ", i, frame->regs[i], i % 4 == 3 ? "\n" : "");
	printf("  sp  0x%016lx\n", frame->sp);
	print_stack(frame->pc, frame->vector < 8 ? frame->regs[29] : 0);
	finish("exception");
}

/* Called by the vectors, on a stack of its own. */
_Noreturn void exception_bad_stack(uint64_t sp, uint64_t lr, uint64_t fp);
_Noreturn void exception_bad_stack(uint64_t sp, uint64_t lr, uint64_t fp)
{
	if (!first_failure())
		for (;;)
			wfi();
	printf("# exception: the stack pointer 0x%lx of CPU %u (MPIDR 0x%lx) cannot be used: a stack overflow?\n", sp,
		cpu_index(), cpu_read_mpidr());
	printf("#   far 0x%016lx\n", read_sysreg(far_el1));
	print_stack(lr - CALL_SIZE, fp);
	finish("exception");
}

_Noreturn void panic(const char *fmt, ...)
{
	char text[240];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!first_failure())
		for (;;)
			wfi();
	printf("# panic: %s\n", text);
	print_stack((uintptr_t)__builtin_return_address(0) - CALL_SIZE, *(uint64_t *)__builtin_frame_address(0));
	finish("panic");
}

_Noreturn void test_abort(void)
{
	struct cpu *cpu = this_cpu();

	CHECK(cpu->abort);
	context_restore(cpu->abort);
}
