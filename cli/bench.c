/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "bench.h"
#include "terminal.h"

/* How a measurement begins, behind the guest's "# " and the indentation of what a test prints. */
#define PREFIX "bench "

struct column {
	char *label;
	GHashTable *values; /* operation -> double * */
};

struct bench {
	GPtrArray *columns;
	GPtrArray *rows; /* char *: operations, in the order in which they came */
};

static void column_free(gpointer data)
{
	struct column *column = data;

	g_free(column->label);
	g_hash_table_unref(column->values);
	g_free(column);
}

struct bench *bench_new(void)
{
	struct bench *b = g_new(struct bench, 1);

	b->columns = g_ptr_array_new_with_free_func(column_free);
	b->rows = g_ptr_array_new_with_free_func(g_free);
	return b;
}

void bench_free(struct bench *b)
{
	if (!b)
		return;
	g_ptr_array_unref(b->columns);
	g_ptr_array_unref(b->rows);
	g_free(b);
}

void bench_add_column(struct bench *b, const char *label)
{
	struct column *column = g_new(struct column, 1);

	*column = (struct column){g_strdup(label), g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
	g_ptr_array_add(b->columns, column);
}

static void take(struct bench *b, struct column *column, const char *operation, double value)
{
	double *known = g_hash_table_lookup(column->values, operation);

	if (!g_ptr_array_find_with_equal_func(b->rows, operation, g_str_equal, NULL))
		g_ptr_array_add(b->rows, g_strdup(operation));
	if (known) {
		*known = MIN(*known, value);
	} else {
		known = g_new(double, 1);
		*known = value;
		g_hash_table_insert(column->values, g_strdup(operation), known);
	}
}

static struct column *find(const struct bench *b, const char *label)
{
	for (guint i = 0; i < b->columns->len; i++) {
		struct column *column = b->columns->pdata[i];

		if (g_strcmp0(column->label, label) == 0)
			return column;
	}
	return NULL;
}

void bench_take(struct bench *b, const char *label, const GPtrArray *lines)
{
	struct column *column = find(b, label);

	for (guint i = 0; column && lines && i < lines->len; i++) {
		const char *text = lines->pdata[i];
		g_auto(GStrv) words = NULL;
		char *end;
		double value;

		text += strspn(text, "# ");
		if (!g_str_has_prefix(text, PREFIX))
			continue;
		words = g_strsplit(text, " ", -1);
		if (g_strv_length(words) != 4 || strcmp(words[3], "ns") != 0)
			continue;
		value = g_ascii_strtod(words[2], &end);
		if (end != words[2] && !*end)
			take(b, column, words[1], value);
	}
}

static char *cell(const struct column *column, const char *operation)
{
	const double *value = g_hash_table_lookup(column->values, operation);

	return value ? g_strdup_printf("%.1f", *value) : g_strdup("-");
}

void bench_print(const struct bench *b)
{
	int name_width = 0;

	if (!b->rows->len)
		return;
	for (guint i = 0; i < b->rows->len; i++)
		name_width = MAX(name_width, (int)strlen(b->rows->pdata[i]));
	terminal_print(stdout, "\n%-*s", name_width, "");
	for (guint c = 0; c < b->columns->len; c++) {
		const struct column *column = b->columns->pdata[c];

		terminal_print(stdout, "  %14s", column->label);
	}
	terminal_print(stdout, "\n");
	for (guint i = 0; i < b->rows->len; i++) {
		terminal_print(stdout, "%-*s", name_width, (char *)b->rows->pdata[i]);
		for (guint c = 0; c < b->columns->len; c++) {
			g_autofree char *text = cell(b->columns->pdata[c], b->rows->pdata[i]);

			terminal_print(stdout, "  %14s", text);
		}
		terminal_print(stdout, "\n");
	}
	terminal_print(stdout, "\n");
}
