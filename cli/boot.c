/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "boot.h"
#include "terminal.h"
#include "text.h"
#include "vmm.h"

#define TICK_MS      50
#define OUTPUT_MAX   (16u << 20) /* bytes of one test's console: more is a loop that prints */
#define TOTAL_FACTOR 5           /* a test that goes on printing may take so many times the timeout */
#define END_GRACE_S  2           /* to power off after the end line; a machine that has no means to need not */
#define DEAD_GRACE_S 1           /* to print the rest and power off after an exception */

struct boot_run {
	const struct boot_ops *ops;
	void *data;
	struct vmm *vmm;
	struct ktap *ktap;
	guint migrations; /* that the guest has asked for */
	double (*timeout_s)(const char *test, void *data);
	gboolean firmware, echo;
	guint tick;
	gint64 started_us, heard_us, over_us; /* over: when the end line came, or the protocol was broken */
	enum verdict verdict;
	char *reason; /* why we stopped it, NULL: it stopped by itself */
	GString *echoed;
};

/* The time limits for what the guest is doing at the moment: twice as long while firmware boots. */
static double limit_s(const struct boot_run *b)
{
	double seconds = b->timeout_s(ktap_current(b->ktap), b->data);

	return b->firmware && !ktap_has_header(b->ktap) ? 2 * seconds : seconds;
}

static void stop(struct boot_run *b, enum verdict verdict, char *reason)
{
	if (!b->reason) {
		b->verdict = verdict;
		b->reason = reason;
		vmm_kill(b->vmm);
	} else {
		g_free(reason);
	}
}

static char *with_last_line(const struct boot_run *b, char *reason)
{
	const char *last = transcript_last_line(ktap_console(b->ktap));
	char *whole = last ? g_strdup_printf("%s, last line: %s", reason, last)
			   : g_strdup_printf("%s, and none before", reason);

	g_free(reason);
	return whole;
}

static gboolean on_tick(gpointer data)
{
	struct boot_run *b = data;
	gint64 now = g_get_monotonic_time();
	gint64 began = ktap_began_us(b->ktap);
	double silent = (now - b->heard_us) / 1e6, running = (now - (began ? began : b->started_us)) / 1e6;
	gboolean ended = ktap_has_ended(b->ktap), dead = ktap_is_dead(b->ktap);
	double limit = limit_s(b);

	if (ended || dead) {
		if (!b->over_us)
			b->over_us = now;
		if ((now - b->over_us) / 1e6 > (ended ? END_GRACE_S : DEAD_GRACE_S))
			stop(b, VERDICT_ERROR, g_strdup("the machine did not stop"));
	} else if (limit > 0 && silent > limit && vmm_migrating(b->vmm)) {
		stop(b, VERDICT_ERROR, g_strdup_printf("%s, for %g s", vmm_migrating(b->vmm), limit));
	} else if (limit > 0 && silent > limit) {
		stop(b, VERDICT_TIMEOUT, with_last_line(b, g_strdup_printf("no output for %g s", limit)));
	} else if (limit > 0 && running > TOTAL_FACTOR * limit) {
		stop(b, VERDICT_TIMEOUT,
			with_last_line(b, g_strdup_printf("still printing after %g s", TOTAL_FACTOR * limit)));
	}
	return G_SOURCE_CONTINUE;
}

static void echo(struct boot_run *b, const char *bytes, gsize len)
{
	const char *end = bytes + len;

	while (bytes < end) {
		const char *newline = memchr(bytes, '\n', end - bytes);
		gsize n = (newline ? newline : end) - bytes;

		if (b->echoed->len < TRANSCRIPT_LINE_MAX)
			g_string_append_len(b->echoed, bytes, n);
		if (!newline)
			break;
		if (b->echoed->len && b->echoed->str[b->echoed->len - 1] == '\r')
			g_string_truncate(b->echoed, b->echoed->len - 1);
		g_autofree char *line = text_neutral(b->echoed->str, b->echoed->len);

		terminal_print(stdout, "  | %s\n", line);
		g_string_truncate(b->echoed, 0);
		bytes = newline + 1;
	}
}

