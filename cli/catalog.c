/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The section .limpid.tests is an array of struct descriptor, as guest/include/limpid/test.h declares it. The image is
 * position independent and linked at 0: its pointers stand in .rela.dyn as R_AARCH64_RELATIVE entries, whose addends
 * are link-time addresses, and these lie in the file where the program headers say.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

#include "catalog.h"
#include "kinds.h"
#include "pattern.h"
#include "text.h"

/* So many names are passed one by one. */
#define PATTERNS_EXACT 4

G_DEFINE_QUARK(limpid - catalog, catalog_error)

struct descriptor {
	guint32 size, line;
	guint64 name, file, doc, source, needs, qemu, fn;
	guint16 cpus, timeout_s;
	guint32 mem_mib, flags, reserved;
	guint64 finding; /* not in those of older images */
};
G_STATIC_ASSERT(sizeof(struct descriptor) == 88); /* what the guest's side asserts too */
#define DESCRIPTOR_OLD offsetof(struct descriptor, finding)

/* One of .limpid.findings. */
struct mark {
	guint32 size, line;
	guint64 test, function, file;
};
G_STATIC_ASSERT(sizeof(struct mark) == 32);

static void test_free(gpointer data)
{
	struct test *t = data;

	g_free(t->name);
	g_free(t->file);
	g_free(t->doc);
	g_free(t->source);
	g_free(t->needs);
	g_free(t->qemu);
	g_free(t->finding);
	g_free(t->finding_function);
	g_free(t->finding_file);
	g_free(t);
}

void catalog_free(struct catalog *c)
{
	if (!c)
		return;
	g_free(c->elf_path);
	g_free(c->img_path);
	g_ptr_array_unref(c->tests);
	g_free(c);
}

/* Where the text at link-time address @address is in the file, or NULL when it is not there whole. */
static const char *text_at(Elf *elf, guint64 address)
{
	size_t segments = 0, file_size = 0;
	const char *file = elf_rawfile(elf, &file_size);

	if (!file || elf_getphdrnum(elf, &segments) != 0)
		return NULL;
	for (size_t i = 0; i < segments; i++) {
		GElf_Phdr p;
		guint64 offset;

		if (!gelf_getphdr(elf, i, &p) || p.p_type != PT_LOAD || address < p.p_vaddr ||
			address - p.p_vaddr >= p.p_filesz)
			continue;
		offset = p.p_offset + (address - p.p_vaddr);
		if (offset < p.p_offset || offset >= file_size || !memchr(file + offset, 0, file_size - offset))
			return NULL;
		return file + offset;
	}
	return NULL;
}

static gboolean name_is_valid(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	gsize len = strlen(name);

	return len > 0 && len <= 200 && name[strspn(name, allowed)] == '\0' && name[0] != '.' && name[0] != '-' &&
	       name[len - 1] != '.' && !strstr(name, "..");
}

/* Copies a text of a descriptor; address 0 gives "". */
static gboolean take(Elf *elf, guint64 address, char **copy)
{
	const char *text = address ? text_at(elf, address) : "";

	*copy = text ? text_neutral(text, MIN(strlen(text), 4000)) : NULL;
	return text != NULL;
}

/* Stores the addends of the relocations that fall into the section's copy. */
static gboolean relocate(Elf *elf, guint64 start, guchar *bytes, gsize size)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		Elf_Data *data;

		if (!gelf_getshdr(section, &header))
			return FALSE;
		if (header.sh_type != SHT_RELA || header.sh_entsize == 0)
			continue;
		data = elf_getdata(section, NULL);
		if (!data)
			return FALSE;
		for (gsize i = 0; i < data->d_size / header.sh_entsize; i++) {
			GElf_Rela rela;
			guint64 value;

			if (!gelf_getrela(data, i, &rela))
				return FALSE;
			if (GELF_R_TYPE(rela.r_info) != R_AARCH64_RELATIVE || rela.r_offset < start || size < 8 ||
				rela.r_offset - start > size - 8)
				continue;
			value = GUINT64_TO_LE(rela.r_addend);
			memcpy(bytes + (rela.r_offset - start), &value, 8);
		}
	}
	return TRUE;
}

