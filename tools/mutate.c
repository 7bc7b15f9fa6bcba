/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mutate - takes every barrier, cache and TLB operation of the runtime out of the image in turn, and sees whether the
 * tests under the sanitizer notice.
 *
 *   mutate LIMPID IMAGE.elf WORK-DIR CONF [FUNCTION...]
 *
 * A mutant is a copy of the image with one instruction replaced by NOP. It runs those tests that reach the instruction,
 * in each of the machines below, and is caught when `limpid check` reports a finding or a test fails. CONF (it says
 * how) lists those that cannot be caught, each with its reason. A survivor that is not listed is a failure, and so is
 * an entry that is not needed. With FUNCTIONs only instructions of these are taken.
 */
#include <gio/gio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOP  0xd503201f
#define BASE 0x40200000u /* where QEMU puts an image that it starts itself */
#define JOBS 2

/* What reaches the runtime's paths. Tests that make mistakes on purpose are no help. */
static const char *const patterns[] = {"boot", "cache", "debug", "exceptions", "info", "irq", "memory", "mmu",
	"mmu_switch", "pmu", "settle", "smp", "twins.good_*", "virtio", NULL};
/* And its drivers' of devices, which are the same in many machines. */
static const char *const driver_patterns[] = {"gic", "timer", NULL};
#define MACHINE_OPTIONS 8
static const struct machine {
	const char *name, *options[MACHINE_OPTIONS];
	gboolean drivers;
} machines[] = {
	{"EL1", {"--initial", "clean", "--cpus", "2"}, TRUE},
	{"EL1, caches dirty at first", {"--initial", "dirty", "--initial-tlb", "unknown", "--cpus", "2"}, FALSE},
	{"EL2", {"--initial", "clean", "--el", "2", "--cpus", "2"}, TRUE},
	{"from EL2 to EL1", {"--initial", "clean", "--profile", "el2-no-vhe"}, FALSE},
	{"from EL2 and back", {"--initial", "clean", "--profile", "el2-to-el1"}, FALSE},
	{"the same without SVE", {"--initial", "clean", "--profile", "el2-to-el1", "--cpu", "neoverse-n1"}, FALSE},
	{"GICv2", {"--initial", "clean", "--gic", "2", "--cpus", "2"}, TRUE},
	{"one CPU", {"--initial", "clean", "--cpus", "1"}, FALSE},
	{"pages of 64 KiB", {"--initial", "clean", "--page", "64k", "--cpus", "2"}, FALSE},
};
#define MACHINES G_N_ELEMENTS(machines)

enum fate { CAUGHT, EQUIVALENT, UNSEEN, SURVIVED, FATES };
static const char *const fate_names[FATES] = {"caught", "equivalent", "not seen yet", "SURVIVED"};
static const char *const classes[] = {"data", "register", "instruction", "translation", "order", NULL};

struct entry {
	char *name, *function, *op, *phrase, *reason;
	guint class;
	enum fate fate;
	guint used;
};

struct site {
	size_t offset; /* in the image, and link-time address */
	char *op, *function, *file;
	guint line, class;
	GPtrArray *reached[MACHINES]; /* names of tests */
	struct entry *entry;
	enum fate fate;
	char *by;      /* who caught it */
	gboolean lies; /* an entry says something else */
};

static struct {
	const char *limpid, *elf, *work;
	char *image; /* the bytes */
	gsize size;
	GPtrArray *entries, *sites;
	GMutex lock;
} mutate;

static G_NORETURN void die(const char *format, ...) G_GNUC_PRINTF(1, 2);
static G_NORETURN void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("mutate: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(2);
}

static char *run(const char *const *argv, const char *input, int *status)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GSubprocess) child = g_subprocess_newv(argv,
		G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE |
			(input ? G_SUBPROCESS_FLAGS_STDIN_PIPE : 0),
		&error);
	char *output = NULL;

	if (!child || !g_subprocess_communicate_utf8(child, input, NULL, &output, NULL, &error))
		die("%s: %s", argv[0], error->message);
	*status = g_subprocess_get_if_exited(child) ? g_subprocess_get_exit_status(child) : -1;
	return output;
}

