/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fdt_writer.h - makes device trees token by token, wrong ones included.
 *
 *     struct writer w = writer_begin();
 *     node(&w, ""); prop_cells(&w, "#address-cells", 1, 2); end_node(&w);
 *     blob = writer_end(&w, &size);      a heap copy of just that size, to be freed
 */
#ifndef FDT_WRITER_H
#define FDT_WRITER_H

#include <glib.h>
#include <stdarg.h>
#include <string.h>

struct writer {
	GByteArray *structs;
	GByteArray *strings;
	GByteArray *reservations;
	/* Instead of what the header would hold; 0: not. */
	guint32 magic, version, last_compatible, structs_size;
};

static inline void put32(GByteArray *to, guint32 value)
{
	value = GUINT32_TO_BE(value);
	g_byte_array_append(to, (guint8 *)&value, 4);
}

static inline void put64(GByteArray *to, guint64 value)
{
	put32(to, (guint32)(value >> 32));
	put32(to, (guint32)value);
}

static inline void put_padded(GByteArray *to, const void *bytes, gsize size)
{
	static const guint8 zeroes[4];

	g_byte_array_append(to, bytes, (guint)size);
	g_byte_array_append(to, zeroes, (guint)(-size & 3));
}

static inline struct writer writer_begin(void)
{
	return (struct writer){g_byte_array_new(), g_byte_array_new(), g_byte_array_new(), 0, 0, 0, 0};
}

static inline void token(struct writer *w, guint32 value)
{
	put32(w->structs, value);
}

static inline void node(struct writer *w, const char *name)
{
	token(w, 1);
	put_padded(w->structs, name, strlen(name) + 1);
}

static inline void end_node(struct writer *w)
{
	token(w, 2);
}

static inline guint32 name_offset(struct writer *w, const char *name)
{
	guint32 offset = w->strings->len;

	g_byte_array_append(w->strings, (const guint8 *)name, (guint)strlen(name) + 1);
	return offset;
}

static inline void prop(struct writer *w, const char *name, const void *value, gsize size)
{
	token(w, 3);
	token(w, (guint32)size);
	token(w, name_offset(w, name));
	put_padded(w->structs, value, size);
}

static inline void prop_string(struct writer *w, const char *name, const char *value)
{
	prop(w, name, value, strlen(value) + 1);
}

static inline void prop_cells(struct writer *w, const char *name, unsigned count, ...)
{
	va_list args;

	token(w, 3);
	token(w, 4 * count);
	token(w, name_offset(w, name));
	va_start(args, count);
	while (count--)
		token(w, va_arg(args, guint32));
	va_end(args);
}

static inline guint8 *writer_end(struct writer *w, gsize *size)
{
	GByteArray *blob = g_byte_array_new();
	guint32 structs, strings, total;

	token(w, 9);
	put64(w->reservations, 0);
	put64(w->reservations, 0);
	structs = 40 + w->reservations->len;
	strings = structs + w->structs->len;
	total = strings + w->strings->len;
	put32(blob, w->magic ? w->magic : 0xd00dfeed);
	put32(blob, total);
	put32(blob, structs);
	put32(blob, strings);
	put32(blob, 40);
	put32(blob, w->version ? w->version : 17);
	put32(blob, w->last_compatible ? w->last_compatible : 16);
	put32(blob, 0);
	put32(blob, w->strings->len);
	put32(blob, w->structs_size ? w->structs_size : w->structs->len);
	g_byte_array_append(blob, w->reservations->data, w->reservations->len);
	g_byte_array_append(blob, w->structs->data, w->structs->len);
	g_byte_array_append(blob, w->strings->data, w->strings->len);
	g_byte_array_unref(w->structs);
	g_byte_array_unref(w->strings);
	g_byte_array_unref(w->reservations);
	*size = total;
	return g_byte_array_free(blob, FALSE);
}

/* GByteArray allocates more than it holds: a copy of exactly `size` bytes shows every byte read too many. */
static inline guint8 *exact_copy(const void *bytes, gsize size)
{
	guint8 *copy = g_malloc(size ? size : 1);

	memcpy(copy, bytes, size);
	return copy;
}

#endif
