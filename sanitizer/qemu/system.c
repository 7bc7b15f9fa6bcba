/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * system.c - system instructions, exceptions, and CPUs that come and go.
 *
 * QEMU calls before the instruction executes, also when it then traps. A register that an MSR names takes its new value
 * here and is marked, so that it is read back before it is used next: should the MSR have trapped, that puts it right.
 *
 * Exceptions: a block that starts at VBAR_ELx + a multiple of 0x80. QEMU plays firmware itself for PSCI when no
 * exception level above is there for it; then an HVC or SMC has no vector, and is a context synchronization event all
 * the same. CPU_OFF is the last that such a CPU does; its next instruction is its first after CPU_ON.
 */
#include "feed.h"

#include <string.h>

#include "caches.h"
#include "memory.h"
#include "plugin.h"

#define PSCI_CPU_OFF 0x84000002u

#define TTBR_TABLE 0x0000ffffffffffc0ull
#define TCR_EPD0   (1ull << 7)
#define TCR_EPD1   (1ull << 23)
/* At most: 42 bits by granules of 64 KiB. The model knows how much of it counts. */
#define ROOT_SIZE 0x10000

struct place place_of(struct vcpu *vcpu, const struct insn *insn)
{
	return (struct place){.pc = insn->pc, .link = vcpu_link(vcpu), .cpu = vcpu->index, .el = insn->el};
}

void feed_settle(struct vcpu *vcpu)
{
	static uint32_t generation;
	uint32_t now = model_generation(model);
	uint64_t page;
	unsigned remapped = model_remapped(model, &page);

	vcpu->fast_generation = recording || model_is_unsettled(model, vcpu->index) ? FAST_NEVER : vcpu->generation;
	if (now != generation || remapped > 1) {
		generation = now;
		tlb_flush_all();
	} else if (remapped) {
		tlb_flush_page(page);
	}
}

static void feed_sync(struct vcpu *vcpu, const struct place *at, enum sync_kind kind, unsigned to_el)
{
	struct event event = {.kind = EVENT_SYNC};

	event.sync.at = *at;
	event.sync.kind = kind;
	event.sync.to_el = to_el;
	feed_event(&event);
	vcpu->pending = false;
	vcpu->changed = 0;
	feed_settle(vcpu);
}

void feed_use(const struct place *at, enum register_use use, uint16_t reg)
{
	struct event event = {.kind = EVENT_REGISTER_USED};

	event.register_used.at = *at;
	event.register_used.use = use;
	event.register_used.reg = reg;
	feed_event(&event);
}

static void feed_cpu(struct vcpu *vcpu, const struct place *at, enum cpu_change change)
{
	struct event event = {.kind = EVENT_CPU};

	event.cpu.at = *at;
	event.cpu.change = change;
	feed_event(&event);
	stored_order(vcpu, ORDER_DSB);
	vcpu->mmu = vcpu->cache = false;
	vcpu->pending = false;
	vcpu->changed = 0;
	memset(vcpu->last, 0, sizeof(vcpu->last));
	vcpu->on = change == CPU_ON;
	vcpu->fetch_count = 0;
}

static void refresh(struct vcpu *vcpu)
{
	uint64_t wanted = vcpu->regs.stale & ((1ull << R_TRANSLATION) - 1);

	while (wanted) {
		unsigned reg = __builtin_ctzll(wanted);
		uint64_t before = vcpu->regs.value[reg];

		wanted &= wanted - 1;
		if (sysreg(&vcpu->regs, reg) != before)
			tlb_flush(vcpu);
	}
}

static void start(struct vcpu *vcpu, const struct insn *insn)
{
	struct place at = place_of(vcpu, insn);

	vcpu->regs.stale = SYSREGS_ALL;
	vcpu->el = insn->el;
	refresh(vcpu);
	feed_cpu(vcpu, &at, CPU_ON);
	vcpu->regime = regime_of(vcpu->regs.value, vcpu->el);
	regime_mappings_changed();
	regime_update(vcpu, &at, true);
	feed_settle(vcpu);
}

