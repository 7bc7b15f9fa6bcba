/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spinlocks by exclusives. Those are guaranteed only on Normal write-back memory (Arm ARM, "Load-Exclusive and
 * Store-Exclusive instruction usage restrictions"): while this CPU's MMU is off a lock does nothing, and whoever
 * switches it off must be alone with what the lock protects.
 */
#include <arch/barrier.h>
#include <limpid/mmu.h>
#include <limpid/spinlock.h>

void spin_lock(struct spinlock *lock)
{
	uint32_t taken, fail;

	if (!mmu_enabled())
		return;
	asm volatile("	sevl\n"
		     "1:	wfe\n"
		     "2:	ldaxr	%w0, %2\n"
		     "	cbnz	%w0, 1b\n"
		     "	stxr	%w1, %w3, %2\n"
		     "	cbnz	%w1, 2b\n"
		     : "=&r"(taken), "=&r"(fail), "+Q"(lock->v)
		     : "r"(1)
		     : "memory");
}

void spin_unlock(struct spinlock *lock)
{
	/* The release also clears the monitors of those that wait in WFE. */
	store_release(&lock->v, 0);
}
