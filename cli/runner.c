/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "boot.h"
#include "disk.h"
#include "expected_failures.h"
#include "machine.h"
#include "process.h"
#include "runner.h"
#include "schedule.h"
#include "selection.h"
#include "terminal.h"
#include "text.h"

#define CHECK_GRACE_S 10   /* for the plugin to write what it knows */
#define READABLE      1000 /* characters of a command line */

/* One boot. */
struct job {
	struct runner *runner;
	struct lane *lane;
	const struct machine *machine;
	GPtrArray *tests; /* const struct test * */
	guint round;
	char *disk;      /* its disk image while it runs, or NULL */
	char *findings;  /* of the sanitizer, likewise */
	GPtrArray *held; /* struct result: under the sanitizer a test is judged when its machine has ended */
	char *command;   /* of the machine, for people */
	struct boot_run *boot;
	gboolean together; /* with other tests before it: they may be why one fails */
};

struct runner {
	struct runner_config config;
	struct schedule *schedule;
	GPtrArray *jobs;     /* all of them, in the order of the plan */
	GPtrArray *machines; /* struct machine, which jobs share */
	GPtrArray *running;  /* struct job */
	GMainLoop *loop;
	char *dir;      /* for disk images and findings; NULL until it is needed */
	GStatBuf image; /* the flat image as it was in the beginning */
	guint planned, done, files;
	gboolean stopping, infrastructure;
};

static void job_free(gpointer data)
{
	struct job *job = data;

	g_ptr_array_unref(job->tests);
	g_free(job->disk);
	g_free(job->findings);
	g_free(job->command);
	g_ptr_array_unref(job->held);
	g_free(job);
}

static void machine_free_pointer(gpointer machine)
{
	machine_free(machine);
}

static void start_job(void *job, void *data);

struct runner *runner_new(const struct runner_config *config)
{
	struct runner *r = g_new0(struct runner, 1);

	r->config = *config;
	r->schedule = schedule_new(config->slots, start_job, r);
	r->jobs = g_ptr_array_new_with_free_func(job_free);
	r->machines = g_ptr_array_new_with_free_func(machine_free_pointer);
	r->running = g_ptr_array_new();
	g_stat(config->catalog->img_path, &r->image);
	return r;
}

void runner_free(struct runner *r)
{
	if (!r)
		return;
	if (r->dir)
		g_rmdir(r->dir);
	schedule_free(r->schedule);
	g_ptr_array_unref(r->running);
	g_ptr_array_unref(r->jobs);
	g_ptr_array_unref(r->machines);
	g_free(r->dir);
	g_free(r);
}

/* --- planning --- */

/* Takes @tests over. */
static struct job *add_job(
	struct runner *r, struct lane *lane, const struct machine *machine, GPtrArray *tests, guint round)
{
	struct job *job = g_new0(struct job, 1);

	*job = (struct job){.runner = r, .lane = lane, .machine = machine, .tests = tests, .round = round};
	job->together = tests->len > 1;
	job->held = g_ptr_array_new_with_free_func((GDestroyNotify)result_free);
	g_ptr_array_add(r->jobs, job);
	return job;
}

static struct machine *add_machine(struct runner *r, const struct lane *lane, const GPtrArray *tests, GError **error)
{
	struct machine *machine = machine_new(lane->settings, tests, error);

	if (machine)
		g_ptr_array_add(r->machines, machine);
	return machine;
}

