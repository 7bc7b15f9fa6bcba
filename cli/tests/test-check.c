/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pieces of `limpid check`: findings files, grouping, suppressions, command lines, and the kinds. */
#include <json-glib/json-glib.h>
#include <glib/gstdio.h>
#include <string.h>

/* The other side of the seam: names and values must agree. */
#include "../../sanitizer/model/options.c"

#include "../accounts.h"
#include "../findings.h"
#include "../instrument.h"
#include "../kinds.h"
#include "../loaded.h"
#include "../sanitizer.h"
#include "../text.h"
#include "fixture.h"

#define LINE(id, kind, severity, pc, writer, root, count)                                           \
	"{\"id\":" #id ",\"kind\":\"" kind "\",\"severity\":\"" severity "\",\"pc\":\"" pc          \
	"\",\"cpu\":0,\"el\":1,\"access\":\"read\",\"va\":\"0x1000\",\"pa\":\"0x1000\",\"size\":4," \
	"\"got\":\"01020304\",\"may_be\":[\"00000000\",\"??020304\"],\"writer\":{\"pc\":\"" writer  \
	"\",\"cpu\":1,\"el\":2,\"mmu\":true},\"root\":\"" root "\",\"count\":" #count "}\n"
#define END "{\"end\":true}\n"

static char *dir;

static char *file(const char *text, gssize len)
{
	char *path = g_build_filename(dir, "file", NULL);

	fixture_write(path, text, len < 0 ? strlen(text) : (gsize)len);
	return path;
}

static struct evidence *evidence(const char *text)
{
	g_autofree char *path = file(text, -1);

	return evidence_read(path);
}

/* --- reading --- */

static void reads(void)
{
	struct evidence *e = evidence(LINE(1, "lost-write", "error", "0x40", "0x50", "r", 1) LINE(2, "stale-fetch",
		"warning", "0x44", "0x54", "r", 1) LINE(1, "lost-write", "error", "0x40", "0x50", "r", 7) END);
	const struct finding *f;

	g_assert_true(e->whole);
	g_assert_null(e->problem);
	g_assert_cmpuint(e->findings->len, ==, 2);
	f = e->findings->pdata[0];
	g_assert_cmpuint(f->count, ==, 7);
	g_assert_cmpstr(f->kind, ==, "lost-write");
	g_assert_cmpint(f->level, ==, LEVEL_ERROR);
	g_assert_cmpuint(f->access.pc, ==, 0x40);
	g_assert_cmpuint(f->writer.el, ==, 2);
	g_assert_cmpuint(f->may_be->len, ==, 2);
	g_assert_cmpstr(f->may_be->pdata[1], ==, "??020304");
	g_assert_false(f->before.known);
	evidence_free(e);
}

/* What a file that is not right comes to: whether it is whole, what is wrong, how much could be read. */
static void hostile(void)
{
	g_autofree char *deep = g_strnfill(60000, '['), *wide = g_strnfill(70000, 'x');
	g_autofree char *deep_line = g_strconcat("{\"a\":", deep, "\n", NULL);
	g_autofree char *wide_line = g_strconcat("{\"kind\":\"", wide, "\"}\n", NULL);
	const struct {
		const char *text, *problem;
		guint findings;
	} cases[] = {
		{"", NULL, 0},
		{LINE(1, "lost-write", "error", "0x40", "0x50", "r", 1), NULL, 1},
		{LINE(1, "lost-write", "error", "0x40", "0x50", "r", 1) "{\"end\":tr", NULL, 1},
		{LINE(1, "lost-write", "error", "0x40", "0x50", "r", 1) "garbage\n" END, "line 2: ", 1},
		{END "{", NULL, 0},
		{"\n" END, "line 1: ", 0},
		{"[]\n" END, "line 1: it is not a JSON object", 0},
		{"\xff\xfe\n" END, "line 1: it is no line that the plugin writes", 0},
		{deep_line, "line 1: it is no line that the plugin writes", 0},
		{wide_line, "line 1: it is no line that the plugin writes", 0},
		{"{\"kind\":\"x\"}\n" END, "\"severity\" is not error, warning or note", 0},
		{"{\"severity\":\"error\"}\n" END, "\"kind\" is not", 0},
		{"{\"kind\":\"A<b>\",\"severity\":\"error\"}\n" END, "\"kind\" is not", 0},
		{"{\"kind\":\"x\",\"severity\":\"error\",\"pc\":-1}\n" END, "\"pc\" is not", 0},
		{"{\"kind\":\"x\",\"severity\":\"error\",\"pc\":\"0xfffffffffffffffff\"}\n" END, "\"pc\" is not", 0},
		{"{\"kind\":\"x\",\"severity\":\"error\",\"cpu\":1e300}\n" END, "\"cpu\" is not", 0},
		{"{\"kind\":\"x\",\"severity\":\"error\",\"el\":4}\n" END, "\"el\" is not", 0},
		{"{\"kind\":\"x\",\"severity\":\"error\",\"got\":\"0\"}\n" END, "\"got\" is not", 0},
		{"{\"kind\":\"x\",\"severity\":\"error\",\"may_be\":[[]]}\n" END, "\"may_be\" is not", 0},
		{"{\"kind\":\"x\",\"severity\":\"error\",\"stack\":[\"a\"]}\n" END, "\"stack\" is not", 0},
		{"{\"kind\":\"x\",\"severity\":\"error\",\"writer\":7}\n" END, "\"writer\" is not", 0},
		{"{\"kind\":{},\"severity\":[]}\n" END, "\"severity\" is not a text", 0},
		{"{\"end\":true,\"seen\":7}\n", "\"seen\" is not an object", 0},
		{"{\"end\":true,\"seen\":{\"dc\":-1}}\n", "\"dc\" is not", 0},
		{END LINE(1, "lost-write", "error", "0x40", "0x50", "r", 1), "line 2: it comes after the end line", 0},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct evidence *e = evidence(cases[i].text);

		if (cases[i].problem ? !e->problem || !strstr(e->problem, cases[i].problem) : e->problem || e->whole)
			g_error("case %u: whole %d, problem: %s", i, e->whole, e->problem);
		g_assert_cmpuint(e->findings->len, ==, cases[i].findings);
		evidence_free(e);
	}
}

