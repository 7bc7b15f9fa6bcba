/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * transcript.h - lines of a console, of which the first and the last are kept: what a test says first is what went
 * wrong, what it says last is where it stopped. A machine that prints for ever costs a fixed amount of memory.
 */
#ifndef CLI_TRANSCRIPT_H
#define CLI_TRANSCRIPT_H

#include <glib.h>

#define TRANSCRIPT_FIRST    100
#define TRANSCRIPT_LAST     100
#define TRANSCRIPT_LINE_MAX 1000 /* bytes kept of a line */

struct transcript {
	GPtrArray *first; /* char *, neutral text */
	GQueue last;      /* likewise */
	guint64 left_out; /* lines that were between the two */
};

struct transcript *transcript_new(void);
void transcript_free(struct transcript *transcript);

/* Appends a neutral copy of @len bytes, cut to TRANSCRIPT_LINE_MAX; @beyond bytes of the line were dropped before. */
void transcript_add(struct transcript *transcript, const char *line, gsize len, gsize beyond);

/* The kept lines, at most @max (0: all), with a line that tells how many were left out in the middle. */
GPtrArray *transcript_lines(const struct transcript *transcript, guint max);

/* The last line that is not empty, or NULL. */
const char *transcript_last_line(const struct transcript *transcript);

#endif
