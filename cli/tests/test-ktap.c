/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The judge on golden and on hostile logs. A case is a console and the verdicts that it must come to, as
 * "PASS a.b; ERROR c.d: words of the reason".
 */
#include <string.h>

#include "../ktap.h"

#define HEAD          "KTAP version 1\n# limpid 0: image at 0x40200000\n"
#define PASS(n, name) "# start " name "\n# time " name " 12 us\nok " #n " " name "\n"
#define END(p, f, s)  "# limpid: end " #p " passed, " #f " failed, " #s " skipped\n"

static void collect(struct result *result, void *data)
{
	GString *out = data;

	g_string_append_printf(out, "%s%s %s", out->len ? "; " : "", verdict_name(result->verdict), result->name);
	if (result->reason)
		g_string_append_printf(out, ": %s", result->reason);
	result_free(result);
}

/* @names are separated by commas, NULL: a log of which nothing is known. @chunk: bytes fed at once. */
static char *judge_bytes(
	enum ktap_dialect dialect, const char *names, const char *bytes, gsize len, gsize chunk, char **missing)
{
	g_auto(GStrv) expected = names ? g_strsplit(names, ",", -1) : NULL;
	GString *out = g_string_new(NULL);
	struct ktap *k = ktap_new(dialect, (const char *const *)expected, "the-log", FALSE, collect, out);
	g_autofree char **left = NULL;

	for (gsize i = 0; i < len; i += chunk)
		ktap_feed(k, bytes + i, MIN(chunk, len - i));
	ktap_finish(k, VERDICT_ERROR, "it just ends");
	left = ktap_missing(k);
	if (missing)
		*missing = g_strjoinv(",", left);
	ktap_free(k);
	return g_string_free(out, FALSE);
}

static void expect(const char *names, const char *log, const char *want, const char *want_missing)
{
	static const gsize chunks[] = {1, 3, 4096};

	/* However the bytes arrive, the verdicts are the same. */
	for (guint i = 0; i < G_N_ELEMENTS(chunks); i++) {
		g_autofree char *missing = NULL;
		g_autofree char *got = judge_bytes(KTAP_LIMPID, names, log, strlen(log), chunks[i], &missing);

		g_assert_cmpstr(got, ==, want);
		g_assert_cmpstr(missing, ==, want_missing);
	}
}

static void golden(void)
{
	expect("a.b", HEAD "1..1\n" PASS(1, "a.b") END(1, 0, 0), "PASS a.b", "");
	expect("a.b,c.d,e",
		"U-Boot 2023.01\r\n\x1b[2J\x1b[1;1HKTAP version 1\r\n# limpid 0\r\n1..3\r\n# start a.b\r\nok 1 a.b\r\n"
		"# start c.d\r\n# x.c:1: EXPECT\r\nnot ok 2 c.d\r\n# start e\r\nok 3 e # SKIP needs gicv3: none\r\n"
		"# limpid: end 1 passed, 1 failed, 1 skipped\r\n",
		"PASS a.b; FAIL c.d; SKIP e: needs gicv3: none", "");
	/* Firmware's noise, also with bytes that are no text, before the header. */
	expect("a.b", "\xff\xfe\n ok 1 a.b\n1..9\n\x01KTAP version 1\n1..1\n" PASS(1, "a.b") END(1, 0, 0), "PASS a.b",
		"");
	/* A skip without a start; counts without skipped. */
	expect("a.b", HEAD "1..1\nok 1 a.b # SKIP\n" END(0, 0, 1), "SKIP a.b: no reason given", "");
	expect("a.b", HEAD "1..1\n" PASS(1, "a.b") "# limpid: end 1 passed, 0 failed\n", "PASS a.b", "");
	/* The last line needs no newline: what it says is checked. */
	expect("a.b", HEAD "1..1\n" PASS(1, "a.b") "# limpid: end 1 passed, 0 failed", "PASS a.b", "");
	expect(NULL, HEAD "1..1\n" PASS(1, "a.b") END(1, 0, 0), "PASS a.b", "");
	expect(NULL, HEAD "1..0 # SKIP no test matches 'x'\n" END(0, 0, 0), "", "");
}

