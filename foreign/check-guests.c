/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check-guests - boots other people's images under the sanitizer, and sees whether it finds what is known, and nothing
 * else.
 *
 *   check-guests BUILD GUESTS.conf WORK-DIR [GLOB...]
 *
 * Each case of the file runs as `limpid check ... -- qemu-system-aarch64 ...` with its console on pipes; as many at a
 * time as there are processors. Prints TAP. What the console and the findings were stays in WORK-DIR: CASE.log,
 * CASE.json.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"

#define QUIT       "\001x" /* Ctrl-A x: QEMU's console ends the machine, with status 0 */
#define GRACE_S    30      /* for a machine that was told to end, and the report of its findings */
#define TICK_MS    100
#define FINDINGS   6 /* exit status of limpid check: findings, and nothing else is wrong */
#define LAST_LINES 5

static struct {
	const char *build, *work;
	GMutex lock; /* of what follows: the results, and standard output */
	guint count, failed;
} shared;

/* A case that is running. */
struct guest {
	const struct guest_case *c;
	char *log_path, *json_path;
	GPid pid;
	int to, from; /* its console */
	FILE *log;
	GString *unread; /* output in which the next text is looked for */
	guint step;      /* of c->talk */
	gboolean open, quit;
	int status;
	GString *problems; /* a line each */
};

static void problem(struct guest *g, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void problem(struct guest *g, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_string_append_vprintf(g->problems, format, args);
	va_end(args);
	g_string_append_c(g->problems, '\n');
}

static void child_setup(gpointer data)
{
	const int *log = data;

	dup2(*log, STDERR_FILENO);
	/* Its own process group: whatever is left of it can be ended without harm to others. */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

static gboolean start(struct guest *g)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autofree char *limpid = g_build_filename(shared.build, "limpid", NULL);
	g_autoptr(GError) error = NULL;
	int log;

	for (const char *const *word = (const char *[]){limpid, "check", "--json", g->json_path, "--verbose", NULL};
		*word; word++)
		g_ptr_array_add(argv, (char *)*word);
	for (char **word = g->c->options; *word; word++)
		g_ptr_array_add(argv, *word);
	g_ptr_array_add(argv, "--");
	for (char **word = g->c->machine; *word; word++)
		g_ptr_array_add(argv, *word);
	g_ptr_array_add(argv, NULL);
	g->log = fopen(g->log_path, "we");
	if (!g->log) {
		problem(g, "%s: %s", g->log_path, g_strerror(errno));
		return FALSE;
	}
	log = fileno(g->log);
	if (!g_spawn_async_with_pipes(NULL, (char **)argv->pdata, NULL, G_SPAWN_DO_NOT_REAP_CHILD, child_setup, &log,
		    &g->pid, &g->to, &g->from, NULL, &error)) {
		problem(g, "%s", error->message);
		return FALSE;
	}
	g->open = TRUE;
	return TRUE;
}

static gboolean send_text(struct guest *g, const char *text)
{
	gsize len = strlen(text);

	return write(g->to, text, len) == (gssize)len;
}

/* Goes on in the talk as far as the output does. */
static void talk(struct guest *g)
{
	for (const char *text; (text = g->c->talk[g->step]);) {
		const char *at;

		if (g->step % 2) {
			if (!send_text(g, text))
				problem(g, "'%s' could not be sent", text);
			g->step++;
			continue;
		}
		if (!(at = strstr(g->unread->str, text)))
			return;
		g_string_erase(g->unread, 0, at + strlen(text) - g->unread->str);
		g->step++;
	}
	if (!g->quit) {
		g->quit = TRUE;
		/* It may have ended by itself. */
		(void)send_text(g, QUIT);
	}
}

static void take_output(struct guest *g)
{
	char buffer[4096];
	gssize n = read(g->from, buffer, sizeof(buffer));

	if (n <= 0) {
		g->open = FALSE;
		return;
	}
	fwrite(buffer, 1, n, g->log);
	fflush(g->log);
	/* strstr() ends at a NUL, which serial lines do have. */
	for (gssize i = 0; i < n; i++)
		if (buffer[i])
			g_string_append_c(g->unread, buffer[i]);
	talk(g);
}

static void tail_of_log(struct guest *g)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	guint count;

	if (!g_file_get_contents(g->log_path, &text, NULL, NULL))
		return;
	lines = g_strsplit(text, "\n", -1);
	count = g_strv_length(lines);
	for (guint i = count > LAST_LINES ? count - LAST_LINES : 0; i < count; i++) {
		g_autofree char *safe = g_strescape(g_strchomp(lines[i]), NULL);

		problem(g, "| %s", safe);
	}
}

