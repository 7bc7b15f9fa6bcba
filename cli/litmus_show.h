/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * litmus_show.h - outcomes of litmus tests, and the ways to them, as text.
 */
#ifndef CLI_LITMUS_SHOW_H
#define CLI_LITMUS_SHOW_H

#include "../sanitizer/oracle/explore.h"
#include "litmus_test.h"

const char *litmus_verdict_name(enum litmus_verdict verdict);

/* "0:W1=1; [x]=0;": to be freed. */
char *litmus_outcome(const struct litmus_test *test, const struct outcome_values *outcome);

/* What happened, a line for each step, with what it changed: to be freed with its lines. */
GPtrArray *litmus_witness(const struct litmus_test *test, const struct exploration *e);

#endif
