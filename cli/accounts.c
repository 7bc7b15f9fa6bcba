/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings as text. */
#include <string.h>

#include "accounts.h"
#include "terminal.h"

#define SHOWN_TESTS 4

G_DEFINE_QUARK(limpid - accounts, accounts_error)

char *account_bytes(const char *hex)
{
	GString *out = g_string_new(NULL);

	for (gsize i = 0; hex[i] && hex[i + 1]; i += 2)
		g_string_append_printf(out, "%s%c%c", i ? " " : "", hex[i], hex[i + 1]);
	return g_string_free(out, FALSE);
}

char *account_headline(const struct known *k)
{
	g_autofree char *where = place_describe(&k->access, k->finding->access.pc);

	return g_strdup_printf("%s: %s at %s", level_name(k->finding->level), k->finding->kind, where);
}

static void line(const char *label, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* "    label:       text" */
static void line(const char *label, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	terminal_print(
		stdout, "    %s%-13s%s%s\n", terminal_colour(stdout, COLOUR_DIM), label, terminal_plain(stdout), text);
}

/* "CPU 0, EL1, MMU on, Normal WB ISH"; without an access to memory there are no attributes, and the MMU is not known.
 */
static char *state(const struct actor *actor, gboolean memory)
{
	GString *out = g_string_new(NULL);

	g_string_append_printf(out, "CPU %u, EL%u", actor->cpu, actor->el);
	if (memory && !(actor->attributes && strstr(actor->attributes, "MMU off")))
		g_string_append(out, actor->mmu ? ", MMU on" : ", MMU off");
	if (memory && actor->attributes)
		g_string_append_printf(out, ", %s", actor->attributes);
	return g_string_free(out, FALSE);
}

static void print_place(const struct place *place, guint64 pc)
{
	g_autofree char *where = place_describe(place, pc);

	line("", "at %s%s%s%s", terminal_colour(stdout, COLOUR_BOLD), where, terminal_plain(stdout),
		place->frames ? "" : ", which no symbol covers");
	for (guint i = 0; i < place->stack->len; i++)
		line("", "%s %s", i ? "  from" : "called from", (char *)place->stack->pdata[i]);
}

static void print_access(const struct known *k)
{
	const struct finding *f = k->finding;
	g_autofree char *who = state(&f->access, f->how != NULL);

	if (f->how) {
		g_autofree char *physical = f->pa == f->access.va ? g_strdup("")
					    : f->pa || f->size
						    ? g_strdup_printf(" = PA 0x%" G_GINT64_MODIFIER "x", f->pa)
						    : g_strdup(", which is mapped to nothing");
		g_autofree char *size = f->size ? g_strdup_printf(" of %u byte%s at", f->size, f->size == 1 ? "" : "s")
						: g_strdup(" of");

		/* Of a page rather than of an access of it. */
		if (!f->access.va && !f->size)
			line("access:", "%s of PA 0x%" G_GINT64_MODIFIER "x", f->how, f->pa);
		else
			line("access:", "%s%s 0x%" G_GINT64_MODIFIER "x%s%s%s%s%s%s", f->how, size, f->access.va,
				physical, k->object ? " (" : "", k->object ? k->object : "", k->object ? ")" : "",
				f->space && strcmp(f->space, "nonsecure") != 0 ? ", " : "",
				f->space && strcmp(f->space, "nonsecure") != 0 ? f->space : "");
		line("", "by %s", who);
	} else {
		line("access:", "by %s", who);
	}
	print_place(&k->access, f->access.pc);
}

static void print_other(
	const char *label, const struct actor *actor, const struct place *place, const char *object, gboolean memory)
{
	g_autofree char *who = state(actor, memory);

	if (actor->va)
		line(label, "by %s, to 0x%" G_GINT64_MODIFIER "x%s%s%s", who, actor->va, object ? " (" : "",
			object ? object : "", object ? ")" : "");
	else
		line(label, "by %s", who);
	print_place(place, actor->pc);
}

static void print_values(const struct finding *f)
{
	if (f->got) {
		g_autofree char *got = account_bytes(f->got);

		line(g_strcmp0(f->how, "fetch") == 0      ? "executed:"
			: g_strcmp0(f->how, "write") == 0 ? "written:"
							  : "read:",
			"%s", got);
	}
	for (guint i = 0; i < f->may_be->len; i++) {
		const char *hex = f->may_be->pdata[i];
		g_autofree char *bytes =
			hex[strspn(hex, "?")] ? account_bytes(hex) : g_strdup("something that nobody knows");

		line(i ? "" : "hardware:", "%s%s", i ? "or " : "may give ", bytes);
	}
	if (f->may_be_pa)
		line("hardware:", "may go to PA 0x%" G_GINT64_MODIFIER "x", f->may_be_pa);
}

static void print_tests(const struct known *k)
{
	g_autoptr(GString) names = g_string_new(NULL);

	if (!k->tests->len)
		return;
	for (guint i = 0; i < MIN(k->tests->len, SHOWN_TESTS); i++)
		g_string_append_printf(names, "%s%s", i ? ", " : "", (char *)k->tests->pdata[i]);
	if (k->tests->len > SHOWN_TESTS)
		g_string_append_printf(names, " and %u more", k->tests->len - SHOWN_TESTS);
	line(k->tests->len > 1 ? "in tests:" : "in test:", "%s", names->str);
}

static void print_finding(const struct known *k)
{
	const struct finding *f = k->finding;
	enum colour colour = f->level == LEVEL_ERROR ? COLOUR_BAD : COLOUR_WARN;

	terminal_print(stdout, "%s%s: %s%s%s%s\n", terminal_colour(stdout, colour), level_name(f->level), f->kind,
		terminal_plain(stdout), f->text ? ": " : "", f->text ? f->text : "");
	print_access(k);
	if (f->writer.known)
		print_other(f->reg ? "set:" : "written:", &f->writer, &k->writer, k->writer_object, !f->reg);
	else if (f->may_be->len)
		line("written:", "by nobody seen: by the loader, or before the start");
	if (f->before.known)
		print_other("before:", &f->before, &k->before, NULL, !f->reg);
	if (f->reg)
		line("register:", "%s", f->reg);
	if (f->done)
		line(f->writer.known || f->may_be->len ? "since then:" : "namely:", "%s", f->done);
	print_values(f);
	if (f->remedy)
		line("missing:", "%s%s%s", terminal_colour(stdout, COLOUR_GOOD), f->remedy, terminal_plain(stdout));
	if (f->assumption)
		line("assumes:", "%s", f->assumption);
	line("rule:", "%s%slimpid explain %s", f->rule ? f->rule : "", f->rule ? "; " : "", f->kind);
	line("fingerprint:", "%s, seen %" G_GUINT64_FORMAT " time%s", k->fingerprint, f->count,
		f->count == 1 ? "" : "s");
	print_tests(k);
}

/* "2 stale-memory-read, 1 lost-write" */
static char *count_kinds(const GPtrArray *members)
{
	g_autoptr(GHashTable) counts = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) order = g_ptr_array_new();
	GString *out = g_string_new(NULL);

	for (guint i = 1; i < members->len; i++) {
		char *kind = ((struct known *)members->pdata[i])->finding->kind;
		guint n = GPOINTER_TO_UINT(g_hash_table_lookup(counts, kind));

		if (!n)
			g_ptr_array_add(order, kind);
		g_hash_table_insert(counts, kind, GUINT_TO_POINTER(n + 1));
	}
	for (guint i = 0; i < order->len; i++)
		g_string_append_printf(out, "%s%u %s", i ? ", " : "",
			GPOINTER_TO_UINT(g_hash_table_lookup(counts, order->pdata[i])), (char *)order->pdata[i]);
	return g_string_free(out, FALSE);
}