/*
 * ---- The instructions.
 */

/* NULL: none of those. Source: DDI 0487, "Barriers", "SYS", in the index by encoding. */
static char *op_name(uint32_t insn)
{
	static const char *const domains[] = {"osh", "nsh", "ish", "sy"}, *const types[] = {"", "ld", "st", ""};
	unsigned int crn = insn >> 12 & 15, crm = insn >> 8 & 15, op2 = insn >> 5 & 7;
	const char *kind = (insn & 0xfffff0ff) == 0xd50330bf ? "dmb" : (insn & 0xfffff0ff) == 0xd503309f ? "dsb" : NULL;

	if (kind && crm >= 13)
		return g_strdup_printf("%s %s", kind, crm == 15 ? "sy" : types[crm & 3]);
	if (kind)
		return g_strdup_printf("%s %s%s", kind, domains[crm >> 2], types[crm & 3]);
	if ((insn & 0xfffff0ff) == 0xd50330df)
		return g_strdup("isb");
	if ((insn & 0xfff80000) != 0xd5080000)
		return NULL;
	if (crn == 8)
		return g_strdup("tlbi");
	if (crn != 7)
		return NULL;
	switch (crm) {
	case 1:
	case 5:
		return g_strdup(op2 == 1 ? "ic ivau" : "ic iallu");
	case 6:
		return g_strdup(op2 == 1 ? "dc ivac" : "dc isw");
	case 10:
		return g_strdup(op2 == 1 ? "dc cvac" : "dc csw");
	case 11:
		return g_strdup("dc cvau");
	case 12:
	case 13:
		return g_strdup("dc cvap");
	case 14:
		return g_strdup(op2 == 1 ? "dc civac" : "dc cisw");
	default:
		return NULL; /* AT, ZVA */
	}
}

/* The innermost functions and lines; keeps what is in guest/. */
static void locate(GPtrArray *found)
{
	const char *argv[] = {"aarch64-linux-gnu-addr2line", "-f", "-a", "-e", mutate.elf, NULL};
	g_autoptr(GString) input = g_string_new(NULL);
	g_autofree char *output = NULL;
	g_auto(GStrv) lines = NULL;
	int status;

	for (guint i = 0; i < found->len; i++)
		g_string_append_printf(input, "0x%zx\n", ((struct site *)found->pdata[i])->offset);
	output = run(argv, input->str, &status);
	lines = g_strsplit(output, "\n", -1);
	if (g_strv_length(lines) < 3 * found->len)
		die("%s: no lines", mutate.elf);
	for (guint i = 0; i < found->len; i++) {
		struct site *site = found->pdata[i];
		char *file = strstr(lines[3 * i + 2], "/guest/"), *colon = strrchr(lines[3 * i + 2], ':');

		if (!file || !colon || colon < file)
			continue;
		site->function = g_strdup(lines[3 * i + 1]);
		site->line = strtoul(colon + 1, NULL, 10);
		*colon = '\0';
		site->file = g_strdup(file + 1);
		g_ptr_array_add(mutate.sites, site);
	}
}

static void find_sites(char **functions)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new(), chosen = g_ptr_array_new();

	mutate.sites = g_ptr_array_new();
	for (size_t offset = 0x1000; offset + 4 <= mutate.size; offset += 4) {
		struct site *site;
		uint32_t insn;
		char *op;

		memcpy(&insn, mutate.image + offset, 4);
		op = op_name(insn);
		if (!op)
			continue;
		site = g_new0(struct site, 1);
		site->offset = offset;
		site->op = op;
		g_ptr_array_add(found, site);
	}
	locate(found);
	if (!*functions)
		return;
	for (guint i = 0; i < mutate.sites->len; i++)
		if (g_strv_contains((const char *const *)functions, ((struct site *)mutate.sites->pdata[i])->function))
			g_ptr_array_add(chosen, mutate.sites->pdata[i]);
	g_ptr_array_set_size(mutate.sites, 0);
	g_ptr_array_extend(mutate.sites, chosen, NULL, NULL);
}

