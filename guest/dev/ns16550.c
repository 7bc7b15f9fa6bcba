/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 16550 and what is compatible: registers reg_shift apart, accessed io_width bytes wide.
 *
 * Source: PC16550D data sheet, "Registers"; Devicetree binding serial/8250.yaml, reg-shift and reg-io-width.
 */
#include <arch/io.h>
#include "uart.h"

#define THR      0
#define RBR      0
#define LSR      5
#define LSR_DR   0x01
#define LSR_THRE 0x20
#define LSR_TEMT 0x40

static uint8_t reg_read(const struct machine_uart *uart, unsigned int reg)
{
	uint64_t address = uart->base + ((uint64_t)reg << uart->reg_shift);

	return uart->io_width == 4 ? io_read32(address) : uart->io_width == 2 ? io_read16(address) : io_read8(address);
}

static void reg_write(const struct machine_uart *uart, unsigned int reg, uint8_t value)
{
	uint64_t address = uart->base + ((uint64_t)reg << uart->reg_shift);

	if (uart->io_width == 4)
		io_write32(address, value);
	else if (uart->io_width == 2)
		io_write16(address, value);
	else
		io_write8(address, value);
}

static void init(const struct machine_uart *uart)
{
	(void)uart;
}

static void put(const struct machine_uart *uart, char c)
{
	while (!(reg_read(uart, LSR) & LSR_THRE))
		;
	reg_write(uart, THR, c);
}

static int get(const struct machine_uart *uart)
{
	return reg_read(uart, LSR) & LSR_DR ? reg_read(uart, RBR) : -1;
}

static void flush(const struct machine_uart *uart)
{
	while (!(reg_read(uart, LSR) & LSR_TEMT))
		;
}

const struct uart_driver uart_16550 = {init, put, get, flush};
