# SPDX-License-Identifier: GPL-2.0-or-later
#
# `make check-guests`: other people's images under the sanitizer. CASES='u-boot*' chooses. Packages for arm64 are unpacked into
# $(BUILD)/guests, not installed.

guest-packages := linux-image-cloud-arm64 busybox-static grub-efi-arm64-bin xen-hypervisor-4.17-arm64 arm-trusted-firmware u-boot-rpi
CASES ?=

$(BUILD)/check-guests: foreign/check-guests.c foreign/case.c foreign/cpio.c foreign/case.h foreign/cpio.h
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)
	$(Q)$(HOST_CC) -std=gnu11 $(CFLAGS) -Wall -Wextra -Werror $$(pkg-config --cflags gio-2.0 json-glib-1.0) -o $@ \
		$(filter %.c,$^) $$(pkg-config --libs gio-2.0 json-glib-1.0)

# A program for Linux in the guest; not a part of limpid's own image.
$(BUILD)/exercise: foreign/exercise.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)aarch64-linux-gnu-gcc -std=gnu11 -O2 -Wall -Wextra -Werror -ffreestanding -nostdlib -static -o $@ $<

# A host and its guest of KVM: limpid's own image, and a kernel.
$(BUILD)/kvm-limpid.cpio $(BUILD)/kvm-linux.cpio: $(BUILD)/kvm-%.cpio: $(kvm-files)
	$(call say,CPIO,$@)
	$(Q)$(kvm-dir)/qemu -initramfs $@ -nodefaults -M virt,gic-version=3 -cpu host -accel kvm -smp 1 -m 256 -display none \
		-monitor none -serial stdio -no-reboot $(kvm-guest-$*)

kvm-guest-limpid := -kernel $(BUILD)/arm64/limpid.img -append 'run=boot.cpus,exceptions,mmu,timer expect.cpus=1 check=1'
kvm-guest-linux := -kernel $(kvm-dir)/vmlinuz -append 'console=ttyAMA0 panic=-1'
$(BUILD)/kvm-limpid.cpio: $(BUILD)/arm64/limpid.img

check-guests: all kvm $(BUILD)/check-guests $(BUILD)/exercise $(BUILD)/kvm-limpid.cpio $(BUILD)/kvm-linux.cpio
	$(Q)tools/arm64-packages $(BUILD)/guests $(guest-packages)
	@mkdir -p $(BUILD)/check-guests.d
	$(Q)$(BUILD)/check-guests $(BUILD) foreign/guests.conf $(BUILD)/check-guests.d $(CASES) | tee $(BUILD)/check-guests.d/all.tap
	@$(BUILD)/limpid parse -q --tap $(BUILD)/check-guests.d/all.tap
.PHONY: check-guests