static void migrates(void)
{
	expect("a.b", HEAD "1..1\n# start a.b\n# migrate a.b\n# migrate a.b\nok 1 a.b\n" END(1, 0, 0), "PASS a.b", "");
	expect("a.b", HEAD "1..1\n# start a.b\n# migrate c.d\nok 1 a.b\n" END(1, 0, 0),
		"ERROR a.b: the machine asks to be migrated for c.d, which is not running", "");
}

static void truncated(void)
{
	expect("a.b", "", "", "a.b");
	expect("a.b", "U-Boot\n", "", "a.b");
	expect("a.b", HEAD, "", "a.b");
	expect("a.b", HEAD "1..1\n", "", "a.b");
	expect("a.b", HEAD "1..1\n# start a.b\n", "ERROR a.b: it just ends", "");
	expect("a.b", HEAD "1..1\n# start a.b\nok 1 a.", "ERROR a.b: the result of a. came instead of its own", "");
	expect("a.b", HEAD "1..1\n" PASS(1, "a.b"), "ERROR a.b: it just ends", "");
	expect("a.b", HEAD "1..1\n" PASS(1, "a.b") "# limpid: end 1 passed",
		"ERROR a.b: the end line 'limpid: end 1 passed' cannot be read", "");
	expect("a.b", HEAD "1..1\n" PASS(1, "a.b") "# limpid: end 1 pass",
		"ERROR a.b: the end line 'limpid: end 1 pass' cannot be read", "");
	expect("a.b,c.d", HEAD "1..2\n" PASS(1, "a.b") "# start c.d\n", "PASS a.b; ERROR c.d: it just ends", "");
	expect("a.b,c.d,e", HEAD "1..3\n" PASS(1, "a.b") "# start c.d\nBail out! exception in c.d\n",
		"PASS a.b; ERROR c.d: Bail out! exception in c.d", "e");
	/* Of a log of which nothing is known. */
	expect(NULL, HEAD "1..2\n" PASS(1, "a.b") PASS(2, "c.d"), "PASS a.b; ERROR c.d: it just ends", "");
	expect(NULL, HEAD "1..3\n" PASS(1, "a.b") PASS(2, "c.d"),
		"PASS a.b; ERROR c.d: it just ends; ERROR the-log: the plan promises 3 results, but there are 2", "");
	expect(NULL, HEAD, "ERROR the-log: it just ends", "");
	expect(NULL, "no header at all\nok 1 a.b\n", "", "");
}

static void crashes(void)
{
	expect("a.b,c.d",
		HEAD
		"1..2\n" PASS(1, "a.b") "# start c.d\n# exception: synchronous exception at EL1\n#   esr 0x96000045\n"
					"# stack:\n#   image+0x3234\nBail out! exception in c.d\n",
		"PASS a.b; ERROR c.d: exception: synchronous exception at EL1", "");
	/* After the result, before the next test: the last one did it. */
	expect("a.b,c.d", HEAD "1..2\n" PASS(1, "a.b") "# exception: late\nBail out! exception\n",
		"ERROR a.b: exception: late", "c.d");
	/* A result cannot undo an exception, nor can one after the end of everything. */
	expect("a.b", HEAD "1..1\n# start a.b\n# exception: x\nok 1 a.b\n" END(1, 0, 0), "ERROR a.b: exception: x", "");
	expect("a.b,c.d", HEAD "1..2\n# start a.b\nBail out! panic in a.b\nok 1 a.b\n" PASS(2, "c.d") END(2, 0, 0),
		"ERROR a.b: Bail out! panic in a.b", "c.d");
	expect("a.b", HEAD "1..1\n# start a.b\n# panic: no memory\n", "ERROR a.b: panic: no memory", "");
}

#define OFF(name)   "# start " name "\n# limpid: expect off\n"
#define RESET(name) "# start " name "\n# limpid: expect reset\n"

