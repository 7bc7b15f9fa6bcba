/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"

#define TESTS_AT 0x1000 /* link-time address of .limpid.tests, in the file as well as in memory */
#define MARKS_AT 0x6000 /* of .limpid.findings */
#define TEXT_AT  0x8000 /* of the strings */

/* Little endian hosts only: the file's order is taken for ours. */
G_STATIC_ASSERT(G_BYTE_ORDER == G_LITTLE_ENDIAN);

static void pad_to(GByteArray *bytes, gsize size)
{
	guint old = bytes->len;

	g_assert_cmpuint(old, <=, size);
	g_byte_array_set_size(bytes, size);
	memset(bytes->data + old, 0, size - old);
}

/* Adds a text, and the relocation that makes the pointer at @where refer to it. */
static void add_text(GByteArray *text, GArray *relas, guint64 where, const char *string)
{
	Elf64_Rela rela = {where, ELF64_R_INFO(0, R_AARCH64_RELATIVE), TEXT_AT + text->len};

	if (!string)
		return;
	g_array_append_val(relas, rela);
	g_byte_array_append(text, (const guint8 *)string, strlen(string) + 1);
}

GByteArray *fixture_elf(const struct fixture_test *tests)
{
	static const char names[] = "\0.limpid.tests\0.rela.dyn\0.rodata\0.shstrtab\0.limpid.findings";
	GByteArray *file = g_byte_array_new();
	g_autoptr(GByteArray) text = g_byte_array_new(), array = g_byte_array_new();
	g_autoptr(GByteArray) marks = g_byte_array_new();
	g_autoptr(GArray) relas = g_array_new(FALSE, FALSE, sizeof(Elf64_Rela));
	Elf64_Ehdr header = {
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_DYN,
		.e_machine = EM_AARCH64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = 6,
		.e_shstrndx = 4,
	};
	Elf64_Phdr load = {.p_type = PT_LOAD, .p_flags = PF_R, .p_align = 0x1000};
	Elf64_Shdr sections[6] = {0};

	for (; tests->name; tests++) {
		guint64 at = TESTS_AT + array->len;
		guint8 d[88] = {0}, mark[32] = {0};
		guint32 size = sizeof(d), mark_size = sizeof(mark), mark_line = 50, line = 42, mem = tests->mem_mib,
			flags = tests->flags;
		guint16 cpus = tests->cpus, timeout = tests->timeout_s;

		memcpy(d, &size, 4);
		memcpy(d + 4, &line, 4);
		memcpy(d + 64, &cpus, 2);
		memcpy(d + 66, &timeout, 2);
		memcpy(d + 68, &mem, 4);
		memcpy(d + 72, &flags, 4);
		add_text(text, relas, at + 8, tests->name);
		add_text(text, relas, at + 16, "tests/fixture.c");
		add_text(text, relas, at + 24, tests->doc);
		add_text(text, relas, at + 40, tests->needs);
		add_text(text, relas, at + 48, tests->qemu);
		add_text(text, relas, at + 80, tests->finding);
		g_byte_array_append(array, d, sizeof(d));
		if (tests->finding_function) {
			const char *dot = strrchr(tests->name, '.');
			g_autofree char *test = g_strconcat("test_", dot ? dot + 1 : tests->name, NULL);

			at = MARKS_AT + marks->len;
			memcpy(mark, &mark_size, 4);
			memcpy(mark + 4, &mark_line, 4);
			add_text(text, relas, at + 8, test);
			add_text(text, relas, at + 16, tests->finding_function);
			add_text(text, relas, at + 24, "tests/fixture.c");
			g_byte_array_append(marks, mark, sizeof(mark));
		}
	}
	pad_to(file, TESTS_AT);
	g_byte_array_append(file, array->data, array->len);
	pad_to(file, MARKS_AT);
	if (marks->len)
		g_byte_array_append(file, marks->data, marks->len);
	pad_to(file, TEXT_AT);
	if (text->len)
		g_byte_array_append(file, text->data, text->len);
	load.p_filesz = load.p_memsz = file->len;
	pad_to(file, (file->len + 7) & ~7u);
	sections[1] = (Elf64_Shdr){.sh_name = 1,
		.sh_type = SHT_PROGBITS,
		.sh_flags = SHF_ALLOC,
		.sh_addr = TESTS_AT,
		.sh_offset = TESTS_AT,
		.sh_size = array->len,
		.sh_addralign = 8};
	sections[2] = (Elf64_Shdr){.sh_name = 15,
		.sh_type = SHT_RELA,
		.sh_flags = SHF_ALLOC,
		.sh_offset = file->len,
		.sh_size = relas->len * sizeof(Elf64_Rela),
		.sh_addralign = 8,
		.sh_entsize = sizeof(Elf64_Rela)};
	if (relas->len)
		g_byte_array_append(file, (const guint8 *)relas->data, sections[2].sh_size);
	sections[3] = (Elf64_Shdr){.sh_name = 25,
		.sh_type = SHT_PROGBITS,
		.sh_flags = SHF_ALLOC,
		.sh_addr = TEXT_AT,
		.sh_offset = TEXT_AT,
		.sh_size = text->len,
		.sh_addralign = 1};
	sections[4] = (Elf64_Shdr){.sh_name = 33,
		.sh_type = SHT_STRTAB,
		.sh_offset = file->len,
		.sh_size = sizeof(names),
		.sh_addralign = 1};
	sections[5] = (Elf64_Shdr){.sh_name = 43,
		.sh_type = SHT_PROGBITS,
		.sh_flags = SHF_ALLOC,
		.sh_addr = MARKS_AT,
		.sh_offset = MARKS_AT,
		.sh_size = marks->len,
		.sh_addralign = 8};
	g_byte_array_append(file, (const guint8 *)names, sizeof(names));
	pad_to(file, (file->len + 7) & ~7u);
	header.e_shoff = file->len;
	g_byte_array_append(file, (const guint8 *)sections, sizeof(sections));
	memcpy(file->data, &header, sizeof(header));
	memcpy(file->data + sizeof(header), &load, sizeof(load));
	return file;
}

char *fixture_image(const char *dir, const struct fixture_test *tests)
{
	g_autoptr(GByteArray) elf = fixture_elf(tests);
	char *path = g_build_filename(dir, "limpid.elf", NULL);
	g_autofree char *img = g_build_filename(dir, "limpid.img", NULL);

	fixture_write(path, elf->data, elf->len);
	fixture_write(img, "MZ", 2);
	return path;
}

void fixture_write(const char *path, const void *bytes, gsize len)
{
	FILE *file = fopen(path, "w");

	g_assert_nonnull(file);
	g_assert_cmpuint(fwrite(bytes, 1, len, file), ==, len);
	g_assert_cmpint(fclose(file), ==, 0);
}

char *fixture_dir(void)
{
	char *dir = g_dir_make_tmp("limpid-test-XXXXXX", NULL);

	g_assert_nonnull(dir);
	return dir;
}

void fixture_remove(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *child = g_build_filename(path, name, NULL);

		if (g_file_test(child, G_FILE_TEST_IS_DIR) && !g_file_test(child, G_FILE_TEST_IS_SYMLINK))
			fixture_remove(child);
		else
			g_unlink(child);
	}
	g_rmdir(path);
}

guint fixture_count(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	guint n = 0;

	while (dir && g_dir_read_name(dir))
		n++;
	return n;
}
