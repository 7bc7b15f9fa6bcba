/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * acpi_writer.h - makes ACPI tables in a piece of fake physical memory: for tests, fuzzers and their seeds.
 *
 * The tables lie one behind the other from ACPI_BASE, each at an odd address on purpose. Needs nothing but memcpy.
 */
#ifndef ACPI_WRITER_H
#define ACPI_WRITER_H

#include <stdint.h>
#include <string.h>

#define ACPI_BASE 0x100001u
#define ACPI_ROOM 65536u

struct acpi_writer {
	uint8_t bytes[ACPI_ROOM];
	uint32_t used;
	uint64_t listed[32];
	unsigned count;
};

static inline void put_le(uint8_t *to, uint64_t value, unsigned bytes)
{
	for (; bytes; bytes--, value >>= 8)
		*to++ = (uint8_t)value;
}

static inline void fix_checksum(uint8_t *bytes, uint32_t size, uint32_t at)
{
	uint8_t sum = 0;

	bytes[at] = 0;
	for (uint32_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + bytes[i]);
	bytes[at] = (uint8_t)-sum;
}

/* Adds a table of this signature and revision with `size` bytes after its header, and lists it; returns its bytes, the
 * header included, or NULL if there is no room. */
static inline uint8_t *acpi_table(
	struct acpi_writer *w, const char *signature, uint8_t revision, const void *body, uint32_t size)
{
	uint8_t *table = w->bytes + w->used;

	if (size > ACPI_ROOM - 400 || w->used + size + 36 > ACPI_ROOM - 400 || w->count == 32)
		return NULL;
	memset(table, 0, 36);
	memcpy(table, signature, 4);
	put_le(table + 4, 36 + size, 4);
	table[8] = revision;
	memcpy(table + 10, "LIMPIDTESTS", 11);
	if (size)
		memmove(table + 36, body, size);
	fix_checksum(table, 36 + size, 9);
	w->listed[w->count++] = ACPI_BASE + w->used;
	w->used += 36 + size;
	return table;
}

/* Adds the XSDT of what is listed (or with `entry_bytes` 4 the RSDT), and an RSDP; returns the RSDP's address. */
static inline uint64_t acpi_finish(struct acpi_writer *w, unsigned entry_bytes)
{
	uint8_t *list = w->bytes + w->used, *rsdp;
	uint32_t size = 36 + w->count * entry_bytes;
	uint64_t address = ACPI_BASE + w->used;

	memset(list, 0, 36);
	memcpy(list, entry_bytes == 8 ? "XSDT" : "RSDT", 4);
	put_le(list + 4, size, 4);
	list[8] = 1;
	for (unsigned i = 0; i < w->count; i++)
		put_le(list + 36 + i * entry_bytes, w->listed[i], entry_bytes);
	fix_checksum(list, size, 9);
	w->used += size;

	rsdp = w->bytes + w->used;
	memset(rsdp, 0, 36);
	memcpy(rsdp, "RSD PTR ", 8);
	rsdp[15] = 2;
	put_le(rsdp + 16, entry_bytes == 4 ? address : 0, 4);
	put_le(rsdp + 20, 36, 4);
	put_le(rsdp + 24, entry_bytes == 8 ? address : 0, 8);
	fix_checksum(rsdp, 20, 8);
	fix_checksum(rsdp, 36, 32);
	w->used += 36;
	return ACPI_BASE + w->used - 36;
}

#endif
