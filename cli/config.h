/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.h - limpid.conf: a key file with the options of `limpid run`.
 *
 *     [run]                        what every run begins with
 *     jobs=4
 *     [profile uefi]               a machine, chosen with --profile uefi
 *     boot=efi
 *     hw=acpi
 *     [expected-failure mmu.x]     what a machine is known to do wrong: expected_failures.h
 *
 * The file is ./limpid.conf, or else limpid/limpid.conf in the XDG configuration directory; they are not merged.
 * Everything in it is checked when it is read, used or not; an error names file and line.
 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include <glib.h>

#include "options.h"

struct config;

/* Reads @path, or the file found (none: an empty configuration). @table says what the keys are. */
struct config *config_read(const char *path, const struct option *table, GError **error);
void config_free(struct config *config);

/* NULL when there is no file. */
const char *config_path(const struct config *config);

/* Sets what [run] has, of the options that the table of @settings has too. */
gboolean config_apply_run(const struct config *config, struct settings *settings, GError **error);
gboolean config_apply_profile(
	const struct config *config, const char *profile, struct settings *settings, GError **error);

/* Its [expected-failure PATTERN] groups: struct expected_failure. */
const GPtrArray *config_expected_failures(const struct config *config);

/* The profiles that @pattern (a name, or a glob) names, in the order of the file; an error when there is none. */
GPtrArray *config_profiles(const struct config *config, const char *pattern, GError **error);

#endif
