/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads and stores: rules C5, M4, V1-V3, X1-X3.
 */
#include "internal.h"

static bool differs(const uint8_t *line_value, const struct access *a, unsigned i)
{
	return line_value[i] != a->value[i - (a->pa & (LINE_SIZE - 1))];
}

static uint64_t access_mask(const struct access *a)
{
	return line_mask(a->pa & (LINE_SIZE - 1), a->size);
}

/* The access's bytes at their place in a line. */
static const uint8_t *in_line(const struct access *a, uint8_t bytes[LINE_SIZE])
{
	memset(bytes, 0, LINE_SIZE);
	memcpy(bytes + (a->pa & (LINE_SIZE - 1)), a->value, a->size);
	return bytes;
}

/*
 * ---- What is known of the newest values, against what QEMU read: a difference is somebody else's write (rule V3).
 */

static uint64_t unknown_writer(struct model *m, struct ref ref, const struct access *a)
{
	const struct line *line = ref_line(ref);
	const struct cloud *cloud = line_cloud(m, ref);
	uint64_t changed = 0;

	for (uint64_t rest = access_mask(a); rest; rest &= rest - 1) {
		unsigned i = (unsigned)__builtin_ctzll(rest);
		uint64_t bit = 1ull << i;

		if (cloud) {
			for (unsigned k = 0; k < SLOT_OTHER; k++)
				if (cloud_current(cloud, k) & bit && differs(cloud->value[k], a, i))
					changed |= bit;
		} else if (line->dirty & bit) {
			if (differs(ref_values(ref), a, i))
				changed |= bit;
		} else if (line->exact & bit && differs(ref_memory(ref), a, i)) {
			changed |= bit;
		}
	}
	return changed;
}

static void set_writer(struct line *line, uint64_t mask, uint32_t writer)
{
	for (unsigned i = 0; i < 8; i++)
		if (mask >> (8 * i) & 0xff)
			line->writer[i] = writer;
}

static void copy_bytes(uint8_t *to, const uint8_t *from, uint64_t mask)
{
	for (uint64_t rest = mask; rest; rest &= rest - 1) {
		unsigned i = (unsigned)__builtin_ctzll(rest);

		to[i] = from[i];
	}
}

static void forget_causes(struct cloud *cloud, uint64_t mask)
{
	cloud->discarded &= ~mask;
	cloud->raced &= ~mask;
	cloud->disordered &= ~mask;
	cloud->doubtful &= ~mask;
	cloud->cut &= ~mask;
}

void access_external(struct model *m, struct ref ref, uint64_t mask, const uint8_t *value, bool coherent)
{
	struct line *line = ref_line(ref);
	struct cloud *cloud;
	uint64_t slots[SLOTS];
	bool assumed;

	ram_use(ref);
	open_settle_line(m, ref);
	if (!(line->slow & (LINE_CLOUD | LINE_PENDING)) && (coherent || !line_may_be_cached(m, ref, &assumed))) {
		copy_bytes(ref_memory(ref), value, mask);
		line->dirty &= ~mask;
		line->exact |= mask;
		set_writer(line, mask, 0);
		return;
	}
	cloud = line_to_cloud(m, ref);
	if (!cloud)
		return;
	line_catch_up(m, ref, cloud);
	cloud_new_value(cloud, mask, value, slots);
	workset_load(m->work, cloud);
	if (coherent)
		cloud_store_coherent(m->work, slots);
	else
		cloud_store_memory(m->work, slots);
	forget_causes(cloud, mask);
	for (unsigned i = 0; i < 8; i++)
		if (mask >> (8 * i) & 0xff)
			cloud->before[i] = line->writer[i];
	set_writer(line, mask, 0);
	line_close(m, ref, cloud, false);
}

void model_external_write(struct model *m, const struct external_write *w)
{
	struct ref ref;
	uint64_t done = 0;

	m->counts.events++;
	while (done < w->size) {
		uint64_t pa = w->pa + done;
		unsigned offset = pa & (LINE_SIZE - 1);
		unsigned size = LINE_SIZE - offset;
		uint8_t bytes[LINE_SIZE];

		if (size > w->size - done)
			size = (unsigned)(w->size - done);
		if (pa < w->pa)
			return;
		if (!m->coherent && ram_find(m, w->space, pa, &ref) && !ref.block->ram.rom) {
			memcpy(bytes + offset, w->bytes + done, size);
			if (w->kind == EXTERNAL_IMAGE) {
				/* Before the start, at the PoC: whatever was there is history. */
				if (!ref_line(ref)->slow) {
					memcpy(ref_memory(ref) + offset, bytes + offset, size);
					ref_line(ref)->exact |= line_mask(offset, size);
					ref_line(ref)->dirty &= ~line_mask(offset, size);
					ref_page(ref)->known = 1;
					ram_use(ref);
				}
			} else {
				access_external(m, ref, line_mask(offset, size), bytes,
					m->config.options.dma == DMA_COHERENT);
			}
		}
		done += size;
	}
}

