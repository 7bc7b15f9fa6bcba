/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "findings.h"
#include "symbolize.h"
#include "text.h"

struct findings {
	struct suppressions *suppressions;
	GPtrArray *all;          /* struct known */
	GHashTable *by_identity; /* of them */
	GPtrArray *roots[2];     /* struct root: of those that count, of those expected */
	GHashTable *by_name[2];  /* of them */
};

static void place_clear(struct place *place)
{
	if (place->frames)
		g_ptr_array_unref((GPtrArray *)place->frames);
	if (place->stack)
		g_ptr_array_unref(place->stack);
}

static void known_free(gpointer data)
{
	struct known *k = data;

	finding_free(k->finding);
	place_clear(&k->access);
	place_clear(&k->writer);
	place_clear(&k->before);
	g_free(k->object);
	g_free(k->writer_object);
	g_free(k->root);
	g_free(k->fingerprint);
	g_free(k->identity);
	g_ptr_array_unref(k->tests);
	g_free(k);
}

static void root_free(gpointer data)
{
	struct root *root = data;

	g_free(root->name);
	g_ptr_array_unref(root->members);
	g_free(root);
}

struct findings *findings_new(struct suppressions *suppressions)
{
	struct findings *f = g_new0(struct findings, 1);

	f->suppressions = suppressions;
	f->all = g_ptr_array_new_with_free_func(known_free);
	f->by_identity = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < 2; i++) {
		f->roots[i] = g_ptr_array_new_with_free_func(root_free);
		f->by_name[i] = g_hash_table_new(g_str_hash, g_str_equal);
	}
	return f;
}

void findings_free(struct findings *f)
{
	if (!f)
		return;
	for (guint i = 0; i < 2; i++) {
		g_hash_table_unref(f->by_name[i]);
		g_ptr_array_unref(f->roots[i]);
	}
	g_hash_table_unref(f->by_identity);
	g_ptr_array_unref(f->all);
	g_free(f);
}

/* --- places --- */

static char *describe(const GPtrArray *frames, guint64 address)
{
	return frames ? frames_describe(frames) : g_strdup_printf("0x%" G_GINT64_MODIFIER "x", address);
}

char *place_describe(const struct place *place, guint64 pc)
{
	return describe(place->frames, pc);
}

const struct frame *place_frame(const struct place *place)
{
	return place->frames ? place->frames->pdata[0] : NULL;
}

static void add_caller(struct place *place, struct loaded *loaded, guint64 address)
{
	g_ptr_array_add(place->stack, describe(loaded_frames(loaded, address, TRUE), address));
}

/* After a call a function has an address of its own in the link register: that is nobody who called it. */
static gboolean is_own(struct loaded *loaded, const GPtrArray *frames, guint64 link)
{
	const GPtrArray *at = loaded_frames(loaded, link, TRUE);

	return frames && at &&
	       strcmp(((struct frame *)frames->pdata[frames->len - 1])->function,
		       ((struct frame *)at->pdata[at->len - 1])->function) == 0;
}

static void resolve(struct place *place, const struct actor *actor, const GArray *stack, struct loaded *loaded)
{
	const GPtrArray *frames = actor->known ? loaded_frames(loaded, actor->pc, FALSE) : NULL;
	guint64 last = 0;

	place->frames = frames ? g_ptr_array_ref((GPtrArray *)frames) : NULL;
	place->stack = g_ptr_array_new_with_free_func(g_free);
	if (!actor->known)
		return;
	/* The first is the link register, which is that of a frame as well until its function calls another one. */
	for (guint i = 0; i < (stack && stack->len ? stack->len : 1); i++) {
		guint64 address = stack && stack->len ? g_array_index(stack, guint64, i) : actor->link;

		if (address && address != last && !(i == 0 && is_own(loaded, frames, address)))
			add_caller(place, loaded, address);
		last = address;
	}
}

static char *object_at(struct loaded *loaded, guint64 va)
{
	guint64 offset;
	g_autofree char *name = va ? loaded_object(loaded, va, &offset) : NULL;

	if (!name)
		return NULL;
	return offset ? g_strdup_printf("%s+0x%" G_GINT64_MODIFIER "x", name, offset) : g_steal_pointer(&name);
}

