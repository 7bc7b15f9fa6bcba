/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <gelf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loaded.h"
#include "terminal.h"
#include "text.h"

#define SAMPLES      32   /* pieces of a file's code that are compared */
#define SAMPLE_BYTES 64   /* of each */
#define SEEDS        4    /* of them that RAM is searched for */
#define PLACES_MAX   16   /* of a file that are looked at */
#define ALIGNMENT    4096 /* of a place that is found: UEFI's, and any kernel's */

G_DEFINE_QUARK(limpid - loaded, loaded_error)

/* An executable segment. */
struct segment {
	guint64 start, size, offset, in_file;
};

struct elf {
	char *path; /* as the user gave it, neutral */
	struct symbols *symbols;
	gboolean is_ours;      /* to close */
	gboolean is_fixed;     /* the place was given */
	gboolean is_linked;    /* for its own addresses: ET_EXEC */
	gboolean is_found;     /* by the contents of RAM */
	guint64 lowest, end;   /* addresses in the file that are loaded */
	GArray *code;          /* struct segment */
	GArray *displacements; /* guint64 */
};

struct loaded {
	GPtrArray *elves;
	GHashTable *frames; /* address and is_return to GPtrArray of struct frame, or NULL */
};

static void elf_free(gpointer data)
{
	struct elf *e = data;

	if (e->is_ours)
		symbols_close(e->symbols);
	g_array_unref(e->code);
	g_array_unref(e->displacements);
	g_free(e->path);
	g_free(e);
}

static void frames_free(gpointer frames)
{
	if (frames)
		g_ptr_array_unref(frames);
}

struct loaded *loaded_new(void)
{
	struct loaded *l = g_new0(struct loaded, 1);

	l->elves = g_ptr_array_new_with_free_func(elf_free);
	l->frames = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, frames_free);
	return l;
}

void loaded_free(struct loaded *l)
{
	if (!l)
		return;
	g_ptr_array_unref(l->elves);
	g_hash_table_unref(l->frames);
	g_free(l);
}

static struct elf *add(struct loaded *l, const char *path, struct symbols *symbols, gboolean is_ours)
{
	struct elf *e = g_new0(struct elf, 1);
	Elf *elf = symbols_elf(symbols);
	Elf_Scn *section = NULL;
	GElf_Ehdr header;
	size_t count = 0;

	*e = (struct elf){.path = text_neutral(path, strlen(path)), .symbols = symbols, .is_ours = is_ours};
	e->code = g_array_new(FALSE, FALSE, sizeof(struct segment));
	e->displacements = g_array_new(FALSE, FALSE, sizeof(guint64));
	e->lowest = G_MAXUINT64;
	e->is_linked = gelf_getehdr(elf, &header) && header.e_type == ET_EXEC;
	elf_getphdrnum(elf, &count);
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr p;

		if (!gelf_getphdr(elf, i, &p) || p.p_type != PT_LOAD || !p.p_memsz || p.p_vaddr + p.p_memsz < p.p_vaddr)
			continue;
		e->lowest = MIN(e->lowest, p.p_vaddr);
		e->end = MAX(e->end, p.p_vaddr + p.p_memsz);
		if (p.p_flags & PF_X) {
			struct segment s = {p.p_vaddr, p.p_memsz, p.p_offset, p.p_filesz};

			g_array_append_val(e->code, s);
		}
	}
	/* A segment need not have the zeroed data behind it: who starts a flat image clears that himself. */
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr s;

		if (gelf_getshdr(section, &s) && (s.sh_flags & SHF_ALLOC) && !(s.sh_flags & SHF_TLS) &&
			s.sh_addr >= e->lowest && s.sh_addr + s.sh_size > s.sh_addr)
			e->end = MAX(e->end, s.sh_addr + s.sh_size);
	}
	g_ptr_array_add(l->elves, e);
	return e;
}

static void place_at(struct elf *e, guint64 displacement)
{
	for (guint i = 0; i < e->displacements->len; i++)
		if (g_array_index(e->displacements, guint64, i) == displacement)
			return;
	g_array_append_val(e->displacements, displacement);
}

void loaded_add_open(struct loaded *l, struct symbols *symbols, guint64 address)
{
	struct elf *e = add(l, "", symbols, FALSE);

	e->is_fixed = TRUE;
	place_at(e, address - e->lowest);
}

