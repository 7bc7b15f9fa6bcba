/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake-qemu - stands for QEMU in the end-to-end tests: takes its command line, prints a console, ends.
 *
 * What it plays stands in FAKE_QEMU (see main()); the tests that it was asked to run it takes from -append. It adds its
 * process id to the file FAKE_QEMU_PIDS, so that a test can tell whether any is left.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *names[100];
static int count;

static void read_names(int argc, char **argv)
{
	static char list[10000];

	for (int i = 1; i + 1 < argc; i++)
		if (!strcmp(argv[i], "-append"))
			sscanf(argv[i + 1], "run=%9999[^ ]", list);
	/* The fixture's image has these three. */
	if (!strcmp(list, "*"))
		strcpy(list, "a.one,a.two,b.three");
	for (char *name = strtok(list, ","); name && count < 100; name = strtok(NULL, ","))
		names[count++] = name;
}

/*
 * As QEMU with the sanitizer's plugin: copies FAKE_FINDINGS to the file that -plugin names. Only for the tests whose
 * names FAKE_FINDINGS_IN has, if it is set.
 */
static void write_findings(int argc, char **argv)
{
	const char *source = getenv("FAKE_FINDINGS"), *in = getenv("FAKE_FINDINGS_IN");
	char path[4000] = "", text[65536];
	FILE *from, *to;
	size_t n;

	for (int i = 1; i + 1 < argc; i++)
		if (!strcmp(argv[i], "-plugin") && strstr(argv[i + 1], ",findings="))
			sscanf(strstr(argv[i + 1], ",findings="), ",findings=%3999[^,]", path);
	if (!*path || !source)
		return;
	to = fopen(path, "w");
	from = in && count && !strstr(in, names[0]) ? NULL : fopen(source, "r");
	while (from && (n = fread(text, 1, sizeof(text), from)) > 0)
		fwrite(text, 1, n, to);
	if (!from)
		fputs("{\"end\":true}\n", to);
	else
		fclose(from);
	fclose(to);
}

static void remember_pid(void)
{
	const char *path = getenv("FAKE_QEMU_PIDS");
	FILE *file = path ? fopen(path, "a") : NULL;

	if (!file)
		return;
	fprintf(file, "%d\n", getpid());
	fclose(file);
}

static void head(void)
{
	/* Without tests it is somebody's own machine, whose console is shown as it is. */
	printf("firmware\r\n%sKTAP version 1\r\n# limpid 0: image at 0x40200000\r\n1..%d\r\n", count ? "\033[2J" : "",
		count);
}

static void pass(int i)
{
	printf("# start %s\r\n# time %s 12 us\r\nok %d %s\r\n", names[i], names[i], i + 1, names[i]);
}

static void wait_for_ever(void)
{
	fflush(stdout);
	for (;;)
		pause();
}

static void crash_in(int i)
{
	printf("# start %s\r\n# exception: synchronous exception on CPU 0 at EL1\r\n#   esr 0x96000045: data abort\r\n"
	       "# stack:\r\n#   image+0x3234\r\nBail out! exception in %s\r\n",
		names[i], names[i]);
}

static void say(const char *line)
{
	if (write(3, line, strlen(line)) < 0)
		_exit(9);
}

/*
 * As a QEMU with a monitor on descriptor 3, which takes or gives a guest that asks to be migrated: what it plays is who
 * does not want to.
 */
