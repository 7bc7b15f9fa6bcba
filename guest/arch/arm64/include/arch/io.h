/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device accesses: one plain LDR or STR each, in assembly, because a compiler may merge two of them or choose a form
 * with write-back, which a hypervisor cannot emulate: the syndrome of the abort does not describe it (Arm ARM, "ISS
 * encoding for an exception from a Data Abort", ISV).
 *
 * They are ordered among themselves for one device by Device memory itself. Order against Normal memory is the
 * caller's.
 */
#ifndef ARCH_IO_H
#define ARCH_IO_H

#include <stdint.h>

#define IO_ACCESSORS(type, suffix, ldr, str, w)                                             \
	static inline type io_read##suffix(uint64_t address)                                \
	{                                                                                   \
		type value;                                                                 \
		asm volatile(ldr " %" w "0, [%1]" : "=r"(value) : "r"(address) : "memory"); \
		return value;                                                               \
	}                                                                                   \
	static inline void io_write##suffix(uint64_t address, type value)                   \
	{                                                                                   \
		asm volatile(str " %" w "0, [%1]" ::"rZ"(value), "r"(address) : "memory");  \
	}

IO_ACCESSORS(uint8_t, 8, "ldrb", "strb", "w")
IO_ACCESSORS(uint16_t, 16, "ldrh", "strh", "w")
IO_ACCESSORS(uint32_t, 32, "ldr", "str", "w")
IO_ACCESSORS(uint64_t, 64, "ldr", "str", "x")

#endif
