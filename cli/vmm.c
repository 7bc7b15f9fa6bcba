/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "qmp.h"
#include "text.h"
#include "vmm.h"

enum step {
	STEP_NONE,
	STEP_TARGET,  /* it starts */
	STEP_MOVING,  /* until the source says that all is sent, and the target that it goes on */
	STEP_LEAVING, /* the source ends */
	STEP_FAILED,  /* whatever ends now is no news */
};

/* One QEMU. */
struct side {
	struct vmm *vmm;
	struct process *process; /* NULL: it has ended, or never was */
	struct qmp *monitor;
};

struct vmm {
	const struct vmm_ops *ops;
	void *data;
	char **argv;
	gboolean migratable, killed;
	guint grace_s;
	struct side *source, *target; /* the machine is at the source unless it is leaving it */
	enum step step;
	gboolean sent, resumed;
	int stream;               /* the source's end of what the machine goes through, or -1 */
	char *refused;            /* by the source, until the target has said why */
	struct process_exit exit; /* of the source, while the target is still there */
	char *errors;             /* exit.errors */
};

static void side_free(struct side *side)
{
	if (!side)
		return;
	qmp_free(side->monitor);
	g_free(side);
}

static void close_stream(struct vmm *v)
{
	if (v->stream >= 0)
		close(v->stream);
	v->stream = -1;
}

static void vmm_free(struct vmm *v)
{
	close_stream(v);
	side_free(v->source);
	side_free(v->target);
	g_strfreev(v->argv);
	g_free(v->refused);
	g_free(v->errors);
	g_free(v);
}

static void fail(struct vmm *v, const char *why)
{
	g_autofree char *text = g_strdup_printf("the machine did not migrate: %s", why);

	v->step = STEP_FAILED;
	close_stream(v);
	v->ops->not_migrated(text, v->data);
}

/* --- the steps --- */

static void send_machine(struct vmm *v)
{
	struct qmp *source = v->source->monitor;

	v->step = STEP_MOVING;
	qmp_send(source, -1, "{\"execute\": \"qmp_capabilities\"}\n");
	qmp_send(source, -1,
		"{\"execute\": \"migrate-set-capabilities\", \"arguments\": {\"capabilities\": "
		"[{\"capability\": \"events\", \"state\": true}]}}\n");
	qmp_send(source, v->stream, "{\"execute\": \"getfd\", \"arguments\": {\"fdname\": \"limpid\"}}\n");
	qmp_send(source, -1, "{\"execute\": \"migrate\", \"arguments\": {\"uri\": \"fd:limpid\"}}\n");
	close_stream(v);
}

static void leave_source(struct vmm *v)
{
	if (v->step != STEP_MOVING || !v->sent || !v->resumed)
		return;
	v->step = STEP_LEAVING;
	qmp_send(v->source->monitor, -1, "{\"execute\": \"quit\"}\n");
}

static void arrive(struct vmm *v)
{
	side_free(v->source);
	v->source = g_steal_pointer(&v->target);
	v->step = STEP_NONE;
	/* Any byte would do: this one can be read in a trace. */
	process_give(v->source->process, "m", 1);
}

static const char *status_of(JsonObject *event)
{
	JsonObject *data = json_object_has_member(event, "data") ? json_object_get_object_member(event, "data") : NULL;

	return data ? json_object_get_string_member_with_default(data, "status", "") : "";
}

static void source_says(struct vmm *v, JsonObject *message)
{
	const char *error = qmp_error(message), *event = qmp_event(message);

	/* That the capabilities are there already says the monitor of a machine that was a target before. */
	if (error && v->step == STEP_MOVING && !strstr(error, "Capabilities negotiation is already complete")) {
		g_autofree char *text = text_neutral(error, strlen(error));

		fail(v, text);
	} else if (event && strcmp(event, "MIGRATION") == 0 && strcmp(status_of(message), "completed") == 0) {
		v->sent = TRUE;
		leave_source(v);
	} else if (event && strcmp(event, "MIGRATION") == 0 && strcmp(status_of(message), "failed") == 0 &&
		   v->step == STEP_MOVING) {
		/* The target knows more, and ends when its stream does. */
		v->refused = g_strdup("the source gave up");
	}
}

static void target_says(struct vmm *v, JsonObject *message)
{
	const char *event = qmp_event(message);

	if (v->step == STEP_TARGET && json_object_has_member(message, "return"))
		send_machine(v);
	else if (event && strcmp(event, "RESUME") == 0) {
		v->resumed = TRUE;
		leave_source(v);
	}
}

static void on_message(JsonObject *message, void *data)
{
	struct side *side = data;
	struct vmm *v = side->vmm;

	if (side == v->target)
		target_says(v, message);
	else if (v->step != STEP_NONE)
		source_says(v, message);
}

/* --- processes --- */

static void on_output(const char *bytes, gsize len, void *data)
{
	struct side *side = data;

	side->vmm->ops->output(bytes, len, side->vmm->data);
}