void system_catch_up(struct vcpu *vcpu, const struct insn *insn)
{
	struct place at;

	if (vcpu->on && !vcpu->call && vcpu->el == insn->el && !(vcpu->regs.stale & ((1ull << R_TRANSLATION) - 1)))
		return;
	at = place_of(vcpu, insn);
	if (vcpu->call && vcpu->call_function == PSCI_CPU_OFF && vcpu->on)
		feed_cpu(vcpu, &at, CPU_OFF);
	if (!vcpu->on) {
		vcpu->call = 0;
		start(vcpu, insn);
		return;
	}
	refresh(vcpu);
	if (vcpu->call) { /* QEMU answered it: there and back */
		vcpu->call = 0;
		feed_sync(vcpu, &at, SYNC_ENTRY, vcpu->el);
		feed_sync(vcpu, &at, SYNC_RETURN, vcpu->el);
	}
	if (vcpu->el != insn->el) { /* an exception or its return that did not show itself */
		at.el = vcpu->el;
		feed_sync(vcpu, &at, insn->el > vcpu->el ? SYNC_ENTRY : SYNC_RETURN, insn->el);
		vcpu->el = insn->el;
	}
	at.el = vcpu->el;
	regime_update(vcpu, &at, false);
	feed_settle(vcpu);
}

/* An exception to EL @el: is it one of debug, by a breakpoint, a step or a watchpoint? */
static void feed_debug(struct place at, unsigned el)
{
	static const uint8_t esrs[4] = {R_ESR_EL1, R_ESR_EL1, R_ESR_EL2, R_COUNT};
	static const uint8_t elrs[4] = {R_ELR_EL1, R_ELR_EL1, R_ELR_EL2, R_COUNT};
	unsigned class;

	if (el > 2 || !sysregs_have(esrs[el]) || !sysregs_have(elrs[el]))
		return;
	class = sysreg_read(esrs[el]) >> 26 & 63;
	at.pc = sysreg_read(elrs[el]);
	if (class >= 0x30 && class <= 0x35)
		feed_use(&at, USE_DEBUG, class);
}

void feed_block(unsigned index, struct insn *insn, const void *env)
{
	static const uint8_t vbars[4] = {R_VBAR_EL1, R_VBAR_EL1, R_VBAR_EL2, R_VBAR_EL3};
	static const uint16_t names[4] = {0, SYSREG_VBAR_EL1, SYSREG_VBAR_EL2, SYSREG_VBAR_EL3};
	struct vcpu *vcpu = vcpu_now(index, env, true);
	bool is_interrupt;
	uint64_t vbar;
	struct place at;

	if (!vcpu)
		return;
	vbar = sysreg(&vcpu->regs, vbars[insn->el & 3]);
	if (!vcpu->on || !vbar || insn->pc - vbar >= 0x800) {
		if (insn->el != vcpu->el || !vcpu->on)
			system_catch_up(vcpu, insn);
		return;
	}
	/* Of the four vectors of each kind the second is that of IRQ, the third that of FIQ. */
	is_interrupt = (insn->pc - vbar) % 0x200 == 0x80 || (insn->pc - vbar) % 0x200 == 0x100;
	refresh(vcpu);
	at = place_of(vcpu, insn);
	at.el = vcpu->el;
	vcpu->call = 0;
	if (vcpu->pending) {
		feed_use(&at, USE_VECTOR, names[insn->el & 3]);
		feed_debug(at, insn->el);
	}
	/* While what the access was made under is not synchronized. */
	if (!is_interrupt)
		fault_taken(vcpu, insn->el);
	feed_sync(vcpu, &at, is_interrupt ? SYNC_INTERRUPT : SYNC_ENTRY, insn->el);
	vcpu->el = at.el = insn->el;
	regime_update(vcpu, &at, true);
	feed_settle(vcpu);
}

static uint64_t operand(const struct insn *insn)
{
	return insn->decoded.rt == 31 ? 0 : sysregs_x(insn->decoded.rt);
}

/* Tells the model what RAM holds in the line of the guest's caches at @pa. */
static void show_line(const struct tlb_entry *entry, uint64_t pa)
{
	uint64_t size = 4ull << (model_config.ids.ctr >> 16 & 15), offset = pa & (PAGE_SIZE - 1) & ~(size - 1);
	struct event event = {.kind = EVENT_EXTERNAL_WRITE};

	event.external_write.pa = (pa & ~(uint64_t)(PAGE_SIZE - 1)) + offset;
	event.external_write.size = size;
	event.external_write.bytes = entry->host + offset;
	event.external_write.space = entry->space;
	event.external_write.kind = EXTERNAL_SEEN;
	feed_event(&event);
}

