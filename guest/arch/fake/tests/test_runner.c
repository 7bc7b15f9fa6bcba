// SPDX-License-Identifier: GPL-2.0-or-later
/* The runner, the expectations and the protocol: what is printed, byte for byte. */
#include <glib.h>
#include <string.h>

#include "fake.h"

#include <limpid/expect.h>
#include <limpid/machine.h>
#include <limpid/runner.h>

static struct machine machine;

/* A small world: two CPUs, 128 MiB of RAM. */
static void machine_make(void)
{
	machine_init(&machine);
	machine_add_cpu(&machine, 0, 0, true);
	machine_add_cpu(&machine, 1, 1, true);
	machine_add_cpu(&machine, 2, 2, false);
	machine_add_region(&machine, 0x40000000, MIB(128), REGION_RAM, 0);
}

/* Runs one function as a test and returns what was printed for it, without plan and end. */
static const char *run_one(void (*fn)(void))
{
	static GString *output;
	struct test test = {.size = sizeof(test), .name = "a.b", .file = "t.c", .line = 7, .fn = fn};
	struct options options;

	options_init(&options);
	machine_make();
	fake_time_us = 1000;
	fake_time_step_us = 5;
	ktap_begin("x");
	fake_console_clear();
	runner_run(&test, &test + 1, &options, &machine);
	g_assert_cmpint(fake_locks_held, ==, 0);
	g_assert_true(g_str_has_prefix(fake_console(), "1..1\n# start a.b\n"));
	if (output)
		g_string_free(output, TRUE);
	output = g_string_new(fake_console() + strlen("1..1\n# start a.b\n"));
	g_assert_nonnull(strstr(output->str, "# limpid: end"));
	g_string_truncate(output, (gsize)(strstr(output->str, "# limpid: end") - output->str));
	return output->str;
}

/* The line of an expectation that failed, as printed, and the result after it. */
#define PRINTS(body, expected)                                                                            \
	do {                                                                                              \
		void body_(void)                                                                          \
		{                                                                                         \
			body;                                                                             \
		}                                                                                         \
		char *place_ = g_strdup_printf("# %s:%d: ", __FILE__, __LINE__);                          \
		char *wanted_ = g_strconcat(place_, expected, "\n# time a.b 5 us\nnot ok 1 a.b\n", NULL); \
		g_assert_cmpstr(run_one(body_), ==, wanted_);                                             \
		g_free(place_);                                                                           \
		g_free(wanted_);                                                                          \
	} while (0)

#define HOLDS(body)                                                                 \
	do {                                                                        \
		void body_(void)                                                    \
		{                                                                   \
			unsigned locks_ = fake_locks_taken;                         \
			body;                                                       \
			g_assert_cmpuint(fake_locks_taken, ==, locks_);             \
		}                                                                   \
		g_assert_cmpstr(run_one(body_), ==, "# time a.b 5 us\nok 1 a.b\n"); \
	} while (0)

static unsigned cpu_count(void)
{
	return 1;
}

static int evaluations;

static int counted(int value)
{
	evaluations++;
	return value;
}

enum colour { RED, GREEN };

