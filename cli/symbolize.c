/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

#include "symbolize.h"
#include "text.h"

struct symbol {
	guint64 value, size, end; /* end: of its section */
	const char *name;         /* the ELF file's */
	gboolean is_code;         /* in an executable section */
	int type;                 /* STT_FUNC, STT_OBJECT or STT_NOTYPE */
};

struct symbols {
	int fd;
	Elf *elf;
	Dwarf *dwarf;   /* NULL without debug information */
	GArray *sorted; /* struct symbol by value, those of the better type last; NULL until they are needed */
};

struct symbols *symbols_open(const char *elf_path)
{
	struct symbols *s;
	int fd = open(elf_path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	elf_version(EV_CURRENT);
	s = g_new0(struct symbols, 1);
	s->fd = fd;
	s->elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!s->elf || elf_kind(s->elf) != ELF_K_ELF) {
		symbols_close(s);
		return NULL;
	}
	s->dwarf = dwarf_begin_elf(s->elf, DWARF_C_READ, NULL);
	return s;
}

void symbols_close(struct symbols *s)
{
	if (!s)
		return;
	if (s->sorted)
		g_array_unref(s->sorted);
	dwarf_end(s->dwarf);
	elf_end(s->elf);
	close(s->fd);
	g_free(s);
}

Elf *symbols_elf(const struct symbols *s)
{
	return s->elf;
}

static void frame_free(gpointer data)
{
	struct frame *frame = data;

	g_free(frame->function);
	g_free(frame->file);
	g_free(frame);
}

/* By value; at the same one a label of unknown type comes before what has a type. */
static gint compare(gconstpointer left, gconstpointer right)
{
	const struct symbol *a = left, *b = right;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return (a->type != STT_NOTYPE) - (b->type != STT_NOTYPE);
}

static void add_symbol(struct symbols *s, const GElf_Sym *sym, size_t names)
{
	struct symbol symbol = {.value = sym->st_value, .size = sym->st_size, .type = GELF_ST_TYPE(sym->st_info)};
	GElf_Shdr home;

	if (sym->st_shndx == SHN_UNDEF || sym->st_shndx >= SHN_LORESERVE ||
		(symbol.type != STT_FUNC && symbol.type != STT_OBJECT && symbol.type != STT_NOTYPE))
		return;
	symbol.name = elf_strptr(s->elf, names, sym->st_name);
	/* $x and $d mark code and data for disassemblers; .L are labels. */
	if (!symbol.name || !*symbol.name || *symbol.name == '$' || *symbol.name == '.')
		return;
	if (!gelf_getshdr(elf_getscn(s->elf, sym->st_shndx), &home))
		return;
	symbol.is_code = (home.sh_flags & SHF_EXECINSTR) != 0;
	symbol.end = home.sh_addr + home.sh_size;
	g_array_append_val(s->sorted, symbol);
}

static void sort_symbols(struct symbols *s)
{
	Elf_Scn *section = NULL;

	s->sorted = g_array_new(FALSE, FALSE, sizeof(struct symbol));
	while ((section = elf_nextscn(s->elf, section))) {
		GElf_Shdr header;
		Elf_Data *data;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_SYMTAB || !header.sh_entsize ||
			!(data = elf_getdata(section, NULL)))
			continue;
		for (gsize i = 0; i < data->d_size / header.sh_entsize; i++) {
			GElf_Sym sym;

			if (gelf_getsym(data, i, &sym))
				add_symbol(s, &sym, header.sh_link);
		}
	}
	g_array_sort(s->sorted, compare);
}

/* The nearest symbol at or below @address, of code or of data, that may hold it. */
static const struct symbol *symbol_at(struct symbols *s, guint64 address, gboolean code)
{
	guint low = 0, high;

	if (!s->sorted)
		sort_symbols(s);
	high = s->sorted->len;
	while (low < high) {
		guint middle = low + (high - low) / 2;

		if (g_array_index(s->sorted, struct symbol, middle).value <= address)
			low = middle + 1;
		else
			high = middle;
	}
	while (low-- > 0) {
		const struct symbol *symbol = &g_array_index(s->sorted, struct symbol, low);

		if (symbol->is_code != code || symbol->type == (code ? STT_OBJECT : STT_FUNC))
			continue;
		if (address >= symbol->end || (symbol->size && address - symbol->value >= symbol->size))
			continue;
		return symbol;
	}
	return NULL;
}

char *symbols_object(struct symbols *s, guint64 address, guint64 *offset)
{
	const struct symbol *symbol = symbol_at(s, address, FALSE);

	if (!symbol)
		return NULL;
	*offset = address - symbol->value;
	return text_neutral(symbol->name, strlen(symbol->name));
}

/* The compilation unit of @address. dwarf_addrdie() asks .debug_aranges, which clang does not write. */
static gboolean unit_at(struct symbols *s, guint64 address, Dwarf_Die *unit)
{
	Dwarf_Off offset = 0, next;
	size_t header;

	if (!s->dwarf)
		return FALSE;
	if (dwarf_addrdie(s->dwarf, address, unit))
		return TRUE;
	while (dwarf_nextcu(s->dwarf, offset, &next, &header, NULL, NULL, NULL) == 0) {
		if (dwarf_offdie(s->dwarf, offset + header, unit) && dwarf_haspc(unit, address) > 0)
			return TRUE;
		offset = next;
	}
	return FALSE;
}