gboolean loaded_add(struct loaded *l, const char *spec, GError **error)
{
	const char *at = strrchr(spec, '@');
	g_autofree char *path = at ? g_strndup(spec, at - spec) : g_strdup(spec);
	struct symbols *symbols;
	struct elf *e;
	guint64 address = 0;

	/* A file may have an @ in its name. */
	if (at && access(spec, R_OK) == 0) {
		g_free(path);
		path = g_strdup(spec);
		at = NULL;
	}
	if (at && !(g_str_has_prefix(at + 1, "0x") &&
			  g_ascii_string_to_unsigned(at + 3, 16, 0, G_MAXUINT64, &address, NULL))) {
		g_set_error(error, LOADED_ERROR, LOADED_ERROR_FILE,
			"--symbols: '%s' is no address: ELF@0x40200000 is the form", at + 1);
		return FALSE;
	}
	symbols = symbols_open(path);
	if (!symbols) {
		g_set_error(error, LOADED_ERROR, LOADED_ERROR_FILE, "--symbols: %s: %s", path,
			access(path, R_OK) == 0 ? "it is not an ELF file" : g_strerror(errno));
		return FALSE;
	}
	e = add(l, path, symbols, TRUE);
	if (e->lowest >= e->end) {
		g_set_error(
			error, LOADED_ERROR, LOADED_ERROR_FILE, "--symbols: %s: it has nothing that is loaded", path);
		return FALSE;
	}
	if (at) {
		e->is_fixed = TRUE;
		place_at(e, address - e->lowest);
	}
	return TRUE;
}

/* --- where is it? --- */

/* A piece of code that does not repeat a few bytes: those are found everywhere. */
struct sample {
	guint64 address; /* in the file */
	const guint8 *bytes;
};

static gboolean is_plain(const guint8 *bytes)
{
	guint words = 0;

	for (guint i = 4; i < SAMPLE_BYTES; i += 4)
		words += memcmp(bytes, bytes + i, 4) != 0;
	return words < SAMPLE_BYTES / 4 * 3 / 4;
}

/* Evenly spread over the executable segments. Code has no relocations worth mentioning: those that have fail, others do
 * not. */
static GArray *take_samples(const struct elf *e)
{
	GArray *samples = g_array_new(FALSE, FALSE, sizeof(struct sample));
	guint64 total = 0, step;

	for (guint i = 0; i < e->code->len; i++)
		total += g_array_index(e->code, struct segment, i).in_file;
	step = MAX(total / SAMPLES, SAMPLE_BYTES) & ~3ull;
	for (guint i = 0; i < e->code->len; i++) {
		const struct segment *s = &g_array_index(e->code, struct segment, i);
		/* It belongs to the Elf. */
		const Elf_Data *data = elf_getdata_rawchunk(symbols_elf(e->symbols), s->offset, s->in_file, ELF_T_BYTE);

		for (guint64 at = 0; data && data->d_buf && at + SAMPLE_BYTES <= data->d_size; at += step) {
			struct sample sample = {s->start + at, (const guint8 *)data->d_buf + at};

			if (!is_plain(sample.bytes))
				g_array_append_val(samples, sample);
		}
	}
	return samples;
}

struct memory {
	const guint8 *bytes;
	guint64 size;
	int fd;
};

/* How many of the samples are in RAM if the file's address 0 is at @displacement in it. */
static guint count_matches(const struct memory *m, const GArray *samples, guint64 displacement)
{
	guint matches = 0;

	for (guint i = 0; i < samples->len; i++) {
		const struct sample *s = &g_array_index(samples, struct sample, i);
		guint64 at = s->address + displacement;

		if (at <= m->size && m->size - at >= SAMPLE_BYTES)
			matches += memcmp(m->bytes + at, s->bytes, SAMPLE_BYTES) == 0;
	}
	return matches;
}

/*
 * Every place in the parts of RAM that were ever touched where most of the samples are. A loader reads a file to one
 * place and starts it at another, so there may be two; they do not overlap, and only one is executed.
 */
static void search(const struct memory *m, struct elf *e, guint64 ram_base)
{
	g_autoptr(GArray) samples = take_samples(e);
	guint wanted = MAX(samples->len / 2, 1), places = 0;

	for (guint seed = 0; seed < SEEDS && seed < samples->len && !places; seed++) {
		const struct sample *s = &g_array_index(
			samples, struct sample, samples->len * (2 * seed + 1) / (2 * SEEDS) % samples->len);
		off_t from = 0, to;

		while ((guint64)from < m->size && (from = lseek(m->fd, from, SEEK_DATA)) >= 0) {
			const guint8 *p = m->bytes + from, *end;

			to = lseek(m->fd, from, SEEK_HOLE);
			if (to < 0 || (guint64)to > m->size)
				to = m->size;
			end = m->bytes + to;
			while (places < PLACES_MAX && (p = memmem(p, end - p, s->bytes, SAMPLE_BYTES))) {
				guint64 displacement = (guint64)(p - m->bytes) - s->address;

				p++;
				if ((displacement + e->lowest) % ALIGNMENT != e->lowest % ALIGNMENT ||
					count_matches(m, samples, displacement) < wanted)
					continue;
				places++;
				e->is_found = TRUE;
				place_at(e, displacement + ram_base);
			}
			from = to;
		}
	}
}

