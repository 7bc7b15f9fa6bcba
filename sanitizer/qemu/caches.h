/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * caches.h - the guest's caches as its identification registers describe them.
 *
 * CTR_EL0 and CLIDR_EL1 are read. CCSIDR_EL1 cannot be: QEMU's values for the CPU that its command line names are
 * in a table, and a CPU that is not there has an unknown geometry (set/way loops earn no credit).
 */
#ifndef PLUGIN_CACHES_H
#define PLUGIN_CACHES_H

#include "model/model.h"

/* In a callback of a CPU. */
void caches_identify(struct cache_ids *ids);

/*
 * "cortex-a57" of -cpu cortex-a57,pmu=off, or that which the machine has without; false: not known. For tests @line
 * holds arguments that end with a NUL each.
 */
bool caches_cpu_name(const char *line, size_t size, char *name, size_t name_size);

/* What DC ZVA zeroes, a power of two. After caches_identify(). */
unsigned caches_zva_bytes(void);

#endif
