/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/sysreg.h>
#include <limpid/cache.h>
#include <limpid/check.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/string.h>
#include "../../irq/irq.h"
#include "cpu.h"
#include "mmu.h"

/* The immediate of USER code's way out. */
static bool is_el0_exit(const struct exception_frame *frame)
{
	return frame->vector == VECTOR_EL0_SYNC && ESR_EC(frame->esr) == EC_SVC64 &&
	       (ESR_ISS(frame->esr) & 0xffff) == EL0_EXIT;
}

static bool is_sync(unsigned int vector)
{
	return vector % 4 == 0;
}

static struct handler_entry *find_handler(struct cpu *cpu, unsigned int vector, unsigned int ec)
{
	for (unsigned int i = 0; i < CPU_HANDLERS_MAX; i++) {
		struct handler_entry *entry = &cpu->handlers[i];

		if (entry->handler && entry->vector == vector && (!is_sync(vector) || entry->ec == ec))
			return entry;
	}
	return NULL;
}

void exception_set_handler(enum vector vector, enum exception_class ec, exception_handler handler)
{
	struct cpu *cpu = this_cpu();
	struct handler_entry *entry = find_handler(cpu, vector, ec);

	for (unsigned int i = 0; !entry && handler && i < CPU_HANDLERS_MAX; i++)
		if (!cpu->handlers[i].handler)
			entry = &cpu->handlers[i];
	CHECK(entry || !handler);
	if (entry)
		*entry = (struct handler_entry){handler, vector, ec};
}

void exception_reset(void)
{
	struct cpu *cpu = this_cpu();

	memset(cpu->handlers, 0, sizeof(cpu->handlers));
	cpu->catcher = NULL;
}

/* A second fault of one instruction at one address has another reason. */
static bool is_transient(struct cpu *cpu, const struct exception_frame *frame)
{
	unsigned int ec = ESR_EC(frame->esr);

	if ((ec != EC_DATA_ABORT_SAME && ec != EC_INSTRUCTION_ABORT_SAME) ||
		(ESR_FSC(frame->esr) & ~3u) != FSC_TRANSLATION)
		return false;
	if (cpu->transient_pc == frame->pc && cpu->transient_far == frame->far)
		return false;
	if (!mmu_fault_was_transient(frame->far))
		return false;
	cpu->transient_pc = frame->pc;
	cpu->transient_far = frame->far;
	return true;
}

/* Called by the vectors, on the stack of the interrupted code. */
void exception_dispatch(struct exception_frame *frame);
void exception_dispatch(struct exception_frame *frame)
{
	struct cpu *cpu = this_cpu();
	struct handler_entry *entry = NULL;

	if (is_transient(cpu, frame))
		return;
	if (!is_el0_exit(frame))
		entry = find_handler(cpu, frame->vector, ESR_EC(frame->esr));
	if (entry) {
		entry->handler(frame);
		return;
	}

	if ((frame->vector == VECTOR_IRQ || frame->vector == VECTOR_EL0_IRQ) && gic_dispatch())
		return;

	struct catcher *catcher = cpu->catcher;

	if (catcher && is_sync(frame->vector)) {
		*catcher->frame = *frame;
		context_restore(&catcher->context);
	}
	exception_fatal(frame);
}

/* PSTATE.TCO is set by the entry to an exception, and restored by the ERET, which a catcher does without. */
#define TCO S3_3_C4_C2_7

/* ID_AA64PFR1_EL1.MTE, without the search that cpu_has() does: catching is to be quick. */
static bool has_tco(void)
{
	return sysreg_field(read_sysreg(S3_0_C0_C4_1), 8, 4) >= 2;
}

static uint64_t tco_read(void)
{
	return has_tco() ? read_sysreg_s(TCO) : 0;
}

static __attribute__((noinline)) void tco_write(uint64_t tco)
{
	if (has_tco())
		write_sysreg_s(tco, TCO);
}

bool exception_catch(void (*fn)(void *), void *arg, struct exception_frame *frame)
{
	struct cpu *cpu = this_cpu();
	struct catcher catcher;

	catcher.frame = frame;
	catcher.tco = tco_read();
	catcher.outer = cpu->catcher;
	if (context_save(&catcher.context)) {
		cpu->catcher = catcher.outer;
		tco_write(catcher.tco);
		return true;
	}
	cpu->catcher = &catcher;
	fn(arg);
	cpu->catcher = catcher.outer;
	return false;
}

_Noreturn void el0_enter(uintptr_t entry, uint64_t arg, uintptr_t sp);

struct el0_call {
	uintptr_t entry, sp;
	uint64_t arg;
};

static void el0_call(void *arg)
{
	struct el0_call *call = arg;

	el0_enter(call->entry, call->arg, call->sp);
}

void el0_run(void (*fn)(uint64_t), uint64_t arg, struct exception_frame *frame)
{
	extern const char _user_text_start[], _user_text_end[];
	size_t code_size = _user_text_end - _user_text_start, page = page_size();
	/* The copy is page aligned as the section is, so that ADRP within it still finds its target. */
	unsigned int order = page_order(code_size);

	CHECK((const char *)fn >= _user_text_start && (const char *)fn < _user_text_end);
	pa_t code_pages = page_alloc(order), stack_page = page_alloc(0);

	CHECK(!pa_is_none(code_pages) && !pa_is_none(stack_page));

	char *code = phys_to_virt(code_pages), *stack = phys_to_virt(stack_page);

	memcpy(code, _user_text_start, code_size);
	icache_sync(code, code_size);
	mmu_protect(va_of(code), page << order, MEM_NORMAL_WB, PROT_EXEC | PROT_USER);
	mmu_protect(va_of(stack), page, MEM_NORMAL_WB, PROT_WRITE | PROT_USER);

	struct el0_call call = {(uintptr_t)code + ((const char *)fn - _user_text_start), (uintptr_t)stack + page, arg};
	bool caught = exception_catch(el0_call, &call, frame);

	CHECK(caught);
	mmu_protect(va_of(code), page << order, MEM_NORMAL_WB, PROT_WRITE);
	mmu_protect(va_of(stack), page, MEM_NORMAL_WB, PROT_WRITE);
	page_free(code_pages, order);
	page_free(stack_page, 0);
	/* The catcher's caller may want the address in the image, not in the copy. */
	if (frame->pc >= (uintptr_t)code && frame->pc < (uintptr_t)code + code_size)
		frame->pc = frame->pc - (uintptr_t)code + (uintptr_t)_user_text_start;
}
