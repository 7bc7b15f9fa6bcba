/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "finding.h"
#include "registers.h"

const char *kind_name(enum kind kind)
{
	static const char *const names[KINDS] = {
		[KIND_STALE_MEMORY_READ] = "stale-memory-read",
		[KIND_STALE_CACHE_READ] = "stale-cache-read",
		[KIND_LOST_WRITE] = "lost-write",
		[KIND_DISCARDED_WRITE] = "discarded-write",
		[KIND_INCOMPLETE_MAINTENANCE] = "incomplete-maintenance",
		[KIND_STALE_FETCH] = "stale-fetch",
		[KIND_UNSYNCHRONIZED_FETCH] = "unsynchronized-fetch",
		[KIND_UNSYNCHRONIZED_REGISTER] = "unsynchronized-register",
		[KIND_UNORDERED_TABLE_WRITE] = "unordered-table-write",
		[KIND_STALE_TRANSLATION] = "stale-translation",
		[KIND_BREAK_BEFORE_MAKE] = "break-before-make",
		[KIND_TABLE_PAGE_REUSE] = "table-page-reuse",
		[KIND_MISMATCHED_ATTRIBUTES] = "mismatched-attributes",
		[KIND_EXCLUSIVE_ON_UNCACHED] = "exclusive-on-uncached",
		[KIND_DEVICE_MEMORY_MISUSE] = "device-memory-misuse",
		[KIND_SET_WAY_RELIANCE] = "set-way-reliance",
		[KIND_MAINTENANCE_ORDER] = "maintenance-order",
	};

	return kind < KINDS ? names[kind] : "unknown";
}

const char *severity_name(enum severity severity)
{
	static const char *const names[] = {"note", "warning", "error"};

	return names[severity % 3];
}

struct text {
	char *at;
	size_t left;
	int full;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->at, t->left, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= t->left) {
		t->full = 1;
		return;
	}
	t->at += n;
	t->left -= (size_t)n;
}

/* Our strings are plain ASCII; quotes and backslashes are escaped all the same. */
static void put_string(struct text *t, const char *name, const char *value)
{
	if (!value)
		return;
	put(t, ",\"%s\":\"", name);
	for (; *value; value++)
		put(t, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
	put(t, "\"");
}

static void put_bytes(struct text *t, const uint8_t *bytes, uint64_t known, uint32_t size)
{
	put(t, "\"");
	for (uint32_t i = 0; i < size && i < LINE_SIZE; i++) {
		if (known >> i & 1)
			put(t, "%02x", bytes[i]);
		else
			put(t, "??");
	}
	put(t, "\"");
}

static void put_writer(struct text *t, const char *name, const struct writer *w)
{
	char attributes[ATTRIBUTES_TEXT];

	if (!w->pc)
		return;
	put(t, ",\"%s\":{\"pc\":\"0x%" PRIx64 "\",\"cpu\":%u,\"el\":%u,\"mmu\":%s", name, w->pc, w->cpu, w->el,
		w->attributes.why == WHY_MMU_OFF ? "false" : "true");
	if (!attributes_are_none(w->attributes))
		put_string(t, "attributes", attributes_text(w->attributes, attributes));
	if (w->va)
		put(t, ",\"va\":\"0x%" PRIx64 "\"", w->va);
	if (w->link)
		put(t, ",\"link\":\"0x%" PRIx64 "\"", w->link);
	put(t, "}");
}

size_t finding_json(const struct finding *f, char *buffer, size_t size)
{
	static const char *const spaces[] = {"nonsecure", "secure", "root", "realm"};
	struct text t = {buffer, size, 0};
	char attributes[ATTRIBUTES_TEXT], reg[REGISTER_NAME];

	put(&t, "{\"id\":%u,\"kind\":\"%s\",\"severity\":\"%s\"", f->id, kind_name(f->kind),
		severity_name(f->severity));
	put_string(&t, "rule", f->rule);
	put_string(&t, "text", f->text);
	put_string(&t, "remedy", f->remedy);
	put_string(&t, "done", f->done ? f->done : *f->detail ? f->detail : NULL);
	put_string(&t, "assumption", f->assumption);
	put(&t, ",\"cpu\":%u,\"el\":%u,\"pc\":\"0x%" PRIx64 "\"", f->cpu, f->el, f->pc);
	if (f->link)
		put(&t, ",\"link\":\"0x%" PRIx64 "\"", f->link);
	if (f->size || f->pa || f->is_translation) {
		put(&t, ",\"access\":\"%s\",\"va\":\"0x%" PRIx64 "\",\"pa\":\"0x%" PRIx64 "\",\"space\":\"%s\"",
			f->is_walk          ? "walk"
			: f->is_fetch       ? "fetch"
			: f->is_translation ? "translation"
			: f->is_write       ? "write"
					    : "read",
			f->va, f->pa, spaces[f->space % 4]);
		if (!f->is_translation)
			put_string(&t, "attributes", attributes_text(f->attributes, attributes));
		put(&t, ",\"mmu\":%s", f->attributes.why == WHY_MMU_OFF ? "false" : "true");
	}
	if (f->size) {
		put(&t, ",\"size\":%u,\"got\":", f->size);
		put_bytes(&t, f->got, ~0ull, f->size);
	}
	if (f->candidates) {
		put(&t, ",\"may_be\":[");
		for (uint32_t i = 0; i < f->candidates && i < FINDING_CANDIDATES; i++) {
			put(&t, i ? "," : "");
			put_bytes(&t, f->may_be[i].bytes, f->may_be[i].known, f->size);
		}
		put(&t, "]");
	}
	if (f->may_be_pa)
		put(&t, ",\"may_be_pa\":\"0x%" PRIx64 "\"", f->may_be_pa);
	if (f->reg)
		put_string(&t, "register", register_name(f->reg, reg));
	put_writer(&t, "writer", &f->writer);
	put_writer(&t, "before", &f->before);
	put_string(&t, "root", f->root);
	put(&t, ",\"count\":%" PRIu64 "}\n", f->count);
	return t.full ? 0 : (size_t)(t.at - buffer);
}
