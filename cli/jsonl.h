/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jsonl.h - results as JSON lines, written as they come:
 *
 *     {"type":"result","name":"boot.cpus","verdict":"FAIL","reason":...,"profile":...,"time_us":120000,"guest_us":123,
 *      "round":1,"file":"tests/boot.c","line":42,"output":["..."],"reproduce":"...","command":"..."}
 *     {"type":"summary","passed":1,"failed":1,"skipped":0,"fail":1,"error":0,"timeout":0}
 *
 * What is not known is left out.
 */
#ifndef CLI_JSONL_H
#define CLI_JSONL_H

#include <stdio.h>

#include "report.h"

void jsonl_add(FILE *file, const struct entry *entry);
void jsonl_finish(FILE *file, const struct report *report);

/* One test of `limpid list --json`. */
void jsonl_test(FILE *file, const struct test *test);

#endif
