/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"
#include "text.h"

#define READ_BYTES       65536
#define ERRORS_KEPT      65536
#define STRAGGLERS_BYTES (1 << 20) /* read at most from whoever still writes when the child itself is gone */

struct process {
	const struct process_ops *ops;
	void *data;
	GPid pid;
	gboolean reaped, killed;
	int in;               /* its standard input, or -1 */
	guint grace_s, timer; /* between SIGTERM and SIGKILL, and what waits for that */
	int wait_status;
	struct stream {
		struct process *process;
		int fd; /* -1: at its end */
		guint source;
	} out, err;
	GString *errors;
};

static GPtrArray *living; /* struct process, all of them */

struct child_setup {
	pid_t parent;
};

/* Runs in the child between fork and exec: async-signal-safe calls only. */
static void child_setup(gpointer data)
{
	const struct child_setup *setup = data;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The parent may have died before the line above took effect. */
	if (getppid() != setup->parent)
		_exit(127);
	signal(SIGPIPE, SIG_DFL);
}

static void stream_close(struct stream *stream)
{
	if (stream->source)
		g_source_remove(stream->source);
	stream->source = 0;
	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = -1;
}

static void take(struct process *p, struct stream *stream, const char *bytes, gsize len)
{
	if (stream == &p->err)
		g_string_append_len(p->errors, bytes, MIN(len, ERRORS_KEPT - MIN(ERRORS_KEPT, p->errors->len)));
	else if (p->ops->output)
		p->ops->output(bytes, len, p->data);
}

/* Reads once. Returns what read() did, with EINTR hidden. */
static gssize stream_read(struct stream *stream)
{
	static char buffer[READ_BYTES];
	gssize n;

	do
		n = read(stream->fd, buffer, sizeof(buffer));
	while (n < 0 && errno == EINTR);
	if (n > 0)
		take(stream->process, stream, buffer, n);
	return n;
}

static void finish_if_over(struct process *p)
{
	struct process_exit exit;

	if (!p->reaped || p->out.fd >= 0 || p->err.fd >= 0)
		return;
	g_ptr_array_remove_fast(living, p);
	exit = (struct process_exit){
		.status = WIFEXITED(p->wait_status) ? WEXITSTATUS(p->wait_status) : -1,
		.signal = WIFSIGNALED(p->wait_status) ? WTERMSIG(p->wait_status) : 0,
		.killed = p->killed,
		.errors = p->errors->str,
	};
	p->ops->exited(&exit, p->data);
	if (p->in >= 0)
		close(p->in);
	g_string_free(p->errors, TRUE);
	g_free(p);
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
	struct stream *stream = data;
	gssize n = stream_read(stream);

	(void)fd;
	(void)condition;
	if (n > 0 || (n < 0 && errno == EAGAIN))
		return G_SOURCE_CONTINUE;
	stream->source = 0;
	stream_close(stream);
	finish_if_over(stream->process);
	return G_SOURCE_REMOVE;
}

static void on_reaped(GPid pid, gint status, gpointer data)
{
	struct process *p = data;
	struct stream *streams[] = {&p->out, &p->err};

	p->reaped = TRUE;
	p->wait_status = status;
	if (p->timer)
		g_source_remove(p->timer);
	p->timer = 0;
	for (guint i = 0; i < G_N_ELEMENTS(streams); i++) {
		gsize total = 0;
		gssize n = 1;

		while (streams[i]->fd >= 0 && total < STRAGGLERS_BYTES && (n = stream_read(streams[i])) > 0)
			total += n;
		/* Somebody else has the pipe: a child of the child. It is of the group. */
		if (streams[i]->fd >= 0 && n != 0)
			kill(-pid, SIGKILL);
		stream_close(streams[i]);
	}
	finish_if_over(p);
}

static void stream_open(struct process *p, struct stream *stream, int fd)
{
	stream->process = p;
	stream->fd = fd;
	g_unix_set_fd_nonblocking(fd, TRUE, NULL);
	stream->source = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, stream);
}