static void missing(void)
{
	struct evidence *e = evidence_read("/nonexistent/findings");

	g_assert_false(e->whole);
	g_assert_nonnull(strstr(e->problem, "No such file"));
	evidence_free(e);
}

static void with_nul(void)
{
	g_autofree char *path = file("{\"kind\":\"x\0\",\"severity\":\"error\"}\n", 33);
	struct evidence *e = evidence_read(path);

	g_assert_nonnull(e->problem);
	evidence_free(e);
}

/* Random bytes, and a good file with random bytes changed: no crash, and all texts neutral. */
static void random_bytes(void)
{
	static const char good[] = LINE(1, "lost-write", "error", "0x40", "0x50", "cpu0.off@0x1", 1)
		LINE(2, "stale-fetch", "warning", "0x44", "0x54", "r", 1) END;
	GRand *rand = g_rand_new_with_seed(1);

	for (guint round = 0; round < 3000; round++) {
		char text[sizeof(good)];
		g_autofree char *path = NULL;
		struct evidence *e;

		memcpy(text, good, sizeof(good));
		for (gint changes = g_rand_int_range(rand, 1, 8); changes > 0; changes--)
			text[g_rand_int_range(rand, 0, sizeof(good) - 1)] = g_rand_int(rand);
		path = file(text, sizeof(good) - 1);
		e = evidence_read(path);
		for (guint i = 0; i < e->findings->len; i++) {
			const struct finding *f = e->findings->pdata[i];

			for (const char *p = f->root; p && *p; p = g_utf8_next_char(p))
				g_assert_false(g_unichar_iscntrl(g_utf8_get_char(p)));
		}
		evidence_free(e);
	}
	g_rand_free(rand);
}

/* --- grouping --- */

static struct findings *take(struct suppressions *s, const char *text, const char *test, const char *expected)
{
	struct findings *all = findings_new(s);
	struct evidence *e = evidence(text);
	struct loaded *loaded = loaded_new();
	struct expectation wanted = {.kind = expected};

	findings_take(all, e, loaded, test, &wanted, NULL);
	loaded_free(loaded);
	evidence_free(e);
	return all;
}

static const char two_roots[] = LINE(1, "lost-write", "error", "0x40", "0x50", "cpu0.off@0x40", 3)
	LINE(2, "stale-memory-read", "error", "0x44", "0x50", "cpu0.off@0x40", 1)
		LINE(3, "stale-fetch", "warning", "0x48", "0x54", "write@0x54", 1)
			LINE(4, "lost-write", "note", "0x4c", "0x54", "write@0x54", 1) END;

