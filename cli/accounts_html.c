/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings as a page of HTML: no script, and nothing from elsewhere. All text goes through put(), which escapes it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "accounts.h"
#include "kinds.h"

static const char style[] =
	"body{font:15px/1.5 system-ui,sans-serif;max-width:68rem;margin:2rem auto;padding:0 1rem;color:#1c1c1c;"
	"background:#fff}h1{font-size:1.5rem}h2{font-size:1.1rem;margin:0 0 .3rem}code,pre,dd{font-family:ui-monospace,"
	"monospace;font-size:13px}article{border:1px solid #ccc;border-left:6px solid #888;padding:.8rem "
	"1rem;margin:1.2rem 0}"
	"article.error{border-left-color:#c22}article.warning{border-left-color:#c80}dl{display:grid;grid-template-"
	"columns:"
	"9rem 1fr;gap:.15rem .8rem;margin:.5rem "
	"0}dt{color:#666}dd{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}"
	".add{color:#060;font-weight:600}summary{cursor:pointer;color:#06c}pre{background:#f4f4f4;padding:.5rem;"
	"overflow:auto}"
	"@media(prefers-color-scheme:dark){body{background:#161616;color:#ddd}pre{background:#222}article{border-color:"
	"#444}"
	"dt{color:#999}.add{color:#6c6}summary{color:#6af}}";

