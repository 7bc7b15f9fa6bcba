// SPDX-License-Identifier: GPL-2.0-or-later
/* fdt.h: header, cursor, look-ups and walk, on good trees and on broken ones. */
#include <glib.h>
#include <string.h>

#include "fake.h"
#include "fdt_writer.h"

#include <limpid/fdt.h>

/* Builds a blob of the given body, in an exact copy. */
#define BLOB(w, body)                             \
	({                                        \
		struct writer w = writer_begin(); \
		guint8 *made_, *copy_;            \
		body;                             \
		made_ = writer_end(&w, &size);    \
		copy_ = exact_copy(made_, size);  \
		g_free(made_);                    \
		copy_;                            \
	})

static enum fdt_result walk_all(struct fdt *fdt, unsigned *nodes)
{
	struct fdt_walk walk;
	enum fdt_result result;

	*nodes = 0;
	fdt_walk_init(&walk, fdt);
	while ((result = fdt_walk_next(&walk)) == FDT_OK)
		++*nodes;
	return result;
}

static void plain_tree(struct writer *w)
{
	node(w, "");
	prop_string(w, "model", "plain");
	node(w, "a@1");
	prop_string(w, "name", "first");
	node(w, "b");
	end_node(w);
	end_node(w);
	node(w, "aliases");
	prop_string(w, "one", "/a@1");
	prop_string(w, "relative", "a@1");
	prop(w, "endless", "/a@1", 4);
	end_node(w);
	node(w, "a@2");
	prop_string(w, "name", "second");
	node(w, "only");
	end_node(w);
	end_node(w);
	end_node(w);
}

static void test_header(void)
{
	gsize size;
	guint8 *blob = BLOB(w, plain_tree(&w));
	struct fdt fdt;
	static const struct {
		unsigned offset;
		guint32 value;
		enum fdt_result result;
	} cases[] = {
		{0, 0xd00dfeee, FDT_BAD_MAGIC},
		{4, 39, FDT_BAD_HEADER},
		{4, 0x7fffffff, FDT_BAD_HEADER},
		{8, 0xfffffffc, FDT_BAD_HEADER},
		{8, 57, FDT_BAD_HEADER}, /* misaligned */
		{12, 0xffffffff, FDT_BAD_HEADER},
		{16, 0xfffffff8, FDT_BAD_HEADER},
		{16, 44, FDT_BAD_HEADER},
		{20, 15, FDT_BAD_VERSION},
		{24, 18, FDT_BAD_VERSION},
		{32, 0xffffffff, FDT_BAD_HEADER},
		{36, 0xffffffff, FDT_BAD_HEADER},
	};

	g_assert_cmpint(fdt_init(&fdt, blob, size), ==, FDT_OK);
	g_assert_cmpint(fdt_init(&fdt, blob, SIZE_MAX), ==, FDT_OK);
	g_assert_cmpint(fdt_init(&fdt, blob, size - 1), ==, FDT_BAD_HEADER);
	g_assert_cmpuint(fdt.error_offset, ==, 4);
	g_assert_cmpint(fdt_init(&fdt, blob, 35), ==, FDT_BAD_HEADER);
	g_assert_cmpint(fdt_init(&fdt, NULL, SIZE_MAX), ==, FDT_BAD_HEADER);
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		guint8 *bad = exact_copy(blob, size);
		guint32 value = GUINT32_TO_BE(cases[i].value);

		memcpy(bad + cases[i].offset, &value, 4);
		g_assert_cmpint(fdt_init(&fdt, bad, size), ==, cases[i].result);
		g_assert_cmpuint(fdt.error_offset, ==, cases[i].offset);
		g_free(bad);
	}
	g_free(blob);
}

static void test_version_16(void)
{
	gsize size;
	unsigned nodes;
	struct fdt fdt;
	/* Its header has no size of the structure block: that number may be anything. */
	guint8 *blob = BLOB(w, {
		plain_tree(&w);
		w.version = 16;
		w.structs_size = 0xffffffff;
	});

	g_assert_cmpint(fdt_init(&fdt, blob, size), ==, FDT_OK);
	g_assert_cmpint(walk_all(&fdt, &nodes), ==, FDT_NOT_FOUND);
	g_assert_cmpuint(nodes, ==, 6);
	g_free(blob);
}

static void check_broken(guint8 *blob, gsize size, enum fdt_result expected)
{
	struct fdt fdt;
	unsigned nodes;

	g_assert_cmpint(fdt_init(&fdt, blob, size), ==, FDT_OK);
	g_assert_cmpint(walk_all(&fdt, &nodes), ==, expected);
	if (expected != FDT_NOT_FOUND) {
		g_assert_cmpuint(fdt.error_offset, >=, fdt.structs);
		g_assert_cmpuint(fdt.error_offset, <=, fdt.size);
	}
	g_free(blob);
}

