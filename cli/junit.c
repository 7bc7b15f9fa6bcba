/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accounts.h"
#include "junit.h"

struct suite {
	char *name;
	GString *cases;
	guint tests, failures, errors, skipped;
	double seconds;
};

struct junit {
	char *path, *temporary;
	int fd;
	GPtrArray *suites;
};

static void suite_free(gpointer data)
{
	struct suite *suite = data;

	g_free(suite->name);
	g_string_free(suite->cases, TRUE);
	g_free(suite);
}

struct junit *junit_open(const char *path, GError **error)
{
	struct junit *j = g_new0(struct junit, 1);

	j->path = g_strdup(path);
	j->temporary = g_strconcat(path, ".XXXXXX", NULL);
	j->fd = g_mkstemp(j->temporary);
	j->suites = g_ptr_array_new_with_free_func(suite_free);
	if (j->fd >= 0)
		return j;
	g_set_error(error, REPORT_ERROR, REPORT_ERROR_FILE, "%s: cannot write it: %s", path, g_strerror(errno));
	junit_close(j, NULL);
	return NULL;
}

static struct suite *suite_of(struct junit *j, const char *label)
{
	const char *name = label ? label : "limpid";
	struct suite *suite;

	for (guint i = 0; i < j->suites->len; i++) {
		suite = j->suites->pdata[i];
		if (strcmp(suite->name, name) == 0)
			return suite;
	}
	suite = g_new0(struct suite, 1);
	suite->name = g_strdup(name);
	suite->cases = g_string_new(NULL);
	g_ptr_array_add(j->suites, suite);
	return suite;
}

static char *join(const GPtrArray *lines)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; lines && i < lines->len; i++)
		g_string_append_printf(text, "%s\n", (char *)lines->pdata[i]);
	return g_string_free(text, FALSE);
}