static char *read_descriptors(Elf *elf, const guchar *bytes, gsize size, GPtrArray *tests)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	guint32 first = 0;
	gsize stride;

	if (size >= sizeof(first))
		memcpy(&first, bytes, sizeof(first));
	stride = GUINT32_FROM_LE(first) == DESCRIPTOR_OLD ? DESCRIPTOR_OLD : sizeof(struct descriptor);
	if (size >= sizeof(first) && GUINT32_FROM_LE(first) != stride)
		return g_strdup_printf("a test descriptor has %u bytes, this limpid reads those of %zu",
			GUINT32_FROM_LE(first), sizeof(struct descriptor));
	if (size % stride)
		return g_strdup("the section .limpid.tests is not a whole number of descriptors");
	for (gsize offset = 0; offset < size; offset += stride) {
		struct descriptor d = {0};
		struct test *t;

		memcpy(&d, bytes + offset, stride);
		if (GUINT32_FROM_LE(d.size) != stride)
			return g_strdup_printf("a test descriptor has %u bytes, the one before it %zu",
				GUINT32_FROM_LE(d.size), stride);
		t = g_new0(struct test, 1);
		g_ptr_array_add(tests, t);
		if (!take(elf, GUINT64_FROM_LE(d.name), &t->name) || !take(elf, GUINT64_FROM_LE(d.file), &t->file) ||
			!take(elf, GUINT64_FROM_LE(d.doc), &t->doc) ||
			!take(elf, GUINT64_FROM_LE(d.source), &t->source) ||
			!take(elf, GUINT64_FROM_LE(d.needs), &t->needs) ||
			!take(elf, GUINT64_FROM_LE(d.qemu), &t->qemu) ||
			(d.finding && !take(elf, GUINT64_FROM_LE(d.finding), &t->finding)))
			return g_strdup_printf("the text of test descriptor %zu lies outside the file: it is truncated",
				(gsize)(offset / stride));
		if (t->finding && *t->finding && !kind_find(t->finding))
			return g_strdup_printf("%s is to make a finding of the kind '%s', which does not exist: "
					       "`limpid explain` lists them",
				t->name, t->finding);
		if (!name_is_valid(t->name))
			return g_strdup_printf(
				"'%s' is not a test's name: letters, digits, _ and - in parts joined by dots", t->name);
		if (!g_hash_table_add(seen, t->name))
			return g_strdup_printf("two tests are called %s", t->name);
		t->line = GUINT32_FROM_LE(d.line);
		t->cpus = MAX(1, GUINT16_FROM_LE(d.cpus));
		t->timeout_s = GUINT16_FROM_LE(d.timeout_s);
		t->mem_mib = GUINT32_FROM_LE(d.mem_mib);
		t->flags = GUINT32_FROM_LE(d.flags);
	}
	/* Asking for such a test by its name would select others too. */
	for (guint i = 0; i < tests->len; i++) {
		const char *name = ((struct test *)tests->pdata[i])->name;

		for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.')) {
			g_autofree char *prefix = g_strndup(name, dot - name);

			if (g_hash_table_contains(seen, prefix))
				return g_strdup_printf("the test %s has the name of the suite of %s", prefix, name);
		}
	}
	return NULL;
}

static const char *last_part(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

/* The tests' names are unique as a whole only: the file says the rest. */
static struct test *marked_test(GPtrArray *tests, const char *function, const char *file)
{
	for (guint i = 0; i < tests->len; i++) {
		struct test *t = tests->pdata[i];

		if (g_str_has_prefix(function, "test_") &&
			strcmp(function + strlen("test_"), last_part(t->name)) == 0 && strcmp(file, t->file) == 0)
			return t;
	}
	return NULL;
}

static char *read_marks(Elf *elf, const guchar *bytes, gsize size, GPtrArray *tests)
{
	if (size % sizeof(struct mark))
		return g_strdup("the section .limpid.findings is not a whole number of marks");
	for (gsize offset = 0; offset < size; offset += sizeof(struct mark)) {
		struct mark m;
		g_autofree char *test = NULL, *function = NULL, *file = NULL;
		struct test *t;

		memcpy(&m, bytes + offset, sizeof(m));
		if (GUINT32_FROM_LE(m.size) != sizeof(m))
			return g_strdup_printf("a mark of a finding has %u bytes, this limpid reads those of %zu",
				GUINT32_FROM_LE(m.size), sizeof(m));
		if (!take(elf, GUINT64_FROM_LE(m.test), &test) || !take(elf, GUINT64_FROM_LE(m.function), &function) ||
			!take(elf, GUINT64_FROM_LE(m.file), &file))
			return g_strdup("the text of a mark of a finding lies outside the file: it is truncated");
		t = marked_test(tests, test, file);
		if (!t || !test_finding(t) || t->finding_line)
			return g_strdup_printf("%s:%u: FINDING_HERE %s", file, GUINT32_FROM_LE(m.line),
				t && t->finding_line ? "is there twice for one test"
						     : "is for a test that says no .finding");
		t->finding_line = GUINT32_FROM_LE(m.line);
		t->finding_function = g_steal_pointer(&function);
		t->finding_file = g_steal_pointer(&file);
	}
	return NULL;
}

/* A copy of a section's bytes with its relocations applied. NULL with @problem, or without when there is none. */
static guchar *section_copy(Elf *elf, size_t names, const char *wanted, gsize *size, char **problem)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section))) {
		g_autofree guchar *copy = NULL;
		GElf_Shdr h;
		Elf_Data *data;
		const char *name;

		if (!gelf_getshdr(section, &h) || !(name = elf_strptr(elf, names, h.sh_name))) {
			*problem = g_strdup_printf("it is truncated (%s)", elf_errmsg(-1));
			return NULL;
		}
		if (strcmp(name, wanted) != 0)
			continue;
		data = h.sh_type == SHT_PROGBITS ? elf_rawdata(section, NULL) : NULL;
		if (!data || data->d_size != h.sh_size || (h.sh_size && !data->d_buf)) {
			*problem = g_strdup_printf("the section %s lies outside the file: it is truncated", wanted);
			return NULL;
		}
		/* One byte more, so that an empty one is not nothing. */
		copy = g_malloc0(data->d_size + 1);
		if (data->d_size)
			memcpy(copy, data->d_buf, data->d_size);
		if (!relocate(elf, h.sh_addr, copy, data->d_size)) {
			*problem = g_strdup_printf("its relocations cannot be read (%s)", elf_errmsg(-1));
			return NULL;
		}
		*size = data->d_size;
		return g_steal_pointer(&copy);
	}
	return NULL;
}

