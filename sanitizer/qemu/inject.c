/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inject.c - each load and store to inject/hardware.h, before and after it happens.
 *
 * QEMU tells of an access when it is over, so where it will go is computed from the instruction and the registers
 * before (inject/address.h). What that does not cover (SVE, FEAT_MOPS) gets what a cacheable access gets.
 */
#include "inject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caches.h"
#include "inject/address.h"
#include "memory.h"
#include "plugin.h"

bool injecting;
static enum policy policy = POLICY_NONE;
static uint64_t seed = 1;
static struct hardware *hardware;
static const struct memory_block *ram;

/* What may apply besides what does, until a CPU synchronizes. */
static struct {
	bool mmu, cache;
	bool was_cached, was_uncached;
} cpus[MODEL_CPUS];

static uint64_t given, unexplained, misplaced;
static struct {
	const struct insn *insn; /* the last that was foreseen */
	struct operand operand;
} foreseen;
static uint64_t observations; /* of the model, before the access that was given another value */
static bool asking;

bool inject_option(const char *option, bool *bad)
{
	char *end;

	*bad = false;
	if (!strncmp(option, "inject=", 7)) {
		*bad = true;
		for (unsigned i = 0; i < POLICIES; i++) {
			if (!strcmp(option + 7, policy_name(i))) {
				policy = i;
				*bad = false;
			}
		}
		return true;
	}
	if (!strncmp(option, "seed=", 5)) {
		seed = strtoull(option + 5, &end, 10);
		*bad = !option[5] || *end;
		return true;
	}
	return false;
}

static bool may_be_cached(void *context, uint64_t offset)
{
	(void)context;
	return model_may_be_cached(model, SPACE_NONSECURE, ram->base + offset);
}

static void make_hardware(void)
{
	struct hardware_config config = {.policy = policy, .seed = seed, .may_be_cached = may_be_cached};

	config.host = ram->host;
	config.size = ram->size & ~(uint64_t)(HARDWARE_LINE - 1);
	hardware = hardware_new(&config);
	if (!hardware)
		plugin_say("cannot reserve memory for --inject");
}

bool inject_start(void)
{
	if (policy == POLICY_NONE)
		return true;
	ram = memory_backend();
	make_hardware();
	injecting = hardware != NULL;
	return injecting;
}

static uint64_t seen(void)
{
	struct model_counts counts;

	model_counts(model, &counts);
	return counts.observations;
}

/* Lines of a DC ZVA, of whose end nothing tells: it is over when the next thing happens. */
static struct {
	uint64_t offset;
	unsigned size;
	enum way way;
} zeroed[4];
static unsigned zeroed_count;

/* The model has judged the access that was given another value than the newest. */
static void settle_question(void)
{
	if (asking)
		unexplained += seen() == observations;
	asking = false;
}

/* Between instructions: RAM at rest. */
static void settle(void)
{
	for (unsigned i = 0; i < zeroed_count; i++)
		hardware_after(hardware, zeroed[i].offset, zeroed[i].size, true, zeroed[i].way);
	zeroed_count = 0;
	settle_question();
	hardware_rest(hardware);
}

/* RAM is what it is: an access that was prepared would put back what was there before QEMU loaded it again. */
static void start_again(void)
{
	settle_question();
	zeroed_count = 0;
	foreseen.insn = NULL;
	memset(cpus, 0, sizeof(cpus));
	hardware_free(hardware);
	make_hardware();
	if (!hardware)
		plugin_fail("cannot go on");
}

void inject_register(struct qemu_plugin_insn *qi, struct insn *insn)
{
	if (insn->decoded.op == OP_ZVA || insn->decoded.memory)
		qemu_plugin_register_vcpu_insn_exec_cb(qi, stub_inject_before, QEMU_PLUGIN_CB_R_REGS, insn);
	if (!insn->decoded.memory)
		return;
	qemu_plugin_register_vcpu_mem_cb(qi, stub_inject_read, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_R, insn);
	qemu_plugin_register_vcpu_mem_cb(qi, stub_inject_write, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_W, insn);
}

