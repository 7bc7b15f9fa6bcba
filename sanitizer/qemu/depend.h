/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * depend.h - may the address of a load depend on what another one has loaded? From the bits of the instructions between
 * them alone. No state, no QEMU.
 *
 * Source: DDI 0487, "Dependencies"; "A64 Instruction Set Encoding".
 */
#ifndef PLUGIN_DEPEND_H
#define PLUGIN_DEPEND_H

#include <stdbool.h>
#include <stdint.h>

/*
 * @code[0] is a load, @code[@count - 1] one that was executed after it, with what is between them, or part of it, and
 * nothing else. False only where the address of the second certainly does not depend on the first. A dependency
 * through memory, a call, or anything that is not understood, is one that may be.
 */
bool may_depend(const uint32_t *code, unsigned count);

#endif