static void execute_dc(struct vcpu *vcpu, struct insn *insn, struct place at)
{
	struct event event = {.kind = EVENT_DC};
	struct dc *dc = &event.dc;
	uint64_t va = operand(insn), hcr = regime_hcr(vcpu->regs.value);
	const struct memory_block *block;
	struct tlb_entry *entry = tlb_get(vcpu, insn, va, false);

	if (!entry)
		return; /* it faults */
	dc->pa = tlb_address(vcpu, entry, va);
	block = memory_block(dc->pa);
	if (!block || block->rom)
		return;
	/* Before it: what a device has written until now the operation may save, what comes later it does not. */
	if (comparing())
		show_line(entry, dc->pa);
	stored_tell_all();
	dc->at = at;
	dc->va = va;
	dc->space = entry->space;
	dc->op = insn->decoded.sub;
	dc->attributes = entry->attributes;
	if (dc->op == DC_IVAC && insn->el <= 1 && hcr & (HCR_VM | HCR_DC))
		dc->op = DC_CIVAC; /* rule C7 */
	outcome_tell(vcpu, insn, va, 0);
	feed_event(&event);
}

static void execute_zva(struct vcpu *vcpu, struct insn *insn)
{
	static const uint8_t zeros[LINE_SIZE];
	uint64_t size = caches_zva_bytes(), va = operand(insn) & ~(size - 1);

	for (uint64_t done = 0; done < size; done += LINE_SIZE)
		access_store(vcpu, insn, va + done, LINE_SIZE, zeros, ACCESS_ZVA);
}

/* Before it runs: the whole of it, which the main and the epilogue instructions then need not tell. */
static void execute_mops(struct vcpu *vcpu, struct insn *insn)
{
	uint64_t to = sysregs_x(insn->decoded.rt), size = sysregs_x(insn->decoded.rn);
	uint64_t from = sysregs_x(insn->decoded.rs);
	uint8_t bytes[LINE_SIZE];

	if (size > 1 << 24)
		size = 1 << 24; /* it may be interrupted long before */
	if (insn->decoded.op == OP_COPY)
		access_load(vcpu, insn, from, size);
	for (uint64_t done = 0; done < size;) {
		uint64_t step = LINE_SIZE - ((to + done) & (LINE_SIZE - 1));
		struct translation t;

		if (step > size - done)
			step = size - done;
		if (insn->decoded.op == OP_SET) {
			memset(bytes, insn->decoded.rs == 31 ? 0 : (int)from, step);
		} else {
			for (uint64_t i = 0; i < step; i++) {
				const struct memory_block *block;

				if (i && (from + done + i) & (PAGE_SIZE - 1))
					t.pa++;
				else if (!tlb_peek(vcpu, from + done + i, &t))
					return;
				block = memory_block(t.pa);
				if (!block)
					return;
				bytes[i] = block->host[t.pa - block->base];
			}
		}
		access_store(vcpu, insn, to + done, step, bytes, 0);
		done += step;
	}
}

/*
 * Which register the name means depends on HCR_EL2.E2H, whatever that is now; or at EL3 on SCR_EL3: the GIC's registers
 * of EL1 are banked by NS, and those of EL2 exist only with NS or EEL2.
 */
static bool is_banked(const struct insn *insn, uint16_t code)
{
	unsigned op1 = SYSREG_OP1(code);

	return decode_redirect(insn->decoded.reg, insn->el, true) != insn->decoded.reg ||
	       (insn->el == 3 && (op1 == 4 || (op1 == 0 && sysreg_is_icc(code))));
}

/* ZCR_ELx and SMCR_ELx are trapped as the instructions that they are for. */
static void feed_trapped_use(const struct place *at, uint16_t code)
{
	if ((code & SYSREG(3, 0, 15, 15, 7)) == SYSREG(3, 0, 1, 2, 0))
		feed_use(at, USE_SVE, 0);
	else if ((code & SYSREG(3, 0, 15, 15, 7)) == SYSREG(3, 0, 1, 2, 6))
		feed_use(at, USE_SME, 0);
}

static unsigned last_slot(uint16_t code)
{
	return (code ^ code >> 8) % LAST_WRITES;
}

