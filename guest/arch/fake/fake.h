/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake.h - the architecture "fake": portable guest code as a host program.
 *
 * It implements what the portable code wants from an architecture, on one thread, and lets a test look at it: what was
 * printed, what panicked, which physical memory there is. A test includes <glib.h> and the C library first, and then
 * the limpid headers, which from there on give the functions that both have the guest's meaning.
 */
#ifndef FAKE_H
#define FAKE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the guest has printed since the last fake_console_clear; NUL-terminated. */
const char *fake_console(void);
void fake_console_clear(void);

/* RAM: `size` bytes at the physical address `base`, zero, taken from the host only where it is touched. One at a time.
 */
void fake_ram_init(uint64_t base, uint64_t size);
void fake_ram_fini(void);

/* Makes `size` bytes readable by phys_window at the physical address `base`; they stay the caller's. */
void fake_window_add(uint64_t base, const void *bytes, size_t size);
void fake_window_clear(void);

/* The text of the last panic. Without a jump target set, a panic ends the program. */
extern char fake_panic_text[512];
extern jmp_buf *fake_panic_target;

/* A statement that panics has no time to change variables of its test, so none of them is clobbered. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wclobbered"
#endif

/* Whether `statement` panics; what it held stays locked and half done, so start anew afterwards. */
#define FAKE_PANICS(statement)                              \
	({                                                  \
		jmp_buf panic_target_;                      \
		volatile bool panicked_ = true;             \
		fake_panic_text[0] = 0;                     \
		if (!setjmp(panic_target_)) {               \
			fake_panic_target = &panic_target_; \
			statement;                          \
			panicked_ = false;                  \
		}                                           \
		fake_panic_target = NULL;                   \
		panicked_;                                  \
	})

/* The words that machine_meets knows, space separated; others give the reason "the machine is fake". */
extern const char *fake_machine_has;

/* What arch_time_us returns next, and by how much it then advances. */
extern uint64_t fake_time_us;
extern uint64_t fake_time_step_us;

/* How often spin_lock was called, and how many locks are held. */
extern unsigned fake_locks_taken;
extern int fake_locks_held;

#endif
