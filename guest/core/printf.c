// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Formatted output. One pass over the format; text goes to the caller in pieces through a small buffer on the stack, so
 * that a console gets few and long writes.
 *
 * Source: ISO C11, 7.21.6.1 The fprintf function; what is left out is said in printf.h.
 */
#include <limpid/printf.h>
#include <limpid/string.h>

struct output {
	format_emit *emit;
	void *context;
	size_t total;
	unsigned used;
	char buffer[96];
};

static void output_flush(struct output *out)
{
	if (out->used)
		out->emit(out->context, out->buffer, out->used);
	out->used = 0;
}

static void output_char(struct output *out, char c)
{
	if (out->used == sizeof(out->buffer))
		output_flush(out);
	out->buffer[out->used++] = c;
	out->total++;
}

static void output_text(struct output *out, const char *text, size_t length)
{
	while (length--)
		output_char(out, *text++);
}

static void output_fill(struct output *out, char c, int count)
{
	while (count-- > 0)
		output_char(out, c);
}

#define FLAG_LEFT      0x01u
#define FLAG_ZERO      0x02u
#define FLAG_ALTERNATE 0x04u
#define FLAG_PLUS      0x08u
#define FLAG_SPACE     0x10u

struct spec {
	unsigned flags;
	int width;
	int precision; /* -1: none */
	int length;    /* bytes of an integer argument: 1, 2, 4 or 8 */
};

/* `prefix` is the sign or the base; digits are in reverse order. */
static void output_number(
	struct output *out, const struct spec *spec, const char *prefix, const char *digits, int digit_count)
{
	int prefix_length = (int)strlen(prefix);
	int zeroes = spec->precision > digit_count ? spec->precision - digit_count : 0;
	int padding;

	/* As in C: a precision says how many digits there are, so the flag 0 has nothing to say. */
	if ((spec->flags & FLAG_ZERO) && !(spec->flags & FLAG_LEFT) && spec->precision < 0 &&
		spec->width > prefix_length + digit_count)
		zeroes = spec->width - prefix_length - digit_count;
	padding = spec->width - prefix_length - zeroes - digit_count;
	if (!(spec->flags & FLAG_LEFT))
		output_fill(out, ' ', padding);
	output_text(out, prefix, (size_t)prefix_length);
	output_fill(out, '0', zeroes);
	while (digit_count)
		output_char(out, digits[--digit_count]);
	if (spec->flags & FLAG_LEFT)
		output_fill(out, ' ', padding);
}

static void output_unsigned(
	struct output *out, const struct spec *spec, uint64_t value, unsigned base, bool upper, const char *sign)
{
	char digits[23]; /* 64 bits in octal, and the 0 in front */
	int count = 0;
	const char *prefix = sign;
	uint64_t rest = value;

	for (; rest; rest /= base) {
		unsigned digit = (unsigned)(rest % base);

		digits[count++] = (char)(digit < 10 ? '0' + digit : (upper ? 'A' : 'a') + digit - 10);
	}
	/* Zero has one digit, and none with a precision of 0. */
	if (!count && spec->precision != 0)
		digits[count++] = '0';
	if (spec->flags & FLAG_ALTERNATE) {
		if (base == 16 && value)
			prefix = upper ? "0X" : "0x";
		else if (base == 8 && (!count || digits[count - 1] != '0'))
			digits[count++] = '0';
	}
	output_number(out, spec, prefix, digits, count);
}

static void output_signed(struct output *out, const struct spec *spec, int64_t value)
{
	const char *sign = value < 0 ? "-" : spec->flags & FLAG_PLUS ? "+" : spec->flags & FLAG_SPACE ? " " : "";
	struct spec plain = *spec;

	plain.flags &= ~FLAG_ALTERNATE;
	output_unsigned(out, &plain, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, false, sign);
}

static void output_string(struct output *out, const struct spec *spec, const char *string, size_t length)
{
	int padding = length < (size_t)(spec->width > 0 ? spec->width : 0) ? spec->width - (int)length : 0;

	if (!(spec->flags & FLAG_LEFT))
		output_fill(out, ' ', padding);
	output_text(out, string, length);
	if (spec->flags & FLAG_LEFT)
		output_fill(out, ' ', padding);
}

static const char *parse_flags(const char *f, struct spec *spec)
{
	for (;; f++) {
		switch (*f) {
		case '-':
			spec->flags |= FLAG_LEFT;
			break;
		case '0':
			spec->flags |= FLAG_ZERO;
			break;
		case '#':
			spec->flags |= FLAG_ALTERNATE;
			break;
		case '+':
			spec->flags |= FLAG_PLUS;
			break;
		case ' ':
			spec->flags |= FLAG_SPACE;
			break;
		default:
			return f;
		}
	}
}

/* More than any line is long, so that a wild width cannot hold up the console for hours. */
#define MAX_WIDTH 4096

static const char *parse_width(const char *f, int *width)
{
	for (*width = 0; *f >= '0' && *f <= '9'; f++)
		if (*width < MAX_WIDTH)
			*width = *width * 10 + (*f - '0');
	*width = *width > MAX_WIDTH ? MAX_WIDTH : *width;
	return f;
}

