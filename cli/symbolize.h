/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * symbolize.h - turns the image+0xHEX that a machine prints into functions and lines of the source.
 */
#ifndef CLI_SYMBOLIZE_H
#define CLI_SYMBOLIZE_H

#include <glib.h>

struct symbols;

/* Opens an ELF file. NULL when it cannot be read: then texts stay as they are, which is no reason to stop. */
struct symbols *symbols_open(const char *elf_path);
void symbols_close(struct symbols *symbols);

/*
 * "mmu_map+0x34 (guest/mmu/map.c:120)", with the functions that are inlined there in front of it:
 * "pte_write (guest/mmu/pte.h:12) in mmu_map+0x34 (guest/mmu/map.c:120)". NULL when nothing is known about it.
 * @is_return: the address is that of the instruction after a call; what counts is the call.
 */
char *symbols_describe(struct symbols *symbols, guint64 address, gboolean is_return);

/*
 * Puts the description behind each image+0xHEX in @lines, which are those of one console in their order: the addresses
 * after the first one of a "# stack:" are return addresses. NULL symbols change nothing.
 */
void symbols_annotate(struct symbols *symbols, GPtrArray *lines);

#endif