/* What prevents reading the tests of this open file, or NULL. */
static char *read_elf(Elf *elf, GPtrArray *tests)
{
	g_autofree guchar *descriptors = NULL, *marks = NULL;
	GElf_Ehdr header;
	size_t names, file_size = 0;
	gsize size = 0;
	char *problem = NULL;

	if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
		return g_strdup("it is not an ELF file");
	if (header.e_machine != EM_AARCH64 || gelf_getclass(elf) != ELFCLASS64 ||
		header.e_ident[EI_DATA] != ELFDATA2LSB)
		return g_strdup("it is not an ELF file for little-endian AArch64");
	elf_rawfile(elf, &file_size);
	if (header.e_shoff == 0 || header.e_shoff >= file_size || elf_getshdrstrndx(elf, &names) != 0)
		return g_strdup("it has no section headers: it is truncated or stripped of them");
	descriptors = section_copy(elf, names, ".limpid.tests", &size, &problem);
	if (!descriptors)
		return problem ?: g_strdup("it has no section .limpid.tests: it is not an image of limpid tests");
	problem = read_descriptors(elf, descriptors, size, tests);
	if (problem)
		return problem;
	marks = section_copy(elf, names, ".limpid.findings", &size, &problem);
	return marks ? read_marks(elf, marks, size, tests) : problem;
}

const char *test_finding(const struct test *t)
{
	const char *last = last_part(t->name);
	gboolean is_bad = g_str_has_prefix(last, "bad_");
	g_autofree char *rest = NULL;

	if (t->finding || (!is_bad && !(t->flags & TEST_FINDING)))
		return t->finding;
	rest = g_strdelimit(g_strdup(is_bad ? last + strlen("bad_") : ""), "_", '-');
	for (const struct kind *k = kinds; k->name; k++) {
		gsize len = strlen(k->name);

		if (strncmp(rest, k->name, len) == 0 && (rest[len] == '\0' || rest[len] == '-'))
			return k->name;
	}
	return "";
}

/* "x.elf" and "x.img" from any of the two or from "x". */
static void pair_of_files(const char *path, char **elf, char **img)
{
	g_autofree char *stem = g_str_has_suffix(path, ".elf") || g_str_has_suffix(path, ".img")
					? g_strndup(path, strlen(path) - 4)
					: g_strdup(path);

	*elf = g_strconcat(stem, ".elf", NULL);
	*img = g_strconcat(stem, ".img", NULL);
	if (!g_str_has_suffix(path, ".img") && !g_file_test(*elf, G_FILE_TEST_EXISTS)) {
		g_free(*elf);
		*elf = g_strdup(path);
	}
}

struct catalog *catalog_read(const char *path, GError **error)
{
	struct catalog *c = g_new0(struct catalog, 1);
	g_autofree char *problem = NULL;
	int fd;