/* The tests in groups that can share a machine, in the order of their first members: arrays of const struct test *. */
static GPtrArray *group(
	const struct lane *lane, const GPtrArray *tests, gboolean together, gboolean checked, GError **error)
{
	g_autoptr(GPtrArray) groups = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	g_autoptr(GHashTable) by_key = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < tests->len; i++) {
		g_autoptr(GPtrArray) single = g_ptr_array_new();
		struct machine *machine;
		GPtrArray *members = NULL;
		gboolean alone;
		char *key;

		g_ptr_array_add(single, tests->pdata[i]);
		machine = machine_new(lane->settings, single, error);
		if (!machine)
			return NULL;
		key = machine_key(machine);
		machine_free(machine);
		/* Under the sanitizer a test that makes mistakes on purpose is alone, or they would be the others'.
		 * And one that ends the machine is the last there. */
		alone = (checked && test_finding(tests->pdata[i])) ||
			((const struct test *)tests->pdata[i])->flags & TEST_ENDS;
		if (together && !alone)
			members = g_hash_table_lookup(by_key, key);
		if (members) {
			g_ptr_array_add(members, tests->pdata[i]);
			g_free(key);
		} else {
			members = g_steal_pointer(&single);
			g_ptr_array_add(groups, members);
			if (alone)
				g_free(key);
			else
				g_hash_table_insert(by_key, key, members);
		}
	}
	return g_steal_pointer(&groups);
}

gboolean runner_plan(struct runner *r, struct lane *lane, const GPtrArray *tests, GError **error)
{
	gboolean together = settings_flag(lane->settings, "together");
	g_autoptr(GPtrArray) groups = group(lane, tests, together, r->config.sanitizer != NULL, error);

	for (guint i = 0; groups && i < groups->len; i++) {
		struct machine *machine = add_machine(r, lane, groups->pdata[i], error);

		if (!machine)
			return FALSE;
		for (guint round = 1; round <= r->config.rounds; round++) {
			add_job(r, lane, machine, g_ptr_array_ref(groups->pdata[i]), round);
			r->planned += ((GPtrArray *)groups->pdata[i])->len;
		}
	}
	return groups != NULL;
}

guint runner_planned(const struct runner *r)
{
	return r->planned;
}

guint runner_not_run(const struct runner *r)
{
	/* A machine may report more than it was asked for. */
	return r->planned - MIN(r->done, r->planned);
}

/* --- command lines --- */

