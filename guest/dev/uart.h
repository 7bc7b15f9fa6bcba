/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UART drivers: polled, at the speed that the firmware left.
 */
#ifndef DEV_UART_H
#define DEV_UART_H

#include <limpid/machine.h>

struct uart_driver {
	void (*init)(const struct machine_uart *uart);
	void (*put)(const struct machine_uart *uart, char c);
	int (*get)(const struct machine_uart *uart); /* a byte that has come, or -1 */
	void (*flush)(const struct machine_uart *uart);
};

extern const struct uart_driver uart_pl011, uart_16550;

#endif