/* Judges a live console of one test, whose machine then stops by itself, or is stopped because it was complete. */
static void expect_live(const char *log, gboolean stops, const char *want, gboolean want_complete)
{
	static const char *const names[] = {"a.b", NULL};
	g_autoptr(GString) out = g_string_new(NULL);
	struct ktap *k = ktap_new(KTAP_LIMPID, names, "the-log", TRUE, collect, out);

	ktap_feed(k, log, strlen(log));
	g_assert_cmpint(ktap_is_complete(k), ==, want_complete);
	if (stops)
		ktap_stopped(k);
	ktap_finish(k, VERDICT_TIMEOUT, "no output");
	g_assert_cmpstr(out->str, ==, want);
	ktap_free(k);
}

/* Tests that end the machine. */
static void endings(void)
{
	expect_live(HEAD "1..1\n" OFF("a.b"), TRUE, "PASS a.b", FALSE);
	/* It hangs; it crashes; it goes on, and says so; it goes on and claims to have passed. */
	expect_live(HEAD "1..1\n" OFF("a.b"), FALSE, "TIMEOUT a.b: no output", FALSE);
	expect_live(HEAD "1..1\n" OFF("a.b") "# exception: x\nBail out! exception in a.b\n", TRUE,
		"ERROR a.b: exception: x", FALSE);
	expect_live(HEAD "1..1\n" OFF("a.b") "not ok 1 a.b\n" END(0, 1, 0), TRUE, "FAIL a.b", FALSE);
	expect_live(HEAD "1..1\n" OFF("a.b") "ok 1 a.b\n" END(1, 0, 0), TRUE,
		"ERROR a.b: it announced that the machine ends, and has a result: 'PASS'", FALSE);
	expect_live(HEAD "1..1\n" OFF("a.b") HEAD "1..1\n", FALSE,
		"FAIL a.b: the machine started again: it was to switch off", TRUE);
	/* Off without a word. */
	expect_live(HEAD "1..1\n# start a.b\n", TRUE, "TIMEOUT a.b: no output", FALSE);

	expect_live(HEAD "1..1\n" RESET("a.b") "EDK2\n" HEAD "1..1\n" RESET("a.b"), FALSE, "PASS a.b", TRUE);
	expect_live(HEAD "1..1\n" RESET("a.b") HEAD "1..1\n" RESET("a.b") HEAD "1..1\n", FALSE, "PASS a.b", TRUE);
	/* A test that knows its second life may end it as others do. */
	expect_live(HEAD "1..1\n" RESET("a.b") HEAD "1..1\n" PASS(1, "a.b") END(1, 0, 0), TRUE, "PASS a.b", FALSE);
	expect_live(HEAD "1..1\n" RESET("a.b") HEAD "1..1\n# start a.b\nnot ok 1 a.b\n" END(0, 1, 0), TRUE, "FAIL a.b",
		FALSE);
	/* Off instead; it hangs in the middle of its boot, or in the second life; resets once too often. */
	expect_live(HEAD "1..1\n" RESET("a.b"), TRUE, "FAIL a.b: the machine stopped: it was to start again", FALSE);
	expect_live(HEAD "1..1\n" RESET("a.b") "EDK2\n", FALSE, "TIMEOUT a.b: no output", FALSE);
	expect_live(HEAD "1..1\n" RESET("a.b") HEAD "1..1\n# start a.b\n", FALSE, "TIMEOUT a.b: no output", FALSE);
	expect_live(HEAD "1..1\n" RESET("a.b") HEAD "1..1\n# start a.b\n" HEAD, FALSE,
		"ERROR a.b: the machine started again", FALSE);
	expect_live(HEAD "1..1\n" RESET("a.b") "ok 1 a.b\n" END(1, 0, 0), TRUE,
		"ERROR a.b: it announced that the machine ends, and has a result: 'PASS'", FALSE);
	expect_live(HEAD "1..1\n" RESET("a.b") HEAD "1..1\n# start c.d\n", FALSE,
		"ERROR a.b: after the reset c.d started instead of it", FALSE);
	expect_live(HEAD "1..1\n" RESET("a.b") HEAD "1..1\n" OFF("a.b"), TRUE,
		"ERROR a.b: it expected a reset, and after that another end", FALSE);
	expect_live(HEAD "1..1\n" RESET("a.b") "# limpid: expect reset\n", FALSE,
		"ERROR a.b: 'limpid: expect reset' belongs to no test, or is its second", FALSE);
	expect_live(HEAD "1..1\n# start a.b\n# limpid: expect rain\n", FALSE,
		"ERROR a.b: 'limpid: expect rain' is neither off nor reset", FALSE);
	/* What a test prints is indented, and announces nothing. */
	expect_live(HEAD "1..1\n# start a.b\n#  limpid: expect off\n", TRUE, "TIMEOUT a.b: no output", FALSE);

	/* From a log: a reset shows, the end does not. */
	expect(NULL, HEAD "1..1\n" OFF("a.b"), "SKIP a.b: a log does not tell whether the machine switched off", "");
	expect(NULL, HEAD "1..1\n" RESET("a.b") HEAD "1..1\n" RESET("a.b"), "PASS a.b", "");
}

