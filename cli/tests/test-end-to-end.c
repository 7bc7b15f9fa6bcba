/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command as people call it, with a fake QEMU: exit statuses, what is printed, and what is left behind. */
#include <json-glib/json-glib.h>
#include <glib/gstdio.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "fixture.h"

static void passes(void)
{
	call("pass", "run");
	expect(0, "PASS a.one (", NULL);
	expect_last_line("3 passed, 0 failed");
	call("pass", "run --together");
	expect(0, "PASS b.three (", NULL);
	expect_last_line("3 passed, 0 failed");
	call("skip-two", "run --together");
	expect(0, "SKIP a.two: needs gicv2: it is not there\n", NULL);
	expect_last_line("2 passed, 0 failed, 1 skipped");
	/* Its output is the point. */
	call("report", "run b.three");
	expect(0, "    #  the report\n", NULL);
	call("pass", "run -q");
	g_assert_cmpstr(out, ==, "3 passed, 0 failed\n");
	/* Tests that end the machine have no result line. */
	call("off", "run a.one");
	expect(0, "PASS a.one (", NULL);
	call("reset", "run a.one");
	expect(0, "PASS a.one (", NULL);
	/* A machine that cannot power off is as good. */
	call("no-power-off", "run a.one");
	expect(0, "PASS a.one", NULL);
}

static void fails(void)
{
	call("fail-two", "run --cpus 1");
	expect(1, "\nFailures:\n", NULL);
	expect(1, "    # tests/x.c:42: EXPECT_EQ(\"<&\", \\x1b[31m2): got 1, want 2\n", NULL);
	expect(1, " run --cpus 1 ", NULL);
	expect_last_line("2 passed, 1 failed");
	/* The next run takes up what failed; then there is nothing. */
	call("pass", "run --failed");
	expect(0, "PASS a.two", NULL);
	expect_last_line("1 passed, 0 failed");
	call("pass", "run --failed");
	expect(4, NULL, "nothing to do");
}

/* The line that it prints to reproduce a failure does so. */
static void reproduces(void)
{
	g_autofree char *line = NULL;
	const char *from;

	call("fail-two", "run --mem 512 --together");
	expect(1, "    reproduce: ", NULL);
	from = strstr(out, "    reproduce: ") + strlen("    reproduce: ") + strlen(limpid) + 1;
	line = g_strndup(from, strcspn(from, "\n"));
	g_assert_true(g_str_has_prefix(line, "run --mem 512 --qemu "));
	g_assert_true(g_str_has_suffix(line, " a.two"));
	call("fail-two", line);
	expect(1, "FAIL a.two", NULL);
	expect_last_line("0 passed, 1 failed");
}

static void crashes(void)
{
	call("crash-two", "run --together");
	expect(1, "ERROR a.two: exception: synchronous exception on CPU 0 at EL1\n", NULL);
	expect(1, " --together a.one,a.two\n", NULL);
	/* What came after it ran in a fresh boot. */
	expect(1, "PASS b.three", NULL);
	expect_last_line("2 passed, 1 failed");
	call("crash-all", "run --together");
	expect_last_line("0 passed, 3 failed");
}

static void loses(void)
{
	call("plan-only", "run --together");
	expect(1, "ERROR a.one: the machine stopped without the line '# limpid: end'", NULL);
	expect_last_line("0 passed, 3 failed");
	call("no-end", "run a.one");
	expect(1, "ERROR a.one: the machine stopped without the line '# limpid: end'", NULL);
	call("silent-exit", "run --together");
	expect(1, "ERROR a.one: the machine stopped and printed no KTAP header", NULL);
	expect_last_line("0 passed, 3 failed");
	call("garbage", "run a.one");
	expect(1, "ERROR a.one: ", NULL);
	call("endless", "run a.one");
	expect(1, "ERROR a.one: it printed more than 16 MiB", NULL);
	call("endless-line", "run a.one");
	expect(1, "ERROR a.one: it printed more than 16 MiB", NULL);
	call("orphan", "run a.one");
	expect(0, "PASS a.one", NULL);
}

static void hangs(void)
{
	call("hang", "run --timeout 0.2 a.one");
	expect(1, "TIMEOUT a.one: no output for 0.2 s, last line: about to wait\n", NULL);
	expect_last_line("0 passed, 1 failed");
	call("silent", "run --timeout 0.2 --together");
	expect(1, "TIMEOUT a.one: no output for 0.2 s, and none before\n", NULL);
	expect_last_line("0 passed, 3 failed");
	call("trickle", "run --timeout 0.2 a.one");
	expect(1, "TIMEOUT a.one: still printing after 1 s, last line: still here\n", NULL);
	call("family", "run --timeout 0.2 a.one");
	expect(1, "TIMEOUT a.one", NULL);
}

