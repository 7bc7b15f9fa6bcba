/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The measurements: prints one "NAME VALUE" a line. Numbers of instructions are exact, counted under -icount; times are
 * ratios of two things that were timed in turns in this very run, the median of each, because no machine is quiet.
 *
 *   boot.instructions.NMiB         direct boot, from the entry point to the first test
 *   mmu_off_on.instructions.NMiB   mmu_disable() and mmu_enable() together
 *   suite.direct.ratio             the whole suite at -j2, a VM a test, over (number of VMs x an empty QEMU start) / 2
 *   suite.efi_together.ratio       the whole suite in one boot of EDK2, over EDK2 starting an empty application
 *
 * Usage: bench LIMPID EMPTY-IMAGE [ROUNDS]
 */
#include <gio/gio.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_ROUNDS 5

static const char *limpid, *empty_image;

/* Runs a program to its end; its standard output, which must not be ignored when it failed. */
static char *run(const char *const *argv, gboolean any_status)
{
	GError *error = NULL;
	GSubprocess *child = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
	char *output = NULL;

	if (!child || !g_subprocess_communicate_utf8(child, NULL, NULL, &output, NULL, &error)) {
		fprintf(stderr, "bench: %s: %s\n", argv[0], error->message);
		exit(3);
	}
	if (!any_status && !g_subprocess_get_successful(child)) {
		fprintf(stderr, "bench: %s failed:\n%s", argv[0], output);
		exit(1);
	}
	g_object_unref(child);
	return output;
}

/* Seconds that a program takes. */
static double seconds(const char *const *argv)
{
	gint64 start = g_get_monotonic_time();

	g_free(run(argv, FALSE));
	return (g_get_monotonic_time() - start) / 1e6;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, int count)
{
	qsort(values, count, sizeof(*values), compare_doubles);
	return values[count / 2];
}

/* The guest's line "bench NAME VALUE ns". */
static void print_instructions(const char *name, int mib)
{
	g_autofree char *mem = g_strdup_printf("%d", mib), *test = g_strdup_printf("bench.%s", name);
	g_autofree char *prefix = g_strdup_printf("bench %s ", name);
	const char *argv[] = {
		limpid, "run", test, "--mem", mem, "--cpus", "1", "--qemu-arg=-icount", "--qemu-arg=shift=0", NULL};
	g_autofree char *output = run(argv, FALSE);
	const char *found = strstr(output, prefix);

	if (!found) {
		fprintf(stderr, "bench: no \"%s\" in:\n%s", prefix, output);
		exit(1);
	}
	printf("%s.instructions.%dMiB %llu\n", name, mib, strtoull(found + strlen(prefix), NULL, 10));
	fflush(stdout);
}

static int count_tests(void)
{
	const char *argv[] = {limpid, "list", "--json", NULL};
	g_autofree char *output = run(argv, FALSE);
	int lines = 0;

	for (const char *p = output; *p; p++)
		lines += *p == '\n';
	return lines;
}

/* What empty and suite take, in turns. */
static double ratio(const char *const *suite, const char *const *empty, int empties, int rounds)
{
	g_autofree double *a = g_new(double, rounds), *b = g_new(double, rounds *empties);

	for (int i = 0; i < rounds; i++) {
		for (int j = 0; j < empties; j++)
			b[i * empties + j] = seconds(empty);
		a[i] = seconds(suite);
	}
	return median(a, rounds) / median(b, rounds * empties);
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: bench LIMPID EMPTY-IMAGE [ROUNDS]\n");
		return 2;
	}
	limpid = argv[1];
	empty_image = argv[2];

	int rounds = argc > 3 ? atoi(argv[3]) : DEFAULT_ROUNDS;

	print_instructions("boot", 128);
	print_instructions("boot", 2048);
	print_instructions("boot", 8192);
	print_instructions("mmu_off_on", 128);
	print_instructions("mmu_off_on", 8192);

	const char *direct[] = {limpid, "run", "-j2", NULL};
	const char *together[] = {limpid, "run", "--boot", "efi", "--firmware", "edk2", "--together", NULL};
	/* The same machine as the suite's. */
	const char *empty[] = {"qemu-system-aarch64", "-nodefaults", "-no-user-config", "-machine",
		"virt,gic-version=3", "-cpu", "max,pauth-impdef=on", "-accel", "tcg", "-smp", "1", "-m", "128M",
		"-display", "none", "-serial", "null", "-monitor", "none", "-no-reboot", "-kernel", empty_image, NULL};
	const char *empty_efi[] = {"qemu-system-aarch64", "-nodefaults", "-no-user-config", "-machine",
		"virt,gic-version=3", "-cpu", "max,pauth-impdef=on", "-accel", "tcg", "-smp", "2", "-m", "256M",
		"-display", "none", "-serial", "null", "-monitor", "none", "-no-reboot", "-bios",
		"/usr/share/qemu-efi-aarch64/QEMU_EFI.fd", "-kernel", empty_image, NULL};

	printf("suite.direct.ratio %.2f\n", ratio(direct, empty, 4, rounds) * 2 / count_tests());
	fflush(stdout);
	printf("suite.efi_together.ratio %.2f\n", ratio(together, empty_efi, 1, rounds));
	return 0;
}
