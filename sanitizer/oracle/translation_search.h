/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * translation_search.h - every program up to a length that changes the tables of one page and accesses it, by
 * translation.h and by the model.
 *
 * They must agree on the last access: an error where it may go to another page than the tables say, or to any when they
 * say none; a warning where nothing else but a fault may come instead, of what its own PE has mapped. And on each
 * write: an error of break-before-make where a page is replaced by another.
 */
#ifndef ORACLE_TRANSLATION_SEARCH_H
#define ORACLE_TRANSLATION_SEARCH_H

#include "search.h"
#include "translation.h"

#define TRANSLATION_SEARCH_LENGTH (PES_OPS - 1)

/*
 * For a global page, and one with an ASID; with and without FEAT_ETS2. Adds to @totals, prints a line of each and the
 * first disagreements to stdout (as comments of TAP). False when memory is short.
 */
bool translation_search_run(unsigned pes, unsigned length, struct totals *totals);

#endif
