/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the log: nothing in it is trusted.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "log_format.h"

struct log_reader {
	const uint8_t *bytes;
	uint64_t size, at;
	struct log_context last;
	uint64_t ram;
	/* The first thing wrong in the record that is being read, and where. */
	const char *wrong;
	uint64_t wrong_at;
};

__attribute__((format(printf, 3, 4))) static void explain(
	struct log_error *error, uint64_t offset, const char *format, ...)
{
	va_list args;

	error->offset = offset;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
}

static void complain(struct log_reader *r, uint64_t at, const char *what)
{
	if (r->wrong)
		return;
	r->wrong = what;
	r->wrong_at = at;
}

static uint8_t get8(struct log_reader *r, const char *what, unsigned below)
{
	if (r->at >= r->size) {
		complain(r, r->at, "the log ends within a record");
		return 0;
	}
	if (r->bytes[r->at] >= below)
		complain(r, r->at, what);
	return r->bytes[r->at++];
}

static uint64_t get_uint(struct log_reader *r)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte = get8(r, "", 256);

		/* The tenth byte has room for one bit. */
		if (shift == 63 && byte > 1) {
			complain(r, r->at - 1, "a number has more than 64 bits");
			return 0;
		}
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
	return value;
}

static uint64_t get_below(struct log_reader *r, uint64_t limit, const char *what)
{
	uint64_t at = r->at, value = get_uint(r);

	if (value >= limit) {
		complain(r, at, what);
		return 0;
	}
	return value;
}

static uint64_t get_delta(struct log_reader *r, uint64_t *last)
{
	uint64_t coded = get_uint(r);

	*last += coded >> 1 ^ (coded & 1 ? ~0ull : 0);
	return *last;
}

static struct place get_place(struct log_reader *r)
{
	struct place at = {0};

	at.cpu = get8(r, "", 256);
	at.el = get8(r, "no such exception level", 4);
	at.pc = get_delta(r, &r->last.pc);
	at.link = get_delta(r, &r->last.link);
	return at;
}

static struct attributes get_attributes(struct log_reader *r)
{
	uint64_t at = r->at, coded = get_below(r, 1 << 12, "attributes out of range");
	struct attributes a = {coded & 7, coded >> 3 & 3, coded >> 5 & 3, coded >> 7 & 3, coded >> 9 & 7};

	if (a.type > MEMORY_NORMAL || a.inner > CACHE_WB || a.outer > CACHE_WB || a.share > SHARE_INNER ||
		a.why > WHY_HCR_DC)
		complain(r, at, "attributes out of range");
	return a;
}

static uint8_t get_space(struct log_reader *r)
{
	return get8(r, "no such address space", SPACES);
}

static const uint8_t *get_bytes(struct log_reader *r, uint64_t size)
{
	const uint8_t *bytes = r->bytes + r->at;

	if (size > r->size - r->at) {
		complain(r, r->at, "the log ends within a record");
		return r->bytes;
	}
	r->at += size;
	return bytes;
}

static void read_access(struct log_reader *r, struct access *a)
{
	a->at = get_place(r);
	a->va = get_delta(r, &r->last.va);
	a->pa = get_delta(r, &r->last.pa);
	a->space = get_space(r);
	a->size = get8(r, "an access of more than 64 bytes", LINE_SIZE + 1);
	a->flags = get8(r, "unknown flags of an access", ACCESS_RELEASE * 2);
	a->attributes = get_attributes(r);
	if (!a->size || (a->pa & (LINE_SIZE - 1)) + a->size > LINE_SIZE)
		complain(r, r->at, "an access of no byte, or across a line");
	if (!r->wrong)
		memcpy(a->value, get_bytes(r, a->size), r->wrong ? 0 : a->size);
}

