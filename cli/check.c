/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limpid check: the sanitizer is not here yet; what it will be called is reserved. */
#include "terminal.h"
#include "verb.h"

const struct option later_options[] = {COMMON_OPTIONS};

enum status verb_check(const struct invocation *call)
{
	(void)call;
	terminal_complain(
		"the sanitizer is not part of this version: 'check' comes with it. 'limpid run' runs the tests");
	return STATUS_USAGE;
}