static void hostile(void)
{
	/* Twice. */
	expect("a.b,c.d", HEAD "1..2\n" PASS(1, "a.b") "ok 2 a.b\n", "ERROR a.b: a.b has two results", "c.d");
	expect("a.b,c.d", HEAD "1..2\n" PASS(1, "a.b") PASS(2, "a.b"), "ERROR a.b: a.b starts a second time", "c.d");
	/* Not asked for. */
	expect("a.b", HEAD "1..1\n" PASS(1, "x.y") END(1, 0, 0),
		"ERROR x.y: the machine reports a test that it was not asked to run", "a.b");
	expect("a.b", HEAD "1..1\nok 1 x.y # SKIP no\n",
		"ERROR x.y: the machine reports a test that it was not asked to run", "a.b");
	expect("a.b", HEAD "1..1\n# start a.b\nok 1 x.y\n", "ERROR a.b: the result of x.y came instead of its own", "");
	expect("a.b,c.d", HEAD "1..2\n# start a.b\nok 1 c.d\n", "ERROR a.b: the result of c.d came instead of its own",
		"c.d");
	/* Never started. */
	expect("a.b", HEAD "1..1\nok 1 a.b\n" END(1, 0, 0), "ERROR a.b: it has a result, but never started", "");
	/* Wrong numbers, plans and counts. */
	expect("a.b", HEAD "1..1\n# start a.b\nok 7 a.b\n", "ERROR a.b: its result has number 7, but 1 was due", "");
	expect("a.b", HEAD "1..2\n" PASS(1, "a.b") END(1, 0, 0), "", "a.b");
	expect("a.b", HEAD PASS(1, "a.b") END(1, 0, 0), "", "a.b");
	expect("a.b", HEAD "1..1\n1..1\n" PASS(1, "a.b") END(1, 0, 0), "", "a.b");
	expect("a.b", HEAD "1..99999999999999999999\n", "", "a.b");
	expect("a.b", HEAD "1..1\n" PASS(1, "a.b") END(2, 0, 0),
		"ERROR a.b: the end line counts 2 passed, 0 failed, 0 skipped, but the results are 1, 0, 0", "");
	expect("a.b", HEAD "1..1\n" PASS(1, "a.b") "# limpid: end of the world\n",
		"ERROR a.b: the end line 'limpid: end of the world' cannot be read", "");
	expect("a.b,c.d", HEAD "1..2\n" PASS(1, "a.b") END(1, 0, 0),
		"ERROR a.b: the plan promises 2 results, but there are 1", "c.d");
	/* The next test starts, the result is lost: only that one is concerned. */
	expect("a.b,c.d", HEAD "1..2\n# start a.b\nok x\n" PASS(2, "c.d") END(1, 0, 0),
		"ERROR a.b: it ended without a result: another test started; PASS c.d", "");
	/* Again from the start. */
	expect("a.b", HEAD "1..1\n# start a.b\n" HEAD "1..1\n" PASS(1, "a.b") END(1, 0, 0),
		"ERROR a.b: the machine started again", "");
	/* After the end. */
	expect("a.b", HEAD "1..1\n" PASS(1, "a.b") END(1, 0, 0) "# start c.d\n",
		"ERROR a.b: results come after the end line", "");
	expect("a.b", HEAD "1..1\n" PASS(1, "a.b") END(1, 0, 0) "Bail out! late\n",
		"ERROR a.b: after the end line: Bail out! late", "");
	expect("a.b", HEAD "1..1\n" PASS(1, "a.b") END(1, 0, 0) "bye\n", "PASS a.b", "");
	/* Control characters come out as text. */
	expect("a.b", HEAD "1..1\n# start a.b\nBail out! \x1b[2J\n", "ERROR a.b: Bail out! \\x1b[2J", "");
	expect(NULL, HEAD "1..1\n# start \x1b[31mx\n", "ERROR \\x1b[31mx: it just ends", "");
	/* An indented or prefixed line is none of the protocol. */
	expect("a.b", HEAD "1..1\n# start a.b\n ok 1 a.b\nxok 1 a.b\n" END(1, 0, 0),
		"ERROR a.b: it ended without a result: the machine says that it is done", "");
}

