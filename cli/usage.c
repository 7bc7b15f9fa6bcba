/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "terminal.h"
#include "verb.h"

enum status usage(const char *verb, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	terminal_complain("%s", text);
	fprintf(stderr, "Try 'limpid %s%s--help'.\n", verb ? verb : "", verb ? " " : "");
	return STATUS_USAGE;
}
