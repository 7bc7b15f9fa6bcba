/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `limpid check` and `limpid explain` as people call them, with a fake QEMU that writes findings as the plugin does. */
#include <json-glib/json-glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kinds.h"
#include "../rules.h"
#include "../picture.h"
#include "command.h"
#include "fixture.h"

#define LINE(id, kind, severity, pc, root)                                                                         \
	"{\"id\":" #id ",\"kind\":\"" kind "\",\"severity\":\"" severity                                           \
	"\",\"rule\":\"C5/H1\",\"text\":\"it is wrong\","                                                          \
	"\"remedy\":\"do it right\",\"pc\":\"" pc "\",\"cpu\":0,\"el\":1,\"access\":\"read\",\"va\":\"0x1000\","   \
	"\"pa\":\"0x1000\",\"size\":4,\"got\":\"01020304\",\"may_be\":[\"00000000\"],\"writer\":{\"pc\":\"0x50\"," \
	"\"cpu\":1,\"el\":2},\"done\":\"too little \\u001b[31m\",\"root\":\"" root "\",\"count\":2}\n"
#define END "{\"end\":true,\"initial\":\"clean\"}\n"

static const char errors[] = LINE(1, "lost-write", "error", "0x40", "cpu0.off@0x40") LINE(
	2, "stale-memory-read", "error", "0x44", "cpu0.off@0x40") LINE(3, "stale-fetch", "warning", "0x48", "r") END;
static const char warnings[] = LINE(1, "lost-write", "warning", "0x40", "r") END;
static const char notes[] = LINE(1, "lost-write", "note", "0x40", "r") END;

/* What the fake plugin writes from now on; NULL: no file at all. Only in the tests with these names, if not NULL. */
static void plugin_writes(const char *text, const char *tests)
{
	g_autofree char *path = g_build_filename(dir, "canned", NULL);

	g_unsetenv("FAKE_FINDINGS_IN");
	g_unsetenv("FAKE_FINDINGS");
	if (!text)
		return;
	fixture_write(path, text, strlen(text));
	g_setenv("FAKE_FINDINGS", path, TRUE);
	if (tests)
		g_setenv("FAKE_FINDINGS_IN", tests, TRUE);
}

/* `limpid check @options -- fake @arguments` */
static void check(const char *play, const char *options, const char *arguments)
{
	g_autofree char *line = g_strdup_printf("check%s%s -- %s %s", *options ? " " : "", options, fake, arguments);

	call(play, line);
}

static void reports(void)
{
	plugin_writes(errors, NULL);
	check("pass", "", "-M virt");
	expect(6, "error: lost-write: it is wrong\n", NULL);
	expect(6, "access:      read of 4 bytes at 0x1000\n", NULL);
	expect(6, "at 0x40, which no symbol covers\n", NULL);
	expect(6, "since then:  too little \\x1b[31m\n", NULL);
	expect(6, "hardware:    may give 00 00 00 00\n", NULL);
	expect(6, "missing:     do it right\n", NULL);
	expect(6, "limpid explain lost-write\n", NULL);
	expect(6, "seen 2 times\n", NULL);
	/* One root, one report. */
	expect(6, "root:        cpu0.off at 0x40\n                 and 1 more with this root: 1 stale-memory-read\n",
		NULL);
	g_assert_null(strstr(out, "error: stale-memory-read"));
	expect(6, "warning: stale-fetch", NULL);
	expect_last_line("3 findings (2 errors, 1 warning)");
	/* The console goes where it always does. */
	expect(6, "# limpid: end 0 passed", NULL);
	check("pass", "-v", "-M virt -m 64");
	expect(6, NULL,
		" -machine virt -m 64 -object memory-backend-memfd,id=ram,share=on,size=64M -machine "
		"memory-backend=ram "
		"-accel tcg,thread=single -plugin ");
	check("pass", "-v --initial clean --set-way never --record ev", "-M virt");
	expect(6, NULL, ",record=ev,initial=clean,set-way=never\n");
}

