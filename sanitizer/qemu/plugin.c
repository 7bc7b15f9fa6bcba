/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plugin.c - what QEMU loads: options, refusals, and for each translated block the callbacks that it needs.
 *
 *      -plugin liblimpid-check.so,findings=FILE[,record=FILE][,inject=POLICY[,seed=N]][,NAME=VALUE...]
 *
 * with the options of model/options.h. Without `initial` it is `clean` when the first instruction is in RAM that a
 * loader has filled (QEMU's -kernel: what Linux' boot protocol promises), else `invalid` (the reset vector).
 */
#include "plugin.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "caches.h"
#include "feed.h"
#include "inject.h"
#include "memory.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static bool initial_given;
static bool started;

static void say(const char *format, va_list arguments)
{
	fputs("limpid-check: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

void plugin_say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
}

void plugin_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
	/* A thread of QEMU that holds its locks: no handlers. */
	_exit(1);
}

/* The same instruction in the same regime is one record, however often it is translated. */
#define BUCKETS (1u << 18)
static struct insn *buckets[BUCKETS];

/* Those of a block lie side by side. They are kept for ever, as the instructions are. */
static struct site *site_new(struct insn *insn)
{
	static struct site *sites;
	static unsigned left;

	if (!left) {
		left = 4096;
		sites = aligned_alloc(64, left * sizeof(*sites));
		if (!sites)
			plugin_fail("out of memory");
	}
	*sites = (struct site){.insn = insn};
	left--;
	return sites++;
}

static struct insn *insn_get(uint64_t pc, uint32_t opcode, unsigned el, enum regime regime)
{
	uint64_t hash = (pc >> 2) * 0x9e3779b97f4a7c15 >> 32 ^ opcode;
	static struct insn *insns;
	static unsigned left;
	struct insn **bucket = &buckets[(hash ^ hash >> 16 ^ el) & (BUCKETS - 1)], *insn;

	for (insn = *bucket; insn; insn = insn->next) {
		if (insn->pc == pc && insn->opcode == opcode && insn->el == el && insn->tag == regime + 1)
			return insn;
	}
	if (!left) {
		left = 1024;
		insns = calloc(left, sizeof(*insns));
		if (!insns)
			plugin_fail("out of memory");
	}
	left--;
	insn = insns++;
	insn->pc = pc;
	insn->opcode = opcode;
	insn->el = el;
	insn->tag = regime + 1;
	insn->decoded = decode(opcode);
	if (insn->decoded.memory || insn->decoded.op == OP_ZVA || insn->decoded.op == OP_COPY ||
		insn->decoded.op == OP_SET)
		insn->site = site_new(insn);
	insn->next = *bucket;
	return *bucket = insn;
}

static void add_ram(const struct memory_block *block)
{
	struct event event = {.kind = EVENT_RAM};

	event.ram.base = block->base & ~4095ull;
	event.ram.size = block->size & ~4095ull;
	event.ram.space = block->space;
	event.ram.rom = block->rom;
	feed_event(&event);
}

/* When the first block is translated: nothing has run, all is loaded. With the MMU off the address is physical. */
static void start(uint64_t pc, const void *host)
{
	char error[256];

	if (!memory_find(error, sizeof(error)))
		plugin_fail("%s", error);
	memory_place(pc, host);
	caches_identify(&model_config.ids);
	if (!initial_given)
		model_config.options.initial = memory_block(pc) == memory_backend() ? INITIAL_CLEAN : INITIAL_INVALID;
	if (!output_start() || !inject_start())
		plugin_fail("cannot start");
	add_ram(memory_backend());
	memory_find_images(feed_image);
	reset_begins(pc);
	started = true;
}

/* A register write may wait for its context synchronization: then uses of what it governs are watched. */
static bool any_pending(void)
{
	for (unsigned i = 0; i < vcpu_count(); i++) {
		if (vcpu_get(i)->pending)
			return true;
	}
	return !vcpu_count();
}