static gboolean is_code(const struct elf *e, guint64 address)
{
	for (guint i = 0; i < e->code->len; i++) {
		const struct segment *s = &g_array_index(e->code, struct segment, i);

		if (address >= s->start && address - s->start < s->size)
			return TRUE;
	}
	return FALSE;
}

static guint count_code(const struct elf *e, const GArray *addresses, guint64 displacement)
{
	guint n = 0;

	for (guint i = 0; i < addresses->len; i++)
		n += is_code(e, g_array_index(addresses, guint64, i) - displacement);
	return n;
}

void loaded_find(struct loaded *l, const GArray *addresses, int ram_fd, guint64 ram_base)
{
	struct memory m = {.fd = ram_fd};
	struct stat stat;
	gboolean wanted = FALSE;

	for (guint i = 0; i < l->elves->len; i++)
		wanted |= !((struct elf *)l->elves->pdata[i])->is_fixed;
	if (!wanted)
		return;
	if (ram_fd >= 0 && fstat(ram_fd, &stat) == 0 && stat.st_size > 0) {
		void *bytes = mmap(NULL, stat.st_size, PROT_READ, MAP_SHARED | MAP_NORESERVE, ram_fd, 0);

		m.bytes = bytes == MAP_FAILED ? NULL : bytes;
		m.size = stat.st_size;
	}
	for (guint i = 0; i < l->elves->len; i++) {
		struct elf *e = l->elves->pdata[i];

		if (e->is_fixed)
			continue;
		if (m.bytes)
			search(&m, e, ram_base);
		if (e->is_linked || count_code(e, addresses, 0))
			place_at(e, 0);
	}
	if (m.bytes)
		munmap((void *)m.bytes, m.size);
	g_hash_table_remove_all(l->frames);
}

void loaded_tell(const struct loaded *l, gboolean verbose)
{
	for (guint i = 0; i < l->elves->len; i++) {
		const struct elf *e = l->elves->pdata[i];

		if (!e->displacements->len)
			terminal_complain(
				"%s: where the machine has it cannot be found: its code is not in RAM at the end; "
				"say --symbols %s@ADDR",
				e->path, e->path);
		for (guint d = 0; verbose && *e->path && d < e->displacements->len; d++)
			terminal_complain("%s is at 0x%" G_GINT64_MODIFIER "x%s", e->path,
				e->lowest + g_array_index(e->displacements, guint64, d),
				e->is_found ? ", or a copy of it is: found by its contents" : "");
	}
}

/* --- lookups --- */

/* The file that has @address, and what the address is in it. */
static struct elf *at(const struct loaded *l, guint64 address, guint64 *in_file)
{
	for (guint i = 0; i < l->elves->len; i++) {
		struct elf *e = l->elves->pdata[i];

		for (guint d = 0; d < e->displacements->len; d++) {
			*in_file = address - g_array_index(e->displacements, guint64, d);
			if (*in_file >= e->lowest && *in_file < e->end)
				return e;
		}
	}
	return NULL;
}

const GPtrArray *loaded_frames(struct loaded *l, guint64 address, gboolean is_return)
{
	/* Instructions are at multiples of 4, so that the lowest bit is free for the key. */
	guint64 key = (address & ~1ull) | is_return, in_file;
	gpointer known;
	struct elf *e;
	GPtrArray *frames;

	if (g_hash_table_lookup_extended(l->frames, &key, NULL, &known))
		return known;
	e = at(l, address, &in_file);
	frames = e ? symbols_frames(e->symbols, in_file, is_return) : NULL;
	g_hash_table_insert(l->frames, g_memdup2(&key, sizeof(key)), frames);
	return frames;
}

char *loaded_object(struct loaded *l, guint64 address, guint64 *offset)
{
	guint64 in_file;
	struct elf *e = at(l, address, &in_file);

	return e ? symbols_object(e->symbols, in_file, offset) : NULL;
}
