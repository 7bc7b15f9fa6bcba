/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * paths.h - where limpid finds its own parts: beside the command in a build tree (build/limpid, build/arm64/), below
 * the prefix when installed (bin/limpid, lib/limpid/).
 */
#ifndef CLI_PATHS_H
#define CLI_PATHS_H

/* Free the answers. When nothing is there they name the first place looked at, for the error message. */
char *paths_image(void); /* limpid.elf */
char *paths_plugin(void); /* liblimpid-check.so, the sanitizer in QEMU */
char *paths_sdk(void);   /* the directory of what `limpid build` compiles and links with */

#endif