static void infrastructure(void)
{
	call("refuse", "run");
	expect(3, NULL, "unsupported machine type: \\x1b[31mx");
	call("pass", "run --qemu /nonexistent/qemu");
	expect(3, NULL, "no /nonexistent/qemu: install QEMU");
	call("kill", "run a.one");
	expect(3, "ERROR a.one: QEMU was killed by signal 9", NULL);
	call("rebuild", "run --together");
	expect(3, NULL, "limpid.img has changed while its tests were running");
	call("bad-exit", "run a.one");
	expect(3, "ERROR a.one: QEMU exited with status 3", NULL);
}

static void usage(void)
{
	static const struct {
		const char *line, *words;
	} cases[] = {
		{"", "Usage: limpid VERB"},
		{"rnu", "unknown verb 'rnu': did you mean run?"},
		{"--verison", "unknown option --verison"},
		{"run --boto efi", "unknown option --boto: did you mean --boot?"},
		{"run --boot usb", "'usb' is not one of: direct efi disk"},
		{"run --boot direct --hw acpi", "use --boot efi"},
		{"run --boot efi --firmware /nonexistent/FW", "'/nonexistent/FW' is neither edk2 nor u-boot"},
		{"run --shard 5/4", "--shard: '5/4'"},
		{"run --profile x", "no profile 'x'"},
		{"run --image /nonexistent/x.elf", "/nonexistent/x.elf: No such file"},
		{"run --gdb", "--gdb takes one test"},
		{"run --json /nonexistent/x", "/nonexistent/x: cannot write it"},
		{"run --junit /nonexistent/x", "/nonexistent/x: cannot write it"},
		{"list --image /etc/passwd", "not an ELF file"},
		{"parse", "which log?"},
		{"parse /nonexistent/log", "/nonexistent/log: No such file"},
		{"image", "-o FILE"},
		{"build -o x.img", "which tests?"},
		{"build x.c", "-o FILE"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		call("pass", cases[i].line);
		expect(2, NULL, cases[i].words);
		g_assert_cmpstr(out, ==, "");
	}
	call("pass", "run nosuch");
	expect(4, NULL, "no test matches 'nosuch'");
	call("pass", "list a.tow");
	expect(4, NULL, "did you mean a.two?");
	call("pass", "--version");
	expect(0, "limpid ", NULL);
	call("pass", "help run");
	expect(0, "--together", NULL);
	call("pass", "run --help");
	expect(0, "--together", NULL);
}

static void lists(void)
{
	call("pass", "list");
	expect(0, "a.two    cpus=2  the second\n", NULL);
	call("pass", "list --json b");
	expect(0, "{\"type\":\"test\",\"name\":\"b.three\",\"doc\":\"the third\",\"cpus\":1", NULL);
}

static void many_rounds(void)
{
	call("pass", "run --repeat 3 a.one -j8");
	expect(0, "PASS a.one [3/3] (", NULL);
	expect_last_line("3 passed, 0 failed");
	call("crash-all", "run --fail-fast -j1 --tap r.tap");
	expect(1, NULL, "stopped after a failure: 2 of 3 tests were not run");
	expect_last_line("0 passed, 1 failed");
	/* Nobody may take these for the results of three tests. */
	call("pass", "parse --tap r.tap");
	expect(1, "Bail out! 2 tests were not run", NULL);
}

static guint passed(const char *line)
{
	const char *last;

	call("pass", line);
	expect(0, NULL, NULL);
	last = strrchr(g_strchomp(out), '\n');
	return atoi(last ? last + 1 : out);
}

static void shards(void)
{
	/* Each test is in one part, and an empty part is no failure. */
	g_assert_cmpuint(passed("run --shard 1/3") + passed("run --shard 2/3") + passed("run --shard 3/3"), ==, 3);
	g_assert_cmpuint(passed("run --shard 1/50"), <=, 3);
}

static void profiles(void)
{
	g_autofree char *conf = g_build_filename(dir, "limpid.conf", NULL);
	static const char text[] = "[run]\njobs=2\n[profile one]\ntogether=true\nmem=64M\n[profile two]\ncpus=3\n";

	fixture_write(conf, text, strlen(text));
	call("pass", "run --profile *");
	expect(0, "PASS one: a.one (", NULL);
	expect(0, "PASS two: b.three (", NULL);
	expect_last_line("6 passed, 0 failed");
	call("pass", "run --profile one --show-config");
	expect(0, "mem             = 64M                     # limpid.conf:5 [profile one]\n", NULL);
	expect(0, "jobs            = 2                       # limpid.conf:2 [run]\n", NULL);
	call("fail-two", "run --profile one");
	expect(1, " run --profile one --qemu ", NULL);
	/* What failed in a profile is run there again. */
	call("pass", "run --failed");
	expect(0, "PASS one: a.two", NULL);
	expect_last_line("1 passed, 0 failed");
	g_unlink(conf);
}

/* What limpid.conf expects: of this version, of this machine, and not of another. */
static void expected_failures(void)
{
	static const struct {
		const char *keys, *play, *words;
		int status;
	} cases[] = {
		{"", "fail-two", "XFAIL a.two: known\n", 0},
		{"", "pass", "FAIL a.two: it passed, but limpid.conf:1 expects it to fail: known\n", 1},
		{"", "crash-two", "ERROR a.two: ", 1},
		{"", "skip-two", "SKIP a.two: ", 0},
		{"qemu=9.2 10.0\n", "fail-two", "XFAIL a.two", 0},
		{"qemu=10.0.2\n", "fail-two", "XFAIL a.two", 0},
		{"qemu=10.0.20\n", "fail-two", "FAIL a.two (", 1},
		{"qemu=1\n", "fail-two", "FAIL a.two (", 1},
		{"qemu=1\n", "pass", "PASS a.two", 0},
		{"accel=tcg\n", "fail-two", "XFAIL a.two", 0},
		{"accel=kvm\n", "fail-two", "FAIL a.two (", 1},
		{"cpus=1\n", "fail-two", "XFAIL a.two", 0},
		{"cpus=2\n", "fail-two", "FAIL a.two (", 1},
		{"cpu=max\n", "fail-two", "XFAIL a.two", 0},
		{"sometimes=true\n", "pass", "PASS a.two", 0},
		{"sometimes=true\n", "fail-two", "XFAIL a.two", 0},
		{"cpu=ma\n", "fail-two", "FAIL a.two (", 1},
		{"sometimes=true\n", "fail-two", "XFAIL a.two: known\n", 0},
		{"sometimes=true\n", "pass", "PASS a.two", 0},
		{"sometimes=true\n", "crash-two", "ERROR a.two: ", 1},
		{"sometimes=false\n", "pass", "FAIL a.two: it passed, but limpid.conf:1 expects", 1},
	};
	g_autofree char *conf = g_build_filename(dir, "limpid.conf", NULL);

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strdup_printf("[expected-failure a.two]\nreason=known\n%s", cases[i].keys);

		fixture_write(conf, text, strlen(text));
		call(cases[i].play, "run --cpus 1 a.two");
		expect(cases[i].status, cases[i].words, NULL);
	}
	/* Counted, and a failure for nobody. */
	fixture_write(conf, "[expected-failure a]\nreason=x", strlen("[expected-failure a]\nreason=x"));
	call("fail-two", "run a.two b.three --tap x.tap");
	expect(0, NULL, NULL);
	expect_last_line("1 passed, 0 failed, 1 failed as expected");
	call("pass", "parse --tap x.tap");
	expect(0, "SKIP a.two: TODO expected failure: x\n", NULL);
	g_unlink(conf);
}