static char **job_names(const struct job *job)
{
	GPtrArray *names = g_ptr_array_new();

	for (guint i = 0; i < job->tests->len; i++)
		g_ptr_array_add(names, g_strdup(((const struct test *)job->tests->pdata[i])->name));
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

/* `limpid image` and QEMU, as a line for a shell. */
static char *job_command(const struct job *job, const char *bootargs, const char *disk, const GPtrArray *argv)
{
	const struct runner_config *config = &job->runner->config;
	g_autofree char *vmm = text_command_line((const char *const *)argv->pdata);
	g_autofree char *image = NULL;
	enum medium medium = machine_medium(job->machine, bootargs);
	const char *words[] = {config->program, "image", "--image", config->catalog->img_path, "--cmdline", bootargs,
		"-o", disk, medium == MEDIUM_ESP ? "--no-extlinux" : NULL, NULL};

	if (medium == MEDIUM_KERNEL)
		return g_steal_pointer(&vmm);
	image = text_command_line(words);
	return g_strdup_printf("%s && %s", image, vmm);
}

/* The sanitizer's plugin has seen what is in one process: it cannot follow to another. A debugger cannot either. */
static gboolean job_migrates(const struct job *job)
{
	return job->machine->migration && !job->runner->config.sanitizer && !job->runner->config.gdb;
}

/* The guest's command line: it is told when it is watched, measures or may migrate, as some things are different then.
 */
static char *job_bootargs(const struct job *job, const char *patterns)
{
	g_autofree char *plain = machine_bootargs(job->machine, patterns);

	return g_strconcat(plain, job->runner->config.sanitizer ? " check=1" : "",
		job->runner->config.bench ? " bench=1" : "", job_migrates(job) ? " migrate=1" : "", NULL);
}

/* The command line of the job's machine: with the sanitizer, when there is one. */
static GPtrArray *job_argv(
	const struct job *job, const char *bootargs, const char *disk, const char *findings, GError **error)
{
	const struct runner_config *config = &job->runner->config;
	g_autoptr(GPtrArray) argv = machine_argv(job->machine, config->catalog->img_path, bootargs, disk, config->gdb);
	struct instrumented with;

	if (!config->sanitizer)
		return g_steal_pointer(&argv);
	if (!sanitizer_instrument(config->sanitizer, (const char *const *)argv->pdata, findings, config->record,
		    job->round, &with, error))
		return NULL;
	return with.argv;
}

void runner_print(const struct runner *r)
{
	for (guint i = 0; i < r->jobs->len; i++) {
		const struct job *job = r->jobs->pdata[i];
		g_autofree char *patterns = catalog_patterns(r->config.catalog, job->tests);
		g_autofree char *bootargs = job_bootargs(job, patterns);
		g_autofree char *disk = g_strdup_printf("%s/limpid-%u.disk", g_get_tmp_dir(), i);
		g_autofree char *findings = g_strdup_printf("%s/limpid-%u.findings", g_get_tmp_dir(), i);
		g_autoptr(GError) error = NULL;
		g_autoptr(GPtrArray) argv = job_argv(job, bootargs, disk, findings, &error);
		g_autofree char *command = argv ? job_command(job, bootargs, disk, argv) : NULL;

		if (command)
			terminal_print(stdout, "%s\n", command);
		else
			terminal_complain("%s", error->message);
	}
}

/* --- results --- */

static void show_progress(const struct runner *r)
{
	g_autoptr(GString) text = g_string_new(NULL);

	if (!terminal_has_progress())
		return;
	g_string_append_printf(text, "[%u/%u] %u failed", r->done, r->planned, report_failed(r->config.report));
	for (guint i = 0; i < r->running->len; i++) {
		const struct job *job = r->running->pdata[i];
		const struct test *first = job->tests->pdata[0];

		g_string_append_printf(text, "%s%s%s%s", i ? ", " : ": ", job->lane->label ? job->lane->label : "",
			job->lane->label ? ": " : "", job->tests->len > 1 ? "together" : first->name);
	}
	terminal_progress(text->str);
}

static gboolean is_any(void *job, void *data)
{
	(void)job;
	(void)data;
	return TRUE;
}

static gboolean is_of_lane(void *job, void *data)
{
	return ((struct job *)job)->lane == data;
}

static void drop(void *job, void *data)
{
	(void)job;
	(void)data;
}

static void stop(struct runner *r)
{
	r->stopping = TRUE;
	schedule_drop(r->schedule, is_any, drop, NULL);
}

/* A command line for the test after those that were before it in the same boot, or NULL when none was. */
static char *reproduce_boot(const struct job *job, const char *name)
{
	const struct runner_config *config = &job->runner->config;
	g_autoptr(GPtrArray) before = g_ptr_array_new();
	g_autofree char *patterns = NULL;
	guint i = 0;

	for (const struct test *test = NULL; i < job->tests->len && (!test || strcmp(test->name, name) != 0); i++) {
		test = job->tests->pdata[i];
		g_ptr_array_add(before, (void *)test);
	}
	if (before->len < 2)
		return NULL;
	patterns = catalog_patterns(config->catalog, before);
	/* Nobody reads a page of names; a run of all the tests comes by these, in this order. */
	if (strcmp(patterns, "*") == 0 || strlen(patterns) > READABLE)
		return g_strdup_printf("%s %s%s --together", config->program, config->verb, job->lane->options);
	return g_strdup_printf("%s %s%s --together %s", config->program, config->verb, job->lane->options, patterns);
}

/* Takes the ownership of @result. */
static void take_result(struct job *job, struct result *result, const char *const *extra)
{
	struct runner *r = job->runner;
	const struct runner_config *config = &r->config;

	expected_failures_judge(config->expected_failures, job->machine, result);

	g_autoptr(GPtrArray) lines = transcript_lines(result->console, 0);
	g_autofree char *reproduce = NULL, *same_boot = NULL;
	struct entry entry = {
		.label = job->lane->label,
		.result = result,
		.test = catalog_find(config->catalog, result->name),
		.lines = lines,
		.seconds = job->boot ? boot_elapsed_us(job->boot) / 1e6 : -1,
		.round = job->round,
		.rounds = config->rounds,
		.command = job->command,
	};

	/*
	 * The time of a boot is the test's own only when the boot was for it alone. Else the guest's clock is asked
	 * first: several lines of a console may be read at once.
	 */
	if (job->together && result->guest_us >= 0)
		entry.seconds = result->guest_us / 1e6;
	else if (job->together && result->began_us && result->ended_us)
		entry.seconds = (result->ended_us - result->began_us) / 1e6;
	for (; extra && *extra; extra++)
		g_ptr_array_add(lines, text_neutral(*extra, strlen(*extra)));
	symbols_annotate(config->symbols, lines);
	if (verdict_is_failure(result->verdict)) {
		reproduce =
			g_strdup_printf("%s %s%s %s", config->program, config->verb, job->lane->options, result->name);
		/* What never began was not disturbed by what came before. */
		if (job->together && result->began_us)
			same_boot = reproduce_boot(job, result->name);
		failures_add(config->failures, job->lane->label, result->name);
	}
	entry.reproduce = reproduce;
	entry.same_boot = same_boot;
	r->done++;
	report_add(config->report, &entry);
	if (verdict_is_failure(result->verdict) && config->fail_fast)
		stop(r);
	if (terminal_is_broken())
		interrupt_now();
	show_progress(r);
	result_free(result);
}

static void on_result(struct result *result, void *data)
{
	struct job *job = data;

	/* What an interrupted machine has come to is not its own doing. */
	if (interrupt_happened())
		result_free(result);
	else if (job->runner->config.sanitizer)
		g_ptr_array_add(job->held, result);
	else
		take_result(job, result, NULL);
}

/* --- the sanitizer --- */

/* Where the image says that it is; by direct boot QEMU puts it at one place. */
static guint64 image_address(const struct transcript *console)
{
	g_autoptr(GPtrArray) lines = transcript_lines(console, 0);
	static const char mark[] = ": image at 0x";

	for (guint i = 0; i < lines->len; i++) {
		const char *at = g_str_has_prefix(lines->pdata[i], "# limpid ") ? strstr(lines->pdata[i], mark) : NULL;

		if (at)
			return g_ascii_strtoull(at + strlen(mark), NULL, 16);
	}
	return 0x40200000;
}

/* The one test that the machine ran; with several nobody knows whose a finding is. */
static const struct test *only_test(const struct job *job)
{
	return job->tests->len == 1 ? job->tests->pdata[0] : NULL;
}

static gboolean is_injecting(const struct job *job)
{
	return strcmp(sanitizer_inject(job->runner->config.sanitizer), "none") != 0;
}

static struct expectation expectation_of(const struct job *job, const struct test *test)
{
	if (!test)
		return (struct expectation){0};
	/* What follows from a value that was given is not foreseen. */
	if (is_injecting(job))
		return (struct expectation){.kind = test_finding(test) ? "" : NULL};
	return (struct expectation){test_finding(test), test->finding_function, test->finding_file, test->finding_line};
}

/*
 * A test that makes a mistake on purpose has passed when that was seen, once, where the test says, and nothing else.
 * One that says no line may make it at several.
 */
static void judge_mistake(const struct expectation *wanted, struct result *result, gboolean whole,
	const struct tally *tally, const GPtrArray *seen)
{
	g_autoptr(GString) reason = g_string_new(NULL);

	if (!wanted->kind || result->verdict != VERDICT_PASS ||
		(tally->expected && seen->len == tally->expected && (seen->len == 1 || !wanted->function)))
		return;
	if (!whole) {
		result_set(result, VERDICT_ERROR, "the sanitizer's findings are not whole");
		return;
	}
	g_string_append_printf(reason, "the sanitizer was to find one %s", *wanted->kind ? wanted->kind : "mistake");
	if (wanted->function)
		g_string_append_printf(reason, " at %s (%s:%u)", wanted->function, wanted->file, wanted->line);
	g_string_append_printf(reason, ", and found %s", seen->len ? "" : "nothing");
	for (guint i = 0; i < seen->len; i++)
		g_string_append_printf(reason, "%s%s", i ? "; " : "", (char *)seen->pdata[i]);
	result_set(result, VERDICT_FAIL, reason->str);
}

/*
 * The guest was given what hardware may give. Who makes a mistake on purpose and can tell fails then: always when it is
 * the worst, perhaps when it is chance.
 */
static void judge_injected(const struct job *job, const struct test *test, struct result *result)
{
	gboolean worst = strcmp(sanitizer_inject(job->runner->config.sanitizer), "worst") == 0;

	if (!test || !test_finding(test) || !(test->flags & TEST_TELLS))
		return;
	if (result->verdict == VERDICT_FAIL)
		result_set(result, VERDICT_PASS, "it failed in the guest, as it must");
	else if (result->verdict == VERDICT_PASS && worst)
		result_set(result, VERDICT_FAIL, "it makes a mistake, and --inject worst did not bring it to light");
}

/* The machine has ended: reads what the sanitizer saw, and gives the results that waited for it. */
static void take_findings(struct job *job, const struct boot_end *end)
{
	struct runner *r = job->runner;
	const struct test *test = only_test(job);
	const struct expectation wanted = expectation_of(job, test);
	g_autoptr(GPtrArray) seen = g_ptr_array_new_with_free_func(g_free);
	struct loaded *loaded = sanitizer_loaded(r->config.sanitizer, NULL);
	struct evidence *evidence = evidence_read(job->findings);
	g_autoptr(GArray) addresses = evidence_addresses(evidence);
	struct tally tally = {0};
	gboolean whole = FALSE;

	if (loaded && r->config.symbols)
		loaded_add_open(loaded, r->config.symbols, image_address(end->console));
	/* A VMM that failed is reported anyway. */
	if (loaded && (!end->vmm_failed || evidence->findings->len)) {
		loaded_find(loaded, addresses, -1, 0);
		whole = sanitizer_take(
			r->config.sanitizer, evidence, loaded, test ? test->name : NULL, &wanted, seen, &tally);
		/* A machine that hung had its time, and was perhaps killed in the end. */
		if (!whole && (evidence->problem || end->verdict != VERDICT_TIMEOUT))
			r->infrastructure = TRUE;
	}
	for (guint i = 0; i < job->held->len; i++) {
		struct result *result = g_steal_pointer(&job->held->pdata[i]);

		if (is_injecting(job))
			judge_injected(job, test, result);
		else
			judge_mistake(&wanted, result, whole, &tally, seen);
		take_result(job, result, NULL);
	}
	g_ptr_array_set_size(job->held, 0);
	if (tally.errors + tally.warnings)
		terminal_print(stdout, "    %u finding%s: see below\n", tally.errors + tally.warnings,
			tally.errors + tally.warnings == 1 ? "" : "s");
	loaded_free(loaded);
	evidence_free(evidence);
}

/* --- running --- */

static double timeout_of(const char *name, void *data)
{
	const struct job *job = data;
	const struct settings *settings = job->lane->settings;
	const struct test *test = name ? catalog_find(job->runner->config.catalog, name) : NULL;
	double seconds = settings_seconds(settings, "timeout");

	if (job->runner->config.gdb)
		return 0;
	/* A test that knows that it is quiet for long has its way, unless the user was explicit. */
	if (test && settings_origin(settings, "timeout") != ORIGIN_COMMAND_LINE)
		seconds = MAX(seconds, test->timeout_s);
	return seconds;
}

/* CPUs but the first wait for most of a test, so a machine of two keeps no more than one of the host's busy. */
static guint weight(const struct job *job)
{
	return (job->machine->cpus + 1) / 2;
}

static void job_over(struct job *job)
{
	struct runner *r = job->runner;

	if (job->disk)
		g_unlink(job->disk);
	if (job->findings)
		g_unlink(job->findings);
	g_clear_pointer(&job->disk, g_free);
	g_clear_pointer(&job->findings, g_free);
	job->boot = NULL;
	g_ptr_array_remove_fast(r->running, job);
	schedule_done(r->schedule, weight(job));
	if (!r->stopping)
		schedule_run(r->schedule);
	show_progress(r);
	if (r->running->len == 0 && (r->stopping || schedule_is_idle(r->schedule)))
		g_main_loop_quit(r->loop);
}

/* An error of something that the tests have no part in: the lane is given up. */
static void give_up_lane(struct job *job, const char *why)
{
	struct runner *r = job->runner;

	r->infrastructure = TRUE;
	if (job->lane->broken)
		return;
	job->lane->broken = TRUE;
	terminal_complain("%s%s%s", job->lane->label ? job->lane->label : "", job->lane->label ? ": " : "", why);
	if (job->command)
		terminal_complain("the command line was: %s", job->command);
	schedule_drop(r->schedule, is_of_lane, drop, job->lane);
}

static gboolean is_missing(char **missing, const char *name)
{
	return g_strv_contains((const char *const *)missing, name);
}

/* Somebody who builds while tests run gets errors that say nothing about the tests. */
static gboolean image_has_changed(const struct runner *r)
{
	GStatBuf now;

	return g_stat(r->config.catalog->img_path, &now) != 0 || now.st_size != r->image.st_size ||
	       now.st_mtim.tv_sec != r->image.st_mtim.tv_sec || now.st_mtim.tv_nsec != r->image.st_mtim.tv_nsec;
}

/* The tests that are left over go on in a fresh boot. */
static void continue_with(struct job *job, char **missing)
{
	struct runner *r = job->runner;
	GPtrArray *rest = g_ptr_array_new();
	struct job *next;

	for (guint i = 0; i < job->tests->len; i++) {
		const struct test *test = job->tests->pdata[i];

		if (is_missing(missing, test->name))
			g_ptr_array_add(rest, (void *)test);
	}
	next = add_job(r, job->lane, job->machine, rest, job->round);
	schedule_add(r->schedule, next, weight(next), TRUE);
}

static void fail_missing(struct job *job, const struct boot_end *end)
{
	g_autoptr(GPtrArray) console = transcript_lines(end->console, 40);

	g_ptr_array_add(console, NULL);
	for (char **name = end->missing; *name; name++) {
		/* The console is the same for all of them: once is enough. */
		gboolean first = name == end->missing;

		take_result(job, result_new(*name, end->verdict, end->reason),
			first ? (const char *const *)console->pdata : NULL);
	}
}

static void on_ended(const struct boot_end *end, void *data)
{
	struct job *job = data;
	struct runner *r = job->runner;
	gboolean rest = end->missing[0] != NULL;
	g_autofree char *errors = NULL;

	if (interrupt_happened()) {
		job_over(job);
		return;
	}
	errors = text_neutral_lines(end->errors);
	if (r->config.sanitizer)
		take_findings(job, end);
	if (end->vmm_failed) {
		r->infrastructure = TRUE;
		if (end->vmm_refused) {
			g_autofree char *why = g_strdup_printf("%s%s%s", end->reason, strchr(errors, '\n') ? "\n" : "",
				strchr(errors, '\n') ? errors : "");

			give_up_lane(job, why);
			fail_missing(job, end);
			job_over(job);
			return;
		}
		terminal_complain("%s", *errors ? errors : end->reason);
	} else if (r->config.verbose && *errors) {
		terminal_complain("QEMU says: %s", errors);
	}
	if (rest && end->given == 0 && image_has_changed(r)) {
		g_autofree char *why = g_strdup_printf(
			"%s has changed while its tests were running: run again", r->config.catalog->img_path);

		give_up_lane(job, why);
		job_over(job);
		return;
	}
	if (rest && end->given > 0 && !r->stopping)
		continue_with(job, end->missing);
	else if (rest && end->given == 0)
		fail_missing(job, end);
	job_over(job);
}

static gboolean make_dir(struct runner *r, GError **error)
{
	return r->dir || (r->dir = g_dir_make_tmp("limpid-XXXXXX", error));
}

static gboolean make_findings(struct job *job, GError **error)
{
	struct runner *r = job->runner;

	if (!r->config.sanitizer)
		return TRUE;
	if (!instrument_check_version(job->machine->qemu, error) || !make_dir(r, error))
		return FALSE;
	job->findings = g_strdup_printf("%s/%u.findings", r->dir, ++r->files);
	return TRUE;
}

static gboolean make_disk(struct job *job, const char *bootargs, GError **error)
{
	struct runner *r = job->runner;
	enum medium medium = machine_medium(job->machine, bootargs);

	if (medium == MEDIUM_KERNEL)
		return TRUE;
	if (!make_dir(r, error))
		return FALSE;
	job->disk = g_strdup_printf("%s/%u.disk", r->dir, ++r->files);
	return disk_write(job->disk, r->config.catalog->img_path, bootargs,
		medium == MEDIUM_ESP_EXTLINUX ? DISK_EXTLINUX : 0, error);
}

static gboolean job_is_over(gpointer data)
{
	job_over(data);
	return G_SOURCE_REMOVE;
}

static void start_job(void *data, void *unused)
{
	static const struct boot_ops ops = {on_result, on_ended};
	struct job *job = data;
	struct runner *r = job->runner;
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) names = job_names(job);
	g_autofree char *patterns = catalog_patterns(r->config.catalog, job->tests);
	g_autofree char *bootargs = job_bootargs(job, patterns);
	g_autoptr(GPtrArray) argv = NULL;

	(void)unused;
	g_ptr_array_add(r->running, job);
	if (machine_check_files(job->machine, &error) && make_findings(job, &error) &&
		make_disk(job, bootargs, &error) &&
		(argv = job_argv(job, bootargs, job->disk, job->findings, &error))) {
		job->command = job_command(job, bootargs, job->disk, argv);
		job->boot = boot_start(
			&(struct boot_config){
				.argv = (const char *const *)argv->pdata,
				.names = (const char *const *)names,
				.timeout_s = timeout_of,
				.firmware = job->machine->firmware != FIRMWARE_NONE,
				.echo = r->config.gdb,
				.migratable = job_migrates(job),
				.grace_s = r->config.sanitizer ? CHECK_GRACE_S : 0,
			},
			&ops, job, &error);
		if (!job->boot && g_error_matches(error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT)) {
			g_clear_error(&error);
			g_set_error(&error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT,
				"no %s: install QEMU 10 or newer (tools/bootstrap does), or name it with --qemu PATH "
				"or "
				"LIMPID_QEMU",
				job->machine->qemu);
		}
	}
	if (!job->boot) {
		g_clear_pointer(&job->command, g_free);
		give_up_lane(job, error->message);
		/* Not from within the schedule, which is starting jobs. */
		g_idle_add(job_is_over, job);
	}
	show_progress(r);
}

