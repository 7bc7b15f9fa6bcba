/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job.h - one boot, with some tests: what the files of the runner share. Nobody else includes it.
 *
 *      runner.c        plans jobs, and runs them
 *      job.c           the command line of a job's machine
 *      job_results.c   what its tests come to, also by what the sanitizer found
 */
#ifndef CLI_JOB_H
#define CLI_JOB_H

#include <glib/gstdio.h>

#include "boot.h"
#include "machine.h"
#include "runner.h"
#include "schedule.h"

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

/* job.c; takes @tests over. */
struct job *job_new(
	struct runner *runner, struct lane *lane, const struct machine *machine, GPtrArray *tests, guint round);
void job_free(gpointer job);

/* The names of its tests. */
char **job_names(const struct job *job);
/* Whether its machine may migrate. */
gboolean job_migrates(const struct job *job);
/* The guest's command line, which asks for the tests of @patterns. */
char *job_bootargs(const struct job *job, const char *patterns);
/* The command line of the job's machine: with the sanitizer, when there is one. */
GPtrArray *job_argv(
	const struct job *job, const char *bootargs, const char *disk, const char *findings, GError **error);
/* `limpid image` and QEMU, as a line for a shell. */
char *job_command(const struct job *job, const char *bootargs, const char *disk, const GPtrArray *argv);

/* job_results.c; takes the ownership of @result. @extra: more lines for its console, or NULL. */
void job_take_result(struct job *job, struct result *result, const char *const *extra);
/* The machine has ended: reads what the sanitizer saw, and gives the results that waited for it. */
void job_take_findings(struct job *job, const struct boot_end *end);

/* runner.c; no more jobs are started. */
void runner_stop(struct runner *runner);
void runner_show_progress(const struct runner *runner);

#endif
