/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "cpio.h"

G_DEFINE_QUARK(case -error, case_error)

#define NOP       0xd503201f
#define DISK_MIB  128 /* FAT32, and room for a kernel and a loader */
#define TIMEOUT_S 120

void guest_case_free(struct guest_case *c)
{
	g_free(c->name);
	g_strfreev(c->machine);
	g_strfreev(c->options);
	g_strfreev(c->talk);
	g_strfreev(c->findings);
	g_strfreev(c->seen);
	g_free(c);
}

static gboolean fail(GError **error, const char *name, const char *format, ...) G_GNUC_PRINTF(3, 4);

static gboolean fail(GError **error, const char *name, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, CASE_ERROR, CASE_ERROR_CONF, "[%s] %s", name, text);
	return FALSE;
}

/* What all cases of a file have in common. */
struct reader {
	GKeyFile *conf;
	const char *here, *build, *work; /* folders: of the file, of what was built, for what is made */
};

/* Files that were made for the case; NULL: not, or not yet. */
struct made {
	char *broken, *initramfs;
};

/* @text with each ${NAME} replaced: a file of [files], or one that was made, or a folder. NULL with @error. */
static char *fill_in(
	const struct reader *r, const char *name, const char *text, const struct made *made, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	const char *p = text, *open, *close;

	while ((open = strstr(p, "${")) && (close = strchr(open, '}'))) {
		g_autofree char *key = g_strndup(open + 2, close - open - 2);
		g_autofree char *file = NULL;

		g_string_append_len(out, p, open - p);
		p = close + 1;
		if (strcmp(key, "here") == 0) {
			g_string_append(out, r->here);
		} else if (strcmp(key, "build") == 0) {
			g_string_append(out, r->build);
		} else if (strcmp(key, "broken") == 0 && made && made->broken) {
			g_string_append(out, made->broken);
		} else if (strcmp(key, "initramfs") == 0 && made && made->initramfs) {
			g_string_append(out, made->initramfs);
		} else if ((file = g_key_file_get_string(r->conf, "files", key, NULL))) {
			g_autofree char *pattern = fill_in(r, name, file, NULL, error);
			glob_t found = {0};

			/* A package's file has its version in its name. */
			if (pattern && glob(pattern, 0, NULL, &found) != 0)
				fail(error, name, "${%s}: there is no %s", key, pattern);
			else if (pattern)
				g_string_append(out, found.gl_pathv[found.gl_pathc - 1]);
			if (!found.gl_pathc)
				return NULL;
			globfree(&found);
		} else {
			fail(error, name, "${%s} is not in [files]", key);
			return NULL;
		}
	}
	g_string_append(out, p);
	return g_strdup(out->str);
}

static char *value(const struct reader *r, const char *name, const char *key)
{
	g_autofree char *text = g_key_file_get_string(r->conf, name, key, NULL);

	return text ? g_steal_pointer(&text) : g_strdup("");
}

static GStrv list(const struct reader *r, const char *name, const char *key)
{
	GStrv all = g_key_file_get_string_list(r->conf, name, key, NULL, NULL);

	return all ? all : g_new0(char *, 1);
}

/* Words quoted as for a shell; none for an empty text. */
static gboolean words(const char *name, const char *text, GStrv *to, GError **error)
{
	g_autoptr(GError) why = NULL;

	if (g_shell_parse_argv(text, NULL, to, &why) ||
		g_error_matches(why, G_SHELL_ERROR, G_SHELL_ERROR_EMPTY_STRING)) {
		if (!*to)
			*to = g_new0(char *, 1);
		return TRUE;
	}
	return fail(error, name, "%s", why->message);
}

static gboolean run(const char *name, GError **error, const char *const *argv)
{
	g_autoptr(GSubprocess) child = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDOUT_SILENCE, error);

	if (!child || !g_subprocess_wait_check(child, NULL, error)) {
		g_prefix_error(error, "[%s] %s: ", name, argv[0]);
		return FALSE;
	}
	return TRUE;
}

