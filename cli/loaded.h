/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loaded.h - ELF files and where the machine has them: from an address of the machine to functions, lines and objects.
 *
 * An ELF file may be in several places at once: a kernel runs at its physical address until its MMU is on and at its
 * virtual one from then on. So each has a list of displacements, the difference between the address in the machine and
 * that in the file. They come from, in this order:
 *
 *      1. the user, or our own image's console: the address of the file's lowest loaded byte
 *      2. the contents of the machine's RAM after its end, searched for the file's code
 *      3. the file's own addresses, when it was linked for them (ET_EXEC) or an address of a finding is in its code
 */
#ifndef CLI_LOADED_H
#define CLI_LOADED_H

#include <glib.h>

#include "symbolize.h"

struct loaded; /* all files of one machine */

struct loaded *loaded_new(void);
void loaded_free(struct loaded *loaded);

/* "ELF" or "ELF@0x40200000", as --symbols has it. False with what is wrong. */
gboolean loaded_add(struct loaded *loaded, const char *spec, GError **error);

/* A file that somebody else has open and keeps, at @address. */
void loaded_add_open(struct loaded *loaded, struct symbols *symbols, guint64 address);

/*
 * Finds the places of those files that have none yet. @addresses (guint64) is what will be looked up; RAM is @ram_fd,
 * which is -1 when it is not to be had, and begins at @ram_base in the machine.
 */
void loaded_find(struct loaded *loaded, const GArray *addresses, int ram_fd, guint64 ram_base);

/* What became of each file: a line each, for people. Files without a place are complained of. */
void loaded_tell(const struct loaded *loaded, gboolean verbose);

/* As those of symbolize.h. The frames belong to @loaded; NULL when nothing is known. */
const GPtrArray *loaded_frames(struct loaded *loaded, guint64 address, gboolean is_return);
char *loaded_object(struct loaded *loaded, guint64 address, guint64 *offset);

#define LOADED_ERROR loaded_error_quark()
GQuark loaded_error_quark(void);
enum loaded_error { LOADED_ERROR_FILE };

#endif
