// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ACPI tables. The first byte of the input chooses its form:
 *
 *     even    tables: kind, revision, length (2 bytes), body; header, checksums, XSDT and RSDP are made here, so that
 * the fuzzer need not invent checksums odd     offset of the RSDP (2 bytes), then memory as it is
 */
#include <stdint.h>
#include <stdlib.h>

#include "acpi_writer.h"
#include "fake.h"

#include <limpid/firmware.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_copy(const uint8_t *bytes, size_t size, uint64_t rsdp)
{
	static struct machine machine;
	uint8_t *copy = malloc(size ? size : 1);

	for (size_t i = 0; i < size; i++)
		copy[i] = bytes[i];
	fake_window_clear();
	fake_window_add(ACPI_BASE, copy, size);
	machine_init(&machine);
	machine_read_acpi(&machine, rsdp);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char signatures[][5] = {"FACP", "APIC", "GTDT", "SPCR", "MCFG"};
	static struct acpi_writer writer;

	if (size < 3)
		return 0;
	if (data[0] & 1) {
		read_copy(data + 3, size - 3, ACPI_BASE + data[1] + 256u * data[2]);
		return 0;
	}
	writer.used = 0;
	writer.count = 0;
	for (data++, size--; size >= 4;) {
		size_t length = data[2] + 256u * data[3];
		const char *signature = signatures[data[0] % 5];
		uint8_t revision = data[1];

		data += 4;
		size -= 4;
		if (length > size)
			length = size;
		acpi_table(&writer, signature, revision, data, (uint32_t)length);
		data += length;
		size -= length;
	}
	uint64_t rsdp = acpi_finish(&writer, size & 1 ? 4 : 8);
	read_copy(writer.bytes, writer.used, rsdp);
	return 0;
}
