/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a store does to a line: rules C5, M4, C8.
 */
#include "access.h"
#include "code.h"
#include "tables.h"

/*
 * What a store of @cpu says of its own DCs of the line (rule C8). A cacheable one comes after them in program order, so
 * IVAC has executed, and so has the invalidation by CIVAC. Of a clean that says nothing: what it writes back may still
 * be on its way to the PoC. A DMB orders a DC before a later non-cacheable store, but does not complete it: a load may
 * still miss its effect.
 */
static void force_ops(struct model *m, struct workset *work, const struct cloud *cloud, unsigned cpu, bool cacheable)
{
	uint32_t dmb = m->cpus[cpu]->dmb_seq;

	if (!cloud->op_count)
		return;
	if (cacheable) {
		cloud_require_executed(work, own_ops(cloud, cpu, DC_IVAC, UINT32_MAX));
		cloud_require_dropped(work, own_ops(cloud, cpu, DC_CIVAC, UINT32_MAX));
	} else {
		cloud_require_executed(work, own_ops(cloud, cpu, DC_IVAC, dmb) | own_ops(cloud, cpu, DC_CVAC, dmb) |
						     own_ops(cloud, cpu, DC_CIVAC, dmb));
	}
}

void line_settle_maintenance(struct model *m, struct ref ref, unsigned cpu)
{
	struct line *line = ref_line(ref);
	struct cloud *cloud;
	unsigned ops = 0;

	if (line->slow & LINE_PENDING) {
		const struct pending *p = pending_of(m, ref);

		if (p->cpu != cpu && p->seq < m->cpus[p->cpu]->told_seq)
			line_to_cloud(m, ref);
	}
	cloud = line_cloud(m, ref);
	for (unsigned i = 0; cloud && i < cloud->op_count; i++)
		if (cloud->ops[i].cpu != cpu && cloud->ops[i].seq < m->cpus[cloud->ops[i].cpu]->told_seq)
			ops |= 1u << i;
	if (!ops)
		return;
	line_catch_up(m, ref, cloud);
	line_before_clean(m, ref);
	workset_load(m->work, cloud);
	cloud_require_executed(m->work, ops);
	line_close(m, ref, cloud, false);
	line_after_clean(m, ref);
}

enum store { STORE_BACK, STORE_THROUGH, STORE_UNCACHED };

static enum store store_of(struct attributes attributes)
{
	if (attributes_are_write_back(attributes))
		return STORE_BACK;
	return attributes_are_cacheable(attributes) ? STORE_THROUGH : STORE_UNCACHED;
}

static uint64_t flying(const struct cloud *cloud)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < cloud->count; i++)
		if (state_flight(cloud->set[i].state))
			bytes |= cloud->set[i].bytes;
	return bytes;
}

static void apply_store(struct model *m, struct workset *work, struct cloud *cloud, unsigned cpu, enum store store,
	const uint64_t slots[SLOTS])
{
	workset_load(work, cloud);
	force_ops(m, work, cloud, cpu, store != STORE_UNCACHED);
	switch (store) {
	case STORE_BACK:
		cloud_store_cached(work, slots);
		break;
	case STORE_THROUGH:
		cloud_store_through(work, slots);
		break;
	case STORE_UNCACHED:
		cloud_store_uncached(work, cloud, slots);
		break;
	}
}

