/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses that may fault, as exception_catch() wants them, and what their faults are to be.
 */
#ifndef TESTS_ACCESS_H
#define TESTS_ACCESS_H

#include <arch/exception.h>
#include <limpid/expect.h>
#include <limpid/page_alloc.h>

/* One plain instruction each, whatever the compiler thinks of it. */
static inline void load(void *address)
{
	uint64_t value;

	asm volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
}

static inline void store(void *address)
{
	asm volatile("str %0, [%1]" ::"r"(0x5a5aul), "r"(address) : "memory");
}

static inline void call(void *address)
{
	((void (*)(void))address)();
}

/* Must be a RET. */
#define INSN_RET 0xd65f03c0u

/* *frame is a data or instruction abort of this class and status, at this level (-1: any), with FAR. */
static inline void expect_abort(
	const struct exception_frame *frame, uint64_t far, enum exception_class ec, enum fault_status status, int level)
{
	EXPECT_EQ(ESR_EC(frame->esr), ec);
	EXPECT_EQ(ESR_FSC(frame->esr) & ~3ul, (uint64_t)status);
	if (level >= 0)
		EXPECT_EQ(FSC_LEVEL(ESR_FSC(frame->esr)), (uint64_t)level);
	EXPECT_EQ(frame->far, far);
}

/* fn(va) faults: class, status, level (-1: any), address, and of a data abort whether it was a write. */
static inline void expect_fault_at(
	void (*fn)(void *), va_t va, enum exception_class ec, enum fault_status status, int level, bool write)
{
	struct exception_frame frame;

	ASSERT_TRUE(exception_catch(fn, va_ptr(va), &frame));
	expect_abort(&frame, va.va, ec, status, level);
	if (ec == EC_DATA_ABORT_SAME)
		EXPECT_EQ(!!(frame.esr & ESR_WNR), write);
}

static inline void expect_fault(
	void (*fn)(void *), va_t va, enum exception_class ec, enum fault_status status, bool write)
{
	expect_fault_at(fn, va, ec, status, -1, write);
}

static inline pa_t get_page(void)
{
	pa_t page = page_alloc_zeroed(0);

	ASSERT_FALSE(pa_is_none(page));
	return page;
}

#endif
