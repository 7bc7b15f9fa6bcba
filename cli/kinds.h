/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kinds.h - the kinds of findings, as one table: what `limpid explain` prints, what SARIF says of a rule, and the names
 * that suppressions may use. The names are an interface; the sanitizer uses the same.
 */
#ifndef CLI_KINDS_H
#define CLI_KINDS_H

#include <glib.h>

struct kind {
	const char *name;
	const char *summary;  /* what was seen: one sentence without its full stop */
	const char *why;      /* a paragraph or more, separated by \n\n */
	const char *hardware; /* what it may do: a paragraph */
	const char *bad;      /* A64, lines separated by \n */
	const char *good;     /* the same with what is missing */
	const char *remedy;   /* one line */
	const char
		*source; /* where the architecture says so: titles of DDI 0487, by which its issues can be searched */
	const char *options; /* of `limpid check` that bear on it, separated by spaces; "" for none */
};

/* The last one's name is NULL. */
extern const struct kind kinds[];

/* NULL when there is none. */
const struct kind *kind_find(const char *name);

/* The one that is probably meant, or NULL. */
const char *kind_nearest(const char *name);

#endif
