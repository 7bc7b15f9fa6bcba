/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio.c - virtio devices behind memory-mapped registers, and what of memory they read: known from what the driver
 * does. A transport is where it has read the magic value. Only split queues; both forms of the registers.
 *
 * Source: VIRTIO 1.2, 4.2.2 "MMIO Device Register Layout", 4.2.4 "Legacy interface", 2.7 "Split Virtqueues".
 */
#include <string.h>

#include "depend.h"
#include "feed.h"
#include "memory.h"

#define MAGIC_VALUE     0x74726976u
#define REGISTERS       0x100 /* bytes; behind them is the device's configuration */
#define DRIVER_FEATURES 0x020
#define DRIVER_SELECT   0x024
#define PAGE_SIZE_1     0x028 /* of version 1, like the next ones with a 1 */
#define QUEUE_SELECT    0x030
#define QUEUE_NUM       0x038
#define QUEUE_ALIGN_1   0x03c
#define QUEUE_PFN_1     0x040
#define QUEUE_READY     0x044
#define QUEUE_NOTIFY    0x050
#define STATUS          0x070
#define QUEUE_DESC      0x080
#define QUEUE_DRIVER    0x090
#define QUEUE_DEVICE    0x0a0

#define RING_PACKED (1u << 2) /* VIRTIO_F_RING_PACKED, of the second word of features */

#define DESC_NEXT     1u
#define DESC_INDIRECT 4u

struct buffer {
	uint64_t address;
	uint32_t length;
	uint16_t flags, next;
};

#define TRANSPORTS 64
#define QUEUES     16
/* Beyond this many buffers a chain, or all that was offered at a time, is not followed. */
#define BUFFERS 4096

struct virtqueue {
	uint64_t desc, available, used;
	uint32_t num, align;
	uint16_t offered, notified; /* index of the available ring, when the driver stored it and when it notified */
	bool open;
};

static struct transport {
	uint64_t base;
	uint32_t page, driver_select, select;
	bool packed;
	struct virtqueue queue[QUEUES];
} transports[TRANSPORTS];
static unsigned transport_count;
static unsigned open_count;

static struct transport *transport_at(uint64_t pa)
{
	for (unsigned i = 0; i < transport_count; i++)
		if (pa - transports[i].base < REGISTERS)
			return &transports[i];
	return NULL;
}

static void learn(uint64_t pa)
{
	if (transport_at(pa) || transport_count == TRANSPORTS)
		return;
	transports[transport_count++] = (struct transport){.base = pa};
}

/* NULL: no RAM. */
static const uint8_t *ram_at(uint64_t pa, uint64_t size)
{
	const struct memory_block *block = memory_block(pa);

	if (!block || block->rom || size > block->size || pa - block->base > block->size - size)
		return NULL;
	return block->host + (pa - block->base);
}

struct telling {
	struct vcpu *vcpu;
	struct place at;
	enum device_told told;
	unsigned left;
};

static void tell(struct telling *t, uint64_t pa, uint64_t size)
{
	struct event event = {.kind = EVENT_DEVICE_READ};

	if (!size || size > UINT32_MAX || !ram_at(pa, size))
		return;
	stored_tell_range(t->vcpu, pa, size, model_config.options.doorbell == DOORBELL_DSB ? ORDER_DSB : ORDER_DMB_ST);
	event.device_read = (struct device_read){.at = t->at,
		.pa = pa,
		.size = (uint32_t)size,
		.space = memory_block(pa)->space,
		.told = (uint8_t)t->told};
	feed_event(&event);
}

static void tell_chain(struct telling *t, uint64_t table, uint32_t num, uint16_t first, bool indirect)
{
	for (uint32_t n = 0, i = first; n < num && i < num && t->left; n++, t->left--) {
		const uint8_t *bytes = ram_at(table + i * 16ull, sizeof(struct buffer));
		struct buffer d;

		if (!bytes)
			return;
		memcpy(&d, bytes, sizeof(d));
		tell(t, table + i * 16ull, sizeof(d));
		tell(t, d.address, d.length);
		if (d.flags & DESC_INDIRECT && !indirect)
			tell_chain(t, d.address, d.length / sizeof(d), 0, true);
		if (!(d.flags & DESC_NEXT))
			return;
		i = d.next;
	}
}

static uint16_t index_of(const struct virtqueue *q)
{
	const uint8_t *bytes = ram_at(q->available + 2, 2);
	uint16_t index = 0;

	if (bytes)
		memcpy(&index, bytes, 2);
	return index;
}

