/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const names[RULE_COUNT] = {
#define X(id, statement, counted, kinds, twins, source, blind) [RULE_##id] = #id,
#include "rules.def"
#undef X
};

const char *rule_name(enum rule_id rule)
{
	return rule < RULE_COUNT ? names[rule] : "unknown";
}

void rules_broken(const char *text, uint64_t times[RULE_COUNT])
{
	while (*text) {
		size_t length = strcspn(text, "/");

		for (unsigned i = 0; i < RULE_COUNT; i++)
			if (strlen(names[i]) == length && !strncmp(names[i], text, length) && !times[i])
				times[i] = 1;
		text += length + (text[length] == '/');
	}
}

size_t rules_json(const uint64_t times[RULE_COUNT], char *buffer, size_t size)
{
	size_t at = 0;

	for (unsigned i = 0; i < RULE_COUNT; i++) {
		int n = snprintf(buffer + at, size - at, "%c\"%s\":%" PRIu64 "%s", i ? ',' : '{', names[i], times[i],
			i + 1 < RULE_COUNT ? "" : "}");

		if (n < 0 || (size_t)n >= size - at)
			return 0;
		at += (size_t)n;
	}
	return at;
}
