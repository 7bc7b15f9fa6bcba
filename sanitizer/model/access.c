/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses as they come in, and the writes of devices: rules V3, M5, X1, X2.
 */
#include "access.h"
#include "code.h"
#include "tables.h"

void line_set_writer(struct ref ref, uint64_t mask, uint32_t writer)
{
	uint32_t *writers = ref_writers(ref);

	for (unsigned i = 0; i < 8; i++)
		if (mask >> (8 * i) & 0xff)
			writers[i] = writer;
}

void line_copy_bytes(uint8_t *to, const uint8_t *from, uint64_t mask)
{
	for (uint64_t rest = mask; rest; rest &= rest - 1) {
		unsigned i = (unsigned)__builtin_ctzll(rest);

		to[i] = from[i];
	}
}

void cloud_forget_causes(struct cloud *cloud, uint64_t mask)
{
	cloud->discarded &= ~mask;
	cloud->raced &= ~mask;
	cloud->unwaited &= ~mask;
	cloud->disordered &= ~mask;
	cloud->overtaken &= ~mask;
	cloud->doubtful &= ~mask;
	cloud->cut &= ~mask;
}

uint64_t access_changed(struct model *m, struct ref ref, uint64_t mask, const uint8_t *value)
{
	const struct cloud *cloud = line_cloud(m, ref);
	const struct bytes *bytes = ref_bytes(ref);
	uint64_t changed = 0;

	for (uint64_t rest = mask; rest; rest &= rest - 1) {
		unsigned i = (unsigned)__builtin_ctzll(rest);
		uint64_t bit = 1ull << i;

		if (cloud) {
			for (unsigned k = 0; k < SLOT_OTHER; k++)
				if (cloud_current(cloud, k) & bit && cloud->value[k][i] != value[i])
					changed |= bit;
		} else if (bytes->dirty & bit) {
			if (ref_values(ref)[i] != value[i])
				changed |= bit;
		} else if (bytes->exact & bit && ref_memory(ref)[i] != value[i]) {
			changed |= bit;
		}
	}
	return changed;
}

void access_external(struct model *m, struct ref ref, uint64_t mask, const uint8_t *value, bool coherent)
{
	struct line *line = ref_line(ref);
	struct cloud *cloud;
	uint64_t slots[SLOTS];
	bool assumed;

	ram_use(ref);
	if (line_is_code(ref))
		code_written(m, ref, mask, value, -1, false);
	if (line->slow & LINE_TABLE)
		tables_written(m, ref, mask, value, NULL);
	open_settle_line(m, ref);
	if (!(line->slow & (LINE_CLOUD | LINE_PENDING)) && (coherent || !line_may_be_cached(m, ref, &assumed))) {
		line_copy_bytes(ref_memory(ref), value, mask);
		ref_bytes(ref)->dirty &= ~mask;
		ref_bytes(ref)->exact |= mask;
		line_set_writer(ref, mask, 0);
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
	cloud_forget_causes(cloud, mask);
	for (unsigned i = 0; i < 8; i++)
		if (mask >> (8 * i) & 0xff)
			cloud->before[i] = ref_writers(ref)[i];
	line_set_writer(ref, mask, 0);
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
			if (w->lasting && !(pa & (PAGE_SIZE_4K - 1)) && w->size - done >= PAGE_SIZE_4K &&
				untouched_add(ref, w->bytes + done)) {
				done += PAGE_SIZE_4K;
				continue;
			}
			ref.block->touched = pa - ref.block->ram.base;
			ref_touch(ref);
			memcpy(bytes + offset, w->bytes + done, size);
			if (w->kind == EXTERNAL_IMAGE) {
				/* Before the start, at the PoC: whatever was there is history. */
				if (!(ref_page(ref)->slow.writes >> ref.index % LINES_PER_PAGE & 1)) {
					memcpy(ref_memory(ref) + offset, bytes + offset, size);
					ref_bytes(ref)->exact |= line_mask(offset, size);
					ref_bytes(ref)->dirty &= ~line_mask(offset, size);
					ref_page(ref)->known = 1;
					ram_use(ref);
				}
			} else {
				uint64_t mask = line_mask(offset, size);

				if (w->kind == EXTERNAL_SEEN)
					mask = access_changed(m, ref, mask, bytes);
				if (mask)
					access_external(m, ref, mask, bytes, m->config.options.dma == DMA_COHERENT);
			}
		}
		done += size;
	}
}

/*
 * ---- What is wrong with the access itself.
 */

static void check_device(struct model *m, const struct access *a)
{
	if (!attributes_are_device(a->attributes))
		return;
	exercised(m, RULE_X2);
	if (a->flags & ACCESS_ZVA)
		judge_other(m, KIND_DEVICE_MEMORY_MISUSE, SEVERITY_ERROR, &a->at, a, RULE(X2),
			"DC ZVA on Device memory: hardware takes an alignment fault, QEMU does not",
			"zero this memory with stores, or after the MMU is on");
	else if (a->flags & ACCESS_UNALIGNED)
		judge_other(m, KIND_DEVICE_MEMORY_MISUSE, SEVERITY_ERROR, &a->at, a, RULE(X2),
			"unaligned access to Device memory: hardware takes an alignment fault",
			"compile with -mstrict-align, or access this memory with the MMU on");
}

static void check_exclusive(struct model *m, const struct access *a)
{
	struct attributes t = a->attributes;

	if (!(a->flags & (ACCESS_EXCLUSIVE | ACCESS_ATOMIC)))
		return;
	exercised(m, RULE_X1);
	if (t.type == MEMORY_NORMAL && t.inner == CACHE_WB && t.outer == CACHE_WB && t.share != SHARE_NONE)
		return;
	judge_other(m, KIND_EXCLUSIVE_ON_UNCACHED, SEVERITY_WARNING, &a->at, a, RULE(X1),
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
	exercised(m, RULE_M5);
	page->shares = seen;
	if (seen & 0x80 || !(seen & (seen - 1)))
		return;
	page->shares |= 0x80;
	memset(&a, 0, sizeof(a));
	a.at = *at;
	a.pa = ref_pa(ref);
	a.space = ref.block->ram.space;
	a.attributes = attributes;
	judge_other(m, KIND_MISMATCHED_ATTRIBUTES, SEVERITY_WARNING, at, &a, RULE(M5),
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
	if (!cpu || !a->size || (a->pa & (LINE_SIZE - 1)) + a->size > LINE_SIZE)
		return;
	if (a->flags & ACCESS_FETCH) {
		model_fetch(m, a);
		return;
	}
	check_device(m, a);
	check_exclusive(m, a);
	/* A walk is for an access that follows. */
	if (cpu->unsettled && !(a->flags & ACCESS_WALK))
		registers_used(m, &a->at, USE_TRANSLATION, 0, a);
	if (m->coherent || !ram_find(m, a->space, a->pa, &ref) || ref.block->ram.rom)
		return;
	ref.block->touched = a->pa - ref.block->ram.base;
	ram_use(ref);
	if (cacheable)
		ram_stamp(m, ref);
	if (cacheable || m->config.options.shareability_mismatch == SHARE_MISMATCH_STRICT)
		access_share(m, ref, &a->at, a->attributes);
	if (!cacheable && !attributes_are_by_switch(a->attributes) && ref_page(ref)->shares)
		exercised(m, RULE_M4);
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
		access_write(m, ref, a, both);
	else
		access_read(m, ref, a, cacheable, both);
	if (cpu->woken_reads && !(a->flags & (ACCESS_WRITE | ACCESS_WALK)))
		message_looked(m, a);
}
