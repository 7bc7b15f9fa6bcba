// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line: one table of keys, one pass over the words. */
#include <limpid/cmdline.h>
#include <limpid/ktap.h>
#include <limpid/pattern.h>
#include <limpid/string.h>

static bool text_is(struct text text, const char *string)
{
	return !strncmp(text.start, string, text.length) && string[text.length] == 0;
}

bool parse_number(struct text text, uint64_t max, uint64_t *value)
{
	unsigned base = 10;
	uint64_t number = 0;
	size_t i = 0;

	if (text.length > 2 && text.start[0] == '0' && (text.start[1] == 'x' || text.start[1] == 'X')) {
		base = 16;
		i = 2;
	}
	if (i == text.length)
		return false;
	for (; i < text.length; i++) {
		char c = text.start[i];
		unsigned digit;

		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if (base == 16 && c >= 'a' && c <= 'f')
			digit = (unsigned)(c - 'a') + 10;
		else if (base == 16 && c >= 'A' && c <= 'F')
			digit = (unsigned)(c - 'A') + 10;
		else
			return false;
		if (digit > max || number > (max - digit) / base)
			return false;
		number = number * base + digit;
	}
	*value = number;
	return true;
}

enum kind { KIND_RUN, KIND_PAGE, KIND_EL, KIND_GIC, KIND_HW, KIND_BOOT, KIND_NUMBER, KIND_BOOL };

static const struct key {
	char name[14]; /* in place: a table of pointers would have to be relocated */
	uint8_t kind;
	uint16_t offset; /* of the field in struct options */
} keys[] = {
	{"run", KIND_RUN, offsetof(struct options, run)},
	{"page", KIND_PAGE, offsetof(struct options, page_size)},
	{"el", KIND_EL, offsetof(struct options, el)},
	{"hw", KIND_HW, offsetof(struct options, hw)},
	{"bench", KIND_BOOL, offsetof(struct options, bench)},
	{"migrate", KIND_BOOL, offsetof(struct options, migrate)},
	{"check", KIND_BOOL, offsetof(struct options, check)},
	{"tcg", KIND_BOOL, offsetof(struct options, tcg)},
	{"expect.cpus", KIND_NUMBER, offsetof(struct options, expect.cpus)},
	{"expect.mem", KIND_NUMBER, offsetof(struct options, expect.mem_mib)},
	{"expect.el", KIND_EL, offsetof(struct options, expect.el)},
	{"expect.gic", KIND_GIC, offsetof(struct options, expect.gic)},
	{"expect.page", KIND_PAGE, offsetof(struct options, expect.page_size)},
	{"expect.cpi", KIND_NUMBER, offsetof(struct options, expect.cpi)},
	{"expect.hw", KIND_HW, offsetof(struct options, expect.hw)},
	{"expect.boot", KIND_BOOT, offsetof(struct options, expect.boot)},
};

/* Stores the value of a key in its field; returns NULL, or what is wrong with the value. */
static const char *store(void *field, enum kind kind, struct text value)
{
	uint64_t number;

	switch (kind) {
	case KIND_RUN:
		*(struct text *)field = value;
		return NULL;
	case KIND_PAGE:
		if (text_is(value, "4k"))
			*(uint32_t *)field = 4096;
		else if (text_is(value, "16k"))
			*(uint32_t *)field = 16384;
		else if (text_is(value, "64k"))
			*(uint32_t *)field = 65536;
		else
			return "not 4k, 16k or 64k";
		return NULL;
	case KIND_EL:
		if (!parse_number(value, 2, &number) || number < 1)
			return "not 1 or 2";
		*(uint32_t *)field = (uint32_t)number;
		return NULL;
	case KIND_GIC:
		if (!parse_number(value, 3, &number) || number < 2)
			return "not 2 or 3";
		*(uint32_t *)field = (uint32_t)number;
		return NULL;
	case KIND_HW:
		if (text_is(value, "dt"))
			*(enum option_hw *)field = HW_DT;
		else if (text_is(value, "acpi"))
			*(enum option_hw *)field = HW_ACPI;
		else
			return "not dt or acpi";
		return NULL;
	case KIND_BOOT:
		if (text_is(value, "linux"))
			*(enum option_boot *)field = BOOT_LINUX;
		else if (text_is(value, "efi"))
			*(enum option_boot *)field = BOOT_EFI;
		else
			return "not linux or efi";
		return NULL;
	case KIND_NUMBER:
		if (!parse_number(value, UINT32_MAX, &number))
			return "not a number of 32 bits";
		*(uint32_t *)field = (uint32_t)number;
		return NULL;
	case KIND_BOOL:
		if (!parse_number(value, 1, &number))
			return "not 0 or 1";
		*(bool *)field = number;
		return NULL;
	}
	return "unknown key";
}

static const char *parse_word(struct options *options, struct text word)
{
	const char *equals = memchr(word.start, '=', word.length);
	struct text name, value;

	if (!equals)
		return "not KEY=VALUE";
	name = (struct text){word.start, (size_t)(equals - word.start)};
	value = (struct text){equals + 1, word.length - name.length - 1};
	for (unsigned i = 0; i < ARRAY_SIZE(keys); i++)
		if (text_is(name, keys[i].name))
			return store((char *)options + keys[i].offset, keys[i].kind, value);
	return "unknown key";
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

void options_init(struct options *options)
{
	*options = (struct options){0};
}

void options_parse(struct options *options, const char *text, size_t size)
{
	const char *end;

	if (!text)
		return;
	end = text + strnlen(text, size);
	if (end - text >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		text += 3;
	while (text < end) {
		struct text word = {.start = text};
		const char *why;

		while (text < end && !is_space(*text))
			text++;
		word.length = (size_t)(text - word.start);
		if (!word.length) {
			text++;
			continue;
		}
		why = parse_word(options, word);
		if (why && options->complaint_count++ < OPTIONS_COMPLAINTS)
			options->complaints[options->complaint_count - 1] = (struct complaint){word, why};
	}
}

void options_report(const struct options *options)
{
	for (unsigned i = 0; i < options->complaint_count && i < OPTIONS_COMPLAINTS; i++) {
		const struct complaint *complaint = &options->complaints[i];

		ktap_comment("command line: ignored '%.*s': %s",
			(int)(complaint->word.length < 64 ? complaint->word.length : 64), complaint->word.start,
			complaint->why);
	}
	if (options->complaint_count > OPTIONS_COMPLAINTS)
		ktap_comment("command line: ignored %u more words", options->complaint_count - OPTIONS_COMPLAINTS);
}

bool options_select(const struct options *options, const char *name)
{
	return !options->run.start || pattern_list_matches(options->run.start, options->run.length, name);
}

size_t utf16_to_ascii(char *out, size_t out_size, const void *utf16, size_t size)
{
	const uint8_t *bytes = utf16;
	size_t length = 0;
	bool after_high = false;

	for (size_t i = 0; bytes && i + 1 < size; i += 2) {
		unsigned unit = bytes[i] | (unsigned)bytes[i + 1] << 8;

		if (!unit)
			break;
		/* The low half of a pair says nothing more than the '?' that its high half became. */
		if (after_high && unit >= 0xdc00 && unit <= 0xdfff) {
			after_high = false;
			continue;
		}
		after_high = unit >= 0xd800 && unit <= 0xdbff;
		if (length + 1 < out_size)
			out[length] = unit < 0x80 ? (char)unit : '?';
		length++;
	}
	if (out_size)
		out[length < out_size ? length : out_size - 1] = 0;
	return length;
}