static void over(struct vmm *v)
{
	struct process_exit exit = v->exit;

	exit.errors = v->errors ?: "";
	v->ops->exited(&exit, v->data);
	vmm_free(v);
}

static void target_ended(struct vmm *v, const struct process_exit *exit)
{
	g_autofree char *how = process_exit_describe(exit);
	g_autofree char *errors = text_neutral(exit->errors, strcspn(exit->errors, "\r\n"));
	g_autofree char *why = g_strdup_printf("the target QEMU %s%s%s%s%s", how, *errors ? ": " : "", errors,
		v->refused ? "; " : "", v->refused ?: "");

	if (!v->source->process)
		over(v);
	else if (v->step != STEP_FAILED && !v->killed)
		fail(v, why);
}

static void on_exited(const struct process_exit *exit, void *data)
{
	struct side *side = data;
	struct vmm *v = side->vmm;

	side->process = NULL;
	if (side == v->target) {
		target_ended(v, exit);
		return;
	}
	if (v->step == STEP_LEAVING && exit->status == 0 && v->target->process && !v->killed) {
		arrive(v);
		return;
	}
	v->exit = *exit;
	v->errors = g_strdup(exit->errors);
	/* A source that ends while it moves is what ended the machine, whatever the target does with the rest. */
	if (v->target && v->target->process) {
		v->step = STEP_FAILED;
		process_kill(v->target->process);
	} else {
		over(v);
	}
}

/* One QEMU, whose monitor we have; for a target @stream is the end that the machine comes out of, else -1. */
static struct side *start_side(struct vmm *v, int stream, GError **error)
{
	static const struct process_ops process_ops = {on_output, on_exited};
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	struct side *side = g_new0(struct side, 1);
	int pair[2];

	side->vmm = v;
	for (char **word = v->argv; *word; word++)
		g_ptr_array_add(argv, *word);
	if (v->migratable) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
			g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED, "no socket for QEMU's monitor");
			g_free(side);
			return NULL;
		}
		g_ptr_array_add(argv, "-chardev");
		g_ptr_array_add(argv, "socket,id=limpid-monitor,fd=3");
		g_ptr_array_add(argv, "-mon");
		g_ptr_array_add(argv, "chardev=limpid-monitor,mode=control");
	}
	if (stream >= 0) {
		g_ptr_array_add(argv, "-incoming");
		g_ptr_array_add(argv, "fd:4");
	}
	g_ptr_array_add(argv, NULL);
	if (v->migratable) {
		int fds[] = {pair[1], stream};

		side->process = process_start_connected(
			(const char *const *)argv->pdata, fds, stream < 0 ? 1 : 2, &process_ops, side, error);
		close(pair[1]);
		side->monitor = qmp_new(pair[0], on_message, side);
	} else {
		side->process = process_start((const char *const *)argv->pdata, &process_ops, side, error);
	}
	if (!side->process) {
		side_free(side);
		return NULL;
	}
	process_set_grace(side->process, v->grace_s);
	return side;
}

struct vmm *vmm_start(
	const char *const *argv, gboolean migratable, const struct vmm_ops *ops, void *data, GError **error)
{
	struct vmm *v = g_new0(struct vmm, 1);

	v->ops = ops;
	v->data = data;
	v->argv = g_strdupv((char **)argv);
	v->migratable = migratable;
	v->stream = -1;
	v->source = start_side(v, -1, error);
	if (v->source)
		return v;
	vmm_free(v);
	return NULL;
}

void vmm_kill(struct vmm *v)
{
	v->killed = TRUE;
	if (v->source->process)
		process_kill(v->source->process);
	if (v->target && v->target->process)
		process_kill(v->target->process);
}

void vmm_set_grace(struct vmm *v, guint seconds)
{
	v->grace_s = seconds;
	process_set_grace(v->source->process, seconds);
}

void vmm_migrate(struct vmm *v)
{
	g_autoptr(GError) error = NULL;
	int stream[2];

	if (!v->migratable || v->step != STEP_NONE) {
		fail(v, v->migratable ? "it asks for that while it migrates"
				      : "it was not told that it may ask for that");
		return;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream) != 0) {
		fail(v, "no socket for it");
		return;
	}
	v->step = STEP_TARGET;
	v->sent = v->resumed = FALSE;
	v->stream = stream[0];
	v->target = start_side(v, stream[1], &error);
	close(stream[1]);
	if (v->target)
		qmp_send(v->target->monitor, -1, "{\"execute\": \"qmp_capabilities\"}\n");
	else
		fail(v, error->message);
}

const char *vmm_migrating(const struct vmm *v)
{
	static const char *const waits[] = {
		[STEP_TARGET] = "the target QEMU does not start",
		[STEP_MOVING] = "the machine is not moved",
		[STEP_LEAVING] = "the source QEMU does not end",
	};

	return v->step < G_N_ELEMENTS(waits) ? waits[v->step] : NULL;
}
