/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules.h - the rules' identifiers, from rules.def. A finding names rules by RULE() and RULES(), which do not compile
 * with one that is not there.
 */
#ifndef MODEL_RULES_H
#define MODEL_RULES_H

#include <stddef.h>
#include <stdint.h>

enum rule_id {
#define X(id, statement, counted, kinds, twins, source, blind) RULE_##id,
#include "rules.def"
#undef X
	RULE_COUNT
};

/* "C5", "C5/H1" */
#define RULE(id)    (&#id[0 * RULE_##id])
#define RULES(a, b) (&#a "/" #b[0 * (RULE_##a + RULE_##b)])

const char *rule_name(enum rule_id rule);

/* Rules that @text ("C5/H1") names and whose time never came: it has now. */
void rules_broken(const char *text, uint64_t times[RULE_COUNT]);

/*
 * {"C5":12,"C7":0,...}: @times of each, with a NUL. Returns the length without it, or 0 when @size is too small
 * (RULES_JSON_SIZE is enough).
 */
#define RULES_JSON_SIZE (32 * RULE_COUNT + 3)
size_t rules_json(const uint64_t times[RULE_COUNT], char *buffer, size_t size);

#endif
