/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run.h"
#include "sanitizer.h"
#include "terminal.h"
#include "verdicts.h"

enum account { PLAIN, CHECKED, WORST, ACCOUNTS };

static const struct {
	const char *title;
	const char *words[4]; /* how it is asked for */
} accounts[ACCOUNTS] = {
	{"emulator", {"run"}},
	{"sanitizer", {"check"}},
	{"--inject worst", {"check", "--inject", "worst"}},
};

/* One test: in each account a text for each machine, of which equal ones are one. */
struct row {
	char *name;
	GPtrArray *cells[ACCOUNTS]; /* char * */
	GHashTable *kinds;          /* "kind file:line" of its findings, each once, and how many of them */
	char *error, *warning;      /* the first of each severity */
};

static void row_free(gpointer data)
{
	struct row *row = data;

	g_free(row->name);
	g_free(row->error);
	g_free(row->warning);
	g_hash_table_unref(row->kinds);
	for (guint i = 0; i < ACCOUNTS; i++)
		g_ptr_array_unref(row->cells[i]);
	g_free(row);
}

static struct row *row_of(GPtrArray *rows, const char *name)
{
	struct row *row;

	for (guint i = 0; i < rows->len; i++) {
		row = rows->pdata[i];
		if (strcmp(row->name, name) == 0)
			return row;
	}
	row = g_new0(struct row, 1);
	row->name = g_strdup(name);
	row->kinds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < ACCOUNTS; i++)
		row->cells[i] = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(rows, row);
	return row;
}

static const char *text_of(JsonObject *o, const char *name)
{
	return json_object_has_member(o, name) ? json_object_get_string_member(o, name) : "";
}

/* What a guest made of it: a test that is there to fail has passed when it did (judge_injected()). */
static void take_result(struct row *row, enum account account, JsonObject *o)
{
	const char *verdict = text_of(o, "verdict");
	gboolean passes = strcmp(verdict, "PASS") == 0, fails = strcmp(verdict, "FAIL") == 0;

	if (account == WORST && passes && *text_of(o, "reason"))
		passes = FALSE, fails = TRUE;
	else if (account == WORST && fails && strstr(text_of(o, "reason"), "did not bring it to light"))
		passes = TRUE, fails = FALSE;
	g_ptr_array_add(row->cells[account], g_strdup(passes ? "passes" : fails ? "fails" : verdict));
}

static void take_finding(GPtrArray *rows, JsonObject *o)
{
	JsonArray *tests = json_object_has_member(o, "tests") ? json_object_get_array_member(o, "tests") : NULL;
	g_autofree char *file = g_path_get_basename(text_of(o, "file"));
	gboolean is_error = strcmp(text_of(o, "severity"), "error") == 0;
	gint64 line = json_object_has_member(o, "line") ? json_object_get_int_member(o, "line") : 0;

	for (guint i = 0; tests && i < json_array_get_length(tests); i++) {
		struct row *row = row_of(rows, json_array_get_string_element(tests, i));
		char *text = g_strdup_printf("%s %s:%" G_GINT64_FORMAT, text_of(o, "kind"), file, line);
		char **first = is_error ? &row->error : &row->warning;

		if (!g_hash_table_add(row->kinds, text))
			continue;
		if (!*first)
			*first = g_strdup(text);
	}
}

static gboolean take_line(GPtrArray *rows, enum account account, const char *line)
{
	g_autoptr(JsonNode) node = json_from_string(line, NULL);
	JsonObject *o = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
	const char *type = o ? text_of(o, "type") : NULL;

	if (!o)
		return FALSE;
	if (strcmp(type, "result") == 0)
		take_result(row_of(rows, text_of(o, "name")), account, o);
	else if (strcmp(type, "finding") == 0 && account == CHECKED)
		take_finding(rows, o);
	return TRUE;
}

/* The options of @table that were given, and the tests: not what is about the output, which is ours. */
static void add_words(GPtrArray *argv, const struct invocation *call, const struct option *table)
{
	static const char *const ours[] = {
		"table", "json", "junit", "tap", "inject", "quiet", "verbose", "sarif", "html", "picture", NULL};

	for (const struct option *o = settings_table(call->settings); o->name; o++) {
		const GPtrArray *values = settings_values(call->settings, o->name);

		if (g_strv_contains(ours, o->name) || !option_find(table, o->name))
			continue;
		for (guint i = 0; i < values->len; i++) {
			const struct value *value = values->pdata[i];

			if (value->origin == ORIGIN_COMMAND_LINE)
				g_ptr_array_add(argv, g_strdup_printf("--%s=%s", o->name, value->text));
		}
	}
	for (guint i = 0; i < call->operands->len; i++)
		g_ptr_array_add(argv, g_strdup(call->operands->pdata[i]));
}

