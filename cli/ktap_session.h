/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ktap_session.h - what the files of the judge share. Nobody else includes it.
 *
 *      ktap.c           what comes in, cut into lines; what is known of it
 *      ktap_lines.c     the lines of the protocol
 *      ktap_session.c   the tests of a session, and whom a mistake is blamed on
 */
#ifndef CLI_KTAP_SESSION_H
#define CLI_KTAP_SESSION_H

#include "ktap.h"

/* What the test in progress said that it does to the machine. */
enum ending { ENDING_NONE, ENDING_OFF, ENDING_RESET };

struct ktap {
	enum ktap_dialect dialect;
	gboolean live;
	ktap_result_fn on_result;
	void *data;
	char *log_name;

	GPtrArray *expected; /* names in order, or NULL */
	GHashTable *asked;   /* the same names as a set */
	GHashTable *seen;    /* names with a result in this session */

	GString *line; /* the line that is being received */
	gsize beyond;  /* bytes of it that were dropped */
	struct transcript *console;
	guint64 bytes, given;
	guint migrations;

	/* A session begins with a header line. */
	gboolean header, planned, ended, dead;
	guint64 plan, numbers;           /* results that the plan promises; numbers used up */
	guint64 passed, failed, skipped; /* as the machine said */
	gboolean lost;                   /* a test ended without a result: the end line's counts cannot be right */
	char *problem;

	struct result *current; /* in progress: the verdict is not there yet */
	char *crash;            /* what an exception or a panic in it said first */
	enum ending ending;     /* that the test in progress announced */
	gboolean reborn;        /* the machine has been reset by it, as announced */
	gboolean complete;      /* nothing more is read */
	struct result *held;    /* reported, but the machine has not gone on yet */
};

/* The time of a result; 0 for a log. */
gint64 session_now(const struct ktap *k);
void session_begin(struct ktap *k);
void session_finish(struct ktap *k, enum verdict verdict, const char *why);

gboolean session_was_asked(const struct ktap *k, const char *name);
/* Takes @result, which is given when the machine has gone on. */
void session_hold(struct ktap *k, struct result *result);
void session_give_held(struct ktap *k);

/* Ends the test in progress. */
void session_conclude(struct ktap *k, enum verdict verdict, const char *reason);
/* The same with the machine: there is no result line to come, and no end line. */
void session_conclude_ending(struct ktap *k, enum verdict verdict, const char *reason);
/* Something is wrong: blames the test in progress, else the one reported last, else nobody. */
void session_blame(struct ktap *k, enum verdict verdict, const char *reason);
/* A rule of the protocol is broken in a way after which nothing can be believed. */
void G_GNUC_PRINTF(2, 3) session_reject(struct ktap *k, const char *format, ...);
/* A result that was not asked for is an error under its own name, so that it shows up somewhere. */
void session_reject_unasked(struct ktap *k, const char *name);

/* A header may follow firmware's escape sequences, or a serial line's garbage, on the same line. */
gboolean ktap_line_is_header(const char *line, gsize len);
void ktap_line_header(struct ktap *k);
void ktap_line_limpid(struct ktap *k, const char *line, gsize len);
/* In plain TAP what was printed since the last result belongs to the next one. */
void ktap_line_plain(struct ktap *k, const char *line, gsize len);
/* Any other line: adds it to the console of the test that it belongs to. */
void ktap_keep(struct ktap *k, const char *line, gsize len);

#endif
