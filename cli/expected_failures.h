/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * expected_failures.h - failures that are expected of a machine, and of no other, from limpid.conf:
 *
 *     [expected-failure mmu.zva_device]
 *     qemu=10.0                    versions of QEMU, as far as they are given; several with spaces between
 *     accel=tcg                    with this accelerator only; default: any
 *     cpus=1                       in machines of so many CPUs only; default: any
 *     cpu=max                      with CPUs whose model is this, or begins with it and a comma; default: any
 *     sometimes=true               a race: it may pass as well
 *     reason=what is wrong, and where that is written down
 *
 * A test that fails as it is expected to is an XFAIL, which is no failure. One that passes, is one: the expectation is
 * out of date. What a machine does with a newer QEMU nobody has expected.
 */
#ifndef CLI_EXPECTED_FAILURES_H
#define CLI_EXPECTED_FAILURES_H

#include <glib.h>

#include "machine.h"
#include "result.h"

#define EXPECTED_FAILURE "expected-failure "

struct expected_failure {
	char *pattern; /* pattern.h */
	char **qemu;   /* NULL: any version */
	char *accel, *cpu;
	guint64 cpus; /* 0: any number */
	gboolean sometimes;
	char *reason;
	char *where; /* "limpid.conf:12" */
};

void expected_failure_free(gpointer expectation);

/* Sets a key; FALSE with what is wrong with it. */
gboolean expected_failure_set(struct expected_failure *expectation, const char *key, const char *value, char **wrong);

/* Turns the verdict of @result round if @expectations (struct expected_failure) have one for it on this machine. */
void expected_failures_judge(const GPtrArray *expectations, const struct machine *machine, struct result *result);

#endif