static void remember(struct vcpu *vcpu, uint16_t code, uint64_t value)
{
	vcpu->last[last_slot(code)].code = code;
	vcpu->last[last_slot(code)].value = value;
}

/* What the register has before @value is written to it. */
static uint64_t old_value(struct vcpu *vcpu, uint16_t code, enum sysreg reg, uint64_t value)
{
	/* To write one of the interrupt controller's says something, whatever it had before; but not ICC_SRE_ELx. */
	bool acts = sysreg_is_icc(code) && !sysreg_is_icc_sre(code);

	if (reg < R_COUNT && sysregs_have(reg))
		return sysreg(&vcpu->regs, reg);
	/* Of registers that QEMU does not show and that nobody has written it is unknown: another one. */
	return !acts && vcpu->last[last_slot(code)].code == code ? vcpu->last[last_slot(code)].value : ~value;
}

/* A walk may begin at a table from here on: what was stored to it last, for the model to know. */
static void tell_root(struct vcpu *vcpu, enum sysreg reg, uint64_t old, uint64_t value)
{
	const uint64_t *regs = vcpu->regs.value;

	switch (reg) {
	case R_TTBR0_EL1:
	case R_TTBR1_EL1:
	case R_TTBR0_EL2:
	case R_TTBR1_EL2:
	case R_TTBR0_EL3:
		stored_tell_range(vcpu, value & TTBR_TABLE, ROOT_SIZE, ORDER_DSB_SELF);
		break;
	case R_TCR_EL1:
	case R_TCR_EL2:
		if (old & ~value & TCR_EPD0)
			stored_tell_range(vcpu, regs[reg == R_TCR_EL1 ? R_TTBR0_EL1 : R_TTBR0_EL2] & TTBR_TABLE,
				ROOT_SIZE, ORDER_DSB_SELF);
		if (old & ~value & TCR_EPD1)
			stored_tell_range(vcpu, regs[reg == R_TCR_EL1 ? R_TTBR1_EL1 : R_TTBR1_EL2] & TTBR_TABLE,
				ROOT_SIZE, ORDER_DSB_SELF);
		break;
	default:
		break;
	}
}

static void execute_msr(struct vcpu *vcpu, struct insn *insn, struct place at)
{
	bool e2h = regime_hcr(vcpu->regs.value) & HCR_E2H;
	uint16_t code = decode_redirect(insn->decoded.reg, insn->el, e2h);
	enum sysreg reg = sysreg_of(code);
	struct event event = {.kind = EVENT_REGISTER_WRITE};
	uint64_t value = operand(insn);

	if (vcpu->pending) {
		feed_use(&at, USE_WRITE, code);
		feed_trapped_use(&at, code);
		if (is_banked(insn, code))
			feed_use(&at, USE_BANK, code);
	}
	if (code == SYSREG_PMSWINC_EL0 && vcpu->pending) {
		for (uint64_t rest = value & 0x7fffffff; rest; rest &= rest - 1) {
			unsigned n = __builtin_ctzll(rest);

			feed_use(&at, USE_COUNT, SYSREG_PMEVCNTR_EL0(n));
		}
	}
	/* To the model a write of PAR_EL1 is an AT, whose result needs an ISB to be read. What an MSR wrote does not.
	 */
	if (code == SYSREG_PAR_EL1) {
		vcpu->regs.stale |= 1ull << R_PAR_EL1;
		return;
	}
	event.register_write.at = at;
	event.register_write.reg = code;
	event.register_write.new_value = value;
	if (code == SYSREG_PMCNTENCLR_EL0 || code == SYSREG_PMCNTENSET_EL0) {
		/* One register under two names, as the model has it. */
		uint64_t old = old_value(vcpu, SYSREG_PMCNTENSET_EL0, R_PMCNTENSET_EL0, value);

		event.register_write.reg = SYSREG_PMCNTENSET_EL0;
		event.register_write.old_value = old;
		event.register_write.new_value = code == SYSREG_PMCNTENCLR_EL0 ? old & ~value : old | value;
		remember(vcpu, SYSREG_PMCNTENSET_EL0, event.register_write.new_value);
		reg = R_COUNT;
		vcpu->regs.stale |= 1ull << R_PMCNTENSET_EL0;
	} else {
		event.register_write.old_value = old_value(vcpu, code, reg, value);
		remember(vcpu, code, value);
	}
	if (reg < R_TRANSLATION) {
		/* While the old tables can still be found. */
		uint64_t old = vcpu->regs.value[reg];
		bool ends;

		if (!(vcpu->changed >> reg & 1))
			vcpu->old[reg] = old;
		vcpu->changed |= 1ull << reg;

		vcpu->regs.value[reg] = value;
		ends = !regime_mmu(vcpu->regs.value, vcpu->regime) || !regime_cache(vcpu->regs.value, vcpu->regime);
		vcpu->regs.value[reg] = old;
		if (ends)
			regime_ends(vcpu);
		if (old != value && vcpu->mmu)
			tell_root(vcpu, reg, old, value);
		feed_event(&event);
		if (old != value) {
			vcpu->regs.value[reg] = value;
			regime_register_changed(reg, old ^ value);
			/* It is told to the model as already in force; that it need not be yet is what `unsettled` is
			 * for. */
			regime_update(vcpu, &at, false);
		}
	} else {
		feed_event(&event);
		if (reg < R_COUNT)
			vcpu->regs.value[reg] = value;
	}
	if (reg < R_COUNT)
		vcpu->regs.stale |= 1ull << reg;
	sgi_written(vcpu, &at, code, value);
	vcpu->pending = true;
	feed_settle(vcpu);
}