/*
 * ---- The list of what cannot be caught.
 */

static guint class_of(const char *name, const char *entry)
{
	for (guint i = 0; classes[i]; i++)
		if (g_strcmp0(classes[i], name) == 0)
			return i;
	die("[%s]: class is data, register, instruction, translation or order", entry);
}

static void read_entries(const char *path)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) groups = NULL;

	if (!g_key_file_load_from_file(file, path, 0, &error))
		die("%s: %s", path, error->message);
	mutate.entries = g_ptr_array_new();
	groups = g_key_file_get_groups(file, NULL);
	for (char **group = groups; *group; group++) {
		g_auto(GStrv) parts = g_strsplit(*group, ": ", 3);
		g_autofree char *class = g_key_file_get_string(file, *group, "class", NULL);
		struct entry *entry = g_new0(struct entry, 1);
		char *equivalent = g_key_file_get_string(file, *group, "equivalent", NULL);
		char *unseen = g_key_file_get_string(file, *group, "unseen", NULL);

		if (g_strv_length(parts) != 3 || !equivalent == !unseen)
			die("%s: [%s]: wants [function: instruction: words of its comment] and either equivalent=why "
			    "or "
			    "unseen=why",
				path, *group);
		*entry = (struct entry){g_strdup(*group), g_strdup(parts[0]), g_strdup(parts[1]), g_strdup(parts[2]),
			equivalent ?: unseen, class_of(class, *group), equivalent ? EQUIVALENT : UNSEEN, 0};
		g_ptr_array_add(mutate.entries, entry);
	}
}

/* The lines that lead to the instruction, as one: its comment is among them. */
static char *comment_at(const struct site *site)
{
	g_autofree char *text = NULL, *words = NULL;
	g_auto(GStrv) lines = NULL, all = NULL;
	GString *out = g_string_new(" ");

	if (!g_file_get_contents(site->file, &text, NULL, NULL))
		die("%s: the sources of the image are not here", site->file);
	lines = g_strsplit(text, "\n", -1);
	for (guint i = site->line > 7 ? site->line - 7 : 0; i < site->line && i < g_strv_length(lines); i++)
		g_string_append_printf(out, "%s ", lines[i]);
	words = g_string_free(out, FALSE);
	all = g_strsplit_set(words, " \t*", -1);
	out = g_string_new(" ");
	for (char **word = all; *word; word++)
		if (**word)
			g_string_append_printf(out, "%s ", *word);
	return g_string_free(out, FALSE);
}

static void match_entries(void)
{
	for (guint i = 0; i < mutate.sites->len; i++) {
		struct site *site = mutate.sites->pdata[i];
		g_autofree char *comment = comment_at(site);

		for (guint j = 0; j < mutate.entries->len; j++) {
			struct entry *entry = mutate.entries->pdata[j];

			if (strcmp(entry->function, site->function) != 0 || strcmp(entry->op, site->op) != 0 ||
				!strstr(comment, entry->phrase))
				continue;
			if (site->entry)
				die("[%s] and [%s] are both about %s:%u", site->entry->name, entry->name, site->file,
					site->line);
			site->entry = entry;
			entry->used++;
		}
	}
}

/*
 * ---- Which test reaches what: QEMU says which code it has translated.
 */

static const char wrapper[] =
	"#!/bin/sh\n"
	"for word; do case $word in *run=*) echo \"$word\" >\"$MUTATE_LOG/$$.args\";; esac; done\n"
	"exec qemu-system-aarch64 \"$@\" -d in_asm -D \"$MUTATE_LOG/$$.asm\" -dfilter \"$MUTATE_RANGE\"\n";

