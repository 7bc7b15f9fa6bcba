/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accounts.h"
#include "foreign.h"
#include "process.h"
#include "picture.h"
#include "replay.h"
#include "sanitizer.h"
#include "terminal.h"
#include "text.h"

#define TICK_MS      100
#define GRACE_S      10 /* for QEMU to end after SIGTERM */
#define LIVE_MAX     20 /* findings that are shown as they come */
#define LIVE_BYTES   65536
#define BACKEND_FILE "/memfd:memory-backend-memfd"

struct foreign {
	const struct settings *settings;
	struct sanitizer *sanitizer;
	struct instrumented with;
	char *dir, *findings; /* a directory for it, and the plugin's file */
	FILE *json;
	GMainLoop *loop;
	GPid pid;
	gboolean running;
	int wait_status;
	double timeout_s;              /* 0: none */
	gint64 started_us, stopped_us; /* stopped: when it was told to end, or 0 */
	gboolean killed;
	int ram_fd; /* the machine's RAM, held open beyond its end; -1 */
	struct live {
		gboolean wanted;
		int fd;
		GString *line;
		guint shown;
		guint64 last_id;
		struct loaded *loaded;
	} live;
};

/* Runs in the child between fork and exec. It stays in our process group: it may read from the terminal. */
static void child_setup(gpointer data)
{
	const pid_t *parent = data;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != *parent)
		_exit(127);
	signal(SIGPIPE, SIG_DFL);
}

static void stop(struct foreign *f)
{
	gint64 now = g_get_monotonic_time();

	if (!f->running)
		return;
	if (!f->stopped_us) {
		f->stopped_us = now;
		kill(f->pid, SIGTERM);
	} else if (!f->killed && (now - f->stopped_us) / 1e6 > GRACE_S) {
		f->killed = TRUE;
		kill(f->pid, SIGKILL);
	}
}

static void on_interrupt(void *data)
{
	stop(data);
}

static void on_exited(GPid pid, gint status, gpointer data)
{
	struct foreign *f = data;

	(void)pid;
	f->running = FALSE;
	f->wait_status = status;
	g_main_loop_quit(f->loop);
}

/* The memory of the machine outlives it as long as we have it open: symbols are looked for in it. */
static void hold_ram(struct foreign *f)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/fd", (int)f->pid);
	g_autoptr(GDir) dir = f->ram_fd < 0 ? g_dir_open(path, 0, NULL) : NULL;
	const char *name;

	while (dir && f->ram_fd < 0 && (name = g_dir_read_name(dir))) {
		g_autofree char *link = g_build_filename(path, name, NULL);
		g_autofree char *target = g_file_read_link(link, NULL);

		if (target && g_str_has_prefix(target, BACKEND_FILE))
			f->ram_fd = open(link, O_RDONLY | O_CLOEXEC);
	}
}

static void show_live(struct foreign *f, const char *line, gsize len)
{
	g_autofree char *problem = NULL, *where = NULL;
	struct finding *finding = finding_read(line, len, &problem);
	g_autoptr(GArray) addresses = g_array_new(FALSE, FALSE, sizeof(guint64));
	const GPtrArray *frames;

	/* What is wrong with it is said at the end, and so are final counts. */
	if (!finding || finding->id <= f->live.last_id || !finding->access.pc || f->live.shown > LIVE_MAX) {
		finding_free(finding);
		return;
	}
	f->live.last_id = finding->id;
	g_array_append_val(addresses, finding->access.pc);
	loaded_find(f->live.loaded, addresses, -1, 0);
	frames = loaded_frames(f->live.loaded, finding->access.pc, FALSE);
	where = frames ? frames_describe(frames) : g_strdup_printf("0x%" G_GINT64_MODIFIER "x", finding->access.pc);
	if (f->live.shown++ == LIVE_MAX)
		terminal_complain("more findings: the report at the end has them");
	else
		terminal_complain("%s: %s at %s (CPU %u, EL%u)", level_name(finding->level), finding->kind, where,
			finding->access.cpu, finding->access.el);
	finding_free(finding);
}

