/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limpid run: from the command line, limpid.conf and the catalog to the runner. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "catalog.h"
#include "config.h"
#include "machine.h"
#include "paths.h"
#include "report.h"
#include "run.h"
#include "runner.h"
#include "sanitizer.h"
#include "selection.h"
#include "symbolize.h"
#include "terminal.h"
#include "text.h"
#include "verb.h"

const struct option run_options[] = {RUN_OPTIONS,
	{"bench", 0, OPTION_FLAG, NULL, 0, "false", NULL, 0, 0,
		"measure for longer, and show a table of times and, of a\nsecond machine that counts them, "
		"instructions"},
	COMMON_OPTIONS};

static void lane_free(gpointer data)
{
	struct lane *lane = data;

	g_free(lane->label);
	settings_free(lane->settings);
	g_free(lane->options);
	g_free(lane);
}

/* What the user gave, not what limpid.conf adds: that is read again. */
static char *options_to_repeat(const struct settings *s, const char *profile)
{
	GString *words = g_string_new(NULL);
	const char *config = settings_text(s, "config");

	if (config) {
		g_autofree char *quoted = g_shell_quote(config);

		g_string_append_printf(words, " --config %s", quoted);
	}
	if (profile) {
		g_autofree char *quoted = g_shell_quote(profile);
		gboolean plain =
			profile[strspn(profile, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] ==
			'\0';

		g_string_append_printf(words, " --profile %s", plain ? profile : quoted);
	}
	for (const struct option *o = settings_table(s); o->name; o++) {
		const GPtrArray *values = settings_values(s, o->name);
		gboolean wanted = (o->flags & (OPTION_MACHINE | OPTION_CHECK)) || strcmp(o->name, "image") == 0 ||
				  strcmp(o->name, "plugin") == 0;

		for (guint i = 0; wanted && i < values->len; i++) {
			const struct value *value = values->pdata[i];
			g_autofree char *option = g_strdup_printf("--%s", o->name);
			g_autofree char *text = NULL;

			/* A single test is together with nobody. */
			if (value->origin < ORIGIN_ENVIRONMENT || o->kind == OPTION_FLAG)
				continue;
			text = text_command_line((const char *[]){option, value->text, NULL});
			g_string_append_printf(words, " %s", text);
		}
	}
	return g_string_free(words, FALSE);
}

/* The settings for one profile (NULL: none), each origin over the ones before it. */
static struct lane *make_lane(
	const struct invocation *call, const struct config *config, const char *profile, GError **error)
{
	struct lane *lane = g_new0(struct lane, 1);
	g_autoptr(GPtrArray) ignored = g_ptr_array_new_with_free_func(g_free);

	lane->label = g_strdup(profile);
	lane->settings = settings_new(settings_table(call->settings));
	if (config_apply_run(config, lane->settings, error) &&
		(!profile || config_apply_profile(config, profile, lane->settings, error)) &&
		settings_read_environment(lane->settings, error) &&
		settings_read_argv(lane->settings, call->argv, ignored, NULL, error)) {
		lane->options = options_to_repeat(lane->settings, profile);
		return lane;
	}
	lane_free(lane);
	return NULL;
}

/* The profiles that were asked for; of those that the last run used when it is to be repeated. */
static GPtrArray *profile_names(
	const struct invocation *call, const struct config *config, const GPtrArray *failures, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const GPtrArray *asked = settings_values(call->settings, "profile");

	for (guint i = 0; i < asked->len; i++) {
		const struct value *value = asked->pdata[i];
		g_autoptr(GPtrArray) found = config_profiles(config, value->text, error);

		if (!found)
			return NULL;
		for (guint j = 0; j < found->len; j++)
			if (!g_ptr_array_find_with_equal_func(names, found->pdata[j], g_str_equal, NULL))
				g_ptr_array_add(names, g_strdup(found->pdata[j]));
	}
	for (guint i = 0; !asked->len && failures && i < failures->len; i++) {
		g_auto(GStrv) parts = g_strsplit(failures->pdata[i], "\t", 2);

		if (*parts[0] && !g_ptr_array_find_with_equal_func(names, parts[0], g_str_equal, NULL))
			g_ptr_array_add(names, g_strdup(parts[0]));
	}
	return g_steal_pointer(&names);
}

static gboolean has_failure_without_profile(const GPtrArray *failures)
{
	for (guint i = 0; i < failures->len; i++)
		if (*(char *)failures->pdata[i] == '\t')
			return TRUE;
	return FALSE;
}

static gboolean is_bench(const struct invocation *call)
{
	/* limpid check has no such option: what it does to a machine is not what is to be measured. */
	return settings_table(call->settings) == run_options && settings_flag(call->settings, "bench");
}

/* Adds a machine that counts instructions: its clock advances by a nanosecond with each. Only TCG has one. */
static gboolean add_counting_lane(const struct invocation *call, const struct config *config, const char *profile,
	GPtrArray *lanes, GError **error)
{
	struct lane *lane = make_lane(call, config, profile, error);
	const struct option *option = option_find(run_options, "qemu-arg");

	if (!lane)
		return FALSE;
	if (strcmp(settings_text(lane->settings, "accel"), "tcg") != 0) {
		lane_free(lane);
		return TRUE;
	}
	g_free(lane->label);
	lane->label = profile ? g_strconcat(profile, " instr.", NULL) : g_strdup("instructions");
	g_ptr_array_add(lanes, lane);
	if (!settings_set(lane->settings, option, "-icount shift=0", ORIGIN_COMMAND_LINE, "--bench", error))
		return FALSE;
	g_free(lane->options);
	lane->options = options_to_repeat(lane->settings, profile);
	return TRUE;
}

static GPtrArray *make_lanes(
	const struct invocation *call, const struct config *config, const GPtrArray *failures, GError **error)
{
	g_autoptr(GPtrArray) lanes = g_ptr_array_new_with_free_func(lane_free);
	g_autoptr(GPtrArray) names = profile_names(call, config, failures, error);
	gboolean plain;

	if (!names)
		return NULL;
	plain = !settings_values(call->settings, "profile")->len &&
		(!names->len || (failures && has_failure_without_profile(failures)));
	if (plain)
		g_ptr_array_insert(names, 0, NULL);
	for (guint i = 0; i < names->len; i++) {
		struct lane *lane = make_lane(call, config, names->pdata[i], error);

		if (!lane)
			return NULL;
		g_ptr_array_add(lanes, lane);
		if (!is_bench(call))
			continue;
		g_free(lane->label);
		lane->label = names->pdata[i] ? g_strconcat(names->pdata[i], " ns", NULL) : g_strdup("ns");
		if (!add_counting_lane(call, config, names->pdata[i], lanes, error))
			return NULL;
	}
	return g_steal_pointer(&lanes);
}

static void show_config(const struct config *config, const GPtrArray *lanes)
{
	printf("# configuration file: %s\n", config_path(config) ? config_path(config) : "none");
	for (guint i = 0; i < lanes->len; i++) {
		const struct lane *lane = lanes->pdata[i];
		g_autofree char *text = settings_describe(lane->settings, OPTION_CONFIG);

		if (lane->label)
			printf("%s[profile %s]\n", i ? "\n" : "", lane->label);
		fputs(text, stdout);
	}
}

/* The tests that a lane runs of those selected: of a shard, and of the last failures. */
static GPtrArray *tests_of_lane(
	const struct lane *lane, const GPtrArray *selected, const struct shard *shard, const GPtrArray *failures)
{
	GPtrArray *tests = g_ptr_array_new();

	for (guint i = 0; i < selected->len; i++) {
		const struct test *test = selected->pdata[i];

		if (shard_has(shard, test->name) && (!failures || failures_has(failures, lane->label, test->name)))
			g_ptr_array_add(tests, (void *)test);
	}
	return tests;
}

static void tell_gdb(const struct catalog *catalog)
{
	g_autofree char *elf = g_shell_quote(catalog->elf_path);

	terminal_complain("the machine waits for a debugger on port 1234 of this computer:\n"
			  "  gdb-multiarch -ex 'target remote :1234' %s\n"
			  "By direct boot the image is at 0x40200000; elsewhere it prints its address as 'image at "
			  "0x...'. Then:\n"
			  "  (gdb) add-symbol-file %s -o 0x40200000",
		elf, elf);
}

struct run {
	const struct invocation *call;
	const char *verb;
	struct config *config;
	struct catalog *catalog;
	GPtrArray *failures; /* of the last run, when --failed */
	GPtrArray *lanes;
	const struct settings *settings; /* of the first lane: for what is no property of a machine */
	struct shard shard;
	guint selected; /* tests that match the patterns */
};

static gboolean is_check(const struct run *run)
{
	return strcmp(run->verb, "check") == 0;
}

static enum status read_failures(struct run *run)
{
	run->failures = failures_read(run->catalog->elf_path);
	if (run->failures->len)
		return STATUS_PASSED;
	terminal_complain("nothing to do: no failures are known of a last run of %s", run->catalog->elf_path);
	return STATUS_NOTHING;
}

static enum status plan(struct run *run, struct runner *runner)
{
	g_autofree char *unmatched = NULL;
	g_autoptr(GPtrArray) selected = catalog_select(run->catalog, run->call->operands, &unmatched);
	g_autoptr(GError) error = NULL;

	if (!selected) {
		terminal_complain("%s", unmatched);
		return STATUS_NOTHING;
	}
	run->selected = selected->len;
	for (guint i = 0; i < run->lanes->len; i++) {
		struct lane *lane = run->lanes->pdata[i];
		g_autoptr(GPtrArray) tests = tests_of_lane(lane, selected, &run->shard, run->failures);

		if (is_check(run) && strcmp(settings_text(lane->settings, "accel"), "tcg") != 0)
			return usage(run->verb,
				"%s%s--accel %s: the sanitizer sees the machine's accesses with tcg only",
				lane->label ? lane->label : "", lane->label ? ": " : "",
				settings_text(lane->settings, "accel"));
		if (!runner_plan(runner, lane, tests, &error))
			return usage(run->verb, "%s%s%s", lane->label ? lane->label : "", lane->label ? ": " : "",
				error->message);
	}
	if (runner_planned(runner))
		return STATUS_PASSED;
	if (run->failures) {
		terminal_complain("nothing to do: none of the tests selected failed in the last run");
		return STATUS_NOTHING;
	}
	if (!selected->len) {
		terminal_complain("nothing to do: %s holds no tests", run->catalog->elf_path);
		return STATUS_NOTHING;
	}
	/* A small suite in many parts leaves some empty; a batch system must not take that for a failure. */
	terminal_complain(
		"part %u of %u has none of the %u tests selected", run->shard.index, run->shard.count, selected->len);
	return STATUS_PASSED;
}

/* What a test is there to find is no news, but for who asks for this one. */
static gboolean report_findings(struct run *run, const struct runner_config *config, guint planned)
{
	g_autofree char *line = text_command_line((const char *const *)run->call->argv);
	g_autofree char *title = g_strdup_printf("limpid %s %s", run->verb, line);

	terminal_progress(NULL);
	report_add_findings(config->report, sanitizer_findings(config->sanitizer));
	if (config->verbose && sanitizer_initial(config->sanitizer))
		terminal_complain(
			"assumed of the caches at the start: --initial %s", sanitizer_initial(config->sanitizer));
	return sanitizer_report(config->sanitizer, title, report_json(config->report), planned == 1 || config->verbose);
}

static enum status execute(struct run *run, struct runner_config *config)
{
	struct runner *runner = runner_new(config);
	gboolean dry = settings_flag(run->settings, "dry-run"), written = TRUE;
	enum status status = plan(run, runner);

	if (status == STATUS_PASSED && config->gdb && runner_planned(runner) != 1)
		status = usage(run->verb, "--gdb takes one test, but %u are selected", runner_planned(runner));
	if (status == STATUS_PASSED && config->record && runner_planned(runner) != 1)
		status = usage(run->verb, "--record takes one test, but %u are selected", runner_planned(runner));
	if (status == STATUS_PASSED && dry) {
		runner_print(runner);
	} else if (status == STATUS_PASSED) {
		if (config->gdb)
			tell_gdb(run->catalog);
		status = runner_run(runner);
		if (config->sanitizer) {
			g_autofree char *summary = findings_summary(sanitizer_findings(config->sanitizer));

			written = report_findings(run, config, runner_planned(runner));
			report_finish(config->report, runner_not_run(runner), summary);
		} else {
			report_finish(config->report, runner_not_run(runner), NULL);
		}
		if (status == STATUS_PASSED && runner_planned(runner))
			status = report_status(config->report);
		if (config->sanitizer)
			status = sanitizer_status(config->sanitizer, status);
		if (!written && status != STATUS_INTERRUPTED)
			status = STATUS_INFRASTRUCTURE;
		/* A measurement's machines are no profiles that --failed could choose again. */
		if (!config->gdb && !config->bench)
			failures_write(run->catalog->elf_path, config->failures);
	}
	runner_free(runner);
	return status;
}

static enum status with_report(struct run *run)
{
	const struct settings *s = run->settings;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) failures = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *program = text_command_line((const char *[]){run->call->program, NULL});
	struct runner_config config = {
		.program = program,
		.verb = run->verb,
		.catalog = run->catalog,
		.expected_failures = config_expected_failures(run->config),
		.failures = failures,
		.slots = settings_uint(s, "jobs", g_get_num_processors()),
		.rounds = settings_uint(s, "repeat", 1),
		.fail_fast = settings_flag(s, "fail-fast"),
		.verbose = settings_flag(s, "verbose"),
		.gdb = settings_flag(s, "gdb"),
		.bench = is_bench(run->call),
	};
	struct bench *bench = config.bench ? bench_new() : NULL;
	enum status status;

	/* Machines that run at once would measure each other. */
	if (config.bench && settings_origin(s, "jobs") < ORIGIN_COMMAND_LINE)
		config.slots = 1;

	config.report = report_new(s, TRUE, &error);
	if (!config.report) {
		terminal_complain("%s", error->message);
		bench_free(bench);
		return STATUS_USAGE;
	}
	for (guint i = 0; i < run->lanes->len; i++) {
		const struct lane *lane = run->lanes->pdata[i];

		if (lane->label)
			report_expect_label(config.report, lane->label);
		if (bench)
			bench_add_column(bench, lane->label);
	}
	report_measure(config.report, bench);
	if (is_check(run)) {
		config.record = settings_text(s, "record");
		config.sanitizer = sanitizer_new(s, &error);
	}
	config.symbols = symbols_open(run->catalog->elf_path);
	if (error) {
		terminal_complain("%s", error->message);
		status = STATUS_USAGE;
	} else {
		status = execute(run, &config);
	}
	symbols_close(config.symbols);
	sanitizer_free(config.sanitizer);
	report_free(config.report);
	bench_free(bench);
	return status;
}

