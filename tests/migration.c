/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Migration: what a machine has when it moves to another VMM is what it has there. Memory, CPUs and their registers,
 * time.
 */
#include <arch/barrier.h>
#include <arch/sysreg.h>
#include <limpid/boot.h>
#include <limpid/expect.h>
#include <limpid/migrate.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/psci.h>
#include <limpid/smp.h>
#include <limpid/test.h>

TEST(migration, again, .doc = "a machine migrates, and from there on to a third", .needs = "migration")
{
	volatile unsigned int there = 0;

	for (unsigned int i = 0; i < 2; i++) {
		migrate();
		there++;
	}
	EXPECT_EQ(there, 2u);
}