static void read_live(struct foreign *f)
{
	char buffer[LIVE_BYTES];
	gssize n;

	if (f->live.fd < 0)
		f->live.fd = open(f->findings, O_RDONLY | O_CLOEXEC);
	/* A machine that has more findings than this a tick is shown later. */
	n = f->live.fd < 0 ? 0 : read(f->live.fd, buffer, sizeof(buffer));
	for (const char *p = buffer, *end = buffer + MAX(n, 0); p < end;) {
		const char *newline = memchr(p, '\n', end - p);

		g_string_append_len(f->live.line, p, (newline ? newline : end) - p);
		if (newline || f->live.line->len > LIVE_BYTES) {
			show_live(f, f->live.line->str, f->live.line->len);
			g_string_truncate(f->live.line, 0);
		}
		p = newline ? newline + 1 : end;
	}
}

static gboolean on_tick(gpointer data)
{
	struct foreign *f = data;
	double seconds = (g_get_monotonic_time() - f->started_us) / 1e6;

	hold_ram(f);
	if (f->live.wanted)
		read_live(f);
	if (f->stopped_us || (f->timeout_s > 0 && seconds > f->timeout_s))
		stop(f);
	return G_SOURCE_CONTINUE;
}

static enum status start(struct foreign *f)
{
	g_autoptr(GError) error = NULL;
	pid_t self = getpid();
	guint tick;

	f->loop = g_main_loop_new(NULL, FALSE);
	interrupt_catch(on_interrupt, f);
	if (!g_spawn_async(NULL, (char **)f->with.argv->pdata, NULL,
		    G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_CHILD_INHERITS_STDIN, child_setup, &self,
		    &f->pid, &error)) {
		terminal_complain("%s", error->message);
		g_main_loop_unref(f->loop);
		return STATUS_INFRASTRUCTURE;
	}
	f->running = TRUE;
	f->started_us = g_get_monotonic_time();
	g_child_watch_add(f->pid, on_exited, f);
	tick = g_timeout_add(TICK_MS, on_tick, f);
	g_main_loop_run(f->loop);
	g_source_remove(tick);
	g_main_loop_unref(f->loop);
	g_spawn_close_pid(f->pid);
	return STATUS_PASSED;
}

/* What the end of QEMU says about the machine: an error of ours, or nothing. */
static enum status judge_end(const struct foreign *f)
{
	gboolean signalled = WIFSIGNALED(f->wait_status);
	int code = WIFEXITED(f->wait_status) ? WEXITSTATUS(f->wait_status) : -1;

	if (!signalled && code == 0)
		return STATUS_PASSED;
	if (signalled && f->stopped_us && WTERMSIG(f->wait_status) == SIGTERM)
		return STATUS_PASSED;
	if (signalled)
		terminal_complain("QEMU was killed by signal %d (%s)%s", WTERMSIG(f->wait_status),
			g_strsignal(WTERMSIG(f->wait_status)), f->killed ? ": it did not end when it was told to" : "");
	else
		terminal_complain("QEMU exited with status %d", code);
	/* With semihosting it is the guest that says so. */
	return !signalled && f->with.may_exit ? STATUS_PASSED : STATUS_INFRASTRUCTURE;
}

static enum status report(struct foreign *f, const char *title, enum status status)
{
	struct loaded *loaded = sanitizer_loaded(f->sanitizer, NULL);
	struct evidence *evidence = evidence_read(f->findings);
	g_autoptr(GArray) addresses = evidence_addresses(evidence);
	g_autofree char *summary = NULL;
	struct tally tally;

