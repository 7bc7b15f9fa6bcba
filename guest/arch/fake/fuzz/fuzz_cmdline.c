// SPDX-License-Identifier: GPL-2.0-or-later
/* Command lines, as ASCII and as UTF-16, and what is said about them. The input is the text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

#include <limpid/cmdline.h>
#include <limpid/pattern.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const char *text, size_t size)
{
	static const char *const names[] = {"boot.cpus", "gic.v3.sgi", "", "aaaaaaaaaaaaaaaaaaaaaaaaab"};
	struct options options;

	options_init(&options);
	options_parse(&options, text, size);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		options_select(&options, names[i]);
		pattern_list_matches(text, size, names[i]);
	}
	if (options.page_size != 0 && options.page_size != 4096 && options.page_size != 16384 &&
		options.page_size != 65536)
		abort();
	if (options.el > 2 || options.expect.el > 2 || options.expect.gic > 3 || options.expect.gic == 1)
		abort();
	fake_console_clear();
	options_report(&options);
	/* Comments only, of printable characters. */
	for (const char *line = fake_console(); *line; line = strchr(line, '\n') + 1) {
		if (strncmp(line, "#  command line: ", 17))
			abort();
		for (const char *c = line; *c != '\n'; c++)
			if ((*c < 0x20 && *c != '\t') || *c == 0x7f)
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t room = size & 1 ? size / 2 + 1 : size / 3;
	char *ascii = malloc(room ? room : 1);
	size_t length = utf16_to_ascii(ascii, room, data, size);

	if (length > size / 2 || (room && strlen(ascii) != (length < room ? length : room - 1)))
		abort();
	if (room)
		use(ascii, room);
	free(ascii);
	use((const char *)data, size);
	return 0;
}
