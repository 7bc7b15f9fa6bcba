/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check.h - what must not happen.
 *
 * CHECK guards what only a bug in limpid or in a test can break; what firmware, hardware or the user can bring about
 * has a result code instead. The machine is not usable after a panic: the architecture prints the text, the stack and
 * the "Bail out!" line, and powers off. Usable anywhere.
 */
#ifndef LIMPID_CHECK_H
#define LIMPID_CHECK_H

/* Provided by the architecture: says why, and ends everything. */
_Noreturn void panic(const char *fmt, ...) __attribute__((format(__printf__, 1, 2), cold));

/* Panics with the place and the text of the condition unless it holds. Evaluated once, never compiled out. */
#define CHECK(condition) ((condition) ? (void)0 : panic("%s:%d: CHECK(%s) failed", __FILE__, __LINE__, #condition))

/* The same with words of one's own: CHECK_MSG(n < max, "%u CPUs", n). */
#define CHECK_MSG(condition, fmt, ...) \
	((condition) ? (void)0 : panic("%s:%d: CHECK(%s) failed: " fmt, __FILE__, __LINE__, #condition, ##__VA_ARGS__))

#endif
