// SPDX-License-Identifier: GPL-2.0-or-later
#include <glib.h>
#include <string.h>

#include "fake.h"

#include <limpid/cmdline.h>

static struct options parse(const char *text)
{
	struct options options;

	options_init(&options);
	options_parse(&options, text, text ? strlen(text) : 0);
	return options;
}

static void test_all(void)
{
	struct options o = parse("run=gic.*,boot.cpus page=16k el=2 hw=acpi expect.cpus=8 expect.mem=0x200 expect.el=1 "
				 "expect.gic=3 expect.page=64k expect.hw=dt expect.boot=efi bench=1 check=1 tcg=1 expect.cpi=8");

	g_assert_cmpuint(o.complaint_count, ==, 0);
	g_assert_cmpuint(o.run.length, ==, strlen("gic.*,boot.cpus"));
	g_assert_true(options_select(&o, "gic.v3"));
	g_assert_true(options_select(&o, "boot.cpus"));
	g_assert_false(options_select(&o, "boot.el"));
	g_assert_cmpuint(o.page_size, ==, 16384);
	g_assert_cmpuint(o.el, ==, 2);
	g_assert_cmpint(o.hw, ==, HW_ACPI);
	g_assert_true(o.bench);
	g_assert_true(o.check);
	g_assert_true(o.tcg);
	g_assert_cmpuint(o.expect.cpi, ==, 8);
	g_assert_cmpuint(o.expect.cpus, ==, 8);
	g_assert_cmpuint(o.expect.mem_mib, ==, 512);
	g_assert_cmpuint(o.expect.el, ==, 1);
	g_assert_cmpuint(o.expect.gic, ==, 3);
	g_assert_cmpuint(o.expect.page_size, ==, 65536);
	g_assert_cmpint(o.expect.hw, ==, HW_DT);
	g_assert_cmpint(o.expect.boot, ==, BOOT_EFI);
}

static void test_defaults(void)
{
	struct options o = parse(NULL);

	g_assert_true(options_select(&o, "anything"));
	g_assert_cmpuint(o.page_size, ==, 0);
	g_assert_cmpint(o.expect.boot, ==, BOOT_ANY);
	o = parse("");
	g_assert_true(options_select(&o, "anything"));
	/* Asked for nothing is not the same as not asked. */
	o = parse("run=");
	g_assert_false(options_select(&o, "anything"));
}

static void test_later_wins(void)
{
	struct options o = parse("el=1 run=a el=2 run=b");

	g_assert_cmpuint(o.el, ==, 2);
	g_assert_true(options_select(&o, "b"));
	g_assert_false(options_select(&o, "a"));
	/* Another text adds to what there is. */
	options_parse(&o, "page=4k", 100);
	g_assert_cmpuint(o.page_size, ==, 4096);
	g_assert_cmpuint(o.el, ==, 2);
	/* A bad value changes nothing. */
	options_parse(&o, "page=5k", 100);
	g_assert_cmpuint(o.page_size, ==, 4096);
	g_assert_cmpuint(o.complaint_count, ==, 1);
}

static void test_white_space(void)
{
	struct options o = parse("\xef\xbb\xbf\r\n el=1\tpage=64k\r\n\n  hw=dt \v\f");

	g_assert_cmpuint(o.complaint_count, ==, 0);
	g_assert_cmpuint(o.el, ==, 1);
	g_assert_cmpuint(o.page_size, ==, 65536);
	g_assert_cmpint(o.hw, ==, HW_DT);
}

static void test_bounds(void)
{
	/* Neither NUL-terminated, nor read past its end. */
	char *text = g_memdup2("el=2 page=4k", 12);
	struct options o;

	for (size_t size = 0; size <= 12; size++) {
		char *exact = g_memdup2(text, size);

		options_init(&o);
		options_parse(&o, exact, size);
		g_assert_cmpuint(o.el, ==, size >= 4 ? 2 : 0);
		g_free(exact);
	}
	g_assert_cmpuint(o.page_size, ==, 4096);
	g_free(text);
}