static enum way way_of(struct attributes attributes)
{
	if (attributes_are_write_back(attributes))
		return WAY_BACK;
	return attributes_are_cacheable(attributes) ? WAY_THROUGH : WAY_UNCACHED;
}

/*
 * Where @va is. False: not in RAM that we have. What our TLB does not have yet is looked up without telling the model:
 * the access may fault, and if not it is told soon.
 */
static bool locate(struct vcpu *vcpu, struct insn *insn, uint64_t va, uint64_t *offset, enum way *way)
{
	struct tlb_entry *entry = tlb_slot(vcpu, va);
	struct translation t;

	if (entry->tag == ((va & ~(uint64_t)(PAGE_SIZE - 1)) | insn->tag) && entry->generation == vcpu->generation) {
		*offset = tlb_address(vcpu, entry, va) - ram->base;
		*way = way_of(entry->attributes);
	} else if (tlb_peek(vcpu, va, &t)) {
		*offset = t.pa - ram->base;
		*way = way_of(t.attributes);
	} else {
		return false;
	}
	return *offset < ram->size;
}

static unsigned piece_of(uint64_t va, uint64_t size)
{
	uint64_t step = HARDWARE_LINE - (va & (HARDWARE_LINE - 1));

	return step < size ? step : size;
}

/* The ways that are permitted besides @way while the switch of M or C is not synchronized (rule S1). */
static unsigned ways_of(const struct vcpu *vcpu, uint64_t offset, enum way way)
{
	if (way == WAY_UNCACHED && cpus[vcpu->index].was_cached && may_be_cached(NULL, offset))
		return WAY_UNCACHED | WAY_BACK;
	if (way != WAY_UNCACHED && cpus[vcpu->index].was_uncached)
		return way | WAY_UNCACHED;
	return way;
}

void inject_before(unsigned index, struct insn *insn, const void *env)
{
	struct vcpu *vcpu = vcpu_now(index, env, true);
	struct operand operand;

	if (!vcpu)
		return;
	settle();
	system_catch_up(vcpu, insn);
	foreseen.insn = NULL;
	if (!address_of(insn->opcode, insn->pc, vcpu->x, &operand))
		return;
	if (insn->decoded.op == OP_ZVA) {
		operand.size = caches_zva_bytes();
		operand.va &= ~(uint64_t)(operand.size - 1);
	}
	foreseen.insn = insn;
	foreseen.operand = operand;
	for (unsigned size; operand.size; operand.va += size, operand.size -= size) {
		uint64_t offset;
		enum way way;

		size = piece_of(operand.va, operand.size);
		if (!locate(vcpu, insn, operand.va, &offset, &way))
			continue;
		hardware_before(hardware, vcpu->index, offset, size, ways_of(vcpu, offset, way), operand.store);
		if (insn->decoded.op == OP_ZVA && zeroed_count < sizeof(zeroed) / sizeof(zeroed[0])) {
			zeroed[zeroed_count].offset = offset;
			zeroed[zeroed_count].size = size;
			zeroed[zeroed_count++].way = way;
		}
	}
}

static void after(
	unsigned index, qemu_plugin_meminfo_t info, uint64_t va, struct insn *insn, const void *env, bool write)
{
	struct vcpu *vcpu = vcpu_now(index, env, false);
	uint64_t left = 1ull << qemu_plugin_mem_size_shift(info);
	bool newest = true;

	if (!vcpu)
		return;
	if (foreseen.insn == insn &&
		(va - foreseen.operand.va >= foreseen.operand.size ||
			va - foreseen.operand.va + left > foreseen.operand.size || (write && !foreseen.operand.store)))
		misplaced++;
	for (unsigned size; left; va += size, left -= size) {
		uint64_t offset;
		enum way way;

		size = piece_of(va, left);
		if (locate(vcpu, insn, va, &offset, &way))
			newest &= hardware_after(hardware, offset, size, write, way);
	}
	/* The read of a read-modify-write is told of when both are over: what it was given cannot be seen. */
	if (newest || insn->decoded.access & ACCESS_ATOMIC || asking)
		return;
	given++;
	asking = true;
	observations = seen();
}

