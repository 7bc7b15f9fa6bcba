/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "machine.h"
#include "text.h"

#define DEFAULT_MEM_MIB 256

/* Where distributions keep firmware for QEMU's virt machine; the first that is there is taken. */
static const char *const edk2_paths[] = {
	"/usr/share/qemu-efi-aarch64/QEMU_EFI.fd", /* Debian, Ubuntu */
	"/usr/share/edk2/aarch64/QEMU_EFI.fd",     /* Fedora, Arch */
	"/usr/share/qemu/edk2-aarch64-code.fd",    /* QEMU's own, also */
	"/usr/local/share/qemu/edk2-aarch64-code.fd",
	"/opt/homebrew/share/qemu/edk2-aarch64-code.fd",
	NULL,
};
static const char *const uboot_paths[] = {
	"/usr/lib/u-boot/qemu_arm64/u-boot.bin",  /* Debian, Ubuntu */
	"/usr/share/uboot/qemu_arm64/u-boot.bin", /* Fedora */
	NULL,
};

static gboolean refuse(GError **error, const char *why)
{
	g_set_error_literal(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE, why);
	return FALSE;
}

static gboolean needs(const GPtrArray *tests, const char *word)
{
	for (guint i = 0; i < tests->len; i++)
		if (text_has_word(((const struct test *)tests->pdata[i])->needs, ' ', word))
			return TRUE;
	return FALSE;
}

/* The first path that is there, or the first one at all: its absence is reported later, with a remedy. */
static char *first_readable(const char *const *paths)
{
	for (const char *const *p = paths; *p; p++)
		if (access(*p, R_OK) == 0)
			return g_strdup(*p);
	return g_strdup(paths[0]);
}

/* QEMU refuses a machine with tag memory whose CPU has no use for it; such a CPU's tests skip. */
static gboolean has_mte(const char *cpu)
{
	static const char *const models[] = {"max", "cortex-a710", "neoverse-n2"};

	for (guint i = 0; cpu && i < G_N_ELEMENTS(models); i++) {
		gsize len = strlen(models[i]);

		if (strncmp(cpu, models[i], len) == 0 && (cpu[len] == '\0' || cpu[len] == ','))
			return TRUE;
	}
	return !cpu;
}

/* Physical addresses of 52 bits: QEMU refuses to put RAM where its CPU does not reach. */
static gboolean has_lpa(const char *cpu)
{
	return !cpu || strcmp(cpu, "max") == 0 || g_str_has_prefix(cpu, "max,");
}

static gboolean choose_boot(struct machine *m, const struct settings *s, const GPtrArray *tests, GError **error)
{
	const char *boot = settings_text(s, "boot"), *firmware = settings_text(s, "firmware");
	const char *hw = settings_text(s, "hw");

	m->boot = strcmp(boot, "direct") == 0 ? BOOT_DIRECT : strcmp(boot, "efi") == 0 ? BOOT_EFI : BOOT_DISK;
	m->acpi = strcmp(hw, "acpi") == 0;
	m->hw_chosen = settings_is_chosen(s, "hw");
	/* What a test needs counts only where the user has not chosen; he who has gets a skip with the reason. */
	if (!settings_is_chosen(s, "boot") && !firmware) {
		if (needs(tests, "acpi") && !m->hw_chosen)
			m->acpi = TRUE;
		if (m->acpi || needs(tests, "efi"))
			m->boot = BOOT_EFI;
	}
	if (!firmware)
		m->firmware = m->boot == BOOT_DIRECT ? FIRMWARE_NONE : FIRMWARE_EDK2;
	else if (strcmp(firmware, "edk2") == 0)
		m->firmware = FIRMWARE_EDK2;
	else if (strcmp(firmware, "u-boot") == 0)
		m->firmware = FIRMWARE_UBOOT;
	else
		m->firmware = FIRMWARE_FILE;
	/* --firmware edk2 or --hw acpi alone says enough. */
	if (m->boot == BOOT_DIRECT && !settings_is_chosen(s, "boot") && m->firmware == FIRMWARE_EDK2)
		m->boot = BOOT_EFI;
	if (m->boot == BOOT_DIRECT && m->acpi)
		return refuse(error, "--hw acpi needs firmware that makes the tables: use --boot efi or --boot disk");
	if (m->boot == BOOT_DIRECT && m->firmware == FIRMWARE_EDK2)
		return refuse(error, "EDK2 starts UEFI applications only: use --boot efi or --boot disk with it");
	if (m->firmware == FIRMWARE_UBOOT && m->acpi)
		return refuse(
			error, "U-Boot hands over a device tree, no ACPI tables: use --firmware edk2 with --hw acpi");
	switch (m->firmware) {
	case FIRMWARE_NONE:
		break;
	case FIRMWARE_EDK2:
		m->firmware_path = first_readable(edk2_paths);
		break;
	case FIRMWARE_UBOOT:
		m->firmware_path = first_readable(uboot_paths);
		break;
	case FIRMWARE_FILE:
		m->firmware_path = g_strdup(firmware);
		if (access(firmware, R_OK) == 0)
			break;
		g_set_error(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE,
			"--firmware: '%s' is neither edk2 nor u-boot nor a file that can be read", firmware);
		return FALSE;
	}
	return TRUE;
}

