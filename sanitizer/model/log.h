/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log.h - events as a file: recorded beside a run, replayed into a model later with the same findings, byte for byte.
 *
 * Format, version 1. Little endian.
 *
 *      header   "LIMPIDEV", u32 version = 1, u32 length of the configuration
 *      text     the configuration, "name=value\n" a line: the options of options.h, then ctr, clidr, level1 to level7
 *               ("sets,ways,line_shift") and cloud-limit
 *      records  u8 kind (enum event_kind), then the fields of that event in a fixed order: see log_write.c
 *
 * The reader trusts nothing: an unknown kind, a field out of range, a truncated record or a length that does not match
 * is an error with its offset.
 */
#ifndef MODEL_LOG_H
#define MODEL_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "model.h"

struct log_writer;

/* Writes the header. NULL on an error (errno). The file stays the caller's. */
struct log_writer *log_writer_new(FILE *file, const struct model_config *config);
/* False after a write error, then and ever after. */
bool log_write(struct log_writer *writer, const struct event *event);
/* Flushes and frees. False when anything could not be written. NULL is allowed. */
bool log_writer_free(struct log_writer *writer);

/*
 * How to record: feed every access by model_access(), none by the fast path, and call neither model_view() nor anything
 * else that is no event; write each event *after* feeding it, and each answer of the may_allocate hook when it is
 * given. Replay then gives the same answers and findings.
 */
bool log_write_answer(struct log_writer *writer, enum space space, uint64_t pa, bool yes);

struct log_reader;

struct log_error {
	uint64_t offset; /* in bytes from the start */
	char text[120];
};

/* Reads the header from @bytes, which stay the caller's and must outlive the reader. NULL with @error filled in. */
struct log_reader *log_reader_new(const void *bytes, size_t size, struct model_config *config, struct log_error *error);
void log_reader_free(struct log_reader *reader);

/* 1: an event (pointers in it are into the log), 0: the end, -1: @error. */
int log_read(struct log_reader *reader, struct event *event, struct log_error *error);

/* Where the next event begins. */
uint64_t log_offset(const struct log_reader *reader);

/*
 * Feeds a whole log to a new model with the configuration that it names; `may_allocate` of @hooks is not used. Ends
 * with model_finish(). False with @error filled in, after all events before the error have been fed.
 */
bool log_replay(const void *bytes, size_t size, const struct model_hooks *hooks, struct log_error *error);

/* The same, and after each event that @watch is called. */
typedef void log_watch(void *context, struct model *model, const struct event *event);
bool log_replay_watched(const void *bytes, size_t size, const struct model_hooks *hooks, log_watch *watch,
	void *watch_context, struct log_error *error);

#endif
