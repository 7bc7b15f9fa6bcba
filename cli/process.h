/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * process.h - child processes: machines, and the tools that make disks and images.
 *
 * Invariants: a child is started from an argv, never by a shell; it leads a process group of its own, which is what
 * gets killed; its standard input is empty unless it was started to be given something; and the kernel kills it should
 * limpid die without having done so.
 */
#ifndef CLI_PROCESS_H
#define CLI_PROCESS_H

#include <glib.h>

struct process;

struct process_exit {
	int status;         /* of exit(), or -1 */
	int signal;         /* that killed it, or 0 */
	gboolean killed;    /* by process_kill(): the signal says nothing */
	const char *errors; /* what it wrote to standard error, its first 64 KiB; "" when nothing */
};

struct process_ops {
	/* Standard output arrives. May be NULL. */
	void (*output)(const char *bytes, gsize len, void *data);
	/* The last call: the child is gone and all of its output has been given. The process is freed afterwards. */
	void (*exited)(const struct process_exit *exit, void *data);
};

/* Starts argv[0], looked up in PATH; the main loop of the default context does the rest. */
struct process *process_start(const char *const *argv, const struct process_ops *ops, void *data, GError **error);

/*
 * The same, with @count of our descriptors, which stay ours, as its 3, 4, ..., and a standard input that waits for
 * process_give().
 */
struct process *process_start_connected(const char *const *argv, const int *fds, guint count,
	const struct process_ops *ops, void *data, GError **error);

/* A few bytes for its standard input. What it does not take is lost. */
void process_give(struct process *process, const char *bytes, gsize len);

/* Kills the whole group, at once; process_ops.exited follows as always. */
void process_kill(struct process *process);

/* From now on process_kill() asks first, by SIGTERM, and kills so many seconds later: the process has files to
 * complete. */
void process_set_grace(struct process *process, guint seconds);

/* What ended it, for people: "exited with status 1", "was killed by signal 11 (Segmentation fault)". */
char *process_exit_describe(const struct process_exit *exit);

/*
 * Catches SIGINT, SIGTERM and SIGHUP from now on: all children are killed and @on_interrupt (may be NULL) is called,
 * from the main loop. A second signal ends limpid at once.
 */
void interrupt_catch(void (*on_interrupt)(void *data), void *data);

/* The same by ourselves, when there is nobody left to read what we write. */
void interrupt_now(void);
gboolean interrupt_happened(void);

/* Lets signals that came while a tool ran take effect: for verbs that have no main loop running. */
void interrupt_poll(void);

/*
 * Runs a tool to its end. False when it cannot be started or fails; then @errors, if not NULL, says why (its standard
 * error and output). @missing, if not NULL, tells whether it was that the program does not exist.
 */
gboolean tool_run(const char *const *argv, char **errors, gboolean *missing);

#endif