static enum status with_config(struct run *run)
{
	const struct settings *asked = run->call->settings;
	const char *shard = settings_text(asked, "shard"), *image;
	g_autofree char *fallback = paths_image();
	g_autoptr(GError) error = NULL;
	enum status status;

	/* Which image it is decides about --failed, and that about the lanes: so the plain settings come first. */
	struct lane *plain = make_lane(run->call, run->config, NULL, &error);

	if (!plain)
		return usage(run->verb, "%s", error->message);
	image = settings_text(plain->settings, "image");
	if (settings_flag(asked, "show-config"))
		run->catalog = NULL;
	else if (!(run->catalog = catalog_read(image ? image : fallback, &error)))
		terminal_complain("%s", error->message);
	lane_free(plain);
	if (!run->catalog && !settings_flag(asked, "show-config"))
		return STATUS_USAGE;
	if (shard ? !shard_parse(shard, &run->shard) : !shard_from_environment(&run->shard))
		return usage(run->verb,
			shard ? "--shard: '%s' is not I/N with I from 1 to N, as in 2/5"
			      : "TEST_SHARD_INDEX and TEST_TOTAL_SHARDS make no sense: see limpid(1)%s",
			shard ? shard : "");
	if (run->catalog && settings_flag(asked, "failed") && (status = read_failures(run)) != STATUS_PASSED)
		return status;
	run->lanes = make_lanes(run->call, run->config, run->failures, &error);
	if (!run->lanes)
		return usage(run->verb, "%s", error->message);
	run->settings = ((struct lane *)run->lanes->pdata[0])->settings;
	terminal_init(settings_text(run->settings, "color"), settings_flag(run->settings, "quiet"));
	if (settings_flag(asked, "show-config")) {
		show_config(run->config, run->lanes);
		return STATUS_PASSED;
	}
	if (access(run->catalog->img_path, R_OK) != 0) {
		terminal_complain(
			"%s: the flat image is not beside the ELF file; build it with `make`", run->catalog->img_path);
		return STATUS_USAGE;
	}
	return with_report(run);
}

enum status run_tests(const struct invocation *call, const char *verb)
{
	struct run run = {.call = call, .verb = verb};
	g_autoptr(GError) error = NULL;
	enum status status;

	/* One configuration serves both: what limpid check knows more than limpid run is no error there. */
	run.config = config_read(settings_text(call->settings, "config"), check_options, &error);
	if (!run.config)
		return usage(verb, "%s", error->message);
	status = with_config(&run);
	g_clear_pointer(&run.lanes, g_ptr_array_unref);
	g_clear_pointer(&run.failures, g_ptr_array_unref);
	catalog_free(run.catalog);
	config_free(run.config);
	return status;
}

enum status verb_run(const struct invocation *call)
{
	return settings_flag(call->settings, "check") ? verb_check(call) : run_tests(call, "run");
}