static gboolean choose_cpus(struct machine *m, const struct settings *s, const GPtrArray *tests, GError **error)
{
	const char *el = settings_text(s, "el"), *virtualization = settings_text(s, "virtualization");
	const char *gic = settings_text(s, "gic"), *cpu = settings_text(s, "cpu");
	gboolean tcg;
	guint cpus = 1, mem_mib = DEFAULT_MEM_MIB;

	m->accel = g_strdup(settings_text(s, "accel"));
	tcg = strcmp(m->accel, "tcg") == 0;
	for (guint i = 0; i < tests->len; i++) {
		const struct test *t = tests->pdata[i];

		cpus = MAX(cpus, t->cpus);
		mem_mib = MAX(mem_mib, t->mem_mib);
		m->restarts |= (t->flags & TEST_ENDS) != 0;
	}
	m->cpus = settings_uint(s, "cpus", cpus);
	m->mem_mib = settings_mib(s, "mem", mem_mib);

	m->el = el ? el[0] - '0' : 0;
	if (virtualization)
		m->el2 = strcmp(virtualization, "on") == 0;
	else
		m->el2 = m->el == 2 || (!el && tcg && (needs(tests, "el2") || needs(tests, "vhe")));
	if (m->el == 2 && !m->el2)
		return refuse(error, "--el 2 needs a machine with EL2: not --virtualization off");

	if (gic)
		m->gic = gic[0] - '0';
	else if (needs(tests, "gicv2"))
		m->gic = 2;
	else if (needs(tests, "gicv3") || tcg)
		m->gic = 3;
	if (m->gic == 2 && m->cpus > 8)
		return refuse(error, "a GICv2 serves at most 8 CPUs: use --gic 3, or fewer --cpus");

	m->migration = needs(tests, "migration") && strcmp(settings_text(s, "migration"), "on") == 0;
	m->mte = tcg && needs(tests, "mte") && has_mte(cpu);
	m->far_ram = tcg && needs(tests, "lpa") && has_lpa(cpu);
	/* pauth-impdef: QEMU's default algorithm for pointer authentication takes half of the time of a run. */
	m->cpu = g_strdup(cpu ? cpu : tcg ? "max,pauth-impdef=on" : "host");
	return TRUE;
}

/* An accelerator executes instructions without counting them: takes "-icount VALUE" out of a test's words. */
static void drop_icount(char **words)
{
	char **to = words;

	for (char **from = words; *from; from++) {
		if (strcmp(*from, "-icount") == 0 && from[1]) {
			g_free(*from++);
			g_free(*from);
		} else {
			*to++ = *from;
		}
	}
	*to = NULL;
}

static gboolean choose_extra(struct machine *m, const struct settings *s, const GPtrArray *tests, GError **error)
{
	const GPtrArray *user = settings_values(s, "qemu-arg");
	g_autoptr(GPtrArray) texts = g_ptr_array_new();
	guint of_tests;

	for (guint i = 0; i < tests->len; i++) {
		const char *text = ((const struct test *)tests->pdata[i])->qemu;
		gboolean again = FALSE;

		for (guint j = 0; j < texts->len; j++)
			again |= strcmp(texts->pdata[j], text) == 0;
		if (*text && !again)
			g_ptr_array_add(texts, (char *)text);
	}
	of_tests = texts->len;
	for (guint i = 0; i < user->len; i++)
		g_ptr_array_add(texts, ((struct value *)user->pdata[i])->text);
	for (guint i = 0; i < texts->len; i++) {
		g_auto(GStrv) words = NULL;
		g_autoptr(GError) bad = NULL;

		if (strspn(texts->pdata[i], " ") == strlen(texts->pdata[i]))
			continue;
		if (!g_shell_parse_argv(texts->pdata[i], NULL, &words, &bad)) {
			g_set_error(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE, "QEMU arguments '%s': %s",
				(char *)texts->pdata[i], bad->message);
			return FALSE;
		}
		if (strcmp(m->accel, "tcg") != 0 && i < of_tests)
			drop_icount(words);
		for (char **w = words; *w; w++)
			g_ptr_array_add(m->extra, g_strdup(*w));
	}
	return TRUE;
}

