/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limpid build: an image of somebody's own tests, compiled and linked against the installed runtime. What the runtime
 * wants of the compiler and the linker stands beside it, an argument a line, so that the two cannot disagree:
 *
 *     SDK/include/  SDK/cflags  SDK/ldflags  SDK/limpid.lds  SDK/liblimpid.a
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "catalog.h"
#include "paths.h"
#include "process.h"
#include "terminal.h"
#include "text.h"
#include "verb.h"

const struct option build_options[] = {
	{"output", 'o', OPTION_TEXT, "FILE", 0, NULL, NULL, 0, 0,
		"the flat image to write; its ELF file goes beside it"},
	{"cc", 0, OPTION_TEXT, "COMPILER", 0, "aarch64-linux-gnu-gcc", "LIMPID_CC", 0, 0, "GCC for AArch64, or clang"},
	{"objcopy", 0, OPTION_TEXT, "PROGRAM", 0, NULL, "LIMPID_OBJCOPY", 0, 0,
		"default: aarch64-linux-gnu-objcopy, or llvm-objcopy for clang"},
	{"cflag", 0, OPTION_TEXT, "ARG", OPTION_REPEAT, NULL, NULL, 0, 0,
		"one more argument for the compiler, such as -DX or -I DIR\njoined; may be given several times"},
	{"sdk", 0, OPTION_TEXT, "DIR", 0, NULL, "LIMPID_SDK", 0, 0,
		"the runtime to link with; default: that of this limpid"},
	{"verbose", 'v', OPTION_FLAG, NULL, 0, "false", NULL, 0, 0, "print the commands"},
	COMMON_OPTIONS,
};

struct build {
	const struct settings *settings;
	const char *cc, *objcopy, *sdk;
	char *dir; /* temporary */
	gboolean clang, verbose;
	GPtrArray *cflags, *ldflags, *objects;
};

static enum status fail(enum status status, const char *what, const char *why)
{
	terminal_complain("%s: %s", what, why);
	return status;
}

/* The lines of a file of the SDK that are not empty and no comments. */
static gboolean read_flags(const struct build *b, const char *file, GPtrArray *flags)
{
	/* What only one of the compilers understands may stand in a file of its own. */
	g_autofree char *name = g_strconcat(file, b->clang ? ".clang" : "", NULL);
	g_autofree char *special = g_build_filename(b->sdk, name, NULL), *common = g_build_filename(b->sdk, file, NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(special, &text, NULL, NULL) && !g_file_get_contents(common, &text, NULL, NULL)) {
		terminal_complain(
			"%s: there is no runtime to build with: run `make`, or `make install`, or name one with "
			"--sdk DIR",
			common);
		return FALSE;
	}
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++)
		if (*g_strstrip(*line) && **line != '#')
			g_ptr_array_add(flags, g_strdup(*line));
	return TRUE;
}

static enum status run(const struct build *b, GPtrArray *argv)
{
	g_autofree char *why = NULL, *line = NULL;
	gboolean missing, ok;

	g_ptr_array_add(argv, NULL);
	line = text_command_line((const char *const *)argv->pdata);
	if (b->verbose)
		terminal_print(stderr, "%s\n", line);
	ok = tool_run((const char *const *)argv->pdata, &why, &missing);
	interrupt_poll();
	if (interrupt_happened())
		return STATUS_INTERRUPTED;
	if (ok)
		return STATUS_PASSED;
	if (missing)
		return fail(STATUS_INFRASTRUCTURE, argv->pdata[0],
			"not found: install gcc-aarch64-linux-gnu, or name a compiler with --cc");
	/* The compiler's messages name the file themselves. */
	terminal_print(stderr, "%s\n", why);
	return fail(STATUS_BUILD, argv->pdata[0], "the build failed; with -v the commands are shown");
}

static void add_all(GPtrArray *argv, const GPtrArray *words)
{
	for (guint i = 0; i < words->len; i++)
		g_ptr_array_add(argv, g_strdup(words->pdata[i]));
}

static GPtrArray *command(const struct build *b)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(argv, g_strdup(b->cc));
	if (b->clang)
		g_ptr_array_add(argv, g_strdup("--target=aarch64-linux-gnu"));
	return argv;
}

static enum status compile(struct build *b, const char *source)
{
	g_autoptr(GPtrArray) argv = command(b);
	const GPtrArray *user = settings_values(b->settings, "cflag");
	char *object = g_strdup_printf("%s/%u.o", b->dir, b->objects->len);

	g_ptr_array_add(b->objects, object);
	if (access(source, R_OK) != 0)
		return fail(STATUS_USAGE, source, g_strerror(errno));
	add_all(argv, b->cflags);
	g_ptr_array_add(argv, g_strdup_printf("-I%s/include", b->sdk));
	for (guint i = 0; i < user->len; i++)
		g_ptr_array_add(argv, g_strdup(((struct value *)user->pdata[i])->text));
	g_ptr_array_add(argv, g_strdup("-c"));
	g_ptr_array_add(argv, g_strdup("-o"));
	g_ptr_array_add(argv, g_strdup(object));
	g_ptr_array_add(argv, g_strdup(source));
	return run(b, argv);
}