static void append(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* g_markup_vprintf_escaped() escapes the arguments; that they hold no control characters is text_neutral()'s work. */
static void append(GString *out, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_markup_vprintf_escaped(format, args);
	va_end(args);
	g_string_append(out, text);
}

void junit_add(struct junit *j, const struct entry *e)
{
	struct suite *suite = suite_of(j, e->label);
	const struct result *r = e->result;
	const char *dot = strrchr(r->name, '.');
	g_autofree char *class = dot ? g_strndup(r->name, dot - r->name) : g_strdup(r->name);
	g_autofree char *text = join(e->lines);
	/* The first expectation that failed says more than that one did. */
	const char *message = r->reason ? r->reason : e->lines && e->lines->len ? e->lines->pdata[0] : "failed";
	const char *kind = verdict_name(r->verdict);
	char seconds[G_ASCII_DTOSTR_BUF_SIZE];

	g_ascii_formatd(seconds, sizeof(seconds), "%.3f", MAX(e->seconds, 0));
	suite->tests++;
	suite->seconds += MAX(e->seconds, 0);
	append(suite->cases, "    <testcase classname=\"%s%s%s\" name=\"%s\" time=\"%s\"", e->label ? e->label : "",
		e->label ? "." : "", class, dot ? dot + 1 : r->name, seconds);
	if (e->test && *e->test->file)
		append(suite->cases, " file=\"%s\" line=\"%u\"", e->test->file, e->test->line);
	g_string_append(suite->cases, ">\n");
	switch (r->verdict) {
	case VERDICT_PASS:
		break;
	case VERDICT_SKIP:
		suite->skipped++;
		append(suite->cases, "      <skipped message=\"%s\"/>\n", r->reason ? r->reason : "");
		break;
	case VERDICT_XFAIL:
		suite->skipped++;
		append(suite->cases, "      <skipped message=\"expected failure: %s\"/>\n", r->reason);
		break;
	case VERDICT_FAIL:
		suite->failures++;
		append(suite->cases, "      <failure type=\"%s\" message=\"%s\">%s</failure>\n", kind, message, text);
		break;
	case VERDICT_ERROR:
	case VERDICT_TIMEOUT:
		suite->errors++;
		append(suite->cases, "      <error type=\"%s\" message=\"%s\">%s</error>\n", kind, message, text);
		break;
	}
	if (!verdict_is_failure(r->verdict) && *text)
		append(suite->cases, "      <system-out>%s</system-out>\n", text);
	if (verdict_is_failure(r->verdict) && e->reproduce)
		append(suite->cases, "      <system-err>reproduce: %s\n</system-err>\n", e->reproduce);
	g_string_append(suite->cases, "    </testcase>\n");
}

static void add_finding(struct suite *suite, const struct known *k)
{
	const struct finding *f = k->finding;
	g_autofree char *headline = account_headline(k), *where = place_describe(&k->access, f->access.pc);

	suite->tests++;
	suite->failures++;
	append(suite->cases, "    <testcase classname=\"sanitizer.%s\" name=\"%s\" time=\"0.000\">\n", f->kind, where);
	append(suite->cases, "      <failure type=\"%s\" message=\"%s\">", f->kind, headline);
	if (f->text)
		append(suite->cases, "%s\n", f->text);
	if (k->writer.frames || f->writer.known) {
		g_autofree char *writer = place_describe(&k->writer, f->writer.pc);

		append(suite->cases, "written: %s\n", writer);
	}
	if (f->remedy)
		append(suite->cases, "missing: %s\n", f->remedy);
	if (f->rule)
		append(suite->cases, "rule: %s\n", f->rule);
	for (guint i = 0; i < k->tests->len; i++)
		append(suite->cases, "in test: %s\n", (char *)k->tests->pdata[i]);
	append(suite->cases, "fingerprint: %s</failure>\n", k->fingerprint);
	g_string_append(suite->cases, "    </testcase>\n");
}

void junit_add_findings(struct junit *j, const struct findings *findings)
{
	const GPtrArray *all = findings_all(findings);

	for (guint i = 0; i < all->len; i++) {
		const struct known *k = all->pdata[i];

		if (!k->suppressed && !k->expected && k->finding->level != LEVEL_NOTE)
			add_finding(suite_of(j, "sanitizer"), k);
	}
}

static gboolean write_all(int fd, const GString *text)
{
	gsize done = 0;

	while (done < text->len) {
		gssize n = write(fd, text->str + done, text->len - done);

		if (n < 0 && errno != EINTR)
			return FALSE;
		done += MAX(n, 0);
	}
	return fchmod(fd, 0644) == 0;
}

gboolean junit_close(struct junit *j, GError **error)
{
	g_autoptr(GString) xml = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
	gboolean ok = j->fd >= 0;

	for (guint i = 0; i < j->suites->len; i++) {
		const struct suite *s = j->suites->pdata[i];
		char seconds[G_ASCII_DTOSTR_BUF_SIZE];

		g_ascii_formatd(seconds, sizeof(seconds), "%.3f", s->seconds);
		append(xml,
			"  <testsuite name=\"%s\" tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" "
			"time=\"%s\">\n",
			s->name, s->tests, s->failures, s->errors, s->skipped, seconds);
		g_string_append_len(xml, s->cases->str, s->cases->len);
		g_string_append(xml, "  </testsuite>\n");
	}
	g_string_append(xml, "</testsuites>\n");
	if (ok) {
		ok = write_all(j->fd, xml) && g_rename(j->temporary, j->path) == 0;
		if (!ok) {
			g_set_error(error, REPORT_ERROR, REPORT_ERROR_FILE, "%s: cannot write it: %s", j->path,
				g_strerror(errno));
			g_unlink(j->temporary);
		}
		close(j->fd);
	}
	g_ptr_array_unref(j->suites);
	g_free(j->path);
	g_free(j->temporary);
	g_free(j);
	return ok;
}
