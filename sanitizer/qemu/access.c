/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * access.c - loads and stores. Most end in the few lines of feed_read() and feed_write(): the page is in our TLB, the
 * model has nothing to say about the line.
 *
 * Callbacks come after the access, one at a time: what memory holds then is the value, in memory's order of bytes.
 */
#include "feed.h"

#include <string.h>

#include "inject.h"

static inline bool within_line(uint64_t va, unsigned size)
{
	return (va & (LINE_SIZE - 1)) + size <= LINE_SIZE;
}

/* Who writes, how, and since how many invalidations of instruction caches. Never 0. */
static inline uint32_t writer_key(const struct vcpu *vcpu, const struct tlb_entry *entry)
{
	return vcpu->writer_base + entry->key;
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

	insn->site->writer = model_writer(model, &writer);
	insn->site->writer_key = writer_key(vcpu, entry);
	return insn->site->writer;
}

static inline uint32_t writer_in(struct vcpu *vcpu, struct insn *insn, const struct tlb_entry *entry, uint64_t va)
{
	return insn->site->writer_key == writer_key(vcpu, entry) ? insn->site->writer
								 : writer_of(vcpu, insn, entry, va);
}

typedef bool line_write(
	const struct shadow *shadow, unsigned offset, unsigned size, const void *value, uint32_t writer, bool *changes);

/* For stored_tell(). */
static inline __attribute__((always_inline)) void keep_store(
	struct vcpu *vcpu, const uint8_t *host, unsigned size, bool changes)
{
	vcpu->store[vcpu->stored % STORED] = (uintptr_t)host | (uint64_t)size << STORED_SIZE_SHIFT;
	vcpu->stored += changes;
}

/* By @write, a function of line.h: @size is up to 16, within a line, in two writers at most. */
static inline __attribute__((always_inline)) bool write_by(line_write *write, unsigned size, struct vcpu *vcpu,
	const struct tlb_entry *entry, uint64_t va, uint32_t writer)
{
	unsigned offset = va & (PAGE_SIZE - 1);
	bool changes;

	if (!write(&entry->shadow, offset, size, entry->host + offset, writer, &changes))
		return false;
	keep_store(vcpu, entry->host + offset, size, changes);
	return true;
}

/* Constant sizes: no calls to copy and compare. */
#define WRITE(write, size, vcpu, entry, va, writer)                           \
	((size) == 8           ? write_by(write, 8, vcpu, entry, va, writer)  \
		: (size) == 4  ? write_by(write, 4, vcpu, entry, va, writer)  \
		: (size) == 16 ? write_by(write, 16, vcpu, entry, va, writer) \
		: (size) == 1  ? write_by(write, 1, vcpu, entry, va, writer)  \
		: (size) == 2  ? write_by(write, 2, vcpu, entry, va, writer)  \
			       : false)

static bool write_fast(struct vcpu *vcpu, struct insn *insn, struct tlb_entry *entry, uint64_t va, unsigned size)
{
	uint32_t writer = writer_in(vcpu, insn, entry, va);

	return WRITE(line_write_is_fast, size, vcpu, entry, va, writer);
}

/* A line of zeros. */
static bool zero_fast(struct vcpu *vcpu, struct insn *insn, struct tlb_entry *entry, uint64_t va)
{
	unsigned offset = va & (PAGE_SIZE - 1);
	bool changes;

	if (!line_zero_is_fast(&entry->shadow, offset, writer_in(vcpu, insn, entry, va), &changes))
		return false;
	keep_store(vcpu, entry->host + offset, LINE_SIZE, changes);
	return true;
}

/* Does RAM hold what was last written there, as far as the model knows? @size is up to 16, within a line. */
static inline bool is_current(const struct vcpu *vcpu, const struct tlb_entry *entry, uint64_t va, unsigned size)
{
	unsigned offset = va & (PAGE_SIZE - 1);

	return line_read_is_current(
		&entry->shadow, vcpu->tlb_memory[entry - vcpu->tlb], offset, size, entry->host + offset);
}

/* Is a descriptor stored that leads to another table, maybe? */
static bool links(const struct access *a)
{
	for (unsigned i = -a->pa & 7; i < a->size; i += 8)
		if ((a->value[i] & 3) == 3 && model_may_link(model, a->space, a->pa + i))
			return true;
	return false;
}

