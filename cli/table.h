/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.h - results of several profiles side by side: a row a test, a column a profile.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <glib.h>

#include "ktap.h"

struct table;

struct table *table_new(void);

/* Columns come in this order, before those that results alone bring. */
void table_add_column(struct table *table, const char *column);

/* Strings are copied. Rows are sorted by @order, then by name. A second result for one cell shows the worse of both. */
void table_add(struct table *table, const char *column, const char *row, const char *order, enum verdict verdict);

/* Prints it to stdout; nothing when there are fewer than two columns, or more than fit on a line. */
void table_print(const struct table *table);

/* NULL is allowed. */
void table_free(struct table *table);

#endif