/*
 * ---- Reads.
 */

/* What a read of bytes in @state returns: a slot. */
static unsigned read_slot(unsigned state, bool cacheable, bool own_flight)
{
	if (cacheable)
		return state_copy(state) == COPY_ABSENT ? state_memory(state) : state_slot(state);
	/* A CPU sees its own store, arrived or not. */
	return own_flight && state_flight(state) ? state_flight(state) - 1 : state_memory(state);
}

/* Pending DCs of @cpu with operation @op, issued before its event number @before. */
static unsigned own_ops(const struct cloud *cloud, unsigned cpu, unsigned op, uint32_t before)
{
	unsigned ops = 0;

	for (unsigned i = 0; i < cloud->op_count; i++)
		if (cloud->ops[i].cpu == cpu && cloud->ops[i].op == op && cloud->ops[i].seq < before)
			ops |= 1u << i;
	return ops;
}

/*
 * Can a cacheable access of @cpu not find the line in this state, because of what force_ops() says? A load proves
 * nothing for other CPUs' caches, and the fast path does not see it: it is judged by this and changes nothing.
 */
static bool may_not_be(const struct cloud *cloud, unsigned cpu, unsigned state)
{
	unsigned executed = state >> 11;

	if (~executed & own_ops(cloud, cpu, DC_IVAC, UINT32_MAX))
		return true;
	return state_copy(state) == COPY_CLEAN && !(state & STATE_NEAR) &&
	       ~executed & own_ops(cloud, cpu, DC_CIVAC, UINT32_MAX);
}

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

/*
 * Which bytes of @mask may read as something else than the newest value, in states that have all bits of @executed and,
 * with @arrived, no store on its way. The reasons, when @e is given.
 */
static uint64_t wrong_bytes(const struct cloud *cloud, const struct access *a, uint64_t mask,
	bool cacheable, bool arrived, unsigned executed, struct evidence *e, uint64_t by_slot[SLOTS])
{
	bool own = cloud->flight_cpu == a->at.cpu;
	uint64_t current[SLOTS], wrong = 0;

	for (unsigned k = 0; k < SLOTS; k++)
		current[k] = cloud_current(cloud, k);
	for (unsigned i = 0; i < cloud->count; i++) {
		unsigned state = cloud->set[i].state, slot = read_slot(state, cacheable, own);
		/* Of RAM that nobody wrote nothing is expected (rule V6). */
		uint64_t bytes = cloud->set[i].bytes & mask & ~current[slot] & ~current[SLOT_OTHER];

		if (!bytes || (arrived && state_flight(state)) || (state >> 11 & executed) != executed)
			continue;
		if (cacheable && may_not_be(cloud, a->at.cpu, state))
			continue;
		wrong |= bytes;
		if (!e)
			continue;
		by_slot[slot] |= bytes;
		if (cacheable && state_copy(state) != COPY_ABSENT) {
			e->stale |= bytes & current[state_memory(state)];
			if (state_flight(state))
				e->stale |= bytes & current[state_flight(state) - 1];
		} else if (!cacheable && state_copy(state) != COPY_ABSENT) {
			e->unwritten |= bytes & current[state_slot(state)];
		}
	}
	return wrong;
}

static void add_candidates(struct evidence *e, const struct cloud *cloud, const struct access *a, uint64_t mask,
	const uint64_t by_slot[SLOTS])
{
	unsigned offset = a->pa & (LINE_SIZE - 1);

	for (unsigned k = 0; k < SLOTS; k++) {
		struct candidate *c = &e->candidate[e->candidates];

		if (!by_slot[k] || e->candidates == FINDING_CANDIDATES)
			continue;
		memcpy(c->bytes, a->value, a->size);
		c->known = ~0ull;
		for (uint64_t rest = by_slot[k] & mask; rest; rest &= rest - 1) {
			unsigned i = (unsigned)__builtin_ctzll(rest);

			if (k == SLOT_OTHER)
				c->known &= ~(1ull << (i - offset));
			else
				c->bytes[i - offset] = cloud->value[k][i];
		}
		e->candidates++;
	}
}

