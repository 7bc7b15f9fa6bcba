/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verb.h - what `limpid VERB` is: an entry in main.c's table and a function in a file of its own.
 */
#ifndef CLI_VERB_H
#define CLI_VERB_H

#include <glib.h>

#include "options.h"
#include "status.h"

struct invocation {
	const char *program;       /* as limpid was called */
	char **argv;               /* the words after the verb, NULL-terminated */
	struct settings *settings; /* of the verb's table: built in, environment, command line */
	GPtrArray *operands;       /* char *: the words that are no options */
};

struct verb {
	const char *name;
	const char *operands; /* as in the synopsis */
	const char *summary;  /* one line */
	const char *details;  /* paragraphs below the options, or NULL */
	const struct option *options;
	enum status (*run)(const struct invocation *invocation);
};

extern const struct option list_options[], run_options[], check_options[], explain_options[], parse_options[],
	image_options[], build_options[], litmus_options[];

enum status verb_list(const struct invocation *invocation);
enum status verb_run(const struct invocation *invocation);
enum status verb_parse(const struct invocation *invocation);
enum status verb_image(const struct invocation *invocation);
enum status verb_build(const struct invocation *invocation);
enum status verb_check(const struct invocation *invocation);
enum status verb_explain(const struct invocation *invocation);
enum status verb_litmus(const struct invocation *invocation);

/* Says what is wrong with how limpid was called: the status to return. */
enum status usage(const char *verb, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The end of each verb's table. */
#define COMMON_OPTIONS                                                                          \
	{"color", 0, OPTION_CHOICE, "auto|always|never", OPTION_CONFIG, "auto", NULL, 0, 0,     \
		"colours; auto: on a terminal, unless NO_COLOR is set"},                        \
		{"help", 'h', OPTION_FLAG, NULL, 0, "false", NULL, 0, 0, "show this and exit"}, \
	{                                                                                       \
		NULL                                                                            \
	}

#endif
