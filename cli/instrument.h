/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * instrument.h - QEMU's command line with what the sanitizer needs: TCG in one thread, RAM that the plugin can see, and
 * the plugin.
 *
 *      -accel tcg,thread=single
 *      -object memory-backend-memfd,id=ram,share=on,size=... -machine memory-backend=ram
 *      -plugin FILE,findings=PATH,...
 *
 * What the user's command line says already stays; what contradicts is refused with the reason.
 */
#ifndef CLI_INSTRUMENT_H
#define CLI_INSTRUMENT_H

#include <glib.h>

struct plugin {
	const char *path;         /* the shared object */
	const char *findings;     /* where it writes them */
	const char *record;       /* where it writes its events, or NULL */
	const GPtrArray *options; /* char *: "initial=clean" */
};

struct instrumented {
	GPtrArray *argv;    /* char *, NULL-terminated */
	guint64 ram_base;   /* where the machine has its RAM */
	gboolean ram_known; /* whether that is known */
	gboolean may_exit;  /* semihosting: the guest chooses QEMU's exit status */
};

/* @argv is NULL-terminated and begins with the program. False: OPTIONS_ERROR_USAGE with what to do. */
gboolean instrument(const char *const *argv, const struct plugin *plugin, struct instrumented *out, GError **error);
void instrumented_clear(struct instrumented *instrumented);

/* Asks the program for its version, once for each. False with a message when it is no QEMU, or one before 10.0. */
gboolean instrument_check_version(const char *qemu, GError **error);

/* Reads what `qemu --version` prints; false when it is nothing of that sort. */
gboolean instrument_read_version(const char *text, guint *major, guint *minor);

#endif