/* Registers whose write needs no synchronization that we follow, and that are written all the time. */
static bool is_exempt(uint16_t reg)
{
	switch (reg) {
	case SYSREG(3, 3, 13, 0, 2): /* TPIDR_EL0 */
	case SYSREG(3, 3, 13, 0, 3): /* TPIDRRO_EL0 */
	case SYSREG(3, 0, 13, 0, 4): /* TPIDR_EL1 */
	case SYSREG(3, 4, 13, 0, 2): /* TPIDR_EL2 */
	case SYSREG(3, 0, 4, 1, 0):  /* SP_EL0 */
	case SYSREG(3, 0, 4, 0, 0):  /* SPSR_EL1 */
	case SYSREG(3, 0, 4, 0, 1):  /* ELR_EL1 */
	case SYSREG(3, 3, 4, 2, 0):  /* NZCV */
	case SYSREG(3, 3, 4, 2, 1):  /* DAIF */
	case SYSREG(3, 0, 4, 2, 0):  /* SPSel */
	case SYSREG(3, 0, 4, 2, 3):  /* PAN */
	case SYSREG(3, 3, 4, 4, 0):  /* FPCR */
	case SYSREG(3, 3, 4, 4, 1):  /* FPSR */
		return true;
	}
	return false;
}

/* Reads that depend on a register written before: the caches', the PMU's, PAR, the interrupt controller's, and at EL2
 * and EL3 what is redirected. */
static bool is_dependent(uint16_t reg, unsigned el)
{
	unsigned crn = SYSREG_CRN(reg);

	if (is_exempt(reg))
		return false;
	/* CCSIDR_EL1 and its neighbours. */
	return (reg & SYSREG(3, 7, 15, 15, 0)) == SYSREG(3, 1, 0, 0, 0) || crn == 7 || crn == 9 || crn == 12 ||
	       sysreg_is_event_counter(reg) || reg == SYSREG_ICC_PMR_EL1 || el >= 2;
}

static bool wants_execute(const struct decoded *d, unsigned el, bool pending)
{
	switch (d->op) {
	case OP_OTHER:
		return d->use && pending;
	case OP_MSR:
		return !is_exempt(d->reg);
	case OP_MRS:
		return d->reg == SYSREG_MPIDR_EL1 || is_dependent(d->reg, el);
	case OP_SVC:
		return false;
	default:
		return true;
	}
}

/* Bytes of a block from @at that are in one line; @left instructions follow. */
static unsigned piece_size(uint64_t at, size_t left)
{
	uint64_t line = LINE_SIZE - (at & (LINE_SIZE - 1));

	return line < left * 4 ? line : left * 4;
}

/* The physical address of code that runs with its MMU off, which shows where memory is, unless there is a stage 2. */
static uint64_t fetched_from(const uint64_t *v, enum regime regime, uint64_t pc, const void *host)
{
	const struct memory_block *block;
	bool moved;

	if (stage2_applies(v, regime)) {
		block = memory_block_of_host(host);
		return block ? block->base + ((const uint8_t *)host - block->host) : pc;
	}
	block = memory_learn(pc, host, &moved);
	if (moved)
		plugin_fail("RAM is not where it was taken to be: 0x%llx", (unsigned long long)pc);
	if (block && !block->rom)
		add_ram(block);
	return pc;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t count = qemu_plugin_tb_n_insns(tb);
	uint64_t v[R_COUNT] = {0};
	unsigned el;
	enum regime regime;
	bool pending, off, reads_mpidr = false;
	const void *host = qemu_plugin_insn_haddr(qemu_plugin_tb_get_insn(tb, 0));
	uint64_t pc = qemu_plugin_tb_vaddr(tb);
	uint64_t cpsr;

	(void)id;
	if (!started) {
		if (!sysregs_init())
			plugin_fail("QEMU does not show the registers of a 64-bit Arm CPU");
		start(pc, host);
	}
	cpsr = sysreg_read(R_CPSR);
	if (cpsr >> 4 & 1)
		return; /* AArch32 code is not followed */
	el = cpsr >> 2 & 3;
	v[R_HCR_EL2] = sysreg_read(R_HCR_EL2);
	v[R_SCR_EL3] = sysreg_read(R_SCR_EL3);
	regime = regime_of(v, el);
	v[R_SCTLR_EL1] = sysreg_read(R_SCTLR_EL1);
	v[R_SCTLR_EL2] = sysreg_read(R_SCTLR_EL2);
	v[R_SCTLR_EL3] = sysreg_read(R_SCTLR_EL3);
	v[R_VTTBR_EL2] = sysreg_read(R_VTTBR_EL2);
	off = !regime_mmu(v, regime);
	if (off && host) {
		uint64_t pa = fetched_from(v, regime, pc, host);

		if (vcpu_running && v[regime == REGIME_EL3          ? R_SCTLR_EL3
					    : regime == REGIME_EL10 ? R_SCTLR_EL1
								    : R_SCTLR_EL2] &
					    SCTLR_I)
			regime_fetched_uncached(vcpu_running, pa);
	}
	pending = any_pending();
	for (size_t i = 0; i < count; i++) {
		struct qemu_plugin_insn *qi = qemu_plugin_tb_get_insn(tb, i);
		uint64_t at = qemu_plugin_insn_vaddr(qi);
		bool block = i == 0 && !(at & 0x7f) && el > 0, execute, piece = i == 0 || !(at & (LINE_SIZE - 1));
		struct decoded d;
		struct insn *insn;
		uint32_t opcode;

		if (qemu_plugin_insn_data(qi, &opcode, sizeof(opcode)) != sizeof(opcode))
			continue;
		d = decode(opcode);
		/* Behind a read of MPIDR_EL1 is where its value is. */
		execute = wants_execute(&d, el, pending) || reset_is_at(at) || reads_mpidr;
		reads_mpidr = d.op == OP_MRS && d.reg == SYSREG_MPIDR_EL1;
		if (d.op == OP_MSR)
			pending = true;
		if (!block && !execute && !d.memory && !piece)
			continue;
		insn = insn_get(at, opcode, el, regime);

		if (block)
			qemu_plugin_register_vcpu_insn_exec_cb(qi, stub_block, QEMU_PLUGIN_CB_R_REGS, insn);
		if (piece && fetch_translated(insn, qemu_plugin_insn_haddr(qi), v, piece_size(at, count - i)))
			qemu_plugin_register_vcpu_insn_exec_cb(qi, stub_fetch, QEMU_PLUGIN_CB_R_REGS, insn);
		if (execute)
			qemu_plugin_register_vcpu_insn_exec_cb(qi, stub_execute, QEMU_PLUGIN_CB_R_REGS, insn);
		if (injecting)
			inject_register(qi, insn);
		if (d.memory) {
			bool special = d.access;

			qemu_plugin_register_vcpu_mem_cb(qi,
				special       ? stub_read_special
				: comparing() ? stub_read_compared
					      : stub_read,
				QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_R, site_tagged(insn->site));
			qemu_plugin_register_vcpu_mem_cb(qi, special ? stub_write_special : stub_write,
				QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_W, site_tagged(insn->site));
		}
	}
}

