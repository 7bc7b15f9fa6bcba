/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console: where printf() goes. Before the UART is known the text waits in a buffer.
 */
#ifndef LIMPID_CONSOLE_H
#define LIMPID_CONSOLE_H

#include <stddef.h>

/* Writes text; a line feed becomes CR LF. From any CPU, with the MMU on or off: one call is not torn apart by another
 * CPU's. */
void console_write(const char *text, size_t size);

/* A byte that somebody sent, or -1 when none is there. One CPU at a time. */
int console_read(void);

/* Starts the machine's UART, whose registers must be mapped, and lets out what waited. */
void console_init(void);

/* From here on no lock is taken: for the last words of a machine that is about to end. */
void console_without_lock(void);

/* Returns when the last character has left the UART. */
void console_flush(void);

#endif