static void cloud_write(struct model *m, struct ref ref, const struct access *a, const uint8_t *value, enum store store,
	bool both, enum store alternative)
{
	uint64_t mask = access_mask(a), slots[SLOTS], flight;
	struct line *line = ref_line(ref);
	struct cloud *cloud = line_cloud(m, ref);
	bool uncached = store == STORE_UNCACHED || (both && alternative == STORE_UNCACHED);

	line_catch_up(m, ref, cloud);
	if (open_is_before(m, ref, a->at.cpu))
		open_settle_line(m, ref);
	if (!(line->slow & LINE_CLOUD) && !line_to_cloud(m, ref))
		return;
	cloud = line_cloud(m, ref);
	/* May end stores of other lines, which uses the working set. */
	if (uncached)
		open_add_cloud(m, ref, a->at.cpu, attributes_are_by_switch(a->attributes));
	flight = flying(cloud);
	cloud_new_value(cloud, mask, value, slots);
	if (cloud->op_count)
		line_before_clean(m, ref);
	apply_store(m, m->work, cloud, a->at.cpu, store, slots);
	if (both) {
		apply_store(m, m->alternative, cloud, a->at.cpu, alternative, slots);
		workset_join(m->work, m->alternative);
	}
	cloud_forget_causes(cloud, mask);
	if (both)
		cloud->doubtful |= mask;
	if (store != STORE_UNCACHED)
		cloud->raced |= mask & flight;
	else if (ram_allocatable_now(m, ref))
		cloud->assumed &= ~mask;
	for (unsigned i = 0; i < 8; i++)
		if (mask >> (8 * i) & 0xff)
			cloud->before[i] = ref_writers(ref)[i];
	line_set_writer(ref, mask, writer_of_access(m, a));
	line_close(m, ref, cloud, store != STORE_UNCACHED);
	line_after_clean(m, ref);
}

void access_write(struct model *m, struct ref ref, const struct access *a, bool both)
{
	enum store store = store_of(a->attributes);
	enum store alternative = store == STORE_UNCACHED ? STORE_BACK : STORE_UNCACHED;
	struct line *line = ref_line(ref);
	uint64_t mask = access_mask(a), again;
	uint8_t bytes[LINE_SIZE];
	const uint8_t *value = access_line(a, bytes);
	bool assumed;

	if (line_is_code(ref))
		code_written(m, ref, mask, value, a->at.cpu, store != STORE_UNCACHED);
	if (line->slow & LINE_TABLE)
		tables_written(m, ref, mask, value, a);
	if (line->slow & LINE_NOTED)
		line_history(ref);
	if (line->slow & LINE_MESSAGE)
		message_written(m, ref, mask);
	if (line->slow & LINE_OPEN) {
		unsigned owner;
		struct open_store *open = open_of(m, ref, &owner);

		if (open_is_before(m, ref, a->at.cpu))
			open_settle_line(m, ref);
		else if (store != STORE_UNCACHED || both || open->mask & mask)
			line_to_cloud(m, ref);
		if (store != STORE_UNCACHED)
			exercised(m, RULE_X3);
	}
	if (store == STORE_BACK || (both && alternative == STORE_BACK)) {
		uint64_t known = line_dirty(m, ref);

		/* Written with what it held already it is as if it had been done before. */
		known &= ~access_changed(m, ref, known & mask, value);
		if (mask & ~known)
			recent_add(m, ref, a->at.cpu, mask & ~known, ORDER_NONE);
	}
	line_settle_maintenance(m, ref, a->at.cpu);
	if (line->slow & LINE_PENDING || both)
		line_to_cloud(m, ref);
	if (!(line->slow & LINE_CLOUD)) {
		switch (store) {
		case STORE_BACK:
			again = ref_bytes(ref)->dirty & ref_bytes(ref)->exact & mask;
			for (uint64_t rest = again; rest; rest &= rest - 1) {
				unsigned i = (unsigned)__builtin_ctzll(rest);

				if (access_differs(ref_values(ref), a, i))
					ref_bytes(ref)->exact &= ~(1ull << i);
			}
			ref_bytes(ref)->dirty |= mask;
			line_copy_bytes(ref_values(ref), value, mask);
			line_set_writer(ref, mask, writer_of_access(m, a));
			return;
		case STORE_THROUGH:
			/* Bytes that are dirty stay so, with nothing in memory that is older. */
			line_copy_bytes(ref_values(ref), value, mask);
			line_copy_bytes(ref_memory(ref), value, mask);
			ref_bytes(ref)->exact |= mask;
			line_set_writer(ref, mask, writer_of_access(m, a));
			return;
		case STORE_UNCACHED:
			if (!line_may_be_cached(m, ref, &assumed)) {
				open_add(m, ref, a->at.cpu, mask, value, attributes_are_by_switch(a->attributes));
				line_set_writer(ref, mask, writer_of_access(m, a));
				return;
			}
		}
	}
	if (line_to_cloud(m, ref))
		cloud_write(m, ref, a, value, store, both, alternative);
}