static void on_element(GMarkupParseContext *context, const char *name, const char **names, const char **values,
	gpointer data, GError **error)
{
	GString *seen = data;

	(void)context;
	(void)error;
	g_string_append_printf(seen, "%s", name);
	for (guint i = 0; names[i]; i++)
		if (strcmp(names[i], "name") == 0 || strcmp(names[i], "type") == 0)
			g_string_append_printf(seen, " %s", values[i]);
	g_string_append_c(seen, ';');
}

static void files(void)
{
	static const GMarkupParser parser = {.start_element = on_element};
	g_autoptr(GString) seen = g_string_new(NULL);
	g_autofree char *xml = NULL, *json = NULL, *tap = NULL;
	g_autoptr(GMarkupParseContext) markup = g_markup_parse_context_new(&parser, 0, seen, NULL);
	g_auto(GStrv) lines = NULL;

	call("fail-two", "run -j1 --junit r.xml --json r.json --tap r.tap");
	expect(1, NULL, NULL);
	xml = read_file("r.xml");
	g_assert_true(g_markup_parse_context_parse(markup, xml, -1, NULL));
	g_assert_true(g_markup_parse_context_end_parse(markup, NULL));
	g_assert_cmpstr(seen->str, ==,
		"testsuites;testsuite limpid;testcase one;testcase two;failure FAIL;system-err;testcase three;");
	g_assert_nonnull(strstr(xml, "tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"0\""));
	json = read_file("r.json");
	lines = g_strsplit(g_strchomp(json), "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), ==, 4);
	for (char **line = lines; *line; line++) {
		g_autoptr(JsonNode) node = json_from_string(*line, NULL);

		g_assert_nonnull(node);
		g_assert_true(json_object_has_member(json_node_get_object(node), "type"));
	}
	g_assert_nonnull(strstr(lines[3], "\"passed\":2,\"failed\":1,\"skipped\":0"));
	/* What it writes as TAP it reads as TAP. */
	call("pass", "parse --tap r.tap");
	expect(1, "FAIL a.two", NULL);
	expect_last_line("2 passed, 1 failed");
}

static void parses(void)
{
	static const char good[] = "noise\r\nKTAP version 1\r\n1..1\r\n# start x.y\r\nok 1 x.y\r\n"
				   "# limpid: end 1 passed, 0 failed\r\n";
	g_autofree char *a = g_build_filename(dir, "a.log", NULL), *b = g_build_filename(dir, "b.log", NULL);

	fixture_write(a, good, strlen(good));
	call("pass", "parse a.log");
	expect(0, "PASS x.y\n", NULL);
	expect_last_line("1 passed, 0 failed");
	fixture_write(b, good, strlen(good) - 10);
	call("pass", "parse a.log b.log");
	expect(1, "ERROR b.log: x.y: the end line", NULL);
	expect_last_line("1 passed, 1 failed");
	fixture_write(b, "nothing\n", 8);
	call("pass", "parse b.log");
	expect(4, NULL, "b.log: no test is reported there");
	call("pass", "parse a.log b.log");
	expect(4, NULL, "b.log: no test is reported there");
}

static void write_litmus(const char *name, const char *expected, const char *rows)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *text =
		g_strdup_printf("AArch64 t\nExpected=%s\n{x=0; 0:W0=1}\nP0|P1;\n%s\nexists (x=1)\n", expected, rows);

	fixture_write(path, text, strlen(text));
}

