/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exercise - a program for Linux on arm64, without a C library: maps, unmaps and protects memory, forks over it, and
 * writes instructions that it then executes, as a JIT compiler does. With an argument, those without the cache
 * maintenance that they need.
 */
#include <stdint.h>

enum {
	SYS_exit = 93,
	SYS_munmap = 215,
	SYS_clone = 220,
	SYS_mmap = 222,
	SYS_mprotect = 226,
	SYS_wait4 = 260,
};

#define PROT_READ  1
#define PROT_WRITE 2
#define PROT_EXEC  4
#define MAP_ANON   0x22 /* MAP_PRIVATE | MAP_ANONYMOUS */
#define SIGCHLD    17
#define SIZE       (64ul << 10)
#define ROUNDS     50

static long call(long number, unsigned long a, unsigned long b, unsigned long c, unsigned long d, long e)
{
	register long x8 asm("x8") = number;
	register unsigned long x0 asm("x0") = a, x1 asm("x1") = b, x2 asm("x2") = c, x3 asm("x3") = d;
	register long x4 asm("x4") = e;
	register long x5 asm("x5") = 0;

	asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return (long)x0;
}

static volatile uint64_t *map(unsigned long prot)
{
	return (volatile uint64_t *)call(SYS_mmap, 0, SIZE, prot, MAP_ANON, -1);
}

static int maps(unsigned round)
{
	volatile uint64_t *p = map(PROT_READ | PROT_WRITE);
	long child, status = 0;

	if ((long)p < 0)
		return 1;
	for (unsigned i = 0; i < SIZE / 8; i += 256)
		p[i] = round + i;
	call(SYS_mprotect, (unsigned long)p, SIZE, PROT_READ, 0, 0);
	if (p[256] != round + 256)
		return 2;
	call(SYS_mprotect, (unsigned long)p, SIZE, PROT_READ | PROT_WRITE, 0, 0);
	child = call(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (!child) {
		/* A copy of its own, from here on. */
		for (unsigned i = 0; i < SIZE / 8; i += 256)
			p[i]++;
		call(SYS_exit, p[512] == round + 513 ? 0 : 1, 0, 0, 0, 0);
	}
	p[0] = 7;
	call(SYS_wait4, (unsigned long)child, (unsigned long)&status, 0, 0, 0);
	if (child < 0 || status || p[256] != round + 256)
		return 3;
	call(SYS_munmap, (unsigned long)p, SIZE, 0, 0, 0);
	return 0;
}

/* What B2.7.4.2 of DDI 0487 says of a location that is executed after it was written, by the same PE. */
static void synchronize(const volatile uint32_t *code, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		asm volatile("dc cvau, %0" : : "r"(code + i) : "memory");
	asm volatile("dsb ish" : : : "memory"); /* cleaned before it is invalidated */
	for (unsigned i = 0; i < count; i++)
		asm volatile("ic ivau, %0" : : "r"(code + i) : "memory");
	asm volatile("dsb ish\n\tisb" : : : "memory"); /* invalidated before the next fetch */
}

static int compiles(int careless)
{
	volatile uint32_t *code = (volatile uint32_t *)map(PROT_READ | PROT_WRITE | PROT_EXEC);

	if ((long)code < 0)
		return 4;
	for (unsigned i = 0; i < ROUNDS; i++) {
		volatile uint32_t *at = code + i % 4 * 16;

		at[0] = 0x52800000 | i << 5; /* mov w0, #i */
		at[1] = 0xd65f03c0;          /* ret */
		if (!careless)
			synchronize(at, 2);
		if (((unsigned (*)(void))(uintptr_t)at)() != i)
			return 5;
	}
	call(SYS_munmap, (unsigned long)code, SIZE, 0, 0, 0);
	return 0;
}

__attribute__((used)) static void start(const long *stack)
{
	int status = 0;

	for (unsigned i = 0; i < ROUNDS && !status; i++)
		status = maps(i);
	if (!status)
		status = compiles(stack[0] > 1);
	call(SYS_exit, (unsigned long)status, 0, 0, 0, 0);
}

asm(".global _start\n_start: mov x0, sp\n\tb start\n");