static void statuses(void)
{
	plugin_writes(END, NULL);
	check("pass", "", "-M virt");
	expect(0, NULL, NULL);
	expect_last_line("0 findings (0 errors, 0 warnings)");
	plugin_writes(notes, NULL);
	check("pass", "", "-M virt");
	expect(0, "note: lost-write", NULL);
	expect_last_line("0 findings (0 errors, 0 warnings), 1 note");
	plugin_writes(warnings, NULL);
	check("pass", "", "-M virt");
	expect(6, NULL, NULL);
	expect_last_line("1 finding (0 errors, 1 warning)");
	check("pass", "--error-exitcode 42", "-M virt");
	expect(42, NULL, NULL);
	check("pass", "--error-exitcode 0", "-M virt");
	expect(0, NULL, NULL);
}

static void infrastructure(void)
{
	g_autofree char *cut = g_strndup(errors, sizeof(errors) - 5), *garbage = g_strconcat("garbage\n", errors, NULL);

	plugin_writes(NULL, NULL);
	check("pass", "", "-M virt");
	expect(3, NULL, "the sanitizer's findings cannot be read: No such file");
	plugin_writes(cut, NULL);
	check("pass", "", "-M virt");
	expect(3, "error: lost-write", "the sanitizer's findings are cut short");
	plugin_writes(garbage, NULL);
	check("pass", "", "-M virt");
	expect(3, NULL, "the sanitizer's findings cannot be read: line 1: ");
	plugin_writes(errors, NULL);
	check("bad-exit", "", "-M virt");
	expect(3, "error: lost-write", "QEMU exited with status 3");
	/* With semihosting the status is the guest's. */
	check("bad-exit", "", "-M virt -semihosting");
	expect(6, NULL, "QEMU exited with status 3");
	check("kill", "", "-M virt");
	expect(3, NULL, "QEMU was killed by signal 9");
	g_setenv("FAKE_QEMU_VERSION", "7.2.9 (Debian)", TRUE);
	check("pass", "", "-M virt");
	expect(3, NULL, "is QEMU 7.2: its plugins cannot read registers; the sanitizer needs QEMU 10.0 or newer");
	call("pass", "check a.one");
	expect(3, NULL, "is QEMU 7.2");
	g_unsetenv("FAKE_QEMU_VERSION");
	call("pass", "check -- /bin/true -M virt");
	expect(3, NULL, "/bin/true: it is no QEMU");
	call("pass", "check -- /nonexistent/qemu -M virt");
	expect(3, NULL, "no /nonexistent/qemu: install QEMU 10 or newer");
}

static void usage(void)
{
	static const struct {
		const char *options, *arguments, *words;
	} cases[] = {
		{"", "-M virt -accel kvm", "-accel kvm: the sanitizer sees"},
		{"", "-M virt,memory-backend=x", "there is no -object with this id"},
		{"", "", "which machine?"},
		{"a.one", "-M virt", "'a.one' is a test"},
		{"--cpus 2", "-M virt", "--cpus is about our own tests"},
		{"--together", "-M virt", "--together is about our own tests"},
		{"--initial cold", "-M virt", "'cold' is not one of: invalid clean dirty"},
		{"--plugin /nonexistent/x.so", "-M virt", "no plugin at /nonexistent/x.so: build it"},
		{"--symbols /nonexistent/x.elf", "-M virt", "/nonexistent/x.elf: No such file"},
		{"--suppress /nonexistent/x", "-M virt", "/nonexistent/x"},
		{"--json /nonexistent/x", "-M virt", "/nonexistent/x: cannot write it"},
		{"--error-exitcode 256", "-M virt", "error-exitcode"},
	};

	plugin_writes(errors, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		check("pass", cases[i].options, cases[i].arguments);
		expect(2, NULL, cases[i].words);
		g_assert_cmpstr(out, ==, "");
	}
	call("pass", "check --accel kvm a.one");
	expect(2, NULL, "--accel kvm: the sanitizer sees");
	call("pass", "check --record ev");
	expect(2, NULL, "--record takes one test, but 3 are selected");
	check("pass", "--sarif /nonexistent/x", "-M virt");
	expect(3, NULL, "/nonexistent/x: cannot write it");
}