static const char *parse_length(const char *f, struct spec *spec)
{
	switch (*f) {
	case 'h':
		spec->length = f[1] == 'h' ? 1 : 2;
		return f + (f[1] == 'h' ? 2 : 1);
	case 'l':
		spec->length = f[1] == 'l' ? sizeof(long long) : sizeof(long);
		return f + (f[1] == 'l' ? 2 : 1);
	case 'z':
		spec->length = sizeof(size_t);
		return f + 1;
	case 't':
		spec->length = sizeof(ptrdiff_t);
		return f + 1;
	case 'j':
		spec->length = sizeof(intmax_t);
		return f + 1;
	default:
		spec->length = sizeof(int);
		return f;
	}
}

/* va_list may be an array, of which a function gets a pointer: in a struct it is passed by address everywhere. */
struct arguments {
	va_list list;
};

static uint64_t fetch_unsigned(struct arguments *args, int length)
{
	switch (length) {
	case 1:
		return (unsigned char)va_arg(args->list, unsigned int);
	case 2:
		return (unsigned short)va_arg(args->list, unsigned int);
	case 4:
		return va_arg(args->list, unsigned int);
	default:
		return va_arg(args->list, unsigned long long);
	}
}

static int64_t fetch_signed(struct arguments *args, int length)
{
	switch (length) {
	case 1:
		return (signed char)va_arg(args->list, int);
	case 2:
		return (short)va_arg(args->list, int);
	case 4:
		return va_arg(args->list, int);
	default:
		return va_arg(args->list, long long);
	}
}

/* Handles what follows a '%'; returns where the format goes on. */
static const char *output_conversion(struct output *out, const char *f, struct arguments *args)
{
	const char *start = f;
	struct spec spec = {.precision = -1};
	const char *string;
	char c;

	f = parse_flags(f, &spec);
	if (*f == '*') {
		spec.width = va_arg(args->list, int);
		if (spec.width < 0) {
			spec.flags |= FLAG_LEFT;
			spec.width = spec.width < -MAX_WIDTH ? MAX_WIDTH : -spec.width;
		}
		spec.width = spec.width > MAX_WIDTH ? MAX_WIDTH : spec.width;
		f++;
	} else {
		f = parse_width(f, &spec.width);
	}
	if (*f == '.') {
		f++;
		if (*f == '*') {
			spec.precision = va_arg(args->list, int);
			f++;
		} else {
			/* A string may be longer than any width: its precision is only ever an upper bound. */
			f = parse_width(f, &spec.precision);
		}
		if (spec.precision < 0)
			spec.precision = -1;
	}
	f = parse_length(f, &spec);

	switch (*f) {
	case 'd':
	case 'i':
		spec.precision = spec.precision > MAX_WIDTH ? MAX_WIDTH : spec.precision;
		output_signed(out, &spec, fetch_signed(args, spec.length));
		break;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		spec.precision = spec.precision > MAX_WIDTH ? MAX_WIDTH : spec.precision;
		output_unsigned(out, &spec, fetch_unsigned(args, spec.length),
			*f == 'u'   ? 10
			: *f == 'o' ? 8
				    : 16,
			*f == 'X', "");
		break;
	case 'p':
		/* All digits, so that columns line up and a small number does not look like one. */
		spec.precision = 2 * (int)sizeof(void *);
		spec.flags &= ~(FLAG_ALTERNATE | FLAG_ZERO);
		output_unsigned(out, &spec, (uintptr_t)va_arg(args->list, void *), 16, false, "0x");
		break;
	case 'c':
		c = (char)va_arg(args->list, int);
		output_string(out, &spec, &c, 1);
		break;
	case 's':
		string = va_arg(args->list, const char *);
		if (!string)
			string = "(null)";
		output_string(out, &spec, string,
			spec.precision >= 0 ? strnlen(string, (size_t)spec.precision) : strlen(string));
		break;
	case '%':
		output_char(out, '%');
		break;
	default:
		/* Unknown: show it. The format may end here, so its last byte is left for the caller to see. */
		output_char(out, '%');
		output_text(out, start, (size_t)(f - start));
		return f;
	}
	return f + 1;
}

size_t format(format_emit *emit, void *context, const char *fmt, va_list list)
{
	struct output out = {.emit = emit, .context = context};
	struct arguments args;

	va_copy(args.list, list);
	while (*fmt) {
		if (*fmt != '%')
			output_char(&out, *fmt++);
		else
			fmt = output_conversion(&out, fmt + 1, &args);
	}
	va_end(args.list);
	output_flush(&out);
	return out.total;
}

struct memory_output {
	char *next;
	size_t room; /* without the NUL */
};

static void emit_to_memory(void *context, const char *text, size_t length)
{
	struct memory_output *memory = context;

	length = length < memory->room ? length : memory->room;
	memcpy(memory->next, text, length);
	memory->next += length;
	memory->room -= length;
}

int vsnprintf(char *buffer, size_t size, const char *fmt, va_list args)
{
	struct memory_output memory = {.next = buffer, .room = size ? size - 1 : 0};
	size_t length = format(emit_to_memory, &memory, fmt, args);

	if (size)
		*memory.next = 0;
	return (int)length;
}

int snprintf(char *buffer, size_t size, const char *fmt, ...)
{
	va_list args;
	int length;

	va_start(args, fmt);
	length = vsnprintf(buffer, size, fmt, args);
	va_end(args);
	return length;
}

static void emit_to_console(void *context, const char *text, size_t length)
{
	(void)context;
	console_write(text, length);
}

int vprintf(const char *fmt, va_list args)
{
	return (int)format(emit_to_console, NULL, fmt, args);
}

int printf(const char *fmt, ...)
{
	va_list args;
	int length;

	va_start(args, fmt);
	length = vprintf(fmt, args);
	va_end(args);
	return length;
}
