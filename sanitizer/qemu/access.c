/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * access.c - loads and stores. Most end in the few lines of feed_read() and feed_write(): the page is in our TLB, the
 * model has nothing to say about the line.
 *
 * Callbacks come after the access, one at a time: what memory holds then is the value, in memory's order of bytes.
 */
#include "feed.h"

#include <string.h>

static inline bool within_line(uint64_t va, unsigned size)
{
	return (va & (LINE_SIZE - 1)) + size <= LINE_SIZE;
}

static uint32_t writer_of(struct vcpu *vcpu, struct insn *insn, const struct tlb_entry *entry, uint64_t va)
{
	struct writer writer = {
		.pc = insn->pc,
		.va = va,
		.link = vcpu_link(vcpu),
		.cpu = vcpu->index,
		.el = insn->el,
		.attributes = entry->attributes,
	};

	insn->writer = model_writer(model, &writer);
	insn->writer_key = (vcpu->index << 16 | entry->key) + 1;
	return insn->writer;
}

/* @size is up to 16, within a line. */
static inline bool write_fast(struct vcpu *vcpu, struct insn *insn, struct tlb_entry *entry, uint64_t va, unsigned size)
{
	unsigned page = va & (PAGE_SIZE - 1), line = page >> LINE_SHIFT, offset = page & (LINE_SIZE - 1);
	uint32_t writer = insn->writer;

	if (__builtin_expect(insn->writer_key != (vcpu->index << 16 | entry->key) + 1, 0))
		writer = writer_of(vcpu, insn, entry, va);
		/* Constant sizes: no calls to copy and compare. */
#define WRITE(constant)     \
	line_write_is_fast( \
		&entry->lines[line], entry->values + line * LINE_SIZE, offset, constant, entry->host + page, writer)
	switch (size) {
	case 8:
		return WRITE(8);
	case 4:
		return WRITE(4);
	case 16:
		return WRITE(16);
	case 1:
		return WRITE(1);
	case 2:
		return WRITE(2);
	}
#undef WRITE
	return false;
}

/* A line of zeros, before they are there. Some of it done and the rest not is no harm: the model then does all of it.
 */
static bool zero_fast(struct vcpu *vcpu, struct insn *insn, struct tlb_entry *entry, uint64_t va)
{
	static const uint8_t zeros[16];
	unsigned page = va & (PAGE_SIZE - 1), line = page >> LINE_SHIFT;
	uint32_t writer = insn->writer;

	if (insn->writer_key != (vcpu->index << 16 | entry->key) + 1)
		writer = writer_of(vcpu, insn, entry, va);
	for (unsigned offset = 0; offset < LINE_SIZE; offset += 16) {
		if (!line_write_is_fast(
			    &entry->lines[line], entry->values + line * LINE_SIZE, offset, 16, zeros, writer))
			return false;
	}
	return true;
}

static void access_event(struct vcpu *vcpu, struct insn *insn, struct tlb_entry *entry, uint64_t va, unsigned size,
	const uint8_t *value, unsigned flags)
{
	struct event event;
	struct access *access = &event.access;

	event.kind = EVENT_ACCESS;
	access->at = place_of(vcpu, insn);
	access->va = va;
	access->pa = entry->pa + (va & (PAGE_SIZE - 1));
	access->space = entry->space;
	access->size = size;
	access->flags = flags;
	access->attributes = entry->attributes;
	memset(access->value, 0, sizeof(access->value));
	if (value)
		memcpy(access->value, value, size);
	else if (entry->host)
		memcpy(access->value, entry->host + (va & (PAGE_SIZE - 1)), size);
	feed_event(&event);
}

/* One piece, within a line. */
static void access_piece(
	struct vcpu *vcpu, struct insn *insn, uint64_t va, unsigned size, const uint8_t *value, unsigned flags)
{
	struct tlb_entry *entry = tlb_get(vcpu, insn, va);

	if (!entry)
		return; /* it did not translate for us: tables changed behind QEMU's TLB */
	if (!entry->host && !attributes_are_device(entry->attributes))
		return; /* ROM, or memory that nobody showed us */
	if (!entry->host && !(flags & (ACCESS_UNALIGNED | ACCESS_ZVA | ACCESS_EXCLUSIVE | ACCESS_ATOMIC)))
		return;
	if (!value && entry->fast && entry->fast == vcpu->fast_generation &&
		!(flags & (ACCESS_EXCLUSIVE | ACCESS_ATOMIC)) && (size & (size - 1)) == 0 && size <= 8) {
		if (flags & ACCESS_WRITE) {
			if (write_fast(vcpu, insn, entry, va, size))
				return;
		} else if (line_read_is_fast(&entry->lines[(va & (PAGE_SIZE - 1)) >> LINE_SHIFT])) {
			return;
		}
	}
	if (flags & ACCESS_ZVA && size == LINE_SIZE && entry->fast && entry->fast == vcpu->fast_generation &&
		zero_fast(vcpu, insn, entry, va))
		return;
	access_event(vcpu, insn, entry, va, size, value, flags);
}