static void choose_page(struct machine *m, const struct settings *s, const GPtrArray *tests)
{
	/* Where there are 4 KiB pages the guest uses them unasked. */
	static const char *const sizes[] = {"16k", "64k"};
	const char *page = settings_text(s, "page");

	for (guint i = 0; !page && i < G_N_ELEMENTS(sizes); i++)
		if (needs(tests, sizes[i]))
			page = sizes[i];
	m->page = g_strdup(page);
}

struct machine *machine_new(const struct settings *s, const GPtrArray *tests, GError **error)
{
	struct machine *m = g_new0(struct machine, 1);

	m->extra = g_ptr_array_new_with_free_func(g_free);
	m->qemu = g_strdup(settings_text(s, "qemu"));
	choose_page(m, s, tests);
	if (choose_boot(m, s, tests, error) && choose_cpus(m, s, tests, error) && choose_extra(m, s, tests, error))
		return m;
	machine_free(m);
	return NULL;
}

void machine_free(struct machine *m)
{
	if (!m)
		return;
	g_free(m->firmware_path);
	g_free(m->qemu);
	g_free(m->accel);
	g_free(m->cpu);
	g_free(m->page);
	g_ptr_array_unref(m->extra);
	g_free(m);
}

/* The number of CPUs and the size of RAM are no part of it: the most that any of the tests needs suits all. */
char *machine_key(const struct machine *m)
{
	GString *key = g_string_new(NULL);

	g_string_append_printf(key, "%d %d %d %d %d %d %d %u %s", m->boot, m->acpi, m->el2, m->mte, m->far_ram,
		m->restarts, m->migration, m->gic, m->page ?: "");
	for (guint i = 0; i < m->extra->len; i++)
		g_string_append_printf(key, "\n%s", (char *)m->extra->pdata[i]);
	return g_string_free(key, FALSE);
}

gboolean machine_check_files(const struct machine *m, GError **error)
{
	const char *package = m->firmware == FIRMWARE_UBOOT ? "u-boot-qemu" : "qemu-efi-aarch64";

	if (!m->firmware_path || access(m->firmware_path, R_OK) == 0)
		return TRUE;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
		"no firmware at %s: install the package %s, or name a file with --firmware FILE", m->firmware_path,
		package);
	return FALSE;
}

/* Does -cpu name a CPU that can run a kernel at EL2 (FEAT_VHE)? Only of some we know that it cannot. */
static gboolean stays_at_el2(const struct machine *m)
{
	static const char *const drop[] = {"cortex-a35", "cortex-a53", "cortex-a57", "cortex-a72"};

	for (guint i = 0; i < G_N_ELEMENTS(drop); i++)
		if (g_str_has_prefix(m->cpu, drop[i]))
			return FALSE;
	return TRUE;
}

/* Under -icount QEMU's clock advances by 1 << shift nanoseconds an instruction, and the CPUs that it emulates have a
 * cycle each. 0: it does not count, or not by a fixed shift. */
static guint cycles_per_instruction(const struct machine *m)
{
	guint cycles = 0;

	for (guint i = 0; i + 1 < m->extra->len; i++) {
		const char *value = m->extra->pdata[i + 1];
		guint64 shift;

		if (strcmp(m->extra->pdata[i], "-icount") != 0)
			continue;
		if (g_str_has_prefix(value, "shift="))
			value += strlen("shift=");
		shift = g_ascii_strtoull(value, NULL, 10);
		cycles = g_ascii_isdigit(*value) && shift <= 10 ? 1u << shift : 0;
	}
	return cycles;
}

char *machine_bootargs(const struct machine *m, const char *patterns)
{
	GString *args = g_string_new("run=");
	const char *hw = m->acpi ? "acpi" : "dt";
	/* Without EL2 there is only EL1; with it the guest says where it is unless it was told. */
	guint el = m->el == 2 && !stays_at_el2(m) ? 1 : m->el ? m->el : m->el2 ? 0 : 1;
	gboolean tcg = strcmp(m->accel, "tcg") == 0;

	g_string_append(args, patterns);
	if (m->page)
		g_string_append_printf(args, " page=%s", m->page);
	/* All CPUs that QEMU emulates have 4 KiB pages, which are the guest's first choice. */
	if (m->page || tcg)
		g_string_append_printf(args, " expect.page=%s", m->page ? m->page : "4k");
	if (m->el)
		g_string_append_printf(args, " el=%u", m->el);
	if (m->hw_chosen)
		g_string_append_printf(args, " hw=%s", hw);
	g_string_append_printf(args, " expect.cpus=%u expect.mem=%u", m->cpus, m->mem_mib);
	if (el && tcg)
		g_string_append_printf(args, " expect.el=%u", el);
	if (m->gic)
		g_string_append_printf(args, " expect.gic=%u", m->gic);
	if (tcg)
		g_string_append(args, " tcg=1");
	if (cycles_per_instruction(m))
		g_string_append_printf(args, " expect.cpi=%u", cycles_per_instruction(m));
	g_string_append_printf(args, " expect.hw=%s expect.boot=%s", hw, m->boot == BOOT_DIRECT ? "linux" : "efi");
	return g_string_free(args, FALSE);
}

