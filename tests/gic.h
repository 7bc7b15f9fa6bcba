/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of the interrupt controllers share. They take interrupts by hand, with IRQs masked, where the order of
 * events matters, and by the exception where that is the point.
 */
#ifndef TESTS_GIC_H
#define TESTS_GIC_H

#include <arch/barrier.h>
#include <limpid/delay.h>
#include <limpid/expect.h>
#include <limpid/gic.h>
#include <limpid/gic_registers.h>
#include <limpid/its.h>
#include <limpid/smp.h>

/* Until something that must come counts as lost: a hang detector. And how long nothing must come. */
#define QUIET_US 100

#define WAIT_FOR(condition)                                                                              \
	({                                                                                               \
		uint64_t start_ = counter_read();                                                        \
		bool held_;                                                                              \
                                                                                                         \
		while (!(held_ = (condition)) && counter_read() - start_ < counter_from_us(PATIENCE_US)) \
			cpu_relax();                                                                     \
		held_;                                                                                   \
	})

/* Acknowledges the next interrupt that comes: the IAR's value; a special INTID when none does. */
static inline uint32_t acknowledge_soon(void)
{
	uint32_t iar = INTID_NONE;

	WAIT_FOR(gic_intid(iar = gic_acknowledge()) < INTID_SPECIAL || gic_intid(iar) >= INTID_LPI);
	return iar;
}

/* The same where nothing is to come. */
static inline uint32_t acknowledge_late(void)
{
	udelay(QUIET_US);
	return gic_acknowledge();
}

/* The next interrupt is this one; it is left active. Gives the IAR's value. */
#define EXPECT_TAKES(id)                                        \
	({                                                      \
		uint32_t iar_ = acknowledge_soon();             \
                                                                \
		EXPECT_EQ(gic_intid(iar_), (unsigned int)(id)); \
		iar_;                                           \
	})

/* Nothing is to be taken. What comes all the same is ended. */
#define EXPECT_TAKES_NOTHING()                                              \
	do {                                                                \
		uint32_t late_ = acknowledge_late();                        \
                                                                            \
		if (!EXPECT_EQ(gic_intid(late_), (unsigned int)INTID_NONE)) \
			gic_end(late_);                                     \
	} while (0)

/* Number n of the SPIs that tests may use, edge-triggered if it can be, routed to this CPU, disabled. */
static inline unsigned int spare_spi(unsigned int n)
{
	unsigned int intid = gic_spare_spi(n);

	if (!intid)
		SKIP("the interrupt controller has no SPI to spare");
	gic_set_edge(intid, true);
	gic_set_target(intid, cpu_index());
	return intid;
}

/* Without an ITS that can be started the test is skipped. */
static inline void start_its(void)
{
	const char *why = its_start();

	if (why)
		SKIP("%s", why);
}

#endif
