/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * junit.h - results as JUnit XML, the dialect that Jenkins, GitLab and GitHub's actions read: a suite a profile, a
 * case a test, <failure> for FAIL, <error> for ERROR and TIMEOUT, <skipped> for SKIP.
 */
#ifndef CLI_JUNIT_H
#define CLI_JUNIT_H

#include "report.h"

struct junit;

/* The file appears under its name when it is complete. */
struct junit *junit_open(const char *path, GError **error);
void junit_add(struct junit *junit, const struct entry *entry);
gboolean junit_close(struct junit *junit, GError **error);

#endif
