/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge.h - the model, asked about one program: does it call the last letter, a load, an error?
 */
#ifndef ORACLE_JUDGE_H
#define ORACLE_JUDGE_H

#include "caches.h"

struct judge;

struct judge *judge_new(const struct setting *setting);
void judge_free(struct judge *judge);

/*
 * Feeds the program to the model, which must not remember an earlier one: each gets memory of its own. @fast: take the
 * inlined paths wherever a feeder may.
 */
bool judge_program(struct judge *judge, const struct letter *program, unsigned length, bool fast);

/* What the model said of the last letter: "stale-memory-read error ...", or "nothing". */
const char *judge_said(const struct judge *judge);

#endif
