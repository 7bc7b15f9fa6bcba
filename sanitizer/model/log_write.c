/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layout of a record. "uint" is LEB128 (7 bits a byte, low ones first, at most 10 bytes); "delta" is the zigzag
 * LEB128 of the difference, modulo 2^64, to the same field of the record before; a plain number is that many bytes.
 *
 *      place            cpu 1, el 1, pc delta, link delta
 *      attributes       uint: type | inner << 3 | outer << 5 | share << 7 | why << 9
 *
 *      ACCESS           place, va delta, pa delta, space 1, size 1, flags 1, attributes, the value's bytes
 *      DC               place, va delta, pa delta, space 1, op 1, attributes
 *      DC_SET_WAY       place, op 1, operand uint
 *      IC               place, va delta, pa delta, space 1, op 1
 *      TLBI             place, opcode uint, operand uint
 *      BARRIER          place, kind 1, domain 1, types 1
 *      SYNC             place, kind 1, to_el 1
 *      REGISTER_WRITE   place, reg uint, old uint, new uint
 *      REGISTER_USED    place, use 1, reg uint
 *      REGIME_SWITCH    place, bits 1: mmu, cache << 1, synchronized << 2
 *      CPU              place, change 1
 *      EXTERNAL_WRITE   space 1, kind 1, pa delta, size uint, the bytes
 *      WAS_ALLOCATABLE  space 1, pa delta, size uint
 *      MAPPINGS_CHANGED nothing
 *      RAM              space 1, rom 1, base uint, size uint
 *      ANSWER           space 1, yes 1, pa delta
 *      CODE             as ACCESS
 *      WALK             place, va delta, output delta, asid uint, vmid uint, regime 1, space 1, format 1, granule 1,
 *                       translates | fault << 1 1, count 1, and for each step: pa delta, value uint, index uint,
 *                       entries uint, shift 1, level 1
 *      TABLE            space 1, pa delta, entries uint, 8 bytes for each
 *      STORED           cpu 1, space 1, size 1, order 1, pa delta
 *      SGI              place, by 1, to 4 times uint
 *      SEV              place, asleep 4 times uint
 *      WFE              place
 *      DEVICE_READ      place, told 1, space 1, pa delta, size uint
 *      QUEUE            open 1, space 1, available delta, used delta, num uint
 *      USED_READ        place, part 1, va delta, pa delta, used delta, value uint, attributes
 *      PENDING_READ     place, acknowledges 1
 *      INTERRUPT_ACCESS part 1, as ACCESS
 *      RESET            nothing
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "log_format.h"

struct log_writer {
	FILE *file;
	bool failed;
	struct log_context last;
	uint8_t record[256];
	unsigned length;
};

static void put8(struct log_writer *w, unsigned value)
{
	w->record[w->length++] = (uint8_t)value;
}

static void put_uint(struct log_writer *w, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		put8(w, (unsigned)(value & 0x7f) | 0x80);
	put8(w, (unsigned)value);
}

static void put_delta(struct log_writer *w, uint64_t *last, uint64_t value)
{
	uint64_t delta = value - *last;

	put_uint(w, delta << 1 ^ (delta >> 63 ? ~0ull : 0));
	*last = value;
}

static void put_place(struct log_writer *w, const struct place *at)
{
	put8(w, at->cpu);
	put8(w, at->el);
	put_delta(w, &w->last.pc, at->pc);
	put_delta(w, &w->last.link, at->link);
}

static void put_attributes(struct log_writer *w, struct attributes a)
{
	put_uint(w, (uint64_t)a.type | a.inner << 3 | a.outer << 5 | a.share << 7 | a.why << 9);
}

/* All but its value. */
static void put_access(struct log_writer *w, const struct access *a)
{
	put_place(w, &a->at);
	put_delta(w, &w->last.va, a->va);
	put_delta(w, &w->last.pa, a->pa);
	put8(w, a->space);
	put8(w, a->size);
	put8(w, a->flags);
	put_attributes(w, a->attributes);
}

static bool flush(struct log_writer *w, const void *more, uint64_t size)
{
	if (fwrite(w->record, 1, w->length, w->file) != w->length || (size && fwrite(more, 1, size, w->file) != size))
		w->failed = true;
	w->length = 0;
	return !w->failed;
}

struct log_writer *log_writer_new(FILE *file, const struct model_config *config)
{
	struct log_writer *w = calloc(1, sizeof(*w));
	char text[LOG_CONFIG_MAX];
	int length = 0;
	uint32_t words[2];