/* Until its console is closed and it has ended, or its time is over. */
static void watch(struct guest *g)
{
	gint64 end = g_get_monotonic_time() + g->c->timeout_s * G_USEC_PER_SEC;
	gboolean late = FALSE, ended = FALSE;

	while (!ended) {
		struct pollfd fd = {g->from, POLLIN, 0};

		if (g->open && poll(&fd, 1, TICK_MS) > 0)
			take_output(g);
		else if (!g->open)
			g_usleep(TICK_MS * 1000);
		ended = !g->open && waitpid(g->pid, &g->status, WNOHANG) == g->pid;
		if (ended || g_get_monotonic_time() < end)
			continue;
		if (late) {
			problem(g, "it had to be killed");
			kill(-g->pid, SIGKILL);
			waitpid(g->pid, &g->status, 0);
			ended = TRUE;
		} else {
			late = TRUE;
			problem(g, "not at its end after %u s", g->c->timeout_s);
			/* It ends QEMU and reports. */
			kill(g->pid, SIGTERM);
			end += GRACE_S * G_USEC_PER_SEC;
		}
	}
	if (g->c->talk[g->step])
		problem(g, "its console did not say '%s'", g->c->talk[g->step]);
}

/* --- what was found --- */

/* Is it one that the case expects? Those are ticked off in @met. */
static gboolean is_expected(
	const struct guest *g, const char *kind, const char *fingerprint, const char *root, gboolean *met)
{
	g_autofree char *by_fingerprint = g_strdup_printf("%s %s", kind, fingerprint);
	g_autofree char *by_root = g_strdup_printf("%s %s", kind, root);
	gboolean found = FALSE;

	for (guint i = 0; g->c->findings[i]; i++) {
		const char *expected = g_strstrip(g->c->findings[i]);

		if (strcmp(expected, kind) == 0 || strcmp(expected, by_fingerprint) == 0 ||
			strcmp(expected, by_root) == 0)
			found = met[i] = TRUE;
	}
	return found;
}

static const char *text_of(JsonObject *o, const char *name)
{
	return json_object_get_string_member_with_default(o, name, "?");
}

static void judge_finding(struct guest *g, JsonObject *o, gboolean *met)
{
	JsonObject *writer = json_object_has_member(o, "writer") ? json_object_get_object_member(o, "writer") : NULL;

	if (is_expected(g, text_of(o, "kind"), text_of(o, "fingerprint"), text_of(o, "root"), met))
		return;
	problem(g, "%s: %s %s at %s, written at %s: %s", text_of(o, "severity"), text_of(o, "kind"),
		text_of(o, "fingerprint"), text_of(o, "pc"), writer ? text_of(writer, "pc") : "?", text_of(o, "text"));
}

/* @wanted is "NAME N": the machine must have done at least so many of these, or nothing was tried. */
static void judge_seen(struct guest *g, JsonObject *summary, const char *wanted)
{
	JsonObject *seen =
		json_object_has_member(summary, "seen") ? json_object_get_object_member(summary, "seen") : NULL;
	g_auto(GStrv) parts = g_strsplit(wanted, " ", 2);
	gint64 least = parts[1] ? g_ascii_strtoll(parts[1], NULL, 10) : 0;
	gint64 got = seen ? json_object_get_int_member_with_default(seen, parts[0], -1) : -1;

	if (got < least || least <= 0)
		problem(g, "seen: %s is %" G_GINT64_FORMAT ", not %" G_GINT64_FORMAT " or more", parts[0], got, least);
}

