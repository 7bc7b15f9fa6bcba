/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * empty_callback.c - a plugin that does nothing in a callback on every load and store: what any plugin that follows
 * each access pays before it does something with it. The sanitizer is measured against it.
 */
#include "qemu/qemu_api.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static void accessed(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, void *data)
{
	(void)index;
	(void)info;
	(void)va;
	(void)data;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t count = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < count; i++)
		qemu_plugin_register_vcpu_mem_cb(
			qemu_plugin_tb_get_insn(tb, i), accessed, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, NULL);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	(void)argc;
	(void)argv;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