static void access_split(
	struct vcpu *vcpu, struct insn *insn, uint64_t va, uint64_t size, const uint8_t *value, unsigned flags)
{
	while (size) {
		uint64_t step = LINE_SIZE - (va & (LINE_SIZE - 1));

		if (step > size)
			step = size;
		if (step == 16 && va & 7) /* the fast path wants no more than two of its writers */
			step = 8;
		access_piece(vcpu, insn, va, step, value, flags);
		va += step;
		size -= step;
		if (value)
			value += step;
	}
}

static __attribute__((noinline)) void access_slow(
	struct vcpu *vcpu, struct insn *insn, uint64_t va, unsigned size, unsigned flags)
{
	unsigned element = insn->decoded.element;

	system_catch_up(vcpu, insn);
	if (!element || element > size)
		element = size;
	if (va & (element - 1))
		flags |= ACCESS_UNALIGNED;
	access_split(vcpu, insn, va, size, NULL, flags | insn->decoded.access);
}

void access_store(
	struct vcpu *vcpu, struct insn *insn, uint64_t va, uint64_t size, const uint8_t *value, unsigned flags)
{
	access_split(vcpu, insn, va, size, value, flags | ACCESS_WRITE);
}

void access_load(struct vcpu *vcpu, struct insn *insn, uint64_t va, uint64_t size)
{
	access_split(vcpu, insn, va, size, NULL, 0);
}

static inline unsigned size_of(struct insn *insn, qemu_plugin_meminfo_t info)
{
	if (__builtin_expect(insn->info != info || !insn->size, 0)) {
		insn->info = info;
		insn->size = 1u << qemu_plugin_mem_size_shift(info);
	}
	return insn->size;
}

static inline bool is_fast(const struct vcpu *vcpu, const struct tlb_entry *entry, const struct insn *insn, uint64_t va)
{
	/* An entry that is not fast has 0, and so does a CPU that must not be: the two must not match. */
	return __builtin_expect(entry->tag == ((va & ~(uint64_t)(PAGE_SIZE - 1)) | insn->tag) &&
					entry->fast == vcpu->fast_generation && entry->fast,
		1);
}

void feed_read(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, struct insn *insn, const void *env)
{
	struct vcpu *vcpu = vcpu_now(index, env, false);
	unsigned size = size_of(insn, info);
	struct tlb_entry *entry;

	if (__builtin_expect(!vcpu, 0))
		return;
	entry = tlb_slot(vcpu, va);
	if (is_fast(vcpu, entry, insn, va) && within_line(va, size) &&
		line_read_is_fast(&entry->lines[(va & (PAGE_SIZE - 1)) >> LINE_SHIFT]))
		return;
	access_slow(vcpu, insn, va, size, 0);
}

__attribute__((flatten)) void feed_write(
	unsigned index, qemu_plugin_meminfo_t info, uint64_t va, struct insn *insn, const void *env)
{
	struct vcpu *vcpu = vcpu_now(index, env, false);
	unsigned size = size_of(insn, info);
	struct tlb_entry *entry;

	if (__builtin_expect(!vcpu, 0))
		return;
	entry = tlb_slot(vcpu, va);
	if (is_fast(vcpu, entry, insn, va) && within_line(va, size) && (size < 16 || !(va & 7)) && size <= 16 &&
		write_fast(vcpu, insn, entry, va, size))
		return;
	access_slow(vcpu, insn, va, size, ACCESS_WRITE);
}

/* Exclusives on write-back shareable memory are as good as any other access (rule X1). */
static inline bool is_shared(const struct vcpu *vcpu, const struct insn *insn, uint64_t va)
{
	const struct tlb_entry *entry = tlb_slot((struct vcpu *)vcpu, va);

	return is_fast(vcpu, entry, insn, va) && entry->attributes.share != SHARE_NONE &&
	       entry->attributes.inner == CACHE_WB && entry->attributes.outer == CACHE_WB;
}

void feed_read_special(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, struct insn *insn, const void *env)
{
	struct vcpu *vcpu = vcpu_now(index, env, false);

	if (vcpu && is_shared(vcpu, insn, va))
		feed_read(index, info, va, insn, env);
	else if (vcpu)
		access_slow(vcpu, insn, va, size_of(insn, info), 0);
}

void feed_write_special(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, struct insn *insn, const void *env)
{
	struct vcpu *vcpu = vcpu_now(index, env, false);

	if (vcpu && is_shared(vcpu, insn, va))
		feed_write(index, info, va, insn, env);
	else if (vcpu)
		access_slow(vcpu, insn, va, size_of(insn, info), ACCESS_WRITE);
}