static void on_output(const char *bytes, gsize len, void *data)
{
	struct boot_run *b = data;

	b->heard_us = g_get_monotonic_time();
	if (b->echo)
		echo(b, bytes, len);
	ktap_feed(b->ktap, bytes, len);
	if (ktap_is_complete(b->ktap))
		stop(b, VERDICT_ERROR, g_strdup("the machine had done its part"));
	if (ktap_bytes(b->ktap) > OUTPUT_MAX)
		stop(b, VERDICT_ERROR, g_strdup_printf("it printed more than %u MiB", OUTPUT_MAX >> 20));
	if (b->migrations < ktap_migrations(b->ktap)) {
		b->migrations++;
		vmm_migrate(b->vmm);
	}
}

static void on_not_migrated(const char *why, void *data)
{
	stop(data, VERDICT_ERROR, g_strdup(why));
}

/* Why the machine stopped without the end line, as the reason of what has no result. */
static char *describe_end(struct boot_run *b, const struct process_exit *exit, gboolean vmm_failed)
{
	g_autofree char *how = process_exit_describe(exit);

	if (ktap_problem(b->ktap))
		return text_neutral(ktap_problem(b->ktap), strlen(ktap_problem(b->ktap)));
	if (b->reason)
		return g_strdup(b->reason);
	if (exit->killed)
		return g_strdup("interrupted");
	if (vmm_failed) {
		g_autofree char *errors = g_strstrip(text_neutral(exit->errors, strcspn(exit->errors, "\r\n")));

		return g_strdup_printf("QEMU %s%s%s", how, *errors ? ": " : "", errors);
	}
	if (!ktap_has_header(b->ktap))
		return with_last_line(b, g_strdup("the machine stopped and printed no KTAP header"));
	return with_last_line(b, g_strdup("the machine stopped without the line '# limpid: end'"));
}

static void on_exited(const struct process_exit *exit, void *data)
{
	struct boot_run *b = data;
	gboolean vmm_failed = !exit->killed && (exit->signal || exit->status != 0);
	g_autofree char *reason = describe_end(b, exit, vmm_failed);
	g_autofree char **missing = NULL;
	struct boot_end end = {0};

	if (b->tick)
		g_source_remove(b->tick);
	/* A VMM that fails after the end line may have failed before it too. */
	if (vmm_failed && ktap_has_ended(b->ktap))
		ktap_spoil(b->ktap, reason);
	if (!vmm_failed && !exit->killed)
		ktap_stopped(b->ktap);
	ktap_finish(b->ktap, b->verdict, reason);
	missing = ktap_missing(b->ktap);
	end = (struct boot_end){
		.missing = missing,
		.verdict = b->verdict,
		.reason = reason,
		.vmm_failed = vmm_failed,
		.vmm_refused = vmm_failed && !transcript_last_line(ktap_console(b->ktap)),
		.given = ktap_given(b->ktap),
		.errors = exit->errors,
		.console = ktap_console(b->ktap),
	};
	b->ops->ended(&end, b->data);
	ktap_free(b->ktap);
	g_string_free(b->echoed, TRUE);
	g_free(b->reason);
	g_free(b);
}

static void on_result(struct result *result, void *data)
{
	struct boot_run *b = data;

	b->ops->result(result, b->data);
}

struct boot_run *boot_start(const struct boot_config *config, const struct boot_ops *ops, void *data, GError **error)
{
	static const struct vmm_ops vmm_ops = {on_output, on_not_migrated, on_exited};
	struct boot_run *b = g_new0(struct boot_run, 1);

	b->vmm = vmm_start(config->argv, config->migratable, &vmm_ops, b, error);
	if (!b->vmm) {
		g_free(b);
		return NULL;
	}
	vmm_set_grace(b->vmm, config->grace_s);
	b->ops = ops;
	b->data = data;
	b->verdict = VERDICT_ERROR;
	b->timeout_s = config->timeout_s;
	b->firmware = config->firmware;
	b->echo = config->echo;
	b->echoed = g_string_new(NULL);
	b->started_us = b->heard_us = g_get_monotonic_time();
	b->ktap = ktap_new(KTAP_LIMPID, config->names, NULL, TRUE, on_result, b);
	b->tick = g_timeout_add(TICK_MS, on_tick, b);
	return b;
}

gint64 boot_elapsed_us(const struct boot_run *b)
{
	return g_get_monotonic_time() - b->started_us;
}
