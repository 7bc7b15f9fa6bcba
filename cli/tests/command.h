/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command.h - calls the command as people do, with the fake QEMU and an image of three tests: a.one, a.two (which wants
 * two CPUs) and b.three (whose output is the point).
 */
#ifndef CLI_TESTS_COMMAND_H
#define CLI_TESTS_COMMAND_H

#include <glib.h>

/* A directory that limpid runs in, one for its temporary files, and what is in them. */
extern char *dir, *tmp, *limpid, *fake, *image, *flat, *pids;

/* What the last call has come to. */
extern int status;
extern char *out, *err;

/* Makes all that; and takes it away. */
void command_init(void);
void command_fini(void);

/* The environment in which the fake QEMU plays @play; to be freed. */
char **environment(const char *play);

/* No machine is left, and no file of ours. */
void check_nothing_left(void);

/* Calls `limpid @line`, words separated by single spaces. */
void call(const char *play, const char *line);

/* The last call has this status, and these texts are in what it printed. NULL: any. */
void expect(int want, const char *in_out, const char *in_err);
void expect_last_line(const char *want);

/* A file in dir; it must be there. */
char *read_file(const char *name);

#endif