/* One account: its process, and the rows of its JSON. */
static enum status ask(const struct invocation *call, enum account account, const char *json, GPtrArray *rows)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL), *errors = NULL, *text = NULL;
	g_autoptr(GSubprocess) process = NULL;
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) lines = NULL;
	int status;

	g_ptr_array_add(argv, g_strdup(self ? self : call->program));
	for (guint i = 0; accounts[account].words[i]; i++)
		g_ptr_array_add(argv, g_strdup(accounts[account].words[i]));
	g_ptr_array_add(argv, g_strdup("--quiet"));
	g_ptr_array_add(argv, g_strdup_printf("--json=%s", json));
	add_words(argv, call, account == PLAIN ? run_options : check_options);
	g_ptr_array_add(argv, NULL);
	process = g_subprocess_newv((const char *const *)argv->pdata,
		G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &error);
	if (!process || !g_subprocess_communicate_utf8(process, NULL, NULL, NULL, &errors, &error)) {
		terminal_complain("%s", error->message);
		return STATUS_INFRASTRUCTURE;
	}
	status = g_subprocess_get_if_exited(process) ? g_subprocess_get_exit_status(process) : STATUS_INTERRUPTED;
	if (status != STATUS_PASSED && status != STATUS_FAILED && status != STATUS_FINDINGS) {
		fputs(errors, stderr);
		return status;
	}
	if (!g_file_get_contents(json, &text, NULL, &error)) {
		terminal_complain("%s", error->message);
		return STATUS_INFRASTRUCTURE;
	}
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++)
		if (**line && !take_line(rows, account, *line))
			return STATUS_INFRASTRUCTURE;
	return status;
}

/* What all machines say, or how many say what. */
static char *cell_text(const struct row *row, enum account account)
{
	const GPtrArray *cells = row->cells[account];
	guint same = 0;

	if (!cells->len)
		return g_strdup("-");
	for (guint i = 0; i < cells->len; i++)
		same += strcmp(cells->pdata[i], cells->pdata[0]) == 0;
	if (same == cells->len)
		return g_strdup(cells->pdata[0]);
	return g_strdup_printf("%s on %u of %u", (char *)cells->pdata[0], same, cells->len);
}

static char *finding_text(const struct row *row)
{
	guint count = g_hash_table_size(row->kinds);

	if (!count)
		return g_strdup("-");
	if (count == 1)
		return g_strdup(row->error ?: row->warning);
	return g_strdup_printf("%s +%u", row->error ?: row->warning, count - 1);
}

static int compare(gconstpointer a, gconstpointer b)
{
	return strcmp((*(struct row *const *)a)->name, (*(struct row *const *)b)->name);
}

static void print_rows(const GPtrArray *rows)
{
	guint name = strlen("test"), finding = strlen(accounts[CHECKED].title);

	for (guint i = 0; i < rows->len; i++) {
		const struct row *row = rows->pdata[i];
		g_autofree char *text = finding_text(row);

		name = MAX(name, strlen(row->name));
		finding = MAX(finding, strlen(text));
	}
	terminal_print(stdout, "%-*s  %s  %-*s  %s\n", (int)name, "test", accounts[PLAIN].title, (int)finding,
		accounts[CHECKED].title, accounts[WORST].title);
	for (guint i = 0; i < rows->len; i++) {
		const struct row *row = rows->pdata[i];
		g_autofree char *plain = cell_text(row, PLAIN), *text = finding_text(row),
				*worst = cell_text(row, WORST);

		terminal_print(
			stdout, "%-*s  %-8s  %-*s  %s\n", (int)name, row->name, plain, (int)finding, text, worst);
	}
}

enum status verdicts_table(const struct invocation *call)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);
	g_autofree char *json = NULL;
	enum status worst = STATUS_PASSED;
	int file = g_file_open_tmp("limpid-XXXXXX.json", &json, NULL);

	if (file < 0) {
		terminal_complain("cannot make a temporary file");
		return STATUS_INFRASTRUCTURE;
	}
	close(file);
	for (guint i = 0; i < ACCOUNTS && worst != STATUS_INTERRUPTED; i++) {
		enum status status = ask(call, i, json, rows);

		if (status != STATUS_PASSED && (worst == STATUS_PASSED || status != STATUS_FINDINGS))
			worst = status;
		if (status != STATUS_PASSED && status != STATUS_FAILED && status != STATUS_FINDINGS)
			break;
	}
	g_unlink(json);
	if (worst == STATUS_PASSED || worst == STATUS_FAILED || worst == STATUS_FINDINGS) {
		g_ptr_array_sort(rows, compare);
		print_rows(rows);
	}
	return worst;
}
