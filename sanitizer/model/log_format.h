/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log_format.h - what the writer and the reader of the log must agree on; the layout is in log_write.c.
 */
#ifndef MODEL_LOG_FORMAT_H
#define MODEL_LOG_FORMAT_H

#include "log.h"

#define LOG_MAGIC      "LIMPIDEV"
#define LOG_VERSION    1
#define LOG_CONFIG_MAX 4096
#define LOG_RAM_LIMIT  (1ull << 40) /* of all blocks of a log */

/* The fields that are kept as differences. */
struct log_context {
	uint64_t pc, link, va, pa;
};

#endif
