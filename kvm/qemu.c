/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm/qemu ARGUMENT... - a QEMU that has KVM, on any computer: boots Linux in an emulated arm64 machine with EL2 and
 * runs qemu-system-aarch64 ARGUMENT... there. `limpid run --accel kvm --qemu build/kvm/qemu` takes it for the real one:
 * the guest's console is on standard output, QEMU's complaints on standard error, with the kernel's, and the status
 * is QEMU's.
 *
 * The emulated host is made for the guest: it has as many CPUs and the same GIC (a GICv2 guest needs the hardware of
 * one), and half a gigabyte more of RAM. Files that ARGUMENTs name are brought along. Of the arguments these are its
 * own:
 *
 *     -host-cpu MODEL    of the emulated host; default: neoverse-n1. One without VHE makes KVM run at EL1 and switch.
 *     -initramfs FILE    writes the host's initramfs there, for who starts the host himself, and starts nothing
 *
 * LIMPID_KVM_QEMU is the QEMU that emulates; default: qemu-system-aarch64. The kernel and the initramfs are beside this
 * program.
 */
#include <fcntl.h>
#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cpio.h"

#define HOST_MIB 640 /* for the host's kernel and its initramfs, which is there twice when it is unpacked */

static void G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("kvm/qemu: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

struct guest {
	FILE *files; /* the archive with what it needs of ours */
	guint count;
	GPtrArray *words;
	const char *host_cpu, *initramfs;
	guint cpus, mem_mib, gic;
};

static char *bring(struct guest *g, const char *path)
{
	g_autofree char *inside = g_strdup_printf("files/%u", g->count++);
	g_autoptr(GError) error = NULL;

	if (!cpio_file(g->files, inside, 0644, path, &error))
		die("%s", error->message);
	return g_strconcat("/", inside, NULL);
}

/* "a=b,file=/x,c": brings /x. */
static char *bring_drive(struct guest *g, const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);

	for (char **part = parts; *part; part++) {
		g_autofree char *inside = NULL;

		if (!g_str_has_prefix(*part, "file="))
			continue;
		inside = bring(g, *part + strlen("file="));
		g_free(*part);
		*part = g_strconcat("file=", inside, NULL);
	}
	return g_strjoinv(",", parts);
}

/* Reads one option and its value; takes what concerns the host, and gives QEMU the rest. */
static void take(struct guest *g, const char *option, const char *value)
{
	g_autofree char *changed = NULL;

	if (strcmp(option, "-host-cpu") == 0) {
		g->host_cpu = value;
		return;
	}
	if (strcmp(option, "-initramfs") == 0) {
		g->initramfs = value;
		return;
	}
	if (strcmp(option, "-kernel") == 0 || strcmp(option, "-bios") == 0)
		changed = bring(g, value);
	else if (strcmp(option, "-drive") == 0)
		changed = bring_drive(g, value);
	else if (strcmp(option, "-smp") == 0)
		g->cpus = atoi(value);
	else if (strcmp(option, "-m") == 0)
		g->mem_mib = atoi(value);
	else if (strcmp(option, "-M") == 0 && strstr(value, "gic-version=2"))
		g->gic = 2;
	g_ptr_array_add(g->words, g_shell_quote(option));
	g_ptr_array_add(g->words, g_shell_quote(changed ?: value));
}

static void read_arguments(struct guest *g, int argc, char **argv)
{
	static const char *const flags[] = {"-nodefaults", "-no-user-config", "-no-reboot", "-S", "-s", "--version"};

	g_ptr_array_add(g->words, g_strdup("exec qemu-system-aarch64"));
	for (int i = 1; i < argc; i++) {
		gboolean flag = FALSE;

		for (guint f = 0; f < G_N_ELEMENTS(flags); f++)
			flag |= strcmp(argv[i], flags[f]) == 0;
		if (flag) {
			g_ptr_array_add(g->words, g_shell_quote(argv[i]));
		} else {
			if (i + 1 == argc)
				die("%s: an option without a value?", argv[i]);
			take(g, argv[i], argv[i + 1]);
			i++;
		}
	}
	g_ptr_array_add(g->words, NULL);
}

static void append_file(FILE *out, const char *path)
{
	g_autoptr(GError) error = NULL;
	GMappedFile *file = g_mapped_file_new(path, FALSE, &error);

	if (!file)
		die("%s: make kvm", error->message);
	fwrite(g_mapped_file_get_contents(file), 1, g_mapped_file_get_length(file), out);
	g_mapped_file_unref(file);
}

/* An archive in memory that nothing is left of, however this ends: what is ready, and the guest's own after it. */
static int make_initramfs(struct guest *g, const char *here, int argc, char **argv)
{
	g_autofree char *base = g_build_filename(here, "initramfs.cpio", NULL), *command = NULL, *script = NULL;
	int fd = memfd_create("initramfs", 0);

	g->files = fd < 0 ? NULL : fdopen(fd, "w");
	if (!g->files)
		die("no memory for the initramfs");
	append_file(g->files, base);
	cpio_directory(g->files, "files");
	read_arguments(g, argc, argv);
	command = g_strjoinv(" ", (char **)g->words->pdata);
	script = g_strdup_printf("(%s)\n", command);
	cpio_bytes(g->files, "command", 0644, script, strlen(script));
	cpio_end(g->files);
	if (fflush(g->files) != 0 || ferror(g->files))
		die("no memory for the initramfs");
	return fd;
}

static void write_file(const char *path, int fd)
{
	g_autoptr(GError) error = NULL;
	GMappedFile *archive = g_mapped_file_new_from_fd(fd, FALSE, &error);

	if (!archive ||
		!g_file_set_contents(path, g_mapped_file_get_contents(archive), g_mapped_file_get_length(archive), &error))
		die("%s", error->message);
	g_mapped_file_unref(archive);
}

int main(int argc, char **argv)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL), *here = g_path_get_dirname(self ?: ".");
	g_autofree char *kernel = g_build_filename(here, "vmlinuz", NULL);
	const char *qemu = g_getenv("LIMPID_KVM_QEMU") ?: "qemu-system-aarch64";
	struct guest g = {.words = g_ptr_array_new(), .host_cpu = "neoverse-n1", .cpus = 1, .mem_mib = 128, .gic = 3};
	int fd = make_initramfs(&g, here, argc, argv);
	g_autofree char *initrd = g_strdup_printf("/dev/fd/%d", fd);
	g_autofree char *machine = g_strdup_printf("virt,virtualization=on,gic-version=%u", g.gic);
	g_autofree char *cpus = g_strdup_printf("%u", g.cpus), *mem = g_strdup_printf("%u", g.mem_mib + HOST_MIB);

	if (g.initramfs) {
		write_file(g.initramfs, fd);
		return 0;
	}
	/*
	 * The first UART is the kernel's console. When the kernel gives up, panic=-1 and -no-reboot end the emulator.
	 * With semihosting the host's programs can, as they must to hand on a status.
	 */
	execlp(qemu, qemu, "-nodefaults", "-no-user-config", "-M", machine, "-cpu", g.host_cpu, "-accel",
		"tcg,thread=multi", "-smp", cpus, "-m", mem, "-display", "none", "-monitor", "none", "-no-reboot",
		"-semihosting-config", "enable=on,userspace=on,target=native", "-chardev",
		"file,id=console,path=/dev/fd/2,append=on", "-serial", "chardev:console", "-serial", "stdio", "-kernel",
		kernel, "-initrd", initrd, "-append", "console=ttyAMA0 quiet loglevel=4 panic=-1 rdinit=/init", NULL);
	die("cannot run %s", qemu);
}
