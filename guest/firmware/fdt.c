// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flattened device trees: header, cursor and look-ups.
 *
 *     header | reservation block | structure block: BEGIN_NODE name PROP... children END_NODE ... END | strings block
 *
 * All numbers are big-endian; tokens are aligned to 4 bytes from the start of the blob. The rule here: an offset is
 * compared with the end of its block before it is used, by subtraction from that end, so nothing overflows.
 *
 * Source: Devicetree Specification v0.4, 5.2 Header, 5.3 Memory Reservation Block, 5.4 Structure Block, 5.5 Strings
 * Block.
 */
#include <limpid/fdt.h>
#include <limpid/string.h>

#define FDT_MAGIC 0xd00dfeedu

#define FDT_BEGIN_NODE 1u
#define FDT_END_NODE   2u
#define FDT_PROP       3u
#define FDT_NOP        4u
#define FDT_END        9u

/* Offsets of the header's fields. */
#define HEADER_MAGIC           0
#define HEADER_TOTAL_SIZE      4
#define HEADER_STRUCTS         8
#define HEADER_STRINGS         12
#define HEADER_RESERVATIONS    16
#define HEADER_VERSION         20
#define HEADER_LAST_COMPATIBLE 24
#define HEADER_BOOT_CPU        28
#define HEADER_STRINGS_SIZE    32
#define HEADER_STRUCTS_SIZE    36 /* from version 17 */
#define HEADER_SIZE_V16        36
#define HEADER_SIZE            40

typedef uint32_t __attribute__((may_alias)) be32_word;

