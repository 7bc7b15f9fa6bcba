/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limpid: the table of verbs, and what they have in common. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "terminal.h"
#include "text.h"
#include "verb.h"

#ifndef LIMPID_VERSION
#define LIMPID_VERSION "0"
#endif

static const char exit_statuses[] =
	"Exit status: 0 all passed, 1 tests failed, 2 usage or configuration, 3 infrastructure (no QEMU, it crashed),\n"
	"4 nothing selected, 5 build failed, 6 sanitizer findings only, 130 interrupted.\n";

static const struct verb verbs[] = {
	{"list", "[PATTERN...]", "what tests there are, and what each needs",
		"A PATTERN is a test's name, leading components of one (gic), or a glob with * and ?.\n", list_options,
		verb_list},
	{"run", "[PATTERN...]", "run tests in virtual machines",
		"A PATTERN is a test's name, leading components of one (gic), or a glob with * and ?; none means all.\n"
		"Values come from the command line, else the environment, else the profile, else [run] of "
		"./limpid.conf\n"
		"(or limpid/limpid.conf in the XDG configuration directory), else they are built in.\n",
		run_options, verb_run},
	{"parse", "FILE...|-", "judge console logs from anywhere, such as a board's serial port", NULL, parse_options,
		verb_parse},
	{"image", "-o FILE", "write a bootable disk image, for a USB stick or any virtual machine",
		"Without mtools, which write the file system, the exit status is 3.\n", image_options, verb_image},
	{"build", "TEST.c... -o FILE", "make an image of tests of your own", NULL, build_options, verb_build},
	{"check", "[PATTERN...|-- QEMU...]", "run tests, or any machine, under the sanitizer",
		"After -- comes the command line of a machine: qemu-system-aarch64 and its options. What the sanitizer "
		"needs\nis added; -v shows it. Of the options only those about findings, symbols and reports, and "
		"--timeout, are\nfor it: the machine is run as long, without an end by default.\n",
		check_options, verb_check},
	{"explain", "[KIND|RULE...]", "what a kind of the sanitizer's findings means, or a rule; none: list them", NULL,
		explain_options, verb_explain},
	{"litmus", "FILE...", "what caches and memory may do with a program of a few lines",
		"A FILE is a litmus test: docs/reference/litmus.md has the format, litmus/ has tests.\n", litmus_options,
		verb_litmus},
};

static const struct verb *find_verb(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static enum status unknown_verb(const char *name)
{
	const char *names[G_N_ELEMENTS(verbs) + 1] = {NULL}, *near;
	g_autofree char *shown = text_neutral(name, strlen(name));

	for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++)
		names[i] = verbs[i].name;
	near = text_nearest(name, names);
	if (near)
		return usage(NULL, "unknown verb '%s': did you mean %s?", shown, near);
	return usage(NULL, "unknown verb '%s'", shown);
}

static void help(FILE *stream)
{
	fprintf(stream, "Usage: limpid VERB [OPTION...] [ARGUMENT...]\n\n"
			"Tests of Arm machines on bare metal, that hold on real hardware.\n\n");
	for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++)
		fprintf(stream, "  limpid %-7s %-24s %s\n", verbs[i].name, verbs[i].operands, verbs[i].summary);
	fprintf(stream,
		"\n'limpid VERB --help' or 'limpid help VERB' shows its options; 'limpid --version' the version.\n%s",
		exit_statuses);
}

static void help_verb(const struct verb *v)
{
	g_autofree char *options = options_help(v->options);

	printf("Usage: limpid %s [OPTION...] %s\n\n%c%s.\n\n%s\n%s%s", v->name, v->operands,
		g_ascii_toupper(v->summary[0]), v->summary + 1, options, v->details ? v->details : "", exit_statuses);
}

static enum status run_verb(const struct verb *v, const char *program, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) operands = g_ptr_array_new_with_free_func(g_free);
	struct invocation call = {program, argv, settings_new(v->options), operands};
	enum status status;

	if (!settings_read_environment(call.settings, &error) ||
		!settings_read_argv(call.settings, argv, operands, NULL, &error)) {
		status = usage(v->name, "%s", error->message);
	} else if (settings_flag(call.settings, "help")) {
		help_verb(v);
		status = STATUS_PASSED;
	} else {
		terminal_init(settings_text(call.settings, "color"), FALSE);
		status = v->run(&call);
	}
	settings_free(call.settings);
	if (fflush(stdout) != 0 && status == STATUS_PASSED) {
		terminal_complain("cannot write to standard output");
		status = STATUS_INFRASTRUCTURE;
	}
	return status;
}

int main(int argc, char **argv)
{
	const struct verb *v;

	/* Numbers in results keep their dot: only the encoding of the user's terminal is taken over. */
	setlocale(LC_CTYPE, "");
	/* A reader that goes away must not leave machines behind: writing fails, and the run ends in order. */
	signal(SIGPIPE, SIG_IGN);
	terminal_init("auto", FALSE);
	if (argc < 2) {
		help(stderr);
		return STATUS_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("limpid " LIMPID_VERSION);
		return STATUS_PASSED;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		v = argc > 2 ? find_verb(argv[2]) : NULL;
		if (argc > 2 && !v)
			return unknown_verb(argv[2]);
		if (v)
			help_verb(v);
		else
			help(stdout);
		return STATUS_PASSED;
	}
	if (argv[1][0] == '-')
		return usage(NULL, "unknown option %s: the verb comes first", argv[1]);
	v = find_verb(argv[1]);
	return v ? run_verb(v, argv[0], argv + 2) : unknown_verb(argv[1]);
}
