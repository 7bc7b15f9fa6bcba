/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * schedule.h - how many machines run at once.
 *
 * A job weighs as many slots as its machine is expected to keep busy. Invariant: the weights of the running jobs add up to at most
 * the number of slots, or a single job runs: one that is wider than the host still gets its turn, alone.
 */
#ifndef CLI_SCHEDULE_H
#define CLI_SCHEDULE_H

#include <glib.h>

struct schedule;

/* @start starts a job; it may fail at once by calling schedule_done() itself. */
struct schedule *schedule_new(guint slots, void (*start)(void *job, void *data), void *data);
void schedule_free(struct schedule *schedule);

/* Puts a job at the end, or in @front for one that goes on with what another began. Nothing is started yet. */
void schedule_add(struct schedule *schedule, void *job, guint weight, gboolean front);

/* Starts what fits. The next job in line that does is taken, so that a wide one keeps no slot empty. */
void schedule_run(struct schedule *schedule);

/* A job of this weight has ended. */
void schedule_done(struct schedule *schedule, guint weight);

/* Takes the jobs that wait and that @unwanted (NULL: all) answers TRUE for, and gives each to @drop. */
void schedule_drop(struct schedule *schedule, gboolean (*unwanted)(void *job, void *data),
	void (*drop)(void *job, void *data), void *data);

gboolean schedule_is_idle(const struct schedule *schedule);

#endif