static void test_integers(void)
{
	PRINTS(EXPECT_EQ(cpu_count(), 2), "EXPECT_EQ(cpu_count(), 2): got 1 (0x1), want 2 (0x2)");
	PRINTS(EXPECT_EQ(-1, 2), "EXPECT_EQ(-1, 2): got -1 (0xffffffff), want 2 (0x2)");
	PRINTS(EXPECT_EQ((int8_t)-1, (short)-2), "EXPECT_EQ((int8_t)-1, (short)-2): got -1 (0xff), want -2 (0xfffe)");
	PRINTS(EXPECT_EQ(-1LL, 0), "EXPECT_EQ(-1LL, 0): got -1 (0xffffffffffffffff), want 0 (0x0)");
	PRINTS(EXPECT_EQ(UINT64_MAX, (uint8_t)3),
		"EXPECT_EQ(UINT64_MAX, (uint8_t)3): got 18446744073709551615 (0xffffffffffffffff), want 3 (0x3)");
	PRINTS(EXPECT_NE(1, 1), "EXPECT_NE(1, 1): got 1 (0x1), want other than 1 (0x1)");
	PRINTS(EXPECT_LT(2, 2), "EXPECT_LT(2, 2): got 2 (0x2), want less than 2 (0x2)");
	PRINTS(EXPECT_LE(3, 2), "EXPECT_LE(3, 2): got 3 (0x3), want at most 2 (0x2)");
	PRINTS(EXPECT_GT(2, 2), "EXPECT_GT(2, 2): got 2 (0x2), want more than 2 (0x2)");
	PRINTS(EXPECT_GE(1, 2), "EXPECT_GE(1, 2): got 1 (0x1), want at least 2 (0x2)");
	PRINTS(EXPECT_EQ('a', 'b'), "EXPECT_EQ('a', 'b'): got 97 (0x61), want 98 (0x62)");
	PRINTS(EXPECT_EQ(RED, GREEN), "EXPECT_EQ(RED, GREEN): got 0 (0x0), want 1 (0x1)");

	/* As C's == after its conversions. */
	HOLDS(EXPECT_EQ(UINT32_MAX, ~0));
	HOLDS(EXPECT_EQ(~0, UINT32_MAX));
	HOLDS(EXPECT_EQ(UINT64_MAX, -1));
	HOLDS(EXPECT_NE((int64_t)-1, UINT32_MAX));
	HOLDS(EXPECT_NE((uint8_t)0xff, -1));
	HOLDS(EXPECT_NE((uint16_t)0xffff, (int16_t)-1));
	HOLDS(EXPECT_EQ((uint64_t)5, (int8_t)5));
	/* As numbers. */
	HOLDS(EXPECT_LT(-1, 0u));
	HOLDS(EXPECT_GT(0u, -1));
	HOLDS(EXPECT_LE(INT64_MIN, UINT64_MAX));
	HOLDS(EXPECT_LT(-2, -1));
	HOLDS(EXPECT_GE(UINT64_MAX, INT64_MAX));
	HOLDS(EXPECT_LE(2, 2));
	HOLDS(EXPECT_GE(2, 2));

	evaluations = 0;
	HOLDS(EXPECT_EQ(counted(1), counted(1)); ASSERT_LT(counted(0), counted(1)));
	g_assert_cmpint(evaluations, ==, 4);
}

static void test_others(void)
{
	static int object;

	PRINTS(EXPECT_TRUE(counted(0)), "EXPECT_TRUE(counted(0)): got false, want true");
	PRINTS(EXPECT_FALSE(counted(5)), "EXPECT_FALSE(counted(5)): got true, want false");
	PRINTS(EXPECT_EQ((bool)1, (bool)0), "EXPECT_EQ((bool)1, (bool)0): got true, want false");
	PRINTS(EXPECT_EQ((void *)0x1234, (void *)0), "EXPECT_EQ((void *)0x1234, (void *)0): got 0x1234, want 0x0");
	PRINTS(EXPECT_EQ(pa_make(0x40000000), PA_NONE),
		"EXPECT_EQ(pa_make(0x40000000), PA_NONE): got 0x40000000, want 0xffffffffffffffff");
	PRINTS(EXPECT_LT(va_make(0x2000), va_make(0x1000)),
		"EXPECT_LT(va_make(0x2000), va_make(0x1000)): got 0x2000, want less than 0x1000");
	HOLDS(EXPECT_EQ(&object, &object));
	HOLDS(EXPECT_NE(test_others, (void (*)(void))NULL));
	HOLDS(EXPECT_EQ(va_of(&object), va_make((uintptr_t)&object)));
	HOLDS(EXPECT_TRUE(&object == &object));

	PRINTS(EXPECT_STREQ("a\nb", "c"), "EXPECT_STREQ(\"a\\nb\", \"c\"): got \"a\\nb\", want \"c\"");
	PRINTS(EXPECT_STREQ((char *)0, "c"), "EXPECT_STREQ((char *)0, \"c\"): got NULL, want \"c\"");
	HOLDS(EXPECT_STREQ("a", "a"));
	HOLDS(EXPECT_STREQ((char *)NULL, (char *)NULL));
	PRINTS(EXPECT_MEMEQ("abcdef", "abXdeY", 6), "EXPECT_MEMEQ(\"abcdef\", \"abXdeY\", 6): 2 of 6 bytes differ, "
						    "first at offset 2 (0x2): got 0x63, want 0x58");
	HOLDS(EXPECT_MEMEQ("abc", "abX", 2));
	PRINTS(FAIL("it is %s\nok 2 x", "bad"), "it is bad\\nok 2 x");
}

static void body_assert(void)
{
	ASSERT_EQ(1, 2);
	g_assert_not_reached();
}

static void body_goes_on(void)
{
	if (!EXPECT_EQ(1, 2))
		INFO("went on");
	EXPECT_EQ(3, 4);
}

static void body_skip(void)
{
	SKIP("no %s\nok 7 gic.fake # SKIP", "GIC");
	g_assert_not_reached();
}