static void test_complaints(void)
{
	static const struct {
		const char *word, *why;
	} cases[] = {
		{"console=ttyAMA0", "unknown key"},
		{"quiet", "not KEY=VALUE"},
		{"=x", "unknown key"},
		{"ru=x", "unknown key"},
		{"runs=x", "unknown key"},
		{"el=", "not 1 or 2"},
		{"el=3", "not 1 or 2"},
		{"el=0", "not 1 or 2"},
		{"el=1x", "not 1 or 2"},
		{"expect.gic=4", "not 2 or 3"},
		{"page=4K", "not 4k, 16k or 64k"},
		{"page=4", "not 4k, 16k or 64k"},
		{"hw=", "not dt or acpi"},
		{"hw=dtb", "not dt or acpi"},
		{"expect.boot=uefi", "not linux or efi"},
		{"expect.cpus=4294967296", "not a number of 32 bits"},
		{"expect.cpus=-1", "not a number of 32 bits"},
		{"expect.cpus=0x", "not a number of 32 bits"},
		{"bench=2", "not 0 or 1"},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct options o = parse(cases[i].word), empty;

		g_assert_cmpuint(o.complaint_count, ==, 1);
		g_assert_cmpstr(o.complaints[0].why, ==, cases[i].why);
		g_assert_cmpuint(o.complaints[0].word.length, ==, strlen(cases[i].word));
		memset(&o.complaints, 0, sizeof(o.complaints));
		o.complaint_count = 0;
		options_init(&empty);
		g_assert_cmpmem(&o, sizeof(o), &empty, sizeof(empty));
	}
}

static void test_report(void)
{
	struct options o = parse("a b c d e f g h i j=\x1b[2J");

	fake_console_clear();
	options_report(&o);
	g_assert_true(g_str_has_prefix(fake_console(), "#  command line: ignored 'a': not KEY=VALUE\n"));
	g_assert_true(g_str_has_suffix(fake_console(), "\n#  command line: ignored 2 more words\n"));
	o = parse("x\x1b[2J");
	fake_console_clear();
	options_report(&o);
	g_assert_cmpstr(fake_console(), ==, "#  command line: ignored 'x\\x1b[2J': not KEY=VALUE\n");
	fake_console_clear();
}

static bool number(const char *text, uint64_t max, uint64_t *value)
{
	return parse_number((struct text){text, strlen(text)}, max, value);
}

static void test_numbers(void)
{
	uint64_t value = 99;

	g_assert_true(number("0", 0, &value) && value == 0);
	g_assert_true(number("18446744073709551615", UINT64_MAX, &value) && value == UINT64_MAX);
	g_assert_true(number("0xFFFFffffFFFFffff", UINT64_MAX, &value) && value == UINT64_MAX);
	g_assert_true(number("007", 10, &value) && value == 7);
	value = 99;
	g_assert_false(number("18446744073709551616", UINT64_MAX, &value));
	g_assert_false(number("0x10000000000000000", UINT64_MAX, &value));
	g_assert_false(number("256", 255, &value));
	g_assert_false(number("5", 4, &value));
	g_assert_false(number("", 4, &value));
	g_assert_false(number("0x", UINT64_MAX, &value));
	g_assert_false(number(" 1", 4, &value));
	g_assert_false(number("1 ", 4, &value));
	g_assert_false(number("+1", 4, &value));
	g_assert_false(number("1a", 4, &value));
	g_assert_cmpuint(value, ==, 99);
}

static void test_utf16(void)
{
	static const uint16_t text[] = {'r', 'u', 'n', 0xe4, 0xd83d, 0xde00, '=', 0xd83d, 'x', 0xde00, 0, 'y'};
	char out[32];

	/* At an odd address, and no byte past the end. */
	for (size_t size = 0; size <= sizeof(text); size++) {
		char *exact = g_malloc(size + 1);

		memcpy(exact + 1, text, size);
		utf16_to_ascii(out, sizeof(out), exact + 1, size);
		g_assert_cmpuint(strlen(out), <=, 9);
		g_free(exact);
	}
	g_assert_cmpuint(utf16_to_ascii(out, sizeof(out), text, sizeof(text)), ==, 9);
	g_assert_cmpstr(out, ==,
		"run?"
		"?=?x?");
	memset(out, '#', sizeof(out));
	g_assert_cmpuint(utf16_to_ascii(out, 4, text, sizeof(text)), ==, 9);
	g_assert_cmpstr(out, ==, "run");
	g_assert_cmpint(out[4], ==, '#');
	g_assert_cmpuint(utf16_to_ascii(out, 0, text, sizeof(text)), ==, 9);
	g_assert_cmpuint(utf16_to_ascii(out, sizeof(out), NULL, 0), ==, 0);
	g_assert_cmpstr(out, ==, "");
	g_assert_cmpuint(utf16_to_ascii(out, sizeof(out), NULL, 10), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cmdline/all", test_all);
	g_test_add_func("/cmdline/defaults", test_defaults);
	g_test_add_func("/cmdline/later_wins", test_later_wins);
	g_test_add_func("/cmdline/white_space", test_white_space);
	g_test_add_func("/cmdline/bounds", test_bounds);
	g_test_add_func("/cmdline/complaints", test_complaints);
	g_test_add_func("/cmdline/report", test_report);
	g_test_add_func("/cmdline/numbers", test_numbers);
	g_test_add_func("/cmdline/utf16", test_utf16);
	return g_test_run();
}
