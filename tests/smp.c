/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPUs: each answers, as itself, and comes and goes.
 */
#include <arch/barrier.h>
#include <arch/sysreg.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/psci.h>
#include <limpid/smp.h>
#include <limpid/string.h>
#include <limpid/test.h>

struct answer {
	uint64_t mpidr;
	unsigned int index, el;
	bool mmu;
	uint64_t sctlr, tcr;
};

static struct answer answers[64];

static void answer(void *arg)
{
	(void)arg;
	answers[cpu_index()] = (struct answer){cpu_read_mpidr(), cpu_index(), current_el(), mmu_enabled(),
		read_sysreg(sctlr_el1), read_sysreg(tcr_el1)};
}

TEST(smp, mpidr, .doc = "every CPU answers with its own MPIDR, which maps back to its number", .cpus = 2)
{
	memset(answers, 0, sizeof(answers));
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++) {
		on_cpu(cpu, answer, NULL);
		EXPECT_EQ(answers[cpu].mpidr, cpu_mpidr(cpu));
		EXPECT_EQ(answers[cpu].index, cpu);
		EXPECT_EQ(cpu_of_mpidr(answers[cpu].mpidr), (int)cpu);
	}
}

TEST(smp, alike, .doc = "every CPU runs at the same exception level with the same SCTLR and TCR", .cpus = 2)
{
	memset(answers, 0, sizeof(answers));
	on_each_cpu(answer, NULL);
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++) {
		EXPECT_EQ(answers[cpu].el, answers[0].el);
		EXPECT_TRUE(answers[cpu].mmu);
		EXPECT_EQ(answers[cpu].sctlr, answers[0].sctlr);
		EXPECT_EQ(answers[cpu].tcr, answers[0].tcr);
	}
}

static uint32_t arrived;

static void rendezvous(void *arg)
{
	(void)arg;
	__atomic_fetch_add(&arrived, 1, __ATOMIC_RELAXED);
	/* Nobody leaves before all are here: they must run at the same time. */
	while (load_acquire(&arrived) < cpu_count())
		cpu_relax();
}

TEST(smp, together, .doc = "all CPUs run at the same time", .cpus = 2)
{
	arrived = 0;
	on_each_cpu(rendezvous, NULL);
	EXPECT_EQ(arrived, cpu_count());
}

TEST(smp, off_and_on, .doc = "a CPU goes off, is reported off, and answers again after CPU_ON", .cpus = 2,
	.needs = "psci", .source = "PSCI (DEN 0022), CPU_OFF, CPU_ON, AFFINITY_INFO")
{
	unsigned int last = cpu_count() - 1;

	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(cpu_start(last), PSCI_SUCCESS);
		EXPECT_EQ(psci_call(PSCI_AFFINITY_INFO, cpu_mpidr(last), 0, 0), (int64_t)PSCI_ON);
		cpu_stop(last);
		EXPECT_EQ(psci_call(PSCI_AFFINITY_INFO, cpu_mpidr(last), 0, 0), (int64_t)PSCI_OFF);
	}
	memset(answers, 0, sizeof(answers));
	on_cpu(last, answer, NULL);
	EXPECT_EQ(answers[last].mpidr, cpu_mpidr(last));
}

static void fail_here(void *arg)
{
	uint32_t *reached = arg;

	*reached = 1;
	test_abort();
}

TEST(smp, abort_on_secondary, .doc = "an assertion that fails on another CPU ends what that CPU does, and nothing else",
	.cpus = 2)
{
	uint32_t reached = 0;

	on_cpu(1, fail_here, &reached);
	EXPECT_EQ(reached, 1u);
	memset(answers, 0, sizeof(answers));
	on_cpu(1, answer, NULL);
	EXPECT_EQ(answers[1].index, 1u);
}