#define BROKEN(expected, body)                      \
	do {                                        \
		gsize size;                         \
		guint8 *blob = BLOB(w, body);       \
		check_broken(blob, size, expected); \
	} while (0)

static void test_broken_structure(void)
{
	BROKEN(FDT_BAD_STRUCTURE, {});                /* no root */
	BROKEN(FDT_BAD_STRUCTURE, { node(&w, ""); }); /* END inside of a node */
	BROKEN(FDT_BAD_STRUCTURE, { end_node(&w); });
	BROKEN(FDT_BAD_STRUCTURE, { prop_string(&w, "x", "y"); });
	BROKEN(FDT_BAD_STRUCTURE, {
		node(&w, "");
		end_node(&w);
		node(&w, "");
		end_node(&w);
	});
	BROKEN(FDT_BAD_STRUCTURE, {
		node(&w, "");
		end_node(&w);
		end_node(&w);
	});
	BROKEN(FDT_BAD_STRUCTURE, {
		node(&w, "");
		token(&w, 5);
		end_node(&w);
	});
	/* A property after a child. */
	BROKEN(FDT_BAD_STRUCTURE, {
		node(&w, "");
		node(&w, "a");
		end_node(&w);
		prop_string(&w, "x", "y");
		end_node(&w);
	});
	BROKEN(FDT_BAD_NAME, {
		node(&w, "");
		token(&w, 3);
		token(&w, 0);
		token(&w, 1000);
		end_node(&w);
	});
	BROKEN(FDT_BAD_NAME, {
		node(&w, "");
		token(&w, 3);
		token(&w, 0);
		token(&w, 0xffffffff);
		end_node(&w);
	});
	/* A name in the strings block that has no end. */
	BROKEN(FDT_BAD_NAME, {
		node(&w, "");
		prop_string(&w, "x", "y");
		token(&w, 3);
		token(&w, 0);
		token(&w, w.strings->len);
		g_byte_array_append(w.strings, (const guint8 *)"reg", 3);
		end_node(&w);
	});
	BROKEN(FDT_TRUNCATED, {
		node(&w, "");
		token(&w, 3);
		token(&w, 0xffffffff);
		token(&w, 0);
		end_node(&w);
	});
	BROKEN(FDT_TRUNCATED, {
		node(&w, "");
		token(&w, 3);
	});
	BROKEN(FDT_TRUNCATED, {
		node(&w, "");
		token(&w, 1);
		g_byte_array_append(w.structs, (const guint8 *)"abcd", 4);
		w.structs_size = w.structs->len;
	});
	BROKEN(FDT_TOO_DEEP, {
		for (int i = 0; i <= FDT_MAX_DEPTH; i++)
			node(&w, "x");
	});
	BROKEN(FDT_TRUNCATED, {
		node(&w, "");
		w.structs_size = 4;
		end_node(&w);
	});
	/* As deep as may be. NOPs are nothing. */
	BROKEN(FDT_NOT_FOUND, {
		for (int i = 0; i < FDT_MAX_DEPTH; i++) {
			token(&w, 4);
			node(&w, "x");
		}
		for (int i = 0; i < FDT_MAX_DEPTH; i++)
			end_node(&w);
	});
}

/* A node whose name has no end is not handed out at all. */
static void test_endless_name(void)
{
	gsize size;
	guint8 *blob = BLOB(w, {
		node(&w, "");
		token(&w, 1);
		g_byte_array_append(w.structs, (const guint8 *)"abcd", 4);
		w.structs_size = w.structs->len;
	});
	struct fdt fdt;
	struct fdt_cursor cursor;

	g_assert_cmpint(fdt_init(&fdt, blob, size), ==, FDT_OK);
	fdt_cursor_init(&cursor, &fdt, FDT_ROOT);
	g_assert_cmpint(fdt_next(&cursor), ==, FDT_EVENT_NODE);
	g_assert_cmpint(fdt_next(&cursor), ==, FDT_EVENT_ERROR);
	g_assert_cmpint(cursor.result, ==, FDT_TRUNCATED);
	/* It stays at that. */
	g_assert_cmpint(fdt_next(&cursor), ==, FDT_EVENT_ERROR);
	g_free(blob);
}