static void groups(void)
{
	struct findings *f = take(NULL, two_roots, NULL, NULL);
	const GPtrArray *roots = findings_roots(f, FALSE);
	struct tally t = findings_tally(f);
	g_autofree char *summary = findings_summary(f);
	struct evidence *again = evidence(two_roots);
	struct loaded *loaded = loaded_new();
	const struct root *root;

	g_assert_cmpuint(roots->len, ==, 2);
	root = roots->pdata[0];
	g_assert_cmpstr(root->name, ==, "cpu0.off at 0x40");
	g_assert_cmpuint(root->members->len, ==, 2);
	g_assert_cmpuint(t.errors, ==, 2);
	g_assert_cmpuint(t.warnings, ==, 1);
	g_assert_cmpuint(t.notes, ==, 1);
	g_assert_cmpstr(summary, ==, "3 findings (2 errors, 1 warning), 1 note");
	/* The same in another machine is no other finding. */
	t = findings_take(f, again, loaded, "a.b", NULL, NULL);
	g_assert_cmpuint(t.errors, ==, 2);
	g_assert_cmpuint(findings_tally(f).errors, ==, 2);
	g_assert_cmpuint(((struct known *)root->members->pdata[0])->finding->count, ==, 6);
	g_assert_cmpuint(((struct known *)root->members->pdata[0])->tests->len, ==, 1);
	loaded_free(loaded);
	evidence_free(again);
	findings_free(f);
}

/* What a test is there to make: of its kind, or any, but not a note. */
static void expects(void)
{
	struct findings *f = take(NULL, two_roots, "x.bad_y", "lost-write");
	struct tally t = findings_tally(f);

	g_assert_cmpuint(t.expected, ==, 1);
	g_assert_cmpuint(t.errors + t.warnings + t.notes, ==, 3);
	findings_free(f);
	f = take(NULL, two_roots, "x.bad_y", "");
	t = findings_tally(f);
	g_assert_cmpuint(t.expected, ==, 3);
	g_assert_cmpuint(t.notes, ==, 1);
	g_assert_cmpuint(findings_roots(f, TRUE)->len, ==, 2);
	findings_free(f);
}

static char *fingerprint_of(const char *line)
{
	struct findings *f = take(NULL, line, NULL, NULL);
	char *fingerprint = g_strdup(((struct known *)findings_all(f)->pdata[0])->fingerprint);

	findings_free(f);
	return fingerprint;
}

/* Without symbols it survives a load at another page, and nothing else. */
static void fingerprints(void)
{
	g_autofree char *a = fingerprint_of(LINE(1, "lost-write", "error", "0x1040", "0x2050", "r", 1) END);
	g_autofree char *b = fingerprint_of(LINE(9, "lost-write", "error", "0x7040", "0x8050", "x", 5) END);
	g_autofree char *c = fingerprint_of(LINE(1, "lost-write", "error", "0x1044", "0x2050", "r", 1) END);
	g_autofree char *d = fingerprint_of(LINE(1, "stale-fetch", "error", "0x1040", "0x2050", "r", 1) END);
	g_autofree char *e = fingerprint_of(LINE(1, "lost-write", "error", "0x1040", "0x2054", "r", 1) END);

	g_assert_cmpuint(strlen(a), ==, 16);
	g_assert_cmpstr(a, ==, b);
	g_assert_cmpstr(a, !=, c);
	g_assert_cmpstr(a, !=, d);
	g_assert_cmpstr(a, !=, e);
}

/* --- symbols --- */

__attribute__((noinline)) static void some_function(void)
{
	g_assert_true(TRUE);
}

static guint64 some_object[4] = {1, 2, 3, 4};

/* Where a file is that may be anywhere: its code is in the memory, and twice. */
static void finds_by_contents(void)
{
	g_autofree char *path = g_build_filename(dir, "ram", NULL), *name = NULL;
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL), *bytes = NULL;
	struct symbols *symbols = symbols_open(self);
	struct loaded *loaded = loaded_new();
	g_autoptr(GArray) addresses = g_array_new(FALSE, FALSE, sizeof(guint64));
	const guint64 ram_base = 0x40000000, copy = 0x100000, used = 0x900000;
	guint64 first = 0, address, offset;
	const GPtrArray *frames;
	gsize len;
	FILE *ram = fopen(path, "w+");

	g_assert_true(g_file_get_contents(self, &bytes, &len, NULL));
	/* As a loader has it: each segment at its address. A PIE's lowest is 0. */
	for (guint i = 0; i < 2; i++) {
		size_t count;

		g_assert_cmpint(elf_getphdrnum(symbols_elf(symbols), &count), ==, 0);
		for (size_t n = 0; n < count; n++) {
			GElf_Phdr p;

			if (!gelf_getphdr(symbols_elf(symbols), n, &p) || p.p_type != PT_LOAD)
				continue;
			fseek(ram, (i ? used : copy) + p.p_vaddr, SEEK_SET);
			fwrite(bytes + p.p_offset, 1, p.p_filesz, ram);
			if (p.p_flags & PF_X)
				first = p.p_vaddr;
		}
	}
	fflush(ram);
	g_assert_true(loaded_add(loaded, self, NULL));
	address = ram_base + used + first + 64;
	g_array_append_val(addresses, address);
	loaded_find(loaded, addresses, fileno(ram), ram_base);
	/* This process is a PIE, too: its own symbols tell where it is. */
	{
		extern const char __executable_start[];

		address = ram_base + used + ((guint64)(gsize)some_function - (guint64)(gsize)__executable_start);
		frames = loaded_frames(loaded, address, FALSE);
		g_assert_nonnull(frames);
		g_assert_cmpstr(((struct frame *)frames->pdata[frames->len - 1])->function, ==, "some_function");
		g_assert_true(g_str_has_suffix(((struct frame *)frames->pdata[0])->file, "test-check.c"));
		address = ram_base + used + ((guint64)(gsize)&some_object[1] - (guint64)(gsize)__executable_start);
		name = loaded_object(loaded, address, &offset);
		g_assert_cmpstr(name, ==, "some_object");
		g_assert_cmpuint(offset, ==, 8);
	}
	g_assert_null(loaded_frames(loaded, ram_base + 0x5000, FALSE));
	some_function();
	fclose(ram);
	loaded_free(loaded);
	symbols_close(symbols);
}