static void cloud_read(struct model *m, struct ref ref, struct cloud *cloud, const struct access *a, bool cacheable,
	bool both)
{
	uint64_t mask = access_mask(a), by_slot[SLOTS] = {0};
	unsigned all_ops = (1u << cloud->op_count) - 1;
	struct evidence e = {0};

	line_catch_up(m, ref, cloud);
	e.wrong = wrong_bytes(cloud, a, mask, cacheable, false, 0, &e, by_slot);
	if (both) {
		uint64_t other = wrong_bytes(cloud, a, mask, !cacheable, false, 0, &e, by_slot);

		e.alternative = other & ~e.wrong;
		e.wrong |= other;
	}
	if (e.wrong) {
		e.gone = e.wrong & ~e.unwritten & ~e.stale;
		e.in_flight = e.wrong & ~wrong_bytes(cloud, a, mask, cacheable, true, 0, NULL, NULL);
		if (both)
			e.in_flight = 0;
		e.discarded = cloud->discarded;
		e.raced = cloud->raced;
		e.disordered = cloud->disordered;
		e.doubtful = cloud->doubtful;
		e.assumed = cloud->assumed;
		e.lost_power = cloud->cut;
		if (cloud->op_count && !wrong_bytes(cloud, a, mask, cacheable, false, all_ops, NULL, NULL)) {
			e.who = cloud->ops[0].who;
			e.op = cloud->ops[0].op;
			e.dmb_only = cloud->ops[0].cpu == a->at.cpu && cloud->ops[0].seq < m->cpus[a->at.cpu]->dmb_seq;
		}
		e.before = cloud->before[__builtin_ctzll(e.wrong) / 8];
		add_candidates(&e, cloud, a, mask, by_slot);
		judge_read(m, ref, a, &e);
	}
	if (cacheable && !cloud->closed_allocated) {
		workset_load(m->work, cloud);
		line_close(m, ref, cloud, true);
	}
}

/* A non-cacheable read of a simple line: only what is dirty is in danger. */
static void simple_read_uncached(struct model *m, struct ref ref, const struct access *a)
{
	struct line *line = ref_line(ref);
	const uint8_t *memory = ref_memory(ref);
	unsigned offset = a->pa & (LINE_SIZE - 1);
	uint64_t dirty = line->dirty & access_mask(a), older = 0;
	struct evidence e = {0};
	struct candidate *c;

	for (uint64_t rest = dirty & line->exact; rest; rest &= rest - 1) {
		unsigned i = (unsigned)__builtin_ctzll(rest);

		if (differs(memory, a, i))
			older |= 1ull << i;
	}
	e.wrong = older | (dirty & ~line->exact);
	if (!e.wrong)
		return;
	e.unwritten = e.wrong;
	if (line->slow & LINE_PENDING) {
		struct pending *p = pending_of(m, ref);

		if (p->op == DC_CVAC || p->op == DC_CIVAC) {
			e.who = p->who;
			e.op = p->op;
			e.dmb_only = p->cpu == a->at.cpu && p->seq < m->cpus[p->cpu]->dmb_seq;
		}
	}
	if (older || ref_page(ref)->known) {
		c = &e.candidate[e.candidates++];
		memcpy(c->bytes, a->value, a->size);
		c->known = ~0ull;
		for (uint64_t rest = e.wrong; rest; rest &= rest - 1) {
			unsigned i = (unsigned)__builtin_ctzll(rest);

			c->bytes[i - offset] = memory[i];
		}
		if (!memcmp(c->bytes, a->value, a->size))
			e.candidates = 0;
	}
	if (e.wrong & ~line->exact) {
		c = &e.candidate[e.candidates++];
		memcpy(c->bytes, a->value, a->size);
		c->known = ~((e.wrong & ~line->exact) >> offset);
	}
	judge_read(m, ref, a, &e);
}

