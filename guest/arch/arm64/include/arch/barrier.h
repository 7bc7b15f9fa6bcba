/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Barriers, in Arm's spelling: dsb(ish). Each use says what it orders before what, and for whom.
 *
 * Source: Arm ARM (DDI 0487), "Memory barriers"; "Context synchronization event".
 */
#ifndef ARCH_BARRIER_H
#define ARCH_BARRIER_H

#define isb()    asm volatile("isb" ::: "memory")
#define dsb(opt) asm volatile("dsb " #opt ::: "memory")
#define dmb(opt) asm volatile("dmb " #opt ::: "memory")
#define sev()    asm volatile("sev" ::: "memory")
#define wfe()    asm volatile("wfe" ::: "memory")
#define wfi()    asm volatile("wfi" ::: "memory")

#define load_acquire(p)     __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

static inline void cpu_relax(void)
{
	asm volatile("yield" ::: "memory");
}

#endif