/* All that was made available from @first on. */
static void tell_offered(struct telling *t, const struct virtqueue *q, uint16_t first)
{
	uint16_t last = index_of(q), count = last - first;

	t->left = BUFFERS;
	if (count > q->num)
		return;
	for (uint16_t i = first; i != last; i++) {
		uint64_t entry = q->available + 4 + i % q->num * 2u;
		const uint8_t *bytes = ram_at(entry, 2);
		uint16_t head;

		if (!bytes)
			return;
		memcpy(&head, bytes, 2);
		tell(t, entry, 2);
		tell_chain(t, q->desc, q->num, head, false);
	}
}

static void set_open(struct virtqueue *q, bool open)
{
	const struct memory_block *block = memory_block(q->available);
	struct event event = {.kind = EVENT_QUEUE};

	if (q->open == open || !block)
		return;
	q->open = open;
	open_count += open ? 1 : -1u;
	event.queue = (struct queue){
		.available = q->available, .used = q->used, .num = q->num, .space = block->space, .open = open};
	feed_event(&event);
}

static void ready(struct transport *v, struct virtqueue *q, struct telling *t)
{
	set_open(q, false);
	if (v->packed || !q->num || q->num > 32768 || !ram_at(q->available, 6 + 2 * q->num) ||
		!ram_at(q->used, 6 + 8 * q->num))
		return;
	q->offered = q->notified = index_of(q);
	set_open(q, true);
	tell(t, q->desc, 16ull * q->num);
	tell(t, q->available, 6 + 2ull * q->num);
	tell(t, q->used, 6 + 8ull * q->num);
}

static void ready_1(struct transport *v, struct virtqueue *q, uint32_t pfn, struct telling *t)
{
	uint64_t align = q->align ? q->align : 4096;

	q->desc = (uint64_t)pfn * (v->page ? v->page : 4096);
	q->available = q->desc + 16ull * q->num;
	q->used = (q->available + 6 + 2ull * q->num + align - 1) & ~(align - 1);
	if (pfn)
		ready(v, q, t);
	else
		set_open(q, false);
}

static void reset(struct transport *v)
{
	for (unsigned i = 0; i < QUEUES; i++)
		set_open(&v->queue[i], false);
	*v = (struct transport){.base = v->base};
}

static void notify(struct virtqueue *q, struct telling *t)
{
	if (!q->open)
		return;
	tell(t, q->available, 4);
	tell_offered(t, q, q->notified);
	q->notified = index_of(q);
}

static void set_half(uint64_t *address, unsigned offset, uint32_t value)
{
	unsigned shift = offset & 4 ? 32 : 0;

	*address = (*address & ~(0xffffffffull << shift)) | (uint64_t)value << shift;
}

static void written(struct vcpu *vcpu, const struct insn *insn, struct transport *v, unsigned offset, uint32_t value)
{
	struct telling t = {.vcpu = vcpu, .at = place_of(vcpu, insn), .told = DEVICE_READY};
	struct virtqueue *q = v->select < QUEUES ? &v->queue[v->select] : NULL;

	switch (offset) {
	case DRIVER_SELECT:
		v->driver_select = value;
		return;
	case DRIVER_FEATURES:
		if (v->driver_select == 1)
			v->packed = value & RING_PACKED;
		return;
	case PAGE_SIZE_1:
		v->page = value;
		return;
	case QUEUE_SELECT:
		v->select = value;
		return;
	case STATUS:
		if (!value)
			reset(v);
		return;
	case QUEUE_NOTIFY: /* with VIRTIO_F_NOTIFICATION_DATA there is more in the upper half */
		t.told = DEVICE_NOTIFY;
		if ((value & 0xffff) < QUEUES)
			notify(&v->queue[value & 0xffff], &t);
		return;
	}
	if (!q)
		return;
	switch (offset) {
	case QUEUE_NUM:
		if (!q->open)
			q->num = value;
		break;
	case QUEUE_ALIGN_1:
		q->align = value & (value - 1) ? 0 : value;
		break;
	case QUEUE_PFN_1:
		ready_1(v, q, value, &t);
		break;
	case QUEUE_READY:
		if (value)
			ready(v, q, &t);
		else
			set_open(q, false);
		break;
	case QUEUE_DESC:
	case QUEUE_DESC + 4:
		set_half(&q->desc, offset, value);
		break;
	case QUEUE_DRIVER:
	case QUEUE_DRIVER + 4:
		if (!q->open)
			set_half(&q->available, offset, value);
		break;
	case QUEUE_DEVICE:
	case QUEUE_DEVICE + 4:
		if (!q->open)
			set_half(&q->used, offset, value);
		break;
	}
}

