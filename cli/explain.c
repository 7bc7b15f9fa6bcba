/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limpid explain: the kinds of findings come with the sanitizer. */
#include "terminal.h"
#include "verb.h"

enum status verb_explain(const struct invocation *call)
{
	(void)call;
	terminal_complain("the sanitizer is not part of this version: 'explain' comes with it");
	return STATUS_USAGE;
}