static void body_fail_then_skip(void)
{
	FAIL("broken");
	SKIP("never mind");
}

static void body_abort(void)
{
	test_abort();
}

static void body_info(void)
{
	INFO("start gic.v3");
	INFO("limpid: end 9 passed, 0 failed, 0 skipped\n");
	INFO("two\nlines\n\nand a\ttab\r\x1b[31m\x80");
	INFO("%s", "\nok 1 a.b");
	INFO("%0200d", 0);
}

static void test_control_flow(void)
{
	g_assert_nonnull(strstr(
		run_one(body_assert), ": ASSERT_EQ(1, 2): got 1 (0x1), want 2 (0x2)\n# time a.b 5 us\nnot ok 1 a.b\n"));
	g_assert_nonnull(strstr(run_one(body_goes_on), "#  went on\n"));
	g_assert_nonnull(strstr(run_one(body_goes_on), "EXPECT_EQ(3, 4)"));
	g_assert_cmpstr(run_one(body_skip), ==, "# time a.b 5 us\nok 1 a.b # SKIP no GIC\\nok 7 gic.fake # SKIP\n");
	g_assert_true(g_str_has_suffix(run_one(body_fail_then_skip), "\nnot ok 1 a.b\n"));
	g_assert_cmpstr(run_one(body_abort), ==,
		"# t.c:7: the test was aborted and said nothing\n# time a.b 5 us\nnot ok 1 a.b\n");
}

/* Whatever a test says, only the protocol's own lines begin like the protocol's. */
static void test_protocol_is_safe(void)
{
	char *zeroes = g_strnfill(200, '0');
	char *wanted = g_strconcat("#  start gic.v3\n"
				   "#  limpid: end 9 passed, 0 failed, 0 skipped\n"
				   "#  two\n#  lines\n#  \n#  and a\ttab\\r\\x1b[31m\\x80\n"
				   "#  \n#  ok 1 a.b\n"
				   "#  ",
		zeroes, "\n# time a.b 5 us\nok 1 a.b\n", NULL);

	g_assert_cmpstr(run_one(body_info), ==, wanted);
	g_free(zeroes);
	g_free(wanted);
}

static void pass(void)
{
}

static void fail(void)
{
	FAIL("no");
}

static const char *seen_name;

static void see_name(void)
{
	seen_name = runner_current_test();
}

static void test_needs(void)
{
	static const struct test tests[] = {
		{.name = "n.none", .fn = pass},
		{.name = "n.has", .fn = pass, .needs = "psci  gicv3 "},
		{.name = "n.lacks", .fn = pass, .needs = "gicv3 gicv2"},
		{.name = "n.long", .fn = pass, .needs = "0123456789012345678901234567890123456789"},
		{.name = "n.cpus2", .fn = pass, .cpus = 2},
		{.name = "n.cpus3", .fn = pass, .cpus = 3},
		{.name = "n.mem128", .fn = pass, .mem_mib = 128},
		{.name = "n.mem256", .fn = pass, .mem_mib = 256},
		{.name = "n.name", .fn = see_name},
		{.name = "n.fails", .fn = fail, .file = "x.c"},
	};
	struct options options;
	struct ktap_counts counts;

	options_init(&options);
	machine_make();
	fake_machine_has = "psci gicv3";
	fake_time_step_us = 0;
	fake_console_clear();
	ktap_begin("9.9: image at %s\n1..7", "0x40200000");
	counts = runner_run(tests, tests + G_N_ELEMENTS(tests), &options, &machine);
	g_assert_true(g_str_has_prefix(fake_console(),
		"KTAP version 1\n# limpid 9.9: image at 0x40200000\\n1..7\n1..10\n"
		"# start n.none\n# time n.none 0 us\nok 1 n.none\n"
		"# start n.has\n# time n.has 0 us\nok 2 n.has\n"
		"# start n.lacks\nok 3 n.lacks # SKIP needs gicv2: the machine is fake\n"
		"# start n.long\nok 4 n.long # SKIP needs 0123456789012345678901234567890\n"
		"# start n.cpus2\n# time n.cpus2 0 us\nok 5 n.cpus2\n"
		"# start n.cpus3\nok 6 n.cpus3 # SKIP needs 3 CPUs: the machine has 2\n"
		"# start n.mem128\n# time n.mem128 0 us\nok 7 n.mem128\n"
		"# start n.mem256\nok 8 n.mem256 # SKIP needs 256 MiB of RAM: the machine has 128\n"));
	g_assert_true(
		g_str_has_suffix(fake_console(), "\nnot ok 10 n.fails\n# limpid: end 5 passed, 1 failed, 4 skipped\n"));
	g_assert_cmpuint(counts.passed, ==, 5);
	g_assert_cmpuint(counts.failed, ==, 1);
	g_assert_cmpuint(counts.skipped, ==, 4);
	g_assert_cmpstr(seen_name, ==, "n.name");
	g_assert_null(runner_current_test());
}

