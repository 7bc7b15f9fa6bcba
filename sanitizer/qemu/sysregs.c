/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sysregs.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "qemu_api.h"

static_assert(R_COUNT <= 64, "one bit a register in struct sysregs");

static const char *const names[R_COUNT] = {
#define X(name, code, text) [R_##name] = text,
	SYSREGS(X)
#undef X
};

static const uint16_t codes[R_COUNT] = {
#define X(name, code, text) [R_##name] = code,
	SYSREGS(X)
#undef X
};

static struct qemu_plugin_register *handles[R_COUNT], *x_handles[32];
static GByteArray *buffer;

bool sysregs_init(void)
{
	GArray *array = qemu_plugin_get_registers();
	const qemu_plugin_reg_descriptor *all = (const void *)array->data;

	for (unsigned i = 0; i < array->len; i++) {
		unsigned number;
		char rest;

		for (unsigned r = 0; r < R_COUNT; r++) {
			if (!strcmp(all[i].name, names[r]))
				handles[r] = all[i].handle;
		}
		if (sscanf(all[i].name, "x%u%c", &number, &rest) == 1 && number < 31)
			x_handles[number] = all[i].handle;
		else if (!strcmp(all[i].name, "sp"))
			x_handles[31] = all[i].handle;
	}
	g_array_free(array, 1);
	buffer = g_byte_array_new();
	for (unsigned i = 0; i < 32; i++) {
		if (!x_handles[i])
			return false;
	}
	return handles[R_CPSR] && handles[R_SCTLR_EL1] && handles[R_TCR_EL1] && handles[R_TTBR0_EL1];
}

bool sysregs_have(enum sysreg reg)
{
	return handles[reg] != NULL;
}

static uint64_t read_handle(struct qemu_plugin_register *handle)
{
	uint64_t value = 0;
	int size;

	if (!handle)
		return 0;
	g_byte_array_set_size(buffer, 0);
	size = qemu_plugin_read_register(handle, buffer);
	if (size > 0)
		memcpy(&value, buffer->data,
			size < 8 ? size : 8); /* A64 and the hosts that we know are little endian */
	return value;
}

uint64_t sysreg_read(enum sysreg reg)
{
	return read_handle(handles[reg]);
}

uint64_t sysregs_x(unsigned number)
{
	return read_handle(x_handles[number & 31]);
}

enum sysreg sysreg_of(uint16_t code)
{
	for (unsigned i = 0; i < R_COUNT; i++) {
		if (codes[i] == code)
			return i;
	}
	return R_COUNT;
}

uint16_t sysreg_code(enum sysreg reg)
{
	return codes[reg];
}
