/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device accesses on the host: the test that links a driver is the device.
 */
#ifndef ARCH_IO_H
#define ARCH_IO_H

#include <stdint.h>

uint8_t io_read8(uint64_t address);
uint16_t io_read16(uint64_t address);
uint32_t io_read32(uint64_t address);
void io_write8(uint64_t address, uint8_t value);
void io_write16(uint64_t address, uint16_t value);
void io_write32(uint64_t address, uint32_t value);

#endif
