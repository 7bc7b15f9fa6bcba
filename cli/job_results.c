/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "expected_failures.h"
#include "job.h"
#include "process.h"
#include "selection.h"
#include "terminal.h"
#include "text.h"

#define READABLE 1000 /* characters of a command line */

/* A command line for the test after those that were before it in the same boot, or NULL when none was. */
static char *reproduce_boot(const struct job *job, const char *name)
{
	const struct runner_config *config = &job->runner->config;
	g_autoptr(GPtrArray) before = g_ptr_array_new();
	g_autofree char *patterns = NULL;
	guint i = 0;

	for (const struct test *test = NULL; i < job->tests->len && (!test || strcmp(test->name, name) != 0); i++) {
		test = job->tests->pdata[i];
		g_ptr_array_add(before, (void *)test);
	}
	if (before->len < 2)
		return NULL;
	patterns = catalog_patterns(config->catalog, before);
	/* Nobody reads a page of names; a run of all the tests comes by these, in this order. */
	if (strcmp(patterns, "*") == 0 || strlen(patterns) > READABLE)
		return g_strdup_printf("%s %s%s --together", config->program, config->verb, job->lane->options);
	return g_strdup_printf("%s %s%s --together %s", config->program, config->verb, job->lane->options, patterns);
}

void job_take_result(struct job *job, struct result *result, const char *const *extra)
{
	struct runner *r = job->runner;
	const struct runner_config *config = &r->config;

	expected_failures_judge(config->expected_failures, job->machine, result);

	g_autoptr(GPtrArray) lines = transcript_lines(result->console, 0);
	g_autofree char *reproduce = NULL, *same_boot = NULL;
	struct entry entry = {
		.label = job->lane->label,
		.result = result,
		.test = catalog_find(config->catalog, result->name),
		.lines = lines,
		.seconds = job->boot ? boot_elapsed_us(job->boot) / 1e6 : -1,
		.round = job->round,
		.rounds = config->rounds,
		.command = job->command,
	};

	/*
	 * The time of a boot is the test's own only when the boot was for it alone. Else the guest's clock is asked
	 * first: several lines of a console may be read at once.
	 */
	if (job->together && result->guest_us >= 0)
		entry.seconds = result->guest_us / 1e6;
	else if (job->together && result->began_us && result->ended_us)
		entry.seconds = (result->ended_us - result->began_us) / 1e6;
	for (; extra && *extra; extra++)
		g_ptr_array_add(lines, text_neutral(*extra, strlen(*extra)));
	symbols_annotate(config->symbols, lines);
	if (verdict_is_failure(result->verdict)) {
		reproduce =
			g_strdup_printf("%s %s%s %s", config->program, config->verb, job->lane->options, result->name);
		/* What never began was not disturbed by what came before. */
		if (job->together && result->began_us)
			same_boot = reproduce_boot(job, result->name);
		failures_add(config->failures, job->lane->label, result->name);
	}
	entry.reproduce = reproduce;
	entry.same_boot = same_boot;
	r->done++;
	report_add(config->report, &entry);
	if (verdict_is_failure(result->verdict) && config->fail_fast)
		runner_stop(r);
	if (terminal_is_broken())
		interrupt_now();
	runner_show_progress(r);
	result_free(result);
}

/* --- the sanitizer --- */

/* Where the image says that it is; by direct boot QEMU puts it at one place. */
static guint64 image_address(const struct transcript *console)
{
	g_autoptr(GPtrArray) lines = transcript_lines(console, 0);
	static const char mark[] = ": image at 0x";

	for (guint i = 0; i < lines->len; i++) {
		const char *at = g_str_has_prefix(lines->pdata[i], "# limpid ") ? strstr(lines->pdata[i], mark) : NULL;

		if (at)
			return g_ascii_strtoull(at + strlen(mark), NULL, 16);
	}
	return 0x40200000;
}

/* The one test that the machine ran; with several nobody knows whose a finding is. */
static const struct test *only_test(const struct job *job)
{
	return job->tests->len == 1 ? job->tests->pdata[0] : NULL;
}

static gboolean is_injecting(const struct job *job)
{
	return strcmp(sanitizer_inject(job->runner->config.sanitizer), "none") != 0;
}

