/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"

#include <string.h>

#include "terminal.h"

#define WIDTH_MAX 120

struct table {
	GPtrArray *columns;
	GTree *rows;		   /* "order\nname" -> name */
	GHashTable *cells;	   /* "column\nrow" -> verdict + 1 */
};

static int compare(gconstpointer a, gconstpointer b, gpointer unused)
{
	(void)unused;
	return strcmp(a, b);
}

struct table *table_new(void)
{
	struct table *t = g_new(struct table, 1);

	t->columns = g_ptr_array_new_with_free_func(g_free);
	t->rows = g_tree_new_full(compare, NULL, g_free, g_free);
	t->cells = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	g_ptr_array_unref(t->columns);
	g_tree_unref(t->rows);
	g_hash_table_unref(t->cells);
	g_free(t);
}

void table_add_column(struct table *t, const char *column)
{
	if (!g_ptr_array_find_with_equal_func(t->columns, column, g_str_equal, NULL))
		g_ptr_array_add(t->columns, g_strdup(column));
}

static gboolean cell(const struct table *t, const char *column, const char *row, enum verdict *verdict)
{
	g_autofree char *key = g_strdup_printf("%s\n%s", column, row);
	guint value = GPOINTER_TO_UINT(g_hash_table_lookup(t->cells, key));

	*verdict = value - 1;
	return value != 0;
}

void table_add(struct table *t, const char *column, const char *row, const char *order, enum verdict verdict)
{
	enum verdict before;

	table_add_column(t, column);
	g_tree_insert(t->rows, g_strdup_printf("%s\n%s", order, row), g_strdup(row));
	if (cell(t, column, row, &before) && (verdict_is_failure(before) || !verdict_is_failure(verdict)))
		return;
	g_hash_table_insert(t->cells, g_strdup_printf("%s\n%s", column, row), GUINT_TO_POINTER(verdict + 1));
}

/* A row on its way to the terminal. */
struct printing {
	const struct table *table;
	guint name_width, column_width;
};

static gboolean measure_row(gpointer order, gpointer row, gpointer data)
{
	struct printing *p = data;

	(void)order;
	p->name_width = MAX(p->name_width, strlen(row));
	return FALSE;
}

static void print_cell(const struct printing *p, guint column, const char *text)
{
	gboolean last = column + 1 == p->table->columns->len;

	terminal_print(stdout, "  %-*s", last ? 0 : (int)p->column_width, text);
}

static gboolean print_row(gpointer order, gpointer row, gpointer data)
{
	const struct printing *p = data;

	(void)order;
	terminal_print(stdout, "%-*s", (int)p->name_width, (char *)row);
	for (guint c = 0; c < p->table->columns->len; c++) {
		enum verdict verdict;
		gboolean known = cell(p->table, p->table->columns->pdata[c], row, &verdict);

		print_cell(p, c, known ? verdict_name(verdict) : "-");
	}
	terminal_print(stdout, "\n");
	return FALSE;
}

void table_print(const struct table *t)
{
	struct printing p = {t, 0, strlen("TIMEOUT")};

	g_tree_foreach(t->rows, measure_row, &p);
	for (guint c = 0; c < t->columns->len; c++)
		p.column_width = MAX(p.column_width, strlen(t->columns->pdata[c]));
	if (t->columns->len < 2 || p.name_width + (p.column_width + 2) * t->columns->len > WIDTH_MAX)
		return;
	terminal_print(stdout, "\n%-*s", (int)p.name_width, "");
	for (guint c = 0; c < t->columns->len; c++)
		print_cell(&p, c, t->columns->pdata[c]);
	terminal_print(stdout, "\n");
	g_tree_foreach(t->rows, print_row, &p);
	terminal_print(stdout, "\n");
}
