/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <limpid/console.h>
#include <limpid/boot.h>
#include <limpid/spinlock.h>
#include <limpid/string.h>
#include "uart.h"

static struct spinlock lock;
static bool without_lock;
static const struct uart_driver *driver;
static char early[2048];
static size_t early_size;

static void put_text(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\n')
			driver->put(&machine.uart, '\r');
		driver->put(&machine.uart, text[i]);
	}
}

void console_write(const char *text, size_t size)
{
	if (!without_lock)
		spin_lock(&lock);
	if (driver) {
		put_text(text, size);
	} else {
		/* What does not fit is lost: the end of a boot that goes wrong matters less than its beginning. */
		size = MIN(size, sizeof(early) - early_size);
		memcpy(early + early_size, text, size);
		early_size += size;
	}
	if (!without_lock)
		spin_unlock(&lock);
}

void console_init(void)
{
	switch (machine.uart.type) {
	case UART_PL011:
	case UART_SBSA:
		driver = &uart_pl011;
		break;
	case UART_16550:
		driver = &uart_16550;
		break;
	default:
		return;
	}
	driver->init(&machine.uart);
	put_text(early, early_size);
	early_size = 0;
}

int console_read(void)
{
	return driver ? driver->get(&machine.uart) : -1;
}

void console_without_lock(void)
{
	without_lock = true;
}

void console_flush(void)
{
	if (driver)
		driver->flush(&machine.uart);
}
