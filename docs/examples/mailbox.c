/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A deliberate mistake: a message is posted through the cache, and read by somebody who looks into memory. */
#include <arch/barrier.h>
#include <limpid/cache.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/test.h>

static volatile uint64_t *mailbox, *device_view;

static void setup(void)
{
	pa_t page = page_alloc_zeroed(0);
	va_t va = mmu_reserve_va(page_size());

	mailbox = phys_to_virt(page);
	/* Memory has the zeros, and no cache a copy, before somebody else looks there. */
	dcache_clean_invalidate_poc(mailbox, page_size());
	mmu_map(va, page, page_size(), MEM_NORMAL_NC, PROT_WRITE);
	device_view = va_ptr(va);
}

static void post(uint64_t message)
{
	*mailbox = message;
	/* What is missing here: dcache_clean_poc(mailbox, sizeof(*mailbox)). */
	dsb(sy);
}

TEST(mailbox, arrives, .doc = "what is posted is what the other side reads")
{
	setup();
	post(42);
	EXPECT_EQ(*device_view, 42u);
}
