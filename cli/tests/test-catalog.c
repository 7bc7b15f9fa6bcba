/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../catalog.h"
#include "../symbolize.h"
#include "fixture.h"

static const struct fixture_test tests[] = {
	{.name = "boot.cpus", .doc = "as many as asked for", .cpus = 2},
	{.name = "gic.v3.sgi", .needs = "gicv3", .qemu = "-device edu", .mem_mib = 512, .timeout_s = 90, .flags = 2},
	{.name = "gic.v3.spi", .needs = "gicv3"},
	{.name = "gic.v2.sgi", .needs = "gicv2"},
	{.name = "mmu.map"},
	{.name = "mmu.unmap"},
	{NULL},
};

/* From memory: a file system would make thousands of files slow. */
static struct catalog *read_bytes(int fd, const void *bytes, gsize len, GError **error)
{
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);

	g_assert_cmpint(ftruncate(fd, 0), ==, 0);
	g_assert_cmpint(pwrite(fd, bytes, len, 0), ==, len);
	return catalog_read(path, error);
}

static void reads(void)
{
	g_autofree char *dir = fixture_dir(), *path = fixture_image(dir, tests);
	g_autoptr(GError) error = NULL;
	struct catalog *c = catalog_read(path, &error);
	const struct test *t;

	g_assert_no_error(error);
	g_assert_cmpuint(c->tests->len, ==, 6);
	t = c->tests->pdata[0];
	g_assert_cmpstr(t->name, ==, "boot.cpus");
	g_assert_cmpstr(t->doc, ==, "as many as asked for");
	g_assert_cmpstr(t->needs, ==, "");
	g_assert_cmpstr(t->file, ==, "tests/fixture.c");
	g_assert_cmpuint(t->line, ==, 42);
	g_assert_cmpuint(t->cpus, ==, 2);
	t = catalog_find(c, "gic.v3.sgi");
	g_assert_cmpstr(t->needs, ==, "gicv3");
	g_assert_cmpstr(t->qemu, ==, "-device edu");
	g_assert_cmpuint(t->cpus, ==, 1);
	g_assert_cmpuint(t->mem_mib, ==, 512);
	g_assert_cmpuint(t->timeout_s, ==, 90);
	g_assert_cmpuint(t->flags, ==, TEST_SLOW);
	g_assert_true(g_str_has_suffix(c->img_path, "/limpid.img"));
	g_assert_null(catalog_find(c, "boot"));
	catalog_free(c);
	fixture_remove(dir);
}

/* A file cut anywhere is an error that names it, never a shorter list. */
static void truncated(void)
{
	int fd = memfd_create("elf", 0);
	g_autoptr(GByteArray) elf = fixture_elf(tests);

	for (guint len = 0; len < elf->len; len += len < 200 || len > 0x7f00 ? 1 : 61) {
		g_autoptr(GError) error = NULL;

		g_assert_null(read_bytes(fd, elf->data, len, &error));
		g_assert_nonnull(strstr(error->message, "/proc/self/fd/"));
		g_assert_nonnull(strstr(error->message, "--image"));
	}
	close(fd);
}

/* Damaged bytes give an error or other texts; what matters is that reading survives (make check runs this with ASan).
 */
static void damaged(void)
{
	int fd = memfd_create("elf", 0);
	g_autoptr(GByteArray) elf = fixture_elf(tests);
	GRand *rand = g_rand_new_with_seed(3);

	for (guint round = 0; round < 1500; round++) {
		g_autofree guint8 *copy = g_memdup2(elf->data, elf->len);
		struct catalog *c;

		for (guint i = 0; i < 4; i++) {
			/* Where it hurts: headers, descriptors, texts and tables, not the padding between. */
			static const struct {
				guint from, to;
			} areas[] = {{0, 120}, {0x1000, 0x11e0}, {0x8000, 0x8800}};
			guint area = g_rand_int_range(rand, 0, G_N_ELEMENTS(areas));
			guint at = g_rand_int_range(rand, areas[area].from, MIN(areas[area].to, elf->len));

			copy[at] = g_rand_int(rand);
		}
		c = read_bytes(fd, copy, elf->len, NULL);
		catalog_free(c);
	}
	g_rand_free(rand);
	close(fd);
}

static void expect_error(const char *path, const char *words)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(catalog_read(path, &error));
	if (!strstr(error->message, words))
		g_error("'%s' is without '%s'", error->message, words);
}

static void wrong_files(void)
{
	static const struct fixture_test twice[] = {{.name = "a.b"}, {.name = "a.b"}, {NULL}};
	static const struct fixture_test bad_name[] = {{.name = "a b"}, {NULL}};
	static const struct fixture_test suite[] = {{.name = "a.b"}, {.name = "a.b.c"}, {NULL}};
	const struct {
		const struct fixture_test *tests;
		const char *words;
	} cases[] = {{twice, "two tests are called a.b"}, {bad_name, "'a b' is not a test's name"},
		{suite, "a.b has the name of the suite of a.b.c"}};

	expect_error("/nonexistent/limpid.elf", "/nonexistent/limpid.elf: No such file or directory");
	expect_error("/proc/self/exe", "not an ELF file for little-endian AArch64");
	expect_error("/etc/passwd", "not an ELF file");
	expect_error("/etc", "/etc: ");
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *dir = fixture_dir(), *path = fixture_image(dir, cases[i].tests);

		expect_error(path, cases[i].words);
		fixture_remove(dir);
	}
}