static void do_read(struct model *m, struct ref ref, const struct access *a, bool cacheable, bool both)
{
	struct line *line = ref_line(ref);
	uint64_t changed = unknown_writer(m, ref, a);
	struct cloud *cloud;

	if (changed) {
		uint8_t bytes[LINE_SIZE];

		/*
		 * Whoever wrote this wrote more, some of it with the values that were there: a buffer that was discarded
		 * for a device to fill is filled.
		 */
		cloud = line_cloud(m, ref);
		if (cloud)
			changed |= cloud->discarded & access_mask(a);
		access_external(m, ref, changed, in_line(a, bytes), m->config.options.dma == DMA_COHERENT);
	}
	if (line->slow & LINE_OPEN) {
		unsigned owner;

		open_of(m, ref, &owner);
		if (owner != a->at.cpu)
			open_settle_line(m, ref);
		else if (cacheable || both || m->granule_bytes > LINE_SIZE)
			line_to_cloud(m, ref);
	}
	cloud = line_cloud(m, ref);
	if (cloud && cloud->flight_cpu >= 0 && cloud->flight_cpu != a->at.cpu)
		open_settle_line(m, ref);
	if (both && line->dirty)
		line_to_cloud(m, ref);
	cloud = line_cloud(m, ref);
	if (cloud)
		cloud_read(m, ref, cloud, a, cacheable, both);
	else if (!cacheable)
		simple_read_uncached(m, ref, a);
}

/*
 * ---- Writes.
 */

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
	if (cloud->flight_cpu >= 0 && cloud->flight_cpu != a->at.cpu)
		open_settle_line(m, ref);
	if (!(line->slow & LINE_CLOUD) && !line_to_cloud(m, ref))
		return;
	cloud = line_cloud(m, ref);
	/* May end stores of other lines, which uses the working set. */
	if (uncached)
		open_add_cloud(m, ref, a->at.cpu);
	flight = flying(cloud);
	cloud_new_value(cloud, mask, value, slots);
	if (cloud->op_count)
		line_before_clean(m, ref);
	apply_store(m, m->work, cloud, a->at.cpu, store, slots);
	if (both) {
		apply_store(m, m->alternative, cloud, a->at.cpu, alternative, slots);
		workset_join(m->work, m->alternative);
	}
	forget_causes(cloud, mask);
	if (both)
		cloud->doubtful |= mask;
	if (store != STORE_UNCACHED)
		cloud->raced |= mask & flight;
	else if (ram_allocatable_now(m, ref))
		cloud->assumed &= ~mask;
	for (unsigned i = 0; i < 8; i++)
		if (mask >> (8 * i) & 0xff)
			cloud->before[i] = line->writer[i];
	set_writer(line, mask, writer_of_access(m, a));
	line_close(m, ref, cloud, store != STORE_UNCACHED);
	line_after_clean(m, ref);
}

static void do_write(struct model *m, struct ref ref, const struct access *a, bool both)
{
	enum store store = store_of(a->attributes);
	enum store alternative = store == STORE_UNCACHED ? STORE_BACK : STORE_UNCACHED;
	struct line *line = ref_line(ref);
	uint64_t mask = access_mask(a), again;
	uint8_t bytes[LINE_SIZE];
	const uint8_t *value = in_line(a, bytes);
	bool assumed;

	if (line->slow & LINE_NOTED)
		line_history(line);
	if (line->slow & LINE_OPEN) {
		unsigned owner;
		struct open_store *open = open_of(m, ref, &owner);

		if (owner != a->at.cpu)
			open_settle_line(m, ref);
		else if (store != STORE_UNCACHED || both || open->mask & mask)
			line_to_cloud(m, ref);
	}
	if (line->slow & LINE_PENDING || both)
		line_to_cloud(m, ref);
	if (!(line->slow & LINE_CLOUD)) {
		switch (store) {
		case STORE_BACK:
			again = line->dirty & line->exact & mask;
			for (uint64_t rest = again; rest; rest &= rest - 1) {
				unsigned i = (unsigned)__builtin_ctzll(rest);

				if (differs(ref_values(ref), a, i))
					line->exact &= ~(1ull << i);
			}
			line->dirty |= mask;
			copy_bytes(ref_values(ref), value, mask);
			set_writer(line, mask, writer_of_access(m, a));
			return;
		case STORE_THROUGH:
			/* Bytes that are dirty stay so, with nothing in memory that is older. */
			copy_bytes(ref_values(ref), value, mask);
			copy_bytes(ref_memory(ref), value, mask);
			line->exact |= mask;
			set_writer(line, mask, writer_of_access(m, a));
			return;
		case STORE_UNCACHED:
			if (!line_may_be_cached(m, ref, &assumed)) {
				open_add(m, ref, a->at.cpu, mask, value);
				set_writer(line, mask, writer_of_access(m, a));
				return;
			}
		}
	}
	if (line_to_cloud(m, ref))
		cloud_write(m, ref, a, value, store, both, alternative);
}