static void add_coverage(guint machine, const char *stem)
{
	g_autofree char *args_path = g_strconcat(stem, ".args", NULL), *asm_path = g_strconcat(stem, ".asm", NULL);
	g_autofree char *args = NULL, *text = NULL, *test = NULL;
	g_autoptr(GHashTable) pcs = g_hash_table_new(NULL, NULL);
	const char *name;

	if (!g_file_get_contents(args_path, &args, NULL, NULL) || !g_file_get_contents(asm_path, &text, NULL, NULL))
		return;
	name = strstr(args, "run=") + strlen("run=");
	test = g_strndup(name, strcspn(name, " \n"));
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (g_str_has_prefix(line, "0x"))
			g_hash_table_add(pcs, GSIZE_TO_POINTER(strtoull(line, NULL, 16)));
	}
	for (guint i = 0; i < mutate.sites->len; i++) {
		struct site *site = mutate.sites->pdata[i];

		if (g_hash_table_contains(pcs, GSIZE_TO_POINTER(BASE + site->offset)))
			g_ptr_array_add(site->reached[machine], g_strdup(test));
	}
	remove(args_path);
	remove(asm_path);
}

static GPtrArray *command(const char *verb, const char *elf, guint machine)
{
	GPtrArray *argv = g_ptr_array_new();

	for (const char *const *word =
			(const char *[]){mutate.limpid, verb, "--image", elf, "--timeout", "20", "-q", NULL};
		*word; word++)
		g_ptr_array_add(argv, (char *)*word);
	for (guint i = 0; i < MACHINE_OPTIONS && machines[machine].options[i]; i++) {
		/* What caches and TLBs hold is the sanitizer's only: --initial, --initial-tlb. */
		if (strcmp(verb, "run") == 0 && g_str_has_prefix(machines[machine].options[i], "--initial"))
			i++;
		else
			g_ptr_array_add(argv, (char *)machines[machine].options[i]);
	}
	return argv;
}

static void add_patterns(GPtrArray *argv, guint machine)
{
	for (const char *const *word = patterns; *word; word++)
		g_ptr_array_add(argv, (char *)*word);
	for (const char *const *word = driver_patterns; *word && machines[machine].drivers; word++)
		g_ptr_array_add(argv, (char *)*word);
}

static char *finish(GPtrArray *argv, int *status)
{
	g_ptr_array_add(argv, NULL);
	return run((const char *const *)argv->pdata, NULL, status);
}

static void cover(guint machine)
{
	g_autofree char *qemu = g_build_filename(mutate.work, "qemu", NULL);
	g_autofree char *log = g_build_filename(mutate.work, "coverage", NULL);
	g_autofree char *range = g_strdup_printf("0x%x+0x%zx", BASE, mutate.size), *output = NULL;
	g_autoptr(GPtrArray) argv = command("run", mutate.elf, machine);
	g_autoptr(GDir) files = NULL;
	const char *file;
	int status;

	if (g_mkdir_with_parents(log, 0777) || !g_file_set_contents(qemu, wrapper, -1, NULL) || chmod(qemu, 0755))
		die("%s cannot be written", mutate.work);
	g_setenv("MUTATE_LOG", log, TRUE);
	g_setenv("MUTATE_RANGE", range, TRUE);
	for (const char *const *word = (const char *[]){"--jobs", "2", "--qemu", qemu, NULL}; *word; word++)
		g_ptr_array_add(argv, (char *)*word);
	add_patterns(argv, machine);
	for (guint i = 0; i < mutate.sites->len; i++)
		((struct site *)mutate.sites->pdata[i])->reached[machine] = g_ptr_array_new();
	output = finish(argv, &status);
	if (status)
		die("%s: the tests fail as they are:\n%s", machines[machine].name, output);
	files = g_dir_open(log, 0, NULL);
	while (files && (file = g_dir_read_name(files)))
		if (g_str_has_suffix(file, ".args")) {
			g_autofree char *stem = g_strndup(file, strlen(file) - strlen(".args"));
			g_autofree char *path = g_build_filename(log, stem, NULL);

			add_coverage(machine, path);
		}
}

static void check_original(guint machine)
{
	g_autoptr(GPtrArray) argv = command("check", mutate.elf, machine);
	g_autofree char *output = NULL;
	int status;

	g_ptr_array_add(argv, (char *)"--together");
	add_patterns(argv, machine);
	output = finish(argv, &status);
	if (status)
		die("%s: the sanitizer finds something as it is:\n%s", machines[machine].name, output);
}