/* Callbacks of several threads at a time would be no order of accesses. */
static void cpu_made(qemu_plugin_id_t id, unsigned index)
{
	static pthread_t thread;

	(void)id;
	if (index == 0)
		thread = pthread_self();
	else if (!pthread_equal(thread, pthread_self()))
		plugin_fail("each CPU has a thread of its own: start QEMU with -accel tcg,thread=single");
}

static void ended(qemu_plugin_id_t id, void *data)
{
	(void)id;
	(void)data;
	output_end();
}

static bool parse(int argc, char **argv, const char **findings, const char **record)
{
	char error[1024];
	bool bad;

	for (int i = 0; i < argc; i++) {
		if (inject_option(argv[i], &bad)) {
			if (bad) {
				plugin_say("%s: inject is none, worst or random, seed a number", argv[i]);
				return false;
			}
		} else if (!strncmp(argv[i], "findings=", 9)) {
			*findings = argv[i] + 9;
		} else if (!strncmp(argv[i], "record=", 7)) {
			*record = argv[i] + 7;
		} else if (!options_parse(&model_config.options, argv[i], error, sizeof(error))) {
			plugin_say("%s; and findings=FILE, record=FILE", error);
			return false;
		} else if (!strncmp(argv[i], "initial=", 8)) {
			initial_given = true;
		}
	}
	if (!*findings || !**findings) {
		plugin_say("where to? Say findings=FILE");
		return false;
	}
	return true;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	const char *findings = NULL, *record = NULL;

	if (info->version.cur < QEMU_PLUGIN_VERSION) {
		plugin_say("this QEMU's plugin interface has version %d, %d is needed: QEMU 10.0 or later",
			info->version.cur, QEMU_PLUGIN_VERSION);
		return 1;
	}
	if (!info->system_emulation) {
		plugin_say("a whole machine is needed: qemu-system-aarch64, not the user mode emulator");
		return 1;
	}
	if (strcmp(info->target_name, "aarch64")) {
		plugin_say("the guest must be 64-bit Arm (qemu-system-aarch64), not %s", info->target_name);
		return 1;
	}
	model_config_defaults(&model_config);
	if (!parse(argc, argv, &findings, &record))
		return 1;
	if (!output_open(findings, record))
		return 1;
	qemu_plugin_register_vcpu_init_cb(id, cpu_made);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ended, NULL);
	return 0;
}