static void read_walk(struct log_reader *r, struct table_walk *w)
{
	uint8_t outcome;

	w->at = get_place(r);
	w->va = get_delta(r, &r->last.va);
	w->output = get_delta(r, &r->last.pa);
	w->asid = (uint16_t)get_below(r, 1 << 16, "ASID out of range");
	w->vmid = (uint16_t)get_below(r, 1 << 16, "VMID out of range");
	w->regime = get8(r, "no such translation regime", WALK_REGIMES);
	w->space = get_space(r);
	w->format = get8(r, "no such format of tables", TABLE_FORMATS);
	w->granule = get8(r, "no such granule", 17);
	outcome = get8(r, "no such outcome of a walk", WALK_FAULTS * 2);
	w->translates = outcome & 1;
	w->fault = outcome >> 1;
	w->count = get8(r, "more levels than a walk has", WALK_STEPS + 1);
	if (w->granule < 12)
		complain(r, r->at, "no such granule");
	for (unsigned i = 0; i < w->count && !r->wrong; i++) {
		w->step[i].pa = get_delta(r, &r->last.pa);
		w->step[i].value = get_uint(r);
		w->step[i].index = (uint16_t)get_below(r, 1 << 13, "index of a descriptor out of range");
		w->step[i].entries = (uint16_t)get_below(r, (1 << 13) + 1, "more descriptors than a table has");
		w->step[i].shift = get8(r, "a descriptor that maps too much", 56);
		w->step[i].level = get8(r, "no such level", 4);
	}
}