static struct expectation expectation_of(const struct job *job, const struct test *test)
{
	if (!test)
		return (struct expectation){0};
	/* What follows from a value that was given is not foreseen. */
	if (is_injecting(job))
		return (struct expectation){.kind = test_finding(test) ? "" : NULL};
	return (struct expectation){test_finding(test), test->finding_function, test->finding_file, test->finding_line};
}

/*
 * A test that makes a mistake on purpose has passed when that was seen, once, where the test says, and nothing else.
 * One that says no line may make it at several.
 */
static void judge_mistake(const struct expectation *wanted, struct result *result, gboolean whole,
	const struct tally *tally, const GPtrArray *seen)
{
	g_autoptr(GString) reason = g_string_new(NULL);

	if (!wanted->kind || result->verdict != VERDICT_PASS ||
		(tally->expected && seen->len == tally->expected && (seen->len == 1 || !wanted->function)))
		return;
	if (!whole) {
		result_set(result, VERDICT_ERROR, "the sanitizer's findings are not whole");
		return;
	}
	g_string_append_printf(reason, "the sanitizer was to find one %s", *wanted->kind ? wanted->kind : "mistake");
	if (wanted->function)
		g_string_append_printf(reason, " at %s (%s:%u)", wanted->function, wanted->file, wanted->line);
	g_string_append_printf(reason, ", and found %s", seen->len ? "" : "nothing");
	for (guint i = 0; i < seen->len; i++)
		g_string_append_printf(reason, "%s%s", i ? "; " : "", (char *)seen->pdata[i]);
	result_set(result, VERDICT_FAIL, reason->str);
}

/*
 * The guest was given what hardware may give. Who makes a mistake on purpose and can tell fails then: always when it is
 * the worst, perhaps when it is chance.
 */
static void judge_injected(const struct job *job, const struct test *test, struct result *result)
{
	gboolean worst = strcmp(sanitizer_inject(job->runner->config.sanitizer), "worst") == 0;

	if (!test || !test_finding(test) || !(test->flags & TEST_TELLS))
		return;
	if (result->verdict == VERDICT_FAIL)
		result_set(result, VERDICT_PASS, "it failed in the guest, as it must");
	else if (result->verdict == VERDICT_PASS && worst)
		result_set(result, VERDICT_FAIL, "it makes a mistake, and --inject worst did not bring it to light");
}

void job_take_findings(struct job *job, const struct boot_end *end)
{
	struct runner *r = job->runner;
	const struct test *test = only_test(job);
	const struct expectation wanted = expectation_of(job, test);
	g_autoptr(GPtrArray) seen = g_ptr_array_new_with_free_func(g_free);
	struct loaded *loaded = sanitizer_loaded(r->config.sanitizer, NULL);
	struct evidence *evidence = evidence_read(job->findings);
	g_autoptr(GArray) addresses = evidence_addresses(evidence);
	struct tally tally = {0};
	gboolean whole = FALSE;

	if (loaded && r->config.symbols)
		loaded_add_open(loaded, r->config.symbols, image_address(end->console));
	/* A VMM that failed is reported anyway. */
	if (loaded && (!end->vmm_failed || evidence->findings->len)) {
		loaded_find(loaded, addresses, -1, 0);
		whole = sanitizer_take(
			r->config.sanitizer, evidence, loaded, test ? test->name : NULL, &wanted, seen, &tally);
		/* A machine that hung had its time, and was perhaps killed in the end. */
		if (!whole && (evidence->problem || end->verdict != VERDICT_TIMEOUT))
			r->infrastructure = TRUE;
	}
	for (guint i = 0; i < job->held->len; i++) {
		struct result *result = g_steal_pointer(&job->held->pdata[i]);

		if (is_injecting(job))
			judge_injected(job, test, result);
		else
			judge_mistake(&wanted, result, whole, &tally, seen);
		job_take_result(job, result, NULL);
	}
	g_ptr_array_set_size(job->held, 0);
	if (tally.errors + tally.warnings)
		terminal_print(stdout, "    %u finding%s: see below\n", tally.errors + tally.warnings,
			tally.errors + tally.warnings == 1 ? "" : "s");
	loaded_free(loaded);
	evidence_free(evidence);
}