	if (!w)
		return NULL;
	w->file = file;
	for (const struct option_info *info = option_table; info->name; info++)
		length += snprintf(text + length, sizeof(text) - (size_t)length, "%s=%s\n", info->name,
			options_value(&config->options, info));
	length += snprintf(text + length, sizeof(text) - (size_t)length, "ctr=0x%" PRIx64 "\nclidr=0x%" PRIx64 "\n",
		config->ids.ctr, config->ids.clidr);
	for (unsigned i = 0; i < 7; i++)
		length += snprintf(text + length, sizeof(text) - (size_t)length, "level%u=%u,%u,%u\n", i + 1,
			config->ids.level[i].sets, config->ids.level[i].ways, config->ids.level[i].line_shift);
	length += snprintf(text + length, sizeof(text) - (size_t)length, "ets2=%u\nbbm=%u\ncloud-limit=%zu\n",
		config->ids.ets2, config->ids.bbm, config->cloud_limit);
	words[0] = LOG_VERSION;
	words[1] = (uint32_t)length;
	memcpy(w->record, LOG_MAGIC, 8);
	w->length = 8;
	for (unsigned i = 0; i < 2; i++)
		for (unsigned byte = 0; byte < 4; byte++)
			put8(w, words[i] >> 8 * byte & 0xff);
	if (!flush(w, text, (uint64_t)length)) {
		int error = errno;

		free(w);
		errno = error;
		return NULL;
	}
	return w;
}

bool log_writer_free(struct log_writer *w)
{
	bool ok;

	if (!w)
		return true;
	ok = !fflush(w->file) && !w->failed;
	free(w);
	return ok;
}

bool log_write_answer(struct log_writer *w, enum space space, uint64_t pa, bool yes)
{
	struct event event = {.kind = EVENT_ANSWER, .answer = {pa, (uint8_t)space, yes}};

	return log_write(w, &event);
}

