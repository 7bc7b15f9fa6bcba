/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From options and needs to QEMU's command line; and the schedule. */
#include <string.h>

#include "../catalog.h"
#include "../machine.h"
#include "../schedule.h"
#include "../text.h"

static const struct option table[] = {MACHINE_OPTIONS, {NULL}};

static struct machine *make(const char *options, const char *needs, GError **error)
{
	struct settings *s = settings_new(table);
	g_auto(GStrv) argv = g_strsplit(options, " ", -1);
	g_autoptr(GPtrArray) operands = g_ptr_array_new_with_free_func(g_free), tests = g_ptr_array_new();
	struct test test = {.name = "a.b", .needs = (char *)needs, .qemu = "-device 'x y'", .cpus = 1};
	struct machine *m;

	if (strstr(needs, "count"))
		test.qemu = "-icount shift=3 -rtc clock=vm";
	if (strstr(needs, "cpus4"))
		test.cpus = 4;
	g_ptr_array_add(tests, &test);
	if (!*options)
		g_clear_pointer(&argv[0], g_free);
	g_assert_true(settings_read_argv(s, argv, operands, NULL, NULL));
	m = machine_new(s, tests, error);
	settings_free(s);
	return m;
}

static void lines(void)
{
	static const struct {
		const char *options, *needs, *words, *without;
	} cases[] = {
		{"", "", "-M virt,gic-version=3 -cpu max,pauth-impdef=on -accel tcg -smp 1 -m 256 ", "-bios"},
		{"", "",
			"-kernel x.img -append 'run=a.b expect.page=4k expect.cpus=1 expect.mem=256 expect.el=1 "
			"expect.gic=3 tcg=1 "
			"expect.hw=dt expect.boot=linux' -device 'x y'",
			"disk"},
		{"", "cpus4 gicv2", "gic-version=2 -cpu max,pauth-impdef=on -accel tcg -smp 4 ", "gic-version=3"},
		{"--gic 3 --cpus 2", "cpus4 gicv2", "gic-version=3 -cpu max,pauth-impdef=on -accel tcg -smp 2 ", NULL},
		{"--el 2", "", "virtualization=on", "expect.el=1"},
		{"--el 2", "", "el=2 expect.cpus=1 expect.mem=256 expect.el=2", NULL},
		{"--el 1 --virtualization on", "", "virtualization=on", "el=2"},
		{"--el 1", "el2", "expect.el=1", "virtualization=on"},
		{"", "el2", "virtualization=on", "expect.el"},
		{"--virtualization on --cpu cortex-a57", "", "virtualization=on -cpu cortex-a57", "expect.el"},
		{"--page 16k", "", "page=16k expect.page=16k", NULL},
		{"", "64k", "page=64k expect.page=64k", NULL},
		{"", "mte", "mte=on", NULL},
		{"--accel kvm", "mte", "gic-version=max -cpu host -accel kvm", "mte=on"},
		{"", "lpa", "memaddr=0x1000040000000", NULL},
		{"--cpu max", "lpa", "highmem-ecam=off", NULL},
		{"--cpu cortex-a57", "lpa", "-cpu cortex-a57", "maxmem"},
		{"--accel kvm", "lpa", "-cpu host -accel kvm", "maxmem"},
		{"--mem 2G", "", "-m 2048", NULL},
		{"--boot efi", "", "acpi=off", "disk"},
		{"--boot efi", "", "expect.hw=dt expect.boot=efi", " hw=dt"},
		{"--boot efi --hw acpi", "", "expect.hw=acpi expect.boot=efi", "acpi=off"},
		{"--hw acpi", "", " hw=acpi ", "acpi=off"},
		{"", "acpi", "QEMU_EFI.fd -kernel", "acpi=off"},
		{"", "efi", "QEMU_EFI.fd -kernel", NULL},
		{"--boot direct", "acpi", "-kernel", "-bios"},
		{"--boot disk", "", "file=a,,b.disk -device virtio-blk-pci,drive=esp -boot menu=on", "-kernel"},
		{"--boot disk --firmware u-boot", "", "u-boot.bin -drive", "-kernel"},
		{"--boot efi --firmware u-boot", "", "u-boot.bin -drive", "-kernel"},
		{"--firmware u-boot", "", "u-boot.bin -drive", "-kernel"},
		{"--boot efi --firmware /etc/passwd", "", "-bios /etc/passwd -kernel", NULL},
		{"", "count", " tcg=1 expect.cpi=8 ", NULL},
		{"", "count", "-icount shift=3 -rtc clock=vm", NULL},
		{"--accel kvm", "count", " -rtc clock=vm", "icount"},
		{"--accel kvm", "count", " -rtc clock=vm", "expect.cpi"},
		{"--accel kvm", "count", " -rtc clock=vm", "tcg=1"},
		{"--qemu-arg -icount --qemu-arg shift=auto", "", "-icount shift=auto", "expect.cpi"},
		{"--qemu /opt/q --qemu-arg -snapshot", "", "/opt/q -nodefaults", NULL},
		{"--qemu /opt/q --qemu-arg -snapshot", "", "-device 'x y' -snapshot", NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct machine *m = make(cases[i].options, cases[i].needs, NULL);
		g_autofree char *bootargs = machine_bootargs(m, "a.b"), *line = NULL;
		g_autoptr(GPtrArray) argv = machine_argv(m, "x.img", bootargs, "a,b.disk", FALSE);

		line = text_command_line((const char *const *)argv->pdata);
		if (!strstr(line, cases[i].words))
			g_error("'%s' + '%s' gives %s, without %s", cases[i].options, cases[i].needs, line,
				cases[i].words);
		if (cases[i].without && strstr(line, cases[i].without))
			g_error("'%s' + '%s' gives %s, with %s", cases[i].options, cases[i].needs, line,
				cases[i].without);
		machine_free(m);
	}
}

static void refused(void)
{
	static const struct {
		const char *options, *words;
	} cases[] = {
		{"--boot direct --hw acpi", "use --boot efi"},
		{"--boot direct --firmware edk2", "use --boot efi"},
		{"--boot disk --firmware u-boot --hw acpi", "use --firmware edk2"},
		{"--gic 2 --cpus 9", "at most 8 CPUs"},
		{"--el 2 --virtualization off", "--virtualization off"},
		{"--qemu-arg 'x", "QEMU arguments"},
		{"--boot efi --firmware uboot", "'uboot' is neither edk2 nor u-boot nor a file"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(make(cases[i].options, "", &error));
		g_assert_true(g_error_matches(error, OPTIONS_ERROR, OPTIONS_ERROR_USAGE));
		g_assert_nonnull(strstr(error->message, cases[i].words));
	}
}

static void missing_firmware(void)
{
	g_autoptr(GError) error = NULL;
	struct machine *m = make("--boot efi", "", NULL);

	g_free(m->firmware_path);
	m->firmware_path = g_strdup("/nonexistent/FW.fd");
	g_assert_false(machine_check_files(m, &error));
	g_assert_nonnull(strstr(error->message, "/nonexistent/FW.fd: install the package qemu-efi-aarch64"));
	machine_free(m);
}

/* A long list of names does not fit into extlinux.conf. */
static void media(void)
{
	struct machine *m = make("--firmware u-boot", "", NULL);
	g_autofree char *many = g_strnfill(600, 'x');

	g_assert_cmpint(machine_medium(m, "run=a"), ==, MEDIUM_ESP_EXTLINUX);
	g_assert_cmpint(machine_medium(m, many), ==, MEDIUM_KERNEL);
	machine_free(m);
}

static guint running, widest, most, order[16], started;

static void start(void *job, void *data)
{
	guint weight = GPOINTER_TO_UINT(job);

	(void)data;
	order[started++] = weight;
	running += weight;
	widest = MAX(widest, weight);
	most = MAX(most, running);
}

static void schedule(void)
{
	static const guint weights[] = {1, 2, 1, 8, 1, 4, 3, 2};
	struct schedule *s = schedule_new(4, start, NULL);

	for (guint i = 0; i < G_N_ELEMENTS(weights); i++)
		schedule_add(s, GUINT_TO_POINTER(weights[i]), weights[i], FALSE);
	schedule_run(s);
	/* 1 + 2 + 1 fill the slots. */
	g_assert_cmpuint(started, ==, 3);
	g_assert_cmpuint(running, ==, 4);
	for (guint ended = 0; ended < G_N_ELEMENTS(weights); ended++) {
		guint weight = order[ended];

		running -= weight;
		schedule_done(s, weight);
		schedule_run(s);
		/* One that is wider than everything runs, alone. */
		g_assert_cmpuint(running, <=, 8);
		g_assert_true(running <= 4 || running == 8);
	}
	g_assert_cmpuint(started, ==, G_N_ELEMENTS(weights));
	g_assert_cmpuint(widest, ==, 8);
	g_assert_true(schedule_is_idle(s));
	schedule_free(s);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/machine/lines", lines);
	g_test_add_func("/machine/refused", refused);
	g_test_add_func("/machine/missing_firmware", missing_firmware);
	g_test_add_func("/machine/media", media);
	g_test_add_func("/machine/schedule", schedule);
	return g_test_run();
}
