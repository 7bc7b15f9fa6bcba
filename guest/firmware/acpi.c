// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ACPI tables: RSDP, then XSDT, then the tables that it lists. Source: see acpi.h.
 */
#include <limpid/acpi.h>
#include <limpid/phys.h>
#include <limpid/string.h>

#define RSDP_CHECKSUM_SIZE 20 /* what ACPI 1.0 had */
#define RSDP_REVISION      15
#define RSDP_RSDT          16
#define RSDP_LENGTH        20
#define RSDP_XSDT          24
#define RSDP_SIZE          36

#define HEADER_LENGTH   4
#define HEADER_REVISION 8
#define HEADER_SIZE     36

static const char signatures[ACPI_TABLE_COUNT][4] = {
	[ACPI_FADT] = {'F', 'A', 'C', 'P'},
	[ACPI_MADT] = {'A', 'P', 'I', 'C'},
	[ACPI_GTDT] = {'G', 'T', 'D', 'T'},
	[ACPI_SPCR] = {'S', 'P', 'C', 'R'},
	[ACPI_MCFG] = {'M', 'C', 'F', 'G'},
};

const char *acpi_result_text(enum acpi_result result)
{
	switch (result) {
	case ACPI_OK:
		return "no error";
	case ACPI_NOT_FOUND:
		return "there is no such ACPI table";
	case ACPI_UNREADABLE:
		return "an ACPI table lies where nothing can be read";
	case ACPI_BAD_SIGNATURE:
		return "an ACPI table has the wrong signature";
	case ACPI_BAD_CHECKSUM:
		return "an ACPI table has the wrong checksum";
	case ACPI_BAD_LENGTH:
		return "an ACPI table has an impossible length";
	case ACPI_BAD_REVISION:
		return "ACPI tables older than version 2.0";
	}
	return "unknown error";
}

static uint64_t little_endian(const uint8_t *bytes, unsigned count)
{
	uint64_t value = 0;

	while (count--)
		value = value << 8 | bytes[count];
	return value;
}

static uint64_t table_number(const struct acpi_table *table, uint32_t offset, unsigned count)
{
	if (offset > table->length || table->length - offset < count)
		return 0;
	return little_endian(table->data + offset, count);
}

uint8_t acpi_u8(const struct acpi_table *table, uint32_t offset)
{
	return (uint8_t)table_number(table, offset, 1);
}

uint16_t acpi_u16(const struct acpi_table *table, uint32_t offset)
{
	return (uint16_t)table_number(table, offset, 2);
}

uint32_t acpi_u32(const struct acpi_table *table, uint32_t offset)
{
	return (uint32_t)table_number(table, offset, 4);
}

uint64_t acpi_u64(const struct acpi_table *table, uint32_t offset)
{
	return table_number(table, offset, 8);
}

static bool sums_to_zero(const uint8_t *bytes, size_t count)
{
	uint8_t sum = 0;

	while (count--)
		sum = (uint8_t)(sum + *bytes++);
	return !sum;
}

/* Checks that a table of this signature lies at `address`. */
static enum acpi_result open_table(struct acpi_table *table, uint64_t address, const char *signature)
{
	const uint8_t *data = phys_window(address, HEADER_SIZE);
	uint32_t length;

	if (!data)
		return ACPI_UNREADABLE;
	if (memcmp(data, signature, 4))
		return ACPI_BAD_SIGNATURE;
	length = (uint32_t)little_endian(data + HEADER_LENGTH, 4);
	if (length < HEADER_SIZE || length > ACPI_MAX_TABLE)
		return ACPI_BAD_LENGTH;
	data = phys_window(address, length);
	if (!data)
		return ACPI_UNREADABLE;
	if (!sums_to_zero(data, length))
		return ACPI_BAD_CHECKSUM;
	*table = (struct acpi_table){data, length, data[HEADER_REVISION], address};
	return ACPI_OK;
}

/* Opens the table that lists the others: the XSDT, or if there is no address of one, the RSDT. */
static enum acpi_result open_list(struct acpi *acpi, uint64_t rsdp, struct acpi_table *list, unsigned *entry_bytes)
{
	const uint8_t *data = phys_window(rsdp, RSDP_SIZE);
	uint32_t length;
	uint64_t xsdt;

	acpi->error_address = rsdp;
	if (!data)
		return ACPI_UNREADABLE;
	if (memcmp(data, "RSD PTR ", 8))
		return ACPI_BAD_SIGNATURE;
	if (!sums_to_zero(data, RSDP_CHECKSUM_SIZE))
		return ACPI_BAD_CHECKSUM;
	if (data[RSDP_REVISION] < 2)
		return ACPI_BAD_REVISION;
	length = (uint32_t)little_endian(data + RSDP_LENGTH, 4);
	if (length < RSDP_SIZE || length > ACPI_MAX_TABLE)
		return ACPI_BAD_LENGTH;
	data = phys_window(rsdp, length);
	if (!data)
		return ACPI_UNREADABLE;
	if (!sums_to_zero(data, length))
		return ACPI_BAD_CHECKSUM;

	xsdt = little_endian(data + RSDP_XSDT, 8);
	*entry_bytes = xsdt ? 8 : 4;
	acpi->error_address = xsdt ? xsdt : little_endian(data + RSDP_RSDT, 4);
	return open_table(list, acpi->error_address, xsdt ? "XSDT" : "RSDT");
}

/* Opens what an entry of the list leads to if it is one of our tables, and the first of its kind. */
static void take_entry(struct acpi *acpi, uint64_t address)
{
	const uint8_t *data = address ? phys_window(address, HEADER_SIZE) : NULL;

	for (unsigned id = 0; data && id < ACPI_TABLE_COUNT; id++) {
		if (memcmp(data, signatures[id], 4))
			continue;
		/* A bad one counts as well: trying further ones would sum up the same bytes again and again. */
		if (acpi->tables[id].address)
			return;
		acpi->tables[id].address = address;
		acpi->tables[id].result = open_table(&acpi->tables[id].table, address, signatures[id]);
		return;
	}
}

enum acpi_result acpi_init(struct acpi *acpi, uint64_t rsdp)
{
	struct acpi_table list;
	unsigned entry_bytes;
	enum acpi_result result;

	memset(acpi, 0, sizeof(*acpi));
	for (unsigned id = 0; id < ACPI_TABLE_COUNT; id++)
		acpi->tables[id].result = ACPI_NOT_FOUND;
	result = open_list(acpi, rsdp, &list, &entry_bytes);
	if (result != ACPI_OK)
		return result;
	acpi->listed = (list.length - HEADER_SIZE) / entry_bytes;
	for (unsigned i = 0; i < acpi->listed && i < ACPI_MAX_TABLES; i++)
		take_entry(acpi, little_endian(list.data + HEADER_SIZE + i * entry_bytes, entry_bytes));
	return ACPI_OK;
}