/*
 * What a machine with firmware says of @elf, at EL1 or EL2: the firmware is checked as well. With a GICv2 nothing else
 * synchronizes on the way from the firmware's EL2 to ours.
 */
static char *check_firmware(const char *elf, const char *el, int *status)
{
	const char *const words[] = {mutate.limpid, "check", "--image", elf, "--timeout", "60", "-q", "--initial",
		"clean", "--boot", "efi", "--cpus", "2", "--el", el, "--gic", *el == '2' ? "2" : "3", "--together",
		"boot", "info", "mmu"};
	g_autoptr(GPtrArray) argv = g_ptr_array_new();

	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		g_ptr_array_add(argv, (char *)words[i]);
	return finish(argv, status);
}

static const char *const firmware_els[] = {"1", "2"};

static void check_original_with_firmware(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(firmware_els); i++) {
		int status;
		g_autofree char *output = check_firmware(mutate.elf, firmware_els[i], &status);

		if (status)
			die("with firmware the sanitizer finds something as it is:\n%s", output);
	}
}

/*
 * ---- One mutant.
 */

/* The kind of the first finding, or "a test". */
static char *catcher(const char *output)
{
	g_autoptr(GRegex) regex = g_regex_new("^(?:error|warning): ([a-z-]+):", G_REGEX_MULTILINE, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;

	return g_regex_match(regex, output, 0, &match) ? g_match_info_fetch(match, 1) : g_strdup("a test that fails");
}

static gboolean is_caught(struct site *site, const char *elf, guint machine)
{
	g_autoptr(GPtrArray) argv = command("check", elf, machine);
	g_autofree char *output = NULL;
	int status;

	if (!site->reached[machine]->len)
		return FALSE;
	g_ptr_array_add(argv, (char *)"--together");
	g_ptr_array_extend(argv, site->reached[machine], NULL, NULL);
	output = finish(argv, &status);
	if (!status)
		return FALSE;
	if (status != 1 && status != 6)
		die("%s:%u: limpid check exits with %d:\n%s", site->file, site->line, status, output);
	site->by = catcher(output);
	return TRUE;
}

/*
 * What no machine above reaches, or catches, one with firmware may: that has the image elsewhere, so nobody knows which
 * test reaches what.
 */
static gboolean is_caught_by_firmware(struct site *site, const char *elf)
{
	for (guint i = 0; i < MACHINES && site->entry && site->entry->fate == EQUIVALENT; i++)
		if (site->reached[i]->len)
			return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(firmware_els); i++) {
		int status;
		g_autofree char *output = check_firmware(elf, firmware_els[i], &status);

		if (status && status != 1 && status != 6)
			die("%s:%u: limpid check exits with %d:\n%s", site->file, site->line, status, output);
		if (!status)
			continue;
		site->by = catcher(output);
		return TRUE;
	}
	return FALSE;
}

static void judge(struct site *site, gboolean caught)
{
	const struct entry *entry = site->entry;

	site->fate = caught ? CAUGHT : entry ? entry->fate : SURVIVED;
	site->lies = caught && entry;
	/* What catches it says what it was for. */
	site->class = entry                                           ? entry->class
		      : site->by && strstr(site->by, "register")      ? 1
		      : strncmp(site->op, "ic", 2) == 0               ? 2
		      : strncmp(site->op, "tlbi", 4) == 0             ? 3
		      : !strcmp(site->function, "pgtable_invalidate") ? 3
								      : 0;
}

static void print_site(const struct site *site)
{
	printf("%-12s %-10s %s (%s:%u)%s%s%s%s\n", fate_names[site->fate], site->op, site->function, site->file,
		site->line, site->by ? ": " : "", site->by ? site->by : "",
		site->fate == EQUIVALENT || site->fate == UNSEEN ? ": " : "",
		site->fate == EQUIVALENT || site->fate == UNSEEN ? site->entry->reason : "");
	if (site->lies)
		printf("    and is listed as %s: [%s] can go\n", fate_names[site->entry->fate], site->entry->name);
	fflush(stdout);
}

