/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "vcpu.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "plugin.h"

/* CPUARMState: uint32_t regs[16], then uint64_t xregs[32]. Checked at run time. */
#define ENV_X 64

struct vcpu *vcpu_running;
const void *vcpu_running_env;
static struct vcpu *vcpus[MODEL_CPUS];
static bool known[MODEL_CPUS]; /* an index that some env has */
static unsigned count;
static uint32_t epoch;

struct vcpu *vcpu_get(unsigned number)
{
	return number < count ? vcpus[number] : NULL;
}

unsigned vcpu_count(void)
{
	return count;
}

/* 12 bits are left for the attributes, of which the key is 0, too. */
static void set_writer_base(struct vcpu *vcpu)
{
	vcpu->writer_base = (epoch << 20 | vcpu->index << 12) + 1;
}

void vcpu_set_epoch(uint32_t now)
{
	epoch = now;
	for (unsigned i = 0; i < count; i++)
		set_writer_base(vcpus[i]);
}

static bool readable(const void *address, void *copy, size_t size)
{
	struct iovec local = {copy, size}, remote = {(void *)address, size};

	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)size;
}

static bool holds_registers(const void *env)
{
	uint64_t x[31];

	if ((uintptr_t)env & 15 || !readable((const char *)env + ENV_X, x, sizeof(x)))
		return false;
	for (unsigned i = 0; i < 31; i++) {
		if (x[i] != sysregs_x(i))
			return false;
	}
	return true;
}

static struct vcpu *vcpu_new(unsigned index, const void *env, bool x)
{
	/* At reset that of the CPU itself; few have Aff1 on virt. Without EL2: see system.c. */
	bool mpidr_known = sysregs_have(R_VMPIDR_EL2);
	uint64_t mpidr = 0;
	struct vcpu *vcpu;

	/*
	 * QEMU's index is most likely right when a CPU is seen first, since then it has most likely just translated the
	 * block; it is certainly wrong when it is another CPU's. The number is a name: what matters is that it stays.
	 */
	if (index >= MODEL_CPUS || known[index]) {
		for (index = 0; index < MODEL_CPUS && known[index]; index++)
			;
	}
	if (mpidr_known) {
		mpidr = sysreg_read(R_VMPIDR_EL2);
		if ((mpidr & 0xffffff) < MODEL_CPUS && !known[mpidr & 0xffffff])
			index = mpidr & 0xffffff;
	}
	if (index >= MODEL_CPUS)
		plugin_fail("more than %u CPUs", MODEL_CPUS);
	vcpu = mmap(NULL, sizeof(*vcpu), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (vcpu == MAP_FAILED)
		plugin_fail("out of memory");
	known[index] = true;
	vcpu->index = index;
	set_writer_base(vcpu);
	vcpu->mpidr = mpidr;
	vcpu->mpidr_known = mpidr_known;
	vcpu->env = env;
	vcpu->x = x ? (const uint64_t *)((const char *)env + ENV_X) : NULL;
	vcpu->generation = vcpu->fast_generation = 1;
	vcpu->regs.stale = SYSREGS_ALL;
	vcpus[count++] = vcpu;
	return vcpu;
}

static struct vcpu *find(unsigned index, const void *env, bool certain)
{
	unsigned all = qemu_plugin_num_vcpus();

	for (unsigned i = 0; i < count; i++) {
		if (vcpus[i]->env == env)
			return vcpus[i];
	}
	if (count < all || certain) {
		bool x = holds_registers(env);

		if (all == 1 && count == 0)
			return vcpu_new(0, env, x);
		if (all > 1 && certain && (!x || count == all))
			plugin_fail("cannot tell the CPUs apart in this QEMU (TCG's env is not where it is expected): "
				    "use -smp 1");
		if (all > 1 && x)
			return vcpu_new(index, env, x);
	}
	/* From a helper of QEMU's: its index is right. */
	for (unsigned i = 0; i < count; i++) {
		if (vcpus[i]->index == index)
			return vcpus[i];
	}
	return vcpu_running;
}

struct vcpu *vcpu_switch(unsigned index, const void *env, bool certain)
{
	vcpu_running = find(index, env, certain);
	vcpu_running_env = vcpu_running ? vcpu_running->env : NULL;
	if (vcpu_running)
		vcpu_running->waits = false;
	return vcpu_running;
}

void vcpu_wait(struct vcpu *vcpu)
{
	vcpu->waits = true;
	vcpu_running_env = NULL;
}
