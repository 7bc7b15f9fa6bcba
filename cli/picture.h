/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * picture.h - the story of one finding as a drawing (SVG): time downwards, a lane for each CPU, one for the copy that a
 * cache holds, one for memory; what is missing is dashed.
 */
#ifndef CLI_PICTURE_H
#define CLI_PICTURE_H

#include "loaded.h"
#include "replay.h"

gboolean picture_write(const struct story *story, struct loaded *loaded, const char *path, GError **error);

#endif
