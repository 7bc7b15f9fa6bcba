// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fake.h"

#include <limpid/check.h>
#include <limpid/phys.h>
#include <limpid/spinlock.h>

/* The guest's headers below would rename these, and here the C library's are meant. */
static void host_format(char *buffer, size_t size, const char *fmt, va_list args)
{
	vsnprintf(buffer, size, fmt, args);
}

static void *host_copy(void *dst, const void *src, size_t size)
{
	return memcpy(dst, src, size);
}

#include <limpid/expect.h>
#include <limpid/printf.h>
#include <limpid/runner.h>

static char *console_text;
static size_t console_length, console_size;

const char *fake_console(void)
{
	return console_text ? console_text : "";
}

void fake_console_clear(void)
{
	free(console_text);
	console_text = NULL;
	console_length = console_size = 0;
}

void console_flush(void)
{
}

void console_write(const char *text, size_t length)
{
	if (console_length + length + 1 > console_size) {
		console_size = 2 * (console_length + length + 1);
		console_text = realloc(console_text, console_size);
		if (!console_text)
			abort();
	}
	host_copy(console_text + console_length, text, length);
	console_length += length;
	console_text[console_length] = 0;
}

char fake_panic_text[512];
jmp_buf *fake_panic_target;

_Noreturn void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	host_format(fake_panic_text, sizeof(fake_panic_text), fmt, args);
	va_end(args);
	fake_locks_held = 0;
	if (fake_panic_target)
		longjmp(*fake_panic_target, 1);
	fputs("panic: ", stderr);
	fputs(fake_panic_text, stderr);
	fputs("\n", stderr);
	abort();
}

unsigned fake_locks_taken;
int fake_locks_held;

void spin_lock(struct spinlock *lock)
{
	/* There is one thread: nobody would ever free it. */
	if (lock->v) {
		fputs("fake: a lock is taken twice\n", stderr);
		abort();
	}
	lock->v = 1;
	fake_locks_taken++;
	fake_locks_held++;
}

void spin_unlock(struct spinlock *lock)
{
	if (!lock->v) {
		fputs("fake: a lock is freed twice\n", stderr);
		abort();
	}
	lock->v = 0;
	fake_locks_held--;
}

static struct {
	uint64_t base;
	uint64_t size;
	uint8_t *memory;
} ram;

void fake_ram_init(uint64_t base, uint64_t size)
{
	fake_ram_fini();
	ram.memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ram.memory == MAP_FAILED)
		abort();
	ram.base = base;
	ram.size = size;
}

void fake_ram_fini(void)
{
	if (ram.memory)
		munmap(ram.memory, ram.size);
	ram.memory = NULL;
	ram.size = 0;
}

void *phys_to_virt(pa_t address)
{
	if (address.pa - ram.base >= ram.size) {
		fputs("fake: a physical address outside of RAM is used\n", stderr);
		abort();
	}
	return ram.memory + (address.pa - ram.base);
}

pa_t virt_to_phys(const volatile void *pointer)
{
	return pa_make((uint64_t)((const volatile uint8_t *)pointer - ram.memory) + ram.base);
}

#define MAX_WINDOWS 32

static struct {
	uint64_t base;
	const uint8_t *bytes;
	size_t size;
} windows[MAX_WINDOWS];
static unsigned window_count;

void fake_window_add(uint64_t base, const void *bytes, size_t size)
{
	if (window_count == MAX_WINDOWS)
		abort();
	windows[window_count].base = base;
	windows[window_count].bytes = bytes;
	windows[window_count++].size = size;
}

void fake_window_clear(void)
{
	window_count = 0;
}

const void *phys_window(uint64_t address, size_t length)
{
	for (unsigned i = 0; i < window_count; i++) {
		uint64_t offset = address - windows[i].base;

		if (address >= windows[i].base && offset <= windows[i].size && length <= windows[i].size - offset)
			return windows[i].bytes + offset;
	}
	return NULL;
}

const char *fake_machine_has = "";

bool machine_meets(const char *word, const char **reason)
{
	size_t length = strlen(word);

	for (const char *at = fake_machine_has; (at = strstr(at, word)); at++)
		if ((at == fake_machine_has || at[-1] == ' ') && (!at[length] || at[length] == ' '))
			return true;
	*reason = "the machine is fake";
	return false;
}

static jmp_buf *test_target;

_Noreturn void test_abort(void)
{
	longjmp(*test_target, 1);
}

bool arch_run_test(void (*fn)(void))
{
	jmp_buf target;

	if (setjmp(target))
		return false;
	test_target = &target;
	fn();
	return true;
}

uint64_t fake_time_us;
uint64_t fake_time_step_us;

uint64_t arch_time_us(void)
{
	uint64_t now = fake_time_us;

	fake_time_us += fake_time_step_us;
	return now;
}