/* A machine that does not end is told to, and is no error. */
static void stops(void)
{
	plugin_writes(errors, NULL);
	check("silent", "--timeout 0.3", "-M virt");
	expect(6, "error: lost-write", NULL);
	plugin_writes(END, NULL);
	check("silent", "--timeout 0.3", "-M virt");
	expect(0, NULL, NULL);
}

static void interrupted(void)
{
	char *argv[] = {limpid, "check", "--", fake, "-M", "virt", NULL};
	g_auto(GStrv) env = NULL;
	g_autofree char *text = NULL;
	char buffer[10000];
	int wait_status, out_fd;
	gsize total = 0;
	gssize n;
	GPid pid;

	plugin_writes(errors, NULL);
	env = environment("silent");
	g_assert_true(g_spawn_async_with_pipes(dir, argv, env, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL,
		NULL, NULL, &pid, NULL, &out_fd, NULL, NULL));
	for (guint t = 0; t < 500 && !g_file_get_contents(pids, &text, NULL, NULL); t++)
		g_usleep(10000);
	g_assert_nonnull(text);
	g_usleep(100000);
	kill(pid, SIGINT);
	g_assert_cmpint(waitpid(pid, &wait_status, 0), ==, pid);
	while (total < sizeof(buffer) - 1 && (n = read(out_fd, buffer + total, sizeof(buffer) - 1 - total)) > 0)
		total += n;
	buffer[total] = '\0';
	close(out_fd);
	g_assert_nonnull(strstr(buffer, "3 findings (2 errors, 1 warning)\n"));
	g_assert_cmpint(WEXITSTATUS(wait_status), ==, 130);
	check_nothing_left();
}

/* --- our own tests --- */

static void tests(void)
{
	plugin_writes(END, NULL);
	call("pass", "check");
	expect(0, "PASS a.one (", NULL);
	expect(0, "0 findings (0 errors, 0 warnings)\n3 passed, 0 failed\n", NULL);
	plugin_writes(errors, "a.two");
	call("pass", "check");
	expect(6, "PASS a.two (", NULL);
	expect(6, "    3 findings: see below\n", NULL);
	expect(6, "in test:     a.two\n", NULL);
	expect(6, "3 findings (2 errors, 1 warning)\n3 passed, 0 failed\n", NULL);
	call("pass", "run --check");
	expect(6, "in test:     a.two\n", NULL);
	/* The same in several tests is one finding. */
	plugin_writes(errors, NULL);
	call("pass", "check -j1");
	expect(6, "in tests:    a.one, a.two, b.three\n", NULL);
	expect(6, "3 findings (2 errors, 1 warning)\n3 passed, 0 failed\n", NULL);
	/* With several tests in a machine nobody knows whose it is. */
	call("pass", "check --together");
	expect(6, "error: lost-write", NULL);
	g_assert_null(strstr(out, "in test"));
	call("fail-two", "check");
	expect(1, "FAIL a.two", NULL);
	expect(1, "    reproduce: ", NULL);
	expect(1, "limpid check --qemu ", NULL);
	expect(1, " --plugin ", NULL);
	expect_last_line("2 passed, 1 failed");
	plugin_writes("x\n", NULL);
	call("pass", "check a.one");
	expect(3, "PASS a.one", "a.one: the sanitizer's findings cannot be read: line 1");
	plugin_writes("", NULL);
	call("pass", "check a.one");
	expect(3, NULL, "a.one: the sanitizer's findings are cut short");
	/* A test that hangs is that, and no more. */
	plugin_writes(errors, NULL);
	call("hang", "check --timeout 0.3 a.one");
	expect(1, "TIMEOUT a.one", NULL);
	expect(1, "3 findings", NULL);
	/* And when QEMU had to be killed at last, so that the findings are cut short. */
	plugin_writes(LINE(1, "lost-write", "error", "0x40", "r"), NULL);
	call("hang", "check --timeout 0.3 a.one");
	expect(1, "1 finding (1 error, 0 warnings)\n0 passed, 1 failed\n", "cut short");
	call("pass", "check --dry-run a.one");
	expect(0, ",findings=", NULL);
}

