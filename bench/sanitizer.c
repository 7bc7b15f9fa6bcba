/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the sanitizer costs: a boot of Linux up to its panic for want of a root file system, by QEMU alone ("plain"),
 * with a plugin that does nothing in a callback on every access ("empty"), and under the check. All three have the same
 * options, those that the check needs (-accel tcg,thread=single, RAM in a memory-backend-memfd), and one CPU.
 *
 *   sanitizer.linux.vs_plain            time of the check over that of plain
 *   sanitizer.linux.vs_empty_callback   the same over empty
 *   sanitizer.linux.memory_ratio        what the check needs beyond plain, over the RAM that the guest uses
 *
 * Time is the processor time of the whole process, user and system, each the median of ROUNDS; the three take turns,
 * so that a machine that is busy for a while is so for all of them. Memory is the peak of the resident set, also the
 * median: (check - plain) / used, where `used` are the pages of the guest's RAM that exist at the end of a run of plain
 * with its RAM in a file of /dev/shm, which can be asked.
 *
 * A run that does not come to the panic, or the check's that does not end its findings or finds something new, is no
 * measurement: the program fails.
 *
 * Usage: bench-sanitizer KERNEL CHECK-PLUGIN EMPTY-PLUGIN [ROUNDS]
 */
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_ROUNDS 5
#define RAM            "512M"
#define REACHED        "Unable to mount root fs"

struct cost {
	double seconds; /* of processor time */
	double kib;     /* peak of the resident set */
};

struct costs {
	double *seconds, *kib; /* an element a round */
};

static char *directory;

static G_GNUC_NORETURN G_GNUC_PRINTF(1, 2) void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("bench-sanitizer: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static char *read_all(const char *name)
{
	char *text;

	if (!g_file_get_contents(name, &text, NULL, NULL))
		fail("cannot read %s", name);
	return text;
}

/* Boots @kernel with its RAM in @backend and one more argument pair, or none. */
static struct cost boot(const char *kernel, const char *backend, const char *plugin)
{
	const char *argv[] = {"qemu-system-aarch64", "-nodefaults", "-no-user-config", "-machine",
		"virt,gic-version=3,memory-backend=ram", "-cpu", "cortex-a57", "-accel", "tcg,thread=single", "-smp",
		"1", "-m", RAM, "-object", backend, "-display", "none", "-monitor", "none", "-serial", "stdio",
		"-no-reboot", "-kernel", kernel, "-append", "console=ttyAMA0 panic=-1", plugin ? "-plugin" : NULL,
		plugin, NULL};
	g_autofree char *console = g_build_filename(directory, "console", NULL);
	g_autofree char *output = NULL;
	struct rusage usage;
	int status;
	pid_t child = fork();

	if (child < 0)
		fail("cannot start a process");
	if (child == 0) {
		int fd = open(console, O_WRONLY | O_CREAT | O_TRUNC, 0600), in = open("/dev/null", O_RDONLY);

		if (fd < 0 || in < 0 || dup2(in, 0) < 0 || dup2(fd, 1) < 0)
			_exit(126);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	if (wait4(child, &status, 0, &usage) != child)
		fail("cannot wait for QEMU");
	output = read_all(console);
	if (!WIFEXITED(status) || WEXITSTATUS(status) || !strstr(output, REACHED))
		fail("%s with %s did not come to \"" REACHED "\":\n%s", kernel, plugin ? plugin : "no plugin", output);
	return (struct cost){
		usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
		usage.ru_maxrss,
	};
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

/* KiB of RAM that the guest has touched at the end. */
static double ram_in_use(const char *kernel)
{
	g_autofree char *name = g_strdup_printf("/dev/shm/limpid-bench-%d", (int)getpid());
	g_autofree char *backend =
		g_strdup_printf("memory-backend-file,id=ram,share=on,size=" RAM ",mem-path=%s", name);
	int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct stat file;

	if (fd < 0)
		fail("cannot create %s", name);
	boot(kernel, backend, NULL);
	if (fstat(fd, &file) < 0)
		fail("cannot ask for the size of %s", name);
	g_unlink(name);
	close(fd);
	return file.st_blocks / 2.0;
}

static void check_findings(const char *name)
{
	g_autofree char *text = read_all(name);
	/* docs/findings.md, "Linux: __set_fixmap is executed while ftrace patches it": MOV X9, X30 for a NOP. */
	g_auto(GStrv) parts = g_strsplit(text, "\"kind\":", -1);
	guint found = g_strv_length(parts) - 1;
	gboolean known = found == 1 && strstr(parts[1], "\"stale-fetch\"") && strstr(parts[1], "\"got\":\"e9031eaa");

	if (!strstr(text, "\"end\":true") || (found && !known))
		fail("the check found something, or did not end:\n%s", text);
}

int main(int argc, char **argv)
{
	const char *backend = "memory-backend-memfd,id=ram,share=on,size=" RAM;
	enum { PLAIN, EMPTY, CHECK, WAYS };
	struct costs costs[WAYS];
	double seconds[WAYS], kib[WAYS], used;
	int rounds = argc > 4 ? atoi(argv[4]) : DEFAULT_ROUNDS;

	if (argc < 4 || rounds < 1) {
		fprintf(stderr, "usage: bench-sanitizer KERNEL CHECK-PLUGIN EMPTY-PLUGIN [ROUNDS]\n");
		return 2;
	}
	directory = g_dir_make_tmp("limpid-bench-XXXXXX", NULL);
	if (!directory)
		fail("cannot make a directory for temporary files");

	g_autofree char *console = g_build_filename(directory, "console", NULL);
	g_autofree char *findings = g_build_filename(directory, "findings", NULL);
	g_autofree char *check = g_strdup_printf("%s,findings=%s", argv[2], findings);
	const char *plugins[WAYS] = {NULL, argv[3], check};

	used = ram_in_use(argv[1]);
	for (int way = 0; way < WAYS; way++)
		costs[way] = (struct costs){g_new(double, rounds), g_new(double, rounds)};
	for (int i = 0; i < rounds; i++) {
		for (int way = 0; way < WAYS; way++) {
			struct cost cost = boot(argv[1], backend, plugins[way]);

			costs[way].seconds[i] = cost.seconds;
			costs[way].kib[i] = cost.kib;
		}
		check_findings(findings);
	}
	for (int way = 0; way < WAYS; way++) {
		seconds[way] = median(costs[way].seconds, rounds);
		kib[way] = median(costs[way].kib, rounds);
		g_free(costs[way].seconds);
		g_free(costs[way].kib);
	}
	fprintf(stderr,
		"# plain %.2f s %.0f MiB, empty callback %.2f s %.0f MiB, check %.2f s %.0f MiB; "
		"the guest uses %.0f MiB\n",
		seconds[PLAIN], kib[PLAIN] / 1024, seconds[EMPTY], kib[EMPTY] / 1024, seconds[CHECK], kib[CHECK] / 1024,
		used / 1024);
	printf("sanitizer.linux.vs_plain %.2f\n", seconds[CHECK] / seconds[PLAIN]);
	printf("sanitizer.linux.vs_empty_callback %.2f\n", seconds[CHECK] / seconds[EMPTY]);
	printf("sanitizer.linux.memory_ratio %.2f\n", (kib[CHECK] - kib[PLAIN]) / used);
	g_unlink(console);
	g_unlink(findings);
	g_rmdir(directory);
	g_free(directory);
	return 0;
}
