/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inject.h - gives the guest what hardware may give it (`inject=worst`, `inject=random`).
 *
 * inject/hardware.h is the cache; here is what tells it of accesses before they happen. The model judges all the while,
 * by the newest values: a load that was given another value while the model had nothing to say about it is a defect of
 * the one or the other, and is reported as that.
 */
#ifndef PLUGIN_INJECT_H
#define PLUGIN_INJECT_H

#include "feed.h"
#include "inject/hardware.h"

extern bool injecting;

/* `inject=`, `seed=`. False: not ours. *@bad: ours, and wrong. */
bool inject_option(const char *option, bool *bad);
/* When the backend is known and the model is there. */
bool inject_start(void);
/* The callbacks that a load or store needs besides those of feed.h; register before those of access.c. */
void inject_register(struct qemu_plugin_insn *qi, struct insn *insn);
/* Of every event, after the model had it. */
void inject_event(const struct event *event);
/* The newest value of what is at @pa, into an access whose value was read from RAM. */
void inject_newest(uint64_t pa, unsigned size, uint8_t *value);
/* The end: what there is to say, for a notice; NULL: nothing. */
const char *inject_summary(void);

/* What must not be: the run counts for nothing then; NULL: all is well. */
const char *inject_defect(void);

/* The stubs call these. */
void inject_before(unsigned index, struct insn *insn, const void *env);
void inject_read(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, struct insn *insn, const void *env);
void inject_write(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, struct insn *insn, const void *env);

#endif
