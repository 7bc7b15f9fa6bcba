/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm PrimeCell UART, and the SBSA Generic UART, which is a subset that has no control register to switch on.
 *
 * Source: PrimeCell UART (PL011) Technical Reference Manual (DDI 0183), "Register descriptions".
 */
#include <arch/io.h>
#include "uart.h"

#define UARTDR      0x000
#define UARTFR      0x018
#define UARTFR_BUSY (1u << 3)
#define UARTFR_RXFE (1u << 4)
#define UARTFR_TXFF (1u << 5)
#define UARTCR      0x030
#define UARTCR_ON   0x301 /* RXE, TXE, UARTEN */

static void init(const struct machine_uart *uart)
{
	uint32_t control = io_read32(uart->base + UARTCR);

	if ((control & UARTCR_ON) != UARTCR_ON)
		io_write32(uart->base + UARTCR, control | UARTCR_ON);
}

static void put(const struct machine_uart *uart, char c)
{
	while (io_read32(uart->base + UARTFR) & UARTFR_TXFF)
		;
	io_write32(uart->base + UARTDR, (unsigned char)c);
}

static int get(const struct machine_uart *uart)
{
	return io_read32(uart->base + UARTFR) & UARTFR_RXFE ? -1 : (int)(io_read32(uart->base + UARTDR) & 0xff);
}

static void flush(const struct machine_uart *uart)
{
	while (io_read32(uart->base + UARTFR) & UARTFR_BUSY)
		;
}

const struct uart_driver uart_pl011 = {init, put, get, flush};
