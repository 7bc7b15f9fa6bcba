/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * case.h - a section of guests.conf: an image, the machine that boots it, what is said on its console, and what the
 * sanitizer is to find.
 */
#ifndef FOREIGN_CASE_H
#define FOREIGN_CASE_H

#include <gio/gio.h>

/* What a case is made of; guests.conf explains each key. */
struct guest_case {
	char *name;
	GStrv machine;  /* QEMU's command line, files filled in */
	GStrv options;  /* of limpid check */
	GStrv talk;     /* wait for, send, wait for, ... */
	GStrv findings; /* "kind", "kind fingerprint" or "kind root" */
	GStrv seen;     /* "dc 100": at least so many */
	guint timeout_s;
};

void guest_case_free(struct guest_case *c);

/* The cases of @conf whose names match one of @globs (all without any), in the file's order. NULL with @error. */
GPtrArray *guest_cases_read(const char *conf, const char *build, const char *work, char **globs, GError **error);

#define CASE_ERROR case_error_quark()
GQuark case_error_quark(void);
enum case_error { CASE_ERROR_CONF };

#endif