/* A test that makes a mistake on purpose passes when that, once, and nothing else is found. */
static void twins(void)
{
	static const struct fixture_test both[] = {
		{.name = "x.bad_lost_write"},
		{.name = "x.good_lost_write"},
		{.name = "x.anything", .flags = 4},
		{.name = "x.said", .finding = "lost-write"},
		{.name = "x.placed", .finding = "lost-write", .finding_function = "helper"},
		{NULL},
	};
	static const struct fixture_test unknown[] = {{.name = "x.odd", .finding = "lost-wits"}, {NULL}};
	static const struct fixture_test unwanted[] = {{.name = "x.odd", .finding_function = "helper"}, {NULL}};
	g_autofree char *sub = g_build_filename(dir, "twins", NULL), *elf = NULL;

	g_assert_cmpint(g_mkdir(sub, 0700), ==, 0);
	elf = fixture_image(sub, both);
	g_setenv("LIMPID_PLUGIN", elf, TRUE);
	plugin_writes(warnings, "x.bad_lost_write x.anything x.said");
	call("pass", "check --image twins/limpid.elf x.bad_lost_write x.good_lost_write x.anything x.said");
	expect(0, "PASS x.bad_lost_write", NULL);
	expect(0, "PASS x.anything", NULL);
	expect(0, "PASS x.said", NULL);
	expect(0, "0 findings (0 errors, 0 warnings), 1 expected\n4 passed, 0 failed\n", NULL);
	/* It is no news, but for who asks for it. */
	g_assert_null(strstr(out, "it is wrong"));
	call("pass", "check --image twins/limpid.elf x.bad_lost_write");
	expect(0, "Expected: the test is there to make it.\n\nwarning: lost-write: it is wrong\n", NULL);
	/* Not together with others, to which its findings would be attributed. */
	call("pass", "check --image twins/limpid.elf --together x.bad_lost_write x.good_lost_write x.anything");
	expect(0, "3 passed, 0 failed\n", NULL);
	plugin_writes(END, NULL);
	call("pass", "check --image twins/limpid.elf x.*");
	expect(1, "FAIL x.bad_lost_write: the sanitizer was to find one lost-write, and found nothing\n", NULL);
	expect(1, "FAIL x.anything: the sanitizer was to find one mistake, and found nothing\n", NULL);
	expect(1, "FAIL x.said: the sanitizer was to find one lost-write, and found nothing\n", NULL);
	expect(1,
		"FAIL x.placed: the sanitizer was to find one lost-write at helper (tests/fixture.c:50), and found "
		"nothing\n",
		NULL);
	expect_last_line("1 passed, 4 failed");
	plugin_writes(notes, NULL);
	call("pass", "check --image twins/limpid.elf x.bad_lost_write");
	expect(1, "FAIL x.bad_lost_write", NULL);
	/* Another kind, or another place, is a finding as any, and more than the one. */
	plugin_writes(errors, NULL);
	call("pass", "check --image twins/limpid.elf x.bad_lost_write");
	expect(1,
		"FAIL x.bad_lost_write: the sanitizer was to find one lost-write, and found lost-write at 0x40; "
		"stale-memory-read at 0x44; stale-fetch at 0x48\n",
		NULL);
	expect(1, "2 findings (1 error, 1 warning), 1 expected\n0 passed, 1 failed\n", NULL);
	plugin_writes(warnings, NULL);
	call("pass", "check --image twins/limpid.elf x.placed");
	expect(1,
		"FAIL x.placed: the sanitizer was to find one lost-write at helper (tests/fixture.c:50), and found "
		"lost-write at 0x40\n",
		NULL);
	expect(1, "1 finding (0 errors, 1 warning)\n0 passed, 1 failed\n", NULL);
	plugin_writes(errors, NULL);
	plugin_writes(errors, "x.good_lost_write");
	call("pass", "check --image twins/limpid.elf x.good_lost_write");
	expect(6, "in test:     x.good_lost_write\n", NULL);
	/* Without the sanitizer it just runs. */
	call("pass", "run --image twins/limpid.elf x.bad_lost_write x.placed");
	expect(0, "PASS x.bad_lost_write", NULL);
	expect(0, "PASS x.placed", NULL);
	/* Descriptors and marks that cannot be meant. */
	g_free(fixture_image(sub, unknown));
	call("pass", "list --image twins/limpid.elf");
	expect(2, NULL, "x.odd is to make a finding of the kind 'lost-wits', which does not exist");
	g_free(fixture_image(sub, unwanted));
	call("pass", "list --image twins/limpid.elf");
	expect(2, NULL, "tests/fixture.c:50: FINDING_HERE is for a test that says no .finding");
}

