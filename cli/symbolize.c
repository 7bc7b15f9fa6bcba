/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

#include "symbolize.h"
#include "text.h"

struct symbols {
	int fd;
	Elf *elf;
	Dwarf *dwarf; /* NULL without debug information */
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
	dwarf_end(s->dwarf);
	elf_end(s->elf);
	close(s->fd);
	g_free(s);
}

/* The symbol that @address is in: the nearest one at or below it in an executable section, by preference a function. */
static char *symbol_at(struct symbols *s, guint64 address, guint64 *offset)
{
	Elf_Scn *section = NULL;
	char *best = NULL;
	guint64 best_value = 0;
	gboolean best_is_function = FALSE;

	while ((section = elf_nextscn(s->elf, section))) {
		GElf_Shdr header;
		Elf_Data *data;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_SYMTAB || !header.sh_entsize ||
			!(data = elf_getdata(section, NULL)))
			continue;
		for (gsize i = 0; i < data->d_size / header.sh_entsize; i++) {
			GElf_Shdr home;
			GElf_Sym sym;
			const char *name;
			gboolean is_function;

			if (!gelf_getsym(data, i, &sym) || sym.st_shndx == SHN_UNDEF || sym.st_shndx >= SHN_LORESERVE ||
				sym.st_value > address)
				continue;
			is_function = GELF_ST_TYPE(sym.st_info) == STT_FUNC;
			if (!is_function && GELF_ST_TYPE(sym.st_info) != STT_NOTYPE)
				continue;
			if (sym.st_size && address >= sym.st_value + sym.st_size)
				continue;
			name = elf_strptr(s->elf, header.sh_link, sym.st_name);
			/* $x and $d mark code and data for disassemblers; .L are labels. */
			if (!name || !*name || *name == '$' || *name == '.')
				continue;
			if (!gelf_getshdr(elf_getscn(s->elf, sym.st_shndx), &home) ||
				!(home.sh_flags & SHF_EXECINSTR) || address >= home.sh_addr + home.sh_size)
				continue;
			if (best && (sym.st_value < best_value || (sym.st_value == best_value && best_is_function)))
				continue;
			g_free(best);
			best = text_neutral(name, strlen(name));
			best_value = sym.st_value;
			best_is_function = is_function;
		}
	}
	*offset = address - best_value;
	return best;
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

	if (len && strncmp(path, dir, len) == 0 && path[len] == '/')
		path += len + 1;
	while (g_str_has_prefix(path, "./"))
		path += 2;
	return text_neutral(path, strlen(path));
}

static char *place(Dwarf_Die *unit, const char *path, int line)
{
	g_autofree char *file = path ? short_path(path, unit) : NULL;

	if (!file)
		return g_strdup("");
	return line > 0 ? g_strdup_printf(" (%s:%d)", file, line) : g_strdup_printf(" (%s)", file);
}

/* Where an inlined function was called from: the place to give for the function around it. */
static char *call_place(Dwarf_Die *unit, Dwarf_Die *inlined)
{
	Dwarf_Attribute attribute;
	Dwarf_Files *files;
	Dwarf_Word file = 0, line = 0;
	size_t count;

	if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &file) != 0 ||
		dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line) != 0 ||
		dwarf_getsrcfiles(unit, &files, &count) != 0 || file >= count)
		return g_strdup("");
	return place(unit, dwarf_filesrc(files, file, NULL, NULL), line);
}

char *symbols_describe(struct symbols *s, guint64 address, gboolean is_return)
{
	GString *out = g_string_new(NULL);
	guint64 looked_up = is_return && address ? address - 1 : address, offset = 0;
	g_autofree char *function = symbol_at(s, looked_up, &offset);
	g_autofree char *where = NULL;
	Dwarf_Die unit;

	if (unit_at(s, looked_up, &unit)) {
		Dwarf_Line *line = dwarf_getsrc_die(&unit, looked_up);
		Dwarf_Die *innermost = NULL, *scopes = NULL;
		int count = dwarf_getscopes(&unit, looked_up, &innermost), number = 0;

		/* Its outer scopes are those of the definition; those of the place where it is inlined are wanted. */
		count = count > 0 ? dwarf_getscopes_die(innermost, &scopes) : 0;

		if (line)
			dwarf_lineno(line, &number);
		where = place(&unit, line ? dwarf_linesrc(line, NULL, NULL) : NULL, number);
		/* From the innermost scope outwards. */
		for (int i = 0; i < count; i++) {
			int tag = dwarf_tag(&scopes[i]);

			if (tag == DW_TAG_subprogram && !function)
				function = g_strdup(dwarf_diename(&scopes[i]));
			if (tag == DW_TAG_subprogram)
				break;
			if (tag != DW_TAG_inlined_subroutine)
				continue;
			g_string_append_printf(out, "%s%s in ", dwarf_diename(&scopes[i]) ?: "?", where);
			g_free(where);
			where = call_place(&unit, &scopes[i]);
		}
		free(innermost);
		free(scopes);
	}
	if (!function) {
		g_string_free(out, TRUE);
		return NULL;
	}
	g_string_append_printf(
		out, "%s+0x%" G_GINT64_MODIFIER "x%s", function, offset + (address - looked_up), where ? where : "");
	return g_string_free(out, FALSE);
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
