/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pattern.h - how tests are chosen by name. The guest's command line follows the same rules.
 */
#ifndef CLI_PATTERN_H
#define CLI_PATTERN_H

#include <glib.h>

/*
 * A pattern matches a test when it is the test's name, when it is a prefix of whole components of it ("gic" matches
 * "gic.v3.sgi", not "gicv2.x"), or when it is a glob of * and ? (which match dots too) for the whole name.
 */
gboolean pattern_match(const char *pattern, const char *name);

#endif