static struct process *start(const char *const *argv, const int *fds, guint count, gboolean input,
	const struct process_ops *ops, void *data, GError **error)
{
	struct process *p;
	struct child_setup setup = {getpid()};
	int in = -1, out, err, targets[4];
	GPid pid;

	g_assert(count <= G_N_ELEMENTS(targets));
	for (guint i = 0; i < count; i++)
		targets[i] = 3 + i;
	if (!g_spawn_async_with_pipes_and_fds(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
		    child_setup, &setup, -1, -1, -1, fds, targets, count, &pid, input ? &in : NULL, &out, &err, error))
		return NULL;
	p = g_new0(struct process, 1);
	p->ops = ops;
	p->data = data;
	p->pid = pid;
	p->in = in;
	p->errors = g_string_new(NULL);
	stream_open(p, &p->out, out);
	stream_open(p, &p->err, err);
	g_child_watch_add(pid, on_reaped, p);
	if (!living)
		living = g_ptr_array_new();
	g_ptr_array_add(living, p);
	return p;
}

struct process *process_start(const char *const *argv, const struct process_ops *ops, void *data, GError **error)
{
	return start(argv, NULL, 0, FALSE, ops, data, error);
}

struct process *process_start_connected(
	const char *const *argv, const int *fds, guint count, const struct process_ops *ops, void *data, GError **error)
{
	return start(argv, fds, count, TRUE, ops, data, error);
}

void process_give(struct process *p, const char *bytes, gsize len)
{
	/* A child that is gone is no reason to die: main() has SIGPIPE ignored, and exited() follows. */
	if (p->in >= 0 && write(p->in, bytes, len) < 0)
		return;
}

static gboolean on_grace_over(gpointer data)
{
	struct process *p = data;

	p->timer = 0;
	if (!p->reaped)
		kill(-p->pid, SIGKILL);
	return G_SOURCE_REMOVE;
}

void process_kill(struct process *p)
{
	if (!p->reaped && p->grace_s && !p->killed) {
		kill(-p->pid, SIGTERM);
		p->timer = g_timeout_add_seconds(p->grace_s, on_grace_over, p);
	} else if (!p->reaped && !p->timer) {
		kill(-p->pid, SIGKILL);
	}
	p->killed = TRUE;
}

void process_set_grace(struct process *p, guint seconds)
{
	p->grace_s = seconds;
}

char *process_exit_describe(const struct process_exit *exit)
{
	if (exit->signal)
		return g_strdup_printf("was killed by signal %d (%s)", exit->signal, g_strsignal(exit->signal));
	return g_strdup_printf("exited with status %d", exit->status);
}

/* --- interruption --- */

static struct {
	gboolean happened;
	void (*call)(void *data);
	void *data;
} interrupt;

void interrupt_now(void)
{
	if (interrupt.happened)
		return;
	interrupt.happened = TRUE;
	for (guint i = 0; living && i < living->len; i++)
		process_kill(living->pdata[i]);
	if (interrupt.call)
		interrupt.call(interrupt.data);
}

static gboolean on_signal(gpointer data)
{
	(void)data;
	if (interrupt.happened)
		_exit(130);
	interrupt_now();
	return G_SOURCE_CONTINUE;
}

void interrupt_catch(void (*on_interrupt)(void *data), void *data)
{
	interrupt.call = on_interrupt;
	interrupt.data = data;
	g_unix_signal_add(SIGINT, on_signal, NULL);
	g_unix_signal_add(SIGTERM, on_signal, NULL);
	g_unix_signal_add(SIGHUP, on_signal, NULL);
}

void interrupt_poll(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

gboolean interrupt_happened(void)
{
	return interrupt.happened;
}

/* --- tools --- */

/*
 * Waits in a main context of its own: a tool takes milliseconds, and in the meantime nothing of the machines that run
 * is dispatched, so that the caller needs not be prepared for it.
 */
gboolean tool_run(const char *const *argv, char **errors, gboolean *missing)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GSubprocess) process = NULL;
	g_autoptr(GBytes) output = NULL;
	gboolean ok = FALSE;

	process = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE, &error);
	if (process && g_subprocess_communicate(process, NULL, NULL, &output, NULL, &error))
		ok = g_subprocess_get_successful(process);
	if (missing)
		*missing = g_error_matches(error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
	if (errors) {
		/* Up to its first NUL, which no message has. */
		g_autofree char *raw =
			output ? g_strndup(g_bytes_get_data(output, NULL), g_bytes_get_size(output)) : NULL;
		g_autofree char *text = text_neutral_lines(error ? error->message : raw ? raw : "");

		*errors = ok ? NULL : *text ? g_steal_pointer(&text) : g_strdup("it failed and said nothing");
	}
	return ok;
}
