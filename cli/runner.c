/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "disk.h"
#include "job.h"
#include "process.h"
#include "terminal.h"
#include "text.h"

#define CHECK_GRACE_S 10 /* for the plugin to write what it knows */

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
			g_ptr_array_add(r->jobs, job_new(r, lane, machine, g_ptr_array_ref(groups->pdata[i]), round));
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

/* --- running --- */

void runner_show_progress(const struct runner *r)
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

void runner_stop(struct runner *r)
{
	r->stopping = TRUE;
	schedule_drop(r->schedule, is_any, drop, NULL);
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
		job_take_result(job, result, NULL);
}

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
	runner_show_progress(r);
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
	next = job_new(r, job->lane, job->machine, rest, job->round);
	g_ptr_array_add(r->jobs, next);
	schedule_add(r->schedule, next, weight(next), TRUE);
}

static void fail_missing(struct job *job, const struct boot_end *end)
{
	g_autoptr(GPtrArray) console = transcript_lines(end->console, 40);

	g_ptr_array_add(console, NULL);
	for (char **name = end->missing; *name; name++) {
		/* The console is the same for all of them: once is enough. */
		gboolean first = name == end->missing;

		job_take_result(job, result_new(*name, end->verdict, end->reason),
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
		job_take_findings(job, end);
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
				"or LIMPID_QEMU",
				job->machine->qemu);
		}
	}
	if (!job->boot) {
		g_clear_pointer(&job->command, g_free);
		give_up_lane(job, error->message);
		/* Not from within the schedule, which is starting jobs. */
		g_idle_add(job_is_over, job);
	}
	runner_show_progress(r);
}

static void on_interrupt(void *data)
{
	struct runner *r = data;

	runner_stop(r);
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
