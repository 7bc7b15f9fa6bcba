/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as an event log: read, replayed, every finding serialized. */
#include <string.h>

#include "../log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void found(void *context, const struct finding *finding)
{
	char line[FINDING_JSON_SIZE];

	(void)context;
	if (finding_json(finding, line, sizeof(line)) != strlen(line) || !*line)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct model_hooks hooks = {.found = found};
	struct log_error error = {0};

	if (!log_replay(data, size, &hooks, &error) && (error.offset > size || !*error.text))
		__builtin_trap();
	return 0;
}
