/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Self-hosted debug: watchpoints. Which bytes, which accesses, which contexts they match, and what they report.
 */
#include <arch/barrier.h>
#include <arch/debug.h>
#include <arch/exception.h>
#include <limpid/expect.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/test.h>
#include <limpid/types.h>

#define ARM_ARM "Arm ARM (DDI 0487), "

#define HITS_MAX 32

static struct {
	uint64_t far;
	uint32_t esr;
} hits[HITS_MAX];
static volatile unsigned int hit_count;

/* A page with one before and one behind it, so that ranges of up to 4 KiB have neighbours on both sides. Not in .bss,
 * all of which is cleaned when the MMU is switched off. */
#define WATCHED_SIZE (3 * 4096)

static uint8_t *watched(void)
{
	static uint8_t *pages;

	if (!pages) {
		pa_t block = page_alloc(page_order(WATCHED_SIZE));

		ASSERT_FALSE(pa_is_none(block));
		pages = phys_to_virt(block);
	}
	return pages;
}

#define memory watched()
#define words  ((uint64_t *)watched())

/* Notes the hit and lets the access go on: all watchpoints are off until the next arm(). */
static void take_watchpoint(struct exception_frame *frame)
{
	if (hit_count < HITS_MAX) {
		hits[hit_count].far = frame->far;
		hits[hit_count].esr = frame->esr;
	}
	hit_count++;
	debug_set_mdscr(0);
}

static void arm(void)
{
	hit_count = 0;
	exception_set_handler(VECTOR_SYNC, EC_WATCHPOINT_SAME, take_watchpoint);
	debug_enable(MDSCR_MDE | MDSCR_KDE);
}

static uint64_t address_of(const volatile void *p)
{
	return (uintptr_t)p;
}

/* One instruction each. */
static void load8(const volatile void *p)
{
	uint64_t value;

	asm volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(p) : "memory");
}

static void store8(volatile void *p, uint64_t value)
{
	asm volatile("strb %w0, [%1]" ::"r"(value), "r"(p) : "memory");
}

static void load64(const volatile void *p)
{
	uint64_t value;

	asm volatile("ldr %0, [%1]" : "=r"(value) : "r"(p) : "memory");
}

static void store64(volatile void *p, uint64_t value)
{
	asm volatile("str %0, [%1]" ::"r"(value), "r"(p) : "memory");
}

#define BOTH (DBGWCR_LOAD | DBGWCR_STORE)

static uint32_t usual(uint32_t accesses, unsigned int bytes)
{
	return DBG_ENABLE | accesses | DBGWCR_BAS(bytes) | debug_here();
}

TEST(debug.watchpoint, each_store,
	.doc = "each watchpoint is hit by a store to its word, with the address; the data lands",
	.source = ARM_ARM "Watchpoint exceptions; FAR_ELx; ESR_ELx, EC 0x35, WnR")
{
	unsigned int count = debug_watchpoints();

	for (unsigned int n = 0; n < count; n++) {
		words[n] = 0;
		debug_set_watchpoint(n, address_of(&words[n]), usual(BOTH, 0xff));
	}
	for (unsigned int n = 0; n < count; n++) {
		arm();
		store64(&words[n], 0x1111 * (n + 1));
		EXPECT_EQ(hit_count, 1u);
		EXPECT_EQ(hits[0].far, address_of(&words[n]));
		EXPECT_EQ(ESR_EC(hits[0].esr), (uint32_t)EC_WATCHPOINT_SAME);
		EXPECT_EQ(ESR_FSC(hits[0].esr), (uint32_t)FSC_DEBUG);
		EXPECT_EQ(hits[0].esr & ESR_WNR, ESR_WNR);
		EXPECT_EQ(words[n], 0x1111u * (n + 1));
	}
	debug_reset();
}

TEST(debug.watchpoint, each_load, .doc = "each watchpoint is hit by a load from its word, with the address",
	.source = ARM_ARM "Watchpoint exceptions; FAR_ELx; ESR_ELx, WnR")
{
	unsigned int count = debug_watchpoints();

	for (unsigned int n = 0; n < count; n++)
		debug_set_watchpoint(n, address_of(&words[n]), usual(BOTH, 0xff));
	for (unsigned int n = 0; n < count; n++) {
		arm();
		load64(&words[n]);
		EXPECT_EQ(hit_count, 1u);
		EXPECT_EQ(hits[0].far, address_of(&words[n]));
		EXPECT_EQ(hits[0].esr & ESR_WNR, 0u);
	}
	debug_reset();
}

/* Whether a byte access is a hit. */
static unsigned int hits_of_byte(unsigned int byte)
{
	arm();
	store8(&memory[byte], byte);
	return hit_count;
}

static void check_select(unsigned int first, unsigned int length)
{
	unsigned int select = ((1u << length) - 1) << first;

	debug_set_watchpoint(0, address_of(memory), usual(BOTH, select));
	for (unsigned int byte = 0; byte < 8; byte++)
		if (!EXPECT_EQ(hits_of_byte(byte), select >> byte & 1))
			INFO("byte %u with DBGWCR.BAS 0x%02x", byte, select);
	EXPECT_EQ(hits_of_byte(8), 0u);
}