static void execute_mrs(struct vcpu *vcpu, struct insn *insn, struct place at)
{
	bool e2h = regime_hcr(vcpu->regs.value) & HCR_E2H;
	uint16_t code = decode_redirect(insn->decoded.reg, insn->el, e2h);

	acknowledge_read(&at, code);
	if (!vcpu->pending)
		return;
	feed_use(&at, USE_READ, code);
	feed_trapped_use(&at, code);
	if (is_banked(insn, code))
		feed_use(&at, USE_BANK, code);
}

/*
 * TLBI VALE1, VAALE1 and their like for other CPUs name one page, and only the last level. All others empty our TLB:
 * then what is used next is walked anew, for the model to see.
 */
static bool names_page(uint16_t reg)
{
	unsigned crm = SYSREG_CRM(reg), op2 = SYSREG_OP2(reg);

	return !SYSREG_OP1(reg) && (crm == 1 || crm == 3 || crm == 7) && (op2 == 5 || op2 == 7);
}

static void execute_tlbi(struct vcpu *vcpu, struct insn *insn, struct place at)
{
	struct event event = {.kind = EVENT_TLBI};

	event.tlbi.at = at;
	event.tlbi.operand = operand(insn);
	event.tlbi.opcode = insn->decoded.reg;
	feed_event(&event);
	if (names_page(event.tlbi.opcode)) {
		/* VA<55:12>, as the page is found in the TLB: sign-extended. */
		tlb_flush_page((uint64_t)((int64_t)(event.tlbi.operand << 20) >> 8));
		regime_page_changed();
	} else {
		regime_mappings_changed();
	}
	feed_settle(vcpu);
}

static void execute_eret(struct vcpu *vcpu, struct insn *insn, struct place at)
{
	static const uint8_t spsrs[4] = {R_SPSR_EL1, R_SPSR_EL1, R_SPSR_EL2, R_SPSR_EL3};
	uint64_t spsr = sysreg_read(spsrs[insn->el & 3]);
	unsigned to = spsr >> 2 & 3;

	if (spsr >> 4 & 1) /* to AArch32: user mode is EL0, Monitor mode EL3, Hypervisor mode EL2 */
		to = (spsr & 15) == 0 ? 0 : (spsr & 15) == 6 ? 3 : (spsr & 15) == 10 ? 2 : 1;
	if (to > insn->el)
		to = insn->el;
	feed_sync(vcpu, &at, SYNC_RETURN, to);
	vcpu->el = at.el = to;
	regime_update(vcpu, &at, true);
	feed_settle(vcpu);
}

/* With no exception level above that could take the call, QEMU plays the firmware. */
static bool is_answered_by_qemu(unsigned op)
{
	return op == OP_HVC ? !sysregs_have(R_VBAR_EL2) : !sysregs_have(R_VBAR_EL3);
}