static void run_mutant(gpointer data, gpointer unused)
{
	struct site *site = data;
	g_autofree char *stem = g_strdup_printf("%s/%zx", mutate.work, site->offset);
	g_autofree char *elf = g_strconcat(stem, ".elf", NULL), *img = g_strconcat(stem, ".img", NULL), *bytes = NULL;
	uint32_t nop = NOP;
	gboolean caught = FALSE;

	(void)unused;
	bytes = g_memdup2(mutate.image, mutate.size);
	memcpy(bytes + site->offset, &nop, 4);
	/* The command finds the image by the name of the file with the symbols, which stays as it is. */
	remove(elf);
	if (!g_file_set_contents(img, bytes, mutate.size, NULL) || symlink(mutate.elf, elf))
		die("%s cannot be written", img);
	for (guint i = 0; i < MACHINES && !caught; i++)
		caught = is_caught(site, elf, i);
	caught = caught || is_caught_by_firmware(site, elf);
	remove(elf);
	remove(img);
	g_mutex_lock(&mutate.lock);
	judge(site, caught);
	print_site(site);
	g_mutex_unlock(&mutate.lock);
}

/*
 * ---- All of it.
 */

static gboolean summarize(gboolean all)
{
	guint counts[G_N_ELEMENTS(classes)][FATES] = {{0}}, sums[FATES] = {0};
	gboolean good = TRUE;

	for (guint i = 0; i < mutate.sites->len; i++) {
		const struct site *site = mutate.sites->pdata[i];

		counts[site->class][site->fate]++;
		sums[site->fate]++;
		good = good && site->fate != SURVIVED && !site->lies;
	}
	for (guint i = 0; all && i < mutate.entries->len; i++) {
		const struct entry *entry = mutate.entries->pdata[i];

		if (entry->used)
			continue;
		printf("[%s] is about no instruction of the image\n", entry->name);
		good = FALSE;
	}
	printf("\n%-12s %8s %11s %13s %9s\n", "side", "caught", "equivalent", "not seen yet", "survived");
	for (guint i = 0; classes[i]; i++)
		printf("%-12s %8u %11u %13u %9u\n", classes[i], counts[i][0], counts[i][1], counts[i][2], counts[i][3]);
	printf("%-12s %8u %11u %13u %9u\n", "all", sums[0], sums[1], sums[2], sums[3]);
	return good;
}

int main(int argc, char **argv)
{
	g_autofree char *img = NULL;
	GThreadPool *pool;
	gint64 began = g_get_monotonic_time();

	if (argc < 5) {
		fprintf(stderr, "usage: mutate LIMPID IMAGE.elf WORK-DIR CONF [FUNCTION...]\n");
		return 2;
	}
	mutate.limpid = argv[1];
	mutate.elf = g_canonicalize_filename(argv[2], NULL);
	mutate.work = g_canonicalize_filename(argv[3], NULL);
	g_mkdir_with_parents(mutate.work, 0777);
	img = g_strdup_printf("%.*s.img", (int)(strlen(mutate.elf) - strlen(".elf")), mutate.elf);
	if (!g_file_get_contents(img, &mutate.image, &mutate.size, NULL))
		die("%s cannot be read: build it with make", img);
	find_sites(argv + 5);
	read_entries(argv[4]);
	match_entries();
	for (guint i = 0; i < MACHINES; i++) {
		cover(i);
		check_original(i);
	}
	check_original_with_firmware();
	pool = g_thread_pool_new(run_mutant, NULL, JOBS, TRUE, NULL);
	for (guint i = 0; i < mutate.sites->len; i++)
		g_thread_pool_push(pool, mutate.sites->pdata[i], NULL);
	g_thread_pool_free(pool, FALSE, TRUE);

	gboolean good = summarize(argc == 5);

	printf("%u mutants, %" G_GINT64_FORMAT " seconds\n", mutate.sites->len,
		(g_get_monotonic_time() - began) / G_USEC_PER_SEC);
	return good ? 0 : 1;
}
