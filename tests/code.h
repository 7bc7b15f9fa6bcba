/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Code that a test writes: a page that is written at one address and executed at another.
 */
#ifndef TESTS_CODE_H
#define TESTS_CODE_H

#include <limpid/cache.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>

#define INSN_RETURN   0xd65f03c0u
#define INSN_NOP      0xd503201fu
#define INSN_MOVZ(n)  (0x52800000u | (uint32_t)((n)&0xffff) << 5) /* MOVZ W0, #n */
#define INSN_B(words) (0x14000000u | ((uint32_t)(words)&0x3ffffff))

struct code {
	pa_t page;
	va_t va;
	volatile uint32_t *words; /* to write */
	uint32_t (*run)(void);    /* to execute */
};

static inline void code_open(struct code *code)
{
	code->page = page_alloc_zeroed(0);
	ASSERT_FALSE(pa_is_none(code->page));
	code->words = phys_to_virt(code->page);
	code->words[0] = INSN_MOVZ(0);
	code->words[1] = INSN_RETURN;
	code->va = mmu_reserve_va(page_size());
	mmu_map(code->va, code->page, page_size(), MEM_NORMAL_WB, PROT_EXEC);
	code->run = (uint32_t(*)(void))code->va.va;
	icache_sync(va_ptr(code->va), page_size());
}

static inline void code_close(struct code *code)
{
	mmu_unmap(code->va, page_size());
	page_free(code->page, 0);
}

#endif
