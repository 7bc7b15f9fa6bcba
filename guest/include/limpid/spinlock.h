/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spinlock.h - a lock for a few instructions, between CPUs.
 *
 * Invariant: v is 0 when free. Not recursive. It does not mask interrupts: what an interrupt handler takes too must be
 * taken with interrupts masked. The architecture implements it, and says what it needs of the MMU.
 */
#ifndef LIMPID_SPINLOCK_H
#define LIMPID_SPINLOCK_H

#include <stdint.h>

struct spinlock {
	uint32_t v;
};

#define SPINLOCK_INIT \
	{             \
		0     \
	}

/* Waits until the lock is free and takes it; what the last holder wrote is seen afterwards. */
void spin_lock(struct spinlock *lock);

/* Frees the lock; what was written before is seen by the next holder. */
void spin_unlock(struct spinlock *lock);

#endif
