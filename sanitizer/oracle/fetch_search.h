/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fetch_search.h - every program up to a length that writes and executes one instruction, by fetch.h and by the model:
 * the model must call the last execution an error exactly when another instruction than the newest may be fetched.
 */
#ifndef ORACLE_FETCH_SEARCH_H
#define ORACLE_FETCH_SEARCH_H

#include "fetch.h"
#include "search.h"

#define FETCH_SEARCH_LENGTH (PES_OPS - 1)

/*
 * With CTR_EL0.IDC and DIC 00, 10 and 11. Adds to @totals, prints a line of each and the first disagreements to stdout
 * (as comments of TAP). False when memory is short.
 */
bool fetch_search_run(unsigned pes, unsigned length, struct totals *totals);

#endif
