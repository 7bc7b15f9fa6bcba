/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - options as one table a verb, from which come the parsing of the command line and of limpid.conf, the
 * environment variables, the help text and `--show-config`; and settings, which are the values with their origins.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <glib.h>

enum option_kind {
	OPTION_FLAG,    /* --together, --no-together; true or false in limpid.conf and the environment */
	OPTION_TEXT,    /* anything */
	OPTION_UINT,    /* a decimal number between min and max */
	OPTION_SECONDS, /* a positive number, fractions allowed */
	OPTION_MIB,     /* 64, 64M, 2G */
	OPTION_CHOICE,  /* one of the words of arg, which | separates; one in capitals stands for any text */
};

enum option_flags {
	OPTION_REPEAT = 1,  /* each use adds a value; otherwise the last one counts */
	OPTION_CONFIG = 2,  /* may stand in [run] of limpid.conf */
	OPTION_MACHINE = 4, /* describes a machine: may also stand in [profile NAME], and belongs to a reproduction */
	OPTION_CHECK = 8,   /* tells the sanitizer what to assume: belongs to a reproduction, too */
};

struct option {
	const char *name; /* as in --name, and the key in limpid.conf */
	char letter;      /* as in -n, or 0 */
	enum option_kind kind;
	const char *arg;     /* what help calls the value; for OPTION_CHOICE the choices */
	unsigned flags;      /* enum option_flags */
	const char *initial; /* the built-in value as text, or NULL */
	const char *env;     /* an environment variable that sets it, or NULL */
	guint64 min, max;    /* for OPTION_UINT; max 0: no limit */
	const char *help;    /* one or more lines, separated by \n */
};

/* Where a value came from. A later one in this list replaces an earlier one, but OPTION_REPEAT values add up. */
enum origin { ORIGIN_BUILT_IN, ORIGIN_RUN_GROUP, ORIGIN_PROFILE, ORIGIN_ENVIRONMENT, ORIGIN_COMMAND_LINE };

struct value {
	char *text;
	enum origin origin;
	char *where; /* "limpid.conf:12 [profile x]", "LIMPID_QEMU", NULL for the rest */
};

struct settings; /* one value or more for each option of a table */

/* The table ends with an entry whose name is NULL and must outlive the settings. */
struct settings *settings_new(const struct option *table);
struct settings *settings_copy(const struct settings *settings);
void settings_free(struct settings *settings);

const struct option *settings_table(const struct settings *settings);

/* Checks @text against the option and stores it. Fails with a message that names the option and what it takes. */
gboolean settings_set(struct settings *settings, const struct option *option, const char *text, enum origin origin,
	const char *where, GError **error);

/* Takes the variables of the table that are set and not empty. */
gboolean settings_read_environment(struct settings *settings, GError **error);

/*
 * Reads options from @argv (NULL-terminated, without the program's and the verb's name) and appends what is not an
 * option to @operands. "--" ends the options; when @rest is not NULL the words after it go there instead.
 */
gboolean settings_read_argv(
	struct settings *settings, char **argv, GPtrArray *operands, GPtrArray *rest, GError **error);

const struct option *option_find(const struct option *table, const char *name);

/* A near name for a message about an unknown one, or NULL. */
const char *option_nearest(const struct option *table, const char *name);

/* The last value, or NULL when there is none. It is a bug to ask for a name that the table lacks. */
const char *settings_text(const struct settings *settings, const char *name);
gboolean settings_flag(const struct settings *settings, const char *name);
guint64 settings_uint(const struct settings *settings, const char *name, guint64 otherwise);
double settings_seconds(const struct settings *settings, const char *name);
guint64 settings_mib(const struct settings *settings, const char *name, guint64 otherwise);

/* All values, in the order of their origins: struct value. Owned by the settings. */
const GPtrArray *settings_values(const struct settings *settings, const char *name);

/* Did somebody choose the value, or is it built in? */
gboolean settings_is_chosen(const struct settings *settings, const char *name);
enum origin settings_origin(const struct settings *settings, const char *name);

/* What --show-config prints: "name = value   # where". */
char *settings_describe(const struct settings *settings, unsigned with_flags);

/* The options of a table as help text. */
char *options_help(const struct option *table);

#define OPTIONS_ERROR options_error_quark()
GQuark options_error_quark(void);
enum options_error { OPTIONS_ERROR_USAGE };

#endif
