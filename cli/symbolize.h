/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * symbolize.h - turns addresses into functions, lines of the source and data objects, of one ELF file. The addresses
 * are the file's own; where it was loaded is somebody else's business (loaded.h).
 */
#ifndef CLI_SYMBOLIZE_H
#define CLI_SYMBOLIZE_H

#include <elfutils/libdw.h>
#include <glib.h>

struct symbols;

/* Opens an ELF file. NULL when it cannot be read: then texts stay as they are, which is no reason to stop. */
struct symbols *symbols_open(const char *elf_path);
void symbols_close(struct symbols *symbols);

/* The file itself, for who wants its segments. */
Elf *symbols_elf(const struct symbols *symbols);

/* A function that an address is in: its own, or one that was inlined into the next frame's. */
struct frame {
	char *function; /* neutral text, never NULL */
	guint64 offset; /* of the address from its start; 0 for an inlined one */
	gboolean inlined;
	char *file; /* neutral text, NULL when unknown */
	int line;   /* 0 when unknown */
};

/*
 * What @address is in, innermost first: struct frame. NULL when nothing is known. @is_return: the address is that of
 * the instruction after a call; what counts is the call.
 */
GPtrArray *symbols_frames(struct symbols *symbols, guint64 address, gboolean is_return);

/* The variable that @address is in, and how far; NULL when there is none. */
char *symbols_object(struct symbols *symbols, guint64 address, guint64 *offset);

/*
 * "mmu_map+0x34 (guest/mmu/map.c:120)", with the functions that are inlined there in front of it:
 * "pte_write (guest/mmu/pte.h:12) in mmu_map+0x34 (guest/mmu/map.c:120)". NULL when nothing is known about it.
 */
char *symbols_describe(struct symbols *symbols, guint64 address, gboolean is_return);

/* The same of frames that are already known. */
char *frames_describe(const GPtrArray *frames);

/*
 * Puts the description behind each image+0xHEX in @lines, which are those of one console in their order: the addresses
 * after the first one of a "# stack:" are return addresses. NULL symbols change nothing.
 */
void symbols_annotate(struct symbols *symbols, GPtrArray *lines);

#endif