static void refuses_symbols(void)
{
	static const char *const cases[][2] = {
		{"/nonexistent/x.elf", "/nonexistent/x.elf: No such file"},
		{"/etc/passwd", "/etc/passwd: it is not an ELF file"},
		{"/proc/self/exe@40200000", "'40200000' is no address"},
		{"/proc/self/exe@0x4020zz", "'0x4020zz' is no address"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct loaded *loaded = loaded_new();
		g_autoptr(GError) error = NULL;

		g_assert_false(loaded_add(loaded, cases[i][0], &error));
		if (!strstr(error->message, cases[i][1]))
			g_error("%s", error->message);
		loaded_free(loaded);
	}
}

/* --- suppressions --- */

static void suppresses(void)
{
	g_autofree char *path = file("# known\n{ one\n  kind: lost-*\n  access: *\n  reason: because }\n\n"
				     "{ two\n kind: stale-fetch\n fingerprint: 0000000000000000\n reason: a } b\n}\n",
		-1);
	struct suppressions *s = suppressions_new();
	struct findings *f;
	struct tally t;
	const struct known *k;

	g_assert_true(suppressions_read(s, path, NULL));
	f = take(s, two_roots, NULL, NULL);
	t = findings_tally(f);
	g_assert_cmpuint(t.suppressed, ==, 2);
	g_assert_cmpuint(t.errors, ==, 1);
	g_assert_cmpuint(t.warnings, ==, 1);
	k = findings_all(f)->pdata[0];
	g_assert_cmpstr(k->suppressed->name, ==, "one");
	g_assert_cmpstr(k->suppressed->reason, ==, "because");
	g_assert_cmpuint(k->suppressed->used, ==, 2);
	findings_free(f);
	suppressions_free(s);
}

static void matches_places(void)
{
	struct frame inner = {.function = (char *)"inner", .inlined = TRUE, .file = (char *)"a/b.h"};
	struct frame outer = {.function = (char *)"outer", .file = (char *)"a/c.c"};
	g_autoptr(GPtrArray) frames = g_ptr_array_new();
	static const struct {
		const char *keys;
		gboolean matches;
	} cases[] = {
		{"access: inner", TRUE},
		{"access: out*", TRUE},
		{"access: file:a/c.*", TRUE},
		{"access: file:*.h\n writer: *", TRUE},
		{"access: nobody", FALSE},
		{"access: file:outer", FALSE},
		{"access: a/c.c", FALSE},
		{"access: *\n writer: outer", FALSE},
		{"writer: *", TRUE},
		{"writer: outer", FALSE},
		{"root: code at *", TRUE},
		{"root: code at 0x4", FALSE},
		{"root: *\n access: nobody", FALSE},
		{"fingerprint: f", TRUE},
		{"fingerprint: *", FALSE},
	};

	struct suppressible finding = {"lost-write", frames, NULL, "code at 0x40", "f"}, other = finding;

	other.kind = "stale-fetch";
	g_ptr_array_add(frames, &inner);
	g_ptr_array_add(frames, &outer);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strdup_printf("{ x\n kind: lost-write\n %s\n reason: y\n}\n", cases[i].keys);
		g_autofree char *path = file(text, -1);
		struct suppressions *s = suppressions_new();
		gboolean got;

		g_assert_true(suppressions_read(s, path, NULL));
		got = suppressions_match(s, &finding) != NULL;
		if (got != cases[i].matches)
			g_error("%s: %d", cases[i].keys, got);
		g_assert_null(suppressions_match(s, &other));
		suppressions_free(s);
	}
}