/* A path as the people who read it know it: without the directory of the build when it is below that. */
static char *short_path(const char *path, Dwarf_Die *unit)
{
	Dwarf_Attribute attribute;
	const char *dir = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
	gsize len = dir ? strlen(dir) : 0;

	if (!path)
		return NULL;
	if (len && strncmp(path, dir, len) == 0 && path[len] == '/')
		path += len + 1;
	while (g_str_has_prefix(path, "./"))
		path += 2;
	return text_neutral(path, strlen(path));
}

/* Where an inlined function was called from: the place to give for the function around it. */
static char *call_place(Dwarf_Die *unit, Dwarf_Die *inlined, int *line)
{
	Dwarf_Attribute attribute;
	Dwarf_Files *files;
	Dwarf_Word file = 0, number = 0;
	size_t count;

	*line = 0;
	if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &file) != 0 ||
		dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &number) != 0 ||
		dwarf_getsrcfiles(unit, &files, &count) != 0 || file >= count)
		return NULL;
	*line = MIN(number, G_MAXINT);
	return short_path(dwarf_filesrc(files, file, NULL, NULL), unit);
}

static void add_frame(GPtrArray *frames, const char *function, gboolean inlined, char *file, int line)
{
	struct frame *frame = g_new0(struct frame, 1);

	frame->function = text_neutral(function, strlen(function));
	frame->inlined = inlined;
	frame->file = file;
	frame->line = file ? line : 0;
	g_ptr_array_add(frames, frame);
}

GPtrArray *symbols_frames(struct symbols *s, guint64 address, gboolean is_return)
{
	g_autoptr(GPtrArray) frames = g_ptr_array_new_with_free_func(frame_free);
	guint64 looked_up = is_return && address ? address - 1 : address;
	const struct symbol *symbol = symbol_at(s, looked_up, TRUE);
	const char *function = symbol ? symbol->name : NULL;
	char *file = NULL;
	int line = 0;
	Dwarf_Die unit;

	if (unit_at(s, looked_up, &unit)) {
		Dwarf_Line *entry = dwarf_getsrc_die(&unit, looked_up);
		Dwarf_Die *innermost = NULL, *scopes = NULL;
		int count = dwarf_getscopes(&unit, looked_up, &innermost);

		/* Its outer scopes are those of the definition; those of the place where it is inlined are wanted. */
		count = count > 0 ? dwarf_getscopes_die(innermost, &scopes) : 0;

		if (entry) {
			dwarf_lineno(entry, &line);
			file = short_path(dwarf_linesrc(entry, NULL, NULL), &unit);
		}
		/* From the innermost scope outwards. */
		for (int i = 0; i < count; i++) {
			int tag = dwarf_tag(&scopes[i]);

			if (tag == DW_TAG_subprogram && !function)
				function = dwarf_diename(&scopes[i]);
			if (tag == DW_TAG_subprogram)
				break;
			if (tag != DW_TAG_inlined_subroutine)
				continue;
			add_frame(frames, dwarf_diename(&scopes[i]) ?: "?", TRUE, file, line);
			file = call_place(&unit, &scopes[i], &line);
		}
		free(innermost);
		free(scopes);
	}
	if (!function) {
		g_free(file);
		return NULL;
	}
	add_frame(frames, function, FALSE, file, line);
	((struct frame *)frames->pdata[frames->len - 1])->offset = symbol ? address - symbol->value : 0;
	return g_steal_pointer(&frames);
}

char *frames_describe(const GPtrArray *frames)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < frames->len; i++) {
		const struct frame *frame = frames->pdata[i];

		g_string_append_printf(out, "%s%s", i ? " in " : "", frame->function);
		if (!frame->inlined)
			g_string_append_printf(out, "+0x%" G_GINT64_MODIFIER "x", frame->offset);
		if (frame->file && frame->line > 0)
			g_string_append_printf(out, " (%s:%d)", frame->file, frame->line);
		else if (frame->file)
			g_string_append_printf(out, " (%s)", frame->file);
	}
	return g_string_free(out, FALSE);
}

char *symbols_describe(struct symbols *s, guint64 address, gboolean is_return)
{
	g_autoptr(GPtrArray) frames = symbols_frames(s, address, is_return);

	return frames ? frames_describe(frames) : NULL;
}

/* "image+0x1f" anywhere in @line: its end and the address, or NULL. */
static const char *next_address(const char *line, guint64 *address)
{
	static const char mark[] = "image+0x";
	const char *p = line;

	while ((p = strstr(p, mark))) {
		gsize digits = strspn(p + strlen(mark), "0123456789abcdefABCDEF");

		p += strlen(mark);
		if (digits >= 1 && digits <= 16) {
			*address = g_ascii_strtoull(p, NULL, 16);
			return p + digits;
		}
	}
	return NULL;
}

void symbols_annotate(struct symbols *s, GPtrArray *lines)
{
	gboolean in_stack = FALSE;
	guint frame = 0;

	for (guint i = 0; s && i < lines->len; i++) {
		const char *line = lines->pdata[i], *p = line, *end;
		g_autoptr(GString) out = g_string_new(NULL);
		guint64 address;

		if (g_str_has_prefix(line, "# stack:")) {
			in_stack = TRUE;
			frame = 0;
		} else if (!g_str_has_prefix(line, "#  ")) {
			in_stack = FALSE;
		}
		while ((end = next_address(p, &address))) {
			g_autofree char *what = symbols_describe(s, address, in_stack && frame > 0);

			frame++;
			g_string_append_len(out, p, end - p);
			if (what)
				g_string_append_printf(out, " %s", what);
			p = end;
		}
		if (p == line)
			continue;
		g_string_append(out, p);
		g_free(lines->pdata[i]);
		lines->pdata[i] = g_strdup(out->str);
	}
}
