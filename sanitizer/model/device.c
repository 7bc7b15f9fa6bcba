/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device reads when a CPU tells it to (rule X10), and how a CPU reads what a device says (X11): a virtqueue, and
 * the buffers that its descriptors name. The device is told by a store - to the index of the available ring, or to a
 * register - which may arrive before earlier stores that no barrier of stores has ordered. The feeder, which knows such
 * devices, says what they read.
 *
 * The device says by the index of the used ring which entries are there. A load of one may be made before that of the
 * index, unless there is a barrier between them or its address depends on the index. That the entry is used only if the
 * index says so orders nothing.
 *
 * Source: VIRTIO 1.2, 2.7.13 "Supplying Buffers to The Device", 2.7.14 "Receiving Used Buffers From The Device"; DDI
 * 0487, "Data Memory Barrier (DMB)".
 */
#include <inttypes.h>
#include <stdio.h>

#include "access.h"

/* By enum device_told. */
static const struct {
	const char *text, *remedy, *root;
} reports[] = {
	[DEVICE_INDEX] =
		{"the index of an available ring is stored, with no DMB behind the store of what it makes available "
		 "to the device: the index may arrive first",
			"DMB OSHST (or DMB ISHST, where the device is coherent with the CPUs) between the store and "
			"that of the "
			"index",
			"index"},
	[DEVICE_NOTIFY] =
		{"a device is notified with no DMB behind the store of what it then reads: the notification may "
		 "arrive first",
			"DMB OSHST between the store and the doorbell", "doorbell"},
	[DEVICE_READY] =
		{"a queue is given to a device with no DMB behind a store to it: the device may read what was there "
		 "before",
			"DMB OSHST between the store and the one that makes the queue ready", "doorbell"},
};

static void report(struct model *m, const struct device_read *r, struct ref ref, uint64_t bytes)
{
	unsigned first = (unsigned)__builtin_ctzll(bytes);
	uint32_t number = ref_writers(ref)[first / 8];
	uint64_t pa = ref_pa(ref) + first;
	struct finding *f = judge_begin(m, KIND_MAINTENANCE_ORDER, SEVERITY_WARNING, &r->at, NULL, RULE(X10),
		reports[r->told].text, reports[r->told].remedy);

	f->writer = *writers_get(m->writers, number);
	snprintf(f->detail, sizeof(f->detail), "no DMB of stores orders it; the device reads it at PA 0x%" PRIx64, pa);
	/* It is what the instruction wrote first, and has been kept if it may be this. */
	if ((f->writer.va ^ pa) & 0xff8)
		f->writer.va = 0;
	snprintf(f->root, sizeof(f->root), "%s@0x%" PRIx64, reports[r->told].root, r->at.pc);
	judge_emit(m, f, number);
}

/* What of the line, from @base, is read. */
static uint64_t read_mask(const struct device_read *r, uint64_t base)
{
	uint64_t from = r->pa > base ? r->pa : base, to = r->pa + r->size;

	if (to > base + LINE_SIZE)
		to = base + LINE_SIZE;
	return from < to ? line_mask((unsigned)(from - base), (unsigned)(to - from)) : 0;
}

void model_device_read(struct model *m, const struct device_read *r)
{
	struct cpu *cpu = model_cpu_of(m, r->at.cpu);
	enum store_order enough =
		r->told != DEVICE_INDEX && m->config.options.doorbell == DOORBELL_DSB ? ORDER_DSB : ORDER_DMB_ST;

	m->counts.events++;
	exercised(m, RULE_X10);
	if (!cpu || !cpu->recent_any || r->told >= DEVICE_TOLD || r->pa + r->size < r->pa)
		return;
	for (unsigned i = 0; i < RECENT_STORES; i++) {
		struct recent *recent = &cpu->recent[i];
		uint64_t bytes;

		if (!recent->mask || recent->order >= enough || recent->ref.block->ram.space != r->space)
			continue;
		bytes = recent->mask & read_mask(r, ref_pa(recent->ref));
		bytes = bytes ? recent_written_by(m, recent->ref, r->at.cpu, bytes) : 0;
		if (!bytes)
			continue;
		report(m, r, recent->ref, bytes);
		/* Once for each store. */
		recent->mask &= ~bytes;
	}
}

