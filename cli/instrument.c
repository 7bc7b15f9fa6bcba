/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "instrument.h"
#include "options.h"
#include "text.h"

#define QEMU_MAJOR 10

/* QEMU's options without a value; all others take the next word, whatever it begins with. */
static const char *const lonely[] = {"h", "help", "version", "mem-prealloc", "snapshot", "usb", "nographic",
	"full-screen", "preconfig", "S", "s", "enable-kvm", "xen-attach", "xen-domid-restrict", "no-reboot",
	"no-shutdown", "daemonize", "only-migratable", "nodefaults", "semihosting", "old-param", "no-user-config",
	"enable-sync-profile", "perfmap", "jitdump", "no-acpi", "no-hpet", "no-quit", "singlestep", "curses",
	"nouserconfig", "no-fd-bootchk", "async-teardown", NULL};

static gboolean refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean refuse(GError **error, const char *format, ...)
{
	g_autofree char *text = NULL, *safe = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	safe = text_neutral(text, strlen(text));
	g_set_error_literal(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE, safe);
	return FALSE;
}

/* --- QEMU's option lists: "a,b=c,d=e,,f" --- */

/* The end of the element that begins at @p: two commas stand for one. */
static const char *element_end(const char *p)
{
	for (; *p; p++) {
		if (*p != ',')
			continue;
		if (p[1] != ',')
			break;
		p++;
	}
	return p;
}

static char *single_commas(const char *text, gsize len)
{
	g_autofree char *copy = g_strndup(text, len);
	g_auto(GStrv) parts = g_strsplit(copy, ",,", -1);

	return g_strjoinv(",", parts);
}

static char *double_commas(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);

	return g_strjoinv(",,", parts);
}

/* The last value of @key in @list, to be freed, or NULL. @first is the key of a first element that has none. */
static char *value_of(const char *list, const char *key, const char *first)
{
	gsize len = strlen(key);
	char *value = NULL;

	for (const char *p = list, *end; *p; p = *end ? end + 1 : end) {
		const char *equals;

		end = element_end(p);
		equals = memchr(p, '=', end - p);
		if (!equals && p == list && first && strcmp(first, key) == 0) {
			value = single_commas(p, end - p);
		} else if (equals && (gsize)(equals - p) == len && strncmp(p, key, len) == 0) {
			g_free(value);
			value = single_commas(equals + 1, end - equals - 1);
		}
	}
	return value;
}

/* The same of a JSON object, which QEMU takes as well for -object, -machine is always a list. */
static char *value_in(const char *text, const char *key, const char *first)
{
	g_autoptr(JsonNode) node = *text == '{' ? json_from_string(text, NULL) : NULL;
	JsonNode *member;
	GValue value = G_VALUE_INIT, as_text = G_VALUE_INIT;
	char *copy;

	if (!node || !JSON_NODE_HOLDS_OBJECT(node))
		return value_of(text, key, first);
	member = json_object_get_member(json_node_get_object(node), key);
	if (!member || !JSON_NODE_HOLDS_VALUE(member))
		return NULL;
	json_node_get_value(member, &value);
	g_value_init(&as_text, G_TYPE_STRING);
	g_value_transform(&value, &as_text);
	copy = g_strdup(G_VALUE_HOLDS_BOOLEAN(&value) ? (g_value_get_boolean(&value) ? "on" : "off")
						      : g_value_get_string(&as_text));
	g_value_unset(&value);
	g_value_unset(&as_text);
	return copy;
}

/* @list without the elements called @key. */
static char *without(const char *list, const char *key)
{
	GString *out = g_string_new(NULL);
	gsize len = strlen(key);

	for (const char *p = list, *end; *p; p = *end ? end + 1 : end) {
		end = element_end(p);
		if (strncmp(p, key, len) == 0 && p[len] == '=')
			continue;
		g_string_append_printf(out, "%s%.*s", out->len ? "," : "", (int)(end - p), p);
	}
	return g_string_free(out, FALSE);
}