static void suppressions(void)
{
	g_autofree char *path = g_build_filename(dir, "known", NULL);
	static const char some[] = "{ one\n kind: lost-write\n access: *\n reason: because\n}\n"
				   "{ other\n kind: stale-translation\n access: *\n reason: because\n}\n";
	static const char bad[] = "\n{ one\n kind: lost-write\n access: *\n}\n";

	plugin_writes(errors, NULL);
	fixture_write(path, some, strlen(some));
	check("pass", "--suppress known", "-M virt");
	expect(6, "error: stale-memory-read", "known:6: suppression 'other' matched nothing\n");
	g_assert_null(strstr(out, "lost-write"));
	g_assert_null(strstr(err, "'one'"));
	expect_last_line("2 findings (1 error, 1 warning), 1 suppressed");
	fixture_write(path, bad, strlen(bad));
	check("pass", "--suppress known", "-M virt");
	expect(2, NULL, "known:5: 'one' has no reason");
	check("pass", "--gen-suppressions", "-M virt");
	expect(6, "{ lost-write-1\n  kind: lost-write\n  root: cpu0.off at 0x40\n", NULL);
	expect(6, "{ stale-memory-read-2\n", NULL);
	expect(6, "{ stale-fetch-3\n  kind: stale-fetch\n  fingerprint: ", NULL);
	expect(6, "  reason:\n}\n", NULL);
	expect_last_line("3 findings (2 errors, 1 warning)");
}

/* What each of several machines has to say is said once, and counted. */
static void notices(void)
{
	const char *said;

	plugin_writes("{\"end\":true,\"initial\":\"clean\",\"notices\":[\"it is odd\"]}\n", NULL);
	call("pass", "check");
	expect(0, NULL, ": it is odd\n");
	expect(0, NULL, "in 3 machines: it is odd\n");
	said = strstr(err, "it is odd");
	said = strstr(said + 1, "it is odd");
	g_assert_null(strstr(said + 1, "it is odd"));
	call("pass", "check a.one");
	expect(0, NULL, "a.one: it is odd\n");
	g_assert_null(strstr(err, "machines"));
}

static void files(void)
{
	g_autofree char *json = NULL, *sarif = NULL, *html = NULL, *junit = NULL, *tap = NULL;
	g_auto(GStrv) lines = NULL;
	guint findings = 0, results = 0, summaries = 0;

	plugin_writes(errors, "a.one");
	call("pass", "check -v --json r.json --sarif r.sarif --html r.html --junit r.xml --tap r.tap");
	expect(6, NULL, "assumed of the caches at the start: --initial clean\n");
	tap = read_file("r.tap");
	g_assert_nonnull(strstr(tap, "\nok 3 b.three\n"));
	g_assert_nonnull(strstr(tap, "\nnot ok 4 sanitizer: error: lost-write at 0x40\n"));
	g_assert_nonnull(strstr(tap, "\nnot ok 5 sanitizer: "));
	g_assert_nonnull(strstr(tap, "\n1..5\n"));
	junit = read_file("r.xml");
	g_assert_nonnull(strstr(junit, "<testsuite name=\"sanitizer\" tests=\"3\" failures=\"3\""));
	g_assert_nonnull(
		strstr(junit, "<testcase classname=\"sanitizer.lost-write\" name=\"0x40\" time=\"0.000\">\n"
			      "      <failure type=\"lost-write\" message=\"error: lost-write at 0x40\">it is wrong\n"
			      "written: 0x50\nmissing: do it right\nrule: C5/H1\nin test: a.one\nfingerprint: "));
	json = read_file("r.json");
	lines = g_strsplit(g_strchomp(json), "\n", -1);
	for (char **line = lines; *line; line++) {
		g_autoptr(JsonNode) node = json_from_string(*line, NULL);
		const char *type;

		g_assert_nonnull(node);
		type = json_object_get_string_member(json_node_get_object(node), "type");
		findings += strcmp(type, "finding") == 0;
		results += strcmp(type, "result") == 0;
		summaries += strcmp(type, "summary") == 0;
	}
	g_assert_cmpuint(findings, ==, 3);
	g_assert_cmpuint(results, ==, 3);
	g_assert_cmpuint(summaries, ==, 1);
	g_assert_nonnull(strstr(json, "\"tests\":[\"a.one\"]"));
	sarif = read_file("r.sarif");
	{
		g_autoptr(JsonNode) node = json_from_string(sarif, NULL);

		g_assert_nonnull(node);
	}
	html = read_file("r.html");
	g_assert_nonnull(strstr(html, "too little \\x1b[31m"));
	g_assert_null(strchr(html, '\033'));
	check("pass", "--json f.json", "-M virt");
	g_clear_pointer(&json, g_free);
	json = read_file("f.json");
	g_assert_nonnull(strstr(json, "{\"type\":\"summary\",\"findings\":3,\"errors\":2,\"warnings\":1,"));
	g_assert_nonnull(strstr(json, ",\"initial\":\"clean\"}\n"));
}

