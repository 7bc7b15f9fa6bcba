/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules.h"

#include <string.h>

#include "terminal.h"

#define COLUMNS 6

const struct rule rules[] = {
#define X(id, statement, counted, kinds, twins, source, blind) {#id, statement, counted, kinds, twins, source, blind},
#include "../sanitizer/model/rules.def"
#undef X
};

const struct rule *rule_find(const char *id)
{
	for (guint i = 0; i < RULES; i++)
		if (g_ascii_strcasecmp(rules[i].id, id) == 0)
			return &rules[i];
	return NULL;
}

char **rule_twins(const struct rule *rule, const char **without)
{
	size_t length = strcspn(rule->twins, ";");
	g_autofree char *words = g_strndup(rule->twins, length);

	*without = rule->twins[length] ? rule->twins + length + strlen("; ") : NULL;
	return g_strsplit(words, " ", -1);
}

/* In quotes of code, each behind @prefix, with commas. */
static void list(FILE *file, char **words, const char *prefix)
{
	for (char **w = words; *w; w++)
		fprintf(file, "%s`%s%s`", w == words ? "" : ", ", prefix, *w);
}

void rules_markdown(FILE *file)
{
	fputs("# The rules\n\n"
	      "Written by `limpid explain --markdown`; `make rules-page` writes it anew. By these the sanitizer "
	      "judges: a finding names\n"
	      "the rule that it breaks, `limpid check --coverage` counts how often each had something to decide, and "
	      "`limpid explain RULE`\n"
	      "prints what is here. The twins are tests: those that begin with `bad_` break the rule once, those with "
	      "`good_` keep it.\n",
		file);
	for (guint i = 0; i < RULES; i++) {
		const struct rule *r = &rules[i];
		g_auto(GStrv) kinds = g_strsplit(r->kinds, " ", -1);
		const char *without;
		g_auto(GStrv) twins = rule_twins(r, &without);

		fprintf(file, "\n## %s\n\n%c%s.\n\n", r->id, g_ascii_toupper(*r->statement), r->statement + 1);
		fputs("- Kinds: ", file);
		list(file, kinds, "");
		fputs("\n- Twins: ", file);
		list(file, twins, "twins.");
		if (without)
			fprintf(file, "%s%s", *twins ? "; " : "", without);
		fprintf(file, "\n- Comes up when: %s.\n- Source: %s\n- Cannot see: %s.\n", r->counted, r->source,
			*r->blind ? r->blind : "nothing that we know of");
	}
}

void coverage_add(struct coverage *sum, const struct coverage *more)
{
	sum->known |= more->known;
	for (guint i = 0; i < RULES; i++)
		sum->times[i] += more->times[i];
}

void coverage_print(const struct coverage *c)
{
	guint count = 0;

	if (!c->known) {
		terminal_print(stdout, "\nCoverage: not known, for no machine has said it\n");
		return;
	}
	for (guint i = 0; i < RULES; i++)
		count += c->times[i] != 0;
	terminal_print(stdout, "\n%sCoverage: %u of %u rules had something to decide%s",
		terminal_colour(stdout, COLOUR_BOLD), count, RULES, terminal_plain(stdout));
	count = 0;
	for (guint i = 0; i < RULES; i++)
		if (c->times[i])
			terminal_print(stdout, "%s%-3s %10" G_GUINT64_FORMAT, count++ % COLUMNS ? "   " : "\n    ",
				rules[i].id, c->times[i]);
	terminal_print(stdout, "\n");
	count = 0;
	for (guint i = 0; i < RULES; i++)
		if (!c->times[i])
			terminal_print(stdout, "%s%s", count++ ? ", " : "never: ", rules[i].id);
	terminal_print(stdout, "%s", count ? "; `limpid explain RULE` says when it would come up\n" : "");
}

void coverage_json(const struct coverage *c, FILE *file)
{
	fputs("{\"type\":\"coverage\",\"rules\":{", file);
	for (guint i = 0; i < RULES && c->known; i++)
		fprintf(file, "%s\"%s\":%" G_GUINT64_FORMAT, i ? "," : "", rules[i].id, c->times[i]);
	fputs("}}\n", file);
}