enum medium machine_medium(const struct machine *m, const char *bootargs)
{
	if (m->boot == BOOT_DISK || (m->boot == BOOT_EFI && m->firmware == FIRMWARE_UBOOT))
		return MEDIUM_ESP;
	if (m->boot == BOOT_DIRECT && m->firmware == FIRMWARE_UBOOT && strlen(bootargs) <= DISK_EXTLINUX_MAX)
		return MEDIUM_ESP_EXTLINUX;
	return MEDIUM_KERNEL;
}

/* In QEMU's option lists a comma ends a value; two stand for one. */
static char *double_commas(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);

	return g_strjoinv(",,", parts);
}

static void G_GNUC_NULL_TERMINATED add(GPtrArray *argv, ...)
{
	va_list args;
	const char *word;

	va_start(args, argv);
	while ((word = va_arg(args, const char *)))
		g_ptr_array_add(argv, g_strdup(word));
	va_end(args);
}

static char *machine_type(const struct machine *m)
{
	GString *type = g_string_new("virt");

	if (m->gic)
		g_string_append_printf(type, ",gic-version=%u", m->gic);
	else
		g_string_append(type, ",gic-version=max");
	if (m->el2)
		g_string_append(type, ",virtualization=on");
	if (m->mte)
		g_string_append(type, ",mte=on");
	/* QEMU puts its high windows above all RAM, where firmware does not reach. */
	if (m->far_ram)
		g_string_append(type, ",highmem-ecam=off,highmem-mmio=off");
	/* With the tables there EDK2 hides the device tree. */
	if (m->boot != BOOT_DIRECT && !m->acpi)
		g_string_append(type, ",acpi=off");
	return g_string_free(type, FALSE);
}

GPtrArray *machine_argv(const struct machine *m, const char *img, const char *bootargs, const char *disk, gboolean gdb)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *type = machine_type(m);
	g_autofree char *cpus = g_strdup_printf("%u", m->cpus);
	g_autofree char *mem = g_strdup_printf("%u%s", m->mem_mib, m->far_ram ? ",slots=1,maxmem=300T" : "");

	add(argv, m->qemu, "-nodefaults", "-no-user-config", "-M", type, "-cpu", m->cpu, "-accel", m->accel, "-smp",
		cpus, "-m", mem, "-display", "none", "-serial", "stdio", "-monitor", "none", NULL);
	/* A reset that no test announced is the end of what can be believed. */
	if (!m->restarts)
		add(argv, "-no-reboot", NULL);
	/* As a ROM, which QEMU loads and never writes: machines that run at once share no writable file. */
	if (m->firmware_path)
		add(argv, "-bios", m->firmware_path, NULL);
	if (machine_medium(m, bootargs) == MEDIUM_KERNEL) {
		add(argv, "-kernel", img, "-append", bootargs, NULL);
	} else {
		g_autofree char *path = double_commas(disk);
		g_autofree char *drive = g_strdup_printf("if=none,id=esp,format=raw,readonly=on,file=%s", path);

		add(argv, "-drive", drive, "-device", "virtio-blk-pci,drive=esp", NULL);
		/* EDK2 waits some seconds for somebody who wants its menu. */
		if (m->firmware == FIRMWARE_EDK2)
			add(argv, "-boot", "menu=on,splash-time=0", NULL);
	}
	/* Just as far above 48 bits as the rest begins above 0. No more memory is used than is written. */
	if (m->far_ram)
		add(argv, "-object", "memory-backend-ram,id=far,size=1G,reserve=off", "-device",
			"virtio-mem-pci,memdev=far,memaddr=0x1000040000000", NULL);
	for (guint i = 0; i < m->extra->len; i++)
		add(argv, m->extra->pdata[i], NULL);
	if (gdb)
		add(argv, "-s", "-S", NULL);
	g_ptr_array_add(argv, NULL);
	return argv;
}