static void test_lookup(void)
{
	gsize size;
	guint8 *blob = BLOB(w, plain_tree(&w));
	struct fdt fdt;
	struct fdt_prop value;
	uint32_t found, first, second, inner;

	g_assert_cmpint(fdt_init(&fdt, blob, size), ==, FDT_OK);
	g_assert_cmpint(fdt_find_node(&fdt, "/a@1", SIZE_MAX, &first), ==, FDT_OK);
	g_assert_cmpint(fdt_find_node(&fdt, "/a@2", SIZE_MAX, &second), ==, FDT_OK);
	g_assert_cmpuint(first, !=, second);
	g_assert_cmpint(fdt_find_prop(&fdt, second, "name", &value), ==, FDT_OK);
	g_assert_cmpstr(fdt_prop_string(value), ==, "second");
	/* Without a unit address: the first. With options, or cut. */
	g_assert_cmpint(fdt_find_node(&fdt, "/a", SIZE_MAX, &found), ==, FDT_OK);
	g_assert_cmpuint(found, ==, first);
	g_assert_cmpint(fdt_find_node(&fdt, "/a@2:115200n8", SIZE_MAX, &found), ==, FDT_OK);
	g_assert_cmpuint(found, ==, second);
	g_assert_cmpint(fdt_find_node(&fdt, "/a@2xyz", 4, &found), ==, FDT_OK);
	g_assert_cmpuint(found, ==, second);
	g_assert_cmpint(fdt_find_node(&fdt, "//a@1//b/", SIZE_MAX, &inner), ==, FDT_OK);
	g_assert_cmpint(fdt_find_node(&fdt, "one/b", SIZE_MAX, &found), ==, FDT_OK);
	g_assert_cmpuint(found, ==, inner);
	g_assert_cmpint(fdt_find_node(&fdt, "one", SIZE_MAX, &found), ==, FDT_OK);
	g_assert_cmpuint(found, ==, first);
	g_assert_cmpint(fdt_find_node(&fdt, "/", SIZE_MAX, &found), ==, FDT_OK);
	g_assert_cmpint(fdt_find_prop(&fdt, found, "model", &value), ==, FDT_OK);
	g_assert_cmpint(fdt_find_prop(&fdt, FDT_ROOT, "model", &value), ==, FDT_OK);

	g_assert_cmpint(fdt_find_node(&fdt, "/a@3", SIZE_MAX, &found), ==, FDT_NOT_FOUND);
	g_assert_cmpint(fdt_find_node(&fdt, "/a@", SIZE_MAX, &found), ==, FDT_NOT_FOUND);
	g_assert_cmpint(fdt_find_node(&fdt, "/b", SIZE_MAX, &found), ==, FDT_NOT_FOUND);
	g_assert_cmpint(fdt_find_node(&fdt, "/a@2/b", SIZE_MAX, &found), ==, FDT_NOT_FOUND);
	g_assert_cmpint(fdt_find_node(&fdt, "/a@2/only", SIZE_MAX, &found), ==, FDT_OK);
	g_assert_cmpint(fdt_find_node(&fdt, "/a@1/only", SIZE_MAX, &found), ==, FDT_NOT_FOUND);
	g_assert_cmpint(fdt_find_node(&fdt, "one/c", SIZE_MAX, &found), ==, FDT_NOT_FOUND);
	g_assert_cmpint(fdt_find_node(&fdt, "on", SIZE_MAX, &found), ==, FDT_NOT_FOUND);
	g_assert_cmpint(fdt_find_node(&fdt, "", SIZE_MAX, &found), ==, FDT_NOT_FOUND);
	g_assert_cmpint(fdt_find_node(&fdt, ":x", SIZE_MAX, &found), ==, FDT_NOT_FOUND);
	g_assert_cmpint(fdt_find_node(&fdt, "relative", SIZE_MAX, &found), ==, FDT_BAD_VALUE);
	g_assert_cmpint(fdt_find_node(&fdt, "endless", SIZE_MAX, &found), ==, FDT_BAD_VALUE);
	/* The children's properties are not the node's. */
	g_assert_cmpint(fdt_find_prop(&fdt, FDT_ROOT, "name", &value), ==, FDT_NOT_FOUND);
	g_free(blob);
}

static void test_props(void)
{
	static const guint8 bytes[] = "a\0bc\0\0d";
	struct fdt_prop list = {bytes, 7}, open = {bytes, 6 + 1}, none = {bytes, 0};
	static const guint8 cells[] = {0, 0, 0, 1, 0x80, 0, 0, 0, 9};

	g_assert_cmpstr(fdt_prop_string(list), ==, "a");
	g_assert_cmpstr(fdt_prop_string_at(list, 1), ==, "bc");
	g_assert_cmpstr(fdt_prop_string_at(list, 2), ==, "");
	g_assert_null(fdt_prop_string_at(list, 3));
	g_assert_true(fdt_prop_has_string(list, "bc"));
	g_assert_true(fdt_prop_has_string(list, ""));
	g_assert_false(fdt_prop_has_string(list, "b"));
	g_assert_false(fdt_prop_has_string(open, "d"));
	g_assert_null(fdt_prop_string(none));
	g_assert_false(fdt_prop_has_string(none, ""));
	g_assert_cmphex(fdt_prop_cell((struct fdt_prop){cells, 9}, 1, 7), ==, 0x80000000);
	g_assert_cmpuint(fdt_prop_cell((struct fdt_prop){cells, 7}, 1, 7), ==, 7);
	g_assert_cmphex(fdt_be64(cells + 1), ==, 0x18000000009);
	g_assert_cmphex(fdt_be64(cells), ==, 0x180000000);
}

