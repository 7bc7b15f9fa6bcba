/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stubs.c - QEMU's callbacks, with TCG's env pointer as one more argument. It is in TCG_AREG0 of the host: rbp on
 * x86-64, x19 on AArch64, both of which a callee must preserve and has not touched yet.
 *
 *      stub_read, stub_write, ...   (index, info, va, insn)  ->  feed_read(index, info, va, insn, env)
 *      stub_execute, stub_block     (index, insn)            ->  feed_execute(index, insn, env)
 */
#include "feed.h"

#if defined(__x86_64__)
#define MEMORY_STUB(name, target)                                                                      \
	__asm__(".text\n.globl " #name "\n.hidden " #name "\n.type " #name ", @function\n" #name ":\n" \
		"	mov %rbp, %r8\n"                                                                     \
		"	jmp " #target "\n"                                                             \
		".size " #name ", . - " #name "\n")
#define EXECUTE_STUB(name, target)                                                                     \
	__asm__(".text\n.globl " #name "\n.hidden " #name "\n.type " #name ", @function\n" #name ":\n" \
		"	mov %rbp, %rdx\n"                                                                    \
		"	jmp " #target "\n"                                                             \
		".size " #name ", . - " #name "\n")
#elif defined(__aarch64__)
#define MEMORY_STUB(name, target)                                                                      \
	__asm__(".text\n.globl " #name "\n.hidden " #name "\n.type " #name ", %function\n" #name ":\n" \
		"	hint #34\n	mov x4, x19\n"                                                            \
		"	b " #target "\n"                                                               \
		".size " #name ", . - " #name "\n")
#define EXECUTE_STUB(name, target)                                                                     \
	__asm__(".text\n.globl " #name "\n.hidden " #name "\n.type " #name ", %function\n" #name ":\n" \
		"	hint #34\n	mov x2, x19\n"                                                            \
		"	b " #target "\n"                                                               \
		".size " #name ", . - " #name "\n")
#else
#error "TCG's env register of this host is not known"
#endif

MEMORY_STUB(stub_read, feed_read);
MEMORY_STUB(stub_write, feed_write);
MEMORY_STUB(stub_read_compared, feed_read_compared);
MEMORY_STUB(stub_read_special, feed_read_special);
MEMORY_STUB(stub_write_special, feed_write_special);
EXECUTE_STUB(stub_execute, feed_execute);
EXECUTE_STUB(stub_block, feed_block);
EXECUTE_STUB(stub_fetch, feed_fetch);
EXECUTE_STUB(stub_inject_before, inject_before);
MEMORY_STUB(stub_inject_read, inject_read);
MEMORY_STUB(stub_inject_write, inject_write);
