// SPDX-License-Identifier: GPL-2.0-or-later
/* The UART drivers: at which addresses, how wide, and that they wait for room. */
#include <glib.h>
#include <string.h>

#include "../../../dev/uart.h"

#include <arch/io.h>

static char sent[64];
static unsigned int busy; /* how often the device still says that it has no room */
static int received;      /* a byte that waits to be read, or -1 */
static struct machine_uart uart;

struct device {
	unsigned int width;
	uint64_t data, status;
	uint32_t room, idle; /* values of the status register */
	uint32_t no_room, not_idle;
	uint64_t control; /* 0: none */
	uint32_t control_value;
	uint32_t something, nothing; /* bits of the status register: a byte waits, none does */
};
static struct device device;

static uint32_t read_register(uint64_t address, unsigned int width)
{
	g_assert_cmpuint(width, ==, device.width);
	if (device.control && address == device.control)
		return device.control_value;
	if (address == device.data) {
		int byte = received;

		/* Nothing may be read while there is nothing. */
		g_assert_cmpint(byte, >=, 0);
		received = -1;
		return (uint32_t)byte | 0xf00; /* PL011: the error bits above it */
	}
	g_assert_cmphex(address, ==, device.status);
	if (busy) {
		busy--;
		return device.no_room | device.not_idle;
	}
	return device.room | device.idle | (received < 0 ? device.nothing : device.something);
}

static void write_register(uint64_t address, uint32_t value, unsigned int width)
{
	g_assert_cmpuint(width, ==, device.width);
	if (device.control && address == device.control) {
		device.control_value = value;
		return;
	}
	g_assert_cmphex(address, ==, device.data);
	/* Nothing may be sent while there is no room. */
	g_assert_cmpuint(busy, ==, 0);
	sent[strlen(sent)] = (char)value;
}

uint8_t io_read8(uint64_t address)
{
	return (uint8_t)read_register(address, 1);
}

uint16_t io_read16(uint64_t address)
{
	return (uint16_t)read_register(address, 2);
}

uint32_t io_read32(uint64_t address)
{
	return read_register(address, 4);
}

void io_write8(uint64_t address, uint8_t value)
{
	write_register(address, value, 1);
}

void io_write16(uint64_t address, uint16_t value)
{
	write_register(address, value, 2);
}

void io_write32(uint64_t address, uint32_t value)
{
	write_register(address, value, 4);
}

static void send(const struct uart_driver *driver)
{
	memset(sent, 0, sizeof(sent));
	driver->init(&uart);
	for (const char *c = "ok 1\n"; *c; c++) {
		busy = 3;
		driver->put(&uart, *c);
	}
	busy = 5;
	driver->flush(&uart);
	g_assert_cmpuint(busy, ==, 0);
	g_assert_cmpstr(sent, ==, "ok 1\n");
}

static void receive(const struct uart_driver *driver)
{
	received = -1;
	g_assert_cmpint(driver->get(&uart), ==, -1);
	received = 0xe4;
	g_assert_cmpint(driver->get(&uart), ==, 0xe4);
	g_assert_cmpint(driver->get(&uart), ==, -1);
}

static void test_pl011(void)
{
	uart = (struct machine_uart){.type = UART_PL011, .base = 0x9000000};
	/* UARTFR: TXFF and BUSY; UARTCR as after reset, receive and transmit on but the UART off. */
	device = (struct device){4, 0x9000000, 0x9000018, 0, 0, 1u << 5, 1u << 3, 0x9000030, 0x300, .nothing = 1u << 4};
	received = -1;
	send(&uart_pl011);
	receive(&uart_pl011);
	g_assert_cmphex(device.control_value & 0x301, ==, 0x301);
}

static void test_16550(gconstpointer data)
{
	unsigned int width = GPOINTER_TO_UINT(data) & 15, shift = GPOINTER_TO_UINT(data) >> 4;

	uart = (struct machine_uart){
		.type = UART_16550, .base = 0x3f8000, .reg_shift = (uint8_t)shift, .io_width = (uint8_t)width};
	/* LSR: THRE and TEMT. */
	device = (struct device){width, 0x3f8000, 0x3f8000 + (5u << shift), 0x20, 0x40, 0, 0, 0, 0, .something = 1};
	received = -1;
	send(&uart_16550);
	receive(&uart_16550);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/uart/pl011", test_pl011);
	g_test_add_data_func("/uart/16550/bytes", GUINT_TO_POINTER(0 << 4 | 1), test_16550);
	g_test_add_data_func("/uart/16550/shift2", GUINT_TO_POINTER(2 << 4 | 1), test_16550);
	g_test_add_data_func("/uart/16550/shift1_width2", GUINT_TO_POINTER(1 << 4 | 2), test_16550);
	g_test_add_data_func("/uart/16550/shift2_width4", GUINT_TO_POINTER(2 << 4 | 4), test_16550);
	return g_test_run();
}
