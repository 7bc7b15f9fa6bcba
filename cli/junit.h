/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * junit.h - results as JUnit XML, the dialect that Jenkins, GitLab and GitHub's actions read: a suite a profile, a
 * case a test, <failure> for FAIL, <error> for ERROR and TIMEOUT, <skipped> for SKIP. What the sanitizer found is a
 * suite of its own, a case a finding, each with a <failure>.
 */
#ifndef CLI_JUNIT_H
#define CLI_JUNIT_H

#include "findings.h"
#include "report.h"

struct junit;

/* The file appears under its name when it is complete. */
struct junit *junit_open(const char *path, GError **error);
void junit_add(struct junit *junit, const struct entry *entry);
/* Those that count: not what is suppressed, a note, or what a test is there to make. */
void junit_add_findings(struct junit *junit, const struct findings *findings);
gboolean junit_close(struct junit *junit, GError **error);

#endif