/* Without EL2 QEMU does not show who a CPU is: it is what the CPU itself reads. sgi.c learns it, too. */
static void learn_mpidr(struct vcpu *vcpu, const struct insn *insn)
{
	if (vcpu->mpidr_pc == insn->pc) {
		vcpu->mpidr = sysregs_x(vcpu->mpidr_rt);
		vcpu->mpidr_known = true;
	}
	vcpu->mpidr_pc = 0;
	/* A kernel may give a program anything. */
	if (!insn->el || insn->decoded.op != OP_MRS || insn->decoded.reg != SYSREG_MPIDR_EL1 || insn->decoded.rt == 31)
		return;
	vcpu->mpidr_rt = insn->decoded.rt;
	vcpu->mpidr_pc = insn->pc + 4;
}

void feed_execute(unsigned index, struct insn *insn, const void *env)
{
	struct vcpu *vcpu = vcpu_now(index, env, true);
	const struct decoded *d = &insn->decoded;
	struct event event;
	struct place at;

	if (!vcpu)
		return;
	if (reset_is_at(insn->pc))
		reset_execute(vcpu);
	system_catch_up(vcpu, insn);
	if (!vcpu->mmu)
		fetch_uncached(vcpu, insn);
	if (!vcpu->mpidr_known)
		learn_mpidr(vcpu, insn);
	at = place_of(vcpu, insn);
	if (d->use && vcpu->pending)
		feed_use(&at, d->use - 1, d->use == USE_PAC + 1 ? d->reg : 0);
	switch (d->op) {
	case OP_DC:
		execute_dc(vcpu, insn, at);
		break;
	case OP_SET_WAY:
		event.kind = EVENT_DC_SET_WAY;
		event.dc_set_way = (struct dc_set_way){at, operand(insn), d->sub};
		feed_event(&event);
		break;
	case OP_ZVA:
		execute_zva(vcpu, insn);
		break;
	case OP_IC: {
		struct tlb_entry *entry = NULL;
		uint64_t va = operand(insn);

		if (d->sub == IC_IVAU && !(entry = tlb_get(vcpu, insn, va, false)))
			break;
		event.kind = EVENT_IC;
		event.ic =
			(struct ic){at, va, entry ? tlb_address(vcpu, entry, va) : 0, entry ? entry->space : 0, d->sub};
		feed_event(&event);
		vcpu_set_epoch(model_epoch(model));
		break;
	}
	case OP_TLBI:
		execute_tlbi(vcpu, insn, at);
		break;
	case OP_AT:
		if (vcpu->pending)
			feed_use(&at, USE_TRANSLATION, d->reg);
		event.kind = EVENT_REGISTER_WRITE;
		event.register_write = (struct register_write){at, SYSREG_PAR_EL1, 0, 1};
		feed_event(&event);
		vcpu->regs.stale |= 1ull << R_PAR_EL1;
		vcpu->pending = true;
		break;
	case OP_BARRIER:
		event.kind = EVENT_BARRIER;
		event.barrier = (struct barrier){at, d->sub & 3, d->sub >> 2 & 3, d->sub >> 4};
		stored_order(vcpu, barrier_orders_stores(&event.barrier));
		feed_event(&event);
		break;
	case OP_ISB:
		feed_sync(vcpu, &at, SYNC_ISB, insn->el);
		return;
	case OP_MSR:
		execute_msr(vcpu, insn, at);
		return;
	case OP_MRS:
		if (d->reg != SYSREG_MPIDR_EL1 || insn->el >= 2)
			execute_mrs(vcpu, insn, at);
		break;
	case OP_ERET:
		execute_eret(vcpu, insn, at);
		return;
	case OP_HVC:
	case OP_SMC:
		vcpu->call = d->op;
		vcpu->call_function = sysregs_x(0);
		/* Nobody hears of it again, perhaps: from here on its caches are nobody's. If it was refused, it
		 * starts. */
		if (vcpu->call_function == PSCI_CPU_OFF && is_answered_by_qemu(d->op)) {
			vcpu->call = 0;
			feed_cpu(vcpu, &at, CPU_OFF);
		}
		break;
	case OP_WAIT:
		if (vcpu->pending)
			feed_use(&at, USE_WAIT, 0);
		break;
	case OP_WFE:
		wfe_execute(vcpu, &at);
		break;
	case OP_SEV:
		sev_execute(vcpu, &at);
		break;
	case OP_COPY:
	case OP_SET:
		execute_mops(vcpu, insn);
		break;
	default:
		break;
	}
	feed_settle(vcpu);
}
