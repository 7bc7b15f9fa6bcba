/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job.h"
#include "text.h"

struct job *job_new(struct runner *r, struct lane *lane, const struct machine *machine, GPtrArray *tests, guint round)
{
	struct job *job = g_new0(struct job, 1);

	*job = (struct job){.runner = r, .lane = lane, .machine = machine, .tests = tests, .round = round};
	job->together = tests->len > 1;
	job->held = g_ptr_array_new_with_free_func((GDestroyNotify)result_free);
	return job;
}

void job_free(gpointer data)
{
	struct job *job = data;

	g_ptr_array_unref(job->tests);
	g_free(job->disk);
	g_free(job->findings);
	g_free(job->command);
	g_ptr_array_unref(job->held);
	g_free(job);
}

char **job_names(const struct job *job)
{
	GPtrArray *names = g_ptr_array_new();

	for (guint i = 0; i < job->tests->len; i++)
		g_ptr_array_add(names, g_strdup(((const struct test *)job->tests->pdata[i])->name));
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

char *job_command(const struct job *job, const char *bootargs, const char *disk, const GPtrArray *argv)
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
gboolean job_migrates(const struct job *job)
{
	return job->machine->migration && !job->runner->config.sanitizer && !job->runner->config.gdb;
}

/* The guest's command line: it is told when it is watched, measures or may migrate, as some things are different then.
 */
char *job_bootargs(const struct job *job, const char *patterns)
{
	g_autofree char *plain = machine_bootargs(job->machine, patterns);

	return g_strconcat(plain, job->runner->config.sanitizer ? " check=1" : "",
		job->runner->config.bench ? " bench=1" : "", job_migrates(job) ? " migrate=1" : "", NULL);
}

GPtrArray *job_argv(const struct job *job, const char *bootargs, const char *disk, const char *findings, GError **error)
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
