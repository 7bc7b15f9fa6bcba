/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "caches.h"

bool caches_cpu_name(const char *line, size_t size, char *name, size_t name_size)
{
	for (size_t at = 0; at < size; at += strnlen(line + at, size - at) + 1) {
		size_t length = strnlen(line + at, size - at);
		const char *option = line + at, *value = option + length + 1;

		if ((strcmp(option, "-cpu") && strcmp(option, "--cpu")) || at + length + 1 >= size)
			continue;
		snprintf(name, name_size, "%.*s", (int)strcspn(value, ","), value);
		return true;
	}
	return false;
}