/* A FAT file system without partitions, which all of these firmwares read. @files: "PATH FROM" each. */
static gboolean make_disk(const struct reader *r, const char *name, const char *disk, GStrv files,
	const struct made *made, GError **error)
{
	g_autoptr(GHashTable) folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *sectors = g_strdup_printf("%u", DISK_MIB << 11);

	if (!g_file_set_contents(disk, "", 0, error))
		return FALSE;
	if (truncate(disk, (off_t)DISK_MIB << 20) != 0)
		return fail(error, name, "%s: cannot be made", disk);
	if (!run(name, error,
		    (const char *[]){"mformat", "-i", disk, "-F", "-T", sectors, "-h", "64", "-s", "32", "::", NULL}))
		return FALSE;
	for (char **file = files; *file; file++) {
		g_autofree char *text = fill_in(r, name, g_strstrip(*file), made, error);
		g_auto(GStrv) parts = text ? g_strsplit(text, " ", 2) : NULL;
		g_autofree char *path = NULL;

		if (!parts)
			return FALSE;
		if (g_strv_length(parts) != 2)
			return fail(error, name, "disk: '%s' is not PATH FROM", text);
		for (char *slash = strchr(parts[0], '/'); slash; slash = strchr(slash + 1, '/')) {
			g_autofree char *folder = g_strndup(parts[0], slash - parts[0]);
			g_autofree char *on_disk = g_strconcat("::/", folder, NULL);

			if (g_hash_table_add(folders, g_steal_pointer(&folder)) &&
				!run(name, error, (const char *[]){"mmd", "-i", disk, on_disk, NULL}))
				return FALSE;
		}
		path = g_strconcat("::/", parts[0], NULL);
		if (!run(name, error, (const char *[]){"mcopy", "-i", disk, parts[1], path, NULL}))
			return FALSE;
	}
	return TRUE;
}

/* What Linux unpacks as its first root: @files as those of a disk, all executable. */
static gboolean make_initramfs(const struct reader *r, const char *name, const char *to, GStrv files, GError **error)
{
	g_autoptr(GString) archive = g_string_new(NULL);
	g_autoptr(GHashTable) folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (char **file = files; *file; file++) {
		g_autofree char *text = fill_in(r, name, g_strstrip(*file), NULL, error), *content = NULL;
		g_auto(GStrv) parts = text ? g_strsplit(text, " ", 2) : NULL;
		gsize size;

		if (!parts)
			return FALSE;
		if (g_strv_length(parts) != 2)
			return fail(error, name, "initramfs: '%s' is not PATH FROM", text);
		for (char *slash = strchr(parts[0], '/'); slash; slash = strchr(slash + 1, '/')) {
			char *folder = g_strndup(parts[0], slash - parts[0]);

			if (g_hash_table_add(folders, folder)) /* takes it */
				cpio_add(archive, folder, CPIO_FOLDER, NULL, 0);
		}
		if (!g_file_get_contents(parts[1], &content, &size, error))
			return FALSE;
		cpio_add(archive, parts[0], CPIO_PROGRAM, content, size);
	}
	cpio_end(archive);
	return g_file_set_contents(to, archive->str, (gssize)archive->len, error);
}

/*
 * A copy of an image with one instruction taken out. @how is "FILE OPCODE OPCODE ...", with '!' before the one that
 * becomes a NOP: these instructions in a row must be in the file just once, so that another version of the image is
 * noticed, not broken somewhere else.
 */
static gboolean break_image(const struct reader *r, const char *name, const char *how, const char *to, GError **error)
{
	g_autofree char *text = fill_in(r, name, how, NULL, error), *image = NULL;
	g_auto(GStrv) parts = text ? g_strsplit(text, " ", -1) : NULL;
	guint count = parts ? g_strv_length(parts) : 0, marked = 0, found = 0;
	g_autofree guint32 *row = NULL;
	guint32 nop = GUINT32_TO_LE(NOP);
	gsize size, at = 0;

	if (!parts)
		return FALSE;
	if (count < 2)
		return fail(error, name, "nop: '%s' is not FILE OPCODE...", text);
	row = g_new0(guint32, --count);
	for (guint i = 0; i < count; i++) {
		const char *opcode = parts[i + 1];

		if (*opcode == '!') {
			marked = i + 1;
			opcode++;
		}
		row[i] = GUINT32_TO_LE((guint32)g_ascii_strtoull(opcode, NULL, 16));
	}
	if (!marked)
		return fail(error, name, "nop: no instruction is marked with '!'");
	if (!g_file_get_contents(parts[0], &image, &size, error))
		return FALSE;
	for (gsize i = 0; i + 4ul * count <= size; i += 4) {
		if (memcmp(image + i, row, 4ul * count) == 0) {
			found++;
			at = i + 4 * (marked - 1);
		}
	}
	if (found != 1)
		return fail(error, name, "nop: %s has these instructions %u times, not once: another version?",
			parts[0], found);
	memcpy(image + at, &nop, 4);
	return g_file_set_contents(to, image, size, error);
}

