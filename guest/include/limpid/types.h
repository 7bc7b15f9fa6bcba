/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * types.h - the words that every other file uses: addresses that cannot be mixed up, and small arithmetic.
 *
 * Physical and virtual addresses are structs of one field: passing one for the other does not compile, and they cost
 * what a bare integer costs (one register). Usable anywhere, in any state of the machine.
 */
#ifndef LIMPID_TYPES_H
#define LIMPID_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A physical address. */
typedef struct {
	uint64_t pa;
} pa_t;

/* A virtual address of the translation regime that the code runs in. */
typedef struct {
	uintptr_t va;
} va_t;

/* No physical address: what allocators return when they have nothing. Zero is a good address on many machines. */
#define PA_NONE ((pa_t){UINT64_MAX})

static inline pa_t pa_make(uint64_t address)
{
	return (pa_t){address};
}

static inline va_t va_make(uintptr_t address)
{
	return (va_t){address};
}

static inline va_t va_of(const volatile void *pointer)
{
	return (va_t){(uintptr_t)pointer};
}

static inline void *va_ptr(va_t address)
{
	return (void *)address.va;
}

static inline pa_t pa_add(pa_t address, uint64_t bytes)
{
	return (pa_t){address.pa + bytes};
}

static inline va_t va_add(va_t address, uintptr_t bytes)
{
	return (va_t){address.va + bytes};
}

static inline bool pa_is_none(pa_t address)
{
	return address.pa == UINT64_MAX;
}

/* The physical addresses base to base + size - 1; never wraps round the end of the address space. */
struct mem_range {
	uint64_t base;
	uint64_t size;
};

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* `align` is a power of two; the result has the type of `value`. */
#define ALIGN_DOWN(value, align) ((value) & ~((__typeof__(value))(align)-1))
#define ALIGN_UP(value, align)   ALIGN_DOWN((value) + ((__typeof__(value))(align)-1), align)
#define IS_ALIGNED(value, align) (((value) & ((__typeof__(value))(align)-1)) == 0)

/* Host tests include GLib's headers, whose MIN evaluates twice. */
#ifdef LIMPID_HOST
#undef MIN
#undef MAX
#endif

/* Both arguments are evaluated once; they must have one type, or the compiler says so. */
#define MIN(a, b)                                  \
	({                                         \
		__typeof__(a) min_a_ = (a);        \
		__typeof__(b) min_b_ = (b);        \
		(void)(&min_a_ == &min_b_);        \
		min_a_ < min_b_ ? min_a_ : min_b_; \
	})
#define MAX(a, b)                                  \
	({                                         \
		__typeof__(a) max_a_ = (a);        \
		__typeof__(b) max_b_ = (b);        \
		(void)(&max_a_ == &max_b_);        \
		max_a_ > max_b_ ? max_a_ : max_b_; \
	})

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

#endif