static void malformed_suppressions(void)
{
	static const char *const cases[][2] = {
		{"kind: lost-write\n", ":1: 'kind: lost-write' is outside of a block"},
		{"\n{ a\n kind: lost-write\n access: *\n}\n", ":5: 'a' has no reason"},
		{"{ a\n kind: lost-write\n access: *\n reason:\n}\n", ":4: 'a' has no reason"},
		{"{ a\n access: *\n reason: x\n}\n", ":4: 'a' has no kind"},
		{"{ a\n kind: lost-write\n reason: x\n}\n", ":4: 'a' has none of access"},
		{"{ a\n kind: lost-wrte\n access: *\n reason: x\n}\n",
			":2: there is no kind 'lost-wrte': did you mean lost-write?"},
		{"{ a\n kind: z*\n access: *\n reason: x\n}\n", ":2: there is no kind 'z*'"},
		{"{ a\n knid: lost-write\n}\n", ":2: unknown key 'knid'"},
		{"{ a\n kind: lost-write\n kind: lost-write\n}\n", ":3: 'kind' is there twice"},
		{"{ a\n kind:\n}\n", ":2: 'kind' has no value"},
		{"{ a\n what\n}\n", ":2: 'what' is not of the form"},
		{"{ a\n kind: lost-write\n{ b\n", ":3: a block within a block"},
		{"{ }\n", ":1: the block has no name"},
		{"{ a\n kind: lost-write\n", "is not closed"},
		{"}\n", ":1: '}' is outside"},
		{"{ a\n \x1b[31m\n}\n", "'\\x1b[31m' is not"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = file(cases[i][0], -1);
		struct suppressions *s = suppressions_new();
		g_autoptr(GError) error = NULL;

		if (suppressions_read(s, path, &error))
			g_error("case %u is taken", i);
		if (!strstr(error->message, cases[i][1]) || !g_str_has_prefix(error->message, path))
			g_error("case %u: %s", i, error->message);
		suppressions_free(s);
	}
}

/* What is printed for a finding is refused as it is, for want of a reason, and matches when it has one. */
static void generates(gconstpointer by_root)
{
	struct suppressible finding = {"lost-write", NULL, NULL, by_root ? "code at 0x40" : NULL, "0123456789abcdef"};
	g_autofree char *block = suppression_for(&finding, 1), *path = file(block, -1);
	g_autofree char *with = NULL, *again = NULL;
	g_auto(GStrv) parts = g_strsplit(block, "reason:", 2);
	struct suppressions *s = suppressions_new();
	g_autoptr(GError) error = NULL;

	g_assert_false(suppressions_read(s, path, &error));
	g_assert_nonnull(strstr(error->message, "no reason"));
	suppressions_free(s);
	s = suppressions_new();
	with = g_strjoinv("reason: known", parts);
	again = file(with, -1);
	g_assert_true(suppressions_read(s, again, NULL));
	g_assert_nonnull(suppressions_match(s, &finding));
	finding.root = "code at 0x44";
	g_assert_true(!by_root == !!suppressions_match(s, &finding));
	suppressions_free(s);
}

/* --- command lines --- */

static char *complete(const char *line, GError **error)
{
	g_auto(GStrv) argv = g_strsplit(line, " ", -1);
	g_autoptr(GPtrArray) options = g_ptr_array_new();
	struct plugin plugin = {"/lib/a,b.so", "/tmp/f,g", NULL, options};
	struct instrumented with;
	char *text;

	g_ptr_array_add(options, (char *)"initial=clean");
	if (!instrument((const char *const *)argv, &plugin, &with, error))
		return NULL;
	text = g_strjoinv(" ", (char **)with.argv->pdata);
	instrumented_clear(&with);
	return text;
}

#define Q      "qemu-system-aarch64 "
#define RAM(s) " -object memory-backend-memfd,id=ram,share=on,size=" s " -machine memory-backend=ram"
#define ACCEL  " -accel tcg,thread=single"
#define PLUGIN " -plugin /lib/a,,b.so,findings=/tmp/f,,g,initial=clean"

static void completes(void)
{
	static const char *const cases[][2] = {
		{Q "-M virt", Q "-machine virt" RAM("128M") ACCEL PLUGIN},
		{Q "--machine virt-9.0 -m 2G", Q "-machine virt-9.0 -m 2G" RAM("2G") ACCEL PLUGIN},
		{Q "-M virt -m 512", Q "-machine virt -m 512" RAM("512M") ACCEL PLUGIN},
		{Q "-M virt -m 1 -m size=512,slots=2",
			Q "-machine virt -m 1 -m size=512,slots=2" RAM("512M") ACCEL PLUGIN},
		{Q "-M type=raspi3b", Q "-machine type=raspi3b" RAM("1G") ACCEL PLUGIN},
		{Q "-M virt -accel tcg", Q "-machine virt -accel tcg,thread=single" RAM("128M") PLUGIN},
		{Q "-M virt -accel tcg,tb-size=64",
			Q "-machine virt -accel tcg,tb-size=64,thread=single" RAM("128M") PLUGIN},
		{Q "-accel tcg,thread=single -M virt", Q "-accel tcg,thread=single -machine virt" RAM("128M") PLUGIN},
		{Q "-M virt,accel=tcg,secure=on", Q "-machine virt,secure=on" RAM("128M") ACCEL PLUGIN},
		{Q "-M virt -object rng-random,id=ram", Q "-machine virt -object rng-random,id=ram -object "
							  "memory-backend-memfd,id=limpid-ram,share=on,size=128M "
							  "-machine memory-backend=limpid-ram" ACCEL PLUGIN},
		{Q "-M virt,memory-backend=m -object memory-backend-memfd,id=m,size=1G",
			Q "-machine virt,memory-backend=m -object memory-backend-memfd,id=m,size=1G" ACCEL PLUGIN},
		/* A value is no option, whatever it looks like. */
		{Q "-M virt -append -enable-kvm -S", Q "-machine virt -append -enable-kvm -S" RAM("128M") ACCEL PLUGIN},
		{Q "-M virt disk.img", Q "-machine virt disk.img" RAM("128M") ACCEL PLUGIN},
		{"./wrapper -M virt", "./wrapper -machine virt" RAM("128M") ACCEL PLUGIN},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *got = complete(cases[i][0], &error);

		g_assert_no_error(error);
		g_assert_cmpstr(got, ==, cases[i][1]);
	}
}

static void contradicts(void)
{
	static const char *const cases[][2] = {
		{"qemu-system-x86_64 -M q35", "the machines of qemu-system-aarch64"},
		{"qemu-aarch64 a.out", "the machines of qemu-system-aarch64"},
		{Q "-M virt -accel kvm", "-accel kvm: the sanitizer sees"},
		{Q "-M virt -accel kvm -accel tcg", "-accel kvm: the sanitizer sees"},
		{Q "-M virt -enable-kvm", "-enable-kvm: "},
		{Q "-M virt,accel=kvm:tcg", "-machine accel=kvm:tcg"},
		{Q "-M virt -accel tcg,thread=multi", "thread=single"},
		{Q "-M virt,memory-backend=m -object memory-backend-ram,id=m,size=1G", "is a memory-backend-ram"},
		{Q "-M virt,memory-backend=m -object memory-backend-memfd,id=m,share=off,size=1G", "share=on"},
		{Q "-M virt,memory-backend=m", "there is no -object with this id"},
		{Q "-M virt -mem-path /dev/hugepages", "-mem-path: "},
		{Q "-M virt -numa node", "-numa: "},
		{Q "-M virt -daemonize", "-daemonize: "},
		{Q "-M orangepi-pc", "say how much RAM"},
		{Q "-nographic", "which machine?"},
		{Q "-M virt -kernel", "-kernel: QEMU wants a value"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *got = complete(cases[i][0], &error);

		if (got)
			g_error("%s: became %s", cases[i][0], got);
		if (!strstr(error->message, cases[i][1]))
			g_error("%s: %s", cases[i][0], error->message);
	}
}

static void json_values(void)
{
	const char *argv[] = {"qemu-system-aarch64", "-M", "virt,memory-backend=m", "-object",
		"{\"qom-type\":\"memory-backend-memfd\",\"id\":\"m\",\"share\":true,\"size\":1073741824}", NULL};
	struct plugin plugin = {"p", "f", "r", NULL};
	struct instrumented with;
	g_autofree char *line = NULL;

	g_assert_true(instrument(argv, &plugin, &with, NULL));
	g_assert_true(with.ram_known);
	g_assert_cmpuint(with.ram_base, ==, 0x40000000);
	line = g_strjoinv(" ", (char **)with.argv->pdata);
	g_assert_true(g_str_has_suffix(line, " -plugin p,findings=f,record=r"));
	instrumented_clear(&with);
	argv[4] = "{\"qom-type\":\"memory-backend-file\",\"id\":\"m\"}";
	g_assert_false(instrument(argv, &plugin, &with, NULL));
}

static void versions(void)
{
	guint major, minor;

	g_assert_true(
		instrument_read_version("QEMU emulator version 10.0.2 (Debian 1:10.0.2)\nCopyright", &major, &minor));
	g_assert_cmpuint(major, ==, 10);
	g_assert_cmpuint(minor, ==, 0);
	g_assert_true(instrument_read_version("QEMU emulator version 7.2.9", &major, &minor));
	g_assert_cmpuint(major, ==, 7);
	g_assert_false(instrument_read_version("bash 5", &major, &minor));
	g_assert_false(instrument_read_version("QEMU emulator version x", &major, &minor));
	g_assert_false(instrument_read_version("QEMU emulator version 10", &major, &minor));
}

/* --- tables --- */

/* What `limpid check` takes is what the plugin takes: names, values and defaults. */
static void model_options(void)
{
	static const struct option ours[] = {MODEL_OPTIONS, {NULL}};
	const struct option *o = ours;

	for (const struct option_info *theirs = option_table; theirs->name; theirs++, o++) {
		g_auto(GStrv) choices = NULL;
		guint n = 0;
		const char *initially = theirs->values[theirs->initially];

		g_assert_cmpstr(o->name, ==, theirs->name);
		choices = g_strsplit(o->arg, "|", -1);
		for (; theirs->values[n]; n++)
			g_assert_true(g_strv_contains((const char *const *)choices, theirs->values[n]));
		g_assert_cmpuint(g_strv_length(choices), ==, n);
		/* `initial` depends on how the machine boots. */
		if (strcmp(o->name, "initial") != 0) {
			g_auto(GStrv) words = g_strsplit_set(o->help, "\n ", -1);

			if (strcmp(words[g_strv_length(words) - 1], initially) != 0)
				g_error("--%s: %s is the default", o->name, initially);
		}
	}
	g_assert_null(o->name);
}

static void all_kinds(void)
{
	guint n = 0;

	for (const struct kind *k = kinds; k->name; k++, n++) {
		g_auto(GStrv) options = g_strsplit(k->options, " ", -1);
		g_autofree char *both = g_strjoin("\n", k->bad, k->good, NULL);
		g_auto(GStrv) code = g_strsplit(both, "\n", -1);
		static const struct option ours[] = {MODEL_OPTIONS, {NULL}};

		g_assert_true(*k->summary && *k->why && *k->hardware && *k->bad && *k->good && *k->remedy);
		g_assert_nonnull(strstr(k->source, "DDI 0487"));
		g_assert_cmpstr(k->bad, !=, k->good);
		for (char **o = options; *o && **o; o++)
			g_assert_nonnull(option_find(ours, *o + 2));
		for (char **line = code; *line; line++)
			g_assert_cmpuint(strlen(*line), <=, 72);
	}
	g_assert_cmpuint(n, ==, 17);
	g_assert_cmpstr(kind_nearest("stale-memory-rad"), ==, "stale-memory-read");
	g_assert_null(kind_nearest("qqqqqqqqqqqq"));
	g_assert_null(kind_find("stale"));
}

/* --- files --- */

static void on_start(GMarkupParseContext *context, const char *name, const char **names, const char **values,
	gpointer data, GError **error)
{
	(void)context;
	(void)values;
	(void)data;
	/* Nothing that runs or comes from elsewhere. */
	if (strcmp(name, "script") == 0 || strcmp(name, "img") == 0 || strcmp(name, "link") == 0 ||
		strcmp(name, "b") == 0)
		g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_PARSE, "<%s>", name);
	for (guint i = 0; names[i]; i++)
		if (strcmp(names[i], "class") != 0 && strcmp(names[i], "lang") != 0 && strcmp(names[i], "charset") != 0)
			g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_PARSE, "attribute %s", names[i]);
}

