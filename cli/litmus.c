/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limpid litmus: small programs on a machine with caches, all outcomes that the architecture permits. */
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

#include "litmus_show.h"
#include "terminal.h"
#include "text.h"
#include "verb.h"

/* A state takes 64 bytes, and a half more for finding it. */
#define STATES_DEFAULT "4000000"
#define FILE_MAX       65536

const struct option litmus_options[] = {
	{"witness", 'w', OPTION_FLAG, NULL, 0, "false", NULL, 0, 0,
		"print a way to an outcome of the condition (of forall: against it)"},
	{"all", 'a', OPTION_FLAG, NULL, 0, "false", NULL, 0, 0, "print a way to each outcome"},
	{"max-states", 0, OPTION_UINT, "N", 0, STATES_DEFAULT, NULL, 1, 400000000,
		"give a test up when the machine has more states"},
	{"json", 0, OPTION_FLAG, NULL, 0, "false", NULL, 0, 0, "an object a line"},
	{"tap", 0, OPTION_TEXT, "FILE", 0, NULL, NULL, 0, 0, "write TAP: a test for each file"},
	{"quiet", 'q', OPTION_FLAG, NULL, 0, "false", NULL, 0, 0, "print only what is not as expected, and the count"},
	COMMON_OPTIONS,
};

struct litmus {
	const struct settings *settings;
	gsize limit;
	GString *tap;
	guint files, unexpected;
};

struct wish {
	const struct litmus_test *test;
	const struct outcome_values *exactly; /* NULL: what decides the condition */
};

static bool is_wanted(void *context, const struct outcome_values *outcome)
{
	const struct wish *wish = context;

	if (wish->exactly)
		return memcmp(wish->exactly, outcome, sizeof(*outcome)) == 0;
	return litmus_test_satisfies(wish->test, outcome->value) != (wish->test->quantifier == FORALL);
}

static enum litmus_verdict verdict_of(const struct litmus_test *test, const struct exploration *e)
{
	gboolean decided = e->witness != NULL;

	if (test->quantifier == FORALL)
		return decided ? VERDICT_VIOLATED : VERDICT_REQUIRED;
	return decided ? VERDICT_ALLOWED : VERDICT_FORBIDDEN;
}

static void print_witness(const struct litmus_test *test, const struct exploration *e, const char *of)
{
	g_autoptr(GPtrArray) lines = litmus_witness(test, e);

	printf("Witness of %s\n", of);
	for (guint i = 0; i < lines->len; i++)
		printf("    %s\n", (const char *)lines->pdata[i]);
}

/* The outcome that a witness ends with. */
static char *witnessed(const struct litmus_test *test, const struct exploration *e)
{
	const struct state *last = &e->witness[e->scenes - 1].state;
	struct outcome_values values = {{0}};

	for (guint i = 0; i < test->program.observeds; i++) {
		const struct observed *o = &test->program.observed[i];

		values.value[i] = o->is_memory ? last->memory[o->cell] : last->value[o->pe][o->op];
	}
	return litmus_outcome(test, &values);
}

static void print_text(const struct litmus *l, const struct litmus_test *test, const char *path,
	const struct exploration *e, enum litmus_verdict verdict, gboolean ok)
{
	g_autofree char *shown = text_neutral(path, strlen(path));
	g_autofree char *name = text_neutral(test->name, strlen(test->name));
	g_autofree char *condition = text_neutral(test->condition, strlen(test->condition));
	const char *colour = terminal_colour(stdout, ok ? COLOUR_GOOD : COLOUR_BAD);

	printf("%s%s%s (%s)\n", terminal_colour(stdout, COLOUR_BOLD), name, terminal_plain(stdout), shown);
	printf("States %zu\n", e->outcomes);
	for (gsize i = 0; i < e->outcomes; i++) {
		g_autofree char *outcome = litmus_outcome(test, &e->outcome[i]);

		printf("    %s\n", outcome);
	}
	printf("Condition %s is %s%s%s", condition, colour, litmus_verdict_name(verdict), terminal_plain(stdout));
	if (test->expected != VERDICT_UNKNOWN)
		printf(ok ? ", as expected" : ", but %s is expected", litmus_verdict_name(test->expected));
	putchar('\n');
	if (!ok && test->why) {
		g_autofree char *why = text_neutral(test->why, strlen(test->why));

		printf("Why: %s\n", why);
	}
	if (settings_flag(l->settings, "all")) {
		for (gsize i = 0; i < e->outcomes; i++) {
			struct wish wish = {test, &e->outcome[i]};
			g_autofree char *of = litmus_outcome(test, &e->outcome[i]);
			struct exploration one;

			if (explore(&test->program, l->limit, is_wanted, &wish, &one) == EXPLORED)
				print_witness(test, &one, of);
			exploration_free(&one);
		}
	} else if (settings_flag(l->settings, "witness") && e->witness) {
		g_autofree char *of = witnessed(test, e);

		print_witness(test, e, of);
	}
}

static void member(JsonBuilder *b, const char *name, const char *text)
{
	g_autofree char *neutral = NULL;

	if (!text)
		return;
	neutral = text_neutral(text, strlen(text));
	json_builder_set_member_name(b, name);
	json_builder_add_string_value(b, neutral);
}