bool log_write(struct log_writer *w, const struct event *e)
{
	const void *bytes = NULL;
	uint64_t size = 0;

	if (w->failed)
		return false;
	w->length = 0;
	put8(w, e->kind);
	switch (e->kind) {
	case EVENT_ACCESS:
	case EVENT_CODE:
		put_access(w, &e->access);
		bytes = e->access.value;
		size = e->access.size;
		break;
	case EVENT_INTERRUPT_ACCESS:
		put8(w, e->interrupt_access.part);
		put_access(w, &e->interrupt_access.access);
		bytes = e->interrupt_access.access.value;
		size = e->interrupt_access.access.size;
		break;
	case EVENT_DC:
		put_place(w, &e->dc.at);
		put_delta(w, &w->last.va, e->dc.va);
		put_delta(w, &w->last.pa, e->dc.pa);
		put8(w, e->dc.space);
		put8(w, e->dc.op);
		put_attributes(w, e->dc.attributes);
		break;
	case EVENT_DC_SET_WAY:
		put_place(w, &e->dc_set_way.at);
		put8(w, e->dc_set_way.op);
		put_uint(w, e->dc_set_way.operand);
		break;
	case EVENT_IC:
		put_place(w, &e->ic.at);
		put_delta(w, &w->last.va, e->ic.va);
		put_delta(w, &w->last.pa, e->ic.pa);
		put8(w, e->ic.space);
		put8(w, e->ic.op);
		break;
	case EVENT_TLBI:
		put_place(w, &e->tlbi.at);
		put_uint(w, e->tlbi.opcode);
		put_uint(w, e->tlbi.operand);
		break;
	case EVENT_BARRIER:
		put_place(w, &e->barrier.at);
		put8(w, e->barrier.kind);
		put8(w, e->barrier.domain);
		put8(w, e->barrier.types);
		break;
	case EVENT_SYNC:
		put_place(w, &e->sync.at);
		put8(w, e->sync.kind);
		put8(w, e->sync.to_el);
		break;
	case EVENT_REGISTER_WRITE:
		put_place(w, &e->register_write.at);
		put_uint(w, e->register_write.reg);
		put_uint(w, e->register_write.old_value);
		put_uint(w, e->register_write.new_value);
		break;
	case EVENT_REGISTER_USED:
		put_place(w, &e->register_used.at);
		put8(w, e->register_used.use);
		put_uint(w, e->register_used.reg);
		break;
	case EVENT_REGIME_SWITCH:
		put_place(w, &e->regime_switch.at);
		put8(w, (e->regime_switch.mmu ? 1 : 0) | (e->regime_switch.cache ? 2 : 0) |
				(e->regime_switch.synchronized ? 4 : 0));
		break;
	case EVENT_CPU:
		put_place(w, &e->cpu.at);
		put8(w, e->cpu.change);
		break;
	case EVENT_EXTERNAL_WRITE:
		put8(w, e->external_write.space);
		put8(w, e->external_write.kind);
		put_delta(w, &w->last.pa, e->external_write.pa);
		put_uint(w, e->external_write.size);
		bytes = e->external_write.bytes;
		size = e->external_write.size;
		break;
	case EVENT_WAS_ALLOCATABLE:
		put8(w, e->allocatable.space);
		put_delta(w, &w->last.pa, e->allocatable.pa);
		put_uint(w, e->allocatable.size);
		break;
	case EVENT_MAPPINGS_CHANGED:
	case EVENT_RESET:
		break;
	case EVENT_RAM:
		put8(w, e->ram.space);
		put8(w, e->ram.rom);
		put_uint(w, e->ram.base);
		put_uint(w, e->ram.size);
		break;
	case EVENT_WALK:
		put_place(w, &e->walk.at);
		put_delta(w, &w->last.va, e->walk.va);
		put_delta(w, &w->last.pa, e->walk.output);
		put_uint(w, e->walk.asid);
		put_uint(w, e->walk.vmid);
		put8(w, e->walk.regime);
		put8(w, e->walk.space);
		put8(w, e->walk.format);
		put8(w, e->walk.granule);
		put8(w, (e->walk.translates ? 1 : 0) | e->walk.fault << 1);
		put8(w, e->walk.count);
		for (unsigned i = 0; i < e->walk.count && i < WALK_STEPS; i++) {
			put_delta(w, &w->last.pa, e->walk.step[i].pa);
			put_uint(w, e->walk.step[i].value);
			put_uint(w, e->walk.step[i].index);
			put_uint(w, e->walk.step[i].entries);
			put8(w, e->walk.step[i].shift);
			put8(w, e->walk.step[i].level);
		}
		break;
	case EVENT_TABLE:
		put8(w, e->table.space);
		put_delta(w, &w->last.pa, e->table.pa);
		put_uint(w, e->table.entries);
		bytes = e->table.bytes;
		size = e->table.entries * 8ull;
		break;
	case EVENT_STORED:
		put8(w, e->stored.cpu);
		put8(w, e->stored.space);
		put8(w, e->stored.size);
		put8(w, e->stored.order);
		put_delta(w, &w->last.pa, e->stored.pa);
		break;
	case EVENT_SGI:
		put_place(w, &e->sgi.at);
		put8(w, e->sgi.by);
		for (unsigned i = 0; i < MODEL_CPUS / 64; i++)
			put_uint(w, e->sgi.to.word[i]);
		break;
	case EVENT_SEV:
		put_place(w, &e->sev.at);
		for (unsigned i = 0; i < MODEL_CPUS / 64; i++)
			put_uint(w, e->sev.asleep.word[i]);
		break;
	case EVENT_WFE:
		put_place(w, &e->wfe.at);
		break;
	case EVENT_DEVICE_READ:
		put_place(w, &e->device_read.at);
		put8(w, e->device_read.told);
		put8(w, e->device_read.space);
		put_delta(w, &w->last.pa, e->device_read.pa);
		put_uint(w, e->device_read.size);
		break;
	case EVENT_QUEUE:
		put8(w, e->queue.open);
		put8(w, e->queue.space);
		put_delta(w, &w->last.pa, e->queue.available);
		put_delta(w, &w->last.pa, e->queue.used);
		put_uint(w, e->queue.num);
		break;
	case EVENT_USED_READ:
		put_place(w, &e->used_read.at);
		put8(w, e->used_read.part);
		put_delta(w, &w->last.va, e->used_read.va);
		put_delta(w, &w->last.pa, e->used_read.pa);
		put_delta(w, &w->last.pa, e->used_read.used);
		put_uint(w, e->used_read.value);
		put_attributes(w, e->used_read.attributes);
		break;
	case EVENT_PENDING_READ:
		put_place(w, &e->pending_read.at);
		put8(w, e->pending_read.acknowledges);
		break;
	case EVENT_ANSWER:
		put8(w, e->answer.space);
		put8(w, e->answer.yes);
		put_delta(w, &w->last.pa, e->answer.pa);
		break;
	default:
		return false;
	}
	return flush(w, bytes, size);
}
