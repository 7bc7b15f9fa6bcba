# SPDX-License-Identifier: GPL-2.0-or-later
#
# The portable guest code as host programs: unit tests under AddressSanitizer and UndefinedBehaviorSanitizer, and fuzzers.
#
#   host-tests      the test programs: each prints TAP and exits with 0 if all is well
#   fuzz-tests      the fuzzers: programs that feed a fixed number of inputs to each, and print TAP too
#   make fuzz       runs each fuzzer for FUZZ_SECONDS, adding what it finds to $(BUILD)/fake/corpus

fake := $(BUILD)/fake
HOST_CC ?= gcc
FUZZ_CC ?= clang
FUZZ_SECONDS ?= 10
FUZZ_RUNS ?= 20000

fake-portable := $(wildcard guest/core/*.c guest/firmware/*.c guest/mmu/*.c)
fake-tests := $(patsubst guest/arch/fake/tests/%.c,$(fake)/%,$(wildcard guest/arch/fake/tests/test_*.c))
fake-fuzzers := $(patsubst guest/arch/fake/fuzz/%.c,$(fake)/%,$(wildcard guest/arch/fake/fuzz/fuzz_*.c))

fake-cflags := -std=gnu11 -O1 -g -Wall -Wextra -Werror -fno-omit-frame-pointer -fno-common -fno-strict-aliasing \
	-DLIMPID_HOST -fshort-wchar -Iguest/include -Iguest/arch/fake -Iguest/arch/fake/include -fsanitize=address,undefined -fno-sanitize-recover=all
# The functions that C prescribes must not become calls of themselves, nor be replaced by the library's.
fake-portable-cflags := $(fake-cflags) -ffreestanding
fake-glib-cflags = $(shell pkg-config --cflags glib-2.0)
fake-glib-libs = $(shell pkg-config --libs glib-2.0)

$(fake)/obj/%.o: guest/%.c
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)
	$(Q)$(HOST_CC) $(fake-portable-cflags) -MMD -MP -c -o $@ $<

$(fake)/obj/arch/fake/%.o: guest/arch/fake/%.c
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)
	$(Q)$(HOST_CC) $(fake-cflags) -MMD -MP -c -o $@ $<

$(fake)/obj/arch/fake/tests/%.o: guest/arch/fake/tests/%.c
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)
	$(Q)$(HOST_CC) $(fake-cflags) $(fake-glib-cflags) -MMD -MP -c -o $@ $<

fake-objects := $(patsubst guest/%.c,$(fake)/obj/%.o,$(fake-portable)) \
	$(fake)/obj/arch/fake/fake.o $(fake)/obj/arch/fake/fake_pgtable.o

$(fake-tests): $(fake)/%: $(fake)/obj/arch/fake/tests/%.o $(fake-objects)
	$(call say,HOSTLD,$@)
	$(Q)$(HOST_CC) $(fake-cflags) -o $@ $^ $(fake-glib-libs)

# The same by clang with coverage for libFuzzer.
$(fake)/fuzz-obj/%.o: guest/%.c
	@mkdir -p $(@D)
	$(call say,FUZZCC,$@)
	$(Q)$(FUZZ_CC) $(fake-portable-cflags) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(fake)/fuzz-obj/arch/fake/%.o: guest/arch/fake/%.c
	@mkdir -p $(@D)
	$(call say,FUZZCC,$@)
	$(Q)$(FUZZ_CC) $(fake-cflags) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

fake-fuzz-objects := $(patsubst guest/%.c,$(fake)/fuzz-obj/%.o,$(fake-portable)) \
	$(fake)/fuzz-obj/arch/fake/fake.o $(fake)/fuzz-obj/arch/fake/fake_pgtable.o

$(fake-fuzzers): $(fake)/%: $(fake)/fuzz-obj/arch/fake/fuzz/%.o $(fake-fuzz-objects)
	$(call say,FUZZLD,$@)
	$(Q)$(FUZZ_CC) $(fake-cflags) -fsanitize=fuzzer -o $@ $^

-include $(wildcard $(fake)/obj/*/*.d $(fake)/obj/arch/fake/*.d $(fake)/obj/arch/fake/tests/*.d)
-include $(wildcard $(fake)/fuzz-obj/*/*.d $(fake)/fuzz-obj/arch/fake/*.d $(fake)/fuzz-obj/arch/fake/fuzz/*.d)

# Golden trees: what QEMU itself hands over, in several shapes, and small ones of ours.
$(fake)/dtb/%.dtb: guest/arch/fake/tests/%.dts
	@mkdir -p $(@D)
	$(call say,DTC,$@)
	$(Q)dtc -q -I dts -O dtb -o $@ $<

# QEMU takes -append only with a kernel, whose contents do not matter here.
qemu-dtb = $(Q)mkdir -p $(@D); head -c 4096 /dev/zero >$@.kernel; timeout 60 qemu-system-aarch64 -nodefaults -display none \
	-M virt,$(1),dumpdtb=$@ -kernel $@.kernel $(2) >/dev/null 2>$@.log || { cat $@.log; exit 1; }
$(fake)/dtb/qemu-v3.dtb:
	$(call say,QEMU,$@)
	$(call qemu-dtb,gic-version=3,-smp 4 -m 512 -append "run=boot expect.cpus=4")
$(fake)/dtb/qemu-v2.dtb:
	$(call say,QEMU,$@)
	$(call qemu-dtb,gic-version=2$(comma)virtualization=on,-cpu cortex-a57 -smp 2 -m 256)
$(fake)/dtb/qemu-big.dtb:
	$(call say,QEMU,$@)
	$(call qemu-dtb,gic-version=3,-cpu max -smp 130 -m 8192)
comma := ,

fake-dtbs := $(patsubst guest/arch/fake/tests/%.dts,$(fake)/dtb/%.dtb,$(wildcard guest/arch/fake/tests/*.dts)) \
	$(fake)/dtb/qemu-v3.dtb $(fake)/dtb/qemu-v2.dtb $(fake)/dtb/qemu-big.dtb

# A test of the reader needs the trees; it finds them beside itself.
$(fake)/test_fdt $(fake)/test_machine_fdt: | $(fake-dtbs)

# Drivers and the UEFI application, with the test for their device and their firmware.
$(fake)/test_uart: $(fake)/obj/dev/pl011.o $(fake)/obj/dev/ns16550.o
$(fake)/test_efi: $(fake)/obj/boot/efi.o

host-tests += $(fake-tests)

# Seeds: the trees without their padding, and what the unit tests' builders make.
$(fake)/seeds/.stamp: $(fake-dtbs) $(fake)/test_acpi guest/arch/fake/fake.mk
	$(call say,SEEDS,$(@D))
	$(Q)rm -rf $(@D) && mkdir -p $(@D)/fuzz_fdt $(@D)/fuzz_acpi $(@D)/fuzz_efi_memmap $(@D)/fuzz_cmdline
	$(Q)for f in $(fake-dtbs); do dtc -q -I dtb -O dtb -o $(@D)/fuzz_fdt/$$(basename $$f) $$f || exit 1; done
	$(Q)$(fake)/test_acpi --write-seeds $(@D)/fuzz_acpi $(@D)/fuzz_efi_memmap
	$(Q)printf 'run=gic.*,boot page=16k el=1 hw=acpi expect.cpus=4 expect.mem=512 expect.boot=efi x=1' >$(@D)/fuzz_cmdline/all
	$(Q)printf 'r\0u\0n\0=\0*\0' >$(@D)/fuzz_cmdline/utf16
	@touch $@

fuzz-tests := $(patsubst $(fake)/%,$(fake)/check_%,$(fake-fuzzers))
fuzz-targets := $(patsubst $(fake)/%,fuzz-run-%,$(fake-fuzzers))
.PHONY: fuzz $(fuzz-targets)

# A program that runs a fixed number of inputs from a fixed seed, and prints TAP: it gives the same answer each time.
$(fuzz-tests): $(fake)/check_%: $(fake)/% $(fake)/seeds/.stamp guest/arch/fake/fake.mk
	$(call say,GEN,$@)
	@mkdir -p $(fake)/crashes
	$(Q){ echo '#!/bin/sh'; echo 'echo 1..1'; \
		echo 'if $< -seed=1 -runs=$(FUZZ_RUNS) -timeout=5 -artifact_prefix=$(fake)/crashes/$*- $(fake)/seeds/$* \'; \
		echo '	>$(fake)/crashes/$*.log 2>&1'; \
		echo 'then echo "ok 1 $*"'; \
		echo 'else sed "s/^/# /" $(fake)/crashes/$*.log | tail -n 60; echo "not ok 1 $*"; exit 1'; \
		echo 'fi'; } >$@ && chmod +x $@

$(fuzz-targets): fuzz-run-%: $(fake)/% $(fake)/seeds/.stamp
	@mkdir -p $(fake)/crashes $(fake)/corpus/$*
	$(Q)$< -max_total_time=$(FUZZ_SECONDS) -timeout=5 -print_final_stats=1 -artifact_prefix=$(fake)/crashes/$*- \
		$(fake)/corpus/$* $(fake)/seeds/$*

fuzz: $(fuzz-targets)
