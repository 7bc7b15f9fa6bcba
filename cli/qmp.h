/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qmp.h - QEMU's monitor for programs, over a socket that one has anyhow: commands go out in order, and every answer
 * and event comes back as an object, from the main loop. Source: QEMU documentation, "QEMU Machine Protocol
 * Specification".
 */
#ifndef CLI_QMP_H
#define CLI_QMP_H

#include <glib.h>
#include <json-glib/json-glib.h>

struct qmp;

/* Takes the descriptor over. */
struct qmp *qmp_new(int fd, void (*message)(JsonObject *message, void *data), void *data);
void qmp_free(struct qmp *qmp);

/* Sends a command, with the descriptor @fd unless it is -1. What the monitor does not take it does not answer. */
void qmp_send(struct qmp *qmp, int fd, const char *fmt, ...) G_GNUC_PRINTF(3, 4);

/* The text of an error answer, or NULL when @message is none. */
const char *qmp_error(JsonObject *message);

/* The name of an event, or NULL. */
const char *qmp_event(JsonObject *message);

#endif
