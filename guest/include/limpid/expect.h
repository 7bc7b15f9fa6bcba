/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * expect.h - what a test says about the machine.
 *
 *     EXPECT_EQ(got, want)     and NE LT LE GT GE: integers, bools, pointers, pa_t and va_t
 *     EXPECT_TRUE(condition)   EXPECT_FALSE(condition)
 *     EXPECT_STREQ(got, want)  EXPECT_MEMEQ(got, want, size)
 *
 * An EXPECT that does not hold prints the place, its text and both values, and the test fails when it ends; it has the
 * value true if it held. The ASSERT of the same name ends the test at once. Arguments are evaluated once. EQ and NE
 * compare as C's == does after its conversions (so a uint32_t of all ones equals ~0); the others compare the numbers
 * (so -1 is less than 0u).
 *
 *     SKIP("reason %d", n)     ends the test as skipped (as failed, if something failed before)
 *     FAIL("what %d", n)       the test has failed; it goes on
 *     INFO("text %d", n)       a line of output, neither good nor bad
 *
 * Callable on any CPU at any EL; the failures of all CPUs count for the running test. What holds writes no memory
 * but the stack, and so may stand in code that runs with the MMU off; what does not hold takes a lock and prints.
 */
#ifndef LIMPID_EXPECT_H
#define LIMPID_EXPECT_H

#include <limpid/printf.h>
#include <limpid/types.h>

enum expect_kind { EXPECT_SIGNED_, EXPECT_UNSIGNED_, EXPECT_BOOL_, EXPECT_ADDRESS_ };
enum expect_op { EXPECT_OP_EQ, EXPECT_OP_NE, EXPECT_OP_LT, EXPECT_OP_LE, EXPECT_OP_GT, EXPECT_OP_GE };

/* A value of any type that can be compared, in two registers. */
struct expect_value {
	uint64_t bits; /* sign-extended if it is signed */
	uint64_t
		type; /* enum expect_kind, plus the bytes of the type that it had, times 8: one word, so one register */
};

/* The functions behind the macros: `text` is the expression as it stands in the test. All return whether it held. */
bool expect_compare(const char *file, unsigned line, const char *text, enum expect_op op, struct expect_value got,
	struct expect_value want);