static void litmus(void)
{
	g_autofree char *tap = NULL;

	write_litmus("good.litmus", "allowed", "STR W0,[x]|;");
	write_litmus("other.litmus", "forbidden", "STR W0,[x]|;");
	write_litmus("wrong.litmus", "allowed", "STR W0,[y]|;");
	call("pass", "litmus --witness good.litmus");
	expect(0, "Condition exists (x=1) is allowed, as expected\n", NULL);
	expect(0, "P0's cache evicts x", NULL);
	call("pass", "litmus --json good.litmus other.litmus");
	expect(1, "\"verdict\":\"allowed\",\"expected\":\"forbidden\",\"ok\":false", NULL);
	call("pass", "litmus --quiet --tap litmus.tap good.litmus other.litmus wrong.litmus");
	expect(2, "other.litmus)\n", "wrong.litmus:5:9: expected the name of a location");
	expect_last_line("3 tests, 1 not as expected");
	tap = read_file("litmus.tap");
	g_assert_nonnull(
		strstr(tap, "1..3\nok 1 litmus/good\n# allowed, but forbidden is expected\nnot ok 2 litmus/other\n"));
	g_assert_nonnull(strstr(tap, "\nnot ok 3 litmus/wrong\n"));
	call("pass", "litmus --max-states 2 good.litmus");
	expect(3, NULL, "good.litmus: more than 2 states");
	call("pass", "litmus");
	expect(2, NULL, "which test?");
}

/* Every machine that --dry-run prints can be pasted into a shell. */
static void dry_run(void)
{
	g_autofree char *script = NULL, *output = NULL;
	g_auto(GStrv) env = environment("pass");
	char *argv[] = {"/bin/sh", "-e", "-c", NULL, NULL};
	int wait_status;

	call("pass", "run --dry-run");
	expect(0, NULL, NULL);
	script = g_strdup(out);
	argv[3] = script;
	g_assert_true(g_spawn_sync(dir, argv, env, G_SPAWN_DEFAULT, NULL, NULL, &output, NULL, &wait_status, NULL));
	g_assert_cmpint(wait_status, ==, 0);
	g_assert_nonnull(strstr(output, "ok 1 a.two"));
	g_unlink(pids);
}