static gboolean is_on(const char *value)
{
	return value && (strcmp(value, "on") == 0 || strcmp(value, "true") == 0 || strcmp(value, "yes") == 0);
}

/* --- the command line as it is --- */

struct line {
	GPtrArray *argv; /* what becomes of it: char * */
	gboolean has_accel;
	char *machine;      /* type, or NULL */
	char *backend;      /* -machine memory-backend=, or NULL */
	char *size;         /* of RAM as -m has it, or NULL */
	GPtrArray *objects; /* const char *: the values of -object */
	gboolean may_exit;
};

static gboolean take_accel(struct line *l, const char *value, GError **error)
{
	g_autofree char *name = value_of(value, "accel", "accel"), *thread = value_of(value, "thread", NULL);

	if (!name || strcmp(name, "tcg") != 0)
		return refuse(
			error, "-accel %s: the sanitizer sees the machine's accesses with TCG only: -accel tcg", value);
	if (thread && strcmp(thread, "single") != 0)
		return refuse(error, "-accel %s: the sanitizer must see accesses in their order: thread=single", value);
	if (l->has_accel)
		return TRUE;
	l->has_accel = TRUE;
	g_ptr_array_add(l->argv, g_strdup("-accel"));
	g_ptr_array_add(l->argv, thread ? g_strdup(value) : g_strconcat(value, ",thread=single", NULL));
	return TRUE;
}

static gboolean take_machine(struct line *l, const char *value, GError **error)
{
	char *type = value_in(value, "type", "type");
	g_autofree char *accel = value_in(value, "accel", NULL);
	char *backend = value_in(value, "memory-backend", NULL);

	if (accel && strcmp(accel, "tcg") != 0) {
		g_free(type);
		g_free(backend);
		return refuse(
			error, "-machine accel=%s: the sanitizer sees the machine's accesses with TCG only", accel);
	}
	if (type) {
		g_free(l->machine);
		l->machine = type;
	}
	if (backend) {
		g_free(l->backend);
		l->backend = backend;
	}
	g_ptr_array_add(l->argv, g_strdup("-machine"));
	/* QEMU refuses the accelerator in both places, and thread=single has its place in -accel. */
	g_ptr_array_add(l->argv, accel && *value != '{' ? without(value, "accel") : g_strdup(value));
	return TRUE;
}