bool expect_bool(const char *file, unsigned line, const char *text, bool got, bool want);
bool expect_streq(const char *file, unsigned line, const char *text, const char *got, const char *want);
bool expect_memeq(const char *file, unsigned line, const char *text, const void *got, const void *want, size_t size);
void test_fail(const char *file, unsigned line, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Sets the reason for a skip; the test goes on, so the macro aborts it. */
void test_skip(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Marks the running test as failed at this place; the caller has printed why. From any CPU. */
void test_fail_record(const char *file, unsigned line);

/*
 * Announces that the running test, one with TEST_ENDS, is about to switch the machine off or to reset it, and waits
 * until the announcement has left the UART: the test has passed if that is what happens then.
 *
 * After a reset the machine boots and runs the same test again from its start, for nothing of the first life can be
 * relied on to be there in the second. With its second announcement of a reset it has passed: the machine came up, and
 * whatever the test checks before held after a reset too. So call this behind such checks.
 *
 * If something has failed already it ends the test instead, or the failure would be lost.
 */
enum machine_end { MACHINE_OFF, MACHINE_RESET };
void test_ends_machine(enum machine_end end);

/* Provided by the architecture: ends the running test, whatever depth and CPU it is called at. */
_Noreturn void test_abort(void);

static inline struct expect_value expect_signed_(int64_t value)
{
	return (struct expect_value){(uint64_t)value, EXPECT_SIGNED_};
}

static inline struct expect_value expect_unsigned_(uint64_t value)
{
	return (struct expect_value){value, EXPECT_UNSIGNED_};
}

static inline struct expect_value expect_boolean_(bool value)
{
	return (struct expect_value){value, EXPECT_BOOL_};
}

static inline struct expect_value expect_pointer_(const volatile void *value)
{
	return (struct expect_value){(uintptr_t)value, EXPECT_ADDRESS_};
}

static inline struct expect_value expect_pa_(pa_t value)
{
	return (struct expect_value){value.pa, EXPECT_ADDRESS_};
}

static inline struct expect_value expect_va_(va_t value)
{
	return (struct expect_value){value.va, EXPECT_ADDRESS_};
}

static inline struct expect_value expect_sized_(struct expect_value value, size_t size)
{
	value.type |= size << 3;
	return value;
}

/* The selection is outside the call, so that only the chosen conversion has to accept the value. */
/* clang-format off */
#define EXPECT_VALUE_(v) \
	expect_sized_( \
		_Generic((v), \
			bool: expect_boolean_, \
			char: expect_signed_, \
			signed char: expect_signed_, \
			short: expect_signed_, \
			int: expect_signed_, \
			long: expect_signed_, \
			long long: expect_signed_, \
			unsigned char: expect_unsigned_, \
			unsigned short: expect_unsigned_, \
			unsigned int: expect_unsigned_, \
			unsigned long: expect_unsigned_, \
			unsigned long long: expect_unsigned_, \
			pa_t: expect_pa_, \
			va_t: expect_va_, \
			default: expect_pointer_)(v), \
		sizeof(v))
/* clang-format on */

#define EXPECT_COMPARE_(text, op, got, want) \
	expect_compare(__FILE__, __LINE__, text, op, EXPECT_VALUE_(got), EXPECT_VALUE_(want))

#define EXPECT_EQ(got, want) EXPECT_COMPARE_("EXPECT_EQ(" #got ", " #want ")", EXPECT_OP_EQ, got, want)
#define EXPECT_NE(got, want) EXPECT_COMPARE_("EXPECT_NE(" #got ", " #want ")", EXPECT_OP_NE, got, want)
#define EXPECT_LT(got, want) EXPECT_COMPARE_("EXPECT_LT(" #got ", " #want ")", EXPECT_OP_LT, got, want)
#define EXPECT_LE(got, want) EXPECT_COMPARE_("EXPECT_LE(" #got ", " #want ")", EXPECT_OP_LE, got, want)
#define EXPECT_GT(got, want) EXPECT_COMPARE_("EXPECT_GT(" #got ", " #want ")", EXPECT_OP_GT, got, want)
#define EXPECT_GE(got, want) EXPECT_COMPARE_("EXPECT_GE(" #got ", " #want ")", EXPECT_OP_GE, got, want)

#define EXPECT_TRUE(condition)  expect_bool(__FILE__, __LINE__, "EXPECT_TRUE(" #condition ")", !!(condition), true)
#define EXPECT_FALSE(condition) expect_bool(__FILE__, __LINE__, "EXPECT_FALSE(" #condition ")", !!(condition), false)

#define EXPECT_STREQ(got, want) expect_streq(__FILE__, __LINE__, "EXPECT_STREQ(" #got ", " #want ")", got, want)
#define EXPECT_MEMEQ(got, want, size) \
	expect_memeq(__FILE__, __LINE__, "EXPECT_MEMEQ(" #got ", " #want ", " #size ")", got, want, size)

#define ASSERT_(held) ((held) ? (void)0 : test_abort())

#define ASSERT_EQ(got, want) ASSERT_(EXPECT_COMPARE_("ASSERT_EQ(" #got ", " #want ")", EXPECT_OP_EQ, got, want))
#define ASSERT_NE(got, want) ASSERT_(EXPECT_COMPARE_("ASSERT_NE(" #got ", " #want ")", EXPECT_OP_NE, got, want))
#define ASSERT_LT(got, want) ASSERT_(EXPECT_COMPARE_("ASSERT_LT(" #got ", " #want ")", EXPECT_OP_LT, got, want))
#define ASSERT_LE(got, want) ASSERT_(EXPECT_COMPARE_("ASSERT_LE(" #got ", " #want ")", EXPECT_OP_LE, got, want))
#define ASSERT_GT(got, want) ASSERT_(EXPECT_COMPARE_("ASSERT_GT(" #got ", " #want ")", EXPECT_OP_GT, got, want))
#define ASSERT_GE(got, want) ASSERT_(EXPECT_COMPARE_("ASSERT_GE(" #got ", " #want ")", EXPECT_OP_GE, got, want))

#define ASSERT_TRUE(condition) \
	ASSERT_(expect_bool(__FILE__, __LINE__, "ASSERT_TRUE(" #condition ")", !!(condition), true))
#define ASSERT_FALSE(condition) \
	ASSERT_(expect_bool(__FILE__, __LINE__, "ASSERT_FALSE(" #condition ")", !!(condition), false))

#define ASSERT_STREQ(got, want) \
	ASSERT_(expect_streq(__FILE__, __LINE__, "ASSERT_STREQ(" #got ", " #want ")", got, want))
#define ASSERT_MEMEQ(got, want, size) \
	ASSERT_(expect_memeq(__FILE__, __LINE__, "ASSERT_MEMEQ(" #got ", " #want ", " #size ")", got, want, size))

#define SKIP(...) (test_skip(__VA_ARGS__), test_abort())
#define FAIL(...) test_fail(__FILE__, __LINE__, __VA_ARGS__)
#define INFO(...) ktap_comment(__VA_ARGS__)

/* See ktap.h. */
void ktap_comment(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