/* A machine that writes what it likes cannot write into the page, or out of a text. */
static void html(void)
{
	static const GMarkupParser parser = {.start_element = on_start};
	static const char bad[] =
		"{\"id\":1,\"kind\":\"lost-write\",\"severity\":\"error\",\"pc\":\"0x1\",\"access\":\"<b>read</"
		"b>\",\"size\":1,"
		"\"text\":\"</p><script>x</"
		"script>\\u001b[31m\",\"remedy\":\"<b>\",\"root\":\"\\\"<b>&\",\"space\":\"<b>\"}\n" LINE(
			2, "stale-fetch", "warning", "0x48", "0x54", "\\\"<b>&", 1) END;
	struct findings *f = take(NULL, bad, "<b>", NULL);
	g_autofree char *path = g_build_filename(dir, "page.html", NULL), *text = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GMarkupParseContext) markup = g_markup_parse_context_new(&parser, 0, NULL, NULL);
	const char *html_at;

	g_assert_true(account_html(f, "<b>qemu", path, NULL));
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_null(strchr(text, '\033'));
	g_assert_null(strstr(text, "http:"));
	g_assert_null(strstr(text, "https:"));
	html_at = strstr(text, "<html");
	g_markup_parse_context_parse(markup, html_at, -1, &error);
	g_assert_no_error(error);
	g_assert_true(g_markup_parse_context_end_parse(markup, &error));
	g_assert_nonnull(strstr(text, "&lt;script&gt;"));
	findings_free(f);
}