static void read_body(struct log_reader *r, struct event *e)
{
	switch (e->kind) {
	case EVENT_ACCESS:
	case EVENT_CODE:
		read_access(r, &e->access);
		break;
	case EVENT_INTERRUPT_ACCESS:
		e->interrupt_access.part = get8(r, "no such registers of interrupts", INTERRUPT_PARTS);
		read_access(r, &e->interrupt_access.access);
		break;
	case EVENT_DC:
		e->dc.at = get_place(r);
		e->dc.va = get_delta(r, &r->last.va);
		e->dc.pa = get_delta(r, &r->last.pa);
		e->dc.space = get_space(r);
		e->dc.op = get8(r, "no such DC operation", DC_OPS);
		e->dc.attributes = get_attributes(r);
		break;
	case EVENT_DC_SET_WAY:
		e->dc_set_way.at = get_place(r);
		e->dc_set_way.op = get8(r, "no such set/way operation", SET_WAY_OPS);
		e->dc_set_way.operand = get_uint(r);
		break;
	case EVENT_IC:
		e->ic.at = get_place(r);
		e->ic.va = get_delta(r, &r->last.va);
		e->ic.pa = get_delta(r, &r->last.pa);
		e->ic.space = get_space(r);
		e->ic.op = get8(r, "no such IC operation", IC_OPS);
		break;
	case EVENT_TLBI:
		e->tlbi.at = get_place(r);
		e->tlbi.opcode = (uint16_t)get_below(r, 1 << 16, "TLBI opcode out of range");
		e->tlbi.operand = get_uint(r);
		break;
	case EVENT_BARRIER:
		e->barrier.at = get_place(r);
		e->barrier.kind = get8(r, "no such barrier", BARRIER_DSB + 1);
		e->barrier.domain = get8(r, "no such barrier domain", DOMAIN_SYSTEM + 1);
		e->barrier.types = get8(r, "no such barrier type", BARRIER_STORES + 1);
		break;
	case EVENT_SYNC:
		e->sync.at = get_place(r);
		e->sync.kind = get8(r, "no such context synchronization", SYNC_KINDS);
		e->sync.to_el = get8(r, "no such exception level", 4);
		break;
	case EVENT_REGISTER_WRITE:
		e->register_write.at = get_place(r);
		e->register_write.reg = (uint16_t)get_below(r, 1 << 16, "register out of range");
		e->register_write.old_value = get_uint(r);
		e->register_write.new_value = get_uint(r);
		break;
	case EVENT_REGISTER_USED:
		e->register_used.at = get_place(r);
		e->register_used.use = get8(r, "no such use of a register", REGISTER_USES);
		e->register_used.reg = (uint16_t)get_below(r, 1 << 16, "register out of range");
		break;
	case EVENT_REGIME_SWITCH: {
		uint8_t bits;

		e->regime_switch.at = get_place(r);
		bits = get8(r, "unknown bits of a regime switch", 8);
		e->regime_switch.mmu = bits & 1;
		e->regime_switch.cache = bits >> 1 & 1;
		e->regime_switch.synchronized = bits >> 2 & 1;
		break;
	}
	case EVENT_CPU:
		e->cpu.at = get_place(r);
		e->cpu.change = get8(r, "no such change of a CPU", CPU_POWER_CUT + 1);
		break;
	case EVENT_EXTERNAL_WRITE:
		e->external_write.space = get_space(r);
		e->external_write.kind = get8(r, "no such kind of external write", EXTERNAL_SEEN + 1);
		e->external_write.pa = get_delta(r, &r->last.pa);
		e->external_write.size = get_uint(r);
		e->external_write.lasting = false;
		e->external_write.bytes = get_bytes(r, e->external_write.size);
		break;
	case EVENT_WAS_ALLOCATABLE:
		e->allocatable.space = get_space(r);
		e->allocatable.pa = get_delta(r, &r->last.pa);
		e->allocatable.size = get_uint(r);
		break;
	case EVENT_MAPPINGS_CHANGED:
	case EVENT_RESET:
		break;
	case EVENT_RAM:
		e->ram.space = get_space(r);
		e->ram.rom = get8(r, "rom is 0 or 1", 2);
		e->ram.base = get_uint(r);
		e->ram.size = get_below(r, LOG_RAM_LIMIT, "more RAM than a log may have");
		if (e->ram.size >= LOG_RAM_LIMIT - r->ram)
			complain(r, r->at, "more RAM than a log may have");
		else
			r->ram += e->ram.size;
		break;
	case EVENT_WALK:
		read_walk(r, &e->walk);
		break;
	case EVENT_TABLE:
		e->table.space = get_space(r);
		e->table.pa = get_delta(r, &r->last.pa);
		e->table.entries = (uint16_t)get_below(r, (1 << 13) + 1, "more descriptors than a table has");
		e->table.bytes = get_bytes(r, e->table.entries * 8ull);
		break;
	case EVENT_STORED:
		e->stored.cpu = get8(r, "", 256);
		e->stored.space = get_space(r);
		e->stored.size = get8(r, "a store has at most 64 bytes", LINE_SIZE + 1);
		e->stored.order = get8(r, "no such order of a store", STORE_ORDERS);
		e->stored.pa = get_delta(r, &r->last.pa);
		break;
	case EVENT_SGI:
		e->sgi.at = get_place(r);
		e->sgi.by = get8(r, "no such way to send an interrupt", SGI_BY);
		for (unsigned i = 0; i < MODEL_CPUS / 64; i++)
			e->sgi.to.word[i] = get_uint(r);
		break;
	case EVENT_SEV:
		e->sev.at = get_place(r);
		for (unsigned i = 0; i < MODEL_CPUS / 64; i++)
			e->sev.asleep.word[i] = get_uint(r);
		break;
	case EVENT_WFE:
		e->wfe.at = get_place(r);
		break;
	case EVENT_DEVICE_READ:
		e->device_read.at = get_place(r);
		e->device_read.told = get8(r, "no such way to tell a device", DEVICE_TOLD);
		e->device_read.space = get_space(r);
		e->device_read.pa = get_delta(r, &r->last.pa);
		e->device_read.size = (uint32_t)get_below(r, 1ull << 32, "more than a device reads");
		break;
	case EVENT_QUEUE:
		e->queue.open = get8(r, "open is 0 or 1", 2);
		e->queue.space = get_space(r);
		e->queue.available = get_delta(r, &r->last.pa);
		e->queue.used = get_delta(r, &r->last.pa);
		e->queue.num = (uint32_t)get_below(r, 32768 + 1, "more entries than a queue has");
		break;
	case EVENT_USED_READ:
		e->used_read.at = get_place(r);
		e->used_read.part = get8(r, "no such part of a used ring", USED_PARTS);
		e->used_read.va = get_delta(r, &r->last.va);
		e->used_read.pa = get_delta(r, &r->last.pa);
		e->used_read.used = get_delta(r, &r->last.pa);
		e->used_read.value = (uint16_t)get_below(r, 1 << 16, "an index has 16 bits");
		e->used_read.attributes = get_attributes(r);
		break;
	case EVENT_PENDING_READ:
		e->pending_read.at = get_place(r);
		e->pending_read.acknowledges = get8(r, "acknowledges is 0 or 1", 2);
		break;
	case EVENT_ANSWER:
		e->answer.space = get_space(r);
		e->answer.yes = get8(r, "an answer is 0 or 1", 2);
		e->answer.pa = get_delta(r, &r->last.pa);
		break;
	}
}

