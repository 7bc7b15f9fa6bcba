/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * acpi.h - finds the ACPI tables that limpid reads, and checks them.
 *
 * Tables are reached by phys_window only, and read by bytes: they need not be aligned. A table that is returned is
 * wholly readable and its checksum is right. Source: ACPI Specification 6.5, 5.2.5 Root System Description Pointer
 * (RSDP), 5.2.6 System Description Table Header, 5.2.8 Extended System Description Table (XSDT).
 */
#ifndef LIMPID_ACPI_H
#define LIMPID_ACPI_H

#include <limpid/types.h>

#define ACPI_MAX_TABLE  (4u << 20) /* bytes; a MADT of 512 CPUs has 42 KiB */
#define ACPI_MAX_TABLES 512        /* entries of the XSDT that are looked at */

enum acpi_result {
	ACPI_OK,
	ACPI_NOT_FOUND,  /* there is no such table */
	ACPI_UNREADABLE, /* an address where nothing can be read */
	ACPI_BAD_SIGNATURE,
	ACPI_BAD_CHECKSUM,
	ACPI_BAD_LENGTH,   /* shorter than its header, or absurd */
	ACPI_BAD_REVISION, /* ACPI 1.0 tables, which no Arm machine has */
};

const char *acpi_result_text(enum acpi_result result);

struct acpi_table {
	const uint8_t *data; /* the header included */
	uint32_t length;
	uint8_t revision;
	uint64_t address;
};

/* The tables that limpid reads. */
enum acpi_table_id { ACPI_FADT, ACPI_MADT, ACPI_GTDT, ACPI_SPCR, ACPI_MCFG, ACPI_TABLE_COUNT };

struct acpi {
	struct {
		uint64_t address; /* 0: not listed */
		enum acpi_result result;
		struct acpi_table table; /* valid if the result is ACPI_OK */
	} tables[ACPI_TABLE_COUNT];
	uint64_t error_address; /* where the last error was found */
	unsigned listed;        /* entries of the XSDT */
};

/* Reads RSDP and XSDT (RSDT if there is none) and checks each table of the list above that is there. An error means
 * that none can be found; that of a single table is in its result. The first of several of one kind counts. */
enum acpi_result acpi_init(struct acpi *acpi, uint64_t rsdp);

/* Little-endian numbers at an offset of a table; 0 beyond its end, as fields that an older revision lacks read. */
uint8_t acpi_u8(const struct acpi_table *table, uint32_t offset);
uint16_t acpi_u16(const struct acpi_table *table, uint32_t offset);
uint32_t acpi_u32(const struct acpi_table *table, uint32_t offset);
uint64_t acpi_u64(const struct acpi_table *table, uint32_t offset);

#endif