/* Bytes that strings cannot hold, and more than anybody wants. */
static void floods(void)
{
	static const char nul[] = HEAD "1..1\n# start a.b\nok 1 a.b\0\n# limpid: end 1 passed, 0 failed\n";
	g_autofree char *got = judge_bytes(KTAP_LIMPID, "a.b", nul, sizeof(nul) - 1, 4096, NULL);
	g_autoptr(GString) flood = g_string_new(HEAD "1..1\n# start a.b\n");

	g_assert_cmpstr(got, ==, "ERROR a.b: it ended without a result: the machine says that it is done");
	/* A line of a megabyte, with a result at its end. */
	for (guint i = 0; i < 1 << 20; i++)
		g_string_append_c(flood, 'x');
	g_string_append(flood, "ok 1 a.b\n" END(1, 0, 0));
	g_free(got);
	got = judge_bytes(KTAP_LIMPID, "a.b", flood->str, flood->len, 1000, NULL);
	g_assert_cmpstr(got, ==, "ERROR a.b: it ended without a result: the machine says that it is done");
	/* A skip whose reason has no end on the line that is kept. */
	g_string_assign(flood, HEAD "1..1\n# start a.b\nok 1 a.b # SKIP ");
	for (guint i = 0; i < 10000; i++)
		g_string_append_c(flood, 'x');
	g_string_append(flood, "\n" END(0, 0, 1));
	g_free(got);
	got = judge_bytes(KTAP_LIMPID, "a.b", flood->str, flood->len, 1000, NULL);
	g_assert_cmpstr(got, ==, "ERROR a.b: it ended without a result: the machine says that it is done");
	/* A hundred thousand starts of unknown tests: the first is enough. */
	g_string_assign(flood, HEAD "1..1\n");
	for (guint i = 0; i < 100000; i++)
		g_string_append_printf(flood, "# start x%u\n", i);
	g_free(got);
	got = judge_bytes(KTAP_LIMPID, "a.b", flood->str, flood->len, 1000, NULL);
	g_assert_cmpstr(got, ==, "ERROR x0: the machine reports a test that it was not asked to run");
}

/* Whatever a machine prints, a test that was asked for has a verdict or is missing, and no garbage makes it pass. */
static void garbage_never_passes(void)
{
	static const char *const pieces[] = {"ok 1 a.b", "not ok", "# start a.b", "1..1", "\n", "KTAP version 1\n",
		"# limpid: end 1 passed, 0 failed", "Bail out!", " ", "\x1b[0m", "# exception: ", "1..", "ok 2 ",
		"\r\n"};
	GRand *rand = g_rand_new_with_seed(2);

	for (guint round = 0; round < 20000; round++) {
		g_autoptr(GString) log = g_string_new(NULL);
		g_autofree char *got = NULL, *missing = NULL;

		for (guint i = g_rand_int_range(rand, 0, 20); i > 0; i--) {
			if (g_rand_boolean(rand))
				g_string_append(log, pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))]);
			else
				g_string_append_c(log, g_rand_int_range(rand, 1, 256));
		}
		got = judge_bytes(KTAP_LIMPID, "a.b", log->str, log->len, 7, &missing);
		if (g_str_has_prefix(got, "PASS"))
			g_error("passes: %s", log->str);
		g_assert_true(*got || *missing);
	}
	g_rand_free(rand);
}

