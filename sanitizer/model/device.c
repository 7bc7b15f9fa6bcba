/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device reads when a CPU tells it to (rule X10): a virtqueue, and the buffers that its descriptors name. The
 * device is told by a store - to the index of the available ring, or to a register - which may arrive before earlier
 * stores that no barrier of stores has ordered. The feeder, which knows such devices, says what they read.
 *
 * Source: VIRTIO 1.2, 2.7.7 "Notifications", 2.7.13 "Supplying Buffers to The Device"; DDI 0487, "Data Memory Barrier
 * (DMB)".
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

static void watch(struct model *m, unsigned space, uint64_t pa, uint32_t why, bool on)
{
	struct ref ref;

	if (!ram_find(m, space, pa, &ref) || ref.block->ram.rom)
		return;
	ram_use(ref);
	if (on)
		line_mark(ref, why);
	else
		line_unmark(ref, why);
}

void model_queue(struct model *m, const struct queue *queue)
{
	m->counts.events++;
	if (!m->coherent)
		watch(m, queue->space, queue->available, LINE_QUEUE, queue->open);
}