/* What is no record is refused; a record without events has no findings. */
static void replays(void)
{
	g_autofree char *path = g_build_filename(dir, "record", NULL);
	static const char empty[] = "LIMPIDEV\1\0\0\0\0\0\0\0";

	fixture_write(path, empty, sizeof(empty) - 1);
	call("pass", "check --replay record");
	expect(0, NULL, NULL);
	expect_last_line("0 findings (0 errors, 0 warnings)");
	fixture_write(path, empty, 11);
	call("pass", "check --replay record");
	expect(2, NULL, "--replay: record: at byte ");
	fixture_write(path, errors, strlen(errors));
	call("pass", "check --replay record");
	expect(2, NULL, "--replay: record: at byte 0: ");
	fixture_write(path, "", 0);
	call("pass", "check --replay record");
	expect(2, NULL, "--replay: record: ");
	call("pass", "check --replay /nonexistent/x");
	expect(2, NULL, "--replay: ");
	call("pass", "check --replay record --initial clean");
	expect(2, NULL, "--initial: what a record was made with is in it");
	call("pass", "check --replay record a.one");
	expect(2, NULL, "--replay runs no machine");
	check("pass", "--replay record", "-M virt");
	expect(2, NULL, "--replay runs no machine");
	call("pass", "check --replay record --cpus 2");
	expect(2, NULL, "--cpus is about our own tests");
}

/* --inject and --seed reach the plugin; who is there to fail passes when it did. */
static void injects(void)
{
	static const struct fixture_test both[] = {
		{.name = "x.tells", .finding = "lost-write", .flags = 16},
		{.name = "x.hides", .finding = "lost-write"},
		{.name = "x.right"},
		{NULL},
	};
	g_autofree char *sub = g_build_filename(dir, "injects", NULL), *elf = NULL;

	plugin_writes(END, NULL);
	check("pass", "-v --inject random --seed 7", "-M virt");
	expect(0, NULL, ",inject=random,seed=7\n");
	check("pass", "-v", "-M virt");
	g_assert_null(strstr(err, "inject="));
	check("pass", "--inject best", "-M virt");
	expect(2, NULL, "--inject: 'best' is not one of: none worst random");
	g_assert_cmpint(g_mkdir(sub, 0700), ==, 0);
	elf = fixture_image(sub, both);
	g_setenv("LIMPID_PLUGIN", elf, TRUE);
	call("fail-all", "check --image injects/limpid.elf --inject worst");
	expect(1, "PASS x.tells", NULL);
	expect(1, "FAIL x.hides", NULL);
	expect(1, "FAIL x.right", NULL);
	expect_last_line("1 passed, 2 failed");
	call("pass", "check --image injects/limpid.elf --inject worst");
	expect(1, "FAIL x.tells: it makes a mistake, and --inject worst did not bring it to light", NULL);
	expect_last_line("2 passed, 1 failed");
	call("pass", "check --image injects/limpid.elf --inject random");
	expect(0, "PASS x.tells", NULL);
	call("fail-all", "check --image injects/limpid.elf --inject random x.tells");
	expect(0, "PASS x.tells", NULL);
	call("pass", "check --image injects/limpid.elf --inject random --repeat 2 --seed 5 --dry-run x.right");
	expect(0, ",inject=random,seed=5", NULL);
	expect(0, ",inject=random,seed=6", NULL);
}

