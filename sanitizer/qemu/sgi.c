/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sgi.c - interrupts that software sends: by a write of ICC_SGI1R_EL1 and its like (GICv3), or by a store to GICD_SGIR
 * (GICv2); and by one that makes another interrupt pending. Where these are is known for QEMU's machine `virt` only.
 *
 * Source: IHI 0069, ICC_SGI1R_EL1; IHI 0048, GICD_SGIR.
 */
#include "feed.h"
#include "gic.h"

static bool is_sgi_register(uint16_t code)
{
	return code == SYSREG_ICC_SGI1R_EL1 || code == SYSREG_ICC_ASGI1R_EL1 || code == SYSREG_ICC_SGI0R_EL1;
}

/* Aff3.Aff2.Aff1 and a list of 16 from Aff0 = 16 * RS on; or with IRM all but the sender. */
static bool register_names(uint64_t value, uint64_t mpidr)
{
	uint64_t aff0 = mpidr & 0xff, first = (value >> 44 & 15) * 16;

	if (value >> 40 & 1)
		return true;
	return (value >> 48 & 0xff) == (mpidr >> 32 & 0xff) && (value >> 32 & 0xff) == (mpidr >> 16 & 0xff) &&
	       (value >> 16 & 0xff) == (mpidr >> 8 & 0xff) && aff0 - first < 16 && value >> (aff0 - first) & 1;
}

/* Filter 0: a list of CPU interfaces, which on `virt` are numbered as the CPUs; 1: all others; 2: the sender. */
static bool store_names(uint64_t value, uint64_t mpidr)
{
	unsigned filter = value >> 24 & 3;

	return filter == 1 || (!filter && (mpidr & 0xff) < 8 && value >> (16 + (mpidr & 0xff)) & 1);
}

static void send(struct vcpu *vcpu, const struct place *at, enum sgi_by by, const struct cpu_set *to)
{
	struct event event = {.kind = EVENT_SGI, .sgi = {.at = *at, .by = (uint8_t)by, .to = *to}};

	if (cpu_set_empty(to))
		return;
	stored_tell(vcpu);
	feed_event(&event);
}

static void send_sgi(struct vcpu *vcpu, const struct place *at, enum sgi_by by, uint64_t value)
{
	struct cpu_set set = {0};

	/* Who has not run yet takes no interrupt. */
	for (unsigned i = 0; i < vcpu_count(); i++) {
		const struct vcpu *to = vcpu_get(i);

		if (to != vcpu && (!to->mpidr_known || (by == SGI_BY_ICC_SGI1R ? register_names(value, to->mpidr)
									       : store_names(value, to->mpidr))))
			cpu_set_add(&set, to->index);
	}
	send(vcpu, at, by, &set);
}

static void pend(struct vcpu *vcpu, const struct place *at, uint64_t pa, unsigned size, uint64_t value)
{
	struct cpu_set set = {0};

	for (unsigned i = 0; i < vcpu_count(); i++) {
		const struct vcpu *to = vcpu_get(i);

		if (to != vcpu && to->mpidr_known && gic_pends(pa, size, value, to->mpidr))
			cpu_set_add(&set, to->index);
	}
	send(vcpu, at, gic_is_distributor(pa) ? SGI_BY_GICD_ISPENDR : SGI_BY_GICR_ISPENDR, &set);
}

void sgi_written(struct vcpu *vcpu, const struct place *at, uint16_t code, uint64_t value)
{
	if (is_sgi_register(code))
		send_sgi(vcpu, at, SGI_BY_ICC_SGI1R, value);
}

/* What was loaded or stored, of @size bytes; false: that is not known. */
static bool value_of(const qemu_plugin_meminfo_t *info, unsigned size, uint64_t *value)
{
	qemu_plugin_mem_value got;

	if (!info || size > 8 || size != 1u << qemu_plugin_mem_size_shift(*info))
		return false;
	got = qemu_plugin_mem_get_value(*info);
	*value = size == 1 ? got.data.u8 : size == 2 ? got.data.u16 : size == 4 ? got.data.u32 : got.data.u64;
	return true;
}

/* GICD_ITARGETSR0 to 7 of a GICv2 give who reads them, by the number of its interface, as in store_names(). */
static void learn_mpidr(struct vcpu *vcpu, uint64_t pa, uint64_t value)
{
	if (vcpu->mpidr_known || pa < VIRT_GICD + GICD_ITARGETSR || pa >= VIRT_GICD + GICD_ITARGETSR + 32 ||
		!(value & 0xff))
		return;
	vcpu->mpidr = (uint64_t)__builtin_ctzll(value);
	vcpu->mpidr_known = true;
}

void sgi_access(struct vcpu *vcpu, const struct insn *insn, uint64_t pa, const qemu_plugin_meminfo_t *info,
	unsigned size, bool write)
{
	struct place at;
	uint64_t value;
	bool known;

	if (!gic_is_distributor(pa) && !gic_is_redistributor(pa))
		return;
	known = value_of(info, size, &value);
	if (!write) {
		gic_loaded(pa, size, known ? &value : NULL);
		if (known)
			learn_mpidr(vcpu, pa, value);
		return;
	}
	gic_stored(pa, size, known ? &value : NULL);
	if (!known)
		return;
	at = place_of(vcpu, insn);
	if (pa == VIRT_GICD + GICD_SGIR && size == 4)
		send_sgi(vcpu, &at, SGI_BY_GICD_SGIR, value);
	else if (gic_is_pend(pa))
		pend(vcpu, &at, pa, size, value);
}
