/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPUs. The life of a secondary:
 *
 *     DOWN --cpu_start()--> STARTING --it arrived--> IDLE --on_cpu()--> BUSY --returned--> IDLE ... --cpu_stop()-->
 * DOWN
 *
 * All state is shared through the cache; only struct secondary_boot is read with the MMU off.
 */
#include <arch/barrier.h>
#include <arch/feature.h>
#include <arch/sysreg.h>
#include <limpid/bitops.h>
#include <limpid/cache.h>
#include <limpid/check.h>
#include <limpid/delay.h>
#include <limpid/phys.h>
#include <limpid/psci.h>
#include <limpid/smp.h>
#include "../../boot/boot.h"
#include "../../irq/irq.h"
#include "asm.h"
#include "cpu.h"
#include "mmu.h"

/* What head.S reads with the MMU off: cleaned to the PoC before CPU_ON, never written by the secondary. */
struct secondary_boot {
	uint64_t ttbr0, tcr;
	uint64_t mair, sctlr;
	uint64_t el;
	uint64_t stack_top;
	struct cpu *cpu;
};

#define AT(member, offset) _Static_assert(offsetof(struct secondary_boot, member) == (offset), "asm.h: " #member)
AT(ttbr0, SECONDARY_TTBR);
AT(tcr, SECONDARY_TCR);
AT(mair, SECONDARY_MAIR);
AT(sctlr, SECONDARY_SCTLR);
AT(el, SECONDARY_EL);
AT(stack_top, SECONDARY_STACK);
AT(cpu, SECONDARY_CPU);
_Static_assert(offsetof(struct cpu, scratch) == CPU_SCRATCH, "asm.h: scratch");

#define STACK_SIZE KIB(16)

extern const char secondary_entry[];

bool cpus_known;
static struct cpu cpus[MACHINE_MAX_CPUS];
static unsigned int count;

/* MPIDR_EL1: Aff3 and Aff2 to Aff0. */
#define MPIDR_AFFINITY 0xff00ffffffull

uint64_t cpu_read_mpidr(void)
{
	return read_sysreg(mpidr_el1) & MPIDR_AFFINITY;
}

unsigned int cpu_count(void)
{
	return count;
}

unsigned int cpu_index(void)
{
	return this_cpu()->index;
}

uint64_t cpu_mpidr(unsigned int cpu)
{
	CHECK(cpu < count);
	return cpus[cpu].mpidr;
}

int cpu_of_mpidr(uint64_t mpidr)
{
	for (unsigned int i = 0; i < count; i++)
		if (cpus[i].mpidr == (mpidr & MPIDR_AFFINITY))
			return i;
	return -1;
}

void cpu_become(struct cpu *cpu)
{
	write_sysreg((uintptr_t)cpu, tpidr_el1);
	/* PSTATE.PAN would forbid us what EL0 may access (from Armv8.1 on). */
	if (sysreg_field(read_sysreg(id_aa64mmfr1_el1), 20, 4))
		asm volatile(".inst 0xd500409f"); /* msr pan, #0 */
	cpus_known = true;
}

/* An SError is somebody's mistake: hear of it from now on. */
void unmask_serror(void)
{
	asm volatile("msr daifclr, #4" ::: "memory");
}

void smp_early_init(void)
{
	cpus[0] = (struct cpu){.state = CPU_BUSY, .mpidr = cpu_read_mpidr()};
	count = 1;
	cpu_become(&cpus[0]);
}

void smp_init(void)
{
	for (unsigned int i = 0; i < machine.cpu_count; i++) {
		const struct machine_cpu *found = &machine.cpus[i];

		if (!found->enabled || found->mpidr == cpus[0].mpidr || count == ARRAY_SIZE(cpus))
			continue;
		cpus[count] = (struct cpu){.index = count, .mpidr = found->mpidr};
		count++;
	}
}

static bool wait_for_state(struct cpu *cpu, enum cpu_state state)
{
	uint64_t start = counter_read(), ticks = counter_from_us(CPU_TIMEOUT_MS * 1000ull);

	while (load_acquire(&cpu->state) != (uint32_t)state) {
		if (counter_read() - start > ticks)
			return false;
		cpu_relax();
	}
	return true;
}

/* The lowest page of a stack is its guard. */
static uintptr_t new_stack(void)
{
	uintptr_t stack = (uintptr_t)core_alloc(STACK_SIZE);

	if (page_size() == STACK_GUARD)
		mmu_unmap(va_make(stack), STACK_GUARD);
	return stack + STACK_SIZE;
}

struct cpu_start_call cpu_start_prepare(unsigned int index)
{
	static struct secondary_boot boots[MACHINE_MAX_CPUS];
	struct cpu *cpu = &cpus[index];
	struct secondary_boot *boot = &boots[index];

	CHECK(index < count);
	CHECK_MSG(mmu_enabled(), "CPUs talk to each other through the cache: not with the MMU off");
	CHECK(load_acquire(&cpu->state) == CPU_DOWN);
	if (!cpu->stack_top)
		cpu->stack_top = new_stack();

	struct mmu_regs regs = mmu_regs();

	*boot = (struct secondary_boot){
		regs.ttbr0, regs.tcr, MAIR_INIT, SCTLR_INIT, current_el() == 1, cpu->stack_top, cpu};
	store_release(&cpu->state, CPU_STARTING);
	/* The secondary reads it with its MMU off. */
	dcache_clean_poc(boot, sizeof(*boot));
	return (struct cpu_start_call){cpu->mpidr, virt_to_phys(secondary_entry).pa, virt_to_phys(boot).pa};
}