static enum status link_elf(struct build *b, const char *elf)
{
	g_autoptr(GPtrArray) argv = command(b);

	if (b->clang)
		g_ptr_array_add(argv, g_strdup("-fuse-ld=lld"));
	add_all(argv, b->ldflags);
	g_ptr_array_add(argv, g_strdup("-T"));
	g_ptr_array_add(argv, g_build_filename(b->sdk, "limpid.lds", NULL));
	g_ptr_array_add(argv, g_strdup("-o"));
	g_ptr_array_add(argv, g_strdup(elf));
	add_all(argv, b->objects);
	g_ptr_array_add(argv, g_strdup("-Wl,--whole-archive"));
	g_ptr_array_add(argv, g_build_filename(b->sdk, "liblimpid.a", NULL));
	g_ptr_array_add(argv, g_strdup("-Wl,--no-whole-archive"));
	return run(b, argv);
}

static enum status flatten(struct build *b, const char *elf, const char *img)
{
	const char *words[] = {b->objcopy, "-O", "binary", elf, img};
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		g_ptr_array_add(argv, g_strdup(words[i]));
	return run(b, argv);
}

/* An image in which limpid finds no tests is none. */
static enum status check_tests(const char *elf)
{
	g_autoptr(GError) error = NULL;
	struct catalog *catalog = catalog_read(elf, &error);

	if (!catalog)
		return fail(STATUS_BUILD, "the image cannot be used", error->message);
	catalog_free(catalog);
	return STATUS_PASSED;
}

/* Both files appear under their names when they are complete. */
static enum status publish(const char *from, const char *to)
{
	g_autofree char *bytes = NULL;
	gsize len;
	g_autoptr(GError) error = NULL;

	if (!g_file_get_contents(from, &bytes, &len, &error) ||
		!g_file_set_contents_full(to, bytes, len, G_FILE_SET_CONTENTS_CONSISTENT, 0644, &error))
		return fail(STATUS_USAGE, to, error->message);
	return STATUS_PASSED;
}

static void remove_dir(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		g_unlink(file);
	}
	g_rmdir(path);
}

static enum status build(struct build *b, const GPtrArray *sources, const char *output)
{
	g_autofree char *elf = g_build_filename(b->dir, "image.elf", NULL),
			*img = g_build_filename(b->dir, "image.img", NULL);
	g_autofree char *stem =
		g_str_has_suffix(output, ".img") ? g_strndup(output, strlen(output) - 4) : g_strdup(output);
	g_autofree char *output_elf = g_strconcat(stem, ".elf", NULL);
	enum status status = STATUS_PASSED;

	if (!read_flags(b, "cflags", b->cflags) || !read_flags(b, "ldflags", b->ldflags))
		return STATUS_USAGE;
	for (guint i = 0; status == STATUS_PASSED && i < sources->len; i++)
		status = compile(b, sources->pdata[i]);
	if (status == STATUS_PASSED)
		status = link_elf(b, elf);
	if (status == STATUS_PASSED)
		status = flatten(b, elf, img);
	if (status == STATUS_PASSED)
		status = check_tests(elf);
	if (status == STATUS_PASSED)
		status = publish(elf, output_elf);
	if (status == STATUS_PASSED)
		status = publish(img, output);
	return status;
}

enum status verb_build(const struct invocation *call)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *fallback = paths_sdk(), *name = NULL;
	const char *sdk = settings_text(call->settings, "sdk"), *objcopy = settings_text(call->settings, "objcopy");
	const char *output = settings_text(call->settings, "output");
	struct build b = {
		.settings = call->settings,
		.cc = settings_text(call->settings, "cc"),
		.sdk = sdk ? sdk : fallback,
		.verbose = settings_flag(call->settings, "verbose"),
	};
	enum status status;

	if (!output)
		return usage("build", "where to? Name the image with -o FILE");
	if (!call->operands->len)
		return usage("build", "which tests? Name their C files");
	if (g_str_has_suffix(output, ".elf"))
		return usage("build", "-o names the flat image, as in -o my.img; the ELF file is written beside it");
	name = g_path_get_basename(b.cc);
	b.clang = g_str_has_prefix(name, "clang");
	b.objcopy = objcopy ? objcopy : b.clang ? "llvm-objcopy" : "aarch64-linux-gnu-objcopy";
	b.dir = g_dir_make_tmp("limpid-build-XXXXXX", &error);
	if (!b.dir)
		return fail(STATUS_USAGE, "cannot make a temporary directory", error->message);
	interrupt_catch(NULL, NULL);
	b.cflags = g_ptr_array_new_with_free_func(g_free);
	b.ldflags = g_ptr_array_new_with_free_func(g_free);
	b.objects = g_ptr_array_new_with_free_func(g_free);
	status = build(&b, call->operands, output);
	remove_dir(b.dir);
	g_ptr_array_unref(b.cflags);
	g_ptr_array_unref(b.ldflags);
	g_ptr_array_unref(b.objects);
	g_free(b.dir);
	return status;
}