static void on_interrupt(void *data)
{
	struct runner *r = data;

	stop(r);
	if (r->running->len == 0)
		g_main_loop_quit(r->loop);
}

enum status runner_run(struct runner *r)
{
	r->loop = g_main_loop_new(NULL, FALSE);
	interrupt_catch(on_interrupt, r);
	for (guint i = 0; i < r->jobs->len; i++) {
		struct job *job = r->jobs->pdata[i];

		schedule_add(r->schedule, job, weight(job), FALSE);
	}
	schedule_run(r->schedule);
	if (!schedule_is_idle(r->schedule))
		g_main_loop_run(r->loop);
	g_main_loop_unref(r->loop);
	terminal_progress(NULL);
	if (runner_not_run(r))
		terminal_complain("%s: %u of %u tests were not run",
			terminal_is_broken()   ? "nobody reads the results"
			: interrupt_happened() ? "interrupted"
			: r->infrastructure    ? "stopped by an error of the infrastructure"
					       : "stopped after a failure",
			runner_not_run(r), r->planned);
	if (terminal_is_broken())
		return STATUS_INFRASTRUCTURE;
	if (interrupt_happened())
		return STATUS_INTERRUPTED;
	return r->infrastructure ? STATUS_INFRASTRUCTURE : STATUS_PASSED;
}