void inject_read(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, struct insn *insn, const void *env)
{
	after(index, info, va, insn, env, false);
}

void inject_write(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, struct insn *insn, const void *env)
{
	after(index, info, va, insn, env, true);
}

void inject_newest(uint64_t pa, unsigned size, uint8_t *value)
{
	if (pa - ram->base < ram->size)
		hardware_newest(hardware, pa - ram->base, size, value);
}

static void maintain(const struct dc *dc)
{
	static const uint8_t ops[DC_OPS] = {
		[DC_IVAC] = HARDWARE_INVALIDATE,
		[DC_CVAC] = HARDWARE_CLEAN,
		[DC_CIVAC] = HARDWARE_CLEAN_INVALIDATE,
		[DC_CVAP] = HARDWARE_CLEAN,
		[DC_CVADP] = HARDWARE_CLEAN,
	};
	uint64_t size = 4ull << (model_config.ids.ctr >> 16 & 15), start = (dc->pa & ~(size - 1)) - ram->base;

	if (dc->op == DC_CVAU) /* says nothing about the PoC */
		return;
	if (size < HARDWARE_LINE)
		size = HARDWARE_LINE;
	for (uint64_t at = 0; at < size; at += HARDWARE_LINE)
		hardware_maintain(hardware, dc->at.cpu, start + at, ops[dc->op]);
}

void inject_event(const struct event *event)
{
	typeof(&cpus[0]) cpu;

	if (event->kind == EVENT_ACCESS || !hardware)
		return;
	switch (event->kind) {
	case EVENT_DC:
		settle();
		maintain(&event->dc);
		break;
	case EVENT_DC_SET_WAY:
		settle();
		hardware_maintain_all(hardware, event->dc_set_way.at.cpu);
		break;
	case EVENT_BARRIER:
		if (event->barrier.types != BARRIER_FULL)
			break;
		settle();
		hardware_barrier(hardware, event->barrier.at.cpu, event->barrier.kind == BARRIER_DSB);
		break;
	case EVENT_SYNC:
		cpu = &cpus[event->sync.at.cpu];
		cpu->was_cached = cpu->was_uncached = false;
		break;
	case EVENT_REGIME_SWITCH: {
		const struct regime_switch *s = &event->regime_switch;
		bool before, now = s->mmu && s->cache;

		settle();
		cpu = &cpus[s->at.cpu];
		before = cpu->mmu && cpu->cache;
		cpu->mmu = s->mmu;
		cpu->cache = s->cache;
		if (before != now && !s->synchronized) {
			cpu->was_cached |= before;
			cpu->was_uncached |= !before;
		}
		break;
	}
	case EVENT_CPU:
		cpu = &cpus[event->cpu.at.cpu];
		memset(cpu, 0, sizeof(*cpu));
		break;
	case EVENT_RESET:
		start_again();
		break;
	}
}

const char *inject_defect(void)
{
	static char text[200];

	if (!injecting)
		return NULL;
	settle();
	if (!unexplained && !misplaced)
		return NULL;
	snprintf(text, sizeof(text),
		"a defect of limpid: --inject gave %llu loads a value that the model does not permit, and foresaw the "
		"place of %llu accesses wrongly",
		(unsigned long long)unexplained, (unsigned long long)misplaced);
	return text;
}

const char *inject_summary(void)
{
	static char text[200];

	if (!injecting)
		return NULL;
	if (!given)
		return NULL;
	snprintf(text, sizeof(text), "--inject %s gave %llu loads another value than the newest", policy_name(policy),
		(unsigned long long)given);
	return text;
}