static int migrate(int argc, char **argv, const char *play)
{
	bool target = false;
	char command[4096], byte;
	FILE *monitor = fdopen(3, "r");

	for (int i = 1; i < argc; i++)
		target |= !strcmp(argv[i], "-incoming");
	if (target && !strcmp(play, "migrate-dead-target")) {
		fprintf(stderr, "fake: no such device\n");
		return 3;
	}
	if (target && !strcmp(play, "migrate-silent-target"))
		wait_for_ever();
	if (!target)
		printf("asks\n");
	while (monitor && fgets(command, sizeof(command), monitor)) {
		if (strstr(command, "\"quit\"")) {
			printf("leaves\n");
			return 0;
		}
		if (strstr(command, "\"migrate\"") && !strcmp(play, "migrate-not")) {
			say("{\"error\": {\"class\": \"GenericError\", \"desc\": \"not today\"}}\r\n");
			continue;
		}
		say("{\"return\": {}}\r\n");
		if (strstr(command, "\"migrate\""))
			say("{\"event\": \"MIGRATION\", \"data\": {\"status\": \"active\"}}\r\n"
			    "{\"event\": \"MIGRATION\", \"data\": {\"status\": \"completed\"}}\r\n");
		if (target) {
			say("{\"event\": \"RESUME\"}\r\n");
			if (read(0, &byte, 1) == 1)
				printf("arrives\n");
			return 0;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0, skipped = 0;
	const char *play = getenv("FAKE_QEMU") ? getenv("FAKE_QEMU") : "pass";

	if (argc == 2 && !strcmp(argv[1], "--version")) {
		printf("QEMU emulator version %s\n",
			getenv("FAKE_QEMU_VERSION") ? getenv("FAKE_QEMU_VERSION") : "10.0.2 (fake)");
		return 0;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	read_names(argc, argv);
	remember_pid();
	write_findings(argc, argv);
#define PLAYS(word) (!strcmp(play, word))
	if (PLAYS("refuse")) {
		fprintf(stderr, "qemu-system-aarch64: unsupported machine type: \033[31mx\n");
		return 1;
	}
	if (!strncmp(play, "migrate", strlen("migrate")))
		return migrate(argc, argv, play);
	if (PLAYS("silent-exit"))
		return 0;
	if (PLAYS("silent"))
		wait_for_ever();
	if (PLAYS("garbage")) {
		for (int i = 0; i < 100000; i++)
			putchar(i * 7 % 256);
		return 0;
	}
	if (PLAYS("endless"))
		for (;;)
			printf("again and again and again and again and again and again and again and again\n");
	if (PLAYS("endless-line"))
		for (;;)
			printf("again and again and again and again and again and again and again and again ");
	if (PLAYS("family")) { /* with a child of its own, which is not seen */
		if (fork() == 0) {
			remember_pid();
			close(1);
			close(2);
			wait_for_ever();
		}
		wait_for_ever();
	}
	if (PLAYS("orphan")) { /* a child keeps the console open when its parent has ended well */
		head();
		fflush(stdout);
		if (fork() == 0) {
			remember_pid();
			wait_for_ever();
		}
	} else {
		head();
	}
	if (PLAYS("hang")) {
		printf("# start %s\nabout to wait\n", names[0]);
		wait_for_ever();
	}
	if (PLAYS("off") || PLAYS("reset")) { /* a test that ends the machine; resets go on for ever */
		printf("# start %s\r\n# limpid: expect %s\r\n", names[0], play);
		while (PLAYS("reset")) {
			usleep(20000);
			head();
			printf("# start %s\r\n# limpid: expect reset\r\n", names[0]);
		}
		return 0;
	}
	if (PLAYS("trickle")) {
		printf("# start %s\n", names[0]);
		for (;;) {
			printf("still here\n");
			usleep(20000);
		}
	}
	if (PLAYS("kill")) {
		printf("# start %s\n", names[0]);
		raise(SIGKILL);
	}
	if (PLAYS("rebuild")) { /* somebody builds the image anew, with other tests */
		FILE *image = fopen(getenv("FAKE_QEMU_IMAGE"), "w");

		fputs("another image", image);
		fclose(image);
		printf("1..99\n");
		return 0;
	}
	if (PLAYS("plan-only"))
		return 0;
	for (int i = 0; i < count; i++) {
		bool second = !strcmp(names[i], "a.two");

		if (PLAYS("fail-two") && second) {
			printf("# start a.two\r\n# tests/x.c:42: EXPECT_EQ(\"<&\", \033[31m2): got 1, want 2\r\nnot ok "
			       "%d "
			       "a.two\r\n",
				i + 1);
			failed++;
			continue;
		}
		if (PLAYS("fail-all")) {
			printf("# start %s\r\nnot ok %d %s\r\n", names[i], i + 1, names[i]);
			failed++;
			continue;
		}
		if (PLAYS("crash-two") && second) {
			crash_in(i);
			return 0;
		}
		if (PLAYS("crash-all")) {
			crash_in(i);
			return 0;
		}
		if (PLAYS("skip-two") && second) {
			printf("# start a.two\r\nok %d a.two # SKIP needs gicv2: it is not there\r\n", i + 1);
			skipped++;
			continue;
		}
		if (PLAYS("report"))
			printf("# start %s\r\n#  the report\r\nok %d %s\r\n", names[i], i + 1, names[i]);
		else
			pass(i);
	}
	if (PLAYS("no-end"))
		return 0;
	printf("# limpid: end %d passed, %d failed, %d skipped\r\n", count - failed - skipped, failed, skipped);
	if (PLAYS("bad-exit"))
		return 3;
	if (PLAYS("no-power-off"))
		wait_for_ever();
	return 0;
}
