/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmm.h - the program that is the machine: a process, and while the machine migrates two of them.
 *
 *     guest                       source QEMU           target QEMU
 *       "# migrate mmu.x"  ---->                        starts, with -incoming and nothing else changed
 *       polls its UART            migrate         --->  takes it all, and goes on
 *                                 quit
 *       one byte           <----------------------------
 *       goes on
 *
 * The byte comes when the source has ended and all that it printed has been given: nothing is out of order. Monitors
 * and the migration itself go through pairs of sockets that have no names: nothing is left behind.
 */
#ifndef CLI_VMM_H
#define CLI_VMM_H

#include <glib.h>

#include "process.h"

struct vmm;

struct vmm_ops {
	void (*output)(const char *bytes, gsize len, void *data); /* of the console */
	/* It did not migrate. The machine is as good as lost: the caller kills it. */
	void (*not_migrated)(const char *why, void *data);
	/* The last call: everything has ended. The vmm is freed afterwards. */
	void (*exited)(const struct process_exit *exit, void *data);
};

/* Starts argv. @migratable: vmm_migrate() will be called; argv is QEMU's then. */
struct vmm *vmm_start(
	const char *const *argv, gboolean migratable, const struct vmm_ops *ops, void *data, GError **error);

/* As those of a process. */
void vmm_kill(struct vmm *vmm);
void vmm_set_grace(struct vmm *vmm, guint seconds);

/* Moves the machine to another QEMU, and tells it when it is there. */
void vmm_migrate(struct vmm *vmm);

/* What a migration that is under way waits for; NULL when there is none. */
const char *vmm_migrating(const struct vmm *vmm);

#endif