static void access_event(struct vcpu *vcpu, struct insn *insn, struct tlb_entry *entry, uint64_t va, unsigned size,
	const uint8_t *value, unsigned flags)
{
	struct event event;
	struct access *access = &event.access;

	event.kind = EVENT_ACCESS;
	access->at = place_of(vcpu, insn);
	access->va = va;
	access->pa = tlb_address(vcpu, entry, va);
	access->space = entry->space;
	access->size = size;
	access->flags = flags;
	access->attributes = entry->attributes;
	memset(access->value, 0, sizeof(access->value));
	if (value)
		memcpy(access->value, value, size);
	else if (entry->host)
		memcpy(access->value, entry->host + (va & (PAGE_SIZE - 1)), size);
	/* What the guest was given is not what was written. */
	if (injecting && !value && entry->host)
		inject_newest(access->pa, size, access->value);
	outcome_tell(vcpu, insn, va, flags);
	if (flags & ACCESS_WRITE && links(access)) {
		stored_tell(vcpu);
		if (decode_releases(insn->opcode))
			access->flags |= ACCESS_RELEASE;
	}
	if (flags & ACCESS_WRITE && virtio_is_watching())
		virtio_stored(vcpu, insn, access->pa, size);
	feed_event(&event);
	if (!(flags & ACCESS_WRITE) && virtio_is_watching())
		virtio_loaded(vcpu, insn, access);
	if (flags & ACCESS_WRITE /* of a descriptor, maybe */ || vcpu->fast_generation == FAST_NEVER)
		feed_settle(vcpu);
}

/* Of the callback that is under way, for what is no memory; NULL: there is none. */
static const qemu_plugin_meminfo_t *accessed;

/* One piece, within a line. */
static void access_piece(
	struct vcpu *vcpu, struct insn *insn, uint64_t va, unsigned size, const uint8_t *value, unsigned flags)
{
	struct tlb_entry *entry = tlb_get(vcpu, insn, va, true);

