/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugin.h - how the plugin gives up. */
#ifndef PLUGIN_PLUGIN_H
#define PLUGIN_PLUGIN_H

/* Says why and ends QEMU with status 1. */
_Noreturn void plugin_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void plugin_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