static void print_json(const struct litmus *l, const struct litmus_test *test, const char *path,
	const struct exploration *e, enum litmus_verdict verdict, gboolean ok)
{
	g_autoptr(JsonBuilder) b = json_builder_new();
	g_autoptr(JsonGenerator) generator = json_generator_new();
	g_autofree char *text = NULL;
	JsonNode *root;

	json_builder_begin_object(b);
	member(b, "type", "litmus");
	member(b, "name", test->name);
	member(b, "file", path);
	member(b, "description", test->description);
	member(b, "source", test->source);
	member(b, "why", test->why);
	member(b, "condition", test->condition);
	member(b, "verdict", litmus_verdict_name(verdict));
	member(b, "expected", test->expected == VERDICT_UNKNOWN ? NULL : litmus_verdict_name(test->expected));
	json_builder_set_member_name(b, "ok");
	json_builder_add_boolean_value(b, ok);
	json_builder_set_member_name(b, "outcomes");
	json_builder_begin_array(b);
	for (gsize i = 0; i < e->outcomes; i++) {
		json_builder_begin_object(b);
		for (guint o = 0; o < test->program.observeds; o++) {
			json_builder_set_member_name(b, test->observed_name[o]);
			json_builder_add_int_value(b, e->outcome[i].value[o]);
		}
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
	if (settings_flag(l->settings, "witness") && e->witness) {
		g_autoptr(GPtrArray) lines = litmus_witness(test, e);

		json_builder_set_member_name(b, "witness");
		json_builder_begin_array(b);
		for (guint i = 0; i < lines->len; i++)
			json_builder_add_string_value(b, lines->pdata[i]);
		json_builder_end_array(b);
	}
	json_builder_end_object(b);
	root = json_builder_get_root(b);
	json_generator_set_root(generator, root);
	text = json_generator_to_data(generator, NULL);
	puts(text);
	json_node_unref(root);
}

/* One test of TAP: what is wrong with it, or NULL. */
static void tap_add(struct litmus *l, const char *path, const char *wrong)
{
	g_autofree char *name = g_path_get_basename(path);
	g_autofree char *shown = NULL;
	char *dot = strrchr(name, '.');

	if (dot)
		*dot = '\0';
	g_strdelimit(name, " #\n", '_');
	shown = text_neutral(name, strlen(name));
	if (wrong)
		g_string_append_printf(l->tap, "# %s\n", wrong);
	g_string_append_printf(l->tap, "%sok %u litmus/%s\n", wrong ? "not " : "", l->files, shown);
}

static enum status judge(struct litmus *l, const char *path, const struct litmus_test *test)
{
	struct wish wish = {test, NULL};
	struct exploration e;
	enum explored_status explored = explore(&test->program, l->limit, is_wanted, &wish, &e);
	enum litmus_verdict verdict = verdict_of(test, &e);
	gboolean ok = test->expected == VERDICT_UNKNOWN || test->expected == verdict;
	g_autofree char *wrong = NULL;

	if (explored != EXPLORED) {
		if (explored == EXPLORED_TOO_LARGE)
			terminal_complain(
				"%s: more than %zu states: give it --max-states, or make it smaller", path, l->limit);
		else
			terminal_complain("%s: out of memory", path);
		tap_add(l, path, "too large");
		exploration_free(&e);
		return STATUS_INFRASTRUCTURE;
	}
	/* Every program ends somehow. */
	if (!e.outcomes)
		g_error("%s: no execution ends", path);
	if (settings_flag(l->settings, "json"))
		print_json(l, test, path, &e, verdict, ok);
	else if (!ok || !settings_flag(l->settings, "quiet"))
		print_text(l, test, path, &e, verdict, ok);
	if (!ok) {
		l->unexpected++;
		wrong = g_strdup_printf(
			"%s, but %s is expected", litmus_verdict_name(verdict), litmus_verdict_name(test->expected));
	}
	tap_add(l, path, wrong);
	exploration_free(&e);
	return ok ? STATUS_PASSED : STATUS_FAILED;
}

static enum status run_file(struct litmus *l, const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	struct litmus_test *test = NULL;
	enum status status;
	gsize len;

	l->files++;
	if (!g_file_get_contents(path, &text, &len, &error)) {
		terminal_complain("%s", error->message);
	} else if (len > FILE_MAX) {
		terminal_complain("%s: more than %d bytes, which no litmus test has", path, FILE_MAX);
	} else {
		test = litmus_test_read(path, text, len, &error);
		if (!test)
			terminal_complain("%s", error->message);
	}
	if (!test) {
		tap_add(l, path, error ? error->message : "too long");
		return STATUS_USAGE;
	}
	status = judge(l, path, test);
	litmus_test_free(test);
	return status;
}

/* Of several: what says least about the tests. */
static int weight(enum status status)
{
	static const enum status order[] = {STATUS_PASSED, STATUS_FAILED, STATUS_INFRASTRUCTURE, STATUS_USAGE};

	for (gsize i = 0; i < G_N_ELEMENTS(order); i++)
		if (order[i] == status)
			return (int)i;
	return 0;
}

enum status verb_litmus(const struct invocation *call)
{
	g_autoptr(GString) tap = g_string_new(NULL);
	struct litmus l = {.settings = call->settings, .tap = tap};
	const char *tap_path = settings_text(call->settings, "tap");
	enum status status = STATUS_PASSED;

	if (!call->operands->len)
		return usage("litmus", "which test? Name files");
	l.limit = settings_uint(call->settings, "max-states", 0);
	for (guint i = 0; i < call->operands->len; i++) {
		enum status file = run_file(&l, call->operands->pdata[i]);

		if (weight(file) > weight(status))
			status = file;
	}
	if (!settings_flag(call->settings, "json") && (l.files > 1 || settings_flag(call->settings, "quiet")))
		printf("%u test%s, %u not as expected\n", l.files, l.files == 1 ? "" : "s", l.unexpected);
	if (tap_path) {
		g_autoptr(GError) error = NULL;
		g_autofree char *text = g_strdup_printf("TAP version 13\n1..%u\n%s", l.files, tap->str);

		if (!g_file_set_contents(tap_path, text, -1, &error)) {
			terminal_complain("%s", error->message);
			return STATUS_USAGE;
		}
	}
	return status;
}
