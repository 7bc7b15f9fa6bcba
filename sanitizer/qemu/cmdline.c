/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "caches.h"

/* What machines have without -cpu. Source: QEMU 10.0.2. */
static const struct {
	const char *machine, *cpu;
} machines[] = {
	{"raspi3ap", "cortex-a53"},
	{"raspi3b", "cortex-a53"},
	{"raspi4b", "cortex-a72"},
	{"sbsa-ref", "neoverse-n2"},
};

static bool is_option(const char *argument, const char *name)
{
	return argument[0] == '-' && !strcmp(argument + (argument[1] == '-' ? 2 : 1), name);
}

/* The CPU of the machine in "raspi3b,..." or "type=raspi3b,..."; NULL: its command line chooses. */
static const char *machine_cpu(const char *value)
{
	size_t length;

	if (!strncmp(value, "type=", 5))
		value += 5;
	length = strcspn(value, ",");
	for (unsigned i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (strlen(machines[i].machine) == length && !strncmp(machines[i].machine, value, length))
			return machines[i].cpu;
	}
	return NULL;
}

bool caches_cpu_name(const char *line, size_t size, char *name, size_t name_size)
{
	const char *of_machine = NULL;

	for (size_t at = 0; at < size; at += strnlen(line + at, size - at) + 1) {
		size_t length = strnlen(line + at, size - at);
		const char *option = line + at, *value = option + length + 1;

		if (at + length + 1 >= size)
			break;
		if (is_option(option, "cpu")) {
			snprintf(name, name_size, "%.*s", (int)strcspn(value, ","), value);
			return true;
		}
		if (!of_machine && (is_option(option, "M") || is_option(option, "machine")))
			of_machine = machine_cpu(value);
	}
	if (of_machine)
		snprintf(name, name_size, "%s", of_machine);
	return of_machine;
}