/*
 * ---- What is wrong with the access itself.
 */

static void check_device(struct model *m, const struct access *a)
{
	if (!attributes_are_device(a->attributes))
		return;
	if (a->flags & ACCESS_ZVA)
		judge_other(m, KIND_DEVICE_MEMORY_MISUSE, SEVERITY_ERROR, &a->at, a, "X2",
			"DC ZVA on Device memory: hardware takes an alignment fault, QEMU does not",
			"zero this memory with stores, or after the MMU is on");
	else if (a->flags & ACCESS_UNALIGNED)
		judge_other(m, KIND_DEVICE_MEMORY_MISUSE, SEVERITY_ERROR, &a->at, a, "X2",
			"unaligned access to Device memory: hardware takes an alignment fault",
			"compile with -mstrict-align, or access this memory with the MMU on");
}

static void check_exclusive(struct model *m, const struct access *a)
{
	struct attributes t = a->attributes;

	if (!(a->flags & (ACCESS_EXCLUSIVE | ACCESS_ATOMIC)))
		return;
	if (t.type == MEMORY_NORMAL && t.inner == CACHE_WB && t.outer == CACHE_WB && t.share != SHARE_NONE)
		return;
	judge_other(m, KIND_EXCLUSIVE_ON_UNCACHED, SEVERITY_WARNING, &a->at, a, "X1",
		"exclusive or atomic access to memory that is not Normal write-back shareable: "
		"it may fail for ever, fault, or not be atomic",
		"use exclusives and atomics only after the MMU and the caches are on, on inner shareable memory");
}

void access_share(struct model *m, struct ref ref, const struct place *at, struct attributes attributes)
{
	struct page *page = ref_page(ref);
	uint8_t seen;
	struct access a;

	if (page->shares_era != m->era)
		page->shares = 0;
	page->shares_era = m->era;
	/* One bit for each shareability, and one more when it was reported. */
	seen = page->shares | (uint8_t)(1u << (attributes.share & 3));
	if (seen == page->shares)
		return;
	page->shares = seen;
	if (seen & 0x80 || !(seen & (seen - 1)))
		return;
	page->shares |= 0x80;
	memset(&a, 0, sizeof(a));
	a.at = *at;
	a.pa = ref_pa(ref);
	a.space = ref.block->ram.space;
	a.attributes = attributes;
	judge_other(m, KIND_MISMATCHED_ATTRIBUTES, SEVERITY_WARNING, at, &a, "M5",
		"cacheable accesses to one page under different shareability: hardware may lose coherency between them",
		"map the memory with one shareability, or clean and invalidate around every access");
}

void model_access(struct model *m, const struct access *a)
{
	struct cpu *cpu;
	struct ref ref;
	bool cacheable = attributes_are_cacheable(a->attributes), both;

	m->counts.events++;
	cpu = model_cpu_of(m, a->at.cpu);
	if (!cpu || !a->size || (a->pa & (LINE_SIZE - 1)) + a->size > LINE_SIZE || a->flags & ACCESS_FETCH)
		return;
	check_device(m, a);
	check_exclusive(m, a);
	if (cpu->unsettled)
		registers_used(m, &a->at, USE_TRANSLATION, 0, a);
	if (m->coherent || !ram_find(m, a->space, a->pa, &ref) || ref.block->ram.rom)
		return;
	ram_use(ref);
	if (cacheable)
		ram_stamp(m, ref);
	if (cacheable || m->config.options.shareability_mismatch == SHARE_MISMATCH_STRICT)
		access_share(m, ref, &a->at, a->attributes);
	/*
	 * M or C was switched and nothing has synchronized it: the access may be made as before (rule S1). A cacheable
	 * one only where something was mapped so.
	 */
	if (cacheable)
		both = cpu->was_uncached;
	else
		both = cpu->was_cached && (a->attributes.why == WHY_MMU_OFF || a->attributes.why == WHY_CACHES_OFF) &&
		       ram_allocatable_now(m, ref);
	if (a->flags & ACCESS_WRITE)
		do_write(m, ref, a, both);
	else
		do_read(m, ref, a, cacheable, both);
}