int log_read(struct log_reader *r, struct event *event, struct log_error *error)
{
	if (r->at == r->size)
		return 0;
	memset(event, 0, sizeof(*event));
	r->wrong = NULL;
	event->kind = r->bytes[r->at];
	if (!event->kind || event->kind >= EVENT_KINDS) {
		explain(error, r->at, "no such kind of event: %u", event->kind);
		return -1;
	}
	r->at++;
	read_body(r, event);
	if (!r->wrong)
		return 1;
	explain(error, r->wrong_at, "%s", r->wrong);
	/* What follows cannot be told from noise. */
	r->at = r->size;
	return -1;
}

uint64_t log_offset(const struct log_reader *r)
{
	return r->at;
}

static bool parse_number(const char *text, uint64_t limit, uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 0);
	return !errno && !*end && *value <= limit;
}

static bool parse_level(const char *text, struct cache_level *level)
{
	unsigned sets, ways, shift;
	int used = 0;

	if (sscanf(text, "%8u,%8u,%2u%n", &sets, &ways, &shift, &used) != 3 || text[used] || shift > 11)
		return false;
	*level = (struct cache_level){sets, ways, (uint8_t)shift};
	return true;
}

/* One "name=value" of the header. */
static bool parse_setting(struct model_config *config, const char *line, char *error, size_t size)
{
	uint64_t value;

	if (!strncmp(line, "ctr=", 4))
		return parse_number(line + 4, UINT64_MAX, &config->ids.ctr);
	if (!strncmp(line, "clidr=", 6))
		return parse_number(line + 6, UINT64_MAX, &config->ids.clidr);
	if (!strncmp(line, "ets2=", 5)) {
		if (!parse_number(line + 5, 1, &value))
			return false;
		config->ids.ets2 = (uint8_t)value;
		return true;
	}
	if (!strncmp(line, "bbm=", 4)) {
		if (!parse_number(line + 4, 15, &value))
			return false;
		config->ids.bbm = (uint8_t)value;
		return true;
	}
	if (!strncmp(line, "cloud-limit=", 12)) {
		if (!parse_number(line + 12, 1ull << 32, &value))
			return false;
		config->cloud_limit = value;
		return true;
	}
	if (!strncmp(line, "level", 5) && line[5] >= '1' && line[5] <= '7' && line[6] == '=')
		return parse_level(line + 7, &config->ids.level[line[5] - '1']);
	return options_parse(&config->options, line, error, size);
}

static bool parse_config(
	const char *bytes, uint32_t length, uint64_t offset, struct model_config *config, struct log_error *error)
{
	char text[LOG_CONFIG_MAX + 1];
	uint32_t at = 0;

	memcpy(text, bytes, length);
	text[length] = 0;
	if (memchr(text, 0, length)) {
		explain(error, offset, "the configuration is not text");
		return false;
	}
	while (at < length) {
		char *end = memchr(text + at, '\n', length - at), why[120] = "bad value";

		if (!end) {
			explain(error, offset + at, "the configuration ends within a line");
			return false;
		}
		*end = 0;
		if (!parse_setting(config, text + at, why, sizeof(why))) {
			explain(error, offset + at, "configuration: %.60s", why);
			return false;
		}
		at = (uint32_t)(end - text) + 1;
	}
	return true;
}

struct log_reader *log_reader_new(const void *bytes, size_t size, struct model_config *config, struct log_error *error)
{
	const uint8_t *b = bytes;
	uint32_t version, length;
	struct log_reader *r;

	model_config_defaults(config);
	if (size < 16 || memcmp(b, LOG_MAGIC, 8)) {
		explain(error, 0, "not an event log");
		return NULL;
	}
	version = b[8] | b[9] << 8 | b[10] << 16 | (uint32_t)b[11] << 24;
	length = b[12] | b[13] << 8 | b[14] << 16 | (uint32_t)b[15] << 24;
	if (version != LOG_VERSION) {
		explain(error, 8, "an event log of version %u; this reads version %u", version, LOG_VERSION);
		return NULL;
	}
	if (length > LOG_CONFIG_MAX || length > size - 16) {
		explain(error, 12, "the configuration does not fit");
		return NULL;
	}
	if (!parse_config((const char *)b + 16, length, 16, config, error))
		return NULL;
	r = calloc(1, sizeof(*r));
	if (!r) {
		explain(error, 0, "out of memory");
		return NULL;
	}
	r->bytes = bytes;
	r->size = size;
	r->at = 16 + (uint64_t)length;
	return r;
}

void log_reader_free(struct log_reader *r)
{
	free(r);
}