static void watch(struct model *m, unsigned space, uint64_t pa, uint64_t size, uint32_t why, bool on)
{
	struct ref ref;

	for (uint64_t at = pa & ~(uint64_t)(LINE_SIZE - 1); at < pa + size; at += LINE_SIZE) {
		if (!ram_find(m, space, at, &ref) || ref.block->ram.rom)
			continue;
		ram_use(ref);
		if (on)
			line_mark(ref, why);
		else
			line_unmark(ref, why);
	}
}

static struct used_ring *ring_of(struct model *m, uint64_t used)
{
	for (unsigned i = 0; used && i < USED_RINGS; i++)
		if (m->used_ring[i].used == used)
			return &m->used_ring[i];
	return NULL;
}

void model_queue(struct model *m, const struct queue *queue)
{
	struct used_ring *ring = ring_of(m, queue->used);

	m->counts.events++;
	if (m->coherent)
		return;
	watch(m, queue->space, queue->available + 2, 2, LINE_QUEUE, queue->open);
	watch(m, queue->space, queue->used, 4 + 8ull * queue->num, LINE_USED, queue->open);
	if (ring)
		ring->used = 0;
	if (!queue->open)
		return;
	m->used_ring[m->used_next] = (struct used_ring){.used = queue->used, .num = queue->num};
	m->used_next = (m->used_next + 1) % USED_RINGS;
}

void device_loads_ordered(struct model *m, unsigned number)
{
	struct cpu *cpu = m->cpus[number];
	struct used_ring *ring = ring_of(m, cpu->used);

	if (ring)
		ring->known = cpu->used_index;
	cpu->used = 0;
}

static void report_used(struct model *m, const struct used_read *r)
{
	struct access read = {.at = r->at, .va = r->va, .pa = r->pa, .attributes = r->attributes};
	struct finding *f = judge_begin(m, KIND_MAINTENANCE_ORDER, SEVERITY_WARNING, &r->at, &read, RULE(X11),
		"an entry of a used ring is loaded with no barrier behind the load of the index that says that it is "
		"there: "
		"it may have been read before",
		"DMB OSHLD (or DMB ISHLD, where the device is coherent with the CPUs) between the two loads, or a "
		"load-acquire of the index");
	const struct place *index = &m->cpus[r->at.cpu]->used_at;

	f->before = *writers_get(m->writers, writer_of_place(m, index, 0, ATTRIBUTES_NONE));
	snprintf(f->root, sizeof(f->root), "index@0x%" PRIx64, index->pc);
	judge_emit(m, f, 0);
}

void model_used_read(struct model *m, const struct used_read *r)
{
	struct cpu *cpu = model_cpu_of(m, r->at.cpu);
	struct used_ring *ring = ring_of(m, r->used);
	uint32_t slot;

	m->counts.events++;
	exercised(m, RULE_X11);
	if (!cpu || !ring || !ring->num)
		return;
	if (r->part == USED_INDEX) {
		cpu->used = r->used;
		cpu->used_index = r->value;
		cpu->used_at = r->at;
		return;
	}
	if (r->part != USED_ENTRY || cpu->used != r->used || r->pa < r->used + 4)
		return;
	slot = (uint32_t)((r->pa - r->used - 4) / 8);
	/* Only those that an earlier index did not name. */
	for (uint16_t i = ring->known, n = 0; i != cpu->used_index && n < ring->num; i++, n++) {
		if (i % ring->num != slot)
			continue;
		report_used(m, r);
		device_loads_ordered(m, r->at.cpu);
		return;
	}
}