TEST(debug.watchpoint, byte_select, .doc = "of the bytes of a doubleword exactly those in BAS hit, for all 36 ranges",
	.source = ARM_ARM "DBGWCR<n>_EL1.BAS; Watchpoint data address comparisons")
{
	for (unsigned int first = 0; first < 8; first++)
		for (unsigned int length = 1; first + length <= 8; length++)
			check_select(first, length);
	debug_reset();
}

TEST(debug.watchpoint, byte_select_of_word, .doc = "with an address of a word, BAS selects among its four bytes",
	.source = ARM_ARM "DBGWVR<n>_EL1, DBGWCR<n>_EL1.BAS")
{
	for (unsigned int first = 0; first < 4; first++) {
		debug_set_watchpoint(0, address_of(memory) + 4, usual(BOTH, 1u << first));
		for (unsigned int byte = 0; byte < 8; byte++)
			EXPECT_EQ(hits_of_byte(byte), byte == 4 + first ? 1u : 0u);
	}
	debug_reset();
}

#define WIDE(name, code)                                                 \
	static void name(volatile void *p)                               \
	{                                                                \
		asm volatile(code ::[p] "r"(p) : "x9", "x10", "memory"); \
	}
WIDE(load16, "ldrh w9, [%[p]]")
WIDE(load32, "ldr w9, [%[p]]")
WIDE(load_wide, "ldr x9, [%[p]]")
WIDE(load_pair, "ldp x9, x10, [%[p]]")
WIDE(store_pair, "stp xzr, xzr, [%[p]]")

TEST(debug.watchpoint, wider_access, .doc = "an access of any size that touches the watched byte hits, others do not",
	.source = ARM_ARM "Watchpoint data address comparisons; FAR_ELx")
{
	static const struct {
		void (*access)(volatile void *);
		unsigned int size;
	} accesses[] = {{load16, 2}, {load32, 4}, {load_wide, 8}, {load_pair, 16}, {store_pair, 16}};

	for (unsigned int i = 0; i < ARRAY_SIZE(accesses); i++) {
		for (unsigned int byte = 0; byte < 16; byte++) {
			volatile void *start = &memory[byte & -accesses[i].size], *other = start + accesses[i].size;

			debug_set_watchpoint(0, address_of(memory) + (byte & ~7u), usual(BOTH, 1u << byte % 8));
			arm();
			accesses[i].access(start);
			EXPECT_EQ(hit_count, 1u);
			/* Anywhere from where the access begins to what is watched. */
			EXPECT_GE(hits[0].far, address_of(start));
			EXPECT_LE(hits[0].far, address_of(memory) + byte);
			arm();
			accesses[i].access(other);
			EXPECT_EQ(hit_count, 0u);
		}
	}
	debug_reset();
}

TEST(debug.watchpoint, loads_alone, .doc = "with LSC 1 a load hits and a store does not",
	.source = ARM_ARM "DBGWCR<n>_EL1.LSC")
{
	debug_set_watchpoint(0, address_of(memory), usual(DBGWCR_LOAD, 0xff));
	arm();
	store8(memory, 1);
	EXPECT_EQ(hit_count, 0u);
	load8(memory);
	EXPECT_EQ(hit_count, 1u);
	debug_reset();
}

TEST(debug.watchpoint, stores_alone, .doc = "with LSC 2 a store hits and a load does not",
	.source = ARM_ARM "DBGWCR<n>_EL1.LSC")
{
	debug_set_watchpoint(0, address_of(memory), usual(DBGWCR_STORE, 0xff));
	arm();
	load8(memory);
	EXPECT_EQ(hit_count, 0u);
	store8(memory, 1);
	EXPECT_EQ(hit_count, 1u);
	debug_reset();
}

TEST(debug.watchpoint, ranges, .doc = "MASK 3 to 12 watches 8 bytes to 4 KiB: the first and the last, and no neighbour",
	.source = ARM_ARM "DBGWCR<n>_EL1.MASK")
{
	uint8_t *start = memory + 4096;

	for (unsigned int mask = 3; mask <= 12; mask++) {
		size_t size = 1ul << mask;
		uint8_t *const inside[] = {start, start + size / 2, start + size - 1};
		uint8_t *const outside[] = {start - 1, start + size};

		debug_set_watchpoint(0, address_of(start), usual(BOTH, 0xff) | DBGWCR_MASK(mask));
		for (unsigned int i = 0; i < ARRAY_SIZE(inside); i++) {
			arm();
			load8(inside[i]);
			EXPECT_EQ(hit_count, 1u);
			EXPECT_EQ(hits[0].far, address_of(inside[i]));
		}
		for (unsigned int i = 0; i < ARRAY_SIZE(outside); i++) {
			arm();
			store8(outside[i], 0);
			EXPECT_EQ(hit_count, 0u);
		}
	}
	debug_reset();
}

