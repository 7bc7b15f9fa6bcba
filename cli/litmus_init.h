/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * litmus_init.h - the declarations of a litmus test, between { and }: memory, its attributes, registers, caches,
 * agents.
 */
#ifndef CLI_LITMUS_INIT_H
#define CLI_LITMUS_INIT_H

#include "litmus_code.h"

/* Reads from { to }, and fills in what is not declared. program.pes becomes the number of columns that it takes. */
gboolean litmus_init_read(
	struct tokens *t, struct litmus_test *test, struct agent_code code[PROGRAM_PES], GError **error);

#endif