static guint8 *read_dtb(const char *name, gsize *size)
{
	char *path = g_test_build_filename(G_TEST_BUILT, "dtb", name, NULL), *text;
	GError *error = NULL;
	guint8 *copy;

	g_file_get_contents(path, &text, size, &error);
	g_assert_no_error(error);
	/* Without QEMU's padding. */
	*size = MIN(*size, (gsize)16384);
	text[4] = text[5] = 0;
	text[6] = (char)(*size >> 8);
	text[7] = (char)*size;
	copy = exact_copy(text, *size);
	g_free(text);
	g_free(path);
	return copy;
}

/* Everything that can be done with a tree, for trees of which nothing is known. */
static void use(const guint8 *blob, gsize size)
{
	struct fdt_walk walk;
	struct mem_range range;
	struct fdt fdt;
	uint32_t found;

	if (fdt_init(&fdt, blob, size) != FDT_OK)
		return;
	for (unsigned i = 0; fdt_reservation(&fdt, i, &range); i++)
		;
	fdt_find_node(&fdt, "/chosen", SIZE_MAX, &found);
	fdt_find_node(&fdt, "serial0", SIZE_MAX, &found);
	fdt_walk_init(&walk, &fdt);
	while (fdt_walk_next(&walk) == FDT_OK)
		for (unsigned i = 0; fdt_walk_reg(&walk, i, &range) == FDT_OK; i++)
			;
}

static void test_truncated(gconstpointer name)
{
	gsize size;
	guint8 *blob = read_dtb(name, &size);
	gsize end = size;

	/* The header lies about the size, or tells the truth about the truncation. */
	for (gsize cut = 0; cut < end; cut += cut < 100 ? 1 : 37) {
		guint8 *lies = exact_copy(blob, cut), *honest;

		use(lies, cut);
		honest = exact_copy(blob, cut);
		if (cut >= 8) {
			honest[4] = honest[5] = 0;
			honest[6] = (guint8)(cut >> 8);
			honest[7] = (guint8)cut;
		}
		/* As version 16 there is no other limit than the end. */
		if (cut >= 40) {
			honest[23] = 16;
			memset(honest + 12, 0, 4);
			memset(honest + 32, 0, 4);
		}
		use(honest, cut);
		g_free(lies);
		g_free(honest);
	}
	g_free(blob);
}

static void test_mutated(gconstpointer name)
{
	gsize size;
	guint8 *blob = read_dtb(name, &size);

	for (unsigned round = 0; round < 3000; round++) {
		guint8 *bad = exact_copy(blob, size);

		for (int changes = g_test_rand_int_range(1, 5); changes; changes--) {
			/* Whole cells to extreme values more than single bits. */
			gsize at = (gsize)g_test_rand_int_range(0, (int)size - 4) & ~(gsize)3;
			guint32 value =
				g_test_rand_bit() ? (guint32)g_test_rand_int() : 1u << g_test_rand_int_range(0, 32);

			memcpy(bad + at, &value, 4);
		}
		use(bad, size);
		g_free(bad);
	}
	g_free(blob);
}

/* A misaligned blob is read as well. */
static void test_misaligned(void)
{
	gsize size;
	guint8 *blob = BLOB(w, plain_tree(&w));
	guint8 *odd = g_malloc(size + 1);
	struct fdt fdt;
	unsigned nodes;

	memcpy(odd + 1, blob, size);
	g_assert_cmpint(fdt_init(&fdt, odd + 1, size), ==, FDT_OK);
	g_assert_cmpint(walk_all(&fdt, &nodes), ==, FDT_NOT_FOUND);
	g_assert_cmpuint(nodes, ==, 6);
	g_free(odd);
	g_free(blob);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fdt/header", test_header);
	g_test_add_func("/fdt/version_16", test_version_16);
	g_test_add_func("/fdt/broken_structure", test_broken_structure);
	g_test_add_func("/fdt/endless_name", test_endless_name);
	g_test_add_func("/fdt/lookup", test_lookup);
	g_test_add_func("/fdt/props", test_props);
	g_test_add_func("/fdt/misaligned", test_misaligned);
	g_test_add_data_func("/fdt/truncated/qemu", "qemu-v3.dtb", test_truncated);
	g_test_add_data_func("/fdt/truncated/soc", "soc.dtb", test_truncated);
	g_test_add_data_func("/fdt/mutated/qemu", "qemu-v3.dtb", test_mutated);
	g_test_add_data_func("/fdt/mutated/soc", "soc.dtb", test_mutated);
	return g_test_run();
}
