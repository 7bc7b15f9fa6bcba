/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limpid parse: judges console logs that something else has recorded. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "catalog.h"
#include "ktap.h"
#include "report.h"
#include "symbolize.h"
#include "terminal.h"
#include "verb.h"

const struct option parse_options[] = {
	{"tap", 0, OPTION_FLAG, NULL, 0, "false", NULL, 0, 0,
		"the logs are TAP of any program: the plan says when they are\nwhole, and indented subtests are "
		"ignored"},
	{"image", 0, OPTION_TEXT, "FILE", 0, NULL, NULL, 0, 0, "the ELF file of the image, for functions and lines"},
	REPORT_OPTIONS,
	COMMON_OPTIONS,
};

struct parse {
	struct report *report;
	struct symbols *symbols;
	struct catalog *catalog; /* NULL without --image */
	const char *label;       /* the file's name when there are several */
	guint results;
};

static void on_result(struct result *result, void *data)
{
	struct parse *parse = data;
	g_autoptr(GPtrArray) lines = transcript_lines(result->console, 0);

	symbols_annotate(parse->symbols, lines);
	parse->results++;
	report_add(parse->report, &(struct entry){
					  .label = parse->label,
					  .result = result,
					  .test = parse->catalog ? catalog_find(parse->catalog, result->name) : NULL,
					  .lines = lines,
					  .seconds = result->guest_us >= 0 ? result->guest_us / 1e6 : -1,
					  .rounds = 1,
				  });
	result_free(result);
}

static enum status parse_file(struct parse *parse, const char *path, enum ktap_dialect dialect)
{
	gboolean is_stdin = strcmp(path, "-") == 0;
	g_autofree char *name = is_stdin ? g_strdup("(standard input)") : g_path_get_basename(path);
	FILE *file = is_stdin ? stdin : fopen(path, "re");
	struct ktap *ktap;
	char buffer[65536];
	gsize n;
	gboolean failed;

	if (!file) {
		terminal_complain("%s: %s", path, g_strerror(errno));
		return STATUS_USAGE;
	}
	ktap = ktap_new(dialect, NULL, name, FALSE, on_result, parse);
	parse->results = 0;
	while ((n = fread(buffer, 1, sizeof(buffer), file)) > 0)
		ktap_feed(ktap, buffer, n);
	failed = ferror(file);
	if (failed)
		terminal_complain("%s: %s", path, g_strerror(errno));
	ktap_finish(ktap, VERDICT_ERROR, "the log ends without the line '# limpid: end'");
	ktap_free(ktap);
	if (!is_stdin)
		fclose(file);
	if (failed)
		return STATUS_USAGE;
	if (!parse->results)
		terminal_complain("%s: no test is reported there", path);
	return parse->results ? STATUS_PASSED : STATUS_NOTHING;
}

enum status verb_parse(const struct invocation *call)
{
	g_autoptr(GError) error = NULL;
	const char *image = settings_text(call->settings, "image");
	struct parse parse = {0};
	enum status status = STATUS_PASSED;
	enum ktap_dialect dialect = settings_flag(call->settings, "tap") ? KTAP_PLAIN : KTAP_LIMPID;

	if (!call->operands->len)
		return usage("parse", "which log? Name files, or - for standard input");
	/* A name that is wrong must not cost the results of the others. */
	for (guint i = 0; i < call->operands->len; i++) {
		const char *path = call->operands->pdata[i];

		if (strcmp(path, "-") != 0 && access(path, R_OK) != 0) {
			terminal_complain("%s: %s", path, g_strerror(errno));
			return STATUS_USAGE;
		}
	}
	if (image && !(parse.catalog = catalog_read(image, &error))) {
		terminal_complain("%s", error->message);
		return STATUS_USAGE;
	}
	parse.report = report_new(call->settings, FALSE, &error);
	if (!parse.report) {
		terminal_complain("%s", error->message);
		catalog_free(parse.catalog);
		return STATUS_USAGE;
	}
	parse.symbols = parse.catalog ? symbols_open(parse.catalog->elf_path) : NULL;
	for (guint i = 0; i < call->operands->len; i++) {
		enum status file;

		parse.label = call->operands->len > 1 ? call->operands->pdata[i] : NULL;
		file = parse_file(&parse, call->operands->pdata[i], dialect);
		/* A file that is not there is worse than one that holds nothing. */
		if (file == STATUS_USAGE || status == STATUS_PASSED)
			status = file;
	}
	report_finish(parse.report, 0, NULL);
	if (status != STATUS_USAGE && report_status(parse.report) == STATUS_FAILED)
		status = STATUS_FAILED;
	symbols_close(parse.symbols);
	report_free(parse.report);
	catalog_free(parse.catalog);
	return status;
}