static void judge(struct guest *g)
{
	guint expected = g_strv_length(g->c->findings);
	g_autofree gboolean *met = g_new0(gboolean, expected + 1);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	gboolean whole = FALSE;

	if (!WIFEXITED(g->status) || (WEXITSTATUS(g->status) != 0 && WEXITSTATUS(g->status) != FINDINGS))
		problem(g, "limpid check: exit status %d", WIFEXITED(g->status) ? WEXITSTATUS(g->status) : -1);
	g_file_get_contents(g->json_path, &text, NULL, NULL);
	lines = g_strsplit(text ? text : "", "\n", -1);
	for (char **line = lines; *line; line++) {
		g_autoptr(JsonNode) node = **line ? json_from_string(*line, NULL) : NULL;
		JsonObject *o = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;

		if (!o)
			continue;
		if (strcmp(text_of(o, "type"), "finding") == 0) {
			judge_finding(g, o, met);
		} else if (strcmp(text_of(o, "type"), "summary") == 0) {
			whole = TRUE;
			for (char **wanted = g->c->seen; *wanted; wanted++)
				judge_seen(g, o, g_strstrip(*wanted));
		}
	}
	if (!whole)
		problem(g, "%s has no summary", g->json_path);
	for (guint i = 0; i < expected; i++)
		if (!met[i])
			problem(g, "not found: %s", g->c->findings[i]);
}

static void report(const struct guest *g, double seconds)
{
	gboolean failed = g->problems->len > 0;
	g_auto(GStrv) lines = g_strsplit(g->problems->str, "\n", -1);

	g_mutex_lock(&shared.lock);
	for (char **line = lines; *line; line++)
		if (**line)
			printf("# %s\n", *line);
	printf("%sok %u %s # %.1f s\n", failed ? "not " : "", ++shared.count, g->c->name, seconds);
	fflush(stdout);
	shared.failed += failed;
	g_mutex_unlock(&shared.lock);
}

static void run_case(gpointer data, gpointer unused)
{
	struct guest g = {.c = data, .to = -1, .from = -1};
	gint64 begin = g_get_monotonic_time();

	(void)unused;
	g.log_path = g_strdup_printf("%s/%s.log", shared.work, g.c->name);
	g.json_path = g_strdup_printf("%s/%s.json", shared.work, g.c->name);
	g.unread = g_string_new(NULL);
	g.problems = g_string_new(NULL);
	g_unlink(g.json_path);
	if (start(&g)) {
		watch(&g);
		judge(&g);
		close(g.to);
		close(g.from);
		g_spawn_close_pid(g.pid);
	}
	if (g.log)
		fclose(g.log);
	if (g.problems->len)
		tail_of_log(&g);
	report(&g, (g_get_monotonic_time() - begin) / 1e6);
	g_string_free(g.unread, TRUE);
	g_string_free(g.problems, TRUE);
	g_free(g.log_path);
	g_free(g.json_path);
}

int main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) cases = NULL;
	GThreadPool *pool;

	if (argc < 4) {
		fprintf(stderr, "usage: check-guests BUILD GUESTS.conf WORK-DIR [GLOB...]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	shared.build = argv[1];
	shared.work = argv[3];
	g_mkdir_with_parents(shared.work, 0777);
	cases = guest_cases_read(argv[2], shared.build, shared.work, argv + 4, &error);
	if (!cases) {
		printf("Bail out! %s: %s\n", argv[2], error->message);
		return 2;
	}
	printf("1..%u\n", cases->len);
	fflush(stdout);
	pool = g_thread_pool_new(run_case, NULL, g_get_num_processors(), TRUE, NULL);
	for (guint i = 0; i < cases->len; i++)
		g_thread_pool_push(pool, cases->pdata[i], NULL);
	g_thread_pool_free(pool, FALSE, TRUE);
	return shared.failed ? 1 : 0;
}