static gboolean read_machine(const struct reader *r, struct guest_case *c, const struct made *made, GError **error)
{
	g_autofree char *common = value(r, "common", "machine"), *own = value(r, c->name, "machine");
	gboolean whole = g_str_has_prefix(own, "qemu-system-");
	g_autofree char *both = g_strconcat(whole ? "" : common, " ", own, NULL), *filled = NULL, *disk = NULL,
			*drive = NULL;
	g_autoptr(GStrvBuilder) line = g_strv_builder_new();
	g_auto(GStrv) files = list(r, c->name, "disk"), given = NULL;

	if (!(filled = fill_in(r, c->name, both, made, error)) || !words(c->name, filled, &given, error))
		return FALSE;
	g_strv_builder_addv(line, (const char **)given);
	if (*files) {
		disk = g_strdup_printf("%s/%s.disk", r->work, c->name);
		if (!make_disk(r, c->name, disk, files, made, error))
			return FALSE;
		drive = g_strdup_printf("if=none,id=disk,format=raw,file=%s", disk);
		g_strv_builder_add_many(line, "-drive", drive, "-device", "virtio-blk-pci,drive=disk", NULL);
	}
	c->machine = g_strv_builder_end(line);
	return TRUE;
}

static gboolean read_case(const struct reader *r, struct guest_case *c, GError **error)
{
	static const char *const keys[] = {
		"machine", "disk", "talk", "options", "findings", "seen", "nop", "initramfs", "timeout", "doc", NULL};
	g_autofree char *options = value(r, c->name, "options"), *nop = value(r, c->name, "nop"), *broken = NULL,
			*initramfs = NULL;
	g_auto(GStrv) files = list(r, c->name, "initramfs"), given = g_key_file_get_keys(r->conf, c->name, NULL, NULL);

	for (char **key = given; *key; key++)
		if (!g_strv_contains(keys, *key))
			return fail(error, c->name, "%s: no such key", *key);
	if (*nop) {
		broken = g_strdup_printf("%s/%s.image", r->work, c->name);
		if (!break_image(r, c->name, nop, broken, error))
			return FALSE;
	}
	if (*files) {
		initramfs = g_strdup_printf("%s/%s.cpio", r->work, c->name);
		if (!make_initramfs(r, c->name, initramfs, files, error))
			return FALSE;
	}
	c->talk = list(r, c->name, "talk");
	c->findings = list(r, c->name, "findings");
	c->seen = list(r, c->name, "seen");
	c->timeout_s = g_key_file_get_integer(r->conf, c->name, "timeout", NULL);
	if (!c->timeout_s)
		c->timeout_s = TIMEOUT_S;
	if (!*c->talk)
		return fail(error, c->name, "talk: what is to be seen on its console?");
	return words(c->name, options, &c->options, error) &&
	       read_machine(r, c, &(struct made){broken, initramfs}, error);
}

static gboolean is_wanted(const char *name, char **globs)
{
	for (char **glob = globs; *glob; glob++)
		if (g_pattern_match_simple(*glob, name))
			return TRUE;
	return !*globs;
}

GPtrArray *guest_cases_read(const char *conf, const char *build, const char *work, char **globs, GError **error)
{
	g_autoptr(GPtrArray) cases = g_ptr_array_new_with_free_func((GDestroyNotify)guest_case_free);
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autofree char *here = g_path_get_dirname(conf);
	g_auto(GStrv) names = NULL;
	struct reader reader = {file, here, build, work};

	if (!g_key_file_load_from_file(file, conf, G_KEY_FILE_NONE, error))
		return NULL;
	names = g_key_file_get_groups(file, NULL);
	for (char **name = names; *name; name++) {
		struct guest_case *c;

		if (strcmp(*name, "files") == 0 || strcmp(*name, "common") == 0 || !is_wanted(*name, globs))
			continue;
		c = g_new0(struct guest_case, 1);
		c->name = g_strdup(*name);
		g_ptr_array_add(cases, c);
		if (!read_case(&reader, c, error))
			return NULL;
	}
	return g_steal_pointer(&cases);
}
