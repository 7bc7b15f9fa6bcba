/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * string.h - memory and strings: the part of C's <string.h> that the guest uses, and strlcpy.
 *
 * Every access is naturally aligned and made by a general register, so all of it works with the MMU off and on Device
 * memory. Copies go by 8 bytes where source and destination are equally aligned and by bytes where they are not; they
 * promise nothing about the size or order of accesses, so they are not for device registers. The compiler calls
 * memcpy, memmove, memset and memcmp by itself; that is why they carry C's names. Source: GCC manual, "Language
 * Standards Supported by GCC" (freestanding environment).
 */
#ifndef LIMPID_STRING_H
#define LIMPID_STRING_H

#include <limpid/types.h>

/* Host builds test these functions beside the C library's: give ours names of their own. */
#ifdef LIMPID_HOST
#define memcpy  limpid_memcpy
#define memmove limpid_memmove
#define memset  limpid_memset
#define memcmp  limpid_memcmp
#define memchr  limpid_memchr
#define strlen  limpid_strlen
#define strnlen limpid_strnlen
#define strcmp  limpid_strcmp
#define strncmp limpid_strncmp
#define strchr  limpid_strchr
#define strrchr limpid_strrchr
#define strstr  limpid_strstr
#define strlcpy limpid_strlcpy
#define strlcat limpid_strlcat
#endif

/* As C defines them. Source: ISO C11, 7.24 String handling. */
void *memcpy(void *restrict dst, const void *restrict src, size_t size);
void *memmove(void *dst, const void *src, size_t size);
void *memset(void *dst, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memchr(const void *memory, int byte, size_t size);
size_t strlen(const char *string);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);
char *strchr(const char *string, int c);
char *strrchr(const char *string, int c);
char *strstr(const char *string, const char *what);

/* The length of `string`, reading no more than `size` bytes; `size` if there is no NUL among them. Source: POSIX. */
size_t strnlen(const char *string, size_t size);

/* Copies as much of `src` as fits and ends it with a NUL; `size` counts the NUL, 0 writes nothing. Returns the length
 * of `src`: a result of `size` or more means that the copy was cut. Source: POSIX.1-2024, strlcpy. */
size_t strlcpy(char *restrict dst, const char *restrict src, size_t size);
/* The same at the end of `dst`; returns the length that it tried to make. Source: POSIX.1-2024, strlcat. */
size_t strlcat(char *restrict dst, const char *restrict src, size_t size);

/* Whether `string` starts with `prefix`. */
bool str_starts_with(const char *string, const char *prefix);

#endif