/*
 * What stays the same in another build: the innermost function, which is the same whether it is inlined or not, and its
 * file; without symbols the offset in the page, since images move by whole pages.
 */
static char *stable(const struct place *place, const struct actor *actor)
{
	const struct frame *frame = place_frame(place);

	if (!actor->known)
		return g_strdup("-");
	if (!frame)
		return g_strdup_printf("+%03" G_GINT64_MODIFIER "x", actor->pc & 0xfff);
	return g_strdup_printf("%s@%s", frame->function, frame->file ?: "");
}

/* What stays the same when the same build runs again, perhaps elsewhere. */
static char *exact(const struct place *place, const struct actor *actor)
{
	return actor->known ? place_describe(place, actor->pc) : g_strdup("-");
}

static char *fingerprint(const struct known *k)
{
	const struct finding *f = k->finding;
	g_autofree char *access = stable(&k->access, &f->access), *writer = stable(&k->writer, &f->writer);
	g_autofree char *text = g_strjoin("\n", f->kind, access, writer, f->reg ?: "", NULL);
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);

	return g_strndup(hash, 16);
}

/* Whatever differs in it is counted by itself: also what is expected or suppressed here and not there. */
static char *identity(const struct known *k)
{
	const struct finding *f = k->finding;
	g_autofree char *access_at = exact(&k->access, &f->access), *writer_at = exact(&k->writer, &f->writer);

	return g_strdup_printf("%s %s %s %s %s %d %d", f->kind, level_name(f->level), access_at, writer_at,
		f->reg ?: "", k->expected, k->suppressed != NULL);
}

/* "cpu0.off@0x40081234" with the address in words. */
static char *name_root(const struct known *k, struct loaded *loaded)
{
	const char *root = k->finding->root, *at = root ? strrchr(root, '@') : NULL;
	guint64 address;
	g_autofree char *what = NULL, *where = NULL;

	if (!root || !*root)
		return g_strdup_printf("%s, fingerprint %s", k->finding->kind, k->fingerprint);
	if (!at || !g_str_has_prefix(at, "@0x") ||
		!g_ascii_string_to_unsigned(at + 3, 16, 0, G_MAXUINT64, &address, NULL))
		return g_strdup(root);
	what = g_strndup(root, at - root);
	where = describe(loaded_frames(loaded, address, FALSE), address);
	return g_strdup_printf("%s at %s", what, where);
}

/* --- the collection --- */

static void add_test(struct known *k, const char *test)
{
	if (test && !g_ptr_array_find_with_equal_func(k->tests, test, g_str_equal, NULL))
		g_ptr_array_add(k->tests, g_strdup(test));
}

static void add_to_root(struct findings *f, struct known *k)
{
	struct root *root = g_hash_table_lookup(f->by_name[k->expected], k->root);

	if (!root) {
		root = g_new0(struct root, 1);
		*root = (struct root){g_strdup(k->root), g_ptr_array_new()};
		g_ptr_array_add(f->roots[k->expected], root);
		g_hash_table_insert(f->by_name[k->expected], root->name, root);
	}
	g_ptr_array_add(root->members, k);
}

static void count(struct tally *tally, const struct known *k)
{
	if (k->suppressed)
		tally->suppressed++;
	else if (k->expected)
		tally->expected++;
	else if (k->finding->level == LEVEL_ERROR)
		tally->errors++;
	else if (k->finding->level == LEVEL_WARNING)
		tally->warnings++;
	else
		tally->notes++;
}

static gboolean same_file(const char *a, const char *b)
{
	g_autofree char *base_a = g_path_get_basename(a), *base_b = g_path_get_basename(b);

	return strcmp(base_a, base_b) == 0;
}

/* Where the access is; of code that no symbol covers, which a test has made, where it was called. */
static const struct frame *marked_frame(const struct known *k, struct loaded *loaded)
{
	const GPtrArray *frames;

	if (k->access.frames || !k->finding->access.link)
		return place_frame(&k->access);
	frames = loaded_frames(loaded, k->finding->access.link, TRUE);
	return frames && frames->len ? frames->pdata[0] : NULL;
}

