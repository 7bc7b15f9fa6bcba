/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "qmp.h"

#define LINE_MAX_BYTES (1 << 20) /* more without an end is no answer of QEMU's */

struct qmp {
	void (*message)(JsonObject *message, void *data);
	void *data;
	int fd;
	guint source;
	GString *line;
	gboolean *freed; /* while messages are given: whoever takes one may free us */
};

static void give(struct qmp *q, const char *text, gsize len)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root;

	if (!json_parser_load_from_data(parser, text, len, NULL))
		return;
	root = json_parser_get_root(parser);
	if (root && JSON_NODE_HOLDS_OBJECT(root))
		q->message(json_node_get_object(root), q->data);
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
	struct qmp *q = data;
	gboolean freed = FALSE;
	char buffer[4096], *newline;
	gssize n = read(fd, buffer, sizeof(buffer));

	(void)condition;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return G_SOURCE_CONTINUE;
	/* That the other side has gone is its process' to tell. */
	if (n <= 0 || q->line->len > LINE_MAX_BYTES) {
		q->source = 0;
		return G_SOURCE_REMOVE;
	}
	g_string_append_len(q->line, buffer, n);
	q->freed = &freed;
	while (!freed && (newline = memchr(q->line->str, '\n', q->line->len))) {
		gsize len = newline - q->line->str;
		g_autofree char *text = g_strndup(q->line->str, len);

		g_string_erase(q->line, 0, len + 1);
		give(q, text, len);
	}
	if (freed)
		return G_SOURCE_REMOVE;
	q->freed = NULL;
	return G_SOURCE_CONTINUE;
}

struct qmp *qmp_new(int fd, void (*message)(JsonObject *message, void *data), void *data)
{
	struct qmp *q = g_new0(struct qmp, 1);

	q->message = message;
	q->data = data;
	q->fd = fd;
	q->line = g_string_new(NULL);
	q->source = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, q);
	return q;
}

void qmp_free(struct qmp *q)
{
	if (!q)
		return;
	if (q->freed) {
		/* The handler that runs us removes the source by what it returns. */
		*q->freed = TRUE;
	} else if (q->source) {
		g_source_remove(q->source);
	}
	close(q->fd);
	g_string_free(q->line, TRUE);
	g_free(q);
}

void qmp_send(struct qmp *q, int fd, const char *fmt, ...)
{
	g_autofree char *text = NULL;
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec bytes;
	struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
	va_list args;

	va_start(args, fmt);
	text = g_strdup_vprintf(fmt, args);
	va_end(args);
	bytes = (struct iovec){text, strlen(text)};
	if (fd >= 0) {
		struct cmsghdr *header;

		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(int));
	}
	/* A command is far smaller than a socket's buffer: it goes at once or the monitor is gone. */
	if (sendmsg(q->fd, &message, MSG_NOSIGNAL) < 0)
		return;
}

const char *qmp_error(JsonObject *message)
{
	JsonObject *error =
		json_object_has_member(message, "error") ? json_object_get_object_member(message, "error") : NULL;

	return error ? json_object_get_string_member_with_default(error, "desc", "an error without a text") : NULL;
}

const char *qmp_event(JsonObject *message)
{
	return json_object_get_string_member_with_default(message, "event", NULL);
}