static char *joined(const GPtrArray *selected)
{
	GString *names = g_string_new(NULL);

	for (guint i = 0; i < selected->len; i++)
		g_string_append_printf(names, "%s%s", i ? " " : "", ((struct test *)selected->pdata[i])->name);
	return g_string_free(names, FALSE);
}

static void select_and_pattern(void)
{
	static const struct {
		const char *patterns, *want, *run;
	} cases[] = {
		{"", "boot.cpus gic.v3.sgi gic.v3.spi gic.v2.sgi mmu.map mmu.unmap", "*"},
		{"mmu gic.v2", "gic.v2.sgi mmu.map mmu.unmap", "gic.v2.sgi,mmu.map,mmu.unmap"},
		{"*sgi,boot", "boot.cpus gic.v3.sgi gic.v2.sgi", "boot.cpus,gic.v3.sgi,gic.v2.sgi"},
		/* More than a few: whole suites by their prefix. */
		{"gic mmu", "gic.v3.sgi gic.v3.spi gic.v2.sgi mmu.map mmu.unmap", "gic,mmu"},
		{"boot gic.v3 mmu", "boot.cpus gic.v3.sgi gic.v3.spi mmu.map mmu.unmap", "boot,gic.v3,mmu"},
	};
	g_autofree char *dir = fixture_dir(), *path = fixture_image(dir, tests), *message = NULL;
	struct catalog *c = catalog_read(path, NULL);
	g_autoptr(GPtrArray) wrong = g_ptr_array_new();

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) patterns = g_ptr_array_new_with_free_func(g_free), selected = NULL;
		g_auto(GStrv) words = g_strsplit(cases[i].patterns, " ", -1);
		g_autofree char *names = NULL, *run = NULL, *unmatched = NULL;

		for (char **w = words; *w && **w; w++)
			g_ptr_array_add(patterns, g_strdup(*w));
		selected = catalog_select(c, patterns, &unmatched);
		g_assert_null(unmatched);
		names = joined(selected);
		run = catalog_patterns(c, selected);
		g_assert_cmpstr(names, ==, cases[i].want);
		g_assert_cmpstr(run, ==, cases[i].run);
	}
	/* One that matches nothing is an error, whatever the others match. */
	g_ptr_array_add(wrong, "mmu");
	g_ptr_array_add(wrong, "boot.cpsu");
	g_assert_null(catalog_select(c, wrong, &message));
	g_assert_cmpstr(message, ==, "no test matches 'boot.cpsu': did you mean boot.cpus?");
	catalog_free(c);
	fixture_remove(dir);
}

extern const char __executable_start[];

static void __attribute__((noinline)) known_function(void)
{
	__asm__ volatile("nop");
}

/* Any ELF file will do: this program's. */
static void symbols(void)
{
	struct symbols *s = symbols_open("/proc/self/exe");
	guint64 address = (guint64)(gsize)known_function - (guint64)(gsize)__executable_start;
	g_autofree char *text = symbols_describe(s, address, FALSE);
	g_autofree char *none = symbols_describe(s, 1, FALSE);
	g_autofree char *line = g_strdup_printf("#   image+0x%" G_GINT64_MODIFIER "x", address);
	g_autofree char *after = g_strdup_printf("#   image+0x%" G_GINT64_MODIFIER "x", address + 1);
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	known_function();
	if (!strstr(text, "known_function+0x0 (cli/tests/test-catalog.c:"))
		g_error("'%s'", text);
	g_assert_null(none);
	g_ptr_array_add(lines, g_strdup("# stack:"));
	g_ptr_array_add(lines, g_strdup(line));
	g_ptr_array_add(lines, g_strdup(after));
	g_ptr_array_add(lines, g_strdup("no image+0x, image+0xzz, image+0x11112222333344445"));
	symbols_annotate(s, lines);
	g_assert_nonnull(strstr(lines->pdata[1], " known_function+0x0 ("));
	/* A return address stands for the call before it, which may be the end of another function. */
	g_assert_nonnull(strstr(lines->pdata[2], " known_function+0x1 ("));
	g_free(text);
	text = symbols_describe(s, address, TRUE);
	g_assert_true(!text || !strstr(text, "known_function+"));
	g_assert_cmpstr(lines->pdata[3], ==, "no image+0x, image+0xzz, image+0x11112222333344445");
	symbols_close(s);
	g_assert_null(symbols_open("/nonexistent"));
	g_assert_null(symbols_open("/etc/passwd"));
	symbols_annotate(NULL, lines);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/catalog/reads", reads);
	g_test_add_func("/catalog/truncated", truncated);
	g_test_add_func("/catalog/damaged", damaged);
	g_test_add_func("/catalog/wrong_files", wrong_files);
	g_test_add_func("/catalog/select_and_pattern", select_and_pattern);
	g_test_add_func("/catalog/symbols", symbols);
	return g_test_run();
}