static void tables(void)
{
	plugin_writes(errors, NULL);
	call("pass", "check --table a.one");
	expect(6, "test   emulator  sanitizer", NULL);
	expect(6, "\na.one  passes    ", NULL);
	call("fail-all", "check --table a.one");
	expect(1, "\na.one  fails     ", NULL);
	check("pass", "--table", "-M virt");
	expect(2, NULL, "--table is about our own tests");
	call("pass", "check --table x.nothing");
	expect(4, NULL, "x.nothing");
}

static void draws(void)
{
	static const char empty[] = "LIMPIDEV\1\0\0\0\0\0\0\0";
	g_autofree char *path = g_build_filename(dir, "empty", NULL), *svg = g_build_filename(dir, "x.svg", NULL);
	char *text;
	struct step steps[] = {
		{.kind = STEP_STORE,
			.text = "STR",
			.cpu = 1,
			.pc = 0x40,
			.cacheable = TRUE,
			.value = 7,
			.has_copy = TRUE,
			.is_dirty = TRUE,
			.copy = 7},
		{.kind = STEP_OFF,
			.text = "MSR <&>",
			.cpu = 1,
			.pc = 0x44,
			.has_copy = TRUE,
			.is_dirty = TRUE,
			.copy = 7},
		{.kind = STEP_LOAD,
			.text = "LDR",
			.cpu = 1,
			.pc = 0x48,
			.newest = 7,
			.has_copy = TRUE,
			.is_dirty = TRUE,
			.copy = 7},
	};
	struct story story = {
		.kind = (char *)"stale-memory-read", .remedy = (char *)"clean it", .pa = 0x1000, .size = 8};
	struct loaded *loaded = loaded_new();
	g_autoptr(GError) error = NULL;

	fixture_write(path, empty, sizeof(empty) - 1);
	call("pass", "check --replay empty --picture x.svg");
	expect(0, NULL, "x.svg: nothing to draw");
	call("pass", "check --picture x.svg");
	expect(2, NULL, "--picture draws from a record");
	story.steps = g_array_new(FALSE, FALSE, sizeof(struct step));
	g_array_append_vals(story.steps, steps, G_N_ELEMENTS(steps));
	g_assert_true(picture_write(&story, loaded, svg, &error));
	g_assert_no_error(error);
	text = read_file("x.svg");
	g_assert_true(g_str_has_prefix(text, "<svg "));
	g_assert_true(g_str_has_suffix(text, "</svg>\n"));
	g_assert_nonnull(strstr(text, ">CPU 1<"));
	g_assert_nonnull(strstr(text, ">LDR 0x0 (not cacheable), not 0x7<"));
	g_assert_nonnull(strstr(text, ">MSR &lt;&amp;&gt;<"));
	/* What is missing stands before the switch. */
	g_assert_nonnull(strstr(strstr(text, ">STR 0x7<"), ">DC CVAC; DSB<"));
	g_assert_nonnull(strstr(strstr(text, ">DC CVAC; DSB<"), ">MSR &lt;"));
	g_assert_false(picture_write(&story, loaded, "/nonexistent/x.svg", &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
	g_array_unref(story.steps);
	loaded_free(loaded);
	g_free(text);
}

static void coverage(void)
{
	static const char counts[] = "{\"end\":true,\"rules\":{\"C5\":3,\"S1\":1,\"Z9\":5}}\n";
	g_autofree char *json = g_build_filename(dir, "coverage.json", NULL);
	g_autofree char *line = g_strdup_printf("check --coverage --qemu %s --json %s a.one b.three", fake, json);
	g_autofree char *text = NULL;

	plugin_writes(counts, NULL);
	check("pass", "--coverage", "-M virt");
	expect(0, "Coverage: 2 of ", NULL);
	expect(0, "\n    C5           3   S1           1\nnever: C7, C8, ", NULL);
	expect_last_line("0 findings (0 errors, 0 warnings)");
	check("pass", "", "-M virt");
	g_assert_null(strstr(out, "Coverage"));
	/* Of all machines together. */
	call("pass", line);
	expect(0, "\n    C5           6   S1           2\n", NULL);
	text = read_file("coverage.json");
	g_assert_nonnull(strstr(text, "\n{\"type\":\"coverage\",\"rules\":{\"C5\":6,\"C7\":0,"));
	/* What is no number is not believed. */
	plugin_writes("{\"end\":true,\"rules\":{\"C5\":-1}}\n", NULL);
	check("pass", "--coverage", "-M virt");
	expect(3, NULL, "cannot be read");
	/* A plugin that does not count. */
	plugin_writes("{\"end\":true}\n", NULL);
	check("pass", "--coverage", "-M virt");
	expect(0, "Coverage: not known", NULL);
	call("pass", "check --table --coverage a.one");
	expect(2, NULL, "--table is of three runs");
	plugin_writes(NULL, NULL);
}

static void explains(void)
{
	call("pass", "explain");
	expect(0, NULL, NULL);
	for (const struct kind *k = kinds; k->name; k++)
		expect(0, k->name, NULL);
	for (const struct kind *k = kinds; k->name; k++) {
		g_autofree char *line = g_strdup_printf("explain %s", k->name);
		g_auto(GStrv) code = g_strsplit(k->good, "\n", -1);

		call("pass", line);
		expect(0, "\nWrong\n", NULL);
		expect(0, code[0], NULL);
		expect(0, "DDI 0487", NULL);
		for (const char *p = out, *end; *p; p = end + 1) {
			end = strchr(p, '\n');
			g_assert_nonnull(end);
			g_assert_cmpuint(end - p, <=, 80);
		}
	}
	for (guint i = 0; i < RULES; i++) {
		g_autofree char *line = g_strdup_printf("explain %s", rules[i].id);
		g_autofree char *head = g_strdup_printf("%s\n  ", rules[i].id);

		call("pass", line);
		expect(0, head, NULL);
		expect(0, "\nSource\n", NULL);
		g_assert_true(g_str_has_prefix(out, head));
	}
	call("pass", "explain s1 lost-write");
	expect(0, "S1\n", NULL);
	expect(0, "\nlost-write\n", NULL);
	call("pass", "explain --markdown");
	expect(0, "\n## S1\n", NULL);
	call("pass", "explain --markdown S1");
	expect(2, NULL, "nothing goes with it");
	call("pass", "explain C99");
	expect(2, NULL, "there is no kind or rule 'C99'");
	call("pass", "explain stale-memry-read");
	expect(2, NULL, "there is no kind or rule 'stale-memry-read': did you mean stale-memory-read?");
	call("pass", "explain \033");
	expect(2, NULL, "there is no kind or rule '\\x1b'; `limpid explain` lists them");
}

int main(int argc, char **argv)
{
	int result;

	g_test_init(&argc, &argv, NULL);
	command_init();
	/* Any file: the fake does not load it. */
	g_setenv("LIMPID_PLUGIN", image, TRUE);
	g_test_add_func("/sanitizer/reports", reports);
	g_test_add_func("/sanitizer/statuses", statuses);
	g_test_add_func("/sanitizer/infrastructure", infrastructure);
	g_test_add_func("/sanitizer/usage", usage);
	g_test_add_func("/sanitizer/stops", stops);
	g_test_add_func("/sanitizer/interrupted", interrupted);
	g_test_add_func("/sanitizer/tests", tests);
	g_test_add_func("/sanitizer/twins", twins);
	g_test_add_func("/sanitizer/suppressions", suppressions);
	g_test_add_func("/sanitizer/notices", notices);
	g_test_add_func("/sanitizer/files", files);
	g_test_add_func("/sanitizer/replays", replays);
	g_test_add_func("/sanitizer/injects", injects);
	g_test_add_func("/sanitizer/tables", tables);
	g_test_add_func("/sanitizer/draws", draws);
	g_test_add_func("/sanitizer/coverage", coverage);
	g_test_add_func("/sanitizer/explains", explains);
	result = g_test_run();
	command_fini();
	return result;
}
