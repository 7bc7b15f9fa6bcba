/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mutate - takes every barrier, cache and TLB operation of the runtime out of the image in turn, and sees whether the
 * tests under the sanitizer notice.
 *
 *   mutate LIMPID IMAGE.elf WORK-DIR [PATTERN...]
 *
 * A mutant is a copy of the image with one instruction replaced by NOP. It is caught when `limpid check` reports a
 * finding or a test fails. Instructions of the tests themselves are left alone. Prints a line a mutant, then counts by
 * kind.
 */
#include <gio/gio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOP 0xd503201f

enum kind { KIND_DMB, KIND_DSB, KIND_ISB, KIND_DC, KIND_IC, KIND_TLBI, KINDS };

static const char *const kind_names[KINDS] = {"DMB", "DSB", "ISB", "DC", "IC", "TLBI"};

/* Source: DDI 0487, "Barriers", "SYS", in the index by encoding. KINDS: none of these. */
static enum kind classify(uint32_t insn)
{
	if ((insn & 0xfffff0ff) == 0xd50330bf)
		return KIND_DMB;
	if ((insn & 0xfffff0ff) == 0xd503309f)
		return KIND_DSB;
	if ((insn & 0xfffff0ff) == 0xd50330df)
		return KIND_ISB;
	if ((insn & 0xfff80000) != 0xd5080000)
		return KINDS;

	unsigned int crn = insn >> 12 & 15, crm = insn >> 8 & 15;

	if (crn == 8)
		return KIND_TLBI;
	if (crn == 7 && (crm == 1 || crm == 5))
		return KIND_IC;
	if (crn == 7 && (crm == 6 || crm == 10 || crm == 11 || crm == 12 || crm == 13 || crm == 14))
		return KIND_DC;
	return KINDS;
}

/* Standard output of a program; NULL when it cannot be run. */
static char *run(const char *const *argv, int *status)
{
	g_autoptr(GError) error = NULL;
	GSubprocess *child =
		g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE, &error);
	char *output = NULL;

	if (!child || !g_subprocess_communicate_utf8(child, NULL, NULL, &output, NULL, &error)) {
		fprintf(stderr, "mutate: %s: %s\n", argv[0], error->message);
		exit(3);
	}
	*status = g_subprocess_get_if_exited(child) ? g_subprocess_get_exit_status(child) : -1;
	g_object_unref(child);
	return output;
}

/* "function at file:line" of an address. */
static char *place(const char *elf, size_t offset)
{
	g_autofree char *address = g_strdup_printf("0x%zx", offset);
	const char *argv[] = {"aarch64-linux-gnu-addr2line", "-f", "-s", "-e", elf, address, NULL};
	int status;
	char *text = run(argv, &status), *newline = strchr(text, '\n');

	if (newline)
		*newline = ' ';
	return g_strchomp(text);
}

/* Instructions of the tests and of the twins' mistakes are not the runtime's. */
static gboolean is_test(const char *where)
{
	return strstr(where, "test_") || strstr(where, "twins.c") || strstr(where, "irq.c:");
}

struct counts {
	unsigned int caught[KINDS], survived[KINDS];
};

/* The files of one mutant. */
struct mutant {
	char *elf, *img;
	char *bytes;
	gsize size;
};

static gboolean is_caught(const char *limpid, struct mutant *m, size_t offset, GPtrArray *patterns, char **why)
{
	uint32_t original, nop = NOP;
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	int status;

	memcpy(&original, m->bytes + offset, 4);
	memcpy(m->bytes + offset, &nop, 4);
	if (!g_file_set_contents(m->img, m->bytes, m->size, &error)) {
		fprintf(stderr, "mutate: %s\n", error->message);
		exit(3);
	}
	memcpy(m->bytes + offset, &original, 4);
	for (const char *const *word = (const char *[]){limpid, "check", "--image", m->elf, "--together", "-q",
		     "--cpus", "2", "--timeout", "20", "--initial", "clean", NULL};
		*word; word++)
		g_ptr_array_add(argv, (char *)*word);
	g_ptr_array_extend(argv, patterns, NULL, NULL);
	g_ptr_array_add(argv, NULL);
	g_free(run((const char *const *)argv->pdata, &status));
	*why = g_strdup_printf("exit status %d", status);
	return status != 0;
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: mutate LIMPID IMAGE.elf WORK-DIR [PATTERN...]\n");
		return 2;
	}

	const char *limpid = argv[1], *elf = argv[2], *work = argv[3];
	g_autofree char *img = g_strdup(elf), *elf_copy = NULL;
	g_autoptr(GPtrArray) patterns = g_ptr_array_new();
	struct mutant m = {
		g_build_filename(work, "mutant.elf", NULL), g_build_filename(work, "mutant.img", NULL), NULL, 0};
	struct counts counts = {0};
	gsize elf_size;

	for (int i = 4; i < argc; i++)
		g_ptr_array_add(patterns, argv[i]);
	strcpy(strrchr(img, '.'), ".img");
	g_mkdir_with_parents(work, 0777);
	if (!g_file_get_contents(elf, &elf_copy, &elf_size, NULL) ||
		!g_file_set_contents(m.elf, elf_copy, elf_size, NULL) ||
		!g_file_get_contents(img, &m.bytes, &m.size, NULL)) {
		fprintf(stderr, "mutate: %s or the image beside it cannot be read: build it with make\n", elf);
		return 2;
	}
	for (size_t offset = 0x1000; offset + 4 <= m.size; offset += 4) {
		uint32_t insn;
		enum kind kind;

		memcpy(&insn, m.bytes + offset, 4);
		kind = classify(insn);
		if (kind == KINDS)
			continue;

		g_autofree char *where = place(elf, offset), *why = NULL;

		if (is_test(where) || strstr(where, "??"))
			continue;

		gboolean caught = is_caught(limpid, &m, offset, patterns, &why);

		(caught ? counts.caught : counts.survived)[kind]++;
		printf("%-8s %-4s 0x%zx %s (%s)\n", caught ? "caught" : "SURVIVED", kind_names[kind], offset, where,
			why);
		fflush(stdout);
	}
	for (int kind = 0; kind < KINDS; kind++)
		printf("%s: %u of %u caught\n", kind_names[kind], counts.caught[kind],
			counts.caught[kind] + counts.survived[kind]);
	return 0;
}