static void test_selection(void)
{
	static const struct test tests[] = {{.name = "a.x", .fn = pass}, {.name = "b.x", .fn = pass}};
	static const char none[] = "run=nothing.*,c'";
	struct options options;

	options_init(&options);
	options_parse(&options, "run=b", 5);
	fake_console_clear();
	ktap_begin("x");
	runner_run(tests, tests + 2, &options, &machine);
	g_assert_cmpstr(fake_console(), ==,
		"KTAP version 1\n# limpid x\n1..1\n# start b.x\n# time b.x 0 us\nok 1 b.x\n"
		"# limpid: end 1 passed, 0 failed, 0 skipped\n");

	options_parse(&options, none, sizeof(none));
	fake_console_clear();
	ktap_begin("x");
	runner_run(tests, tests + 2, &options, &machine);
	g_assert_cmpstr(fake_console(), ==,
		"KTAP version 1\n# limpid x\n1..0 # SKIP no test matches 'nothing.*,c''\n"
		"# limpid: end 0 passed, 0 failed, 0 skipped\n");

	fake_console_clear();
	ktap_bail_out("panic in %s", "a.x\n");
	g_assert_cmpstr(fake_console(), ==, "Bail out! panic in a.x\\n\n");
	fake_console_clear();
}

static void ends(void)
{
	test_ends_machine(MACHINE_RESET);
}

static void fails_before(void)
{
	FAIL("no");
	test_ends_machine(MACHINE_OFF);
	g_assert_not_reached();
}

/* A test that ends the machine announces it, and runs alone only. */
static void test_ending(void)
{
	static const struct test tests[] = {
		{.name = "a.x", .fn = pass}, {.name = "b.x", .fn = ends, .flags = TEST_ENDS}};
	struct options options;

	g_assert_cmpstr(run_one(ends), ==, "# limpid: expect reset\n# time a.b 5 us\nok 1 a.b\n");
	g_assert_true(g_str_has_suffix(run_one(fails_before), ": no\n# time a.b 5 us\nnot ok 1 a.b\n"));
	options_init(&options);
	fake_console_clear();
	ktap_begin("x");
	runner_run(tests, tests + 2, &options, &machine);
	g_assert_true(g_str_has_suffix(fake_console(), "ok 2 b.x # SKIP ends the machine, so it runs alone: run=b.x\n"
						       "# limpid: end 1 passed, 0 failed, 1 skipped\n"));
	fake_console_clear();
}

/* The macro's descriptor. */
TEST(gic.v3, sgi_to_self, .doc = "a CPU interrupts itself", .needs = "gicv3", .cpus = 2, .flags = TEST_SLOW)
{
}

TEST(mmu.map, plain)
{
}

static void test_descriptor(void)
{
	const struct test *test = &limpid_test_sgi_to_self;

	g_assert_cmpuint(test->size, ==, 88);
	g_assert_cmpstr(test->name, ==, "gic.v3.sgi_to_self");
	g_assert_cmpstr(test->file, ==, __FILE__);
	g_assert_cmpuint(test->line, ==, __LINE__ - 15);
	g_assert_cmpstr(test->doc, ==, "a CPU interrupts itself");
	g_assert_cmpstr(test->needs, ==, "gicv3");
	g_assert_null(test->source);
	g_assert_true(test->fn == test_sgi_to_self);
	g_assert_cmpuint(test->cpus, ==, 2);
	g_assert_cmpuint(test->flags, ==, TEST_SLOW);
	g_assert_cmpstr(limpid_test_plain.name, ==, "mmu.map.plain");
	/* In the order of the text. (That there is no padding between them is the image's matter: x86 adds some.) */
	g_assert_true((uintptr_t)&limpid_test_plain > (uintptr_t)test);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/expect/integers", test_integers);
	g_test_add_func("/expect/others", test_others);
	g_test_add_func("/expect/control_flow", test_control_flow);
	g_test_add_func("/ktap/protocol_is_safe", test_protocol_is_safe);
	g_test_add_func("/runner/needs", test_needs);
	g_test_add_func("/runner/selection", test_selection);
	g_test_add_func("/runner/ending", test_ending);
	g_test_add_func("/test/descriptor", test_descriptor);
	return g_test_run();
}