uint32_t fdt_be32(const uint8_t *bytes)
{
	if (IS_ALIGNED((uintptr_t)bytes, 4))
		return __builtin_bswap32(*(const be32_word *)bytes);
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

uint64_t fdt_be64(const uint8_t *bytes)
{
	return (uint64_t)fdt_be32(bytes) << 32 | fdt_be32(bytes + 4);
}

const char *fdt_result_text(enum fdt_result result)
{
	switch (result) {
	case FDT_OK:
		return "no error";
	case FDT_NOT_FOUND:
		return "not found";
	case FDT_BAD_MAGIC:
		return "no device tree: the magic number is wrong";
	case FDT_BAD_VERSION:
		return "a device tree of another version than 16 or 17";
	case FDT_BAD_HEADER:
		return "a device tree whose header is wrong";
	case FDT_TRUNCATED:
		return "a device tree that ends too early";
	case FDT_BAD_STRUCTURE:
		return "a device tree with a token where it may not be";
	case FDT_BAD_NAME:
		return "a device tree with a property whose name is outside of it";
	case FDT_TOO_DEEP:
		return "a device tree with too many nodes inside of each other";
	case FDT_BAD_VALUE:
		return "a property with an impossible value";
	}
	return "unknown error";
}

static enum fdt_result fail(struct fdt *fdt, enum fdt_result result, uint32_t offset)
{
	fdt->error_offset = offset;
	return result;
}

static uint32_t header(const struct fdt *fdt, unsigned field)
{
	return fdt_be32(fdt->blob + field);
}

enum fdt_result fdt_init(struct fdt *fdt, const void *blob, size_t limit)
{
	uint32_t size;

	*fdt = (struct fdt){.blob = blob};
	if (!blob || limit < HEADER_SIZE_V16)
		return fail(fdt, FDT_BAD_HEADER, 0);
	if (header(fdt, HEADER_MAGIC) != FDT_MAGIC)
		return fail(fdt, FDT_BAD_MAGIC, HEADER_MAGIC);
	if (header(fdt, HEADER_VERSION) < 16)
		return fail(fdt, FDT_BAD_VERSION, HEADER_VERSION);
	if (header(fdt, HEADER_LAST_COMPATIBLE) > 17)
		return fail(fdt, FDT_BAD_VERSION, HEADER_LAST_COMPATIBLE);

	size = header(fdt, HEADER_TOTAL_SIZE);
	if (size > limit || size > FDT_MAX_SIZE || size < HEADER_SIZE)
		return fail(fdt, FDT_BAD_HEADER, HEADER_TOTAL_SIZE);
	fdt->size = size;

	fdt->structs = header(fdt, HEADER_STRUCTS);
	if (fdt->structs > size || !IS_ALIGNED(fdt->structs, 4))
		return fail(fdt, FDT_BAD_HEADER, HEADER_STRUCTS);
	fdt->structs_end = size;
	if (header(fdt, HEADER_VERSION) >= 17) {
		if (header(fdt, HEADER_STRUCTS_SIZE) > size - fdt->structs)
			return fail(fdt, FDT_BAD_HEADER, HEADER_STRUCTS_SIZE);
		fdt->structs_end = fdt->structs + header(fdt, HEADER_STRUCTS_SIZE);
	}

	fdt->strings = header(fdt, HEADER_STRINGS);
	if (fdt->strings > size)
		return fail(fdt, FDT_BAD_HEADER, HEADER_STRINGS);
	if (header(fdt, HEADER_STRINGS_SIZE) > size - fdt->strings)
		return fail(fdt, FDT_BAD_HEADER, HEADER_STRINGS_SIZE);
	fdt->strings_end = fdt->strings + header(fdt, HEADER_STRINGS_SIZE);
	/* Up to the last NUL, so that each name that begins in the block also ends there. */
	while (fdt->strings_end > fdt->strings && fdt->blob[fdt->strings_end - 1])
		fdt->strings_end--;

	fdt->reservations = header(fdt, HEADER_RESERVATIONS);
	if (fdt->reservations > size || !IS_ALIGNED(fdt->reservations, 8))
		return fail(fdt, FDT_BAD_HEADER, HEADER_RESERVATIONS);
	fdt->boot_cpu = header(fdt, HEADER_BOOT_CPU);
	return FDT_OK;
}

bool fdt_reservation(const struct fdt *fdt, unsigned index, struct mem_range *range)
{
	uint32_t room = fdt->size - fdt->reservations;
	const uint8_t *entry;

	if (index >= room / 16)
		return false;
	entry = fdt->blob + fdt->reservations + index * 16;
	*range = (struct mem_range){fdt_be64(entry), fdt_be64(entry + 8)};
	return range->base || range->size;
}

uint32_t fdt_prop_cell(struct fdt_prop prop, unsigned index, uint32_t otherwise)
{
	return index < prop.length / 4 ? fdt_be32(prop.value + 4 * index) : otherwise;
}

const char *fdt_prop_string_at(struct fdt_prop prop, unsigned index)
{
	const char *string = (const char *)prop.value;
	size_t left = prop.length;

	for (;;) {
		size_t length = strnlen(string, left);

		if (length == left)
			return NULL;
		if (!index--)
			return string;
		string += length + 1;
		left -= length + 1;
	}
}

const char *fdt_prop_string(struct fdt_prop prop)
{
	return fdt_prop_string_at(prop, 0);
}

bool fdt_prop_has_string(struct fdt_prop prop, const char *string)
{
	const char *entry = (const char *)prop.value;
	size_t left = prop.length;

	while (left) {
		size_t length = strnlen(entry, left);

		if (length == left)
			return false;
		if (!strcmp(entry, string))
			return true;
		entry += length + 1;
		left -= length + 1;
	}
	return false;
}

void fdt_cursor_init(struct fdt_cursor *cursor, struct fdt *fdt, uint32_t node)
{
	*cursor = (struct fdt_cursor){
		.fdt = fdt,
		.offset = node == FDT_ROOT ? fdt->structs : node,
		.depth = -1,
		.whole = node == FDT_ROOT,
	};
}

static enum fdt_event cursor_error(struct fdt_cursor *cursor, enum fdt_result result)
{
	cursor->result = fail(cursor->fdt, result, cursor->event_offset);
	return FDT_EVENT_ERROR;
}

static enum fdt_event begin_node(struct fdt_cursor *cursor)
{
	const struct fdt *fdt = cursor->fdt;
	const char *name = (const char *)fdt->blob + cursor->offset;
	size_t room = fdt->structs_end - cursor->offset;
	size_t length = strnlen(name, room);

	/* Only one node is outermost. */
	if (cursor->depth < 0 && cursor->props_over)
		return cursor_error(cursor, FDT_BAD_STRUCTURE);
	if (length == room)
		return cursor_error(cursor, FDT_TRUNCATED);
	if (cursor->depth + 1 >= FDT_MAX_DEPTH)
		return cursor_error(cursor, FDT_TOO_DEEP);
	cursor->depth++;
	cursor->props_over = false;
	cursor->name = name;
	cursor->offset = ALIGN_UP(cursor->offset + (uint32_t)length + 1, 4);
	return FDT_EVENT_NODE;
}

static enum fdt_event property(struct fdt_cursor *cursor)
{
	const struct fdt *fdt = cursor->fdt;
	uint32_t length, name;

	if (cursor->depth < 0 || cursor->props_over)
		return cursor_error(cursor, FDT_BAD_STRUCTURE);
	if (fdt->structs_end - cursor->offset < 8)
		return cursor_error(cursor, FDT_TRUNCATED);
	length = fdt_be32(fdt->blob + cursor->offset);
	name = fdt_be32(fdt->blob + cursor->offset + 4);
	cursor->offset += 8;
	if (length > fdt->structs_end - cursor->offset)
		return cursor_error(cursor, FDT_TRUNCATED);
	if (name >= fdt->strings_end - fdt->strings)
		return cursor_error(cursor, FDT_BAD_NAME);
	cursor->name = (const char *)fdt->blob + fdt->strings + name;
	cursor->prop = (struct fdt_prop){fdt->blob + cursor->offset, length};
	cursor->offset = ALIGN_UP(cursor->offset + length, 4);
	return FDT_EVENT_PROP;
}

enum fdt_event fdt_next(struct fdt_cursor *cursor)
{
	const struct fdt *fdt = cursor->fdt;

	if (cursor->result != FDT_OK)
		return FDT_EVENT_ERROR;
	/* A part of the tree ends where its outermost node does. */
	if (cursor->depth < 0 && cursor->props_over && !cursor->whole)
		return FDT_EVENT_END;
	for (;;) {
		uint32_t token;

		cursor->event_offset = cursor->offset;
		/* Rounding up may have left the offset past the end. */
		if (cursor->offset > fdt->structs_end || fdt->structs_end - cursor->offset < 4)
			return cursor_error(cursor, FDT_TRUNCATED);
		token = fdt_be32(fdt->blob + cursor->offset);
		cursor->offset += 4;
		switch (token) {
		case FDT_NOP:
			continue;
		case FDT_BEGIN_NODE:
			return begin_node(cursor);
		case FDT_PROP:
			return property(cursor);
		case FDT_END_NODE:
			if (cursor->depth < 0)
				return cursor_error(cursor, FDT_BAD_STRUCTURE);
			cursor->depth--;
			cursor->props_over = true;
			return FDT_EVENT_END_NODE;
		case FDT_END:
			if (cursor->depth >= 0 || !cursor->props_over)
				return cursor_error(cursor, FDT_BAD_STRUCTURE);
			return FDT_EVENT_END;
		default:
			return cursor_error(cursor, FDT_BAD_STRUCTURE);
		}
	}
}

bool fdt_name_matches(const char *name, const char *component, size_t length)
{
	if (strncmp(name, component, length))
		return false;
	return !name[length] || (name[length] == '@' && !memchr(component, '@', length));
}

/* Skips slashes, and tells how long the component after them is; 0 at the end of the path. */
static size_t next_component(const char **path, const char *end)
{
	size_t length = 0;

	while (*path < end && **path == '/')
		(*path)++;
	while (*path + length < end && (*path)[length] != '/')
		length++;
	return length;
}

/* Finds a path of which nothing but components is left, below the node that the cursor is about to enter. */
static enum fdt_result find_below(struct fdt_cursor *cursor, const char *path, const char *end, uint32_t *node)
{
	size_t length = next_component(&path, end);
	int matched = 0; /* nodes up to this depth are on the path; the outermost one always is */

	for (;;) {
		switch (fdt_next(cursor)) {
		case FDT_EVENT_NODE:
			if (cursor->depth == 0) {
				*node = cursor->event_offset;
			} else if (cursor->depth == matched + 1 && fdt_name_matches(cursor->name, path, length)) {
				matched = cursor->depth;
				path += length;
				length = next_component(&path, end);
				*node = cursor->event_offset;
			}
			if (!length)
				return FDT_OK;
			break;
		case FDT_EVENT_END_NODE:
			/* The node on the path has ended without a child that is on it. */
			if (cursor->depth < matched)
				return FDT_NOT_FOUND;
			break;
		case FDT_EVENT_PROP:
			break;
		case FDT_EVENT_END:
			return FDT_NOT_FOUND;
		case FDT_EVENT_ERROR:
			return cursor->result;
		}
	}
}

static enum fdt_result find_absolute(struct fdt *fdt, const char *path, const char *end, uint32_t *node)
{
	struct fdt_cursor cursor;

	fdt_cursor_init(&cursor, fdt, FDT_ROOT);
	return find_below(&cursor, path, end, node);
}

/* Finds the property whose name is the `length` bytes at `name`. */
static enum fdt_result find_prop(struct fdt *fdt, uint32_t node, const char *name, size_t length, struct fdt_prop *prop)
{
	struct fdt_cursor cursor;

	fdt_cursor_init(&cursor, fdt, node);
	if (fdt_next(&cursor) != FDT_EVENT_NODE)
		return cursor.result != FDT_OK ? cursor.result : FDT_NOT_FOUND;
	for (;;) {
		switch (fdt_next(&cursor)) {
		case FDT_EVENT_PROP:
			if (!strncmp(cursor.name, name, length) && !cursor.name[length]) {
				*prop = cursor.prop;
				return FDT_OK;
			}
			break;
		case FDT_EVENT_ERROR:
			return cursor.result;
		default:
			/* A child, or the end: there are no more properties. */
			return FDT_NOT_FOUND;
		}
	}
}

enum fdt_result fdt_find_prop(struct fdt *fdt, uint32_t node, const char *name, struct fdt_prop *prop)
{
	return find_prop(fdt, node, name, strlen(name), prop);
}

enum fdt_result fdt_find_node(struct fdt *fdt, const char *path, size_t length, uint32_t *node)
{
	size_t size = strnlen(path, length);
	const char *colon = memchr(path, ':', size);
	const char *end = colon ? colon : path + size;
	static const char aliases[] = "/aliases";
	const char *alias_end, *target;
	enum fdt_result result;
	struct fdt_cursor cursor;
	struct fdt_prop prop;

	if (path < end && *path == '/')
		return find_absolute(fdt, path, end, node);
	alias_end = memchr(path, '/', (size_t)(end - path));
	if (!alias_end)
		alias_end = end;
	if (path == alias_end)
		return FDT_NOT_FOUND;
	result = find_absolute(fdt, aliases, aliases + sizeof(aliases) - 1, node);
	if (result == FDT_OK)
		result = find_prop(fdt, *node, path, (size_t)(alias_end - path), &prop);
	if (result != FDT_OK)
		return result;
	/* An alias is a full path: no alias of an alias, so no endless search. */
	target = fdt_prop_string(prop);
	if (!target || *target != '/')
		return fail(fdt, FDT_BAD_VALUE, *node);
	result = find_absolute(fdt, target, target + strlen(target), node);
	if (result != FDT_OK)
		return result;
	fdt_cursor_init(&cursor, fdt, *node);
	return find_below(&cursor, alias_end, end, node);
}
