/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status.h - the exit statuses. They are an interface: documented in limpid(1), checked by cli/tests/end-to-end.c.
 *
 * When several apply, the one that says least about the tests wins: interrupted, infrastructure, failed.
 */
#ifndef CLI_STATUS_H
#define CLI_STATUS_H

enum status {
	STATUS_PASSED = 0,         /* everything that ran passed or was skipped */
	STATUS_FAILED = 1,         /* a test failed, was an error, or hung */
	STATUS_USAGE = 2,          /* the command line, limpid.conf or an input file is wrong */
	STATUS_INFRASTRUCTURE = 3, /* a program that we need is missing, or crashed: nothing is known about the tests */
	STATUS_NOTHING = 4,        /* no test was selected, or a log holds none */
	STATUS_BUILD = 5,          /* `limpid build`: the compiler or the linker refused */
	STATUS_FINDINGS = 6,       /* all tests passed, but the sanitizer has findings */
	STATUS_INTERRUPTED = 130,  /* by SIGINT, SIGTERM or SIGHUP */
};

#endif
