/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine.h - which machine a test gets: from the settings, then from what the test needs where the user has not
 * chosen, to QEMU's command line and the guest's.
 */
#ifndef CLI_MACHINE_H
#define CLI_MACHINE_H

#include <glib.h>

#include "catalog.h"
#include "options.h"

/*
 *   boot     firmware   how                                                 entry
 *   direct   none       QEMU -kernel                                        Linux boot protocol
 *   direct   U-Boot     extlinux.conf on a disk, or QEMU -kernel; booti     Linux boot protocol
 *   efi      EDK2       QEMU -kernel                                        UEFI application
 *   disk     EDK2       EFI/BOOT/BOOTAA64.EFI on a disk                     UEFI application
 *   efi,disk U-Boot     EFI/BOOT/BOOTAA64.EFI on a disk                     UEFI application
 * Another firmware (a file) is treated as EDK2 for efi and disk, and as U-Boot for direct.
 */
enum boot { BOOT_DIRECT, BOOT_EFI, BOOT_DISK };
enum firmware { FIRMWARE_NONE, FIRMWARE_EDK2, FIRMWARE_UBOOT, FIRMWARE_FILE };

struct machine {
	enum boot boot;
	enum firmware firmware;
	char *firmware_path; /* NULL for none */
	char *qemu;
	char *accel;
	char *cpu;
	guint cpus, mem_mib;
	guint el;     /* that the tests were asked to run at, 0: as they come */
	guint gic;    /* 2 or 3; 0: what the accelerator has */
	gboolean el2; /* the machine has EL2 */
	gboolean acpi, mte;
	gboolean far_ram;  /* some of it above 48 bits of address */
	gboolean restarts; /* when the guest resets it; else it stops */
	gboolean migration; /* tests may have themselves migrated to another QEMU */
	gboolean hw_chosen;
	char *page;       /* "16k"; NULL: the guest's choice */
	GPtrArray *extra; /* char *: QEMU arguments of the tests and of the user */
};

/* The options that describe a machine, for the tables of verbs. */
#define MACHINE_OPTIONS                                                                                                \
	{"boot", 0, OPTION_CHOICE, "direct|efi|disk", OPTION_CONFIG | OPTION_MACHINE, "direct", NULL, 0, 0,            \
		"Linux boot protocol, UEFI application, or from a disk image"},                                        \
		{"firmware", 0, OPTION_CHOICE, "edk2|u-boot|FILE", OPTION_CONFIG | OPTION_MACHINE, NULL, NULL, 0, 0,   \
			"what boots it; default: none for direct, edk2 for efi and disk"},                             \
		{"hw", 0, OPTION_CHOICE, "dt|acpi", OPTION_CONFIG | OPTION_MACHINE, "dt", NULL, 0, 0,                  \
			"how the hardware is described; acpi means --boot efi unless\ndisk is given"},                 \
		{"cpu", 0, OPTION_TEXT, "MODEL", OPTION_CONFIG | OPTION_MACHINE, NULL, NULL, 0, 0,                     \
			"CPU as QEMU calls it; default: max (tcg), host (kvm, hvf)"},                                  \
		{"cpus", 0, OPTION_UINT, "N", OPTION_CONFIG | OPTION_MACHINE, NULL, NULL, 1, 512,                      \
			"number of CPUs; default: what the test needs"},                                               \
		{"mem", 0, OPTION_MIB, "SIZE", OPTION_CONFIG | OPTION_MACHINE, NULL, NULL, 0, 0,                       \
			"RAM in MiB, or with M or G behind it; default: 256, or\nwhat the test needs"},                \
		{"el", 0, OPTION_CHOICE, "1|2", OPTION_CONFIG | OPTION_MACHINE, NULL, NULL, 0, 0,                      \
			"exception level that the tests run at"},                                                      \
		{"virtualization", 0, OPTION_CHOICE, "on|off", OPTION_CONFIG | OPTION_MACHINE, NULL, NULL, 0, 0,       \
			"does the machine have EL2? default: on for --el 2"},                                          \
		{"page", 0, OPTION_CHOICE, "4k|16k|64k", OPTION_CONFIG | OPTION_MACHINE, NULL, NULL, 0, 0,             \
			"translation granule of the tests"},                                                           \
		{"gic", 0, OPTION_CHOICE, "2|3", OPTION_CONFIG | OPTION_MACHINE, NULL, NULL, 0, 0,                     \
			"GIC version; default: 3, or what the test needs"},                                            \
		{"migration", 0, OPTION_CHOICE, "on|off", OPTION_CONFIG | OPTION_MACHINE, "on", NULL, 0, 0,            \
			"migrate the tests that ask for it to another QEMU?"},                                         \
		{"accel", 0, OPTION_CHOICE, "tcg|kvm|hvf", OPTION_CONFIG | OPTION_MACHINE, "tcg", NULL, 0, 0,          \
			"accelerator"},                                                                                \
		{"timeout", 0, OPTION_SECONDS, "SECONDS", OPTION_CONFIG | OPTION_MACHINE, "60", NULL, 0, 0,            \
			"a test that prints nothing for so long hangs; five times\nas long is the limit for one that " \
			"prints"},                                                                                     \
		{"qemu", 0, OPTION_TEXT, "PATH", OPTION_CONFIG | OPTION_MACHINE, "qemu-system-aarch64", "LIMPID_QEMU", \
			0, 0, "the QEMU to run"},                                                                      \
	{                                                                                                              \
		"qemu-arg", 0, OPTION_TEXT, "ARGS", OPTION_CONFIG | OPTION_MACHINE | OPTION_REPEAT, NULL, NULL, 0, 0,  \
			"more words for QEMU's command line, shell quoted;\nmay be given several times"                \
	}

/*
 * The machine for @tests (const struct test *) together: settings first, then their needs. An error is a combination
 * that cannot be, with what to do (OPTIONS_ERROR_USAGE).
 */
struct machine *machine_new(const struct settings *settings, const GPtrArray *tests, GError **error);
void machine_free(struct machine *machine);

/* Two tests whose machines have the same key can share one boot. */
char *machine_key(const struct machine *machine);

/* Checks that firmware can be read: false with the package to install. (QEMU is checked by starting it.) */
gboolean machine_check_files(const struct machine *machine, GError **error);

/* The guest's command line: "run=PATTERNS page=... expect...". */
char *machine_bootargs(const struct machine *machine, const char *patterns);

/* How a machine gets the image: on QEMU's command line or on a disk. */
enum medium { MEDIUM_KERNEL, MEDIUM_ESP, MEDIUM_ESP_EXTLINUX };
enum medium machine_medium(const struct machine *machine, const char *bootargs);

/* QEMU's argv, NULL-terminated. @disk is the path of the disk image unless the medium is MEDIUM_KERNEL. */
GPtrArray *machine_argv(
	const struct machine *machine, const char *img, const char *bootargs, const char *disk, gboolean gdb);

#endif
