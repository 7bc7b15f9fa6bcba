/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * printf.h - formatted output to memory and to the console.
 *
 * Understood: flags '-' '0' '#' '+' ' ', width and precision (numbers or '*'), lengths hh h l ll z t j, conversions
 * d i u x X o c s p %. %p prints 0x and at least 16 hexadecimal digits on a 64-bit machine; a NULL %s prints (null).
 * No floating point: the guest is built without SIMD registers. An unknown conversion is printed as it stands, and no
 * further argument is fetched, for its size is unknown. Needs no heap and no lock; about 200 bytes of stack. printf is
 * for what is outside the test protocol: a test uses INFO() of expect.h, which cannot break it.
 */
#ifndef LIMPID_PRINTF_H
#define LIMPID_PRINTF_H

#include <stdarg.h>
#include <limpid/types.h>

/* <inttypes.h> is not among the freestanding headers: the few that messages need. */
#ifndef PRIx64
#if __SIZEOF_LONG__ == 8
#define LIMPID_PRI64 "l"
#else
#define LIMPID_PRI64 "ll"
#endif
#define PRId64  LIMPID_PRI64 "d"
#define PRIu64  LIMPID_PRI64 "u"
#define PRIx64  LIMPID_PRI64 "x"
#define PRIX64  LIMPID_PRI64 "X"
#define PRId32  "d"
#define PRIu32  "u"
#define PRIx32  "x"
#define PRIuPTR "lu"
#define PRIxPTR "lx"
#endif

#ifdef LIMPID_HOST
#define printf    limpid_printf
#define vprintf   limpid_vprintf
#define snprintf  limpid_snprintf
#define vsnprintf limpid_vsnprintf
#endif

#define PRINTF_LIKE(fmt, first) __attribute__((format(__printf__, fmt, first)))

/* Takes `length` bytes of formatted text; not NUL-terminated. */
typedef void format_emit(void *context, const char *text, size_t length);

/* Formats, handing the text to `emit` in pieces; returns the number of bytes handed over. */
size_t format(format_emit *emit, void *context, const char *fmt, va_list args) PRINTF_LIKE(3, 0);

/* Writes at most `size` bytes, the last of them a NUL (nothing if `size` is 0); returns the length that the whole text
 * has, so a result of `size` or more means that it was cut. Source: ISO C11, 7.21.6.5 The snprintf function. */
int vsnprintf(char *buffer, size_t size, const char *fmt, va_list args) PRINTF_LIKE(3, 0);
int snprintf(char *buffer, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Formats to the console; returns the number of bytes. */
int vprintf(const char *fmt, va_list args) PRINTF_LIKE(1, 0);
int printf(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Provided by the console's driver: sends `length` bytes, in order. It may be called before a console is known. */
void console_write(const char *text, size_t length);

#endif