void account_print(const struct findings *findings, gboolean expected)
{
	const GPtrArray *roots = findings_roots(findings, expected);

	for (guint i = 0; i < roots->len; i++) {
		const struct root *root = roots->pdata[i];
		g_autofree char *kinds = count_kinds(root->members);

		terminal_print(stdout, "\n");
		print_finding(root->members->pdata[0]);
		line("root:", "%s", root->name);
		if (root->members->len > 1)
			line("", "and %u more with this root: %s", root->members->len - 1, kinds);
	}
	if (roots->len)
		terminal_print(stdout, "\n");
}

/* "cpu0.off at mmu_disable*": the next build has it at another offset and line. */
static char *lasting_root(const char *name)
{
	const char *at = strstr(name, " at "), *offset = at ? strstr(at, "+0x") : NULL;

	return offset ? g_strdup_printf("%.*s*", (int)(offset - name), name) : g_strdup(name);
}

/* A root that has one finding alone is nothing that its functions do not say. */
static void print_suppressions(const struct root *root, guint *number)
{
	g_autoptr(GHashTable) kinds = g_hash_table_new(g_str_hash, g_str_equal);
	g_autofree char *name = root->members->len > 1 ? lasting_root(root->name) : NULL;

	for (guint i = 0; i < root->members->len; i++) {
		const struct known *k = root->members->pdata[i];
		g_autofree char *block = NULL;

		if (!g_hash_table_add(kinds, k->finding->kind))
			continue;
		block = suppression_for(&(struct suppressible){k->finding->kind, k->access.frames, k->writer.frames,
						name, k->fingerprint},
			++*number);
		terminal_print(stdout, "%s", block);
	}
}

void account_suppressions(const struct findings *findings)
{
	const GPtrArray *roots = findings_roots(findings, FALSE);
	guint number = 0;

	for (guint i = 0; i < roots->len; i++)
		print_suppressions(roots->pdata[i], &number);
}