/* Text between tags and in attributes. */
static void put(FILE *file, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void put(FILE *file, const char *format, ...)
{
	g_autofree char *text = NULL, *safe = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	safe = g_markup_escape_text(text, -1);
	fputs(safe, file);
}

static void row(FILE *file, const char *label, const char *text)
{
	if (!text || !*text)
		return;
	fputs("<dt>", file);
	put(file, "%s", label);
	fputs("</dt><dd>", file);
	put(file, "%s", text);
	fputs("</dd>\n", file);
}

static char *describe(const struct actor *actor, const struct place *place, const char *what)
{
	GString *out = g_string_new(NULL);
	g_autofree char *where = place_describe(place, actor->pc);

	g_string_append_printf(out, "%sCPU %u, EL%u, %s%s\nat %s", what, actor->cpu, actor->el,
		actor->mmu ? "" : "MMU off, ", actor->attributes ? actor->attributes : "", where);
	for (guint i = 0; i < place->stack->len; i++)
		g_string_append_printf(out, "\nfrom %s", (char *)place->stack->pdata[i]);
	return g_string_free(out, FALSE);
}

static void put_values(FILE *file, const struct finding *f)
{
	g_autoptr(GString) may = g_string_new(NULL);
	g_autofree char *got = f->got ? account_bytes(f->got) : NULL;

	for (guint i = 0; i < f->may_be->len; i++) {
		g_autofree char *bytes = account_bytes(f->may_be->pdata[i]);

		g_string_append_printf(may, "%s%s", i ? "\n" : "", bytes);
	}
	row(file, "QEMU read", got);
	row(file, "hardware may give", may->str);
	if (f->may_be_pa) {
		g_autofree char *pa = g_strdup_printf("physical 0x%" G_GINT64_MODIFIER "x", f->may_be_pa);

		row(file, "hardware may go to", pa);
	}
}

static void put_known(FILE *file, const struct known *k)
{
	const struct finding *f = k->finding;
	g_autofree char *size = f->size ? g_strdup_printf(" of %u bytes at", f->size) : g_strdup(" of");
	g_autofree char *pa = f->pa || f->size ? g_strdup_printf(", physical 0x%" G_GINT64_MODIFIER "x", f->pa)
					       : g_strdup(", which is mapped to nothing");
	g_autofree char *what =
		f->how ? g_strdup_printf("%s%s 0x%" G_GINT64_MODIFIER "x%s%s%s%s\nby ", f->how, size, f->access.va,
				 k->object ? " (" : "", k->object ? k->object : "", k->object ? ")" : "", pa)
		       : g_strdup("");
	g_autofree char *access = describe(&f->access, &k->access, what);
	g_autofree char *writer = f->writer.known ? describe(&f->writer, &k->writer, "") : NULL;
	g_autofree char *before = f->before.known ? describe(&f->before, &k->before, "") : NULL;
	g_autofree char *seen = g_strdup_printf("%s, seen %" G_GUINT64_FORMAT " times", k->fingerprint, f->count);
	g_autofree char *tests = NULL;

	g_ptr_array_add(k->tests, NULL);
	tests = g_strjoinv(", ", (char **)k->tests->pdata);
	g_ptr_array_set_size(k->tests, k->tests->len - 1);
	fputs("<h2>", file);
	put(file, "%s: %s", level_name(f->level), f->kind);
	fputs("</h2>\n<p>", file);
	put(file, "%s", f->text ? f->text : "");
	fputs("</p>\n<dl>\n", file);
	row(file, "access", access);
	row(file, f->reg ? "set" : "written", writer);
	row(file, "before", before);
	row(file, "register", f->reg);
	row(file, "since then", f->done);
	put_values(file, f);
	if (f->remedy) {
		fputs("<dt>missing</dt><dd class=\"add\">", file);
		put(file, "%s", f->remedy);
		fputs("</dd>\n", file);
	}
	row(file, "assumes", f->assumption);
	row(file, "rule", f->rule);
	row(file, "fingerprint", seen);
	row(file, "tests", tests);
	fputs("</dl>\n", file);
}

static void put_kind(FILE *file, const char *name)
{
	const struct kind *k = kind_find(name);

	if (!k)
		return;
	fputs("<details><summary>", file);
	put(file, "What is %s?", k->name);
	fputs("</summary><p>", file);
	put(file, "%s", k->why);
	fputs("</p><p>", file);
	put(file, "%s", k->hardware);
	fputs("</p><p>Wrong:</p><pre>", file);
	put(file, "%s", k->bad);
	fputs("</pre><p>Right:</p><pre>", file);
	put(file, "%s", k->good);
	fputs("</pre><p>", file);
	put(file, "Source: %s", k->source);
	fputs("</p></details>\n", file);
}

static void put_roots(FILE *file, const GPtrArray *roots)
{
	for (guint i = 0; i < roots->len; i++) {
		const struct root *root = roots->pdata[i];
		const struct known *first = root->members->pdata[0];

		fprintf(file, "<article class=\"%s\">\n", level_name(first->finding->level));
		put_known(file, first);
		fputs("<p>Root: <code>", file);
		put(file, "%s", root->name);
		fputs("</code></p>\n", file);
		if (root->members->len > 1) {
			fputs("<details><summary>", file);
			put(file, "%u more with this root", root->members->len - 1);
			fputs("</summary>\n", file);
			for (guint m = 1; m < root->members->len; m++)
				put_known(file, root->members->pdata[m]);
			fputs("</details>\n", file);
		}
		put_kind(file, first->finding->kind);
		fputs("</article>\n", file);
	}
}

gboolean account_html(const struct findings *findings, const char *title, const char *path, GError **error)
{
	FILE *file = fopen(path, "we");
	g_autofree char *summary = findings_summary(findings);
	const GPtrArray *expected = findings_roots(findings, TRUE);
	gboolean ok;

	if (!file) {
		g_set_error(
			error, ACCOUNTS_ERROR, ACCOUNTS_ERROR_FILE, "%s: cannot write it: %s", path, g_strerror(errno));
		return FALSE;
	}
	fprintf(file,
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><title>limpid check</title>\n"
		"<style>%s</style></head>\n<body><h1>limpid check</h1>\n<p><code>",
		style);
	put(file, "%s", title);
	fputs("</code></p>\n<p><strong>", file);
	put(file, "%s", summary);
	fputs("</strong></p>\n", file);
	put_roots(file, findings_roots(findings, FALSE));
	if (expected->len)
		fputs("<h1>Expected: their tests are there to make them</h1>\n", file);
	put_roots(file, expected);
	fputs("</body></html>\n", file);
	ok = !ferror(file);
	ok = fclose(file) == 0 && ok;
	if (!ok)
		g_set_error(
			error, ACCOUNTS_ERROR, ACCOUNTS_ERROR_FILE, "%s: cannot write it: %s", path, g_strerror(errno));
	return ok;
}
