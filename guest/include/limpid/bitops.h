/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bitops.h - bits, fields and bit maps.
 *
 * Pure arithmetic, and bit maps in ordinary memory. Nothing here is atomic: a map that several CPUs change needs a lock
 * around it. Usable anywhere, in any state of the machine.
 */
#ifndef LIMPID_BITOPS_H
#define LIMPID_BITOPS_H

#include <limpid/types.h>

/* Bits are numbered from 0; both work on 64 bits and are constant expressions. GENMASK(7, 4) is 0xf0. */
#define BIT(n)          (UINT64_C(1) << (n))
#define GENMASK(hi, lo) ((~UINT64_C(0) >> (63 - (hi))) & (~UINT64_C(0) << (lo)))

/* The lowest set bit of a mask: multiplying by it shifts a value into a field. A constant expression. */
#define MASK_LSB(mask) ((mask) & -(mask))

/* A field is named by its mask, which is not zero and without gaps. */
#define FIELD_GET(mask, value)  (((uint64_t)(value) & (uint64_t)(mask)) / MASK_LSB((uint64_t)(mask)))
#define FIELD_PREP(mask, field) (((uint64_t)(field)*MASK_LSB((uint64_t)(mask))) & (uint64_t)(mask))
#define FIELD_MAX(mask)         ((uint64_t)(mask) / MASK_LSB((uint64_t)(mask)))

/* `value` with the field under `mask` replaced by `field`. */
static inline uint64_t field_set(uint64_t value, uint64_t mask, uint64_t field)
{
	return (value & ~mask) | FIELD_PREP(mask, field);
}

/* One more than the index of the lowest set bit; 0 if none is set. */
static inline unsigned ffs64(uint64_t value)
{
	return value ? (unsigned)__builtin_ctzll(value) + 1 : 0;
}

/* One more than the index of the highest set bit; 0 if none is set. */
static inline unsigned fls64(uint64_t value)
{
	return value ? 64 - (unsigned)__builtin_clzll(value) : 0;
}

/* The number of set bits. Arithmetic, as the popcount instruction is one of SIMD's. */
static inline unsigned popcount64(uint64_t value)
{
	value -= (value >> 1) & UINT64_C(0x5555555555555555);
	value = (value & UINT64_C(0x3333333333333333)) + ((value >> 2) & UINT64_C(0x3333333333333333));
	value = (value + (value >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (unsigned)((value * UINT64_C(0x0101010101010101)) >> 56);
}

static inline bool is_power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

/* Floor of the binary logarithm; `value` is not 0. */
static inline unsigned log2_floor(uint64_t value)
{
	return fls64(value) - 1;
}

/* Ceiling of the binary logarithm; `value` is not 0. */
static inline unsigned log2_ceil(uint64_t value)
{
	return value > 1 ? fls64(value - 1) : 0;
}

/* Bit maps: bit n lives in word n / 64 at bit n % 64. */
#define BITMAP_WORDS(bits) (((bits) + 63) / 64)

static inline void set_bit(unsigned n, uint64_t *map)
{
	map[n / 64] |= BIT(n % 64);
}

static inline void clear_bit(unsigned n, uint64_t *map)
{
	map[n / 64] &= ~BIT(n % 64);
}

static inline bool test_bit(unsigned n, const uint64_t *map)
{
	return (map[n / 64] >> (n % 64)) & 1;
}

/* The first set bit at or after `from`, or `bits` if there is none. */
static inline unsigned find_next_bit(const uint64_t *map, unsigned bits, unsigned from)
{
	while (from < bits) {
		uint64_t word = map[from / 64] >> (from % 64);

		if (word) {
			from += ffs64(word) - 1;
			return from < bits ? from : bits;
		}
		from = (from / 64 + 1) * 64;
	}
	return bits;
}

#define for_each_set_bit(n, map, bits) \
	for ((n) = find_next_bit((map), (bits), 0); (n) < (bits); (n) = find_next_bit((map), (bits), (n) + 1))

#endif