	/* A QEMU that did not like its command line has said so itself. */
	if (loaded && (status == STATUS_PASSED || evidence->findings->len)) {
		loaded_find(loaded, addresses, f->with.ram_known ? f->ram_fd : -1, f->with.ram_base);
		loaded_tell(loaded, settings_flag(f->settings, "verbose"));
		if (!sanitizer_take(f->sanitizer, evidence, loaded, NULL, NULL, NULL, &tally))
			status = STATUS_INFRASTRUCTURE;
	}
	if (evidence->seen.known && settings_flag(f->settings, "verbose"))
		terminal_complain("seen: %" G_GUINT64_FORMAT " switches of MMU or caches, %" G_GUINT64_FORMAT
				  " DC by address, %" G_GUINT64_FORMAT " by set and way, %" G_GUINT64_FORMAT
				  " IC, %" G_GUINT64_FORMAT " TLBI",
			evidence->seen.switches, evidence->seen.dc, evidence->seen.set_way, evidence->seen.ic,
			evidence->seen.tlbi);
	if (evidence->initial && settings_flag(f->settings, "verbose"))
		terminal_complain("assumed of the caches at the start: --initial %s", evidence->initial);
	if (!sanitizer_report(f->sanitizer, title, f->json, FALSE))
		status = STATUS_INFRASTRUCTURE;
	if (f->json)
		account_json_summary(sanitizer_findings(f->sanitizer), evidence->initial, &evidence->seen, f->json);
	summary = findings_summary(sanitizer_findings(f->sanitizer));
	/* The machine's last line may lack its end: it was stopped at a prompt. */
	terminal_print(stdout, "%s%s\n",
		f->started_us && !findings_roots(sanitizer_findings(f->sanitizer), FALSE)->len ? "\n" : "", summary);
	loaded_free(loaded);
	evidence_free(evidence);
	return interrupt_happened() ? STATUS_INTERRUPTED : sanitizer_status(f->sanitizer, status);
}

/* What says how the machine of our own tests is, and how they run, has no meaning for this one. */
static enum status check_options_make_sense(const struct settings *s)
{
	static const char *const sensible[] = {"timeout", "json", "verbose", "quiet", "color", "check", "symbols",
		"sarif", "html", "coverage", "suppress", "gen-suppressions", "error-exitcode", "record", "replay", "picture",
		"plugin", NULL};

	for (const struct option *o = settings_table(s); o->name; o++)
		if (!(o->flags & OPTION_CHECK) && !g_strv_contains(sensible, o->name) &&
			settings_origin(s, o->name) == ORIGIN_COMMAND_LINE)
			return usage("check", "--%s is about our own tests: this machine is what its command line says",
				o->name);
	return STATUS_PASSED;
}

static enum status prepare(struct foreign *f)
{
	const char *json = settings_text(f->settings, "json");
	g_autoptr(GError) error = NULL;

	if (!(f->sanitizer = sanitizer_new(f->settings, &error))) {
		terminal_complain("%s", error->message);
		return STATUS_USAGE;
	}
	if (!(f->dir = g_dir_make_tmp("limpid-XXXXXX", &error))) {
		terminal_complain("%s", error->message);
		return STATUS_INFRASTRUCTURE;
	}
	f->findings = g_build_filename(f->dir, "findings", NULL);
	if (json && !(f->json = fopen(json, "we"))) {
		terminal_complain("%s: cannot write it: %s", json, g_strerror(errno));
		return STATUS_USAGE;
	}
	return STATUS_PASSED;
}

static enum status prepare_machine(struct foreign *f, const char *const *command)
{
	g_autoptr(GError) error = NULL;

	if (!sanitizer_instrument(
		    f->sanitizer, command, f->findings, settings_text(f->settings, "record"), 1, &f->with, &error))
		return usage("check", "%s", error->message);
	if (!instrument_check_version(command[0], &error)) {
		terminal_complain("%s", error->message);
		return STATUS_INFRASTRUCTURE;
	}
	if (settings_flag(f->settings, "verbose")) {
		g_autofree char *line = text_command_line((const char *const *)f->with.argv->pdata);

		terminal_complain("%s", line);
	}
	/* The time limit is for tests, unless somebody asks for it here. */
	if (settings_origin(f->settings, "timeout") == ORIGIN_COMMAND_LINE)
		f->timeout_s = settings_seconds(f->settings, "timeout");
	f->live.wanted = terminal_has_progress() && !settings_flag(f->settings, "quiet");
	f->live.line = g_string_new(NULL);
	f->live.loaded = sanitizer_loaded(f->sanitizer, NULL);
	return STATUS_PASSED;
}