	if (!entry)
		return; /* it did not translate for us: tables changed behind QEMU's TLB */
	if (!entry->host)
		sgi_access(vcpu, insn, tlb_address(vcpu, entry, va), accessed, size, flags & ACCESS_WRITE);
	if (!entry->host)
		acknowledge_state(
			vcpu, insn, va, tlb_address(vcpu, entry, va), size, flags, entry->attributes);
	if (!entry->host && accessed)
		virtio_access(vcpu, insn, tlb_address(vcpu, entry, va), *accessed, size, flags & ACCESS_WRITE);
	if (!entry->host && !attributes_are_device(entry->attributes))
		return; /* ROM, or memory that nobody showed us */
	if (!entry->host && !(flags & (ACCESS_UNALIGNED | ACCESS_ZVA | ACCESS_EXCLUSIVE | ACCESS_ATOMIC)))
		return;
	if (!value && entry->fast == vcpu->fast_generation && !(flags & (ACCESS_EXCLUSIVE | ACCESS_ATOMIC)) &&
		(size & (size - 1)) == 0 && size <= 8) {
		if (flags & ACCESS_WRITE) {
			if (write_fast(vcpu, insn, entry, va, size))
				return;
		} else if (line_read_is_fast(&entry->shadow, va & (PAGE_SIZE - 1)) &&
			   (!comparing() || is_current(vcpu, entry, va, size))) {
			return;
		}
	}
	if (flags & ACCESS_ZVA && size == LINE_SIZE && entry->fast == vcpu->fast_generation &&
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

/*
 * The size of an access by @info, on which alone what qemu_plugin_mem_size_shift() says depends: a call a callback is
 * dear. Its values are few: a byte for each, as long as they are as small as they have been; 0: not asked yet.
 */
static uint8_t sizes[1 << 18];

static unsigned size_of(qemu_plugin_meminfo_t info)
{
	unsigned size = 1u << qemu_plugin_mem_size_shift(info);

	if (info < sizeof(sizes) && size <= LINE_SIZE)
		sizes[info] = size;
	return size;
}

static __attribute__((noinline)) void access_slow(
	struct vcpu *vcpu, struct insn *insn, uint64_t va, qemu_plugin_meminfo_t info, unsigned flags)
{
	unsigned element = insn->decoded.element, size = size_of(info);

	system_catch_up(vcpu, insn);
	if (!vcpu->mmu)
		fetch_uncached(vcpu, insn);
	if (!element || element > size)
		element = size;
	if (va & (element - 1))
		flags |= ACCESS_UNALIGNED;
	accessed = &info;
	access_split(vcpu, insn, va, size, NULL, flags | insn->decoded.access);
	accessed = NULL;
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

/* Of an entry that is not fast it is 0, which no CPU's generation is. */
static inline bool is_fast(const struct vcpu *vcpu, const struct tlb_entry *entry, unsigned tag, uint64_t va)
{
	return __builtin_expect(
		entry->tag == ((va & ~(uint64_t)(PAGE_SIZE - 1)) | tag) && entry->fast == vcpu->fast_generation, 1);
}

/* By the CPU that runs. */
static __attribute__((noinline)) void read_slow(qemu_plugin_meminfo_t info, uint64_t va, void *tagged)
{
	access_slow(vcpu_running, insn_of(tagged), va, info, 0);
}

/* By another one than before. */
static __attribute__((noinline)) void read_switch(
	unsigned index, qemu_plugin_meminfo_t info, uint64_t va, void *tagged, const void *env)
{
	if (vcpu_now(index, env, false))
		read_slow(info, va, tagged);
}

static __attribute__((noinline)) void write_slow(qemu_plugin_meminfo_t info, uint64_t va, void *tagged)
{
	struct vcpu *vcpu = vcpu_running;
	struct tlb_entry *entry = tlb_slot(vcpu, va);
	unsigned size = size_of(info);

	if (is_fast(vcpu, entry, site_tag(tagged), va) && within_line(va, size) &&
		(size <= 8 || (size == 16 && !(va & 7))) && write_fast(vcpu, insn_of(tagged), entry, va, size))
		return;
	access_slow(vcpu, insn_of(tagged), va, info, ACCESS_WRITE);
}

static __attribute__((noinline)) void write_switch(
	unsigned index, qemu_plugin_meminfo_t info, uint64_t va, void *tagged, const void *env)
{
	if (vcpu_now(index, env, false))
		write_slow(info, va, tagged);
}

/*
 * What nearly every access needs is in these two, which therefore call nothing and keep little: what is left to do goes
 * on elsewhere.
 */
void feed_read(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, void *tagged, const void *env)
{
	const struct vcpu *vcpu = vcpu_running;
	const struct tlb_entry *entry;
	unsigned size;

	if (__builtin_expect(env != vcpu_running_env, 0)) {
		read_switch(index, info, va, tagged, env);
		return;
	}
	entry = tlb_slot(vcpu_running, va);
	if (__builtin_expect(info < sizeof(sizes), 1)) {
		size = sizes[info];
		if (is_fast(vcpu, entry, site_tag(tagged), va) && __builtin_expect(size && within_line(va, size), 1) &&
			line_read_is_fast(&entry->shadow, va & (PAGE_SIZE - 1)))
			return;
	}
	read_slow(info, va, tagged);
}

void feed_write(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, void *tagged, const void *env)
{
	struct vcpu *vcpu = vcpu_running;
	const struct tlb_entry *entry;
	const struct site *site;
	unsigned size;

	if (__builtin_expect(env != vcpu_running_env, 0)) {
		write_switch(index, info, va, tagged, env);
		return;
	}
	entry = tlb_slot(vcpu, va);
	if (__builtin_expect(info < sizeof(sizes), 1)) {
		size = sizes[info];
		site = site_of(tagged);
		if (is_fast(vcpu, entry, site_tag(tagged), va) && __builtin_expect(within_line(va, size), 1) &&
			__builtin_expect(size < 16 || !(va & 7), 1) &&
			__builtin_expect(site->writer_key == writer_key(vcpu, entry), 1) &&
			__builtin_expect(WRITE(line_write_is_plain, size, vcpu, entry, va, site->writer), 1))
			return;
	}
	write_slow(info, va, tagged);
}

void feed_read_compared(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, void *tagged, const void *env)
{
	struct vcpu *vcpu = vcpu_now(index, env, false);
	unsigned size = size_of(info);
	struct tlb_entry *entry;

	if (!vcpu)
		return;
	entry = tlb_slot(vcpu, va);
	if (is_fast(vcpu, entry, site_tag(tagged), va) && within_line(va, size) && size <= 16 &&
		line_read_is_fast(&entry->shadow, va & (PAGE_SIZE - 1)) && is_current(vcpu, entry, va, size))
		return;
	read_slow(info, va, tagged);
}

/* Exclusives on write-back shareable memory are as good as any other access (rule X1). */
static inline bool is_shared(struct vcpu *vcpu, unsigned tag, uint64_t va)
{
	const struct tlb_entry *entry = tlb_slot(vcpu, va);

	return is_fast(vcpu, entry, tag, va) && entry->attributes.share != SHARE_NONE &&
	       entry->attributes.inner == CACHE_WB && entry->attributes.outer == CACHE_WB;
}

void feed_read_special(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, void *tagged, const void *env)
{
	struct vcpu *vcpu = vcpu_now(index, env, false);

	if (vcpu && is_shared(vcpu, site_tag(tagged), va))
		feed_read(index, info, va, tagged, env);
	else if (vcpu)
		read_slow(info, va, tagged);
}

void feed_write_special(unsigned index, qemu_plugin_meminfo_t info, uint64_t va, void *tagged, const void *env)
{
	struct vcpu *vcpu = vcpu_now(index, env, false);

	if (vcpu && is_shared(vcpu, site_tag(tagged), va))
		feed_write(index, info, va, tagged, env);
	else if (vcpu)
		access_slow(vcpu, insn_of(tagged), va, info, ACCESS_WRITE);
}
