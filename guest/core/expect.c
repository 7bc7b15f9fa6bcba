// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Expectations: comparing, and saying what was found instead. What the running test came to is in runner.c; here only
 * text is made.
 */
#include <limpid/expect.h>
#include <limpid/ktap.h>
#include <limpid/string.h>

static enum expect_kind kind_of(struct expect_value value)
{
	return value.type & 7;
}

static unsigned size_of(struct expect_value value)
{
	return (unsigned)(value.type >> 3);
}

/* The bits of a value as its own type has them. */
static uint64_t own_bits(struct expect_value value)
{
	unsigned size = size_of(value);

	return size < 8 ? value.bits & ((UINT64_C(1) << (8 * size)) - 1) : value.bits;
}

/*
 * As C's ==: promote to at least int, then, if only one is signed, the unsigned one wins unless the signed type is
 * wider. Source: ISO C11, 6.3.1.8 Usual arithmetic conversions.
 */
static bool values_equal(struct expect_value a, struct expect_value b)
{
	bool a_signed = kind_of(a) == EXPECT_SIGNED_ || size_of(a) < sizeof(int);
	bool b_signed = kind_of(b) == EXPECT_SIGNED_ || size_of(b) < sizeof(int);
	unsigned a_size = size_of(a) < sizeof(int) ? sizeof(int) : size_of(a);
	unsigned b_size = size_of(b) < sizeof(int) ? sizeof(int) : size_of(b);

	/* The conversion to a 32-bit unsigned type cuts what sign extension added; all others keep the bits. */
	if (a_size == 4 && b_size == 4 && a_signed != b_signed)
		return (uint32_t)a.bits == (uint32_t)b.bits;
	return a.bits == b.bits;
}

/* As numbers: what is negative is less than whatever is unsigned. */
static bool value_less(struct expect_value a, struct expect_value b)
{
	bool a_negative = kind_of(a) == EXPECT_SIGNED_ && (int64_t)a.bits < 0;
	bool b_negative = kind_of(b) == EXPECT_SIGNED_ && (int64_t)b.bits < 0;

	if (a_negative != b_negative)
		return a_negative;
	return a.bits < b.bits;
}

/* Three texts of this length make a line's values; a value's longest is "-9223372036854775808 (0x8000000000000000)". */
#define VALUE_TEXT 48

static const char *value_text(char *buffer, struct expect_value value)
{
	switch (kind_of(value)) {
	case EXPECT_BOOL_:
		return value.bits ? "true" : "false";
	case EXPECT_SIGNED_:
		snprintf(buffer, VALUE_TEXT, "%" PRId64 " (0x%" PRIx64 ")", (int64_t)value.bits, own_bits(value));
		break;
	case EXPECT_UNSIGNED_:
		snprintf(buffer, VALUE_TEXT, "%" PRIu64 " (0x%" PRIx64 ")", value.bits, value.bits);
		break;
	case EXPECT_ADDRESS_:
		snprintf(buffer, VALUE_TEXT, "0x%" PRIx64, value.bits);
		break;
	}
	return buffer;
}

/* What the second value is, said of the first. */
static const char *op_words(enum expect_op op)
{
	switch (op) {
	case EXPECT_OP_EQ:
		return "";
	case EXPECT_OP_NE:
		return "other than ";
	case EXPECT_OP_LT:
		return "less than ";
	case EXPECT_OP_LE:
		return "at most ";
	case EXPECT_OP_GT:
		return "more than ";
	case EXPECT_OP_GE:
		return "at least ";
	}
	return "";
}

bool expect_compare(const char *file, unsigned line, const char *text, enum expect_op op, struct expect_value got,
	struct expect_value want)
{
	char got_text[VALUE_TEXT], want_text[VALUE_TEXT];
	bool held = false;

	switch (op) {
	case EXPECT_OP_EQ:
		held = values_equal(got, want);
		break;
	case EXPECT_OP_NE:
		held = !values_equal(got, want);
		break;
	case EXPECT_OP_LT:
		held = value_less(got, want);
		break;
	case EXPECT_OP_LE:
		held = !value_less(want, got);
		break;
	case EXPECT_OP_GT:
		held = value_less(want, got);
		break;
	case EXPECT_OP_GE:
		held = !value_less(got, want);
		break;
	}
	if (held)
		return true;
	ktap_diagnostic(file, line, "%s: got %s, want %s%s", text, value_text(got_text, got), op_words(op),
		value_text(want_text, want));
	test_fail_record(file, line);
	return false;
}

bool expect_bool(const char *file, unsigned line, const char *text, bool got, bool want)
{
	if (got == want)
		return true;
	ktap_diagnostic(file, line, "%s: got %s, want %s", text, got ? "true" : "false", want ? "true" : "false");
	test_fail_record(file, line);
	return false;
}

bool expect_streq(const char *file, unsigned line, const char *text, const char *got, const char *want)
{
	if (got == want || (got && want && !strcmp(got, want)))
		return true;
	ktap_diagnostic(file, line, "%s: got %s%.80s%s, want %s%.80s%s", text, got ? "\"" : "", got ? got : "NULL",
		got ? "\"" : "", want ? "\"" : "", want ? want : "NULL", want ? "\"" : "");
	test_fail_record(file, line);
	return false;
}

bool expect_memeq(const char *file, unsigned line, const char *text, const void *got, const void *want, size_t size)
{
	const uint8_t *g = got, *w = want;
	size_t first = 0, different = 0;

	if (!memcmp(got, want, size))
		return true;
	for (size_t i = 0; i < size; i++) {
		if (g[i] == w[i])
			continue;
		if (!different++)
			first = i;
	}
	ktap_diagnostic(file, line, "%s: %zu of %zu bytes differ, first at offset %zu (0x%zx): got 0x%02x, want 0x%02x",
		text, different, size, first, first, g[first], w[first]);
	test_fail_record(file, line);
	return false;
}

void test_fail(const char *file, unsigned line, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	ktap_vdiagnostic(file, line, fmt, args);
	va_end(args);
	test_fail_record(file, line);
}
