/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ARM64_ESR_H
#define ARM64_ESR_H

#include <stddef.h>
#include <stdint.h>

/* Writes what an ESR value says, in words, to text. */
void esr_describe(uint64_t esr, char *text, size_t size);

#endif