static JsonObject *member(JsonObject *o, const char *name)
{
	g_assert_true(json_object_has_member(o, name));
	return json_object_get_object_member(o, name);
}

static void sarif(void)
{
	struct suppressions *s = suppressions_new();
	g_autofree char *known = file("{ one\n kind: stale-fetch\n access: *\n reason: because\n}\n", -1);
	g_autofree char *path = g_build_filename(dir, "x.sarif", NULL), *text = NULL;
	g_autoptr(JsonNode) node = NULL;
	struct findings *f;
	JsonObject *run, *result;
	JsonArray *results, *rules;

	g_assert_true(suppressions_read(s, known, NULL));
	f = take(s, two_roots, NULL, NULL);
	g_assert_true(account_sarif(f, path, NULL));
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	node = json_from_string(text, NULL);
	g_assert_nonnull(node);
	g_assert_cmpstr(json_object_get_string_member(json_node_get_object(node), "version"), ==, "2.1.0");
	run = json_array_get_object_element(json_object_get_array_member(json_node_get_object(node), "runs"), 0);
	rules = json_object_get_array_member(member(member(run, "tool"), "driver"), "rules");
	g_assert_cmpuint(json_array_get_length(rules), ==, 17);
	results = json_object_get_array_member(run, "results");
	g_assert_cmpuint(json_array_get_length(results), ==, 4);
	for (guint i = 0; i < 4; i++) {
		result = json_array_get_object_element(results, i);
		g_assert_cmpstr(json_object_get_string_member(result, "ruleId"), ==,
			json_object_get_string_member(
				json_array_get_object_element(rules, json_object_get_int_member(result, "ruleIndex")),
				"id"));
		g_assert_nonnull(json_object_get_string_member(member(result, "message"), "text"));
		g_assert_cmpuint(
			strlen(json_object_get_string_member(member(result, "partialFingerprints"), "limpid/v1")), ==,
			16);
		g_assert_cmpint(json_object_has_member(result, "suppressions"), ==, i == 2);
	}
	findings_free(f);
	suppressions_free(s);
}

