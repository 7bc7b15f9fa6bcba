/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run.h - running tests, plainly or under the sanitizer: what `limpid run` and `limpid check PATTERN` share.
 */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "machine.h"
#include "report.h"
#include "verb.h"

#define RUN_OPTIONS                                                                                                 \
	{"jobs", 'j', OPTION_UINT, "N", OPTION_CONFIG, NULL, NULL, 1, 4096,                                         \
		"run machines that keep N CPUs busy at once (a machine of\ntwo CPUs counts as one); default: as many as there are"},               \
		{"together", 0, OPTION_FLAG, NULL, OPTION_CONFIG | OPTION_MACHINE, "false", NULL, 0, 0,             \
			"one boot for all tests (one for each kind of machine that\nthey need), not one for each"}, \
		{"profile", 0, OPTION_TEXT, "NAME", OPTION_REPEAT, NULL, NULL, 0, 0,                                \
			"a machine from limpid.conf, or a glob for several; may be\ngiven several times"},          \
		MACHINE_OPTIONS,                                                                                    \
		{"image", 0, OPTION_TEXT, "FILE", OPTION_CONFIG, NULL, "LIMPID_IMAGE", 0, 0,                        \
			"the image's ELF file, with the .img beside it;\ndefault: that of this limpid"},            \
		{"repeat", 0, OPTION_UINT, "N", OPTION_CONFIG, "1", NULL, 1, 1000000, "run each test N times"},     \
		{"fail-fast", 0, OPTION_FLAG, NULL, OPTION_CONFIG, "false", NULL, 0, 0,                             \
			"start nothing more after a failure"},                                                      \
		{"failed", 0, OPTION_FLAG, NULL, 0, "false", NULL, 0, 0, "run what failed in the last run"},        \
		{"shard", 0, OPTION_TEXT, "I/N", 0, NULL, NULL, 0, 0,                                               \
			"run part I (from 1) of N, chosen by the tests' names;\ndefault: TEST_SHARD_INDEX, "        \
			"TEST_TOTAL_SHARDS"},                                                                       \
		REPORT_OPTIONS,                                                                                     \
		{"tap", 0, OPTION_TEXT, "FILE", OPTION_CONFIG, NULL, NULL, 0, 0, "write the results as KTAP"},      \
		{"dry-run", 0, OPTION_FLAG, NULL, 0, "false", NULL, 0, 0,                                           \
			"print the command line of each machine; they can be pasted"},                              \
		{"gdb", 0, OPTION_FLAG, NULL, 0, "false", NULL, 0, 0,                                               \
			"stop the one test's machine at its start for a debugger"},                                 \
		{"check", 0, OPTION_FLAG, NULL, 0, "false", NULL, 0, 0,                                             \
			"run under the sanitizer: limpid check, which has its options"},                            \
		{"config", 0, OPTION_TEXT, "FILE", 0, NULL, NULL, 0, 0, "read FILE instead of limpid.conf"},        \
	{                                                                                                           \
		"show-config", 0, OPTION_FLAG, NULL, 0, "false", NULL, 0, 0,                                        \
			"print the values and where they come from"                                                 \
	}

/* @verb is "run" or "check", whose settings those of @call are: with the options of the latter it is under the
 * sanitizer. */
enum status run_tests(const struct invocation *call, const char *verb);

#endif