static void clean_up(struct foreign *f)
{
	if (f->findings)
		g_unlink(f->findings);
	if (f->dir)
		g_rmdir(f->dir);
	if (f->json)
		fclose(f->json);
	if (f->live.line)
		g_string_free(f->live.line, TRUE);
	if (f->live.fd >= 0)
		close(f->live.fd);
	if (f->ram_fd >= 0)
		close(f->ram_fd);
	loaded_free(f->live.loaded);
	instrumented_clear(&f->with);
	sanitizer_free(f->sanitizer);
	g_free(f->findings);
	g_free(f->dir);
}

enum status foreign_check(const struct invocation *call, const char *const *command)
{
	struct foreign f = {.settings = call->settings, .ram_fd = -1, .live.fd = -1};
	g_autofree char *title = text_command_line(command);
	enum status status = check_options_make_sense(call->settings);

	if (status == STATUS_PASSED)
		status = prepare(&f);
	if (status == STATUS_PASSED)
		status = prepare_machine(&f, command);
	if (status == STATUS_PASSED)
		status = start(&f);
	if (status == STATUS_PASSED)
		status = report(&f, title, judge_end(&f));
	clean_up(&f);
	return status;
}

/* The findings have been reported: the picture is of the first of them. */
static enum status draw(struct foreign *f, const char *record, const char *path, enum status status)
{
	g_autoptr(GError) error = NULL;
	struct story *story = replay_story(record, &error);
	struct loaded *loaded = story ? sanitizer_loaded(f->sanitizer, &error) : NULL;
	gboolean ok;

	if (!story && !error) {
		terminal_complain("%s: nothing to draw: no finding is about memory", path);
		return status;
	}
	if (loaded) {
		g_autoptr(GArray) addresses = g_array_new(FALSE, FALSE, sizeof(guint64));

		for (guint i = 0; i < story->steps->len; i++)
			g_array_append_val(addresses, g_array_index(story->steps, struct step, i).pc);
		loaded_find(loaded, addresses, -1, 0);
	}
	ok = loaded && picture_write(story, loaded, path, &error);
	if (!ok)
		terminal_complain("%s", error->message);
	loaded_free(loaded);
	story_free(story);
	return ok ? status : STATUS_INFRASTRUCTURE;
}

enum status foreign_replay(const struct invocation *call, const char *record)
{
	struct foreign f = {.settings = call->settings, .ram_fd = -1, .live.fd = -1};
	g_autofree char *title = g_strdup_printf("limpid check --replay %s", record);
	enum status status = check_options_make_sense(call->settings);
	g_autoptr(GError) error = NULL;

	for (const struct option *o = check_options; status == STATUS_PASSED && o->name; o++)
		if ((o->flags & OPTION_CHECK) && strcmp(o->name, "suppress") != 0 &&
			settings_is_chosen(call->settings, o->name))
			status = usage("check", "--%s: what a record was made with is in it, and stays", o->name);
	if (status == STATUS_PASSED)
		status = prepare(&f);
	if (status == STATUS_PASSED && !replay_events(record, f.findings, &error)) {
		terminal_complain("%s", error->message);
		status = g_error_matches(error, REPLAY_ERROR, REPLAY_ERROR_RECORD) ? STATUS_USAGE
										   : STATUS_INFRASTRUCTURE;
	}
	if (status == STATUS_PASSED) {
		const char *picture = settings_text(call->settings, "picture");

		status = report(&f, title, STATUS_PASSED);
		if (picture)
			status = draw(&f, record, picture, status);
	}
	clean_up(&f);
	return status;
}
