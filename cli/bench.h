/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench.h - the table of `limpid run --bench`: a row an operation, a column a machine. What tests measured stands in
 * lines "bench NAME VALUE ns" of their consoles; in a machine that counts instructions a nanosecond is one.
 */
#ifndef CLI_BENCH_H
#define CLI_BENCH_H

#include <glib.h>

struct bench;

struct bench *bench_new(void);

/* A machine; columns come in this order. */
void bench_add_column(struct bench *bench, const char *label);

/* Takes the measurements from the lines of a console (char *); of several of one operation the least stays. */
void bench_take(struct bench *bench, const char *label, const GPtrArray *lines);

/* Prints it to stdout; nothing when nothing was measured. */
void bench_print(const struct bench *bench);

/* NULL is allowed. */
void bench_free(struct bench *bench);

#endif
