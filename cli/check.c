/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limpid check: our tests, or anybody's machine, under the sanitizer. */
#include "foreign.h"
#include "run.h"
#include "sanitizer.h"
#include "terminal.h"
#include "verdicts.h"

const struct option check_options[] = {RUN_OPTIONS, CHECK_OPTIONS, COMMON_OPTIONS};

/* @call with its words read by our table: `limpid run --check` has read them by its own; and what is after -- apart. */
enum status verb_check(const struct invocation *call)
{
	g_autoptr(GPtrArray) operands = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) command = g_ptr_array_new_with_free_func(g_free);
	struct invocation ours = {call->program, call->argv, settings_new(check_options), operands};
	g_autoptr(GError) error = NULL;
	enum status status;

	if (!settings_read_environment(ours.settings, &error) ||
		!settings_read_argv(ours.settings, ours.argv, operands, command, &error)) {
		status = usage("check", "%s", error->message);
	} else if (command->len && operands->len) {
		status = usage("check", "'%s' is a test and after -- comes a machine: one of the two",
			(char *)operands->pdata[0]);
	} else if (settings_text(ours.settings, "picture") && !settings_text(ours.settings, "replay")) {
		status = usage(
			"check", "--picture draws from a record: --record FILE first, then --replay FILE --picture");
	} else if (settings_text(ours.settings, "replay") && (command->len || operands->len)) {
		status = usage("check", "--replay runs no machine: neither tests nor a command line go with it");
	} else if (settings_text(ours.settings, "replay")) {
		status = foreign_replay(&ours, settings_text(ours.settings, "replay"));
	} else if (settings_flag(ours.settings, "table") && command->len) {
		status = usage("check", "--table is about our own tests: no command line goes with it");
	} else if (settings_flag(ours.settings, "table") && settings_flag(ours.settings, "coverage")) {
		status = usage("check", "--table is of three runs: ask one of them for --coverage");
	} else if (settings_flag(ours.settings, "table")) {
		status = verdicts_table(&ours);
	} else if (command->len) {
		g_ptr_array_add(command, NULL);
		status = foreign_check(&ours, (const char *const *)command->pdata);
	} else {
		status = run_tests(&ours, "check");
	}
	settings_free(ours.settings);
	return status;
}
