/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a litmus test: read, and when it is one, explored as far as a few thousand states go. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../litmus_show.h"
#include "../../litmus_token.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static bool any(void *context, const struct outcome_values *outcome)
{
	return litmus_test_satisfies(context, outcome->value);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	GError *error = NULL;
	/* A copy that ends where the input does, so that a byte too far is seen. */
	char *text = malloc(size);
	struct litmus_test *test;
	struct exploration e;

	memcpy(text, data, size);
	test = litmus_test_read("input", text, size, &error);
	if (!test) {
		guint line, column;

		/* Every message says where. */
		if (!error || sscanf(error->message, "input:%u:%u: expected ", &line, &column) != 2)
			__builtin_trap();
		g_error_free(error);
		free(text);
		return 0;
	}
	if (explore(&test->program, 3000, any, test, &e) == EXPLORED) {
		/* Whatever the program, it comes to an end. */
		if (!e.outcomes)
			__builtin_trap();
		if (e.witness)
			g_ptr_array_unref(litmus_witness(test, &e));
	}
	exploration_free(&e);
	litmus_test_free(test);
	free(text);
	return 0;
}
