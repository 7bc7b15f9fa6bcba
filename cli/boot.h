/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot.h - one boot of one machine: starts QEMU, gives its console to the judge, and stops it when it hangs.
 */
#ifndef CLI_BOOT_H
#define CLI_BOOT_H

#include <glib.h>

#include "ktap.h"

struct boot_run;

struct boot_config {
	const char *const *argv;  /* of the VMM */
	const char *const *names; /* that the guest was asked to run, NULL-terminated */
	/* Seconds of silence that count as a hang of this test (NULL: of what comes before the first); 0: wait for
	 * ever. */
	double (*timeout_s)(const char *test, void *data);
	gboolean firmware;   /* something boots before the guest: it gets twice the time until the first test */
	gboolean echo;       /* show the console as it comes */
	gboolean migratable; /* the guest may ask to be migrated */
	guint grace_s;       /* that the machine gets to end by itself when it is stopped; 0: none */
};

/* What a boot came to, besides the results that it gave. Valid during the call only. */
struct boot_end {
	char **missing;       /* names without a result; a boot that went well has none */
	enum verdict verdict; /* theirs, should nobody try again */
	const char *reason;   /* the same */
	gboolean vmm_failed;  /* the VMM crashed or gave an error: the guest cannot be blamed */
	gboolean vmm_refused; /* it did so before the guest printed anything: it does not like its command line */
	guint64 given;        /* results */
	const char *errors;   /* what the VMM wrote to standard error */
	const struct transcript *console;
};

struct boot_ops {
	void (*result)(struct result *result, void *data);     /* takes the ownership */
	void (*ended)(const struct boot_end *end, void *data); /* the last call; the boot is freed afterwards */
};

/* Starts the machine. NULL when the VMM cannot be started at all. @config is not used after the call but for names. */
struct boot_run *boot_start(const struct boot_config *config, const struct boot_ops *ops, void *data, GError **error);

/* Microseconds since it was started. */
gint64 boot_elapsed_us(const struct boot_run *boot);

#endif
