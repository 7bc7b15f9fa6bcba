/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limpid explain: the kinds of findings, from the table in kinds.c, and the rules. */
#include <stdio.h>
#include <string.h>

#include "kinds.h"
#include "rules.h"
#include "terminal.h"
#include "text.h"
#include "verb.h"

#define COLUMNS 80

const struct option explain_options[] = {
	{"markdown", 0, OPTION_FLAG, NULL, 0, "false", NULL, 0, 0,
		"the rules as a page, as in docs/reference/rules.md"},
	COMMON_OPTIONS,
};

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

static char *sentence(const char *text)
{
	return g_strdup_printf("%c%s", g_ascii_toupper(*text), text + 1);
}

static void print_rule(const struct rule *r)
{
	g_autofree char *statement = sentence(r->statement), *counted = sentence(r->counted),
			*blind = sentence(r->blind);
	const char *without;
	g_auto(GStrv) twins = rule_twins(r, &without);
	g_autofree char *names = g_strjoinv(" twins.", twins);
	g_autofree char *tests =
		g_strconcat(*twins ? "twins." : "", names, *twins && without ? "; " : "", without, NULL);

	printf("%s%s%s\n", terminal_colour(stdout, COLOUR_BOLD), r->id, terminal_plain(stdout));
	print_text(statement, 2);
	print_heading("Kinds of findings");
	print_text(r->kinds, 2);
	print_heading("Tests that break it (bad) or keep it (good)");
	print_text(tests, 2);
	print_heading("Comes up when");
	print_text(counted, 2);
	print_heading("Source");
	print_text(r->source, 2);
	if (*r->blind) {
		print_heading("Cannot see");
		print_text(blind, 2);
	}
	fflush(stdout);
}

static void print_list(void)
{
	for (const struct kind *k = kinds; k->name; k++) {
		printf("%s%s%s\n", terminal_colour(stdout, COLOUR_BOLD), k->name, terminal_plain(stdout));
		print_text(k->summary, 4);
	}
	print_heading("Rules");
	for (guint i = 0; i < RULES; i++) {
		printf("%s%s%s\n", terminal_colour(stdout, COLOUR_BOLD), rules[i].id, terminal_plain(stdout));
		print_text(rules[i].statement, 4);
	}
}

enum status verb_explain(const struct invocation *call)
{
	if (settings_flag(call->settings, "markdown") && call->operands->len)
		return usage("explain", "--markdown is the page of all rules: nothing goes with it");
	if (settings_flag(call->settings, "markdown"))
		rules_markdown(stdout);
	else if (!call->operands->len)
		print_list();
	for (guint i = 0; i < call->operands->len; i++) {
		const char *name = call->operands->pdata[i], *near;
		const struct kind *k = kind_find(name);
		const struct rule *r = rule_find(name);
		g_autofree char *shown = text_neutral(name, strlen(name));

		if (!k && !r) {
			near = kind_nearest(name);
			return usage("explain", "there is no kind or rule '%s'%s%s%s", shown,
				near ? ": did you mean " : "", near ? near : "",
				near ? "?" : "; `limpid explain` lists them");
		}
		if (i)
			putchar('\n');
		if (k)
			print_kind(k);
		else
			print_rule(r);
	}
	return STATUS_PASSED;
}
