/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limpid explain: the kinds of findings, from the table in kinds.c. */
#include <stdio.h>
#include <string.h>

#include "kinds.h"
#include "terminal.h"
#include "text.h"
#include "verb.h"

#define COLUMNS 80

const struct option explain_options[] = {COMMON_OPTIONS};

/* Paragraphs, wrapped, with @indent spaces before each line. */
static void print_text(const char *text, guint indent)
{
	g_auto(GStrv) paragraphs = g_strsplit(text, "\n\n", -1);

	for (char **p = paragraphs; *p; p++) {
		g_auto(GStrv) words = g_strsplit(*p, " ", -1);
		guint column = 0;

		printf("%s", p == paragraphs ? "" : "\n");
		for (char **w = words; *w; w++) {
			guint len = strlen(*w);

			if (column && column + 1 + len > COLUMNS) {
				putchar('\n');
				column = 0;
			}
			column += column ? printf(" %s", *w) : printf("%*s%s", (int)indent, "", *w);
		}
		putchar('\n');
	}
}

static void print_heading(const char *heading)
{
	printf("\n%s%s%s\n", terminal_colour(stdout, COLOUR_BOLD), heading, terminal_plain(stdout));
}

static void print_code(const char *code)
{
	g_auto(GStrv) lines = g_strsplit(code, "\n", -1);

	for (char **line = lines; *line; line++)
		printf("        %s\n", *line);
}

static void print_kind(const struct kind *k)
{
	printf("%s%s%s\n", terminal_colour(stdout, COLOUR_BOLD), k->name, terminal_plain(stdout));
	print_text(k->summary, 2);
	print_heading("Why");
	print_text(k->why, 2);
	print_heading("What hardware may do");
	print_text(k->hardware, 2);
	print_heading("Wrong");
	print_code(k->bad);
	print_heading("Right");
	print_code(k->good);
	print_heading("Remedy");
	print_text(k->remedy, 2);
	print_heading("Source");
	print_text(k->source, 2);
	if (*k->options) {
		print_heading("Options of limpid check that bear on it");
		print_text(k->options, 2);
	}
	fflush(stdout);
}

static void print_list(void)
{
	for (const struct kind *k = kinds; k->name; k++) {
		printf("%s%s%s\n", terminal_colour(stdout, COLOUR_BOLD), k->name, terminal_plain(stdout));
		print_text(k->summary, 4);
	}
}

enum status verb_explain(const struct invocation *call)
{
	if (!call->operands->len)
		print_list();
	for (guint i = 0; i < call->operands->len; i++) {
		const char *name = call->operands->pdata[i], *near;
		const struct kind *k = kind_find(name);
		g_autofree char *shown = text_neutral(name, strlen(name));

		if (!k) {
			near = kind_nearest(name);
			return usage("explain", "there is no kind '%s'%s%s%s", shown, near ? ": did you mean " : "",
				near ? near : "", near ? "?" : "; `limpid explain` lists them");
		}
		if (i)
			putchar('\n');
		print_kind(k);
	}
	return STATUS_PASSED;
}