static void json(void)
{
	struct findings *f = take(NULL, two_roots, "a.b", NULL);
	g_autofree char *path = g_build_filename(dir, "x.json", NULL), *text = NULL;
	FILE *out = fopen(path, "w");
	g_auto(GStrv) lines = NULL;
	struct evidence *e = evidence("{\"end\":true,\"seen\":{\"switches\":2,\"dc\":3,\"later\":[]}}\n");
	static const char *const members[] = {"type", "kind", "severity", "cpu", "el", "pc", "va", "pa", "size", "got",
		"may_be", "writer", "fingerprint", "count", "root", "tests"};

	account_json(f, out);
	account_json_summary(f, NULL, &e->seen, out);
	evidence_free(e);
	fclose(out);
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	lines = g_strsplit(g_strchomp(text), "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), ==, 5);
	for (guint i = 0; i < 5; i++) {
		g_autoptr(JsonNode) node = json_from_string(lines[i], NULL);

		g_assert_nonnull(node);
		for (guint m = 0; i < 4 && m < G_N_ELEMENTS(members); m++)
			if (!json_object_has_member(json_node_get_object(node), members[m]))
				g_error("%s: no %s", lines[i], members[m]);
	}
	g_assert_nonnull(strstr(lines[4], "\"findings\":3,\"errors\":2,\"warnings\":1,\"notes\":1"));
	g_assert_nonnull(strstr(lines[4], "\"seen\":{\"switches\":2,\"dc\":3,\"set_way\":0,"));
	findings_free(f);
}

int main(int argc, char **argv)
{
	int result;

	g_test_init(&argc, &argv, NULL);
	dir = fixture_dir();
	g_test_add_func("/check/reads", reads);
	g_test_add_func("/check/hostile", hostile);
	g_test_add_func("/check/missing", missing);
	g_test_add_func("/check/with_nul", with_nul);
	g_test_add_func("/check/random_bytes", random_bytes);
	g_test_add_func("/check/groups", groups);
	g_test_add_func("/check/expects", expects);
	g_test_add_func("/check/fingerprints", fingerprints);
	g_test_add_func("/check/finds_by_contents", finds_by_contents);
	g_test_add_func("/check/refuses_symbols", refuses_symbols);
	g_test_add_func("/check/suppresses", suppresses);
	g_test_add_func("/check/matches_places", matches_places);
	g_test_add_func("/check/malformed_suppressions", malformed_suppressions);
	g_test_add_data_func("/check/generates", NULL, generates);
	g_test_add_data_func("/check/generates_root", "", generates);
	g_test_add_func("/check/completes", completes);
	g_test_add_func("/check/contradicts", contradicts);
	g_test_add_func("/check/json_values", json_values);
	g_test_add_func("/check/versions", versions);
	g_test_add_func("/check/model_options", model_options);
	g_test_add_func("/check/all_kinds", all_kinds);
	g_test_add_func("/check/html", html);
	g_test_add_func("/check/sarif", sarif);
	g_test_add_func("/check/json", json);
	result = g_test_run();
	fixture_remove(dir);
	return result;
}
