// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory and strings. See string.h for what may be relied on.
 *
 * The compiler must not turn the loops below into calls of the functions that they are.
 */
#include <limpid/string.h>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

/* A word that may alias anything: these functions see objects of every type. */
typedef uint64_t __attribute__((may_alias)) word_t;

#define WORD        sizeof(word_t)
#define WORD_MASK   (WORD - 1)
#define BYTE_IN_ALL (~(word_t)0 / 0xff)

static bool mutually_aligned(const void *a, const void *b)
{
	return (((uintptr_t)a ^ (uintptr_t)b) & WORD_MASK) == 0;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t size)
{
	unsigned char *d = dst;
	const unsigned char *s = src;

	if (mutually_aligned(d, s)) {
		for (; size && ((uintptr_t)d & WORD_MASK); size--)
			*d++ = *s++;
		for (; size >= 4 * WORD; size -= 4 * WORD, d += 4 * WORD, s += 4 * WORD) {
			const word_t *from = (const word_t *)s;
			word_t *to = (word_t *)d;
			word_t w0 = from[0], w1 = from[1], w2 = from[2], w3 = from[3];

			to[0] = w0;
			to[1] = w1;
			to[2] = w2;
			to[3] = w3;
		}
		for (; size >= WORD; size -= WORD, d += WORD, s += WORD)
			*(word_t *)d = *(const word_t *)s;
	}
	while (size--)
		*d++ = *s++;
	return dst;
}

void *memmove(void *dst, const void *src, size_t size)
{
	unsigned char *d = dst;
	const unsigned char *s = src;

	/* One comparison: the destination lies before the source, or past its end. */
	if ((uintptr_t)d - (uintptr_t)s >= size) {
		/* Upwards, words included, nothing is overwritten before it is read. */
		if (mutually_aligned(d, s)) {
			for (; size && ((uintptr_t)d & WORD_MASK); size--)
				*d++ = *s++;
			for (; size >= WORD; size -= WORD, d += WORD, s += WORD)
				*(word_t *)d = *(const word_t *)s;
		}
		while (size--)
			*d++ = *s++;
		return dst;
	}
	d += size;
	s += size;
	if (mutually_aligned(d, s)) {
		for (; size && ((uintptr_t)d & WORD_MASK); size--)
			*--d = *--s;
		for (; size >= WORD; size -= WORD) {
			d -= WORD;
			s -= WORD;
			*(word_t *)d = *(const word_t *)s;
		}
	}
	while (size--)
		*--d = *--s;
	return dst;
}

void *memset(void *dst, int byte, size_t size)
{
	unsigned char *d = dst;
	word_t word = BYTE_IN_ALL * (unsigned char)byte;

	for (; size && ((uintptr_t)d & WORD_MASK); size--)
		*d++ = (unsigned char)byte;
	for (; size >= 4 * WORD; size -= 4 * WORD, d += 4 * WORD) {
		word_t *to = (word_t *)d;

		to[0] = word;
		to[1] = word;
		to[2] = word;
		to[3] = word;
	}
	for (; size >= WORD; size -= WORD, d += WORD)
		*(word_t *)d = word;
	while (size--)
		*d++ = (unsigned char)byte;
	return dst;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *p = a;
	const unsigned char *q = b;

	if (mutually_aligned(p, q)) {
		for (; size && ((uintptr_t)p & WORD_MASK); size--, p++, q++)
			if (*p != *q)
				return *p - *q;
		/* The bytes of the first words that differ are compared below. */
		for (; size >= WORD && *(const word_t *)p == *(const word_t *)q; size -= WORD) {
			p += WORD;
			q += WORD;
		}
	}
	for (; size; size--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

void *memchr(const void *memory, int byte, size_t size)
{
	const unsigned char *p = memory;

	for (; size; size--, p++)
		if (*p == (unsigned char)byte)
			return (void *)p;
	return NULL;
}

/* By bytes: reading a whole word could run past the end of a string into a page, or a device, that is not there. */
size_t strlen(const char *string)
{
	const char *end = string;

	while (*end)
		end++;
	return (size_t)(end - string);
}

size_t strnlen(const char *string, size_t size)
{
	size_t length = 0;

	while (length < size && string[length])
		length++;
	return length;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t size)
{
	for (; size && *a && *a == *b; size--) {
		a++;
		b++;
	}
	return size ? (unsigned char)*a - (unsigned char)*b : 0;
}

char *strchr(const char *string, int c)
{
	for (; *string != (char)c; string++)
		if (!*string)
			return NULL;
	return (char *)string;
}

char *strrchr(const char *string, int c)
{
	const char *last = NULL;

	do {
		if (*string == (char)c)
			last = string;
	} while (*string++);
	return (char *)last;
}

char *strstr(const char *string, const char *what)
{
	size_t length = strlen(what);

	do {
		if (!strncmp(string, what, length))
			return (char *)string;
	} while (*string++);
	return NULL;
}

size_t strlcpy(char *restrict dst, const char *restrict src, size_t size)
{
	size_t length = strlen(src);

	if (size) {
		size_t copied = length < size ? length : size - 1;

		memcpy(dst, src, copied);
		dst[copied] = 0;
	}
	return length;
}

size_t strlcat(char *restrict dst, const char *restrict src, size_t size)
{
	size_t length = strnlen(dst, size);

	return length + strlcpy(dst + length, src, size - length);
}

bool str_starts_with(const char *string, const char *prefix)
{
	while (*prefix)
		if (*string++ != *prefix++)
			return false;
	return true;
}