/* A note is no more than a remark: no test is there for it. */
static gboolean is_expected(const struct known *k, struct loaded *loaded, const struct expectation *expected)
{
	const struct frame *frame = marked_frame(k, loaded);

	if (!expected || !expected->kind || k->finding->level == LEVEL_NOTE)
		return FALSE;
	if (*expected->kind && strcmp(expected->kind, k->finding->kind) != 0)
		return FALSE;
	if (!expected->function)
		return TRUE;
	/* Files by their last component: the one name is the compiler's, the other that of the debug information. */
	return frame && frame->line == (int)expected->line && strcmp(frame->function, expected->function) == 0 &&
	       frame->file && same_file(frame->file, expected->file);
}

static struct known *make_known(
	struct findings *f, struct finding *finding, struct loaded *loaded, const struct expectation *expected)
{
	struct known *k = g_new0(struct known, 1);

	k->finding = finding;
	k->tests = g_ptr_array_new_with_free_func(g_free);
	resolve(&k->access, &finding->access, finding->stack, loaded);
	resolve(&k->writer, &finding->writer, NULL, loaded);
	resolve(&k->before, &finding->before, NULL, loaded);
	k->object = finding->how ? object_at(loaded, finding->access.va) : NULL;
	k->writer_object = object_at(loaded, finding->writer.va);
	k->expected = is_expected(k, loaded, expected);
	k->fingerprint = fingerprint(k);
	k->root = name_root(k, loaded);
	k->suppressed = suppressions_match(f->suppressions,
		&(struct suppressible){finding->kind, k->access.frames, k->writer.frames, k->root, k->fingerprint});
	k->identity = identity(k);
	return k;
}

struct tally findings_take(struct findings *f, struct evidence *evidence, struct loaded *loaded, const char *test,
	const struct expectation *expected, GPtrArray *seen)
{
	struct tally tally = {0};

	for (guint i = 0; i < evidence->findings->len; i++) {
		struct known *k = make_known(f, g_steal_pointer(&evidence->findings->pdata[i]), loaded, expected), *old;

		count(&tally, k);
		if (seen && !k->suppressed && k->finding->level != LEVEL_NOTE) {
			g_autofree char *where = place_describe(&k->access, k->finding->access.pc);

			g_ptr_array_add(seen, g_strdup_printf("%s at %s", k->finding->kind, where));
		}
		old = g_hash_table_lookup(f->by_identity, k->identity);
		if (old) {
			old->finding->count += k->finding->count;
			add_test(old, test);
			known_free(k);
			continue;
		}
		add_test(k, test);
		g_ptr_array_add(f->all, k);
		g_hash_table_insert(f->by_identity, k->identity, k);
		if (!k->suppressed)
			add_to_root(f, k);
	}
	g_ptr_array_set_size(evidence->findings, 0);
	return tally;
}

struct tally findings_tally(const struct findings *f)
{
	struct tally tally = {0};

	for (guint i = 0; i < f->all->len; i++)
		count(&tally, f->all->pdata[i]);
	return tally;
}

const GPtrArray *findings_roots(const struct findings *f, gboolean expected)
{
	return f->roots[expected != FALSE];
}

const GPtrArray *findings_all(const struct findings *f)
{
	return f->all;
}

static const char *plural(guint n)
{
	return n == 1 ? "" : "s";
}

char *findings_summary(const struct findings *f)
{
	struct tally t = findings_tally(f);
	GString *line = g_string_new(NULL);
	guint all = t.errors + t.warnings;

	g_string_append_printf(line, "%u finding%s (%u error%s, %u warning%s)", all, plural(all), t.errors,
		plural(t.errors), t.warnings, plural(t.warnings));
	if (t.notes)
		g_string_append_printf(line, ", %u note%s", t.notes, plural(t.notes));
	if (t.expected)
		g_string_append_printf(line, ", %u expected", t.expected);
	if (t.suppressed)
		g_string_append_printf(line, ", %u suppressed", t.suppressed);
	return g_string_free(line, FALSE);
}