TEST(debug.watchpoint, enabled,
	.doc = "a watchpoint without DBGWCR.E, or with MDE or KDE 0, or PSTATE.D set is not hit",
	.source = ARM_ARM "DBGWCR<n>_EL1.E; MDSCR_EL1; PSTATE.D")
{
	static const uint32_t settings[] = {MDSCR_MDE, MDSCR_KDE, 0};

	debug_set_watchpoint(0, address_of(memory), usual(BOTH, 0xff) & ~DBG_ENABLE);
	arm();
	load8(memory);
	EXPECT_EQ(hit_count, 0u);
	debug_set_watchpoint(0, address_of(memory), usual(BOTH, 0xff));
	for (unsigned int i = 0; i < ARRAY_SIZE(settings); i++) {
		debug_set_mdscr(settings[i]);
		load8(memory);
		EXPECT_EQ(hit_count, 0u);
	}
	arm();
	asm volatile("msr daifset, #8" ::: "memory");
	load8(memory);
	EXPECT_EQ(hit_count, 0u);
	asm volatile("msr daifclr, #8" ::: "memory");
	load8(memory);
	EXPECT_EQ(hit_count, 1u);
	debug_reset();
}

TEST(debug.watchpoint, other_level, .doc = "a watchpoint for EL0 alone is not hit by our accesses",
	.source = ARM_ARM "DBGWCR<n>_EL1.PAC")
{
	debug_set_watchpoint(0, address_of(memory), DBG_ENABLE | BOTH | DBGWCR_BAS(0xff) | DBG_EL0);
	arm();
	load8(memory);
	store8(memory, 0);
	EXPECT_EQ(hit_count, 0u);
	debug_reset();
}

/* An SVC tells where the stack is. */
USER_ASM(user_store, "svc #1\n str xzr, [sp, #-16]\n svc #0xffff");

static uint64_t user_address;

static void watch_user_stack(struct exception_frame *frame)
{
	user_address = frame->sp - 16;
	debug_set_watchpoint(0, user_address, DBG_ENABLE | BOTH | DBGWCR_BAS(0xff) | DBG_EL0);
}

TEST(debug.watchpoint, at_el0, .doc = "a watchpoint for EL0 is hit there, with KDE 0 and PSTATE.D set at our EL",
	.source = ARM_ARM "Watchpoint exceptions; ESR_ELx, EC 0x34")
{
	struct exception_frame frame;

	exception_set_handler(VECTOR_EL0_SYNC, EC_SVC64, watch_user_stack);
	debug_enable(MDSCR_MDE);
	asm volatile("msr daifset, #8" ::: "memory");
	el0_run(user_store, 0, &frame);
	debug_reset();
	EXPECT_EQ(ESR_EC(frame.esr), (uint32_t)EC_WATCHPOINT_LOWER);
	EXPECT_EQ(frame.far, user_address);
	EXPECT_EQ(frame.pc, (uint64_t)(uintptr_t)user_store + 4);
}

static unsigned int hits_in_context(uint64_t context)
{
	unsigned int aware = debug_breakpoints() - 1;

	debug_set_breakpoint(aware, 0x77, DBG_ENABLE | DBGBCR_BAS | DBGBCR_CONTEXT | debug_here());
	debug_set_watchpoint(0, address_of(memory), usual(BOTH, 0xff) | DBGWCR_LINKED | DBG_LINK(aware));
	write_sysreg(context, contextidr_el1);
	/* The context is the one of the load below. */
	isb();
	arm();
	load8(memory);
	debug_reset();
	write_sysreg(0, contextidr_el1);
	isb();
	return hit_count;
}

TEST(debug.watchpoint, in_context, .doc = "a watchpoint linked to a Context ID is hit in that context alone",
	.source = ARM_ARM "DBGWCR<n>_EL1.WT and LBN; Context breakpoints")
{
	EXPECT_EQ(hits_in_context(0x77), 1u);
	EXPECT_EQ(hits_in_context(0x78), 0u);
}

TEST(debug.watchpoint, exclusive, .doc = "a Load-Exclusive hits as a load, and the pair still succeeds in the end",
	.source = ARM_ARM "Watchpoint exceptions")
{
	uint64_t value;
	uint32_t failed = 1;

	words[0] = 5;
	debug_set_watchpoint(0, address_of(words), usual(DBGWCR_LOAD, 0xff));
	arm();
	for (unsigned int i = 0; failed && i < 1000; i++)
		asm volatile("ldxr %0, [%2]\n"
			     "add %0, %0, #1\n"
			     "stxr %w1, %0, [%2]"
			     : "=&r"(value), "=&r"(failed)
			     : "r"(words)
			     : "memory");
	EXPECT_EQ(hit_count, 1u);
	EXPECT_EQ(failed, 0u);
	EXPECT_EQ(words[0], 6u);
	debug_reset();
}