static gboolean take_option(struct line *l, const char *name, const char *value, GError **error)
{
	static const struct {
		const char *name, *why;
	} refused[] = {
		{"enable-kvm", "the sanitizer sees the machine's accesses with TCG only"},
		{"mem-path", "the plugin looks for RAM in a memfd"},
		{"numa", "RAM in several nodes is more than the plugin can follow"},
		{"daemonize", "the machine has to stay a child of limpid, which waits for its end"},
		{"xen-attach", "the sanitizer sees the machine's accesses with TCG only"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(refused); i++)
		if (strcmp(name, refused[i].name) == 0)
			return refuse(error, "-%s: %s", name, refused[i].why);
	if (strcmp(name, "accel") == 0)
		return take_accel(l, value, error);
	if (strcmp(name, "machine") == 0 || strcmp(name, "M") == 0)
		return take_machine(l, value, error);
	if (strcmp(name, "m") == 0) {
		g_free(l->size);
		l->size = value_of(value, "size", "size");
	} else if (strcmp(name, "object") == 0) {
		g_ptr_array_add(l->objects, (char *)value);
	} else if (g_str_has_prefix(name, "semihosting")) {
		l->may_exit = TRUE;
	}
	g_ptr_array_add(l->argv, g_strconcat("-", name, NULL));
	if (value)
		g_ptr_array_add(l->argv, g_strdup(value));
	return TRUE;
}

static gboolean read_line(struct line *l, const char *const *argv, GError **error)
{
	g_autofree char *base = g_path_get_basename(argv[0]);

	if (g_str_has_prefix(base, "qemu-") && !g_str_has_prefix(base, "qemu-system-aarch64"))
		return refuse(error, "%s: the sanitizer knows the machines of qemu-system-aarch64", argv[0]);
	g_ptr_array_add(l->argv, g_strdup(*argv++));
	while (*argv) {
		const char *word = *argv++, *name = word + (word[0] == '-') + (word[0] == '-' && word[1] == '-');

		if (name == word || !*name) {
			g_ptr_array_add(l->argv, g_strdup(word));
			continue;
		}
		if (g_strv_contains(lonely, name)) {
			if (!take_option(l, name, NULL, error))
				return FALSE;
			continue;
		}
		if (!*argv)
			return refuse(error, "%s: QEMU wants a value after it", word);
		if (!take_option(l, name, *argv++, error))
			return FALSE;
	}
	return TRUE;
}

static void line_clear(struct line *l)
{
	g_ptr_array_unref(l->argv);
	g_ptr_array_unref(l->objects);
	g_free(l->machine);
	g_free(l->backend);
	g_free(l->size);
}

/* --- what is missing --- */

static void add(struct line *l, const char *name, char *value)
{
	g_ptr_array_add(l->argv, g_strdup(name));
	g_ptr_array_add(l->argv, value);
}

/* What we know of machines: RAM when there is no -m, and where it begins. */
static const struct machine_ram {
	const char *name; /* a glob */
	const char *size; /* NULL: it depends */
	guint64 base;
} machine_rams[] = {
	{"virt*", "128M", 0x40000000},
	{"sbsa-ref", "1G", 0x10000000000},
	{"raspi4b", "2G", 0},
	{"raspi3b", "1G", 0},
	{"raspi3ap", "512M", 0},
	{NULL, NULL, 0},
};

static const struct machine_ram *ram_of(const char *machine)
{
	for (const struct machine_ram *m = machine_rams; m->name; m++)
		if (machine && g_pattern_match_simple(m->name, machine))
			return m;
	return NULL;
}

static gboolean has_id(const struct line *l, const char *id)
{
	for (guint i = 0; i < l->objects->len; i++) {
		g_autofree char *other = value_in(l->objects->pdata[i], "id", NULL);

		if (g_strcmp0(other, id) == 0)
			return TRUE;
	}
	return FALSE;
}

/* The user has RAM of his own: will the plugin find it? */
static gboolean check_backend(const struct line *l, GError **error)
{
	for (guint i = 0; i < l->objects->len; i++) {
		const char *object = l->objects->pdata[i];
		g_autofree char *id = value_in(object, "id", NULL), *type = value_in(object, "qom-type", "qom-type");
		g_autofree char *share = value_in(object, "share", NULL);

		if (g_strcmp0(id, l->backend) != 0)
			continue;
		if (g_strcmp0(type, "memory-backend-memfd") != 0)
			return refuse(error,
				"memory-backend=%s is a %s: the plugin looks for RAM in a memory-backend-memfd",
				l->backend, type ? type : "thing without a type");
		/* It is shared unless the user says otherwise. */
		if (share && !is_on(share))
			return refuse(error, "memory-backend=%s: the plugin needs share=on there", l->backend);
		return TRUE;
	}
	return refuse(error, "memory-backend=%s: there is no -object with this id", l->backend);
}

/* Sizes are in MiB unless a letter follows, for -m; in bytes for -object. */
static char *with_unit(const char *size)
{
	return *size && g_ascii_isdigit(size[strlen(size) - 1]) ? g_strconcat(size, "M", NULL) : g_strdup(size);
}

static gboolean add_ram(struct line *l, GError **error)
{
	const struct machine_ram *ram = ram_of(l->machine);
	const char *id = has_id(l, "ram") ? "limpid-ram" : "ram", *given = l->size ? l->size : ram ? ram->size : NULL;
	g_autofree char *size = NULL;

	if (l->backend)
		return check_backend(l, error);
	if (!l->machine)
		return refuse(error, "which machine? There is no -machine, as in -machine virt");
	if (!given)
		return refuse(error, "-machine %s: say how much RAM it has, with -m SIZE", l->machine);
	size = with_unit(given);
	add(l, "-object", g_strdup_printf("memory-backend-memfd,id=%s,share=on,size=%s", id, size));
	add(l, "-machine", g_strdup_printf("memory-backend=%s", id));
	return TRUE;
}

static char *plugin_value(const struct plugin *p)
{
	g_autofree char *path = double_commas(p->path), *findings = double_commas(p->findings);
	GString *out = g_string_new(NULL);

	g_string_append_printf(out, "%s,findings=%s", path, findings);
	if (p->record) {
		g_autofree char *record = double_commas(p->record);

		g_string_append_printf(out, ",record=%s", record);
	}
	for (guint i = 0; p->options && i < p->options->len; i++)
		g_string_append_printf(out, ",%s", (char *)p->options->pdata[i]);
	return g_string_free(out, FALSE);
}

gboolean instrument(const char *const *argv, const struct plugin *plugin, struct instrumented *out, GError **error)
{
	struct line l = {.argv = g_ptr_array_new_with_free_func(g_free), .objects = g_ptr_array_new()};
	gboolean ok = read_line(&l, argv, error) && add_ram(&l, error);
	const struct machine_ram *ram = ram_of(l.machine);

	if (ok) {
		if (!l.has_accel)
			add(&l, "-accel", g_strdup("tcg,thread=single"));
		add(&l, "-plugin", plugin_value(plugin));
		g_ptr_array_add(l.argv, NULL);
		*out = (struct instrumented){
			.argv = g_steal_pointer(&l.argv),
			.ram_base = ram ? ram->base : 0,
			.ram_known = ram != NULL,
			.may_exit = l.may_exit,
		};
		l.argv = g_ptr_array_new();
	}
	line_clear(&l);
	return ok;
}

void instrumented_clear(struct instrumented *i)
{
	g_clear_pointer(&i->argv, g_ptr_array_unref);
}

/* --- the version --- */

gboolean instrument_read_version(const char *text, guint *major, guint *minor)
{
	static const char mark[] = "QEMU emulator version ";
	const char *p = strstr(text, mark);
	char *end;
	guint64 first, second;

	if (!p || !g_ascii_isdigit(p[strlen(mark)]))
		return FALSE;
	first = g_ascii_strtoull(p + strlen(mark), &end, 10);
	if (*end != '.' || !g_ascii_isdigit(end[1]))
		return FALSE;
	second = g_ascii_strtoull(end + 1, NULL, 10);
	*major = MIN(first, 9999);
	*minor = MIN(second, 9999);
	return TRUE;
}

gboolean instrument_check_version(const char *qemu, GError **error)
{
	static GHashTable *good;
	const char *argv[] = {qemu, "--version", NULL};
	g_autoptr(GError) why = NULL;
	g_autoptr(GSubprocess) process = NULL;
	g_autofree char *text = NULL;
	guint major, minor;

	if (!good)
		good = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (g_hash_table_contains(good, qemu))
		return TRUE;
	process = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, &why);
	if (process && !g_subprocess_communicate_utf8(process, NULL, NULL, &text, NULL, &why))
		text = NULL;
	if (g_error_matches(why, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT)) {
		g_set_error(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE,
			"no %s: install QEMU %u or newer (tools/bootstrap does)", qemu, QEMU_MAJOR);
		return FALSE;
	}
	if (!text || !instrument_read_version(text, &major, &minor)) {
		g_set_error(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE,
			"%s: it is no QEMU: '--version' does not say so%s%s", qemu, why ? ": " : "",
			why ? why->message : "");
		return FALSE;
	}
	if (major < QEMU_MAJOR) {
		g_set_error(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE,
			"%s is QEMU %u.%u: its plugins cannot read registers; the sanitizer needs QEMU %u.0 or newer "
			"(Debian bookworm-backports and trixie have it)",
			qemu, major, minor, QEMU_MAJOR);
		return FALSE;
	}
	g_hash_table_add(good, g_strdup(qemu));
	return TRUE;
}