/* Results that cannot be written are no results. */
static void full_disk(void)
{
	g_auto(GStrv) env = environment("pass");
	g_autofree char *command = g_strdup_printf("%s run > /dev/full", limpid);
	char *argv[] = {"/bin/sh", "-c", command, NULL};
	int wait_status;

	g_assert_true(
		g_spawn_sync(dir, argv, env, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL, &wait_status, NULL));
	g_assert_cmpint(WEXITSTATUS(wait_status), ==, 3);
	check_nothing_left();
}

/* SIGINT, SIGTERM and, for want of anything better, SIGKILL: no machine survives. */
static void interrupted(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGKILL};

	for (guint i = 0; i < G_N_ELEMENTS(signals); i++) {
		char *argv[] = {limpid, "run", "-j4", "--boot", "disk", "--firmware", fake, NULL};
		g_auto(GStrv) env = environment("hang");
		g_autofree char *text = NULL;
		GPid pid;
		int wait_status, out_fd;

		/* With disks, so that there are files to remove; not when nobody can. */
		if (signals[i] == SIGKILL)
			argv[3] = NULL;
		g_assert_true(
			g_spawn_async_with_pipes(dir, argv, env, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL,
				NULL, NULL, &pid, NULL, &out_fd, NULL, NULL));
		/* A disk needs mtools and a moment. */
		for (guint t = 0; t < 500 && !g_file_get_contents(pids, &text, NULL, NULL); t++)
			g_usleep(10000);
		g_assert_nonnull(text);
		g_usleep(50000);
		kill(pid, signals[i]);
		g_assert_cmpint(waitpid(pid, &wait_status, 0), ==, pid);
		if (signals[i] == SIGKILL) {
			g_assert_true(WIFSIGNALED(wait_status));
		} else {
			char buffer[1000];
			gssize n = read(out_fd, buffer, sizeof(buffer) - 1);

			g_assert_cmpint(n, >, 0);
			buffer[n] = '\0';
			g_assert_cmpstr(buffer, ==, "0 passed, 0 failed\n");
			g_assert_true(WIFEXITED(wait_status));
			g_assert_cmpint(WEXITSTATUS(wait_status), ==, 130);
		}
		close(out_fd);
		check_nothing_left();
	}
}

/* Every option of every verb is in the manual page, and the page has no others. */
static void manual(void)
{
	static const char *const verbs[] = {"list", "run", "parse", "image", "build", "check", "explain", "litmus"};
	g_autofree char *page = NULL;

	if (!g_file_get_contents("docs/reference/limpid.1", &page, NULL, NULL)) {
		g_test_skip("docs/reference/limpid.1 is not below the working directory");
		return;
	}
	for (guint i = 0; i < G_N_ELEMENTS(verbs); i++) {
		g_autofree char *line = g_strdup_printf("%s --help", verbs[i]);
		const char *p;

		call("pass", line);
		expect(0, NULL, NULL);
		for (p = out; (p = strstr(p, "  --")) || (p = NULL); p++) {
			g_autofree char *name = g_strndup(p + 2, strcspn(p + 2, " \n"));
			g_auto(GStrv) parts = g_strsplit(name, "-", -1);
			g_autofree char *roff = g_strjoinv("\\-", parts);

			if (!strstr(page, roff))
				g_error("limpid(1) does not have %s of 'limpid %s'", name, verbs[i]);
		}
	}
}

int main(int argc, char **argv)
{
	int result;

	g_test_init(&argc, &argv, NULL);
	command_init();
	g_test_add_func("/end-to-end/passes", passes);
	g_test_add_func("/end-to-end/fails", fails);
	g_test_add_func("/end-to-end/reproduces", reproduces);
	g_test_add_func("/end-to-end/crashes", crashes);
	g_test_add_func("/end-to-end/loses", loses);
	g_test_add_func("/end-to-end/hangs", hangs);
	g_test_add_func("/end-to-end/infrastructure", infrastructure);
	g_test_add_func("/end-to-end/usage", usage);
	g_test_add_func("/end-to-end/lists", lists);
	g_test_add_func("/end-to-end/many_rounds", many_rounds);
	g_test_add_func("/end-to-end/shards", shards);
	g_test_add_func("/end-to-end/profiles", profiles);
	g_test_add_func("/end-to-end/expected_failures", expected_failures);
	g_test_add_func("/end-to-end/files", files);
	g_test_add_func("/end-to-end/parses", parses);
	g_test_add_func("/end-to-end/dry_run", dry_run);
	g_test_add_func("/end-to-end/full_disk", full_disk);
	g_test_add_func("/end-to-end/interrupted", interrupted);
	g_test_add_func("/end-to-end/litmus", litmus);
	g_test_add_func("/end-to-end/manual", manual);
	result = g_test_run();
	command_fini();
	return result;
}
