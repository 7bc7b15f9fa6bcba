/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot facts: the machine that the guest found is the one that was asked for. What was asked for comes on the command
 * line, as expect.* (`limpid run` gives all it knows); without it there is nothing to compare, and the test is skipped.
 */
#include <arch/sysreg.h>
#include <limpid/boot.h>
#include <limpid/expect.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/smp.h>
#include <limpid/string.h>
#include <limpid/test.h>

#define SKIP_UNLESS_EXPECTED(what)                                     \
	do {                                                           \
		if (!options.expect.what)                              \
			SKIP("the command line has no expect." #what); \
	} while (0)

TEST(boot, cpus, .doc = "as many CPUs as the command line says")
{
	SKIP_UNLESS_EXPECTED(cpus);
	EXPECT_EQ(cpu_count(), options.expect.cpus);
}

TEST(boot, ram, .doc = "as much RAM as the command line says, less what firmware keeps")
{
	SKIP_UNLESS_EXPECTED(mem_mib);

	uint64_t total = machine_ram_total(&machine), expected = MIB(options.expect.mem_mib);

	EXPECT_LE(total, expected);
	/*
	 * By the Linux protocol the device tree names all of it, but an initrd is not ours: U-Boot 2023.01 hands one over that
	 * nobody gave it, when the command line is long. UEFI may hide a little for itself.
	 */
	EXPECT_GE(total + machine.initrd.size + page_size(), handover.efi ? expected - expected / 8 : expected);
}

TEST(boot, exception_level, .doc = "tests run at the exception level that was asked for",
	.source = "Arm ARM (DDI 0487), CurrentEL")
{
	SKIP_UNLESS_EXPECTED(el);
	EXPECT_EQ(current_el(), options.expect.el);
}

TEST(boot, gic, .doc = "the interrupt controller is of the version that was asked for")
{
	SKIP_UNLESS_EXPECTED(gic);
	EXPECT_EQ(machine.gic.version, options.expect.gic);
}

TEST(boot, page_size, .doc = "the translation granule is the one that was asked for",
	.source = "Arm ARM (DDI 0487), ID_AA64MMFR0_EL1")
{
	SKIP_UNLESS_EXPECTED(page_size);
	if (!mmu_granule_supported(options.expect.page_size))
		SKIP("this CPU has no pages of %u KiB", options.expect.page_size >> 10);
	EXPECT_EQ(page_size(), (size_t)options.expect.page_size);
}

TEST(boot, hardware, .doc = "the machine is described by what was asked for, device tree or ACPI")
{
	SKIP_UNLESS_EXPECTED(hw);
	EXPECT_EQ(handover.hw, options.expect.hw);
}

TEST(boot, protocol, .doc = "the image was started by the protocol that was asked for")
{
	SKIP_UNLESS_EXPECTED(boot);
	EXPECT_EQ(handover.efi ? BOOT_EFI : BOOT_LINUX, options.expect.boot);
}

TEST(boot, console, .doc = "the machine has a console that we know")
{
	EXPECT_NE(machine.uart.type, UART_NONE);
}

/* Variables of each kind that a relocation or the clearing of .bss could have missed. */
static int in_bss[64];
static int in_data = 0x1234;
static int *const pointer_in_data = &in_data;

TEST(boot, image, .doc = "the image is relocated, its data are as built and .bss is zero")
{
	for (size_t i = 0; i < ARRAY_SIZE(in_bss); i++)
		ASSERT_EQ(in_bss[i], 0);
	EXPECT_EQ(in_data, 0x1234);
	EXPECT_EQ(*(int *volatile const *)&pointer_in_data, &in_data);
}