void virtio_access(
	struct vcpu *vcpu, const struct insn *insn, uint64_t pa, qemu_plugin_meminfo_t info, unsigned size, bool write)
{
	struct transport *v;

	if (size != 4)
		return;
	if (!write) {
		/* QEMU's lie at multiples of 0x200; nowhere may they be closer. */
		if (!(pa & (REGISTERS - 1)) && qemu_plugin_mem_get_value(info).data.u32 == MAGIC_VALUE)
			learn(pa);
		return;
	}
	v = transport_count ? transport_at(pa) : NULL;
	if (v)
		written(vcpu, insn, v, (unsigned)(pa - v->base), qemu_plugin_mem_get_value(info).data.u32);
}

/* Store-release in any form: STLR, STLLR, STLXR, STLUR, STILP; and atomics with release. */
static bool is_release(uint32_t opcode)
{
	if ((opcode & 0x3f000000) == 0x08000000) /* exclusives, ordered ones, CAS */
		return (opcode >> 15 & 1) || (opcode & 0x00a00000) == 0x00800000;
	if ((opcode & 0x3f000000) == 0x19000000) /* of FEAT_LRCPC2 and 3 */
		return true;
	return (opcode & 0x3b200c00) == 0x38200000 && opcode >> 22 & 1;
}

bool virtio_is_watching(void)
{
	return open_count;
}

void virtio_stored(struct vcpu *vcpu, const struct insn *insn, uint64_t pa, unsigned size)
{
	for (unsigned i = 0; i < transport_count; i++) {
		for (unsigned n = 0; n < QUEUES; n++) {
			struct virtqueue *q = &transports[i].queue[n];
			struct telling t = {.vcpu = vcpu, .told = DEVICE_INDEX};
			uint16_t index;

			if (!q->open || pa > q->available + 2 || pa + size <= q->available + 2)
				continue;
			index = index_of(q);
			t.at = place_of(vcpu, insn);
			if (index != q->offered && !is_release(insn->opcode))
				tell_offered(&t, q, q->offered);
			q->offered = index;
		}
	}
}

/* In any form: LDAR, LDLAR, LDAXR, LDAPUR, LDAPR; and atomics with acquire. */
static bool is_acquire(uint32_t opcode)
{
	if ((opcode & 0x3f000000) == 0x08000000)
		return true;
	if ((opcode & 0x3f000000) == 0x19000000)
		return true;
	return (opcode & 0x3b200c00) == 0x38200000 && opcode >> 23 & 1;
}

/* Far enough for a loop around a ring. */
#define CODE 128

/* May the address of what @to loads depend on what @from has loaded? */
static bool depends(struct vcpu *vcpu, const struct insn *from, const struct insn *to)
{
	uint32_t code[CODE];
	unsigned count = 0;

	if (!from || to->pc <= from->pc || to->pc - from->pc >= 4 * CODE)
		return true;
	for (uint64_t pc = from->pc; pc <= to->pc; pc += 4) {
		struct translation t;
		const uint8_t *bytes = tlb_peek(vcpu, pc, &t) ? ram_at(t.pa, 4) : NULL;

		if (!bytes)
			return true;
		memcpy(&code[count++], bytes, 4);
	}
	return may_depend(code, count);
}

void virtio_loaded(struct vcpu *vcpu, const struct insn *insn, const struct access *access)
{
	uint64_t pa = access->pa, size = access->size;
	struct event event = {.kind = EVENT_USED_READ};

	for (unsigned i = 0; i < transport_count * QUEUES; i++) {
		const struct virtqueue *q = &transports[i / QUEUES].queue[i % QUEUES];
		bool index = pa <= q->used + 2 && pa + size > q->used + 2;

		if (!q->open || pa + size <= q->used || pa >= q->used + 4 + 8ull * q->num || pa + size == q->used + 2)
			continue;
		event.used_read = (struct used_read){.at = place_of(vcpu, insn),
			.va = access->va,
			.pa = pa,
			.used = q->used,
			.attributes = access->attributes};
		if (index) {
			vcpu->used_index = insn;
			if (is_acquire(insn->opcode))
				return;
			memcpy(&event.used_read.value, ram_at(q->used + 2, 2), 2);
			event.used_read.part = USED_INDEX;
		} else {
			event.used_read.part = depends(vcpu, vcpu->used_index, insn) ? USED_DEPENDENT : USED_ENTRY;
		}
		feed_event(&event);
		return;
	}
}

void virtio_forget(void)
{
	transport_count = open_count = 0;
}
