/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * terminal.h - what goes to the screen: colours, and a line of progress that other output never mixes with.
 *
 * Results go to stdout, diagnostics and progress to stderr. Text from a machine has been through text_neutral() before.
 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <glib.h>
#include <stdio.h>

enum colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_BAD, COLOUR_WARN, COLOUR_DIM, COLOUR_BOLD };

/* "auto" (on a terminal, without NO_COLOR), "always" or "never"; @quiet: no progress. Called once, first. */
void terminal_init(const char *color, gboolean quiet);

/* The sequences around coloured text on @stream; "" where there is no colour. */
const char *terminal_colour(FILE *stream, enum colour colour);
#define terminal_plain(stream) terminal_colour(stream, COLOUR_NONE)

/* Prints to stdout or stderr and flushes; the progress line is taken away before. */
void terminal_print(FILE *stream, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* "limpid: ..." on stderr. */
void terminal_complain(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Shows or changes the progress line; NULL takes it away. Nothing happens when stderr is no terminal. */
void terminal_progress(const char *text);
gboolean terminal_has_progress(void);

/* Has writing to stdout failed, so that nobody will see the results? */
gboolean terminal_is_broken(void);

#endif