static void console(void)
{
	GString *out = g_string_new(NULL);
	struct ktap *k = ktap_new(KTAP_LIMPID, NULL, "log", FALSE, collect, out);
	const struct transcript *t;
	g_autoptr(GPtrArray) lines = NULL;

	for (guint i = 0; i < 5000; i++) {
		g_autofree char *line = g_strdup_printf("line %u\n", i);

		ktap_feed(k, line, strlen(line));
	}
	t = ktap_console(k);
	g_assert_cmpstr(transcript_last_line(t), ==, "line 4999");
	lines = transcript_lines(t, 0);
	g_assert_cmpuint(lines->len, ==, TRANSCRIPT_FIRST + TRANSCRIPT_LAST + 1);
	g_assert_cmpstr(lines->pdata[0], ==, "line 0");
	g_assert_cmpstr(lines->pdata[TRANSCRIPT_FIRST], ==, "... [4800 lines left out]");
	g_assert_cmpstr(lines->pdata[TRANSCRIPT_FIRST + 1], ==, "line 4900");
	g_clear_pointer(&lines, g_ptr_array_unref);
	lines = transcript_lines(t, 10);
	g_assert_cmpuint(lines->len, ==, 11);
	g_assert_cmpstr(lines->pdata[4], ==, "line 4");
	g_assert_cmpstr(lines->pdata[5], ==, "... [4990 lines left out]");
	g_assert_cmpstr(lines->pdata[10], ==, "line 4999");
	ktap_free(k);
	g_string_free(out, TRUE);
}

static void expect_plain(const char *log, const char *want)
{
	g_autofree char *got = judge_bytes(KTAP_PLAIN, NULL, log, strlen(log), 5, NULL);

	g_assert_cmpstr(got, ==, want);
}

static void plain(void)
{
	expect_plain(
		"TAP version 13\n# random seed: 1\n1..2\n# Start of x tests\nok 1 /x/a\nok 2 /x/b # SKIP not here\n",
		"PASS /x/a; SKIP /x/b: not here");
	expect_plain("ok 1 - first thing\nnot ok 2 - second thing\n1..2\n", "PASS first thing; FAIL second thing");
	expect_plain("1..2\n    1..1\n    not ok 1 sub\nok 1 a\nok 2 b\n", "PASS a; PASS b");
	expect_plain("1..1\nnot ok 1 a # TODO later\n", "SKIP a: TODO later");
	expect_plain("ok\nok\n1..2\n", "PASS test 1; PASS test 2");
	expect_plain("1..3\nok 1 a\n", "PASS a; ERROR the-log: the plan promises 3 results, but there are 1");
	expect_plain("ok 1 a\n", "PASS a; ERROR the-log: there is no plan: it may be truncated");
	expect_plain("1..2\nok 1 a\nBail out! gone\nok 2 b\n",
		"PASS a; ERROR the-log: Bail out! gone; ERROR the-log: the plan promises 2 results, but there are 1");
	expect_plain("1..2\nok 1 a\nok 1 b\n", "PASS a; ERROR b: its result has number 1, but 2 was due");
	expect_plain("1..0 # SKIP nothing\n", "");
	expect_plain("", "");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ktap/golden", golden);
	g_test_add_func("/ktap/migrates", migrates);
	g_test_add_func("/ktap/truncated", truncated);
	g_test_add_func("/ktap/crashes", crashes);
	g_test_add_func("/ktap/endings", endings);
	g_test_add_func("/ktap/hostile", hostile);
	g_test_add_func("/ktap/floods", floods);
	g_test_add_func("/ktap/garbage_never_passes", garbage_never_passes);
	g_test_add_func("/ktap/console", console);
	g_test_add_func("/ktap/plain", plain);
	return g_test_run();
}