	pair_of_files(path, &c->elf_path, &c->img_path);
	c->tests = g_ptr_array_new_with_free_func(test_free);
	elf_version(EV_CURRENT);
	fd = open(c->elf_path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		problem = g_strdup(g_strerror(errno));
	} else {
		Elf *elf = elf_begin(fd, ELF_C_READ, NULL);

		problem = read_elf(elf, c->tests);
		elf_end(elf);
		close(fd);
	}
	if (!problem)
		return c;
	g_set_error(error, CATALOG_ERROR, CATALOG_ERROR_FILE,
		"%s: %s; build the image with `make`, or name another with --image FILE or LIMPID_IMAGE", c->elf_path,
		problem);
	catalog_free(c);
	return NULL;
}

const struct test *catalog_find(const struct catalog *c, const char *name)
{
	for (guint i = 0; i < c->tests->len; i++) {
		const struct test *t = c->tests->pdata[i];

		if (strcmp(t->name, name) == 0)
			return t;
	}
	return NULL;
}

static char *no_match(const struct catalog *c, const char *pattern)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *shown = text_neutral(pattern, strlen(pattern));
	const char *near;

	for (guint i = 0; i < c->tests->len; i++)
		g_ptr_array_add(names, ((struct test *)c->tests->pdata[i])->name);
	g_ptr_array_add(names, NULL);
	near = text_nearest(pattern, (const char *const *)names->pdata);
	if (near)
		return g_strdup_printf("no test matches '%s': did you mean %s?", shown, near);
	return g_strdup_printf("no test matches '%s'; `limpid list` shows all %u", shown, c->tests->len);
}

GPtrArray *catalog_select(const struct catalog *c, const GPtrArray *patterns, char **unmatched)
{
	g_autoptr(GPtrArray) single = g_ptr_array_new_with_free_func(g_free);
	g_autofree gboolean *chosen = g_new0(gboolean, c->tests->len + 1);
	GPtrArray *selected = g_ptr_array_new();

	for (guint i = 0; i < patterns->len; i++) {
		g_auto(GStrv) parts = g_strsplit(patterns->pdata[i], ",", -1);

		for (char **part = parts; *part; part++)
			g_ptr_array_add(single, g_strdup(*part));
	}
	if (!patterns->len)
		g_ptr_array_add(single, g_strdup("*"));
	for (guint p = 0; p < single->len; p++) {
		gboolean any = FALSE;

		for (guint i = 0; i < c->tests->len; i++) {
			if (pattern_match(single->pdata[p], ((struct test *)c->tests->pdata[i])->name))
				any = chosen[i] = TRUE;
		}
		/* A misspelled one among several must not pass as "nothing failed". */
		if (!any) {
			*unmatched = no_match(c, single->pdata[p]);
			g_ptr_array_unref(selected);
			return NULL;
		}
	}
	for (guint i = 0; i < c->tests->len; i++)
		if (chosen[i])
			g_ptr_array_add(selected, c->tests->pdata[i]);
	return selected;
}

/* Are all tests that @pattern matches among @wanted? */
static gboolean covers(const struct catalog *c, GHashTable *wanted, const char *pattern)
{
	for (guint i = 0; i < c->tests->len; i++) {
		const struct test *t = c->tests->pdata[i];

		if (pattern_match(pattern, t->name) && !g_hash_table_contains(wanted, t->name))
			return FALSE;
	}
	return TRUE;
}

/* The shortest prefix of whole components of @name that matches nothing unwanted. */
static char *widest_pattern(const struct catalog *c, GHashTable *wanted, const char *name)
{
	for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.')) {
		g_autofree char *prefix = g_strndup(name, dot - name);

		if (covers(c, wanted, prefix))
			return g_steal_pointer(&prefix);
	}
	return g_strdup(name);
}

char *catalog_patterns(const struct catalog *c, const GPtrArray *tests)
{
	g_autoptr(GHashTable) wanted = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GString *patterns = g_string_new(NULL);

	if (tests->len == c->tests->len && tests->len > 1) {
		g_string_append_c(patterns, '*');
		return g_string_free(patterns, FALSE);
	}
	for (guint i = 0; i < tests->len; i++)
		g_hash_table_add(wanted, ((struct test *)tests->pdata[i])->name);
	for (guint i = 0; i < tests->len; i++) {
		const struct test *t = tests->pdata[i];
		char *pattern = tests->len > PATTERNS_EXACT ? widest_pattern(c, wanted, t->name) : g_strdup(t->name);

		if (!g_hash_table_contains(used, pattern))
			g_string_append_printf(patterns, "%s%s", patterns->len ? "," : "", pattern);
		g_hash_table_add(used, pattern);
	}
	return g_string_free(patterns, FALSE);
}
