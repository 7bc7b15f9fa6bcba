/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text.h - what the other files do with strings: make them safe to show, compare them, read numbers.
 */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <glib.h>

/*
 * A copy of @len bytes that can do nothing to a terminal, an XML or a JSON file: valid UTF-8 without control
 * characters. A tab becomes a space; any other control, byte that is not UTF-8, or character that reorders text is
 * written as \x1b or \u{202e}. Text that comes from a machine is shown in no other way.
 */
char *text_neutral(const char *bytes, gsize len);

/* The same for text of several lines, which stay lines; without empty ones at the end. */
char *text_neutral_lines(const char *text);

/* The candidate that @word is most likely a misspelling of, or NULL when none is near. @candidates ends with NULL. */
const char *text_nearest(const char *word, const char *const *candidates);

/* Reads a whole decimal number in [@min, @max]: false on anything else (sign, space, rest, overflow). */
gboolean text_to_uint(const char *text, guint64 min, guint64 max, guint64 *value);

/* Reads a size, "64", "64M" or "2G", in MiB. */
gboolean text_to_mib(const char *text, guint64 *mib);

/* Is @word one of the words of @list, which @separator separates? NULL holds no word. */
gboolean text_has_word(const char *list, char separator, const char *word);

/* The words of @argv as one command line that a POSIX shell reads back as the same words. */
char *text_command_line(const char *const *argv);

#endif
