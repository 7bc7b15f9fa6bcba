// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The runner: selects, checks needs, runs, reports. What the running test has come to is kept here, under a lock, for
 * a test may fail on any CPU.
 */
#include <limpid/console.h>
#include <limpid/expect.h>
#include <limpid/runner.h>
#include <limpid/spinlock.h>
#include <limpid/string.h>

static struct {
	struct spinlock lock;
	const struct test *test;
	unsigned failures;
	bool skipped;
	char reason[160];
} running;

void test_fail_record(const char *file, unsigned line)
{
	/* The place has been printed; it is passed so that a debugger's breakpoint here shows it. */
	(void)file;
	(void)line;
	spin_lock(&running.lock);
	running.failures++;
	spin_unlock(&running.lock);
}

void test_skip(const char *fmt, ...)
{
	va_list args;

	spin_lock(&running.lock);
	running.skipped = true;
	va_start(args, fmt);
	vsnprintf(running.reason, sizeof(running.reason), fmt, args);
	va_end(args);
	spin_unlock(&running.lock);
}

void test_ends_machine(enum machine_end end)
{
	if (running.failures)
		test_abort();
	ktap_expect(end == MACHINE_OFF ? "off" : "reset");
	console_flush();
}

const char *runner_current_test(void)
{
	return running.test ? running.test->name : NULL;
}

/* Firmware keeps some RAM from every map: a machine that was given what the test asks for must not miss it by that. */
static uint64_t needed_ram(const struct test *test)
{
	return MIB(test->mem_mib) - MIB(test->mem_mib) / 8;
}

/* Whether the machine has all that the test needs; if not, the reason for the skip is in `running`. */
static bool needs_are_met(const struct test *test, const struct machine *machine)
{
	unsigned cpus = machine_enabled_cpus(machine);
	const char *needs = test->needs ? test->needs : "";

	if (cpus < test->cpus) {
		test_skip("needs %u CPUs: the machine has %u", test->cpus, cpus);
		return false;
	}
	if (test->mem_mib && machine_ram_total(machine) < needed_ram(test)) {
		test_skip("needs %u MiB of RAM: the machine has %" PRIu64, test->mem_mib,
			machine_ram_total(machine) >> 20);
		return false;
	}
	while (*needs) {
		char word[32];
		size_t length = 0;
		const char *reason = NULL;

		while (needs[length] && needs[length] != ' ')
			length++;
		if (length) {
			strlcpy(word, needs, MIN(length + 1, sizeof(word)));
			if (length >= sizeof(word) || !machine_meets(word, &reason)) {
				test_skip("needs %s%s%s", word, reason ? ": " : "", reason ? reason : "");
				return false;
			}
		}
		needs += length + (needs[length] == ' ');
	}
	return true;
}

static void run(const struct test *test, const struct machine *machine, bool alone)
{
	uint64_t time_us = KTAP_NO_TIME;
	enum ktap_outcome outcome = KTAP_PASS;

	running.failures = 0;
	running.skipped = false;
	running.reason[0] = 0;
	running.test = test;
	ktap_start(test->name);
	if ((test->flags & TEST_ENDS) && !alone) {
		test_skip("ends the machine, so it runs alone: run=%s", test->name);
		outcome = KTAP_SKIP;
	} else if (needs_are_met(test, machine)) {
		uint64_t begin_us = arch_time_us();
		bool returned = arch_run_test(test->fn);

		time_us = arch_time_us() - begin_us;
		if (running.failures) {
			outcome = KTAP_FAIL;
		} else if (running.skipped) {
			outcome = KTAP_SKIP;
		} else if (!returned) {
			/* Only ASSERT and SKIP abort, and both leave a mark first: this test called it by itself. */
			ktap_diagnostic(test->file, test->line, "the test was aborted and said nothing");
			outcome = KTAP_FAIL;
		}
	} else {
		outcome = KTAP_SKIP;
	}
	ktap_result(test->name, outcome, time_us, running.reason);
	running.test = NULL;
}

struct ktap_counts runner_run(
	const struct test *first, const struct test *last, const struct options *options, const struct machine *machine)
{
	unsigned selected = 0;

	for (const struct test *test = first; test < last; test++)
		selected += options_select(options, test->name);
	if (selected) {
		ktap_plan(selected, NULL);
	} else {
		char why[128];

		snprintf(why, sizeof(why), "no test matches '%.*s'", (int)MIN(options->run.length, (size_t)96),
			options->run.start ? options->run.start : "");
		ktap_plan(0, why);
	}
	for (const struct test *test = first; test < last; test++)
		if (options_select(options, test->name))
			run(test, machine, selected == 1);
	ktap_end();
	return ktap_counts();
}