void cpu_start_wait(unsigned int index)
{
	CHECK(index < count);
	CHECK_MSG(wait_for_state(&cpus[index], CPU_IDLE),
		"CPU %u (MPIDR 0x%llx) was started and did not arrive within %u ms", index,
		(unsigned long long)cpus[index].mpidr, CPU_TIMEOUT_MS);
}

void cpu_start_renounce(unsigned int index)
{
	CHECK(index < count && load_acquire(&cpus[index].state) == CPU_STARTING);
	store_release(&cpus[index].state, CPU_DOWN);
}

int cpu_start(unsigned int index)
{
	CHECK(index < count);
	CHECK_MSG(mmu_enabled(), "CPUs talk to each other through the cache: not with the MMU off");
	if (load_acquire(&cpus[index].state) != CPU_DOWN)
		return PSCI_SUCCESS;

	struct cpu_start_call call = cpu_start_prepare(index);
	int64_t status = psci_call(psci_cpu_on_function(), call.mpidr, call.entry, call.context);

	if (status != PSCI_SUCCESS) {
		cpu_start_renounce(index);
		return status;
	}
	cpu_start_wait(index);
	return PSCI_SUCCESS;
}

/* Called by head.S with the MMU on. */
_Noreturn void secondary_main(struct cpu *cpu);
_Noreturn void secondary_main(struct cpu *cpu)
{
	cpu_become(cpu);
	unmask_serror();
	for (;;) {
		store_release(&cpu->state, CPU_IDLE);
		while (load_acquire(&cpu->state) != CPU_BUSY)
			wfe();
		cpu->work(cpu->work_arg);
	}
}

static void run_aborting(void (*fn)(void *), void *arg)
{
	struct cpu *cpu = this_cpu();
	struct context context;

	/* test_abort() on this CPU ends what it was asked, and nothing else. */
	if (!context_save(&context)) {
		cpu->abort = &context;
		fn(arg);
	} else {
		cpu_settle();
	}
	cpu->abort = NULL;
	/* What was asked may have left interrupts on: the wait for more is without. */
	irq_disable();
	exception_reset();
}

struct work {
	void (*fn)(void *);
	void *arg;
};

static struct work works[MACHINE_MAX_CPUS];

static void run_work(void *arg)
{
	struct work *work = arg;

	run_aborting(work->fn, work->arg);
}

void on_cpu_async(unsigned int index, void (*fn)(void *), void *arg)
{
	struct cpu *cpu = &cpus[index];

	CHECK(index < count && cpu != this_cpu());

	int status = cpu_start(index);

	CHECK_MSG(status == PSCI_SUCCESS, "CPU %u (MPIDR 0x%llx) does not start: PSCI CPU_ON says %s", index,
		(unsigned long long)cpu->mpidr, psci_status_name(status));
	CHECK(load_acquire(&cpu->state) == CPU_IDLE);
	works[index] = (struct work){fn, arg};
	cpu->work = run_work;
	cpu->work_arg = &works[index];
	store_release(&cpu->state, CPU_BUSY);
	/* BUSY is seen by the CPU before it is woken. */
	dsb(ish);
	sev();
}

void cpu_wait(unsigned int index)
{
	struct cpu *cpu = &cpus[index];

	CHECK(index < count);
	CHECK_MSG(wait_for_state(cpu, CPU_IDLE), "CPU %u (MPIDR 0x%llx) did not finish within %u ms", index,
		(unsigned long long)cpu->mpidr, CPU_TIMEOUT_MS);
}

void on_cpu(unsigned int index, void (*fn)(void *), void *arg)
{
	if (index == cpu_index()) {
		fn(arg);
		return;
	}
	on_cpu_async(index, fn, arg);
	cpu_wait(index);
}

void on_each_cpu(void (*fn)(void *), void *arg)
{
	for (unsigned int i = 0; i < count; i++)
		if (i != cpu_index())
			on_cpu_async(i, fn, arg);
	fn(arg);
	for (unsigned int i = 0; i < count; i++)
		if (i != cpu_index())
			cpu_wait(i);
}

static void call_cpu_off(void *arg)
{
	(void)arg;

	int64_t status = psci_call(psci_cpu_off_function(), 0, 0, 0);

	panic("PSCI CPU_OFF returned %s", psci_status_name(status));
}

void cpu_stop(unsigned int index)
{
	struct cpu *cpu = &cpus[index];
	uint64_t start = counter_read(), ticks = counter_from_us(CPU_TIMEOUT_MS * 1000ull);

	CHECK(index && index < count && cpu != this_cpu());
	if (load_acquire(&cpu->state) == CPU_DOWN)
		return;
	on_cpu_async(index, call_cpu_off, NULL);
	while (psci_call(PSCI_AFFINITY_INFO, cpu->mpidr, 0, 0) != PSCI_OFF) {
		CHECK_MSG(counter_read() - start <= ticks, "CPU %u (MPIDR 0x%llx) did not go off within %u ms", index,
			(unsigned long long)cpu->mpidr, CPU_TIMEOUT_MS);
		cpu_relax();
	}
	store_release(&cpu->state, CPU_DOWN);
	gic_cpu_stopped(index);
}
